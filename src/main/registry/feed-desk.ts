import { createHash } from 'node:crypto'
import { PAGE_ENTRIES_MAX, PAGE_GOOD_S, formatFeedPage } from '#core/registry/feed.ts'
import type { FeedDesk } from '#core/registry/registry.ts'
import type { FeedSigner } from '#edge/store/feed-signature.ts'
import type { RegistryStore } from '#edge/store/registry-store.ts'
import { freshId } from './make-registry.ts'

/** What a feed is published from. */
export type FeedParts = {
  readonly store: RegistryStore
  readonly signer: FeedSigner
  /** The desk's URL as the public sees it. */
  readonly issuer: string
  readonly now: () => number
}

/** A page of the feed as it is published. */
export type SignedPage = {
  readonly jws: string
  readonly tag: string
  readonly goodForS: number
  readonly next: number
  readonly more: boolean
}

/**
 * Publishes the feed. A page that was signed stays as it is for an hour, and for as long as nothing has changed behind its
 * place: who asks with its tag is told so without a signature being made.
 */
export function makeFeedDesk(
  parts: FeedParts,
): FeedDesk & { readonly signed: (after: number) => Promise<SignedPage | undefined> } {
  const { store, signer, issuer, now } = parts
  const feed = store.feedId(freshId())
  const kept = new Map<
    number,
    { readonly head: number; readonly atMs: number; readonly page: Promise<SignedPage | undefined> }
  >()

  const make = async (after: number, atMs: number): Promise<SignedPage | undefined> => {
    const found = store.feed(after, PAGE_ENTRIES_MAX, atMs)
    if (found === undefined) return undefined
    const issuedAt = Math.floor(atMs / 1000)
    const payload = formatFeedPage({ issuer, feed, issuedAt, expiresAt: issuedAt + PAGE_GOOD_S, after, ...found })
    const jws = await signer.sign(payload)
    const tag = `"${createHash('sha256').update(jws).digest('base64url')}"`
    return { jws, tag, goodForS: FRESH_S, next: found.next, more: found.more }
  }
  const signed = (after: number): Promise<SignedPage | undefined> => {
    const atMs = now()
    const head = store.feedHead()
    const before = kept.get(after)
    if (before !== undefined && before.head === head && Math.abs(atMs - before.atMs) < RESIGN_MS) return before.page
    const page = make(after, atMs)
    // A failure is not kept: the next who asks tries again.
    page.catch(() => kept.delete(after))
    kept.delete(after)
    if (kept.size >= PAGES_KEPT_MAX) kept.delete(kept.keys().next().value!)
    kept.set(after, { head, atMs, page })
    return page
  }
  return { signed, page: signed, keys: () => signer.keys }
}

/** All pages of the feed as a file has them: one compact JWS a line. */
export async function exportFeed(desk: {
  readonly signed: (after: number) => Promise<SignedPage | undefined>
}): Promise<string> {
  const lines: string[] = []
  for (let after = 0; ;) {
    const page = await desk.signed(after)
    if (page === undefined) throw new Error(`the feed has no place ${after} any more`)
    lines.push(page.jws)
    if (!page.more) return `${lines.join('\n')}\n`
    after = page.next
  }
}

/** For how long a cache may answer in our place: registrations are taken back too. */
const FRESH_S = 60
/** After that a page is signed anew, so that it is good for a day from then. */
const RESIGN_MS = 3_600_000
/** Pages kept: places that somebody went on from. */
const PAGES_KEPT_MAX = 32
