// One thing: what the places of a call that were seen come to: which answer counts, what it passed through, and what was refused before.
import { hash } from 'node:crypto'
import { Message } from '#codec/sip/message.ts'
import type { Attempt, AttemptEnd } from './attempt.ts'
import { type Damage, type Place, compareVersions, saysSame } from './damage.ts'
import { NOT_REFUSALS, type Observation, observe } from './observation.ts'
import { refusalOf, standingOf } from './refusal.ts'

/** A call as it was seen: all places where copies of its INVITE or of an answer were made. */
export type SeenCall = {
  readonly callId: string
  readonly fromTag: string
  readonly from: string
  readonly to: string
  readonly hops: readonly Hop[]
  /** When the last of its dialogs was hung up; NaN where that was not seen. */
  readonly byeAtMs: number
  readonly byeNowMs: number
  readonly byeTap: string
}

/** One transaction between two neighbours. Times are NaN where they were not seen; `order` counts sightings. */
export type Hop = {
  readonly branch: number
  readonly cseq: number
  /** Via fields: the fewer, the nearer to the caller. */
  readonly depth: number
  readonly order: number
  /** Who sent the INVITE, and who got it and answers; empty where unknown. */
  sender: string
  receiver: string
  inviteAtMs: number
  inviteNowMs: number
  inviteTap: string
  /** Something provisional was heard. */
  isHeard: boolean
  ringAtMs: number
  ringNowMs: number
  ringTap: string
  /** Of the final answer; 0 where none was seen. */
  status: number
  finalAtMs: number
  finalNowMs: number
  finalTap: string
  finalOrder: number
  /** A refusal as one tap saw it, and as another did where it has other octets. */
  answer: Uint8Array | undefined
  other: { readonly bytes: Uint8Array; readonly tap: string } | undefined
  isCancelled: boolean
  /** The CANCEL came when the final answer was there. */
  wasFinal: boolean
  cancelAtMs: number
  cancelNowMs: number
  cancelTap: string
}

/** Which attempts of a call are wanted: those whose refusal another way followed, or the one that counts. */
export type Part = 'all' | 'earlier' | 'last'

export function newHop(branch: number, cseq: number, depth: number, order: number): Hop {
  return {
    branch,
    cseq,
    depth,
    order,
    sender: '',
    receiver: '',
    inviteAtMs: Number.NaN,
    inviteNowMs: Number.NaN,
    inviteTap: '',
    isHeard: false,
    ringAtMs: Number.NaN,
    ringNowMs: Number.NaN,
    ringTap: '',
    status: 0,
    finalAtMs: Number.NaN,
    finalNowMs: Number.NaN,
    finalTap: '',
    finalOrder: 0,
    answer: undefined,
    other: undefined,
    isCancelled: false,
    wasFinal: false,
    cancelAtMs: Number.NaN,
    cancelNowMs: Number.NaN,
    cancelTap: '',
  }
}

/**
 * Reads what a call came to: refusals that another way followed first, then the attempt that counts. Of one answer seen at
 * several places the one nearest to the caller counts, and each change on its way there is damage with both versions.
 */
export function readAttempts(
  call: SeenCall,
  nameCarrier: (address: string) => string | undefined,
  part: Part,
): Attempt[] {
  if (call.hops.length === 0) return []
  const ways = new Ways(call.hops)
  const tries = ways.tries()
  const last = tries.at(-1)!
  const earlier: Hop[] = []
  let begun = tries[0]!
  for (const [index, one] of tries.entries()) {
    earlier.push(...ways.refusedBelow(one))
    if (index === tries.length - 1) break
    // Asked who he is, or where else to go, the caller tries again: that is the same attempt.
    if (!isRefused(one)) continue
    earlier.push(one)
    begun = tries[index + 1]!
  }

  const reader = new Reader(call, ways, nameCarrier)
  const callKey = earlier.length === 0 ? undefined : digest([call.callId, call.fromTag])
  const lastKey = reader.key(begun.cseq)
  const found: Attempt[] = []
  if (part !== 'last') {
    const keys = new Set([lastKey])
    for (const hop of earlier) {
      let key = reader.key(hop.cseq)
      for (let count = 1; keys.has(key); count++)
        key = digest([reader.key(hop.cseq), ways.farthest(hop).receiver, String(count)])
      keys.add(key)
      found.push({ ...reader.read(hop, hop), key, call: callKey!, advanced: true })
    }
  }
  if (part !== 'earlier') {
    const attempt = reader.read(begun, last)
    found.push(callKey === undefined ? { ...attempt, key: lastKey } : { ...attempt, key: lastKey, call: callKey })
  }
  return found
}

