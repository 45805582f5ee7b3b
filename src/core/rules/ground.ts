import { maskNumber } from '#core/call/mask.ts'
import { COUNT_MAX } from './sliding-counter.ts'
import type { Ground, InvalidGround, SpoofingGround, TellingCall } from './verdict.ts'

/**
 * A ground in words for the operator.
 *
 *     412 calls in 10 min from block +1 212 555 0xxx, limit 300
 *
 * A count that is an estimate says `about`.
 */
export function formatGround(ground: Ground): string {
  if (ground.kind === 'spoofing') return formatSpoofing(ground)
  if ('subject' in ground) return `${formatFigure(ground)}, limit ${formatLimit(ground)}`
  if (ground.kind === 'invalid') return formatFlaw(ground)
  if (ground.kind === 'unallocated') return `${ground.prefix} is given to nobody by ${ground.list}`
  if (ground.kind === 'attestation') return `the call's attestation is ${ground.found}`
  if (ground.kind === 'verification') return `the call's signature is wrong: ${ground.why}`
  if (ground.kind === 'score') return `an outside service rated the call ${ground.score} of 100, limit ${ground.limit}`
  if (ground.kind === 'listed') return `${formatNumber(ground.entry)} stands on ${ground.list}`
  return formatPublicGround(ground)
}

/** The same for the calling side: no list names, no limits, no exact counts, nothing that helps to stay just below one. */
export function formatPublicGround(ground: Ground): string {
  if (ground.kind === 'spoofing') return NOT_AS_USUAL
  if ('subject' in ground) return formatPublicFigure(ground)
  if (ground.kind === 'attestation') return NOT_VOUCHED_FOR
  if (ground.kind === 'verification') return SIGNED_WRONGLY
  if (ground.kind === 'called-party' && ground.calling === 'withheld') return NO_WITHHELD_CALLERS
  return PUBLIC_WORDS[ground.cause]
}

/** The calls behind a ground for the operator, a line each; none where it tells of none. */
export function formatTelling(ground: Ground): string[] {
  // Entries of the ledger that are older than this have no calls.
  const calls: readonly TellingCall[] = ('calls' in ground ? ground.calls : undefined) ?? []
  return calls.map(({ at, calling, called }) => {
    return `${new Date(at).toISOString()} from ${formatNumber(calling)} to ${formatNumber(called)}`
  })
}

/** A ground as the calling side may see it: words without limits, scores and list names, and calls of its own. */
export type PublicGround = { readonly words: string; readonly calls: readonly PublicCall[] }

/** When a call came (RFC 3339), and what may be shown of the number it went to. */
export type PublicCall = { readonly at: string; readonly called: string }

/**
 * Grounds for the calling side. Of the calls behind them only those from `calling` itself, the number this is told to,
 * are there: others of its block are somebody else's.
 */
export function publicGrounds(grounds: readonly Ground[], calling: string): PublicGround[] {
  return grounds.map((ground) => {
    const calls: readonly TellingCall[] = ('calls' in ground ? ground.calls : undefined) ?? []
    const own = calls.filter((call) => call.calling === calling)
    return {
      words: formatPublicGround(ground),
      calls: own.map(({ at, called }) => ({ at: new Date(at).toISOString(), called: maskNumber(called) })),
    }
  })
}

/** A duration in the largest unit that it is a whole number of: `10 min`, `24 h`, `90 s`. */
export function formatWindow(ms: number): string {
  const unit = UNITS.find(([, size]) => ms % size === 0 && ms >= size)
  return unit === undefined ? `${ms} ms` : `${ms / unit[1]} ${unit[0]}`
}

/** A number with spaces where people read them: `+1 212 555 0117`. Other plans than the North American stay as they are. */
export function formatNumber(number: string): string {
  const found = /^\+1([0-9x]{3})([0-9x]{3})([0-9x]{4})$/.exec(number)
  return found === null ? number : `+1 ${found[1]} ${found[2]} ${found[3]}`
}

function formatFlaw({ number, flaw }: InvalidGround): string {
  return `${number === '' ? 'the caller' : formatNumber(number)} ${FLAW_WORDS[flaw]}`
}

