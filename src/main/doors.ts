import type { Logger } from 'pino'
import type { Ledger } from '#core/ledger/ledger.ts'
import type { ControlServer } from '#edge/control/serve.ts'
import { detectBatch } from '#edge/gate/udp-batch.ts'
import { listenUdp } from '#edge/gate/udp.ts'
import { type Figure, type HealthServer, serveHealth } from '#edge/health/serve.ts'
import type { SharedLedger } from '#edge/store/sqlite-ledger.ts'
import type { Alarms } from './alarms.ts'
import type { Config } from '#main/config/config.ts'
import { formatEndpoint, formatListening } from '#main/config/addresses.ts'
import { EXIT, Stop } from './exit.ts'
import type { GateState } from './gate-state.ts'
import { deskFigures, gateFigures, httpFigures, inquiryFigures, ledgerFigures, streamFigures } from './figures.ts'
import type { Gates } from './gates.ts'
import { Deaf } from './gates.ts'
import { UDP } from './hep-tap.ts'
import type { Inquiries } from './inquiries.ts'
import { type AlertService, alertFigures, startAlerts } from './alert-service.ts'
import { type MonitorService, NoMonitor, monitorFigures, startMonitor } from './monitor-service.ts'
import { NoInlet, type SeenOutcomes, outcomeFigures, watchOutcomes } from './outcomes.ts'
import { NoDeskDoor } from './desk-service.ts'
import { concealNumbers } from './words.ts'
import type { ProcessAbout } from '#main/desk/desk-messages.ts'
import { type HttpDoors, NoDoor, openHttpDoors } from './serve-http.ts'
import { NoStream, type OpenStreams, openStreams } from './serve-streams.ts'
import { type StandingWatch, standingFigures } from './standing-watch.ts'
import type { Trials } from './trials.ts'
import { controlPath } from './trials.ts'
import { type Webhooks, webhookFigures } from './webhooks.ts'
import { say } from './say.ts'

/** Opens every endpoint; answers what they are, as they stand in the log. */
export async function listen(gates: Gates, config: Config, path: string): Promise<string[]> {
  const { receiveBufferBytes, threads, udp } = config.gate
  const endpoints = config.gate.listen.filter(({ transport }) => transport === 'udp')
  const local: string[] = []
  const why = udp === 'batch' ? detectBatch() : undefined
  if (why !== undefined)
    throw new Stop(EXIT.unusable, `gate.udp is batch in ${path}, which cannot be used here: ${why}. Set it to dgram`)
  const inThreads = endpoints.length > 0 && (threads > 1 || udp === 'batch')
  try {
    if (inThreads) {
      const started = await gates.start(threads, { listen: endpoints, receiveBufferBytes, udp })
      local.push(...started.map((address) => `udp:${address}`))
    }
  } catch (error) {
    if (!(error instanceof Deaf)) throw error
    throw cannotListen(`udp:${formatEndpoint(endpoints[error.endpoint]!)}`, `gate.listen in ${path}`, error)
  }
  for (const endpoint of inThreads ? [] : endpoints) {
    const { address, port } = endpoint
    try {
      const receive = gates.receiver({ address, port, protocol: UDP })
      const transport = await listenUdp(address, port, { receiveBufferBytes, reusePort: false }, receive)
      gates.transports.push(transport)
      local.push(`udp:${transport.local}`)
    } catch (error) {
      throw cannotListen(`udp:${formatEndpoint(endpoint)}`, `gate.listen in ${path}`, error)
    }
  }
  return local
}

/** Opens what is listened on for connections. */
export async function openConnections(
  config: Config,
  path: string,
  gates: Gates,
  alarms: Alarms,
  log: Logger,
): Promise<OpenStreams> {
  try {
    return await openStreams(config, {
      receiver: (heard) => gates.receiver(heard),
      terms: () => gates.terms,
      alarm: (kind, cause) => alarms.raise(kind, cause),
      tell: (level, message) => log[level](message),
    })
  } catch (error) {
    if (!(error instanceof NoStream)) throw error
    throw cannotListen(formatListening(error.endpoint), `gate.listen in ${path}`, error.cause)
  }
}

/** Opens what takes copies of calls; `local` is what the gate itself listens on. */
export async function openOutcomes(
  config: Config,
  path: string,
  local: readonly string[],
  gates: Gates,
): Promise<SeenOutcomes> {
  try {
    return await watchOutcomes(config.outcomes, local, gates)
  } catch (error) {
    if (!(error instanceof NoInlet)) throw error
    throw cannotListen(formatListening(error.endpoint), `gate.outcomes.hep in ${path}`, error.cause)
  }
}

/** What watches our own calls, and what tells of them. */
export type OpenMonitor = MonitorService & { readonly alertFigures: AlertService['figures'] }

