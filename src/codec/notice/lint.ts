// One thing: which rules a response fires. Class first, then the rules of that class in the order of their numbers.
import type { CardContacts } from '#codec/jcard/jcard.ts'
import type { CardCheck, CardFault } from '#codec/jcard/verify.ts'
import { FIELD } from '#codec/sip/field.ts'
import { Message, equalsAscii, equalsIgnoringCase } from '#codec/sip/message.ts'
import { BACKSLASH, COMMA, CR, DIGIT, EQUAL, GREATER, LESS, LF, QUOTE, SEMICOLON, SP, TAB } from '#codec/sip/octets.ts'
import { STATUS } from '#codec/sip/status.ts'
import { type CallInfoValue, isCard, readCallInfoValues } from './call-info-value.ts'
import { httpHost, isE164, isMailbox, isPlainUrl, isPublicHost, isRedressId } from './contact.ts'
import { freeswitchDetects } from './freeswitch.ts'
import { parseLocation } from './location.ts'
import { TEXT_CHARACTERS_MAX, isBlockLocation } from './notice.ts'
import {
  carriesNotice,
  claimsAnalytics,
  hasFieldsOutside,
  isNetworkBlocked,
  isResidue,
  noticeOf,
  readPhrase,
  readRetryAfter,
} from './read.ts'
import { type ReasonValue, readReasonValues } from './reason-value.ts'
import { RULES, type RuleId } from './rules.ts'

/** What a response is, which rules it fires, and what it says. Values are as sent, even where a rule condemns them. */
export type LintReport = {
  readonly class: LintClass
  /** `deviant` with any rule of severity error; `n/a` for other statuses and for what is no SIP response. */
  readonly verdict: 'conformant' | 'deviant' | 'n/a'
  /** Status, phrase and version of a 603+ are all there. */
  readonly identity603plus: boolean
  /** What FreeSWITCH's own rule says; undefined where nobody can tell. */
  readonly freeswitchDetect: boolean | undefined
  /** Sorted, each once. */
  readonly rules: readonly RuleId[]
  readonly fields: LintFields
}

export type LintClass = '603' | '603+' | '607' | '608' | 'other' | 'malformed'

/** What the response says. The keys from `protocol` to `location` are there for a 603+ only, other keys where they apply. */
export type LintFields = {
  status?: number
  phrase?: string
  /** Number of Reason values. */
  reasons?: number
  protocol?: string | undefined
  cause?: number | undefined
  version?: string | undefined
  url?: string | undefined
  tel?: string | undefined
  email?: string | undefined
  id?: string | undefined
  location?: string | undefined
  unknownKeys?: readonly string[]
  /** Seconds. */
  retryAfter?: number
  callInfo?: readonly { readonly uri: string; readonly purpose: string | undefined }[]
  jws?: { readonly valid: boolean; readonly contacts?: CardContacts }
}

export type LintOptions = {
  /** What became of the cards that were fetched, by their URI. */
  readonly cards?: ReadonlyMap<string, CardCheck>
  /** Known from elsewhere: this answered a call that analytics in the US blocked, at this time (ms since 1970). */
  readonly analyticsBlockAtMs?: number
}

