import { FIELD, FIELD_NAMES, type FieldId } from '#codec/sip/field.ts'
import type { Message } from '#codec/sip/message.ts'
import { analyticsPairs } from './analytics-text.ts'
import { type CallInfoValue, isCard, readCallInfoValues } from './call-info-value.ts'
import { type LintReport, lint } from './lint.ts'
import { type Location, parseLocation } from './location.ts'
import { carriesNotice } from './read.ts'
import { type ReasonValue, readReasonField } from './reason-value.ts'
import type { RuleId } from './rules.ts'

/** One part of a SIP answer in plain words: a line of it, or a piece of a line. */
export type Annotation = {
  /** `status line`, `Reason`, `cause`, `url` …: the name of the part in the standard. */
  readonly part: string
  /** 0 for a line, 1 for a piece of it, 2 for a pair of a 603+ text. */
  readonly depth: 0 | 1 | 2
  /** As sent, folds as one space. */
  readonly text: string
  readonly means: string
  /** Where its meaning stands. */
  readonly cite: string
  /** Rules of the linter that condemn this part. */
  readonly faults: readonly RuleId[]
}

/** A response in its parts, in order; rules that no part of it can be blamed for (something is missing) stand apart. */
export type Annotated = {
  readonly parts: readonly Annotation[]
  readonly missing: readonly RuleId[]
  readonly report: LintReport
}

/** Says of each part of a response what it means, and which rules it breaks. It never throws on what was received. */
export function annotate(response: Message): Annotated {
  const report = lint(response)
  const left = new Set(report.rules)
  const takeFaults = (...places: readonly Place[]): RuleId[] => {
    const faults = [...left].filter((rule) => places.includes(PLACES[rule]))
    for (const rule of faults) left.delete(rule)
    return faults
  }
  const parts: Annotation[] = [
    {
      part: 'status line',
      depth: 0,
      text: response.kind === 'response' ? `SIP/2.0 ${response.status} ${response.phrase}` : '',
      means: STATUS_WORDS.get(report.class === '603+' ? '603+' : String(response.status)) ?? NO_NOTICE,
      cite: STATUS_CITES.get(report.class === '603+' ? '603+' : String(response.status)) ?? 'RFC 3261 §7.2',
      faults: takeFaults('status line'),
    },
  ]
  for (const { id, name, value } of response.fields()) {
    const [means, cite] = FIELD_WORDS.get(id) ?? UNREAD
    if (id === FIELD.reason) {
      parts.push(...reasonParts(value, report.identity603plus, takeFaults))
      continue
    }
    parts.push({
      part: FIELD_NAMES[id] || name,
      depth: 0,
      text: value,
      means,
      cite,
      faults: takeFaults(...placesOf(id)),
    })
    if (id === FIELD.callInfo) parts.push(...readCards(value, response).map((card) => cardPart(card, takeFaults)))
  }
  const octets = response.end - response.bodyStart
  if (octets > 0) {
    const text = `${octets} octets`
    parts.push({
      part: 'body',
      depth: 0,
      text,
      means: 'No notice says anything in a body.',
      cite: 'RFC 3261 §7.4',
      faults: [],
    })
  }
  return { parts, missing: [...left], report }
}

type TakeFaults = (...places: readonly Place[]) => RuleId[]

/** One Reason line and the pieces of its values. Where there is a 603+, only the value that carries it is blamed for it. */
function reasonParts(line: string, hasNotice: boolean, takeFaults: TakeFaults): Annotation[] {
  const values = readReasonField(line)
  const isBlamed = (reason: ReasonValue) => !hasNotice || carriesNotice(reason)
  const [means, cite] = REASON_WORDS
  const faults = [
    ...(values.some(({ broken }) => broken) ? takeFaults('grammar') : []),
    ...(values.some(({ repeated }) => repeated) ? takeFaults('parameter') : []),
    ...(values.some(isBlamed) ? takeFaults('reason') : []),
  ]
  return [
    { part: 'Reason', depth: 0, text: line, means, cite, faults },
    ...values.flatMap((reason) => valueParts(reason, isBlamed(reason) ? takeFaults : () => [])),
  ]
}

function valueParts(reason: ReasonValue, takeFaults: TakeFaults): Annotation[] {
  const parts: Annotation[] = []
  const add = (part: string, depth: 1 | 2, text: string, [means, cite]: Words, ...places: readonly Place[]) =>
    parts.push({ part, depth, text, means, cite, faults: takeFaults(...places) })
  const { protocol, isSip, isQ850, cause, text, location, outside } = reason
  const isNotice = carriesNotice(reason)
  add('protocol', 1, protocol, isSip ? SIP_WORDS : isQ850 ? Q850_WORDS : OTHER_PROTOCOL, 'protocol')
  if (cause !== undefined) add('cause', 1, String(cause), causeWords(reason), 'cause')
  if (text !== undefined) {
    add('text', 1, text, isNotice ? TEXT_WORDS : FREE_TEXT, 'text')
    if (isNotice)
      for (const { key, value } of analyticsPairs(text)) add(key, 2, value, pairWords(key), ...placesOfKey(key))
  }
  if (location !== undefined) add('location', 1, location, locationWords(location), 'location')
  for (const name of outside) add(name, 1, name, OUTSIDE, 'outside')
  return parts
}

