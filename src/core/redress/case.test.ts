import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { endOfBusinessDays, isFederalHoliday, localDay } from './calendar.ts'
import { type Case, type CaseTerms, readCase } from './case.ts'
import type { CaseEvent, CaseEventContent } from './case-event.ts'
import type { Decision } from './decision.ts'
import { eraseEvent } from './erase-event.ts'
import { correctCase } from './steps.ts'
import { viewCase } from './view-case.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const AT = Date.UTC(2026, 10, 23, 15)
const TERMS: CaseTerms = {
  statusWithinMs: DAY_MS,
  decideWithinMs: 2 * DAY_MS,
  answerWithinMs: 14 * DAY_MS,
  confirmWithinMs: 7 * DAY_MS,
  listWithinDays: 3,
  calendar: { timeZone: 'America/New_York', weekend: [0, 6], isHoliday: isFederalHoliday },
}
const DAYS_OF_2026 = '01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25'
  .split(' ')
  .map((day) => `2026-${day}`)
const CLAIM = {
  receipts: [],
  numbers: ['+12125550117'],
  calls: [{ calling: '+12125550118', called: '+14155550163', at: AT }],
  claimant: { name: 'Ann', email: 'ann@caller.example', organisation: undefined, tel: undefined, acts: 'for-itself' },
  purpose: 'Reminders',
  changed: '',
  webhook: undefined,
} as const
const OPENED: CaseEventContent = { kind: 'opened', data: { way: 'page', claim: CLAIM } }
const CONFIRMED: CaseEventContent = { kind: 'confirmed', data: { email: 'ann@caller.example' } }
const TOLD: CaseEventContent = { kind: 'acknowledged', data: { by: 'mail' } }
const ASKED: CaseEventContent = { kind: 'asked', data: { question: 'Who calls?' } }
const ANSWERED: CaseEventContent = { kind: 'answered', data: { text: 'We do', way: 'page' } }
const LIFT: CaseEventContent = {
  kind: 'decided',
  data: {
    decision: {
      outcome: 'lift',
      reason: 'Heard',
      lifts: [
        {
          scope: { kind: 'number', number: '+12125550117' },
          until: undefined,
          attestation: undefined,
          rule: undefined,
        },
      ],
    },
  },
}
const UPHOLD: CaseEventContent = {
  kind: 'decided',
  data: { decision: { outcome: 'uphold', reason: 'No', evidence: ['412 calls'], next: 'Register' } },
}
const EFFECTIVE: CaseEventContent = { kind: 'effective', data: { standing: [7], from: AT + 9_000 } }
const VERIFIED: CaseEventContent = { kind: 'verified', data: { number: '+12125550117', callAt: AT + 10_000 } }
const REGRESSED: CaseEventContent = {
  kind: 'regressed',
  data: { number: '+12125550117', receipt: 'r', callAt: AT + 11_000 },
}
const NOTE: CaseEventContent = { kind: 'updated', data: { what: 'note', text: 'secret thought' } }
const WITHDRAWN: CaseEventContent = { kind: 'withdrawn', data: { reason: 'settled' } }
const REOPENED: CaseEventContent = { kind: 'reopened', data: { reason: 'changed' } }
const UNANSWERED: CaseEventContent = { kind: 'expired', data: { what: 'unanswered' } }
const EXPIRED: CaseEventContent = { kind: 'expired', data: { what: 'lift' } }

