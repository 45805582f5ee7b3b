// Deletes old lists beside the gate: large ones take a while, in which no call must wait.
import { parentPort, workerData } from 'node:worker_threads'
import { deleteOldLists } from '#edge/store/old-lists.ts'
import { gateActor } from './actor.ts'

/** Where, and the texts of which time. */
export type OldListsTask = { readonly url: string; readonly beforeMs: number; readonly nowMs: number }

const { url, beforeMs, nowMs } = workerData as OldListsTask
parentPort!.postMessage(deleteOldLists(url, beforeMs, gateActor(), nowMs), [])
