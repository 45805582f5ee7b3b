import { FIELD } from '#codec/sip/field.ts'
import { Message } from '#codec/sip/message.ts'
import { decodeText, encodeOctets, encodeText } from '#codec/sip/text.ts'
import type { ReceivedCall } from './received.ts'
import { type Part, type Scenario, fillAnswer } from './scenario.ts'
import { compareReasons } from './compare-reasons.ts'
import { type PartRow, listParts } from './part-rows.ts'

/** One scenario's call as the calling side saw it. */
export type ProbeCall = {
  readonly scenario: Scenario
  readonly dialled: string
  readonly end:
    | {
        readonly kind: 'answered'
        readonly octets: Uint8Array
        readonly provisional: readonly number[]
        readonly afterMs: number
      }
    | { readonly kind: 'silent'; readonly why: string }
    /** It was not placed, or not to its end, for a reason that is not the path’s: the time of the whole run was over, say. */
    | { readonly kind: 'not-measured'; readonly why: string }
}

/** What was done to an answer on its way; `POINTS` says what each costs. */
export type FindingKind =
  | 'answer-lost'
  | 'status-changed'
  | 'notice-made'
  | 'phrase-changed'
  | 'phrase-case'
  | 'reason-stripped'
  | 'reason-cut'
  | 'reason-value-lost'
  | 'reason-changed'
  | 'reason-doubled'
  | 'reason-added'
  | 'reason-form'
  | 'location-changed'
  | 'call-info-lost'
  | 'call-info-changed'
  | 'retry-after-changed'
  | 'provisional-lost'
  | 'tried-again'
  | 'tag-missing'

export type Finding = {
  readonly kind: FindingKind
  readonly part: Part
  /** What was sent and what arrived, as they stood on the wire; empty for nothing. */
  readonly sent: string
  readonly arrived: string
  /** What is to be said of it beyond its kind; may be empty. */
  readonly note: string
}

/** What became of one scenario. `apart` was not measured: why it was not is in `why`. */
export type Comparison = {
  readonly scenario: Scenario
  readonly dialled: string
  readonly state: 'intact' | 'changed' | 'apart'
  readonly why: string
  /** `far-end`: with what the far end says that it sent. `scenario`: with what the scenario says, for want of a far end. */
  readonly against: 'far-end' | 'scenario'
  /** How often the call came to the far end; undefined where nobody looked there. */
  readonly arrivals: number | undefined
  readonly findings: readonly Finding[]
  /** Part by part, what was sent and what arrived; empty where no answer did, or none can be compared. */
  readonly parts: readonly PartRow[]
  /** The first line of the answer that arrived; empty where none did. */
  readonly arrived: string
  /** `Server`, or `User-Agent`, of the answer that arrived; empty where it has none. */
  readonly server: string
  readonly afterMs: number | undefined
}

/**
 * Compares, part by part, what was sent for a scenario with what arrived. `farEnd` are the calls of this run as the far end
 * received them, undefined where nobody looked there: then what the scenario says counts as sent.
 */
export function compareCall(call: ProbeCall, farEnd: readonly ReceivedCall[] | undefined): Comparison {
  const { scenario, end } = call
  const came = farEnd?.filter((each) => each.scenario === scenario.id)
  const base = {
    scenario,
    dialled: call.dialled,
    against: farEnd === undefined ? ('scenario' as const) : ('far-end' as const),
    arrivals: came?.length,
  }
  const blank = { ...base, findings: [], parts: [], arrived: '', server: '', afterMs: undefined }
  if (end.kind === 'not-measured') return { ...blank, state: 'apart', why: end.why }
  const arrived = end.kind === 'answered' ? readMessage(end.octets) : undefined
  const told =
    arrived === undefined
      ? blank
      : { ...blank, arrived: startLine(arrived), server: serverOf(arrived), afterMs: afterOf(call) }
  if (came?.length === 0) return { ...told, state: 'apart', why: whyNotThere(arrived !== undefined, farEnd ?? []) }
  if (arrived === undefined) {
    const lost: Finding = {
      kind: 'answer-lost',
      part: 'status',
      sent: firstLine(scenario),
      arrived: '',
      note: end.kind === 'silent' ? end.why : '',
    }
    return { ...told, state: 'changed', why: '', findings: [lost] }
  }
  const sent = sentAnswer(scenario, came)
  const provisional = end.kind === 'answered' ? end.provisional : []
  const findings = [...compareAnswers(scenario, sent, arrived, provisional), ...findSecondTries(scenario, came ?? [])]
  const parts = listParts(scenario, sent, arrived, provisional, findings)
  return { ...told, state: findings.length === 0 ? 'intact' : 'changed', why: '', findings, parts }
}

/** A call that the far end knows nothing of: the path kept it, or changed whatever would have named it. */
function whyNotThere(isAnswered: boolean, farEnd: readonly ReceivedCall[]): string {
  const stray = farEnd.find(({ scenario }) => scenario === undefined)
  if (stray !== undefined)
    return `no call came to the far end as this scenario; one came as ${stray.dialled}, which names none: the path changes the number and drops X-Recourse-Scenario`
  return `the call never came to the far end: ${isAnswered ? 'what was answered is the path’s own' : 'it stayed in the path'}`
}

