import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseKey } from '#codec/jcard/key.ts'
import { verifyCard } from '#codec/jcard/verify.ts'
import { parseMessage } from '#codec/sip/message.ts'
import type { ProbeRecord } from '#core/probe/received.ts'
import { findById, numberToDial } from '#core/probe/scenario.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { allowSources, isLoopback, parseNetwork } from './allowed-sources.ts'
import { AnswerTransactions, TRANSACTIONS_MAX } from './answer-transactions.ts'
import type { BlockerEvent } from './blocker-event.ts'
import type { Way } from './blocker-doors.ts'
import { CALLS_KEPT_MAX, CallRecords } from './call-records.ts'
import { dial } from './dial.ts'
import { foundAuthority } from '../../../test/tls-certificates.ts'
import { type MockBlocker, type MockBlockerOptions, startMockBlocker } from './mock-blocker.ts'

const CALLER = '+12125550117'
const TO_SIP = '+12125550101'

test('a blocker says 603+ to a call, and tells what came and what it sent', async () => {
  await using blocker = await startMockBlocker()
  const dialled = await dialNumber(blocker, TO_SIP)
  assert.equal(dialled.kind, 'answered')
  assert.equal(dialled.response.phrase, 'Network Blocked')
  assert.equal(
    dialled.response.named('reason')[0],
    findById(SCENARIOS, 'sip')!.answer.lines[0]!.slice('Reason: '.length),
  )
  const [call, ...more] = blocker.received(CALLER)
  assert.deepEqual(more, [])
  assert.deepEqual(
    [call?.dialled, call?.scenario, call?.chosenBy, call?.token, call?.transport, call?.repeats],
    [TO_SIP, 'sip', 'number', undefined, 'udp', 0],
  )
  assert.ok(call?.fields.some(([name, value]) => name === 'Feature-Caps' && value === '*;+sip.608'))
  assert.deepEqual(
    call?.sent.map(({ status, times, octets }) => [status, times, octets.includes('603 Network Blocked')]),
    [[603, 1, true]],
  )
})

for (const transport of ['udp', 'tcp'] as const)
  test(`every scenario arrives over ${transport} as it is, and what comes before it`, async () => {
    await using blocker = await startMockBlocker()
    const quick = SCENARIOS.filter(({ finalAfterMs }) => finalAfterMs < 1_000)
    await Promise.all(
      quick.map(async (scenario) => {
        const dialled = await dialNumber(blocker, numberToDial(scenario), transport)
        assert.equal(dialled.kind, 'answered', scenario.id)
        const { response, provisional } = dialled
        assert.deepEqual([response.status, response.phrase], [scenario.answer.status, scenario.answer.phrase])
        const early = scenario.before.map(({ status }) => status)
        assert.deepEqual(provisional, early.length === 0 ? [] : [100, ...early], scenario.id)
        const text = Buffer.from(response.bytes).toString()
        for (const line of scenario.answer.lines)
          assert.ok(text.includes(`\r\n${line.replace('{card}', `${blocker.url}/card/${scenario.answer.card}`)}\r\n`))
      }),
    )
    assert.equal(blocker.figures.calls, quick.length)
    assert.ok(quick.length >= 65)
  })

test('the final answer is sent again over UDP until it is acknowledged, and then nothing is', async () => {
  const { events, onEvent } = listen()
  await using blocker = await startMockBlocker({ t1Ms: 20, onEvent })
  await using caller = await openCaller(blocker)
  const invite = caller.invite('a', TO_SIP)
  caller.send(invite)
  const first = await caller.next()
  const [second, third] = [await caller.next(), await caller.next()]
  assert.deepEqual([second, third], [first, first])
  assert.match(first, /^To: .*;tag=[0-9a-f]{12}\r$/m)
  caller.send(caller.ack(invite, first))
  const ended = await events.until('ended')
  assert.ok(ended.call.sent[0]!.times >= 3)
  assert.ok(ended.call.acknowledgedMs !== undefined)
  caller.send(invite)
  await events.until('repeated')
  caller.send(caller.request('OPTIONS', 'b'))
  // What was sent before the ACK arrived may still be under way; after the answer to OPTIONS there is none of it.
  let answer = await caller.next()
  while (answer === first) answer = await caller.next()
  assert.match(answer, /^SIP\/2\.0 200 OK\r\n[^]*Allow: INVITE, ACK, CANCEL, OPTIONS/)
  assert.deepEqual([blocker.figures.calls, blocker.figures.repeats], [1, 1])
})

