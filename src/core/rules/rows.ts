/** One line of a list file that says something: neither empty nor a comment. */
export type Row = { readonly line: number; readonly text: string }

/** What stands in one cell, without quotes and outer blanks, and the column (from 1) where it starts. */
export type Cell = { readonly text: string; readonly column: number }

/** The rows of a CSV text. Lines that start with `#` are comments; a byte order mark and CR are left out. */
export function* rowsOf(text: string): Generator<Row> {
  let line = 0
  let start = text.startsWith('\uFEFF') ? 1 : 0
  while (start < text.length) {
    line++
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const row = text.slice(start, end).trimEnd()
    if (row !== '' && !row.trimStart().startsWith('#')) yield { line, text: row }
    start = end + 1
  }
}

/** The cell at `index` (from 0). Cells end at a comma, semicolon or tab outside double quotes. */
export function cellOf(row: Row, index: number): Cell {
  let start = 0
  for (let left = index; left > 0; left--) start = Math.min(endOfCell(row.text, start) + 1, row.text.length)
  const raw = row.text.slice(start, endOfCell(row.text, start))
  const bare = raw.trimStart()
  // A leading apostrophe is how spreadsheets are told that a number with a plus is a text.
  const text = bare
    .trimEnd()
    .replace(/^"([^]*)"$/, '$1')
    .replace(/^'/, '')
    .trim()
  return { text, column: start + raw.length - bare.length + 1 }
}

/**
 * A column of a file: the names that a header row may call it by, and where it stands in a file without one. A column that
 * has a place there is one that every header row must name.
 */
export type Column = { readonly names: readonly string[]; readonly place?: number }

/** Where each column of a file stands (from 0), and its rows behind the header. */
export type Table<Name extends string> = {
  readonly places: Readonly<Record<Name, number | undefined>>
  readonly hasHeader: boolean
  readonly rows: Iterable<Row>
  /** The first row, where it is no data and does not name the column that it must. */
  readonly unnamed: { readonly row: Row; readonly column: string } | undefined
}

/** Reads a file's header row: a first row whose first cell has neither a digit nor a star, or is the name of a column. */
export function openTable<Name extends string>(text: string, columns: Readonly<Record<Name, Column>>): Table<Name> {
  const entries = Object.entries<Column>(columns)
  const [first] = rowsOf(text)
  const word = first === undefined ? '' : cellOf(first, 0).text.toLowerCase()
  const hasHeader =
    first !== undefined && (!/[0-9*]/.test(word) || entries.some(([, { names }]) => names.includes(word)))
  const places = entries.map(([name, { names, place }]) => [name, hasHeader ? columnOf(first, names) : place] as const)
  const missing = places.find(([name, place]) => place === undefined && columns[name as Name].place !== undefined)
  return {
    places: Object.fromEntries(places) as Table<Name>['places'],
    hasHeader,
    rows: hasHeader ? rowsBehind(text, first) : rowsOf(text),
    unnamed: hasHeader && missing !== undefined ? { row: first, column: missing[0] } : undefined,
  }
}

function* rowsBehind(text: string, header: Row): Generator<Row> {
  for (const row of rowsOf(text)) if (row.line !== header.line) yield row
}

/** Where in a header row one of `names` stands (from 0); `undefined` where none does. */
export function columnOf(row: Row, names: readonly string[]): number | undefined {
  for (let index = 0; index < COLUMNS_MAX; index++) {
    const cell = cellOf(row, index)
    if (cell.text !== '' && names.includes(cell.text.toLowerCase())) return index
  }
  return undefined
}

function endOfCell(text: string, start: number): number {
  let quoted = false
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) quoted = !quoted
    else if (!quoted && (code === COMMA || code === SEMICOLON || code === TAB)) return at
  }
  return text.length
}

/** How many columns of a header row are looked at. */
const COLUMNS_MAX = 32
const TAB = 0x09
const QUOTE = 0x22
const COMMA = 0x2c
const SEMICOLON = 0x3b
