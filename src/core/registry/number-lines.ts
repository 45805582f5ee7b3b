import type { DialPlan } from '#core/call/number.ts'
import { formatCsv } from '#core/ledger/csv.ts'
import { type NumberSpan, countOf, formatSpan, indexSpans, overlapOf, parseSpan } from './number-span.ts'

/** A number or range as its holder lists it. */
export type NumberLine = {
  readonly span: NumberSpan
  /** What the holder calls it: `Main line`; empty for nothing. */
  readonly label: string
}

/** What is wrong with one line. */
export type LineFault = {
  /** From 1, as an editor counts. */
  readonly line: number
  /** What stands there, shortened. */
  readonly found: string
  /** Words that complete "expected …". */
  readonly expected: string
}

export type ReadLines = {
  readonly lines: readonly NumberLine[]
  /** The lines that were left out; the others are good. */
  readonly faults: readonly LineFault[]
  /** How many numbers the good lines have together. */
  readonly numbers: number
}

/**
 * Reads what somebody pasted or a CSV file: one number or range a line, with a header row or without.
 *
 *     number,last,label
 *     +12125550117,,Front desk
 *     +12125550200,+12125550299,Call centre
 *
 * Without the empty cell, `+12125550117,Front desk` is understood too: two cells, words in the second.
 *
 * Cells end at a comma, semicolon or tab; quotes are those of RFC 4180; one apostrophe in front of a cell, by which
 * spreadsheets keep a plus, is left out. Lines that begin with `#` are comments. Never throws: each line that cannot be used
 * is named, and the others count.
 */
export function readNumberLines(text: string, plan?: DialPlan): ReadLines {
  const faults: LineFault[] = []
  const found: { readonly at: number; readonly line: NumberLine }[] = []
  let places: Places | undefined
  let at = 0
  for (const row of text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)) {
    at++
    if (row.trim() === '' || row.startsWith('#')) continue
    const refuse = (found: string, expected: string): void =>
      void faults.push({ line: at, found: shorten(found), expected })
    if (row.length > LINE_CHARACTERS_MAX) {
      refuse(row, `a line of at most ${LINE_CHARACTERS_MAX} characters`)
      continue
    }
    const cells = splitCells(row)
    if (places === undefined) {
      const header = readHeader(cells)
      places = header ?? PLACES
      if (header !== undefined) continue
    }
    if (found.length >= LINES_MAX) {
      refuse(row, TOO_MANY)
      break
    }
    const [first, last, label] = isLabelled(cells) ? [cells[0]!, '', cells[1]!] : cellsAt(cells, places)
    const span = parseSpan(last.trim() === '' ? first : `${first}..${last}`, plan)
    if ('kind' in span) refuse(first, span.expected)
    else if (label.length > LABEL_CHARACTERS_MAX || UNSAFE.test(label))
      refuse(label, `a label of at most ${LABEL_CHARACTERS_MAX} characters without control characters`)
    else found.push({ at, line: { span, label } })
  }
  const lines = dropRepeated(found, faults)
  return {
    lines,
    faults: faults.toSorted((a, b) => a.line - b.line),
    numbers: lines.reduce((sum, { span }) => sum + countOf(span), 0),
  }
}

/**
 * The rows of a text that were left out, as they were typed and under its header row, to be set right; and `across`, lines
 * that only a registration could refuse.
 */
export function leftOut(text: string, faults: readonly LineFault[]): string {
  const rows = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
  const head = rows.find((row) => row.trim() !== '' && !row.startsWith('#'))
  const named = faults.map(({ line, found }) => (line === 0 ? found : rows[line - 1]!))
  // Behind one line too many nothing was read.
  const last = faults.findLast(({ expected }) => expected === TOO_MANY)
  const left = last === undefined ? named : [...named, ...rows.slice(last.line)]
  return head !== undefined && left.length > 0 && readHeader(splitCells(head)) !== undefined
    ? [head, ...left].join('\n')
    : left.join('\n')
}

/** A row of an export: the line, and how its proof stands, in words. */
export type ExportedLine = NumberLine & { readonly proof: string; readonly until: string }

/**
 * Writes lines as CSV that no spreadsheet takes for formulas (a number gets an apostrophe in front of its plus), and that
 * `readNumberLines` reads back unchanged. Ends with CRLF.
 */
export function formatNumberCsv(lines: readonly ExportedLine[]): string {
  const rows = lines.map(({ span, label, proof, until }) => {
    return formatCsv([span.first, span.last === span.first ? '' : span.last, label, proof, until])
  })
  return [formatCsv(['number', 'last', 'label', 'proof', 'until']), ...rows, ''].join('\r\n')
}

