import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { suite, test } from 'node:test'
import {
  type Ask,
  BITS_MAX,
  askCase,
  askChallenge,
  askNotice,
  fileClaim,
  formatClaim,
  keyOf,
  nextAsk,
  postAnswer,
} from './desk-client.ts'

const DESK = 'https://desk.example'
const WHO = {
  name: 'Ann',
  organisation: undefined,
  email: 'ann@clinic.example.com',
  tel: undefined,
  isForCustomer: false,
}
const SUBJECT = {
  group: 3,
  blocker: 'desk.example',
  numbers: ['+12125550117'],
  receipts: ['short', 'x'.repeat(64)],
  urls: [],
  calls: [{ at: 0, from: '+12125550117', to: '+14155550163', status: 603, phrase: '' }],
  purpose: 'reminders',
  changed: '',
}
const FILED = { recourse: 1, case: 'id', status: `${DESK}/c/t`, needsConfirmation: true }
const CASE = { recourse: 1, case: { status: 'open', next: 'x' }, links: {} }

/** A desk that answers what it is told to, one answer after the other, and keeps what it was asked. */
function desk(...answers: [status: number, body: unknown, headers?: Record<string, string>][]) {
  const seen: Parameters<Ask>[0][] = []
  const ask: Ask = (question) => {
    const [status, body, headers = {}] = answers[seen.length]!
    seen.push(question)
    const octets = new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
    return Promise.resolve({ kind: 'answered', status, headers: new Headers(headers), body: octets })
  }
  return { ask, seen }
}

suite('a client of the desk API', () => {
  test('finds out where to file, by JSON', async () => {
    const links = { file: { href: `${DESK}/v1/claims`, method: 'POST' } }
    const { ask, seen } = desk([200, { recourse: 1, desk: {}, links }])
    const answer = await askNotice(ask, `${DESK}/r/x`)
    assert.ok(answer.kind === 'speaks')
    assert.deepEqual([answer.notice.file, answer.notice.desk], [`${DESK}/v1/claims`, 'desk.example'])
    assert.deepEqual(seen, [{ method: 'GET', url: `${DESK}/r/x`, headers: { accept: 'application/json' } }])
  })

  test('files with receipts that are some, calls only where there are none, and a key that stays', async () => {
    const claim = formatClaim(SUBJECT, WHO)
    assert.deepEqual(JSON.parse(claim), {
      receipts: ['x'.repeat(64)],
      numbers: ['+12125550117'],
      calls: [],
      claimant: { name: 'Ann', email: 'ann@clinic.example.com', acts: 'for-itself' },
      purpose: 'reminders',
      changed: '',
    })
    const bare = JSON.parse(
      formatClaim({ ...SUBJECT, receipts: [], calls: [...SUBJECT.calls, { ...SUBJECT.calls[0]!, to: 'sip:x' }] }, WHO),
    )
    assert.deepEqual(bare.calls, [{ calling: '+12125550117', called: '+14155550163', at: '1970-01-01T00:00:00.000Z' }])
    const key = keyOf(Uint8Array.of(1), claim)
    assert.match(key, /^[\w-]{43}$/)
    assert.equal(keyOf(Uint8Array.of(1), claim), key)
    assert.notEqual(keyOf(Uint8Array.of(2), claim), key)
    assert.notEqual(keyOf(Uint8Array.of(1), `${claim} `), key)
    const { ask, seen } = desk([201, FILED])
    const filed = await fileClaim(ask, `${DESK}/v1/claims`, claim, key)
    assert.deepEqual(filed, {
      kind: 'filed',
      filed: { reference: 'id', status: `${DESK}/c/t`, needsConfirmation: true },
    })
    assert.deepEqual([seen[0]!.headers['idempotency-key'], seen[0]!.body], [key, claim])
  })

  test('solves a puzzle that is not too hard, once, under the same key', async () => {
    const problem = { type: 'urn:recourse:problem:work-needed' }
    const { ask, seen } = desk([429, problem, { 'recourse-puzzle': '8 abc' }], [201, FILED])
    const filed = await fileClaim(ask, `${DESK}/v1/claims`, '{}', 'k')
    assert.equal(filed.kind, 'filed')
    const work = seen[1]!.headers['recourse-work']!
    assert.match(work, /^abc:\d+$/)
    assert.equal(hash('sha256', work, 'buffer')[0], 0)
    assert.equal(seen[1]!.headers['idempotency-key'], 'k')
    const hard = desk([429, problem, { 'recourse-puzzle': `${BITS_MAX + 1} abc` }])
    assert.equal((await fileClaim(hard.ask, `${DESK}/v1/claims`, '{}', 'k')).kind, 'later')
    assert.equal(hard.seen.length, 1)
  })

  test('asks how a case stands, answers, and asks for a number to call', async () => {
    const { ask, seen } = desk([200, CASE], [200, CASE], [201, { dial: '+18005550142' }])
    assert.equal((await askCase(ask, `${DESK}/c/t`)).kind, 'case')
    assert.equal((await postAnswer(ask, `${DESK}/c/t`, `${DESK}/v1/claims/t/answers`, 'we do')).kind, 'case')
    const challenge = await askChallenge(ask, `${DESK}/v1/claims/t/challenges`, '+12125550117')
    assert.deepEqual(challenge, { kind: 'challenge', challenge: { dial: '+18005550142', until: undefined } })
    assert.deepEqual(
      seen.map(({ body }) => body),
      [undefined, '{"text":"we do"}', '{"number":"+12125550117"}'],
    )
  })

  const NOT: [title: string, status: number, body: unknown, headers: Record<string, string>, expected: object][] = [
    [
      'asks to come later',
      429,
      {},
      { 'retry-after': '60' },
      { kind: 'later', afterMs: 60_000, why: 'it answered 429' },
    ],
    ['is busy and says no time', 503, '', {}, { kind: 'later', afterMs: 300_000, why: 'it answered 503' }],
    [
      'says a time by its clock',
      503,
      '',
      { 'retry-after': 'Mon, 23 Nov 2026 00:00:00 GMT' },
      { kind: 'later', afterMs: 300_000, why: 'it answered 503' },
    ],
    [
      'wants a year',
      503,
      '',
      { 'retry-after': '99999999' },
      { kind: 'later', afterMs: 30 * 86_400_000, why: 'it answered 503' },
    ],
    [
      'refuses',
      400,
      { type: 'urn:x', detail: 'no', pointer: '/purpose' },
      {},
      { kind: 'refused', status: 400, why: 'no (/purpose) (400)' },
    ],
    ['knows nothing of it', 404, 'not found', {}, { kind: 'refused', status: 404, why: 'it answered 404' }],
    ['shows a page', 200, '<html>', {}, { kind: 'other', why: 'its answer is not in the form of the convention' }],
  ]
  for (const [title, status, body, headers, expected] of NOT)
    test(`tells of a desk that ${title}`, async () => {
      assert.deepEqual(await askCase(desk([status, body, headers]).ask, `${DESK}/c/t`), expected)
    })

  test('asks ever more rarely while nothing changes, and never before it is wanted', () => {
    const waits = [0, 1, 2, 6, 7, 500].map((unchanged) => nextAsk(0, unchanged) / 60_000)
    assert.deepEqual(waits, [5, 10, 20, 320, 360, 360])
    assert.equal(nextAsk(1, 0, 600_000), 600_001)
    assert.equal(nextAsk(1, 0, 60_000), 300_001)
  })
})