/** Events, then the status and what is due next, counted from the last event. */
const STANDS: readonly (readonly [events: readonly CaseEventContent[], status: string, due: string])[] = [
  [[OPENED], 'unconfirmed', 'answer 168h'],
  [[OPENED, CONFIRMED], 'open', 'status 24h'],
  [[OPENED, CONFIRMED, TOLD], 'open', 'decision 47h'],
  [[OPENED, CONFIRMED, TOLD, ASKED], 'waiting-for-claimant', 'answer 336h'],
  [[OPENED, CONFIRMED, TOLD, ASKED, ANSWERED], 'open', 'decision 48h'],
  [[OPENED, CONFIRMED, TOLD, ANSWERED], 'open', 'decision 46h'],
  [[OPENED, CONFIRMED, LIFT, EFFECTIVE], 'lifted', 'nothing'],
  [[OPENED, CONFIRMED, LIFT, EFFECTIVE, VERIFIED], 'verified', 'nothing'],
  [[OPENED, CONFIRMED, LIFT, EFFECTIVE, VERIFIED, REGRESSED], 'regressed', 'decision 48h'],
  [[OPENED, CONFIRMED, LIFT, EFFECTIVE, REGRESSED, VERIFIED], 'regressed', 'decision 47h'],
  [[OPENED, CONFIRMED, LIFT, EFFECTIVE, VERIFIED, EXPIRED], 'expired', 'nothing'],
  [[OPENED, CONFIRMED, UPHOLD], 'upheld', 'nothing'],
  [[OPENED, CONFIRMED, UPHOLD, VERIFIED], 'upheld', 'nothing'],
  [[OPENED, CONFIRMED, UPHOLD, REOPENED], 'open', 'decision 48h'],
  [[OPENED, CONFIRMED, LIFT, EFFECTIVE, REOPENED, REGRESSED], 'open', 'decision 47h'],
  [[OPENED, CONFIRMED, LIFT, EFFECTIVE, REOPENED, EXPIRED], 'open', 'decision 47h'],
  [[OPENED, CONFIRMED, LIFT, EFFECTIVE, REOPENED, ASKED, EXPIRED], 'waiting-for-claimant', 'answer 335h'],
  [[OPENED, CONFIRMED, LIFT, EFFECTIVE, REGRESSED, EXPIRED], 'expired', 'nothing'],
  [[OPENED, CONFIRMED, LIFT, EFFECTIVE, REGRESSED, ASKED, UNANSWERED], 'regressed', 'decision 46h'],
  [[OPENED, CONFIRMED, WITHDRAWN], 'withdrawn', 'nothing'],
  [[OPENED, CONFIRMED, TOLD, LIFT, EFFECTIVE, correction(4)], 'open', 'decision 48h'],
  [[OPENED, CONFIRMED, TOLD, LIFT, EFFECTIVE, correction(4), UPHOLD], 'upheld', 'nothing'],
  [[OPENED, CONFIRMED, TOLD, LIFT, EFFECTIVE, correction(1)], 'lifted', 'nothing'],
]

test('a decision that was in force and is taken back is told with its time until another follows; others are not', () => {
  const table: readonly (readonly [events: readonly CaseEventContent[], what: string])[] = [
    [[OPENED, CONFIRMED, LIFT, EFFECTIVE, correction(3)], 'lift'],
    [[OPENED, CONFIRMED, LIFT, EFFECTIVE, correction(4)], 'lift'],
    [[OPENED, CONFIRMED, LIFT, EFFECTIVE, REOPENED, correction(3)], 'lift'],
    [[OPENED, CONFIRMED, UPHOLD, correction(3)], 'uphold'],
    [[OPENED, CONFIRMED, LIFT, EFFECTIVE, correction(3), UPHOLD], 'nothing'],
    [[OPENED, CONFIRMED, LIFT, EFFECTIVE, EXPIRED, correction(3)], 'nothing'],
    [[OPENED, CONFIRMED, LIFT, EFFECTIVE, REOPENED, UPHOLD, correction(3)], 'nothing'],
    [[OPENED, CONFIRMED, UPHOLD, REOPENED, correction(3)], 'nothing'],
    [[OPENED, CONFIRMED, NOTE, LIFT, EFFECTIVE, correction(3)], 'nothing'],
  ]
  for (const [contents, what] of table) {
    const events = numbered(contents)
    const found = readCase(events, events.at(-1)!.at, TERMS)!
    const title = contents.map(({ kind }) => kind).join(' ')
    assert.equal(found.takenBack?.what ?? 'nothing', what, title)
    if (found.takenBack !== undefined) assert.equal(found.takenBack.at, events.at(-1)!.at, title)
  }
  assert.equal(table.length, 9)
})

test('how a case stands and what is due follows from its events alone', () => {
  for (const [contents, status, due] of STANDS) {
    const events = numbered(contents)
    const last = events.at(-1)!.at
    const found = readCase(events, last, TERMS)!
    const words = found.due === undefined ? 'nothing' : `${found.due.what} ${(found.due.at - last) / HOUR_MS}h`
    assert.deepEqual([found.status, words], [status, due], contents.map(({ kind }) => kind).join(' '))
  }
  assert.equal(STANDS.length, 23)
})

