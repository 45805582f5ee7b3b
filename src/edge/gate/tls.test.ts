// One thing: what TLS adds to connections: handshakes and their limits, certificates of both sides, and changing them while
// connections are open. Certificates are real and minted for the test.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { type Socket, connect, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type ConnectionOptions, type TLSSocket, connect as connectTls } from 'node:tls'
import { type Minted, foundAuthority } from '../../../test/tls-certificates.ts'
import { expiryOf, namesOf, readTlsIdentity } from './certificate.ts'
import { Peers } from './peers.ts'
import type { Receive } from './stream-connection.ts'
import { type StreamLimits, Streams } from './streams.ts'
import type { StreamParts } from './tcp.ts'
import { listenTls } from './tls.ts'

const AUTHORITY = foundAuthority('Authority')
const STRANGE = foundAuthority('Another authority')
const GATE = AUTHORITY.mint({ name: 'gate', addresses: ['127.0.0.1'] })
const SBC = AUTHORITY.mint({ name: 'sbc', dns: ['SBC1.carrier.example'] })
const NOW = Date.now()
const DAY = 86_400_000

test('a request by TLS is answered by TLS, at 1.2 and at 1.3', async (t) => {
  const { open } = await listenWith(t, {})
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await open({ minVersion: version, maxVersion: version })

    socket.write(OPTIONS)

    assert.equal(await hear(socket), 'answer')
    assert.equal(socket.getProtocol(), version)
    assert.ok(socket.authorized)
  }
})

const REFUSED: [title: string, options: ConnectionOptions][] = [
  ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }],
  ['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }],
  ['a cipher that has no use', { maxVersion: 'TLSv1.2', ciphers: 'NULL:@SECLEVEL=0' }],
]

for (const [title, options] of REFUSED) {
  test(`${title} is refused, counted, and nothing else happens`, async (t) => {
    const { open, figures, streams } = await listenWith(t, {})

    await assert.rejects(open(options))

    await until(() => figures.handshakesFailed === 1 && streams.open === 0)
    assert.equal(await hear(await ask(open)), 'answer')
  })
}

test('what is no TLS at all, and a hello cut anywhere, ends the connection and nothing else', async (t) => {
  const { openPlain, open, figures, streams } = await listenWith(t, {})
  const hello = await helloOf({ servername: 'gate.example' })
  const attempts = [Buffer.from(OPTIONS), Buffer.alloc(5), ...Array.from(hello.keys(), (at) => spoilt(hello, at))]
  for (const [index, bytes] of attempts.entries()) {
    if (index > 2 && index % 5 !== 0) continue
    const socket = await openPlain()
    socket.end(bytes)
    await gone(socket)
  }

  await until(() => streams.open === 0 && streams.handshakes === 0)
  assert.ok(figures.handshakesFailed > 20, `${figures.handshakesFailed} failed`)
  assert.equal(await hear(await ask(open)), 'answer')
})

test('whatever name a client asks for, it is shown the one certificate there is', async (t) => {
  const { open } = await listenWith(t, {})
  for (const servername of ['', 'other.example', 'x'.repeat(200), '__proto__', '..', 'münchen.example']) {
    const socket = await open({ servername, checkServerIdentity: () => undefined })
    socket.write(OPTIONS)
    assert.equal(await hear(socket), 'answer', servername)
  }
})

test('renegotiation is refused, and the connection and others go on or end without harm', async (t) => {
  const { open, transport } = await listenWith(t, {})
  const socket = await open({ maxVersion: 'TLSv1.2' })

  const refused = await new Promise<Error | null>((done) => {
    socket.once('error', done)
    socket.renegotiate({}, done)
  })

  assert.ok(refused instanceof Error)
  assert.equal(await hear(await ask(open)), 'answer')
  assert.ok(transport.local)
})

test('a handshake that is not finished in time is cut and counted; one in time is not', async (t) => {
  const { openPlain, open, figures, streams } = await listenWith(t, { limits: { handshakeMs: 200 } })
  const silent = await openPlain()
  const half = await openPlain()
  half.write((await helloOf({})).subarray(0, 40))
  assert.equal(await hear(await ask(open)), 'answer')

  await Promise.all([gone(silent), gone(half)])

  assert.equal(figures.handshakesLate, 2)
  await until(() => streams.handshakes === 0 && streams.open === 1)
})

test('the first octet of SIP is awaited from the handshake on', async (t) => {
  const { open, figures } = await listenWith(t, { limits: { firstByteMs: 150 } })

  await gone(await open({}))

  assert.equal(figures.firstByteLate, 1)
})

