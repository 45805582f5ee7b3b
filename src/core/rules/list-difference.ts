import { NUMBER_COLUMN } from './number-list.ts'
import { cellOf, openTable, type Row } from './rows.ts'

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

/** What makes an entry of a list: the number in its row, or the whole row, where more than a number says what it means. */
export type EntryForm = 'number' | 'row'

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
 * or touches more than `percent` of what was there, and more than a few entries.
 */
export function isSweeping({ before, after, added, removed }: ListDifference, percent: number): boolean {
  if (before > 0 && after === 0) return percent !== Infinity
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
  const { places, rows } = openTable(text, { number: NUMBER_COLUMN })
  const entries = new Set<string>()
  for (const row of rows) entries.add(form === 'row' ? wholeRow(row) : numberOf(row, places.number ?? 0))
  entries.delete('')
  return entries
}

function numberOf(row: Row, column: number): string {
  return cellOf(row, column).text.replace(/[\s().-]/g, '')
}

function wholeRow({ text }: Row): string {
  return text.replace(/\s/g, '')
}

const SAMPLES = 5
/** A change of so few entries needs no second person, however short the list is. */
const FEW_ENTRIES = 20
