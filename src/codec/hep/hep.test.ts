import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unzipSync } from 'node:zlib'
import fc from 'fast-check'
import { Malformed } from '#codec/sip/malformed.ts'
import { hepVectors } from '../../../test/torture.ts'
import { HEP_OCTETS_MAX, HEP_TYPES, type HepPacket, formatHep, hepLength, parseHep } from './hep.ts'

const PACKET: HepPacket = {
  source: '192.0.2.1',
  sourcePort: 5061,
  destination: '198.51.100.200',
  destinationPort: 5060,
  protocol: 17,
  atMs: 1_795_000_000_123.456,
  type: HEP_TYPES.sip,
  captureId: 2001,
  password: 'secret',
  node: 'gate-1',
  correlationId: 'abc@pc33.example',
  payload: new TextEncoder().encode('INVITE sip:a@b SIP/2.0\r\n\r\n'),
}

test('a packet is laid out as HEP3 has it: length, then chunks of vendor, type, length and value', () => {
  const octets = formatHep({
    ...PACKET,
    password: undefined,
    node: undefined,
    correlationId: 'x',
    payload: Uint8Array.of(1, 2),
  })
  const expected =
    '48455033 006c' + // HEP3, 108 octets
    '0000 0001 0007 02' + // IPv4
    '0000 0002 0007 11' + // UDP
    '0000 0003 000a c0000201' +
    '0000 0004 000a c63364c8' +
    '0000 0007 0008 13c5' +
    '0000 0008 0008 13c4' +
    '0000 0009 000a 6afd86c0' +
    '0000 000a 000a 0001e240' +
    '0000 000b 0007 01' +
    '0000 000c 000a 000007d1' +
    '0000 0011 0007 78' +
    '0000 000f 0008 0102'
  assert.equal(Buffer.from(octets).toString('hex'), expected.replaceAll(' ', ''))
})

test('what is written is read back, for every packet', () => {
  const port = fc.integer({ min: 0, max: 65_535 })
  const v4 = fc.ipV4()
  const words = fc.option(fc.string({ unit: 'grapheme', maxLength: 40 }), { nil: undefined })
  const packets = fc.record({
    source: v4,
    destination: v4,
    sourcePort: port,
    destinationPort: port,
    protocol: fc.constantFrom(6, 17),
    atMs: fc.integer({ min: 0, max: 4_294_967_295_999 }),
    type: fc.constantFrom(...Object.values(HEP_TYPES)),
    captureId: fc.integer({ min: 0, max: 0xffffffff }),
    password: words,
    node: words,
    correlationId: words,
    payload: fc.uint8Array({ maxLength: 200 }),
  })
  fc.assert(
    fc.property(packets, (packet) => {
      assert.deepEqual(parseHep(formatHep(packet)), { ...packet, isCompressed: false })
    }),
    { numRuns: 300 },
  )
})

