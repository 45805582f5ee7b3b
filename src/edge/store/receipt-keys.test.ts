import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createReceiptRing } from '#core/receipt/receipt.ts'
import { openReceiptKeys, readReceiptKeys } from './receipt-keys.ts'

const DAY_MS = 86_400_000
const startMs = Date.UTC(2026, 10, 22)
const keepMs = 60 * DAY_MS

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'recourse-keys-'))
  t.after(() => rmSync(path, { recursive: true }))
  return join(path, 'receipt-keys')
}

const facts = {
  atMs: startMs,
  calling: { kind: 'e164', digits: 12_125_550_117, count: 11 },
  called: { kind: 'withheld', digits: 0, count: 0 },
  rule: 1,
  transaction: { high: 1, low: 2 },
} as const

test('the first use makes a directory and a key that only its owner may read, the second reads them', (t) => {
  const path = directory(t)

  const made = openReceiptKeys(`file:${path}`, { nowMs: startMs, keepMs })
  const read = openReceiptKeys(path, { nowMs: startMs + DAY_MS, keepMs })

  assert.deepEqual(read, made)
  assert.equal(made.keys.size, 1)
  assert.equal(statSync(path).mode & 0o777, 0o700)
  assert.equal(statSync(join(path, 'slot-0.json')).mode & 0o777, 0o600)
})

test('reading keys makes none, and finds those that were made', (t) => {
  const path = directory(t)
  assert.throws(() => readReceiptKeys(path), /cannot be read/)
  assert.equal(existsSync(path), false)
  const { keys, currentSlot } = openReceiptKeys(path, { nowMs: startMs, keepMs })
  assert.deepEqual(readReceiptKeys(`file:${path}`), { keys, currentSlot })
})

test('a key in use for more than 30 days is replaced; receipts of the old one open for as long as it is kept', (t) => {
  const path = directory(t)
  const ringAt = (days: number) => {
    const { keys, currentSlot } = openReceiptKeys(path, { nowMs: startMs + days * DAY_MS, keepMs })
    return createReceiptRing(keys, currentSlot)
  }
  const old = ringAt(0).seal(facts)

  const seen = [30, 31, 91].map((days) => ringAt(days).open(old) !== undefined)
  const expired = ringAt(92).open(old)

  assert.deepEqual(seen, [true, true, true])
  assert.equal(expired, undefined)
  assert.equal(existsSync(join(path, 'slot-0.json')), false)
  assert.notEqual(ringAt(92).seal(facts), old)
})

test('slots go round, and a ring whose slots are all kept says so', (t) => {
  const path = directory(t)
  const at = (month: number) =>
    openReceiptKeys(path, { nowMs: startMs + month * 31 * DAY_MS, keepMs: 1_000 * 31 * DAY_MS })
  for (let month = 0; month < 32; month++) assert.equal(at(month).currentSlot, month)

  assert.throws(() => at(33), /all 32 slots/)
  const after = openReceiptKeys(path, { nowMs: startMs + 31 * 31 * DAY_MS, keepMs })
  assert.equal(after.currentSlot, 31)
  assert.equal(openReceiptKeys(path, { nowMs: startMs + 33 * 31 * DAY_MS, keepMs }).currentSlot, 0)
})

for (const [name, days] of [
  ['more than 90 days ahead of the newest key', 91],
  ['in the year 2100', 26_700],
  ['more than a day behind the newest key', -2],
] as const) {
  test(`a clock that is ${name} replaces and deletes no key, and it is said`, (t) => {
    const path = directory(t)
    const at = (day: number, rotateMs?: number) =>
      openReceiptKeys(path, { nowMs: startMs + day * DAY_MS, keepMs: DAY_MS, ...(rotateMs && { rotateMs }) })
    at(-31)
    const before = at(0)
    assert.deepEqual([before.keys.size, before.held], [2, undefined])

    const wild = at(days, -1)

    assert.deepEqual(wild.keys, before.keys)
    assert.equal(wild.currentSlot, before.currentSlot)
    assert.match(
      wild.held ?? '',
      /neither replaced nor deleted: the clock says \d{4}-.* days (after|before) the newest/,
    )
    assert.equal(existsSync(join(path, 'slot-0.json')), true)
    const after = at(2)
    assert.deepEqual([after.keys.size, after.held], [1, undefined], 'set right again, it goes on')
  })
}

const BROKEN: [name: string, content: string][] = [
  ['not JSON', 'secret'],
  ['no object', '[1]'],
  ['another version', '{"version":2,"createdAt":"2026-11-22T00:00:00Z","key":"' + '0'.repeat(64) + '"}'],
  ['no time', '{"version":1,"createdAt":"yesterday","key":"' + '0'.repeat(64) + '"}'],
  ['a short key', '{"version":1,"createdAt":"2026-11-22T00:00:00Z","key":"00"}'],
  ['a key that is no hexadecimal', '{"version":1,"createdAt":"2026-11-22T00:00:00Z","key":"' + 'z'.repeat(64) + '"}'],
  ['cut short', '{"version":1,"createdAt":"2026-1'],
]

for (const [name, content] of BROKEN) {
  test(`a broken key file is named and never replaced: ${name}`, (t) => {
    const path = directory(t)
    openReceiptKeys(path, { nowMs: startMs, keepMs })
    writeFileSync(join(path, 'slot-0.json'), content)

    assert.throws(
      () => openReceiptKeys(path, { nowMs: startMs, keepMs }),
      /slot-0\.json: this is no receipt key; restore/,
    )
    assert.equal(readFileSync(join(path, 'slot-0.json'), 'utf8'), content)
  })
}

test('a directory that is a file, and a key that may not be read, are told clearly', (t) => {
  const path = directory(t)
  writeFileSync(path, '')
  assert.throws(
    () => openReceiptKeys(path, { nowMs: startMs, keepMs }),
    /receipt-keys: the receipt keys cannot be read/,
  )
  if (process.getuid?.() === 0) return t.diagnostic('running as root, who may read everything')
  rmSync(path)
  openReceiptKeys(path, { nowMs: startMs, keepMs })
  chmodSync(join(path, 'slot-0.json'), 0)
  return assert.throws(() => openReceiptKeys(path, { nowMs: startMs, keepMs }), /cannot be read; check its owner/)
})
