// One thing: the server side of SIP as RFC 3261 §17.2 draws it, for a server that only ever refuses.
import { randomBytes } from 'node:crypto'
import { FIELD } from '#codec/sip/field.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { Message } from '#codec/sip/message.ts'
import { parseNameAddr } from '#codec/sip/name-addr.ts'
import { type ReplyField, type Source, replyPort } from '#codec/sip/reply.ts'
import { RequestView } from '#codec/sip/request.ts'
import { STATUS } from '#codec/sip/status.ts'
import { decodeOctets, decodeText } from '#codec/sip/text.ts'
import { parseUri } from '#codec/sip/uri.ts'
import { PROBE_FIELD, SCENARIO_FIELD, type Scenario, fillAnswer, findById, findByNumber } from '#core/probe/scenario.ts'
import { writeAnswer, writePlain } from '#core/probe/write-answer.ts'
import type { ReceivedCall } from '#core/probe/received.ts'
import type { Way } from './blocker-doors.ts'
import { BLOCKER_FIGURES, type BlockerEvent, type BlockerFigures } from './blocker-event.ts'
import { type CallRecords, type OpenAnswer, type OpenCall, copyOf } from './call-records.ts'

export type TransactionParts = {
  readonly scenarios: readonly Scenario[]
  readonly records: CallRecords
  readonly cardUri: (scenario: Scenario) => string
  readonly isAllowed: (address: string) => boolean
  readonly t1Ms: number
  readonly tell: (event: BlockerEvent) => void
}

/** Answers requests by scenarios, and keeps each transaction until RFC 3261 lets it go. */
export class AnswerTransactions {
  readonly figures = Object.fromEntries(Object.keys(BLOCKER_FIGURES).map((name) => [name, 0])) as BlockerFigures
  readonly #parts: TransactionParts
  readonly #open = new Map<string, Transaction>()
  readonly #message = new Message()
  readonly #view = new RequestView()

  constructor(parts: TransactionParts) {
    this.#parts = parts
  }

  /** Takes one message; the octets are the receiver's to keep. Never throws on what came. */
  receive(bytes: Uint8Array, source: Source, way: Way): void {
    if (!this.#parts.isAllowed(source.address)) {
      this.figures.refused++
      return this.#parts.tell({ kind: 'refused', address: source.address })
    }
    const message = this.#message
    const view = this.#view
    message.read(bytes)
    const fault = message.kind === 'request' ? view.read(message) : undefined
    if (message.kind === 'response' || view.viaField < 0) return void this.figures.unanswerable++
    if (message.isMethod('ACK')) return this.#acknowledge()
    if (fault !== undefined || !view.methodAgrees(message)) {
      this.figures.malformed++
      return this.#say(STATUS.badRequest, [], source, way)
    }
    if (message.isMethod('INVITE')) return this.#invite(source, way)
    if (message.isMethod('CANCEL')) return this.#cancel(source, way)
    this.figures.other++
    if (message.isMethod('OPTIONS')) return this.#say(STATUS.ok, OPTIONS_FIELDS, source, way)
    if (view.to.tagStart >= 0) return this.#say(STATUS.callDoesNotExist, [], source, way)
    this.#say(STATUS.methodNotAllowed, [ALLOW], source, way)
  }

  /** Forgets every transaction. */
  close(): void {
    for (const transaction of this.#open.values()) transaction.end()
    this.#open.clear()
  }

  #invite(source: Source, way: Way): void {
    const key = this.#key()
    const seen = this.#open.get(key)
    if (seen !== undefined) {
      this.figures.repeats++
      return seen.repeat()
    }
    const message = this.#message
    const view = this.#view
    if (view.to.tagStart >= 0) return this.#say(STATUS.callDoesNotExist, [], source, way)
    const required = message.all(FIELD.require)
    if (required.length > 0)
      return this.#say(STATUS.badExtension, [['Unsupported', withoutControls(required.join(', '))]], source, way)
    if (this.#open.size >= TRANSACTIONS_MAX) {
      this.figures.full++
      return this.#say(STATUS.serviceUnavailable, [['Retry-After', '10']], source, way)
    }
    this.figures.calls++
    const call = describeCall(message, view, source, way)
    const { scenario, chosenBy } = this.#choose(message, call.dialled)
    call.scenario = scenario?.id
    call.chosenBy = chosenBy
    this.#parts.records.keep(call)
    this.#parts.tell({ kind: 'call', call: copyOf(call) })
    const steps = this.#plan(scenario, source, way)
    const transaction = new Transaction(steps, call, way, source.address, replyPort(view, source), this.#parts, () =>
      this.#open.delete(key),
    )
    this.#open.set(key, transaction)
    transaction.begin()
  }

