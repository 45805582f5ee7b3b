import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { MailSink, headerOf } from '../../../test/mail-sink.ts'
import { QUIET_MS } from '#core/observe/alert.ts'
import { sampleAttempt, sampleRefusal } from '#edge/store/monitor-samples.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import { type AlertTerms, type Alerts, DIGEST_LATE_MS, openAlerts } from './alerts.ts'

const SECRET = 'a secret of a webhook'
const NOON = Date.UTC(2026, 10, 22, 12)

test('a new proven block is told once by mail and webhook, also over restarts and by two processes', async (t) => {
  const world = await open(t)
  world.block(3)
  const one = world.start()
  const other = world.start()
  await one.post()
  await other.post()
  const [mail] = await world.sink.takes(1)
  assert.equal(headerOf(mail!, 'subject'), 'New block: redress.blocker-1.example, group 1')
  assert.match(headerOf(mail!, 'message-id') ?? '', /^<[A-Za-z0-9_-]{22}@clinic\.example>$/)
  const text = mail!.octets.toString('utf8').replaceAll('=\r\n', '')
  assert.match(text, /3 of 3 calls \(100\.0/)
  assert.match(text, /recourse disputes open --group 1/)
  assert.equal(world.posts.length, 1)
  const { body, signature } = world.posts[0]!
  const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature)!
  assert.equal(createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'), digest)
  assert.equal(JSON.parse(body).type, 'monitor.new')
  one.look()
  await one.close()
  await other.close()
  const again = world.start()
  await again.post()
  assert.deepEqual([again.figures().alerts, world.posts.length, world.sink.received], [0, 1, 1])
})

test('what is back after a lift is told each time; what goes on is not, and fewer calls without proof are not', async (t) => {
  const world = await open(t)
  world.block(3)
  world.block(4, { standing: 'unproven', blocker: 'northwire', class: '603' })
  const alerts = world.start()
  assert.equal(alerts.figures().alerts, 1)
  for (const round of [1, 2]) {
    world.pass(60_000)
    world.resolve()
    alerts.look()
    assert.equal(alerts.figures().alerts, round)
    world.pass(60_000)
    world.block(1)
    alerts.look()
    alerts.look()
    assert.equal(alerts.figures().alerts, round + 1)
  }
  world.block(1, { standing: 'unproven', blocker: 'northwire', class: '603' })
  alerts.look()
  assert.equal(alerts.figures().alerts, 4)
  world.pass(QUIET_MS + 1)
  alerts.look()
  assert.equal(alerts.figures().alerts, 4)
})

test('while a webhook is down its alert waits in the store, and is told under the same id by the next process', async (t) => {
  const world = await open(t)
  world.status = 500
  world.block(1)
  const first = world.start()
  await first.post()
  assert.deepEqual([first.figures().alertsRetried, first.figures().alertsWaiting], [1, 1])
  await first.close()
  world.status = 200
  world.pass(60_000)
  const second = world.start()
  await second.post()
  assert.deepEqual([second.figures().alertsPosted, second.figures().alertsWaiting], [1, 0])
  assert.equal(new Set(world.posts.map(({ event }) => event)).size, 1)
  assert.equal(world.posts.length, 2)
})

test('the digest of the day goes once, with shares by carrier; before its time and long after it none goes', async (t) => {
  const world = await open(t, { digestMinute: 12 * 60 + 30 })
  world.block(3)
  const alerts = world.start()
  assert.equal(alerts.figures().digests, 0)
  world.pass(30 * 60_000)
  alerts.look()
  alerts.look()
  await alerts.close()
  const again = world.start()
  assert.deepEqual([alerts.figures().digests, again.figures().digests], [1, 0])
  const mails = await world.sink.takes(2)
  const digest = mails
    .map(({ octets }) => octets.toString('utf8').replaceAll('=\r\n', ''))
    .find((text) => text.includes('Calls 2026-11-22'))
  assert.match(digest ?? '', /3 calls in the last 24 hours, 3 refused/)
  assert.match(digest ?? '', /northwire: 3 of 3/)
  world.pass(86_400_000 + DIGEST_LATE_MS)
  again.look()
  assert.equal(again.figures().digests, 0)
})

test('a blocker with a hostile name forges no header field and no line', async (t) => {
  const world = await open(t)
  world.block(1, { blocker: 'evil.example\r\nBcc: all@victim.example\r\n\r\n\u202egpj' })
  const alerts = world.start()
  assert.equal(alerts.figures().alerts, 1)
  const [mail] = await world.sink.takes(1)
  assert.equal(headerOf(mail!, 'bcc'), undefined)
  assert.deepEqual(mail!.to, ['dialler@clinic.example'])
  assert.doesNotMatch(mail!.octets.toString('utf8'), /\u202e|^Bcc:/im)
})

async function open(t: TestContext, { digestMinute }: { digestMinute?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-alerts-'))
  const store = `sqlite:${join(folder, 'recourse.db')}`
  let now = NOON
  let call = 0
  const running = new Set<Alerts>()
  const posts: { body: string; signature: string; event: string }[] = []
  const sink = await MailSink.start(t)
  const room = openMonitorStore(store, { now: () => now })
  const receiver = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { headers } = request
      const [signature, event] = [headers['recourse-signature'], headers['recourse-event']].map(String)
      posts.push({ body: Buffer.concat(parts).toString(), signature: signature!, event: event! })
      response.statusCode = world.status
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  t.after(async () => {
    for (const alerts of running) await alerts.close()
    receiver.close()
    receiver.closeAllConnections()
    room.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const terms: AlertTerms = {
    store,
    monitor: {
      alerts: ['dialler@clinic.example'],
      notify: [{ name: 'chat', url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`, secret: SECRET }],
      digestMinute,
      keepMs: 400 * 86_400_000,
    },
    mail: {
      server: { kind: 'smtp', host: '127.0.0.1', port: sink.port, tls: 'may', login: undefined },
      sender: { name: 'Clinic', address: 'calls@clinic.example', replyTo: undefined },
    },
    onTrouble: () => undefined,
    now: () => now,
  }
  const world = {
    sink,
    posts,
    status: 200,
    start(this: void): Alerts {
      const alerts = openAlerts(terms)
      const once = {
        ...alerts,
        async close() {
          if (running.delete(once)) await alerts.close()
        },
      }
      running.add(once)
      return once
    },
    pass(this: void, ms: number): void {
      now += ms
    },
    block(this: void, calls: number, refusal: Parameters<typeof sampleRefusal>[0] = {}): void {
      const attempts = Array.from({ length: calls }, () => ({
        ...sampleAttempt(++call, { at: now }),
        key: `call ${call}`,
        from: '+12125550117',
        carrier: 'northwire',
        end: { kind: 'refused' as const, refusal: sampleRefusal(refusal) },
      }))
      room.take(attempts, [])
    },
    resolve(this: void): void {
      const share = { hits: 0, of: 0 }
      room.mark(1, { kind: 'resolved', at: now, effective: now, by: 'test', note: '', share })
    },
  }
  return world
}
