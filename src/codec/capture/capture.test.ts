// One thing: what a capture gives, whatever it is wrapped in. The tables share the messages and the way of reading.
import type { CaptureCounts, CaptureOptions } from './capture-reader.ts'
import type { Problem, ProblemCode } from './problems.ts'

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

import fc from 'fast-check'

import { Malformed } from '#codec/sip/malformed.ts'

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
  type BuiltPacket,
} from './build-capture.ts'
import { CaptureReader } from './capture-reader.ts'
import { MAX_DATAGRAMS_HELD, MAX_FRAGMENT_BYTES_HELD } from './fragments.ts'
import { frameTolerantly, MAX_HEADER_SECTION_BYTES } from './frame.ts'
import { formatAddress } from './origin.ts'
import { matchStart, statusAt } from './start-line.ts'
import { MAX_SEGMENTS_HELD, MAX_TCP_BYTES_HELD, MAX_TCP_STREAMS } from './tcp-streams.ts'
import { readText } from './text.ts'

const INVITE = sip('INVITE sip:+12155550199@example.net SIP/2.0', 'a1', 'v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n')
const REFUSAL = sip('SIP/2.0 603 Network Blocked', 'a1', '')
const LONG = sip('MESSAGE sip:a@example.net SIP/2.0', 'long', 'x'.repeat(3_000))
const RTP = join([0x80, 0x00, 0x12, 0x34], new Uint8Array(160))

const A4 = [192, 0, 2, 1]
const B4 = [198, 51, 100, 9]
const A6 = [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), 1]
const B6 = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1, ...Array<number>(6).fill(0), 0, 9]

const LINKS: [name: string, linkType: number, tags?: number[]][] = [
  ['Ethernet', 1],
  ['Ethernet with a VLAN tag', 1, [0x8100]],
  ['Ethernet with two tags', 1, [0x88a8, 0x8100]],
  ['Linux cooked', 113],
  ['Linux cooked with a VLAN tag', 113, [0x8100]],
  ['Linux cooked, version 2', 276],
  ['Linux cooked, version 2, with a VLAN tag', 276, [0x8100]],
  ['raw IP', 101],
  ['raw IP as BSD numbers it', 12],
  ['BSD null', 0],
  ['OpenBSD loopback', 108],
]

const EXTENSION = Uint8Array.from([0, 0, 1, 4, 0, 0, 0, 0])
const NETWORKS: [name: string, version: 4 | 6, wrap: (protocol: number, payload: Uint8Array) => Uint8Array[]][] = [
  ['IPv4', 4, (protocol, payload) => [ipv4(protocol, A4, B4, payload)]],
  ['IPv4 with options', 4, (protocol, payload) => [ipv4(protocol, A4, B4, payload, { options: 8 })]],
  ['IPv4 of length 0', 4, (protocol, payload) => [ipv4(protocol, A4, B4, payload, { totalBytes: 0 })]],
  ['IPv4 fragments', 4, (protocol, payload) => ipv4Fragments(protocol, A4, B4, payload, 64)],
  ['IPv4 fragments backwards', 4, (protocol, payload) => ipv4Fragments(protocol, A4, B4, payload, 64).toReversed()],
  ['IPv6', 6, (protocol, payload) => [ipv6(protocol, A6, B6, payload)]],
  [
    'IPv6 with extension headers',
    6,
    (protocol, payload) => [
      ipv6(protocol, A6, B6, payload, [
        [0, EXTENSION],
        [60, EXTENSION],
        [43, EXTENSION],
      ]),
    ],
  ],
  ['IPv6 fragments', 6, (protocol, payload) => ipv6Fragments(protocol, A6, B6, payload, 64)],
  ['IPv6 fragments backwards', 6, (protocol, payload) => ipv6Fragments(protocol, A6, B6, payload, 64).toReversed()],
]

const TRANSPORTS: [name: 'UDP' | 'TCP', protocol: number, wrap: (message: Uint8Array, at: number) => Uint8Array][] = [
  ['UDP', 17, (message) => udp(5060, 40_000, message)],
  ['TCP', 6, (message, at) => tcp(5060, 40_000, 1_000 + at, message)],
]

const FILES: [name: string, format: string, build: (packets: BuiltPacket[], linkType: number) => Uint8Array][] = [
  ['pcap', 'pcap', (packets, linkType) => pcapFile(packets, { linkType })],
  ['big-endian pcap', 'pcap', (packets, linkType) => pcapFile(packets, { linkType, little: false })],
  ['nanosecond pcap', 'pcap', (packets, linkType) => pcapFile(packets, { linkType, nano: true })],
  [
    'big-endian nanosecond pcap',
    'pcap',
    (packets, linkType) => pcapFile(packets, { linkType, nano: true, little: false }),
  ],
  ['pcapng', 'pcapng', (packets, linkType) => pcapngFile(packets, linkType, true)],
  ['big-endian pcapng', 'pcapng', (packets, linkType) => pcapngFile(packets, linkType, false)],
]