test('beyond the handshakes at once one more is closed when it comes, until one ends; a quarter is kept for peers’ addresses', async (t) => {
  const { openPlain, open, figures, streams } = await listenWith(t, {
    limits: { handshakes: 4 },
    isPeer: (address) => address === '127.0.0.1',
    hearsStrangers: () => true,
  })
  const strangers = [await openPlain('127.0.0.2'), await openPlain('127.0.0.2'), await openPlain('127.0.0.2')]
  await until(() => streams.handshakes === 3)
  await gone(await openPlain('127.0.0.2'))
  assert.equal(figures.overHandshakes, 1)
  assert.equal(await hear(await ask(open)), 'answer')

  await openPlain()
  await until(() => streams.handshakes === 4)
  await gone(await openPlain())
  assert.equal(figures.overHandshakes, 2)

  strangers[0]!.destroy()
  await until(() => streams.handshakes === 3)
  assert.equal(await hear(await ask(open)), 'answer')
})

test('a source that no peer has gets no handshake', async (t) => {
  const { openPlain, figures } = await listenWith(t, { isPeer: () => false })
  const socket = await openPlain()
  socket.write(await helloOf({}))

  await gone(socket)

  assert.equal(figures.strangers, 1)
  assert.equal(socket.bytesRead, 0)
})

const CLIENTS: [title: string, shown: Minted | undefined, heard: boolean, counted: 'strangers' | 'handshakesFailed'][] =
  [
    ['the certificate of a peer', SBC, true, 'strangers'],
    ['one whose name no peer has', AUTHORITY.mint({ name: 'x', dns: ['sbc2.carrier.example'] }), false, 'strangers'],
    [
      'one that has a peer’s name as its common name only',
      AUTHORITY.mint({ name: 'sbc1.carrier.example' }),
      false,
      'strangers',
    ],
    [
      'one with a wildcard over a peer’s name',
      AUTHORITY.mint({ name: 'x', dns: ['*.carrier.example'] }),
      false,
      'strangers',
    ],
    ['one of another authority', STRANGE.mint({ name: 'x', dns: ['sbc1.carrier.example'] }), false, 'handshakesFailed'],
    [
      'one that has expired',
      AUTHORITY.mint({ name: 'x', dns: ['sbc1.carrier.example'], from: NOW - 2 * DAY, until: NOW - DAY }),
      false,
      'handshakesFailed',
    ],
    ['none', undefined, false, 'handshakesFailed'],
  ]

for (const [title, shown, heard, counted] of CLIENTS) {
  test(`where peers are known by certificate, ${title} is ${heard ? 'heard' : 'not heard'}, whatever its address`, async (t) => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const { open, figures, streams, isPeer } = await listenMutually(t)
      assert.equal(isPeer('127.0.0.1'), true, 'its address would do')
      const said = open({ ...identityOf(shown), minVersion: version, maxVersion: version }).then(async (socket) => {
        socket.write(OPTIONS)
        return hear(socket)
      })

      if (heard) {
        assert.equal(await said, 'answer sbc1.carrier.example')
        assert.equal(figures.strangers + figures.handshakesFailed, 0)
      } else {
        await said.then(
          (text) => assert.equal(text, ''),
          () => undefined,
        )
        await until(() => figures[counted] === 1 && streams.open === 0)
      }
    }
  })
}

