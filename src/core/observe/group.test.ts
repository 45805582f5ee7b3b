import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ESCALATING_CALLS,
  type GroupFacts,
  type GroupMark,
  type GroupState,
  NEW_MS,
  groupKey,
  groupState,
  isEscalating,
  numberBlock,
} from './group.ts'
import type { Refusal } from './refusal.ts'

test('a refusal falls into the group of its blocker, number block, reason and standing', () => {
  for (const [given, expected] of [
    [{}, ['redress.carrier.example', '+12125550', '603+', 'proven']],
    [{ blocker: ' Redress.CARRIER.example ' }, ['redress.carrier.example', '+12125550', '603+', 'proven']],
    [{ class: '603', damage: [DAMAGE] }, ['redress.carrier.example', '+12125550', '603+ damaged', 'proven']],
    [{ class: '603', standing: 'unproven' }, ['redress.carrier.example', '+12125550', '603', 'unproven']],
    [
      { class: 'other', status: 503, standing: 'unproven', damage: [DAMAGE] },
      ['redress.carrier.example', '+12125550', '503 damaged', 'unproven'],
    ],
    [{ class: '607', status: 607, standing: 'person' }, ['redress.carrier.example', '+12125550', '607', 'person']],
    [{ class: '608', status: 608 }, ['redress.carrier.example', '+12125550', '608', 'proven']],
    [
      { class: 'other', status: 433, standing: 'unproven' },
      ['redress.carrier.example', '+12125550', '433', 'unproven'],
    ],
    [
      { class: 'malformed', status: 603, standing: 'unproven' },
      ['redress.carrier.example', '+12125550', '603', 'unproven'],
    ],
  ] as const) {
    const key = groupKey('+12125550117', refusal(given))!
    assert.deepEqual([key.blocker, key.block, key.reason, key.standing], expected)
  }
  assert.equal(groupKey('+12125550117', refusal({ standing: 'fault', status: 486, class: 'other' })), undefined)
  assert.equal(groupKey('+12125550117', refusal({ blocker: 'x'.repeat(5_000) }))!.blocker.length, 253)
})

test('a number block is a thousand numbers, and what is no international number has none', () => {
  for (const [number, block] of [
    ['+12125550117', '+12125550'],
    ['+12125550999', '+12125550'],
    ['+12125551000', '+12125551'],
    ['+4930123456', '+4930123'],
    ['+123', ''],
    ['911', ''],
    ['withheld', ''],
    ['sip:ann@clinic.example', ''],
    ['', ''],
  ] as const)
    assert.equal(numberBlock(number), block, number)
})

test('how a group stands follows from its calls, its share and the last mark', () => {
  const rising = { recent: { hits: 60, of: 1_000 }, earlier: { hits: 70, of: 7_000 } }
  const level = { recent: { hits: 12, of: 1_000 }, earlier: { hits: 70, of: 7_000 } }
  const cases: readonly (readonly [string, Partial<GroupFacts>, Partial<GroupMark> | undefined, GroupState])[] = [
    ['seen first within a day', { first: NOW - NEW_MS + 1, ...rising }, undefined, 'new'],
    ['seen first a day ago', { first: NOW - NEW_MS, ...level }, undefined, 'ongoing'],
    ['rising', rising, undefined, 'escalating'],
    [
      'more calls, and as many more attempts',
      { recent: { hits: 60, of: 6_000 }, earlier: level.earlier },
      undefined,
      'ongoing',
    ],
    [
      'rising, but few calls',
      { recent: { hits: ESCALATING_CALLS - 1, of: 20 }, earlier: level.earlier },
      undefined,
      'ongoing',
    ],
    [
      'rising for certain, but less than twice',
      { recent: { hits: 190, of: 10_000 }, earlier: { hits: 700, of: 70_000 } },
      undefined,
      'ongoing',
    ],
    [
      // z = 2.5: one in 160 by chance, and one in a thousand is asked for.
      'more than twice, and perhaps by chance',
      { recent: { hits: 12, of: 100 }, earlier: { hits: 30, of: 600 } },
      undefined,
      'ongoing',
    ],
    [
      'the same beyond chance',
      { recent: { hits: 24, of: 200 }, earlier: { hits: 60, of: 1_200 } },
      undefined,
      'escalating',
    ],
    ['nothing known of the week before', { ...rising, earlier: { hits: 0, of: 0 } }, undefined, 'ongoing'],
    ['resolved, and no call refused since', {}, { kind: 'resolved' }, 'resolved'],
    ['resolved, and refused again', { firstAfterMark: NOW - 5 }, { kind: 'resolved' }, 'regressed'],
    ['ignored, and level', level, { kind: 'ignored', share: level.earlier }, 'ignored'],
    ['ignored, and twice what it was then', rising, { kind: 'ignored', share: level.earlier }, 'escalating'],
    ['ignored when it was as bad already', rising, { kind: 'ignored', share: { hits: 400, of: 7_000 } }, 'ignored'],
    ['ignored when it had no calls any more', level, { kind: 'ignored' }, 'escalating'],
    [
      'ignored when it had no calls any more, and few since',
      { recent: { hits: ESCALATING_CALLS - 1, of: 20 } },
      { kind: 'ignored' },
      'ignored',
    ],
    ['reopened', level, { kind: 'reopened' }, 'ongoing'],
    ['reopened, and rising', rising, { kind: 'reopened' }, 'escalating'],
  ]
  for (const [name, facts, mark, expected] of cases)
    assert.equal(
      groupState({ ...FACTS, ...facts }, mark === undefined ? undefined : { ...MARK, ...mark }, NOW),
      expected,
      name,
    )
  assert.deepEqual(new Set(cases.map(([, , , state]) => state)).size, 6, 'each state is seen')
})

