// One thing: a whole gate over TCP and TLS, as its peers use it: SIPp, its own dialler, the torture messages, and people who
// hold connections without a use for them.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, renameSync, writeFileSync } from 'node:fs'
import { type Server, type Socket, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { formatInvite, formatOptions, idOf, statusOf } from '../peers/caller.ts'
import { missing, run, until } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'
import { Recourse } from '../peers/recourse.ts'
import { callsFrom, placeCalls } from '../peers/sipp.ts'
import { foundAuthority } from '../tls-certificates.ts'
import { type TortureCase, tortureCases } from '../torture.ts'

const skip = missing('sipp')
const AUTHORITY = foundAuthority('Authority')
const GATE = AUTHORITY.mint({ name: 'gate', addresses: ['127.0.0.1'] })
const SBC = AUTHORITY.mint({ name: 'sbc', dns: ['sbc1.carrier.example'] })
/** None of the torture messages is from it, so that each is answered at once. */
const DENIED = '+12125550142'
const CALLER = '+12125550117'
const CASES = tortureCases()

const WAYS = [
  ['tcp', 't1'],
  ['tcp', 'tn'],
  ['tls', 't1'],
  ['tls', 'tn'],
] as const

for (const [transport, mode] of WAYS) {
  const sockets = mode === 't1' ? 'one connection' : 'a connection for each call'
  test(
    `SIPp over ${transport} with ${sockets}: 40 calls are continued, 40 blocked and recorded`,
    { skip },
    async (t) => {
      const { gate, port } = await startGate(t)
      const to = transport === 'tcp' ? port.tcp : await relayByTls(t, port.tls)
      const more = ['-t', mode, '-max_socket', '64']

      const allowed = await placeCalls(t, {
        scenario: 'uac-expect-continue-404',
        rows: callsFrom(CALLER, 40),
        to,
        more,
      })
      const blocked = await placeCalls(t, {
        scenario: 'uac-expect-network-blocked',
        rows: callsFrom(DENIED, 40),
        to,
        more,
      })

      assert.equal(allowed.ending.code, 0, allowed.errors)
      assert.equal(blocked.ending.code, 0, blocked.errors)
      const heard = blocked.messages.filter(({ sent }) => !sent).map(({ bytes }) => idOf(bytes))
      assert.equal(new Set(heard).size, 40)
      assert.deepEqual(new Set(heard), new Set(gate.ledger().map(({ receipt }) => receipt)))
      const figures = await streamFigures(gate)
      assert.equal(figures('accepted'), mode === 't1' ? 2 : 80)
      await until('no connection is left', async () => (await streamFigures(gate))('open') === 0 || undefined)
    },
  )
}

test('SIPp over TCP finds out a gate that answers otherwise', { skip }, async (t) => {
  const { port } = await startGate(t)
  const calls = { scenario: 'uac-expect-network-blocked', rows: callsFrom(CALLER, 1), to: port.tcp, more: ['-t', 't1'] }

  assert.equal((await placeCalls(t, calls)).ending.code, 1)
})

test(`${CASES.length} torture messages over TCP, each on a connection of its own: answered as over UDP where they can be told apart, and cut off where not`, async (t) => {
  const { gate, port } = await startGate(t, { streams: { body: '300ms' } })
  const complaints: string[] = []
  for (const torture of CASES) {
    const line = await Line.open(t, port.tcp)
    line.socket.write(torture.bytes)
    line.socket.write(formatOptions(5060, `z9hG4bK-behind-${torture.name}`))
    await until(torture.name, () => line.isOver || line.answered(torture.name) || undefined)
    const statuses = line.answers.filter((answer) => !answer.includes('-behind-')).map((answer) => statusOf(answer))
    const wrong = complaintOf(torture, statuses, line.isOver)
    if (wrong !== undefined) complaints.push(`${torture.name}: ${wrong}`)
    line.socket.destroy()
  }

  assert.deepEqual(complaints, [])
  const figures = await streamFigures(gate)
  assert.equal(figures('unframed'), CASES.filter(({ name }) => UNFRAMED.has(name)).length)
  assert.equal(gate.ledger().length, 0)
})

test('the same on one connection, as far as messages can be told apart', async (t) => {
  const { port } = await startGate(t)
  const framed = CASES.filter(({ name }) => !UNFRAMED.has(name) && name !== UNFINISHED)
  const line = await Line.open(t, port.tcp)
  const complaints: string[] = []
  for (const torture of framed) {
    const before = line.answers.length
    line.socket.write(torture.bytes)
    line.socket.write(formatOptions(5060, `z9hG4bK-behind-${torture.name}`))
    await until(torture.name, () => line.isOver || line.answered(torture.name) || undefined)
    const statuses = line.answers.slice(before, -1).map((answer) => statusOf(answer))
    const wrong = complaintOf(torture, statuses, line.isOver)
    if (wrong !== undefined) complaints.push(`${torture.name}: ${wrong}`)
  }

  assert.deepEqual(complaints, [])
  assert.ok(framed.length > 35, `${framed.length} messages`)
  // The check is not blind.
  assert.match(complaintOf(framed[0]!, [200, 200], false)!, /answered 2 times/)
  assert.match(complaintOf(framed[0]!, [603], false)!, /none of/)
})

test('recourse call over TCP and TLS: an answer each, and a reason where there is none', async (t) => {
  const { gate, port } = await startGate(t, { clients: true })
  const files = gate.directory
  const shown = ['--certificate', join(files, 'sbc.pem'), '--key', join(files, 'sbc.key')]
  const ca = ['--ca', join(files, 'ca.pem')]

  const overTcp = call(port.tcp, ['--transport', 'tcp'])
  const overTls = call(port.tls, ['--transport', 'tls', ...ca, ...shown])

  assert.match(overTcp, /^sent +INVITE sip:\+14155550163@127\.0\.0\.1:\d+;transport=tcp /)
  assert.match(overTcp, /\nanswered +SIP\/2\.0 404 Not Found/)
  assert.match(
    overTls,
    /\nanswered +SIP\/2\.0 503 Service Unavailable/,
    'the peer of the certificate, not of the address',
  )
  assert.match(overTls, /Via: SIP\/2\.0\/TLS /)
  assert.throws(() => call(port.tls, ['--transport', 'tls', ...ca]), /closed without an answer/)
  assert.throws(() => call(port.tls, ['--transport', 'tls', ...shown]), /--ca FILE names the authority/)
  assert.throws(() => call(port.tcp, ['--transport', 'tls', ...ca]), /cannot send to/)
})

test('a certificate that is put in place while calls are under way is shown from then on; a bad one is told, and changes nothing', async (t) => {
  const { gate, port } = await startGate(t)
  const relay = await relayByTls(t, port.tls)
  const line = await Line.open(t, relay)
  await line.ask(formatOptions(5060, 'z9hG4bK-one'))
  const next = AUTHORITY.mint({ name: 'next', addresses: ['127.0.0.1'] })

  replace(gate, 'gate.pem', next.certificate)
  gate.peer.signal('SIGHUP')
  await gate.peer.says(/gate\.tls\.key.*another certificate/s)
  assert.equal(await subjectOf(port.tls), 'gate')
  replace(gate, 'gate.key', next.key)
  gate.peer.signal('SIGHUP')
  await until('the next certificate', async () => (await subjectOf(port.tls)) === 'next' || undefined)

  const answer = await line.ask(formatInvite({ ...CALL, callId: 'after@reload', branch: 'z9hG4bK-after' }))
  assert.equal(statusOf(answer), 404, 'the connection that was open before still places calls')
})

test('a certificate near its end is told of at the start', async (t) => {
  const soon = AUTHORITY.mint({ name: 'gate', addresses: ['127.0.0.1'], until: Date.now() + 6.5 * 86_400_000 })
  const { gate } = await startGate(t, { certificate: soon })

  await gate.peer.says(/the certificate of gate\.tls ends within 7 days, on 20/)
})

test('150 connections that say nothing or drip, and a peer that calls meanwhile: each is closed in time, no call is late', async (t) => {
  const { gate, port } = await startGate(t, {
    streams: { firstByte: '500ms', header: '500ms', handshake: '500ms', perAddress: 60 },
  })
  const descriptors = (): number => readdirSync(`/proc/${gate.pid}/fd`).length
  const before = descriptors()
  const slow = await Promise.all(
    Array.from({ length: 150 }, (_, at) => Line.open(t, at % 3 === 0 ? port.tls : port.tcp, `127.0.1.${1 + (at % 5)}`)),
  )
  const drip = setInterval(() => {
    for (const [at, { socket }] of slow.entries()) if (at % 3 === 1) socket.write('I')
  }, 50)
  t.after(() => clearInterval(drip))
  const peer = await Line.open(t, port.tcp)
  for (let at = 0; at < 20; at++) {
    const answer = await peer.ask(formatInvite({ ...CALL, callId: `${at}@slow`, branch: `z9hG4bK-slow-${at}` }))
    assert.equal(statusOf(answer), 404)
  }

  await until('every slow connection is closed', () => slow.every(({ isOver }) => isOver) || undefined)
  peer.socket.destroy()

  const figures = await streamFigures(gate)
  assert.equal(figures('first_byte_late') + figures('head_late') + figures('handshakes_late'), 150)
  await until('no descriptor is left', () => descriptors() <= before || undefined)
})

/** A peer's connection: what it hears, split into messages, which have no body. */
class Line {
  readonly socket: Socket
  isOver = false
  answers: Buffer[] = []
  #heard = Buffer.alloc(0)
  #waiting: ((answer: Buffer) => void) | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => (this.isOver = true))
    socket.on('end', () => (this.isOver = true))
    socket.on('close', () => (this.isOver = true))
    socket.on('data', (bytes: Buffer) => {
      this.#heard = Buffer.concat([this.#heard, bytes])
      for (let end = this.#heard.indexOf(BLANK); end >= 0; end = this.#heard.indexOf(BLANK)) {
        const answer = this.#heard.subarray(0, end + BLANK.length)
        this.#heard = this.#heard.subarray(end + BLANK.length)
        this.answers.push(answer)
        this.#waiting?.(answer)
      }
    })
  }

  static async open(t: TestContext, port: number, localAddress = '127.0.0.1'): Promise<Line> {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    t.after(() => socket.destroy())
    const line = new Line(socket)
    await until('a connection', () => !socket.connecting || undefined)
    return line
  }

  /** Whether the request behind a message has its answer. */
  answered(name: string): boolean {
    return this.answers.at(-1)?.includes(`behind-${name}`) === true
  }

  ask(request: Buffer): Promise<Buffer> {
    return new Promise((answered) => {
      this.#waiting = answered
      this.socket.write(request)
    })
  }
}

