// Takes batch after batch until it is killed, from the place that the store has, and says each that it was told is safe. With
// `apart`, as a control, it tells the store places in a transaction of their own. Run by the test of kills.
import { writeSync } from 'node:fs'
import { sampleAttempt } from './monitor-samples.ts'
import { openMonitorStore } from './monitor-store.ts'

const [url = '', mode = ''] = process.argv.slice(2)
const store = openMonitorStore(url)
/** A bound, should nobody kill it. */
const batchesMax = 5_000
for (let batch = 0; batch < batchesMax; batch++) {
  const from = Number(store.place('trunk.pcap') ?? 0)
  // Every seventh attempt is told of again in the next batch, as two taps do.
  const again = from === 0 ? [] : Array.from({ length: 40 }, (_, at) => sampleOf(Math.max(0, from - 1 - at * 7)))
  const next = Array.from({ length: 200 }, (_, at) => sampleOf(from + at))
  const places = [{ source: 'trunk.pcap', place: String(from + next.length) }]
  if (mode === 'apart') store.take([], places)
  store.take([...again, ...next], mode === 'apart' ? [] : places)
  writeSync(1, `taken ${from + next.length}\n`)
}

function sampleOf(number: number) {
  return sampleAttempt(number, { at: Date.UTC(2026, 10, 1) + number * 1_000, refusedInHundred: 30 })
}
