import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  NOTICE_FOLDERS,
  type SipExpectation,
  type SipParameters,
  noticeVectors,
  sipVectors,
  tortureCases,
} from '../../../test/torture.ts'
import { parseCallInfo } from './call-info.ts'
import { parseCSeq } from './cseq.ts'
import { parseFeatureCaps } from './feature-caps.ts'
import { FIELD } from './field.ts'
import { formatRequest, formatResponse } from './format-message.ts'
import { HEADER_FIELDS_MAX, LINE_BYTES_MAX, MESSAGE_BYTES_MAX } from './limits.ts'
import { Malformed, type MalformedCode } from './malformed.ts'
import { Message, parseMessage } from './message.ts'
import { type NameAddr, parseNameAddr, parseNameAddrs } from './name-addr.ts'
import { parseReason } from './reason.ts'
import { RequestView } from './request.ts'
import { encodeOctets, encodeText } from './text.ts'
import { parseUri } from './uri.ts'
import { parseVia } from './via.ts'

const VECTORS = sipVectors()

for (const vector of VECTORS) {
  if (vector.folder === 'valid') {
    test(`vector ${vector.name}: the message reads as listed`, () => {
      const { expected } = vector
      const facts = readFacts(parseMessage(vector.bytes), expected)

      assert.deepEqual(facts, expected)
    })
  } else {
    test(`vector ${vector.name}: the message has the fault listed`, () => {
      assert.equal(faultOf(vector.bytes, vector.fault.in), vector.fault.code)
    })
  }
}

test('the vectors were there', () => {
  assert.ok(VECTORS.filter((vector) => vector.folder === 'valid').length >= 30)
  assert.ok(VECTORS.filter((vector) => vector.folder === 'invalid').length >= 30)
})

test('every notice that is not said to be malformed parses, and every one that is does not', () => {
  let malformed = 0
  for (const { name, folder, bytes } of noticeVectors()) {
    const message = new Message()
    message.read(bytes)
    if (folder !== 'malformed') assert.equal(message.fault, undefined, name)
    else if (faultOf(bytes, 'Reason') !== undefined || faultOf(bytes, 'response') !== undefined) malformed++
    else assert.fail(`${name} is read without a fault`)
  }
  assert.ok(malformed >= 10 && NOTICE_FOLDERS.includes('malformed'))
})

test('every well-formed case of RFC 4475 parses, whatever a server then says to it', () => {
  let sound = 0
  for (const { name, bytes, expect } of tortureCases()) {
    const message = new Message()
    message.read(bytes)
    assert.equal(message.kind, expect.kind, name)
    if (!expect.wellFormed) continue
    sound++
    assert.equal(message.fault, undefined, name)
    if (expect.kind === 'request') assert.equal(message.method, expect.method, name)
    else assert.equal(message.status, expect.status, name)
  }
  assert.ok(sound >= 25, `${sound} well-formed cases`)
})

const HEAD = 'OPTIONS sip:a@b.example SIP/2.0\r\n'

