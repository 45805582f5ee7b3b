// One thing: copies of SIP messages in, attempts of calls out. What an attempt comes to is read in attempt-end.ts.
import { CSeqView } from '#codec/sip/cseq.ts'
import { FIELD } from '#codec/sip/field.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { type Message, equalsAscii } from '#codec/sip/message.ts'
import { BACKSLASH, EQUAL, GREATER, LESS, QUOTE, SEMICOLON, SP, TAB } from '#codec/sip/octets.ts'
import { decodeOctets } from '#codec/sip/text.ts'
import { ViaView } from '#codec/sip/via.ts'
import { type Hop, type Part, type SeenCall, newHop, readAttempts } from './attempt-end.ts'
import type { Attempt } from './attempt.ts'
import { NOT_REFUSALS, nameParty } from './observation.ts'
import { ANSWER_BYTES_MAX } from './refusal.ts'

/** Where and when a copy was made. Addresses are asked for only where a message is of interest, so they may be getters. */
export type Sighting = {
  /** When the message passed, by the clock of whoever made the copy; milliseconds since 1970. */
  readonly atMs: number
  /** The time by one clock for all copies: ours, or that of the capture that is read. */
  readonly nowMs: number
  /** What told of it, as `Attempt.source`. Durations between copies of one tap are by its clock. */
  readonly tap: string
  /** Addresses without port; empty where unknown. */
  readonly sender: string
  readonly receiver: string
}

export type AttemptFigures = {
  /** Attempts told, by end. */
  answered: number
  refused: number
  cancelled: number
  unknown: number
  /** Calls that made room for others before their end was seen, untold. */
  forgotten: number
  /** Calls told early to make room: later copies, or how long they were, are not in what was told. */
  hurried: number
  /** Messages that name no call: Call-ID, From, CSeq or Via missing, broken or too long. */
  unreadable: number
  /** Requests within a dialog, which begin no call. */
  withinDialog: number
  /** Answers to a call whose INVITE nobody saw, and which may be to a request within a dialog. */
  stray: number
  /** Attempts of others, such as calls that came in, untold. */
  incoming: number
  /** Copies of more places than `HOPS_MAX`, left out. */
  crowded: number
}

export type TrackerOptions = {
  /** The configured name of the carrier that has this address. */
  readonly nameCarrier?: (address: string) => string | undefined
  /** Whether a call is one of ours, by its caller and by who sent its INVITE first (empty where unknown); all are, where not said. */
  readonly isOurs?: ((from: string, sender: string) => boolean) | undefined
  /** Octets that calls and their answers may take by estimate; beyond, the oldest make room. */
  readonly bytesMax?: number
  /** Mixed into the places of calls, so that an outsider cannot choose them. */
  readonly seed?: number
}

/**
 * Ties INVITEs to their final answers by Call-ID and the caller's tag, over all places where copies are made, and tells of
 * each attempt once.
 *
 * A place is known by the branch of its top Via. When no place owes an answer any more, and nothing is heard for `SETTLE_MS`,
 * the attempt is over: the time is for other taps, for an INVITE with credentials, and for another route.
 * The work for a message is bounded, and for one that is of no interest nothing is allocated.
 */
export class AttemptTracker {
  readonly figures: AttemptFigures = {
    answered: 0,
    refused: 0,
    cancelled: 0,
    unknown: 0,
    forgotten: 0,
    hurried: 0,
    unreadable: 0,
    withinDialog: 0,
    stray: 0,
    incoming: 0,
    crowded: 0,
  }
  readonly #capacity: number
  readonly #onEnd: (attempt: Attempt) => void
  readonly #nameCarrier: (address: string) => string | undefined
  readonly #isOurs: ((from: string, sender: string) => boolean) | undefined
  readonly #bytesMax: number
  readonly #seed: number
  /** By digest; calls of one digest hang together. */
  readonly #calls = new Map<number, Call>()
  readonly #queues: readonly Queue[] = WAITS_MS.map(() => new Queue())
  #size = 0
  #bytes = 0
  #order = 0
  #nowMs = Number.NEGATIVE_INFINITY
  #shiftMs = 0
  #passedMs = Number.NEGATIVE_INFINITY
  /** The call that the message before this one was of. */
  #latest: Call | undefined

