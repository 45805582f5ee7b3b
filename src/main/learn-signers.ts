import { Worker } from 'node:worker_threads'
import { parseParty } from '#core/call/party.ts'
import type { Policy } from '#core/rules/policy.ts'
import { learn } from '#core/rules/spoofing.ts'
import { viewTally, type TallyBuffers } from '#core/rules/tally.ts'
import { readSignedCalls } from '#edge/store/journal-reader.ts'

/**
 * Lets the rules about spoofing know who signs which number, from the calls that the journal still has: a gate that has
 * been started again does not begin without knowing anybody. Answers how many calls there were; throws StoreError.
 */
export function learnSigners(policy: Policy, memory: TallyBuffers, url: string, nowMs: number): number {
  const withinMs = Math.max(0, ...policy.rules.map((rule) => (rule.kind === 'spoofing' ? rule.perMs : 0)))
  if (withinMs === 0) return 0
  const tally = viewTally(policy, memory)
  let calls = 0
  readSignedCalls(url, nowMs - withinMs, LEARNED_ROWS_MAX, ({ at, calling, peer, trunk }) => {
    learn(tally, policy, { atMs: at, calling: parseParty(calling), peer, trunk, attestation: 'A' })
    calls++
  })
  return calls
}

/** What there is to learn, for whom, and from where: plain data. */
export type LearningTask = {
  readonly policy: Policy
  readonly memory: TallyBuffers
  readonly url: string
  readonly nowMs: number
}

/** The same in a thread of its own, so that calls do not wait. Rejects where the journal cannot be read, or not within `LEARNING_MS`. */
export async function learnBeside(task: LearningTask): Promise<number> {
  // The thread's own file has the ending this one has: .ts as written, .js as built.
  const file = new URL(import.meta.url.endsWith('.ts') ? './learn-thread.ts' : './learn-thread.js', import.meta.url)
  const thread = new Worker(file, { workerData: task })
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  thread.on('message', resolve)
  thread.on('error', reject)
  thread.on('exit', () => reject(new Error('the thread that learns from the journal ended without an answer')))
  const late = setTimeout(() => reject(new Error(`not done within ${LEARNING_MS} ms`)), LEARNING_MS)
  try {
    return await promise
  } finally {
    clearTimeout(late)
    await thread.terminate()
  }
}

/** A policy that somebody put into force waits no longer than that for what a rule of it could learn. */
const LEARNING_MS = 15_000

/** How many rows of the journal are looked at, the latest: about two seconds. */
export const LEARNED_ROWS_MAX = 2_000_000