const ADDRESSES: [written: string, read: string][] = [
  ['::1', '0:0:0:0:0:0:0:1'],
  ['2001:db8::', '2001:db8:0:0:0:0:0:0'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8:0:0:0:0:0:1'],
  ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
  ['::ffff:192.0.2.1', '0:0:0:0:0:ffff:c000:201'],
]

for (const [written, read] of ADDRESSES) {
  test(`the address ${written} goes out in sixteen octets`, () => {
    const parsed = parseHep(formatHep({ ...PACKET, source: written, destination: '::2' }))
    assert.deepEqual([parsed.source, parsed.destination], [read, '0:0:0:0:0:0:0:2'])
  })
}

for (const [source, destination] of [
  ['192.0.2.1', '::1'],
  ['192.0.2.256', '192.0.2.1'],
  ['192.0.2', '192.0.2.1'],
  ['::1::2', '::1'],
  ['1:2:3:4:5:6:7:8:9', '::1'],
  ['g::', '::1'],
] as const) {
  test(`there is no packet from ${source} to ${destination}`, () => {
    assert.throws(() => formatHep({ ...PACKET, source, destination }), RangeError)
  })
}

test('a payload that no datagram holds is refused, and one octet less is not', () => {
  const empty = formatHep({ ...PACKET, payload: new Uint8Array(0) }).length
  const most = HEP_OCTETS_MAX - empty
  assert.equal(formatHep({ ...PACKET, payload: new Uint8Array(most) }).length, HEP_OCTETS_MAX)
  assert.throws(() => formatHep({ ...PACKET, payload: new Uint8Array(most + 1) }), RangeError)
})

test('chunks of other vendors and of unknown types are passed over', () => {
  const octets = Buffer.from(formatHep(PACKET))
  const foreign = Buffer.from('00ff0001000bdeadbeef010000ffff000701', 'hex')
  const all = Buffer.concat([octets.subarray(0, 6), foreign, octets.subarray(6)])
  all.writeUInt16BE(all.length, 4)
  const { source, payload } = parseHep(all)
  assert.deepEqual([source, payload.length], [PACKET.source, PACKET.payload.length])
})

test('a payload in chunk 16 is told as compressed, unless there is a plain one beside it', () => {
  const octets = Buffer.from(formatHep({ ...PACKET, payload: Uint8Array.of(7, 7, 7) }))
  const at = octets.length - 9
  assert.equal(octets.readUInt16BE(at + 2), 15)
  octets.writeUInt16BE(16, at + 2)
  const { payload, isCompressed } = parseHep(octets)
  assert.deepEqual([...payload, isCompressed], [7, 7, 7, true])

  const both = Buffer.concat([octets, Buffer.from('0000000f000701', 'hex')])
  both.writeUInt16BE(both.length, 4)
  const plain = parseHep(both)
  assert.deepEqual([...plain.payload, plain.isCompressed], [1, false])
})

const OLD: [what: string, hex: string, read: Partial<ReturnType<typeof parseHep>>][] = [
  [
    'version 1 tells no time',
    '01100211 13c413c5 c0000201 c6336401 414243',
    {
      source: '192.0.2.1',
      sourcePort: 5060,
      destination: '198.51.100.1',
      destinationPort: 5061,
      atMs: 0,
      captureId: 0,
    },
  ],
  [
    'version 2 whose length leaves the time out',
    '02100206 13c413c5 c0000201 c6336401 c086fd6a 40e20100 d107 0000 414243',
    { protocol: 6, atMs: 1_795_000_000_123.456, captureId: 2001, type: HEP_TYPES.sip },
  ],
  [
    'version 2 whose length counts the time',
    '021c0211 13c413c5 c0000201 c6336401 c086fd6a 40e20100 d107 0000 414243',
    { protocol: 17, atMs: 1_795_000_000_123.456, captureId: 2001 },
  ],
  [
    'version 2 between IPv6 addresses',
    `02280a11 13c413c5 20010db8${'0'.repeat(23)}1 20010db8${'0'.repeat(23)}2 c086fd6a 40e20100 d107 0000 414243`,
    { source: '2001:db8:0:0:0:0:0:1', destination: '2001:db8:0:0:0:0:0:2', atMs: 1_795_000_000_123.456 },
  ],
]

for (const [what, hex, expected] of OLD) {
  test(`of the old agents: ${what}`, () => {
    const packet = parseHep(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
    assert.equal(Buffer.from(packet.payload).toString(), 'ABC')
    for (const [name, value] of Object.entries(expected)) assert.equal(packet[name as keyof typeof packet], value, name)
  })
}

test('a stream is told packet by packet by their lengths, from however few octets', () => {
  const octets = formatHep(PACKET)
  for (let count = 0; count < 6; count++) assert.equal(hepLength(octets.subarray(0, count)), undefined)
  assert.equal(hepLength(octets.subarray(0, 6)), octets.length)
  assert.equal(hepLength(octets), octets.length)
  for (const hex of ['49', '4845502a', '484550330005'])
    assert.throws(() => hepLength(Buffer.from(hex, 'hex')), Malformed, hex)
})

const BROKEN: [what: string, hex: string][] = [
  ['nothing', ''],
  ['another magic', '484550320006'],
  ['version 4', '041002111234123401020304050607080000'],
  ['version 1 with addresses of no family', '010803111234123401020304050607080000'],
  ['version 2 with a length inside its addresses', '020f021113c413c5c0000201c6336401c086fd6a40e20100d1070000'],
  ['version 2 that ends in its time', '0210021113c413c5c0000201c6336401c086fd6a40e20100d107'],
  ['version 1 with a length beyond the octets', '0120021113c413c5c0000201c6336401414243'],
  ['a length beyond the octets', '484550330007'],
  ['a length below the header', '484550330005'],
  ['half a chunk header', '48455033000a00000001'],
  ['a chunk shorter than its header', '48455033000c000000010005'],
  ['a chunk beyond the packet', '48455033000c00000001000a'],
]

for (const [what, hex] of BROKEN) {
  test(`${what} is no packet`, () => {
    assert.throws(
      () => parseHep(Buffer.from(hex, 'hex')),
      (error) => error instanceof Malformed && error.code === 'hep',
    )
  })
}

test('whatever the octets, reading ends in a packet or in Malformed', () => {
  const good = formatHep(PACKET)
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
      const octets = good.slice()
      for (const [at, value] of changes) octets[at] = value
      try {
        parseHep(octets)
      } catch (error) {
        assert.ok(error instanceof Malformed)
      }
    }),
    { numRuns: 500 },
  )
})

for (const { name, bytes, expected, fault } of hepVectors()) {
  test(`vector ${name}`, () => {
    if (fault !== undefined) {
      assert.throws(
        () => parseHep(bytes),
        (error) => error instanceof Malformed && error.code === fault.code,
      )
      return
    }
    const { atMs, payload, isCompressed, ...facts } = parseHep(bytes)
    const at = `${new Date(Math.floor(atMs)).toISOString().slice(0, -1)}${String(Math.round((atMs % 1) * 1000)).padStart(3, '0')}Z`
    const text = Buffer.from(isCompressed ? unzipSync(payload) : payload).toString()
    const absent = Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, value ?? null]))
    assert.deepEqual({ ...absent, at, isCompressed, payload: text }, expected)
  })
}
