import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRedressId } from '#codec/notice/contact.ts'
import type { RedressContact } from '#codec/notice/notice.ts'
import { parseNumber } from '#core/call/number.ts'
import { CAUSES, type Block, type Cause } from '#core/rules/verdict.ts'
import { chooseNotice, type NetworkBlockedTerms, type NoticeTerms } from './choose-notice.ts'
import { NOTICE_CHOICES, US_NOTICES, noticeChoices } from './notice-choices.ts'
import { makeNoticeTerms, type NoticeSettings } from './notice-terms.ts'

const RECEIPT = `${'aB3-_'.repeat(12)}zzzz`
const CALLER = { calling: parseNumber('+12125550117'), knowsRejected: true }
const CONTACT = { url: 'https://redress.northwire.example/c', tel: '+18005550142', email: 'unblock@northwire.example' }
const SETTINGS: NoticeSettings = {
  choices: US_NOTICES,
  contact: CONTACT,
  location: 'RLN',
  form: 'SIP',
  carry: 'both',
  desk: undefined,
  needsContact: true,
}

const US: [cause: Cause, kind: string][] = [
  ['analytics', 'network-blocked'],
  ['do-not-originate', 'declined'],
  ['invalid', 'declined'],
  ['unallocated', 'declined'],
  ['called-party', 'unwanted'],
  ['ordered', 'declined'],
]

for (const [cause, kind] of US) {
  test(`in the United States a block for cause ${cause} is told as ${kind}`, () => {
    const notice = chooseNotice(blockFor(cause), CALLER, RECEIPT, termsOf({}))
    assert.equal(notice.kind, kind)
  })
}

test('every cause has a row above, and only analytics may become a notice with a contact', () => {
  assert.deepEqual(
    US.map(([cause]) => cause),
    [...CAUSES],
  )
  const withContact = CAUSES.filter((cause) => NOTICE_CHOICES.us[cause].some((choice) => /603\+|608/.test(choice)))
  assert.deepEqual(withContact, ['analytics'])
  assert.ok(CAUSES.every((cause) => (NOTICE_CHOICES.us[cause] as readonly string[]).includes(US_NOTICES[cause])))
})

test('a caller who withholds his number and is refused by the called party is told so by 433', () => {
  const withheld = { calling: parseNumber('anonymous'), knowsRejected: true }
  assert.equal(chooseNotice(blockFor('called-party'), withheld, RECEIPT, termsOf({})).kind, 'anonymity-disallowed')
  assert.equal(chooseNotice(blockFor('do-not-originate'), withheld, RECEIPT, termsOf({})).kind, 'declined')
})

test('a policy may choose 403, 603 for the called party, and 608 for analytics', () => {
  const choices = { ...US_NOTICES, 'do-not-originate': '403', 'called-party': '603', analytics: '608' } as const
  const terms = termsOf({ choices, desk: 'https://desk.northwire.example' })
  assert.deepEqual(chooseNotice(blockFor('do-not-originate'), CALLER, RECEIPT, terms), { kind: 'forbidden' })
  assert.equal(chooseNotice(blockFor('called-party'), CALLER, RECEIPT, terms).kind, 'declined')
  assert.deepEqual(chooseNotice(blockFor('analytics'), CALLER, RECEIPT, terms), {
    kind: 'rejected',
    cardUri: `https://desk.northwire.example/j/${RECEIPT}`,
  })
})

const DESK = 'https://desk.northwire.example'
const { url, tel, email } = CONTACT
const CARRY: [title: string, settings: Partial<NoticeSettings>, url: string | undefined, carriesId: boolean][] = [
  ['no desk: the contact url, and the receipt in id', {}, url, true],
  ['no desk, carry url: still in id, for the url cannot carry it', { carry: 'url' }, url, true],
  ['no desk, no url: the receipt in id', { contact: { tel, email } }, undefined, true],
  ['a desk: in both', { desk: DESK }, `${DESK}/r/${RECEIPT}`, true],
  ['a desk, carry url', { desk: DESK, carry: 'url' }, `${DESK}/r/${RECEIPT}`, false],
  ['a desk, carry id', { desk: DESK, carry: 'id' }, url, true],
  [
    'a desk, carry id, no contact url: the desk itself',
    { desk: DESK, carry: 'id', contact: { tel, email } },
    DESK,
    true,
  ],
]

for (const [title, settings, expectedUrl, carriesId] of CARRY) {
  test(`a 603+ carries the receipt as the policy says, ${title}`, () => {
    const notice = chooseNotice(blockFor('analytics'), CALLER, RECEIPT, termsOf(settings))
    assert.deepEqual(notice, {
      kind: 'network-blocked',
      form: 'SIP',
      contact: { url: expectedUrl, tel, email },
      id: carriesId ? RECEIPT : undefined,
      location: 'RLN',
    })
  })
}

const ALL_608 = noticeChoices('rfc', { 'do-not-originate': '608', invalid: '608', unallocated: '608', ordered: '608' })
const LISTS_608 = { ...ALL_608, analytics: '603+' } as const
const TOLD_603 = noticeChoices('us', { invalid: '603+' })
/** So long that a card's URI fits into 512 characters, and no more. */
const FULL_DESK = `${DESK}/${'d'.repeat(512 - DESK.length - '//j/'.length - RECEIPT.length)}`
const LONG_DESK = `${FULL_DESK}d`
const ANNOUNCED = { kind: 'announced', treatment: 'regret' }
const DECLINED = { kind: 'declined', retryAfterS: undefined }

