// A network of its own that loses packets, and callers who do not give up. Run in a namespace by
// test/journeys/lossy.test.ts, which says how many calls and over what, it prints what was heard, recorded and counted as JSON.
import { connect } from 'node:net'
import { type Call, Caller, fieldOf, formatAck, formatCancel, formatInvite } from './caller.ts'
import { run, until } from './peer.ts'
import { freePort } from './port.ts'
import { mulberry32 } from './random.ts'
import { type LedgerRow, Recourse, figure } from './recourse.ts'
import { callsFrom, placeCalls } from './sipp.ts'

/** What the journey asks for. */
export type LossyPlan = {
  readonly transport: 'udp' | 'tcp'
  readonly threads?: number
  readonly udp?: 'dgram' | 'batch'
  /** Transactions that the gate remembers. */
  readonly transactions?: number
  /** Calls from one number, of which so many may go on. */
  readonly busy: number
  readonly limit: number
  /** Calls from a number whose every call is blocked. */
  readonly denied: number
  /** So many of the first INVITEs come once more when all calls are over. */
  readonly again?: number
  /** Calls that a SIPp places. */
  readonly sipp?: number
  readonly seed: number
}

/** What the journey looks at; messages as text, an octet a character. */
export type LossyReport = {
  /** Calls placed, with the branches each was placed on. */
  readonly placed: readonly {
    readonly callId: string
    readonly calling: string
    readonly branches: readonly string[]
  }[]
  /** Every final answer heard, in order, by branch and method. */
  readonly heard: Readonly<Record<string, readonly string[]>>
  readonly sipp: { readonly sent: readonly string[]; readonly heard: readonly string[] }
  readonly ledger: readonly LedgerRow[]
  readonly figures: {
    readonly calls: number
    readonly repeats: number
    readonly retransmissions: number
    readonly errors: number
    /** Answers that the system would not send. */
    readonly unsent: number
  }
  /** Packets that the network lost. */
  readonly lost: { readonly requests: number; readonly answers: number }
  /** Connections that were cut. */
  readonly cut: number
  readonly verified: boolean
}

const BUSY = '+12125550117'
const DENIED = '+12125550142'
const CALLED = '+14155550100'
const DENIED_BY_SIPP = '+12125550199'

const plan = JSON.parse(process.argv[2] ?? '{}') as LossyPlan
const random = mulberry32(plan.seed)
const placed: { callId: string; calling: string; branches: string[] }[] = []
const heard = new Map<string, string[]>()
let cut = 0
const cleanUps: (() => unknown)[] = []
const owner = { after: (cleanUp: () => unknown) => void cleanUps.push(cleanUp) }

async function observe(): Promise<LossyReport> {
  const { transport, threads, udp, limit, transactions } = plan
  const tcpPort = await freePort()
  const gate = await Recourse.start(owner, {
    limit,
    deny: [DENIED, DENIED_BY_SIPP],
    ...(threads === undefined ? {} : { threads }),
    ...(udp === undefined ? {} : { udp }),
    gate: (port) => ({
      listen: [`udp:127.0.0.1:${port}`, `tcp:127.0.0.1:${tcpPort}`],
      // All callers come from one address, and what was cut stays open at the gate until the news of it arrive.
      streams: { perAddress: 1_000 },
      limits: { record: '5s', ...(transactions === undefined ? {} : { transactions }) },
    }),
  })
  const port = transport === 'udp' ? gate.port : tcpPort
  losePackets(transport, port)

  const calls = callsToPlace()
  const sipp =
    plan.sipp === undefined
      ? undefined
      : placeCalls(owner, {
          scenario: 'uac-expect-network-blocked',
          rows: callsFrom(DENIED_BY_SIPP, plan.sipp),
          to: port,
          callsPerSecond: 80,
          t1Ms: SIPP_T1_MS,
          more: ['-max_invite_retrans', '9'],
        })
  if (transport === 'udp') await placeOverUdp(calls, port)
  else await inTurn(calls, (call) => placeOverTcp(call, port))
  const messages = (await sipp)?.messages ?? []

  let counted = -1
  const before = await until('every call is counted', async () => {
    const metrics = await gate.metrics()
    // Threads tell what they have counted from time to time: it is all there when nothing is added any more.
    const isSettled = figure(metrics, 'calls') === counted
    counted = figure(metrics, 'calls')
    if (!isSettled) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    return isSettled && counted >= placed.length + (plan.sipp ?? 0) - SIPP_MAY_MISS ? metrics : undefined
  })
  const lost = { requests: lostOf('requests'), answers: lostOf('answers') }
  await gate.stop()
  gate.verifyLedger()
  const number = (name: string): number => figure(before, name)
  return {
    placed,
    heard: Object.fromEntries(heard),
    sipp: {
      sent: messages.filter(({ sent }) => sent).map(({ bytes }) => bytes.toString('latin1')),
      heard: messages.filter(({ sent }) => !sent).map(({ bytes }) => bytes.toString('latin1')),
    },
    ledger: gate.ledger(),
    figures: {
      calls: number('calls'),
      repeats: number('repeats'),
      retransmissions: number('retransmissions'),
      errors: number('errors'),
      unsent: number('unsent'),
    },
    lost,
    cut,
    verified: true,
  }
}

