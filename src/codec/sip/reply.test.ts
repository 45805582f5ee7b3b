import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sipVectors, tortureCases } from '../../../test/torture.ts'
import { FIELD } from './field.ts'
import { HEADER_FIELDS_MAX, LINE_BYTES_MAX } from './limits.ts'
import { Message, parseMessage } from './message.ts'
import { type Reply, type Source, formatReply, replyPort } from './reply.ts'
import { RequestView } from './request.ts'
import { decodeOctets, encodeOctets, encodeText } from './text.ts'
import { parseVia } from './via.ts'

const BLOCKED: Reply = {
  status: 603,
  phrase: 'Network Blocked',
  fields: [['Reason', 'SIP;cause=603;text="v=analytics1;url=https://d.example/r";location=RLN']],
}
const SOURCE: Source = { address: '192.0.2.9', port: 5099 }
const OUT = new Uint8Array(65_535)

function answer(request: Uint8Array, source = SOURCE, reply = BLOCKED, tag = 'ours'): string | undefined {
  const message = new Message()
  const view = new RequestView()
  message.read(request)
  view.read(message)
  const length = formatReply(message, view, reply, source, tag, OUT)
  return length < 0 ? undefined : decodeOctets(OUT, 0, length)
}

function invite(lines: readonly string[]): Uint8Array {
  return encodeText(`INVITE sip:b@b.example SIP/2.0\r\n${lines.join('\r\n')}\r\n\r\n`)
}

const VIA = 'Via: SIP/2.0/UDP a.example:5060;branch=z9hG4bK1'
const REST = ['From: "A" <sip:a@a.example>;tag=f', 'To: <sip:b@b.example>', 'Call-ID: c', 'CSeq: 7 INVITE']

