import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { parseParty } from '#core/call/party.ts'
import type { NewMail } from '#core/redress/change.ts'
import type { Claim } from '#core/redress/claim.ts'
import type { Filed, SubscriberRequest, Visitor } from '#core/redress/desk.ts'
import { REOPENINGS_MAX } from '#core/redress/steps.ts'
import { confirmAddress, insertMail, markSent, takeMail } from '#edge/store/mail-store.ts'
import type { Config } from '#main/config/config.ts'
import { PER_NUMBER_FROM } from './admission.ts'
import { createDesk } from './desk.ts'
import { type DeskRoom, openDeskRoom } from './desk-room.ts'
import { checkEvidence } from './evidence.ts'

const VISITOR: Visitor = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }
const PORTAL = 'portal-secret'
const RECEIPT_FACTS = {
  atMs: Date.now(),
  called: parseParty('+14155550163'),
  rule: 1,
  transaction: { high: 1, low: 2 },
}

test('a claim that is sent again is the same case; with another text it is another', async (t) => {
  const { desk } = open(t)
  const from = { ...VISITOR, once: 'k'.repeat(22) }
  const first = filed(await desk.file(claimOf(1), from))
  assert.deepEqual(filed(await desk.file(claimOf(1), from)), first)
  assert.notEqual(filed(await desk.file(claimOf(2), from)).case, first.case)
})

test('links lead where they are for, and nothing of a link stands in the store', async (t) => {
  const { desk, path, cases } = open(t)
  const { case: id, token } = filed(await desk.file(claimOf(1), VISITOR))
  assert.equal((await desk.status(token))?.status, 'unconfirmed')
  const confirm = cases.confirmToken(id).token
  assert.equal(await desk.status(confirm), undefined)
  assert.deepEqual(await desk.confirm(token), { kind: 'unknown' })
  assert.deepEqual([await desk.isConfirmed(confirm), await desk.isConfirmed(token)], [false, false])
  assert.deepEqual(await desk.confirm(confirm), { kind: 'confirmed', token })
  const known = [confirm, token, 'A'.repeat(22), ''].map((one) => desk.isConfirmed(one))
  assert.deepEqual(await Promise.all(known), [true, false, false, false])
  assert.deepEqual(await desk.confirm(confirm), { kind: 'confirmed', token }, 'a second click')
  assert.equal((await desk.status(token))?.status, 'open')
  assert.equal(await desk.status('A'.repeat(22)), undefined)
  assert.deepEqual(await desk.answer('A'.repeat(22), 'x', VISITOR), { kind: 'unknown' })
  const db = new DatabaseSync(path)
  const tokens = JSON.stringify(db.prepare('SELECT * FROM case_token').all())
  db.close()
  assert.ok(!tokens.includes(id) && !tokens.includes(token) && !tokens.includes(confirm))
})

test('what the store cannot take is told as not saved, and nothing of it is there', async (t) => {
  const { desk, path, store } = open(t)
  const db = new DatabaseSync(path)
  db.exec('BEGIN IMMEDIATE')
  const answer = await desk.file(claimOf(1), VISITOR)
  db.exec('ROLLBACK')
  db.close()
  assert.equal(answer.kind, 'unsaved')
  assert.deepEqual([store.waiting(), store.unconfirmed()], [0, 0])
  assert.equal((await desk.file(claimOf(1), VISITOR)).kind, 'filed')
})

test('the link of the first message is good for 48 hours to the moment, and for nothing after', async (t) => {
  let now = Date.UTC(2026, 10, 23, 12)
  const { desk, cases } = open(t, {}, () => now)
  const ids = [filed(await desk.file(claimOf(1), VISITOR)).case, filed(await desk.file(claimOf(2), VISITOR)).case]
  const [early, late] = ids.map((id) => cases.confirmToken(id).token)
  now += 48 * 3_600_000 - 1
  assert.equal((await desk.confirm(early!)).kind, 'confirmed')
  now += 2
  assert.equal((await desk.confirm(late!)).kind, 'unknown')
  assert.equal(cases.read(ids[1]!)?.found.isConfirmed, false)
})

