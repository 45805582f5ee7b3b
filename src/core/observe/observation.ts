import { type LintClass, type LintReport, lint } from '#codec/notice/lint.ts'
import { type SeenNotice, readNotice } from '#codec/notice/read.ts'
import { isCard } from '#codec/notice/call-info-value.ts'
import { RULES, type RuleId } from '#codec/notice/rules.ts'
import { type CSeq, parseCSeq } from '#codec/sip/cseq.ts'
import { FIELD } from '#codec/sip/field.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import type { Message } from '#codec/sip/message.ts'
import { NameAddrView } from '#codec/sip/name-addr.ts'
import { decodeText } from '#codec/sip/text.ts'
import { formatParty } from '#core/call/party.ts'
import { readNumber } from '#core/call/number.ts'
import { whoOf, whyOf } from './words.ts'

/** A refusal that the calling side received: what it says, in fields and in words, and what is wrong with it. */
export type Observation = {
  readonly status: number
  readonly phrase: string
  readonly class: LintClass
  /** `+12125550117`, or the URI where its user part is no number. */
  readonly from: string
  readonly to: string
  readonly callId: string
  /** Who refused, as far as the notice tells; in words. */
  readonly who: string
  /** Why, in words. */
  readonly why: string
  /** Where to contest: only contacts that no rule condemns. */
  readonly contest: Contest
  readonly id: string | undefined
  readonly location: string | undefined
  readonly verdict: LintReport['verdict']
  /** What is wrong: rules of severity error or warn, with their meaning. */
  readonly faults: readonly Fault[]
  /** Every rule that fired. */
  readonly rules: readonly RuleId[]
}

/** All parts are as the blocker wrote them: text, not links; nothing here is to be dialled or opened by a machine unasked. */
export type Contest = {
  readonly url: string | undefined
  readonly tel: string | undefined
  readonly email: string | undefined
  /** The signed card of a 608, to be fetched and verified. */
  readonly card: string | undefined
}

export type Fault = { readonly rule: RuleId; readonly severity: 'error' | 'warn' | 'malformed'; readonly text: string }

/** Reads what a refusal tells the caller. It never throws on what was received. */
export function observe(response: Message): Observation {
  const report = lint(response)
  const notice = report.class === 'malformed' ? undefined : readNotice(response)
  const contest = contestOf(notice, report)
  return {
    status: response.status,
    phrase: response.phrase,
    class: report.class,
    from: nameParty(response, FIELD.from),
    to: nameParty(response, FIELD.to),
    callId: response.first(FIELD.callId) ?? '',
    who: whoOf(notice, contest),
    why: report.class === 'malformed' ? WHY_MALFORMED : whyOf(notice, contest, response),
    contest,
    id: notice?.kind === 'network-blocked' && !report.rules.includes('R603P-16') ? notice.id : undefined,
    location: notice?.kind === 'network-blocked' ? notice.location : undefined,
    verdict: report.verdict,
    faults: report.rules.flatMap(faultOf),
    rules: report.rules,
  }
}

/**
 * Tells whether a final response to INVITE ends a call by refusing it; a challenge or the caller's own CANCEL does not. A
 * response without a CSeq that can be read may be one.
 */
export function isRefusal(response: Message): boolean {
  const { status } = response
  if (response.kind !== 'response' || status < 400 || NOT_REFUSALS.has(status)) return false
  const cseq = readCSeq(response)
  return cseq === undefined || cseq.method === 'INVITE'
}

/** Names the call attempt that a response answers, the same on every hop that a proxy relays it over: Call-ID, From tag, CSeq number. */
export function nameCall(response: Message): string {
  const field = response.indexOf(FIELD.from)
  const from = field >= 0 && isRead(response, field)
  const caller = from && VIEW.tagStart >= 0 ? decodeText(response.bytes, VIEW.tagStart, VIEW.tagEnd) : ''
  return [response.first(FIELD.callId) ?? '', caller, readCSeq(response)?.number ?? ''].join('\n')
}

function contestOf(notice: SeenNotice | undefined, { rules }: LintReport): Contest {
  const unless = (value: string | undefined, ...condemning: RuleId[]): string | undefined =>
    condemning.some((rule) => rules.includes(rule)) ? undefined : value
  if (notice?.kind === 'network-blocked') {
    return {
      url: unless(notice.url, 'R603P-11', 'R603P-12'),
      tel: unless(notice.tel, 'R603P-14'),
      email: unless(notice.email, 'R603P-15'),
      card: undefined,
    }
  }
  const card = notice?.kind === 'rejected' ? notice.callInfo.find(isCard)?.uri : undefined
  return { url: undefined, tel: undefined, email: undefined, card: unless(card, 'R608-05', 'R608-08') }
}

function faultOf(rule: RuleId): Fault[] {
  const { severity, text } = RULES[rule]
  return severity === 'error' || severity === 'warn' || severity === 'malformed' ? [{ rule, severity, text }] : []
}

/** The number in From or To, else its URI, else the value as sent; empty where the field is missing. */
export function nameParty(response: Message, id: typeof FIELD.from | typeof FIELD.to): string {
  const field = response.indexOf(id)
  if (field < 0) return ''
  if (!isRead(response, field)) return response.value(field)
  const { bytes } = response
  const { uri } = VIEW
  const number = uri.userStart < 0 ? '' : formatParty(readNumber(bytes, uri.userStart, uri.userEnd))
  return number === '' ? decodeText(bytes, VIEW.uriStart, VIEW.uriEnd) : number
}

/** Points `VIEW` at a From or To; false where the value breaks the grammar. */
function isRead(response: Message, field: number): boolean {
  try {
    VIEW.read(response.bytes, response.valueStart(field), response.valueEnd(field))
    return true
  } catch (fault) {
    if (fault instanceof Malformed) return false
    throw fault
  }
}

function readCSeq(response: Message): CSeq | undefined {
  try {
    const value = response.first(FIELD.cseq)
    return value === undefined ? undefined : parseCSeq(value)
  } catch (fault) {
    if (fault instanceof Malformed) return undefined
    throw fault
  }
}

const VIEW = new NameAddrView()
const WHY_MALFORMED = 'the response breaks the grammar of SIP, so what it says cannot be relied on'
/**
 * Authentication wanted (401, 407), a longer session timer (422), the caller hung up (487), two re-INVITEs at once (491).
 * RFC 3261 §21.4, RFC 4028 §6.
 */
export const NOT_REFUSALS: ReadonlySet<number> = new Set([401, 407, 422, 487, 491])
