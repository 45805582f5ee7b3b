import type { Erasure, Selection } from '#core/ledger/ledger.ts'
import type { Actor, AuditEntry } from '#edge/store/audit.ts'

/** What the audit trail says of an erasure: how much, and by what it was chosen; never the number or receipt itself. */
export function erasedEntry(selection: Selection, { blocks, journal }: Erasure, by: Actor): AuditEntry {
  return {
    at: Date.now(),
    by,
    action: 'personal-data-erased',
    subject: 'ledger',
    detail: { by: selection.by, blocks, journal },
  }
}
