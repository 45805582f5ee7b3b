import { stringify } from 'yaml'
import { hashPolicy, type PolicyText } from '#core/ledger/policy-text.ts'
import { makeNoticeTerms } from '#core/notify/notice-terms.ts'
import type { Policy } from '#core/rules/policy.ts'
import { analyticsRule, checkExamples, checkGate, checkNotices, checkTreatments, noticesOf, peersOf } from './checks.ts'
import type { Config, GateTlsConfig } from './config.ts'
import { applyEnvironment, variableOf, type Environment, type Override } from './environment.ts'
import { sortFaults, type ConfigFault } from './fault.ts'
import { readHttp, type HttpConfig } from './http.ts'
import { keyFilesOf } from './key-files.ts'
import { besides, openListReader, reasonOf, type ReadFile } from './lists.ts'
import { type OutcomesConfig, readOutcomes } from './outcomes.ts'
import { type CallingConfig, readCalling } from './calling.ts'
import { type MonitorConfig, readMonitor } from './monitor.ts'
import { type RegistryConfig, readRegistry } from './registry.ts'
import { type MailConfig, readMail } from './mail.ts'
import { type OutletsConfig, readOutlets } from './outlets.ts'
import { makePolicy, type Places } from './rules.ts'
import { knownKeys } from './schema-walk.ts'
import { configSchema, type Settings } from './schema.ts'
import { partOf, readSource, type Path, type Source } from './source.ts'
import { type StirConfig, readStir } from './stir.ts'
import { readGateTls, streamLimitsOf } from './streams.ts'
import { faultsOf, prune } from './zod-faults.ts'

/** Where a configuration comes from. */
export type ConfigInput = {
  /** The file; `undefined` for none, which is a gate for this machine that blocks nothing. */
  readonly path: string | undefined
  readonly env: Environment
  readonly readFile: ReadFile
  /** A policy that stands in for the one of the file: another file, or a text with the name it has in faults. */
  readonly policy?: GivenPolicy | undefined
  /** Whether this is to serve: then tokens, keys and certificates are read, which other commands neither need nor see. */
  readonly serves?: boolean
}

export type GivenPolicy = { readonly file: string } | { readonly name: string; readonly text: PolicyText }

export type Loaded =
  | {
      readonly kind: 'loaded'
      readonly config: Config
      /** What is fine for a first run and should not stay so. */
      readonly reminders: readonly string[]
    }
  /** Everything that is wrong, in the order of the files. */
  | { readonly kind: 'refused'; readonly faults: readonly ConfigFault[] }

/**
 * Loads a configuration with its lists and its policy, checks it whole and compiles it. Throws nothing for what an
 * operator can have written: all that is wrong is told at once, each with its place.
 */
export function loadConfig({ path, env, readFile, policy, serves }: ConfigInput): Loaded {
  const file = path ?? DEFAULT_PATH
  const source =
    path === undefined ? readSource(file, '') : readFrom(path, 'a configuration', { where: path }, readFile)
  if (source.faults.length > 0) return { kind: 'refused', faults: sortFaults(source.faults) }

  const { value } = source
  const spliced = splicePolicy(source, readFile, policy)
  const text = policy !== undefined && 'text' in policy ? policy.text : undefined
  const variables = text !== undefined ? withoutPolicy(env) : policy === undefined ? env : withoutPolicyFile(env)
  const { overrides, faults } = applyEnvironment(
    value,
    knownKeys(configSchema, false),
    variables,
    secretsIn(source.text),
  )
  const policySource = splicePolicy(source, readFile) ?? spliced
  faults.push(...(policySource?.faults ?? []))
  let places = placesOf(source, policySource, overrides)
  const yaml = text?.yaml ?? yamlOf(source, policySource, overrides)

  let parsed = configSchema.safeParse(value)
  const isWhole = parsed.success
  if (!parsed.success) {
    const given = places
    const issues = parsed.error.issues.flatMap((issue) => faultsOf(issue, value, given))
    faults.push(...issues.map(({ fault }) => fault))
    const before = prune(value, issues)
    places = { ...given, at: (path) => given.at(before(path)), atKey: (path) => given.atKey(before(path)) }
    parsed = configSchema.safeParse(value)
  }
  if (!parsed.success) return { kind: 'refused', faults: sortFaults(faults) }
  const http = readHttp(parsed.data, { file, readFile, env, places, serves: serves === true })
  const lists = text === undefined ? readFile : readFrozen(places.policyFile, text)
  const streams = readGateTls(parsed.data.gate, { file, readFile, env, places, serves: serves === true })
  const outlets = readOutlets(parsed.data, { file, readFile, env, places, serves: serves === true })
  const mail = readMail(parsed.data, { file, readFile, env, places, serves: serves === true })
  const registry = readRegistry(parsed.data, { file, readFile, env, places, serves: serves === true })
  const outcomes = readOutcomes(parsed.data, { file, readFile, env, places, serves: serves === true })
  const monitor = readMonitor(parsed.data, { file, readFile, env, places, serves: serves === true })
  const calling = readCalling(parsed.data, { file, readFile, env, places, serves: serves === true })
  const stir = readStir(parsed.data, { file, readFile, env, places, serves: serves === true }, isWhole)
  const compiled = compile(
    parsed.data,
    file,
    places,
    lists,
    yaml,
    isWhole,
    http,
    streams.tls,
    outlets,
    mail.mail,
    outcomes.outcomes,
    registry.registry,
    monitor.monitor,
    calling.calling,
    stir.stir,
  )
  faults.push(
    ...compiled.faults,
    ...http.faults,
    ...streams.faults,
    ...outlets.faults,
    ...mail.faults,
    ...outcomes.faults,
    ...registry.faults,
    ...monitor.faults,
    ...calling.faults,
    ...stir.faults,
  )
  if (faults.length > 0) return { kind: 'refused', faults: sortFaults(faults) }
  return { kind: 'loaded', config: compiled.config, reminders: [...compiled.reminders, ...stir.reminders] }
}

