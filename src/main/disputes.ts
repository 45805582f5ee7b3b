// One thing: disputes as a person keeps them, from opening one to handing out what became of it. What speaks with a blocker is
// in disputes-file.ts and disputes-follow.ts.
import type { Command } from 'commander'
import type { DisputeEvent, DisputeSubject, Outcome } from '#core/dispute/dispute-event.ts'
import { DISPUTE_STATUSES, type Dispute } from '#core/dispute/dispute.ts'
import { acknowledge, closeDispute, noteAnswer, noteWords, openDispute, reopenDispute } from '#core/dispute/steps.ts'
import { formatCsv } from '#core/ledger/csv.ts'
import { foldBlocker } from '#core/observe/group.ts'
import type { DisputeReader } from '#edge/store/dispute-store.ts'
import type { MonitorReader } from '#edge/store/monitor-reader.ts'
import { nearest } from '#core/words/nearest.ts'
import {
  type DisputeWords,
  addStep,
  disputeOf,
  dueInWords,
  freshId,
  jsonOf,
  record,
  recordOf,
  tellDispute,
  termsOf,
  withDisputes,
  withRoom,
} from './dispute-room.ts'
import { addFiling } from './disputes-file.ts'
import { addFollowing, settleGroup } from './disputes-follow.ts'
import { actorOf } from './actor.ts'
import { eventsInWords, newsInWords, subjectOfGroup, subjectOfNumbers } from './dispute-subject.ts'
import { EXIT, Stop } from './exit.ts'
import { type Output, STANDARD } from './ledger.ts'
import {
  type MonitorWords,
  addVerb,
  askToErase,
  checkScrubbed,
  readChoice,
  readErasure,
  readId,
  readLimit,
  readOwnNumber,
  readSince,
  showMinute,
} from './monitor-room.ts'
import { many, showTime, visible } from './words.ts'