/** The places of a call as the tree that its INVITE took: nearest to the caller first. */
class Ways {
  readonly #hops: readonly Hop[]
  readonly #above = new Map<Hop, Hop>()

  constructor(hops: readonly Hop[]) {
    this.#hops = hops
    for (const hop of hops) {
      let best: Hop | undefined
      for (const other of hops)
        if (isAbove(other, hop) && (best === undefined || isNearer(other, best, hop))) best = other
      // Addresses may lie in a circle, where a call is sent back to where it came from.
      if (best !== undefined && !this.#leadsTo(best, hop)) this.#above.set(hop, best)
    }
  }

  /** What the caller itself tried, in order; of several at once the one whose answer counts. */
  tries(): Hop[] {
    const tops = this.#hops.filter((hop) => !this.#above.has(hop)).sort(byTime)
    const tries: Hop[] = []
    for (const hop of tops) {
      const before = tries.at(-1)
      if (before === undefined || isAfter(hop, before)) tries.push(hop)
      else if (rankOf(hop) > rankOf(before)) tries[tries.length - 1] = hop
    }
    return tries
  }

  below(hop: Hop): Hop[] {
    return this.#hops.filter((other) => this.#above.get(other) === hop).sort(byTime)
  }

  /** Refusals by one way after which an element further on tried another. */
  refusedBelow(top: Hop): Hop[] {
    let level = this.below(top)
    while (level.length === 1) level = this.below(level[0]!)
    return level.filter((hop, index) => isRefused(hop) && level.slice(index + 1).some((later) => isAfter(later, hop)))
  }

  /** The places that an answer passed, nearest first; `isSure` is false where it may have come another way. */
  passed(hop: Hop): { readonly hop: Hop; readonly isSure: boolean }[] {
    const passed = [{ hop, isSure: true }]
    const isWanted = (one: Hop) => (isRefused(hop) ? isRefused(one) : one.status >= 200 && one.status < 300)
    for (let at = hop; ;) {
      const below = this.below(at).filter(isWanted)
      const same = below.findLast((one) => isSameAnswer(one, at))
      const next = same ?? below.toSorted((one, other) => rankOf(one) - rankOf(other)).at(-1)
      if (next === undefined) return passed
      passed.push({ hop: next, isSure: same !== undefined || below.length === 1 })
      at = next
    }
  }

  /** The nearest place where a final answer was seen: this one, or, where its copy was lost, one below. */
  answered(hop: Hop): Hop {
    for (let at = hop; at.status === 0;) {
      const next = this.below(at)
        .sort((one, other) => rankOf(one) - rankOf(other))
        .at(-1)
      if (next === undefined) return hop
      if (next.status !== 0) return hop.isCancelled && next.status >= 300 ? hop : next
      at = next
    }
    return hop
  }

  /** The last place on the way: of the answer, else of the INVITE. */
  farthest(hop: Hop): Hop {
    let at = this.passed(hop).at(-1)!.hop
    if (hop.status !== 0 && hop.status !== CANCELLED) return at
    for (let below = this.below(at); below.length > 0; below = this.below(at)) at = below.at(-1)!
    return at
  }

  #leadsTo(from: Hop, target: Hop): boolean {
    for (let at: Hop | undefined = from; at !== undefined; at = this.#above.get(at)) if (at === target) return true
    return false
  }
}

/** Makes attempts of places. */
class Reader {
  readonly #call: SeenCall
  readonly #ways: Ways
  readonly #nameCarrier: (address: string) => string | undefined

  constructor(call: SeenCall, ways: Ways, nameCarrier: (address: string) => string | undefined) {
    this.#call = call
    this.#ways = ways
    this.#nameCarrier = nameCarrier
  }