const FAULTS: [title: string, text: string, code: MalformedCode][] = [
  ['nothing', '', 'line-end'],
  ['only line ends', '\r\n\r\n', 'line-end'],
  ['a word', 'OPTIONS', 'line-end'],
  ['a start line that ends in LF alone', 'OPTIONS sip:a@b SIP/2.0\nA: b\r\n\r\n', 'line-end'],
  ['a carriage return inside the start line', 'SIP/2.0 200 O\rK\r\n\r\n', 'line-end'],
  ['a NUL in the phrase', 'SIP/2.0 200 O\0K\r\n\r\n', 'nul'],
  ['a request line without version', 'OPTIONS sip:a@b\r\n\r\n', 'start-line'],
  ['two spaces in the request line', 'OPTIONS  sip:a@b SIP/2.0\r\n\r\n', 'start-line'],
  ['a space behind the version', 'OPTIONS sip:a@b SIP/2.0 \r\n\r\n', 'start-line'],
  ['another protocol', 'OPTIONS sip:a@b HTTP/1.1\r\n\r\n', 'start-line'],
  ['another version in a request', 'OPTIONS sip:a@b SIP/7.0\r\n\r\n', 'version'],
  ['another version in a response', 'SIP/3.0 200 OK\r\n\r\n', 'version'],
  ['a status of four digits', 'SIP/2.0 2000 OK\r\n\r\n', 'start-line'],
  ['a status without the space behind it', 'SIP/2.0 200\r\n\r\n', 'start-line'],
  ['a status of letters', 'SIP/2.0 2OO OK\r\n\r\n', 'start-line'],
  ['a fold before any field', `${HEAD} a: b\r\n\r\n`, 'field-name'],
  ['a line without colon', `${HEAD}abc\r\n\r\n`, 'field-name'],
  ['a field without name', `${HEAD}: b\r\n\r\n`, 'field-name'],
  ['a name with a space inside', `${HEAD}a b: c\r\n\r\n`, 'field-name'],
  ['a bare LF behind a field', `${HEAD}a: b\n\r\n`, 'line-end'],
  ['a bare CR inside a field', `${HEAD}a: b\rc\r\n\r\n`, 'line-end'],
  ['no blank line', `${HEAD}a: b\r\n`, 'line-end'],
  ['half a blank line', `${HEAD}a: b\r\n\r`, 'line-end'],
  ['a NUL in a value', `${HEAD}a: b\0c\r\n\r\n`, 'nul'],
  ['a NUL in quotes without escape', `${HEAD}a: "b\0c"\r\n\r\n`, 'nul'],
  ['a NUL behind an escaped backslash', `${HEAD}a: "b\\\\\0c"\r\n\r\n`, 'nul'],
  ['an escaped NUL outside quotes', `${HEAD}a: b\\\0c\r\n\r\n`, 'nul'],
  ['a second NUL that is not escaped', `${HEAD}a: "\\\0\0"\r\n\r\n`, 'nul'],
  ['a NUL in a name', `${HEAD}a\0: b\r\n\r\n`, 'nul'],
]

for (const [title, text, code] of FAULTS) {
  test(`a message with ${title} is malformed (${code})`, () => {
    assert.throws(() => parseMessage(encodeText(text)), { name: 'Malformed', code })
  })
}

test('fields keep order, name, value, octets and place', () => {
  const text = `${HEAD}v: one\r\nSubject :  a \t\r\n\t"b  c"\r\n  d \r\nVIA:two\r\nEmpty:\r\n\r\nbody`
  const message = parseMessage(encodeText(text))

  assert.deepEqual(
    message.fields().map(({ name, id, value, raw, at }) => [name, id, value, new TextDecoder().decode(raw), at]),
    [
      ['v', FIELD.via, 'one', 'one', text.indexOf('v: one')],
      ['Subject', FIELD.other, 'a "b  c" d', 'a \t\r\n\t"b  c"\r\n  d', text.indexOf('Subject')],
      ['VIA', FIELD.via, 'two', 'two', text.indexOf('VIA')],
      ['Empty', FIELD.other, '', '', text.indexOf('Empty')],
    ],
  )
  assert.deepEqual([message.spaceBeforeColon, message.folded], [true, true])
  assert.deepEqual(
    [message.all(FIELD.via), message.countOf(FIELD.via), message.first(FIELD.to)],
    [['one', 'two'], 2, undefined],
  )
  assert.equal(new TextDecoder().decode(message.body), 'body')
})

test('a field is named by its long or compact form, known to the codec or not', () => {
  const message = parseMessage(encodeText(`${HEAD}s: one\r\nSUBJECT: two\r\nf: three\r\nX-Y: four\r\n\r\n`))

  assert.deepEqual(message.named('Subject'), ['one', 'two'])
  assert.deepEqual(message.named('S'), ['one', 'two'])
  assert.deepEqual(message.named('from'), ['three'])
  assert.deepEqual(message.named('x-y'), ['four'])
  assert.deepEqual(message.named('y'), [])
})

