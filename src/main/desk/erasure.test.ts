import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import {
  type Stepped,
  addEvidence,
  confirmRegistration,
  openRegistration,
  withdrawRegistration,
} from '#core/registry/steps.ts'
import type { RegistryChange } from '#core/registry/registry-change.ts'
import { KEEP_MAIL_MS, WAIT_MOST_MS } from '#edge/store/desk-store.ts'
import { openRegistryStore } from '#edge/store/registry-store.ts'
import { openDeskWorld, WORKER } from '../../../test/desk-world.ts'
import { startDeskChores } from './desk-chores.ts'
import { STRANGERS_MOST, SWEEP_EVERY_MS, YOUNG_MS } from './sweep-evidence.ts'

const NUMBER = '+12125550117'
const OTHER = '+12125550118'
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const KEEP_MS = 730 * DAY_MS

test('what gates were told names nobody once it was over for as long as is kept; the rows and their places stay', async (t) => {
  const { world, chores, sql } = await openChores(t)
  const ended = await world.confirmed(NUMBER)
  await world.lifted(ended, NUMBER)
  const decided = world.store.events(ended).find(({ kind }) => kind === 'decided')!.seq
  await world.office.correct(ended, decided, 'the wrong clinic', WORKER)
  const ran = await world.confirmed(OTHER)
  await world.lifted(ran, OTHER, { until: world.now + DAY_MS })
  const forever = await world.confirmed('+12125550119')
  await world.lifted(forever, '+12125550119')
  const start = world.now
  const numbers = () => sql('SELECT number FROM standing ORDER BY id').map(({ number }) => number)
  const places = sql('SELECT id, changed FROM standing ORDER BY id')
  assert.deepEqual(numbers(), [NUMBER, OTHER, '+12125550119'])

  for (const [now, left] of [
    [start + KEEP_MS, [NUMBER, OTHER, '+12125550119']],
    [start + KEEP_MS + HOUR_MS, [null, OTHER, '+12125550119']],
    [start + DAY_MS + KEEP_MS, [null, OTHER, '+12125550119']],
    [start + DAY_MS + KEEP_MS + HOUR_MS, [null, null, '+12125550119']],
  ] as const) {
    world.now = now
    chores.look()
    assert.deepEqual(numbers(), left, String(now - start))
  }
  assert.deepEqual(sql('SELECT id, changed FROM standing ORDER BY id'), places)
  assert.equal(world.store.liftsOn('+12125550119', world.now).length, 1, 'what is in force stays in force')
  assert.deepEqual(world.alarms, [])
})

test('a message that waits for 14 days is given up and counted, and deleted 90 days later; an alert that left is not kept longer', async (t) => {
  const { world, chores, sql } = await openChores(t)
  const id = await world.confirmed(NUMBER)
  assert.ok(sql("SELECT 1 FROM mail WHERE state = 'waiting'").length >= 2, 'nobody sends mail here')
  const start = world.now
  await world.office.withdraw(id, 'It was a mistake.', WORKER)
  const states = () => [...new Set(sql('SELECT state FROM mail').map(({ state }) => state))]
  const many = sql('SELECT 1 FROM mail').length

  for (const [now, expected, counted] of [
    [start + WAIT_MOST_MS, ['waiting'], 0],
    [start + WAIT_MOST_MS + HOUR_MS, ['given-up'], many],
    [start + WAIT_MOST_MS + HOUR_MS + KEEP_MAIL_MS, ['given-up'], many],
    [start + WAIT_MOST_MS + 2 * HOUR_MS + KEEP_MAIL_MS, [], many],
  ] as const) {
    world.now = now
    chores.look()
    assert.deepEqual(states(), expected, String(now - start))
    assert.equal(chores.figures.mailsGivenUp, counted)
  }
})

test('an erased case takes its messages with it, whatever became of them; those of another case stay', async (t) => {
  const { world, chores, sql } = await openChores(t, 10 * DAY_MS)
  const old = await world.confirmed(NUMBER)
  await world.office.withdraw(old, 'It was a mistake.', WORKER)
  const closed = world.now
  world.now += DAY_MS
  const young = await world.confirmed(OTHER)
  const threads = () => [...new Set(sql('SELECT thread FROM mail ORDER BY id').map(({ thread }) => thread))]
  assert.deepEqual(threads(), [old, young])
  world.now = closed + 10 * DAY_MS
  chores.look()
  assert.deepEqual(threads(), [old, young])
  world.now += HOUR_MS
  chores.look()
  assert.deepEqual(threads(), [young])
})

