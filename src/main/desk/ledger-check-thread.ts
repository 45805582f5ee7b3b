// Verifies a ledger beside the desk: a million entries take many seconds, in which nobody of the office must wait.
import { parentPort, workerData } from 'node:worker_threads'
import { openLedgerReader } from '#edge/store/ledger-reader.ts'

const reader = openLedgerReader(String(workerData))
try {
  parentPort!.postMessage(reader.verify({}), [])
} finally {
  reader.close()
}
