import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ITEMS } from '#core/registry/vetting.ts'
import { openRegistryStore } from '#edge/store/registry-store.ts'
import { makeRegistry } from '#main/registry/make-registry.ts'
import { openCases } from './open-cases.ts'

const REGISTERED = '+12125550117'
const OTHER = '+12125550118'
const ANN = { name: 'ann', account: 'ann' }

test('evidence on the command line says to whom a number is registered, and of no other number', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-open-cases-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const config = join(folder, 'recourse.yaml')
  writeFileSync(config, 'store: sqlite:./recourse.db\n')
  const registration = await register(`sqlite:${join(folder, 'recourse.db')}`)

  const cases = await openCases({ config })
  const { office } = cases
  try {
    const claimant = {
      name: 'Ann',
      email: undefined,
      organisation: undefined,
      tel: undefined,
      acts: 'for-itself',
    } as const
    const numbers = [REGISTERED, OTHER]
    const claim = { receipts: [], numbers, calls: [], claimant, purpose: 'x', changed: '', webhook: undefined }
    const opened = await office.open({ way: 'letter', claim }, ANN)
    assert.ok(opened.kind === 'opened')
    const evidence = await office.evidence(opened.case)
    assert.deepEqual(evidence?.registered, [{ number: REGISTERED, registration, name: 'Main Street Clinic' }])
  } finally {
    await cases.close()
  }
})

/** A registration that was vetted and proved, by the room that the service uses. */
async function register(url: string): Promise<string> {
  const store = openRegistryStore(url)
  try {
    const { vetting } = makeRegistry({
      store,
      terms: {
        public: 'https://redress.northwire.example',
        operator: 'Northwire',
        termMs: YEAR_MS,
        proofMs: YEAR_MS,
        confirmWithinMs: YEAR_MS,
      },
      plan: undefined,
      now: Date.now,
      assignDial: () => undefined,
      keepEvidence: async () => assert.fail('no file comes'),
      removeEvidence: () => undefined,
      readEvidence: async () => undefined,
      alarm: (cause) => assert.fail(String(cause)),
    })
    const opened = await vetting.open(CLINIC, REGISTERED, 'letter', ANN, 'leave-out')
    assert.ok(opened.kind === 'opened', JSON.stringify(opened))
    for (const item of ITEMS) await vetting.vet(opened.id, item, 'passed', 'seen', ANN)
    assert.equal((await vetting.approve(opened.id, 'all seen', ANN)).kind, 'done')
    assert.equal((await vetting.prove(opened.id, 'letter', '', 'signed by its director', ANN)).kind, 'done')
    return opened.id
  } finally {
    store.close()
  }
}

const YEAR_MS = 365 * 86_400_000
const CLINIC = {
  legalName: 'Main Street Clinic',
  contact: 'Ann Lee',
  email: 'ann@clinic.example',
  site: 'https://clinic.example',
  purpose: 'Reminders of appointments',
  callsPerDay: '250',
  provider: 'Northwire',
}
