/** Numbers for the header fields this codec has a use for; 0 stands for every other name. */
export const FIELD = {
  other: 0,
  via: 1,
  from: 2,
  to: 3,
  callId: 4,
  cseq: 5,
  maxForwards: 6,
  contentLength: 7,
  contentType: 8,
  contact: 9,
  reason: 10,
  callInfo: 11,
  featureCaps: 12,
  retryAfter: 13,
  require: 14,
  assertedIdentity: 15,
  privacy: 16,
  diversion: 17,
  historyInfo: 18,
  attestation: 19,
  identity: 20,
  priority: 21,
  expires: 22,
  resourcePriority: 23,
  date: 24,
} as const

export type FieldId = (typeof FIELD)[keyof typeof FIELD]

/** Names as written, by number. */
export const FIELD_NAMES: readonly string[] = [
  '',
  'Via',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Max-Forwards',
  'Content-Length',
  'Content-Type',
  'Contact',
  'Reason',
  'Call-Info',
  'Feature-Caps',
  'Retry-After',
  'Require',
  'P-Asserted-Identity',
  'Privacy',
  'Diversion',
  'History-Info',
  'P-Attestation-Indicator',
  'Identity',
  'Priority',
  'Expires',
  'Resource-Priority',
  'Date',
]

/** The compact forms of RFC 3261 §7.3.3 and of the later documents in IANA's registry of SIP header fields. */
export const COMPACT_FORMS: ReadonlyMap<string, string> = new Map([
  ['a', 'accept-contact'],
  ['b', 'referred-by'],
  ['c', 'content-type'],
  ['d', 'request-disposition'],
  ['e', 'content-encoding'],
  ['f', 'from'],
  ['i', 'call-id'],
  ['j', 'reject-contact'],
  ['k', 'supported'],
  ['l', 'content-length'],
  ['m', 'contact'],
  ['n', 'identity-info'],
  ['o', 'event'],
  ['r', 'refer-to'],
  ['s', 'subject'],
  ['t', 'to'],
  ['u', 'allow-events'],
  ['v', 'via'],
  ['x', 'session-expires'],
  ['y', 'identity'],
])

/** A field name in the one form names are compared in: long and in lower case. */
export function longName(name: string): string {
  const lower = name.toLowerCase()
  return COMPACT_FORMS.get(lower) ?? lower
}

/** Finds the number of a field name in octets, long or compact, without case. RFC 3261 §7.3.1. */
export function findField(bytes: Uint8Array, start: number, end: number): FieldId {
  const candidates = BUCKETS[bucketOf(end - start, bytes[start]! | LOWER, bytes[end - 1]! | LOWER)]
  if (candidates === undefined) return FIELD.other
  for (const candidate of candidates) if (sameName(candidate.name, bytes, start, end)) return candidate.id
  return FIELD.other
}

/**
 * Finds the number of a long name that its colon follows at once, four octets at a time: the usual case, where the end of
 * the name need not be looked for. `other` says only that this is not the usual case. USUAL_BYTES_MAX octets must lie
 * ahead.
 */
export function findUsualField(view: DataView, at: number): FieldId {
  for (const { id, offsets, masks, words } of USUAL[usualBucketOf(view.getInt32(at, true) | LOWER_FOUR)]!) {
    let word = 0
    while (word < words.length && (view.getInt32(at + offsets[word]!, true) | masks[word]!) === words[word]) word++
    if (word === words.length) return id
  }
  return FIELD.other
}

/** The length of the longest name with its colon. */
export const USUAL_BYTES_MAX = Math.max(...FIELD_NAMES.map((name) => name.length)) + 1

/** Finds the number of a field name, long or compact, without case. */
export function fieldOf(name: string): FieldId {
  return LONG_NAMES.get(longName(name)) ?? FIELD.other
}

type Candidate = { readonly id: FieldId; readonly name: Uint8Array }

/** Sets the bit that tells an upper-case letter from a lower-case one; digits and the hyphen have it already. */
const LOWER = 0x20
const BUCKET_COUNT = 256
const LONG_NAMES: ReadonlyMap<string, FieldId> = new Map(
  FIELD_NAMES.map((name, id): [string, FieldId] => [name.toLowerCase(), id as FieldId]).slice(1),
)
const BUCKETS = fillBuckets()
const LOWER_FOUR = 0x20202020
const USUAL = fillUsual()

function bucketOf(length: number, first: number, last: number): number {
  return (length * 37 + first * 5 + last) % BUCKET_COUNT
}

function sameName(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let at = 0; at < name.length; at++) if ((bytes[start + at]! | LOWER) !== name[at]) return false
  return true
}

function fillBuckets(): (Candidate[] | undefined)[] {
  const buckets = Array.from({ length: BUCKET_COUNT }, (): Candidate[] | undefined => undefined)
  for (const name of [...LONG_NAMES.keys(), ...COMPACT_FORMS.keys()]) {
    const id = fieldOf(name)
    if (id === FIELD.other) continue
    const octets = Uint8Array.from(name, (character) => character.charCodeAt(0))
    const bucket = bucketOf(octets.length, octets[0]!, octets.at(-1)!)
    ;(buckets[bucket] ??= []).push({ id, name: octets })
  }
  return buckets
}

/** A name and its colon as words, the last one overlapping; a mask sets the case bit of letters and of nothing else. */
type UsualName = {
  readonly id: FieldId
  readonly offsets: readonly number[]
  readonly masks: readonly number[]
  readonly words: readonly number[]
}

function fillUsual(): UsualName[][] {
  const buckets = Array.from({ length: BUCKET_COUNT }, (): UsualName[] => [])
  for (const [name, id] of LONG_NAMES) {
    const octets = Uint8Array.from(`${name}:`, (character) => character.charCodeAt(0))
    if (octets.length < 4) continue
    const view = new DataView(octets.buffer)
    const cases = new DataView(octets.map((octet) => (octet >= 97 && octet <= 122 ? LOWER : 0)).buffer)
    const offsets = Array.from({ length: Math.ceil(octets.length / 4) }, (_, word) =>
      Math.min(word * 4, octets.length - 4),
    )
    buckets[usualBucketOf(view.getInt32(0, true) | LOWER_FOUR)]!.push({
      id,
      offsets,
      masks: offsets.map((offset) => cases.getInt32(offset, true)),
      words: offsets.map((offset) => view.getInt32(offset, true)),
    })
  }
  return buckets
}

function usualBucketOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> 24
}
