// What the desk's lists and pages cost on a full store: a million rows of the ledger, a hundred thousand cases.
// Run by hand: node bench/desk.ts [ledger rows] [cases] [directory]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseParty } from '#core/call/party.ts'
import type { BlockEntry } from '#core/ledger/entry.ts'
import { createReceiptRing } from '#core/receipt/receipt.ts'
import type { CaseFilter } from '#core/redress/office.ts'
import { parseTransaction } from '#core/transaction/transaction.ts'
import { createDeskPages } from '#edge/http/desk/pages.ts'
import { noHttpFigures } from '#edge/http/figures.ts'
import { openLedger } from '#edge/store/sqlite-ledger.ts'
import { type TestCases, openTestCases } from '../test/cases.ts'
import { fillCases, numberOf } from './full-store.ts'

const rows = Number(process.argv[2] ?? 1_000_000)
const cases = Number(process.argv[3] ?? 100_000)
const directory = mkdtempSync(join(process.argv[4] ?? tmpdir(), 'recourse-desk-bench-'))
const path = join(directory, 'recourse.db')
const url = `sqlite:${path}`
const START_MS = Date.UTC(2026, 9, 1)
const DAY_MS = 86_400_000
const RUNS = 20
const SECRET = new Uint8Array(32).fill(5)
/** The page of a block opens what is sealed; all other receipts are only kept. */
const REAL_RECEIPT = 7
const sealed = createReceiptRing(new Map([[0, SECRET]]), 0).seal({
  atMs: START_MS,
  calling: parseParty(numberOf(REAL_RECEIPT)),
  called: parseParty('+14155550163'),
  rule: 0,
  transaction: parseTransaction('0'.repeat(16)),
})
let statusToken = ''
let pagesAsked = Date.UTC(2026, 10, 23, 12)

