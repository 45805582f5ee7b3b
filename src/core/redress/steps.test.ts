import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFederalHoliday } from './calendar.ts'
import { type CaseTerms, readCase } from './case.ts'
import type { CaseEvent, SubscriberWish } from './case-event.ts'
import type { DeskChange } from './change.ts'
import type { Claim } from './claim.ts'
import type { Decision } from './decision.ts'
import { parseClaim, parseDecision } from './parse.ts'
import {
  addEvidence,
  addMessage,
  alertCase,
  answerQuestion,
  askClaimant,
  CLAIMANT_EVENTS_MAX,
  confirmCase,
  correctCase,
  decideCase,
  expireCase,
  noteCase,
  noteMail,
  noteProof,
  openCase,
  regressLift,
  reopenCase,
  REOPENINGS_MAX,
  type Step,
  type StepTerms,
  verifyLift,
  withdrawCase,
} from './steps.ts'
import type { Standing } from './standing.ts'
import { viewCase } from './view-case.ts'

const AT = Date.UTC(2026, 10, 23, 15)
const BEN = { name: 'Ben', account: 'ben' }
const NUMBER = '+12125550117'
const LIFT: Decision = {
  outcome: 'lift',
  reason: 'Heard',
  lifts: [{ scope: { kind: 'number', number: NUMBER }, until: undefined, attestation: undefined, rule: undefined }],
}
const PROOF = { number: NUMBER, way: 'call', at: AT, detail: 'attested A', strength: 'full' } as const

test('a claim goes from its first message to a lift that is verified and then broken, each step with what it tells whom', () => {
  const desk = new Desk()
  assert.deepEqual(desk.mails, [['confirm', 'ann@caller.example']])
  assert.match(desk.texts[0]!, /\/confirm\/C{22}/)
  assert.doesNotMatch(desk.texts[0]!, /Reminders|Ann\b/, 'what somebody typed does not reach a stranger')
  desk.take((step) => confirmCase(step, [{ mail: 'owner@bank.example', number: NUMBER }], []))
  assert.deepEqual(desk.mails.slice(1), [
    ['notice', 'ann@caller.example'],
    ['owner', 'owner@bank.example'],
  ])
  assert.match(desk.texts[1]!, /No person has looked at it yet/)
  assert.equal(
    desk.refused((step) => decideCase(step, LIFT, undefined, BEN, [])),
    'override',
  )
  assert.equal(
    desk.refused((step) => decideCase(step, LIFT, '  ', BEN, [])),
    'override',
  )
  desk.take((step) => noteProof(step, PROOF))
  assert.equal(
    desk.refused((step) => noteProof(step, PROOF)),
    'number',
  )
  desk.take((step) => decideCase(step, LIFT, undefined, BEN, []))
  assert.deepEqual(desk.last.standing, [
    { kind: 'lift', from: AT, until: undefined, origin: desk.id, ...('lifts' in LIFT ? LIFT.lifts[0] : {}) },
  ])
  // In force everywhere a second later: a block before that is nothing wrong, a call that goes on is good at once.
  assert.equal(
    desk.refused((step) => regressLift(step, NUMBER, 'r', AT + 999, [])),
    'call',
  )
  assert.equal(
    desk.refused((step) => verifyLift(step, NUMBER, AT - 1)),
    'call',
  )
  desk.take((step) => verifyLift(step, NUMBER, AT + 10))
  assert.equal(
    desk.refused((step) => verifyLift(step, NUMBER, AT + 20)),
    'call',
  )
  desk.take((step) => regressLift(step, NUMBER, 'r', AT + 1_000, ['ops@northwire.example']))
  assert.deepEqual(
    desk.last.mails.map(({ purpose }) => purpose),
    ['notice', 'alert'],
  )
  assert.equal(
    desk.refused((step) => regressLift(step, NUMBER, 'r', AT + 2_000, [])),
    'call',
  )
  assert.equal(desk.status, 'regressed')
})