for (const [file, format, build] of FILES) {
  for (const [transport, protocol, wrap] of TRANSPORTS) {
    test(`${file}: ${transport} messages are found on every link and network, with where they came from`, () => {
      let looked = 0
      for (const [linkName, linkType, tags] of LINKS) {
        for (const [network, version, wrapIp] of NETWORKS) {
          const packets: BuiltPacket[] = []
          let at = 0
          for (const message of [INVITE, RTP, REFUSAL]) {
            for (const packet of wrapIp(protocol, wrap(message, at))) {
              packets.push({ bytes: link(linkType, packet, tags), seconds: 1_700_000_000, nanoseconds: 123_456_000 })
            }
            at += message.length
          }
          const name = `${linkName}, ${network}`

          const { messages, problems, reader } = read(build(packets, linkType))

          assert.equal(reader.format, format)
          assert.deepEqual(problems, [], name)
          assert.deepEqual(
            messages.map(({ text }) => text),
            [latin1(INVITE), latin1(REFUSAL)],
            name,
          )
          const [, last] = messages
          assert.equal(last!.packet, packets.length, name)
          assert.equal(last!.atUs, 1_700_000_000_123_456, name)
          assert.equal(last!.nanoseconds, 123_456_000, name)
          assert.equal(last!.transport, transport, name)
          const addresses = version === 4 ? ['192.0.2.1', '198.51.100.9'] : ['2001:db8::1', '2001:db8:0:1::9']
          assert.deepEqual([last!.source, last!.destination], addresses, name)
          assert.deepEqual([last!.sourcePort, last!.destinationPort], [5060, 40_000], name)
          assert.equal(reader.counts.packets, packets.length, name)
          looked += 1
        }
      }
      assert.equal(looked, LINKS.length * NETWORKS.length)
    })
  }
}

test('a record is found again at the offset that its message names', () => {
  const file = pcapFile([RTP, INVITE, REFUSAL].map((payload) => ethernet(udp(9, 9, payload))))

  const { messages } = read(file)

  assert.equal(messages.length, 2)
  for (const { offset, text } of messages) {
    const length = new DataView(file.buffer).getUint32(offset + 8, true)
    assert.ok(latin1(file.subarray(offset + 16, offset + 16 + length)).endsWith(text))
  }
})

test('only what is wanted is told, and everything is counted', () => {
  const file = pcapFile([INVITE, RTP, REFUSAL, RTP].map((payload) => ethernet(udp(9, 9, payload))))

  const { messages, counts } = read(file, { wants: (bytes, start, end) => statusAt(bytes, start, end) >= 400 })

  assert.deepEqual(
    messages.map(({ text }) => text),
    [latin1(REFUSAL)],
  )
  const { packets, messages: seen, wanted, skipped, bytes } = counts
  assert.deepEqual({ packets, seen, wanted, bytes }, { packets: 4, seen: 2, wanted: 1, bytes: file.length })
  assert.equal(skipped.notSip, 2)
})

test('pcapng: interfaces, sections, resolutions, offsets, old and simple packets and unknown blocks', () => {
  const { block, section, describe, packet, oldPacket, simplePacket } = pcapngBlocks()
  const other = pcapngBlocks(false)
  const frame = link(1, ipv4(17, A4, B4, udp(1, 2, REFUSAL)))
  const raw = ipv4(17, A4, B4, udp(1, 2, REFUSAL))
  const cases: [name: string, file: Uint8Array, times: [seconds: number, nanoseconds: number][]][] = [
    ['microseconds unless told', join(section(), describe(1), packet(0, 1_500_000n, frame)), [[1, 500_000_000]]],
    [
      'nanoseconds',
      join(section(), describe(1, 9), packet(0, 1_700_000_000_123_456_789n, frame)),
      [[1_700_000_000, 123_456_789]],
    ],
    ['powers of two', join(section(), describe(1, 0x80 | 10), packet(0, 1_536n, frame)), [[1, 500_000_000]]],
    ['whole seconds', join(section(), describe(1, 0), packet(0, 77n, frame)), [[77, 0]]],
    ['an offset', join(section(), describe(1, 6, 1_000), packet(0, 1_000_001n, frame)), [[1_001, 1_000]]],
    [
      'two interfaces',
      join(section(), describe(1, 6), describe(101, 9), packet(1, 5n, raw), packet(0, 5n, frame)),
      [
        [0, 5],
        [0, 5_000],
      ],
    ],
    [
      'a second section in the other byte order',
      join(
        section(),
        describe(1),
        packet(0, 1n, frame),
        other.section(),
        other.describe(101),
        other.packet(0, 2n, raw),
      ),
      [
        [0, 1_000],
        [0, 2_000],
      ],
    ],
    ['an obsolete packet', join(section(), describe(1), oldPacket(0, 7n, frame)), [[0, 7_000]]],
    ['a simple packet', join(section(), describe(1), simplePacket(frame)), [[0, 0]]],
    [
      'unknown blocks, also large ones',
      join(
        section(),
        block(0xbad, [1, 2, 3]),
        describe(1),
        block(0x0bad, new Uint8Array(400_000)),
        packet(0, 1n, frame),
      ),
      [[0, 1_000]],
    ],
  ]
  for (const [name, file, times] of cases) {
    for (const size of [file.length, 61]) {
      const { messages, problems } = read(file, {}, size)
      assert.deepEqual(problems, [], name)
      assert.deepEqual(
        messages.map(({ seconds, nanoseconds }) => [seconds, nanoseconds]),
        times,
        name,
      )
      assert.deepEqual(new Set(messages.map(({ text }) => text)), new Set([latin1(REFUSAL)]), name)
    }
  }
})

const SEGMENTS: [name: string, order: (cut: Segment[]) => Segment[]][] = [
  ['in order', (cut) => cut],
  ['backwards', (cut) => [...cut.slice(0, 1), ...cut.slice(1).toReversed()]],
  ['each twice', (cut) => cut.flatMap((segment) => [segment, segment])],
  ['overlapping', (cut) => cut.map(([at, data], index) => [at, index === 0 ? data : data, 8])],
  ['retransmitted at the end', (cut) => [...cut, ...cut]],
  ['pairs swapped', (cut) => [...cut.slice(0, 1), ...swapPairs(cut.slice(1))]],
]
type Segment = [at: number, data: Uint8Array, overlap?: number]

