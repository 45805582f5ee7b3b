import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { startKamailio } from '../peers/kamailio.ts'
import { Peer, missing, temporaryDirectory } from '../peers/peer.ts'
import { freePort, freePorts } from '../peers/port.ts'
import { COMMAND, Recourse, figure } from '../peers/recourse.ts'

const skip = missing('kamailio')
const EXAMPLE = new URL('../../examples/kamailio/kamailio.cfg', import.meta.url).pathname
/** The command that docs/peers.md gives is the one that is run here. */
const GUIDE = new URL('../../docs/peers.md', import.meta.url)
const ALLOW = '+14155550101'
const BLOCK = '+14155550102'
/** What the example takes for a block, and what a switch with other settings does. */
const STOPS = 't_check_status("6[0-9][0-9]|433|403")'

type Case = [title: string, stops: string, finding: string, words: RegExp, exit: number]
const CASES: Case[] = [
  ['as the example has it', STOPS, 'right', /RIGHT {2}edge does as the gate says/, 0],
  ['the wrong way round', 't_check_status("404")', 'inverted', /does the opposite.*\n(.*\n)*.*route-advance/, 1],
  ['so that it goes on whatever comes', 't_check_status("999")', 'blocks-go-on', /every blocked call would ring/, 1],
  ['so that it stops whatever comes', 't_check_status("[46][0-9][0-9]")', 'nothing-goes-on', /every call would die/, 1],
]
for (const [title, stops, finding, words, exit] of CASES) {
  test(`recourse peer test tells of a Kamailio configured ${title}: ${finding}`, { skip }, async (t) => {
    const path = await startPath(t, stops)

    const { code, output } = await path.testPeer('--json')
    const spoken = finding === 'inverted' ? await path.testPeer() : undefined

    assert.equal(code, exit, output)
    const json = JSON.parse(output.slice(output.indexOf('{"finding"'))) as { finding: string; others: number }
    assert.equal(json.finding, finding, output)
    assert.equal(json.others, 0)
    if (spoken !== undefined) assert.match(spoken.output, words)
    assert.equal(figure(await path.gate.metrics(), 'tried'), spoken === undefined ? 2 : 4)
    assert.equal(path.gate.ledger().length, 0, 'a test blocks nobody')
  })
}

test('recourse peer test tells of a switch that does not ask the gate', { skip }, async (t) => {
  const elsewhere = await freePort()
  const path = await startPath(t, STOPS, elsewhere)

  const { code, output } = await path.testPeer()

  assert.equal(code, 1, output)
  assert.match(output, /WRONG {2}edge asked the gate about neither call/)
})

test(
  'a test of a peer is over when who runs it is gone, and only the owner of the gate can begin one',
  { skip },
  async (t) => {
    const path = await startPath(t, STOPS)
    const socket = join(path.gate.directory, 'recourse.db.control')
    assert.equal(statSync(socket).mode & 0o777, 0o600)

    const first = await path.testPeer('--json')
    const second = await path.testPeer('--json')
    assert.deepEqual([first.code, second.code], [0, 0], second.output)
    const unknown = await path.testPeer('--json', 'nobody')
    assert.equal(unknown.code, 2)
    assert.match(unknown.output, /the running gate has no peer nobody; it has edge/)
    const holder = createConnection(socket)
    t.after(() => holder.destroy())
    holder.write(
      `${JSON.stringify({ trial: { peer: 'edge', allow: ALLOW, block: BLOCK, status: 603, seconds: 60 } })}\n`,
    )
    await new Promise((told) => holder.once('data', told))
    const busy = await path.testPeer('--json')
    assert.equal(busy.code, 2)
    assert.match(busy.output, /another test is under way/)

    await path.gate.stop()
    assert.equal(existsSync(socket), false)
    const gone = await path.testPeer('--json')
    assert.equal(gone.code, 3)
    assert.match(gone.output, /is the gate of this configuration running/)
  },
)

/** A Kamailio that asks a gate, and whose destination is the test itself. */
async function startPath(t: TestContext, stops: string, askAt?: number) {
  const gate = await Recourse.start(t)
  const [port, destination] = await freePorts(2)
  const text = readFileSync(EXAMPLE, 'utf8')
  assert.ok(text.includes(STOPS))
  const file = join(temporaryDirectory(t), 'kamailio.cfg')
  writeFileSync(file, text.replace(STOPS, stops))
  await startKamailio(t, file, port!, {
    LISTEN: `udp:127.0.0.1:${port}`,
    GATE: `"sip:127.0.0.1:${askAt ?? gate.port}"`,
    DESTINATION: `"sip:127.0.0.1:${destination}"`,
  })
  return {
    gate,
    testPeer: async (words?: string, name = 'edge') => {
      const args = wordsOfGuide({
        name,
        config: join(gate.directory, 'recourse.yaml'),
        listen: `udp:127.0.0.1:${destination}`,
      })
      args.push('--through', `sip:127.0.0.1:${port}`, '--wait', '8')
      if (words !== undefined) args.push(words)
      const command = new Peer(process.execPath, [COMMAND, ...args])
      t.after(() => command.stop())
      const { code } = await command.ended
      return { code, output: command.output }
    },
  }
}

/** The command of the guide with this machine's addresses. */
function wordsOfGuide({ name, config, listen }: { name: string; config: string; listen: string }): string[] {
  const command = /^npx recourse (peer test .*)$/m.exec(readFileSync(GUIDE, 'utf8'))?.[1]
  assert.ok(command !== undefined)
  const words = command.replace(' sbc ', ` ${name} `).replace('udp:192.0.2.9:5090', listen).split(' ')
  assert.ok(words.includes(ALLOW) && words.includes(BLOCK) && words.includes(listen) && words.includes(name))
  return [...words, '--config', config]
}
