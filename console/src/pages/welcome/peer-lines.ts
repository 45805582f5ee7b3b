/** The lines of a configuration by which a switch may ask. `reachable` are the families over which others reach the gate now. */
export function peerLines(address: string, reachable: readonly ('IPv4' | 'IPv6')[]): string {
  const family = address.includes(':') ? 'IPv6' : 'IPv4'
  // A socket of [::] takes IPv4 too, so one line serves both, and two on one port would be in each other's way.
  const any = family === 'IPv6' || reachable.length > 0 ? '[::]' : '0.0.0.0'
  const who = reachable.length > 0 ? `now nobody reaches it over ${family}` : 'now only this machine reaches it'
  return [
    'gate:',
    ...(reachable.includes(family) ? [] : [`  listen: ["udp:${any}:5060"] # ${who}; takes a restart`]),
    '  peers:',
    `    - { name: my-switch, from: "${address}", continue: 404 }`,
  ].join('\n')
}

/** Why a text is no address or range that a peer may have; undefined where it is one. */
export function faultOfAddress(text: string): string | undefined {
  const [address = '', prefix, ...more] = text.split('/')
  const isV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/.test(address) && address.split('.').every((part) => Number(part) <= 255)
  const isV6 = isAddressV6(address)
  const longest = isV4 ? 32 : 128
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= longest)
  return (isV4 || isV6) && isPrefix && more.length === 0
    ? undefined
    : 'Expected the address that your switch sends from, such as 192.0.2.7 or 2001:db8::7, or a range such as 192.0.2.0/24.'
}

function isAddressV6(text: string): boolean {
  if (!/^[0-9a-f:]+$/i.test(text)) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const isWhole = halves.length === 2 ? groups.length < 8 : groups.length === 8
  return isWhole && groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
}
