import { TOKEN } from './octets.ts'

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
  let node = ROOT
  for (let at = start; at < end; at++) node = NEXT[node * LETTERS + NAME_LETTERS[bytes[at]!]!]!
  return FIELDS[node] as FieldId
}

/** Finds the number of a field name, long or compact, without case. */
export function fieldOf(name: string): FieldId {
  return LONG_NAMES.get(longName(name)) ?? FIELD.other
}

const HYPHEN = 45
const HYPHEN_LETTER = 27
const OTHER_LETTER = 28
const LONG_NAMES: ReadonlyMap<string, FieldId> = new Map(
  FIELD_NAMES.map((name, id): [string, FieldId] => [name.toLowerCase(), id as FieldId]).slice(1),
)

/**
 * By octet, its letter in the trie of names, without case: 0 is what no name is made of, `OTHER_LETTER` what only names are
 * made of that the codec has no use for.
 */
export const NAME_LETTERS = Uint8Array.from(TOKEN, (isToken, octet) => {
  const letter = (octet | 0x20) - 96
  if (isToken === 0) return 0
  if (letter >= 1 && letter <= 26 && octet > 64) return letter
  return octet === HYPHEN ? HYPHEN_LETTER : OTHER_LETTER
})
export const LETTERS = 32
/**
 * The trie that field names are found by, an octet a step: the node that follows a node with a letter. In node 0 end the
 * names that are not in it; every node says which field its name is.
 */
export const { NEXT, FIELDS } = growTrie()
export const ROOT = 1

function growTrie(): { NEXT: Uint16Array; FIELDS: Uint8Array } {
  const names = [...LONG_NAMES.keys(), ...COMPACT_FORMS.keys()]
  const nodes = 2 + names.reduce((sum, name) => sum + name.length, 0)
  const next = new Uint16Array(nodes * LETTERS)
  const fields = new Uint8Array(nodes)
  let grown = 2
  for (const name of names) {
    let node = 1
    for (let at = 0; at < name.length; at++) {
      const step = node * LETTERS + NAME_LETTERS[name.charCodeAt(at)]!
      if (next[step] === 0) next[step] = grown++
      node = next[step]!
    }
    fields[node] = fieldOf(name)
  }
  return { NEXT: next, FIELDS: fields }
}
