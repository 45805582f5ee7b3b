// The recipes for products that no test can start here: what can be held of them without the product is held.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { basename, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lint } from '#codec/notice/lint.ts'
import { encodeText } from '#codec/sip/text.ts'
import { COMMAND } from './peers/recourse.ts'

const ROOT = new URL('..', import.meta.url).pathname
const FOLDERS = ['opensips', 'freeswitch', 'asterisk', 'drachtio']
const FILES = FOLDERS.flatMap((folder) => globSync(`examples/${folder}/*`, { cwd: ROOT }).toSorted())

test('each product has a folder with a README that says what is untested, and links every file of it', () => {
  for (const folder of FOLDERS) {
    const page = read(`examples/${folder}/README.md`)
    const [head = ''] = page.split('\n| ')
    assert.match(head, /\*\*Untested\.?\*\*/, folder)
    assert.match(page, /^Sources: /m, folder)
    assert.match(page, /^Before you trust it:$/m, folder)
    const files = FILES.filter((file) => file.startsWith(`examples/${folder}/`) && !file.endsWith('README.md'))
    assert.ok(files.length >= 1, folder)
    for (const file of files) assert.ok(page.includes(`](${basename(file)})`), file)
    for (const index of ['examples/README.md', 'docs/probe.md'])
      assert.ok(read(index).includes(`${folder})`), `${index} links ${folder}`)
  }
  assert.ok(read('README.md').includes('examples/README.md') || read('README.md').includes('](examples'))
})

test('every file but the tested one says at its top that it is untested', () => {
  const said = FILES.filter((file) => !file.endsWith('README.md')).filter((file) =>
    read(file).split('\n').slice(0, 8).join('\n').includes('UNTESTED'),
  )
  assert.equal(said.length, FILES.filter((file) => !file.endsWith('README.md')).length - 1)
  assert.ok(!said.includes('examples/drachtio/gate.mjs'))
})

test('blocks, quotes and tags close', () => {
  let looked = 0
  for (const file of FILES) {
    const fault = file.endsWith('.xml') ? findOpenTag(read(file)) : findOpenBlock(file, read(file))
    assert.equal(fault, undefined, `${file}: ${fault}`)
    looked++
  }
  assert.ok(looked >= 14)
  // Near-misses: what the check is for.
  assert.equal(findOpenTag('<a><b></a></b>'), '</a> closes <b>')
  assert.equal(findOpenTag('<a><b/></a>'), undefined)
  assert.equal(findOpenTag('<a><!-- x -- y --></a>'), 'two hyphens in a comment')
  assert.equal(findOpenBlock('x.cfg', 'route {\n\tif (a) { exit; }\n'), '{ of line 1 is open')
  assert.equal(findOpenBlock('x.cfg', 'x("a\\"b)");\n'), undefined)
  assert.equal(findOpenBlock('x.cfg', 'x("a);\n'), 'a quote of line 1 is open')
})

