// A thread with a gate on a socket with a small buffer, on a machine that is slow: each call that is judged or answered costs it a while, one that is left does not.
import { parentPort, workerData } from 'node:worker_threads'
import { listenUdpBatch, batchPauses } from '#edge/gate/udp-batch.ts'
import { listenUdp } from '#edge/gate/udp.ts'
import { gateWith } from './gate.ts'

/** `taken` counts the datagrams that reached it; others were lost in the full buffer. */
export type BusyGate = {
  readonly kind: 'dgram' | 'batch'
  readonly callMs: number
  readonly taken: Int32Array<SharedArrayBuffer>
}

/** What it says when it is asked to end. */
export type BusyGateReport = {
  readonly figures: Readonly<Record<string, number>>
  /** Verdicts of calls to 911, as the journal has them. */
  readonly emergencies: readonly string[]
}

const { kind, callMs, taken } = workerData as BusyGate
let heldBytes = 0
const { gate, journal } = gateWith({
  volumeLimit: 60_000,
  parts: {
    // Asked once for each call, when it is looked at.
    now: () => {
      for (const endMs = performance.now() + callMs; performance.now() < endMs;);
      return Date.now()
    },
    clock: () => performance.now(),
    pauses: kind === 'batch' ? batchPauses : undefined,
    heldBytes: () => heldBytes,
  },
})
const listen = kind === 'batch' ? listenUdpBatch : listenUdp
const transport = await listen(
  '127.0.0.1',
  0,
  { receiveBufferBytes: 65_536, reusePort: false },
  (bytes, source, way) => {
    Atomics.add(taken, 0, 1)
    gate.receive(bytes, source, way)
  },
)
heldBytes = transport.receiveBufferBytes
parentPort!.on('message', () => {
  const emergencies = journal.filter(({ called }) => called === '911').map(({ verdict }) => verdict)
  parentPort!.postMessage({ figures: { ...gate.figures }, emergencies } satisfies BusyGateReport, [])
  parentPort!.close()
  void transport.close()
})
parentPort!.postMessage(Number(transport.local.split(':').at(-1)), [])