test('the first message is sent again twice, with the same link, and no more; a form sent twice sends it once', async (t) => {
  const { desk, cases, path } = open(t)
  const { case: id, token } = filed(await desk.file(claimOf(1), VISITOR))
  const db = new DatabaseSync(path)
  t.after(() => db.close())
  const texts = () =>
    db
      .prepare("SELECT text FROM mail WHERE purpose = 'confirm' ORDER BY id")
      .all()
      .map(({ text }) => String(text))
  const again = (once: string) => desk.resend(token, { ...VISITOR, once })
  assert.deepEqual((await desk.status(token))?.may.includes('resend'), true)
  for (const once of ['a'.repeat(22), 'a'.repeat(22), 'b'.repeat(22)])
    assert.deepEqual(await again(once), { kind: 'done' })
  assert.equal(texts().length, 3)
  assert.equal(new Set(texts()).size, 1, 'the same link and the same time')
  assert.ok(texts()[0]!.includes(cases.confirmToken(id).token))
  const more = await again('c'.repeat(22))
  assert.ok(more.kind === 'refused' && /sent 3 times/.test(more.problem), JSON.stringify(more))
  assert.equal((await desk.resend('A'.repeat(22), VISITOR)).kind, 'unknown')

  await desk.confirm(cases.confirmToken(id).token)
  assert.equal((await desk.status(token))?.may.includes('resend'), false)
  assert.equal(texts().length, 3)
})

test('a full queue says so, and what was accepted stays', async (t) => {
  const { desk, store, cases } = open(t, { queueMax: 2 })
  for (const number of [1, 2]) {
    const { case: id } = filed(await desk.file(claimOf(number), VISITOR))
    assert.equal((await desk.confirm(cases.confirmToken(id).token)).kind, 'confirmed')
  }
  assert.equal((await desk.file(claimOf(3), VISITOR)).kind, 'full')
  assert.equal(store.waiting(), 2)
})

test('a flood of claims that nobody confirms shuts nobody out: the oldest give way, lose nothing, and one with a receipt stays', async (t) => {
  const { desk, store, cases, parts } = open(t, { queueMax: 20 })
  const calling = parseParty('+12125550117')
  const receipt = parts.ring().seal({ ...RECEIPT_FACTS, calling })
  const vouched = filed(await desk.file({ ...claimOf(1), numbers: [], receipts: [receipt] }, VISITOR))
  const early = filed(await desk.file(claimOf(2), VISITOR))
  for (let number = 0; number < 50; number++) {
    const from = { ...VISITOR, address: `198.51.100.${number}`, waited: true }
    filed(await desk.file(claimOf(100 + number), from))
    assert.ok(store.unconfirmed() <= 20)
  }
  assert.deepEqual([store.waiting(), store.unconfirmed(), parts.admission.figures.displaced], [0, 20, 32])
  assert.equal(cases.read(vouched.case)?.found.status, 'unconfirmed')
  assert.equal(cases.read(early.case)?.found.status, 'expired')

  // Somebody clean in the middle of it.
  const clean = { ...VISITOR, address: '203.0.113.77' }
  assert.equal((await desk.file(claimOf(3), clean)).kind, 'work')
  const late = filed(await desk.file(claimOf(3), { ...clean, waited: true }))
  for (const { case: id, token } of [late, early, vouched]) {
    assert.deepEqual(await desk.confirm(cases.confirmToken(id).token), { kind: 'confirmed', token })
    assert.equal((await desk.status(token))?.status, 'open')
  }
  assert.equal(store.waiting(), 3)
})

test('who could not be asked to confirm today is told so when he files, and nothing of it is kept', async (t) => {
  let now = Date.now()
  const { desk, store, path, parts } = open(t, {}, () => now)
  const db = new DatabaseSync(path)
  t.after(() => db.close())
  const mine: Claim = { ...claimOf(1), claimant: { ...claimOf(1).claimant, email: 'Ann@caller.example' } }
  const message = { to: 'ann+x@caller.example', subject: 's', text: 't', thread: 'other', purpose: 'notice' } as const
  for (const address of ['ann+x@caller.example', 'ann@caller.example']) confirmAddress(db, address, now)
  const send = (mail: NewMail): void => {
    insertMail(db, mail, now)
    const taken = takeMail(db, { now, leaseMs: 1_000, domain: 'd.example', perDay: 3, noticesPerDay: 3 })
    markSent(db, taken!.id, now)
  }
  for (let count = 0; count < 2; count++) send({ ...message, purpose: 'confirm' })
  // Notices have a budget of their own.
  send(message)
  send({ ...message, to: 'ann@caller.example', purpose: 'owner', thread: 'owner:x' })
  filed(await desk.file(mine, VISITOR))
  now += 3_600_000
  const answer = await desk.file({ ...mine, numbers: ['+12125550118'] }, VISITOR)
  assert.deepEqual(answer, { kind: 'limited', of: 'mail-address', retryAfterMs: 86_400_000 - 3_600_000 })
  assert.deepEqual([store.unconfirmed(), parts.admission.figures.limitedByMail], [1, 1])
  now += 86_400_000 - 3_600_000
  filed(await desk.file({ ...mine, numbers: ['+12125550118'] }, VISITOR))
})

