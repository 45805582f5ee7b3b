// One thing: the peers of the running gate as those inside look at them, and their tests, each in a thread of its own.
import { Worker } from 'node:worker_threads'
import { byOf } from '#core/account/accounts.ts'
import { type Who, permissionsOf } from '#core/account/permission.ts'
import { parseNumber } from '#core/call/number.ts'
import { partyKey } from '#core/call/party.ts'
import type { Place } from '#core/call/place.ts'
import type { Redirect } from '#core/notify/redirect.ts'
import { type Outcome, refuse } from '#edge/http/calling/ports.ts'
import type { PeerDesk, PeerTestRecord } from '#edge/http/gate/ports.ts'
import { allowSources, isLoopback } from '#edge/prober/allowed-sources.ts'
import { type Endpoint, formatEndpoint, parseEndpoint } from '#main/config/addresses.ts'
import type { Config, PeerConfig } from '#main/config/config.ts'
import { readTarget } from './call.ts'
import { freshId } from './dispute-room.ts'
import { Stop } from './exit.ts'
import type { PeerStep, PeerTest, Through, Which } from './peer-test.ts'
import type { PeerTestOrder, PeerTestTask, PeerTestTold } from './peer-test-thread.ts'
import { explainTrial, findTrial } from './trial-words.ts'
import { isTestable } from './trials.ts'

/** What the peers are shown and tested with. */
export type PeerParts = {
  /** The configuration as it is now. */
  readonly config: () => Pick<Config, 'gate' | 'store' | 'api' | 'calling'>
  /** What was counted of a peer's calls, and since when. */
  readonly seen: (peer: string) => PeerSeen | undefined
  readonly since: () => number | undefined
  readonly listening: () => readonly string[]
  /** Writes into the audit trail; false where the store takes nothing. */
  readonly note: (entry: PeerNote) => boolean
  readonly now: () => number
  readonly alarm: (cause: unknown) => void
}

/** Milliseconds since 1970 of the last call, calls screened, and how many of them were blocked. */
export type PeerSeen = { readonly last: number; readonly calls: number; readonly blocked: number }

/** Who did what; no telephone number stands in it. */
export type PeerNote = {
  readonly by: { readonly name: string; readonly account: string }
  readonly action: 'peer-test-started' | 'peer-test-ended'
  readonly subject: string
  readonly detail: Readonly<Record<string, unknown>>
}

export type PeerRoom = PeerDesk & {
  /** Ends the test under way. */
  close(): Promise<void>
}

/**
 * Peers and their tests: one at a time, the last of them kept until the desk ends. Where test calls may be placed: at the
 * peer's own addresses, on this machine, where the configuration lets probes go, and elsewhere only by a person who may change
 * settings and says so for this one.
 */
