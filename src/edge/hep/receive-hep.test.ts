import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { connect as connectTls, createSecureContext } from 'node:tls'
import { deflateSync, gzipSync } from 'node:zlib'
import { HEP_TYPES, type HepPacket, formatHep } from '#codec/hep/hep.ts'
import {
  type HeardCopy,
  HepInlet,
  type HepSenders,
  PACKET_OCTETS_MAX,
  listenHep,
  noHepInFigures,
} from './receive-hep.ts'
import { foundAuthority } from '../../../test/tls-certificates.ts'

const PACKET: HepPacket = {
  source: '192.0.2.1',
  sourcePort: 5060,
  destination: '192.0.2.2',
  destinationPort: 5060,
  protocol: 17,
  atMs: 1_795_000_000_000,
  type: HEP_TYPES.sip,
  captureId: 7,
  password: undefined,
  node: undefined,
  correlationId: undefined,
  payload: new Uint8Array(0),
}
/** A copy, and what its packet told while it was lent. */
type Heard = Pick<HeardCopy, 'atMs' | 'tap'> & { readonly text: string; readonly source: string }

const LIMITS = { connections: 2, idleMs: 60_000, packetMs: 60_000 }

for (const transport of ['udp', 'tcp'] as const) {
  test(`over ${transport} a copy is heard as it was sent, with who sent it`, async (t) => {
    const { inlet, send } = await open(t, { transport })

    const heard = await send(write('one'), 1)

    assert.deepEqual(heard.map(textOf), ['one'])
    assert.deepEqual([heard[0]!.tap, heard[0]!.source, heard[0]!.atMs], ['127.0.0.1 7', '192.0.2.1', PACKET.atMs])
    assert.deepEqual(inlet.figures, { ...noHepInFigures(), received: 1 })
  })

  test(`over ${transport} a stranger is not heard`, async (t) => {
    const { inlet, send, heard } = await open(t, { transport, from: ['127.0.0.2', '192.0.2.0/24', '2001:db8::/32'] })

    await send(write('one'), 0)
    await until(() => inlet.figures.strangers === 1)

    assert.deepEqual([heard, inlet.figures], [[], { ...noHepInFigures(), strangers: 1 }])
  })
}

const TAKEN: readonly (readonly [title: string, octets: () => Uint8Array, count: keyof typeof COUNTS | 'heard'])[] = [
  ['a plain payload', () => write('text'), 'heard'],
  ['a payload compressed by zlib', () => compressed(deflateSync('text')), 'heard'],
  ['a payload compressed by gzip', () => compressed(gzipSync('text')), 'heard'],
  ['a payload that opens to 64 KiB', () => compressed(deflateSync('a'.repeat(PACKET_OCTETS_MAX))), 'heard'],
  ['one that opens to an octet more', () => compressed(deflateSync('a'.repeat(PACKET_OCTETS_MAX + 1))), 'malformed'],
  ['one that opens to sixty megabytes', () => compressed(bomb()), 'malformed'],
  ['one that is not compressed after all', () => compressed(Buffer.from('text')), 'malformed'],
  ['a log', () => formatHep({ ...PACKET, type: HEP_TYPES.log }), 'otherTypes'],
  ['HEP of version 2', () => old(2), 'heard'],
  ['HEP of version 4', () => old(4), 'malformed'],
  ['a length beyond the octets', () => write('text').slice(0, -1), 'malformed'],
  ['nothing', () => new Uint8Array(0), 'malformed'],
]
const COUNTS = noHepInFigures()

for (const [title, octets, count] of TAKEN) {
  test(`${title} is ${count === 'heard' ? 'heard' : `counted as ${count}`}`, () => {
    const { inlet, heard } = listen()
    inlet.take(octets(), '127.0.0.1')
    const expected = { ...noHepInFigures(), received: 1, ...(count !== 'heard' && { [count]: 1 }) }
    assert.deepEqual([inlet.figures, heard.length], [expected, count === 'heard' ? 1 : 0])
  })
}

test('where a key is asked for, copies without it are dropped, and nobody is handed the key', () => {
  const { inlet, heard } = listen({ password: 'right' })
  for (const password of [undefined, '', 'wrong', 'right ', 'righ', 'right'])
    inlet.take(formatHep({ ...PACKET, password, payload: Buffer.from(String(password)) }), '127.0.0.1')
  assert.deepEqual([heard.map(textOf), inlet.figures.denied], [['right'], 5])
})

test('a message that two taps saw is heard once, and a message like it is another', () => {
  const { inlet, heard } = listen()
  inlet.take(write('one'), '127.0.0.1')
  inlet.take(formatHep({ ...PACKET, payload: Buffer.from('one'), captureId: 8, atMs: 1 }), '127.0.0.2')
  inlet.take(write('two'), '127.0.0.1')
  assert.deepEqual([heard.map(textOf), inlet.figures.repeated], [['one', 'two'], 1])
})

