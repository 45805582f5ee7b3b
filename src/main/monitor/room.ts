import { Message } from '#codec/sip/message.ts'
import type { Attempt } from '#core/observe/attempt.ts'
import { type AttemptFigures, AttemptTracker, type Sighting } from '#core/observe/attempt-tracker.ts'
import type { MonitorStore, SourcePlace, Taken } from '#edge/store/monitor-store.ts'

export type RoomTerms = {
  readonly store: Pick<MonitorStore, 'take'>
  /** The configured name of the carrier that has an address; undefined for none. */
  readonly nameCarrier: (address: string) => string | undefined
  /** Whether a call is one of ours, by its caller and by who sent it, empty where unknown; all are, where not said. */
  readonly isOurs?: ((from: string, sender: string) => boolean) | undefined
  /** Mixed into the places of calls, so that an outsider cannot choose them. */
  readonly seed: number
  /** Told why nothing can be written down just now; it waits on, and is tried again by `flush`. Without it that is thrown. */
  readonly onTrouble?: (cause: unknown) => void
  /** Told of what was written down, each time. */
  readonly onTaken?: (taken: Taken, attempts: readonly Attempt[]) => void
}

/** What has come in, and what became of it. */
export type RoomFigures = AttemptFigures & {
  /** SIP messages that came, and those of them that break the grammar. */
  messages: number
  broken: number
  /** Attempts written down that nobody had told of before, those of them that were refused, and those known already. */
  fresh: number
  refusals: number
  known: number
  /** Attempts that could not be written down for so long that there was no room left to wait in. */
  lost: number
}

/**
 * Where all sources meet: messages become attempts, and attempts are written down together with the places that sources have
 * come to. Nothing is told as taken before it is on stable storage.
 */
export class MonitorRoom {
  readonly #terms: RoomTerms
  readonly #tracker: AttemptTracker
  readonly #message = new Message()
  /** Attempts of others that sources told whole. */
  #theirs = 0
  readonly #counted = { messages: 0, broken: 0, fresh: 0, refusals: 0, known: 0, lost: 0 }
  #waiting: Attempt[] = []
  #places = new Map<string, string>()
  /** Of sources whose last calls may still be followed. */
  readonly #whole = new Map<string, string>()
  #isFailing = false
  #promised: { readonly resolve: () => void; readonly reject: (cause: unknown) => void }[] = []

