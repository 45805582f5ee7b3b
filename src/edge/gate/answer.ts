// One thing: what the gate does with a request, from its octets to those of the answer. What each step needs stands in files
// of its own; cut apart, the order of the steps would have to be read together out of them again.
import { MESSAGE_BYTES_MAX } from '#codec/sip/limits.ts'
import { FIELD } from '#codec/sip/field.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { Message } from '#codec/sip/message.ts'
import { type Reply, type Source, formatReply, replyPort } from '#codec/sip/reply.ts'
import { RequestView } from '#codec/sip/request.ts'
import { encodeOctets } from '#codec/sip/text.ts'
import { writeNotice } from '#codec/notice/write.ts'
import type { CallFacts } from '#core/call/facts.ts'
import type { DialPlan } from '#core/call/number.ts'
import { isEmergencyInvite, knowsRejected, readCallFacts, readDialled } from '#core/call/read-facts.ts'
import { withFindings } from '#core/call/with-findings.ts'
import type { RecentBlock, Recorder } from '#core/ledger/ledger.ts'
import { type NoticeTerms, type Refusal, chooseNotice } from '#core/notify/choose-notice.ts'
import type { Redirect } from '#core/notify/redirect.ts'
import type { ReceiptRing } from '#core/receipt/receipt.ts'
import { VERIFICATION, exempt } from '#core/rules/exemption.ts'
import { judge } from '#core/rules/judge.ts'
import type { Living } from '#core/rules/living.ts'
import { NO_RULE, type Policy } from '#core/rules/policy.ts'
import { type Tally, uncounted } from '#core/rules/tally.ts'
import type { Block, Treat, Verdict } from '#core/rules/verdict.ts'
import { AnswerDelays } from '#core/transaction/answer-delays.ts'
import { Identifier } from '#core/transaction/identify.ts'
import type { SharedCalls } from '#core/transaction/shared-calls.ts'
import { Memory, TRANSACTION_MS } from '#core/transaction/memory.ts'
import { formatTransaction, parseTransaction } from '#core/transaction/transaction.ts'
import { Continues, type Told, redirectReply, toldOf } from './continue.ts'
import { noFigures } from './figures.ts'
import { type HeldCall, HeldCalls, type Resume } from './held-calls.ts'
import type { Findings, Inquiry } from './inquiry.ts'
import type { Answered, Outcome } from './outcome.ts'
import { Allowance, Overload } from './overload.ts'
import { mayBeLeft } from './urgent.ts'
import type { Peer, Peers } from './peers.ts'
import { provingFacts } from './verification-call.ts'
import { Ways } from './ways.ts'
import { blockEntry, note, noteCall, tenantOf } from './records.ts'
import { type Trial, type Tried, trialRefusal, triedCall } from './trial.ts'
import {
  type Continued,
  type Endings,
  type Meaning,
  type WaitingBlock,
  WaitingBlocks,
  type Way,
} from './waiting-blocks.ts'
import {
  BAD_REQUEST,
  FORBIDDEN,
  CALL_DOES_NOT_EXIST,
  CANCEL_OK,
  OVERLOADED,
  REQUEST_TERMINATED,
  isOptions,
  refuseInvite,
  replyToFault,
  replyToOther,
} from './refusals.ts'

// One thing: the chain from octets to octets, step by step, as docs/run.md and ARCHITECTURE.md tell it. What a step is made
// of stands in files of its own.

