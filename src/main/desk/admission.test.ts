import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import type { Refused, Visitor } from '#core/redress/desk.ts'
import type { Rate } from '#core/redress/limit.ts'
import { CLAIM_ITEMS_MAX } from '#core/redress/parse.ts'
import {
  Admission,
  type AdmissionFigures,
  type Applicant,
  CALM,
  FEW_NUMBERS_MAX,
  KEYS_MAX,
  PER_DOMAIN,
  PER_MAIL,
  PER_NETWORK,
  PER_NETWORK_ACTION,
  PER_NUMBER,
  PER_NUMBER_FROM,
  PER_WIDE_NETWORK,
  UNCONFIRMED_CALM_SHARE,
  VOUCHED_SHARE,
} from './admission.ts'

test('each limit of claims answers for itself, by its rate, and a neighbour is not limited', () => {
  for (const { what, rate, expected, of, figure, each, near } of LIMITS) {
    assert.deepEqual(rate, expected, `${what}: the guide has these figures`)
    const admission = new Admission(SECRET)
    const ask = (one: Asking, now = NOW) => admit(admission, one, now)
    for (let count = 0; count < rate.burst; count++) assert.equal(ask(each(count)), undefined, `${what} ${count}`)
    assert.deepEqual(ask(each(rate.burst)), { kind: 'limited', of, retryAfterMs: rate.everyMs }, what)
    for (const one of near) assert.equal(ask(one), undefined, `${what}: ${JSON.stringify(one)}`)
    assert.deepEqual(ask(each(rate.burst), NOW + rate.everyMs - 1), { kind: 'limited', of, retryAfterMs: 1 }, what)
    assert.equal(ask(each(rate.burst), NOW + rate.everyMs), undefined, what)
    const counted = Object.entries(admission.figures).filter(([, count]) => count > 0)
    assert.deepEqual(counted, [[figure, 2]], what)
  }
})

test('the limits of one claim answer in a fixed order, each only once those before it are not met', () => {
  const admission = new Admission(SECRET)
  const all = { address: '2001:db8:1:2::1', numbers: [NUMBER], email: 'ann@clinic.example' }
  for (let count = 0; count < PER_NETWORK.burst; count++) admit(admission, { ...all, numbers: [], email: undefined })
  for (let count = 0; count < PER_NUMBER_FROM.burst; count++)
    admit(admission, { address: '2001:db8:1:3::1', numbers: [NUMBER] })
  for (let count = 0; count < PER_MAIL.burst; count++) admit(admission, { address: '192.0.2.1', email: all.email })
  const answers: Refused[] = [all, { ...all, address: '2001:db8:1:4::1' }, { ...all, address: '2001:db8:2:4::1' }].map(
    (one) => admit(admission, one) ?? assert.fail(JSON.stringify(one)),
  )
  assert.deepEqual(
    answers.map((answer) => (answer.kind === 'limited' ? answer.of : answer.kind)),
    ['address', 'number', 'mail-address'],
  )
})

test('nothing is taken by a claim that is refused, for whatever', () => {
  const admission = new Admission(SECRET)
  for (let count = 0; count < PER_NUMBER_FROM.burst; count++)
    admit(admission, { address: '192.0.2.1', numbers: [NUMBER] })
  const other = '+12125550199'
  for (let count = 0; count < 300; count++)
    assert.equal(admit(admission, { numbers: [other, NUMBER], email: 'ann@clinic.example' })?.kind, 'limited')
  for (let count = 0; count < 300; count++)
    assert.equal(admit(admission, { numbers: [other], email: 'ann@clinic.example' }, NOW, 100)?.kind, 'full')
  for (let count = 0; count < PER_MAIL.burst; count++)
    assert.equal(admit(admission, { numbers: [other], email: 'ann@clinic.example' }), undefined, String(count))
})