test('a wish that the portal vouches for is granted at once, one that it does not waits for a person', async (t) => {
  const LINE = '+14155550163'
  const unblock = { wants: 'unblock', caller: '+12125550117' } as const
  for (const [about, wish, token, status] of [
    ['the wish', {}, portalToken({}), 'granted'],
    ['the wish and its caller', unblock, portalToken(unblock), 'granted'],
    ['another number', {}, portalToken({ number: '+14155550199' }), 'open'],
    ['another wish', {}, portalToken({ wants: 'blocked-list' }), 'open'],
    ['another caller', unblock, portalToken({ ...unblock, caller: '+12125550118' }), 'open'],
    ['no caller', unblock, portalToken({ wants: 'unblock' }), 'open'],
    ['refusing the caller', unblock, portalToken({ ...unblock, wants: 'block' }), 'open'],
    ['the number only', {}, signed(`${LINE}.${seconds()}`, seconds()), 'open'],
    ['another secret', {}, portalToken({}, 0, 'guessed'), 'open'],
    ['15 minutes ago', {}, portalToken({}, -15 * 60 + 5), 'granted'],
    ['too long ago', {}, portalToken({}, -15 * 60 - 5), 'open'],
    ['too far ahead', {}, portalToken({}, 15 * 60 + 5), 'open'],
    ['nothing', {}, undefined, 'open'],
    ['no token', {}, 'x', 'open'],
  ] as const) {
    const { desk, cases } = open(t)
    const { case: id, token: link } = filed(await desk.subscriber(wishOf({ ...wish, token }), VISITOR))
    await desk.confirm(cases.confirmToken(id).token)
    assert.equal((await desk.status(link))?.status, status, `a token for ${about}`)
  }
})

test('what the portal hands over is good once, whoever has it; the same request again is the same case', async (t) => {
  const { desk, store, parts } = open(t)
  const token = portalToken({ wants: 'blocked-list' })
  const wish = wishOf({ wants: 'blocked-list', token })
  const from = { ...VISITOR, once: 'k'.repeat(22) }
  const first = filed(await desk.subscriber(wish, from))
  assert.deepEqual(filed(await desk.subscriber(wish, from)), first, 'a retry')
  for (const again of [
    await desk.subscriber({ ...wish, email: 'eve@evil.example' }, { ...VISITOR, address: '198.51.100.1' }),
    await desk.subscriber(wish, { ...from, once: 'm'.repeat(22) }),
    await desk.subscriber(wish, VISITOR),
  ]) {
    assert.ok(again.kind === 'refused' && again.field === 'token', JSON.stringify(again))
    assert.match(again.problem, /used already: go back there/)
  }
  assert.deepEqual([store.unconfirmed(), parts.admission.figures.limitedByNumber], [1, 0])
  const next = { ...wish, token: portalToken({ wants: 'blocked-list' }, -1) }
  assert.notEqual(filed(await desk.subscriber(next, VISITOR)).case, first.case)
})

test('where another process is quicker with the same token, one case is filed and the other is refused', async (t) => {
  const { desk, store, parts } = open(t)
  const wish = wishOf({ token: portalToken({}) })
  // Between looking and recording, each finds nothing.
  const blind = createDesk({
    ...parts,
    store: {
      ...store,
      mark: once<string, string | undefined>(
        () => undefined,
        (name) => store.mark(name),
      ),
    },
  })
  const first = filed(await desk.subscriber(wish, VISITOR))
  const second = await blind.subscriber(wish, VISITOR)
  assert.ok(second.kind === 'refused' && second.field === 'token')
  assert.deepEqual([store.unconfirmed(), (await desk.status(first.token))?.status], [1, 'unconfirmed'])
})