try {
  await fillLedger()
  const desk = openTestCases(url, SECRET)
  try {
    statusToken = await fillCases(desk, path, cases)
    await timeLists(desk)
  } finally {
    desk.close()
  }
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function fillLedger(): Promise<void> {
  const ledger = await openLedger(url, { durability: 'off' })
  const begun = performance.now()
  for (let next = 0; next < rows;) {
    const burst: Promise<unknown>[] = []
    for (let i = 0; i < 4_000 && next < rows; i++, next++) burst.push(ledger.record(blockOf(next)))
    await Promise.all(burst)
  }
  await ledger.close()
  console.log(`${rows} ledger rows in ${seconds(begun)} s`)
}

async function timeLists({ office, desk, monthly, blocks }: TestCases): Promise<void> {
  const first = await office.cases({}, undefined, 50)
  const id = first.cases[0]!.id
  let deep: string | undefined
  for (let page = 0; page < 40; page++) deep = (await office.cases({}, deep, 100)).after
  const number = numberOf(REAL_RECEIPT)
  const receipt = receiptOf(REAL_RECEIPT)
  const pages = createDeskPages({
    desk,
    explain: undefined,
    card: () => new Response(),
    operator: {
      name: 'Northwire',
      contact: { tel: '+18005550142' },
      promise: { statusWithinHours: 24 },
      timeZone: 'UTC',
      isTransparent: true,
    },
    publicUrl: 'https://redress.northwire.example',
    country: 'US',
    evidenceBytesMax: 1_000_000,
    secret: SECRET,
    isProxy: () => false,
    figures: noHttpFigures(),
    // Each request in a second of its own, so that none meets the limits.
    now: () => (pagesAsked += 1_000),
    alarm: (cause) => console.error(cause),
  })
  const page = async (path: string): Promise<void> => {
    const answer = await pages.request(path)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`)
    await answer.text()
  }
  const lists: [what: string, ask: () => Promise<unknown>][] = [
    ['queue, first page', () => office.cases({}, undefined, 50)],
    ['queue, open ones', () => office.cases({ isOpen: true }, undefined, 50)],
    ['queue, overdue', () => office.cases({ isOverdue: true }, undefined, 50)],
    ['queue, 4,000 further', () => office.cases({}, deep, 50)],
    ['queue, newest first', () => office.cases({ order: 'newest' }, undefined, 50)],
    ['queue, open and newest', () => office.cases({ isOpen: true, order: 'newest' }, undefined, 50)],
    ['queue, of a status', () => office.cases({ status: 'lifted' }, undefined, 50)],
    ['queue, nobody has it', () => office.cases({ assigned: '', isOpen: true }, undefined, 50)],
    ['queue, of a number', () => office.cases({ number }, undefined, 50)],
    ['queue, of a receipt', () => office.cases({ receipt }, undefined, 50)],
    ['queue, text that many have', () => office.cases({ text: 'caller 42' }, undefined, 50)],
    ['queue, text that nobody has', () => office.cases({ text: 'nobody has it' }, undefined, 50)],
    ['queue, requests only', () => office.cases({ kind: 'request' }, undefined, 50)],
    ...combinations().map(([what, filter]): [string, () => Promise<unknown>] => [
      what,
      () => office.cases(filter, undefined, 50),
    ]),
    ['one case', () => office.case(id)],
    ['its evidence', () => office.evidence(id)],
    ['similar cases', () => office.similar(id)],
    [
      '28-day list',
      () =>
        office.blockedList('+14155550163', START_MS + 28 * DAY_MS, {
          by: { name: 'b', account: 'b' },
          identity: 'portal',
        }),
    ],
    // The desk computes them one by one before anybody asks; each run here finds another month missing, until none is.
    ['figures of one month, by the desk', async () => monthly.warm(Date.UTC(2026, 10, 30))],
    ['figures of a year', () => office.figures('2026-01', '2026-12')],
    ['blocks, newest', () => blocks({}, undefined, 50)],
    ['blocks of a number', () => blocks({ number }, undefined, 50)],
    ['blocks of a receipt', () => blocks({ receipt }, undefined, 50)],
    ['blocks of a rule', () => blocks({ rule: 'volume' }, undefined, 50)],
    ['blocks of a rule that has few', () => blocks({ rule: 'rare' }, undefined, 50)],
    ['blocks of a day', () => blocks({ from: START_MS + DAY_MS, before: START_MS + 2 * DAY_MS }, undefined, 50)],
    ['page of a block', () => page(`/r/${receipt}`)],
    ['page of a case', () => page(`/c/${statusToken}`)],
    ['page of figures', () => page('/transparency')],
    ['page of the contact', () => page('/')],
  ]
  console.log(`${'page'.padEnd(36)} ${'median ms'.padStart(10)} ${'worst ms'.padStart(10)} ${'CPU ms'.padStart(10)}`)
  for (const [what, ask] of lists) {
    const times: number[] = []
    const cpu = process.cpuUsage()
    for (let run = 0; run < RUNS; run++) {
      const begun = performance.now()
      await ask()
      times.push(performance.now() - begun)
      if (performance.now() - begun > 2_000) break
    }
    const { user, system } = process.cpuUsage(cpu)
    times.sort((a, b) => a - b)
    const figures = [times[Math.floor(times.length / 2)]!, times.at(-1)!, (user + system) / 1_000 / times.length]
    console.log(
      `${what.padEnd(36)} ${figures.map((value) => value.toFixed(1).padStart(10)).join(' ')}${times.at(-1)! > 100 ? '  SLOW' : ''}`,
    )
  }
}

/** Filters of lists together, in both orders: with many that match, with few, and with none. */
function combinations(): [what: string, filter: CaseFilter][] {
  const filters: [what: string, filter: CaseFilter][] = [
    ['open, of a worker', { isOpen: true, assigned: 'worker 7' }],
    ['open, of nobody there', { isOpen: true, assigned: 'worker 77' }],
    ['closed, of a worker', { isOpen: false, assigned: 'worker 7' }],
    ['requests, overdue', { kind: 'request', isOverdue: true }],
    ['requests, open, nobody’s', { kind: 'request', isOpen: true, assigned: '' }],
    ['lifted, of a worker', { status: 'lifted', assigned: 'worker 4' }],
    ['lifted, requests', { status: 'lifted', kind: 'request' }],
    ['withdrawn, of a worker', { status: 'withdrawn', assigned: 'worker 4' }],
    [
      'of a month, upheld',
      { status: 'upheld', openedFrom: START_MS - 60 * DAY_MS, openedBefore: START_MS - 30 * DAY_MS },
    ],
    ['of a month, requests, open', { kind: 'request', isOpen: true, openedBefore: START_MS - 300 * DAY_MS }],
    ['text, open, of a worker', { text: 'caller 42', isOpen: true, assigned: 'worker 7' }],
    ['text nobody has, lifted', { text: 'nobody has it', status: 'lifted' }],
  ]
  return filters.flatMap(([what, filter]): [string, CaseFilter][] => [
    [what, filter],
    [`${what}, newest`, { ...filter, order: 'newest' }],
  ])
}

function blockOf(index: number): BlockEntry {
  return {
    entry: 'block',
    at: START_MS + Math.floor((index * 50 * DAY_MS) / rows),
    transaction: index.toString(16).padStart(16, '0'),
    notice: { kind: '603+', status: 603 },
    cause: 'analytics',
    program: index % 3 === 0 ? 'network' : 'opt-out',
    rule: index % 100_000 === 0 ? 'rare' : 'volume',
    policy: 1,
    attestation: 'C',
    optOut: false,
    peer: 'edge',
    tenant: undefined,
    trunk: undefined,
    personal: {
      receipt: receiptOf(index),
      calling: numberOf(index),
      called: `+1415555${String(index % 10_000).padStart(4, '0')}`,
      displayName: '',
      callId: `${index}@bench`,
      request: 'INVITE',
      answer: 'SIP/2.0 603',
      grounds: '[]',
    },
  }
}

function receiptOf(index: number): string {
  if (index === REAL_RECEIPT) return sealed
  return `I${String(index).padStart(63, '0')}`
}

function seconds(begun: number): string {
  return ((performance.now() - begun) / 1_000).toFixed(1)
}
