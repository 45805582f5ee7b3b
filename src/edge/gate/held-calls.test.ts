import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeOctets, encodeText } from '#codec/sip/text.ts'
import { parseMessage } from '#codec/sip/message.ts'
import type { CallFacts } from '#core/call/facts.ts'
import type { Party } from '#core/call/party.ts'
import { NOT_LOOKED, NO_SCORES } from '#core/call/verification.ts'
import { BLOCKED, CALLER, PEER, gateWith, invite, policyOf, statuses, terms } from '../../../test/gate.ts'
import type { Findings } from './inquiry.ts'

const NOTHING_FOUND: Findings = { verification: NOT_LOOKED, scores: NO_SCORES }

/** A gate whose inquiry ends when it is told to. */
function inquiringGate(limit?: number) {
  const asked: { facts: CallFacts; identities: readonly string[]; date?: string; dialled?: Party }[] = []
  let answers: { found: (findings: Findings) => void; fail: (cause: Error) => void }[] = []
  const inquiry = {
    ask: (facts: CallFacts, identities: readonly string[], date?: string, dialled?: Party) => {
      asked.push({ facts, identities, date: date!, dialled: dialled! })
      return new Promise<Findings>((found, fail) => answers.push({ found, fail }))
    },
  }
  const limits = { recordWithinMs: 60_000, transactions: 1024, pending: 100, inquiries: limit }
  const made = gateWith({ parts: { inquiry, limits } })
  const settle = async (each: (answer: (typeof answers)[number]) => void): Promise<void> => {
    const all = answers
    answers = []
    for (const answer of all) each(answer)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return {
    ...made,
    asked,
    find: () => settle(({ found }) => found(NOTHING_FOUND)),
    fail: () => settle(({ fail }) => fail(new Error('broken'))),
  }
}

test('a call waits for what is found out about it, and its retransmissions are absorbed', async () => {
  const { say, sent, asked, find, gate, journal } = inquiringGate()
  const call = invite({ from: CALLER, extra: 'Identity: a.b.c;info=<https://x.example/c>;alg=ES256\r\ny: d.e.f\r\n' })

  assert.deepEqual(say(call), [])
  assert.deepEqual(say(call), [], 'a retransmission waits with it')
  assert.equal(gate.held, 1)
  await find()

  assert.deepEqual(statuses(sent), [404])
  assert.deepEqual(statuses(say(call)), [404], 'and is answered from memory afterwards')
  assert.equal(asked.length, 1)
  assert.deepEqual(asked[0]!.identities, ['a.b.c;info=<https://x.example/c>;alg=ES256', 'd.e.f'])
  assert.equal(journal.length, 1)
  assert.deepEqual([gate.figures.calls, gate.figures.inquired, gate.figures.retransmissions], [1, 1, 2])
})

test('with a call goes the number in To and its Date, for these are what was signed', async () => {
  const { say, asked, find } = inquiringGate()
  const to = '<sip:+18005550100@b.example>'
  const words = Buffer.from(
    invite({ from: CALLER, extra: 'Identity: a.b.c;info=<https://x.example/c>\r\nDate: D\r\n' }),
  )
  say(Buffer.from(words.toString().replace(/^To: .*$/m, `To: ${to}`)))
  await find()
  assert.deepEqual(asked[0]!.dialled, { kind: 'e164', digits: 18005550100, count: 11 })
  assert.equal(asked[0]!.date, 'D')
})

test('a held call is answered where it came from and by its own octets, whatever came in between', async () => {
  const { say, sent, find, commit, recorded } = inquiringGate()
  const held = invite({ from: BLOCKED, callId: 'held' })
  const datagram = Uint8Array.from(held)
  say(datagram)
  datagram.fill(0)
  say(invite({ from: CALLER, callId: 'between', branch: 'b' }))
  await find()
  await commit()

  const answers = sent.map(({ bytes }) => parseMessage(bytes))
  assert.deepEqual(
    answers.map(({ status }) => status),
    [404, 603],
  )
  assert.match(decodeOctets(sent[1]!.bytes), /Call-ID: held@origin\.example/)
  assert.equal(recorded[0]?.personal.request, decodeOctets(held))
})

test('two branches of one call are judged once', async () => {
  const { say, sent, find, gate } = inquiringGate()
  say(invite({ from: CALLER, branch: 'a' }))
  say(invite({ from: CALLER, branch: 'b' }))
  await find()

  assert.deepEqual(statuses(sent), [404, 404])
  assert.deepEqual([gate.figures.calls, gate.figures.repeats], [1, 1])
})

test('an emergency call waits for nothing, and nothing is asked about it', () => {
  const { say, asked } = inquiringGate()

  for (const to of ['911', '112']) assert.deepEqual(statuses(say(invite({ from: BLOCKED, to, callId: to }))), [404])
  assert.deepEqual(statuses(say(invite({ from: BLOCKED, requestUri: 'urn:service:sos' }))), [404])
  assert.equal(asked.length, 0)
  say(invite({ from: BLOCKED, to: '913', callId: '913' }))
  assert.equal(asked.length, 1, 'any other call is asked about')
})

test('CANCEL of a held call ends it: 200 and 487, not judged, and the same again when asked again', async () => {
  const { say, sent, find, gate, journal, recorded, commit } = inquiringGate()
  const call = invite({ from: BLOCKED })
  const cancel = encodeText(
    decodeOctets(call).replace('INVITE sip', 'CANCEL sip').replace('CSeq: 1 INVITE', 'CSeq: 1 CANCEL'),
  )
  say(call)

  const answers = say(cancel)

  assert.deepEqual(statuses(answers), [200, 487])
  assert.match(decodeOctets(answers[0]!.bytes), /CSeq: 1 CANCEL/)
  assert.match(decodeOctets(answers[1]!.bytes), /CSeq: 1 INVITE/)
  await find()
  await commit()
  assert.equal(sent.length, 2, 'what is found afterwards changes nothing')
  assert.deepEqual(say(call)[0]?.bytes, answers[1]?.bytes)
  assert.deepEqual(statuses(say(cancel)), [200])
  assert.deepEqual([journal.length, recorded.length, gate.figures.calls, gate.figures.cancelled], [0, 0, 0, 1])
})

test('CANCEL of another transaction ends no held call', async () => {
  const { say, sent, find } = inquiringGate()
  const call = decodeOctets(invite({ from: CALLER }))
  say(encodeText(call))

  const other = call
    .replace('INVITE sip', 'CANCEL sip')
    .replace('1 INVITE', '1 CANCEL')
    .replace('z9hG4bK-1', 'z9hG4bK-2')
  assert.deepEqual(statuses(say(encodeText(other))), [481])
  await find()
  assert.deepEqual(statuses(sent), [481, 404])
})

test('beyond the number that may be held, calls are judged at once and counted', () => {
  const { say, gate } = inquiringGate(2)

  const answers = Array.from({ length: 4 }, (_, call) => statuses(say(invite({ from: CALLER, callId: `${call}` }))))

  assert.deepEqual(answers, [[], [], [404], [404]])
  assert.deepEqual([gate.figures.inquired, gate.figures.uninquired], [2, 2])
})

test('an inquiry that fails costs its findings, an alarm, and no call', async () => {
  const { say, sent, fail, gate, alarms } = inquiringGate()
  say(invite({ from: CALLER }))
  await fail()

  assert.deepEqual(statuses(sent), [404])
  assert.deepEqual(alarms, ['fault'])
  assert.equal(gate.figures.uninquired, 1)
})

test('an ending gate judges what it holds by what is known, and does not answer twice', async () => {
  const { say, sent, find, gate } = inquiringGate()
  say(invite({ from: CALLER }))

  gate.close()
  await gate.drain(0)
  assert.deepEqual(statuses(sent), [404])
  await find()
  assert.equal(sent.length, 1)
})

test('an inquiry that never ends holds a call for less than the time of a retransmission', async () => {
  const time = { nowMs: 1000 }
  const { say, sent, gate } = gateWith({ time, parts: { inquiry: { ask: () => new Promise(() => undefined) } } })
  say(invite({ from: CALLER }))
  time.nowMs += 401

  while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))

  assert.deepEqual(statuses(sent), [404])
  assert.equal(gate.figures.uninquired, 1)
})

