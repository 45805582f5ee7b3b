import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { DisputeEvent, DisputeEventContent } from './dispute-event.ts'
import { eraseEvent } from './erase.ts'
import { DISPUTE_STATUSES, type Dispute, type DisputeStatus, type DisputeTerms, readDispute } from './dispute.ts'
import {
  EVENTS_MAX,
  NUMBERS_MAX,
  type Step,
  WORDS_MAX,
  acknowledge,
  closeDispute,
  fileDispute,
  noteAnswer,
  noteNews,
  noteReply,
  noteRetest,
  noteWords,
  openDispute,
  reopenDispute,
} from './steps.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 10, 22, 12)
const TERMS: DisputeTerms = { statusWithinMs: DAY, answerWithinMs: 7 * DAY }
const SUBJECT = {
  group: 3,
  blocker: 'redress.northwire.example',
  numbers: ['+12125550117'],
  receipts: [],
  urls: [],
  calls: [],
  purpose: 'We remind patients.',
  changed: '',
}
const ID = 'Kc9vN2x0RrmJ3p6t1wQ8Zg'

type Told = [hour: number, content: DisputeEventContent]

const OPENED: DisputeEventContent = { kind: 'opened', data: SUBJECT }
const FILED: DisputeEventContent = {
  kind: 'filed',
  data: {
    way: 'mail',
    to: 'unblock@northwire.example',
    reference: undefined,
    isFollowed: false,
    needsConfirmation: false,
  },
}
const UNCONFIRMED: DisputeEventContent = {
  kind: 'filed',
  data: { ...FILED.data, way: 'api', isFollowed: true, needsConfirmation: true },
}
const HEARD: DisputeEventContent = { kind: 'acknowledged', data: { words: 'we have it' } }
const LIFTED: DisputeEventContent = {
  kind: 'answered',
  data: { outcome: 'lifted', words: 'done', liftedAt: undefined, heardAt: undefined },
}
const told = (status: string, more: { question?: string; due?: number } = {}): DisputeEventContent => ({
  kind: 'told',
  data: { status, next: '', question: more.question, due: more.due },
})
const seen = (result: 'goes-through' | 'blocked', hour: number): DisputeEventContent => ({
  kind: 'seen',
  data: { result, callAt: START + hour * HOUR },
})

