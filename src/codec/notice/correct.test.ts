import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatResponse } from '#codec/sip/format-message.ts'
import { Message } from '#codec/sip/message.ts'
import { encodeText } from '#codec/sip/text.ts'
import { noticeVectors } from '../../../test/torture.ts'
import { correctNotice } from './correct.ts'
import { lint } from './lint.ts'

test('what is corrected has nothing against it, and what is right is left alone', () => {
  const kinds = new Map<string, number>()
  for (const { id, bytes } of noticeVectors()) {
    const message = read(bytes)
    const correction = correctNotice(message)
    kinds.set(correction.kind, (kinds.get(correction.kind) ?? 0) + 1)
    if (correction.kind === 'right') assert.equal(lint(message).verdict, 'conformant', id)
    if (correction.kind === 'incomplete') assert.ok(correction.needs.length > 0, id)
    if (correction.kind !== 'corrected') continue
    const { status, phrase, fields } = correction.reply
    const again = lint(formatResponse(status, phrase, { fields: [...REQUIRED, ...fields] }))
    assert.equal(again.verdict, 'conformant', `${id}: ${again.rules.join(' ')}`)
  }
  for (const kind of ['right', 'corrected', 'incomplete', 'none']) assert.ok((kinds.get(kind) ?? 0) >= 3, kind)
})

const CASES: readonly [words: string, status: string, reason: string, expected: string][] = [
  [
    'a bad number is left out where a page is named',
    '603 Network Blocked',
    'SIP;cause=603;text="v=analytics1;url=https://a.example/c;tel=12";location=RLN',
    'SIP;cause=603;text="v=analytics1;url=https://a.example/c";location=RLN',
  ],
  [
    'a notice under another phrase keeps its form, text and place',
    '603 Decline',
    'Q.850;cause=21;text="v=analytics1;tel=+18005550142;id=a1";location=tn',
    'Q.850;cause=21;text="v=analytics1;tel=+18005550142;id=a1";location=TN',
  ],
  [
    'a notice under another status becomes a 603',
    '503 Service Unavailable',
    'SIP;cause=603;text="v=analytics1;email=desk@a.example";location=LN',
    'SIP;cause=603;text="v=analytics1;email=desk@a.example";location=LN',
  ],
]
for (const [words, status, reason, expected] of CASES) {
  test(words, () => {
    const correction = correctNotice(read(encodeText(`SIP/2.0 ${status}\r\n${LINES}Reason: ${reason}\r\n\r\n`)))
    assert.deepEqual(correction, {
      kind: 'corrected',
      reply: { status: 603, phrase: 'Network Blocked', fields: [['Reason', expected]] },
    })
  })
}

test('nothing is invented: what only the blocker can say is named', () => {
  const bare = read(encodeText(`SIP/2.0 603 Network Blocked\r\n${LINES}\r\n`))
  assert.deepEqual(correctNotice(bare), {
    kind: 'incomplete',
    needs: [
      'a url, tel or email where the block can be contested',
      'the location of the network that blocked: LN, TN, RLN, LPN or RPN',
    ],
  })
})

test('a card under a wrong purpose gets the right one; a card on an address is not taken over', () => {
  const rejected = (uri: string) =>
    correctNotice(read(encodeText(`SIP/2.0 608 Rejected\r\n${LINES}Call-Info: <${uri}>\r\n\r\n`)))
  assert.deepEqual(rejected('https://a.example/j/1'), {
    kind: 'corrected',
    reply: { status: 608, phrase: 'Rejected', fields: [['Call-Info', '<https://a.example/j/1>;purpose=jwscard']] },
  })
  assert.equal(rejected('https://192.0.2.1/j/1').kind, 'incomplete')
})

test('busy is no notice, so there is nothing to correct', () => {
  assert.deepEqual(correctNotice(read(encodeText(`SIP/2.0 486 Busy Here\r\n${LINES}\r\n`))), { kind: 'none' })
})

function read(bytes: Uint8Array): Message {
  const message = new Message()
  message.read(bytes)
  return message
}

const REQUIRED: readonly [string, string][] = [
  ['Via', 'SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1'],
  ['From', '<sip:+12125550117@example.net>;tag=a'],
  ['To', '<sip:+14155550123@example.net>;tag=b'],
  ['Call-ID', 'c1'],
  ['CSeq', '1 INVITE'],
]
const LINES = REQUIRED.map(([name, value]) => `${name}: ${value}\r\n`).join('')
