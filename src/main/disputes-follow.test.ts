import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DISPUTE_TERMS } from '#core/dispute/dispute.ts'
import type { DisputeEvent, Outcome } from '#core/dispute/dispute-event.ts'
import { makeDirectory, seenContacts } from '#core/observe/directory.ts'
import { openDisputeStore } from '#edge/store/dispute-store.ts'
import { sampleAttempt, sampleRefusal } from '#edge/store/monitor-samples.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import { contactOf } from './disputes-file.ts'
import { settleGroup } from './disputes-follow.ts'

const [ONE, TWO] = ['+12125550117', '+12125550118']
const AT = Date.UTC(2026, 10, 22, 12)
const HOUR_MS = 3_600_000

test('a lift resolves the group of which it lifts all, once; in part or of some numbers it resolves nothing', (t) => {
  for (const [numbers, outcome, state] of [
    [[ONE, TWO], 'lifted', 'resolved'],
    [[ONE, TWO, '+12125550119'], 'lifted', 'resolved'],
    [[ONE], 'lifted', 'new'],
    [[ONE, TWO], 'partly-lifted', 'new'],
    [[ONE, TWO], 'upheld', 'new'],
  ] as const) {
    const { monitor, lift } = world(t, numbers, outcome)
    for (const by of ['ann', 'bob']) settleGroup(monitor, lift, { by, at: AT })
    assert.equal(monitor.group(1, AT)!.state, state, `${outcome} for ${numbers.length}`)
    assert.equal(monitor.marks(1).length, state === 'resolved' ? 1 : 0)
  }
})

test('times are measured for the contact of the directory that a dispute was filed with, whatever is of one call in it', () => {
  for (const url of [
    'https://desk.example/r/Kc9vN2x0RrmJ3p6t1wQ8Zg?id=7',
    'https://Desk.example/r/ab12cd34/form#top',
    'https://desk.example',
  ]) {
    const refusal = sampleRefusal({ blocker: 'desk.example', contest: { ...NOWHERE, url } })
    const contacts = seenContacts(refusal).map((one) => ({
      ...one,
      blocker: 'desk.example',
      first: AT,
      last: AT,
      calls: 1,
    }))
    const disputes = [1, 2, 3].map((hours) => ({
      blocker: 'desk.example',
      contact: contactOf(url),
      filedAt: AT,
      answeredAt: AT + hours * HOUR_MS,
      liftedAt: undefined,
    }))
    const [entry] = makeDirectory(contacts, disputes, [])
    assert.deepEqual(
      entry!.unsigned.map(({ answer }) => answer.medianMs),
      [2 * HOUR_MS],
      url,
    )
  }
  assert.equal(contactOf('unblock@desk.example'), 'unblock@desk.example')
})

function world(t: TestContext, numbers: readonly string[], outcome: Outcome) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-lift-'))
  const url = `sqlite:${join(folder, 'recourse.db')}`
  const monitor = openMonitorStore(url, { now: () => AT })
  const disputes = openDisputeStore(url, { terms: DISPUTE_TERMS })
  t.after(() => {
    disputes.close()
    monitor.close()
    rmSync(folder, { recursive: true })
  })
  monitor.take(
    [ONE, TWO].map((from, index) => ({
      ...sampleAttempt(index, { at: AT - HOUR_MS }),
      key: from,
      from,
      end: { kind: 'refused', refusal: sampleRefusal({ from }) },
    })),
    [],
  )
  const subject = {
    group: 1,
    blocker: 'desk.example',
    numbers,
    receipts: [],
    urls: [],
    calls: [],
    purpose: '',
    changed: '',
  }
  const filing = { way: 'form', to: 'x', reference: undefined, isFollowed: false, needsConfirmation: false } as const
  const answer = { outcome, words: 'x', liftedAt: undefined, heardAt: undefined }
  const head = (seq: number) => ({ dispute: 'd', seq, at: AT, by: 'ann' })
  const events: DisputeEvent[] = [
    { ...head(1), kind: 'opened', data: subject },
    { ...head(2), kind: 'filed', data: filing },
    { ...head(3), kind: 'answered', data: answer },
  ]
  disputes.record(events.slice(0, 1))
  disputes.record(events.slice(1))
  return { monitor, lift: disputes.dispute('d', AT)! }
}

const NOWHERE = { url: undefined, tel: undefined, email: undefined, card: undefined }