test('five claims of strangers about a number leave its holder free; so do a hundred, where he has a receipt', () => {
  const admission = new Admission(SECRET)
  const strangers = (address: string): number => {
    let taken = 0
    for (let count = 0; count < 10; count++)
      if (admit(admission, { address: address.replace('*', String(count)), numbers: [NUMBER] }) === undefined) taken++
    return taken
  }
  assert.equal(strangers('203.0.113.*'), PER_NUMBER_FROM.burst)
  assert.equal(admit(admission, { numbers: [NUMBER] }), undefined)
  for (let net = 0; net < 18; net++) assert.equal(strangers(`10.0.${net}.*`), PER_NUMBER_FROM.burst)
  assert.equal(strangers('10.0.99.*'), PER_NUMBER.burst - 1 - 19 * PER_NUMBER_FROM.burst, 'all together')
  const locked = admit(admission, { numbers: [NUMBER] })
  assert.deepEqual(locked, { kind: 'limited', of: 'number', retryAfterMs: PER_NUMBER.everyMs })
  const holder = { numbers: [NUMBER], vouched: [NUMBER] }
  for (let count = 0; count < PER_NUMBER_FROM.burst; count++) assert.equal(admit(admission, holder), undefined)
  const more = admit(admission, holder)
  assert.ok(more?.kind === 'limited' && more.retryAfterMs === PER_NUMBER_FROM.everyMs, 'a receipt is no pass')
  assert.equal(admit(admission, { numbers: [NUMBER], vouched: ['+12125550199'] })?.kind, 'limited', 'another receipt')
})

test('all numbers of a claim count, the last like the first; a hidden number is nobody’s', () => {
  const admission = new Admission(SECRET)
  const many = numbersFrom(0, CLAIM_ITEMS_MAX)
  for (let count = 0; count < PER_NUMBER_FROM.burst; count++)
    assert.equal(admit(admission, { numbers: many }), undefined)
  for (const number of [many[0]!, many[20]!, many.at(-1)!])
    assert.equal(admit(admission, { numbers: [number] })?.kind, 'limited', number)
  assert.equal(admit(admission, { numbers: numbersFrom(CLAIM_ITEMS_MAX, 1) }), undefined)
  for (const hidden of ['withheld', ''])
    for (let count = 0; count <= PER_NUMBER.burst; count++)
      assert.equal(admit(admission, { address: `10.0.0.${count}`, numbers: [hidden] }), undefined, hidden)
})

test('a full table turns no newcomer away and forgets the oldest, never what the same claim has put in', () => {
  const admission = new Admission(SECRET)
  assert.equal(KEYS_MAX, 50_000)
  const claims = KEYS_MAX / FEW_NUMBERS_MAX
  const claim = (index: number) => ({
    address: `10.${index >> 8}.${index & 255}.1`,
    numbers: numbersFrom(index * FEW_NUMBERS_MAX, FEW_NUMBERS_MAX),
  })
  const again = (index: number, place: number): string | undefined => {
    const { address, numbers } = claim(index)
    return admit(admission, { address, numbers: [numbers.at(place)!] })?.kind
  }
  for (let index = 0; index < claims; index++) assert.equal(admit(admission, claim(index)), undefined)
  assert.equal(admission.forgotten, 0, 'there was room for all')
  for (let count = 0; count < PER_NUMBER_FROM.burst; count++)
    assert.equal(admit(admission, claim(claims)), undefined, 'a newcomer')
  // By number, and by number and network: both tables were full.
  assert.equal(admission.forgotten, 2 * FEW_NUMBERS_MAX)
  assert.deepEqual([again(claims, 0), again(claims, -1)], ['limited', 'limited'], 'all that it put in is there')
  for (let count = 1; count < PER_NUMBER_FROM.burst; count++) assert.equal(again(1, -1), undefined)
  assert.equal(again(1, -1), 'limited', 'the second claim is still remembered')
  for (let count = 0; count < PER_NUMBER_FROM.burst; count++) assert.equal(again(0, -1), undefined, 'the first is not')
})

test('steps on cases are limited by address, of IPv6 by /64, apart from claims', () => {
  assert.deepEqual(PER_NETWORK_ACTION, { burst: 60, everyMs: 5_000 })
  for (const [same, beside, near] of [
    ['192.0.2.7', '::ffff:192.0.2.7', '192.0.2.8'],
    ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:3::1'],
  ] as const) {
    const admission = new Admission(SECRET)
    const act = (address: string, now = NOW) => admission.act({ ...VISITOR, address }, now)
    for (let count = 0; count < PER_NETWORK_ACTION.burst; count++) assert.equal(act(same), undefined)
    assert.deepEqual(act(same), { kind: 'limited', of: 'address', retryAfterMs: PER_NETWORK_ACTION.everyMs })
    assert.equal(act(beside)?.kind, 'limited')
    assert.equal(act(near), undefined)
    assert.equal(act(same, NOW + PER_NETWORK_ACTION.everyMs), undefined)
    assert.equal(admit(admission, { address: same }), undefined)
    assert.equal(admission.figures.limitedByAddress, 2)
  }
})

