import assert from 'node:assert/strict'
import { type Socket, createSocket } from 'node:dgram'
import { type TestContext, test } from 'node:test'
import { FIELD } from '#codec/sip/field.ts'
import { type Message, parseMessage } from '#codec/sip/message.ts'
import { encodeText } from '#codec/sip/text.ts'
import { dial } from './dial.ts'

const PLAN = {
  from: '+12125550117',
  to: '+14155550163',
  displayName: undefined,
  localAddress: undefined,
  timeoutMs: 4_000,
}

test('a refusal is handed over with how long it took, and is acknowledged in the INVITE’s transaction', async (t) => {
  const server = await serverThat(t, (request) => (request.isMethod('INVITE') ? ['603 Network Blocked'] : []))

  const dialled = await dial({ ...PLAN, host: '127.0.0.1', port: server.port })

  assert.equal(dialled.kind, 'answered')
  assert.ok(dialled.kind === 'answered' && dialled.response.status === 603 && dialled.afterMs > 0)
  const [invite, ack] = await server.heard(2)
  assert.deepEqual([invite!.method, ack!.method], ['INVITE', 'ACK'])
  assert.equal(branchOf(ack!), branchOf(invite!))
  assert.match(ack!.first(FIELD.to)!, /;tag=uas$/)
  assert.equal(invite!.first(FIELD.from)?.startsWith('<sip:+12125550117@'), true)
})

test('a call that is picked up is hung up at once', async (t) => {
  const server = await serverThat(t, (request) =>
    request.isMethod('INVITE') ? ['100 Trying', '180 Ringing', '200 OK'] : [],
  )

  const dialled = await dial({ ...PLAN, host: '127.0.0.1', port: server.port })

  assert.deepEqual(dialled.kind === 'answered' && dialled.provisional, [100, 180])
  const [invite, ack, bye] = await server.heard(3)
  assert.deepEqual([ack!.method, bye!.method], ['ACK', 'BYE'])
  assert.notEqual(branchOf(ack!), branchOf(invite!), 'the ACK of a 2xx is a transaction of its own')
  assert.match(bye!.first(FIELD.cseq)!, /^2 BYE$/)
})

test('without an answer the INVITE is sent again, octet for octet, until the time is up', async (t) => {
  const server = await serverThat(t, () => [])

  const dialled = await dial({ ...PLAN, host: '127.0.0.1', port: server.port, timeoutMs: 700 })

  assert.deepEqual([dialled.kind, dialled.kind === 'silent' && dialled.why], ['silent', 'no final answer in 0.7 s'])
  await server.heard(2)
  assert.deepEqual(server.datagrams[1], server.datagrams[0])
})

test('a call that still rings when the time is up is cancelled, and its 487 acknowledged', async (t) => {
  let invite: Message | undefined
  const server = await serverThat(t, (request, send) => {
    if (request.isMethod('INVITE')) {
      invite = request
      return ['180 Ringing']
    }
    if (request.isMethod('CANCEL')) send(encodeText(responseTo(invite!, '487 Request Terminated')))
    return request.isMethod('CANCEL') ? ['200 OK'] : []
  })

  const dialled = await dial({ ...PLAN, host: '127.0.0.1', port: server.port, timeoutMs: 300 })

  assert.deepEqual(
    [dialled.kind, dialled.provisional, dialled.kind === 'silent' && dialled.why],
    ['silent', [180], 'no final answer in 0.3 s'],
  )
  const [first, cancel, ack] = await server.heard(3)
  assert.deepEqual([first!.method, cancel!.method, ack!.method], ['INVITE', 'CANCEL', 'ACK'])
  assert.deepEqual([branchOf(cancel!), branchOf(ack!)], [branchOf(first!), branchOf(first!)])
  assert.equal(cancel!.first(FIELD.to), first!.first(FIELD.to))
  assert.equal(cancel!.first(FIELD.cseq), '1 CANCEL')
})