  #choose(message: Message, dialled: string): { scenario: Scenario | undefined; chosenBy: ReceivedCall['chosenBy'] } {
    const { scenarios } = this.#parts
    const named = message.named(SCENARIO_FIELD)[0]
    if (named !== undefined) return { scenario: findById(scenarios, named), chosenBy: 'field' }
    const scenario = findByNumber(scenarios, dialled)
    return { scenario, chosenBy: scenario === undefined ? undefined : 'number' }
  }

  /** Every answer of the call, written now: the request is not there later. */
  #plan(scenario: Scenario | undefined, source: Source, way: Way): Plan {
    const message = this.#message
    const view = this.#view
    const toTag = randomBytes(6).toString('hex')
    const write = (status: number, phrase: string, fields: readonly ReplyField[] = [], tag = toTag): Step => ({
      status,
      phrase,
      afterMs: 0,
      octets: writePlain(message, view, status, phrase, fields, source, tag),
    })
    const terminated = write(STATUS.requestTerminated.status, STATUS.requestTerminated.phrase)
    if (scenario === undefined) return { steps: [write(STATUS.notFound.status, 'No Such Scenario')], terminated, toTag }
    const { answer, before, finalAfterMs } = scenario
    const early: ReplyField[] = [
      ...message.named('record-route').map((route): ReplyField => ['Record-Route', withoutControls(route)]),
      ['Contact', `<sip:${way.local}${way.transport === 'udp' ? '' : `;transport=${way.transport}`}>`],
    ]
    // An answer that takes its time is preceded by 100, so that the INVITE is not sent again. RFC 3261 §17.2.1.
    const isLate = finalAfterMs > TRYING_AFTER_MS || before.length > 0
    return {
      steps: [
        ...(isLate ? [write(100, 'Trying', [], '')] : []),
        ...before.map(({ status, phrase, afterMs }) => ({ ...write(status, phrase, early), afterMs })),
        {
          status: answer.status,
          phrase: answer.phrase,
          afterMs: finalAfterMs,
          octets: writeAnswer(message, view, fillAnswer(answer, this.#parts.cardUri(scenario)), source, toTag),
        },
      ],
      terminated,
      toTag,
    }
  }

  /** An ACK of a refusal has the INVITE's branch. RFC 3261 §17.1.1.3, §17.2.3. */
  #acknowledge(): void {
    const transaction = this.#open.get(this.#key())
    if (transaction === undefined) this.figures.strayAcknowledgements++
    else transaction.acknowledge()
  }

  /** The 200 for CANCEL has the To tag of what it cancels. RFC 3261 §9.2. */
  #cancel(source: Source, way: Way): void {
    const transaction = this.#open.get(this.#key())
    if (transaction === undefined) return this.#say(STATUS.callDoesNotExist, [], source, way)
    this.#say(STATUS.ok, [], source, way, transaction.toTag)
    transaction.cancel()
  }

  #say(
    { status, phrase }: { status: number; phrase: string },
    fields: readonly ReplyField[],
    source: Source,
    way: Way,
    toTag = randomBytes(6).toString('hex'),
  ): void {
    const octets = writePlain(this.#message, this.#view, status, phrase, fields, source, toTag)
    if (octets !== undefined) way.send(octets, source.address, replyPort(this.#view, source))
  }

  /** Branch and sent-by; of a client from before RFC 3261, all that it says of the call. RFC 3261 §17.2.3. */
  #key(): string {
    const message = this.#message
    const { via, from, cseq, viaField, viaRead } = this.#view
    const { bytes } = message
    const branch = viaRead && via.branchStart >= 0 ? decodeText(bytes, via.branchStart, via.branchEnd) : ''
    if (branch.startsWith(COOKIE) && branch.length > COOKIE.length)
      return `${branch} ${decodeText(bytes, via.hostStart, via.hostEnd).toLowerCase()} ${via.port}`
    const fromTag = from.tagStart < 0 ? '' : decodeText(bytes, from.tagStart, from.tagEnd)
    return JSON.stringify([message.first(FIELD.callId), fromTag, cseq.number, message.value(viaField)])
  }
}

type Step = {
  readonly status: number
  readonly phrase: string
  /** After the step before. */
  readonly afterMs: number
  /** Undefined where the answer would not fit. */
  readonly octets: Uint8Array | undefined
}

type Plan = { readonly steps: readonly Step[]; readonly terminated: Step; readonly toTag: string }

/** An INVITE server transaction: proceeding, completed, confirmed, terminated. RFC 3261 §17.2.1, figure 7. */
class Transaction {
  readonly toTag: string
  readonly #plan: Plan
  readonly #call: OpenCall
  readonly #way: Way
  readonly #address: string
  readonly #port: number
  readonly #parts: TransactionParts
  readonly #forget: () => void
  #state: 'proceeding' | 'completed' | 'confirmed' = 'proceeding'
  #last: { readonly step: Step; readonly answer: OpenAnswer } | undefined
  /** The next step, or timer G. */
  #timer: NodeJS.Timeout | undefined
  /** Timer H, then timer I. */
  #deadline: NodeJS.Timeout | undefined
  #isTold = false

  constructor(
    plan: Plan,
    call: OpenCall,
    way: Way,
    address: string,
    port: number,
    parts: TransactionParts,
    forget: () => void,
  ) {
    this.toTag = plan.toTag
    this.#plan = plan
    this.#call = call
    this.#way = way
    this.#address = address
    this.#port = port
    this.#parts = parts
    this.#forget = forget
  }

  begin(): void {
    this.#next(0)
  }

  /** The INVITE again: the last answer again, and once it was acknowledged nothing. */
  repeat(): void {
    this.#call.repeats++
    this.#tell('repeated')
    if (this.#state !== 'confirmed') this.#again()
  }

  acknowledge(): void {
    if (this.#state !== 'completed') return
    this.#state = 'confirmed'
    this.#call.acknowledgedMs = now()
    clearTimeout(this.#timer)
    clearTimeout(this.#deadline)
    this.#tell('acknowledged')
    this.#conclude()
    this.#deadline = setTimeout(() => this.#over(), this.#isUnreliable ? T4_MS : 0)
  }

  /** Ends the call by 487, unless its final answer is out already. RFC 3261 §9.2. */
  cancel(): void {
    if (this.#state !== 'proceeding') return
    this.#call.cancelledMs = now()
    this.#tell('cancelled')
    clearTimeout(this.#timer)
    this.#complete(this.#plan.terminated)
  }

  end(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#deadline)
    this.#conclude()
  }

  get #isUnreliable(): boolean {
    return this.#way.transport === 'udp'
  }

  #next(at: number): void {
    const step = this.#plan.steps[at]!
    const take = (): void => {
      if (step.status >= 200) return this.#complete(step)
      this.#send(step)
      this.#next(at + 1)
    }
    if (step.afterMs === 0) take()
    else this.#timer = setTimeout(take, step.afterMs)
  }

  #complete(step: Step): void {
    const { t1Ms } = this.#parts
    this.#state = 'completed'
    this.#send(step)
    this.#deadline = setTimeout(() => {
      this.#tell('unacknowledged')
      this.#over()
    }, t1Ms * 64)
    let waitMs = t1Ms
    const again = (): void => {
      this.#again()
      waitMs = Math.min(waitMs * 2, T2_MS)
      this.#timer = setTimeout(again, waitMs)
    }
    if (this.#isUnreliable) this.#timer = setTimeout(again, waitMs)
  }

  #send(step: Step): void {
    if (step.octets === undefined) return
    const answer = { atMs: now(), status: step.status, octets: decodeOctets(step.octets), times: 0 }
    this.#call.sent.push(answer)
    this.#last = { step, answer }
    this.#again()
  }

  #again(): void {
    const last = this.#last
    if (last?.step.octets === undefined) return
    last.answer.times++
    this.#way.send(last.step.octets, this.#address, this.#port)
    const { status, phrase } = last.step
    this.#parts.tell({ kind: 'sent', call: copyOf(this.#call), status, phrase, time: last.answer.times })
  }

  #tell(kind: 'repeated' | 'acknowledged' | 'cancelled' | 'unacknowledged'): void {
    this.#parts.tell({ kind, call: copyOf(this.#call) })
  }

  #conclude(): void {
    if (!this.#isTold) this.#parts.tell({ kind: 'ended', call: copyOf(this.#call) })
    this.#isTold = true
  }

  #over(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#deadline)
    this.#conclude()
    this.#forget()
  }
}

