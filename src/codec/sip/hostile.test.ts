import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseCallInfo } from './call-info.ts'
import { parseIdentity } from '#codec/stir/identity.ts'
import { readPassport } from '#codec/stir/passport.ts'
import { parseStrictJson } from '#codec/stir/strict-json.ts'
import { parseCSeq } from './cseq.ts'
import { parseDate } from './date.ts'
import { parseFeatureCaps } from './feature-caps.ts'
import { findField } from './field.ts'
import { Framer, frame } from './framing.ts'
import { Malformed } from './malformed.ts'
import { Message, parseMessage } from './message.ts'
import { NameAddrView, parseNameAddr, parseNameAddrs } from './name-addr.ts'
import { parseReason } from './reason.ts'
import { type Reply, formatReply } from './reply.ts'
import { RequestView, checkContact } from './request.ts'
import { splitList, unescapeQuoted } from './scanner.ts'
import { decodeOctets, decodeText, encodeText, unfold } from './text.ts'
import { parseUri, unescapeUri } from './uri.ts'
import { ViaView, parseVia } from './via.ts'

const X5U = 'https://cert.example/a.pem'
const readToken = (token: string) =>
  readPassport({ token, info: X5U, algorithm: undefined, ppt: undefined, parameters: new Map() })

const READERS: readonly (readonly [name: string, read: (text: string) => unknown])[] = [
  ['parseReason', parseReason],
  ['parseCallInfo', parseCallInfo],
  ['parseFeatureCaps', parseFeatureCaps],
  ['parseNameAddr', parseNameAddr],
  ['parseNameAddrs', parseNameAddrs],
  ['parseVia', parseVia],
  ['parseCSeq', parseCSeq],
  ['parseUri', parseUri],
  ['parseDate', parseDate],
  ['parseIdentity', parseIdentity],
  ['parseIdentity, behind a token', (text) => parseIdentity(`a.b.c${text}`)],
  ['readPassport', readToken],
  ['parseStrictJson', (text) => parseStrictJson(`{"a":${JSON.stringify(text)},"b":[${text}]}`)],
  ['unescapeUri', unescapeUri],
  ['unescapeQuoted', unescapeQuoted],
  ['unfold', unfold],
  ['splitList', splitList],
  ['Message.read, as the value of a field', (text) => readAll(`SIP/2.0 200 OK\r\nX: ${text}\r\n\r\n`)],
  ['Message.read, as header lines', (text) => readAll(`SIP/2.0 200 OK\r\n${text}\r\n\r\n`)],
  ['Message.read, as a start line', (text) => readAll(`${text}\r\n\r\n`)],
  ['RequestView and formatReply, as Via', (text) => answer(`Via: ${text}\r\nFrom: sip:a@b\r\nTo: sip:a@b\r\n`)],
  ['RequestView and formatReply, as From', (text) => answer(`Via: SIP/2.0/UDP a\r\nTo: sip:a@b\r\nFrom: ${text}\r\n`)],
  ['RequestView and formatReply, as Contact', (text) => answer(`Via: SIP/2.0/UDP a\r\nContact: ${text}\r\n`)],
  ['frame', (text) => frame(encodeText(text), 0, text.length)],
]

/** What has been slow in somebody's parser: runs of one thing, and things opened again and again but never closed. */
const RUNS: readonly (readonly [name: string, piece: string, lead?: string])[] = [
  ['letters', 'a'],
  ['digits', '1'],
  ['spaces', ' ', 'a'],
  ['spaces after a fold', ' ', 'a\r\n'],
  ['folds', '\r\n '],
  ['folds in quotes', '\r\n ', '"'],
  ['spaces and folds', '  \r\n\t', 'a'],
  ['quotes', '"'],
  ['open quotes', 'a="', 'SIP;'],
  ['backslashes', '\\'],
  ['backslashes in quotes', '\\', '"'],
  ['escaped quotes', '\\"', '"'],
  ['NULs', '\0'],
  ['NULs in quotes', '\\\0', '"'],
  ['semicolons', ';'],
  ['parameters', ';a=b', 'SIP'],
  ['distinct parameters of a URI', ';%41=b', 'sip:a'],
  ['commas', ','],
  ['values', '<a:b>,'],
  ['open brackets', '<'],
  ['open square brackets', '['],
  ['colons', ':'],
  ['at signs', 'sip:a@'],
  ['escapes', '%41', 'sip:'],
  ['broken escapes', '%', 'sip:'],
  ['header lines', 'a: b\r\n'],
  ['lengths', 'l: 0\r\n'],
  ['line ends', '\r\n'],
  ['carriage returns', '\r'],
  ['letters beyond ASCII', 'é'],
]

test('linear time: twice the input never takes much more than twice as long', () => {
  let compared = 0
  for (const [reader, read] of READERS) {
    for (const [run, piece, lead = ''] of RUNS) {
      const ratio = growth(read, (size) => lead + piece.repeat(Math.floor(size / piece.length)))
      assert.ok(ratio < STEEP, `${reader} over ${run}: 64 KiB take ${ratio.toFixed(1)} times as long as 32 KiB`)
      compared++
    }
  }
  assert.equal(compared, READERS.length * RUNS.length)
})