test('a lift of a hint, of a wider scope or of a number of somebody else asks for more than the proof at hand', () => {
  const desk = new Desk()
  desk.take((step) => confirmCase(step, [], []))
  desk.take((step) => noteProof(step, { ...PROOF, strength: 'hint' }))
  assert.equal(
    desk.refused((step) => decideCase(step, LIFT, undefined, BEN, [])),
    'override',
  )
  desk.take((step) => noteProof(step, PROOF))
  const block = {
    scope: { kind: 'block', prefix: '+1212555' },
    until: undefined,
    attestation: undefined,
    rule: undefined,
  } as const
  assert.equal(
    desk.refused((step) => decideCase(step, { ...LIFT, lifts: [block] }, undefined, BEN, [])),
    'override',
  )
  const other = { ...block, scope: { kind: 'number', number: '+12125550199' } } as const
  assert.equal(
    desk.refused((step) => decideCase(step, { ...LIFT, lifts: [other] }, 'why', BEN, [])),
    'lifts[0].scope.number',
  )
  const past = { ...block, until: AT - 1 }
  assert.equal(
    desk.refused((step) => decideCase(step, { ...LIFT, lifts: [past] }, 'why', BEN, [])),
    'lifts[0].until',
  )
  desk.take((step) => decideCase(step, { ...LIFT, lifts: [block] }, 'known for years', BEN, []))
  assert.match(JSON.stringify(desk.last.events), /without proof: known for years/)
  assert.equal(desk.last.audit[0]!.detail['withoutProof'], 1)
  assert.doesNotMatch(JSON.stringify(desk.last.audit), /\+1212/, 'no number enters the audit trail')
})

test('a wrong decision is corrected: what it gave ends, and the case is open again', () => {
  const desk = new Desk()
  desk.take((step) => confirmCase(step, [], []))
  desk.take((step) => decideCase(step, LIFT, 'known', BEN, []))
  const decided = desk.events.find(({ kind }) => kind === 'decided')!.seq
  assert.equal(
    desk.refused((step) => correctCase(step, 1, 'no', BEN)),
    'event',
  )
  assert.equal(
    desk.refused((step) => correctCase(step, 99, 'no', BEN)),
    'event',
  )
  desk.take((step) => correctCase(step, decided, 'wrong number', BEN))
  assert.deepEqual([desk.last.ended, desk.status], [[1], 'open'])
  const { found, events } = desk.terms()
  const view = viewCase(found, events, [], 'America/New_York')
  assert.deepEqual(view.takenBack, { at: desk.at, what: 'lift' })
  // Since when, in the zone of the page, and what to do: on the page, as data and by mail.
  assert.match(view.next, /took back the lift.*Since .* (?:EST|EDT) your calls can be blocked again.*prove.*decides by/)
  assert.match(view.events.at(-1)!.words, /wrong and was taken back: calls can be blocked again/)
  assert.equal(desk.last.mails.length, 1)
  assert.match(desk.last.mails[0]!.text, /Since .* UTC your calls can be blocked again.*\n\nThe page of your case/)
  assert.doesNotMatch(desk.last.mails[0]!.text, /wrong number/, 'why is for those inside')
  assert.equal(
    desk.refused((step) => correctCase(step, decided, 'again', BEN)),
    'event',
  )
})

test('the same question asked again while it waits is not sent again, and who asks hears that; another one is', () => {
  const desk = new Desk()
  desk.take((step) => confirmCase(step, [], []))
  desk.take((step) => askClaimant(step, 'Who dials?', BEN))
  const before = [desk.events.length, desk.mails.length]
  const again = askClaimant(desk.terms(), ' Who dials? ', BEN)
  assert.ok(again.kind === 'already' && /asked already/.test(again.note), JSON.stringify(again))
  assert.deepEqual([desk.events.length, desk.mails.length], before)
  desk.take((step) => askClaimant(step, 'Since when?', BEN))
  desk.take((step) => answerQuestion(step, 'Since May', 'page'))
  desk.take((step) => askClaimant(step, 'Since when?', BEN))
  assert.equal(desk.mails.length, before[1]! + 2)
})

test('a note that was wrong is taken back without a word to the claimant, who never read it', () => {
  const desk = new Desk()
  desk.take((step) => confirmCase(step, [], []))
  desk.take((step) => noteCase(step, 'the wrong clinic', BEN))
  const before = desk.mails.length
  desk.take((step) => correctCase(step, desk.events.at(-1)!.seq, 'another case', BEN))
  const { found, events } = desk.terms()
  assert.equal(events.at(-1)!.kind, 'corrected')
  assert.equal(viewCase(found, events, [], 'UTC').events.filter(({ words }) => /wrong/.test(words)).length, 0)
  assert.equal(desk.mails.length, before)
})

