/** When an office works. */
export type Calendar = {
  /** An IANA name, `America/New_York`: what is local midnight. */
  readonly timeZone: string
  /** Days of the week without work, 0 for Sunday. */
  readonly weekend: readonly number[]
  /** Whether nobody works on that day (`2026-11-26`), the weekend apart. */
  readonly isHoliday: (day: string) => boolean
}

/**
 * The end of the last of so many business days: local midnight behind it, milliseconds since 1970. The day of the request
 * itself does not count.
 */
export function endOfBusinessDays(at: number, days: number, calendar: Calendar): number {
  let day = localDay(at, calendar.timeZone)
  for (let left = days; left > 0;) {
    day = nextDay(day)
    if (isBusinessDay(day, calendar)) left--
  }
  return startOfDay(nextDay(day), calendar.timeZone)
}

/** `2026-11-26` where the clock on the wall says so. */
export function localDay(at: number, timeZone: string): string {
  return formatterOf(timeZone).format(at)
}

function isBusinessDay(day: string, { weekend, isHoliday }: Calendar): boolean {
  return !weekend.includes(new Date(`${day}T00:00:00Z`).getUTCDay()) && !isHoliday(day)
}

/** A federal holiday of the United States, on the day it is observed. 5 U.S.C. 6103. */
export function isFederalHoliday(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`)
  const weekday = date.getUTCDay()
  if (weekday === 0 || weekday === 6) return isFixedHoliday(day) || isMovingHoliday(date)
  const around = weekday === 1 ? -1 : weekday === 5 ? 1 : 0
  return isFixedHoliday(day) || isMovingHoliday(date) || (around !== 0 && isFixedHoliday(shiftDay(day, around)))
}

function isFixedHoliday(day: string): boolean {
  return FIXED.has(day.slice(5))
}

function isMovingHoliday(date: Date): boolean {
  const month = date.getUTCMonth() + 1
  const day = date.getUTCDate()
  const weekday = date.getUTCDay()
  const nth = Math.ceil(day / 7)
  const isLast = day + 7 > new Date(Date.UTC(date.getUTCFullYear(), month, 0)).getUTCDate()
  return MOVING.some(
    (rule) => rule.month === month && rule.weekday === weekday && (rule.nth === 'last' ? isLast : rule.nth === nth),
  )
}

function nextDay(day: string): string {
  return shiftDay(day, 1)
}

function shiftDay(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}

/** The first moment of a local day; where clocks skip midnight, the first that there is. */
function startOfDay(day: string, timeZone: string): number {
  const guess = Date.parse(`${day}T00:00:00Z`)
  let before = guess - ZONES_SPAN_MS
  let within = guess + ZONES_SPAN_MS
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2)
    if (localDay(middle, timeZone) < day) before = middle
    else within = middle
  }
  return within
}

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  let formatter = FORMATTERS.get(timeZone)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    FORMATTERS.set(timeZone, formatter)
  }
  return formatter
}

/** Making one takes longer than all that is done with it; there are as many as a configuration names. */
const FORMATTERS = new Map<string, Intl.DateTimeFormat>()
const DAY_MS = 86_400_000
/** No place on earth is further from UTC. */
const ZONES_SPAN_MS = 16 * 3_600_000
const FIXED: ReadonlySet<string> = new Set(['01-01', '06-19', '07-04', '11-11', '12-25'])
const MOVING = [
  { month: 1, weekday: 1, nth: 3 },
  { month: 2, weekday: 1, nth: 3 },
  { month: 5, weekday: 1, nth: 'last' },
  { month: 9, weekday: 1, nth: 1 },
  { month: 10, weekday: 1, nth: 2 },
  { month: 11, weekday: 4, nth: 4 },
] as const
