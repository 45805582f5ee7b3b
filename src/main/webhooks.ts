import { Worker } from 'node:worker_threads'
import type { Webhook } from '#edge/webhook/deliver.ts'
import type { Figure } from '#edge/health/serve.ts'
import type { WebhookFigures, WebhookReport, WebhookTerms } from './webhook-thread.ts'

/** Those who are told of blocks, seen from the main thread. */
export type Webhooks = {
  readonly figures: () => WebhookFigures
  close(): Promise<void>
}

/** Starts telling webhooks of what the ledger records from now on; `onTrouble` hears why one could not be told. */
export function startWebhooks(
  store: string,
  webhooks: readonly Webhook[],
  onTrouble: (webhook: string, why: string) => void,
): Webhooks {
  let figures: WebhookFigures = { told: 0, retried: 0, givenUp: 0, waiting: 0 }
  if (webhooks.length === 0) return { figures: () => figures, close: () => Promise.resolve() }
  const file = new URL(import.meta.url.endsWith('.ts') ? './webhook-thread.ts' : './webhook-thread.js', import.meta.url)
  const thread = new Worker(file, { workerData: { store, webhooks } satisfies WebhookTerms })
  let ended = false
  const saidMs = new Map<string, number>()
  const tellTrouble = (webhook: string, why: string): void => {
    const nowMs = performance.now()
    if (nowMs - (saidMs.get(webhook) ?? -Infinity) < QUIET_MS) return
    saidMs.set(webhook, nowMs)
    onTrouble(webhook, why)
  }
  thread.on('message', (report: WebhookReport) => {
    if (report.kind === 'figures') ({ figures } = report)
    else tellTrouble(report.webhook, report.why)
  })
  thread.on('error', (cause) => onTrouble('the outbox', String(cause)))
  thread.on('exit', () => (ended = true))
  return {
    figures: () => figures,
    async close() {
      if (ended) return
      thread.postMessage('close', [])
      await Promise.race([
        new Promise((done) => thread.once('exit', done)),
        new Promise((done) => setTimeout(done, CLOSE_MS)),
      ])
      await thread.terminate()
    },
  }
}

/** What the metrics page shows of them. */
export function webhookFigures(read: () => WebhookFigures): Figure[] {
  return [
    { name: 'webhook_told_total', help: 'events that a webhook has taken', type: 'counter', read: () => read().told },
    {
      name: 'webhook_retried_total',
      help: 'tries of a webhook that failed and are made again',
      type: 'counter',
      read: () => read().retried,
    },
    {
      name: 'webhook_given_up_total',
      help: 'events that no webhook took within 24 hours',
      type: 'counter',
      read: () => read().givenUp,
    },
    { name: 'webhook_waiting', help: 'events on their way to webhooks', type: 'gauge', read: () => read().waiting },
  ]
}

/** A receiver that is away for a day does not fill the log. */
const QUIET_MS = 10_000
const CLOSE_MS = 1_000
