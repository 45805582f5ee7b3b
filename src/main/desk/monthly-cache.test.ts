import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestCases } from '../../../test/cases.ts'
import { MonthlyCache } from './monthly-cache.ts'

const BY = { name: 'Bo', account: 'bo' }

test('figures of a month are kept until something happens in one of its cases, by whomever', async (t) => {
  const cases = openTestCases()
  t.after(() => cases.close())
  const read: string[] = []
  const cache = new MonthlyCache({
    ...cases.store,
    times: (from, before) => {
      read.push(new Date(from).toISOString().slice(0, 7))
      return cases.store.times(from, before)
    },
  })
  const open = async (): Promise<string> => {
    const claimant = {
      name: 'Ann',
      email: undefined,
      organisation: undefined,
      tel: undefined,
      acts: 'for-itself',
    } as const
    const numbers = ['+12125550117']
    const claim = { receipts: [], numbers, calls: [], claimant, purpose: 'x', changed: '', webhook: undefined }
    const opened = await cases.office.open({ way: 'letter', claim }, BY)
    assert.ok(opened.kind === 'opened')
    return opened.case
  }
  const figures = () => cache.figures('2026-10', '2026-12').map(({ received, upheld }) => [received, upheld])

  cases.now = Date.UTC(2026, 9, 30)
  const october = await open()
  cases.now = Date.UTC(2026, 10, 2)
  await open()
  assert.deepEqual([figures(), figures()], [NEW, NEW])
  assert.deepEqual(read, ['2026-10', '2026-11', '2026-12'], 'the second time nothing is read')
  const decision = { outcome: 'uphold', reason: 'r', evidence: ['e'], next: 'n' } as const
  assert.equal((await cases.office.decide(october, decision, undefined, BY)).kind, 'done')
  assert.deepEqual(figures(), [
    [1, 1],
    [1, 0],
    [0, 0],
  ])
  assert.deepEqual(read.slice(3), ['2026-10'], 'only the month that the case came in')
  read.length = 0
  await open()
  for (let count = 0; count < 20; count++) cache.warm(cases.now)
  const months = ['2025-11', '2025-12', ...Array.from({ length: 9 }, (_, at) => `2026-0${at + 1}`), '2026-11']
  assert.deepEqual(read.toSorted(), months, 'each that is not kept, once')
  assert.equal(figures()[1]![0], 2)
  assert.deepEqual(await cases.office.figures('2026-10', '2026-12'), cache.figures('2026-10', '2026-12'))
})

const NEW = [
  [1, 0],
  [1, 0],
  [0, 0],
]