test('a claimant adds so much to a case and no more, by whatever way; the desk’s own people go on, and withdrawing is never refused', () => {
  const file = { id: 'F'.repeat(22), name: 'a.pdf', type: 'application/pdf', octets: 1, hash: '0'.repeat(64) }
  const desk = new Desk()
  desk.take((step) => confirmCase(step, [], []))
  const own = () => desk.events.filter(({ actor }) => actor.kind === 'claimant').length
  desk.take((step) => askClaimant(step, 'Who?', BEN))
  desk.take((step) => answerQuestion(step, 'We', 'page'))
  desk.take((step) => addEvidence(step, file))
  while (own() < CLAIMANT_EVENTS_MAX - 1) desk.take((step) => addMessage(step, 'and'))
  desk.take((step) => askClaimant(step, 'What?', BEN))
  desk.take((step) => addMessage(step, 'the last one'))
  assert.deepEqual([own(), CLAIMANT_EVENTS_MAX], [100, 100])
  const refusals: readonly (readonly [field: string, (step: StepTerms) => Step])[] = [
    ['text', (step) => addMessage(step, 'more')],
    ['text', (step) => answerQuestion(step, 'This', 'page')],
    ['text', (step) => answerQuestion(step, 'This', 'mail')],
    ['file', (step) => addEvidence(step, file)],
  ]
  for (const [field, compute] of refusals) assertOver(compute(desk.terms()), field, /100 entries of yours already/)
  desk.take((step) => answerQuestion(step, 'She said so on the telephone', 'worker', BEN))
  desk.take((step) => withdrawCase(step, 'enough'))
  assertOver(reopenCase(desk.terms(), 'no'), 'reason', /100 entries of yours already/)
  desk.take((step) => reopenCase(step, 'we want to know', BEN))
  desk.take((step) => noteCase(step, 'goes on', BEN))
})

test('a claimant opens a case again five times; what a worker opens does not count', () => {
  const desk = new Desk()
  desk.take((step) => confirmCase(step, [], []))
  for (let count = 0; count < REOPENINGS_MAX; count++) {
    desk.take((step) => withdrawCase(step, 'no'))
    desk.take((step) => reopenCase(step, 'we look again', BEN))
    desk.take((step) => withdrawCase(step, 'no'))
    desk.take((step) => reopenCase(step, 'yes'))
  }
  assert.equal(REOPENINGS_MAX, 5)
  desk.take((step) => withdrawCase(step, 'no'))
  assertOver(reopenCase(desk.terms(), 'yes'), 'reason', /opened again 5 times already/)
  desk.take((step) => reopenCase(step, 'once more', BEN))
})

test('mail of others becomes so many notes of a case; the claimant and the workers are not held up by them', () => {
  const mail = { name: 'mail', account: 'desk' }
  const desk = new Desk()
  desk.take((step) => confirmCase(step, [], []))
  desk.take((step) => noteCase(step, 'called the carrier', BEN))
  for (let count = 0; count < CLAIMANT_EVENTS_MAX; count++) desk.take((step) => noteMail(step, 'Mail from eve', mail))
  assertOver(noteMail(desk.terms(), 'Mail from eve', mail), 'text', /100 notes came by mail already/)
  desk.take((step) => noteCase(step, 'a crowd writes', BEN))
  desk.take((step) => addMessage(step, 'here I am'))
})

test('a lift is never in force under a status that denies it', () => {
  const uphold: Decision = { outcome: 'uphold', reason: 'No', evidence: ['412 calls'], next: 'Call less' }
  const steps: readonly ((desk: Desk) => Step)[] = [
    (desk) => decideCase(desk.terms(), LIFT, 'known', BEN, []),
    (desk) => decideCase(desk.terms(), uphold, undefined, BEN, []),
    (desk) => withdrawCase(desk.terms(), 'no more'),
    (desk) => reopenCase(desk.terms(), 'news'),
    (desk) => regressLift(desk.terms(), NUMBER, 'r', desk.at, []),
    (desk) => askClaimant(desk.terms(), 'Who?', BEN),
    (desk) => expireCase(desk.terms()),
    (desk) => correctCase(desk.terms(), desk.events.findLast(({ kind }) => kind === 'decided')?.seq ?? 1, 'no', BEN),
    (desk) => correctCase(desk.terms(), desk.events.findLast(({ kind }) => kind === 'effective')?.seq ?? 1, 'no', BEN),
  ]
  let denied = 0
  fc.assert(
    fc.property(fc.array(fc.nat(steps.length - 1), { maxLength: 14 }), (chosen) => {
      const desk = new Desk()
      desk.take((step) => confirmCase(step, [], []))
      for (const index of chosen) {
        desk.at += 15 * 86_400_000
        const step = steps[index]!(desk)
        if (step.kind !== 'change') continue
        desk.take(() => step)
        if (!['withdrawn', 'expired', 'upheld'].includes(desk.status) && index < 7) continue
        denied++
        assert.deepEqual([...desk.inForce], [], `${desk.status} after ${chosen.join()}`)
      }
    }),
  )
  assert.ok(denied > 20)
})