for (const [name, order] of SEGMENTS) {
  test(`TCP: messages are read from segments ${name}, of any size, across the end of the sequence numbers`, () => {
    const stream = join(INVITE, REFUSAL, '\r\n\r\n', LONG, REFUSAL)
    let looked = 0
    for (const size of [50, 57, 300, 1_460]) {
      for (const start of [1, 0xffffff00]) {
        const segments = order(cutUp(stream, size)).map(([at, data, overlap = 0]) => {
          const from = Math.max(0, at - overlap)
          return tcp(5060, 5061, (start + from) >>> 0, join(stream.subarray(from, at), data))
        })
        const { messages, problems } = read(pcapFile(segments.map((segment) => ethernet(segment, 6))))
        assert.deepEqual(
          messages.map(({ text }) => text),
          [INVITE, REFUSAL, LONG, REFUSAL].map(latin1),
          `${size} bytes from ${start}`,
        )
        assert.deepEqual(problems, [])
        looked += 1
      }
    }
    assert.equal(looked, 8)
  })
}

test('TCP: a message that comes byte by byte on an odd port is read, between other connections', () => {
  const handshake = ethernet(tcp(7_777, 8_888, 99, new Uint8Array(0), 2), 6)
  const bytes = cutUp(join(INVITE, REFUSAL), 1).flatMap(([at, data]) => [
    ethernet(tcp(7_777, 8_888, 100 + at, data), 6),
    ethernet(tcp(80, 8_888, 100 + at, join('z')), 6),
  ])

  const { messages, problems, counts } = read(pcapFile([handshake, ...bytes]))

  assert.deepEqual(
    messages.map(({ text }) => text),
    [INVITE, REFUSAL].map(latin1),
  )
  assert.deepEqual(problems, [])
  assert.equal(counts.packets, 1 + 2 * (INVITE.length + REFUSAL.length))
})

test('TCP: behind a missing segment reading goes on at the next start line, and the hole is told with its place', () => {
  const stream = join(INVITE, LONG, REFUSAL, INVITE)
  const segments = cutUp(stream, 200).filter((_, index) => index !== 4)
  const file = pcapFile(segments.map(([at, data]) => ethernet(tcp(5060, 5061, at, data), 6)))

  const { messages, problems } = read(file)

  assert.deepEqual(
    messages.map(({ text }) => text),
    [INVITE, REFUSAL, INVITE].map(latin1),
  )
  assert.deepEqual(
    problems.map(({ code, count }) => [code, count]),
    [['tcp-gap', 1]],
  )
  assert.equal(problems[0]!.offset, 24 + 4 * (16 + 54 + 200))
  const last = file.length - (messages[2]!.offset + 16 + 54)
  assert.ok(last > 0 && last <= 200, 'each message names the record it ended in')
})

test('TCP: a listener that joins in the middle, or sees ports used again, reads from the next start line', () => {
  const torn = join(LONG.subarray(1_000), REFUSAL)
  const cases: [name: string, segments: Uint8Array[], count: number][] = [
    ['joined late', [tcp(1, 2, 5_000, torn)], 1],
    ['a new SYN', [tcp(1, 2, 5_000, LONG.subarray(0, 900)), tcp(1, 2, 70, join(), 2), tcp(1, 2, 71, REFUSAL)], 1],
    ['a reset', [tcp(1, 2, 5_000, LONG.subarray(0, 900)), tcp(1, 2, 5_900, join(), 4), tcp(1, 2, 71, REFUSAL)], 1],
    ['far off numbers', [tcp(1, 2, 5_000, LONG.subarray(0, 900)), tcp(1, 2, 0x70000000, REFUSAL)], 1],
    [
      'after a long other talk',
      [...manySegments(40), tcp(1, 2, 9_000, REFUSAL), tcp(1, 2, 9_000 + REFUSAL.length, INVITE)],
      2,
    ],
    ['a closing FIN with the last message', [tcp(1, 2, 5_000, REFUSAL, 0x19), tcp(1, 2, 5_000, REFUSAL, 0x19)], 1],
  ]
  for (const [name, segments, count] of cases) {
    const { messages } = read(pcapFile(segments.map((segment) => ethernet(segment, 6))))
    assert.equal(messages.length, count, name)
    assert.equal(messages[0]!.text, latin1(REFUSAL), name)
  }
})

test('memory is bounded: fragments without end, streams without end and holes without end are dropped and counted', () => {
  const fragments = Array.from({ length: MAX_DATAGRAMS_HELD + 300 }, (_, id) =>
    link(1, ipv4(17, [10, 1, id >> 8, id & 255], B4, new Uint8Array(1_400), { id, more: true, position: 8 })),
  )
  const streams = Array.from({ length: MAX_TCP_STREAMS + 300 }, (_, index) =>
    link(1, ipv4(6, [10, 2, index >> 8, index & 255], B4, tcp(5060, 5060, 1, INVITE.subarray(0, 60)))),
  )
  const holes = Array.from({ length: MAX_SEGMENTS_HELD * 5 }, (_, index) =>
    link(1, ipv4(6, A4, B4, tcp(9, 9, 1 + index * 2_000, LONG.subarray(0, 1_000)))),
  )
  const cases: [ProblemCode, Uint8Array[], number][] = [
    ['fragments-dropped', fragments, fragments.length],
    ['tcp-evicted', streams, 300],
    ['tcp-gap', holes, holes.length - 1],
  ]
  for (const [code, packets, count] of cases) {
    const { problems, most } = read(pcapFile(packets.map((bytes) => ({ bytes }))), {}, 8_192)
    assert.deepEqual(
      problems.map((problem) => [problem.code, problem.count]),
      [[code, count]],
    )
    assert.ok(most.datagrams <= MAX_DATAGRAMS_HELD && most.streams <= MAX_TCP_STREAMS, code)
    assert.ok(most.fragmentBytes <= MAX_FRAGMENT_BYTES_HELD && most.streamBytes <= MAX_TCP_BYTES_HELD, code)
    assert.ok(most.datagrams + most.streams > 0, 'the check must see something held')
    assert.ok(most.carriedBytes <= 65_536)
  }
})

