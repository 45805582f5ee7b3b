import pino, { type Logger } from 'pino'
import type { Figure } from '#edge/health/serve.ts'
import { type LedgerOptions, type SharedLedger, openLedger } from '#edge/store/sqlite-ledger.ts'
import { StoreError } from '#edge/store/store-error.ts'
import { openPolicyStore } from '#edge/store/policy-store.ts'
import { actorOf } from './actor.ts'
import { adoptPolicy, type LearnNew } from './adopt-policy.ts'
import { Alarms } from './alarms.ts'
import type { Config } from '#main/config/config.ts'
import { DoorCertificates } from './door-certificates.ts'
import { EXIT, Stop } from './exit.ts'
import { Inquiries } from './inquiries.ts'
import { learnBeside } from './learn-signers.ts'
import { openOrStop } from './load-or-stop.ts'
import { LogOutput } from './log-output.ts'
import { type AdoptedPolicy, watchPolicies } from './policy-watch.ts'
import { watchStandings } from './standing-watch.ts'
import { takeFromFile } from './take-policy.ts'
import { Trials } from './trials.ts'
import { startWebhooks } from './webhooks.ts'
import { concealNumbers } from './words.ts'
import { say } from './say.ts'
import { makeGates } from './make-gates.ts'
import { readKeys, startChores } from './chores.ts'
import {
  everyFigure,
  listen,
  listenForTrials,
  openConnections,
  openDoors,
  openMonitor,
  openOutcomes,
  watch,
} from './doors.ts'
import { readLimits } from './limits.ts'
import { isAttended } from './attended.ts'
import { whoHolds } from './who-holds.ts'

/** A gate with all that belongs to it, at work. */
export type Service = {
  /** What it goes by, with the policy that is in force. */
  readonly config: Config
  /** What it listens on for SIP, as it stands in `gate.listen`, with the ports that it got. */
  readonly local: readonly string[]
  /** The doors over HTTP, in words. */
  readonly doors: readonly string[]
  readonly healthUrl: string | undefined
  /** Answers what was accepted, and ends everything within 5 s; a store that is still busy writing is left as it is. */
  stop(): Promise<{ isStoreClosed: boolean }>
}

/** Starts everything that the configuration asks for, or nothing. Throws `Stop` for what an operator can mend. */
export async function startService(config: Config, path: string): Promise<Service> {
  const undo: Undo = []
  try {
    return await startParts(config, path, undo)
  } catch (error) {
    // A socket or a thread left open would hold the process, and take calls without a gate.
    for (const end of undo.reverse()) await end()
    throw error
  }
}

/** What has been started and has to be ended again, last first. */
type Undo = (() => unknown)[]

