import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Claim } from '#core/redress/claim.ts'
import type { Filed, Visitor } from '#core/redress/desk.ts'
import type { Config } from '#main/config/config.ts'
import { Admission, CALM, PER_NETWORK } from './admission.ts'
import { type DeskRoom, openDeskRoom } from './desk-room.ts'
import { checkEvidence } from './evidence.ts'

const VISITOR: Visitor = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }
const PORTAL = 'portal-secret'

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
  assert.deepEqual(await desk.confirm(confirm), { kind: 'confirmed', token })
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
  assert.equal(store.waiting(), 0)
  assert.equal((await desk.file(claimOf(1), VISITOR)).kind, 'filed')
})

test('a full queue says so, and what was accepted stays', async (t) => {
  const { desk, store } = open(t, { queueMax: 2 })
  for (const number of [1, 2]) filed(await desk.file(claimOf(number), VISITOR))
  assert.equal((await desk.file(claimOf(3), VISITOR)).kind, 'full')
  assert.equal(store.waiting(), 2)
})

test('a wish that the portal vouches for is granted at once, one that it does not waits for a person', async (t) => {
  for (const [token, status] of [
    [portalToken('+14155550163', 0), 'granted'],
    [portalToken('+14155550199', 0), 'open'],
    [portalToken('+14155550163', -16 * 60), 'open'],
    [undefined, 'open'],
  ] as const) {
    const { desk, cases } = open(t)
    const wish = {
      wants: 'opt-out',
      number: '+14155550163',
      caller: undefined,
      email: 'sue@home.example',
      name: 'Sue',
      token,
    } as const
    const { case: id, token: link } = filed(await desk.subscriber(wish, VISITOR))
    await desk.confirm(cases.confirmToken(id).token)
    assert.equal((await desk.status(link))?.status, status, String(token))
  }
})

test('claims are limited by address, number, mail address and domain; nothing is taken by one that is refused', () => {
  const admission = new Admission(new Uint8Array(32))
  const admit = (number: number, from: Partial<Visitor> = {}, now = 0) =>
    admission.admit(claimOf(number), { ...VISITOR, ...from }, 0, 10, now)
  for (let number = 0; number < PER_NETWORK.burst; number++) assert.equal(admit(number), undefined)
  assert.deepEqual(admit(99), { kind: 'limited', of: 'address', retryAfterMs: PER_NETWORK.everyMs })
  assert.equal(admit(99, { address: '192.0.2.8' }), undefined)
  for (let more = 0; more < 3; more++) admit(0, { address: `198.51.100.${more}` })
  assert.equal(admit(0, { address: '198.51.100.9' })?.kind, 'limited')
  assert.equal(admission.figures.limitedByAddress, 1)
  assert.equal(admit(98, {}, PER_NETWORK.everyMs), undefined)
})

test('above the calm each claim asks for a puzzle, which is good once and for who got it; a wait is as good', () => {
  const admission = new Admission(new Uint8Array(32))
  const admit = (number: number, from: Partial<Visitor> = {}) =>
    admission.admit(claimOf(number), { ...VISITOR, address: `198.51.100.${number}`, ...from }, 0, 1e6, 0)
  for (let number = 0; number < CALM.burst; number++) assert.equal(admit(number), undefined)
  const asked = admit(100)
  assert.ok(asked?.kind === 'work')
  const work = solve(asked.puzzle, asked.bits)
  assert.equal(admit(101, { work })?.kind, 'work', 'another address')
  assert.equal(admit(100, { work: `${asked.puzzle}:x` })?.kind, 'work', 'not solved')
  assert.equal(admit(100, { work }), undefined)
  assert.equal(admit(100, { work })?.kind, 'work', 'used')
  assert.equal(admit(102, { waited: true }), undefined)
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

function open(t: TestContext, desk: Partial<NonNullable<Config['desk']>> = {}): DeskRoom & { readonly path: string } {
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
    now: () => Date.now(),
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

function portalToken(number: string, offsetS: number): string {
  const seconds = Math.floor(Date.now() / 1000) + offsetS
  return `${seconds}.${createHmac('sha256', PORTAL).update(`${number}.${seconds}`).digest('hex')}`
}

function solve(puzzle: string, bits: number): string {
  for (let nonce = 0; nonce < 2 ** (bits + 6); nonce++) {
    const work = `${puzzle}:${nonce}`
    if (createHash('sha256').update(work).digest().readUInt32BE(0) >>> (32 - bits) === 0) return work
  }
  throw new Error('no answer was found')
}