/** Checks a response: octets of one message, or a message already read. It never throws on what was received. */
export function lint(response: Uint8Array | Message, options: LintOptions = NO_OPTIONS): LintReport {
  const message = response instanceof Message ? response : readInto(SCRATCH, response)
  const malformed = malformedRule(message)
  if (malformed !== undefined) return { ...MALFORMED_REPORT, rules: [malformed], fields: {} }

  const { status } = message
  const phrase = readPhrase(message)
  const reasons = message.indexOf(FIELD.reason) < 0 ? NO_REASONS : readReasonValues(message)
  const fields: LintFields = { status, phrase, reasons: reasons.length }
  const rules: RuleId[] = []
  const has = lintSip(message, status, reasons, rules)
  const callInfo = (has & CALL_INFO) === 0 ? NO_CALL_INFO : readCallInfoValues(message)
  if (callInfo.length > 0) {
    if (callInfo.some((value) => value.repeated)) add(rules, 'RSIP-09')
    fields.callInfo = callInfo.map(({ uri, purpose }) => ({ uri, purpose }))
  }
  const retryAfter = (has & RETRY_AFTER) !== 0
  if (retryAfter) {
    const seconds = readRetryAfter(message)
    if (seconds !== undefined) fields.retryAfter = seconds
  }

  const seen: Seen = { message, phrase, reasons, callInfo, retryAfter }
  const notice = status === STATUS.decline.status && isNetworkBlocked(phrase) ? noticeOf(reasons) : undefined
  const identity603plus = notice !== undefined
  let kind: LintClass = 'other'
  if (notice !== undefined) {
    kind = '603+'
    lintNetworkBlocked(seen, notice, fields, rules)
  } else if (status === STATUS.decline.status) {
    kind = '603'
    lintDeclined(seen, options, rules)
  } else if (status === STATUS.unwanted.status) {
    kind = '607'
    lintUnwanted(seen, rules)
  } else if (status === STATUS.rejected.status) {
    kind = '608'
    lintRejected(seen, options, fields, rules)
  } else if (reasons.some(claimsAnalytics)) rules.push('R603P-01')

  if (rules.length > 1) rules.sort()
  return {
    class: kind,
    verdict: kind === 'other' ? 'n/a' : verdictOf(rules),
    identity603plus,
    freeswitchDetect: freeswitchDetects(status, phrase, reasons),
    rules,
    fields,
  }
}

/** Writes a report as one line of JSON; what is not there is `null`, since JSON has no other word for it. */
export function formatReport(report: LintReport): string {
  return JSON.stringify(report, (_, value: unknown) => (value === undefined ? null : value))
}

type Seen = {
  readonly message: Message
  readonly phrase: string
  readonly reasons: readonly ReasonValue[]
  readonly callInfo: readonly CallInfoValue[]
  readonly retryAfter: boolean
}

/** Only a response can be linted; a request is no status line. */
function malformedRule(message: Message): RuleId | undefined {
  const code = message.fault?.code
  if (code === 'start-line' || code === 'version') return 'RSIP-01'
  if (code === 'line-end' || code === 'nul') return 'RSIP-02'
  if (code === 'field-name') return 'RSIP-05'
  if (code !== undefined) return 'RSIP-10'
  return message.kind === 'response' ? undefined : 'RSIP-01'
}

/** The rules of every response; returns which fields are there, one bit each. */
function lintSip(message: Message, status: number, reasons: readonly ReasonValue[], rules: RuleId[]): number {
  let has = 0
  let long = message.end - message.start > MESSAGE_OCTETS_MAX
  let to = -1
  for (let field = 0; field < message.fieldCount; field++) {
    const id = message.fieldId(field)
    has |= 1 << id
    if (id === FIELD.to && to < 0) to = field
    if (message.valueEnd(field) - message.valueStart(field) > VALUE_OCTETS_MAX) long = true
  }
  if ((has & REQUIRED) !== REQUIRED) rules.push('RSIP-03')
  if (status >= 200 && to >= 0 && !hasTag(message, to)) rules.push('RSIP-04')
  if (message.spaceBeforeColon) rules.push('RSIP-06')
  lintReasons(reasons, rules)
  if (long) rules.push('RSIP-10')
  if (message.folded) rules.push('RSIP-11')
  return has
}

function lintReasons(reasons: readonly ReasonValue[], rules: RuleId[]): void {
  let sip = 0
  let q850 = 0
  for (const reason of reasons) {
    if (reason.isSip) sip++
    else if (reason.isQ850) q850++
    if (reason.broken) add(rules, 'RSIP-07')
    if (reason.repeated) add(rules, 'RSIP-09')
  }
  if (sip > 1 || q850 > 1) rules.push('RSIP-08')
}

