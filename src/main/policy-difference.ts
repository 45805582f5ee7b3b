import { parse } from 'yaml'
import type { PolicyText } from '#core/ledger/policy-text.ts'
import { diffLists, isSweeping, type EntryForm, type ListDifference } from '#core/rules/list-difference.ts'
import { nameList } from '#main/config/lists.ts'
import { GUARD_DEFAULT, parsePercent } from '#main/config/units.ts'
import { many, visible } from './words.ts'

/** What a policy changes of another one. */
export type PolicyDifference = {
  readonly rules: readonly RuleChange[]
  /** Other keys of the policy: `form: SIP → Q.850`. */
  readonly settings: readonly string[]
  readonly lists: readonly ListChange[]
}

export type RuleChange = {
  readonly id: string
  readonly change: 'added' | 'removed' | 'changed'
  /** What the rule is or was, or what of it has changed. */
  readonly words: string
}

/** A list that has changed; without `difference` it is new or gone. */
export type ListChange = {
  readonly name: string
  /** The key of the policy that names it: `exempt`, `deny`. */
  readonly key: string
  /** Of an exempt list that a rule still names, that it exempts nobody any more. */
  readonly change: 'added' | 'removed' | 'changed' | 'no longer exempt'
  readonly difference: ListDifference
}

/** Compares two policies: rules by their ids, lists by their names and by the rules that use them. */
export function diffPolicies(before: PolicyText, after: PolicyText): PolicyDifference {
  const old = readPolicy(before.yaml)
  const young = readPolicy(after.yaml)
  return {
    rules: diffRules(old.rules, young.rules),
    settings: [...diffKeys(old.others, young.others), ...diffOrder(old.rules, young.rules)],
    lists: diffAllLists(before, after),
  }
}

/** What of a difference asks for a second person, in words, by the guard of the policy in force; empty where nothing does. */
export function guardAgainst(inForce: PolicyText, { lists }: PolicyDifference): string[] {
  const percent = guardOf(inForce.yaml)
  return lists.flatMap(({ name, key, change, difference }) => {
    const isLost = change !== 'added' && change !== 'changed'
    // A rule that goes with its list blocks nobody any more; a list that spared calls leaves them to the rules.
    const isGuarded = change === 'changed' || (isLost && SPARING.has(key))
    if (!isGuarded || !isSweeping(difference, percent, key === 'exempt')) return []
    const { before, after, added, removed } = difference
    const how = isLost
      ? `would ${key === 'exempt' ? 'exempt' : 'spare'} nobody any more, with ${many(before, 'entry', 'entries')}`
      : after === 0
        ? 'would be empty'
        : `would change by ${added + removed} of ${many(before, 'entry', 'entries')}`
    return [`list ${visible(name)} ${how}`]
  })
}

/** Whether two policies differ in nothing but their wording. */
export function isSame({ rules, settings, lists }: PolicyDifference): boolean {
  return rules.length === 0 && settings.length === 0 && lists.length === 0
}

/** The difference line by line, for people. */
export function differenceInWords({ rules, settings, lists }: PolicyDifference): string[] {
  return [
    ...rules.map(({ id, change, words }) => `rule ${id} ${change}${words === '' ? '' : `: ${words}`}`),
    ...settings,
    ...lists.map(listInWords),
  ].map(visible)
}

/** The list difference without a telephone number: for logs and the audit trail. */
export function countsOf({ rules, settings, lists }: PolicyDifference): Record<string, unknown> {
  return {
    rules: rules.map(({ id, change }) => `${id} ${change}`),
    settings: settings.length,
    lists: lists.map(({ name, difference: { before, after, added, removed } }) => ({
      name,
      before,
      after,
      added,
      removed,
    })),
  }
}

function listInWords({ name, change, difference }: ListChange): string {
  const { before, after, added, removed, samples } = difference
  if (change === 'added') return `list ${name} added: ${many(after, 'entry', 'entries')}`
  if (change === 'no longer exempt') return `list ${name} no longer exempt: it has ${many(before, 'entry', 'entries')}`
  if (change === 'removed') return `list ${name} removed: it had ${many(before, 'entry', 'entries')}`
  if (added + removed === 0) return `list ${name}: the same ${many(after, 'entry', 'entries')}, with other notes`
  const parts = [
    ...(added > 0 ? [`${added} added (${sampled(samples.added, added)})`] : []),
    ...(removed > 0 ? [`${removed} removed (${sampled(samples.removed, removed)})`] : []),
  ]
  return `list ${name}: ${parts.join(', ')}; ${before} → ${after} entries`
}

function sampled(first: readonly string[], count: number): string {
  return `${first.join(', ')}${count > first.length ? ', …' : ''}`
}

type Keys = ReadonlyMap<string, string>
type Rules = ReadonlyMap<string, Keys>

function readPolicy(yaml: string): { rules: Rules; others: Keys } {
  const { rules, ...others } = (parse(yaml) ?? {}) as { rules?: unknown[] }
  const named = (rules ?? []).map((rule) => {
    const { id, ...keys } = rule as { id: string }
    return [id, flatten(keys)] as const
  })
  return { rules: new Map(named), others: flatten(others) }
}

/** Every value below a mapping by the way to it: `volume.limit`. */
function flatten(value: unknown, above = ''): Map<string, string> {
  const flat = new Map<string, string>()
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return flat.set(above, short(value))
  for (const [key, child] of Object.entries(value))
    for (const [path, leaf] of flatten(child, above === '' ? key : `${above}.${key}`)) flat.set(path, leaf)
  return flat
}

function short(value: unknown): string {
  if (typeof value === 'string') return value
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}

