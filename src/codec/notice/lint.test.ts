import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { verifyCard } from '#codec/jcard/verify.ts'
import { Message } from '#codec/sip/message.ts'
import { decodeOctets, encodeOctets, encodeText } from '#codec/sip/text.ts'
import { type NoticeVector, noticeVectors, sipVectors, tortureCases } from '../../../test/torture.ts'
import { formatReport, lint } from './lint.ts'
import { readNotice } from './read.ts'
import { RULES, type RuleId } from './rules.ts'

const VECTORS = noticeVectors()

for (const vector of VECTORS) {
  test(`${vector.id}: ${vector.title}`, async () => {
    const report = JSON.parse(formatReport(lint(vector.bytes, await cardsOf(vector)))) as NoticeVector['expect']
    const { freeswitchDetect } = vector.expect
    // Null there claims nothing.
    assert.deepEqual(
      report,
      freeswitchDetect === null ? { ...vector.expect, freeswitchDetect: report.freeswitchDetect } : vector.expect,
    )
  })
}

test('the vectors fire every rule but the one that needs knowledge from elsewhere', () => {
  const fired = new Set(VECTORS.flatMap(({ expect }) => expect.rules))
  assert.deepEqual(
    Object.keys(RULES).filter((rule) => !fired.has(rule)),
    ['R603-05'],
  )
  assert.deepEqual(
    [...fired].filter((rule) => !(rule in RULES)),
    [],
  )
})

test('a plain 603 that is known to tell a block by analytics is deviant since the rule changed', () => {
  const at = (time: string) => ({ analyticsBlockAtMs: Date.parse(time) })
  const plain = named('P01')
  assert.deepEqual(lint(plain, at('2026-03-25T04:00:00Z')).rules, ['R603-04', 'R603-05'])
  assert.equal(lint(plain, at('2026-03-25T04:00:00Z')).verdict, 'deviant')
  assert.deepEqual(lint(plain, at('2026-03-25T03:59:59Z')).rules, ['R603-04'])
  assert.deepEqual(lint(named('G01'), at('2026-11-22T00:00:00Z')).rules, [])
})

test('octets and a message already read give the same report', () => {
  let compared = 0
  for (const { bytes } of VECTORS) {
    const message = new Message()
    const shifted = new Uint8Array(bytes.length + 9)
    shifted.set(bytes, 4)
    message.read(shifted, 4, 4 + bytes.length)
    assert.deepEqual(lint(message), lint(bytes))
    compared++
  }
  assert.ok(compared >= 261)
})

test('any octets give a report whose rules exist, stand once and are sorted', () => {
  const seeds = VECTORS.map(({ bytes }) => bytes)
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat(3))
    .map(([seed, edits, cut]) => {
      const bytes = seed.slice(0, cut === 0 ? edits.length * 40 : seed.length)
      for (const [at, octet] of edits) if (bytes.length > 0) bytes[at % bytes.length] = octet
      return bytes
    })
  const classes = new Set<string>()
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), { weight: 4, arbitrary: mutated }), (bytes) => {
      const report = lint(bytes)
      classes.add(report.class)
      assert.deepEqual([...report.rules], [...new Set(report.rules)].sort())
      assert.ok(report.rules.every((rule) => rule in RULES))
      assert.equal(report.identity603plus, report.class === '603+')
      assert.doesNotThrow(() => JSON.parse(formatReport(report)))
      readNotice(messageOf(bytes))
    }),
    { numRuns: 1_500 },
  )
  assert.deepEqual([...classes].sort(), ['603', '603+', '607', '608', 'malformed', 'other'])
})

test('messages of other kinds give a report too', () => {
  const others = [...sipVectors(), ...tortureCases()]
  assert.ok(others.length >= 100)
  for (const { bytes } of others) assert.ok(lint(bytes).rules.every((rule) => rule in RULES))
})

test('a request is no response', () => {
  const request = 'INVITE sip:a@b.example SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n'
  assert.deepEqual(lint(encodeText(request)).rules, ['RSIP-01'])
  assert.equal(readNotice(messageOf(encodeText(request))), undefined)
})