test('the bytes held of all TCP streams together are bounded', () => {
  const reader = new CaptureReader({ onMessage() {} })
  const head = pcapFile([])
  reader.push(head)
  const front = join('MESSAGE sip:a@b SIP/2.0\r\nl: 120000\r\n\r\n', new Uint8Array(60_000))
  const more = new Uint8Array(30_000)
  let most = 0
  for (let index = 0; index < 800; index += 1) {
    // The last part never comes: each stream keeps waiting.
    for (const segment of [tcp(5060, 5060, 1, front), tcp(5060, 5060, 1 + front.length, more)]) {
      const bytes = link(1, ipv4(6, [10, 2, index >> 8, index & 255], B4, segment, { totalBytes: 0 }))
      reader.push(pcapFile([{ bytes }]).subarray(head.length))
      most = Math.max(most, reader.held.streamBytes)
    }
  }
  reader.finish()

  assert.ok(most > MAX_TCP_BYTES_HELD - 300_000, `${most} bytes held: the bound was never near`)
  assert.ok(most <= MAX_TCP_BYTES_HELD)
  assert.deepEqual(
    reader.problems.map(({ code }) => code),
    ['tcp-evicted'],
  )
})

test('what is broken inside a file is counted with its place, and reading goes on', () => {
  const good: BuiltPacket = { ...ethernet(udp(1, 2, REFUSAL)), seconds: 1_700_000_000 }
  const record = pcapFile([good]).subarray(24)
  const head = pcapFile([])
  const wild = join(record.subarray(0, 8), [255, 255, 255, 255], record.subarray(12))
  const { section, describe, packet, block } = pcapngBlocks()
  const ng = join(section(), describe(1))
  const block1 = packet(0, 1n, good.bytes)
  const zero = join(block1.subarray(0, 4), [0, 0, 0, 0], block1.subarray(8))
  const disagree = join(block1.subarray(0, block1.length - 4), [9, 0, 0, 0])
  const tooLong = join(block1.subarray(0, 20), [255, 255, 0, 0], block1.subarray(24))
  const cases: [name: string, file: Uint8Array, problems: [ProblemCode, number][], messages: number][] = [
    ['cut in a record', join(head, record, record.subarray(0, 99)), [['cut-short', 24 + record.length]], 1],
    ['cut in a record header', join(head, record, record.subarray(0, 9)), [['cut-short', 24 + record.length]], 1],
    ['an absurd record length', join(head, record, wild, record, record), [['record-length', 24 + record.length]], 3],
    ['an absurd length at the end', join(head, record, wild), [['record-length', 24 + record.length]], 1],
    ['longer than the snapshot length', pcapFile([good, good], { snaplen: 64 }), [['over-snaplen', 24]], 2],
    ['an unknown link', pcapFile([good], { linkType: 147 }), [['unknown-link', 24]], 0],
    ['pcapng cut', join(ng, block1, block1.subarray(0, 40)), [['cut-short', ng.length + block1.length]], 1],
    [
      'pcapng cut in a block it would pass over',
      join(ng, block1, block(77, new Uint8Array(90)).subarray(0, 50)),
      [['cut-short', ng.length + block1.length + 50]],
      1,
    ],
    ['a block of length 0', join(ng, zero, block1), [['record-length', ng.length]], 1],
    ['two lengths that disagree', join(ng, disagree, block1), [['record-length', ng.length]], 1],
    ['a packet longer than its block', join(ng, tooLong, block1), [['record-length', ng.length]], 1],
    [
      'an interface nobody described',
      join(ng, packet(3, 1n, good.bytes), block1),
      [['unknown-interface', ng.length]],
      1,
    ],
    ['a time beyond the year 9999', join(ng, packet(0, 2n ** 63n, good.bytes)), [['timestamp', ng.length]], 1],
    [
      'microseconds over a million',
      join(head, record.subarray(0, 4), [255, 255, 255, 255], record.subarray(8)),
      [['timestamp', 24]],
      1,
    ],
  ]
  for (const [name, file, expected, count] of cases) {
    for (const size of [file.length, 7]) {
      const { messages, problems } = read(file, {}, size)
      assert.deepEqual(
        problems.map(({ code, offset }) => [code, offset]),
        expected,
        name,
      )
      assert.equal(messages.length, count, name)
      for (const message of messages) {
        assert.equal(message.text, latin1(REFUSAL))
        assert.ok(!Number.isNaN(new Date(message.atUs / 1_000).getTime()), name)
      }
    }
  }
})

