// One file, for it is one contract: what the gate answers to each datagram, over one ledger that records when it is told to.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { freeswitchDetects } from '#codec/notice/freeswitch.ts'
import { lint } from '#codec/notice/lint.ts'
import { readReasonValues } from '#codec/notice/reason-value.ts'
import { FIELD } from '#codec/sip/field.ts'
import { parseMessage } from '#codec/sip/message.ts'
import { decodeOctets, encodeText } from '#codec/sip/text.ts'
import { parseParty } from '#core/call/party.ts'
import type { RecentBlock } from '#core/ledger/ledger.ts'
import { BLOCKED, CALLER, NOW, PEER, gateWith, invite, request, statuses } from '../../../test/gate.ts'
import { noticeVectors, sipVectors, tortureCases } from '../../../test/torture.ts'

test('a call that no rule is against is continued with the peer’s own status', () => {
  const { say, recorded, journal } = gateWith()

  const answers = say(invite({ from: CALLER }))

  assert.deepEqual(statuses(answers), [404])
  assert.equal(recorded.length, 0)
  assert.deepEqual(
    journal.map(({ calling, called, verdict }) => [calling, called, verdict]),
    [[CALLER, '+14155550163', 'allow']],
  )
})

test('a denied call is told 603 Network Blocked with a receipt, once its row is recorded and not before', async () => {
  const { say, sent, commit, recorded, ring } = gateWith()

  assert.deepEqual(say(invite({ from: BLOCKED })), [], 'nothing leaves before the row is safe')
  await commit()

  const [answer] = sent
  const response = parseMessage(answer!.bytes)
  const { fields } = lint(response)
  assert.equal(response.status, 603)
  assert.equal(response.phrase, 'Network Blocked')
  assert.equal(fields.url, `https://redress.northwire.example/r/${fields.id}`)
  assert.equal(fields.id, recorded[0]?.personal.receipt)
  const opened = ring.open(fields.id!)
  assert.deepEqual(opened?.calling, parseParty(BLOCKED))
  assert.equal(opened?.atMs, NOW)
  assert.equal(recorded[0]?.personal.answer, decodeOctets(answer!.bytes))
  assert.equal(lint(response).verdict, 'conformant')
  assert.deepEqual(lint(response).rules, [])
})

test('the row of a block holds the request, the answer, the caller’s name, and who asked under which policy', async () => {
  const { say, commit, recorded } = gateWith()
  const call = invite({ from: BLOCKED })

  say(call)
  await commit()

  const [row] = recorded
  assert.equal(row?.personal.request, decodeOctets(call))
  assert.equal(row?.personal.displayName, 'Acme')
  assert.equal(row?.personal.callId, 'one@origin.example')
  assert.deepEqual(
    [row?.peer, row?.tenant, row?.policy, row?.rule, row?.program, row?.cause, row?.optOut, row?.notice],
    ['edge', 'acme', 1, 'deny', 'opt-out', 'analytics', false, { kind: '603+', status: 603 }],
  )
  assert.equal(row?.trunk, undefined)
})

test('the row of a block names the trunk that the peer named', async () => {
  const { say, commit, recorded } = gateWith()

  say(invite({ from: BLOCKED, requestUri: 'sip:+14155550163;tgrp=tg-1;trunk-context=+1@gate.example' }))
  await commit()

  assert.equal(recorded[0]?.trunk, 'tg-1')
})

test('the journal says what a rule in shadow mode would have done', () => {
  const { say, journal } = gateWith({ shadow: true })

  assert.deepEqual(statuses(say(invite({ from: BLOCKED }))), [404])

  assert.deepEqual(
    journal.map(({ verdict, rule }) => [verdict, rule]),
    [
      ['allow', ''],
      ['shadow', 'deny'],
    ],
  )
})

test('an INVITE whose CSeq names another method, and a CANCEL without agreement, are answered 400', () => {
  const { say } = gateWith()
  const call = decodeOctets(invite({ from: CALLER }))

  assert.deepEqual(statuses(say(encodeText(call.replace('CSeq: 1 INVITE', 'CSeq: 1 OPTIONS')))), [400])
  assert.deepEqual(statuses(say(encodeText(call.replace('INVITE sip', 'CANCEL sip')))), [400])
  assert.deepEqual(statuses(say(encodeText(request('CANCEL').replace('z9hG4bK-o', 'z9hG4bK')))), [400])
})

