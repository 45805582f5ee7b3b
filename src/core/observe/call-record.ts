import { hash } from 'node:crypto'
import { type DialPlan, readNumber } from '#core/call/number.ts'
import { formatParty } from '#core/call/party.ts'
import type { Attempt, AttemptEnd } from './attempt.ts'
import { NOT_REFUSALS } from './observation.ts'
import { refusalOf, responseFrom } from './refusal.ts'

/** What a record of a call tells of it, whoever wrote it: only what is there is concluded from. */
export type CallRecord = {
  /** The source's own id of the call, unique within `kind`; the same record told twice is one attempt. */
  readonly id: string
  /** Within what ids are unique: `telnyx`, `twilio`, `freeswitch`, `records`. */
  readonly kind: string
  readonly source: string
  /** Milliseconds since 1970, UTC. */
  readonly atMs: number
  /** Numbers or URIs. */
  readonly from: string
  readonly to: string
  readonly carrier: string
  /** The final answer, or undefined where none is told. */
  readonly status: number | undefined
  readonly phrase?: string | undefined
  /** Values of Reason, as they stood in the answer. */
  readonly reasons?: readonly string[]
  readonly callId?: string | undefined
  readonly isAnswered?: boolean | undefined
  readonly isCancelled?: boolean | undefined
  /** Known from the carrier's own words: no block, whatever the code says. */
  readonly isFault?: boolean | undefined
  readonly ringMs?: number | undefined
  readonly setupMs?: number | undefined
  readonly durationMs?: number | undefined
}

/** Makes an attempt of a record. It never throws on what a record says. */
export function attemptOfRecord(record: CallRecord, plan?: DialPlan): Attempt {
  const from = partyOf(record.from, plan)
  const to = partyOf(record.to, plan)
  return {
    key: hash('sha256', `${record.kind}\n${record.id}`, 'base64url').slice(0, KEY_CHARACTERS),
    at: record.atMs,
    source: record.source,
    evidence: 'record',
    from,
    to,
    carrier: cut(record.carrier),
    ringMs: span(record.ringMs),
    setupMs: span(record.setupMs),
    end: endOf(record, from, to),
  }
}

/** Tells whether a time may be when somebody called: from 1990 to a day after now. */
export function isCallTime(atMs: number, nowMs: number): boolean {
  return Number.isFinite(atMs) && atMs >= EARLIEST_MS && atMs <= nowMs + DAY_MS
}

function endOf(record: CallRecord, from: string, to: string): AttemptEnd {
  const { status, isAnswered, isCancelled } = record
  if (isAnswered === true || (status !== undefined && status >= 200 && status < 300))
    return { kind: 'answered', durationMs: span(record.durationMs) }
  if (isCancelled === true || status === CANCELLED) return { kind: 'cancelled' }
  if (status === undefined || status < 400 || status > 699 || NOT_REFUSALS.has(status)) return { kind: 'unknown' }
  const { phrase, reasons, callId } = record
  const answer = responseFrom({ status, phrase, ...(reasons && { reasons }), callId, from, to })
  const refusal = refusalOf(answer, { carrier: cut(record.carrier), isRecord: true })
  return { kind: 'refused', refusal: record.isFault === true ? { ...refusal, standing: 'fault' } : refusal }
}

/** A number as everywhere else, else what was written. */
function partyOf(text: string, plan: DialPlan | undefined): string {
  const given = cut(text)
  const user = /^(?:sips?|tel):([^@;>]*)/i.exec(given)?.[1] ?? given
  const octets = new TextEncoder().encode(user)
  return formatParty(readNumber(octets, 0, octets.length, plan)) || given
}

function span(ms: number | undefined): number | undefined {
  return ms !== undefined && Number.isFinite(ms) && ms >= 0 && ms <= SPAN_MS_MAX ? Math.round(ms) : undefined
}

function cut(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim()
    .slice(0, TEXT_CHARACTERS_MAX)
}

/** 132 bits: no two calls meet by chance. */
const KEY_CHARACTERS = 22
const TEXT_CHARACTERS_MAX = 256
const CANCELLED = 487
const DAY_MS = 86_400_000
const EARLIEST_MS = Date.UTC(1990, 0, 1)
/** A month: what rang or lasted longer is a fault of a clock. */
const SPAN_MS_MAX = 31 * DAY_MS
