import { Worker } from 'node:worker_threads'
import { parseNumber } from '#core/call/number.ts'
import type { RecentBlock } from '#core/ledger/ledger.ts'
import type { Living } from '#core/rules/living.ts'
import { noteOutcome } from '#core/rules/outcomes.ts'
import type { AlarmKind, Gate } from '#edge/gate/answer.ts'
import type { Inquiry } from '#edge/gate/inquiry.ts'
import type { Tried } from '#edge/gate/trial.ts'
import type { Outcome } from '#edge/http/outcome.ts'
import type { Receive, Transport } from '#edge/gate/udp.ts'
import { type HepSender, type HepTarget, openHep } from '#edge/hep/send-hep.ts'
import type { SharedLedger } from '#edge/store/sqlite-ledger.ts'
import type { Config } from '#main/config/config.ts'
import { type GateState, stateOf, sumStates } from './gate-state.ts'
import { type GateTerms, type JudgingTerms, judgingParts, makeGate } from './gate-terms.ts'
import type { Order, Report, ThreadTerms } from './gate-thread.ts'
import { type Heard, tapped } from './hep-tap.ts'

/** What all gates of this process share. */
export type GatesParts = {
  readonly terms: GateTerms
  readonly ledger: SharedLedger
  readonly inquiry: Inquiry | undefined
  readonly recent: readonly RecentBlock[]
  readonly chain: string
  /** Where copies of calls go. */
  readonly hep: HepTarget | undefined
  readonly alarm: (kind: AlarmKind, cause: unknown) => void
  /** Hears of the calls of a peer test. */
  readonly tried?: ((tried: Tried) => void) | undefined
}

/** A port that a gate thread could not listen on: which of its endpoints, and the system's error code. */
export class Deaf extends Error {
  readonly endpoint: number
  readonly code: string

  constructor(endpoint: number, code: string, message: string) {
    super(message)
    this.name = 'Deaf'
    this.endpoint = endpoint
    this.code = code
  }
}

/**
 * All gates of this process: one in this thread, which streams and HTTP ask, and those in threads of their own that share
 * the UDP ports. They judge by the same terms, count in the same counters and record in the same ledger.
 */
export class Gates {
  /** The gate of this thread. */
  readonly gate: Gate
  /** What this thread listens on. */
  readonly transports: Transport[] = []
  readonly #parts: GatesParts
  readonly #threads: GateThread[] = []
  readonly #hep: HepSender | undefined
  #terms: GateTerms
  #tally: ReturnType<typeof makeGate>['tally']

  constructor(parts: GatesParts) {
    this.#parts = parts
    this.#terms = parts.terms
    this.#hep = parts.hep && openHep(parts.hep)
    const { gate, tally } = makeGate(parts.terms, {
      ...parts,
      heldBytes: () => this.transports.reduce((bytes, { receiveBufferBytes }) => bytes + receiveBufferBytes, 0),
    })
    this.gate = gate
    this.#tally = tally
  }

