import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mint } from '../../../test/stir-authority.ts'
import type { Config } from './config.ts'
import { formatFault } from './fault.ts'
import { loadConfig } from './load.ts'

const ROOT = await mint({ subject: 'CN=Root', authority: {} })
const OLD = await mint({ subject: 'CN=Old', authority: {}, until: '2021-01-01T00:00:00Z' })
const LEAF = await mint({ subject: 'CN=Leaf', issuer: ROOT })
const FILES = new Map([
  ['roots.pem', `# a comment\n${ROOT.pem}`],
  ['both.pem', `${ROOT.pem}${OLD.pem}`],
  ['old.pem', OLD.pem],
  ['leaf.pem', LEAF.pem],
  ['empty.pem', ''],
  ['key.pem', '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n'],
  ['cut.pem', ROOT.pem.slice(0, 120)],
  ['broken.pem', ROOT.pem.replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAAAAAAAAAAAAAAAAAA')],
])

test('verification is off without its section, and can be switched off in it', () => {
  assert.equal(loaded('').config.stir, undefined)
  assert.equal(loaded('stir: { verify: false }').config.stir, undefined)
})

test('roots, hosts, budget and age are as written or by default', () => {
  const { config, reminders } = loaded('stir: { roots: roots.pem, hosts: [Cert.Example, "*.b.example"] }')
  const { roots, ...rest } = config.stir!
  assert.equal(roots.length, 1)
  assert.deepEqual(rest, {
    hosts: ['cert.example', '*.b.example'],
    privateAddresses: [],
    budgetMs: 50,
    maxAgeMs: 60_000,
  })
  assert.deepEqual(reminders, [])
  const all =
    'stir: { roots: roots.pem, hosts: ["*"], budget: 20ms, maxAge: 2m, fetch: { private: [10.0.0.7, "fd00::7"] } }'
  const { budgetMs, maxAgeMs, privateAddresses } = loaded(all).config.stir!
  assert.deepEqual([budgetMs, maxAgeMs, privateAddresses], [20, 120_000, ['10.0.0.7', 'fd00::7']])
})

test('a root that has expired beside others is a reminder', () => {
  const { reminders } = loaded('stir: { roots: both.pem, hosts: ["*"] }')
  assert.equal(reminders.length, 1)
  assert.match(reminders[0]!, /the root CN=Old in both\.pem expired on .* 2021/)
})

const WRONG: [title: string, stir: string, fault: RegExp][] = [
  ['no roots', '{ hosts: ["*"] }', /1:7: found no roots, expected the file of the authorities/],
  ['no hosts', '{ roots: roots.pem }', /1:7: found no hosts, expected those that certificates are fetched from/],
  [
    'a file that is not there',
    '{ roots: none.pem, hosts: ["*"] }',
    /1:16: found the file none\.pem, which cannot be read/,
  ],
  ['a file without a certificate', '{ roots: empty.pem, hosts: ["*"] }', /1:16: found no certificate in empty\.pem/],
  ['a key', '{ roots: key.pem, hosts: ["*"] }', /1:16: found no certificate in key\.pem/],
  [
    'a file that is cut',
    '{ roots: cut.pem, hosts: ["*"] }',
    /found what cannot be read \(a certificate does not end\)/,
  ],
  ['broken PEM', '{ roots: broken.pem, hosts: ["*"] }', /found what cannot be read \(certificate 1 cannot be read\)/],
  ['a certificate of no authority', '{ roots: leaf.pem, hosts: ["*"] }', /no authority’s \(CN=Leaf\) in leaf\.pem/],
  ['only expired roots', '{ roots: old.pem, hosts: ["*"] }', /nothing but expired certificates \(CN=Old, until .*2021/],
  [
    'a URL for a host',
    '{ roots: roots.pem, hosts: ["https://a.example"] }',
    /1:35: found "https:\/\/a\.example", expected a host name/,
  ],
  ['an address for a host', '{ roots: roots.pem, hosts: [10.0.0.7] }', /found "10\.0\.0\.7", expected a host name/],
  [
    'a range that is private',
    '{ roots: roots.pem, hosts: ["*"], fetch: { private: [10.0.0.0/8] } }',
    /expected an address such as/,
  ],
  [
    'a budget that callers would hear',
    '{ roots: roots.pem, hosts: ["*"], budget: 2s }',
    /expected a duration from 1ms to 500ms/,
  ],
]
for (const [title, stir, fault] of WRONG) {
  test(`verification with ${title} is refused`, () => {
    const result = load(`stir: ${stir}`)
    assert.ok(result.kind === 'refused')
    const faults = result.faults.map((one) => formatFault(one))
    assert.equal(faults.length, 1, faults.join('\n'))
    assert.match(faults[0]!, fault)
  })
}

test('a peer’s verstat is trusted unless the configuration says otherwise', () => {
  const peers =
    '[{ name: a, from: 127.0.0.1, continue: 404 }, { name: b, from: 127.0.0.2, continue: 404, verstat: ignore }]'
  const { config } = loaded(`gate: { peers: ${peers} }`)
  assert.deepEqual(
    config.gate.peers.map(({ verstat }) => verstat),
    ['trust', 'ignore'],
  )
})

function load(text: string): ReturnType<typeof loadConfig> {
  const readFile = (path: string): string => {
    const found = path === 'recourse.yaml' ? text : FILES.get(path)
    if (found === undefined) throw Object.assign(new Error('no file'), { code: 'ENOENT' })
    return found
  }
  return loadConfig({ path: 'recourse.yaml', env: {}, readFile, serves: true })
}

function loaded(text: string): { config: Config; reminders: readonly string[] } {
  const result = load(text)
  assert.ok(result.kind === 'loaded', JSON.stringify(result))
  return result
}
