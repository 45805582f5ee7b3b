import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { DisputeEvent, DisputeEventContent } from './dispute-event.ts'
import { GONE, eraseEvent, takeNumberOut } from './erase.ts'

const NUMBER = '+12125550117'
const OTHER = '+12125550118'
const CALLED = '+13125550188'
/** One of each kind; what is personal in them is a number or the word PERSONAL. */
const KINDS: readonly DisputeEventContent[] = [
  {
    kind: 'opened',
    data: {
      group: 3,
      blocker: 'desk.example',
      numbers: [NUMBER, OTHER],
      receipts: ['PERSONAL-id'],
      urls: ['https://desk.example/r/PERSONAL'],
      calls: [
        { at: 1, from: NUMBER, to: CALLED, status: 603, phrase: 'Network Blocked' },
        { at: 2, from: OTHER, to: '+13125550189', status: 603, phrase: 'Network Blocked' },
      ],
      purpose: `PERSONAL: we call from (212) 555-0117`,
      changed: 'PERSONAL',
    },
  },
  {
    kind: 'filed',
    data: {
      way: 'mail',
      to: 'PERSONAL@desk.example',
      reference: 'PERSONAL',
      isFollowed: false,
      needsConfirmation: false,
    },
  },
  { kind: 'acknowledged', data: { words: `PERSONAL has ${NUMBER}` } },
  { kind: 'told', data: { status: 'open', next: 'PERSONAL', question: `PERSONAL whose is ${NUMBER}?`, due: 5 } },
  { kind: 'answered', data: { outcome: 'lifted', words: `PERSONAL ${NUMBER}`, liftedAt: 7, heardAt: 8 } },
  { kind: 'replied', data: { words: `PERSONAL ${NUMBER}` } },
  { kind: 'retested', data: { from: NUMBER, to: CALLED, result: 'blocked', words: 'PERSONAL' } },
  { kind: 'seen', data: { result: 'blocked', callAt: 9 } },
  { kind: 'noted', data: { words: `PERSONAL ${NUMBER}` } },
  { kind: 'closed', data: { reason: `PERSONAL ${NUMBER}` } },
  { kind: 'reopened', data: { reason: `PERSONAL ${NUMBER}` } },
]
const event = (content: DisputeEventContent): DisputeEvent => ({ dispute: 'd', seq: 1, at: 4, by: 'ann', ...content })

suite('What is left of an event', () => {
  for (const content of KINDS)
    test(`of the kind ${content.kind} tells nothing of persons once it is erased`, () => {
      const { data: _, ...head } = event(content)
      const left = eraseEvent(event(content))
      assert.doesNotMatch(JSON.stringify(left), /PERSONAL|555/)
      assert.deepEqual({ ...left, data: undefined }, { ...head, data: undefined })
      assert.deepEqual(eraseEvent(left), left)
    })

  test('keeps what it came to', () => {
    const left = KINDS.map((content) => eraseEvent(event(content)).data)
    assert.deepEqual(left[0], {
      group: 3,
      blocker: 'desk.example',
      numbers: [],
      receipts: [],
      urls: [],
      calls: [],
      purpose: '',
      changed: '',
    })
    assert.deepEqual(left[3], { status: 'open', next: '', question: '', due: 5 })
    assert.deepEqual(left[4], { outcome: 'lifted', words: '', liftedAt: 7, heardAt: 8 })
    assert.deepEqual(left[7], { result: 'blocked', callAt: 9 })
  })

  test('has one number no more, however it was written, and all others still', () => {
    let held = 0
    for (const content of KINDS) {
      const left = takeNumberOut(event(content), NUMBER)
      if (left === undefined) continue
      held++
      assert.doesNotMatch(JSON.stringify(left), /555.?0117/, content.kind)
    }
    assert.equal(held, 9)
    const { data } = takeNumberOut(event(KINDS[0]!), NUMBER) as Extract<DisputeEvent, { kind: 'opened' }>
    assert.deepEqual([data.numbers, data.calls.length, data.receipts, data.urls], [[OTHER], 1, [], []])
    assert.equal(data.purpose, `PERSONAL: we call from ${GONE}`)
    const called = takeNumberOut(event(KINDS[6]!), CALLED) as Extract<DisputeEvent, { kind: 'retested' }>
    assert.deepEqual([called.data.from, called.data.to], [NUMBER, ''])
    assert.equal(takeNumberOut(event(KINDS[0]!), '+12125550119'), undefined)
  })
})
