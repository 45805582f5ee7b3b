import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import type { Attempt } from '#core/observe/attempt.ts'
import { type GroupMark, OTHERS, QUARTER_MS } from '#core/observe/group.ts'
import { findSilence } from '#core/observe/silence.ts'
import { LOOKED_MAX, openMonitorReader } from './monitor-reader.ts'
import { sampleAttempt, sampleRefusal } from './monitor-samples.ts'
import {
  CLOCKS_DIFFER_MS,
  CONTACTS_MAX,
  FUTURE_MS,
  type MonitorStoreOptions,
  openMonitorStore,
  SEEN_MS,
} from './monitor-store.ts'
import { StoreError } from './store-error.ts'

test('a refused call is a row with its answer, and all others are counts', (t) => {
  const { store } = freshStore(t)
  const taken = store.take([refused('one'), answered('two'), { ...answered('three'), end: { kind: 'unknown' } }], [])
  assert.deepEqual(taken, { fresh: 3, repeated: 0, refused: 1 })
  const { rows, after } = store.observations({}, undefined, 10)
  assert.equal(after, undefined)
  assert.equal(rows.length, 1)
  const file = store.observation(rows[0]!.id)!
  assert.deepEqual(
    [file.from, file.to, file.carrier, file.blocker, file.standing, file.reason, file.evidence, file.ringMs],
    ['+12125550117', '+13125550188', 'carrier-1', 'redress.blocker-1.example', 'proven', '603+', 'wire', 1_200],
  )
  assert.deepEqual(Buffer.from(file.answer!), sampleRefusal().answer)
  assert.equal(file.refusal.contest.url, sampleRefusal().contest.url)
  const [group] = store.groups({}, NOW)
  assert.deepEqual([group!.calls, group!.numbers, group!.recent], [1, 1, { hits: 1, of: 2 }])
  assert.equal(store.observation(99), undefined)
})

test('two sources whose clocks differ around the full hour tell of one attempt; another hour is another file', (t) => {
  const { store } = freshStore(t)
  const hour = NOW - (NOW % HOUR_MS)
  store.take(
    [
      { ...answered('one'), at: hour - 40 },
      { ...answered('two'), at: hour + CLOCKS_DIFFER_MS - 1 },
    ],
    [],
  )
  const again = [
    { ...answered('one'), at: hour + 40 },
    { ...answered('two'), at: hour - CLOCKS_DIFFER_MS },
  ]
  assert.deepEqual(store.take(again, []), { fresh: 0, repeated: 2, refused: 0 })
  assert.equal(store.silencePairs(NOW)[0]!.recent.attempts, 2)
  assert.equal(store.take([{ ...answered('one'), at: hour + CLOCKS_DIFFER_MS }], []).fresh, 1, 'control')
})

test('an attempt that is told of again changes nothing, from whichever source and however late', (t) => {
  const { store } = freshStore(t)
  const attempts = [refused('one'), answered('two'), { ...answered('three'), end: { kind: 'cancelled' } } as Attempt]
  store.take([...attempts, ...attempts], [])
  const before = dumpOf(store.groups({}, NOW))
  assert.deepEqual(
    store.take(
      attempts.map((one) => ({ ...one, source: 'hep north' })),
      [],
    ),
    { fresh: 0, repeated: 3, refused: 0 },
  )
  assert.equal(dumpOf(store.groups({}, NOW)), before)
  assert.equal(store.silencePairs(NOW)[0]!.recent.attempts, 3)
  // Whose end one source did not see, another one tells.
  store.take([{ ...answered('four'), end: { kind: 'unknown' } }], [])
  assert.equal(store.take([answered('four')], []).fresh, 1)
  assert.equal(store.silencePairs(NOW)[0]!.recent.attempts, 4)
})

test('however attempts are cut into batches and repeated, rows, groups and counts come out the same', (t) => {
  let looked = 0
  const all = Array.from({ length: 60 }, (_, at) => sampleAttempt(at, { at: NOW - at * 600_000, refusedInHundred: 50 }))
  const expected = freshStore(t)
  expected.store.take(all, [])
  const wanted = countsOf(expected.path)
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(59), { maxLength: 30 }), { maxLength: 4 }), (cuts) => {
      const { store, path, drop } = freshStore(t)
      for (const cut of cuts)
        store.take(
          cut.map((at) => all[at]!),
          [],
        )
      store.take(all, [])
      assert.deepEqual(countsOf(path), wanted)
      looked++
      drop()
    }),
    { numRuns: 15 },
  )
  assert.ok(looked >= 15)
  assert.ok(wanted.length > 40)
})

