import { existsSync } from 'node:fs'
import { randomInt } from 'node:crypto'
import type { Command } from 'commander'
import pino, { type Logger } from 'pino'
import { type Ledger, SAME_TRANSACTION_MS } from '#core/ledger/ledger.ts'
import { numberRules } from '#core/rules/policy.ts'
import { sharedCallsBytes } from '#core/transaction/shared-calls.ts'
import { allotTally } from '#core/rules/tally.ts'
import type { ControlServer } from '#edge/control/serve.ts'
import { detectBatch } from '#edge/gate/udp-batch.ts'
import { listenUdp } from '#edge/gate/udp.ts'
import { type HealthServer, serveHealth } from '#edge/health/serve.ts'
import { openReceiptKeys } from '#edge/store/receipt-keys.ts'
import { type LedgerOptions, type SharedLedger, openLedger } from '#edge/store/sqlite-ledger.ts'
import { openPolicyStore } from '#edge/store/policy-store.ts'
import { actorOf, gateActor } from './actor.ts'
import { adoptPolicy } from './adopt-policy.ts'
import { Alarms } from './alarms.ts'
import { sampleOrStop } from './config-command.ts'
import type { Config } from '#main/config/config.ts'
import { formatEndpoint, formatListening } from '#main/config/addresses.ts'
import { DEFAULT_PATH } from '#main/config/load.ts'
import { erasedEntry } from './erased-entry.ts'
import { EXIT, Stop } from './exit.ts'
import { gateFigures, httpFigures, inquiryFigures, ledgerFigures, streamFigures } from './figures.ts'
import type { GateState } from './gate-state.ts'
import { type GateTerms, contractOf } from './gate-terms.ts'
import { Deaf, Gates } from './gates.ts'
import { UDP } from './hep-tap.ts'
import { Inquiries } from './inquiries.ts'
import { loadOrStop, openOrStop } from './load-or-stop.ts'
import { learnSigners } from './learn-signers.ts'
import { LogOutput } from './log-output.ts'
import { type AdoptedPolicy, watchPolicies } from './policy-watch.ts'
import { type HttpDoors, NoDoor, openHttpDoors } from './serve-http.ts'
import { NoStream, type OpenStreams, openStreams } from './serve-streams.ts'
import { takeFromFile } from './take-policy.ts'
import { Trials, controlPath } from './trials.ts'
import { type Webhooks, startWebhooks, webhookFigures } from './webhooks.ts'
import { concealNumbers } from './words.ts'

/** Adds `recourse up`: gate and ledger in one process, until a signal ends it. */
export function upCommand(program: Command): void {
  program
    .command('up')
    .option(
      '--config <file>',
      'the configuration; recourse.yaml of this folder if not said, written first if there is none',
    )
    .description('screen calls: start the gate and its ledger')
    .addHelpText('after', '\nExample:\n  $ recourse up\n  $ recourse up --config /etc/recourse/recourse.yaml')
    .action(async (options: { config?: string }) => {
      if (options.config === undefined && process.env['RECOURSE_CONFIG'] === undefined && !existsSync(DEFAULT_PATH)) {
        say(`wrote ${sampleOrStop('.').join(', ')}: a sample to start from`)
      }
      const { config, reminders, path } = loadOrStop(options.config, true)
      for (const reminder of reminders) say(`note: ${reminder}`)
      const ended = endOfRun()
      const running = await start(config, path ?? DEFAULT_PATH)
      await ended
      say('ending: what was accepted is answered first')
      const { isStoreClosed } = await running.stop()
      if (!isStoreClosed) {
        say('the store is still busy writing, and is left as it is: whatever was told to a caller is safe in it')
        // An orderly exit would wait for the thread that waits for the disk, however long that takes.
        process.kill(process.pid, 'SIGKILL')
      }
      // Nothing is left to do; a handle that some library forgot must not hold the process.
      process.exit(process.exitCode ?? EXIT.ok)
    })
}

type Running = { stop: () => Promise<{ isStoreClosed: boolean }> }