test('packets that are broken themselves are counted by why', () => {
  const whole = ipv4(17, A4, B4, udp(1, 2, REFUSAL))
  const cases: [name: string, packet: Uint8Array, why: keyof CaptureCounts['skipped']][] = [
    ['empty', join(), 'notIp'],
    ['ARP', join(new Uint8Array(12), [8, 6], new Uint8Array(40)), 'notIp'],
    ['tags without end', join(new Uint8Array(12), ...Array.from({ length: 20 }, () => [0x81, 0, 0, 0])), 'notIp'],
    ['half an IPv4 header', link(1, whole.subarray(0, 12)), 'broken'],
    ['an IPv4 header of 4 bytes', link(1, join([0x41], whole.subarray(1))), 'broken'],
    ['half an IPv6 header', link(1, ipv6(17, A6, B6, udp(1, 2, REFUSAL)).subarray(0, 30)), 'broken'],
    ['ICMP', link(1, ipv4(1, A4, B4, REFUSAL)), 'notUdpOrTcp'],
    ['an extension header without end', link(1, ipv6(0, A6, B6, new Uint8Array(4))), 'broken'],
    [
      'a chain of extension headers',
      link(
        1,
        ipv6(
          60,
          A6,
          B6,
          new Uint8Array(400).map((_, index) => (index % 8 === 0 ? 60 : 0)),
        ),
      ),
      'notUdpOrTcp',
    ],
    ['a TCP header shorter than one', link(1, ipv4(6, A4, B4, new Uint8Array(9))), 'broken'],
    [
      'a TCP header longer than the packet',
      link(1, ipv4(6, A4, B4, join(new Uint8Array(12), [0xf0], new Uint8Array(9)))),
      'notSip',
    ],
    ['half a UDP header', link(1, ipv4(17, A4, B4, new Uint8Array(5))), 'notSip'],
    ['HTTP', link(1, ipv4(17, A4, B4, udp(1, 2, join('NOTIFY * HTTP/1.1\r\nHost: example.net\r\n\r\n')))), 'notSip'],
    ['a keepalive', link(1, ipv4(17, A4, B4, udp(1, 2, join('\r\n\r\n')))), 'notSip'],
  ]
  for (const [name, bytes, why] of cases) {
    const { counts, messages } = read(pcapFile([{ bytes }]))
    assert.equal(counts.skipped[why], 1, name)
    assert.equal(messages.length, 0, name)
  }
})

test('a packet cut by the snapshot length still gives the front of its message, and says so', () => {
  const frame = link(1, ipv4(17, A4, B4, udp(1, 2, REFUSAL)))

  const { messages, counts } = read(pcapFile([{ bytes: frame.subarray(0, 100), originalBytes: frame.length }]))

  assert.deepEqual(
    messages.map(({ cut, text }) => [cut, text]),
    [[true, latin1(REFUSAL.subarray(0, 58))]],
  )
  assert.equal(counts.skipped.cutMessages, 1)
})

test('padding behind a short packet and line ends before a start line are not part of a message', () => {
  const frame = join(link(1, ipv4(17, A4, B4, udp(1, 2, join('\r\n\r\n', REFUSAL)))), new Uint8Array(9))

  const { messages } = read(pcapFile([{ bytes: frame }]))

  assert.deepEqual(
    messages.map(({ text }) => text),
    [latin1(REFUSAL)],
  )
})

const STARTS: [line: string, start: string, status: number][] = [
  ['SIP/2.0 603 Network Blocked', 'yes', 603],
  ['sip/2.0 200 OK', 'yes', 200],
  ['SIP/7.0 200 OK', 'yes', 200],
  ['SIP/2.0 4294967301 better not break the receiver', 'yes', 0],
  ['SIP/2.0/UDP 192.0.2.1', 'no', 0],
  ['SIP/2.0 6', 'yes', 0],
  ['INVITE sip:a@example.net SIP/2.0\r\n', 'yes', 0],
  ['INVITE  sip:a@example.net  SIP/2.0\r\n', 'yes', 0],
  ['INVITE <sip:a@example.net> SIP/2.0\r\n', 'yes', 0],
  ['INVITE tel:+12155550100 SIP/2.0\r\n', 'yes', 0],
  ["!interesting-Method0123456789_*+`.%indeed'~ sip:a@b SIP/2.0\r\n", 'yes', 0],
  ['OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0\r\n', 'yes', 0],
  ['OPTIONS rtsp://example.net/media RTSP/1.0\r\n', 'no', 0],
  ['GET / HTTP/1.1\r\n', 'no', 0],
  ['2024-01-01 10:00:00 sent SIP/2.0 200 OK', 'no', 0],
  ['Via: SIP/2.0/UDP 192.0.2.1', 'no', 0],
  ['INVITE sip:a@example.net', 'more', 0],
  ['INV', 'more', 0],
  ['', 'more', 0],
  [`${'A'.repeat(200)} sip:a@b SIP/2.0`, 'no', 0],
  [`INVITE sip:${'a'.repeat(9_000)} SIP/2.0`, 'no', 0],
]

test('a start line is known by its bytes, and no prefix of one is refused', () => {
  for (const [line, match, status] of STARTS) {
    const bytes = join(line)
    assert.equal(matchStart(bytes, 0, bytes.length), match, line.slice(0, 50))
    assert.equal(statusAt(bytes, 0, bytes.length), status, line.slice(0, 50))
    for (let end = 0; end < Math.min(bytes.length, 300); end += 1) {
      const prefix = matchStart(bytes, 0, end)
      assert.ok(prefix === 'more' || prefix === match, `${line.slice(0, end)} is ${prefix}`)
    }
  }
  assert.equal(matchStart(join('INVITE sip:a@b\r\n'), 0, 16, true), 'yes')
})

