import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import { openMonitorReader } from '#edge/store/monitor-reader.ts'
import { parseListening } from '#main/config/addresses.ts'
import type { MonitorConfig } from '#main/config/monitor.ts'
import { NoMonitor, startMonitor } from './monitor-service.ts'

test('a thread of the monitor that dies is told of and begun again: no refused call is lost or told twice, and figures go on', async (t) => {
  const { config, log, store, callers } = await world(t)
  writeFileSync(log, refusedCall('1'))
  const alarms: string[] = []
  let thread = nextThread()
  const service = await startMonitor(store, config, (cause) => alarms.push((cause as Error).message))
  t.after(() => service.close())
  const { local } = service
  await until('the first call', () => callers().length === 1 || undefined)
  await until('the first figures', () => (service.figures()?.refused ?? 0) > 0 || undefined)
  const before = service.figures()!

  for (const id of ['2', '3']) {
    const dying = await thread
    thread = nextThread()
    // It dies between two looks at the log, with a call in the log that it never saw.
    await dying.terminate()
    appendFileSync(log, refusedCall(id))
    await thread
    await until(`call ${id} (${alarms.join('; ')})`, () => callers().includes(`+1212555011${id}`) || undefined)
  }

  assert.deepEqual(alarms, ['the thread of the monitor ended', 'the thread of the monitor ended'])
  assert.deepEqual(callers(), ['+12125550111', '+12125550112', '+12125550113'])
  assert.deepEqual(service.local, local, 'copies are taken where they were')
  // What a thread counted in its last second dies with it; what it told before does not.
  await until(
    'figures of the last thread beside the others',
    () => service.figures()!.fresh > before.fresh || undefined,
  )
  assert.ok(service.figures()!.messages > before.messages, 'nothing that was told is forgotten')
})

test('once it is closed a thread that ends is not begun again, and nothing alarms', async (t) => {
  const { config, store, log } = await world(t)
  writeFileSync(log, '')
  const alarms: unknown[] = []
  const service = await startMonitor(store, config, (cause) => alarms.push(cause))
  let begun = 0
  const count = (): void => void begun++
  process.on('worker', count)
  t.after(() => process.off('worker', count))
  await service.close()
  await service.close()
  // Longer than it would take to begin again.
  await setTimeout(1_200)
  assert.deepEqual([begun, alarms], [0, []])
})

test('an address that is taken is told by its key at the first start, and nothing is left running', async (t) => {
  const { config, store, port } = await world(t)
  const other = createSocket('udp4').bind(port, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const alarms: unknown[] = []
  await assert.rejects(
    startMonitor(store, config, (cause) => alarms.push(cause)),
    (error) => error instanceof NoMonitor && error.key === 'hep' && error.code === 'EADDRINUSE',
  )
  assert.deepEqual(alarms, [])
})

test('without a source there is no thread', async () => {
  const begun: Worker[] = []
  const note = (worker: Worker): void => void begun.push(worker)
  process.on('worker', note)
  try {
    for (const config of [undefined, { ...NO_SOURCE }])
      await (await startMonitor('sqlite:/nowhere/at.db', config, (cause) => assert.fail(String(cause)))).close()
  } finally {
    process.off('worker', note)
  }
  assert.deepEqual(begun, [])
})

async function world(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-monitor-service-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const port = await freePort()
  const log = join(folder, 'full.log')
  const store = `sqlite:${join(folder, 'recourse.db')}`
  const config: MonitorConfig = {
    ...NO_SOURCE,
    listen: [parseListening(`udp:127.0.0.1:${port}`)!],
    logs: [log],
  }
  const callers = (): string[] => {
    const reader = openMonitorReader(store)
    try {
      return reader
        .observations({}, undefined, 100)
        .rows.map(({ from }) => from)
        .toSorted()
    } finally {
      reader.close()
    }
  }
  return { log, store, config, callers, port }
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

/** Asks until the answer is there; a thread begins in a second, and a call of a log is told five seconds after its last line. */
async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await setTimeout(50)) {
    const found = look()
    if (found !== undefined) return found
  }
  throw new Error(`waited in vain for ${what}`)
}

/** The thread that this process begins next. */
function nextThread(): Promise<Worker> {
  return new Promise((resolve) => process.once('worker', resolve))
}

function refusedCall(id: string): string {
  const fields = `Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK${id}\r\nFrom: <sip:+1212555011${id}@clinic>;tag=1\r\nCall-ID: ${id}@clinic\r\nCSeq: 1 INVITE\r\n`
  const [there, back] = ['192.0.2.10:5060 -> 198.51.100.20:5060', '198.51.100.20:5060 -> 192.0.2.10:5060']
  const at = `2026/11/22 10:00:0${id}`
  return `${at}.000000 ${there}\nINVITE sip:+14155550100@far SIP/2.0\r\n${fields}To: <sip:+14155550100@far>\r\nContent-Length: 0\r\n\r\n\n${at}.100000 ${back}\nSIP/2.0 603 Network Blocked\r\n${fields}To: <sip:+14155550100@far>;tag=far\r\nContent-Length: 0\r\n\r\n\n`
}

const PATIENCE_MS = 30_000
const NO_SOURCE: MonitorConfig = {
  listen: [],
  from: ['127.0.0.0/8'],
  password: undefined,
  tls: undefined,
  carriers: [],
  ours: undefined,
  webhooks: undefined,
  logs: [],
  alerts: [],
  notify: [],
  digestMinute: undefined,
  keepMs: 400 * 86_400_000,
}
