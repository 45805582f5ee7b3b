import assert from 'node:assert/strict'
import { type HepPacket, type HepType, formatHep, hepLength, parseHep } from '#codec/hep/hep.ts'
import { parseCallInfo } from '#codec/sip/call-info.ts'
import { parseCSeq } from '#codec/sip/cseq.ts'
import { parseDate } from '#codec/sip/date.ts'
import { parseFeatureCaps } from '#codec/sip/feature-caps.ts'
import { FIELD } from '#codec/sip/field.ts'
import { Framer, frame } from '#codec/sip/framing.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { Message, parseMessage } from '#codec/sip/message.ts'
import { formatNameAddr, parseNameAddrs } from '#codec/sip/name-addr.ts'
import { formatReason, parseReason, readReasons } from '#codec/sip/reason.ts'
import { type Reply, formatReply } from '#codec/sip/reply.ts'
import { RequestView, checkContact } from '#codec/sip/request.ts'
import { decodeOctets, decodeText } from '#codec/sip/text.ts'
import { formatUri, parseUri } from '#codec/sip/uri.ts'
import { formatVia, parseVia } from '#codec/sip/via.ts'
import { encodeBase64url } from '#codec/stir/base64url.ts'
import { readCertificateTerms } from '#codec/stir/certificate.ts'
import { formatIdentity, parseIdentity } from '#codec/stir/identity.ts'
import { readPassport } from '#codec/stir/passport.ts'
import { readTnAuthList } from '#codec/stir/tn-auth-list.ts'
import { readCallFacts } from '#core/call/read-facts.ts'
import { readSeenMessage } from '#core/observe/seen-message.ts'

/** What is done with octets that may be anything. `Malformed` is a good answer; any other exception is a find. */
export const TARGETS: ReadonlyMap<string, (bytes: Uint8Array) => void> = new Map([
  ['message', readMessage],
  ['reply', replyTo],
  ['reason', readReasonFields],
  ['addresses', readAddresses],
  ['via', (bytes: Uint8Array): void => values(bytes, FIELD.via, parseVia, formatVia)],
  ['lists', readLists],
  ['uri', readUris],
  ['framing', frameInPieces],
  ['identity', readIdentities],
  ['passport', readTokens],
  ['certificate', readCertificates],
  ['hep', readHep],
  ['copy', (bytes: Uint8Array): void => void readSeenMessage(bytes)],
])

/** What went wrong in a target, in words; undefined where it took the octets or called them malformed. */
export function breaks(target: (bytes: Uint8Array) => void, bytes: Uint8Array): string | undefined {
  try {
    target(bytes)
    return undefined
  } catch (error) {
    if (error instanceof Malformed) return undefined
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}

function readMessage(bytes: Uint8Array): void {
  const message = new Message()
  message.read(bytes)
  assert.ok(message.bodyStart <= message.end && message.start <= message.end)
  for (const { raw, at, value, name } of message.fields()) {
    assert.ok(at >= 0 && message.start + at + raw.length <= message.end)
    assert.ok(!/[\r\n]/.test(value) && !/[\s:]/.test(name))
  }
  if (message.fault === undefined) assert.equal(parseMessage(bytes).fieldCount, message.fieldCount)
  else assert.throws(() => parseMessage(bytes), Malformed)
}

/** Nothing, or a response that reads back and holds no control octet of the request's but escaped ones in quotes. */
function replyTo(bytes: Uint8Array): void {
  const message = new Message()
  const view = new RequestView()
  message.read(bytes)
  const fault = view.read(message)
  if (fault === undefined) {
    checkContact(message)
    readCallFacts(message, view, 'peer', 0)
  }
  if (view.viaField < 0) return
  const length = formatReply(message, view, DECLINE, { address: '192.0.2.9', port: 5060 }, 'tag', OUT)
  if (length < 0) return
  parseMessage(OUT, 0, length)
  for (const line of decodeOctets(OUT, 0, length).split('\r\n')) {
    const bare = line.replace(/"(?:[^"\\]|\\[\s\S])*"?/g, (quoted) => quoted.replace(/\\[\s\S]/g, ''))
    assert.doesNotMatch(bare, /[\u0000-\u0008\u000a-\u001f\u007f]/)
  }
}

function readReasonFields(bytes: Uint8Array): void {
  values(bytes, FIELD.reason, parseReason, formatReason)
  const message = parseMessage(bytes)
  assert.deepEqual(readReasons(message), message.all(FIELD.reason).flatMap(parseReason))
}

function readAddresses(bytes: Uint8Array): void {
  for (const id of [FIELD.from, FIELD.to, FIELD.contact, FIELD.assertedIdentity])
    values(bytes, id, parseNameAddrs, formatNameAddr)
}

function readLists(bytes: Uint8Array): void {
  const message = new Message()
  message.read(bytes)
  const parsers: [id: 5 | 11 | 12, parse: (text: string) => unknown][] = [
    [FIELD.cseq, parseCSeq],
    [FIELD.callInfo, parseCallInfo],
    [FIELD.featureCaps, parseFeatureCaps],
  ]
  for (const [id, parse] of parsers) for (const value of message.all(id)) orMalformed(() => parse(value))
}