/** What happened, and how it stands with what is due when, in hours after the start. */
const CASES: [title: string, happened: Told[], status: DisputeStatus, due: string | undefined][] = [
  ['nothing was filed', [], 'draft', 'file of us at 24'],
  ['it was filed and nobody answers', [[2, FILED]], 'filed', 'status of blocker at 26'],
  [
    'the blocker promises a status sooner than it owes one',
    [[2, { ...FILED, data: { ...FILED.data, statusWithinMs: 4 * HOUR } }]],
    'filed',
    'status of blocker at 6',
  ],
  [
    'the blocker promises a status later than it owes one',
    [[2, { ...FILED, data: { ...FILED.data, statusWithinMs: 72 * HOUR } }]],
    'filed',
    'status of blocker at 26',
  ],
  ['the desk wants a link followed', [[2, UNCONFIRMED]], 'unconfirmed', 'confirm of us at 26'],
  [
    'the desk says so itself',
    [
      [2, UNCONFIRMED],
      [3, told('unconfirmed')],
    ],
    'unconfirmed',
    'confirm of us at 26',
  ],
  [
    'the link was followed',
    [
      [2, UNCONFIRMED],
      [3, told('open')],
    ],
    'waiting',
    'answer of blocker at 170',
  ],
  [
    'somebody said that they have it',
    [
      [2, FILED],
      [3, HEARD],
    ],
    'waiting',
    'answer of blocker at 170',
  ],
  [
    'the desk says by when',
    [
      [2, UNCONFIRMED],
      [3, told('open', { due: START + 50 * HOUR })],
    ],
    'waiting',
    'answer of blocker at 50',
  ],
  [
    'the desk asks',
    [
      [2, UNCONFIRMED],
      [3, told('waiting-for-claimant', { question: 'Who dials?', due: START + 60 * HOUR })],
    ],
    'question',
    'reply of us at 60',
  ],
  [
    'we answered',
    [
      [2, FILED],
      [3, told('waiting', { question: 'Who dials?' })],
      [4, { kind: 'replied', data: { words: 'we' } }],
    ],
    'waiting',
    'answer of blocker at 170',
  ],
  [
    'it is lifted',
    [
      [2, FILED],
      [5, LIFTED],
    ],
    'lifted',
    'retest of us at 29',
  ],
  [
    'a part is lifted',
    [
      [2, FILED],
      [5, { kind: 'answered', data: { ...LIFTED.data, outcome: 'partly-lifted' } }],
    ],
    'partly-lifted',
    'retest of us at 29',
  ],
  [
    'it stays',
    [
      [2, FILED],
      [5, { kind: 'answered', data: { ...LIFTED.data, outcome: 'upheld' } }],
    ],
    'upheld',
    undefined,
  ],
  [
    'a call went through since',
    [
      [2, FILED],
      [5, LIFTED],
      [9, seen('goes-through', 6)],
    ],
    'verified',
    undefined,
  ],
  [
    'a call went through just then',
    [
      [2, FILED],
      [5, LIFTED],
      [9, seen('goes-through', 5)],
    ],
    'verified',
    undefined,
  ],
  [
    'a call was blocked since',
    [
      [2, FILED],
      [5, LIFTED],
      [9, seen('blocked', 6)],
    ],
    'regressed',
    'file of us at 30',
  ],
  [
    'we hear late of a call that was blocked before the lift',
    [
      [2, FILED],
      [5, LIFTED],
      [9, seen('blocked', 4)],
    ],
    'lifted',
    'retest of us at 29',
  ],
  [
    'we heard of the call first and of the lift before it later',
    [
      [2, FILED],
      [6, seen('goes-through', 6)],
      [9, { kind: 'answered', data: { ...LIFTED.data, liftedAt: START + 5 * HOUR } }],
    ],
    'verified',
    undefined,
  ],
  [
    'calls are told in another order than they were made',
    [
      [2, FILED],
      [5, LIFTED],
      [9, seen('goes-through', 8)],
      [10, seen('blocked', 6)],
    ],
    'verified',
    undefined,
  ],
  [
    'it worked and is blocked again',
    [
      [2, FILED],
      [5, LIFTED],
      [9, seen('goes-through', 8)],
      [12, seen('blocked', 11)],
      [13, seen('blocked', 12)],
    ],
    'regressed',
    'file of us at 35',
  ],
  [
    'a call placed for it told neither',
    [
      [2, FILED],
      [5, LIFTED],
      [9, { kind: 'retested', data: { from: '', to: '', result: 'unclear', words: '' } }],
    ],
    'lifted',
    'retest of us at 29',
  ],
  [
    'a call placed for it goes through',
    [
      [2, FILED],
      [5, LIFTED],
      [9, { kind: 'retested', data: { from: '', to: '', result: 'goes-through', words: '' } }],
    ],
    'verified',
    undefined,
  ],
  [
    'it is filed again after it was blocked again',
    [
      [2, FILED],
      [5, LIFTED],
      [9, seen('blocked', 6)],
      [10, FILED],
    ],
    'filed',
    'status of blocker at 34',
  ],
  [
    'it is closed',
    [
      [2, FILED],
      [5, { kind: 'closed', data: { reason: 'x' } }],
    ],
    'closed',
    undefined,
  ],
  [
    'it is open again',
    [
      [2, FILED],
      [5, { kind: 'closed', data: { reason: 'x' } }],
      [6, { kind: 'reopened', data: { reason: 'y' } }],
    ],
    'filed',
    'status of blocker at 26',
  ],
  [
    'a note says nothing of it',
    [
      [2, FILED],
      [3, { kind: 'noted', data: { words: 'x' } }],
    ],
    'filed',
    'status of blocker at 26',
  ],
]

