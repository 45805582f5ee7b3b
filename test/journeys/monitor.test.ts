// What docs/monitor.md says of copies from a switch, with a real Kamailio as that switch.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { parseHep } from '#codec/hep/hep.ts'
import { openMonitorReader } from '#edge/store/monitor-reader.ts'
import { openHep } from '#edge/hep/send-hep.ts'
import { type Call, Caller, fieldOf, formatAck, formatCancel, formatInvite, statusOf } from '../peers/caller.ts'
import { startKamailio } from '../peers/kamailio.ts'
import { Peer, missing, temporaryDirectory, until } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'
import { recourse } from '../peers/recourse.ts'
import { placeCalls } from '../peers/sipp.ts'
import { capture, dissect } from '../peers/tshark.ts'
import { foundAuthority } from '../tls-certificates.ts'

const skip = missing('kamailio', 'sipp', 'tshark', 'dumpcap')
const KAMAILIO = new URL('../../examples/kamailio/kamailio-hep.cfg', import.meta.url).pathname
const COMMAND = new URL('../../bin/recourse.js', import.meta.url).pathname
const OURS = '+12125550117'
const KEY = 'copies-of-clinic'
const REASON =
  'Reason: SIP;cause=603;text="v=analytics1;url=https://desk.northwire.example/r/1;tel=+18005550188;id=x-1";location=TN'

/** What the far end does with a call to each number, and what the monitor has to make of it. */
const NUMBERS: readonly (readonly [number: string, answer: string, standing: string | undefined, more: string])[] = [
  ['+14155550100', '200 OK', undefined, ''],
  ['+14155550101', '603 Network Blocked', 'proven', REASON],
  ['+14155550102', '603 Decline', 'unproven', ''],
  ['+14155550103', '607 Unwanted', 'person', ''],
  ['+14155550104', '608 Rejected', 'proven', 'Call-Info: <https://desk.northwire.example/card>;purpose=jwscard'],
  ['+14155550105', '486 Busy Here', 'fault', ''],
]
/** How often each status is answered, the declined calls of SIPp among them. */
const WANTED: readonly (readonly [number, number])[] = [
  [603, 4],
  [607, 1],
  [608, 1],
  [486, 1],
]
const NEVER_ANSWERED = '+14155550109'
const REFUSED = NUMBERS.filter(([, , standing]) => standing !== undefined)

