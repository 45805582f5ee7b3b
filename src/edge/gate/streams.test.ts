// One thing: what a gate promises to whoever connects to it over TCP. Each limit has a case that meets it and one that
// nearly does; sockets are real, and durations are small.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { type Socket, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { decodeOctets } from '#codec/sip/text.ts'
import { type Receive } from './stream-connection.ts'
import { type StreamFigureName, type StreamLimits, Streams } from './streams.ts'
import { type StreamParts, listenTcp } from './tcp.ts'

const LIMITS: StreamLimits = {
  connections: 64,
  connectionsPerAddress: 32,
  connectionsPerPeerAddress: 1_024,
  handshakes: 16,
  handshakeMs: 5_000,
  firstByteMs: 5_000,
  headMs: 5_000,
  bodyMs: 5_000,
  idleMs: 5_000,
  stallMs: 5_000,
  queueBytes: 262_144,
}
/** Short enough to be waited for, long enough for a busy machine to be in time. */
const SOON_MS = 150

test('messages are handed over whole, however they were cut, and answers go back on the same connection in order', async (t) => {
  const seen: string[] = []
  const { open } = await listenWith(t, {
    receive: (bytes, _, way) => {
      seen.push(decodeOctets(bytes))
      say(way, `${seen.length};`)
    },
  })
  const client = await open()
  const messages = [options('a'), options('b', 'body'), options('c', '\r\n\r\n'), options('d')]
  const stream = Buffer.from(messages.join(''), 'latin1')

  client.write(stream.subarray(0, 10))
  await turn()
  client.write(stream.subarray(10, messages[0]!.length + messages[1]!.length - 2))
  await turn()
  for (const octet of stream.subarray(messages[0]!.length + messages[1]!.length - 2)) client.write(Buffer.of(octet))

  assert.equal(await client.hears('1;2;3;4;'), '1;2;3;4;')
  assert.deepEqual(seen, messages)
})

test('a source is where the connection truly comes from, on IPv4 in a socket for both too', async (t) => {
  const sources: string[] = []
  const { open } = await listenWith(t, {
    host: '::',
    receive: (_, source, way) => {
      sources.push(`${source.address} ${source.port}`)
      say(way, 'x')
    },
  })
  const client = await open('127.0.0.1')

  client.write(options('a'))
  await client.hears('x')

  assert.deepEqual(sources, [`127.0.0.1 ${client.socket.localPort}`])
})

test('a double CRLF is answered by one CRLF, also in pieces and between messages; a single one by nothing', async (t) => {
  const { open, figures } = await listenWith(t, { receive: (_b, _s, way) => say(way, 'answer') })
  const client = await open()

  client.write('\r\n\r\n')
  assert.equal(await client.hears('\r\n'), '\r\n')
  client.write(`${options('a')}\r\n`)
  await client.hears('answer')
  client.write('\r')
  await turn()
  client.write('\n')
  await client.hears('answer\r\n')
  client.write(`\r\n${options('b')}`)

  assert.equal(await client.hears('\r\nanswer\r\nanswer'), '\r\nanswer\r\nanswer')
  assert.equal(figures.keepAlives, 2)
})

const UNFRAMED: [title: string, text: string, status: string][] = [
  ['no Content-Length', options('a').replace(/Content-Length.*\r\n/, ''), '400 Bad Request'],
  ['two Content-Lengths', options('a').replace('CSeq', 'Content-Length: 1\r\nCSeq'), '400 Bad Request'],
  ['a negative Content-Length', options('a').replace('Length: 0', 'Length: -1'), '400 Bad Request'],
  ['a Content-Length of 2^53', options('a').replace('Length: 0', 'Length: 9007199254740992'), '400 Bad Request'],
  ['a Content-Length over the limit', options('a').replace('Length: 0', 'Length: 65500'), '513 Message Too Large'],
  ['a line over the limit', options('a').replace('CSeq', `X: ${'x'.repeat(8_200)}\r\nCSeq`), '513 Message Too Large'],
  [
    'header fields without end',
    options('a').replace('CSeq', `${'X: y\r\n'.repeat(11_000)}CSeq`),
    '513 Message Too Large',
  ],
]

