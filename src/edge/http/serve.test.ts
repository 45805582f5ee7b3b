import assert from 'node:assert/strict'
import { connect } from 'node:net'
import test from 'node:test'
import { type SecureVersion, connect as connectTls } from 'node:tls'
import { foundAuthority } from '../../../test/tls-certificates.ts'
import { HTTP_HEADER_BYTES_MAX, serveHttp } from './serve.ts'

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
  const server = await serveHttp(answer, LOCAL)
  assert.equal(await (await fetch(server.url)).text(), 'here')
  await assert.rejects(serveHttp(answer, { ...LOCAL, port: portOf(server.url) }), /EADDRINUSE/)
  await server.close(100)
  await assert.rejects(fetch(server.url))
})

test('a request under way is answered before the server closes', async () => {
  let respond: (response: Response) => void = () => undefined
  let asked: () => void = () => undefined
  const isAsked = new Promise<void>((resolve) => (asked = resolve))
  const server = await serveHttp(() => {
    asked()
    return new Promise((resolve) => (respond = resolve))
  }, LOCAL)
  const response = fetch(server.url)
  await isAsked
  const closed = server.close(5_000)
  respond(new Response('still'))
  assert.equal(await (await response).text(), 'still')
  await closed
})

test('what two servers could read differently, or is too long, is refused by the connection', async () => {
  const seen: string[] = []
  const server = await serveHttp((request) => {
    seen.push(request.method)
    return new Response('taken')
  }, LOCAL)
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
  const server = await serveHttp(answer, { ...LOCAL, tls: first })
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
  const server = await serveHttp(answer, LOCAL)
  const heard = await speak(portOf(server.url), 'POST / HTTP/1.1\r\nHost: a\r\n')
  assert.match(heard, /^HTTP\/1\.1 408/)
  await server.close(100)
})
