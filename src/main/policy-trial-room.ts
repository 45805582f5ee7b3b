import { randomBytes } from 'node:crypto'
import { Worker as Thread } from 'node:worker_threads'
import type { PolicyText } from '#core/ledger/policy-text.ts'
import type { Worker } from '#core/redress/office.ts'
import type {
  PolicyNotDone,
  PolicyTrialState,
  TrialAgainst,
  TrialFilter,
  TrialNumbers,
} from '#edge/http/policy/policy-desk.ts'
import type { TrialAnswer, TrialNumbersFound, TrialQuestion, TrialTask } from './policy-trial-thread.ts'
import { nameDraft } from './policy-texts.ts'
import type { RegisteredNames } from './registered-names.ts'

export type TrialTerms = {
  readonly url: string
  readonly path: string
  readonly config: string | undefined
  readonly names: RegisteredNames
  readonly now: () => number
}

type Kept = {
  state: PolicyTrialState
  endedAt: number | undefined
  readonly thread: Thread
  readonly asked: Map<number, (found: TrialNumbersFound) => void>
}

/**
 * Runs policies over the journal, each in a thread that keeps what it found while somebody may look at it: one runs at a time,
 * the last few are kept for an hour.
 */
export class TrialRoom {
  readonly #terms: TrialTerms
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()
  #questions = 0

  constructor(terms: TrialTerms) {
    this.#terms = terms
  }

  begin(
    text: PolicyText,
    inForce: PolicyText | undefined,
    days: number,
    against: TrialAgainst,
    by: Worker,
  ): PolicyTrialState | PolicyNotDone {
    this.#forget()
    if ([...this.#kept.values()].some(({ state }) => state.state === 'running'))
      return { kind: 'refused', problem: 'busy', detail: 'another policy is being tried; one is tried at a time' }
    const { url, path, config, now } = this.#terms
    const task: TrialTask = { url, path, config, text, inForce, against, sinceMs: now() - days * DAY_MS }
    const isSource = import.meta.url.endsWith('.ts')
    // The thread's own file has the ending this one has: .ts as written, .js as built.
    const file = new URL(isSource ? './policy-trial-thread.ts' : './policy-trial-thread.js', import.meta.url)
    const thread = new Thread(file, {
      workerData: task,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    })
    const id = randomBytes(16).toString('base64url')
    const state: PolicyTrialState = {
      kind: 'trial',
      id,
      state: 'running',
      at: now(),
      by: by.name,
      days,
      against,
      hash: nameDraft(text),
      read: 0,
      total: 0,
      why: '',
      result: undefined,
    }
    const kept: Kept = { state, endedAt: undefined, thread, asked: new Map() }
    const end = (changes: Partial<PolicyTrialState>): void => {
      if (kept.state.state !== 'running') return
      kept.state = { ...kept.state, ...changes }
      kept.endedAt = now()
    }
    thread.on('message', (answer: TrialAnswer) => {
      if (answer.kind === 'progress') kept.state = { ...kept.state, read: answer.read, total: answer.total }
      else if (answer.kind === 'done') end({ state: 'done', result: answer.result })
      else if (answer.kind === 'failed') end({ state: 'failed', why: answer.why })
      else {
        kept.asked.get(answer.id)?.(answer)
        kept.asked.delete(answer.id)
      }
    })
    thread.on('error', (cause) => end({ state: 'failed', why: cause instanceof Error ? cause.message : String(cause) }))
    thread.on('exit', () => {
      end({ state: 'failed', why: 'the trial ended without a result' })
      for (const answer of kept.asked.values()) answer({ kind: 'numbers', id: 0, numbers: [], after: undefined })
      kept.asked.clear()
    })
    this.#kept.set(id, kept)
    return state
  }

  state(id: string): PolicyTrialState | undefined {
    this.#forget()
    return this.#kept.get(id)?.state
  }

  cancel(id: string): PolicyTrialState | undefined {
    const kept = this.#kept.get(id)
    if (kept === undefined || kept.state.state !== 'running') return kept?.state
    kept.state = { ...kept.state, state: 'cancelled' }
    kept.endedAt = this.#terms.now()
    void kept.thread.terminate()
    return kept.state
  }

  async numbers(id: string, filter: TrialFilter, after: number, limit: number): Promise<TrialNumbers | undefined> {
    const kept = this.#kept.get(id)
    if (kept?.state.state !== 'done') return undefined
    const question: TrialQuestion = { id: ++this.#questions, filter, after, limit }
    const found = await new Promise<TrialNumbersFound>((answered) => {
      kept.asked.set(question.id, answered)
      kept.thread.postMessage(question, [])
    })
    const numbers = found.numbers.map((one) => ({ ...one, registered: this.#terms.names(one.number) }))
    return { numbers, after: found.after }
  }

  close(): void {
    for (const { thread } of this.#kept.values()) void thread.terminate()
    this.#kept.clear()
  }

  #forget(): void {
    const at = this.#terms.now()
    const ended = [...this.#kept].filter(([, { endedAt }]) => endedAt !== undefined)
    for (const [index, [id, { endedAt, thread }]] of ended.entries()) {
      if (index >= ended.length - KEPT_MAX && at - endedAt! < KEPT_MS) continue
      this.#kept.delete(id)
      void thread.terminate()
    }
  }
}

const DAY_MS = 86_400_000
/** Results that are kept, and for how long. */
export const KEPT_MAX = 3
export const KEPT_MS = 3_600_000
/** What one trial may hold: a million numbers with their grounds. */
const HEAP_MIB = 1_024
