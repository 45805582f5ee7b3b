// One thing: what the gate and a peer have agreed on beside addresses: how a call is continued, sent elsewhere, shed, and told of.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FIELD } from '#codec/sip/field.ts'
import { parseMessage } from '#codec/sip/message.ts'
import { RequestView } from '#codec/sip/request.ts'
import { decodeOctets, encodeText } from '#codec/sip/text.ts'
import { parseParty } from '#core/call/party.ts'
import { isEmergencyInvite } from '#core/call/read-facts.ts'
import { parseRedirect } from '#core/notify/redirect.ts'
import { noticeChoices } from '#core/notify/notice-choices.ts'
import {
  BLOCKED,
  CALLER,
  NOW,
  PEER,
  type Setting,
  gateWith,
  invite,
  policyOf,
  request,
  statuses,
  terms,
} from '../../../test/gate.ts'
import { noFigures } from './figures.ts'
import { Allowance, Overload } from './overload.ts'
import { mayBeLeft } from './urgent.ts'
import { TRIAL_STATUSES, type Tried } from './trial.ts'

const BACK: [title: string, requestUri: string, contact: string][] = [
  ['a number', 'sip:+14155550163@gate.example;user=phone', '<sip:+14155550163@127.0.0.1:5062;user=phone>'],
  ['a port of its own', 'sip:+14155550163@gate.example:5070', '<sip:+14155550163@127.0.0.1:5062>'],
  ['parameters of the number', 'sip:+14155550163;npdi@gate.example', '<sip:+14155550163;npdi@127.0.0.1:5062>'],
  ['sips', 'sips:+14155550163@gate.example', '<sips:+14155550163@127.0.0.1:5062>'],
  ['a tel URI', 'tel:+14155550163;npdi', '<sip:+14155550163;npdi@127.0.0.1:5062;user=phone>'],
  ['no user', 'sip:gate.example', '<sip:127.0.0.1:5062>'],
  ['an emergency service, which names no host', 'urn:service:sos', '<urn:service:sos>'],
]
for (const [title, requestUri, contact] of BACK) {
  test(`302 sends a call back to the peer: ${title}`, () => {
    const { say } = gateWith({ peer: { continueStatus: 302 } })

    const [answer] = say(invite({ from: CALLER, requestUri }))

    const response = parseMessage(answer!.bytes)
    assert.deepEqual([response.status, response.phrase], [302, 'Moved Temporarily'])
    assert.equal(response.first(FIELD.contact), contact)
    assert.deepEqual(say(invite({ from: CALLER, requestUri }))[0]?.bytes, answer?.bytes, 'the same when asked again')
  })
}

test('what a peer says of a signature counts, unless it is one that is not believed', () => {
  const extra = 'P-Attestation-Indicator: A\r\n'
  for (const [verstat, attestation] of [
    [undefined, 'A'],
    ['trust', 'A'],
    ['ignore', 'none'],
  ] as const) {
    const { say, journal } = gateWith({ peer: { verstat } })
    say(invite({ from: CALLER, extra }))
    assert.deepEqual(
      journal.map((row) => row.attestation),
      [attestation],
    )
  }
})

test('302 may point elsewhere, with places filled in', () => {
  const continueContact = parseRedirect('sip:{user}@192.0.2.9;from={peer}')
  const { say } = gateWith({ peer: { continueStatus: 302, continueContact } })

  const [answer] = say(invite({ from: CALLER }))

  assert.equal(parseMessage(answer!.bytes).first(FIELD.contact), '<sip:+14155550163@192.0.2.9;from=127.0.0.1:5062>')
})

