import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import type { PolicyText } from '#core/ledger/policy-text.ts'
import type { PolicyReader, PolicyStore } from '#edge/store/policy-store.ts'
import { reasonOf } from '#main/config/lists.ts'
import { EXIT, Stop } from './exit.ts'
import { earlierList } from './list-history.ts'
import { STANDARD, type Output } from './ledger.ts'
import { loadWithPolicy } from './load-or-stop.ts'
import { changePolicy, inForceOf, textOf, withPolicies, withPolicyReader, type ChangeWords } from './policy-change.ts'
import { differenceInWords, diffPolicies, isSame } from './policy-difference.ts'
import { many, showTime, visible } from './words.ts'

/** Adds `recourse list names | put | back | show | diff`. */
export function listCommands(program: Command, to: Output = STANDARD): void {
  const lists = program
    .command('list')
    .description('keep the lists of the policy in force: put a new one, compare, take it back')
  const verb = (words: string, description: string, example: string) =>
    lists
      .command(words)
      .description(description)
      .option('--config <file>', 'the configuration that names the store, and what a list needs to be checked')
      .option('--store <url>', 'another store, like sqlite:./recourse.db')
      .option('--json', 'the outcome as JSON on standard output')
      .addHelpText('after', `\nExample:\n  $ npx recourse list ${example}`)
  const changing = (command: Command) =>
    command
      .option('--by <name>', 'who does it; the account’s name if not said')
      .option('--note <text>', 'why, for whoever looks back')
      .option('--dry-run', 'check and tell, but change nothing')

  verb('names', 'name the lists of the policy in force', 'names').action((words: ChangeWords) =>
    withPolicyReader(words, (reader) => names(to, reader, words)),
  )
  changing(
    verb(
      'put',
      'check a list and put it into force in place of the one of that name',
      'put dno.csv new-dno.csv --note "November"',
    ),
  )
    .argument('<name>', 'the list’s name, as the policy has it')
    .argument('<file>', 'CSV or one entry a line; - for standard input')
    .action((name: string, file: string, words: ChangeWords) =>
      withPolicies(words, (store) => put(to, store, name, file, words)),
    )
  changing(verb('back', 'take the last change of a list back', 'back dno.csv'))
    .argument('<name>', 'the list’s name, as the policy has it')
    .action((name: string, words: ChangeWords) => withPolicies(words, (store) => back(to, store, name, words)))
  verb('show', 'print a list as it is in force', 'show dno.csv > dno.csv')
    .argument('<name>', 'the list’s name, as the policy has it')
    .action((name: string, words: ChangeWords) =>
      withPolicyReader(words, (reader) => {
        const { lists, name: found, version } = standing(reader, name)
        const text = lists.get(found)!
        to.out(words.json === true ? `${JSON.stringify({ list: found, policy: version, text })}\n` : text)
      }),
    )
  verb('diff', 'tell what a file changes of a list; ends with 1 where they differ', 'diff dno.csv new-dno.csv')
    .argument('<name>', 'the list’s name, as the policy has it')
    .argument('<file>', 'CSV or one entry a line; - for standard input')
    .action((name: string, file: string, words: ChangeWords) =>
      withPolicyReader(words, (reader) => diff(to, reader, name, file, words)),
    )
}

function put(to: Output, store: PolicyStore, name: string, file: string, words: ChangeWords): void {
  const current = standing(store, name)
  const text = withList(current, current.name, readList(file))
  check(text, current.name, file, words)
  changePolicy(to, words, store, inForceOf(store), {
    of: text,
    action: 'list-put',
    detail: { list: current.name, file: file === '-' ? 'standard input' : basename(file) },
    origin: undefined,
    isKnown: false,
  })
}

function back(to: Output, store: PolicyStore, name: string, words: ChangeWords): void {
  const current = standing(store, name)
  const inForce = inForceOf(store)
  const earlier = earlierList(store, inForce, current.name)
  if (earlier !== undefined) {
    const text = withList(current, current.name, textOf(store, earlier.version).lists.get(current.name)!)
    check(text, current.name, current.name, words)
    const detail = { list: current.name, of: earlier.version }
    return changePolicy(to, words, store, inForce, {
      of: text,
      action: 'list-taken-back',
      detail,
      origin: undefined,
      isKnown: true,
    })
  }
  throw new Stop(
    EXIT.unusable,
    `list ${visible(current.name)} has never been another one: there is nothing to take back`,
  )
}

function names(to: Output, reader: PolicyReader, { json }: ChangeWords): void {
  const { version, lists, steps } = inForceOf(reader)
  const since = steps.findLast(({ step }) => step === 'applied')?.at
  if (json === true) for (const [list, hash] of lists) to.out(`${JSON.stringify({ list, policy: version, hash })}\n`)
  else for (const name of lists.keys()) to.out(`${visible(name)}\n`)
  const words = `${many(lists.size, 'list')} of policy ${version}${since === undefined ? '' : `, in force since ${showTime(since)}`}`
  to.err(`${words}\n`)
}

function diff(to: Output, reader: PolicyReader, name: string, file: string, words: ChangeWords): void {
  const current = standing(reader, name)
  const text = withList(current, current.name, readList(file))
  check(text, current.name, file, words)
  const difference = diffPolicies(current, text)
  if (words.json === true) to.out(`${JSON.stringify(difference)}\n`)
  const say = words.json === true ? to.err : to.out
  say(isSame(difference) ? 'no difference\n' : `${differenceInWords(difference).join('\n')}\n`)
  if (!isSame(difference)) process.exitCode = EXIT.found
}

/** The policy in force, and the list of it that is meant: by its name, or by the last part of it if only one has that. */
function standing(reader: PolicyReader, asked: string): PolicyText & { name: string; version: number } {
  const { version } = inForceOf(reader)
  const text = textOf(reader, version)
  const known = [...text.lists.keys()]
  const alike = known.filter((name) => basename(name) === asked || basename(name).replace(/\.[a-z]+$/i, '') === asked)
  const name = text.lists.has(asked) ? asked : alike.length === 1 ? alike[0] : undefined
  if (name !== undefined) return { ...text, name, version }
  const which = known.length === 0 ? 'it has none' : `it has ${known.map(visible).join(', ')}`
  throw new Stop(
    EXIT.unusable,
    `policy ${version} has no list ${visible(asked)}: ${which}. A new list comes with the policy that names it`,
  )
}

function withList({ yaml, lists }: PolicyText, name: string, text: string): PolicyText {
  return { yaml, lists: new Map(lists).set(name, text) }
}

/** Loads the policy with the list in it. Throws `Stop` with the faults of the list at their places in the file. */
function check(text: PolicyText, name: string, file: string, { config }: ChangeWords): void {
  const called = file === '-' ? 'standard input' : file
  loadWithPolicy(config, { name: 'the policy in force', text }, visible(called), (place) =>
    place === name ? called : place,
  )
}

function readList(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new Stop(EXIT.unusable, `${visible(file)}: this list cannot be read (${reasonOf(error)})`, { cause: error })
  }
}