for (const [title, text, status] of UNFRAMED) {
  test(`a request with ${title} is answered ${status}, and the connection ends; what follows is not read`, async (t) => {
    const { open, figures, streams } = await listenWith(t, { receive: () => assert.fail('nothing is whole') })
    const client = await open()

    client.write(text + options('behind'))
    await client.ended()

    assert.match(client.heard, new RegExp(`^SIP/2\\.0 ${status}\r\n`))
    assert.match(client.heard, /\r\nCall-ID: a@127\.0\.0\.1\r\n/)
    assert.equal(client.heard.match(/SIP\/2\.0 \d/g)?.length, 1)
    assert.equal(figures.unframed, 1)
    await gone(streams)
  })
}

test('what lost its framing is not answered where it is an ACK, a response, or no SIP, or comes from a stranger', async (t) => {
  const unlengthed = UNFRAMED[0]![1]
  const texts = [
    unlengthed.replaceAll('OPTIONS', 'ACK'),
    unlengthed.replace('OPTIONS sip:gate SIP/2.0', 'SIP/2.0 200 OK'),
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    '\x16\x03\x01\x02\x00\r\n\r\n',
  ]
  const { open, figures } = await listenWith(t, {})
  for (const text of texts) {
    const client = await open()
    client.write(text)
    await client.ended()
    assert.equal(client.heard, '', text)
  }
  const strange = await listenWith(t, { isPeer: () => false, hearsStrangers: () => true })
  const client = await strange.open()
  client.write(unlengthed)
  await client.ended()

  assert.equal(client.heard, '')
  assert.equal(figures.unframed, texts.length)
})

test('a body that is announced takes no memory before it comes', async (t) => {
  const { open, streams } = await listenWith(t, {})
  const before = process.memoryUsage().arrayBuffers
  const clients = await Promise.all(Array.from({ length: 30 }, () => open()))

  for (const client of clients) client.write(options('a').replace('Length: 0', 'Length: 64000'))
  await until(() => streams.open === 30)
  await turn()

  assert.ok(process.memoryUsage().arrayBuffers - before < 30 * 32_000)
})

type Slow = [title: string, limits: Partial<StreamLimits>, sent: string, figure: StreamFigureName]

const SLOW: Slow[] = [
  ['that says nothing', { firstByteMs: SOON_MS }, '', 'firstByteLate'],
  ['whose header does not end', { headMs: SOON_MS }, options('a').slice(0, -2), 'headLate'],
  ['that stops after half a line end', { headMs: SOON_MS }, '\r', 'headLate'],
  ['whose body does not end', { bodyMs: SOON_MS }, options('a', 'body').slice(0, -1), 'bodyLate'],
]

for (const [title, limits, sent, figure] of SLOW) {
  test(`a connection ${title} is closed in time and counted; one that has other things to wait for is not`, async (t) => {
    const { open, figures, streams } = await listenWith(t, { limits })
    const client = await open()
    if (sent !== '') client.write(sent)

    await client.ended()

    assert.equal(figures[figure], 1)
    assert.equal(client.heard, '')
    await gone(streams)

    const [name] = Object.keys(limits) as [keyof StreamLimits]
    const others = { firstByteMs: SOON_MS, headMs: SOON_MS, bodyMs: SOON_MS, idleMs: SOON_MS, [name]: LIMITS[name] }
    const near = await listenWith(t, { limits: others })
    const patient = await near.open()
    if (sent !== '') patient.write(sent)
    await wait(SOON_MS * 2)
    assert.equal(near.streams.open, 1, `${name} alone is what closes it`)
  })
}

test('one octet now and then buys no time', async (t) => {
  const { open, figures } = await listenWith(t, { limits: { headMs: SOON_MS * 2 } })
  const client = await open()
  const text = options('a')
  let at = 0
  const drip = setInterval(() => client.write(text[at++] ?? ''), 20)
  t.after(() => clearInterval(drip))

  await client.ended()

  assert.equal(figures.headLate, 1)
  assert.ok(at > 3 && at < text.length, `${at} octets`)
})

