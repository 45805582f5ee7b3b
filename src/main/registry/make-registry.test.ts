import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readNumberLines } from '#core/registry/number-lines.ts'
import { readRegistration } from '#core/registry/registration.ts'
import { ITEMS } from '#core/registry/vetting.ts'
import { readAudit } from '#edge/store/audit.ts'
import { openRegistryStore } from '#edge/store/registry-store.ts'
import { readStandingFrom } from '#edge/store/standing-store.ts'
import { StoreError } from '#edge/store/store-error.ts'
import { LINKS_MAX, type RegistryParts, type RegistryRoom, makeRegistry } from './make-registry.ts'
import { OPENED_PER_MAILBOX } from './intake-limits.ts'

test('an approved business with a proven number is told to gates, and a withdrawal takes it back at once', async (t) => {
  const desk = openDesk(t)
  const clinic = await desk.open('clinic', '+12125550117')
  assert.deepEqual(desk.standing(), [], 'nobody has looked at it')

  await desk.approve(clinic.id)
  assert.deepEqual(desk.standing(), [], 'approved, but control of the number was not shown')

  await desk.prove(clinic.token, '+12125550117')
  assert.deepEqual(desk.standing(), ['+12125550117'])
  const view = await desk.view(clinic.token)
  assert.equal(view.status, 'approved')
  assert.equal(view.counts.registered, 1)

  await desk.room.registry.withdraw(clinic.token, 'moved', VISITOR)
  assert.deepEqual(desk.standing(), [])
  assert.equal((await desk.view(clinic.token)).status, 'withdrawn')
})

test('nothing is approved while a line of the checklist is open or failed', async (t) => {
  const desk = openDesk(t)
  const { id } = await desk.open('clinic', '+12125550117')
  for (const item of ITEMS.slice(1)) await desk.room.vetting.vet(id, item, 'passed', 'seen', ANN)
  assert.match(problemOf(await desk.room.vetting.approve(id, 'fine', ANN)), /identity/)
  await desk.room.vetting.vet(id, 'identity', 'failed', 'no such name in the register', ANN)
  assert.match(problemOf(await desk.room.vetting.approve(id, 'fine', ANN)), /identity/)
  await desk.room.vetting.vet(id, 'identity', 'passed', 'found it under its old name', ANN)
  assert.equal((await desk.room.vetting.approve(id, 'fine', ANN)).kind, 'done')
})

test('before the address is confirmed nothing can be approved, no mail but one leaves, and a wrong link tells nothing', async (t) => {
  const desk = openDesk(t)
  const opened = await desk.room.registry.open(
    { way: 'page', fields: fields('clinic'), numbers: '+12125550117', faultyLines: 'refuse' },
    VISITOR,
  )
  assert.ok(opened.kind === 'opened')
  for (const item of ITEMS) await desk.room.vetting.vet(opened.id, item, 'passed', 'seen', ANN)
  assert.match(problemOf(await desk.room.vetting.approve(opened.id, 'fine', ANN)), /confirmed/)
  assert.deepEqual(
    desk.mails().map(({ purpose }) => purpose),
    ['confirm'],
  )
  assert.doesNotMatch(desk.mails()[0]!.text, /clinic/i, 'nothing that a stranger typed stands in it')
  assert.deepEqual(await desk.room.registry.confirm('A'.repeat(22)), { kind: 'unknown' })
  assert.deepEqual(
    await desk.room.registry.confirm(opened.token),
    { kind: 'unknown' },
    'the private link is another one',
  )
  assert.equal(await desk.room.registry.status('A'.repeat(22)), undefined)
})

