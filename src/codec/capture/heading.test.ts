import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CaptureReader } from './capture-reader.ts'
import { Headings, type TraceTimes } from './heading.ts'

const INVITE = [
  'INVITE sip:+14155550100@192.0.2.9 SIP/2.0',
  'Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1',
  'From: <sip:+12125550117@clinic.example>;tag=a',
  'To: <sip:+14155550100@192.0.2.9>',
  'Call-ID: 1@clinic',
  'CSeq: 1 INVITE',
  'Content-Type: application/sdp',
  'Content-Length: 10',
  '',
  'v=0',
  's=-',
  '',
].join('\r\n')
const REFUSAL = [
  'SIP/2.0 603 Network Blocked',
  'Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1',
  'From: <sip:+12125550117@clinic.example>;tag=a',
  'To: <sip:+14155550100@192.0.2.9>;tag=b',
  'Call-ID: 1@clinic',
  'CSeq: 1 INVITE',
  'Reason: SIP;cause=603;text="v=analytics1;url=https://redress.example";location=TN',
  'Content-Length: 0',
  '',
  '',
].join('\r\n')

const NOON = Date.UTC(2026, 10, 22, 12, 0, 0)
/** An hour ahead of UTC, and the trace ended at ten past noon of that zone. */
const TIMES: TraceTimes = { offsetMinutes: () => 60, untilMs: NOON + 10 * 60_000 - 3_600_000 }

type Seen = { text: string; at: number; transport: string | undefined; from: string; to: string; cut: boolean }

test('sngrep: date, time and both sides stand in front of a message', () => {
  const trace = `2026/11/22 13:00:00.123456 198.51.100.7:5060 -> 192.0.2.9:5060\n${INVITE}\n\n2026/11/22 13:00:00.223456 192.0.2.9:5060 -> 198.51.100.7:5060\n${REFUSAL}\n\n`

  const seen = read(trace)

  assert.deepEqual(seen, [
    { ...INVITED, transport: undefined },
    { ...REFUSED, transport: undefined },
  ])
})

test('Asterisk: the far side and its transport, the time of the log line', () => {
  const dated = (clock: string) =>
    `[${clock}] VERBOSE[2152] res_pjsip_logger.c: <--- Transmitting SIP request (410 bytes) to UDP:192.0.2.9:5060 --->\n${INVITE}\n` +
    `[${clock}] DEBUG[1] other.c: something else\n` +
    `[${clock}] VERBOSE[934] res_pjsip_logger.c: <--- Received SIP response (390 bytes) from UDP:192.0.2.9:5060 --->\n${REFUSAL}\n`
  for (const [clock, at] of [
    ['2026-11-22 13:00:00.250', NOON + 250],
    ['2026-11-22 13:00:00', NOON],
    ['Nov 24 13:00:00', Date.UTC(2025, 10, 24, 12)],
    ['Nov 22 12:00:00', NOON - 3_600_000],
  ] as const) {
    assert.deepEqual(
      read(dated(clock)).map(({ at, transport, from, to }) => ({ at, transport, from, to })),
      [
        { at, transport: 'UDP', from: '', to: '192.0.2.9:5060' },
        { at, transport: 'UDP', from: '192.0.2.9:5060', to: '' },
      ],
      clock,
    )
  }
})

test('Asterisk on its console: colours, no time, TLS, IPv6, the older driver', () => {
  const cases: [line: string, transport: string | undefined, from: string, to: string][] = [
    [
      '\u001b[1;36m<--- Received SIP response (390 bytes) from TLS:[2001:db8::9]:5061 --->\u001b[0m',
      'TLS',
      '2001:db8::9:5061',
      '',
    ],
    ['<--- Received SIP response (390 bytes) from WSS:192.0.2.9:443 --->', undefined, '192.0.2.9:443', ''],
    ['<--- SIP read from UDP:192.0.2.9:5060 --->', 'UDP', '192.0.2.9:5060', ''],
    ['<--- Transmitting (no NAT) to 192.0.2.9:5060 --->', undefined, '', '192.0.2.9:5060'],
    ['<--- Reliably Transmitting (NAT) to 192.0.2.9:5060 --->', undefined, '', '192.0.2.9:5060'],
    ['Reliably Transmitting (NAT) to 192.0.2.9:5060:', undefined, '', '192.0.2.9:5060'],
    ['<--- Received SIP response (390 bytes) from UDP:nobody:5060 --->', undefined, '', ''],
  ]
  for (const [line, transport, from, to] of cases) {
    assert.deepEqual(
      read(`${line}\n${REFUSAL}\n<------------>\n`),
      [{ text: REFUSAL, at: 0, transport, from, to, cut: false }],
      line,
    )
  }
})

