import type { Command } from 'commander'
import { formatCsv } from '#core/ledger/csv.ts'
import type { ContactRecord } from '#core/observe/directory.ts'
import type { Standing } from '#core/observe/refusal.ts'
import {
  type MonitorReader,
  type ObservationFile,
  type ObservationFilter,
  type ObservationRow,
  parsePlace,
} from '#edge/store/monitor-reader.ts'
import { actorOf } from './actor.ts'
import { EXIT, Stop } from './exit.ts'
import { type Output, STANDARD } from './ledger.ts'
import {
  type FilterWords,
  type MonitorWords,
  addVerb,
  askToErase,
  checkNames,
  checkScrubbed,
  nothingYet,
  readChoice,
  readErasure,
  readId,
  readLimit,
  readOwnNumber,
  readSince,
  showMinute,
  withReader,
  withStore,
} from './monitor-room.ts'
import { many, showTime, visible } from './words.ts'

/** Adds `recourse observations list | show | erase | export`. */
export function observationCommands(program: Command, to: Output = STANDARD): void {
  const command = program
    .command('observations')
    .description('calls of yours that networks refused, as the monitor saw them: list, show, export')

  filtered(addVerb(command, 'list', 'list refused calls, the newest first', 'list --since 24h --standing proven'))
    .option('--limit <count>', 'how many at most', '50')
    .option('--after <place>', 'go on where a list ended')
    .action((words: ListWords) =>
      withReader(words, (reader) => {
        const filter = readFilter(reader, words)
        const { rows, after } = page(reader, filter, words.after, readLimit(words.limit))
        if (words.json === true) for (const row of rows) to.out(`${jsonOf(row)}\n`)
        else if (rows.length > 0) to.out([HEAD, ...rows.map(rowInWords)].map((line) => `${line}\n`).join(''))
        if (rows.length === 0) to.err(nothingYet(reader) ?? 'no refused calls that agree with this\n')
        if (after !== undefined) to.err(`there may be more: --after ${after}\n`)
      }),
    )

  addVerb(
    command,
    'show',
    'tell one refused call whole: who, why, where to contest, what was done to the notice',
    'show 7',
  )
    .argument('<id>', 'its number, as the list shows it')
    .option('--answer', 'print the answer of the network as it came, and nothing else')
    .action((text: string, words: MonitorWords & { answer?: boolean }) =>
      withReader(words, (reader) => {
        const id = readId('observation', text)
        const file = reader.observation(id)
        if (file === undefined)
          throw new Stop(EXIT.unusable, `no observation ${id} in this store: recourse observations list shows them`)
        if (words.answer === true && file.answer === undefined)
          throw new Stop(EXIT.unusable, `observation ${id} has no answer: its source was a record, or it was erased`)
        const contacts = contactsOf(reader, file)
        if (words.answer === true) to.out(answerOf(file))
        else
          to.out(
            words.json === true
              ? `${jsonOf({ ...file, contacts, answer: answerOf(file) })}\n`
              : fileInWords(file, contacts),
          )
      }),
    )

  addVerb(
    command,
    'erase',
    'take a number out of all refused calls, or delete those that are old: what was counted stays',
    'erase +13125550188 --yes',
  )
    .argument('[number]', 'yours, or one that was called')
    .option('--older-than <time>', 'delete the calls from before this time: 90d, or a date')
    .option('--yes', 'do it; without this, it only says of how many')
    .action((number: string | undefined, words: EraseWords) =>
      withStore(words, (store) => {
        const what = readErasure(number, words.olderThan)
        askToErase(words.yes, many(store.countErasable(what), 'refused call'))
        const by = actorOf(undefined)
        let calls = 0
        if ('number' in what) calls = store.eraseNumber(what.number, by)
        else for (let some = 1; some > 0; calls += some) some = store.erase(what.beforeMs, undefined, by)
        const isScrubbed = store.scrub()
        to.out(
          words.json === true ? `${jsonOf({ calls, isScrubbed })}\n` : `erased of ${many(calls, 'refused call')}\n`,
        )
        if ('number' in what) to.err(`disputes may hold it too: recourse disputes erase ${what.number}\n`)
        checkScrubbed(isScrubbed)
      }),
    )

  filtered(
    addVerb(
      command,
      'export',
      'print refused calls as CSV, which no spreadsheet runs',
      'export --since 28d > refused.csv',
    ),
  ).action((words: MonitorWords & FilterWords & CalledWords) =>
    withReader(words, (reader) => {
      const filter = readFilter(reader, words)
      let count = 0
      if (words.json !== true) to.out(`${formatCsv(CSV_COLUMNS)}\r\n`)
      for (const row of allOf(reader, filter)) {
        count++
        to.out(words.json === true ? `${jsonOf(row)}\n` : `${formatCsv(cellsOf(row))}\r\n`)
      }
      to.err(
        count === 0
          ? (nothingYet(reader) ?? 'no refused calls that agree with this\n')
          : `${many(count, 'refused call')}\n`,
      )
    }),
  )
}