test('a transaction is forgotten after 64·T1, and not before', async () => {
  const time = { nowMs: NOW }
  const { say, commit, recorded } = gateWith({ time })
  say(invite({ from: BLOCKED }))
  await commit()

  time.nowMs += 31_000
  assert.equal(say(invite({ from: BLOCKED })).length, 1)
  assert.equal(recorded.length, 1)
  time.nowMs += 2_000
  say(invite({ from: BLOCKED }))
  await commit()
  assert.equal(recorded.length, 2, 'the same INVITE tomorrow is a new call')
})

test('a transaction that the memory has lost gets the answer of its first row again, and no row of its own', async () => {
  const { say, sent, repeat, gate, released } = gateWith()
  say(invite({ from: BLOCKED }))

  await repeat('SIP/2.0 603 Network Blocked, as it was')

  assert.equal(decodeOctets(sent[0]!.bytes), 'SIP/2.0 603 Network Blocked, as it was')
  assert.equal(gate.figures.blocked, 0)
  assert.equal(gate.figures.retransmissions, 1)
  assert.deepEqual(say(invite({ from: BLOCKED }))[0]?.bytes, sent[0]?.bytes)
  assert.deepEqual(released, [])
})

test('a late row that turns out to be an earlier one is not taken back', async () => {
  const { say, sent, repeat, gate, released } = gateWith()
  say(invite({ from: BLOCKED }))
  await gate.drain(0)

  await repeat('as it was')

  assert.deepEqual(statuses(sent), [404])
  assert.deepEqual(released, [])
})

test('every retransmission gets the same octets, makes no row and is not counted again', async () => {
  const { say, sent, commit, recorded, journal, gate } = gateWith()
  const call = invite({ from: BLOCKED })
  say(call)
  assert.deepEqual(say(call), [], 'while the row is on its way, a retransmission waits with it')
  await commit()
  const first = sent.at(-1)!.bytes

  for (let again = 0; again < 6; again++) assert.deepEqual(say(call)[0]!.bytes, first)

  assert.equal(recorded.length, 1)
  assert.equal(journal.length, 1)
  assert.equal(gate.figures.retransmissions, 7)
  assert.equal(gate.figures.calls, 1)
})

test('a new branch of the same call gets the same verdict, a row of its own, and is counted once', async () => {
  const { say, commit, recorded, journal } = gateWith({ volumeLimit: 1 })

  say(invite({ from: CALLER, branch: 'a' }))
  const second = say(invite({ from: CALLER, branch: 'b' }))
  await commit()

  assert.deepEqual(statuses(second), [404], 'the second branch is no second call')
  assert.equal(journal.length, 1)
  say(invite({ from: BLOCKED, branch: 'c', callId: 'other' }))
  say(invite({ from: BLOCKED, branch: 'd', callId: 'other' }))
  await commit()
  assert.equal(recorded.length, 2)
  assert.notEqual(recorded[0]!.transaction, recorded[1]!.transaction)
})

test('a verdict is not lent to another call that has the same identifiers: emergency, caller, called number, peer', async () => {
  const { say, commit, recorded, gate, way, sent } = gateWith()
  say(invite({ from: BLOCKED, branch: '1' }))
  await commit()
  assert.equal(recorded.length, 1)

  assert.deepEqual(statuses(say(invite({ from: BLOCKED, to: '911', branch: '2' }))), [404], 'an emergency call')
  assert.deepEqual(statuses(say(invite({ from: BLOCKED, requestUri: 'urn:service:sos', branch: '3' }))), [404])
  assert.deepEqual(statuses(say(invite({ from: CALLER, branch: '4' }))), [404], 'another caller')
  const asserted = `P-Asserted-Identity: <sip:${CALLER}@origin.example>\r\n`
  assert.deepEqual(statuses(say(invite({ from: BLOCKED, branch: '5', extra: asserted }))), [404], 'another identity')
  say(invite({ from: CALLER, branch: '6', callId: 'two' }))
  gate.receive(invite({ from: BLOCKED, branch: '7', callId: 'two' }), { address: '127.0.0.2', port: 5062 }, way)
  await commit()
  assert.equal(recorded.length, 2, 'the other peer’s caller is judged for himself')
  assert.equal(parseMessage(sent.at(-1)!.bytes).status, 603)
})

