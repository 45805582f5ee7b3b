import assert from 'node:assert/strict'
import { type Socket, connect } from 'node:net'
import test from 'node:test'
import { type SecureVersion, connect as connectTls } from 'node:tls'
import { foundAuthority } from '../../../test/tls-certificates.ts'
import { networkOf } from './connection.ts'
import { noHttpFigures } from './figures.ts'
import { HTTP_HEADER_BYTES_MAX, HTTP_REQUEST_MS, serveHttp } from './serve.ts'

const answer = (): Response => new Response('here')
const LOCAL = { address: '127.0.0.1', port: 0, tls: undefined }

async function speak(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  let heard = ''
  for await (const piece of socket) heard += String(piece)
  return heard
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}

test('a server answers, takes its port alone, and closes', async () => {
  const server = await serveHttp(answer, LOCAL, noHttpFigures())
  assert.equal(await (await fetch(server.url)).text(), 'here')
  await assert.rejects(serveHttp(answer, { ...LOCAL, port: portOf(server.url) }, noHttpFigures()), /EADDRINUSE/)
  await server.close(100)
  await assert.rejects(fetch(server.url))
})

test('a request under way is answered before the server closes', async () => {
  let respond: (response: Response) => void = () => undefined
  let asked: () => void = () => undefined
  const isAsked = new Promise<void>((resolve) => (asked = resolve))
  const server = await serveHttp(
    () => {
      asked()
      return new Promise((resolve) => (respond = resolve))
    },
    LOCAL,
    noHttpFigures(),
  )
  const response = fetch(server.url)
  await isAsked
  const closed = server.close(5_000)
  respond(new Response('still'))
  assert.equal(await (await response).text(), 'still')
  await closed
})

test('what two servers could read differently, or is too long, is refused by the connection', async () => {
  const seen: string[] = []
  const server = await serveHttp(
    (request) => {
      seen.push(request.method)
      return new Response('taken')
    },
    LOCAL,
    noHttpFigures(),
  )
  const port = portOf(server.url)
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
  const refused = [
    `${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
    `${head}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
    `${head}X-A : 1\r\n\r\n`,
    `${head}X-A: ${'a'.repeat(HTTP_HEADER_BYTES_MAX)}\r\n\r\n`,
    'POST / HTTP/1.1\r\n\r\n',
    'nonsense\r\n\r\n',
  ]
  for (const text of refused) assert.match(await speak(port, text), /^HTTP\/1\.1 4\d\d/, text.slice(0, 120))
  assert.deepEqual(seen, [])
  assert.match(await speak(port, `${head}__proto__: x\r\nContent-Length: 0\r\n\r\n`), /^HTTP\/1\.1 200/)
  assert.equal(({} as { x?: unknown }).x, undefined)
  await server.close(100)
})

test('a server with a certificate speaks TLS 1.2 and later, and shows another certificate when it is renewed', async () => {
  const authority = foundAuthority('Test authority')
  const [first, second] = [
    authority.mint({ name: 'one', dns: ['one.example'] }),
    authority.mint({ name: 'two', dns: ['two.example'] }),
  ]
  const server = await serveHttp(answer, { ...LOCAL, tls: first }, noHttpFigures())
  const port = portOf(server.url)
  const ask = (servername: string, maxVersion: SecureVersion = 'TLSv1.3'): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connectTls({
        port,
        host: '127.0.0.1',
        ca: authority.certificate,
        servername,
        maxVersion,
        minVersion: 'TLSv1',
      })
      socket.on('error', reject)
      socket.on('secureConnect', () => socket.end('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'))
      socket.on('data', (heard) => resolve(String(heard)))
    })
  assert.match(server.url, /^https:/)
  assert.match(await ask('one.example'), /^HTTP\/1\.1 200/)
  assert.match(await ask('one.example', 'TLSv1.2'), /^HTTP\/1\.1 200/)
  await assert.rejects(ask('one.example', 'TLSv1.1'))
  await assert.rejects(ask('two.example'), /altnames/)
  server.renew(second)
  assert.match(await ask('two.example'), /^HTTP\/1\.1 200/)
  assert.throws(() => server.renew({ certificate: 'none', key: second.key }))
  assert.match(await ask('two.example'), /^HTTP\/1\.1 200/)
  await server.close(100)
})

test('a connection that says nothing is ended', { timeout: 20_000 }, async () => {
  const server = await serveHttp(answer, LOCAL, noHttpFigures())
  const heard = await speak(portOf(server.url), 'POST / HTTP/1.1\r\nHost: a\r\n')
  assert.match(heard, /^HTTP\/1\.1 408/)
  await server.close(100)
})

