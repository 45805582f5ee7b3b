import type { CountryCode } from 'libphonenumber-js/min'
import type { ClaimedCall } from '#core/redress/claim.ts'
import { parseLocalTime } from './moment.ts'
import { parseTelephone } from './telephone.ts'

/** What pasted lines, or those of a CSV file, say: every line that says something is in one of the lists, or is a double. */
export type PastedLines = {
  readonly receipts: readonly string[]
  readonly numbers: readonly string[]
  readonly calls: readonly ClaimedCall[]
  readonly faults: readonly LineFault[]
  /** Lines that say something. */
  readonly count: number
  /** Lines that say what an earlier one said. */
  readonly doubles: number
}

export type LineFault = {
  /** Counts from 1. */
  readonly line: number
  readonly found: string
  readonly problem: string
}

/** By what lines are read: numbers without a `+` are of `country`, times without a zone of `timeZone`. */
export type LineTerms = { readonly country: CountryCode; readonly timeZone: string; readonly now: number }

/**
 * Reads one block a line: a receipt or the link with it, a calling number, or calling number, called number and time. Cells
 * stand behind commas, semicolons or tabs, in quotes or not; a heading, empty lines and those behind `#` say nothing.
 */
export function readLines(text: string, terms: LineTerms): PastedLines {
  const receipts = new Set<string>()
  const numbers = new Set<string>()
  const calls = new Map<string, ClaimedCall>()
  const faults: LineFault[] = []
  let count = 0
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (line.length > LINE_CHARACTERS_MAX) {
      count++
      faults.push({ line: index + 1, found: cut(line), problem: 'This line is too long.' })
      continue
    }
    const cells = splitCells(line).map((cell) => cell.trim().replace(/^'/, ''))
    const filled = cells.filter((cell) => cell !== '')
    if (filled.length === 0 || filled[0]!.startsWith('#')) continue
    if (count === 0 && isHeading(line)) continue
    count++
    const said = readCells(filled, terms)
    if (count > LINES_MAX || faults.length > LINES_MAX) {
      faults.push({ line: index + 1, found: cut(line), problem: `One case takes up to ${LINES_MAX} lines.` })
      break
    }
    if ('receipt' in said) receipts.add(said.receipt)
    else if ('number' in said) numbers.add(said.number)
    else if ('call' in said) calls.set(`${said.call.calling} ${said.call.called} ${said.call.at}`, said.call)
    else faults.push({ line: index + 1, found: cut(line), problem: said.problem })
  }
  const kept = receipts.size + numbers.size + calls.size
  return {
    receipts: [...receipts],
    numbers: [...numbers],
    calls: [...calls.values()],
    faults,
    count,
    doubles: count - kept - faults.length,
  }
}

/** A CSV file without its heading, to go behind other lines. */
export function dropHeading(text: string): string {
  const [first = '', ...rest] = text.replace(/^\ufeff/, '').split('\n')
  return isHeading(first) ? rest.join('\n') : [first, ...rest].join('\n')
}

/** The receipt that a text is, or that a link ends with. */
export function receiptOf(text: string): string | undefined {
  return /^(?:https?:\/\/[^\s?#]{1,255}\/[rj]\/)?([A-Za-z0-9_-]{64})\/?$/.exec(text.trim())?.[1]
}

/** When somebody says that a call was; undefined for what is no time. */
export function readTime(text: string, timeZone: string): number | undefined {
  const [, day, time, seconds = '', zone] =
    /^([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{1,2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]{1,9})?)? ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2})?$/i.exec(
      text,
    ) ?? []
  if (day === undefined || time === undefined) return undefined
  if (zone === undefined) return parseLocalTime(day, time, timeZone)
  const offset = /^(?:z|utc)$/i.test(zone) ? 'Z' : zone.replace(/^(.{3})([0-9]{2})$/, '$1:$2')
  const at = Date.parse(`${day}T${time.padStart(5, '0')}${seconds}${offset}`)
  return Number.isNaN(at) ? undefined : at
}

type Said =
  | { readonly receipt: string }
  | { readonly number: string }
  | { readonly call: ClaimedCall }
  | { readonly problem: string }

function readCells(cells: readonly string[], { country, timeZone, now }: LineTerms): Said {
  for (const cell of cells) {
    const receipt = receiptOf(cell)
    if (receipt !== undefined) return { receipt }
  }
  const [first = '', second, third] = cells
  const calling = parseTelephone(first, country)
  if (calling === undefined) {
    return {
      problem: /^[A-Za-z0-9_-]{40,}$/.test(first)
        ? `A receipt has 64 characters; this has ${first.length}.`
        : 'This is neither a telephone number nor a receipt.',
    }
  }
  if (second === undefined) return { number: calling }
  const called = parseTelephone(second, country)
  if (called === undefined) return { problem: 'Behind the calling number comes the called number, then the time.' }
  if (third === undefined) return { problem: 'The time of the call is missing.' }
  const at = readTime(cells.slice(2).join(' '), timeZone) ?? readTime(third, timeZone)
  if (at === undefined) return { problem: 'The time is not written like 2026-11-22 13:05.' }
  if (at > now + AHEAD_MS) return { problem: 'The time lies in the future.' }
  return { call: { calling, called, at } }
}

/** Names of columns: no digits, and several of them or one that columns of numbers have. */
function isHeading(line: string): boolean {
  if (/[0-9]/.test(line) || receiptOf(line) !== undefined) return false
  return (
    /[,;\t]/.test(line.trim()) ||
    /^"?(?:call(?:ing|er)|from|numbers?|phone|telephone|tn|receipts?)\b/i.test(line.trim())
  )
}

/** Cells as spreadsheets write them. What no quotes protect ends at the next comma, semicolon or tab. */
function splitCells(line: string): string[] {
  const cells: string[] = []
  let at = 0
  while (at <= line.length) {
    CELL.lastIndex = at
    const [whole, quoted, bare] = CELL.exec(line)!
    cells.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'))
    at += whole.length + 1
  }
  return cells
}

function cut(line: string): string {
  return line.length > FOUND_MAX ? `${line.slice(0, FOUND_MAX).toWellFormed()}…` : line
}

/** Blocks and numbers that one case takes. */
export const LINES_MAX = 1_000
const CELL = / *"((?:[^"]|"")*)"[^,;\t]*|([^,;\t]*)/y
const FOUND_MAX = 100
/** A line with a link, two numbers and a time, and some columns that say nothing here. */
const LINE_CHARACTERS_MAX = 1_000
/** Clocks differ. */
export const AHEAD_MS = 3_600_000
