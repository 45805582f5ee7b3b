import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Message } from '#codec/sip/message.ts'
import { formatReason, parseReason } from '#codec/sip/reason.ts'
import type { Reply } from '#codec/sip/reply.ts'
import { encodeText } from '#codec/sip/text.ts'
import { formatAnalyticsText, parseAnalyticsText } from './analytics-text.ts'
import { lint } from './lint.ts'
import {
  BLOCK_LOCATIONS,
  type Checked,
  type NetworkBlocked,
  type Notice,
  type RedressContact,
  cardUri,
  contactFor,
  redressContact,
  redressContactTemplate,
  redressId,
} from './notice.ts'
import { readNotice } from './read.ts'
import { RULES } from './rules.ts'
import { formatNetworkBlocked, writeNotice } from './write.ts'

const LABEL = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/)
const HOST = fc.tuple(fc.array(LABEL, { minLength: 1, maxLength: 3 }), fc.constantFrom('example', 'com', 'xn--p1ai'))
const URL = fc
  .tuple(
    HOST,
    fc.option(fc.integer({ min: 0, max: 65_535 })),
    fc.stringMatching(/^[A-Za-z0-9!#$&'()*+./:=?@_~-]{0,60}$/),
  )
  .map(
    ([[labels, top], port, path]) => `https://${[...labels, top].join('.')}${port === null ? '' : `:${port}`}/${path}`,
  )
const TEL = fc.stringMatching(/^\+[1-9][0-9]{1,14}$/)
const EMAIL = fc
  .tuple(fc.stringMatching(/^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,30}$/), HOST)
  .map(([local, [labels, top]]) => `${local}@${[...labels, top].join('.')}`)
const ID = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/).map((text) => valueOf(redressId(text)))

const CONTACT = fc
  .record({ url: fc.option(URL), tel: fc.option(TEL), email: fc.option(EMAIL) })
  .filter(({ url, tel, email }) => (url ?? tel ?? email) !== null)
  .map(({ url, tel, email }) =>
    valueOf(redressContact({ url: url ?? undefined, tel: tel ?? undefined, email: email ?? undefined })),
  )
const NETWORK_BLOCKED: fc.Arbitrary<NetworkBlocked> = fc.record({
  kind: fc.constant('network-blocked' as const),
  form: fc.constantFrom('SIP' as const, 'Q.850' as const),
  contact: CONTACT,
  id: fc.option(ID, { nil: undefined }),
  location: fc.constantFrom(...BLOCK_LOCATIONS),
})
const NOTICE: fc.Arbitrary<Notice> = fc.oneof(
  { weight: 5, arbitrary: NETWORK_BLOCKED },
  fc.record({
    kind: fc.constant('declined' as const),
    retryAfterS: fc.option(fc.integer({ min: 0, max: 2 ** 32 - 1 }), { nil: undefined }),
  }),
  fc.constant<Notice>({ kind: 'unwanted' }),
  fc.record({
    kind: fc.constant('rejected' as const),
    cardUri: fc.option(
      URL.map((text) => valueOf(cardUri(text))),
      { nil: undefined },
    ),
  }),
  fc.constant<Notice>({ kind: 'anonymity-disallowed' }),
)

test('every notice that can be made is written so that no rule of error or warning fires', () => {
  const kinds = new Map<string, number>()
  fc.assert(
    fc.property(NOTICE, (notice) => {
      kinds.set(notice.kind, (kinds.get(notice.kind) ?? 0) + 1)
      checkReply(writeNotice(notice))
    }),
    { numRuns: 400 },
  )
  assert.deepEqual(
    [...kinds.keys()].sort(),
    ['anonymity-disallowed', 'declined', 'network-blocked', 'rejected', 'unwanted'],
    'all kinds were tried',
  )
})

const DEVIANT: [title: string, reply: Reply, rule: string][] = [
  ['the phrase of a help text', blocked({ phrase: 'Network Blocking' }), 'R603P-02'],
  ['no Reason', { ...blocked(), fields: [] }, 'R603P-04'],
  ['a url without TLS', blocked({ text: 'v=analytics1;url=http://desk.example/' }), 'R603P-11'],
  ['a version in second place', blocked({ text: 'url=https://desk.example/;v=analytics1' }), 'R603P-08'],
  ['a number without its plus', blocked({ text: 'v=analytics1;tel=18005550142' }), 'R603P-14'],
  ['no location', blocked({ location: '' }), 'R603P-20'],
  ['the user as location', blocked({ location: ';location=U' }), 'R603P-22'],
  ['a space after a semicolon', blocked({ text: 'v=analytics1; tel=+18005550142' }), 'R603P-19'],
  [
    'a text that is too long',
    blocked({ text: `v=analytics1;url=https://desk.example/${'p'.repeat(500)}` }),
    'R603P-26',
  ],
  ['a card of another purpose', rejected('<https://desk.example/j>;purpose=card'), 'R608-04'],
  ['a card at an address', rejected('<https://192.0.2.1/j>;purpose=jwscard'), 'R608-08'],
  ['a 607 with a time', { status: 607, phrase: 'Unwanted', fields: [['Retry-After', '60']] }, 'R607-06'],
]

for (const [title, reply, rule] of DEVIANT) {
  test(`the check above catches ${title}`, () => {
    assert.throws(() => checkReply(reply), new RegExp(rule))
  })
}

test('the check above catches a line end in a field', () => {
  const reply = rejected('<https://desk.example/j>;purpose=jwscard\r\nX-Evil: 1')
  assert.throws(() => checkReply(reply), /control character/)
})

