/** Reads a duration in milliseconds: `500ms`, `90s`, `10m`, `24h`, `60d`. */
export function parseDuration(text: string): number | undefined {
  return parse(text, DURATIONS)
}

/** Reads a size in bytes: `512B`, `64KiB`, `4MiB`, `1GiB`. */
export function parseSize(text: string): number | undefined {
  return parse(text, SIZES)
}

/** Reads a percentage, `50%`; `none` for no bound at all. */
export function parsePercent(text: string): number | undefined {
  if (text === 'none') return Infinity
  const found = /^([0-9]{1,5})%$/.exec(text)
  return found === null ? undefined : Number(found[1])
}

function parse(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const found = /^([0-9]{1,9})([A-Za-z]+)$/.exec(text)
  const unit = units.get(found?.[2] ?? '')
  return found === null || unit === undefined ? undefined : Number(found[1]) * unit
}

/** By how much a list may change without a second person, where a policy does not say. */
export const GUARD_DEFAULT = '50%'

const DURATIONS = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])

const SIZES = new Map([
  ['B', 1],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
])
