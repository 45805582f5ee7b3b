// Counts what a store keeps, beside the desk: nobody of the office waits for it.
import { parentPort, workerData } from 'node:worker_threads'
import { type KeptBefore, countKept } from '#edge/store/retention-reader.ts'

const { url, before } = workerData as { readonly url: string; readonly before: KeptBefore }
parentPort!.postMessage(countKept(url, before), [])
