import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Malformed, type MalformedCode } from '#codec/sip/malformed.ts'
import { type Message, parseMessage } from '#codec/sip/message.ts'
import { RequestView } from '#codec/sip/request.ts'
import { encodeText } from '#codec/sip/text.ts'
import type { CallFacts } from './facts.ts'
import type { DialPlan } from './number.ts'
import { formatParty } from './party.ts'
import { readCallFacts, readDialled, readDisplayName } from './read-facts.ts'
import { NOT_LOOKED, NO_SCORES } from './verification.ts'

type Invite = { readonly uri?: string; readonly from?: string; readonly to?: string; readonly more?: readonly string[] }

function message({
  uri = 'sip:+14155550163@b.example',
  from = '<sip:+12125550117@a.example>;tag=f',
  to = '<sip:b@b.example>',
  more = [],
}: Invite): [Message, RequestView] {
  const fixed = [
    'Via: SIP/2.0/UDP a.example;branch=z9hG4bK1',
    `From: ${from}`,
    `To: ${to}`,
    'Call-ID: c',
    'CSeq: 1 INVITE',
  ]
  const invite = parseMessage(encodeText(`INVITE ${uri} SIP/2.0\r\n${[...fixed, ...more].join('\r\n')}\r\n\r\n`))
  const view = new RequestView()
  assert.equal(view.read(invite), undefined)
  return [invite, view]
}

function read(invite: Invite, plan?: DialPlan): CallFacts {
  return readCallFacts(...message(invite), 'edge', 1_000, plan)
}

test('a plain INVITE gives its facts', () => {
  assert.deepEqual(read({}), {
    atMs: 1_000,
    calling: { kind: 'e164', digits: 12125550117, count: 11 },
    called: { kind: 'e164', digits: 14155550163, count: 11 },
    peer: 'edge',
    trunk: '',
    tenant: '',
    attestation: 'none',
    emergency: false,
    forwarded: false,
    verification: NOT_LOOKED,
    scores: NO_SCORES,
  })
})

const PAI = 'P-Asserted-Identity:'
const NANP: DialPlan = { country: 1, national: 10, international: '011' }

