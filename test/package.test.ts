import assert from 'node:assert/strict'
import { spawnSync, type SpawnOptions } from 'node:child_process'
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, posix } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build, type Metafile } from 'esbuild'
import { formatReport, lint } from '#codec/notice/lint.ts'
import manifest from '../package.json' with { type: 'json' }
import { pack } from '../scripts/pack.ts'
import { FLOORS } from './floors.ts'
import { readImports, readSourceText } from './source-text.ts'

/** A folder of somebody else's: the tarball unpacked into its `node_modules`, beside what the manifest depends on. */
let consumer: string
let installed: string
let files: string[]

// A suite, because hooks outside of one are shared by all files of a run.
suite('the published package', () => {
  before(async () => {
    consumer = mkdtempSync(join(tmpdir(), 'recourse-consumer-'))
    installed = join(consumer, 'node_modules', manifest.name)
    const tarball = await pack(join(consumer, 'tarball'))
    mkdirSync(installed, { recursive: true })
    run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'])
    for (const name of Object.keys(manifest.dependencies)) {
      const place = join(consumer, 'node_modules', name)
      mkdirSync(dirname(place), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), place)
    }
    writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }\n')
    files = globSync('**/*', { cwd: installed, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
  })

  after(() => rmSync(consumer, { recursive: true }))

  test('the tarball holds what is built, without sources, tests, maps, machine paths or a Node', (t) => {
    const objections = files.flatMap((path) => objectionsTo(path, readFileSync(join(installed, path), 'utf8')))
    assert.deepEqual(objections, [])

    const modules = files.filter((path) => path.endsWith('.js'))
    assert.ok(modules.length >= FLOORS['packed modules'], `only ${modules.length} modules`)
    for (const path of modules.filter((path) => path.startsWith('dist/') && !isOfConsole(path)))
      assert.ok(files.includes(path.replace(/\.js$/, '.d.ts')), `${path} has no declarations`)
    for (const path of ['package.json', 'LICENSE', 'bin/recourse.js', 'dist/main/recourse.js'])
      assert.ok(files.includes(path), `${path} is missing`)

    const published = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
    assert.deepEqual(
      ['devDependencies', 'optionalDependencies', 'scripts', 'private'].filter((key) => key in published),
      [],
    )
    assert.deepEqual(published.engines, { node: '>=24.15.0' })
    assert.deepEqual(published.dependencies, manifest.dependencies)
    t.diagnostic(`${files.length} files, ${modules.length} modules`)
  })

  test('every module of the server is reached from its command', (t) => {
    const graph = new Map(
      files
        .filter((path) => /^dist\/.*\.js$/.test(path) && !isOfConsole(path))
        .map((path) => [path, modulesNamedBy(path, readFileSync(join(installed, path), 'utf8'))]),
    )
    const server = [...graph.keys()].filter((path) => !path.startsWith('dist/codec/'))
    const reached = reachableFrom('dist/main/recourse.js', graph)
    assert.deepEqual(
      server.filter((path) => !reached.has(path) && !holdsTypesOnly(readFileSync(join(installed, path), 'utf8'))),
      [],
    )
    t.diagnostic(`${reached.size} of ${graph.size} modules reached, the rest is codec`)

    const island = new Map([...graph, ['dist/core/island.js', ['dist/main/recourse.js']]])
    assert.ok(!reachableFrom('dist/main/recourse.js', island).has('dist/core/island.js'))
  })

  test('a source, a test, a map or a path of this machine in the tarball would be seen', () => {
    for (const [path, text] of [
      ['src/codec/sip/reason.ts', ''],
      ['dist/codec/sip/reason.test.js', ''],
      ['dist/codec/sip/reason.js.map', ''],
      ['dist/codec/sip/reason.js', `const at = '${ROOT}'`],
      ['dist/codec/sip/reason.js', "import { x } from './reason.ts'"],
      ['dist/core/call/facts.js', "import fc from 'fast-check'"],
      ['dist/edge/store/ledger.js', "new URL(typed ? './writer.ts' : './writer.js', import.meta.url)"],
      ['dist/edge/store/contract.js', "import { test } from 'node:test'"],
      ['dist/edge/store/ledger.js', "new Worker(new URL('./writer.ts', import.meta.url))"],
      ['recourse.db', ''],
    ] as const)
      assert.equal(objectionsTo(path, text).length, 1, `${path}: ${text}`)
    assert.deepEqual(objectionsTo('dist/a.js', "import { x } from '#codec/sip/reason.ts'\nimport { z } from 'zod'"), [])
  })

  test('another package imports the codec by subpath and reads a notice', () => {
    const program = `${CONSUMER}\nconsole.log(JSON.stringify(summary))`
    writeFileSync(join(consumer, 'read.mjs'), program.replaceAll(/^import type .*$|: [A-Z]\w*(?:\[\])?/gm, ''))
    const output = run(process.execPath, ['read.mjs', join(ROOT, VECTOR)], { cwd: consumer })
    assert.deepEqual(JSON.parse(output), {
      kind: 'network-blocked',
      url: 'https://redress.northwire.example/c',
      verdict: 'conformant',
    })
  })

  test('a test of another package starts a mock blocker, asks it, and ends it', () => {
    const program = `import { startMockBlocker } from 'recourse-sip/mock-blocker'
await using blocker = await startMockBlocker()
const answer = await fetch(blocker.url + '/v1/scenarios')
const { scenarios } = await answer.json()
console.log(JSON.stringify([scenarios.length === blocker.scenarios.length, blocker.received().length]))`
    writeFileSync(join(consumer, 'block.mjs'), program)
    writeFileSync(
      join(consumer, 'block.ts'),
      program.replace('await answer.json()', 'await answer.json() as { scenarios: [] }'),
    )
    assert.deepEqual(JSON.parse(run(process.execPath, ['block.mjs'], { cwd: consumer })), [true, 0])
    assert.equal(typeErrors('block.ts'), '')
  })

  test('a consumer type-checks against the packed declarations', () => {
    writeFileSync(join(consumer, 'read.ts'), CONSUMER)
    const everything = codecSpecifiers().map((specifier, index) => `export * as module${index} from '${specifier}'`)
    writeFileSync(join(consumer, 'everything.ts'), everything.join('\n'))
    assert.ok(everything.length >= FLOORS['codec modules'])
    assert.equal(typeErrors('read.ts', 'everything.ts'), '')

    writeFileSync(join(consumer, 'wrong.ts'), `${CONSUMER}\nconst wrong: number = report.verdict\n`)
    assert.match(typeErrors('wrong.ts'), /TS2322/)
  })

  test('only the codec and the mock blocker are public', () => {
    for (const specifier of ['core/receipt/receipt', 'dist/codec/sip/reason.js', 'codec/sip/no-such-module']) {
      const wanted = `import('${manifest.name}/${specifier}').then(() => console.log('loaded'), (e) => console.log(e.code))`
      const output = run(process.execPath, ['--input-type=module', '-e', wanted], { cwd: consumer })
      assert.match(output, /ERR_PACKAGE_PATH_NOT_EXPORTED|ERR_MODULE_NOT_FOUND/, specifier)
    }
  })

  test('the command runs from the package', () => {
    const output = run(process.execPath, [join(installed, manifest.bin.recourse), '--help'], { cwd: consumer })
    assert.match(output, /recourse/)
  })

  test('the console comes along, and the server finds it where it is', () => {
    const page = readFileSync(join(installed, 'dist/console/index.html'), 'utf8')
    const named = [...page.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, path]) => `dist/console${path}`)
    assert.ok(named.length >= 3, page)
    for (const path of named) assert.ok(files.includes(path), `${path} is missing`)
    const place = join(installed, 'dist/main/desk/built-console.js')
    const program = `const { readBuiltConsole } = await import(${JSON.stringify(place)})
console.log(JSON.stringify([...readBuiltConsole().files.keys()]))`
    const served = JSON.parse(
      run(process.execPath, ['--input-type=module', '-e', program], { cwd: consumer }),
    ) as string[]
    assert.deepEqual(
      named.filter((path) => !served.includes(path.slice('dist/console'.length))),
      [],
    )
  })

  test('in a clone, npx runs its own command on the Node that the lock brings', () => {
    const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
    const env = { ...process.env, PATH: path.join(delimiter) }
    const node = run('npx', ['--offline', '-c', 'node -p process.execPath'], { cwd: ROOT, env })
    assert.equal(realpathSync(node.trim()), realpathSync(join(ROOT, 'node_modules', '.bin', 'node')))
    assert.match(run('npx', ['--offline', 'recourse', '--help'], { cwd: ROOT, env }), /recourse/)
  })

  test('in a clone the public names lead to the sources', async () => {
    const specifier = `${manifest.name}/codec/notice/lint`
    assert.equal(((await import(specifier)) as { lint: unknown }).lint, lint)
  })

  test('the whole codec bundles for a browser without a node: import, and reads a notice there', async (t) => {
    const specifiers = codecSpecifiers()
    const entry = specifiers.map((specifier) => `export * as ${nameOf(specifier)} from '${specifier}'`).join('\n')

    const { objections, metafile } = await bundle(entry, 'esm')
    assert.deepEqual(objections, [])
    const inputs = Object.keys(metafile!.inputs).filter((path) => path.includes('dist/codec'))
    assert.equal(inputs.length, specifiers.length)
    t.diagnostic(`${inputs.length} codec modules, ${Math.ceil(Object.values(metafile!.outputs)[0]!.bytes / 1024)} KiB`)

    const { text } = await bundle(entry, 'iife')
    const page = createContext({ TextDecoder, TextEncoder, URL, atob, btoa, crypto })
    runInContext(text, page)
    const vectors = globSync('vectors/notice/*/*.sip', { cwd: ROOT }).map((path) => readFileSync(join(ROOT, path)))
    for (const bytes of vectors) {
      page['bytes'] = bytes
      const module = nameOf(`${manifest.name}/codec/notice/lint`)
      const report = runInContext(`codec.${module}.formatReport(codec.${module}.lint(bytes))`, page)
      assert.equal(report, formatReport(lint(bytes)))
    }
    assert.ok(vectors.length >= FLOORS['notices read in a browser'])
    t.diagnostic(`${vectors.length} notices linted there as here`)
    assert.throws(() => runInContext('process', page), /not defined/)
  })

  test('a node: import anywhere in a bundle is seen', async () => {
    assert.deepEqual((await bundle("export { readFileSync } from 'node:fs'", 'esm')).objections, ['node:fs'])
    assert.deepEqual((await bundle("import 'net'", 'esm')).objections, ['net'])
    assert.deepEqual(
      (await bundle("export { parseReason } from 'recourse-sip/codec/sip/reason'", 'esm')).objections,
      [],
    )
  })
})

