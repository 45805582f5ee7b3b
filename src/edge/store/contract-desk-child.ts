// Files cases and decides them until it is killed, writing to standard output each that it was told is safe. Run by the contract.
import { writeSync } from 'node:fs'
import { readCase } from '#core/redress/case.ts'
import { confirmCase, decideCase, type Step, type StepTerms } from '#core/redress/steps.ts'
import { SAMPLE_AT, SAMPLE_LETTERS, SAMPLE_TERMS, sampleId, sampleOpened } from './contract-desk-samples.ts'
import { type DeskStoreOptions, openDeskStore } from './desk-store.ts'

/** A bound, should nobody kill it. */
const casesMax = 100_000
const [url = '', round = '0', options = '{}'] = process.argv.slice(2)
const store = openDeskStore(url, { terms: SAMPLE_TERMS, ...(JSON.parse(options) as Omit<DeskStoreOptions, 'terms'>) })
const worker = { name: 'Ben', account: 'ben' }
writeSync(1, 'open\n')
for (let at = 0; at < casesMax; at++) {
  const number = Number(round) * casesMax + at
  const opened = sampleOpened(number)
  const { id } = { id: sampleId(`case ${number}`) }
  if (store.record(opened) === 'recorded') writeSync(1, `opened ${id}\n`)
  if (at % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  // The control answers before it commits, so that nothing can follow at once.
  if (store.events(id).length === 0) continue
  take(confirmCase(termsOf(id), [], []))
  const { claim } = readCase(store.events(id), SAMPLE_AT, SAMPLE_TERMS)!
  const lifts = claim.numbers.map((called) => ({
    scope: { kind: 'number', number: called } as const,
    until: undefined,
    attestation: undefined,
    rule: undefined,
  }))
  const decided = decideCase(termsOf(id), { outcome: 'lift', lifts, reason: 'Heard.' }, 'known to us', worker, [])
  if (take(decided)) writeSync(1, `decided ${id}\n`)
}

function termsOf(id: string): StepTerms {
  const events = store.events(id)
  const found = readCase(events, SAMPLE_AT, SAMPLE_TERMS)!
  return { at: SAMPLE_AT, found, events, status: 'S'.repeat(22), letters: SAMPLE_LETTERS, terms: SAMPLE_TERMS }
}

function take(step: Step): boolean {
  return step.kind === 'change' && store.record(step.change) === 'recorded'
}
