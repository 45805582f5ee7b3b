import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Claim } from '#core/redress/claim.ts'
import type { Refused, Visitor } from '#core/redress/desk.ts'
import { type Asked, Buckets, Limits, type Rate, Recent, neighbourhoodOf, networksOf } from '#core/redress/limit.ts'

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
  steps: number
}

/** What of a claim counts. */
export type Applicant = {
  readonly claimant: Pick<Claim['claimant'], 'email'>
  /** All that it is about, as `formatParty` writes them. */
  readonly numbers: readonly string[]
  /** Those of the numbers for which a receipt of ours, or the provider's portal, speaks. */
  readonly vouched: ReadonlySet<string>
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
    steps: 0,
  }
  readonly #secret: Uint8Array
  readonly #limits = new Limits(RATES, KEYS_MAX)
  readonly #all = new Buckets(CALM, 1)
  readonly #used = new Recent<number>(KEYS_MAX)

  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /** Undefined where the claim may be filed; nothing is taken from any limit by one that may not. */
  admit(applicant: Applicant, from: Visitor, waiting: number, queueMax: number, now: number): Refused | undefined {
    const { figures } = this
    const asked = askedOf(applicant, from)
    const over = this.#limits.over(asked, now)
    if (over !== undefined) return this.#limited(over)
    if (waiting >= queueMax) {
      figures.full++
      return { kind: 'full', retryAfterMs: FULL_RETRY_MS }
    }
    const [network = ''] = networksOf(from.address)
    if (this.#all.waitOf('', now) > 0 && !from.waited && !this.#isWorked(from.work, network, now)) {
      figures.puzzles++
      return { kind: 'work', puzzle: this.#puzzle(network, now), bits: PUZZLE_BITS }
    }
    this.#limits.take(asked, now)
    this.#all.take('', now)
    return undefined
  }

  /** For what somebody does on a case whose link he has. */
  act(from: Visitor, now: number): Refused | undefined {
    const asked: Asked<Counted> = [['action', networksOf(from.address).slice(0, 1)]]
    const over = this.#limits.over(asked, now)
    if (over !== undefined) return this.#limited(over)
    this.#limits.take(asked, now)
    return undefined
  }

  /** Times that had to be forgotten for want of room while they still counted. */
  get forgotten(): number {
    return this.#limits.forgotten
  }

  #limited({ of, retryAfterMs }: { readonly of: Counted; readonly retryAfterMs: number }): Refused {
    const [figure, told] = TOLD[of]
    this.figures[figure]++
    return { kind: 'limited', retryAfterMs, of: told }
  }

  #puzzle(network: string, now: number): string {
    const until = now + PUZZLE_MS
    return `${until}.${this.#sign(until, network)}`
  }

  /** `puzzle:nonce` whose SHA-256 begins with enough zero bits; each is good once. */
  #isWorked(work: string | undefined, network: string, now: number): boolean {
    const [, puzzle, until, sign] = /^(([0-9]{1,15})\.([A-Za-z0-9_-]{43})):[A-Za-z0-9_-]{1,32}$/.exec(work ?? '') ?? []
    if (work === undefined || puzzle === undefined || until === undefined || sign === undefined) return false
    if (Number(until) < now || this.#used.get(puzzle) !== undefined) return false
    if (!timingSafeEqual(Buffer.from(sign), Buffer.from(this.#sign(Number(until), network)))) return false
    if (Number.parseInt(hash('sha256', work).slice(0, 8), 16) >>> (32 - PUZZLE_BITS) !== 0) return false
    this.#used.set(puzzle, Number(until))
    return true
  }

  #sign(until: number, network: string): string {
    return createHmac('sha256', this.#secret).update(`recourse puzzle ${until} ${network}`).digest('base64url')
  }
}

/** By what a claim is limited, in the order in which it is told. A hidden number is nobody's: it is no key. */
function askedOf({ claimant, numbers, vouched }: Applicant, { address }: Visitor): Asked<Counted> {
  const [network = '', wide] = networksOf(address)
  const around = neighbourhoodOf(address)
  const known = numbers.filter((number) => number.startsWith('+'))
  const backed = known.filter((number) => vouched.has(number))
  const told = known.filter((number) => !vouched.has(number))
  const mail = claimant.email?.toLowerCase()
  const from = (number: string): string => `${number} ${around}`
  return [
    ['network', [network]],
    ['wide-network', wide === undefined ? [] : [wide]],
    ['number-from', told.map(from)],
    ['number', told],
    ['vouched-from', backed.map(from)],
    ['vouched', backed],
    ['mail', mail === undefined ? [] : [mail]],
    ['domain', mail === undefined ? [] : [mail.slice(mail.lastIndexOf('@') + 1)]],
  ]
}

type Counted =
  | 'network'
  | 'wide-network'
  | 'number-from'
  | 'number'
  | 'vouched-from'
  | 'vouched'
  | 'mail'
  | 'domain'
  | 'action'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
/** Claims of one address, of IPv6 one /64; an office of people sits behind one. */
export const PER_NETWORK: Rate = { burst: 20, everyMs: 3 * MINUTE_MS }
/** Claims of one /48 of IPv6. */
export const PER_WIDE_NETWORK: Rate = { burst: 60, everyMs: MINUTE_MS }
/** Claims about one number from one neighbourhood, a /24 or a /48: a stranger's claims are not the holder's. */
export const PER_NUMBER_FROM: Rate = { burst: 5, everyMs: 6 * HOUR_MS }
/** Claims about one number, wherever they come from; those with a receipt for it are counted apart. */
export const PER_NUMBER: Rate = { burst: 100, everyMs: 15 * MINUTE_MS }
/** Claims that name one mail address: one message each. */
export const PER_MAIL: Rate = { burst: 3, everyMs: 8 * HOUR_MS }
/** Claims whose mail addresses have one domain: a big provider of mail has many people. */
export const PER_DOMAIN: Rate = { burst: 200, everyMs: MINUTE_MS }
/** More claims than these, whoever files them, and each asks for a puzzle or a wait. */
export const CALM: Rate = { burst: 60, everyMs: 2_000 }
/** Steps on cases from one address. */
export const PER_NETWORK_ACTION: Rate = { burst: 60, everyMs: 5_000 }
/** Keys of a kind that are remembered; for one that is new the oldest is forgotten. One claim has far fewer. */
export const KEYS_MAX = 50_000
/** About a tenth of a second of a browser. */
const PUZZLE_BITS = 18
const PUZZLE_MS = 600_000
const FULL_RETRY_MS = HOUR_MS
const RATES: ReadonlyMap<Counted, Rate> = new Map([
  ['network', PER_NETWORK],
  ['wide-network', PER_WIDE_NETWORK],
  ['number-from', PER_NUMBER_FROM],
  ['number', PER_NUMBER],
  ['vouched-from', PER_NUMBER_FROM],
  ['vouched', PER_NUMBER],
  ['mail', PER_MAIL],
  ['domain', PER_DOMAIN],
  ['action', PER_NETWORK_ACTION],
])
const TOLD: {
  readonly [of in Counted]: readonly [keyof AdmissionFigures, Extract<Refused, { kind: 'limited' }>['of']]
} = {
  network: ['limitedByAddress', 'address'],
  'wide-network': ['limitedByAddress', 'address'],
  'number-from': ['limitedByNumber', 'number'],
  number: ['limitedByNumber', 'number'],
  'vouched-from': ['limitedByNumber', 'number'],
  vouched: ['limitedByNumber', 'number'],
  mail: ['limitedByMail', 'mail-address'],
  domain: ['limitedByDomain', 'mail-domain'],
  action: ['limitedByAddress', 'address'],
}
