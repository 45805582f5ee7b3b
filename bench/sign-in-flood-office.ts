// Loaded beside a gate by `--import`: serves the inside in a thread of the gate's own process, as the desk's thread does.
import { Worker, isMainThread, workerData } from 'node:worker_threads'
import { noHttpFigures } from '#edge/http/figures.ts'
import { serveHttp } from '#edge/http/serve.ts'
import { openOffice } from '#main/desk/office-door.ts'

const place = process.env['FLOODED_OFFICE']
if (place !== undefined && isMainThread && process.argv.includes('up')) {
  new Worker(new URL(import.meta.url), { workerData: { place } }).unref()
} else if (!isMainThread && typeof (workerData as { place?: unknown } | undefined)?.place === 'string') {
  const [port, path = ''] = (workerData as { place: string }).place.split(' ')
  const figures = noHttpFigures()
  const proxy = { kind: 'proxy' as const, addresses: ['127.0.0.1'] }
  const listen = { address: '127.0.0.1', port: Number(port) }
  const office = openOffice(
    {
      store: { kind: 'sqlite', path },
      operator: { name: 'Northwire', contact: { url: undefined, tel: undefined, email: undefined }, location: 'RLN' },
      gate: { dialPlan: undefined },
      office: { listen, public: `http://127.0.0.1:${port}`, tls: proxy },
      accounts: { needsSecondFactor: true, idleMs: 1_800_000, sessionMs: 43_200_000, oidc: undefined },
    },
    { routes: [], figures, alarm: console.error },
  )
  await serveHttp(
    (request, env) => office.fetch(request, env),
    { ...listen, tls: undefined, spares: () => true },
    figures,
  )
}
