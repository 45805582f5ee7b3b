import { type Peer, type PeerAddresses, Peers } from '#edge/gate/peers.ts'

/** A call from this machine that the gate hears: where it goes, whose it is, and what places it from a terminal. */
export type TryIt = {
  readonly host: string
  readonly port: number
  readonly transport: 'udp' | 'tcp'
  readonly peer: Peer
  readonly words: string
}

/** The words that place a call from this machine at a gate that listens on `local`, as it stands in `gate.listen`. */
export function tryItWords(local: readonly string[], peers: readonly PeerAddresses[]): string | undefined {
  return findTryIt(local, peers)?.words
}

/** Undefined where no such call would be heard: by the addresses that peers send from, a caller here is none of them. */
export function findTryIt(local: readonly string[], peers: readonly PeerAddresses[]): TryIt | undefined {
  const known = new Peers(peers)
  for (const endpoint of local) {
    const [, transport, address, port] = /^(udp|tcp):\[?(.*?)\]?:(\d+)$/.exec(endpoint) ?? []
    if (address === undefined) continue
    const host = ANY.get(address) ?? address
    const peer = known.find(host)
    if (peer === undefined) continue
    const target = `sip:${host.includes(':') ? `[${host}]` : host}:${port}${transport === 'udp' ? '' : ' --transport tcp'}`
    return {
      host,
      port: Number(port),
      transport: transport === 'udp' ? 'udp' : 'tcp',
      peer,
      words: `npx recourse call ${target} --from ${TRY_FROM} --to ${TRY_TO}`,
    }
  }
  return undefined
}

/** The caller whom the sample blocks, and somebody to call: numbers kept for examples. */
export const TRY_FROM = '+12125550199'
export const TRY_TO = '+14155550163'

/** Where every address of the machine is listened on, a call to itself goes by loopback. */
const ANY: ReadonlyMap<string, string> = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])
