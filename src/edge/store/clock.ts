/**
 * Why the clock cannot be trusted with deleting anything, given when the newest thing it once dated was made; undefined if
 * it can. A clock that runs wild would make everything look old enough to go.
 */
export function doubtClock(nowMs: number, newestMs: number | undefined, newest: string): string | undefined {
  if (newestMs === undefined) return undefined
  if (nowMs - newestMs <= AHEAD_MAX_MS && newestMs - nowMs <= BEHIND_MAX_MS) return undefined
  const days = Math.round(Math.abs(nowMs - newestMs) / DAY_MS)
  const way = nowMs > newestMs ? 'after' : 'before'
  return `the clock says ${showDay(nowMs)}, ${days} days ${way} ${newest} (${showDay(newestMs)})`
}

function showDay(timeMs: number): string {
  const time = new Date(timeMs)
  return Number.isNaN(time.getTime()) ? `${timeMs} ms` : time.toISOString().slice(0, 10)
}

const DAY_MS = 86_400_000
/** Nothing may be deleted when the newest thing there is seems older than this: sooner the clock is wrong. */
const AHEAD_MAX_MS = 90 * DAY_MS
/** Nor when it seems to be made in the future. */
const BEHIND_MAX_MS = DAY_MS
