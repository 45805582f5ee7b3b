import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Attempt } from '#core/observe/attempt.ts'
import { noHttpFigures } from '#edge/http/figures.ts'
import { POST_BYTES_MAX, monitorRoutes, noPostFigures } from './routes.ts'
import { TOLERANCE_SECONDS } from './telnyx.ts'
import { isSignedByTwilio, signatureOf } from './twilio.ts'

const NOW = Date.UTC(2026, 10, 22, 12)
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const TOKEN = '0123456789abcdef0123456789abcdef'
const PASSWORD = 'a password of records'

/** The example that Telnyx documents for call.hangup, with numbers and times of the tests. */
const HANGUP = {
  data: {
    record_type: 'event',
    event_type: 'call.hangup',
    id: '0ccc7b54-4df3-4bca-a65a-3da1ecc777f0',
    occurred_at: '2026-11-22T11:59:58.521992Z',
    payload: {
      call_control_id: 'v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE4pqg',
      connection_id: '7267',
      call_leg_id: '428c31b6-7af4-4bcb-b7f5-5013ef9657c1',
      call_session_id: '428c31b6-7af4-4bcb-b7f5-5013ef9657c1',
      from: '+12125550117',
      to: '+14155550100',
      start_time: '2026-11-22T11:59:57.021992Z',
      state: 'hangup',
      hangup_cause: 'call_rejected',
      hangup_source: 'callee',
      sip_hangup_cause: '603',
    },
  },
}
const CALLBACK = {
  CallSid: 'CA00000000000000000000000000000001',
  AccountSid: 'AC1',
  From: '+12125550117',
  To: '+14155550100',
  CallStatus: 'failed',
  Direction: 'outbound-api',
  SipResponseCode: '603',
  Timestamp: 'Sun, 22 Nov 2026 11:59:58 +0000',
  SequenceNumber: '2',
}

test('Telnyx: a hangup with 603 is an unproven refusal, for neither phrase nor Reason is told', async () => {
  const { post, taken } = makeDoor()
  assert.equal((await post(telnyx(HANGUP))).status, 200)
  const [attempt] = taken
  assert.ok(attempt?.end.kind === 'refused')
  assert.deepEqual(
    [attempt.from, attempt.to, attempt.carrier, attempt.evidence, attempt.at, attempt.setupMs, attempt.ringMs],
    ['+12125550117', '+14155550100', 'Telnyx', 'record', Date.parse('2026-11-22T11:59:57.021Z'), 1500, undefined],
  )
  assert.deepEqual(
    [attempt.end.refusal.status, attempt.end.refusal.standing, attempt.end.refusal.damage],
    [603, 'unproven', []],
  )
})

const ENDS: [payload: Record<string, unknown>, end: string | undefined][] = [
  [{ sip_hangup_cause: '200', hangup_cause: 'normal_clearing' }, 'answered'],
  [{ sip_hangup_cause: undefined, hangup_cause: 'normal_clearing' }, 'answered'],
  [{ sip_hangup_cause: '487', hangup_cause: 'originator_cancel' }, 'cancelled'],
  [{ sip_hangup_cause: 486, hangup_cause: 'user_busy' }, 'refused'],
  [{ sip_hangup_cause: 'x', hangup_cause: 'unspecified' }, 'unknown'],
  [{ direction: 'incoming' }, undefined],
]

test('Telnyx: how calls end, and what is none of ours', async () => {
  for (const [payload, end] of ENDS) {
    const { post, taken } = makeDoor()
    const event = { data: { ...HANGUP.data, payload: { ...HANGUP.data.payload, ...payload } } }
    assert.equal((await post(telnyx(event))).status, 200)
    assert.equal(taken[0]?.end.kind, end, JSON.stringify(payload))
  }
  const { post, taken, posts } = makeDoor()
  await post(telnyx({ data: { ...HANGUP.data, event_type: 'call.answered' } }))
  assert.deepEqual([taken.length, posts.other], [0, 1])
})

