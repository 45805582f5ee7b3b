import { createCipheriv } from 'node:crypto'

/**
 * AES-SIV-CMAC-256 with one key, RFC 5297 §2. Deterministic: the same input always gives the same output.
 *
 * The associated data comes in prepared by `prepare`, because whoever seals many short texts under the same associated
 * data should not pay for it each time.
 */
export type AesSiv = {
  /** Digests the components of the associated data; the result may be kept and used for any number of texts. */
  prepare(associated: readonly Uint8Array[]): Prepared
  /** Writes the synthetic IV (16 octets) and the ciphertext (as long as the plaintext) to `target` from `at` on. */
  seal(prepared: Prepared, plaintext: Uint8Array, target: Uint8Array, at: number): void
  /** Reads what `seal` wrote; undefined if one bit of it, or of the associated data, is not what was sealed. */
  open(prepared: Prepared, sealed: Uint8Array): Uint8Array | undefined
}

/** The S2V state after the associated data: 16 octets that only the key which made them can use. */
export type Prepared = Uint8Array & { readonly prepared?: unique symbol }

/** Makes the cipher of one 32-octet key; throws RangeError on any other length. */
export function createAesSiv(key: Uint8Array): AesSiv {
  if (key.length !== KEY_OCTETS) throw new RangeError(`an AES-SIV-CMAC-256 key has 32 octets, not ${key.length}`)
  const cmac = createCmac(key.subarray(0, 16))
  const encrypt = createCipheriv('aes-128-ecb', key.subarray(16), null).setAutoPadding(false)

  // RFC 5297 §2.5: counter mode from the IV on, two of its bits cleared, so that adding to the last word never carries.
  const keystream = (iv: Uint8Array, octets: number): Uint8Array => {
    const counters = kept[(octets + 15) >> 4] ?? Buffer.alloc((octets + 15) & ~15)
    for (let at = 0; at < counters.length; at += 16) {
      for (let i = 0; i < 16; i++) counters[at + i] = iv[i]!
      counters[at + 8]! &= 0x7f
      counters[at + 12]! &= 0x7f
      counters.writeUInt32BE(counters.readUInt32BE(at + 12) + (at >> 4), at + 12)
    }
    return encrypt.update(counters)
  }
  const kept = keptBlocks()

  return {
    prepare(associated) {
      const state = cmac(new Uint8Array(16))
      for (const component of associated) {
        const digest = cmac(component)
        double(state)
        for (let i = 0; i < 16; i++) state[i]! ^= digest[i]!
      }
      return state
    },

    seal(prepared, plaintext, target, at) {
      const iv = syntheticIv(cmac, prepared, plaintext)
      const stream = keystream(iv, plaintext.length)
      for (let i = 0; i < 16; i++) target[at + i] = iv[i]!
      for (let i = 0; i < plaintext.length; i++) target[at + 16 + i] = plaintext[i]! ^ stream[i]!
    },

    open(prepared, sealed) {
      if (sealed.length < 16) return undefined
      const plaintext = sealed.slice(16)
      const stream = keystream(sealed, plaintext.length)
      for (let i = 0; i < plaintext.length; i++) plaintext[i]! ^= stream[i]!
      const iv = syntheticIv(cmac, prepared, plaintext)
      let difference = 0
      for (let i = 0; i < 16; i++) difference |= iv[i]! ^ sealed[i]!
      return difference === 0 ? plaintext : undefined
    },
  }
}

/** The last step of S2V, RFC 5297 §2.4: the text itself, with the digest of the associated data folded in. */
function syntheticIv(cmac: Cmac, prepared: Prepared, text: Uint8Array): Uint8Array {
  if (text.length >= 16) return cmac(text, prepared)
  const block = Uint8Array.from(prepared)
  double(block)
  for (let i = 0; i < text.length; i++) block[i]! ^= text[i]!
  block[text.length]! ^= 0x80
  return cmac(block)
}

/** CMAC of a message whose last 16 octets are first XORed with `tail`. */
type Cmac = (message: Uint8Array, tail?: Uint8Array) => Uint8Array

/**
 * CMAC over AES-128, RFC 4493 §2.4. One cipher object in CBC mode is kept for the life of the key and each message is
 * one call into it: the object goes on chaining, so the first block of a message undoes the last block of the one before.
 */
function createCmac(key: Uint8Array): Cmac {
  const chain = createCipheriv('aes-128-cbc', key, Buffer.alloc(16)).setAutoPadding(false)
  const before = Uint8Array.from(chain.update(new Uint8Array(16)))
  const whole = Uint8Array.from(before)
  double(whole)
  const padded = Uint8Array.from(whole)
  double(padded)
  const kept = keptBlocks()

  return (message, tail) => {
    const length = message.length === 0 ? 16 : (message.length + 15) & ~15
    const blocks = kept[length >> 4] ?? Buffer.alloc(length)
    blocks.set(message)
    if (tail !== undefined) for (let i = 0; i < 16; i++) blocks[message.length - 16 + i]! ^= tail[i]!
    if (message.length < length) blocks[message.length] = 0x80
    for (let i = message.length + 1; i < length; i++) blocks[i] = 0
    const subkey = message.length === length ? whole : padded
    for (let i = 0; i < 16; i++) {
      blocks[length - 16 + i]! ^= subkey[i]!
      blocks[i]! ^= before[i]!
    }
    const chained = chain.update(blocks)
    const code = length === 16 ? chained : chained.subarray(length - 16)
    for (let i = 0; i < 16; i++) before[i] = code[i]!
    return code
  }
}

/** Doubles in GF(2^128) in place, RFC 5297 §2.3; without a branch on the secret. */
function double(block: Uint8Array): void {
  const carry = block[0]! >> 7
  for (let i = 0; i < 15; i++) block[i] = (block[i]! << 1) | (block[i + 1]! >> 7)
  block[15] = (block[15]! << 1) ^ (carry * 0x87)
}

/** One buffer for each number of blocks up to four, kept so that a receipt allocates none. */
function keptBlocks(): (Buffer | undefined)[] {
  return [0, 1, 2, 3, 4].map((blocks) => Buffer.alloc(blocks * 16))
}

const KEY_OCTETS = 32
