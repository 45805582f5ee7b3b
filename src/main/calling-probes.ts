import { randomBytes } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import { type Who, permissionsOf } from '#core/account/permission.ts'
import { byOf } from '#core/account/accounts.ts'
import type { KeptProbe, ProbePlan, ProbeShare } from '#core/probe/kept-probe.ts'
import { POINTS } from '#core/probe/grade.ts'
import { findById } from '#core/probe/scenario.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { type Outcome, type ProbeRecord, type Probes, refuse } from '#edge/http/calling/ports.ts'
import { allowSources, isLoopback } from '#edge/prober/allowed-sources.ts'
import type { ProbeStore } from '#edge/store/probe-store.ts'
import { type Target, readTarget } from './call.ts'
import { freshId } from './dispute-room.ts'
import { Stop } from './exit.ts'
import type { ProbeTask, ProbeTold } from './probe-thread.ts'

/** What probes are run with. */
export type ProbeParts = {
  readonly store: ProbeStore
  readonly now: () => number
  /** Addresses and ranges that the configuration lets probes go to. */
  readonly allowed: () => readonly string[]
  /** Where the public desk is; undefined where there is none, and no link can be made. */
  readonly publicUrl: () => string | undefined
  readonly alarm: (cause: unknown) => void
}

export type ProbeRoom = Probes & {
  /** Ends what runs; the store says of it that it was interrupted. */
  close(): Promise<void>
  /** Resolves when nothing runs any more. */
  settled(): Promise<void>
}

/**
 * Probes as people inside start and watch them, each in a thread of its own. Where one may go: to this machine without a word,
 * to what the configuration names, and elsewhere only by a person who may change settings and says so for this one. The
 * other end is asked at the same places alone, over HTTP: a browser names no file of this machine.
 */
export function createProbes({ store, now, allowed, publicUrl, alarm }: ProbeParts): ProbeRoom {
  const running = new Map<string, Running>()
  store.interrupt(now())

  const recordOf = (probe: KeptProbe): ProbeRecord => {
    const { plan, placed, ...rest } = probe
    const run = running.get(probe.id)
    return {
      id: rest.id,
      at: iso(rest.at),
      by: rest.by,
      via: plan.via,
      from: plan.from,
      farEnd: plan.farEnd,
      scenarios: plan.scenarios.length,
      isElsewhere: plan.isElsewhere,
      state: rest.state,
      placed: run?.placed ?? placed,
      total: rest.total,
      current: run?.scenario,
      endedAt: rest.endedAt === undefined ? undefined : iso(rest.endedAt),
      why: rest.why,
      grade: rest.grade,
      points: rest.points,
      words: rest.words,
    }
  }

  const run = (id: string, task: ProbeTask): void => {
    const worker = new Worker(new URL('./probe-thread.ts', import.meta.url), { workerData: task, stdin: false })
    const state: Running = { worker, placed: 0, scenario: undefined, over: Promise.withResolvers<void>() }
    let end: Extract<ProbeTold, { readonly kind: 'end' }>['end'] | undefined
    running.set(id, state)
    worker.on('message', (told: ProbeTold) => {
      if (told.kind === 'end') ({ end } = told)
      else Object.assign(state, { placed: told.count, scenario: told.scenario })
    })
    worker.on('error', alarm)
    worker.on('exit', () => {
      running.delete(id)
      try {
        const { placed } = state
        if (end !== undefined) store.end(id, { ...end, at: now(), placed })
        else {
          const over = { state: 'interrupted', at: now(), placed, why: 'it was ended with the desk', report: undefined }
          store.end(id, { ...over, state: 'interrupted' })
        }
      } catch (cause) {
        alarm(cause)
      }
      state.over.resolve()
    })
  }

  /** Where a path leads, and whether this person may probe there. */
  const allow = async (via: string, says: boolean, who: Who): Promise<Outcome<Target & { isElsewhere: boolean }>> => {
    const target = await resolved(via)
    if (target === undefined) return refuse('bad-field', VIA_WORDS, '/via')
    if (isLoopback(target.host) || isWithin(target.host, allowed()))
      return { kind: 'done', value: { ...target, isElsewhere: false } }
    if (!mayElsewhere(who))
      return refuse(
        'not-allowed',
        `expected a path on this machine, or at an address of calling.probes.to; ${target.host} is elsewhere, where an administrator alone may place calls`,
      )
    if (!says)
      return refuse(
        'bad-field',
        `expected isElsewhere, by which you say that you may place calls at ${target.host}: they may ring, cost money or be taken for an attack`,
        '/isElsewhere',
      )
    return { kind: 'done', value: { ...target, isElsewhere: true } }
  }

  return {
    options: (who) => ({
      scenarios: SCENARIOS.map(({ id, title, group }) => ({ id, title, group })),
      to: [...allowed()],
      mayElsewhere: mayElsewhere(who),
      running: running.size,
    }),

    list(after, limit) {
      const page = store.probes(after, limit)
      return { rows: page.probes.map(recordOf), after: page.after }
    },

    probe(id) {
      const probe = store.probe(id)
      if (probe === undefined) return undefined
      const kept = store.report(id)
      return {
        ...recordOf(probe),
        report: kept && readReport(kept.json),
        links: store.shares(id).map((share) => linkRecord(share, now())),
        canShare: publicUrl() !== undefined,
      }
    },

    async start(asked, who) {
      const unknown = asked.scenarios.findIndex((id) => findById(SCENARIOS, id) === undefined)
      if (unknown >= 0) return refuse('bad-field', 'expected the id of a scenario', `/scenarios/${unknown}`)
      const farEnd = asked.farEnd === undefined || asked.farEnd.trim() === '' ? undefined : asked.farEnd.trim()
      if (farEnd !== undefined) {
        const wrong = refuseFarEnd(farEnd, allowed())
        if (wrong !== undefined) return wrong
      }
      const found = await allow(asked.via, asked.isElsewhere === true, who)
      if (found.kind === 'refused') return found
      if (running.size >= RUNNING_MAX)
        return refuse('busy', `expected fewer than ${RUNNING_MAX} probes at once: wait until one is over`)
      const { isElsewhere, ...target } = found.value
      const wanted = new Set(asked.scenarios)
      const plan: ProbePlan = {
        via: asked.via,
        from: asked.from,
        prefix: asked.prefix ?? PREFIX,
        to: asked.to,
        farEnd,
        scenarios: SCENARIOS.flatMap(({ id }) => (wanted.has(id) ? [id] : [])),
        timeoutMs: (asked.timeoutS ?? 10) * 1_000,
        isElsewhere,
      }
      const id = freshId()
      const at = now()
      const by = byOf(who)
      store.begin({ id, at, by: by.name, plan, total: plan.scenarios.length }, by)
      run(id, { plan, target, token: randomBytes(9).toString('hex'), startedMs: at })
      return { kind: 'done', value: id }
    },

    cancel(id, by) {
      const probe = store.probe(id)
      if (probe === undefined) return NOT_THERE
      const run_ = running.get(id)
      if (run_ === undefined) return refuse('conflict', 'it is over already')
      store.noteCancelled(id, now(), by)
      run_.worker.postMessage('cancel', [])
      return { kind: 'done', value: recordOf(probe) }
    },

    report: (id) => store.report(id),

    share(id, days, by) {
      const base = publicUrl()
      if (base === undefined)
        return refuse('conflict', 'there is no public desk that a link could lead to: hand on the report as a file')
      const share = { id: freshId(), token: randomBytes(32).toString('base64url'), at: now() }
      const until = share.at + days * DAY_MS
      const done = store.share(id, { ...share, until }, by)
      if (done === 'unknown') return NOT_THERE
      if (done === 'full') return refuse('conflict', 'it has as many links as it may have: end one first')
      return { kind: 'done', value: { id: share.id, url: `${base}/probe/${share.token}`, until: iso(until) } }
    },

    unshare: (id, link, by) => store.unshare(id, link, now(), by),

    async settled() {
      await Promise.all(Array.from(running.values(), ({ over }) => over.promise))
    },

    async close() {
      const all = [...running.values()]
      await Promise.all(all.map(({ worker }) => worker.terminate()))
      await Promise.all(all.map(({ over }) => over.promise))
    },
  }
}

