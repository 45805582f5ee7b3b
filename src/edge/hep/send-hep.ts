import { createSocket } from 'node:dgram'
import { type Socket, connect, isIPv6 } from 'node:net'
import { type HepPacket, formatHep } from '#codec/hep/hep.ts'

/** Where copies go: a Homer, or anything that takes HEPv3. */
export type HepTarget = {
  readonly transport: 'udp' | 'tcp'
  readonly address: string
  readonly port: number
  readonly captureId: number
  readonly password: string | undefined
  readonly node: string | undefined
}

/** Sends copies without ever waiting: what cannot leave at once is dropped and counted. */
export type HepSender = {
  send(packet: Omit<HepPacket, 'captureId' | 'password' | 'node'>): void
  readonly figures: HepFigures
  close(): Promise<void>
}

export type HepFigures = { sent: number; dropped: number }

/** Opens a way to a Homer; over TCP it is connected again, after a pause, whenever it breaks. */
export function openHep(target: HepTarget): HepSender {
  const figures: HepFigures = { sent: 0, dropped: 0 }
  const link = target.transport === 'udp' ? openUdp(target, figures) : openTcp(target)
  const { captureId, password, node } = target
  return {
    figures,
    send(packet) {
      let octets: Uint8Array
      try {
        octets = formatHep({ ...packet, captureId, password, node })
      } catch (error) {
        // A message too long for one packet has no copy.
        if (!(error instanceof RangeError)) throw error
        figures.dropped++
        return
      }
      if (link.send(octets)) figures.sent++
      else figures.dropped++
    },
    close: () => link.close(),
  }
}

type Link = { send(octets: Uint8Array): boolean; close(): Promise<void> }

function openUdp({ address, port }: HepTarget, figures: HepFigures): Link {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  const fail = (error: Error | null): void => {
    if (error === null) return
    figures.sent--
    figures.dropped++
  }
  // Nobody listening there is told of by the next send.
  socket.on('error', () => undefined)
  socket.unref()
  return {
    send(octets) {
      socket.send(octets, port, address, fail)
      return true
    },
    close: () => new Promise((closed) => socket.close(() => closed())),
  }
}

function openTcp({ address, port }: HepTarget): Link {
  let socket: Socket | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const open = (): void => {
    const next = connect({ host: address, port })
    next.setNoDelay(true)
    next.unref()
    next.on('connect', () => (socket = next))
    // What a Homer says is of no interest, but has to be taken off the wire.
    next.resume()
    next.on('error', () => undefined)
    next.on('close', () => {
      socket = undefined
      if (!closed) timer = setTimeout(open, RECONNECT_MS).unref()
    })
  }
  open()
  return {
    send(octets) {
      if (socket === undefined || socket.writableLength > QUEUE_OCTETS_MAX) return false
      socket.write(octets)
      return true
    },
    close() {
      closed = true
      clearTimeout(timer)
      const open = socket
      if (open === undefined) return Promise.resolve()
      return new Promise((ended) => open.end(() => ended()))
    },
  }
}

/** What may wait for a slow Homer; beyond it copies are dropped. */
const QUEUE_OCTETS_MAX = 4 * 1024 * 1024
const RECONNECT_MS = 1_000
