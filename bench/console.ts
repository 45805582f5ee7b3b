// What the overview and the pages of blocked calls cost on a full store: a million blocks, as many calls in the journal.
// Run by hand: node bench/console.ts [blocks] [directory]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { SPANS, type Span } from '#core/overview/overview.ts'
import { openBlockReader } from '#edge/store/block-reader.ts'
import { openCallReader } from '#edge/store/call-reader.ts'
import { openFlowReader } from '#edge/store/flow-reader.ts'
import { openLedgerReader } from '#edge/store/ledger-reader.ts'
import { createBlockLook } from '#main/desk/block-look.ts'
import { createBlockSearch } from '#main/desk/block-search.ts'
import { loadConfig } from '#main/config/load.ts'
import { Flow } from '#main/desk/flow.ts'
import { DelaySlices } from '#main/desk/delay-slices.ts'
import { openOverview } from '#main/desk/overview-room.ts'
import { openTestCases } from '../test/cases.ts'
import { SPAN_MS, fillBlocks, numberOf, receiptOf } from './full-store.ts'

const rows = Number(process.argv[2] ?? 1_000_000)
const directory = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'recourse-console-bench-'))
const url = `sqlite:${join(directory, 'recourse.db')}`
const END_MS = Date.now()
const RUNS = 15

try {
  await fillBlocks(url, rows, END_MS)
  const cases = openTestCases(url, new Uint8Array(32).fill(5))
  const ledger = openLedgerReader(url)
  const reader = openBlockReader(url)
  const search = createBlockSearch(ledger)
  const calls = openCallReader(url)
  const loaded = loadConfig({ path: undefined, env: {}, readFile: (file) => readFileSync(file, 'utf8') })
  if (loaded.kind !== 'loaded') throw new Error('the configuration that nobody changed cannot be used')
  const { policy } = loaded.config
  const { store } = cases
  const look = createBlockLook({ calls, store, policy: () => policy, holders: () => [], now: () => END_MS }, reader)
  const middle = Math.floor(rows / 2)
  await time('blocks, first page', () => search({}, undefined, 50))
  await time('blocks of a number', () => search({ number: numberOf(7) }, undefined, 50))
  await time('blocks of a receipt', () => search({ receipt: receiptOf(middle) }, undefined, 50))
  await time('blocks of a rare rule', () => search({ rule: 'rare' }, undefined, 50))
  await time('blocks of a cause nothing has', () => search({ cause: 'ordered' }, undefined, 50))
  await time('blocks of the peer that all have', () => search({ peer: 'edge' }, undefined, 50))
  await time('blocks of a rare peer', () => search({ peer: 'rare' }, undefined, 50))
  await time('blocks of a rare rule of the peer that most have', () =>
    search({ peer: 'edge', rule: 'rare' }, undefined, 50),
  )
  await time('blocks of a peer nothing has', () => search({ peer: 'nobody' }, undefined, 50))
  await time('blocks before a time', () => search({ before: END_MS - SPAN_MS / 2 }, undefined, 50))
  await time('one block', () => look({ by: 'receipt', receipt: receiptOf(middle) }))
  await time('one block by its place', () => look({ by: 'entry', chain: 'gate', seq: middle }))

  const flows = openFlowReader(url)
  const flow = new Flow(flows, SPANS['28d'].spanMs)
  const steps: number[] = []
  for (let isMore = true; isMore;) {
    const begun = performance.now()
    isMore = flow.step(END_MS)
    steps.push(performance.now() - begun)
  }
  const longest = Math.max(...steps).toFixed(1)
  console.log(`counting all: ${steps.length} steps, the longest ${longest} ms, together ${sum(steps).toFixed(0)} ms`)
  const overview = openOverview({
    reader: flows,
    process: () => undefined,
    delays: new DelaySlices(),
    ledger: () => ({ state: 'looking', checkedAt: undefined, entries: 0, words: '' }),
    peers: () => ['edge'],
    now: () => END_MS,
    alarm: (cause) => console.error(cause),
  })
  while (overview.read('28d').knownSince !== undefined) await new Promise((wake) => setTimeout(wake, 100))
  for (const span of Object.keys(SPANS) as Span[]) await time(`overview of ${span}`, () => overview.read(span))
  const begun = performance.now()
  const { fault, entries } = ledger.verify({})
  console.log(
    `verifying ${entries} entries: ${((performance.now() - begun) / 1_000).toFixed(1)} s, fault ${fault?.kind ?? 'none'}`,
  )
  overview.close()
  reader.close()
  calls.close()
  ledger.close()
  cases.close()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

/** The median and the longest of some runs, in milliseconds. */
async function time(what: string, run: () => unknown): Promise<void> {
  await run()
  const taken: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const begun = performance.now()
    await run()
    taken.push(performance.now() - begun)
  }
  taken.sort((a, b) => a - b)
  console.log(`${what}: median ${taken[RUNS >> 1]!.toFixed(1)} ms, longest ${taken.at(-1)!.toFixed(1)} ms`)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0)
}