test('an answer that nobody acknowledges is given up after 64 times T1, and told', async () => {
  const { events, onEvent } = listen()
  await using blocker = await startMockBlocker({ t1Ms: 2, onEvent })
  await using caller = await openCaller(blocker)
  caller.send(caller.invite('a', TO_SIP))
  const { call } = await events.until('unacknowledged')
  assert.equal(call.acknowledgedMs, undefined)
  // Over 64·T1 with a T1 that doubles: 0, 1, 3, 7, 15, 31, 63 of T1, when no timer is late.
  assert.ok(call.sent[0]!.times >= 2 && call.sent[0]!.times <= 7, `${call.sent[0]!.times}`)
  await events.until('ended')
})

test('through a path that loses the INVITE and two answers the call is refused all the same', async () => {
  await using blocker = await startMockBlocker({ t1Ms: 100 })
  let [up, down] = [0, 0]
  const relay = createSocket('udp4').bind(0, '127.0.0.1')
  await once(relay, 'listening')
  let caller = 0
  relay.on('message', (bytes, from) => {
    if (from.port === blocker.port) {
      if (++down > 2) relay.send(bytes, caller, '127.0.0.1')
    } else {
      caller = from.port
      if (++up > 1) relay.send(bytes, blocker.port, '127.0.0.1')
    }
  })
  try {
    const dialled = await dialNumber({ ...blocker, port: relay.address().port }, TO_SIP)
    assert.equal(dialled.kind, 'answered')
    assert.equal(blocker.received()[0]!.sent[0]!.times, 3)
    assert.equal(blocker.figures.calls, 1)
  } finally {
    relay.close()
  }
})

test('over TCP an answer is sent once, requests may come in pieces or together, and a ping gets its pong', async () => {
  const { events, onEvent } = listen()
  await using blocker = await startMockBlocker({ t1Ms: 5, onEvent })
  await using caller = await openCaller(blocker)
  const socket = connect(blocker.port, '127.0.0.1')
  await once(socket, 'connect')
  let heard = ''
  const answered = new Promise<void>((done) => {
    socket.on('data', (bytes: Buffer) => {
      heard += bytes.toString()
      if (heard.split('SIP/2.0 603').length === 3) done()
    })
  })
  const [one, two] = [caller.invite('a', TO_SIP, 'TCP'), caller.invite('b', '+12125550102', 'TCP')]
  socket.write(`\r\n\r\n${one}${two.slice(0, 40)}`)
  await events.until('sent')
  socket.write(two.slice(40))
  await answered
  assert.ok(heard.startsWith('\r\nSIP/2.0 603'))
  await events.until('unacknowledged')
  assert.deepEqual(
    blocker.received().map(({ sent, transport }) => [transport, sent.map(({ times }) => times)]),
    [
      ['tcp', [1]],
      ['tcp', [1]],
    ],
  )
  socket.write('INVITE sip:1@b SIP/2.0\r\nVia: x\r\n\r\n')
  await once(socket, 'close')
})

