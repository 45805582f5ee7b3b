import { createHmac, hash, randomBytes } from 'node:crypto'
import { type Case, type CaseTerms, readCase } from '#core/redress/case.ts'
import type { CaseEvent } from '#core/redress/case-event.ts'
import type { LetterTerms } from '#core/redress/letters.ts'
import type { Worked } from '#core/redress/office.ts'
import type { Step, StepTerms } from '#core/redress/steps.ts'
import type { DeskStore } from '#edge/store/desk-store.ts'
import { sqliteCode } from '#edge/store/store-error.ts'
import type { Admission } from './admission.ts'

/** What is common to everything that works on cases. */
export type CasesParts = {
  readonly store: DeskStore
  readonly terms: CaseTerms
  readonly letters: LetterTerms
  /** 32 octets that are kept apart from the store: who has them can make the links of cases. */
  readonly secret: Uint8Array
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** What is refused is counted there. */
  readonly admission: Pick<Admission, 'figures'>
  /** Told of faults of our own, and of a store that takes nothing. */
  readonly alarm: (cause: unknown) => void
}

export type Unsaved = { readonly kind: 'unsaved'; readonly retryAfterMs: number }

/** Reads cases and takes steps on them; each step is on stable storage before anybody hears of it. */
export class Cases {
  readonly #parts: CasesParts

  constructor(parts: CasesParts) {
    this.#parts = parts
  }

  read(id: string): { readonly found: Case; readonly events: readonly CaseEvent[] } | undefined {
    const events = this.#parts.store.events(id)
    const found = readCase(events, this.#parts.now(), this.#parts.terms)
    return found && { found, events }
  }

  terms(id: string): StepTerms | undefined {
    const { letters, terms, now } = this.#parts
    const read = this.read(id)
    return read && { ...read, at: now(), status: this.statusToken(id), letters, terms }
  }

  /** Computes a step and records it; computed anew where somebody was quicker, unless `seen` says what its worker had seen. */
  take(id: string, compute: (step: StepTerms) => Step, seen?: number): Worked {
    return this.save((): Worked => {
      for (let tries = 0; tries < TRIES_MAX; tries++) {
        const terms = this.terms(id)
        if (terms === undefined) return { kind: 'unknown' }
        if (seen !== undefined && seen !== terms.found.seq) return { kind: 'changed', seq: terms.found.seq }
        const step = compute(terms)
        if (step.kind === 'refused') {
          if (step.isOver === true) this.#parts.admission.figures.steps++
          return { kind: 'refused', field: step.field, problem: step.problem }
        }
        if (step.kind === 'already') return { kind: 'done', seq: terms.found.seq, notes: [step.note] }
        if (this.#parts.store.record(step.change) === 'recorded')
          return { kind: 'done', seq: Math.max(terms.found.seq, ...step.change.events.map(({ seq }) => seq)) }
        const { marks = [] } = step.change
        if (marks.some(({ name }) => this.#parts.store.mark(name) !== undefined))
          return { kind: 'done', seq: terms.found.seq }
      }
      throw new Error(`case ${id} changes faster than a step can be taken`)
    })
  }

  /** Does something with the store; what the store could not take is `unsaved`, and nothing was promised. */
  save<T>(work: () => T): T | Unsaved {
    try {
      return work()
    } catch (cause) {
      this.#parts.alarm(cause)
      if (sqliteCode(cause) === undefined && !isDisk(cause)) throw cause
      return { kind: 'unsaved', retryAfterMs: RETRY_AFTER_MS }
    }
  }

  /** The same for as long as the secret is: so that every message can name the link, and the store need not keep it. */
  statusToken(id: string): string {
    return this.#derive('status', id)
  }

  confirmToken(id: string): { readonly token: string; readonly hash: string } {
    const token = this.#derive('confirm', id)
    return { token, hash: hashToken(token) }
  }

  #derive(purpose: string, id: string): string {
    const digest = createHmac('sha256', this.#parts.secret).update(`recourse ${purpose} ${id}`).digest()
    return digest.subarray(0, TOKEN_OCTETS).toString('base64url')
  }
}

export function hashToken(token: string): string {
  return hash('sha256', token)
}

/** 128 random bits, 22 characters. None begins with a hyphen, which a command line takes for an option. */
export function makeId(): string {
  for (;;) {
    const id = randomBytes(TOKEN_OCTETS).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

function isDisk(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  return (
    ['ENOSPC', 'EIO', 'EROFS', 'EDQUOT', 'EACCES'].includes(code) ||
    (cause instanceof Error && /no space is left/.test(cause.message))
  )
}

const TOKEN_OCTETS = 16
const TRIES_MAX = 8
/** What is told as Retry-After where the store takes nothing. */
const RETRY_AFTER_MS = 120_000
