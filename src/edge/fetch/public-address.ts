import { BlockList, isIPv4, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/**
 * Whether an address is one that any machine on the Internet would reach, and not this machine's own: by the registries of
 * special-purpose addresses (RFC 6890 and IANA's lists). An IPv6 address that stands for an IPv4 one (NAT64, RFC 6052) is
 * what that one is; other ways to write one in the other are refused, for nobody's name resolves to them in earnest.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !SPECIAL.check(address, 'ipv4') && !isOwn(address)
  if (!isIPv6(address) || address.includes('%')) return false
  const behind = NAT64.check(address, 'ipv6') ? lastFour(address) : undefined
  if (behind !== undefined) return isPublicAddress(behind)
  return GLOBAL.check(address, 'ipv6') && !SPECIAL.check(address, 'ipv6') && !isOwn(address)
}

/** The IPv4 address in the last 32 bits. */
function lastFour(address: string): string {
  const dotted = /(?<=:)\d+\.\d+\.\d+\.\d+$/.exec(address)?.[0]
  if (dotted !== undefined) return dotted
  const { hostname } = new URL(`http://[${address}]/`)
  const [head = '', tail = ''] = hostname.slice(1, -1).split('::', 2)
  const after = tail === '' ? [] : tail.split(':')
  const groups = hostname.includes('::') ? ['0', '0', ...after].slice(-2) : head.split(':').slice(-2)
  const [high = 0, low = 0] = groups.map((group) => Number.parseInt(group, 16))
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function isOwn(address: string): boolean {
  const own = new BlockList()
  for (const { address: mine, family } of Object.values(networkInterfaces()).flatMap((list) => list ?? []))
    own.addAddress(mine.split('%', 1)[0]!, family === 'IPv4' ? 'ipv4' : 'ipv6')
  return own.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')
}

function ranges(family: 'ipv4' | 'ipv6', texts: readonly string[], list = new BlockList()): BlockList {
  for (const text of texts) {
    const [address = '', prefix = ''] = text.split('/')
    list.addSubnet(address, Number(prefix), family)
  }
  return list
}

const SPECIAL_4 = [
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // behind a provider's NAT, and some clouds' metadata
  '127.0.0.0/8', // loopback
  '168.63.129.16/32', // a cloud's own services, reached from inside it
  '169.254.0.0/16', // link-local, and most clouds' metadata
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.31.196.0/24', // AS112
  '192.52.193.0/24', // AMT
  '192.88.99.0/24', // 6to4 relays, withdrawn
  '192.168.0.0/16', // private
  '192.175.48.0/24', // AS112
  '198.18.0.0/15', // benchmarks
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
]
const SPECIAL_6 = [
  '2001::/23', // protocol assignments, Teredo among them
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
]
const SPECIAL = ranges('ipv6', SPECIAL_6, ranges('ipv4', SPECIAL_4))
/** All that is given out to anybody so far. Mapped, local, unique local and multicast addresses lie outside. */
const GLOBAL = ranges('ipv6', ['2000::/3'])
const NAT64 = ranges('ipv6', ['64:ff9b::/96'])
