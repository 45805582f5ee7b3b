import type { Case } from '#core/redress/case.ts'
import type { CaseEvent } from '#core/redress/case-event.ts'
import { wordsOf } from '#core/redress/view-case.ts'
import { FETCH_REFUSALS, type FetchOptions, type FetchRefusal, postGuarded } from '#edge/fetch/guarded-fetch.ts'
import {
  type NewsParcel,
  dueNews,
  followNews,
  gatherNews,
  removeNews,
  retryNews,
  waitingNews,
} from '#edge/store/news-store.ts'
import { openForWriting, parseStoreUrl } from '#edge/store/schema.ts'
import { type Delivery, GIVE_UP_MS, type Webhook, deliver, retryAfterMs, signBody } from '#edge/webhook/deliver.ts'
import { Troubles } from './troubles.ts'

export type NewsTerms = {
  /** The store's URL. */
  readonly store: string
  /** The operator's own receivers, who hear of everything that happens to a case. */
  readonly webhooks: readonly Webhook[]
  /** How a case stands now, with its events. */
  readonly read: (id: string) => { readonly found: Case; readonly events: readonly CaseEvent[] } | undefined
  /** Told once of each thing that goes wrong: which receiver, of a claimant with his case and host, and why. */
  readonly onTrouble: (hook: string, why: string) => void
  readonly now: () => number
  /** How claimants' own receivers are reached; only tests have a reason to say. */
  readonly reach?: Omit<FetchOptions, 'hosts'> | undefined
}

export type NewsFigures = { told: number; retried: number; givenUp: number; waiting: number }

export type News = { readonly figures: () => NewsFigures; close(): Promise<void> }

/**
 * Tells webhooks of what happens to cases: the operator's of everything, a claimant's of what he can read of his own case.
 * At least once, each event under one id, for 24 hours. A claimant chose his receiver's URL, so it is reached only where it is
 * https on a public address; nothing of the answer is read but its status.
 */
