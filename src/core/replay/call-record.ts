import type { Attestation, CallFacts } from '#core/call/facts.ts'
import { parseNumber, type DialPlan } from '#core/call/number.ts'
import { isEmergencyNumber } from '#core/call/emergency.ts'
import { OTHER, WITHHELD, parseParty, type Party } from '#core/call/party.ts'
import { NOT_LOOKED, NO_SCORES } from '#core/call/verification.ts'
import type { JournalRow } from '#core/ledger/ledger.ts'

/** One call of the past as a file of calls has it: what rules may know of it, and how it ended where that is told. */
export type CallRecord = {
  readonly facts: CallFacts
  readonly recorded: Recorded | undefined
  readonly outcome: Outcome | undefined
}

/** What was decided then, where the record says so. */
export type Recorded = { readonly verdict: string; readonly rule: string }

export type Outcome = { readonly answered: boolean; readonly seconds: number }

/** What stands in a column of a record; undefined where it has no such column. */
export type Cells = (column: Column) => unknown

export type Column = keyof typeof COLUMNS

/** What is wrong with a record, in words that follow "found" and "expected". */
export type RecordFault = { readonly found: string; readonly expected: string }

/** Each column with the names it goes by; the first is ours. */
export const COLUMNS = {
  at: ['at', 'time', 'timestamp', 'start', 'started', 'calldate', 'start_stamp'],
  calling: ['calling', 'from', 'caller', 'src', 'source', 'caller_id_number', 'ani'],
  called: ['called', 'to', 'callee', 'dst', 'destination', 'destination_number', 'dnis'],
  peer: ['peer'],
  trunk: ['trunk', 'tgrp', 'otg', 'trunk_group'],
  tenant: ['tenant'],
  attestation: ['attestation', 'attest', 'verstat'],
  forwarded: ['forwarded'],
  emergency: ['emergency'],
  verdict: ['verdict'],
  rule: ['rule'],
  answered: ['answered', 'disposition'],
  seconds: ['seconds', 'duration', 'billsec'],
} as const satisfies Record<string, readonly string[]>

/** Reads a record of a call; `at` (RFC 3339, or seconds or milliseconds since 1970), `calling` and `called` are a must. */
export function readCallRecord(cells: Cells, plan: DialPlan | undefined): CallRecord | RecordFault {
  const at = cells('at')
  const atMs = readTime(at)
  if (atMs === undefined) return { found: show('at', at), expected: 'a time such as 2026-11-22T12:00:00Z' }
  const callingText = cells('calling')
  const calledText = cells('called')
  if (!isText(callingText)) return { found: show('calling', callingText), expected: 'a number such as "+12125550117"' }
  if (!isText(calledText)) return { found: show('called', calledText), expected: 'a number such as "+14155550163"' }
  const attestation = cells('attestation') ?? 'none'
  const read = isText(attestation) ? ATTESTATIONS.get(attestation.toLowerCase()) : undefined
  if (read === undefined)
    return { found: show('attestation', attestation), expected: 'one of A, B, C, passed, failed, none' }
  const called = readParty(calledText, plan)
  const verdict = cells('verdict')
  return {
    facts: {
      atMs,
      calling: readParty(callingText, plan),
      called,
      peer: textOf(cells('peer')),
      trunk: textOf(cells('trunk')),
      tenant: textOf(cells('tenant')),
      attestation: read,
      emergency: isTrue(cells('emergency')) || cells('rule') === 'emergency' || isEmergencyNumber(called),
      forwarded: isTrue(cells('forwarded')),
      verification: NOT_LOOKED,
      scores: NO_SCORES,
    },
    recorded: isText(verdict) ? { verdict, rule: textOf(cells('rule')) } : undefined,
    outcome: readOutcome(cells),
  }
}

/** What a row of the journal tells of its call. */
export function readJournalRow(row: JournalRow): CallRecord {
  const called = parseParty(row.called)
  return {
    facts: {
      atMs: row.at,
      calling: parseParty(row.calling),
      called,
      peer: row.peer,
      trunk: row.trunk,
      attestation: ATTESTATIONS.get(row.attestation.toLowerCase()) ?? 'none',
      emergency: (row.verdict === 'exempt' && row.rule === 'emergency') || isEmergencyNumber(called),
      forwarded: false,
      verification: NOT_LOOKED,
      scores: NO_SCORES,
    },
    recorded: { verdict: row.verdict, rule: row.rule },
    outcome: undefined,
  }
}

/** Which of the names that a record has goes with which column. */
export function findColumns(names: readonly string[]): Map<Column, string> {
  const found = new Map<Column, string>()
  for (const [column, known] of Object.entries(COLUMNS) as [Column, readonly string[]][]) {
    const name = known.flatMap((word) => names.find((name) => name.trim().toLowerCase() === word) ?? [])[0]
    if (name !== undefined) found.set(column, name)
  }
  return found
}

