import assert from 'node:assert/strict'
import test from 'node:test'
import { stringify } from 'yaml'
import { keepUntilRestart, needRestart } from '#main/reload-keys.ts'
import { formatFault } from './fault.ts'
import { loadConfig, type Loaded } from './load.ts'

function load(outcomes: object | undefined, { serves = true, env = {}, gate = {} } = {}): Loaded {
  const text = stringify({ gate: { ...gate, ...(outcomes && { outcomes }) } })
  const readFile = (path: string): string => {
    if (path === 'recourse.yaml') return text
    if (path === 'key') return ' a key\n'
    throw Object.assign(new Error('missing'), { code: 'ENOENT' })
  }
  return loadConfig({ path: 'recourse.yaml', env, readFile, serves })
}

function loaded(...given: Parameters<typeof load>) {
  const result = load(...given)
  assert.equal(result.kind, 'loaded', result.kind === 'refused' ? result.faults.map(formatFault).join('\n') : '')
  return result.kind === 'loaded' ? result.config : assert.fail()
}

test('copies of programs on this machine need no list of senders; without the key there are none', () => {
  assert.deepEqual(loaded({ hep: ['udp:127.0.0.1:9061', 'tcp:[::1]:9061'] }).outcomes, {
    listen: [
      { address: '127.0.0.1', port: 9061, transport: 'udp' },
      { address: '::1', port: 9061, transport: 'tcp' },
    ],
    from: ['127.0.0.0/8', '::1'],
    password: undefined,
  })
  assert.equal(loaded(undefined).outcomes, undefined)
})

test('other machines send where they are listed, with a key from a file or a variable, read by who serves', () => {
  const wishes = { hep: ['udp:0.0.0.0:9061'], from: '192.0.2.0/24' }
  assert.deepEqual(loaded(wishes).outcomes?.from, ['192.0.2.0/24'])
  assert.equal(loaded({ ...wishes, password: 'file:key' }).outcomes?.password, 'a key')
  assert.equal(loaded({ ...wishes, password: 'env:KEY' }, { env: { KEY: 'b' } }).outcomes?.password, 'b')
  assert.equal(loaded({ ...wishes, password: 'env:KEY' }, { serves: false }).outcomes?.password, undefined)
})

const REFUSED: readonly (readonly [outcomes: object, fault: RegExp])[] = [
  [{}, /hep.*expected a list such as \["udp:127\.0\.0\.1:9061"\]/],
  [{ hep: [] }, /found an empty list, expected a list/],
  [{ hep: ['tls:127.0.0.1:9061'] }, /found "tls:127.0.0.1:9061", expected udp: or tcp:/],
  [{ hep: ['127.0.0.1:9061'] }, /expected udp: or tcp:/],
  [{ hep: ['udp:0.0.0.0:9061'] }, /where other machines reach it, and no gate.outcomes.from, expected the addresses/],
  [{ hep: ['udp:127.0.0.1:9061', 'udp:127.0.0.1:9061'] }, /found udp:127.0.0.1:9061 again/],
  [{ hep: ['udp:127.0.0.1:5060'] }, /found udp:127.0.0.1:5060 again, expected each address once/],
  [{ hep: ['udp:127.0.0.1:9061'], from: '0.0.0.0/0' }, /expected an address such as/],
  [{ hep: ['udp:127.0.0.1:9061'], from: [] }, /expected an address such as/],
  [{ hep: ['udp:127.0.0.1:9061'], password: 'a key' }, /expected file: and a path/],
  [{ hep: ['udp:127.0.0.1:9061'], password: 'file:gone' }, /file gone, which cannot be read/],
  [{ hep: ['udp:127.0.0.1:9061'], password: 'env:BLANK' }, /found an empty key/],
  [{ hep: ['udp:127.0.0.1:9061'], form: 'x' }, /form/],
]

for (const [outcomes, fault] of REFUSED) {
  test(`refused: ${JSON.stringify(outcomes)}`, () => {
    const result = load(outcomes, { env: { BLANK: ' ' } })
    assert.equal(result.kind, 'refused')
    const words = result.kind === 'refused' ? result.faults.map(formatFault) : []
    assert.equal(words.length, 1, words.join('\n'))
    assert.match(words[0]!, fault)
    assert.match(words[0]!, /^recourse\.yaml:\d+:\d+/)
  })
}

test('the same address over another transport is another address', () => {
  assert.equal(
    loaded({ hep: ['tcp:127.0.0.1:5060', 'udp:127.0.0.1:9061', 'tcp:127.0.0.1:9061'] }).outcomes?.listen.length,
    3,
  )
})

test('another place for copies waits for a restart', () => {
  const [before, after] = ['9061', '9062'].map((port) => loaded({ hep: [`udp:127.0.0.1:${port}`] }))
  assert.deepEqual(needRestart(before!, after!), ['gate.outcomes'])
  assert.deepEqual(keepUntilRestart(before!, after!).outcomes, before!.outcomes)
  assert.deepEqual(needRestart(before!, before!), [])
})