test('lists are newest first, go on where they ended, and each filter picks out its own', (t) => {
  const { store } = freshStore(t)
  const attempts = Array.from({ length: 900 }, (_, at) =>
    sampleAttempt(at, { at: NOW - (at >> 1) * 1_000, refusedInHundred: 60 }),
  )
  store.take(attempts, [])
  const all = pagesOf(store, {}, 37)
  assert.ok(all.length > 400)
  assert.deepEqual(
    all.map(({ at }) => at),
    all.map(({ at }) => at).toSorted((one, other) => other - one),
  )
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
  const { from, to, carrier, blocker, group } = all.find((row) => row.standing === 'proven')!
  for (const filter of [
    { number: from },
    { called: to },
    { carrier },
    { blocker },
    { standing: 'person' },
    { group: group! },
    { carrier, standing: 'fault' },
    { blocker, standing: 'proven' },
    { blocker, standing: 'proven', carrier },
    { blocker, standing: 'proven', since: NOW - 200_000 },
    { blocker, number: from },
    { since: NOW - 60_000 },
    { until: NOW - 60_000, carrier },
  ] as const) {
    const found = pagesOf(store, filter, 11)
    const expected = all.filter(
      (row) =>
        (!('number' in filter) || row.from === filter.number) &&
        (!('called' in filter) || row.to === filter.called) &&
        (!('carrier' in filter) || row.carrier === filter.carrier) &&
        (!('blocker' in filter) || row.blocker === filter.blocker) &&
        (!('standing' in filter) || row.standing === filter.standing) &&
        (!('group' in filter) || row.group === filter.group) &&
        (!('since' in filter) || row.at >= filter.since) &&
        (!('until' in filter) || row.at < filter.until),
    )
    assert.ok(expected.length > 0 && expected.length < all.length, JSON.stringify(filter))
    assert.deepEqual(found, expected, JSON.stringify(filter))
  }
  assert.deepEqual(store.observations({ blocker, standing: 'person' }, undefined, 5), { rows: [], after: undefined })
  assert.ok(LOOKED_MAX >= 1_000)
})

test('every list goes along an index', (t) => {
  const { path } = freshStore(t)
  const db = new DatabaseSync(path)
  t.after(() => db.close())
  const plan = (sql: string) =>
    db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => String(row['detail']))
      .join('; ')
  for (const column of ['at', 'from', 'to', 'carrier', 'blocker', 'standing', 'group']) {
    const where = column === 'at' ? 'at >= 0' : `"${column}" = 'x' AND at >= 0`
    const found = plan(
      `SELECT * FROM monitor_refused INDEXED BY monitor_refused_${column} WHERE ${where} ORDER BY at DESC, id DESC`,
    )
    assert.match(found, new RegExp(`USING INDEX monitor_refused_${column}`), column)
    assert.doesNotMatch(found, /TEMP B-TREE/, column)
  }
  assert.match(plan('SELECT * FROM monitor_refused ORDER BY reason'), /TEMP B-TREE/, 'control')
})

test('a group that was resolved regresses by a later call, and not by an earlier one that is told of late', (t) => {
  const { store } = freshStore(t)
  store.take([refused('old', { at: NOW - 50 * HOUR_MS })], [])
  const id = store.groups({}, NOW)[0]!.id
  assert.equal(store.mark(id, { ...MARK, effective: NOW - 10 * HOUR_MS }), true)
  assert.equal(store.group(id, NOW)!.state, 'resolved')
  store.take([refused('late news', { at: NOW - 11 * HOUR_MS }), refused('on the dot', { at: NOW - 10 * HOUR_MS })], [])
  assert.equal(store.group(id, NOW)!.state, 'resolved')
  store.take([refused('again', { at: NOW - 9 * HOUR_MS })], [])
  assert.deepEqual(
    [store.group(id, NOW)!.state, store.group(id, NOW)!.firstAfterMark],
    ['regressed', NOW - 9 * HOUR_MS],
  )
  // A second lift takes effect later than that call.
  store.mark(id, { ...MARK, effective: NOW - 8 * HOUR_MS })
  assert.equal(store.group(id, NOW)!.state, 'resolved')
  assert.deepEqual(
    store.marks(id).map(({ by }) => by),
    ['Ann Lee', 'Ann Lee'],
  )
  assert.equal(store.mark(id + 1, MARK), false)
  assert.deepEqual(
    store.groups({ state: 'resolved' }, NOW).map((group) => group.id),
    [id],
  )
  assert.deepEqual(store.groups({ state: 'regressed' }, NOW), [])
})