test('who only claims a number takes it from nobody; who proves it too stops both, until a person settles it', async (t) => {
  const desk = openDesk(t)
  const old = await desk.open('clinic', '+12125550117\n+12125550118')
  await desk.approve(old.id)
  for (const number of ['+12125550117', '+12125550118']) await desk.prove(old.token, number)
  const both = ['+12125550117', '+12125550118']
  assert.deepEqual(desk.standing(), both)

  const rival = await desk.open('rival', '+12125550100..+12125550117')
  assert.deepEqual(desk.standing(), both, 'a claim alone changes nothing')
  assert.equal(
    desk.mailsTo('clinic').filter(({ subject }) => subject.includes('claimed')).length,
    1,
    'the old owner is told',
  )
  assert.equal((await desk.view(rival.token)).numbers[0]!.proof, 'none', 'and the new one is told nothing of it')

  await desk.approve(rival.id)
  assert.deepEqual(desk.standing(), both)
  await desk.prove(rival.token, '+12125550117')
  assert.deepEqual(desk.standing(), ['+12125550118'], 'for neither, until it is settled')
  assert.equal((await desk.view(old.token)).numbers[0]!.proof, 'disputed')

  const page = await desk.room.vetting.list({ disputed: true }, undefined, 10)
  assert.deepEqual(page.registrations.map(({ id }) => id).toSorted(), [old.id, rival.id].toSorted())
  const settled = await desk.room.vetting.settle(rival.id, '+12125550117', old.id, true, 'ported on the 3rd', ANN)
  assert.equal(settled.kind, 'done')
  assert.deepEqual(desk.standing(), both, 'it is the new one’s now')
  assert.deepEqual(
    (await desk.view(old.token)).numbers.map(({ numbers }) => numbers),
    ['+12125550118'],
  )
  assert.equal((await desk.room.vetting.list({ disputed: true }, undefined, 10)).registrations.length, 0)
})

test('a dispute ends when one of the two gives the number up', async (t) => {
  const desk = openDesk(t)
  const [one, other] = [await desk.open('clinic', '+12125550117'), await desk.open('rival', '+12125550117')]
  for (const { id, token } of [one, other]) {
    await desk.approve(id)
    await desk.prove(token, '+12125550117')
  }
  assert.deepEqual(desk.standing(), [])
  await desk.room.registry.removeNumbers(other.token, '+12125550117', VISITOR)
  assert.deepEqual(desk.standing(), ['+12125550117'])
})

test('a number that is handed over has to be proved by who takes it', async (t) => {
  const desk = openDesk(t)
  const [giver, taker] = [await desk.open('clinic', '+12125550117'), await desk.open('heir', '+12125550200')]
  for (const { id } of [giver, taker]) await desk.approve(id)
  await desk.prove(giver.token, '+12125550117')
  assert.equal((await desk.room.registry.take(taker.token, giver.id, VISITOR)).kind, 'refused', 'nothing was offered')
  assert.equal((await desk.room.registry.offer(giver.token, '+12125550117', taker.id, VISITOR)).kind, 'done')
  assert.deepEqual(desk.standing(), ['+12125550117'], 'an offer changes nothing')
  assert.deepEqual((await desk.view(taker.token)).offered, [{ from: giver.id, numbers: ['+12125550117'] }])
  assert.equal((await desk.room.registry.take(taker.token, giver.id, VISITOR)).kind, 'done')
  assert.deepEqual(desk.standing(), [])
  await desk.prove(taker.token, '+12125550117')
  assert.deepEqual(desk.standing(), ['+12125550117'])
  assert.equal((await desk.view(giver.token)).counts.lines, 0)
})

test('claims end by themselves, their holder is reminded once before, and renewing goes on where it was', async (t) => {
  const desk = openDesk(t)
  const clinic = await desk.open('clinic', '+12125550117')
  await desk.approve(clinic.id)
  await desk.prove(clinic.token, '+12125550117')
  assert.equal(desk.room.attend(), 0)
  desk.clock.now += 336 * DAY_MS
  assert.ok(desk.room.attend() > 0)
  desk.room.attend()
  desk.room.attend()
  const reminders = desk.mailsTo('clinic').filter(({ subject }) => /ends soon|again/.test(subject))
  assert.equal(reminders.length, 2, 'one of the registration, one of its proofs')
  assert.equal((await desk.room.registry.renew(clinic.token, VISITOR)).kind, 'done')
  desk.clock.now += 40 * DAY_MS
  assert.equal((await desk.view(clinic.token)).status, 'approved')
  assert.equal((await desk.view(clinic.token)).numbers[0]!.proof, 'lapsed', 'control has to be shown anew')
  assert.deepEqual(desk.standing(), [])
  await desk.prove(clinic.token, '+12125550117')
  assert.deepEqual(desk.standing(), ['+12125550117'])
  desk.clock.now += 400 * DAY_MS
  desk.room.attend()
  assert.equal((await desk.view(clinic.token)).status, 'expired')
  assert.deepEqual(desk.standing(), [])
})

