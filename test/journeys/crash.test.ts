import assert from 'node:assert/strict'
import test from 'node:test'
import { type Call, Caller, fieldOf, formatInvite, idOf } from '../peers/caller.ts'
import { type LedgerRow, Recourse } from '../peers/recourse.ts'
import { SEED, mulberry32 } from '../peers/random.ts'

const KILLS = 50
const KINDS = [
  ['one thread', {}, KILLS],
  ['two threads that take datagrams in batches', { threads: 2, udp: 'batch' }, KILLS / 2],
] as const
const NOT_RECORDED = 'was on the wire and is not in the ledger'
/** Calls kept open at the gate: several rows share each commit. */
const WINDOW = 32
const ANSWERS_MAX = 300
const KILL_AFTER_MAX_MS = 60
/** About as long as a start takes, so that some kills fall into it. */
const START_MS = 500
const ANSWER_MS = 10_000
const random = mulberry32(SEED)

for (const [kind, wishes, kills] of KINDS)
  test(`${kills} times killed at a random moment under load, ${kind}: every id on the wire is in the ledger, once, and comes again after the restart`, async (t) => {
    const gate = await Recourse.start(t, { limit: 1, ...wishes })
    const load = await Load.open(gate.port)
    t.after(() => load.close())

    for (let kill = 0; kill < kills; kill++) await crash(gate, load, random)

    const ledger = gate.ledger()
    const found = faults(load.heard, ledger)
    assert.deepEqual(found.slice(0, 5), [], `${found.length} faults, seed ${SEED}`)
    gate.verifyLedger()
    const ids = [...load.heard.values()].filter((answers) => idOf(answers[0]!) !== undefined)
    assert.ok(ids.length >= kills * 10, `only ${ids.length} ids were on the wire`)
    assert.ok(load.repeated >= kills * 10, `only ${load.repeated} answered calls were asked again after a restart`)
    t.diagnostic(
      `seed ${SEED}: ${load.heard.size} calls answered, ${ids.length} ids, ${load.repeated} asked again, ${ledger.length} rows`,
    )
  })

test('a gate that answers before the commit is found out by the same check', async (t) => {
  const gate = await Recourse.start(t, { limit: 1, controls: 'acknowledge=before-commit' })
  const load = await Load.open(gate.port)
  t.after(() => load.close())

  let lost: string[] = []
  let kills = 0
  for (; kills < KILLS && lost.length === 0; kills++) {
    await crash(gate, load, random)
    lost = faults(load.heard, gate.ledger()).filter((fault) => fault.endsWith(NOT_RECORDED))
  }

  t.diagnostic(`found after ${kills} kills: ${lost[0]}`)
  assert.ok(lost.length > 0, `${kills} kills and nothing lost: the check is blind`)
})

/**
 * Loads the gate, kills it at a random moment, starts it again, and asks again about every call of this round:
 * answered ones must get their first answer, unanswered ones any.
 */
async function crash(gate: Recourse, load: Load, random: () => number): Promise<void> {
  load.startRound()
  // Half of the moments are counted in answers, half in time: the second half falls between answers.
  if (random() < 0.5) await load.answers(1 + Math.floor(random() * ANSWERS_MAX))
  else await new Promise((resolve) => setTimeout(resolve, random() * KILL_AFTER_MAX_MS))
  await gate.kill()
  load.pause()
  // Now and then the machine goes down again while the gate is starting.
  if (random() < 0.2) {
    gate.launch()
    await new Promise((resolve) => setTimeout(resolve, random() * START_MS))
    await gate.kill()
  }
  await gate.restart()
  await load.askAgain()
}