test('over TLS a call is answered like any other', async () => {
  const authority = foundAuthority('Test authority')
  const { certificate, key } = authority.mint({ name: 'blocker.example', dns: ['blocker.example'] })
  await using blocker = await startMockBlocker({ tls: { port: 0, certificate, key } })
  const dialled = await dial({
    host: blocker.host,
    port: blocker.tlsPort!,
    transport: 'tls',
    tls: { name: 'blocker.example', authorities: authority.certificate, certificate: undefined, key: undefined },
    from: CALLER,
    to: '+12125550135',
    displayName: undefined,
    localAddress: undefined,
    timeoutMs: 20_000,
  })
  assert.equal(dialled.kind === 'answered' && dialled.response.end > 8_000, true)
  assert.equal(blocker.received()[0]?.transport, 'tls')
})

test('CANCEL is answered 200 and ends the call by 487 with one To tag; a CANCEL of nothing gets 481', async () => {
  const { events, onEvent } = listen()
  await using blocker = await startMockBlocker({ onEvent })
  await using caller = await openCaller(blocker)
  const invite = caller.invite('slow', '+12125550153')
  caller.send(invite)
  assert.match(await caller.next(), /^SIP\/2\.0 100 Trying\r\n/)
  caller.send(caller.request('CANCEL', 'slow', '+12125550153'))
  const [ok, terminated] = [await caller.next(), await caller.next()]
  assert.match(ok, /^SIP\/2\.0 200 OK\r\n[^]*CSeq: 1 CANCEL/)
  assert.match(terminated, /^SIP\/2\.0 487 Request Terminated\r\n[^]*CSeq: 1 INVITE/)
  assert.equal(tagOf(ok), tagOf(terminated))
  caller.send(caller.ack(invite, terminated))
  const { call } = await events.until('ended')
  assert.ok(call.cancelledMs !== undefined)
  assert.deepEqual(
    call.sent.map(({ status }) => status),
    [100, 487],
  )
  caller.send(caller.request('CANCEL', 'nothing'))
  assert.match(await caller.next(), /^SIP\/2\.0 481 /)
})

test('a CANCEL that comes after the final answer changes nothing', async () => {
  await using blocker = await startMockBlocker()
  await using caller = await openCaller(blocker)
  caller.send(caller.invite('a', TO_SIP))
  const refusal = await caller.next()
  caller.send(caller.request('CANCEL', 'a', TO_SIP))
  assert.match(await caller.next(), /^SIP\/2\.0 200 OK\r\n/)
  assert.match(refusal, /^SIP\/2\.0 603 /)
  assert.equal(blocker.received()[0]!.cancelledMs, undefined)
})

test('180 and 183 carry the route, a contact and the tag of the end', async () => {
  await using blocker = await startMockBlocker()
  await using caller = await openCaller(blocker)
  const routes = 'Record-Route: <sip:p2.example;lr>\r\nRecord-Route: <sip:p1.example;lr>\r\n'
  caller.send(caller.invite('a', '+12125550152').replace('Contact:', `${routes}Contact:`))
  const [trying, ringing, progress, final] = [
    await caller.next(),
    await caller.next(),
    await caller.next(),
    await caller.next(),
  ]
  assert.match(trying, /^SIP\/2\.0 100 /)
  assert.equal(tagOf(trying), undefined)
  for (const [answer, status] of [
    [ringing, 180],
    [progress, 183],
  ] as const) {
    assert.ok(answer.startsWith(`SIP/2.0 ${status} `))
    assert.ok(answer.includes(routes))
    assert.ok(answer.includes(`Contact: <sip:${blocker.address}>\r\n`))
    assert.equal(tagOf(answer), tagOf(final))
  }
  assert.match(final, /^SIP\/2\.0 608 /)
  assert.ok(!final.includes('Record-Route'))
})

test('a second attempt with a new branch is a second call of the same run; the same INVITE is not', async () => {
  await using blocker = await startMockBlocker()
  await using caller = await openCaller(blocker)
  const run = (branch: string): string =>
    caller.invite(branch, TO_SIP).replace('Contact:', 'X-Recourse-Probe: run-7\r\nContact:')
  for (const branch of ['a', 'a', 'b']) {
    caller.send(run(branch))
    await caller.next()
  }
  const calls = blocker.received('run-7')
  assert.deepEqual(
    calls.map(({ branch, repeats, token }) => [branch, repeats, token]),
    [
      ['z9hG4bKa', 1, 'run-7'],
      ['z9hG4bKb', 0, 'run-7'],
    ],
  )
  assert.deepEqual(blocker.received('run-8'), [])
})

