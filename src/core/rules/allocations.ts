import type { CallFacts } from '#core/call/facts.ts'
import { countryDigits } from '#core/call/country-code.ts'
import { formatParty, parseParty, prefixKey, type Party } from '#core/call/party.ts'
import { LIST_ENTRIES_MAX, oneTooMany, quote, shortened, type ListFault } from './number-list.ts'
import { hasNumber, makeNumberSet, type Allot, type NumberSet } from './number-set.ts'
import type { UnallocatedRule } from './policy.ts'
import { cellOf, openTable, type Cell, type Row } from './rows.ts'
import type { Ground } from './verdict.ts'

/**
 * Which leading digits have been given out, as the keepers of a numbering plan publish it. The file speaks only for the
 * realms it names, and has to name all that was given out in each: a North American area code, or the country of a prefix.
 */
export type Allocations = {
  /** The name under which the operator knows the file. */
  readonly name: string
  readonly given: NumberSet
  readonly free: NumberSet
  readonly realms: NumberSet
  /** The lengths of given and free leading digits, longest first. */
  readonly lengths: readonly number[]
  readonly realmLengths: readonly number[]
}

/** Fires when the calling number lies in leading digits that nobody has been given. 47 CFR 64.1200(k)(2)(ii). */
export function unallocated(rule: UnallocatedRule, facts: CallFacts): Ground | undefined {
  const prefix = freePrefix(rule.allocations, facts.calling)
  if (prefix === undefined) return undefined
  return { kind: 'unallocated', rule: rule.id, cause: rule.cause, list: rule.allocations.name, prefix }
}

/** The leading digits that make the number an unallocated one; `undefined` for one that may have been given out. */
function freePrefix(allocations: Allocations, party: Party): string | undefined {
  if (party.kind !== 'e164') return undefined
  for (const length of allocations.lengths) {
    const key = prefixKey(party, length)
    if (hasNumber(allocations.given, key)) return undefined
    if (hasNumber(allocations.free, key)) return leading(party, length)
  }
  for (const length of allocations.realmLengths) {
    if (!hasNumber(allocations.realms, prefixKey(party, length))) continue
    // The file speaks for this realm and knows nothing that the number starts with.
    return leading(party, Math.min(party.count, Math.max(length, allocations.lengths[0] ?? length)))
  }
  return undefined
}

/**
 * Reads a file of allocations. The header row is a must. For North America it names `npa` and `nxx`, or `npa-nxx`, and
 * perhaps the thousands block (`x` or `block`); for other plans `prefix`. `status` or `use` says what became of it.
 *
 *     npa,nxx,x,status            prefix,status
 *     212,555,,AS                 +44203,assigned
 *     212,556,3,AV                +44204,free
 */
export function parseAllocations(
  text: string,
  { name, allot, limit = LIST_ENTRIES_MAX }: AllocationOptions,
): ReadAllocations {
  const { places, hasHeader, rows } = openTable(text, ALLOCATION_COLUMNS)
  const [given, free] = [new Set<number>(), new Set<number>()]
  const realms = new Set<number>()
  const lengths = new Set<number>()
  const faults: ListFault[] = []
  const hasDigits = places.prefix !== undefined || places.npaNxx !== undefined || places.npa !== undefined
  if (!hasHeader || !hasDigits) faults.push({ line: 1, column: 1, found: 'no such header row', expected: HEADER })
  else {
    for (const row of rows) {
      const read = readRow(row, places)
      if ('found' in read) faults.push(read)
      else if (given.size + free.size >= limit) {
        faults.push(oneTooMany(row.line, limit))
        break
      } else if (read.isGiven !== undefined) {
        ;(read.isGiven ? given : free).add(Number(read.digits))
        lengths.add(read.digits.length)
        realms.add(realmOf(read.digits))
      }
    }
    if (faults.length === 0 && lengths.size === 0)
      faults.push({ line: 1, column: 1, found: 'no allocation', expected: 'at least one row' })
  }
  for (const key of given) free.delete(key)
  const byLength = (one: number, other: number) => other - one
  const allocations = {
    name,
    given: makeNumberSet([...given], allot),
    free: makeNumberSet([...free], allot),
    realms: makeNumberSet([...realms], allot),
    lengths: [...lengths].sort(byLength),
    realmLengths: [...new Set([...realms].map((key) => String(key).length))].sort(byLength),
  }
  return { allocations, faults: shortened(faults) }
}

