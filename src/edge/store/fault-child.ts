// Records until the store refuses, makes room if it was told how, and goes on until the store takes blocks again.
// Prints what it saw as one line of JSON. Run by the tests of full and failing disks.
import { rmSync } from 'node:fs'
import { Unrecorded } from '#core/ledger/ledger.ts'
import { sampleBlock } from './contract-samples.ts'
import { openLedger } from './sqlite-ledger.ts'

const [url = '', ballast] = process.argv.slice(2)
const ledger = await openLedger(url)
const told: string[] = []
const refused: string[] = []
const codes = new Set<string>()
let number = 0

for (let waves = 0; waves < 400 && refused.length === 0; waves++) await wave()
if (ballast !== undefined) rmSync(ballast)
const refusedUntil = Date.now()
for (let waves = 0, before = -1; waves < 200 && before !== refused.length; waves++) {
  before = refused.length
  await wave()
  await new Promise((resolve) => setTimeout(resolve, 50))
}
const recoveredAfterMs = Date.now() - refusedUntil
const figures = ledger.figures()
await ledger.close()
console.log(JSON.stringify({ told, refused, codes: Array.from(codes), figures, recoveredAfterMs }))

async function wave(): Promise<void> {
  await Promise.all(Array.from({ length: 50 }, () => recordNext(sampleBlock(number++, { request: 'x'.repeat(2_000) }))))
}

async function recordNext(block: ReturnType<typeof sampleBlock>): Promise<void> {
  try {
    told.push((await ledger.record(block)).receipt)
  } catch (cause) {
    if (!(cause instanceof Unrecorded)) throw cause
    codes.add(cause.code)
    refused.push(block.personal.receipt)
  }
}
