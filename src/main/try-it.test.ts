import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tryItWords } from './try-it.ts'

const PEER = { name: 'edge', continueStatus: 404, tenant: '' }

const CASES: [title: string, local: string[], from: string[], target: string | undefined][] = [
  ['loopback is a peer', ['udp:127.0.0.1:5060'], ['127.0.0.0/8'], 'sip:127.0.0.1:5060'],
  ['loopback is none', ['udp:127.0.0.1:5060'], ['192.0.2.7'], undefined],
  ['of no peer at all', ['udp:127.0.0.1:5060'], [], undefined],
  ['every address, loopback is a peer', ['udp:0.0.0.0:5060'], ['127.0.0.1', '192.0.2.7'], 'sip:127.0.0.1:5060'],
  ['every address, loopback is none', ['udp:0.0.0.0:5060'], ['192.0.2.7'], undefined],
  ['an address of this machine that is a peer', ['udp:192.0.2.9:5060'], ['192.0.2.0/24'], 'sip:192.0.2.9:5060'],
  ['an address of this machine, loopback is a peer', ['udp:192.0.2.9:5060'], ['127.0.0.1'], undefined],
  ['IPv6', ['tcp:[::1]:5060'], ['::1'], 'sip:[::1]:5060 --transport tcp'],
  ['every IPv6 address', ['udp:[::]:5060'], ['::1'], 'sip:[::1]:5060'],
  [
    'another endpoint works',
    ['udp:192.0.2.9:5060', 'tcp:127.0.0.1:5062'],
    ['127.0.0.1'],
    'sip:127.0.0.1:5062 --transport tcp',
  ],
  ['TLS alone', ['tls:127.0.0.1:5061'], ['127.0.0.1'], undefined],
]
for (const [title, local, from, target] of CASES) {
  test(`words to try a gate with: ${title}`, () => {
    const words = tryItWords(local, from.length === 0 ? [] : [{ ...PEER, from }])
    const expected = target && `npx recourse call ${target} --from +12125550199 --to +14155550163`
    assert.equal(words, expected)
  })
}
