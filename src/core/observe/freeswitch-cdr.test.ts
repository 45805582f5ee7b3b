import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Attempt } from './attempt.ts'
import { attemptOfRecord, isCallTime } from './call-record.ts'
import { readFreeswitchCdr } from './freeswitch-cdr.ts'

const START = Date.UTC(2026, 10, 22, 12)
const NOW = START + 3_600_000
const REASON = 'SIP;cause=603;text="v=analytics1;url=https://redress.example";location=TN'

/** The variables of a leg out as FreeSWITCH has them, refused by 603+. */
const VARIABLES = {
  direction: 'outbound',
  uuid: '5b3a1f9e-0000-4000-8000-000000000001',
  sip_call_id: '1@clinic',
  sip_from_user: '+12125550117',
  sip_to_user: '+14155550100',
  sip_gateway_name: 'northwire',
  sip_invite_failure_status: '603',
  sip_invite_failure_phrase: 'Network Blocked',
  sip_reason: REASON,
  sip_603plus_reason: REASON,
  hangup_cause: 'CALL_REJECTED',
  start_uepoch: String(START * 1000 + 250_000),
  answer_uepoch: '0',
  progress_uepoch: '0',
  end_uepoch: String(START * 1000 + 650_000),
}

test('a leg refused by 603+ is a proven block, as JSON and as XML, escaped and not', () => {
  for (const text of [
    json(VARIABLES),
    json(VARIABLES, encodeURIComponent),
    xml(VARIABLES),
    xml(VARIABLES, escapeXml),
  ]) {
    const attempt = attemptIn(text)
    assert.deepEqual(
      [attempt.at, attempt.from, attempt.to, attempt.carrier, attempt.setupMs, attempt.ringMs, attempt.evidence],
      [START + 250, '+12125550117', '+14155550100', 'northwire', 400, undefined, 'record'],
    )
    assert.ok(attempt.end.kind === 'refused')
    const { standing, contest, location, damage, blocker } = attempt.end.refusal
    assert.deepEqual(
      [standing, contest.url, location, damage, blocker],
      ['proven', 'https://redress.example', 'TN', [], 'redress.example'],
    )
  }
})

const ENDS: [name: string, variables: Record<string, string>, end: string, standing?: string][] = [
  ['older builds tell no Reason', { sip_reason: '', sip_603plus_reason: '' }, 'refused', 'unproven'],
  [
    'plain 603',
    { sip_invite_failure_phrase: 'Decline', sip_reason: '', sip_603plus_reason: '' },
    'refused',
    'unproven',
  ],
  ['busy', { sip_invite_failure_status: '486', sip_reason: '', sip_603plus_reason: '' }, 'refused', 'fault'],
  ['607', { sip_invite_failure_status: '607', sip_reason: '', sip_603plus_reason: '' }, 'refused', 'person'],
  ['answered', { answer_uepoch: String(START * 1000 + 300_000), sip_invite_failure_status: '' }, 'answered'],
  ['cancelled by its code', { sip_invite_failure_status: '487' }, 'cancelled'],
  ['cancelled by its cause', { sip_invite_failure_status: '', hangup_cause: 'ORIGINATOR_CANCEL' }, 'cancelled'],
  ['a challenge that nobody answered', { sip_invite_failure_status: '407' }, 'unknown'],
  ['no status', { sip_invite_failure_status: '', hangup_cause: 'NORMAL_TEMPORARY_FAILURE' }, 'unknown'],
]

for (const [name, variables, kind, standing] of ENDS) {
  test(`FreeSWITCH, ${name}: ${kind}${standing === undefined ? '' : `, ${standing}`}`, () => {
    const { end } = attemptIn(json({ ...VARIABLES, ...variables }))
    assert.equal(end.kind, kind)
    if (end.kind === 'refused') assert.equal(end.refusal.standing, standing)
  })
}

