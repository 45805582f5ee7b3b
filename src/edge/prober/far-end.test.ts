import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { ReceivedCall } from '#core/probe/received.ts'
import { type FarEnd, readFarEnd } from './far-end.ts'

const RUN = { token: 'a1', from: '+12125550117' }

for (const [title, call, isOurs] of [
  ['our token', { token: 'a1' }, true],
  ['our token, from a number that the path put in', { token: 'a1', from: '+18005550100' }, true],
  ['no token, and our number', {}, true],
  ['no token, and our number without +', { from: '12125550117' }, true],
  ['no token, and our number without +1', { from: '2125550117' }, true],
  ['no token, and another number', { from: '+12125550118' }, false],
  ['another token from our number: somebody else probes with the usual number', { token: 'b2' }, false],
  ['an empty token from our number', { token: '' }, false],
] as const)
  test(`a call is of this run, or is not, in the file and over HTTP alike: ${title}`, async (t) => {
    const record = callOf(call)
    const file = join(temporaryDirectory(t), 'calls.ndjson')
    writeFileSync(file, `${JSON.stringify(record)}\n`)
    const door = await doorWith(t, [record])
    for (const where of [file, door]) {
      const read = await readFarEnd(where, RUN)
      assert.deepEqual(read.kind === 'calls' && read.calls.map(({ callId }) => callId), isOurs ? ['1'] : [], where)
    }
  })

test('a call that is found by token and by number is one call, and all are in the order they came', async (t) => {
  const calls = [callOf({ atMs: 3, branch: 'c' }), callOf({ atMs: 1, branch: 'a' }), callOf({ atMs: 1, branch: 'a' })]
  const read = await readFarEnd(await doorWith(t, calls), RUN)
  assert.deepEqual(read.kind === 'calls' && read.calls.map(({ branch }) => branch), ['a', 'c'])
})

test('a line of the file without its end is still being written, and a blank one is nothing', async (t) => {
  const file = join(temporaryDirectory(t), 'calls.ndjson')
  const line = JSON.stringify(callOf({ token: 'a1' }))
  writeFileSync(file, `\n${line.slice(0, 40)}`)
  assert.deepEqual(await readFarEnd(file, RUN), { kind: 'calls', calls: [], forgotten: 0 })
  appendFileSync(file, `${line.slice(40)}\n`)
  const read = await readFarEnd(file, RUN)
  assert.deepEqual(read.kind === 'calls' && read.calls.length, 1)
})

test('what was forgotten is handed on, and a door that knows no call of this run is no fault', async (t) => {
  const read = await readFarEnd(await doorWith(t, [callOf({ token: 'a1' })], 7), RUN)
  assert.deepEqual(read.kind === 'calls' && [read.calls.length, read.forgotten], [1, 7])
  assert.deepEqual(await readFarEnd(await doorWith(t, []), RUN), { kind: 'calls', calls: [], forgotten: 0 })
})

test('what is no record of a mock blocker is said to be none, with the reason', async (t) => {
  const folder = temporaryDirectory(t)
  const files: [text: string, why: RegExp][] = [
    ['{"a":1}\n', /no record of a mock blocker/],
    ['not json\n', /no record of a mock blocker/],
    [`${JSON.stringify({ ...callOf({ token: 'a1' }), atMs: 'x' })}\n`, /no record of a mock blocker/],
    ['['.repeat(100_000) + '\n', /no record of a mock blocker/],
  ]
  for (const [at, [text, why]] of files.entries()) {
    const file = join(folder, String(at))
    writeFileSync(file, text)
    assert.match(whyOf(await readFarEnd(file, RUN)), why, text.slice(0, 40))
  }
  const many = Array.from({ length: 2_001 }, (_, at) => JSON.stringify(callOf({ token: 'a1', branch: String(at) })))
  writeFileSync(join(folder, 'many'), `${many.join('\n')}\n`)
  assert.match(whyOf(await readFarEnd(join(folder, 'many'), RUN)), /over 2000 calls of this run/)
  writeFileSync(join(folder, 'many'), `${many.slice(1).join('\n')}\n`)
  assert.equal(whyOf(await readFarEnd(join(folder, 'many'), RUN)), '')
  assert.match(whyOf(await readFarEnd(join(folder, 'none'), RUN)), /^ENOENT$/)
  assert.match(whyOf(await readFarEnd(folder, RUN)), /^EISDIR$/)
})

test('a door of another kind is told from an empty one', async (t) => {
  const serve = (status: number, body: string, more: Readonly<Record<string, string>> = {}): Promise<string> =>
    serverThat(t, () => [status, body, more])
  for (const [where, why] of [
    [await serve(404, 'Not Found'), /^it answered 404$/],
    [await serve(500, ''), /^it answered 500$/],
    [await serve(200, '<html>'), /no record of a mock blocker/],
    [await serve(200, '{"name":"a1","calls":[]}'), /no record of a mock blocker/],
    [await serve(302, '', { location: 'http://192.0.2.1/' }), /redirect/],
    ['http://127.0.0.1:1', /^(?:ECONNREFUSED|bad port)$/],
  ] as const)
    assert.match(whyOf(await readFarEnd(where, RUN)), why)
})

function temporaryDirectory(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-far-end-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function whyOf(read: FarEnd): string {
  return read.kind === 'unreadable' ? read.why : ''
}

function callOf(parts: Partial<ReceivedCall>): ReceivedCall {
  return {
    from: '+12125550117',
    dialled: '+12125550101',
    scenario: 'sip',
    atMs: 1,
    transport: 'udp',
    source: '127.0.0.1:5060',
    branch: 'b',
    callId: '1',
    repeats: 0,
    fields: [],
    sent: [],
    ...parts,
  }
}

/** The door of a mock blocker as far as a prober sees it: a run goes by its token or by its number. */
function doorWith(t: TestContext, calls: readonly ReceivedCall[], forgotten = 0): Promise<string> {
  return serverThat(t, (path) => {
    const name = decodeURIComponent(path.split('/').pop() ?? '')
    const found = calls.filter(({ token, from }) => token === name || from === name)
    return found.length === 0
      ? [404, '{"detail":"no call of that run has come: is it right?"}', {}]
      : [200, JSON.stringify({ name, calls: found, forgotten }), {}]
  })
}

async function serverThat(
  t: TestContext,
  answer: (path: string) => [status: number, body: string, more: Readonly<Record<string, string>>],
): Promise<string> {
  const server = createServer((request, response) => {
    const [status, body, more] = answer(request.url ?? '')
    response.writeHead(status, more).end(body)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const at = server.address()
  assert.ok(typeof at === 'object' && at !== null)
  return `http://127.0.0.1:${at.port}`
}