test('whatever is wrong with a signature, the answer is the same and nothing is taken', async () => {
  const other = generateKeyPairSync('ed25519').privateKey
  const good = telnyx(HANGUP)
  const form = twilio(CALLBACK)
  const seconds = NOW / 1000
  const cdr = freeswitch()
  const without = (request: Request, name: string): Request => {
    const copy = request.clone()
    copy.headers.delete(name)
    return copy
  }
  const bad: [name: string, request: Request][] = [
    ['another key', telnyx(HANGUP, { key: other })],
    ['another body', telnyx(HANGUP, { signed: `${JSON.stringify(HANGUP)} ` })],
    ['an old one', telnyx(HANGUP, { seconds: seconds - TOLERANCE_SECONDS - 1 })],
    ['one from the future', telnyx(HANGUP, { seconds: seconds + TOLERANCE_SECONDS + 1 })],
    ['a time that is none', telnyx(HANGUP, { timestamp: 'now' })],
    ['no signature', without(good, 'telnyx-signature-ed25519')],
    ['no time', without(good, 'telnyx-timestamp')],
    ['Twilio: another token', twilio(CALLBACK, { token: 'another' })],
    ['Twilio: another place', twilio(CALLBACK, { url: 'https://monitor.clinic.example/twilio?x=1' })],
    ['Twilio: another parameter', twilio(CALLBACK, { signed: { ...CALLBACK, SipResponseCode: '200' } })],
    ['Twilio: no signature', without(form, 'x-twilio-signature')],
    ['a record: another password', freeswitch({ password: 'guessed' })],
    ['a record: no password', without(cdr, 'authorization')],
    ['a record: an empty password', freeswitch({ password: '' })],
  ]
  const answers = new Set<string>()
  for (const [name, request] of bad) {
    const { post, taken, posts } = makeDoor()
    const answer = await post(request)
    answers.add(`${answer.status} ${await answer.text()}`)
    assert.deepEqual([answer.status, taken.length, posts.unsigned], [401, 0, 1], name)
  }
  assert.equal(answers.size, 1)
  const { post, taken } = makeDoor()
  for (const request of [good, form, cdr, telnyx(HANGUP, { seconds: seconds - TOLERANCE_SECONDS })])
    assert.equal((await post(request)).status, 200)
  assert.equal(taken.length, 4)
})

