import type { DialPlan } from '#core/call/number.ts'
import { partyKey, partyOfKey, prefixKey } from '#core/call/party.ts'
import { formatEntry, lineOfEntry, type Entry, type NumberList } from './number-list.ts'
import { hasNumber } from './number-set.ts'

/** An exempt list as other lists are held against it when they are loaded. */
export type Exempted = {
  readonly list: NumberList
  /** For leading digits of this length, by their key, an entry that begins with them. */
  readonly below: (length: number) => ReadonlyMap<number, Entry>
  readonly lineOf: (entry: Entry) => number | undefined
}

/** Prepares an exempt list that was read from this text. */
export function makeExempted(list: NumberList, text: string, plan?: DialPlan): Exempted {
  // Few lengths of leading digits are ever asked for, and a table for each of them would be many times the list.
  const known = new Map<number, ReadonlyMap<number, Entry>>()
  const below = (length: number): ReadonlyMap<number, Entry> => {
    const table = known.get(length) ?? tableOf(list, length)
    known.set(length, table)
    return table
  }
  return { list, below, lineOf: (entry) => lineOfEntry(text, entry, plan) }
}

/**
 * What makes an entry one that no list may block, in words that follow it and cost a search to say; `undefined` for one
 * that may be blocked. 47 CFR 64.1200(k)(6).
 *
 *     which is exempt by psap.csv line 3
 *     which covers +12125550911, exempt by psap.csv line 3
 */
export function exemptionOf(entry: Entry, exempted: readonly Exempted[]): (() => string) | undefined {
  for (const { list, below, lineOf } of exempted) {
    const over = coveringEntry(list, entry)
    if (over !== undefined) return () => `which is exempt by ${list.name} line ${lineOf(over)}`
    const under = entry.kind === 'prefix' ? below(entry.length).get(entry.key) : undefined
    if (under !== undefined) {
      return () => `which covers ${formatEntry(under)}, exempt by ${list.name} line ${lineOf(under)}`
    }
  }
  return undefined
}

function tableOf(list: NumberList, length: number): ReadonlyMap<number, Entry> {
  const table = new Map<number, Entry>()
  for (const kind of ['number', 'prefix'] as const) {
    for (const entry of entriesOf(list, kind)) {
      const key = prefixKey(partyOfKey(entry.key), length)
      if (key !== 0) table.set(key, entry)
    }
  }
  return table
}

/** The entry of the list under which another entry stands with all that it covers. */
function coveringEntry(list: NumberList, { kind, key }: Entry): Entry | undefined {
  const party = partyOfKey(key)
  if (kind === 'number' && hasNumber(list.numbers, key)) return { kind, key: partyKey(party), length: party.count }
  const length = list.prefixLengths.find((length) => hasNumber(list.prefixes, prefixKey(party, length)))
  return length === undefined ? undefined : { kind: 'prefix', key: prefixKey(party, length), length }
}

function* entriesOf({ numbers, prefixes }: NumberList, kind: Entry['kind']): Generator<Entry> {
  for (const key of (kind === 'number' ? numbers : prefixes).slots) {
    if (key !== 0) yield { kind, key, length: partyOfKey(key).count }
  }
}
