// What reading a SIP message costs, beside the npm parsers: `npm ci` in bench/peers once, then `node bench/parse.ts`.
// One core, no input or output. Every parser gets what a socket gives, octets, and is asked for the same facts.
import { createRequire } from 'node:module'
import { FIELD } from '#codec/sip/field.ts'
import { Message } from '#codec/sip/message.ts'
import { readReasons } from '#codec/sip/reason.ts'
import { type Reply, formatReply } from '#codec/sip/reply.ts'
import { RequestView } from '#codec/sip/request.ts'
import { readCallFacts } from '#core/call/read-facts.ts'
import { SipHash } from '#core/transaction/siphash.ts'

/** One way to do a piece of work; it returns a number that depends on the work, so that none of it can be left out. */
type Contender = { readonly name: string; readonly step: () => number }

const ROUNDS = 8
const roundMs = Number(process.argv[2] ?? 150)

const INVITE = buildInvite(1432)
const BLOCKED = buildBlocked(535)
/** A socket gives a buffer of its own for every message, so no reader may profit from having seen these octets before. */
const INVITES = Array.from({ length: 64 }, () => Buffer.from(INVITE))
const BLOCKEDS = Array.from({ length: 64 }, () => Buffer.from(BLOCKED))
let turn = 0
const message = new Message()
const view = new RequestView()
const hash = new SipHash(new Uint8Array(16))
const out = new Uint8Array(2048)
const reply: Reply = { status: 603, phrase: 'Network Blocked', fields: [['Reason', reasonOf(BLOCKED)]] }

/** What sip.js logs to. */
const SILENT = { error: () => {}, warn: () => {}, log: () => {}, debug: () => {} }
const require = createRequire(new URL('peers/package.json', import.meta.url))

compare('INVITE of 1,432 octets: where every header field lies', [
  { name: 'recourse', step: () => readMessage(INVITES[turn++ & 63]!).fieldCount },
])
compare('INVITE of 1,432 octets: with the typed fields a call gate needs', [
  { name: 'recourse', step: readCall },
  ...peers(INVITES, 'request'),
])
compare('603+ of 535 octets: with its Reason', [
  {
    name: 'recourse',
    step: () => {
      const [reason] = readReasons(readMessage(BLOCKEDS[turn++ & 63]!))
      return reason!.cause! + reason!.text!.length + reason!.location!.length
    },
  },
  ...peers(BLOCKEDS, 'response'),
])
readMessage(INVITE)
view.read(message)
compare('Parts of an answer', [
  {
    name: 'formatReply',
    step: () => formatReply(message, view, reply, { address: '192.0.2.9', port: 5060 }, 'tag-of-ours', out),
  },
  { name: 'SipHash over 100 octets', step: () => hash.start().octets(INVITE, 40, 140).finish().low },
])

/**
 * The least processor time a step takes, each contender in turn in every round, so that a busy machine is unfair to all
 * alike; time in which other programs had the processor does not count.
 */
function compare(title: string, contenders: readonly Contender[]): void {
  const best = contenders.map(() => Number.POSITIVE_INFINITY)
  const steps = contenders.map(({ step }) => stepsWithin(step, roundMs))
  let seen = 0
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, { step }] of contenders.entries()) {
      const before = process.threadCpuUsage().user
      for (let count = 0; count < steps[index]!; count++) seen += step()
      const spent = process.threadCpuUsage().user - before
      if (round > 0) best[index] = Math.min(best[index]!, spent / steps[index]!)
    }
  }
  if (!Number.isFinite(seen)) throw new Error('a contender did nothing')
  console.log(`\n${title}`)
  console.table(
    contenders.map(({ name }, index) => ({
      name,
      'µs each': Number(best[index]!.toFixed(3)),
      'per second': Math.round(1e6 / best[index]!),
      ...(title.startsWith('Parts') ? {} : { 'times as long': Number((best[index]! / best[0]!).toFixed(1)) }),
    })),
  )
}

/** About how many steps fit into a time, the first of which pay for being compiled. */
function stepsWithin(step: () => number, timeMs: number): number {
  const until = performance.now() + timeMs
  let steps = 0
  for (; performance.now() < until; steps++) step()
  return Math.max(steps, 8)
}