const PARTLY: CaseEventContent = {
  kind: 'decided',
  data: { decision: { ...decisionOf(LIFT), outcome: 'partly', next: 'Ask again' } },
}
const GRANT: CaseEventContent = { kind: 'decided', data: { decision: { outcome: 'grant', reason: 'Known' } } }
const EFFECTIVE_NEXT: CaseEventContent = { kind: 'effective', data: { standing: [8], from: AT + 20_000 } }

/** Events behind the opening and the confirming, how the case stands by them, which of them was wrong, and how it stands then. */
const CORRECTED: readonly (readonly [
  events: readonly CaseEventContent[],
  before: string,
  wrong: number,
  after: string,
  ended: readonly number[],
])[] = [
  [[LIFT, EFFECTIVE], 'lifted 7', 3, 'open', [7]],
  [[LIFT, EFFECTIVE], 'lifted 7', 4, 'open', [7]],
  [[LIFT, EFFECTIVE, VERIFIED], 'verified 7', 3, 'open', [7]],
  [[LIFT, EFFECTIVE, VERIFIED], 'verified 7', 4, 'open', [7]],
  [[LIFT, EFFECTIVE, VERIFIED], 'verified 7', 5, 'lifted 7', []],
  [[LIFT, EFFECTIVE, VERIFIED, REGRESSED], 'regressed 7', 3, 'open', [7]],
  [[LIFT, EFFECTIVE, VERIFIED, REGRESSED], 'regressed 7', 4, 'open', [7]],
  [[LIFT, EFFECTIVE, VERIFIED, REGRESSED], 'regressed 7', 6, 'verified 7', []],
  [[PARTLY, EFFECTIVE], 'partly-lifted 7', 3, 'open', [7]],
  [[PARTLY, EFFECTIVE], 'partly-lifted 7', 4, 'open', [7]],
  [[UPHOLD], 'upheld', 3, 'open', []],
  [[GRANT, EFFECTIVE], 'granted 7', 3, 'open', [7]],
  [[GRANT, EFFECTIVE], 'granted 7', 4, 'open', [7]],
  [[LIFT, EFFECTIVE, EXPIRED], 'expired', 3, 'open', [7]],
  [[LIFT, EFFECTIVE, EXPIRED], 'expired', 4, 'open', [7]],
  [[LIFT, EFFECTIVE, EXPIRED], 'expired', 5, 'lifted 7', []],
  [[LIFT, EFFECTIVE, REOPENED], 'open 7', 3, 'open', [7]],
  [[LIFT, EFFECTIVE, REOPENED], 'open 7', 5, 'lifted 7', []],
  [[LIFT, EFFECTIVE, REOPENED, ASKED, UNANSWERED], 'lifted 7', 3, 'expired', [7]],
  [[LIFT, EFFECTIVE, REOPENED, UPHOLD], 'upheld', 6, 'open', []],
  [[LIFT, EFFECTIVE, REGRESSED, LIFT, EFFECTIVE_NEXT], 'lifted 8', 6, 'regressed', [8]],
  [[LIFT, EFFECTIVE, REGRESSED, LIFT, EFFECTIVE_NEXT], 'lifted 8', 7, 'open', [8]],
  [[LIFT, EFFECTIVE, REGRESSED, LIFT, EFFECTIVE_NEXT], 'lifted 8', 3, 'lifted 8', [7]],
  [[ASKED, LIFT, EFFECTIVE], 'lifted 7', 4, 'waiting-for-claimant', [7]],
]

