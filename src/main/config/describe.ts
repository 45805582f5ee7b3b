import { formatWindow } from '#core/rules/ground.ts'
import type { Counted, Policy, Rule } from '#core/rules/policy.ts'
import type { Registered } from '#core/rules/registered.ts'
import type { StandingList } from '#core/rules/standing-list.ts'
import { formatListening } from './addresses.ts'
import type { Config } from './config.ts'

/** What a configuration makes the gate do, in words. */
export function describeConfig({ gate, policy }: Config): string[] {
  return [
    `listens on ${gate.listen.map(formatListening).join(', ')}`,
    ...gate.peers.map(
      (peer) =>
        `peer ${peer.name} (${[...peer.from, ...(peer.certificates ?? [])].join(', ') || 'over HTTP alone'}) continues by ${peer.continueStatus}`,
    ),
    `policy ${policy.version}: ${ALWAYS}`,
    ...describeLists(policy),
    ...describeRules(policy).map(
      ({ id, mode, words }) => `rule ${id}${mode === 'shadow' ? ' (shadow)' : ''}: ${words}`,
    ),
  ]
}

/** What a policy makes of calls, in words: what goes before rules, and each rule in its order. */
export function describePolicy(policy: Policy): {
  readonly first: readonly string[]
  readonly rules: readonly DescribedRule[]
} {
  return { first: [ALWAYS, ...describeLists(policy)], rules: describeRules(policy) }
}

export type DescribedRule = { readonly id: string; readonly mode: Rule['mode']; readonly words: string }

function describeRules({ rules }: Policy): DescribedRule[] {
  return rules.map((rule) => ({ id: rule.id, mode: rule.mode, words: describe(rule) }))
}

function describeLists(policy: Policy): string[] {
  return [
    ...policy.exemptions.map(({ list }) => `exempt: ${list.name}, ${sizeOf(list)}`),
    ...(policy.optOut === undefined ? [] : [`opted out of analytics: ${policy.optOut.name}, ${sizeOf(policy.optOut)}`]),
  ]
}

function describe(rule: Rule): string {
  // The row of a kind takes the rule of that kind: the table's type says so, which the compiler cannot follow here.
  const words = (WORDS[rule.kind] as (rule: Rule) => string)(rule)
  const { peers, trunks, tenants } = rule.scope ?? {}
  const of = Object.entries({ peers, trunks, tenants })
    .filter(([, names]) => names !== undefined)
    .map(([what, names]) => `of ${what} ${names!.join(', ')}`)
  const where = of.length === 0 ? '' : `; only calls ${of.join(' and ')}`
  if (!('cause' in rule)) return `${words}${where}`
  const share = rule.sample === undefined ? '' : `; acts on ${rule.sample * 100}% of them`
  return `${words}${where}${share}${describeRegistered(rule.registered)}`
}

function describeRegistered(registered: Registered | undefined): string {
  if (registered === undefined) return ''
  const worth = registered.kind === 'skip' ? 'skipped' : `allowed ${registered.limit} calls`
  return `; registered callers are ${worth}`
}

const ALWAYS = 'emergency calls are never judged'
const WORDS: { readonly [Kind in Rule['kind']]: (rule: Extract<Rule, { kind: Kind }>) => string } = {
  allow: ({ list }) => `lets ${list.name} go on, ${sizeOf(list)}`,
  standing: ({ list }) => `spares ${list.name} the analytics behind it, ${sizeOfStanding(list)}`,
  'called-list': () => 'blocks whom the called party refuses',
  'do-not-originate': ({ list, cause }) => `blocks ${list.name}, ${sizeOf(list)}, by ${cause}`,
  deny: ({ list, cause }) => `blocks ${list.name}, ${sizeOf(list)}, by ${cause}`,
  invalid: ({ except }) => {
    return `blocks numbers that cannot exist${except.length === 0 ? '' : `, whatever their ${except.join(', ')}`}`
  },
  unallocated: ({ allocations: { name, given, free } }) => {
    return `blocks numbers that nobody has by ${name}, ${given.size} allocations given out and ${free.size} free`
  },
  attestation: ({ standings }) => `blocks calls whose attestation is ${standings.join(', ')}`,
  verification: () => 'blocks calls whose signature is wrong',
  volume: (rule) => `blocks a ${counted(rule)} with more than ${rule.limit} calls in ${formatWindow(rule.perMs)}`,
  distinct: (rule) => {
    return `blocks a ${counted(rule)} that calls more than ${rule.limit} different numbers in ${formatWindow(rule.perMs)}`
  },
  sequential: (rule) => {
    const run = `more than ${rule.limit} numbers one after the other, at most ${rule.step} apart`
    return `blocks a ${counted(rule)} that calls ${run}, in ${formatWindow(rule.perMs)}`
  },
  short: (rule) => {
    const calls = `of at least ${rule.least} answered calls in ${formatWindow(rule.perMs)}`
    return `blocks a ${counted(rule)} with more than ${rule.share} % ${calls} over in less than ${formatWindow(rule.underMs)}`
  },
  unanswered: (rule) => {
    const calls = `of at least ${rule.least} calls in ${formatWindow(rule.perMs)}`
    return `blocks a ${counted(rule)} with more than ${rule.share} % ${calls} not answered`
  },
  score: ({ limit, service }) => {
    return `blocks calls that ${new URL(service.url).host} rates ${limit} of 100 or more, within ${formatWindow(service.withinMs)}`
  },
  spoofing: ({ after, perMs }) => {
    return `blocks numbers that another provider signs, known after ${after} calls and for ${formatWindow(perMs)}`
  },
}

function counted({ of, prefix, blocks }: Pick<Counted, 'of' | 'prefix' | 'blocks'>): string {
  if (of === 'number') return 'number'
  if (prefix !== undefined) return `block of ${prefix} leading digits`
  return blocks === undefined ? 'block of a thousand' : 'block as wide as its country has it'
}

function sizeOfStanding({ numbers, prefixes }: StandingList): string {
  const size = numbers.keys.size + prefixes.keys.size
  return `${size} ${size === 1 ? 'entry' : 'entries'}`
}

function sizeOf({ numbers, prefixes, duplicates }: Extract<Rule, { kind: 'deny' }>['list']): string {
  const size = numbers.size + prefixes.size
  const doubled = duplicates === 0 ? '' : ` (${duplicates} more stand twice)`
  return `${size} ${size === 1 ? 'entry' : 'entries'}${doubled}`
}
