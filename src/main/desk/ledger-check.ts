import { Worker } from 'node:worker_threads'
import { FAULTS } from '#core/ledger/chain.ts'
import type { OverviewLedger } from '#core/overview/overview.ts'
import type { StoreVerification } from '#edge/store/ledger-reader.ts'

export type LedgerCheck = { readonly state: () => OverviewLedger; close(): Promise<void> }

/** Verifies the whole ledger in a thread of its own at the start, and then again and again, for a sixtieth of the time. */
export function checkLedger(url: string, now: () => number, alarm: (cause: unknown) => void): LedgerCheck {
  // The thread's own file has the ending this one has: .ts as written, .js as built.
  const isWritten = import.meta.url.endsWith('.ts')
  const file = new URL(isWritten ? './ledger-check-thread.ts' : './ledger-check-thread.js', import.meta.url)
  let state: OverviewLedger = { state: 'looking', checkedAt: undefined, entries: 0, words: 'it is being verified' }
  let thread: Worker | undefined
  let again: NodeJS.Timeout | undefined
  let isClosed = false
  const begin = (): void => {
    const startedMs = performance.now()
    const begunAt = now()
    const begun = new Worker(file, { workerData: url })
    thread = begun
    let isTold = false
    begun.on('message', (found: StoreVerification) => {
      isTold = true
      state = stateOf(found, begunAt)
    })
    begun.on('error', alarm)
    begun.on('exit', () => {
      if (isClosed) return
      // What was found broken stays broken: that nobody could look again makes it no better.
      if (!isTold && state.state !== 'broken') state = { ...state, state: 'stopped', words: STOPPED_WORDS }
      again = setTimeout(begin, Math.max(CHECK_EVERY_MS, (performance.now() - startedMs) * REST_SHARE))
      again.unref()
    })
  }
  begin()
  return {
    state: () => state,
    async close() {
      isClosed = true
      clearTimeout(again)
      await thread?.terminate()
    },
  }
}

function stateOf({ fault, entries, unsealed }: StoreVerification, checkedAt: number): OverviewLedger {
  if (fault !== undefined) {
    const words = `entry ${fault.seq} of chain ${fault.chain}: ${FAULTS[fault.kind]}`
    return { state: 'broken', checkedAt, entries, words }
  }
  const rest = unsealed === 0 ? '' : `; ${unsealed.toLocaleString('en')} of them wait for the next checkpoint`
  return {
    state: 'verified',
    checkedAt,
    entries,
    words: `${entries.toLocaleString('en')} entries are as recorded${rest}`,
  }
}

const STOPPED_WORDS = 'the check stopped before its end; it is tried again'
const CHECK_EVERY_MS = 30_000
/** So many times as long as verifying took, nothing is verified. */
const REST_SHARE = 60
