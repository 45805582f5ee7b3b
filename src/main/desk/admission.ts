import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import type { Claim } from '#core/redress/claim.ts'
import type { Refused, Visitor } from '#core/redress/desk.ts'
import { type Asked, Buckets, Limits, type Rate, Recent, neighbourhoodOf, networksOf } from '#core/redress/limit.ts'

/** What has been refused so far, and why. */
export type AdmissionFigures = {
  /** Claims that nobody had confirmed and that gave way to newer ones. */
  displaced: number
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

/** What waits already, of cases. */
export type Waiting = {
  /** For somebody of the desk. */
  readonly open: number
  /** For their address to be confirmed: nobody looks at those, and none of them stands in anybody's way. */
  readonly unconfirmed: number
}

/** Who may file, and how often. Nothing but times by key is kept, and no more of those than `KEYS_MAX` of a kind. */
export class Admission {
  readonly figures: AdmissionFigures = {
    displaced: 0,
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
  readonly #domains = new Buckets(PER_DOMAIN, KEYS_MAX)
  readonly #used = new Recent<number>(KEYS_MAX)

  constructor(secret: Uint8Array) {
    this.#secret = secret
  }

  /** Undefined where the claim may be filed; nothing is taken from any limit by one that may not. */
  admit(applicant: Applicant, from: Visitor, waiting: Waiting, queueMax: number, now: number): Refused | undefined {
    const { figures } = this
    const { taken, checked } = askedOf(applicant, from)
    const over = this.#limits.over(checked, now)
    if (over !== undefined) return this.#limited(over)
    const isVouched = applicant.numbers.length > 0 && applicant.numbers.every((one) => applicant.vouched.has(one))
    if (waiting.open >= queueMax - (isVouched ? 0 : Math.floor(queueMax / VOUCHED_SHARE))) {
      figures.full++
      return { kind: 'full', retryAfterMs: FULL_RETRY_MS }
    }
    const [network = ''] = networksOf(from.address)
    const domain = domainOf(applicant.claimant.email)
    const isDomainBusy = domain !== undefined && !isVouched && this.#domains.waitOf(domain, now) > 0
    const isHeap = !isVouched && waiting.unconfirmed >= Math.ceil(queueMax / UNCONFIRMED_CALM_SHARE)
    const needsWork = isDomainBusy || isHeap || this.#all.waitOf('', now) > 0
    if (needsWork && !from.waited && !this.#isWorked(from.work, network, now)) {
      figures.puzzles++
      if (isDomainBusy) figures.limitedByDomain++
      return { kind: 'work', puzzle: this.#puzzle(network, now), bits: PUZZLE_BITS }
    }
    this.#limits.take(taken, now)
    this.#all.take('', now)
    if (domain !== undefined) this.#domains.take(domain, now)
    return undefined
  }

  /** Counts a claim for an address that has had its messages of the day: the one to confirm could not leave. */
  refuseMail(retryAfterMs: number): Refused {
    return this.#limited({ of: 'mail', retryAfterMs })
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
    return this.#limits.forgotten + this.#domains.forgotten
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

/**
 * By what a claim is limited, in the order in which it is told. A hidden number is nobody's: it is no key. A claim of many
 * numbers is remembered in tables of its own, lest a few of them flush what is remembered of everybody; it meets both.
 */
function askedOf(
  { claimant, numbers, vouched }: Applicant,
  { address }: Visitor,
): { readonly taken: Asked<Counted>; readonly checked: Asked<Counted> } {
  const [network = '', wide] = networksOf(address)
  const around = neighbourhoodOf(address)
  const known = numbers.filter((number) => number.startsWith('+'))
  const backed = known.filter((number) => vouched.has(number))
  const told = known.filter((number) => !vouched.has(number))
  const mail = claimant.email?.toLowerCase()
  const from = (number: string): string => `${number} ${around}`
  const networks: Asked<Counted> = [
    ['network', [network]],
    ['wide-network', wide === undefined ? [] : [wide]],
  ]
  const few: Asked<Counted> = [
    ['number-from', told.map(from)],
    ['number', told],
    ['vouched-from', backed.map(from)],
    ['vouched', backed],
  ]
  const many: Asked<Counted> = [
    ['many-number-from', told.map(from)],
    ['many-number', told],
    ['many-vouched-from', backed.map(from)],
    ['many-vouched', backed],
  ]
  const mails: Asked<Counted> = [['mail', mail === undefined ? [] : [mail]]]
  return {
    taken: [...networks, ...(known.length > FEW_NUMBERS_MAX ? many : few), ...mails],
    checked: [...networks, ...few, ...many, ...mails],
  }
}

function domainOf(email: string | undefined): string | undefined {
  return email?.slice(email.lastIndexOf('@') + 1).toLowerCase()
}

type Counted =
  | 'network'
  | 'wide-network'
  | 'number-from'
  | 'number'
  | 'vouched-from'
  | 'vouched'
  | 'many-number-from'
  | 'many-number'
  | 'many-vouched-from'
  | 'many-vouched'
  | 'mail'
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
/** Claims whose mail addresses have one domain: above it each asks for a puzzle or a wait, for a big provider of mail has many people. */
export const PER_DOMAIN: Rate = { burst: 200, everyMs: MINUTE_MS }
/** More claims than these, whoever files them, and each asks for a puzzle or a wait. */
export const CALM: Rate = { burst: 60, everyMs: 2_000 }
/** Steps on cases from one address. */
export const PER_NETWORK_ACTION: Rate = { burst: 60, everyMs: 5_000 }
/** Keys of a kind that are remembered; for one that is new the oldest is forgotten. One claim has far fewer. */
export const KEYS_MAX = 50_000
/** Numbers of one claim beyond which it is remembered apart. */
export const FEW_NUMBERS_MAX = 50
/** One part in so many of the queue is kept for claims that receipts or the portal speak for, about all their numbers. */
export const VOUCHED_SHARE = 10
/** From this part of the queue on, in claims that nobody has confirmed, each asks for a puzzle or a wait. */
export const UNCONFIRMED_CALM_SHARE = 10
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
  ['many-number-from', PER_NUMBER_FROM],
  ['many-number', PER_NUMBER],
  ['many-vouched-from', PER_NUMBER_FROM],
  ['many-vouched', PER_NUMBER],
  ['mail', PER_MAIL],
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
  'many-number-from': ['limitedByNumber', 'number'],
  'many-number': ['limitedByNumber', 'number'],
  'many-vouched-from': ['limitedByNumber', 'number'],
  'many-vouched': ['limitedByNumber', 'number'],
  mail: ['limitedByMail', 'mail-address'],
  action: ['limitedByAddress', 'address'],
}
