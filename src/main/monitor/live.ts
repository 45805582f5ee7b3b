import { closeSync, readlinkSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { detectBatch, listenUdpBatch } from '#edge/gate/udp-batch.ts'
import type { HepView } from '#codec/hep/hep-view.ts'
import type { Sighting } from '#core/observe/attempt-tracker.ts'
import {
  type HeardCopy,
  type HepInFigures,
  type HepListener,
  HepInlet,
  type OpenDatagrams,
  listenHep,
  noHepInFigures,
} from '#edge/hep/receive-hep.ts'
import { formatEndpoint, formatListening } from '#main/config/addresses.ts'
import type { MonitorConfig } from '#main/config/monitor.ts'
import { type DoorFigures, type RecordDoor, NO_DOOR_FIGURES, openDoor } from './door.ts'
import { type FollowTerms, type Follower, followLogs } from './follow.ts'
import { type MonitorRoom, mayMatter } from './room.ts'

/** Sources that tell of calls as these are placed. */
export type LiveSources = {
  /** What copies are taken on, `udp:127.0.0.1:9060`. */
  readonly local: readonly string[]
  /** The URL that posts are taken on; undefined for none. */
  readonly door: string | undefined
  /** Sockets that stay open when the thread that has them dies; whoever began it closes them then (`closeLeft`). */
  readonly sockets: readonly OwnSocket[]
  readonly figures: () => HepInFigures & DoorFigures
  close(): Promise<void>
}

export type LiveConfig = Pick<MonitorConfig, 'listen' | 'from' | 'password' | 'tls' | 'webhooks' | 'logs'>

/** A socket that Node knows nothing of: its descriptor, and its name at the system (`socket:[…]`), which no other socket has. */
export type OwnSocket = { readonly descriptor: number; readonly name: string }

/** Closes what a dead thread left open, unless the descriptor is of something else by now. */
export function closeLeft(sockets: readonly OwnSocket[]): void {
  for (const { descriptor, name } of sockets) if (nameOf(descriptor) === name) closeSync(descriptor)
}

/** Where calls of logs go: time is another in them than now. */
export type LogRoom = Pick<FollowTerms, 'room' | 'placeOf'>

/** An endpoint that could not be listened on. */
export class NoTap extends Error {
  /** The key of the section that names it. */
  readonly key: 'hep' | 'webhooks.listen'

  constructor(endpoint: string, key: 'hep' | 'webhooks.listen', cause: unknown) {
    super(`cannot listen on ${endpoint}`, { cause })
    this.name = 'NoTap'
    this.key = key
  }
}

/**
 * Takes copies of calls and posts about them, and follows logs, for as long as it is open, and has the room write down what they come to. Rejects with `NoTap`.
 *
 * Datagrams come in batches where the system has a way for that, so it belongs in a thread that does nothing else.
 */
export async function openLive(
  { listen, from, password, tls, webhooks, logs }: LiveConfig,
  room: MonitorRoom,
  logRoom: LogRoom,
  alarm: (cause: unknown) => void,
): Promise<LiveSources> {
  const sighting = new CopySighting()
  const inlet = new HepInlet({ from, password, wants: mayMatter }, (copy) =>
    room.hear(copy.bytes, copy.start, copy.end, sighting.of(copy)),
  )
  const context = tls && createSecureContext({ cert: tls.certificate, key: tls.key })
  const sockets: OwnSocket[] = []
  const openDatagrams = detectBatch() === undefined ? openBatches(sockets) : undefined
  const open: HepListener[] = []
  let door: RecordDoor | undefined
  let follower: Follower | undefined
  const close = async (): Promise<void> => {
    await follower?.close()
    await door?.close()
    clearInterval(timer)
    await Promise.all(open.map((listener) => listener.close()))
  }
  const timer = setInterval(() => {
    room.pass(performance.timeOrigin + performance.now())
    room.flush()
  }, WRITE_EVERY_MS)
  for (const endpoint of listen) {
    try {
      open.push(await listenHep(endpoint, inlet, { openDatagrams, ...(context && { tls: () => context }) }))
    } catch (cause) {
      await close()
      throw new NoTap(formatListening(endpoint), 'hep', cause)
    }
  }
  try {
    door = webhooks && (await openDoor(webhooks, room, alarm))
  } catch (cause) {
    await close()
    throw new NoTap(formatEndpoint(webhooks!.listen), 'webhooks.listen', cause)
  }
  if (logs.length > 0) follower = followLogs(logs, { ...logRoom, alarm })
  return {
    local: open.map(({ local }) => local),
    door: door?.url,
    sockets,
    figures: () => ({
      ...(listen.length === 0 ? noHepInFigures() : inlet.figures),
      ...(door?.figures() ?? NO_DOOR_FIGURES),
    }),
    close,
  }
}

/** Shows where a copy was made, without making anything of it before it is asked for; used again for each copy. */
class CopySighting implements Sighting {
  atMs = 0
  nowMs = 0
  tap = ''
  #packet: HepView | undefined
  #named = ''

  of({ packet, atMs, nowMs, tap }: HeardCopy): this {
    this.atMs = atMs
    this.nowMs = nowMs
    this.#packet = packet
    if (this.#named !== tap) this.tap = `hep ${tap}`
    this.#named = tap
    return this
  }

  get sender(): string {
    return this.#packet?.source ?? ''
  }

  get receiver(): string {
    return this.#packet?.destination ?? ''
  }
}

function openBatches(sockets: OwnSocket[]): OpenDatagrams {
  return async (address, port, receiveBufferBytes, receive) => {
    const options = { receiveBufferBytes, reusePort: false }
    const opened = await listenUdpBatch(address, port, options, (octets, source) => receive(octets, source.address))
    const name = nameOf(opened.descriptor)
    if (name !== undefined) sockets.push({ descriptor: opened.descriptor, name })
    return opened
  }
}

function nameOf(descriptor: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    // It is closed, or the system has no such folder.
    return undefined
  }
}

/** How often what was seen is written down. */
const WRITE_EVERY_MS = 250
