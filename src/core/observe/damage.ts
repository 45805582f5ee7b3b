// One thing: what was done to a notice on its way, by what is left of it or by two copies of it.
import { readCallInfoValues } from '#codec/notice/call-info-value.ts'
import { carriesNotice, claimsAnalytics, hasFieldsOutside, isNetworkBlocked, isResidue } from '#codec/notice/read.ts'
import { type ReasonValue, readReasonValues } from '#codec/notice/reason-value.ts'
import type { Message } from '#codec/sip/message.ts'
import { STATUS } from '#codec/sip/status.ts'
import { CULPRITS, type Culprit, type CulpritId } from './culprits.ts'

/** Something that was done to a notice between its blocker and here. */
export type Damage = {
  /** What was done, stable for grouping. */
  readonly kind: DamageKind
  /**
   * `certain`: two taps show before and after. `likely`: no sound sender writes it so, and something known does.
   * `possible`: the blocker may have written it so itself.
   */
  readonly sureness: 'certain' | 'likely' | 'possible'
  /** What was changed, in words: what was found and what had to be there. Pieces of the notice are as received. */
  readonly text: string
  /** What says that it had to be left alone. */
  readonly cite: string
  /** The notice before and after, where two taps saw both. */
  readonly seen: { readonly before: Version; readonly after: Version } | undefined
  /** Who is known to do so; the most likely first. */
  readonly culprits: readonly Culprit[]
}

export type DamageKind = (typeof DAMAGE_KINDS)[number]

export const DAMAGE_KINDS = [
  'code-changed',
  'phrase-rewritten',
  'reason-stripped',
  'text-stripped',
  'text-cut',
  'reason-changed',
  'reason-added',
  'outer-parameters',
  'call-info-stripped',
] as const

/** What one tap saw of the notice, as received. */
export type Version = {
  readonly tap: string
  /** Who sent it to where it was seen; empty where unknown. */
  readonly sender: string
  readonly receiver: string
  readonly status: number
  readonly phrase: string
  readonly reasons: readonly string[]
}

/** Where a copy was made. */
export type Place = Pick<Version, 'tap' | 'sender' | 'receiver'>

/** Finds what was done to the notice in one answer, by what is left of it; empty for what is intact or none. It never throws. */
export function findDamage(response: Message): Damage[] {
  const { status, phrase } = response
  // A broken field may be the very one that seems to be missing.
  if (response.kind !== 'response' || status < 400 || response.fault !== undefined) return []
  const reasons = readReasonValues(response)
  if (status === STATUS.networkBlocked.status) return damageTo603(phrase, reasons)
  return changedCode(status, phrase, reasons)
}

/** Finds what an element changed that received one version of an answer and sent the other; empty where it is none's notice. */
export function compareVersions(before: Message, from: Place, after: Message, to: Place): Damage[] {
  if (!isNotice(before)) return []
  const sent = readReasonValues(before)
  const got = readReasonValues(after)
  const seen = { before: versionOf(before, from, sent), after: versionOf(after, to, got) }
  const found: Damage[] = []
  const add = (kind: DamageKind, text: string, culprits: readonly CulpritId[]) =>
    found.push({ kind, sureness: 'certain', text, cite: TRANSMIT, seen, culprits: culprits.map(nameCulprit) })
  const changer = from.receiver === '' ? 'An element between two taps' : from.receiver

  if (before.status !== after.status)
    add(
      'code-changed',
      `${changer} turned ${before.status} into ${after.status}.`,
      culpritsOfCode(before.status, after.status),
    )
  // The phrase bears meaning in a 603+ only.
  if (isNetworkBlocked(before.phrase) && !isNetworkBlocked(after.phrase))
    add(
      'phrase-rewritten',
      `${changer} turned the phrase "${before.phrase}" into "${after.phrase}".`,
      culpritsOfPhrase(after.phrase),
    )
  const texts = new Set(got.map((value) => value.raw))
  const lost = sent.filter((value) => !texts.has(value.raw))
  const notice = lost.find((value) => isTrace(value))
  if (notice !== undefined) {
    const cut = got.find((value) => isPiece(value.raw, notice.raw))
    if (got.length === 0) add('reason-stripped', `${changer} dropped the Reason.`, STRIPPERS)
    else if (cut !== undefined && cut.text === undefined && cut.raw.length > 'SIP;cause=603'.length && cut.broken)
      add('text-cut', `${changer} cut the Reason after ${cut.raw.length} of ${notice.raw.length} characters.`, CUTTERS)
    else if (!got.some(isTrace)) add('text-stripped', `${changer} dropped the text of the Reason.`, TEXT_STRIPPERS)
    else add('reason-changed', `${changer} changed the Reason that carries the notice.`, ['oracleSecond', 'strict8606'])
  } else if (sent.length > 0 && got.length === 0) add('reason-stripped', `${changer} dropped the Reason.`, STRIPPERS)
  const known = new Set(sent.map((value) => value.raw))
  const added = got.filter(
    (value) => !known.has(value.raw) && !isTrace(value) && !sent.some(({ raw }) => isPiece(value.raw, raw)),
  )
  if (added.length > 0)
    add('reason-added', `${changer} added ${added.map(({ raw }) => `"${raw}"`).join(' and ')}.`, [
      'telnyxSecond',
      'asteriskReason',
      'oracleSecond',
    ])
  if (readCallInfoValues(before).length > 0 && readCallInfoValues(after).length === 0)
    add('call-info-stripped', `${changer} dropped the Call-Info, and with it the signed card.`, ['drachtioReason'])
  return found
}

