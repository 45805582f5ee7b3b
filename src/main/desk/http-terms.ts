import { BlockList, isIPv6 } from 'node:net'
import type { CardContact } from '#codec/jcard/jcard.ts'
import type { OperatorContact } from '#core/notify/notice-terms.ts'
import type { Config, TlsConfig } from '#main/config/config.ts'

/** Whom cards name, and by what they are signed; undefined where there is nothing to sign them with. */
export function cardOf({ operator, desk }: Pick<Config, 'operator' | 'desk'>) {
  if (desk?.card === undefined) return undefined
  const { key, certificate, x5u } = desk.card
  return {
    name: operator.name,
    contact: contactOf(operator.contact, desk.public),
    key,
    certificate,
    certificateUri: x5u,
  }
}

/** Which addresses are those of listed proxies. */
export function proxiesOf(tls: TlsConfig | undefined): (address: string) => boolean {
  if (tls?.kind !== 'proxy') return () => false
  const list = new BlockList()
  for (const range of tls.addresses) {
    const [address = '', prefix] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

/** Who may have all connections: this machine, which nobody else can be, and proxies. */
export function sparesOf(tlsNow: () => TlsConfig | undefined): (address: string) => boolean {
  return (address) => LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4') || proxiesOf(tlsNow())(address)
}

/** The certificate and key of a door; undefined where it is in clear text. */
export function filesOf(tls: TlsConfig | undefined): { certificate: string; key: string } | undefined {
  return tls?.kind === 'files' ? tls : undefined
}

/** What the operator says, and where he names no page, the desk. */
function contactOf({ url, tel, email }: OperatorContact, desk: string): CardContact {
  return { url: url ?? desk, tel, email }
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')