/** What the gate is made of; `main` brings it together. */
export type GateParts = {
  readonly peers: Peers
  readonly policy: Policy
  /** The policy's version number in the store. */
  readonly policyVersion: number
  readonly tally: Tally
  /** What the desk and the registry say of numbers; without it, nothing. */
  readonly living?: Living | undefined
  readonly terms: NoticeTerms
  readonly receipts: ReceiptRing
  readonly ledger: Recorder
  /** Blocks that a gate before this one recorded in the last 64·T1. */
  readonly recent: readonly RecentBlock[]
  /** The key of the transaction hash, 16 octets, the same for as long as the ledger lasts. */
  readonly hashKey: Uint8Array
  readonly dialPlan: DialPlan | undefined
  readonly limits: GateLimits
  /** Where calls are sent that are treated or announced instead of refused, by the names that policies use. */
  readonly treatments?: ReadonlyMap<string, Redirect> | undefined
  /** Whether strangers are told 403 (without state, and a few a second) instead of nothing. */
  readonly answersStrangers?: boolean | undefined
  /** Whether calls that are shed in overload are told 503 (a few a second) instead of the peer's continue status. */
  readonly answersOverload?: boolean | undefined
  /** Grows whenever everything that had come was answered; without it, the idle time of this thread's loop. */
  readonly pauses?: (() => number) | undefined
  /** What the system may hold of datagrams that wait for this gate, in octets. */
  readonly heldBytes?: (() => number) | undefined
  /** A test of one peer that is under way, and who is told what came of it. */
  readonly trial?: Trial | undefined
  readonly tried?: ((tried: Tried) => void) | undefined
  /** What gates of other threads decided about calls; without it, there are none. */
  readonly sharedCalls?: SharedCalls | undefined
  /** What to find out about a call before it is judged; nothing where no rule wants to know. */
  readonly inquiry: Inquiry | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** The same at start, and from then on steady: setting the system's clock does not move it. */
  readonly clock: () => number
  readonly alarm: (kind: AlarmKind, cause: unknown) => void
}

export type GateLimits = {
  /** How long a block may take to reach stable storage before the call is continued. */
  readonly recordWithinMs: number
  /** Transactions remembered for 64·T1. */
  readonly transactions: number
  /** Blocks that may wait for the ledger at a time. */
  readonly pending: number
  /** Calls that may wait for an inquiry at a time; `INQUIRIES` where it is not said. */
  readonly inquiries?: number | undefined
}

export type AlarmKind = 'unrecorded' | 'late' | 'shed' | 'overload' | 'fault'

/** What may be changed while a gate runs. */
export type Adoptable = Partial<
  Pick<
    GateParts,
    | 'peers'
    | 'policy'
    | 'policyVersion'
    | 'tally'
    | 'living'
    | 'terms'
    | 'receipts'
    | 'dialPlan'
    | 'treatments'
    | 'answersStrangers'
    | 'answersOverload'
    | 'inquiry'
    | 'trial'
  >
>

/** What was judged about a call, and under which policy: a call that is asked about again is told the same. */
type Ruling = { readonly verdict: Verdict; readonly terms: NoticeTerms; readonly policyVersion: number }

/**
 * Answers SIP requests of peers: INVITEs with *continue* or a notice, everything else as RFC 3261 has it.
 *
 * If you read one file, read this one. Octets come in by `receive`, answers leave the way they came; a notice leaves
 * only after its ledger entry is on stable storage, and where that takes too long or fails, the call is continued. The
 * gate keeps no state of a call but two capped memories, of transactions and of calls, for 64·T1.
 */
export class Gate {
  readonly figures = noFigures()
  /** From when an INVITE was taken up to its answer; not of what is answered again, or refused for its form. */
  readonly delays = new AnswerDelays()
  #parts: GateParts
  readonly #message = new Message()
  readonly #view = new RequestView()
  readonly #identifier: Identifier
  readonly #transactions: Memory<Outcome>
  readonly #calls: Memory<Ruling>
  readonly #out = new Uint8Array(MESSAGE_BYTES_MAX + 1)
  readonly #waiting: WaitingBlocks
  readonly #held: HeldCalls
  readonly #continues = new Continues()
  readonly #overload: Overload
  readonly #strangersTold = new Allowance(TOLD_PER_SECOND)
  readonly #overloadTold = new Allowance(TOLD_PER_SECOND)
  #alarmedMs = -Infinity
  /** The ruling of a call that no rule has anything to say about, made once a policy. */
  #unruled: Ruling
  #identified = false
  /** When the INVITE at hand was taken up, by the steady clock; negative where no delay is counted. */
  #takenUpMs = UNTIMED
  #closed = false
  /** Where the request at hand came in, and its answer goes out. */
  #way: Way = NOWHERE

