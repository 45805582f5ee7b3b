import { existsSync, readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { parseLeadingDigits } from '#core/call/number.ts'
import { formatParty, parseParty } from '#core/call/party.ts'
import { FAULTS } from '#core/ledger/chain.ts'
import { isHalfCheckpoint, parseCheckpoint, type Checkpoint } from '#core/ledger/checkpoint.ts'
import { EXPORT_COLUMNS, formatExport } from '#core/ledger/export.ts'
import { formatCsv } from '#core/ledger/csv.ts'
import type { EntryKind } from '#core/ledger/entry.ts'
import type { Selection } from '#core/ledger/ledger.ts'
import { RECEIPT_CHARACTERS } from '#core/receipt/receipt.ts'
import { createVerifier, keptKeysBeside, splitPems } from '#edge/store/checkpoint-key.ts'
import {
  openLedgerReader,
  parseCursor,
  type EntryFilter,
  type LedgerReader,
  type ListedEntry,
} from '#edge/store/ledger-reader.ts'
import { findInLists, type HeldNumber } from '#edge/store/old-lists.ts'
import { parseStoreUrl } from '#edge/store/schema.ts'
import { checkpointKeyBeside, openLedger } from '#edge/store/sqlite-ledger.ts'
import { StoreError } from '#edge/store/store-error.ts'
import { actorOf } from './actor.ts'
import { erasedEntry } from './erased-entry.ts'
import { EXIT, Stop } from './exit.ts'
import { entryInWords, formatEntry, entryRow, TABLE_HEAD } from './ledger-entry.ts'
import { parseTime } from './ledger-time.ts'
import { many } from './words.ts'

type StoreOptions = { store?: string; config?: string; json?: boolean }
type FilterOptions = {
  since?: string
  until?: string
  number?: string
  calling?: string
  called?: string
  rule?: string
  peer?: string
  trunk?: string
  program?: string
  entry?: string
}

/** Where what is found goes (`out`), and what is said beside it (`err`). */
export type Output = { readonly out: (text: string) => void; readonly err: (text: string) => void }

/**
 * Adds `recourse ledger verify | list | show | export | erase`. `storeUrl` finds the store that the options mean,
 * `checkpointsFile` the file that its configuration has checkpoints written to.
 */
export function ledgerCommands(
  program: Command,
  storeUrl: (options: StoreOptions) => Promise<string>,
  checkpointsFile: (options: StoreOptions) => Promise<string | undefined>,
  to: Output = STANDARD,
): void {
  const ledger = program
    .command('ledger')
    .description('look at the record of blocked calls, prove it, export it, erase from it')
  const verb = (name: string, description: string, example: string) =>
    ledger
      .command(name)
      .description(description)
      .option('--store <url>', 'the store, like sqlite:./recourse.db')
      .option('--config <file>', 'the configuration that names the store')
      .addHelpText('after', `\nExample:\n  $ npx recourse ledger ${example}`)
  const filtered = (command: Command) =>
    command
      .option('--since <time>', 'from this time on: 2026-11-22, 2026-11-22T12:00:00Z, or 24h (ago)')
      .option('--until <time>', 'before this time')
      .option(
        '--number <number>',
        'with this number on either side, like +12125550117; or all that begin so, "+1212555*"',
      )
      .option('--calling <number>', 'with this calling number')
      .option('--called <number>', 'with this called number')
      .option('--rule <id>', 'decided by this rule')
      .option('--peer <name>', 'asked by this peer')
      .option('--trunk <name>', 'of this trunk of a peer')
      .option('--program <program>', 'of this program: opt-in, opt-out, network, none')
      .option('--entry <kind>', 'of this kind: block, released, erasure')
  const reading = async <T>(
    options: StoreOptions,
    read: (reader: LedgerReader, url: string) => T | Promise<T>,
  ): Promise<T> => {
    const url = await storeUrl(options)
    const reader = orStop(() => openLedgerReader(url))
    try {
      return await read(reader, url)
    } finally {
      reader.close()
    }
  }

  verb(
    'verify',
    'look at every entry and every checkpoint, and name the first that is not as it was recorded',
    'verify',
  )
    .option(
      '--checkpoints <file>',
      'checkpoints kept outside the store, one JSON object a line; those of the configuration if not said',
    )
    .option(
      '--key <file>',
      'a key (PEM) that signs checkpoints, again for each; those beside the store if not said',
      (file: string, before: string[] | undefined) => [...(before ?? []), file],
    )
    .option('--json', 'the outcome as one line of JSON')
    .action((options: VerifyOptions) =>
      reading(options, async (reader, url) => verify(to, reader, url, options, await checkpointsFile(options))),
    )

  filtered(verb('list', 'list entries, newest first', 'list --since 24h --number +12125550117'))
    .option('--limit <count>', 'how many at most', '50')
    .option('--after <cursor>', 'go on after this entry; a list that is not complete says where')
    .option('--json', 'one line of JSON for each entry')
    .action((options: StoreOptions & FilterOptions & { limit: string; after?: string }) =>
      reading(options, (reader) => list(to, reader, options)),
    )

  verb('show', 'tell one block in words: why, what was asked and what was answered', `show ${'I'.padEnd(64, 'x')}`)
    .argument('<receipt>', 'the receipt, as the caller was given it')
    .option('--json', 'the entry as one line of JSON')
    .action((receipt: string, options: StoreOptions) =>
      reading(options, (reader, url) => show(to, reader, url, receipt, options)),
    )

  filtered(
    verb(
      'export',
      'write entries, oldest first, as CSV for spreadsheets or as JSON',
      'export --since 28d > blocks.csv',
    ),
  )
    .option('--json', 'one line of JSON for each entry instead of CSV')
    .action((options: StoreOptions & FilterOptions) => reading(options, (reader) => exportAll(to, reader, options)))

  verb(
    'erase',
    'delete personal data from entries; the chain goes on to verify and says so',
    'erase --number +12125550117 --yes',
  )
    .option('--receipt <receipt>', 'of the block with this receipt')
    .option(
      '--number <number>',
      'of all blocks that hold this number anywhere, and journal rows with it on either side',
    )
    .option('--older-than <time>', 'of everything before this time: 45d, or a date')
    .option('--yes', 'do it; without this, it only says how many')
    .option('--json', 'the outcome as one line of JSON')
    .action(async (options: StoreOptions & EraseOptions) => erase(to, await storeUrl(options), options))
}

type VerifyOptions = StoreOptions & { checkpoints?: string; key?: string[] }

function verify(
  to: Output,
  reader: LedgerReader,
  url: string,
  options: VerifyOptions,
  configured: string | undefined,
): void {
  const beside = checkpointKeyBeside(parseStoreUrl(url))
  const kept = keptKeysBeside(beside)
  const keyFiles = options.key ?? [beside, kept].filter((path) => existsSync(path))
  const keys = keyFiles.flatMap(readKeys)
  const outside = options.checkpoints ?? configured
  const isThere = outside !== undefined && (options.checkpoints !== undefined || existsSync(outside))
  if (outside !== undefined && !isThere)
    note(to, `${outside}: the configuration names this checkpoint file, but it is not there`)
  const checkpoints = isThere ? readCheckpoints(to, outside) : []
  const found = orStop(() => reader.verify({ keys, checkpoints, onProgress: showProgress }))
  showProgress(undefined)
  const { heads, entries, blocks, released, erased, unsealed } = found
  // The public key is kept at the first checkpoint, and there is none of an empty ledger.
  const isEmptied = entries === 0 && [kept, ...(options.key ?? []).map(keptKeysBeside)].some((path) => existsSync(path))
  const fault = found.fault ?? (isEmptied ? ({ kind: 'emptied', chain: GATE_CHAIN, seq: 1 } as const) : undefined)
  if (options.json === true) print(to, JSON.stringify({ ok: fault === undefined, ...found, fault }))
  const looked = `looked at ${many(entries, 'entry', 'entries')} (${many(blocks, 'block')}, ${released} released, ${erased} erased) in ${many(heads.length, 'chain')} and ${many(found.checkpoints, 'checkpoint')} of ${many(found.keys, 'key')}`
  const say = options.json === true ? note : print
  if (fault !== undefined) {
    say(to, `${looked}\nnot as recorded: chain "${fault.chain}", entry ${fault.seq}: ${FAULTS[fault.kind]}`)
    process.exitCode = EXIT.found
    return
  }
  say(to, `${looked}: all as recorded`)
  if (unsealed > 0)
    say(to, `${unsealed} entries came after the last checkpoint; until the next one nothing signed holds them`)
  if (keys.length === 0)
    say(to, 'the checkpoints were checked with the key that the store itself names: use --key to prove more')
}

function list(
  to: Output,
  reader: LedgerReader,
  options: StoreOptions & FilterOptions & { limit: string; after?: string },
): void {
  const limit = Number(options.limit)
  if (!Number.isInteger(limit) || limit < 1 || limit > LIST_MAX) {
    throw new Stop(EXIT.unusable, `--limit ${options.limit}: write a number from 1 to ${LIST_MAX}`)
  }
  if (options.after !== undefined && parseCursor(options.after) === undefined) {
    throw new Stop(EXIT.unusable, `--after ${options.after}: this is no cursor; copy it from the end of a list`)
  }
  const filter = readFilter(options)
  const entries = reader.list(filter, 'newest', limit, options.after)
  if (options.json === true) for (const entry of entries) print(to, formatEntry(entry))
  else if (entries.length > 0) print(to, [TABLE_HEAD, ...entries.map(entryRow)].join('\n'))
  const bare = [filter.number, filter.calling, filter.called].find((number) => /^\d{7,}$/.test(number ?? ''))
  const hint = bare === undefined ? '' : `; ${bare} was looked for without a country code, which begins with +`
  if (entries.length === 0) note(to, `no entries${hint}`)
  const last = entries.at(-1)
  if (last !== undefined && entries.length === limit) note(to, `there may be more: --after ${last.cursor}`)
}

function show(to: Output, reader: LedgerReader, url: string, text: string, { json }: StoreOptions): void {
  const receipt = readReceipt(text)
  const entry = reader.find(receipt)
  if (entry === undefined) {
    throw new Stop(
      EXIT.unusable,
      `no block with this receipt in ${parseStoreUrl(url)}: check the receipt and the store`,
    )
  }
  print(to, json === true ? formatEntry(entry) : entryInWords(entry))
}

function exportAll(to: Output, reader: LedgerReader, options: StoreOptions & FilterOptions): void {
  const filter = readFilter(options)
  const asJson = options.json === true
  if (!asJson) to.out(`${formatCsv([...EXPORT_COLUMNS])}\r\n`)
  let count = 0
  for (let after: string | undefined, more = true; more;) {
    const page: ListedEntry[] = reader.list(filter, 'oldest', PAGE_ENTRIES, after)
    const lines = page.map((entry) => (asJson ? `${formatEntry(entry)}\n` : `${formatExport(entry)}\r\n`))
    to.out(lines.join(''))
    count += page.length
    after = page.at(-1)?.cursor
    more = page.length === PAGE_ENTRIES
  }
  note(to, `${count} entries`)
}

type EraseOptions = { receipt?: string; number?: string; olderThan?: string; yes?: boolean }

async function erase(to: Output, url: string, options: StoreOptions & EraseOptions): Promise<void> {
  const selection = readSelection(options)
  const reader = orStop(() => openLedgerReader(url))
  const blocks = reader.countErasable(selection)
  reader.close()
  const lists = selection.by === 'number' ? orStop(() => findInLists(url, selection.number)) : []
  if (options.yes !== true) {
    throw new Stop(EXIT.unusable, `this would erase the personal data of ${blocks} blocks for good; add --yes to do it`)
  }
  const ledger = await openLedger(url, {
    chain: CLERK_CHAIN,
    scrubOctetsMax: Infinity,
    trustClock: /^\d{4}-/.test(options.olderThan ?? ''),
  }).catch(stopForStore)
  try {
    const erasure = await ledger.erase(selection, Date.now()).catch(stopForStore)
    await ledger.noteAudit(erasedEntry(selection, erasure, actorOf(undefined)))
    if (options.json === true) print(to, JSON.stringify({ ...erasure, ...(selection.by === 'number' && { lists }) }))
    const say = options.json === true ? note : print
    say(
      to,
      `looked at ${erasure.looked} blocks, erased the personal data of ${erasure.blocks} and ${erasure.journal} journal rows; the chain says so`,
    )
    for (const line of heldInWords(lists)) say(to, line)
    if (!erasure.scrubbed) {
      throw new Stop(
        EXIT.outside,
        'the rows are gone, but a reader keeps old octets in the write-ahead log: close it and run this again',
      )
    }
  } finally {
    await ledger.close()
  }
}

/** What an erasure does not reach. */
function heldInWords(lists: readonly HeldNumber[]): string[] {
  if (lists.length === 0) return []
  return [
    'not erased: the number still stands in texts that are kept with policies',
    ...lists.map(({ list, versions }) => {
      const last = versions.slice(-VERSIONS_SHOWN)
      const more = versions.length - last.length
      const shown = more === 0 ? last.join(', ') : `${more} others, ${last.join(', ')}`
      return `  ${list ?? 'the policy itself'}: of policy ${shown}`
    }),
    'put a list without it into force; the lists of earlier policies are deleted after policy.keepLists (docs/policy.md)',
  ]
}

function readSelection({ receipt, number, olderThan }: EraseOptions): Selection {
  const said = [receipt, number, olderThan].filter((option) => option !== undefined)
  if (said.length !== 1) throw new Stop(EXIT.unusable, 'say what to erase: one of --receipt, --number, --older-than')
  if (receipt !== undefined) return { by: 'receipt', receipt: readReceipt(receipt) }
  if (number !== undefined) {
    const read = readNumber('--number', number)
    // Erasing nothing for want of a plus would pass for erasing all there was.
    if (/^\d{7,}$/.test(read))
      throw new Stop(
        EXIT.unusable,
        `--number ${read} has no country code: write it with +, like +12125550117; its national form is found by that too`,
      )
    return { by: 'number', number: read }
  }
  return { by: 'age', beforeMs: readTime('--older-than', olderThan!) }
}

function readFilter(options: FilterOptions): EntryFilter {
  const time = (name: 'since' | 'until') =>
    options[name] === undefined ? undefined : readTime(`--${name}`, options[name])
  const number = (name: 'number' | 'calling' | 'called') =>
    options[name] === undefined ? undefined : readNumber(`--${name}`, options[name])
  const { rule, peer, trunk, program, entry } = options
  if (entry !== undefined && !ENTRY_KINDS.includes(entry)) {
    throw new Stop(EXIT.unusable, `--entry ${entry}: write one of ${ENTRY_KINDS.join(', ')}`)
  }
  if (program !== undefined && !PROGRAMS.includes(program)) {
    throw new Stop(EXIT.unusable, `--program ${program}: write one of ${PROGRAMS.join(', ')}`)
  }
  return {
    sinceMs: time('since'),
    untilMs: time('until'),
    number: options.number?.endsWith('*') === true ? readBlock('--number', options.number) : number('number'),
    calling: number('calling'),
    called: number('called'),
    rule,
    peer,
    trunk,
    program,
    entry: entry as EntryKind | undefined,
  }
}

function readTime(option: string, text: string): number {
  const timeMs = parseTime(text, Date.now())
  if (timeMs !== undefined) return timeMs
  throw new Stop(
    EXIT.unusable,
    `${option} ${text}: this is no time; write 2026-11-22, 2026-11-22T12:00:00Z, or 24h for a day ago`,
  )
}

function readNumber(option: string, text: string): string {
  const number = formatParty(parseParty(text.replace(/[ ().-]/g, '')))
  if (number !== '') return number
  throw new Stop(EXIT.unusable, `${option} ${text}: this is no number; write +12125550117, 911, or withheld`)
}

function readBlock(option: string, text: string): string {
  const digits = parseLeadingDigits(text.slice(0, -1))
  if (digits !== undefined) return `${digits}*`
  throw new Stop(
    EXIT.unusable,
    `${option} ${text}: write the first digits with the country code and a star, like "+1212555*"`,
  )
}

function readReceipt(text: string): string {
  if (/^[A-Za-z0-9_-]+$/.test(text) && text.length === RECEIPT_CHARACTERS) return text
  const length = text.length === RECEIPT_CHARACTERS ? 'other characters' : `${text.length}`
  throw new Stop(
    EXIT.unusable,
    `this is no receipt: a receipt has ${RECEIPT_CHARACTERS} characters of A-Z a-z 0-9 _ -, this has ${length}; copy it whole, without the URL`,
  )
}

function readCheckpoints(to: Output, path: string): Checkpoint[] {
  const lines = readText(path, 'checkpoint file').split('\n')
  return lines.flatMap((text, index) => {
    const line = text.trim()
    if (line === '') return []
    const checkpoint = parseCheckpoint(line)
    if (checkpoint === undefined && isHalfCheckpoint(line)) {
      note(
        to,
        `${path}: line ${index + 1} is half a checkpoint, as a full disk or a power cut leaves it; it was left out`,
      )
      return []
    }
    if (checkpoint === undefined) throw new Stop(EXIT.unusable, `${path}: line ${index + 1} is no checkpoint`)
    return [checkpoint]
  })
}

function readKeys(path: string): string[] {
  const pems = splitPems(readText(path, 'key'))
  try {
    if (pems.length > 0 && createVerifier(pems).count > 0) return pems
  } catch (cause) {
    throw new Stop(EXIT.unusable, `${path}: this is no key in PEM`, { cause })
  }
  throw new Stop(EXIT.unusable, `${path}: this is no key in PEM`)
}

function readText(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Stop(EXIT.unusable, `${path}: this ${what} cannot be read (${(cause as Error).message})`, { cause })
  }
}

function orStop<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    return stopForStore(cause)
  }
}

function stopForStore(cause: unknown): never {
  if (!(cause instanceof StoreError)) throw cause
  throw new Stop(cause.code === 'url' || cause.code === 'key' ? EXIT.unusable : EXIT.outside, cause.message, { cause })
}

function showProgress(entries: number | undefined): void {
  if (!process.stderr.isTTY) return
  process.stderr.write(entries === undefined ? '\r\u001b[K' : `\r${entries} entries`)
}

function print(to: Output, text: string): void {
  to.out(`${text}\n`)
}

function note(to: Output, text: string): void {
  to.err(`${text}\n`)
}

/** Versions that an erasure names of each list, the last. */
const VERSIONS_SHOWN = 20
const GATE_CHAIN = 'gate'
/** The clerk's own chain: the gate goes on writing its own meanwhile. */
const CLERK_CHAIN = 'clerk'
const LIST_MAX = 10_000
const PAGE_ENTRIES = 500
const ENTRY_KINDS: readonly string[] = ['block', 'released', 'erasure']
const PROGRAMS: readonly string[] = ['opt-in', 'opt-out', 'network', 'none']
/** The standard output and error of this process. */
export const STANDARD: Output = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
}