test('the portal that the guide shows makes a token that the desk takes', async (t) => {
  const guide = readFileSync(new URL('../../../docs/desk.md', import.meta.url), 'utf8')
  const secret = /^printf %s '([a-z-]+)' > portal\.secret/m.exec(guide)?.[1]
  const shown = new URL(/^https:.*\/subscriber\?token=.*$/m.exec(guide)?.[0] ?? assert.fail('the guide shows no link'))
  const [token = '', number = '', wants = '', caller = ''] = ['token', 'number', 'wants', 'caller'].map(
    (name) => shown.searchParams.get(name) ?? undefined,
  )
  const { desk, cases } = open(t, { portalSecret: secret }, () => Number(token.split('.')[0]) * 1_000)
  const wish = wishOf({ number, wants: wants as SubscriberRequest['wants'], caller, token })
  const { case: id, token: link } = filed(await desk.subscriber(wish, VISITOR))
  await desk.confirm(cases.confirmToken(id).token)
  assert.equal((await desk.status(link))?.status, 'granted')
})

test('a claim with a receipt is filed where strangers have used up the number', async (t) => {
  const { desk, parts } = open(t, { queueMax: 1_000 })
  const claim = (number: number): Claim => ({ ...claimOf(number), numbers: ['+12125550117'] })
  const claims = PER_NUMBER_FROM.burst
  for (let number = 0; number < claims; number++) filed(await desk.file(claim(number), VISITOR))
  const refused = await desk.file(claim(99), VISITOR)
  assert.ok(refused.kind === 'limited' && refused.of === 'number')
  const calling = parseParty('+12125550117')
  const receipt = parts.ring().seal({ ...RECEIPT_FACTS, calling })
  assert.equal((await desk.file({ ...claim(99), receipts: [receipt] }, VISITOR)).kind, 'filed')
  const other = parts.ring().seal({ ...RECEIPT_FACTS, calling: parseParty('+12125550118') })
  assert.equal((await desk.file({ ...claim(98), receipts: [other] }, VISITOR)).kind, 'limited', 'of another number')
  const forged = await desk.file({ ...claim(97), receipts: ['A'.repeat(64)] }, VISITOR)
  assert.ok(forged.kind === 'refused' && forged.field === 'receipts[0]')
})

test('what a claimant can add to one case has an end, which is told and counted', async (t) => {
  const { desk, cases, parts, office } = open(t)
  const { case: id, token } = filed(await desk.file(claimOf(1), VISITOR))
  await desk.confirm(cases.confirmToken(id).token)
  const from = (count: number): Visitor => ({ ...VISITOR, address: `198.51.${count}.1` })
  for (let count = 0; count < REOPENINGS_MAX; count++) {
    assert.equal((await desk.withdraw(token, 'no', from(count))).kind, 'done')
    assert.equal((await desk.reopen(token, 'yes', from(count))).kind, 'done')
  }
  assert.equal((await desk.withdraw(token, 'no', from(98))).kind, 'done')
  const again = await desk.reopen(token, 'yes', from(99))
  assert.ok(again.kind === 'refused' && again.field === 'reason')
  assert.match(again.problem, /opened again 5 times already: contact us/)
  assert.equal(parts.admission.figures.steps, 1)
  assert.equal((await office.reopen(id, 'we look again', { name: 'Ben', account: 'ben' })).kind, 'done')
  assert.equal((await desk.answer(token, 'unasked', VISITOR)).kind, 'refused')
  assert.equal(parts.admission.figures.steps, 1, 'only what is too much is counted')
})

test('what a claimant does on a case is done once however often it is sent, and its answer is that of the first time', async (t) => {
  const { desk, cases, office, store } = open(t)
  const { case: id, token } = filed(await desk.file(claimOf(1), VISITOR))
  await desk.confirm(cases.confirmToken(id).token)
  await office.ask(id, 'Which calls?', { name: 'Ben', account: 'ben' })
  const keyed = (letter: string): Visitor => ({ ...VISITOR, once: letter.repeat(22) })
  const kinds = () => store.events(id).map(({ kind }) => kind)
  const upload = { name: 'letter.txt', type: 'text/plain', octets: Buffer.from('To whom it may concern') }

  for (const step of [
    () => desk.answer(token, 'All of them', keyed('a')),
    () => desk.addEvidence(token, upload, keyed('b')),
    () => desk.withdraw(token, 'Solved', keyed('c')),
    () => desk.reopen(token, 'Not solved', keyed('d')),
  ]) {
    const before = kinds().length
    const first = await step()
    assert.deepEqual(await step(), first)
    assert.equal(kinds().length, before + 1, kinds().join())
  }
  // Another key is another step; without a key nothing is known again.
  assert.equal((await desk.addEvidence(token, upload, keyed('e'))).kind, 'added')
  assert.equal((await desk.addEvidence(token, upload, VISITOR)).kind, 'added')
  assert.equal(cases.read(id)?.found.evidence.length, 3)
  assert.equal((await desk.withdraw(token, 'Solved again', keyed('f'))).kind, 'done')
  assert.equal((await desk.answer(token, 'Something else', keyed('g'))).kind, 'refused')
})