test('a message beyond the limits of the reader is said to be so', () => {
  const long = withField(named('P01'), `X: ${'x'.repeat(9_000)}`)
  assert.deepEqual([lint(long).class, lint(long).rules], ['malformed', ['RSIP-10']])
})

const READ: [title: string, id: string, kind: string | undefined, facts: Record<string, unknown>][] = [
  ['a 603+', 'G02', 'network-blocked', { form: 'SIP', tel: '+18005550142', id: 'nw-7Q_42', location: 'RLN' }],
  ['a 603+ in the second value', 'G05', 'network-blocked', { form: 'SIP', email: 'unblock@northwire.example' }],
  ['the SIP value of two', 'W05', 'network-blocked', { form: 'SIP', tel: undefined }],
  ['a plain 603', 'P01', 'declined', { residue: false, retryAfterS: undefined }],
  ['a 603 for a while', 'P02', 'declined', { residue: false, retryAfterS: 300 }],
  ['a damaged 603+', 'X01', 'declined', { residue: true }],
  ['a 607', 'U01', 'unwanted', {}],
  ['a 608', 'J01', 'rejected', { phrase: 'Rejected' }],
  ['a busy answer', 'N01', undefined, {}],
]

for (const [title, id, kind, facts] of READ) {
  test(`${title} is read as ${kind ?? 'no notice'}`, () => {
    const notice = readNotice(messageOf(named(id)))
    assert.equal(notice?.kind, kind)
    for (const [name, fact] of Object.entries(facts))
      assert.deepEqual((notice as unknown as Record<string, unknown>)[name], fact, name)
  })
}

test('a 608 gives its cards as they stand, a 433 is anonymity refused', () => {
  const seen = readNotice(messageOf(named('J11')))
  assert.ok(seen?.kind === 'rejected')
  assert.deepEqual(
    seen.callInfo.map(({ purpose }) => purpose),
    ['jwscard', 'icon'],
  )
  const anonymous = decodeOctets(named('P01')).replace('603 Decline', '433 Anonymity Disallowed')
  assert.equal(readNotice(messageOf(encodeOctets(anonymous)))?.kind, 'anonymity-disallowed')
})

const CALL_INFO: [value: string, rules: RuleId[]][] = [
  ['<https://a.example/j>;purpose=JWSCARD', []],
  ['https://a.example/j;purpose=jwscard', ['R608-05']],
  ['<https://a.example/j>', ['R608-04']],
  ['<https://a.example/j>;purpose=jwscard;x=1;X=2', ['RSIP-09']],
  ['<https://a.example/j', ['R608-04', 'R608-05']],
  ['<>;purpose=jwscard', ['R608-05']],
]

for (const [value, rules] of CALL_INFO) {
  test(`Call-Info ${value} fires ${rules.join(' ') || 'nothing'}`, () => {
    const found = lint(withField(named('J02'), `Call-Info: ${value}`)).rules
    assert.deepEqual(
      found.filter((rule) => rule !== 'R608-10'),
      rules,
    )
  })
}

async function cardsOf({ resources, x5uJwk, now }: NoticeVector) {
  if (resources === undefined || x5uJwk === undefined || now === undefined) return {}
  const entries = [...resources].map(async ([uri, body]) => [uri, await verifyCard(body, x5uJwk, now)] as const)
  return { cards: new Map(await Promise.all(entries)) }
}

function named(id: string): Uint8Array {
  const vector = VECTORS.find((vector) => vector.id === id)
  assert.ok(vector, id)
  return vector.bytes
}

function withField(bytes: Uint8Array, line: string): Uint8Array {
  const text = decodeOctets(bytes)
  const end = text.indexOf('\r\n\r\n')
  return encodeOctets(`${text.slice(0, end)}\r\n${line}${text.slice(end)}`)
}

function messageOf(bytes: Uint8Array): Message {
  const message = new Message()
  message.read(bytes)
  return message
}
