// A thread with a transport of either kind, which sends back each datagram and then spoils the buffer it sent from.
import { parentPort, workerData } from 'node:worker_threads'
import type { Source } from '#codec/sip/reply.ts'
import { listenUdpBatch } from './udp-batch.ts'
import { type Transport, type UdpOptions, listenUdp } from './udp.ts'

export type ThreadOptions = UdpOptions & {
  readonly kind: 'dgram' | 'batch'
  readonly host: string
  readonly port: number
}

/** What the thread is asked; each is told back with what it asked for. */
export type ThreadOrder =
  | { readonly kind: 'tell' }
  | { readonly kind: 'send'; readonly bytes: Uint8Array; readonly address: string; readonly port: number }
  /** Open a second socket beside the first, and tell of that one from now on. */
  | { readonly kind: 'listen' }
  | { readonly kind: 'close' }
  /** Hear no more orders, so that nothing holds the thread but its transport. */
  | { readonly kind: 'leave' }

export type ThreadState = {
  readonly local: string
  readonly sources: readonly Source[]
  readonly unsent: number
  readonly lastCode: string | undefined
}

/** Why there is no transport. */
export type ThreadRefusal = { readonly refused: string }

const { kind, host, port, ...options } = workerData as ThreadOptions
const parent = parentPort!
const sources = new Map<string, Source>()
const listen = kind === 'batch' ? listenUdpBatch : listenUdp
let current: Transport
try {
  current = await open(port)
  parent.on('message', (order: ThreadOrder) => void obey(order))
  tell()
} catch (error) {
  parent.postMessage({ refused: codeOf(error) ?? String(error) } satisfies ThreadRefusal, [])
}

function open(port: number): Promise<Transport> {
  return listen(host, port, options, (bytes, source, way) => {
    sources.set(`${source.address} ${source.port}`, source)
    const buffer = new Uint8Array([...bytes, 9, 9])
    way.send(buffer, bytes.length, source.address, source.port)
    buffer.fill(0)
  })
}

async function obey(order: ThreadOrder): Promise<void> {
  if (order.kind === 'send') {
    const { bytes, address, port } = order
    const buffer = new Uint8Array(bytes)
    current.send(buffer, buffer.length, address, port)
    buffer.fill(0)
  }
  if (order.kind === 'listen') current = await open(0)
  if (order.kind === 'close') await current.close()
  if (order.kind === 'leave') return parent.close()
  tell()
}

function tell(): void {
  const { local, failures } = current
  const state: ThreadState = {
    local,
    sources: [...sources.values()],
    unsent: failures.sends,
    lastCode: codeOf(failures.last),
  }
  parent.postMessage(state, [])
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
