import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeOctets, encodeText } from '#codec/sip/text.ts'
import { type Comparison, type FindingKind, type ProbeCall, compareCall } from './compare.ts'
import type { ReceivedCall } from './received.ts'
import { type Scenario, fillAnswer, findById } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

test('an unchanged answer is intact, in every scenario, with one end and with both', () => {
  for (const scenario of SCENARIOS) {
    const octets = textOf(scenario)
    for (const farEnd of [undefined, [received(scenario, octets)]]) {
      const { state, findings, against, arrivals } = compareCall(answered(scenario, octets), farEnd)
      assert.deepEqual([scenario.id, state, findings], [scenario.id, 'intact', []])
      assert.deepEqual([against, arrivals], farEnd === undefined ? ['scenario', undefined] : ['far-end', 1])
    }
  }
})

test('what a path may do is no finding: fields of its own, other folds and spaces between parameters, another tag', () => {
  let folded = 0
  for (const scenario of SCENARIOS.filter(({ isLegal }) => isLegal)) {
    const sent = textOf(scenario)
    const unfolded = sent.replace(/\r\n[ \t]+/g, ' ')
    if (unfolded !== sent) folded++
    const arrived = unfolded
      .replace(/\r\nV(?:ia|):/, '\r\nServer: an SBC\r\nX-Route: 7\r\nVia:')
      .replace(/;tag=blocker/, ';tag=of-the-sbc')
      .replace(/;location=/g, ' ; location = ')
    assert.deepEqual(compareCall(answered(scenario, arrived), undefined).findings, [], scenario.id)
  }
  assert.ok(folded >= 2)
})