type EraseWords = MonitorWords & { readonly olderThan?: string; readonly yes?: boolean }

type CalledWords = { readonly called?: string; readonly group?: string }

type ListWords = MonitorWords & FilterWords & CalledWords & { readonly limit: string; readonly after?: string }

function filtered(command: Command): Command {
  return command
    .option('--since <time>', 'refused at this time or later: 2026-11-22, or 24h (ago)')
    .option('--until <time>', 'refused before this time')
    .option('--carrier <name>', 'through this carrier')
    .option('--blocker <name>', 'by this blocker')
    .option('--number <number>', 'from this number of yours')
    .option('--called <number>', 'to this number')
    .option('--standing <standing>', `of this standing: ${STANDINGS.join(', ')}`)
    .option('--group <number>', 'of this group, as recourse groups list shows it')
}

function readFilter(reader: MonitorReader, words: FilterWords & CalledWords): ObservationFilter {
  const standing = readChoice('--standing', words.standing, STANDINGS)
  const [since, until] = [readSince('--since', words.since), readSince('--until', words.until)]
  checkNames(reader, words)
  return {
    since,
    until,
    carrier: words.carrier,
    blocker: words.blocker?.toLowerCase(),
    number: words.number === undefined ? undefined : readOwnNumber(words.number),
    called: words.called === undefined ? undefined : readOwnNumber(words.called),
    standing,
    group: words.group === undefined ? undefined : readGroup(reader, words.group),
  }
}

/** A group that there is: of one that there is not, an empty list would say that it has no calls. Throws `Stop`. */
function readGroup(reader: MonitorReader, text: string): number {
  const id = readId('group', text)
  if (!reader.isEmpty() && reader.group(id, Date.now()) === undefined)
    throw new Stop(EXIT.unusable, `no group ${id} in this store: recourse groups list --all shows them`)
  return id
}

/** As many rows as asked for, over pages that each look at a bounded number of them. */
function page(reader: MonitorReader, filter: ObservationFilter, from: string | undefined, limit: number) {
  if (from !== undefined && parsePlace(from) === undefined)
    throw new Stop(EXIT.unusable, `--after ${visible(from)}: write the place that the list before told`)
  const rows: ObservationRow[] = []
  let after = from
  do {
    const next = reader.observations(filter, after, limit - rows.length)
    rows.push(...next.rows)
    after = next.after
  } while (after !== undefined && rows.length < limit)
  return { rows, after }
}

function* allOf(reader: MonitorReader, filter: ObservationFilter): Generator<ObservationRow> {
  let after: string | undefined
  do {
    const next = reader.observations(filter, after, EXPORT_ROWS)
    yield* next.rows
    after = next.after
  } while (after !== undefined)
}

function rowInWords(row: ObservationRow): string {
  const { id, at, from, to, reason, standing, blocker, carrier } = row
  const cells = [`#${id}`, showMinute(at), from || '-', to || '-', reason, standing].map(visible)
  const via = carrier === '' || carrier === blocker ? '' : ` via ${carrier}`
  return `${cells.map((cell, at) => cell.padEnd(WIDTHS[at]!)).join(' ')} ${visible(`${blocker || '-'}${via}`)}`
}

/** Where to contest: what the notice says, which anybody on the path may have written, and what a verified card of its blocker said. */
function contactsOf(reader: MonitorReader, { refusal, blocker }: ObservationFile): readonly Contact[] {
  const { url, tel, email, card } = refusal.contest
  const said = Object.entries({ url, tel, email, card }) as [Contact['kind'], string | undefined][]
  const signed = blocker === '' ? [] : reader.contacts(blocker).filter(({ isSigned }) => isSigned)
  return [
    ...signed.map(({ kind, value }) => ({ kind, value, isSigned: true })),
    ...said.flatMap(([kind, value]) => (value === undefined ? [] : [{ kind, value, isSigned: false }])),
  ]
}