/**
 * Loses a fifth of all datagrams each way, half of the answers already where they are sent, which the sender is told.
 * Over TCP less is lost: the system waits a fifth of a second and more before it sends again.
 */
function losePackets(transport: string, port: number): void {
  const { all, half } = transport === 'udp' ? { all: 20, half: 11 } : { all: 4, half: 2 }
  const rule = (chain: string, of: string, percent: number, what: string): string =>
    `add rule inet lossy ${chain} ${transport} ${of} ${port} numgen random mod 100 < ${percent} counter drop comment "${what}"`
  const rules = [
    'add table inet lossy',
    'add chain inet lossy incoming { type filter hook input priority 0; }',
    'add chain inet lossy outgoing { type filter hook output priority 0; }',
    rule('incoming', 'dport', all, 'requests'),
    rule('incoming', 'sport', half, 'answers'),
    rule('outgoing', 'sport', half, 'answers'),
  ]
  run('nft', [rules.join('; ')])
}

function lostOf(what: string): number {
  const counts = run('nft', ['list table inet lossy']).matchAll(/packets (\d+) bytes \d+ drop comment "(\w+)"/g)
  return [...counts].filter(([, , comment]) => comment === what).reduce((sum, [, packets]) => sum + Number(packets), 0)
}

/** The calls of both numbers, mixed. */
function callsToPlace(): Omit<Call, 'port'>[] {
  const calling = [
    ...Array.from({ length: plan.busy }, () => ({ number: BUSY, order: random() })),
    ...Array.from({ length: plan.denied }, () => ({ number: DENIED, order: random() })),
  ]
  return calling
    .toSorted((a, b) => a.order - b.order)
    .map(({ number }, at) => ({
      calling: number,
      called: CALLED,
      callId: `${at}@lossy.example`,
      branch: `z9hG4bK-${at}`,
      fromTag: `tag-${at}`,
    }))
}

/** Places calls, a few at a time. */
async function inTurn(calls: readonly Omit<Call, 'port'>[], place: (call: Omit<Call, 'port'>) => Promise<void>) {
  const left = calls.values()
  const placeNext = async (): Promise<void> => {
    for (const call of left) await place(call)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, placeNext))
}

async function placeOverUdp(calls: readonly Omit<Call, 'port'>[], gatePort: number): Promise<void> {
  const lines = await Promise.all(Array.from({ length: LINES }, () => Line.open(gatePort)))
  const lineOf = new Map<string, Line>()
  await inTurn(calls, async (call) => {
    const line = lines[Math.floor(random() * LINES)]!
    lineOf.set(call.callId, line)
    await line.place(call)
  })
  if (plan.again !== undefined)
    await inTurn(calls.slice(0, plan.again), async (call) => {
      const line = lineOf.get(call.callId)!
      await line.ask(formatInvite({ ...call, port: line.port }), `${call.branch} INVITE`)
    })
  await Promise.all(lines.map((line) => line.allSent()))
}

/** A caller's UDP socket: what it sends comes twice now and then, or late, and is sent again until it is answered. */
class Line {
  readonly #caller: Caller
  readonly #waiting = new Map<string, (answer: Buffer) => void>()
  readonly #late: Promise<void>[] = []

  private constructor(caller: Caller) {
    this.#caller = caller
    caller.socket.on('message', (answer: Buffer) => {
      const key = transactionOf(answer)
      hear(key, answer)
      this.#waiting.get(key)?.(answer)
      this.#waiting.delete(key)
    })
  }

  static async open(gatePort: number): Promise<Line> {
    return new Line(await Caller.open(gatePort))
  }

  get port(): number {
    return this.#caller.port
  }

  /** Places a call as its switch does, which may cancel it, hear nothing of its answer, or try again on another branch. */
  async place(without: Omit<Call, 'port'>): Promise<void> {
    const call = { ...without, port: this.port }
    const branches = random() < 0.1 ? [call.branch, `${call.branch}-again`] : [call.branch]
    placed.push({ callId: call.callId, calling: call.calling, branches })
    for (const branch of branches) await this.#placeOn({ ...call, branch })
  }