test('a call that nobody vouches for proves nothing; a call from another number is nobody’s', async (t) => {
  const desk = openDesk(t)
  const clinic = await desk.open('clinic', '+12125550117')
  const challenge = await desk.room.registry.challenge(clinic.token, '+1 212 555 0117', VISITOR)
  assert.ok('dial' in challenge)
  const call = {
    calling: '+12125550117',
    called: challenge.dial,
    at: desk.clock.now,
    strength: 'hint',
    detail: 'B',
  } as const
  assert.equal(desk.room.noteCall({ ...call, calling: '+12125550118' }), false)
  assert.equal(desk.room.noteCall(call), true)
  assert.equal((await desk.view(clinic.token)).numbers[0]!.proof, 'none')
  assert.equal(desk.room.noteCall({ ...call, strength: 'full' }), true)
  assert.equal((await desk.view(clinic.token)).numbers[0]!.proof, 'proven')
  assert.equal(desk.room.noteCall({ ...call, strength: 'full' }), false, 'a challenge is met once')
  const foreign = await desk.room.registry.challenge(clinic.token, '+12125559999', VISITOR)
  assert.equal('kind' in foreign && foreign.kind, 'refused')
})

test('in a range a call shows one number, a letter shows all', async (t) => {
  const desk = openDesk(t)
  const { id, token } = await desk.open('clinic', '+12125550100..+12125550199')
  await desk.approve(id)
  await desk.prove(token, '+12125550142')
  assert.deepEqual(desk.standing(), ['+12125550142'])
  await desk.room.vetting.prove(id, 'letter', '', 'signed by its director, provider called back', ANN)
  assert.deepEqual(desk.standing(), ['+12125550100..+12125550199'])
})

test('suspending takes facts back, a correction of it brings them again, and the trail tells who did what', async (t) => {
  const desk = openDesk(t)
  const { id, token } = await desk.open('clinic', '+12125550117')
  await desk.approve(id)
  await desk.prove(token, '+12125550117')
  await desk.room.vetting.suspend(id, 'complaints', ANN)
  assert.deepEqual(desk.standing(), [])
  const file = await desk.room.vetting.registration(id)
  const seq = file!.events.findLast(({ kind }) => kind === 'suspended')!.seq
  assert.equal(
    (await desk.room.vetting.correct(id, 1, 'no', ANN)).kind,
    'refused',
    'what was asked for is no mistake of ours',
  )
  assert.equal((await desk.room.vetting.correct(id, seq, 'the wrong business', ANN)).kind, 'done')
  assert.deepEqual(desk.standing(), ['+12125550117'])
  const actions = desk.audit().map(({ action, by }) => `${action} ${by.name}`)
  for (const action of ['registry-approved', 'registry-suspended', 'registry-corrected'])
    assert.ok(actions.includes(`${action} ann`), action)
  assert.doesNotMatch(JSON.stringify(desk.audit()), /\+1212/, 'no telephone number stands in the trail')
})

test('another name is another business: it is looked at again, and until then nothing is registered', async (t) => {
  const desk = openDesk(t)
  const { id, token } = await desk.open('clinic', '+12125550117')
  await desk.approve(id)
  await desk.prove(token, '+12125550117')
  await desk.room.registry.change(token, { ...fields('clinic'), contact: 'Bea Poe' }, VISITOR)
  assert.deepEqual(desk.standing(), ['+12125550117'], 'another contact is the holder’s own affair')
  await desk.room.registry.change(token, { ...fields('clinic'), legalName: 'Gold Ltd' }, VISITOR)
  assert.deepEqual(desk.standing(), [])
  assert.equal((await desk.view(token)).status, 'waiting')
})

