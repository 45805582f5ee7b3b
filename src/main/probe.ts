import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { summarize, reportAsPage } from '#core/probe/report-page.ts'
import { GRADES, POINTS } from '#core/probe/grade.ts'
import { type ProbeReport, reportAsJson } from '#core/probe/report.ts'
import { type Scenario, findById } from '#core/probe/scenario.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { isLoopback } from '#edge/prober/allowed-sources.ts'
import { reasonOf } from '#main/config/lists.ts'
import { readTarget } from './call.ts'
import { EXIT, Stop } from './exit.ts'
import { PAUSE_MS_MIN, runProbe } from './probe-run.ts'
import { many, nameInput, paint, visible } from './words.ts'

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
    .option('--timeout <seconds>', 'how long each call may take', '10')
    .option('--deadline <seconds>', 'how long the whole run may take', '600')
    .option('--pause <ms>', 'between two calls, which are never placed at once', '100')
    .option('--local <address>', 'the local address to send from')
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

type ProbeWords = {
  via: string
  from: string
  toPrefix: string
  to?: string
  number?: string[]
  farEnd?: string
  scenarios?: string[]
  timeout: string
  deadline: string
  pause: string
  local?: string
  pass: string
  allowRemote?: boolean
  json?: boolean
  html?: string
}

async function probe(options: ProbeWords): Promise<number> {
  const from = readUser('--from', options.from)
  const scenarios = readScenarios(options.scenarios ?? [])
  const numbers = readNumbers(options)
  const limits = {
    timeoutMs: readSpan('--timeout', options.timeout, 0.1, 300, 'seconds') * 1000,
    deadlineMs: readSpan('--deadline', options.deadline, 1, 7_200, 'seconds') * 1000,
    pauseMs: readSpan('--pause', options.pause, PAUSE_MS_MIN, 60_000, 'milliseconds'),
  }
  const pass = GRADES.find(({ grade }) => grade === options.pass.toUpperCase())
  if (pass === undefined) throw new Stop(EXIT.unusable, `--pass ${visible(options.pass)} is no grade: A, B, C, D or F`)
  const target = await readTarget(options.via)
  if (!isLoopback(target.host) && options.allowRemote !== true)
    throw new Stop(
      EXIT.unusable,
      `${nameInput(options.via)} is not on this machine, and this would place ${many(scenarios.length, 'call')} there, which may ring, cost money or be taken for an attack: add --allow-remote where you may do that`,
    )
  const token = randomBytes(9).toString('hex')
  const startedMs = Date.now()
  const isShown = process.stderr.isTTY
  const report = await runProbe({
    ...limits,
    path: options.via,
    startedMs,
    target,
    from,
    scenarios,
    numbers,
    token,
    local: options.local,
    farEnd: options.farEnd,
    onCall: (done, { id }) => {
      if (isShown) process.stderr.write(`\r\u001b[K${done}/${scenarios.length} ${id}`)
    },
    onEnd: () => {
      if (isShown) process.stderr.write('\r\u001b[K')
    },
  })
  if (options.html !== undefined) writePage(options.html, report)
  process.stdout.write(options.json === true ? `${reportAsJson(report)}\n` : describe(report, options.html))
  if (report.grade === undefined) return EXIT.outside
  return report.points >= pass.from ? EXIT.ok : EXIT.found
}

function writePage(file: string, report: ProbeReport): void {
  try {
    writeFileSync(file, reportAsPage(report, visible))
  } catch (error) {
    throw new Stop(EXIT.outside, `--html ${visible(file)} cannot be written (${reasonOf(error)})`, { cause: error })
  }
}

function describe(report: ProbeReport, page: string | undefined): string {
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
    ...(page === undefined ? [] : [`The page to share is in ${visible(page)}.`]),
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

function readScenarios(words: readonly string[]): readonly Scenario[] {
  if (words.length === 0) return SCENARIOS
  const wanted = new Set<Scenario>()
  for (const word of words.flatMap((text) => text.split(','))) {
    const group = SCENARIOS.filter((scenario) => scenario.group === word)
    const one = findById(SCENARIOS, word)
    if (one === undefined && group.length === 0)
      throw new Stop(
        EXIT.unusable,
        `--scenarios ${visible(word)} names no scenario: good, odd, broken, or an id of recourse answer --list`,
      )
    for (const scenario of one === undefined ? group : [one]) wanted.add(scenario)
  }
  return SCENARIOS.filter((scenario) => wanted.has(scenario))
}

function readNumbers({ to, toPrefix, number = [] }: ProbeWords): (scenario: Scenario) => string {
  const all = to === undefined ? undefined : readUser('--to', to)
  const prefix = readUser('--to-prefix', toPrefix)
  const own = new Map<string, string>()
  for (const pair of number) {
    const [id = '', digits = ''] = pair.split('=')
    if (findById(SCENARIOS, id) === undefined)
      throw new Stop(
        EXIT.unusable,
        `--number ${visible(pair)} names no scenario: expected ID=NUMBER, such as sip=+12125550101`,
      )
    own.set(id, readUser('--number', digits))
  }
  return (scenario) => own.get(scenario.id) ?? all ?? `${prefix}${scenario.number}`
}

function readUser(option: string, text: string): string {
  if (/^\+?[0-9]{1,32}$/.test(text)) return text
  throw new Stop(EXIT.unusable, `${option} ${visible(text)} is no number: expected digits, with or without + in front`)
}

function readSpan(option: string, text: string, min: number, max: number, unit: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= min && value <= max) return value
  throw new Stop(EXIT.unusable, `${option} ${visible(text)} is no time: expected ${unit} from ${min} to ${max}`)
}

/** Characters of a value that the terminal shows; the page and the JSON show more. */
const SHOWN_MAX = 160
