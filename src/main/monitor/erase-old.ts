import { DISPUTE_TERMS } from '#core/dispute/dispute.ts'
import { openDisputeStore } from '#edge/store/dispute-store.ts'
import type { MonitorStore } from '#edge/store/monitor-store.ts'

/**
 * Erases a piece of what was kept long enough: refused calls with their counts, and what is personal in disputes that were
 * settled before then. Throws `StoreError`.
 */
export function eraseOld(store: MonitorStore, url: string, keepMs: number, now: number): void {
  store.erase(now - keepMs)
  const disputes = openDisputeStore(url, { terms: DISPUTE_TERMS })
  try {
    disputes.erase(now - keepMs, now)
  } finally {
    disputes.close()
  }
}

/** How often that is looked at. */
export const ERASE_EVERY_MS = 600_000