suite('how a dispute stands', () => {
  for (const [title, happened, status, due] of CASES)
    test(`where ${title}, it is ${status}`, () => {
      const dispute = readDispute(eventsOf(happened), TERMS, START)!
      const found = dispute.due
      const words = found && `${found.what} of ${found.of} at ${(found.at - START) / HOUR}`
      assert.deepEqual([dispute.status, words], [status, due])
    })

  test('with everything personal taken out it stands as it did', () => {
    let looked = 0
    for (const [title, happened] of CASES) {
      const events = eventsOf(happened)
      const { subject: _, news: said, filing, ...before } = read(events)
      const { subject, news, filing: filed, ...after } = read(events.map(eraseEvent))
      assert.deepEqual(after, before, title)
      assert.deepEqual([news?.status, news?.due, filed?.way], [said?.status, said?.due, filing?.way], title)
      assert.deepEqual([subject.numbers, subject.calls, subject.blocker], [[], [], 'redress.northwire.example'], title)
      looked++
    }
    assert.ok(looked > 15, `${looked} cases`)
  })

  test('each status has a case', () => {
    assert.deepEqual(new Set(CASES.map(([, , status]) => status)), new Set(DISPUTE_STATUSES))
  })

  test('is overdue one moment after what is due, and not at it', () => {
    const events = eventsOf([[0, FILED]])
    assert.equal(readDispute(events, TERMS, START + DAY)!.isOverdue, false)
    assert.equal(readDispute(events, TERMS, START + DAY + 1)!.isOverdue, true)
  })

  test('keeps nothing of the first answer when it is filed again', () => {
    const dispute = readDispute(
      eventsOf([
        [2, FILED],
        [3, told('open')],
        [5, LIFTED],
        [9, FILED],
      ]),
      TERMS,
      START,
    )!
    const { filedAt, heardAt, news, outcome, answeredAt, liftedAt } = dispute
    assert.deepEqual([heardAt, news, outcome, answeredAt, liftedAt], Array.from({ length: 5 }))
    assert.equal(filedAt, START + 9 * HOUR)
  })

  test('an answer written down later was heard when it came', () => {
    const heardAt = START + 5 * HOUR
    const answer: DisputeEventContent = { kind: 'answered', data: { ...LIFTED.data, heardAt } }
    const dispute = readDispute(
      eventsOf([
        [2, FILED],
        [9, answer],
      ]),
      TERMS,
      START,
    )!
    assert.deepEqual([dispute.answeredAt, dispute.liftedAt], [heardAt, heardAt])
  })

  test('a block that stays has no time of a lift, whenever the answer came', () => {
    const answer = (outcome: 'upheld' | 'partly-lifted', liftedAt: number | undefined) =>
      read(
        eventsOf([
          [0, FILED],
          [1, { kind: 'answered', data: { outcome, words: 'x', liftedAt, heardAt: undefined } }],
        ]),
      ).liftedAt
    assert.deepEqual(
      [answer('upheld', undefined), answer('upheld', START), answer('partly-lifted', undefined)],
      [undefined, undefined, START + HOUR],
    )
  })

  test('is nothing without its first event', () => {
    assert.equal(readDispute([], TERMS, START), undefined)
    assert.equal(readDispute(eventsOf([[2, FILED]]).slice(1), TERMS, START), undefined)
  })

  test('does not depend on the order in which calls were heard of', () => {
    const call = fc.tuple(fc.constantFrom('goes-through' as const, 'blocked' as const), fc.integer({ min: 0, max: 40 }))
    fc.assert(
      fc.property(fc.uniqueArray(call, { selector: ([, hour]) => hour, maxLength: 8 }), (calls) => {
        const read = (order: typeof calls) =>
          readDispute(
            eventsOf([[1, FILED], [5, LIFTED], ...order.map(([result, hour]): Told => [41, seen(result, hour)])]),
            TERMS,
            START,
          )!
        const [one, other] = [read(calls), read(calls.toReversed())]
        assert.deepEqual(
          [one.status, one.verifiedAt, one.regressedAt],
          [other.status, other.verifiedAt, other.regressedAt],
        )
      }),
    )
  })
})

