import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { askControl } from './ask.ts'
import { type Conversation, serveControl } from './serve.ts'

function pathIn(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-control-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'control')
}

async function first(answers: AsyncIterable<unknown>): Promise<unknown> {
  for await (const answer of answers) return answer
  return undefined
}

test('a question gets its answers in order, and its end is told to both sides', async (t) => {
  const path = pathIn(t)
  let ended = (): void => undefined
  const over = new Promise<void>((resolve) => (ended = resolve))
  const server = await serveControl(path, (talk) => {
    talk.onEnd(ended)
    for (const answer of [talk.question, { two: 2 }, 'ü"\n']) talk.say(answer)
    talk.end()
  })
  t.after(() => server.close())

  const asking = await askControl(path, { one: 1 })
  const heard: unknown[] = []
  for await (const answer of asking.answers) heard.push(answer)

  assert.deepEqual(heard, [{ one: 1 }, { two: 2 }, 'ü"\n'])
  await over
})

test('who asks and goes is noticed', async (t) => {
  const path = pathIn(t)
  let talk: Conversation | undefined
  let gone = (): void => undefined
  const over = new Promise<void>((resolve) => (gone = resolve))
  const server = await serveControl(path, (begun) => {
    talk = begun
    begun.onEnd(gone)
    begun.say('yes')
  })
  t.after(() => server.close())
  const asking = await askControl(path, 'there?')
  assert.equal(await first(asking.answers), 'yes')

  asking.end()

  await over
  talk?.say('nobody hears this, and nothing throws')
})

test('the socket is its owner’s alone, and gone when the server is', async (t) => {
  const path = pathIn(t)
  const server = await serveControl(path, () => undefined)
  assert.equal(statSync(path).mode & 0o777, 0o600)

  await server.close()

  await assert.rejects(askControl(path, 'there?'), { code: 'ENOENT' })
})

test('a socket file that a killed process left is taken over, one that is listened on is not', async (t) => {
  const path = pathIn(t)
  writeFileSync(path, '')
  const server = await serveControl(path, (talk) => talk.say(talk.question))
  t.after(() => server.close())

  await assert.rejects(
    serveControl(path, () => undefined),
    /another process listens/,
  )
  const asking = await askControl(path, 'still there?')
  assert.equal(await first(asking.answers), 'still there?')
  asking.end()
})

test('a path that no socket can have is refused in words', async () => {
  await assert.rejects(
    serveControl(join(tmpdir(), 'a'.repeat(120)), () => undefined),
    /longer than the 107 octets/,
  )
})

test('of several lines in one write the first begins the conversation, and no other is read', async (t) => {
  const path = pathIn(t)
  const asked: unknown[] = []
  const server = await serveControl(path, (talk) => {
    asked.push(talk.question)
    talk.say(talk.question)
    talk.end()
  })
  t.after(() => server.close())
  const socket = createConnection({ path, allowHalfOpen: true })
  socket.write('"one"\n"two"\nno JSON\n')
  let heard = ''
  for await (const piece of socket) heard += String(piece)
  socket.end()

  assert.equal(heard, '"one"\n')
  assert.deepEqual(asked, ['one'])
})

test('the mask for new files is the process’s own again before anything else can make a file', async (t) => {
  const path = pathIn(t)
  const masks: { mask: unknown; turn: number }[] = []
  let turn = 0
  const umask = process.umask.bind(process)
  t.mock.method(process, 'umask', (mask: number) => {
    masks.push({ mask, turn })
    queueMicrotask(() => turn++)
    return umask(mask)
  })
  const server = await serveControl(path, () => undefined)
  t.after(() => server.close())

  assert.equal(masks.length, 2)
  assert.deepEqual([masks[0]!.mask, masks[1]!.turn], [0o177, masks[0]!.turn])
  assert.notEqual(masks[1]!.mask, 0o177)
})

for (const [title, octets] of [
  ['what is no JSON', 'hello\n'],
  ['a line without end', `"${'x'.repeat(100_000)}`],
] as const) {
  test(`${title} ends the conversation before it begins`, async (t) => {
    const path = pathIn(t)
    const server = await serveControl(path, () => assert.fail('nothing was asked'))
    t.after(() => server.close())
    const socket = createConnection(path)
    socket.on('error', () => undefined)
    socket.write(octets)
    await new Promise((closed) => socket.once('close', closed))
  })
}
