import { FIELD, fieldOf, longName } from '#codec/sip/field.ts'
import { type Message, equalsIgnoringCase } from '#codec/sip/message.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { NameAddrView } from '#codec/sip/name-addr.ts'
import { COMMA, SEMICOLON } from '#codec/sip/octets.ts'
import type { RequestView } from '#codec/sip/request.ts'
import { Scanner } from '#codec/sip/scanner.ts'
import { decodeText } from '#codec/sip/text.ts'
import type { UriView } from '#codec/sip/uri.ts'

/**
 * Where in a request a peer names its trunk or its tenant: a header field of its own, or a parameter of a URI, which may be
 * the Request-URI, From or the first Contact (RFC 4904 §4), in this order. Names are in lower case.
 */
export type Place =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'parameter'; readonly name: string }

/** What the first of the places that says something says; empty where none does. */
export function readPlaces(request: Message, view: RequestView, places: readonly Place[]): string {
  for (const place of places) {
    const text = place.kind === 'header' ? readHeader(request, place.name) : readParameter(request, view, place.name)
    if (text !== '') return text
  }
  return ''
}

/** Finds a parameter of a URI, be it in its user part, as telephone numbers have them, or behind the host; its value lies in `FOUND`. */
export function findUriParameter(bytes: Uint8Array, uri: UriView, lower: string): boolean {
  if (uri.userStart >= 0 && findParameter(bytes, uri.userStart, uri.userEnd, lower)) return true
  return uri.kind !== 'other' && findParameter(bytes, uri.parametersStart, uri.parametersEnd, lower)
}

/** Finds `;name=value` between two offsets and leaves the value in `FOUND`; `lower` is the name in lower case with its `=`. */
export function findParameter(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
  for (let at = start; at + lower.length < end; at++) {
    if (bytes[at] !== SEMICOLON) continue
    const value = at + 1 + lower.length
    if (!equalsIgnoringCase(bytes, at + 1, value, lower)) continue
    FOUND.start = value
    FOUND.end = value
    while (FOUND.end < end && !ENDS_VALUE.has(bytes[FOUND.end]!)) FOUND.end++
    return true
  }
  return false
}

/** Where the value of the last parameter that was found lies. */
export const FOUND = { start: 0, end: 0 }

function readHeader(request: Message, name: string): string {
  const id = fieldOf(name)
  if (id !== FIELD.other) return clipName((request.first(id) ?? '').trim())
  for (let field = 0; field < request.fieldCount; field++) {
    if (request.fieldId(field) !== FIELD.other) continue
    const { name: given, value } = request.field(field)
    if (longName(given) === name) return clipName(value.trim())
  }
  return ''
}

function readParameter(request: Message, view: RequestView, name: string): string {
  const { bytes } = request
  const lower = `${name}=`
  const found =
    findUriParameter(bytes, view.uri, lower) ||
    findUriParameter(bytes, view.from.uri, lower) ||
    (readContact(request) && findUriParameter(bytes, CONTACT.uri, lower))
  return found ? clipName(decodeText(bytes, FOUND.start, FOUND.end)) : ''
}

/** Reads the first Contact; a broken one names nothing, and costs nobody his call. */
function readContact(request: Message): boolean {
  const field = request.indexOf(FIELD.contact)
  if (field < 0) return false
  try {
    CONTACT.readAddress(SCAN.over(request.bytes, request.valueStart(field), request.valueEnd(field), 'RFC 3261 §20.10'))
    return true
  } catch (fault) {
    if (fault instanceof Malformed) return false
    throw fault
  }
}

/** What is longer, or holds a control character, names nothing: it goes into the ledger as it is. */
export function clipName(text: string): string {
  return text.length > NAME_CHARACTERS_MAX || /[\u0000-\u001f\u007f-\u009f]/.test(text) ? '' : text
}

/** The longest name of a trunk or tenant that is taken from a message. */
const NAME_CHARACTERS_MAX = 100
/** `;` `@` `>` `?` and `,` end a parameter's value inside a URI. */
const ENDS_VALUE: ReadonlySet<number> = new Set([SEMICOLON, 0x40, 0x3e, 0x3f, COMMA])
const SCAN = new Scanner()
const CONTACT = new NameAddrView()
