import { Worker } from 'node:worker_threads'
import type { PolicyDesk } from '#edge/http/policy/policy-desk.ts'

/** The policy for those inside, in a thread of its own that begins with the first question. */
export type PolicyRoom = { readonly desk: PolicyDesk; close(): Promise<void> }

/** What the thread is started with. */
export type PolicyDeskTask = { readonly store: string; readonly path: string | undefined }

/** One call of a function of the desk. */
export type PolicyDeskQuestion = {
  readonly id: number
  readonly name: keyof PolicyDesk
  readonly given: readonly unknown[]
}

/** What it answered, or the fault of ours that it ended with. */
export type PolicyDeskAnswer = { readonly id: number; readonly value?: unknown; readonly fault?: string }

/** Nothing is opened yet. A question rejects where the thread ends with it; the next one begins another thread. */
export function openPolicyRoom(task: PolicyDeskTask): PolicyRoom {
  const isSource = import.meta.url.endsWith('.ts')
  // The thread's own file has the ending this one has: .ts as written, .js as built.
  const file = new URL(isSource ? './policy-desk-thread.ts' : './policy-desk-thread.js', import.meta.url)
  const waiting = new Map<number, { answered: (value: unknown) => void; failed: (cause: Error) => void }>()
  let thread: Worker | undefined
  let asked = 0

  const begin = (): Worker => {
    const begun = new Worker(file, { workerData: task, resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } })
    let cause: unknown
    begun.on('message', ({ id, value, fault }: PolicyDeskAnswer) => {
      const one = waiting.get(id)
      waiting.delete(id)
      if (fault === undefined) one?.answered(value)
      else one?.failed(new Error(fault))
    })
    begun.on('error', (error) => {
      cause = error
    })
    begun.on('exit', () => {
      if (thread === begun) thread = undefined
      for (const { failed } of waiting.values()) failed(new Error('the thread of policies ended', { cause }))
      waiting.clear()
    })
    return begun
  }
  const ask = (name: PolicyDeskQuestion['name'], given: readonly unknown[]): Promise<unknown> =>
    new Promise((answered, failed) => {
      thread ??= begin()
      const id = ++asked
      waiting.set(id, { answered, failed })
      thread.postMessage({ id, name, given } satisfies PolicyDeskQuestion, [])
    })

  return {
    // Each member of the desk is a question of its name: the type says which there are.
    desk: new Proxy({} as PolicyDesk, {
      get:
        (_, name) =>
        (...given: readonly unknown[]) =>
          ask(name as PolicyDeskQuestion['name'], given),
    }),
    async close() {
      const ending = thread
      if (ending === undefined) return
      const ended = new Promise<void>((resolve) => ending.once('exit', () => resolve()))
      ending.postMessage('close', [])
      const patience = setTimeout(() => void ending.terminate(), PATIENCE_MS)
      await ended
      clearTimeout(patience)
    },
  }
}

const HEAP_MIB = 2_048
const PATIENCE_MS = 2_000
