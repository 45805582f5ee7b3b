import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VerificationCall } from '#main/registry/make-registry.ts'
import { CHALLENGE_MS } from './desk.ts'
import { watchCalls } from './watch-calls.ts'
import { DESK_START_MS, type DeskWorld, openDeskWorld, WORKER } from '../../../test/desk-world.ts'

const NUMBER = '+12125550117'
const OTHER = '+12125550118'
const ALERTS = ['unblock@northwire.example']
const VISITOR = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }

test('the first call of a lifted number that goes on verifies its case; one before the lift, of another number or blocked does not', async (t) => {
  const { world, watch } = await openWatch(t)
  const id = await world.confirmed(NUMBER)
  world.now = DESK_START_MS + 60_000
  await world.lifted(id, NUMBER)
  const { now } = world
  for (const near of [
    { at: now - 1 },
    { at: now + 2_000, calling: OTHER },
    { at: now + 2_000, verdict: 'block' },
    { at: now + 2_000, calling: 'withheld' },
  ] as const) {
    world.screened(near)
    watch.look()
    assert.equal(statusOf(world, id), 'lifted', JSON.stringify(near))
  }
  world.screened({ at: now + 3_000 }, { at: now + 4_000 })
  watch.look()
  assert.equal(statusOf(world, id), 'verified')
  assert.equal(world.cases.read(id)?.found.verifiedAt, now + 3_000)
  assert.equal(watch.figures.verified, 1)
  assert.equal(watch.figures.calls, 6)
})

test('a call that is attested below what the lift asks for does not verify it', async (t) => {
  const { world, watch } = await openWatch(t)
  const id = await world.confirmed(NUMBER)
  await world.lifted(id, NUMBER, { attestation: 'A' })
  for (const attestation of ['C', ''] as const) {
    world.screened({ at: world.now + 2_000, attestation })
    watch.look()
    assert.equal(statusOf(world, id), 'lifted', attestation)
  }
  world.screened({ at: world.now + 3_000 })
  watch.look()
  assert.equal(statusOf(world, id), 'verified')
})

test('a lift of one rule is verified by a call that this rule would have blocked, and by no other', async (t) => {
  const { world, watch } = await openWatch(t)
  const id = await world.confirmed(NUMBER)
  await world.lifted(id, NUMBER, { rule: 'volume' })
  const [lift] = world.store.standingOf(id)
  for (const rule of ['', 'friends', 'accepted:1', `lift:${lift!.id + 1}`, `lift:${lift!.id}0`]) {
    world.screened({ at: world.now + 2_000, rule })
    watch.look()
    assert.equal(statusOf(world, id), 'lifted', rule)
  }
  world.screened({ at: world.now + 3_000, rule: `lift:${lift!.id}` })
  watch.look()
  assert.equal(statusOf(world, id), 'verified')
  assert.equal(world.cases.read(id)?.found.verifiedAt, world.now + 3_000)
})

test('a block within a lift is a regression, with an alert; one before the lift that is told behind it is none', async (t) => {
  const { world, watch } = await openWatch(t)
  const id = await world.confirmed(NUMBER)
  await world.blocked({ calling: NUMBER, at: world.now + 59_000 })
  world.now += 60_000
  await world.lifted(id, NUMBER)
  const lifted = world.now
  world.now += 60_000
  const near = [
    { calling: NUMBER, at: lifted - 1 },
    // Gates may not have heard of it yet.
    { calling: NUMBER, at: lifted + 999 },
    { calling: OTHER, at: lifted + 5_000 },
    { calling: NUMBER, at: lifted + 5_000, cause: 'do-not-originate' },
    { calling: NUMBER, at: lifted + 5_000, isReleased: true },
  ] as const
  for (const block of near) {
    await world.blocked(block)
    watch.look()
    assert.equal(statusOf(world, id), 'lifted', JSON.stringify(block))
  }
  assert.equal(watch.figures.blocks, near.length + 1)
  assert.deepEqual(alerts(world), [])

  await world.blocked({ calling: NUMBER, at: lifted + 6_000 })
  await world.blocked({ calling: NUMBER, at: lifted + 7_000 })
  watch.look()
  assert.equal(statusOf(world, id), 'regressed')
  assert.equal(world.kinds(id).filter((kind) => kind === 'regressed').length, 1)
  const event = world.store.events(id).find(({ kind }) => kind === 'regressed')
  assert.ok(event?.kind === 'regressed' && event.data.callAt === lifted + 6_000)
  assert.deepEqual(alerts(world), ALERTS)
  assert.equal(watch.figures.regressed, 1)
  assert.equal(world.cases.read(id)?.found.due?.at, world.now + world.parts.terms.decideWithinMs)
})

