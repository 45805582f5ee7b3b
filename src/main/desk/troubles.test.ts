import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TROUBLES_MAX, TROUBLES_PER_HOUR, Troubles } from './troubles.ts'

const HOUR_MS = 3_600_000

test('a trouble is told once, again when it is another or came back, and never more than so many lines an hour', () => {
  const troubles = new Troubles()
  const said = [
    troubles.isNews('a', 'late', 0),
    troubles.isNews('a', 'late', 1),
    troubles.isNews('b', 'late', 2),
    troubles.isNews('a', 'address', 3),
  ]
  troubles.isOver('b')
  assert.deepEqual([...said, troubles.isNews('b', 'late', 4)], [true, false, true, true, true])

  const flood = Array.from({ length: 500 }, (_, index) => troubles.isNews(`c${index}`, 'late', 5))
  assert.equal(flood.filter(Boolean).length, TROUBLES_PER_HOUR - 4)
  assert.equal(troubles.isNews('d', 'late', HOUR_MS), true)
})

test('of more receivers than are remembered the oldest is told again, the others are not', () => {
  const troubles = new Troubles()
  const at = (index: number): number => Math.floor(index / TROUBLES_PER_HOUR) * HOUR_MS
  for (let index = 0; index <= TROUBLES_MAX; index++) assert.equal(troubles.isNews(`${index}`, 'late', at(index)), true)
  const later = at(TROUBLES_MAX) + HOUR_MS
  assert.deepEqual(
    [troubles.isNews(`${TROUBLES_MAX}`, 'late', later), troubles.isNews('0', 'late', later)],
    [false, true],
  )
})