test('the measure of linear time sees a reader that is not linear', () => {
  const searchFromMany = (text: string): number => {
    let found = 0
    for (let from = 0; from < text.length; from++) found += text.indexOf('>', from)
    return found
  }

  const ratio = growth(searchFromMany, (size) => '<'.repeat(size), TRIES_OF_CONTROL)

  assert.ok(ratio > STEEP, `a search from many places grew only ${ratio.toFixed(1)} times`)
})

test('a peer that sends octet by octet makes the framer read each octet once', () => {
  const feed = (size: number): number => {
    const bytes = encodeText(`OPTIONS sip:a@b SIP/2.0\r\n${`a: ${'x'.repeat(100)}\r\n`.repeat(size / 105)}`)
    const counted = countReads(bytes)
    const framer = new Framer()
    for (let end = 1; end <= bytes.length; end++) assert.equal(framer.next(counted.bytes, 0, end).kind, 'need-more')
    return counted.reads() / bytes.length
  }

  assert.ok(feed(4096) < 12)
  assert.ok(feed(16_384) < 12)
})

const octets = fc.oneof(
  fc.uint8Array({ maxLength: 120 }),
  fc
    .array(fc.constantFrom(...RUNS.map(([, piece]) => piece), 'SIP', 'sip:', 'tel:', '=', 'cause', '\u0007', '\n'), {
      maxLength: 24,
    })
    .map((pieces) => encodeText(pieces.join(''))),
)

for (const [reader, read] of READERS) {
  test(`${reader} answers any octets with a value or Malformed`, () => {
    let seen = 0
    fc.assert(
      fc.property(octets, (bytes) => {
        seen++
        for (const text of [decodeText(bytes, 0, bytes.length), decodeOctets(bytes)]) {
          try {
            read(text)
          } catch (fault) {
            if (!(fault instanceof Malformed)) throw fault
            assert.ok(Number.isInteger(fault.at) && fault.at >= 0 && fault.cite !== '')
          }
        }
      }),
      { numRuns: 200 },
    )
    assert.ok(seen >= 200)
  })
}

test('the views answer any octets with a reading inside them or Malformed', () => {
  const via = new ViaView()
  const address = new NameAddrView()
  fc.assert(
    fc.property(octets, fc.nat(20), fc.nat(20), (bytes, before, after) => {
      const start = Math.min(before, bytes.length)
      const end = Math.max(start, bytes.length - after)
      try {
        via.read(bytes, start, end)
        assert.ok(start <= via.hostStart && via.hostStart < via.hostEnd && via.valueEnd <= end)
        address.read(bytes, start, end)
        assert.ok(start <= address.uriStart && address.uriStart < address.uriEnd && address.uriEnd <= end)
      } catch (fault) {
        if (!(fault instanceof Malformed)) throw fault
      }
      if (end > start) assert.ok(findField(bytes, start, end) >= 0)
    }),
    { numRuns: 500 },
  )
})

function readAll(text: string): void {
  const message = new Message()
  message.read(encodeText(text))
  message.fields()
  message.named('subject')
  new RequestView().read(message)
  if (message.fault === undefined) parseMessage(encodeText(text))
}

function answer(fields: string): void {
  const message = new Message()
  const view = new RequestView()
  message.read(encodeText(`INVITE sip:a@b SIP/2.0\r\n${fields}Call-ID: c\r\nCSeq: 1 INVITE\r\n\r\n`))
  view.read(message)
  const length = formatReply(message, view, DECLINE, { address: '192.0.2.1', port: 5060 }, 't', OUT)
  if (length >= 0) parseMessage(OUT, 0, length)
  checkContact(message)
}

/**
 * How many times as long twice the input takes, by the best of several tries of each, so that only true growth shows.
 * As soon as a reader is seen to be quick, after `triesMin`, there is no need to go on.
 */
function growth(read: (text: string) => unknown, build: (size: number) => string, triesMin = TRIES_MIN): number {
  const small = build(32 * 1024)
  const large = build(64 * 1024)
  let shortest = durationOf(read, small)
  let longest = durationOf(read, large)
  for (let tries = 1; tries < triesMin || (tries < TRIES_MAX && longest / shortest >= 2); tries++) {
    shortest = Math.min(shortest, durationOf(read, small))
    longest = Math.min(longest, durationOf(read, large))
  }
  return longest / shortest
}

function durationOf(read: (text: string) => unknown, text: string): number {
  const started = performance.now()
  try {
    read(text)
  } catch (fault) {
    if (!(fault instanceof Malformed)) throw fault
  }
  // Below this, what is measured is the noise of the machine.
  return Math.max(performance.now() - started, 1)
}

/** The same octets, counting how often one is looked at. */
function countReads(bytes: Uint8Array): { bytes: Uint8Array; reads: () => number } {
  let reads = 0
  const watched = new Proxy(bytes, {
    get(target, key) {
      reads++
      return Reflect.get(target, key, target) as unknown
    },
  })
  return { bytes: watched, reads: () => reads }
}

const STEEP = 3
const TRIES_MIN = 4
const TRIES_MAX = 41
/** On a busy machine the first few tries of the small input may all be slow, which looks like no growth. */
const TRIES_OF_CONTROL = 20
const DECLINE: Reply = { status: 603, phrase: 'Decline', fields: [] }
const OUT = new Uint8Array(65_535)
