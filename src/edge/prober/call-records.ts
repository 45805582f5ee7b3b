import type { ProbeRecord, ReceivedCall, SentAnswer } from '#core/probe/received.ts'

/** A call while it goes on: what is told of it changes, and those who ask get copies. */
export type OpenCall = {
  -readonly [Key in keyof Omit<ReceivedCall, 'sent'>]: ReceivedCall[Key]
} & { readonly sent: OpenAnswer[] }

export type OpenAnswer = { -readonly [Key in keyof SentAnswer]: SentAnswer[Key] }

/** The last calls that came, at most `CALLS_KEPT_MAX`; older ones are forgotten and counted. */
export class CallRecords {
  forgotten = 0
  readonly #calls = new Set<OpenCall>()

  keep(call: OpenCall): void {
    for (const oldest of this.#calls) {
      if (this.#calls.size < CALLS_KEPT_MAX) break
      this.#calls.delete(oldest)
      this.forgotten++
    }
    this.#calls.add(call)
  }

  /** All calls in the order they came, or those of one run: by its token, or by the number it calls from. */
  list(name?: string): ReceivedCall[] {
    const calls: ReceivedCall[] = []
    for (const call of this.#calls)
      if (name === undefined || call.token === name || call.from === name) calls.push(copyOf(call))
    return calls
  }

  record(name: string): ProbeRecord {
    return { name, calls: this.list(name), forgotten: this.forgotten }
  }
}

/** The call as it stands now. */
export function copyOf(call: OpenCall): ReceivedCall {
  return { ...call, sent: call.sent.map((answer) => ({ ...answer })) }
}

/** A run of every scenario, with a dozen tries for each, is below this. */
export const CALLS_KEPT_MAX = 2_000
