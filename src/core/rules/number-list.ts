import { coversProtected, isBlockable } from '#core/call/emergency.ts'
import { parseNumber, type DialPlan } from '#core/call/number.ts'
import { E164_DIGITS_MAX, formatParty, partyKey, prefixKey, type Party } from '#core/call/party.ts'
import { hasNumber, makeNumberSet, type Allot, type NumberSet } from './number-set.ts'
import { cellOf, columnOf, rowsOf, type Cell } from './rows.ts'

/** Numbers and leading digits, as an operator lists them. */
export type NumberList = {
  /** The name under which the operator knows it; it never leaves for the calling side. */
  readonly name: string
  readonly numbers: NumberSet
  readonly prefixes: NumberSet
  /** The lengths of the prefixes that stand on the list, shortest first. */
  readonly prefixLengths: readonly number[]
  /** How many entries stood more than once. */
  readonly duplicates: number
}

/** What is wrong with one line of a list, in words that follow "found" and "expected". */
export type ListFault = {
  readonly line: number
  readonly column: number
  readonly found: string
  readonly expected: string
}

export type NumberListOptions = {
  readonly name: string
  /** Whether calls are blocked by it: then emergency numbers are refused. */
  readonly blocks: boolean
  readonly plan?: DialPlan | undefined
  /** Where its memory comes from; without it, memory of this thread. */
  readonly allot?: Allot | undefined
}

/** Whether the party, or digits it starts with, stands on the list. */
export function isListed(list: NumberList, party: Party): boolean {
  if (hasNumber(list.numbers, partyKey(party))) return true
  for (const length of list.prefixLengths) {
    if (hasNumber(list.prefixes, prefixKey(party, length))) return true
  }
  return false
}

/** The entry that a listed party stands under: `+12125550117`, or `+1212555*`. */
export function entryOf(list: NumberList, party: Party): string {
  const text = formatParty(party)
  const length = list.prefixLengths.find((length) => hasNumber(list.prefixes, prefixKey(party, length)))
  if (length === undefined || hasNumber(list.numbers, partyKey(party))) return text
  return `${text.slice(0, length + (party.kind === 'e164' ? 1 : 0))}*`
}

/**
 * Reads a list: one number a line in the first column, or in the column that a header row calls `number`.
 *
 *     number,note
 *     +12125550117,an entry
 *     +1212555*,everything that starts so
 *
 * All faults are told (the first `LIST_FAULTS_MAX` one by one), and the list holds what could be read.
 */
export function parseNumberList(text: string, options: NumberListOptions): ReadList {
  return collect(cellsOf(text), options)
}

/** A list without a file: each entry as `parseNumberList` takes it. Faults carry the entry's place (from 1) as line. */
export function parseEntries(entries: readonly string[], options: NumberListOptions): ReadList {
  return collect(
    entries.map((text, index) => ({ text, line: index + 1, column: 1 })),
    options,
  )
}

export type ReadList = { readonly list: NumberList; readonly faults: readonly ListFault[] }

function* cellsOf(text: string): Generator<Cell & { line: number }> {
  let column: number | undefined
  for (const row of rowsOf(text)) {
    const isHeader = column === undefined && !/[0-9*]/.test(row.text)
    column ??= columnOf(row, NUMBER_COLUMNS) ?? 0
    if (!isHeader) yield { line: row.line, ...cellOf(row, column) }
  }
}

function collect(cells: Iterable<Cell & { line: number }>, options: NumberListOptions): ReadList {
  const numbers: number[] = []
  const prefixes: number[] = []
  const lengths = new Set<number>()
  const faults: ListFault[] = []
  for (const { text, line, column } of cells) {
    const entry = readEntry(text, options)
    if (entry.kind === 'fault') faults.push({ line, column, found: entry.found, expected: entry.expected })
    else if (entry.kind === 'number') numbers.push(entry.key)
    else {
      prefixes.push(entry.key)
      lengths.add(entry.length)
    }
    if (numbers.length + prefixes.length > LIST_ENTRIES_MAX) {
      faults.push({ line, column, found: 'one entry too many', expected: `at most ${LIST_ENTRIES_MAX} of them` })
      break
    }
  }
  const set = makeNumberSet(numbers, options.allot)
  const prefixSet = makeNumberSet(prefixes, options.allot)
  const list: NumberList = {
    name: options.name,
    numbers: set,
    prefixes: prefixSet,
    prefixLengths: [...lengths].sort((a, b) => a - b),
    duplicates: numbers.length - set.size + prefixes.length - prefixSet.size,
  }
  return { list, faults: shortened(faults) }
}

type Entry =
  | { readonly kind: 'number'; readonly key: number }
  | { readonly kind: 'prefix'; readonly key: number; readonly length: number }
  | { readonly kind: 'fault'; readonly found: string; readonly expected: string }

function readEntry(text: string, { blocks, plan }: NumberListOptions): Entry {
  const bare = text.replace(/^tel:/i, '').replaceAll(' ', '')
  if (bare.endsWith('*')) return readPrefix(bare, blocks)
  const party = parseNumber(bare, plan)
  if (party.kind !== 'e164' && party.kind !== 'digits') return fault(text, EXPECTED)
  if (blocks && !isBlockable(party)) return fault(text, NOT_AN_EMERGENCY_NUMBER)
  return { kind: 'number', key: partyKey(party) }
}

function readPrefix(text: string, blocks: boolean): Entry {
  const prefix = text.slice(0, -1).replace(/[-.()]/g, '')
  const found = /^(\+[1-9]|[0-9])[0-9]*$/.exec(prefix)
  const length = prefix.startsWith('+') ? prefix.length - 1 : prefix.length
  if (found === null || length > E164_DIGITS_MAX) return fault(text, EXPECTED)
  if (blocks && !prefix.startsWith('+') && coversProtected(prefix)) return fault(text, NOT_AN_EMERGENCY_NUMBER)
  return { kind: 'prefix', key: partyKey(parseNumber(prefix)), length }
}

function fault(text: string, expected: string): Entry {
  const found = text === '' ? 'an empty cell' : JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
  return { kind: 'fault', found, expected }
}

function shortened(faults: ListFault[]): ListFault[] {
  const next = faults[LIST_FAULTS_MAX]
  if (next === undefined) return faults
  const found = `${faults.length - LIST_FAULTS_MAX} more lines that are wrong, from here on`
  return [...faults.slice(0, LIST_FAULTS_MAX), { ...next, found }]
}

/** More lines than any list of single numbers in use; 80 MB when full. */
export const LIST_ENTRIES_MAX = 5_000_000

/** How many wrong lines of one list are told one by one. */
export const LIST_FAULTS_MAX = 20

const NUMBER_COLUMNS = ['number', 'telephone number', 'telephone', 'phone', 'phone number', 'tn', 'calling', 'e164']
const EXPECTED = 'a number such as +12125550117, or leading digits such as +1212555*'
const NOT_AN_EMERGENCY_NUMBER = 'no emergency number and no number that tests one on a list that blocks'
