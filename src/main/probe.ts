import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { POINTS } from '#core/probe/grade.ts'
import { reportAsPage, summarize } from '#core/probe/report-page.ts'
import { type ProbeReport, reportAsJson } from '#core/probe/report.ts'
import { reasonOf } from '#main/config/lists.ts'
import { EXIT } from './exit.ts'
import { runProbe } from './probe-run.ts'
import { type ProbeWords, readWords } from './probe-words.ts'
import { paint, visible } from './words.ts'

/** Adds `recourse probe`. */
export function probeCommand(program: Command): void {
  program
    .command('probe')
    .description('call a mock blocker through a path, compare what arrives with what was sent, and grade the path')
    .requiredOption('--via <target>', 'where the path begins: sip:HOST[:PORT], with ;transport=tcp, or sips:')
    .option('--from <number>', 'the number that calls', '+12125550117')
    .option('--to-prefix <digits>', 'what stands before the last four digits of a scenario’s number', '+1212555')
    .option('--to <number>', 'one number for all scenarios; X-Recourse-Scenario then says which one is meant')
    .option('--number <id=number...>', 'the number to dial for one scenario, such as sip=+442079460101')
    .option('--far-end <place>', 'what the mock blocker received: the URL of its --http door, or its --record file')
    .option('--scenarios <ids...>', 'these only; or good, odd, broken; all if not said')
    .option('--timeout <seconds>', 'how long each call may take, beside the time that its scenario takes', '10')
    .option('--deadline <seconds>', 'how long the whole run may take', '600')
    .option('--pause <ms>', 'between two calls, which are never placed at once', '100')
    .option('--local <address>', 'the local address to send from')
    .option('--ca <file>', 'over TLS: the authorities to trust, PEM; the system’s if not said')
    .option('--certificate <file>', 'over TLS: the certificate to show, PEM')
    .option('--key <file>', 'over TLS: its private key, PEM')
    .option('--pass <grade>', 'the worst grade that ends with exit code 0', 'A')
    .option('--allow-remote', 'call a path that is not on this machine')
    .option('--json', 'the report as one JSON object on standard output')
    .option('--html <file>', 'write the report as a page to share')
    .addHelpText(
      'after',
      '\nExit codes: 0 the grade is good enough, 1 it is not, 2 the words are unusable, 3 nothing could be measured.\n\nExample:\n  $ npx recourse answer &\n  $ npx recourse probe --via sip:127.0.0.1:5070 --far-end http://127.0.0.1:8070',
    )
    .action(async (options: ProbeWords) => {
      process.exitCode = await probe(options)
    })
}

async function probe(words: ProbeWords): Promise<number> {
  const { pass, ...plan } = await readWords(words)
  const report = await untilStopped((signal) =>
    runProbe({
      ...plan,
      path: words.via,
      startedMs: Date.now(),
      token: randomBytes(9).toString('hex'),
      farEnd: words.farEnd,
      signal,
      onCall: (count, { id }) => progress(`${count}/${plan.scenarios.length} ${id}`),
      onEnd: () => progress(''),
    }),
  )
  const page = words.html === undefined ? undefined : writePage(words.html, report)
  process.stdout.write(words.json === true ? `${reportAsJson(report)}\n` : describe(report, page))
  const wrong = [...(page?.kind === 'unwritten' ? [page.why] : []), ...report.doubts]
  for (const line of wrong) process.stderr.write(`recourse: ${line}\n`)
  if (report.grade === undefined || page?.kind === 'unwritten' || report.farEnd !== words.farEnd) return EXIT.outside
  return report.points >= pass ? EXIT.ok : EXIT.found
}

/** Ctrl-C ends the calls and not the report; a second one ends all. */
async function untilStopped<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stopping = new AbortController()
  const stop = (): void => {
    stopping.abort()
    process.stderr.write('\nno more calls; Ctrl-C again ends at once\n')
  }
  process.once('SIGINT', stop)
  try {
    return await work(stopping.signal)
  } finally {
    process.off('SIGINT', stop)
  }
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}

type Page = { readonly kind: 'written'; readonly file: string } | { readonly kind: 'unwritten'; readonly why: string }

function writePage(file: string, report: ProbeReport): Page {
  try {
    writeFileSync(file, reportAsPage(report, visible))
    return { kind: 'written', file }
  } catch (error) {
    return { kind: 'unwritten', why: `--html ${visible(file)} cannot be written (${reasonOf(error)})` }
  }
}

function describe(report: ProbeReport, page: Page | undefined): string {
  const { grade, points, comparisons, deductions, verdicts, advice, guess, farEnd } = report
  const width = Math.max(...comparisons.map(({ scenario }) => scenario.id.length))
  const word = { intact: 'intact', changed: 'CHANGED', apart: 'not measured' }
  const rows = comparisons.map(({ scenario, state, why, findings }) => {
    const said = state === 'apart' ? why : findings.map(({ kind }) => POINTS[kind].title).join('; ')
    return `${scenario.id.padEnd(width)}  ${word[state].padEnd(7)}  ${visible(said)}`.trimEnd()
  })
  const costs = deductions.flatMap((each) => [
    '',
    bold(`-${each.points}  ${each.title}`),
    `     sent     ${short(each.sent)}`,
    `     arrived  ${short(each.arrived)}${each.note === '' ? '' : ` (${visible(each.note)})`}`,
    `     seen in  ${each.scenarios.slice(0, 6).join(', ')}${each.scenarios.length > 6 ? ` and ${each.scenarios.length - 6} more` : ''}`,
    `     fix      ${each.fix}`,
    ...advice
      .filter(({ kind, isGuessed }) => kind === each.kind && (guess === undefined || isGuessed))
      .map(
        (known) => `     ${known.product} (${known.isGuessed ? 'a guess, ' : ''}${known.standing}): ${known.remedy}`,
      ),
  ])
  const rules = verdicts.map(({ verdict, cite, text }) => `${verdict.padEnd(10)}  ${cite}: ${text}`)
  return `${[
    ...rows,
    ...costs,
    '',
    ...rules,
    '',
    ...(guess === undefined
      ? []
      : [`The answers name ${guess.product} (${visible(guess.by)}): a guess at who changed them.`]),
    ...(farEnd === undefined ? ['One end only: add --far-end to see whether calls are tried again after a 6xx.'] : []),
    ...(page?.kind === 'written' ? [`The page to share is in ${visible(page.file)}.`] : []),
    `${bold(grade === undefined ? 'No grade' : `Grade ${grade}, ${points} of 100`)}: ${visible(summarize(report))}`,
  ].join('\n')}\n`
}

function short(text: string): string {
  if (text === '') return 'nothing'
  return visible(text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}… (${text.length} characters)` : text)
}

function bold(text: string): string {
  return paint(process.stdout, 'bold', text)
}

/** Characters of a value that the terminal shows; the page and the JSON show more. */
const SHOWN_MAX = 160