test('an unanswered question about a lift in force leaves it lifted, and says so; it is not withdrawn', () => {
  const desk = new Desk()
  desk.take((step) => confirmCase(step, [], []))
  desk.take((step) => decideCase(step, LIFT, 'known', BEN, []))
  desk.take((step) => reopenCase(step, 'news'))
  assert.equal(
    desk.refused((step) => withdrawCase(step, 'no more')),
    'reason',
  )
  desk.take((step) => askClaimant(step, 'Who?', BEN))
  desk.at += 15 * 86_400_000
  desk.take(expireCase)
  assert.equal(desk.status, 'lifted')
  assert.match(desk.texts.at(-1)!, /stays in force/)
  assert.deepEqual([...desk.inForce], [1])
  desk.take((step) => reopenCase(step, 'again'))
  desk.take((step) => decideCase(step, LIFT, 'known', BEN, []))
  assert.deepEqual([desk.last.ended, [...desk.inForce]], [[1], [2]], 'the old lift ends with the new decision')
})

test('the claimant reads fixed words of a proof, never what was noted inside', () => {
  const desk = new Desk()
  desk.take((step) => confirmCase(step, [], []))
  desk.take((step) => noteProof(step, { ...PROOF, detail: 'checked by ann.smith@op' }))
  const { found, events } = desk.terms()
  assert.doesNotMatch(JSON.stringify(viewCase(found, events, [], 'UTC')), /ann\.smith/)
  assert.match(viewCase(found, events, [], 'UTC').proofs[0]!.detail, /provider vouches/)
})

test('questions, answers and time: what waits is answered or expires, what is due is alerted once by its name', () => {
  const desk = new Desk()
  assert.equal(
    desk.refused((step) => reopenCase(step, 'x')),
    'reason',
  )
  desk.take((step) => confirmCase(step, [], []))
  assert.equal(
    desk.refused((step) => answerQuestion(step, 'unasked', 'page')),
    'text',
  )
  desk.take((step) => askClaimant(step, 'Who calls?', BEN))
  assert.equal(desk.refused(expireCase), 'case')
  assert.equal(
    desk.refused((step) => alertCase(step, 'soon', ['ops@northwire.example'])),
    'case',
  )
  desk.take((step) => answerQuestion(step, 'We do', 'page'))
  desk.take((step) => alertCase(step, 'soon', ['ops@northwire.example']))
  assert.match(desk.last.marks![0]!.name, /^alert soon [A-Za-z0-9_-]{22} \d+$/)
  desk.take((step) => askClaimant(step, 'Since when?', BEN))
  desk.at += 15 * 86_400_000
  desk.take(expireCase)
  assert.equal(desk.status, 'expired')
  desk.take((step) => reopenCase(step, 'sorry'))
  assert.equal(desk.status, 'open')
})

test('a subscriber gets what he asked for, and only that: entries before it end', () => {
  const accepts: Standing = {
    kind: 'accepts',
    id: 4,
    from: 0,
    until: undefined,
    origin: 'x',
    called: NUMBER,
    calling: '+14155550163',
  }
  const refuses: Standing = { ...accepts, kind: 'refuses', id: 5 }
  const other: Standing = { ...accepts, id: 6, calling: '+14155550164' }
  const optedOut: Standing = { kind: 'opted-out', id: 7, from: 0, until: undefined, origin: 'x', called: NUMBER }
  const all = [accepts, refuses, other, optedOut]
  for (const [wants, added, ended] of [
    ['block', ['refuses'], [4, 5]],
    ['unblock', ['accepts'], [5, 4]],
    ['opt-out', ['opted-out'], [7]],
    ['opt-in', [], [7]],
    ['blocked-list', [], []],
  ] as const) {
    const request = { wants, number: NUMBER, caller: '+14155550163', isVouched: false }
    const desk = new Desk(request)
    desk.take((step) => confirmCase(step, [], []))
    assert.equal(
      desk.refused((step) => decideCase(step, LIFT, 'why', BEN, all)),
      'outcome',
    )
    desk.take((step) => decideCase(step, { outcome: 'grant', reason: 'Done' }, undefined, BEN, all))
    assert.deepEqual([desk.last.standing.map(({ kind }) => kind), desk.last.ended], [added, ended], wants)
    assert.equal(desk.status, 'granted')
  }
})

