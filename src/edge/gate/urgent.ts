import { decodeOctets } from '#codec/sip/text.ts'

/**
 * Whether a datagram may be left unread in an overload: an INVITE in which nothing looks like an emergency call. Much less
 * than reading it, and it errs one way only: a call to a number that happens to hold 911 is read.
 */
export function mayBeLeft(bytes: Uint8Array): boolean {
  for (let at = 0; at < INVITE.length; at++) if (bytes[at] !== INVITE.charCodeAt(at)) return false
  return !URGENT.test(decodeOctets(bytes))
}

const INVITE = 'INVITE '
/**
 * In the request line, an emergency number (with the separators that may stand in it), an escape that could hide one, or a
 * service; anywhere, what marks a call-back or a priority.
 */
const URGENT = /^[^\r\n]*(?:9[-.()]{0,2}1[-.()]{0,2}1|1[-.()]{0,2}1[-.()]{0,2}2|urn:|%)|psap-callback|esnet/i