/** Every URI a message seems to hold; what can be read comes back as it was. */
function readUris(bytes: Uint8Array): void {
  for (const [text] of decodeText(bytes, 0, bytes.length).matchAll(/(?:sips?|tel|urn|https?):[^\s<>"]*/gi)) {
    orMalformed(() => {
      const uri = parseUri(text)
      assert.deepEqual(parseUri(formatUri(uri)), uri)
    })
  }
}

/** The same messages and the same fault, whether the octets come at once or in pieces. */
function frameInPieces(bytes: Uint8Array): void {
  let whole: ReturnType<typeof frame> | undefined
  orMalformed(() => {
    whole = frame(bytes, 0, bytes.length)
  })
  const framer = new Framer()
  const step = 1 + (bytes.length % 97)
  let last: ReturnType<typeof frame> | undefined
  orMalformed(() => {
    for (let end = 0; ; end = Math.min(end + step, bytes.length)) {
      last = undefined
      last = framer.next(bytes, 0, end)
      if (last.kind !== 'need-more' || end === bytes.length) return
    }
  })
  if (last?.kind === 'keep-alive') assert.equal(whole?.kind, 'keep-alive')
  else assert.deepEqual(last, whole)
}

/** Every Identity there is comes back as it was written. */
function readIdentities(bytes: Uint8Array): void {
  values(bytes, FIELD.identity, parseIdentity, formatIdentity)
  const message = new Message()
  message.read(bytes)
  for (const date of message.all(FIELD.date)) orMalformed(() => parseDate(date))
}

/** Everything between dots that may be a token, and the octets themselves as its claims. */
function readTokens(bytes: Uint8Array): void {
  const text = decodeText(bytes, 0, bytes.length)
  const own = `${HEADER}.${encodeBase64url(bytes)}.${HEADER}`
  const found = [...text.matchAll(/[\w-]*\.[\w-]*\.[\w-]+/g)].slice(0, 16).map(([token]) => token)
  for (const token of [own, ...found]) {
    const reading = readPassport({ token, info: X5U, algorithm: 'ES256', ppt: undefined, parameters: new Map() })
    if (reading.kind !== 'passport') continue
    const { signed, signature, dest } = reading.passport
    assert.ok(token.startsWith(signed) && signature.length > 0 && dest.length > 0)
  }
}

function readCertificates(bytes: Uint8Array): void {
  orMalformed(() => readTnAuthList(bytes))
  orMalformed(() => readCertificateTerms(bytes))
  for (let at = bytes.indexOf(0x30); at >= 0 && at < 64; at = bytes.indexOf(0x30, at + 1))
    orMalformed(() => readCertificateTerms(bytes.subarray(at)))
}

/** A packet that can be written again reads back as itself, and a stream always goes on. */
function readHep(bytes: Uint8Array): void {
  orMalformed(() => assert.ok((hepLength(bytes) ?? 6) >= 6))
  for (const octets of [bytes, Buffer.concat([Buffer.from('HEP3'), bytes])]) {
    orMalformed(() => {
      const { isCompressed, ...packet } = parseHep(octets)
      assert.ok(packet.payload.length <= octets.length)
      const sent: HepPacket = { ...packet, type: packet.type as HepType }
      const written = isCompressed || packet.source === '' ? undefined : writeOr(() => formatHep(sent))
      if (written !== undefined) assert.deepEqual(parseHep(written).payload, packet.payload)
    })
  }
}

/** Reads each line of a field; each value that can be written again reads back as itself. */
function values<T>(
  bytes: Uint8Array,
  id: Parameters<Message['all']>[0],
  parse: (text: string) => T[],
  format: (value: T) => string,
): void {
  const message = new Message()
  message.read(bytes)
  for (const text of message.all(id)) {
    orMalformed(() => {
      for (const value of parse(text)) {
        const written = writeOr(() => format(value))
        if (written !== undefined) assert.deepEqual(parse(written), [value])
      }
    })
  }
}

/** A writer refuses what it could not write soundly, such as a control character that was escaped in a quoted string. */
function writeOr<Written>(write: () => Written): Written | undefined {
  try {
    return write()
  } catch (error) {
    if (error instanceof Malformed) throw new Error('a writer must not throw Malformed', { cause: error })
    return undefined
  }
}

function orMalformed(run: () => unknown): void {
  try {
    run()
  } catch (fault) {
    if (!(fault instanceof Malformed)) throw fault
  }
}

const X5U = 'https://cert.example/a.pem'
const HEADER = encodeBase64url(new TextEncoder().encode(`{"alg":"ES256","typ":"passport","x5u":"${X5U}"}`))
const DECLINE: Reply = { status: 603, phrase: 'Decline', fields: [] }
const OUT = new Uint8Array(65_535)