test('what OpenSIPS jumps to is there, and what is there is jumped to', () => {
  const text = read('examples/opensips/opensips.cfg')
  const named = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map((match) => match[1]!).toSorted()
  assert.deepEqual([...new Set(named(/\broute\((\w+)\)/g))], named(/^route\[(\w+)\]/gm))
  assert.deepEqual(named(/t_on_failure\("(\w+)"\)/g), named(/^failure_route\[(\w+)\]/gm))
  assert.deepEqual(named(/t_on_reply\("(\w+)"\)/g), named(/^onreply_route\[(\w+)\]/gm))
  const modules = named(/^loadmodule "(\w+)\.so"/gm)
  assert.deepEqual(
    [...new Set(named(/^modparam\("(\w+)"/gm))].filter((name) => !modules.includes(name)),
    [],
  )
  assert.ok(modules.length >= 9)
})

test('what FreeSWITCH and Asterisk dial is set up', () => {
  const gateways = [...read('examples/freeswitch/gateways.xml').matchAll(/<gateway name="([\w-]+)"/g)].map((m) => m[1])
  const dialled = [...read('examples/freeswitch/dialplan-gate.xml').matchAll(/sofia\/gateway\/([\w-]+)\//g)].map(
    (m) => m[1],
  )
  assert.deepEqual(dialled, gateways)
  const endpoints = [...read('examples/asterisk/pjsip.conf').matchAll(/^\[([\w-]+)\]\ntype = endpoint/gm)].map(
    (m) => m[1],
  )
  const called = [...read('examples/asterisk/extensions.conf').matchAll(/Dial\(PJSIP\/\$\{EXTEN\}@([\w-]+),/g)].map(
    (m) => m[1],
  )
  assert.deepEqual(called, endpoints)
  assert.ok(dialled.length === 2 && called.length === 2)
})

test('each recipe that can send a 603+ sends one that the linter has nothing to say against', () => {
  const reasons = FILES.flatMap((file) =>
    [...read(file).matchAll(/SIP;cause=603;text=(?:\\"|&quot;|").*?;location=\w+/g)].map((match) => ({
      file,
      value: match[0].replaceAll('\\"', '"').replaceAll('&quot;', '"'),
    })),
  )
  assert.deepEqual(
    reasons.map(({ file }) => file),
    ['examples/opensips/opensips.cfg', 'examples/freeswitch/dialplan-gate.xml', 'examples/drachtio/app.mjs'],
  )
  for (const { file, value } of reasons) {
    assert.ok(read(file).includes('Network Blocked'), file)
    const { class: kind, verdict, rules } = lint(encodeText(answerWith(value)))
    assert.deepEqual([kind, verdict, rules], ['603+', 'conformant', []], `${file}: ${value}`)
  }
  const spoiled = answerWith(reasons[0]!.value.replace('https:', 'http:'))
  assert.equal(lint(encodeText(spoiled)).verdict, 'deviant')
})

test('addresses are of this machine and names of nobody, and nothing is left to be filled in', () => {
  let looked = 0
  for (const file of FILES) {
    const text = read(file)
    for (const [address] of text.matchAll(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g)) {
      assert.equal(address, '127.0.0.1', file)
      looked++
    }
    for (const [, host = ''] of text.matchAll(/https?:\/\/([\w.-]+)/g))
      assert.match(host, /^127\.0\.0\.1$|\.example$/, file)
    assert.doesNotMatch(text, /\b(?:TODO|FIXME|XXX|CHANGEME)\b|<[A-Z_]{3,}>|\$\{[A-Z_]+_HERE\}/, file)
  }
  assert.ok(looked >= 15)
})

test('ports are those of the guides: gate 5060, this machine’s switch 5080, mock blocker 5070, its door 8070, monitor 9060, API 8081', () => {
  for (const file of FILES)
    for (const [, port = ''] of read(file).matchAll(/127\.0\.0\.1:(\d+)/g))
      assert.ok(['5060', '5070', '5080', '6060', '8070', '8081', '9060'].includes(port), `${file}: ${port}`)
})

test('every recourse command, option, path and key that a recipe names is there', () => {
  const help = new Map<string, string>()
  let looked = 0
  for (const file of FILES)
    for (const [line, words = ''] of read(file).matchAll(/npx recourse ((?:[a-z]+ ?)+)[^\n`]*/g)) {
      const name = words.trim().replace(/ with hep udp$/, '')
      if (!help.has(name)) {
        const { status, stdout } = spawnSync(process.execPath, [COMMAND, ...name.split(' '), '--help'], {
          encoding: 'utf8',
        })
        assert.equal(status, 0, name)
        assert.match(stdout, new RegExp(`^Usage: recourse ${name}\\b`), name)
        help.set(name, stdout)
      }
      for (const [option] of line.matchAll(/--[a-z][a-z-]+/g)) {
        assert.ok(option === '--help' || help.get(name)!.includes(`${option} `), `${file}: recourse ${name} ${option}`)
        looked++
      }
    }
  assert.ok(help.has('probe') && help.has('peer test') && looked >= 10, `${[...help.keys()].join()} ${looked}`)
  assert.ok(read('examples/drachtio/gate.mjs').includes('/v1/screen'))
  assert.ok(Object.keys((JSON.parse(read('docs/openapi.json')) as { paths: object }).paths).includes('/v1/screen'))
  for (const variable of ['RECOURSE_GATE_PEERS', 'RECOURSE_API_LISTEN'])
    assert.ok(read('docs/configuration.md').includes(variable), variable)
})

test('the programs for Node are programs', () => {
  for (const file of FILES.filter((each) => each.endsWith('.mjs'))) {
    const { status, stderr } = spawnSync(process.execPath, ['--check', join(ROOT, file)], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
  }
})

test('a question of drachtio is an INVITE to the gate’s HTTP door, and its answer is code, phrase and header fields', async (t) => {
  const { askGate } = await gate()
  const heard: { path: string; headers: NodeJS.Dict<string | string[]>; body: string }[] = []
  const blocked = {
    verdict: 'block',
    status: 603,
    phrase: 'Network Blocked',
    headers: [
      'Reason: SIP;cause=603;text="v=analytics1;url=https://a.example/c";location=RLN',
      'Reason: Q.850;cause=21',
    ],
  }
  const url = await doorThat(t, (request) => {
    heard.push(request)
    return [200, JSON.stringify(blocked)]
  })
  const invite = 'INVITE sip:1@b.example SIP/2.0\r\n\r\n'
  assert.deepEqual(await askGate({ url, token: 'secret' }, invite), {
    answer: {
      status: 603,
      phrase: 'Network Blocked',
      headers: {
        Reason: 'SIP;cause=603;text="v=analytics1;url=https://a.example/c";location=RLN, Q.850;cause=21',
      },
    },
    why: '',
  })
  const [question] = heard
  assert.deepEqual([question?.path, question?.body], ['/v1/screen', invite])
  assert.equal(question?.headers['authorization'], 'Bearer secret')
  assert.equal(question?.headers['content-type'], 'message/sip')
})

test('a gate that says continue, another status, nonsense, nothing in time or is not there stops no call', async (t) => {
  const { askGate } = await gate()
  const ask = async (status: number, body: string | undefined): Promise<{ answer: unknown; why: string }> =>
    askGate(
      { url: await doorThat(t, () => (body === undefined ? undefined : [status, body])), token: 'x', timeoutMs: 300 },
      'x',
    )
  assert.deepEqual(await ask(200, '{"verdict":"continue","status":404,"headers":[]}'), { answer: undefined, why: '' })
  for (const [status, body, why] of [
    [500, '{"verdict":"block","status":603,"phrase":"x","headers":[]}', /answered 500/],
    [401, '', /answered 401/],
    [200, '<html>', /JSON|token/i],
    [200, '{"verdict":"block"}', /iterable|undefined/],
    [200, undefined, /timeout|aborted/i],
  ] as const) {
    const said = await ask(status, body)
    assert.equal(said.answer, undefined)
    assert.match(said.why, why)
  }
  const gone = await askGate({ url: 'http://127.0.0.1:9', token: 'x' }, 'x')
  assert.ok(gone.answer === undefined && gone.why !== '')
})

type Gate = {
  askGate: (
    gate: { url: string; token: string; timeoutMs?: number },
    invite: string,
  ) => Promise<{ answer: unknown; why: string }>
}

async function gate(): Promise<Gate> {
  return (await import(join(ROOT, 'examples/drachtio/gate.mjs'))) as Gate
}

async function doorThat(
  t: TestContext,
  answer: (request: {
    path: string
    headers: NodeJS.Dict<string | string[]>
    body: string
  }) => readonly [status: number, body: string] | undefined,
): Promise<string> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString('latin1')))
    request.on('end', () => {
      const said = answer({ path: request.url ?? '', headers: request.headers, body })
      if (said !== undefined) response.writeHead(said[0]).end(said[1])
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const at = server.address()
  assert.ok(typeof at === 'object' && at !== null)
  return `http://127.0.0.1:${at.port}`
}

/** The first brace, parenthesis or quote that does not close; undefined where all do. */
function findOpenBlock(file: string, text: string): string | undefined {
  const comment = COMMENTS.find(([pattern]) => pattern.test(file))?.[1] ?? /^$/
  if (file.endsWith('.md')) {
    const fences = text.split('\n').filter((line) => line.startsWith('```')).length
    return fences % 2 === 0 ? undefined : 'a code block is open'
  }
  const open: { character: string; line: number }[] = []
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.replace(comment, '').replaceAll(/\\./g, '')
    const plain = line.replaceAll(/"[^"]*"|'[^']*'|`[^`]*`/g, '')
    if (/["`]/.test(plain)) return `a quote of line ${at + 1} is open`
    for (const character of plain)
      if ('{(['.includes(character)) open.push({ character, line: at + 1 })
      else if ('})]'.includes(character)) {
        const last = open.pop()
        if (last === undefined || PAIRS.get(last.character) !== character)
          return `${character} of line ${at + 1} closes nothing`
      }
  }
  const [first] = open
  return first === undefined ? undefined : `${first.character} of line ${first.line} is open`
}

/** The first tag that does not close, or a comment that XML has no room for; undefined where all is well. */
function findOpenTag(text: string): string | undefined {
  for (const [, inside = ''] of text.matchAll(/<!--([^]*?)-->/g))
    if (inside.includes('--')) return 'two hyphens in a comment'
  const open: string[] = []
  for (const [, slash, name = '', own] of text.replaceAll(/<!--[^]*?-->/g, '').matchAll(/<(\/?)([\w-]+)[^<>]*?(\/?)>/g))
    if (slash === '/') {
      const last = open.pop()
      if (last !== name) return `</${name}> closes ${last === undefined ? 'nothing' : `<${last}>`}`
    } else if (own !== '/') open.push(name)
  const [first] = open
  return first === undefined ? undefined : `<${first}> is open`
}

function answerWith(reason: string): string {
  return `SIP/2.0 603 Network Blocked\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\nFrom: <sip:1@a.example>;tag=1\r\nTo: <sip:2@b.example>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nReason: ${reason}\r\nContent-Length: 0\r\n\r\n`
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** What is no part of a line, by kind of file. */
const COMMENTS: readonly [RegExp, RegExp][] = [
  [/\.cfg$/, /^\s*#.*$/],
  [/\.conf$/, /^\s*;.*$/],
  [/\.mjs$/, /^\s*(?:\/\/|\/?\*).*$/],
]
const PAIRS: ReadonlyMap<string, string> = new Map([
  ['{', '}'],
  ['(', ')'],
  ['[', ']'],
])