test('calls to many numbers are many calls, whatever Call-ID they share', async () => {
  const { say, commit, recorded, journal } = gateWith({ volumeLimit: 3 })

  for (let call = 0; call < 6; call++) say(invite({ from: CALLER, to: `+1415555016${call}`, branch: `b${call}` }))
  await commit()

  assert.equal(journal.length, 6)
  assert.equal(recorded.length, 3)
})

test('an ending gate waits until a late row has come and been taken back', async () => {
  const { say, sent, commit, released, gate } = gateWith()
  say(invite({ from: BLOCKED }))

  const ended = gate.drain(200)
  while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.deepEqual(statuses(sent), [404])
  assert.equal(released.length, 0)
  await commit()
  await ended

  assert.equal(released.length, 1)
})

test('a gate that is ending takes no more datagrams', () => {
  const { say, gate } = gateWith()

  gate.close()

  assert.deepEqual(say(invite({ from: CALLER })), [])
  assert.equal(gate.figures.received, 0)
})

test('the call that crosses a volume limit is blocked, and its grounds say the figure', async () => {
  const { say, commit, recorded, sent } = gateWith({ volumeLimit: 3 })

  const first = Array.from({ length: 3 }, (_, call) => statuses(say(invite({ from: CALLER, callId: `call-${call}` }))))
  say(invite({ from: CALLER, callId: 'call-4' }))
  await commit()

  assert.deepEqual(first, [[404], [404], [404]])
  assert.deepEqual(statuses(sent).at(-1), 603)
  const [ground] = JSON.parse(recorded[0]!.personal.grounds) as { count: number; limit: number }[]
  assert.equal(ground?.count, 4)
  assert.equal(ground?.limit, 3)
})

test('a do-not-originate number is declined without a contact, and never by a 603+', async () => {
  const { say, commit, sent } = gateWith()

  say(invite({ from: '+12125550188' }))
  await commit()

  const response = parseMessage(sent[0]!.bytes)
  assert.equal(response.status, 603)
  assert.equal(response.phrase, 'Decline')
  assert.equal(response.first(FIELD.reason), undefined)
})

test('an emergency call is never judged, whoever calls', () => {
  const { say } = gateWith()

  for (const to of ['911', '112', '+1911'])
    assert.deepEqual(statuses(say(invite({ from: BLOCKED, to, callId: to }))), [404], to)
  assert.deepEqual(statuses(say(invite({ from: BLOCKED, requestUri: 'urn:service:sos' }))), [404])
  assert.deepEqual(
    statuses(say(invite({ from: BLOCKED, callId: 'back', extra: 'Priority: psap-callback\r\n' }))),
    [404],
  )
  const broken = 'P-Asserted-Identity: <tel:+12125550199>, <tel:+12125550198>\r\n'
  assert.deepEqual(statuses(say(invite({ from: BLOCKED, to: '911', callId: 'pai', extra: broken }))), [404])
  assert.deepEqual(
    statuses(say(invite({ from: BLOCKED, callId: 'bad', extra: broken }))),
    [400],
    'any other call with it',
  )
})

test('a row that takes too long lets the call go on, and is taken back when it comes after all', async () => {
  const { say, sent, commit, released, gate, alarms } = gateWith({ recordWithinMs: 1 })
  say(invite({ from: BLOCKED }))
  assert.equal(sent.length, 0)

  await gate.drain(0)
  assert.deepEqual(statuses(sent), [404])
  await commit()

  assert.deepEqual(released, [{ transaction: released[0]?.transaction, cause: 'late' }])
  assert.equal(gate.figures.late, 1)
  assert.ok(alarms.includes('late'))
  assert.deepEqual(statuses(say(invite({ from: BLOCKED }))), [404], 'a retransmission is told the same')
})

