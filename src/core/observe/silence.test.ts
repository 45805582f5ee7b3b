import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BASELINE_MIN,
  DAYS_MIN,
  FALSE_RATE,
  RECENT_MIN,
  SHORT_RING_MS,
  type SilenceCounts,
  type SilencePair,
  compareShares,
  findSilence,
  silenceSign,
} from './silence.ts'

test('signs of silence are busy, unavailable, overload, and what is cut off while it hardly rang', () => {
  for (const [status, ringMs, sign] of [
    [486, undefined, 'busy'],
    [480, 5_000, 'unavailable'],
    [503, undefined, 'overload'],
    [500, SHORT_RING_MS - 1, 'shortRing'],
    [500, SHORT_RING_MS, undefined],
    [404, undefined, undefined],
  ] as const)
    assert.equal(silenceSign(status, ringMs), sign, `${status} after ${ringMs} ms`)
})

test('both tests agree with known values, and are one-sided', () => {
  // (C(10,8)·C(6,1) + C(10,9)·C(6,0)) / C(16,9) = 280 / 11,440.
  const exact = compareShares({ hits: 8, of: 10 }, { hits: 1, of: 6 })
  assert.equal(exact.test, 'fisher')
  assert.ok(Math.abs(exact.p - 280 / 11_440) < 1e-12, String(exact.p))
  // z = (120/400 - 160/800 - 0.001875) / sqrt(0.2333 * 0.7667 * 0.00375) = 3.7886; the tail beyond it is 7.58e-5.
  const normal = compareShares({ hits: 120, of: 400 }, { hits: 160, of: 800 })
  assert.equal(normal.test, 'two-proportion')
  assert.ok(Math.abs(normal.p - 7.58e-5) < 1e-6, String(normal.p))
  assert.ok(compareShares({ hits: 1, of: 400 }, { hits: 160, of: 800 }).p > 0.99, 'a share that fell')
  for (const [recent, before] of [
    [
      { hits: 0, of: 50 },
      { hits: 0, of: 500 },
    ],
    [
      { hits: 50, of: 50 },
      { hits: 500, of: 500 },
    ],
    [
      { hits: 0, of: 0 },
      { hits: 5, of: 500 },
    ],
  ] as const)
    assert.equal(compareShares(recent, before).p, 1)
  // Where one test gives over to the other, they say nearly the same.
  const [before, after] = [
    compareShares({ hits: 70, of: 499 }, { hits: 480, of: 5_000 }),
    compareShares({ hits: 70, of: 500 }, { hits: 480, of: 5_000 }),
  ]
  assert.deepEqual([before.test, after.test], ['fisher', 'two-proportion'])
  assert.ok(after.p / before.p > 0.5 && after.p / before.p < 2, `${before.p}, ${after.p}`)
})

test('a real change is suspected, with its sign, its figures and words that say it is no fact', () => {
  const [finding] = findSilence([pairOf('carrier-1', { attempts: 200, busy: 70 }, 20, { attempts: 200, busy: 16 })])
  assert.equal(finding!.kind, 'suspected')
  assert.deepEqual(finding!.recent, { hits: 70, of: 200 })
  assert.deepEqual(finding!.baseline, { hits: 320, of: 4_000 })
  assert.equal(finding!.sign, 'busy')
  assert.equal(finding!.test, 'fisher')
  assert.match(finding!.words, /a suspicion and no fact: more calls find the line busy \(486\), 70 of 200 \(35\.0 %\)/)
})

test('thin data are said to be thin, whatever they look like', () => {
  const thin: readonly SilencePair[] = [
    pairOf('few', { attempts: RECENT_MIN - 1, busy: RECENT_MIN - 1 }, 20, { attempts: 200, busy: 1 }),
    pairOf('short', { attempts: 100, busy: 90 }, 10, { attempts: BASELINE_MIN / 10 - 1, busy: 0 }),
    pairOf('two days', { attempts: 100, busy: 90 }, DAYS_MIN - 1, { attempts: 1_000, busy: 1 }),
    pairOf('none', { attempts: 100, busy: 90 }, 0, {}),
  ]
  for (const finding of findSilence(thin)) {
    assert.equal(finding.kind, 'thin', finding.carrier)
    assert.match(finding.words, /too few calls to say anything/)
  }
  const enough = pairOf('enough', { attempts: RECENT_MIN, busy: RECENT_MIN - 3 }, DAYS_MIN, { attempts: 40, busy: 1 })
  assert.equal(findSilence([enough])[0]!.kind, 'suspected', 'with just enough, a change that large is seen')
})

