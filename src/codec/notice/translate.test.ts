import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CardCheck } from '#codec/jcard/verify.ts'
import { readCard } from '#codec/jcard/jcard.ts'
import { Message } from '#codec/sip/message.ts'
import { encodeText } from '#codec/sip/text.ts'
import { type Checked, type NetworkBlocked, type Notice, redressContact } from './notice.ts'
import { type SeenNotice, readNotice } from './read.ts'
import { RELEASE_TERMS, answerToRelease, inForm, networkBlockedFromCard, releaseFor } from './translate.ts'
import { formatNetworkBlocked } from './write.ts'

const CONTACT = valueOf(redressContact({ url: 'https://redress.northwire.example/c', tel: '+18005550142' }))
const BLOCKED: NetworkBlocked = {
  kind: 'network-blocked',
  form: 'SIP',
  contact: CONTACT,
  id: undefined,
  location: 'TN',
}

test('the two forms of a 603+ differ in protocol and cause only', () => {
  const sip = formatNetworkBlocked(BLOCKED)
  const q850 = formatNetworkBlocked(inForm(BLOCKED, 'Q.850'))
  assert.equal(q850, sip.replace('SIP;cause=603', 'Q.850;cause=21'))
  assert.notEqual(q850, sip)
  assert.deepEqual(inForm(inForm(BLOCKED, 'Q.850'), 'SIP'), BLOCKED)
})

const NOTICES: [title: string, notice: Notice | SeenNotice, cause: number][] = [
  ['a 603+', BLOCKED, 21],
  ['a 603', { kind: 'declined', retryAfterS: undefined }, 21],
  ['a 607', { kind: 'unwanted' }, 21],
  ['a 608', { kind: 'rejected', cardUri: undefined }, 21],
  ['a 433', { kind: 'anonymity-disallowed' }, 21],
  ['a received 603+ with a location of its own', seen(603, 'Network Blocked', formatNetworkBlocked(BLOCKED)), 21],
  ['a received 603 with a cause of its own', seen(603, 'Decline', 'Q.850;cause=17'), 21],
]

for (const [title, notice, cause] of NOTICES) {
  test(`${title} leaves the IP world as cause ${cause}, location user`, () => {
    assert.deepEqual(releaseFor(notice), { cause, location: 'U' })
  })
}

test('causes of 607 and 608, and whether an own cause wins, are settings', () => {
  const terms = { unwantedCause: 31, rejectedCause: 24, ownCauseWins: true }
  assert.equal(releaseFor({ kind: 'unwanted' }, terms).cause, 31)
  assert.equal(releaseFor({ kind: 'rejected', cardUri: undefined }, terms).cause, 24)
  assert.equal(releaseFor({ kind: 'declined', retryAfterS: 1 }, terms).cause, 21)
  assert.equal(releaseFor(seen(603, 'Decline', 'SIP;cause=603, Q.850;cause=17'), terms).cause, 17)
  assert.equal(releaseFor(seen(603, 'Decline', 'Q.850;cause=128'), terms).cause, 21)
  assert.equal(releaseFor(seen(603, 'Decline', 'Q.850;cause=0'), RELEASE_TERMS).cause, 21)
})

const AGREEMENT = { form: 'Q.850', contact: CONTACT, location: 'RLN', id: undefined } as const
const RELEASES: [
  title: string,
  bits: number | undefined,
  agreed: boolean,
  line: string,
  reason: string,
  known: boolean,
][] = [
  ['user', 0, false, '603 Decline', 'Q.850;cause=21;location=U', true],
  [
    'user, by agreement',
    0,
    true,
    '603 Network Blocked',
    formatNetworkBlocked({ kind: 'network-blocked', ...AGREEMENT }),
    true,
  ],
  ['another network', 4, false, '403 Forbidden', 'Q.850;cause=21;location=RLN', true],
  ['another network, agreement or not', 4, true, '403 Forbidden', 'Q.850;cause=21;location=RLN', true],
  ['beyond interworking', 10, false, '403 Forbidden', 'Q.850;cause=21;location=BI', true],
  ['nowhere', undefined, true, '403 Forbidden', 'Q.850;cause=21', false],
  ['what four bits cannot hold', 16, true, '403 Forbidden', 'Q.850;cause=21', false],
]

for (const [title, locationBits, agreed, line, reason, known] of RELEASES) {
  test(`cause 21 from ${title} is answered with ${line}`, () => {
    const answer = answerToRelease({ cause: 21, locationBits }, agreed ? AGREEMENT : undefined)
    assert.ok(answer)
    assert.equal(`${answer.reply.status} ${answer.reply.phrase}`, line)
    assert.deepEqual(answer.reply.fields, [['Reason', reason]])
    assert.equal(answer.locationKnown, known)
  })
}

test('other causes are no refusal', () => {
  for (const cause of [16, 17, 31, 0, 603])
    assert.equal(answerToRelease({ cause, locationBits: 0 }, AGREEMENT), undefined)
})

test('a valid card becomes a 603+ with the first contact of each kind that fits', () => {
  const check = cardCheck([
    ['version', {}, 'text', '4.0'],
    ['fn', {}, 'text', 'Desk'],
    ['url', {}, 'uri', 'http://old.northwire.example/'],
    ['url', {}, 'uri', 'https://redress.northwire.example/claim'],
    ['tel', {}, 'uri', 'tel:911'],
    ['tel', {}, 'uri', 'tel:+1-800-555-0142;ext=7'],
    ['email', {}, 'text', 'unblock@northwire.example'],
  ])
  assert.deepEqual(networkBlockedFromCard(check, { form: 'SIP', location: 'RLN', id: undefined }), {
    kind: 'ok',
    value: {
      kind: 'network-blocked',
      form: 'SIP',
      location: 'RLN',
      id: undefined,
      contact: {
        url: 'https://redress.northwire.example/claim',
        tel: '+18005550142',
        email: 'unblock@northwire.example',
      },
    },
  })
})

test('a card that is not valid, or whose contacts do not fit, becomes nothing', () => {
  const terms = { form: 'SIP', location: 'RLN', id: undefined } as const
  const good = cardCheck([['email', {}, 'text', 'a@b.example']])
  assert.equal(networkBlockedFromCard(good, terms).kind, 'ok')
  assert.equal(networkBlockedFromCard({ ...good, valid: false, faults: ['signature'] }, terms).kind, 'refused')
  assert.equal(networkBlockedFromCard({ ...good, card: undefined }, terms).kind, 'refused')
  assert.equal(networkBlockedFromCard(cardCheck([['adr', {}, 'text', ['', '', '1 Way']]]), terms).kind, 'refused')
})

function cardCheck(properties: unknown[]): CardCheck {
  const card = readCard(['vcard', properties])
  assert.ok(card)
  return { valid: true, faults: [], card, issuedAtS: 0, certificateUri: undefined }
}

function seen(status: number, phrase: string, reason: string): SeenNotice {
  const message = new Message()
  message.read(encodeText(`SIP/2.0 ${status} ${phrase}\r\nReason: ${reason}\r\n\r\n`))
  const notice = readNotice(message)
  assert.ok(notice)
  return notice
}

function valueOf<T>(checked: Checked<T>): T {
  assert.ok(checked.kind === 'ok')
  return checked.value
}
