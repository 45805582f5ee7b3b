import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventInWords } from './event-words.ts'
import type { RegistrationEvent, RegistrationEventContent } from './registration-event.ts'

test('what happened to a registration is told in words, with who else is concerned', () => {
  const span = { first: '+12125550100', last: '+12125550199' }
  const other = 'z-oSowyR8130vLktmwbaPm'
  const cases: readonly (readonly [RegistrationEventContent, RegExp])[] = [
    [
      { kind: 'confirmed', data: { email: 'ann@clinic.example' } },
      /^the mail address ann@clinic\.example was confirmed$/,
    ],
    [
      { kind: 'removed', data: { spans: [span], why: 'settled' } },
      /^1 line of numbers taken off: they belong to somebody else$/,
    ],
    [{ kind: 'vetted', data: { item: 'site', outcome: 'failed', reason: 'gone' } }, /^site: failed; gone$/],
    [{ kind: 'approved', data: { reason: 'all seen', until: 0 } }, /^approved until 1970-01-01; all seen$/],
    [{ kind: 'refused', data: { reasons: ['a', 'b'], next: 'ask again' } }, /^refused; a; b; next: ask again$/],
    [
      { kind: 'disputed', data: { span, by: other, level: 'claim' } },
      /0100\.\.\+12125550199 is claimed by registration z-oS\S+ too$/,
    ],
    [{ kind: 'disputed', data: { span, by: other, level: 'proof' } }, /too, and both have shown control$/],
    [
      { kind: 'settled', data: { span, by: other, outcome: 'lost', reason: 'a letter' } },
      /was lost against registration z-oS\S+; a letter$/,
    ],
    [{ kind: 'renewed', data: { until: undefined } }, /^asked for again$/],
    [{ kind: 'expired', data: { what: 'unconfirmed' } }, /^nobody confirmed the address in time$/],
    [{ kind: 'corrected', data: { seq: 3, reason: 'a slip' } }, /^event 3 was wrong: a slip$/],
  ]
  for (const [content, words] of cases) {
    const event: RegistrationEvent = { registration: other, seq: 4, at: 0, actor: { kind: 'registry' }, ...content }
    assert.match(eventInWords(event), words)
  }
})

test('an address that a person inside vouched for is not said to be confirmed', () => {
  const event: RegistrationEvent = {
    registration: 'z-oSowyR8130vLktmwbaPm',
    seq: 2,
    at: 0,
    actor: { kind: 'worker', name: 'ann' },
    kind: 'confirmed',
    data: { email: 'ann@clinic.example' },
  }
  assert.equal(eventInWords(event), 'vouched for, without waiting for ann@clinic.example to be confirmed')
})
