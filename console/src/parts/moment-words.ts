/** The viewer's zone as browsers name it: `Europe/Berlin`. */
export const VIEWER_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

/** `22 Nov 2026, 13:05:09 UTC`: what a moment is called everywhere in the world. */
export function formatUtc(atMs: number): string {
  return `${UTC.format(atMs)} UTC`
}

/** A moment on the viewer's clock, as short as it stays clear: `13:05` today, `20 Nov, 13:05` this year. */
export function formatHere(atMs: number, nowMs: number): string {
  if (DAY.format(atMs) === DAY.format(nowMs)) return TIME.format(atMs)
  return new Date(atMs).getFullYear() === new Date(nowMs).getFullYear() ? THIS_YEAR.format(atMs) : DAY_TIME.format(atMs)
}

/** A day on the viewer's clock: `22 Nov 2026`. */
export function formatDayHere(atMs: number): string {
  return DATE.format(atMs)
}

/** How far off it is, in words: `3 hours ago`, `in 20 minutes`, `now`. */
export function formatAway(atMs: number, nowMs: number): string {
  const away = atMs - nowMs
  const size = Math.abs(away)
  if (size < 45_000) return 'now'
  const [unit, ms] = UNITS.find(([, , from]) => size >= from) ?? UNITS.at(-1)!
  const count = Math.round(away / ms)
  return RELATIVE.format(count === 0 ? Math.sign(away) : count, unit)
}

/** A length of time in words: `40 s`, `12 min`, `3 h 20 min`, `4 days`. */
export function formatLength(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  return `${Math.round(hours / 24)} days`
}

/** Units with their length, and from which distance on they are told in: 47 hours say more than two days. */
const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number, fromMs: number])[] = [
  ['year', 365 * 86_400_000, 700 * 86_400_000],
  ['month', 30 * 86_400_000, 60 * 86_400_000],
  ['day', 86_400_000, 2 * 86_400_000],
  ['hour', 3_600_000, 5_400_000],
  ['minute', 60_000, 0],
]
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'always' })
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const DAY = new Intl.DateTimeFormat('en-CA', { dateStyle: 'short' })
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const THIS_YEAR = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})
const DAY_TIME = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})
const UTC = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC',
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
})
