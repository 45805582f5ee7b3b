import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, rmSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PROBLEMS } from '#codec/capture/problems.ts'
import { MALFORMED } from '#codec/sip/malformed.ts'
import manifest from '../package.json' with { type: 'json' }
import { AUDIT_ACTIONS } from '#edge/store/audit.ts'
import { PROBLEMS as HTTP_PROBLEMS } from '#edge/http/problem.ts'
import { EXIT } from '#main/exit.ts'
import { CEILINGS, FLOORS } from './floors.ts'
import { Clone, differenceOf, readBlocks, readSteps, type Block, type Step } from './guide.ts'

test('docs/errors.md lists every code with its words, and no other', (t) => {
  const page = read('docs/errors.md')
  assert.deepEqual(tableUnder(page, 'Malformed messages'), MALFORMED)
  assert.deepEqual(tableUnder(page, 'Problems of a capture'), PROBLEMS)
  assert.deepEqual(tableUnder(page, 'Audit trail'), AUDIT_ACTIONS)
  const problems = Object.entries(HTTP_PROBLEMS).map(([kind, [status]]): [string, string] => [kind, String(status)])
  assert.deepEqual(Object.entries(tableUnder(page, 'Problems over HTTP')), problems)
  for (const [, title] of Object.values(HTTP_PROBLEMS)) assert.ok(page.includes(`| ${title} |`), title)
  const exitCodes = Object.keys(tableUnder(page, 'Exit codes')).map(Number)
  assert.deepEqual(exitCodes.toSorted(ascending), Object.values(EXIT).toSorted(ascending))
  t.diagnostic(`${Object.keys(MALFORMED).length + Object.keys(PROBLEMS).length + exitCodes.length} codes`)
})

test('a table read from a page holds the rows under its heading and nothing else', () => {
  const page =
    '# A\n\n| code | words |\n| --- | --- |\n| `x` | one |\n\n## B\n\n| code | words |\n|---|---|\n| `y` | two | more |\n'
  assert.deepEqual({ ...tableUnder(page, 'A') }, { x: 'one' })
  assert.deepEqual({ ...tableUnder(page, 'B') }, { y: 'two' })
  assert.throws(() => tableUnder(page, 'C'), /no heading/)
})

test('every relative link leads to a file, and every anchor to a heading', (t) => {
  const links = documents().flatMap((path) => linksOf(read(path)).map((target) => ({ path, target })))
  const broken = links.filter(({ path, target }) => !leadsSomewhere(path, target))
  assert.deepEqual(
    broken.map(({ path, target }) => `${path} -> ${target}`),
    [],
  )
  expectAtLeast('relative links', links.length)
  t.diagnostic(`${links.length} links in ${documents().length} documents`)
})

test('a broken link or anchor is seen', () => {
  assert.deepEqual(
    linksOf('[a](x.md) ![b](y.png "t") [c](https://x.example) `[d](z.md)`\n```\n[e](w.md)\n```\n[f]: v.md'),
    ['x.md', 'y.png', 'v.md'],
  )
  assert.ok(leadsSomewhere('docs/errors.md', '../LICENSE'))
  assert.ok(leadsSomewhere('docs/errors.md', '#exit-codes'))
  assert.ok(leadsSomewhere('CONTRIBUTING.md', 'docs/errors.md#malformed-messages'))
  assert.ok(!leadsSomewhere('docs/errors.md', 'LICENSE'))
  assert.ok(!leadsSomewhere('docs/errors.md', '#no-such-heading'))
  assert.ok(!leadsSomewhere('CONTRIBUTING.md', 'docs/errors.md#no-such-heading'))
})

test('every command block is run by a test, or says why it is not', (t) => {
  const steps = guides().flatMap((path) => stepsOf(path).map(({ block, step }) => ({ path, block, step })))
  for (const { path, block, step } of steps) {
    const where = `${path}:${block.line}`
    if (step.kind !== 'elsewhere') continue
    assert.ok(existsSync(join(ROOT, step.test)), `${where}: there is no ${step.test}`)
    assert.ok(read(step.test).includes(path), `${where}: ${step.test} does not name ${path}`)
  }
  const count = (...kinds: Step['kind'][]): number => steps.filter(({ step }) => kinds.includes(step.kind)).length
  expectAtLeast('command blocks run', count('run', 'start'))
  assert.ok(count('not-run') <= CEILINGS['command blocks not run'], `${count('not-run')} blocks are not run`)
  t.diagnostic(`${count('run', 'start')} run here, ${count('elsewhere')} by other tests, ${count('not-run')} by nobody`)
})

