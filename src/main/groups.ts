import type { Command } from 'commander'
import { formatCsv } from '#core/ledger/csv.ts'
import { type BlockStanding, GROUP_STATES, type GroupMark, type GroupState } from '#core/observe/group.ts'
import type { Share } from '#core/observe/silence.ts'
import { findSilence } from '#core/observe/silence.ts'
import type { Group, GroupNumber, MonitorReader } from '#edge/store/monitor-reader.ts'
import { actorOf } from './actor.ts'
import { EXIT, Stop } from './exit.ts'
import { type Output, STANDARD } from './ledger.ts'
import {
  type FilterWords,
  type MonitorWords,
  addVerb,
  checkNames,
  nothingYet,
  readChoice,
  readId,
  readLimit,
  readOwnNumber,
  readSince,
  showMinute,
  withReader,
  withStore,
} from './monitor-room.ts'
import { many, showTime, visible } from './words.ts'

/** Adds `recourse groups list | show | resolve | ignore | reopen | silent | export`. */
export function groupCommands(program: Command, to: Output = STANDARD): void {
  const command = program
    .command('groups')
    .description('refused calls by who blocked which of your number blocks, and why: list, show, resolve, ignore')

  filtered(addVerb(command, 'list', 'list groups: what came back or rises comes first', 'list --since 7d'))
    .option('--by <what>', `add groups up by ${BY.join(', ')}`)
    .option('--limit <count>', 'how many at most', '50')
    .action((words: ListWords) =>
      withReader(words, (reader) => {
        const limit = readLimit(words.limit)
        const by = readChoice('--by', words.by, BY)
        const groups = groupsOf(reader, words)
        if (groups.length === 0) return to.err(nothingYet(reader) ?? NO_GROUPS)
        if (by !== undefined) return tellSums(to, words, sumBy(reader, groups, by), limit)
        if (words.json !== true) to.out(`${inOneLine(groups)}\n${HEAD}\n`)
        for (const group of groups.slice(0, limit))
          to.out(`${words.json === true ? jsonOf(recordOf(group)) : rowInWords(group)}\n`)
        if (groups.length > limit) to.err(`${groups.length - limit} more: --limit ${Math.min(1_000, groups.length)}\n`)
      }),
    )

  addVerb(command, 'show', 'tell one group: since when, how often, which numbers, what was said of it', 'show 3')
    .argument('<group>', 'its number, as the list shows it')
    .action((text: string, words: MonitorWords) =>
      withReader(words, (reader) => {
        const group = groupOf(reader, text)
        const numbers = reader.groupNumbers(group.id, NUMBERS_SHOWN)
        const marks = reader.marks(group.id)
        to.out(
          words.json === true
            ? `${jsonOf({ ...recordOf(group), ownNumbers: numbers.map(numberRecord), marks: marks.map(markRecord) })}\n`
            : groupInWords(group, numbers, marks),
        )
      }),
    )

  for (const [name, kind, description] of MARKS)
    addVerb(command, name, description, `${name} 3 --note "lifted, says their mail of Monday"`)
      .argument('<groups...>', 'their numbers, as the list shows them')
      .option('--note <text>', 'why, for whoever looks back', '')
      .option('--by <name>', 'who says so; the account’s name if not said')
      .option('--from <time>', 'from when on: a lift’s effective time; now if not said')
      .action((texts: string[], words: MarkWords) =>
        withStore(words, (store) => {
          const now = Date.now()
          const effective = readSince('--from', words.from) ?? now
          if (words.note.length > NOTE_MAX || visible(words.note) !== words.note)
            throw new Stop(EXIT.unusable, `--note: write up to ${NOTE_MAX} characters on one line`)
          const groups = texts.map((text) => groupOf(store, text))
          const { name: by } = actorOf(words.by)
          for (const { id, recent, earlier } of groups) {
            const share = { hits: recent.hits + earlier.hits, of: recent.of + earlier.of }
            store.mark(id, { kind, at: now, effective, by, note: words.note, share })
            const group = store.group(id, now)!
            to.out(
              words.json === true
                ? `${jsonOf(recordOf(group))}\n`
                : `group #${id} is now ${group.state}${afterwords(group)}\n`,
            )
          }
        }),
      )

  addVerb(command, 'silent', 'look for suspected silent blocks: a suspicion with its figures, never a fact', 'silent')
    .option('--all', 'tell too what is not suspected, and where calls are too few to say')
    .action((words: MonitorWords & { all?: boolean }) =>
      withReader(words, (reader) => {
        const findings = findSilence(reader.silencePairs(Date.now()))
        const count = (kind: string) => findings.filter((finding) => finding.kind === kind).length
        const shown = words.all === true ? findings : findings.filter(({ kind }) => kind === 'suspected')
        for (const finding of shown) to.out(`${words.json === true ? jsonOf(finding) : visible(finding.words)}\n`)
        if (findings.length === 0) return to.err(nothingYet(reader) ?? 'no calls within the last day\n')
        to.err(
          `${many(findings.length, 'pair')} of carrier and own number: ${count('suspected')} suspected, ${count('nothing')} as ever, ${count('thin')} with too few calls to say\n`,
        )
      }),
    )

  filtered(
    addVerb(command, 'export', 'print groups as CSV, which no spreadsheet runs', 'export --all > groups.csv'),
  ).action((words: ListWords) =>
    withReader(words, (reader) => {
      const groups = groupsOf(reader, words)
      if (words.json !== true) to.out(`${formatCsv(CSV_COLUMNS)}\r\n`)
      for (const group of groups) {
        const record: Readonly<Record<string, unknown>> = recordOf(group)
        to.out(
          words.json === true
            ? `${jsonOf(record)}\n`
            : `${formatCsv(CSV_COLUMNS.map((name) => cellOf(record[name])))}\r\n`,
        )
      }
      to.err(groups.length === 0 ? (nothingYet(reader) ?? NO_GROUPS) : `${many(groups.length, 'group')}\n`)
    }),
  )
}