export function openNews({ store, webhooks, read, onTrouble, now, reach }: NewsTerms): News {
  const db = openForWriting(parseStoreUrl(store), 'full')
  // A place that is lost with the power means that something is told twice, never that it is not told.
  db.exec('PRAGMA synchronous = NORMAL')
  const troubles = new Troubles()
  const trouble = (of: string, why: string): void => {
    if (troubles.isNews(of, why, now())) onTrouble(of, why)
  }
  const counts = { told: 0, retried: 0, givenUp: 0 }
  /** By hook what it is being told of, by its place: an event, or for claimants the case, for each has a receiver of his own. */
  const underWay = new Map<string, Map<string, Promise<void>>>()
  let waiting = 0
  let isOpen = true
  const hooks: readonly Hook[] = [
    { name: CLAIMANTS, kinds: TOLD_TO_CLAIMANTS, tell: tellClaimant },
    ...webhooks.map((webhook) => ({
      name: `webhook ${webhook.name}`,
      kinds: undefined,
      tell: (event: Told) => deliver(webhook, event.id, event.body, now()),
    })),
  ]

  async function tellClaimant(event: Told): Promise<Delivery> {
    const { webhook } = event.found.claim
    if (webhook === undefined || !event.isShown) return { kind: 'taken' }
    const headers = {
      'recourse-event': event.id,
      'recourse-signature': signBody(event.body, webhook.secret, now()),
    }
    const posted = await postGuarded(webhook.url, { body: event.body, headers }, { hosts: ['*'], ...reach })
    return posted.kind === 'taken' ? posted : { kind: 'failed', why: inWords(posted.why) }
  }
  const tryOnce = async (hook: Hook, parcel: NewsParcel): Promise<void> => {
    let of = hook.name
    try {
      const told = toldOf(parcel, read(parcel.case))
      if (hook.name === CLAIMANTS && told !== undefined) of = receiverOf(told.found)
      settle(of, parcel, told === undefined ? { kind: 'taken' } : await hook.tell(told))
    } catch (cause) {
      // It stays, and is told again under the same id.
      trouble(of, cause instanceof Error ? cause.message : String(cause))
    }
  }
  const settle = (of: string, parcel: NewsParcel, delivery: Delivery): void => {
    if (delivery.kind === 'taken') {
      counts.told++
      troubles.isOver(of)
      return removeNews(db, parcel)
    }
    trouble(of, delivery.why)
    if (now() - parcel.at > GIVE_UP_MS) {
      counts.givenUp++
      return removeNews(db, parcel)
    }
    counts.retried++
    retryNews(db, parcel, now() + retryAfterMs(parcel.attempts))
  }
  const look = (): void => {
    if (!isOpen) return
    try {
      for (const hook of hooks) {
        while (gatherNews(db, hook.name, hook.kinds, GATHERED_MAX) === GATHERED_MAX);
        const busy = underWay.get(hook.name)!
        const isByCase = hook.name === CLAIMANTS
        for (const parcel of dueNews(db, hook.name, now(), TRIES_MAX + busy.size, isByCase)) {
          const place = isByCase ? parcel.case : String(parcel.id)
          if (busy.size >= TRIES_MAX || busy.has(place)) continue
          busy.set(
            place,
            tryOnce(hook, parcel).finally(() => busy.delete(place)),
          )
        }
      }
      waiting = waitingNews(db)
      troubles.isOver('the store')
    } catch (cause) {
      // A store that is busy or full just now; the place in it is where it was.
      trouble('the store', cause instanceof Error ? cause.message : String(cause))
    }
  }
  for (const { name } of hooks) {
    followNews(db, name)
    underWay.set(name, new Map())
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  return {
    figures: () => ({ ...counts, waiting }),
    async close() {
      isOpen = false
      clearInterval(timer)
      await Promise.all([...underWay.values()].flatMap((busy) => [...busy.values()]))
      db.close()
    },
  }
}

type Hook = {
  readonly name: string
  readonly kinds: readonly string[] | undefined
  readonly tell: (event: Told) => Promise<Delivery>
}

/** An event as it is told: the id that stays the same however often, and JSON. */
type Told = {
  readonly id: string
  readonly body: string
  readonly found: Case
  /** Whether it stands on the claimant's own page. */
  readonly isShown: boolean
}

/** What is said of an event: which case, what kind, how the case stands now. The rest is read where one may read it. */
function toldOf(
  { case: id, seq }: NewsParcel,
  read: { found: Case; events: readonly CaseEvent[] } | undefined,
): Told | undefined {
  const event = read?.events.find((event) => event.seq === seq)
  if (read === undefined || event === undefined) return undefined
  const name = `${id}-${seq}`
  const body = JSON.stringify({
    recourse: 1,
    id: name,
    type: 'case',
    case: id,
    at: new Date(event.at).toISOString(),
    event: event.kind,
    status: read.found.status,
  })
  return { id: name, body, found: read.found, isShown: wordsOf(event, read.events) !== undefined }
}

function inWords(why: FetchRefusal): string {
  return why in FETCH_REFUSALS ? FETCH_REFUSALS[why as keyof typeof FETCH_REFUSALS] : `its URL cannot be used (${why})`
}

/** A claimant's receiver as the log names it. */
function receiverOf({ id, claim }: Case): string {
  const host = claim.webhook === undefined ? '' : new URL(claim.webhook.url).host
  return `case ${id}, the claimant\u2019s receiver ${host}`
}

const CLAIMANTS = 'claimants'
/** The kinds that stand on a claimant's own page; notes and who works on it are nobody's business outside. */
const TOLD_TO_CLAIMANTS: readonly CaseEvent['kind'][] = [
  'confirmed',
  'acknowledged',
  'asked',
  'answered',
  'decided',
  'effective',
  'verified',
  'regressed',
  'expired',
  'withdrawn',
  'reopened',
  'corrected',
]
const LOOK_EVERY_MS = 250
const GATHERED_MAX = 500
/** Tries under way for one hook, for claimants each of another case: a receiver that hangs holds up nobody but itself. */
const TRIES_MAX = 8