suite('a step', () => {
  const by = { by: 'ann', at: START + HOUR }
  const draft = readDispute(eventsOf([]), TERMS, START)!
  const filed = readDispute(eventsOf([[0, FILED]]), TERMS, START)!
  const closed = readDispute(
    eventsOf([
      [0, FILED],
      [0, { kind: 'closed', data: { reason: 'x' } }],
    ]),
    TERMS,
    START,
  )!
  const news = { status: 'open', next: 'we look', question: undefined, due: undefined }
  const retested = { from: '+1', to: '+2', result: 'blocked', words: 'x'.repeat(WORDS_MAX + 1) } as const

  const REFUSALS: [title: string, step: () => Step, problem: RegExp][] = [
    ['opening without a number', () => openDispute(ID, { ...SUBJECT, numbers: [] }, by), /no number/],
    [
      'opening with too many numbers',
      () => openDispute(ID, { ...SUBJECT, numbers: Array.from({ length: NUMBERS_MAX + 1 }, () => '+1') }, by),
      /1001 numbers/,
    ],
    [
      'opening with too many contacts',
      () => openDispute(ID, { ...SUBJECT, urls: Array.from({ length: 101 }, () => 'u') }, by),
      /101 contacts/,
    ],
    ['a purpose without end', () => openDispute(ID, { ...SUBJECT, purpose: 'x'.repeat(WORDS_MAX + 1) }, by), /4001/],
    ['an acknowledgement of what was not filed', () => acknowledge(draft, 'x', by), /not been filed/],
    ['news of what was not filed', () => noteNews(draft, news, by), /not been filed/],
    ['an answer to what was not filed', () => noteAnswer(draft, LIFTED.data, by), /not been filed/],
    ['a reply to what was not filed', () => noteReply(draft, 'x', by), /not been filed/],
    ['an answer of the future', () => noteAnswer(filed, { ...LIFTED.data, heardAt: by.at + 1 }, by), /future/],
    ['an answer before the question', () => noteAnswer(filed, { ...LIFTED.data, heardAt: START - 1 }, by), /after/],
    [
      'a block that stays and was lifted',
      () => noteAnswer(filed, { ...LIFTED.data, outcome: 'upheld', liftedAt: START }, by),
      /was not lifted/,
    ],
    ['a note of nothing', () => noteWords(filed, ' \n', by), /says nothing/],
    ['a note without end', () => noteWords(filed, 'x'.repeat(WORDS_MAX + 1), by), /4001/],
    ['closing what is closed', () => closeDispute(closed, 'x', by), /closed already/],
    ['filing what is closed', () => fileDispute(closed, FILED.data, by), /open it again/],
    ['opening again what is open', () => reopenDispute(filed, 'x', by), /not closed/],
    ['one event too many', () => noteWords({ ...filed, seq: EVENTS_MAX }, 'x', by), /1000 events/],
  ]
  for (const [title, step, problem] of REFUSALS)
    test(`refuses ${title}`, () => {
      const refused = step()
      assert.match(refused.kind === 'refused' ? refused.problem : 'done', problem)
    })

  const TAKEN: [title: string, step: () => Step, kinds: string[]][] = [
    [
      'opening with as many numbers as there may be',
      () => openDispute(ID, { ...SUBJECT, numbers: Array.from({ length: NUMBERS_MAX }, () => '+1') }, by),
      ['opened'],
    ],
    ['filing', () => fileDispute(draft, FILED.data, by), ['filed']],
    ['filing again', () => fileDispute(filed, FILED.data, by), ['filed']],
    ['an acknowledgement', () => acknowledge(filed, 'x', by), ['acknowledged']],
    ['the first news', () => noteNews(filed, news, by), ['told']],
    ['the same news again', () => noteNews({ ...filed, news }, news, by), []],
    ['news of a lift', () => noteNews({ ...filed, news }, { ...news, status: 'lifted' }, by), ['told', 'answered']],
    [
      'news that it is verified',
      () => noteNews(filed, { ...news, status: 'verified' }, by),
      ['told', 'answered', 'seen'],
    ],
    [
      'news that it is regressed',
      () => noteNews({ ...filed, outcome: 'lifted' }, { ...news, status: 'regressed' }, by),
      ['told', 'seen'],
    ],
    ['news that nothing more comes', () => noteNews(filed, { ...news, status: 'expired' }, by), ['told', 'closed']],
    ['news in a word of its own', () => noteNews(filed, { ...news, status: 'parked' }, by), ['told']],
    ['an answer that came just now', () => noteAnswer(filed, { ...LIFTED.data, heardAt: by.at }, by), ['answered']],
    ['a reply', () => noteReply(filed, 'we do', by), ['replied']],
    ['a call placed for it', () => noteRetest(filed, retested, by), ['retested']],
    ['a note of the greatest length', () => noteWords(filed, 'x'.repeat(WORDS_MAX), by), ['noted']],
    ['closing', () => closeDispute(filed, 'x', by), ['closed']],
    ['opening again', () => reopenDispute(closed, 'x', by), ['reopened']],
    ['the last event', () => noteWords({ ...filed, seq: EVENTS_MAX - 1 }, 'x', by), ['noted']],
  ]
  for (const [title, step, kinds] of TAKEN)
    test(`takes ${title}`, () => {
      const done = step()
      assert.ok(done.kind === 'events', JSON.stringify(done))
      assert.deepEqual(
        done.events.map(({ kind }) => kind),
        kinds,
      )
      assert.ok(done.events.every((event, index) => event.seq === done.events[0]!.seq + index && event.by === 'ann'))
    })

  test('that a desk says is verified makes the dispute verified at once', () => {
    const step = noteNews(filed, { ...news, status: 'verified' }, by)
    assert.ok(step.kind === 'events')
    assert.equal(read([...eventsOf([[0, FILED]]), ...step.events]).status, 'verified')
  })

  test('lifted anew by a desk after it was blocked again, it waits for a call that shows it; told the same, it stays', () => {
    const happened: Told[] = [
      [0, FILED],
      [1, told('lifted')],
      [1, LIFTED],
      [5, seen('blocked', 4)],
    ]
    const again = (before: readonly Told[]): Dispute => {
      const events = eventsOf(before)
      const step = noteNews(read(events), { ...news, status: 'lifted' }, { by: 'ann', at: START + 9 * HOUR })
      assert.ok(step.kind === 'events')
      return read([...events, ...step.events])
    }
    assert.equal(again(happened).status, 'regressed')
    const { status, liftedAt } = again([...happened, [6, told('regressed')]])
    assert.deepEqual([status, liftedAt], ['lifted', START + 9 * HOUR])
  })
})

function read(events: readonly DisputeEvent[]): Dispute {
  return readDispute(events, TERMS, START)!
}

function eventsOf(happened: readonly Told[]): DisputeEvent[] {
  return [[0, OPENED] as Told, ...happened].map(([hour, content], index) => ({
    dispute: ID,
    seq: index + 1,
    at: START + hour * HOUR,
    by: 'ann',
    ...content,
  }))
}
