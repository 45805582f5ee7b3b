import { isIPv6 } from 'node:net'
import { rangesOf } from '#edge/gate/peers.ts'
import type { CarrierConfig } from '#main/config/monitor.ts'

/** Names whoever answered from an address: the first carrier that has it, else the address itself; empty for none. */
export function nameCarriers(carriers: readonly CarrierConfig[]): (address: string) => string {
  const ranges = carriers.map(({ name, from }) => ({ name, addresses: rangesOf(from) }))
  const known = new Map<string, string>()
  return (address) => {
    const remembered = known.get(address)
    if (remembered !== undefined) return remembered
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    const name = ranges.find(({ addresses }) => addresses.check(address, family))?.name ?? address
    // Forged sources would fill it.
    if (known.size >= KNOWN_MAX) known.clear()
    known.set(address, name)
    return name
  }
}

const KNOWN_MAX = 10_000