test('a group that regressed stays so when the calls that showed it are erased', (t) => {
  const { store } = freshStore(t)
  store.take([refused('old', { at: NOW - 50 * HOUR_MS })], [])
  const id = store.groups({}, NOW)[0]!.id
  store.mark(id, { ...MARK, effective: NOW - 40 * HOUR_MS })
  store.take([refused('again', { at: NOW - 30 * HOUR_MS })], [])
  store.erase(NOW - 20 * HOUR_MS)
  assert.equal(store.observations({}, undefined, 5).rows.length, 0)
  assert.equal(store.group(id, NOW)!.state, 'regressed')
})

test('groups with something new are found from the end that was known, and no others', (t) => {
  const { store } = freshStore(t)
  const other = (key: string): Attempt =>
    refused(key, { end: { kind: 'refused', refusal: sampleRefusal({ blocker: 'other.example' }) } })
  store.take([refused('one'), other('two')], [])
  const [first, second] = [1, 2].map((id) => store.group(id, NOW)!.id)
  const begun = store.end()
  assert.deepEqual(store.groupsSince(begun), [])
  store.take([answered('three'), other('four'), other('four')], [])
  assert.deepEqual(store.groupsSince(begun), [second])
  const later = store.end()
  store.mark(first!, MARK)
  assert.deepEqual(store.groupsSince(later), [first])
  assert.deepEqual(store.groupsSince(begun), [first, second])
  assert.deepEqual(dumpOf(store.groupsOf([first!, 99], NOW)), dumpOf([store.group(first!, NOW)]))
  const many = Array.from({ length: 300 }, (_, id) => id + 1)
  assert.deepEqual(dumpOf(store.groupsOf(many, NOW)), dumpOf(store.groups({}, NOW).toSorted((a, b) => a.id - b.id)))
})

test('a share is of the last four quarters of a day and of the seven days before, to the quarter', (t) => {
  const { store } = freshStore(t)
  const quarter = NOW - (NOW % QUARTER_MS)
  const times = [0, 3, 4, 31, 32].map((back) => quarter - back * QUARTER_MS)
  store.take(
    times.flatMap((at, index) => [refused(`r${index}`, { at }), { ...answered(`a${index}`), at }]),
    [],
  )
  for (const { recent, earlier } of [store.group(1, NOW)!, store.groups({}, NOW)[0]!])
    assert.deepEqual(
      [recent, earlier],
      [
        { hits: 2, of: 4 },
        { hits: 2, of: 4 },
      ],
    )
})

test('blockers without end make no groups without end, and each call is in one', (t) => {
  const { store } = freshStore(t, { groupsMax: 5 })
  const calls = Array.from({ length: 40 }, (_, at) =>
    refused(`call ${at}`, { end: { kind: 'refused', refusal: sampleRefusal({ blocker: `host-${at}.example` }) } }),
  )
  store.take(calls.slice(0, 20), [])
  store.take(calls.slice(20), [])
  const groups = store.groups({}, NOW)
  assert.equal(groups.length, 6)
  assert.equal(
    groups.reduce((sum, { calls: count }) => sum + count, 0),
    40,
  )
  assert.equal(groups.find(({ key }) => key.blocker === OTHERS)!.calls, 35)
  assert.equal(store.figures().get('calls beyond the groups kept'), 35)
  assert.equal(store.observations({ blocker: 'host-39.example', standing: 'proven' }, undefined, 5).rows.length, 1)
})

test('numbers without end are counted for their carrier once there are too many, and none is lost', (t) => {
  const { store } = freshStore(t, { pairsMax: 3 })
  store.take(
    Array.from({ length: 20 }, (_, at) => ({ ...answered(`call ${at}`), from: `+1212555${1_000 + at}` })),
    [],
  )
  const pairs = store.silencePairs(NOW)
  assert.deepEqual(
    pairs.map(({ number, recent }) => [number, recent.attempts]),
    [
      ['+12125551000', 1],
      ['+12125551001', 1],
      ['+12125551002', 1],
      ['', 17],
    ],
  )
  assert.equal(store.figures().get('calls beyond the numbers counted'), 17)
})