function lintDeclined({ phrase, reasons, retryAfter }: Seen, options: LintOptions, rules: RuleId[]): void {
  if (retryAfter) rules.push('R603-03')
  const { analyticsBlockAtMs } = options
  if (analyticsBlockAtMs !== undefined && analyticsBlockAtMs >= PLAIN_603_ENDED_MS) rules.push('R603-05')
  if (!isResidue(phrase, reasons)) {
    if (phrase !== STATUS.decline.phrase) rules.push('R603-02')
    rules.push('R603-04')
    return
  }
  rules.push('R603-06')
  if (!isNetworkBlocked(phrase)) rules.push('R603P-02')
  if (reasons.length === 0) rules.push('R603P-04')
  else if (!reasons.some((reason) => (reason.isSip || reason.isQ850) && reason.text !== undefined))
    rules.push('R603P-05')
  else if (!reasons.some(carriesNotice)) rules.push('R603P-07')
  if (reasons.some(hasFieldsOutside)) rules.push('R603P-09')
}

function lintNetworkBlocked(seen: Seen, notice: ReasonValue, fields: LintFields, rules: RuleId[]): void {
  const { message, phrase, reasons, callInfo, retryAfter } = seen
  if (phrase !== STATUS.networkBlocked.phrase) rules.push('R603P-03')
  let other: ReasonValue | undefined
  for (const reason of reasons) {
    if (hasFieldsOutside(reason)) add(rules, 'R603P-09')
    if (!carriesNotice(reason)) continue
    lintText(reason, rules)
    if (notice.isSip && reason.isQ850) other ??= reason
  }
  if (other !== undefined && !sameContacts(notice, other)) rules.push('R603P-24')
  if (retryAfter) rules.push('R603P-25')
  if (!answers(message, 'INVITE')) rules.push('R603P-28')
  if (callInfo.some(isCard)) rules.push('R603P-29')

  const text = notice.analytics!
  fields.protocol = notice.protocol
  fields.cause = notice.cause
  fields.version = text.version
  fields.url = text.url
  fields.tel = text.tel
  fields.email = text.email
  fields.id = text.id
  fields.location = notice.location
  if (text.unknownKeys.length > 0) fields.unknownKeys = text.unknownKeys
}

/** The rules of one Reason value that carries a notice. */
function lintText(reason: ReasonValue, rules: RuleId[]): void {
  const text = reason.analytics!
  const { url, tel, email, id } = text
  if (reason.cause !== (reason.isSip ? CAUSE_SIP : CAUSE_Q850)) add(rules, 'R603P-06')
  if (!text.versionFirst) add(rules, 'R603P-08')
  let reachable = false
  if (url !== undefined) reachable = lintUrl(url, rules)
  if (tel !== undefined) {
    if (isE164(tel)) reachable = true
    else add(rules, 'R603P-14')
  }
  if (email !== undefined) {
    if (isMailbox(email)) reachable = true
    else add(rules, 'R603P-15')
  }
  if (!reachable) add(rules, 'R603P-10')
  if (id !== undefined && !isRedressId(id)) add(rules, 'R603P-16')
  if (text.repeated) add(rules, 'R603P-17')
  if (text.unknownKeys.length > 0) add(rules, 'R603P-18')
  if (text.untidy) add(rules, 'R603P-19')
  lintLocation(reason.location, rules)
  if (text.raw.length > TEXT_CHARACTERS_MAX) add(rules, 'R603P-26')
  if (text.incomplete) add(rules, 'R603P-27')
}

/** Returns whether the url can be used. */
function lintUrl(url: string, rules: RuleId[]): boolean {
  if (isPlainUrl(url)) return true
  const host = httpHost(url)
  if (host === undefined || host.scheme !== 'https') {
    add(rules, 'R603P-11')
    return false
  }
  if (host.userInfo) add(rules, 'R603P-13')
  if (isPublicHost(host.name)) return true
  add(rules, 'R603P-12')
  return false
}

