// What a monitor is given by who means it no good, or by a tap that broke: the monitor is a process of its own, whose
// memory is looked at from outside.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { deflateSync, gzipSync } from 'node:zlib'
import {
  ipv4,
  ipv4Fragments,
  join as octets,
  link,
  pcapFile,
  pcapngBlocks,
  tcp,
  udp,
} from '#codec/capture/build-capture.ts'
import { HEP_TYPES, formatHep } from '#codec/hep/hep.ts'
import { Peer, temporaryDirectory } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'

const COMMAND = new URL('../../bin/recourse.js', import.meta.url).pathname
/** What is promised. */
const RSS_MAX_MB = 256
const HERE = [192, 0, 2, 10]
const THERE = [198, 51, 100, 20]

const GOOD = (call: string): Uint8Array[] => [asked(call), refused(call)]

type Case = readonly [title: string, make: (good: Uint8Array[]) => Uint8Array, said?: RegExp]

const SMALL: readonly Case[] = [
  [
    'a capture that ends in the middle of a packet',
    (good) => pcapOf([...good, asked('cut')]).subarray(0, -40),
    /offset [0-9]+/,
  ],
  [
    'a packet that is longer than the file',
    (good) => lengthOf(pcapOf([...good, asked('long')]), 2, 0x7fff_ffff),
    /offset [0-9]+/,
  ],
  ['packets of no octets', (good) => pcapOf([...good, ...Array.from({ length: 1_000 }, () => Buffer.alloc(0))])],
  ['an IP packet that says it is longer than it is', (good) => pcapOf([...good, changed(asked('ip'), 16, 0xff, 0xff)])],
  ['a datagram that says it is longer than it is', (good) => pcapOf([...good, changed(asked('udp'), 38, 0xff, 0xff)])],
  ['a pcapng block of no length', (good) => octets(pcapngOf(good), block(6, 0)), /offset [0-9]+/],
  [
    'a pcapng block whose end tells another length',
    (good) => octets(pcapngOf(good), block(6, 12, 16)),
    /offset [0-9]+/,
  ],
  [
    'a pcapng block that ends beyond the file',
    (good) => octets(pcapngOf(good), block(6, 0x7fff_fff0)),
    /offset [0-9]+/,
  ],
  [
    'a time that cannot be',
    (good) => lateOf(pcapOf([asked('late'), ...good])),
    /a time outside the years .*offset [0-9]+/,
  ],
  [
    'a message over TCP that announces more than there is',
    (good) =>
      pcapOf([
        link(
          1,
          ipv4(
            6,
            HERE,
            THERE,
            tcp(5060, 5060, 1, Buffer.from('INVITE sip:x SIP/2.0\r\nCall-ID: x\r\nContent-Length: 4294967295\r\n\r\n')),
          ),
        ),
        ...good,
      ]),
  ],
  ['gzip that is cut off', (good) => gzipSync(octets(pcapOf([...good, ...noise()]))).subarray(0, -200), /gzip/],
]

const LARGE: readonly Case[] = [
  [
    'fragments that have no end, 60,000 datagrams of them',
    (good) =>
      pcapOf([
        ...Array.from({ length: 60_000 }, (_, id) =>
          link(1, ipv4Fragments(17, HERE, THERE, udp(5060, 5060, Buffer.alloc(1_400, 0x41)), 1_000, id)[0]!),
        ),
        ...good,
      ]),
  ],
  [
    'TCP connections without end, each with a hole at its beginning',
    (good) =>
      pcapOf([
        ...Array.from({ length: 40_000 }, (_, id) =>
          link(
            1,
            ipv4(
              6,
              [10, 0, id >> 8, id & 255],
              THERE,
              tcp(5060, 5060, 50_000, Buffer.from(`INVITE sip:x SIP/2.0\r\n${'a'.repeat(1_000)}`)),
            ),
          ),
        ),
        ...good,
      ]),
  ],
  [
    'Call-IDs of 60,000 octets',
    (good) => pcapOf([...Array.from({ length: 300 }, (_, call) => asked(`${call}${'c'.repeat(60_000)}`)), ...good]),
  ],
  [
    '300,000 calls that never end',
    (good) =>
      octets(
        pcapOf([]),
        ...Array.from({ length: 30 }, (_, part) =>
          pcapOf(Array.from({ length: 10_000 }, (_, call) => asked(`half-${part}-${call}`))).subarray(24),
        ),
        pcapOf(good).subarray(24),
      ),
  ],
  [
    'a gzip bomb: 300 MB of nothing behind the call',
    (good) => gzipSync(octets(pcapOf(good), Buffer.alloc(300_000_000)), { level: 1 }),
  ],
]

