import assert from 'node:assert/strict'
import test from 'node:test'
import { stringify } from 'yaml'
import { formatFault } from './fault.ts'
import { loadConfig, type Loaded } from './load.ts'

const AUTHORITY = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n'
const FILES: Readonly<Record<string, string>> = { 'desks.pem': AUTHORITY, 'empty.pem': 'nothing' }
const REACH = [{ host: 'Redress.Northwire.example', at: '127.0.0.1:8081' }]

function load(calling: object | undefined): Loaded {
  const text = stringify({ ...(calling && { calling }) })
  const readFile = (path: string): string => {
    const found = path === 'recourse.yaml' ? text : FILES[path]
    if (found === undefined) throw Object.assign(new Error('missing'), { code: 'ENOENT' })
    return found
  }
  return loadConfig({ path: 'recourse.yaml', env: {}, readFile, serves: true })
}

test('without the section, desks are asked at public addresses only, and probes stay on this machine', () => {
  const result = load(undefined)
  assert.deepEqual(result.kind === 'loaded' && result.config.calling, {
    disputes: { reach: new Map(), isPrivateAllowed: false, authorities: undefined },
    probes: { to: [] },
  })
})

test('desks that are elsewhere than their names say, whom to trust for them, and where probes may go', () => {
  const disputes = { reach: REACH, private: true, authorities: 'desks.pem' }
  const result = load({ disputes, probes: { to: ['192.0.2.0/24', '198.51.100.7'] } })
  assert.deepEqual(result.kind === 'loaded' && result.config.calling, {
    disputes: {
      reach: new Map([['redress.northwire.example', { address: '127.0.0.1', port: 8081 }]]),
      isPrivateAllowed: true,
      authorities: AUTHORITY,
    },
    probes: { to: ['192.0.2.0/24', '198.51.100.7'] },
  })
})

const REFUSED: readonly (readonly [calling: object, fault: RegExp])[] = [
  [{ disputes: { reach: [...REACH, ...REACH] } }, /found redress\.northwire\.example again/],
  [{ disputes: { reach: [{ host: 'a b', at: '127.0.0.1:1' }] } }, /expected a host such as/],
  [{ disputes: { reach: [{ host: 'a', at: '127.0.0.1' }] } }, /expected an address and port/],
  [{ disputes: { private: 'yes' } }, /expected true or false/],
  [{ disputes: { authorities: 'none.pem' } }, /none\.pem, which cannot be read/],
  [{ disputes: { authorities: 'empty.pem' } }, /found no certificate, expected PEM/],
  [{ probes: { to: ['0.0.0.0/0'] } }, /expected/],
  [{ probes: { too: [] } }, /did you mean to\?|too/],
]
for (const [calling, fault] of REFUSED) {
  test(`refused: ${JSON.stringify(calling)}`, () => {
    const result = load(calling)
    const words = result.kind === 'refused' ? result.faults.map(formatFault) : []
    assert.equal(words.length, 1, words.join('\n'))
    assert.match(words[0]!, fault)
  })
}
