// What a replay costs: `node bench/replay.ts [calls]`. Calls from 100,000 numbers as NDJSON, through the command as people run
// it, with two volume rules, 50,000 listed numbers and nothing to compare with; then against the policy in force, which
// judges every call twice. CPU of the whole process, less that of an empty run.
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const CALLS = Number(process.argv[2] ?? 1_000_000)
const RUNS = 3
const COMMAND = new URL('../bin/recourse.js', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'recourse-bench-'))

const POLICY = `rules:
  - { id: listed, deny: "file:listed.csv", cause: ordered }
  - { id: volume-number, volume: { of: number, limit: 300, per: 10m } }
  - { id: volume-block, volume: { of: block, limit: 20000, per: 10m } }
`
write('listed.csv', (line) => `+1303${String(5_000_000 + line)}\n`, 50_000)
write('one.ndjson', callAt, 1)
write('calls.ndjson', callAt, CALLS)
writeFileSync(join(folder, 'policy.yaml'), POLICY)
writeFileSync(
  join(folder, 'recourse.yaml'),
  'operator: { name: Northwire, contact: { url: "https://redress.northwire.example/" } }\npolicy: "file:policy.yaml"\n',
)
const empty = median(() => run('one.ndjson', 'none'))
const rows = (['none', 'in-force'] as const).map((against) => {
  const seconds = median(() => run('calls.ndjson', against)) - empty
  const calls = Math.round(CALLS / seconds)
  return {
    against,
    'CPU s': seconds.toFixed(2),
    'calls a second': calls,
    'µs a call': ((seconds / CALLS) * 1e6).toFixed(2),
  }
})
console.log(
  `${CALLS} calls, ${Math.round(statSync(join(folder, 'calls.ndjson')).size / 2 ** 20)} MiB, start ${empty.toFixed(2)} s`,
)
console.table(rows)
rmSync(folder, { recursive: true })

function callAt(line: number): string {
  const at = new Date(Date.UTC(2026, 10, 1) + line * 7).toISOString()
  const calling = `+1212${String(5_000_000 + ((line * 7919) % 100_000))}`
  return `{"at":"${at}","calling":"${calling}","called":"+1415555${String(line % 9000).padStart(4, '0')}","peer":"edge","attestation":"A"}\n`
}

function write(name: string, line: (number: number) => string, lines: number): void {
  const file = openSync(join(folder, name), 'w')
  for (let from = 0; from < lines; from += 10_000) {
    const some = Math.min(10_000, lines - from)
    writeSync(file, Array.from({ length: some }, (_, index) => line(from + index)).join(''))
  }
  closeSync(file)
}

/** CPU seconds of one replay, its garbage collector included. */
function run(from: string, against: string): number {
  const words = ['replay', '--policy', 'policy.yaml', '--from', from, '--against', against, '--json']
  const hook = `process.on('exit', () => process._rawDebug(JSON.stringify(process.cpuUsage())))`
  const args = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, COMMAND, ...words]
  const { stderr, status } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 30 })
  const usage = /\{"user":(\d+),"system":(\d+)\}/.exec(stderr)
  if (status === 2 || usage === null) throw new Error(stderr)
  return (Number(usage[1]) + Number(usage[2])) / 1e6
}

function median(measure: () => number): number {
  return Array.from({ length: RUNS }, measure).toSorted((a, b) => a - b)[Math.floor(RUNS / 2)]!
}