function lintLocation(location: string | undefined, rules: RuleId[]): void {
  if (location === undefined) return add(rules, 'R603P-20')
  if (isBlockLocation(location)) return
  const name = parseLocation(location)
  if (name === undefined) return add(rules, 'R603P-21')
  if (!isBlockLocation(name)) add(rules, 'R603P-22')
  if (name !== location) add(rules, 'R603P-23')
}

function sameContacts(one: ReasonValue, other: ReasonValue): boolean {
  const left = one.analytics!
  const right = other.analytics!
  return left.url === right.url && left.tel === right.tel && left.email === right.email
}

function lintUnwanted({ message, phrase, reasons, callInfo, retryAfter }: Seen, rules: RuleId[]): void {
  if (phrase !== STATUS.unwanted.phrase) rules.push('R607-02')
  if (IN_DIALOG_METHODS.some((method) => answersExactly(message, method))) rules.push('R607-03')
  if (reasons.some((reason) => claimsAnalytics(reason) || hasFieldsOutside(reason) || hasField(reason)))
    rules.push('R607-04')
  if (callInfo.some(isCard)) rules.push('R607-05')
  if (retryAfter) rules.push('R607-06')
  if (reasons.some((reason) => hasOtherCause(reason, STATUS.unwanted.status))) rules.push('R607-07')
}

/** The text names a contact or an id, with or without a version before it. */
function hasField({ analytics }: ReasonValue): boolean {
  return (analytics?.url ?? analytics?.tel ?? analytics?.email ?? analytics?.id) !== undefined
}

function lintRejected(seen: Seen, { cards }: LintOptions, fields: LintFields, rules: RuleId[]): void {
  const { phrase, reasons, callInfo } = seen
  if (phrase !== STATUS.rejected.phrase) rules.push('R608-02')
  if (callInfo.length === 0) rules.push('R608-03')
  for (const value of callInfo) {
    if (!isCard(value)) add(rules, 'R608-04')
    lintCardUri(value, rules)
  }
  if (reasons.some(claimsAnalytics)) rules.push('R608-09')
  rules.push('R608-10')
  if (reasons.some((reason) => hasOtherCause(reason, STATUS.rejected.status))) rules.push('R608-11')
  if (cards === undefined) return
  for (const { uri } of callInfo) {
    const check = cards.get(uri)
    if (check === undefined) continue
    for (const fault of check.faults) add(rules, CARD_RULES[fault])
    fields.jws ??= check.valid && check.card ? { valid: true, contacts: check.card.contacts } : { valid: false }
  }
}

function lintCardUri({ uri, broken }: CallInfoValue, rules: RuleId[]): void {
  const scheme = broken ? '' : uri.slice(0, Math.max(uri.indexOf(':'), 0)).toLowerCase()
  if (scheme === 'data') return add(rules, 'R608-07')
  const host = scheme === 'https' || scheme === 'http' ? httpHost(uri) : undefined
  if (host === undefined) return add(rules, 'R608-05')
  if (host.scheme === 'http') add(rules, 'R608-06')
  if (host.userInfo || !isPublicHost(host.name)) add(rules, 'R608-08')
}

function hasOtherCause(reason: ReasonValue, status: number): boolean {
  return reason.isSip && reason.cause !== undefined && reason.cause !== status
}

/** Tells whether CSeq names this method; a CSeq that is missing or unreadable is no sign of another one. */
function answers(message: Message, method: string): boolean {
  const start = methodStart(message)
  return start < 0 || equalsAscii(message.bytes, start, message.valueEnd(message.indexOf(FIELD.cseq)), method)
}

function answersExactly(message: Message, method: string): boolean {
  return methodStart(message) >= 0 && answers(message, method)
}