test('framing passes over what is not SIP, and believes no Content-Length that cannot be', () => {
  const cases: [name: string, stream: Uint8Array | string, framed: object][] = [
    ['a whole message', REFUSAL, { kind: 'message', end: REFUSAL.length }],
    ['line ends', '\r\n\r\nSIP', { kind: 'not-sip', skipTo: 4 }],
    ['half a start line', 'SIP/2.', { kind: 'need-more' }],
    ['half a header section', REFUSAL.subarray(0, 60), { kind: 'need-more', blankLine: true }],
    ['half a body', INVITE.subarray(0, INVITE.length - 3), { kind: 'need-more', atLeast: INVITE.length }],
    ['no Content-Length', 'SIP/2.0 200 OK\r\nX: 1\r\n\r\nabc', { kind: 'message', end: 24 }],
    ['a compact one, bare line feeds', 'SIP/2.0 200 OK\nl : 2\n\nabc', { kind: 'message', end: 24 }],
    ['a negative one', 'SIP/2.0 200 OK\r\nl: -1\r\n\r\nabc', { kind: 'message', end: 25 }],
    ['an absurd one', 'SIP/2.0 200 OK\r\nContent-length: 99999999999\r\n\r\nabc', { kind: 'message', end: 47 }],
    ['a tail, then a message', 'tail of a body\r\nSIP/2.0 200 OK\r\n', { kind: 'not-sip', skipTo: 16 }],
    ['a tail that runs into a response', 'tailSIP/2.0 200 OK\r\n', { kind: 'not-sip', skipTo: 4 }],
    ['nothing at all', '\0\0\0\0', { kind: 'not-sip', skipTo: 4 }],
    ['a Via', 'x\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n', { kind: 'not-sip', skipTo: 31 }],
    [
      'headers without end',
      join('SIP/2.0 200 OK\r\n', 'A: b\r\n'.repeat(MAX_HEADER_SECTION_BYTES / 6)),
      { kind: 'not-sip', skipTo: 65_548 },
    ],
  ]
  for (const [name, stream, framed] of cases) {
    const bytes = typeof stream === 'string' ? join(stream) : stream
    assert.deepEqual(frameTolerantly(bytes, 0, bytes.length), framed, name)
  }
})

test('text: messages are found one after another or between other lines, whatever the line ends', () => {
  const crlf = latin1(join(INVITE, REFUSAL))
  const lf = crlf.replaceAll('\r\n', '\n')
  const sngrep = `2024/01/02 03:04:05.678 192.0.2.1:5060 -> 192.0.2.2:5060\n${latin1(INVITE)}\n2024/01/02 03:04:06.1 sent SIP/2.0 603 back\n${latin1(REFUSAL)}`
  const cases: [name: string, text: string, normalised: boolean][] = [
    ['CRLF', crlf, false],
    ['LF', lf, true],
    ['a byte-order mark', `\u00ef\u00bb\u00bf${lf}`, true],
    ['line ends in front', `\n\n${lf}`, true],
    [
      'rules between',
      `<--- SIP read --->\n${lf.replaceAll('\n\nv=0', '\n\nv=0').replace('SIP/2.0 603', '<--- SIP sent --->\nSIP/2.0 603')}<---->\n`,
      true,
    ],
    ['sngrep', sngrep, false],
  ]
  for (const [name, text, normalised] of cases) {
    const bytes = join(text)
    const messages = readText(bytes)
    assert.deepEqual(
      messages.map((message) => latin1(message.bytes.subarray(message.start, message.end))),
      [INVITE, REFUSAL].map(latin1),
      name,
    )
    for (const message of messages) {
      assert.equal(message.normalised, normalised, name)
      assert.equal(matchStart(bytes, message.offset, bytes.length), 'yes', name)
    }
    const streamed = read(bytes, {}, 13)
    assert.equal(streamed.reader.format, 'text')
    assert.deepEqual(
      streamed.messages.map(({ text, offset, normalised }) => [text, offset, normalised]),
      messages.map((message) => [
        latin1(message.bytes.subarray(message.start, message.end)),
        message.offset,
        message.normalised,
      ]),
      name,
    )
    assert.equal(streamed.messages[0]!.source, name === 'sngrep' ? '192.0.2.1' : undefined)
    assert.equal(streamed.messages[0]!.transport, undefined)
  }
})

test('text: bare line feeds stay when they are to be judged, and beside any CRLF', () => {
  const lf = latin1(REFUSAL).replaceAll('\r\n', '\n')
  const mixed = latin1(REFUSAL).replace('\r\n', '\n')

  assert.deepEqual(textsOf(lf, true), [lf])
  assert.deepEqual(textsOf(mixed), [mixed])
  assert.deepEqual(textsOf(lf), [latin1(REFUSAL)])
})