test('fields named after object members are fields like any other', () => {
  const message = parseMessage(encodeText(`${HEAD}__proto__: a\r\nconstructor: b\r\nhasOwnProperty: c\r\n\r\n`))

  assert.deepEqual(
    message.fields().map(({ name, value }) => [name, value]),
    [
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['hasOwnProperty', 'c'],
    ],
  )
  assert.deepEqual([message.named('__PROTO__'), message.named('toString')], [['a'], []])
  assert.equal(({} as Record<string, unknown>).a, undefined)
})

test('one object reads message after message and keeps nothing of the one before', () => {
  const message = new Message()
  message.read(encodeText(`${HEAD}a : b\r\n c\r\nVia: x\r\n`))
  assert.ok(message.fault !== undefined && message.folded && message.spaceBeforeColon)

  message.read(encodeText('SIP/2.0 486 Busy Here\r\nTo: y\r\n\r\n'))

  assert.equal(message.fault, undefined)
  assert.deepEqual(
    [message.kind, message.status, message.phrase, message.folded, message.spaceBeforeColon, message.fieldCount],
    ['response', 486, 'Busy Here', false, false, 1],
  )
  assert.deepEqual([message.first(FIELD.via), message.first(FIELD.to)], [undefined, 'y'])
})

test('a fault leaves readable what is sound, so that a server can answer', () => {
  const message = new Message()
  message.read(encodeText(`${HEAD}Via: v\r\nbroken line\r\nTo: t\r\n\r\n`))

  assert.equal(message.fault?.code, 'field-name')
  assert.deepEqual([message.first(FIELD.via), message.first(FIELD.to)], ['v', 't'])
})

test('nothing outside the given range is read, whatever lies there', () => {
  const texts = [`${HEAD}a: b\r\n\r\n`, 'SIP/2.0 200 OK\r\nTo: <sip:a@b>\r\n\r\n', `${HEAD}a: "\\\0"\r\n\r\nxy`]
  const beside = ['', '\n', '\r\n', ' ', ': x\r\n', 'abc: d\r\n\r\n', '0'.repeat(9)]
  let compared = 0
  for (const text of texts) {
    const inner = encodeOctets(text)
    for (let length = 0; length <= inner.length; length++) {
      const alone = outcomeOf(inner.slice(0, length), 0, length)
      for (const outer of beside) {
        const bytes = encodeOctets(outer + text.slice(0, length) + outer)
        assert.deepEqual(
          outcomeOf(bytes, outer.length, outer.length + length),
          alone,
          JSON.stringify([text, length, outer]),
        )
        compared++
      }
    }
  }
  assert.ok(compared > 500)
})

test(`a message of ${MESSAGE_BYTES_MAX} octets is read, one octet more is too long`, () => {
  const filled = (size: number): Uint8Array => {
    const bytes = new Uint8Array(size)
    bytes.set(encodeText(`${HEAD}a: b\r\n\r\n`))
    return bytes
  }

  assert.equal(parseMessage(filled(MESSAGE_BYTES_MAX)).fieldCount, 1)
  assert.throws(() => parseMessage(filled(MESSAGE_BYTES_MAX + 1)), { code: 'too-long' })
})

test(`a header line of ${LINE_BYTES_MAX} octets is read, folded or not, one octet more is too long`, () => {
  const line = `a: ${'x'.repeat(LINE_BYTES_MAX - 3)}`
  const folded = `a: ${'x'.repeat(LINE_BYTES_MAX - 3 - 4)}\r\n y`

  assert.equal(parseMessage(encodeText(`${HEAD}${line}\r\n\r\n`)).fieldCount, 1)
  assert.equal(parseMessage(encodeText(`${HEAD}${folded}\r\n\r\n`)).fieldCount, 1)
  assert.throws(() => parseMessage(encodeText(`${HEAD}${line}x\r\n\r\n`)), { code: 'too-long' })
  assert.throws(() => parseMessage(encodeText(`${HEAD}${folded}y\r\n\r\n`)), { code: 'too-long' })
})