const CALLING: [title: string, invite: Invite, calling: string, plan?: DialPlan][] = [
  ['From', {}, '+12125550117'],
  ['P-Asserted-Identity over From', { more: [`${PAI} "X" <sip:+13105550101@a.example>`] }, '+13105550101'],
  ['the first of two asserted numbers', { more: [`${PAI} <sip:+13105550101@a>, <tel:+13105550102>`] }, '+13105550101'],
  [
    'the first of two asserted fields',
    { more: [`${PAI} <tel:+13105550101>`, `${PAI} <sips:+13105550102@a>`] },
    '+13105550101',
  ],
  [
    'the asserted number behind an asserted name',
    { more: [`${PAI} <sip:alice@a>, <tel:+13105550102>`] },
    '+13105550102',
  ],
  ['no number where only a name is asserted', { more: [`${PAI} <sip:alice@a>`] }, ''],
  ['a bare asserted tel URI', { more: [`${PAI} tel:+1-310-555-0101`] }, '+13105550101'],
  [
    'an asserted number over an anonymous From',
    { from: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=f', more: [`${PAI} <tel:+13105550101>`] },
    '+13105550101',
  ],
  [
    'an asserted anonymous caller over a number in From',
    { more: [`${PAI} <sip:anonymous@anonymous.invalid>`] },
    'withheld',
  ],
  ['a tel URI in From', { from: '<tel:+12125550117;cpc=ordinary>;tag=f' }, '+12125550117'],
  ['a number with escapes and parameters', { from: '<sip:%2B12125550117;npdi;rn=+1@a>;tag=f' }, '+12125550117'],
  ['anonymous by user', { from: '<sip:anonymous@a.example>;tag=f' }, 'withheld'],
  ['anonymous by host', { from: '<sip:x@anonymous.invalid>;tag=f' }, 'withheld'],
  ['a number at an anonymous host', { from: '<sip:+12125550117@anonymous.invalid>;tag=f' }, '+12125550117'],
  ['a name', { from: '<sip:alice@a.example>;tag=f' }, ''],
  ['no user', { from: '<sip:a.example>;tag=f' }, ''],
  ['another scheme', { from: '<http://12125550117>;tag=f' }, ''],
  ['digits without a plan', { from: '<sip:2125550117@a>;tag=f' }, '2125550117'],
  ['digits under a plan', { from: '<sip:2125550117@a>;tag=f' }, '+12125550117', NANP],
  ['asserted digits under a plan', { more: [`${PAI} <sip:011493012345678@a>`] }, '+493012345678', NANP],
  [
    'another asserted field’s name',
    { more: ['X-P-Asserted-Identity: <tel:+13105550101>', 'P-Preferred-Identity: <tel:+13105550102>'] },
    '+12125550117',
  ],
]

for (const [title, invite, calling, plan] of CALLING) {
  test(`the calling number: ${title}`, () => {
    assert.equal(formatParty(read(invite, plan).calling), calling)
  })
}

for (const value of ['', '<sip:a@b', '"x" tel:+1', '<tel:+13105550101> x', 'Bell, A <tel:+1>', '<tel:+1>,']) {
  test(`an asserted identity that two elements could read differently is malformed: ${JSON.stringify(value)}`, () => {
    assert.throws(() => read({ more: [`${PAI} ${value}`] }), { name: 'Malformed' })
  })
}

const TEL = '<tel:+13105550101>'
const SIP = '<sip:+13105550102@a>'
const OUTSIDE: [title: string, code: MalformedCode, values: readonly string[]][] = [
  ['two tel URIs', 'doubled', [TEL, '"X" <TEL:+13105550103>']],
  ['two SIP URIs', 'doubled', [SIP, '<sip:alice@a>']],
  ['a SIP and a SIPS URI', 'doubled', [SIP, 'sips:+13105550103@a']],
  ['three values', 'doubled', [SIP, TEL, '<sip:bob@a>']],
  ['three values, the last a tel URI', 'doubled', [TEL, SIP, TEL]],
  ['another scheme', 'uri', ['<http://a.example/>']],
  ['another scheme beside a number', 'uri', [TEL, '<urn:service:sos>']],
]

for (const [title, code, values] of OUTSIDE) {
  test(`an asserted identity of ${title} is malformed (${code}), in one line or over several`, () => {
    for (const more of [[`${PAI} ${values.join(', ')}`], values.map((value) => `${PAI} ${value}`)])
      assert.throws(() => read({ more }), { name: 'Malformed', code })
  })
}

test('one SIP URI and one tel URI are in order, either first, in one line or two', () => {
  for (const values of [[SIP, TEL], [TEL, SIP], [SIP], [TEL]])
    for (const more of [[`${PAI} ${values.join(' ,\r\n ')}`], values.map((value) => `${PAI} ${value}`)])
      assert.equal(read({ more }).calling.kind, 'e164')
})

test('the dialled number is that of To, whatever the Request-URI became', () => {
  const dialled = (to: string, plan?: DialPlan) => formatParty(readDialled(...message({ to }), plan))
  assert.equal(dialled('"Help" <sip:+18005550100@b.example;user=phone>'), '+18005550100')
  assert.equal(dialled('<tel:+1-800-555-0100>'), '+18005550100')
  assert.equal(dialled('<sip:8005550100@b.example>'), '8005550100')
  assert.equal(dialled('<sip:8005550100@b.example>', NANP), '+18005550100')
  assert.equal(dialled('<sip:b.example>'), '')
})

const CALLED: [uri: string, called: string, plan?: DialPlan][] = [
  ['sip:+14155550163@b.example;user=phone', '+14155550163'],
  ['sips:+14155550163:secret@b.example', '+14155550163'],
  ['tel:+1-415-555-0163', '+14155550163'],
  ['sip:4155550163@b.example', '4155550163'],
  ['sip:4155550163@b.example', '+14155550163', NANP],
  ['sip:bob@b.example', ''],
  ['sip:b.example', ''],
  ['urn:service:sos', ''],
]

for (const [uri, called, plan] of CALLED) {
  test(`the called number of ${uri} is ${JSON.stringify(called)}${plan === undefined ? '' : ' under a dial plan'}`, () => {
    assert.equal(formatParty(read({ uri }, plan).called), called)
  })
}

const TRUNKS: [title: string, invite: Invite, trunk: string][] = [
  ['tgrp in the Request-URI', { uri: 'sip:+14155550163;tgrp=tg-1;trunk-context=+1@b.example' }, 'tg-1'],
  ['tgrp in capitals', { uri: 'sip:+14155550163;TGRP=Tg-1@b.example' }, 'Tg-1'],
  ['trgp', { uri: 'sip:+14155550163@b.example;trgp=tg-2' }, 'tg-2'],
  ['tgrp in a tel URI', { uri: 'tel:+14155550163;tgrp=tg-3;trunk-context=x' }, 'tg-3'],
  ['otg in From', { from: '<sip:+12125550117@a;otg=tg-4>;tag=f' }, 'tg-4'],
  ['otg in the user part of From', { from: '<sip:+12125550117;otg=tg-5@a>;tag=f' }, 'tg-5'],
  ['tgrp before otg', { uri: 'sip:+1415;tgrp=tg-1@b', from: '<sip:+1;otg=tg-5@a>;tag=f' }, 'tg-1'],
  ['the first of two', { uri: 'sip:+1415;tgrp=a;tgrp=b@b' }, 'a'],
  ['a longer name', { uri: 'sip:+1415;xtgrp=a;tgrpx=b@b' }, ''],
  ['a name without value', { uri: 'sip:+1415;tgrp@b;tgrp' }, ''],
  ['a name that is too long for one', { uri: `sip:+1415;tgrp=${'a'.repeat(101)}@b` }, ''],
  ['otg outside the URI', { from: '<sip:+12125550117@a>;otg=tg-4;tag=f' }, ''],
]

for (const [title, invite, trunk] of TRUNKS) {
  test(`the trunk: ${title}`, () => {
    assert.equal(read(invite).trunk, trunk)
  })
}

const ATTESTATIONS: [title: string, invite: Invite, attestation: string][] = [
  ['verstat passed', { from: '<sip:+1;verstat=TN-Validation-Passed@a>;tag=f' }, 'passed'],
  ['verstat passed with a level', { from: '<sip:+1;verstat=TN-Validation-Passed-B@a>;tag=f' }, 'B'],
  ['verstat failed', { from: '<tel:+1;verstat=TN-Validation-Failed>;tag=f' }, 'failed'],
  ['verstat failed with a level', { from: '<tel:+1;verstat=tn-validation-failed-a>;tag=f' }, 'failed'],
  ['no validation', { from: '<sip:+1;verstat=No-TN-Validation@a>;tag=f' }, 'none'],
  ['an unknown word', { from: '<sip:+1;verstat=Passed@a>;tag=f' }, 'none'],
  ['verstat beside the asserted number', { more: [`${PAI} <tel:+1310;verstat=TN-Validation-Passed-A>`] }, 'A'],
  [
    'verstat of From while another number is asserted',
    { from: '<sip:+1;verstat=TN-Validation-Passed@a>;tag=f', more: [`${PAI} <tel:+1310>`] },
    'none',
  ],
  [
    'verstat beside the asserted value that was used',
    { more: [`${PAI} <sip:alice;verstat=TN-Validation-Passed-C@a>, <tel:+1310;verstat=TN-Validation-Failed>`] },
    'failed',
  ],
  ['the indicator', { more: ['P-Attestation-Indicator: A'] }, 'A'],
  [
    'verstat before the indicator',
    { from: '<sip:+1;verstat=TN-Validation-Failed@a>;tag=f', more: ['P-Attestation-Indicator: A'] },
    'failed',
  ],
  ['an indicator of another letter', { more: ['P-Attestation-Indicator: D'] }, 'none'],
]

for (const [title, invite, attestation] of ATTESTATIONS) {
  test(`attestation: ${title} is ${attestation}`, () => {
    assert.equal(read(invite).attestation, attestation)
  })
}

const EMERGENCY: [title: string, invite: Invite, emergency: boolean][] = [
  ['911', { uri: 'sip:911@b.example' }, true],
  ['tel:911', { uri: 'tel:911;phone-context=+1' }, true],
  ['112', { uri: 'sip:112@b.example' }, true],
  ['+1911', { uri: 'sip:+1911@b.example' }, true],
  ['911 with an escape', { uri: 'sip:9%311@b.example' }, true],
  ['the service URN', { uri: 'urn:service:sos' }, true],
  ['a service below it', { uri: 'urn:service:sos.fire' }, true],
  ['a call back from a PSAP', { more: ['Priority: psap-callback'] }, true],
  ['a call back from a PSAP in capitals', { more: ['Priority: PSAP-Callback'] }, true],
  ['a call whose priority has a letter that only looks like its k', { more: ['Priority: psap-callbac\u212a'] }, false],
  ['a call of the emergency network', { more: ['Resource-Priority: esnet.1'] }, true],
  ['a test of the way to 911', { uri: 'sip:933@b.example' }, false],
  ['a number that ends in 911', { uri: 'sip:+12125550911@b.example' }, false],
  ['911 in another country', { uri: 'sip:+44911@b.example' }, false],
  ['another service', { uri: 'urn:service:counseling' }, false],
  ['a name like the URN', { uri: 'sip:urn%3Aservice%3Asos@b.example' }, false],
  ['an urgent call', { more: ['Priority: emergency'] }, false],
  ['another priority namespace', { more: ['Resource-Priority: ets.0'] }, false],
  ['911 as the caller', { from: '<sip:911@a.example>;tag=f' }, false],
]

for (const [title, invite, emergency] of EMERGENCY) {
  test(`${title} is ${emergency ? '' : 'not '}an emergency call`, () => {
    assert.equal(read(invite).emergency, emergency)
  })
}

const FORWARDED: [line: string, forwarded: boolean][] = [
  ['Diversion: <sip:+1310@a>;reason=unconditional', true],
  ['History-Info: <sip:+1310@a>;index=1', true],
  ['X-Diversion: <sip:+1310@a>', false],
  ['Subject: Diversion', false],
]

for (const [line, forwarded] of FORWARDED) {
  test(`a call with ${line} is ${forwarded ? '' : 'not '}forwarded`, () => {
    assert.equal(read({ more: [line] }).forwarded, forwarded)
  })
}

test('the display name comes from From, quotes and escapes undone', () => {
  const name = (from: string) => readDisplayName(...message({ from }))

  assert.equal(name(String.raw`"Desk 7 \"x\"" <sip:+1@a>;tag=f`), 'Desk 7 "x"')
  assert.equal(name('Desk 7 <sip:+1@a>;tag=f'), 'Desk 7')
  assert.equal(name('<sip:+1@a>;tag=f'), '')
})

test('one call says nothing about the next', () => {
  const rich = {
    uri: 'tel:911;tgrp=x',
    more: [`${PAI} <tel:+1310;verstat=TN-Validation-Passed-A>`, 'Diversion: <sip:a@b>'],
  }
  const before = read({})

  read(rich)

  assert.deepEqual(read({}), before)
})

test('any octets in the fields that facts come from give facts or Malformed', () => {
  const piece = fc.constantFrom(
    '<',
    '>',
    '"',
    '\\',
    ';',
    ',',
    'sip:',
    'tel:',
    '+1212',
    '@a',
    'verstat=',
    'tgrp=',
    ' ',
    '%2B',
    'anonymous',
    'x',
  )
  const value = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
  let facts = 0
  let faults = 0
  fc.assert(
    fc.property(value, value, (asserted, indicator) => {
      try {
        const { calling } = read({
          more: [`${PAI} ${asserted}`, `P-Attestation-Indicator: ${indicator}`, `Priority: ${indicator}`],
        })
        assert.ok(calling.count <= 15)
        facts++
      } catch (fault) {
        if (!(fault instanceof Malformed)) throw fault
        faults++
      }
    }),
    { numRuns: 2000 },
  )
  assert.ok(facts > 5 && faults > 100, `${facts} facts, ${faults} faults`)
})