test('a reply copies what it must, octet for octet and in order, and adds only its own', () => {
  const lines = [
    'v: SIP/2.0/UDP a.example:5060;branch=z9hG4bK1 ;x',
    'VIA:  SIP/2.0/TCP c , SIP/2.0/TLS d',
    ...REST,
    'Max-Forwards: 70',
  ]

  assert.equal(
    answer(invite(lines)),
    [
      'SIP/2.0 603 Network Blocked',
      'Via: SIP/2.0/UDP a.example:5060;branch=z9hG4bK1 ;x;received=192.0.2.9',
      'Via: SIP/2.0/TCP c , SIP/2.0/TLS d',
      'From: "A" <sip:a@a.example>;tag=f',
      'To: <sip:b@b.example>;tag=ours',
      'Call-ID: c',
      'CSeq: 7 INVITE',
      `Reason: ${BLOCKED.fields[0]![1]}`,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  )
})

const TOP: [title: string, via: string, source: Source, written: string, port: number][] = [
  ['a name gets received', 'a.example', SOURCE, 'a.example;received=192.0.2.9', 5060],
  ['the same address does not', '192.0.2.9:5070', SOURCE, '192.0.2.9:5070', 5070],
  ['another address does', '192.0.2.8', SOURCE, '192.0.2.8;received=192.0.2.9', 5060],
  [
    'rport gets the port, and received always',
    '192.0.2.9:1;rport;x',
    SOURCE,
    '192.0.2.9:1;rport=5099;x;received=192.0.2.9',
    5099,
  ],
  ['rport at the end', 'a;RPORT', SOURCE, 'a;RPORT=5099;received=192.0.2.9', 5099],
  [
    'rport before a second value',
    'a;rport, SIP/2.0/UDP b',
    SOURCE,
    'a;rport=5099;received=192.0.2.9, SIP/2.0/UDP b',
    5099,
  ],
  ['received before a second value', 'a , SIP/2.0/UDP b', SOURCE, 'a;received=192.0.2.9 , SIP/2.0/UDP b', 5060],
  [
    'the same IPv6 address is known in brackets',
    '[2001:db8::1]',
    { address: '2001:db8::1', port: 9 },
    '[2001:db8::1]',
    5060,
  ],
  ['another IPv6 address is written bare', 'a', { address: '2001:db8::1', port: 9 }, 'a;received=2001:db8::1', 5060],
  ['a value that rport brings is overwritten', 'a;rport=1;x', SOURCE, 'a;rport=5099;x;received=192.0.2.9', 5099],
  [
    'a value that rport brings is overwritten, the sent-by known',
    '192.0.2.9:7;rport=1',
    SOURCE,
    '192.0.2.9:7;rport=5099;received=192.0.2.9',
    5099,
  ],
  ['a quoted value of rport', 'a;rport = "1;2, 3" ;x', SOURCE, 'a;rport=5099 ;x;received=192.0.2.9', 5099],
  ['received of the client', 'a;received=203.0.113.5;x', SOURCE, 'a;received=192.0.2.9;x', 5060],
  [
    'received of the client, the sent-by known',
    '192.0.2.9:7 ; received = 203.0.113.5 ;x',
    SOURCE,
    '192.0.2.9:7;received=192.0.2.9 ;x',
    7,
  ],
  ['a quoted received', 'a;received="1;rport=2, 3\\"";x', SOURCE, 'a;received=192.0.2.9;x', 5060],
  ['received without a value', 'a;received;x', SOURCE, 'a;received=192.0.2.9;x', 5060],
  ['an IPv6 received', 'a;RECEIVED=[2001:db8::1];x', SOURCE, 'a;received=192.0.2.9;x', 5060],
  ['received, then rport', 'a;received=x;y;rport=1;z', SOURCE, 'a;received=192.0.2.9;y;rport=5099;z', 5099],
  ['received, then a bare rport', 'a;received=x;rport', SOURCE, 'a;received=192.0.2.9;rport=5099', 5099],
  ['rport, then received', 'a;rport=1;received=x;z', SOURCE, 'a;rport=5099;received=192.0.2.9;z', 5099],
  [
    'a second value keeps its own',
    'a;received=x;rport=1 , SIP/2.0/UDP b;rport=2;received=y',
    SOURCE,
    'a;received=192.0.2.9;rport=5099 , SIP/2.0/UDP b;rport=2;received=y',
    5099,
  ],
  [
    'rport and received of a second value mean nothing for the first',
    'a:7, SIP/2.0/UDP b;rport=2;received=y',
    SOURCE,
    'a:7;received=192.0.2.9, SIP/2.0/UDP b;rport=2;received=y',
    7,
  ],
  ['a quoted lookalike', 'a;x=";rport=1;received=y"', SOURCE, 'a;x=";rport=1;received=y";received=192.0.2.9', 5060],
  ['a zone stays at home', 'a', { address: 'fe80::1%eth0', port: 9 }, 'a;received=fe80::1', 5060],
]

for (const [title, via, source, written, port] of TOP) {
  test(`the top Via: ${title}`, () => {
    const request = invite([`Via: SIP/2.0/UDP ${via}`, ...REST])
    const view = new RequestView()
    view.read(parseMessage(request))

    const response = parseMessage(encodeOctets(answer(request, source)!))

    assert.equal(response.first(FIELD.via), `SIP/2.0/UDP ${written}`)
    assert.ok(parseVia(response.first(FIELD.via)!).length >= 1)
    assert.equal(replyPort(view, source), port)
  })
}

test('a To that has a tag keeps it, and one that cannot be read gets none', () => {
  const to = (value: string) => {
    const response = answer(invite([VIA, REST[0]!, `To: ${value}`, REST[2]!, REST[3]!]))!
    return parseMessage(encodeOctets(response)).first(FIELD.to)
  }

  assert.equal(to('<sip:b@b.example>;tag=theirs'), '<sip:b@b.example>;tag=theirs')
  assert.equal(to('<sip:b@b.example;tag=uri>'), '<sip:b@b.example;tag=uri>;tag=ours')
  assert.equal(to('sip:b@b.example'), 'sip:b@b.example;tag=ours')
  assert.equal(to('"open <sip:b@b.example>'), '"open <sip:b@b.example>')
})

test('a bad request too is answered with a To tag, wherever its To can be read', () => {
  const bad = [
    ['INVITE sip:b@b SIP/7.0', VIA, ...REST],
    ['INVITE sip:b@b SIP/2.0', 'broken', VIA, ...REST],
    ['INVITE sip:b@b SIP/2.0', 'Via: x', ...REST],
    ['INVITE sip:b@b SIP/2.0', VIA, 'From: <x', ...REST.slice(1)],
    ['INVITE sip:b@b SIP/2.0', VIA, ...REST, REST[1]!],
    ['INVITE sip:b@b SIP/2.0', VIA, ...REST.slice(0, 3), 'CSeq: x'],
  ]
  for (const lines of bad) {
    const request = encodeText(`${lines.join('\r\n')}\r\n\r\n`)
    const message = new Message()
    message.read(request)
    assert.ok(new RequestView().read(message) !== undefined, lines.join(' | '))
    assert.equal(parseMessage(encodeOctets(answer(request)!)).first(FIELD.to), '<sip:b@b.example>;tag=ours')
  }
})

const COPIES: [title: string, from: string, copied: string][] = [
  ['a fold becomes a space', '"a\r\n\t b" <sip:a@b>', '"a b" <sip:a@b>'],
  ['octets that are not UTF-8 stay', '"\u00ff\u00fe" <sip:a@b>', '"\u00ff\u00fe" <sip:a@b>'],
  ['an escaped NUL in quotes stays', '"a\\\0b" <sip:a@b>', '"a\\\0b" <sip:a@b>'],
  ['other escaped controls stay', '"\\\u0007\\\u007f" <sip:a@b>', '"\\\u0007\\\u007f" <sip:a@b>'],
  ['a bare NUL does not', '"a\0b" <sip:a@b>', '"a?b" <sip:a@b>'],
  ['a bare control octet does not', '"\u001b[2J" <sip:a@b>', '"?[2J" <sip:a@b>'],
  ['a bare DEL does not', 'a\u007f', 'a?'],
  ['a control behind an escaped backslash does not', '"a\\\\\u0007" <sip:a@b>', '"a\\\\?" <sip:a@b>'],
  ['a backslash outside quotes escapes nothing', 'a\\\0b', 'a\\?b'],
  ['a tab stays', '"a\tb" <sip:a@b>', '"a\tb" <sip:a@b>'],
]

for (const [title, from, copied] of COPIES) {
  test(`in a copied field ${title}`, () => {
    const response = answer(encodeOctets(`INVITE sip:b@b SIP/2.0\r\n${VIA}\r\nFrom: ${from}\r\n\r\n`))!

    assert.ok(response.includes(`\r\nFrom: ${copied}\r\n`), JSON.stringify(response))
    parseMessage(encodeOctets(response))
  })
}

test('a line end in our own words throws, whichever part it is in', () => {
  const request = invite([VIA, ...REST])
  const bad: [Reply, Source, string][] = [
    [{ ...BLOCKED, phrase: 'Network\r\nX: y' }, SOURCE, 't'],
    [{ ...BLOCKED, fields: [['Reason', 'SIP\nX: y']] }, SOURCE, 't'],
    [{ ...BLOCKED, fields: [['Reason\r\nX', 'SIP']] }, SOURCE, 't'],
    [{ ...BLOCKED, fields: [['Reason', 'ë\r\nX: y']] }, SOURCE, 't'],
    [BLOCKED, SOURCE, 't\r\nX: y'],
    [BLOCKED, { address: '::1\r\nX: y', port: 1 }, 't'],
  ]
  for (const [reply, source, tag] of bad) assert.throws(() => answer(request, source, reply, tag), { name: 'Error' })
})

test('words beyond ASCII are written as UTF-8', () => {
  const reply: Reply = { status: 603, phrase: 'Zoë', fields: [['Subject', '電話']] }
  const response = parseMessage(encodeOctets(answer(invite([VIA, ...REST]), SOURCE, reply)!))

  assert.deepEqual([response.phrase, response.named('Subject')], ['Zoë', ['電話']])
})

test('a reply that would not fit its buffer, a datagram, a line or the number of fields is not written', () => {
  const message = parseMessage(invite([VIA, ...REST]))
  const view = new RequestView()
  view.read(message)
  const length = formatReply(message, view, BLOCKED, SOURCE, 't', OUT)
  assert.ok(length > 100)
  assert.equal(formatReply(message, view, BLOCKED, SOURCE, 't', new Uint8Array(length)), length)
  assert.equal(formatReply(message, view, BLOCKED, SOURCE, 't', new Uint8Array(length - 1)), -1)

  const long = 'x'.repeat(LINE_BYTES_MAX - 'Via: SIP/2.0/UDP a;'.length)
  const whole = invite([`Via: SIP/2.0/UDP a;${long}`, ...REST])
  assert.equal(parseMessage(whole).fieldCount, 5, 'the request itself is within the limit')
  assert.equal(answer(whole), undefined)
  assert.equal(
    answer(invite([VIA, ...Array.from({ length: 8 }, () => `v: SIP/2.0/UDP a;${long}`), ...REST])),
    undefined,
  )

  const many = (count: number) => invite([...Array.from({ length: count }, () => VIA), ...REST])
  assert.equal(parseMessage(encodeOctets(answer(many(HEADER_FIELDS_MAX - 6))!)).fieldCount, HEADER_FIELDS_MAX)
  assert.equal(answer(many(HEADER_FIELDS_MAX - 5)), undefined)
})

test('every request among the vectors gets an answer that reads back, with its own Via values in order', () => {
  const requests = [...tortureCases(), ...sipVectors()].filter(
    ({ bytes }) => !decodeOctets(bytes).startsWith('SIP/2.0'),
  )
  assert.ok(requests.length > 80, `${requests.length} requests`)
  let answered = 0
  for (const { name, bytes } of requests) {
    const message = new Message()
    message.read(bytes)
    const response = answer(bytes)
    if (response === undefined) continue
    answered++
    const read = parseMessage(encodeOctets(response))
    assert.equal(read.countOf(FIELD.via), message.countOf(FIELD.via), name)
    assert.equal(read.first(FIELD.callId), message.first(FIELD.callId), name)
    assert.equal(read.first(FIELD.cseq), message.first(FIELD.cseq), name)
  }
  assert.ok(answered > 80, `${answered} answers`)
})

const seeds = [...tortureCases(), ...sipVectors()].map(({ bytes }) => bytes)
const change = fc.record({ at: fc.nat(4000), drop: fc.nat(3), put: fc.uint8Array({ maxLength: 3 }) })
const control = fc.constantFrom(...Array.from('\0\r\n\t\u0007\u001b\u007f"\\;,<>: =%@[]'))
const mutated = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.oneof(change, fc.record({ at: fc.nat(1000), drop: fc.nat(1), put: control.map(encodeText) })), {
      maxLength: 8,
    }),
  )
  .map(([seed, changes]) => changes.reduce(applyChange, seed))

