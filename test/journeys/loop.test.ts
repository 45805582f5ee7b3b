// The whole loop between two Recourse, blocker and caller: the demo of docs/disputes.md is run, and both sides are looked into.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Who, demonstrate } from '../../scripts/demo.ts'
import { Peer } from '../peers/peer.ts'
import { recourse } from '../peers/recourse.ts'

test(
  'a call is blocked, seen by its copies, contested by API, proved, lifted, goes through, and both sides have it verified',
  { timeout: 120_000 },
  async (t) => {
    const said: [Who, string][] = []
    const { blocker, caller, dispute, case: ofCase } = await demonstrate(t, (who, words) => said.push([who, words]))

    assert.ok(said.length >= 12, JSON.stringify(said))
    const [shown] = linesOf(recourse(['disputes', 'show', dispute, '--json'], caller))
    assert.deepEqual([shown.status, shown.outcome, shown.filing.reference], ['verified', 'lifted', ofCase])
    assert.deepEqual(
      shown.events.map(({ kind }: { kind: string }) => kind),
      ['opened', 'filed', 'told', 'noted', 'told', 'answered', 'retested'],
    )
    assert.match(
      shown.events[3].data.words,
      /^to prove \+12125550117, \+18005550142\d{4} is to be called from it until /,
    )
    const inWords = recourse(['disputes', 'show', dispute], caller)
    assert.match(inWords, /they say lifted; what comes next, in their words: “[^”]+”\n/)
    assert.match(inWords, /that is their answer: lifted\n/)
    assert.match(inWords, /which goes through: 404 .*, by which this path says that the call goes on\n/)
    assert.equal(shown.receipts.length, 1)
    const [found] = linesOf(blocker.command('case', 'list', '--status', 'verified', '--json'))
    assert.equal(found.case, ofCase)
    assert.deepEqual(
      blocker.ledger().map(({ entry, calling, receipt }) => [entry, calling, receipt]),
      [['block', '+12125550117', shown.receipts[0]]],
    )
    const [group] = linesOf(recourse(['groups', 'list', '--all', '--json'], caller))
    assert.deepEqual([group.state, group.mark.note], ['resolved', `dispute ${dispute}: lifted`])
    const exported = recourse(['disputes', 'export', '--all', '--json'], caller)
    assert.ok(exported.includes(ofCase))
    assert.doesNotMatch(exported, /\/c\/[\w-]{22}/, 'the address that opens the case stays where it is')
    const [entry] = linesOf(recourse(['directory', 'show', 'redress.northwire.example', '--json'], caller))
    assert.deepEqual([entry.answer.filed, entry.answer.count, entry.lift.count], [1, 1, 1])

    const after = recourse(['disputes', 'poll', dispute, '--json', ...reachOf(blocker.deskPort)], caller)
    assert.deepEqual([linesOf(after)[0].news.status, linesOf(after)[0].status], ['verified', 'verified'])
  },
)

test('the demo ends by itself with 0, and leaves nothing behind', { timeout: 150_000 }, async () => {
  const demo = new Peer(process.execPath, [fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url))])
  const ending = await demo.ended
  assert.deepEqual(ending, { code: 0, signal: undefined }, demo.output)
  assert.match(demo.output, /the dispute is verified/)
  for (const verb of ['up', 'monitor --hep', 'groups list', 'disputes open --group 1 --purpose "We', 'case decide'])
    assert.ok(demo.output.includes(`$ npx recourse ${verb}`), `what is typed: ${verb}`)
  for (const [folder] of demo.output.matchAll(/\/\S*recourse-journey-\w+/g)) assert.ok(!existsSync(folder), folder)
})

function reachOf(port: number): string[] {
  return ['--connect-to', `redress.northwire.example=127.0.0.1:${port}`, '--ca', 'ca.pem']
}

// oxlint-disable-next-line typescript/no-explicit-any -- what a script of somebody else's reads, without our types
function linesOf(text: string): any[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
