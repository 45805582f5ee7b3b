import { BlockList, isIP, isIPv4 } from 'node:net'

/** An address and port to listen on. */
export type Endpoint = { readonly address: string; readonly port: number }

/** An endpoint of the gate with what is spoken there. */
export type Listening = Endpoint & { readonly transport: 'udp' | 'tcp' | 'tls' }

/** An address, or a range of them by its prefix. */
export type AddressRange = { readonly address: string; readonly prefix: number }

/** Reads `127.0.0.1:9090` or `[::1]:9090`. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(text)
  const address = found?.[1] ?? found?.[2] ?? ''
  const port = Number(found?.[3])
  const family = found?.[1] === undefined ? 4 : 6
  return isIP(address) === family && port <= PORT_MAX ? { address, port } : undefined
}

/** Reads `udp:127.0.0.1:5060`, `tcp:…` or `tls:…`. */
export function parseListening(text: string): Listening | undefined {
  const transport = TRANSPORTS.find((name) => text.startsWith(`${name}:`))
  const endpoint = transport === undefined ? undefined : parseEndpoint(text.slice(transport.length + 1))
  return transport === undefined || endpoint === undefined ? undefined : { ...endpoint, transport }
}

export function formatListening(listening: Listening): string {
  return `${listening.transport}:${formatEndpoint(listening)}`
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return isIPv4(address) ? `${address}:${port}` : `[${address}]:${port}`
}

/** Reads `192.0.2.7`, `192.0.2.0/24` or `2001:db8::/32`. */
export function parseRange(text: string): AddressRange | undefined {
  const found = /^([0-9A-Fa-f:.]+)(?:\/([0-9]{1,3}))?$/.exec(text)
  const address = found?.[1] ?? ''
  const bits = isIP(address) === 4 ? 32 : 128
  const prefix = found?.[2] === undefined ? bits : Number(found[2])
  return isIP(address) !== 0 && prefix <= bits ? { address, prefix } : undefined
}

/** Whether one range holds an address of the other. The larger of two that meet holds the first address of the smaller. */
export function overlap(one: AddressRange, other: AddressRange): boolean {
  if (isIPv4(one.address) !== isIPv4(other.address)) return false
  const [large, small] = one.prefix <= other.prefix ? [one, other] : [other, one]
  return holds(large, small.address)
}

/** Whether only programs on this machine reach the endpoint. */
export function isOnThisMachine({ address }: Endpoint): boolean {
  return isLoopback(parseRange(address)!)
}

/** The families over which other machines reach the endpoints: a socket of `[::]` takes both. */
export function reachableFamilies(endpoints: readonly Endpoint[]): ('IPv4' | 'IPv6')[] {
  const open = endpoints.filter((endpoint) => !isOnThisMachine(endpoint))
  const hasAll = open.some(({ address }) => !isIPv4(address) && /^[0:]+$/.test(address))
  return (['IPv4', 'IPv6'] as const).filter(
    (family) => hasAll || open.some(({ address }) => isIPv4(address) === (family === 'IPv4')),
  )
}

/** Whether only programs on this machine can use the range. */
export function isLoopback({ address, prefix }: AddressRange): boolean {
  const four = isIPv4(address)
  return prefix >= (four ? 8 : 128) && holds(four ? LOOPBACK_4 : LOOPBACK_6, address)
}

function holds({ address, prefix }: AddressRange, other: string): boolean {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(address, prefix, family)
  return list.check(other, family)
}

const LOOPBACK_4: AddressRange = { address: '127.0.0.0', prefix: 8 }
const LOOPBACK_6: AddressRange = { address: '::1', prefix: 128 }
const TRANSPORTS = ['udp', 'tcp', 'tls'] as const
const PORT_MAX = 65_535
