import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Message } from '#codec/sip/message.ts'
import { encodeText } from '#codec/sip/text.ts'
import { noticeVectors } from '../../../test/torture.ts'
import { annotate } from './annotate.ts'
import type { RuleId } from './rules.ts'

const VECTORS = noticeVectors()
const NOTICE = noticeOf('url=https://redress.northwire.example/c;id=a1')

test('every rule that the linter fires stands at one part, or among what is missing', () => {
  let rules = 0
  for (const { id, bytes } of VECTORS) {
    const { parts, missing, report } = annotate(read(bytes))
    const told = [...parts.flatMap(({ faults }) => faults), ...missing].toSorted()
    assert.deepEqual(told, report.rules, id)
    rules += told.length
  }
  assert.ok(rules >= 250, `${rules} rules were looked at`)
})

test('the parts of a notice stand in order, each with its meaning and where that stands', () => {
  const { parts, missing } = annotate(response('603 Network Blocked', NOTICE))
  assert.deepEqual(
    parts.map(({ depth, part, text }) => `${depth} ${part}: ${text}`),
    [
      '0 status line: SIP/2.0 603 Network Blocked',
      '0 Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
      '0 From: <sip:+12125550117@example.net>;tag=a',
      '0 To: <sip:+14155550123@example.net>;tag=b',
      '0 Call-ID: c1',
      '0 CSeq: 1 INVITE',
      `0 Reason: ${NOTICE.slice('Reason: '.length)}`,
      '1 protocol: SIP',
      '1 cause: 603',
      '1 text: v=analytics1;url=https://redress.northwire.example/c;id=a1',
      '2 v: analytics1',
      '2 url: https://redress.northwire.example/c',
      '2 id: a1',
      '1 location: RLN',
      '0 Content-Length: 0',
    ],
  )
  assert.deepEqual(missing, [])
  for (const { part, means, cite, faults } of parts) {
    assert.match(means, /^[A-Z].*\.$/, part)
    assert.match(cite, /RFC|ATIS|ITU/, part)
    assert.deepEqual(faults, [], part)
  }
})

const BLAMED: readonly [words: string, status: string, fields: readonly string[], part: string, rule: RuleId][] = [
  ['a url without https', '603 Network Blocked', [noticeOf('url=http://a.example/')], 'url', 'R603P-11'],
  ['a number without a plus', '603 Network Blocked', [noticeOf('tel=18005550142')], 'tel', 'R603P-14'],
  ['an address without a domain', '603 Network Blocked', [noticeOf('email=desk')], 'email', 'R603P-15'],
  ['a phrase in small letters', '603 network blocked', [NOTICE], 'status line', 'R603P-03'],
  ['a wrong cause', '603 Network Blocked', [NOTICE.replace('cause=603', 'cause=21')], 'cause', 'R603P-06'],
  ['no location', '603 Network Blocked', [NOTICE.replace(';location=RLN', '')], 'Reason', 'R603P-20'],
  ['an unknown location', '603 Network Blocked', [NOTICE.replace('RLN', 'XYZ')], 'location', 'R603P-21'],
  ['a card beside a 607', '607 Unwanted', [card()], 'card', 'R607-05'],
  ['a card without its purpose', '608 Rejected', [card().replace(';purpose=jwscard', '')], 'Call-Info', 'R608-04'],
  ['seconds on a 607', '607 Unwanted', ['Retry-After: 60'], 'Retry-After', 'R607-06'],
]
for (const [words, status, fields, part, rule] of BLAMED) {
  test(`${words}: the ${part} is blamed by ${rule}, and nothing else for it`, () => {
    const { parts } = annotate(response(status, ...fields))
    assert.deepEqual(
      parts.filter(({ faults }) => faults.includes(rule)).map((one) => one.part),
      [part],
    )
  })
}

test('of two Reason values the one that carries the notice is blamed for it', () => {
  const other = 'Reason: Q.850;cause=21;text="no thanks"'
  const { parts } = annotate(response('603 Network Blocked', other, NOTICE.replace(';location=RLN', '')))
  const reasons = parts.filter(({ part }) => part === 'Reason')
  assert.deepEqual(
    reasons.map(({ faults }) => faults),
    [[], ['R603P-20']],
  )
})

test('what is missing is told apart from what is wrong', () => {
  const { missing } = annotate(response('603 Network Blocked'))
  assert.deepEqual(missing, ['R603-06', 'R603P-04'])
})

test('any octets are annotated', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const { parts, report, missing } = annotate(read(bytes))
      assert.ok(parts.length > 0)
      assert.equal(parts.flatMap(({ faults }) => faults).length + missing.length, report.rules.length)
    }),
  )
})

function read(bytes: Uint8Array): Message {
  const message = new Message()
  message.read(bytes)
  return message
}

function response(status: string, ...fields: readonly string[]): Message {
  const lines = [
    `SIP/2.0 ${status}`,
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1',
    'From: <sip:+12125550117@example.net>;tag=a',
    'To: <sip:+14155550123@example.net>;tag=b',
    'Call-ID: c1',
    'CSeq: 1 INVITE',
    ...fields,
    'Content-Length: 0',
  ]
  return read(encodeText(`${lines.join('\r\n')}\r\n\r\n`))
}

function noticeOf(pair: string): string {
  return `Reason: SIP;cause=603;text="v=analytics1;${pair}";location=RLN`
}

function card(): string {
  return 'Call-Info: <https://redress.northwire.example/j/1>;purpose=jwscard'
}