test('who picks up while his call is cancelled is hung up, and who hears no CANCEL is left after a second', async (t) => {
  let invite: Message | undefined
  const server = await serverThat(t, (request, send) => {
    if (request.isMethod('INVITE')) invite = request
    else if (request.isMethod('CANCEL')) send(encodeText(responseTo(invite!, '200 OK')))
    return request.isMethod('INVITE') ? ['180 Ringing'] : []
  })
  const dialled = await dial({ ...PLAN, host: '127.0.0.1', port: server.port, timeoutMs: 300 })
  assert.equal(dialled.kind, 'silent')
  const requests = await server.heard(4)
  assert.deepEqual(
    requests.map(({ method }) => method),
    ['INVITE', 'CANCEL', 'ACK', 'BYE'],
  )
  const deaf = await serverThat(t, (request) => (request.isMethod('INVITE') ? ['183 Session Progress'] : []))
  const left = await dial({ ...PLAN, host: '127.0.0.1', port: deaf.port, timeoutMs: 200 })
  assert.equal(left.kind, 'silent')
  assert.equal(deaf.datagrams.length, 2)
})

test('what is no answer to this call is passed over', async (t) => {
  const server = await serverThat(t, (request, send) => {
    send(encodeText('\0\0 nonsense'))
    send(encodeText(responseTo(request, '603 Decline').replace(/Call-ID: .*/, 'Call-ID: another')))
    send(encodeText('OPTIONS sip:a SIP/2.0\r\n\r\n'))
    return request.isMethod('INVITE') ? ['486 Busy Here'] : []
  })

  const dialled = await dial({ ...PLAN, host: '127.0.0.1', port: server.port })

  assert.equal(dialled.kind === 'answered' && dialled.response.status, 486)
})

test('a port where nobody listens is told at once', async () => {
  const socket = createSocket('udp4')
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  const { port } = socket.address()
  await new Promise<void>((closed) => socket.close(closed))

  const dialled = await dial({ ...PLAN, host: '127.0.0.1', port })

  assert.deepEqual([dialled.kind, dialled.kind === 'silent' && dialled.why], ['silent', 'nothing listens on that port'])
})

test('an address this machine does not have is an error, and leaves nothing open', async () => {
  await assert.rejects(dial({ ...PLAN, host: '127.0.0.1', port: 9, localAddress: '192.0.2.1' }), {
    code: 'EADDRNOTAVAIL',
  })
})

test('a display name with quotes arrives as one quoted string', async (t) => {
  const server = await serverThat(t, () => ['404 Not Found'])

  await dial({ ...PLAN, host: '127.0.0.1', port: server.port, displayName: 'A "B" \\ C <sip:x@y>' })

  const [invite] = await server.heard(1)
  assert.ok(invite!.first(FIELD.from)!.startsWith('"A \\"B\\" \\\\ C <sip:x@y>" <sip:+12125550117@'))
})

/** A server on loopback that keeps what it hears and answers what `answers` says. */
async function serverThat(t: TestContext, answers: (request: Message, send: (bytes: Uint8Array) => void) => string[]) {
  const socket: Socket = createSocket('udp4')
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound))
  t.after(() => socket.close())
  const datagrams: Buffer[] = []
  let onDatagram = (): void => {}
  socket.on('message', (bytes, remote) => {
    datagrams.push(bytes)
    const request = parseMessage(bytes)
    const send = (answer: Uint8Array): void => socket.send(answer, remote.port, remote.address)
    for (const status of answers(request, send)) send(encodeText(responseTo(request, status)))
    onDatagram()
  })
  return {
    port: socket.address().port,
    datagrams,
    /** The first `count` requests, once they are all there. */
    async heard(count: number): Promise<Message[]> {
      await new Promise<void>((resolve) => {
        onDatagram = () => (datagrams.length >= count ? resolve() : undefined)
        onDatagram()
      })
      return datagrams.slice(0, count).map((bytes) => parseMessage(bytes))
    },
  }
}

function responseTo(request: Message, status: string): string {
  const copied = [
    ['Via', FIELD.via],
    ['From', FIELD.from],
    ['Call-ID', FIELD.callId],
    ['CSeq', FIELD.cseq],
  ] as const
  const lines = copied.map(([name, id]) => `${name}: ${request.first(id)}`)
  return `SIP/2.0 ${status}\r\n${lines.join('\r\n')}\r\nTo: ${request.first(FIELD.to)};tag=uas\r\nContent-Length: 0\r\n\r\n`
}

function branchOf(request: Message): string | undefined {
  return /branch=([^;]+)/.exec(request.first(FIELD.via) ?? '')?.[1]
}