  /** `capacity` is how many calls are followed at most. */
  constructor(capacity: number, onEnd: (attempt: Attempt) => void, options: TrackerOptions = {}) {
    if (!(capacity >= 1)) throw new Error(`the capacity is ${capacity}, and has to be 1 or more`)
    this.#capacity = capacity
    this.#onEnd = onEnd
    this.#nameCarrier = options.nameCarrier ?? noName
    this.#isOurs = options.isOurs
    this.#bytesMax = options.bytesMax ?? BYTES_MAX
    this.#seed = options.seed ?? 0
  }

  /** Calls that are remembered now, those told a short while ago among them. */
  get size(): number {
    return this.#size
  }

  /** What the remembered calls take, by estimate. */
  get bytes(): number {
    return this.#bytes
  }

  /** Takes a copy. Messages that are no part of a call's beginning or end are passed over. */
  see(message: Message, sighting: Sighting): void {
    const beforeMs = this.#nowMs
    this.#tick(sighting.nowMs)
    // A leap of time is believed at its second message: what the first began, it began after the leap.
    if (this.#nowMs - beforeMs > LEAP_MS && this.#latest !== undefined) this.#touch(this.#latest)
    this.#latest = undefined
    if (this.#nowMs - this.#passedMs >= PASS_MS) this.#pass()
    try {
      if (message.kind === 'response') this.#seeAnswer(message, sighting)
      else if (message.isMethod('INVITE')) this.#seeInvite(message, sighting)
      else if (message.isMethod('BYE')) this.#seeBye(message, sighting)
      else if (message.isMethod('CANCEL')) this.#seeCancel(message, sighting)
    } catch (fault) {
      if (!(fault instanceof Malformed)) throw fault
      this.figures.unreadable++
    }
  }

  /** Lets time pass, where no messages do: tells of attempts that are over. Once a second is often enough. */
  pass(nowMs: number): void {
    this.#tick(nowMs)
    this.#pass()
  }

  /** Tells of all that is left, where nothing more will come. */
  finish(): void {
    for (const [wait, queue] of this.#queues.entries()) {
      for (let call = queue.first; call !== undefined; call = queue.first) {
        if (wait !== TOLD) this.#tell(call)
        this.#forget(call)
      }
    }
  }

  /** A clock that goes back by much is another file or a mended clock: no time has passed. */
  #tick(nowMs: number): void {
    if (!Number.isFinite(nowMs)) return
    const at = nowMs + this.#shiftMs
    if (at >= this.#nowMs) this.#nowMs = at
    else if (at < this.#nowMs - BACK_MS) this.#shiftMs += this.#nowMs - at
  }

  #pass(): void {
    this.#passedMs = this.#nowMs
    for (const [wait, queue] of this.#queues.entries()) {
      const waitMs = WAITS_MS[wait]!
      for (let call = queue.first; call !== undefined; call = queue.first) {
        if (this.#nowMs - call.lastMs < waitMs) break
        if (wait === TOLD) this.#forget(call)
        else if (wait === SETTLING && isAnswered(call)) this.#settleAnswered(call)
        else this.#end(call)
      }
    }
  }

  #seeInvite(invite: Message, sighting: Sighting): void {
    if (!this.#readName(invite)) return
    if (hasTag(invite, invite.indexOf(FIELD.to))) return this.#seeWithin(invite)
    this.#readHop(invite)
    let call = this.#find(invite)
    if (call?.wait === TOLD && call.isWithin) return
    if (call?.wait === ANSWERED) return
    if (call === undefined) {
      call = this.#follow(invite)
      this.#nameParties(call, invite)
    }
    if (call.wait === TOLD) {
      // Another place of the same try is a late copy; another try has another number.
      if (call.toldCseq >= CSEQ.number) return
      this.#move(call, ASKED)
      this.#nameParties(call, invite)
    }
    const hop = findHop(call) ?? this.#addHop(call, invite)
    if (hop !== undefined && Number.isNaN(hop.inviteAtMs)) {
      hop.inviteAtMs = sighting.atMs
      hop.inviteNowMs = this.#nowMs
      hop.inviteTap = sighting.tap
      hop.sender = sighting.sender
      hop.receiver = sighting.receiver
    }
    this.#touch(call)
  }

  /** Remembers that what follows under this name is within a dialog. */
  #seeWithin(request: Message): void {
    this.figures.withinDialog++
    if (this.#find(request) !== undefined || this.#findOther(request) !== undefined) return
    const call = this.#follow(request)
    call.isWithin = true
    this.#move(call, TOLD)
  }

  #seeAnswer(answer: Message, sighting: Sighting): void {
    const cseq = answer.indexOf(FIELD.cseq)
    if (cseq >= 0 && !endsInInvite(answer.bytes, answer.valueStart(cseq), answer.valueEnd(cseq))) return
    const { status } = answer
    if (status < 100 || !this.#readName(answer)) return
    const found = this.#find(answer)
    if (found === undefined) return this.#seeStray(answer, status, sighting)
    if (found.wait === TOLD) return
    this.#readHop(answer)
    const hop = findHop(found) ?? (status < 180 || found.wait === ANSWERED ? undefined : this.#addHop(found, answer))
    if (status >= 200 && status < 300) this.#noteDialog(found, answer)
    if (hop !== undefined) this.#note(found, hop, answer, status, sighting)
    if (found.wait !== ANSWERED) this.#touch(found)
  }

  /** An answer whose INVITE was not seen: a refusal tells enough by itself; a 2xx may be to a request within a dialog. */
  #seeStray(answer: Message, status: number, sighting: Sighting): void {
    const isRinging = status >= 180 && status < 200
    if (status < 180) return
    if (!isRinging && (status < 400 || NOT_REFUSALS.has(status))) {
      this.figures.stray++
      return
    }
    if (this.#findOther(answer) !== undefined) return
    this.#readHop(answer)
    const call = this.#follow(answer)
    this.#nameParties(call, answer)
    const hop = this.#addHop(call, answer)
    if (hop !== undefined) this.#note(call, hop, answer, status, sighting)
    this.#touch(call)
  }

  #note(call: Call, hop: Hop, answer: Message, status: number, sighting: Sighting): void {
    if (hop.sender === '' && hop.receiver === '') {
      hop.sender = sighting.receiver
      hop.receiver = sighting.sender
    }
    if (status < 200) {
      hop.isHeard = true
      if (status < 180 || status > 189 || !Number.isNaN(hop.ringAtMs)) return
      hop.ringAtMs = sighting.atMs
      hop.ringNowMs = this.#nowMs
      hop.ringTap = sighting.tap
      return
    }
    const isAgain = hop.status !== 0 && (status >= 300 || hop.status < 300)
    if (isAgain) {
      const isOther = hop.answer !== undefined && hop.other === undefined && isElsewhere(hop, sighting)
      if (isOther && isRefused(status) && !isKept(hop.answer!, answer))
        hop.other = this.#keep(call, answer, sighting.tap)
      return
    }
    hop.status = status
    hop.finalAtMs = sighting.atMs
    hop.finalNowMs = this.#nowMs
    hop.finalTap = sighting.tap
    hop.finalOrder = ++this.#order
    hop.answer = isRefused(status) ? this.#keep(call, answer, sighting.tap).bytes : undefined
  }

  #keep(call: Call, { bytes, start, end }: Message, tap: string): { bytes: Uint8Array; tap: string } {
    // A copy: slice() of a Buffer would go on showing what it lent.
    const kept = new Uint8Array(bytes.subarray(start, Math.min(end, start + ANSWER_BYTES_MAX)))
    this.#charge(call, ANSWER_BYTES + kept.length)
    return { bytes: kept, tap }
  }

  #noteDialog(call: Call, answer: Message): void {
    const tag = hasTag(answer, answer.indexOf(FIELD.to)) ? hashOctets(answer.bytes, tagStart, tagEnd, 0) : 0
    if (call.tags.includes(tag) || call.tags.length >= HOPS_MAX) return
    call.tags.push(tag)
    call.openDialogs++
  }

  #seeCancel(cancel: Message, sighting: Sighting): void {
    if (!this.#readName(cancel)) return
    const call = this.#find(cancel)
    if (call === undefined || call.wait === TOLD || call.wait === ANSWERED) return
    this.#readHop(cancel)
    const hop = findHop(call)
    if (hop === undefined || hop.isCancelled) return
    hop.isCancelled = true
    hop.wasFinal = hop.status !== 0
    hop.cancelAtMs = sighting.atMs
    hop.cancelNowMs = this.#nowMs
    hop.cancelTap = sighting.tap
    this.#touch(call)
  }

  /** Either side may hang up, so the caller's tag stands in From or in To. */
  #seeBye(bye: Message, sighting: Sighting): void {
    if (!this.#readName(bye)) return
    let call = this.#find(bye)
    const isByCaller = call !== undefined
    call ??= this.#findOther(bye)
    if (call === undefined || call.wait === TOLD) return
    const field = bye.indexOf(isByCaller ? FIELD.to : FIELD.from)
    const tag = hasTag(bye, field) ? hashOctets(bye.bytes, tagStart, tagEnd, 0) : 0
    const at = call.tags.indexOf(tag)
    if (call.tags.length > 0 && at < 0) return
    if (at >= 0) {
      if (call.hungUp.includes(tag)) return
      call.hungUp.push(tag)
      // A caller who was answered by several hangs up on all but one at once.
      if (--call.openDialogs > 0) return
    }
    call.byeAtMs = sighting.atMs
    call.byeNowMs = this.#nowMs
    call.byeTap = sighting.tap
    if (call.wait === ANSWERED) this.#end(call)
    else this.#touch(call)
  }

  /** Points the reader at Call-ID and From tag; false where this is no name of a call. */
  #readName(message: Message): boolean {
    const callId = message.indexOf(FIELD.callId)
    const from = message.indexOf(FIELD.from)
    if (callId < 0 || from < 0) {
      this.figures.unreadable++
      return false
    }
    callIdStart = message.valueStart(callId)
    callIdEnd = message.valueEnd(callId)
    const isTagged = hasTag(message, from)
    fromTagStart = isTagged ? tagStart : 0
    fromTagEnd = isTagged ? tagEnd : 0
    const length = callIdEnd - callIdStart + fromTagEnd - fromTagStart
    if (length <= NAME_OCTETS_MAX && callIdEnd > callIdStart) return true
    this.figures.unreadable++
    return false
  }

