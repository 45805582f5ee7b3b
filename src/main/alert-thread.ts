// The thread that tells of our calls: it looks at groups and baselines as long as that takes, away from where copies come in.
import { parentPort, workerData } from 'node:worker_threads'
import { type AlertFigures, type AlertTerms, openAlerts } from '#main/monitor/alerts.ts'

export type AlertTask = Pick<AlertTerms, 'store' | 'monitor' | 'mail'>

export type AlertReport =
  | { readonly kind: 'figures'; readonly figures: AlertFigures }
  | { readonly kind: 'trouble'; readonly why: string }

const FIGURES_MS = 1_000

const main = parentPort!
const alerts = openAlerts({
  ...(workerData as AlertTask),
  onTrouble: (why) => tell({ kind: 'trouble', why }),
  now: () => Date.now(),
})
const timer = setInterval(() => tell({ kind: 'figures', figures: alerts.figures() }), FIGURES_MS)
main.on('message', () => {
  clearInterval(timer)
  void alerts.close().then(() => main.close())
})

function tell(report: AlertReport): void {
  main.postMessage(report, [])
}