test('whatever the Request-URI, the Contact of a 302 stays between its brackets', () => {
  const { say } = gateWith({ peer: { continueStatus: 302 } })
  const user = fc.stringMatching(/^[A-Za-z0-9_.!~*'()&=+$,;?/%-]{0,30}$/)
  let redirected = 0
  fc.assert(
    fc.property(user, fc.constantFrom('sip:', 'sips:', 'tel:', 'urn:service:', 'mailto:'), (text, scheme) => {
      const [answer] = say(invite({ from: CALLER, requestUri: `${scheme}${text}`, callId: `${scheme}${redirected}` }))
      const response = parseMessage(answer!.bytes)
      if (response.status !== 302) return
      redirected++
      assert.match(response.first(FIELD.contact)!, /^<[^<>"\s]+>$/)
    }),
  )
  assert.ok(redirected > 5, `${redirected} redirected`)
})

const REDIRECTS: [text: string, isOne: boolean][] = [
  ['sip:announce@192.0.2.9', true],
  ['sips:announce@192.0.2.9:5061;cause=blocked', true],
  ['sip:{called}@192.0.2.9', true],
  ['sip:{user}@{peer}', true],
  ['tel:+18005550142', true],
  ['sip:{caller}@192.0.2.9', false],
  ['sip:a b@192.0.2.9', false],
  ['sip:announce@192.0.2.9>;x=<y', false],
  ['http://announce.example', false],
  ['announce', false],
  ['', false],
]
for (const [text, isOne] of REDIRECTS) {
  test(`${JSON.stringify(text)} is ${isOne ? 'a' : 'no'} place to send calls to`, () => {
    assert.equal(parseRedirect(text) !== undefined, isOne)
  })
}

const ANNOUNCE = new Map([['announce', parseRedirect('sip:announce@192.0.2.9;calling={calling};called={called}')!]])

test('a rule with a treatment sends the call there: 302, journalled, no row and no receipt', async () => {
  const { say, journal, recorded, commit, gate } = gateWith({
    parts: { policy: policyOf(1000, false, 'announce'), treatments: ANNOUNCE },
  })

  const [answer] = say(invite({ from: BLOCKED }))
  await commit()

  const response = parseMessage(answer!.bytes)
  assert.equal(response.status, 302)
  assert.equal(response.first(FIELD.contact), '<sip:announce@192.0.2.9;calling=+12125550199;called=+14155550163>')
  assert.equal(response.first(FIELD.reason), undefined)
  assert.deepEqual(
    journal.map(({ verdict, rule }) => [verdict, rule]),
    [['treat', 'deny']],
  )
  assert.deepEqual([recorded.length, gate.figures.treated, gate.figures.blocked], [0, 1, 0])
  assert.deepEqual(say(invite({ from: BLOCKED }))[0]?.bytes, answer?.bytes)
  assert.deepEqual(statuses(say(invite({ from: CALLER, callId: 'two' }))), [404], 'another caller is not sent there')
})

test('a treatment that there is not lets the call go on, with an alarm', () => {
  const { say, alarms } = gateWith({ parts: { policy: policyOf(1000, false, 'announce') } })

  assert.deepEqual(statuses(say(invite({ from: BLOCKED }))), [404])
  assert.deepEqual(alarms, ['fault'])
})

const CAPS = 'Feature-Caps: *;+sip.608\r\n'
const RFC = noticeChoices('rfc')
type Told = [title: string, setting: Setting, extra: string, status: number, kind: string]
const REJECTIONS: Told[] = [
  ['608 where the way back knows it', {}, CAPS, 608, '608'],
  ['608 where another value of the field says so', {}, 'Feature-Caps: *;+g.x, *;+SIP.608\r\n', 608, '608'],
  ['603+ where nothing says so', {}, '', 603, '603+'],
  ['603+ where only something else is known', {}, 'Feature-Caps: *;+sip.607\r\n', 603, '603+'],
  ['603+ where the field cannot be read', {}, 'Feature-Caps: "*;+sip.608\r\n', 603, '603+'],
  ['608 to a peer that announces by itself', { peer: { announces: true } }, '', 608, '608'],
  [
    'an announcement where there is one',
    { parts: { terms: terms({ choices: RFC, announce: 'announce' }) } },
    '',
    302,
    'announced',
  ],
  [
    '608 and no announcement where the way back knows 608',
    { parts: { terms: terms({ choices: RFC, announce: 'announce' }) } },
    CAPS,
    608,
    '608',
  ],
]
for (const [title, setting, extra, status, kind] of REJECTIONS) {
  test(`where the policy tells analytics by 608, a caller gets ${title}; all are recorded`, async () => {
    const parts = { terms: terms({ choices: RFC }), treatments: ANNOUNCE, ...setting.parts }
    const { say, sent, commit, recorded } = gateWith({ ...setting, parts })

    assert.deepEqual(say(invite({ from: BLOCKED, extra })), [])
    await commit()

    assert.deepEqual(statuses(sent), [status])
    assert.deepEqual(recorded[0]?.notice, { kind, status })
    const response = parseMessage(sent[0]!.bytes)
    const { receipt } = recorded[0]?.personal ?? { receipt: 'none' }
    const card = `<https://redress.northwire.example/j/${receipt}>;purpose=jwscard`
    assert.equal(response.first(FIELD.callInfo), status === 608 ? card : undefined)
  })
}

const TELLS = { verdict: 'X-Recourse-Verdict', label: 'P-Label' }
test('a peer that asks for it is told the verdict beside continue, and another is not', () => {
  const { say, gate, way, sent } = gateWith({ peer: { tells: TELLS }, shadow: true })
  const fields = (extra: Parameters<typeof invite>[0]): (string | undefined)[] => {
    const response = parseMessage(say(invite(extra))[0]!.bytes)
    return [response.named('X-Recourse-Verdict')[0], response.named('P-Label')[0]]
  }

  assert.deepEqual(fields({ from: CALLER }), ['continue', undefined])
  assert.deepEqual(fields({ from: BLOCKED, callId: '2' }), ['continue', 'shadow:deny'])
  assert.deepEqual(fields({ from: BLOCKED, callId: '2' }), ['continue', 'shadow:deny'], 'the same when asked again')
  assert.deepEqual(fields({ from: '+12125550100', callId: '3' }), ['allowed', 'allow:allow'])
  assert.deepEqual(fields({ from: BLOCKED, to: '911', callId: '4' }), ['exempt', undefined])
  assert.deepEqual(fields({ from: CALLER, callId: '5', extra: 'Diversion: <sip:a@b.example>\r\n' }), [
    'continue',
    'forwarded',
  ])
  gate.receive(invite({ from: BLOCKED, callId: '6' }), { address: '127.0.0.2', port: 5062 }, way)
  assert.doesNotMatch(decodeOctets(sent.at(-1)!.bytes), /Recourse|Label/)
})

test('a call that should have been blocked and could not be says so to a peer that is told', async () => {
  const { say, sent, fail } = gateWith({ peer: { tells: TELLS } })
  say(invite({ from: BLOCKED }))
  await fail(new Error('disk full'))

  assert.deepEqual(parseMessage(sent[0]!.bytes).named('x-recourse-verdict'), ['unrecorded'])
})

type Placed = [title: string, peer: Setting['peer'], more: Parameters<typeof invite>[0], trunk: string]
const header = (name: string) => [{ kind: 'header', name }] as const
const parameter = (name: string) => [{ kind: 'parameter', name }] as const
const TRUNKS: Placed[] = [
  ['tgrp by default', {}, { from: CALLER, requestUri: 'sip:+14155550163;tgrp=t1@gate.example' }, 't1'],
  ['nothing by default from a field', {}, { from: CALLER, extra: 'X-Trunk: t1\r\n' }, ''],
  ['a field', { trunkAt: header('x-trunk') }, { from: CALLER, extra: 'x-TRUNK:  t 2 \r\n' }, 't 2'],
  [
    'a field the codec knows',
    { trunkAt: header('p-asserted-identity') },
    { from: CALLER, extra: 'P-Asserted-Identity: <tel:+12125550117>\r\n' },
    '<tel:+12125550117>',
  ],
  [
    'P-Source-Device',
    { trunkAt: header('p-source-device') },
    { from: CALLER, extra: 'P-Source-Device: 192.0.2.4\r\n' },
    '192.0.2.4',
  ],
  ['a missing field', { trunkAt: header('x-trunk') }, { from: CALLER, extra: 'X-Trunks: no\r\n' }, ''],
  [
    'a field that is too long',
    { trunkAt: header('x-trunk') },
    { from: CALLER, extra: `X-Trunk: ${'a'.repeat(101)}\r\n` },
    '',
  ],
  [
    'a parameter of the host part',
    { trunkAt: parameter('otg') },
    { from: CALLER, requestUri: 'sip:+14155550163@gate.example;OTG=t3;x=y' },
    't3',
  ],
  [
    'a parameter of Contact',
    { trunkAt: parameter('tgrp') },
    { from: CALLER, extra: 'Contact: <sip:a;tgrp=t4;trunk-context=x@b.example>\r\n' },
    't4',
  ],
  [
    'a broken Contact, which costs nothing',
    { trunkAt: parameter('tgrp') },
    { from: CALLER, extra: 'Contact: <sip:a;tgrp=t4\r\n' },
    '',
  ],
  [
    'the second place where the first says nothing',
    { trunkAt: [...header('x-trunk'), ...parameter('otg')] },
    { from: CALLER, requestUri: 'sip:1@g.example;otg=t5' },
    't5',
  ],
]
for (const [title, peer, call, trunk] of TRUNKS) {
  test(`the trunk is read where the peer names it: ${title}`, () => {
    const { say, journal } = gateWith({ peer: peer ?? {} })
    assert.deepEqual(statuses(say(invite(call))), [404])
    assert.equal(journal[0]?.trunk, trunk)
  })
}

test('the tenant is read where the peer names it, else it is the one of the configuration', async () => {
  const { say, recorded, commit } = gateWith({ peer: { tenantAt: header('x-tenant') } })
  say(invite({ from: BLOCKED, extra: 'X-Tenant: globex\r\n' }))
  say(invite({ from: BLOCKED, callId: 'two' }))
  await commit()

  assert.deepEqual(
    recorded.map(({ tenant }) => tenant),
    ['globex', 'acme'],
  )
})

const STRANGER = { address: '192.0.2.66', port: 5066 }
test('strangers are told 403 where the operator chose so: without state, and only a few a second', () => {
  const time = { nowMs: NOW }
  const { gate, way, sent, journal } = gateWith({ time, parts: { answersStrangers: true } })
  const ask = (call: number): void =>
    gate.receive(
      invite({
        from: BLOCKED,
        callId: `c${call}`,
        extra: 'Contact: <sip:somebody@origin.example:5060;transport=udp>\r\n',
      }),
      STRANGER,
      way,
    )

  for (let call = 0; call < 150; call++) ask(call)

  assert.equal(sent.length, 100)
  assert.ok(sent.every(({ bytes, address }) => parseMessage(bytes).status === 403 && address === STRANGER.address))
  ask(0)
  assert.equal(sent.length, 100)
  time.nowMs += 1000
  ask(0)
  assert.deepEqual(sent[100]?.bytes, sent[0]?.bytes, 'no state: the same question, the same answer')
  assert.deepEqual([gate.figures.strangers, gate.figures.turnedAway, journal.length], [152, 101, 0])
})

test('a stranger’s ACK, rubbish, and a question smaller than its answer get nothing', () => {
  const { gate, way, sent } = gateWith({ parts: { answersStrangers: true } })
  const tiny =
    'OPTIONS sip:g SIP/2.0\r\nv:SIP/2.0/UDP a\r\nf:<sip:a>;tag=1\r\nt:<sip:b>\r\ni:1\r\nCSeq:1 OPTIONS\r\n\r\n'

  for (const text of [request('ACK'), '\r\n\r\n', 'x'.repeat(500), tiny, `INVITE sip:x SIP/2.0\r\n\r\n`])
    gate.receive(encodeText(text), STRANGER, way)

  assert.equal(sent.length, 0)
  gate.receive(encodeText(request('OPTIONS')), STRANGER, way)
  assert.deepEqual(statuses(sent), [403])
})

test('by default a stranger gets nothing, whatever he sends', () => {
  const { gate, way, sent } = gateWith()
  gate.receive(invite({ from: BLOCKED }), STRANGER, way)
  assert.deepEqual([sent.length, gate.figures.strangers], [0, 1])
})

/** A gate that has had no pause for `busyMs`, in which `flood` calls came, and then one more. */
function busyGate(busyMs: number, setting: Setting = {}, flood = 498) {
  const time = { nowMs: NOW }
  const made = gateWith({ time, ...setting, parts: { pauses: () => 7, ...setting.parts } })
  for (let call = 0; call < flood; call++) made.say(invite({ from: CALLER, callId: `flood-${call}` }))
  made.journal.length = 0
  Object.assign(made.gate.figures, noFigures())
  made.say(invite({ from: CALLER, callId: 'first' }))
  time.nowMs = NOW + busyMs
  return { ...made, time }
}

test('without a pause for 100 ms the newest calls are told to continue, unjudged, counted and alarmed', () => {
  const { say, gate, journal, alarms, time } = busyGate(105)
  const call = invite({ from: BLOCKED, callId: 'shed' })

  assert.deepEqual(statuses(say(call)), [404])
  assert.deepEqual([gate.figures.overloaded, gate.figures.calls, journal.length], [1, 1, 1])
  assert.deepEqual(alarms, ['overload'])
  time.nowMs = NOW + 110
  assert.deepEqual(statuses(say(call)), [404], 'once told to continue, always told so')
  assert.equal(gate.figures.overloaded, 1)
})

test('in overload the calls of the first half of each turn are judged', async () => {
  const { say, sent, commit, gate } = busyGate(110)

  assert.deepEqual(say(invite({ from: BLOCKED, callId: 'judged' })), [])
  await commit()

  assert.equal(statuses(sent).at(-1), 603)
  assert.equal(gate.figures.overloaded, 0)
})

const CALM: [title: string, busyMs: number, pauses: () => number, flood?: number][] = [
  ['one that was without a pause for less', 95, () => 7],
  ['one to which fewer calls came since', 105, () => 7, 497],
  [
    'one that had a pause just now',
    105,
    (() => {
      let pauses = 0
      return () => pauses++
    })(),
  ],
]
for (const [title, busyMs, pauses, flood] of CALM) {
  test(`a gate sheds nothing, here ${title}`, () => {
    const { say, gate } = busyGate(busyMs, { parts: { pauses } }, flood)
    say(invite({ from: BLOCKED, callId: 'kept' }))
    assert.deepEqual([gate.figures.overloaded, gate.figures.calls], [0, 2])
  })
}

test('overload ends with the first pause', () => {
  let pauses = 7
  const { say, gate, time } = busyGate(105, { parts: { pauses: () => pauses } })
  say(invite({ from: CALLER, callId: '1' }))
  assert.equal(gate.figures.overloaded, 1)
  pauses++
  time.nowMs += 10
  say(invite({ from: CALLER, callId: '2' }))
  assert.equal(gate.figures.overloaded, 1)
})

test('an emergency call is never shed', () => {
  const { say, gate, journal } = busyGate(105)

  for (const to of ['911', '112']) assert.deepEqual(statuses(say(invite({ from: BLOCKED, to, callId: to }))), [404])
  say(invite({ from: BLOCKED, requestUri: 'urn:service:sos', callId: 'sos' }))
  say(invite({ from: BLOCKED, callId: 'back', extra: 'Priority: psap-callback\r\n' }))

  assert.equal(gate.figures.overloaded, 0)
  assert.deepEqual(
    journal.slice(1).map(({ verdict }) => verdict),
    ['exempt', 'exempt', 'exempt', 'exempt'],
  )
})

test('503 with Retry-After is told in overload where the operator chose it, and only so many times a second', () => {
  const { say, gate } = busyGate(105, { parts: { answersOverload: true } })

  const answers = Array.from({ length: 105 }, (_, call) => say(invite({ from: CALLER, callId: `${call}` }))[0]!)

  assert.deepEqual(new Set(statuses(answers.slice(0, 100))), new Set([503]))
  assert.deepEqual(new Set(statuses(answers.slice(100))), new Set([404]))
  assert.equal(parseMessage(answers[0]!.bytes).first(FIELD.retryAfter), '1')
  assert.deepEqual(say(invite({ from: CALLER, callId: '0' }))[0]?.bytes, answers[0]?.bytes)
  assert.equal(gate.figures.overloaded, 105)
})

/** A gate that has been drowning, in the later half of a turn. */
function drowningGate(setting: Setting = {}) {
  const made = busyGate(309.5, setting)
  made.say(invite({ from: CALLER, callId: 'second', branch: 'second' }))
  return made
}

test('calls are left unread where shedding has not ended an overload in 300 ms, counted and alarmed; the rest is answered', () => {
  const { say, gate, time } = drowningGate()
  assert.equal(gate.figures.unread, 0)
  const call = invite({ from: CALLER, callId: 'left' })

  assert.deepEqual(say(call), [])
  assert.deepEqual(statuses(say(encodeText(request('OPTIONS')))), [200])
  assert.equal(gate.figures.unread, 1)
  time.nowMs += 1
  assert.deepEqual(statuses(say(call)), [404], 'asked again early in a turn, it is judged')
  assert.equal(gate.figures.calls, 3)
})

test('nothing is left before 300 ms have gone by without a pause', () => {
  const { say, gate } = busyGate(295)
  say(invite({ from: CALLER, callId: 'kept' }))
  assert.deepEqual([gate.figures.unread, gate.figures.overloaded], [0, 1])
})

test('an overload that comes back within 10 s is met by leaving calls at once, a later one is not', () => {
  for (const [awayMs, unread] of [
    [9_000, 1],
    [11_000, 0],
  ] as const) {
    let pauses = 7
    const { say, gate, time } = drowningGate({ parts: { pauses: () => pauses } })
    pauses++
    time.nowMs += awayMs
    for (let call = 0; call < 500; call++) say(invite({ from: CALLER, callId: `calm-${call}`, branch: 'calm' }))
    time.nowMs += 100
    say(invite({ from: CALLER, callId: 'busy', branch: 'busy' }))
    time.nowMs += 10
    say(invite({ from: CALLER, callId: 'left', branch: 'left' }))
    assert.equal(gate.figures.unread > 0 ? 1 : 0, unread, `${awayMs} ms away`)
  }
})

const URGENT: [title: string, call: Parameters<typeof invite>[0]][] = [
  ['911', { from: CALLER, to: '911' }],
  ['112 with its country code', { from: CALLER, to: '+1112' }],
  ['9-1-1', { from: CALLER, to: '9-1-1' }],
  ['an escaped 911', { from: CALLER, requestUri: 'sip:%39%31%31@gate.example' }],
  ['a service', { from: CALLER, requestUri: 'URN:service:sos' }],
  ['a call-back', { from: CALLER, extra: 'priority: PSAP-Callback\r\n' }],
  ['a priority', { from: CALLER, extra: 'Resource-Priority: ESNET.1\r\n' }],
]
for (const [title, call] of URGENT) {
  test(`an emergency call is never left unread: ${title}`, () => {
    const { say, gate } = drowningGate()
    assert.deepEqual(statuses(say(invite({ ...call, callId: 'urgent', branch: 'urgent' }))), [404])
    assert.equal(gate.figures.unread, 0)
  })
}

test('whatever readCallFacts takes for an emergency call is never left unread', () => {
  const digits = fc.stringMatching(/^\+?[0-9().-]{0,3}(?:911|112|9-1-1|1\.1\.2)$/)
  let emergencies = 0
  fc.assert(
    fc.property(digits, (to) => {
      const call = invite({ from: CALLER, to })
      const message = parseMessage(call)
      const view = new RequestView()
      if (view.read(message) !== undefined || !isEmergencyInvite(message, view)) return
      emergencies++
      assert.equal(mayBeLeft(call), false, to)
    }),
  )
  assert.ok(emergencies > 5, `${emergencies} emergencies`)
  assert.equal(mayBeLeft(invite({ from: CALLER, to: '+14155550163' })), true)
})

test('an allowance lets pass so many a second, and never more at once, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 400 }), { minLength: 50, maxLength: 200 }), (steps) => {
      const allowance = new Allowance(10)
      let now = 0
      let forward = 0
      let passed = 0
      for (const step of steps) {
        now += step
        forward += Math.max(0, step)
        if (allowance.take(now)) passed++
      }
      assert.ok(passed <= 10 + forward / 100 + 1)
      assert.ok(passed >= 10)
    }),
  )
})

