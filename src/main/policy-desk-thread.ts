// Does for those inside what policies take: a list of a million numbers is read and compared for seconds, in which no page waits.
import { parentPort, workerData } from 'node:worker_threads'
import type { PolicyDeskAnswer, PolicyDeskQuestion, PolicyDeskTask } from './policy-room.ts'
import { openPolicyDesk } from './policy-desk.ts'

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
