import { MESSAGE_BYTES_MAX } from '#codec/sip/limits.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { Message } from '#codec/sip/message.ts'
import { type Reply, type Source, formatReply, replyPort } from '#codec/sip/reply.ts'
import { RequestView } from '#codec/sip/request.ts'
import { phraseOf } from '#codec/sip/status.ts'
import { decodeOctets, encodeOctets } from '#codec/sip/text.ts'
import { writeNotice } from '#codec/notice/write.ts'
import type { CallFacts } from '#core/call/facts.ts'
import type { DialPlan } from '#core/call/number.ts'
import { formatParty } from '#core/call/party.ts'
import { readCallFacts, readDisplayName } from '#core/call/read-facts.ts'
import type { BlockEntry } from '#core/ledger/entry.ts'
import type { JournalRow, RecentBlock, Recorder } from '#core/ledger/ledger.ts'
import { type NoticeTerms, type Refusal, chooseNotice } from '#core/notify/choose-notice.ts'
import type { ReceiptRing } from '#core/receipt/receipt.ts'
import { judge } from '#core/rules/judge.ts'
import type { Policy } from '#core/rules/policy.ts'
import type { Tally } from '#core/rules/tally.ts'
import type { Block, Verdict } from '#core/rules/verdict.ts'
import { Identifier } from '#core/transaction/identify.ts'
import { Memory, TRANSACTION_MS } from '#core/transaction/memory.ts'
import { formatTransaction, parseTransaction } from '#core/transaction/transaction.ts'
import { noFigures } from './figures.ts'
import type { Inquiry } from './inquiry.ts'
import type { Peer, Peers } from './peers.ts'
import { type Continued, type Endings, type WaitingBlock, WaitingBlocks, type Way } from './waiting-blocks.ts'
import {
  BAD_REQUEST,
  FORBIDDEN,
  CALL_DOES_NOT_EXIST,
  CANCEL_OK,
  isOptions,
  refuseInvite,
  replyToFault,
  replyToOther,
} from './refusals.ts'

/** What the gate is made of; `main` brings it together. */
export type GateParts = {
  readonly peers: Peers
  readonly policy: Policy
  /** The policy's version number in the store. */
  readonly policyVersion: number
  readonly tally: Tally
  readonly terms: NoticeTerms
  readonly receipts: ReceiptRing
  readonly ledger: Recorder
  /** Blocks that a gate before this one recorded in the last 64·T1. */
  readonly recent: readonly RecentBlock[]
  /** The key of the transaction hash, 16 octets, the same for as long as the ledger lasts. */
  readonly hashKey: Uint8Array
  readonly dialPlan: DialPlan | undefined
  readonly limits: GateLimits
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
}

export type AlarmKind = 'unrecorded' | 'late' | 'shed' | 'fault'

/**
 * Answers SIP requests of peers: INVITEs with *continue* or a notice, everything else as RFC 3261 has it.
 *
 * If you read one file, read this one. Octets come in by `receive`, answers leave the way they came; a notice leaves
 * only after its ledger entry is on stable storage, and where that takes too long or fails, the call is continued. The
 * gate keeps no state of a call but two capped memories, of transactions and of calls, for 64·T1.
 */
export class Gate {
  readonly figures = noFigures()
  #parts: GateParts
  readonly #message = new Message()
  readonly #view = new RequestView()
  readonly #identifier: Identifier
  readonly #transactions: Memory<Outcome>
  readonly #calls: Memory<Verdict>
  readonly #out = new Uint8Array(MESSAGE_BYTES_MAX + 1)
  readonly #waiting: WaitingBlocks
  readonly #continues = new Map<number, Reply>()
  #identified = false
  #closed = false
  /** Where the request at hand came in, and its answer goes out. */
  #way: Way = NOWHERE

