import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test, { type TestContext } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { MailSink, headerOf } from '../../../test/mail-sink.ts'
import { QUIET_MS } from '#core/observe/alert.ts'
import { QUARTER_MS } from '#core/observe/group.ts'
import { DISPUTE_TERMS } from '#core/dispute/dispute.ts'
import type { DisputeEvent, DisputeSubject } from '#core/dispute/dispute-event.ts'
import { KEEP_MAIL_MS } from '#edge/store/desk-store.ts'
import { openDisputeStore } from '#edge/store/dispute-store.ts'
import { openMonitorReader } from '#edge/store/monitor-reader.ts'
import { sampleAttempt, sampleRefusal } from '#edge/store/monitor-samples.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import { GroupWatch } from './group-watch.ts'
import { type AlertTerms, type Alerts, DIGEST_LATE_MS, OVERDUE_MAX, openAlerts } from './alerts.ts'

const SECRET = 'a secret of a webhook'
const NOON = Date.UTC(2026, 10, 22, 12)
const KEEP_MS = 400 * 86_400_000
const SUBJECT: DisputeSubject = {
  group: undefined,
  blocker: 'desk.example',
  numbers: ['+12125550117'],
  receipts: [],
  urls: [],
  calls: [],
  purpose: '',
  changed: '',
}

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

test('in each zone, over days of 23 and 25 hours and restarts at any time, there is one digest a day', async (t) => {
  const zone = process.env['TZ']
  t.after(() => (zone === undefined ? delete process.env['TZ'] : (process.env['TZ'] = zone)))
  for (const [place, from, minute] of [
    ['America/New_York', Date.UTC(2026, 9, 30), 23 * 60 + 30],
    ['Europe/Berlin', Date.UTC(2026, 2, 27), 6 * 60 + 30],
    ['Australia/Lord_Howe', Date.UTC(2026, 9, 2), 0],
  ] as const) {
    process.env['TZ'] = place
    const world = await open(t, { digestMinute: minute, now: from + minute * 60_000 - 1 })
    let alerts = world.start()
    let digests = 0
    for (let hour = 0; hour < 4 * 24; hour++) {
      if (hour % 7 === 3) {
        digests += alerts.figures().digests
        await alerts.close()
        alerts = world.start()
      }
      world.pass(hour === 0 ? 1 : 3_600_000)
      alerts.look()
      alerts.look()
    }
    digests += alerts.figures().digests
    await alerts.close()
    assert.equal(digests, 4, place)
    assert.deepEqual(
      world.rows(`SELECT name FROM monitor_told WHERE name LIKE 'digest %' ORDER BY name`).map(({ name }) => name),
      [0, 1, 2, 3].map((day) => `digest ${new Date(from + day * 86_400_000).toISOString().slice(0, 10)}`),
    )
  }
})

test('a digest that was due before midnight is of that day when it leaves after it', async (t) => {
  const world = await open(t, { digestMinute: 23 * 60 + 30 })
  world.pass(13 * 3_600_000)
  const alerts = world.start()
  assert.equal(alerts.figures().digests, 1)
  assert.deepEqual(
    world.rows('SELECT subject FROM monitor_alert').map(({ subject }) => subject),
    ['Calls 2026-11-22: no blocks'],
  )
  world.pass(22.5 * 3_600_000)
  alerts.look()
  assert.equal(alerts.figures().digests, 2)
})

