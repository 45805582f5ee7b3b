import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Message } from '#codec/sip/message.ts'
import { encodeText } from '#codec/sip/text.ts'
import { noticeVectors } from '../../../test/torture.ts'
import { ANSWER_BYTES_MAX, RULINGS, type Standing, refusalOf, responseFrom, standingOf } from './refusal.ts'

const VECTORS = noticeVectors()
const TERMS = { carrier: 'Northwire' }
const TEXT = 'v=analytics1;url=https://desk.example.com/c;email=ask@mail.example.com;tel=+18005550142'

test('of every notice vector a 603+ or 608 is proven, a 607 a person’s unless its Reason denies it, traces prove nothing', () => {
  const met = new Map<Standing, number>()
  for (const { name, bytes, expect } of VECTORS) {
    const { standing, damage, status } = refusalOf(read(bytes), TERMS)
    met.set(standing, (met.get(standing) ?? 0) + 1)
    if (expect.class === '603+' || expect.class === '608') assert.equal(standing, 'proven', name)
    else if (expect.class === '607') assert.equal(standing, damage.length > 0 ? 'unproven' : 'person', name)
    else if (expect.class === '603' || damage.length > 0) assert.equal(standing, 'unproven', name)
    else assert.notEqual(standing, 'proven', name)
    if (expect.class === 'malformed') assert.deepEqual(damage, [], name)
    assert.ok(status === 0 || standingOf(refusalOf(read(bytes), TERMS), read(bytes)).cite !== '', name)
  }
  for (const standing of ['proven', 'unproven', 'person', 'fault'] as const)
    assert.ok((met.get(standing) ?? 0) >= 3, `${standing}: ${met.get(standing)}`)
})

const CODES: readonly (readonly [start: string, standing: Standing])[] = [
  ['403 Forbidden', 'unproven'],
  ['404 Not Found', 'fault'],
  ['408 Request Timeout', 'fault'],
  ['433 Anonymity Disallowed', 'person'],
  ['480 Temporarily Unavailable', 'fault'],
  ['486 Busy Here', 'fault'],
  ['488 Not Acceptable Here', 'fault'],
  ['500 Server Internal Error', 'fault'],
  ['503 Service Unavailable', 'fault'],
  ['600 Busy Everywhere', 'unproven'],
  ['603 Decline', 'unproven'],
  ['604 Does Not Exist Anywhere', 'fault'],
  ['606 Not Acceptable', 'fault'],
  ['607 Unwanted', 'person'],
  ['608 Rejected', 'proven'],
  ['699 What', 'unproven'],
]

for (const [start, standing] of CODES) {
  test(`${start} alone is ${standing}`, () => {
    assert.equal(refusalOf(answer(start), TERMS).standing, standing)
  })
}

test('every code that has a ruling is in the table of cases, and each ruling cites what it rests on', () => {
  const codes = new Set(CODES.map(([start]) => Number(start.slice(0, 3))))
  for (const [code, { cite, why }] of RULINGS) {
    assert.ok(codes.has(code), String(code))
    assert.match(cite, /^RFC \d+ §/)
    assert.ok(why.length > 10)
  }
  assert.ok(RULINGS.size >= 10)
})

test('a record leaves out what a notice had: what looks like traces in it proves nothing and accuses nobody', () => {
  const pieces = responseFrom({ status: 486, phrase: 'Network Blocked' })
  const [record, wire] = [true, false].map((isRecord) => refusalOf(pieces, { ...TERMS, isRecord }))
  assert.deepEqual([record!.standing, record!.damage], ['fault', []])
  assert.deepEqual([wire!.standing, wire!.damage.map(({ kind }) => kind)], ['unproven', ['code-changed']], 'control')
})

test('what the far end knows to be a person’s refusal is one', () => {
  assert.equal(refusalOf(answer('603 Decline'), { ...TERMS, byPerson: true }).standing, 'person')
  assert.equal(refusalOf(answer('603 Decline'), { ...TERMS, byPerson: false }).standing, 'unproven')
})