test('an address is forgotten once its cases are erased and no registration has it, and not a moment before', async (t) => {
  const { world, chores, registry, sql } = await openChores(t)
  const [one, two] = [await world.confirmed(NUMBER), await world.confirmed(OTHER)]
  await world.confirmed('+12125550119')
  await registered(registry, world.now, 'a12125550118@caller.example')
  await world.office.withdraw(one, 'It was a mistake.', WORKER)
  await world.office.withdraw(two, 'It was a mistake.', WORKER)
  const start = world.now
  const addresses = () => sql('SELECT address FROM mail_address ORDER BY address').map(({ address }) => address)
  const all = ['a12125550117@caller.example', 'a12125550118@caller.example', 'a12125550119@caller.example']
  assert.deepEqual(addresses(), all)
  world.now = start + KEEP_MS
  chores.look()
  assert.deepEqual(addresses(), all)
  world.now = start + KEEP_MS + HOUR_MS
  chores.look()
  assert.deepEqual(addresses(), all.slice(1), 'a registration and an open case still have theirs')
})

test('a registration that ended is erased with its files when it was kept long enough; one that goes on is not', async (t) => {
  const { world, chores, registry, sql } = await openChores(t)
  const ended = await registered(registry, world.now, 'ann@clinic.example')
  const live = await registered(registry, world.now, 'bea@bank.example')
  const file = { id: 'E'.repeat(22), name: 'deed.pdf', type: 'application/pdf', octets: 3, hash: 'ab' }
  const step = (made: Stepped) => recorded(registry, made as RegistryChange)
  step(addEvidence(registry.known(ended)!, file, world.now, TERMS))
  world.parts.files.write(file.id, Buffer.from('abc'))
  step(withdrawRegistration(registry.known(ended)!, 'moved', undefined, world.now, TERMS))
  const end = world.now
  const said = (id: string) => JSON.stringify(registry.known(id)!.events)

  world.now = end + KEEP_MS
  chores.look()
  assert.match(said(ended), /ann@clinic\.example/)
  assert.deepEqual(readdirSync(world.evidence), [file.id])
  world.now = end + KEEP_MS + HOUR_MS
  chores.look()
  assert.doesNotMatch(said(ended), /ann@clinic|Clinic|\+1212|deed/)
  assert.match(said(live), /bea@bank\.example/)
  assert.deepEqual(readdirSync(world.evidence), [])
  const view = sql('SELECT status, legalName, mail, erasedAt FROM registration_view ORDER BY registration')
  assert.deepEqual({ ...view[0] }, { status: 'withdrawn', legalName: '', mail: '', erasedAt: world.now })
  assert.equal(view[1]!['mail'], 'bea@bank.example')
  assert.deepEqual(sql(`SELECT 1 FROM registration_token WHERE registration = 1`), [])
  assert.deepEqual(sql(`SELECT 1 FROM mail WHERE thread = '${ended}'`), [])
  assert.equal(registry.erase(world.now, world.now, 10).registrations, 0, 'once')
  assert.deepEqual(world.alarms, [])
})