test('a full queue says so, with a time, and takes one more as soon as there is room', () => {
  const admission = new Admission(SECRET)
  assert.deepEqual(admit(admission, {}, NOW, 90), { kind: 'full', retryAfterMs: 3_600_000 })
  assert.deepEqual(admit(admission, {}, NOW, 91), { kind: 'full', retryAfterMs: 3_600_000 })
  assert.equal(admission.figures.full, 2)
  assert.equal(admit(admission, {}, NOW, 89), undefined)
})

test('the last tenth of the queue is kept for those for all of whose numbers a receipt speaks', () => {
  assert.equal(VOUCHED_SHARE, 10)
  const admission = new Admission(SECRET)
  const vouched = { numbers: [NUMBER], vouched: [NUMBER] }
  assert.equal(admit(admission, vouched, NOW, 99), undefined)
  assert.equal(admit(admission, { ...vouched, numbers: [NUMBER, '+12125550118'] }, NOW, 90)?.kind, 'full')
  assert.equal(admit(admission, { numbers: [], vouched: [] }, NOW, 90)?.kind, 'full')
  assert.equal(admit(admission, vouched, NOW, 100)?.kind, 'full')
})

test('however many claims wait to be confirmed, nobody is refused for them: from a tenth of the queue on each asks for a puzzle', () => {
  assert.equal(UNCONFIRMED_CALM_SHARE, 10)
  const admission = new Admission(SECRET)
  const ask = (unconfirmed: number, one: Asking, from: Partial<Visitor> = {}) =>
    admission.admit(claimOf(one), { ...VISITOR, ...from }, { open: 0, unconfirmed }, QUEUE_MAX, NOW)
  assert.equal(ask(9, {}), undefined)
  for (const heap of [10, 100, 1_000_000]) {
    assert.equal(ask(heap, {})?.kind, 'work')
    assert.equal(ask(heap, {}, { waited: true }), undefined)
    assert.equal(ask(heap, { numbers: [NUMBER], vouched: [NUMBER] }), undefined)
  }
  assert.deepEqual([admission.figures.puzzles, admission.figures.full], [3, 0])
})

test('a dozen addresses that use up a domain of mail shut nobody out: its people solve a puzzle or wait, with a receipt not even that', () => {
  assert.deepEqual(PER_DOMAIN, { burst: 200, everyMs: 60_000 })
  const admission = new Admission(SECRET)
  let now = NOW
  const ask = (one: Asking, from: Partial<Visitor> = {}) => {
    // Below what is calm for everybody.
    now += CALM.everyMs
    return admission.admit(
      claimOf(one),
      { ...VISITOR, address: one.address ?? VISITOR.address, ...from },
      NOBODY,
      100,
      now,
    )
  }
  for (let count = 0; count < 230; count++)
    ask({ address: `198.51.${count % 12}.1`, email: `evil${count}@MAIL.example` }, { waited: true })
  const clean = { address: '203.0.113.9', numbers: [NUMBER], email: 'ann@mail.example' }
  const asked = ask(clean)
  assert.ok(asked?.kind === 'work', JSON.stringify(asked))
  assert.equal(admission.figures.limitedByDomain, 1)
  assert.equal(ask(clean, { work: solve(asked.puzzle, asked.bits) }), undefined)
  assert.equal(ask({ ...clean, email: 'bob@mail.example' }, { waited: true }), undefined)
  assert.equal(ask({ ...clean, email: 'eve@mail.example', vouched: [NUMBER] }), undefined)
  for (const email of ['ann@other.example', 'ann@sub.mail.example', undefined])
    assert.equal(ask({ address: '203.0.113.10', email }), undefined, String(email))
})

test('claims of a thousand numbers flush nothing that is remembered of others', () => {
  assert.equal(FEW_NUMBERS_MAX, 50)
  const admission = new Admission(SECRET)
  for (let count = 0; count < PER_NUMBER_FROM.burst; count++)
    assert.equal(admit(admission, { numbers: [NUMBER] }), undefined)
  assert.equal(admit(admission, { numbers: [NUMBER] })?.kind, 'limited')
  for (let count = 0; count < 60; count++)
    assert.equal(
      admit(admission, {
        address: `10.0.${count}.1`,
        numbers: numbersFrom(count * CLAIM_ITEMS_MAX, CLAIM_ITEMS_MAX).map((number) =>
          number.replace('+1212', '+1646'),
        ),
      }),
      undefined,
    )
  assert.ok(admission.forgotten > 0, 'of themselves they forget')
  assert.equal(admit(admission, { numbers: [NUMBER] })?.kind, 'limited')
  assert.equal(admit(admission, { numbers: [NUMBER, ...numbersFrom(0, 99)] })?.kind, 'limited', 'a wide one meets both')
})