test('the commands of each guide do what it says', async (t) => {
  for (const path of guides()) {
    const runs = readBlocks(read(path)).some((block) => /^run(?:$|: )/.test(block.mark ?? ''))
    if (runs) await t.test(path, () => follow(path, stepsOf(path)))
  }
})

test('a guide that does not hold is seen', async () => {
  const faults: [guide: string, expected: RegExp][] = [
    ['<!-- run -->\n```sh\nfalse\n```', /ended with 1/],
    ['<!-- run: exit 1 -->\n```sh\ntrue\n```', /ended with 0/],
    ['<!-- run -->\n```sh\necho one\n```\n```text\ntwo\n```', /guide shows\s+two/],
    ['<!-- run: until "ready" -->\n```sh\necho steady; exit 3\n```', /ended before/],
    [
      '<!-- run: until "ready" -->\n```sh\ntrap "exit 5" TERM; echo ready; while :; do sleep 0.05; done\n```',
      /SIGTERM/,
    ],
    ['<!-- run -->\n```sh\nnpx something-else\n```', /only recourse/],
  ]
  for (const [guide, expected] of faults)
    await assert.rejects(follow('a guide', readSteps(readBlocks(`${guide}\n`))), expected, guide)
  for (const language of ['sh', 'bash', 'console'])
    assert.throws(() => readSteps(readBlocks(`\`\`\`${language}\nnpx recourse\n\`\`\``)), /no test runs/)
  assert.throws(() => readSteps(readBlocks('```\n$ npx recourse\n```')), /no test runs/)
  assert.throws(() => readSteps(readBlocks('<!-- not run: why -->\n```sh\nx\n```')), /no test runs/)

  const transcript = '<!-- run: exit 3 -->\n```\n$ echo one\none\n$ echo two; exit 3\ntwo\n```\n'
  await follow('a guide', readSteps(readBlocks(transcript)))
  await assert.rejects(follow('a guide', readSteps(readBlocks(transcript.replace('\none', '\nnone')))), /guide shows/)

  const sound = `<!-- file: greeting.txt -->
\`\`\`text
hello
\`\`\`
<!-- run: until "ready" -->
\`\`\`sh
trap "exit 0" TERM; echo ready; while :; do sleep 0.05; done
\`\`\`
<!-- run -->
\`\`\`sh
cat greeting.txt; ls LICENSE 2>&1 || echo 2026-01-02T03:04:05Z and more
\`\`\`
\`\`\`text
hello
…
2020-01-01 00:00 and …
\`\`\`
`
  await assert.rejects(follow('a guide', readSteps(readBlocks(sound))), /guide shows/)
  await follow('a guide', readSteps(readBlocks(sound.replace('2020-01-01 00:00 ', '2020-01-01T00:00:00Z '))))
})

test('the programs in the guides compile', (t) => {
  const programs = guides().flatMap((path) =>
    readBlocks(read(path))
      .filter((block) => block.language === 'ts')
      .map((block) => ({ where: `${path}:${block.line}`, text: block.text })),
  )
  assert.deepEqual(typeErrors(programs), [])
  expectAtLeast('programs in the guides', programs.length)
  t.diagnostic(`${programs.length} programs`)

  const wrong = [
    "import { parseReason } from 'recourse-sip/codec/sip/reasons'",
    "import { readReason } from 'recourse-sip/codec/sip/reason'",
    "import { parseReason } from 'recourse-sip/codec/sip/reason'\nparseReason(603)",
  ]
  assert.equal(typeErrors(wrong.map((text, index) => ({ where: `planted ${index}`, text }))).length, wrong.length)
})

