import type { Command } from 'commander'
import { AUDIT_ACTIONS, type AuditRow } from '#edge/store/audit.ts'
import { EXIT, Stop } from './exit.ts'
import { STANDARD, type Output } from './ledger.ts'
import { parseTime } from './ledger-time.ts'
import { withPolicyReader, type ChangeWords } from './policy-change.ts'
import { showTime, visible } from './words.ts'

type AuditWords = Pick<ChangeWords, 'config' | 'store' | 'json'> & {
  readonly since?: string
  readonly until?: string
  readonly by?: string
  readonly after?: string
  readonly action?: string
  readonly subject?: string
  readonly limit: string
}

/** Adds `recourse audit list`. */
export function auditCommands(program: Command, to: Output = STANDARD): void {
  program
    .command('audit')
    .description('who changed what, when and why')
    .command('list')
    .description('list changes, newest first')
    .option('--config <file>', 'the configuration that names the store')
    .option('--store <url>', 'the store, like sqlite:./recourse.db')
    .option('--since <time>', 'from this time on: 2026-11-22, 2026-11-22T12:00:00Z, or 24h (ago)')
    .option('--until <time>', 'before this time')
    .option('--by <name>', 'by this person or program: a name, or an account')
    .option('--action <action>', `of this kind: ${Object.keys(AUDIT_ACTIONS).join(', ')}`)
    .option('--subject <subject>', 'of this, like "policy 7"')
    .option('--limit <count>', 'how many at most', '50')
    .option('--after <number>', 'go on where a list ended')
    .option('--json', 'one JSON object a change on standard output')
    .addHelpText('after', '\nExample:\n  $ npx recourse audit list --since 7d')
    .action((words: AuditWords) =>
      withPolicyReader(words, (reader) => {
        const limit = readLimit(words.limit)
        const found = reader.audit(readFilter(words), limit + 1)
        const rows = found.slice(0, limit)
        for (const entry of rows) to.out(`${words.json === true ? JSON.stringify(entry) : inWords(entry)}\n`)
        if (rows.length === 0) to.err('no changes\n')
        if (found.length > limit) to.err(`there are more: --after ${rows.at(-1)!.number}\n`)
      }),
    )
}

function readFilter({ since, until, by, action, subject, after }: AuditWords) {
  const sinceMs = readTime('--since', since)
  const beforeMs = readTime('--until', until)
  if (after !== undefined && !/^[0-9]{1,15}$/.test(after))
    throw new Stop(EXIT.unusable, `--after ${visible(after)}: write the number that the list before ended with`)
  if (action !== undefined && !Object.hasOwn(AUDIT_ACTIONS, action))
    throw new Stop(EXIT.unusable, `--action ${visible(action)}: write one of ${Object.keys(AUDIT_ACTIONS).join(', ')}`)
  return { sinceMs, beforeMs, by, action, subject, after: after === undefined ? undefined : Number(after) }
}

function readTime(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const at = parseTime(text, Date.now())
  if (at !== undefined) return at
  throw new Stop(
    EXIT.unusable,
    `${option} ${visible(text)} is no time: expected 2026-11-22, 2026-11-22T12:00:00Z, or 24h`,
  )
}

function readLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIST_MAX) return limit
  throw new Stop(EXIT.unusable, `--limit ${visible(text)}: write a number from 1 to ${LIST_MAX}`)
}

function inWords({ at, by, action, subject, detail }: AuditRow): string {
  const who = by.name === by.account ? by.name : `${by.name} (${by.account})`
  const words = Object.hasOwn(AUDIT_ACTIONS, action) ? AUDIT_ACTIONS[action] : action
  const note = typeof detail['note'] === 'string' ? `: ${detail['note']}` : ''
  return visible(`${showTime(at)}  ${subject}: ${words}, by ${who}${note}`)
}

const LIST_MAX = 10_000