  constructor(parts: GateParts) {
    this.#parts = parts
    this.#identifier = new Identifier(parts.hashKey)
    this.#transactions = new Memory(parts.limits.transactions, TRANSACTION_MS)
    this.#calls = new Memory(parts.limits.transactions, TRANSACTION_MS)
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

  /** Takes one datagram. Never throws: whatever comes in, the process and every other call go on. */
  receive(bytes: Uint8Array, source: Source, way: Way): void {
    if (this.#closed) return
    const peer = this.#parts.peers.find(source.address, way.names)
    if (peer === undefined) {
      this.figures.strangers++
      return
    }
    this.receiveFrom(peer, bytes, source, way)
  }

  /** The same for a request whose sender has shown otherwise who it is, as by a token. */
  receiveFrom(peer: Peer, bytes: Uint8Array, source: Source, way: Way): void {
    if (this.#closed) return
    this.#way = way
    this.figures.received++
    this.#view.viaRead = false
    this.#identified = false
    try {
      this.#answer(bytes, source, peer)
    } catch (fault) {
      this.#recover(fault, source, peer)
    }
  }

  /** Judges and answers by other parts from the next message on; what waits ends under those it came in under. */
  adopt(changed: Partial<GateParts>): void {
    this.#parts = { ...this.#parts, ...changed }
  }

  /** Takes no more datagrams: whoever sends one now asks another gate when nothing comes back. */
  close(): void {
    this.#closed = true
  }

  /** Answers everything that waits for the ledger, in at most `withinMs`; what is not recorded by then is continued. */
  drain(withinMs: number): Promise<void> {
    return this.#waiting.drain(withinMs)
  }

  #answer(bytes: Uint8Array, source: Source, peer: Peer): void {
    // An ACK ends a transaction that was answered once and for all: it has nothing to say to us. RFC 3261 §17.2.1.
    if (bytes[0] === CAPITAL_A && bytes[1] === CAPITAL_C && bytes[2] === CAPITAL_K && bytes[3] === SPACE) {
      this.figures.acknowledgements++
      return
    }
    if (bytes.length < SIP_BYTES_MIN) {
      this.figures.keepAlives++
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

  /** The chain: octets, message, call facts, verdict, notice, octets. */
  #screen(invite: Message, view: RequestView, source: Source, peer: Peer): void {
    const { policy, tally, dialPlan, now, clock } = this.#parts
    const steadyMs = clock()
    const id = this.#identify(source)
    const seen = this.#transactions.find(id.high, id.low, steadyMs)
    if (seen !== undefined) return this.#repeat(seen, source, peer)

    const facts = readCallFacts(invite, view, peer.name, now(), dialPlan)
    let verdict = this.#calls.find(id.callHigh, id.callLow, steadyMs)
    if (verdict === undefined) {
      verdict = judge(facts, policy, tally, steadyMs)
      this.#calls.keep(id.callHigh, id.callLow, steadyMs, verdict)
      this.figures.calls++
      this.#note(facts, verdict)
    } else this.figures.repeats++

    if (verdict.kind === 'block') return this.#block(verdict, facts, source, peer, steadyMs)
    this.#transactions.keep(id.high, id.low, steadyMs, CONTINUED)
    this.figures.continued++
    this.#continue('judged', source, peer)
  }

  /** Writes the notice, has the block recorded, and only then lets the notice go. */
  #block(verdict: Block, facts: CallFacts, source: Source, peer: Peer, steadyMs: number): void {
    const { receipts, terms, limits } = this.#parts
    const { high, low } = this.#identifier
    if (this.#waiting.size >= limits.pending) {
      this.figures.shed++
      this.#parts.alarm('shed', undefined)
      this.#transactions.keep(high, low, steadyMs, CONTINUED)
      return this.#continue('shed', source, peer)
    }
    const transaction = { high, low }
    const receipt = receipts.seal({
      atMs: facts.atMs,
      calling: facts.calling,
      called: facts.called,
      rule: verdict.rule.number,
      transaction,
    })
    const refusal = chooseNotice(verdict, facts.calling, receipt, terms)
    const reply = refusal.kind === 'forbidden' ? FORBIDDEN : writeNotice(refusal)
    const answer = this.#formatKept(reply, source)
    const instead = this.#formatKept(this.#continueReply(peer), source)
    if (answer === undefined || instead === undefined) {
      // A notice that fits no datagram cannot be given, and a block that cannot be told is none.
      this.#transactions.keep(high, low, steadyMs, CONTINUED)
      return this.#continue('untold', source, peer)
    }
    const entry = this.#entry(
      verdict,
      facts,
      peer,
      receipt,
      { kind: LEDGER_NAMES[refusal.kind], status: reply.status },
      answer,
    )
    const block = {
      transaction,
      since: steadyMs,
      receipt,
      answer,
      instead,
      address: source.address,
      port: replyPort(this.#view, source),
      way: this.#way,
    }
    this.#transactions.keep(high, low, steadyMs, WAITING)
    this.#waiting.record(block, entry)
  }

  /** An answer that was given is given again, to the octet; one that is still being recorded will come by itself. */
  #repeat(outcome: Outcome, source: Source, peer: Peer): void {
    this.figures.retransmissions++
    if (outcome.kind === 'continued') this.#continue('repeated', source, peer)
    else if (outcome.kind === 'answered') {
      this.#way.tell?.({ kind: 'refused', receipt: outcome.receipt })
      this.#way.send(outcome.answer, outcome.answer.length, source.address, replyPort(this.#view, source))
    }
  }

  /** CANCEL of a transaction that has its final answer changes nothing. RFC 3261 §9.2. */
  #cancel(cancel: Message, view: RequestView, source: Source): void {
    if (!view.methodAgrees(cancel) || view.branchIsBare(cancel)) return this.#refuse(BAD_REQUEST, source)
    this.figures.cancels++
    const id = this.#identify(source)
    const seen = this.#transactions.find(id.high, id.low, this.#parts.clock())
    this.#reply(seen === undefined ? CALL_DOES_NOT_EXIST : CANCEL_OK, source)
  }

