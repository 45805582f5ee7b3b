import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Health, serveHealth } from './serve.ts'

test('the metrics page shows each figure as it stands now', async (t) => {
  let calls = 7
  const { url } = await serveWith(t, { read: () => calls })

  const first = await (await fetch(`${url}/metrics`)).text()
  calls = 12
  const second = await (await fetch(`${url}/metrics`)).text()

  assert.match(first, /^# HELP recourse_gate_calls_total calls judged$/m)
  assert.match(first, /^# TYPE recourse_gate_calls_total counter$/m)
  assert.match(first, /^recourse_gate_calls_total 7$/m)
  assert.match(second, /^recourse_gate_calls_total 12$/m)
  assert.match(first, /^# TYPE recourse_gate_waiting gauge$/m)
  assert.match(first, /^recourse_process_resident_memory_bytes \d/m)
})

test('a histogram is shown as it was counted: rising counts at each bound, then all, and their sum', async (t) => {
  const { url } = await serveWith(t)
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.includes('recourse_gate_answer_seconds'))
  assert.deepEqual(lines, [
    '# HELP recourse_gate_answer_seconds how long they waited',
    '# TYPE recourse_gate_answer_seconds histogram',
    'recourse_gate_answer_seconds_bucket{le="0.001"} 3',
    'recourse_gate_answer_seconds_bucket{le="0.5"} 5',
    'recourse_gate_answer_seconds_bucket{le="+Inf"} 6',
    'recourse_gate_answer_seconds_sum 1.75',
    'recourse_gate_answer_seconds_count 6',
  ])
})

test('health is 200 when well and 503 with what is wrong when not', async (t) => {
  const faults: string[] = []
  const { url } = await serveWith(t, { health: () => ({ faults, about: { policy: 'p1' } }) })

  const well = await fetch(`${url}/health`)
  faults.push('the ledger: no space is left')
  const unwell = await fetch(`${url}/health?now`)

  assert.equal(well.status, 200)
  assert.deepEqual(await well.json(), { status: 'well', faults: [], notes: [], policy: 'p1' })
  assert.equal(unwell.status, 503)
  assert.deepEqual(await unwell.json(), {
    status: 'unwell',
    faults: ['the ledger: no space is left'],
    notes: [],
    policy: 'p1',
  })
})

test('there is nothing else to be had, and nothing to be changed', async (t) => {
  const { url } = await serveWith(t)

  for (const path of ['/', '/metrics/', '/healthz', '/__proto__', '//etc/passwd'])
    assert.equal((await fetch(`${url}${path}`)).status, 404, path)
  const post = await fetch(`${url}/health`, { method: 'POST', body: 'x' })
  assert.equal(post.status, 405)
  assert.equal(post.headers.get('allow'), 'GET, HEAD')
  assert.equal((await fetch(`${url}/health`, { method: 'HEAD' })).status, 200)
})

test('broken requests and more silent connections than are kept do not end it', async (t) => {
  const { url } = await serveWith(t)
  const port = Number(new URL(url).port)
  const sockets: Socket[] = []
  t.after(() => sockets.forEach((socket) => socket.destroy()))

  for (const start of [
    '\0\0\0\0\r\n\r\n',
    'GET /health HTTP/9.9\r\n\r\n',
    `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
  ]) {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.end(start)
    socket.resume()
    await new Promise<void>((closed) => socket.on('close', () => closed()))
  }
  const refused = Array.from({ length: 80 }, async () => {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => undefined)
    await once(socket, 'connect').catch(() => undefined)
    return socket
  })
  await Promise.all(refused)
  // Above the limit the newest are closed; when the silent ones go, there is room again.
  for (const socket of sockets) socket.destroy()

  let response: Response | undefined
  while (response === undefined) response = await fetch(`${url}/health`).catch(() => undefined)
  assert.equal(response.status, 200)
})

test('a port that is taken is refused, so that somebody can say so', async (t) => {
  const { url } = await serveWith(t)

  await assert.rejects(serveHealth('127.0.0.1', Number(new URL(url).port), [], WELL), { code: 'EADDRINUSE' })
})

test('it listens on IPv6 and says so in its address', async (t) => {
  const server = await serveHealth('::1', 0, [], WELL)
  t.after(() => server.close())

  assert.match(server.url, /^http:\/\/\[::1\]:\d+$/)
  assert.equal((await fetch(`${server.url}/health`)).status, 200)
})

async function serveWith(t: TestContext, { read = (): number => 0, health = WELL } = {}) {
  const server = await serveHealth(
    '127.0.0.1',
    0,
    [
      { name: 'gate_calls_total', help: 'calls judged', type: 'counter', read },
      { name: 'gate_waiting', help: 'blocks that wait', type: 'gauge', read: () => 1 },
      {
        name: 'gate_answer_seconds',
        help: 'how long they waited',
        type: 'histogram',
        read: () => ({
          within: [
            [0.001, 3],
            [0.5, 5],
          ],
          count: 6,
          sum: 1.75,
        }),
      },
    ],
    health,
  )
  t.after(() => server.close())
  return server
}

function WELL(): Health {
  return { faults: [], about: {} }
}