test('a claim is read with the path of each fault; what is right, and nearly wrong, passes', () => {
  const right = { receipts: ['A'.repeat(64)], claimant: { name: 'Ann', email: 'ann@caller.example' }, purpose: 'x' }
  assert.equal(parseClaim(right, true, AT).kind, 'parsed')
  for (const [change, field] of [
    [{ receipts: ['short'] }, 'receipts[0]'],
    [{ receipts: [], numbers: [] }, 'receipts'],
    [{ numbers: ['+12125550117', 'x'] }, 'numbers[1]'],
    [{ numbers: ['+1'] }, 'numbers[0]'],
    [{ claimant: { name: 'Ann' } }, 'claimant.email'],
    [{ claimant: { name: 'A\r\nBcc: x', email: 'ann@caller.example' } }, 'claimant.name'],
    [{ claimant: { name: 'Ann\u202e', email: 'ann@caller.example' } }, 'claimant.name'],
    [{ claimant: { name: 'Ann', email: 'a@b.example\nBcc: c@d.example' } }, 'claimant.email'],
    [{ claimant: { name: 'Ann', email: 'a@b.example,c@d.example' } }, 'claimant.email'],
    [{ claimant: { name: 'Ann', email: 'ann@caller.example', role: 'x' } }, 'claimant.role'],
    [{ purpose: '\ud800' }, 'purpose'],
    [{ purpose: 'x'.repeat(4_001) }, 'purpose'],
    [{ calls: [{ calling: NUMBER, called: '+14155550163', at: 'yesterday' }] }, 'calls[0].at'],
    [{ webhook: { url: 'http://caller.example/', secret: 's'.repeat(16) } }, 'webhook.url'],
    [{ webhook: { url: 'https://caller.example/', secret: 's'.repeat(15) } }, 'webhook.secret'],
    [{ extra: 1 }, 'extra'],
  ] as const) {
    const read = parseClaim({ ...right, ...change }, true, AT)
    assert.deepEqual(read.kind === 'faults' && read.faults[0]!.field, field, JSON.stringify(change))
  }
  const nearly = {
    ...right,
    purpose: 'two\r\nlines',
    numbers: ['+1 (212) 555-0117'],
    claimant: { name: '<b>Ann', email: "o'b+x@caller.example" },
  }
  const read = parseClaim(nearly, true, AT)
  assert.deepEqual(read.kind === 'parsed' && [read.value.numbers, read.value.purpose], [[NUMBER], 'two\nlines'])
  assert.equal(parseClaim({ ...right, claimant: { name: 'Ann' } }, false, AT).kind, 'parsed')
})