/** Adds `recourse disputes open | list | show | draft | file | prove | poll | answer | heard | outcome | retest | note | close | reopen | erase | export`. */
export function disputeCommands(program: Command, to: Output = STANDARD): void {
  const command = program
    .command('disputes')
    .description('contest blocks of your calls: open, file by API, mail, form or telephone, follow, call again')

  addStep(command, 'open', 'open a dispute of a group of blocks, or of numbers that you name', 'open --group 3')
    .argument('[group]', 'as --group')
    .option('--group <group>', 'its number, as recourse groups list shows it')
    .option('--number <number>', 'a number of yours that is blocked, again for each', collect)
    .option('--blocker <name>', 'who blocks: a host, domain, number or carrier')
    .option('--url <url>', 'the page that its notice named, again for each', collect)
    .option('--id <id>', 'the id that its notice gave, again for each', collect)
    .option('--purpose <text>', 'what the calls are for', '')
    .option('--changed <text>', 'what has been changed since', '')
    .option('--again', 'also where a dispute of this group is open')
    .action((group: string | undefined, typed: OpenWords) => {
      if (group !== undefined && typed.group !== undefined)
        throw new Stop(EXIT.unusable, `name one group: found ${visible(group)} and --group ${visible(typed.group)}`)
      const words = group === undefined ? typed : { ...typed, group }
      return withRoom(words, async ({ store, monitor, now }) => {
        const subject = subjectOf(words, monitor, now)
        const [open] = subject.group === undefined || words.again === true ? [] : store.openOf(subject.group)
        if (open !== undefined)
          throw new Stop(
            EXIT.unusable,
            `dispute ${open} of this group is open: recourse disputes show ${open}, or --again for another`,
          )
        const id = freshId()
        await record(store, openDispute(id, subject, termsOf(words, now)))
        tellDispute(to, words, store.dispute(id, now)!, `opened with ${many(subject.numbers.length, 'number')}`)
      })
    })

  listed(addVerb(command, 'list', 'list disputes, with what is due by when', 'list --overdue'))
    .option('--limit <count>', 'how many at most', '50')
    .option('--after <place>', 'go on from where the page before ended')
    .action((words: ListWords) =>
      withDisputes(words, (reader) => {
        const limit = readLimit(words.limit)
        const { disputes, after } = reader.disputes(filterOf(reader, words), words.after, limit, Date.now())
        if (disputes.length === 0)
          return to.err('no disputes that agree with this; --all shows those too that are settled\n')
        if (words.json !== true) to.out(`${HEAD}\n`)
        for (const dispute of disputes)
          to.out(words.json === true ? `${jsonOf(recordOf(dispute))}\n` : `${rowInWords(dispute)}\n`)
        if (after !== undefined) to.err(`there may be more: --after ${after}\n`)
      }),
    )

  addVerb(command, 'show', 'tell one dispute: what is contested, what happened, what is due', `show ${ID}`)
    .argument('<dispute>', 'its id, or the beginning of it')
    .action((text: string, words: MonitorWords) =>
      withDisputes(words, (reader) => {
        const dispute = disputeOf(reader, text, Date.now())
        const events = reader.events(dispute.id)
        to.out(
          words.json === true
            ? `${jsonOf({ ...recordOf(dispute), events: events.map(eventRecord) })}\n`
            : disputeInWords(dispute, events),
        )
      }),
    )

  addFiling(command, to)
  addFollowing(command, to)

  for (const [name, description, said, step] of SAYINGS)
    addStep(command, name, description, `${name} ${ID} "${said}"`)
      .argument('<dispute>', 'its id, or the beginning of it')
      .argument('<text>', 'what was said, or why')
      .action((text: string, given: string, words: DisputeWords) =>
        withRoom(words, async ({ store, now }) => {
          const dispute = disputeOf(store, text, now)
          await record(store, step(dispute, given, termsOf(words, now)))
          tellDispute(to, words, store.dispute(dispute.id, now)!, 'noted')
        }),
      )

  addStep(
    command,
    'outcome',
    'note the blocker’s answer: lifted, partly-lifted or upheld',
    `outcome ${ID} lifted --text "their mail of Monday"`,
  )
    .argument('<dispute>', 'its id, or the beginning of it')
    .argument('<outcome>', OUTCOMES.join(', '))
    .requiredOption('--text <text>', 'what it said')
    .option('--lifted-at <time>', 'from when on the numbers are said to work; from its answer on if not said')
    .option('--heard-at <time>', 'when the answer came; now if not said')
    .action((text: string, said: string, words: OutcomeWords) =>
      withRoom(words, async ({ store, monitor, now }) => {
        const dispute = disputeOf(store, text, now)
        const outcome = readChoice('the outcome', said, OUTCOMES)!
        const answer = {
          outcome,
          words: words.text,
          liftedAt: readSince('--lifted-at', words.liftedAt),
          heardAt: readSince('--heard-at', words.heardAt),
        }
        const terms = termsOf(words, Date.now())
        await record(store, noteAnswer(dispute, answer, terms))
        settleGroup(monitor, store.dispute(dispute.id, now)!, terms)
        tellDispute(to, words, store.dispute(dispute.id, now)!, 'noted')
      }),
    )

  addVerb(
    command,
    'erase',
    'take a number out of all disputes, or everything personal out of old ones: times and outcomes stay',
    'erase +12125550117 --yes',
  )
    .argument('[number]', 'yours, or one that was called')
    .option('--older-than <time>', 'of disputes that were settled before this time: 90d, or a date')
    .option('--yes', 'do it; without this, it only says of how many')
    .action((number: string | undefined, words: EraseWords) =>
      withRoom(words, ({ store, now }) => {
        const what = readErasure(number, words.olderThan)
        const found = 'number' in what ? store.holding(what.number) : store.erasable(what.beforeMs, COUNTED_MAX)
        askToErase(words.yes, many(found.length, 'dispute'))
        const by = actorOf(undefined)
        let disputes = 0
        if ('number' in what) disputes = store.eraseNumber(what.number, now, by)
        else for (let some = 1; some > 0; disputes += some) some = store.erase(what.beforeMs, now, undefined, by)
        const isScrubbed = store.scrub()
        to.out(
          words.json === true ? `${jsonOf({ disputes, isScrubbed })}\n` : `erased of ${many(disputes, 'dispute')}\n`,
        )
        if ('number' in what) to.err(`refused calls may hold it too: recourse observations erase ${what.number}\n`)
        checkScrubbed(isScrubbed)
      }),
    )

  listed(
    addVerb(command, 'export', 'print disputes as CSV, or whole with --json', 'export --all > disputes.csv'),
  ).action((words: ListWords) =>
    withDisputes(words, (reader) => {
      if (words.json !== true) to.out(`${formatCsv(CSV_COLUMNS)}\r\n`)
      let count = 0
      for (let after: string | undefined; ;) {
        const page = reader.disputes(filterOf(reader, words), after, PAGE, Date.now())
        for (const dispute of page.disputes) {
          to.out(
            words.json === true
              ? `${jsonOf({ ...recordOf(dispute), events: reader.events(dispute.id).map(eventRecord) })}\n`
              : `${formatCsv(csvRow(dispute))}\r\n`,
          )
          count++
        }
        after = page.after
        if (after === undefined) break
      }
      to.err(`${many(count, 'dispute')}\n`)
    }),
  )
}