/** Keeps the first of lines that have numbers in common, and names the others. */
function dropRepeated(
  found: readonly { readonly at: number; readonly line: NumberLine }[],
  faults: LineFault[],
): NumberLine[] {
  // By the order of numbers, only neighbours can overlap: so ten thousand lines are compared in no time.
  const sorted = found.toSorted(
    (a, b) =>
      a.line.span.first.length - b.line.span.first.length ||
      compare(a.line.span.first, b.line.span.first) ||
      a.at - b.at,
  )
  const dropped = new Set<number>()
  let widest: (typeof sorted)[number] | undefined
  for (const one of sorted) {
    const before = widest
    if (before !== undefined && overlapOf(before.line.span, one.line.span) !== undefined) {
      const [kept, gone] = before.at < one.at ? [before, one] : [one, before]
      dropped.add(gone.at)
      faults.push({
        line: gone.at,
        found: formatSpan(gone.line.span),
        expected: `numbers that are not in line ${kept.at} already`,
      })
      widest = kept
    } else widest = one
  }
  return found.filter(({ at }) => !dropped.has(at)).map(({ line }) => line)
}

/** What of new lines is not there yet; and what was there in another cut (`+1…00` in a range) with what it overlaps. */
export function compareLines(
  known: readonly NumberSpan[],
  lines: readonly NumberLine[],
): { readonly added: readonly NumberLine[]; readonly there: number; readonly across: readonly NumberLine[] } {
  const find = indexSpans(known.map((span) => [span, undefined] as const))
  const added: NumberLine[] = []
  const across: NumberLine[] = []
  let there = 0
  for (const line of lines) {
    const hits = find(line.span)
    if (hits.length === 0) added.push(line)
    else if (hits.some(({ span }) => covers(span, line.span))) there++
    else across.push(line)
  }
  return { added, there, across }
}

function covers(outer: NumberSpan, inner: NumberSpan): boolean {
  const cut = overlapOf(outer, inner)
  return cut !== undefined && cut.first === inner.first && cut.last === inner.last
}

type Places = { readonly number: number; readonly last: number; readonly label: number }

function readHeader(cells: readonly string[]): Places | undefined {
  if (/[0-9]/.test(cells[0] ?? '')) return undefined
  const place = (names: readonly string[]) => cells.findIndex((cell) => names.includes(cell.trim().toLowerCase()))
  const number = place(NUMBER_NAMES)
  if (number < 0) return undefined
  return { number, last: place(LAST_NAMES), label: place(LABEL_NAMES) }
}

function isLabelled(cells: readonly string[]): boolean {
  return cells.length === 2 && /\p{L}/u.test(cells[1]!)
}

/** The number, the last of a range, and the label. */
function cellsAt(cells: readonly string[], { number, last, label }: Places): readonly [string, string, string] {
  return [cells[number] ?? '', cells[last] ?? '', cells[label] ?? '']
}

/** The cells of one line. A quote that does not end goes to the end of the line. */
function splitCells(row: string): string[] {
  const cells: string[] = []
  for (let at = 0; at <= row.length;) {
    const start = skipBlanks(row, at)
    const end = row[start] === '"' ? endOfQuoted(row, start + 1) : undefined
    // What stands between a closing quote and the separator belongs to no quoted cell: then the quotes are letters.
    const isQuoted = end !== undefined && isEnd(row, skipBlanks(row, end + 1))
    const stop = isQuoted ? skipBlanks(row, end + 1) : endOf(row, at)
    const cell = isQuoted ? row.slice(start + 1, end).replaceAll('""', '"') : row.slice(at, stop).trim()
    cells.push(cell.replace(/^'/, ''))
    at = stop + 1
  }
  return cells
}

/** Where the quote is that closes a cell; at the end of the line where none does. */
function endOfQuoted(row: string, from: number): number {
  for (let at = from; at < row.length; at++) {
    if (row[at] !== '"') continue
    if (row[at + 1] !== '"') return at
    at++
  }
  return row.length
}

function isEnd(row: string, at: number): boolean {
  return at >= row.length || SEPARATORS.has(row[at]!)
}

function skipBlanks(row: string, from: number): number {
  let at = from
  while (row[at] === ' ') at++
  return at
}

function endOf(row: string, from: number): number {
  let end = from
  while (end < row.length && !SEPARATORS.has(row[end]!)) end++
  return end
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function shorten(text: string): string {
  return text.length <= FOUND_SHOWN ? text : `${text.slice(0, FOUND_SHOWN)}…`
}

/** Lines in one upload. */
export const LINES_MAX = 10_000
export const LABEL_CHARACTERS_MAX = 100
const TOO_MANY = `at most ${LINES_MAX} lines`
const LINE_CHARACTERS_MAX = 1_000
const FOUND_SHOWN = 60
const SEPARATORS: ReadonlySet<string> = new Set([',', ';', '\t'])
const PLACES: Places = { number: 0, last: 1, label: 2 }
const NUMBER_NAMES: readonly string[] = ['number', 'first', 'from', 'phone', 'telephone', 'phone number', 'tn']
const LAST_NAMES: readonly string[] = ['last', 'to', 'end', 'until number']
const LABEL_NAMES: readonly string[] = ['label', 'name', 'note', 'description']
/** Control, format (direction, zero width), line and paragraph ends, halves of surrogate pairs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