/** Opens what watches our own calls, and tells of them. */
export async function openMonitor(config: Config, path: string, alarms: Alarms): Promise<OpenMonitor> {
  const url = `sqlite:${config.store.path}`
  const alarm = (cause: unknown): void => alarms.raise('monitor', cause)
  try {
    const monitor = await startMonitor(url, config.monitor, alarm)
    const alerts = startAlerts(url, config.monitor, config.mail, alarm)
    return {
      local: monitor.local,
      door: monitor.door,
      figures: monitor.figures,
      alertFigures: alerts.figures,
      async close() {
        await Promise.all([monitor.close(), alerts.close()])
      },
    }
  } catch (error) {
    if (!(error instanceof NoMonitor)) throw error
    throw cannotListen(error.message.replace(/^cannot listen on /, ''), `monitor.${error.key} in ${path}`, error)
  }
}

/** Opens the doors over HTTP. */
export async function openDoors(
  config: Config,
  path: string,
  ledger: SharedLedger,
  gates: Gates,
  alarms: Alarms,
  log: Logger,
  local: readonly string[],
  about: () => ProcessAbout,
): Promise<HttpDoors> {
  try {
    return await openHttpDoors(config, {
      gate: gates.gate,
      receiptKeys: () => gates.terms.receipts,
      secret: await ledger.secret('card'),
      noteOutcome: (outcome) => gates.noteOutcome(outcome),
      alarm: (kind, cause) => alarms.raise(kind, cause),
      tell: (message) => log.warn(concealNumbers(message)),
      path,
      process: () => {
        const { failure } = ledger.figures()
        const broken = failure === undefined ? [] : [`the ledger: ${failure}`]
        const calls = alarms.fresh('calls')
        return {
          at: Date.now(),
          listening: local,
          faults: [...calls, ...broken],
          alarms: [...calls, ...broken, ...alarms.fresh('beside')],
          delays: gates.state().delays,
          about: about(),
        }
      },
    })
  } catch (error) {
    if (error instanceof NoDeskDoor) {
      const { listen } = (error.key === 'office.listen' ? config.office : config.desk)!
      throw cannotListen(formatEndpoint(listen), `${error.key} in ${path}`, error)
    }
    if (!(error instanceof NoDoor)) throw error
    throw cannotListen(formatEndpoint(config.api!.listen), `${error.key} in ${path}`, error.cause)
  }
}

/** Everything that is counted, whoever shows it. */
export function everyFigure(
  ledger: Ledger,
  gates: Gates,
  doors: HttpDoors,
  streams: OpenStreams,
  webhooks: Webhooks,
  outcomes: SeenOutcomes,
  monitor: OpenMonitor,
  inquiries: Inquiries,
  standings: StandingWatch,
  alarms: Alarms,
): Figure[] {
  const state = (): GateState => gates.state()
  return [
    ...gateFigures(state, alarms),
    ...ledgerFigures(state, () => ledger.figures()),
    ...webhookFigures(webhooks.figures),
    ...outcomeFigures(outcomes.figures),
    ...monitorFigures(monitor.figures),
    ...alertFigures(monitor.alertFigures),
    ...inquiryFigures(() => inquiries),
    ...standingFigures(standings.figures),
    ...httpFigures(doors.figures),
    ...deskFigures(doors.desk),
    ...streamFigures(streams),
  ]
}

/** Serves figures and health. */
export async function watch(
  config: Config,
  path: string,
  ledger: Ledger,
  gates: Gates,
  figures: readonly Figure[],
  alarms: Alarms,
  startedMs: number,
): Promise<HealthServer | undefined> {
  const { listen: endpoint } = config.metrics
  if (endpoint === undefined) return undefined
  const health = () => {
    const { failure } = ledger.figures()
    const faults = [...alarms.fresh('calls'), ...(failure === undefined ? [] : [`the ledger: ${failure}`])]
    return {
      faults,
      notes: alarms.fresh('beside'),
      about: {
        upSeconds: Math.round((performance.now() - startedMs) / 1000),
        policy: gates.terms.policy.version,
        policyVersion: gates.terms.policyVersion,
      },
    }
  }
  try {
    return await serveHealth(endpoint.address, endpoint.port, figures, health)
  } catch (error) {
    throw cannotListen(formatEndpoint(endpoint), `metrics.listen in ${path}`, error)
  }
}

/** Says whose fault it is that a port cannot be listened on. */
function cannotListen(what: string, where: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = LISTEN_FAULTS[code]
  return why === undefined
    ? error
    : new Stop(EXIT.outside, `cannot listen on ${what} (${where}): ${why}`, { cause: error })
}

/** Listens for `recourse peer test`; a gate that cannot do so still screens calls. */
export async function listenForTrials(
  trials: Trials,
  gates: Gates,
  config: Config,
  local: readonly string[],
): Promise<ControlServer | undefined> {
  const about = { pid: process.pid, chain: config.ledger.chain, listening: local }
  try {
    return await trials.serve(controlPath(config.store.path), gates, about, () => Date.now())
  } catch (error) {
    say(`note: recourse peer test cannot reach this gate: ${(error as Error).message}`)
    return undefined
  }
}

const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses this port; end it, or choose another port',
  EACCES: 'permission denied; ports below 1024 belong to root',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this is no address of this machine',
}