type OpenWords = DisputeWords & {
  readonly group?: string
  readonly number?: readonly string[]
  readonly blocker?: string
  readonly url?: readonly string[]
  readonly id?: readonly string[]
  readonly purpose: string
  readonly changed: string
  readonly again?: boolean
}
type ListWords = MonitorWords & {
  readonly status?: string
  readonly blocker?: string
  readonly number?: string
  readonly overdue?: boolean
  readonly all?: boolean
  readonly limit: string
  readonly after?: string
}
type EraseWords = MonitorWords & { readonly olderThan?: string; readonly yes?: boolean }
type OutcomeWords = DisputeWords & { readonly text: string; readonly liftedAt?: string; readonly heardAt?: string }

function listed(command: Command): Command {
  return command
    .option('--status <status>', `in this state: ${DISPUTE_STATUSES.join(', ')}`)
    .option('--blocker <name>', 'with this blocker')
    .option('--number <number>', 'of this number of yours')
    .option('--overdue', 'those only of which something is overdue')
    .option('--all', 'those too that are settled: verified, upheld, closed')
}

function filterOf(reader: DisputeReader, words: ListWords) {
  const status = readChoice('--status', words.status, DISPUTE_STATUSES)
  const blocker = words.blocker === undefined ? undefined : foldBlocker(words.blocker)
  if (blocker !== undefined) {
    const known = reader.blockers()
    const near = known.includes(blocker) ? undefined : nearest(blocker, known)
    if (near !== undefined)
      throw new Stop(
        EXIT.unusable,
        `--blocker ${visible(words.blocker!)}: no dispute with it; did you mean ${visible(near)}?`,
      )
  }
  return {
    status,
    blocker,
    number: words.number === undefined ? undefined : readOwnNumber(words.number),
    isOpen: words.all === true || status !== undefined ? undefined : true,
    dueBefore: words.overdue === true ? Date.now() : undefined,
  }
}

/** What is contested: the numbers, notices and calls of a group, and what was typed beside. */
function subjectOf(words: OpenWords, monitor: MonitorReader, now: number): DisputeSubject {
  const { purpose, changed, blocker } = words
  const said = {
    numbers: (words.number ?? []).map(readOwnNumber),
    blocker,
    receipts: words.id ?? [],
    urls: words.url ?? [],
    purpose,
    changed,
  }
  if (words.group === undefined) {
    if (said.numbers.length === 0)
      throw new Stop(EXIT.unusable, 'name what is contested: --group 3, or --number +12125550117')
    return subjectOfNumbers(said)
  }
  const group = monitor.group(readId('group', words.group), now)
  if (group === undefined)
    throw new Stop(
      EXIT.unusable,
      `no group ${visible(words.group)} in this store: recourse groups list --all shows them`,
    )
  return subjectOfGroup(monitor, group, said)
}

function rowInWords({ id, status, subject, due, isOverdue, openedAt }: Dispute): string {
  const [first = ''] = subject.numbers
  const numbers = subject.numbers.length > 1 ? `${first} +${subject.numbers.length - 1}` : first
  const cells = [id, status, numbers, showMinute(openedAt), subject.blocker || '(not known)']
  const row = cells.map((cell, at) => visible(cell).padEnd(WIDTHS[at]!)).join(' ')
  return `${row} ${due === undefined ? 'nothing is due' : dueInWords(due, isOverdue)}`
}

