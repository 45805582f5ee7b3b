import { isBlockable } from '#core/call/emergency.ts'
import type { CallFacts } from '#core/call/facts.ts'
import { parseNumber, type DialPlan } from '#core/call/number.ts'
import { WITHHELD_KEY, formatParty, partyKey, partyOfKey, type Party } from '#core/call/party.ts'
import { exemptionOf, type Exempted } from './exempted.ts'
import { isRefused, type Living } from './living.ts'
import {
  NOT_AN_EMERGENCY_NUMBER,
  NOT_EXEMPT,
  headerFault,
  quote,
  quoteExempt,
  shortened,
  type Entry,
  type ListFault,
  LIST_ENTRIES_MAX,
  oneTooMany,
} from './number-list.ts'
import type { Allot } from './number-set.ts'
import { hasPair, makePairSet, type PairSet } from './pair-set.ts'
import type { CalledListRule } from './policy.ts'
import { cellOf, openTable } from './rows.ts'
import type { Tally } from './tally.ts'
import type { Ground } from './verdict.ts'

/** Whom each called party refuses: pairs of called and calling party. */
export type CalledLists = {
  readonly pairs: PairSet
  /** What subscribers have told the desk counts too. */
  readonly isLiving?: boolean | undefined
}

/** Fires when the called party has refused this caller, or all callers who withhold their number. */
export function refusedByCalled(
  rule: CalledListRule,
  facts: CallFacts,
  _tally: Tally,
  _nowMs: number,
  living: Living,
): Ground | undefined {
  const { lists } = rule
  const isTold = lists.isLiving === true && isRefused(living, facts)
  if (!isTold && !refuses(lists, facts.called, facts.calling)) return undefined
  return { kind: 'called-party', rule: rule.id, cause: 'called-party', calling: formatParty(facts.calling) }
}

/** Whether the called party takes no calls from this caller. */
export function refuses({ pairs }: CalledLists, called: Party, calling: Party): boolean {
  return hasPair(pairs, partyKey(called), partyKey(calling))
}

/**
 * Reads the called parties' lists from one file: who is called, and whom he refuses (`withheld` for all who hide their
 * number). A header row may name the columns `called` and `calling`. Nobody can refuse an emergency number's call-back.
 *
 *     called,calling
 *     +14155550163,+12125550117
 *     +14155550163,withheld
 */
export function parseCalledLists(
  text: string,
  { plan, allot, exempted = [], limit = LIST_ENTRIES_MAX }: CalledListOptions = {},
): { lists: CalledLists; faults: ListFault[] } {
  const pairs: number[] = []
  const faults: ListFault[] = []
  const { places, rows, unnamed } = openTable(text, CALLED_COLUMNS)
  if (unnamed !== undefined) return { lists: NO_CALLED_LISTS, faults: [headerFault(unnamed)] }
  for (const row of rows) {
    const [called, calling] = [cellOf(row, places.called ?? 0), cellOf(row, places.calling ?? 1)]
    const calledKey = numberKey(called.text, plan)
    const callingKey = calling.text === 'withheld' ? WITHHELD_KEY : numberKey(calling.text, plan)
    const wrong = calledKey === 0 ? called : callingKey === 0 ? calling : undefined
    const exemption = wrong === undefined ? exemptionOf(entryOfKey(callingKey), exempted) : undefined
    if (wrong === undefined && !isBlockable(partyOfKey(callingKey))) {
      const found = quote(calling.text)
      faults.push({ line: row.line, column: calling.column, found, expected: NOT_AN_EMERGENCY_NUMBER })
    } else if (exemption !== undefined) {
      const found = quoteExempt(calling.text, exemption, faults)
      faults.push({ line: row.line, column: calling.column, found, expected: NOT_EXEMPT })
    } else if (wrong === undefined && pairs.length >= 2 * limit) {
      faults.push(oneTooMany(row.line, limit))
      break
    } else if (wrong === undefined) pairs.push(calledKey, callingKey)
    else {
      const expected =
        wrong === called ? 'the called number, such as +14155550163' : 'the number it refuses, or withheld'
      faults.push({ line: row.line, column: wrong.column, found: quote(wrong.text), expected })
    }
  }
  return { lists: { pairs: makePairSet(pairs, allot) }, faults: shortened(faults) }
}

export type CalledListOptions = {
  readonly plan?: DialPlan | undefined
  readonly allot?: Allot | undefined
  /** The exempt lists, whose numbers nobody may refuse. */
  readonly exempted?: readonly Exempted[] | undefined
  /** How many entries there may be. */
  readonly limit?: number | undefined
}

/** Nobody has refused anybody. */
export const NO_CALLED_LISTS: CalledLists = { pairs: makePairSet([]) }

/** Whom subscribers refuse is what they have told the desk. */
export const LIVING_CALLED_LISTS: CalledLists = { ...NO_CALLED_LISTS, isLiving: true }

function entryOfKey(key: number): Entry {
  return { kind: 'number', key, length: partyOfKey(key).count }
}

function numberKey(text: string, plan: DialPlan | undefined): number {
  const party = parseNumber(text.replaceAll(' ', ''), plan)
  return party.kind === 'e164' || party.kind === 'digits' ? partyKey(party) : 0
}

/** The columns of a file of called parties' lists. */
export const CALLED_COLUMNS = { called: { names: ['called'], place: 0 }, calling: { names: ['calling'], place: 1 } }
