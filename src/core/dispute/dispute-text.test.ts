import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KNOWN_BLOCKERS } from '#core/observe/known-blockers.ts'
import { SUBJECT_MAX, TEXT_MAX, writeDispute, writeForm } from './dispute-text.ts'

const SUBJECT = {
  group: 3,
  blocker: 'redress.northwire.example',
  numbers: ['+12125550117', '+12125550118'],
  receipts: ['Ab3-receipt'],
  urls: ['https://redress.northwire.example/r/Ab3-receipt'],
  calls: [
    {
      at: Date.UTC(2026, 10, 22, 11),
      from: '+12125550117',
      to: '+14155550163',
      status: 603,
      phrase: 'Network Blocked',
    },
  ],
  purpose: 'We remind patients\nof their appointments.',
  changed: '',
}
const WHO = {
  name: 'Ann Müller',
  organisation: 'Clinic',
  email: 'ann@clinic.example.com',
  tel: '+12125550100',
  isForCustomer: true,
}

test('the text has what a desk asks for: numbers, calls in UTC, ids, purpose, who asks', () => {
  assert.deepEqual(writeDispute(SUBJECT, WHO), {
    subject: 'Blocked calls from +12125550117 and 1 more',
    text: `Calls of ours are blocked in your network. Please look into it and tell us the outcome.

Calling numbers:
  +12125550117
  +12125550118

Blocked calls (times in UTC):
  2026-11-22 11:00:00.000Z  +12125550117 -> +14155550163  603 Network Blocked

Ids that your notices gave:
  Ab3-receipt

Pages that your notices named:
  https://redress.northwire.example/r/Ab3-receipt

What these calls are for:
  We remind patients
  of their appointments.

Who asks:
  Ann Muller, Clinic
  We are the provider and speak for our customer.
  ann@clinic.example.com
  +12125550100

In the United States, 47 CFR 64.1200(k)(8) asks a provider that blocks calls to resolve such a dispute promptly, without charge, and to tell its status within 24 hours.
`,
  })
})

test('a text says how much it leaves out', () => {
  const numbers = Array.from({ length: 150 }, (_, index) => `+1212555${String(index).padStart(4, '0')}`)
  assert.match(writeDispute({ ...SUBJECT, numbers }, WHO).text, /\+12125550099\n {2}and 50 more\n/)
  assert.doesNotMatch(writeDispute(SUBJECT, WHO).text, /more\n/)
})

test('nothing that came from outside becomes a line of its own, a header field, or more than ASCII', () => {
  const text = fc.string({ unit: 'binary', maxLength: 900 })
  const nasty = fc.oneof(
    text,
    fc.constantFrom('x\r\nBcc: all@example.com', '\u2028Bcc: x', 'x\u0085Subject: y', '\u202E', '\0'),
  )
  fc.assert(
    fc.property(nasty, nasty, fc.double(), (one, other, at) => {
      const calls = Array.from({ length: 30 }, () => ({ at, from: one, to: other, status: 603, phrase: one }))
      const subject = {
        ...SUBJECT,
        numbers: [one, other],
        receipts: [one],
        urls: [other],
        calls,
        purpose: other,
        changed: one,
      }
      const who = { ...WHO, name: one, organisation: other, email: one }
      const written = writeDispute(subject, who)
      assert.match(written.subject, /^[ -~]*$/)
      assert.match(written.text, /^[ -~\n]*$/)
      assert.ok(written.subject.length <= SUBJECT_MAX && written.text.length <= TEXT_MAX + 1)
      assert.ok(written.text.split('\n').every((line) => !/^Bcc|^Subject/.test(line)))
      for (const { label, value } of writeForm(subject, who, undefined)) assert.match(`${label}${value}`, /^[ -~]+$/)
    }),
    { numRuns: 200 },
  )
})

test('a text is cut where somebody has very much to say', () => {
  const changed = Array.from({ length: 60 }, () => 'x'.repeat(490)).join('\n')
  const { text } = writeDispute({ ...SUBJECT, changed }, WHO)
  assert.equal(text.length, TEXT_MAX + 1)
  assert.match(text, / \.\.\.\n$/)
})

test('a form has its fields in order, what is not known left out, and what the blocker is known to want first', () => {
  const known = KNOWN_BLOCKERS.find(({ name }) => name.startsWith('TransNexus'))
  const labels = writeForm(SUBJECT, WHO, known).map(({ label }) => label)
  assert.deepEqual(labels, [
    'What TransNexus ClearIP says',
    'Your name',
    'Company',
    'E-mail',
    'Telephone for callbacks',
    'Phone numbers',
    'Called number of one call',
    'Date and time of that call (UTC)',
    'Response that the call got',
    'Id or SIP Message ID in the response',
    'What the calls are for',
  ])
  const bare = writeForm({ ...SUBJECT, calls: [], receipts: [] }, { ...WHO, tel: undefined }, undefined)
  assert.equal(bare.length, 5)
})
