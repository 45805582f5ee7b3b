import { hashKey, slotOf } from './hash.ts'
import { allotOwn, type Allot } from './number-set.ts'

/**
 * A set of pairs of party keys that is made once and then only asked: open addressing on one array of doubles, two a
 * slot, half of them free: 32 bytes a pair. A slot whose first key is 0 is free.
 */
export type PairSet = { readonly size: number; readonly slots: Float64Array }

/** Makes the set from keys that stand one after another, first and second of each pair; neither may be 0. */
export function makePairSet(keys: readonly number[], allot: Allot = allotOwn): PairSet {
  const slotCount = Math.max(1, (keys.length / KEYS_PER_SLOT) * SLOTS_PER_PAIR)
  const slots = new Float64Array(allot(slotCount * KEYS_PER_SLOT * Float64Array.BYTES_PER_ELEMENT))
  let size = 0
  for (let index = 0; index + 1 < keys.length; index += KEYS_PER_SLOT) {
    const [first, second] = [keys[index]!, keys[index + 1]!]
    const at = placeFor(slots, first, second)
    if (slots[at] !== 0) continue
    slots[at] = first
    slots[at + 1] = second
    size++
  }
  return { size, slots }
}

export function hasPair(set: PairSet, first: number, second: number): boolean {
  return first !== 0 && second !== 0 && set.slots[placeFor(set.slots, first, second)] === first
}

/** Where the pair stands, or the free place where the search for it ends. */
function placeFor(slots: Float64Array, first: number, second: number): number {
  let at = slotOf(hashKey(first, hashKey(second, 0)), slots.length / KEYS_PER_SLOT) * KEYS_PER_SLOT
  while (slots[at] !== 0 && (slots[at] !== first || slots[at + 1] !== second)) {
    at = at + KEYS_PER_SLOT === slots.length ? 0 : at + KEYS_PER_SLOT
  }
  return at
}

const KEYS_PER_SLOT = 2
const SLOTS_PER_PAIR = 2
