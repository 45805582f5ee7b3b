import type { Claimant, Passport } from './passport.ts'

/** A token that says that a call was sent on. RFC 8946. */
export type Diversion = Extract<Passport, { extension: 'div' }>

/**
 * Finds the tokens by which a call that was signed for another destination came to `called`: the last one names `called`,
 * each names as its diverting party a destination of the one before, and all are about the same caller. RFC 8946 §4.2.
 *
 * Empty where `first` names the called party itself; undefined where no chain leads there. `isCalled` tells whether a
 * claimant is the party called.
 */
export function findDiversions(
  first: Passport,
  diversions: readonly Diversion[],
  isCalled: (claimant: Claimant) => boolean,
): Diversion[] | undefined {
  const candidates = diversions.filter(({ orig }) => same(orig, first.orig))
  const ways: { readonly at: Passport; readonly taken: readonly Diversion[] }[] = [{ at: first, taken: [] }]
  const reached = new Set<Passport>([first])
  for (let index = 0; index < ways.length; index++) {
    const { at, taken } = ways[index]!
    if (at.dest.some(isCalled)) return [...taken]
    for (const next of candidates) {
      if (reached.has(next) || !at.dest.some((claimant) => same(claimant, next.diverted))) continue
      reached.add(next)
      ways.push({ at: next, taken: [...taken, next] })
    }
  }
  return undefined
}

function same(one: Claimant, other: Claimant): boolean {
  return one.kind === other.kind && one.value === other.value
}
