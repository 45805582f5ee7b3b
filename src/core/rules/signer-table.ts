import { SlotTable, TICK_WORD, tableBytes, type TableShape } from './slot-table.ts'
import { Window } from './window.ts'

/** Who vouched for a call, and whether he did so with attestation A. */
export type Voucher = {
  /** A hash of the provider, 0 for nobody. Odd for one whose signature was verified here, even for one known by trunk. */
  readonly provider: number
  readonly isSigned: boolean
}

/** How a call from a number compares with how that number is normally signed. */
export type Signing = 'normal' | 'unsigned' | 'elsewhere'

/**
 * Remembers by whom each number is normally signed with attestation A; 24 bytes a slot.
 *
 * A provider is a number's normal one after `after` signed calls. Another one that signs as many takes his place (the
 * number was ported), or stands beside him if he signed calls of it meanwhile (two providers carry it). Calls signed by a
 * third unlearn the second, one for one. A number that nobody has signed for the window's length is forgotten.
 */
export class SignerTable {
  /** Of the last answer: how many calls the number's normal provider was seen to sign; it stops at `after`. */
  signed = 0
  /** A comparison is no figure. */
  readonly wasExact = true
  readonly table: SlotTable
  readonly tables: readonly SlotTable[]
  readonly #window: Window
  readonly #after: number

  /** The buffer may be shared between threads; it must be zeroed and `signerBytes(numbers)` long. */
  constructor(withinMs: number, after: number, numbers: number, buffer: ArrayBufferLike, seed: number) {
    this.#window = new Window(withinMs)
    this.#after = after
    this.table = new SlotTable(buffer, shapeOf(numbers), this.#window, seed)
    this.tables = [this.table]
  }

  /** Compares a call of `key` (not 0) with those before it, then learns from it. */
  meet(key: number, { provider, isSigned }: Voucher, nowMs: number): Signing {
    const { table } = this
    const tick = this.#window.tickAt(nowMs)
    const slot = isSigned ? table.enter(key, tick) : table.look(key)
    const signing = slot < 0 ? this.#unknown() : this.#compare(slot, provider, tick)
    if (isSigned) this.#learn(slot, provider, tick)
    table.leave()
    return signing
  }

  #unknown(): Signing {
    this.signed = 0
    return 'normal'
  }

  #compare(slot: number, provider: number, tick: number): Signing {
    const { words, halves } = this.table
    const [word, half] = [slot * WORDS_PER_SLOT, slot * HALVES_PER_SLOT]
    const first = words[word + FIRST]!
    this.signed = halves[half + FIRST_COUNT]!
    if (this.signed < this.#after || this.table.age(slot, tick) > this.#window.ticks) return 'normal'
    if (provider === 0) return 'unsigned'
    if (provider === first || (isVerified(provider) && !isVerified(first))) return 'normal'
    const isSecond = provider === words[word + SECOND] && countOf(halves[half + SECOND_COUNT]!) >= this.#after
    return isSecond ? 'normal' : 'elsewhere'
  }

  #learn(slot: number, provider: number, tick: number): void {
    const { words, halves } = this.table
    const [word, half] = [slot * WORDS_PER_SLOT, slot * HALVES_PER_SLOT]
    if (this.table.age(slot, tick) > this.#window.ticks || words[word + FIRST] === 0) {
      this.#forget(slot)
      words[word + FIRST] = provider
    }
    const second = halves[half + SECOND_COUNT]!
    if (provider === words[word + FIRST]) {
      halves[half + FIRST_COUNT] = Math.min(this.#after, halves[half + FIRST_COUNT]! + 1)
      if (words[word + SECOND] !== 0) halves[half + SECOND_COUNT] = second | FIRST_SEEN_SINCE
      words[word + TICK_WORD] = tick
    } else if (provider === words[word + SECOND]) {
      const count = Math.min(this.#after, countOf(second) + 1)
      halves[half + SECOND_COUNT] = count | (second & FIRST_SEEN_SINCE)
      words[word + TICK_WORD] = tick
      if (count === this.#after && (second & FIRST_SEEN_SINCE) === 0) this.#replaceFirst(slot)
    } else if (countOf(second) <= 1) {
      words[word + SECOND] = provider
      halves[half + SECOND_COUNT] = 1
    } else halves[half + SECOND_COUNT] = (countOf(second) - 1) | (second & FIRST_SEEN_SINCE)
  }

  #replaceFirst(slot: number): void {
    const { words, halves } = this.table
    words[slot * WORDS_PER_SLOT + FIRST] = words[slot * WORDS_PER_SLOT + SECOND]!
    halves[slot * HALVES_PER_SLOT + FIRST_COUNT] = this.#after
    words[slot * WORDS_PER_SLOT + SECOND] = 0
    halves[slot * HALVES_PER_SLOT + SECOND_COUNT] = 0
  }

  #forget(slot: number): void {
    const { words, halves } = this.table
    words[slot * WORDS_PER_SLOT + FIRST] = 0
    words[slot * WORDS_PER_SLOT + SECOND] = 0
    halves[slot * HALVES_PER_SLOT + FIRST_COUNT] = 0
    halves[slot * HALVES_PER_SLOT + SECOND_COUNT] = 0
  }
}

/** How large a buffer knows so many numbers. */
export function signerBytes(numbers: number): number {
  return tableBytes(shapeOf(numbers))
}

function shapeOf(capacity: number): TableShape {
  return { capacity, slotBytes: SLOT_BYTES }
}

/** A verified signer cannot be compared with a trunk: he is better evidence, and the number is learned anew. */
function isVerified(provider: number): boolean {
  return (provider & 1) === 1
}

function countOf(half: number): number {
  return half & SIGNED_MAX
}

/** The most signed calls that can be asked for: a count leaves one bit of sixteen. */
export const SIGNED_MAX = 32_767

/** The first provider has signed calls since the second one began to. */
const FIRST_SEEN_SINCE = 0x8000

const SLOT_BYTES = 24
const WORDS_PER_SLOT = SLOT_BYTES / Uint32Array.BYTES_PER_ELEMENT
const HALVES_PER_SLOT = SLOT_BYTES / Uint16Array.BYTES_PER_ELEMENT
const FIRST = 3
const SECOND = 4
const FIRST_COUNT = 10
const SECOND_COUNT = 11
