import { Worker } from 'node:worker_threads'
import type { Figure } from '#edge/health/serve.ts'
import type { MailConfig } from '#main/config/mail.ts'
import type { MonitorConfig } from '#main/config/monitor.ts'
import { type AlertFigures, isTelling } from '#main/monitor/alerts.ts'
import type { AlertReport, AlertTask } from './alert-thread.ts'

/** What tells of our calls, in its thread. */
export type AlertService = {
  /** Undefined where nobody is to be told, or nothing was counted yet. */
  readonly figures: () => AlertFigures | undefined
  close(): Promise<void>
}

/** Starts telling people and webhooks what happens to our calls, and again where the thread ends. */
export function startAlerts(
  store: string,
  config: MonitorConfig | undefined,
  mail: MailConfig | undefined,
  alarm: (cause: unknown) => void,
): AlertService {
  if (config === undefined || !isTelling(config)) return { figures: () => undefined, close: () => Promise.resolve() }
  const file = new URL(import.meta.url.endsWith('.ts') ? './alert-thread.ts' : './alert-thread.js', import.meta.url)
  const { alerts, notify, digestMinute, keepMs } = config
  const task: AlertTask = {
    store,
    monitor: { alerts, notify, digestMinute, keepMs },
    mail: mail && { server: mail.server, sender: mail.sender },
  }
  let thread: Worker | undefined
  let again: NodeJS.Timeout | undefined
  let figures: AlertFigures | undefined
  let isClosed = false
  const begin = (): void => {
    const begun = new Worker(file, { workerData: task })
    thread = begun
    begun.on('message', (report: AlertReport) => {
      if (report.kind === 'figures') ({ figures } = report)
      else alarm(new Error(`an alert could not leave: ${report.why}`))
    })
    begun.on('error', alarm)
    begun.on('exit', () => {
      thread = undefined
      if (!isClosed) again = setTimeout(begin, AGAIN_MS)
    })
  }
  begin()
  return {
    figures: () => figures,
    async close() {
      isClosed = true
      clearTimeout(again)
      const ending = thread
      if (ending === undefined) return
      const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()))
      ending.postMessage('close', [])
      const patience = setTimeout(() => void ending.terminate(), CLOSE_MS)
      await ended
      clearTimeout(patience)
    },
  }
}

/** What the metrics page shows of alerts. */
export function alertFigures(read: AlertService['figures']): Figure[] {
  return Object.entries(ALERT_FIGURES).map(([key, help]): Figure => {
    const name = `monitor_${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`
    const isNow = key === 'alertsWaiting'
    return {
      name: isNow ? name : `${name}_total`,
      help,
      type: isNow ? 'gauge' : 'counter',
      read: () => read()?.[key as keyof AlertFigures] ?? 0,
    }
  })
}

/** Each figure's name and its help text. */
const ALERT_FIGURES: { readonly [name in keyof AlertFigures]: string } = {
  alerts: 'alerts about our calls, recorded to be told',
  digests: 'digests of a day, recorded to be told',
  alertsPosted: 'alerts and digests that a webhook took',
  alertsRetried: 'tries of a webhook that failed, and are made again',
  alertsGivenUp: 'alerts that a webhook did not take within 24 hours',
  alertsWaiting: 'alerts that webhooks are still to be told of',
}

const AGAIN_MS = 10_000
const CLOSE_MS = 2_000
