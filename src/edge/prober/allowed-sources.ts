import { BlockList, isIP } from 'node:net'

/** Who is answered: this machine, and the networks that somebody named. Throws where one of those is no network. */
export function allowSources(networks: readonly string[]): (address: string) => boolean {
  const allowed = new BlockList()
  allowed.addSubnet('127.0.0.0', 8, 'ipv4')
  allowed.addAddress('::1', 'ipv6')
  for (const text of networks) {
    const network = parseNetwork(text)
    if (network === undefined)
      throw new Error(`${text} is no network: expected an address with or without a prefix, such as 192.0.2.0/24`)
    allowed.addSubnet(network.address, network.prefix, network.family)
  }
  return (address) => {
    const family = isIP(address)
    return family !== 0 && allowed.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
}

/** Tells whether an address can be reached from this machine only. */
export function isLoopback(address: string): boolean {
  return allowSources([])(address)
}

/** Reads `192.0.2.0/24`, `2001:db8::/32`, or an address alone. */
export function parseNetwork(
  text: string,
): { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', digits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || address.includes('%') || more.length > 0) return undefined
  const bits = version === 6 ? 128 : 32
  const prefix = digits === undefined ? bits : /^\d{1,3}$/.test(digits) ? Number(digits) : -1
  if (prefix < 0 || prefix > bits) return undefined
  return { address, prefix, family: version === 6 ? 'ipv6' : 'ipv4' }
}
