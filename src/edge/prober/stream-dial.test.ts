import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type Server, type Socket, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { foundAuthority } from '../../../test/tls-certificates.ts'
import { type DialPlan, dial } from './dial.ts'

const AUTHORITY = foundAuthority('Authority')
const SERVER = AUTHORITY.mint({ name: 'server', addresses: ['127.0.0.1'] })
const PLAN: Omit<DialPlan, 'port'> = {
  host: '127.0.0.1',
  transport: 'tcp',
  from: '+12125550117',
  to: '+14155550163',
  displayName: undefined,
  localAddress: undefined,
  timeoutMs: 4_000,
}
const TRUST = { name: '127.0.0.1', authorities: AUTHORITY.certificate, certificate: undefined, key: undefined }

test('over TCP an answer in pieces, behind keep-alives and a 100, is heard; the INVITE goes once, and the ACK behind it', async (t) => {
  const heard: string[] = []
  const port = await serve(t, createServer(), (socket, text) => {
    heard.push(text)
    if (!text.startsWith('INVITE')) return
    const answers = `\r\n\r\n${answerTo(text, '100 Trying')}\r\n${answerTo(text, '603 Decline')}`
    socket.write(answers.slice(0, 30))
    setTimeout(() => socket.write(answers.slice(30)), 20)
  })

  const dialled = await dial({ ...PLAN, port })

  assert.ok(dialled.kind === 'answered')
  assert.deepEqual([dialled.response.status, dialled.provisional], [603, [100]])
  while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.match(heard[0]!, /^INVITE sip:\+14155550163@127\.0\.0\.1:\d+;transport=tcp SIP\/2\.0\r\nVia: SIP\/2\.0\/TCP /)
  assert.match(heard[1]!, /^ACK /)
})

test('over TLS the certificate is checked, for its authority and for its name', async (t) => {
  const server = createTlsServer({ cert: SERVER.certificate, key: SERVER.key })
  const port = await serve(t, server, (socket, text) => {
    if (text.startsWith('INVITE')) socket.write(answerTo(text, '404 Not Found'))
  })
  const plan = { ...PLAN, transport: 'tls' as const, port }

  const dialled = await dial({ ...plan, tls: TRUST })

  assert.ok(dialled.kind === 'answered')
  assert.equal(dialled.response.status, 404)
  await assert.rejects(dial(plan), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  await assert.rejects(dial({ ...plan, tls: { ...TRUST, name: 'other.example' } }), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
})

const SILENCES: [title: string, act: (socket: Socket) => void, why: RegExp][] = [
  ['ends the connection', (socket) => socket.end(), /the connection was closed without an answer/],
  ['sends what is no SIP', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), /no SIP over a stream/],
  ['says nothing', () => undefined, /no final answer in 0\.3 s/],
]

for (const [title, act, why] of SILENCES) {
  test(`a server that ${title} is told so, in time`, async (t) => {
    const port = await serve(t, createServer(), (socket) => act(socket))

    const dialled = await dial({ ...PLAN, port, timeoutMs: 300 })

    assert.equal(dialled.kind, 'silent')
    assert.match(dialled.kind === 'silent' ? dialled.why : '', why)
  })
}

test('over TCP too, a port where nobody listens is told at once', async (t) => {
  const server = createServer()
  const port = await serve(t, server, () => undefined)
  await new Promise((closed) => server.close(closed))

  const dialled = await dial({ ...PLAN, port })

  assert.deepEqual([dialled.kind, dialled.kind === 'silent' && dialled.why], ['silent', 'nothing listens on that port'])
})

async function serve(t: TestContext, server: Server, onText: (socket: Socket, text: string) => void): Promise<number> {
  const sockets: Socket[] = []
  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', (socket: Socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', (bytes: Buffer) => onText(socket, bytes.toString('latin1')))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}

function answerTo(request: string, status: string): string {
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) =>
    new RegExp(`^${name}: .*`, 'm').exec(request)?.[0].trim(),
  )
  const to = /^To: .*/m.exec(request)?.[0].trim()
  return `SIP/2.0 ${status}\r\n${copied.join('\r\n')}\r\n${to};tag=uas\r\nContent-Length: 0\r\n\r\n`
}
