import { BlockList, isIPv6 } from 'node:net'
import type { Place } from '#core/call/place.ts'
import type { Redirect } from '#core/notify/redirect.ts'

/** A switch that may ask this gate, and the status that tells it to carry on with a call. */
export type Peer = {
  readonly name: string
  readonly continueStatus: number
  readonly tenant: string
  /** Where a 302 that continues a call points; without it, back to the peer. */
  readonly continueContact?: Redirect | undefined
  /** Where it names its trunk; without it, `tgrp` or `trgp` in the Request-URI, else `otg` in From. */
  readonly trunkAt?: readonly Place[] | undefined
  /** Where it names the tenant; `tenant` is meant where nothing stands there. */
  readonly tenantAt?: readonly Place[] | undefined
  /** Header fields that carry the verdict to it beside *continue*. */
  readonly tells?: { readonly verdict?: string | undefined; readonly label?: string | undefined } | undefined
  /** It plays an announcement of its own where a 608 would reach nobody. RFC 8688 §3.4. */
  readonly announces?: boolean | undefined
  /** Whether what it says of a caller's signature is believed; it is, if nothing is said. */
  readonly verstat?: 'trust' | 'ignore' | undefined
}

export type PeerAddresses = Peer & {
  /** Addresses and CIDR ranges the peer sends from. */
  readonly from: readonly string[]
  /** Names in its certificate, of which one is enough: domains in lower case, or whole URIs. */
  readonly certificates?: readonly string[] | undefined
}

/**
 * Finds peers by source address; the answer for an address is kept, in a table that does not grow past its limit. A sender
 * with a certificate is found by the names in it, and by nothing else.
 */
export class Peers {
  readonly #ranges: readonly { readonly peer: Peer; readonly addresses: BlockList }[]
  readonly #known = new Map<string, Peer>()
  readonly #named: ReadonlyMap<string, Peer>

  constructor(peers: readonly PeerAddresses[]) {
    this.#ranges = peers.map((peer) => ({ peer, addresses: rangesOf(peer.from) }))
    this.#named = new Map(peers.flatMap((peer) => (peer.certificates ?? []).map((name) => [name, peer])))
  }

  find(address: string, names?: readonly string[]): Peer | undefined {
    if (names !== undefined) return this.#findNamed(names)
    return this.#known.get(address) ?? this.#search(address)
  }

  #findNamed(names: readonly string[]): Peer | undefined {
    for (const name of names) {
      const peer = this.#named.get(name)
      if (peer !== undefined) return peer
    }
    return undefined
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

/** Addresses and CIDR ranges, to be asked about. */
export function rangesOf(from: readonly string[]): BlockList {
  const ranges = new BlockList()
  for (const range of from) {
    const [address = '', prefix] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) ranges.addAddress(address, family)
    else ranges.addSubnet(address, Number(prefix), family)
  }
  return ranges
}
