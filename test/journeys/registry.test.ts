import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { ITEMS } from '#core/registry/vetting.ts'
import { openFeedSigner } from '#edge/store/feed-signature.ts'
import { openRegistryStore } from '#edge/store/registry-store.ts'
import { exportFeed, makeFeedDesk } from '#main/registry/feed-desk.ts'
import { makeRegistry } from '#main/registry/make-registry.ts'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { until } from '../peers/peer.ts'
import { Recourse } from '../peers/recourse.ts'

test('a number registered at one registry is weighed by a gate of another, and a withdrawal takes it back', async (t) => {
  const recourse = await Recourse.start(t, {
    policy: { rules: [{ id: 'weak', attestation: { below: 'C' }, registered: 'skip' }] },
    desk: 'https://redress.northwire.example',
  })
  const caller = await Caller.open(recourse.port)
  t.after(() => caller.close())
  let calls = 0
  const call = async (calling: string): Promise<number> => {
    const id = ++calls
    const { port } = caller
    const invite = { calling, called: CALLED, callId: `r${id}`, branch: `z9hG4bK-r${id}`, fromTag: 'f', port, more: '' }
    return statusOf((await caller.ask(formatInvite(invite)))!)
  }
  assert.equal(await call(REGISTERED), 603)

  const folder = mkdtempSync(join(tmpdir(), 'recourse-friend-'))
  const friend = openRegistryStore(`sqlite:${join(folder, 'friend.db')}`)
  t.after(() => {
    friend.close()
    rmSync(folder, { recursive: true })
  })
  const room = makeRegistry({
    store: friend,
    terms: {
      public: 'https://redress.friend.example',
      operator: 'Friend',
      termMs: 365 * DAY_MS,
      proofMs: 365 * DAY_MS,
      confirmWithinMs: DAY_MS,
    },
    plan: undefined,
    now: Date.now,
    assignDial: () => undefined,
    keepEvidence: async () => assert.fail('no file comes'),
    removeEvidence: () => undefined,
    readEvidence: async () => undefined,
    alarm: (cause) => assert.fail(String(cause)),
  })
  const opened = await room.vetting.open(
    CLINIC,
    `${REGISTERED}\n+12125550200..+12125550299`,
    'letter',
    ANN,
    'leave-out',
  )
  assert.ok(opened.kind === 'opened', JSON.stringify(opened))
  for (const item of ITEMS) await room.vetting.vet(opened.id, item, 'passed', 'seen', ANN)
  assert.equal((await room.vetting.approve(opened.id, 'all seen', ANN)).kind, 'done')
  assert.equal((await room.vetting.prove(opened.id, 'letter', '', 'signed by its director', ANN)).kind, 'done')

  const signer = await openFeedSigner(join(folder, 'feed.pem'))
  const feed = makeFeedDesk({ store: friend, signer, issuer: 'https://redress.friend.example', now: Date.now })
  const [file, keys, config] = [
    join(folder, 'feed.jws'),
    join(folder, 'keys.json'),
    join(recourse.directory, 'recourse.yaml'),
  ]
  writeFileSync(keys, signer.keys)
  const take = async (trust: string): Promise<string> => {
    writeFileSync(file, await exportFeed(feed))
    return recourse.command(
      'registry',
      'import',
      file,
      '--name',
      'friend',
      '--keys',
      keys,
      '--trust',
      trust,
      '--config',
      config,
    )
  }
  assert.match(await take('full'), /2 added, 0 removed, 2 entries now/)
  for (const number of [REGISTERED, '+12125550250'])
    await until('the registered number to be spared', async () => (await call(number)) === 404 || undefined)
  assert.equal(await call('+12125550300'), 603, 'its neighbour is not')

  assert.equal((await room.vetting.withdraw(opened.id, 'its holder asked', ANN)).kind, 'done')
  assert.match(await take('full'), /0 added, 2 removed, 0 entries now/)
  await until('the number to be judged like others', async () => (await call(REGISTERED)) === 603 || undefined)
  recourse.verifyLedger()
})

test('a lost link is on its way within seconds of being asked for, to who is registered and to nobody else', async (t) => {
  const recourse = await Recourse.start(t, { policy: { rules: [] }, desk: 'https://redress.northwire.example' })
  const desk = `http://127.0.0.1:${recourse.deskPort}`
  const db = new DatabaseSync(join(recourse.directory, 'recourse.db'), { readOnly: true })
  t.after(() => db.close())
  const mails = (): { readonly to: string; readonly text: string }[] =>
    db
      .prepare('SELECT recipient, text FROM mail ORDER BY id')
      .all()
      .map((row) => ({ to: String(row['recipient']), text: String(row['text']) }))
  const linkOf = (path: string): string => new RegExp(`/g/${path}([\\w-]{22})`).exec(mails().at(-1)!.text)![1]!
  const opened = await fetch(`${desk}/v1/registrations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...CLINIC, callsPerDay: 250, numbers: [REGISTERED] }),
  })
  assert.equal(opened.status, 201, await opened.text())
  assert.equal((await fetch(`${desk}/g/confirm/${linkOf('confirm/')}`, { method: 'POST' })).status < 400, true)
  const before = mails().length
  for (const email of ['nobody@else.example', CLINIC.email]) {
    const asked = await fetch(`${desk}/g`, { method: 'POST', body: new URLSearchParams({ email }) })
    assert.equal(asked.status, 200)
  }
  await until('the link', () => (mails().length > before ? true : undefined))
  assert.deepEqual(
    mails()
      .slice(before)
      .map(({ to }) => to),
    [CLINIC.email],
  )
  assert.equal((await fetch(`${desk}/g/${linkOf('')}`)).status, 200, 'and it leads to the registration')
})

const REGISTERED = '+12125550117'
const CALLED = '+14155550163'
const DAY_MS = 86_400_000
const ANN = { name: 'ann', account: 'ann' }
const CLINIC = {
  legalName: 'Main Street Clinic',
  contact: 'Ann Lee',
  email: 'ann@clinic.example',
  site: 'https://clinic.example',
  purpose: 'Reminders of appointments',
  callsPerDay: '250',
  provider: 'Northwire',
}
