import { type ReceiptRing, createReceiptRing, slotOf } from '#core/receipt/receipt.ts'
import type { ReceiptKeys } from '#edge/store/receipt-keys.ts'

type Keys = Pick<ReceiptKeys, 'keys' | 'currentSlot'>

/**
 * Opens receipts by the keys that the gate last told of, and by those that a gate has made since: `read` looks where keys are
 * kept. So the block of a key that is new opens at once, here and at the desk of another process. Looked for at most once in
 * `LOOK_EVERY_MS`, and only for a key that is not known.
 */
export function receiptOpener(known: () => Keys, read: () => Keys | undefined, now: () => number): () => ReceiptRing {
  let told: Keys | undefined
  let found: Keys | undefined
  let ring: ReceiptRing
  let lookedAt = Number.NEGATIVE_INFINITY

  const look = (): void => {
    const current = known()
    if (current === told) return
    told = current
    found = current
    ring = createReceiptRing(current.keys, current.currentSlot)
  }
  const lookFurther = (): boolean => {
    if (now() - lookedAt < LOOK_EVERY_MS) return false
    lookedAt = now()
    const more = read()
    if (more === undefined || [...more.keys.keys()].every((slot) => found?.keys.has(slot))) return false
    found = more
    ring = createReceiptRing(more.keys, more.currentSlot)
    return true
  }
  const opener: ReceiptRing = {
    seal(facts) {
      look()
      return ring.seal(facts)
    },
    open(id) {
      look()
      const opened = ring.open(id)
      const slot = slotOf(id)
      // Never for a key that is known: what is forged with it must take no longer than what is real.
      if (opened !== undefined || slot === undefined || found?.keys.has(slot) === true) return opened
      return lookFurther() ? ring.open(id) : undefined
    },
  }
  return () => opener
}

/** How often somebody who makes receipts up can have the keys looked for. */
const LOOK_EVERY_MS = 1_000