test('contacts of a blocker are bounded, and those of a verified card stand apart', (t) => {
  const { store } = freshStore(t)
  const calls = Array.from({ length: CONTACTS_MAX + 5 }, (_, at) => {
    const contest = { url: undefined, tel: undefined, email: `desk-${at}@blocker.example`, card: undefined }
    return refused(`call ${at}`, { end: { kind: 'refused', refusal: sampleRefusal({ contest }) } })
  })
  store.take(calls, [])
  assert.equal(store.contacts('redress.blocker-1.example').length, CONTACTS_MAX)
  assert.equal(store.figures().get('contacts beyond those kept'), 5)
  store.noteSigned('Other.example', [{ kind: 'tel', value: '+18005550142', isSigned: false }], NOW)
  assert.deepEqual(
    store.contacts('other.example').map(({ value, isSigned }) => [value, isSigned]),
    [['+18005550142', true]],
  )
})

test('times that cannot be right do no harm', (t) => {
  const { store } = freshStore(t)
  const times = [Number.NaN, Number.POSITIVE_INFINITY, 8.64e15, NOW + FUTURE_MS + 1, -5, 0.5, NOW + FUTURE_MS]
  store.take(
    times.map((at, index) => refused(`call ${index}`, { at })),
    [],
  )
  assert.deepEqual(
    pagesOf(store, {}, 3).map(({ at }) => at),
    [NOW + FUTURE_MS, NOW, NOW, NOW, NOW, 0, 0],
  )
  assert.equal(store.figures().get('times ahead of the clock'), 4)
})

test('silence reads its own days and those of no other', (t) => {
  const { store } = freshStore(t)
  const calls = (day: number, count: number, busy: number, carrier: string): Attempt[] =>
    Array.from({ length: count }, (_, at) => {
      const refusal = sampleRefusal({ status: 486, class: 'other', standing: 'fault' })
      const end: Attempt['end'] = at < busy ? { kind: 'refused', refusal } : { kind: 'answered', durationMs: 9_000 }
      return { ...answered(`${carrier} ${day} ${at}`), carrier, at: NOW - day * 24 * HOUR_MS - 60_000, end }
    })
  for (let day = 1; day <= 12; day++) store.take([...calls(day, 60, 5, 'north'), ...calls(day, 60, 5, 'south')], [])
  store.take([...calls(0, 60, 40, 'north'), ...calls(0, 60, 5, 'south'), ...calls(30, 60, 60, 'south')], [])
  const found = findSilence(store.silencePairs(NOW))
  assert.deepEqual(
    found.map(({ carrier, kind, recent, baseline }) => [
      carrier,
      kind,
      recent.hits,
      recent.of,
      baseline.hits,
      baseline.of,
    ]),
    [
      ['north', 'suspected', 40, 60, 60, 720],
      ['south', 'nothing', 5, 60, 60, 720],
    ],
  )
})

test('what is old is erased with its numbers and counts, and groups go on with their marks', (t) => {
  let now = NOW
  const { store, path } = freshStore(t, { now: () => now })
  store.take(
    [refused('old', { at: NOW - 100 * 24 * HOUR_MS, from: '+12125550999' }), refused('young'), answered('also')],
    [],
  )
  const [group] = store.groups({}, NOW)
  store.mark(group!.id, { ...MARK, effective: NOW - HOUR_MS })
  assert.equal(store.erase(NOW - 50 * 24 * HOUR_MS), 1)
  assert.equal(store.erase(NOW - 50 * 24 * HOUR_MS), 0)
  assert.deepEqual(
    pagesOf(store, {}, 5).map(({ from }) => from),
    ['+12125550117'],
  )
  assert.equal(countIn(path, "SELECT count(*) FROM monitor_group_number WHERE number = '+12125550999'"), 0)
  assert.equal(countIn(path, "SELECT count(*) FROM monitor_pair WHERE number = '+12125550999'"), 0)
  assert.equal(countIn(path, 'SELECT count(*) FROM monitor_detail'), 1)
  const [left] = store.groups({}, NOW)
  assert.deepEqual([left!.calls, left!.first, left!.mark?.by], [2, group!.first, 'Ann Lee'])
  assert.equal(store.take([answered('also')], []).fresh, 0)
  now = NOW + SEEN_MS + HOUR_MS
  store.erase(0)
  assert.equal(countIn(path, 'SELECT count(*) FROM monitor_seen'), 0)
})

