import { isIPv6 } from 'node:net'
import type { HttpBindings } from '@hono/node-server'

/** What a route knows of the connection that a request came by; nothing in a test without one. */
export type ConnectionEnv = { Bindings: Partial<HttpBindings> }

/** What of a request's context tells where it came from. */
export type Arrival = { readonly env: ConnectionEnv['Bindings']; readonly req: { readonly raw: Request } }

/** The address and port of the other end. */
export function remoteOf(context: Pick<Arrival, 'env'>): { readonly address: string; readonly port: number } {
  const { remoteAddress = UNKNOWN, remotePort = 0 } = context.env?.incoming?.socket ?? {}
  return { address: plainAddress(remoteAddress), port: remotePort }
}

/**
 * The address of who asks, seen through proxies: of what X-Forwarded-For says, the last address that is none of theirs.
 * Others than the listed proxies are not believed what they write there.
 */
export function clientOf(context: Arrival, isProxy: (address: string) => boolean): string {
  let client = remoteOf(context).address
  // Proxies add at the end: what stands before the last few is anybody's word, however much of it there is.
  const hops = (context.req.raw.headers.get('x-forwarded-for') ?? '')
    .split(',')
    .slice(-HOPS_MAX)
    .map((hop) => hop.trim())
  while (isProxy(client)) {
    const before = hops.pop()
    if (before === undefined || before === '') return client
    client = plainAddress(before)
  }
  return client
}

/** What stands for one client in limits: an IPv4 address, or the /64 that a whole site has of IPv6. */
export function networkOf(given: string): string {
  const address = plainAddress(given)
  if (!isIPv6(address)) return address
  const [front = '', back] = address.split('%', 1)[0]!.split('::')
  const ahead = front === '' ? [] : front.split(':')
  const behind = back === undefined || back === '' ? [] : back.split(':')
  const zeros = Math.max(0, IPV6_GROUPS - ahead.length - behind.length - (address.includes('.') ? 1 : 0))
  const groups = [...ahead, ...Array.from({ length: zeros }, () => '0'), ...behind].slice(0, IPV6_GROUPS / 2)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

/** An IPv4 address that a socket for both families shows as IPv6. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

const UNKNOWN = '0.0.0.0'
const IPV6_GROUPS = 8
/** Proxies in a row that are seen through. */
export const HOPS_MAX = 32
