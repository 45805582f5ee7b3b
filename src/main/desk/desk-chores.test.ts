import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { type DeskWorld, openDeskWorld, WORKER } from '../../../test/desk-world.ts'
import { CHANGES_MAX, DUE_MAX, SOON_MS, startDeskChores } from './desk-chores.ts'

const NUMBER = '+12125550117'
const ALERTS = ['unblock@northwire.example', 'boss@northwire.example']
const DAY_MS = 86_400_000
const KEEP_MS = 730 * DAY_MS

test('soon is as soon as the guide says', () => {
  const [, hours] = /(\d+) hours before and once it is\s+overdue/.exec(readFileSync('docs/desk.md', 'utf8'))!
  assert.equal(SOON_MS, Number(hours) * 3_600_000)
})

test('a case is told to be due soon and then overdue, once each and to each address; one in time, decided or waiting is not', async (t) => {
  const { world, chores, overdue } = await openChores(t)
  const id = await world.confirmed(NUMBER)
  const decided = await world.confirmed('+12125550118')
  await world.lifted(decided, '+12125550118')
  const asked = await world.confirmed('+12125550119')
  await world.office.ask(asked, 'Who agreed?', WORKER)
  const due = world.cases.read(id)?.found.due?.at
  assert.ok(due !== undefined)

  for (const [now, told] of [
    [due - SOON_MS - 1, 0],
    [due - SOON_MS + 1, 1],
    [due - 1, 1],
    [due + 1, 2],
    [due + 60_000, 2],
  ] as const) {
    world.now = now
    chores.look()
    chores.look()
    assert.equal(alerts(world).length, told * ALERTS.length, String(now - due))
  }
  assert.deepEqual(overdue, [id])
  assert.deepEqual([...new Set(alerts(world).map(({ to }) => to))].toSorted(), ALERTS.toSorted())
  assert.deepEqual(world.alarms, [])
})

test('a lift that runs out ends in its case while that is open again too, which then can be withdrawn; one in time does not', async (t) => {
  const { world, chores } = await openChores(t)
  const [over, lasting] = [await world.confirmed(NUMBER), await world.confirmed('+12125550118')]
  const until = world.now + DAY_MS
  await world.lifted(over, NUMBER, { until })
  await world.lifted(lasting, '+12125550118', { until: until + DAY_MS })
  const from = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }
  for (const id of [over, lasting]) await world.desk.reopen(world.cases.statusToken(id), 'another question', from)
  world.now = until + 1_000
  chores.look()
  assert.deepEqual([world.kinds(over).at(-1), world.kinds(lasting).at(-1)], ['expired', 'reopened'])
  assert.equal(world.cases.read(over)?.found.status, 'open')
  assert.equal((await world.office.withdraw(lasting, 'done', WORKER)).kind, 'refused')
  assert.equal((await world.office.withdraw(over, 'done', WORKER)).kind, 'done')
})

test('many cases whose time is up are closed in rounds that let others have their turn', async (t) => {
  const { world, chores } = await openChores(t)
  const ids: string[] = []
  for (let case_ = 0; case_ < CHANGES_MAX + 20; case_++) {
    const id = await world.confirmed(`+1212555${2_000 + case_}`)
    await world.office.ask(id, 'Who agreed?', WORKER)
    ids.push(id)
    world.now += 240_000
  }
  world.now = world.cases.read(ids.at(-1)!)!.found.due!.at + 1_000
  const closed = () => ids.filter((id) => world.cases.read(id)?.found.status === 'expired').length
  chores.look()
  const first = closed()
  assert.ok(first >= CHANGES_MAX && first < ids.length, `${first} at once`)
  chores.look()
  assert.equal(closed(), ids.length)
})

test('however many cases are overdue, one that is due soon behind them is told of in the next round', async (t) => {
  const { world, chores } = await openChores(t)
  const id = await world.confirmed(NUMBER)
  const due = world.cases.read(id)!.found.due!.at
  const db = new DatabaseSync(world.path)
  t.after(() => db.close())
  db.exec(
    `WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < ${DUE_MAX})
     INSERT INTO case_view SELECT 1000 + n, 'old' || n, seq, kind, status, isOpen, opened, due - 900000000 + n, dueWhat, assigned,
       claimant, search, numbers, numberCount, statusAt, decidedAt, outcome, regressedAt, liftsUntil, clockFrom, lastAt, erasedAt
     FROM case_view, many WHERE id = '${id}'`,
  )
  const told = () => alerts(world).filter(({ subject }) => subject.includes(id)).length
  world.now = due - SOON_MS - 1
  chores.look()
  chores.look()
  assert.equal(told(), 0)
  world.now = due - SOON_MS + 1
  chores.look()
  assert.equal(told(), 0, 'the round has as many as it may')
  chores.look()
  assert.equal(told(), ALERTS.length)
  chores.look()
  chores.look()
  assert.equal(told(), ALERTS.length, 'once')
})

