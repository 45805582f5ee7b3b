import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { parseNumber } from '#core/call/number.ts'
import { partyKey } from '#core/call/party.ts'
import { type Asking, askControl } from '#edge/control/ask.ts'
import { TRIAL_STATUSES } from '#edge/gate/trial.ts'
import { type Destination, answerCalls } from '#edge/prober/answer-calls.ts'
import { dial } from '#edge/prober/dial.ts'
import { parseEndpoint } from '#main/config/addresses.ts'
import type { Config } from '#main/config/config.ts'
import { readTarget } from './call.ts'
import { EXIT, Stop } from './exit.ts'
import { loadOrStop } from './load-or-stop.ts'
import { type CallSeen, type TrialSeen, explainTrial, findTrial } from './trial-words.ts'
import { TRIAL_S_MAX, type TrialAnswer, type TrialQuestion, controlPath } from './trials.ts'
import { many, paint, visible } from './words.ts'

/** Adds `recourse peer test`. */
export function peerCommands(program: Command): void {
  const peer = program.command('peer').description('look at the switches that ask the gate')
  peer
    .command('test')
    .argument('<name>', 'the peer, as gate.peers names it')
    .requiredOption('--allow <number>', 'the called number of a call that has to go on')
    .requiredOption('--block <number>', 'the called number of a call that must not')
    .option('--listen <address>', 'be the destination of both calls: udp:ADDRESS:PORT, where the peer routes them')
    .option('--through <target>', 'place both calls oneself, through the peer: sip:HOST[:PORT]')
    .option('--from <number>', 'the calling number with --through', '+12125550117')
    .option('--status <status>', 'how the second call is refused: 603, 607, 608 or 403', '603')
    .option('--wait <seconds>', 'how long to wait for each call', '120')
    .option('--config <file>', 'the configuration of the running gate')
    .option('--json', 'the outcome as one JSON object on standard output')
    .description('test by two calls whether a switch does what the gate says: one has to go on, one must not')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx recourse peer test sbc --allow +14155550101 --block +14155550102 --listen udp:192.0.2.9:5090',
    )
    .action(async (name: string, words: TestWords) => {
      const seen = await testPeer(name, words)
      const finding = findTrial(seen)
      const [verdict, ...more] = explainTrial(seen)
      const said =
        words.json === true
          ? [JSON.stringify({ finding, ...seen })]
          : [
              `${paint(process.stdout, 'bold', finding === 'right' ? 'RIGHT' : 'WRONG')}  ${verdict}`,
              ...more.map((line) => `       ${line}`),
            ]
      process.stdout.write(`${said.join('\n')}\n`)
      process.exitCode = finding === 'right' ? EXIT.ok : EXIT.found
    })
}

type TestWords = {
  allow: string
  block: string
  listen?: string
  through?: string
  from: string
  status: string
  wait: string
  config?: string
  json?: boolean
}

/** The two calls, in the order in which they are placed. */
type Which = 'allow' | 'block'

async function testPeer(name: string, words: TestWords): Promise<TrialSeen> {
  const { config } = loadOrStop(words.config)
  const waitMs = readWait(words.wait)
  const status = TRIAL_STATUSES.find((status) => String(status) === words.status)
  if (status === undefined)
    throw new Stop(EXIT.unusable, `--status ${visible(words.status)}: expected one of ${TRIAL_STATUSES.join(', ')}`)
  const seconds = Math.min(TRIAL_S_MAX, Math.ceil((waitMs * 2) / 1000) + 60)
  const trial = { peer: name, allow: words.allow, block: words.block, status, seconds }
  const watch = new Watch(config, words)
  const asking = await beginOrStop(config, { trial })
  try {
    const destination = await listenOrStop(words.listen, watch)
    try {
      return await runTest(name, status, words, waitMs, asking, watch)
    } finally {
      destination?.close()
    }
  } finally {
    asking.end()
  }
}

async function runTest(
  peer: string,
  status: number,
  words: TestWords,
  waitMs: number,
  asking: Asking,
  watch: Watch,
): Promise<TrialSeen> {
  const answers = asking.answers[Symbol.asyncIterator]()
  const first = ((await answers.next()).value ?? { kind: 'refused', why: 'the gate hung up' }) as TrialAnswer
  if (first.kind === 'refused') throw new Stop(EXIT.unusable, first.why)
  const { continueStatus } = first as Extract<TrialAnswer, { kind: 'on' }>
  void watch.follow(answers)

  const seen = new Map<Which, CallSeen>()
  for (const which of ['allow', 'block'] as const) {
    const number = words[which]
    const wish = which === 'allow' ? 'has to go on' : 'must not go on'
    say(`call ${which === 'allow' ? 1 : 2} of 2, which ${wish}: to ${visible(number)}`)
    const placed = words.through === undefined ? undefined : await place(words.through, words.from, number, waitMs)
    if (placed === undefined) {
      say(`  place it now, through ${visible(peer)}; waiting ${many(waitMs / 1000, 'second')} for it`)
    }
    // What the gate tells comes by another way than what the caller is told, and may come later.
    await watch.until(() => watch.asked(which), placed === undefined ? waitMs : TOLD_MS)
    const asked = watch.asked(which)
    say(asked ? '  the gate was asked, and answered' : '  the gate was not asked')
    if (words.listen !== undefined && !watch.arrived(which)) await watch.until(() => watch.arrived(which), ARRIVAL_MS)
    const wentOn = await wentOnOf(which, words, placed, watch)
    say(wentOn ? '  the call went on' : '  the call did not go on')
    seen.set(which, { asked, wentOn })
  }
  return { peer, allow: seen.get('allow')!, block: seen.get('block')!, continueStatus, status, others: watch.others }
}