function describeCall(message: Message, view: RequestView, source: Source, way: Way): OpenCall {
  const { via } = view
  return {
    token: message.named(PROBE_FIELD)[0]?.slice(0, TOKEN_CHARACTERS_MAX),
    from: userOf(addressOf(message.first(FIELD.from) ?? '')),
    dialled: userOf(message.requestUri),
    scenario: undefined,
    chosenBy: undefined,
    atMs: now(),
    transport: way.transport,
    source: source.address.includes(':') ? `[${source.address}]:${source.port}` : `${source.address}:${source.port}`,
    branch: via.branchStart < 0 ? '' : decodeText(message.bytes, via.branchStart, via.branchEnd).slice(0, VALUE_MAX),
    callId: (message.first(FIELD.callId) ?? '').slice(0, VALUE_MAX),
    repeats: 0,
    fields: message
      .fields()
      .filter(({ name, id }) => id !== FIELD.other || OF_NOTE.test(name))
      .slice(0, FIELDS_MAX)
      .map(({ name, value }) => [name, value.slice(0, VALUE_MAX)]),
    sent: [],
    acknowledgedMs: undefined,
    cancelledMs: undefined,
  }
}

/** To the microsecond, and never backwards: what came first decides whether a call was tried again or only forked. */
function now(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000
}