test('whether a group regressed does not depend on when anybody asks', () => {
  let looked = 0
  fc.assert(
    fc.property(fc.nat(10 ** 9), fc.boolean(), (later, isBlocked) => {
      const facts = { ...FACTS, firstAfterMark: isBlocked ? NOW - 5 : undefined }
      const mark: GroupMark = { ...MARK, kind: 'resolved' }
      looked++
      assert.equal(groupState(facts, mark, NOW + later), groupState(facts, mark, NOW))
    }),
  )
  assert.ok(looked >= 100)
})

test('a group that goes on at the same share escalates by chance alone less than once in two hundred days', () => {
  const random = seeded(7)
  let raised = 0
  const days = 800
  for (let day = 0; day < days; day++) {
    const draw = (of: number) => ({ hits: Array.from({ length: of }, random).filter((one) => one < 0.03).length, of })
    if (isEscalating(draw(600), draw(4_200))) raised++
  }
  assert.ok(raised / days < 0.005, `${raised} of ${days}`)
  assert.ok(isEscalating({ hits: 60, of: 600 }, { hits: 126, of: 4_200 }), 'a real rise is seen')
})

function refusal(given: Partial<Refusal>): Refusal {
  return {
    status: 603,
    phrase: 'Network Blocked',
    class: '603+',
    from: '+12125550117',
    to: '+13125550188',
    callId: '',
    who: '',
    why: '',
    contest: { url: undefined, tel: undefined, email: undefined, card: undefined },
    id: undefined,
    location: undefined,
    verdict: 'conformant',
    faults: [],
    rules: [],
    standing: 'proven',
    damage: [],
    blocker: 'redress.carrier.example',
    answer: undefined,
    ...given,
  }
}

/** A generator of numbers from 0 to 1 that gives the same ones each time: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const NOW = Date.UTC(2026, 10, 20)
const DAMAGE: Refusal['damage'][number] = {
  kind: 'phrase-rewritten',
  sureness: 'certain',
  text: '',
  cite: '',
  seen: undefined,
  culprits: [],
}
const FACTS: GroupFacts = {
  key: { blocker: 'redress.carrier.example', block: '+12125550', reason: '603+', standing: 'proven' },
  first: NOW - 10 * NEW_MS,
  last: NOW - 5,
  calls: 82,
  firstAfterMark: undefined,
  recent: { hits: 0, of: 0 },
  earlier: { hits: 0, of: 0 },
}
const MARK: GroupMark = {
  kind: 'resolved',
  at: NOW - NEW_MS,
  effective: NOW - NEW_MS,
  by: 'Ann Lee',
  note: '',
  share: { hits: 0, of: 0 },
}