  constructor(parts: GateParts) {
    this.#parts = parts
    this.#identifier = new Identifier(parts.hashKey)
    this.#transactions = new Memory(parts.limits.transactions, TRANSACTION_MS)
    this.#calls = new Memory(parts.limits.transactions, TRANSACTION_MS)
    this.#overload = new Overload(parts.pauses, parts.heldBytes)
    this.#unruled = rulingOf(NO_RULE, parts)
    this.#held = new HeldCalls(parts.clock, this.#resume())
    this.#waiting = new WaitingBlocks(
      parts.ledger,
      parts.limits.recordWithinMs,
      parts.now,
      parts.clock,
      this.#endings(),
    )
    this.#recall()
  }

  /** Entries thrown out of the memories before their time. */
  get evicted(): number {
    return this.#transactions.evicted + this.#calls.evicted
  }

  /** Blocks that wait for the ledger. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Calls that wait for an inquiry. */
  get held(): number {
    return this.#held.size
  }

  /** Takes one datagram. Never throws: whatever comes in, the process and every other call go on. */
  receive(bytes: Uint8Array, source: Source, way: Way): void {
    if (this.#closed) return
    const peer = this.#parts.peers.find(source.address, way.names)
    if (peer === undefined) return this.#turnAway(bytes, source, way)
    this.receiveFrom(peer, bytes, source, way)
  }

  /** The same for a request whose sender has shown otherwise who it is, as by a token. */
  receiveFrom(peer: Peer, bytes: Uint8Array, source: Source, way: Way): void {
    if (this.#closed) return
    this.figures.received++
    this.#point(way)
    try {
      this.#answer(bytes, source, peer)
    } catch (fault) {
      this.#recover(fault, source, peer)
    }
  }

  /**
   * Judges and answers by other parts from the next message on. What is remembered stays; blocks that wait end under the
   * terms they came in under, held calls are judged by the new ones. Ledger, keys, clocks and limits cannot be changed.
   */
  adopt(changed: Adoptable): void {
    this.#parts = { ...this.#parts, ...changed }
    this.#unruled = rulingOf(NO_RULE, this.#parts)
  }

  /** Takes no more datagrams: whoever sends one now asks another gate when nothing comes back. */
  close(): void {
    this.#closed = true
  }

  /** Answers everything that waits for the ledger, in at most `withinMs`; what is not recorded by then is continued. */
  drain(withinMs: number): Promise<void> {
    this.#held.drain()
    return this.#waiting.drain(withinMs)
  }

  #answer(bytes: Uint8Array, source: Source, peer: Peer): void {
    // An ACK ends a transaction that was answered once and for all: it has nothing to say to us. RFC 3261 §17.2.1.
    if (isAcknowledgement(bytes)) {
      this.figures.acknowledgements++
      return
    }
    if (bytes.length < SIP_BYTES_MIN) {
      this.figures.keepAlives++
      return
    }
    if (
      this.#overload.isDrowning &&
      this.#way.isReliable !== true &&
      mayBeLeft(bytes) &&
      this.#overload.leaves(this.#parts.clock())
    ) {
      this.figures.unread++
      this.#alarmOverload(this.#parts.clock())
      return
    }
    const message = this.#message
    const view = this.#view
    message.read(bytes)
    if (message.kind === 'response') {
      this.figures.responses++
      return
    }
    const fault = view.read(message)
    if (view.viaField < 0) {
      this.figures.unanswerable++
      return
    }
    if (fault !== undefined) return this.#refuse(replyToFault(fault), source)
    if (message.isMethod('INVITE')) {
      const refusal = refuseInvite(message, view)
      if (refusal === undefined) this.#screen(message, view, source, peer)
      else this.#refuse(refusal, source)
    } else if (message.isMethod('CANCEL')) this.#cancel(message, view, source)
    else if (isOptions(message)) this.#serve(replyToOther(message, view), source)
    else this.#refuse(replyToOther(message, view), source)
  }

  /** The chain: octets, message, call facts, findings, verdict, notice, octets. */
  #screen(invite: Message, view: RequestView, source: Source, peer: Peer): void {
    const { dialPlan, inquiry, policy, now, clock } = this.#parts
    const steadyMs = clock()
    const id = this.#identify(source)
    const seen = this.#transactions.find(id.high, id.low, steadyMs)
    if (seen !== undefined) return this.#repeat(seen, source, peer)
    this.#takenUpMs = steadyMs
    if (this.#isShed(steadyMs) && !isEmergencyInvite(invite, view, dialPlan)) return this.#shed(source, peer, steadyMs)

    const read = readCallFacts(invite, view, peer.name, now(), dialPlan, peer.trunkAt, tenantOf(invite, view, peer))
    const stated: CallFacts = peer.verstat === 'ignore' ? { ...read, attestation: 'none' } : read
    const { verification } = policy
    const facts = verification === undefined ? stated : provingFacts(stated, verification, peer, invite, view, dialPlan)
    if (inquiry !== undefined && this.#inquire(inquiry, facts, source, peer, steadyMs)) return
    this.#decide(facts, source, peer, steadyMs)
  }

  /** Whether the call at hand is answered unjudged: also where another would be left, if nobody would ask again. */
  #isShed(steadyMs: number): boolean {
    if (this.#overload.sheds(steadyMs)) return true
    return this.#overload.isDrowning && this.#way.isReliable === true && this.#overload.leaves(steadyMs)
  }

  /** Judges the call, unless it was judged before, and answers it. */
  #decide(facts: CallFacts, source: Source, peer: Peer, steadyMs: number): void {
    const { ledger, trial, sharedCalls } = this.#parts
    const { callHigh, callLow } = this.#identifier
    if (trial !== undefined && this.#try(trial, facts, source, peer, steadyMs)) return
    let ruling = this.#calls.find(callHigh, callLow, steadyMs)
    const elsewhere = ruling === undefined ? sharedCalls?.find(callHigh, callLow, steadyMs) : undefined
    if (ruling !== undefined || elsewhere !== undefined) this.figures.repeats++
    if (ruling === undefined) {
      ruling = elsewhere === 'goes-on' ? this.#unruled : this.#rule(facts, elsewhere === 'stopped', steadyMs)
      this.#calls.keep(callHigh, callLow, steadyMs, ruling)
      if (elsewhere === undefined) {
        sharedCalls?.keep(callHigh, callLow, steadyMs, ruling.verdict.kind !== 'allow')
        this.figures.calls++
        if (ruling.verdict === VERIFICATION) this.figures.verifications++
        noteCall(ledger, facts, ruling.verdict)
      }
    }

    const { verdict } = ruling
    if (verdict.kind === 'block') return this.#block(verdict, ruling, facts, source, peer, steadyMs)
    if (verdict.kind === 'treat') return this.#treat(verdict, facts, source, steadyMs)
    this.figures.continued++
    this.#continue('judged', source, peer, steadyMs, () => toldOf(verdict, facts))
  }

  /** Judges a call; one that the gate of another thread has stopped is not counted again. */
  #rule(facts: CallFacts, isAgain: boolean, steadyMs: number): Ruling {
    const { policy, tally, living } = this.#parts
    const verdict = judge(facts, policy, isAgain ? uncounted(tally) : tally, steadyMs, living)
    return verdict === NO_RULE ? this.#unruled : rulingOf(verdict, this.#parts)
  }

  /** Holds the call where something is to be found out about it first; false where there is nothing to wait for. */
  #inquire(inquiry: Inquiry, facts: CallFacts, source: Source, peer: Peer, steadyMs: number): boolean {
    const { policy, limits, dialPlan } = this.#parts
    const { high, low, callHigh, callLow } = this.#identifier
    // An emergency or exempt call waits for nothing, unless it is to prove a number; neither does one that was judged before.
    const exemption = exempt(policy, facts)
    if (exemption !== undefined && exemption !== VERIFICATION) return false
    if (this.#calls.find(callHigh, callLow, steadyMs) !== undefined) return false
    const dialled = readDialled(this.#message, this.#view, dialPlan)
    const finding = inquiry.ask(facts, this.#message.all(FIELD.identity), this.#message.first(FIELD.date), dialled)
    if (finding === undefined) return false
    if (this.#held.size >= (limits.inquiries ?? INQUIRIES)) {
      this.figures.uninquired++
      // Its findings come too late for this call.
      finding.catch(() => undefined)
      return false
    }
    const { bytes, start, end } = this.#message
    // Out of Node's pool, and not a view: the datagram's octets are only lent.
    const copy = Buffer.allocUnsafe(end - start)
    copy.set(bytes.subarray(start, end))
    const call: HeldCall = { bytes: copy, source, way: this.#way, peer, facts, since: steadyMs }
    this.figures.inquired++
    this.#transactions.keep(high, low, steadyMs, { kind: 'held', call })
    this.#held.hold(call, finding)
    return true
  }

  /** Goes on with held calls. */
  #resume(): Resume {
    const resume = (call: HeldCall, findings: Findings | undefined): void => {
      const { source, peer, facts } = call
      try {
        this.#reopen(call)
        this.#decide(findings === undefined ? facts : withFindings(facts, findings), source, peer, this.#parts.clock())
      } catch (fault) {
        this.#recover(fault, source, peer)
      }
    }
    return {
      found: resume,
      unfound: (call, cause) => {
        this.figures.uninquired++
        if (cause !== undefined) this.#parts.alarm('fault', cause)
        resume(call, undefined)
      },
    }
  }

  /** Writes the notice, has the block recorded, and only then lets the notice go. */
  #block(verdict: Block, ruling: Ruling, facts: CallFacts, source: Source, peer: Peer, steadyMs: number): void {
    const { receipts, limits } = this.#parts
    const { terms, policyVersion } = ruling
    const told = (): Told => toldOf(verdict, facts)
    if (this.#waiting.size >= limits.pending) {
      this.figures.shed++
      this.#parts.alarm('shed', undefined)
      return this.#continue('shed', source, peer, steadyMs, told)
    }
    const { high, low } = this.#identifier
    const transaction = { high, low }
    const { calling, called, atMs } = facts
    const receipt = receipts.seal({ atMs, calling, called, rule: verdict.rule.number, transaction })
    const asked = { calling, knowsRejected: peer.announces === true || knowsRejected(this.#message) }
    const refusal = chooseNotice(verdict, asked, receipt, terms)
    const reply = this.#refusalReply(refusal, facts, source)
    const answer = this.#formatKept(reply, source)
    if (answer === undefined) {
      // A notice that fits no datagram cannot be given, and a block that cannot be told is none.
      return this.#continue('untold', source, peer, steadyMs, told)
    }
    const entry = blockEntry(this.#message, this.#view, {
      verdict,
      facts,
      peer,
      policyVersion,
      transaction: formatTransaction(transaction),
      receipt,
      refusal,
      status: reply.status,
      answer,
    })
    const block = {
      transaction,
      since: steadyMs,
      takenUpMs: this.#takenUpMs,
      receipt,
      answer,
      request: entry.personal.request,
      source,
      port: replyPort(this.#view, source),
      way: this.#way,
      peer,
      told,
    }
    this.#transactions.keep(high, low, steadyMs, { kind: 'waiting', block })
    this.#waiting.record(block, entry)
  }

  #refusalReply(refusal: Refusal, facts: CallFacts, source: Source): Reply {
    if (refusal.kind === 'forbidden') return FORBIDDEN
    return refusal.kind === 'announced' ? this.#redirect(refusal.treatment, facts, source) : writeNotice(refusal)
  }

  /** Sends the call elsewhere. Nobody was refused, so there is nothing to record. */
  #treat({ treatment }: Treat, facts: CallFacts, source: Source, steadyMs: number): void {
    this.figures.treated++
    this.#settleNow(this.#redirect(treatment, facts, source), { kind: 'treated', treatment }, source, steadyMs)
  }

  #redirect(treatment: string, facts: CallFacts, source: Source): Reply {
    const redirect = this.#parts.treatments?.get(treatment)
    if (redirect === undefined) throw new Error(`a rule sends calls to the treatment ${treatment}, which there is not`)
    return redirectReply(redirect, this.#message, this.#view, source, facts)
  }

  /** Answers a call of a peer test by what the test says, and tells who runs it; other calls are judged. */
  #try(trial: Trial, facts: CallFacts, source: Source, peer: Peer, steadyMs: number): boolean {
    const call = triedCall(trial, facts)
    if (call === undefined) return false
    this.#parts.tried?.({ atMs: facts.atMs, call })
    if (call === 'other') return false
    this.figures.tried++
    note(this.#parts.ledger, facts, call === 'allow' ? 'exempt' : 'treat', TRIAL_RULE)
    if (call === 'allow') this.#continue('judged', source, peer, steadyMs, () => UNJUDGED)
    else this.#settleNow(trialRefusal(trial), { kind: 'refused', receipt: undefined }, source, steadyMs)
    return true
  }

  /** More came than can be judged: the newest are let go on, or asked to come again, as the operator has chosen. */
  #shed(source: Source, peer: Peer, steadyMs: number): void {
    this.figures.overloaded++
    this.#alarmOverload(steadyMs)
    if (this.#parts.answersOverload !== true || !this.#overloadTold.take(steadyMs))
      return this.#continue('overload', source, peer, steadyMs, () => UNJUDGED)
    const { high, low } = this.#identify(source)
    this.#transactions.keep(high, low, steadyMs, { kind: 'continued', reply: OVERLOADED })
    this.#way.tell?.({ kind: 'continued', why: 'overload' })
    this.#reply(OVERLOADED, source)
    this.#noteDelay(this.#takenUpMs)
  }

  /** Not for each call: telling of an overload must not add to it. */
  #alarmOverload(steadyMs: number): void {
    if (steadyMs - this.#alarmedMs < ALARM_MS) return
    this.#alarmedMs = steadyMs
    this.#parts.alarm('overload', undefined)
  }

  /** An answer that was given is given again, to the octet; one that is still on its way will come by itself. */
  #repeat(outcome: Outcome, source: Source, peer: Peer): void {
    this.figures.retransmissions++
    if (outcome.kind === 'continued') {
      this.#way.tell?.({ kind: 'continued', why: 'repeated' })
      this.#reply(outcome.reply ?? this.#plainContinue(peer, source), source)
    } else if (outcome.kind === 'answered') {
      const { answer, meaning } = outcome
      if (meaning !== undefined) this.#way.tell?.(meaning)
      this.#way.send(answer, answer.length, source.address, replyPort(this.#view, source))
    } else this.#answerHereToo(outcome.kind === 'held' ? outcome.call : outcome.block, source)
  }

  /** Has the answer that is still on its way sent here as well, where the request came again over another connection. */
  #answerHereToo(waiting: { way: Way }, source: Source): void {
    if (waiting.way === this.#way) return
    if (!(waiting.way instanceof Ways)) waiting.way = new Ways(waiting.way)
    ;(waiting.way as Ways).add(this.#way, source.address, replyPort(this.#view, source))
  }

  /** CANCEL of a transaction that has its final answer changes nothing; of one that is held, it ends it. RFC 3261 §9.2. */
  #cancel(cancel: Message, view: RequestView, source: Source): void {
    if (!view.methodAgrees(cancel) || view.branchIsBare(cancel)) return this.#refuse(BAD_REQUEST, source)
    this.figures.cancels++
    const id = this.#identify(source)
    const steadyMs = this.#parts.clock()
    const seen = this.#transactions.find(id.high, id.low, steadyMs)
    this.#reply(seen === undefined ? CALL_DOES_NOT_EXIST : CANCEL_OK, source)
    if (seen?.kind !== 'held' || !this.#held.release(seen.call)) return
    this.figures.cancelled++
    this.#reopen(seen.call)
    // How long the caller had patience is no delay of ours.
    this.#takenUpMs = UNTIMED
    this.#settleNow(REQUEST_TERMINATED, undefined, seen.call.source, steadyMs)
  }

  #serve(reply: Reply, source: Source): void {
    this.figures.options++
    this.#reply(reply, source)
  }

  #refuse(reply: Reply, source: Source): void {
    this.figures.refused++
    this.#reply(reply, source)
  }

  /** A stranger gets nothing, or where the operator chose so a 403: without state, a few a second, hardly larger than the question. */
  #turnAway(bytes: Uint8Array, source: Source, way: Way): void {
    this.figures.strangers++
    if (this.#parts.answersStrangers !== true || isAcknowledgement(bytes)) return
    if (bytes.length < SIP_BYTES_MIN || !this.#strangersTold.take(this.#parts.clock())) return
    this.#point(way)
    this.#message.read(bytes)
    if (this.#message.kind === 'response' || this.#view.read(this.#message) !== undefined) return
    const length = this.#format(FORBIDDEN, source)
    if (length < 0 || length > bytes.length * STRANGER_GROWTH_MAX) return
    this.figures.turnedAway++
    way.send(this.#out, length, source.address, replyPort(this.#view, source))
  }

  #endings(): Endings {
    const { alarm } = this.#parts
    return {
      recorded: (block, earlier) => {
        if (earlier === undefined) this.figures.blocked++
        else this.figures.retransmissions++
        const { receipt } = earlier ?? block
        const answer = earlier === undefined ? block.answer : encodeOctets(earlier.answer)
        const meaning: Meaning = { kind: 'refused', receipt }
        this.#settle(block, { kind: 'answered', answer, meaning }, meaning)
      },
      late: (block) => {
        this.figures.late++
        alarm('late', undefined)
        this.#letGo(block, 'late')
      },
      refused: (block, cause) => {
        this.figures.unrecorded++
        alarm('unrecorded', cause)
        this.#letGo(block, 'unrecorded')
      },
      unreleased: (cause) => alarm('unrecorded', cause),
    }
  }

  /** *Continue* is written only now: hardly a block comes to that. */
  #letGo({ request, source, way, peer, since, takenUpMs, told }: WaitingBlock, why: Continued): void {
    try {
      this.#reopen({ bytes: encodeOctets(request), source, way, since: takenUpMs })
      this.#continue(why, source, peer, since, told)
    } catch (fault) {
      this.#recover(fault, source, peer)
    }
  }

  #settle(
    { transaction, since, takenUpMs, source, port, way }: WaitingBlock,
    outcome: Answered,
    meaning: Meaning,
  ): void {
    this.#transactions.keep(transaction.high, transaction.low, since, outcome)
    way.tell?.(meaning)
    way.send(outcome.answer, outcome.answer.length, source.address, port)
    this.#noteDelay(takenUpMs)
  }

  /** Answers the request at hand, and remembers the octets. */
  #settleNow(reply: Reply, meaning: Meaning | undefined, source: Source, steadyMs: number): void {
    const answer = this.#formatKept(reply, source)
    if (answer === undefined) return
    const { high, low } = this.#identify(source)
    this.#transactions.keep(high, low, steadyMs, { kind: 'answered', answer, meaning })
    if (meaning !== undefined) this.#way.tell?.(meaning)
    this.#way.send(answer, answer.length, source.address, replyPort(this.#view, source))
    this.#noteDelay(this.#takenUpMs)
  }

  /** A fault of our own must not cost the caller the call: the peer is told to continue, if the request can be answered. */
  #recover(fault: unknown, source: Source, peer: Peer): void {
    if (fault instanceof Malformed) return this.#refuse(replyToFault(fault), source)
    this.figures.errors++
    this.#parts.alarm('fault', fault)
    if (!this.#view.viaRead || this.#message.kind !== 'request' || !this.#message.isMethod('INVITE')) return
    this.#continue('fault', source, peer, this.#parts.clock(), () => UNJUDGED)
  }

  /** Retransmissions of what a gate before this one answered get the same octets again; what it continued stays continued. */
  #recall(): void {
    const { recent, now, clock } = this.#parts
    const ahead = clock() - now()
    for (const { transaction, at, answer, receipt, released } of recent) {
      const { high, low } = parseTransaction(transaction)
      const meaning: Meaning = { kind: 'refused', receipt }
      const outcome: Outcome = released
        ? { kind: 'continued', reply: undefined }
        : { kind: 'answered', answer: encodeOctets(answer), meaning }
      this.#transactions.keep(high, low, at + ahead, outcome)
    }
  }

  /** Tells the peer to carry on, and remembers that. */
  #continue(why: Continued, source: Source, peer: Peer, steadyMs: number, told: () => Told): void {
    const { high, low } = this.#identify(source)
    const outcome = this.#continues.for(peer, this.#message, this.#view, source, told)
    this.#transactions.keep(high, low, steadyMs, outcome)
    this.#way.tell?.({ kind: 'continued', why })
    this.#reply(outcome.reply ?? this.#plainContinue(peer, source), source)
    this.#noteDelay(this.#takenUpMs)
  }

  /** *Continue* for a call that a gate before this one let go on: what it told the peer beside that is forgotten. */
  #plainContinue(peer: Peer, source: Source): Reply {
    return this.#continues.for(peer, this.#message, this.#view, source, () => UNJUDGED).reply!
  }

  /** Answers the request at hand. */
  #reply(reply: Reply, source: Source): void {
    const length = this.#format(reply, source)
    if (length >= 0) this.#way.send(this.#out, length, source.address, replyPort(this.#view, source))
  }

  /** Gets ready for a request that came this way. */
  #point(way: Way): void {
    this.#way = way
    this.#view.viaRead = false
    this.#identified = false
    this.#takenUpMs = UNTIMED
  }

  #noteDelay(takenUpMs: number): void {
    if (takenUpMs >= 0) this.delays.add(this.#parts.clock() - takenUpMs)
  }

  /** Makes a held call, or one whose block could not be recorded, the request at hand again. */
  #reopen({ bytes, source, way, since }: Pick<HeldCall, 'bytes' | 'source' | 'way' | 'since'>): void {
    this.#point(way)
    this.#takenUpMs = since
    this.#message.read(bytes)
    this.#view.read(this.#message)
    this.#identify(source)
  }

  /** Names the request at hand, once. */
  #identify(source: Source): Identifier {
    if (!this.#identified) this.#identifier.identify(this.#message, this.#view, this.#way.origin ?? source.address)
    this.#identified = true
    return this.#identifier
  }

  #formatKept(reply: Reply, source: Source): Uint8Array | undefined {
    const length = this.#format(reply, source)
    if (length < 0) return undefined
    // Out of Node's pool: an array of its own for each answer would cost more than writing it.
    const kept = Buffer.allocUnsafe(length)
    kept.set(this.#out.subarray(0, length))
    return kept
  }

  /** Writes into `#out`; -1, counted, where the answer would not fit a datagram. */
  #format(reply: Reply, source: Source): number {
    const { to, toRead } = this.#view
    const toTag = toRead && to.tagStart < 0 ? formatTransaction(this.#identify(source)) : ''
    const length = formatReply(this.#message, this.#view, reply, source, toTag, this.#out)
    if (length < 0) this.figures.oversize++
    return length
  }
}

function rulingOf(verdict: Verdict, { terms, policyVersion }: GateParts): Ruling {
  return { verdict, terms, policyVersion }
}

function isAcknowledgement(bytes: Uint8Array): boolean {
  return bytes[0] === CAPITAL_A && bytes[1] === CAPITAL_C && bytes[2] === CAPITAL_K && bytes[3] === SPACE
}

const UNJUDGED: Told = { verdict: 'unjudged', label: '' }
/** What the journal calls a peer test. */
const TRIAL_RULE = 'peer-test'
/** How often an overload that goes on is alarmed. */
const ALARM_MS = 1_000
/** Calls held for an inquiry at a time, unless the configuration says otherwise. */
const INQUIRIES = 10_000
/** Strangers, and calls in overload, that are answered by a refusal in one second. */
const TOLD_PER_SECOND = 100
/** An answer to a stranger is no larger than so many times the question. */
const STRANGER_GROWTH_MAX = 1.5
/** No time by any clock. */
const UNTIMED = -1
const NOWHERE: Way = { send: () => undefined }
/** The shortest request line there can be, with its CRLF. */
const SIP_BYTES_MIN = 16
const CAPITAL_A = 65
const CAPITAL_C = 67
const CAPITAL_K = 75
const SPACE = 32
