import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiftScope } from '#core/redress/decision.ts'
import type { StandingChange } from '#edge/store/standing-store.ts'
import { LiftedNumbers } from './lifted-numbers.ts'

test('a number is lifted by itself, by its block or by its range, and its neighbour is not', () => {
  const lifted = new LiftedNumbers()
  assert.ok(lifted.isEmpty)
  lifted.take([
    lift(1, { kind: 'number', number: '+12125550117' }),
    lift(2, { kind: 'block', prefix: '+1212556' }),
    lift(3, { kind: 'range', first: '+12125570100', last: '+12125570199' }),
  ])

  for (const number of ['+12125550117', '+12125560000', '+12125569999', '+12125570100', '+12125570199'])
    assert.ok(lifted.has(number), number)
  for (const number of ['+12125550118', '+1212555', '+12125550000', '+12125570099', '+12125570200', '+121255701000'])
    assert.ok(!lifted.has(number), number)
  assert.equal(lifted.place, 3)
})

test('a lift that has ended lifts nothing any more, unless another is for the same number', () => {
  const lifted = new LiftedNumbers()
  const scope = { kind: 'number', number: '+12125550117' } as const
  lifted.take([lift(1, scope), lift(2, scope)])

  lifted.take([{ ...lift(1, scope), changed: 3, endedAt: 5 }])
  assert.ok(lifted.has(scope.number))
  lifted.take([{ ...lift(2, scope), changed: 4, endedAt: 5 }])
  assert.ok(!lifted.has(scope.number))
  assert.ok(lifted.isEmpty)
  assert.equal(lifted.place, 4)
})

function lift(id: number, scope: LiftScope): StandingChange {
  const fact = { kind: 'lift', scope, attestation: undefined, rule: undefined } as const
  return { changed: id, endedAt: undefined, standing: { id, from: 0, until: undefined, origin: 'case', ...fact } }
}
