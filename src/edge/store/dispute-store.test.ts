import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { DisputeEvent, DisputeEventContent } from '#core/dispute/dispute-event.ts'
import { reopenDispute } from '#core/dispute/steps.ts'
import { openDisputeReader, openDisputeStore } from './dispute-store.ts'
import { openMonitorReader } from './monitor-reader.ts'

const KILLS = 50
const TERMS = { statusWithinMs: 100, answerWithinMs: 1_000 }
const SECRET = 'https://desk.example/c/Kc9vN2x0RrmJ3p6t1wQ8Zg'

test('a dispute is read back with everything that was recorded, and stands as its events say', (t) => {
  const { store } = fresh(t)
  const events = [opened('a', 10), event('a', 2, 20, filed('api')), event('a', 3, 30, noted('x'))]
  assert.equal(store.record(events.slice(0, 1)), 'recorded')
  assert.equal(store.record(events.slice(1)), 'recorded')
  assert.deepEqual(store.events('a'), events)
  const dispute = store.dispute('a', 121)!
  assert.deepEqual([dispute.status, dispute.seq, dispute.isOverdue, dispute.due!.at], ['filed', 3, true, 120])
  assert.deepEqual([store.events('b'), store.dispute('b', 0)], [[], undefined])
})

test('who was slower records nothing, whatever else came with it', (t) => {
  const { store, count } = fresh(t)
  store.record([opened('a', 10)])
  assert.equal(store.record([event('a', 2, 20, noted('quick'))]), 'recorded')
  const late = store.record([event('a', 2, 20, filed('api')), event('a', 3, 20, noted('late'))], { statusUrl: SECRET })
  assert.equal(late, 'behind')
  assert.equal(store.record([opened('a', 11)]), 'behind')
  assert.deepEqual(
    [store.events('a').length, store.statusUrl('a'), store.dispute('a', 0)!.status],
    [2, undefined, 'draft'],
  )
  assert.equal(count('SELECT count(*) FROM dispute_event'), 2)
})

test('events are neither edited nor deleted, by anybody', (t) => {
  const { store, path } = fresh(t)
  store.record([opened('a', 10)])
  const db = new DatabaseSync(path)
  t.after(() => db.close())
  for (const sql of [
    `UPDATE dispute_event SET data = '{}'`,
    'UPDATE dispute_event SET at = 1, erasedAt = 2',
    'DELETE FROM dispute_event',
  ])
    assert.throws(() => db.exec(sql), /not (?:edited|deleted)/, sql)
})

test('where a case at a desk is asked for is in no event, no list and no export, and goes when it is filed anew', (t) => {
  const { store, path } = fresh(t)
  store.record([opened('a', 10), event('a', 2, 20, filed('api'))], {
    statusUrl: SECRET,
    contact: 'https://desk.example/r/…',
  })
  assert.equal(store.statusUrl('a'), SECRET)
  const shown = JSON.stringify([
    store.events('a'),
    store.disputes({}, undefined, 9, 0),
    timesOf(path),
    store.dispute('a', 0),
  ])
  assert.ok(shown.includes('desk.example') && !shown.includes('Kc9v'), shown)
  store.record([event('a', 3, 30, filed('mail'))])
  assert.equal(store.statusUrl('a'), undefined)
})

test('the seed of keys is made once, is kept when the claim is filed, and is of this dispute alone', (t) => {
  const { store } = fresh(t)
  store.record([opened('a', 10)])
  store.record([opened('b', 10)])
  const one = store.seed('a', Uint8Array.of(1, 2))
  assert.deepEqual(store.seed('a', Uint8Array.of(3)), one)
  store.record([event('a', 2, 20, filed('api'))], { statusUrl: SECRET })
  assert.deepEqual(store.seed('a', Uint8Array.of(3)), Uint8Array.of(1, 2))
  store.record([event('b', 2, 20, filed('mail'))])
  assert.deepEqual(store.seed('b', Uint8Array.of(3)), Uint8Array.of(3), 'filed by another way before')
})

