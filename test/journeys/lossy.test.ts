import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import test from 'node:test'
import { fieldOf, idOf, statusOf } from '../peers/caller.ts'
import type { LossyPlan, LossyReport } from '../peers/lossy-world.ts'
import { missing } from '../peers/peer.ts'
import { SEED } from '../peers/random.ts'

const skip = missing('nft', 'sipp')

const UDP: readonly [what: string, plan: Omit<LossyPlan, 'seed'>][] = [
  [
    'one thread, one datagram at a time',
    { transport: 'udp', threads: 1, udp: 'dgram', busy: 200, limit: 80, denied: 100, sipp: 80 },
  ],
  [
    'two threads, datagrams in batches',
    { transport: 'udp', threads: 2, udp: 'batch', busy: 200, limit: 80, denied: 100, sipp: 80 },
  ],
]

for (const [what, plan] of UDP)
  test(
    `a network loses a fifth each way, doubles and overtakes: one row for each transaction, the same octets each time, and the limit holds exactly; ${what}`,
    { skip },
    (t) => {
      const report = observe(plan)

      assert.deepEqual(faults(report, plan.limit).slice(0, 5), [], `seed ${SEED}`)
      const { placed, heard, sipp, ledger, lost, figures } = report
      assert.ok(lost.requests >= 100 && lost.answers >= 100, `lost ${lost.requests} requests, ${lost.answers} answers`)
      assert.ok(figures.retransmissions >= 250, `${figures.retransmissions} retransmissions reached the gate`)
      assert.ok(figures.unsent >= 20, `${figures.unsent} answers could not be sent`)
      assert.ok(figures.repeats >= 5, `${figures.repeats} calls came on another branch`)
      const cancelled = Object.keys(heard).filter((key) => key.endsWith(' CANCEL'))
      assert.ok(cancelled.length >= 40, `${cancelled.length} transactions were cancelled`)
      const bySipp = new Set(sipp.heard.map((answer) => fieldOf(octets(answer), 'Call-ID'))).size
      assert.ok(bySipp >= plan.sipp! - 3, `SIPp heard of ${bySipp} calls`)
      assert.ok(sipp.sent.filter(isInvite).length > plan.sipp! * 1.2, 'SIPp had to send again')
      t.diagnostic(
        `${placed.length} calls and ${bySipp} of SIPp, ${lost.requests} requests and ${lost.answers} answers lost, ` +
          `${figures.retransmissions} retransmissions, ${cancelled.length} CANCELs, ${ledger.length} rows; seed ${SEED}`,
      )
    },
  )

test(
  'connections are cut within and behind a request: asked again on another, the same octets, and one row for each transaction',
  { skip },
  (t) => {
    const plan = { transport: 'tcp', busy: 60, limit: 25, denied: 40 } as const
    const report = observe(plan)

    assert.deepEqual(faults(report, plan.limit).slice(0, 5), [], `seed ${SEED}`)
    const { placed, heard, ledger, lost, cut, figures } = report
    assert.ok(cut >= 50, `${cut} connections were cut`)
    assert.ok(lost.requests >= 5 && lost.answers >= 5, `lost ${lost.requests} and ${lost.answers} segments`)
    const twice = Object.values(heard).filter(({ length }) => length > 1).length
    assert.ok(twice >= 25, `${twice} transactions were asked again after their answer`)
    t.diagnostic(
      `${placed.length} calls, ${cut} connections cut, ${lost.requests} and ${lost.answers} segments lost, ` +
        `${figures.retransmissions} retransmissions, ${ledger.length} rows; seed ${SEED}`,
    )
  },
)

test('a gate that forgets transactions too soon is found out by the same check', { skip }, (t) => {
  const plan = { transport: 'udp', transactions: 1000, busy: 1100, limit: 1100, denied: 0, again: 50 } as const
  const found = faults(observe(plan), plan.limit)

  assert.match(found.join('\n'), /calls were counted/)
  t.diagnostic(found.slice(-1).join())
})

test('a doubled row, a second receipt, another answer and a wrong count are found out by the same check', () => {
  assert.deepEqual(faults(SAMPLE, 1), [])
  const [row] = SAMPLE.ledger
  const planted: [Partial<LossyReport>, RegExp][] = [
    [{ ledger: [row!, row!] }, /transaction t has 2 rows/],
    [{ ledger: [row!, { ...row!, transaction: 'u' }] }, /receipt r1 stands in 2 rows/],
    [{ ledger: [row!, { ...row!, transaction: 'u', receipt: 'r2' }] }, /z9-b has 2 rows/],
    [{ ledger: [{ ...row!, released: true }] }, /is released/],
    [{ ledger: [{ ...row!, answer: 'another' }] }, /holds another answer/],
    [{ ledger: [] }, /r1 is not in the ledger/],
    [{ heard: { ...SAMPLE.heard, 'z9-b INVITE': [BLOCK, BLOCK.replace('r1', 'r2')] } }, /z9-b got another answer/],
    [{ heard: { 'z9-a INVITE': [CONTINUE] } }, /z9-b was not answered/],
    [{ figures: { ...SAMPLE.figures, calls: 3 } }, /2 calls were placed, 3 calls were counted/],
    [
      { heard: { ...SAMPLE.heard, 'z9-a INVITE': [BLOCK.replace('z9-b', 'z9-a')] } },
      /0 calls of the limited number went on/,
    ],
    [{ verified: false }, /does not verify/],
  ]
  for (const [change, expected] of planted) assert.match(faults({ ...SAMPLE, ...change }, 1).join('\n'), expected)
})

