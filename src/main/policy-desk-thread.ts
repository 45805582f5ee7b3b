// Does for those inside what policies take: a list of a million numbers is read and compared for seconds, in which no page waits.
import { parentPort, workerData } from 'node:worker_threads'
import type { PolicyDesk } from '#edge/http/policy/policy-desk.ts'
import { openPolicyDesk } from '#main/desk/policy-desk.ts'

/** What the thread is started with. */
export type PolicyDeskTask = { readonly store: string; readonly path: string | undefined }

/** One call of a function of the desk. */
export type PolicyDeskQuestion = {
  readonly id: number
  readonly name: keyof PolicyDesk
  readonly given: readonly unknown[]
}

/** What it answered, or the fault of ours that it ended with. */
export type PolicyDeskAnswer = { readonly id: number; readonly value?: unknown; readonly fault?: string }

const task = workerData as PolicyDeskTask
const main = parentPort!
const desk = openPolicyDesk({ ...task, now: () => Date.now() })
main.on('message', (question: PolicyDeskQuestion | 'close') => {
  if (question === 'close') {
    desk.close()
    main.close()
    return
  }
  void answer(question).then((found) => main.postMessage(found, []))
})

async function answer({ id, name, given }: PolicyDeskQuestion): Promise<PolicyDeskAnswer> {
  try {
    const ask = desk[name] as (...given: readonly unknown[]) => Promise<unknown>
    return { id, value: await ask(...given) }
  } catch (cause) {
    return { id, fault: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }
  }
}