test('a connection in use, with a piece of the next message behind each, is not slow', async (t) => {
  const { open, figures } = await listenWith(t, {
    limits: { headMs: SOON_MS },
    receive: (_b, _s, way) => say(way, '.'),
  })
  const client = await open()
  const text = options('a')
  client.write(text.slice(0, 20))
  for (let round = 1; round <= 10; round++) {
    client.write(text.slice(20) + text.slice(0, 20))
    await client.hears('.'.repeat(round))
    await wait(SOON_MS / 5)
  }

  assert.equal(figures.headLate, 0)
  assert.equal(client.socket.destroyed, false)
})

test('a stranger who is heard and then says nothing is closed; a peer may stay for as long as it likes', async (t) => {
  const strange = await listenWith(t, { limits: { idleMs: SOON_MS }, isPeer: () => false, hearsStrangers: () => true })
  const listed = await listenWith(t, { limits: { idleMs: SOON_MS } })
  const [stranger, peer] = [await strange.open(), await listed.open()]
  for (const client of [stranger, peer]) client.write(options('a'))

  await stranger.ended()
  await wait(SOON_MS)

  assert.equal(strange.figures.idle, 1)
  assert.equal(listed.streams.open, 1)
})

test('many connections of one address of a peer are taken, of a stranger’s address no more than a few', async (t) => {
  const limits = { connectionsPerAddress: 2, connectionsPerPeerAddress: 6 }
  const { open, figures, streams } = await listenWith(t, {
    limits,
    hearsStrangers: () => true,
    isPeer: (address) => address === '127.0.0.1',
  })
  for (let number = 1; number <= 6; number++) await open()
  await until(() => streams.open === 6)
  await (await open()).ended()
  assert.equal(figures.overAddress, 1)

  for (let number = 1; number <= 2; number++) await open('127.0.0.1', '127.0.0.2')
  await until(() => streams.open === 8)
  await (await open('127.0.0.1', '127.0.0.2')).ended()
  assert.deepEqual([figures.overAddress, streams.open], [2, 8])
})

test('a connection that a certificate has shown to be a peer’s makes room for another of its address', () => {
  const streams = new Streams({ ...LIMITS, connectionsPerAddress: 1, connectionsPerPeerAddress: 2 })
  const first = streams.admit('192.0.2.7', false)!
  assert.equal(streams.admit('192.0.2.7', false), undefined)
  first.prove()
  first.prove()
  const second = streams.admit('192.0.2.7', false)!
  second.prove()
  assert.equal(streams.admit('192.0.2.7', false), undefined, 'as many as a peer’s address may have')
  second.leave()
  second.leave()
  assert.equal(streams.open, 1)
  assert.ok(streams.admit('192.0.2.7', false))
  assert.equal(streams.figures.overAddress, 2)
})

test('a source that no peer has is closed without an octet and counted, and takes no place', async (t) => {
  const { open, figures, streams } = await listenWith(t, {
    isPeer: (address) => address === '127.0.0.1',
    receive: (_b, _s, way) => say(way, 'heard'),
  })
  const stranger = await open('127.0.0.1', '127.0.0.2')
  const peer = await open()
  peer.write(options('a'))

  await stranger.ended()
  await peer.hears('heard')

  assert.equal(stranger.heard, '')
  assert.equal(figures.strangers, 1)
  assert.deepEqual([streams.open, figures.accepted], [1, 1])
})

test('beyond the connections of one address one more is closed when it comes; another address, and one after a close, is not', async (t) => {
  const { open, figures, streams } = await listenWith(t, { limits: { connectionsPerPeerAddress: 3 } })
  const [first] = await Promise.all([open(), open(), open()])
  await until(() => streams.open === 3)

  const fourth = await open()
  await fourth.ended()
  await open('127.0.0.1', '127.0.0.2')
  await until(() => streams.open === 4)
  assert.equal(figures.overAddress, 1)

  first.socket.destroy()
  await until(() => streams.open === 3)
  await open()
  await until(() => streams.open === 4)
  assert.equal(figures.overAddress, 1)
})

test('a quarter of all connections is kept for peers, and no more than all are taken', async (t) => {
  const { open, figures, streams } = await listenWith(t, {
    limits: { connections: 8 },
    isPeer: (address) => address === '127.0.0.1',
    hearsStrangers: () => true,
  })
  for (let at = 0; at < 6; at++) await open('127.0.0.1', '127.0.0.2')
  await until(() => streams.open === 6)
  const seventh = await open('127.0.0.1', '127.0.0.2')
  await seventh.ended()
  assert.equal(figures.overAll, 1)

  await open()
  await open()
  await until(() => streams.open === 8)
  const ninth = await open()
  await ninth.ended()
  assert.equal(figures.overAll, 2)
})

