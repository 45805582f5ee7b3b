import { httpHost } from '#codec/notice/contact.ts'
import {
  NOTICE_CHOICES,
  noticeChoices,
  noticeFault,
  type NoticeChoices,
  type Profile,
} from '#core/notify/notice-choices.ts'
import type { Rule } from '#core/rules/policy.ts'
import { CAUSES } from '#core/rules/verdict.ts'
import {
  type Listening,
  formatEndpoint,
  formatListening,
  isLoopback,
  isOnThisMachine,
  overlap,
  parseRange,
} from './addresses.ts'
import type { PeerConfig } from './config.ts'
import type { ConfigFault } from './fault.ts'
import type { Places } from './rules.ts'
import type { Settings } from './schema.ts'
import type { Path } from './source.ts'
import { comesByCertificate } from './streams.ts'

/** Who may ask: what the configuration says, or any program on this machine while only they can reach the gate. */
export function peersOf(settings: Settings['gate']): readonly PeerConfig[] {
  if (settings.peers === undefined) return settings.listen.every(isOnThisMachine) ? [LOOPBACK_PEER] : []
  return settings.peers.map(({ continue: { status, contact }, from = [], certificate, tenant, trunk, ...peer }) => ({
    ...peer,
    from,
    certificates: certificate,
    continueStatus: status,
    continueContact: contact,
    tenant: tenant.fixed,
    tenantAt: tenant.at,
    trunkAt: trunk,
  }))
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
    const same = settings.listen.findIndex((other) => socketOf(other) === socketOf(endpoint))
    if (same < index)
      tell(['gate', 'listen', index], `found ${formatListening(endpoint)} again, expected each address once`)
  }
  const refusals = refusalStatuses(choices)
  for (const [index, peer] of peers.entries()) {
    const why = refusals.get(peer.continue.status)
    if (why !== undefined) {
      tell(
        ['gate', 'peers', index, 'continue'],
        `found ${peer.continue.status}, which this policy answers to ${why}, expected a status that never refuses a call`,
      )
    }
    if (peer.from === undefined && peer.token === undefined && peer.certificate === undefined) {
      const found = `found none of from, certificate and token for peer "${peer.name}"`
      tell(
        ['gate', 'peers', index],
        `${found}, expected the addresses it sends from, the name in its certificate, or the token it asks with over HTTP`,
      )
    }
    for (const other of peers.slice(0, index)) {
      const message = conflictOf(other, peer)
      if (message !== undefined) tell(['gate', 'peers', index, other.name === peer.name ? 'name' : 'from'], message)
    }
  }
  return faults
}

/** Notices that a cause may not have, each with the paragraph that forbids it. */
export function checkNotices(settings: Settings['policy'], places: Places): ConfigFault[] {
  const { profile, choices } = noticesOf(settings.notices)
  return CAUSES.flatMap((cause) => {
    const choice = choices[cause]
    const why = noticeFault(profile, cause, choice)
    if (why === undefined) return []
    const allowed = NOTICE_CHOICES[profile][cause].join(' or ')
    const message = `found ${choice} for ${cause}, expected ${allowed}: ${why}`
    return [{ ...places.at(['policy', 'notices', cause]), message }]
  })
}

/** Whose rules the policy follows, and how it tells each cause. */
export function noticesOf(notices: Settings['policy']['notices']): { profile: Profile; choices: NoticeChoices } {
  if (typeof notices === 'string') return { profile: notices, choices: noticeChoices(notices) }
  const { profile, ...given } = notices
  return { profile, choices: noticeChoices(profile, given) }
}

/** Treatments that rules or the policy name and that there are not. */
export function checkTreatments({ gate, policy }: Settings, places: Places): ConfigFault[] {
  const known = Object.keys(gate.treatments)
  const expected =
    known.length === 0 ? 'a name in gate.treatments, where there is none yet' : `one of ${known.join(', ')}`
  const named: [path: Path, name: string | undefined][] = [
    [['policy', 'announce'], policy.announce],
    ...policy.rules.map(({ treatment }, index): [Path, string | undefined] => [
      ['policy', 'rules', index, 'treatment'],
      treatment,
    ]),
  ]
  return named.flatMap(([path, name]) =>
    name === undefined || known.includes(name)
      ? []
      : [{ ...places.at(path), message: `found the treatment "${name}", expected ${expected}` }],
  )
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
  const byTls = settings.gate.listen.some((endpoint) => endpoint.transport === 'tls' && !isOnThisMachine(endpoint))
  const outside = peers.find(
    (peer) => !peer.from.every((from) => isLoopback(parseRange(from)!)) || (byTls && comesByCertificate(peer)),
  )
  for (const [path, text, host] of candidates) {
    if (text === undefined || host === undefined || !isExampleHost(host)) continue
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

/** Whether a URL or a mail address is one of the sample's, or another that can be nobody's. */
export function isExample(contact: string | undefined): boolean {
  if (contact === undefined) return false
  return isExampleHost(httpHost(contact)?.name ?? contact.split('@').at(-1)!)
}

function isExampleHost(host: string): boolean {
  return /(?:^|\.)example\.?$/i.test(host)
}

/** The first enforced rule that blocks by analytics, so that callers must be told whom to ask. */
export function analyticsRule(rules: readonly Rule[]): Rule | undefined {
  return rules.find((rule) => 'cause' in rule && rule.mode === 'enforce' && rule.cause === 'analytics')
}

function conflictOf(one: Peer, other: Peer): string | undefined {
  if (one.name === other.name) return `found the peer name "${other.name}" again, expected each peer once`
  for (const from of other.from ?? []) {
    const met = (one.from ?? []).find((range) => overlap(parseRange(range)!, parseRange(from)!))
    if (met === undefined) continue
    const both = `found ${from} of peer "${other.name}", which meets ${met} of peer "${one.name}"`
    if (one.continue.status !== other.continue.status) {
      return `${both}: one is told to continue by ${other.continue.status}, the other by ${one.continue.status}; expected addresses apart or one status`
    }
    if (from === met) return `${both}, expected each address with one peer`
  }
  return undefined
}

/** TCP and TLS listen on the same ports. */
function socketOf(listening: Listening): string {
  return `${listening.transport === 'udp' ? 'udp' : 'tcp'}:${formatEndpoint(listening)}`
}

/** The statuses below 600 that refuse calls, and whom: nobody may take one for "continue". */
function refusalStatuses(choices: NoticeChoices): ReadonlyMap<number, string> {
  const causes = Object.entries(choices).filter(([, choice]) => choice === '403')
  const statuses = new Map([[433, 'callers who withhold their number']])
  if (causes.length > 0) statuses.set(403, `blocks by ${causes.map(([cause]) => cause).join(' and ')}`)
  return statuses
}

type Peer = NonNullable<Settings['gate']['peers']>[number]

const LOOPBACK_PEER: PeerConfig = { name: 'local', from: ['127.0.0.0/8', '::1'], continueStatus: 404, tenant: '' }