const BLOCKERS: readonly (readonly [title: string, start: string, fields: string, blocker: string])[] = [
  ['the host of the url', '603 Network Blocked', reason(TEXT), 'desk.example.com'],
  [
    'in small letters, without port and last dot',
    '603 Network Blocked',
    reason('v=analytics1;url=https://DESK.Example.com.:8443/c'),
    'desk.example.com',
  ],
  [
    'never a user name that poses as the host',
    '603 Network Blocked',
    reason('v=analytics1;url=https://bank.example.com@desk.example.org/'),
    'desk.example.org',
  ],
  [
    'else the domain of the mail address',
    '603 Network Blocked',
    reason('v=analytics1;tel=+18005550142;email=ask@Mail.example.com'),
    'mail.example.com',
  ],
  ['else the number', '603 Network Blocked', reason('v=analytics1;tel=+18005550142'), '+18005550142'],
  ['else the carrier', '603 Network Blocked', reason('v=analytics1;id=7'), 'Northwire'],
  [
    'not a contact that a rule condemns',
    '603 Network Blocked',
    reason('v=analytics1;url=https://10.0.0.1/'),
    'Northwire',
  ],
  [
    'the host of a card',
    '608 Rejected',
    'Call-Info: <https://cards.example.com/1>;purpose=jwscard\r\n',
    'cards.example.com',
  ],
  ['what is left of a damaged notice', '603 Decline', reason(TEXT), 'desk.example.com'],
  ['the carrier, where nothing is said', '603 Decline', '', 'Northwire'],
]

for (const [title, start, fields, blocker] of BLOCKERS) {
  test(`who blocked is grouped by ${title}`, () => {
    assert.equal(refusalOf(answer(start, fields), TERMS).blocker, blocker)
  })
}

test('the answer is kept as it came, and no more of it than the limit', () => {
  const short = answer('603 Decline')
  assert.deepEqual(refusalOf(short, TERMS).answer, short.bytes)
  const long = answer('603 Decline', `X-Filler: ${'x'.repeat(900)}\r\n`.repeat(12))
  assert.ok(long.end > ANSWER_BYTES_MAX)
  assert.deepEqual(refusalOf(long, TERMS).answer, long.bytes.slice(0, ANSWER_BYTES_MAX))

  const batch = encodeText(`garbage${new TextDecoder().decode(short.bytes)}more`)
  const within = new Message()
  within.read(batch, 7, 7 + short.end)
  assert.deepEqual(refusalOf(within, TERMS).answer, short.bytes, 'a message within a batch')
})

test('a record that shows phrase and Reason is read like an answer, and has no octets', () => {
  const pieces = {
    status: 603,
    phrase: 'Network Blocked',
    reasons: [`SIP;cause=603;text="${TEXT}";location=RLN`],
    from: '+12125550117',
    to: 'sip:b@example.com',
    callId: 'c1',
  }
  const refusal = refusalOf(responseFrom(pieces), { ...TERMS, isRecord: true })
  assert.deepEqual(
    [refusal.class, refusal.standing, refusal.from, refusal.to, refusal.callId, refusal.answer, refusal.damage],
    ['603+', 'proven', '+12125550117', 'sip:b@example.com', 'c1', undefined, []],
  )
  assert.equal(refusal.contest.url, 'https://desk.example.com/c')
})

test('from what a record leaves out nothing is concluded', () => {
  const pieces = { status: 603, phrase: 'Network Blocked' }
  const record = refusalOf(responseFrom(pieces), { ...TERMS, isRecord: true })
  assert.deepEqual([record.standing, record.damage], ['unproven', []])
  assert.equal(refusalOf(responseFrom(pieces), TERMS).damage[0]?.kind, 'reason-stripped', 'on the wire it is damage')
})

test('whatever pieces a record has, they make a response of one answer, and no field more', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a\r\nReason: SIP;cause=603', 'x>;tag=1', '\u0000'),
  )
  const piece = fc.option(text, { nil: undefined })
  const status = fc.oneof(fc.integer({ min: 100, max: 699 }), fc.constantFrom(0, -1, 1e9, Number.NaN, 603.5))
  let read = 0
  fc.assert(
    fc.property(
      status,
      piece,
      fc.array(text, { maxLength: 20 }),
      piece,
      piece,
      piece,
      (code, phrase, reasons, from, to, callId) => {
        const message = responseFrom({ status: code, phrase, reasons, from, to, callId, callInfo: from })
        assert.equal(message.fault, undefined)
        assert.equal(message.status, Number.isInteger(code) && code >= 100 && code <= 699 ? code : 400)
        const given = [from, to, callId, from].filter((value) => value !== undefined).length
        assert.equal(message.fieldCount, given + Math.min(reasons.length, 16) + 2)
        refusalOf(message, { ...TERMS, isRecord: true })
        read++
      },
    ),
    { numRuns: 300 },
  )
  assert.equal(read, 300)
})

function reason(text: string): string {
  return `Reason: SIP;cause=603;text="${text}";location=RLN\r\n`
}

function answer(start: string, fields = ''): Message {
  return read(
    encodeText(
      `SIP/2.0 ${start}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:+12125550117@a.example>;tag=f\r\n` +
        `To: <sip:+14155550163@b.example>;tag=t\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n${fields}Content-Length: 0\r\n\r\n`,
    ),
  )
}

function read(bytes: Uint8Array): Message {
  const message = new Message()
  message.read(bytes)
  return message
}
