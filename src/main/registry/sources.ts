import { type FeedPage, parseFeedPage } from '#core/registry/feed.ts'
import type { Trust } from '#core/registry/registry.ts'
import { FETCH_REFUSALS, type FetchOptions, fetchDocument } from '#edge/fetch/guarded-fetch.ts'
import { readJson } from '#edge/http/json.ts'
import { Refused } from '#edge/http/problem.ts'
import type { Actor } from '#edge/store/audit.ts'
import { type FeedKeys, verifyFeedPage } from '#edge/store/feed-signature.ts'
import type { Imported, RegistryStore } from '#edge/store/registry-store.ts'

/** Another registry whose feed is imported. */
export type FeedSource = {
  readonly name: string
  /** Of its feed, https on 443. */
  readonly url: string
  /** Its public keys, pinned: none that it serves itself are believed. */
  readonly keys: FeedKeys
  readonly trust: Trust
  readonly everyMs: number
  /** Addresses of its host that may be connected to although they are not public. */
  readonly addresses?: readonly string[] | undefined
}

export type SourceParts = {
  readonly store: RegistryStore
  readonly sources: readonly FeedSource[]
  readonly now: () => number
  /** What of the guarded fetch is the operator's to say. */
  readonly fetch?: Omit<FetchOptions, 'hosts'> | undefined
  /** A source cannot be taken; told once for each time it stops working. */
  readonly alarm: (source: string, why: string) => void
}

/** What pulls have come to, counted since the start. */
export type SourceFigures = { pulls: number; unchanged: number; taken: number; failed: number }

/** Pulls feeds of other registries. */
export class Sources {
  readonly figures: SourceFigures = { pulls: 0, unchanged: 0, taken: 0, failed: 0 }
  readonly #parts: SourceParts
  readonly #due = new Map<string, number>()
  readonly #failing = new Set<string>()
  #running: Promise<void> | undefined

  /** Entries of sources reach as far as they are trusted now; those of a source that is named no more go. */
  constructor(parts: SourceParts) {
    this.#parts = parts
    const trusts = new Map(parts.sources.map(({ name, trust }) => [name, trust]))
    // What came as a file stays until a file takes it back.
    for (const { name, trust } of parts.store.sources()) if (name.startsWith(FILE_PREFIX)) trusts.set(name, trust)
    parts.store.setTrust(trusts, parts.now())
  }

  /** Pulls what is due, one after another; to be called every minute or so. Never rejects. */
  tick(): Promise<void> {
    this.#running ??= this.#pullDue().finally(() => (this.#running = undefined))
    return this.#running
  }

  /** Pulls one source now. Never rejects. */
  async pull(source: FeedSource): Promise<Imported | { readonly kind: 'unchanged' }> {
    this.figures.pulls++
    const pulled = await this.#fetchAll(source)
    const { store, now } = this.#parts
    const { name, trust } = source
    if (pulled.kind === 'unchanged') {
      this.figures.unchanged++
      store.noteSource(name, trust, '', now())
    } else if (pulled.kind === 'taken') this.figures.taken++
    else {
      this.figures.failed++
      store.noteSource(name, trust, pulled.why, now())
    }
    if (pulled.kind !== 'refused') this.#failing.delete(name)
    else if (!this.#failing.has(name)) {
      this.#failing.add(name)
      this.#parts.alarm(name, pulled.why)
    }
    return pulled
  }

