import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { parse, stringify } from 'yaml'
import { missing } from '../peers/peer.ts'
import { Recourse, recourse } from '../peers/recourse.ts'
import { callsFrom, placeCalls } from '../peers/sipp.ts'
import { capture } from '../peers/tshark.ts'

const LIMIT = 3
const BUSY = ['+12125550117', '+12125550118', '+13035550142']
const LISTED = '+18005550199'

test(
  'a replay of what SIPp did, from a capture and from the journal, is what the gate did live',
  { skip: missing('sipp', 'dumpcap') },
  async (t) => {
    const gate = await Recourse.start(t, { limit: LIMIT, doNotOriginate: [LISTED] })
    const taken = await capture(t, [gate.port])
    const to = gate.port
    for (const [index, number] of BUSY.entries()) {
      await placeCalls(t, { scenario: 'uac-expect-continue-404', rows: callsFrom(number, LIMIT), to })
      await placeCalls(t, { scenario: 'uac-expect-network-blocked', rows: callsFrom(number, index + 1), to })
    }
    await placeCalls(t, { scenario: 'uac-retransmit', rows: callsFrom(BUSY[0]!, 1), to, more: ['-nr'] })
    await placeCalls(t, { scenario: 'uac-expect-decline', rows: callsFrom(LISTED, 2), to })
    await taken.stop()
    const live = new Map<string, number>()
    for (const { calling } of gate.ledger()) live.set(calling, (live.get(calling) ?? 0) + 1)
    assert.deepEqual(
      [...live.values()].toSorted((a, b) => a - b),
      [2, 2, 2, 3],
      'the control: every caller was blocked now and then',
    )
    const screened = LIMIT * BUSY.length + [...live.values()].reduce((sum, count) => sum + count)
    await gate.stop()

    const config = parse(readFileSync(join(gate.directory, 'recourse.yaml'), 'utf8')) as { policy: { rules: Rule[] } }
    const same = write(gate, 'same.yaml', config.policy)
    const journal = join(gate.directory, 'journal.ndjson')
    const rows = recourse(['journal', '--json', '--limit', '100000'], gate.directory).trim().split('\n')
    writeFileSync(journal, `${rows.toReversed().join('\n')}\n`)

    for (const source of [taken.file, 'journal', journal]) {
      const { summary, numbers } = replay(gate, same, source, '--against', 'none')
      assert.equal(summary.calls, screened, source)
      assert.deepEqual(new Map(numbers.map(({ number, newlyBlocked }) => [number, newlyBlocked])), live, source)
    }
    const recorded = replay(gate, same, 'journal', '--against', 'recorded')
    assert.deepEqual(
      [recorded.status, recorded.numbers, recorded.summary.blockedNow],
      [0, [], screened - LIMIT * BUSY.length],
    )

    const stricter = write(gate, 'stricter.yaml', {
      ...config.policy,
      rules: config.policy.rules.map((rule) =>
        rule.volume === undefined ? rule : { ...rule, volume: { ...rule.volume, limit: 1 } },
      ),
    })
    const changed = replay(gate, stricter, taken.file)
    assert.equal(changed.status, 1)
    assert.deepEqual(new Set(changed.numbers.map(({ number }) => number)), new Set(BUSY))
    assert.equal(changed.summary.newlyBlocked, (LIMIT - 1) * BUSY.length)
  },
)

type Rule = { id: string; volume?: { limit: number } }
type Row = { number: string; newlyBlocked: number }
type Summary = { calls: number; blockedNow: number; newlyBlocked: number }

function write(gate: Recourse, name: string, policy: unknown): string {
  writeFileSync(join(gate.directory, name), stringify(policy))
  return name
}

function replay(gate: Recourse, policy: string, from: string, ...more: readonly string[]) {
  const words = ['replay', '--policy', policy, '--from', from, '--json', ...more]
  const { stdout, stderr, status } = spawnSync(process.execPath, [COMMAND, ...words], {
    cwd: gate.directory,
    encoding: 'utf8',
  })
  assert.ok(status === 0 || status === 1, stderr)
  const rows = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row & { summary: Summary })
  return { status, numbers: rows.slice(0, -1), summary: rows.at(-1)!.summary }
}

const COMMAND = new URL('../../bin/recourse.js', import.meta.url).pathname
