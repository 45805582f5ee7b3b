import { parseFeatureCaps } from '#codec/sip/feature-caps.ts'
import { FIELD } from '#codec/sip/field.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { type Message, equalsIgnoringCase } from '#codec/sip/message.ts'
import { NameAddrView } from '#codec/sip/name-addr.ts'
import type { RequestView } from '#codec/sip/request.ts'
import { Scanner } from '#codec/sip/scanner.ts'
import { decodeText } from '#codec/sip/text.ts'
import type { UriView } from '#codec/sip/uri.ts'
import { isEmergencyNumber, isEmergencyUrn } from './emergency.ts'
import type { Attestation, CallFacts } from './facts.ts'
import { type DialPlan, isWithheldHost, readNumber } from './number.ts'
import { OTHER, type Party, WITHHELD } from './party.ts'
import { FOUND, type Place, clipName, findParameter, findUriParameter, readPlaces } from './place.ts'
import { NOT_LOOKED, NO_SCORES } from './verification.ts'

/**
 * Reads from an INVITE what rules may know of the call; the request has been checked already (`RequestView`).
 *
 * The calling number is that of P-Asserted-Identity (RFC 3325 §9.1), which listed peers are trusted with, else of From.
 * Throws `Malformed` for a P-Asserted-Identity outside its grammar: another element might read another number from it.
 * Of an emergency call that field is not read. `trunkAt` is where this peer names its trunk; without it, `tgrp` or `trgp` in
 * the Request-URI, else `otg` in From.
 */
export function readCallFacts(
  invite: Message,
  view: RequestView,
  peer: string,
  atMs: number,
  plan?: DialPlan,
  trunkAt?: readonly Place[],
  tenant = '',
): CallFacts {
  const called = numberIn(view.uri, invite.bytes, plan)
  const emergency = isEmergency(invite, view, called)
  // An emergency call is not judged, so nothing that its caller or his network got wrong may stand in its way.
  const asserted = emergency ? undefined : readAsserted(invite, plan)
  return {
    atMs,
    calling: asserted ?? callingNumber(view.from.uri, invite.bytes, plan),
    called,
    peer,
    trunk: trunkAt === undefined ? readTrunk(invite, view) : readPlaces(invite, view, trunkAt),
    tenant,
    attestation: readAttestation(invite, view, asserted !== undefined),
    emergency,
    forwarded: invite.indexOf(FIELD.diversion) >= 0 || invite.indexOf(FIELD.historyInfo) >= 0,
    verification: NOT_LOOKED,
    scores: NO_SCORES,
  }
}

/**
 * What the peer says that a verifier found (`verstat`), and nothing of what the originating side asked for. Of a request
 * that `readCallFacts` has read.
 */
export function readVouched(invite: Message, view: RequestView, plan?: DialPlan): Attestation {
  return readVerstat(invite, view, readAsserted(invite, plan) !== undefined) ?? 'none'
}

/** Whether this is an emergency call, or a call-back from a PSAP that the peer vouches for: all that overload asks of a call. */
export function isEmergencyInvite(invite: Message, view: RequestView, plan?: DialPlan): boolean {
  return isEmergency(invite, view, numberIn(view.uri, invite.bytes, plan))
}

/**
 * Whether the way back to the caller knows the status 608: an element of it said so by `+sip.608` in Feature-Caps. Where none
 * did, whoever blocks owes the caller an announcement. RFC 8688 §3.4, §5.2.
 */
export function knowsRejected(invite: Message): boolean {
  try {
    return invite.all(FIELD.featureCaps).some((value) => parseFeatureCaps(value).some((caps) => caps.has('+sip.608')))
  } catch (fault) {
    // A field that cannot be read promises nothing.
    if (fault instanceof Malformed) return false
    throw fault
  }
}

/** The number in To: whom the caller dialled, which is what was signed, while the Request-URI changes on the way (RFC 8224 §4.1). */
export function readDialled(invite: Message, view: RequestView, plan?: DialPlan): Party {
  return numberIn(view.to.uri, invite.bytes, plan)
}

/** The caller's display name as From gives it, for the record. */
export function readDisplayName(invite: Message, view: RequestView): string {
  return view.from.displayName(invite.bytes) ?? ''
}

/**
 * The first value of P-Asserted-Identity that holds a number; `undefined` where there is no such field. There may be one
 * SIP or SIPS URI and one tel URI, in one line or two, and nothing else.
 */
