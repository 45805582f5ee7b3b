import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Finds a peer by the token it shows. Tokens are not kept, only what a keyed hash makes of them; the key is this
 * process's own, so the time that a look-up takes tells nothing of any token.
 */
export class Tokens {
  readonly #key = randomBytes(HASH_OCTETS)
  readonly #peers = new Map<string, { readonly hash: Uint8Array; readonly peer: string }>()

  constructor(tokens: ReadonlyMap<string, string>) {
    for (const [token, peer] of tokens) {
      const hash = this.#hash(token)
      this.#peers.set(hash.toString('base64'), { hash, peer })
    }
  }

  /** The name of the peer whose token the value of Authorization holds (RFC 6750 §2.1); undefined for nobody's. */
  find(authorization: string): string | undefined {
    const token = BEARER.exec(authorization)?.[1]
    if (token === undefined) return undefined
    const hash = this.#hash(token)
    const known = this.#peers.get(hash.toString('base64'))
    return known !== undefined && timingSafeEqual(known.hash, hash) ? known.peer : undefined
  }

  #hash(token: string): Buffer {
    return createHmac('sha256', this.#key).update(token).digest()
  }
}

/** What a token is made of, that it fits a header field: RFC 6750 §2.1 without its length. */
export const TOKEN = /^[A-Za-z0-9\-._~+/]+=*$/
/** Shorter ones can be guessed. */
export const TOKEN_CHARACTERS_MIN = 32
export const TOKEN_CHARACTERS_MAX = 512
const BEARER = /^Bearer ([A-Za-z0-9\-._~+/]{1,512}={0,4})$/i
const HASH_OCTETS = 32
