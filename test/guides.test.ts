// One thing: what the guides say in tables, held against the code, both ways. The commands in them are run by documents.test.ts.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DAMAGE_KINDS } from '#core/observe/damage.ts'
import { RULINGS } from '#core/observe/refusal.ts'
import type { Alarms } from '#main/alarms.ts'
import { noHttpFigures } from '#edge/http/figures.ts'
import { GRADES, POINTS, RULES as PATH_RULES } from '#core/probe/grade.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { BLOCKER_FIGURES } from '#edge/prober/blocker-event.ts'
import { FIELDS_MAX, TOKEN_CHARACTERS_MAX, TRANSACTIONS_MAX, VALUE_MAX } from '#edge/prober/answer-transactions.ts'
import { CONNECTIONS_MAX } from '#edge/prober/blocker-doors.ts'
import { HTTP_CONNECTIONS_MAX } from '#edge/prober/blocker-page.ts'
import { CALLS_KEPT_MAX } from '#edge/prober/call-records.ts'
import { EXIT } from '#main/exit.ts'
import { RESTART_KEYS } from '#main/reload-keys.ts'
import { STIR_PHRASES, STIR_REASONS } from '#codec/stir/reasons.ts'
import { alertFigures } from '#main/alert-service.ts'
import { monitorFigures } from '#main/monitor-service.ts'
import { outcomeFigures } from '#main/outcomes.ts'
import { standingFigures } from '#main/standing-watch.ts'
import { webhookFigures } from '#main/webhooks.ts'
import { deskFigures, gateFigures, httpFigures, inquiryFigures, ledgerFigures, streamFigures } from '#main/figures.ts'
import * as deskRates from '#main/desk/admission.ts'
import * as registryRates from '#main/registry/intake-limits.ts'
import { Clone, readBlocks, readSteps } from './guide.ts'
import { missing } from './peers/peer.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const RUN = read('docs/run.md')
const CAPTURES = read('docs/captures.md')
const RULES = read('docs/rules.md')
const HTTP = read('docs/screen-over-http.md')
const STIR = read('docs/stir.md')
const MONITOR = read('docs/monitor.md')
const DESK = read('docs/desk.md')
const REGISTRY = read('docs/registry.md')
const SOURCES = globSync('{src,console/src}/**/*.{ts,tsx}', {
  cwd: ROOT,
  exclude: (path) => path.endsWith('.test.ts'),
}).map(read)

test('docs/run.md lists every figure with its words, and no other', (t) => {
  // Figures are read when somebody asks, so that their names need no gate.
  const figures = [
    ...gateFigures(unread, {} as Alarms),
    ...ledgerFigures(unread, unread),
    ...webhookFigures(unread),
    ...standingFigures(unread),
  ]
  const rows = tableUnder(RUN, 'Figures and health')
  assert.deepEqual(
    rows.map(([name, help]) => [name, help]),
    figures.map(({ name, help }) => [name, help]),
  )
  assert.ok(rows.length >= 50, `${rows.length} figures`)
  t.diagnostic(`${rows.length} figures`)
})

test('docs/screen-over-http.md lists every figure of the doors over HTTP, and no other', () => {
  const rows = tableUnder(HTTP, 'Figures over HTTP')
  assert.deepEqual(
    rows.map(([name, help]) => [name, help]),
    httpFigures(noHttpFigures()).map(({ name, help }) => [name, help]),
  )
  assert.ok(rows.length >= 10)
})

test('docs/rules.md lists every figure of scores', () => {
  const figures = inquiryFigures(unread).filter(({ name }) => name.startsWith('score_'))
  assert.deepEqual(
    tableUnder(RULES, 'Figures of scores').map(([name, help]) => [name, help]),
    figures.map(({ name, help }) => [name, help]),
  )
  assert.ok(figures.length >= 7)
})

test('docs/rules.md lists every figure of outcomes that are seen', () => {
  const figures = outcomeFigures(unread)
  assert.deepEqual(
    tableUnder(RULES, 'Figures of outcomes').map(([name, help]) => [name, help]),
    figures.map(({ name, help }) => [name, help]),
  )
  assert.ok(figures.length >= 15)
})

