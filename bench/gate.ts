import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { startKamailio } from '../test/peers/kamailio.ts'
import type { Owner } from '../test/peers/peer.ts'
import { freeUdpPorts } from '../test/peers/port.ts'
import { Recourse } from '../test/peers/recourse.ts'
import { load } from './load.ts'

/**
 * CPU microseconds a call costs the gate, and Kamailio doing the same lookups, in one interleaved run:
 *
 *     node bench/gate.ts [rounds] [calls a round]
 *
 * The figure is the run time of every thread and child of the server, by the kernel's own account, divided by the calls.
 * Absolute values move with the machine and its other work; the ratio of one run is what counts.
 */
const rounds = Number(process.argv[2] ?? 5)
const callsARound = Number(process.argv[3] ?? 30_000)

/** Both servers hold this list of callers to block: `+18550000000` and on. */
const LISTED = 100_000
const LISTED_FROM = 8_550_000_000
const FREE_FROM = 2_120_000_000
/** A run in which more calls than this get no or another answer measures something else. */
const RIGHT_MIN = 0.99

const cleanUps: (() => unknown)[] = []
const owner: Owner = { after: (cleanUp) => cleanUps.unshift(cleanUp) }
try {
  pinTo(0, process.pid)
  const kamailio = await startOpponent()
  const gate = await startGate()
  const contests: Contest[] = [
    { name: 'allowed', firstCaller: FREE_FROM, callers: 1_000_000_000, status: 404 },
    { name: 'blocked', firstCaller: LISTED_FROM, callers: LISTED, status: 603 },
  ]
  const costs = new Map<string, number[]>()
  for (let round = -1; round < rounds; round++)
    for (const contest of contests)
      for (const server of [gate, kamailio]) {
        const microseconds = measure(server, contest, round)
        // The first round warms both up.
        if (round >= 0)
          costs.set(`${server.name} ${contest.name}`, [
            ...(costs.get(`${server.name} ${contest.name}`) ?? []),
            microseconds,
          ])
      }
  print(costs, contests)
} finally {
  for (const cleanUp of cleanUps) await cleanUp()
}

type Server = { name: string; pid: number; port: number }
type Contest = { name: string; firstCaller: number; callers: number; status: number }

/** Runs the load once and returns the CPU microseconds a call cost; wrong or missing answers make the run void. */
function measure(server: Server, contest: Contest, round: number): number {
  const before = cpuNanoseconds(server.pid)
  const { firstCaller, callers } = contest
  const skip = (round + 1) * callsARound
  const result = load({ port: server.port, calls: callsARound, firstCaller, callers, skip, acknowledge: true })
  const spent = cpuNanoseconds(server.pid) - before
  const right = result.statuses.get(contest.status) ?? 0
  if (right < callsARound * RIGHT_MIN)
    throw new Error(
      `${server.name}: ${right} of ${callsARound} calls were answered ${contest.status}: ${JSON.stringify([...result.statuses])}, ${result.lost} lost`,
    )
  return spent / 1000 / callsARound
}

function print(costs: ReadonlyMap<string, readonly number[]>, contests: readonly Contest[]): void {
  console.log(
    `CPU microseconds a call, INVITE and ACK; median (least to most) of ${rounds} rounds of ${callsARound} calls\n`,
  )
  console.log('| call | gate | Kamailio 5.6 tlsf | ratio |')
  console.log('| --- | --- | --- | --- |')
  for (const { name } of contests) {
    const gate = costs.get(`gate ${name}`)!
    const kamailio = costs.get(`kamailio ${name}`)!
    const ratio = median(gate) / median(kamailio)
    console.log(`| ${name} | ${spread(gate)} | ${spread(kamailio)} | ${ratio.toFixed(2)} |`)
  }
}

async function startOpponent(): Promise<Server> {
  const [port] = await freeUdpPorts(1)
  const file = new URL('kamailio.cfg', import.meta.url).pathname
  const more = ['-x', 'tlsf', '-X', 'tlsf', '-m', '1024']
  const { peer } = await startKamailio(owner, file, port!, { LISTEN: `udp:127.0.0.1:${port}` }, more)
  pinTo(1, peer.pid)
  return { name: 'kamailio', pid: peer.pid, port: port! }
}

async function startGate(): Promise<Server> {
  const deny = Array.from({ length: LISTED }, (_, index) => `+1${LISTED_FROM + index}`)
  const gate = await Recourse.start(owner, { limit: 10_000, deny, desk: 'https://desk.example' })
  pinTo(1, gate.pid)
  return { name: 'gate', pid: gate.pid, port: gate.port }
}

/** Run time of a process, all its threads and its children's, by the scheduler's count. */
function cpuNanoseconds(pid: number): number {
  let total = 0
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    total += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0])
    const children = readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim()
    for (const child of children.split(' ').filter(Boolean)) total += cpuNanoseconds(Number(child))
  }
  return total
}

/** Keeps a process on one core where there are two, so that load and server do not share; children started later inherit it. */
function pinTo(core: number, pid: number): void {
  if (availableParallelism() < 2) return
  for (const process of [pid, ...childrenOf(pid)]) spawnSync('taskset', ['-apc', String(core), String(process)])
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number)
  return children.flatMap((child) => [child, ...childrenOf(child)])
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

function spread(values: readonly number[]): string {
  return `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`
}