  /** Points the reader at what names the place: the branch of the top Via, and the number of CSeq. */
  #readHop(message: Message): void {
    const via = message.indexOf(FIELD.via)
    const cseq = message.indexOf(FIELD.cseq)
    if (via < 0 || cseq < 0) throw new Malformed('missing', 0, 'RFC 3261 §8.1.1')
    const { bytes } = message
    VIA.read(bytes, message.valueStart(via), message.valueEnd(via))
    CSEQ.read(bytes, message.valueStart(cseq), message.valueEnd(cseq))
    branch = VIA.branchStart < 0 ? 0 : hashOctets(bytes, VIA.branchStart, VIA.branchEnd, this.#seed)
  }

  #find(message: Message): Call | undefined {
    return this.#lookUp(message.bytes, fromTagStart, fromTagEnd)
  }

  /** The call under whose To tag this goes the other way. */
  #findOther(message: Message): Call | undefined {
    if (!hasTag(message, message.indexOf(FIELD.to))) return undefined
    return this.#lookUp(message.bytes, tagStart, tagEnd)
  }

  #lookUp(bytes: Uint8Array, start: number, end: number): Call | undefined {
    let call = this.#calls.get(hashName(bytes, start, end, this.#seed))
    while (call !== undefined && !isNamed(call, bytes, start, end)) call = call.next
    return call
  }

  /** Begins a call under the name that the reader points at. */
  #follow({ bytes }: Message): Call {
    const digest = hashName(bytes, fromTagStart, fromTagEnd, this.#seed)
    const call = new Call(
      digest,
      decodeOctets(bytes, callIdStart, callIdEnd),
      decodeOctets(bytes, fromTagStart, fromTagEnd),
      this.#nowMs,
    )
    let others = 0
    let oldest: Call | undefined
    for (let other = this.#calls.get(digest); other !== undefined; other = other.next, others++) oldest = other
    // So many of one digest are no accident, and a chain has to stay short.
    if (oldest !== undefined && others >= CHAIN_MAX) this.#drop(oldest)
    call.next = this.#calls.get(digest)
    this.#calls.set(digest, call)
    this.#queues[ASKED]!.add(call)
    this.#size++
    this.#charge(call, CALL_BYTES + call.callId.length + call.fromTag.length)
    while (this.#size > this.#capacity) this.#makeRoom(call)
    return call
  }

  #nameParties(call: Call, message: Message): void {
    const before = call.from.length + call.to.length
    call.from = cut(nameParty(message, FIELD.from))
    call.to = cut(nameParty(message, FIELD.to))
    this.#charge(call, call.from.length + call.to.length - before)
  }

  #addHop(call: Call, message: Message): Hop | undefined {
    if (call.hops.length >= HOPS_MAX) {
      this.figures.crowded++
      return undefined
    }
    const hop = newHop(branch, CSEQ.number, Math.max(1, message.countOf(FIELD.via)), ++this.#order)
    call.hops.push(hop)
    this.#charge(call, HOP_BYTES)
    return hop
  }

  /** Sorts a call by what it waits for, from now on. */
  #touch(call: Call): void {
    call.lastMs = this.#nowMs
    this.#latest = call
    this.#move(call, waitOf(call))
  }

  #move(call: Call, wait: number): void {
    this.#queues[call.wait]!.remove(call)
    call.wait = wait
    this.#queues[wait]!.add(call)
  }

  #charge(call: Call, bytes: number): void {
    call.bytes += bytes
    this.#bytes += bytes
    while (this.#bytes > this.#bytesMax && this.#size > 1 && this.#makeRoom(call)) continue
  }

  /** What is told already goes first, then what can be told whole but for its length, then what was never answered. */
  #makeRoom(keep: Call): boolean {
    for (const wait of ROOM_ORDER) {
      const { first } = this.#queues[wait]!
      const call = first === keep ? first.newer : first
      if (call === undefined) continue
      this.#drop(call)
      return true
    }
    return false
  }

  #drop(call: Call): void {
    const isOpen = call.wait === ASKED || call.wait === RINGING
    if (isOpen && !call.hops.some(({ answer }) => answer !== undefined)) this.figures.forgotten++
    else if (call.wait !== TOLD) {
      this.figures.hurried++
      this.#tell(call)
    }
    this.#forget(call)
  }

  #forget(call: Call): void {
    if (this.#latest === call) this.#latest = undefined
    this.#queues[call.wait]!.remove(call)
    this.#size--
    this.#bytes -= call.bytes
    const first = this.#calls.get(call.digest)
    if (first === call) {
      if (call.next === undefined) this.#calls.delete(call.digest)
      else this.#calls.set(call.digest, call.next)
      return
    }
    for (let other = first; other !== undefined; other = other.next) if (other.next === call) other.next = call.next
  }

  /** An answered call goes on; what refused it before it was answered is told now. */
  #settleAnswered(call: Call): void {
    if (!Number.isNaN(call.byeAtMs) && call.openDialogs === 0) return this.#end(call)
    call.lastMs = this.#nowMs
    this.#tellOf(call, 'earlier')
    this.#release(call)
    this.#move(call, ANSWERED)
  }

  #end(call: Call): void {
    this.#tell(call)
    this.#shed(call)
    call.lastMs = this.#nowMs
    this.#move(call, TOLD)
  }

  #tell(call: Call): void {
    this.#tellOf(call, call.wait === ANSWERED ? 'last' : 'all')
  }

  #tellOf(call: Call, which: Part): void {
    const attempts = readAttempts(call, this.#nameCarrier, which)
    if (attempts.length > 0 && this.#isOurs?.(call.from, firstSender(call)) === false) {
      this.figures.incoming += attempts.length
      return
    }
    for (const attempt of attempts) {
      this.figures[attempt.end.kind]++
      this.#onEnd(attempt)
    }
  }

  /** Lets go of the octets of answers. */
  #release(call: Call): void {
    let freed = 0
    for (const hop of call.hops) {
      if (hop.answer !== undefined) freed += ANSWER_BYTES + hop.answer.length
      if (hop.other !== undefined) freed += ANSWER_BYTES + hop.other.bytes.length
      // Empty where there was one, so that the ways an answered call took before can still be told apart.
      hop.answer = hop.other = undefined
    }
    call.bytes -= freed
    this.#bytes -= freed
  }

  /** Of a call that was told, its name and the number of its last try are enough to know late copies by: most calls in memory are such. */
  #shed(call: Call): void {
    this.#release(call)
    const freed = HOP_BYTES * call.hops.length + call.from.length + call.to.length
    call.bytes -= freed
    this.#bytes -= freed
    for (const { cseq } of call.hops) call.toldCseq = Math.max(call.toldCseq, cseq)
    call.hops.length = 0
    call.tags.length = call.hungUp.length = call.openDialogs = 0
    call.from = call.to = call.byeTap = ''
    call.byeAtMs = call.byeNowMs = Number.NaN
  }
}