/** Whether the call went on: it arrived, or was picked up, or the operator says so. */
async function wentOnOf(which: Which, words: TestWords, placed: number | undefined, watch: Watch): Promise<boolean> {
  if (words.listen !== undefined) return watch.arrived(which)
  if (placed !== undefined) return placed < 300
  return confirm('  did it ring at its destination? [y/n] ')
}

/** Follows what the gate hears, and what arrives at the destination. */
class Watch {
  others = 0
  readonly #asked = new Set<Which>()
  readonly #arrived = new Set<Which>()
  readonly #keys: ReadonlyMap<number, Which>
  readonly #dialPlan: Config['gate']['dialPlan']
  #changed = (): void => undefined

  constructor({ gate }: Config, words: TestWords) {
    this.#dialPlan = gate.dialPlan
    this.#keys = new Map([
      [this.#keyOf(words.allow), 'allow'],
      [this.#keyOf(words.block), 'block'],
    ])
  }

  asked(which: Which): boolean {
    return this.#asked.has(which)
  }

  arrived(which: Which): boolean {
    return this.#arrived.has(which)
  }

  /** A call arrived at the destination. */
  arrive(user: string): void {
    const which = this.#keys.get(this.#keyOf(user))
    if (which === undefined) say(`  a call to ${visible(user)} arrived too, which is neither of the two`)
    else this.#arrived.add(which)
    this.#changed()
  }

  async follow(answers: AsyncIterator<unknown>): Promise<void> {
    for (let next = await answers.next(); next.done !== true; next = await answers.next()) {
      const answer = next.value as TrialAnswer
      if (answer.kind !== 'tried') continue
      if (answer.call === 'other') this.others++
      else this.#asked.add(answer.call)
      this.#changed()
    }
  }

  /** Waits until it is so, at most `withinMs`. */
  async until(holds: () => boolean, withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<true>((over) => (timer = setTimeout(() => over(true), withinMs)))
    while (!holds()) {
      const change = new Promise<false>((changed) => (this.#changed = () => changed(false)))
      if (await Promise.race([patience, change])) break
    }
    clearTimeout(timer)
  }

  #keyOf(number: string): number {
    return partyKey(parseNumber(number, this.#dialPlan))
  }
}

async function beginOrStop(config: Config, question: TrialQuestion): Promise<Asking> {
  const path = controlPath(config.store.path)
  try {
    return await askControl(path, question)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'EACCES'
        ? 'only the user that the gate runs as may ask it'
        : 'is the gate of this configuration running on this machine?'
    throw new Stop(EXIT.outside, `no gate answers on ${path}: ${why}`, { cause: error })
  }
}

async function listenOrStop(text: string | undefined, watch: Watch): Promise<Destination | undefined> {
  if (text === undefined) return undefined
  const endpoint = text.startsWith('udp:') ? parseEndpoint(text.slice('udp:'.length)) : undefined
  if (endpoint === undefined)
    throw new Stop(
      EXIT.unusable,
      `--listen ${visible(text)}: expected udp: and an address with a port, such as udp:192.0.2.9:5090`,
    )
  try {
    return await answerCalls(endpoint.address, endpoint.port, (user) => watch.arrive(user))
  } catch (error) {
    throw new Stop(EXIT.outside, `cannot listen on ${text}: ${(error as Error).message}`, { cause: error })
  }
}

/** Places a call through the peer; answers its final status, 408 where none came. */
async function place(target: string, from: string, to: string, timeoutMs: number): Promise<number> {
  const { host, port, transport } = await readTarget(target, undefined)
  if (transport === 'tls')
    throw new Stop(EXIT.unusable, `--through ${visible(target)}: calls are placed over UDP or TCP here; dial by hand`)
  const dialled = await dial({
    host,
    port,
    transport,
    from,
    to,
    displayName: undefined,
    localAddress: undefined,
    timeoutMs,
  })
  const status = dialled.kind === 'answered' ? dialled.response.status : TIMED_OUT
  say(
    `  placed through ${visible(target)}: ${dialled.kind === 'answered' ? status : `no final answer (${dialled.why})`}`,
  )
  return status
}

async function confirm(question: string): Promise<boolean> {
  const asker = createInterface({ input: process.stdin, output: process.stderr })
  try {
    for (;;) {
      const answer = (await asker.question(question)).trim().toLowerCase()
      if (/^y(es)?$/.test(answer)) return true
      if (/^no?$/.test(answer)) return false
    }
  } finally {
    asker.close()
  }
}

function readWait(text: string): number {
  const seconds = Number(text)
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= WAIT_S_MAX) return seconds * 1000
  throw new Stop(EXIT.unusable, `--wait ${visible(text)} is no time: expected seconds from 1 to ${WAIT_S_MAX}`)
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

const TIMED_OUT = 408
const WAIT_S_MAX = 400
/** How long the gate may take to tell of a call that has had its answer. */
const TOLD_MS = 2_000
/** How long a call may take from the gate's answer to its destination. */
const ARRIVAL_MS = 3_000
