/** One thing that is wrong with a configuration, and where. */
export type ConfigFault = {
  /** The file as its name was given, or the environment variable. */
  readonly where: string
  /** From 1; absent for what has no place in a file. */
  readonly line?: number | undefined
  readonly column?: number | undefined
  /** What was found and what was expected. */
  readonly message: string
}

/**
 * A fault on one line.
 *
 *     recourse.yaml:12:7: found "10 minutes", expected a duration such as 90s, 10m, 24h or 60d
 */
export function formatFault({ where, line, column, message }: ConfigFault): string {
  return line === undefined ? `${where}: ${message}` : `${where}:${line}:${column ?? 1}: ${message}`
}

/** Faults in the order in which they stand in their files, each once. */
export function sortFaults(faults: readonly ConfigFault[]): ConfigFault[] {
  const once = new Map(faults.map((fault) => [formatFault(fault), fault]))
  return [...once.values()].sort(
    (a, b) =>
      compare(a.where, b.where) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      compare(a.message, b.message),
  )
}

/** A value as a fault shows it: short, on one line, without control characters, and without the user and password of a URL. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`
  if (typeof value !== 'string') return 'a mapping'
  return JSON.stringify(cut(value.replace(/(?<=:\/\/)[^/?#\s]*@/g, '…@'))).replace(
    /[^\u0020-\uffff]|[\u007f-\u009f\u2028\u2029]/g,
    '?',
  )
}

/** A value that stands where a secret belongs: only how long it is. */
export function showSecret(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') return show(value)
  const { length } = String(value)
  return `a text of ${length} character${length === 1 ? '' : 's'}`
}

function cut(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Characters of a value that a fault shows. */
const SHOWN_MAX = 60
