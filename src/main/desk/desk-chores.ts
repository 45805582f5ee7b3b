import { alertCase, expireCase } from '#core/redress/steps.ts'
import { Cases } from './cases.ts'
import type { DeskParts } from './desk.ts'

export type DeskChoresTerms = {
  /** To whom mails about soon due, overdue and regressed cases go. */
  readonly alerts: () => readonly string[]
  /** How long personal data of closed cases are kept. */
  readonly keepMs: () => number
  /** Told of a case that is overdue, once each. */
  readonly overdue: (id: string) => void
}

/** Does what time asks for: alerts before and after something is due, closing what nobody answers, erasing what was kept long enough. */
export function startDeskChores(parts: DeskParts, terms: DeskChoresTerms): { look(): void; close(): void } {
  const cases = new Cases(parts)
  const { store, now } = parts
  let erasedAt = 0

  const look = (): void => {
    try {
      const at = now()
      for (const { id, due } of store.dueBefore(at + SOON_MS, DUE_MAX)) {
        if (due.what === 'answer') {
          if (due.at < at) cases.take(id, expireCase)
          continue
        }
        const what = due.at < at ? 'overdue' : 'soon'
        const name = `alert ${what} ${id} ${due.at}`
        if (store.mark(name) !== undefined) continue
        cases.take(id, (step) => alertCase(step, what, terms.alerts()))
        if (what === 'overdue') terms.overdue(id)
      }
      for (const id of store.liftsOver(at, DUE_MAX)) cases.take(id, expireCase)
      parts.monthly.warm(at)
      if (at - erasedAt < ERASE_EVERY_MS) return
      erasedAt = at
      store.tidy(at)
      const { files, cases: many } = store.erase(at - terms.keepMs(), at, ERASED_MAX)
      for (const file of files) parts.files.remove(file)
      // More of them wait: not all in one transaction, for which the ledger would wait.
      if (many === ERASED_MAX) erasedAt = 0
    } catch (cause) {
      parts.alarm(cause)
    }
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  look()
  return { look, close: () => clearInterval(timer) }
}

const LOOK_EVERY_MS = 15_000
/** How long before something is due it is due soon. */
export const SOON_MS = 4 * 3_600_000
const DUE_MAX = 5_000
const ERASE_EVERY_MS = 3_600_000
/** Cases erased at a time. */
const ERASED_MAX = 200
