import { type Command, Option } from 'commander'
import { formatParty, parseParty } from '#core/call/party.ts'
import { readJournal } from '#edge/store/journal-reader.ts'
import type { JournalRow } from '#core/ledger/ledger.ts'
import { EXIT, Stop } from './exit.ts'
import { parseTime } from './ledger-time.ts'
import { openOrStop } from './load-or-stop.ts'
import { showTime, visible } from './words.ts'

type JournalWords = {
  store?: string
  config?: string
  json?: boolean
  since?: string
  number?: string
  verdict?: JournalRow['verdict']
  rule?: string
  limit: string
}

/** Adds `recourse journal`. */
export function journalCommand(program: Command, storeUrl: (words: JournalWords) => Promise<string>): void {
  program
    .command('journal')
    .description('list screened calls, newest first: what was decided, and what rules in shadow mode would have done')
    .option('--store <url>', 'the store, like sqlite:./recourse.db')
    .option('--config <file>', 'the configuration that names the store')
    .option('--since <time>', 'from this time on: 2026-11-22, 2026-11-22T12:00:00Z, or 24h (ago)')
    .option('--number <number>', 'with this number on either side: +12125550117, 12125550117, 911, or withheld')
    .addOption(new Option('--verdict <verdict>', 'decided so').choices(['allow', 'block', 'treat', 'shadow', 'exempt']))
    .option('--rule <id>', 'decided by this rule')
    .option('--limit <rows>', 'how many rows at the most', '50')
    .option('--json', 'one JSON object a row on standard output')
    .addHelpText('after', '\nExample:\n  $ npx recourse journal --verdict shadow --since 7d')
    .action(async (words: JournalWords) => {
      const limit = Number(words.limit)
      if (!Number.isInteger(limit) || limit < 1 || limit > ROWS_MAX)
        throw new Stop(EXIT.unusable, `--limit ${visible(words.limit)} is no number of rows: expected 1 to ${ROWS_MAX}`)
      const sinceMs = words.since === undefined ? undefined : parseTime(words.since, Date.now())
      if (words.since !== undefined && sinceMs === undefined)
        throw new Stop(
          EXIT.unusable,
          `--since ${visible(words.since)} is no time: expected 2026-11-22, 2026-11-22T12:00:00Z, or 24h`,
        )
      const { verdict, rule } = words
      const numbers = words.number === undefined ? undefined : readSpellings(words.number)
      const url = await storeUrl(words)
      const rows = await openOrStop(() => readJournal(url, { sinceMs, numbers, verdict, rule }, limit))
      const lines = words.json === true ? rows.map((row) => JSON.stringify(row)) : [HEAD, ...rows.map(format)]
      process.stdout.write(`${lines.join('\n')}${lines.length > 0 ? '\n' : ''}`)
      if (rows.length > 0) return
      if (numbers !== undefined)
        process.stderr.write(`no calls with ${numbers.join(' or ')} on either side${countryHint(numbers)}\n`)
      else if (words.json !== true) process.stderr.write('no calls\n')
    })
}

/** How the journal may have a number that somebody typed: with a plus, or as the digits that came where no dial plan read them. */
function readSpellings(text: string): readonly string[] {
  const number = formatParty(parseParty(text.replace(/[\s().-]/g, '')))
  if (number === '')
    throw new Stop(
      EXIT.unusable,
      `--number ${visible(text)} is no number: expected +12125550117, 12125550117, 911, or withheld`,
    )
  // Fewer digits are a short code, and no number begins with 0 behind its plus.
  return /^[1-9]\d{6,}$/.test(number) ? [`+${number}`, number] : [number]
}

function countryHint([first, second]: readonly string[]): string {
  return second === undefined || first!.length > NATIONAL_CHARACTERS_MAX ? '' : ': a country code may be missing'
}

function format({ at, calling, called, peer, attestation, verdict, rule }: JournalRow): string {
  return columns([showTime(at), calling, called, peer, attestation, verdict, rule].map(visible))
}

function columns(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
    .join(' ')
    .trimEnd()
}

/** A plus and ten digits: in the plan of most countries no more than a national number. */
const NATIONAL_CHARACTERS_MAX = 11
const WIDTHS = [27, 17, 17, 12, 11, 7, 0]
const HEAD = columns(['when', 'calling', 'called', 'peer', 'attestation', 'verdict', 'rule'])
const ROWS_MAX = 100_000