type Running = {
  readonly worker: Worker
  readonly over: PromiseWithResolvers<void>
  placed: number
  scenario: string | undefined
}

/** Who may change settings may place calls elsewhere; a program by a token never. */
function mayElsewhere({ role, token }: Who): boolean {
  return token === undefined && permissionsOf(role, undefined).has('settings')
}

async function resolved(via: string): Promise<Target | undefined> {
  try {
    return await readTarget(via)
  } catch (error) {
    if (error instanceof Stop) return undefined
    throw error
  }
}

function isWithin(host: string, ranges: readonly string[]): boolean {
  return ranges.length > 0 && allowSources(ranges)(host)
}

function refuseFarEnd(farEnd: string, ranges: readonly string[]) {
  const url = URL.canParse(farEnd) ? new URL(farEnd) : undefined
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? ''
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (isHttp && url?.username === '' && (isLoopback(host) || isWithin(host, ranges))) return undefined
  return refuse(
    'bad-field',
    'expected the URL of the mock blocker’s door by its address, on this machine or at an address of calling.probes.to, such as http://127.0.0.1:8070',
    '/farEnd',
  )
}

/** The parts of a kept report that the page shows. */
function readReport(json: string) {
  const { deductions, advice, guess, verdicts, scenarios } = JSON.parse(json) as NonNullable<
    NonNullable<ReturnType<Probes['probe']>>['report']
  >
  return {
    deductions,
    advice,
    guess,
    verdicts,
    scenarios: scenarios.map(({ id, title, group, cite, state, why, arrived, arrivals, afterMs, findings }) => ({
      id,
      title,
      group,
      cite,
      state,
      why,
      arrived,
      arrivals,
      afterMs,
      findings: findings.map((finding) => ({
        kind: finding.kind,
        part: finding.part,
        sent: finding.sent,
        arrived: finding.arrived,
        note: finding.note,
        title: Object.hasOwn(POINTS, finding.kind) ? POINTS[finding.kind as keyof typeof POINTS].title : finding.kind,
      })),
    })),
  }
}

function linkRecord({ id, at, by, until, endedAt }: ProbeShare, now: number) {
  const isOpen = endedAt === undefined && until > now
  return { id, at: iso(at), by, until: iso(until), endedAt: endedAt === undefined ? undefined : iso(endedAt), isOpen }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

const NOT_THERE = refuse('not-found', 'expected the id of a probe that is kept here')
const VIA_WORDS = 'expected where the path begins, such as sip:127.0.0.1:5060, by a name that can be resolved'
const PREFIX = '+1212555'
const DAY_MS = 86_400_000
/** Probes that run at once: each places calls one after the other. */
export const RUNNING_MAX = 2
