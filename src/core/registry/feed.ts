// One thing: the document that registries tell each other. How it is written and how it is read, so that both agree; the
// convention is in docs/registry-feed.md.
import type { ProofWay } from '#core/redress/proof.ts'
import { type NumberSpan, spanOf } from './number-span.ts'

/** A page of a feed: what has changed behind a place, in its order. */
export type FeedPage = {
  /** Who publishes it: an https URL. */
  readonly issuer: string
  /** Names one history of places, 22 characters of base64url: a feed that is begun anew has another. */
  readonly feed: string
  /** Seconds since 1970, as in a JWT. */
  readonly issuedAt: number
  /** From then on it is too old to be believed. */
  readonly expiresAt: number
  /** The place that was asked for, and the one to go on from. */
  readonly after: number
  readonly next: number
  /** Whether there is more behind `next`. */
  readonly more: boolean
  readonly businesses: ReadonlyMap<string, FeedBusiness>
  readonly entries: readonly FeedEntry[]
  /** Ids of entries that are no more. */
  readonly removed: readonly number[]
}

export type FeedBusiness = { readonly name: string; readonly site: string }

/** One number or range that a business is registered with. */
export type FeedEntry = {
  /** Within its feed, for good. */
  readonly id: number
  readonly registration: string
  readonly span: NumberSpan
  /** How control was shown. */
  readonly proof: ProofWay
  /** Seconds since 1970. */
  readonly since: number
  readonly until: number
}

/** Writes the payload of a page: compact JSON, members in a fixed order. */
export function formatFeedPage(page: FeedPage): string {
  return JSON.stringify({
    v: FEED_VERSION,
    iss: page.issuer,
    feed: page.feed,
    iat: page.issuedAt,
    exp: page.expiresAt,
    after: page.after,
    next: page.next,
    more: page.more,
    businesses: Object.fromEntries([...page.businesses].map(([id, { name, site }]) => [id, { name, site }])),
    entries: page.entries.map(({ id, registration, span, proof, since, until }) => ({
      id,
      business: registration,
      numbers: span.first === span.last ? [span.first] : [span.first, span.last],
      proof,
      since,
      until,
    })),
    removed: page.removed,
  })
}

/**
 * Reads a payload whose signature has been checked already: `value` is what a strict reader made of the JSON. Answers words
 * that say what is wrong, and where; one wrong entry makes all of it unusable.
 */
