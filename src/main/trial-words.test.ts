import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CallSeen, type TrialFinding, explainTrial, findTrial } from './trial-words.ts'

const WENT: CallSeen = { asked: true, wentOn: true }
const STOPPED: CallSeen = { asked: true, wentOn: false }
const PAST: CallSeen = { asked: false, wentOn: true }
const LOST: CallSeen = { asked: false, wentOn: false }

const CASES: [allow: CallSeen, block: CallSeen, finding: TrialFinding, words: RegExp][] = [
  [WENT, STOPPED, 'right', /went on after 404, and stopped at 607/],
  [STOPPED, WENT, 'inverted', /stopped at 404 \(continue\) and went on after 607 \(blocked\)/],
  [WENT, WENT, 'blocks-go-on', /every blocked call would ring/],
  [STOPPED, STOPPED, 'nothing-goes-on', /every call would die/],
  [PAST, PAST, 'not-asked', /asked the gate about neither call/],
  [LOST, LOST, 'not-asked', /recourse_gate_strangers_total/],
  [PAST, STOPPED, 'asked-about-one', /not about the one to be let go on. It went on all the same/],
  [WENT, PAST, 'asked-about-one', /not about the one to be blocked. It went on all the same/],
  [WENT, LOST, 'asked-about-one', /not about the one to be blocked\.$/m],
]
for (const [allow, block, finding, words] of CASES) {
  const title = [allow, block].map(({ asked, wentOn }) => `${asked ? '' : 'not '}asked, ${wentOn ? 'on' : 'stopped'}`)
  test(`a test of a peer with calls ${title.join(' / ')} finds ${finding}, and says what to do`, () => {
    const seen = { peer: 'sbc', allow, block, continueStatus: 404, status: 607, others: 0 }
    assert.equal(findTrial(seen), finding)
    assert.match(explainTrial(seen).join('\n'), words)
  })
}

test('other calls of the peer during the test are told apart from none', () => {
  const seen = { peer: 'sbc', allow: PAST, block: PAST, continueStatus: 404, status: 603, others: 3 }
  assert.match(explainTrial(seen).join('\n'), /does it change the numbers before it asks/)
  assert.doesNotMatch(explainTrial({ ...seen, others: 0 }).join('\n'), /change the numbers/)
})
