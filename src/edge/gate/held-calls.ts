import type { Source } from '#codec/sip/reply.ts'
import type { CallFacts } from '#core/call/facts.ts'
import type { Findings } from './inquiry.ts'
import type { Peer } from './peers.ts'
import type { Way } from './waiting-blocks.ts'

/** A call that waits for what an inquiry finds, with all that it takes to go on with it. */
export type HeldCall = {
  /** A copy of the INVITE. */
  readonly bytes: Uint8Array
  readonly source: Source
  /** More than one where the call was asked about again over another connection. */
  way: Way
  readonly peer: Peer
  readonly facts: CallFacts
  /** When the INVITE came, by the steady clock. */
  readonly since: number
}

/** How held calls go on; exactly one of these is called for each that is not cancelled. Neither may throw. */
export type Resume = {
  found(call: HeldCall, findings: Findings): void
  /** The inquiry found nothing in `HELD_MS`, failed, or the gate is ending: the call is judged by what is known. */
  unfound(call: HeldCall, cause: unknown): void
}

/** Holds calls while something is found out about them. An inquiry that never ends holds nothing for long. */
export class HeldCalls {
  readonly #resume: Resume
  readonly #clock: () => number
  readonly #held = new Set<HeldCall>()
  #watcher: NodeJS.Timeout | undefined

  constructor(clock: () => number, resume: Resume) {
    this.#clock = clock
    this.#resume = resume
  }

  get size(): number {
    return this.#held.size
  }

  hold(call: HeldCall, inquiry: Promise<Findings>): void {
    this.#held.add(call)
    this.#watch()
    void this.#await(call, inquiry)
  }

  /** Lets go of a call; false where it has gone on already. */
  release(call: HeldCall): boolean {
    return this.#held.delete(call)
  }

  /** All that are held go on now, with what is known. */
  drain(): void {
    clearTimeout(this.#watcher)
    this.#watcher = undefined
    for (const call of this.#held) {
      this.#held.delete(call)
      this.#resume.unfound(call, undefined)
    }
  }

  async #await(call: HeldCall, inquiry: Promise<Findings>): Promise<void> {
    try {
      const findings = await inquiry
      if (this.#held.delete(call)) this.#resume.found(call, findings)
    } catch (cause) {
      if (this.#held.delete(call)) this.#resume.unfound(call, cause)
    }
  }

  /** One timer watches all; they came in order, so it looks at the oldest only. */
  #watch(): void {
    if (this.#watcher !== undefined) return
    this.#watcher = setTimeout(() => {
      this.#watcher = undefined
      const overdue = this.#clock() - HELD_MS
      for (const call of this.#held) {
        if (call.since > overdue) break
        this.#held.delete(call)
        this.#resume.unfound(call, new Error(`an inquiry found nothing in ${HELD_MS} ms`))
      }
      if (this.#held.size > 0) this.#watch()
    }, WATCH_MS)
    this.#watcher.unref()
  }
}

/** The longest a call is held: inquiries have shorter limits of their own, and this one guards against their faults. */
const HELD_MS = 400
const WATCH_MS = 50