type ListWords = MonitorWords &
  FilterWords & { readonly state?: string; readonly all?: boolean; readonly by?: string; readonly limit: string }

type MarkWords = MonitorWords & { readonly note: string; readonly by?: string; readonly from?: string }

/** Groups added up by one of what makes them. */
type Sum = {
  readonly name: string
  groups: number
  calls: number
  first: number
  last: number
  readonly states: GroupState[]
}

function filtered(command: Command): Command {
  return command
    .option('--since <time>', 'seen at this time or later: 2026-11-22, or 24h (ago)')
    .option('--carrier <name>', 'with calls through this carrier')
    .option('--blocker <name>', 'of this blocker')
    .option('--number <number>', 'with calls from this number of yours')
    .option('--standing <standing>', `of this standing: ${STANDINGS.join(', ')}`)
    .option('--state <state>', `in this state: ${GROUP_STATES.join(', ')}`)
    .option('--all', 'those too that are resolved or ignored')
}

function groupsOf(reader: MonitorReader, words: ListWords): Group[] {
  const standing = readChoice('--standing', words.standing, STANDINGS)
  const state = readChoice('--state', words.state, GROUP_STATES)
  const since = readSince('--since', words.since)
  checkNames(reader, words)
  const number = words.number === undefined ? undefined : readOwnNumber(words.number)
  const filter = { since, carrier: words.carrier, blocker: words.blocker?.toLowerCase(), number, standing, state }
  const isQuiet = words.all !== true && state === undefined
  return reader
    .groups(filter, Date.now())
    .filter((group) => !isQuiet || (group.state !== 'resolved' && group.state !== 'ignored'))
    .toSorted((one, other) => URGENCY[one.state] - URGENCY[other.state] || other.last - one.last || one.id - other.id)
}

function groupOf(reader: MonitorReader, text: string): Group {
  const id = readId('group', text)
  const group = reader.group(id, Date.now())
  if (group !== undefined) return group
  throw new Stop(EXIT.unusable, `no group ${id} in this store: recourse groups list --all shows them`)
}