test('shown output fits what is printed by its words, not by its times, receipts and spaces', () => {
  assert.equal(differenceOf('a  b\n', 'a b\n'), undefined)
  assert.equal(differenceOf('a …\n…\nz', 'a b c\nd\ne\nz\n'), undefined)
  assert.equal(differenceOf('…', ''), undefined)
  assert.equal(differenceOf(`id ${'A'.repeat(64)}`, `id ${'b-_9'.repeat(16)}`), undefined)
  for (const [shown, printed] of [
    ['a', 'b'],
    ['a', 'a\nb'],
    ['a\nb', 'a'],
    ['a.c', 'abc'],
    [`id ${'A'.repeat(64)}`, `id ${'A'.repeat(63)}`],
    ['…\nz', 'a\nb'],
  ] as const)
    assert.notEqual(differenceOf(shown, printed), undefined, `${shown} | ${printed}`)
})

test('no file names a folder of somebody’s machine, or speaks of how it was written', (t) => {
  const paths = trackedFiles()
  const found = paths.flatMap((path) =>
    strayWords(readFileSync(join(ROOT, path), 'latin1')).map((words) => `${path}: ${words}`),
  )
  assert.deepEqual(found, [])
  expectAtLeast('tracked files', paths.length)
  t.diagnostic(`${paths.length} files`)

  const [from, users, by] = ['/', 'Users', 'By']
  for (const words of [
    `${from}home/ann/x`,
    `${from}root/x`,
    `C:\\${users}\\ann`,
    `${from}work/main`,
    `Co-Authored-${by}: x`,
  ])
    assert.equal(strayWords(`see ${words} there`).length, 1, words)
  assert.deepEqual(strayWords('https://x.example/home/page, the homework, RFC 3261'), [])
})

test('documents name what is there: words of the glossary, packages, commands of npm', (t) => {
  const sources = trackedFiles().filter((path) => /^src\/.*\.ts$/.test(path))
  const exported = sources.flatMap((path) =>
    [...read(path).matchAll(/^export (?:declare )?(?:type|class|function|const) (\w+)/gm)].map((match) => match[1]!),
  )
  const words = [...read('docs/glossary.md').matchAll(/^\| (`[^|]+) \|/gm)].flatMap((match) => codeIn(match[1]!))
  assert.deepEqual(
    words.filter((word) => !exported.includes(word)),
    [],
    'the glossary has words that the code does not use',
  )

  const packages = codeIn(read('docs/decisions/0001-one-package.md'))
  assert.deepEqual(
    Object.keys(manifest.dependencies).filter((name) => !packages.includes(name)),
    [],
    'a package that runs with Recourse has no line in the decisions',
  )

  const commands = documents().flatMap((path) =>
    [...read(path).matchAll(/\bnpm run ([\w:]+)/g)].map((match) => match[1]!),
  )
  assert.deepEqual(
    commands.filter((name) => !(name in manifest.scripts)),
    [],
    'a document names a script that is not in package.json',
  )
  expectAtLeast('words of the glossary', words.length)
  t.diagnostic(`${words.length} words, ${commands.length} mentions of scripts`)
})

/** Does what a guide tells its reader to do, in order, in a clone of its own. */
async function follow(path: string, steps: readonly { readonly block: Block; readonly step: Step }[]): Promise<void> {
  const clone = new Clone()
  try {
    for (const { block, step } of steps) {
      const where = `${path}:${block.line}`
      if (step.kind === 'file') clone.write(step.name, block.text)
      if (step.kind !== 'run' && step.kind !== 'start') continue
      const done = step.kind === 'run' ? await clone.run(block.text) : await clone.start(block.text, step.until)
      if (step.kind === 'run' && 'exitCode' in done)
        assert.equal(done.exitCode, step.exitCode, `${where}: ended with ${done.exitCode}\n${done.output}`)
      if (step.output !== undefined)
        assert.equal(
          differenceOf(step.output, done.output),
          undefined,
          `${where}: ${differenceOf(step.output, done.output)}`,
        )
    }
  } catch (error) {
    await clone.close().catch(() => undefined)
    throw error
  }
  await clone.close()
}

/** Compiles programs as a user of the library would; names that the text around a program explains are let be. */
function typeErrors(programs: readonly { readonly where: string; readonly text: string }[]): string[] {
  const clone = new Clone()
  try {
    for (const [index, { text }] of programs.entries()) clone.write(`program-${index}.ts`, `${text}\nexport {}\n`)
    const paths = programs.map((_, index) => `program-${index}.ts`)
    const tsc = spawnSync(process.execPath, [TSC, ...TSC_OPTIONS, ...paths], { cwd: clone.folder, encoding: 'utf8' })
    return [...tsc.stdout.matchAll(/^program-(\d+)\.ts\((\d+),\d+\): error (?!TS2304|TS18004)(.*)$/gm)].map(
      ([, index, line, words]) => `${programs[Number(index)]!.where}, line ${line}: ${words}`,
    )
  } finally {
    rmSync(clone.folder, { recursive: true })
  }
}

function stepsOf(path: string): ReturnType<typeof readSteps> {
  try {
    return readSteps(readBlocks(read(path)))
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error })
  }
}

/** The two first columns of the table under a heading: code in back quotes to words. */
function tableUnder(page: string, heading: string): Record<string, string> {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading)
  if (start < 0) throw new Error(`no heading "${heading}"`)
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith('#'))
  const rows = lines
    .slice(start + 1, length < 0 ? undefined : start + 1 + length)
    .map((line) => /^\| `(?<code>[^`]+)` \| (?<words>[^|]*?) \|/.exec(line)?.groups)
    .filter((row) => row !== undefined)
  return Object.fromEntries(rows.map((row) => [row['code']!, row['words']!]))
}

function codeIn(markdown: string): string[] {
  return [...markdown.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!)
}

function linksOf(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '')
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)]
  const references = [...prose.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)]
  return [...inline, ...references].map((match) => match[1]!).filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target))
}