test('a header field names a scenario before the number does; what names none gets 404', async () => {
  await using blocker = await startMockBlocker()
  await using caller = await openCaller(blocker)
  const cases = [
    ['X-Recourse-Scenario: unwanted\r\n', TO_SIP, 607, 'unwanted', 'field'],
    ['x-recourse-scenario:  q850 \r\n', '+12125550999', 603, 'q850', 'field'],
    ['X-Recourse-Scenario: no-such\r\n', TO_SIP, 404, undefined, 'field'],
    ['', '+12125550999', 404, undefined, undefined],
    ['', 'alice', 404, undefined, undefined],
  ] as const
  for (const [at, [field, dialled, status]] of cases.entries()) {
    caller.send(caller.invite(`c${at}`, dialled).replace('Contact:', `${field}Contact:`))
    assert.ok((await caller.next()).startsWith(`SIP/2.0 ${status} `), field)
  }
  assert.deepEqual(
    blocker.received().map(({ scenario, chosenBy }) => [scenario, chosenBy]),
    cases.map(([, , , scenario, chosenBy]) => [scenario, chosenBy]),
  )
})

test('what is no call is answered as RFC 3261 has it, or counted and left', async () => {
  await using blocker = await startMockBlocker()
  await using caller = await openCaller(blocker)
  const invite = caller.invite('x', TO_SIP)
  const answered = [
    [caller.request('OPTIONS', 'o'), 200],
    [caller.request('MESSAGE', 'm'), 405],
    [caller.request('BYE', 'b').replace('0101@b.example>\r\n', '0101@b.example>;tag=9\r\n'), 481],
    [invite.replace('0101@b.example>\r\n', '0101@b.example>;tag=9\r\n'), 481],
    [invite.replace('CSeq: 1 INVITE', 'CSeq: 1 ACKNOWLEDGE'), 400],
    [invite.replace('From: <', 'From: <<'), 400],
    [invite.replace('Contact:', 'Require: 100rel\r\nContact:'), 420],
  ] as const
  for (const [request, status] of answered) {
    caller.send(request)
    const answer = await caller.next()
    assert.ok(answer.startsWith(`SIP/2.0 ${status} `), `${status}: ${answer}`)
    if (status === 420) assert.ok(answer.includes('Unsupported: 100rel\r\n'))
  }
  for (const junk of [
    '',
    'x',
    '\0\0\0',
    'SIP/2.0 200 OK\r\n\r\n',
    'INVITE sip:1@b SIP/2.0\r\n\r\n',
    caller.request('ACK', 'z'),
  ])
    caller.send(junk)
  caller.send(caller.request('OPTIONS', 'last'))
  assert.match(await caller.next(), /branch=z9hG4bKlast/)
  const { malformed, unanswerable, strayAcknowledgements, other, calls } = blocker.figures
  assert.deepEqual([malformed, unanswerable, strayAcknowledgements, other, calls], [2, 5, 1, 4, 0])
})

test('a client from before RFC 3261 is answered, and its ACK is known', async () => {
  const { events, onEvent } = listen()
  await using blocker = await startMockBlocker({ onEvent })
  await using caller = await openCaller(blocker)
  const old = (message: string): string => message.replace(/branch=z9hG4bK\w+/, 'branch=1')
  const invite = old(caller.invite('a', TO_SIP))
  caller.send(invite)
  const answer = await caller.next()
  caller.send(old(caller.ack(invite, answer)))
  assert.ok((await events.until('ended')).call.acknowledgedMs !== undefined)
  caller.send(invite)
  await events.until('repeated')
})

