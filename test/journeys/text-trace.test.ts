import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { FIELD } from '#codec/sip/field.ts'
import { Message } from '#codec/sip/message.ts'
import { refusalOf } from '#core/observe/refusal.ts'
import { readTextTrace } from '#edge/monitor/read-text-trace.ts'
import { startKamailio } from '../peers/kamailio.ts'
import { missing, temporaryDirectory, until } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'

const CONFIG = new URL('../peers/sipdump.cfg', import.meta.url).pathname
const CALLS = 5

test(
  'what Kamailio writes down by sipdump and by xlog is read with its times and both sides',
  { skip: missing('kamailio') },
  async (t) => {
    const folder = temporaryDirectory(t)
    const dumps = temporaryDirectory(t)
    const port = await freePort()
    const startedMs = Date.now()
    const { peer } = await startKamailio(t, CONFIG, port, {
      LISTEN: `udp:127.0.0.1:${port}`,
      DUMPS: JSON.stringify(dumps),
    })
    const socket = createSocket('udp4')
    t.after(() => socket.close())
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const own = socket.address().port
    let answers = 0
    socket.on('message', () => answers++)
    for (let call = 0; call < CALLS; call++) socket.send(invite(call, own, port), port, '127.0.0.1')
    await until('answers', () => answers >= CALLS || undefined)

    const seen = (path: string) => readCalls(path)
    const dumped = await until('a dump of all calls', async () => {
      const name = readdirSync(dumps).find((name) => name.endsWith('.data'))
      const found = name === undefined ? [] : await seen(join(dumps, name))
      return found.filter(({ what }) => what === '603').length >= CALLS ? found : undefined
    })
    const refused = dumped.filter(({ what }) => what === '603')
    const asked = dumped.filter(({ what }) => what === 'INVITE')
    assert.deepEqual([refused.length, asked.length], [CALLS, CALLS])
    for (const { from, to, atMs, transport, standing } of refused) {
      assert.deepEqual([from, to, transport, standing], [port, own, 'UDP', 'proven'])
      assert.ok(atMs >= startedMs && atMs <= Date.now())
    }
    for (const { from, to } of asked) assert.deepEqual([from, to], [own, port])

    const log = join(folder, 'kamailio.log')
    writeFileSync(log, peer.output)
    const logged = (await seen(log)).filter(({ what }) => what === 'INVITE')
    assert.deepEqual(
      logged.map(({ from, to }) => [from, to]),
      Array.from({ length: CALLS }, () => [own, port]),
    )
  },
)

async function readCalls(path: string) {
  const found: {
    what: string
    from: number | undefined
    to: number | undefined
    atMs: number
    transport: string | undefined
    standing: string | undefined
  }[] = []
  const message = new Message()
  await readTextTrace(path, {
    onMessage: (bytes, start, end, { sourcePort, destinationPort, atUs, transport }) => {
      message.read(bytes, start, end)
      if (message.first(FIELD.callId)?.startsWith('trace-') !== true) return
      const isAnswer = message.kind === 'response'
      found.push({
        what: isAnswer ? String(message.status) : 'INVITE',
        from: sourcePort,
        to: destinationPort,
        atMs: atUs / 1000,
        transport,
        standing: isAnswer ? refusalOf(message, { carrier: '' }).standing : undefined,
      })
    },
  })
  return found
}

function invite(call: number, own: number, port: number): string {
  return [
    `INVITE sip:+14155550100@127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bKtrace${call}`,
    `From: <sip:+12125550117@clinic.example>;tag=t${call}`,
    `To: <sip:+14155550100@127.0.0.1:${port}>`,
    `Call-ID: trace-${call}`,
    'CSeq: 1 INVITE',
    'Max-Forwards: 70',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n')
}
