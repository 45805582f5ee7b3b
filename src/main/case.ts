import type { Command } from 'commander'
import type { Office, Worked, Worker } from '#core/redress/office.ts'
import { actorOf } from './actor.ts'
import { addCaseExports } from './case-exports.ts'
import { addCaseLists } from './case-lists.ts'
import { addCaseSteps } from './case-steps.ts'
import { optionOf } from './case-words.ts'
import { EXIT, Stop } from './exit.ts'
import { STANDARD, type Output } from './ledger.ts'
import { many, visible } from './words.ts'

/** The words that all of these commands have in common. */
export type CaseWords = {
  readonly config?: string
  readonly store?: string
  readonly by?: string
  readonly json?: boolean
}

/** Cases of one store, opened for a command. */
export type OpenCases = (words: CaseWords) => Promise<{
  readonly office: Office
  /** The operator's name, for what is handed out. */
  readonly operator: string
  /** Makes anew what lists are made of, from the events; answers how many cases there are. */
  rebuild(): number
  close(): void | Promise<void>
}>

/** What a command of this verb is made with. */
export type CaseVerb = {
  readonly to: Output
  readonly verb: (words: string, description: string, example: string) => Command
  /** Opens the store, does one thing, closes it. */
  readonly withOffice: <T>(words: CaseWords, work: (office: Office, operator: string) => Promise<T>) => Promise<T>
}

/** Adds `recourse case …`: the desk from the command line, on the store itself. */
export function caseCommands(program: Command, openCases: OpenCases, to: Output = STANDARD): void {
  const command = program
    .command('case')
    .description('work complaints about blocked calls: look, open, ask, decide, correct, hand out')
  const made: CaseVerb = {
    to,
    verb: (words, description, example) =>
      command
        .command(words)
        .description(description)
        .option('--config <file>', 'the configuration that names the store, and what the desk goes by')
        .option('--store <url>', 'another store, like sqlite:./recourse.db')
        .option('--json', 'the outcome as JSON on standard output')
        .addHelpText('after', `\nExample:\n  $ npx recourse case ${example}`),
    withOffice: async (words, work) => {
      const cases = await openCases(words)
      try {
        return await work(cases.office, cases.operator)
      } finally {
        await cases.close()
      }
    },
  }
  addCaseLists(made)
  addCaseSteps(made)
  addCaseExports(made)
  made
    .verb('rebuild', 'make anew what lists and searches are made of, from what happened to each case', 'rebuild')
    .action(async (words: CaseWords) => {
      const cases = await openCases(words)
      try {
        const count = cases.rebuild()
        to.out(
          words.json === true
            ? `${JSON.stringify({ cases: count })}\n`
            : `${many(count, 'case')} made anew from their events\n`,
        )
      } finally {
        await cases.close()
      }
    })
}

/** Who gives the command, as events and the audit trail name her. */
export function workerOf(words: CaseWords): Worker {
  return actorOf(words.by)
}

/** The id of a case as somebody typed it. */
export function readCaseId(text: string): string {
  if (/^[A-Za-z0-9_-]{22}$/.test(text)) return text
  throw new Stop(
    EXIT.unusable,
    `${visible(text)} is no case: an id has 22 characters of A-Z a-z 0-9 _ -; recourse case list shows them`,
  )
}

export function unknownCase(id: string): Stop {
  return new Stop(EXIT.unusable, `no case ${id} in this store: recourse case list shows those that are there`)
}

/** What a step came to; throws `Stop` with why it was not done. */
export function done<Value extends { readonly kind: string }>(
  value: Value | Worked,
  id: string,
): Exclude<Value, NotDone> {
  if (!isNotDone(value)) return value as Exclude<Value, NotDone>
  throw stopOf(value, id)
}

function stopOf(value: NotDone, id: string): Stop {
  if (value.kind === 'unknown') return unknownCase(id)
  if (value.kind === 'changed')
    return new Stop(
      EXIT.unusable,
      `the case has come to event ${value.seq} meanwhile, and nothing was done: recourse case show ${id}, then again`,
    )
  if (value.kind === 'refused')
    return new Stop(
      EXIT.unusable,
      `${value.field === '' ? '' : `${optionOf(value.field)}: `}${value.problem}; nothing was done`,
    )
  return new Stop(EXIT.outside, 'the store did not take it, and nothing was done: try again in a moment')
}

type NotDone = Exclude<Worked, { readonly kind: 'done' }>

function isNotDone(value: { readonly kind: string }): value is NotDone {
  return NOT_DONE.has(value.kind)
}

const NOT_DONE: ReadonlySet<string> = new Set(['unknown', 'changed', 'refused', 'unsaved'])