/** Everything that breaks the promise: what was heard, against what was recorded and counted. */
function faults({ placed, heard, sipp, ledger, figures, verified }: LossyReport, limit: number): string[] {
  const found: string[] = []
  const say = (fault: string): void => void found.push(fault)
  const answers = new Map<string, readonly string[]>()
  for (const { branches } of placed) for (const branch of branches) answers.set(branch, heard[`${branch} INVITE`] ?? [])
  for (const [callId, texts] of Map.groupBy(sipp.heard, (answer) => fieldOf(octets(answer), 'Call-ID')))
    answers.set(callId, texts)

  const rowsOfReceipt = Map.groupBy(ledger, ({ receipt }) => receipt)
  for (const [receipt, rows] of rowsOfReceipt)
    if (rows.length > 1) say(`receipt ${receipt} stands in ${rows.length} rows`)
  for (const [transaction, rows] of Map.groupBy(ledger, (row) => row.transaction))
    if (rows.length > 1) say(`transaction ${transaction} has ${rows.length} rows`)
  for (const row of ledger) if (row.released) say(`receipt ${row.receipt} is released`)
  for (const [name, rows] of Map.groupBy(ledger, ({ answer }) => nameOf(answer, answers)))
    if (rows.length > 1) say(`${name} has ${rows.length} rows`)

  const told = new Set<string>()
  for (const [name, texts] of answers) {
    const [first] = texts
    if (first === undefined) say(`${name} was not answered`)
    else if (texts.some((text) => text !== first)) say(`${name} got another answer after its first`)
    for (const id of new Set(texts.map((text) => idOf(octets(text))))) {
      if (id === undefined) continue
      const row = rowsOfReceipt.get(id)?.[0]
      if (row === undefined) say(`${id} is not in the ledger`)
      else if (row.answer !== first) say(`the row of ${id} holds another answer`)
      if (told.has(id)) say(`${id} was given to two transactions`)
      told.add(id)
    }
  }
  for (const [key, texts] of Object.entries(heard))
    if (key.endsWith(' CANCEL') && !texts.every((text) => [200, 481].includes(statusOf(octets(text)))))
      say(`${key} was answered ${texts.join()}`)

  const goesOn = placed.filter(({ branches }) => statusOf(octets(heard[`${branches[0]} INVITE`]?.[0] ?? '')) === 404)
  if (goesOn.length !== limit) say(`${goesOn.length} calls of the limited number went on, and not ${limit}`)
  // What SIPp did not hear of may be counted or not.
  const bySipp = new Set([...sipp.sent.filter(isInvite), ...sipp.heard].map((text) => fieldOf(octets(text), 'Call-ID')))
  const known = new Set(sipp.heard.map((text) => fieldOf(octets(text), 'Call-ID')))
  if (figures.calls < placed.length + known.size || figures.calls > placed.length + bySipp.size)
    say(`${placed.length + bySipp.size} calls were placed, ${figures.calls} calls were counted`)
  if (figures.errors > 0) say(`the gate met ${figures.errors} faults of its own`)
  if (!verified) say('the ledger does not verify')
  return found
}

/** The branch, or SIPp's Call-ID, under which the calling side knows the transaction of an answer. */
function nameOf(answer: string, answers: ReadonlyMap<string, unknown>): string {
  const branch = /;branch=([^;\s]+)/.exec(answer)?.[1] ?? ''
  return answers.has(branch) ? branch : fieldOf(octets(answer), 'Call-ID')
}

function observe(plan: Omit<LossyPlan, 'seed'>): LossyReport {
  const script = join(import.meta.dirname, '../peers/lossy-world.ts')
  const words = ['-rn', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"', process.execPath, script]
  const { stdout, stderr, status } = spawnSync('unshare', [...words, JSON.stringify({ ...plan, seed: SEED })], {
    encoding: 'utf8',
    timeout: 110_000,
    maxBuffer: OUTPUT_MAX,
  })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as LossyReport
}

function octets(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

function isInvite(message: string): boolean {
  return message.startsWith('INVITE ')
}

const OUTPUT_MAX = 64 * 1_048_576
const CONTINUE = 'SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP x;branch=z9-a\r\nCSeq: 1 INVITE\r\n\r\n'
const BLOCK =
  'SIP/2.0 603 Network Blocked\r\nVia: SIP/2.0/UDP x;branch=z9-b\r\nCSeq: 1 INVITE\r\nReason: SIP;text="v=analytics1;id=r1"\r\n\r\n'
/** Two calls as they should be: one that goes on, and one that is blocked. */
const SAMPLE: LossyReport = {
  placed: [
    { callId: 'a', calling: '+12125550117', branches: ['z9-a'] },
    { callId: 'b', calling: '+12125550117', branches: ['z9-b'] },
  ],
  heard: {
    'z9-a INVITE': [CONTINUE, CONTINUE],
    'z9-b INVITE': [BLOCK, BLOCK],
    'z9-b CANCEL': ['SIP/2.0 200 OK\r\n\r\n'],
  },
  sipp: { sent: [], heard: [] },
  ledger: [
    {
      entry: 'block',
      released: false,
      transaction: 't',
      receipt: 'r1',
      rule: 'volume-number',
      calling: '+12125550117',
      called: '+14155550100',
      callId: 'b',
      answer: BLOCK,
    },
  ],
  figures: { calls: 2, repeats: 0, retransmissions: 2, errors: 0, unsent: 0 },
  lost: { requests: 0, answers: 0 },
  cut: 0,
  verified: true,
}