test('ten thousand lines are taken with a report, come out as CSV and read back the same', async (t) => {
  const desk = openDesk(t)
  const { token, id } = await desk.open('clinic', '+12125550117')
  const many = Array.from({ length: 9_999 }, (_, index) => `+1312${String(5_000_000 + index)},,=label ${index}`)
  const added = await desk.room.registry.addNumbers(token, [...many, 'nonsense', '+12125550117'].join('\n'), VISITOR)
  assert.ok(added.kind === 'taken')
  assert.deepEqual([added.report.added, added.report.there, added.report.faults.length], [9_999, 1, 1])
  const csv = await desk.room.registry.numbersCsv(token)
  const read = readNumberLines(csv!)
  assert.deepEqual(read.faults, [])
  assert.equal(read.lines.length, 10_000)
  assert.equal(read.lines[1]!.label, '=label 0')
  assert.equal((await desk.room.registry.addNumbers(token, '+14155550100', VISITOR)).kind, 'refused', 'no more lines')
  await desk.room.vetting.prove(id, 'letter', '', 'seen', ANN)
  await desk.approve(id)
  assert.equal(desk.standing().length, 10_000)
})

test('a form sent twice opens one registration and is told the same, however often; another content opens another', async (t) => {
  const desk = openDesk(t)
  const from = { ...VISITOR, once: 'k'.repeat(22) }
  const application = (numbers: string) =>
    ({ way: 'page', fields: fields('clinic'), numbers, faultyLines: 'refuse' }) as const
  const first = await desk.room.registry.open(application('+12125550117'), from)
  assert.ok(first.kind === 'opened')
  for (let count = 0; count <= OPENED_PER_MAILBOX.burst; count++)
    assert.deepEqual(await desk.room.registry.open(application('+12125550117'), from), first)
  assert.equal(desk.mails().length, 1)
  assert.equal((await desk.view(first.token)).id, first.id)
  assert.notEqual(first.id, first.token)
  const other = await desk.room.registry.open(application('+12125550118'), from)
  assert.ok(other.kind === 'opened' && other.id !== first.id && other.token !== first.token)
  const unkeyed = [application('+12125550117'), application('+12125550117')].map((one) =>
    desk.room.registry.open({ ...one, fields: fields('rival') }, VISITOR),
  )
  const ids = (await Promise.all(unkeyed)).map((opened) => (opened.kind === 'opened' ? opened.id : opened.kind))
  assert.equal(new Set(ids).size, 2, 'without a key nothing says that it is the same')
})

test('with lines that cannot be used nothing is opened, unless they are to be left out', async (t) => {
  const desk = openDesk(t)
  const application = { way: 'page', fields: fields('clinic'), numbers: '+12125550117\nnonsense' } as const
  const refused = await desk.room.registry.open({ ...application, faultyLines: 'refuse' }, VISITOR)
  assert.ok(refused.kind === 'faults')
  assert.deepEqual([refused.faults.length, refused.report.added, refused.report.faults.length], [0, 0, 1])
  assert.equal(desk.mails().length, 0)
  const opened = await desk.room.registry.open({ ...application, faultyLines: 'leave-out' }, VISITOR)
  assert.ok(opened.kind === 'opened')
  assert.deepEqual([opened.report.added, opened.report.faults.length], [1, 1])
})

test('approved twice it is approved once; looked at again since, it is approved anew', async (t) => {
  const desk = openDesk(t)
  const { id } = await desk.open('clinic', '+12125550117')
  await desk.approve(id)
  const count = async () => (await desk.room.vetting.registration(id))!.events.length
  const [events, mails] = [await count(), desk.mails().length]
  const again = await desk.room.vetting.approve(id, 'all seen', ANN)
  assert.ok(again.kind === 'done' && /^approved already, until \d{4}-\d\d-\d\d$/.test(again.note ?? ''))
  assert.deepEqual([await count(), desk.mails().length], [events, mails])
  await desk.approve(id)
  assert.equal(await count(), events + ITEMS.length + 1)
})