test('a ledger that cannot record lets every call go on, counts and alarms', async () => {
  const { say, sent, fail, gate, alarms } = gateWith()
  say(invite({ from: BLOCKED }))

  await fail(new Error('disk full'))

  assert.deepEqual(statuses(sent), [404])
  assert.equal(gate.figures.unrecorded, 1)
  assert.deepEqual(alarms, ['unrecorded'])
})

test('blocks beyond the number that may wait are continued, counted and alarmed', () => {
  const { say, gate, alarms } = gateWith({ pending: 2 })

  const answers = Array.from({ length: 4 }, (_, call) => statuses(say(invite({ from: BLOCKED, callId: `${call}` }))))

  assert.deepEqual(answers, [[], [], [404], [404]])
  assert.equal(gate.figures.shed, 2)
  assert.ok(alarms.includes('shed'))
})

test('a fault of our own continues the call, and a retransmission is told the same', () => {
  const { say, gate, alarms } = gateWith({ breakRules: true })

  assert.deepEqual(statuses(say(invite({ from: CALLER }))), [404])
  assert.deepEqual(statuses(say(invite({ from: CALLER }))), [404])
  assert.equal(gate.figures.errors, 1)
  assert.deepEqual(alarms, ['fault'])
})

test('a source that no peer has gets nothing, whatever it sends', () => {
  const { gate, sent, way } = gateWith()

  for (const { bytes } of tortureCases()) gate.receive(bytes, { address: '127.0.0.9', port: 5060 }, way)
  gate.receive(invite({ from: BLOCKED }), { address: '::1', port: 5060 }, way)

  assert.equal(sent.length, 0)
  assert.equal(gate.figures.strangers, tortureCases().length + 1)
})

test('answers go to the source address, at the port of rport, else of the Via, else 5060', () => {
  const { say } = gateWith()
  const via = (sentBy: string): string => `Via: SIP/2.0/UDP ${sentBy}`

  const ports = [
    say(invite({ from: CALLER, callId: '1', via: via('192.0.2.9:7777;branch=z9hG4bKa;rport') })),
    say(invite({ from: CALLER, callId: '2', via: via('192.0.2.9:7777;branch=z9hG4bKb') })),
    say(invite({ from: CALLER, callId: '3', via: via('client.example;branch=z9hG4bKc') })),
  ].map(([answer]) => [answer?.address, answer?.port])

  assert.deepEqual(ports, [
    ['127.0.0.1', 5062],
    ['127.0.0.1', 7777],
    ['127.0.0.1', 5060],
  ])
})

const OTHERS: [name: string, request: string, status: number][] = [
  ['OPTIONS is answered 200', request('OPTIONS'), 200],
  ['OPTIONS that requires an extension is answered 420', request('OPTIONS', 'Require: teleport\r\n'), 420],
  ['REGISTER is answered 405', request('REGISTER'), 405],
  ['BYE of no dialog is answered 481', request('BYE'), 481],
  ['CANCEL of no transaction is answered 481', request('CANCEL'), 481],
  ['an unknown method is answered 501', request('FLY'), 501],
  ['a bare branch cookie is answered 400', request('OPTIONS').replace('z9hG4bK-o', 'z9hG4bK'), 400],
]
for (const [name, message, status] of OTHERS) {
  test(name, () => {
    const { say } = gateWith()

    assert.deepEqual(statuses(say(encodeText(message))), [status])
  })
}

test('CANCEL of a call that has its final answer is answered 200 and changes nothing', async () => {
  const { say, sent, commit } = gateWith()
  const call = decodeOctets(invite({ from: BLOCKED }))
  say(encodeText(call))
  await commit()
  const notice = sent[0]!.bytes

  const cancel = say(encodeText(call.replace('INVITE sip', 'CANCEL sip').replace('CSeq: 1 INVITE', 'CSeq: 1 CANCEL')))

  assert.deepEqual(statuses(cancel), [200])
  assert.deepEqual(say(encodeText(call))[0]?.bytes, notice)
})

test('ACK, responses and keep-alives are absorbed and counted', () => {
  const { say, gate } = gateWith()

  assert.deepEqual(say(encodeText(request('ACK'))), [])
  assert.deepEqual(say(encodeText('\r\n\r\n')), [])
  assert.deepEqual(say(noticeVectors()[0]!.bytes), [])
  const { acknowledgements, keepAlives, responses } = gate.figures
  assert.deepEqual({ acknowledgements, keepAlives, responses }, { acknowledgements: 1, keepAlives: 1, responses: 1 })
})