function causeWords({ isSip, isQ850, cause }: ReasonValue): Words {
  if (isSip) return [`The SIP status ${cause}.`, 'RFC 3326 §2']
  if (isQ850) return [Q850_CAUSES.get(cause ?? -1) ?? `Cause ${cause} of the telephone network.`, 'ITU-T Q.850 §2.2.7']
  return [`Cause ${cause}, as its protocol counts.`, 'RFC 3326 §2']
}

function pairWords(key: string): Words {
  return PAIR_WORDS.get(key) ?? ['Unknown here: to be relayed, not to be read.', 'ATIS-1000099']
}

function placesOfKey(key: string): readonly Place[] {
  return key === 'v' || key === 'url' || key === 'tel' || key === 'email' || key === 'id' ? [key] : ['unknown key']
}

function locationWords(text: string): Words {
  const location = parseLocation(text)
  return [location === undefined ? 'No location of RFC 8606.' : LOCATION_WORDS[location], 'RFC 8606 §4']
}

/** The values of one Call-Info line: a message of that line alone has only those. */
function readCards(value: string, response: Message): CallInfoValue[] {
  return readCallInfoValues(response).filter(({ uri }) => value.includes(uri))
}

function cardPart(value: CallInfoValue, takeFaults: TakeFaults): Annotation {
  const words: Words = isCard(value)
    ? [
        'The signed card that says whom to ask. It is good for about a minute after it is made, and has to be verified.',
        'RFC 8688 §3.2',
      ]
    : ['No card: its purpose is another.', 'RFC 3261 §20.9']
  const [means, cite] = words
  return { part: 'card', depth: 1, text: value.uri, means, cite, faults: takeFaults('card') }
}

function placesOf(id: FieldId): readonly Place[] {
  if (id === FIELD.callInfo) return ['call-info', 'parameter']
  if (id === FIELD.retryAfter) return ['retry-after']
  if (id === FIELD.to) return ['to']
  return id === FIELD.cseq ? ['cseq'] : []
}

/** Where in a response the fault of a rule is seen; `message` where it is something that is missing, or the whole. */
type Place =
  | 'message'
  | 'status line'
  | 'to'
  | 'cseq'
  | 'reason'
  | 'grammar'
  | 'parameter'
  | 'protocol'
  | 'cause'
  | 'text'
  | 'v'
  | 'url'
  | 'tel'
  | 'email'
  | 'id'
  | 'unknown key'
  | 'outside'
  | 'location'
  | 'retry-after'
  | 'call-info'
  | 'card'

type Words = readonly [means: string, cite: string]

const PLACES: { readonly [rule in RuleId]: Place } = {
  'RSIP-01': 'status line',
  'RSIP-02': 'message',
  'RSIP-03': 'message',
  'RSIP-04': 'to',
  'RSIP-05': 'message',
  'RSIP-06': 'message',
  'RSIP-07': 'grammar',
  'RSIP-08': 'reason',
  'RSIP-09': 'parameter',
  'RSIP-10': 'message',
  'RSIP-11': 'message',
  'R603-02': 'status line',
  'R603-03': 'retry-after',
  'R603-04': 'message',
  'R603-05': 'message',
  'R603-06': 'message',
  'R603P-01': 'status line',
  'R603P-02': 'status line',
  'R603P-03': 'status line',
  'R603P-04': 'message',
  'R603P-05': 'reason',
  'R603P-06': 'cause',
  'R603P-07': 'text',
  'R603P-08': 'text',
  'R603P-09': 'outside',
  'R603P-10': 'text',
  'R603P-11': 'url',
  'R603P-12': 'url',
  'R603P-13': 'url',
  'R603P-14': 'tel',
  'R603P-15': 'email',
  'R603P-16': 'id',
  'R603P-17': 'text',
  'R603P-18': 'unknown key',
  'R603P-19': 'text',
  'R603P-20': 'reason',
  'R603P-21': 'location',
  'R603P-22': 'location',
  'R603P-23': 'location',
  'R603P-24': 'message',
  'R603P-25': 'retry-after',
  'R603P-26': 'text',
  'R603P-27': 'text',
  'R603P-28': 'cseq',
  'R603P-29': 'card',
  'R607-02': 'status line',
  'R607-03': 'cseq',
  'R607-04': 'text',
  'R607-05': 'card',
  'R607-06': 'retry-after',
  'R607-07': 'cause',
  'R608-02': 'status line',
  'R608-03': 'message',
  'R608-04': 'call-info',
  'R608-05': 'card',
  'R608-06': 'card',
  'R608-07': 'card',
  'R608-08': 'card',
  'R608-09': 'text',
  'R608-10': 'status line',
  'R608-11': 'cause',
  'R608-20': 'card',
  'R608-21': 'card',
  'R608-22': 'card',
  'R608-23': 'card',
  'R608-24': 'card',
  'R608-25': 'card',
  'R608-26': 'card',
  'R608-27': 'card',
  'R608-28': 'card',
}