function sumBy(reader: MonitorReader, groups: readonly Group[], by: (typeof BY)[number]): Sum[] {
  const sums = new Map<string, Sum>()
  const add = (
    name: string,
    { state }: Group,
    { calls, first, last }: Pick<Group, 'calls' | 'first' | 'last'>,
  ): void => {
    const sum = sums.get(name) ?? { name, groups: 0, calls: 0, first, last, states: [] }
    sums.set(name, sum)
    Object.assign(sum, {
      groups: sum.groups + 1,
      calls: sum.calls + calls,
      first: Math.min(sum.first, first),
      last: Math.max(sum.last, last),
    })
    sum.states.push(state)
  }
  for (const group of groups) {
    if (by !== 'number') add(group.key[by], group, group)
    else for (const one of reader.groupNumbers(group.id, NUMBERS_MAX)) add(one.number, group, one)
  }
  return Array.from(sums.values()).toSorted((one, other) => other.calls - one.calls || (one.name < other.name ? -1 : 1))
}

function tellSums(to: Output, words: MonitorWords, sums: readonly Sum[], limit: number): void {
  for (const { name, groups, calls, first, last, states } of sums.slice(0, limit)) {
    const times = { first: new Date(first).toISOString(), last: new Date(last).toISOString() }
    if (words.json === true) to.out(`${jsonOf({ name, groups, calls, ...times, states: countStates(states) })}\n`)
    else
      to.out(
        `${visible(name || '(not known)').padEnd(32)} ${many(calls, 'call').padEnd(12)} ${many(groups, 'group').padEnd(10)} last ${showMinute(last)}  ${statesInWords(states)}\n`,
      )
  }
  if (sums.length > limit) to.err(`${sums.length - limit} more: --limit ${Math.min(1_000, sums.length)}\n`)
}

function inOneLine(groups: readonly Group[]): string {
  const blockers = new Set(groups.map(({ key }) => key.blocker)).size
  const calls = groups.reduce((sum, group) => sum + group.calls, 0)
  return `${many(groups.length, 'group')}: ${statesInWords(groups.map(({ state }) => state))}; ${many(calls, 'refused call')}, ${many(blockers, 'blocker')}`
}

function statesInWords(states: readonly GroupState[]): string {
  return Array.from(countStates(states), ([state, count]) => `${count} ${state}`).join(', ')
}

function countStates(states: readonly GroupState[]): Map<GroupState, number> {
  const counts = ORDER.map((state) => [state, states.filter((one) => one === state).length] as const)
  return new Map(counts.filter(([, count]) => count > 0))
}

function rowInWords({ id, state, key, calls, numbers, recent, last }: Group): string {
  const cells = [
    `#${id}`,
    state,
    blockName(key.block),
    key.reason,
    key.standing,
    String(calls),
    String(numbers),
    showShare(recent),
    showMinute(last),
  ]
  return `${cells.map((cell, at) => visible(cell).padEnd(WIDTHS[at]!)).join(' ')} ${visible(key.blocker || '(not known)')}`
}

function groupInWords(group: Group, numbers: readonly GroupNumber[], marks: readonly GroupMark[]): string {
  const { key, state, first, last, calls, recent, earlier, id } = group
  const more = group.numbers > numbers.length ? ` and ${group.numbers - numbers.length} more` : ''
  const lines: [string, string][] = [
    [`group #${id}`, `${state}${afterwords(group)}`],
    ['blocker', key.blocker || 'not known'],
    ['block', blockName(key.block)],
    ['reason', `${key.reason}, ${key.standing}`],
    ['calls', `${calls}, first ${showTime(first)}, last ${showTime(last)}`],
    ['share', `${showShare(recent)} of attempts in the last day, ${showShare(earlier)} in the week before`],
    [
      'numbers',
      `${many(group.numbers, 'number')}: ${numbers.map(({ number, calls: count }) => `${number || '(no number)'} (${count})`).join(', ')}${more}`,
    ],
    ...marks.map(({ kind, at, effective, by, note }): [string, string] => [
      'said',
      `${kind} by ${by}, ${showTime(at)}${effective === at ? '' : `, from ${showTime(effective)}`}${note === '' ? '' : `: ${note}`}`,
    ]),
    ['calls of it', `recourse observations list --group ${id}`],
  ]
  return lines.map(([name, text]) => `${name.padEnd(11)} ${visible(text)}\n`).join('')
}

