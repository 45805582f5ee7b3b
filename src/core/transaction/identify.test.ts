import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMessage } from '#codec/sip/message.ts'
import { RequestView } from '#codec/sip/request.ts'
import { encodeText } from '#codec/sip/text.ts'
import { Identifier } from './identify.ts'
import { formatTransaction } from './transaction.ts'

const KEY = Uint8Array.from({ length: 16 }, (_, index) => index)

type Parts = {
  readonly address: string
  readonly method: string
  readonly uri: string
  readonly via: string
  readonly from: string
  readonly callId: string
  readonly cseq: number
  readonly more: readonly string[]
}

const PLAIN: Parts = {
  address: '192.0.2.1',
  method: 'INVITE',
  uri: 'sip:+14155550163@b.example',
  via: 'SIP/2.0/UDP a.example:5060;branch=z9hG4bK1',
  from: '"A" <sip:+12125550117@a.example>;tag=f',
  callId: 'c@a.example',
  cseq: 1,
  more: [],
}

function identify(changes: Partial<Parts> = {}, identifier = new Identifier(KEY)) {
  const { address, method, uri, via, from, callId, cseq, more } = { ...PLAIN, ...changes }
  const lines = [
    `Via: ${via}`,
    `From: ${from}`,
    'To: <sip:b@b.example>',
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
  ]
  const request = parseMessage(encodeText(`${method} ${uri} SIP/2.0\r\n${[...lines, ...more].join('\r\n')}\r\n\r\n`))
  const view = new RequestView()
  assert.equal(view.read(request), undefined)
  identifier.identify(request, view, address)
  return {
    transaction: formatTransaction(identifier),
    call: formatTransaction({ high: identifier.callHigh, low: identifier.callLow }),
  }
}

const OTHER_TRANSACTIONS: [title: string, changes: Partial<Parts>][] = [
  ['source address', { address: '192.0.2.2' }],
  ['branch', { via: 'SIP/2.0/UDP a.example:5060;branch=z9hG4bK2' }],
  ['Call-ID', { callId: 'd@a.example' }],
  ['CSeq number', { cseq: 2 }],
  ['CSeq number, in its highest octet', { cseq: 1 + 2 ** 24 }],
  ['From tag', { from: '"A" <sip:+12125550117@a.example>;tag=g' }],
  ['From tag, by being without one', { from: '"A" <sip:+12125550117@a.example>' }],
]

for (const [title, changes] of OTHER_TRANSACTIONS) {
  test(`another transaction has another ${title}`, () => {
    assert.notEqual(identify(changes).transaction, identify().transaction)
  })
}

const SAME_TRANSACTION: [title: string, changes: Partial<Parts>][] = [
  ['CANCEL of it', { method: 'CANCEL' }],
  ['another header field', { more: ['Max-Forwards: 69'] }],
  ['Via values behind the first', { via: `${PLAIN.via}, SIP/2.0/UDP z.example` }],
]

for (const [title, changes] of SAME_TRANSACTION) {
  test(`a transaction and its call keep their names: ${title}`, () => {
    assert.deepEqual(identify(changes), identify())
  })
}

const WITHOUT_BRANCH: [via: string, same: boolean][] = [
  ['SIP/2.0/UDP a.example:5060;x', true],
  ['SIP/2.0/UDP a.example:5060;x, SIP/2.0/UDP z.example', true],
  ['SIP/2.0/UDP b.example:5060;x', false],
  ['SIP/2.0/UDP a.example:5061;x', false],
  ['SIP/2.0/UDP a.example:5060;y', false],
]

for (const [via, same] of WITHOUT_BRANCH) {
  test(`without a branch the whole top Via counts: ${via} is ${same ? 'the same' : 'another'} transaction`, () => {
    const { transaction } = identify({ via: WITHOUT_BRANCH[0]![0] })
    assert.equal(identify({ via }).transaction === transaction, same)
  })
}

const SHIFTED: [title: string, one: Partial<Parts>, other: Partial<Parts>][] = [
  ['source address to Call-ID', { address: '192.0.2.1', callId: '23' }, { address: '192.0.2.12', callId: '3' }],
  ['Call-ID to From tag', { callId: 'ab', from: '<sip:a@b>;tag=c' }, { callId: 'a', from: '<sip:a@b>;tag=bc' }],
  ['Request-URI to From', { uri: 'sip:b@b.e', from: 'sip:a@b;tag=f' }, { uri: 'sip:b@b.es', from: 'ip:a@b;tag=f' }],
  [
    'From to P-Asserted-Identity',
    { from: '<sip:a@b>;tag=f;x=1', more: ['P-Asserted-Identity: tel:+1'] },
    { from: '<sip:a@b>;tag=f;x=1t', more: ['P-Asserted-Identity: el:+1'] },
  ],
  [
    'one P-Asserted-Identity to the next',
    { more: ['P-Asserted-Identity: tel:+1', 'P-Asserted-Identity: sip:a@b'] },
    { more: ['P-Asserted-Identity: tel:+1s', 'P-Asserted-Identity: ip:a@b'] },
  ],
]

for (const [title, one, other] of SHIFTED) {
  test(`a character that moves from ${title} makes another call`, () => {
    assert.notEqual(identify(one).call, identify(other).call)
  })
}

test('a character that moves between the parts of a transaction makes another one', () => {
  for (const [title, one, other] of SHIFTED.slice(0, 2))
    assert.notEqual(identify(one).transaction, identify(other).transaction, title)
})

test('a new branch is a new transaction of the same call', () => {
  const again = identify({ via: 'SIP/2.0/UDP z.example;branch=z9hG4bK2' })

  assert.notEqual(again.transaction, identify().transaction)
  assert.equal(again.call, identify().call)
})

const OTHER_CALLS: [title: string, changes: Partial<Parts>][] = [
  ['source address', { address: '192.0.2.2' }],
  ['Call-ID', { callId: 'd@a.example' }],
  ['From tag', { from: '"A" <sip:+12125550117@a.example>;tag=g' }],
  ['Request-URI', { uri: 'sip:911@b.example' }],
  ['From', { from: '"A" <sip:+12125550118@a.example>;tag=f' }],
  ['asserted identity', { more: ['P-Asserted-Identity: <tel:+12125550117>'] }],
]

for (const [title, changes] of OTHER_CALLS) {
  test(`another call has another ${title}`, () => {
    assert.notEqual(identify(changes).call, identify().call)
  })
}

test('names depend on the key, and not on what was named before', () => {
  const identifier = new Identifier(KEY)
  identify({ callId: 'x', from: '<sip:x@y>' }, identifier)

  assert.deepEqual(identify({}, identifier), identify())
  assert.notEqual(identify({}, new Identifier(KEY.toReversed())).transaction, identify().transaction)
})