type FigureGround = Extract<Ground, { readonly of: 'number' | 'block' }>

function formatFigure(ground: FigureGround): string {
  const { count, exact, perMs } = ground
  const about = exact ? '' : 'about '
  const figure = count >= COUNT_MAX ? `${formatCount(COUNT_MAX)} or more` : formatCount(count)
  const span = `in ${formatWindow(perMs)} from ${formatSubject(ground)}`
  if (ground.kind === 'volume') return `${about}${figure} calls ${span}`
  if (ground.kind === 'distinct') return `${about}${figure} different numbers called ${span}`
  if (ground.kind === 'sequential') {
    return `${about}${figure} calls ${span} to numbers one after the other, at most ${ground.step} apart`
  }
  const hits = `${formatCount(ground.hits)} of ${figure}`
  const percent = `${Math.floor((ground.hits * 100) / count)} %`
  if (ground.kind === 'unanswered') return `${about}${hits} calls ${span} were not answered, ${percent}`
  return `${about}${hits} answered calls ${span} were over in less than ${formatWindow(ground.underMs ?? 0)}, ${percent}`
}

/** The first block comes one above the limit, so no count is told: only how many digits it has. */
function formatPublicFigure({ kind, count, perMs, ...ground }: FigureGround): string {
  const span = `in ${formatWindow(perMs)} from ${formatSubject(ground)}`
  if (kind === 'short') return `most answered calls ${span} were over at once`
  if (kind === 'unanswered') return `most calls ${span} were not answered`
  const many = MAGNITUDES.find(([least]) => count >= least)![1]
  if (kind === 'distinct') return `${many} different numbers called ${span}`
  return kind === 'volume' ? `${many} calls ${span}` : `${many} calls ${span} to numbers one after the other`
}

function formatLimit({ kind, limit }: FigureGround): string {
  return kind === 'short' || kind === 'unanswered' ? `${limit} %` : formatCount(limit)
}

function formatSubject({ of, subject }: Pick<FigureGround, 'of' | 'subject'>): string {
  return `${of === 'block' ? 'block ' : ''}${formatNumber(subject)}`
}

function formatSpoofing({ subject, count, limit, perMs, came, by }: SpoofingGround): string {
  const signed = `${count >= limit ? 'at least ' : ''}${formatCount(count)} calls, remembered for ${formatWindow(perMs)}`
  const way = came === 'unsigned' ? `came unsigned by way of ${by}` : `came by way of ${by}`
  return `${formatNumber(subject)} is normally signed by another provider (${signed}) and ${way}`
}

/** 65,535: with commas, whatever the machine's language. */
function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:[0-9]{3})+$)/g, ',')
}

const MAGNITUDES: readonly (readonly [least: number, words: string])[] = [
  [10_000, 'tens of thousands of'],
  [1000, 'thousands of'],
  [100, 'hundreds of'],
  [20, 'dozens of'],
  [0, 'several'],
]

const PUBLIC_WORDS = {
  analytics: 'this network has found calls from this number to be unwanted',
  'do-not-originate': 'this number is not used to place calls',
  invalid: 'this is not a valid telephone number',
  unallocated: 'this number is not assigned to anybody',
  'called-party': 'the called party takes no calls from this number',
  ordered: 'a government order requires this network to block calls from this number',
} as const

const FLAW_WORDS = {
  name: 'gives no telephone number',
  zeros: 'is nothing but zeros',
  length: 'has a number of digits that no number has',
  'country-code': 'begins with no country code',
  'area-code': 'has an area code that cannot be',
  exchange: 'has an exchange that cannot be',
  fictional: 'is a number for stories only',
} as const

const NOT_AS_USUAL = 'calls from this number normally come signed by its own provider, and this one did not'

const NOT_VOUCHED_FOR = 'no provider vouched for the caller of this call as this network asks it'
const SIGNED_WRONGLY = 'the signature that came with the call does not fit it'

const NO_WITHHELD_CALLERS = 'the called party takes no calls from people who withhold their number'

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
]
