import type { BuiltPacket } from '#codec/capture/build-capture.ts'

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { test } from 'node:test'

import {
  ipv4,
  ipv4Fragments,
  ipv6,
  ipv6Fragments,
  join,
  link,
  pcapFile,
  pcapngBlocks,
  tcp,
  udp,
} from '#codec/capture/build-capture.ts'
import { readCapture } from '#edge/monitor/read-capture.ts'

const A4 = [192, 0, 2, 1]
const B4 = [198, 51, 100, 9]
const A6 = [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), 1]
const B6 = [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), 2]
const RTP = join([0x80, 0x00, 0x12, 0x34], new Uint8Array(160))

const CAPTURES: [name: string, linkType: number, packets: () => Uint8Array[]][] = [
  ['UDP', 1, () => many(60, (index) => [ipv4(17, A4, B4, udp(5060, 5060, index % 3 === 0 ? message(index) : RTP))])],
  ['UDP on an odd port', 1, () => many(20, (index) => [ipv4(17, A4, B4, udp(40_000, 40_002, message(index)))])],
  ['IPv6', 1, () => many(20, (index) => [ipv6(17, A6, B6, udp(5060, 5060, message(index)))])],
  ['Linux cooked', 113, () => many(20, (index) => [ipv4(17, A4, B4, udp(5060, 5060, message(index)))])],
  ['Linux cooked, version 2', 276, () => many(20, (index) => [ipv4(17, A4, B4, udp(5060, 5060, message(index)))])],
  ['raw IP', 101, () => many(20, (index) => [ipv6(17, A6, B6, udp(5060, 5060, message(index)))])],
  ['BSD null', 0, () => many(20, (index) => [ipv4(17, A4, B4, udp(5060, 5060, message(index)))])],
  [
    'IPv4 fragments in any order',
    1,
    () =>
      many(30, (index) =>
        shuffle(ipv4Fragments(17, A4, B4, udp(5060, 5060, message(index, 900)), 400, index + 1), index),
      ),
  ],
  [
    'IPv6 fragments in any order',
    1,
    () =>
      many(30, (index) =>
        shuffle(ipv6Fragments(17, A6, B6, udp(5060, 5060, message(index, 900)), 400, index + 1), index),
      ),
  ],
  ['TCP, several messages in a segment', 1, () => stream(40, 2_000)],
  ['TCP, messages over many segments', 1, () => stream(40, 90)],
  [
    'TCP, retransmissions',
    1,
    () => stream(40, 300).flatMap((packet, index) => (index % 4 === 3 ? [packet, packet] : [packet])),
  ],
  ['TCP, out of order', 1, () => swapSome(stream(40, 300))],
  ['TCP in IPv4 fragments', 1, () => stream(20, 700, 400)],
]

for (const [index, [name, linkType, build]] of CAPTURES.entries()) {
  const asPcap = index % 2 === 0
  test(`${name}, in ${asPcap ? 'pcap' : 'pcapng'}: the messages found are the ones tshark finds, packet by packet`, async () => {
    const tags = name === 'UDP' || name.startsWith('IPv4 fragments') ? [0x8100] : []
    const packets: BuiltPacket[] = build().map((packet) => ({ bytes: link(linkType, packet, tags) }))

    const { ours, theirs } = await compare(asPcap ? pcapFile(packets, { linkType }) : pcapngFile(packets, linkType))

    assert.ok(theirs.length >= 20, `tshark found only ${theirs.length} messages`)
    assert.deepEqual(ours, theirs)
    // The comparison must be able to fail.
    assert.notDeepEqual(ours.slice(1), theirs)
    assert.notDeepEqual(
      ours.map((row, index) => (index === 5 ? { ...row, packet: row.packet + 1 } : row)),
      theirs,
    )
  })
}