function diffRules(before: Rules, after: Rules): RuleChange[] {
  const removed = [...before].flatMap(([id, keys]): RuleChange[] =>
    after.has(id) ? [] : [{ id, change: 'removed', words: inWords(keys) }],
  )
  const ids = [...after.keys()]
  const changed = [...after].flatMap(([id, keys]): RuleChange[] => {
    const old = before.get(id)
    const above = ids[ids.indexOf(id) - 1]
    const place = above === undefined ? 'asked first' : `asked after ${above}`
    if (old === undefined) return [{ id, change: 'added', words: `${inWords(keys)}; ${place}` }]
    const words = diffKeys(old, keys).join('; ')
    return words === '' ? [] : [{ id, change: 'changed', words }]
  })
  return [...removed, ...changed]
}

/** The order in which the rules that stay are asked, where it is another one. */
function diffOrder(before: Rules, after: Rules): string[] {
  const kept = [...before.keys()].filter((id) => after.has(id)).join(', ')
  const now = [...after.keys()].filter((id) => before.has(id)).join(', ')
  return kept === now ? [] : [`rules are asked in another order: ${now}`]
}

function diffKeys(before: Keys, after: Keys): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [old, young] = [before.get(key), after.get(key)]
    return old === young ? [] : [`${key} ${old ?? 'unsaid'} → ${young ?? 'unsaid'}`]
  })
}

function inWords(keys: Keys): string {
  return Array.from(keys, ([key, value]) => `${key} ${value}`).join(', ')
}

function diffAllLists(before: PolicyText, after: PolicyText): ListChange[] {
  const [earlier, later] = [usesOf(before.yaml), usesOf(after.yaml)]
  const isExempt = (uses: readonly Use[], name: string) => uses.some((use) => use.name === name && use.key === 'exempt')
  // An exempt list is one wherever else it stands: what it spares weighs most.
  const keyOf = (name: string): string => {
    if (isExempt(earlier, name) || isExempt(later, name)) return 'exempt'
    return (later.find((use) => use.name === name) ?? earlier.find((use) => use.name === name))?.key ?? ''
  }
  const compare = (name: string, change: ListChange['change'], old: string, young: string): ListChange => {
    const key = keyOf(name)
    return { name, key, change, difference: diffLists(old, young, FORMS.get(key) ?? 'row') }
  }
  const changes: ListChange[] = []
  const answered = new Set<string>()
  for (const [name, text] of after.lists) {
    const old = before.lists.get(name) ?? predecessorOf(name, [earlier, later], before, after, answered)
    if (old === undefined) changes.push(compare(name, 'added', '', text))
    else if (old !== text) changes.push(compare(name, 'changed', old, text))
  }
  for (const [name, text] of before.lists) {
    if (!after.lists.has(name) && !answered.has(name)) changes.push(compare(name, 'removed', text, ''))
    if (after.lists.has(name) && isExempt(earlier, name) && !isExempt(later, name))
      changes.push(compare(name, 'no longer exempt', text, ''))
  }
  return changes
}

/** The text that a key had from a list of another name: a file that was renamed is no new list. */
function predecessorOf(
  name: string,
  [earlier, later]: readonly [readonly Use[], readonly Use[]],
  before: PolicyText,
  after: PolicyText,
  answered: Set<string>,
): string | undefined {
  const use = later.find((use) => use.name === name)
  const old = earlier.find(({ rule, key, name }) => {
    if (use === undefined || rule !== use.rule || key !== use.key) return false
    // Of several exempt files those that are gone are taken in turn for those that came.
    return key !== 'exempt' || (!after.lists.has(name) && !answered.has(name))
  })
  if (old === undefined) return undefined
  answered.add(old.name)
  return before.lists.get(old.name)
}

/** The key of a policy behind which a list stands, and the ids of the rules that name it. */
export function usersOf(yaml: string, name: string): { readonly key: string; readonly rules: readonly string[] } {
  const uses = usesOf(yaml).filter((use) => use.name === name)
  const key = uses.find(({ key }) => key === 'exempt')?.key ?? uses[0]?.key ?? ''
  return { key, rules: [...new Set(uses.flatMap(({ rule }) => (rule === '' ? [] : [rule])))] }
}

type Use = { readonly rule: string; readonly key: string; readonly name: string }

/** Which rule names which list, behind which key. */
function usesOf(yaml: string): Use[] {
  const { rules, ...others } = (parse(yaml) ?? {}) as { rules?: { id: string }[] }
  const uses: Use[] = []
  const look = (value: unknown, rule: string, key: string): void => {
    if (typeof value === 'string' && value.startsWith('file:')) uses.push({ rule, key, name: nameList(value.slice(5)) })
    else if (typeof value === 'object' && value !== null)
      for (const [below, child] of Object.entries(value)) look(child, rule, Array.isArray(value) ? key : below)
  }
  for (const { id, ...keys } of rules ?? []) look(keys, id, '')
  look(others, '', '')
  return uses
}

function guardOf(yaml: string): number {
  const guard = (parse(yaml) as { guard?: unknown } | null)?.guard
  return parsePercent(typeof guard === 'string' ? guard : GUARD_DEFAULT) ?? parsePercent(GUARD_DEFAULT)!
}

const SHOWN_MAX = 80
/** What makes an entry of the list behind each key. */
const FORMS: ReadonlyMap<string, EntryForm> = new Map([
  ['called-list', 'called'],
  ['unallocated', 'allocation'],
  ['standing', 'terms'],
  ['registered', 'terms'],
  ...['exempt', 'opt-out', 'do-not-originate', 'deny', 'allow'].map((key) => [key, 'number'] as const),
])
/** The keys whose lists keep calls from being blocked. */
const SPARING: ReadonlySet<string> = new Set(['exempt', 'opt-out', 'allow', 'standing', 'registered'])
