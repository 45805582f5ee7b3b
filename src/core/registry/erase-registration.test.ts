import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eraseRegistrationEvent } from './erase-registration.ts'
import { readRegistration } from './registration.ts'
import type { RegistrationEvent, RegistrationEventContent } from './registration-event.ts'

const AT = Date.UTC(2026, 10, 23, 12)
const SPAN = { first: '+12125550117', last: '+12125550117' }
const LINE = { span: SPAN, label: 'Secret desk', line: 1 }
const BUSINESS = {
  legalName: 'Secret Ltd',
  contact: 'Ann Secret',
  email: 'ann@secret.example',
  tel: '+12125550117',
  site: 'https://secret.example',
  purpose: 'secret',
  callsPerDay: 7,
  provider: 'Secret Carrier',
}
const FILE = { id: 'SecretSecretSecretSecr', name: 'secret.pdf', type: 'application/pdf', octets: 3, hash: 'ab' }
const PROOF = { number: '+12125550117', way: 'call', at: AT, detail: 'secret', strength: 'full' } as const

/** One of each kind. */
const EVENTS: {
  readonly [kind in RegistrationEvent['kind']]: Extract<RegistrationEventContent, { kind: kind }>['data']
} = {
  opened: { way: 'page', business: BUSINESS, lines: [LINE] },
  confirmed: { email: 'ann@secret.example' },
  added: { lines: [LINE], from: undefined },
  removed: { spans: [SPAN], why: 'holder' },
  proved: { proof: PROOF, spans: [SPAN], until: AT + 1 },
  evidence: { file: FILE },
  vetted: { item: 'identity', outcome: 'passed', reason: 'secret' },
  note: { text: 'secret' },
  asked: { question: 'secret' },
  answered: { text: 'secret' },
  approved: { reason: 'secret', until: AT + 9 },
  refused: { reasons: ['secret'], next: 'secret' },
  suspended: { reason: 'secret' },
  renewed: { until: AT + 9 },
  changed: { business: BUSINESS },
  offered: { spans: [SPAN], to: 'B'.repeat(22) },
  disputed: { span: SPAN, by: 'B'.repeat(22), level: 'claim' },
  settled: { span: SPAN, by: 'B'.repeat(22), outcome: 'kept', reason: 'secret' },
  reminded: { of: 'proofs', until: AT },
  expired: { what: 'registration' },
  withdrawn: { reason: 'secret' },
  corrected: { seq: 4, reason: 'secret' },
}

test('an erased event of any kind names nobody and no number, and keeps what it was and when', () => {
  const events = Object.entries(EVENTS).map(([kind, data], index) => eventOf(index + 1, kind, data))
  let telling = 0
  for (const event of events) {
    const erased = eraseRegistrationEvent(event)
    if (NAMING.test(JSON.stringify(event))) telling++
    assert.doesNotMatch(JSON.stringify(erased), NAMING, event.kind)
    assert.deepEqual([erased.seq, erased.at, erased.kind, erased.actor], [event.seq, event.at, event.kind, event.actor])
    assert.deepEqual(Object.keys(erased.data).toSorted(), Object.keys(event.data).toSorted(), event.kind)
  }
  assert.equal(telling, 19, 'the samples tell something')
})

test('an erased registration still stands as it did, without a number', () => {
  const kinds = ['opened', 'confirmed', 'proved', 'approved', 'disputed', 'offered', 'settled', 'withdrawn'] as const
  const events = kinds.map((kind, index) => eventOf(index + 1, kind, EVENTS[kind]))
  const before = readRegistration(events, AT)!
  const after = readRegistration(events.map(eraseRegistrationEvent), AT)!
  assert.equal(before.numbers.size, 1)
  assert.equal(after.numbers.size, 0)
  assert.deepEqual([after.status, after.openedAt, after.way], ['withdrawn', before.openedAt, 'page'])
})

function eventOf(seq: number, kind: string, data: unknown): RegistrationEvent {
  return { registration: 'A'.repeat(22), seq, at: AT + seq, actor: { kind: 'holder' }, kind, data } as RegistrationEvent
}

const NAMING = /secret|\+1212/i