function leadsSomewhere(path: string, target: string): boolean {
  const [file = '', anchor] = target.split('#')
  const resolved = file === '' ? path : relative(ROOT, join(ROOT, dirname(path), decodeURIComponent(file)))
  if (resolved.startsWith('..') || !existsSync(join(ROOT, resolved))) return false
  if (anchor === undefined || !resolved.endsWith('.md')) return true
  return anchorsOf(read(resolved)).includes(anchor)
}

/** The anchors that forges make of headings: lower case, punctuation gone, spaces as hyphens. */
function anchorsOf(markdown: string): string[] {
  const headings = [...markdown.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)].map((match) => match[1]!)
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}

function strayWords(text: string): string[] {
  return STRAY.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[0]))
}

/** Documents whose commands a reader types: the README and the guides. */
function guides(): string[] {
  return documents().filter(
    (path) => path === 'README.md' || /^docs\/[^/]+\.md$/.test(path) || path.startsWith('examples/'),
  )
}

function documents(): string[] {
  return trackedFiles().filter((path) => path.endsWith('.md'))
}

/** What is in version control or about to be; outside of a clone, everything that is not plainly a product. */
function trackedFiles(): string[] {
  const git = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  const all =
    git.status === 0
      ? git.stdout.trim().split('\n')
      : globSync('**/*', { cwd: ROOT, exclude: ['node_modules', 'dist', '.git'] })
  return all.filter((path) => existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).isFile())
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

function ascending(a: number, b: number): number {
  return a - b
}

function expectAtLeast(what: keyof typeof FLOORS, count: number): void {
  assert.ok(count >= FLOORS[what], `${what}: saw ${count}, expected at least ${FLOORS[what]}`)
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
const TSC_OPTIONS =
  '--noEmit --strict --module nodenext --target es2024 --lib es2024,es2025.iterator,dom --types node --skipLibCheck --allowImportingTsExtensions'.split(
    ' ',
  )

const STRAY: readonly RegExp[] = [
  /(?<![\w.-])\/(?:home|root|Users|work)\/[\w.-]+/g,
  /[A-Z]:\\Users\\/g,
  /co-authored[-]by:/gi,
  /\b(?:chat[g]pt|co[p]ilot|language[ ]model|as an a[i])\b/gi,
]
