import type { DialPlan } from '#core/call/number.ts'
import { partyKey, partyOfKey, prefixKey } from '#core/call/party.ts'
import { formatEntry, lineOfEntry, type Entry, type NumberList } from './number-list.ts'
import { hasNumber } from './number-set.ts'

/** An exempt list as other lists are held against it when they are loaded. */
export type Exempted = {
  readonly list: NumberList
  /** An entry that begins with these leading digits, by their key. */
  readonly below: ReadonlyMap<number, Entry>
  readonly lineOf: (entry: Entry) => number | undefined
}

/** Prepares an exempt list that was read from this text. */
export function makeExempted(list: NumberList, text: string, plan?: DialPlan): Exempted {
  const below = new Map<number, Entry>()
  const entries = [...entriesOf(list, 'number'), ...entriesOf(list, 'prefix')]
  for (const entry of entries) {
    const party = partyOfKey(entry.key)
    for (let length = 1; length <= party.count; length++) below.set(prefixKey(party, length), entry)
  }
  return { list, below, lineOf: (entry) => lineOfEntry(text, entry, plan) }
}

/**
 * What makes an entry one that no list may block, in words that follow it; `undefined` for one that may be blocked. 47 CFR
 * 64.1200(k)(6).
 *
 *     which is exempt by psap.csv line 3
 *     which covers +12125550911, exempt by psap.csv line 3
 */
export function exemptionOf(entry: Entry, exempted: readonly Exempted[]): string | undefined {
  for (const { list, below, lineOf } of exempted) {
    const over = coveringEntry(list, entry)
    if (over !== undefined) return `which is exempt by ${list.name} line ${lineOf(over)}`
    const under = entry.kind === 'prefix' ? below.get(entry.key) : undefined
    if (under !== undefined) return `which covers ${formatEntry(under)}, exempt by ${list.name} line ${lineOf(under)}`
  }
  return undefined
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