test('above the calm each claim asks for a puzzle, which is good once and for who got it; a wait is as good', () => {
  assert.deepEqual(CALM, { burst: 60, everyMs: 2_000 })
  const admission = new Admission(SECRET)
  const ask = (number: number, from: Partial<Visitor> = {}, now = NOW) =>
    admission.admit(claimOf({}), { ...VISITOR, address: `198.51.100.${number}`, ...from }, NOBODY, QUEUE_MAX, now)
  for (let number = 0; number < CALM.burst; number++) assert.equal(ask(number), undefined)
  const asked = ask(100)
  assert.ok(asked?.kind === 'work')
  assert.equal(asked.bits, 18)
  const work = solve(asked.puzzle, asked.bits)
  assert.equal(ask(101, { work })?.kind, 'work', 'another address')
  assert.equal(
    ask(100, { work: `${asked.puzzle}:${notSolving(asked.puzzle, asked.bits)}` })?.kind,
    'work',
    'not solved',
  )
  assert.equal(ask(100, { work: solve(`9${asked.puzzle}`, asked.bits) })?.kind, 'work', 'a longer time')
  assert.equal(ask(100, { work: 'nonsense' })?.kind, 'work')
  assert.equal(ask(100, { work }), undefined)
  assert.equal(ask(100, { work })?.kind, 'work', 'used')
  assert.equal(ask(102, { waited: true }), undefined)
  assert.equal(admission.figures.puzzles, 6)
  assert.equal(ask(103, {}, NOW + CALM.everyMs - 1)?.kind, 'work')
  assert.equal(ask(103, {}, NOW + CALM.everyMs), undefined)
})

test('a puzzle is good for ten minutes, and an answer for a desk with another secret is none', () => {
  const puzzle = (admission: Admission): string => {
    for (let count = 0; count < CALM.burst; count++) admit(admission, { address: `198.51.100.${count}` })
    const asked = admission.admit(claimOf({}), { ...VISITOR, address: '192.0.2.9' }, NOBODY, QUEUE_MAX, NOW)
    return asked?.kind === 'work' ? asked.puzzle : assert.fail('no puzzle')
  }
  const admission = new Admission(SECRET)
  const work = solve(puzzle(admission), 18)
  const busy = (now: number): void => {
    for (let count = 0; count < 2 * CALM.burst; count++) admit(admission, { address: `10.0.0.${count}` }, now)
  }
  busy(NOW + 600_001)
  const from = { ...VISITOR, address: '192.0.2.9', work }
  assert.equal(admission.admit(claimOf({}), from, NOBODY, QUEUE_MAX, NOW + 600_001)?.kind, 'work', 'too late')
  const other = new Admission(new Uint8Array(32).fill(1))
  puzzle(other)
  assert.equal(other.admit(claimOf({}), from, NOBODY, QUEUE_MAX, NOW)?.kind, 'work', 'another secret')
  const intime = new Admission(SECRET)
  puzzle(intime)
  for (let count = 0; count < 2 * CALM.burst; count++) admit(intime, { address: `10.0.0.${count}` }, NOW + 600_000)
  assert.equal(intime.admit(claimOf({}), from, NOBODY, QUEUE_MAX, NOW + 600_000), undefined, 'in time')
})

type Asking = {
  readonly address?: string
  readonly numbers?: readonly string[]
  readonly vouched?: readonly string[]
  readonly email?: string | undefined
}

type Row = {
  readonly what: string
  readonly rate: Rate
  readonly expected: Rate
  readonly of: Extract<Refused, { kind: 'limited' }>['of']
  readonly figure: keyof AdmissionFigures
  /** One claim of those that are limited together. */
  readonly each: (count: number) => Asking
  /** Such as are not limited with them. */
  readonly near: readonly Asking[]
}

