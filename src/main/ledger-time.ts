/**
 * Reads a time as people write it: `2026-11-22` (midnight UTC), RFC 3339 with its zone, or how long ago, `24h`.
 *
 * A time of day without a zone is refused: it would mean another moment on another machine.
 */
export function parseTime(text: string, nowMs: number): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  if (count !== undefined) return nowMs - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return undefined
  const timeMs = Date.parse(text)
  // A day that does not exist must not become one that does.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  if (Number.isNaN(timeMs) || Number.isNaN(day.getTime()) || !day.toISOString().startsWith(text.slice(0, 10)))
    return undefined
  return timeMs
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const
