import { httpHost } from '#codec/notice/contact.ts'
import type { NoticeChoices } from '#core/notify/notice-terms.ts'
import type { Rule } from '#core/rules/policy.ts'
import { formatEndpoint, isLoopback, overlap, parseRange, type Endpoint } from './addresses.ts'
import type { PeerConfig } from './config.ts'
import type { ConfigFault } from './fault.ts'
import type { Places } from './rules.ts'
import type { Settings } from './schema.ts'
import type { Path } from './source.ts'

/** Who may ask: what the configuration says, or any program on this machine while only they can reach the gate. */
export function peersOf(settings: Settings['gate']): readonly PeerConfig[] {
  if (settings.peers === undefined) return settings.listen.every(isOnThisMachine) ? [LOOPBACK_PEER] : []
  return settings.peers.map(({ continue: continueStatus, ...peer }) => ({ ...peer, continueStatus }))
}

/** Peers and addresses that contradict each other or leave the gate open. */
export function checkGate(
  settings: Settings['gate'],
  choices: NoticeChoices,
  places: Places,
  isWhole: boolean,
): ConfigFault[] {
  const faults: ConfigFault[] = []
  const tell = (path: Path, message: string) => faults.push({ ...places.at(path), message })
  const peers = settings.peers ?? []
  const open = settings.listen.find((endpoint) => !isOnThisMachine(endpoint))
  if (isWhole && open !== undefined && peers.length === 0) {
    const found = `found no peers and a gate that listens on ${formatEndpoint(open)}, where other machines reach it`
    tell(['gate', settings.peers === undefined ? 'listen' : 'peers'], `${found}, expected the peers that may ask it`)
  }
  for (const [index, endpoint] of settings.listen.entries()) {
    const same = settings.listen.findIndex((other) => formatEndpoint(other) === formatEndpoint(endpoint))
    if (same < index)
      tell(['gate', 'listen', index], `found ${formatEndpoint(endpoint)} again, expected each address once`)
  }
  const refusals = refusalStatuses(choices)
  for (const [index, peer] of peers.entries()) {
    const why = refusals.get(peer.continue)
    if (why !== undefined) {
      tell(
        ['gate', 'peers', index, 'continue'],
        `found ${peer.continue}, which this policy answers to ${why}, expected a status that never refuses a call`,
      )
    }
    for (const other of peers.slice(0, index)) {
      const message = conflictOf(other, peer)
      if (message !== undefined) tell(['gate', 'peers', index, other.name === peer.name ? 'name' : 'from'], message)
    }
  }
  return faults
}

/** Contacts that only serve as examples: a fault once other machines may ask, a reminder until then. */
export function checkExamples(
  settings: Settings,
  peers: readonly PeerConfig[],
  places: Places,
): { readonly faults: ConfigFault[]; readonly reminders: string[] } {
  const faults: ConfigFault[] = []
  const reminders: string[] = []
  const { contact } = settings.operator
  const candidates: readonly [path: Path, text: string | undefined, host: string | undefined][] = [
    [['operator', 'contact', 'url'], contact.url, httpHost(contact.url ?? '')?.name],
    [['operator', 'contact', 'email'], contact.email, contact.email?.split('@').at(-1)],
    [['desk', 'public'], settings.desk?.public, httpHost(settings.desk?.public ?? '')?.name],
  ]
  const outside = peers.find((peer) => !peer.from.every((from) => isLoopback(parseRange(from)!)))
  for (const [path, text, host] of candidates) {
    if (text === undefined || host === undefined || !/(?:^|\.)example\.?$/i.test(host)) continue
    const name = path.join('.')
    if (outside === undefined) {
      reminders.push(`${name} is an example (${text}): put in your own before other machines may ask`)
    } else {
      const message = `found the example "${text}", expected your own ${name}, because peer "${outside.name}" is another machine`
      faults.push({ ...places.at(path), message })
    }
  }
  return { faults, reminders }
}

/** The first enforced rule that blocks by analytics, so that callers must be told whom to ask. */
export function analyticsRule(rules: readonly Rule[]): Rule | undefined {
  return rules.find((rule) => rule.kind !== 'allow' && rule.mode === 'enforce' && rule.cause === 'analytics')
}

function conflictOf(one: Peer, other: Peer): string | undefined {
  if (one.name === other.name) return `found the peer name "${other.name}" again, expected each peer once`
  for (const from of other.from) {
    const met = one.from.find((range) => overlap(parseRange(range)!, parseRange(from)!))
    if (met === undefined) continue
    const both = `found ${from} of peer "${other.name}", which meets ${met} of peer "${one.name}"`
    if (one.continue !== other.continue) {
      return `${both}: one is told to continue by ${other.continue}, the other by ${one.continue}; expected addresses apart or one status`
    }
    if (from === met) return `${both}, expected each address with one peer`
  }
  return undefined
}

/** The statuses below 600 that refuse calls, and whom: nobody may take one for "continue". */
function refusalStatuses(choices: NoticeChoices): ReadonlyMap<number, string> {
  const causes = Object.entries(choices).filter(([, choice]) => choice === '403')
  const statuses = new Map([[433, 'callers who withhold their number']])
  if (causes.length > 0) statuses.set(403, `blocks by ${causes.map(([cause]) => cause).join(' and ')}`)
  return statuses
}

function isOnThisMachine({ address }: Endpoint): boolean {
  return isLoopback(parseRange(address)!)
}

type Peer = NonNullable<Settings['gate']['peers']>[number]

const LOOPBACK_PEER: PeerConfig = { name: 'local', from: ['127.0.0.0/8', '::1'], continueStatus: 404, tenant: '' }
