import { type FetchOptions, type Fetched, fetchGuarded } from './guarded-fetch.ts'

/** What fetches have come to, counted since the start. */
export type FetchFigures = { started: number; failed: number; joined: number; spared: number; busy: number }

/**
 * Fetches for many who ask at once: one fetch a URL at a time, a failure is remembered for a minute, and there are limits to
 * how many run, altogether and to one host, and to how many are started in a minute. What was fetched is the caller's to
 * keep.
 */
export class Fetcher {
  readonly figures: FetchFigures = { started: 0, failed: 0, joined: 0, spared: 0, busy: 0 }
  readonly #options: FetchOptions
  readonly #clock: () => number
  readonly #underWay = new Map<string, Promise<Fetched>>()
  readonly #hosts = new Map<string, number>()
  readonly #failures = new Map<string, { readonly fetched: Fetched; readonly untilMs: number }>()
  #minute = { sinceMs: 0, started: 0 }

  /** `clock` gives milliseconds that only go forward. */
  constructor(options: FetchOptions, clock: () => number) {
    this.#options = options
    this.#clock = clock
  }

  /** Never rejects. */
  fetch(url: string): Promise<Fetched> {
    const running = this.#underWay.get(url)
    if (running !== undefined) {
      this.figures.joined++
      return running
    }
    const nowMs = this.#clock()
    const failure = this.#failures.get(url)
    if (failure !== undefined && nowMs < failure.untilMs) {
      this.figures.spared++
      return Promise.resolve(failure.fetched)
    }
    const host = hostOf(url)
    if (!this.#hasRoom(host, nowMs)) {
      this.figures.busy++
      return Promise.resolve(BUSY)
    }
    this.figures.started++
    this.#minute.started++
    this.#hosts.set(host, (this.#hosts.get(host) ?? 0) + 1)
    const fetching = fetchGuarded(url, this.#options).then((fetched) => this.#end(url, host, fetched))
    this.#underWay.set(url, fetching)
    return fetching
  }

  #hasRoom(host: string, nowMs: number): boolean {
    if (nowMs - this.#minute.sinceMs >= MINUTE_MS) this.#minute = { sinceMs: nowMs, started: 0 }
    return (
      this.#underWay.size < FETCHES_MAX &&
      (this.#hosts.get(host) ?? 0) < FETCHES_PER_HOST_MAX &&
      this.#minute.started < FETCHES_PER_MINUTE_MAX
    )
  }

  #end(url: string, host: string, fetched: Fetched): Fetched {
    this.#underWay.delete(url)
    const others = (this.#hosts.get(host) ?? 1) - 1
    if (others === 0) this.#hosts.delete(host)
    else this.#hosts.set(host, others)
    this.#failures.delete(url)
    if (fetched.kind === 'refused') {
      this.figures.failed++
      if (this.#failures.size >= FAILURES_KEPT_MAX) this.#failures.delete(this.#failures.keys().next().value!)
      this.#failures.set(url, { fetched, untilMs: this.#clock() + FAILURE_KEPT_MS })
    }
    return fetched
  }
}

/** Enough to count by; whether it is a URL at all is for the guard. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : ''
}

const BUSY: Fetched = Object.freeze({ kind: 'refused', why: 'busy' })
const MINUTE_MS = 60_000
/** Fetches under way at a time. */
export const FETCHES_MAX = 32
/** Of these to one host. */
export const FETCHES_PER_HOST_MAX = 8
/** Fetches started in a minute: beyond, nobody can make us knock on doors. */
export const FETCHES_PER_MINUTE_MAX = 600
/** How long a URL that could not be fetched is left alone. */
export const FAILURE_KEPT_MS = 60_000
/** URLs whose failure is remembered. */
export const FAILURES_KEPT_MAX = 4_096