function afterwords({ state, mark, firstAfterMark }: Group): string {
  if (state === 'regressed')
    return `: refused again ${showTime(firstAfterMark!)}, after ${showTime(mark!.effective)}, from when it was resolved`
  if (state === 'ignored') return ' until it escalates'
  return ''
}

function showShare({ hits, of }: Share): string {
  if (of < THIN) return `${hits} of ${of}`
  return `${((100 * hits) / of).toFixed(1)} %`
}

function blockName(block: string): string {
  return block === '' ? '(other callers)' : `${block}xxx`
}

function recordOf({ id, state, key, calls, numbers, first, last, recent, earlier, firstAfterMark, mark }: Group) {
  return {
    id,
    state,
    ...key,
    calls,
    numbers,
    first: new Date(first).toISOString(),
    last: new Date(last).toISOString(),
    recentCalls: recent.hits,
    recentAttempts: recent.of,
    earlierCalls: earlier.hits,
    earlierAttempts: earlier.of,
    regressedAt: firstAfterMark === undefined ? undefined : new Date(firstAfterMark).toISOString(),
    mark: mark === undefined ? undefined : markRecord(mark),
  }
}

function markRecord({ kind, at, effective, by, note }: GroupMark) {
  return { kind, at: new Date(at).toISOString(), effective: new Date(effective).toISOString(), by, note }
}

function numberRecord({ number, calls, first, last }: GroupNumber) {
  return { number, calls, first: new Date(first).toISOString(), last: new Date(last).toISOString() }
}

function cellOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function jsonOf(value: unknown): string {
  return visible(JSON.stringify(value, (_, one: unknown) => (one instanceof Map ? Object.fromEntries(one) : one)))
}

const MARKS: readonly (readonly [name: string, kind: GroupMark['kind'], description: string])[] = [
  ['resolve', 'resolved', 'say that a block was lifted: a call refused after that is a regression'],
  ['ignore', 'ignored', 'hear no more of a group until it escalates'],
  ['reopen', 'reopened', 'take back what was said of a group last'],
]
const STANDINGS: readonly BlockStanding[] = ['proven', 'unproven', 'person']
const BY = ['blocker', 'number', 'block', 'reason'] as const
/** What wants somebody first. */
const ORDER: readonly GroupState[] = ['regressed', 'escalating', 'new', 'ongoing', 'ignored', 'resolved']
const URGENCY = Object.fromEntries(ORDER.map((state, at) => [state, at])) as Readonly<Record<GroupState, number>>
const CSV_COLUMNS = [
  'id',
  'state',
  'blocker',
  'block',
  'reason',
  'standing',
  'calls',
  'numbers',
  'first',
  'last',
  'recentCalls',
  'recentAttempts',
  'earlierCalls',
  'earlierAttempts',
  'regressedAt',
] as const
const WIDTHS = [6, 10, 15, 12, 9, 6, 7, 9, 16] as const
const HEAD = `${['id', 'state', 'your block', 'reason', 'standing', 'calls', 'numbers', 'last day', 'last (UTC)'].map((cell, at) => cell.padEnd(WIDTHS[at]!)).join(' ')} blocker`
/** Of fewer attempts no share is shown: 0 % of three calls says nothing. */
const THIN = 30
const NO_GROUPS = 'no groups that agree with this; --all shows those too that are resolved or ignored\n'
const NUMBERS_SHOWN = 20
const NUMBERS_MAX = 1_000
const NOTE_MAX = 500
