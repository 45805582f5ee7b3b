// One thing: a call from its copies to its end. A table of stories first, then the same against a slow model.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type EndedCall, FOLLOWED_MS, OutcomeTracker, type Sighting } from './outcome-tracker.ts'
import type { SeenMessage } from './seen-message.ts'

/** A line of a story: seconds, what passes, and where its gate or its tap is of interest. */
type Line = readonly [s: number, message: SeenMessage | undefined, more?: Partial<Sighting>]

const PART = { callId: 'c', fromTag: 'a' }
const invite = (branch = 'A'): SeenMessage => ({ kind: 'invite', ...PART, branch, calling: '+1', called: '+2' })
const answer = (status: number, branch = 'A', toTag = 'b', isNotice = false): SeenMessage => {
  return { kind: 'answer', ...PART, branch, status, toTag, isNotice }
}
const cancel: SeenMessage = { kind: 'cancel', ...PART }
const byCaller = (tag = 'b'): SeenMessage => ({ kind: 'bye', ...PART, toTag: tag })
const byCalled = (tag = 'b'): SeenMessage => ({ kind: 'bye', callId: 'c', fromTag: tag, toTag: 'a' })
/** Time passes and nothing else. */
const later = undefined
const FROM = { gate: 'from' } as const
const TO = { gate: 'to' } as const

