import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'

/** What hashing came to when too many wait: the asking side comes again. */
export type Crowded = { readonly kind: 'crowded'; readonly of: 'all' | 'network' }

export type PasswordHasher = {
  /** The hash with its salt and its cost, as `$argon2id$v=19$m=…,t=…,p=…$salt$hash`. */
  hash(password: string, network: string): Promise<string | Crowded>
  /**
   * Whether the password is that of the hash. Without a hash (no such account) it takes the same time and says no.
   * `isDated`: the hash was made at another cost than today's, and the password should be hashed anew.
   */
  verify(password: string, hash: string | undefined, network: string): Promise<PasswordVerified | Crowded>
}

export type PasswordVerified = { readonly kind: 'verified'; readonly isRight: boolean; readonly isDated: boolean }

/**
 * Hashes passwords by argon2id (RFC 9106). Each takes a thread of the pool that files and name look-ups share, and a core for as
 * long as it runs, so at most two run at a time, and on a small machine one: calls need the other cores. A few more wait their
 * turn, of one network no more than two, and all others are told to come again.
 */
export function createPasswordHasher(
  cost: Argon2Cost = ARGON2_COST,
  atATime = Math.max(1, Math.min(HASHES_AT_A_TIME_MAX, Math.floor(availableParallelism() / 2))),
): PasswordHasher {
  const lane = new Lane(atATime)
  const derive = (password: string, salt: Uint8Array, at: Argon2Cost): Promise<Uint8Array> =>
    promisify(argon2)('argon2id', {
      message: password.normalize('NFKC'),
      nonce: salt,
      parallelism: at.parallelism,
      tagLength: TAG_OCTETS,
      memory: at.memoryKib,
      passes: at.passes,
    })
  const dummy: ParsedHash = { ...cost, salt: randomBytes(SALT_OCTETS), tag: randomBytes(TAG_OCTETS) }
  return {
    hash: (password, network) =>
      lane.run(network, async () => {
        const salt = randomBytes(SALT_OCTETS)
        return formatHash({ ...cost, salt, tag: await derive(password, salt, cost) })
      }),
    verify: (password, hash, network) =>
      lane.run(network, async () => {
        const known = hash === undefined ? undefined : parseHash(hash)
        const { salt, tag, ...at } = known ?? dummy
        const isSame = timingSafeEqual(await derive(password, salt, at), tag)
        const isDated = (Object.keys(cost) as (keyof Argon2Cost)[]).some((key) => at[key] !== cost[key])
        return { kind: 'verified' as const, isRight: isSame && known !== undefined, isDated }
      }),
  }
}

/** So many at a time, and so many behind them. */
class Lane {
  readonly #places: number
  #running = 0
  readonly #waiting: (() => void)[] = []
  readonly #networks = new Map<string, number>()

  constructor(places: number) {
    this.#places = places
  }

  async run<Value>(network: string, work: () => Promise<Value>): Promise<Value | Crowded> {
    const ofNetwork = this.#networks.get(network) ?? 0
    if (ofNetwork >= HASHES_PER_NETWORK) return { kind: 'crowded', of: 'network' }
    if (this.#running >= this.#places && this.#waiting.length >= HASHES_WAITING_MAX) {
      return { kind: 'crowded', of: 'all' }
    }
    this.#networks.set(network, ofNetwork + 1)
    if (this.#running >= this.#places) await new Promise<void>((go) => void this.#waiting.push(go))
    else this.#running++
    try {
      return await work()
    } finally {
      const left = this.#networks.get(network)! - 1
      if (left === 0) this.#networks.delete(network)
      else this.#networks.set(network, left)
      // Who comes next takes over this place.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}

type ParsedHash = Argon2Cost & { readonly salt: Uint8Array; readonly tag: Uint8Array }

function formatHash({ memoryKib, passes, parallelism, salt, tag }: ParsedHash): string {
  const text = (octets: Uint8Array) => Buffer.from(octets).toString('base64').replaceAll('=', '')
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${text(salt)}$${text(tag)}`
}

function parseHash(text: string): ParsedHash {
  const [, memory, passes, parallelism, salt = '', tag = ''] = HASH.exec(text) ?? []
  if (memory === undefined) throw new Error('the store holds a password hash of an unknown kind')
  return {
    memoryKib: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
}

export type Argon2Cost = { readonly memoryKib: number; readonly passes: number; readonly parallelism: number }

/** What OWASP asks for at least: 19 MiB, two passes, one lane. */
export const ARGON2_COST: Argon2Cost = { memoryKib: 19_456, passes: 2, parallelism: 1 }
/** Of the four threads of the pool; files and name look-ups have the others. Never more than half of the cores. */
export const HASHES_AT_A_TIME_MAX = 2
export const HASHES_WAITING_MAX = 16
/** Running and waiting, of one address (of IPv6, one /64). */
export const HASHES_PER_NETWORK = 2
const SALT_OCTETS = 16
const TAG_OCTETS = 32
const HASH = /^\$argon2id\$v=19\$m=([0-9]+),t=([0-9]+),p=([0-9]+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]{43})$/
