import type { CallFacts } from '#core/call/facts.ts'
import { formatParty, partyKey, partyOfKey, prefixKey, type Party } from '#core/call/party.ts'
import { hashKey } from './hash.ts'
import { COUNTED_DIGITS_MIN } from './subject.ts'
import type { TellingCall } from './verdict.ts'

/**
 * The calls that were judged last, each chained to the one before it from the same thousands block: walked only when a
 * rule fires, for the calls behind its figure. Threads write into one ring without a lock; who reads a call that is just
 * being overwritten sees so by its number and stops there.
 */
export class RecentCalls {
  readonly #seed: number
  readonly #size: number
  readonly #heads: Int32Array
  readonly #headMask: number
  readonly #doubles: Float64Array
  readonly #words: Int32Array
  readonly #cursor: Int32Array
  /** The number of the call that this view has noted last, which is never behind itself. */
  #own = 0

  /** The buffer must be zeroed at first, and `recentBytes(size)` long. */
  constructor(size: number, buffer: ArrayBufferLike, seed: number) {
    const heads = size / CALLS_PER_HEAD
    this.#seed = seed
    this.#size = size
    this.#cursor = new Int32Array(buffer, 0, 1)
    this.#heads = new Int32Array(buffer, HEADER_BYTES, heads)
    this.#headMask = heads - 1
    const offset = HEADER_BYTES + heads * Int32Array.BYTES_PER_ELEMENT
    this.#doubles = new Float64Array(buffer, offset)
    this.#words = new Int32Array(buffer, offset)
  }

  /** Notes a call. Callers who belong to many (withheld, short codes) are not noted. */
  note({ calling, called, atMs }: CallFacts): void {
    if (calling.count < COUNTED_DIGITS_MIN) return
    const number = (Atomics.add(this.#cursor, 0, 1) + 1) | 0
    const index = number & (this.#size - 1)
    const word = index * WORDS_PER_CALL
    const double = index * DOUBLES_PER_CALL
    this.#words[word + NUMBER] = 0
    this.#doubles[double + CALLING] = partyKey(calling)
    this.#doubles[double + CALLED] = partyKey(called)
    this.#doubles[double + AT] = atMs
    this.#words[word + NUMBER] = number
    const head = this.#headOf(calling)
    let before = Atomics.load(this.#heads, head)
    for (;;) {
      this.#words[word + BEFORE] = before
      // Whoever reads this number from the head reads what was written before it.
      const found = Atomics.compareExchange(this.#heads, head, before, number)
      if (found === before) break
      before = found
    }
    this.#own = number
  }

  /**
   * Of the calls before the one noted last, from the thousands block of `calling` (from that number alone, where `isOne`)
   * and not older than `sinceMs`, the latest that `tells` takes, oldest first; at most `TELLING_MAX`, among the last
   * `STEPS_MAX` of the block.
   */
  recall(
    calling: Party,
    isOne: boolean,
    sinceMs: number,
    tells: (calling: Party, called: Party) => boolean,
  ): TellingCall[] {
    const key = partyKey(calling)
    const text = formatParty(calling)
    const found: TellingCall[] = []
    let number = calling.count < COUNTED_DIGITS_MIN ? 0 : Atomics.load(this.#heads, this.#headOf(calling))
    for (let step = 0; step < STEPS_MAX && number !== 0 && found.length < TELLING_MAX; step++) {
      const index = number & (this.#size - 1)
      const word = index * WORDS_PER_CALL
      if (this.#words[word + NUMBER] !== number) break
      const callingKey = this.#doubles[index * DOUBLES_PER_CALL + CALLING]!
      const calledKey = this.#doubles[index * DOUBLES_PER_CALL + CALLED]!
      const at = this.#doubles[index * DOUBLES_PER_CALL + AT]!
      const before = this.#words[word + BEFORE]!
      if (this.#words[word + NUMBER] !== number || at < sinceMs) break
      if (number !== this.#own && (!isOne || callingKey === key)) {
        const [from, to] = [partyOfKey(callingKey), partyOfKey(calledKey)]
        if (tells(from, to)) {
          found.push({ at, calling: callingKey === key ? text : formatParty(from), called: formatParty(to) })
        }
      }
      number = before
    }
    return found.reverse()
  }

  #headOf(calling: Party): number {
    return hashKey(prefixKey(calling, calling.count - THOUSANDS_DIGITS), this.#seed) & this.#headMask
  }
}

/** How many calls are kept for a policy that counts so many numbers: a power of two. */
export function recentSize(numbers: number): number {
  let size = RECENT_MIN
  while (size < RECENT_MAX && size < numbers) size *= 2
  return size
}

/** How large a buffer keeps so many calls. */
export function recentBytes(size: number): number {
  return HEADER_BYTES + (size / CALLS_PER_HEAD) * Int32Array.BYTES_PER_ELEMENT + size * CALL_BYTES
}

/** How many calls stand behind a ground. */
export const TELLING_MAX = 5

/** How many calls of a block are looked at for them. */
export const STEPS_MAX = 64

/** How many of the calls judged last are kept: 8.5 MiB when more than a quarter million numbers are counted. */
export const RECENT_MAX = 262_144
const RECENT_MIN = 1024

const THOUSANDS_DIGITS = 3
const CALLS_PER_HEAD = 2
const HEADER_BYTES = 64

/** A call: calling and called key and time (doubles), its number, and the number of the one before it from its block. */
const CALL_BYTES = 32
const DOUBLES_PER_CALL = CALL_BYTES / Float64Array.BYTES_PER_ELEMENT
const WORDS_PER_CALL = CALL_BYTES / Int32Array.BYTES_PER_ELEMENT
const CALLING = 0
const CALLED = 1
const AT = 2
const NUMBER = 6
const BEFORE = 7
