import { Worker } from 'node:worker_threads'
import { DISPUTE_TERMS } from '#core/dispute/dispute.ts'
import type { SilenceFinding } from '#core/observe/silence.ts'
import type { InsideRoute } from '#edge/http/accounts/guard.ts'
import { callingRoutes } from '#edge/http/calling/calling-routes.ts'
import { disputeRoutes } from '#edge/http/calling/dispute-routes.ts'
import { probeRoutes } from '#edge/http/calling/probe-routes.ts'
import type { Ask } from '#edge/dispute/desk-client.ts'
import { askGuarded, refusalWords } from '#edge/fetch/guarded-ask.ts'
import { openCallingReader } from '#edge/store/calling-reader.ts'
import { openDisputeStore } from '#edge/store/dispute-store.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import { openProbeStore } from '#edge/store/probe-store.ts'
import type { Config } from '#main/config/config.ts'
import type { SilenceTask } from './silence-thread.ts'
import { createCalling } from './calling.ts'
import { createDisputes } from './calling-disputes.ts'
import { createProbes } from './calling-probes.ts'

/** The calling side and probes for those inside, and reports of probes for those who have a link. */
export type CallingRoom = {
  readonly routes: readonly InsideRoute[]
  /** The page that a link shows. */
  readonly sharedPage: (token: string) => string | undefined
  close(): Promise<void>
}

/** Opens it on connections to the store of its own. Throws StoreError. */
export function openCallingRoom(room: {
  /** The configuration as it is now. */
  readonly config: () => Pick<Config, 'calling' | 'desk' | 'mail' | 'operator' | 'store'>
  readonly now: () => number
  readonly alarm: (cause: unknown) => void
}): CallingRoom {
  const { config, now, alarm } = room
  const url = `sqlite:${config().store.path}`
  const monitor = openMonitorStore(url, { now })
  const reader = openCallingReader(url)
  const store = openDisputeStore(url, { terms: DISPUTE_TERMS })
  const kept = openProbeStore(url)
  const { operator, mail } = config()
  const calling = createCalling({
    monitor,
    reader,
    now,
    findSilence: (nowMs) => findSilenceApart({ store: url, nowMs }),
  })
  const disputes = createDisputes({
    store,
    monitor,
    reader,
    now,
    ask: askBy(config),
    who: { name: operator.name, email: mail?.sender.address ?? operator.contact?.email },
    allowed: () => config().calling.probes.to,
  })
  const probes = createProbes({
    store: kept,
    now,
    allowed: () => config().calling.probes.to,
    publicUrl: () => config().desk?.public,
    alarm,
  })
  return {
    routes: [...callingRoutes({ calling }), ...disputeRoutes({ disputes }), ...probeRoutes({ probes })],
    sharedPage: (token) => kept.sharedPage(token, now()),
    async close() {
      await probes.close()
      for (const one of [kept, store, reader, monitor]) one.close()
    },
  }
}

/** Asks desks within the guards: what a browser says never widens them, the configuration alone does. */
function askBy(config: () => Pick<Config, 'calling'>): Ask {
  return async (question) => {
    const { isPrivateAllowed, reach, authorities } = config().calling.disputes
    const trust = authorities === undefined ? undefined : [authorities]
    const answered = await askGuarded(question, { isPrivateAllowed, connectTo: reach, trust })
    return answered.kind === 'answered' ? answered : { kind: 'unasked', why: refusalWords(answered.why) }
  }
}

function findSilenceApart(task: SilenceTask): Promise<readonly SilenceFinding[]> {
  const worker = new Worker(new URL('./silence-thread.ts', import.meta.url), { workerData: task })
  return new Promise((resolve, reject) => {
    worker.once('message', (findings: readonly SilenceFinding[]) => resolve(findings))
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the search for silence ended with ${code}, and without a word`)))
  })
}