test('docs/monitor.md lists every figure of the monitor', () => {
  const figures = [...monitorFigures(() => undefined), ...alertFigures(unread)]
  assert.deepEqual(
    tableUnder(MONITOR, 'Figures of the monitor').map(([name, help]) => [name, help]),
    figures.map(({ name, help }) => [name, help]),
  )
  assert.ok(figures.length >= 25)
})

test('docs/stir.md lists every figure of verification', () => {
  const figures = inquiryFigures(unread).filter(({ name }) => name.startsWith('verify_'))
  assert.deepEqual(
    tableUnder(STIR, 'Figures of verification').map(([name, help]) => [name, help]),
    figures.map(({ name, help }) => [name, help]),
  )
  assert.ok(figures.length >= 8)
})

test('docs/desk.md lists every figure of the desk, its mail and the registry', () => {
  const figures = deskFigures(unread)
  assert.deepEqual(
    tableUnder(DESK, 'Figures of the desk').map(([name, help]) => [name, help]),
    figures.map(({ name, help }) => [name, help]),
  )
  assert.ok(figures.length >= 30)
})

test('docs/desk.md and docs/registry.md list every rate that people are held to, and no other', () => {
  for (const [page, rates, least] of [
    [DESK, deskRates, 8],
    [REGISTRY, registryRates, 4],
  ] as const) {
    const known = Object.entries(rates).flatMap(([name, rate]) =>
      typeof rate === 'object' && 'burst' in rate
        ? [[name, `${rate.burst}, then one in ${(rate.everyMs / 1000).toLocaleString('en')} s`]]
        : [],
    )
    const rows = tableUnder(page, 'Limits').filter(isRate)
    assert.deepEqual(
      rows.map(([name, , value]) => `${name} ${value}`).toSorted(),
      known.map((row) => row.join(' ')).toSorted(),
    )
    const figures = tableUnder(DESK, 'Figures of the desk').map(([name]) => name)
    const counted = rows.flatMap(([, , , figure = '']) => codeIn(figure))
    assert.deepEqual(
      counted.filter((figure) => !figures.includes(figure)),
      [],
    )
    assert.ok(known.length >= least && counted.length === rows.length)
  }
})

test('docs/run.md lists every figure of connections with its words, and no other', () => {
  const figures = streamFigures({} as Parameters<typeof streamFigures>[0])
  const rows = tableUnder(RUN, 'Figures of connections')
  assert.deepEqual(
    rows.map(([name, help]) => [name, help]),
    figures.map(({ name, help }) => [name, help]),
  )
  assert.ok(rows.length >= 20, `${rows.length} figures`)
})

test('docs/run.md lists every alarm with the words of the log', (t) => {
  const kinds = gateFigures(unread, {} as Alarms).flatMap(({ name }) => /^alarm_(\w+)_total$/.exec(name)?.[1] ?? [])
  const rows = tableUnder(RUN, 'Alarms')
  const spoken = [...read('src/main/alarms.ts').matchAll(/^ {2}(\w+): '(.+)',$/gm)].map(([, kind, words]) => [
    kind,
    words,
  ])
  assert.deepEqual(rows.map(([kind]) => kind).toSorted(), kinds.toSorted())
  assert.deepEqual(
    rows.map(([kind, words]) => [kind, words]),
    spoken,
  )
  assert.ok(rows.length >= 4)
  t.diagnostic(`${rows.length} alarms`)
})