test(`a start line of ${LINE_BYTES_MAX} octets is read, one octet more is too long`, () => {
  const phrase = 'x'.repeat(LINE_BYTES_MAX - 'SIP/2.0 200 '.length)

  assert.equal(parseMessage(encodeText(`SIP/2.0 200 ${phrase}\r\n\r\n`)).phrase, phrase)
  assert.throws(() => parseMessage(encodeText(`SIP/2.0 200 ${phrase}x\r\n\r\n`)), { code: 'too-long' })
})

test(`${HEADER_FIELDS_MAX} header fields are read, one more is too long`, () => {
  const fields = 'a: b\r\n'.repeat(HEADER_FIELDS_MAX)

  assert.equal(parseMessage(encodeText(`${HEAD}${fields}\r\n`)).fieldCount, HEADER_FIELDS_MAX)
  assert.throws(() => parseMessage(encodeText(`${HEAD}${fields}a: b\r\n\r\n`)), { code: 'too-long' })
})

const token = fc.stringMatching(/^[A-Za-z0-9\-.!%*_+`'~]{1,12}$/).filter((name) => !/^(l|content-length)$/i.test(name))
const value = fc
  .string({ unit: 'binary', maxLength: 30 })
  .filter((text) => !/[\u0000-\u001f\u007f]/.test(text) && text.trim() === text)
const fields = fc.array(fc.tuple(token, value), { maxLength: 8 })
const body = fc.uint8Array({ maxLength: 30 })

test('what is written reads back: requests', () => {
  fc.assert(
    fc.property(token, fields, body, (method, fields, body) => {
      const message = parseMessage(formatRequest(method, 'sip:a@b.example', { fields, body }))
      assert.deepEqual([message.kind, message.method, message.requestUri], ['request', method, 'sip:a@b.example'])
      assert.deepEqual(
        message.fields().map(({ name, value }) => [name, value]),
        [...fields, ['Content-Length', String(body.length)]],
      )
      assert.deepEqual([...message.body], [...body])
    }),
  )
})

test('what is written reads back: responses', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 699 }), value, fields, (status, phrase, fields) => {
      const message = parseMessage(formatResponse(status, phrase, { fields }))
      assert.deepEqual([message.kind, message.status, message.phrase], ['response', status, phrase])
      assert.equal(message.fieldCount, fields.length + 1)
    }),
  )
})

const REFUSED: [title: string, write: () => Uint8Array][] = [
  ['a line end in a value', () => formatResponse(603, 'Decline', { fields: [['Reason', 'SIP\r\nX: y']] })],
  ['a line end in a phrase', () => formatResponse(603, 'Decline\r\nX: y', { fields: [] })],
  ['a space in a name', () => formatResponse(603, 'Decline', { fields: [['X Y', 'z']] })],
  ['a NUL in a value', () => formatResponse(603, 'Decline', { fields: [['X', '\0']] })],
  ['a status of 99', () => formatResponse(99, 'x', { fields: [] })],
  ['a status that is no whole number', () => formatResponse(200.5, 'x', { fields: [] })],
  ['a Content-Length of its own', () => formatResponse(603, 'Decline', { fields: [['l', '5']] })],
  ['a space in a Request-URI', () => formatRequest('OPTIONS', 'sip:a b', { fields: [] })],
  ['a method that is no token', () => formatRequest('OPT IONS', 'sip:a@b', { fields: [] })],
]

for (const [title, write] of REFUSED) {
  test(`a message with ${title} is not written`, () => {
    assert.throws(write, (error) => error instanceof Error && !(error instanceof Malformed))
  })
}

/** Everything a vector can list, read anew in the shape it is listed in; only what it does list is compared. */
function readFacts(message: Message, expected: SipExpectation): Record<string, unknown> {
  const cseq = parseCSeq(message.first(FIELD.cseq)!)
  const via = message.all(FIELD.via).flatMap(parseVia)
  const addresses = (id: 9 | 15) => message.all(id).flatMap(parseNameAddrs).map(listAddress)
  const length = message.first(FIELD.contentLength)
  const all: Record<string, () => unknown> = {
    kind: () => message.kind,
    method: () => message.method,
    requestUri: () => message.requestUri,
    status: () => message.status,
    phrase: () => message.phrase,
    callId: () => message.first(FIELD.callId),
    cseq: () => cseq,
    bodyLength: () => (length === undefined ? message.body.length : Number(length)),
    via: () => via.map((value) => ({ ...value, port: value.port ?? null, parameters: list(value.parameters) })),
    from: () => listAddress(parseNameAddr(message.first(FIELD.from)!)),
    to: () => listAddress(parseNameAddr(message.first(FIELD.to)!)),
    contacts: () => addresses(FIELD.contact),
    assertedIdentity: () => addresses(FIELD.assertedIdentity),
    reasons: () =>
      message
        .all(FIELD.reason)
        .flatMap(parseReason)
        .map(({ protocol, cause, text, location }) => ({
          protocol,
          cause: cause ?? null,
          text: text ?? null,
          location: location ?? null,
        })),
    callInfo: () =>
      message
        .all(FIELD.callInfo)
        .flatMap(parseCallInfo)
        .map(({ uri, purpose }) => ({ uri, purpose: purpose ?? null })),
    featureCaps: () => message.all(FIELD.featureCaps).flatMap(parseFeatureCaps).map(list),
    uris: () => Object.fromEntries(Object.entries(expected.uris!).map(([text, parts]) => [text, readUri(text, parts)])),
    fields: () => message.fields().map(({ name, value }) => [name, value]),
  }
  const facts: Record<string, unknown> = {}
  for (const key of Object.keys(expected)) facts[key] = all[key]?.() ?? assert.fail(`no reader for ${key}`)
  return facts
}

function readUri(text: string, parts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const uri = parseUri(text) as unknown as Record<string, unknown>
  const read = (key: string) => (uri[key] instanceof Map ? list(uri[key] as Map<string, string>) : (uri[key] ?? null))
  return Object.fromEntries(Object.keys(parts).map((key) => [key, read(key)]))
}

function list(parameters: ReadonlyMap<string, string | undefined>): SipParameters {
  return Object.fromEntries([...parameters].map(([name, value]) => [name, value ?? null]))
}

function listAddress({ displayName, uri, parameters }: NameAddr): Record<string, unknown> {
  return { displayName: displayName ?? null, uri, parameters: list(parameters) }
}

/** The code of the fault that shows when this part of a message is read; undefined where it reads well. */
function faultOf(bytes: Uint8Array, part: string): string | undefined {
  try {
    const message = parseMessage(bytes)
    if (part === 'request') {
      const view = new RequestView()
      const fault = view.read(message)
      return fault === undefined && !view.methodAgrees(message) ? 'cseq-method' : fault?.code
    }
    const read = READERS.get(part)
    if (part === 'response') for (const name of REQUIRED) READERS.get(name)!(message)
    else if (read !== undefined) read(message)
    else assert.equal(part, 'message')
  } catch (fault) {
    if (fault instanceof Malformed) return fault.code
    throw fault
  }
  return undefined
}

const REQUIRED = ['Via', 'From', 'To', 'CSeq']
const READERS = new Map<string, (message: Message) => unknown>([
  ['Request-URI', (message) => parseUri(message.requestUri)],
  ['Via', (message) => message.all(FIELD.via).map(parseVia)],
  ['From', (message) => parseNameAddr(message.first(FIELD.from)!)],
  ['To', (message) => parseNameAddr(message.first(FIELD.to)!)],
  ['CSeq', (message) => parseCSeq(message.first(FIELD.cseq)!)],
  ['Reason', (message) => message.all(FIELD.reason).map(parseReason)],
  ['Call-Info', (message) => message.all(FIELD.callInfo).map(parseCallInfo)],
  ['Feature-Caps', (message) => message.all(FIELD.featureCaps).map(parseFeatureCaps)],
])

function outcomeOf(bytes: Uint8Array, start: number, end: number): unknown {
  const message = new Message()
  message.read(bytes, start, end)
  assert.ok(message.bodyStart <= end && message.end === end)
  return [
    message.fault?.message,
    message.kind,
    message.method,
    message.status,
    message.phrase,
    message.fields().map(({ name, value, at }) => [name, value, at]),
    [...message.body],
  ]
}