export function parseFeedPage(value: unknown): FeedPage | string {
  if (!isRecord(value)) return 'expected an object'
  if (value['v'] !== FEED_VERSION) return `found version ${show(value['v'])}, expected ${FEED_VERSION}`
  const { iss, feed, iat, exp, after, next, more, businesses, entries, removed } = value
  if (typeof iss !== 'string' || !/^https:\/\/[\x21-\x7e]{1,500}$/.test(iss)) return 'iss: expected an https URL'
  if (typeof feed !== 'string' || !ID.test(feed)) return 'feed: expected 22 characters of base64url'
  if (!isCount(iat) || !isCount(exp) || exp <= iat) return 'iat, exp: expected seconds since 1970, the later one in exp'
  if (!isCount(after) || !isCount(next) || next < after) return 'after, next: expected two places, not backwards'
  if (typeof more !== 'boolean') return 'more: expected true or false'
  if (more && next === after) return 'more, next: expected another place where there is more'
  if (!isRecord(businesses)) return 'businesses: expected an object'
  if (!Array.isArray(entries) || !Array.isArray(removed)) return 'entries, removed: expected lists'
  if (entries.length + removed.length > PAGE_ENTRIES_MAX)
    return `expected at most ${PAGE_ENTRIES_MAX} entries in a page`

  const known = new Map<string, FeedBusiness>()
  for (const [id, business] of Object.entries(businesses)) {
    if (!ID.test(id) || !isRecord(business)) return `businesses/${show(id)}: expected an id and an object`
    const { name, site } = business
    if (!isLine(name, 200) || !isLine(site, 500) || !/^https?:\/\//.test(site))
      return `businesses/${id}: expected a name and an http address`
    known.set(id, { name, site })
  }
  const read: FeedEntry[] = []
  const seen = new Set<number>()
  for (const [at, entry] of (entries as unknown[]).entries()) {
    const parsed = parseEntry(entry, known)
    if (typeof parsed === 'string') return `entries/${at}: ${parsed}`
    if (seen.has(parsed.id)) return `entries/${at}: found the id ${parsed.id} twice`
    seen.add(parsed.id)
    read.push(parsed)
  }
  for (const [at, id] of (removed as unknown[]).entries()) {
    if (!isCount(id) || seen.has(id)) return `removed/${at}: expected the id of an entry that is not in this page`
    seen.add(id)
  }
  return {
    issuer: iss,
    feed,
    issuedAt: iat,
    expiresAt: exp,
    after,
    next,
    more,
    businesses: known,
    entries: read,
    removed: removed as number[],
  }
}

function parseEntry(entry: unknown, businesses: ReadonlyMap<string, unknown>): FeedEntry | string {
  if (!isRecord(entry)) return 'expected an object'
  const { id, business, numbers, proof, since, until } = entry
  if (!isCount(id)) return 'id: expected a number'
  if (typeof business !== 'string' || !businesses.has(business)) return 'business: expected an id in businesses'
  if (
    !Array.isArray(numbers) ||
    numbers.length < 1 ||
    numbers.length > 2 ||
    !numbers.every((one) => typeof one === 'string')
  )
    return 'numbers: expected one number, or both ends of a range'
  const [first, last = first] = numbers as [string, string?]
  const span = spanOf(first, last)
  if ('kind' in span) return `numbers: expected ${span.expected}`
  const way = PROOFS.find((one) => one === proof)
  if (way === undefined) return `proof: expected one of ${PROOFS.join(', ')}`
  if (!isCount(since) || !isCount(until) || until <= since) return 'since, until: expected seconds since 1970, in order'
  return { id, registration: business, span, proof: way, since, until }
}

/** What a registry remembers of a feed that it imports. */
export type FeedPlace = {
  readonly feed: string
  readonly next: number
  readonly issuedAt: number
}

/**
 * Whether pages may be taken: they are of the one feed, go on from where it was left, each from where the one before ended,
 * were not issued before the last that was taken, and are not too old. `undefined` for yes, else what is wrong.
 */
export function objectToPages(
  pages: readonly FeedPage[],
  place: FeedPlace | undefined,
  nowMs: number,
): string | undefined {
  const first = pages[0]
  if (first === undefined) return 'there is no page'
  const nowS = Math.floor(nowMs / 1000)
  let after = place !== undefined && first.feed === place.feed ? place.next : 0
  // A feed may always be sent whole again: from its beginning it stands for all of it.
  if (first.after === 0) after = 0
  const issuedAt = place?.issuedAt ?? 0
  for (const [at, page] of pages.entries()) {
    if (page.feed !== first.feed || page.issuer !== first.issuer)
      return `page ${at + 1} is of another feed than the first`
    if (page.issuedAt < issuedAt)
      return `page ${at + 1} was issued before what was taken last: somebody sends what was true once`
    if (page.issuedAt > nowS + CLOCKS_APART_S)
      return `page ${at + 1} was issued in the future: one of the clocks is wrong`
    if (page.expiresAt <= nowS)
      return `page ${at + 1} is too old: it was good until ${new Date(page.expiresAt * 1000).toISOString()}`
    if (page.after !== after) return `page ${at + 1} goes on from place ${page.after}, expected ${after}`
    after = page.next
  }
  if (place !== undefined && first.feed === place.feed && after < place.next)
    return `the feed ends at place ${after}, but ${place.next} was taken already: it was set back`
  if (pages.at(-1)!.more) return 'the last page says that there is more, and it is not here'
  return undefined
}

/** What pages come to, each entry as the last of them has it. `isWhole`: what is not in it is no more. */
export function gatherPages(pages: readonly FeedPage[]): {
  readonly isWhole: boolean
  readonly entries: ReadonlyMap<number, FeedEntry & { readonly business: FeedBusiness }>
  readonly removed: ReadonlySet<number>
} {
  const entries = new Map<number, FeedEntry & { readonly business: FeedBusiness }>()
  const removed = new Set<number>()
  for (const page of pages) {
    for (const entry of page.entries) {
      entries.set(entry.id, { ...entry, business: page.businesses.get(entry.registration)! })
      removed.delete(entry.id)
    }
    for (const id of page.removed) {
      entries.delete(id)
      removed.add(id)
    }
  }
  return { isWhole: pages[0]?.after === 0, entries, removed }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isLine(value: unknown, max: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= max && !UNSAFE.test(value)
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 40) ?? 'nothing'
}

export const FEED_VERSION = 1
/** The media type of a signed page, and what its header says of itself. */
export const FEED_TYPE = 'application/jose'
export const FEED_HEADER_TYPE = 'registry-feed+jws'
/** Entries and removals in one page. */
export const PAGE_ENTRIES_MAX = 5_000
/** How long a page is good: longer than a weekend without a pull makes it too old. */
export const PAGE_GOOD_S = 86_400
const CLOCKS_APART_S = 300
const ID = /^[A-Za-z0-9_-]{22}$/
const PROOFS: readonly ProofWay[] = ['call', 'letter', 'registry', 'provider']
/** Control, format (direction, zero width), line and paragraph ends, halves of surrogate pairs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
