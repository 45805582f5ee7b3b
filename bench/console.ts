// What the overview and the pages of blocked calls cost on a full store: a million blocks, as many calls in the journal.
// Run by hand: node bench/console.ts [blocks] [directory]
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseParty } from '#core/call/party.ts'
import type { BlockEntry } from '#core/ledger/entry.ts'
import { SPANS, type Span } from '#core/overview/overview.ts'
import { openBlockReader } from '#edge/store/block-reader.ts'
import { openCallReader } from '#edge/store/call-reader.ts'
import { openFlowReader } from '#edge/store/flow-reader.ts'
import { openLedgerReader } from '#edge/store/ledger-reader.ts'
import { openLedger } from '#edge/store/sqlite-ledger.ts'
import { createBlockLook } from '#main/desk/block-look.ts'
import { createBlockSearch } from '#main/desk/block-search.ts'
import { loadConfig } from '#main/config/load.ts'
import { Flow } from '#main/desk/flow.ts'
import { DelaySlices } from '#main/desk/delay-slices.ts'
import { openOverview } from '#main/desk/overview-room.ts'
import { openTestCases } from '../test/cases.ts'

const rows = Number(process.argv[2] ?? 1_000_000)
const directory = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'recourse-console-bench-'))
const url = `sqlite:${join(directory, 'recourse.db')}`
const SPAN_MS = 27 * 86_400_000
const END_MS = Date.now()
const RUNS = 15

try {
  await fill()
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

async function fill(): Promise<void> {
  const begun = performance.now()
  const ledger = await openLedger(url, { durability: 'off', journalKeepMs: 2 * SPAN_MS })
  for (let next = 0; next < rows;) {
    const burst: Promise<unknown>[] = []
    for (let i = 0; i < 4_000 && next < rows; i++, next++) {
      const block = blockOf(next)
      burst.push(ledger.record(block))
      const { at, peer, attestation, rule } = block
      const [calling, called] = [parseParty(block.personal.calling), parseParty(block.personal.called)]
      ledger.note({ at, calling, called, peer, trunk: '', attestation, verdict: 'block', rule })
    }
    await Promise.all(burst)
  }
  const { journalled, journalDrops } = ledger.figures()
  await ledger.close()
  const taken = ((performance.now() - begun) / 1_000).toFixed(0)
  console.log(`${rows} blocks, ${journalled} calls (${journalDrops} dropped) in ${taken} s`)
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

function blockOf(index: number): BlockEntry {
  const calling = numberOf(index)
  const ground = { kind: 'volume', rule: 'volume', cause: 'analytics', of: 'number', subject: calling }
  return {
    entry: 'block',
    at: END_MS - SPAN_MS + Math.floor((index * SPAN_MS) / rows),
    transaction: index.toString(16).padStart(16, '0'),
    notice: { kind: '603+', status: 603 },
    cause: index % 5 === 0 ? 'invalid' : 'analytics',
    program: 'opt-out',
    rule: index % 100_000 === 0 ? 'rare' : `volume-${index % 7}`,
    policy: 1,
    attestation: 'C',
    optOut: false,
    peer: index % 100_001 === 0 ? 'rare' : 'edge',
    tenant: undefined,
    personal: {
      receipt: receiptOf(index),
      calling,
      called: `+1415555${String(index % 10_000).padStart(4, '0')}`,
      displayName: '',
      callId: `${index}@bench`,
      request: 'INVITE',
      answer: 'SIP/2.0 603',
      grounds: JSON.stringify([{ ...ground, count: 301, exact: true, limit: 300, perMs: 86_400_000, calls: [] }]),
    },
  }
}

function numberOf(index: number): string {
  return `+1212${String(5_000_000 + (index % 20_000)).padStart(7, '0')}`
}

function receiptOf(index: number): string {
  return `I${String(index).padStart(63, '0')}`
}
