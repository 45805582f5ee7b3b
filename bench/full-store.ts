// Stores as large as those that benches look at: blocks with the calls behind them, and the cases of a desk.
import { performance } from 'node:perf_hooks'
import { DatabaseSync } from 'node:sqlite'
import { parseParty } from '#core/call/party.ts'
import type { BlockEntry } from '#core/ledger/entry.ts'
import { openLedger } from '#edge/store/sqlite-ledger.ts'
import type { TestCases } from '../test/cases.ts'

/** Records blocks, evenly until a time (milliseconds since 1970), each with its call in the journal. */
export async function fillBlocks(url: string, rows: number, endMs: number): Promise<void> {
  const begun = performance.now()
  const ledger = await openLedger(url, { durability: 'off', journalKeepMs: 2 * SPAN_MS })
  for (let next = 0; next < rows;) {
    const burst: Promise<unknown>[] = []
    for (let i = 0; i < 4_000 && next < rows; i++, next++) {
      const block = blockOf(next, rows, endMs)
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

/** Opens cases in the store at a path; the token of one of them, by which its claimant reads it. */
export async function fillCases({ office, store }: TestCases, path: string, cases: number): Promise<string> {
  let statusToken = ''
  const begun = performance.now()
  const made = Math.min(cases, SEED_CASES)
  for (let index = 0; index < made; index++) {
    const claimant = {
      name: `Caller ${index % 5_000}`,
      email: undefined,
      organisation: undefined,
      tel: undefined,
      acts: 'for-itself',
    } as const
    const claim = {
      receipts: [],
      numbers: [numberOf(index)],
      calls: [],
      claimant,
      purpose: 'reminders',
      changed: '',
      webhook: undefined,
    }
    const opened = await office.open({ way: 'telephone', claim }, { name: 'bench', account: 'bench' })
    if (opened.kind === 'opened') statusToken = opened.token
    else throw new Error(`a case was not opened: ${JSON.stringify(opened)}`)
  }
  multiply(path, made, cases)
  const listed = store.rebuildViews()
  vary(path)
  console.log(`${listed} cases in ${((performance.now() - begun) / 1_000).toFixed(1)} s`)
  return statusToken
}

/** Copies what was opened through the desk until there are as many as asked for: each copy is a case of its own. */
function multiply(path: string, made: number, cases: number): void {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA synchronous = OFF; BEGIN')
  const before = Number(db.prepare('SELECT max(number) AS last FROM desk_case').get()!['last'])
  const copyCase = db.prepare(
    `INSERT INTO desk_case (number, id, opened) SELECT number + ?, substr(id, 1, 14) || printf('%08d', number + ?), opened + ? FROM desk_case WHERE number <= ?`,
  )
  const copyEvents = db.prepare(
    `INSERT INTO case_event ("case", seq, at, actor, name, kind, data) SELECT "case" + ?, seq, at + ?, actor, name, kind, data FROM case_event WHERE "case" <= ?`,
  )
  for (let copy = 1; copy * made < cases; copy++) {
    const by = copy * before
    const earlierMs = -Math.floor((copy * made * YEAR_MS) / cases)
    copyCase.run(by, by, earlierMs, before)
    copyEvents.run(by, earlierMs, before)
  }
  db.exec('COMMIT')
  db.close()
}

/** Workers, kinds and ends as a desk has them, in what lists are made of: so that filters meet, and some meet nothing. */
function vary(path: string): void {
  const db = new DatabaseSync(path)
  db.exec(`PRAGMA synchronous = OFF;
    UPDATE case_view SET assigned = 'worker ' || ("case" % 10) WHERE "case" % 3 <> 0;
    UPDATE case_view SET kind = 'request' WHERE "case" % 97 = 0;
    UPDATE case_view SET status = CASE "case" % 5 WHEN 0 THEN 'lifted' WHEN 1 THEN 'verified' ELSE 'upheld' END, isOpen = 0, dueWhat = ''
      WHERE "case" % 20 <> 0;
    ANALYZE;`)
  db.close()
}

function blockOf(index: number, rows: number, endMs: number): BlockEntry {
  const calling = numberOf(index)
  const ground = { kind: 'volume', rule: 'volume', cause: 'analytics', of: 'number', subject: calling }
  return {
    entry: 'block',
    at: endMs - SPAN_MS + Math.floor((index * SPAN_MS) / rows),
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
    trunk: undefined,
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

/** The calling number of a block or a case. */
export function numberOf(index: number): string {
  return `+1212${String(5_000_000 + (index % 20_000)).padStart(7, '0')}`
}

/** The receipt of a block: kept as it is, sealed by nobody. */
export function receiptOf(index: number): string {
  return `I${String(index).padStart(63, '0')}`
}

/** Blocks lie within so long before the end. */
export const SPAN_MS = 27 * 86_400_000
const YEAR_MS = 365 * 86_400_000
/** Opened through the desk; the others are copies of their rows. */
const SEED_CASES = 1_000