/** Where the method stands in CSeq: after a number and white space; -1 where that is not so. */
function methodStart(message: Message): number {
  const field = message.indexOf(FIELD.cseq)
  if (field < 0) return -1
  const { bytes } = message
  const end = message.valueEnd(field)
  let at = message.valueStart(field)
  while (at < end && DIGIT[bytes[at]!] === 1) at++
  const digitsEnd = at
  while (at < end && bytes[at]! <= SP) at++
  return at === digitsEnd || at >= end ? -1 : at
}

/** Finds the `tag` parameter of a To value: outside the quotes of the name and the brackets of the URI. */
function hasTag(message: Message, field: number): boolean {
  const { bytes } = message
  const end = message.valueEnd(field)
  let quoted = false
  let bracketed = false
  for (let at = message.valueStart(field); at < end; at++) {
    const octet = bytes[at]!
    if (quoted) {
      if (octet === BACKSLASH) at++
      else if (octet === QUOTE) quoted = false
    } else if (octet === QUOTE) quoted = true
    else if (octet === LESS) bracketed = true
    else if (octet === GREATER) bracketed = false
    else if (octet === SEMICOLON && !bracketed && isTag(bytes, at + 1, end)) return true
  }
  return false
}

/** `tag`, without case, with a value. RFC 3261 §19.3. */
function isTag(bytes: Uint8Array, from: number, end: number): boolean {
  let at = skipSpace(bytes, from, end)
  if (!equalsIgnoringCase(bytes, at, at + 3, 'tag')) return false
  at = skipSpace(bytes, at + 3, end)
  if (at >= end || bytes[at] !== EQUAL) return false
  at = skipSpace(bytes, at + 1, end)
  return at < end && bytes[at] !== SEMICOLON && bytes[at] !== COMMA
}

function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  while (at < end && (bytes[at] === SP || bytes[at] === TAB || bytes[at] === CR || bytes[at] === LF)) at++
  return at
}

function verdictOf(rules: readonly RuleId[]): 'conformant' | 'deviant' {
  for (const rule of rules) if (RULES[rule].severity === 'error') return 'deviant'
  return 'conformant'
}

function add(rules: RuleId[], rule: RuleId): void {
  if (!rules.includes(rule)) rules.push(rule)
}

function readInto(message: Message, bytes: Uint8Array): Message {
  message.read(bytes)
  return message
}

/** Own limits: what field equipment is known to take. */
const MESSAGE_OCTETS_MAX = 4096
const VALUE_OCTETS_MAX = 1024

const NO_OPTIONS: LintOptions = {}
const NO_REASONS: readonly ReasonValue[] = []
const NO_CALL_INFO: readonly CallInfoValue[] = []
const REQUIRED = (1 << FIELD.via) | (1 << FIELD.from) | (1 << FIELD.to) | (1 << FIELD.callId) | (1 << FIELD.cseq)
const CALL_INFO = 1 << FIELD.callInfo
const RETRY_AFTER = 1 << FIELD.retryAfter
const CAUSE_SIP = STATUS.networkBlocked.status
const CAUSE_Q850 = 21
/** The day FCC 25-15 took effect, at midnight in Washington. */
const PLAIN_603_ENDED_MS = Date.UTC(2026, 2, 25, 4)
const IN_DIALOG_METHODS = ['BYE', 'CANCEL', 'ACK', 'PRACK', 'UPDATE', 'INFO']
const MALFORMED_REPORT = {
  class: 'malformed',
  verdict: 'n/a',
  identity603plus: false,
  freeswitchDetect: false,
} as const
/** The rule that each fault of a card breaks. */
export const CARD_RULES: Readonly<Record<CardFault, RuleId>> = {
  envelope: 'R608-27',
  algorithm: 'R608-20',
  type: 'R608-21',
  'certificate-uri': 'R608-22',
  'issued-at': 'R608-23',
  jcard: 'R608-24',
  contact: 'R608-25',
  signature: 'R608-26',
  form: 'R608-28',
}
/** One view for every message given as octets: a report keeps nothing of it. */
const SCRATCH = new Message()
