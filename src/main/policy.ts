import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { PolicyText } from '#core/ledger/policy-text.ts'
import type { PolicyReader, PolicyStore, PolicyVersion } from '#edge/store/policy-store.ts'
import { actorOf } from './actor.ts'
import { EXIT, Stop } from './exit.ts'
import { STANDARD, type Output } from './ledger.ts'
import { findConfig, loadOrStop, loadWithPolicy } from './load-or-stop.ts'
import {
  changePolicy,
  changeVersion,
  inForceOf,
  parseVersion,
  textOf,
  withPolicies,
  withPolicyReader,
  type ChangeWords,
} from './policy-change.ts'
import { differenceInWords, diffPolicies, isSame } from './policy-difference.ts'
import { parseTime } from './ledger-time.ts'
import { showTime, visible } from './words.ts'

/** Adds `recourse policy apply | approve | back | list | show | diff`. */
export function policyCommands(program: Command, to: Output = STANDARD): void {
  const policy = program
    .command('policy')
    .description('say which policy is in force: apply one, compare, look back, take one back')
  const verb = (words: string, description: string, example: string) =>
    policy
      .command(words)
      .description(description)
      .option('--config <file>', 'the configuration that names the store, and what a policy needs to be checked')
      .option('--store <url>', 'another store, like sqlite:./recourse.db')
      .option('--json', 'the outcome as JSON on standard output')
      .addHelpText('after', `\nExample:\n  $ npx recourse policy ${example}`)
  const changing = (command: Command) =>
    command
      .option('--by <name>', 'who does it; the account’s name if not said')
      .option('--note <text>', 'why, for whoever looks back')
      .option('--dry-run', 'check and tell, but change nothing')

  changing(
    verb(
      'apply',
      'check a policy and put it into force; a running gate takes it without losing a call',
      'apply policy.yaml --note "the new DNO list"',
    ),
  )
    .argument('<file or version>', 'a policy file, recourse.yaml for the policy in it, or the number of a version')
    .option('--keep-lists', 'leave lists of the same name as they are in force')
    .action((what: string, words: ApplyWords) => withPolicies(words, (store) => apply(to, store, what, words)))

  changing(verb('approve', 'put a staged policy into force, as a second person', 'approve 8 --by "Ann Lee"'))
    .argument('<version>', 'the number of the staged version')
    .action((version: string, words: ChangeWords) => withPolicies(words, (store) => approve(to, store, version, words)))

  changing(
    verb(
      'back',
      'take the last change back: the policy before it comes into force again',
      'back --note "blocks a hospital"',
    ),
  )
    .argument('[version]', 'the number of a version that was in force, if not the one before')
    .action((version: string | undefined, words: ChangeWords) =>
      withPolicies(words, (store) => back(to, store, version, words)),
    )

  verb('list', 'list versions, newest first: which is in force, which were, which wait', 'list')
    .option('--limit <count>', 'how many at most', '20')
    .action((words: ChangeWords & { limit: string }) => withPolicyReader(words, (reader) => list(to, reader, words)))

  verb('show', 'print the text of a version', 'show 7 > policy-7.yaml')
    .argument('[version]', 'the number of a version, if not the one in force')
    .option('--at <time>', 'the version that was in force at this time: 2026-11-22T12:00:00Z, or 24h (ago)')
    .action((version: string | undefined, words: ShowWords) =>
      withPolicyReader(words, (reader) => show(to, reader, version, words)),
    )

  verb('diff', 'tell what one policy changes of another; ends with 1 where they differ', 'diff 7 policy.yaml')
    .argument('[from]', 'the number of a version, if not the one in force')
    .argument('[to]', 'a number, or a policy file; what the configuration has now if neither is said')
    .action((a: string | undefined, b: string | undefined, words: ChangeWords) =>
      withPolicyReader(words, (reader) => diff(to, reader, a, b, words)),
    )
}

