/**
 * What junk logins do to calls: `node bench/sign-in-flood.ts [logins a second] [calls a second] [seconds]`. A gate answers
 * calls, one in ten of them blocked and recorded; then the same while the inside, in a thread of the same process, is flooded
 * with logins of made-up names, each from another network.
 */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Caller, formatInvite } from '../test/peers/caller.ts'
import { temporaryDirectory } from '../test/peers/peer.ts'
import { freePort } from '../test/peers/port.ts'
import { Recourse } from '../test/peers/recourse.ts'

const loginsPerSecond = Number(process.argv[2] ?? 2_000)
const callsPerSecond = Number(process.argv[3] ?? 200)
const seconds = Number(process.argv[4] ?? 10)
const TICK_MS = 5
let calls = 0

const ends: (() => unknown)[] = []
const owner = { after: (end: () => unknown) => void ends.push(end) }
try {
  const port = await freePort()
  const store = join(temporaryDirectory(owner), 'accounts.db')
  const office = fileURLToPath(new URL('./sign-in-flood-office.ts', import.meta.url))
  const { port: sip } = await Recourse.start(owner, {
    policy: { rules: [{ id: 'deny', deny: ['+1212555*'] }] },
    environment: { NODE_OPTIONS: `--import ${office}`, FLOODED_OFFICE: `${port} ${store}` },
  })
  const caller = await Caller.open(sip)
  owner.after(() => caller.close())
  await callFor(caller, 1)
  print('calls alone', await callFor(caller, seconds))
  const flood = await startFlood(port)
  await pause(500)
  print('calls in the flood', await callFor(caller, seconds))
  const answers = await flood()
  const rate = [...answers.values()].reduce((sum, count) => sum + count, 0) / (seconds + 0.5)
  console.log(
    `logins: ${Math.round(rate)} a second; ${Array.from(answers, ([status, count]) => `${status}: ${count}`).join(', ')}`,
  )
} finally {
  for (const end of ends.reverse()) await end()
}

/** Milliseconds until each call is answered; Infinity for one that is not. */
async function callFor(caller: Caller, forSeconds: number): Promise<number[]> {
  const answered: Promise<number>[] = []
  const startMs = performance.now()
  while (performance.now() - startMs < forSeconds * 1_000) {
    const due = ((performance.now() - startMs) / 1_000) * callsPerSecond
    while (answered.length < due) answered.push(callOnce(caller))
    await pause(TICK_MS)
  }
  return await Promise.all(answered)
}

async function callOnce(caller: Caller): Promise<number> {
  const id = `flood-${++calls}`
  const calling = calls % 10 === 0 ? `+1212555${1000 + (calls % 9000)}` : `+1${6_000_000_000 + calls}`
  const call = { calling, called: '+14155550163', callId: id, branch: `z9hG4bK-${id}`, fromTag: 'f', port: caller.port }
  const startMs = performance.now()
  return (await caller.ask(formatInvite(call))) === undefined ? Infinity : performance.now() - startMs
}

/** In a process of its own, so that what is measured does not wait for it. */
async function startFlood(port: number): Promise<() => Promise<Map<number, number>>> {
  const load = fileURLToPath(new URL('./sign-in-flood-load.ts', import.meta.url))
  const child = fork(load, [String(port), String(loginsPerSecond)])
  owner.after(() => child.kill())
  return async () => {
    const answers = new Promise<[number, number][]>((heard) => child.once('message', heard as () => void))
    child.send('stop')
    return new Map(await answers)
  }
}

function print(what: string, timesMs: number[]): void {
  const sorted = timesMs.toSorted((a, b) => a - b)
  const at = (share: number): string => `${sorted[Math.floor((sorted.length - 1) * share)]!.toFixed(2)} ms`
  console.log(`${what}: ${sorted.length}, p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)}`)
}
