// Whether the time of an answer tells what it does not say: receipts that are real, forged or of an unknown key, and mailboxes
// with and without a registration. Run by hand: node bench/desk-timing.ts [pairs]
//
// Two kinds of request are asked in turn, so that whatever else the machine does falls on both alike. What is compared is the
// median of the differences within pairs, in shares of the median answer; beyond a quarter it is named. A rehearsal of the same
// kind against itself shows what chance alone makes of it.
import { performance } from 'node:perf_hooks'
import { parseParty } from '#core/call/party.ts'
import { createDesk } from '#edge/http/card.ts'
import { noHttpFigures } from '#edge/http/figures.ts'
import { ITEMS } from '#core/registry/vetting.ts'
import { openRegistryStore } from '#edge/store/registry-store.ts'
import { makeRegistry } from '#main/registry/make-registry.ts'
import { receiptOpener } from '#main/desk/receipt-opener.ts'
import { createReceiptRing } from '#core/receipt/receipt.ts'
import { foundAuthority } from '../test/tls-certificates.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const pairs = Number(process.argv[2] ?? 3_000)
const NOTABLE = 0.25
const WARM = 300
const REGISTERED = 20
const YEAR_MS = 365 * 86_400_000
const BUSINESS = {
  legalName: 'Main Street Clinic',
  contact: 'Ann Lee',
  site: 'https://clinic.example',
  purpose: 'Reminders of appointments',
  callsPerDay: '250',
  provider: 'Northwire',
}
const directory = mkdtempSync(join(tmpdir(), 'recourse-timing-'))
const store = openRegistryStore(`sqlite:${join(directory, 'recourse.db')}`)
let now = Date.UTC(2026, 10, 23, 12)

try {
  await compareReceipts()
  await compareMailboxes()
} finally {
  store.close()
  rmSync(directory, { recursive: true, force: true })
}

/** `/j/<receipt>`: the only page that answers a receipt that is none as it answers a real one. */
async function compareReceipts(): Promise<void> {
  const keys = { keys: new Map([[0, new Uint8Array(32).fill(7)]]), currentSlot: 0 }
  const ring = createReceiptRing(keys.keys, keys.currentSlot)
  const strange = createReceiptRing(new Map([[1, new Uint8Array(32).fill(9)]]), 1)
  const opener = receiptOpener(
    () => keys,
    () => keys,
    () => now,
  )
  const signer = foundAuthority('Bench').mint({ name: 'redress.northwire.example' })
  const cards = await createDesk({
    card: {
      name: 'Northwire',
      contact: { url: 'https://redress.northwire.example', tel: undefined, email: undefined },
      key: signer.key,
      certificate: signer.certificate,
      certificateUri: 'https://redress.northwire.example/card.pem',
    },
    openReceipt: (receipt) => opener().open(receipt)?.atMs,
    receiptsKeptMs: 60 * 86_400_000,
    secret: new Uint8Array(32).fill(3),
    isProxy: () => false,
    figures: noHttpFigures(),
    now: () => (now += 1_000),
    alarm: (cause) => console.error(cause),
  })
  const facts = (index: number) => ({
    atMs: now,
    calling: parseParty('+12125550117'),
    called: parseParty('+14155550163'),
    rule: 1,
    transaction: { high: 1, low: index },
  })
  const ask = async (receipt: string): Promise<void> => {
    const answer = await cards.request(`/j/${receipt}`)
    if (answer.status !== 200) throw new Error(String(answer.status))
    await answer.text()
  }
  const real = (index: number) => ask(ring.seal(facts(index)))
  const forged = (index: number) => ask(`${ring.seal(facts(index)).slice(0, -4)}AAAA`)
  const unknown = (index: number) => ask(strange.seal(facts(index)))
  await compare('receipts: real against real (chance)', real, real)
  await compare('receipts: real against forged', real, forged)
  await compare('receipts: real against an unknown key', real, unknown)
}

/** Asking for a lost link, with an address that has a registration and with one that has none. */
async function compareMailboxes(): Promise<void> {
  const { registry, vetting } = makeRegistry({
    store,
    terms: {
      public: 'https://redress.northwire.example',
      operator: 'Northwire',
      termMs: YEAR_MS,
      proofMs: YEAR_MS,
      confirmWithinMs: YEAR_MS,
    },
    plan: undefined,
    now: () => (now += 3_600_000),
    assignDial: () => undefined,
    keepEvidence: async () => ({ kind: 'refused', field: 'file', problem: 'none' }),
    removeEvidence: () => undefined,
    readEvidence: async () => undefined,
    alarm: (cause) => console.error(cause),
  })
  const ann = { name: 'ann', account: 'ann' }
  for (let index = 0; index < REGISTERED; index++) {
    const fields = { ...BUSINESS, email: `ann@known${index}.example` }
    const opened = await vetting.open(fields, `+1212555${String(index).padStart(4, '0')}`, 'letter', ann, 'refuse')
    if (opened.kind !== 'opened') throw new Error(JSON.stringify(opened))
    for (const item of ITEMS) await vetting.vet(opened.id, item, 'passed', 'seen', ann)
  }
  const ask = async (email: string): Promise<void> => {
    const from = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }
    const done = await registry.relink(email, from)
    // A full list of waiting mailboxes answers both kinds alike, and shows nothing: both ask again for the same ones.
    if (done.kind !== 'done') throw new Error(JSON.stringify(done))
  }
  const known = (index: number) => ask(`ann@known${index % REGISTERED}.example`)
  const stranger = (index: number) => ask(`ann@other${index % REGISTERED}.example`)
  await compare('mailboxes: registered against itself (chance)', known, known)
  await compare('mailboxes: registered against a stranger', known, stranger)
}

async function compare(
  what: string,
  first: (index: number) => Promise<void>,
  second: (index: number) => Promise<void>,
): Promise<void> {
  const differences: number[] = []
  const all: number[] = []
  const time = async (ask: (index: number) => Promise<void>, index: number): Promise<number> => {
    const begun = performance.now()
    await ask(index)
    return performance.now() - begun
  }
  for (let index = 0; index < pairs + WARM; index++) {
    // Which of the two comes first changes too.
    const isFirst = index % 2 === 0
    const before = await time(isFirst ? first : second, index)
    const after = await time(isFirst ? second : first, index)
    if (index < WARM) continue
    differences.push(isFirst ? before - after : after - before)
    all.push(before, after)
  }
  const share = medianOf(differences) / medianOf(all)
  const note = Math.abs(share) > NOTABLE ? '  TELLS' : ''
  console.log(
    `${what.padEnd(48)} ${(medianOf(all) * 1_000).toFixed(0).padStart(6)} µs  ${(share * 100).toFixed(1).padStart(6)} %${note}`,
  )
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
