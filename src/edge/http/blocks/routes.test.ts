import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Overview } from '#core/overview/overview.ts'
import type { BlockDetail, BlockName } from '#core/redress/block-detail.ts'
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { openTestOffice } from '../../../../test/office.ts'
import { BLOCK_DESCRIPTIONS } from './descriptions.ts'
import { blockRoutes } from './routes.ts'
import { blockDetailSchema, overviewSchema } from './schemas.ts'

test('docs/openapi-blocks.json describes the API of blocks and the overview as it is', () => {
  const described: unknown = JSON.parse(JSON.stringify(describeOffice(Object.values(BLOCK_DESCRIPTIONS))))
  assert.deepEqual(JSON.parse(readFileSync('docs/openapi-blocks.json', 'utf8')), described)
  assert.equal(Object.keys((described as { paths: object }).paths).length, 3)
})

test('a block is found by its receipt and by its place, and is explained as the description says', async () => {
  const { ask, asked, close } = await world()
  try {
    for (const id of [RECEIPT, 'gate-1:42', 'a:b:7']) {
      const response = await ask(`/v1/blocks/${encodeURIComponent(id)}`)
      assert.equal(response.status, 200)
      const detail = blockDetailSchema.parse(await response.json())
      assert.deepEqual(
        detail.notes.filter(({ depth }) => depth === 0).map(({ part }) => part),
        ['status line', 'Via', 'Reason'],
      )
      assert.ok(detail.faults.length > 0, 'a Reason without url and id is a faulty 603+')
    }
    assert.deepEqual(asked, [
      { by: 'receipt', receipt: RECEIPT },
      { by: 'entry', chain: 'gate-1', seq: 42 },
      { by: 'entry', chain: 'a:b', seq: 7 },
    ])
  } finally {
    close()
  }
})

test('what is no name of a block is not there, and nothing is looked up for it', async () => {
  const { ask, asked, close } = await world()
  try {
    const names = ['x', 'gate-1:0', 'gate-1:1e9', ':1', `${RECEIPT}A`, 'gate-1:9999999999999999']
    for (const id of names) assert.equal((await ask(`/v1/blocks/${encodeURIComponent(id)}`)).status, 404, id)
    assert.equal(asked.length, 0)
  } finally {
    close()
  }
})

test('the overview is what the description says, for each span and no other', async () => {
  const { ask, close } = await world()
  try {
    for (const span of ['1h', '24h', '7d', '28d'])
      overviewSchema.parse(await (await ask(`/v1/overview?span=${span}`)).json())
    assert.equal((await ask('/v1/overview?span=2h')).status, 400)
  } finally {
    close()
  }
})

test('the live overview is told at once, ends with the process, and no account has more than four', async () => {
  const { ask, ending, close, made } = await world()
  try {
    const open = await Promise.all([1, 2, 3, 4].map(() => ask('/v1/overview/live')))
    assert.deepEqual(
      open.map(({ status }) => status),
      [200, 200, 200, 200],
    )
    assert.equal(made(), 1, 'one overview is made for all who read it at once')
    await ask('/v1/overview')
    assert.equal(made(), 2, 'who asks once gets one of her own')
    const refused = await ask('/v1/overview/live')
    assert.equal(refused.status, 503)
    assert.equal(refused.headers.get('retry-after'), '30')
    await open[0]!.body!.cancel()
    const again = await ask('/v1/overview/live')
    assert.equal(again.status, 200, 'who left makes room')
    ending.abort()
    const text = await again.text()
    const [, data] = /event: overview\ndata: (.*)\n\n/.exec(text) ?? []
    overviewSchema.parse(JSON.parse(data ?? ''))
    await Promise.all(open.slice(1).map((one) => one.text()))
  } finally {
    close()
  }
})

async function world() {
  const asked: BlockName[] = []
  const ending = new AbortController()
  const look = (name: BlockName) => {
    asked.push(name)
    return Promise.resolve(DETAIL)
  }
  let made = 0
  const overview = () => {
    made++
    return OVERVIEW
  }
  const office = openTestOffice({ routes: blockRoutes({ look, overview, ending: ending.signal }) })
  const { session } = await office.staff('olga', 'auditor')
  const ask = (path: string): Promise<Response> => office.ask('GET', path, { session })
  return { asked, ending, ask, made: () => made, close: () => office.close() }
}

const RECEIPT = 'r'.repeat(64)
const DETAIL: BlockDetail = {
  receipt: RECEIPT,
  at: 1,
  calling: '+12125550117',
  called: '+14155550163',
  displayName: '<script>alert(1)</script>',
  callId: 'a@b',
  rule: 'volume',
  cause: 'analytics',
  program: 'opt-out',
  policy: 1,
  attestation: 'A',
  peer: 'north',
  trunk: 'tg-1',
  notice: { kind: '603+', status: 603 },
  isReleased: false,
  isErased: false,
  timeline: [{ at: 1, what: 'blocked', words: 'blocked' }],
  grounds: [{ words: 'a ground', data: { kind: 'volume' }, window: undefined }],
  request: 'INVITE sip:a SIP/2.0\r\n\r\n',
  answer:
    'SIP/2.0 603 Network Blocked\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nReason: SIP;cause=603;text="v=analytics1"\r\n\r\n',
  proof: {
    chain: 'gate-1',
    seq: 42,
    hash: '0'.repeat(64),
    state: 'open',
    words: 'as recorded',
    checkpoint: undefined,
    checkpointAt: undefined,
    looked: 1,
  },
  today: { kind: 'allow' },
  cases: [{ case: 'c', status: 'open', openedAt: 2 }],
  registered: [],
}
const OVERVIEW: Overview = {
  at: 1,
  verdict: [{ tone: 'quiet', words: 'Nothing needs you' }],
  sliceMs: 60_000,
  knownSince: 1,
  times: [0],
  screened: [1],
  blocked: [1],
  causes: [{ name: 'analytics', total: 1, values: [1] }],
  rules: [],
  delays: { since: 1, slices: [{ at: 0, half: 0.1, most: 3, calls: 9 }], total: undefined },
  cases: { open: 0, overdue: 0, ages: [] },
  gates: { state: 'up', words: 'Every gate is up', listening: ['udp:127.0.0.1:5060'] },
  alarms: [],
  peers: [{ name: 'north', last: 1, calls: 1 }],
  ledger: { state: 'looking', checkedAt: undefined, entries: 0, words: 'it is being verified' },
}
