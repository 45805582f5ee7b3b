import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { parseParty } from '#core/call/party.ts'
import type { Decision, LiftScope } from '#core/redress/decision.ts'
import type { VolumeRule } from '#core/rules/policy.ts'
import type { CallBlock } from '#edge/store/call-reader.ts'
import { sampleBlock } from '#edge/store/contract-samples.ts'
import { DESK_START_MS, openDeskWorld, POLICY, WORKER } from '../../../test/desk-world.ts'
import { EVIDENCE_FILES_MAX } from './evidence.ts'
import { CHALLENGE_MS, CHALLENGES_MAX, challengeCase } from './desk.ts'
import { judgeToday } from './today.ts'

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

test('a preview has the words of the message, and not the link by which the claimant acts', async (t) => {
  const world = await openDeskWorld(t)
  const id = await world.confirmed(NUMBER)
  const { status } = world.cases.terms(id)!

  const preview = await world.office.preview(id, LIFT)

  assert.ok(preview.kind === 'preview' && preview.mail !== undefined)
  assert.match(preview.mail.text, /The page of your case: .*\/c\/…/)
  assert.ok(!JSON.stringify(preview).includes(status))
})

test('a lift of many numbers has one of the case among them, or is refused', async (t) => {
  const world = await openDeskWorld(t)
  const id = await world.confirmed('+12125550150')
  const lift = (scope: LiftScope): Decision => ({
    outcome: 'lift',
    lifts: [{ scope, until: undefined, attestation: undefined, rule: undefined }],
    reason: 'wanted calls',
  })
  const TRIED: readonly (readonly [scope: LiftScope, isTaken: boolean])[] = [
    [{ kind: 'range', first: '+12125550150', last: '+12125550199' }, true],
    [{ kind: 'range', first: '+12125550100', last: '+12125550150' }, true],
    [{ kind: 'range', first: '+12125550151', last: '+12125550199' }, false],
    [{ kind: 'range', first: '+12125550100', last: '+12125550149' }, false],
    [{ kind: 'range', first: '+1212555010', last: '+1212555019' }, false],
    [{ kind: 'block', prefix: '+1212555' }, true],
    [{ kind: 'block', prefix: '+1212556' }, false],
  ]
  for (const [scope, isTaken] of TRIED) {
    const preview = await world.office.preview(id, lift(scope))
    assert.equal(preview.kind, isTaken ? 'preview' : 'refused', JSON.stringify(scope))
    if (preview.kind === 'refused') assert.equal(preview.field, 'lifts[0].scope')
  }
})

