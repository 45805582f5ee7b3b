import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Claim } from '#core/redress/claim.ts'
import type { Refused, Visitor } from '#core/redress/desk.ts'
import { Buckets, networksOf, type Rate } from '#core/redress/limit.ts'

/** What has been refused so far, and why. */
export type AdmissionFigures = {
  limitedByAddress: number
  limitedByNumber: number
  limitedByMail: number
  limitedByDomain: number
  puzzles: number
  full: number
  files: number
  challenges: number
}

/** Who may file, and how often. Nothing but times by key is kept, and no more of those than `KEYS_MAX` of a kind. */
export class Admission {
  readonly figures: AdmissionFigures = {
    limitedByAddress: 0,
    limitedByNumber: 0,
    limitedByMail: 0,
    limitedByDomain: 0,
    puzzles: 0,
    full: 0,
    files: 0,
    challenges: 0,
  }
  readonly #secret: Uint8Array
  readonly #networks = new Buckets(PER_NETWORK, KEYS_MAX)
  readonly #wide = new Buckets(PER_WIDE_NETWORK, KEYS_MAX)
  readonly #numbers = new Buckets(PER_NUMBER, KEYS_MAX)
  readonly #mails = new Buckets(PER_MAIL, KEYS_MAX)
  readonly #domains = new Buckets(PER_DOMAIN, KEYS_MAX)
  readonly #all = new Buckets(CALM, 1)
  readonly #actions = new Buckets(PER_NETWORK_ACTION, KEYS_MAX)
  readonly #used = new Map<string, number>()

  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /** Undefined where the claim may be filed; nothing is taken from any limit by one that may not. */
  admit(
    { claimant, numbers }: Pick<Claim, 'claimant' | 'numbers'>,
    from: Visitor,
    waiting: number,
    queueMax: number,
    now: number,
  ): Refused | undefined {
    const [network = '', wide] = networksOf(from.address)
    const { figures } = this
    const byAddress = Math.max(
      this.#networks.waitOf(network, now),
      wide === undefined ? 0 : this.#wide.waitOf(wide, now),
    )
    if (byAddress > 0) return limited(figures, 'limitedByAddress', 'address', byAddress)
    const byNumber = Math.max(
      0,
      ...numbers.slice(0, NUMBERS_COUNTED).map((number) => this.#numbers.waitOf(number, now)),
    )
    if (byNumber > 0) return limited(figures, 'limitedByNumber', 'number', byNumber)
    const mail = claimant.email?.toLowerCase()
    const byMail = mail === undefined ? 0 : this.#mails.waitOf(mail, now)
    if (byMail > 0) return limited(figures, 'limitedByMail', 'mail-address', byMail)
    const domain = mail?.slice(mail.lastIndexOf('@') + 1)
    const byDomain = domain === undefined ? 0 : this.#domains.waitOf(domain, now)
    if (byDomain > 0) return limited(figures, 'limitedByDomain', 'mail-domain', byDomain)
    if (waiting >= queueMax) {
      figures.full++
      return { kind: 'full', retryAfterMs: FULL_RETRY_MS }
    }
    if (this.#all.waitOf('', now) > 0 && !from.waited && !this.#isWorked(from.work, network, now)) {
      figures.puzzles++
      return { kind: 'work', puzzle: this.#puzzle(network, now), bits: PUZZLE_BITS }
    }
    this.#networks.take(network, now)
    if (wide !== undefined) this.#wide.take(wide, now)
    for (const number of numbers.slice(0, NUMBERS_COUNTED)) this.#numbers.take(number, now)
    if (mail !== undefined) this.#mails.take(mail, now)
    if (domain !== undefined) this.#domains.take(domain, now)
    this.#all.take('', now)
    return undefined
  }

  /** For what somebody does on a case whose link he has. */
  act(from: Visitor, now: number): Refused | undefined {
    const [network = ''] = networksOf(from.address)
    const wait = this.#actions.waitOf(network, now)
    if (wait > 0) return limited(this.figures, 'limitedByAddress', 'address', wait)
    this.#actions.take(network, now)
    return undefined
  }

  #puzzle(network: string, now: number): string {
    const until = now + PUZZLE_MS
    return `${until}.${this.#sign(until, network)}`
  }

  /** `puzzle:nonce` whose SHA-256 begins with enough zero bits; each is good once. */
  #isWorked(work: string | undefined, network: string, now: number): boolean {
    const [, puzzle, until, sign] = /^(([0-9]{1,15})\.([A-Za-z0-9_-]{43})):[A-Za-z0-9_-]{1,32}$/.exec(work ?? '') ?? []
    if (work === undefined || puzzle === undefined || until === undefined || sign === undefined) return false
    if (Number(until) < now || this.#used.has(puzzle)) return false
    if (!timingSafeEqual(Buffer.from(sign), Buffer.from(this.#sign(Number(until), network)))) return false
    if (Number.parseInt(hash('sha256', work).slice(0, 8), 16) >>> (32 - PUZZLE_BITS) !== 0) return false
    for (const [old, oldUntil] of this.#used) {
      if (oldUntil >= now && this.#used.size < KEYS_MAX) break
      this.#used.delete(old)
    }
    this.#used.set(puzzle, Number(until))
    return true
  }

  #sign(until: number, network: string): string {
    return createHmac('sha256', this.#secret).update(`recourse puzzle ${until} ${network}`).digest('base64url')
  }
}

function limited(
  figures: AdmissionFigures,
  what: keyof AdmissionFigures,
  of: Extract<Refused, { kind: 'limited' }>['of'],
  retryAfterMs: number,
): Refused {
  figures[what]++
  return { kind: 'limited', retryAfterMs, of }
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Claims of one address, of IPv6 one /64; an office of people sits behind one. */
export const PER_NETWORK: Rate = { burst: 20, everyMs: 3 * MINUTE_MS }
/** Claims of one /48 of IPv6. */
export const PER_WIDE_NETWORK: Rate = { burst: 60, everyMs: MINUTE_MS }
/** Claims about one calling number. */
export const PER_NUMBER: Rate = { burst: 5, everyMs: 6 * HOUR_MS }
/** Claims that name one mail address: one message each. */
export const PER_MAIL: Rate = { burst: 3, everyMs: 8 * HOUR_MS }
/** Claims whose mail addresses have one domain: a big provider of mail has many people. */
export const PER_DOMAIN: Rate = { burst: 200, everyMs: MINUTE_MS }
/** More claims than these, whoever files them, and each asks for a puzzle or a wait. */
export const CALM: Rate = { burst: 60, everyMs: 2_000 }
/** Steps on cases from one address. */
export const PER_NETWORK_ACTION: Rate = { burst: 60, everyMs: 5_000 }
/** Keys of a kind that are told apart at a time; while all of them are over their limit, strangers wait. */
export const KEYS_MAX = 50_000
/** Numbers of one claim that count. */
const NUMBERS_COUNTED = 20
/** About a tenth of a second of a browser. */
const PUZZLE_BITS = 18
const PUZZLE_MS = 600_000
const FULL_RETRY_MS = HOUR_MS
