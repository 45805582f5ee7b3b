import { createHash } from 'node:crypto'
import { US_NOTICES, makeNoticeTerms, type NoticeChoices } from '#core/notify/notice-terms.ts'
import type { Policy } from '#core/rules/policy.ts'
import { analyticsRule, checkExamples, checkGate, peersOf } from './checks.ts'
import type { Config, DeskConfig } from './config.ts'
import { applyEnvironment, type Environment, type Override } from './environment.ts'
import { sortFaults, type ConfigFault } from './fault.ts'
import type { SecretSource } from './keys.ts'
import { besides, reasonOf, type ListReader, type ReadFile } from './lists.ts'
import { makeExemptions, makeRules, type Places } from './rules.ts'
import { knownKeys } from './schema-walk.ts'
import { configSchema, type Settings } from './schema.ts'
import { readSource, type Path, type Source } from './source.ts'
import { faultsOf, prune } from './zod-faults.ts'

/** Where a configuration comes from. */
export type ConfigInput = {
  /** The file; `undefined` for none, which is a gate for this machine that blocks nothing. */
  readonly path: string | undefined
  readonly env: Environment
  readonly readFile: ReadFile
}

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
export function loadConfig({ path, env, readFile }: ConfigInput): Loaded {
  const file = path ?? DEFAULT_PATH
  const source =
    path === undefined ? readSource(file, '') : readFrom(path, 'a configuration', { where: path }, readFile)
  if (source.faults.length > 0) return { kind: 'refused', faults: sortFaults(source.faults) }

  const { value } = source
  const spliced = splicePolicy(source, readFile)
  const { overrides, faults } = applyEnvironment(value, knownKeys(configSchema, false), env, secretsIn(source.text))
  const policySource = splicePolicy(source, readFile) ?? spliced
  faults.push(...(policySource?.faults ?? []))
  let places = placesOf(source, policySource, overrides)

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
  const compiled = compile(parsed.data, file, places, readFile, isWhole)
  faults.push(...compiled.faults)
  if (faults.length > 0) return { kind: 'refused', faults: sortFaults(faults) }
  return { kind: 'loaded', config: compiled.config, reminders: compiled.reminders }
}

/** `isWhole` says that nothing was taken out of the settings, so that what is missing is missing. */
function compile(settings: Settings, file: string, places: Places, readFile: ReadFile, isWhole: boolean) {
  const { operator, gate, desk, policy } = settings
  const reader: ListReader = { readFile, plan: gate.dialPlan, faults: [], texts: new Map() }
  const rules = makeRules(policy.rules, places, reader)
  const exemptions = makeExemptions(policy.exempt, places, reader)
  const peers = peersOf(gate)
  const choices = choicesOf(policy.notices)
  const examples = checkExamples(settings, peers, places)
  const faults = [...reader.faults, ...checkGate(gate, choices, places, isWhole), ...examples.faults]

  const needsContact = analyticsRule(rules)
  const { contact, location } = operator
  const { form, carry } = policy
  const settled = { choices, contact, location, form, carry, desk: desk?.public }
  const terms = makeNoticeTerms({ ...settled, needsContact: needsContact !== undefined })
  if (terms.kind === 'refused' && isWhole) {
    const because = needsContact === undefined ? '' : `, because rule "${needsContact.id}" blocks by analytics`
    const message = `found a contact that no notice can be made of (${terms.faults.join('; ')}), expected a url, tel or email${because}`
    faults.push({ ...places.at(['operator', 'contact']), message })
  }
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
      limits: {
        recordWithinMs: gate.limits.record,
        transactions: gate.limits.transactions,
        pending: gate.limits.pending,
      },
    },
    policy: { version: versionOf(policy, reader.texts), exemptions, rules } satisfies Policy,
    // Refused terms are among the faults, and with a fault nobody sees this configuration.
    terms: terms.kind === 'ok' ? terms.value : NO_TERMS,
    desk: deskOf(file, desk),
    ledger: { checkpoints: besides(file, settings.ledger.checkpoints), keepMs: settings.ledger.keep },
    journal: { keepMs: settings.journal.keep },
    metrics: { listen: settings.metrics.listen === 'none' ? undefined : settings.metrics.listen },
    log: settings.log,
  } satisfies Config
  const reminders = desk === undefined ? examples.reminders : [...examples.reminders, deskReminder(desk.public)]
  return { config, faults, reminders }
}

/** This version has no desk of its own: the pages that notices point to are for something else to serve. */
function deskReminder(url: string): string {
  return `notices point to ${url}, which this version does not serve itself: see that something answers there`
}

function choicesOf(notices: Settings['policy']['notices']): NoticeChoices {
  if (notices === 'us') return US_NOTICES
  const given = Object.entries(notices).filter(([, choice]) => choice !== undefined)
  return { ...US_NOTICES, ...(Object.fromEntries(given) as Partial<NoticeChoices>) }
}

function deskOf(file: string, desk: Settings['desk']): DeskConfig | undefined {
  if (desk === undefined) return undefined
  const { tls, ...rest } = desk
  if (tls === 'none') return { ...rest, tls: { kind: 'none' } }
  if ('proxy' in tls) return { ...rest, tls: { kind: 'proxy', addresses: tls.proxy } }
  const certificate = besides(file, tls.certificate)
  return { ...rest, tls: { kind: 'files', certificate, key: secretBesides(file, tls.key) } }
}

function secretBesides(file: string, secret: SecretSource): SecretSource {
  return secret.kind === 'file' ? { kind: 'file', path: besides(file, secret.path) } : secret
}

/** Names a policy by all it is made of, its lists too: 16 hexadecimal digits. */
function versionOf(policy: Settings['policy'], texts: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256').update(JSON.stringify(policy))
  for (const [path, text] of texts) hash.update(`\n${path}\n${text}`)
  return hash.digest('hex').slice(0, 16)
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
function splicePolicy(source: Source, readFile: ReadFile): Source | undefined {
  const { policy } = source.value
  if (typeof policy !== 'string' || !policy.startsWith('file:')) return undefined
  const from = { where: source.where, ...source.placeOf(['policy']) }
  const spliced = readFrom(besides(source.where, policy.slice('file:'.length)), 'a policy', from, readFile)
  source.value['policy'] = spliced.value
  return spliced
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
