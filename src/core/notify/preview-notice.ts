import { FIELD } from '#codec/sip/field.ts'
import { MESSAGE_BYTES_MAX } from '#codec/sip/limits.ts'
import { parseMessage } from '#codec/sip/message.ts'
import { type Source, formatReply } from '#codec/sip/reply.ts'
import { RequestView } from '#codec/sip/request.ts'
import { STATUS } from '#codec/sip/status.ts'
import { encodeText } from '#codec/sip/text.ts'
import { contactFaults } from '#codec/notice/notice.ts'
import { writeNotice } from '#codec/notice/write.ts'
import { parseNumber } from '#core/call/number.ts'
import { type Cause, CAUSES } from '#core/rules/verdict.ts'
import { chooseNotice } from './choose-notice.ts'
import { type Profile, noticeFault } from './notice-choices.ts'
import { type NoticeSettings, makeNoticeTerms } from './notice-terms.ts'

/** A blocked call as far as its notice goes by it. */
export type PreviewedCall = {
  readonly cause: Cause
  /** Whether a 608 would be understood on the way back. */
  readonly knowsRejected: boolean
  /** Whether the caller withholds his number. */
  readonly isWithheld: boolean
}

/** What stands in the answer beside the notice: the INVITE that it answers, who asked, the receipt and the tag. */
export type PreviewedAsk = {
  readonly invite: Uint8Array
  readonly source: Source
  readonly receipt: string
  readonly toTag: string
}

export type NoticePreview =
  /** The octets that leave. */
  | { readonly kind: 'told'; readonly octets: Uint8Array }
  /** The switch is sent to a treatment, where the caller hears an announcement. */
  | { readonly kind: 'announced'; readonly treatment: string }
  /** No rule that is enforced blocks so, and without a contact none may. */
  | { readonly kind: 'untold' }
  /** Such settings are refused, for these reasons. */
  | { readonly kind: 'refused'; readonly faults: readonly string[] }

/** Writes the answer that a blocked call would get by these settings: chosen and written as the gate does. */
export function previewNotice(
  settings: NoticeSettings & { readonly profile: Profile },
  { cause, knowsRejected, isWithheld }: PreviewedCall,
  { invite, source, receipt, toTag }: PreviewedAsk = SAMPLE_ASK,
): NoticePreview {
  const forbidden = CAUSES.flatMap((one) => noticeFault(settings.profile, one, settings.choices[one]) ?? [])
  const terms = makeNoticeTerms(settings)
  // A configuration is refused for a contact that is wrong, also where the desk's page stands in its place.
  const wrong = contactFaults(settings.contact)
  const faults = [...new Set([...forbidden, ...wrong, ...(terms.kind === 'refused' ? terms.faults : [])])]
  if (terms.kind === 'refused' || faults.length > 0) return { kind: 'refused', faults }
  if (cause === 'analytics' && terms.value.analytics === undefined) return { kind: 'untold' }
  const calling = parseNumber(isWithheld ? 'anonymous' : '+12125550117', undefined)
  const refusal = chooseNotice({ cause }, { calling, knowsRejected }, receipt, terms.value)
  if (refusal.kind === 'announced') return { kind: 'announced', treatment: refusal.treatment }
  const reply = refusal.kind === 'forbidden' ? { ...STATUS.forbidden, fields: [] } : writeNotice(refusal)
  const request = parseMessage(invite)
  const view = new RequestView()
  const fault = view.read(request)
  if (fault !== undefined || request.indexOf(FIELD.callId) < 0)
    throw new Error('an answer can be previewed to a sound INVITE only')
  const out = new Uint8Array(MESSAGE_BYTES_MAX + 1)
  const length = formatReply(request, view, reply, source, toTag, out)
  if (length < 0) throw new Error('the answer does not fit a datagram')
  return { kind: 'told', octets: out.slice(0, length) }
}

/** A switch that asks about a call, with a receipt as long as all are. */
export const SAMPLE_ASK: PreviewedAsk = {
  invite: encodeText(
    [
      'INVITE sip:+14155550163@192.0.2.1 SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK74bf9;rport',
      'Max-Forwards: 70',
      'From: <sip:+12125550117@192.0.2.7>;tag=9fxced76sl',
      'To: <sip:+14155550163@192.0.2.1>',
      'Call-ID: 3848276298220188511@192.0.2.7',
      'CSeq: 1 INVITE',
      'Contact: <sip:192.0.2.7:5060>',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  ),
  source: { address: '192.0.2.7', port: 5060 },
  receipt: 'AQc0fWd1m2hYx8bVQeN5tZ3kJr6uLpSgT9oWiE4yRzBaDnKvXlMfHsCqUjP7Gd-_',
  toTag: '4d2f6a8c1b3e5079',
}
