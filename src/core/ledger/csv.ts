/**
 * Writes one record of RFC 4180, without its line end; every cell with a value is quoted, so that no separator matters.
 *
 * A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a line end for a formula, and every telephone
 * number begins with `+`. Such a cell gets one apostrophe in front, which a spreadsheet shows as text; so does a cell
 * that begins with an apostrophe, so that `parseCsv` can take exactly one away again and nothing is lost.
 */
export function formatCsv(cells: readonly (string | undefined)[]): string {
  return cells.map((cell) => (cell === undefined ? '' : `"${guard(cell).replaceAll('"', '""')}"`)).join(',')
}

function guard(cell: string): string {
  return FORMULA.test(cell) ? `'${cell}` : cell
}

/**
 * Reads what `formatCsv` wrote, records ended by CRLF or LF. A cell that is not quoted is empty and means undefined.
 *
 * Throws SyntaxError with the number of the record at anything else.
 */
export function* parseCsv(text: string): Generator<(string | undefined)[]> {
  let at = 0
  for (let record = 1; at < text.length; record++) {
    const cells: (string | undefined)[] = []
    for (;;) {
      CELL.lastIndex = at
      const found = CELL.exec(text)
      if (found === null)
        throw new SyntaxError(`record ${record}, cell ${cells.length + 1}: not quoted as RFC 4180 has it`)
      at = CELL.lastIndex
      cells.push(found[1]?.replaceAll('""', '"').replace(/^'/, ''))
      if (text[at] !== ',') break
      at++
    }
    LINE_END.lastIndex = at
    if (at < text.length && LINE_END.exec(text) === null) {
      throw new SyntaxError(`record ${record}: something stands between a cell and its comma`)
    }
    if (at < text.length) at = LINE_END.lastIndex
    yield cells
  }
}

/** The full-width forms count too: some spreadsheets read them like the others. */
const FORMULA = /^[=+\-@\t\r\n'\uff1d\uff0b\uff0d\uff20]/
const CELL = /"((?:[^"]|"")*)"|(?=,|\r?\n|$)/y
const LINE_END = /\r?\n/y