test('captures that are cut, or lie about lengths and times: the call beside each is found, and what is wrong is told with its offset', async (t) => {
  const directory = temporaryDirectory(t)
  const names = SMALL.map(([title, make], index) => {
    const name = `${index}.pcap`
    writeFileSync(join(directory, name), Buffer.from(make(GOOD(`good ${title}`.replaceAll(/[^a-z]/g, '-')))))
    return name
  })
  const ran = await runMonitor(t, directory, names)

  assert.equal(ran.code, 0, ran.said)
  assert.match(ran.said, new RegExp(`, ${SMALL.length} refused`))
  for (const [index, [title, , said]] of SMALL.entries()) {
    const told = ran.said.split('\n').filter((line) => line.startsWith(`${index}.pcap: `))
    if (said !== undefined) assert.match(told.join('\n'), said, title)
  }
  assert.ok(ran.rssMb > 20 && ran.rssMb < RSS_MAX_MB, `${ran.rssMb} MB`)
})

for (const [title, make] of LARGE)
  test(`${title}: the call beside it is found, and memory is kept`, async (t) => {
    const directory = temporaryDirectory(t)
    writeFileSync(join(directory, 'hostile.pcap'), make(GOOD('good')))
    const ran = await runMonitor(t, directory, ['hostile.pcap'])

    assert.equal(ran.code, 0, ran.said)
    assert.match(ran.said, /, 1 refused/)
    assert.ok(ran.rssMb > 20 && ran.rssMb < RSS_MAX_MB, `${ran.rssMb} MB`)
  })

test('copies that are cut, bombs, or no HEP are counted and dropped, and the next is taken', async (t) => {
  const directory = temporaryDirectory(t)
  const port = await freePort()
  const peer = new Peer(
    process.execPath,
    [COMMAND, 'monitor', '--json', '--hep', `udp:127.0.0.1:${port}`, '--store', 'sqlite:monitor.db'],
    { cwd: directory },
  )
  t.after(() => peer.stop('SIGKILL'))
  await peer.says(/taking copies/)
  const good = copyOf(Buffer.from(refusal('good')), 1)
  const bomb = copyOf(deflateSync(Buffer.alloc(20_000_000)), 16)
  const socket = createSocket('udp4')
  t.after(() => socket.close())
  const send = (packet: Uint8Array): Promise<unknown> =>
    new Promise((sent) => socket.send(packet, port, '127.0.0.1', sent))
  const bad = [bomb, Buffer.from('HEP3'), Buffer.alloc(0), Buffer.from([0x48, 0x45, 0x50, 0x33, 0xff, 0xff])]
  for (let cut = 1; cut < good.length; cut += 7) bad.push(Buffer.from(good.subarray(0, cut)))
  // Lengths of chunks that are none, or reach beyond the end.
  for (let at = 10; at < 60; at++) bad.push(changed(good, at, 0xff, 0xff), changed(good, at, 0, 0))
  for (const packet of bad) await send(packet)
  await send(good)
  await peer.says(/"status":603/)
  const rssMb = highOf(peer.pid)
  await peer.stop('SIGTERM')
  assert.match(peer.output, /; dropped: [0-9]+ that are no HEP/)
  assert.match(peer.output, /1 refused/)
  assert.ok(rssMb < RSS_MAX_MB, `${rssMb} MB`)
})