test('a gate started again answers the retransmissions of the one before it with the same octets', async () => {
  const before = gateWith()
  before.say(invite({ from: BLOCKED }))
  await before.commit()
  const notice = before.sent[0]!.bytes
  const recent = before.recorded.map(
    ({ at, transaction, personal }) => ({ at, transaction, answer: personal.answer, released: false }) as RecentBlock,
  )

  const after = gateWith({ recent })

  assert.deepEqual(after.say(invite({ from: BLOCKED }))[0]?.bytes, notice)
  assert.equal(after.recorded.length, 0)
  const released = gateWith({ recent: recent.map((block) => ({ ...block, released: true })) })
  assert.deepEqual(statuses(released.say(invite({ from: BLOCKED }))), [404], 'what was continued stays continued')
})

for (const { name, bytes, expect } of tortureCases()) {
  test(`torture ${name}: ${expect.title}`, async () => {
    const { say, sent, commit, recorded } = gateWith()

    say(bytes)
    await commit()

    const answers = statuses(sent)
    assert.deepEqual(answers.length, expect.noResponse ? 0 : 1)
    const allowed = expect.acceptable.flatMap((status) => (status === 'policy' ? [404, 603] : [status]))
    if (!expect.noResponse) assert.ok(allowed.includes(answers[0]!), `${answers[0]} is none of ${allowed.join(', ')}`)
    assert.ok(recorded.length <= expect.ledgerRowsMax)
    assert.deepEqual(statuses(say(encodeText(request('OPTIONS')))), [200], 'the probe is answered after it')
  })
}

test('FreeSWITCH’s rule holds for every 603+ the gate sends and for nothing else it sends', async () => {
  let notices = 0
  let others = 0
  for (const { bytes } of [...tortureCases(), ...sipVectors()]) {
    const { say, sent, commit } = gateWith()
    for (const from of [BLOCKED, CALLER, '+12125550188']) say(invite({ from, callId: from }))
    say(bytes)
    await commit()
    for (const { bytes: answer } of sent) {
      const response = parseMessage(answer)
      const detected = freeswitchDetects(response.status, response.phrase, readReasonValues(response))
      assert.equal(detected, response.status === 603 && response.phrase === 'Network Blocked')
      if (detected) notices++
      else others++
    }
  }
  assert.ok(notices > 100 && others > 200, `${notices} notices, ${others} others`)
})

const CORPUS = [...tortureCases(), ...sipVectors(), ...noticeVectors()].map(({ bytes }) => bytes)

test('whatever octets come in, the answer is a well-formed response or silence, and the gate goes on', async () => {
  const { gate, sent, commit, way } = gateWith()
  const mutated = fc
    .tuple(
      fc.constantFrom(...CORPUS),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
      fc.nat(),
      fc.uint8Array({ maxLength: 40 }),
    )
    .map(([bytes, changes, cut, tail]) => {
      const copy = Uint8Array.from([...bytes, ...tail])
      for (const [at, octet] of changes) copy[at % copy.length] = octet
      return copy.subarray(0, copy.length - (cut % 7 === 0 ? cut % copy.length : 0))
    })
  let answered = 0
  await fc.assert(
    fc.asyncProperty(fc.oneof(mutated, fc.uint8Array({ maxLength: 2000 })), async (bytes) => {
      sent.length = 0
      gate.receive(bytes, PEER, way)
      await commit()
      assert.ok(sent.length <= 1)
      for (const answer of sent) {
        answered++
        const response = parseMessage(answer.bytes)
        assert.equal(response.kind, 'response')
        assert.equal(response.folded, false)
        for (const { value, name } of response.fields()) assert.doesNotMatch(value, /[\r\n]/, name)
        assert.equal(answer.address, PEER.address)
      }
      assert.equal(gate.figures.errors, 0)
    }),
    { numRuns: 3_000 },
  )
  assert.ok(answered > 200, `only ${answered} answers`)
})
