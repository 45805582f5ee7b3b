import assert from 'node:assert/strict'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import test from 'node:test'
import { stringify } from 'yaml'
import { foundAuthority } from '../../../test/tls-certificates.ts'
import { keepUntilRestart, needRestart } from '#main/reload-keys.ts'
import { formatFault } from './fault.ts'
import { loadConfig, type Loaded } from './load.ts'

const TOKEN = 'f'.repeat(64)
const MINTED = foundAuthority('Test authority').mint({ name: 'redress.northwire.example' })
const OTHER = foundAuthority('Another').mint({ name: 'other.example' })
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' })
const FILES = {
  token: `${TOKEN}\n`,
  short: 'a'.repeat(31),
  spaced: `${'a'.repeat(20)} ${'b'.repeat(20)}`,
  'cert.pem': MINTED.certificate,
  'key.pem': MINTED.key,
  'other.pem': OTHER.key,
  'rsa.pem': RSA,
  // As openssl ecparam writes it.
  'sec1.pem': createPrivateKey(MINTED.key).export({ type: 'sec1', format: 'pem' }),
  'empty.pem': '',
}

type Wishes = {
  readonly peers?: readonly object[]
  readonly api?: object | undefined
  readonly desk?: object | undefined
  readonly policy?: object
}

const PEER = { name: 'edge', from: '127.0.0.1', continue: 404, token: 'file:token' }
const CARD = { key: 'file:key.pem', certificate: 'cert.pem' }
const DESK = { public: 'https://redress.northwire.net', listen: '127.0.0.1:8080' }

function load(wishes: Wishes, { serves = true, env = {} } = {}): Loaded {
  const { peers = [PEER], policy = {} } = wishes
  const value = {
    operator: { contact: { tel: '+18005550142' } },
    gate: { peers },
    policy,
    ...rest({ api: {}, ...wishes }),
  }
  const files: Readonly<Record<string, string>> = { ...FILES, 'recourse.yaml': stringify(value) }
  const readFile = (path: string): string => {
    const text = Object.hasOwn(files, path) ? files[path] : undefined
    if (text === undefined) throw Object.assign(new Error('missing'), { code: 'ENOENT' })
    return text
  }
  return loadConfig({ path: 'recourse.yaml', env, readFile, serves })
}

function rest({ api, desk }: Wishes): object {
  return { ...(api !== undefined && { api }), ...(desk !== undefined && { desk }) }
}

function loaded(wishes: Wishes, more?: Parameters<typeof load>[1]): Extract<Loaded, { kind: 'loaded' }> {
  const result = load(wishes, more)
  assert.equal(result.kind, 'loaded', result.kind === 'refused' ? result.faults.map(formatFault).join('\n') : '')
  return result
}

test('a peer asks over HTTP with a token from a file or the environment, with or without an address', () => {
  const peers = [PEER, { name: 'pbx', continue: 404, token: 'env:PBX_TOKEN' }]
  const { config, reminders } = loaded({ peers }, { env: { PBX_TOKEN: 'e'.repeat(32) } })
  assert.deepEqual(config.api, {
    listen: { address: '127.0.0.1', port: 8081 },
    tls: { kind: 'none' },
    tokens: new Map([
      [TOKEN, 'edge'],
      ['e'.repeat(32), 'pbx'],
    ]),
  })
  assert.deepEqual(
    config.gate.peers.map(({ from }) => from),
    [['127.0.0.1'], []],
  )
  assert.deepEqual(reminders, [])
})

test('the desk has one number to call, or a range, that proves whose a number is', () => {
  for (const [verification, kind, digits, count] of [
    [{ number: '+18005550142' }, 'number', 18005550142, 11],
    [{ range: '+1800555014*' }, 'range', 1800555014, 10],
  ] as const) {
    const { config } = loaded({ desk: { ...DESK, verification } })
    assert.deepEqual(config.desk?.verification, { kind, begins: { kind: 'e164', digits, count } })
  }
  assert.equal(loaded({ desk: DESK }).config.desk?.verification, undefined)
  for (const verification of [
    { number: '8005550142' },
    { number: '+1800555014299' },
    { range: '+18005550142' },
    { number: '+18005550142', range: '+1800555014*' },
    {},
  ]) {
    const result = load({ desk: { ...DESK, verification } })
    assert.equal(result.kind, 'refused', JSON.stringify(verification))
  }
})