/** A call that is followed, in a chain of its digest and in a queue by what it waits for. */
class Call implements SeenCall {
  readonly digest: number
  readonly callId: string
  readonly fromTag: string
  from = ''
  to = ''
  readonly hops: Hop[] = []
  /** Digests of the To tags that answered, and of those that were hung up. */
  readonly tags: number[] = []
  readonly hungUp: number[] = []
  openDialogs = 0
  byeAtMs = Number.NaN
  byeNowMs = Number.NaN
  byeTap = ''
  isWithin = false
  /** The highest CSeq number of what was told; below all where nothing was. */
  toldCseq = -1
  wait: number = ASKED
  lastMs: number
  bytes = 0
  next: Call | undefined = undefined
  older: Call | undefined = undefined
  newer: Call | undefined = undefined

  constructor(digest: number, callId: string, fromTag: string, nowMs: number) {
    this.digest = digest
    this.callId = callId
    this.fromTag = fromTag
    this.lastMs = nowMs
  }
}

/** Calls in the order they were heard of last. */
class Queue {
  first: Call | undefined = undefined
  #last: Call | undefined = undefined

  add(call: Call): void {
    call.older = this.#last
    call.newer = undefined
    if (this.#last === undefined) this.first = call
    else this.#last.newer = call
    this.#last = call
  }

  remove(call: Call): void {
    if (call.older === undefined) this.first = call.newer
    else call.older.newer = call.newer
    if (call.newer === undefined) this.#last = call.older
    else call.newer.older = call.older
    call.older = call.newer = undefined
  }
}

/** What a call waits for: the end of what it owes, or, where it owes nothing, that nothing more comes. */
function waitOf(call: Call): number {
  if (isAnswered(call)) return SETTLING
  let isHeard = false
  let isOwed = false
  let isGivenUp = true
  for (const hop of call.hops) {
    if (hop.isHeard || hop.status !== 0) isHeard = true
    if (hop.status !== 0) continue
    isOwed = true
    if (!hop.isCancelled) isGivenUp = false
  }
  if (!isOwed) return SETTLING
  return isHeard && !isGivenUp ? RINGING : ASKED
}

/** Who sent the INVITE where it had come the shortest way. */
function firstSender({ hops }: Call): string {
  let first = hops[0]
  for (const hop of hops)
    if (hop.depth < first!.depth || (hop.depth === first!.depth && hop.order < first!.order)) first = hop
  return first?.sender ?? ''
}

function isAnswered(call: Call): boolean {
  for (const { status } of call.hops) if (status >= 200 && status < 300) return true
  return false
}

/** Another tap, or one that sees both sides of something that leaves the Via fields alone. */
function isElsewhere(hop: Hop, { tap, sender }: Sighting): boolean {
  return tap !== hop.finalTap || sender !== hop.receiver
}

/** Octet by octet, as most copies of another tap are. */
function isKept(kept: Uint8Array, { bytes, start, end }: Message): boolean {
  if (kept.length !== Math.min(end - start, ANSWER_BYTES_MAX)) return false
  for (let at = 0; at < kept.length; at++) if (kept[at] !== bytes[start + at]) return false
  return true
}

function isRefused(status: number): boolean {
  return status >= 400 && !NOT_REFUSALS.has(status)
}

function findHop(call: Call): Hop | undefined {
  for (const hop of call.hops) if (hop.branch === branch && hop.cseq === CSEQ.number) return hop
  return undefined
}

/** Finds the `tag` of a From or To outside the quotes of the name and the brackets of the URI, and points at it. */
function hasTag(message: Message, field: number): boolean {
  if (field < 0) return false
  const { bytes } = message
  const end = message.valueEnd(field)
  let isQuoted = false
  let isBracketed = false
  for (let at = message.valueStart(field); at < end; at++) {
    const octet = bytes[at]!
    if (isQuoted) {
      if (octet === BACKSLASH) at++
      else if (octet === QUOTE) isQuoted = false
    } else if (octet === QUOTE) isQuoted = true
    else if (octet === LESS) isBracketed = true
    else if (octet === GREATER) isBracketed = false
    else if (octet === SEMICOLON && !isBracketed && isTagAt(bytes, at + 1, end)) return true
  }
  return false
}

function isTagAt(bytes: Uint8Array, from: number, end: number): boolean {
  let at = skipBlanks(bytes, from, end)
  for (let letter = 0; letter < 3; letter++, at++)
    if (at >= end || (bytes[at]! | 0x20) !== TAG.charCodeAt(letter)) return false
  at = skipBlanks(bytes, at, end)
  if (at >= end || bytes[at] !== EQUAL) return false
  tagStart = skipBlanks(bytes, at + 1, end)
  tagEnd = tagStart
  while (tagEnd < end && bytes[tagEnd] !== SEMICOLON && bytes[tagEnd]! > SP) tagEnd++
  return tagEnd > tagStart
}

function skipBlanks(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && (bytes[at] === SP || bytes[at] === TAB)) at++
  return at
}