type ApplyWords = ChangeWords & { readonly keepLists?: boolean }
type ShowWords = ChangeWords & { readonly at?: string }

function apply(to: Output, store: PolicyStore, what: string, words: ApplyWords): void {
  const inForce = store.inForce()
  const number = parseVersion(what)
  if (number !== undefined) {
    if (store.find(number)?.state === 'staged')
      throw new Stop(
        EXIT.unusable,
        `policy ${number} waits for a second person: recourse policy approve ${number} --by NAME`,
      )
    refuseUnapplied(store, number)
    return changeVersion(to, words, store, inForce, number, 'policy-applied')
  }
  const { file, text } = readPolicy(what, words)
  const wanted = words.keepLists === true ? keepLists(text, store, inForce) : text
  if (wanted !== text) loadWithPolicy(words.config, { name: what, text: wanted }, visible(what))
  const detail = { file }
  return changePolicy(to, words, store, inForce, {
    of: wanted,
    action: 'policy-applied',
    detail,
    origin: { file, text },
    isKnown: false,
  })
}

function approve(to: Output, store: PolicyStore, text: string, words: ChangeWords): void {
  const number = versionOf(text)
  const version = store.find(number)
  const inForce = inForceOf(store)
  const staged = version?.steps.findLast(({ step }) => step === 'staged')
  if (version?.state === 'dropped')
    throw new Stop(
      EXIT.unusable,
      `policy ${number} was staged as a change of policy ${staged?.base ?? 'none'}, but policy ${inForce.version} is in force now: stage it again`,
    )
  if (version?.state !== 'staged' || staged === undefined)
    throw new Stop(EXIT.unusable, `policy ${number} does not wait for approval: recourse policy list shows which do`)
  const { name } = actorOf(words.by)
  if (isSameName(name, staged.actor))
    throw new Stop(
      EXIT.unusable,
      `policy ${number} was staged by ${visible(name)}: somebody else has to approve it (--by NAME)`,
    )
  return changeVersion(to, words, store, inForce, number, 'policy-approved')
}

/** Names are only what people say; at least the same one is the same in any spelling. */
function isSameName(one: string, other: string): boolean {
  const plain = (name: string): string => name.trim().replaceAll(/\s+/g, ' ').toLowerCase()
  return plain(one) === plain(other)
}

function back(to: Output, store: PolicyStore, text: string | undefined, words: ChangeWords): void {
  const inForce = inForceOf(store)
  const number = text === undefined ? inForce.steps.find(({ step }) => step === 'applied')?.base : versionOf(text)
  if (number === undefined)
    throw new Stop(
      EXIT.unusable,
      `policy ${inForce.version} is the first that was in force: there is none to go back to`,
    )
  refuseUnapplied(store, number)
  return changeVersion(to, words, store, inForce, number, 'policy-taken-back')
}

function list(to: Output, reader: PolicyReader, { json, limit }: ChangeWords & { limit: string }): void {
  const count = Number(limit)
  if (!Number.isInteger(count) || count < 1 || count > LIST_MAX)
    throw new Stop(EXIT.unusable, `--limit ${visible(limit)}: write a number from 1 to ${LIST_MAX}`)
  const versions = reader.list(count)
  if (json === true)
    for (const { lists, ...version } of versions)
      to.out(`${JSON.stringify({ ...version, lists: Object.fromEntries(lists) })}\n`)
  else if (versions.length > 0) to.out([HEAD, ...versions.map(row)].map((line) => `${line}\n`).join(''))
  if (versions.length === 0) to.err('no policies\n')
}

function show(to: Output, reader: PolicyReader, text: string | undefined, { at, json }: ShowWords): void {
  const number =
    text !== undefined ? versionOf(text) : at === undefined ? inForceOf(reader).version : versionAt(reader, at)
  const { yaml, lists } = textOf(reader, number)
  if (json !== true) return to.out(yaml.endsWith('\n') ? yaml : `${yaml}\n`)
  const { state, steps, hash } = reader.find(number)!
  return to.out(`${JSON.stringify({ policy: number, state, hash, steps, yaml, lists: Object.fromEntries(lists) })}\n`)
}