test('what nobody confirms, answers or renews expires when its time is up, and not before', async (t) => {
  const { world, chores } = await openChores(t)
  const { parts } = world
  const filed = await world.desk.file(claimOf('+12125550121'), VISITOR)
  assert.ok(filed.kind === 'filed')
  const asked = await world.confirmed('+12125550122')
  await world.office.ask(asked, 'Who agreed?', WORKER)
  const answered = await world.confirmed('+12125550123')
  await world.office.ask(answered, 'Who agreed?', WORKER)
  await world.office.answer(answered, 'Our patients.', WORKER)
  const lifted = await world.confirmed('+12125550124')
  await world.lifted(lifted, '+12125550124', { until: world.now + 30 * DAY_MS })
  const forever = await world.confirmed('+12125550125')
  await world.lifted(forever, '+12125550125')
  const start = world.now
  const statuses = () => [filed.case, asked, answered, lifted, forever].map((id) => world.cases.read(id)?.found.status)

  for (const [after, expected] of [
    [parts.terms.confirmWithinMs, ['unconfirmed', 'waiting-for-claimant', 'open', 'lifted', 'lifted']],
    [parts.terms.confirmWithinMs + 1, ['expired', 'waiting-for-claimant', 'open', 'lifted', 'lifted']],
    [parts.terms.answerWithinMs, ['expired', 'waiting-for-claimant', 'open', 'lifted', 'lifted']],
    [parts.terms.answerWithinMs + 1, ['expired', 'expired', 'open', 'lifted', 'lifted']],
    [30 * DAY_MS - 1, ['expired', 'expired', 'open', 'lifted', 'lifted']],
    [30 * DAY_MS, ['expired', 'expired', 'open', 'expired', 'lifted']],
  ] as const) {
    world.now = start + after
    chores.look()
    assert.deepEqual(statuses(), expected, String(after))
  }
  const seen = world.kinds(asked).length
  chores.look()
  assert.equal(world.kinds(asked).length, seen, 'once')
})

test('kept long enough, a closed case is erased with its files; an open one and a younger one are not', async (t) => {
  const { world, chores } = await openChores(t)
  const old = await world.confirmed(NUMBER)
  const open = await world.confirmed('+12125550118')
  for (const id of [old, open]) {
    const added = await world.desk.addEvidence(world.cases.statusToken(id), LETTER, VISITOR)
    assert.equal(added.kind, 'added')
  }
  await world.office.withdraw(old, 'It was a mistake.', WORKER)
  const closed = world.now
  world.now += DAY_MS
  const young = await world.confirmed('+12125550119')
  await world.office.withdraw(young, 'It was a mistake.', WORKER)
  const nameOf = (id: string) => world.cases.read(id)?.found.claim.claimant.name
  assert.equal(readdirSync(world.evidence).length, 2)

  world.now = closed + KEEP_MS - 1
  chores.look()
  assert.equal(nameOf(old), 'Ann')
  world.now = closed + KEEP_MS + 3_600_000
  chores.look()
  assert.notEqual(nameOf(old), 'Ann')
  assert.equal(nameOf(open), 'Ann')
  assert.equal(nameOf(young), 'Ann')
  const [left] = world.cases.read(open)!.found.evidence
  assert.deepEqual(readdirSync(world.evidence), [left!.id])
  assert.ok(existsSync(join(world.evidence, left!.id)))
  assert.equal(world.cases.read(old)?.found.status, 'withdrawn')
})

async function openChores(t: Parameters<typeof openDeskWorld>[0]) {
  const world = await openDeskWorld(t)
  const overdue: string[] = []
  const chores = startDeskChores(world.parts, {
    alerts: () => ALERTS,
    keepMs: () => KEEP_MS,
    overdue: (id) => void overdue.push(id),
    eraseRegistrations: () => ({ registrations: 0, files: [] }),
  })
  t.after(() => chores.close())
  return { world, chores, overdue }
}

function alerts(world: DeskWorld) {
  return world.mails().filter(({ purpose }) => purpose === 'alert')
}

function claimOf(number: string) {
  const claimant = {
    name: 'Ann',
    email: 'ann@caller.example',
    organisation: undefined,
    tel: undefined,
    acts: 'for-itself',
  } as const
  return { receipts: [], numbers: [number], calls: [], claimant, purpose: 'Reminders', changed: '', webhook: undefined }
}

const VISITOR = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }
const LETTER = { name: 'letter.pdf', type: 'application/pdf', octets: Buffer.from('%PDF-1.7 x') }
