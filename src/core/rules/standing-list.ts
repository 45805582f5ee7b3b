import type { CallFacts } from '#core/call/facts.ts'
import type { DialPlan } from '#core/call/number.ts'
import { partyKey, prefixKey } from '#core/call/party.ts'
import { isAttested, type AttestationLetter } from './attestation.ts'
import {
  EXPECTED_ENTRY,
  LIST_ENTRIES_MAX,
  NUMBER_COLUMN,
  headerFault,
  oneTooMany,
  quote,
  readEntry,
  shortened,
  type ListFault,
} from './number-list.ts'
import { allotOwn, findNumber, makeNumberSet, type Allot, type NumberSet } from './number-set.ts'
import { cellOf, openTable, type Row } from './rows.ts'

/**
 * Numbers and leading digits that count under terms: only with an attestation at least as good, only until some time. So
 * stand numbers that were cleared after a complaint, and registered ones.
 */
export type StandingList = {
  /** The name under which the operator knows it. */
  readonly name: string
  readonly numbers: Terms
  readonly prefixes: Terms
  /** The lengths of the prefixes that stand on the list, shortest first. */
  readonly prefixLengths: readonly number[]
}

/** A set of keys, and for the slot of each its terms. */
type Terms = {
  readonly keys: NumberSet
  /** By slot: 0 for none, else 1 + the place in `LETTERS`. */
  readonly attestations: Uint8Array
  /** By slot, milliseconds since 1970; infinite for no end. */
  readonly untilMs: Float64Array
}

/** Whether the calling number stands on the list, under terms that this call meets. */
export function stands(list: StandingList, facts: CallFacts): boolean {
  const { calling } = facts
  if (holds(list.numbers, partyKey(calling), facts)) return true
  for (const length of list.prefixLengths) {
    if (holds(list.prefixes, prefixKey(calling, length), facts)) return true
  }
  return false
}

/**
 * Reads a list with the columns number, attestation, until and reason, of which only the first is a must. Of entries that
 * stand twice the last counts, as the newest line of a list is its last.
 *
 *     number,attestation,until,reason
 *     +12125550117,A,2027-01-31,case 4711
 *     +1212555*,,,the county's switchboard
 *
 * A day without a time is its end in UTC.
 */
export function parseStandingList(
  text: string,
  { name, plan, allot, limit = LIST_ENTRIES_MAX }: StandingOptions,
): ReadStanding {
  const { places, hasHeader, rows, unnamed } = openTable(text, TERM_COLUMNS)
  const faults: ListFault[] = unnamed === undefined ? [] : [headerFault(unnamed)]
  const entries: Term[] = []
  for (const row of unnamed === undefined ? rows : []) {
    const term = readTerm(row, hasHeader ? places : { ...places, ...TERM_PLACES }, plan)
    if (!('key' in term)) faults.push(term)
    else if (entries.length < limit) entries.push(term)
    else {
      faults.push(oneTooMany(row.line, limit))
      break
    }
  }
  const numbers = entries.filter(({ kind }) => kind === 'number')
  const prefixes = entries.filter(({ kind }) => kind === 'prefix')
  const prefixLengths = [...new Set(prefixes.map(({ length }) => length))].sort((a, b) => a - b)
  const list = { name, numbers: makeTerms(numbers, allot), prefixes: makeTerms(prefixes, allot), prefixLengths }
  return { list, faults: shortened(faults) }
}

export type StandingOptions = {
  readonly name: string
  readonly plan?: DialPlan | undefined
  readonly allot?: Allot | undefined
  /** How many entries there may be. */
  readonly limit?: number | undefined
}

export type ReadStanding = { readonly list: StandingList; readonly faults: readonly ListFault[] }

function holds({ keys, attestations, untilMs }: Terms, key: number, facts: CallFacts): boolean {
  const slot = findNumber(keys, key)
  if (slot < 0 || facts.atMs >= untilMs[slot]!) return false
  const attestation = attestations[slot]!
  return attestation === 0 || isAttested(facts, LETTERS[attestation - 1]!)
}

type Term = {
  readonly kind: 'number' | 'prefix'
  readonly key: number
  readonly length: number
  readonly attestation: number
  readonly untilMs: number
}

type Places = Readonly<Record<keyof typeof TERM_COLUMNS, number | undefined>>

function readTerm(row: Row, places: Places, plan: DialPlan | undefined): Term | ListFault {
  const cell = (place: number | undefined) => (place === undefined ? { text: '', column: 1 } : cellOf(row, place))
  const number = cell(places.number)
  const entry = readEntry(number.text, plan)
  const fault = ({ text, column }: typeof number, expected: string): ListFault => {
    return { line: row.line, column, found: quote(text), expected }
  }
  if (entry.kind === 'fault') return fault(number, EXPECTED_ENTRY)
  const attestation = cell(places.attestation)
  const letter = LETTERS.findIndex((letter) => letter === attestation.text.toUpperCase())
  if (letter < 0 && attestation.text !== '') return fault(attestation, 'A, B or C, the least that the entry asks for')
  const until = cell(places.until)
  const untilMs = until.text === '' ? Infinity : readEnd(until.text)
  if (Number.isNaN(untilMs)) return fault(until, 'a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z')
  return { ...entry, attestation: letter + 1, untilMs }
}

/** RFC 3339: a date, which ends with its day in UTC, or a date and time with its zone. `NaN` for anything else. */
function readEnd(text: string): number {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const startMs = Date.parse(text)
    return isDay(text) ? startMs + DAY_MS : NaN
  }
  if (!/^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/.test(text)) return NaN
  return isDay(text.slice(0, 10)) ? Date.parse(text.toUpperCase()) : NaN
}

/** Whether the calendar has the day: `Date.parse` makes the 3rd of March of a 31st of February. */
function isDay(text: string): boolean {
  const ms = Date.parse(text)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text)
}

function makeTerms(entries: readonly Term[], allot: Allot = allotOwn): Terms {
  const keys = makeNumberSet(
    entries.map(({ key }) => key),
    allot,
  )
  const attestations = new Uint8Array(allot(keys.slots.length))
  const untilMs = new Float64Array(allot(keys.slots.length * Float64Array.BYTES_PER_ELEMENT))
  for (const { key, attestation, untilMs: endMs } of entries) {
    const slot = findNumber(keys, key)
    attestations[slot] = attestation
    untilMs[slot] = endMs
  }
  return { keys, attestations, untilMs }
}

/** The columns of a list whose numbers stand under terms. */
export const TERM_COLUMNS = {
  number: NUMBER_COLUMN,
  attestation: { names: ['attestation'] },
  until: { names: ['until', 'expires'] },
  reason: { names: ['reason', 'note'] },
}
/** Where the columns behind the first stand in a file without a header row. */
export const TERM_PLACES = { attestation: 1, until: 2, reason: 3 }
const LETTERS: readonly AttestationLetter[] = ['A', 'B', 'C']
const DAY_MS = 86_400_000