test('a lift of one rule regresses by another where the whole was lifted, not where a part was; attestation below it never does', async (t) => {
  const { world, watch } = await openWatch(t)
  const cases = [
    ['+12125550121', {}, { rule: 'volume-2' }, 'regressed'],
    ['+12125550122', { rule: 'volume' }, { rule: 'volume-2' }, 'regressed'],
    ['+12125550123', { rule: 'volume', part: true }, { rule: 'volume-2' }, 'partly-lifted'],
    ['+12125550124', { rule: 'volume', part: true }, { rule: 'volume' }, 'regressed'],
    ['+12125550125', { attestation: 'A' }, { attestation: 'C' }, 'lifted'],
    ['+12125550126', { attestation: 'A' }, { attestation: 'A' }, 'regressed'],
  ] as const
  for (const [number, lift, block, status] of cases) {
    const id = await world.confirmed(number)
    await world.lifted(id, number, lift)
    const at = world.now + 2_000
    world.now += 10_000
    await world.blocked({ calling: number, at, ...block })
    watch.look()
    assert.equal(statusOf(world, id), status, number)
  }
})

test('a block within a lift is a regression while the case is open again too, once; the case stays open', async (t) => {
  for (const asks of [false, true]) {
    const { world, watch } = await openWatch(t)
    const id = await world.confirmed(NUMBER)
    world.now += 60_000
    await world.lifted(id, NUMBER)
    await world.desk.reopen(world.cases.statusToken(id), 'another question', VISITOR)
    if (asks) await world.office.ask(id, 'Which calls?', WORKER)
    world.now += 60_000
    for (const at of [world.now - 5_000, world.now - 4_000]) await world.blocked({ calling: NUMBER, at })
    world.now += 60_000
    watch.look()
    assert.equal(statusOf(world, id), asks ? 'waiting-for-claimant' : 'open')
    assert.deepEqual([watch.figures.regressed, world.kinds(id).filter((kind) => kind === 'regressed').length], [1, 1])
    assert.ok(world.mails().some(({ to }) => to === ALERTS[0]))
  }
})

test('a call to what was to be dialled proves the number: in full attested A, else as a hint; a wrong number or a late call does not', async (t) => {
  const { world, watch } = await openWatch(t)
  const id = await world.confirmed(NUMBER)
  const challenge = await world.office.challenge(id, NUMBER, WORKER)
  assert.ok('dial' in challenge)
  const called = challenge.dial
  const { now } = world
  for (const near of [
    { calling: OTHER, called },
    { called: called.endsWith('0') ? `${called.slice(0, -1)}1` : `${called.slice(0, -1)}0` },
    { called: '+14155550163' },
    { called, at: now - 1 },
    { called, at: now + CHALLENGE_MS + 1 },
  ]) {
    world.screened({ at: now + 1_000, verdict: 'exempt', ...near })
    watch.look()
    assert.deepEqual(world.cases.read(id)?.found.proofs, [], JSON.stringify(near))
  }
  world.screened({ at: now + 2_000, called, verdict: 'exempt', attestation: 'B' })
  watch.look()
  assert.deepEqual(strengths(world, id), ['hint'])
  world.screened({ at: now + CHALLENGE_MS, called, verdict: 'exempt' })
  watch.look()
  assert.deepEqual(strengths(world, id), ['hint', 'full'])
  world.screened({ at: now + 3_000, called, verdict: 'exempt' })
  watch.look()
  assert.deepEqual(strengths(world, id), ['hint', 'full'], 'the same again adds nothing')
  assert.equal(watch.figures.proofs, 2)
})

test('who watches again goes on where it was, and what was there before it ever watched is not looked at', async (t) => {
  const world = await openDeskWorld(t)
  world.screened({})
  await world.blocked({ calling: NUMBER, at: world.now - 60_000 })
  const first = watchCalls(world.parts, () => ALERTS)
  first.look()
  first.close()
  assert.deepEqual([first.figures.calls, first.figures.blocks], [0, 0])
  world.screened({}, {})
  await world.blocked({ calling: NUMBER, at: world.now - 60_000 })
  const second = watchCalls(world.parts, () => ALERTS)
  second.look()
  second.close()
  assert.deepEqual([second.figures.calls, second.figures.blocks], [2, 1])
})

test('what a call shows goes by the time of the call, however late it is looked at', async (t) => {
  const { world, watch } = await openWatch(t)
  const until = world.now + 60_000
  const ids = []
  for (const number of [NUMBER, OTHER, '+12125550119', '+12125550120']) {
    const id = await world.confirmed(number)
    await world.lifted(id, number, { until })
    ids.push(id)
  }
  world.screened({ at: until - 1 }, { at: until + 1, calling: OTHER })
  await world.blocked({ calling: '+12125550119', at: until - 1 })
  await world.blocked({ calling: '+12125550120', at: until + 1 })
  world.now = until + 60_000
  watch.look()
  assert.deepEqual(
    ids.map((id) => statusOf(world, id)),
    ['verified', 'lifted', 'regressed', 'lifted'],
  )
})

