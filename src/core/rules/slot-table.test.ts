import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROBES, SlotTable, TICK_WORD, tableBytes } from './slot-table.ts'
import { Window } from './window.ts'

const SHAPE = { capacity: 1, slotBytes: 16 }
const WORDS = SHAPE.slotBytes / Uint32Array.BYTES_PER_ELEMENT
const WINDOW = new Window(4096)
const KEYS = Array.from({ length: PROBES }, (_, index) => 12125550100 + index)
const LATE = 12125559999

test('as many keys as slots in reach are kept, each in a slot of its own', () => {
  const { table } = full()
  assert.deepEqual([table.used, table.evictions], [PROBES, 0])
  assert.equal(new Set(KEYS.map((key) => table.look(key))).size, PROBES)
  for (const [index, key] of KEYS.entries()) {
    const slot = table.enter(key, 5000)
    assert.deepEqual(
      [table.wasNew, slot, table.words[slot * WORDS + TICK_WORD + 1]],
      [false, table.look(key), index + 1],
    )
  }
  assert.equal(table.look(LATE), -1)
})

test('one key more takes the slot of the oldest, emptied, and that is counted', () => {
  const { table } = full()
  const oldest = table.look(KEYS[7]!)
  assert.equal(table.enterIfRoom(LATE, 5000), -1)
  assert.deepEqual([table.evictions, table.wasNew], [1, false])
  assert.equal(table.enter(LATE, 5000), oldest)
  assert.deepEqual([table.evictions, table.wasNew, table.used], [2, true, PROBES])
  assert.equal(table.words[oldest * WORDS + TICK_WORD + 1], 0)
  assert.deepEqual([table.age(oldest, 5001), table.look(KEYS[7]!), table.look(LATE)], [1, -1, oldest])
})

test('a key that is two windows old gives its slot away, and nothing is lost', () => {
  for (const [age, evictions] of [
    [2 * WINDOW.ticks - 1, 1],
    [2 * WINDOW.ticks, 0],
  ] as const) {
    const { table } = full()
    const oldest = table.look(KEYS[7]!)
    const slot = table.enterIfRoom(LATE, OLDEST_TICK + age)
    assert.deepEqual([slot, table.evictions], [evictions === 0 ? oldest : -1, evictions])
  }
})

test('a key that is no longer there is looked for in vain', () => {
  const table = new SlotTable(new ArrayBuffer(tableBytes(SHAPE)), SHAPE, WINDOW, 1)
  assert.equal(table.look(LATE), -1)
  assert.deepEqual([table.enter(LATE, 1), table.wasNew, table.used], [table.look(LATE), true, 1])
})

test('a large table has more memory and keeps its keys in stripes', () => {
  const shape = { capacity: 10_000, slotBytes: 16 }
  const table = new SlotTable(new ArrayBuffer(tableBytes(shape)), shape, WINDOW, 1)
  for (let key = 1; key <= 10_000; key++) table.words[table.enter(key, 1) * WORDS + TICK_WORD + 1] = key
  let found = 0
  for (let key = 1; key <= 10_000; key++) {
    const slot = table.look(key)
    if (slot >= 0 && table.words[slot * WORDS + TICK_WORD + 1] === key) found++
  }
  assert.equal(found, 10_000 - table.evictions)
  assert.ok(table.evictions < 10, `${table.evictions} evicted`)
})

const OLDEST_TICK = 100

/** A table whose slots are all taken, the eighth key's long before the others'. */
function full() {
  const table = new SlotTable(new ArrayBuffer(tableBytes(SHAPE)), SHAPE, WINDOW, 1)
  for (const [index, key] of KEYS.entries()) {
    const slot = table.enter(key, index === 7 ? OLDEST_TICK : 1000 + index)
    assert.ok(table.wasNew)
    table.words[slot * WORDS + TICK_WORD + 1] = index + 1
  }
  return { table }
}