test('text: where a message ends', () => {
  const head = 'NOTIFY sip:a@b SIP/2.0\r\n'
  const frag = 'SIP/2.0 200 OK\r\n'
  const cases: [name: string, text: string, messages: string[]][] = [
    ['no blank line at the end', `${head}X: 1\r\n`, [`${head}X: 1\r\n`]],
    ['no blank line before the next', `${head}X: 1\r\n${frag}\r\n`, [`${head}X: 1\r\n`, `${frag}\r\n`]],
    [
      'a response inside a body',
      `${head}Content-Type: message/sipfrag\r\nl: 16\r\n\r\n${frag}rest`,
      [`${head}Content-Type: message/sipfrag\r\nl: 16\r\n\r\n${frag}`],
    ],
    [
      'a body cut short by the next',
      `${head}c: text/plain\r\nl: 99\r\n\r\nabc\r\n${frag}\r\n`,
      [`${head}c: text/plain\r\nl: 99\r\n\r\nabc\r\n`, `${frag}\r\n`],
    ],
    [
      'a body without length',
      `${head}c: text/plain\r\n\r\nabc\r\n${frag}\r\n`,
      [`${head}c: text/plain\r\n\r\nabc\r\n`, `${frag}\r\n`],
    ],
    ['neither type nor length', `${head}X: 1\r\n\r\nsome words\r\n${frag}\r\n`, [`${head}X: 1\r\n\r\n`, `${frag}\r\n`]],
    [
      'the next on the same line as a body',
      `${head}l: 3\r\nc: a/b\r\n\r\nabc${frag}\r\n`,
      [`${head}l: 3\r\nc: a/b\r\n\r\nabc`, `${frag}\r\n`],
    ],
    ['no version in the first line', 'INVITE sip:a@b\r\nX: 1\r\n\r\n', ['INVITE sip:a@b\r\nX: 1\r\n\r\n']],
  ]
  for (const [name, text, messages] of cases) assert.deepEqual(textsOf(text), messages, name)
})

test('text: a message without end is left out and told', () => {
  const text = join(
    `MESSAGE sip:a@b SIP/2.0\r\nc: a/b\r\n\r\n${'x'.repeat(70)}`.padEnd(300_000, 'y\r\n'),
    '\r\n',
    REFUSAL,
  )

  const { messages, problems } = read(text, {}, 50_000)

  assert.deepEqual(
    messages.map(({ text }) => text),
    [latin1(REFUSAL)],
  )
  assert.deepEqual(problems, [{ code: 'message-too-long', offset: 0, count: 1 }])
})

const NO_CAPTURES: [name: string, bytes: Uint8Array][] = [
  ['nothing', join()],
  ['one byte', join('S')],
  ['prose', join('This is not a capture.\nNot at all.\n')],
  ['a program', join([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0], new Uint8Array(2_000))],
  ['gzip', join([0x1f, 0x8b, 8, 0], new Uint8Array(50))],
  ['a pcap header cut short', pcapFile([]).subarray(0, 20)],
  ['a pcapng header cut short', pcapngBlocks().section().subarray(0, 10)],
  ['a pcapng header without byte order', join([0x0a, 0x0d, 0x0d, 0x0a], new Uint8Array(40))],
]
for (const [name, bytes] of NO_CAPTURES) {
  test(`${name} is refused as no capture`, () => {
    for (const size of [1, 512, 10_000]) {
      assert.throws(
        () => read(bytes, {}, size),
        (error) => error instanceof Malformed && error.code === 'capture',
        `${size}`,
      )
    }
  })
}

test('the pieces a file comes in change nothing, whatever its bytes', () => {
  const seeds = [...seedFiles(), ...readdirVectors().map(([, bytes]) => bytes)]
  assert.ok(seeds.length >= 8)
  let looked = 0
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }),
      fc.option(fc.nat(), { nil: undefined }),
      fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 6 }),
      (seed, changes, cut, sizes) => {
        const bytes = seed.slice(0, cut === undefined ? seed.length : cut % (seed.length + 1))
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value
        assert.deepEqual(outcome(bytes, sizes), outcome(bytes, [bytes.length + 1]))
        looked += 1
      },
    ),
    { numRuns: 400 },
  )
  assert.equal(looked, 400)
})

test('any bytes at all give messages or Malformed, never another exception', () => {
  const magics = [
    pcapFile([]),
    pcapngBlocks().section(),
    join(pcapngBlocks().section(), pcapngBlocks().describe(1)),
    join('SIP/2.0 200 OK\r\n'),
    join(),
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...magics),
      fc.uint8Array({ maxLength: 600 }),
      fc.integer({ min: 1, max: 700 }),
      (magic, rest, size) => {
        const bytes = join(magic, rest)
        assert.deepEqual(outcome(bytes, [size]), outcome(bytes, [bytes.length + 1]))
      },
    ),
    { numRuns: 500 },
  )
})

test('files that Wireshark wrote give the messages listed beside them', () => {
  const files = readdirVectors()
  assert.ok(files.length >= 6, `only ${files.length} files`)
  for (const [name, bytes, expected] of files) {
    const { messages, problems, reader } = read(bytes)
    const found = messages.map(({ packet, transport, source, destination, text }) => ({
      packet,
      transport,
      source,
      destination,
      start: text.slice(0, text.indexOf('\r\n')),
      callId: /Call-ID: (.*)\r\n/.exec(text)?.[1],
    }))
    const told: unknown = JSON.parse(
      JSON.stringify({ format: reader.format, messages: found, problems: problems.map(({ code }) => code) }),
    )
    assert.deepEqual(told, expected, name)
    assert.ok(found.length > 0, name)
  }
})

test('addresses are written as RFC 5952 asks', () => {
  const cases: [bytes: number[], text: string][] = [
    [Array<number>(16).fill(0), '::'],
    [[...Array<number>(15).fill(0), 1], '::1'],
    [[0x20, 1, 0xd, 0xb8, ...Array<number>(10).fill(0), 0, 1], '2001:db8::1'],
    [[0, 1, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7], '1:0:2:3:4:5:6:7'],
    [[0, 1, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 7], '1:0:0:3::7'],
    [[0xfe, 0x80, ...Array<number>(14).fill(0)], 'fe80::'],
  ]
  for (const [bytes, text] of cases) assert.equal(formatAddress(Uint8Array.from(bytes), 0, 6), text)
})

