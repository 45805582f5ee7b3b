import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import type { MonitorStore } from '#edge/store/monitor-store.ts'
import { openDoor } from './door.ts'
import { MonitorRoom } from './room.ts'

const PASSWORD = 'a password of records'
const START = Date.UTC(2026, 10, 22, 12)

test('a post is acknowledged once its call is on stable storage, and those that come together are written together', async (t) => {
  const batches: number[] = []
  const { url, door } = await open(t, (attempts) => void batches.push(attempts.length))
  const statuses = await Promise.all([1, 2, 3].map(async (call) => (await post(url, call)).status))
  assert.deepEqual(statuses, [200, 200, 200])
  assert.equal(
    batches.reduce((sum, count) => sum + count, 0),
    3,
  )
  assert.ok(batches.length < 3, String(batches))
  assert.equal(door.figures().postsTaken, 3)
})

test('while the store takes nothing posts are asked for again, and taken then; without the password they never are', async (t) => {
  let isFull = true
  const kept = new Set<string>()
  const { url, door } = await open(t, (attempts) => {
    if (isFull) throw new Error('the disk is full')
    for (const { key } of attempts) kept.add(key)
  })
  const refused = await post(url, 1)
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5'])
  isFull = false
  assert.equal((await post(url, 1)).status, 200)
  assert.equal((await post(url, 2, 'guessed')).status, 401)
  assert.equal(kept.size, 1)
  assert.deepEqual(door.figures(), {
    postsTaken: 1,
    postsOther: 0,
    postsUnsigned: 1,
    postsFaulty: 0,
    postsUnsaved: 1,
  })
})

test('a port that is taken keeps the door from opening', async (t) => {
  const { url } = await open(t, () => undefined)
  await assert.rejects(
    open(t, () => undefined, Number(new URL(url).port)),
    { code: 'EADDRINUSE' },
  )
})

async function open(t: TestContext, take: (attempts: Parameters<MonitorStore['take']>[0]) => void, port = 0) {
  const room = new MonitorRoom({
    store: {
      take(attempts) {
        take(attempts)
        return { fresh: attempts.length, repeated: 0, refused: attempts.length }
      },
    },
    nameCarrier: () => undefined,
    seed: 1,
    onTrouble: () => undefined,
  })
  const terms = {
    listen: { address: '127.0.0.1', port },
    public: 'http://monitor.clinic.example',
    telnyxKey: undefined,
    twilioToken: undefined,
    recordsPassword: PASSWORD,
  }
  const door = await openDoor(terms, room, () => undefined)
  t.after(() => door.close())
  return { url: door.url, door }
}

function post(url: string, call: number, password = PASSWORD): Promise<Response> {
  const variables = {
    direction: 'outbound',
    uuid: `5b3a1f9e-0000-4000-8000-00000000000${call}`,
    sip_call_id: `${call}@clinic`,
    sip_from_user: '+12125550117',
    sip_to_user: '+14155550100',
    sip_invite_failure_status: '603',
    start_uepoch: String(START * 1000),
    end_uepoch: String(START * 1000 + 650_000),
  }
  return fetch(new URL('/freeswitch', url), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`switch:${password}`).toString('base64')}`,
    },
    body: JSON.stringify({ variables }),
  })
}