/** Compares two final answers in the parts that the scenario holds a path to. */
export function compareAnswers(
  scenario: Scenario,
  sent: Message,
  arrived: Message,
  provisional: readonly number[],
): Finding[] {
  const findings: Finding[] = []
  const owed = (part: Part): boolean => scenario.intact.includes(part)
  const add = (kind: FindingKind, part: Part, was: string, is: string, note = ''): void => {
    findings.push({ kind, part, sent: was, arrived: is, note })
  }
  if (owed('status') && sent.status !== arrived.status)
    add('status-changed', 'status', startLine(sent), startLine(arrived))
  else if (owed('phrase') && sent.phrase !== arrived.phrase) {
    const byCase = sent.phrase.toLowerCase() === arrived.phrase.toLowerCase()
    add(byCase ? 'phrase-case' : 'phrase-changed', 'phrase', sent.phrase, arrived.phrase)
  }
  findings.push(...compareReasons(scenario, sent, arrived))
  if (owed('call-info')) findings.push(...compareCallInfo(sent, arrived))
  const [waitSent, waitArrived] = [sent, arrived].map((message) => message.named('retry-after').join(', '))
  if (owed('retry-after') && waitSent !== waitArrived)
    add('retry-after-changed', 'retry-after', waitSent ?? '', waitArrived ?? '')
  const missing = scenario.before.filter(({ status }) => !provisional.includes(status))
  if (owed('provisional') && missing.length > 0)
    add(
      'provisional-lost',
      'provisional',
      scenario.before.map(({ status }) => status).join(', '),
      provisional.join(', '),
    )
  const to = arrived.first(FIELD.to) ?? ''
  if (owed('to-tag') && !/;\s*tag\s*=/i.test(to.slice(to.lastIndexOf('>') + 1)))
    add('tag-missing', 'to-tag', ';tag=', to)
  return findings
}

/** The answer that a scenario gives, as far as a path is held to it; a card's URI is written `{card}`. */
export function answerOf(scenario: Scenario): Message {
  const { status, phrase, lines } = fillAnswer(scenario.answer, CARD)
  return readMessage(encodeText(`SIP/2.0 ${status} ${phrase}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`))
}

/** Reads what can be read of an answer: broken notices have to be compared too. */
export function readMessage(octets: Uint8Array): Message {
  const message = new Message()
  message.read(octets)
  return message
}

function sentAnswer(scenario: Scenario, came: readonly ReceivedCall[] | undefined): Message {
  const finals = (came ?? []).flatMap(({ sent }) => sent.filter(({ status }) => status >= 200 && status !== 487))
  const last = finals.at(-1)
  return last === undefined ? answerOf(scenario) : readMessage(encodeOctets(last.octets))
}

function compareCallInfo(sent: Message, arrived: Message): Finding[] {
  const [was, is] = [sent, arrived].map((message) => message.named('call-info').map(squeezeInfo).join(', '))
  if (was === undefined || is === undefined || was === is) return []
  const finding = (kind: FindingKind, note: string): Finding[] => [
    { kind, part: 'call-info', sent: was, arrived: is, note },
  ]
  if (is === '') return finding('call-info-lost', '')
  // Only a far end can say under which address its card is.
  const shape = was.split(CARD).map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  if (was.includes(CARD) && new RegExp(`^${shape.join('[^<>]+')}$`).test(is)) return []
  return finding('call-info-changed', '')
}

/** White space round separators is nobody's loss. */
function squeezeInfo(value: string): string {
  return value.replace(/\s*([;,=])\s*/g, '$1')
}

/**
 * A path that tries another way after it got a 6xx: the call comes again once that 6xx was acknowledged. One that comes
 * earlier was under way already, as the branches of a parallel fork are, which RFC 3261 §16.7 leaves free.
 */
function findSecondTries(scenario: Scenario, came: readonly ReceivedCall[]): Finding[] {
  if (!scenario.intact.includes('no-new-attempt')) return []
  for (const first of came) {
    const refused = first.sent.find(({ status }) => status >= 600)
    if (refused === undefined) continue
    const knownMs = first.acknowledgedMs ?? refused.atMs + UNDER_WAY_MS
    const [next, ...more] = came.filter((call) => call !== first && call.atMs > knownMs)
    if (next === undefined) continue
    const afterMs = Math.round(next.atMs - refused.atMs)
    return [
      {
        kind: 'tried-again',
        part: 'no-new-attempt',
        sent: `${refused.status} to the call from ${first.source}`,
        arrived: `${1 + more.length} more after it, first from ${next.source} ${afterMs} ms later`,
        note: '',
      },
    ]
  }
  return []
}

function afterOf({ end }: ProbeCall): number | undefined {
  return end.kind === 'answered' ? Math.round(end.afterMs) : undefined
}

function firstLine({ answer }: Scenario): string {
  return `${answer.status} ${answer.phrase}`
}

function startLine(message: Message): string {
  return `${message.status} ${message.phrase}`
}

function serverOf(message: Message): string {
  const value = message.named('server')[0] ?? message.named('user-agent')[0] ?? ''
  return value.slice(0, SERVER_LENGTH_MAX)
}

/** The text of a message's octets, for those who show it. */
export function textOf(message: Message): string {
  return decodeText(message.bytes, message.start, message.end)
}

const CARD = '{card}'
/** Without an ACK nobody knows when the path had the 6xx: a branch that comes within T1 of it may have been under way. */
const UNDER_WAY_MS = 500
/** Characters of a Server field that are kept. */
const SERVER_LENGTH_MAX = 120