const STORIES: readonly (readonly [title: string, lines: readonly Line[], ended: string])[] = [
  [
    'an answered call ends at the BYE of its caller',
    [
      [0, invite()],
      [2, answer(200)],
      [7, byCaller()],
    ],
    'answered 5 0',
  ],
  [
    'or of its called party',
    [
      [0, invite()],
      [2, answer(200)],
      [7, byCalled()],
    ],
    'answered 5 0',
  ],
  [
    'a BYE sent again ends nothing again',
    [
      [0, invite()],
      [2, answer(200)],
      [7, byCaller()],
      [8, byCaller()],
    ],
    'answered 5 0',
  ],
  [
    'nor does a late copy of all of it',
    [
      [0, invite()],
      [0, answer(200)],
      [1, byCaller()],
      [2, invite()],
      [2, answer(200)],
      [3, byCaller()],
    ],
    'answered 1 0',
  ],
  [
    'a BYE without an INVITE is none of ours',
    [
      [0, answer(200)],
      [7, byCaller()],
      [99, later],
    ],
    '',
  ],
  [
    'a BYE without an answer has no length',
    [
      [0, invite()],
      [7, byCaller()],
      [99, later],
    ],
    '',
  ],
  [
    'a BYE of a dialog that was not answered ends nothing',
    [
      [0, invite()],
      [1, answer(200)],
      [7, byCaller('x')],
      [9, byCaller()],
    ],
    'answered 8 0',
  ],
  [
    'a 200 told again does not begin the call anew',
    [
      [0, invite()],
      [1, answer(200)],
      [3, answer(200)],
      [7, byCaller()],
    ],
    'answered 6 0',
  ],
  [
    'several answered: the last one hung up on ends it',
    [
      [0, invite()],
      [1, answer(200, 'A', 'b')],
      [2, answer(200, 'A', 'd')],
      [3, byCaller('b')],
      [4, answer(200, 'A', 'b')],
      [9, byCaller('d')],
    ],
    'answered 8 0',
  ],
  [
    'clocks of two taps are not compared',
    [
      [0, invite()],
      [2, answer(200), { tap: 'x', atMs: 900_000 }],
      [7, byCaller()],
    ],
    'answered 5 0',
  ],
  [
    'that of one tap is, however late its copies are',
    [
      [0, invite()],
      [2, answer(200), { atMs: 1_000 }],
      [3, byCaller(), { atMs: 61_000 }],
    ],
    'answered 60 0',
  ],
  [
    'a clock set back makes no negative length',
    [
      [0, invite()],
      [2, answer(200), { atMs: 9_000 }],
      [7, byCaller(), { atMs: 1_000 }],
    ],
    'answered 0 0',
  ],
  [
    'refused and quiet for 32 s: not answered',
    [
      [0, invite()],
      [5, answer(486)],
      [36, later],
      [37, later],
      [38, later],
    ],
    'unanswered 0 32',
  ],
  [
    '31 s are not enough',
    [
      [0, invite()],
      [5, answer(486)],
      [36, later],
    ],
    '',
  ],
  [
    'refused by one and answered by the next',
    [
      [0, invite()],
      [1, invite('B')],
      [2, answer(404, 'B', 'x')],
      [3, invite('C')],
      [30, answer(200, 'C')],
      [31, answer(200)],
      [90, byCaller()],
    ],
    'answered 60 0',
  ],
  [
    'the next may ring for long',
    [
      [0, invite()],
      [2, answer(404)],
      [3, invite('C')],
      [90, later],
      [100, answer(200, 'C')],
      [110, byCaller()],
    ],
    'answered 10 0',
  ],
  [
    'but not for three minutes without a word',
    [
      [0, invite()],
      [2, answer(404)],
      [3, invite('C')],
      [182, later],
      [183, later],
    ],
    'unanswered 0 181',
  ],
  [
    'where it says that it rings, it does',
    [
      [0, invite()],
      [2, answer(404)],
      [3, invite('C')],
      [100, answer(180, 'C')],
      [200, later],
      [250, answer(200, 'C')],
      [251, byCaller()],
    ],
    'answered 1 0',
  ],
  [
    'a caller who gives up',
    [
      [0, invite()],
      [9, cancel],
      [9, answer(487)],
      [41, later],
    ],
    'unanswered 0 32',
  ],
  [
    'without the copy of the 487 it takes longer to tell',
    [
      [0, invite()],
      [9, cancel],
      [41, later],
      [189, later],
    ],
    'unanswered 0 180',
  ],
  [
    'a CANCEL that crossed the 200 ends nothing',
    [
      [0, invite()],
      [9, answer(200)],
      [9, cancel],
      [60, later],
      [69, byCaller()],
    ],
    'answered 60 0',
  ],
  [
    'a CANCEL of other branches, once one has answered',
    [
      [0, invite()],
      [1, invite('B')],
      [2, cancel],
      [2, answer(200, 'B')],
      [3, answer(487)],
      [60, later],
      [62, byCaller()],
    ],
    'answered 60 0',
  ],
  [
    'asked who he is, the caller tries again',
    [
      [0, invite()],
      [1, answer(407)],
      [2, invite('B')],
      [9, answer(200, 'B')],
      [19, byCaller()],
    ],
    'answered 10 0',
  ],
  [
    'or does not, and has called nobody',
    [
      [0, invite()],
      [1, answer(401)],
      [99, later],
    ],
    '',
  ],
  [
    'a block by a network says nothing of who answers',
    [
      [0, invite()],
      [1, answer(603, 'A', 'b', true)],
      [99, later],
    ],
    '',
  ],
  [
    'a plain 603 does',
    [
      [0, invite()],
      [1, answer(603)],
      [99, later],
    ],
    'unanswered 0 98',
  ],
  [
    'the gate says continue, and nobody answers',
    [
      [0, invite()],
      [0, invite('G'), TO],
      [0, answer(404, 'G', 'g'), FROM],
      [1, invite('C')],
      [9, answer(480, 'C')],
      [9, answer(480)],
      [41, later],
    ],
    'unanswered 0 32',
  ],
  [
    'the gate says no, and that is passed on',
    [
      [0, invite()],
      [0, invite('G'), TO],
      [0, answer(603, 'G', 'g'), FROM],
      [0, answer(603, 'A', 'g')],
      [99, later],
      [999, later],
    ],
    '',
  ],
  [
    'or is seen first where it is passed on',
    [
      [0, invite()],
      [0, answer(603, 'A', 'g')],
      [0, answer(603, 'G', 'g'), FROM],
      [99, later],
    ],
    '',
  ],
  [
    'a gate that is silent keeps no call open',
    [
      [0, invite()],
      [0, invite('G'), TO],
      [1, invite('C')],
      [9, answer(480, 'C')],
      [9, answer(480)],
      [41, later],
    ],
    'unanswered 0 32',
  ],
  [
    'the announcement of a treated call is not its end',
    [
      [0, invite()],
      [0, answer(302, 'G', 'g'), { gate: 'treats' }],
      [1, invite('C')],
      [1, answer(200, 'C')],
      [9, byCalled()],
    ],
    '',
  ],
  [
    'nor is that nobody announces',
    [
      [0, invite()],
      [0, answer(302, 'G', 'g'), { gate: 'treats' }],
      [1, invite('C')],
      [1, answer(503, 'C')],
      [9, answer(503)],
      [99, later],
    ],
    '',
  ],
  [
    'a CANCEL to the gate is none of the caller',
    [
      [0, invite()],
      [1, cancel, TO],
      [300, later],
    ],
    '',
  ],
]