test('a step on what was seen is not taken over somebody who is faster, not even in the same moment', async (t) => {
  let between: (() => void) | undefined
  const desk = openDesk(t, {
    watch: (store) =>
      new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name, target) as unknown
          if (typeof value !== 'function') return value
          return (...words: unknown[]) => {
            const before = name === 'record' ? between : undefined
            if (before !== undefined) between = undefined
            before?.()
            return Reflect.apply(value, target, words) as unknown
          }
        },
      }),
  })
  const { id } = await desk.open('clinic', '+12125550117')
  const { vetting } = desk.room
  const seq = async () => (await vetting.registration(id))!.registration.seq
  const seen = await seq()
  between = () => void vetting.note(id, 'somebody phoned', { name: 'Bo', account: 'bo' })
  assert.deepEqual(await vetting.refuse(id, ['no such business'], 'write', { ...ANN, seen }), {
    kind: 'changed',
    seq: seen + 1,
  })
  assert.equal(await seq(), seen + 1, 'only the note is there')
  between = () => void vetting.note(id, 'somebody phoned again', { name: 'Bo', account: 'bo' })
  assert.equal((await vetting.note(id, 'x', ANN)).kind, 'done', 'who names no event is put behind')
  assert.equal(await seq(), seen + 3)
  const added = await vetting.addNumbers(id, '+12125550118', { ...ANN, seen }, 'refuse')
  assert.deepEqual(added, { kind: 'changed', seq: seen + 3 })
  assert.equal((await vetting.note(id, 'y', { ...ANN, seen: seen + 3 })).kind, 'done')
})

test('a question and an answer that come twice count once, and so does a file', async (t) => {
  const desk = openDesk(t)
  const { id, token } = await desk.open('clinic', '+12125550117')
  const { registry, vetting } = desk.room
  const count = async (kind: string) =>
    (await vetting.registration(id))!.events.filter((event) => event.kind === kind).length
  for (const _ of [1, 2]) assert.equal((await vetting.ask(id, 'Who dials?', ANN)).kind, 'done')
  assert.equal(desk.mails().filter(({ text }) => text.includes('Who dials?')).length, 1)
  for (const _ of [1, 2]) assert.equal((await registry.answer(token, 'We do.', VISITOR)).kind, 'done')
  assert.deepEqual([await count('asked'), await count('answered')], [1, 1])
  await vetting.ask(id, 'Who dials?', ANN)
  await registry.answer(token, 'We do.', VISITOR)
  assert.deepEqual([await count('asked'), await count('answered')], [2, 2], 'asked again later, it is answered again')

  const upload = { name: 'a.pdf', type: 'application/pdf', octets: Buffer.from('%PDF-1.7 x') }
  const [first, second] = [
    await registry.addEvidence(token, upload, VISITOR),
    await registry.addEvidence(token, upload, VISITOR),
  ]
  assert.ok(first.kind === 'added' && second.kind === 'added')
  assert.equal(first.file.id, second.file.id)
  await registry.addEvidence(token, { ...upload, octets: Buffer.from('%PDF-1.7 y') }, VISITOR)
  assert.deepEqual([await count('evidence'), desk.written()], [2, 2])
})

test('who presses the button of the first message again comes to the same page, and gets no other link or mail', async (t) => {
  const desk = openDesk(t)
  const opened = await desk.room.registry.open(
    { way: 'page', fields: fields('clinic'), numbers: '+12125550117', faultyLines: 'refuse' },
    VISITOR,
  )
  assert.ok(opened.kind === 'opened')
  const token = /confirm\/([A-Za-z0-9_-]{22})/.exec(desk.mails()[0]!.text)![1]!
  assert.equal(await desk.room.registry.isConfirmed(token), false)
  const first = await desk.room.registry.confirm(token)
  assert.ok(first.kind === 'confirmed')
  const known = [token, first.token, 'A'.repeat(22)].map((one) => desk.room.registry.isConfirmed(one))
  assert.deepEqual(await Promise.all(known), [true, false, false])
  const mails = desk.mails().length
  for (const _ of [1, 2, 3]) assert.deepEqual(await desk.room.registry.confirm(token), first)
  assert.equal(desk.mails().length, mails)
  assert.equal((await desk.view(first.token)).status, 'waiting')
  assert.notEqual(first.token, token)
})