test('an overdue dispute is told once by mail and webhook, over restarts and erasures, and again for the next that is due', async (t) => {
  const world = await open(t)
  const id = 'AAAA_AAAAAAAAAAAAAAAAA'
  const open_ = { kind: 'opened', data: { ...SUBJECT } } as const
  const filed = { way: 'mail', to: 'x', reference: undefined, isFollowed: false, needsConfirmation: false } as const
  world.dispute({ dispute: id, seq: 1, at: NOON, by: 'ann', ...open_ })
  world.dispute({ dispute: id, seq: 2, at: NOON, by: 'ann', kind: 'filed', data: filed })
  const alerts = world.start()
  assert.equal(alerts.figures().alerts, 0)
  world.pass(86_400_001)
  alerts.look()
  alerts.look()
  assert.equal(alerts.figures().alerts, 1)
  await alerts.post()
  assert.equal(JSON.parse(world.posts[0]!.body).type, 'monitor.overdue')
  const [mail] = await world.sink.takes(1)
  assert.equal(headerOf(mail!, 'subject'), 'Overdue: dispute with desk.example')
  assert.match(mail!.octets.toString('utf8'), /desk\.example owes us a status since 2026-11-23 12:00 UTC/)
  await alerts.close()
  world.pass(KEEP_MS + 86_400_000)
  const again = world.start()
  again.look()
  assert.equal(again.figures().alerts, 0, 'what is open stays told')
  assert.equal(world.rows('SELECT * FROM monitor_alert').length, 0, 'although the alert itself is erased')
  world.dispute({ dispute: id, seq: 3, at: NOON + 1, by: 'ann', kind: 'acknowledged', data: { words: 'x' } })
  again.look()
  assert.equal(again.figures().alerts, 1)
})

test('of more overdue disputes than one look takes, all are told in turn, each once', async (t) => {
  const world = await open(t)
  const filed = { way: 'mail', to: 'x', reference: undefined, isFollowed: false, needsConfirmation: false } as const
  const count = OVERDUE_MAX + 2
  for (let at = 0; at < count; at++) {
    const id = String(at).padStart(22, 'A')
    world.dispute({ dispute: id, seq: 1, at: NOON + at, by: 'ann', kind: 'opened', data: { ...SUBJECT } })
    world.dispute({ dispute: id, seq: 2, at: NOON + at, by: 'ann', kind: 'filed', data: filed })
  }
  world.pass(2 * 86_400_000)
  const alerts = world.start()
  const told = (): number => world.rows("SELECT * FROM monitor_told WHERE name LIKE 'dispute %'").length
  assert.equal(told(), OVERDUE_MAX)
  assert.equal(alerts.figures().alerts, 11, 'ten by themselves, the others in one summary')
  world.pass(3_600_001)
  alerts.look()
  assert.deepEqual([told(), alerts.figures().alerts], [count, 13], 'the two oldest, behind what the first look took')
  for (let look = 0; look < 3; look++) alerts.look()
  assert.deepEqual([told(), alerts.figures().alerts], [count, 13])
})

test('a suspected silent block is told with its figures, once', async (t) => {
  const world = await open(t)
  world.busy(60, 2, [7, 6, 5, 4, 3, 2])
  const quiet = world.start()
  assert.equal(quiet.figures().alerts, 0)
  world.busy(60, 40, [0])
  const alerts = world.start()
  assert.equal(alerts.figures().alerts, 1)
  const [mail] = await world.sink.takes(1)
  assert.equal(headerOf(mail!, 'subject'), 'Suspected silent block: +12125550117 at northwire')
  const text = mail!.octets.toString('utf8').replaceAll('=\r\n', '')
  assert.match(text, /This is a suspicion from counts, not a fact/)
  assert.match(text, /busy: 40 of 60 calls/)
  world.pass(3_700_000)
  alerts.look()
  assert.equal(alerts.figures().alerts, 1)
})

test('what was told is erased by keep, mail that left 90 days after it, and what a webhook never took with its alert', async (t) => {
  const world = await open(t)
  world.status = 500
  world.block(1)
  const alerts = world.start()
  await world.sink.takes(1)
  await alerts.post()
  for (let tries = 0; world.rows(`SELECT 1 FROM mail WHERE state = 'sent'`).length === 0; tries++) {
    assert.ok(tries < 200)
    await setTimeout(20)
  }
  const left = (): number[] =>
    ['mail', 'monitor_alert', 'monitor_alert_parcel'].map((table) => world.rows(`SELECT * FROM ${table}`).length)
  world.pass(KEEP_MAIL_MS - 86_400_000)
  alerts.look()
  assert.deepEqual(left(), [1, 1, 1])
  world.pass(2 * 86_400_000)
  alerts.look()
  assert.deepEqual(left(), [0, 1, 1])
  world.pass(KEEP_MS)
  alerts.look()
  assert.deepEqual(left(), [0, 0, 0])
  assert.ok(world.rows(`SELECT 1 FROM monitor_told WHERE name LIKE 'group %'`).length > 0)
})