type Contact = Pick<ContactRecord, 'kind' | 'value' | 'isSigned'>

function contactInWords({ kind, value, isSigned }: Contact, id: number): [name: string, text: string] {
  if (isSigned) return ['signed', `${value} (in a card of this blocker that was verified)`]
  if (kind === 'card') return ['card', `${value} (not verified: recourse directory verify ${id} fetches it)`]
  return ['contest', `${value} (unsigned: anybody on the path may have written it)`]
}

function fileInWords(file: ObservationFile, contacts: readonly Contact[]): string {
  const { refusal } = file
  const times = [
    file.setupMs === undefined ? '' : `answered after ${file.setupMs} ms`,
    file.ringMs === undefined ? '' : `rang for ${file.ringMs} ms`,
  ].filter((one) => one !== '')
  const lines: [name: string, text: string][] = [
    ['call', `${file.from || 'a number erased or withheld'} to ${file.to || 'a number erased'}, ${showTime(file.at)}`],
    ['answer', `${file.status} ${refusal.phrase}${times.length === 0 ? '' : `; ${times.join(', ')}`}`],
    ['standing', `${file.standing}: ${STANDING_WORDS[file.standing]}`],
    ['who', refusal.who],
    ['why', refusal.why],
    ['carrier', file.carrier || 'not known'],
    ['blocker', file.blocker || 'not known'],
    ...contacts.map((contact) => contactInWords(contact, file.id)),
    ...(contacts.length > 0 ? [] : [['contest', 'nothing said'] as [string, string]]),
    ['id', refusal.id ?? 'none'],
    ...refusal.damage.map(({ text, sureness, culprits }): [string, string] => [
      'damage',
      `${text} (${sureness})${culprits[0] === undefined ? '' : `; known of ${culprits[0].product}: ${culprits[0].remedy}`}`,
    ]),
    ...refusal.faults.map(({ rule, text }): [string, string] => ['fault', `${rule} ${text}`]),
    [
      'seen in',
      `${file.source} (${file.evidence === 'wire' ? 'the messages themselves' : 'a record, which may leave out phrase and Reason'})`,
    ],
    ...(file.group === undefined ? [] : [['group', `#${file.group}`] as [string, string]]),
  ]
  return lines.map(([name, text]) => `${name.padEnd(9)} ${visible(text)}\n`).join('')
}

function cellsOf(row: ObservationRow): string[] {
  const { id, at, from, to, carrier, blocker, standing, reason, status, group, source, evidence } = row
  return [
    id,
    new Date(at).toISOString(),
    from,
    to,
    carrier,
    blocker,
    standing,
    reason,
    status,
    group ?? '',
    source,
    evidence,
  ].map(String)
}

/** Octets as characters, so that what is shown is what came; the terminal's share is made visible. */
function answerOf({ answer }: ObservationFile): string {
  if (answer === undefined) return ''
  return visible(Buffer.from(answer).toString('utf8').replaceAll('\r\n', '\n').replaceAll('\n', LINE)).replaceAll(
    LINE,
    '\n',
  )
}

function jsonOf(value: Readonly<Record<string, unknown>>): string {
  const times = typeof value['at'] === 'number' ? { at: new Date(value['at']).toISOString() } : {}
  return visible(JSON.stringify({ ...value, ...times }))
}

const STANDINGS: readonly Standing[] = ['proven', 'unproven', 'person', 'fault']
const STANDING_WORDS: Readonly<Record<Standing, string>> = {
  proven: 'by the standards a network did this',
  unproven: 'the standards cannot tell a network from a person',
  person: 'the called party did this',
  fault: 'no block by its code',
}
const CSV_COLUMNS = [
  'id',
  'at',
  'from',
  'to',
  'carrier',
  'blocker',
  'standing',
  'reason',
  'status',
  'group',
  'source',
  'evidence',
]
const WIDTHS = [8, 16, 16, 16, 12, 9] as const
const HEAD = `${['id', 'when (UTC)', 'from', 'to', 'reason', 'standing'].map((cell, at) => cell.padEnd(WIDTHS[at]!)).join(' ')} by`
/** A character that `visible` lets pass and no text of SIP has. */
const LINE = '\u{f8ff}'
const EXPORT_ROWS = 1_000