  #serve(reply: Reply, source: Source): void {
    this.figures.options++
    this.#reply(reply, source)
  }

  #refuse(reply: Reply, source: Source): void {
    this.figures.refused++
    this.#reply(reply, source)
  }

  #endings(): Endings {
    const { alarm } = this.#parts
    return {
      recorded: (block, earlier) => {
        if (earlier === undefined) this.figures.blocked++
        else this.figures.retransmissions++
        const { receipt } = earlier ?? block
        const answer = earlier === undefined ? block.answer : encodeOctets(earlier.answer)
        block.way.tell?.({ kind: 'refused', receipt })
        this.#settle(block, { kind: 'answered', answer, receipt }, answer)
      },
      late: (block) => {
        this.figures.late++
        alarm('late', undefined)
        block.way.tell?.({ kind: 'continued', why: 'late' })
        this.#settle(block, CONTINUED, block.instead)
      },
      refused: (block, cause) => {
        this.figures.unrecorded++
        alarm('unrecorded', cause)
        block.way.tell?.({ kind: 'continued', why: 'unrecorded' })
        this.#settle(block, CONTINUED, block.instead)
      },
      unreleased: (cause) => alarm('unrecorded', cause),
    }
  }

  #settle({ transaction, since, address, port, way }: WaitingBlock, outcome: Outcome, octets: Uint8Array): void {
    this.#transactions.keep(transaction.high, transaction.low, since, outcome)
    way.send(octets, octets.length, address, port)
  }

  /** A fault of our own must not cost the caller the call: the peer is told to continue, if the request can be answered. */
  #recover(fault: unknown, source: Source, peer: Peer): void {
    if (fault instanceof Malformed) return this.#refuse(replyToFault(fault), source)
    this.figures.errors++
    this.#parts.alarm('fault', fault)
    if (!this.#view.viaRead || this.#message.kind !== 'request' || !this.#message.isMethod('INVITE')) return
    const id = this.#identify(source)
    this.#transactions.keep(id.high, id.low, this.#parts.clock(), CONTINUED)
    this.#continue('fault', source, peer)
  }

  /** Retransmissions of what a gate before this one answered get the same octets again; what it continued stays continued. */
  #recall(): void {
    const { recent, now, clock } = this.#parts
    const ahead = clock() - now()
    for (const { transaction, at, answer, receipt, released } of recent) {
      const { high, low } = parseTransaction(transaction)
      const outcome: Outcome = released ? CONTINUED : { kind: 'answered', answer: encodeOctets(answer), receipt }
      this.#transactions.keep(high, low, at + ahead, outcome)
    }
  }

  #entry(
    verdict: Block,
    facts: CallFacts,
    peer: Peer,
    receipt: string,
    notice: BlockEntry['notice'],
    answer: Uint8Array,
  ): BlockEntry {
    const { bytes, start, end } = this.#message
    return {
      entry: 'block',
      at: facts.atMs,
      transaction: formatTransaction(this.#identifier),
      notice,
      cause: verdict.cause,
      program: verdict.program,
      rule: verdict.rule.id,
      policy: this.#parts.policyVersion,
      attestation: facts.attestation,
      optOut: false,
      peer: peer.name,
      tenant: peer.tenant,
      personal: {
        receipt,
        calling: formatParty(facts.calling),
        called: formatParty(facts.called),
        displayName: readDisplayName(this.#message, this.#view),
        callId: this.#message.value(this.#view.callIdField),
        request: decodeOctets(bytes, start, end),
        answer: decodeOctets(answer),
        grounds: JSON.stringify(verdict.grounds),
      },
    }
  }

  /** The journal sees every call once, and beside it what each rule in shadow mode would have blocked. */
  #note(facts: CallFacts, verdict: Verdict): void {
    const { ledger } = this.#parts
    const call = {
      at: facts.atMs,
      calling: formatParty(facts.calling),
      called: formatParty(facts.called),
      peer: facts.peer,
      trunk: facts.trunk,
      attestation: facts.attestation,
    }
    const decided = JOURNAL_NAMES[verdict.kind === 'block' ? 'block' : verdict.why]
    ledger.note({ ...call, verdict: decided, rule: verdict.kind === 'block' ? verdict.rule.id : verdict.by })
    for (const { would, rule } of verdict.shadows) {
      if (would === 'block') ledger.note({ ...call, verdict: 'shadow', rule: rule.id })
    }
  }

  #continue(why: Continued, source: Source, peer: Peer): void {
    this.#way.tell?.({ kind: 'continued', why })
    this.#reply(this.#continueReply(peer), source)
  }

  #continueReply({ continueStatus }: Peer): Reply {
    let reply = this.#continues.get(continueStatus)
    if (reply === undefined) {
      reply = { status: continueStatus, phrase: phraseOf(continueStatus), fields: [] }
      this.#continues.set(continueStatus, reply)
    }
    return reply
  }

  /** Answers the request at hand. */
  #reply(reply: Reply, source: Source): void {
    const length = this.#format(reply, source)
    if (length >= 0) this.#way.send(this.#out, length, source.address, replyPort(this.#view, source))
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

/** What was decided about a transaction. */
type Outcome =
  | { readonly kind: 'continued' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'answered'; readonly answer: Uint8Array; readonly receipt: string }

const JOURNAL_NAMES: Readonly<Record<'block' | 'exempt' | 'allowed' | 'no-rule', JournalRow['verdict']>> = {
  block: 'block',
  exempt: 'exempt',
  allowed: 'allow',
  'no-rule': 'allow',
}
/** How the ledger names what a caller was told. */
const LEDGER_NAMES: Readonly<Record<Refusal['kind'], string>> = {
  'network-blocked': '603+',
  declined: '603',
  unwanted: '607',
  rejected: '608',
  'anonymity-disallowed': '433',
  forbidden: '403',
}
const CONTINUED: Outcome = { kind: 'continued' }
const WAITING: Outcome = { kind: 'waiting' }
const NOWHERE: Way = { send: () => undefined }
/** The shortest request line there can be, with its CRLF. */
const SIP_BYTES_MIN = 16
const CAPITAL_A = 65
const CAPITAL_C = 67
const CAPITAL_K = 75
const SPACE = 32