test('what is written is read back as it was', () => {
  fc.assert(
    fc.property(NETWORK_BLOCKED, (notice) => {
      const seen = readNotice(messageOf(writeNotice(notice)))
      assert.ok(seen?.kind === 'network-blocked')
      const { form, url, tel, email, id, location } = seen
      assert.deepEqual({ form, contact: { url, tel, email }, id, location }, withoutKind(notice))
    }),
    { numRuns: 200 },
  )
})

test('parsing and formatting a text is the identity on what is written', () => {
  fc.assert(
    fc.property(CONTACT, fc.option(ID, { nil: undefined }), (contact, id) => {
      const text = formatAnalyticsText(contact, id)
      const { url, tel, email, id: readId, untidy, repeated, incomplete, unknownKeys } = parseAnalyticsText(text)
      assert.equal(formatAnalyticsText({ url, tel, email } as RedressContact, readId as typeof id), text)
      assert.deepEqual([untidy, repeated, incomplete, unknownKeys.length], [false, false, false, 0])
    }),
    { numRuns: 200 },
  )
})

test('the strict reader of Reason agrees with every value that is written, to the octet', () => {
  fc.assert(
    fc.property(NETWORK_BLOCKED, (notice) => {
      const value = formatNetworkBlocked(notice)
      const [reason, ...others] = parseReason(value)
      assert.equal(others.length, 0)
      assert.equal(formatReason(reason!), value)
    }),
    { numRuns: 200 },
  )
})

test('FreeSWITCH takes every 603+ that is written for one, and nothing else that is written', () => {
  fc.assert(
    fc.property(NOTICE, (notice) => {
      const report = lint(octetsOf(writeNotice(notice)))
      assert.equal(report.freeswitchDetect, notice.kind === 'network-blocked')
    }),
    { numRuns: 300 },
  )
})

test('whatever text passes the doors cannot break what is written', () => {
  let passed = 0
  const any = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.tuple(URL, fc.string({ unit: 'grapheme-ascii', maxLength: 3 })).map(([url, tail]) => url + tail),
    fc.tuple(EMAIL, fc.constantFrom('', '\r\nX: 1', ' ', ';', '"')).map(([email, tail]) => email + tail),
  )
  fc.assert(
    fc.property(any, any, any, any, (url, tel, email, id) => {
      for (const parts of [{ url }, { tel }, { email }, { url, email }]) {
        const contact = redressContact(parts)
        if (contact.kind === 'refused') continue
        passed++
        const checkedId = redressId(id)
        checkReply(
          writeNotice({
            kind: 'network-blocked',
            form: 'SIP',
            contact: contact.value,
            id: checkedId.kind === 'ok' ? checkedId.value : undefined,
            location: 'RLN',
          }),
        )
      }
      const card = cardUri(url)
      if (card.kind === 'ok') checkReply(writeNotice({ kind: 'rejected', cardUri: card.value }))
    }),
    { numRuns: 400 },
  )
  assert.ok(passed > 100, `only ${passed} contacts passed the doors`)
})

test('a contact made per call is as good as one checked', () => {
  const template = valueOf(
    redressContactTemplate({ urlBeforeId: 'https://redress.northwire.example/r/', tel: '+18005550142' }),
  )
  const id = valueOf(redressId('x'.repeat(64)))
  const contact = contactFor(template, id)
  assert.deepEqual(
    contact,
    valueOf(redressContact({ url: `https://redress.northwire.example/r/${id}`, tel: '+18005550142' })),
  )
  checkReply(writeNotice({ kind: 'network-blocked', form: 'SIP', contact, id, location: 'RLN' }))
})

test('a time that is no whole number of seconds is our fault, not a header field', () => {
  for (const retryAfterS of [-1, 1.5, Number.NaN, Infinity, 2 ** 32])
    assert.throws(() => writeNotice({ kind: 'declined', retryAfterS }), /whole number of seconds/)
})

/** No control character anywhere, and nothing of severity error or warning. */
function checkReply(reply: Reply): void {
  for (const text of [reply.phrase, ...reply.fields.flat()]) {
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(text, /[\u0000-\u001f\u007f]/, 'control character')
  }
  const report = lint(octetsOf(reply))
  const bad = report.rules.filter((rule) => !['info'].includes(RULES[rule].severity))
  assert.deepEqual(bad, [], bad.join(' '))
  if (reply.status >= 600) assert.equal(report.verdict, 'conformant')
}

function octetsOf({ status, phrase, fields }: Reply): Uint8Array {
  const head = [
    `SIP/2.0 ${status} ${phrase}`,
    'Via: SIP/2.0/UDP sbc1.origin.example:5060;branch=z9hG4bK-1',
    'From: <sip:+12125550117@origin.example>;tag=a',
    'To: <sip:+14155550163@term.example>;tag=b',
    'Call-ID: 1@origin.example',
    'CSeq: 1 INVITE',
    ...fields.map(([name, value]) => `${name}: ${value}`),
    'Content-Length: 0',
  ]
  return encodeText(`${head.join('\r\n')}\r\n\r\n`)
}

function messageOf(reply: Reply): Message {
  const message = new Message()
  message.read(octetsOf(reply))
  assert.equal(message.fault, undefined)
  return message
}

function blocked({
  phrase = 'Network Blocked',
  text = 'v=analytics1;url=https://desk.example/',
  location = ';location=RLN',
} = {}): Reply {
  return { status: 603, phrase, fields: [['Reason', `SIP;cause=603;text="${text}"${location}`]] }
}

function rejected(callInfo: string): Reply {
  return { status: 608, phrase: 'Rejected', fields: [['Call-Info', callInfo]] }
}

function withoutKind({ form, contact, id, location }: NetworkBlocked): unknown {
  return { form, contact: { ...contact }, id, location }
}

function valueOf<T>(checked: Checked<T>): T {
  assert.ok(checked.kind === 'ok', checked.kind === 'refused' ? checked.faults.join('; ') : '')
  return checked.value
}