const CHANGES: readonly {
  readonly title: string
  readonly id: string
  readonly at: RegExp | string
  readonly by: string
  readonly kinds: readonly FindingKind[]
  readonly note?: RegExp
}[] = [
  { title: 'another status', id: 'sip', at: ' 603 ', by: ' 600 ', kinds: ['status-changed'] },
  {
    title: 'another status, not another phrase too',
    id: 'rejected',
    at: '608 Rejected',
    by: '600 Busy',
    kinds: ['status-changed'],
  },
  { title: 'the stock phrase', id: 'sip', at: 'Network Blocked', by: 'Decline', kinds: ['phrase-changed'] },
  { title: 'no phrase', id: 'sip', at: 'Network Blocked', by: '', kinds: ['phrase-changed'] },
  {
    title: 'the phrase in lower case',
    id: 'sip',
    at: 'Network Blocked',
    by: 'network blocked',
    kinds: ['phrase-case'],
  },
  { title: 'no Reason', id: 'sip', at: /Reason:[^\r]*\r\n/, by: '', kinds: ['reason-stripped'] },
  {
    title: 'one of two Reason lines',
    id: 'two-fields',
    at: /Reason: Q[^\r]*\r\n/,
    by: '',
    kinds: ['reason-value-lost'],
  },
  { title: 'one of two Reason values', id: 'both-forms', at: /, Q\.850[^\r]*/, by: '', kinds: ['reason-value-lost'] },
  {
    title: 'a text that ends early',
    id: 'sip',
    at: /;id=[^"]*/,
    by: '',
    kinds: ['reason-cut'],
    note: /^its text ends after \d+ of \d+/,
  },
  { title: 'a cause alone', id: 'sip', at: /;text="[^"]*"/, by: '', kinds: ['reason-cut'], note: /its text is gone/ },
  { title: 'another text', id: 'sip', at: 'northwire', by: 'southwire', kinds: ['reason-changed'] },
  { title: 'another cause', id: 'sip', at: 'cause=603', by: 'cause=600', kinds: ['reason-changed'] },
  {
    title: 'another location',
    id: 'sip',
    at: 'location=RLN',
    by: 'location=LN',
    kinds: ['location-changed'],
    note: /location is LN/,
  },
  { title: 'no location', id: 'sip', at: ';location=RLN', by: '', kinds: ['reason-cut'] },
  {
    title: 'no location, from the middle',
    id: 'reordered',
    at: /;\s*location\s*=\s*RLN/i,
    by: '',
    kinds: ['location-changed'],
    note: /location is gone/,
  },
  {
    title: 'parameters in another order',
    id: 'sip',
    at: /;cause=603(;text="[^"]*")/,
    by: '$1;cause=603',
    kinds: ['reason-form'],
    note: /reordered/,
  },
  {
    title: 'needless quotes',
    id: 'sip',
    at: 'cause=603',
    by: 'cause="603"',
    kinds: ['reason-form'],
    note: /another way/,
  },
  {
    title: 'the protocol in lower case',
    id: 'sip',
    at: 'SIP;',
    by: 'sip;',
    kinds: ['reason-form'],
    note: /another way/,
  },
  {
    title: 'the values in another order',
    id: 'both-forms',
    at: /Reason: (SIP.*RLN), (Q[^\r]*)/,
    by: 'Reason: $2, $1',
    kinds: ['reason-form'],
    note: /order of the values/,
  },
  {
    title: 'a second value of the same protocol',
    id: 'sip',
    at: 'Reason:',
    by: 'Reason: SIP;cause=603;text="Declined"\r\nReason:',
    kinds: ['reason-doubled'],
  },
  { title: 'the same value twice', id: 'sip', at: /Reason: ([^\r]*)/, by: '$&, $1', kinds: ['reason-doubled'] },
  {
    title: 'a Q.850 value added',
    id: 'sip',
    at: 'Reason:',
    by: 'Reason: Q.850;cause=21\r\nReason:',
    kinds: ['reason-added'],
  },
  { title: 'a space inside quotes', id: 'sip', at: 'text="v', by: 'text=" v', kinds: ['reason-changed'] },
  { title: 'no Call-Info', id: 'rejected-card', at: /Call-Info:[^\r]*\r\n/, by: '', kinds: ['call-info-lost'] },
  {
    title: 'another purpose',
    id: 'rejected-card',
    at: 'purpose=jwscard',
    by: 'purpose=card',
    kinds: ['call-info-changed'],
  },
  {
    title: 'no Retry-After',
    id: 'decline-later',
    at: /Retry-After:[^\r]*\r\n/,
    by: '',
    kinds: ['retry-after-changed'],
  },
  { title: 'another Retry-After', id: 'decline-later', at: '3600', by: '60', kinds: ['retry-after-changed'] },
  { title: 'no tag in To', id: 'busy', at: ';tag=blocker', by: '', kinds: ['tag-missing'] },
  {
    title: 'a tag inside the URI of To only',
    id: 'busy',
    at: />;tag=blocker/,
    by: ';tag=blocker>',
    kinds: ['tag-missing'],
  },
]

for (const { title, id, at, by, kinds, note } of CHANGES)
  test(`a path is told of, and of nothing else: ${title}`, () => {
    const scenario = known(id)
    const sent = textOf(scenario)
    const arrived = sent.replace(at, by)
    assert.notEqual(arrived, sent, 'there is something to change')
    for (const farEnd of [undefined, [received(scenario, sent)]]) {
      const { state, findings } = compareCall(answered(scenario, arrived), farEnd)
      assert.deepEqual([state, findings.map(({ kind }) => kind)], ['changed', kinds])
      if (note !== undefined) assert.match(findings[0]!.note, note)
      assert.ok(findings.every((finding) => finding.sent !== finding.arrived))
    }
  })

for (const id of ['decline', 'unwanted', 'rejected', 'busy', 'anonymous'])
  test(`a notice that is put into a refusal without one is told, and another Reason is not: ${id}`, () => {
    const scenario = known(id)
    const put = (line: string): FindingKind[] =>
      kinds(compareCall(answered(scenario, textOf(scenario).replace('\r\nTo:', `\r\n${line}\r\nTo:`)), undefined))
    assert.deepEqual(put('Reason: SIP;cause=603;text="v=analytics1;url=https://a.example";location=RLN'), [
      'notice-made',
    ])
    assert.deepEqual(put('Reason: Q.850;cause=21'), [])
  })

test('a single change of any octet of a Reason, a phrase or a Call-Info is found, wherever it is made', () => {
  let found = 0
  const parts = SCENARIOS.flatMap((scenario) => changeable(scenario).map((part) => ({ scenario, ...part })))
  fc.assert(
    fc.property(
      fc.constantFrom(...parts),
      fc.nat(),
      fc.constantFrom('other', 'gone', 'twice'),
      ({ scenario, from, to }, place, how) => {
        const sent = textOf(scenario)
        const at = from + (place % (to - from))
        const was = sent[at]!
        fc.pre(/[0-9A-Za-z]/.test(was))
        const is = how === 'gone' ? '' : how === 'twice' ? was + was : was === 'x' || was === 'X' ? 'y' : 'x'
        const arrived = sent.slice(0, at) + is + sent.slice(at + 1)
        const { state } = compareCall(answered(scenario, arrived), [received(scenario, sent)])
        assert.equal(state, 'changed', `${scenario.id} at ${at}: ${arrived.slice(from, to)}`)
        found++
      },
    ),
    { numRuns: 400 },
  )
  assert.ok(parts.length >= 60 && found >= 400)
})

test('an answer that is lost is told with why; a call that was not placed, or never came, is not measured', () => {
  const scenario = known('sip')
  const silent: ProbeCall = { scenario, dialled: '1', end: { kind: 'silent', why: 'no final answer in 10 s' } }
  const lost = compareCall(silent, [received(scenario, textOf(scenario))])
  assert.deepEqual(
    [lost.state, kinds(lost), lost.findings[0]!.note],
    ['changed', ['answer-lost'], 'no final answer in 10 s'],
  )
  const late = compareCall({ ...silent, end: { kind: 'not-measured', why: 'too late' } }, [])
  assert.deepEqual([late.state, late.why, late.findings], ['apart', 'too late', []])
  for (const call of [silent, answered(scenario, textOf(scenario).replace('603', '503'))]) {
    const never = compareCall(call, [received(known('busy'), textOf(known('busy')))])
    assert.deepEqual([never.state, never.arrivals, never.findings], ['apart', 0, []])
    assert.match(never.why, /never came to the far end/)
  }
})

test('a call that came to the far end and named no scenario is not said to have stayed in the path', () => {
  const scenario = known('sip')
  const stray = { ...received(scenario, textOf(scenario)), scenario: undefined, dialled: '5550000' }
  const { state, why } = compareCall(answered(scenario, textOf(scenario)), [stray])
  assert.equal(state, 'apart')
  assert.match(why, /one came as 5550000, which names none: the path changes the number and drops X-Recourse-Scenario/)
})

test('every part is listed as sent and as arrived, with what became of it', () => {
  const rows = (id: string, change: (text: string) => string, provisional?: readonly number[]): string[] => {
    const sent = textOf(known(id))
    const call = answered(known(id), change(sent), provisional)
    return compareCall(call, [received(known(id), sent)]).parts.map(
      ({ name, verdict, sent: was, arrived }) => `${name} ${verdict} ${was.slice(0, 9)}|${arrived.slice(0, 9)}`,
    )
  }
  const same = (text: string): string => text
  assert.deepEqual(rows('sip', same), [
    'status intact 603|603',
    'phrase intact Network B|Network B',
    'Reason intact SIP;cause|SIP;cause',
    'location intact RLN|RLN',
    'tag in To intact blocker|blocker',
  ])
  assert.deepEqual(
    rows('sip', (text) => text.replace('location=RLN', 'location=LN').replace(';tag=blocker', ';tag=own')),
    [
      'status intact 603|603',
      'phrase intact Network B|Network B',
      'Reason changed SIP;cause|SIP;cause',
      'location changed RLN|LN',
      'tag in To free blocker|own',
    ],
  )
  assert.deepEqual(
    rows('rejected-card', (text) =>
      text.replace(/Call-Info[^\r]*\r\n/, 'Retry-After: 5\r\n').replace('608 R', '600 R'),
    ),
    [
      'status changed 608|600',
      'phrase intact Rejected|Rejected',
      'Call-Info changed <https://|',
      'Retry-After free |5',
      'tag in To intact blocker|blocker',
    ],
  )
  assert.ok(rows('both-first', same, [100, 180]).includes('before it changed 180, 183|180'))
  assert.ok(
    rows('decline', (text) => text.replace('\r\nTo:', '\r\nReason: Q.850;cause=21\r\nTo:')).includes(
      'Reason free |Q.850;cau',
    ),
  )
  assert.ok(rows('sip', (text) => text.replace(/Reason:[^\r]*\r\n/, '')).includes('Reason changed SIP;cause|'))
})

test('a provisional answer that did not arrive is told; one that was not sent is no part of it', () => {
  const scenario = known('both-first')
  const call = (provisional: readonly number[]): FindingKind[] =>
    kinds(compareCall(answered(scenario, textOf(scenario), provisional), undefined))
  assert.deepEqual(call([100, 180, 183]), [])
  assert.deepEqual(call([180]), ['provisional-lost'])
  assert.deepEqual(call([]), ['provisional-lost'])
  assert.deepEqual(kinds(compareCall(answered(known('sip'), textOf(known('sip')), []), undefined)), [])
})

test('another attempt after a 6xx was acknowledged is told with its source; one under way before, or after a 486, is not', () => {
  const scenario = known('sip')
  const sent = textOf(scenario)
  const first = { ...received(scenario, sent), acknowledgedMs: 12.5 }
  const later = { ...first, branch: '2', atMs: 60, source: '127.0.0.1:6' }
  const after = compareCall(answered(scenario, sent), [first, later])
  assert.deepEqual([kinds(after), after.arrivals], [['tried-again'], 2])
  assert.match(after.findings[0]!.arrived, /^1 more after it, first from 127\.0\.0\.1:6 50 ms later$/)
  // A parallel fork: its second branch came before the path can have known of the 6xx, though the 6xx was out.
  for (const atMs of [5, 11, 12.5])
    assert.deepEqual(kinds(compareCall(answered(scenario, sent), [first, { ...later, atMs }])), [], String(atMs))
  const unknown = { ...first, acknowledgedMs: undefined }
  assert.deepEqual(kinds(compareCall(answered(scenario, sent), [unknown, later])), [])
  assert.deepEqual(kinds(compareCall(answered(scenario, sent), [unknown, { ...later, atMs: 511 }])), ['tried-again'])
  const busy = known('busy')
  const busyFirst = received(busy, textOf(busy))
  assert.deepEqual(kinds(compareCall(answered(busy, textOf(busy)), [busyFirst, { ...busyFirst, atMs: 60 }])), [])
})

test('with a far end what it sent counts, not what the scenario says: a path is not blamed for what the blocker did', () => {
  const scenario = known('sip')
  const odd = textOf(scenario).replace('Network Blocked', 'Declined')
  assert.deepEqual(kinds(compareCall(answered(scenario, odd), undefined)), ['phrase-changed'])
  assert.deepEqual(kinds(compareCall(answered(scenario, odd), [received(scenario, odd)])), [])
})

test('a card’s address is any with one end, and the one that was sent with both', () => {
  const scenario = known('rejected-card')
  const elsewhere = textOf(scenario).replace(CARD, 'https://other.example/card')
  assert.deepEqual(kinds(compareCall(answered(scenario, elsewhere), undefined)), [])
  assert.deepEqual(kinds(compareCall(answered(scenario, elsewhere), [received(scenario, textOf(scenario))])), [
    'call-info-changed',
  ])
})

test('whatever octets arrive, a comparison comes of them', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SCENARIOS),
      fc.uint8Array({ maxLength: 300 }),
      fc.nat(600),
      (scenario, noise, at) => {
        const octets = encodeText(textOf(scenario))
        octets.set(noise.subarray(0, Math.max(0, octets.length - at)), Math.min(at, octets.length))
        const call: ProbeCall = {
          scenario,
          dialled: '1',
          end: { kind: 'answered', octets, provisional: [], afterMs: 1 },
        }
        assert.ok(['intact', 'changed'].includes(compareCall(call, undefined).state))
        const bare: ProbeCall = { ...call, end: { kind: 'answered', octets: noise, provisional: [], afterMs: 1 } }
        assert.equal(compareCall(bare, undefined).state, 'changed')
      },
    ),
    { numRuns: 300 },
  )
})

