import type { Refused, Visitor } from '#core/redress/desk.ts'
import { type Asked, Limits, type Rate, neighbourhoodOf, networksOf } from '#core/redress/limit.ts'

/** What was told to come later, and why. */
export type IntakeFigures = { [why in 'address' | 'mail-address' | 'mail-domain' | 'full']: number }

/** How often the registry lets itself be asked, by the address, the mail domain and the mailbox of who asks. */
export class IntakeLimits {
  readonly figures: IntakeFigures = { address: 0, 'mail-address': 0, 'mail-domain': 0, full: 0 }
  readonly #limits = new Limits(RATES, KEYS_MAX)

  /** Undefined where it may go on; it is counted then. */
  objectTo(from: Visitor, email: string | undefined, nowMs: number): Refused | undefined {
    const asked = askedOf(from, email)
    const over = this.#limits.over(asked, nowMs)
    if (over === undefined) {
      this.#limits.take(asked, nowMs)
      return undefined
    }
    const of = over.of === 'wide-network' ? 'address' : over.of
    this.figures[of]++
    return { kind: 'limited', retryAfterMs: over.retryAfterMs, of }
  }

  /** Times that had to be forgotten for want of room while they still counted. */
  get forgotten(): number {
    return this.#limits.forgotten
  }
}

/** What is too long for a mail address is none, and is refused for that. */
function askedOf({ address }: Visitor, email: string | undefined): Asked<Counted> {
  const [network = '', wide] = networksOf(address)
  const mail = email === undefined || email.length > MAIL_MAX ? undefined : email.toLowerCase()
  return [
    ['address', [network]],
    ['wide-network', wide === undefined ? [] : [wide]],
    ['mail-address', mail === undefined ? [] : [mail]],
    // From one neighbourhood: strangers elsewhere use up nothing of people who have the same provider of mail.
    ['mail-domain', mail === undefined ? [] : [`${mail.slice(mail.lastIndexOf('@') + 1)} ${neighbourhoodOf(address)}`]],
  ]
}

type Counted = 'address' | 'wide-network' | 'mail-address' | 'mail-domain'

/** Steps of one address, of IPv6 one /64: whoever keeps a long list goes through it by uploads. */
export const STEPS_PER_NETWORK: Rate = { burst: 120, everyMs: 30_000 }
/** Steps of one /48 of IPv6. */
export const STEPS_PER_WIDE_NETWORK: Rate = { burst: 600, everyMs: 6_000 }
/** Registrations and new links of one mailbox, and of one mail domain from one neighbourhood, a /24 or a /48. */
export const OPENED_PER_MAILBOX: Rate = { burst: 3, everyMs: 1_200_000 }
export const OPENED_PER_DOMAIN: Rate = { burst: 60, everyMs: 60_000 }
/** Keys of a kind that are remembered; for one that is new the oldest is forgotten. */
export const KEYS_MAX = 50_000
const MAIL_MAX = 254
const RATES: ReadonlyMap<Counted, Rate> = new Map([
  ['address', STEPS_PER_NETWORK],
  ['wide-network', STEPS_PER_WIDE_NETWORK],
  ['mail-address', OPENED_PER_MAILBOX],
  ['mail-domain', OPENED_PER_DOMAIN],
])
