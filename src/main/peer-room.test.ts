import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Who } from '#core/account/permission.ts'
import { serveControl } from '#edge/control/serve.ts'
import { loadConfig } from '#main/config/load.ts'
import { createPeers, type PeerNote } from './peer-room.ts'
import { controlPath } from './trials.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const ADMIN: Who = { account: 'a', name: 'ann', role: 'admin', token: undefined }
const PROGRAM: Who = { ...ADMIN, token: 'deploy' }
const ALLOW = '+14155550101'
const BLOCK = '+14155550102'

test('peers come page by page, in the order of the configuration, with what was counted of each', (t) => {
  const { peers } = room(t)
  const first = peers.list(undefined, 2)
  const second = peers.list(first.after, 2)
  assert.deepEqual(
    [...first.peers, ...second.peers].map(({ name, calls, blocked, last }) => [name, calls, blocked, last]),
    [
      ['edge', 7, 2, '2026-11-22T11:59:59.000Z'],
      ['six', 0, 0, undefined],
      ['wide', 0, 0, undefined],
    ],
  )
  assert.deepEqual([first.total, first.after, second.after], [3, '2', undefined])
  assert.equal(first.since, '2026-11-01T12:00:00.000Z')
})

test('the place where test calls would go is proposed where a peer has one address', (t) => {
  const { peers } = room(t)
  assert.deepEqual(
    ['edge', 'six', 'wide'].map((name) => peers.peer(name, ADMIN)?.through),
    ['sip:192.0.2.7', 'sip:[2001:db8::7]', ''],
  )
  assert.equal(peers.peer('nobody', ADMIN), undefined)
})

test('test calls go to the peer and to this machine; elsewhere only a person who says so sends them', async (t) => {
  const { peers, notes } = room(t)
  const start = (through: string, who: Who, isElsewhere?: boolean) =>
    peers.start('edge', { allow: ALLOW, block: BLOCK, through, isElsewhere }, who)
  for (const [through, who, isElsewhere, kind] of [
    ['sip:198.51.100.9', ADMIN, undefined, 'bad-field'],
    ['sip:198.51.100.9', PROGRAM, true, 'not-allowed'],
    ['sips:192.0.2.7', ADMIN, undefined, 'bad-field'],
  ] as const) {
    const refused = await start(through, who, isElsewhere)
    assert.ok(refused.kind === 'refused', through)
    assert.equal(refused.problem.kind, kind, through)
  }
  assert.deepEqual(notes, [], 'nothing was begun')
  const begun = await start('sip:127.0.0.1:9', PROGRAM)
  assert.equal(begun.kind, 'done', 'this machine is nobody else’s')
})

test('a test that no gate answers says so, and its end stands in the trail without a number', async (t) => {
  const { peers, notes, over } = room(t)
  const begun = await peers.start('edge', { allow: ALLOW, block: BLOCK }, ADMIN)
  assert.ok(begun.kind === 'done')
  assert.equal(peers.test(begun.value)?.state, 'running')
  await over()
  const found = peers.test(begun.value)
  assert.equal(found?.state, 'failed')
  assert.match(found?.why ?? '', /^no gate answers on .*: is the gate of this configuration running/)
  assert.deepEqual(
    notes.map(({ action, subject, detail }) => [action, subject, detail['outcome']]),
    [
      ['peer-test-started', 'peer edge', undefined],
      ['peer-test-ended', 'peer edge', 'failed'],
    ],
  )
  assert.doesNotMatch(JSON.stringify(notes), /1415555/)
  assert.equal(peers.list(undefined, 1).peers[0]?.tested?.state, 'failed')
})

test('one test is run at a time; one that is ended hangs up on the gate, and another may begin', async (t) => {
  const { peers, store, over } = room(t)
  const [asked, hungUp] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const server = await serveControl(controlPath(store), (talk) => {
    asked.resolve()
    talk.onEnd(() => hungUp.resolve())
    talk.say({ kind: 'on', continueStatus: 404 })
  })
  t.after(() => server.close())
  const begun = await peers.start('edge', { allow: ALLOW, block: BLOCK }, ADMIN)
  assert.ok(begun.kind === 'done')
  const second = await peers.start('wide', { allow: ALLOW, block: BLOCK }, ADMIN)
  assert.ok(second.kind === 'refused')
  assert.equal(second.problem.kind, 'busy')
  assert.deepEqual(peers.peer('wide', ADMIN)?.busy, { id: begun.value, peer: 'edge' })
  assert.equal(peers.rang(begun.value, { call: 'allow', rang: true }).kind, 'refused', 'nobody asked yet')
  await asked.promise
  peers.cancel(begun.value)
  await Promise.all([over(), hungUp.promise])
  assert.equal(peers.test(begun.value)?.state, 'cancelled')
  const third = await peers.start('wide', { allow: ALLOW, block: BLOCK }, ADMIN)
  assert.equal(third.kind, 'done')
  if (third.kind === 'done') peers.cancel(third.value)
  await over()
})

test('a test that the trail cannot take is not begun', async (t) => {
  const { peers } = room(t, { isFull: true })
  const refused = await peers.start('edge', { allow: ALLOW, block: BLOCK }, ADMIN)
  assert.ok(refused.kind === 'refused')
  assert.equal(refused.problem.kind, 'not-saved')
  assert.deepEqual(peers.peer('edge', ADMIN)?.tests, [])
})

function room(t: TestContext, { isFull = false } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-peers-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const loaded = loadConfig({ path: join(directory, 'recourse.yaml'), env: {}, readFile: () => CONFIGURATION })
  assert.ok(loaded.kind === 'loaded', JSON.stringify(loaded))
  const { config } = loaded
  const notes: PeerNote[] = []
  let ended = Promise.withResolvers<void>()
  const peers = createPeers({
    config: () => config,
    seen: (name) => (name === 'edge' ? { last: NOW - 1_000, calls: 7, blocked: 2 } : undefined),
    since: () => NOW - 21 * 86_400_000,
    listening: () => ['udp:127.0.0.1:5060'],
    note: (entry) => {
      notes.push(entry)
      if (entry.action === 'peer-test-ended') ended.resolve()
      return !isFull
    },
    now: () => NOW,
    alarm: (cause) => assert.fail(String(cause)),
  })
  t.after(() => peers.close())
  const over = async (): Promise<void> => {
    await ended.promise
    ended = Promise.withResolvers<void>()
  }
  return { peers, notes, over, store: config.store.path }
}

const CONFIGURATION = `operator: { name: Northwire, contact: { email: "unblock@northwire.net" }, location: RLN }
gate:
  listen: ["udp:127.0.0.1:5060"]
  peers:
    - { name: edge, from: 192.0.2.7/32, continue: 404 }
    - { name: six, from: "2001:db8::7", continue: 404 }
    - { name: wide, from: ["198.18.0.0/24", "198.18.9.1"], continue: 503 }
policy: { rules: [] }
`