test('lists go by status, blocker, number and what is due, page by page', (t) => {
  const { store } = fresh(t)
  for (let index = 0; index < 7; index++)
    store.record([opened(`d${index}`, 10 + index, { blocker: `b${index % 2}`, numbers: [`+1${index}`, '+19'] })])
  store.record([event('d3', 2, 50, filed('mail'))])
  store.record([event('d4', 2, 50, { kind: 'closed', data: { reason: 'x' } })])
  const ids = (filter: Parameters<typeof store.disputes>[0], limit = 99): string[] =>
    store.disputes(filter, undefined, limit, 0).disputes.map(({ id }) => id)
  assert.deepEqual(ids({}), ['d6', 'd5', 'd4', 'd3', 'd2', 'd1', 'd0'])
  assert.deepEqual(ids({ status: 'filed' }), ['d3'])
  assert.deepEqual(ids({ isOpen: false }), ['d4'])
  assert.deepEqual(ids({ blocker: 'b1', isOpen: true }), ['d5', 'd3', 'd1'])
  assert.deepEqual(ids({ number: '+12' }), ['d2'])
  assert.deepEqual(ids({ dueBefore: 151 }), ['d3'])
  assert.deepEqual(ids({ dueBefore: 150 }), [])
  const pages: string[][] = []
  for (let after: string | undefined; ;) {
    const page = store.disputes({}, after, 3, 0)
    pages.push(page.disputes.map(({ id }) => id))
    after = page.after
    if (after === undefined) break
  }
  assert.deepEqual(pages, [['d6', 'd5', 'd4'], ['d3', 'd2', 'd1'], ['d0']])
  assert.deepEqual([store.idsLike('d'), store.idsLike('e')], [['d0', 'd1', 'd2'], []])
})

test('a desk is asked when its time has come, those first that waited longest, and not of what is settled', (t) => {
  const { store } = fresh(t)
  for (const id of ['a', 'b', 'c', 'd', 'e']) store.record([opened(id, 10)])
  for (const id of ['a', 'b', 'c', 'd']) store.record([event(id, 2, 20, filed('api'))], { statusUrl: SECRET })
  store.record([event('c', 3, 20, { kind: 'closed', data: { reason: 'x' } })])
  store.noteAsked('a', { at: 30, unchanged: 1, notBefore: 90, told: 0 })
  store.noteAsked('b', { at: 20, unchanged: 0, notBefore: 20, told: 91 })
  assert.deepEqual(store.toAsk(89, 9), ['d'])
  assert.deepEqual(store.toAsk(90, 9), ['d', 'a'])
  assert.deepEqual(store.toAsk(91, 9), ['d', 'b', 'a'])
  assert.deepEqual(store.toAsk(91, 1), ['d'])
  assert.deepEqual(store.asked('a'), { at: 30, unchanged: 1, notBefore: 90, told: 0 })
  // Filed anew, the desk was never asked; what it upheld it is asked no more.
  store.record([event('a', 3, 40, filed('api'))], { statusUrl: SECRET })
  assert.equal(store.asked('a'), undefined)
  const upheld = { outcome: 'upheld', words: 'x', liftedAt: undefined, heardAt: undefined } as const
  store.record([event('d', 3, 40, { kind: 'answered', data: upheld })])
  assert.deepEqual(store.toAsk(91, 9), ['a', 'b'])
})

test('times are told for measuring, of those disputes only that were filed', (t) => {
  const { store, path } = fresh(t)
  store.record([opened('a', 10)])
  store.record([opened('b', 10), event('b', 2, 20, filed('mail'))], { contact: 'x@b.example' })
  store.record([
    event('b', 3, 50, { kind: 'answered', data: { outcome: 'lifted', words: 'x', liftedAt: 60, heardAt: 40 } }),
  ])
  assert.deepEqual(timesOf(path), [
    { blocker: 'desk.example', contact: 'x@b.example', filedAt: 20, answeredAt: 40, liftedAt: 60 },
  ])
})

test('every list goes along an index', (t) => {
  const { store, path } = fresh(t)
  store.record([opened('a', 10)])
  const db = new DatabaseSync(path)
  t.after(() => db.close())
  const plan = (sql: string): string =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => String(row['detail']))
      .join('; ')
  const lists = ['', "WHERE status = 'filed'", 'WHERE isOpen = 1', "WHERE blocker = 'x'"]
  for (const where of lists) {
    const found = plan(`SELECT id FROM dispute ${where} ORDER BY opened DESC, number DESC LIMIT 9`)
    assert.match(found, /USING INDEX/, where)
    assert.doesNotMatch(found, /TEMP B-TREE/, where)
  }
  assert.match(plan('SELECT id FROM dispute WHERE seq = 1'), /SCAN dispute$/, 'what has no index is seen to have none')
})

