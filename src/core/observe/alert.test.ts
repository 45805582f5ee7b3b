import assert from 'node:assert/strict'
import test from 'node:test'
import { DISPUTE_TERMS, type Dispute, readDispute } from '#core/dispute/dispute.ts'
import {
  ALERTS_AN_HOUR,
  type AlertFacts,
  type AlertGroup,
  type AlertMemory,
  QUIET_MS,
  SILENCE_QUIET_MS,
  decideAlerts,
  plain,
  writeDigest,
} from './alert.ts'
import type { SilenceFinding } from './silence.ts'

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

test('a suspicion is told once a week, an overdue dispute once for each thing that is due, and what is neither never', () => {
  const book = new Book()
  const facts = {
    groups: [],
    silences: [
      finding('suspected', '+12125550117'),
      finding('nothing', '+12125550118'),
      finding('thin', '+12125550119'),
    ],
    overdue: [dispute('status', 1)],
  }
  assert.deepEqual(book.tell(facts, 0), [
    'overdue: Overdue: dispute with desk.example',
    'silence: Suspected silent block: +12125550117 at north',
  ])
  assert.deepEqual(book.tell(facts, SILENCE_QUIET_MS - 1), [])
  assert.deepEqual(book.tell({ ...facts, overdue: [dispute('answer', 2)] }, SILENCE_QUIET_MS), [
    'overdue: Overdue: dispute with desk.example',
    'silence: Suspected silent block: +12125550117 at north',
  ])
  assert.deepEqual(book.tell({ ...facts, overdue: [dispute('answer', 2)] }, SILENCE_QUIET_MS + 1), [])
})

test('what is told of a suspicion has its figures and says that it is no fact; of a dispute, who owes what since when', () => {
  const { alerts } = decideAlerts(
    {
      groups: [],
      silences: [finding('suspected', '+12125550117')],
      overdue: [dispute('status', NOW - 60_000), ours()],
    },
    new Book().memory(NOW),
    NOW,
  )
  const [theirs, waits, silence] = alerts.map(({ text }) => text)
  assert.match(silence!, /a suspicion from counts, not a fact/)
  assert.match(
    silence!,
    /busy: 40 of 60 calls \(66\.7 %\) in the last day, 20 of 600 \(3\.3 %\) before; false discovery rate 0\.0010/,
  )
  assert.match(theirs!, /desk\.example owes us a status since 2026-11-22 11:59 UTC/)
  assert.match(waits!, /A dispute with desk\.example waits for us: our reply was due/)
})

test('what is back goes before what is overdue, that before what grows, that before what is new', () => {
  const groups = [group(1), { ...group(2), state: 'escalating' as const }, { ...group(3), state: 'regressed' as const }]
  const silences = [finding('suspected', '+12125550117')]
  const told = new Book().tell({ groups, silences, overdue: [dispute('status', 1)] }, 0)
  assert.deepEqual(
    told.map((line) => line.split(':')[0]),
    ['regressed', 'overdue', 'escalating', 'new', 'silence'],
  )
})

test('refusals by persons are not told of, and what flaps within a day once', () => {
  const book = new Book()
  const person = {
    ...group(1),
    key: { ...group(1).key, standing: 'person' as const, reason: '607' },
    recent: { hits: 90, of: 100 },
  }
  assert.deepEqual(book.tell({ groups: [person], silences: [], overdue: [] }, 0), [])
  const as = (state: AlertGroup['state']) => ({ groups: [{ ...group(2), state }], silences: [], overdue: [] })
  assert.equal(book.tell(as('escalating'), 0).length, 1)
  assert.equal(book.tell(as('ongoing'), 1_000).length, 0)
  assert.equal(book.tell(as('escalating'), QUIET_MS - 1).length, 0)
  assert.equal(book.tell(as('ongoing'), QUIET_MS - 1).length, 0)
  assert.equal(book.tell(as('escalating'), QUIET_MS).length, 1)
  // What is back after a lift is told each time.
  assert.equal(book.tell(as('regressed'), QUIET_MS + 1).length, 1)
  assert.equal(book.tell(as('resolved'), QUIET_MS + 2).length, 0)
  assert.equal(book.tell(as('regressed'), QUIET_MS + 3).length, 1)
})

test('a new group without proof is told of from so many calls a day on', () => {
  const unproven = (hits: number): AlertGroup => ({
    ...group(1),
    key: { ...group(1).key, standing: 'unproven', reason: '603' },
    recent: { hits, of: 100 },
  })
  const book = new Book()
  const tell = (hits: number) => book.tell({ groups: [unproven(hits)], silences: [], overdue: [] }, 0).length
  assert.deepEqual([tell(4), tell(5), tell(6)], [0, 1, 0])
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

/** What was told, as a store keeps it. */
class Book {
  readonly #told = new Map<string, { value: string; at: number }>()

  memory(_at: number): AlertMemory {
    return { told: (name) => this.#told.get(name), lastHour: 0, isSummed: false }
  }

  tell(facts: AlertFacts, afterMs: number): string[] {
    const { alerts, remember } = decideAlerts(facts, this.memory(NOW + afterMs), NOW + afterMs)
    for (const { name, value } of remember) this.#told.set(name, { value, at: NOW + afterMs })
    return alerts.map(({ kind, subject }) => `${kind}: ${subject}`)
  }
}

function finding(kind: SilenceFinding['kind'], number: string): SilenceFinding {
  return {
    carrier: 'north',
    number,
    kind,
    recent: { hits: 40, of: 60 },
    baseline: { hits: 20, of: 600 },
    sign: 'busy',
    p: 0.0001,
    q: 0.001,
    test: 'two-proportion',
    spread: 1,
    words: '',
  }
}

function dispute(what: 'status' | 'answer', at: number): Dispute {
  const subject = {
    group: 1,
    blocker: 'desk.example',
    numbers: ['+12125550117'],
    receipts: [],
    urls: [],
    calls: [],
    purpose: '',
    changed: '',
  }
  const events = [{ dispute: 'd', seq: 1, at: 0, by: 'ann', kind: 'opened', data: subject }] as const
  return { ...readDispute(events, DISPUTE_TERMS, NOW)!, due: { what, of: 'blocker', at }, isOverdue: true }
}

function ours(): Dispute {
  return { ...dispute('status', 1), id: 'ours', due: { what: 'reply', of: 'us', at: NOW - 60_000 } }
}

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