test('how long it rang and lasted, and the profile where variables are silent', () => {
  const { sip_from_user: _, sip_to_user: __, ...rest } = VARIABLES
  const variables = {
    ...rest,
    progress_uepoch: String(START * 1000 + 1_250_000),
    answer_uepoch: String(START * 1000 + 6_250_000),
    end_uepoch: String(START * 1000 + 16_250_000),
  }
  const text = JSON.stringify({
    variables,
    callflow: [{ caller_profile: { caller_id_number: '+12125550118', destination_number: '+14155550163' } }],
  })
  const attempt = attemptIn(text)
  assert.deepEqual(
    [attempt.from, attempt.to, attempt.ringMs, attempt.setupMs, attempt.end],
    ['+12125550118', '+14155550163', 5_000, 6_000, { kind: 'answered', durationMs: 10_000 }],
  )
})

test('a leg in is none of ours; what cannot be read says why', () => {
  const cases: [text: string, expected: RegExp | 'other-leg'][] = [
    [json({ ...VARIABLES, direction: 'inbound' }), 'other-leg'],
    [json({ ...VARIABLES, direction: '' }), /no variable direction/],
    [json({ ...VARIABLES, uuid: undefined as never }), /no variable uuid/],
    [json({ ...VARIABLES, start_uepoch: '0' }), /start_uepoch/],
    [json({ ...VARIABLES, start_uepoch: '99999999999999999' }), /start_uepoch/],
    ['{"variables":', /broken JSON/],
    ['[1]', /no object variables/],
    ['<cdr><variables>', /no <variables>/],
    ['', /broken JSON/],
  ]
  for (const [text, expected] of cases) {
    const reading = readFreeswitchCdr(text, 'test', NOW)
    if (expected === 'other-leg') assert.equal(reading.kind, 'other-leg')
    else assert.match(reading.kind === 'fault' ? reading.problem : reading.kind, expected, text.slice(0, 40))
  }
})

test('the same leg posted again has the same key, another one another', () => {
  const key = attemptIn(json(VARIABLES)).key
  assert.equal(attemptIn(xml(VARIABLES)).key, key)
  assert.notEqual(attemptIn(json({ ...VARIABLES, uuid: 'other' })).key, key)
  const record = { id: VARIABLES.uuid, source: '', atMs: START, from: '', to: '', carrier: '', status: 603 }
  assert.equal(attemptOfRecord({ ...record, kind: 'freeswitch' }).key, key)
  assert.notEqual(attemptOfRecord({ ...record, kind: 'telnyx' }).key, key)
})

test('nothing that anybody posts makes it throw', () => {
  let read = 0
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom(...Object.keys(VARIABLES)),
        fc.oneof(fc.string(), fc.integer(), fc.constant('%ff')),
      ),
      fc.string(),
      (changes, text) => {
        const made = json({ ...VARIABLES, ...(changes as Record<string, string>) })
        for (const one of [made, text, xml({ ...VARIABLES, ...(changes as Record<string, string>) }), `<${text}`])
          if (readFreeswitchCdr(one, 'test', NOW).kind === 'attempt') read++
      },
    ),
    { numRuns: 200 },
  )
  assert.ok(read > 100, `${read} attempts`)
})

test('times that no call can have are told apart', () => {
  assert.deepEqual(
    [NOW, NOW + 3_600_000, NOW + 90_000_000, 0, Number.NaN, -1, Infinity].map((at) => isCallTime(at, NOW)),
    [true, true, false, false, false, false, false],
  )
})

function attemptIn(text: string): Attempt {
  const reading = readFreeswitchCdr(text, 'freeswitch', NOW)
  assert.ok(reading.kind === 'attempt', JSON.stringify(reading))
  return reading.attempt
}

function json(variables: Record<string, string>, encode = (value: string) => value): string {
  const encoded = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value && encode(value)]))
  return JSON.stringify({
    'core-uuid': '1',
    switchname: 'edge',
    channel_data: { state: 'CS_REPORTING' },
    variables: encoded,
  })
}

function xml(variables: Record<string, string>, encode: (text: string) => string = encodeURIComponent): string {
  const lines = Object.entries(variables).map(([name, value]) => `    <${name}>${encode(value)}</${name}>`)
  return `<?xml version="1.0"?>\n<cdr core-uuid="1" switchname="edge">\n  <variables>\n${lines.join('\n')}\n  </variables>\n</cdr>\n`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
