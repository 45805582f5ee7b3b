import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MALFORMED, Malformed, type MalformedCode } from '#codec/sip/malformed.ts'
import { type Message, parseMessage } from '#codec/sip/message.ts'
import { RequestView } from '#codec/sip/request.ts'
import { encodeText } from '#codec/sip/text.ts'
import { refuseInvite, replyToFault, replyToOther } from './refusals.ts'

type Request = {
  readonly method?: string
  readonly cseq?: string
  readonly uri?: string
  readonly branch?: string
  readonly more?: readonly string[]
}

function request({
  method = 'INVITE',
  cseq = method,
  uri = 'sip:b@b.example',
  branch = 'z9hG4bK1',
  more = [],
}: Request): [Message, RequestView] {
  const lines = [
    `Via: SIP/2.0/UDP a.example;branch=${branch}`,
    'From: <sip:a@a.example>;tag=f',
    'To: <sip:b@b.example>',
    'Call-ID: c',
    `CSeq: 1 ${cseq}`,
    ...more,
  ]
  const message = parseMessage(encodeText(`${method} ${uri} SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n`))
  const view = new RequestView()
  assert.equal(view.read(message), undefined)
  return [message, view]
}

test('a fault is answered 400, but a version 505 and what is too long 513', () => {
  const own: Partial<Record<MalformedCode, number>> = { version: 505, 'too-long': 513 }
  const codes = Object.keys(MALFORMED) as MalformedCode[]
  assert.ok(codes.length >= 20)
  for (const code of codes) {
    const { status, fields } = replyToFault(new Malformed(code, 0, 'x'))
    assert.deepEqual([status, fields], [own[code] ?? 400, []], code)
  }
})

const INVITES: [title: string, invite: Request, status: number | undefined][] = [
  ['a sound one', {}, undefined],
  ['one whose CSeq names another method', { cseq: 'OPTIONS' }, 400],
  ['one whose CSeq names the method in other letters', { cseq: 'invite' }, 400],
  ['one whose CSeq names a longer method', { cseq: 'INVITED' }, 400],
  ['one whose branch is the cookie alone', { branch: 'z9hG4bK' }, 400],
  ['one to a telephone number', { uri: 'tel:+14155550163' }, undefined],
  ['one to another scheme', { uri: 'http://b.example/' }, 416],
  ['one to an emergency service', { uri: 'urn:service:sos' }, undefined],
  ['one to another service', { uri: 'urn:service:counseling' }, 416],
  ['one to an emergency service whose CSeq names another method', { uri: 'urn:service:sos', cseq: 'BYE' }, 400],
  ['one with a broken Contact', { more: ['Contact: "a'] }, undefined],
]

for (const [title, invite, status] of INVITES) {
  test(`an INVITE is ${status === undefined ? 'judged' : `refused with ${status}`}: ${title}`, () => {
    assert.equal(refuseInvite(...request(invite))?.status, status)
  })
}

test('an INVITE’s Require is not judged', () => {
  for (const line of ['Require: 100rel', 'Require: nothing-that-exists', 'Require: ;;'])
    assert.equal(refuseInvite(...request({ more: [line] })), undefined, line)
})

const OTHERS: [title: string, other: Request, status: number][] = [
  ['OPTIONS', { method: 'OPTIONS' }, 200],
  ['BYE', { method: 'BYE' }, 481],
  ['REGISTER', { method: 'REGISTER' }, 405],
  ['an unknown method', { method: 'FETCH' }, 501],
  ['a method in other letters', { method: 'options' }, 501],
  ['a CSeq of another method', { method: 'OPTIONS', cseq: 'INVITE' }, 400],
  ['a branch that is the cookie alone', { method: 'OPTIONS', branch: 'z9hG4bK' }, 400],
  ['another scheme', { method: 'OPTIONS', uri: 'urn:service:sos' }, 416],
  ['a broken Contact', { method: 'OPTIONS', more: ['Contact: "a'] }, 400],
]

for (const [title, other, status] of OTHERS) {
  test(`another request is answered ${status}: ${title}`, () => {
    const reply = replyToOther(...request(other))
    assert.equal(reply.status, status)
    const allows = reply.fields.some(([name]) => name === 'Allow')
    assert.equal(allows, status === 200 || status === 405 || status === 501)
  })
}

test('Unsupported names the extensions that were required, all of them, and nothing that is no token', () => {
  const unsupported = (more: readonly string[]) => replyToOther(...request({ method: 'OPTIONS', more }))

  assert.deepEqual(unsupported(['Require: one, two', 'Require: three']), {
    status: 420,
    phrase: 'Bad Extension',
    fields: [['Unsupported', 'one, two, three']],
  })
  const odd = `Require: good, "quoted, text", a b, <x>, x;y, é, ,${'l'.repeat(65)}, last`
  assert.deepEqual(unsupported([odd]).fields, [['Unsupported', 'good, last']])
})