test('every limit in the guides has the value of the code, and its count is a figure', (t) => {
  const rows = [
    ...tableUnder(RUN, 'Limits'),
    ...tableUnder(CAPTURES, 'Limits'),
    ...tableUnder(HTTP, 'What is refused'),
    ...tableUnder(RULES, 'Limits of scores'),
    ...tableUnder(RULES, 'Limits of outcomes'),
    ...tableUnder(STIR, 'Limits of verification'),
    ...tableUnder(MONITOR, 'Limits'),
    ...[...tableUnder(DESK, 'Limits'), ...tableUnder(REGISTRY, 'Limits')].filter((row) => !isRate(row)),
  ]
  const limits = rows.filter(([name]) => /^[A-Z_]+$/.test(name))
  const figures = [
    ...tableUnder(RUN, 'Figures and health'),
    ...tableUnder(RUN, 'Figures of connections'),
    ...tableUnder(HTTP, 'Figures over HTTP'),
    ...tableUnder(RULES, 'Figures of scores'),
    ...tableUnder(RULES, 'Figures of outcomes'),
    ...tableUnder(STIR, 'Figures of verification'),
    ...tableUnder(MONITOR, 'Figures of the monitor'),
    ...tableUnder(DESK, 'Figures of the desk'),
  ].map(([name]) => name)
  for (const [name, value = '', , counted = ''] of limits) {
    const values = constantsNamed(name)
    assert.ok(values.length > 0, `no constant ${name}`)
    assert.ok(values.includes(numberIn(value)), `${name} is ${values.join(' or ')}, the guide says ${value}`)
    for (const figure of codeIn(counted)) assert.ok(figures.includes(figure), `${name}: no figure ${figure}`)
  }
  const named = new Set(limits.map(([name]) => name))
  const wire = [...read('src/codec/sip/limits.ts').matchAll(/^export const (\w+) =/gm)].map((match) => match[1]!)
  assert.deepEqual(
    wire.filter((name) => !named.has(name)),
    [],
    'a limit of messages that the guide does not name',
  )
  assert.ok(limits.length >= 28 && wire.length >= 5, `${limits.length} limits`)
  t.diagnostic(`${limits.length} limits`)
})

test('every limit that an operator sets has the default of the reference', (t) => {
  const rows = [...tableUnder(RUN, 'Limits'), ...tableUnder(DESK, 'Limits')].filter(([name]) => /^[a-z]/.test(name))
  const reference = read('docs/configuration.md')
  for (const [key, value] of rows) {
    const [section = '', ...path] = key.split('.')
    const row = tableUnder(reference, section).find(([name]) => name === path.join('.'))
    assert.equal(row?.[3], value, key)
  }
  assert.ok(rows.length >= 8)
  t.diagnostic(`${rows.length} keys`)
})

