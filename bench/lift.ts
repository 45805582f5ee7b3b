/**
 * How soon a lift holds: `node bench/lift.ts [gates] [lifts] [calls a second]`. Several gate processes at one store under load;
 * a number that is blocked at all of them is lifted, and each gate is asked about it again and again until it lets a call go on.
 * The time is from the commit of the lift to the answer of the first such call; the same for its end.
 */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { NewStanding } from '#core/redress/standing.ts'
import { openForWriting } from '#edge/store/schema.ts'
import { endStanding, insertStanding } from '#edge/store/standing-store.ts'
import { Caller, formatInvite, statusOf } from '../test/peers/caller.ts'
import { Recourse } from '../test/peers/recourse.ts'

const gateCount = Number(process.argv[2] ?? 3)
const lifts = Number(process.argv[3] ?? 100)
const perSecond = Number(process.argv[4] ?? 300)
const registered = Number(process.argv[5] ?? 0)
const ASK_EVERY_MS = 5
const PATIENCE_MS = 10_000

const ends: (() => unknown)[] = []
const owner = { after: (end: () => unknown) => void ends.push(end) }
try {
  await measure()
} finally {
  for (const end of ends.reverse()) await end()
}

async function measure(): Promise<void> {
  const policy = { rules: [{ id: 'deny', deny: ['+1212555*'] }] }
  const first = await Recourse.start(owner, { policy, desk: 'https://redress.northwire.example' })
  const gates = [first]
  const db = openForWriting(join(first.directory, 'recourse.db'), 'full')
  owner.after(() => db.close())
  if (registered > 0) fill(db, registered)
  while (gates.length < gateCount)
    gates.push(await Recourse.start(owner, { policy, beside: first, chain: `g${gates.length}` }))
  const load = gates.map(({ port }) => startLoad(port))
  const callers = await Promise.all(gates.map(({ port }) => Caller.open(port)))
  for (const caller of callers) owner.after(() => caller.close())
  const [lifted, ended]: [number[], number[]] = [[], []]
  for (let index = 0; index < lifts; index++) {
    const number = `+1212555${String(index).padStart(4, '0')}`
    const id = change(db, () => insertStanding(db, liftOf(number)))
    lifted.push(...(await Promise.all(callers.map((caller) => firstAnswer(caller, number, 404)))))
    change(db, () => endStanding(db, id, Date.now()))
    ended.push(...(await Promise.all(callers.map((caller) => firstAnswer(caller, number, 603)))))
  }
  const placed = await Promise.all(load.map((stop) => stop()))
  const calls = placed.reduce((sum, { calls }) => sum + calls, 0)
  const answered = placed.reduce((sum, { answered }) => sum + answered, 0)
  console.log(
    `${gateCount} gates, ${registered.toLocaleString('en')} registered numbers, ${calls} calls beside (${answered} answered)`,
  )
  print('lift to the first call that goes on', lifted)
  print('end to the first call that is blocked', ended)
}

function startLoad(port: number): () => Promise<{ calls: number; answered: number }> {
  const worker = new Worker(new URL('./lift-load.ts', import.meta.url), { workerData: { port, perSecond } })
  return () =>
    new Promise((resolve) => {
      worker.once('message', (placed: { calls: number; answered: number }) => {
        resolve(placed)
        void worker.terminate()
      })
      worker.postMessage('stop', [])
    })
}

function change<T>(db: ReturnType<typeof openForWriting>, work: () => T): T {
  db.exec('BEGIN IMMEDIATE')
  const made = work()
  db.exec('COMMIT')
  return made
}

/** Milliseconds until a gate gives this answer about the number. */
async function firstAnswer(caller: Caller, number: string, status: number): Promise<number> {
  const startMs = performance.now()
  for (let nth = 0; performance.now() - startMs < PATIENCE_MS; nth++) {
    const id = `${number}-${status}-${nth}-${caller.port}`
    const call = { calling: number, called: '+14155550163', callId: id, branch: `z9hG4bK-${id}`, fromTag: 'f' }
    const answer = await caller.ask(formatInvite({ ...call, port: caller.port }))
    if (answer !== undefined && statusOf(answer) === status) return performance.now() - startMs
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
  }
  throw new Error(`the gate at ${caller.gatePort} did not answer ${status} about ${number} within ${PATIENCE_MS} ms`)
}

function fill(db: ReturnType<typeof openForWriting>, count: number): void {
  change(db, () => {
    for (let index = 0; index < count; index++) {
      const number = `+${13_000_000_000 + index * 7}`
      const scope = { kind: 'number', number } as const
      insertStanding(db, { kind: 'registered', scope, registration: 'r', from: 0, until: undefined, origin: 'bench' })
    }
  })
}

function liftOf(number: string): NewStanding {
  const scope = { kind: 'number', number } as const
  const terms = { attestation: undefined, rule: undefined, until: undefined, origin: 'bench' }
  return { kind: 'lift', scope, from: Date.now(), ...terms }
}

function print(what: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!.toFixed(0)
  console.log(`${what}: median ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${at(1)} ms (${sorted.length} times)`)
}