for (const [title, lines, expected] of STORIES) {
  test(title, () => {
    const { tracker, told } = track()
    for (const [s, message, more] of lines) {
      const nowMs = s * 1000
      if (message !== undefined) tracker.see(message, { nowMs, atMs: nowMs, tap: 't', ...more })
      tracker.pass(nowMs)
    }
    assert.deepEqual(told.map(wordsOf).join(), expected)
    const { answered, unanswered } = tracker.figures
    assert.equal(answered + unanswered, told.length)
  })
}

test('stories of each end are told, and of none', () => {
  for (const kind of [/^answered/, /^unanswered/, /^$/]) {
    assert.ok(STORIES.filter(([, , ended]) => kind.test(ended)).length >= 6, String(kind))
  }
})

test('as many calls are followed as there is room for, the oldest forgotten, and ended ones make no count', () => {
  const { tracker, told } = track(3)
  const at = (nowMs: number): Sighting => ({ nowMs, atMs: nowMs, tap: 't' })
  const begin = (callId: string, ms: number) => tracker.see({ ...invite(), callId }, at(ms))
  for (const [index, callId] of ['1', '2', '3'].entries()) begin(callId, index)
  assert.deepEqual([tracker.size, tracker.figures.forgotten], [3, 0])

  begin('4', 4)
  assert.deepEqual([tracker.size, tracker.figures.forgotten], [3, 1])
  for (const callId of ['1', '2']) {
    tracker.see({ ...answer(200), callId }, at(5))
    tracker.see({ ...byCaller(), callId }, at(9))
  }
  assert.deepEqual([told.length, tracker.size], [1, 2], 'the first has been forgotten')
  begin('5', 10)
  assert.deepEqual([tracker.size, tracker.figures.forgotten], [3, 1], 'an ended call made room')
})

test('after four hours a call is followed no more, and was until then', () => {
  const { tracker, told } = track()
  const at = (nowMs: number): Sighting => ({ nowMs, atMs: nowMs, tap: 't' })
  tracker.see(invite(), at(0))
  tracker.see(answer(200), at(1000))
  tracker.pass(FOLLOWED_MS - 1)
  assert.deepEqual([tracker.size, tracker.figures.unended], [1, 0])
  tracker.pass(FOLLOWED_MS)
  assert.deepEqual([tracker.size, tracker.figures.unended], [0, 1])
  tracker.see(byCaller(), at(FOLLOWED_MS + 1))
  assert.deepEqual(told, [])
})

test('whatever passes in whatever order, a call ends as a slow model says, once', () => {
  const branch = fc.constantFrom('A', 'B', 'C')
  const tag = fc.constantFrom('b', 'd', 'g')
  const answers = fc
    .tuple(fc.constantFrom(180, 200, 302, 401, 404, 486, 603), branch, tag, fc.boolean())
    .map(([status, name, toTag, isNotice]) => answer(status, name, toTag, isNotice && status >= 300))
  const message = fc.oneof(
    { weight: 4, arbitrary: branch.map((name) => invite(name)) },
    { weight: 8, arbitrary: answers },
    { weight: 2, arbitrary: fc.constant(later) },
    { weight: 1, arbitrary: fc.constant(cancel) },
    { weight: 1, arbitrary: fc.tuple(tag, fc.boolean()).map(([name, isOurs]) => (isOurs ? byCaller : byCalled)(name)) },
  )
  const gate = fc.oneof(
    { weight: 40, arbitrary: fc.constant(undefined) },
    { weight: 10, arbitrary: fc.constantFrom('to', 'from') },
    { weight: 1, arbitrary: fc.constant('treats') },
  )
  const line = fc.tuple(fc.constantFrom(0, 1, 5, 31, 32, 60, 180), message, gate)
  let ends = 0
  fc.assert(
    fc.property(fc.array(line, { maxLength: 14 }), (lines) => {
      const { tracker, told } = track()
      const expected: string[] = []
      let call: Passed[] = []
      let overS: number | undefined
      let s = 0
      for (const [after, seen, where] of [
        [0, invite(), undefined] as const,
        ...lines,
        [400, later, undefined] as const,
      ]) {
        // What is over is known for 32 s more; then the same name begins another call.
        if (overS !== undefined && s - overS >= 32) [call, overS] = [[], undefined]
        s += after
        const nowMs = s * 1000
        if (seen !== undefined) tracker.see(seen, { nowMs, atMs: nowMs, tap: 't', gate: where })
        tracker.pass(nowMs)
        if (overS !== undefined || (call.length === 0 && seen?.kind !== 'invite')) continue
        call.push({ s, seen, where })
        const end = endOf(call)
        if (end === undefined) continue
        overS = s
        if (end !== NOTHING) expected.push(end)
      }
      assert.deepEqual(told.map(wordsOf), expected)
      ends += told.length
    }),
    { numRuns: 4000 },
  )
  assert.ok(ends > 1000, `${ends} ends`)
})