function applyChange(bytes: Uint8Array, { at, drop, put }: { at: number; drop: number; put: Uint8Array }): Uint8Array {
  const place = Math.min(at, bytes.length)
  return Uint8Array.from([...bytes.subarray(0, place), ...put, ...bytes.subarray(place + drop)])
}

test('any octets get no answer or one that reads back and carries no control octet of theirs', () => {
  const start = 'INVITE sip:a@b SIP/2.0\r\nVia: '
  const anything = fc.oneof(
    { weight: 4, arbitrary: mutated },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ maxLength: 200 }).map((rest) => Uint8Array.from([...encodeText(start), ...rest])),
    },
  )
  let answers = 0
  let faults = 0
  fc.assert(
    fc.property(anything, (bytes) => {
      const message = new Message()
      const view = new RequestView()
      message.read(bytes)
      if (view.read(message) !== undefined) faults++
      if (message.kind !== 'request' || view.viaField < 0) return
      const length = formatReply(message, view, BLOCKED, SOURCE, 'ours', OUT)
      if (length < 0) return
      answers++
      parseMessage(OUT, 0, length)
      const lines = decodeOctets(OUT, 0, length).split('\r\n')
      const clean = lines.map((line) =>
        line.replace(/"(?:[^"\\]|\\[\s\S])*"?/g, (quoted) => quoted.replace(/\\[\s\S]/g, '')),
      )
      for (const line of clean) assert.doesNotMatch(line, /[\u0000-\u0008\u000a-\u001f\u007f]/)
    }),
    { numRuns: 1500 },
  )
  assert.ok(answers > 500 && faults > 200, `${answers} answers, ${faults} faults`)
})
