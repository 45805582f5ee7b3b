import { ID_CHARACTERS_MAX, cardUriFaults, emailFaults, idFaults, telFaults, urlFaults } from './contact.ts'

/** What a refused caller is told. Every value of this type can be written without a deviation. */
export type Notice = NetworkBlocked | Declined | Unwanted | Rejected | AnonymityDisallowed

/** 603+: a network's analytics refused the call, and says whom to ask. ATIS-1000099. */
export type NetworkBlocked = {
  readonly kind: 'network-blocked'
  /** Which protocol the Reason value names; both are valid, and the text is the same. */
  readonly form: 'SIP' | 'Q.850'
  readonly contact: RedressContact
  readonly id: RedressId | undefined
  readonly location: BlockLocation
}

/** 603: the call was refused, and nothing is said about why. RFC 3261 §21.6.2. */
export type Declined = {
  readonly kind: 'declined'
  /** Whole seconds until another try may fare better. RFC 3261 §20.33. */
  readonly retryAfterS: number | undefined
}

/** 607: the person called does not want this caller. It carries no contact on purpose. RFC 8197. */
export type Unwanted = { readonly kind: 'unwanted' }

/** 608: an intermediary refused the call; the card says whom to ask. RFC 8688. */
export type Rejected = {
  readonly kind: 'rejected'
  /** Where the signed card lies; leaving it out is lawful only where the caller would abuse it (RFC 8688 §6). */
  readonly cardUri: CardUri | undefined
}

/** 433: a caller who hides his number was refused for that; it carries no contact. RFC 5079. */
export type AnonymityDisallowed = { readonly kind: 'anonymity-disallowed' }

/** Whom to ask about a block: at least one of the three, each already checked. */
export type RedressContact =
  | { readonly url: RedressUrl; readonly tel: RedressTel | undefined; readonly email: RedressEmail | undefined }
  | { readonly url: RedressUrl | undefined; readonly tel: RedressTel; readonly email: RedressEmail | undefined }
  | { readonly url: RedressUrl | undefined; readonly tel: RedressTel | undefined; readonly email: RedressEmail }

/** An https URL on a public host name, in characters that need no escape in a 603+ text. */
export type RedressUrl = Branded<'RedressUrl'>

/** `+` and 2-15 digits. ITU-T E.164. */
export type RedressTel = Branded<'RedressTel'>

/** An ASCII address with a dotted domain, at most 254 characters. */
export type RedressEmail = Branded<'RedressEmail'>

/** What the blocker finds the call by: 1-64 of letters, digits, `_` and `-`. */
export type RedressId = Branded<'RedressId'>

/** An https URI on a public host name that may stand between the angle brackets of Call-Info. */
export type CardUri = Branded<'CardUri'>

/** Where a call was blocked, in the names of RFC 8606 §4 that a 603+ may carry. */
export type BlockLocation = (typeof BLOCK_LOCATIONS)[number]

/** Originating, transit and terminating network; private network on the calling side, on the called side. */
export const BLOCK_LOCATIONS = ['LN', 'TN', 'RLN', 'LPN', 'RPN'] as const

/** The answer of a check at the door: the value, or everything that is wrong with it, in words. */
export type Checked<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'refused'; readonly faults: readonly string[] }

/** What is wrong with each part of a redress contact by itself, in words. */
export function contactFaults({ url, tel, email }: ContactParts): string[] {
  return [
    ...(url === undefined ? [] : urlFaults(url)),
    ...(tel === undefined ? [] : telFaults(tel)),
    ...(email === undefined ? [] : emailFaults(email)),
  ]
}

/** The parts of a redress contact as somebody wrote them. */
export type ContactParts = {
  readonly url?: string | undefined
  readonly tel?: string | undefined
  readonly email?: string | undefined
}

/**
 * Checks a redress contact. Two or three of its parts may be left out, never all, and together they must leave room for
 * an id of full length in a text of 512 characters.
 */
export function redressContact(parts: ContactParts): Checked<RedressContact> {
  const { url, tel, email } = parts
  const faults = contactFaults(parts)
  if (url === undefined && tel === undefined && email === undefined)
    faults.push('a contact needs at least one of url, tel and email')
  const length = CONTACT_OVERHEAD + (url?.length ?? 0) + (tel?.length ?? 0) + (email?.length ?? 0)
  if (length > TEXT_CHARACTERS_MAX)
    faults.push(`url, tel and email together are ${length - TEXT_CHARACTERS_MAX} characters too long`)
  return faults.length > 0 ? { kind: 'refused', faults } : { kind: 'ok', value: { url, tel, email } as RedressContact }
}

/** Contacts whose url ends in the id of the call: checked once, so that on the call path nothing is left to check. */
export type RedressContactTemplate = {
  /** All of the url before the id. */
  readonly urlBeforeId: Branded<'UrlBeforeId'>
  readonly tel: RedressTel | undefined
  readonly email: RedressEmail | undefined
}

/** Checks contacts whose url ends in an id, as if with an id of full length. */
export function redressContactTemplate(parts: {
  /** Such as `https://redress.northwire.example/r/`. */
  readonly urlBeforeId: string
  readonly tel?: string | undefined
  readonly email?: string | undefined
}): Checked<RedressContactTemplate> {
  const { urlBeforeId, tel, email } = parts
  const longest = redressContact({ url: `${urlBeforeId}${'x'.repeat(ID_CHARACTERS_MAX)}`, tel, email })
  if (longest.kind === 'refused') return longest
  if (!urlBeforeId.endsWith('/') && !urlBeforeId.endsWith('='))
    return { kind: 'refused', faults: [`${urlBeforeId} does not end in "/" or "=", so no id can follow it`] }
  return { kind: 'ok', value: { urlBeforeId, tel, email } as RedressContactTemplate }
}

/** The contact for one call. */
export function contactFor(template: RedressContactTemplate, id: RedressId): RedressContact {
  return { url: `${template.urlBeforeId}${id}` as RedressUrl, tel: template.tel, email: template.email }
}

/** Checks a redress id. */
export function redressId(text: string): Checked<RedressId> {
  return checked(text, idFaults(text))
}

/** Checks the URI of a card. */
export function cardUri(text: string): Checked<CardUri> {
  return checked(text, cardUriFaults(text))
}

/** Tells whether a word, in capitals, is a location that a 603+ may carry. */
export function isBlockLocation(text: string): text is BlockLocation {
  return (BLOCK_LOCATIONS as readonly string[]).includes(text)
}

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

function checked<T extends string>(text: string, faults: readonly string[]): Checked<T> {
  return faults.length > 0 ? { kind: 'refused', faults } : { kind: 'ok', value: text as T }
}

/** The longest text this software writes, and the longest it lets pass without a warning. */
export const TEXT_CHARACTERS_MAX = 512

/** Keys and separators of a full text, and an id of full length. */
const CONTACT_OVERHEAD = 'v=analytics1;url=;tel=;email=;id='.length + ID_CHARACTERS_MAX