test('a file is what its octets say, its name harmless, and its size within the limit', () => {
  const pdf = Buffer.from('%PDF-1.7 x')
  assert.deepEqual(checkEvidence({ name: '../../e\r\nvil".exe', type: 'application/pdf', octets: pdf }, 100), {
    name: 'e__vil_.pdf',
    type: 'application/pdf',
  })
  for (const upload of [
    { name: 'a.html', type: 'text/html', octets: Buffer.from('<script>') },
    { name: 'a.pdf', type: 'application/pdf', octets: Buffer.from('<script>') },
    { name: 'a.txt', type: 'text/plain', octets: Buffer.from([0xff, 0xfe, 0]) },
    { name: 'a.pdf', type: 'application/pdf', octets: Buffer.alloc(0) },
    { name: 'a.pdf', type: 'application/pdf', octets: Buffer.concat([pdf, Buffer.alloc(100)]) },
  ])
    assert.ok('problem' in checkEvidence(upload, 100), upload.name)
})

function open(
  t: TestContext,
  desk: Partial<NonNullable<Config['desk']>> = {},
  now = () => Date.now(),
): DeskRoom & { readonly path: string } {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-desk-'))
  const path = join(directory, 'recourse.db')
  const config = {
    operator: { name: 'Northwire' },
    store: { kind: 'sqlite', path },
    policy: { rules: [] },
    desk: {
      public: 'https://desk.northwire.example',
      evidence: join(directory, 'evidence'),
      portalSecret: PORTAL,
      ...desk,
    },
  } as unknown as Config
  const room = openDeskRoom({
    config: () => config,
    receipts: () => ({ keys: new Map([[0, new Uint8Array(32)]]), currentSlot: 0 }),
    holders: () => [],
    now,
    alarm: () => undefined,
  })
  t.after(() => {
    room.close()
    rmSync(directory, { recursive: true })
  })
  return { ...room, path }
}

function claimOf(number: number): Claim {
  const claimant = {
    name: 'Ann',
    email: `ann${number}@caller.example`,
    organisation: undefined,
    tel: undefined,
    acts: 'for-itself',
  } as const
  const numbers = [`+1212555${String(number).padStart(4, '0')}`]
  return { receipts: [], numbers, calls: [], claimant, purpose: 'Reminders', changed: '', webhook: undefined }
}

function filed(answer: Filed): Extract<Filed, { kind: 'filed' }> {
  return answer.kind === 'filed' ? answer : assert.fail(JSON.stringify(answer))
}

function wishOf(wish: Partial<SubscriberRequest>): SubscriberRequest {
  const subscriber = { wants: 'opt-out', number: '+14155550163', caller: undefined, name: 'Sue' } as const
  return { ...subscriber, email: 'sue@home.example', token: undefined, ...wish }
}

function portalToken(wish: Partial<SubscriberRequest>, offsetS = 0, secret = PORTAL): string {
  const { number, wants, caller = '' } = wishOf(wish)
  const at = seconds() + offsetS
  return signed(`${number}.${wants}.${caller}.${at}`, at, secret)
}

function signed(text: string, at: number, secret = PORTAL): string {
  return `${at}.${createHmac('sha256', secret).update(text).digest('hex')}`
}

function seconds(): number {
  return Math.floor(Date.now() / 1000)
}

/** What `first` answers, the first time that anything is asked; from then on what `then` answers. */
function once<Asked, Answer>(first: (asked: Asked) => Answer, then: (asked: Asked) => Answer) {
  let wasAsked = false
  return (asked: Asked): Answer => {
    if (wasAsked) return then(asked)
    wasAsked = true
    return first(asked)
  }
}