test('somebody inside adds lines, takes them off and withdraws; with lines that cannot be used nothing is added', async (t) => {
  const desk = openDesk(t)
  const { id, token } = await desk.open('clinic', '+12125550117')
  const { vetting } = desk.room
  const lines = async () => (await desk.view(token)).numbers.map(({ numbers }) => numbers)
  const refused = await vetting.addNumbers(id, '+12125550118\nnonsense\n+1', ANN, 'refuse')
  assert.ok(refused.kind === 'faults')
  assert.deepEqual(
    refused.report.faults.map(({ line }) => line),
    [2, 3],
  )
  assert.deepEqual(await lines(), ['+12125550117'])
  const added = await vetting.addNumbers(id, '+12125550117\n+12125550118\nnonsense', ANN, 'leave-out')
  assert.ok(added.kind === 'taken')
  assert.deepEqual([added.report.added, added.report.there, added.report.faults.length], [1, 1, 1])
  await vetting.addNumbers(id, '+12125550200,+12125550299', ANN, 'refuse')
  const across = await vetting.addNumbers(id, '+12125550250,+12125550350', ANN, 'refuse')
  assert.ok(across.kind === 'faults', 'a line that cuts through another is none that can be used')
  assert.equal((await lines()).length, 3)
  assert.equal((await vetting.removeNumbers(id, '+12125550118', ANN)).kind, 'done')
  assert.equal((await vetting.removeNumbers(id, '+12125550118', ANN)).kind, 'refused')
  assert.equal((await lines()).length, 2)
  assert.equal((await vetting.withdraw(id, 'asked for', ANN)).kind, 'done')
  const actions: string[] = desk.audit().map(({ action }) => action)
  for (const action of ['registry-numbers-added', 'registry-numbers-removed', 'registry-withdrawn'])
    assert.ok(actions.includes(action), action)
})

test('a mailbox, a mail domain and an address are heard so many times an hour', async (t) => {
  const desk = openDesk(t)
  for (let count = 0; count < OPENED_PER_MAILBOX.burst; count++)
    assert.equal(
      (
        await desk.room.registry.open(
          { way: 'api', fields: fields('clinic'), numbers: '', faultyLines: 'leave-out' },
          VISITOR,
        )
      ).kind,
      'opened',
    )
  const more = await desk.room.registry.open(
    { way: 'api', fields: fields('clinic'), numbers: '', faultyLines: 'leave-out' },
    VISITOR,
  )
  assert.ok(more.kind === 'limited' && more.of === 'mail-address')
  assert.equal(
    (
      await desk.room.registry.open(
        { way: 'api', fields: fields('other'), numbers: '', faultyLines: 'leave-out' },
        VISITOR,
      )
    ).kind,
    'opened',
  )
})

test('a lost link is sent to the mailbox only, and asking tells nothing', async (t) => {
  const desk = openDesk(t)
  await desk.open('clinic', '+12125550117')
  const before = desk.mails().length
  assert.deepEqual(await desk.room.registry.relink('nobody@else.example', VISITOR), { kind: 'done' })
  assert.equal(desk.room.sendLinks(), 0)
  assert.equal(desk.mails().length, before)
  for (const mail of ['Ann@Clinic.example', ' ann@clinic.example'])
    assert.deepEqual(await desk.room.registry.relink(mail, VISITOR), { kind: 'done' })
  assert.deepEqual([desk.room.sendLinks(), desk.room.sendLinks()], [1, 0])
  assert.equal(desk.mails().length, before + 1)
  const token = /\/g\/([A-Za-z0-9_-]{22})/.exec(desk.mails().at(-1)!.text)![1]!
  assert.equal((await desk.view(token)).business.legalName, 'clinic Ltd')
})