export function createPeers(parts: PeerParts): PeerRoom {
  const { config, now, note, alarm } = parts
  const runs: Run[] = []

  const begin = (run: Run, task: PeerTestTask): void => {
    // The thread's own file has the ending this one has: .ts as written, .js as built.
    const file = new URL(
      import.meta.url.endsWith('.ts') ? './peer-test-thread.ts' : './peer-test-thread.js',
      import.meta.url,
    )
    const worker = new Worker(file, { workerData: task, stdin: false })
    run.worker = worker
    worker.on('message', (told: PeerTestTold) => take(run, told, now()))
    worker.on('error', (cause) => {
      run.why = 'a fault of ours: it is in the log'
      alarm(cause)
    })
    worker.on('exit', () => {
      run.worker = undefined
      run.asks = undefined
      run.endedAt = now()
      if (run.state === 'running') run.state = run.seen === undefined ? 'failed' : 'done'
      const detail = { outcome: run.seen === undefined ? run.state : findTrial(run.seen) }
      const subject = `peer ${run.test.peer}`
      if (!note({ by: run.by, action: 'peer-test-ended', subject, detail }))
        alarm(new Error('the end of a test of a peer could not be written into the audit trail'))
      run.over.resolve()
    })
  }

  const running = (): Run | undefined => runs.find(({ endedAt }) => endedAt === undefined)

  const lastOf = (peer: string): Run | undefined => runs.findLast(({ test }) => test.peer === peer)

  const peerOf = ({ name, from, certificates = [], continueStatus, continueContact }: PeerConfig) => {
    const seen = parts.seen(name)
    const test = lastOf(name)
    const tokens = config().api?.tokens
    return {
      name,
      from: [...from],
      certificates: [...certificates],
      hasToken: tokens !== undefined && [...tokens.values()].includes(name),
      continueStatus,
      continueContact: continueContact && formatPieces(continueContact),
      calls: seen?.calls ?? 0,
      blocked: seen?.blocked ?? 0,
      last: seen === undefined || seen.calls === 0 ? undefined : iso(seen.last),
      tested: test && {
        id: test.id,
        at: iso(test.at),
        state: test.state,
        finding: test.seen && findTrial(test.seen),
      },
    }
  }

  const since = (): string | undefined => {
    const at = parts.since()
    return at === undefined ? undefined : iso(at)
  }

  /** Where calls go, and whether they may be placed there. */
  const readThrough = async (
    peer: PeerConfig,
    text: string,
    says: boolean,
    who: Who,
  ): Promise<Outcome<Through & { readonly isElsewhere: boolean }>> => {
    let target: Awaited<ReturnType<typeof readTarget>>
    try {
      target = await readTarget(text)
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      return refuse('bad-field', THROUGH_WORDS, '/through')
    }
    const { host, port, transport } = target
    if (transport === 'tls')
      return refuse('bad-field', 'calls are placed over UDP or TCP here: leave it out, and dial by hand', '/through')
    const place = { host, port, transport }
    const { probes } = config().calling
    if (isLoopback(host) || isWithin(host, peer.from) || isWithin(host, probes.to))
      return { kind: 'done', value: { ...place, isElsewhere: false } }
    if (!mayElsewhere(who))
      return refuse('not-allowed', `expected an address of ${peer.name}: a program may place calls nowhere else`)
    if (says) return { kind: 'done', value: { ...place, isElsewhere: true } }
    const why = 'they may ring, cost money or be taken for an attack'
    return refuse(
      'bad-field',
      `expected isElsewhere, by which you say that you may place calls at ${host}, which is no address of ${peer.name}: ${why}`,
      '/isElsewhere',
    )
  }

  return {
    list(after, limit) {
      const { peers, answersStrangers } = config().gate
      const start = after === undefined ? 0 : Math.max(0, Number.parseInt(after, 10) || 0)
      const end = start + limit
      return {
        peers: peers.slice(start, end).map(peerOf),
        after: end < peers.length ? String(end) : undefined,
        total: peers.length,
        since: since(),
        listening: [...parts.listening()],
        answersStrangers,
      }
    },

    peer(name, who) {
      const { gate } = config()
      const peer = gate.peers.find((one) => one.name === name)
      if (peer === undefined) return undefined
      const busy = running()
      return {
        ...peerOf(peer),
        since: since(),
        tenant: peer.tenant,
        tenantAt: (peer.tenantAt ?? []).map(placeWords),
        trunkAt: (peer.trunkAt ?? []).map(placeWords),
        tellsVerdict: peer.tells?.verdict,
        tellsLabel: peer.tells?.label,
        announces: peer.announces === true,
        verstat: peer.verstat ?? 'trust',
        connectionsMax: gate.streams.connectionsPerPeerAddress,
        answersOverload: gate.answersOverload,
        listening: [...parts.listening()],
        tests: runs
          .filter(({ test }) => test.peer === name)
          .map(recordOf)
          .toReversed(),
        busy: busy && { id: busy.id, peer: busy.test.peer },
        through: proposeThrough(peer.from),
        mayElsewhere: mayElsewhere(who),
      }
    },

    test(id) {
      const run = runs.find((one) => one.id === id)
      return run && recordOf(run)
    },

    async start(name, asked, who) {
      const { gate, store } = config()
      const peer = gate.peers.find((one) => one.name === name)
      if (peer === undefined) return refuse('not-found', `the running gate has no peer ${name}`)
      const [allow, block] = [asked.allow, asked.block].map((text) => parseNumber(text.trim(), gate.dialPlan))
      for (const [field, party] of [
        ['allow', allow!],
        ['block', block!],
      ] as const) {
        if (!isTestable(party))
          return refuse('bad-field', 'expected a telephone number, and no emergency number', `/${field}`)
      }
      if (partyKey(allow!) === partyKey(block!))
        return refuse('bad-field', 'expected another number than that of the first call', '/block')
      const listen = asked.listen === undefined ? undefined : readListen(asked.listen)
      if (asked.listen !== undefined && listen === undefined) return refuse('bad-field', LISTEN_WORDS, '/listen')
      const through =
        asked.through === undefined
          ? undefined
          : await readThrough(peer, asked.through.trim(), asked.isElsewhere === true, who)
      if (through?.kind === 'refused') return through
      const busy = running()
      if (busy !== undefined)
        return refuse('busy', `${busy.test.peer} is being tested: one test is run at a time. Wait until it is over`)
      const { isElsewhere = false, ...target } = through?.value ?? {}
      const test: PeerTest = {
        peer: name,
        allow: asked.allow.trim(),
        block: asked.block.trim(),
        status: asked.status ?? 603,
        waitMs: (asked.waitS ?? WAIT_S) * 1_000,
        listen,
        through: through?.value && (target as Through),
        from: asked.from?.trim() ?? FROM,
      }
      const by = byOf(who)
      const detail = { status: test.status, places: through !== undefined, listens: listen !== undefined, isElsewhere }
      if (!note({ by, action: 'peer-test-started', subject: `peer ${name}`, detail }))
        return refuse('not-saved', 'the store takes nothing just now, and a test has to stand in the audit trail')
      const run: Run = {
        id: freshId(),
        at: now(),
        by,
        test,
        through: through && asked.through!.trim(),
        steps: [],
        over: Promise.withResolvers<void>(),
        state: 'running',
        endedAt: undefined,
        asks: undefined,
        seen: undefined,
        why: '',
        worker: undefined,
      }
      runs.push(run)
      if (runs.length > RUNS_KEPT) runs.shift()
      begin(run, { test, store: store.path, dialPlan: gate.dialPlan })
      return { kind: 'done', value: run.id }
    },

    cancel(id) {
      const run = runs.find((one) => one.id === id)
      if (run === undefined) return undefined
      if (run.state === 'running') run.state = 'cancelled'
      // Its end hangs up on the gate, which ends the test there.
      void run.worker?.terminate()
      return recordOf(run)
    },

    rang(id, { call, rang }) {
      const run = runs.find((one) => one.id === id)
      if (run === undefined) return refuse('not-found', 'expected a test that was run since the desk started')
      if (run.asks !== call) return refuse('conflict', 'nobody is asked about this call just now')
      run.asks = undefined
      run.worker?.postMessage({ call, rang } satisfies PeerTestOrder, [])
      return { kind: 'done', value: recordOf(run) }
    },

    async close() {
      const open = runs.filter(({ endedAt }) => endedAt === undefined)
      for (const { worker } of open) void worker?.terminate()
      await Promise.all(open.map(({ over }) => over.promise))
    },
  }
}