test('a decision or an effect that was wrong is undone with all that followed from it, however the case stands; what was given ends', () => {
  const told = ({ status, effect }: Case): string => [status, ...(effect?.standing ?? [])].join(' ')
  for (const [contents, before, wrong, after, ended] of CORRECTED) {
    const title = `${contents.map(({ kind }) => kind).join(' ')}, ${wrong} wrong`
    const events = numbered([OPENED, CONFIRMED, ...contents])
    const at = events.at(-1)!.at
    const found = readCase(events, at, TERMS)!
    assert.equal(told(found), before, title)
    const step = {
      at,
      found,
      events,
      status: 'token',
      letters: { operator: 'N', public: 'https://n', timeZone: 'UTC' },
      terms: TERMS,
    }
    const corrected = correctCase(step, wrong, 'the wrong clinic', { name: 'Beth', account: 'beth' })
    assert.ok(corrected.kind === 'change', title)
    assert.deepEqual(corrected.change.ended, ended, title)
    const then = readCase([...events, ...corrected.change.events.map((event) => ({ ...event, at }))], at, TERMS)!
    assert.equal(told(then), after, title)
    if (after === 'open') {
      const { decision, decidedAt, verifiedAt, regressedAt, due } = then
      assert.deepEqual(
        [decision, decidedAt, verifiedAt, regressedAt],
        [undefined, undefined, undefined, undefined],
        title,
      )
      assert.ok(due, `${title}: it is to be decided anew`)
    }
    const again = correctCase({ ...step, found: then }, wrong, 'again', { name: 'Beth', account: 'beth' })
    assert.equal(again.kind, 'refused', title)
  }
  assert.equal(CORRECTED.length, 24)
})

test('overdue is what is due and past, never a question that the claimant leaves open', () => {
  const confirmed = numbered([OPENED, CONFIRMED])
  const dueAt = readCase(confirmed, AT, TERMS)!.due!.at
  assert.equal(readCase(confirmed, dueAt, TERMS)!.isOverdue, false)
  assert.equal(readCase(confirmed, dueAt + 1, TERMS)!.isOverdue, true)
  assert.equal(readCase(numbered([OPENED, CONFIRMED, ASKED]), dueAt + 1e12, TERMS)!.isOverdue, false)
})

test('any events in any order read, erased too, to the same status, and show the claimant no note', () => {
  const kinds = [
    CONFIRMED,
    TOLD,
    ASKED,
    ANSWERED,
    LIFT,
    UPHOLD,
    EFFECTIVE,
    VERIFIED,
    REGRESSED,
    NOTE,
    WITHDRAWN,
    REOPENED,
    EXPIRED,
  ]
  const contents = fc.array(fc.oneof(fc.constantFrom(...kinds), fc.nat(12).map(correction)), { maxLength: 14 })
  let looked = 0
  fc.assert(
    fc.property(contents, fc.nat(), (more, later) => {
      const events = numbered([OPENED, ...more])
      const found = readCase(events, AT + later, TERMS)!
      const erased = readCase(events.map(eraseEvent), AT + later, TERMS)!
      assert.deepEqual([erased.status, erased.due, erased.seq], [found.status, found.due, events.length])
      assert.doesNotMatch(JSON.stringify(events.map(eraseEvent)), /Ann|ann@|\+1212|Reminders|secret|Heard/)
      const shown = JSON.stringify(viewCase(found, events, [], 'UTC'))
      assert.doesNotMatch(shown, /secret thought|\+14155550163|Ben/)
      looked++
    }),
    { numRuns: 500 },
  )
  assert.equal(looked, 500)
  assert.equal(readCase([], AT, TERMS), undefined)
  assert.equal(readCase(numbered([CONFIRMED]), AT, TERMS), undefined)
})