test('a decision without what it must name is refused, with the path of it', () => {
  const lift = { scope: { kind: 'number', number: NUMBER } }
  for (const [input, field] of [
    [{ outcome: 'lift', lifts: [lift], reason: 'ok' }, undefined],
    [{ outcome: 'lift', lifts: [], reason: 'ok' }, 'lifts'],
    [{ outcome: 'lift', lifts: [lift], reason: ' ' }, 'reason'],
    [{ outcome: 'lift', lifts: [lift], reason: 'ok', next: 'x' }, 'next'],
    [{ outcome: 'partly', lifts: [lift], reason: 'ok' }, 'next'],
    [{ outcome: 'uphold', reason: 'ok', next: 'x', evidence: ['412 calls'] }, undefined],
    [{ outcome: 'uphold', reason: 'ok', next: 'x', evidence: [] }, 'evidence'],
    [{ outcome: 'uphold', reason: 'ok', evidence: ['412 calls'] }, 'next'],
    [{ outcome: 'lift', lifts: [{ scope: { kind: 'block', prefix: '+1' } }], reason: 'ok' }, 'lifts[0].scope.prefix'],
    [
      {
        outcome: 'lift',
        lifts: [{ scope: { kind: 'range', first: '+12125550100', last: '+12125550099' } }],
        reason: 'ok',
      },
      'lifts[0].scope',
    ],
    [
      {
        outcome: 'lift',
        lifts: [{ scope: { kind: 'range', first: '+12125550000', last: '+12125560000' } }],
        reason: 'ok',
      },
      'lifts[0].scope',
    ],
    [
      {
        outcome: 'lift',
        lifts: [{ scope: { kind: 'range', first: '+12125550000', last: '+12125559999' } }],
        reason: 'ok',
      },
      undefined,
    ],
    [{ outcome: 'lift', lifts: [{ ...lift, attestation: 'D' }], reason: 'ok' }, 'lifts[0].attestation'],
    [{ outcome: 'maybe', reason: 'ok' }, 'outcome'],
    [[], ''],
  ] as const) {
    const read = parseDecision(input, AT)
    assert.equal(read.kind === 'faults' ? read.faults[0]!.field : undefined, field, JSON.stringify(input))
  }
})

function assertOver(step: Step, field: string, problem: RegExp): void {
  assert.ok(step.kind === 'refused', 'it was taken')
  assert.deepEqual([step.field, step.isOver], [field, true])
  assert.match(step.problem, problem)
}

/** A store in memory that gives standing entries ids from 1. */
class Desk {
  readonly id = 'A'.repeat(22)
  readonly events: CaseEvent[] = []
  readonly mails: [string, string][] = []
  readonly texts: string[] = []
  at = AT
  last!: DeskChange
  readonly inForce = new Set<number>()
  #standing = 0

  constructor(request?: SubscriberWish) {
    const opened = openCase({
      id: this.id,
      at: AT,
      way: 'page',
      claim: CLAIM,
      request,
      blocks: [],
      by: undefined,
      statusToken: { hash: '0'.repeat(64), case: this.id, purpose: 'status', until: undefined },
      confirmToken: { token: 'C'.repeat(22), hash: '1'.repeat(64) },
      marks: [],
      letters: LETTERS,
      terms: TERMS,
    })
    this.#record(opened)
  }

  get status(): string {
    return readCase(this.events, this.at, TERMS)!.status
  }

  take(compute: (step: StepTerms) => Step): void {
    const step = compute(this.terms())
    if (step.kind !== 'change') assert.fail(JSON.stringify(step))
    this.#record(step.change)
  }

  /** The field that a step is refused for. */
  refused(compute: (step: StepTerms) => Step): string {
    const step = compute(this.terms())
    return step.kind === 'refused' ? step.field : assert.fail('it was taken')
  }

  terms(): StepTerms {
    const found = readCase(this.events, this.at, TERMS)!
    return { at: this.at, found, events: this.events, status: 'S'.repeat(22), letters: LETTERS, terms: TERMS }
  }

  #record(change: DeskChange): void {
    this.last = change
    const standing = change.standing.map(() => ++this.#standing)
    for (const id of change.ended) this.inForce.delete(id)
    for (const id of standing) this.inForce.add(id)
    for (const event of change.events) {
      assert.equal(event.seq, this.events.length + 1)
      const data = event.kind === 'effective' ? { ...event.data, standing } : event.data
      this.events.push({ ...event, data, at: change.at } as CaseEvent)
    }
    for (const mail of change.mails) {
      this.mails.push([mail.purpose, mail.to])
      this.texts.push(mail.text)
    }
  }
}

const LETTERS = { operator: 'Northwire', public: 'https://desk.northwire.example', timeZone: 'UTC' }
const CLAIM: Claim = {
  receipts: [],
  numbers: [NUMBER],
  calls: [],
  claimant: { name: 'Ann', email: 'ann@caller.example', organisation: undefined, tel: undefined, acts: 'for-itself' },
  purpose: 'Reminders',
  changed: '',
  webhook: undefined,
}
const TERMS: CaseTerms = {
  statusWithinMs: 86_400_000,
  decideWithinMs: 86_400_000,
  answerWithinMs: 14 * 86_400_000,
  confirmWithinMs: 7 * 86_400_000,
  listWithinDays: 3,
  calendar: { timeZone: 'UTC', weekend: [0, 6], isHoliday: isFederalHoliday },
}