function readMessage(bytes: Uint8Array): Message {
  message.read(bytes)
  if (message.fault !== undefined) throw message.fault
  return message
}

function readCall(): number {
  readMessage(INVITES[turn++ & 63]!)
  const fault = view.read(message)
  if (fault !== undefined) throw fault
  const facts = readCallFacts(message, view, 'edge', 0)
  return facts.calling.digits + facts.called.digits + view.cseq.number + view.via.branchEnd
}

/** The npm parsers that are installed here, each asked for calling (in From) and called number, From tag, Call-ID, CSeq and branch. */
function peers(messages: readonly Buffer[], kind: 'request' | 'response'): Contender[] {
  const next = (): Buffer => messages[turn++ & 63]!
  const found: Contender[] = []
  const add = (name: string, build: () => () => number): void => {
    try {
      const step = build()
      if (!(step() > 0)) throw new Error('it read nothing')
      found.push({ name, step })
    } catch (error) {
      console.error(`${name} is left out: ${(error as Error).message.split('\n')[0]}`)
    }
  }
  add('drachtio-sip', () => {
    const { SipMessage } = require('drachtio-sip') as Drachtio
    return () => {
      const parsed = new SipMessage(next().toString())
      if (kind === 'response') return readReason(parsed.get('reason'))
      const from = parsed.getParsedHeader('from')
      const via = parsed.getParsedHeader('via')
      const cseq = parsed.getParsedHeader('cseq')
      const numbers = parsed.callingNumber.length + parsed.calledNumber.length
      return numbers + from.params.tag.length + via[0]!.params.branch.length + cseq.seq + parsed.get('call-id').length
    }
  })
  add('sip', () => {
    const sip = require('sip') as Sip
    return () => {
      const parsed = sip.parse(next())
      if (kind === 'response') return readReason(parsed.headers.reason!)
      const { from, via, cseq } = parsed.headers
      const numbers = sip.parseUri(from.uri).user.length + sip.parseUri(parsed.uri).user.length
      return numbers + from.params.tag.length + via[0]!.params.branch.length + cseq.seq
    }
  })
  add('jssip', () => {
    const jssip = require('jssip/lib/Parser') as Jssip
    return () => {
      const parsed = jssip.parseMessage(next().toString(), {})
      if (kind === 'response') {
        const reason = parsed.parseHeader('reason')
        return reason.cause + reason.text.length + reason.params.location.length
      }
      const numbers = parsed.from.uri.user.length + parsed.ruri.user.length
      return numbers + parsed.from_tag.length + parsed.via_branch.length + parsed.cseq + parsed.call_id.length
    }
  })
  add('sip.js', () => {
    const { Parser } = require('sip.js/lib/core/messages/parser.js') as SipJs
    return () => {
      const parsed = Parser.parseMessage(next().toString(), SILENT)!
      if (kind === 'response') return readReason(parsed.getHeader('reason')!)
      const numbers = parsed.from.uri.user.length + parsed.ruri.user.length
      return numbers + parsed.fromTag.length + parsed.viaBranch.length + parsed.cseq + parsed.callId.length
    }
  })
  return found
}

/** What users of a parser that leaves Reason to them would write: cause, text and location by patterns. */
function readReason(value: string): number {
  const cause = Number(/;\s*cause\s*=\s*(\d+)/i.exec(value)![1])
  const text = /;\s*text\s*=\s*"((?:[^"\\]|\\.)*)"/i.exec(value)![1]!
  const location = /;\s*location\s*=\s*([\w-]+)/i.exec(value)![1]!
  return cause + text.length + location.length
}

