import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { test } from 'node:test'
import { Overrun, readDrops } from './overrun.ts'

const TABLE = [
  '   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops',
  ' 1711: 0100007F:CBC4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4861806 2 000000004239f3dd 7',
  ' 8145: 0100007F:E4E6 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4861976 2 00000000aae71fa9 3',
  '',
].join('\n')

test('what a socket dropped is read by its local address, and of no other', () => {
  assert.equal(readDrops(TABLE, '0100007F:CBC4'), 7)
  assert.equal(readDrops(TABLE, '0100007F:CBC5'), 0)
  assert.equal(readDrops(TABLE, '0200007F:CBC4'), 0)
})

for (const [host, type] of [
  ['127.0.0.1', 'udp4'],
  ['::1', 'udp6'],
] as const)
  test(`datagrams that find the receive buffer full are counted once each: ${type}`, async (t) => {
    const socket = createSocket({ type, recvBufferSize: 4_096 })
    const sender = createSocket(type)
    t.after(() => void (socket.close(), sender.close()))
    await new Promise<void>((bound) => socket.bind(0, host, bound))
    const { port } = socket.address()
    const overrun = new Overrun(type === 'udp4' ? `${host}:${port}` : `[${host}]:${port}`)
    const other = new Overrun(type === 'udp4' ? `${host}:${port ^ 1}` : `[${host}]:${port ^ 1}`)
    const came = new Set<number>()
    socket.on('message', (octets) => came.add(octets.readUInt32BE()))
    const sent = 2_000
    let left = 0
    // Written in one turn, so that nobody reads meanwhile.
    await new Promise<void>((done) => {
      for (let at = 0; at < sent; at++) {
        const octets = Buffer.alloc(1_000)
        octets.writeUInt32BE(at)
        sender.send(octets, port, host, () => ++left === sent && done())
      }
    })
    let counted = 0
    while (came.size + counted < sent) {
      counted += overrun.more()
      await new Promise((turn) => setTimeout(turn, 10))
    }
    assert.ok(counted > 0, 'some found it full')
    assert.equal(came.size + counted, sent)
    assert.deepEqual([overrun.more(), other.more()], [0, 0])
  })
