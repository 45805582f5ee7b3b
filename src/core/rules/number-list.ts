import { coversProtected, isBlockable } from '#core/call/emergency.ts'
import { parseNumber, type DialPlan } from '#core/call/number.ts'
import { E164_DIGITS_MAX, formatParty, partyKey, partyOfKey, prefixKey, type Party } from '#core/call/party.ts'
import { exemptionOf, type Exempted } from './exempted.ts'
import { hasNumber, makeNumberSet, type Allot, type NumberSet } from './number-set.ts'
import { cellOf, openTable, type Cell, type Row, type Table } from './rows.ts'

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
  /** Whether calls are blocked by it: then emergency numbers, and those of the exempt lists, are refused. */
  readonly blocks: boolean
  readonly exempted?: readonly Exempted[] | undefined
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
  const { places, rows, unnamed } = openTable(text, { number: NUMBER_COLUMN })
  if (unnamed === undefined) return collect(cellsOf(rows, places.number ?? 0), options)
  const read = collect([], options)
  return { ...read, faults: [headerFault(unnamed)] }
}

/** A list without a file: each entry as `parseNumberList` takes it. Faults carry the entry's place (from 1) as line. */
export function parseEntries(entries: readonly string[], options: NumberListOptions): ReadList {
  return collect(
    entries.map((text, index) => ({ text, line: index + 1, column: 1 })),
    options,
  )
}

export type ReadList = {
  readonly list: NumberList
  readonly faults: readonly ListFault[]
  /** Digits without a country code that are too many for a short code, and the line of the first; without a plan they only match callers who come so too. */
  readonly national: { readonly count: number; readonly line: number } | undefined
}

/** The line (from 1) on which a list has the entry; `undefined` where it has not. */
export function lineOfEntry(text: string, entry: Entry, plan?: DialPlan): number | undefined {
  const { places, rows } = openTable(text, { number: NUMBER_COLUMN })
  for (const { text, line } of cellsOf(rows, places.number ?? 0)) {
    const found = readEntry(text, plan)
    if (found.kind === entry.kind && found.key === entry.key) return line
  }
  return undefined
}

/** What is wrong with a header row that does not name a column. */
export function headerFault({ row, column }: NonNullable<Table<string>['unnamed']>): ListFault {
  const { text, column: at } = cellOf(row, 0)
  const expected = `a header row that names the column ${column}, or none`
  return { line: row.line, column: at, found: quote(text), expected }
}

function* cellsOf(rows: Iterable<Row>, column: number): Generator<Cell & { line: number }> {
  for (const row of rows) yield { line: row.line, ...cellOf(row, column) }
}

function collect(cells: Iterable<Cell & { line: number }>, options: NumberListOptions): ReadList {
  const numbers: number[] = []
  const prefixes: number[] = []
  const lengths = new Set<number>()
  const faults: ListFault[] = []
  let national: { count: number; line: number } | undefined
  for (const { text, line, column } of cells) {
    const entry = readEntry(text, options.plan)
    const exemption = entry.kind !== 'fault' && options.blocks ? exemptionOf(entry, options.exempted ?? []) : undefined
    if (entry.kind === 'fault') faults.push({ line, column, found: quote(text), expected: EXPECTED_ENTRY })
    else if (options.blocks && isProtected(entry)) {
      faults.push({ line, column, found: quote(text), expected: NOT_AN_EMERGENCY_NUMBER })
    } else if (exemption !== undefined) {
      faults.push({ line, column, found: quoteExempt(text, exemption, faults), expected: NOT_EXEMPT })
    } else if (entry.kind === 'number') numbers.push(entry.key)
    else {
      prefixes.push(entry.key)
      lengths.add(entry.length)
    }
    if (entry.kind !== 'fault' && entry.key < 0 && entry.length >= NATIONAL_DIGITS_MIN) {
      if (national === undefined) national = { count: 1, line }
      else national.count++
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
  return { list, faults: shortened(faults), national }
}

/** What one entry of a list says. */
export type Entry = {
  readonly kind: 'number' | 'prefix'
  /** The party's key, or that of the leading digits. */
  readonly key: number
  /** How many digits it has. */
  readonly length: number
}

/** Reads one entry as lists have it: a number, or leading digits and a star. */
export function readEntry(text: string, plan?: DialPlan): Entry | { readonly kind: 'fault' } {
  const bare = text.replace(/^tel:/i, '').replaceAll(' ', '')
  if (bare.endsWith('*')) return readPrefix(bare)
  const party = parseNumber(bare, plan)
  if (party.kind !== 'e164' && party.kind !== 'digits') return FAULT
  return { kind: 'number', key: partyKey(party), length: party.count }
}

/** Writes an entry as a list has it. */
export function formatEntry({ kind, key }: Entry): string {
  return `${formatParty(partyOfKey(key))}${kind === 'prefix' ? '*' : ''}`
}

function readPrefix(text: string): Entry | { readonly kind: 'fault' } {
  const prefix = text.slice(0, -1).replace(/[-.()]/g, '')
  const length = prefix.startsWith('+') ? prefix.length - 1 : prefix.length
  if (!/^(?:\+[1-9]|[0-9])[0-9]*$/.test(prefix) || length > E164_DIGITS_MAX) return FAULT
  return { kind: 'prefix', key: partyKey(parseNumber(prefix)), length }
}

/** Whether the entry is, or covers, a number that may not stand on a list that blocks. */
function isProtected(entry: Entry): boolean {
  const party = partyOfKey(entry.key)
  if (entry.kind === 'number') return !isBlockable(party)
  return party.kind === 'digits' && coversProtected(formatParty(party))
}

/** What is wrong with a list from the line on that has one entry more than there may be. */
export function oneTooMany(line: number, limit: number): ListFault {
  return { line, column: 1, found: 'one entry too many', expected: `at most ${limit} of them` }
}

/** The text as a fault quotes it. */
export function quote(text: string): string {
  return text === '' ? 'an empty cell' : JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text)
}

/** The same of an exempt entry, with the line that exempts it as long as anybody will read it: to find one costs a search. */
export function quoteExempt(text: string, exemption: () => string, faults: readonly ListFault[]): string {
  return faults.length < LIST_FAULTS_MAX ? `${quote(text)}, ${exemption()}` : quote(text)
}

/** The first `LIST_FAULTS_MAX` faults, and how many more there are. */
export function shortened(faults: ListFault[]): ListFault[] {
  const next = faults[LIST_FAULTS_MAX]
  if (next === undefined) return faults
  const found = `${faults.length - LIST_FAULTS_MAX} more lines that are wrong, from here on`
  return [...faults.slice(0, LIST_FAULTS_MAX), { ...next, found }]
}

/** More lines than any list of single numbers in use; 80 MB when full. */
export const LIST_ENTRIES_MAX = 5_000_000

/** How many wrong lines of one list are told one by one. */
export const LIST_FAULTS_MAX = 20

/** The column of numbers, first in a file without a header row. */
export const NUMBER_COLUMN = {
  names: ['number', 'telephone number', 'telephone', 'phone', 'phone number', 'tn', 'calling', 'e164'],
  place: 0,
}
export const EXPECTED_ENTRY = 'a number such as +12125550117, or leading digits such as +1212555*'
const FAULT = { kind: 'fault' } as const
/** Fewer are a short code, the same with and without a country code. */
const NATIONAL_DIGITS_MIN = 7
/** What no list that blocks may hold. */
export const NOT_EXEMPT = 'no exempt number on a list that blocks'
export const NOT_AN_EMERGENCY_NUMBER = 'no emergency number and no number that tests one on a list that blocks'
