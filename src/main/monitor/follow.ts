import { type FileHandle, open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Malformed } from '#codec/sip/malformed.ts'
import { type FilePlace, parsePlace } from '#edge/monitor/file-place.ts'
import { readTraceIn } from '#edge/monitor/read-text-trace.ts'
import { CaptureSighting } from './capture-sighting.ts'
import { type MonitorRoom, mayMatter } from './room.ts'

export type FollowTerms = {
  readonly room: MonitorRoom
  readonly placeOf: (source: string) => string | undefined
  /** Told why a log cannot be read just now; it is tried again. */
  readonly alarm: (cause: unknown) => void
  /** How often logs are looked at, and how far behind noted places stay; `LOOK_EVERY_MS` and `BEHIND_MS` where not said. */
  readonly lookEveryMs?: number
  readonly behindMs?: number
}

/** Logs that are followed. `close` reads what has come last. */
export type Follower = { close(): Promise<void> }

/**
 * Follows logs with SIP messages in them (see `readTextTrace`) by their names, as `tail -F` does: what is added, what stands in a
 * file when it is moved away, the new one from its beginning, and one that was cut short from its beginning. A log that is not there is
 * waited for.
 *
 * The room has to be one for logs alone: time in it is theirs.
 */
export function followLogs(paths: readonly string[], terms: FollowTerms): Follower {
  const logs = paths.map((path) => new FollowedLog(path, terms))
  const stop = new AbortController()
  const { room, lookEveryMs = LOOK_EVERY_MS } = terms
  const look = async (): Promise<void> => {
    for (const log of logs) await log.look()
    room.flush()
  }
  const work = (async () => {
    while (!stop.signal.aborted) {
      await look()
      await setTimeout(lookEveryMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  })()
  return {
    async close() {
      stop.abort()
      await work
      await look()
      for (const log of logs) await log.close()
    },
  }
}

/** One log, and the file that had its name last. */
class FollowedLog {
  readonly #path: string
  readonly #source: string
  readonly #terms: FollowTerms
  readonly #sighting: CaptureSighting
  #file: FileHandle | undefined
  #place: FilePlace | undefined
  /** Places that calls still on their way stand behind, with when these were reached. */
  readonly #reached: { readonly atMs: number; readonly place: FilePlace }[] = []
  #heardMs = performance.now()
  #isMissing = false

  constructor(path: string, terms: FollowTerms) {
    this.#path = path
    this.#source = `log ${resolve(path)}`
    this.#terms = terms
    this.#sighting = new CaptureSighting(`log ${path}`, Date.now)
    this.#place = parsePlace(terms.placeOf(this.#source))
  }

  async look(): Promise<void> {
    try {
      if (this.#file === undefined) await this.#open()
      else if (await this.#isReplaced()) {
        await this.#read(false)
        await this.close()
        this.#place = undefined
        this.#reached.length = 0
        await this.#open()
      }
      if (this.#file !== undefined) await this.#read(true)
    } catch (cause) {
      const what = cause instanceof Malformed ? new Error(`${this.#path} is no text`, { cause }) : cause
      this.#terms.alarm(what)
    }
    this.#settle()
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }

  async #open(): Promise<void> {
    try {
      this.#file = await open(this.#path)
      this.#isMissing = false
    } catch (cause) {
      // Between two files of a rotation there is none; one that stays away is told of once.
      if (!this.#isMissing) this.#terms.alarm(cause)
      this.#isMissing = true
    }
  }

  async #isReplaced(): Promise<boolean> {
    const [now, before] = await Promise.all([stat(this.#path).catch(() => undefined), this.#file!.stat()])
    return now !== undefined && (now.ino !== before.ino || now.dev !== before.dev)
  }

  async #read(isGrowing: boolean): Promise<void> {
    const { room } = this.#terms
    const sighting = this.#sighting
    const { place, counts } = await readTraceIn(this.#file!, {
      from: this.#place,
      isGrowing,
      wants: mayMatter,
      onMessage: (bytes, start, end, origin) => room.hear(bytes, start, end, sighting.at(origin)),
    })
    if (counts.messages > 0) this.#heardMs = performance.now()
    if (place.offset !== this.#place?.offset) this.#reached.push({ atMs: performance.now(), place })
    this.#place = place
  }

  /** Lets time pass that the log is silent, and notes a place once the calls before it are told: a kill loses none. */
  #settle(): void {
    const { room, behindMs = BEHIND_MS } = this.#terms
    const nowMs = performance.now()
    if (!Number.isNaN(this.#sighting.nowMs)) room.pass(this.#sighting.nowMs + nowMs - this.#heardMs)
    let settled: FilePlace | undefined
    while (this.#reached[0] !== undefined && nowMs - this.#reached[0].atMs >= behindMs)
      settled = this.#reached.shift()!.place
    if (settled !== undefined) room.reach({ source: this.#source, place: JSON.stringify(settled) })
  }
}

export const LOOK_EVERY_MS = 500
/** Longer than a call is followed that nobody answers (`TIMER_B_MS`, and `SETTLE_MS` after it); what rings longer tells enough by its end. */
export const BEHIND_MS = 45_000
