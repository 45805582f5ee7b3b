import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { HOSTILE_URLS } from '../../../test/hostile-urls.ts'
import { ASKED_BYTES_MAX, type AskOptions, askGuarded, refusalWords } from './guarded-ask.ts'

test('each form of URL that leads elsewhere is refused before anything is asked of the network', async () => {
  const asked: string[] = []
  const resolve = (name: string): Promise<string[]> => (asked.push(name), Promise.resolve([]))
  let looked = 0
  for (const [url, why] of HOSTILE_URLS) {
    const answered = await askGuarded({ method: 'GET', url, headers: {} }, { isPrivateAllowed: false, resolve })
    if (why === 'not-listed') continue
    assert.deepEqual(answered, { kind: 'refused', why }, url)
    assert.ok(answered.kind === 'refused' && refusalWords(answered.why).length > 10)
    looked++
  }
  assert.ok(looked >= 50, String(looked))
})

test('a name that leads inside is not connected to, and this machine is not asked without the operator’s word', async (t) => {
  const world = await listen(t, (_, response) => response.end('inside'))
  const inner = { isPrivateAllowed: false, resolve: () => Promise.resolve(['93.184.216.34', '127.0.0.1']) }
  assert.deepEqual(await ask('https://a.example/', inner), { kind: 'refused', why: 'address' })
  assert.deepEqual(await ask(world.url, { isPrivateAllowed: false }), { kind: 'refused', why: 'scheme' })
  assert.equal(world.seen.length, 0)
  const answered = await ask(world.url, PRIVATE)
  assert.equal(answered.kind === 'answered' && Buffer.from(answered.body).toString(), 'inside')
  const named = await ask('https://a.example/', { ...PRIVATE, resolve: () => Promise.resolve([]) })
  assert.deepEqual(named, { kind: 'refused', why: 'name' })
})

test('an answer of any status comes with its fields and body, and the question had what it needs', async (t) => {
  const world = await listen(t, (_, response) => {
    response.writeHead(429, { 'retry-after': '7' })
    response.end('{}')
  })
  const question = { method: 'POST', url: world.url, headers: { accept: 'application/json' }, body: 'é' } as const
  const answered = await askGuarded(question, PRIVATE)
  assert.ok(answered.kind === 'answered')
  assert.deepEqual([answered.status, answered.headers.get('retry-after'), answered.body.length], [429, '7', 2])
  const [seen] = world.seen
  assert.deepEqual(
    [seen!.method, seen!.headers['content-length'], seen!.headers.accept, seen!.headers.host],
    ['POST', '2', 'application/json', new URL(world.url).host],
  )
})

const REFUSED: [title: string, answer: (response: ServerResponse) => void, why: string][] = [
  [
    'points elsewhere',
    (response) => void response.writeHead(302, { location: 'https://a.example/' }).end(),
    'redirect',
  ],
  ['is compressed', (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'), 'encoding'],
  ['is too long', (response) => void response.end('x'.repeat(ASKED_BYTES_MAX + 1)), 'too-long'],
  [
    'is cut short',
    (response) => void response.writeHead(200, { 'content-length': '9' }).write('x', () => response.destroy()),
    'connection',
  ],
  ['never ends', (response) => void response.write('x'), 'late'],
  ['never comes', () => undefined, 'late'],
]
for (const [title, answer, why] of REFUSED)
  test(`an answer that ${title} is none`, async (t) => {
    const world = await listen(t, (_, response) => answer(response))
    assert.deepEqual(await ask(world.url, { ...PRIVATE, timeoutMs: 300 }), { kind: 'refused', why })
    assert.equal(world.seen.length, 1)
  })

test('an answer just as long as may be is taken', async (t) => {
  const world = await listen(t, (_, response) => response.end('x'.repeat(ASKED_BYTES_MAX)))
  const answered = await ask(world.url, PRIVATE)
  assert.equal(answered.kind === 'answered' && answered.body.length, ASKED_BYTES_MAX)
})

const PRIVATE = { isPrivateAllowed: true } as const

function ask(url: string, options: AskOptions) {
  return askGuarded({ method: 'GET', url, headers: {} }, options)
}

async function listen(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen: IncomingMessage[] = []
  const server = createServer((request, response) => {
    seen.push(request)
    request.resume()
    answer(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/r/x` }
}
