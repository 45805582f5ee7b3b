import { Worker } from 'node:worker_threads'
import type { Webhook } from '#edge/webhook/deliver.ts'
import type { Figure } from '#edge/health/serve.ts'
import type { WebhookFigures, WebhookReport, WebhookTerms } from './webhook-thread.ts'

/** Those who are told of blocks, seen from the main thread. */
export type Webhooks = {
  readonly figures: () => WebhookFigures
  close(): Promise<void>
}

/**
 * Starts telling webhooks of what the ledger records from now on; `onTrouble` hears why one could not be told, and `onDeath`
 * why all have stopped being told: it is tried again, at first soon, and nothing is lost, for events wait in the store.
 */
export function startWebhooks(
  store: string,
  webhooks: readonly Webhook[],
  onTrouble: (webhook: string, why: string) => void,
  onDeath: (cause: unknown) => void,
): Webhooks {
  let figures: WebhookFigures = { told: 0, retried: 0, givenUp: 0, waiting: 0 }
  if (webhooks.length === 0) return { figures: () => figures, close: () => Promise.resolve() }
  const file = new URL(import.meta.url.endsWith('.ts') ? './webhook-thread.ts' : './webhook-thread.js', import.meta.url)
  let thread: Worker | undefined
  let isClosed = false
  let waitMs = AGAIN_MS_LEAST
  let again: NodeJS.Timeout | undefined
  const saidMs = new Map<string, number>()
  const tellTrouble = (webhook: string, why: string): void => {
    const nowMs = performance.now()
    if (nowMs - (saidMs.get(webhook) ?? -Infinity) < QUIET_MS) return
    saidMs.set(webhook, nowMs)
    onTrouble(webhook, why)
  }
  const begin = (): void => {
    const before = figures
    const begun = new Worker(file, { workerData: { store, webhooks } satisfies WebhookTerms })
    thread = begun
    let cause: unknown = new Error('the thread that tells webhooks ended')
    begun.on('message', (report: WebhookReport) => {
      if (report.kind === 'trouble') return tellTrouble(report.webhook, report.why)
      // It has opened the store: what ends it after this is a trouble of its own.
      waitMs = AGAIN_MS_LEAST
      figures = addedTo(before, report.figures)
    })
    begun.on('error', (error) => (cause = error))
    begun.on('exit', () => {
      thread = undefined
      if (isClosed) return
      onDeath(cause)
      again = setTimeout(begin, waitMs)
      again.unref()
      waitMs = Math.min(2 * waitMs, AGAIN_MS_MOST)
    })
  }
  begin()
  return {
    figures: () => figures,
    async close() {
      isClosed = true
      clearTimeout(again)
      const open = thread
      if (open === undefined) return
      open.postMessage('close', [])
      await Promise.race([
        new Promise((done) => open.once('exit', done)),
        new Promise((done) => setTimeout(done, CLOSE_MS)),
      ])
      await open.terminate()
    },
  }
}

/** What earlier threads counted and what this one does; how many wait is this one's alone to say. */
function addedTo(before: WebhookFigures, { told, retried, givenUp, waiting }: WebhookFigures): WebhookFigures {
  return { told: before.told + told, retried: before.retried + retried, givenUp: before.givenUp + givenUp, waiting }
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
/** How long after its end the thread is started again: twice as long each time, until it has worked. At most within what an alarm stays fresh. */
const AGAIN_MS_LEAST = 500
const AGAIN_MS_MOST = 30_000
