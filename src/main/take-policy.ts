import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { hashPolicy, hashText, type PolicyText } from '#core/ledger/policy-text.ts'
import type { Actor } from '#edge/store/audit.ts'
import {
  partsOf,
  type PolicyParts,
  type PolicyReader,
  type PolicyStore,
  type PolicyVersion,
} from '#edge/store/policy-store.ts'
import type { Config } from '#main/config/config.ts'
import { formatFault } from '#main/config/fault.ts'
import { loadConfig, type GivenPolicy } from '#main/config/load.ts'
import { countsOf, differenceInWords, diffPolicies, guardAgainst } from './policy-difference.ts'

/** A policy ready to judge by, with the number under which the ledger knows it; or why there is none. */
export type TakenPolicy =
  | {
      readonly kind: 'taken'
      readonly config: Config
      readonly version: number
      /** What an operator should know: what changed, what waits for approval, what of the file is not in force. */
      readonly notes: readonly string[]
    }
  | { readonly kind: 'refused'; readonly faults: readonly string[] }

export type TakingTerms = {
  readonly store: PolicyStore
  /** The configuration file; undefined for the defaults. */
  readonly path: string | undefined
  readonly by: Actor
  readonly nowMs: () => number
  /** Whether a gate is to serve by it: then tokens, keys and certificates are read as well. */
  readonly serves: boolean
  /** The text of the configuration file; read from there if not said. */
  readonly configText?: string | undefined
  /** Why what was read is not to be taken, in words; nothing is changed then. */
  readonly refuse?: ((config: Config) => readonly string[]) | undefined
}

/**
 * Reads the configuration file and puts what has changed of its policy since it was last taken from there into force.
 *
 * Each part (the policy's text, each list) that stands in the file as it did then stays as the store has it: somebody may
 * have applied another policy or put another list since. What would change too much of a list is staged, and what was in
 * force stays.
 */
export function takeFromFile(terms: TakingTerms): TakenPolicy {
  const { store, by, nowMs } = terms
  const read = load(terms)
  if (read.kind === 'refused') return read
  const why = terms.refuse?.(read.config) ?? []
  if (why.length > 0) return { kind: 'refused', faults: why }
  const file = resolve(read.config.policyFile)
  const disk = read.config.policyText
  const inForce = store.inForce()
  const standing = inForce === undefined ? undefined : store.text(inForce.version)
  const wanted = mergeParts(disk, store.partsOf(file), standing)
  const taken = hashPolicy(wanted) === hashPolicy(disk) ? read : load(terms, { name: file, text: wanted })
  if (taken.kind === 'refused') return taken

  const origin = { file, parts: partsOf(disk) }
  if (standing !== undefined && inForce !== undefined) {
    if (hashPolicy(wanted) === inForce.hash) {
      store.rememberParts(file, origin.parts)
      const notes = hashPolicy(disk) === inForce.hash ? [] : [notInForce(file, inForce)]
      return { ...taken, version: inForce.version, notes }
    }
    const difference = diffPolicies(standing, wanted)
    const guarded = guardAgainst(standing, difference)
    const common = { of: wanted, base: inForce.version, by, note: '', origin, atMs: nowMs() }
    const detail = { file, ...countsOf(difference) }
    if (guarded.length > 0) {
      const staged = store.change({
        ...common,
        step: 'staged',
        action: 'policy-staged',
        detail: { ...detail, guarded },
      })
      if (staged.kind === 'overtaken') return takeFromFile(terms)
      const kept = takeVersion(terms, inForce.version)
      if (kept.kind === 'refused') return kept
      return { ...kept, notes: [waitsFor(staged.version, guarded, inForce.version)] }
    }
    const applied = store.change({ ...common, step: 'applied', action: 'policy-applied', detail })
    if (applied.kind === 'overtaken') return takeFromFile(terms)
    const changes = differenceInWords(difference)
    const notes = [`policy ${applied.version} of ${file} is in force, ${inForce.version} was before`, ...changes]
    return { ...taken, version: applied.version, notes }
  }
  const applied = store.change({
    of: wanted,
    step: 'applied',
    base: inForce?.version,
    by,
    note: '',
    origin,
    action: 'policy-applied',
    detail: { file },
    atMs: nowMs(),
  })
  if (applied.kind === 'overtaken') return takeFromFile(terms)
  return { ...taken, version: applied.version, notes: [] }
}

/** Makes a version of the store ready to judge by, with the rest of the configuration as its file has it now. */
export function takeVersion(terms: ReadingTerms, version: number): TakenPolicy {
  const text = terms.store.text(version)
  if (text === undefined) return { kind: 'refused', faults: [`policy ${version} is not in the store with its text`] }
  const taken = load(terms, { name: `policy ${version}`, text })
  return taken.kind === 'refused' ? taken : { ...taken, version, notes: [] }
}

/**
 * What should be in force, given what stands in a file, what stood there when it was last taken, and what is in force:
 * whatever has changed in the file comes from there, all else stays.
 */
export function mergeParts(
  disk: PolicyText,
  before: PolicyParts | undefined,
  inForce: PolicyText | undefined,
): PolicyText {
  if (before === undefined || inForce === undefined) return disk
  const isNew = (name: string): boolean => {
    const text = disk.lists.get(name)
    return text !== undefined && hashText(text) !== before.lists.get(name)
  }
  const base = hashText(disk.yaml) === before.yaml ? inForce : disk
  const lists = Array.from(base.lists, ([name, text]) => {
    return [name, isNew(name) ? disk.lists.get(name)! : (inForce.lists.get(name) ?? text)] as const
  })
  return { yaml: base.yaml, lists: new Map(lists) }
}

type ReadingTerms = Pick<TakingTerms, 'path' | 'serves' | 'configText'> & { readonly store: PolicyReader }

function load(
  { path, serves, configText }: Omit<ReadingTerms, 'store'>,
  policy?: GivenPolicy,
): { kind: 'taken'; config: Config } | { kind: 'refused'; faults: string[] } {
  const readFile = (file: string): string =>
    file === path && configText !== undefined ? configText : readFileSync(file, 'utf8')
  const loaded = loadConfig({ path, env: process.env, readFile, policy, serves })
  if (loaded.kind === 'refused') return { kind: 'refused', faults: loaded.faults.map((fault) => formatFault(fault)) }
  return { kind: 'taken', config: loaded.config }
}

function notInForce(file: string, { version, steps }: PolicyVersion): string {
  const applied = steps.findLast(({ step }) => step === 'applied')
  const by = applied === undefined ? '' : `, applied by ${applied.actor} at ${new Date(applied.at).toISOString()}`
  return `policy ${version} is in force${by}; ${file} says something else, but has not changed since it was last taken: recourse policy diff shows what`
}

function waitsFor(version: number, guarded: readonly string[], inForce: number): string {
  return `policy ${version} waits for a second person: ${guarded.join('; ')}. Policy ${inForce} stays in force until then: recourse policy approve ${version} --by NAME`
}
