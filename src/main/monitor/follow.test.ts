import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { type MonitorStore, openMonitorStore } from '#edge/store/monitor-store.ts'
import { followLogs } from './follow.ts'
import { MonitorRoom } from './room.ts'

test('a log is followed as it grows, is moved away with something new in it, begins anew, and is cut short', async (t) => {
  const world = worldFor(t)
  const { log } = world
  writeFileSync(log, call('1'))
  world.follow()
  await world.heard(2)
  // In two pieces: half a message is none.
  const second = call('2')
  appendFileSync(log, second.slice(0, 300))
  await setTimeout(60)
  appendFileSync(log, second.slice(300))
  await world.heard(4)
  appendFileSync(log, call('3'))
  renameSync(log, `${log}.1`)
  await world.heard(6)
  writeFileSync(log, call('4') + call('5'))
  await world.heard(10)
  truncateSync(log)
  await setTimeout(60)
  appendFileSync(log, call('6'))
  await world.heard(12)
  await world.close()
  assert.deepEqual([world.refused(), world.alarms.length], [6, 0])
})

test('begun anew it goes on where calls were settled, and tells nothing twice; a kill loses no call on its way', async (t) => {
  const world = worldFor(t)
  const { log } = world
  const [before, after] = [call('1'), call('2')]
  writeFileSync(log, before)
  world.follow({ behindMs: 0 })
  await world.heard(2)
  await world.close()
  assert.equal(world.refused(), 1)

  appendFileSync(log, after)
  world.follow({ behindMs: 0 })
  await world.heard(2)
  await world.close()
  assert.equal(world.refused(), 2)

  // Killed while the call was on its way: its place was not noted.
  const [invite, refusal] = [
    call('3').slice(0, call('3').indexOf('SIP/2.0 603')),
    call('3').slice(call('3').indexOf('SIP/2.0 603')),
  ]
  appendFileSync(log, invite)
  world.follow()
  await world.heard(1)
  await world.kill()
  appendFileSync(log, refusal)
  world.follow()
  await world.heard(2)
  await world.close()
  assert.equal(world.refused(), 3)
})

test('a log that is not there is told of once and waited for; what is no text is told of', async (t) => {
  const world = worldFor(t)
  world.follow()
  while (world.alarms.length === 0) await setTimeout(5)
  await setTimeout(60)
  assert.equal(world.alarms.length, 1)
  assert.match(String(world.alarms[0]), /ENOENT/)
  writeFileSync(world.log, call('1'))
  await world.heard(2)
  rmSync(world.log)
  writeFileSync(world.log, Buffer.alloc(600))
  while (world.alarms.length === 1) await setTimeout(5)
  assert.match(String(world.alarms[1]), /is no text/)
  await world.close()
  assert.equal(world.refused(), 1)
})

function worldFor(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-follow-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const log = join(folder, 'sip.log')
  const store: MonitorStore = openMonitorStore(`sqlite:${join(folder, 'monitor.db')}`)
  t.after(() => store.close())
  const alarms: unknown[] = []
  let room: MonitorRoom
  let follower: ReturnType<typeof followLogs>
  return {
    log,
    alarms,
    follow({ behindMs }: { behindMs?: number } = {}): void {
      room = new MonitorRoom({ store, nameCarrier: () => undefined, seed: 1 })
      const placeOf = (source: string): string | undefined => store.place(source)
      const alarm = (cause: unknown): unknown => alarms.push(cause)
      follower = followLogs([log], {
        room,
        placeOf,
        alarm,
        lookEveryMs: 10,
        ...(behindMs !== undefined && { behindMs }),
      })
      t.after(() => follower.close())
    },
    async heard(messages: number): Promise<void> {
      while (room.figures.messages < messages) await setTimeout(5)
      assert.equal(room.figures.messages, messages)
    },
    async close(): Promise<void> {
      await follower.close()
      room.finish()
      room.flush()
    },
    /** What was followed is forgotten. */
    kill: () => follower.close(),
    refused: () => store.observations({}, undefined, 100).rows.length,
  }
}

/** A call and its refusal, as sngrep writes them. */
function call(id: string): string {
  const fields = `Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK${id}\r\nFrom: <sip:+12125550117@clinic>;tag=1\r\nCall-ID: ${id}@clinic\r\nCSeq: 1 INVITE\r\n`
  const line = (from: string, to: string): string => `2026/11/22 10:00:0${id}.000000 ${from}:5060 -> ${to}:5060\n`
  return [
    `${line('192.0.2.10', '198.51.100.20')}INVITE sip:+14155550100@far SIP/2.0\r\n${fields}To: <sip:+14155550100@far>\r\nContent-Length: 0\r\n\r\n\n`,
    `${line('198.51.100.20', '192.0.2.10')}SIP/2.0 603 Network Blocked\r\n${fields}To: <sip:+14155550100@far>;tag=far\r\nContent-Length: 0\r\n\r\n\n`,
  ].join('')
}
