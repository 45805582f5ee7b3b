import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Message } from '#codec/sip/message.ts'
import { encodeText } from '#codec/sip/text.ts'
import { noticeVectors } from '../../../test/torture.ts'
import { CULPRITS } from './culprits.ts'
import { DAMAGE_KINDS, compareVersions, findDamage } from './damage.ts'

const VECTORS = noticeVectors()

/** Every vector that bears damage; all others bear none. */
const DAMAGED: Readonly<Record<string, string>> = {
  D20: 'reason-changed:possible',
  D22: 'reason-changed:possible',
  D23: 'reason-changed:possible',
  D25: 'reason-changed:likely',
  D51: 'reason-added:likely',
  D52: 'reason-added:likely',
  D53: 'reason-added:likely',
  D54: 'reason-changed:likely',
  D55: 'reason-changed:possible',
  D56: 'reason-changed:possible',
  D58: 'outer-parameters:possible',
  D59: 'outer-parameters:possible',
  D83: 'reason-changed:possible',
  D84: 'text-cut:possible',
  D85: 'text-cut:possible',
  J13: 'code-changed:possible',
  J63: 'code-changed:possible',
  U05: 'code-changed:possible',
  U08: 'code-changed:likely',
  U57: 'code-changed:possible',
  U63: 'code-changed:likely',
  X01: 'phrase-rewritten:likely',
  X02: 'phrase-rewritten:possible',
  X04: 'text-stripped:likely',
  X05: 'text-stripped:likely',
  X07: 'reason-changed:possible',
  X08: 'outer-parameters:likely',
  X10: 'text-cut:likely',
  X11: 'outer-parameters:likely',
  X13: 'reason-changed:possible',
  X14: 'text-stripped:likely reason-added:possible',
  X50: 'reason-stripped:likely',
  X51: 'phrase-rewritten:possible',
  X52: 'phrase-rewritten:likely outer-parameters:likely',
  X53: 'reason-changed:possible',
  X54: 'reason-changed:possible',
  X55: 'text-stripped:likely',
  X56: 'reason-changed:possible',
  X57: 'phrase-rewritten:possible',
  N01: 'code-changed:likely',
  N02: 'code-changed:likely',
  N53: 'code-changed:likely',
}

