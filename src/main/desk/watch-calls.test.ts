import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHALLENGE_MS } from './desk.ts'
import { watchCalls } from './watch-calls.ts'
import { DESK_START_MS, type DeskWorld, openDeskWorld, WORKER } from '../../../test/desk-world.ts'

const NUMBER = '+12125550117'
const OTHER = '+12125550118'
const ALERTS = ['unblock@northwire.example']

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
