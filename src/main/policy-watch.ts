import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { watchInForce } from '#edge/store/watch-policy.ts'
import type { Config } from '#main/config/config.ts'
import type { PolicyReport, PolicyTask } from './policy-thread.ts'
import { keepUntilRestart, needRestart } from './reload-keys.ts'

/** A policy that a running gate is to judge by from now on. */
export type AdoptedPolicy = {
  /** The whole configuration as it is to be used: with the new policy, and after a reload with all else that may change. */
  readonly config: Config
  /** The policy's number in the store. */
  readonly version: number
  /** What an operator should know. */
  readonly notes: readonly string[]
  /** Somebody asked for it, rather than that the store has changed. */
  readonly isReload: boolean
}

/** Why all stays as it is. */
export type RefusedPolicy = {
  /** `policy 7`, or the configuration file. */
  readonly what: string
  /** One a line, with the places. */
  readonly faults: readonly string[]
}

export type PolicyWatchTerms = {
  /** The store's URL. */
  readonly url: string
  /** The configuration file; undefined for the defaults. */
  readonly path: string | undefined
  /** What the gate runs with. */
  readonly config: Config
  /** The number of the policy in it. */
  readonly version: number
  readonly onPolicy: (adopted: AdoptedPolicy) => void | Promise<void>
  readonly onRefused: (refused: RefusedPolicy) => void
}

export type PolicyWatch = {
  /** Reads the configuration file again, with its policy and lists; done when what came of it has been told. */
  reload(): Promise<void>
  close(): Promise<void>
}

/**
 * Brings policies to a running gate: versions that somebody puts into force in the store, within a second, and what has
 * changed in the configuration file when `reload` asks. Policies are read and compiled in a thread of their own, so that
 * calls do not wait; what cannot be used is told, and all stays as it was.
 */
export function watchPolicies(terms: PolicyWatchTerms): PolicyWatch {
  const { url, path, onPolicy, onRefused } = terms
  let { config, version } = terms
  let configText = path === undefined ? undefined : readFileSync(path, 'utf8')
  let working: Promise<void> = Promise.resolve()
  let closed = false

  const adopt = async (asked: Asked, what: string): Promise<void> => {
    if (closed || (asked.kind === 'version' && asked.version === version)) return
    const { store, gate } = config
    const fixed = { store, gate: { dialPlan: gate.dialPlan } }
    const of = asked.kind === 'version' ? { ...asked, configText } : { ...asked, fixed }
    try {
      const report = await compile({ url, path, of })
      if (closed) return
      if (report.kind === 'refused') return onRefused({ what, faults: report.faults })
      const next =
        of.kind === 'file' ? keepUntilRestart(config, report.config) : { ...config, ...policyOf(report.config) }
      const held = of.kind === 'file' ? needRestart(config, report.config) : []
      const notes = [
        ...report.notes,
        ...held.map((key) => `${key} has changed, which takes a restart: it stays as it was`),
      ]
      await onPolicy({ config: next, version: report.version, notes, isReload: of.kind === 'file' })
      config = next
      version = report.version
      if (of.kind === 'file') configText = report.configText
    } catch (cause) {
      onRefused({ what, faults: [cause instanceof Error ? cause.message : String(cause)] })
    }
  }
  /** One after the other: the last one asked for is the one that stays. */
  const enqueue = (asked: Asked, what: string): Promise<void> => {
    working = working.then(() => adopt(asked, what))
    return working
  }
  const watch = watchInForce(url, {
    known: version,
    onChange: (found) => void enqueue({ kind: 'version', version: found }, `policy ${found}`),
    onFailure: (cause) => onRefused({ what: 'the store', faults: [String(cause)] }),
  })
  return {
    reload: () => enqueue({ kind: 'file' }, path ?? 'the configuration'),
    async close() {
      closed = true
      watch.close()
      await working
    },
  }
}

/** All that a version brings. */
function policyOf({
  policy,
  terms,
  scoreTokens,
  lists,
}: Config): Pick<Config, 'policy' | 'terms' | 'scoreTokens' | 'lists'> {
  return { policy, terms, scoreTokens, lists }
}

function compile(task: PolicyTask): Promise<PolicyReport> {
  // The thread's own file has the ending this one has: .ts as written, .js as built.
  const file = new URL(import.meta.url.endsWith('.ts') ? './policy-thread.ts' : './policy-thread.js', import.meta.url)
  const thread = new Worker(file, { workerData: task })
  return new Promise((resolve, reject) => {
    thread.on('message', (report: PolicyReport) => resolve(report))
    thread.on('error', reject)
    thread.on('exit', () => reject(new Error('the thread that compiles policies ended without an answer')))
  })
}

type Asked = { readonly kind: 'file' } | { readonly kind: 'version'; readonly version: number }
