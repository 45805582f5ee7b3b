import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tortureCases } from '../../../test/torture.ts'
import { FIELD } from './field.ts'
import type { MalformedCode } from './malformed.ts'
import { Message, parseMessage } from './message.ts'
import { RequestView, checkContact } from './request.ts'
import { encodeText } from './text.ts'

const SOUND: Readonly<Record<string, string>> = {
  start: 'INVITE sip:+14155550163@b.example SIP/2.0',
  via: 'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1',
  from: 'From: <sip:+12125550117@a.example>;tag=f',
  to: 'To: <sip:+14155550163@b.example>',
  callId: 'Call-ID: c@a.example',
  cseq: 'CSeq: 1 INVITE',
  maxForwards: 'Max-Forwards: 70',
  length: 'Content-Length: 4',
}

function invite(changes: Readonly<Record<string, string>> = {}): Message {
  const lines = Object.values({ ...SOUND, ...changes }).filter((line) => line !== '')
  const message = new Message()
  message.read(encodeText(`${lines.join('\r\n')}\r\n\r\nbody`))
  return message
}

test('a sound request is read: where its parts lie, and how long its body is', () => {
  const message = invite()
  const view = new RequestView()

  assert.equal(view.read(message), undefined)

  const text = (start: number, end: number) => new TextDecoder().decode(message.bytes.subarray(start, end))
  assert.equal(text(view.via.branchStart, view.via.branchEnd), 'z9hG4bK1')
  assert.equal(text(view.from.tagStart, view.from.tagEnd), 'f')
  assert.equal(view.to.tagStart, -1)
  assert.equal(text(view.uri.userStart, view.uri.userEnd), '+14155550163')
  assert.deepEqual([view.cseq.number, view.bodyLength, view.viaRead, view.toRead], [1, 4, true, true])
  assert.deepEqual([view.methodAgrees(message), view.branchIsBare(message)], [true, false])
})

const ACCEPTED: [title: string, changes: Readonly<Record<string, string>>][] = [
  ['no Content-Length', { length: '' }],
  ['no Max-Forwards', { maxForwards: '' }],
  ['Max-Forwards 255', { maxForwards: 'Max-Forwards: 255' }],
  ['Max-Forwards 0', { maxForwards: 'Max-Forwards: 0' }],
  ['a body longer than declared', { length: 'Content-Length: 2' }],
  [
    'compact names',
    { via: 'v: SIP/2.0/UDP a', from: 'f: <sip:a@b>;tag=x', to: 't: sip:c@d', callId: 'i: x', length: 'l: 4' },
  ],
  ['no From tag, as RFC 2543 had it', { from: 'From: sip:a@b' }],
  ['several Via values', { via: 'Via: SIP/2.0/UDP a, SIP/2.0/UDP b\r\nVia: SIP/2.0/UDP c' }],
]

for (const [title, changes] of ACCEPTED) {
  test(`a request with ${title} is in order`, () => {
    assert.equal(new RequestView().read(invite(changes)), undefined)
  })
}

const FAULTS: [title: string, changes: Readonly<Record<string, string>>, code: MalformedCode][] = [
  ['no Via', { via: '' }, 'missing'],
  ['no From', { from: '' }, 'missing'],
  ['no To', { to: '' }, 'missing'],
  ['no Call-ID', { callId: '' }, 'missing'],
  ['no CSeq', { cseq: '' }, 'missing'],
  ['two Froms', { from: `${SOUND.from}\r\nf: <sip:x@y>` }, 'doubled'],
  ['two Tos', { to: `${SOUND.to}\r\n${SOUND.to}` }, 'doubled'],
  ['two Call-IDs', { callId: `${SOUND.callId}\r\ni: other` }, 'doubled'],
  ['two CSeqs', { cseq: `${SOUND.cseq}\r\nCSeq: 2 INVITE` }, 'doubled'],
  ['two Content-Lengths', { length: 'Content-Length: 4\r\nl: 4' }, 'doubled'],
  ['two Max-Forwards', { maxForwards: 'Max-Forwards: 1\r\nMax-Forwards: 2' }, 'doubled'],
  ['an empty Call-ID', { callId: 'Call-ID:' }, 'token'],
  ['a space in the Call-ID', { callId: 'Call-ID: a b' }, 'token'],
  ['a folded Call-ID', { callId: 'Call-ID: a\r\n b' }, 'token'],
  ['a control octet in the Call-ID', { callId: 'Call-ID: a\u0007b' }, 'token'],
  ['a DEL in the Call-ID', { callId: 'Call-ID: a\u007fb' }, 'token'],
  ['a broken Via', { via: 'Via: x' }, 'token'],
  ['a broken CSeq', { cseq: 'CSeq: INVITE' }, 'number'],
  ['a broken From', { from: 'From: <sip:a' }, 'angle-bracket'],
  ['an open quote in To', { to: 'To: "x <sip:a@b>' }, 'quoted-string'],
  ['a Request-URI with headers', { start: 'INVITE sip:a@b?x=y SIP/2.0' }, 'uri'],
  ['a Request-URI in brackets', { start: 'INVITE <sip:a@b> SIP/2.0' }, 'uri'],
  ['a longer body declared than sent', { length: 'Content-Length: 5' }, 'content-length'],
  ['a negative Content-Length', { length: 'Content-Length: -1' }, 'content-length'],
  ['a Content-Length of letters', { length: 'Content-Length: x' }, 'content-length'],
  ['an empty Content-Length', { length: 'Content-Length:' }, 'content-length'],
  ['Max-Forwards 256', { maxForwards: 'Max-Forwards: 256' }, 'number'],
  ['Max-Forwards with something behind', { maxForwards: 'Max-Forwards: 7 0' }, 'number'],
  ['a broken header line', { length: 'Content-Length' }, 'field-name'],
  ['another version', { start: 'INVITE sip:a@b SIP/7.0' }, 'version'],
]