const NO_NOTICE = 'Not a notice of blocking: by its code nobody can tell that a network blocked the call.'
const STATUS_WORDS: ReadonlyMap<string, string> = new Map([
  ['603+', 'A network’s analytics blocked the call, and says whom to ask (603+).'],
  ['603', 'Declined. Nobody can tell by the code whether a person, a telephone or a network did it.'],
  ['607', 'The person called does not want calls from this caller. It carries no contact on purpose.'],
  ['608', 'A network or service on the way refused the call. Its card says whom to ask.'],
  ['433', 'Calls that hide the caller’s number are not taken here.'],
])
const STATUS_CITES: ReadonlyMap<string, string> = new Map([
  ['603+', 'ATIS-1000099'],
  ['603', 'RFC 3261 §21.6.2'],
  ['607', 'RFC 8197 §3'],
  ['608', 'RFC 8688 §3.1'],
  ['433', 'RFC 5079 §5'],
])
const FIELD_WORDS: ReadonlyMap<FieldId, Words> = new Map<FieldId, Words>([
  [FIELD.via, ['The way that the answer goes back.', 'RFC 3261 §20.42']],
  [FIELD.from, ['Who called.', 'RFC 3261 §20.20']],
  [FIELD.to, ['Who was called; its tag names who answered.', 'RFC 3261 §20.39']],
  [FIELD.callId, ['The name of the call, the same in all its messages.', 'RFC 3261 §20.8']],
  [FIELD.cseq, ['Which request is answered.', 'RFC 3261 §20.16']],
  [FIELD.contentLength, ['Octets of the body.', 'RFC 3261 §20.14']],
  [FIELD.contentType, ['What the body is.', 'RFC 3261 §20.15']],
  [FIELD.contact, ['Where to go on.', 'RFC 3261 §20.10']],
  [FIELD.callInfo, ['More about the call, by URI.', 'RFC 3261 §20.9']],
  [FIELD.retryAfter, ['Seconds until another try may fare better.', 'RFC 3261 §20.33']],
  [FIELD.date, ['When the answer was made.', 'RFC 3261 §20.17']],
])
const REASON_WORDS: Words = ['Why the call was refused, one value for each protocol.', 'RFC 3326 §2']
const UNREAD: Words = ['Says nothing about a block.', 'RFC 3261 §20']
const SIP_WORDS: Words = ['The cause is a SIP status.', 'RFC 3326 §2']
const Q850_WORDS: Words = ['The cause is one of the telephone network.', 'RFC 3326 §2']
const OTHER_PROTOCOL: Words = ['A protocol that no notice of blocking names.', 'RFC 3326 §2']
const TEXT_WORDS: Words = ['The notice itself, in pairs.', 'ATIS-1000099']
const FREE_TEXT: Words = ['Free text: no notice that a machine can rely on.', 'RFC 3326 §2']
const OUTSIDE: Words = ['Belongs into the text, between its quotes.', 'ATIS-1000099']
const PAIR_WORDS: ReadonlyMap<string, Words> = new Map<string, Words>([
  ['v', ['The form of the text; there is one, and it has case.', 'ATIS-1000099']],
  ['url', ['The page where the block can be contested.', 'ATIS-1000099']],
  ['tel', ['The number to call about the block.', 'ATIS-1000099, ITU-T E.164']],
  ['email', ['The address to write to about the block.', 'ATIS-1000099']],
  ['id', ['What the blocker finds this call by.', 'ATIS-1000099']],
])
const Q850_CAUSES: ReadonlyMap<number, string> = new Map([
  [16, 'Cause 16: normal clearing.'],
  [17, 'Cause 17: the user is busy.'],
  [21, 'Cause 21: call rejected.'],
  [31, 'Cause 31: normal, unspecified.'],
])
/** Seen from the caller, who receives the answer. */
const LOCATION_WORDS: { readonly [location in Location]: string } = {
  U: 'The called party’s own equipment.',
  LPN: 'The caller’s own private network.',
  LN: 'The network that the call started in.',
  TN: 'A network on the way.',
  RLN: 'The network that serves the called party.',
  RPN: 'The called party’s own private network.',
  INTL: 'An international network.',
  BI: 'A network beyond a gateway.',
  'LOC-6': 'A spare value.',
  'LOC-8': 'A spare value.',
  'LOC-9': 'A spare value.',
  'LOC-11': 'A spare value.',
  'LOC-12': 'A spare value.',
  'LOC-13': 'A spare value.',
  'LOC-14': 'A spare value.',
  'LOC-15': 'A spare value.',
}
