// A thread that tells webhooks of blocks: it may wait for a disk or a slow receiver as long as it takes.
import { parentPort, workerData } from 'node:worker_threads'
import { type Webhook, GIVE_UP_MS, deliver, retryAfterMs } from '#edge/webhook/deliver.ts'
import { writeEvent } from '#edge/webhook/event.ts'
import { Outbox, type Parcel } from '#edge/store/outbox.ts'

export type WebhookTerms = { readonly store: string; readonly webhooks: readonly Webhook[] }

/** What has become of events so far. */
export type WebhookFigures = { told: number; retried: number; givenUp: number; waiting: number }

export type WebhookReport =
  | { readonly kind: 'figures'; readonly figures: WebhookFigures }
  | { readonly kind: 'trouble'; readonly webhook: string; readonly why: string }

/** How often the ledger is looked at. */
const LOOK_EVERY_MS = 250
/** Entries taken into the outbox at a time. */
const GATHERED_MAX = 500
/** Tries under way for one webhook at a time. */
const TRIES_MAX = 8

const { store, webhooks } = workerData as WebhookTerms
const main = parentPort!
const outbox = new Outbox(store)
const figures: WebhookFigures = { told: 0, retried: 0, givenUp: 0, waiting: 0 }
const underWay = new Map<string, Set<number>>()
let shown = ''

for (const { name } of webhooks) {
  outbox.follow(name)
  underWay.set(name, new Set())
}
const timer = setInterval(() => look(), LOOK_EVERY_MS)
main.on('message', () => {
  clearInterval(timer)
  outbox.close()
  main.close()
})

function look(): void {
  try {
    for (const webhook of webhooks) {
      figures.givenUp += outbox.gather(webhook.name, Date.now() - GIVE_UP_MS, GATHERED_MAX).passed
      send(webhook)
    }
    figures.waiting = outbox.waiting
  } catch (cause) {
    // A store that is busy or full just now; the place in it is where it was.
    tell({ kind: 'trouble', webhook: 'the outbox', why: cause instanceof Error ? cause.message : String(cause) })
  }
  const text = JSON.stringify(figures)
  if (text !== shown) tell({ kind: 'figures', figures: { ...figures } })
  shown = text
}

function send(webhook: Webhook): void {
  const busy = underWay.get(webhook.name)!
  if (busy.size >= TRIES_MAX) return
  for (const parcel of outbox.due(webhook.name, Date.now(), TRIES_MAX + busy.size)) {
    if (busy.size >= TRIES_MAX) return
    if (busy.has(parcel.id)) continue
    busy.add(parcel.id)
    void tryOnce(webhook, parcel, busy)
  }
}

async function tryOnce(webhook: Webhook, parcel: Parcel, busy: Set<number>): Promise<void> {
  const { id, body } = writeEvent(parcel.row)
  const delivery = await deliver(webhook, id, body, Date.now())
  try {
    settle(webhook, parcel, delivery)
    busy.delete(parcel.id)
    send(webhook)
  } catch (cause) {
    // It stays in the outbox, and is told again: its id is the same.
    busy.delete(parcel.id)
    tell({ kind: 'trouble', webhook: webhook.name, why: cause instanceof Error ? cause.message : String(cause) })
  }
}

function settle(webhook: Webhook, parcel: Parcel, delivery: Awaited<ReturnType<typeof deliver>>): void {
  if (delivery.kind === 'taken') {
    figures.told++
    return outbox.remove(parcel)
  }
  tell({ kind: 'trouble', webhook: webhook.name, why: delivery.why })
  const nowMs = Date.now()
  if (nowMs - parcel.atMs > GIVE_UP_MS) {
    figures.givenUp++
    return outbox.remove(parcel)
  }
  figures.retried++
  outbox.retry(parcel, nowMs + retryAfterMs(parcel.attempts))
}

function tell(report: WebhookReport): void {
  main.postMessage(report, [])
}
