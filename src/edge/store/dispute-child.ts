// Records disputes until it is killed, and says each one when `record` has come back.
import { randomBytes } from 'node:crypto'
import { openDisputeStore } from './dispute-store.ts'

const [url = '', durability] = process.argv.slice(2)
const store = openDisputeStore(url, {
  terms: { statusWithinMs: 1, answerWithinMs: 1 },
  durability: durability === 'off' ? 'off' : 'full',
})
for (;;) {
  const dispute = randomBytes(16).toString('base64url')
  const data = {
    group: undefined,
    blocker: 'b.example',
    numbers: ['+12125550117'],
    receipts: [],
    urls: [],
    calls: [],
    purpose: '',
    changed: '',
  }
  store.record([{ dispute, seq: 1, at: 1, by: 'child', kind: 'opened', data }])
  const filing = {
    way: 'mail',
    to: 'x@b.example',
    reference: undefined,
    isFollowed: true,
    needsConfirmation: false,
  } as const
  store.record(
    [
      { dispute, seq: 2, at: 2, by: 'child', kind: 'filed', data: filing },
      { dispute, seq: 3, at: 3, by: 'child', kind: 'noted', data: { words: 'x' } },
    ],
    { statusUrl: 'https://b.example/c/secret' },
  )
  process.stdout.write(`${dispute}\n`)
}