/** Tells whether two answers say the same as notices: code, Reason values, and the phrase where it bears meaning. */
export function saysSame(one: Message, other: Message): boolean {
  return (
    one.status === other.status &&
    isNetworkBlocked(one.phrase) === isNetworkBlocked(other.phrase) &&
    rawOf(one).join('\n') === rawOf(other).join('\n')
  )
}

function damageTo603(phrase: string, reasons: readonly ReasonValue[]): Damage[] {
  const found: Damage[] = []
  const isNamed = isNetworkBlocked(phrase)
  if (!isNamed && !isResidue(phrase, reasons)) return found
  const add = adder(found)
  const isWhole = reasons.some(carriesNotice)
  if (!isNamed && reasons.some(isTrace)) {
    const isStock = phrase === '' || phrase === STATUS.decline.phrase
    add(
      'phrase-rewritten',
      isStock ? 'likely' : 'possible',
      `The phrase is "${phrase}" and has to be "Network Blocked".`,
      culpritsOfPhrase(phrase),
    )
  }
  if (isWhole) {
    addFaultsOfWhole(reasons, add)
  } else if (reasons.length === 0) {
    add('reason-stripped', 'likely', 'The phrase is that of a 603+, and there is no Reason.', STRIPPERS)
  } else if (reasons.some(hasFieldsOutside)) {
    add('outer-parameters', 'likely', 'Fields of the notice stand as parameters of Reason, outside its text.', [
      'rvoip',
    ])
  } else {
    addFaultsOfRest(reasons, add)
  }
  const strangers = reasons.filter((value) => isStranger(value, reasons))
  if (strangers.length > 0 && (isNamed || isWhole)) {
    const values = strangers.map(({ raw }) => `"${raw}"`).join(' and ')
    add(
      'reason-added',
      isWhole ? 'likely' : 'possible',
      `${values} stands beside the notice and speaks of another cause.`,
      ['telnyxSecond', 'oracleSecond'],
    )
  }
  return found
}

/** The text is there, so what is wrong with its value may as well be the blocker's mistake. */
function addFaultsOfWhole(reasons: readonly ReasonValue[], add: Adder): void {
  const notices = reasons.filter(carriesNotice)
  for (const notice of notices) {
    if (notice.repeated) {
      add('reason-changed', 'likely', `A parameter stands twice in "${notice.raw}": one was appended.`, [
        'oracleSecond',
      ])
    }
    const cause = notice.isSip ? STATUS.networkBlocked.status : CALL_REJECTED
    if (notice.cause !== cause) {
      const is = notice.cause === undefined ? 'missing' : String(notice.cause)
      add('reason-changed', 'possible', `The cause is ${is} and has to be ${cause}.`, [])
    }
    if (notice.location === undefined && notices.length === 1)
      add('reason-changed', 'possible', 'The location is missing.', notice.isSip ? ['strict8606'] : [])
    if (notice.analytics?.incomplete === true)
      add('text-cut', 'possible', 'A pair of the text has no value: it may have been cut.', ['freeswitchLong'])
  }
  if (reasons.some(hasFieldsOutside))
    add('outer-parameters', 'possible', 'A field of the notice stands outside its text too.', ['rvoip'])
}

