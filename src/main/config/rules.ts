import { KINDS } from '#core/rules/kinds.ts'
import { allowBy, type Exemption, type Rule } from '#core/rules/policy.ts'
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
    if (rule.volume?.prefix !== undefined && rule.volume.of === 'number') {
      return fault(
        places.atKey([...path, 'volume', 'prefix']),
        `found a prefix in rule "${rule.id}", expected one only with of: block`,
      )
    }

    const from = listPlace([...path, kind], places)
    const common = { id: rule.id, number: index + 1, mode: rule.mode }
    if (rule.allow !== undefined) {
      const list = loadNumbers(rule.allow, rule.id, false, from, reader)
      return [{ kind: 'allow', ...common, list, verdict: allowBy('allowed', rule.id) }]
    }
    const cause = rule.cause ?? KINDS[kind as keyof typeof KINDS].cause
    const program = rule.program ?? (cause === 'analytics' ? 'opt-out' : 'none')
    const blocking = { ...common, cause, program }
    if (rule.deny !== undefined)
      return [{ kind: 'deny', ...blocking, list: loadNumbers(rule.deny, rule.id, true, from, reader) }]
    if (rule['do-not-originate'] !== undefined) {
      const list = loadNumbers(rule['do-not-originate'], rule.id, true, from, reader)
      return [{ kind: 'do-not-originate', ...blocking, list }]
    }
    if (rule['called-list'] !== undefined) {
      const lists = loadCalledLists(rule['called-list'], from, reader)
      return [{ kind: 'called-list', ...blocking, cause: 'called-party', lists }]
    }
    if (rule.volume === undefined) return []
    const { of, limit, per, prefix, numbers } = rule.volume
    return [{ kind: 'volume', ...blocking, of, limit, prefix, perMs: per, capacity: numbers, counter: counters++ }]
  })
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

const RULE_KEYS = ['called-list', 'do-not-originate', 'deny', 'allow', 'volume'] as const
