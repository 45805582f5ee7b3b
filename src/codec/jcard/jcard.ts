/** What a jCard says about whom to ask. RFC 7095; values are as written in it, a telephone number with its `tel:`. */
export type CardContacts = {
  readonly fn?: string
  readonly url?: string
  readonly email?: string
  readonly tel?: string
  /** The address as it stands: text, or its components in the order of RFC 6350 §6.3.1. */
  readonly adr?: string | readonly unknown[]
}

/** A jCard taken apart: the first value of each property that tells how to reach somebody. */
export type Card = {
  readonly contacts: CardContacts
  /** It begins with version 4.0. RFC 7095 §3.3.1.1. */
  readonly versionFirst: boolean
  /** Every property that says something, in order, names in lower case. */
  readonly properties: readonly CardProperty[]
}

/** The first value of a property: text, or a list of components with at least one that says something. */
export type CardProperty = {
  readonly name: string
  readonly type: string
  readonly value: string | readonly unknown[]
}

/**
 * Reads a jCard from parsed JSON. RFC 7095 §3.2. Undefined where it is no jCard at all; a property that is no property
 * is passed over, for a card with one odd line is still a card.
 */
export function readCard(json: unknown): Card | undefined {
  if (!Array.isArray(json) || json[0] !== 'vcard' || !Array.isArray(json[1])) return undefined
  const properties = (json[1] as unknown[]).slice(0, PROPERTIES_MAX).flatMap(readProperty)
  const first = properties[0]
  return {
    contacts: readContacts(properties),
    versionFirst: first?.name === 'version' && first.value === '4.0',
    properties,
  }
}

/** Writes a jCard as the JSON value of RFC 7095 §3.2: version and fn, then what there is of url, email and tel. */
export function writeCard({ name, contact }: { readonly name: string; readonly contact: CardContact }): unknown[] {
  const properties: unknown[] = [
    ['version', {}, 'text', '4.0'],
    ['fn', {}, 'text', name],
  ]
  if (contact.url !== undefined) properties.push(['url', {}, 'uri', contact.url])
  if (contact.email !== undefined) properties.push(['email', { type: 'work' }, 'text', contact.email])
  if (contact.tel !== undefined) properties.push(['tel', { type: 'work' }, 'uri', `tel:${contact.tel}`])
  return ['vcard', properties]
}

/** At least one way to reach somebody; `tel` is `+` and digits. */
export type CardContact =
  | { readonly url: string; readonly tel: string | undefined; readonly email: string | undefined }
  | { readonly url: string | undefined; readonly tel: string; readonly email: string | undefined }
  | { readonly url: string | undefined; readonly tel: string | undefined; readonly email: string }

function readProperty(json: unknown): CardProperty[] {
  if (!Array.isArray(json) || typeof json[0] !== 'string' || typeof json[2] !== 'string') return []
  const value = saying(json[3])
  return value === undefined ? [] : [{ name: json[0].toLowerCase(), type: json[2].toLowerCase(), value }]
}

/** A value that says something: text, or components some of which are text. */
function saying(value: unknown): string | readonly unknown[] | undefined {
  if (typeof value === 'string') return value.trim() === '' ? undefined : value
  if (!Array.isArray(value)) return undefined
  return value.flat().some((part) => typeof part === 'string' && part.trim() !== '') ? value : undefined
}

function readContacts(properties: readonly CardProperty[]): CardContacts {
  const contacts: { -readonly [Name in keyof CardContacts]: CardContacts[Name] } = {}
  for (const { name, value } of properties) {
    if (name === 'adr') contacts.adr ??= value
    else if (typeof value !== 'string') continue
    else if (name === 'fn' || name === 'url' || name === 'email' || name === 'tel') contacts[name] ??= value
  }
  return contacts
}

/** RFC 8688 §3.2.2 asks to cope with a full jCard; nobody's card has more lines than this. */
const PROPERTIES_MAX = 512