/** What has been started and has to be ended again, last first. */
type Undo = (() => unknown)[]

async function start(config: Config, path: string): Promise<Running> {
  const undo: Undo = []
  try {
    return await startParts(config, path, undo)
  } catch (error) {
    // A socket or a thread left open would hold the process, and take calls without a gate.
    for (const end of undo.reverse()) await end()
    throw error
  }
}

async function startParts(started: Config, path: string, undo: Undo): Promise<Running> {
  const output = new LogOutput(STDOUT)
  const log = pino({ name: 'recourse', level: started.log.level }, output)
  const alarms = new Alarms(log)
  const ledger = await openOrStop(() => openLedger(`sqlite:${started.store.path}`, ledgerOptions(started)))
  undo.push(() => ledger.close())
  const keys = await openOrStop(() => readKeys(started))
  const { config, version } = await openOrStop(() => takeOrStop(started, path))
  const trials = new Trials()
  const inquiries = new Inquiries(config)
  undo.push(() => inquiries.close())
  const gates = await makeGates(config, version, ledger, keys, alarms, trials, inquiries)
  undo.push(() => gates.close())
  const startedMs = performance.now()

  const local = await listen(gates, config, path)
  const streams = await openConnections(config, path, gates, alarms, log)
  undo.push(() => streams.close())
  local.push(...streams.local)
  const doors = await openDoors(config, path, ledger, gates, alarms)
  undo.push(() => doors.close(0))
  const webhooks = startWebhooks(`sqlite:${config.store.path}`, config.outlets.webhooks, (webhook, why) => {
    log.warn({ webhook, why }, 'a webhook could not be told; it is tried again')
  })
  undo.push(() => webhooks.close())
  const health = await watch(config, path, ledger, gates, doors, streams, webhooks, inquiries, alarms, startedMs)
  const renewKeys = async (): Promise<void> => {
    const before = gates.terms.receipts
    const receipts = readKeys(config)
    gates.adopt({ ...gates.terms, receipts })
    const changed = changedKeys(before, receipts)
    if (changed !== undefined) await ledger.noteAudit({ at: Date.now(), by: gateActor(), ...changed })
  }
  const chores = setInterval(() => void doChores(config, ledger, log, renewKeys), CHORES_MS)
  void doChores(config, ledger, log)
  const policies = watchPolicies({
    url: `sqlite:${config.store.path}`,
    path,
    config,
    version,
    onPolicy: async (adopted) => {
      inquiries.adopt(adopted.config)
      await adoptPolicy(gates, ledger, adopted, inquiries)
      await doors.adopt(adopted.config)
      streams.adopt(adopted.config)
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
  const control = await listenForTrials(trials, gates, config)
  announce(config, path, local, doors, health)
  log.info({ listening: local, policy: version }, 'started')
  return {
    async stop() {
      clearInterval(chores)
      process.off('SIGHUP', reload)
      void policies.close()
      await Promise.all([gates.end(DRAIN_MS), doors.close(DRAIN_MS), control?.close()])
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

function tellAdopted(log: Logger, { version, notes, isReload }: AdoptedPolicy): void {
  log.info({ policy: version }, isReload ? 'read the configuration again' : 'judging by another policy')
  for (const note of notes) log.warn({ policy: version }, concealNumbers(note))
}

async function makeGates(
  config: Config,
  policyVersion: number,
  ledger: SharedLedger,
  receipts: GateTerms['receipts'],
  alarms: Alarms,
  trials: Trials,
  inquiries: Inquiries,
) {
  const nowMs = Date.now()
  const numbers = await ledger.ruleNumbers(
    config.policy.rules.map(({ id }) => id),
    nowMs,
  )
  const policy = numberRules(config.policy, (id) => numbers.get(id)!)
  const tally = allotTally(policy, randomInt(2 ** 32 - 1))
  await openOrStop(() => learnSigners(policy, tally, `sqlite:${config.store.path}`, nowMs))
  const terms: GateTerms = {
    peers: config.gate.peers,
    policy,
    policyVersion,
    tally,
    notices: config.terms,
    contract: contractOf(config),
    inquires: inquiries.isWantedBy(policy),
    receipts,
    hashKey: (await ledger.secret('transaction')).subarray(0, 16),
    sharedCalls: isThreaded(config.gate)
      ? new SharedArrayBuffer(sharedCallsBytes(config.gate.limits.transactions))
      : undefined,
    dialPlan: config.gate.dialPlan,
    limits: config.gate.limits,
  }
  return new Gates({
    terms,
    ledger,
    inquiry: inquiries,
    recent: await ledger.recentBlocks(nowMs - SAME_TRANSACTION_MS),
    chain: LEDGER_CHAIN,
    hep: config.outlets.hep,
    alarm: (kind, cause) => alarms.raise(kind, cause),
    tried: (tried) => trials.hear(tried),
  })
}

/** Listens for `recourse peer test`; a gate that cannot do so still screens calls. */
async function listenForTrials(trials: Trials, gates: Gates, config: Config): Promise<ControlServer | undefined> {
  try {
    return await trials.serve(controlPath(config.store.path), gates, () => Date.now())
  } catch (error) {
    say(`note: recourse peer test cannot reach this gate: ${(error as Error).message}`)
    return undefined
  }
}

/** Reads the ring of receipt keys, making and deleting keys as their time has come. */
function readKeys(config: Config): GateTerms['receipts'] {
  const { keys, keepMs, rotateMs } = config.receipts
  if (keys.kind !== 'file')
    throw new Stop(EXIT.unusable, 'receipts.keys must be a folder (file:receipt-keys): the keys change by themselves')
  const ring = openReceiptKeys(keys.path, { nowMs: Date.now(), keepMs, rotateMs })
  if (ring.held !== undefined) say(`warning: ${ring.held}`)
  return { keys: ring.keys, currentSlot: ring.currentSlot }
}

/** What the audit trail says of a ring that is not what it was: slots, never keys. */
function changedKeys(before: GateTerms['receipts'], after: GateTerms['receipts']) {
  const came = [...after.keys.keys()].filter((slot) => !before.keys.has(slot))
  const went = [...before.keys.keys()].filter((slot) => !after.keys.has(slot))
  if (came.length === 0 && went.length === 0 && before.currentSlot === after.currentSlot) return undefined
  const detail = { came, went, inUse: after.currentSlot }
  return { action: 'receipt-keys-changed', subject: 'receipt keys', detail } as const
}

/** Whether datagrams are taken by threads of their own, so that there are several gates. */
function isThreaded({ threads, udp }: Config['gate']): boolean {
  return threads > 1 || udp === 'batch'
}

/** Opens every endpoint; answers what they are, as they stand in the log. */
async function listen(gates: Gates, config: Config, path: string): Promise<string[]> {
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

async function openConnections(
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

async function openDoors(
  config: Config,
  path: string,
  ledger: SharedLedger,
  gates: Gates,
  alarms: Alarms,
): Promise<HttpDoors> {
  try {
    return await openHttpDoors(config, {
      gate: gates.gate,
      receiptKeys: () => gates.terms.receipts,
      secret: await ledger.secret('card'),
      noteOutcome: (outcome) => gates.noteOutcome(outcome),
      alarm: (kind, cause) => alarms.raise(kind, cause),
    })
  } catch (error) {
    if (!(error instanceof NoDoor)) throw error
    const { listen } = (error.key === 'api.listen' ? config.api : config.desk)!
    throw cannotListen(formatEndpoint(listen), `${error.key} in ${path}`, error.cause)
  }
}

async function watch(
  config: Config,
  path: string,
  ledger: Ledger,
  gates: Gates,
  doors: HttpDoors,
  streams: OpenStreams,
  webhooks: Webhooks,
  inquiries: Inquiries,
  alarms: Alarms,
  startedMs: number,
): Promise<HealthServer | undefined> {
  const { listen: endpoint } = config.metrics
  if (endpoint === undefined) return undefined
  const state = (): GateState => gates.state()
  const figures = [
    ...gateFigures(state, alarms),
    ...ledgerFigures(state, () => ledger.figures()),
    ...webhookFigures(webhooks.figures),
    ...inquiryFigures(() => inquiries),
    ...httpFigures(doors.figures),
    ...streamFigures(streams),
  ]
  const health = () => {
    const { failure } = ledger.figures()
    const faults = [...alarms.fresh(), ...(failure === undefined ? [] : [`the ledger: ${failure}`])]
    return {
      faults,
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

function cannotListen(what: string, where: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = LISTEN_FAULTS[code]
  return why === undefined
    ? error
    : new Stop(EXIT.outside, `cannot listen on ${what} (${where}): ${why}`, { cause: error })
}

/** What has to happen now and then: keys that come and go (just read at start), personal data whose time is up. */
async function doChores(
  config: Config,
  ledger: SharedLedger,
  log: Logger,
  renewKeys?: () => Promise<void>,
): Promise<void> {
  try {
    await renewKeys?.()
    const nowMs = Date.now()
    const selection = { by: 'age', beforeMs: nowMs - config.ledger.keepMs } as const
    const erasure = await ledger.erase(selection, nowMs)
    if (erasure.blocks > 0) {
      await ledger.noteAudit(erasedEntry(selection, erasure, gateActor()))
      log.info({ blocks: erasure.blocks }, 'erased personal data past its time')
    }
  } catch (error) {
    log.error(
      { error: error instanceof Error ? error.message : String(error) },
      'keys could not be renewed or old data not erased',
    )
  }
}

function announce(
  config: Config,
  path: string,
  local: readonly string[],
  doors: HttpDoors,
  health: HealthServer | undefined,
): void {
  const [first] = local
  const peers = config.gate.peers.map(
    ({ name, from, certificates = [], continueStatus }) =>
      `${name} (${[...from, ...certificates].join(', ')}; continue is ${continueStatus})`,
  )
  for (const endpoint of local) say(`screening calls on ${endpoint}`)
  for (const door of doors.open) say(door)
  say(`peers: ${peers.join('; ')}. Everybody else gets no answer.`)
  say(`ledger: ${config.store.path}`)
  if (health !== undefined) say(`metrics and health: ${health.url}/metrics, ${health.url}/health`)
  if (first !== undefined) say(`try it: npx recourse call ${targetOf(first)} --from +12125550199 --to +14155550163`)
  say(`next: the rules are in ${path} (docs/configuration.md, docs/rules.md); blocks: npx recourse ledger list`)
}

/** What `recourse call` takes to reach an endpoint. */
function targetOf(local: string): string {
  const transport = local.slice(0, local.indexOf(':'))
  const address = local.slice(transport.length + 1)
  return transport === 'udp' ? `sip:${address}` : `sip:${address} --transport ${transport}`
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
    journalKeepMs: journal.keepMs,
    ...(controls.get('durability') === 'off' && { durability: 'off' }),
    ...(controls.get('acknowledge') === 'before-commit' && { acknowledge: 'before-commit' }),
  }
}

/** The first signal to end. Those after it, which npm and impatient people send, find the end under way: it takes a few seconds at most. */
function endOfRun(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ['SIGTERM', 'SIGINT', ...(isAttended() ? ['SIGHUP' as const] : [])] as const
    for (const signal of signals) process.on(signal, () => resolve())
    // Until there is something to reload it must not end the start.
    process.on('SIGHUP', () => undefined)
  })
}

/** Whether a terminal started this: when it is closed it sends SIGHUP, and no gate must be left behind it. */
function isAttended(): boolean {
  return process.stdin.isTTY
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

/** A day: the age of keys and of personal data is counted in days. */
const CHORES_MS = 24 * 3_600_000
/** Promised: an end within 5 s. */
/** The chain that gates write. */
const LEDGER_CHAIN = 'gate'
const DRAIN_MS = 1_500
const CLOSE_MS = 2_500
const LOG_MS = 500
const STDOUT = 1
const LISTEN_FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses this port; end it, or choose another port',
  EACCES: 'permission denied; ports below 1024 belong to root',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this is no address of this machine',
}