test('docs/policy.md lists every key that waits for a restart, and no other', () => {
  const row = read('docs/policy.md').match(/^\| (.*) \| they stay as they were until a restart/m)?.[1] ?? ''
  const listed = Array.from(row.matchAll(/`([^`]+)`/g), ([, key]) => key!)
  assert.ok(listed.length > 20)
  assert.deepEqual(listed.toSorted(), RESTART_KEYS.map(([key]) => key).toSorted())
})

test('ARCHITECTURE.md lists every decision, in order', () => {
  const pages = globSync('docs/decisions/*.md', { cwd: ROOT }).toSorted()
  const rows = Array.from(read('ARCHITECTURE.md').matchAll(/^\| \[\d{4}\]\(([^)]+)\) \| .+ \|$/gm), ([, page]) => page)
  assert.ok(pages.length > 40)
  assert.deepEqual(rows, pages)
})

test('docs/stir.md lists every reason with what it comes to, its status and its words', () => {
  const rows = tableUnder(STIR, 'Codes')
  const reasons = Object.entries(STIR_REASONS).map(([name, { kind, status, words }]) => {
    return [name, kind, `${status} ${STIR_PHRASES[status]}`, words]
  })
  assert.deepEqual(rows, reasons)
  assert.ok(rows.length >= 30)
})

test('docs/run.md lists every exit code', () => {
  const codes = tableUnder(RUN, 'Exit codes').map(([code]) => Number(code))
  assert.deepEqual(
    codes,
    Object.values(EXIT).toSorted((a, b) => a - b),
  )
})

test('docs/mock-blocker.md lists every scenario as its data have it, every figure, and its limits', () => {
  const page = read('docs/mock-blocker.md')
  assert.deepEqual(
    tableUnder(page, 'Scenarios'),
    SCENARIOS.map(({ id, number, group, title, lint, why, cite }) => {
      const verdict = lint.verdict === 'n/a' ? [] : [lint.verdict]
      return [id, number, group, title, [lint.class, ...verdict, ...lint.rules.toSorted()].join(' '), why, cite]
    }),
  )
  assert.deepEqual(tableUnder(page, 'In a test of yours'), Object.entries(BLOCKER_FIGURES))
  assert.ok(page.includes(`\n${SCENARIOS.length} scenarios (--list)`))
  const limits = [
    TRANSACTIONS_MAX,
    CALLS_KEPT_MAX,
    CONNECTIONS_MAX,
    HTTP_CONNECTIONS_MAX,
    FIELDS_MAX,
    VALUE_MAX,
    TOKEN_CHARACTERS_MAX,
  ]
  const stated = [
    ...page.matchAll(/^\| (?:transactions|calls kept|connections|header fields kept)[^|]*\| ([\d,; ]+) \|$/gm),
  ]
  assert.deepEqual(
    stated.flatMap(([, numbers = '']) => numbers.split('; ').map((number) => Number(number.replace(',', '')))),
    limits,
  )
})

test('docs/probe.md has the points, grades, rules and limits of the code', () => {
  const page = read('docs/probe.md')
  assert.deepEqual(
    tableUnder(page, 'Points'),
    Object.entries(POINTS).map(([kind, { points, title, fix }]) => [kind, String(points), title, fix]),
  )
  assert.deepEqual(
    tableUnder(page, 'Read the grade'),
    GRADES.map(({ grade, from }) => [grade, String(from)]),
  )
  assert.deepEqual(
    tableUnder(page, 'Rules').map(([id, cite, text, seen, breaks = '']) => [id, cite, text, seen, codeIn(breaks)]),
    PATH_RULES.map(({ id, cite, text, needsFarEnd, breaks }) => [
      id,
      cite,
      text,
      needsFarEnd === true ? 'both ends' : 'one end',
      [...breaks],
    ]),
  )
  assert.ok(page.includes(`the ${SCENARIOS.length} forms`))
  const limits = tableUnder(page, 'Limits')
  for (const [name, value = ''] of limits)
    assert.ok(constantsNamed(name).includes(numberIn(value)), `${name}: ${value}`)
  assert.equal(limits.length, 5)
})

test('docs/captures.md lists every key that explain prints, and every kind', (t) => {
  const files = globSync('{examples/captures/*.{pcap,pcapng,sip},vectors/notice/*/*.sip}', { cwd: ROOT })
  const { stdout } = spawnSync(process.execPath, ['bin/recourse.js', 'explain', '--json', ...files], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 2 ** 20,
  })
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const keys = tableNames(CAPTURES, 'As data')
  assert.deepEqual([...new Set(rows.flatMap((row) => Object.keys(row)))].toSorted(), keys.toSorted())
  const kinds = tableNames(CAPTURES, 'What each kind means')
  assert.deepEqual([...new Set(rows.map((row) => String(row['class'])))].toSorted(), kinds.toSorted())
  assert.ok(files.length >= 200 && rows.length >= 150, `${rows.length} rows of ${files.length} files`)
  t.diagnostic(`${rows.length} rows of ${files.length} files, ${keys.length} keys, ${kinds.length} kinds`)
})

test('docs/observations.md has the rulings, kinds of damage and limits of the code', () => {
  const page = read('docs/observations.md')
  const rulings = tableUnder(page, 'Read what a refusal proves')
  for (const [code, { standing }] of RULINGS)
    assert.ok(
      rulings.some(([name, codes = '']) => name === standing && codes.includes(String(code))),
      `${code} is ${standing}`,
    )
  const named = new Set(tableNames(page, 'Read what was done to a notice'))
  for (const kind of DAMAGE_KINDS) assert.ok(named.has(kind), kind)
  const ends = tableUnder(page, 'Read how a call ended').map(([end]) => end)
  assert.deepEqual(ends, ['answered', 'refused', 'cancelled', 'unknown'])
  const limits = tableUnder(page, 'Limits')
  for (const [name, value = ''] of limits)
    assert.ok(constantsNamed(name).includes(numberIn(value)), `${name}: ${value}`)
  assert.ok(limits.length >= 10)
})

test('the program in the README is the file that it names', () => {
  const programs = readBlocks(read('README.md')).filter(({ language }) => language === 'ts')
  assert.deepEqual(
    programs.map(({ text }) => text),
    [read('examples/library/why-blocked.ts')],
  )
})

test('the calls of SIPp in docs/run.md end as it says', { skip: missing('sipp') }, async () => {
  const clone = new Clone()
  let placed = 0
  try {
    for (const { block, step } of readSteps(readBlocks(RUN))) {
      if (step.kind === 'file') clone.write(step.name, block.text)
      if (step.kind === 'start') await clone.start(block.text, step.until)
      if (step.kind !== 'elsewhere') continue
      for (const command of block.text.trim().split('\n')) {
        const { exitCode, output } = await clone.run(command)
        assert.equal(exitCode, 0, output)
        placed++
      }
    }
  } finally {
    await clone.close()
  }
  assert.equal(placed, 2)
})

test('a table that differs is seen', () => {
  const page = '# A\n\n| x | y |\n| --- | --- |\n| `one`, `two` | 1,024 of them | `z` |\n\n## B\n\n| `three` | 3 |\n'
  assert.deepEqual(tableUnder(page, 'A'), [['one', '1,024 of them', '`z`']])
  assert.deepEqual(tableNames(page, 'A'), ['one', 'two'])
  assert.deepEqual(tableUnder(page, 'B'), [['three', '3']])
  assert.throws(() => tableUnder(page, 'C'), /no heading/)
  assert.equal(numberIn('65,535 octets of 3'), 65_535)
  assert.ok(Number.isNaN(numberIn('octets')))
  assert.deepEqual(constantsNamed('NO_SUCH_LIMIT_MAX'), [])
  assert.deepEqual(constantsNamed('MAX_BLOCK_BYTES'), [64 * 1024 * 1024])
})

function isRate([, , value]: readonly string[]): boolean {
  return value?.includes(', then one in ') ?? false
}

/** The rows under a heading whose first cell is code, that cell without its quotes. */
function tableUnder(page: string, heading: string): [name: string, ...cells: string[]][] {
  return rowsUnder(page, heading).map(([first = '', ...cells]) => [codeIn(first)[0]!, ...cells])
}

/** Every name in the first cells of a table. */
function tableNames(page: string, heading: string): string[] {
  return rowsUnder(page, heading).flatMap(([first = '']) => codeIn(first))
}

function rowsUnder(page: string, heading: string): string[][] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading)
  if (start < 0) throw new Error(`no heading "${heading}"`)
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith('#'))
  return lines
    .slice(start + 1, length < 0 ? undefined : start + 1 + length)
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
}

/** The number that a cell begins with. */
function numberIn(cell: string): number {
  return Number(/^[\d,]+/.exec(cell)?.[0].replaceAll(',', '') ?? Number.NaN)
}

/** The values of all constants of this name: numbers, products and powers of numbers. */
function constantsNamed(name: string): number[] {
  const definition = new RegExp(`^(?:export )?const ${name} = ([\\d_ *]+)$`, 'gm')
  return SOURCES.flatMap((text) => [...text.matchAll(definition)]).map(([, words = '']) => valueOf(words))
}

function valueOf(words: string): number {
  return words.split(/ \* (?!\*)/).reduce((product, factor) => {
    const [base, power = '1'] = factor.replaceAll('_', '').split(' ** ')
    return product * Number(base) ** Number(power)
  }, 1)
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function unread(): never {
  throw new Error('only the names are asked for')
}