test('FreeSWITCH: indented lines between rules become the message; what other threads wrote between is left out', () => {
  const trace =
    '2026-11-22 12:59:59.900000 98.20% [DEBUG] sofia.c:6646 Channel entering state\n' +
    box('send 420 bytes to udp/[192.0.2.9]:5060 at 13:00:00.123456:', INVITE) +
    '2026-11-22 13:00:00.200000 98.20% [NOTICE] switch.c:1 Ring\n' +
    box('recv 390 bytes from udp/[192.0.2.9]:5060 at 13:00:00.223456:', REFUSAL).replace(
      '   CSeq',
      '2026-11-22 13:00:00.223 [DEBUG] a line of another thread\n   CSeq',
    )

  assert.deepEqual(read(trace), [
    { ...INVITED, from: '' },
    { ...REFUSED, to: '' },
  ])
})

test('FreeSWITCH: a time without a date is of the day of the lines before, else of the day that the file ends on', () => {
  const at = (trace: string, times = TIMES) =>
    read(trace, times).map(({ at }) => new Date(at).toISOString().slice(0, 19))
  const boxed = (time: string) => box(`recv 390 bytes from udp/[192.0.2.9]:5060 at ${time}.000000:`, REFUSAL)

  assert.deepEqual(at(boxed('13:30:00')), ['2026-11-21T12:30:00'])
  assert.deepEqual(at(boxed('12:05:00')), ['2026-11-22T11:05:00'])
  assert.deepEqual(at(`2026-01-05 23:59:59.000 [INFO] x\n${boxed('00:00:01')}`), ['2026-01-05T23:00:01'])
  assert.deepEqual(at(`2026-01-05 00:00:01.000 [INFO] x\n${boxed('23:59:59')}`), ['2026-01-04T22:59:59'])
  assert.deepEqual(at(boxed('12:05:00'), { offsetMinutes: () => 0, untilMs: undefined }), ['1970-01-01T00:00:00'])
  assert.deepEqual(at(boxed('29:05:00')), ['1970-01-01T00:00:00'])
})

test('FreeSWITCH: what it cut, and what ended in the middle, is told as cut', () => {
  const heading = 'recv 9000 bytes from tcp/[192.0.2.9]:5060 at 12:00:00.000000:'
  const marked = box(heading, REFUSAL) + '   *** message truncated at 2047 ***\n'
  const torn = box(heading, REFUSAL).split('Reason')[0]!

  assert.deepEqual(
    [marked, torn, box(heading, REFUSAL)].flatMap((trace) => read(trace).map(({ cut, transport }) => [cut, transport])),
    [
      [true, 'TCP'],
      [true, 'TCP'],
      [false, 'TCP'],
    ],
  )
})

test('Kamailio: what sipdump writes has time and both sides; in a line of syslog the message is unescaped', () => {
  const dump = (tag: string, micros: string, from: string, to: string, message: string) =>
    `====================\ntag: ${tag}\npid: 71\nprocess: 5\ntime: 1795348800.${micros}\ndate: Sun Nov 22 13:00:00 2026\nproto: udp ipv4\nsrcip: ${from}\nsrcport: 5060\ndstip: ${to}\ndstport: 5060\n~~~~~~~~~~~~~~~~~~~~\n${message}||||||||||||||||||||\n`
  const escaped = REFUSAL.replaceAll('\r', '#015').replaceAll('\n', '#012')
  const syslog =
    `2026-11-22T13:00:00.223456+01:00 edge1 kamailio[71]: INFO: <script>: 192.0.2.9:5060 -> 198.51.100.7:5060 ${escaped}\n` +
    `Nov 22 12:00:00 edge1 kamailio[71]: INFO: <script>: ${escaped}\n` +
    `Nov 22 12:00:00 edge1 kamailio[71]: INFO: <script>: nothing#012at all\n`

  assert.deepEqual(
    read(
      dump('snd', '123456', '198.51.100.7', '192.0.2.9', INVITE) +
        dump('rcv', '223456', '192.0.2.9', '198.51.100.7', REFUSAL),
    ),
    [INVITED, REFUSED],
  )
  assert.deepEqual(read(syslog), [
    { ...REFUSED, transport: undefined },
    { text: REFUSAL, at: 0, transport: undefined, from: '', to: '', cut: false },
  ])
})

test('a heading is of the message that follows it, and of no later one', () => {
  const line = '2026/11/22 13:00:00.123456 198.51.100.7:5060 -> 192.0.2.9:5060\n'
  assert.equal(read(`${line}some words\n${REFUSAL}`)[0]!.from, '')
  assert.equal(read(`${line}\n----\n${REFUSAL}`)[0]!.from, '198.51.100.7:5060')
  assert.deepEqual(
    read(`${line}${REFUSAL}${REFUSAL}`).map(({ from }) => from),
    ['198.51.100.7:5060', ''],
  )
})