test('a number is taken out of rows, answers and counts, and others stay', (t) => {
  const { store, path } = freshStore(t)
  const to = '+13125550199'
  const seen = { tap: 'x', sender: '', receiver: '', status: 603, phrase: to, reasons: [`to ${to}`] }
  const damage = [{ kind: 'reason-changed', sureness: 'certain', text: to, cite: '', culprits: [] } as const]
  const told = sampleRefusal({
    to,
    callId: 'PERSONAL@x',
    id: 'PERSONAL',
    why: 'declined: 1 (312) 555-0199 is busy',
    contest: { ...sampleRefusal().contest, url: 'https://redress.blocker-1.example/r/PERSONALc9vN2x0RrmJ3p6?PERSONAL' },
    damage: damage.map((one) => ({ ...one, seen: { before: seen, after: seen } })),
    answer: Buffer.from(`SIP/2.0 603 X\r\nTo: <sip:${to}@x>\r\n\r\n`),
  })
  const end = { kind: 'refused', refusal: told } as const
  store.take(
    [
      refused('one'),
      refused('two', { to, end }),
      refused('three', { to: '13125550199', end }),
      refused('four', { from: to }),
    ],
    [],
  )
  const group = store.observations({ called: to }, undefined, 5).rows[0]!.group!
  store.mark(group, { ...MARK, note: `Ann called ${to}` })
  assert.equal(store.countErasable({ number: to }), 3)
  assert.equal(store.eraseNumber(to, { name: 'Ann Lee', account: 'ann' }), 3)
  assert.equal(store.scrub(), true)
  const octets = readFileSync(path, 'latin1') + (existsSync(`${path}-wal`) ? readFileSync(`${path}-wal`, 'latin1') : '')
  for (const gone of ['3125550199', '555-0199', 'PERSONAL']) assert.ok(!octets.includes(gone), gone)
  assert.ok(octets.includes('+13125550188'), 'others stay')
  const left = store.observation(2)!
  assert.deepEqual(
    [left.from, left.to, left.blocker, left.refusal.damage.length, left.answer],
    ['+12125550117', '', 'redress.blocker-1.example', 1, undefined],
  )
  assert.equal(left.refusal.contest.url, 'https://redress.blocker-1.example')
  assert.equal(store.marks(group)[0]!.note, 'Ann called (number erased)')
  assert.equal(store.group(group, NOW)!.calls, 2)
  assert.equal(store.silencePairs(NOW).length, 1)
  // What was told of it already changes nothing.
  assert.equal(store.take([refused('two', { to, end })], []).fresh, 0)
  assert.equal(
    countIn(path, `SELECT count(*) FROM audit WHERE subject = 'observations' AND detail NOT LIKE '%312%'`),
    1,
  )
  assert.equal(store.eraseNumber('+12125550117'), 3)
  assert.equal(store.observations({ number: '+12125550117' }, undefined, 5).rows.length, 0)
  assert.deepEqual(store.groupNumbers(group, 5), [])
  assert.equal(countIn(path, 'SELECT count(*) FROM audit'), 1)
})

test('what is neither busy, absent, overloaded nor cut off is no sign of silence, a notice neither', (t) => {
  const { store } = freshStore(t)
  const end = (refusal: Parameters<typeof sampleRefusal>[0]): Attempt['end'] => ({
    kind: 'refused',
    refusal: sampleRefusal(refusal),
  })
  const busy = { status: 486, class: 'other', standing: 'fault' } as const
  const kinds: readonly (readonly [refusal: Parameters<typeof sampleRefusal>[0], signs: number])[] = [
    [busy, 1],
    [{ ...busy, standing: 'person' }, 0],
    [
      {
        ...busy,
        damage: [{ kind: 'code-changed', sureness: 'likely', text: '', cite: '', seen: undefined, culprits: [] }],
      },
      0,
    ],
    [{ class: '603', standing: 'unproven', phrase: 'Decline' }, 0],
    [{}, 0],
  ]
  for (const [index, [refusal, signs]] of kinds.entries()) {
    store.take([refused(`k${index}`, { carrier: `c${index}`, ringMs: 100, end: end(refusal) })], [])
    const pair = store.silencePairs(NOW).find(({ carrier }) => carrier === `c${index}`)!
    const { busy: busies, shortRing, attempts } = pair.recent
    assert.deepEqual([attempts, busies + shortRing], [1, signs], `case ${index}`)
  }
})