async function startParts(started: Config, path: string, undo: Undo): Promise<Service> {
  const output = new LogOutput(STDOUT)
  const log = pino({ name: 'recourse', level: started.log.level }, output)
  const alarms = new Alarms(log)
  const ledger = await openOrStop(() => openOwnLedger(started))
  undo.push(() => ledger.close())
  const keys = await openOrStop(() => readKeys(started))
  const { config, version } = await openOrStop(() => takeOrStop(started, path))
  const trials = new Trials()
  const inquiries = new Inquiries(config)
  undo.push(() => inquiries.close())
  const standings = await openOrStop(() =>
    watchStandings({
      url: `sqlite:${config.store.path}`,
      onTrouble: (cause) => alarms.raise('standing', cause),
    }),
  )
  undo.push(() => standings.close())
  const gates = await makeGates(config, version, ledger, keys, alarms, trials, inquiries, standings.living)
  undo.push(() => gates.close())
  standings.follow((living) => gates.adoptLiving(living))
  const startedMs = performance.now()
  const startedAt = Date.now()
  const figures: Figure[] = []

  const local = await listen(gates, config, path)
  const streams = await openConnections(config, path, gates, alarms, log)
  undo.push(() => streams.close())
  local.push(...streams.local)
  const outcomes = await openOutcomes(config, path, local, gates)
  undo.push(() => outcomes.close())
  const monitor = await openMonitor(config, path, alarms)
  undo.push(() => monitor.close())
  const doors = await openDoors(config, path, ledger, gates, alarms, log, local, () => ({
    startedAt,
    threads: gates.threads,
    policy: gates.terms.policyVersion,
    alarms: alarms.seen(),
    limits: readLimits(figures),
  }))
  undo.push(() => doors.close(0))
  const webhooks = startWebhooks(
    `sqlite:${config.store.path}`,
    config.outlets.webhooks,
    (webhook, why) => log.warn({ webhook, why }, 'a webhook could not be told; it is tried again'),
    (cause) => alarms.raise('webhooks', cause),
  )
  undo.push(() => webhooks.close())
  figures.push(...everyFigure(ledger, gates, doors, streams, webhooks, outcomes, monitor, inquiries, standings, alarms))
  const health = await watch(config, path, ledger, gates, figures, alarms, startedMs)
  undo.push(() => health?.close())
  let current = config
  const certificates = new DoorCertificates()
  const lookAtCertificates = (): void => {
    for (const warning of certificates.look(current, Date.now())) log.warn(warning)
  }
  lookAtCertificates()
  const certificateTimer = setInterval(lookAtCertificates, DOOR_CERTIFICATES_MS)
  certificateTimer.unref()
  undo.push(() => clearInterval(certificateTimer))
  const chores = startChores(config, ledger, gates, log, () => current.lists.keepMs)
  undo.push(() => chores.stop())
  const learnNew: LearnNew = async (policy, memory) => {
    const rules = policy.rules.map(({ id }) => id)
    const task = { policy, memory, url: `sqlite:${config.store.path}`, nowMs: Date.now() }
    try {
      log.info({ rules, calls: await learnBeside(task) }, 'learned from the journal who signs which number')
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      log.warn({ rules, error: why }, 'could not learn from the journal; the rules learn from calls to come')
    }
  }
  const policies = watchPolicies({
    url: `sqlite:${config.store.path}`,
    path,
    config,
    version,
    onPolicy: async (adopted) => {
      inquiries.adopt(adopted.config)
      await adoptPolicy(gates, ledger, adopted, inquiries, learnNew)
      await doors.adopt(adopted.config)
      streams.adopt(adopted.config)
      current = adopted.config
      lookAtCertificates()
      tellAdopted(log, adopted)
    },
    onRefused: ({ what, faults }) => {
      for (const fault of faults) log.error({ of: what }, concealNumbers(fault))
      alarms.raise('policy', undefined)
    },
  })
  undo.push(() => policies.close())
  const reload = (): void => void policies.reload()
  if (!isAttended()) process.on('SIGHUP', reload)
  const control = await listenForTrials(trials, gates, config, local)
  const taps = [...outcomes.local, ...monitor.local].map((at) => `hep:${at}`)
  log.info({ listening: [...local, ...taps], policy: version }, 'started')
  return {
    config,
    local,
    doors: [
      ...doors.open,
      ...monitor.local.map((at) => `the monitor takes copies of calls (HEP) on ${at}`),
      ...(monitor.door === undefined ? [] : [`the monitor takes posts about calls on ${monitor.door}`]),
    ],
    healthUrl: health?.url,
    async stop() {
      chores.stop()
      clearInterval(certificateTimer)
      process.off('SIGHUP', reload)
      void policies.close()
      void standings.close()
      await Promise.all([
        gates.end(DRAIN_MS),
        doors.close(DRAIN_MS),
        control?.close(),
        outcomes.close(),
        monitor.close(),
      ])
      const connections = streams.close()
      const patience = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), CLOSE_MS))
      const isStoreClosed = await Promise.race([ledger.close().then(() => true), patience])
      await Promise.all([gates.close(), connections, webhooks.close()])
      await health?.close()
      log.info('ended')
      await output.finish(LOG_MS)
      return { isStoreClosed }
    },
  }
}

/** What the configuration file has new of its policy comes into force, unless a guard wants a second person to look. */
function takeOrStop(config: Config, path: string): { config: Config; version: number } {
  const store = openPolicyStore(`sqlite:${config.store.path}`)
  try {
    const taken = takeFromFile({ store, path, by: actorOf(undefined), nowMs: () => Date.now(), serves: true })
    if (taken.kind === 'refused') throw new Stop(EXIT.unusable, taken.faults.join('\n'))
    for (const note of taken.notes) say(`note: ${note}`)
    return taken
  } finally {
    store.close()
  }
}

/** Opens the ledger; where another gate has it, says which. */
async function openOwnLedger(config: Config): Promise<SharedLedger> {
  const { store, ledger } = config
  try {
    return await openLedger(`sqlite:${store.path}`, ledgerOptions(config))
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'in-use') throw error
    const other = await whoHolds(store.path)
    if (other?.chain !== ledger.chain) throw error
    const { pid, listening } = other
    const on = listening.length === 0 ? '' : ` and listens on ${listening.join(', ')}`
    throw new Stop(
      EXIT.outside,
      `${store.path} is in use: a gate runs already, as process ${pid}${on}. End it (kill ${pid}), or give this one a store and ports of its own: --config OTHER.yaml`,
      { cause: error },
    )
  }
}

function tellAdopted(log: Logger, { version, notes, isReload }: AdoptedPolicy): void {
  log.info({ policy: version }, isReload ? 'read the configuration again' : 'judging by another policy')
  for (const note of notes) log.warn({ policy: version }, concealNumbers(note))
}

function ledgerOptions({ ledger, journal }: Config): LedgerOptions {
  const said = process.env['RECOURSE_TEST_CONTROLS']
  const controls = new Map(said?.split(',').map((pair) => pair.split('=') as [string, string]))
  if (said !== undefined) {
    say(
      'warning: RECOURSE_TEST_CONTROLS is set; this gate may tell of blocks that it has not recorded. Never set it outside tests',
    )
  }
  return {
    checkpointFile: ledger.checkpoints,
    chain: ledger.chain,
    journalKeepMs: journal.keepMs,
    ...(controls.get('durability') === 'off' && { durability: 'off' }),
    ...(controls.get('acknowledge') === 'before-commit' && { acknowledge: 'before-commit' }),
  }
}

/** Promised: an end within 5 s. */
const DRAIN_MS = 1_500
const CLOSE_MS = 2_500
const LOG_MS = 500
/** How often the certificates of API, desk and cards are looked at. */
const DOOR_CERTIFICATES_MS = 60_000
const STDOUT = 1
