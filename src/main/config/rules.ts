import { standingsBelow } from '#core/rules/attestation.ts'
import { makeBlockDigits, type BlockDigits } from '#core/rules/block-digits.ts'
import { KINDS } from '#core/rules/kinds.ts'
import { allowBy, type Blocking, type BlockingKind, type Counted, type Policy, type Rule } from '#core/rules/policy.ts'
import type { Registered } from '#core/rules/registered.ts'
import type { Scope } from '#core/rules/scope.ts'
import type { StandingList } from '#core/rules/standing-list.ts'
import type { Cause } from '#core/rules/verdict.ts'
import type { ConfigFault } from './fault.ts'
import {
  loadAllocations,
  loadCalledLists,
  loadExempt,
  loadNumbers,
  loadStanding,
  type ListPlace,
  type ListReader,
} from './lists.ts'
import { nearest } from '#core/words/nearest.ts'
import type { RuleSettings, Settings } from './schema.ts'
import type { Path } from './source.ts'

/** Where things stand in the configuration, for faults found after it was read. */
export type Places = {
  readonly at: (path: Path) => Omit<ConfigFault, 'message'>
  readonly atKey: (path: Path) => Omit<ConfigFault, 'message'>
  /** The file in which the policy stands. */
  readonly policyFile: string
}

/** What all rules of a policy are made with. */
export type Makings = {
  readonly places: Places
  readonly reader: ListReader
  /** The names of the peers. */
  readonly peers: readonly string[]
}

/** What a rule is made with, whatever its kind. */
export type Making = {
  readonly id: string
  /** What every rule has. */
  readonly common: Pick<Blocking, 'id' | 'number' | 'mode' | 'scope'>
  /** What every rule that blocks has; its cause is that of its kind, unless the rule says another. */
  readonly blocking: Blocking
  /** How many leading digits make a block of numbers, by country; for rules that count blocks. */
  readonly blocks: BlockDigits | undefined
  /** Where a list named by the rule's kind stands. */
  readonly from: ListPlace
  readonly reader: ListReader
  /** The next free counter of the tally. */
  readonly nextCounter: () => number
  /** Tells what is wrong below the rule, at a key, and makes no rule. */
  readonly refuse: (path: Path, message: string) => undefined
}

/** Which key of a rule says its kind. */
export type RuleKey = BlockingKind | 'allow' | 'standing'

/** How a rule of each kind is made of what stands behind its key; `undefined` after telling what is wrong. */
type Makers = {
  readonly [Key in RuleKey]: (value: NonNullable<RuleSettings[Key]>, making: Making) => Rule | undefined
}

/** A row for each kind. */
const MAKERS: Makers = {
  'called-list': (source, { blocking, from, reader }) => {
    return { kind: 'called-list', ...blocking, cause: 'called-party', lists: loadCalledLists(source, from, reader) }
  },
  'do-not-originate': (source, { id, blocking, from, reader }) => {
    return { kind: 'do-not-originate', ...blocking, list: loadNumbers(source, id, true, from, reader) }
  },
  deny: (source, { id, blocking, from, reader }) => {
    return { kind: 'deny', ...blocking, list: loadNumbers(source, id, true, from, reader) }
  },
  allow: (source, { id, common, from, reader }) => {
    const list = loadNumbers(source, id, false, from, reader)
    return { kind: 'allow', ...common, list, verdict: allowBy('allowed', id) }
  },
  standing: (source, { id, common, from, reader }) => {
    return { kind: 'standing', ...common, list: loadStanding(source, from, reader), verdict: allowBy('allowed', id) }
  },
  invalid: (value, { blocking, reader }) => {
    const except = value === true ? [] : value.except
    return { kind: 'invalid', ...blocking, except, isNorthAmerican: reader.plan?.country === 1 }
  },
  unallocated: (source, { blocking, from, reader }) => {
    return { kind: 'unallocated', ...blocking, allocations: loadAllocations(source, from, reader) }
  },
  attestation: (value, { blocking }) => {
    return { kind: 'attestation', ...blocking, standings: 'is' in value ? value.is : standingsBelow(value.below) }
  },
  verification: (_failed, { blocking }) => ({ kind: 'verification', ...blocking }),
  volume: (value, making) => {
    const counted = countedBy('volume', value, making)
    return counted && { kind: 'volume', ...counted, limit: value.limit }
  },
  distinct: (value, making) => {
    const counted = countedBy('distinct', value, making)
    return counted && { kind: 'distinct', ...counted, limit: value.limit, pairs: value.pairs }
  },
  sequential: (value, making) => {
    const counted = countedBy('sequential', value, making)
    return counted && { kind: 'sequential', ...counted, limit: value.limit, step: value.step }
  },
  short: (value, making) => {
    const counted = countedBy('short', value, making)
    const { under, share, least } = value
    return counted && { kind: 'short', ...counted, underMs: under, share, least }
  },
  unanswered: (value, making) => {
    const counted = countedBy('unanswered', value, making)
    return counted && { kind: 'unanswered', ...counted, share: value.share, least: value.least }
  },
  score: ({ url, limit, within, cache, breaker }, { blocking }) => {
    const { failures, per, open } = breaker
    const service = { url, withinMs: within, cacheMs: cache, breaker: { failures, perMs: per, openMs: open } }
    return { kind: 'score', ...blocking, limit, service }
  },
  spoofing: ({ after, within, numbers }, { blocking, nextCounter }) => {
    return { kind: 'spoofing', ...blocking, after, perMs: within, capacity: numbers, counter: nextCounter() }
  },
}

