import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { openLibc } from './libc.ts'
import { detectBatch, listenUdpBatch } from './udp-batch.ts'
import { udpContract } from './udp-contract.ts'

udpContract('dgram', undefined)
udpContract('batch', detectBatch())

test('the batch transport is there on Linux with the Node that we lock, and says in words why not elsewhere', () => {
  if (process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)) assert.equal(detectBatch(), undefined)
  else assert.match(detectBatch() ?? '', /needs|knows/)
})

test(
  'a system that does not cut messages into datagrams is found out once, and loses none of them',
  { skip: detectBatch() ?? false, timeout: 30_000 },
  async (t) => {
    const options = { receiveBufferBytes: 1_000_000, reusePort: false }
    const transport = await listenUdpBatch('127.0.0.1', 0, options, () => undefined)
    const client = createSocket('udp4')
    t.after(async () => {
      client.close()
      await transport.close()
    })
    client.bind(0, '127.0.0.1')
    await once(client, 'listening')
    const { port } = client.address()
    const libc = openLibc()
    const { descriptor } = transport as typeof transport & { descriptor: number }
    const came: string[] = []
    client.on('message', (bytes) => came.push(bytes.toString('latin1')))
    // Without checksums Linux refuses to cut, and sends single datagrams all the same.
    assert.equal(libc.setsockopt(descriptor, SOL_SOCKET, SO_NO_CHECK, Int32Array.of(1), 4), 0)
    const sendmmsg = t.mock.method(libc, 'sendmmsg')

    const calls: number[] = []
    for (const round of ['a', 'b']) {
      const before = sendmmsg.mock.callCount()
      const sent = Array.from({ length: 20 }, (_, index) => `${round} ${index % 10}${index < 19 ? ' more' : ''}`)
      for (const text of sent) transport.send(Buffer.from(text), text.length, '127.0.0.1', port)
      while (came.length < sent.length) await once(client, 'message')
      assert.deepEqual(came.splice(0), sent)
      calls.push(sendmmsg.mock.callCount() - before)
    }

    // Refused together, then one by one; and from then on all in one call.
    assert.deepEqual(calls, [21, 1])
    assert.equal(transport.failures.sends, 0)
  },
)

const SOL_SOCKET = 1
const SO_NO_CHECK = 11