for (const version of [3, 2] as const)
  test(
    `what a Kamailio tells by HEPv${version} of answered, refused and cancelled calls is told once, by whatever way it comes`,
    { skip },
    async (t) => {
      const directory = temporaryDirectory(t)
      const taps = await collectCopies(t)
      const far = await answer(t)
      const port = await freePort()
      const key = version === 3 ? KEY : undefined
      await startKamailio(t, KAMAILIO, port, {
        LISTEN: `udp:127.0.0.1:${port}`,
        DESTINATION: `"sip:127.0.0.1:${far.port}"`,
        MONITOR: `"sip:127.0.0.1:${taps.port}"`,
        HEP_VERSION: String(version),
        TAP: '77',
        ...(key !== undefined && { KEY: `"${key}"` }),
      })
      const taken = await capture(t, [port, far.port])
      const answered = await placeCalls(t, {
        scenario: 'uac-expect-connected',
        rows: Array.from({ length: 3 }, () => [OURS, NUMBERS[0]![0]]),
        to: port,
      })
      const declined = await placeCalls(t, {
        scenario: 'uac-expect-decline',
        rows: Array.from({ length: 2 }, () => [OURS, '+14155550102']),
        to: port,
      })
      for (const run of [answered, declined]) assert.equal(run.ending.code, 0, run.errors)
      await cancelOne(t, port)
      const heard = await refuseAll(t, port)
      await taken.stop()
      // A worker sends its copies after what they are of.
      await until('the last ACK, as it was sent on', () => taps.texts().some((text) => isLastAck(text)) || undefined)

      const packets = taps.packets
      assert.ok(packets.length >= 60, `${packets.length} copies`)
      if (version === 3) {
        const { captureId, password, protocol } = parseHep(packets[0]!)
        assert.deepEqual([captureId, password, protocol], [77, KEY, 17])
      } else assert.equal(packets[0]![0], 2)

      const expected = { answered: 3, cancelled: 1, refused: REFUSED.length + 2 }
      const tls = foundAuthority('monitor').mint({ name: 'monitor', addresses: ['127.0.0.1'] })
      const told = await Promise.all(WAYS[version].map((way) => watch(t, way, packets, expected.refused, { key, tls })))
      for (const { way, said, store, lines } of told) {
        assert.match(said, /([0-9]+) copies taken/)
        assert.doesNotMatch(said, /dropped/)
        assert.match(
          said,
          new RegExp(
            `${expected.answered + expected.cancelled + expected.refused} calls: ${expected.answered} answered, ${expected.cancelled} given up, ${expected.refused} refused`,
          ),
          way,
        )
        assert.equal(lines.length, expected.refused, way)
        for (const { standing, from, to, status, tap } of lines.map((line) => JSON.parse(line) as Line)) {
          const [, answer, wanted] = NUMBERS.find(([number]) => number === to)!
          assert.deepEqual([standing, from, `${status}`], [wanted, OURS, answer.slice(0, 3)], `${way} ${tap}`)
        }
        const rows = listOf<Row>(recourse(['observations', 'list', '--json', '--store', store], directory))
        assert.equal(rows.length, expected.refused)
        const statuses = Map.groupBy(rows, ({ status }) => status)
        assert.deepEqual(new Map([...statuses].map(([status, { length }]) => [status, length])), new Map(WANTED))
        // What the network said is kept as it was: by the octets that reached the caller, or those one hop before it.
        const notice = rows.find(({ to }) => to === '+14155550101')!
        const reader = openMonitorReader(store)
        const kept = Buffer.from(reader.observation(notice.id)!.answer!)
        reader.close()
        assert.deepEqual(
          kept,
          [heard, far.sent].map((answers) => answers.get(notice.to)!).find((answer) => answer.equals(kept)),
          way,
        )
        assert.equal(fieldOf(kept, 'Reason'), REASON.slice(8))
        assert.ok(recourse(['groups', 'list', '--store', store], directory).includes('desk.northwire.example'))
      }

      // The same calls as another witness wrote them down: nothing is new in them, and a third reader counts the same.
      const seen = dissect(taken.file, [port, far.port])
      const finals = new Map(
        seen
          .filter(({ status, cseq }) => status >= 200 && cseq.endsWith(' INVITE'))
          .map(({ callId, status }) => [callId, status]),
      )
      const count = (matches: (status: number) => boolean): number => [...finals.values()].filter(matches).length
      assert.deepEqual(
        {
          answered: count((status) => status < 300),
          cancelled: count((status) => status === 487),
          refused: count((status) => status >= 300 && status !== 487),
        },
        expected,
      )
      const calls = finals.size
      const tally = `${expected.answered} answered, ${expected.cancelled} given up, ${expected.refused} refused`
      const fresh = ended(['monitor', taken.file, '--store', 'sqlite:alone.db'], directory)
      assert.match(await fresh, new RegExp(`${calls} calls: ${tally}`))
      const again = await ended(['monitor', taken.file, '--store', told[0]!.store], directory)
      assert.match(again, new RegExp(`${calls} calls \\(${calls} known before\\): ${tally}`))
      const after = listOf(recourse(['observations', 'list', '--json', '--store', told[0]!.store], directory))
      assert.equal(after.length, expected.refused)
    },
  )

test('a key that is not ours, and a sender that is not listed, are dropped and told of', async (t) => {
  const directory = temporaryDirectory(t)
  const { monitor, port } = await startMonitor(t, directory, 'udp', KEY, undefined)
  const wrong = openHep({ ...TARGET, port, password: 'another' })
  const right = openHep({ ...TARGET, port, password: KEY })
  t.after(() => Promise.all([wrong.close(), right.close()]))
  const far = createSocket('udp4')
  await new Promise<void>((resolve) => far.bind(0, '127.0.0.9', resolve))
  t.after(() => far.close())
  const copy = (callId: string) => ({ ...PACKET, payload: notice(callId) })
  wrong.send(copy('wrong'))
  for (let sent = 0; sent < 3; sent++) far.send('HEP3', port, '127.0.0.1')
  right.send(copy('right'))
  await monitor.says(/"status":603/)
  await monitor.stop('SIGTERM')
  assert.match(monitor.output, /2 copies taken; dropped: 3 from addresses not listed, 1 without the right key/)
  assert.match(monitor.output, /1 call: 0 answered, 0 given up, 1 refused/)
})