  async #placeOn(call: Call): Promise<void> {
    const invite = formatInvite(call)
    const answered = this.ask(invite, `${call.branch} INVITE`)
    const cancelled =
      random() < 0.25
        ? after(random() * LATE_MS).then(() => this.ask(formatCancel(call), `${call.branch} CANCEL`))
        : undefined
    const answer = await answered
    for (let more = Math.floor(random() * 4); more > 0; more--) this.#post(invite)
    this.#post(formatAck(call, answer))
    await cancelled
  }

  /** Sends a request until its final answer is there, at intervals that grow as timer A has them. RFC 3261 §17.1.1.2. */
  ask(request: Buffer, key: string): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined
      const send = (tries: number, waitMs: number): void => {
        if (tries === 0) return reject(new Error(`no answer to ${key}`))
        this.#post(request)
        timer = setTimeout(() => send(tries - 1, Math.min(waitMs * 2, T2_MS)), waitMs)
      }
      this.#waiting.set(key, (answer) => {
        clearTimeout(timer)
        resolve(answer)
      })
      send(TRIES, T1_MS)
    })
  }

  /** Waits until everything that was to be sent late is sent. */
  async allSent(): Promise<void> {
    await Promise.all(this.#late)
  }

  #post(message: Buffer): void {
    const copies = random() < 0.15 ? 2 : 1
    for (let copy = 0; copy < copies; copy++)
      if (random() < 0.3) this.#late.push(after(random() * LATE_MS).then(() => this.#caller.send(message)))
      else this.#caller.send(message)
  }
}

/** Places a call over connections that break: whoever heard nothing asks again on another, and so do some who did. */
async function placeOverTcp(call: Omit<Call, 'port'>, port: number): Promise<void> {
  const text = formatInvite({ ...call, port: 5060 }).toString('latin1')
  const invite = Buffer.from(text.replace('SIP/2.0/UDP', 'SIP/2.0/TCP').replace(';rport', ''), 'latin1')
  placed.push({ callId: call.callId, calling: call.calling, branches: [call.branch] })
  let toHear = random() < 0.5 ? 2 : 1
  for (let tries = 0; toHear > 0; tries++) {
    if (tries === TRIES) throw new Error(`no answer to ${call.callId}`)
    if (await askOnce(invite, port, random() < 0.5 ? BREAKS[Math.floor(random() * BREAKS.length)]! : 'never')) toHear--
  }
}

/** Sends a request on a connection of its own; tells whether an answer was heard before the connection was cut. */
function askOnce(invite: Buffer, port: number, breaks: (typeof BREAKS)[number] | 'never'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    let bytes = Buffer.alloc(0)
    const end = (how: () => void): void => {
      if (!socket.destroyed) cut++
      how()
    }
    const timer = setTimeout(() => end(() => socket.destroy()), SILENT_MS)
    socket.on('error', () => undefined)
    socket.on('connect', () => {
      if (breaks === 'half') socket.write(invite.subarray(0, invite.length / 2), () => end(() => socket.destroy()))
      else
        socket.write(invite, () => {
          if (breaks === 'reset') end(() => socket.resetAndDestroy())
          if (breaks === 'whole') end(() => socket.destroy())
          if (breaks === 'soon') setTimeout(() => end(() => socket.destroy()), random() * LATE_MS)
        })
    })
    socket.on('data', (more: Buffer) => {
      bytes = Buffer.concat([bytes, more])
      if (bytes.includes('\r\n\r\n')) socket.destroy()
    })
    socket.on('close', () => {
      clearTimeout(timer)
      const isWhole = bytes.includes('\r\n\r\n')
      if (isWhole) hear(transactionOf(bytes), bytes)
      resolve(isWhole)
    })
  })
}

/** What an answer answers: branch and method. */
function transactionOf(answer: Buffer): string {
  const branch = /;branch=([^;\s]+)/.exec(fieldOf(answer, 'Via'))?.[1] ?? ''
  return `${branch} ${fieldOf(answer, 'CSeq').split(' ')[1]}`
}

function hear(key: string, answer: Buffer): void {
  const answers = heard.get(key)
  if (answers === undefined) heard.set(key, [answer.toString('latin1')])
  else answers.push(answer.toString('latin1'))
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Cut in the middle of the request, behind it with and without a farewell, or about when the answer comes. */
const BREAKS = ['half', 'whole', 'reset', 'soon'] as const
const AT_ONCE = 64
const LINES = 6
const T1_MS = 40
/** Shorter, for SIPp has no T2 for INVITEs: its seventh waits for 64 of these. */
const SIPP_T1_MS = 20
const T2_MS = 320
const TRIES = 40
const LATE_MS = 30
const SILENT_MS = 1_500
/** Calls of SIPp that may get lost altogether: it does not ask for ever. */
const SETTLE_MS = 1_500
const SIPP_MAY_MISS = 3

// Last, for what stands above must be there when it runs.
try {
  const report = await observe()
  await new Promise<void>((written) => process.stdout.write(`${JSON.stringify(report)}\n`, () => written()))
} catch (fault) {
  process.exitCode = 1
  console.error(fault)
} finally {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
  process.exit()
}
