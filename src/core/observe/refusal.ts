import { isPlainUrl } from '#codec/notice/contact.ts'
import { readReasonValues } from '#codec/notice/reason-value.ts'
import { formatResponse } from '#codec/sip/format-message.ts'
import { Message } from '#codec/sip/message.ts'
import { type Damage, findDamage } from './damage.ts'
import { type Observation, observe } from './observation.ts'

/** A refusal as the calling side concludes from it: what it says, what that proves, and what was done to it on the way. */
export type Refusal = Observation & {
  /**
   * `proven`: the standards say that a network did it (603+, 608). `unproven`: they cannot tell. `person`: 607, or known from
   * the far end. `fault`: busy, not found, no route, overload: no block at all by its code.
   */
  readonly standing: Standing
  /** Damage on the way: what was changed or cut, and the likely culprits from known deviations; empty where intact. */
  readonly damage: readonly Damage[]
  /** Who blocked, as a stable key for grouping: host of the url, else mail domain, else tel, else carrier; empty where unknown. */
  readonly blocker: string
  /** The raw answer (octets), capped at `ANSWER_BYTES_MAX`, where the source had it. */
  readonly answer: Uint8Array | undefined
}

export type Standing = 'proven' | 'unproven' | 'person' | 'fault'

/** What is known of a refusal besides its octets. */
export type RefusalTerms = {
  /** Who it came from, as `Attempt.carrier`. */
  readonly carrier: string
  /** The response is made of pieces (`responseFrom`): nothing is concluded from what is missing, and no octets are kept. */
  readonly isRecord?: boolean
  /** Known from the far end: a person refused. */
  readonly byPerson?: boolean
  /** Damage that taps before this one showed. */
  readonly damage?: readonly Damage[]
}

/** Concludes what a refusal proves. It never throws on what was received. */
export function refusalOf(response: Message, terms: RefusalTerms): Refusal {
  const observation = observe(response)
  const isRecord = terms.isRecord === true
  const damage = [...(terms.damage ?? []), ...(isRecord ? [] : withoutKnown(findDamage(response), terms.damage))]
  return {
    ...observation,
    standing: terms.byPerson === true ? 'person' : standingOf(observation, response, isRecord).standing,
    damage,
    blocker: blockerOf(observation) || hostInRest(response) || terms.carrier,
    answer: isRecord
      ? undefined
      : new Uint8Array(
          response.bytes.subarray(response.start, Math.min(response.end, response.start + ANSWER_BYTES_MAX)),
        ),
  }
}

/** What a refusal proves, and what says so. */
export function standingOf(observation: Observation, response: Message, isRecord = false): Ruling {
  const { status, class: kind } = observation
  if (kind === '603+') return PROVEN
  const ruling = RULINGS.get(status) ?? (status >= 600 ? OTHER_6XX : FAULT)
  if (kind === 'malformed') return status >= 400 && ruling.standing === 'fault' ? ruling : BROKEN
  // Traces of a notice say that the code may not be the one that was sent.
  if (!isRecord && ruling.standing !== 'proven' && findDamage(response).length > 0) return TRACES
  return ruling
}

/** A standing, and the paragraph that it rests on. */
export type Ruling = { readonly standing: Standing; readonly why: string; readonly cite: string }

/** The pieces of an answer that a record, a log or a webhook has; what is undefined was not told. */
export type AnswerPieces = {
  /** 100-699; others are read as 400 here. */
  readonly status: number
  readonly phrase?: string | undefined
  /** Reason values as they stood in their fields. */
  readonly reasons?: readonly string[]
  /** The value of Call-Info. */
  readonly callInfo?: string | undefined
  /** Numbers or URIs. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly callId?: string | undefined
}

/**
 * Makes a response of pieces, to be read like one that was received: control characters and line ends become blanks, and what
 * is missing is left out. Pass `isRecord` on to `refusalOf` where the source does not show the whole.
 */
export function responseFrom(pieces: AnswerPieces): Message {
  const fields: [string, string][] = []
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) fields.push([name, plain(value)])
  }
  add('From', pieces.from === undefined ? undefined : addressOf(pieces.from))
  add('To', pieces.to === undefined ? undefined : `${addressOf(pieces.to)};tag=record`)
  add('Call-ID', pieces.callId)
  add('CSeq', '1 INVITE')
  for (const reason of (pieces.reasons ?? []).slice(0, REASONS_MAX)) add('Reason', reason)
  add('Call-Info', pieces.callInfo)
  const status = Number.isInteger(pieces.status) && pieces.status >= 100 && pieces.status <= 699 ? pieces.status : 400
  const message = new Message()
  message.read(formatResponse(status, plain(pieces.phrase ?? ''), { fields }))
  return message
}

