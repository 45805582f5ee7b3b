// The thread of one test of a peer that somebody began in the console: tells each step, asks whether a call rang, and ends.
import { parentPort, workerData } from 'node:worker_threads'
import type { DialPlan } from '#core/call/number.ts'
import { Stop } from './exit.ts'
import { type PeerStep, type PeerTest, type Which, runPeerTest } from './peer-test.ts'
import type { TrialSeen } from './trial-words.ts'

/** What it is started with. */
export type PeerTestTask = {
  readonly test: PeerTest
  readonly store: string
  readonly dialPlan: DialPlan | undefined
}

/** What it is told: whether the call rang that it asked about. */
export type PeerTestOrder = { readonly call: Which; readonly rang: boolean }

/** What it tells. */
export type PeerTestTold =
  | { readonly kind: 'step'; readonly step: PeerStep }
  | { readonly kind: 'ask'; readonly call: Which }
  | { readonly kind: 'end'; readonly seen: TrialSeen }
  | { readonly kind: 'failed'; readonly why: string }

const main = parentPort!
const { test, store, dialPlan } = workerData as PeerTestTask
const tell = (told: PeerTestTold): void => main.postMessage(told, [])

try {
  const seen = await runPeerTest(test, {
    store,
    dialPlan,
    tell: (step) => tell({ kind: 'step', step }),
    rang: (which) =>
      new Promise((resolve) => {
        main.on('message', ({ call, rang }: PeerTestOrder) => {
          if (call === which) resolve(rang)
        })
        tell({ kind: 'ask', call: which })
      }),
  })
  tell({ kind: 'end', seen })
} catch (error) {
  if (!(error instanceof Stop)) throw error
  tell({ kind: 'failed', why: error.message })
}
main.close()
