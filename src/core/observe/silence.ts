/** So many of so many. */
export type Share = { readonly hits: number; readonly of: number }

/** What is compared of one carrier and one of our numbers: calls that ended by a sign of silence, of all whose end was seen. */
export type SilencePair = {
  readonly carrier: string
  readonly number: string
  /** The time under suspicion. */
  readonly recent: SilenceCounts
  /** Its own past, day by day; the days before `recent`, those without calls left out. */
  readonly baseline: readonly SilenceCounts[]
}

/** Calls of a pair within a time, by how they ended. */
export type SilenceCounts = {
  /** Calls whose end was seen. */
  readonly attempts: number
  /** 486, 480, 503 without a notice; and calls refused otherwise that rang for less than `SHORT_RING_MS`. */
  readonly busy: number
  readonly unavailable: number
  readonly overload: number
  readonly shortRing: number
}

/** What the comparison came to: always a suspicion with its figures, never a fact. */
export type SilenceFinding = {
  readonly carrier: string
  readonly number: string
  readonly kind: 'suspected' | 'nothing' | 'thin'
  readonly recent: Share
  readonly baseline: Share
  /** The sign that rose most. */
  readonly sign: SilenceSign
  /** One-sided, of the test named; 1 where data were too thin to test. */
  readonly p: number
  /** The same among all pairs that were looked at: the least rate of false discoveries at which this one counts. */
  readonly q: number
  readonly test: 'fisher' | 'two-proportion' | 'none'
  /** How much more the baseline's days differ than chance alone lets them; 1 or more. The test statistic is divided by its root. */
  readonly spread: number
  readonly words: string
}

export type SilenceSign = (typeof SIGNS)[number]

/** Which sign of silence, if any, a refusal without a notice is. */
export function silenceSign(status: number, ringMs: number | undefined): SilenceSign | undefined {
  if (status === 486) return 'busy'
  if (status === 480) return 'unavailable'
  if (status === 503) return 'overload'
  return ringMs !== undefined && ringMs < SHORT_RING_MS ? 'shortRing' : undefined
}

/**
 * Looks at all pairs at once for silent blocks: a share of busy, unavailable, overloaded or cut-off calls that has risen
 * against the pair's own past beyond chance (with many looked at: Benjamini-Hochberg at `FALSE_RATE`), beyond how its days
 * differ anyway, and far enough to matter. Answers in the order of suspicion; those with too few calls last, and said so.
 */
export function findSilence(pairs: readonly SilencePair[]): SilenceFinding[] {
  const measured = pairs.map(measure)
  const tested = measured.filter(({ test }) => test !== 'none').toSorted((one, other) => one.p - other.p)
  let least = 1
  const rates = new Map<Measured, number>()
  for (let rank = tested.length; rank > 0; rank--) {
    const one = tested[rank - 1]!
    least = Math.min(least, (one.p * tested.length) / rank)
    rates.set(one, least)
  }
  const rest = measured.filter(({ test }) => test === 'none')
  return [...tested, ...rest].map((one) => findingOf(one, rates.get(one) ?? 1)).toSorted(bySuspicion)
}

/**
 * Tells whether one share is larger than another, one-sided: Fisher's exact test where a count is expected below
 * `EXPECTED_MIN`, else the two-proportion test with pooled share and continuity correction, its statistic divided by the
 * root of `spread`.
 */
export function compareShares(
  recent: Share,
  before: Share,
  spread = 1,
): { readonly p: number; readonly test: 'fisher' | 'two-proportion' } {
  const all = recent.of + before.of
  const hits = recent.hits + before.hits
  const smallest = Math.min(recent.of, before.of)
  const isSmall = (smallest * Math.min(hits, all - hits)) / all < EXPECTED_MIN
  if (recent.of === 0 || before.of === 0) return { p: 1, test: 'fisher' }
  if (isSmall) return { p: fisher(recent, before), test: 'fisher' }
  const pooled = hits / all
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / recent.of + 1 / before.of) * spread)
  const correction = (1 / recent.of + 1 / before.of) / 2
  const z = (recent.hits / recent.of - before.hits / before.of - correction) / error
  return { p: upperTail(z), test: 'two-proportion' }
}

