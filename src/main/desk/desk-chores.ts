import { alertCase, expireCase } from '#core/redress/steps.ts'
import { Cases } from './cases.ts'
import type { DeskParts } from './desk.ts'
import { sweepEvidence } from './sweep-evidence.ts'

export type DeskChoresTerms = {
  /** To whom mails about soon due, overdue and regressed cases go. */
  readonly alerts: () => readonly string[]
  /** How long personal data are kept of closed cases, of what gates were told, and of registrations that ended. */
  readonly keepMs: () => number
  /** Told of a case that is overdue, once each. */
  readonly overdue: (id: string) => void
  /** Erases registrations that ended before then, so many at most; answers how many, and the files that go with them. */
  readonly eraseRegistrations: (
    beforeMs: number,
    at: number,
    limit: number,
  ) => { readonly registrations: number; readonly files: readonly string[] }
}

export type DeskChores = {
  readonly figures: { mailsGivenUp: number }
  look(): void
  close(): void
}

/** Does what time asks for: alerts before and after something is due, closing what nobody answers, erasing what was kept long enough. */
export function startDeskChores(parts: DeskParts, terms: DeskChoresTerms): DeskChores {
  const cases = new Cases(parts)
  const { store, now, files } = parts
  const figures = { mailsGivenUp: 0 }
  const sweep = sweepEvidence({ files, isNamed: (id) => store.isFileNamed(id), now })
  /** Behind which case the next round goes on; undefined for the one that is due first. */
  let place: string | undefined
  let erasedAt = 0

  /** Looks at so many cases, and goes on behind them next time: however many are overdue, those behind them are looked at too. */
  const attend = (at: number): void => {
    const page = store.dueBefore(at + SOON_MS, DUE_MAX, place)
    place = page.after
    for (const { id, due } of page.cases) {
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
  }

  const erase = (at: number): void => {
    if (at - erasedAt < ERASE_EVERY_MS) return
    erasedAt = at
    figures.mailsGivenUp += store.tidy(at).mailsGivenUp
    const before = at - terms.keepMs()
    const ended = store.erase(before, at, ERASED_MAX)
    const registered = terms.eraseRegistrations(before, at, ERASED_MAX)
    for (const file of [...ended.files, ...registered.files]) files.remove(file)
    const counts = [
      ended.cases,
      registered.registrations,
      store.eraseStanding(before, ERASED_MAX),
      store.eraseAddresses(before, ERASED_MAX),
    ]
    // More of them wait: not all in one transaction, for which the ledger would wait.
    if (counts.includes(ERASED_MAX)) erasedAt = 0
  }

  const look = (): void => {
    const warm = (at: number): void => parts.monthly.warm(at)
    for (const chore of [attend, warm, erase, () => sweep.step()]) {
      try {
        chore(now())
      } catch (cause) {
        parts.alarm(cause)
      }
    }
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  look()
  return { figures, look, close: () => clearInterval(timer) }
}

const LOOK_EVERY_MS = 15_000
/** How long before something is due it is due soon. */
export const SOON_MS = 4 * 3_600_000
/** Cases that one round looks at. */
export const DUE_MAX = 5_000
const ERASE_EVERY_MS = 3_600_000
/** Cases, registrations and entries erased at a time. */
const ERASED_MAX = 200
