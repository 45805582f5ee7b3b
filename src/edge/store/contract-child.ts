// Records blocks until it is killed, writing each receipt it was told is safe to standard output. Run by the contract.
import { writeSync } from 'node:fs'
import { sampleBlock } from './contract-samples.ts'
import { openLedger, type LedgerOptions } from './sqlite-ledger.ts'

/** A bound, should nobody kill it. */
const blocksMax = 1_000_000
const [url = '', round = '0', options = '{}'] = process.argv.slice(2)
const ledger = await openLedger(url, JSON.parse(options) as LedgerOptions)
writeSync(1, 'open\n')
for (let number = 0; number < blocksMax; number++) {
  void recordNext(Number(round) * blocksMax + number)
  if (number % 8 === 0) await new Promise((resolve) => setImmediate(resolve))
  while (ledger.figures().queued > 512) await new Promise((resolve) => setTimeout(resolve, 1))
}

async function recordNext(number: number): Promise<void> {
  const { receipt } = await ledger.record(sampleBlock(number))
  tell(`${receipt}\n`)
}

/** Writes at once, so that a kill finds nothing waiting; a full pipe is tried again. */
function tell(line: string): void {
  for (;;) {
    try {
      writeSync(1, line)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}