test('each notice vector bears the damage that it was made with, and a sound one none', () => {
  const met = new Set<string>()
  for (const { id, name, bytes, folder } of VECTORS) {
    const damage = findDamage(read(bytes))
    const words = damage.map(({ kind, sureness }) => `${kind}:${sureness}`).join(' ')
    assert.equal(words, DAMAGED[id] ?? '', name)
    if (folder === 'valid') assert.equal(words, '', name)
    if (words !== '') met.add(id)
    for (const { text, cite, seen, sureness } of damage) {
      assert.ok(text.endsWith('.') && cite !== '' && seen === undefined && sureness !== 'certain', name)
      assert.ok(!/undefined|\[object/.test(text), `${name}: ${text}`)
    }
  }
  assert.deepEqual([...met].sort(), Object.keys(DAMAGED).sort())
  assert.ok(VECTORS.filter(({ folder }) => folder === 'valid').length >= 60)
})

const TEXT = 'text="v=analytics1;url=https://desk.northwire.example/c"'
const SIP = `Reason: SIP;cause=603;${TEXT};location=RLN`
const Q850 = `Reason: Q.850;cause=21;${TEXT};location=RLN`

/** What known elements make of a notice, who is named first, and the nearest thing that is no damage. */
const DEVIATIONS: readonly (readonly [title: string, damaged: string[], found: string, sound: string[]])[] = [
  [
    'the stock phrase',
    ['603 Decline', SIP],
    'phrase-rewritten FreeSWITCH with sip_603plus_passthrough unset',
    ['603 Network Blocked', SIP],
  ],
  ['no phrase', ['603 ', Q850], 'phrase-rewritten drachtio-srf before 5.0.12', ['603 network blocked', Q850]],
  [
    'the Reason gone',
    ['603 Network Blocked'],
    'reason-stripped drachtio-srf or jambonz without Reason in proxyResponseHeaders',
    ['603 Decline'],
  ],
  [
    'Q.850;cause=17 beside a bare SIP value',
    ['603 Network Blocked', 'Reason: SIP;cause=603', 'Reason: Q.850;cause=17'],
    'text-stripped Asterisk, reason-added FreeSWITCH of Telnyx, builds of early 2026',
    ['603 Network Blocked', SIP, 'Reason: Q.850;cause=21'],
  ],
  [
    'the same beside the notice',
    ['603 Network Blocked', SIP, 'Reason: Q.850;cause=17'],
    'reason-added FreeSWITCH of Telnyx, builds of early 2026',
    ['603 Network Blocked', SIP, 'Reason: X-ACME;cause=17'],
  ],
  [
    'Q.850 alone',
    ['603 Network Blocked', 'Reason: Q.850;cause=21'],
    'text-stripped Asterisk',
    ['603 Decline', 'Reason: Q.850;cause=21'],
  ],
  ['the text cut', ['603 Network Blocked', SIP.slice(0, 60)], 'text-cut Asterisk', ['603 Network Blocked', SIP]],
  [
    'fields outside the text',
    ['603 Decline', 'Reason: SIP;cause=603;v=analytics1;url="https://a.example/"'],
    'phrase-rewritten FreeSWITCH with sip_603plus_passthrough unset, outer-parameters a sender built on rvoip',
    ['603 Decline', 'Reason: SIP;cause=603;text="no"'],
  ],
  [
    '608 made 600',
    ['600 Busy Everywhere', 'Reason: SIP;cause=608'],
    'code-changed AudioCodes SBC with firmware that does not know 607 and 608',
    ['600 Busy Everywhere', 'Reason: SIP;cause=600'],
  ],
  [
    '607 made 600 by its phrase',
    ['600 Unwanted'],
    'code-changed AudioCodes SBC with firmware that does not know 607 and 608',
    ['600 Busy Everywhere'],
  ],
  ['603 made 403, the Reason left', ['403 Forbidden', SIP], 'code-changed Asterisk', ['403 Forbidden']],
  [
    '603 made 403 with cause 21',
    ['403 Forbidden', 'Reason: Q.850;cause=21'],
    'code-changed Asterisk',
    ['403 Forbidden', 'Reason: Q.850;cause=57'],
  ],
  [
    '603 made 480, the Reason left',
    ['480 Temporarily Unavailable', SIP],
    'code-changed FreeSWITCH as B2BUA',
    ['480 Temporarily Unavailable', 'Reason: SIP;cause=480'],
  ],
  [
    '603 made 486, the Reason left',
    ['486 Busy Here', Q850],
    'code-changed FreeSWITCH as B2BUA',
    ['486 Busy Here', 'Reason: Q.850;cause=17'],
  ],
  [
    '603 made 500, the phrase left',
    ['500 Network Blocked'],
    'code-changed Kamailio with remap_503_500 on, or a failure_route of its own',
    ['500 Server Internal Error'],
  ],
  [
    'a second cause and text in one value',
    ['603 Network Blocked', `${SIP};cause=21;text="Rejected"`],
    'reason-changed Oracle SBC',
    ['603 Network Blocked', `${SIP};x-cause=21`],
  ],
  [
    'location dropped',
    ['603 Network Blocked', `Reason: SIP;cause=603;${TEXT}`],
    'reason-changed an element that goes by RFC 8606 to the letter',
    ['603 Network Blocked', SIP],
  ],
]

for (const [title, damaged, found, sound] of DEVIATIONS) {
  test(`${title} is named with the culprit that is known for it, and what is nearly so is not`, () => {
    const damage = findDamage(read(answer(damaged)))
    assert.equal(damage.map(({ kind, culprits }) => `${kind} ${culprits[0]?.product}`).join(', '), found)
    assert.deepEqual(findDamage(read(answer(sound))), [])
  })
}

const NOTICE = ['603 Network Blocked', SIP]
const CARD = ['608 Rejected', 'Call-Info: <https://cards.example.com/1>;purpose=jwscard']

/** What an element received, and what it sent on. */
const CHANGES: readonly (readonly [before: string[], after: string[], found: string])[] = [
  [NOTICE, NOTICE, ''],
  [NOTICE, ['603 Network Blocked', 'Server: X', SIP], ''],
  [NOTICE, ['603 NETWORK BLOCKED', SIP], ''],
  [NOTICE, ['603 Decline', SIP], 'phrase-rewritten'],
  [NOTICE, ['603 Network Blocked'], 'reason-stripped'],
  [NOTICE, ['603 Network Blocked', 'Reason: SIP;cause=603'], 'text-stripped'],
  [NOTICE, ['603 Network Blocked', SIP.slice(0, 60)], 'text-cut'],
  [NOTICE, ['603 Network Blocked', SIP.replace('RLN', 'LN')], 'reason-changed'],
  [NOTICE, ['603 Network Blocked', SIP, 'Reason: Q.850;cause=17'], 'reason-added'],
  [NOTICE, ['403 Forbidden', 'Reason: Q.850;cause=21'], 'code-changed phrase-rewritten text-stripped reason-added'],
  [CARD, CARD, ''],
  [CARD, ['608 Gone'], 'call-info-stripped'],
  [CARD, ['600 Busy Everywhere', CARD[1]!], 'code-changed'],
  [['607 Unwanted'], ['603 Decline'], 'code-changed'],
  [['486 Busy Here', 'Reason: Q.850;cause=17'], ['480 Temporarily Unavailable'], ''],
]

for (const [before, after, found] of CHANGES) {
  test(`${before.join(', ')} sent on as ${after.join(', ')} is ${found === '' ? 'no damage' : found}`, () => {
    const from = { tap: 'x', sender: 'carrier', receiver: 'proxy' }
    const to = { tap: 'y', sender: 'proxy', receiver: 'us' }
    const damage = compareVersions(read(answer(before)), from, read(answer(after)), to)
    assert.equal(damage.map(({ kind }) => kind).join(' '), found)
    for (const { sureness, seen, text } of damage) {
      assert.equal(sureness, 'certain')
      assert.match(text, /^proxy /)
      assert.deepEqual([seen?.before.tap, seen?.after.tap], ['x', 'y'])
    }
  })
}

test('an element that goes by RFC 8606 to the letter is not named for a Q.850 value, whose location it keeps', () => {
  const without = (reason: string) =>
    findDamage(read(answer(['603 Network Blocked', reason.replace(';location=RLN', '')])))
  assert.deepEqual(
    [SIP, Q850].map((reason) =>
      without(reason).map(({ kind, culprits }) => [kind, culprits.includes(CULPRITS.strict8606)]),
    ),
    [[['reason-changed', true]], [['reason-changed', false]]],
  )
})

test('every kind of damage is found somewhere in these tables', () => {
  const found = [...Object.values(DAMAGED), ...CHANGES.map(([, , kinds]) => kinds)].join(' ')
  for (const kind of DAMAGE_KINDS) assert.ok(found.includes(kind), kind)
})

test('each culprit says what it does, what to switch, and since when and whence that is known; each is named by something', () => {
  const named = new Set(
    [
      ...DEVIATIONS.map(([, damaged]) => findDamage(read(answer(damaged)))),
      ...CHANGES.map(([before, after]) => changes(before, after)),
    ]
      .flat()
      .flatMap(({ culprits }) => culprits),
  )
  for (const [id, culprit] of Object.entries(CULPRITS)) {
    for (const [key, value] of Object.entries(culprit)) assert.ok(value.length > 5, `${id}.${key}`)
    assert.match(culprit.date, /^20\d\d-(?:0[1-9]|1[0-2])$/)
    if (id !== 'asteriskPhrase') assert.ok(named.has(culprit), `${id} is never named`)
  }
  assert.ok(findDamage(read(answer(['603 Network Blocking', SIP])))[0]?.culprits.includes(CULPRITS.asteriskPhrase))
})

test('whatever is cut, mixed or flipped, finding and comparing throw nothing', () => {
  const source = fc.constantFrom(...VECTORS.map(({ bytes }) => bytes))
  const damaged = fc
    .tuple(source, fc.nat(2000), fc.nat(2000), fc.integer({ min: 0, max: 255 }))
    .map(([bytes, at, end, octet]) => {
      const copy = bytes.slice(0, Math.max(20, end))
      if (at < copy.length) copy[at] = octet
      return read(copy)
    })
  const place = { tap: 't', sender: '', receiver: '' }
  let found = 0
  fc.assert(
    fc.property(damaged, damaged, (one, other) => {
      found += findDamage(one).length + compareVersions(one, place, other, place).length
    }),
    { numRuns: 2000 },
  )
  assert.ok(found > 1000)
})

function changes(before: string[], after: string[]) {
  const place = { tap: 't', sender: '', receiver: '' }
  return compareVersions(read(answer(before)), place, read(answer(after)), place)
}

function answer([start, ...fields]: readonly string[]): Uint8Array {
  return encodeText(
    `SIP/2.0 ${start}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:+12125550117@a.example>;tag=f\r\n` +
      `To: <sip:+14155550163@b.example>;tag=t\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n${fields.map((field) => `${field}\r\n`).join('')}Content-Length: 0\r\n\r\n`,
  )
}

function read(bytes: Uint8Array): Message {
  const message = new Message()
  message.read(bytes)
  return message
}
