import assert from 'node:assert/strict'
import { test } from 'node:test'
import { claimSchema } from '#edge/http/desk/documents.ts'
import { parseJsonBody } from './body.ts'
import { Refused } from './problem.ts'

const CLAIM = {
  numbers: ['+12125550117'],
  claimant: { name: 'Ann', email: 'ann@caller.example' },
  purpose: 'Reminders',
}

test('a name that is misspelt is named with the one that was meant, wherever it stands, and before what is then missing', () => {
  const call = { calling: '+12125550117', called: '+14155550163', at: '2026-11-22T12:00:00Z' }
  const table: readonly (readonly [body: object, pointer: string, detail: RegExp])[] = [
    [{ ...CLAIM, purpose: undefined, pupose: 'x' }, '/pupose', /found the name "pupose".*did you mean purpose\?/],
    [{ ...CLAIM, reciepts: [] }, '/reciepts', /did you mean receipts\?/],
    [{ ...CLAIM, claimant: { ...CLAIM.claimant, mail: 'x' } }, '/claimant/mail', /did you mean email\?/],
    [{ ...CLAIM, calls: [{ ...call, caled: 'x' }] }, '/calls/0/caled', /did you mean called\?/],
    [{ ...CLAIM, webhook: { url: 'https://a.example', secrt: 'x' } }, '/webhook/secrt', /did you mean secret\?/],
    [{ ...CLAIM, zzzzzzzz: 1 }, '/zzzzzzzz', /expected one of receipts, numbers, calls, claimant/],
    [{ ...CLAIM, claimant: { email: 'ann@caller.example' } }, '/claimant/name', /^expected a name$/],
  ]
  for (const [body, pointer, detail] of table) {
    assert.throws(
      () => parseJsonBody(claimSchema, Buffer.from(JSON.stringify(body))),
      (error) => {
        assert.ok(error instanceof Refused)
        assert.equal(error.problem.pointer, pointer)
        assert.match(error.problem.detail, detail)
        return true
      },
    )
  }
  assert.equal(parseJsonBody(claimSchema, Buffer.from(JSON.stringify(CLAIM))).purpose, 'Reminders')
})

test('a name of any length is shown by its begin', () => {
  const body = Buffer.from(JSON.stringify({ ...CLAIM, ['x'.repeat(5_000)]: 1 }))
  assert.throws(
    () => parseJsonBody(claimSchema, body),
    (error) => error instanceof Refused && error.problem.detail.length < 300,
  )
})