/** The keys of which each rule has one, in the order in which they are told. */
export const RULE_KEYS = Object.keys(MAKERS) as RuleKey[]

/** What every rule has that counts callers, or blocks of them. */
function countedBy(
  kind: RuleKey,
  { of, per, prefix, numbers }: CountedSettings,
  { id, blocking, blocks, nextCounter, refuse }: Making,
): Counted | undefined {
  if (prefix !== undefined && of === 'number') {
    return refuse([kind, 'prefix'], `found a prefix in rule "${id}", expected one only with of: block`)
  }
  return { ...blocking, of, prefix, blocks, perMs: per, capacity: numbers, counter: nextCounter() }
}

type CountedSettings = {
  readonly of: Counted['of']
  readonly per: number
  readonly prefix?: number | undefined
  readonly numbers: number
}

/** Makes a policy of its settings, with its lists loaded. Faults go to the reader. */
export function makePolicy(settings: Settings['policy'], makings: Makings): Omit<Policy, 'version'> {
  const { places, reader } = makings
  // First of all, so that every other list can be held against them.
  const exemptions = settings.exempt.flatMap((source, index) => {
    if (source === 'emergency') return []
    const list = loadExempt(source, listPlace(['policy', 'exempt', index], places), reader)
    return [{ list, verdict: allowBy('exempt', list.name) }]
  })
  const { registered: file, blocks: widths, 'opt-out': optOut } = settings
  const registered = file && loadStanding(file, listPlace(['policy', 'registered'], places), reader)
  const blocks = widths === undefined ? undefined : makeBlockDigits(widths)
  const rules = makeRules(settings.rules, makings, registered, blocks)
  reader.reminders.push(...remindOfStanding(rules))
  const from = listPlace(['policy', 'opt-out'], places)
  return { exemptions, rules, optOut: optOut && loadNumbers(optOut, 'opt-out', false, from, reader) }
}

function makeRules(
  settings: readonly RuleSettings[],
  { places, reader, peers }: Makings,
  registered: StandingList | undefined,
  blocks: BlockDigits | undefined,
): Rule[] {
  const ids = new Map<string, number>()
  let counters = 0
  return settings.flatMap((rule, index): Rule[] => {
    const path: Path = ['policy', 'rules', index]
    const faultsBefore = reader.faults.length
    const fault = (where: Omit<ConfigFault, 'message'>, message: string) =>
      void reader.faults.push({ ...where, message })
    const refuse = (below: Path, message: string) => fault(places.atKey([...path, ...below]), message)
    const before = ids.get(rule.id)
    if (before !== undefined) {
      const { line } = places.at(['policy', 'rules', before, 'id'])
      const place = line === undefined ? '' : ` in line ${line}`
      const message = `found the rule id "${rule.id}", which another rule has${place}, expected an id of its own`
      fault(places.at([...path, 'id']), message)
    }
    ids.set(rule.id, index)
    const kinds = RULE_KEYS.filter((kind) => rule[kind] !== undefined)
    const [kind] = kinds
    if (kind === undefined || kinds.length > 1) {
      const found = kind === undefined ? 'none of them' : kinds.join(' and ')
      fault(places.at(path), `found ${found} in rule "${rule.id}", expected exactly one of ${RULE_KEYS.join(', ')}`)
      return []
    }
    const cause = rule.cause ?? (isSparing(kind) ? 'analytics' : KINDS[kind].cause)
    checkKeys(rule, kind, cause, refuse)
    const scope = makeScope(rule, peers, (below, message) => fault(places.at([...path, ...below]), message))
    const worth = makeRegistered(rule, kind, registered, refuse)
    if (reader.faults.length > faultsBefore) return []
    const common = { id: rule.id, number: index + 1, mode: rule.mode, scope }
    const program = rule.program ?? (cause === 'analytics' ? 'opt-out' : 'none')
    const made = make(kind, rule, {
      id: rule.id,
      common,
      blocking: { ...common, cause, program, sample: rule.sample, registered: worth, treatment: rule.treatment },
      blocks,
      from: listPlace([...path, kind], places),
      reader,
      nextCounter: () => counters++,
      refuse,
    })
    return made === undefined ? [] : [made]
  })
}