test('a change that is certain but small is no finding', () => {
  const small = pairOf('small', { attempts: 100_000, busy: 10_500 }, 20, { attempts: 100_000, busy: 9_000 })
  const [finding] = findSilence([small])
  assert.ok(finding!.p < 1e-9)
  assert.equal(finding!.kind, 'nothing')
})

test('each bound of the guide holds to the call: calls of the day, before it, days, rise, times, rate of false discoveries', () => {
  const cases: readonly (readonly [title: string, pair: SilencePair, kind: string])[] = [
    ['29 calls in the day', pairOf('a', { attempts: 29, busy: 29 }, 20, { attempts: 200, busy: 1 }), 'thin'],
    ['30 calls in the day', pairOf('a', { attempts: 30, busy: 29 }, 20, { attempts: 200, busy: 1 }), 'suspected'],
    ['99 calls before', pairOf('a', { attempts: 90, busy: 80 }, 3, { attempts: 33, busy: 0 }), 'thin'],
    ['102 calls before', pairOf('a', { attempts: 90, busy: 80 }, 3, { attempts: 34, busy: 0 }), 'suspected'],
    ['two days before', pairOf('a', { attempts: 90, busy: 80 }, 2, { attempts: 500, busy: 0 }), 'thin'],
    ['a rise by 9 of 100', pairOf('a', { attempts: 9_000, busy: 990 }, 20, { attempts: 9_000, busy: 180 }), 'nothing'],
    [
      'a rise by 11 of 100',
      pairOf('a', { attempts: 9_000, busy: 1_170 }, 20, { attempts: 9_000, busy: 180 }),
      'suspected',
    ],
    ['to 1.4 times', pairOf('a', { attempts: 9_000, busy: 5_040 }, 20, { attempts: 9_000, busy: 3_600 }), 'nothing'],
    ['to 1.6 times', pairOf('a', { attempts: 9_000, busy: 5_760 }, 20, { attempts: 9_000, busy: 3_600 }), 'suspected'],
  ]
  for (const [title, pair, kind] of cases) assert.equal(findSilence([pair])[0]!.kind, kind, title)
  const perhaps = findSilence([pairOf('a', { attempts: 60, busy: 12 }, 20, { attempts: 60, busy: 6 })])[0]!
  assert.ok(perhaps.q > 0.01 && perhaps.q < 0.05, `${perhaps.q}`)
  assert.equal(perhaps.kind, 'nothing')
})

test('the rate of false discoveries is among the pairs that were tested: thin ones make nothing better or worse', () => {
  const clear = pairOf('clear', { attempts: 200, busy: 70 }, 20, { attempts: 200, busy: 16 })
  const level = pairOf('level', { attempts: 200, busy: 16 }, 20, { attempts: 200, busy: 16 })
  const thin = Array.from({ length: 50 }, (_, at) => pairOf(`thin-${at}`, { attempts: 5, busy: 5 }, 1, {}))
  const q = (pairs: readonly SilencePair[]): number => findSilence(pairs).find(({ carrier }) => carrier === 'clear')!.q
  assert.equal(q([clear, ...thin]), q([clear]))
  assert.equal(q([clear, level]), 2 * q([clear]))
})

