import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { Peer } from '../peers/peer.ts'
import { Recourse } from '../peers/recourse.ts'

const CALLING = '+12125550117'
const MANY_CALLS = 60_000

for (const threads of [1, 2]) {
  test(`under load lists and policies come, go and are refused, and no call is lost, with ${threads} thread${threads === 1 ? '' : 's'}`, async (t) => {
    const gate = await Recourse.start(t, { limit: MANY_CALLS, threads })
    const load = await Load.start(t, gate.port)
    await load.calls(50)
    assert.deepEqual(load.statuses(), [404])

    write(gate, 'caller.csv', `number\n${CALLING}\n`)
    await command(gate, 0, 'list', 'put', 'deny', 'caller.csv')
    await adopted(gate, 2)
    await load.settled()
    assert.deepEqual(load.statuses(), [603], 'the list that was put blocks')

    write(gate, 'wrong.csv', 'name,street\nBob,Main St\n')
    write(gate, 'empty.csv', 'number\n')
    write(gate, 'large.csv', `number\n${numbers(100)}`)
    assert.match(await command(gate, 2, 'list', 'put', 'deny', 'wrong.csv'), /wrong\.csv:1:1: found "name"/)
    assert.match(await command(gate, 1, 'list', 'put', 'deny', 'empty.csv'), /because list deny\.csv would be empty/)
    assert.match(await command(gate, 1, 'list', 'put', 'deny', 'large.csv'), /would change by 101 of 1 entry/)
    await load.calls(50)
    assert.deepEqual(load.statuses(), [603], 'the old list is in force')

    await command(gate, 0, 'policy', 'back')
    await adopted(gate, 1)
    await load.settled()
    assert.deepEqual(load.statuses(), [404], 'the change is taken back')

    const good = readFileSync(join(gate.directory, 'recourse.yaml'), 'utf8')
    write(gate, 'recourse.yaml', good.replace('rules:', 'ruels:'))
    gate.peer.signal('SIGHUP')
    await gate.peer.says(/recourse\.yaml:\d+:\d+: found the unknown key \\"ruels\\"/)
    await gate.peer.says(/"alarm":"policy"/)
    await load.calls(50)
    assert.deepEqual(load.statuses(), [404], 'a broken file changes nothing')

    write(gate, 'recourse.yaml', good.replace('name: edge', 'name: border'))
    write(gate, 'deny.csv', `number\n${CALLING}\n`)
    gate.peer.signal('SIGHUP')
    await gate.peer.says(/read the configuration again/)
    await load.settled()
    assert.deepEqual(load.statuses(), [603], 'the changed list of the file is in force')

    const { placed, unanswered, answers } = await load.stop()
    const rows = gate.ledger() as unknown as { entry: string; policy: number; peer: string; calling: string }[]
    t.diagnostic(`${placed} calls, ${rows.length} blocks`)
    assert.equal(unanswered, 0)
    assert.ok(placed > 500, `only ${placed} calls`)
    // Policy 2 is the list that was put: the same content from the file is the same version.
    assert.deepEqual(new Set(rows.map(({ policy }) => policy)), new Set([2]))
    assert.deepEqual(new Set(rows.map(({ peer }) => peer)), new Set(['edge', 'border']))
    assert.equal(rows.length, answers.filter((status) => status === 603).length)
    gate.verifyLedger()
  })
}

test('killed between staging and approval a gate comes back with the policy before; approved, it stays', async (t) => {
  const gate = await Recourse.start(t, { limit: MANY_CALLS })
  const caller = await Caller.open(gate.port)
  t.after(() => caller.close())
  let calls = 0
  const ask = async () => statusOf((await caller.ask(invite(caller, ++calls)))!)
  write(gate, 'large.csv', `number\n${CALLING}\n${numbers(100)}`)
  await command(gate, 1, 'list', 'put', 'deny', 'large.csv', '--by', 'ann')

  await gate.kill()
  await gate.restart()

  assert.equal(await ask(), 404)
  await command(gate, 0, 'policy', 'approve', '2', '--by', 'ben')
  await adopted(gate, 2)
  await until(async () => (await ask()) === 603)
  await gate.stop()
  await gate.restart()
  assert.equal(await ask(), 603, 'what was approved is in force after a restart, for the file has not changed')
  assert.match(gate.peer.output, /note: policy 2 is in force, applied by ben at .*recourse policy diff shows what/)
})

/** Calls from one number, several at a time, until it is told to stop. */
class Load {
  readonly #caller: Caller
  readonly #answers: number[] = []
  readonly #askers: Promise<void>[]
  #placed = 0
  #unanswered = 0
  #running = true
  #from = 0

  private constructor(caller: Caller) {
    this.#caller = caller
    this.#askers = Array.from({ length: AT_A_TIME }, () => this.#ask())
  }

  static async start(t: TestContext, port: number): Promise<Load> {
    const caller = await Caller.open(port)
    const load = new Load(caller)
    t.after(async () => {
      await load.stop()
      caller.close()
    })
    return load
  }

  /** Waits for so many more answers; `statuses` then tells of these. */
  async calls(count: number): Promise<void> {
    this.#from = this.#answers.length
    await until(() => this.#answers.length >= this.#from + count)
  }

  /** Lets answers pass until those of calls that were under way, in any thread, have come. */
  async settled(): Promise<void> {
    await this.calls(50)
    await this.calls(50)
  }

  statuses(): number[] {
    return [...new Set(this.#answers.slice(this.#from))]
  }

  async stop(): Promise<{ placed: number; unanswered: number; answers: readonly number[] }> {
    this.#running = false
    await Promise.all(this.#askers)
    return { placed: this.#placed, unanswered: this.#unanswered, answers: this.#answers }
  }

  async #ask(): Promise<void> {
    while (this.#running) {
      const answer = await this.#caller.ask(invite(this.#caller, ++this.#placed))
      if (answer === undefined) this.#unanswered++
      else this.#answers.push(statusOf(answer))
    }
  }
}

function invite(caller: Caller, number: number): Buffer {
  const name = `living-${process.pid}-${caller.port}-${number}`
  const called = `+1415555${String(number % 10_000).padStart(4, '0')}`
  const { port } = caller
  const ids = { callId: `${name}@127.0.0.1`, branch: `z9hG4bK-${name}`, fromTag: `tag-${number}` }
  return formatInvite({ calling: CALLING, called, ...ids, port })
}

/** Runs a verb beside the gate, which goes on meanwhile; answers what it printed. */
async function command(gate: Recourse, code: number, ...words: string[]): Promise<string> {
  const peer = new Peer(process.execPath, [COMMAND, ...words], { cwd: gate.directory })
  const ending = await peer.ended
  assert.equal(ending.code, code, peer.output)
  return peer.output
}

/** Waits until the gate says that it judges by a version, once more than it has said so before. */
async function adopted(gate: Recourse, version: number): Promise<void> {
  await gate.peer.says(new RegExp(`"policy":${version},"msg":"judging by another policy"`))
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 30_000
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function numbers(count: number): string {
  return Array.from({ length: count }, (_, at) => `+1212556${String(at).padStart(4, '0')}\n`).join('')
}

function write(gate: Recourse, name: string, text: string): void {
  writeFileSync(join(gate.directory, name), text)
}

const AT_A_TIME = 4
const COMMAND = fileURLToPath(new URL('../../bin/recourse.js', import.meta.url))
