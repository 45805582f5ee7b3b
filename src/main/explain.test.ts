import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT, Stop } from './exit.ts'
import { SeenAnswers, stopForCapture } from './explain.ts'

test('an answer is new once, however often and over however many hops it is seen', () => {
  const seen = new SeenAnswers()

  // Two hops, the second with another text, each retransmitted.
  const met = ['A', 'B', 'A', 'B', 'B', 'A', 'C'].map((answer) => seen.meet('call', answer))

  assert.deepEqual(met, ['new', 'changed', 'same', 'same', 'same', 'same', 'changed'])
  assert.equal(seen.repeated, 4)
  assert.equal(seen.meet('another call', 'A'), 'new')
})

test('what is remembered is bounded: the oldest call makes room, and is counted', () => {
  const seen = new SeenAnswers(100)

  for (let call = 0; call < 150; call++) assert.equal(seen.meet(`call ${call}`, 'A'), 'new')

  assert.equal(seen.forgotten, 50)
  assert.equal(seen.meet('call 149', 'A'), 'same')
  assert.equal(seen.meet('call 0', 'A'), 'new')
  assert.equal(seen.forgotten, 51)
})

test('a call with answers without end is shown each time, and costs no memory for it', () => {
  const seen = new SeenAnswers()
  seen.meet('call', 'first')

  for (let answer = 0; answer < 1_000; answer++) assert.equal(seen.meet('call', `${answer}`), 'changed')

  assert.equal(seen.meet('call', 'first'), 'same')
})

test('what is wrong with an input ends the command; a fault of ours stays one', () => {
  const noCapture = new Error('calls.pcap is not a capture')
  const tooMany = Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' })
  const ours = new Error('an invariant is broken')

  for (const error of [noCapture, tooMany]) {
    const stop = stopForCapture('calls.pcap', error)
    assert.ok(stop instanceof Stop && stop.exitCode === EXIT.unusable)
    assert.equal(stop.message, error.message)
  }
  assert.equal(stopForCapture('calls.pcap', ours), ours)
})