type Run = {
  readonly id: string
  readonly at: number
  readonly by: PeerNote['by']
  readonly test: PeerTest
  readonly through: string | undefined
  readonly steps: { readonly at: number; readonly step: PeerStep }[]
  readonly over: PromiseWithResolvers<void>
  state: PeerTestRecord['state']
  endedAt: number | undefined
  asks: Which | undefined
  seen: Extract<PeerTestTold, { kind: 'end' }>['seen'] | undefined
  why: string
  worker: Worker | undefined
}

function take(run: Run, told: PeerTestTold, at: number): void {
  if (told.kind === 'step' && run.steps.length < STEPS_KEPT) run.steps.push({ at, step: told.step })
  if (told.kind === 'ask') run.asks = told.call
  if (told.kind === 'end') run.seen = told.seen
  if (told.kind === 'failed') run.why = told.why
}

function recordOf({ id, at, by, test, through, steps, state, endedAt, asks, seen, why }: Run): PeerTestRecord {
  return {
    id,
    peer: test.peer,
    at: iso(at),
    by: by.name,
    endedAt: endedAt === undefined ? undefined : iso(endedAt),
    // A thread that is being ended is still at it: another test would find the gate busy.
    state: endedAt === undefined ? 'running' : state,
    allow: test.allow,
    block: test.block,
    status: test.status,
    through,
    listen: test.listen && `udp:${formatEndpoint(test.listen)}`,
    waitS: test.waitMs / 1_000,
    steps: steps.map(({ at, step }) => ({
      at: iso(at),
      kind: step.kind,
      call: 'which' in step ? step.which : undefined,
      isSo: 'isSo' in step ? step.isSo : undefined,
      words: stepWords(step, test.peer, through),
    })),
    asks,
    finding: seen && findTrial(seen),
    words: seen === undefined ? [] : [...explainTrial(seen)],
    why,
  }
}

