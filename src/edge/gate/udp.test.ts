import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { type TestContext, test } from 'node:test'
import { type Transport, listenUdp } from './udp.ts'

const OCTETS = new Uint8Array([1, 2, 3, 4])

test('a datagram comes with its true source, and what is sent back arrives as it was when it was sent', async (t) => {
  const transport = await listenWith(t, '127.0.0.1', (bytes, source, way) => {
    const buffer = new Uint8Array([...bytes, 9, 9])
    way.send(buffer, bytes.length, source.address, source.port)
    buffer.fill(0)
  })

  assert.deepEqual(await ask('127.0.0.1', transport), OCTETS)
})

test('on IPv6 the answer finds its way back too', async (t) => {
  const transport = await listenWith(t, '::1', (bytes, source, way) =>
    way.send(bytes, bytes.length, source.address, source.port),
  )

  assert.match(transport.local, /^\[::1\]:\d+$/)
  assert.deepEqual(await ask('::1', transport), OCTETS)
})

test('a peer on IPv4 is known by its IPv4 address on a socket for both', async (t) => {
  const seen: string[] = []
  const transport = await listenWith(t, '::', (bytes, source, way) => {
    seen.push(source.address)
    way.send(bytes, bytes.length, source.address, source.port)
  })

  assert.deepEqual(await ask('127.0.0.1', transport), OCTETS)
  assert.deepEqual(seen, ['127.0.0.1'])
})

test('what cannot be sent is counted, and throws nothing: a port that is none, a socket that is closed', async (t) => {
  const transport = await listenWith(t, '127.0.0.1', () => undefined)

  transport.send(OCTETS, 4, '127.0.0.1', 0)
  transport.send(OCTETS, 4, '127.0.0.1', 70_000)
  assert.equal(transport.failures.sends, 2)
  await transport.close()
  transport.send(OCTETS, 4, '127.0.0.1', 9)

  assert.equal(transport.failures.sends, 3)
  assert.ok(transport.failures.last instanceof Error)
})

test('a port that is taken and an address that is not ours are refused', async (t) => {
  const transport = await listenWith(t, '127.0.0.1', () => undefined)
  const port = Number(transport.local.split(':')[1])

  await assert.rejects(
    listenUdp('127.0.0.1', port, 65_536, () => undefined),
    { code: 'EADDRINUSE' },
  )
  await assert.rejects(
    listenUdp('192.0.2.1', 0, 65_536, () => undefined),
    { code: 'EADDRNOTAVAIL' },
  )
})

async function listenWith(t: TestContext, host: string, receive: Parameters<typeof listenUdp>[3]): Promise<Transport> {
  const transport = await listenUdp(host, 0, 65_536, receive)
  t.after(() => transport.close().catch(() => undefined))
  return transport
}

async function ask(host: string, { local }: Transport): Promise<Uint8Array> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  try {
    return await new Promise((answered) => {
      socket.on('message', (bytes) => answered(new Uint8Array(bytes)))
      socket.send(OCTETS, Number(local.slice(local.lastIndexOf(':') + 1)), host)
    })
  } finally {
    socket.close()
  }
}
