import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startKamailio } from '../test/peers/kamailio.ts'
import { type Owner, temporaryDirectory } from '../test/peers/peer.ts'
import { freePort } from '../test/peers/port.ts'
import { Recourse } from '../test/peers/recourse.ts'
import { putFirst } from './first.ts'
import { type LoadResult, load } from './load.ts'

/**
 * What a call costs the gate, and Kamailio doing the same lookups, in one interleaved run:
 *
 *     node bench/gate.ts [rounds] [allowed calls a round] [blocked calls a round]
 *
 * There are two of Kamailio: one that answers without state, and one that keeps what the gate keeps as far as it can, which is
 * transactions and a durable row for each block; that one needs Debian's `kamailio-sqlite-modules`.
 *
 * The figure is the run time of every thread and child of the server, by the kernel's own account, divided by the calls.
 * Absolute values move with the machine and its other work; the ratio of one run is what counts. Then each gate is given
 * half of the calls it can take, and the delay of its answers is told; and one thread is compared with two.
 */
const rounds = Number(process.argv[2] ?? 5)
const allowedCalls = Number(process.argv[3] ?? 30_000)
const blockedCalls = Number(process.argv[4] ?? 10_000)

/** Both servers hold this list of callers to block: `+18550000000` and on. */
const LISTED = 100_000
const LISTED_FROM = 8_550_000_000
const FREE_FROM = 2_120_000_000
/** A run in which more calls than this get no or another answer measures something else. */
const RIGHT_MIN = 0.99
const PACED_SECONDS = 4
const CORES = availableParallelism()
const SERVER_CORE = CORES < 2 ? '0' : '1'
const OTHER_CORES = CORES < 3 ? SERVER_CORE : `1-${CORES - 1}`

type Server = { name: string; pid: number; port: number }
type Contest = { name: string; firstCaller: number; callers: number; status: number; calls: number }
type Measure = { microseconds: number; perSecond: number }

const contests: Contest[] = [
  { name: 'allowed', firstCaller: FREE_FROM, callers: 1_000_000_000, status: 404, calls: allowedCalls },
  { name: 'blocked', firstCaller: LISTED_FROM, callers: LISTED, status: 603, calls: blockedCalls },
]
const cleanUps: (() => unknown)[] = []
const owner: Owner = { after: (cleanUp) => cleanUps.unshift(cleanUp) }
/** How many calls each contest has placed: every run goes on with the next caller. */
const placed = new Map<string, number>()
try {
  pinTo('0', process.pid)
  if (!putFirst(process.pid)) console.log('Delays of other work are in these: only root may have it wait.\n')
  const stateless = await startOpponent('kamailio', {})
  const keeping = await startOpponent('kamailio, keeping', { KEEPING: `"rows=>sqlite:///${makeRows()}"` })
  const opponents = [stateless, keeping]
  const dgram = await startGate('dgram', 'dgram', 1)
  const batch = await startGate('batch', 'batch', 1)
  const two = await startGate('batch, 2 threads', 'batch', 2)
  const gates = [dgram, batch, two]
  const measures = new Map<string, Measure[]>()
  for (let round = -1; round < rounds; round++)
    for (const contest of contests)
      for (const server of [...gates, ...opponents]) {
        const measure = saturate(server, contest)
        const key = `${server.name} ${contest.name}`
        // The first round warms all of them up.
        if (round >= 0) measures.set(key, [...(measures.get(key) ?? []), measure])
      }
  printCosts(measures, gates, opponents)
  printDelays(measures, [dgram, batch])
  printScaling([batch, two])
} finally {
  for (const cleanUp of cleanUps) await cleanUp()
}

/** Runs the load once, as fast as it is answered; wrong or missing answers make the run void. */
function saturate(server: Server, contest: Contest): Measure {
  const before = cpuNanoseconds(server.pid)
  const result = load({ ...planOf(server, contest, contest.calls), acknowledge: true })
  const spent = cpuNanoseconds(server.pid) - before
  expectRight(server, contest, contest.calls, result)
  return { microseconds: spent / 1000 / contest.calls, perSecond: contest.calls / result.seconds }
}

function planOf({ port }: Server, { name, firstCaller, callers }: Contest, calls: number) {
  const skip = placed.get(name) ?? 0
  placed.set(name, skip + calls)
  return { port, calls, firstCaller, callers, skip, acknowledge: true }
}

function expectRight(server: Server, { status }: Contest, calls: number, { statuses, lost }: LoadResult): void {
  if ((statuses.get(status) ?? 0) >= calls * RIGHT_MIN) return
  const got = JSON.stringify([...statuses])
  throw new Error(`${server.name}: not all of ${calls} calls were answered ${status}: ${got}, ${lost} lost`)
}

