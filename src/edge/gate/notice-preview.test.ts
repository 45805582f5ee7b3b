import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FIELD } from '#codec/sip/field.ts'
import { parseMessage } from '#codec/sip/message.ts'
import { decodeText } from '#codec/sip/text.ts'
import { type Profile, noticeChoices } from '#core/notify/notice-choices.ts'
import type { NoticeSettings } from '#core/notify/notice-terms.ts'
import { SAMPLE_ASK, previewNotice } from '#core/notify/preview-notice.ts'
import type { Cause } from '#core/rules/verdict.ts'
import { BLOCKED, PEER, gateWith, invite, terms } from '../../../test/gate.ts'

type Settings = NoticeSettings & { readonly profile: Profile }

const SETTINGS: Settings = {
  profile: 'us',
  choices: noticeChoices('us'),
  contact: { url: 'https://redress.northwire.example', tel: '+18005550142', email: 'unblock@northwire.example' },
  location: 'RLN',
  form: 'SIP',
  carry: 'both',
  desk: 'https://redress.northwire.example',
  needsContact: true,
}
const RFC: Settings = { ...SETTINGS, profile: 'rfc', choices: noticeChoices('rfc') }
const ANALYTICS = { cause: 'analytics', knowsRejected: false, isWithheld: false } as const
const KNOWS = 'Supported: sip.608\r\nFeature-Caps: *;+sip.608\r\n'

const CASES: [title: string, settings: Settings, from: string, cause: Cause, knows: boolean, status: number][] = [
  ['603+ with a desk', SETTINGS, BLOCKED, 'analytics', false, 603],
  [
    '603+ in the form of Q.850, its receipt in the url alone',
    { ...SETTINGS, form: 'Q.850', carry: 'url' },
    BLOCKED,
    'analytics',
    false,
    603,
  ],
  ['603+ without a desk', { ...SETTINGS, desk: undefined, carry: 'id' }, BLOCKED, 'analytics', false, 603],
  ['608 to who knows it', RFC, BLOCKED, 'analytics', true, 608],
  ['603+ to who does not know the 608 that was chosen', RFC, BLOCKED, 'analytics', false, 603],
  ['603', SETTINGS, '+12125550188', 'do-not-originate', false, 603],
  [
    '403',
    { ...SETTINGS, choices: noticeChoices('us', { 'do-not-originate': '403' }) },
    '+12125550188',
    'do-not-originate',
    false,
    403,
  ],
]
for (const [title, settings, from, cause, knowsRejected, status] of CASES) {
  test(`a preview has the very octets that leave the gate: ${title}`, async () => {
    const desk = gateWith({ parts: { terms: terms(settings) } })
    const request = invite({ from, extra: knowsRejected ? KNOWS : '' })
    assert.deepEqual(desk.say(request), [], 'a block waits for the ledger')
    await desk.commit()
    const sent = desk.sent.at(-1)!.bytes
    const answer = parseMessage(sent)
    assert.equal(answer.status, status)
    const toTag = /;tag=([^;]+)$/.exec(answer.first(FIELD.to) ?? '')![1]!
    const { receipt } = desk.recorded[0]!.personal
    const call = { cause, knowsRejected, isWithheld: false }
    const preview = previewNotice(settings, call, { invite: request, source: PEER, receipt, toTag })
    assert.equal(preview.kind, 'told')
    assert.deepEqual(preview.octets, sent)
    const other = previewNotice(settings, call, { invite: request, source: PEER, receipt, toTag: `${toTag}x` })
    assert.ok(other.kind === 'told' && Buffer.compare(other.octets, sent) !== 0, 'an octet more is seen')
  })
}

test('a caller who withholds his number is told 433 by the called party’s list, others 607', () => {
  const call = { cause: 'called-party', knowsRejected: false } as const
  const [withheld, plain] = [true, false].map((isWithheld) => previewNotice(SETTINGS, { ...call, isWithheld }))
  assert.ok(withheld?.kind === 'told' && plain?.kind === 'told')
  assert.match(textOf(withheld.octets), /^SIP\/2\.0 433 /)
  assert.match(textOf(plain.octets), /^SIP\/2\.0 607 /)
})

test('what cannot be told is said: an announcement, no contact, contacts and choices that are refused', () => {
  assert.deepEqual(previewNotice({ ...RFC, announce: 'announce' }, ANALYTICS), {
    kind: 'announced',
    treatment: 'announce',
  })
  const bare = { ...SETTINGS, contact: {}, desk: undefined, needsContact: false }
  assert.deepEqual(previewNotice(bare, ANALYTICS), { kind: 'untold' })
  for (const [changed, fault] of [
    [{ contact: { url: 'http://redress.northwire.example' }, desk: undefined }, /not an absolute https URL/],
    [{ contact: { tel: '8005550142' } }, /is not "\+" and 2 to 15 digits/],
    [{ choices: noticeChoices('us', { analytics: '608' }) }, /64\.1200/],
    [{ ...RFC, desk: undefined }, /a 608 needs a desk/],
  ] as const) {
    const refused = previewNotice({ ...SETTINGS, ...changed }, ANALYTICS)
    assert.ok(refused.kind === 'refused')
    assert.match(refused.faults.join('; '), fault)
  }
})

test('the receipt of the sample is one by its looks', () => {
  assert.match(SAMPLE_ASK.receipt, /^[A-Za-z0-9_-]{64}$/)
})

function textOf(octets: Uint8Array): string {
  return decodeText(octets, 0, octets.length)
}

test('a preview refuses a contact that is wrong, also where the page of the desk stands in its place', () => {
  for (const [contact, fault] of [
    [{ url: 'redress' }, '"redress" is not an absolute https URL'],
    [{ tel: '12' }, '"12" is not "+" and 2 to 15 digits, the first of them not 0'],
    [{ email: 'nobody' }, '"nobody" is not an ASCII e-mail address with a dotted domain'],
  ] as const) {
    for (const desk of [SETTINGS.desk, undefined])
      assert.deepEqual(previewNotice({ ...SETTINGS, contact: { ...SETTINGS.contact, ...contact }, desk }, ANALYTICS), {
        kind: 'refused',
        faults: [fault],
      })
  }
  assert.equal(previewNotice(SETTINGS, ANALYTICS).kind, 'told')
})