test('absurd times, addresses and ports are not told', () => {
  const cases = [
    '2026/02/31 13:00:00.1 1.2.3.4:5060 -> 5.6.7.8:5060',
    '2026/11/22 25:00:00.1 1.2.3.4:5060 -> 5.6.7.8:5060',
    '9999/99/99 99:99:99.1 1.2.3.4:5060 -> 5.6.7.8:5060',
    '1969/12/31 13:00:00.1 1.2.3.4:5060 -> 5.6.7.8:5060',
    '1.2.3.4:5060 -> 5.6.7.8:5060',
  ]
  for (const line of cases) assert.equal(read(`${line}\n${REFUSAL}`)[0]!.at, 0, line)
  assert.equal(read(`1.2.3.4:99999 -> 5.6.7.8:5060\n${REFUSAL}`)[0]!.from, '1.2.3.4:')
  assert.equal(read(`tag: rcv\ntime: 99999999999999.1\n${REFUSAL}`)[0]!.at, 0)
})

test('the pieces that a trace comes in change nothing, whatever its octets', () => {
  const whole = [
    '2026-11-22 12:59:59.900000 98.20% [DEBUG] sofia.c:6646 Channel entering state\n',
    box('send 420 bytes to udp/[192.0.2.9]:5060 at 13:00:00.123456:', INVITE),
    box('recv 390 bytes from udp/[192.0.2.9]:5060 at 13:00:00.223456:', REFUSAL),
    `2026/11/22 13:00:00.123456 198.51.100.7:5060 -> 192.0.2.9:5060\n${INVITE}\n`,
    `<--- Received SIP response (390 bytes) from UDP:192.0.2.9:5060 --->\n${REFUSAL}\n`,
    `x: ${REFUSAL.replaceAll('\r\n', '#015#012')}\n`,
  ].join('')
  let looked = 0
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }),
      (changes, sizes) => {
        const bytes = Buffer.from(whole, 'latin1')
        // The first octets tell what kind of file it is.
        for (const [at, value] of changes) bytes[600 + (at % (bytes.length - 600))] = value
        const once = read(bytes)
        looked += once.length
        assert.deepEqual(read(bytes, TIMES, sizes), once)
      },
    ),
    { numRuns: 150 },
  )
  assert.ok(looked > 500, `${looked} messages`)
})

test('lines without end and boxes without end are passed over in bounded memory', () => {
  const heading = 'recv 390 bytes from udp/[192.0.2.9]:5060 at 12:00:00.000000:\n'
  const reader = new CaptureReader({ onMessage: () => undefined })
  reader.push(Buffer.from(`${heading}   ------------------------\n   SIP/2.0 603 X\n`))
  const line = Buffer.from(`   ${'y'.repeat(200)}\n`)
  for (let count = 0; count < 5_000; count += 1) reader.push(line)
  reader.push(Buffer.alloc(1_000_000, 'z'))
  assert.ok(reader.held.carriedBytes <= 1_048_576, `${reader.held.carriedBytes}`)
  assert.equal(reader.problems[0]?.code, 'message-too-long')
})

test('a line of one tool alone says nothing', () => {
  const headings = new Headings(TIMES)
  for (const line of ['srcip: 1.2.3.4', 'time: 1.1', 'hello 1.2.3.4:5 world', 'recv bytes', '->', '']) {
    headings.see(line, 0)
    assert.equal(headings.pending, undefined, line)
  }
  headings.see('1.2.3.4:5 -> 6.7.8.9:10', 7)
  assert.equal(headings.pending?.offset, 7)
})

const INVITED: Seen = {
  text: INVITE,
  at: NOON + 123.456,
  transport: 'UDP',
  from: '198.51.100.7:5060',
  to: '192.0.2.9:5060',
  cut: false,
}
const REFUSED: Seen = {
  text: REFUSAL,
  at: NOON + 223.456,
  transport: 'UDP',
  from: '192.0.2.9:5060',
  to: '198.51.100.7:5060',
  cut: false,
}

function read(trace: string | Uint8Array, times: TraceTimes = TIMES, sizes: readonly number[] = [1_000_000]): Seen[] {
  const bytes = typeof trace === 'string' ? Buffer.from(trace, 'latin1') : trace
  const seen: Seen[] = []
  const end = (address: string | undefined, port: number | undefined) =>
    address === undefined ? '' : `${address}:${port ?? ''}`
  const reader = new CaptureReader({
    times,
    onMessage: (bytes, start, stop, origin) => {
      seen.push({
        text: Buffer.from(bytes.subarray(start, stop)).toString('latin1'),
        at: origin.atUs / 1000,
        transport: origin.transport,
        from: end(origin.source, origin.sourcePort),
        to: end(origin.destination, origin.destinationPort),
        cut: origin.cut,
      })
    },
  })
  for (let at = 0, piece = 0; at < bytes.length; piece += 1) {
    const size = sizes[piece % sizes.length]!
    reader.push(bytes.subarray(at, at + size))
    at += size
  }
  reader.finish()
  return seen
}

/** As tport_log_msg of sofia-sip writes it: a rule, each line behind three blanks, a rule. */
function box(heading: string, message: string): string {
  const rule = `   ${'-'.repeat(72)}\n`
  const lines = message.replace(/\r\n$/, '').split('\r\n')
  return `${heading}\n${rule}${lines.map((line) => `   ${line}\n`).join('')}${rule}`
}
