import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '#main/config/config.ts'
import type { StirConfig } from '#main/config/stir.ts'
import { identityOf, mint, signToken } from '../../test/stir-authority.ts'
import { Inquiries } from './inquiries.ts'
import { callFacts } from '../../test/call-facts.ts'

const NOW_S = 1_793_016_000
const INFO = 'https://cert.example/a.pem'
const ROOT = await mint({ subject: 'CN=Root', authority: {} })
const STIR: StirConfig = {
  roots: [ROOT.pem],
  // None that is asked here: nothing goes to the network.
  hosts: ['other.example'],
  privateAddresses: [],
  budgetMs: 5_000,
  maxAgeMs: 60_000,
}
const FACTS = callFacts({ atMs: NOW_S * 1000 })
const HEADER = { alg: 'ES256', ppt: 'shaken', typ: 'passport', x5u: INFO }
const TOKEN = identityOf(
  signToken(ROOT.key, HEADER, {
    attest: 'A',
    dest: { tn: ['14155550163'] },
    iat: NOW_S - 90,
    orig: { tn: '12125550117' },
    origid: '123e4567-e89b-12d3-a456-426655440000',
  }),
  INFO,
)

test('a changed configuration verifies the next call by what it says, and goes on counting', async () => {
  const inquiries = new Inquiries(configOf(STIR))
  const find = async () => (await inquiries.ask(FACTS, [TOKEN]))?.verification
  const counted = () => [inquiries.verifications?.failed, inquiries.verifications?.unverified]
  const { policy } = configOf(STIR)

  assert.deepEqual(await find(), { kind: 'failed', why: 'stale' })
  inquiries.adopt(configOf({ ...STIR }))
  assert.deepEqual(await find(), { kind: 'failed', why: 'stale' }, 'the control: nothing has changed')
  assert.deepEqual(counted(), [2, 0])
  inquiries.adopt(configOf({ ...STIR, maxAgeMs: 120_000 }))
  assert.deepEqual(await find(), { kind: 'unverified', why: 'not-fetched' })
  assert.deepEqual(counted(), [2, 1])
  assert.equal(inquiries.verifications?.certificates.refused, 1)

  assert.equal(inquiries.wantedBy(policy), 'signed')
  inquiries.adopt(configOf(undefined))
  assert.equal(await find(), undefined)
  assert.equal(inquiries.wantedBy(policy), 'none')
  inquiries.adopt(configOf(STIR))
  assert.deepEqual(await find(), { kind: 'failed', why: 'stale' })
  inquiries.close()
})

/** All that inquiries read of a configuration. */
function configOf(stir: StirConfig | undefined): Config {
  const read: Pick<Config, 'stir' | 'scoreTokens'> & { policy: Pick<Config['policy'], 'rules'> } = {
    stir,
    scoreTokens: new Map(),
    policy: { rules: [] },
  }
  return read as Config
}