/** A rule that spares callers only the analytics behind it spares them nothing where all of those stand before it. */
function remindOfStanding(rules: readonly Rule[]): string[] {
  const isSpared = (rule: Rule) => 'cause' in rule && rule.cause === 'analytics'
  const first = rules.find(isSpared)
  const last = rules.findLastIndex(isSpared)
  if (first === undefined) return []
  return rules.slice(last + 1).flatMap(({ kind, id }) => {
    if (kind !== 'standing') return []
    return [`rule ${id} stands behind every rule that it could spare anybody: put it before rule ${first.id}`]
  })
}

type Refuse = (below: Path, message: string) => undefined

/** Rules that spare callers, whom they never block. */
function isSparing(kind: RuleKey): kind is 'allow' | 'standing' {
  return kind === 'allow' || kind === 'standing'
}

/** Keys that do not go together. */
function checkKeys(rule: RuleSettings, kind: RuleKey, cause: Cause, refuse: Refuse): void {
  const { id } = rule
  if (rule.cause !== undefined && kind !== 'deny') {
    refuse(['cause'], `found a cause in rule "${id}", expected one only beside deny: that of ${kind} is fixed`)
  }
  for (const key of ['program', 'sample', 'registered', 'treatment'] as const) {
    if (rule[key] === undefined || !isSparing(kind)) continue
    refuse([key], `found a ${key} in rule "${id}", expected one only where calls are blocked`)
  }
  if (rule.sample !== undefined && rule.mode === 'shadow') {
    refuse(
      ['sample'],
      `found a sample in rule "${id}", expected one only with mode: enforce, as shadow acts on no call`,
    )
  }
  if (rule.registered !== undefined && !isSparing(kind) && cause !== 'analytics') {
    const why = `it blocks by ${cause}, before which being registered is worth nothing`
    refuse(['registered'], `found registered in rule "${id}", expected it only beside analytics: ${why}`)
  }
}

function makeScope(rule: RuleSettings, known: readonly string[], refuse: Refuse): Scope | undefined {
  const { peers, trunks, tenants } = rule
  for (const [index, peer] of peers?.entries() ?? []) {
    if (known.includes(peer)) continue
    const near = nearest(peer, known)
    const hint = near === undefined ? '' : ` (did you mean ${near}?)`
    refuse(['peers', index], `found "${peer}", which is no peer of this gate, expected the name of one${hint}`)
  }
  return (peers ?? trunks ?? tenants) ? { peers, trunks, tenants } : undefined
}

/** What registered callers are worth before this rule: those of the registry, and of the policy's list where it has one. */
function makeRegistered(
  rule: RuleSettings,
  kind: RuleKey,
  list: StandingList | undefined,
  refuse: Refuse,
): Registered | undefined {
  const { registered, id } = rule
  if (registered === undefined) return undefined
  if (registered === 'skip') return { kind: 'skip', list }
  const counted = rule[kind]
  const limit = typeof counted === 'object' && 'limit' in counted ? counted.limit : undefined
  if (limit === undefined) {
    return refuse(
      ['registered'],
      `found a limit for registered callers in rule "${id}", expected skip: ${kind} has no limit`,
    )
  }
  if (registered.limit <= limit) {
    const found = `found ${registered.limit}, which is no more than the rule's own limit of ${limit}`
    return refuse(['registered', 'limit'], `${found}, expected a higher one for registered callers`)
  }
  return { kind: 'limit', list, limit: registered.limit }
}

/** The row of a kind takes what stands behind that kind's key: the table's type says so, which the compiler cannot follow. */
function make(kind: RuleKey, rule: RuleSettings, making: Making): Rule | undefined {
  return (MAKERS[kind] as (value: unknown, making: Making) => Rule | undefined)(rule[kind], making)
}

function listPlace(path: Path, places: Places): ListPlace {
  return {
    file: places.policyFile,
    name: () => places.at(path),
    entry: (index) => places.at([...path, index]),
  }
}