/** `isWhole` says that nothing was taken out of the settings, so that what is missing is missing. */
function compile(
  settings: Settings,
  file: string,
  places: Places,
  readFile: ReadFile,
  yaml: string,
  isWhole: boolean,
  http: HttpConfig,
  tls: GateTlsConfig | undefined,
  outlets: OutletsConfig,
  mail: MailConfig | undefined,
  outcomes: OutcomesConfig | undefined,
  registry: RegistryConfig,
  monitor: MonitorConfig | undefined,
  calling: CallingConfig,
  stir: StirConfig | undefined,
) {
  const { operator, gate, desk, policy } = settings
  const reader = openListReader(readFile, gate.dialPlan)
  const peers = peersOf(gate)
  const judged = makePolicy(policy, { places, reader, peers: peers.map(({ name }) => name) })
  const { rules } = judged
  const { choices, profile } = noticesOf(policy.notices)
  const examples = checkExamples(settings, peers, places)
  const faults = [
    ...reader.faults,
    ...checkGate(gate, choices, places, isWhole),
    ...checkNotices(policy, places),
    ...(isWhole ? checkTreatments(settings, places) : []),
    ...examples.faults,
  ]

  const needsContact = analyticsRule(rules)
  const { contact, location } = operator
  const { form, carry } = policy
  const notices = {
    profile,
    choices,
    contact,
    location,
    form,
    carry,
    desk: desk?.public,
    announce: policy.announce,
    needsContact: needsContact !== undefined,
  }
  const terms = makeNoticeTerms(notices)
  if (terms.kind === 'refused' && isWhole) {
    const because = needsContact === undefined ? '' : `, because rule "${needsContact.id}" blocks by analytics`
    const message = `found a contact that no notice can be made of (${terms.faults.join('; ')}), expected a url, tel or email${because}`
    faults.push({ ...places.at(['operator', 'contact']), message })
  }
  const policyText = { yaml, lists: reader.texts }
  const config = {
    operator,
    store: { kind: 'sqlite', path: besides(file, settings.store.path) },
    tally: settings.tally,
    receipts: {
      keys: { kind: 'file', path: besides(file, settings.receipts.keys.path) },
      keepMs: settings.receipts.keep,
      rotateMs: settings.receipts.rotate,
    },
    gate: {
      listen: gate.listen,
      peers,
      dialPlan: gate.dialPlan,
      receiveBufferBytes: gate.receiveBuffer,
      threads: gate.threads,
      udp: gate.udp,
      streams: streamLimitsOf(gate.streams),
      tls,
      treatments: new Map(Object.entries(gate.treatments)),
      answersStrangers: gate.strangers === 403,
      answersOverload: gate.overload.answer === 503,
      limits: {
        recordWithinMs: gate.limits.record,
        transactions: gate.limits.transactions,
        pending: gate.limits.pending,
        inquiries: gate.limits.inquiries,
      },
    },
    policy: { version: hashPolicy(policyText).slice(0, VERSION_DIGITS), ...judged } satisfies Policy,
    policyText,
    policyFile: places.policyFile,
    // Refused terms are among the faults, and with a fault nobody sees this configuration.
    terms: terms.kind === 'ok' ? terms.value : NO_TERMS,
    notices,
    keyFiles: keyFilesOf(settings, file),
    desk: http.desk,
    office: http.office,
    accounts: http.accounts,
    api: http.api,
    scoreTokens: http.scoreTokens,
    outlets: { webhooks: outlets.webhooks, hep: outlets.hep },
    mail,
    outcomes,
    registry,
    monitor,
    calling,
    stir,
    ledger: {
      checkpoints: besides(file, settings.ledger.checkpoints),
      keepMs: settings.ledger.keep,
      chain: settings.ledger.chain,
    },
    journal: { keepMs: settings.journal.keep },
    lists: { keepMs: policy.keepLists },
    metrics: { listen: settings.metrics.listen === 'none' ? undefined : settings.metrics.listen },
    log: settings.log,
  } satisfies Config
  const reminders = [...examples.reminders, ...reader.reminders, ...http.reminders]
  return { config, faults, reminders }
}