function readAsserted(invite: Message, plan: DialPlan | undefined): Party | undefined {
  let asserted: Party | undefined
  let hasSip = false
  let hasTel = false
  for (
    let field = invite.indexOf(FIELD.assertedIdentity);
    field >= 0;
    field = invite.indexOf(FIELD.assertedIdentity, field + 1)
  ) {
    const scan = SCAN.over(invite.bytes, invite.valueStart(field), invite.valueEnd(field), 'RFC 3325 §9.1')
    do {
      const valueStart = scan.at
      ASSERTED.readAddress(scan)
      const { kind } = ASSERTED.uri
      if (kind === 'other') scan.fail('uri', valueStart)
      if (kind === 'sip' ? hasSip : hasTel) scan.fail('doubled', valueStart)
      if (kind === 'sip') hasSip = true
      else hasTel = true
      while (scan.parameter());
      if (asserted === undefined || asserted.kind === 'other') {
        asserted = callingNumber(ASSERTED.uri, invite.bytes, plan)
        rememberAsserted(ASSERTED.uri)
      }
    } while (scan.takesComma())
    scan.expectEnd()
  }
  return asserted
}

/** Keeps where the parameters beside the asserted number lie; there are none beside a URI without one. */
function rememberAsserted(uri: UriView): void {
  const { user, parameters } = ASSERTED_USED
  const has = uri.userStart >= 0
  user.start = has ? uri.userStart : 0
  user.end = has ? uri.userEnd : 0
  parameters.start = has ? uri.parametersStart : 0
  parameters.end = has ? uri.parametersEnd : 0
}

function callingNumber(uri: UriView, bytes: Uint8Array, plan: DialPlan | undefined): Party {
  const party = numberIn(uri, bytes, plan)
  const hidden = party.kind === 'other' && uri.kind === 'sip' && isWithheldHost(bytes, uri.hostStart, uri.hostEnd)
  return hidden ? WITHHELD : party
}

function numberIn(uri: UriView, bytes: Uint8Array, plan: DialPlan | undefined): Party {
  return uri.userStart < 0 ? OTHER : readNumber(bytes, uri.userStart, uri.userEnd, plan)
}

/** 47 CFR 64.1200(k)(5), (k)(6): emergency calls, and calls back from a PSAP that the peer vouches for. RFC 7090 §5. */
function isEmergency(invite: Message, view: RequestView, called: Party): boolean {
  if (isEmergencyNumber(called)) return true
  if (view.uri.kind === 'other') return isEmergencyUrn(invite.bytes, invite.requestUriStart, invite.requestUriEnd)
  const priority = invite.indexOf(FIELD.priority)
  if (priority >= 0) {
    const [start, end] = [invite.valueStart(priority), invite.valueEnd(priority)]
    if (equalsIgnoringCase(invite.bytes, start, end, 'psap-callback')) return true
  }
  return invite.all(FIELD.resourcePriority).some((value) => ESNET.test(value))
}

/** The trunk group: `tgrp` in the Request-URI (RFC 4904 §4), else `otg` in From. */
function readTrunk(invite: Message, view: RequestView): string {
  const { bytes } = invite
  const found =
    findUriParameter(bytes, view.uri, 'tgrp=') ||
    findUriParameter(bytes, view.uri, 'trgp=') ||
    findUriParameter(bytes, view.from.uri, 'otg=')
  return found ? clipName(decodeText(bytes, FOUND.start, FOUND.end)) : ''
}

/** `verstat`, or P-Attestation-Indicator. */
function readAttestation(invite: Message, view: RequestView, asserted: boolean): Attestation {
  const verified = readVerstat(invite, view, asserted)
  if (verified !== undefined) return verified
  const indicator = invite.indexOf(FIELD.attestation) < 0 ? undefined : invite.first(FIELD.attestation)
  return indicator === 'A' || indicator === 'B' || indicator === 'C' ? indicator : 'none'
}

/** `verstat` beside the number that was used (3GPP TS 24.229 §7.2A.20); `undefined` where there is none. */
function readVerstat(invite: Message, view: RequestView, asserted: boolean): Attestation | undefined {
  const { bytes } = invite
  const { user, parameters } = ASSERTED_USED
  const found = asserted
    ? findParameter(bytes, user.start, user.end, 'verstat=') ||
      findParameter(bytes, parameters.start, parameters.end, 'verstat=')
    : findUriParameter(bytes, view.from.uri, 'verstat=')
  if (!found) return undefined
  for (const [word, attestation] of VERSTAT)
    if (equalsIgnoringCase(bytes, FOUND.start, FOUND.end, word)) return attestation
  return 'none'
}

/** The namespace of emergency services, one of perhaps several values. RFC 7135 §3. */
const ESNET = /(?:^|,)\s*esnet\.[0-4]\s*(?:,|$)/i
const VERSTAT: readonly (readonly [word: string, attestation: Attestation])[] = [
  ['tn-validation-passed', 'passed'],
  ['tn-validation-passed-a', 'A'],
  ['tn-validation-passed-b', 'B'],
  ['tn-validation-passed-c', 'C'],
  ['tn-validation-failed', 'failed'],
  ['tn-validation-failed-a', 'failed'],
  ['tn-validation-failed-b', 'failed'],
  ['tn-validation-failed-c', 'failed'],
]
const SCAN = new Scanner()
const ASSERTED = new NameAddrView()
const ASSERTED_USED = { user: { start: 0, end: 0 }, parameters: { start: 0, end: 0 } }