test('a look costs what is new: of many groups only those are read again that something happened to', async (t) => {
  const world = await open(t)
  for (let index = 0; index < 50; index++) world.block(1, { blocker: `b${index}.example` })
  const asked: number[] = []
  const reader = openMonitorReader(world.store)
  t.after(() => reader.close())
  const watch = new GroupWatch({
    groups: (filter, at) => reader.groups(filter, at),
    end: () => reader.end(),
    groupsSince: (end) => reader.groupsSince(end),
    groupsOf(ids, at) {
      asked.push(ids.length)
      return reader.groupsOf(ids, at)
    },
  })
  const look = (at: number, owed: readonly number[] = []): number[] => {
    const found = watch.look(at).map(({ id }) => id)
    watch.settle(owed)
    return found
  }
  assert.equal(look(NOON).length, 50)
  assert.deepEqual(look(NOON + 1), [])
  world.block(2, { blocker: 'b7.example' })
  assert.deepEqual(look(NOON + 2, [9]), [8])
  assert.deepEqual(look(NOON + 3), [9], 'what is owed is shown again')
  world.resolve()
  assert.deepEqual(
    watch.look(NOON + 4).map(({ id, state }) => `${id} ${state}`),
    ['1 resolved'],
  )
  assert.deepEqual(look(NOON + 5), [1], 'until it is settled')
  assert.deepEqual(asked, [0, 1, 1, 1, 1])
  assert.equal(look(NOON + QUARTER_MS).length, 50, 'another quarter of a day: shares are of other days')
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

async function open(t: TestContext, { digestMinute, now: begun = NOON }: { digestMinute?: number; now?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-alerts-'))
  const store = `sqlite:${join(folder, 'recourse.db')}`
  let now = begun
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
      keepMs: KEEP_MS,
    },
    mail: {
      server: { kind: 'smtp', host: '127.0.0.1', port: sink.port, tls: 'may', login: undefined },
      sender: { name: 'Clinic', address: 'calls@clinic.example', replyTo: undefined },
    },
    onTrouble: () => undefined,
    now: () => now,
  }
  const world = {
    store,
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
    /** Calls of one number on days ago, so many of them busy. */
    busy(this: void, of: number, hits: number, days: readonly number[]): void {
      const refusal = sampleRefusal({ status: 486, class: 'other', standing: 'fault', blocker: 'northwire' })
      for (const day of days)
        room.take(
          Array.from({ length: of }, (_, at) => ({
            ...sampleAttempt(++call, { at: now - day * 86_400_000 - 60_000 }),
            from: '+12125550117',
            carrier: 'northwire',
            end: at < hits ? ({ kind: 'refused', refusal } as const) : ({ kind: 'answered', durationMs: 1 } as const),
          })),
          [],
        )
    },
    dispute(this: void, event: DisputeEvent): void {
      const disputes = openDisputeStore(store, { terms: DISPUTE_TERMS })
      assert.equal(disputes.record([event]), 'recorded')
      disputes.close()
    },
    rows(this: void, sql: string): Record<string, unknown>[] {
      const db = new DatabaseSync(store.slice('sqlite:'.length), { readOnly: true })
      try {
        return db.prepare(sql).all()
      } finally {
        db.close()
      }
    },
    resolve(this: void): void {
      const share = { hits: 0, of: 0 }
      room.mark(1, { kind: 'resolved', at: now, effective: now, by: 'test', note: '', share })
    },
  }
  return world
}
