// What recording costs: receipts a second, and blocks a second that are on stable storage when they are told of.
// Run by hand: node bench/ledger.ts [blocks] [directory]
import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { chainHash, commitTo, hashReceipt } from '#core/ledger/chain.ts'
import { formatPersonal } from '#core/ledger/canonical.ts'
import type { BlockEntry } from '#core/ledger/entry.ts'
import { createReceiptRing } from '#core/receipt/receipt.ts'
import { openLedger } from '#edge/store/sqlite-ledger.ts'
import { openLedgerReader } from '#edge/store/ledger-reader.ts'

const blocks = Number(process.argv[2] ?? 60_000)
const directory = mkdtempSync(join(process.argv[3] ?? tmpdir(), 'recourse-bench-'))
const ring = createReceiptRing(new Map([[0, Buffer.alloc(32, 7)]]), 0)
const startMs = Date.UTC(2026, 10, 22)

function timeReceipts(): void {
  const facts = factsOf(1)
  const id = ring.seal(facts)
  report('receipts sealed', 300_000, () => ring.seal(facts))
  report('receipts opened', 300_000, () => ring.open(id))
}

/** The pure work on one block, without threads and without a disk. */
function timeParts(): void {
  const block = blockOf(1, 1_432)
  const salt = new Uint8Array(16)
  const { personal, ...open } = block
  const receiptHash = hashReceipt(personal.receipt)
  const columns = { ...open, chain: 'gate', seq: 1, receiptHash, erased: undefined, commitment: receiptHash }
  const json = formatPersonal(personal)
  report(`canonical JSON of the personal columns (${json.length} octets)`, 50_000, () => formatPersonal(personal))
  report(`SHA-256 of as many octets`, 50_000, () => hash('sha256', json))
  report('commitment (both of these)', 50_000, () => commitTo(salt, personal))
  report('chain hash', 50_000, () => chainHash(receiptHash, columns))
}

async function timeLedger(octets: number): Promise<void> {
  const path = join(directory, `ledger-${octets}.db`)
  const ledger = await openLedger(`sqlite:${path}`)
  const latencies: number[] = []
  let done = 0
  const begun = performance.now()
  const cpuBefore = process.cpuUsage()
  // So many wait at a time: a gate that is asked faster than the store records.
  for (let next = 0; next < blocks;) {
    const burst = []
    for (let i = 0; i < 64 && next < blocks; i++, next++) {
      burst.push(record(blockOf(next, octets)))
    }
    if (next - done > 2_048) await Promise.all(burst)
    else await new Promise((resolve) => setImmediate(resolve))
  }
  await ledger.close()
  const seconds = (performance.now() - begun) / 1_000
  const cpu = process.cpuUsage(cpuBefore)
  latencies.sort((a, b) => a - b)
  const { commits } = ledger.figures()
  const rate = Math.round(blocks / seconds)
  const cpuUs = ((cpu.user + cpu.system) / blocks).toFixed(1)
  console.log(
    `request ${octets} octets: ${rate} blocks/s durable, ${cpuUs} us CPU a block (both threads), ${commits} commits, ` +
      `ack p50 ${at(0.5)} ms p99 ${at(0.99)} ms, ${Math.round(statSync(path).size / blocks)} octets a block on disk`,
  )
  const reader = openLedgerReader(`sqlite:${path}`)
  const from = performance.now()
  const { entries, fault } = reader.verify({})
  console.log(
    `  verified ${entries} entries at ${Math.round(entries / ((performance.now() - from) / 1_000))}/s, fault ${fault?.kind ?? 'none'}`,
  )
  reader.close()

  async function record(block: BlockEntry): Promise<void> {
    const since = performance.now()
    await ledger.record(block)
    latencies.push(performance.now() - since)
    done++
  }

  function at(share: number): string {
    return latencies[Math.floor((latencies.length - 1) * share)]!.toFixed(1)
  }
}

function report(name: string, times: number, run: () => unknown): void {
  for (let i = 0; i < times / 10; i++) run()
  const begun = performance.now()
  for (let i = 0; i < times; i++) run()
  const us = ((performance.now() - begun) * 1_000) / times
  console.log(`${name}: ${us.toFixed(2)} us, ${Math.round(1e6 / us)}/s`)
}

function factsOf(number: number) {
  return {
    atMs: startMs + number,
    calling: { kind: 'e164', digits: 12_125_550_000 + (number % 10_000), count: 11 },
    called: { kind: 'e164', digits: 14_150_000_000 + ((number * 7_919) % 10_000_000), count: 11 },
    rule: 4,
    transaction: { high: number, low: 0x9e3779b1 },
  } as const
}

function blockOf(number: number, requestOctets: number): BlockEntry {
  const facts = factsOf(number)
  const request = MESSAGE.slice(0, requestOctets)
  return {
    entry: 'block',
    at: facts.atMs,
    // Spread over the index, as a keyed hash is.
    transaction: hash('md5', String(number)).slice(0, 16),
    notice: { kind: '603+', status: 603 },
    cause: 'analytics',
    program: 'opt-out',
    rule: 'volume-number',
    policy: 3,
    attestation: 'A',
    optOut: false,
    peer: 'edge',
    tenant: undefined,
    trunk: undefined,
    personal: {
      receipt: ring.seal(facts),
      calling: `+${facts.calling.digits}`,
      called: `+${facts.called.digits}`,
      displayName: 'Example Caller',
      callId: `a84b4c76e66710-${number}@pc33.example`,
      request,
      answer: request.slice(0, 560),
      grounds: '[{"kind":"volume","rule":"volume-number","of":"number","count":412,"limit":300,"perMs":600000}]',
    },
  }
}

const MESSAGE = `INVITE sip:+14155550199@gate.example SIP/2.0\r\n${'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK776asdhds;rport\r\n'.repeat(30)}`

try {
  timeReceipts()
  timeParts()
  for (const octets of [0, 700, 1_432]) await timeLedger(octets)
} finally {
  rmSync(directory, { recursive: true })
}