/** Reads the lists that are kept with a policy's text, and nothing else. */
function readFrozen(policyFile: string, { lists }: PolicyText): ReadFile {
  const kept = new Map(Array.from(lists, ([name, text]) => [besides(policyFile, name), text]))
  return (path) => {
    const text = kept.get(path)
    if (text === undefined) throw new Error('it is not kept with this policy')
    return text
  }
}

/** A text from the store is whole: what the environment changed of it stands in it already. */
function withoutPolicy(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith(variableOf(['policy']))))
}

/** A file that was named stands in for the one that the environment names; single keys of it may still be overridden. */
function withoutPolicyFile(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name !== variableOf(['policy'])))
}

/** The policy as a text of its own: as it was written, unless the environment has changed it. */
function yamlOf(source: Source, policy: Source | undefined, overrides: readonly Override[]): string {
  if (overrides.some(({ path }) => path[0] === 'policy')) return stringify(source.value['policy'])
  return policy?.text ?? partOf(source, 'policy')
}

function readFrom(path: string, expected: string, from: Omit<ConfigFault, 'message'>, readFile: ReadFile): Source {
  try {
    return readSource(path, readFile(path))
  } catch (error) {
    const found =
      from.where === path ? 'found no file that can be read' : `found the file ${path}, which cannot be read`
    return {
      ...readSource(path, ''),
      faults: [{ ...from, message: `${found} (${reasonOf(error)}), expected ${expected}` }],
    }
  }
}

/** Where `policy` is `file:` and a path, reads that file and puts its contents there. */
function splicePolicy(source: Source, readFile: ReadFile, given?: GivenPolicy): Source | undefined {
  if (given !== undefined) {
    const { file, name, text } = { file: '', name: '', text: undefined, ...given }
    const own = text === undefined ? readPolicyFile(file, readFile) : readSource(name, text.yaml)
    source.value['policy'] = own.value
    return own
  }
  const { policy } = source.value
  if (typeof policy !== 'string' || !policy.startsWith('file:')) return undefined
  const from = { where: source.where, ...source.placeOf(['policy']) }
  const spliced = readFrom(besides(source.where, policy.slice('file:'.length)), 'a policy', from, readFile)
  source.value['policy'] = spliced.value
  return spliced
}

/** A policy, or the one in a whole configuration. */
function readPolicyFile(file: string, readFile: ReadFile): Source {
  const own = readFrom(file, 'a policy', { where: file }, readFile)
  const { policy } = own.value
  if (policy === undefined || own.value['rules'] !== undefined) return own
  const named = splicePolicy(own, readFile)
  if (named !== undefined) return named
  // What is no mapping is told of where it stands.
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy)) return own
  return {
    ...own,
    text: partOf(own, 'policy'),
    value: policy as Record<string, unknown>,
    placeOf: (path) => own.placeOf(['policy', ...path]),
    keyPlaceOf: (path) => own.keyPlaceOf(['policy', ...path]),
  }
}

function placesOf(source: Source, policy: Source | undefined, overrides: readonly Override[]): Places {
  const find = (path: Path, key: boolean): Omit<ConfigFault, 'message'> => {
    const covers = overrides.filter((override) => override.path.every((step, index) => path[index] === step))
    const override = covers.findLast(({ path }) => policy === undefined || path.length > 1 || path[0] !== 'policy')
    if (override !== undefined) return { where: override.name }
    const inPolicy = policy !== undefined && path[0] === 'policy' && path.length > 1
    const from = inPolicy ? policy : source
    const rest = inPolicy ? path.slice(1) : path
    return { where: from.where, ...(key ? from.keyPlaceOf(rest) : from.placeOf(rest)) }
  }
  return { at: (path) => find(path, false), atKey: (path) => find(path, true), policyFile: (policy ?? source).where }
}

/** The variables that the configuration names as `env:`, which are no overrides. */
function secretsIn(text: string): ReadonlySet<string> {
  return new Set(Array.from(text.matchAll(/\benv:([A-Za-z_][A-Za-z0-9_]*)/g), (found) => found[1]!))
}

/** So many digits of its hash name a policy in the log and on the health page. */
const VERSION_DIGITS = 16

/** What a configuration without a file is called, and where `recourse up` looks for one. */
export const DEFAULT_PATH = 'recourse.yaml'

const DECLINED = { kind: 'declined', retryAfterS: undefined } as const
const NO_TERMS = {
  analytics: undefined,
  others: {
    'do-not-originate': DECLINED,
    invalid: DECLINED,
    unallocated: DECLINED,
    'called-party': DECLINED,
    ordered: DECLINED,
  },
} as const