type Found = {
  text: string
  packet: number
  offset: number
  seconds: number
  nanoseconds: number
  atUs: number
  transport: string | undefined
  source: string | undefined
  sourcePort: number | undefined
  destination: string | undefined
  destinationPort: number | undefined
  cut: boolean
  normalised: boolean
}

type Outcome = {
  messages: Found[]
  problems: Problem[]
  counts: CaptureCounts
  reader: CaptureReader
  most: CaptureReader['held']
}

/** Reads a file in pieces of `sizes`, from one buffer that is overwritten each time, as a file reader would. */
function read(file: Uint8Array, options: Partial<CaptureOptions> = {}, ...sizes: number[]): Outcome {
  const messages: Found[] = []
  const reader = new CaptureReader({
    ...options,
    onMessage(bytes, start, end, origin) {
      const { packet, offset, seconds, nanoseconds, atUs, transport, cut, normalised } = origin
      const { source, sourcePort, destination, destinationPort } = origin
      const where = { packet, offset, seconds, nanoseconds, atUs, transport, cut, normalised }
      messages.push({
        text: latin1(bytes.subarray(start, end)),
        ...where,
        source,
        sourcePort,
        destination,
        destinationPort,
      })
    },
  })
  let most = reader.held
  const buffer = new Uint8Array(Math.max(...sizes, sizes.length === 0 ? file.length : 1))
  for (let at = 0, turn = 0; at < file.length; turn += 1) {
    const piece = file.subarray(at, at + (sizes[turn % sizes.length] ?? file.length))
    buffer.fill(0x53).set(piece)
    reader.push(buffer.subarray(0, piece.length))
    at += piece.length
    const { held } = reader
    most = {
      carriedBytes: Math.max(most.carriedBytes, held.carriedBytes),
      streams: Math.max(most.streams, held.streams),
      streamBytes: Math.max(most.streamBytes, held.streamBytes),
      datagrams: Math.max(most.datagrams, held.datagrams),
      fragmentBytes: Math.max(most.fragmentBytes, held.fragmentBytes),
    }
  }
  reader.finish()
  return { messages, problems: reader.problems, counts: reader.counts, reader, most }
}

function outcome(bytes: Uint8Array, sizes: number[]): object {
  try {
    const { messages, problems, counts } = read(bytes, {}, ...sizes)
    return { messages, problems, counts }
  } catch (error) {
    if (error instanceof Malformed) return { code: error.code, at: error.at }
    throw error
  }
}

function textsOf(text: string, raw = false): string[] {
  const bytes = join(text)
  const texts = readText(bytes, { raw }).map((message) => latin1(message.bytes.subarray(message.start, message.end)))
  const streamed = read(bytes, { rawText: raw }, 5).messages.map((message) => message.text)
  assert.deepEqual(streamed, texts)
  return texts
}

function seedFiles(): Uint8Array[] {
  const stream = join(INVITE, REFUSAL, LONG)
  const segments = cutUp(stream, 500).map(([at, data]) => tcp(5060, 5061, at, data))
  const packets = [
    ethernet(udp(1, 2, INVITE)),
    ethernet(udp(1, 2, RTP)),
    ...ipv4Fragments(17, A4, B4, udp(1, 2, LONG), 800).map((packet) => ({ bytes: link(1, packet) })),
    ...segments.map((segment) => ethernet(segment, 6)),
    { bytes: link(1, ipv6(17, A6, B6, udp(1, 2, REFUSAL))) },
  ]
  return [
    pcapFile(packets),
    pcapFile(packets, { little: false, nano: true }),
    pcapngFile(packets, 1, true),
    pcapngFile(packets, 1, false),
    join('x\n', INVITE, REFUSAL),
    join(latin1(stream).replaceAll('\r\n', '\n')),
  ]
}

function readdirVectors(): [name: string, bytes: Uint8Array, expected: object][] {
  const folder = new URL('../../../vectors/capture/', import.meta.url)
  return readdirSync(folder)
    .filter((name) => /\.(pcap|pcapng|txt)$/.test(name))
    .map((name) => {
      const expected: unknown = JSON.parse(readFileSync(new URL(name.replace(/\.\w+$/, '.json'), folder), 'utf8'))
      return [name, new Uint8Array(readFileSync(new URL(name, folder))), expected as object]
    })
}

function pcapngFile(packets: readonly BuiltPacket[], linkType: number, little: boolean): Uint8Array {
  const { section, describe, packet } = pcapngBlocks(little)
  const blocks = packets.map(({ bytes, seconds = 0, nanoseconds = 0 }) =>
    packet(0, BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds), bytes),
  )
  return join(section(), describe(linkType, 9), ...blocks)
}

function ethernet(transport: Uint8Array, protocol = 17): { bytes: Uint8Array } {
  return { bytes: link(1, ipv4(protocol, A4, B4, transport)) }
}

function cutUp(stream: Uint8Array, size: number): Segment[] {
  return Array.from({ length: Math.ceil(stream.length / size) }, (_, index) => [
    index * size,
    stream.subarray(index * size, (index + 1) * size),
  ])
}

function swapPairs(segments: Segment[]): Segment[] {
  return segments.map((segment, index) => segments[index ^ 1] ?? segment)
}

function manySegments(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => tcp(1, 2, 1 + index * 10, join('not SIP at')))
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function sip(startLine: string, callId: string, body: string): Uint8Array {
  return join(
    `${startLine}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\n` +
      `To: <sip:b@example.net>\r\nCall-ID: ${callId}@example.com\r\nCSeq: 1 INVITE\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}