test('another certificate is shown from the next handshake on, and connections that are open stay so', async (t) => {
  const { open, transport, figures } = await listenWith(t, {})
  const before = await open({})
  const next = STRANGE.mint({ name: 'gate', addresses: ['127.0.0.1'] })

  transport.reload(identity(next))

  before.write(OPTIONS)
  assert.equal(await hear(before), 'answer')
  await assert.rejects(open({}), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  const after = await open({ ca: STRANGE.certificate })
  after.write(OPTIONS)
  assert.equal(await hear(after), 'answer')
  assert.equal(figures.broken, 0)
  assert.equal(transport.expiresMs, identity(next).expiresMs)
})

test('from a reload on that asks for certificates, a client without one is refused, and one of an authority that went too', async (t) => {
  const { open, transport, figures } = await listenMutually(t)
  const sbc = await open(identityOf(SBC))
  sbc.write(OPTIONS)
  assert.equal(await hear(sbc), 'answer sbc1.carrier.example')

  transport.reload(identity(GATE, STRANGE.certificate))
  const refused = open({ ...identityOf(SBC), maxVersion: 'TLSv1.2', session: sbc.getSession() })
  await assert.rejects(refused)
  assert.equal(figures.handshakesFailed, 1)
  sbc.write(OPTIONS)
  await until(() => sbc.bytesRead > 0 && heardOf(sbc) === 'answer sbc1.carrier.exampleanswer sbc1.carrier.example')

  transport.reload(identity(GATE))
  const free = await open({})
  free.write(OPTIONS)
  assert.equal(await hear(free), 'answer')
})

test('a TLS peer that takes no answers is cut when its queue is full, by a reset', async (t) => {
  const { open, figures, streams } = await listenWith(t, {
    receive: (_b, _s, way) => way.send(Buffer.alloc(60_000), 60_000, '', 0),
  })
  const deaf = await open({})
  deaf.pause()
  const flood = setInterval(() => deaf.write(OPTIONS), 1)
  t.after(() => clearInterval(flood))

  await until(() => figures.overQueue === 1 && streams.open === 0)
})

test('100 handshakes that break off, 60 that finish and break off: no descriptor and no place is left', async (t) => {
  const { open, openPlain, streams } = await listenWith(t, {})
  const hello = await helloOf({})
  await gone(await openPlain().then((socket) => socket.end()))
  const before = readdirSync('/proc/self/fd').length
  for (let round = 0; round < 10; round++) {
    const plain = await Promise.all(Array.from({ length: 10 }, () => openPlain()))
    for (const [at, socket] of plain.entries()) {
      socket.write(hello.subarray(0, at * 20))
      socket.resetAndDestroy()
    }
    const secure = await Promise.all(Array.from({ length: 6 }, () => open({})))
    for (const [at, socket] of secure.entries()) {
      socket.write(OPTIONS)
      if (at % 2 === 0) socket.destroy()
      else socket.end()
    }
    await until(() => streams.open === 0)
  }

  assert.equal(streams.handshakes, 0)
  await until(() => readdirSync('/proc/self/fd').length <= before)
})

test('openssl as a client: one answer over TLS, the chain verified', async (t) => {
  const { transport } = await listenWith(t, {})
  const client = spawn('openssl', ['s_client', '-connect', transport.local, '-quiet', '-no_ign_eof'], { stdio: 'pipe' })
  t.after(() => client.kill())
  let heard = ''
  client.stdout.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')))
  const failed = once(client, 'error').then(([error]) => String(error))
  client.stdin.write(OPTIONS)

  await Promise.race([until(() => heard.includes('answer')), failed.then((why) => t.skip(why))])
})

const READINGS: [title: string, files: Partial<Parameters<typeof readTlsIdentity>[0]>, file: string, found: RegExp][] =
  [
    ['a certificate that is none', { certificate: 'nonsense' }, 'certificate', /^no certificate$/],
    ['a broken certificate', { certificate: GATE.certificate.replace(/M/g, 'N') }, 'certificate', /^no certificate$/],
    ['a key that is none', { key: GATE.certificate }, 'key', /^no private key/],
    ['the key of another certificate', { key: SBC.key }, 'key', /another certificate/],
    ['a certificate that expired', expired(), 'certificate', /^the certificate of CN=gate, which expired on 20/],
    [
      'one that is not valid yet',
      { ...AUTHORITY.mint({ name: 'gate', from: NOW + DAY }) },
      'certificate',
      /valid from/,
    ],
    ['authorities that are none', { clients: '' }, 'clients', /^no certificate$/],
    ['an authority that expired', { clients: expired().certificate }, 'clients', /which expired/],
  ]

for (const [title, files, file, found] of READINGS) {
  test(`${title} is refused with what was found and where`, () => {
    const reading = readTlsIdentity({ ...GATE, clients: undefined, ...files }, NOW)

    assert.ok(reading.kind === 'refused')
    assert.equal(reading.file, file)
    assert.match(reading.found, found)
    assert.notEqual(reading.expected, '')
  })
}

test('what proves a name: DNS names and domains of SIP URIs, without case; URIs as they stand; nothing that was made to look like another', () => {
  assert.deepEqual(namesOf('DNS:SBC1.Carrier.example, URI:sip:Carrier.example, URI:urn:a:B, IP Address:127.0.0.1'), [
    'sbc1.carrier.example',
    'sip:Carrier.example',
    'carrier.example',
    'urn:a:B',
  ])
  assert.deepEqual(namesOf('URI:sip:bob@carrier.example, DNS:b.example'), ['sip:bob@carrier.example', 'b.example'])
  assert.deepEqual(namesOf('DNS:"a.example, DNS:sbc1.carrier.example", DNS:c.example'), ['c.example'])
  assert.deepEqual(namesOf(undefined), [])
})

test('the end of a certificate is told at 30, 7 and 1 days, and when it is there', () => {
  const at = (daysLeft: number) => expiryOf(NOW + daysLeft * DAY, NOW)
  assert.deepEqual([31, 30, 8, 7, 2, 1, 0.1, 0, -1].map(at), [
    undefined,
    '30 days',
    '30 days',
    '7 days',
    '7 days',
    '1 day',
    '1 day',
    'expired',
    'expired',
  ])
})

type Wishes = Partial<Omit<StreamParts, 'streams'>> & { limits?: Partial<StreamLimits>; clients?: string }

const answer: Receive = (_bytes, _source, way) => {
  const bytes = Buffer.from(way.names === undefined ? 'answer' : `answer ${way.names.join()}`)
  way.send(bytes, bytes.length, '192.0.2.1', 9)
}

async function listenWith(t: TestContext, { limits, clients, ...wishes }: Wishes) {
  const streams = new Streams({ ...LIMITS, ...limits })
  const parts: StreamParts = { streams, isPeer: () => true, hearsStrangers: () => false, receive: answer, ...wishes }
  const transport = await listenTls('127.0.0.1', 0, identity(GATE, clients), parts)
  const port = Number(transport.local.split(':')[1])
  const sockets: Socket[] = []
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await transport.close()
  })
  return {
    transport,
    streams,
    figures: streams.figures,
    isPeer: parts.isPeer,
    openPlain: async (localAddress = '127.0.0.1'): Promise<Socket> => {
      const socket = connect({ port, host: '127.0.0.1', localAddress })
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.resume()
      await until(() => !socket.connecting)
      return socket
    },
    open: async (options: ConnectionOptions): Promise<TLSSocket> => {
      const socket = connectTls({ port, host: '127.0.0.1', ca: AUTHORITY.certificate, ...options })
      sockets.push(socket)
      HEARD.set(socket, '')
      socket.on('data', (bytes: Buffer) => HEARD.set(socket, heardOf(socket) + bytes.toString('latin1')))
      await once(socket, 'secureConnect')
      socket.on('error', () => undefined)
      return socket
    },
  }
}