test('a loop that is at rest pauses, and one that is kept busy does not', async () => {
  const overload = new Overload()
  await new Promise((resolve) => setTimeout(resolve, 20))
  for (let call = 0; call < 500; call++) assert.equal(overload.sheds(1005), false)
  assert.equal(overload.sheds(1205), true, 'no turn of the loop has gone by: there was no pause')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.equal(overload.sheds(1305), false)
})

for (const status of TRIAL_STATUSES) {
  test(`in a peer test one call continues and one is told ${status}, neither judged nor recorded`, async () => {
    const tried: Tried[] = []
    const trial = {
      peer: 'edge',
      allow: parseParty('+14155550101'),
      block: parseParty('+14155550102'),
      status,
      untilMs: NOW + 1,
    }
    const { say, recorded, commit, gate, journal } = gateWith({
      parts: { trial, tried: (what) => void tried.push(what) },
    })

    assert.deepEqual(statuses(say(invite({ from: BLOCKED, to: '+14155550101', callId: 'a' }))), [404])
    assert.deepEqual(statuses(say(invite({ from: CALLER, to: '+14155550102', callId: 'b' }))), [status])
    assert.deepEqual(say(invite({ from: BLOCKED, to: '+14155550103', callId: 'c' })), [], 'any other call is judged')
    await commit()

    assert.deepEqual(
      tried.map(({ call }) => call),
      ['allow', 'block', 'other'],
    )
    assert.deepEqual([recorded.length, gate.figures.tried, gate.figures.calls], [1, 2, 1])
    assert.deepEqual(
      journal.map(({ verdict, rule }) => [verdict, rule]),
      [
        ['exempt', 'peer-test'],
        ['treat', 'peer-test'],
        ['block', 'deny'],
      ],
    )
  })
}

const NOT_TRIED: [title: string, call: Parameters<typeof invite>[0], address: string, untilMs: number][] = [
  ['of another peer', { from: CALLER, to: '+14155550102' }, '127.0.0.2', NOW + 1],
  ['after its time', { from: CALLER, to: '+14155550102' }, PEER.address, NOW - 1],
  ['to an emergency service', { from: CALLER, to: '911' }, PEER.address, NOW + 1],
]
for (const [title, call, address, untilMs] of NOT_TRIED) {
  test(`a call ${title} is no call of a peer test`, () => {
    const block = parseParty(call.to!)
    const trial = { peer: 'edge', allow: parseParty('+14155550101'), block, status: 603, untilMs } as const
    const { gate, way, sent } = gateWith({ parts: { trial } })
    gate.receive(invite(call), { address, port: 5062 }, way)
    assert.deepEqual([statuses(sent), gate.figures.tried, gate.figures.calls], [[404], 0, 1])
  })
}
