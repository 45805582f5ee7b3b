import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Buckets, networksOf, takeOne } from './limit.ts'

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

test('buckets never grow beyond their number: full ones make room, and while none is full again strangers wait', () => {
  const buckets = new Buckets({ burst: 1, everyMs: 1_000 }, 2)
  for (const key of ['a', 'b']) {
    assert.equal(buckets.waitOf(key, 0), 0)
    buckets.take(key, 0)
  }
  assert.ok(buckets.waitOf('c', 10) > 0)
  assert.ok(buckets.waitOf('a', 10) > 0)
  assert.equal(buckets.waitOf('c', 1_001), 0)
  buckets.take('c', 1_001)
  assert.ok(buckets.size <= 2)
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