test('the desk and the API have certificates, and cards are signed by theirs', () => {
  const tls = { certificate: 'cert.pem', key: 'file:key.pem' }
  const { config } = loaded({ api: { tls }, desk: { ...DESK, tls: { proxy: ['192.0.2.1'] }, card: CARD } })
  assert.deepEqual(config.api?.tls, { kind: 'files', certificate: MINTED.certificate, key: MINTED.key })
  assert.deepEqual(config.desk?.tls, { kind: 'proxy', addresses: ['192.0.2.1'] })
  const { certificate, key } = MINTED
  assert.deepEqual(config.desk?.card, { certificate, key, x5u: 'https://redress.northwire.net/card.pem' })
  const x5u = 'https://certs.northwire.net/redress.pem'
  const sec1 = loaded({ desk: { ...DESK, card: { ...CARD, key: 'file:sec1.pem' } } }).config.desk?.card?.key
  assert.match(sec1!, /^-----BEGIN PRIVATE KEY-----/)
  assert.equal(loaded({ desk: { ...DESK, card: { ...CARD, x5u } } }).config.desk?.card?.x5u, x5u)
})

test('an outside service is asked with the token that its rule names', () => {
  const score = { url: 'https://score.example.net/v1', limit: 80, token: 'file:token' }
  const { config } = loaded({ policy: { rules: [{ id: 'outside', score, mode: 'shadow' }] } })
  assert.deepEqual(config.scoreTokens, new Map([['outside', TOKEN]]))
  const [rule] = config.policy.rules
  assert.ok(rule?.kind === 'score')
  assert.deepEqual(rule.service, {
    url: score.url,
    withinMs: 50,
    cacheMs: 600_000,
    breaker: { failures: 20, perMs: 10_000, openMs: 30_000 },
  })
  assert.doesNotMatch(JSON.stringify(rule), new RegExp(TOKEN), 'a policy holds no secret')
})

test('commands that serve nothing need none of the secrets, and see none', () => {
  const peers = [
    { ...PEER, token: 'file:missing' },
    { name: 'pbx', continue: 404, token: 'env:NOT_SET' },
  ]
  const desk = { ...DESK, card: { key: 'file:missing', certificate: 'missing.pem' } }
  const { config } = loaded({ peers, desk }, { serves: false })
  assert.equal(config.api?.tokens.size, 0)
  assert.equal(load({ peers, desk }).kind, 'refused')
})

test('tokens in clear text over a network are a reminder', () => {
  const listen = '192.0.2.7:8081'
  const note = /api\.listen takes tokens in clear text/
  assert.match(loaded({ api: { listen } }).reminders.join(), note)
  const tls = { certificate: 'cert.pem', key: 'file:key.pem' }
  assert.doesNotMatch(loaded({ api: { listen, tls } }).reminders.join(), note)
})