type Line = { standing: string; from: string; to: string; status: number; tap: string }
type Row = { id: number; status: number; to: string }
type Way = 'udp' | 'udp twice' | 'tcp' | 'tls'

/** A packet of HEPv2 does not say how long it is, so that no stream can carry it. */
const WAYS: Record<2 | 3, readonly Way[]> = { 2: ['udp', 'udp twice'], 3: ['udp', 'udp twice', 'tcp', 'tls'] }

const TARGET = { transport: 'udp', address: '127.0.0.1', captureId: 5, node: undefined } as const
const PACKET = {
  source: '198.51.100.20',
  destination: '192.0.2.10',
  sourcePort: 5060,
  destinationPort: 5060,
  protocol: 17,
  atMs: Date.now(),
  type: 1,
  correlationId: undefined,
} as const

/** Has a monitor of its own take the copies by one way; `udp twice` is by two taps. */
async function watch(
  t: TestContext,
  way: Way,
  packets: readonly Buffer[],
  refusals: number,
  { key, tls }: { key: string | undefined; tls: { certificate: string; key: string } },
) {
  const directory = temporaryDirectory(t)
  const transport = way === 'udp twice' ? 'udp' : way
  const { monitor, port } = await startMonitor(t, directory, transport, key, tls)
  if (transport === 'udp') {
    const senders = [createSocket('udp4'), createSocket('udp4')]
    t.after(() => senders.forEach((sender) => sender.close()))
    for (const packet of packets)
      for (const sender of way === 'udp' ? senders.slice(0, 1) : senders)
        await new Promise((sent) => sender.send(packet, port, '127.0.0.1', sent))
  } else {
    const where = { host: '127.0.0.1', port }
    const stream =
      way === 'tcp'
        ? connectTcp(where)
        : connectTls({ ...where, ca: tls.certificate, checkServerIdentity: () => undefined, rejectUnauthorized: false })
    t.after(() => stream.destroy())
    await once(stream, way === 'tcp' ? 'connect' : 'secureConnect')
    // Cut without regard to where packets end.
    const octets = Buffer.concat(packets)
    for (let at = 0; at < octets.length; at += 777) stream.write(octets.subarray(at, at + 777))
  }
  const lines = await until('each refusal', () => {
    const found = monitor.output.split('\n').filter((line) => line.startsWith('{'))
    return found.length >= refusals ? found : undefined
  })
  await monitor.stop('SIGTERM')
  return { way, said: monitor.output, store: `sqlite:${join(directory, 'monitor.db')}`, lines }
}

async function startMonitor(
  t: TestContext,
  directory: string,
  transport: 'udp' | 'tcp' | 'tls',
  key: string | undefined,
  tls: { certificate: string; key: string } | undefined,
) {
  const port = await freePort()
  const config = {
    store: 'sqlite:./monitor.db',
    monitor: {
      hep: [`${transport}:127.0.0.1:${port}`],
      from: ['127.0.0.1'],
      ...(key !== undefined && { password: 'env:MONITOR_KEY' }),
      ...(transport === 'tls' && { tls: { certificate: 'monitor.pem', key: 'file:monitor.key' } }),
    },
  }
  writeFileSync(join(directory, 'recourse.yaml'), JSON.stringify(config))
  if (tls !== undefined) {
    writeFileSync(join(directory, 'monitor.pem'), tls.certificate)
    writeFileSync(join(directory, 'monitor.key'), tls.key, { mode: 0o600 })
  }
  const monitor = new Peer(
    process.execPath,
    [COMMAND, 'monitor', '--json', '--config', 'recourse.yaml', '--store', 'sqlite:monitor.db'],
    {
      cwd: directory,
      ...(key !== undefined && { env: { MONITOR_KEY: key } }),
    },
  )
  t.after(() => monitor.stop('SIGKILL'))
  await monitor.says(/taking copies/)
  return { monitor, port }
}

/** Takes the copies of a Kamailio as they are. */
async function collectCopies(t: TestContext) {
  const socket = createSocket('udp4')
  const packets: Buffer[] = []
  socket.on('message', (octets) => packets.push(octets))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  return { port: socket.address().port, packets, texts: () => packets.map((octets) => octets.toString('latin1')) }
}