type Measured = Omit<SilenceFinding, 'q' | 'words' | 'kind' | 'test'> & { readonly test: SilenceFinding['test'] }

function measure(pair: SilencePair): Measured {
  const { carrier, number } = pair
  const past = pair.baseline.reduce(addCounts, NO_COUNTS)
  const [recent, baseline] = [shareOf(pair.recent), shareOf(past)]
  const sign = risenMost(pair.recent, past)
  const isThin = recent.of < RECENT_MIN || baseline.of < BASELINE_MIN || pair.baseline.length < DAYS_MIN
  if (isThin) return { carrier, number, recent, baseline, sign, p: 1, test: 'none', spread: 1 }
  const spread = spreadOf(pair.baseline, baseline)
  const { p, test } = compareShares(recent, baseline, spread)
  // An exact test knows nothing of days that differ: where they do, the wider of both counts.
  const wider = test === 'fisher' && spread > 1 ? Math.max(p, scaled(recent, baseline, spread)) : p
  return { carrier, number, recent, baseline, sign, p: wider, test, spread }
}

function scaled(recent: Share, baseline: Share, spread: number): number {
  const pooled = (recent.hits + baseline.hits) / (recent.of + baseline.of)
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / recent.of + 1 / baseline.of) * spread)
  return error === 0 ? 1 : upperTail((recent.hits / recent.of - baseline.hits / baseline.of) / error)
}

function findingOf(one: Measured, q: number): SilenceFinding {
  const rise = one.recent.of === 0 || one.baseline.of === 0 ? 0 : rateOf(one.recent) - rateOf(one.baseline)
  const isLarge = rise >= RISE_MIN && rateOf(one.recent) >= TIMES_MIN * rateOf(one.baseline)
  const kind = one.test === 'none' ? 'thin' : q <= FALSE_RATE && isLarge ? 'suspected' : 'nothing'
  return { ...one, kind, q, words: wordsOf(one, kind, q) }
}

function wordsOf(one: Measured, kind: SilenceFinding['kind'], q: number): string {
  const { recent, baseline, sign, carrier, number } = one
  const who = `calls${number === '' ? '' : ` from ${number}`} through ${carrier === '' ? 'a carrier unknown' : carrier}`
  const figures = `${showShare(recent)} of the last day, ${showShare(baseline)} before`
  if (kind === 'thin')
    return `${who}: too few calls to say anything (${figures}; it takes ${RECENT_MIN} within the day and ${BASELINE_MIN} on ${DAYS_MIN} days before)`
  if (kind === 'nothing') return `${who}: nothing out of pattern (${figures})`
  return `${who}: perhaps blocked silently, a suspicion and no fact: ${SIGN_WORDS[sign]}, ${figures}; by chance alone in fewer than one of ${Math.floor(1 / Math.max(q, 1e-9))} such findings. A fault of the line, a busy campaign or other people called can look the same: dial a number of your own at that carrier`
}

function showShare({ hits, of }: Share): string {
  return `${hits} of ${of}${of === 0 ? '' : ` (${((100 * hits) / of).toFixed(of < 100 ? 0 : 1)} %)`}`
}

/**
 * How much more the days differ than a fixed share lets them: Pearson's chi-square over its degrees of freedom; 1 where
 * they differ no more, or where there are too few days to tell.
 */
function spreadOf(days: readonly SilenceCounts[], { hits, of }: Share): number {
  const counted = days.filter(({ attempts }) => attempts > 0)
  const share = hits / of
  if (counted.length < SPREAD_DAYS || share <= 0 || share >= 1) return 1
  const square = counted.reduce((sum, day) => {
    const off = shareOf(day).hits - day.attempts * share
    return sum + (off * off) / (day.attempts * share * (1 - share))
  }, 0)
  return Math.max(1, square / (counted.length - 1))
}

function shareOf(counts: SilenceCounts): Share {
  return { hits: SIGNS.reduce((sum, sign) => sum + counts[sign], 0), of: counts.attempts }
}

function rateOf({ hits, of }: Share): number {
  return of === 0 ? 0 : hits / of
}

function risenMost(recent: SilenceCounts, past: SilenceCounts): SilenceSign {
  const rise = (sign: SilenceSign): number =>
    rateOf({ hits: recent[sign], of: recent.attempts }) - rateOf({ hits: past[sign], of: past.attempts })
  return SIGNS.reduce((most, sign) => (rise(sign) > rise(most) ? sign : most))
}

