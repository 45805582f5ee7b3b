import { readNotice } from '#codec/notice/read.ts'
import { CSeqView } from '#codec/sip/cseq.ts'
import { FIELD, type FieldId } from '#codec/sip/field.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { Message, equalsAscii } from '#codec/sip/message.ts'
import { NameAddrView } from '#codec/sip/name-addr.ts'
import { RequestView } from '#codec/sip/request.ts'
import { decodeText } from '#codec/sip/text.ts'
import { ViaView } from '#codec/sip/via.ts'
import type { DialPlan } from '#core/call/number.ts'
import { formatParty } from '#core/call/party.ts'
import { readCallFacts } from '#core/call/read-facts.ts'

/**
 * What a copy of a SIP message says of how a call goes: the beginning of a call, an answer to it, its caller giving up, its
 * end. Strings are as sent; numbers as the ledger writes them.
 */
export type SeenMessage =
  | (SeenPart & { readonly kind: 'invite'; readonly branch: string; readonly calling: string; readonly called: string })
  | (SeenPart & {
      readonly kind: 'answer'
      readonly branch: string
      readonly toTag: string
      readonly status: number
      /** A network says that it blocked the call: 603+, 607, 608 or 433. */
      readonly isNotice: boolean
    })
  | (SeenPart & { readonly kind: 'cancel' })
  | (SeenPart & { readonly kind: 'bye'; readonly toTag: string })

type SeenPart = { readonly callId: string; readonly fromTag: string }

/**
 * Reads a copy; undefined where it says nothing of a call's way: other methods and answers to them, requests within a call,
 * emergency calls, which no rule judges. The numbers are read as the gate reads them (`readCallFacts`). Throws `Malformed`.
 */
export function readSeenMessage(bytes: Uint8Array, plan?: DialPlan): SeenMessage | undefined {
  MESSAGE.read(bytes)
  if (MESSAGE.fault !== undefined) throw MESSAGE.fault
  if (MESSAGE.kind === 'response') return readAnswer(MESSAGE)
  if (MESSAGE.isMethod('INVITE')) return readInvite(MESSAGE, plan)
  if (MESSAGE.isMethod('CANCEL')) return { kind: 'cancel', ...readPart(MESSAGE) }
  return MESSAGE.isMethod('BYE') ? { kind: 'bye', ...readPart(MESSAGE), toTag: tagOf(MESSAGE, FIELD.to) } : undefined
}

function readInvite(invite: Message, plan: DialPlan | undefined): SeenMessage | undefined {
  const fault = REQUEST.read(invite)
  if (fault !== undefined) throw fault
  if (REQUEST.to.tagStart >= 0) return undefined
  const { calling, called, emergency } = readCallFacts(invite, REQUEST, '', 0, plan)
  if (emergency) return undefined
  const parties = { calling: formatParty(calling), called: formatParty(called) }
  return { kind: 'invite', ...readPart(invite), branch: branchOf(invite), ...parties }
}

function readAnswer(answer: Message): SeenMessage | undefined {
  const at = required(answer, FIELD.cseq)
  CSEQ.read(answer.bytes, answer.valueStart(at), answer.valueEnd(at))
  if (!equalsAscii(answer.bytes, CSEQ.methodStart, CSEQ.methodEnd, 'INVITE')) return undefined
  const { status } = answer
  const part = { ...readPart(answer), branch: branchOf(answer), toTag: tagOf(answer, FIELD.to) }
  return { kind: 'answer', ...part, status, isNotice: status >= 300 && isNotice(answer) }
}

function isNotice(answer: Message): boolean {
  const kind = readNotice(answer)?.kind
  return kind !== undefined && kind !== 'declined'
}

function readPart(message: Message): SeenPart {
  const at = required(message, FIELD.callId)
  const callId = decodeText(message.bytes, message.valueStart(at), message.valueEnd(at))
  const fromTag = tagOf(message, FIELD.from)
  // Whoever makes up such names would fill the memory of all calls with them.
  if (callId.length + fromTag.length > CALL_NAME_MAX) throw new Malformed('too-long', 0, 'limit')
  return { callId, fromTag }
}

/** Empty where there is none, as RFC 2543 had it. */
function tagOf(message: Message, id: FieldId): string {
  const at = required(message, id)
  ADDRESS.read(message.bytes, message.valueStart(at), message.valueEnd(at))
  return cut(ADDRESS.tagStart < 0 ? '' : decodeText(message.bytes, ADDRESS.tagStart, ADDRESS.tagEnd))
}

function branchOf(message: Message): string {
  const at = required(message, FIELD.via)
  VIA.read(message.bytes, message.valueStart(at), message.valueEnd(at))
  return cut(VIA.branchStart < 0 ? '' : decodeText(message.bytes, VIA.branchStart, VIA.branchEnd))
}

function cut(name: string): string {
  if (name.length > CALL_NAME_MAX) throw new Malformed('too-long', 0, 'limit')
  return name
}

function required(message: Message, id: FieldId): number {
  const at = message.indexOf(id)
  if (at < 0) throw new Malformed('missing', 0, 'RFC 3261 §8.1.1')
  return at
}

const MESSAGE = new Message()
const REQUEST = new RequestView()
const ADDRESS = new NameAddrView()
const CSEQ = new CSeqView()
const VIA = new ViaView()
/** Characters of a Call-ID with its From tag, and of a tag or branch, of a call that is followed. */
export const CALL_NAME_MAX = 512