function diff(
  to: Output,
  reader: PolicyReader,
  a: string | undefined,
  b: string | undefined,
  words: ChangeWords,
): void {
  // One word that is no version is what is compared with the one in force.
  const [from, against] = a !== undefined && b === undefined && parseVersion(a) === undefined ? [undefined, a] : [a, b]
  const before = textOf(reader, from === undefined ? inForceOf(reader).version : versionOf(from))
  const number = against === undefined ? undefined : parseVersion(against)
  const after =
    number !== undefined
      ? textOf(reader, number)
      : against !== undefined
        ? readPolicy(against, words).text
        : from === undefined
          ? loadOrStop(words.config).config.policyText
          : textOf(reader, inForceOf(reader).version)
  const difference = diffPolicies(before, after)
  if (words.json === true) to.out(`${JSON.stringify(difference)}\n`)
  const say = words.json === true ? to.err : to.out
  say(isSame(difference) ? 'no difference\n' : `${differenceInWords(difference).join('\n')}\n`)
  if (!isSame(difference)) process.exitCode = EXIT.found
}

/** Reads and checks a policy file, or the policy of the configuration where that is named. */
function readPolicy(what: string, { config }: ChangeWords): { file: string; text: PolicyText } {
  const path = findConfig(config)
  const isConfig = path !== undefined && resolve(path) === resolve(what)
  const { policyFile, policyText } = isConfig
    ? loadOrStop(config).config
    : loadWithPolicy(config, { file: what }, visible(what))
  return { file: resolve(policyFile), text: policyText }
}

function keepLists({ yaml, lists }: PolicyText, store: PolicyStore, inForce: PolicyVersion | undefined): PolicyText {
  const standing = inForce === undefined ? undefined : store.text(inForce.version)
  return { yaml, lists: new Map(Array.from(lists, ([name, text]) => [name, standing?.lists.get(name) ?? text])) }
}

function refuseUnapplied(store: PolicyStore, number: number): void {
  const version = store.find(number)
  if (version === undefined || version.state === 'replaced' || version.steps.some(({ step }) => step === 'applied'))
    return
  throw new Stop(EXIT.unusable, `policy ${number} was never in force: apply its file, so that it is looked at again`)
}

function versionAt(reader: PolicyReader, at: string): number {
  const atMs = parseTime(at, Date.now())
  if (atMs === undefined)
    throw new Stop(EXIT.unusable, `--at ${visible(at)} is no time: expected 2026-11-22, 2026-11-22T12:00:00Z, or 24h`)
  const version = reader.inForceAt(atMs)
  if (version === undefined) throw new Stop(EXIT.unusable, `no policy of this store was in force at ${showTime(atMs)}`)
  return version
}

function versionOf(text: string): number {
  const version = parseVersion(text)
  if (version !== undefined) return version
  throw new Stop(EXIT.unusable, `${visible(text)} is no version: write its number, as recourse policy list shows it`)
}

function row({ version, state, madeMs, steps }: PolicyVersion): string {
  const last = steps.at(-1)
  const note = steps.findLast(({ note }) => note !== '')?.note
  const origin = steps.findLast(({ origin }) => origin !== undefined)?.origin
  return columns([
    String(version),
    state,
    showTime(last?.at ?? madeMs),
    last?.actor ?? '',
    [note, origin].filter((text) => text !== undefined).join(' · '),
  ])
}

function columns(cells: readonly string[]): string {
  return cells
    .map((cell, index) => visible(cell).padEnd(WIDTHS[index] ?? 0))
    .join(' ')
    .trimEnd()
}

const WIDTHS = [7, 8, 27, 16, 0]
const HEAD = columns(['policy', 'state', 'last step', 'by', 'why, and from where'])
const LIST_MAX = 10_000
