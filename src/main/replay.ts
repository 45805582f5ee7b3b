import { existsSync, statSync } from 'node:fs'
import type { Command } from 'commander'
import type { PolicyText } from '#core/ledger/policy-text.ts'
import { type CallRecord, readJournalRow } from '#core/replay/call-record.ts'
import { Comparison, type NumberChange } from '#core/replay/comparison.ts'
import { formatNumber } from '#core/rules/ground.ts'
import { NO_LIVING, type Living } from '#core/rules/living.ts'
import type { Policy } from '#core/rules/policy.ts'
import { readJournalInOrder } from '#edge/store/journal-reader.ts'
import { openPolicyReader, type PolicyReader } from '#edge/store/policy-store.ts'
import { CallFileFault, readCallFile } from './call-files.ts'
import { readCapturedCalls } from './captured-calls.ts'
import type { Config } from '#main/config/config.ts'
import { EXIT, Stop } from './exit.ts'
import { stopForCapture, tellProblems } from './explain.ts'
import { loadOrStop, loadWithPolicy, openOrStop } from './load-or-stop.ts'
import { parseVersion, textOf } from './policy-change.ts'
import { PolicyTrial, readLivingThen } from './policy-trial.ts'
import { startProgress } from './progress.ts'
import { nameInput, showTime, visible } from './words.ts'

type ReplayWords = {
  policy: string
  from: string
  config?: string
  against: string
  json?: boolean
  limit: string
  withoutStanding?: boolean
}

/** Adds `recourse replay`. */
export function replayCommand(program: Command): void {
  program
    .command('replay')
    .description('run a policy over calls of the past, and show who would be blocked before anybody is')
    .requiredOption(
      '--policy <policy>',
      'the policy to try: a file with what stands under policy: in a configuration, a whole configuration, or the number of a version',
    )
    .requiredOption('--from <source>', 'a capture (pcap, pcapng), calls as NDJSON or CSV, or the word journal')
    .option(
      '--against <policy>',
      'compare with: in-force, none, recorded (what the calls say was decided), a file, or the number of a version',
      'in-force',
    )
    .option('--config <file>', 'the configuration with the policy in force, the peers and the store')
    .option(
      '--without-standing',
      'leave out what desk and registry said when each call of the journal came: lifts, registrations, subscribers’ wishes',
    )
    .option('--limit <numbers>', 'how many numbers to show', '50')
    .option('--json', 'one JSON object a number and a summary at the end, on standard output')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx recourse replay --policy new.yaml --from journal\n  $ npx recourse replay --policy new.yaml --from calls.ndjson --against none',
    )
    .action(async (words: ReplayWords) => {
      const limit = Number(words.limit)
      if (!Number.isInteger(limit) || limit < 1)
        throw new Stop(EXIT.unusable, `--limit ${visible(words.limit)} is no number of rows: expected 1 or more`)
      const { config, path } = loadOrStop(words.config)
      const verification = config.desk?.verification?.begins
      const then = { ...(await loadPolicy(words.policy, config, path)), verification }
      const baseline = await loadBaseline(words.against, config, path)
      const now = typeof baseline === 'object' ? { ...baseline, verification } : baseline
      const comparison = new Comparison()
      const living = words.from === 'journal' && words.withoutStanding !== true ? await loadLiving(config) : NO_LIVING
      const trial = new PolicyTrial(then, now, comparison, living)
      const progress = startProgress()
      const notes = await readSource(words.from, config, trial, progress.show).finally(() => progress.stop())
      if (comparison.calls === 0)
        throw new Stop(
          EXIT.unusable,
          `${nameInput(words.from)} holds no calls to replay${notes === '' ? '' : `: ${notes.trim()}`}`,
        )
      process.stderr.write(notes)
      tell(comparison, words, limit)
      process.exitCode = comparison.newlyBlocked > 0 ? EXIT.found : EXIT.ok
    })
}

/** What desk and registry said at any time, where there is a store. */
async function loadLiving({ store }: Config): Promise<Living> {
  return existsSync(store.path) ? openOrStop(() => readLivingThen(store.path)) : NO_LIVING
}

async function readSource(
  from: string,
  config: Config,
  trial: PolicyTrial,
  show: (read: number, total: number | undefined) => void,
): Promise<string> {
  if (from === 'journal') {
    const url = `sqlite:${config.store.path}`
    const { calls, oldestMs } = await openOrStop(() =>
      readJournalInOrder(url, (row) => trial.take(readJournalRow(row))),
    )
    return oldestMs === undefined ? '' : `the journal: ${plural(calls, 'call')} since ${showTime(oldestMs)}\n`
  }
  if (!existsSync(from) && from !== '-')
    throw new Stop(EXIT.unusable, `${nameInput(from)} does not exist: expected a capture, a file of calls, or journal`)
  if (/\.(?:nd)?json(?:l|\.gz)?$|\.csv(?:\.gz)?$|^-$/i.test(from)) return readCallsOf(from, config, trial, show)
  try {
    const { counts, summary } = await readCapturedCalls(
      from,
      config,
      (facts) => trial.take({ facts, recorded: undefined, outcome: undefined }),
      show,
    )
    return (
      `${nameInput(from)}: ${plural(counts.invites, 'INVITE')}; left out: ${counts.strangers} not from a peer, ` +
      `${counts.repeats} seen before, ${counts.refused} that the gate would refuse as malformed\n${tellProblems(from, summary)}`
    )
  } catch (error) {
    throw stopForCapture(from, error)
  }
}