test(
  'a body may take as long as its door says, header fields never longer than elsewhere',
  { timeout: 40_000 },
  async () => {
    const read = async (request: Request): Promise<Response> =>
      new Response(await request.text().catch(() => 'cut off'))
    const [usual, patient] = await Promise.all([
      serveHttp(read, LOCAL, noHttpFigures()),
      serveHttp(read, { ...LOCAL, requestMs: HTTP_REQUEST_MS + 3_000 }, noHttpFigures()),
    ])
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
    const ended: string[] = []
    const ask = async (what: string, { url }: { readonly url: string }, text: string, rest?: Promise<unknown>) => {
      const socket = connect(portOf(url), '127.0.0.1')
      socket.write(text)
      void rest?.then(() => socket.write('5678'))
      let heard = ''
      for await (const piece of socket) heard += String(piece)
      ended.push(what)
      return heard
    }
    const half = `${head}Content-Length: 8\r\n\r\n1234`
    const late = ask('usual', usual, half)
    const [cut, slowHead, inTime, tooLate] = await Promise.all([
      late,
      ask('head', patient, head),
      ask('in time', patient, half, late),
      ask('too late', patient, half),
    ])
    for (const heard of [cut, slowHead, tooLate]) assert.match(heard, /^HTTP\/1\.1 408/)
    assert.match(inTime, /^HTTP\/1\.1 200[^]*12345678/)
    assert.equal(ended.at(-1), 'too late')
    await Promise.all([usual.close(100), patient.close(100)])
  },
)

/** Opens a connection and asks once; what it heard, or '' where it was closed. */
async function hold(port: number): Promise<{ socket: Socket; heard: string }> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const heard = await new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (piece) => {
      text += String(piece)
      if (text.endsWith('here')) resolve(text)
    })
    socket.once('close', () => resolve(text))
  })
  return { socket, heard }
}

const LIMITS = { connections: 4, perAddress: 100, idleMs: 15_000, idleFullMs: 5_000 }

test('one address holds no more connections than its share, while spared ones may have all', async () => {
  for (const [isSpared, answered] of [
    [false, 2],
    [true, 3],
  ] as const) {
    const figures = noHttpFigures()
    const listen = { ...LOCAL, limits: { ...LIMITS, perAddress: 2 }, spares: () => isSpared }
    const server = await serveHttp(answer, listen, figures)
    const port = portOf(server.url)
    const held = [await hold(port), await hold(port), await hold(port)]
    assert.equal(held.filter(({ heard }) => heard.startsWith('HTTP/1.1 200')).length, answered)
    assert.equal(figures.overAddress, 3 - answered)
    await new Promise((closed) => held[0]!.socket.once('close', closed).destroy())
    // The server hears of it in its own time.
    let next = await hold(port)
    for (let tries = 0; next.heard === '' && tries < 100; tries++) next = await hold(port)
    assert.match(next.heard, /^HTTP\/1\.1 200/, 'a place that was left is had again')
    for (const { socket } of [...held, next]) socket.destroy()
    await server.close(100)
  }
})

test('beyond all connections none is accepted, and from half of them on idle ones may stay for less long', async () => {
  const figures = noHttpFigures()
  const server = await serveHttp(answer, { ...LOCAL, limits: LIMITS }, figures)
  const port = portOf(server.url)
  const held = []
  for (let index = 0; index < 5; index++) held.push(await hold(port))
  assert.deepEqual(
    held.map(({ heard }) => /keep-alive: timeout=(\d+)/i.exec(heard)?.[1]),
    ['15', '15', '5', '5', undefined],
  )
  assert.deepEqual([figures.overAll, figures.overAddress], [1, 0])
  for (const { socket } of held) socket.destroy()
  await server.close(100)
})

test('a connection that asks no more is closed, and counted', { timeout: 20_000 }, async () => {
  const figures = noHttpFigures()
  const server = await serveHttp(answer, { ...LOCAL, limits: { ...LIMITS, idleMs: 50 } }, figures)
  const { socket, heard } = await hold(portOf(server.url))
  assert.match(heard, /^HTTP\/1\.1 200/)
  if (!socket.closed) await new Promise((closed) => socket.once('close', closed))
  assert.equal(figures.idle, 1)
  await server.close(100)
})

test('of IPv6 a /64 is one client, and of IPv4 an address', () => {
  for (const [address, network] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1::/64'],
    ['2001:DB8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'],
    ['2001:db8:0:2::1', '2001:db8:0:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['no address', 'no address'],
  ] as const)
    assert.equal(networkOf(address), network, address)
})