/** Everything that breaks the promise: what was on the wire, against what the ledger holds. */
function faults(heard: ReadonlyMap<string, readonly Buffer[]>, ledger: readonly LedgerRow[]): string[] {
  const found: string[] = []
  const blocks = ledger.filter((row) => row.entry === 'block')
  const byReceipt = Map.groupBy(blocks, (row) => row.receipt)
  for (const [receipt, rows] of byReceipt) if (rows.length > 1) found.push(`${receipt} stands twice in the ledger`)
  for (const [transaction, rows] of Map.groupBy(blocks, (row) => row.transaction))
    if (rows.length > 1) found.push(`transaction ${transaction} has ${rows.map(nameOf).join(' and ')}`)

  const callOf = new Map<string, string>()
  for (const [callId, answers] of heard) {
    const first = answers[0]!
    if (idOf(first) !== undefined && !answers.every((again) => again.equals(first)))
      found.push(`${callId} got another answer after its first`)
    for (const id of new Set(answers.map((answer) => idOf(answer)))) {
      if (id === undefined) continue
      const rows = byReceipt.get(id)
      if (rows === undefined) found.push(`${id} ${NOT_RECORDED}`)
      else if (rows[0]!.released) found.push(`${id} was on the wire and is released in the ledger`)
      if (callOf.has(id)) found.push(`${id} was given to two calls`)
      callOf.set(id, callId)
    }
  }
  return found
}

function nameOf({ receipt, released }: LedgerRow): string {
  return `${released ? 'a released row' : 'a row'} with ${receipt}`
}

/** A caller that keeps a window of calls open at the gate and remembers every answer it hears. */
class Load {
  readonly #caller: Caller
  /** Every answer to every call, in order, by Call-ID. */
  readonly heard = new Map<string, Buffer[]>()
  /** Answers heard to calls that had been answered before a kill. */
  repeated = 0
  #round: Call[] = []
  #running = false
  #count = 0
  #answers = 0
  #onAnswer = (): void => {}

  private constructor(caller: Caller) {
    this.#caller = caller
    caller.socket.on('message', (answer: Buffer) => this.#hear(answer))
  }

  static async open(gatePort: number): Promise<Load> {
    return new Load(await Caller.open(gatePort))
  }

  startRound(): void {
    this.#round = []
    this.#answers = 0
    this.#running = true
    for (let open = 0; open < WINDOW; open++) this.#place()
  }

  pause(): void {
    this.#running = false
  }

  /** Waits until this round has heard so many answers. */
  async answers(count: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the gate stopped answering after ${this.#answers}`)), ANSWER_MS)
      this.#onAnswer = () => {
        if (this.#answers < count) return
        clearTimeout(timer)
        this.#onAnswer = () => {}
        resolve()
      }
      this.#onAnswer()
    })
  }

  /** Sends every INVITE of the round again, the same octets, a few at a time, and waits for all answers. */
  async askAgain(): Promise<void> {
    const calls = this.#round.values()
    const askOne = async () => {
      for (const call of calls) {
        const before = this.heard.get(call.callId)?.length ?? 0
        let answer: Buffer | undefined
        for (let attempt = 0; attempt < 5 && answer === undefined; attempt++)
          answer = await this.#caller.ask(formatInvite(call), 500)
        if (answer === undefined) throw new Error(`no answer to ${call.callId} after the restart`)
        if (before > 0) this.repeated++
      }
    }
    await Promise.all(Array.from({ length: 16 }, askOne))
  }

  close(): void {
    this.#caller.close()
  }

  #place(): void {
    const number = this.#count++
    const call: Call = {
      calling: `+1212555${String(number % 4).padStart(4, '0')}`,
      called: '+14155550100',
      callId: `${process.pid}-${number}@127.0.0.1`,
      branch: `z9hG4bK-${process.pid}-${number}`,
      fromTag: `tag-${number}`,
      port: this.#caller.port,
    }
    this.#round.push(call)
    this.#caller.send(formatInvite(call))
  }

  #hear(answer: Buffer): void {
    const callId = fieldOf(answer, 'Call-ID')
    const answers = this.heard.get(callId)
    if (answers === undefined) this.heard.set(callId, [answer])
    else answers.push(answer)
    this.#answers++
    this.#onAnswer()
    if (this.#running) this.#place()
  }
}