function endsInInvite(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > INVITE.length && equalsAscii(bytes, end - INVITE.length, end, INVITE)
}

function isNamed(call: Call, bytes: Uint8Array, start: number, end: number): boolean {
  return isText(call.callId, bytes, callIdStart, callIdEnd) && isText(call.fromTag, bytes, start, end)
}

function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== text.length) return false
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[start + at]) return false
  return true
}

function hashName(bytes: Uint8Array, start: number, end: number, seed: number): number {
  return hashOctets(bytes, start, end, hashOctets(bytes, callIdStart, callIdEnd, seed)) >>> 2
}

/** FNV-1a, and a mix of its bits: spread, not secret. */
function hashOctets(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) | 0
}

/** A piece of a string would keep the whole of it in memory, so that a long one is made anew. */
function cut(party: string): string {
  return party.length > PARTY_CHARACTERS_MAX ? Array.from(party.slice(0, PARTY_CHARACTERS_MAX)).join('') : party
}

function noName(): undefined {
  return undefined
}

// Where the reader points; one message is read at a time.
let callIdStart = 0
let callIdEnd = 0
let fromTagStart = 0
let fromTagEnd = 0
let tagStart = 0
let tagEnd = 0
let branch = 0
const VIA = new ViaView()
const CSEQ = new CSeqView()
const INVITE = 'INVITE'
const TAG = 'tag'