test('a caller who has no number is taken out by the URI that calls have', (t) => {
  const { store, path } = freshStore(t)
  const [ann, joann] = ['sip:ann@clinic.example', 'sip:joann@clinic.example']
  const refusalOf = (from: string) => ({ kind: 'refused', refusal: sampleRefusal({ from }) }) as const
  store.take(
    [ann, joann].map((from) => refused(from, { from, end: refusalOf(from) })),
    [],
  )
  assert.equal(store.eraseNumber(ann), 1)
  assert.equal(countIn(path, `SELECT count(*) FROM monitor_detail WHERE refusal LIKE '%:ann@%'`), 0)
  assert.deepEqual(
    pagesOf(store, {}, 5).map(({ from }) => from),
    [joann, ''],
  )
})

test('a process whose numbers another one erased counts them anew', (t) => {
  const { store, path } = freshStore(t)
  store.take([answered('one')], [])
  const other = openMonitorStore(`sqlite:${path}`, { now: () => NOW })
  t.after(() => other.close())
  other.eraseNumber('+12125550117')
  store.take([answered('two')], [])
  assert.deepEqual(
    store.silencePairs(NOW).map(({ number, recent }) => [number, recent.attempts]),
    [['+12125550117', 1]],
  )
})

test('a batch that fails leaves nothing behind, its place neither', (t) => {
  const { store } = freshStore(t)
  const broken = { ...refused('two'), source: undefined } as unknown as Attempt
  assert.throws(() => store.take([refused('one'), broken], [{ source: 'trunk.pcap', place: '9' }]))
  assert.equal(store.place('trunk.pcap'), undefined)
  assert.equal(store.isEmpty(), true)
  assert.equal(store.take([refused('one')], [{ source: 'trunk.pcap', place: '9' }]).fresh, 1)
  assert.equal(store.place('trunk.pcap'), '9')
  assert.deepEqual(
    store.groups({}, NOW).map(({ calls }) => calls),
    [1],
  )
})

test('two processes may add to one store, and a reader sees what both took', (t) => {
  const { store, path } = freshStore(t)
  const other = openMonitorStore(`sqlite:${path}`, { now: () => NOW })
  t.after(() => other.close())
  store.take([refused('one')], [])
  other.take([refused('two'), refused('one')], [])
  store.take([refused('three')], [])
  const reader = openMonitorReader(`sqlite:${path}`)
  t.after(() => reader.close())
  assert.deepEqual(
    reader.groups({}, NOW).map(({ calls }) => calls),
    [3],
  )
  assert.throws(() => openMonitorReader('sqlite:/nowhere/recourse.db'), StoreError)
})

test('killed 50 times, rows, groups, counts and places agree: nothing is lost and nothing is there twice', async (t) => {
  const { path } = freshStore(t)
  const told = await toldUntilKilled(path, '', KILLS)
  assert.ok(told.length >= KILLS, `${told.length} batches`)
  const place = placeOf(path)
  assert.ok(place >= told.at(-1)!)
  t.diagnostic(`${told.length} batches told of before ${KILLS} kills, place ${place}`)
  const whole = freshStore(t)
  for (let from = 0; from < place; from += 1_000)
    whole.store.take(
      Array.from({ length: Math.min(1_000, place - from) }, (_, at) => killedSample(from + at)),
      [],
    )
  assert.deepEqual(countsOf(path), countsOf(whole.path))
})

test('control: a place told apart from its batch is ahead of it after a kill', async (t) => {
  let isLost = false
  for (let round = 0; round < 20 && !isLost; round++) {
    const { path } = freshStore(t)
    await toldUntilKilled(path, 'apart', 4)
    const all = Array.from({ length: placeOf(path) }, (_, at) => killedSample(at))
    const refusedCalls = all.filter(({ end }) => end.kind === 'refused').length
    isLost = countIn(path, 'SELECT count(*) FROM monitor_refused') !== refusedCalls
  }
  assert.ok(isLost, 'a check that cannot fail proves nothing')
})