test('an exact test is no surer than the days before it let it be', () => {
  const day = (busy: number): Partial<SilenceCounts> => ({ attempts: 60, busy })
  const pair = (busies: readonly number[]): SilencePair => ({
    ...pairOf('a', { attempts: 60, busy: 22 }, 0, {}),
    baseline: busies.map((busy) => counts(day(busy))),
  })
  const [steady, wild] = [pair([6, 6, 6, 6, 6, 6, 6, 6]), pair([0, 20, 0, 0, 0, 24, 4, 0])].map(
    (one) => findSilence([one])[0]!,
  )
  assert.deepEqual([steady!.test, wild!.test], ['fisher', 'fisher'])
  assert.deepEqual(
    [steady!.baseline, wild!.baseline],
    [
      { hits: 48, of: 480 },
      { hits: 48, of: 480 },
    ],
  )
  assert.ok(steady!.spread === 1 && wild!.spread > 5)
  assert.deepEqual([steady!.kind, wild!.kind], ['suspected', 'nothing'])
})

test('of fifty equal carriers, hardly one is suspected in 200 nights', () => {
  const random = seeded(11)
  const nights = 200
  let raised = 0
  for (let night = 0; night < nights; night++) {
    const pairs = Array.from({ length: 50 }, (_, at) => {
      const share = 0.02 + 0.3 * random()
      const attempts = 40 + Math.floor(random() * 200)
      const day = (): Partial<SilenceCounts> => ({ attempts, busy: draw(random, attempts, share) })
      return {
        ...NO_PAIR,
        carrier: `carrier-${at}`,
        recent: counts(day()),
        baseline: Array.from({ length: 14 }, () => counts(day())),
      }
    })
    if (findSilence(pairs).some(({ kind }) => kind === 'suspected')) raised++
  }
  // At most FALSE_RATE of the nights are expected; three times that is beyond chance.
  assert.ok(raised <= 3 * FALSE_RATE * nights, `${raised} of ${nights} nights`)
})

test('days that differ by themselves are no alarm; without the spread they would be', () => {
  const random = seeded(13)
  const wild = (): Partial<SilenceCounts> => ({ attempts: 400, busy: draw(random, 400, random() < 0.25 ? 0.3 : 0.12) })
  const pairs = Array.from({ length: 300 }, (_, at) => ({
    ...NO_PAIR,
    carrier: `carrier-${at}`,
    recent: counts(wild()),
    baseline: Array.from({ length: 20 }, () => counts(wild())),
  }))
  const findings = findSilence(pairs)
  const raised = findings.filter(({ kind }) => kind === 'suspected').length
  const unspread = findings.filter(({ recent, baseline }) => compareShares(recent, baseline).p < 1e-6).length
  assert.ok(unspread >= 30, `control: ${unspread} of ${pairs.length} would be alarms`)
  assert.ok(raised <= 3, `${raised} of ${pairs.length}`)
})

test('of fifty carriers that turn silent for a third of calls, nearly all are found among five hundred', () => {
  const random = seeded(17)
  const pairs = Array.from({ length: 500 }, (_, at) => {
    const isBlocked = at < 50
    const day = (share: number): SilenceCounts => counts({ attempts: 150, unavailable: draw(random, 150, share) })
    return {
      ...NO_PAIR,
      carrier: isBlocked ? 'silent' : 'open',
      recent: day(isBlocked ? 0.4 : 0.08),
      baseline: Array.from({ length: 14 }, () => day(0.08)),
    }
  })
  const found = findSilence(pairs).filter(({ kind }) => kind === 'suspected')
  assert.ok(found.filter(({ carrier }) => carrier === 'silent').length >= 48)
  assert.ok(found.filter(({ carrier }) => carrier === 'open').length <= 2)
  assert.ok(found.every(({ sign }) => sign === 'unavailable'))
})

function pairOf(
  carrier: string,
  recent: Partial<SilenceCounts>,
  days: number,
  day: Partial<SilenceCounts>,
): SilencePair {
  return {
    carrier,
    number: '+12125550117',
    recent: counts(recent),
    baseline: Array.from({ length: days }, () => counts(day)),
  }
}

function counts(given: Partial<SilenceCounts>): SilenceCounts {
  return { attempts: 0, busy: 0, unavailable: 0, overload: 0, shortRing: 0, ...given }
}

function draw(random: () => number, of: number, share: number): number {
  let hits = 0
  for (let call = 0; call < of; call++) if (random() < share) hits++
  return hits
}

/** A generator of numbers from 0 to 1 that gives the same ones each time: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const NO_PAIR = { number: '+12125550117' }
