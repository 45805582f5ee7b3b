import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { Decision } from '#core/redress/decision.ts'
import { openDeskWorld, WORKER } from '../../../test/desk-world.ts'
import { EVIDENCE_FILES_MAX } from './evidence.ts'
import { CHALLENGES_MAX } from './desk.ts'

const NUMBER = '+12125550117'
const LIFT: Decision = {
  outcome: 'lift',
  lifts: [{ scope: { kind: 'number', number: NUMBER }, until: undefined, attestation: undefined, rule: undefined }],
  reason: 'Wanted.',
}

test('a lift without proof is refused, and nothing changes; with a reason it is done, and the reason is kept', async (t) => {
  const world = await openDeskWorld(t)
  const { office } = world
  const id = await world.confirmed(NUMBER)
  const before = world.kinds(id)
  for (const override of [undefined, '', '  ']) {
    const refused = await office.decide(id, LIFT, override, WORKER)
    assert.ok(refused.kind === 'refused' && refused.field === 'override', JSON.stringify(refused))
  }
  assert.deepEqual(world.kinds(id), before)
  assert.deepEqual(world.store.standingOf(id), [])
  assert.deepEqual(audited(world.path, 'case-decided'), [])

  assert.equal((await office.decide(id, LIFT, 'Known to us for years.', WORKER)).kind, 'done')
  assert.equal(world.store.standingOf(id).length, 1)
  const notes = world.store
    .events(id)
    .flatMap((event) => (event.kind === 'updated' && event.data.what === 'note' ? [event.data.text] : []))
  assert.deepEqual(notes, ['Lifted without proof: Known to us for years.'])
  const [entry] = audited(world.path, 'case-decided')
  assert.match(entry!, /"withoutProof":1/)
})

test('a number that nobody has dialled yet proves nothing; a letter does, and then no reason is asked for', async (t) => {
  const world = await openDeskWorld(t)
  const id = await world.confirmed(NUMBER)
  const call = await world.office.challenge(id, NUMBER, WORKER)
  assert.ok('dial' in call)
  assert.equal((await world.office.decide(id, LIFT, undefined, WORKER)).kind, 'refused')
  await world.office.prove(id, { number: NUMBER, way: 'letter', detail: 'signed' }, WORKER)
  assert.equal((await world.office.decide(id, LIFT, undefined, WORKER)).kind, 'done')
  assert.match(audited(world.path, 'case-decided')[0]!, /"withoutProof":0/)
})

test('correcting the decision takes its lift back; correcting something else leaves it', async (t) => {
  const world = await openDeskWorld(t)
  const id = await world.confirmed(NUMBER)
  await world.office.note(id, 'a wrong note', WORKER)
  await world.lifted(id, NUMBER)
  const placeOf = (kind: string) => world.store.events(id).find((event) => event.kind === kind)!.seq
  const note = world.store.events(id).find((event) => event.kind === 'updated' && event.data.what === 'note')!.seq

  assert.equal((await world.office.correct(id, note, 'another case', WORKER)).kind, 'done')
  assert.equal(world.store.liftsOn(NUMBER, world.now + 1).length, 1)
  assert.equal((await world.office.correct(id, placeOf('decided'), 'the wrong case', WORKER)).kind, 'done')
  assert.equal(world.store.liftsOn(NUMBER, world.now + 1).length, 0)
  const found = world.cases.read(id)!.found
  assert.deepEqual([found.status, found.decision, found.effect], ['open', undefined, undefined])
  for (const place of [placeOf('decided'), placeOf('opened'), 99])
    assert.equal((await world.office.correct(id, place, 'again', WORKER)).kind, 'refused', String(place))
})

test('a closed case is opened again and decided anew; what the decision before gave ends with the next', async (t) => {
  const world = await openDeskWorld(t)
  const id = await world.confirmed(NUMBER)
  assert.equal((await world.office.reopen(id, 'not closed', WORKER)).kind, 'refused')
  await world.lifted(id, NUMBER)
  const [first] = world.store.standingOf(id)
  assert.equal((await world.office.reopen(id, 'blocked again', WORKER)).kind, 'done')
  assert.equal(world.cases.read(id)?.found.status, 'open')
  assert.ok(world.cases.read(id)?.found.due)
  assert.deepEqual(
    world.store.liftsOn(NUMBER, world.now + 1).map((lift) => lift.id),
    [first!.id],
  )

  world.now += 60_000
  const decision: Decision = {
    outcome: 'uphold',
    reason: 'Nobody wants them.',
    evidence: ['calls'],
    next: 'Ask again.',
  }
  assert.equal((await world.office.decide(id, decision, undefined, WORKER)).kind, 'done')
  assert.equal(world.cases.read(id)?.found.status, 'upheld')
  assert.deepEqual(world.store.liftsOn(NUMBER, world.now + 1), [])
})