function printCosts(
  measures: ReadonlyMap<string, readonly Measure[]>,
  gates: readonly Server[],
  opponents: readonly Server[],
): void {
  const costOf = (server: Server, name: string) =>
    measures.get(`${server.name} ${name}`)!.map(({ microseconds }) => microseconds)
  console.log(`CPU microseconds a call, INVITE and ACK; median (least to most) of ${rounds} rounds\n`)
  console.log(
    '| call | server | CPU | to Kamailio 5.6 tlsf | to it keeping what the gate keeps | calls/s on one core |',
  )
  console.log('| --- | --- | --- | --- | --- | --- |')
  for (const { name } of contests)
    for (const server of [...gates, ...opponents]) {
      const cpu = costOf(server, name)
      const ratios = opponents.map((other) => (median(cpu) / median(costOf(other, name))).toFixed(2)).join(' | ')
      const perSecond = Math.round(median(measures.get(`${server.name} ${name}`)!.map(({ perSecond }) => perSecond)))
      console.log(`| ${name} | ${server.name} | ${spread(cpu)} | ${ratios} | ${perSecond} |`)
    }
}

function printDelays(measures: ReadonlyMap<string, readonly Measure[]>, gates: readonly Server[]): void {
  console.log('\nDelay of answers at half of the calls that one core takes, milliseconds\n')
  console.log('| call | gate | calls/s | median | p99 | p99.9 | answered as they should be |')
  console.log('| --- | --- | --- | --- | --- | --- | --- |')
  for (const contest of contests)
    for (const gate of gates) {
      const full = median(measures.get(`${gate.name} ${contest.name}`)!.map(({ perSecond }) => perSecond))
      const perSecond = Math.round(full / 2)
      const calls = perSecond * PACED_SECONDS
      const result = load({ ...planOf(gate, contest, calls), perSecond })
      const right = (((result.statuses.get(contest.status) ?? 0) / calls) * 100).toFixed(1)
      const [half, most, nearlyAll] = [0.5, 0.99, 0.999].map((share) => result.delays.percentile(share).toFixed(2))
      console.log(`| ${contest.name} | ${gate.name} | ${perSecond} | ${half} | ${most} | ${nearlyAll} | ${right} % |`)
    }
}

/** On as many cores as there are besides the load's; on a machine with two the threads share one, and only the cost tells. */
function printScaling(gates: readonly Server[]): void {
  for (const { pid } of gates) pinTo(OTHER_CORES, pid)
  const [contest] = contests as [Contest]
  const measures = gates.map((gate) => Array.from({ length: rounds }, () => saturate(gate, contest)))
  console.log(`\nFrom one thread to two, allowed calls, on core ${OTHER_CORES}\n`)
  console.log('| gate | calls/s | CPU a call |')
  console.log('| --- | --- | --- |')
  for (const [index, gate] of gates.entries()) {
    const own = measures[index]!
    const perSecond = Math.round(median(own.map(({ perSecond }) => perSecond)))
    console.log(`| ${gate.name} | ${perSecond} | ${spread(own.map(({ microseconds }) => microseconds))} |`)
  }
}

async function startOpponent(name: string, more: Record<string, string>): Promise<Server> {
  const port = await freePort()
  const file = new URL('kamailio.cfg', import.meta.url).pathname
  const defines = { LISTEN: `udp:127.0.0.1:${port}`, ...more }
  const { peer } = await startKamailio(owner, file, port, defines, ['-x', 'tlsf', '-X', 'tlsf', '-m', '1024'])
  pinTo(SERVER_CORE, peer.pid)
  return { name, pid: peer.pid, port }
}

/** An SQLite file with the columns of a ledger's row that Kamailio can fill. */
function makeRows(): string {
  const file = join(temporaryDirectory(owner), 'rows.db')
  const database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('CREATE TABLE block (at INTEGER, call_id TEXT, calling TEXT, called TEXT, peer TEXT, status INTEGER)')
  database.close()
  return file
}

async function startGate(name: string, udp: 'dgram' | 'batch', threads: number): Promise<Server> {
  const deny = Array.from({ length: LISTED }, (_, index) => `+1${LISTED_FROM + index}`)
  const gate = await Recourse.start(owner, { limit: 10_000, deny, desk: 'https://desk.example', udp, threads })
  pinTo(SERVER_CORE, gate.pid)
  return { name, pid: gate.pid, port: gate.port }
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

/** Keeps a process on some cores, so that load and server do not share, before other work there; children started later inherit both. */
function pinTo(cores: string, pid: number): void {
  for (const process of [pid, ...childrenOf(pid)]) {
    spawnSync('taskset', ['-apc', cores, String(process)])
    putFirst(process)
  }
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
