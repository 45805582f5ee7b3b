import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CaseEvent, CaseEventContent } from './case-event.ts'
import { eventInWords, stillLiftedInWords, tellEvent } from './event-words.ts'

const AT = Date.UTC(2026, 10, 22, 12)
const NUMBER = '+12125550117'
const LIFT = { scope: { kind: 'number', number: NUMBER }, until: AT, attestation: 'B', rule: undefined } as const

test('an event is told without what was said in it, with each time as a part of its own, and in words with both', () => {
  const cases: readonly (readonly [CaseEventContent, told: readonly unknown[], words: string])[] = [
    [{ kind: 'asked', data: { question: 'Who?' } }, ['a question to the claimant'], 'asked: Who?'],
    [{ kind: 'answered', data: { text: 'We do.', way: 'mail' } }, ['answered by mail'], 'answered by mail: We do.'],
    [{ kind: 'updated', data: { what: 'note', text: 'Hm.' } }, ['a note'], 'note: Hm.'],
    [
      { kind: 'decided', data: { decision: { outcome: 'lift', lifts: [LIFT, LIFT], reason: 'wanted' } } },
      [
        'lifted for ',
        `${NUMBER}, signed B at least, until `,
        { at: AT },
        '; ',
        `${NUMBER}, signed B at least, until `,
        { at: AT },
      ],
      `decided: lifted for ${`${NUMBER}, signed B at least, until 2026-11-22T12:00:00.000Z; `.repeat(2)}wanted`,
    ],
    [
      {
        kind: 'decided',
        data: { decision: { outcome: 'uphold', reason: 'spam', evidence: ['a', 'b'], next: 'Stop.' } },
      },
      ['upheld; it rests on: a, b; what the claimant can do: Stop.'],
      'decided: upheld; spam; evidence: a, b; next: Stop.',
    ],
    [
      { kind: 'effective', data: { standing: [1], from: AT } },
      ['in force at the gates from ', { at: AT }, ' on'],
      'in force at the gates from 2026-11-22T12:00:00.000Z on',
    ],
    [
      { kind: 'verified', data: { number: NUMBER, callAt: AT } },
      [`the first call from ${NUMBER} since the lift went through, `, { at: AT }],
      `the first call from ${NUMBER} since the lift went through, 2026-11-22T12:00:00.000Z`,
    ],
    [{ kind: 'withdrawn', data: { reason: 'gone' } }, ['withdrawn: gone'], 'withdrawn: gone'],
  ]
  for (const [content, told, words] of cases) {
    const event: CaseEvent = { case: 'c', seq: 1, at: AT, actor: { kind: 'desk' }, ...content }
    assert.deepEqual(tellEvent(event), told)
    assert.equal(eventInWords(event), words)
  }
})

test('that another case lets a number through is said with a time that people read', () => {
  const words = stillLiftedInWords({ number: NUMBER, case: 'Kc9', until: AT })
  assert.match(words, /until 22 November 2026, 12:00 UTC: case Kc9 lifted it/)
})
