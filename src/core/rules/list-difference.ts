import { ALLOCATION_COLUMNS } from './allocations.ts'
import { CALLED_COLUMNS } from './called-list.ts'
import { NUMBER_COLUMN } from './number-list.ts'
import { cellOf, openTable, type Column, type Row } from './rows.ts'
import { TERM_COLUMNS, TERM_PLACES } from './standing-list.ts'

/** How one text of a list differs from another, entry by entry, as the entries are spelled. */
export type ListDifference = {
  /** How many different entries each text has. */
  readonly before: number
  readonly after: number
  readonly added: number
  readonly removed: number
  /** The first few of each, as they stand there. */
  readonly samples: { readonly added: readonly string[]; readonly removed: readonly string[] }
}

/**
 * What makes an entry of a list: the number in its row; the number with its terms; who is called and whom he refuses; the
 * digits with what became of them; or the whole row, where nobody knows what it means.
 */
export type EntryForm = 'number' | 'terms' | 'called' | 'allocation' | 'row'

/** Compares two texts of a list. Notes, comments, order and blanks within a number make no difference. */
export function diffLists(before: string, after: string, form: EntryForm): ListDifference {
  const old = entriesOf(before, form)
  const young = entriesOf(after, form)
  const added = new Sample()
  const removed = new Sample()
  for (const entry of young) if (!old.has(entry)) added.take(entry)
  for (const entry of old) if (!young.has(entry)) removed.take(entry)
  return {
    before: old.size,
    after: young.size,
    added: added.count,
    removed: removed.count,
    samples: { added: added.first, removed: removed.first },
  }
}

/**
 * Whether a change of a list is one that a second person should look at: it leaves nothing of a list that had something,
 * or touches more than `percent` of what was there, and more than a few entries. Of an exempt list few entries may be the
 * hospital and the fire brigade: more than `percent` of them gone is enough.
 */
export function isSweeping(
  { before, after, added, removed }: ListDifference,
  percent: number,
  isExempt = false,
): boolean {
  if (before > 0 && after === 0) return percent !== Infinity
  if (isExempt && removed * 100 > before * percent) return true
  const touched = added + removed
  return touched > FEW_ENTRIES && touched * 100 > before * percent
}

class Sample {
  count = 0
  readonly first: string[] = []

  take(entry: string): void {
    this.count++
    if (this.first.length < SAMPLES) this.first.push(entry)
  }
}

function entriesOf(text: string, form: EntryForm): Set<string> {
  const columns = FORMS[form]
  const { places, hasHeader, rows } = openTable(text, columns)
  const unsaid: Places = form === 'terms' && !hasHeader ? TERM_PLACES : {}
  const known = Object.keys(columns).map((name) => places[name] ?? unsaid[name])
  const entries = new Set<string>()
  for (const row of rows) entries.add(entryOf(row, known))
  entries.delete('')
  return entries
}

/** The cells that say what the entry means, in the order of the form; the whole row where the file has none of them. */
function entryOf(row: Row, places: readonly (number | undefined)[]): string {
  if (places.every((place) => place === undefined)) return row.text.replace(/\s/g, '')
  const cells = places.map((place, index) => {
    const text = place === undefined ? '' : cellOf(row, place).text
    return text.replace(index === 0 || text.startsWith('+') ? /[\s().-]/g : /\s/g, '')
  })
  return cells.join(',').replace(/,+$/, '')
}

type Places = Readonly<Record<string, number>>

/** The columns that make an entry of each form. */
const FORMS: Readonly<Record<EntryForm, Readonly<Record<string, Column>>>> = {
  number: { number: NUMBER_COLUMN },
  terms: { number: TERM_COLUMNS.number, attestation: TERM_COLUMNS.attestation, until: TERM_COLUMNS.until },
  called: CALLED_COLUMNS,
  allocation: {
    npa: ALLOCATION_COLUMNS.npa,
    nxx: ALLOCATION_COLUMNS.nxx,
    block: ALLOCATION_COLUMNS.block,
    status: ALLOCATION_COLUMNS.status,
    npaNxx: ALLOCATION_COLUMNS.npaNxx,
    prefix: ALLOCATION_COLUMNS.prefix,
  },
  row: {},
}
const SAMPLES = 5
/** A change of so few entries needs no second person, however short the list is. */
const FEW_ENTRIES = 20