/** Starts the child and kills it in the middle of its work, so many times; answers the places that it told of. */
async function toldUntilKilled(path: string, mode: string, kills: number): Promise<number[]> {
  const told: number[] = []
  for (let round = 0; round < kills; round++) {
    const child = spawn(process.execPath, [CHILD, `sqlite:${path}`, mode], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'close')
    const batches = 1 + (round % 5)
    let seen = 0
    for await (const line of createInterface({ input: child.stdout })) {
      told.push(Number(line.split(' ')[1]))
      // Somewhere within the next batch, each time at another place.
      if (++seen === batches) setTimeout(() => child.kill('SIGKILL'), round % 7)
    }
    await ended
  }
  return told
}

function killedSample(number: number): Attempt {
  return sampleAttempt(number, { at: Date.UTC(2026, 10, 1) + number * 1_000, refusedInHundred: 30 })
}

/** All that is counted and listed, without ids, which depend on the order of things. */
function countsOf(path: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return [
      'SELECT hex(key), at, "from", blocker, reason FROM monitor_refused ORDER BY key',
      'SELECT hour, carrier, number, answered, refused, busy FROM monitor_count JOIN monitor_pair ON monitor_pair.id = pair ORDER BY 1, 2, 3',
      'SELECT blocker, block, reason, standing, first, last, calls FROM monitor_group ORDER BY 1, 2, 3, 4',
      'SELECT blocker, block, reason, standing, number, n.calls FROM monitor_group_number AS n JOIN monitor_group AS g ON g.id = n."group" ORDER BY 1, 2, 3, 4, 5',
      'SELECT quarter, block, attempts FROM monitor_block_count ORDER BY 1, 2',
      'SELECT quarter, sum(calls) FROM monitor_group_count GROUP BY quarter ORDER BY 1',
      'SELECT blocker, kind, value, calls FROM monitor_contact ORDER BY 1, 2, 3',
    ].flatMap((sql) =>
      db
        .prepare(sql)
        .all()
        .map((row) => JSON.stringify(row)),
    )
  } finally {
    db.close()
  }
}

function countIn(path: string, sql: string): number {
  const db = new DatabaseSync(path)
  try {
    return Number(Object.values(db.prepare(sql).get()!)[0])
  } finally {
    db.close()
  }
}

function placeOf(path: string): number {
  return countIn(path, "SELECT CAST(coalesce(max(place), 0) AS INTEGER) FROM monitor_place WHERE source = 'trunk.pcap'")
}

function pagesOf(
  store: ReturnType<typeof freshStore>['store'],
  filter: Parameters<typeof store.observations>[0],
  limit: number,
) {
  const rows = []
  let after: string | undefined
  for (let pages = 0; pages < 1_000; pages++) {
    const page = store.observations(filter, after, limit)
    rows.push(...page.rows)
    if (page.after === undefined) return rows
    after = page.after
  }
  throw new Error('pages without end')
}

function dumpOf(value: unknown): string {
  return JSON.stringify(value)
}

function freshStore(t: TestContext, options: MonitorStoreOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-monitor-'))
  const path = join(folder, 'recourse.db')
  const store = openMonitorStore(`sqlite:${path}`, { now: () => NOW, ...options })
  let isThere = true
  const drop = (): void => {
    if (!isThere) return
    isThere = false
    store.close()
    rmSync(folder, { recursive: true })
  }
  t.after(drop)
  return { store, path, drop }
}

function refused(key: string, given: Partial<Attempt> = {}): Attempt {
  return { ...answered(key), ringMs: 1_200, end: { kind: 'refused', refusal: sampleRefusal() }, ...given }
}

function answered(key: string): Attempt {
  return {
    key,
    at: NOW - 60_000,
    source: 'capture trunk.pcap',
    evidence: 'wire',
    from: '+12125550117',
    to: '+13125550188',
    carrier: 'carrier-1',
    ringMs: 4_000,
    setupMs: 800,
    end: { kind: 'answered', durationMs: 30_000 },
  }
}

const CHILD = fileURLToPath(new URL('./monitor-child.ts', import.meta.url))
const KILLS = 50
const HOUR_MS = 3_600_000
const NOW = Math.floor(Date.UTC(2026, 10, 20) / QUARTER_MS) * QUARTER_MS + 5 * HOUR_MS + 1
const MARK: GroupMark = {
  kind: 'resolved',
  at: NOW,
  effective: NOW,
  by: 'Ann Lee',
  note: '',
  share: { hits: 0, of: 0 },
}
