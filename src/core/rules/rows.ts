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
