import { COUNT_MAX } from './sliding-counter.ts'
import type { Ground, InvalidGround, VolumeGround } from './verdict.ts'

/**
 * A ground in words for the operator.
 *
 *     412 calls in 10 min from block +1 212 555 0xxx, limit 300
 *
 * A count that is an estimate says `about`.
 */
export function formatGround(ground: Ground): string {
  if (ground.kind === 'volume') return `${formatVolume(ground)}, limit ${formatCount(ground.limit)}`
  if (ground.kind === 'invalid') return formatFlaw(ground)
  if (ground.kind === 'unallocated') return `${ground.prefix} is given to nobody by ${ground.list}`
  if (ground.kind === 'attestation') return `the call's attestation is ${ground.found}`
  if (ground.kind === 'verification') return `the call's signature is wrong: ${ground.why}`
  if (ground.kind === 'listed') return `${formatNumber(ground.entry)} stands on ${ground.list}`
  return formatPublicGround(ground)
}

/** The same for the calling side: no list names, no limits, nothing that helps to stay just below one. */
export function formatPublicGround(ground: Ground): string {
  if (ground.kind === 'volume') return formatVolume(ground)
  if (ground.kind === 'called-party' && ground.calling === 'withheld') return NO_WITHHELD_CALLERS
  return PUBLIC_WORDS[ground.cause]
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

function formatVolume({ count, exact, perMs, of, subject }: VolumeGround): string {
  const calls = count >= COUNT_MAX ? `${formatCount(COUNT_MAX)} or more calls` : `${formatCount(count)} calls`
  return `${exact ? '' : 'about '}${calls} in ${formatWindow(perMs)} from ${of === 'block' ? 'block ' : ''}${formatNumber(subject)}`
}

/** 65,535: with commas, whatever the machine's language. */
function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:[0-9]{3})+$)/g, ',')
}

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

const NO_WITHHELD_CALLERS = 'the called party takes no calls from people who withhold their number'

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
]
