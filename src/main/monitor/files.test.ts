import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { ipv4, link, pcapFile, udp } from '#codec/capture/build-capture.ts'
import { type MonitorStore, openMonitorStore } from '#edge/store/monitor-store.ts'
import { filesIn, readFile } from './files.ts'
import { MonitorRoom } from './room.ts'

test('a folder is its files in the order of their names, without what is hidden or no file', (t) => {
  const folder = folderFor(t)
  for (const name of ['b.pcap', 'a.pcap', '.hidden', 'c']) writeFileSync(join(folder, name), '')
  mkdirSync(join(folder, 'd'))
  symlinkSync(join(folder, 'a.pcap'), join(folder, 'link'))

  assert.deepEqual(
    filesIn(folder),
    ['a.pcap', 'b.pcap', 'c'].map((name) => join(folder, name)),
  )
  assert.deepEqual(filesIn(join(folder, 'c')), [join(folder, 'c')])
  assert.deepEqual(filesIn('-'), ['-'])
  assert.throws(() => filesIn(join(folder, 'nowhere')), /ENOENT/)
})

test('a file that was read whole is read again only where it has grown or is another', async (t) => {
  const world = worldFor(t)
  const file = join(world.folder, 'trunk.pcap')
  writeFileSync(file, captureOf(['1', '2']))
  assert.deepEqual(await world.read(file), ['read', 2, 0])
  assert.deepEqual(await world.read(file), ['known', 0, 0])

  appendFileSync(file, captureOf(['3']).subarray(24))
  assert.deepEqual(await world.read(file), ['read', 1, 2])
  assert.deepEqual(await world.read(file), ['known', 0, 0])

  // Another file of the same name and length.
  rmSync(file)
  writeFileSync(file, captureOf(['4', '5', '6']))
  utimesSync(file, 1e9, 1e9)
  assert.deepEqual(await world.read(file), ['read', 3, 0])
  assert.deepEqual(await world.read(file), ['known', 0, 0])
})

test('a run that is cut off notes no place, and begun anew it tells nothing twice', async (t) => {
  const world = worldFor(t)
  const file = join(world.folder, 'trunk.pcap')
  writeFileSync(file, captureOf(['1', '2', '3']))
  // Killed with the file read and its calls still followed.
  const room = world.room()
  assert.equal((await readFile(file, room, (source) => world.store.place(source))).kind, 'read')
  room.flush()
  assert.equal(room.followed, 3)

  assert.deepEqual(await world.read(file), ['read', 3, 0], 'what was followed then is not lost')
  assert.deepEqual(await world.read(file), ['known', 0, 0])
})

test('a call that begins in one file and ends in the next is one call', async (t) => {
  const world = worldFor(t)
  const [first, second] = [join(world.folder, '1.pcap'), join(world.folder, '2.pcap')]
  writeFileSync(first, captureOf(['1'], 'INVITE'))
  writeFileSync(second, captureOf(['1'], 'answer'))

  assert.deepEqual(await world.read(first, second), ['read', 1, 0])
  assert.equal(world.store.observations({}, undefined, 10).rows.length, 1)
})

test('standard input has no place: it is read each time, and adds nothing that is known', async (t) => {
  const world = worldFor(t)
  const octets = captureOf(['1', '2'])
  for (const counted of [['read', 2, 0] as const, ['read', 0, 2] as const]) {
    const room = world.room()
    const { kind } = await readFile('-', room, () => assert.fail('it is not asked for'), {
      stdin: Readable.from([octets]),
    })
    room.finish()
    room.flush()
    assert.deepEqual([kind, room.figures.fresh, room.figures.known], counted)
  }
})

test('a capture that tells no time is of the time it is read', async (t) => {
  const world = worldFor(t)
  const file = join(world.folder, 'untimed.sip')
  writeFileSync(file, `${refusal('1')}\n`)
  const before = Date.now()
  assert.deepEqual(await world.read(file), ['read', 1, 0])
  const [row] = world.store.observations({}, undefined, 10).rows
  assert.ok(row !== undefined && row.at >= before - 1 && row.at <= Date.now(), String(row?.at))
})

test('a message at a time that cannot be loses no call: neither its own nor one that is on its way', async (t) => {
  const world = worldFor(t)
  const file = join(world.folder, 'late.pcap')
  const bytes = Buffer.from(captureOf(['1', '2', '3']))
  const times = [1_760_000_000, 4_294_967_295, 1_760_000_001, 1_760_000_002, 1_760_000_003, 12]
  // INVITEs and refusals take turns; the first call is on its way when time leaps, the refusal of the last has no date.
  for (let at = 24, packet = 0; at < bytes.length; at += 16 + bytes.readUInt32LE(at + 8), packet++)
    bytes.writeUInt32LE(times[packet]!, at)
  writeFileSync(file, bytes)
  const room = world.room()
  const read = await readFile(file, room, () => undefined)
  room.finish()
  room.flush()
  assert.equal(read.kind === 'read' && read.absurd, 2)
  assert.deepEqual([room.figures.refused, room.figures.unknown], [3, 0])
  const { rows } = world.store.observations({}, undefined, 10)
  assert.equal(rows.length, 3)
  for (const { at } of rows) assert.ok(at > 1.7e12 && at <= Date.now(), String(at))
})

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-files-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function worldFor(t: TestContext) {
  const folder = folderFor(t)
  const store: MonitorStore = openMonitorStore(`sqlite:${join(folder, '.monitor.db')}`)
  t.after(() => store.close())
  const room = (): MonitorRoom => new MonitorRoom({ store, nameCarrier: () => undefined, seed: 1 })
  return {
    folder,
    store,
    room,
    /** Reads files in one run: what became of the last, and how many attempts were new and known. */
    async read(...files: string[]) {
      const one = room()
      let kind = ''
      for (const file of files) ({ kind } = await readFile(file, one, (source) => store.place(source)))
      one.finish()
      one.flush()
      return [kind, one.figures.fresh, one.figures.known]
    },
  }
}

function captureOf(calls: readonly string[], part: 'whole' | 'INVITE' | 'answer' = 'whole'): Uint8Array {
  const here = [192, 0, 2, 10]
  const there = [198, 51, 100, 20]
  const packets = calls.flatMap((call) => [
    ...(part === 'answer' ? [] : [ipv4(17, here, there, udp(5060, 5060, Buffer.from(invite(call))))]),
    ...(part === 'INVITE' ? [] : [ipv4(17, there, here, udp(5060, 5060, Buffer.from(refusal(call))))]),
  ])
  return pcapFile(packets.map((packet) => ({ bytes: link(1, packet) })))
}

function invite(call: string): string {
  return `INVITE sip:+14155550100@far SIP/2.0\r\n${FIELDS(call)}To: <sip:+14155550100@far>\r\nContent-Length: 0\r\n\r\n`
}

function refusal(call: string): string {
  return `SIP/2.0 603 Network Blocked\r\n${FIELDS(call)}To: <sip:+14155550100@far>;tag=far\r\nContent-Length: 0\r\n\r\n`
}

const FIELDS = (call: string): string =>
  `Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK${call}\r\nFrom: <sip:+12125550117@clinic>;tag=1\r\nCall-ID: ${call}@clinic\r\nCSeq: 1 INVITE\r\n`
