import type { CardContacts } from '#codec/jcard/jcard.ts'
import { isE164, isMailbox, isPlainUrl } from '#codec/notice/contact.ts'
import { KNOWN_BLOCKERS } from './known-blockers.ts'
import type { Refusal } from './refusal.ts'

/** A way to reach a blocker, as one of its notices had it. It is text from outside: nothing fetches, dials or mails it unasked. */
export type SeenContact = {
  readonly kind: 'url' | 'tel' | 'email' | 'card'
  /** As it was written; of a URL without what changes with each call. */
  readonly value: string
  /** True only for what stood in a card of a 608 whose signature was verified. */
  readonly isSigned: boolean
}

/** A contact with what is stored of it. */
export type ContactRecord = SeenContact & {
  readonly blocker: string
  readonly first: number
  readonly last: number
  /** Refused calls whose notice had it. */
  readonly calls: number
}

/** How a complaint can be filed. */
export type FilingWay = 'api' | 'form' | 'mail' | 'phone'

/** What is known from public sources. */
export type KnownBlocker = {
  readonly name: string
  /** Domains that its contacts stand in; empty where no source has one. */
  readonly domains: readonly string[]
  readonly ways: readonly FilingWay[]
  readonly says: string
  readonly source: string
  /** When it was read: year and month. */
  readonly date: string
}

/** What came of one dispute, for measuring; times in milliseconds since 1970. */
export type DisputeTimes = {
  readonly blocker: string
  /** The contact it was filed with, as the directory has it; empty for none of them. */
  readonly contact: string
  readonly filedAt: number
  readonly answeredAt: number | undefined
  readonly liftedAt: number | undefined
}

/** Times that were measured, in milliseconds. */
export type Measured = {
  /** Disputes filed, and how many of them have come so far. */
  readonly filed: number
  readonly count: number
  /** Undefined with fewer than `MEASURED_MIN`. */
  readonly medianMs: number | undefined
  readonly slowestMs: number | undefined
}

export type DirectoryContact = ContactRecord & {
  readonly way: FilingWay
  readonly answer: Measured
  readonly lift: Measured
}

/** One blocker. Signed contacts stand apart: the others anybody on the path may have written. */
export type DirectoryEntry = {
  readonly blocker: string
  readonly calls: number
  readonly first: number | undefined
  readonly last: number | undefined
  readonly signed: readonly DirectoryContact[]
  readonly unsigned: readonly DirectoryContact[]
  readonly answer: Measured
  readonly lift: Measured
  readonly known: KnownBlocker | undefined
}

/** The contacts in a refusal, none of them signed: the card of a 608 is an address until somebody fetches and verifies it. */
export function seenContacts({ contest }: Refusal): SeenContact[] {
  const { url, tel, email, card } = contest
  return [
    ...(url === undefined ? [] : [{ kind: 'url', value: stemOf(url), isSigned: false } as const]),
    ...(tel === undefined ? [] : [{ kind: 'tel', value: cut(tel), isSigned: false } as const]),
    ...(email === undefined ? [] : [{ kind: 'email', value: cut(email), isSigned: false } as const]),
    ...(card === undefined ? [] : [{ kind: 'card', value: stemOf(card), isSigned: false } as const]),
  ]
}

/**
 * The contacts in a card of a 608 whose signature was verified; those only that could be used: https, E.164, a mailbox. It is for
 * the caller to have verified it.
 */
export function signedContacts({ url, tel, email }: CardContacts): SeenContact[] {
  const number = tel?.replace(/^tel:/i, '').replaceAll(/[ ().-]/g, '')
  const address = email?.replace(/^mailto:/i, '')
  return [
    ...(url !== undefined && isPlainUrl(url) && /^https:/i.test(url)
      ? [{ kind: 'url', value: cut(url), isSigned: true } as const]
      : []),
    ...(number !== undefined && isE164(number) ? [{ kind: 'tel', value: number, isSigned: true } as const] : []),
    ...(address !== undefined && isMailbox(address)
      ? [{ kind: 'email', value: address, isSigned: true } as const]
      : []),
  ]
}