  constructor(terms: RoomTerms) {
    this.#terms = terms
    const { nameCarrier, isOurs, seed } = terms
    this.#tracker = new AttemptTracker(CALLS_MAX, (attempt) => this.#waiting.push(attempt), {
      nameCarrier,
      isOurs,
      seed,
    })
  }

  get figures(): RoomFigures {
    const figures = this.#tracker.figures
    return { ...figures, ...this.#counted, incoming: figures.incoming + this.#theirs }
  }

  /** Calls that are followed now. */
  get followed(): number {
    return this.#tracker.size
  }

  /** Attempts that wait to be written down. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Takes a SIP message whose octets are lent. */
  hear(bytes: Uint8Array, start: number, end: number, sighting: Sighting): void {
    this.#counted.messages++
    this.#message.read(bytes, start, end)
    // A refusal that is badly written is a refusal all the same, and worth the more.
    if (this.#message.fault !== undefined) this.#counted.broken++
    this.#tracker.see(this.#message, sighting)
    this.#flushFull()
  }

  /** Takes an attempt that a source told whole. Settles when it is on stable storage, rejects where it cannot get there. */
  take(attempt: Attempt): Promise<void> {
    if (this.#isTheirs(attempt)) return Promise.resolve()
    this.#waiting.push(attempt)
    return new Promise((resolve, reject) => this.#promised.push({ resolve, reject }))
  }

  /** Takes an attempt of a source that can be read again. */
  add(attempt: Attempt): void {
    if (this.#isTheirs(attempt)) return
    this.#waiting.push(attempt)
    this.#flushFull()
  }

  /** Notes how far a source was read, to be written down with all that came before. */
  reach({ source, place }: SourcePlace): void {
    this.#places.set(source, place)
  }

  /** Notes that a source was read whole: written down when the calls that it began are told, so that a kill loses none. */
  reachWhole({ source, place }: SourcePlace): void {
    this.#whole.set(source, place)
  }

  /** Lets time pass where no messages do. */
  pass(nowMs: number): void {
    this.#tracker.pass(nowMs)
  }

  /** Tells of the calls that are still followed, where nothing more will come. */
  finish(): void {
    this.#tracker.finish()
    for (const [source, place] of this.#whole) this.#places.set(source, place)
    this.#whole.clear()
  }

  /** Writes down what waits. Where that cannot be it waits on, but for what was promised an answer. */
  flush(): void {
    try {
      this.#write()
      this.#isFailing = false
    } catch (cause) {
      this.#isFailing = true
      const { onTrouble } = this.#terms
      if (onTrouble === undefined) throw cause
      onTrouble(cause)
    }
  }

  #isTheirs({ from }: Attempt): boolean {
    const isTheirs = this.#terms.isOurs?.(from, '') === false
    if (isTheirs) this.#theirs++
    return isTheirs
  }

  #flushFull(): void {
    // A store that takes nothing is not asked again with each message.
    if (this.#waiting.length >= BATCH_MAX && (!this.#isFailing || this.#waiting.length > WAITING_MAX)) this.flush()
  }

  #write(): void {
    const attempts = this.#waiting
    const places = Array.from(this.#places, ([source, place]) => ({ source, place }))
    if (attempts.length === 0 && places.length === 0) return
    const promised = this.#promised
    this.#promised = []
    let taken: Taken
    try {
      taken = this.#terms.store.take(attempts, places)
    } catch (cause) {
      for (const { reject } of promised) reject(cause)
      // Sources that were promised an answer tell again; what only passes by must not fill the memory meanwhile.
      if (attempts.length > WAITING_MAX) {
        this.#waiting = attempts.slice(attempts.length - WAITING_MAX / 2)
        this.#counted.lost += attempts.length - this.#waiting.length
      }
      throw cause
    }
    this.#waiting = []
    this.#places = new Map()
    this.#counted.fresh += taken.fresh
    this.#counted.refusals += taken.refused
    this.#counted.known += taken.repeated
    for (const { resolve } of promised) resolve()
    this.#terms.onTaken?.(taken, attempts)
  }
}

/** What two rooms counted. */
export function addFigures(one: RoomFigures, other: RoomFigures): RoomFigures {
  const sums = Object.entries(one).map(([name, value]) => [name, value + other[name as keyof RoomFigures]])
  return Object.fromEntries(sums) as RoomFigures
}

/** Whether a SIP message may tell of a call, by its first octets: INVITE, CANCEL, BYE, or an answer other than 100. */
export function mayMatter(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < MESSAGE_OCTETS_MIN) return false
  const first = bytes[start]! | 0x20
  const second = bytes[start + 1]! | 0x20
  // "SIP/2.0 100"
  if (first === 0x73) return second === 0x69 && !(bytes[start + 8] === 0x31 && bytes[start + 9] === 0x30)
  if (first === 0x69) return second === 0x6e && (bytes[start + 2]! | 0x20) === 0x76
  if (first === 0x63) return second === 0x61
  return first === 0x62 && second === 0x79
}

/** Calls that are followed at most; beyond, the oldest are told early or forgotten, counted. */
export const CALLS_MAX = 40_000
/** Attempts written down in one transaction, at most. */
export const BATCH_MAX = 2_000
/** Attempts that wait for a store that takes nothing; beyond, the oldest are lost. */
export const WAITING_MAX = 100_000
const MESSAGE_OCTETS_MIN = 16