test('the HTTP door shows a run by its token or its number, the scenarios, and nothing else', async () => {
  await using blocker = await startMockBlocker()
  await using caller = await openCaller(blocker)
  caller.send(caller.invite('a', TO_SIP).replace('Contact:', 'X-Recourse-Probe: r/1 é\r\nContact:'))
  await caller.next()
  for (const name of ['r/1 é', CALLER]) {
    const response = await fetch(`${blocker.url}/v1/probe/${encodeURIComponent(name)}`)
    assert.equal(response.status, 200)
    const record = (await response.json()) as ProbeRecord
    assert.deepEqual(record, JSON.parse(JSON.stringify(blocker.record(name))))
    assert.deepEqual([record.calls.length, record.forgotten], [1, 0])
  }
  const scenarios = (await (await fetch(`${blocker.url}/v1/scenarios`)).json()) as { scenarios: { dial: string }[] }
  assert.deepEqual(
    scenarios.scenarios.map(({ dial: number }) => number),
    SCENARIOS.map(numberToDial),
  )
  for (const path of [
    '/',
    '/v1/probe/none',
    '/v1/probe/',
    '/v1/probe/%ff',
    '/v1/probe',
    '/card/no',
    '/v1/scenarios/1',
    '/card',
  ]) {
    const response = await fetch(blocker.url + path)
    assert.equal(response.status, 404, path)
    assert.equal(response.headers.get('content-type'), 'application/problem+json')
    await response.body?.cancel()
  }
  const posted = await fetch(`${blocker.url}/v1/scenarios`, { method: 'POST' })
  assert.equal(posted.status, 405)
})

test('cards are signed when they are fetched: the fresh one holds, the stale and the forged one do not', async () => {
  await using blocker = await startMockBlocker({ cardBase: 'https://cards.northwire.example/card' })
  const key = await parseKey(await (await fetch(`${blocker.url}/card/key.jwk`)).text())
  assert.deepEqual({ ...blocker.cardKey }, await (await fetch(`${blocker.url}/card/key.jwk`)).json())
  const nowS = Math.floor(Date.now() / 1000)
  for (const [kind, faults] of [
    ['fresh', []],
    ['stale', ['issued-at']],
    ['forged', ['signature']],
  ] as const) {
    const response = await fetch(`${blocker.url}/card/${kind}`)
    assert.equal(response.headers.get('content-type'), 'application/jose')
    const check = await verifyCard(await response.text(), key, nowS)
    assert.deepEqual(check.faults, faults, kind)
    assert.equal(check.certificateUri, 'https://cards.northwire.example/card/key.jwk')
  }
  const dialled = await dialNumber(blocker, '+12125550160')
  assert.equal(dialled.response.named('call-info')[0], '<https://cards.northwire.example/card/stale>;purpose=jwscard')
})

test('an address that others reach is refused unless somebody says who may ask', async () => {
  for (const options of [{ host: '0.0.0.0' }, { host: '::' }, { host: 'localhost' }, { httpHost: '0.0.0.0' }])
    await assert.rejects(startMockBlocker(options), /can be reached by others.*allow-remote/)
  await assert.rejects(startMockBlocker({ allowRemote: ['10.0.0.0/33'] }), /10\.0\.0\.0\/33 is no network/)
  await using blocker = await startMockBlocker({ host: '0.0.0.0', allowRemote: ['192.0.2.0/24'] })
  assert.equal((await dialNumber({ host: '127.0.0.1', port: blocker.port }, TO_SIP)).kind, 'answered')
})