test('a peer that takes no answers is cut when its queue is full; one that takes them late gets every octet', async (t) => {
  const answer = 'x'.repeat(60_000)
  const { open, figures, streams } = await listenWith(t, {
    limits: { queueBytes: 262_144 },
    receive: (_b, _s, way) => say(way, answer),
  })
  const deaf = await open()
  deaf.socket.pause()
  const flood = setInterval(() => deaf.write(options('a')), 1)
  t.after(() => clearInterval(flood))
  await until(() => figures.overQueue === 1)
  clearInterval(flood)
  await gone(streams)

  const late = await open()
  late.socket.pause()
  late.write(options('a').repeat(4))
  await wait(50)
  late.socket.resume()
  await late.hears(answer.repeat(4))
  assert.equal(figures.overQueue, 1)
})

test('a peer whose window stays shut is cut after a while; one that takes a little now and then is not', async (t) => {
  const shut = await listenWith(t, {
    limits: { stallMs: SOON_MS, queueBytes: 64 * 1_048_576 },
    receive: (_b, _s, way) => say(way, 'x'.repeat(60_000)),
  })
  const deaf = await shut.open()
  deaf.socket.pause()
  deaf.write(options('a').repeat(200))
  await until(() => shut.figures.stalled === 1)
  await gone(shut.streams)

  const near = await listenWith(t, {
    limits: { stallMs: SOON_MS * 8, queueBytes: 64 * 1_048_576 },
    receive: (_b, _s, way) => say(way, 'x'.repeat(60_000)),
  })
  const slow = await near.open()
  let taken = 0
  let pauses = 0
  slow.socket.removeAllListeners('data')
  slow.socket.on('data', (bytes: Buffer) => {
    taken += bytes.length
    if (taken < (pauses + 1) * 500_000) return
    pauses++
    slow.socket.pause()
    setTimeout(() => slow.socket.resume(), 10)
  })
  slow.write(options('a').repeat(200))
  await until(() => taken === 12_000_000)
  assert.ok(pauses > 10, `${pauses} pauses`)
  assert.equal(near.figures.stalled, 0)
})

test('an answer after the connection is gone is dropped and counted, and nothing is thrown', async (t) => {
  const ways: Parameters<Receive>[2][] = []
  const { open, figures, streams } = await listenWith(t, { receive: (_b, _s, way) => void ways.push(way) })
  const client = await open()
  client.write(options('a'))
  await until(() => ways.length === 1)

  client.socket.resetAndDestroy()
  await gone(streams)
  say(ways[0]!, 'too late')

  assert.equal(figures.unsent, 1)
})

test('a peer that ended its side still hears the answer that waits for the disk, and then the end', async (t) => {
  const ways: Parameters<Receive>[2][] = []
  const { open, streams } = await listenWith(t, { receive: (_b, _s, way) => void ways.push(way) })
  const client = await open()
  client.socket.end(options('a') + options('b'))
  await until(() => ways.length === 2)
  await turn()

  say(ways[0]!, 'one')
  await client.hears('one')
  say(ways[1]!, 'two')
  await client.ended()

  assert.equal(client.heard, 'onetwo')
  await gone(streams)
})

test('a peer that ended its side and is owed nothing is let go at once, an ACK behind its last answer or not', async (t) => {
  const { open, streams } = await listenWith(t, { receive: (_b, _s, way) => say(way, 'answer') })
  const client = await open()
  client.socket.end(options('a') + options('b').replaceAll('OPTIONS', 'ACK'))

  await client.ended()
  await gone(streams)
})