function complaintOf({ name, expect }: TortureCase, statuses: readonly number[], isOver: boolean): string | undefined {
  if (name === UNFINISHED)
    return isOver && statuses.length === 0 ? undefined : `answered by ${statuses.join()} before its body was there`
  if (UNFRAMED.has(name)) {
    const told = expect.kind === 'response' ? [] : [400]
    return isOver && statuses.join() === told.join() ? undefined : `answered by ${statuses.join()}, and not cut off`
  }
  if (isOver) return 'cut off'
  if (expect.noResponse) return statuses.length === 0 ? undefined : `answered by ${statuses.join()} instead of silence`
  const expected = name === DOUBLE ? 2 : 1
  if (statuses.length !== expected) return `answered ${statuses.length} times`
  const acceptable = expect.acceptable.map((status) => (status === 'policy' ? 404 : status))
  return acceptable.includes(statuses[0]!) ? undefined : `answered by ${statuses[0]}, none of ${acceptable.join()}`
}

type StreamWishes = {
  streams?: Readonly<Record<string, unknown>>
  clients?: boolean
  certificate?: { certificate: string; key: string }
}

async function startGate(t: TestContext, { streams = {}, clients = false, certificate = GATE }: StreamWishes = {}) {
  const port = { tcp: await freePort(), tls: await freePort() }
  const gate = await Recourse.start(t, {
    deny: [DENIED],
    limit: 1000,
    files: {
      'gate.pem': certificate.certificate,
      'gate.key': certificate.key,
      'sbc.pem': SBC.certificate,
      'sbc.key': SBC.key,
      'ca.pem': AUTHORITY.certificate,
    },
    gate: (udp) => ({
      listen: [`udp:127.0.0.1:${udp}`, `tcp:127.0.0.1:${port.tcp}`, `tls:127.0.0.1:${port.tls}`],
      tls: { certificate: 'gate.pem', key: 'file:gate.key', ...(clients ? { clients: 'ca.pem' } : {}) },
      peers: [
        { name: 'edge', from: '127.0.0.0/8', continue: 404 },
        ...(clients ? [{ name: 'sbc', certificate: 'sbc1.carrier.example', continue: 503 }] : []),
      ],
      streams,
    }),
  })
  return { gate, port }
}