for (const [title, changes, code] of FAULTS) {
  test(`a request with ${title} is malformed (${code})`, () => {
    assert.equal(new RequestView().read(invite(changes))?.code, code)
  })
}

const READABLE: [title: string, changes: Readonly<Record<string, string>>, viaRead: boolean, toRead: boolean][] = [
  ['a broken Via', { via: 'Via: x' }, false, true],
  ['a broken To', { to: 'To: <x' }, true, false],
  ['no To', { to: '' }, true, false],
  ['two Tos', { to: `${SOUND.to}\r\nTo: <x` }, true, true],
  ['a broken From', { from: 'From: <x' }, true, true],
  ['a broken CSeq', { cseq: 'CSeq: x' }, true, true],
  ['another version', { start: 'INVITE sip:a@b SIP/7.0' }, true, true],
  ['a broken header line before the rest', { start: `${SOUND.start}\r\nbroken` }, true, true],
  ['too long a header line', { length: `X: ${'x'.repeat(9000)}` }, true, true],
  ['a start line that is none', { start: 'INVITE sip:a@b' }, true, true],
]

for (const [title, changes, viaRead, toRead] of READABLE) {
  test(`a bad request tells how far it could be read: ${title}`, () => {
    const view = new RequestView()
    view.read(invite())
    const message = invite(changes)

    assert.ok(view.read(message) !== undefined)

    assert.deepEqual([view.viaRead, view.toRead, view.to.tagStart], [viaRead, toRead, -1])
    assert.equal(view.from.tagStart >= 0, title !== 'a broken From')
    assert.equal(view.cseq.number, title === 'a broken CSeq' ? 0 : 1)
  })
}

test('a request says nothing about the one read before it', () => {
  const view = new RequestView()
  view.read(invite({ via: 'Via: SIP/2.0/UDP a:5099;rport;branch=z9hG4bK', to: 'To: <sip:a@b>;tag=t' }))
  assert.equal(view.via.port, 5099)

  view.read(invite({ via: 'Via: x' }))

  assert.deepEqual([view.via.port, view.via.rportEnd, view.via.branchStart, view.viaRead], [-1, -1, -1, false])
})

test('CSeq must name the method, and a branch that is only the cookie is seen', () => {
  const view = new RequestView()
  const other = invite({ cseq: 'CSeq: 1 invite', via: 'Via: SIP/2.0/UDP a;branch=z9hG4bK' })

  assert.equal(view.read(other), undefined)

  assert.deepEqual([view.methodAgrees(other), view.branchIsBare(other)], [false, true])
})

test('the requests of RFC 4475 that are well formed have no fault, or one that its text allows', () => {
  const view = new RequestView()
  let looked = 0
  for (const { name, bytes, expect } of tortureCases()) {
    if (expect.kind !== 'request') continue
    looked++
    const message = new Message()
    message.read(bytes)
    const fault = view.read(message)
    const ok =
      fault === undefined && view.methodAgrees(message) && !view.branchIsBare(message) && contactIsSound(message)
    if (expect.preferred === 400 && !expect.wellFormed) assert.ok(!ok, `${name} should have a fault`)
    else if (expect.acceptable.every((status) => status !== 400 && status !== 505)) assert.equal(fault, undefined, name)
  }
  assert.ok(looked >= 40, `${looked} requests`)
})

test('a broken Contact is found where somebody asks for it', () => {
  const contact = (value: string) => parseMessage(encodeText(`INVITE sip:a@b SIP/2.0\r\nm: ${value}\r\n\r\n`))

  for (const value of ['*', '<sip:a@b>;expires=1', 'sip:a@b, <sip:c@d>']) checkContact(contact(value))
  for (const value of ['', '**', '<sip:a@b', 'Bell, A <sip:a@b>', '"a'])
    assert.throws(() => checkContact(contact(value)), { name: 'Malformed' }, value)
  assert.equal(contact('*').indexOf(FIELD.contact), 0)
})

function contactIsSound(message: Message): boolean {
  try {
    checkContact(message)
    return true
  } catch {
    return false
  }
}