type Told = [title: string, cause: Cause, settings: Partial<NoticeSettings>, otherwise: object]
const UNREACHED: Told[] = [
  ['a block by a list, declined', 'invalid', {}, DECLINED],
  ['a block by a list, announced where there is an announcement', 'invalid', { announce: 'regret' }, ANNOUNCED],
  ['a block by analytics, announced where there is an announcement', 'analytics', { announce: 'regret' }, ANNOUNCED],
  [
    'a block by analytics, told by a 603+',
    'analytics',
    { carry: 'id' },
    { kind: 'network-blocked', form: 'SIP', contact: CONTACT, id: RECEIPT, location: 'RLN' },
  ],
]
for (const [title, cause, settings, otherwise] of UNREACHED) {
  test(`a caller whom a 608 does not reach is told otherwise: ${title}`, () => {
    const terms = termsOf({ choices: ALL_608, desk: DESK, ...settings })
    const reached = chooseNotice(blockFor(cause), CALLER, RECEIPT, terms)
    assert.deepEqual(reached, { kind: 'rejected', cardUri: `${DESK}/j/${RECEIPT}` })
    const unreached = chooseNotice(blockFor(cause), { ...CALLER, knowsRejected: false }, RECEIPT, terms)
    assert.deepEqual(unreached, otherwise)
  })
}

test('outside the United States a block by analytics may be declined, and then needs no contact', () => {
  const terms = termsOf({ choices: noticeChoices('rfc', { analytics: '603' }), contact: {} })
  assert.deepEqual(chooseNotice(blockFor('analytics'), CALLER, RECEIPT, terms), DECLINED)
})

test('a card may lie as far away as a URI is long', () => {
  assert.equal(termsOf({ choices: ALL_608, desk: FULL_DESK, carry: 'id' }).analytics?.kind, 'rejected')
})

test('there is no 603+ but for analytics: whatever the choices say, nobody else is told one', () => {
  assert.deepEqual(chooseNotice(blockFor('invalid'), CALLER, RECEIPT, termsOf({ choices: TOLD_603 })), DECLINED)
})

test('form and location are the operator’s', () => {
  const notice = chooseNotice(blockFor('analytics'), CALLER, RECEIPT, termsOf({ form: 'Q.850', location: 'LN' }))
  assert.ok(notice.kind === 'network-blocked' && notice.form === 'Q.850' && notice.location === 'LN')
})

const REFUSED: [title: string, settings: Partial<NoticeSettings>, fault: RegExp][] = [
  ['no contact at all', { contact: {} }, /at least one of url, tel and email/],
  ['a url without TLS', { contact: { url: 'http://redress.northwire.example/' } }, /not an absolute https URL/],
  ['a wrong number', { contact: { tel: '8005550142' } }, /digits/],
  ['a wrong address', { contact: { email: 'nobody' } }, /e-mail/],
  ['a desk that no url can be made of', { desk: 'https://desk;x.example' }, /percent-encoded|https URL/],
  ['608 without a desk', { choices: { ...US_NOTICES, analytics: '608' } }, /needs a desk/],
  [
    '608 for others alone without a desk, said once',
    { choices: LISTS_608 },
    /^a 608 needs a desk that serves its card$/,
  ],
  ['a desk whose cards lie too far away', { choices: ALL_608, desk: LONG_DESK, carry: 'id' }, /longer than 512/],
  ['608 with a contact that its 603+ could not carry', { choices: ALL_608, desk: DESK, contact: { tel: '1' } }, /"1"/],
  ['a wrong url that no rule needs', { contact: { url: 'http://x.example/' }, needsContact: false }, /https URL/],
  ['a wrong number that no rule needs', { contact: { tel: '8005550142' }, needsContact: false }, /digits/],
  ['a wrong address that no rule needs', { contact: { email: 'nobody' }, needsContact: false }, /e-mail/],
  ['a wrong desk that no rule needs', { contact: {}, desk: 'http://x.example', needsContact: false }, /https URL/],
]

for (const [title, settings, fault] of REFUSED) {
  test(`terms are refused: ${title}`, () => {
    const terms = makeNoticeTerms({ ...SETTINGS, ...settings })
    assert.equal(terms.kind, 'refused')
    assert.match(terms.faults.join('\n'), fault)
  })
}

test('without analytics rules a contact may be missing; a block by analytics is then not told but thrown', () => {
  const terms = termsOf({ contact: {}, needsContact: false })
  assert.equal(terms.analytics, undefined)
  assert.equal(chooseNotice(blockFor('ordered'), CALLER, RECEIPT, terms).kind, 'declined')
  assert.throws(() => chooseNotice(blockFor('analytics'), CALLER, RECEIPT, terms), /no redress contact/)
})

test('the receipts of these tests are ones that an id may hold', () => {
  assert.equal(RECEIPT.length, 64)
  assert.ok(isRedressId(RECEIPT))
})

test('a 603+ without a contact, or a block without a ground, does not compile', () => {
  // @ts-expect-error: contact is missing
  const terms: NetworkBlockedTerms = { kind: 'network-blocked', form: 'SIP', location: 'RLN', carriesId: true }
  // @ts-expect-error: a contact of nothing is none
  const empty: RedressContact = { url: undefined, tel: undefined, email: undefined }
  // @ts-expect-error: grounds is an empty list
  const block: Block['grounds'] = []
  assert.ok(terms && empty && block)
})

function termsOf(settings: Partial<NoticeSettings>): NoticeTerms {
  const terms = makeNoticeTerms({ ...SETTINGS, ...settings })
  assert.equal(terms.kind, 'ok')
  return terms.value
}

function blockFor(cause: Cause): Block {
  const ground = { kind: 'listed', rule: 'deny', cause, list: 'deny.csv', entry: '+12125550117' } as const
  return {
    kind: 'block',
    rule: { id: 'deny', number: 1 },
    cause,
    program: 'none',
    optOut: false,
    grounds: [ground],
    shadows: [],
  }
}