test('a file that no event names is removed a day after it was written; one that a case or a registration names stays', async (t) => {
  const { world, chores, registry } = await openChores(t)
  const id = await world.confirmed(NUMBER)
  const upload = { name: 'letter.pdf', type: 'application/pdf', octets: Buffer.from('%PDF-1.7 x') }
  const added = await world.desk.addEvidence(world.cases.statusToken(id), upload, VISITOR)
  assert.ok(added.kind === 'added')
  const registration = await registered(registry, world.now, 'ann@clinic.example')
  const deed = { id: 'D'.repeat(22), name: 'deed.pdf', type: 'application/pdf', octets: 3, hash: 'ab' }
  recorded(registry, addEvidence(registry.known(registration)!, deed, world.now, TERMS) as RegistryChange)
  const [old, young] = ['O'.repeat(22), 'Y'.repeat(22)]
  for (const name of [deed.id, old, young]) world.parts.files.write(name, Buffer.from('abc'))
  writeFileSync(join(world.evidence, 'README'), 'not ours')
  world.now += SWEEP_EVERY_MS
  const date = (name: string, at: number) => utimesSync(join(world.evidence, name), at / 1000, at / 1000)
  for (const name of [added.file.id, deed.id, old]) date(name, world.now - YOUNG_MS - 1000)
  date(young, world.now - YOUNG_MS + 1000)
  const left = () => readdirSync(world.evidence).toSorted()
  const all = [added.file.id, deed.id, old, young, 'README'].toSorted()
  assert.deepEqual(left(), all)
  chores.look()
  assert.deepEqual(
    left(),
    all.filter((name) => name !== old),
  )

  world.now += SWEEP_EVERY_MS - 1
  chores.look()
  assert.ok(left().includes(young), 'it is looked at once a day')
  world.now += 1
  chores.look()
  assert.deepEqual(
    left(),
    all.filter((name) => name !== old && name !== young),
  )
  assert.deepEqual(world.alarms, [])
})

test('a folder that looks like that of another store is left alone, and an alarm says so', async (t) => {
  const { world, chores } = await openChores(t)
  mkdirSync(world.evidence, { recursive: true })
  for (let count = 0; count <= STRANGERS_MOST; count++) {
    const path = join(world.evidence, String(count).padStart(22, '0'))
    writeFileSync(path, 'x')
    utimesSync(path, 1_000_000, 1_000_000)
  }
  world.now += SWEEP_EVERY_MS
  chores.look()
  assert.equal(readdirSync(world.evidence).length, STRANGERS_MOST + 1)
  assert.match(String(world.alarms), /the folder of another store\? Nothing was removed; see desk\.evidence/)
  world.parts.files.remove('0'.repeat(22))
  world.now += SWEEP_EVERY_MS
  chores.look()
  assert.deepEqual(readdirSync(world.evidence), [])
})

async function openChores(t: TestContext, keepMs = KEEP_MS) {
  const world = await openDeskWorld(t)
  const registry = openRegistryStore(`sqlite:${world.path}`)
  const db = new DatabaseSync(world.path)
  const chores = startDeskChores(world.parts, {
    alerts: () => [],
    keepMs: () => keepMs,
    overdue: () => undefined,
    eraseRegistrations: (before, at, limit) => registry.erase(before, at, limit),
  })
  t.after(() => {
    chores.close()
    db.close()
    registry.close()
  })
  return { world, chores, registry, sql: (text: string) => db.prepare(text).all() }
}

type Registry = ReturnType<typeof openRegistryStore>

let made = 0
async function registered(registry: Registry, at: number, email: string): Promise<string> {
  const id = `R${String(++made).padStart(21, '0')}`
  const token = (purpose: string) => ({ token: id, hash: `${purpose}-${id}` })
  const business = { ...BUSINESS, email }
  const opening = {
    id,
    way: 'page',
    business,
    lines: [LINE],
    status: token('s'),
    confirm: token('c'),
    by: undefined,
  } as const
  recorded(registry, openRegistration(opening, at, TERMS) as RegistryChange)
  recorded(registry, confirmRegistration(registry.known(id)!, token('f'), at, TERMS) as RegistryChange)
  return id
}

function recorded(registry: Registry, change: RegistryChange): void {
  assert.ok('events' in change, JSON.stringify(change))
  assert.equal(
    registry.record(change, () => undefined),
    'recorded',
  )
}

const BUSINESS = {
  legalName: 'Clinic Ltd',
  contact: 'Ann',
  tel: undefined,
  site: 'https://clinic.example',
  purpose: 'reminders',
  callsPerDay: 7,
  provider: 'Carrier',
}
const LINE = { line: 1, span: { first: '+12125550190', last: '+12125550190' }, label: '' }
const TERMS = {
  public: 'https://desk.example',
  operator: 'Northwire',
  termMs: 365 * DAY_MS,
  proofMs: 365 * DAY_MS,
  confirmWithinMs: 2 * DAY_MS,
}
const VISITOR = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }
