import type { CardCheck } from '#codec/jcard/verify.ts'
import type { Reply } from '#codec/sip/reply.ts'
import { STATUS } from '#codec/sip/status.ts'
import { emailFaults, telFaults, urlFaults } from './contact.ts'
import { type Location, locationOf } from './location.ts'
import {
  type BlockLocation,
  type Checked,
  type NetworkBlocked,
  type Notice,
  type RedressContact,
  type RedressId,
  redressContact,
} from './notice.ts'
import type { SeenNotice } from './read.ts'
import { writeNotice } from './write.ts'

/**
 * The same 603+ under the other protocol: text and location keep every octet. For the blocker to choose; an element that
 * only relays a notice must leave it as it is (47 CFR 64.1200(k)(9)).
 */
export function inForm(notice: NetworkBlocked, form: NetworkBlocked['form']): NetworkBlocked {
  return { ...notice, form }
}

/**
 * Turns a blocker's own card into a 603+: its first https url, E.164 number and ASCII address. Only the blocker or its
 * agent may do so. It is refused where the card is not valid or no contact of it fits.
 */
export function networkBlockedFromCard(
  check: CardCheck,
  terms: {
    readonly form: NetworkBlocked['form']
    readonly location: BlockLocation
    readonly id: RedressId | undefined
  },
): Checked<NetworkBlocked> {
  if (!check.valid || check.card === undefined)
    return { kind: 'refused', faults: [`the card is not valid: ${check.faults.join(', ')}`] }
  const { properties } = check.card
  const first = (name: string, faults: (value: string) => string[], read = (value: string) => value) =>
    properties
      .filter((property) => property.name === name && typeof property.value === 'string')
      .map((property) => read(property.value as string))
      .find((value) => faults(value).length === 0)
  const contact = redressContact({
    url: first('url', urlFaults),
    tel: first('tel', telFaults, globalNumber),
    email: first('email', emailFaults),
  })
  return contact.kind === 'refused'
    ? contact
    : { kind: 'ok', value: { kind: 'network-blocked', contact: contact.value, ...terms } }
}

/** A release as ISUP and Q.850 tell it: cause and location. */
export type Release = { readonly cause: number; readonly location: Location }

/** What is left to the operator when a notice leaves the IP world. */
export type ReleaseTerms = {
  /** The cause for a 607; RFC 3398 alone would say 31. */
  readonly unwantedCause: number
  /** The cause for a 608; likewise. */
  readonly rejectedCause: number
  /** The cause of the response's own Q.850 Reason wins over the table, as some gateways do. */
  readonly ownCauseWins: boolean
}

/**
 * Turns a notice into the release a gateway sends on: cause 21, location user.
 *
 * The location is always `U`: that is what RFC 3398 §8.2.6.1 gives a 6xx, and only with it must the next gateway turn the
 * release back into a 603 (47 CFR 64.1200(k)(9)(iv)). The contacts are lost; keep them by the call.
 */
export function releaseFor(notice: Notice | SeenNotice, terms: ReleaseTerms = RELEASE_TERMS): Release {
  const own = terms.ownCauseWins && 'reasons' in notice ? ownCause(notice) : undefined
  return { cause: own ?? tableCause(notice.kind, terms), location: 'U' }
}

/** Contacts that two operators have agreed to let a gateway tell in the name of the network behind it. */
export type ReleaseAgreement = {
  readonly form: NetworkBlocked['form']
  readonly contact: RedressContact
  readonly location: BlockLocation
  readonly id: RedressId | undefined
}

/** What a gateway answers; `locationKnown` is false where the release told none, which is worth a look at that trunk. */
export type ReleaseAnswer = { readonly reply: Reply; readonly locationKnown: boolean }

/**
 * Turns a release with cause 21 into the answer a gateway gives: 603 where the user refused, else 403, with the cause in
 * a Reason (RFC 3398 §7.2.4.1, RFC 6432, RFC 8606). Undefined for other causes, which are no refusal.
 *
 * Cause 21 is a person's refusal as well, so it becomes a 603+ only by agreement, and only with location user.
 */
export function answerToRelease(
  release: { readonly cause: number; readonly locationBits: number | undefined },
  agreement?: ReleaseAgreement,
): ReleaseAnswer | undefined {
  if (release.cause !== CALL_REJECTED) return undefined
  const location = release.locationBits === undefined ? undefined : locationOf(release.locationBits)
  if (location === undefined)
    return { reply: withReason(STATUS.forbidden, `Q.850;cause=${CALL_REJECTED}`), locationKnown: false }
  if (location === 'U' && agreement !== undefined)
    return { reply: writeNotice({ kind: 'network-blocked', ...agreement }), locationKnown: true }
  const status = location === 'U' ? STATUS.decline : STATUS.forbidden
  return { reply: withReason(status, `Q.850;cause=${CALL_REJECTED};location=${location}`), locationKnown: true }
}

function tableCause(kind: Notice['kind'], { unwantedCause, rejectedCause }: ReleaseTerms): number {
  if (kind === 'unwanted') return unwantedCause
  return kind === 'rejected' ? rejectedCause : CALL_REJECTED
}

/** Q.850 causes have seven bits, and 0 is none. */
function ownCause({ reasons }: SeenNotice): number | undefined {
  const cause = reasons.find((reason) => reason.isQ850)?.cause
  return cause !== undefined && cause > 0 && cause <= Q850_CAUSE_MAX ? cause : undefined
}

/** `tel:+1-800-555-0142;ext=…` without scheme, separators and parameters. RFC 3966 §3. */
function globalNumber(value: string): string {
  const number = value.replace(/^tel:/i, '')
  return number.split(';', 1)[0]!.replace(/[-.()]/g, '')
}

function withReason({ status, phrase }: { status: number; phrase: string }, reason: string): Reply {
  return { status, phrase, fields: [['Reason', reason]] }
}

/** Q.850: call rejected. */
const CALL_REJECTED = 21
const Q850_CAUSE_MAX = 127
export const RELEASE_TERMS: ReleaseTerms = {
  unwantedCause: CALL_REJECTED,
  rejectedCause: CALL_REJECTED,
  ownCauseWins: false,
}
