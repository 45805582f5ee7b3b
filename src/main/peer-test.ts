// One thing: a test of a peer by two calls, told step by step to whoever runs it: a command, or a page of the console.
import { type DialPlan, parseNumber } from '#core/call/number.ts'
import { partyKey } from '#core/call/party.ts'
import { type Asking, askControl } from '#edge/control/ask.ts'
import type { TrialStatus } from '#edge/gate/trial.ts'
import { type Destination, answerCalls } from '#edge/prober/answer-calls.ts'
import { dial } from '#edge/prober/dial.ts'
import { type Endpoint, formatEndpoint } from '#main/config/addresses.ts'
import { EXIT, Stop } from './exit.ts'
import type { CallSeen, TrialSeen } from './trial-words.ts'
import { TRIAL_S_MAX, type TrialAnswer, type TrialQuestion, controlPath } from './trials.ts'

/** What is tested, and how. Plain data. */
export type PeerTest = {
  readonly peer: string
  /** The called numbers, as they are written in the test's calls. */
  readonly allow: string
  readonly block: string
  readonly status: TrialStatus
  readonly waitMs: number
  /** Where the calls arrive that go on; undefined where somebody says whether they rang. */
  readonly listen: Endpoint | undefined
  /** Where the calls are placed, through the peer; undefined where somebody dials. */
  readonly through: Through | undefined
  /** The calling number of placed calls. */
  readonly from: string
}
export type Through = {
  readonly host: string
  readonly port: number
  readonly transport: 'udp' | 'tcp'
}

/** The two calls, in the order in which they are placed. */
export type Which = (typeof CALLS)[number]
export const CALLS = ['allow', 'block'] as const

/** What happened, in order. */
export type PeerStep =
  /** A call is next. */
  | { readonly kind: 'call'; readonly which: Which; readonly number: string }
  /** Nobody places it but a person, within the time. */
  | { readonly kind: 'dial'; readonly which: Which; readonly withinMs: number }
  /** It was placed, and ended so; without a status nothing final came, for the reason. */
  | { readonly kind: 'placed'; readonly which: Which; readonly status: number | undefined; readonly why: string }
  | { readonly kind: 'asked'; readonly which: Which; readonly isSo: boolean }
  | { readonly kind: 'went-on'; readonly which: Which; readonly isSo: boolean }
  /** A call arrived that is neither of the two. */
  | { readonly kind: 'stray'; readonly user: string }

export type PeerTestSurroundings = {
  /** The store of the gate, beside which it listens for tests. */
  readonly store: string
  readonly dialPlan: DialPlan | undefined
  readonly tell: (step: PeerStep) => void
  /** Asks a person whether a call rang; only where nothing listens and nothing is placed. */
  readonly rang: (which: Which) => Promise<boolean>
}

/** Runs a test to its end. Throws `Stop` where there is none: no gate, no such peer, another test, a port that is taken. */
export async function runPeerTest(test: PeerTest, around: PeerTestSurroundings): Promise<TrialSeen> {
  const seconds = Math.min(TRIAL_S_MAX, Math.ceil((test.waitMs * 2) / 1000) + 60)
  const { peer, allow, block, status } = test
  const watch = new Watch(test, around)
  const asking = await beginOrStop(around.store, { trial: { peer, allow, block, status, seconds } })
  try {
    const destination = await listenOrStop(test.listen, watch)
    try {
      return await follow(test, around, asking, watch)
    } finally {
      destination?.close()
    }
  } finally {
    asking.end()
  }
}

async function follow(
  test: PeerTest,
  { tell, rang }: PeerTestSurroundings,
  asking: Asking,
  watch: Watch,
): Promise<TrialSeen> {
  const { peer, status, through, listen, waitMs, from } = test
  const answers = asking.answers[Symbol.asyncIterator]()
  const first = ((await answers.next()).value ?? { kind: 'refused', why: 'the gate hung up' }) as TrialAnswer
  if (first.kind === 'refused') throw new Stop(EXIT.unusable, first.why)
  const { continueStatus } = first as Extract<TrialAnswer, { kind: 'on' }>
  void watch.follow(answers)

  const seen = new Map<Which, CallSeen>()
  for (const which of CALLS) {
    const number = test[which]
    tell({ kind: 'call', which, number })
    const placed = through === undefined ? undefined : await place(through, from, number, waitMs)
    tell(placed === undefined ? { kind: 'dial', which, withinMs: waitMs } : { kind: 'placed', which, ...placed })
    // What the gate tells comes by another way than what the caller is told, and may come later.
    await watch.until(() => watch.asked(which), placed === undefined ? waitMs : TOLD_MS)
    const asked = watch.asked(which)
    tell({ kind: 'asked', which, isSo: asked })
    if (listen !== undefined && !watch.arrived(which)) await watch.until(() => watch.arrived(which), ARRIVAL_MS)
    const wentOn =
      listen !== undefined
        ? watch.arrived(which)
        : placed !== undefined
          ? placed.status !== undefined && placed.status < 300
          : await rang(which)
    tell({ kind: 'went-on', which, isSo: wentOn })
    seen.set(which, { asked, wentOn })
  }
  return { peer, allow: seen.get('allow')!, block: seen.get('block')!, continueStatus, status, others: watch.others }
}

/** Follows what the gate hears, and what arrives at the destination. */
class Watch {
  others = 0
  readonly #asked = new Set<Which>()
  readonly #arrived = new Set<Which>()
  readonly #keys: ReadonlyMap<number, Which>
  readonly #around: PeerTestSurroundings
  #changed = (): void => undefined

  constructor(test: PeerTest, around: PeerTestSurroundings) {
    this.#around = around
    this.#keys = new Map(CALLS.map((which) => [this.#keyOf(test[which]), which]))
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
    if (which === undefined) this.#around.tell({ kind: 'stray', user })
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
    return partyKey(parseNumber(number, this.#around.dialPlan))
  }
}

async function beginOrStop(store: string, question: TrialQuestion): Promise<Asking> {
  const path = controlPath(store)
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

async function listenOrStop(endpoint: Endpoint | undefined, watch: Watch): Promise<Destination | undefined> {
  if (endpoint === undefined) return undefined
  try {
    return await answerCalls(endpoint.address, endpoint.port, (user) => watch.arrive(user))
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Stop(EXIT.outside, `cannot listen on udp:${formatEndpoint(endpoint)}: ${why}`, { cause: error })
  }
}

/** Places a call through the peer; answers its final status, or why there was none. */
async function place(
  { host, port, transport }: Through,
  from: string,
  to: string,
  timeoutMs: number,
): Promise<{ readonly status: number | undefined; readonly why: string }> {
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
  return dialled.kind === 'answered'
    ? { status: dialled.response.status, why: '' }
    : { status: undefined, why: dialled.why }
}

export const WAIT_S_MAX = 400
/** How long the gate may take to tell of a call that has had its answer. */
const TOLD_MS = 2_000
/** How long a call may take from the gate's answer to its destination. */
const ARRIVAL_MS = 3_000