  key(cseq: number): string {
    return digest([this.#call.callId, this.#call.fromTag, String(cseq)])
  }

  /** The attempt that began at one place and ended at one, which differ where the caller had to try again. */
  read(begun: Hop, top: Hop): Attempt {
    const ended = this.#ways.answered(top)
    const { from, to } = this.#call
    const carrier = this.#carrierOf(ended)
    const end = this.#endOf(ended, carrier)
    const at = [begun.inviteAtMs, begun.ringAtMs, ended.finalAtMs, ended.cancelAtMs, this.#call.byeAtMs]
    return {
      key: '',
      at: Math.round(at.find((ms) => !Number.isNaN(ms)) ?? 0),
      source: ended.finalTap || ended.inviteTap || ended.ringTap,
      evidence: 'wire',
      from,
      to,
      carrier,
      ringMs: ended.status !== 0 ? span(ringOf(ended), finalOf(ended)) : span(ringOf(ended), cancelOf(ended)),
      setupMs: span(inviteOf(begun), finalOf(ended)),
      end,
    }
  }

  #endOf(hop: Hop, carrier: string): AttemptEnd {
    const { status } = hop
    const { byeAtMs, byeNowMs, byeTap } = this.#call
    if (status >= 200 && status < 300)
      return { kind: 'answered', durationMs: span(finalOf(hop), [byeAtMs, byeNowMs, byeTap]) }
    if (status === CANCELLED) return { kind: 'cancelled' }
    if (isRefused(hop) && hop.answer !== undefined) return this.#refusedOf(hop, carrier)
    if (hop.isCancelled) return { kind: 'cancelled' }
    // Who hangs up was connected: its answer was lost on the way here.
    return Number.isNaN(byeAtMs) || status !== 0 ? { kind: 'unknown' } : { kind: 'answered', durationMs: undefined }
  }

  #refusedOf(hop: Hop, carrier: string): AttemptEnd {
    const versions = this.#ways.passed(hop).flatMap(versionsOf)
    const response = versions[0]!.response
    const damage: Damage[] = []
    for (let at = versions.length - 1; at > 0; at--) {
      const before = versions[at]!
      const after = versions[at - 1]!
      for (const one of compareVersions(before.response, before.place, after.response, after.place))
        damage.push(before.isSure ? one : { ...one, sureness: 'likely' })
    }
    const refusal = refusalOf(response, { carrier, damage })
    // Some answer a CANCEL by what they please; a notice speaks for itself.
    if (hop.isCancelled && !hop.wasFinal && refusal.class === 'other' && refusal.damage.length === 0)
      return { kind: 'cancelled' }
    const best = damage.length === 0 ? undefined : bestOf(versions.slice(1).map((version) => version.response))
    if (best === undefined || refusal.standing === 'proven') return { kind: 'refused', refusal }
    // What arrived counts as what was said; what a tap before the damage saw counts as what is known.
    const { standing } = standingOf(best.observation, best.response)
    const origin = refusalOf(best.response, { carrier })
    const { contest, id, location } = refusal
    return {
      kind: 'refused',
      refusal: {
        ...refusal,
        standing: standing === 'proven' || standing === 'person' ? standing : refusal.standing,
        contest: (contest.url ?? contest.tel ?? contest.email ?? contest.card) ? contest : origin.contest,
        id: id ?? origin.id,
        location: location ?? origin.location,
        blocker: origin.blocker,
      },
    }
  }

  #carrierOf(hop: Hop): string {
    const passed = this.#ways.passed(hop)
    for (const { hop: at } of passed) {
      const name = at.receiver === '' ? undefined : this.#nameCarrier(at.receiver)
      if (name !== undefined) return name
    }
    const { receiver } = this.#ways.farthest(hop)
    return (receiver === '' ? undefined : this.#nameCarrier(receiver)) ?? receiver
  }
}

type SeenVersion = { readonly response: Message; readonly place: Place; readonly isSure: boolean }

/** What taps saw at one place, what came last first. */
function versionsOf({ hop, isSure }: { hop: Hop; isSure: boolean }): SeenVersion[] {
  if (hop.answer === undefined) return []
  const place = { sender: hop.receiver, receiver: hop.sender }
  const one = { response: read(hop.answer), place: { ...place, tap: hop.finalTap }, isSure }
  if (hop.other === undefined) return [one]
  const other = { response: read(hop.other.bytes), place: { ...place, tap: hop.other.tap }, isSure }
  if (saysSame(one.response, other.response)) return [one]
  // Notices do not get better on their way; where neither is better, what was seen first came first.
  const isBetter = worthOf(observe(other.response)) > worthOf(observe(one.response))
  return isBetter ? [one, other] : [other, one]
}

/** The version that says most, where one is a notice. */
function bestOf(responses: readonly Message[]): { observation: Observation; response: Message } | undefined {
  let best: { observation: Observation; response: Message } | undefined
  for (const response of responses) {
    const observation = observe(response)
    if (worthOf(observation) > (best === undefined ? 0 : worthOf(best.observation))) best = { observation, response }
  }
  return best
}

function worthOf({ class: kind }: Observation): number {
  return kind === '603+' || kind === '608' ? 3 : kind === '607' ? 2 : kind === '603' ? 1 : 0
}

function read(bytes: Uint8Array): Message {
  const message = new Message()
  message.read(bytes)
  return message
}

/** Tells whether what one place saw was sent on by the other's receiver. */
function isAbove(one: Hop, other: Hop): boolean {
  if (one === other || one.cseq > other.cseq) return false
  if (one.depth < other.depth) return true
  // A B2BUA that keeps the Call-ID begins the Via fields anew.
  return (
    one.depth === other.depth && one.receiver !== '' && one.receiver === other.sender && one.sender !== other.receiver
  )
}

/** Of two places above a third the one that it is the next of. */
function isNearer(one: Hop, than: Hop, hop: Hop): boolean {
  if (one.cseq !== than.cseq) return one.cseq > than.cseq
  if (one.depth !== than.depth) return one.depth > than.depth
  const isNext = one.receiver !== '' && one.receiver === hop.sender
  if (isNext !== (than.receiver !== '' && than.receiver === hop.sender)) return isNext
  if (one.order < hop.order !== than.order < hop.order) return one.order < hop.order
  return one.order > than.order
}

/** Begun when the other had its final answer; with another number of CSeq in any case. */
function isAfter(later: Hop, earlier: Hop): boolean {
  if (later.cseq !== earlier.cseq) return later.cseq > earlier.cseq
  return earlier.status !== 0 && later.order > earlier.finalOrder
}

function byTime(one: Hop, other: Hop): number {
  return one.cseq - other.cseq || one.order - other.order
}

/** Which of several answers at once counts: 2xx, then 6xx, then the lowest class. RFC 3261 §16.7. */
function rankOf({ status }: Hop): number {
  if (status >= 200 && status < 300) return 9
  if (status >= 600) return 8
  if (status === CANCELLED) return 1
  return status === 0 ? 0 : 7 - Math.floor(status / 100)
}

function isRefused({ status }: Hop): boolean {
  return status >= 400 && !NOT_REFUSALS.has(status)
}

function isSameAnswer(one: Hop, other: Hop): boolean {
  if (one.status !== other.status) return false
  if (one.answer === undefined || other.answer === undefined) return true
  return saysSame(read(one.answer), read(other.answer))
}

type Moment = readonly [atMs: number, nowMs: number, tap: string]

function inviteOf(hop: Hop): Moment {
  return [hop.inviteAtMs, hop.inviteNowMs, hop.inviteTap]
}

function ringOf(hop: Hop): Moment {
  return [hop.ringAtMs, hop.ringNowMs, hop.ringTap]
}

function finalOf(hop: Hop): Moment {
  return [hop.finalAtMs, hop.finalNowMs, hop.finalTap]
}

function cancelOf(hop: Hop): Moment {
  return [hop.cancelAtMs, hop.cancelNowMs, hop.cancelTap]
}

/** Clocks of two taps are not compared. */
function span(from: Moment, to: Moment): number | undefined {
  const ms = from[2] === to[2] ? to[0] - from[0] : to[1] - from[1]
  return Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : undefined
}

function digest(parts: readonly string[]): string {
  return hash('sha256', parts.join('\n')).slice(0, KEY_DIGITS)
}

const CANCELLED = 487
/** 128 bits in hexadecimal. */
const KEY_DIGITS = 32