/** What may not be published, of one file. */
function objectionsTo(path: string, text: string): string[] {
  if (/^src\/|^test\/|\.test\.|\.map$|\.db|\.tgz$|^\./.test(path)) return [`${path} does not belong in the package`]
  if (text.includes(ROOT)) return [`${path} names a folder of this machine`]
  if (!path.startsWith('dist/') || !path.endsWith('.js') || isOfConsole(path)) return []
  return readImports(text).flatMap(({ target }) => {
    if (target === 'node:test') return [`${path} is a test`]
    if (target === undefined || target.startsWith('node:') || target.startsWith('#')) return []
    if (target.startsWith('.')) return target.endsWith('.ts') ? [`${path} names a source: ${target}`] : []
    const name = target.split('/', target.startsWith('@') ? 2 : 1).join('/')
    return name in manifest.dependencies ? [] : [`${path} needs ${name}, which is no dependency`]
  })
}

/** What browsers load: bundled whole, and of no use to anybody who imports. */
function isOfConsole(path: string): boolean {
  return path.startsWith('dist/console/')
}

/** The built modules that one names: `./x.js`, and `#band/room/x.ts` by the imports of the manifest. */
function modulesNamedBy(path: string, text: string): string[] {
  return readImports(text).flatMap(({ target }) => {
    if (target?.startsWith('./') === true) return [posix.join(posix.dirname(path), target)]
    return target?.startsWith('#') === true ? [target.replace(/^#(.*)\.ts$/, 'dist/$1.js')] : []
  })
}

/** What only held types is an empty module once built, and nothing asks for it. */
function holdsTypesOnly(text: string): boolean {
  return readSourceText(text).code.trim() === 'export {};'
}

function reachableFrom(start: string, graph: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const reached = new Set([start])
  for (const path of reached) for (const next of graph.get(path) ?? []) reached.add(next)
  return reached
}

function codecSpecifiers(): string[] {
  return files
    .filter((path) => path.startsWith('dist/codec/') && path.endsWith('.js'))
    .toSorted()
    .map((path) => path.replace(/^dist\/(.*)\.js$/, `${manifest.name}/$1`))
}

/** A specifier as an identifier. */
function nameOf(specifier: string): string {
  return specifier.replaceAll(/\W/g, '_')
}

type Bundle = { readonly objections: string[]; readonly text: string; readonly metafile: Metafile | undefined }

/** Bundles for a browser and objects to every module of Node that is still asked for. */
async function bundle(contents: string, format: 'esm' | 'iife'): Promise<Bundle> {
  const result = await build({
    stdin: { contents, resolveDir: consumer },
    bundle: true,
    write: false,
    metafile: true,
    format,
    globalName: 'codec',
    platform: 'browser',
    packages: 'bundle',
    logLevel: 'silent',
  }).catch((failure: { errors: { text: string }[] }) => failure)
  if ('outputFiles' in result) {
    const imports = Object.values(result.metafile.inputs).flatMap((input) => input.imports)
    const outside = imports.filter(({ path, external }) => external === true || path.startsWith('node:'))
    return { objections: outside.map(({ path }) => path), text: result.outputFiles[0]!.text, metafile: result.metafile }
  }
  const objections = result.errors.map(({ text }) => /Could not resolve "([^"]+)"/.exec(text)?.[1] ?? text)
  return { objections, text: '', metafile: undefined }
}

function typeErrors(...paths: string[]): string {
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--lib',
    'es2024,esnext.disposable,dom',
    '--types',
    '',
  ]
  const tsc = spawnSync(process.execPath, [TSC, ...options, ...paths], { cwd: consumer, encoding: 'utf8' })
  return tsc.stdout
}

function run(command: string, args: readonly string[], options: SpawnOptions = {}): string {
  const { status, stdout, stderr } = spawnSync(command, args, { ...options, encoding: 'utf8' })
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}${stderr}`)
  return stdout
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
const VECTOR = 'vectors/notice/valid/G01-minimal-sip-protocol-form-https-contact.sip'

/** A program of somebody who uses the library; types are written so that the same text also runs as JavaScript. */
const CONSUMER = `
import { parseMessage } from '${manifest.name}/codec/sip/message'
import type { Message } from '${manifest.name}/codec/sip/message'
import { readNotice } from '${manifest.name}/codec/notice/read'
import { lint } from '${manifest.name}/codec/notice/lint'
import type { LintReport } from '${manifest.name}/codec/notice/lint'
// @ts-ignore: this folder has no types of Node
import { readFileSync } from 'node:fs'
// @ts-ignore
import { argv } from 'node:process'

const message: Message = parseMessage(readFileSync(argv[2]))
const report: LintReport = lint(message)
const notice = readNotice(message)
const summary = {
  kind: notice?.kind,
  url: notice?.kind === 'network-blocked' ? notice.url : undefined,
  verdict: report.verdict,
}
`