test('Twilio: its own published example of a signature is right here', () => {
  const form = 'Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE'
  const url = 'https://mycompany.com/myapp.php?foo=1&bar=2'
  const check = (url: string, form: string, signature: string) =>
    isSignedByTwilio(new Headers({ 'x-twilio-signature': signature }), url, Buffer.from(form), '12345')

  assert.ok(check(url, form, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='))
  assert.ok(!check(url, form.replace('1234&', '1235&'), 'RSOYDt4T1cUTdK1PDd93/VVr8B8='))
  assert.ok(!check(`${url}&baz=3`, form, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='))
  assert.ok(!check(url, form, 'RSOYDt4T1cUTdK1PDd93/VVr8B9='))
  assert.ok(check('https://mycompany.com:443/myapp.php?foo=1&bar=2', form, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='))
})

test('Twilio: how calls end, what its errors say, and what is none of ours', async () => {
  const cases: [changes: Record<string, string>, end: string | undefined, standing?: string, phrase?: RegExp][] = [
    [{}, 'refused', 'unproven'],
    [{ CallStatus: 'completed', CallDuration: '12', SipResponseCode: '200' }, 'answered'],
    [{ CallStatus: 'canceled', SipResponseCode: '487' }, 'cancelled'],
    [{ CallStatus: 'busy', SipResponseCode: '' }, 'refused', 'fault'],
    [{ CallStatus: 'failed', SipResponseCode: '' }, 'unknown'],
    [{ ErrorCode: '32203', SipResponseCode: '' }, 'refused', 'unproven', /^Twilio 32203: blocked by a carrier$/],
    [{ 'SipHeader_X-Twilio-Error': '10001 Account is not active' }, 'refused', 'fault', /10001: the account/],
    [{ ErrorCode: '32224' }, 'refused', 'unproven', /Twilio blocks/],
    [{ SipResponseCode: '607' }, 'refused', 'person'],
    [{ CallStatus: 'ringing' }, undefined],
    [{ Direction: 'inbound' }, undefined],
    [{ Direction: 'trunking-originating' }, undefined],
  ]
  for (const [changes, end, standing, phrase] of cases) {
    const { post, taken } = makeDoor()
    assert.equal((await post(twilio({ ...CALLBACK, ...changes }))).status, 200)
    const told = taken[0]?.end
    assert.equal(told?.kind, end, JSON.stringify(changes))
    if (told?.kind === 'refused') assert.equal(told.refusal.standing, standing, JSON.stringify(changes))
    if (told?.kind === 'refused' && phrase !== undefined) assert.match(told.refusal.phrase, phrase)
    if (told?.kind === 'answered') assert.equal(taken[0]!.at, Date.parse(CALLBACK.Timestamp) - 12_000)
  }
})

test('FreeSWITCH: a record as it is, behind cdr= and escaped is taken; a leg in is not', async () => {
  for (const form of ['plain', 'cdr', 'escaped', 'base64'] as const) {
    const { post, taken } = makeDoor()
    assert.equal((await post(freeswitch({ form }))).status, 200, form)
    assert.ok(taken[0]?.end.kind === 'refused', form)
    assert.equal(taken[0].end.refusal.standing, 'proven')
  }
  const { post, taken, posts } = makeDoor()
  assert.equal((await post(freeswitch({ direction: 'inbound' }))).status, 200)
  assert.deepEqual([taken.length, posts.other], [0, 1])
})

test('nothing is acknowledged before it is kept, and what was not kept is to be posted again', async () => {
  for (const make of [() => telnyx(HANGUP), () => twilio(CALLBACK), () => freeswitch()]) {
    let save = (): void => undefined
    const saved = new Promise<void>((resolve) => (save = resolve))
    const { post } = makeDoor(() => saved)
    let isAnswered = false
    const answer = post(make()).then((response) => {
      isAnswered = true
      return response
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(isAnswered, false)
    save()
    assert.equal((await answer).status, 200)

    const broken = makeDoor(() => Promise.reject(new Error('disk full')))
    const refused = await broken.post(make())
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '5'])
    assert.doesNotMatch(await refused.text(), /disk full/)
    assert.deepEqual([broken.posts.unsaved, broken.posts.taken, broken.alarms.length], [1, 0, 1])
  }
})

test('a post that comes again has the same key', async () => {
  const { post, taken } = makeDoor()
  for (const request of [
    telnyx(HANGUP),
    telnyx(HANGUP),
    twilio(CALLBACK),
    twilio(CALLBACK),
    freeswitch(),
    freeswitch(),
  ])
    await post(request)
  assert.deepEqual([taken.length, new Set(taken.map(({ key }) => key)).size], [6, 3])
})

test('what is signed and cannot be read is told; what is too large, of another method or place is refused', async () => {
  const { post, posts, taken } = makeDoor()
  const { start_time: _, ...payload } = HANGUP.data.payload
  const cases: [request: Request, status: number][] = [
    [telnyx('{"data":'), 400],
    [telnyx({}), 400],
    [telnyx({ data: { ...HANGUP.data, payload: {} } }), 400],
    [telnyx({ data: { ...HANGUP.data, occurred_at: '9999-01-01T00:00:00Z', payload } }), 400],
    [twilio({ CallStatus: 'failed' }), 400],
    [twilio({ ...CALLBACK, Timestamp: 'Sun, 22 Nov 1926 11:59:58 +0000' }), 400],
    [freeswitch({ body: '<cdr/>' }), 400],
    [new Request('http://x/telnyx', { method: 'POST', body: 'x'.repeat(POST_BYTES_MAX + 1) }), 413],
    [new Request('http://x/telnyx'), 405],
    [new Request('http://x/other', { method: 'POST' }), 404],
  ]
  for (const [request, status] of cases) assert.equal((await post(request)).status, status, request.url)
  assert.deepEqual([posts.faulty, taken.length], [7, 0])
})

test('a place without its secret is not there', async () => {
  const { post } = makeDoor(undefined, { telnyxKey: undefined, twilioToken: undefined, recordsPassword: undefined })
  for (const request of [telnyx(HANGUP), twilio(CALLBACK), freeswitch()])
    assert.equal((await post(request)).status, 404)
})

test('nothing that is signed makes it fail', async () => {
  const { post, alarms } = makeDoor()
  let looked = 0
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), fc.dictionary(fc.string(), fc.string()), async (value, form) => {
      const statuses = [
        (await post(telnyx({ data: { ...HANGUP.data, payload: value } }))).status,
        (await post(twilio({ ...CALLBACK, ...form }))).status,
        (await post(freeswitch({ body: JSON.stringify(value) }))).status,
      ]
      looked += statuses.length
      assert.ok(statuses.every((status) => status === 200 || status === 400))
    }),
    { numRuns: 60 },
  )
  assert.deepEqual([looked, alarms], [180, []])
})

function makeDoor(take: (attempt: Attempt) => Promise<void> = () => Promise.resolve(), secrets = {}) {
  const taken: Attempt[] = []
  const alarms: unknown[] = []
  const posts = noPostFigures()
  const app = monitorRoutes({
    telnyxKey: publicKey.export({ format: 'pem', type: 'spki' }),
    twilioToken: TOKEN,
    recordsPassword: PASSWORD,
    ...secrets,
    public: 'https://monitor.clinic.example',
    take: (attempt) => {
      taken.push(attempt)
      return take(attempt)
    },
    now: () => NOW,
    posts,
    figures: noHttpFigures(),
    alarm: (cause) => alarms.push(cause),
  })
  return { taken, alarms, posts, post: async (request: Request) => app.request(request) }
}

function telnyx(
  event: unknown,
  options: { key?: typeof privateKey; signed?: string; seconds?: number; timestamp?: string } = {},
): Request {
  const body = typeof event === 'string' ? event : JSON.stringify(event)
  const timestamp = options.timestamp ?? String(options.seconds ?? NOW / 1000)
  const signature = sign(undefined, Buffer.from(`${timestamp}|${options.signed ?? body}`), options.key ?? privateKey)
  return new Request('http://10.0.0.1:8083/telnyx', {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'telnyx-timestamp': timestamp,
      'telnyx-signature-ed25519': signature.toString('base64'),
    },
  })
}

function twilio(
  parameters: Record<string, string>,
  options: { token?: string; url?: string; signed?: Record<string, string> } = {},
): Request {
  const url = options.url ?? 'https://monitor.clinic.example/twilio'
  const signed = Object.entries(options.signed ?? parameters).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const text = signed.reduce((sum, [name, value]) => sum + name + value, url)
  const signature = createHmac('sha1', options.token ?? TOKEN)
    .update(text)
    .digest('base64')
  return new Request('http://10.0.0.1:8083/twilio', {
    method: 'POST',
    body: new URLSearchParams(parameters),
    headers: { 'x-twilio-signature': signature },
  })
}

function freeswitch(
  options: { password?: string; form?: 'plain' | 'cdr' | 'escaped' | 'base64'; direction?: string; body?: string } = {},
): Request {
  const record = JSON.stringify({
    variables: {
      direction: options.direction ?? 'outbound',
      uuid: 'u1',
      sip_from_user: '+12125550117',
      sip_to_user: '+14155550100',
      sip_invite_failure_status: '603',
      sip_invite_failure_phrase: 'Network Blocked',
      sip_reason: 'SIP;cause=603;text="v=analytics1;url=https://redress.example";location=TN',
      start_epoch: String(NOW / 1000 - 5),
    },
  })
  const forms = {
    plain: ['application/json', record],
    cdr: ['application/x-www-form-plaintext', `cdr=${record}`],
    escaped: ['application/x-www-form-urlencoded', `cdr=${encodeURIComponent(record)}`],
    base64: ['application/x-www-form-base64-encoded', `cdr=${Buffer.from(record).toString('base64')}`],
  } as const
  const [type, body] = forms[options.form ?? 'plain']
  const credentials = Buffer.from(`freeswitch:${options.password ?? PASSWORD}`).toString('base64')
  return new Request('http://10.0.0.1:8083/freeswitch', {
    method: 'POST',
    body: options.body ?? body,
    headers: { 'content-type': type, authorization: `Basic ${credentials}` },
  })
}

test('a value that stands twice is signed once, in the order of values', () => {
  const of = (values: string[]) => signatureOf('https://x.example/', new Map([['a', values]]), TOKEN).toString('hex')
  assert.equal(of(['2', '1', '1']), of(['1', '2']))
  assert.notEqual(of(['1', '2']), of(['1']))
})