function disputeInWords(dispute: Dispute, events: readonly DisputeEvent[]): string {
  const { id, status, subject, filing, due, isOverdue, news } = dispute
  const { numbers, urls, receipts, calls, purpose, changed } = subject
  const lines: [string, string][] = [
    ['dispute', `${id}, ${status}`],
    ['with', subject.blocker || '(not known)'],
    [
      'numbers',
      `${numbers.slice(0, SHOWN).join(' ')}${numbers.length > SHOWN ? ` and ${numbers.length - SHOWN} more` : ''}`,
    ],
    ...(due === undefined ? [] : [['due', dueInWords(due, isOverdue)] as [string, string]]),
    ...(filing === undefined
      ? []
      : [
          [
            'filed',
            `by ${filing.way} with ${filing.to}${filing.reference === undefined ? '' : `, there ${filing.reference}`}`,
          ] as [string, string],
        ]),
    ...(news === undefined ? [] : [['they say', newsInWords(news)] as [string, string]]),
    ...(news?.question === undefined
      ? []
      : [['they ask', `${news.question} (recourse disputes answer ${id} "…")`] as [string, string]]),
    ...urls.slice(0, SHOWN).map((url): [string, string] => ['page', `${url} (as the notice had it, unsigned)`]),
    ...receipts.slice(0, SHOWN).map((receipt): [string, string] => ['id', receipt]),
    ...calls
      .slice(0, SHOWN)
      .map((call): [string, string] => [
        'call',
        `${showTime(call.at)}  ${call.from} → ${call.to}  ${call.status} ${call.phrase}`,
      ]),
    ...(purpose === '' ? [] : [['purpose', purpose] as [string, string]]),
    ...(changed === '' ? [] : [['changed', changed] as [string, string]]),
    ...eventsInWords(events).map((words, at): [string, string] => [
      `event ${events[at]!.seq}`,
      `${showTime(events[at]!.at)}  ${events[at]!.by}: ${words}`,
    ]),
  ]
  const next = NEXT[status]
  if (next !== undefined) lines.push(['next', next.replaceAll('ID', id)])
  return lines.map(([name, text]) => `${name.padEnd(9)} ${visible(text)}\n`).join('')
}

function eventRecord({ seq, at, by, kind, data }: DisputeEvent) {
  return { seq, at: new Date(at).toISOString(), by, kind, data }
}

function csvRow(dispute: Dispute): string[] {
  const { id, status, blocker, group, due, filing, outcome, numbers, ...times } = recordOf(dispute)
  const cells = [id, status, blocker, group, numbers.join(' '), filing?.way, filing?.reference, outcome]
  const { openedAt, filedAt, heardAt, answeredAt, liftedAt, verifiedAt, regressedAt } = times
  const moments = [openedAt, filedAt, heardAt, answeredAt, liftedAt, verifiedAt, regressedAt]
  return [...cells, ...moments, due?.what, due?.at, due?.isOverdue === true ? 'yes' : ''].map((cell) =>
    String(cell ?? ''),
  )
}

function collect(one: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), one]
}

const OUTCOMES: readonly Outcome[] = ['lifted', 'partly-lifted', 'upheld']
const SAYINGS: readonly (readonly [name: string, description: string, said: string, step: typeof noteWords])[] = [
  ['note', 'write down something about a dispute', 'asked our carrier too', noteWords],
  ['heard', 'note that the blocker said that it has the dispute', 'a person called back', acknowledge],
  ['close', 'end a dispute', 'the numbers are no longer ours', closeDispute],
  ['reopen', 'open a closed dispute again', 'it was closed by mistake', reopenDispute],
]
const NEXT: Partial<Record<Dispute['status'], string>> = {
  draft: 'recourse disputes draft ID, then recourse disputes file ID',
  unconfirmed: 'follow the link in the message that the desk sent, then recourse disputes poll ID',
  filed: 'recourse disputes poll ID, or recourse disputes heard ID "…"',
  waiting: 'recourse disputes poll ID, or recourse disputes outcome ID lifted --text "…"',
  question: 'recourse disputes answer ID "…"',
  lifted: 'recourse disputes retest ID --via sip:…',
  'partly-lifted': 'recourse disputes retest ID --via sip:…',
  regressed: 'recourse disputes file ID, for it is blocked again',
}
const CSV_COLUMNS = [
  'id',
  'status',
  'blocker',
  'group',
  'numbers',
  'way',
  'reference',
  'outcome',
  'openedAt',
  'filedAt',
  'heardAt',
  'answeredAt',
  'liftedAt',
  'verifiedAt',
  'regressedAt',
  'due',
  'dueAt',
  'isOverdue',
] as const
const WIDTHS = [22, 13, 18, 16, 28] as const
const HEAD = `${['dispute', 'state', 'your numbers', 'opened (UTC)', 'with'].map((cell, at) => cell.padEnd(WIDTHS[at]!)).join(' ')} due`
const ID = 'Kc9vN2x0'
const SHOWN = 10
const PAGE = 200
const COUNTED_MAX = 100_000
