import { FIELD } from '#codec/sip/field.ts'
import type { Message } from '#codec/sip/message.ts'
import { NameAddrView } from '#codec/sip/name-addr.ts'
import { COMMA, EQUAL, SEMICOLON } from '#codec/sip/octets.ts'
import type { RequestView } from '#codec/sip/request.ts'
import { Scanner } from '#codec/sip/scanner.ts'
import { decodeText } from '#codec/sip/text.ts'
import type { UriView } from '#codec/sip/uri.ts'
import { isEmergencyNumber, isEmergencyUrn } from './emergency.ts'
import type { Attestation, CallFacts } from './facts.ts'
import { type DialPlan, isWithheldHost, readNumber } from './number.ts'
import { OTHER, type Party, WITHHELD } from './party.ts'

/**
 * Reads from an INVITE what rules may know of the call; the request has been checked already (`RequestView`).
 *
 * The calling number is that of P-Asserted-Identity (RFC 3325 §9.1), which listed peers are trusted with, else of From.
 * Throws `Malformed` for a P-Asserted-Identity outside its grammar: another element might read another number from it.
 */
export function readCallFacts(
  invite: Message,
  view: RequestView,
  peer: string,
  atMs: number,
  plan?: DialPlan,
): CallFacts {
  const called = numberIn(view.uri, invite.bytes, plan)
  const asserted = readAsserted(invite, plan)
  return {
    atMs,
    calling: asserted ?? callingNumber(view.from.uri, invite.bytes, plan),
    called,
    peer,
    trunk: readTrunk(invite, view),
    attestation: readAttestation(invite, view, asserted !== undefined),
    emergency: isEmergency(invite, view, called),
    forwarded: invite.indexOf(FIELD.diversion) >= 0 || invite.indexOf(FIELD.historyInfo) >= 0,
  }
}

/** The caller's display name as From gives it, for the record. */
export function readDisplayName(invite: Message, view: RequestView): string {
  return view.from.displayName(invite.bytes) ?? ''
}

/** The first value of P-Asserted-Identity that holds a number; `undefined` where there is no such field. */
function readAsserted(invite: Message, plan: DialPlan | undefined): Party | undefined {
  let asserted: Party | undefined
  for (
    let field = invite.indexOf(FIELD.assertedIdentity);
    field >= 0;
    field = invite.indexOf(FIELD.assertedIdentity, field + 1)
  ) {
    const scan = SCAN.over(invite.bytes, invite.valueStart(field), invite.valueEnd(field), 'RFC 3325 §9.1')
    do {
      ASSERTED.readAddress(scan)
      while (scan.parameter());
      if (asserted === undefined || asserted.kind === 'other') {
        asserted = callingNumber(ASSERTED.uri, invite.bytes, plan)
        ASSERTED_USER.start = ASSERTED.uri.userStart
        ASSERTED_USER.end = ASSERTED.uri.parametersEnd
      }
    } while (scan.takesComma())
    scan.expectEnd()
  }
  return asserted
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
  if (invite.first(FIELD.priority)?.toLowerCase() === 'psap-callback') return true
  return invite.all(FIELD.resourcePriority).some((value) => value.toLowerCase().includes('esnet.'))
}

/** The trunk group: `tgrp` in the Request-URI (RFC 4904 §4), else `otg` in From. */
function readTrunk(invite: Message, view: RequestView): string {
  const { bytes } = invite
  const { uri, from } = view
  return (
    parameterIn(bytes, uri.userStart, uri.parametersEnd, 'tgrp=') ??
    parameterIn(bytes, uri.userStart, uri.parametersEnd, 'trgp=') ??
    parameterIn(bytes, from.uri.userStart, from.uriEnd, 'otg=') ??
    ''
  )
}

/** `verstat` beside the number that was used (3GPP TS 24.229 §7.2A.20), or P-Attestation-Indicator. */
function readAttestation(invite: Message, view: RequestView, asserted: boolean): Attestation {
  const { bytes } = invite
  const verstat = asserted
    ? parameterIn(bytes, ASSERTED_USER.start, ASSERTED_USER.end, 'verstat=')
    : parameterIn(bytes, view.from.uri.userStart, view.from.uriEnd, 'verstat=')
  if (verstat !== undefined) return VERSTAT.get(verstat.toLowerCase()) ?? 'none'
  const indicator = invite.indexOf(FIELD.attestation) < 0 ? undefined : invite.first(FIELD.attestation)
  return indicator === 'A' || indicator === 'B' || indicator === 'C' ? indicator : 'none'
}

/** The value of `;name=value` between two offsets; `lower` is the name in lower case with its `=`. */
function parameterIn(bytes: Uint8Array, start: number, end: number, lower: string): string | undefined {
  if (start < 0) return undefined
  for (let at = start; at + lower.length < end; at++) {
    if (bytes[at] !== SEMICOLON) continue
    let same = 0
    while (
      same < lower.length &&
      (bytes[at + 1 + same]! | (lower.charCodeAt(same) === EQUAL ? 0 : 0x20)) === lower.charCodeAt(same)
    )
      same++
    if (same < lower.length) continue
    const valueStart = at + 1 + same
    let valueEnd = valueStart
    while (valueEnd < end && !ENDS_VALUE.has(bytes[valueEnd]!)) valueEnd++
    return decodeText(bytes, valueStart, valueEnd)
  }
  return undefined
}

const VERSTAT: ReadonlyMap<string, Attestation> = new Map([
  ['tn-validation-passed', 'passed'],
  ['tn-validation-passed-a', 'A'],
  ['tn-validation-passed-b', 'B'],
  ['tn-validation-passed-c', 'C'],
  ['tn-validation-failed', 'failed'],
  ['tn-validation-failed-a', 'failed'],
  ['tn-validation-failed-b', 'failed'],
  ['tn-validation-failed-c', 'failed'],
])
/** `;` `@` `>` `?` and `,` end a parameter's value inside a URI. */
const ENDS_VALUE: ReadonlySet<number> = new Set([SEMICOLON, 0x40, 0x3e, 0x3f, COMMA])
const SCAN = new Scanner()
const ASSERTED = new NameAddrView()
const ASSERTED_USER = { start: -1, end: -1 }
