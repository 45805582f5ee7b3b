import assert from 'node:assert/strict'
import test from 'node:test'
import { ALERTS_AN_HOUR, type AlertGroup, type AlertMemory, decideAlerts, plain, writeDigest } from './alert.ts'

const NOW = Date.UTC(2026, 10, 22, 12)

test('a storm of new groups comes as so many alerts an hour and one summary, and nothing of it is told again', () => {
  const told = new Map<string, { value: string; at: number }>()
  const groups = Array.from({ length: 500 }, (_, index) => group(index))
  const facts = { groups, silences: [], overdue: [] }
  const memory = (lastHour: number, isSummed: boolean): AlertMemory => ({
    told: (name) => told.get(name),
    lastHour,
    isSummed,
  })
  const { alerts, remember } = decideAlerts(facts, memory(0, false), NOW)
  assert.equal(alerts.length, ALERTS_AN_HOUR + 1)
  assert.match(alerts.at(-1)!.subject, /^490 more alerts/)
  for (const { name, value } of remember) told.set(name, { value, at: NOW })
  assert.deepEqual(decideAlerts(facts, memory(ALERTS_AN_HOUR, true), NOW).alerts, [])
  // Beyond the summary of the hour what is new waits, and is not forgotten.
  const more = { ...facts, groups: [...groups, group(500)] }
  assert.deepEqual(decideAlerts(more, memory(ALERTS_AN_HOUR, true), NOW), {
    alerts: [],
    remember: [],
    waiting: [500],
  })
  assert.equal(decideAlerts(more, memory(0, false), NOW).alerts.length, 1)
})

test('where nothing was blocked the digest is one line', () => {
  const digest = writeDigest({ groups: [], silences: [], overdue: [] }, [], NOW)
  assert.equal(digest.text, '0 calls in the last 24 hours, 0 refused; no blocks seen.\n')
  const other = writeDigest({ groups: [group(1)], silences: [], overdue: [] }, [], NOW)
  assert.match(other.text, /group 1: blocker-1\.example/)
})

test('a name of an outsider is one line without anything that turns or ends it', () => {
  assert.equal(plain('a\r\nBcc: b\u202ec\u2028d'), 'a??Bcc: b?c?d')
  assert.equal(plain('Österreich.example'), 'Österreich.example')
  assert.equal(plain('a'.repeat(500)).length, 121)
})

function group(id: number): AlertGroup {
  return {
    id,
    key: { blocker: `blocker-${id}.example`, block: '+12125550', reason: '603+', standing: 'proven' },
    first: NOW,
    last: NOW,
    calls: 1,
    firstAfterMark: undefined,
    recent: { hits: 1, of: 10 },
    earlier: { hits: 0, of: 0 },
    state: 'new',
    numbers: 1,
  }
}