test('after half a second the same message is heard again', (t) => {
  let nowMs = 1000
  t.mock.method(performance, 'now', () => nowMs)
  const { inlet, heard } = listen()
  inlet.take(write('one'), '127.0.0.1')
  nowMs += 499
  inlet.take(write('one'), '127.0.0.1')
  assert.deepEqual([heard.length, inlet.figures.repeated], [1, 1])
  nowMs += 1
  inlet.take(write('one'), '127.0.0.1')
  assert.deepEqual([heard.length, inlet.figures.repeated], [2, 1])
})

test('a copy without a time, or with one more than a day ahead, is of when it came; any other keeps its own', () => {
  const { inlet, heard } = listen()
  const nowMs = Date.now()
  const times = [0, nowMs + 86_460_000, nowMs + 86_340_000, 1_000_000_000_000]
  for (const [index, atMs] of times.entries())
    inlet.take(formatHep({ ...PACKET, atMs, payload: Buffer.from(`${index}`) }), '127.0.0.1')
  assert.equal(inlet.figures.untimed, 2)
  for (const { atMs } of heard.slice(0, 2)) assert.ok(atMs >= nowMs - 1 && atMs < nowMs + 60_000, String(atMs))
  assert.deepEqual(
    heard.slice(2).map(({ atMs }) => atMs),
    times.slice(2),
  )
})

test('what is of no use by its first octets is left alone, compressed too', () => {
  const heard: string[] = []
  const wants = (bytes: Uint8Array, start: number) => bytes[start] === 0x6f
  const inlet = new HepInlet({ from: ['127.0.0.1'], password: undefined, wants }, (copy) =>
    heard.push(Buffer.from(copy.bytes).toString('utf8', copy.start, copy.end)),
  )
  for (const octets of [write('one'), write('two'), compressed(deflateSync('order')), compressed(deflateSync('two'))])
    inlet.take(octets, '127.0.0.1')
  assert.deepEqual([heard, inlet.figures.unwanted], [['one', 'order'], 2])
})

test('over TLS copies are heard, a connection that speaks no TLS is closed, and so is one that never begins', async (t) => {
  const authority = foundAuthority('Homer')
  const { certificate, key } = authority.mint({ name: 'monitor.example' })
  const { inlet, heard } = listen()
  const secureContext = createSecureContext({ cert: certificate, key })
  const endpoint = { transport: 'tls', address: '127.0.0.1', port: 0 } as const
  const listener = await listenHep(endpoint, inlet, { limits: { ...LIMITS, idleMs: 300 }, tls: () => secureContext })
  t.after(() => listener.close())
  assert.match(listener.local, /^tls:127\.0\.0\.1:[0-9]+$/)
  const port = Number(listener.local.split(':').at(-1))

  const line = connectTls({ host: '127.0.0.1', port, ca: authority.certificate, servername: 'monitor.example' })
  await once(line, 'secureConnect')
  line.end(write('one'))
  await until(() => heard.length === 1)
  assert.deepEqual(heard.map(textOf), ['one'])

  const plain = await dial(t, port)
  plain.write(write('two'))
  await once(plain, 'close')
  const silent = await dial(t, port)
  await once(silent, 'close')
  assert.deepEqual([heard.length, inlet.figures.idle], [1, 1])
})

test('a stream is cut into copies, whatever pieces it comes in, and goes on behind a bad copy', () => {
  return Promise.all(
    [1, 2, 5, 6, 7, 100, 1000].map((size) =>
      test(`pieces of ${size}`, async (t) => {
        const { socket, heard, inlet } = await openTcp(t)
        const bad = Buffer.from('48455033000a000000010005', 'hex').subarray(0, 10)
        const all = Buffer.concat([write('one'), bad, write('two'), write('x'.repeat(3000))])
        for (let at = 0; at < all.length; at += size) socket.write(all.subarray(at, at + size))
        await until(() => heard.length === 3)
        assert.deepEqual(heard.map(textOf), ['one', 'two', 'x'.repeat(3000)])
        assert.deepEqual([inlet.figures.received, inlet.figures.malformed], [4, 1])
      }),
    ),
  ).then(() => undefined)
})

test('a stream that is none of packets is cut', async (t) => {
  const { socket, inlet } = await openTcp(t)
  socket.write('INVITE sip:a@b SIP/2.0\r\n')
  await once(socket, 'close')
  assert.deepEqual(inlet.figures, { ...noHepInFigures(), unframed: 1 })
})

for (const [title, limits, octets] of [
  ['says nothing', { idleMs: 50 }, new Uint8Array(0)],
  ['ends no copy', { packetMs: 50 }, write('one').subarray(0, 20)],
] as const) {
  test(`a connection that ${title} is closed in time, and one that does is not`, async (t) => {
    const { socket, inlet } = await openTcp(t, { ...LIMITS, ...limits })
    const { socket: other, heard } = await openTcp(t)
    socket.write(octets)
    await once(socket, 'close')
    other.write(write('one'))
    await until(() => heard.length === 1)
    assert.equal(inlet.figures.idle, 1)
  })
}