test('a block is looked at once it can be taken back no more', async (t) => {
  const { world, watch } = await openWatch(t)
  const id = await world.confirmed(NUMBER)
  await world.lifted(id, NUMBER)
  world.now += 5_000
  await world.blocked({ calling: NUMBER, at: world.now })
  for (const [after, status, blocks] of [
    [999, 'lifted', 0],
    [1_001, 'regressed', 1],
  ] as const) {
    const { now } = world
    world.now = now + after
    watch.look()
    assert.deepEqual([statusOf(world, id), watch.figures.blocks], [status, blocks], String(after))
    world.now = now
  }
})

test('the registry hears of calls to what is dialled for proof, and of no others; what it takes is counted', async (t) => {
  const world = await openDeskWorld(t)
  const heard: VerificationCall[] = []
  const watch = watchCalls(
    world.parts,
    () => ALERTS,
    (call) => heard.push(call) === 1,
  )
  t.after(() => watch.close())
  watch.look()
  world.screened({}, { called: '+180055501420007' }, { called: '+180055501420008', attestation: 'B' })
  watch.look()
  assert.deepEqual(
    heard.map(({ called, strength, detail }) => [called, strength, detail]),
    [
      ['+180055501420007', 'full', 'called us from it, attested A'],
      ['+180055501420008', 'hint', 'called us from it, attested B'],
    ],
  )
  assert.equal(watch.figures.proofs, 1)
  assert.equal(watch.figures.calls, 3)
})

test('one look goes through so many calls, and the next one goes on behind them', async (t) => {
  const { world, watch } = await openWatch(t)
  world.screened(...Array.from({ length: 4_500 }, () => ({})))
  watch.look()
  assert.equal(watch.figures.calls, 4_000)
  watch.look()
  assert.equal(watch.figures.calls, 4_500)
})

test('behind a journal that is gone, calls are followed from its new end on', async (t) => {
  const world = await openDeskWorld(t)
  world.screened({})
  world.store.setPlace('watch journal', 1_000)
  const watch = watchCalls(world.parts, () => ALERTS)
  t.after(() => watch.close())
  world.screened({}, {})
  watch.look()
  assert.equal(watch.figures.calls, 2)
})

test('what was blocked before anybody ever watched breaks no lift', async (t) => {
  const world = await openDeskWorld(t)
  const id = await world.confirmed(NUMBER)
  await world.lifted(id, NUMBER)
  await world.blocked({ calling: NUMBER, at: world.now + 5_000 })
  world.now += 60_000
  const watch = watchCalls(world.parts, () => ALERTS)
  t.after(() => watch.close())
  watch.look()
  assert.deepEqual([statusOf(world, id), watch.figures.blocks], ['lifted', 0])
  await world.blocked({ calling: NUMBER, at: world.now - 5_000 })
  watch.look()
  assert.deepEqual([statusOf(world, id), watch.figures.blocks], ['regressed', 1])
})

test('places in which nothing could be seen are saved every ten seconds, and at the end', async (t) => {
  const { world, watch } = await openWatch(t)
  const saved = () => [...world.calls.chainEnds().keys()].map((chain) => world.store.place(`watch ledger ${chain}`))
  const ends = () => [...world.calls.chainEnds().values()]
  await world.blocked({ calling: NUMBER, at: world.now })
  watch.look()
  const first = saved()
  assert.notDeepEqual(first, ends())
  world.now += 9_999
  watch.look()
  assert.deepEqual(saved(), first, 'not yet')
  world.now += 1
  watch.look()
  assert.deepEqual(saved(), ends())
  await world.blocked({ calling: NUMBER, at: world.now })
  watch.look()
  assert.notDeepEqual(saved(), ends())
  watch.close()
  assert.deepEqual(saved(), ends())
})

async function openWatch(t: Parameters<typeof openDeskWorld>[0]) {
  const world = await openDeskWorld(t)
  const watch = watchCalls(world.parts, () => ALERTS)
  watch.look()
  t.after(() => watch.close())
  return { world, watch }
}

function statusOf({ cases }: DeskWorld, id: string): string | undefined {
  return cases.read(id)?.found.status
}

function alerts(world: DeskWorld): string[] {
  return world
    .mails()
    .filter(({ purpose }) => purpose === 'alert')
    .map(({ to }) => to)
}

function strengths({ cases }: DeskWorld, id: string): string[] {
  return cases.read(id)?.found.proofs.map(({ strength }) => strength) ?? []
}
