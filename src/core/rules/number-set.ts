import { hashKey, slotOf } from './hash.ts'

/**
 * A set of party keys that is made once and then only asked: open addressing on one array of doubles, half of it free,
 * 16 bytes a member. Key 0 marks a free slot and is never a member.
 */
export type NumberSet = { readonly size: number; readonly slots: Float64Array }

/** Where a table's octets come from, zeroed: memory of this thread, or memory that threads share. */
export type Allot = (bytes: number) => ArrayBufferLike

/** Makes the set; keys that stand twice are kept once. */
export function makeNumberSet(keys: readonly number[], allot: Allot = allotOwn): NumberSet {
  const slots = new Float64Array(allot(Math.max(1, keys.length * SLOTS_PER_KEY) * Float64Array.BYTES_PER_ELEMENT))
  let size = 0
  for (const key of keys) {
    if (key === 0) continue
    const slot = slotFor(slots, key)
    if (slots[slot] !== 0) continue
    slots[slot] = key
    size++
  }
  return { size, slots }
}

export function hasNumber(set: NumberSet, key: number): boolean {
  return key !== 0 && set.slots[slotFor(set.slots, key)] === key
}

/** The slot in which a key stands; -1 for one that is no member. */
export function findNumber(set: NumberSet, key: number): number {
  if (key === 0) return -1
  const slot = slotFor(set.slots, key)
  return set.slots[slot] === key ? slot : -1
}

/** The slot that holds the key, or the free one where the search for it ends. A list is the operator's own: no seed. */
function slotFor(slots: Float64Array, key: number): number {
  let slot = slotOf(hashKey(key, 0), slots.length)
  while (slots[slot] !== 0 && slots[slot] !== key) slot = slot + 1 === slots.length ? 0 : slot + 1
  return slot
}

/** Memory of this thread alone. */
export function allotOwn(bytes: number): ArrayBufferLike {
  return new ArrayBuffer(bytes)
}

/** Two, so that a search among unlisted numbers ends after 2.5 slots on average. */
const SLOTS_PER_KEY = 2