/** Damage by bytes that two taps have shown already is not told again. */
function withoutKnown(found: readonly Damage[], known: readonly Damage[] = []): Damage[] {
  return found.filter(({ kind }) => !known.some((damage) => damage.kind === kind))
}

/** The contact that stands for a blocker, in small letters; empty where no usable one is named. */
export function blockerOf({ contest }: Observation): string {
  const host = hostOf(contest.url) ?? contest.email?.split('@').at(-1) ?? contest.tel ?? hostOf(contest.card)
  return host?.toLowerCase() ?? ''
}

/** Where a notice was damaged, the host of the url in what is left of it still says whose it is. */
function hostInRest(response: Message): string {
  for (const { isSip, isQ850, analytics } of readReasonValues(response)) {
    const url = (isSip || isQ850) && analytics?.version !== undefined ? analytics.url : undefined
    if (url !== undefined && isPlainUrl(url)) return hostOf(url)?.toLowerCase() ?? ''
  }
  return ''
}

function hostOf(url: string | undefined): string | undefined {
  const host = url === undefined ? undefined : HOST.exec(url)?.[1]
  return host === undefined || host === '' ? undefined : host.replace(/\.$/, '')
}

function addressOf(party: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(party)) return `<${party.replace(/[<>]/g, '')}>`
  return `<sip:${party.replace(/[^0-9A-Za-z+*._-]/g, '_')}@record.invalid>`
}

function plain(text: string): string {
  return text
    .slice(0, PIECE_CHARACTERS_MAX)
    .replace(/[\u0000-\u001f\u007f]+/g, ' ')
    .trim()
}

const PROVEN: Ruling = {
  standing: 'proven',
  why: 'a 603+ is sent by a network that blocked the call by analytics',
  cite: 'ATIS-1000099, 47 CFR 64.1200(k)(9)(i)',
}
const BROKEN: Ruling = {
  standing: 'unproven',
  why: 'what breaks the grammar proves nothing',
  cite: 'RFC 3261 §7, §25.1',
}
const TRACES: Ruling = {
  standing: 'unproven',
  why: 'it bears traces of a notice that was damaged or never was whole',
  cite: 'ATIS-1000099',
}
const OTHER_6XX: Ruling = {
  standing: 'unproven',
  why: 'a 6xx says that the called user was reached definitively, not by whose will the call failed',
  cite: 'RFC 3261 §21.6',
}
const FAULT: Ruling = {
  standing: 'fault',
  why: 'its code tells of a fault, a busy line or an absence, and of no block',
  cite: 'RFC 3261 §21.4, §21.5',
}

/** What each code proves by itself. Codes that are not here: 6xx unproven, the others a fault. */
export const RULINGS: ReadonlyMap<number, Ruling> = new Map<number, Ruling>([
  [
    403,
    { standing: 'unproven', why: 'the server understood and refuses, and need not say why', cite: 'RFC 3261 §21.4.4' },
  ],
  [
    433,
    {
      standing: 'person',
      why: 'the called party takes no calls from callers who withhold their number',
      cite: 'RFC 5079 §4',
    },
  ],
  [
    480,
    {
      standing: 'fault',
      why: 'the called party is not available now; a block may hide here, which no code tells',
      cite: 'RFC 3261 §21.4.18',
    },
  ],
  [486, { standing: 'fault', why: 'the called party is busy', cite: 'RFC 3261 §21.4.24' }],
  [503, { standing: 'fault', why: 'a server is overloaded or in maintenance', cite: 'RFC 3261 §21.5.4' }],
  [
    600,
    {
      standing: 'unproven',
      why: 'the called party is busy and does not wish to take the call',
      cite: 'RFC 3261 §21.6.1',
    },
  ],
  [603, { standing: 'unproven', why: 'a person, a setting, a list or a network declined', cite: 'RFC 3261 §21.6.2' }],
  [604, { standing: 'fault', why: 'the called party exists nowhere', cite: 'RFC 3261 §21.6.3' }],
  [606, { standing: 'fault', why: 'the session that was offered is not acceptable', cite: 'RFC 3261 §21.6.4' }],
  [607, { standing: 'person', why: 'the called party wants no calls from this caller', cite: 'RFC 8197 §3' }],
  [
    608,
    {
      standing: 'proven',
      why: 'a 608 is sent by an intermediary, never by the called party',
      cite: 'RFC 8688 §1, §3.1',
    },
  ],
])

/** Octets of a raw answer that are kept. */
export const ANSWER_BYTES_MAX = 8192
/** Characters of a piece of a record, and Reason values of it, that are read. */
const PIECE_CHARACTERS_MAX = 4096
const REASONS_MAX = 16
const HOST = /^https?:\/\/(?:[^@/?#\\]*@)?([^/?#\\:]*)/i