function known(id: string): Scenario {
  const scenario = findById(SCENARIOS, id)
  assert.ok(scenario !== undefined, id)
  return scenario
}

/** The whole answer as a blocker sends it. */
function textOf(scenario: Scenario): string {
  const { status, phrase, lines } = fillAnswer(scenario.answer, CARD)
  const own = lines.map((line) => `${line}\r\n`).join('')
  return `SIP/2.0 ${status} ${phrase}\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\nTo: <sip:1@b.example>;tag=blocker\r\n${own}Content-Length: 0\r\n\r\n`
}

/** Where the parts of an answer stand that any change of an octet is to be found in. */
function changeable(scenario: Scenario): { from: number; to: number }[] {
  const text = textOf(scenario)
  const phrase = text.indexOf(' ', 8) + 1
  const parts = scenario.intact.includes('phrase') ? [{ from: phrase, to: text.indexOf('\r\n') }] : []
  const owed = [
    scenario.intact.includes('reason') ? 'reason' : '',
    scenario.intact.includes('call-info') ? 'call-info' : '',
  ]
  for (const match of text.matchAll(/\r\n([\w-]+)\s*:((?:[^\r]|\r\n[ \t])+)/g))
    if (owed.includes(match[1]!.toLowerCase()))
      parts.push({ from: match.index + match[0].length - match[2]!.length, to: match.index + match[0].length })
  return parts
}

function answered(scenario: Scenario, text: string, provisional?: readonly number[]): ProbeCall {
  const came = provisional ?? scenario.before.map(({ status }) => status)
  return {
    scenario,
    dialled: '1',
    end: { kind: 'answered', octets: encodeText(text), provisional: came, afterMs: 12.4 },
  }
}

function received(scenario: Scenario, text: string): ReceivedCall {
  const { status } = scenario.answer
  return {
    from: '1',
    dialled: '2',
    scenario: scenario.id,
    atMs: 0,
    transport: 'udp',
    source: '127.0.0.1:5',
    branch: '1',
    callId: '1',
    repeats: 0,
    fields: [],
    sent: [{ atMs: 10, status, octets: decodeOctets(encodeText(text)), times: 1 }],
  }
}

function kinds({ findings }: Comparison): FindingKind[] {
  return findings.map(({ kind }) => kind)
}

const CARD = 'https://cards.northwire.example/card/fresh'