test('only this machine and the networks that were named are answered', () => {
  const isAllowed = allowSources(['192.0.2.0/24', '2001:db8::/32', '198.51.100.7'])
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '192.0.2.255', '2001:db8::1', '198.51.100.7'])
    assert.ok(isAllowed(address), address)
  for (const address of ['192.0.3.0', '10.0.0.1', '2001:db9::1', '198.51.100.8', '', 'localhost', '::2'])
    assert.ok(!isAllowed(address), address)
  assert.deepEqual([isLoopback('127.0.0.1'), isLoopback('192.0.2.1'), isLoopback('::')], [true, false, false])
  for (const text of [
    '',
    '1.2.3.4/',
    '1.2.3.4/33',
    '1.2.3.4/-1',
    '1.2.3/8',
    '::1/129',
    '1.2.3.4/8/8',
    'fe80::1%eth0',
    'a/8',
  ])
    assert.equal(parseNetwork(text), undefined, text)
})

test('a stranger gets nothing and is counted; a table that is full says 503', () => {
  const { transactions, sent, events } = transactionsWith((address) => address === '127.0.0.1')
  transactions.receive(Buffer.from(writeInvite('s', TO_SIP)), { address: '192.0.2.1', port: 5060 }, wayTo(sent))
  assert.deepEqual([sent, events, transactions.figures.refused], [[], ['refused'], 1])
  for (let at = 0; at <= TRANSACTIONS_MAX; at++)
    transactions.receive(Buffer.from(writeInvite(`f${at}`, TO_SIP)), { address: '127.0.0.1', port: 5060 }, wayTo(sent))
  assert.equal(sent.length, TRANSACTIONS_MAX + 1)
  assert.match(sent.at(-2)!, /^SIP\/2\.0 603 /)
  assert.match(sent.at(-1)!, /^SIP\/2\.0 503 [^]*Retry-After: 10\r\n/)
  assert.deepEqual([transactions.figures.full, transactions.figures.calls], [1, TRANSACTIONS_MAX])
  transactions.close()
})

test('the oldest calls are forgotten when there are too many, and counted', () => {
  const records = new CallRecords()
  const { transactions, sent } = transactionsWith(() => true, records)
  for (let at = 0; at < CALLS_KEPT_MAX + 3; at++) {
    transactions.receive(Buffer.from(writeInvite(`k${at}`, TO_SIP)), { address: '127.0.0.1', port: 1 }, wayTo(sent))
    if (at % 1_000 === 0) transactions.close()
  }
  transactions.close()
  assert.equal(records.list().length, CALLS_KEPT_MAX)
  assert.equal(records.list()[0]!.branch, 'z9hG4bKk3')
  assert.equal(records.record(CALLER).forgotten, 3)
})

