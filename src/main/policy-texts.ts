import { readFileSync } from 'node:fs'
import { hashPolicy, type PolicyText } from '#core/ledger/policy-text.ts'
import { diffLines, formatUnified } from '#core/rules/line-difference.ts'
import type {
  ListDiffered,
  PolicyDiffered,
  PolicyDraft,
  PolicyFault,
  PolicyNotDone,
  PolicyStepSaid,
  PolicyWords,
} from '#edge/http/policy/policy-desk.ts'
import type { PolicyReader, PolicyStep } from '#edge/store/policy-store.ts'
import type { Config } from '#main/config/config.ts'
import { describePolicy } from '#main/config/describe.ts'
import type { ConfigFault } from '#main/config/fault.ts'
import { loadConfig } from '#main/config/load.ts'
import { differenceInWords, diffPolicies, type ListChange } from './policy-difference.ts'

/** A policy that can be judged by, or all that is wrong with it. */
export type LoadedPolicy =
  | { readonly kind: 'good'; readonly config: Config; readonly reminders: readonly string[] }
  | { readonly kind: 'faulty'; readonly faults: readonly PolicyFault[] }

/** Texts of lists that somebody handed in, by the ids of their uploads. */
export type HandedIn = (id: string) => { readonly list: string; readonly text: string } | undefined

/** Loads a policy with the rest of the configuration as its file has it; `path` is undefined for the defaults. */
export function loadPolicyText(path: string | undefined, text: PolicyText): LoadedPolicy {
  const readFile = (file: string): string => readFileSync(file, 'utf8')
  const loaded = loadConfig({ path, env: process.env, readFile, policy: { name: POLICY, text } })
  if (loaded.kind === 'refused') return { kind: 'faulty', faults: loaded.faults.slice(0, FAULTS_MAX).map(faultOf) }
  return { kind: 'good', config: loaded.config, reminders: loaded.reminders }
}

/** The draft as a whole: its lists come from uploads first, then from the policy in force, then from what it was begun from. */
export function textOfDraft(
  reader: PolicyReader,
  handedIn: HandedIn,
  { yaml, base, uploads }: PolicyDraft,
): PolicyText | PolicyNotDone {
  const lists = new Map(base === undefined ? [] : (reader.text(base)?.lists ?? []))
  const inForce = reader.inForce()
  for (const [name, text] of inForce === undefined ? [] : (reader.text(inForce.version)?.lists ?? []))
    lists.set(name, text)
  for (const id of uploads) {
    const upload = handedIn(id)
    if (upload === undefined)
      return {
        kind: 'refused',
        problem: 'not-found',
        detail: 'a list that was uploaded waits no longer: upload it again',
      }
    lists.set(upload.list, upload.text)
  }
  return { yaml, lists }
}

export function wordsOf({ policy }: Config): PolicyWords {
  return describePolicy(policy)
}

/** What one policy changes of another, in words and line by line. */
export function differ(before: PolicyText, after: PolicyText): PolicyDiffered {
  const difference = diffPolicies(before, after)
  return {
    words: differenceInWords(difference),
    rules: difference.rules,
    settings: difference.settings,
    lists: difference.lists.map(listDiffered),
    text: before.yaml === after.yaml ? '' : formatUnified(diffLines(before.yaml, after.yaml)),
  }
}

export function listDiffered({ name, change, difference }: ListChange): ListDiffered {
  return { name, change, ...difference }
}

/** Names what was tried, so that a page knows whether it is what it applies. */
export function nameDraft(text: PolicyText): string {
  return hashPolicy(text)
}

/** A step as people read it: of the file it came from only the name. */
export function saidOf({ version, at, step, base, actor, note, origin }: PolicyStep): PolicyStepSaid {
  return { version, at, step, base, by: actor, note, origin: origin?.split(/[\\/]/).at(-1) }
}

/** "found X, expected Y" in its two halves. */
function faultOf({ where, line, column, message }: ConfigFault): PolicyFault {
  const [, found = message, expected = ''] = /^found (.*), expected (.*)$/s.exec(message) ?? []
  return { where, line, column, found, expected }
}

/** How the text is called where faults are told. */
export const POLICY = 'policy'
const FAULTS_MAX = 200