test('terms that are adopted judge from the next message on; what was judged and what waits keeps its own', async () => {
  const { say, sent, gate, commit, recorded } = gateWith()
  const first = invite({ from: BLOCKED, branch: '1', callId: 'one' })
  say(first)

  const policy = policyOf(1000, true)
  gate.adopt({ policy, policyVersion: 2, terms: terms({ location: 'LN' }) })
  assert.deepEqual(
    statuses(say(invite({ from: BLOCKED, branch: '2', callId: 'two' }))),
    [404],
    'the new policy only notes',
  )
  assert.deepEqual(say(first), [], 'a retransmission of the old call still waits')
  say(invite({ from: BLOCKED, branch: '3', callId: 'one' }))
  await commit()

  assert.deepEqual(statuses(sent), [404, 603, 603], 'another branch of the old call is told what the first was told')
  for (const { bytes } of sent.slice(1)) assert.match(decodeOctets(bytes), /;location=RLN/)
  assert.deepEqual(
    recorded.map(({ policy }) => policy),
    [1, 1],
  )
})

test('a peer that comes with new terms is answered, and one that goes is a stranger', () => {
  const { say, gate } = gateWith()
  assert.equal(say(invite({ from: CALLER })).length, 1)

  gate.adopt({ peers: { find: () => undefined } as never })

  assert.deepEqual(say(invite({ from: CALLER, callId: 'two' })), [])
  assert.equal(gate.figures.strangers, 1)
  assert.equal(PEER.address, '127.0.0.1')
})
