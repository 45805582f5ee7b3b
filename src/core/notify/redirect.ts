import type { Message } from '#codec/sip/message.ts'
import type { RequestView } from '#codec/sip/request.ts'
import type { Source } from '#codec/sip/reply.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { decodeText } from '#codec/sip/text.ts'
import { parseUri } from '#codec/sip/uri.ts'

/**
 * Where a switch is sent by the Contact of a 302: a URI with places to fill in, in pieces. A piece is text, or the name of
 * a place.
 *
 *     sip:announce@192.0.2.9;calling={calling}
 */
export type Redirect = readonly Piece[]
export type Piece = { readonly text: string } | { readonly fill: Fill }
/** The user part of the Request-URI as sent; the two numbers as the ledger writes them; where the peer itself is. */
export type Fill = (typeof FILLS)[number]
export const FILLS = ['user', 'calling', 'called', 'peer'] as const

/** What is filled in. */
export type Fillings = { readonly [fill in Fill]: string }

/** Reads a redirect as an operator writes it; `undefined` where no call could be sent there. */
export function parseRedirect(text: string): Redirect | undefined {
  const pieces = text.split(/(\{[a-z]*\})/).filter((piece) => piece !== '')
  const redirect = pieces.map((piece): Piece | undefined => {
    if (!piece.startsWith('{')) return { text: piece }
    const fill = FILLS.find((fill) => piece === `{${fill}}`)
    return fill === undefined ? undefined : { fill }
  })
  if (!redirect.every((piece) => piece !== undefined)) return undefined
  return SAMPLES.every((sample) => isTarget(formatRedirect(redirect, sample))) ? redirect : undefined
}

/** Writes the URI for one call; what is not known of it is filled in by a word. */
export function formatRedirect(redirect: Redirect, fillings: Fillings): string {
  let isBehindUser = false
  return redirect
    .map((piece) => {
      if ('text' in piece) {
        isBehindUser ||= piece.text.includes('@')
        return piece.text
      }
      const filling = fillings[piece.fill] || NOBODY
      // Behind the host, what the caller wrote must stay one value: no parameter and no header field of its own.
      return isBehindUser && piece.fill !== 'peer' ? escapeValue(filling) : filling
    })
    .join('')
}

/** The user part of the Request-URI as sent, or a word where it has none: nothing that would end a URI can stand in it. */
export function userOf({ bytes }: Message, { uri }: RequestView): string {
  return uri.kind === 'other' || uri.userStart < 0 ? NOBODY : decodeText(bytes, uri.userStart, uri.userEnd)
}

/** Host and port as they stand in a URI. */
export function formatHost({ address, port }: Source): string {
  const [host = ''] = address.split('%')
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/**
 * The URI that sends a call back to the peer: the Request-URI with the peer's own host and port. One that names a service
 * and no host, such as an emergency URN, stays as it is.
 */
export function redirectBack(invite: Message, view: RequestView, peer: string): string {
  const { bytes } = invite
  const { uri } = view
  const whole = (): string => decodeText(bytes, invite.requestUriStart, invite.requestUriEnd)
  if (uri.kind === 'other') return whole()
  const parameters = harmless(decodeText(bytes, uri.parametersStart, uri.parametersEnd))
  if (uri.kind === 'tel') return `sip:${userOf(invite, view)}${parameters}@${peer};user=phone`
  const user = uri.userStart < 0 ? '' : `${userOf(invite, view)}@`
  return `${uri.secure ? 'sips' : 'sip'}:${user}${peer}${parameters}`
}

/** URI parameters without those that say where a request goes, which would lead the peer elsewhere. RFC 3261 §19.1.1. */
function harmless(parameters: string): string {
  return parameters
    .split(';')
    .filter((parameter) => !STEERING.has(unescaped(parameter.split('=')[0]!).toLowerCase()))
    .join(';')
}

function unescaped(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
}

function escapeValue(text: string): string {
  return text.replace(/[^A-Za-z0-9_.!~*'()+%-]/g, (character) => encodeURIComponent(character).replace(/^[^%]/, hex))
}

function hex(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

function isTarget(text: string): boolean {
  try {
    const { kind } = parseUri(text)
    return kind !== 'other' && /^[\x21\x23-\x3b\x3d\x3f-\x7e]+$/.test(text)
  } catch (fault) {
    if (fault instanceof Malformed) return false
    throw fault
  }
}

const NOBODY = 'unknown'
const STEERING: ReadonlySet<string> = new Set(['maddr', 'transport', 'ttl', 'method', 'lr'])
const SAMPLES: readonly Fillings[] = [
  { user: '+14155550163;npdi', calling: '+12125550117', called: '+14155550163', peer: '192.0.2.7:5060' },
  { user: 'a%20b:c', calling: 'withheld', called: '', peer: '[2001:db8::7]:5060' },
]
