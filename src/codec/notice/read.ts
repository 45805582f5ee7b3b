import { FIELD } from '#codec/sip/field.ts'
import { type Message, equalsAscii } from '#codec/sip/message.ts'
import { STATUS } from '#codec/sip/status.ts'
import { ANALYTICS_VERSION, type AnalyticsText } from './analytics-text.ts'
import { type CallInfoValue, readCallInfoValues } from './call-info-value.ts'
import { type ReasonValue, readReasonValues } from './reason-value.ts'

/** A notice as it was received: what it claims, with nothing checked or repaired. Lint it before you act on it. */
export type SeenNotice = SeenNetworkBlocked | SeenDeclined | SeenUnwanted | SeenRejected | SeenAnonymityDisallowed

/** A 603+: status, phrase and version are right; every other value is as sent. */
export type SeenNetworkBlocked = Seen<'network-blocked'> & {
  /** The Reason value that carries the notice; of a SIP and a Q.850 one, the SIP one. */
  readonly reason: ReasonValue
  readonly form: 'SIP' | 'Q.850'
  readonly text: AnalyticsText
  readonly url: string | undefined
  readonly tel: string | undefined
  readonly email: string | undefined
  readonly id: string | undefined
  readonly location: string | undefined
}

/** A plain 603. */
export type SeenDeclined = Seen<'declined'> & {
  readonly retryAfterS: number | undefined
  /** It bears traces of a 603+: the evidence is in `reasons` and `phrase`, and promises nothing. */
  readonly residue: boolean
}

export type SeenUnwanted = Seen<'unwanted'>

/** A 608, with whatever its Call-Info fields say. */
export type SeenRejected = Seen<'rejected'> & { readonly callInfo: readonly CallInfoValue[] }

export type SeenAnonymityDisallowed = Seen<'anonymity-disallowed'>

type Seen<Kind extends string> = {
  readonly kind: Kind
  readonly phrase: string
  /** Every Reason value of the response, in order. */
  readonly reasons: readonly ReasonValue[]
}

/** Reads which notice a response is; undefined where it is none. A broken message gives what can be read of it. */
export function readNotice(response: Message): SeenNotice | undefined {
  if (response.kind !== 'response') return undefined
  const { status } = response
  if (!STATUSES.has(status)) return undefined
  const phrase = readPhrase(response)
  const reasons = readReasonValues(response)
  if (status === STATUS.unwanted.status) return { kind: 'unwanted', phrase, reasons }
  if (status === STATUS.anonymityDisallowed.status) return { kind: 'anonymity-disallowed', phrase, reasons }
  if (status === STATUS.rejected.status)
    return { kind: 'rejected', phrase, reasons, callInfo: readCallInfoValues(response) }

  const reason = isNetworkBlocked(phrase) ? noticeOf(reasons) : undefined
  const text = reason?.analytics
  if (reason === undefined || text === undefined) {
    const retryAfterS = readRetryAfter(response)
    return { kind: 'declined', phrase, reasons, retryAfterS, residue: isResidue(phrase, reasons) }
  }
  const { url, tel, email, id } = text
  const form = reason.isSip ? 'SIP' : 'Q.850'
  return {
    kind: 'network-blocked',
    phrase,
    reasons,
    reason,
    form,
    text,
    url,
    tel,
    email,
    id,
    location: reason.location,
  }
}

/** The phrase, without a new string for the usual ones. */
export function readPhrase(response: Message): string {
  const { bytes, requestUriStart: start, requestUriEnd: end } = response
  for (const phrase of USUAL_PHRASES) if (equalsAscii(bytes, start, end, phrase)) return phrase
  return response.phrase
}

/** The phrase that marks a 603+, without the case of ASCII letters: U+212A is no K, here as in C's `strcasecmp`. */
export function isNetworkBlocked(phrase: string): boolean {
  if (phrase === NETWORK_BLOCKED) return true
  if (phrase.length !== NETWORK_BLOCKED.length) return false
  for (let at = 0; at < phrase.length; at++) {
    const code = phrase.charCodeAt(at)
    if ((code >= 65 && code <= 90 ? code + 32 : code) !== NETWORK_BLOCKED_LOWER.charCodeAt(at)) return false
  }
  return true
}

/** The Reason value that carries the text of a 603+, the SIP one first. */
export function noticeOf(reasons: readonly ReasonValue[]): ReasonValue | undefined {
  let found: ReasonValue | undefined
  for (const reason of reasons) {
    if (!carriesNotice(reason)) continue
    if (reason.isSip) return reason
    found ??= reason
  }
  return found
}

export function carriesNotice(reason: ReasonValue): boolean {
  return (reason.isSip || reason.isQ850) && reason.analytics?.version === ANALYTICS_VERSION
}

/** Tells whether a 603 that is no 603+ bears traces of one. */
export function isResidue(phrase: string, reasons: readonly ReasonValue[]): boolean {
  return isNetworkBlocked(phrase) || reasons.some((reason) => claimsAnalytics(reason) || hasFieldsOutside(reason))
}

/** The text names a version of the analytics format, known or not. */
export function claimsAnalytics(reason: ReasonValue): boolean {
  const version = reason.analytics?.version
  return version !== undefined && version.slice(0, ANALYTICS.length).toLowerCase() === ANALYTICS
}

/** Fields of a 603+ stand as parameters of a SIP or Q.850 value; other protocols may use such names as they like. */
export function hasFieldsOutside(reason: ReasonValue): boolean {
  return reason.outside.length > 0 && (reason.isSip || reason.isQ850)
}

/** The seconds of Retry-After, where it begins with a number. RFC 3261 §20.33. */
export function readRetryAfter(response: Message): number | undefined {
  const field = response.indexOf(FIELD.retryAfter)
  if (field < 0) return undefined
  const digits = DELTA_SECONDS.exec(response.value(field))
  return digits === null ? undefined : Number(digits[0])
}

const ANALYTICS = 'analytics'
const NETWORK_BLOCKED = STATUS.networkBlocked.phrase
const NETWORK_BLOCKED_LOWER = NETWORK_BLOCKED.toLowerCase()
const USUAL_PHRASES = [NETWORK_BLOCKED, STATUS.decline.phrase, STATUS.unwanted.phrase, STATUS.rejected.phrase]
const DELTA_SECONDS = /^[0-9]{1,10}/
const STATUSES: ReadonlySet<number> = new Set([
  STATUS.anonymityDisallowed.status,
  STATUS.decline.status,
  STATUS.unwanted.status,
  STATUS.rejected.status,
])