async function readCallsOf(
  path: string,
  config: Config,
  trial: PolicyTrial,
  show: (read: number, total: number | undefined) => void,
): Promise<string> {
  const total = path === '-' ? undefined : statSync(path).size
  let read = 0
  try {
    const onCall = (call: CallRecord): void => trial.take(call)
    const counts = await readCallFile(path, config.gate.dialPlan, onCall, (bytes) => show((read += bytes), total))
    const left = counts.shadows === 0 ? '' : `; ${counts.shadows} rows of shadow hits left out`
    return `${nameInput(path)}: ${plural(counts.calls, 'call')}${left}\n`
  } catch (error) {
    if (error instanceof CallFileFault) throw new Stop(EXIT.unusable, error.message, { cause: error })
    throw error
  }
}

/** The policy in a file, as it would be loaded in place of the one that the configuration has, or a version of the store. */
async function loadPolicy(what: string, config: Config, path: string | undefined): Promise<Policy> {
  const version = existsSync(what) ? undefined : parseVersion(what)
  if (version !== undefined) {
    const text = await openOrStop(() => readStore(config, (reader) => textOf(reader, version)))
    if (text !== undefined) return loadVersion(version, text, path)
    throw new Stop(EXIT.unusable, `there is no policy ${version}: ${config.store.path} does not exist yet`)
  }
  if (!existsSync(what))
    throw new Stop(
      EXIT.unusable,
      `${nameInput(what)} does not exist: expected a policy file, a configuration, or the number of a version`,
    )
  return loadWithPolicy(path, { file: what }, visible(what)).policy
}

async function loadBaseline(
  against: string,
  config: Config,
  path: string | undefined,
): Promise<Policy | 'recorded' | undefined> {
  if (against === 'none') return undefined
  if (against === 'recorded') return 'recorded'
  return against === 'in-force' ? loadInForce(config, path) : loadPolicy(against, config, path)
}

/** What somebody applied or put stands in the store alone; the file's policy counts where none came into force yet. */
async function loadInForce(config: Config, path: string | undefined): Promise<Policy> {
  const standing = await openOrStop(() =>
    readStore(config, (reader) => {
      const version = reader.inForce()?.version
      const text = version === undefined ? undefined : reader.text(version)
      return version === undefined || text === undefined ? undefined : { version, text }
    }),
  )
  return standing === undefined ? config.policy : loadVersion(standing.version, standing.text, path)
}

function readStore<T>({ store }: Config, read: (reader: PolicyReader) => T): T | undefined {
  if (!existsSync(store.path)) return undefined
  const reader = openPolicyReader(`sqlite:${store.path}`)
  try {
    return read(reader)
  } finally {
    reader.close()
  }
}

function loadVersion(version: number, text: PolicyText, path: string | undefined): Policy {
  return loadWithPolicy(path, { name: `policy ${version}`, text }, `policy ${version}`).policy
}

function tell(comparison: Comparison, words: ReplayWords, limit: number): void {
  const { calls, blockedNow, blockedThen, newlyBlocked, noLongerBlocked, firstMs, lastMs, unnamed } = comparison
  const changes = comparison.changes()
  if (words.json === true) {
    const rows = changes.map(({ rules, ...change }) => ({ ...change, rules: Object.fromEntries(rules) }))
    const from = new Date(firstMs!).toISOString()
    const to = new Date(lastMs!).toISOString()
    const summary = {
      calls,
      from,
      to,
      blockedNow,
      blockedThen,
      newlyBlocked,
      noLongerBlocked,
      numbers: changes.length,
      unnamed,
    }
    process.stdout.write([...rows, { summary }].map((row) => `${JSON.stringify(row)}\n`).join(''))
    return
  }
  const newNumbers = changes.filter(({ newlyBlocked }) => newlyBlocked > 0)
  const registered = newNumbers.filter(({ registered }) => registered).length
  const lines = [
    `${plural(calls, 'call')} from ${showTime(firstMs!)} to ${showTime(lastMs!)}`,
    `blocked now ${count(blockedNow)} (${share(blockedNow, calls)}), with ${words.policy} ${count(blockedThen)} (${share(blockedThen, calls)})`,
    `newly blocked ${plural(newlyBlocked, 'call')} from ${plural(newNumbers.length, 'number')}, ${registered} of them registered`,
    `no longer blocked ${plural(noLongerBlocked, 'call')}`,
  ]
  if (changes.length > 0) lines.push('', columns(HEAD), ...changes.slice(0, limit).map(row))
  if (changes.length > limit)
    lines.push(`and ${plural(changes.length - limit, 'more number')}: --limit shows them, --json all`)
  if (unnamed > 0)
    lines.push(`${plural(unnamed, 'stopped call')} from numbers beyond the first million were counted without a name`)
  process.stdout.write(`${lines.join('\n')}\n`)
}

function row({ number, registered, newlyBlocked, noLongerBlocked, rules, why }: NumberChange): string {
  const shown = number === '' ? 'no number' : formatNumber(number)
  const cells = [
    shown,
    registered ? 'yes' : 'no',
    `+${count(newlyBlocked)}`,
    `-${count(noLongerBlocked)}`,
    [...rules.keys()].join(' '),
  ]
  return columns([...cells, why].map(visible))
}

function columns(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
    .join(' ')
    .trimEnd()
}

function plural(many: number, what: string): string {
  return `${count(many)} ${what}${many === 1 ? '' : 's'}`
}

function count(many: number): string {
  return many.toLocaleString('en')
}

function share(part: number, whole: number): string {
  const percent = (100 * part) / whole
  return `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toPrecision(2)} %`
}

const HEAD = ['number', 'registered', 'newly', 'no longer', 'rules', 'why (first such call)']
const WIDTHS = [18, 10, 8, 9, 24]
