import { isIP } from 'node:net'

/** Why a URL is not fetched at all, before anything is asked of the network. */
export type UrlRefusal = 'url' | 'scheme' | 'user' | 'port' | 'host' | 'not-listed'

/** Which hosts may be fetched from: names in lower case, `*.name` for all below one, `*` for any. */
export type HostList = readonly string[]

/**
 * Reads a URL that somebody else chose: https, a plain host name on the list, port 443, no user. It is judged as it is
 * written, so that no two readers can take two hosts from it; an address in any spelling is no host name.
 */
export function readGuardedUrl(text: string, hosts: HostList): URL | UrlRefusal {
  if (text.length > URL_CHARACTERS_MAX || !PLAIN.test(text)) return 'url'
  const parts = FORM.exec(text)?.groups
  if (parts === undefined) return SCHEME.test(text) ? 'url' : 'scheme'
  const { authority = '' } = parts
  if (authority.includes('@')) return 'user'
  const [, host = '', port] = /^(.*?)(?::([0-9]*))?$/.exec(authority)!
  if (port !== undefined && port !== '443') return 'port'
  if (host.length > 253 || !HOST.test(host) || isIP(host) !== 0) return 'host'
  const url = parse(text)
  // Whatever the platform makes of it must be the host that was judged: it reads 0x7f.1 as an address.
  if (url === undefined || url.hostname !== host.toLowerCase() || isIP(url.hostname) !== 0) return 'host'
  return isListed(url.hostname, hosts) ? url : 'not-listed'
}

/** Whether an entry of a host list can be one. */
export function isHostEntry(entry: string): boolean {
  return entry === '*' || HOST.test(entry.startsWith('*.') ? entry.slice(2) : entry)
}

function isListed(host: string, hosts: HostList): boolean {
  return hosts.some((entry) => {
    if (entry === '*') return true
    return entry.startsWith('*.') ? host.endsWith(entry.slice(1).toLowerCase()) : host === entry.toLowerCase()
  })
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

const URL_CHARACTERS_MAX = 2_048
/** Visible ASCII without the characters that readers of URLs disagree about. */
const PLAIN = /^[\u0021\u0023-\u003b\u003d\u003f-\u005b\u005d\u005f\u0061-\u007a\u007e]+$/
const SCHEME = /^https:/i
const FORM = /^https:\/\/(?<authority>[^/?#]+)(?:[/?#]|$)/i
/** At least two labels, the last of them not a number in any spelling. */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/
