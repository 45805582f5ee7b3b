import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RULES } from '#codec/notice/rules.ts'
import { Message, parseMessage } from '#codec/sip/message.ts'
import { encodeText } from '#codec/sip/text.ts'
import { noticeVectors } from '../../../test/torture.ts'
import { isRefusal, nameCall, observe } from './observation.ts'

const VECTORS = noticeVectors()

test('every notice vector is observed: class, verdict and rules are the linter’s, and who and why are never empty', () => {
  for (const { name, bytes, expect } of VECTORS) {
    const seen = observe(read(bytes))

    // Rules over a fetched card are not for what has fetched nothing.
    const rules = expect.rules.filter((rule) => !/^R608-2\d$/.test(rule))
    assert.equal(seen.class, expect.class, name)
    assert.deepEqual(seen.rules, rules, name)
    assert.notEqual(seen.who, '', name)
    assert.notEqual(seen.why, '', name)
    assert.ok(!/undefined|NaN|\[object/.test(JSON.stringify([seen.who, seen.why])), `${name}: ${seen.who}, ${seen.why}`)
  }
  assert.ok(VECTORS.length >= 200, `only ${VECTORS.length} vectors`)
})

/** Rules of severity error that say a contact, or the id, is not what it has to be. */
const CONDEMNED = [
  ['R603P-11', 'url'],
  ['R603P-12', 'url'],
  ['R603P-14', 'tel'],
  ['R603P-15', 'email'],
  ['R608-05', 'card'],
  ['R608-08', 'card'],
] as const

test('a contact that a rule of severity error condemns is never shown, and one that no rule condemns is', () => {
  const fired = new Set<string>()
  let shown = 0
  for (const { name, bytes, expect } of VECTORS) {
    const { contest, rules, id, who } = observe(read(bytes))
    for (const [rule, kind] of CONDEMNED) {
      if (!rules.includes(rule)) continue
      fired.add(rule)
      assert.equal(contest[kind], undefined, `${name} fires ${rule}`)
      const sent = expect.fields[kind]
      if (typeof sent === 'string' && sent.length > 3) assert.ok(!who.includes(sent), `${name}: ${who}`)
    }
    if (rules.includes('R603P-16')) assert.equal(id, undefined, name)
    for (const kind of ['url', 'tel', 'email'] as const) {
      const isCondemned = CONDEMNED.some(([rule, of]) => of === kind && rules.includes(rule))
      if (isCondemned || expect.class !== '603+') continue
      assert.equal(contest[kind] ?? null, expect.fields[kind] ?? null, name)
      if (contest[kind] !== undefined) shown++
    }
    if (expect.verdict === 'conformant' && expect.class === '603+')
      assert.ok(contest.url ?? contest.tel ?? contest.email, `${name} names nobody to ask`)
  }
  assert.deepEqual(
    [...fired].sort(),
    CONDEMNED.map(([rule]) => rule).sort(),
    'each of these rules is fired by a vector',
  )
  assert.ok(shown >= 50, `only ${shown} contacts were shown`)
})

test('what is told to be wrong is exactly what the rules above info say', () => {
  for (const { name, bytes } of VECTORS) {
    const { rules, faults } = observe(read(bytes))
    assert.deepEqual(
      faults.map(({ rule }) => rule),
      rules.filter((rule) => RULES[rule].severity !== 'info'),
      name,
    )
  }
})

const REASON = (text: string, location = ';location=RLN') =>
  `Reason: SIP;cause=603;text="v=analytics1;${text}"${location}\r\n`

const WORDS: [name: string, response: Uint8Array, who: RegExp, why: RegExp][] = [
  [
    'a 603+ names the host of its url',
    answer('603 Network Blocked', REASON('url=https://desk.example.com/r/1')),
    /^the network that serves the called party: desk\.example\.com$/,
    /^analytics/,
  ],
  [
    'a user name in a url does not pose as the host',
    answer('603 Network Blocked', REASON('url=https://bank.example.com@desk.example.org/r')),
    /: desk\.example\.org$/,
    /^analytics/,
  ],
  [
    'without a url the domain of the email stands for the network',
    answer('603 Network Blocked', REASON('email=ask@desk.example.com')),
    /: desk\.example\.com$/,
    /^analytics/,
  ],
  [
    'a location that says user is no network',
    answer('603 Network Blocked', REASON('tel=+18005550142', ';location=U')),
    /^the called party’s own equipment: \+18005550142$/,
    /^analytics/,
  ],
  [
    'a location that nobody knows is not guessed at',
    answer('603 Network Blocked', REASON('tel=+18005550142', ';location=HERE')),
    /^a network that does not say where it is/,
    /^analytics/,
  ],
  ['a plain 603 claims nothing', answer('603 Decline', ''), /^not said/, /^declined, without a reason$/],
  [
    'a phrase alone proves nothing',
    answer('603 Network Blocked', ''),
    /^not said/,
    /damaged on its way, or never was complete; it proves nothing/,
  ],
  ['a 607 speaks for the called party', answer('607 Unwanted', ''), /^the called party$/, /wants no calls/],
  [
    'a 608 without a card does not speak of one',
    answer('608 Rejected', ''),
    /^a network or service on the way$/,
    /^the network judged the call unwanted$/,
  ],
  [
    'a 608 with a card says that it has to be verified',
    answer('608 Rejected', 'Call-Info: <https://cards.example.com/j/1>;purpose=jwscard\r\n'),
    /^a network/,
    /its card, once fetched and verified/,
  ],
  ['a 433 is about callers who withhold', answer('433 Anonymity Disallowed', ''), /called party/, /are not taken$/],
  [
    'a busy telephone is no block',
    answer('486 Busy Here', ''),
    /^not said$/,
    /^486 Busy Here: not a notice of blocking$/,
  ],
  [
    'what breaks the grammar is not relied on',
    encodeText('SIP/2.0 603 Network Blocked\r\nnonsense\r\n\r\n'),
    /^not said$/,
    /breaks the grammar/,
  ],
]

for (const [name, response, who, why] of WORDS) {
  test(`in words: ${name}`, () => {
    const seen = observe(read(response))

    assert.match(seen.who, who)
    assert.match(seen.why, why)
  })
}

test('only a final refusal of an INVITE is a refused call', () => {
  const cases: [start: string, cseq: string, expected: boolean][] = [
    ['603 Decline', '1 INVITE', true],
    ['486 Busy Here', '7  INVITE', true],
    ['200 OK', '1 INVITE', false],
    ['302 Moved Temporarily', '1 INVITE', false],
    ['401 Unauthorized', '1 INVITE', false],
    ['407 Proxy Authentication Required', '1 INVITE', false],
    ['487 Request Terminated', '1 INVITE', false],
    ['491 Request Pending', '1 INVITE', false],
    ['481 Call/Transaction Does Not Exist', '2 BYE', false],
    ['501 Not Implemented', '2 REINVITE', false],
    ['603 Decline', 'what?', true],
  ]
  for (const [start, cseq, expected] of cases)
    assert.equal(isRefusal(read(answer(start, '', { cseq }))), expected, `${start}, ${cseq}`)
})

test('a call has one name on every hop of its answer, and another attempt another', () => {
  const first = nameCall(parseMessage(answer('603 Decline', '')))

  const relayed = answer('603 Decline', '', { from: 'Alice <sip:+12125550117@relay.example>;tag=f1' })
  assert.equal(nameCall(parseMessage(relayed)), first, 'a proxy may write the address anew')
  assert.notEqual(nameCall(parseMessage(answer('603 Decline', '', { cseq: '2 INVITE' }))), first)
  assert.notEqual(nameCall(parseMessage(answer('603 Decline', '', { from: '<sip:a@b>;tag=f2' }))), first)
  assert.notEqual(nameCall(parseMessage(answer('603 Decline', '', { callId: 'other' }))), first)
})

function answer(
  start: string,
  fields: string,
  { cseq = '1 INVITE', from = '<sip:+12125550117@a.example>;tag=f1', callId = 'c1' } = {},
) {
  return encodeText(
    `SIP/2.0 ${start}\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: ${from}\r\nTo: <sip:+14155550163@b.example>;tag=t\r\n` +
      `Call-ID: ${callId}\r\nCSeq: ${cseq}\r\n${fields}Content-Length: 0\r\n\r\n`,
  )
}

function read(bytes: Uint8Array): Message {
  const message = new Message()
  message.read(bytes)
  return message
}
