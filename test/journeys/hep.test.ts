import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { parseHep } from '#codec/hep/hep.ts'
import { Caller, type Call, formatInvite } from '../peers/caller.ts'
import { startKamailio } from '../peers/kamailio.ts'
import { missing, temporaryDirectory, until } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'
import { Recourse, figure } from '../peers/recourse.ts'
import { callsFrom, placeCalls } from '../peers/sipp.ts'

const BUSY = '+12125550117'
const CAPTURE = new URL('../peers/sipcapture.cfg', import.meta.url).pathname

for (const transport of ['udp', 'tcp'] as const) {
  for (const threads of [1, 2]) {
    test(
      `a Homer over ${transport} gets each call, its answer and the verdict, from a gate of ${threads} threads`,
      { skip: missing('sipp') },
      async (t) => {
        const homer = await collect(t, transport)
        const gate = await Recourse.start(t, { limit: 2, threads, hep: `${transport}:127.0.0.1:${homer.port}` })

        await placeCalls(t, { scenario: 'uac-expect-continue-404', rows: callsFrom(BUSY, 2), to: gate.port })
        await placeCalls(t, { scenario: 'uac-expect-network-blocked', rows: callsFrom(BUSY, 1), to: gate.port })
        await until('nine copies', () => homer.packets.length >= 9 || undefined)

        const calls = Map.groupBy(homer.packets, ({ correlationId }) => correlationId)
        const told = [...calls].map(([callId, packets]) => {
          const text = packets.map(({ payload }) => new TextDecoder().decode(payload))
          const [request, answer] = packets
          assert.ok(text.slice(0, 2).every((message) => message.includes(`Call-ID: ${callId}\r\n`)))
          assert.deepEqual([request!.destinationPort, answer!.sourcePort], [gate.port, gate.port])
          assert.deepEqual(
            [request!.sourcePort, request!.protocol, request!.captureId],
            [answer!.destinationPort, 17, 2001],
          )
          return [
            packets.map(({ type }) => type).join(),
            text[0]!.split(' ')[0],
            text[1]!.split('\r\n')[0],
            JSON.parse(text[2]!),
          ]
        })
        const receipt = gate.ledger()[0]!.receipt
        const let_go = [
          '1,1,100',
          'INVITE',
          'SIP/2.0 404 Not Found',
          { recourse: 1, verdict: 'continue', status: 404, why: 'judged' },
        ]
        assert.deepEqual(told, [
          let_go,
          let_go,
          ['1,1,100', 'INVITE', 'SIP/2.0 603 Network Blocked', { recourse: 1, verdict: 'block', status: 603, receipt }],
        ])
        await until('the figure', async () => (await gate.metrics()).get('recourse_hep_sent_total') === 9 || undefined)
      },
    )
  }
}

test('a stranger, who gets no answer, is not copied', async (t) => {
  const homer = await collect(t, 'udp')
  const gate = await Recourse.start(t, { limit: 2, hep: `udp:127.0.0.1:${homer.port}` })
  const stranger = await Caller.open(gate.port, '127.0.0.9')
  const caller = await Caller.open(gate.port)
  t.after(() => [stranger, caller].forEach((open) => open.close()))
  for (const id of ['a', 'b', 'c']) {
    stranger.send(formatInvite({ ...callFrom(stranger.port), callId: `stranger-${id}@x` }))
  }

  await caller.ask(formatInvite(callFrom(caller.port)))
  await until('three copies', () => homer.packets.length >= 3 || undefined)

  assert.deepEqual(new Set(homer.packets.map(({ correlationId }) => correlationId)), new Set(['hep@127.0.0.1']))
  assert.equal(figure(await gate.metrics(), 'strangers'), 3, 'the control: they were heard')
})

test('a Homer that is away costs no call', async (t) => {
  const homer = await collect(t, 'tcp')
  await homer.close()
  const gate = await Recourse.start(t, { limit: 2, hep: `tcp:127.0.0.1:${homer.port}` })
  const caller = await Caller.open(gate.port)
  t.after(() => caller.close())

  const answer = await caller.ask(formatInvite(callFrom(caller.port)))

  assert.match(answer!.toString('latin1'), /^SIP\/2\.0 404 /)
  await until('the figure', async () => (await gate.metrics()).get('recourse_hep_dropped_total') === 3 || undefined)
})

test('a Kamailio reads each copy as it was sent', { skip: missing('kamailio') }, async (t) => {
  const directory = temporaryDirectory(t)
  writeFileSync(join(directory, 'version'), 'table_name(string) table_version(int)\nversion:1\n')
  const port = await freePort()
  const defines = { LISTEN: `udp:127.0.0.1:${port}`, DATABASE: `"text://${directory}"` }
  const { peer } = await startKamailio(t, CAPTURE, port, defines)
  const gate = await Recourse.start(t, { deny: [BUSY], hep: `udp:127.0.0.1:${port}` })
  const caller = await Caller.open(gate.port)
  t.after(() => caller.close())
  const invite = formatInvite(callFrom(caller.port))

  const answer = await caller.ask(invite)

  const lines = await until('three copies', () => {
    const heard = peer.output.split('\n').flatMap((line) => /HEARD (.*payload=[0-9a-f]+)$/.exec(line)?.[1] ?? [])
    return heard.length >= 3 ? heard : undefined
  })
  const receipt = gate.ledger()[0]!.receipt
  const told = JSON.stringify({ recourse: 1, verdict: 'block', status: 603, receipt })
  const [there, back] = [`127.0.0.1:${caller.port}`, `127.0.0.1:${gate.port}`]
  const lineOf = (type: number, from: string, to: string, payload: Buffer): string =>
    `version=3 family=2 protocol=17 type=${type} from=${from} to=${to} id=2001 call=hep@127.0.0.1 payload=${payload.toString('hex')}`
  assert.deepEqual(lines, [
    lineOf(1, there, back, invite),
    lineOf(1, back, there, answer!),
    lineOf(100, back, there, Buffer.from(told)),
  ])
})

/** Takes HEP as a Homer does. */
async function collect(t: TestContext, transport: 'udp' | 'tcp') {
  const packets: ReturnType<typeof parseHep>[] = []
  if (transport === 'udp') {
    const socket = createSocket('udp4')
    socket.on('message', (octets) => packets.push(parseHep(octets)))
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    t.after(() => socket.close())
    return { packets, port: socket.address().port, close: () => Promise.resolve() }
  }
  const connections = new Set<Socket>()
  const server = createServer((connection) => {
    connections.add(connection)
    let rest = Buffer.alloc(0)
    connection.on('data', (octets: Buffer) => {
      rest = Buffer.concat([rest, octets])
      while (rest.length >= 6 && rest.length >= rest.readUInt16BE(4)) {
        const length = rest.readUInt16BE(4)
        packets.push(parseHep(rest.subarray(0, length)))
        rest = rest.subarray(length)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): Promise<void> => {
    for (const connection of connections) connection.destroy()
    return new Promise((closed) => server.close(() => closed()))
  }
  t.after(close)
  return { packets, port: (server.address() as AddressInfo).port, close }
}

function callFrom(port: number): Call {
  return { calling: BUSY, called: '+14155550100', callId: 'hep@127.0.0.1', branch: 'z9hG4bK-hep', fromTag: 'hep', port }
}
