// Runs a policy over the journal beside everything else, and keeps what it found for whoever pages through it.
import { parentPort, workerData } from 'node:worker_threads'
import { setImmediate } from 'node:timers/promises'
import type { PolicyText } from '#core/ledger/policy-text.ts'
import { readJournalRow } from '#core/replay/call-record.ts'
import { Comparison, type NumberChange } from '#core/replay/comparison.ts'
import type { Policy } from '#core/rules/policy.ts'
import type { TrialAgainst, TrialFilter, TrialNumber, TrialResult } from '#edge/http/policy/policy-desk.ts'
import { readJournalStretches } from '#edge/store/journal-stretches.ts'
import { loadPolicyText } from './policy-texts.ts'
import { PolicyTrial, readLivingThen } from './policy-trial.ts'

/** What there is to try. */
export type TrialTask = {
  readonly url: string
  /** The store's. */
  readonly path: string
  readonly config: string | undefined
  readonly text: PolicyText
  readonly inForce: PolicyText | undefined
  readonly against: TrialAgainst
  readonly sinceMs: number
}

/** What somebody wants to see of the result. */
export type TrialQuestion = {
  readonly id: number
  readonly filter: TrialFilter
  readonly after: number
  readonly limit: number
}

export type TrialNumbersFound = {
  readonly kind: 'numbers'
  readonly id: number
  readonly numbers: readonly Omit<TrialNumber, 'registered'>[]
  readonly after: number | undefined
}

export type TrialAnswer =
  | { readonly kind: 'progress'; readonly read: number; readonly total: number }
  | { readonly kind: 'done'; readonly result: TrialResult }
  | { readonly kind: 'failed'; readonly why: string }
  | TrialNumbersFound

/** How often it is told; up here, for what follows waits at once. */
const PROGRESS_MS = 250

const task = workerData as TrialTask
const main = parentPort!
const tell = (answer: TrialAnswer): void => main.postMessage(answer, [])
try {
  const comparison = await compare()
  const changes = comparison.changes()
  tell({ kind: 'done', result: resultOf(comparison, changes) })
  main.on('message', (question: TrialQuestion) => tell(page(changes, question)))
} catch (cause) {
  tell({ kind: 'failed', why: cause instanceof Error ? cause.message : String(cause) })
}

async function compare(): Promise<Comparison> {
  const { url, path, text, inForce, against, sinceMs } = task
  const comparison = new Comparison()
  const { policy, verification } = compile(text)
  const baseline =
    against === 'recorded' ? 'recorded' : against === 'in-force' && inForce !== undefined ? compile(inForce) : undefined
  const now = typeof baseline === 'object' ? { ...baseline.policy, verification } : baseline
  const trial = new PolicyTrial({ ...policy, verification }, now, comparison, readLivingThen(path))
  let told = 0
  for (const { rows, read, total } of readJournalStretches(url, sinceMs)) {
    for (const row of rows) trial.take(readJournalRow(row))
    if (performance.now() - told > PROGRESS_MS) {
      told = performance.now()
      tell({ kind: 'progress', read, total })
    }
    await setImmediate()
  }
  return comparison
}

function compile(text: PolicyText): { policy: Policy; verification: Policy['verification'] } {
  const loaded = loadPolicyText(task.config, text)
  if (loaded.kind === 'good')
    return { policy: loaded.config.policy, verification: loaded.config.desk?.verification?.begins }
  throw new Error(`the policy cannot be judged by: found ${loaded.faults[0]?.found}`)
}

function resultOf(comparison: Comparison, changes: readonly NumberChange[]): TrialResult {
  const { calls, firstMs, lastMs, blockedNow, blockedThen, newlyBlocked, noLongerBlocked, unnamed, rules } = comparison
  const newly = changes.filter((change) => change.newlyBlocked > 0)
  return {
    calls,
    firstAt: firstMs,
    lastAt: lastMs,
    blockedNow,
    blockedThen,
    newlyBlocked,
    noLongerBlocked,
    unnamed,
    numbers: {
      newly: newly.length,
      noLonger: changes.filter((change) => change.noLongerBlocked > 0).length,
      registered: newly.filter(({ registered }) => registered).length,
    },
    rules: Array.from(rules, ([rule, count]) => ({ rule, ...count })).toSorted(
      (a, b) => b.newlyBlocked - a.newlyBlocked || b.noLongerBlocked - a.noLongerBlocked,
    ),
  }
}

/** Numbers stand in one order for good, so that the place in it is where the next page begins. */
function page(changes: readonly NumberChange[], { id, filter, after, limit }: TrialQuestion): TrialNumbersFound {
  const digits = filter.search.replaceAll(/[^0-9]/g, '')
  const numbers: Omit<TrialNumber, 'registered'>[] = []
  const count = filter.change === 'newly' ? 'newlyBlocked' : 'noLongerBlocked'
  for (let index = after; index < changes.length; index++) {
    const { number, calls, newlyBlocked, noLongerBlocked, rules, why } = changes[index]!
    if (changes[index]![count] === 0) continue
    if (filter.rule !== undefined && !rules.has(filter.rule)) continue
    if (filter.search !== '' && (digits === '' || !number.includes(digits))) continue
    if (numbers.length === limit) return { kind: 'numbers', id, numbers, after: index }
    numbers.push({ number, calls, newlyBlocked, noLongerBlocked, rules: [...rules.keys()], why })
  }
  return { kind: 'numbers', id, numbers, after: undefined }
}