/** Nothing but INVITEs was heard: RFC 3261's timer B. */
export const TIMER_B_MS = 32_000
/** An answer is owed: a proxy's timer C. RFC 3261 §16.6. */
export const SILENT_MS = 180_000
/** Nothing is owed: other taps, credentials, other routes. */
export const SETTLE_MS = 5_000
/** Answered: until its BYE; then it is told without its length. */
export const ANSWERED_MS = 3_600_000
/** Told: late copies are known for so long. */
export const LINGER_MS = 32_000
const [ASKED, RINGING, SETTLING, ANSWERED, TOLD] = [0, 1, 2, 3, 4] as const
const WAITS_MS = [TIMER_B_MS, SILENT_MS, SETTLE_MS, ANSWERED_MS, LINGER_MS]
const ROOM_ORDER = [TOLD, ANSWERED, ASKED, RINGING, SETTLING]
/** How often time is looked at while messages come. */
const PASS_MS = 500
/** More between two messages is a pause of all calls. */
const LEAP_MS = 3_600_000
/** A clock may be set back, and copies may come late, by so much without counting as another time. */
const BACK_MS = 60_000
/** Places of one call that are told apart. */
export const HOPS_MAX = 16
/** Calls of one digest. */
const CHAIN_MAX = 8
/** Octets of a Call-ID with its From tag. */
export const NAME_OCTETS_MAX = 512
const PARTY_CHARACTERS_MAX = 256
/** Calls that are followed at most, unless told otherwise. */
export const ATTEMPTS_MAX = 100_000
/** Estimated octets of all calls that are followed. */
export const BYTES_MAX = 128 * 1024 * 1024
/** What the parts of a call take besides the octets that are kept, as measured. */
const CALL_BYTES = 700
const HOP_BYTES = 300
const ANSWER_BYTES = 200