test('of no kind of event is any text or number left that tells of a person', () => {
  const mark = 'MARK'
  const claim = {
    receipts: [mark],
    numbers: [mark],
    calls: [{ calling: mark, called: mark, at: AT }],
    claimant: { name: mark, email: mark, organisation: mark, tel: mark, acts: 'for-itself' as const },
    purpose: mark,
    changed: mark,
    webhook: { url: mark, secret: mark },
  }
  const request = { wants: 'unblock' as const, number: mark, caller: mark, isVouched: true }
  const blocks = [{ receipt: mark, at: AT, calling: mark }]
  const scopes = [
    { kind: 'number', number: mark },
    { kind: 'block', prefix: mark },
    { kind: 'range', first: mark, last: mark },
  ] as const
  const lifts = scopes.map((scope) => ({ scope, until: AT, attestation: 'A' as const, rule: 'volume' }))
  const contents: CaseEventContent[] = [
    { kind: 'opened', data: { way: 'page', claim, request, blocks } },
    { kind: 'confirmed', data: { email: mark } },
    { kind: 'acknowledged', data: { by: 'mail' } },
    { kind: 'updated', data: { what: 'assigned', to: undefined } },
    { kind: 'updated', data: { what: 'note', text: mark } },
    { kind: 'updated', data: { what: 'message', text: mark } },
    {
      kind: 'updated',
      data: { what: 'evidence', file: { id: 'f', name: mark, type: 'text/plain', octets: 1, hash: 'h' } },
    },
    {
      kind: 'updated',
      data: { what: 'proof', proof: { number: mark, way: 'call', at: AT, detail: mark, strength: 'full' } },
    },
    { kind: 'asked', data: { question: mark } },
    { kind: 'answered', data: { text: mark, way: 'page' } },
    { kind: 'decided', data: { decision: { outcome: 'lift', lifts, reason: mark } } },
    { kind: 'decided', data: { decision: { outcome: 'partly', lifts, reason: mark, next: mark } } },
    { kind: 'decided', data: { decision: { outcome: 'uphold', reason: mark, evidence: [mark], next: mark } } },
    { kind: 'decided', data: { decision: { outcome: 'grant', reason: mark } } },
    { kind: 'effective', data: { standing: [7], from: AT } },
    { kind: 'verified', data: { number: mark, callAt: AT } },
    { kind: 'regressed', data: { number: mark, receipt: mark, callAt: AT } },
    { kind: 'expired', data: { what: 'lift' } },
    { kind: 'withdrawn', data: { reason: mark } },
    { kind: 'reopened', data: { reason: mark } },
    { kind: 'corrected', data: { seq: 2, reason: mark } },
  ]
  for (const event of numbered(contents)) assert.doesNotMatch(JSON.stringify(eraseEvent(event)), /MARK/, event.kind)
  const told = contents.filter((content) => JSON.stringify(content).includes(mark)).map(({ kind }) => kind)
  assert.equal(told.length, 17)
})

test('business days end at local midnight, whatever clocks, weekends and holidays do in between', () => {
  const { calendar } = TERMS
  for (const [asked, days, end] of [
    // Monday, before Thanksgiving on Thursday.
    ['2026-11-23T15:00:00Z', 3, '2026-11-28T05:00:00Z'],
    // Friday evening in New York is Saturday in UTC.
    ['2026-11-21T01:00:00Z', 3, '2026-11-26T05:00:00Z'],
    // Clocks go forward on 8 March 2026, and back on 1 November.
    ['2026-03-06T15:00:00Z', 1, '2026-03-10T04:00:00Z'],
    ['2026-10-30T15:00:00Z', 1, '2026-11-03T05:00:00Z'],
    // 4 July 2026 is a Saturday: Friday is free.
    ['2026-07-02T15:00:00Z', 1, '2026-07-07T04:00:00Z'],
    ['2026-12-24T15:00:00Z', 2, '2026-12-30T05:00:00Z'],
  ] as const)
    assert.equal(
      new Date(endOfBusinessDays(Date.parse(asked), days, calendar)).toISOString(),
      `${end.slice(0, -1)}.000Z`,
      asked,
    )
  assert.equal(localDay(Date.parse('2026-11-21T01:00:00Z'), 'America/New_York'), '2026-11-20')
})

test('federal holidays are found in each year, with the days that they are observed on', () => {
  const days = (year: number): string[] => {
    const all = Array.from({ length: 365 }, (_, day) =>
      new Date(Date.UTC(year, 0, 1) + day * DAY_MS).toISOString().slice(0, 10),
    )
    return all.filter((day) => isFederalHoliday(day) && ![0, 6].includes(new Date(day).getUTCDay()))
  }
  assert.deepEqual(days(2026), DAYS_OF_2026)
  assert.equal(days(2027).includes('2027-07-05'), true)
})

/** One event an hour. */
function numbered(contents: readonly CaseEventContent[]): CaseEvent[] {
  return contents.map((content, index) => ({
    case: 'A'.repeat(22),
    seq: index + 1,
    at: AT + index * HOUR_MS,
    actor: { kind: 'worker', name: 'Ben' },
    ...content,
  }))
}

function correction(seq: number): CaseEventContent {
  return { kind: 'corrected', data: { seq, reason: 'wrong' } }
}

function decisionOf(event: CaseEventContent): Extract<Decision, { outcome: 'lift' }> {
  assert.ok(event.kind === 'decided' && event.data.decision.outcome === 'lift')
  return event.data.decision
}
