import assert from 'node:assert/strict'
import { type Socket, createSocket } from 'node:dgram'
import { test, type TestContext } from 'node:test'
import { parseMessage } from '#codec/sip/message.ts'
import { answerCalls } from './answer-calls.ts'
import { dial } from './dial.ts'

async function destination(t: TestContext) {
  const users: string[] = []
  const made = await answerCalls('127.0.0.1', 0, (user) => void users.push(user))
  t.after(() => made.close())
  return { users, port: Number(made.local.split(':')[1]) }
}

async function caller(
  t: TestContext,
): Promise<{ socket: Socket; next: () => Promise<ReturnType<typeof parseMessage>> }> {
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  const next = (): Promise<ReturnType<typeof parseMessage>> =>
    new Promise((heard) => socket.once('message', (bytes) => heard(parseMessage(bytes))))
  return { socket, next }
}

function invite(port: number, requestUri = 'sip:+14155550163;npdi@127.0.0.1'): string {
  return (
    `INVITE ${requestUri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${port};rport;branch=z9hG4bKp\r\n` +
    'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKu\r\nRecord-Route: <sip:127.0.0.1:5080;lr>\r\nMax-Forwards: 69\r\n' +
    `From: <sip:+12125550117@a.example>;tag=f\r\nTo: <sip:+14155550163@b.example>\r\nCall-ID: c@a.example\r\n` +
    `CSeq: 1 INVITE\r\nContact: <sip:caller@127.0.0.1:${port}>\r\nContent-Length: 0\r\n\r\n`
  )
}

test('a destination picks up, says what was called, and hangs up along the way it was called', async (t) => {
  const { users, port } = await destination(t)
  const { socket, next } = await caller(t)
  const own = socket.address().port

  const answered = next()
  socket.send(invite(own), port, '127.0.0.1')
  const ok = await answered
  assert.equal(ok.status, 200)
  assert.equal(ok.named('via').length, 2)
  assert.match(ok.named('via')[0]!, new RegExp(`rport=${own}.*received=127.0.0.1`))
  assert.deepEqual(ok.named('record-route'), ['<sip:127.0.0.1:5080;lr>'])
  assert.match(new TextDecoder().decode(ok.body), /a=inactive/)
  const again = next()
  socket.send(invite(own), port, '127.0.0.1')
  assert.equal((await again).named('to')[0], ok.named('to')[0], 'a repeated INVITE gets the same answer')

  const hungUp = next()
  socket.send(invite(own).replace('INVITE sip', 'ACK sip').replace('1 INVITE', '1 ACK'), port, '127.0.0.1')
  const bye = await hungUp
  assert.equal(bye.method, 'BYE')
  assert.equal(bye.requestUri, `sip:caller@127.0.0.1:${own}`)
  assert.deepEqual(bye.named('route'), ['<sip:127.0.0.1:5080;lr>'])
  assert.equal(bye.named('from')[0], ok.named('to')[0])
  assert.deepEqual(users, ['+14155550163;npdi'])
})

test('what is no request is left alone, and other requests are answered 200', async (t) => {
  const { users, port } = await destination(t)
  const { socket, next } = await caller(t)
  const heard = next()

  for (const noise of ['', '\r\n\r\n', 'SIP/2.0 200 OK\r\n\r\n', 'INVITE sip:x']) socket.send(noise, port, '127.0.0.1')
  socket.send(
    invite(socket.address().port).replace('INVITE sip', 'OPTIONS sip').replace('1 INVITE', '2 OPTIONS'),
    port,
    '127.0.0.1',
  )

  assert.equal((await heard).named('cseq')[0], '2 OPTIONS')
  assert.deepEqual(users, [])
})

test('our own dialler reaches it', async (t) => {
  const { users, port } = await destination(t)

  const dialled = await dial({
    host: '127.0.0.1',
    port,
    from: '+12125550117',
    to: '+14155550163',
    displayName: undefined,
    localAddress: undefined,
    timeoutMs: 5_000,
  })

  assert.equal(dialled.kind === 'answered' && dialled.response.status, 200)
  assert.deepEqual(users, ['+14155550163'])
})