test(
  'killed 50 times, what came back from record is there, whole, and no half of a step',
  { timeout: 240_000 },
  async (t) => {
    const { path } = fresh(t)
    const said: string[] = []
    for (let round = 0; round < KILLS; round++) {
      const child = spawn(process.execPath, [
        fileURLToPath(new URL('dispute-child.ts', import.meta.url)),
        `sqlite:${path}`,
      ])
      let heard = 0
      for await (const line of createInterface({ input: child.stdout })) {
        said.push(line)
        // Somewhere within the next step, each time at another place.
        if (++heard === 1 + (round % 4)) setTimeout(() => child.kill('SIGKILL'), round % 5)
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
    const reader = openDisputeReader(`sqlite:${path}`, TERMS)
    t.after(() => reader.close())
    assert.ok(said.length >= KILLS)
    const lost = said.filter(
      (id) => reader.events(id).length !== 3 || reader.statusUrl(id) !== 'https://b.example/c/secret',
    )
    assert.deepEqual(lost, [])
    let looked = 0
    for (let after: string | undefined; ;) {
      const page = reader.disputes({}, after, 500, 0)
      for (const { id, seq } of page.disputes)
        assert.ok([1, 3].includes(seq) && reader.events(id).length === seq, 'two events of one step are never parted')
      looked += page.disputes.length
      after = page.after
      if (after === undefined) break
    }
    assert.ok(looked >= said.length)
    t.diagnostic(`${said.length} disputes told of before ${KILLS} kills, ${looked} there`)
  },
)

test('what is settled and old is without persons, in the files too; what is open or younger is as it was', (t) => {
  const { store, path, count } = fresh(t)
  const secret = { contact: 'https://desk.example/r', statusUrl: 'https://desk.example/c/secret' }
  const settle = (id: string, at: number, number: string): void => {
    store.record([opened(id, at, { numbers: [number] })])
    store.record([event(id, 2, at + 1, filed('api')), event(id, 3, at + 2, noted(`about ${number}`))], secret)
    store.record([event(id, 4, at + 3, ANSWERED), event(id, 5, at + 4, CLOSED)])
  }
  settle('old', 10, '+12125550101')
  settle('young', 500, '+12125550102')
  settle('late', 20, '+12125550103')
  store.record([event('late', 6, 900, noted('somebody looked'))])
  store.record([opened('open', 5, { numbers: ['+12125550104'] })])
  const times = timesOf(path)
  const before = store.dispute('old', 1_000)!
  assert.deepEqual(store.erasable(100, 9), ['old'])
  assert.equal(store.erase(100, 1_000), 1)
  assert.equal(store.erase(100, 1_000), 0)
  const { subject, news: _, filing, ...after } = store.dispute('old', 1_000)!
  assert.deepEqual([subject.numbers, filing?.to, filing?.way], [[], '', 'api'])
  const { subject: _subject, news: _news, filing: _filing, ...stood } = before
  assert.deepEqual(after, stood)
  assert.equal(store.statusUrl('old'), undefined)
  assert.equal(count('SELECT count(*) FROM dispute_number'), 3)
  assert.deepEqual(
    timesOf(path),
    (times as { contact: string; filedAt: number }[]).map((one) =>
      one.filedAt === 11 ? { ...one, contact: '' } : one,
    ),
  )
  assert.equal(store.scrub(), true)
  const octets = [path, `${path}-wal`].map((file) => (existsSync(file) ? readFileSync(file, 'latin1') : '')).join('')
  assert.ok(!octets.includes('12125550101'))
  for (const kept of ['12125550102', '12125550103', '12125550104']) assert.ok(octets.includes(kept), kept)
  assert.equal(count('SELECT count(*) FROM audit'), 0)
})

test('a number leaves all disputes; one that was of no other is closed, and its desk is asked no more', (t) => {
  const { store, path, count } = fresh(t)
  const by = { name: 'Ann Lee', account: 'ann' }
  const [one, two] = ['+12125550117', '+12125550118']
  store.record([opened('alone', 1, { numbers: [one] })])
  store.record([event('alone', 2, 2, filed('api'))], { statusUrl: 'https://desk.example/c/secret' })
  store.record([opened('both', 1, { numbers: [one, two] })])
  store.record([event('both', 2, 2, filed('api'))], { statusUrl: 'https://desk.example/c/other' })
  store.record([opened('other', 1, { numbers: [two] }), event('other', 2, 3, noted('not (212) 555-0117, they say'))])
  store.record([opened('far', 1, { numbers: [two] })])
  assert.deepEqual(store.holding(one).toSorted(), ['alone', 'both', 'other'])
  store.noteAsked('alone', { at: 30, unchanged: 1, notBefore: 90, told: 0 })
  assert.equal(store.eraseNumber(one, 50, by), 3)
  assert.equal(store.asked('alone'), undefined)
  assert.deepEqual(store.holding(one), [])
  assert.equal(store.eraseNumber(one, 50, by), 0)
  assert.deepEqual(
    ['alone', 'both', 'other', 'far'].map((id) => {
      const { status, subject } = store.dispute(id, 60)!
      return [status, subject.numbers.length, store.statusUrl(id) !== undefined]
    }),
    [
      ['closed', 0, false],
      ['filed', 1, true],
      ['draft', 1, false],
      ['draft', 1, false],
    ],
  )
  assert.deepEqual(store.disputes({ number: one }, undefined, 9, 60).disputes, [])
  const refused = reopenDispute(store.dispute('alone', 60)!, 'again', { by: 'ann', at: 61 })
  assert.deepEqual(refused, { kind: 'refused', problem: 'its numbers were erased: open another' })
  assert.equal(store.scrub(), true)
  assert.ok(!readFileSync(path, 'latin1').includes('2125550117'))
  assert.equal(count(`SELECT count(*) FROM audit WHERE action = 'personal-data-erased' AND subject = 'disputes'`), 1)
})

test('a file that is no store is told so', (t) => {
  const folder = temporary(t)
  writeFileSync(join(folder, 'x.db'), 'no database at all, but long enough to be read as one'.repeat(40))
  assert.throws(() => openDisputeStore(`sqlite:${join(folder, 'x.db')}`, { terms: TERMS }), /not a ledger/)
})

function fresh(t: TestContext) {
  const path = join(temporary(t), 'recourse.db')
  const store = openDisputeStore(`sqlite:${path}`, { terms: TERMS, durability: 'off' })
  t.after(() => store.close())
  const count = (sql: string): number => {
    const db = new DatabaseSync(path)
    try {
      return Number(Object.values(db.prepare(sql).get()!)[0])
    } finally {
      db.close()
    }
  }
  return { store, path, count }
}

/** As the directory measures. */
function timesOf(path: string): unknown {
  const reader = openMonitorReader(`sqlite:${path}`)
  try {
    return reader.disputeTimes()
  } finally {
    reader.close()
  }
}

function temporary(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-dispute-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function event(dispute: string, seq: number, at: number, content: DisputeEventContent): DisputeEvent {
  return { dispute, seq, at, by: 'ann', ...content }
}

function opened(dispute: string, at: number, more: { blocker?: string; numbers?: string[] } = {}): DisputeEvent {
  const { blocker = 'desk.example', numbers = ['+12125550117'] } = more
  const data = { group: 3, blocker, numbers, receipts: [], urls: [], calls: [], purpose: '', changed: '' }
  return event(dispute, 1, at, { kind: 'opened', data })
}

function filed(way: 'api' | 'mail'): DisputeEventContent {
  const isApi = way === 'api'
  const data = { way, to: 'desk.example', reference: 'r', isFollowed: isApi, needsConfirmation: false }
  return { kind: 'filed', data }
}

const ANSWERED: DisputeEventContent = {
  kind: 'answered',
  data: { outcome: 'lifted', words: 'lifted', liftedAt: undefined, heardAt: undefined },
}
const CLOSED: DisputeEventContent = { kind: 'closed', data: { reason: 'over' } }

function noted(words: string): DisputeEventContent {
  return { kind: 'noted', data: { words } }
}
