// What copies of calls cost the monitor: a minute of HEPv3 over UDP at 50,000 messages a second, on one core.
//
//     node bench/hep.ts [messages a second] [seconds]
//
// Either has a core of its own, as far as the system lets it: other work there is what would be measured otherwise.
// Told are: what was sent and what the monitor counted, its CPU a message by the kernel's account, and its memory over time.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { freePort } from '../test/peers/port.ts'
import { putFirst } from './first.ts'

const perSecond = Number(process.argv[2] ?? 50_000)
const seconds = Number(process.argv[3] ?? 60)
const MAIN = new URL('../src/main/recourse.ts', import.meta.url).pathname
const LOAD = new URL('hep-load.ts', import.meta.url).pathname
const CORES = availableParallelism()
type Counts = { readonly sent: number; readonly calls: number; readonly refused: number; readonly keptMs: number }

const folder = mkdtempSync(join(tmpdir(), 'recourse-bench-hep-'))
const port = await freePort()
const store = `sqlite:${join(folder, 'monitor.db')}`
const monitor = spawn(
  process.execPath,
  [MAIN, 'monitor', '--quiet', '--hep', `udp:127.0.0.1:${port}`, '--store', store],
  {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: folder,
  },
)
try {
  let said = ''
  monitor.stderr.on('data', (text) => (said += String(text)))
  while (!said.includes('taking copies')) await setTimeout(50)
  if (CORES > 1) spawnSync('taskset', ['-apc', '1', String(monitor.pid)])
  const isFirst = putFirst(monitor.pid!)
  const before = cpuNanoseconds(monitor.pid!)
  const load = spawn('taskset', ['-c', '0', process.execPath, LOAD, String(port), String(perSecond), String(seconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  putFirst(load.pid!)
  let counts = ''
  load.stdout.on('data', (text) => (counts += String(text)))
  const ended = new Promise((resolve) => load.on('exit', resolve))
  const memory: number[] = []
  const watch = setInterval(() => memory.push(memoryMb(monitor.pid!)), (seconds * 1000) / 12)
  await ended
  clearInterval(watch)
  // What still waits in the buffer, and the attempts that settle a few seconds later.
  await setTimeout(2_000)
  const spent = cpuNanoseconds(monitor.pid!) - before
  monitor.kill('SIGTERM')
  await new Promise((resolve) => monitor.on('exit', resolve))
  const { sent, calls, refused, keptMs } = JSON.parse(counts) as Counts
  const taken = Number(/([0-9]+) cop(?:y|ies) taken/.exec(said)?.[1] ?? 0)
  const [, answered = 0, told = 0] = (/([0-9]+) answered, [0-9]+ given up, ([0-9]+) refused/.exec(said) ?? []).map(
    Number,
  )
  console.log(
    `sent ${sent} copies of ${calls} calls (${refused} refused) in ${seconds} s; the monitor took ${taken}, lost ${sent - taken}`,
  )
  if (keptMs > 0) console.log(`who sends was kept from it for ${keptMs} ms, which were left out`)
  if (!isFirst) console.log('other work on its core went first as often: only root may change that')
  console.log(`it told of ${answered} answered and ${told} refused calls`)
  console.log(
    `CPU ${(spent / 1000 / sent).toFixed(1)} us a copy, ${((spent / 1e9 / seconds) * 100).toFixed(0)} % of a core`,
  )
  console.log(`memory (RSS, MB) over time: ${memory.join(' ')}`)
} finally {
  monitor.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
}

function cpuNanoseconds(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')[0]))
    .reduce((sum, one) => sum + one, 0)
}

function memoryMb(pid: number): number {
  const pages = Number(/VmRSS:\s+([0-9]+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0)
  return Math.round(pages / 1024)
}
