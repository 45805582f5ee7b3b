import type { Logger } from 'pino'
import type { AlarmKind } from '#edge/gate/answer.ts'

/** What raises an alarm: the gate, and beside it what watches over its policy, its certificate and its webhooks. */
export type Alarm =
  | AlarmKind
  | 'policy'
  | 'certificate'
  | 'webhooks'
  | 'standing'
  | 'desk'
  | 'overdue'
  | 'mail'
  | 'monitor'

/** What each alarm means to the person who is woken by it. */
const MEANINGS: Readonly<Record<Alarm, string>> = {
  unrecorded: 'the ledger could not record blocks: calls are continued that would have been blocked',
  late: 'the ledger is too slow to record blocks: calls are continued that would have been blocked',
  shed: 'too many blocks wait for the ledger: calls are continued that would have been blocked',
  overload: 'more calls come than the gate can answer: some are continued unjudged, or left to ask again',
  fault: 'a fault of the program: the calls it touched are continued',
  policy: 'a changed policy or configuration cannot be used: the gate goes on with the one before',
  certificate: 'the certificate of gate.tls has expired: peers cannot connect by TLS',
  webhooks: 'webhooks are told of no blocks: what tells them has ended, and is started again',
  standing: 'changes of the desk or the registry cannot be read: gates go on with what they know',
  desk: 'a fault of the desk, or its store takes nothing: claims are told that they were not saved; calls are not touched',
  overdue: 'a case is overdue: somebody who contested a block has not been answered in time',
  monitor: 'what watches our own calls cannot write down what it sees, or has ended: it waits, and is started again',
  mail: 'messages cannot leave or come in: they wait in the store and are tried again',
}

/** Says what is wrong at most every `QUIET_MS` a kind, and remembers it for the health page. */
export class Alarms {
  readonly counts = new Map<Alarm, number>()
  readonly #log: Logger
  readonly #raisedMs = new Map<Alarm, number>()
  readonly #saidMs = new Map<Alarm, number>()

  constructor(log: Logger) {
    this.#log = log
  }

  raise(kind: Alarm, cause: unknown): void {
    const nowMs = performance.now()
    this.#raisedMs.set(kind, nowMs)
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    if (nowMs - (this.#saidMs.get(kind) ?? -Infinity) < QUIET_MS) return
    this.#saidMs.set(kind, nowMs)
    const error = cause instanceof Error ? { name: cause.name, message: cause.message, stack: cause.stack } : undefined
    this.#log.error({ alarm: kind, count: this.counts.get(kind), error }, MEANINGS[kind])
  }

  /** Every kind that was raised since the start. */
  seen(): { kind: Alarm; words: string; count: number; isFresh: boolean }[] {
    const nowMs = performance.now()
    return Array.from(this.counts, ([kind, count]) => {
      const isFresh = nowMs - (this.#raisedMs.get(kind) ?? Number.NEGATIVE_INFINITY) < FRESH_MS
      return { kind, words: MEANINGS[kind], count, isFresh }
    })
  }

  /** What has gone wrong within the last `FRESH_MS`, in words: with calls, or beside them. */
  fresh(where: 'calls' | 'beside'): string[] {
    const nowMs = performance.now()
    return Array.from(this.#raisedMs).flatMap(([kind, raisedMs]) =>
      nowMs - raisedMs < FRESH_MS && BESIDE_CALLS.has(kind) === (where === 'beside') ? [MEANINGS[kind]] : [],
    )
  }
}

/** No reason to send calls elsewhere: another gate has the same desk. */
const BESIDE_CALLS: ReadonlySet<Alarm> = new Set(['webhooks', 'desk', 'overdue', 'mail', 'monitor'])
/** Promised: an alarm is out within 10 s, and does not drown the log. */
const QUIET_MS = 10_000
const FRESH_MS = 60_000
