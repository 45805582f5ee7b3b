import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

/** One figure to be shown: its name without prefix, what it means, and how it stands now. */
export type Figure = { readonly name: string; readonly help: string } & (
  | { readonly type: 'counter' | 'gauge'; readonly read: () => number }
  | { readonly type: 'histogram'; readonly read: () => Spread }
)

/** What a histogram has counted: for each bound how many lay at or below it, and of all the number and the sum. */
export type Spread = {
  readonly within: readonly (readonly [bound: number, count: number])[]
  readonly count: number
  readonly sum: number
}

/** How the program is: `well`, or what is wrong, one line each. */
export type Health = {
  /** Why calls should be sent elsewhere. */
  readonly faults: readonly string[]
  /** What is wrong beside them. */
  readonly notes?: readonly string[]
  readonly about: Readonly<Record<string, string | number>>
}

export type HealthServer = { readonly url: string; close(): Promise<void> }

/**
 * Serves `GET /metrics` (Prometheus text) and `GET /health` (JSON; 200 when well, 503 when not) for the operator's own
 * network. Rejects where the port is taken.
 */
export async function serveHealth(
  host: string,
  port: number,
  figures: readonly Figure[],
  health: () => Health,
): Promise<HealthServer> {
  const registry = register(figures)
  const server = createServer({ connectionsCheckingInterval: CHECK_MS }, (request, response): void => {
    const path = request.url?.split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return void response.writeHead(405, { allow: 'GET, HEAD' }).end()
    if (path === '/metrics') {
      registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      )
      return
    }
    if (path !== '/health') return void response.writeHead(404).end()
    const state = health()
    const status = state.faults.length === 0 ? 'well' : 'unwell'
    response.writeHead(state.faults.length === 0 ? 200 : 503, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify({ status, faults: state.faults, notes: state.notes ?? [], ...state.about })}\n`)
  })
  server.requestTimeout = REQUEST_MS
  server.headersTimeout = REQUEST_MS
  server.maxConnections = CONNECTIONS_MAX
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      listening()
    })
  })
  // A connection that cannot be accepted, for want of descriptors, must not end the gate.
  server.on('error', () => undefined)
  const bound = server.address() as AddressInfo
  return {
    url: `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}

/** The figures live where they are counted; they are read when somebody asks. */
function register(figures: readonly Figure[]): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: PREFIX })
  for (const { name, help, ...figure } of figures) {
    const shown = { name: `${PREFIX}${name}`, help, registers: [registry] }
    if (figure.type === 'histogram') {
      show(new Histogram(shown), shown.name, help, figure.read)
      continue
    }
    const { type, read } = figure
    if (type === 'gauge') {
      const gauge: Gauge = new Gauge({ ...shown, collect: () => gauge.set(read()) })
    } else {
      const counter: Counter = new Counter({
        ...shown,
        collect() {
          counter.reset()
          counter.inc(read())
        },
      })
    }
  }
  return registry
}

/** Shows what was counted elsewhere: the library's histogram only counts for itself. */
function show(histogram: Histogram, name: string, help: string, read: () => Spread): void {
  const get = () => {
    const { within, count, sum } = read()
    const valueOf = (ending: string, value: number, labels = {}) => ({ metricName: name + ending, value, labels })
    const values = [
      ...within.map(([le, value]) => valueOf('_bucket', value, { le })),
      valueOf('_bucket', count, { le: '+Inf' }),
      valueOf('_sum', sum),
      valueOf('_count', count),
    ]
    return Promise.resolve({ name, help, type: 'histogram', values })
  }
  // The page of the library asks by the second name.
  Object.assign(histogram, { get, getForPromString: get })
}

const PREFIX = 'recourse_'
const REQUEST_MS = 5_000
/** How often connections are looked at that say nothing. */
const CHECK_MS = 1_000
const CONNECTIONS_MAX = 64
