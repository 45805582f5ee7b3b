import type { SeenMessage } from './seen-message.ts'

/** How a call ended. */
export type EndedCall = {
  readonly calling: string
  readonly called: string
  readonly answered: boolean
  /** From the answer to the first BYE; 0 where it was not answered. */
  readonly durationMs: number
  /** How long ago it ended, by the clock of whoever tells the tracker the time. */
  readonly agoMs: number
}

/** Where and when a copy was made, and how it stands to the gate. */
export type Sighting = {
  /** When this program got it, by a steady clock. */
  readonly nowMs: number
  /** When the message passed, by the clock of whoever made the copy. */
  readonly atMs: number
  /** Who made it: durations are by his clock where he saw both ends, else by ours. */
  readonly tap: string
  /**
   * The message went to the gate, or came from it. What comes from the gate ends no call; `treats` says that it also sends
   * the call to a place of the operator's own, whose answer is none of the called party's.
   */
  readonly gate?: 'to' | 'from' | 'treats' | undefined
}

/** What became of calls that were followed. */
export type TrackerFigures = {
  answered: number
  unanswered: number
  /** Calls pushed out by newer ones before their end. */
  forgotten: number
  /** Calls whose end, or answer, was never seen. */
  unended: number
}

/**
 * Follows calls from INVITE to end by copies of their messages, by Call-ID and the caller's tag, and tells once how each ended.
 *
 * A call has ended when every dialog of it that was answered has its BYE; or unanswered, when each branch that was tried has
 * its final answer, none a 2xx, and nothing more is tried for `QUIET_MS`: a switch that is told by one destination that it
 * cannot takes the next one, under the same name. An answer that some branch still owes is waited for until nothing at all
 * has been heard for `SILENT_MS`. What the gate answers, what carries its To tag onwards, and a network's notice are no answers
 * of the called party; nor is a 401 or 407.
 */
export class OutcomeTracker {
  readonly figures: TrackerFigures = { answered: 0, unanswered: 0, forgotten: 0, unended: 0 }
  readonly #capacity: number
  readonly #onEnd: (ended: EndedCall) => void
  /** Oldest first. */
  readonly #calls = new Map<string, Call>()
  /** Calls that some final answer or CANCEL may have ended, and none has answered. */
  readonly #doubtful = new Set<Call>()
  /** Calls that have ended, by when: their last copies may still come, by another tap. */
  readonly #ended = new Set<Call>()

  /** `capacity` is how many calls are followed at most. */
  constructor(capacity: number, onEnd: (ended: EndedCall) => void) {
    this.#capacity = capacity
    this.#onEnd = onEnd
  }

  /** Calls that are followed now. */
  get size(): number {
    return this.#calls.size - this.#ended.size
  }

  see(message: SeenMessage, sighting: Sighting): void {
    if (message.kind === 'invite') return this.#begin(message, sighting)
    const call = this.#find(message)
    if (call === undefined || call.endedMs !== undefined) return
    if (message.kind === 'bye') return this.#hangUp(call, message, sighting)
    if (call.answer !== undefined && message.kind === 'cancel') return
    call.lastMs = sighting.nowMs
    if (message.kind === 'cancel') this.#cancel(call, sighting)
    else this.#answer(call, message, sighting)
  }

  /** Lets time pass: tells of calls that ended unanswered, and forgets what is over. Once a second is often enough. */
  pass(nowMs: number): void {
    for (const call of this.#doubtful) if (isOver(call, nowMs)) this.#endUnanswered(call, nowMs)
    for (const call of this.#ended) {
      if (nowMs - call.endedMs! < QUIET_MS) break
      this.#forget(call)
    }
    for (const call of this.#calls.values()) {
      if (nowMs - call.begunMs < FOLLOWED_MS) break
      if (call.endedMs === undefined) this.figures.unended++
      this.#forget(call)
    }
  }

  #begin(invite: Extract<SeenMessage, { kind: 'invite' }>, { nowMs, gate }: Sighting): void {
    const key = keyOf(invite.callId, invite.fromTag)
    const call = this.#calls.get(key) ?? this.#follow(key, invite, nowMs)
    if (call.endedMs !== undefined || call.answer !== undefined) return
    call.lastMs = nowMs
    // What the gate is asked is no try to reach somebody, and a gate that is silent keeps no call open.
    if (gate === 'to' || call.tried.includes(invite.branch) || call.tried.length === BRANCHES_MAX) return
    call.tried = [...call.tried, invite.branch]
    call.owing = [...call.owing, invite.branch]
  }

  #follow(key: string, { calling, called }: { calling: string; called: string }, nowMs: number): Call {
    if (this.#calls.size >= this.#capacity) this.#makeRoom()
    const call: Call = {
      key,
      calling,
      called,
      begunMs: nowMs,
      lastMs: nowMs,
      tried: NONE,
      owing: NONE,
      refusals: NONE,
      gateTags: NONE,
      refusedMs: undefined,
      isCancelled: false,
      isTreated: false,
      answer: undefined,
      endedMs: undefined,
    }
    this.#calls.set(key, call)
    return call
  }

  /** Forgets some of the oldest calls at once: each walk to the oldest leads over the holes of those before. */
  #makeRoom(): void {
    let left = Math.ceil(this.#capacity / ROOM_SHARE)
    for (const call of this.#calls.values()) {
      if (left-- === 0) return
      if (call.endedMs === undefined) this.figures.forgotten++
      this.#forget(call)
    }
  }

