import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Message, parseMessage } from '#codec/sip/message.ts'
import { RequestView } from '#codec/sip/request.ts'
import { encodeText } from '#codec/sip/text.ts'
import { FILLS, formatHost, formatRedirect, parseRedirect, redirectBack, userOf } from './redirect.ts'

const FILLINGS = { user: 'bob', calling: '+12125550117', called: '+14155550163', peer: '192.0.2.7:5060' }

const PIECES: [text: string, redirect: object[] | undefined][] = [
  ['sip:announce@192.0.2.9', [{ text: 'sip:announce@192.0.2.9' }]],
  ['sip:{user}@{peer}', [{ text: 'sip:' }, { fill: 'user' }, { text: '@' }, { fill: 'peer' }]],
  ['sip:a@b.example;from={calling}', [{ text: 'sip:a@b.example;from=' }, { fill: 'calling' }]],
  ['sip:a@b.example;to={called};x', [{ text: 'sip:a@b.example;to=' }, { fill: 'called' }, { text: ';x' }]],
  ['tel:+18005550142', [{ text: 'tel:+18005550142' }]],
  ['sip:{caller}@192.0.2.9', undefined],
  ['sip:{}@192.0.2.9', undefined],
  ['sip:{USER}@192.0.2.9', undefined],
  ['sip:a{user@192.0.2.9', undefined],
  ['sip:a b@192.0.2.9', undefined],
  ['sip:a@192.0.2.9;x="y"', undefined],
  ['sip:a@192.0.2.9;x=<y>', undefined],
  ['sip:a@192.0.2.9;x=é', undefined],
  [' sip:a@192.0.2.9', undefined],
  ['sip:a@192.0.2.9 ', undefined],
  // What is filled in may be what breaks it.
  ['sip:a@host-{called}.example', undefined],
  ['sip:a@b.example:{peer}', undefined],
  ['tel:{user}', [{ text: 'tel:' }, { fill: 'user' }]],
  ['{user}', undefined],
  ['http://announce.example', undefined],
  ['urn:service:sos', undefined],
  ['announce', undefined],
  ['sip:', undefined],
  ['', undefined],
]
for (const [text, redirect] of PIECES) {
  test(`${JSON.stringify(text)} ${redirect === undefined ? 'leads nowhere' : 'is read in pieces'}`, () => {
    assert.deepEqual(parseRedirect(text), redirect)
  })
}

test('each place is filled in, in its order, and what is not known of a call by a word', () => {
  const redirect = parseRedirect('sip:{user}@192.0.2.9;a={calling};b={called};c={peer};d={called}')
  assert.ok(redirect !== undefined)
  assert.equal(
    formatRedirect(redirect, FILLINGS),
    'sip:bob@192.0.2.9;a=+12125550117;b=+14155550163;c=192.0.2.7:5060;d=+14155550163',
  )
  assert.equal(
    formatRedirect(redirect, { ...FILLINGS, calling: '', called: '' }),
    'sip:bob@192.0.2.9;a=unknown;b=unknown;c=192.0.2.7:5060;d=unknown',
  )
  for (const fill of FILLS) {
    assert.equal(formatRedirect([{ text: '<' }, { fill }], FILLINGS), `<${FILLINGS[fill]}`)
  }
})

test('behind the host, what the caller wrote stays one value', () => {
  const redirect = parseRedirect('sip:captcha@192.0.2.30;to={user};from={calling}')!
  const user = 'x;maddr=203.0.113.66?Route=evil&a=b@c%20d'
  assert.equal(
    formatRedirect(redirect, { ...FILLINGS, user }),
    'sip:captcha@192.0.2.30;to=x%3Bmaddr%3D203.0.113.66%3FRoute%3Devil%26a%3Db%40c%20d;from=+12125550117',
  )
  assert.equal(
    formatRedirect(parseRedirect('sip:{user}@{peer}')!, { ...FILLINGS, user: 'a;b' }),
    'sip:a;b@192.0.2.7:5060',
  )
})

const HOSTS: [address: string, port: number, host: string][] = [
  ['192.0.2.7', 5060, '192.0.2.7:5060'],
  ['2001:db8::7', 5070, '[2001:db8::7]:5070'],
  ['fe80::7%eth0', 5060, '[fe80::7]:5060'],
]
for (const [address, port, host] of HOSTS) {
  test(`${address} stands in a URI as ${host}`, () => {
    assert.equal(formatHost({ address, port }), host)
  })
}

const BACK: [requestUri: string, user: string, back: string][] = [
  ['sip:bob@gate.example', 'bob', 'sip:bob@192.0.2.7:5060'],
  ['sip:bob;x@gate.example:5070;user=phone;y', 'bob;x', 'sip:bob;x@192.0.2.7:5060;user=phone;y'],
  ['sips:bob@gate.example', 'bob', 'sips:bob@192.0.2.7:5060'],
  // What says where a request goes would lead it elsewhere.
  ['sip:gate.example;lr', 'unknown', 'sip:192.0.2.7:5060'],
  [
    'sip:bob@gate.example;MADDR=203.0.113.66;transport=tcp;ttl=1;user=phone',
    'bob',
    'sip:bob@192.0.2.7:5060;user=phone',
  ],
  ['sip:bob@gate.example;m%61ddr=203.0.113.66;maddress=x', 'bob', 'sip:bob@192.0.2.7:5060;maddress=x'],
  ['sips:gate.example', 'unknown', 'sips:192.0.2.7:5060'],
  ['tel:+14155550163;npdi', '+14155550163', 'sip:+14155550163;npdi@192.0.2.7:5060;user=phone'],
  ['urn:service:sos', 'unknown', 'urn:service:sos'],
]
for (const [requestUri, user, back] of BACK) {
  test(`a call to ${requestUri} goes back to the peer as ${back}`, () => {
    const [message, view] = invite(requestUri)
    assert.equal(userOf(message, view), user)
    assert.equal(redirectBack(message, view, FILLINGS.peer), back)
  })
}

function invite(requestUri: string): [Message, RequestView] {
  const fields = [
    'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1',
    'From: <sip:+12125550117@a.example>;tag=f',
    'To: <sip:b@b.example>',
    'Call-ID: c',
    'CSeq: 1 INVITE',
  ]
  const message = parseMessage(encodeText(`INVITE ${requestUri} SIP/2.0\r\n${fields.join('\r\n')}\r\n\r\n`))
  const view = new RequestView()
  assert.equal(view.read(message), undefined)
  return [message, view]
}
