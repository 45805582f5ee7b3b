import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STATUS, phraseOf } from './status.ts'

test('every status in the table is one and has a phrase that can stand in a status line', () => {
  const entries = Object.values(STATUS)
  assert.ok(entries.length >= 20)
  for (const { status, phrase } of entries) {
    assert.ok(status >= 100 && status < 700)
    assert.match(phrase, /^[A-Za-z/ -]+$/)
  }
})

const PHRASES: [status: number, phrase: string][] = [
  [486, 'Busy Here'],
  [603, 'Decline'],
  [608, 'Rejected'],
  [199, 'Trying'],
  [699, 'Global Failure'],
  [0, 'Unknown'],
  [99, 'Unknown'],
  [700, 'Unknown'],
  [Number.NaN, 'Unknown'],
]

for (const [status, phrase] of PHRASES) {
  test(`the usual phrase of ${status} is ${phrase}`, () => {
    assert.equal(phraseOf(status), phrase)
  })
}
