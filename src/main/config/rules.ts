import { KINDS } from '#core/rules/kinds.ts'
import { allowBy, type BlockingKind, type Exemption, type Mode, type Rule } from '#core/rules/policy.ts'
import type { Cause, Program } from '#core/rules/verdict.ts'
import type { ConfigFault } from './fault.ts'
import { loadCalledLists, loadNumbers, type ListPlace, type ListReader } from './lists.ts'
import type { RuleSettings, Settings } from './schema.ts'
import type { Path } from './source.ts'

/** Where things stand in the configuration, for faults found after it was read. */
export type Places = {
  readonly at: (path: Path) => Omit<ConfigFault, 'message'>
  readonly atKey: (path: Path) => Omit<ConfigFault, 'message'>
  /** The file in which the policy stands. */
  readonly policyFile: string
}

/** What a rule is made with, whatever its kind. */
export type Making = {
  readonly id: string
  /** What every rule has. */
  readonly common: { readonly id: string; readonly number: number; readonly mode: Mode }
  /** What every rule that blocks has; its cause is that of its kind, unless the rule says another. */
  readonly blocking: Making['common'] & { readonly cause: Cause; readonly program: Program }
  /** Where a list named by the rule's kind stands. */
  readonly from: ListPlace
  readonly reader: ListReader
  /** The next free counter of the tally. */
  readonly nextCounter: () => number
  /** Tells what is wrong below the rule, at a key, and makes no rule. */
  readonly refuse: (path: Path, message: string) => undefined
}

/** Which key of a rule says its kind. */
export type RuleKey = BlockingKind | 'allow'

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
  volume: ({ of, limit, per, prefix, numbers }, { id, blocking, nextCounter, refuse }) => {
    if (prefix !== undefined && of === 'number') {
      return refuse(['volume', 'prefix'], `found a prefix in rule "${id}", expected one only with of: block`)
    }
    return { kind: 'volume', ...blocking, of, limit, prefix, perMs: per, capacity: numbers, counter: nextCounter() }
  },
}

/** The keys of which each rule has one, in the order in which they are told. */
export const RULE_KEYS = Object.keys(MAKERS) as RuleKey[]

/** Makes the rules of a policy, with their lists loaded. Faults go to the reader. */
export function makeRules(settings: readonly RuleSettings[], places: Places, reader: ListReader): Rule[] {
  const ids = new Map<string, number>()
  let counters = 0
  return settings.flatMap((rule, index): Rule[] => {
    const path: Path = ['policy', 'rules', index]
    const fault = (where: Omit<ConfigFault, 'message'>, message: string) => {
      reader.faults.push({ ...where, message })
      return []
    }
    const before = ids.get(rule.id)
    if (before !== undefined) {
      const { line } = places.at(['policy', 'rules', before, 'id'])
      const place = line === undefined ? '' : ` in line ${line}`
      return fault(
        places.at([...path, 'id']),
        `found the rule id "${rule.id}", which another rule has${place}, expected an id of its own`,
      )
    }
    ids.set(rule.id, index)
    const kinds = RULE_KEYS.filter((kind) => rule[kind] !== undefined)
    const [kind] = kinds
    if (kind === undefined || kinds.length > 1) {
      const found = kind === undefined ? 'none of them' : kinds.join(' and ')
      return fault(
        places.at(path),
        `found ${found} in rule "${rule.id}", expected exactly one of ${RULE_KEYS.join(', ')}`,
      )
    }
    if (rule.cause !== undefined && kind !== 'deny') {
      return fault(
        places.atKey([...path, 'cause']),
        `found a cause in rule "${rule.id}", expected one only beside deny: that of ${kind} is fixed`,
      )
    }
    if (rule.program !== undefined && kind === 'allow') {
      return fault(
        places.atKey([...path, 'program']),
        `found a program in rule "${rule.id}", expected one only where calls are blocked`,
      )
    }
    const common = { id: rule.id, number: index + 1, mode: rule.mode }
    const cause = rule.cause ?? (kind === 'allow' ? 'analytics' : KINDS[kind].cause)
    const program = rule.program ?? (cause === 'analytics' ? 'opt-out' : 'none')
    const made = make(kind, rule, {
      id: rule.id,
      common,
      blocking: { ...common, cause, program },
      from: listPlace([...path, kind], places),
      reader,
      nextCounter: () => counters++,
      refuse: (below, message) => void fault(places.atKey([...path, ...below]), message),
    })
    return made === undefined ? [] : [made]
  })
}

/** The row of a kind takes what stands behind that kind's key: the table's type says so, which the compiler cannot follow. */
function make(kind: RuleKey, rule: RuleSettings, making: Making): Rule | undefined {
  return (MAKERS[kind] as (value: unknown, making: Making) => Rule | undefined)(rule[kind], making)
}

/** Makes the exemptions of a policy; emergency calls are exempt without one. */
export function makeExemptions(
  settings: Settings['policy']['exempt'],
  places: Places,
  reader: ListReader,
): Exemption[] {
  return settings.flatMap((exemption, index): Exemption[] => {
    if (exemption === 'emergency') return []
    const list = loadNumbers(exemption, 'exempt', false, listPlace(['policy', 'exempt', index], places), reader)
    return [{ list, verdict: allowBy('exempt', list.name) }]
  })
}

function listPlace(path: Path, places: Places): ListPlace {
  return {
    file: places.policyFile,
    name: () => places.at(path),
    entry: (index) => places.at([...path, index]),
  }
}