  async #pullDue(): Promise<void> {
    for (const source of this.#parts.sources) {
      const nowMs = this.#parts.now()
      if ((this.#due.get(source.name) ?? 0) > nowMs) continue
      this.#due.set(source.name, nowMs + source.everyMs)
      await this.pull(source)
    }
  }

  async #fetchAll(source: FeedSource): Promise<Imported | { readonly kind: 'unchanged' }> {
    const { store, now } = this.#parts
    const known = store.source(source.name)
    const pages: FeedPage[] = []
    let after = known?.place?.next ?? 0
    let tag = ''
    let octets = 0
    for (;;) {
      const url = `${source.url}${source.url.includes('?') ? '&' : '?'}after=${after}`
      const fetched = await fetchDocument(url, {
        timeoutMs: PULL_MS,
        allowAddresses: source.addresses ?? [],
        ...this.#parts.fetch,
        hosts: [new URL(source.url).hostname],
        bodyBytesMax: PAGE_BYTES_MAX,
        ifNoneMatch: pages.length === 0 && known?.tag !== '' ? known?.tag : undefined,
      })
      if (fetched.kind === 'unchanged') {
        const isOld = (known?.expiresAt ?? 0) * 1000 <= now()
        return isOld ? refused('it answers that nothing is new, but what is here is too old') : fetched
      }
      // A feed that was begun anew has no such place: from its beginning it says which feed it is.
      if (fetched.kind === 'refused' && fetched.why === 'status' && after > 0 && pages.length === 0) {
        after = 0
        continue
      }
      if (fetched.kind === 'refused') {
        const words: string =
          fetched.why in FETCH_REFUSALS
            ? FETCH_REFUSALS[fetched.why as keyof typeof FETCH_REFUSALS]
            : `the URL is not one that is fetched from (${fetched.why})`
        return refused(`the feed cannot be fetched: ${words}`)
      }
      octets += fetched.body.length
      const page = await readPage(Buffer.from(fetched.body).toString('latin1').trim(), source.keys)
      if (typeof page === 'string') return refused(page)
      if (pages.length === 0 && after > 0 && page.feed !== known?.place?.feed) {
        after = 0
        continue
      }
      pages.push(page)
      tag = fetched.tag ?? ''
      if (!page.more) break
      if (pages.length >= PAGES_MAX || octets >= PULL_BYTES_MAX)
        return refused(`it has more than ${PAGES_MAX} pages or ${PULL_BYTES_MAX} octets`)
      if (page.next <= after) return refused('its pages do not go on')
      after = page.next
    }
    // The tag is of the page behind the place that is asked for: of the next pull's only where nothing came.
    const isStill = pages.length === 1 && pages[0]!.next === pages[0]!.after
    return store.takePages(source.name, source.trust, pages, isStill ? tag.slice(0, TAG_MAX) : '', now())
  }
}

/** Takes a file of signed pages, one a line, as a source of its own: all of it or nothing. */
export async function importFile(
  text: string,
  from: { readonly name: string; readonly keys: FeedKeys; readonly trust: Trust; readonly by?: Actor },
  store: RegistryStore,
  nowMs: number,
): Promise<Imported> {
  const pages: FeedPage[] = []
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue
    if (pages.length >= PAGES_MAX) return refused(`it has more than ${PAGES_MAX} pages`)
    if (line.length > PAGE_BYTES_MAX) return refused(`line ${pages.length + 1} is longer than ${PAGE_BYTES_MAX} octets`)
    const page = await readPage(line.trim(), from.keys)
    if (typeof page === 'string') return refused(`line ${pages.length + 1}: ${page}`)
    pages.push(page)
  }
  return store.takePages(from.name, from.trust, pages, '', nowMs, from.by)
}

/** A page whose signature is good and whose content is whole; words that say why it is not believed. */
export async function readPage(jws: string, keys: FeedKeys): Promise<FeedPage | string> {
  const payload = await verifyFeedPage(jws, keys)
  if (typeof payload === 'string') return payload
  try {
    return parseFeedPage(readJson(payload))
  } catch (error) {
    if (error instanceof Refused) return `its payload is no JSON that is taken: ${error.problem.detail}`
    throw error
  }
}

function refused(why: string): { readonly kind: 'refused'; readonly why: string } {
  return { kind: 'refused', why }
}

/** The names of sources that came as files begin so, which no name in a configuration does. */
export const FILE_PREFIX = 'file:'
/** One page, from the name to the last octet. */
const PULL_MS = 20_000
/** The longest page that is taken; ours are of up to 1 MiB. */
export const PAGE_BYTES_MAX = 2_097_152
/** Pages and octets of one pull. */
export const PAGES_MAX = 60
export const PULL_BYTES_MAX = 67_108_864
const TAG_MAX = 200
