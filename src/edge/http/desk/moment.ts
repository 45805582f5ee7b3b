/** A length of time in words, rounded up: `3 minutes`, `2 hours`, `1 day`. */
export function formatWait(ms: number): string {
  if (ms <= MINUTE_MS) return plural(Math.max(1, Math.ceil(ms / 1000)), 'second')
  if (ms < 2 * HOUR_MS) return plural(Math.ceil(ms / MINUTE_MS), 'minute')
  return ms < 2 * DAY_MS ? plural(Math.ceil(ms / HOUR_MS), 'hour') : plural(Math.ceil(ms / DAY_MS), 'day')
}

/**
 * What a clock on the wall of a zone showed, as milliseconds since 1970: `2026-11-22` and `13:05`. Undefined for a day or
 * time that is none. Of an hour that came twice the first is meant; one that was skipped counts from the time before.
 */
export function parseLocalTime(day: string, time: string, timeZone: string): number | undefined {
  const [, year, month, date] = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(day) ?? []
  const [, hour, minute] = /^([0-9]{1,2}):([0-9]{2})(?::[0-9]{2})?$/.exec(time) ?? []
  if (year === undefined || hour === undefined) return undefined
  const wall = Date.UTC(Number(year), Number(month) - 1, Number(date), Number(hour), Number(minute))
  if (new Date(wall).getUTCDate() !== Number(date) || Number(hour) > 23 || Number(minute) > 59) return undefined
  const early = wall - offsetAt(wall - DAY_MS, timeZone)
  const late = wall - offsetAt(wall + DAY_MS, timeZone)
  return early + offsetAt(early, timeZone) === wall ? early : late + offsetAt(late, timeZone) === wall ? late : early
}

function offsetAt(atMs: number, timeZone: string): number {
  const parts = new Map(
    numericOf(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  return wall - Math.floor(atMs / 1000) * 1000
}

/** Formats are dear to make. Zones are those of the form and of the operator, so few are kept. */
function numericOf(timeZone: string): Intl.DateTimeFormat {
  const format = formats.get(timeZone) ?? new Intl.DateTimeFormat('en-GB', { ...NUMERIC, timeZone })
  formats.set(timeZone, format)
  return format
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}

const formats = new Map<string, Intl.DateTimeFormat>()
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
const NUMERIC = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
  hourCycle: 'h23',
} as const

/** Zones that the form offers, by what people call them. */
export const TIME_ZONES: ReadonlyMap<string, string> = new Map([
  ['America/New_York', 'Eastern (New York)'],
  ['America/Chicago', 'Central (Chicago)'],
  ['America/Denver', 'Mountain (Denver)'],
  ['America/Phoenix', 'Arizona (Phoenix)'],
  ['America/Los_Angeles', 'Pacific (Los Angeles)'],
  ['America/Anchorage', 'Alaska (Anchorage)'],
  ['Pacific/Honolulu', 'Hawaii (Honolulu)'],
  ['America/Puerto_Rico', 'Atlantic (San Juan)'],
  ['Europe/London', 'London'],
  ['Europe/Berlin', 'Central Europe (Berlin)'],
  ['Europe/Athens', 'Eastern Europe (Athens)'],
  ['Asia/Kolkata', 'India (Kolkata)'],
  ['Asia/Manila', 'Philippines (Manila)'],
  ['Australia/Sydney', 'Sydney'],
  ['UTC', 'UTC'],
])
