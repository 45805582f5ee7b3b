import { FIELD } from '#codec/sip/field.ts'
import { type Message, equalsIgnoringCase } from '#codec/sip/message.ts'
import { NameAddrView } from '#codec/sip/name-addr.ts'
import { COMMA, SEMICOLON } from '#codec/sip/octets.ts'
import type { RequestView } from '#codec/sip/request.ts'
import { Scanner } from '#codec/sip/scanner.ts'
import { decodeText } from '#codec/sip/text.ts'
import type { UriView } from '#codec/sip/uri.ts'
import { isEmergencyNumber, isEmergencyUrn } from './emergency.ts'
import type { Attestation, CallFacts } from './facts.ts'
import { type DialPlan, isWithheldHost, readNumber } from './number.ts'
import { OTHER, type Party, WITHHELD } from './party.ts'
import { NOT_LOOKED, NO_SCORES } from './verification.ts'

/**
 * Reads from an INVITE what rules may know of the call; the request has been checked already (`RequestView`).
 *
 * The calling number is that of P-Asserted-Identity (RFC 3325 §9.1), which listed peers are trusted with, else of From.
 * Throws `Malformed` for a P-Asserted-Identity outside its grammar: another element might read another number from it.
 * Of an emergency call that field is not read.
 */
export function readCallFacts(
  invite: Message,
  view: RequestView,
  peer: string,
  atMs: number,
  plan?: DialPlan,
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
    trunk: readTrunk(invite, view),
    attestation: readAttestation(invite, view, asserted !== undefined),
    emergency,
    forwarded: invite.indexOf(FIELD.diversion) >= 0 || invite.indexOf(FIELD.historyInfo) >= 0,
    verification: NOT_LOOKED,
    scores: NO_SCORES,
  }
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
  return found ? decodeText(bytes, FOUND.start, FOUND.end) : ''
}

/** `verstat` beside the number that was used (3GPP TS 24.229 §7.2A.20), or P-Attestation-Indicator. */
function readAttestation(invite: Message, view: RequestView, asserted: boolean): Attestation {
  const { bytes } = invite
  const { user, parameters } = ASSERTED_USED
  const found = asserted
    ? findParameter(bytes, user.start, user.end, 'verstat=') ||
      findParameter(bytes, parameters.start, parameters.end, 'verstat=')
    : findUriParameter(bytes, view.from.uri, 'verstat=')
  if (found) {
    for (const [word, attestation] of VERSTAT)
      if (equalsIgnoringCase(bytes, FOUND.start, FOUND.end, word)) return attestation
    return 'none'
  }
  const indicator = invite.indexOf(FIELD.attestation) < 0 ? undefined : invite.first(FIELD.attestation)
  return indicator === 'A' || indicator === 'B' || indicator === 'C' ? indicator : 'none'
}

/** Finds a parameter of a URI, be it in its user part, as telephone numbers have them, or behind the host. */
function findUriParameter(bytes: Uint8Array, uri: UriView, lower: string): boolean {
  if (uri.userStart < 0) return false
  return (
    findParameter(bytes, uri.userStart, uri.userEnd, lower) ||
    findParameter(bytes, uri.parametersStart, uri.parametersEnd, lower)
  )
}

/** Finds `;name=value` between two offsets and leaves the value in `FOUND`; `lower` is the name in lower case with its `=`. */
function findParameter(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
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
/** `;` `@` `>` `?` and `,` end a parameter's value inside a URI. */
const ENDS_VALUE: ReadonlySet<number> = new Set([SEMICOLON, 0x40, 0x3e, 0x3f, COMMA])
const SCAN = new Scanner()
const ASSERTED = new NameAddrView()
const ASSERTED_USED = { user: { start: 0, end: 0 }, parameters: { start: 0, end: 0 } }
const FOUND = { start: 0, end: 0 }
