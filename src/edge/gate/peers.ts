import { BlockList, isIPv6 } from 'node:net'

/** A switch that may ask this gate, and the status that tells it to carry on with a call. */
export type Peer = {
  readonly name: string
  readonly continueStatus: number
  readonly tenant: string
}

export type PeerAddresses = Peer & {
  /** Addresses and CIDR ranges the peer sends from. */
  readonly from: readonly string[]
}

/** Finds peers by source address; the answer for an address is kept, in a table that does not grow past its limit. */
export class Peers {
  readonly #ranges: readonly { readonly peer: Peer; readonly addresses: BlockList }[]
  readonly #known = new Map<string, Peer>()

  constructor(peers: readonly PeerAddresses[]) {
    this.#ranges = peers.map((peer) => ({ peer, addresses: rangesOf(peer.from) }))
  }

  find(address: string): Peer | undefined {
    return this.#known.get(address) ?? this.#search(address)
  }

  #search(address: string): Peer | undefined {
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    const match = this.#ranges.find(({ addresses }) => addresses.check(address, family))
    // Strangers are not kept: a flood of spoofed sources must not push the peers out.
    if (match !== undefined && this.#known.size < KNOWN_MAX) this.#known.set(address, match.peer)
    return match?.peer
  }
}

/** Addresses of peers remembered with their peer; one beyond is looked up every time. */
const KNOWN_MAX = 10_000

function rangesOf(from: readonly string[]): BlockList {
  const ranges = new BlockList()
  for (const range of from) {
    const [address = '', prefix] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) ranges.addAddress(address, family)
    else ranges.addSubnet(address, Number(prefix), family)
  }
  return ranges
}
