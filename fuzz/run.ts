// Feeds changed vectors to every target: `node fuzz/run.ts SECONDS [SEED]`. What breaks one is saved in fuzz/found.
// `node fuzz/run.ts FILE…` feeds saved octets again.
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mutator } from './mutate.ts'
import { TARGETS, breaks } from './targets.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOUND = join(ROOT, 'fuzz', 'found')
/** An input that takes longer than this is a find too. */
const SLOW_MS = 1_000

const [first = '60', second] = process.argv.slice(2)
if (/^\d+$/.test(first)) fuzz(Number(first), Number(second ?? Date.now() % 2 ** 31))
else for (const path of process.argv.slice(2)) feed(new Uint8Array(readFileSync(path)), path)

function fuzz(seconds: number, seed: number): void {
  const paths = globSync(['vectors/**/*.{sip,hep}', 'fuzz/found/*'], { cwd: ROOT })
  const seeds = paths.map((path) => new Uint8Array(readFileSync(join(ROOT, path))))
  const mutate = mutator(seeds, seed)
  const until = performance.now() + seconds * 1000
  let inputs = 0
  let finds = 0
  console.log(`${TARGETS.size} targets, ${seeds.length} seeds, ${seconds} s, seed ${seed}`)
  while (performance.now() < until && finds < 20) {
    inputs++
    finds += feed(mutate(), `input ${inputs}`)
  }
  console.log(`${inputs} inputs, ${finds} finds`)
  if (seeds.length === 0 || inputs === 0) throw new Error('nothing was tried')
  process.exitCode = finds === 0 ? 0 : 1
}

/** Gives octets to every target; returns how many of them broke. */
function feed(bytes: Uint8Array, name: string): number {
  let finds = 0
  for (const [target, run] of TARGETS) {
    const started = performance.now()
    const broke = breaks(run, bytes)
    const tookMs = performance.now() - started
    if (broke === undefined && tookMs < SLOW_MS) continue
    finds++
    console.error(`${target}: ${name}: ${broke ?? `took ${tookMs.toFixed(0)} ms`}\n  saved as ${save(target, bytes)}`)
  }
  return finds
}

function save(target: string, bytes: Uint8Array): string {
  mkdirSync(FOUND, { recursive: true })
  const path = join(FOUND, `${target}-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`)
  writeFileSync(path, bytes)
  return relative(ROOT, path)
}
