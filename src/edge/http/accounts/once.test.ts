import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noHttpFigures } from '#edge/http/figures.ts'
import { Refused } from '#edge/http/problem.ts'
import { type Kept, Once, SECRET_KEPT_MS } from './once.ts'

const DAY_MS = 86_400_000

test('the same key and body are answered alike and done once, also side by side; another account, place or no key is another request', async () => {
  const { ask, done } = memory()
  const first = await ask({})
  assert.deepEqual(await Promise.all([ask({}), ask({})]), [first, first])
  assert.equal(done(), 1)
  const others = [{ account: 'bea' }, { path: '/v1/other' }, { key: 'two' }, { key: undefined }, { key: undefined }]
  for (const other of others) assert.notEqual(await ask(other), first, JSON.stringify(other))
  assert.equal(done(), 1 + others.length)
})

test('a key with another body is refused, and one that was refused or failed may be tried again with any', async () => {
  const { ask, done } = memory()
  await ask({})
  await refused(ask({ body: '{"a":2}' }), 'key-reused')
  assert.equal(done(), 1)
  await refused(ask({ key: 'later', fails: true }), 'not-saved')
  assert.equal(await ask({ key: 'later', body: '{"a":2}' }), '{"done":3}\n')
})

test('a key is up to 128 visible characters', async () => {
  const { ask, done } = memory()
  for (const key of ['', 'a b', 'ä', 'k'.repeat(129)]) await refused(ask({ key }), 'bad-field')
  assert.equal(done(), 0)
  await ask({ key: 'k'.repeat(128) })
  assert.equal(done(), 1)
})

test('an answer is kept for a day, and one with a secret for ten minutes', async () => {
  const world = memory()
  const { ask, done } = world
  await ask({})
  await ask({ key: 'secret', keptMs: SECRET_KEPT_MS })
  world.now += SECRET_KEPT_MS - 1
  await ask({ key: 'secret' })
  assert.equal(done(), 2)
  world.now += 1
  await ask({ key: 'secret' })
  assert.equal(done(), 3)
  world.now += DAY_MS - SECRET_KEPT_MS - 1
  await ask({})
  assert.equal(done(), 3)
  world.now += 1
  await ask({})
  assert.equal(done(), 4)
  assert.deepEqual([world.figures.insideRepeats, world.figures.insideKeysDropped], [2, 0])
})

test('over so many answers, or so many octets of them, the oldest makes room and is counted', async () => {
  for (const most of [
    { answers: 2, octets: 1_000 },
    { answers: 10, octets: 2 * '{"done":1}\n'.length },
  ]) {
    const { ask, done, figures } = memory(most)
    for (const key of ['a', 'b']) await ask({ key })
    await ask({ key: 'a' })
    assert.deepEqual([done(), figures.insideKeysDropped], [2, 0], 'there is room for two')
    await ask({ key: 'c' })
    assert.equal(figures.insideKeysDropped, 1)
    for (const key of ['b', 'c']) await ask({ key })
    assert.equal(done(), 3)
    await ask({ key: 'a' })
    assert.equal(done(), 4, 'the first one is done anew')
  }
})

type Wish = {
  readonly key?: string | undefined
  readonly body?: string
  readonly account?: string
  readonly path?: string
  readonly fails?: boolean
  readonly keptMs?: number
}

/** A memory with a clock that stands still, and how many requests came through to the work. */
function memory(most?: ConstructorParameters<typeof Once>[2]) {
  const figures = noHttpFigures()
  const world = { now: 1_000, figures, ask, done: () => count }
  const once = new Once(() => world.now, figures, most)
  let count = 0
  async function ask(wish: Wish): Promise<string> {
    const { key = 'key' in wish ? undefined : 'one', body = '{"a":1}', account = 'ann', path = '/v1/notes' } = wish
    const request = new Request(`http://127.0.0.1${path}`, { method: 'POST', body })
    // What no client can send over the wire is given to the door all the same.
    if (key !== undefined) request.headers.get = (name) => (name === 'idempotency-key' ? key : null)
    const work = async (): Promise<Kept> => {
      await Promise.resolve()
      count++
      if (wish.fails === true) throw new Refused('not-saved', 'try again')
      return { status: 200, value: { done: count } }
    }
    const response = await once.answer({ request, account, path }, work, {
      ...(wish.keptMs !== undefined && { keptMs: wish.keptMs }),
    })
    return await response.text()
  }
  return world
}

async function refused(asked: Promise<unknown>, kind: string): Promise<void> {
  await assert.rejects(asked, (error) => error instanceof Refused && error.problem.kind === kind)
}
