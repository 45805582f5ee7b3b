// How fast the monitor's store takes attempts, and how long its lists take: `node bench/monitor-store.ts [refused rows]`.
// One thread; 5 % of the attempts are refused, of 400 own numbers in 40 blocks through 4 carriers, blocked by 12 blockers.
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sampleAttempt } from '../src/edge/store/monitor-samples.ts'
import { openMonitorReader } from '../src/edge/store/monitor-reader.ts'
import { openMonitorStore } from '../src/edge/store/monitor-store.ts'

const BATCH = 2_000
const rows = Number(process.argv[2] ?? 50_000)
const refusedInHundred = Number(process.argv[3] ?? 5)
const folder = mkdtempSync(join(tmpdir(), 'recourse-bench-'))
const path = join(folder, 'recourse.db')
const store = openMonitorStore(`sqlite:${path}`)
const start = Date.now() - 20 * 86_400_000
const attempts = Math.round((rows * 100) / refusedInHundred)
const stepMs = (20 * 86_400_000) / attempts
let spentMs = 0
let lastMs = 0
const cpu = process.cpuUsage()
for (let from = 0; from < attempts; from += BATCH) {
  const batch = Array.from({ length: BATCH }, (_, at) =>
    sampleAttempt(from + at, { at: Math.floor(start + (from + at) * stepMs), refusedInHundred }),
  )
  const began = performance.now()
  store.take(batch, [{ source: 'bench', place: String(from + batch.length) }])
  lastMs = performance.now() - began
  spentMs += lastMs
}
const used = process.cpuUsage(cpu)
const rate = Math.round((attempts / spentMs) * 1000)
console.log(
  `take: ${attempts} attempts, ${rows} refused, ${rate}/s; the last batch ${Math.round((BATCH / lastMs) * 1000)}/s`,
)
const cpuS = (used.user + used.system) / 1e6
console.log(
  `CPU, making the attempts among it: ${cpuS.toFixed(1)} s, ${Math.round(attempts / cpuS)} attempts a second of CPU`,
)
console.log(
  `store: ${(statSync(path).size / 1e6).toFixed(0)} MB, RSS ${(process.memoryUsage.rss() / 1e6).toFixed(0)} MB`,
)
store.close()

const reader = openMonitorReader(`sqlite:${path}`)
const now = Date.now()
const day = 86_400_000
const lists: readonly [name: string, list: () => readonly unknown[]][] = [
  ['observations, newest', () => reader.observations({}, undefined, 50).rows],
  ['observations of a carrier', () => reader.observations({ carrier: 'carrier-2' }, undefined, 50).rows],
  [
    'observations of a blocker',
    () => reader.observations({ blocker: 'redress.blocker-3.example' }, undefined, 50).rows,
  ],
  ['observations of a number', () => reader.observations({ number: '+12125550040' }, undefined, 50).rows],
  ['observations by standing', () => reader.observations({ standing: 'person' }, undefined, 50).rows],
  [
    'observations since and before',
    () => reader.observations({ since: now - 9 * day, until: now - 8 * day }, undefined, 50).rows,
  ],
  [
    'observations that hardly exist (blocker and person)',
    () => reader.observations({ blocker: 'redress.blocker-3.example', standing: 'person' }, undefined, 50).rows,
  ],
  [
    'observations of a number and a standing',
    () => reader.observations({ number: '+12125550040', standing: 'proven' }, undefined, 50).rows,
  ],
  ['groups', () => reader.groups({}, now)],
  ['groups of a carrier', () => reader.groups({ carrier: 'carrier-2' }, now)],
  ['groups of a number', () => reader.groups({ number: '+12125550040' }, now)],
  ['own numbers', () => reader.numbers(50)],
  ['contacts', () => reader.contacts()],
]
for (const [name, list] of lists) {
  const began = performance.now()
  const found = list().length
  const coldMs = performance.now() - began
  const again = performance.now()
  list()
  console.log(`${name}: ${found} in ${coldMs.toFixed(1)} ms, again ${(performance.now() - again).toFixed(1)} ms`)
}
const began = performance.now()
const pairs = reader.silencePairs(now)
console.log(`silence: ${pairs.length} pairs read in ${(performance.now() - began).toFixed(0)} ms`)
reader.close()
rmSync(folder, { recursive: true })