function addFaultsOfRest(reasons: readonly ReasonValue[], add: Adder): void {
  const open = reasons.find(
    (value) => (value.isSip || value.isQ850) && value.text === undefined && value.broken && TEXT_BEGUN.test(value.raw),
  )
  const elsewhere = reasons.find((value) => !value.isSip && !value.isQ850 && value.analytics?.version !== undefined)
  if (open !== undefined) {
    const isCut = OPEN_QUOTE.test(open.raw)
    if (isCut)
      add('text-cut', 'likely', `The text begins and never ends, after ${open.raw.length} characters.`, CUTTERS)
    else add('reason-changed', 'possible', 'The text is not in double quotes.', [])
  } else if (elsewhere !== undefined)
    add(
      'reason-changed',
      'possible',
      `The notice stands under the protocol "${elsewhere.protocol}", which only its operator knows.`,
      [],
    )
  else if (reasons.some((value) => (value.isSip || value.isQ850) && value.text !== undefined && isTextOfNotice(value)))
    add('reason-changed', 'possible', 'The text names no version analytics1.', [])
  else
    add(
      'text-stripped',
      'likely',
      'The phrase is that of a 603+, and its Reason has no text of a notice.',
      TEXT_STRIPPERS,
    )
}

/** Looks for the traces of a notice under a code that is none of its own. */
function changedCode(status: number, phrase: string, reasons: readonly ReasonValue[]): Damage[] {
  const found: Damage[] = []
  const add = adder(found)
  const { unwanted, rejected } = STATUS
  // RFC 3326 §2: a response may carry its own code as cause; another one is what it was before.
  const cause = reasons.find(
    ({ isSip, cause: code }) => isSip && code !== status && code !== undefined && NOTICES.has(code),
  )?.cause
  if (status === rejected.status) {
    if (cause !== undefined) add('code-changed', 'possible', `The Reason says ${cause}, and the code is 608.`, [])
    return found
  }
  if (reasons.some((value) => (value.isSip || value.isQ850) && (claimsAnalytics(value) || hasFieldsOutside(value))))
    add(
      'code-changed',
      status === unwanted.status ? 'possible' : 'likely',
      `The Reason is that of a 603+, and the code is ${status}.`,
      culpritsOfCode(603, status),
    )
  else if (isNetworkBlocked(phrase) && status !== unwanted.status)
    add(
      'code-changed',
      'likely',
      `The phrase is that of a 603+, and the code is ${status}.`,
      culpritsOfCode(603, status),
    )
  else if (cause !== undefined)
    add('code-changed', 'likely', `The Reason says ${cause}, and the code is ${status}.`, culpritsOfCode(cause, status))
  else if (status >= 600 && (phrase === unwanted.phrase || phrase === rejected.phrase) && status !== unwanted.status) {
    const was = phrase === unwanted.phrase ? unwanted.status : rejected.status
    add(
      'code-changed',
      'likely',
      `The phrase is that of a ${was}, and the code is ${status}.`,
      culpritsOfCode(was, status),
    )
  } else if (status === FORBIDDEN && reasons.some(({ isQ850, cause: code }) => isQ850 && code === CALL_REJECTED))
    add(
      'code-changed',
      'possible',
      'A 403 with cause 21 of Q.850 is what a 603, and a 603+ with it, becomes on some equipment.',
      ['asteriskForbidden', 'isup'],
    )
  return found
}

type Adder = (kind: DamageKind, sureness: Damage['sureness'], text: string, culprits: readonly CulpritId[]) => void