test('no octets end a blocker: every answer to a spoiled INVITE parses, and copies nothing that could end a line', () => {
  const { transactions, sent } = transactionsWith(() => true)
  const invite = writeInvite('f', '+12125550152').replace(
    'Contact:',
    'Record-Route: <sip:p.example;lr>\r\nX-Recourse-Scenario: sip\r\nX-Recourse-Probe: run\r\nContact:',
  )
  const spoiled = fc.array(fc.tuple(fc.nat({ max: invite.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 })
  let [answers, calls] = [0, 0]
  fc.assert(
    fc.property(spoiled, fc.constantFrom('INVITE', 'CANCEL', 'ACK', 'OPTIONS'), (changes, method) => {
      const octets = Buffer.from(invite.replaceAll('INVITE', method), 'latin1')
      for (const [at, octet] of changes) if (at < octets.length) octets[at] = octet
      transactions.receive(octets, { address: '127.0.0.1', port: 5060 }, wayTo(sent))
      for (const answer of sent.splice(0)) {
        answers++
        assert.equal(parseMessage(Buffer.from(answer, 'latin1')).kind, 'response')
      }
      calls = transactions.figures.calls
      transactions.close()
    }),
    { numRuns: 2_000 },
  )
  assert.ok(answers > 300 && calls > 20, `${answers} answers, ${calls} calls`)
  for (const field of ['Require: a\u0001b', 'Require: a\tb', 'Record-Route: <sip:p\u0007>\t,<sip:q>']) {
    transactions.receive(
      Buffer.from(invite.replace('X-Recourse-Scenario: sip', `X-Recourse-Scenario: ringing-first\r\n${field}`)),
      { address: '127.0.0.1', port: 5060 },
      wayTo(sent),
    )
    assert.ok(sent.length > 0, field)
    for (const answer of sent.splice(0)) assert.doesNotMatch(answer, /[\u0001\u0007]/)
    transactions.close()
  }
})

async function dialNumber(at: Pick<MockBlocker, 'host' | 'port'>, to: string, transport: 'udp' | 'tcp' = 'udp') {
  const who = { from: CALLER, to, displayName: undefined, localAddress: undefined, timeoutMs: 20_000 }
  const dialled = await dial({ host: at.host, port: at.port, transport, ...who })
  if (dialled.kind === 'silent') throw new Error(dialled.why)
  return dialled
}

/** Events in order, and a wait for the next of a kind. */
function listen(): {
  events: { until(kind: CallEvent['kind']): Promise<CallEvent> }
  onEvent: NonNullable<MockBlockerOptions['onEvent']>
} {
  const heard: BlockerEvent[] = []
  let wake = (): void => undefined
  return {
    events: {
      async until(kind) {
        for (;;) {
          const at = heard.findIndex((event) => event.kind === kind)
          if (at >= 0) return heard.splice(0, at + 1).at(-1) as CallEvent
          await new Promise<void>((woken) => (wake = woken))
        }
      },
    },
    onEvent(event) {
      heard.push(event)
      wake()
    },
  }
}

type CallEvent = Exclude<BlockerEvent, { kind: 'refused' }>

async function openCaller({ port }: Pick<MockBlocker, 'port'>) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const heard: string[] = []
  let wake = (): void => undefined
  socket.on('message', (bytes) => {
    heard.push(bytes.toString())
    wake()
  })
  return {
    invite: writeInvite,
    request: writeRequest,
    ack: (invite: string, answer: string) =>
      invite
        .replace('INVITE sip', 'ACK sip')
        .replace('1 INVITE', '1 ACK')
        .replace(/^To: .*$/m, /^To: .*$/m.exec(answer)![0]),
    send: (message: string) => socket.send(message, port, '127.0.0.1'),
    async next(): Promise<string> {
      for (;;) {
        const message = heard.shift()
        if (message !== undefined) return message
        await new Promise<void>((woken) => (wake = woken))
      }
    },
    async [Symbol.asyncDispose]() {
      await new Promise<void>((closed) => socket.close(() => closed()))
    },
  }
}

function writeInvite(branch: string, dialled: string, transport = 'UDP'): string {
  return writeRequest('INVITE', branch, dialled, transport)
}

function writeRequest(method: string, branch: string, dialled = TO_SIP, transport = 'UDP'): string {
  return [
    `${method} sip:${dialled}@b.example SIP/2.0`,
    `Via: SIP/2.0/${transport} a.example;branch=z9hG4bK${branch};rport`,
    `From: <sip:${CALLER}@a.example>;tag=1`,
    `To: <sip:${dialled}@b.example>`,
    `Call-ID: ${branch}@a.example`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:a.example>',
    'Content-Length: 0',
    '\r\n',
  ].join('\r\n')
}

function tagOf(answer: string): string | undefined {
  return /^To: .*;tag=(\w+)\r$/m.exec(answer)?.[1]
}

function wayTo(sent: string[]): Way {
  return {
    transport: 'udp',
    local: '127.0.0.1:5060',
    send: (bytes) => void sent.push(Buffer.from(bytes).toString('latin1')),
  }
}

function transactionsWith(isAllowed: (address: string) => boolean, records = new CallRecords()) {
  const events: string[] = []
  const transactions = new AnswerTransactions({
    scenarios: SCENARIOS,
    records,
    cardUri: () => 'https://cards.northwire.example/card/fresh',
    isAllowed,
    t1Ms: 60_000,
    tell: ({ kind }) => events.push(kind),
  })
  return { transactions, sent: [] as string[], events }
}
