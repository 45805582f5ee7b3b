import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Malformed } from '#codec/sip/malformed.ts'
import { mutator } from '../fuzz/mutate.ts'
import { TARGETS, breaks } from '../fuzz/targets.ts'
import { hepVectors, noticeVectors, sipVectors, tortureCases } from './torture.ts'

const SEEDS = [...noticeVectors(), ...sipVectors(), ...tortureCases(), ...hepVectors()].map(({ bytes }) => bytes)

test('no fuzz target breaks over a vector, or over a few of its changes', () => {
  const mutate = mutator(SEEDS, 603)
  const inputs = [...SEEDS, ...Array.from({ length: 400 }, mutate)]
  assert.ok(TARGETS.size >= 8 && SEEDS.length > 300)
  for (const bytes of inputs)
    for (const [name, target] of TARGETS) {
      const words = breaks(target, bytes)
      assert.equal(words, undefined, `${name} over ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`)
    }
})

test('a target that breaks is told from one that calls octets malformed', () => {
  const mutate = mutator(SEEDS, 607)
  const fragile = (bytes: Uint8Array): void => {
    if (bytes.includes(0x1b)) throw new TypeError('an escape octet')
    throw new Malformed('nul', 0, 'test')
  }
  const found = Array.from({ length: 500 }, () => breaks(fragile, mutate())).filter((words) => words !== undefined)

  assert.ok(found.length > 0 && found.length < 500 && found[0]!.includes('an escape octet'))
})

test('the same number makes the same inputs, another number makes others', () => {
  const made = (seed: number): Uint8Array[] => Array.from({ length: 20 }, mutator(SEEDS, seed))

  assert.deepEqual(made(1), made(1))
  assert.notDeepEqual(made(1), made(2))
})
