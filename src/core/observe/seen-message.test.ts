import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Malformed } from '#codec/sip/malformed.ts'
import { encodeText } from '#codec/sip/text.ts'
import { CALL_NAME_MAX, readSeenMessage } from './seen-message.ts'

type Parts = { start?: string; from?: string; to?: string; callId?: string; cseq?: string; more?: string }

function write({ start = INVITE, from = '<sip:+12125550117@a>;tag=a', to = '<sip:+14155550163@b>', ...rest }: Parts) {
  const { callId = 'c@a', cseq = '1 INVITE', more = '' } = rest
  const via = 'Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP z;branch=z9hG4bK0'
  const fields = [via, `From: ${from}`, `To: ${to}`, `Call-ID: ${callId}`, `CSeq: ${cseq}`]
  return encodeText(`${start}\r\n${fields.join('\r\n')}\r\n${more}Content-Length: 0\r\n\r\n`)
}

const INVITE = 'INVITE sip:+14155550163@b;user=phone SIP/2.0'
const PART = { callId: 'c@a', fromTag: 'a' }
const BEGUN = { kind: 'invite', ...PART, branch: 'z9hG4bK1', calling: '+12125550117', called: '+14155550163' }
const ANSWERED = { kind: 'answer', ...PART, branch: 'z9hG4bK1', toTag: 'b', isNotice: false }
const TAGGED = '<sip:+14155550163@b>;tag=b'
const ANALYTICS = 'Reason: SIP;cause=603;text="v=analytics1;url=https://r.example";location=RLN\r\n'

const READ: readonly (readonly [title: string, parts: Parts, expected: object | undefined])[] = [
  ['the INVITE of a call', {}, BEGUN],
  [
    'the asserted number counts, as for the gate',
    { more: 'P-Asserted-Identity: <tel:+12125550199>\r\n' },
    { ...BEGUN, calling: '+12125550199' },
  ],
  ['a withheld number is none', { from: '<sip:anonymous@anonymous.invalid>;tag=a' }, { ...BEGUN, calling: 'withheld' }],
  ['a re-INVITE begins nothing', { to: TAGGED }, undefined],
  ['an emergency call is not followed', { start: 'INVITE sip:911@b SIP/2.0' }, undefined],
  ['a CANCEL', { start: 'CANCEL sip:b@b SIP/2.0', cseq: '1 CANCEL' }, { kind: 'cancel', ...PART }],
  ['a BYE', { start: 'BYE sip:b@b SIP/2.0', to: TAGGED, cseq: '2 BYE' }, { kind: 'bye', ...PART, toTag: 'b' }],
  ['an ACK says nothing', { start: 'ACK sip:b@b SIP/2.0', cseq: '1 ACK' }, undefined],
  ['ringing', { start: 'SIP/2.0 180 Ringing', to: TAGGED }, { ...ANSWERED, status: 180 }],
  ['an answer', { start: 'SIP/2.0 200 OK', to: TAGGED }, { ...ANSWERED, status: 200 }],
  ['an answer to a BYE says nothing', { start: 'SIP/2.0 200 OK', to: TAGGED, cseq: '2 BYE' }, undefined],
  ['a refusal', { start: 'SIP/2.0 486 Busy Here', to: TAGGED }, { ...ANSWERED, status: 486 }],
  ['a person’s 603', { start: 'SIP/2.0 603 Decline', to: TAGGED }, { ...ANSWERED, status: 603 }],
  [
    'a network’s 603',
    { start: 'SIP/2.0 603 Network Blocked', to: TAGGED, more: ANALYTICS },
    { ...ANSWERED, status: 603, isNotice: true },
  ],
  ['a 608', { start: 'SIP/2.0 608 Rejected', to: TAGGED }, { ...ANSWERED, status: 608, isNotice: true }],
  [
    'tags may be absent',
    { start: 'SIP/2.0 200 OK', from: '<sip:a@a>' },
    { ...ANSWERED, fromTag: '', toTag: '', status: 200 },
  ],
  [
    'a name as long as may be',
    { callId: 'x'.repeat(CALL_NAME_MAX - 1) },
    { ...BEGUN, callId: 'x'.repeat(CALL_NAME_MAX - 1) },
  ],
]

for (const [title, parts, expected] of READ) {
  test(`read: ${title}`, () => {
    assert.deepEqual(readSeenMessage(write(parts)), expected)
  })
}

const BROKEN: readonly (readonly [title: string, parts: Parts])[] = [
  ['no SIP', { start: 'HELO a' }],
  ['a From that cannot be read, in an answer', { start: 'SIP/2.0 200 OK', from: '<sip:a@a;tag=a' }],
  ['a number asserted in vain, as for the gate', { more: 'P-Asserted-Identity: <tel:>\r\n' }],
  ['a name longer than may be', { callId: 'x'.repeat(CALL_NAME_MAX) }],
  ['a To tag longer than may be', { start: 'SIP/2.0 200 OK', to: `<sip:b@b>;tag=${'x'.repeat(CALL_NAME_MAX + 1)}` }],
]

for (const [title, parts] of BROKEN) {
  test(`not read: ${title}`, () => {
    assert.throws(() => readSeenMessage(write(parts)), Malformed)
  })
}

test('numbers are read by the dial plan, as the gate reads them', () => {
  const bytes = write({ start: 'INVITE sip:4155550163@b SIP/2.0', from: '<sip:2125550117@a>;tag=a' })
  assert.deepEqual(readSeenMessage(bytes, { country: 1, national: 10, international: '011' }), BEGUN)
  assert.deepEqual(readSeenMessage(bytes), { ...BEGUN, calling: '2125550117', called: '4155550163' })
})
