import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeText } from '#codec/sip/text.ts'
import { parseParty } from '#core/call/party.ts'
import type { CallFacts } from '#core/call/facts.ts'
import { NOT_LOOKED, NO_SCORES } from '#core/call/verification.ts'
import type { Findings } from '#edge/gate/inquiry.ts'
import type { Tried } from '#edge/gate/trial.ts'
import type { Receive } from '#edge/gate/udp.ts'
import type { HepSender } from '#edge/hep/send-hep.ts'
import { BLOCKED, CALLER, NOW, PEER, gateWith, invite, request } from '../../test/gate.ts'
import { UDP, tapped } from './hep-tap.ts'

const HEARD = { address: '192.0.2.1', port: 5060, protocol: UDP }
const IDENTITY = 'Identity: a.b.c;info=<https://x.example/c>;alg=ES256\r\n'
/** What comes in turn; some wait for an inquiry, some for the ledger, one is a call of a peer test, some come twice. */
const DATAGRAMS: readonly Uint8Array[] = [
  invite({ from: CALLER, callId: 'allowed', branch: 'a', extra: IDENTITY }),
  invite({ from: BLOCKED, callId: 'blocked', branch: 'b', extra: IDENTITY }),
  invite({ from: CALLER, to: '+14155550102', callId: 'tried', branch: 'c' }),
  invite({ from: BLOCKED, callId: 'blocked', branch: 'b', extra: IDENTITY }),
  encodeText(request('OPTIONS')),
  invite({ from: BLOCKED, to: '911', callId: 'emergency', branch: 'd' }),
  invite({ from: BLOCKED, callId: 'cancelled', branch: 'o' }),
  encodeText(request('CANCEL')),
  encodeText('INVITE sip:x SIP/2.0\r\n\r\n'),
  encodeText(request('ACK')),
]

/** How octets come to a gate. */
type Lending = (receive: (bytes: Uint8Array) => void) => (datagram: Uint8Array) => void

const own: Lending = (receive) => (datagram) => receive(Uint8Array.from(datagram))
/** As a transport does: one memory for all, and other octets in it as soon as the call is over. */
const lent: Lending = (receive) => {
  const memory = new Uint8Array(4_096)
  return (datagram) => {
    memory.set(datagram)
    receive(memory.subarray(0, datagram.length))
    memory.fill(0x5a)
  }
}

/** Everything that leaves a gate, is recorded or is copied. */
async function run(lending: Lending, keep: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes) {
  let found: ((findings: Findings) => void)[] = []
  const asked: unknown[] = []
  const inquiry = {
    ask: (facts: CallFacts, identities: readonly string[]) => {
      asked.push(facts, identities)
      if (identities.length === 0) return undefined
      return new Promise<Findings>((resolve) => found.push(resolve))
    },
  }
  const tried: Tried[] = []
  const trial = {
    peer: 'edge',
    allow: parseParty('+14155550101'),
    block: parseParty('+14155550102'),
    status: 607,
    untilMs: NOW + 1,
  } as const
  const made = gateWith({ parts: { inquiry, trial, tried: (what) => void tried.push(what), answersStrangers: true } })
  const copies: unknown[] = []
  const hep = {
    send: (packet: Parameters<HepSender['send']>[0]) => void copies.push({ ...packet, atMs: 0 }),
  } as unknown as HepSender
  const receive: Receive = tapped((bytes, source, way) => made.gate.receive(bytes, source, way), hep, HEARD)
  const kept: Uint8Array[] = []
  const feed = lending((bytes) => {
    kept.push(keep(bytes))
    receive(bytes, PEER, made.way)
  })
  for (const datagram of DATAGRAMS) feed(datagram)
  const waiting = found
  found = []
  for (const resolve of waiting) resolve({ verification: NOT_LOOKED, scores: NO_SCORES })
  await new Promise<void>((resolve) => setImmediate(resolve))
  await made.commit()
  for (const datagram of DATAGRAMS) feed(datagram)
  const { sent, journal, recorded, alarms } = made
  return { sent, journal, recorded, alarms, copies, asked, tried, figures: { ...made.gate.figures }, kept }
}

test('nothing that a gate does, keeps or copies changes when the octets it was lent are written over', async () => {
  const { kept: _own, ...expected } = await run(own)
  const { kept: _lent, ...seen } = await run(lent)

  assert.deepEqual(seen, expected)
  assert.ok(seen.recorded.length > 0 && seen.tried.length > 0 && seen.copies.length > 10)
  assert.ok(seen.figures.inquired > 0 && seen.figures.retransmissions > 0 && seen.figures.blocked > 0)
})

test('whoever keeps what it was lent does see other octets afterwards', async () => {
  const { kept } = await run(lent)
  const { kept: copied } = await run(lent, (bytes) => Uint8Array.from(bytes))
  assert.notDeepEqual(kept, copied)
})

test('a way on which nobody asks again stays one when its calls are copied', () => {
  for (const isReliable of [true, false]) {
    const seen: unknown[] = []
    const hep = { send: () => undefined } as unknown as HepSender
    const receive = tapped((_bytes, _source, way) => void seen.push(way.isReliable), hep, HEARD)
    receive(invite({ from: CALLER }), PEER, { send: () => undefined, isReliable })
    assert.deepEqual(seen, [isReliable])
  }
})