test('asking for a lost link is answered before the store is asked, whoever asks, and what the store does not take is sent later', async (t) => {
  const asked: string[] = []
  const alarms: unknown[] = []
  let isAway = false
  const desk = openDesk(t, {
    alarm: (cause) => void alarms.push(cause),
    watch: (store) =>
      new Proxy(store, {
        get(target, name) {
          const value = Reflect.get(target, name, target) as unknown
          if (typeof value !== 'function') return value
          return (...words: unknown[]) => {
            asked.push(String(name))
            if (isAway) throw new StoreError('failed', 'the disk is full')
            return Reflect.apply(value, target, words) as unknown
          }
        },
      }),
  })
  await desk.open('clinic', '+12125550117')
  const before = desk.mails().length
  assert.ok(asked.includes('record'), 'the store is watched')
  asked.length = 0
  for (const mail of ['ann@clinic.example', 'nobody@else.example', 'no address', 'a'.repeat(300)])
    assert.deepEqual(await desk.room.registry.relink(mail, VISITOR), { kind: 'done' })
  assert.deepEqual(asked, [])

  isAway = true
  assert.equal(desk.room.sendLinks(), 0)
  assert.equal(alarms.length, 1)
  isAway = false
  assert.equal(desk.room.sendLinks(), 1)
  assert.equal(desk.mails().length, before + 1)
  assert.equal(asked.filter((name) => name === 'findByMail').length, 3, 'what is no address is nobody’s')
})

test('only so many mailboxes wait for a link; one more is told to come again, and it is counted', async (t) => {
  const desk = openDesk(t)
  const ask = (count: number) =>
    desk.room.registry.relink(`ann@clinic${count}.example`, { ...VISITOR, address: `192.0.2.${count % 250}` })
  for (let count = 0; count < LINKS_MAX; count++) assert.equal((await ask(count)).kind, 'done')
  assert.deepEqual([(await ask(LINKS_MAX)).kind, desk.room.figures.full], ['full', 1])
  desk.room.sendLinks()
  assert.equal((await ask(LINKS_MAX)).kind, 'done')
})

test('a file of evidence that is refused is not written, whether by the number of files or by how often one asks', async (t) => {
  const desk = openDesk(t)
  const { token } = await desk.open('clinic', '+12125550117')
  let sent = 0
  const add = () => {
    const upload = { name: 'a.pdf', type: 'application/pdf', octets: Buffer.from(`%PDF-1.7 ${sent++}`) }
    return desk.room.registry.addEvidence(token, upload, VISITOR)
  }
  const kinds: string[] = []
  for (let tries = 0; tries < 150; tries++) kinds.push((await add()).kind)
  assert.deepEqual([...new Set(kinds)], ['added', 'refused', 'limited'])
  const added = kinds.filter((kind) => kind === 'added').length
  assert.deepEqual([desk.written(), desk.files.size], [added, added])
})

test('how a registration stands follows from its events alone', async (t) => {
  const desk = openDesk(t)
  const { id, token } = await desk.open('clinic', '+12125550117')
  await desk.approve(id)
  await desk.prove(token, '+12125550117')
  const events = desk.store.known(id)!.events
  assert.ok(events.length >= 10)
  assert.deepEqual(readRegistration(structuredClone(events), desk.clock.now), readRegistration(events, desk.clock.now))
  assert.equal(readRegistration(events.slice(1), desk.clock.now), undefined, 'the first event opens it')
})

const VISITOR = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }
const ANN = { name: 'ann', account: 'ann' }
const DAY_MS = 86_400_000

type Around = {
  readonly alarm?: RegistryParts['alarm']
  /** What stands between the registry and its store. */
  readonly watch?: (store: RegistryParts['store']) => RegistryParts['store']
}

