import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DistinctCounter, distinctBytes } from './distinct-counter.ts'
import { hashKey } from './hash.ts'
import { SlidingCounter, counterBytes } from './sliding-counter.ts'

const NOW = 1_795_000_000_000
const MINUTE = 60_000
const SEEDS = [0, 1, 77, 0x7fff_ffff, 0x8000_0000, 0xdead_beef, 0xffff_ffff]
const VICTIM = 441_234_567_890_123

test('numbers that meet under one seed part under another', () => {
  const under = (seed: number) => {
    const met = new Map<number, number>()
    for (let number = 0; number < 200_000; number++) {
      const key = VICTIM + number * 7_919
      const hash = hashKey(key, seed)
      const first = met.get(hash)
      if (first !== undefined) pairs.push([first, key])
      met.set(hash, key)
    }
  }
  const pairs: [number, number][] = []
  for (const seed of SEEDS) under(seed)
  assert.ok(pairs.length > 5, 'by chance some meet')
  for (const [first, second] of pairs) {
    const meet = SEEDS.filter((seed) => hashKey(first, seed) === hashKey(second, seed))
    assert.equal(meet.length, 1, `${first} and ${second}`)
  }
})

test('numbers whose words cancel each other out do not meet', () => {
  const cases: [title: string, twins: number[]][] = [
    ['folded by a multiplier', twinsOf(VICTIM, 100)],
    ['folded as they are', Array.from({ length: 100 }, (_, at) => joined(VICTIM, at, (word) => word))],
    ['below 0 and above', [-1, 4_294_967_295, -1_000_000_911, 3_294_966_385]],
  ]
  for (const [title, twins] of cases) {
    for (const seed of SEEDS) {
      assert.equal(new Set(twins.map((key) => hashKey(key, seed))).size, twins.length, `${title}, seed ${seed}`)
    }
  }
})

test('callers forged to share a place do not push another out, whatever the seed', () => {
  for (const seed of SEEDS) {
    const counter = new SlidingCounter(MINUTE, 10_000, new ArrayBuffer(counterBytes(10_000)), seed)
    let figure = 0
    for (let round = 0; round < 50; round++) {
      figure = counter.count(VICTIM, NOW + round)
      for (const forged of twinsOf(VICTIM, 34).slice(1)) counter.count(forged, NOW + round)
    }
    assert.deepEqual([figure, counter.table.evictions], [50, 0], `seed ${seed}`)
  }
})

test('called numbers forged to look like one are counted as many', () => {
  const called = twinsOf(VICTIM, 5000)
  const shape = { capacity: 100, pairs: 10_000 }
  for (const seed of SEEDS) {
    const counter = new DistinctCounter(MINUTE, shape, new ArrayBuffer(distinctBytes(shape)), seed)
    let figure = 0
    for (const number of [...called, ...called]) figure = counter.count(12125550117, number, NOW)
    assert.equal(figure, called.length, `seed ${seed}`)
  }
})

test('called numbers that share half of what is remembered of a pair are two', () => {
  const [caller, seed, shape] = [12125550117, 1, { capacity: 100, pairs: 100 }]
  const met = new Map<number, number>()
  let twins: [number, number] | undefined
  for (let at = 1; at < 500_000 && twins === undefined; at++) {
    const called = at * 7_919_000_003
    const half = hashKey(called, hashKey(caller, ~seed))
    const first = met.get(half)
    if (first !== undefined) twins = [first, called]
    met.set(half, called)
  }
  assert.ok(twins !== undefined, 'by chance some do')
  const counter = new DistinctCounter(MINUTE, shape, new ArrayBuffer(distinctBytes(shape)), seed)
  assert.deepEqual(
    twins.map((called) => counter.count(caller, called, NOW)),
    [1, 2],
  )
})

/** Numbers whose words, folded into one by a multiplier, are those of `key`: what no seed that is only added can part. */
function twinsOf(key: number, count: number): number[] {
  const twins = Array.from({ length: count }, (_, at) => joined(key, at, (word) => Math.imul(word, 0x9e3779b1)))
  assert.equal(new Set(twins).size, count)
  assert.ok(twins.every((twin) => Number.isSafeInteger(twin) && twin < 10 ** 15))
  return twins
}

function joined(key: number, step: number, fold: (word: number) => number): number {
  const high = Math.floor(key / 2 ** 32)
  return (high + step) * 2 ** 32 + ((key ^ fold(high) ^ fold(high + step)) >>> 0)
}