/** An INVITE as a carrier's edge sends it: Identity with a PASSporT, and a body of SDP. */
function buildInvite(size: number): Uint8Array {
  const passport = `eyJhbGciOiJFUzI1NiIsInBwdCI6InNoYWtlbiIsInR5cCI6InBhc3Nwb3J0In0.${'e30x'.repeat(60)}.${'c2ln'.repeat(21)}`
  const sdp = [
    'v=0',
    'o=- 3977846400 3977846400 IN IP4 192.0.2.21',
    's=-',
    'c=IN IP4 192.0.2.21',
    't=0 0',
    'm=audio 49170 RTP/AVP 0 8 101',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:101 telephone-event/8000',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n')
  const build = (padding: number): string =>
    [
      'INVITE sip:+14155550163@gate.example.net:5060;user=phone SIP/2.0',
      'Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bK-524287-1---7f3a9c2b1d4e5f60;rport',
      'Max-Forwards: 69',
      'Contact: <sip:192.0.2.21:5060;transport=udp>',
      'To: <sip:+14155550163@gate.example.net;user=phone>',
      'From: "Example Health" <sip:+12125550117@origin.example.net;user=phone>;tag=8d3f21c7',
      'Call-ID: 83f1c2d4-6a5b-4e7f-9c0d-1e2f3a4b5c6d@192.0.2.21',
      'CSeq: 1 INVITE',
      'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS',
      'P-Asserted-Identity: "Example Health" <sip:+12125550117;verstat=TN-Validation-Passed-A@origin.example.net>',
      `Identity: ${passport}${'A'.repeat(padding)};info=<https://cert.example.net/shaken.pem>;alg=ES256;ppt=shaken`,
      'Content-Type: application/sdp',
      `Content-Length: ${sdp.length}`,
      '',
      sdp,
    ].join('\r\n')
  return padded(build, size)
}

function buildBlocked(size: number): Uint8Array {
  const build = (padding: number): string =>
    [
      'SIP/2.0 603 Network Blocked',
      'Via: SIP/2.0/UDP 192.0.2.21:5060;branch=z9hG4bK-524287-1---7f3a9c2b1d4e5f60;rport=5060;received=192.0.2.21',
      'From: <sip:+12125550117@origin.example.net>;tag=8d3f21c7',
      'To: <sip:+14155550163@gate.example.net>;tag=9f1e',
      'Call-ID: 83f1c2d4-6a5b-4e7f@192.0.2.21',
      'CSeq: 1 INVITE',
      `Reason: SIP;cause=603;text="v=analytics1;url=https://redress.example/r/${'x'.repeat(padding)};tel=+18005550142";location=RLN`,
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n')
  return padded(build, size)
}

function padded(build: (padding: number) => string, size: number): Uint8Array {
  const missing = size - build(0).length
  if (missing < 0) throw new Error(`the message is ${-missing} octets too long`)
  return Buffer.from(build(missing))
}

function reasonOf(bytes: Uint8Array): string {
  return readMessage(bytes).first(FIELD.reason)!
}

type Parameters = { readonly tag: string; readonly branch: string }
type Drachtio = {
  readonly SipMessage: new (text: string) => {
    readonly callingNumber: string
    readonly calledNumber: string
    get(name: string): string
    getParsedHeader(name: 'from'): { readonly params: Parameters }
    getParsedHeader(name: 'via'): readonly { readonly params: Parameters }[]
    getParsedHeader(name: 'cseq'): { readonly seq: number }
  }
}
type Sip = {
  parse(octets: Buffer): {
    readonly uri: string
    readonly headers: {
      readonly from: { readonly uri: string; readonly params: Parameters }
      readonly via: readonly { readonly params: Parameters }[]
      readonly cseq: { readonly seq: number }
      readonly reason?: string
    }
  }
  parseUri(text: string): { readonly user: string }
}
type Uri = { readonly user: string }
type Jssip = {
  parseMessage(
    text: string,
    agent: object,
  ): {
    readonly ruri: Uri
    readonly from: { readonly uri: Uri }
    readonly from_tag: string
    readonly via_branch: string
    readonly cseq: number
    readonly call_id: string
    parseHeader(name: 'reason'): {
      readonly cause: number
      readonly text: string
      readonly params: { readonly location: string }
    }
  }
}
type SipJs = {
  readonly Parser: {
    parseMessage(
      text: string,
      logger: object,
    ):
      | {
          readonly ruri: Uri
          readonly from: { readonly uri: Uri }
          readonly fromTag: string
          readonly viaBranch: string
          readonly cseq: number
          readonly callId: string
          getHeader(name: string): string | undefined
        }
      | undefined
  }
}
