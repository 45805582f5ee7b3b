import { type Command, Option } from 'commander'
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
    .option('--number <number>', 'with this number on either side, as the journal has it: +12125550117')
    .addOption(new Option('--verdict <verdict>', 'decided so').choices(['allow', 'block', 'treat', 'shadow', 'exempt']))
    .option('--rule <id>', 'decided by this rule')
    .option('--limit <rows>', 'how many rows at the most', '50')
    .option('--json', 'one JSON object a row on standard output')
    .addHelpText('after', '\nExample:\n  $ recourse journal --verdict shadow --since 7d')
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
      const { number, verdict, rule } = words
      const url = await storeUrl(words)
      const rows = await openOrStop(() => readJournal(url, { sinceMs, number, verdict, rule }, limit))
      const lines = words.json === true ? rows.map((row) => JSON.stringify(row)) : [HEAD, ...rows.map(format)]
      process.stdout.write(`${lines.join('\n')}${lines.length > 0 ? '\n' : ''}`)
      if (words.json !== true && rows.length === 0) process.stderr.write('no calls\n')
    })
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

const WIDTHS = [27, 17, 17, 12, 11, 7, 0]
const HEAD = columns(['when', 'calling', 'called', 'peer', 'attestation', 'verdict', 'rule'])
const ROWS_MAX = 100_000