/** An endpoint that knows its peers by certificate, among them one whose address is that of everybody here. */
function listenMutually(t: TestContext) {
  const peer = { continueStatus: 404, tenant: '' } as unknown as ConstructorParameters<typeof Peers>[0][number]
  const peers = new Peers([
    { ...peer, name: 'by-address', from: ['127.0.0.1'] },
    { ...peer, name: 'by-certificate', from: [], certificates: ['sbc1.carrier.example'] },
  ])
  const isPeer = (address: string, names?: readonly string[]): boolean => peers.find(address, names) !== undefined
  return listenWith(t, { clients: AUTHORITY.certificate, isPeer })
}

function identity(minted: Minted, clients?: string) {
  const reading = readTlsIdentity({ ...minted, clients }, NOW)
  assert.ok(reading.kind === 'ok', JSON.stringify(reading))
  return reading.identity
}

function identityOf(minted: Minted | undefined): ConnectionOptions {
  return minted === undefined ? {} : { cert: minted.certificate, key: minted.key }
}

function expired(): Minted {
  return AUTHORITY.mint({ name: 'gate', from: NOW - 2 * DAY, until: NOW - DAY })
}

async function ask(open: (options: ConnectionOptions) => Promise<TLSSocket>): Promise<TLSSocket> {
  const socket = await open({})
  socket.write(OPTIONS)
  return socket
}

/** What a connection says first; nothing where it ends without a word. */
async function hear(socket: TLSSocket): Promise<string> {
  await until(() => heardOf(socket) !== '' || socket.destroyed || socket.readableEnded)
  return heardOf(socket)
}

function heardOf(socket: TLSSocket): string {
  return HEARD.get(socket) ?? ''
}

async function gone(socket: Socket): Promise<void> {
  await until(() => socket.destroyed || socket.readableEnded)
}

/** The first flight of a client, caught on its way. */
async function helloOf(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const client = connectTls({ port, host: '127.0.0.1', ...options })
  client.on('error', () => undefined)
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [hello] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  server.close()
  return hello
}

function spoilt(hello: Buffer, at: number): Buffer {
  const copy = Buffer.from(hello)
  copy[at]! ^= 0xff
  return copy.subarray(0, at % 2 === 0 ? undefined : at + 1)
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 10_000
  while (!holds()) {
    assert.ok(performance.now() < giveUpAt, `waited in vain for ${String(holds)}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

const HEARD = new WeakMap<TLSSocket, string>()
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
const OPTIONS =
  'OPTIONS sip:gate SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK-a\r\nFrom: <sip:a@a>;tag=1\r\n' +
  'To: <sip:gate>\r\nCall-ID: a@127.0.0.1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n'
