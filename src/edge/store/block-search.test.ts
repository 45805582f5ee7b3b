import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseCheckpoint } from '#core/ledger/checkpoint.ts'
import { openCallReader } from './call-reader.ts'
import { sampleBlock, SAMPLE_START_MS } from './contract-samples.ts'
import { type EntryFilter, openLedgerReader } from './ledger-reader.ts'
import { openLedger } from './sqlite-ledger.ts'

const BLOCKS = 60
const RARE = 7

test('a search finds each block once, newest first, however few entries a page looks at', async (t) => {
  const url = await fill(t, [BLOCKS])
  const reader = openLedgerReader(url)
  t.after(() => reader.close())
  const find = (filter: EntryFilter, limit: number, lookMax: number) => {
    const found: string[] = []
    let pages = 0
    for (let after: string | undefined = ''; after !== undefined; pages++) {
      const page = reader.search(filter, limit, after === '' ? undefined : after, lookMax)
      assert.ok(page.blocks.length <= limit && pages <= BLOCKS)
      found.push(...page.blocks.map(({ personal }) => personal!.callId))
      after = page.after
    }
    return { found, pages }
  }
  const all = Array.from({ length: BLOCKS }, (_, at) => `${BLOCKS - 1 - at}@pc33.example`)
  const rare = [`${RARE}@pc33.example`]
  assert.deepEqual(find({}, 50, 1_000), { found: all, pages: 2 })
  assert.deepEqual(find({}, 7, 10).found, all)
  assert.deepEqual(find({ rule: 'rare' }, 50, 1_000), { found: rare, pages: 1 })
  assert.deepEqual(find({ cause: 'rare' }, 50, 10), { found: rare, pages: 7 })
  for (const by of ['rule', 'trunk', 'peer'] as const) {
    // Their own entries are looked at, and not those of others between them.
    assert.deepEqual(find({ [by]: 'rare' }, 50, 10), { found: rare, pages: 1 })
    assert.deepEqual(find({ [by]: 'rare', cause: 'analytics' }, 50, 10).found, [])
  }
  // Two conditions leave gaps again, and so do pages.
  assert.ok(find({ rule: 'volume-number', cause: 'rare' }, 50, 10).pages > 1)
  assert.deepEqual(find({ rule: 'volume-number' }, 50, 10).pages, 1)
  assert.deepEqual(find({ rule: 'rare', peer: 'rare' }, 50, 10).found, rare)
  assert.deepEqual(find({ rule: 'volume-block', peer: 'rare' }, 50, 10).found, [])
  const odd = all.filter((id) => id !== rare[0] && Number.parseInt(id, 10) % 2 === 1)
  assert.deepEqual(find({ peer: 'edge', rule: 'volume-block' }, 7, 10).found, odd)
  assert.deepEqual(find({ rule: 'none' }, 50, 10).found, [])
  const { calling, called } = sampleBlock(RARE).personal
  for (const number of [calling, called]) assert.deepEqual(find({ number }, 50, 10), { found: rare, pages: 1 })
  assert.deepEqual(find({ number: calling, rule: 'volume-block' }, 50, 10).found, [])
  assert.deepEqual(find({ rule: 'volume-number', trunk: 'tg-1' }, 7, 10).found, all.filter(isOnTrunk).filter(isEven))
  assert.deepEqual(find({ trunk: 'tg-1' }, 7, 10).found, all.filter(isOnTrunk))
  const sinceMs = SAMPLE_START_MS + RARE
  assert.deepEqual(find({ sinceMs, untilMs: sinceMs + 2 }, 1, 10).found, [`${RARE + 1}@pc33.example`, ...rare])
})

test('a block of numbers is found on either side, with few entries by their index and with many along time', async (t) => {
  const url = await fill(t, [BLOCKS])
  const reader = openLedgerReader(url)
  t.after(() => reader.close())
  const find = (number: string, lookMax: number) => {
    const found: number[] = []
    for (let after: string | undefined = ''; after !== undefined;) {
      const page = reader.search({ number }, BLOCKS, after === '' ? undefined : after, lookMax)
      found.push(...page.blocks.map(({ open }) => open.seq))
      after = page.after
    }
    return found
  }
  const { calling, called } = sampleBlock(RARE).personal
  const begins = (digits: string) =>
    Array.from({ length: BLOCKS }, (_, at) => at)
      .filter((at) =>
        [sampleBlock(at).personal.calling, sampleBlock(at).personal.called].some((each) => each.startsWith(digits)),
      )
      .map((at) => at + 1)
      .toReversed()
  for (const digits of [calling, called, calling.slice(0, -1), called.slice(0, -1), '+1212555', '+1415', '+1'])
    for (const lookMax of [1_000, 7]) assert.deepEqual(find(`${digits}*`, lookMax), begins(digits), digits)
  assert.equal(begins(calling.slice(0, -1)).length, 10)
  // A star stands for digits, none included, and for nothing else.
  assert.deepEqual(find('+121255500079*', 7), [])
  assert.deepEqual(find('+22*', 7), [])
  const listed = reader.list({ number: `${calling.slice(0, -1)}*` }, 'newest', BLOCKS)
  assert.deepEqual(
    listed.map(({ open }) => open.seq),
    begins(calling.slice(0, -1)),
  )
})

test('the checkpoint of an entry is the first that was signed over it, and there is none before', async (t) => {
  const url = await fill(t, [10, 3, 20])
  const calls = openCallReader(url)
  t.after(() => calls.close())
  const first = calls.block(sampleBlock(0).personal.receipt)!.open
  const headOver = (seq: number) => {
    const line = calls.checkpointOver(first.chain, seq)
    return line === undefined ? undefined : parseCheckpoint(line)!.heads[0]!.seq - first.seq
  }
  for (const [place, head] of [
    [0, 9],
    [9, 9],
    [10, 12],
    [12, 12],
    [13, 32],
    [32, 32],
    [33, undefined],
  ] as const)
    assert.equal(headOver(first.seq + place), head, `entry ${place}`)
  assert.equal(calls.checkpointOver('another', first.seq), undefined)
})

function isOnTrunk(id: string): boolean {
  return Number.parseInt(id, 10) % 5 === 0
}

function isEven(id: string): boolean {
  return Number.parseInt(id, 10) % 2 === 0
}

/** A store that was opened and closed for each burst: closing signs a checkpoint. */
async function fill(t: TestContext, bursts: readonly number[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-search-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const url = `sqlite:${join(folder, 'recourse.db')}`
  let number = 0
  for (const burst of bursts) {
    const ledger = await openLedger(url)
    for (const end = number + burst; number < end; number++) {
      const block = sampleBlock(number)
      await ledger.record(
        number === RARE ? { ...block, rule: 'rare', trunk: 'rare', peer: 'rare', cause: 'rare' } : block,
      )
    }
    await ledger.close()
  }
  return url
}