/** Makes the directory of what was seen, what disputes came to and what is known; the most calls first, what was only read about last. */
export function makeDirectory(
  contacts: readonly ContactRecord[],
  disputes: readonly DisputeTimes[],
  known: readonly KnownBlocker[] = KNOWN_BLOCKERS,
): DirectoryEntry[] {
  const byBlocker = Map.groupBy(contacts, ({ blocker }) => blocker)
  const filedAt = Map.groupBy(disputes, ({ blocker }) => blocker)
  const names = new Set([...byBlocker.keys(), ...filedAt.keys()])
  const seen = Array.from(names, (blocker) =>
    entryOf(blocker, byBlocker.get(blocker) ?? [], filedAt.get(blocker) ?? [], known),
  ).toSorted((one, other) => other.calls - one.calls || compare(one.blocker, other.blocker))
  const met = new Set(seen.map((entry) => entry.known?.name))
  const unseen = known
    .filter(({ name }) => !met.has(name))
    .map((one) => ({ ...entryOf(one.name, [], [], []), known: one }))
  return [...seen, ...unseen]
}

/** What is known of the blocker that a host, domain or name belongs to. */
export function knownBlocker(
  blocker: string,
  known: readonly KnownBlocker[] = KNOWN_BLOCKERS,
): KnownBlocker | undefined {
  const folded = blocker.toLowerCase()
  return known.find(
    ({ name, domains }) =>
      name.toLowerCase() === folded || domains.some((domain) => folded === domain || folded.endsWith(`.${domain}`)),
  )
}

function entryOf(
  blocker: string,
  contacts: readonly ContactRecord[],
  disputes: readonly DisputeTimes[],
  known: readonly KnownBlocker[],
): DirectoryEntry {
  const measured = contacts
    .map((contact) => {
      const filed = disputes.filter((dispute) => dispute.contact === contact.value)
      return { ...contact, way: WAYS[contact.kind], answer: measureAnswers(filed), lift: measureLifts(filed) }
    })
    .toSorted((one, other) => other.calls - one.calls || compare(one.value, other.value))
  return {
    blocker,
    calls: contacts.reduce((most, { calls }) => Math.max(most, calls), 0),
    first: contacts.length === 0 ? undefined : Math.min(...contacts.map(({ first }) => first)),
    last: contacts.length === 0 ? undefined : Math.max(...contacts.map(({ last }) => last)),
    signed: measured.filter(({ isSigned }) => isSigned),
    unsigned: measured.filter(({ isSigned }) => !isSigned),
    answer: measureAnswers(disputes),
    lift: measureLifts(disputes),
    known: knownBlocker(blocker, known),
  }
}

function measureAnswers(disputes: readonly DisputeTimes[]): Measured {
  return measureTimes(
    disputes.length,
    disputes.flatMap(({ filedAt, answeredAt }) => (answeredAt === undefined ? [] : [answeredAt - filedAt])),
  )
}

function measureLifts(disputes: readonly DisputeTimes[]): Measured {
  return measureTimes(
    disputes.length,
    disputes.flatMap(({ filedAt, liftedAt }) => (liftedAt === undefined ? [] : [liftedAt - filedAt])),
  )
}

/** A median of one or two says nothing of the next one: it is left out. */
function measureTimes(filed: number, times: readonly number[]): Measured {
  const sorted = times.filter((time) => time >= 0).toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  const isEnough = sorted.length >= MEASURED_MIN
  return {
    filed,
    count: sorted.length,
    medianMs: isEnough ? median : undefined,
    slowestMs: isEnough ? sorted.at(-1) : undefined,
  }
}

/** A URL without query and fragment, and with `…` for each part of its path that is a token of one call. */
export function stemOf(url: string): string {
  const [stem = ''] = url.split(/[?#]/)
  const [, origin = '', path = ''] = /^([a-z][a-z0-9+.-]*:\/\/[^/]*)(.*)$/i.exec(stem) ?? ['', '', stem]
  const parts = path.split('/').map((part) => (isToken(part) ? '…' : part))
  return cut(`${origin.toLowerCase()}${parts.join('/')}`)
}

function isToken(part: string): boolean {
  return part.length >= TOKEN_MIN || (part.length >= 4 && /\d/.test(part) && /^[0-9a-f-]+$/i.test(part))
}

function cut(value: string): string {
  return value.slice(0, CONTACT_MAX)
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

const WAYS: Readonly<Record<SeenContact['kind'], FilingWay>> = {
  url: 'form',
  tel: 'phone',
  email: 'mail',
  card: 'form',
}
/** Fewer times than this are no measurement. */
export const MEASURED_MIN = 3
/** A part of a path this long is a token of one call. */
const TOKEN_MIN = 20
/** Characters of a contact that are kept. */
const CONTACT_MAX = 512