const HOUR_MS = 3_600_000
/** At this moment puzzles happen to be solved soon. */
const NOW = Date.UTC(2026, 10, 22, 12, 5)
const SECRET = new Uint8Array(32)
const QUEUE_MAX = 100
const NOBODY = { open: 0, unconfirmed: 0 }
const NUMBER = '+12125550117'
const VISITOR: Visitor = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }
const LIMITS: readonly Row[] = [
  {
    what: 'an IPv4 address',
    rate: PER_NETWORK,
    expected: { burst: 20, everyMs: 180_000 },
    of: 'address',
    figure: 'limitedByAddress',
    each: () => ({ address: '192.0.2.7' }),
    near: [{ address: '192.0.2.8' }],
  },
  {
    what: 'a /64',
    rate: PER_NETWORK,
    expected: { burst: 20, everyMs: 180_000 },
    of: 'address',
    figure: 'limitedByAddress',
    each: (count) => ({ address: `2001:db8:1:2::${count.toString(16)}` }),
    near: [{ address: '2001:db8:1:3::1' }, { address: '2001:db8:2:2::1' }],
  },
  {
    what: 'a /48',
    rate: PER_WIDE_NETWORK,
    expected: { burst: 60, everyMs: 60_000 },
    of: 'address',
    figure: 'limitedByAddress',
    each: (count) => ({ address: `2001:db8:1:${count.toString(16)}::1` }),
    near: [{ address: '2001:db8:2:1::1' }, { address: '2001:db9:1:1::1' }],
  },
  ...([[], [NUMBER]] as const).flatMap((vouched): Row[] => [
    {
      what: `a number from a /24, ${vouched.length} vouched for`,
      rate: PER_NUMBER_FROM,
      expected: { burst: 5, everyMs: 6 * HOUR_MS },
      of: 'number',
      figure: 'limitedByNumber',
      each: (count) => ({
        address: `192.0.2.${count}`,
        numbers: ['+12125550199', NUMBER].slice(count === 5 ? 0 : 1),
        vouched,
      }),
      near: [
        { address: '192.0.3.1', numbers: [NUMBER], vouched },
        { address: '192.0.2.1', numbers: ['+12125550118'], vouched: ['+12125550118'] },
        { address: '192.0.2.1', numbers: ['+12125550118'] },
        { address: '192.0.2.1', numbers: [NUMBER], vouched: vouched.length === 0 ? [NUMBER] : [] },
      ],
    },
    {
      what: `a number from a /48, ${vouched.length} vouched for`,
      rate: PER_NUMBER_FROM,
      expected: { burst: 5, everyMs: 6 * HOUR_MS },
      of: 'number',
      figure: 'limitedByNumber',
      each: (count) => ({ address: `2001:db8:1:${count}::1`, numbers: [NUMBER], vouched }),
      near: [{ address: '2001:db8:2:1::1', numbers: [NUMBER], vouched }],
    },
    {
      what: `a number, ${vouched.length} vouched for`,
      rate: PER_NUMBER,
      expected: { burst: 100, everyMs: 900_000 },
      of: 'number',
      figure: 'limitedByNumber',
      each: (count) => ({ address: `10.0.${count}.1`, numbers: [NUMBER], vouched }),
      near: [
        { address: '10.0.200.1', numbers: ['+12125550118'], vouched },
        { address: '10.0.200.1', numbers: [NUMBER], vouched: vouched.length === 0 ? [NUMBER] : [] },
      ],
    },
  ]),
  {
    what: 'a mail address',
    rate: PER_MAIL,
    expected: { burst: 3, everyMs: 8 * HOUR_MS },
    of: 'mail-address',
    figure: 'limitedByMail',
    each: (count) => ({ email: count % 2 === 0 ? 'Ann@Clinic.example' : 'ann@clinic.example' }),
    near: [{ email: 'bob@clinic.example' }, { email: 'ann@other.example' }, { email: undefined }],
  },
]

/** Asks as somebody does who has sat out a wait, so that no puzzle stands before the limits. */
function admit(admission: Admission, one: Asking, now = NOW, waiting = 0): Refused | undefined {
  const from = { ...VISITOR, address: one.address ?? VISITOR.address, waited: true }
  return admission.admit(claimOf(one), from, { open: waiting, unconfirmed: 0 }, QUEUE_MAX, now)
}

function claimOf({ email, numbers = [], vouched = [] }: Asking): Applicant {
  return { claimant: { email }, numbers, vouched: new Set(vouched) }
}

function numbersFrom(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `+1212${String(5_000_000 + first + index)}`)
}

function solve(puzzle: string, bits: number): string {
  for (let nonce = 0; nonce < 2 ** (bits + 6); nonce++) if (isSolving(puzzle, nonce, bits)) return `${puzzle}:${nonce}`
  throw new Error('no answer was found')
}

/** The answer that solves half as hard a puzzle, and not this one. */
function notSolving(puzzle: string, bits: number): number {
  for (let nonce = 0; nonce < 2 ** (bits + 6); nonce++)
    if (isSolving(puzzle, nonce, bits - 1) && !isSolving(puzzle, nonce, bits)) return nonce
  throw new Error('no answer was found')
}

function isSolving(puzzle: string, nonce: number, bits: number): boolean {
  return Number.parseInt(hash('sha256', `${puzzle}:${nonce}`).slice(0, 8), 16) >>> (32 - bits) === 0
}
