import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'

/** What a route knows of the connection that a request came by; nothing in a test without one. */
export type ConnectionEnv = { Bindings: Partial<HttpBindings> }

/** The address and port of the other end. */
export function remoteOf(context: Context<ConnectionEnv>): { readonly address: string; readonly port: number } {
  const { remoteAddress = UNKNOWN, remotePort = 0 } = context.env?.incoming?.socket ?? {}
  return { address: plainAddress(remoteAddress), port: remotePort }
}

/**
 * The address of who asks, seen through proxies: of what X-Forwarded-For says, the last address that is none of theirs.
 * Others than the listed proxies are not believed what they write there.
 */
export function clientOf(context: Context<ConnectionEnv>, isProxy: (address: string) => boolean): string {
  let client = remoteOf(context).address
  const hops = (context.req.raw.headers.get('x-forwarded-for') ?? '').split(',', HOPS_MAX).map((hop) => hop.trim())
  while (isProxy(client)) {
    const before = hops.pop()
    if (before === undefined || before === '') return client
    client = plainAddress(before)
  }
  return client
}

/** An IPv4 address that a socket for both families shows as IPv6. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}

const UNKNOWN = '0.0.0.0'
const HOPS_MAX = 32