function addCounts(one: SilenceCounts, other: SilenceCounts): SilenceCounts {
  return {
    attempts: one.attempts + other.attempts,
    busy: one.busy + other.busy,
    unavailable: one.unavailable + other.unavailable,
    overload: one.overload + other.overload,
    shortRing: one.shortRing + other.shortRing,
  }
}

function bySuspicion(one: SilenceFinding, other: SilenceFinding): number {
  return ORDER[one.kind] - ORDER[other.kind] || one.q - other.q || one.p - other.p || other.recent.of - one.recent.of
}

/** The chance of as many hits or more in `recent`, given all hits: the upper tail of the hypergeometric distribution. */
function fisher(recent: Share, before: Share): number {
  const all = recent.of + before.of
  const hits = recent.hits + before.hits
  const most = Math.min(hits, recent.of)
  let term = Math.exp(logChoose(recent.of, recent.hits) + logChoose(before.of, before.hits) - logChoose(all, hits))
  let sum = term
  for (let count = recent.hits; count < most; count++) {
    term *= ((recent.of - count) * (hits - count)) / ((count + 1) * (before.of - hits + count + 1))
    sum += term
    if (term < sum * 1e-15) break
  }
  return Math.min(1, sum)
}

function logChoose(of: number, count: number): number {
  return logFactorial(of) - logFactorial(count) - logFactorial(of - count)
}

/** Stirling's series; for small numbers the product itself. */
function logFactorial(number: number): number {
  if (number < 20) {
    let product = 1
    for (let factor = 2; factor <= number; factor++) product *= factor
    return Math.log(product)
  }
  const next = 1 / number
  return (
    number * Math.log(number) -
    number +
    Math.log(2 * Math.PI * number) / 2 +
    next / 12 -
    next ** 3 / 360 +
    next ** 5 / 1260
  )
}

/** The standard normal distribution beyond z, by the continued approximation of W. J. Cody's kind: relative error below 1.2e-7. */
function upperTail(z: number): number {
  if (Number.isNaN(z)) return 1
  const x = Math.abs(z) / Math.SQRT2
  const t = 1 / (1 + x / 2)
  const series = COEFFICIENTS.reduceRight((sum, coefficient) => sum * t + coefficient, 0)
  const tail = (t * Math.exp(-x * x + series)) / 2
  return z >= 0 ? tail : 1 - tail
}

/** Of the complementary error function: Numerical Recipes §6.2, `erfcc`. */
const COEFFICIENTS = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
] as const

const SIGNS = ['busy', 'unavailable', 'overload', 'shortRing'] as const
const SIGN_WORDS: Readonly<Record<SilenceSign, string>> = {
  busy: 'more calls find the line busy (486)',
  unavailable: 'more calls find nobody there (480)',
  overload: 'more calls find no service (503)',
  shortRing: 'more calls are cut off while they ring',
}
const ORDER: Readonly<Record<SilenceFinding['kind'], number>> = { suspected: 0, nothing: 1, thin: 2 }
const NO_COUNTS: SilenceCounts = { attempts: 0, busy: 0, unavailable: 0, overload: 0, shortRing: 0 }

/** A call that was refused after ringing for less was cut off by a machine: nobody takes up a telephone that fast. */
export const SHORT_RING_MS = 2_000
/** The rate of false discoveries that is put up with among the pairs that are named. */
export const FALSE_RATE = 0.01
/** Calls that it takes within the day under suspicion, before it, and on so many days. */
export const RECENT_MIN = 30
export const BASELINE_MIN = 100
export const DAYS_MIN = 3
/** A share that rose by less, or to less than so many times what it was, is no finding however certain it is. */
const RISE_MIN = 0.1
const TIMES_MIN = 1.5
/** Counts expected below this are compared exactly: far out, where many are looked at, the other test believes too easily. */
const EXPECTED_MIN = 50
/** Days that it takes to tell how much days differ. */
const SPREAD_DAYS = 5
/** How long the day under suspicion is, and how far its past is looked at. */
export const SILENCE_RECENT_MS = 24 * 3_600_000
export const SILENCE_BASELINE_MS = 28 * 24 * 3_600_000