function stepWords(step: PeerStep, peer: string, through = ''): string {
  switch (step.kind) {
    case 'call':
      return step.which === 'allow'
        ? `Call 1 of 2, which has to go on: to ${step.number}`
        : `Call 2 of 2, which must not go on: to ${step.number}`
    case 'dial':
      return `Dial it now from a telephone behind ${peer}: it is waited for ${step.withinMs / 1_000} seconds`
    case 'placed':
      return `Placed through ${through}: ${step.status === undefined ? `no final answer (${step.why})` : `answered ${step.status}`}`
    case 'asked':
      return step.isSo ? 'The gate was asked, and answered' : 'The gate was not asked'
    case 'went-on':
      return step.isSo ? 'The call went on' : 'The call did not go on'
    default:
      return `A call to ${step.user} arrived too, which is neither of the two`
  }
}

/** Who may change settings may place calls elsewhere; a program by a token never. */
function mayElsewhere({ role, token }: Who): boolean {
  return token === undefined && permissionsOf(role, undefined).has('settings')
}

function isWithin(host: string, ranges: readonly string[]): boolean {
  return ranges.length > 0 && allowSources(ranges)(host)
}

function readListen(text: string): Endpoint | undefined {
  const trimmed = text.trim()
  return parseEndpoint(trimmed.startsWith('udp:') ? trimmed.slice('udp:'.length) : trimmed)
}

function formatPieces(redirect: Redirect): string {
  return redirect.map((piece) => ('text' in piece ? piece.text : `{${piece.fill}}`)).join('')
}

function placeWords({ kind, name }: Place): string {
  return `${kind} ${name}`
}

/** The one address that a peer asks from, as a target; empty where it has several, or none. */
function proposeThrough([first = '', ...more]: readonly string[]): string {
  const address = /^([^/]+?)(?:\/(?:32|128))?$/.exec(first)?.[1]
  if (address === undefined || more.length > 0) return ''
  return address.includes(':') ? `sip:[${address}]` : `sip:${address}`
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

const THROUGH_WORDS =
  'expected where the peer takes calls, such as sip:192.0.2.7 or sip:192.0.2.7:5060;transport=tcp, by a name that can be resolved'
const LISTEN_WORDS = 'expected an address of this machine with a port, such as udp:192.0.2.9:5090'
const FROM = '+12125550117'
const WAIT_S = 120
/** Tests that are kept until the desk ends; the oldest makes room. */
const RUNS_KEPT = 50
/** Steps of one test: strangers that call its destination could make many. */
const STEPS_KEPT = 100