test('who upholds one case while a lift of another still lets its number through is told, before and after', async (t) => {
  const world = await openDeskWorld(t)
  const other = await world.confirmed(NUMBER)
  const id = await world.confirmed(NUMBER)
  const decision: Decision = {
    outcome: 'uphold',
    reason: 'Nobody wants them.',
    evidence: ['calls'],
    next: 'Ask again.',
  }
  const alone = await world.office.preview(id, decision)
  assert.ok(alone.kind === 'preview')
  assert.deepEqual(alone.stillLifted, [])

  await world.lifted(other, NUMBER)
  world.now += 1_000
  const preview = await world.office.preview(id, decision)
  assert.ok(preview.kind === 'preview')
  assert.deepEqual(preview.stillLifted, [{ number: NUMBER, case: other, until: undefined }])
  const lift = await world.office.preview(id, LIFT)
  assert.deepEqual(lift.kind === 'preview' && lift.stillLifted, [], 'it lets the number through itself')
  const done = await world.office.decide(id, decision, undefined, WORKER)
  assert.ok(done.kind === 'done')
  assert.equal(done.notes?.length, 1)
  assert.match(done.notes[0]!, new RegExp(`\\${NUMBER} are still let through, without an end: case ${other} lifted it`))

  assert.equal((await world.office.reopen(other, 'the same campaign', WORKER)).kind, 'done')
  const last = await world.office.decide(other, decision, undefined, WORKER)
  assert.deepEqual([last.kind, last.kind === 'done' && last.notes], ['done', undefined], 'its own lift ends with it')
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

test('a lift of a rule that the policy in force does not have, or that no lift reaches, is refused with what was meant', async (t) => {
  const world = await openDeskWorld(t)
  const id = await world.confirmed(NUMBER)
  await world.office.prove(id, { number: NUMBER, way: 'letter', detail: 'signed' }, WORKER)
  const before = world.kinds(id)
  const liftOf = (rule: string): Decision => {
    const lift = { scope: { kind: 'number', number: NUMBER }, until: undefined, attestation: undefined } as const
    return {
      outcome: 'lift',
      lifts: [
        { ...lift, rule: 'volume' },
        { ...lift, rule },
      ],
      reason: 'Wanted.',
    }
  }
  for (const [rule, problem] of [
    ['volum', /has no rule volum: expected one of volume, volume-2; did you mean volume\?$/],
    ['volume-3', /has no rule volume-3: expected one of volume, volume-2; did you mean volume-2\?$/],
    ['zzz', /has no rule zzz: expected one of volume, volume-2$/],
    ['no-such-number', /a lift does not reach the rule no-such-number: it is not of analytics: expected one of volume/],
  ] as const) {
    for (const refused of [
      await world.office.decide(id, liftOf(rule), undefined, WORKER),
      await world.office.preview(id, liftOf(rule)),
    ]) {
      assert.ok(refused.kind === 'refused' && refused.field === 'lifts[1].rule', JSON.stringify(refused))
      assert.match(refused.problem, problem)
    }
  }
  assert.deepEqual(world.kinds(id), before)
  assert.equal((await world.office.preview(id, liftOf('volume-2'))).kind, 'preview')
  assert.equal((await world.office.decide(id, liftOf('volume-2'), undefined, WORKER)).kind, 'done')
})

test('what is to be dialled from one number is never the same for two cases, a registration among them', async (t) => {
  const world = await openDeskWorld(t)
  const [one, two, other] = [
    await world.confirmed(NUMBER),
    await world.confirmed(NUMBER),
    await world.confirmed('+12125550118'),
  ]
  const give = (id: string, number: string, ...drawn: number[]) => {
    const draw = (below: number): number => {
      assert.equal(below, 10_000)
      return drawn.length > 1 ? drawn.shift()! : drawn[0]!
    }
    const given = challengeCase({ ...world.parts, draw }, world.cases, id, number, WORKER)
    return 'dial' in given ? given.dial : given
  }
  assert.equal(give(one, NUMBER, 7), '+180055501420007')
  assert.equal(give(two, NUMBER, 7, 7, 8), '+180055501420008')
  assert.equal(give(other, '+12125550118', 7), '+180055501420007', 'from another number it is another call')

  const three = await world.confirmed(NUMBER)
  const full = give(three, NUMBER, 7)
  assert.ok(typeof full === 'object' && full.kind === 'refused' && /quarter of an hour/.test(full.problem))
  assert.deepEqual(world.store.challenges(three, world.now), [])
  const db = new DatabaseSync(world.path)
  db.prepare(
    'INSERT INTO registration_challenge (registration, number, dial, "from", until) VALUES (1, ?, ?, ?, ?)',
  ).run(NUMBER, '+180055501420009', world.now, world.now + 60_000)
  db.close()
  assert.equal(give(three, NUMBER, 9, 3), '+180055501420003')

  world.now += CHALLENGE_MS + 1
  assert.equal(give(three, NUMBER, 7), '+180055501420007', 'once its time is over it can be given again')
})

test('the evidence of a case shows so many of its blocks, the first that were named', async (t) => {
  const world = await openDeskWorld(t)
  const receipts = Array.from({ length: 60 }, (_, index) =>
    world.parts.ring().seal({
      atMs: world.now + index,
      calling: parseParty(NUMBER),
      called: parseParty('+14155550163'),
      rule: 1,
      transaction: { high: index, low: index },
    }),
  )
  const claimant = {
    name: 'Ann',
    email: undefined,
    organisation: undefined,
    tel: undefined,
    acts: 'for-itself',
  } as const
  const claim = { receipts, numbers: [], calls: [], claimant, purpose: 'x', changed: '', webhook: undefined }
  const opened = await world.office.open({ way: 'letter', claim }, WORKER)
  assert.ok(opened.kind === 'opened')
  const evidence = await world.office.evidence(opened.case)
  assert.deepEqual(
    evidence?.blocks.map(({ receipt }) => receipt),
    receipts.slice(0, 50),
  )
})

test('a number to dial that another process gives out meanwhile is not recorded a second time', async (t) => {
  const world = await openDeskWorld(t)
  const [one, two] = [await world.confirmed(NUMBER), await world.confirmed(NUMBER)]
  const challenge = { number: NUMBER, dial: '+180055501420007', from: world.now, until: world.now + CHALLENGE_MS }
  const record = (id: string) =>
    world.store.record({
      at: world.now,
      events: [],
      mails: [],
      standing: [],
      ended: [],
      audit: [],
      challenges: [{ ...challenge, case: id }],
    })
  assert.deepEqual([record(one), record(two)], ['recorded', 'behind'])
  assert.deepEqual(world.store.challenged(NUMBER, challenge.dial, world.now), [one])
})

test('reading a list of blocked calls names the request that it was read for, or that there is none', async (t) => {
  const world = await openDeskWorld(t)
  const check = { by: WORKER, identity: 'portal' } as const
  const ask = async (wants: 'blocked-list' | 'opt-out', number: string) => {
    const wish = { wants, number, caller: undefined, email: 'sue@home.example', name: 'Sue', token: undefined }
    const visitor = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }
    const filed = await world.desk.subscriber(wish, visitor)
    assert.ok(filed.kind === 'filed', filed.kind)
    return filed.case
  }
  const read = async () => {
    await world.office.blockedList('+14155550163', world.now, check)
    return trailOf(world.path, 'blocked-list-read').at(-1)!
  }
  const wish = await ask('opt-out', '+14155550163')
  await world.desk.confirm(world.cases.confirmToken(wish).token)
  await ask('blocked-list', '+14155550164')
  const none = await read()
  assert.equal(none.subject, 'blocked list')
  assert.equal(none.detail['request'], 'none: no case of the subscriber asks for it')
  const id = await ask('blocked-list', '+14155550163')
  assert.equal((await read()).subject, 'blocked list', 'nobody has confirmed it')
  await world.desk.confirm(world.cases.confirmToken(id).token)
  const { subject, detail } = await read()
  assert.equal(subject, `case ${id}`)
  assert.deepEqual(detail, { identity: 'portal', request: id, calls: 0 })
  assert.doesNotMatch(JSON.stringify(trailOf(world.path, 'blocked-list-read')), /415555/)
})

test('what the policy of today would say is computed where the call says all, and else says what would be needed', () => {
  const [volume] = POLICY.rules
  const block = blockOf({ rule: 'volume' })
  const counted = judgeToday(block, POLICY, false)
  assert.ok(counted.kind === 'unknown', JSON.stringify(counted))
  assert.match(counted.why, /^the rule volume is in force, .* counts the calls from its number in the 10 min before/)
  const wide = judgeToday(blockOf({ rule: 'volume-2' }), POLICY, false)
  assert.ok(wide.kind === 'unknown' && wide.why.includes('its block of numbers'))
  for (const [title, policy, isLifted] of [
    ['lifted', POLICY, true],
    ['gone', { ...POLICY, rules: POLICY.rules.slice(1) }, false],
    ['shadow', { ...POLICY, rules: [{ ...(volume as VolumeRule), mode: 'shadow' as const }] }, false],
  ] as const)
    assert.deepEqual(judgeToday(block, policy, isLifted), { kind: 'allow' }, title)
  const invalid = judgeToday(blockOf({ rule: 'volume', calling: NUMBER }), POLICY, false)
  assert.ok(invalid.kind === 'block' && invalid.rule === 'no-such-number' && invalid.isLifted === undefined)
  const spared = judgeToday(blockOf({ rule: 'volume', calling: NUMBER }), POLICY, true)
  assert.ok(spared.kind === 'block' && spared.isLifted === true, 'what a lift may spare is told with it')
})

function blockOf({ rule, calling = '+12129430117' }: { rule: string; calling?: string }): CallBlock {
  const { at, attestation, personal } = { ...sampleBlock(1, { calling }), at: DESK_START_MS, attestation: 'A' as const }
  const open = { at, rule, cause: 'analytics', program: 'opt-out', attestation, peer: 'edge' }
  return { open, personal, isReleased: false } as unknown as CallBlock
}

function trailOf(path: string, action: string): { subject: string; detail: Record<string, unknown> }[] {
  const db = new DatabaseSync(path, { readOnly: true })
  const rows = db.prepare('SELECT subject, detail FROM audit WHERE action = ? ORDER BY id').all(action)
  db.close()
  return rows.map((row) => ({
    subject: String(row['subject']),
    detail: JSON.parse(String(row['detail'])) as Record<string, unknown>,
  }))
}

function audited(path: string, action: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true })
  const rows = db.prepare('SELECT detail FROM audit WHERE action = ?').all(action)
  db.close()
  return rows.map((row) => String(row['detail']))
}
