import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Asked, Buckets, Limits, Recent, neighbourhoodOf, networksOf, takeOne } from './limit.ts'

test('a burst passes, then one each interval; over any time no more than the burst and what the time earned', () => {
  const rate = { burst: 3, everyMs: 1_000 }
  fc.assert(
    fc.property(fc.array(fc.nat(3_000), { minLength: 1, maxLength: 60 }), (steps) => {
      let now = 0
      let dueAt: number | undefined
      let passed = 0
      for (const step of steps) {
        now += step
        const taken = takeOne(dueAt, now, rate)
        if ('retryAfterMs' in taken) {
          assert.ok(taken.retryAfterMs > 0)
          // What it says is long enough, and a moment less is not.
          assert.ok('dueAt' in takeOne(dueAt, now + taken.retryAfterMs, rate))
          assert.ok(!('dueAt' in takeOne(dueAt, now + taken.retryAfterMs - 1, rate)))
        } else {
          ;({ dueAt } = taken)
          passed++
        }
        assert.ok(passed <= rate.burst + now / rate.everyMs)
      }
      assert.ok(passed >= Math.min(3, steps.length))
    }),
  )
})

test('who has not come for long has his burst again, and no more than that', () => {
  const buckets = new Buckets({ burst: 3, everyMs: 1_000 }, 10)
  for (const now of [0, 3_600_000]) {
    for (let count = 0; count < 3; count++) {
      assert.equal(buckets.waitOf('a', now), 0)
      buckets.take('a', now)
    }
    assert.equal(buckets.waitOf('a', now), 1_000)
  }
})

test('a full table forgets who was counted longest ago, and only where he still counted is that told', () => {
  const buckets = new Buckets({ burst: 1, everyMs: 1_000 }, 2)
  for (const [at, key] of ['a', 'b'].entries()) buckets.take(key, at)
  assert.equal(buckets.waitOf('c', 10), 0, 'a stranger is not turned away')
  assert.deepEqual([buckets.size, buckets.forgotten], [2, 0], 'asking takes nothing')
  buckets.take('c', 10)
  assert.deepEqual([buckets.size, buckets.forgotten], [2, 1])
  assert.deepEqual([buckets.waitOf('a', 10), buckets.waitOf('b', 10), buckets.waitOf('c', 10)], [0, 991, 1_000])
  buckets.take('d', 1_001)
  assert.deepEqual([buckets.size, buckets.forgotten], [2, 1], 'b was as one who never came')
  buckets.take('e', 1_009)
  assert.deepEqual([buckets.size, buckets.forgotten], [2, 2], 'c was not: one millisecond was left')
})

test('who is over his limit is not counted again, and does not become the newest by asking', () => {
  const buckets = new Buckets({ burst: 1, everyMs: 1_000 }, 2)
  for (const key of ['a', 'b', 'a', 'c']) buckets.take(key, 0)
  assert.deepEqual([buckets.waitOf('a', 0), buckets.waitOf('b', 0), buckets.waitOf('c', 0)], [0, 1_000, 1_000])
})

test('what is kept is what was set last, whatever was set before and in which order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (keys, keysMax) => {
      const recent = new Recent<number>(keysMax)
      let order: number[] = []
      const values = new Map<number, number>()
      for (const [at, key] of keys.entries()) {
        const isNew = !order.includes(key)
        order = [...order.filter((one) => one !== key), key]
        const gone = order.length > keysMax ? order.shift() : undefined
        assert.equal(recent.set(String(key), at), gone === undefined || !isNew ? undefined : values.get(gone))
        values.set(key, at)
        if (gone !== undefined) values.delete(gone)
        assert.equal(recent.size, order.length)
        for (let one = 0; one <= 9; one++) assert.equal(recent.get(String(one)), values.get(one))
      }
    }),
  )
})

test('the first limit that is met answers, by its longest wait; what is refused takes nothing, and tables are apart', () => {
  const rates = new Map([
    ['narrow', { burst: 1, everyMs: 1_000 }],
    ['wide', { burst: 2, everyMs: 5_000 }],
  ] as const)
  const limits = new Limits(rates, 3)
  const asked = (...keys: string[]): Asked<'narrow' | 'wide'> => [
    ['narrow', keys],
    ['wide', ['all']],
  ]
  assert.equal(limits.over(asked('a', 'b'), 0), undefined)
  limits.take(asked('a'), 0)
  limits.take(asked('b'), 400)
  assert.deepEqual(limits.over(asked('a', 'b', 'c'), 500), { of: 'narrow', retryAfterMs: 900 })
  assert.deepEqual(limits.over(asked('c'), 500), { of: 'wide', retryAfterMs: 4_500 })
  assert.deepEqual(limits.over([['wide', ['other']]], 500), undefined)
  assert.deepEqual(limits.over([], 500), undefined)
  assert.equal(limits.forgotten, 0)
  for (const key of ['c', 'd', 'e']) limits.take([['narrow', [key]]], 500)
  assert.equal(limits.forgotten, 2)
  assert.equal(limits.over([['wide', ['all']]], 500)?.of, 'wide', 'a table that is full is no other one’s affair')
})

test('an IPv6 address is limited as its /64 and its /48, however it is written', () => {
  for (const [address, networks] of [
    ['192.0.2.7', ['192.0.2.7']],
    ['::ffff:192.0.2.7', ['192.0.2.7']],
    ['2001:db8:1:2:3:4:5:6', ['2001:db8:1:2::/64', '2001:db8:1::/48']],
    ['2001:0DB8:0001:0002::1', ['2001:db8:1:2::/64', '2001:db8:1::/48']],
    ['2001:db8::1', ['2001:db8:0:0::/64', '2001:db8:0::/48']],
    ['::1', ['0:0:0:0::/64', '0:0:0::/48']],
  ] as const)
    assert.deepEqual(networksOf(address), networks, address)
})

test('the neighbourhood of an address is its /24, of IPv6 its /48', () => {
  for (const [address, around] of [
    ['192.0.2.7', '192.0.2.0/24'],
    ['192.0.3.7', '192.0.3.0/24'],
    ['::ffff:192.0.2.9', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['2001:db8:1:ffff::1', '2001:db8:1::/48'],
    ['2001:db8:2:2::1', '2001:db8:2::/48'],
    ['2001:db8::1%eth0', '2001:db8:0::/48'],
  ] as const)
    assert.equal(neighbourhoodOf(address), around, address)
})
