import { FIELD } from '#codec/sip/field.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { type Message, equalsAscii } from '#codec/sip/message.ts'
import type { Reply } from '#codec/sip/reply.ts'
import { type RequestView, checkContact } from '#codec/sip/request.ts'
import { splitList } from '#codec/sip/scanner.ts'
import { STATUS } from '#codec/sip/status.ts'
import { isEmergencyUrn } from '#core/call/emergency.ts'

/** What a request that breaks the grammar is told; the reply says nothing of what was wrong in the peer's own words. */
export function replyToFault(fault: Malformed): Reply {
  if (fault.code === 'version') return VERSION_NOT_SUPPORTED
  return fault.code === 'too-long' ? MESSAGE_TOO_LARGE : BAD_REQUEST
}

/**
 * Looks for what stands against judging a well-formed INVITE; undefined when nothing does.
 *
 * Require is not looked at: whatever extension it asks for, a final refusal or *continue* uses none, and a 420 would end a
 * call that nobody wanted blocked.
 */
export function refuseInvite(invite: Message, view: RequestView): Reply | undefined {
  if (!view.methodAgrees(invite) || view.branchIsBare(invite)) return BAD_REQUEST
  if (view.uri.kind !== 'other') return undefined
  return isEmergencyUrn(invite.bytes, invite.requestUriStart, invite.requestUriEnd) ? undefined : UNSUPPORTED_SCHEME
}

/** Answers a request that is neither INVITE nor ACK nor CANCEL. RFC 3261 §8.2. */
export function replyToOther(request: Message, view: RequestView): Reply {
  const known = METHODS.some((method) => request.isMethod(method))
  if (!known) return NOT_IMPLEMENTED
  if (!view.methodAgrees(request) || view.branchIsBare(request)) return BAD_REQUEST
  if (view.uri.kind === 'other') return UNSUPPORTED_SCHEME
  if (!contactIsWell(request)) return BAD_REQUEST
  if (request.isMethod('BYE')) return CALL_DOES_NOT_EXIST
  if (!request.isMethod('OPTIONS')) return METHOD_NOT_ALLOWED
  const required = request.all(FIELD.require).flatMap(splitList).filter(isToken)
  return required.length > 0 ? { ...BAD_EXTENSION, fields: [['Unsupported', required.join(', ')]] } : OPTIONS_OK
}

/** Tells a response to OPTIONS from the rest, for the figures. */
export function isOptions(request: Message): boolean {
  return equalsAscii(request.bytes, request.methodStart, request.methodEnd, 'OPTIONS')
}

function contactIsWell(request: Message): boolean {
  try {
    checkContact(request)
    return true
  } catch (fault) {
    if (fault instanceof Malformed) return false
    throw fault
  }
}

function isToken(text: string): boolean {
  return /^[A-Za-z0-9\-.!%*_+`'~]{1,64}$/.test(text)
}

const ALLOW = ['Allow', 'INVITE, ACK, CANCEL, OPTIONS'] as const

export const BAD_REQUEST: Reply = { ...STATUS.badRequest, fields: [] }
export const FORBIDDEN: Reply = { ...STATUS.forbidden, fields: [] }
export const CANCEL_OK: Reply = { ...STATUS.ok, fields: [] }
export const REQUEST_TERMINATED: Reply = { ...STATUS.requestTerminated, fields: [] }
export const CALL_DOES_NOT_EXIST: Reply = { ...STATUS.callDoesNotExist, fields: [] }
/** A second: whoever is told so shall ask again soon, for overload passes. RFC 3261 §20.33. */
export const OVERLOADED: Reply = { ...STATUS.serviceUnavailable, fields: [['Retry-After', '1']] }
const OPTIONS_OK: Reply = { ...STATUS.ok, fields: [ALLOW] }
const UNSUPPORTED_SCHEME: Reply = { ...STATUS.unsupportedUriScheme, fields: [] }
const METHOD_NOT_ALLOWED: Reply = { ...STATUS.methodNotAllowed, fields: [ALLOW] }
const NOT_IMPLEMENTED: Reply = { ...STATUS.notImplemented, fields: [ALLOW] }
const BAD_EXTENSION: Reply = { ...STATUS.badExtension, fields: [] }
const VERSION_NOT_SUPPORTED: Reply = { ...STATUS.versionNotSupported, fields: [] }
const MESSAGE_TOO_LARGE: Reply = { ...STATUS.messageTooLarge, fields: [] }

/** The methods of RFC 3261 and its extensions; any other is answered 501. */
const METHODS = [
  'OPTIONS',
  'BYE',
  'REGISTER',
  'MESSAGE',
  'SUBSCRIBE',
  'NOTIFY',
  'PUBLISH',
  'INFO',
  'UPDATE',
  'PRACK',
  'REFER',
]