test('closing takes no more connections, and lets those there are hear what is written', async (t) => {
  const { open, transport, streams } = await listenWith(t, { receive: (_b, _s, way) => say(way, 'x'.repeat(100_000)) })
  const client = await open()
  client.write(options('a'))
  await until(() => client.heard.length > 0)

  const closed = transport.close()
  await client.ended()
  await closed

  assert.equal(client.heard.length, 100_000)
  await gone(streams)
  await assert.rejects(once(connect(portOf(transport.local), '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' })
})

test('600 connections that call and break off leave nothing behind: no descriptor, no place, no timer', async (t) => {
  const waiting: Parameters<Receive>[2][] = []
  const { open, streams, figures } = await listenWith(t, { receive: (_b, _s, way) => void waiting.push(way) })
  const before = readdirSync('/proc/self/fd').length
  for (let round = 0; round < 30; round++) {
    const clients = await Promise.all(Array.from({ length: 20 }, () => open()))
    await until(() => streams.open === clients.length)
    for (const [at, client] of clients.entries()) {
      client.write(at % 3 === 0 ? options('a').slice(0, 40) : options('a'))
      if (at % 3 === 0) client.socket.destroy()
      else client.socket.resetAndDestroy()
    }
    await gone(streams)
  }
  for (const way of waiting) say(way, 'too late')

  assert.equal(figures.accepted, 600)
  assert.ok(waiting.length > 50, `${waiting.length} requests arrived before their connection broke`)
  assert.equal(figures.unsent, waiting.length)
  await until(() => readdirSync('/proc/self/fd').length <= before)
  const timers = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  assert.ok(timers < 5, `${timers} timers`)
})

test('a port that is taken and an address that is not ours are refused', async (t) => {
  const { transport, parts } = await listenWith(t, {})

  await assert.rejects(listenTcp('127.0.0.1', portOf(transport.local), parts), { code: 'EADDRINUSE' })
  await assert.rejects(listenTcp('192.0.2.1', 0, parts), { code: 'EADDRNOTAVAIL' })
})

type Wishes = Partial<Omit<StreamParts, 'streams'>> & { host?: string; limits?: Partial<StreamLimits> }

async function listenWith(t: TestContext, { host = '127.0.0.1', limits, ...wishes }: Wishes) {
  const streams = new Streams({ ...LIMITS, ...limits })
  const parts: StreamParts = {
    streams,
    isPeer: () => true,
    hearsStrangers: () => false,
    receive: () => undefined,
    ...wishes,
  }
  const transport = await listenTcp(host, 0, parts)
  const clients: Socket[] = []
  t.after(async () => {
    for (const client of clients) client.destroy()
    await transport.close()
  })
  return {
    transport,
    parts,
    streams,
    figures: streams.figures,
    open: async (address = '127.0.0.1', localAddress = address) => {
      const socket = connect({ port: portOf(transport.local), host: address, localAddress, allowHalfOpen: true })
      clients.push(socket)
      const client = clientOf(socket)
      // One that is closed as it comes may never have seen that it was open.
      await until(() => !socket.connecting)
      return client
    },
  }
}

function clientOf(socket: Socket) {
  let over = false
  const client = {
    socket,
    heard: '',
    write: (text: string | Buffer) => void socket.write(text),
    async hears(text: string): Promise<string> {
      await until(() => client.heard.length >= text.length)
      return client.heard
    },
    /** Waits until the other side has ended the connection, in peace or not, and ends it too. */
    async ended(): Promise<void> {
      await until(() => over)
      socket.destroy()
    },
  }
  socket.on('data', (bytes: Buffer) => (client.heard += bytes.toString('latin1')))
  socket.on('error', () => (over = true))
  socket.on('end', () => (over = true))
  socket.on('close', () => (over = true))
  return client
}

function options(name: string, body = ''): string {
  return (
    'OPTIONS sip:gate SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK-a\r\nFrom: <sip:a@a>;tag=1\r\n' +
    `To: <sip:gate>\r\nCall-ID: ${name}@127.0.0.1\r\nCSeq: 1 OPTIONS\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  )
}

function say(way: Parameters<Receive>[2], text: string): void {
  const bytes = Buffer.from(text, 'latin1')
  way.send(bytes, bytes.length, '192.0.2.1', 9)
}

function portOf(local: string): number {
  return Number(local.slice(local.lastIndexOf(':') + 1))
}

function gone(streams: Streams): Promise<void> {
  return until(() => streams.open === 0)
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 30_000
  while (!holds()) {
    assert.ok(performance.now() < giveUpAt, `waited in vain for ${String(holds)}`)
    await wait(2)
  }
}

function turn(): Promise<void> {
  return wait(15)
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