function openDesk(t: TestContext, { alarm, watch }: Around = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-registry-'))
  const path = join(folder, 'recourse.db')
  const store = openRegistryStore(`sqlite:${path}`)
  const db = new DatabaseSync(path)
  t.after(() => {
    db.close()
    store.close()
    rmSync(folder, { recursive: true })
  })
  const clock = { now: Date.parse('2026-11-22T12:00:00Z') }
  let dialled = 0
  let written = 0
  const files = new Set<string>()
  const room: RegistryRoom = makeRegistry({
    store: watch?.(store) ?? store,
    terms: {
      public: 'https://desk.example',
      operator: 'Northwire',
      termMs: 365 * DAY_MS,
      proofMs: 365 * DAY_MS,
      confirmWithinMs: 2 * DAY_MS,
    },
    plan: { country: 1, national: 10, international: '011' },
    now: () => clock.now,
    assignDial: () => `+1800555${String(1000 + dialled++)}`,
    keepEvidence: async ({ name, type, octets }) => {
      const id = String(written++).padStart(22, 'E')
      files.add(id)
      return { id, name, type, octets: octets.length, hash: hash('sha256', octets) }
    },
    removeEvidence: ({ id }) => void files.delete(id),
    readEvidence: async () => undefined,
    alarm: alarm ?? ((cause) => assert.fail(String(cause))),
  })
  const mails = () =>
    db
      .prepare('SELECT recipient, subject, text, purpose FROM mail ORDER BY id')
      .all()
      .map((row) => ({
        to: String(row['recipient']),
        subject: String(row['subject']),
        text: String(row['text']),
        purpose: String(row['purpose']),
      }))
  const view = async (token: string) => {
    const found = await room.registry.status(token)
    assert.ok(found !== undefined)
    return found
  }
  return {
    room,
    files,
    written: () => written,
    store,
    clock,
    mails,
    view,
    mailsTo: (who: string) => mails().filter(({ to }) => to === `ann@${who}.example`),
    standing: () =>
      [...readStandingFrom(db, clock.now)]
        .flatMap(({ standing }) => {
          if (standing?.kind !== 'registered') return []
          const { scope } = standing
          return scope.kind === 'range'
            ? [`${scope.first}..${scope.last}`]
            : scope.kind === 'number'
              ? [scope.number]
              : []
        })
        .toSorted(),
    audit: () => readAudit(db, {}, 1000),
    /** A registration whose address is confirmed. */
    async open(who: string, numbers: string) {
      const opened = await room.registry.open(
        { way: 'page', fields: fields(who), numbers, faultyLines: 'refuse' },
        VISITOR,
      )
      assert.ok(opened.kind === 'opened', JSON.stringify(opened))
      const mail = mails().findLast(({ to, purpose }) => to === `ann@${who}.example` && purpose === 'confirm')!
      const confirmed = await room.registry.confirm(/confirm\/([A-Za-z0-9_-]{22})/.exec(mail.text)![1]!)
      assert.ok(confirmed.kind === 'confirmed')
      return { id: opened.id, token: confirmed.token }
    },
    async approve(id: string) {
      for (const item of ITEMS) await room.vetting.vet(id, item, 'passed', 'seen', ANN)
      assert.deepEqual(await room.vetting.approve(id, 'all seen', ANN), { kind: 'done' })
    },
    async prove(token: string, number: string) {
      const challenge = await room.registry.challenge(token, number, VISITOR)
      assert.ok('dial' in challenge, JSON.stringify(challenge))
      const call = {
        calling: number,
        called: challenge.dial,
        at: clock.now,
        strength: 'full',
        detail: 'attested A',
      } as const
      assert.equal(room.noteCall(call), true)
    },
  }
}

function fields(who: string) {
  return {
    legalName: `${who} Ltd`,
    contact: 'Ann Lee',
    email: `ann@${who}.example`,
    tel: '',
    site: `https://${who}.example`,
    purpose: 'Reminders of appointments',
    callsPerDay: '250',
    provider: 'Northwire',
  }
}

function problemOf(done: object): string {
  return 'problem' in done ? String(done.problem) : JSON.stringify(done)
}
