import { formatWindow } from '#core/rules/ground.ts'
import type { Rule } from '#core/rules/policy.ts'
import { formatEndpoint } from './addresses.ts'
import type { Config } from './config.ts'

/** What a configuration makes the gate do, in words. */
export function describeConfig({ gate, policy }: Config): string[] {
  return [
    `listens on ${gate.listen.map((endpoint) => `udp:${formatEndpoint(endpoint)}`).join(', ')}`,
    ...gate.peers.map((peer) => `peer ${peer.name} (${peer.from.join(', ')}) continues by ${peer.continueStatus}`),
    `policy ${policy.version}: emergency calls are never judged`,
    ...policy.exemptions.map(({ list }) => `exempt: ${list.name}, ${sizeOf(list)}`),
    ...policy.rules.map((rule) => `rule ${rule.id}${rule.mode === 'shadow' ? ' (shadow)' : ''}: ${describe(rule)}`),
  ]
}

function describe(rule: Rule): string {
  if (rule.kind === 'allow') return `lets ${rule.list.name} go on, ${sizeOf(rule.list)}`
  if (rule.kind === 'called-list') return 'blocks whom the called party refuses'
  if (rule.kind === 'volume') {
    const block = rule.prefix === undefined ? 'block of a thousand' : `block of ${rule.prefix} leading digits`
    const what = rule.of === 'number' ? 'number' : block
    return `blocks a ${what} with more than ${rule.limit} calls in ${formatWindow(rule.perMs)}`
  }
  return `blocks ${rule.list.name}, ${sizeOf(rule.list)}, by ${rule.cause}`
}

function sizeOf({ numbers, prefixes, duplicates }: Extract<Rule, { kind: 'deny' }>['list']): string {
  const size = numbers.size + prefixes.size
  const doubled = duplicates === 0 ? '' : ` (${duplicates} more stand twice)`
  return `${size} ${size === 1 ? 'entry' : 'entries'}${doubled}`
}