/** Whether the record could not be read. */
export function isFault(read: CallRecord | RecordFault): read is RecordFault {
  return 'found' in read
}

function readOutcome(cells: Cells): Outcome | undefined {
  const seconds = Number(cells('seconds') ?? Number.NaN)
  const answered = cells('answered')
  if (Number.isNaN(seconds) && answered === undefined) return undefined
  return {
    answered: answered === undefined ? seconds > 0 : isTrue(answered),
    seconds: Number.isFinite(seconds) ? seconds : 0,
  }
}

/** E.164 with a plus is read without a detour: most records have it. */
function readParty(text: string, plan: DialPlan | undefined): Party {
  const { length } = text
  if (text.charCodeAt(0) === PLUS && length > 1 && length <= E164_CHARACTERS_MAX && text.charCodeAt(1) !== ZERO) {
    let digits = 0
    let at = 1
    for (; at < length; at++) {
      const digit = text.charCodeAt(at) - ZERO
      if (digit < 0 || digit > 9) break
      digits = digits * 10 + digit
    }
    if (at === length) return { kind: 'e164', digits, count: length - 1 }
  }
  if (text === '') return OTHER
  return text === 'withheld' || text === 'anonymous' ? WITHHELD : parseNumber(text.replaceAll(' ', ''), plan)
}

/** RFC 3339 and the same with a blank for the T; numbers are seconds below the year 5138 in seconds, else milliseconds. */
function readTime(value: unknown): number | undefined {
  if (typeof value === 'string') {
    const utc = readUtc(value)
    if (utc !== undefined) return utc
    if (!/^[0-9]+(?:\.[0-9]+)?$/.test(value)) return readDate(value)
  }
  const number = typeof value === 'string' ? Number.parseFloat(value) : value
  if (typeof number !== 'number' || !(number > 0)) return undefined
  return Math.round(number < SECONDS_MAX ? number * 1000 : number)
}

/** A date that begins with its year and has a time; without a zone it is one of UTC, as call records often have it. */
function readDate(text: string): number | undefined {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}/.test(text)) return undefined
  const ms = Date.parse(/(?:Z|[+-][0-9]{2}:?[0-9]{2})$/i.test(text) ? text : `${text.replace(' ', 'T')}Z`)
  return Number.isNaN(ms) ? undefined : ms
}

/** `2026-11-22T12:00:00Z`, with or without milliseconds; undefined for any other form, which `Date` reads. */
function readUtc(text: string): number | undefined {
  const { length } = text
  if ((length !== UTC_CHARACTERS && length !== UTC_MS_CHARACTERS) || text.charCodeAt(length - 1) !== ZULU)
    return undefined
  const hours = pairAt(text, 11)
  const minutes = pairAt(text, 14)
  const seconds = pairAt(text, 17)
  if (!(hours < 24 && minutes < 60 && seconds < 60)) return undefined
  const fraction = length === UTC_CHARACTERS ? 0 : Number(text.slice(20, 23))
  const ms = dayMs(text) + hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + fraction
  return Number.isNaN(ms) ? undefined : ms
}

/** The start of the day that the text begins with. Records come in order, so it is most often that of the last one. */
function dayMs(text: string): number {
  if (!text.startsWith(DAY.text)) {
    DAY.text = text.slice(0, 10)
    DAY.startMs = Date.parse(`${DAY.text}T00:00:00Z`)
  }
  return DAY.startMs
}

function pairAt(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO
  const ones = text.charCodeAt(at + 1) - ZERO
  return tens >= 0 && tens < 10 && ones >= 0 && ones < 10 ? tens * 10 + ones : Number.NaN
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isTrue(value: unknown): boolean {
  return value === true || (typeof value === 'string' && /^(?:true|yes|1|answered|answer)$/i.test(value))
}

function show(name: string, value: unknown): string {
  if (value === undefined) return `no ${name}`
  return `${name} ${JSON.stringify(value)?.slice(0, 60)}`
}

const ATTESTATIONS: ReadonlyMap<string, Attestation> = new Map([
  ['a', 'A'],
  ['b', 'B'],
  ['c', 'C'],
  ['passed', 'passed'],
  ['tn-validation-passed', 'passed'],
  ['tn-validation-passed-a', 'A'],
  ['tn-validation-passed-b', 'B'],
  ['tn-validation-passed-c', 'C'],
  ['failed', 'failed'],
  ['tn-validation-failed', 'failed'],
  ['none', 'none'],
  ['', 'none'],
])
const SECONDS_MAX = 1e11
const E164_CHARACTERS_MAX = 16
const UTC_CHARACTERS = '2026-11-22T12:00:00Z'.length
const UTC_MS_CHARACTERS = '2026-11-22T12:00:00.000Z'.length
const DAY = { text: '1970-01-01', startMs: 0 }
const PLUS = 0x2b
const ZERO = 0x30
const ZULU = 0x5a