export type AllocationOptions = {
  readonly name: string
  readonly allot?: Allot | undefined
  /** How many entries there may be. */
  readonly limit?: number | undefined
}

export type ReadAllocations = { readonly allocations: Allocations; readonly faults: readonly ListFault[] }

type Places = Readonly<Record<keyof typeof ALLOCATION_COLUMNS, number | undefined>>

function readRow(row: Row, places: Places): { digits: string; isGiven: boolean | undefined } | ListFault {
  const cell = (place: number | undefined): Cell => (place === undefined ? { text: '', column: 1 } : cellOf(row, place))
  const fault = ({ text, column }: Cell, expected: string): ListFault => {
    return { line: row.line, column, found: quote(text), expected }
  }
  const [prefix, npaNxx, npa, nxx, block] = [places.prefix, places.npaNxx, places.npa, places.nxx, places.block].map(
    cell,
  )
  let digits: string
  if (prefix!.text !== '') {
    digits = prefix!.text.replace(/^\+/, '').replace(/[ *-]/g, '')
    const isKnown = /^[1-9][0-9]{0,13}$/.test(digits) && countryDigits(parseParty(`+${digits}`)) > 0
    if (!isKnown || /^1[0-9]{0,2}$/.test(digits))
      return fault(prefix!, 'leading digits with their country code, such as +44203')
  } else {
    const [area, exchange] =
      npaNxx!.text === ''
        ? [npa!.text, nxx!.text]
        : [npaNxx!.text.slice(0, 3), npaNxx!.text.slice(3).replace(/^[ -]/, '')]
    if (!/^[2-9][0-9]{2}$/.test(area)) return fault(npaNxx!.text === '' ? npa! : npaNxx!, 'an area code such as 212')
    if (!/^(?:[0-9]{3})?$/.test(exchange)) {
      return fault(npaNxx!.text === '' ? nxx! : npaNxx!, 'an exchange such as 555, or nothing for the whole area code')
    }
    // Files with one row for a whole exchange among rows for its blocks write A in the block's column.
    const x = /^a$/i.test(block!.text) ? '' : block!.text
    if (!/^[0-9]?$/.test(x) || (x !== '' && exchange === ''))
      return fault(block!, 'the digit of a thousands block, or nothing')
    digits = `1${area}${exchange}${x}`
  }
  const status = cell(places.status)
  const word = status.text.toLowerCase()
  if (word === '' || GIVEN.has(word)) return { digits, isGiven: true }
  return FREE.has(word) ? { digits, isGiven: false } : fault(status, STATUS)
}

/** What a row makes the file speak for: a North American area code, else the country. */
function realmOf(digits: string): number {
  return Number(digits.slice(0, digits.startsWith('1') ? 4 : countryDigits(parseParty(`+${digits}`))))
}

function leading(party: Party, length: number): string {
  return formatParty(party).slice(0, length + 1)
}

/** The columns of a file of allocations: the digits, and what became of them. */
export const ALLOCATION_COLUMNS = {
  prefix: { names: ['prefix'] },
  npaNxx: { names: ['npa-nxx', 'npanxx', 'npa nxx', 'npa_nxx'] },
  npa: { names: ['npa', 'area code'] },
  nxx: { names: ['nxx', 'co code', 'exchange'] },
  block: { names: ['x', 'block', 'block_id', 'thousands-block', 'thousands block'] },
  status: { names: ['status', 'use'] },
}
/** As NANPA and the pooling administrator write them, and in words. */
const GIVEN: ReadonlySet<string> = new Set(
  'as,as-a,a,assigned,allocated,in service,in use,used,given,pr,protected,rv,reserved,rt,retained,ut,utilized'.split(
    ',',
  ),
)
const FREE: ReadonlySet<string> = new Set(
  'av,ua,vc,available,unassigned,unallocated,not assigned,vacant,free,spare'.split(','),
)
const HEADER = 'a header row with npa and nxx, npa-nxx, or prefix'
const STATUS = 'what became of it: AS or assigned, AV or available (UA, VC, PR, RV, RT are known too)'