test('connections beyond the limit are closed as they come, and there is room again behind one that ends', async (t) => {
  const { socket, port, heard, inlet } = await openTcp(t)
  const second = await dial(t, port)
  second.write(write('second'))
  await until(() => heard.length === 1)
  await dial(t, port)
  await until(() => inlet.figures.overConnections === 1)

  socket.destroy()
  await until(async () => {
    const fourth = await dial(t, port)
    fourth.write(write(`fourth ${inlet.figures.overConnections}`))
    await new Promise((next) => setTimeout(next, 20))
    return heard.length === 2
  })
})

test('a port that is taken is told', async (t) => {
  for (const transport of ['udp', 'tcp'] as const) {
    const { port } = await open(t, { transport })
    const again = listenHep({ transport, address: '127.0.0.1', port }, listen().inlet)
    await assert.rejects(again, { code: 'EADDRINUSE' })
  }
})

function listen({ from = ['127.0.0.0/8'], password }: Partial<HepSenders> = {}) {
  const heard: Heard[] = []
  return {
    heard,
    inlet: new HepInlet({ from, password }, ({ packet, bytes, start, end, atMs, tap }) =>
      heard.push({ text: Buffer.from(bytes).toString('utf8', start, end), atMs, tap, source: packet.source }),
    ),
  }
}

async function open(
  t: TestContext,
  { transport, ...senders }: Partial<HepSenders> & { transport: 'udp' | 'tcp' },
  limits = LIMITS,
) {
  const { inlet, heard } = listen(senders)
  const listener = await listenHep({ transport, address: '127.0.0.1', port: 0 }, inlet, { limits })
  t.after(() => listener.close())
  const port = Number(listener.local.split(':').at(-1))
  assert.equal(listener.local, `${transport}:127.0.0.1:${port}`)
  const send = async (octets: Uint8Array, count: number): Promise<Heard[]> => {
    if (transport === 'udp') {
      const socket = createSocket('udp4')
      t.after(() => socket.close())
      socket.send(octets, port, '127.0.0.1')
    } else (await dial(t, port)).write(octets)
    await until(() => heard.length >= count)
    return heard
  }
  return { inlet, heard, port, send }
}

async function openTcp(t: TestContext, limits = LIMITS) {
  const opened = await open(t, { transport: 'tcp' }, limits)
  return { ...opened, socket: await dial(t, opened.port) }
}

async function dial(t: TestContext, port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  socket.on('error', () => undefined)
  t.after(() => socket.destroy())
  await new Promise<void>((done) => socket.once('connect', done).once('close', () => done()))
  return socket
}

async function until(ask: () => boolean | Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + 10_000; Date.now() < endMs;) {
    if (await ask()) return
    await new Promise((next) => setTimeout(next, 5))
  }
  assert.fail('waited in vain')
}

function write(text: string): Buffer {
  return Buffer.from(formatHep({ ...PACKET, payload: Buffer.from(text) }))
}

/** A packet whose payload is said to be compressed: chunk 16 instead of 15. */
function compressed(payload: Uint8Array): Buffer {
  const octets = Buffer.from(formatHep({ ...PACKET, payload }))
  octets.writeUInt16BE(16, octets.length - payload.length - 4)
  return octets
}

/** A packet of an old agent, as of a version. */
function old(version: number): Buffer {
  const time = 'c086fd6a40e20100d1070000'
  return Buffer.from(`0${version}10021113c413c5c0000201c6336401${time}414243`, 'hex')
}

/** A thousand times as long when opened. */
function bomb(): Uint8Array {
  const zeros = deflateSync(Buffer.alloc(60_000_000))
  assert.ok(zeros.length < 60_000)
  return zeros
}

function textOf({ text }: Heard): string {
  return text
}

test('copies that find the receive buffer full are counted, and the rest is heard', async (t) => {
  const inlet = new HepInlet({ from: ['127.0.0.1'], password: undefined }, () => undefined)
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_096 })
  const listener = await listenHep({ transport: 'udp', address: '127.0.0.1', port: 0 }, inlet, {
    openDatagrams: async (address, port, _bytes, receive) => {
      socket.on('message', (octets, { address: from }) => receive(octets, from))
      await new Promise<void>((bound) => socket.bind(port, address, bound))
      return {
        local: `127.0.0.1:${socket.address().port}`,
        close: () => new Promise((end) => socket.close(() => end())),
      }
    },
  })
  const sender = createSocket('udp4')
  t.after(() => sender.close())
  const copies = Array.from({ length: 1_000 }, (_, at) => write(`copy ${at}`))
  // In one turn, so that nobody reads meanwhile.
  await Promise.all(
    copies.map((copy) => new Promise((sent) => sender.send(copy, socket.address().port, '127.0.0.1', sent))),
  )
  const { figures } = inlet
  // What was sent last is on the way still.
  for (let before = -1; before !== figures.received; await new Promise((turn) => setTimeout(turn, 50)))
    before = figures.received

  await listener.close()

  assert.ok(figures.overrun > 0 && figures.received > 0, JSON.stringify(figures))
  assert.equal(figures.received + figures.overrun, copies.length)
})