/** SIPp of Debian speaks no TLS: its octets go through here, one TLS connection for each of its own. */
async function relayByTls(t: TestContext, port: number): Promise<number> {
  const relay: Server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connectTls({ port, host: '127.0.0.1', ca: AUTHORITY.certificate })
    for (const socket of [near, far]) socket.on('error', () => undefined)
    near.pipe(far).pipe(near)
    near.on('close', () => far.destroy())
    far.on('close', () => near.destroy())
  })
  await once(relay.listen(0, '127.0.0.1'), 'listening')
  t.after(() => relay.close())
  const address = relay.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}

async function subjectOf(port: number): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', ca: AUTHORITY.certificate })
  await once(socket, 'secureConnect')
  const { subject } = socket.getPeerCertificate()
  socket.destroy()
  return String(subject.CN)
}

/** Puts a file in the place of another at once, as whoever renews certificates should. */
function replace(gate: Recourse, name: string, text: string): void {
  writeFileSync(join(gate.directory, `${name}.new`), text)
  renameSync(join(gate.directory, `${name}.new`), join(gate.directory, name))
}

function call(port: number, more: readonly string[]): string {
  const numbers = ['--from', CALLER, '--to', '+14155550163']
  return run(process.execPath, [COMMAND, 'call', `sip:127.0.0.1:${port}`, ...numbers, ...more])
}

async function streamFigures(gate: Recourse): Promise<(name: string) => number> {
  const metrics = await gate.metrics()
  return (name) => metrics.get(`recourse_stream_${name}_total`) ?? metrics.get(`recourse_stream_${name}`) ?? Number.NaN
}

const CALL = { calling: CALLER, called: '+14155550163', callId: '', branch: '', fromTag: 'a', port: 5060 }
const BLANK = Buffer.from('\r\n\r\n')
const COMMAND = new URL('../../bin/recourse.js', import.meta.url).pathname
/** Two requests in one datagram, which a stream tells apart. */
const DOUBLE = '3.1.1.8-dblreq'
/** Its Content-Length is more than it has. */
const UNFINISHED = '3.1.2.2-clerr'
/** Without a Content-Length that is one number, nobody can tell where they end. */
const UNFRAMED = new Set<string>(['3.1.2.3-ncl', '3.3.9-mcl01', '3.4.1-inv2543'])