function addressOf(value: string): string {
  try {
    return parseNameAddr(value).uri
  } catch (fault) {
    if (fault instanceof Malformed) return ''
    throw fault
  }
}

function userOf(text: string): string {
  try {
    const uri = parseUri(text)
    const user = uri.kind === 'sip' ? (uri.user ?? '') : uri.kind === 'tel' ? uri.number : ''
    return user.slice(0, VALUE_MAX)
  } catch (fault) {
    if (fault instanceof Malformed) return ''
    throw fault
  }
}

/** What is said again of a request may hold what no reply can carry. */
function withoutControls(value: string): string {
  return value.replace(/[\u0000-\u001f\u007f]/g, (control) => (control === '\t' ? ' ' : '?'))
}

const COOKIE = 'z9hG4bK'
const ALLOW: ReplyField = ['Allow', 'INVITE, ACK, CANCEL, OPTIONS']
const OPTIONS_FIELDS: readonly ReplyField[] = [ALLOW, ['Accept', 'application/sdp']]
/** Names of the fields kept in the record beside those that the codec knows. */
const OF_NOTE = /^(?:x-.*|record-route|route|user-agent|server|supported|k|allow|p-.*|remote-party-id|session-.*)$/i
/** RFC 3261 §17.1.2.2, table 4. */
export const T1_MS = 500
const T2_MS = 4_000
const T4_MS = 5_000
/** RFC 3261 §17.2.1. */
const TRYING_AFTER_MS = 200
/** Transactions open at a time. */
export const TRANSACTIONS_MAX = 2_000
/** Header fields of an INVITE that are kept, and characters of each. */
export const FIELDS_MAX = 64
export const VALUE_MAX = 1_024
/** Characters of a run's name. */
export const TOKEN_CHARACTERS_MAX = 128