/** The far end: answers each number by its line of the table. */
async function answer(t: TestContext) {
  const socket = createSocket('udp4')
  const sent = new Map<string, Buffer>()
  socket.on('message', (octets, { port }) => {
    const text = octets.toString('latin1')
    const [method = '', number = ''] = /^([A-Z]+) sips?:([^@;]+)/.exec(text)?.slice(1) ?? []
    if (method === 'ACK' || method === '') return
    const kept = text.split('\r\n').filter((line) => /^(?:via|from|to|call-id|cseq|record-route):/i.test(line))
    const reply = (status: string, more = '', cseq?: string): void => {
      const lines = kept.map((line) => (/^to:/i.test(line) && !line.includes(';tag=') ? `${line};tag=far` : line))
      const said = cseq === undefined ? lines : lines.map((line) => (/^cseq:/i.test(line) ? cseq : line))
      const message = [
        `SIP/2.0 ${status}`,
        ...said,
        ...(more === '' ? [] : [more]),
        'Contact: <sip:127.0.0.1>',
        'Content-Length: 0',
        '',
        '',
      ]
      const bytes = Buffer.from(message.join('\r\n'), 'latin1')
      if (method === 'INVITE') sent.set(number, bytes)
      socket.send(bytes, port, '127.0.0.1')
    }
    if (method !== 'INVITE') reply('200 OK')
    if (method === 'CANCEL') reply('487 Request Terminated', '', /^CSeq: ([0-9]+)/im.exec(text)![0] + ' INVITE')
    if (method !== 'INVITE') return
    const line = NUMBERS.find(([known]) => known === number)
    reply(line?.[1] ?? '180 Ringing', line?.[3])
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  return { port: socket.address().port, sent }
}

/** A call that rings, and is given up by its caller. */
async function cancelOne(t: TestContext, to: number): Promise<void> {
  const caller = await Caller.open(to)
  t.after(() => caller.close())
  const call = callTo(NEVER_ANSWERED, caller.port)
  const ended = new Promise<Buffer>((resolve) =>
    caller.socket.on('message', (answer: Buffer) => {
      const status = statusOf(answer)
      if (status === 180) caller.send(formatCancel(call))
      if (status >= 200 && fieldOf(answer, 'CSeq').endsWith('INVITE')) resolve(answer)
    }),
  )
  caller.send(formatInvite(call))
  const answer = await ended
  caller.send(formatAck(call, answer))
  assert.equal(statusOf(answer), 487)
}

/** Places a call to each number that refuses; the answers as they arrived. */
async function refuseAll(t: TestContext, to: number): Promise<Map<string, Buffer>> {
  const caller = await Caller.open(to)
  t.after(() => caller.close())
  const heard = new Map<string, Buffer>()
  for (const [number, answer] of REFUSED) {
    const call = callTo(number, caller.port)
    const final = (await caller.ask(formatInvite(call)))!
    caller.send(formatAck(call, final))
    assert.equal(String(statusOf(final)), answer.slice(0, 3))
    heard.set(number, final)
  }
  return heard
}

function callTo(called: string, port: number): Call {
  return { calling: OURS, called, callId: `to-${called}@clinic`, branch: `z9hG4bK-${called}`, fromTag: 'clinic', port }
}

/** The caller's ACK of the last refusal, which Kamailio keeps to itself. */
function isLastAck(text: string): boolean {
  return text.includes('ACK sip:') && text.includes(`to-${REFUSED.at(-1)![0]}@clinic`)
}

function notice(callId: string): Buffer {
  return Buffer.from(
    `SIP/2.0 603 Network Blocked\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK${callId}\r\nFrom: <sip:${OURS}@clinic>;tag=1\r\nTo: <sip:+14155550100@x>;tag=2\r\nCall-ID: ${callId}\r\nCSeq: 1 INVITE\r\n${REASON}\r\nContent-Length: 0\r\n\r\n`,
    'latin1',
  )
}

/** Runs the command to its end; what it said on standard error. */
async function ended(args: readonly string[], directory: string): Promise<string> {
  const peer = new Peer(process.execPath, [COMMAND, ...args], { cwd: directory })
  assert.deepEqual((await peer.ended).code, 0, peer.output)
  return peer.output
}

function listOf<T = unknown>(output: string): T[] {
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T)
}