type Passed = { readonly s: number; readonly seen: SeenMessage | undefined; readonly where: Sighting['gate'] }
const NOTHING = 'over, and nothing to tell'

/** Reads the whole of what has passed anew: how the call has ended by now, undefined where it has not. */
function endOf(passed: readonly Passed[]): string | undefined {
  const { s: now } = passed.at(-1)!
  const finals = passed.flatMap(({ s, seen, where }, index) => {
    if (seen?.kind !== 'answer' || seen.status < 200) return []
    return [{ ...seen, s, index, isGate: where === 'from' || where === 'treats', isTreated: where === 'treats' }]
  })
  const byGate = finals.filter(({ isGate }) => isGate)
  const others = finals.filter(({ isGate }) => !isGate)
  const connected = others.filter(({ status }) => status < 300)
  const isTreated = finals.some((final) => final.isTreated)
  const byes = passed.flatMap(({ seen }, index) => {
    if (seen?.kind !== 'bye') return []
    return [{ index, tag: seen.fromTag === 'a' ? seen.toTag : seen.fromTag }]
  })
  const first = connected[0]
  if (byes.some(({ index }) => first === undefined || index < first.index)) return NOTHING
  if (first !== undefined) {
    // Only a dialog that was there already can be hung up.
    const hungUp = new Set(
      byes
        .flatMap((bye) => connected.filter(({ index, toTag }) => index < bye.index && toTag === bye.tag))
        .map(({ toTag }) => toTag),
    )
    if (passed.at(-1)!.seen?.kind !== 'bye' || connected.some(({ toTag }) => !hungUp.has(toTag))) return undefined
    return isTreated ? NOTHING : `answered ${now - first.s} 0`
  }
  const cancels = passed.filter(({ seen, where }) => seen?.kind === 'cancel' && where !== 'to')
  if (finals.length + cancels.length === 0) return undefined
  const done = new Set(others.map((final) => final.branch))
  const owing = passed.some(({ seen, where }) => seen?.kind === 'invite' && where !== 'to' && !done.has(seen.branch))
  if (now - passed.findLast(({ seen }) => seen !== undefined)!.s < (owing ? 180 : 32)) return undefined
  const refusals = others.filter(({ status, isNotice }) => !isNotice && status !== 401 && status !== 407)
  const isRefused = cancels.length > 0 || refusals.some(({ toTag }) => byGate.every((one) => one.toTag !== toTag))
  if (!isRefused || isTreated) return NOTHING
  return `unanswered 0 ${now - Math.max(...[...refusals, ...cancels].map(({ s }) => s))}`
}

function track(capacity = 100) {
  const told: EndedCall[] = []
  const tracker = new OutcomeTracker(capacity, (ended) => told.push(ended))
  return { tracker, told }
}

function wordsOf({ answered, durationMs, agoMs, calling, called }: EndedCall): string {
  assert.deepEqual([calling, called], ['+1', '+2'])
  return `${answered ? 'answered' : 'unanswered'} ${durationMs / 1000} ${agoMs / 1000}`
}