const ONE = [PEER]
/** What is wrong, and the fault. */
const BAD: readonly (readonly [title: string, wishes: Wishes, fault: RegExp])[] = [
  [
    'a token that is too short',
    { peers: [{ ...PEER, token: 'file:short' }] },
    /^recourse\.yaml:\d+:\d+: found a token of 31 characters in the file short, expected 32 to 512/,
  ],
  ['a token with a space', { peers: [{ ...PEER, token: 'file:spaced' }] }, /found a token of 41 characters/],
  [
    'a token that is not there',
    { peers: [{ ...PEER, token: 'file:missing' }] },
    /found the file missing, which cannot be read/,
  ],
  [
    'a token in a variable that is not set',
    { peers: [{ ...PEER, token: 'env:NOT_SET' }] },
    /found no value in the variable NOT_SET/,
  ],
  [
    'a token in the configuration itself',
    { peers: [{ ...PEER, token: TOKEN }] },
    /token|expected file: and a path, or env:/,
  ],
  [
    'two peers with one token',
    { peers: [PEER, { ...PEER, name: 'pbx', from: '127.0.0.2' }] },
    /found the token of peer "edge" again/,
  ],
  ['a token and no api', { peers: ONE, api: undefined }, /found a token, expected an api/],
  [
    'an api that no peer may ask',
    { peers: [{ name: 'edge', from: '127.0.0.1', continue: 404 }] },
    /found an api that no peer may ask/,
  ],
  [
    'a certificate without its key',
    { api: { tls: { certificate: 'cert.pem', key: 'file:other.pem' } } },
    /found the key of another certificate/,
  ],
  [
    'a certificate that is none',
    { api: { tls: { certificate: 'empty.pem', key: 'file:key.pem' } } },
    /found no certificate/,
  ],
  [
    'a card signed by another key',
    { desk: { ...DESK, card: { ...CARD, key: 'file:other.pem' } } },
    /found the key of another certificate/,
  ],
  [
    'a card signed by RSA',
    { desk: { ...DESK, card: { ...CARD, key: 'file:rsa.pem' } } },
    /found the key of another certificate|P-256/,
  ],
  [
    '608 without a card',
    { desk: DESK, policy: { notices: { profile: 'rfc', analytics: 608 } } },
    /found no card, expected one with key and certificate/,
  ],
  [
    'api and desk on one address',
    { api: { listen: DESK.listen }, desk: DESK },
    /found 127\.0\.0\.1:8080, where the api listens/,
  ],
  [
    'a service by another scheme',
    { policy: { rules: [{ id: 's', score: { url: 'ftp://a.example', limit: 1 } }] } },
    /expected an http or https URL/,
  ],
  [
    'a service with a password',
    { policy: { rules: [{ id: 's', score: { url: 'http://a:b@c.example', limit: 1 } }] } },
    /expected an http or https URL/,
  ],
]

for (const [title, wishes, fault] of BAD) {
  test(`configuration: ${title}`, () => {
    const result = load(wishes)
    assert.equal(result.kind, 'refused')
    const faults = result.faults.map(formatFault)
    assert.ok(
      faults.some((text) => fault.test(text)),
      faults.join('\n'),
    )
    assert.doesNotMatch(
      faults.join('\n').replaceAll(`"${TOKEN.slice(0, 60)}…"`, ''),
      new RegExp(TOKEN),
      'no secret is told',
    )
  })
}

test('from clear text to a certificate and back takes a restart, and is named; another certificate or proxy does not', () => {
  const files = { certificate: 'cert.pem', key: 'file:key.pem' }
  const config = (api: object, desk: object) => loaded({ api: { tls: api }, desk: { ...DESK, tls: desk } }).config
  const proxies = (address: string) => ({ proxy: [address] })
  const clear = config(proxies('192.0.2.1'), proxies('192.0.2.1'))
  for (const [before, after, named] of [
    [clear, config(files, proxies('192.0.2.1')), ['api.tls']],
    [clear, config(files, files), ['api.tls', 'desk.tls']],
    [config(files, files), clear, ['api.tls', 'desk.tls']],
  ] as const) {
    assert.deepEqual(needRestart(before, after), named)
    const kept = keepUntilRestart(before, after)
    assert.deepEqual(kept.api?.tls, before.api?.tls)
    assert.deepEqual(needRestart(before, kept), [])
  }
  const elsewhere = config(proxies('192.0.2.2'), proxies('192.0.2.2'))
  assert.deepEqual(needRestart(clear, elsewhere), [])
  assert.deepEqual(keepUntilRestart(clear, elsewhere).desk?.tls, elsewhere.desk?.tls)
  const secure = config(files, files)
  const other = { ...secure, api: { ...secure.api!, tls: { ...files, kind: 'files', key: OTHER.key } } } as const
  assert.deepEqual(needRestart(secure, other), [])
  assert.deepEqual(keepUntilRestart(secure, other).api?.tls, other.api.tls)
})
