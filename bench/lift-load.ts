// A thread that places calls at a rate, beside what is measured.
import { parentPort, workerData } from 'node:worker_threads'
import { Caller, formatInvite } from '../test/peers/caller.ts'

const { port, perSecond } = workerData as { port: number; perSecond: number }
const caller = await Caller.open(port)
let [calls, answered] = [0, 0]
const startMs = performance.now()
const timer = setInterval(() => {
  const due = ((performance.now() - startMs) / 1000) * perSecond
  while (calls < due) place()
}, 10)
parentPort!.once('message', () => {
  clearInterval(timer)
  parentPort!.postMessage({ calls, answered }, [])
})

function place(): void {
  const id = `load-${caller.port}-${++calls}`
  // Every tenth is blocked: the ledger writes all the time.
  const calling = calls % 10 === 0 ? `+1212555${1000 + (calls % 9000)}` : `+1${6_000_000_000 + calls}`
  const call = { calling, called: '+14155550163', callId: id, branch: `z9hG4bK-${id}`, fromTag: 'f', port: caller.port }
  void caller.ask(formatInvite(call)).then((answer) => void (answered += Number(answer !== undefined)))
}