test('who has seen an older state of the case changes nothing', async (t) => {
  const world = await openDeskWorld(t)
  const id = await world.confirmed(NUMBER)
  const seen = world.cases.read(id)!.found.seq
  assert.equal((await world.office.note(id, 'first', WORKER, seen)).kind, 'done')
  assert.deepEqual(await world.office.note(id, 'second', WORKER, seen), { kind: 'changed', seq: seen + 1 })
  assert.equal(world.cases.read(id)!.found.seq, seen + 1)
  assert.equal((await world.office.note(id, 'second', WORKER, seen + 1)).kind, 'done')
})

test('files and numbers to dial end at their limits, and are counted', async (t) => {
  const world = await openDeskWorld(t)
  const id = await world.confirmed(NUMBER)
  const token = world.cases.statusToken(id)
  const visitor = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }
  const add = (octets: Buffer) => world.desk.addEvidence(token, { name: 'a.txt', type: 'text/plain', octets }, visitor)
  assert.equal((await add(Buffer.alloc(5 * 1024 * 1024 + 1, 'x'))).kind, 'refused')
  for (let count = 0; count < EVIDENCE_FILES_MAX; count++) assert.equal((await add(Buffer.from('x'))).kind, 'added')
  assert.equal((await add(Buffer.from('x'))).kind, 'refused')
  assert.equal(world.parts.admission.figures.files, 2)

  const numbers = Array.from(
    { length: CHALLENGES_MAX + 1 },
    (_, index) => `+121255502${String(index).padStart(2, '0')}`,
  )
  const claimant = {
    name: 'Ann',
    email: undefined,
    organisation: undefined,
    tel: '+12125550100',
    acts: 'for-itself',
  } as const
  const claim = { receipts: [], numbers, calls: [], claimant, purpose: '', changed: '', webhook: undefined }
  const opened = await world.office.open({ way: 'telephone', claim }, WORKER)
  assert.ok(opened.kind === 'opened')
  const given = []
  for (const number of numbers) given.push('dial' in (await world.office.challenge(opened.case, number, WORKER)))
  assert.deepEqual(given, [...Array.from({ length: CHALLENGES_MAX }, () => true), false])
  assert.equal(world.parts.admission.figures.challenges, 1)
})

test('a case is opened once for a key of an account; the same key with anything else is refused, and opens nothing', async (t) => {
  const world = await openDeskWorld(t)
  const claimant = {
    name: 'Ann',
    email: undefined,
    organisation: undefined,
    tel: undefined,
    acts: 'for-itself',
  } as const
  const claim = { receipts: [], numbers: [NUMBER], calls: [], claimant, purpose: '', changed: '', webhook: undefined }
  const opening = { way: 'letter', claim, once: 'key' } as const
  const first = await world.office.open(opening, WORKER)
  assert.ok(first.kind === 'opened')
  assert.deepEqual(await world.office.open(structuredClone(opening), WORKER), first)
  const request = { wants: 'opt-out', number: NUMBER, caller: undefined, isVouched: true } as const
  for (const other of [
    { ...opening, way: 'mail' },
    { ...opening, claim: { ...claim, purpose: 'Reminders' } },
    { ...opening, claim: { ...claim, claimant: { ...claimant, name: 'Eve' } } },
    { ...opening, claim: { ...claim, receipts: ['A'.repeat(64)] } },
    { ...opening, request },
  ] as const)
    assert.deepEqual(await world.office.open(other, WORKER), { kind: 'key-reused' }, JSON.stringify(other))
  assert.equal(world.store.waiting(), 1)
  for (const [other, by] of [
    [{ ...opening, once: 'another' }, WORKER],
    [{ ...opening, once: undefined }, WORKER],
    [opening, { name: 'Ann', account: 'ann' }],
  ] as const) {
    const opened = await world.office.open(other, by)
    assert.ok(opened.kind === 'opened' && opened.case !== first.case)
  }
})

function audited(path: string, action: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true })
  const rows = db.prepare('SELECT detail FROM audit WHERE action = ?').all(action)
  db.close()
  return rows.map((row) => String(row['detail']))
}
