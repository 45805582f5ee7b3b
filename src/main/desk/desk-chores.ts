import type { CaseDue } from '#core/redress/office.ts'
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
  let again: NodeJS.Timeout | undefined

  /** What one case asks for; whether anything was recorded. */
  const attendOne = (id: string, due: CaseDue, at: number): boolean => {
    if (due.what === 'answer') return due.at < at && cases.take(id, expireCase).kind === 'done'
    const what = due.at < at ? 'overdue' : 'soon'
    const name = `alert ${what} ${id} ${due.at}`
    if (store.mark(name) !== undefined) return false
    const isTold = cases.take(id, (step) => alertCase(step, what, terms.alerts())).kind === 'done'
    if (what === 'overdue') terms.overdue(id)
    return isTold
  }

  /** Looks at so many cases, and goes on behind them next time: however many are overdue, those behind them are looked at too. */
  const attend = (at: number): void => {
    let changes = 0
    for (let seen = 0; seen < DUE_MAX && changes < CHANGES_MAX;) {
      const page = store.dueBefore(at + SOON_MS, DUE_PAGE, place)
      place = page.after
      seen += page.cases.length
      for (const { id, due } of page.cases) if (attendOne(id, due, at)) changes++
      if (place === undefined) break
    }
    for (const id of store.liftsOver(at, DUE_PAGE)) if (cases.take(id, expireCase).kind === 'done') changes++
    // Each is a transaction that waits for the disk: people who read pages have their turn first.
    if (changes >= CHANGES_MAX) again = setTimeout(look, AGAIN_MS)
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

  function look(): void {
    clearTimeout(again)
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
  const close = (): void => {
    clearInterval(timer)
    clearTimeout(again)
  }
  look()
  return { figures, look, close }
}

const LOOK_EVERY_MS = 15_000
/** How long before something is due it is due soon. */
export const SOON_MS = 4 * 3_600_000
/** Cases that one round looks at. */
export const DUE_MAX = 5_000
/** Cases read at a time, and changes after which a round goes on later. */
const DUE_PAGE = 50
export const CHANGES_MAX = 50
const AGAIN_MS = 100
const ERASE_EVERY_MS = 3_600_000
/** Cases, registrations and entries erased at a time. */
const ERASED_MAX = 200
