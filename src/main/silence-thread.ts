// The thread that looks once for suspected silent blocks: with 100,000 numbers that is arithmetic for seconds, and the desk goes on.
import { parentPort, workerData } from 'node:worker_threads'
import { findSilence } from '#core/observe/silence.ts'
import { openMonitorReader } from '#edge/store/monitor-reader.ts'

/** Which store, and up to when. */
export type SilenceTask = { readonly store: string; readonly nowMs: number }

const { store, nowMs } = workerData as SilenceTask
const reader = openMonitorReader(store)
try {
  parentPort!.postMessage(findSilence(reader.silencePairs(nowMs)), [])
} finally {
  reader.close()
}