/** Runs the monitor over files to its end, watched. */
async function runMonitor(t: TestContext, directory: string, files: readonly string[]) {
  const peer = new Peer(process.execPath, [COMMAND, 'monitor', ...files, '--store', 'sqlite:monitor.db'], {
    cwd: directory,
  })
  t.after(() => peer.stop('SIGKILL'))
  let rssMb = 0
  const look = setInterval(() => (rssMb = Math.max(rssMb, highOf(peer.pid))), 20)
  const { code } = await peer.ended
  clearInterval(look)
  return { code, said: peer.output, rssMb }
}

/** The most memory that a process had, in MB; 0 where it has gone. */
function highOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+([0-9]+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

function pcapOf(packets: readonly Uint8Array[]): Uint8Array {
  return pcapFile(packets.map((bytes) => ({ bytes })))
}

function pcapngOf(packets: readonly Uint8Array[]): Uint8Array {
  const { section, describe, packet } = pcapngBlocks(false)
  return octets(
    section(),
    describe(1, 9),
    ...packets.map((bytes, index) => packet(0, BigInt(index) * 1_000_000n, bytes)),
  )
}

/** A block of pcapng by its lengths alone. */
function block(type: number, length: number, atEnd = length): Uint8Array {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32LE(type, 0)
  bytes.writeUInt32LE(length, 4)
  bytes.writeUInt32LE(atEnd, 8)
  return bytes
}

/** Writes another captured length for a packet of a pcap file, counted from 0. */
function lengthOf(capture: Uint8Array, packet: number, length: number): Uint8Array {
  const bytes = Buffer.from(capture)
  let at = 24
  for (let index = 0; index < packet; index++) at += 16 + bytes.readUInt32LE(at + 8)
  bytes.writeUInt32LE(length, at + 8)
  return bytes
}

/** Puts the first packet of a pcap file at a time that the format cannot mean. */
function lateOf(capture: Uint8Array): Uint8Array {
  const bytes = Buffer.from(capture)
  bytes.writeUInt32LE(0xffff_ffff, 24)
  bytes.writeUInt32LE(0xffff_ffff, 28)
  return bytes
}

function changed(bytes: Uint8Array, at: number, ...values: number[]): Buffer {
  const copy = Buffer.from(bytes)
  for (const [index, value] of values.entries()) copy[at + index] = value
  return copy
}

function noise(): Uint8Array[] {
  let state = 1
  return Array.from({ length: 50 }, () =>
    Uint8Array.from({ length: 400 }, () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24),
  )
}

function asked(call: string): Uint8Array {
  return link(1, ipv4(17, HERE, THERE, udp(5060, 5060, Buffer.from(invite(call)))))
}

function refused(call: string): Uint8Array {
  return link(1, ipv4(17, THERE, HERE, udp(5060, 5060, Buffer.from(refusal(call)))))
}

function copyOf(payload: Uint8Array, chunk: 1 | 16): Buffer {
  const packet = Buffer.from(
    formatHep({
      source: '198.51.100.20',
      destination: '192.0.2.10',
      sourcePort: 5060,
      destinationPort: 5060,
      protocol: 17,
      atMs: Date.now(),
      type: HEP_TYPES.sip,
      captureId: 7,
      password: undefined,
      node: undefined,
      correlationId: undefined,
      payload,
    }),
  )
  // The payload stands last; its chunk's type says whether it is compressed.
  if (chunk === 16) packet.writeUInt16BE(0x10, packet.length - payload.length - 4)
  return packet
}

function invite(call: string): string {
  return `INVITE sip:+14155550100@far SIP/2.0\r\n${fieldsOf(call)}To: <sip:+14155550100@far>\r\nContent-Length: 0\r\n\r\n`
}

function refusal(call: string): string {
  return `SIP/2.0 603 Network Blocked\r\n${fieldsOf(call)}To: <sip:+14155550100@far>;tag=far\r\nContent-Length: 0\r\n\r\n`
}

function fieldsOf(call: string): string {
  return `Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK${call.slice(0, 40)}\r\nFrom: <sip:+12125550117@clinic>;tag=1\r\nCall-ID: ${call}@clinic\r\nCSeq: 1 INVITE\r\n`
}
