import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import type { Owner } from '../test/peers/peer.ts'
import { Recourse } from '../test/peers/recourse.ts'
import { type LoadResult, load } from './load.ts'

/**
 * Ten times the calls that the gate can take, for a minute: how many are still answered, how soon, and how long it takes
 * until all is as before.
 *
 *     node bench/overload.ts [dgram|batch] [seconds] [times]
 *
 * The load has a core of its own and the gate another. Where the load cannot reach ten times, what it reached is told.
 */
const udp = process.argv[2] === 'dgram' ? 'dgram' : 'batch'
const seconds = Number(process.argv[3] ?? 60)
const times = Number(process.argv[4] ?? 10)

const CAPACITY_CALLS = 60_000
const BEFORE_SECONDS = 3
const RECOVERY_SECONDS = 10
const FREE_FROM = 2_120_000_000
const LISTED = 1_000
const LISTED_FROM = 8_550_000_000

const cleanUps: (() => unknown)[] = []
const owner: Owner = { after: (cleanUp) => cleanUps.unshift(cleanUp) }
let placed = 0
try {
  pinTo(0, process.pid)
  const deny = Array.from({ length: LISTED }, (_, index) => `+1${LISTED_FROM + index}`)
  const gate = await Recourse.start(owner, { limit: 10_000, deny, udp })
  pinTo(availableParallelism() < 2 ? 0 : 1, gate.pid)
  run(gate.port, CAPACITY_CALLS)
  const capacity = CAPACITY_CALLS / run(gate.port, CAPACITY_CALLS).seconds
  const before = paced(gate.port, capacity / 2, BEFORE_SECONDS)
  const judgedBefore = await figuresOf(gate)
  const during = paced(gate.port, capacity * times, seconds)
  const recovery = recover(gate.port, capacity / 2, before.delays.percentile(0.99))
  const judged = await figuresOf(gate)
  print(capacity, before, during, recovery)
  console.log('\nWhat the gate counted meanwhile:')
  for (const [name, value] of judged) console.log(`- ${name}: ${value - judgedBefore.get(name)!}`)
} finally {
  for (const cleanUp of cleanUps) await cleanUp()
}

function run(port: number, calls: number, perSecond?: number): LoadResult {
  const plan = { port, calls, firstCaller: FREE_FROM, callers: 1_000_000_000, skip: placed, acknowledge: true }
  placed += calls
  return load(perSecond === undefined ? plan : { ...plan, perSecond })
}

function paced(port: number, perSecond: number, seconds: number): LoadResult {
  return run(port, Math.round(perSecond * seconds), perSecond)
}

/** Seconds of half the load until p99 is again within twice what it was, or a millisecond; undefined where it never is. */
function recover(port: number, perSecond: number, p99BeforeMs: number): number | undefined {
  for (let second = 1; second <= RECOVERY_SECONDS; second++) {
    const { delays, lost } = paced(port, perSecond, 1)
    if (lost === 0 && delays.percentile(0.99) <= Math.max(1, 2 * p99BeforeMs)) return second
  }
  return undefined
}

function print(capacity: number, before: LoadResult, during: LoadResult, recovery: number | undefined): void {
  const row = (name: string, { delays, seconds, lost }: LoadResult, offered: number): string =>
    `| ${name} | ${Math.round(offered / seconds)} | ${Math.round(delays.count / seconds)} | ${((delays.count / seconds / capacity) * 100).toFixed(0)} % | ${delays.percentile(0.5).toFixed(2)} | ${delays.percentile(0.99).toFixed(2)} | ${lost} |`
  console.log(`${udp}: one core takes ${Math.round(capacity)} allowed calls a second\n`)
  console.log('| load | offered/s | answered/s | of capacity | median ms | p99 ms | unanswered |')
  console.log('| --- | --- | --- | --- | --- | --- | --- |')
  console.log(row('half', before, before.delays.count + before.lost))
  console.log(row(`${times} times`, during, during.delays.count + during.lost))
  console.log(
    `\nAs before after ${recovery === undefined ? `more than ${RECOVERY_SECONDS}` : recovery} s of half the load`,
  )
}

async function figuresOf(gate: Recourse): Promise<Map<string, number>> {
  const metrics = await gate.metrics()
  const names = ['calls', 'continued', 'overloaded', 'late', 'shed', 'retransmissions', 'errors']
  return new Map(names.map((name) => [name, metrics.get(`recourse_gate_${name}_total`) ?? 0]))
}

function pinTo(core: number, pid: number): void {
  spawnSync('taskset', ['-apc', String(core), String(pid)])
}