test('a message that only one of the two readers gets to see is noticed', async () => {
  const packets = many(10, (index) => [{ bytes: link(1, ipv4(17, A4, B4, udp(5060, 5060, message(index)))) }])
  const whole = pcapFile(packets)
  const changed = whole.slice()
  // 'S' or 'I' of the first start line, behind the file header, the record header and 42 bytes of link, IP and UDP.
  changed[24 + 16 + 42] = 0x80

  const { theirs } = await compare(whole)
  const { ours } = await compare(changed)

  assert.equal(theirs.length, 10)
  assert.equal(ours.length, 9)
  assert.notDeepEqual(ours, theirs)
})

type Row = { packet: number; callId: string }

async function compare(bytes: Uint8Array): Promise<{ ours: Row[]; theirs: Row[] }> {
  const folder = mkdtempSync(joinPath(tmpdir(), 'recourse-capture-'))
  const file = joinPath(folder, 'calls')
  try {
    writeFileSync(file, bytes)
    const ours: Row[] = []
    await readCapture(file, {
      onMessage(bytes, start, end, { packet }) {
        const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
        ours.push({ packet, callId: /^Call-ID: (.*)\r$/m.exec(text)?.[1] ?? 'none' })
      },
    })
    return { ours, theirs: runTshark(file) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function runTshark(file: string): Row[] {
  const settings = ['tcp.reassemble_out_of_order:TRUE', 'tcp.desegment_tcp_streams:TRUE', 'ip.defragment:TRUE']
  const output = execFileSync(
    'tshark',
    [
      '-r',
      file,
      '-Y',
      'sip',
      ...settings.flatMap((setting) => ['-o', setting]),
      '-T',
      'fields',
      '-e',
      'frame.number',
      '-e',
      'sip.Call-ID',
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  )
  const lines = output.trimEnd().split('\n')
  return lines.flatMap((line) => {
    const [packet = '', callIds = ''] = line.split('\t')
    return callIds.split(',').map((callId) => ({ packet: Number(packet), callId }))
  })
}

function message(index: number, bodyBytes = 40): Uint8Array {
  const body = `v=0\r\n${'a'.repeat(bodyBytes)}\r\n`
  const startLine = index % 2 === 0 ? 'SIP/2.0 603 Network Blocked' : 'INVITE sip:+12155550199@example.net SIP/2.0'
  return join(
    `${startLine}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK${index}\r\nFrom: <sip:a@example.com>;tag=${index}\r\n` +
      `To: <sip:b@example.net>\r\nCall-ID: ${index}@example.com\r\nCSeq: 1 INVITE\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}

/** The segments of one connection that carries `count` messages, cut without regard to where they end. */
function stream(count: number, size: number, fragmentBytes?: number): Uint8Array[] {
  const bytes = join(...many(count, (index) => [message(index, 40 + index * 13)]))
  const wrap = (segment: Uint8Array, id: number): Uint8Array[] =>
    fragmentBytes === undefined ? [ipv4(6, A4, B4, segment)] : ipv4Fragments(6, A4, B4, segment, fragmentBytes, id)
  const opening = wrap(tcp(5060, 5060, 99, join(), 0x02), 1)
  const segments = many(Math.ceil(bytes.length / size), (index) =>
    wrap(tcp(5060, 5060, 100 + index * size, bytes.subarray(index * size, (index + 1) * size)), index + 2),
  )
  return [...opening, ...segments]
}

function pcapngFile(packets: BuiltPacket[], linkType: number): Uint8Array {
  const { section, describe, packet } = pcapngBlocks(false)
  const blocks = packets.map(({ bytes }, index) => packet(0, BigInt(index) * 1_000_000n, bytes))
  return join(section(), describe(linkType, 9), ...blocks)
}

function many<T>(count: number, make: (index: number) => T[]): T[] {
  return Array.from({ length: count }, (_, index) => make(index)).flat()
}

function shuffle<T>(items: T[], seed: number): T[] {
  return items.toSorted((a, b) => ((items.indexOf(a) * 7 + seed) % 5) - ((items.indexOf(b) * 7 + seed) % 5))
}

function swapSome(packets: Uint8Array[]): Uint8Array[] {
  return packets.map((packet, index) => {
    if (index % 9 === 3) return packets[index + 1] ?? packet
    if (index % 9 === 4) return packets[index - 1] ?? packet
    return packet
  })
}
