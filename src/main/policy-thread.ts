// Reads and compiles a policy beside the gate: a list of a million numbers takes a second, in which no call must wait.
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { openPolicyStore } from '#edge/store/policy-store.ts'
import type { Config } from '#main/config/config.ts'
import { gateActor } from './actor.ts'
import { refuseReload, type FixedConfig } from './reload-keys.ts'
import { takeFromFile, takeVersion, type TakenPolicy } from './take-policy.ts'

/** What there is to do. */
export type PolicyTask = {
  readonly url: string
  /** The configuration file; undefined for the defaults. */
  readonly path: string | undefined
  readonly of:
    /** The file as it is now, unless it changes what is fixed. */
    | { readonly kind: 'file'; readonly fixed: FixedConfig }
    /** A version of the store, under the configuration that is in use. */
    | { readonly kind: 'version'; readonly version: number; readonly configText: string | undefined }
}

/** What came of it; `configText` is what the configuration file said. */
export type PolicyReport = TakenPolicy & { readonly configText: string | undefined }

const task = workerData as PolicyTask
parentPort!.postMessage(report(), [])

function report(): PolicyReport {
  const { url, path, of } = task
  const store = openPolicyStore(url)
  try {
    const configText = of.kind === 'version' ? of.configText : path && readIfThere(path)
    const terms = { store, path, by: gateActor(), nowMs: () => Date.now(), serves: true, configText }
    const refuse = (config: Config): string[] => (of.kind === 'file' ? refuseReload(of.fixed, config) : [])
    const taken = of.kind === 'file' ? takeFromFile({ ...terms, refuse }) : takeVersion(terms, of.version)
    noteAudit(taken)
    // The texts have done their work, and are large.
    if (taken.kind === 'refused') return { ...taken, configText }
    return { ...taken, config: { ...taken.config, policyText: { yaml: '', lists: new Map() } }, configText }
  } finally {
    store.close()
  }

  function noteAudit(taken: TakenPolicy): void {
    const common = { at: Date.now(), by: gateActor() }
    const version = taken.kind === 'taken' ? taken.version : of.kind === 'version' ? of.version : undefined
    const subject = of.kind === 'file' ? 'configuration' : `policy ${version}`
    if (taken.kind === 'refused') {
      const action = of.kind === 'file' ? 'configuration-refused' : 'policy-refused'
      store.noteAudit({ ...common, action, subject, detail: { faults: taken.faults.length } })
    } else {
      const action = of.kind === 'file' ? 'configuration-reloaded' : 'policy-adopted'
      store.noteAudit({ ...common, action, subject, detail: { policy: taken.version } })
    }
  }
}

/** A configuration that is not there is told of by whoever loads it. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
