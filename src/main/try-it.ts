import { type PeerAddresses, Peers } from '#edge/gate/peers.ts'

/**
 * The words that place a call from this machine at a gate that listens on `local`, as it stands in `gate.listen`; undefined
 * where no such call would be heard: by the addresses that peers send from, a caller here is none of them.
 */
export function tryItWords(local: readonly string[], peers: readonly PeerAddresses[]): string | undefined {
  const known = new Peers(peers)
  const target = local.find((endpoint) => known.find(sourceOf(endpoint)) !== undefined)
  return target === undefined
    ? undefined
    : `npx recourse call ${targetOf(target)} --from +12125550199 --to +14155550163`
}

/** The address that a call from this machine to an endpoint comes from; none over TLS, which takes authorities to be named. */
function sourceOf(endpoint: string): string {
  const [, transport, address = ''] = /^([a-z]+):\[?(.*?)\]?:\d+$/.exec(endpoint) ?? []
  if (transport === 'tls') return ''
  return ANY.get(address) ?? address
}

/** What `recourse call` takes to reach an endpoint. */
function targetOf(endpoint: string): string {
  const transport = endpoint.slice(0, endpoint.indexOf(':'))
  const address = endpoint.slice(transport.length + 1).replace(/^(?:0\.0\.0\.0|\[::\])(?=:)/, (any) => {
    return any === '0.0.0.0' ? '127.0.0.1' : '[::1]'
  })
  return transport === 'udp' ? `sip:${address}` : `sip:${address} --transport ${transport}`
}

/** Where every address of the machine is listened on, a call to itself goes by loopback. */
const ANY: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])