  /** Either side may hang up, so the caller's tag stands in From or in To. */
  #find(message: SeenMessage): Call | undefined {
    const found = this.#calls.get(keyOf(message.callId, message.fromTag))
    if (found !== undefined || message.kind !== 'bye') return found
    return this.#calls.get(keyOf(message.callId, message.toTag))
  }

  #answer(call: Call, answer: Extract<SeenMessage, { kind: 'answer' }>, { nowMs, atMs, tap, gate }: Sighting): void {
    const { status, toTag, branch, isNotice } = answer
    if (status < 200) return
    if (gate === 'from' || gate === 'treats') {
      if (gate === 'treats') call.isTreated = true
      call.gateTags = including(call.gateTags, toTag)
      this.#doubt(call, nowMs)
      return
    }
    if (status < 300) {
      this.#doubtful.delete(call)
      call.answer ??= { nowMs, atMs, tap, tags: NONE, hungUp: NONE }
      call.answer.tags = including(call.answer.tags, toTag)
      // Nobody asks for these any more, and a call may be long.
      call.tried = call.owing = call.refusals = NONE
      return
    }
    if (call.answer !== undefined) return
    call.tried = including(call.tried, branch)
    call.owing = call.owing.filter((owing) => owing !== branch)
    if (!isNotice && status !== 401 && status !== 407) {
      call.refusals = including(call.refusals, toTag)
      call.refusedMs = nowMs
    }
    this.#doubt(call, nowMs)
  }

  #cancel(call: Call, { nowMs, gate }: Sighting): void {
    if (gate === 'to') return
    call.isCancelled = true
    call.refusedMs = nowMs
    this.#doubt(call, nowMs)
  }

  #doubt(call: Call, nowMs: number): void {
    call.lastMs = nowMs
    if (call.answer === undefined) this.#doubtful.add(call)
  }

  #hangUp(call: Call, bye: Extract<SeenMessage, { kind: 'bye' }>, { nowMs, atMs, tap }: Sighting): void {
    const { answer } = call
    if (answer === undefined) {
      // Its answer was lost on the way here, so nobody knows how long it was.
      this.figures.unended++
      return this.#end(call, nowMs)
    }
    const isByCaller = call.key === keyOf(bye.callId, bye.fromTag)
    const tag = isByCaller ? bye.toTag : bye.fromTag
    if (!answer.tags.includes(tag)) return
    answer.hungUp = including(answer.hungUp, tag)
    // A caller who was answered by several hangs up on all but one at once.
    if (answer.hungUp.length < answer.tags.length) return
    const lastedMs = tap === answer.tap ? atMs - answer.atMs : nowMs - answer.nowMs
    this.#end(call, nowMs)
    if (call.isTreated) return
    this.figures.answered++
    const { calling, called } = call
    this.#onEnd({ calling, called, answered: true, durationMs: Math.max(0, lastedMs), agoMs: 0 })
  }

  #endUnanswered(call: Call, nowMs: number): void {
    this.#end(call, nowMs)
    const { calling, called, gateTags, refusals, refusedMs, isCancelled, isTreated } = call
    const isRefused = isCancelled || refusals.some((tag) => !gateTags.includes(tag))
    // A call that nobody but the gate has answered did not get to anybody.
    if (!isRefused || isTreated) return
    this.figures.unanswered++
    this.#onEnd({ calling, called, answered: false, durationMs: 0, agoMs: nowMs - refusedMs! })
  }

  #end(call: Call, nowMs: number): void {
    this.#doubtful.delete(call)
    call.endedMs = nowMs
    this.#ended.add(call)
  }

  #forget(call: Call): void {
    this.#calls.delete(call.key)
    this.#doubtful.delete(call)
    this.#ended.delete(call)
  }
}

/** A call that is followed; times are by our clock where nothing else is said. */
type Call = {
  readonly key: string
  readonly calling: string
  readonly called: string
  readonly begunMs: number
  lastMs: number
  /** Branches that were tried, and of those the ones without a final answer. */
  tried: readonly string[]
  owing: readonly string[]
  /** To tags of final answers that refused it, and of those that came from the gate. */
  refusals: readonly string[]
  gateTags: readonly string[]
  refusedMs: number | undefined
  isCancelled: boolean
  isTreated: boolean
  answer: Answer | undefined
  endedMs: number | undefined
}

/** A call's first 2xx; the To tags of all, and of those that were hung up. */
type Answer = Pick<Sighting, 'nowMs' | 'atMs' | 'tap'> & { tags: readonly string[]; hungUp: readonly string[] }

function isOver({ owing, lastMs }: Call, nowMs: number): boolean {
  return nowMs - lastMs >= (owing.length === 0 ? QUIET_MS : SILENT_MS)
}

function including(names: readonly string[], name: string): readonly string[] {
  return names.includes(name) || names.length === BRANCHES_MAX ? names : [...names, name]
}

function keyOf(callId: string, tag: string): string {
  return `${callId} ${tag}`
}

const NONE: readonly string[] = []
/** How long nothing more may be tried before a call counts as not answered: 64·T1. */
const QUIET_MS = 32_000
/** How long an answer that is owed is waited for when nothing else is heard: a proxy's timer C. RFC 3261 §16.6. */
const SILENT_MS = 180_000
/** Four hours: a call whose end was not seen by then is no longer followed. */
export const FOLLOWED_MS = 14_400_000
/** Branches and answers remembered of one call. */
const BRANCHES_MAX = 64
/** One part in so many is forgotten when there is no room. */
const ROOM_SHARE = 64
/** Calls that are followed at most. */
export const FOLLOWED_MAX = 100_000