  /** Starts threads that listen on the same UDP endpoints; answers what they listen on. Rejects with `Deaf`. */
  async start(threads: number, { listen, udp, receiveBufferBytes }: GatesListen): Promise<readonly string[]> {
    const { ledger, inquiry, alarm, tried, recent, chain, hep } = this.#parts
    const terms = { terms: this.#terms, recent, udp, receiveBufferBytes, chain, hep }
    let endpoints = listen
    let local: readonly string[] = []
    for (let started = 0; started < threads; started++) {
      const thread = new GateThread({ ...terms, endpoints }, ledger, { inquiry, alarm, tried })
      this.#threads.push(thread)
      local = await thread.listening
      // Port 0 is whatever the first thread was given.
      endpoints = endpoints.map((endpoint, index) => ({ ...endpoint, port: portOf(local[index]!) }))
    }
    return local
  }

  /** Takes what is heard there to the gate of this thread, and copies it where copies are wanted. */
  receiver(heard: Heard): Receive {
    return tapped((bytes, source, way) => this.gate.receive(bytes, source, way), this.#hep, heard)
  }

  /** Judges by other terms from the next message on, in every thread; calls under way end under the old ones. */
  adopt(terms: JudgingTerms): void {
    this.#terms = { ...this.#terms, ...terms }
    const parts = judgingParts(terms, this.#parts.inquiry)
    this.gate.adopt(parts)
    this.#tally = parts.tally
    for (const thread of this.#threads) thread.adopt(terms)
  }

  /** Judges by what the desk and the registry say now, from the next message on; nothing that was counted changes. */
  adoptLiving(living: Living): void {
    this.#terms = { ...this.#terms, living }
    this.gate.adopt({ living })
    for (const thread of this.#threads) thread.adoptLiving(living)
  }

  get terms(): GateTerms {
    return this.#terms
  }

  /** Counts how a call ended that went on, for the rules that go by that; answers whether one does. */
  noteOutcome({ calling, answered, durationMs, endedAtMs }: Outcome): boolean {
    const { policy, dialPlan } = this.#terms
    return noteOutcome(this.#tally, policy, {
      calling: parseNumber(calling, dialPlan),
      answered,
      seconds: durationMs / 1000,
      // As gates judge: by a clock that nobody sets.
      atMs: performance.timeOrigin + performance.now(),
      ageMs: Date.now() - endedAtMs,
    })
  }

  /** Threads that screen calls. */
  get threads(): number {
    return Math.max(1, this.#threads.length)
  }

  /** The figures of all gates; those of other threads as they were a moment ago. */
  state(): GateState {
    const own = stateOf(this.gate, this.#tally, this.transports, this.#parts.ledger.figures(), this.#hep?.figures)
    return sumStates([own, ...this.#threads.flatMap(({ state }) => state ?? [])])
  }

  /** Takes no more calls, and answers those that wait, in at most `withinMs`. */
  async end(withinMs: number): Promise<void> {
    this.gate.close()
    await Promise.all([this.gate.drain(withinMs), ...this.#threads.map((thread) => thread.end(withinMs))])
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.transports.map((transport) => transport.close()),
      ...this.#threads.map((thread) => thread.close()),
      this.#hep?.close(),
    ])
  }
}

export type GatesListen = Pick<Config['gate'], 'listen' | 'udp' | 'receiveBufferBytes'>

/** One thread seen from this one. */
class GateThread {
  readonly listening: Promise<readonly string[]>
  state: GateState | undefined
  readonly #worker: Worker
  readonly #loan: { revoke(): void }
  readonly #ended: Promise<void>
  #drained: (() => void) | undefined
  #closing = false

  constructor(
    terms: ThreadTerms,
    ledger: SharedLedger,
    { inquiry, alarm, tried }: Pick<GatesParts, 'inquiry' | 'alarm' | 'tried'>,
  ) {
    // The thread's own file has the ending this one has: .ts as written, .js as built.
    const file = new URL(import.meta.url.endsWith('.ts') ? './gate-thread.ts' : './gate-thread.js', import.meta.url)
    this.#worker = new Worker(file, { workerData: terms })
    this.#ended = new Promise((ended) => this.#worker.once('exit', () => ended()))
    this.#loan = ledger.lend((port) => this.#worker.postMessage({ kind: 'ledger', port } satisfies Order, [port]))
    this.listening = new Promise((listening, failed) => {
      this.#worker.on('message', (report: Report) => {
        if (report.kind === 'listening') listening(report.local)
        else if (report.kind === 'deaf') failed(new Deaf(report.endpoint, report.code, report.message))
        else if (report.kind === 'state') this.state = report.state
        else if (report.kind === 'alarm') alarm(report.alarm, report.cause)
        else if (report.kind === 'tried') tried?.(report.tried)
        else if (report.kind === 'drained') this.#drained?.()
        else void this.#find(report, inquiry)
      })
      this.#worker.on('error', (cause) => {
        failed(cause)
        alarm('fault', cause)
      })
      // A gate that is gone answers nobody: the process ends, and whoever watches over it starts it again.
      this.#worker.on('exit', () => {
        if (!this.#closing) process.exitCode = EXIT_FAULT
        if (!this.#closing) process.kill(process.pid, 'SIGTERM')
      })
    })
  }

  adopt(terms: JudgingTerms): void {
    this.#tell({ kind: 'adopt', terms })
  }

  adoptLiving(living: Living): void {
    this.#tell({ kind: 'living', living })
  }

  async end(withinMs: number): Promise<void> {
    this.#closing = true
    const drained = new Promise<void>((resolve) => (this.#drained = resolve))
    this.#tell({ kind: 'close' })
    this.#tell({ kind: 'drain', withinMs })
    await Promise.race([drained, this.#ended])
  }

  async close(): Promise<void> {
    this.#closing = true
    this.#loan.revoke()
    await this.#worker.terminate()
  }

  async #find(
    { id, facts, identities, date, dialled }: Extract<Report, { kind: 'ask' }>,
    inquiry: Inquiry | undefined,
  ): Promise<void> {
    const { verification, scores } = facts
    // An inquiry never rejects; should one do so after all, the call goes on with what is known.
    const found = await inquiry?.ask(facts, identities, date, dialled)?.catch(() => undefined)
    this.#tell({ kind: 'found', id, findings: found ?? { verification, scores } })
  }

  #tell(order: Order): void {
    this.#worker.postMessage(order, [])
  }
}

function portOf(local: string): number {
  return Number(local.slice(local.lastIndexOf(':') + 1))
}

const EXIT_FAULT = 70
