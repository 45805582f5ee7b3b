import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FlowCount, FlowReader } from '#edge/store/flow-reader.ts'
import { DelaySlices } from './delay-slices.ts'
import { openOverview } from './overview-room.ts'

test('the sentence about 24 hours counts the calls that its chart shows, to the slice', () => {
  const now = Date.UTC(2026, 10, 22, 12, 7)
  const room = openOverview({
    // A call a minute over two days: the first slice of the span begins within the last 24 hours, not with them.
    reader: minutely(now, 2 * 1_440),
    process: () => undefined,
    delays: new DelaySlices(),
    ledger: () => ({ state: 'verified', checkedAt: now, entries: 0, words: '' }),
    peers: () => [],
    now: () => now,
    alarm: (cause) => assert.fail(String(cause)),
  })

  const { screened, verdict } = room.read('24h')
  const shown = screened.reduce((sum, one) => sum + one, 0)

  assert.equal(shown, 23 * 60 + 52 + 1)
  const words = verdict.map(({ words }) => words).join('. ')
  assert.match(words, new RegExp(`of ${shown.toLocaleString('en')} blocked within 24 hours`))
  room.close()
})

function minutely(now: number, minutes: number): FlowReader {
  const begin = now - (minutes - 1) * 60_000
  return {
    stretches: () => [{ of: 'journal', first: 1, last: minutes }],
    calls: (after, upTo) =>
      Array.from({ length: upTo - after }, (_, index): FlowCount => {
        const at = begin + (after + index) * 60_000
        return { at, name: 'north', cause: 'allow', count: 1, last: at }
      }),
    blocks: () => [],
    cases: () => ({ open: 0, overdue: 0, since: [] }),
    close: () => undefined,
  }
}