function adder(found: Damage[]): Adder {
  return (kind, sureness, text, culprits) => {
    // One of each kind: the first that was found is the surest.
    if (found.some((damage) => damage.kind === kind)) return
    found.push({
      kind,
      sureness,
      text,
      cite: kind === 'code-changed' ? CODE_CITE : TRANSMIT,
      seen: undefined,
      culprits: culprits.map(nameCulprit),
    })
  }
}

/** A SIP or Q.850 value without a notice and of another cause, or a second one of the same protocol. RFC 3326 §2, RFC 6432. */
function isStranger(value: ReasonValue, reasons: readonly ReasonValue[]): boolean {
  if (carriesNotice(value) || isTrace(value)) return false
  if (value.isQ850)
    return value.cause !== CALL_REJECTED || reasons.some((other) => other.isQ850 && carriesNotice(other))
  return value.isSip && reasons.some((other) => other.isSip && other !== value && carriesNotice(other))
}

function isTrace(value: ReasonValue): boolean {
  return (
    claimsAnalytics(value) ||
    hasFieldsOutside(value) ||
    isTextOfNotice(value) ||
    (value.broken && /v=analytics/i.test(value.raw))
  )
}

function isTextOfNotice({ analytics }: ReasonValue): boolean {
  if (analytics === undefined) return false
  return analytics.version !== undefined || (analytics.url ?? analytics.tel ?? analytics.email) !== undefined
}

function isNotice(response: Message): boolean {
  if (NOTICES.has(response.status)) return true
  return isNetworkBlocked(response.phrase) || readReasonValues(response).some(isTrace)
}

/** Tells whether something is the beginning of a longer value. */
function isPiece(piece: string, whole: string): boolean {
  return piece.length > 0 && piece.length < whole.length && whole.startsWith(piece)
}

function versionOf(response: Message, { tap, sender, receiver }: Place, reasons: readonly ReasonValue[]): Version {
  return {
    tap,
    sender,
    receiver,
    status: response.status,
    phrase: response.phrase,
    reasons: reasons.map(({ raw }) => raw),
  }
}

function rawOf(response: Message): string[] {
  return readReasonValues(response).map(({ raw }) => raw)
}

function culpritsOfPhrase(phrase: string): readonly CulpritId[] {
  if (phrase === '') return ['drachtioPhrase']
  if (phrase === STATUS.decline.phrase) return ['freeswitchUnset', 'audiocodesPhrase', 'drachtioPhrase']
  return /^network blocking$/i.test(phrase) ? ['asteriskPhrase'] : ['audiocodesPhrase']
}

function culpritsOfCode(was: number, is: number): readonly CulpritId[] {
  if (was !== STATUS.networkBlocked.status && is === 600) return ['audiocodesCode']
  if (is === FORBIDDEN) return ['asteriskForbidden', 'freeswitchRejected', 'isup']
  return is >= 500 && is < 600 ? ['kamailioRemap', 'jambonzEarly'] : ['freeswitchRejected', 'kamailioRemap']
}

function nameCulprit(id: CulpritId): Culprit {
  return CULPRITS[id]
}

const STRIPPERS: readonly CulpritId[] = [
  'drachtioReason',
  'telnyxQ850',
  'freeswitchLong',
  'freeswitchOff',
  'jambonzEarly',
]
const TEXT_STRIPPERS: readonly CulpritId[] = ['asteriskReason', 'telnyxSecond', 'sangomaFirst', 'isup']
const CUTTERS: readonly CulpritId[] = ['asteriskReason', 'freeswitchLong']
const NOTICES: ReadonlySet<number> = new Set([
  STATUS.networkBlocked.status,
  STATUS.unwanted.status,
  STATUS.rejected.status,
])
const TRANSMIT = '47 CFR 64.1200(k)(9)'
const CODE_CITE = '47 CFR 64.1200(k)(9), RFC 3261 §16.7'
const FORBIDDEN = 403
/** Q.850: call rejected. */
const CALL_REJECTED = 21
const TEXT_BEGUN = /;\s*text\s*=/i
const OPEN_QUOTE = /;\s*text\s*=\s*"(?:[^"\\]|\\.)*$/is
