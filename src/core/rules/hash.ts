/**
 * Spreads a number key over 32 bits, unsigned. A seed that outsiders do not know keeps them from aiming at a slot: the high
 * word is mixed with it before the low one comes in, so that two keys which meet under one seed part under another.
 */
export function hashKey(key: number, seed: number): number {
  const high = mix(Math.floor(key / 0x1_0000_0000) ^ seed)
  // The seed a second time, in another form: to undo the first round is not enough to choose what the second makes.
  return mix((key | 0) ^ (high + Math.imul(seed, 0x9e3779b1))) >>> 0
}

function mix(word: number): number {
  let hash = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** Scales a hash to `0..slots-1`, so that a table may have any size. */
export function slotOf(hash: number, slots: number): number {
  return Math.floor(hash * (slots / 0x1_0000_0000))
}

/** Goes on with a hash over the text's UTF-16 units (FNV-1a); start with any number. */
export function hashText(hash: number, text: string): number {
  let result = hash
  for (let at = 0; at < text.length; at++) result = Math.imul(result ^ text.charCodeAt(at), 0x01000193)
  return result ^ (result >>> 15)
}
