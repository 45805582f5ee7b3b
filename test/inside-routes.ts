import { noticeChoices } from '#core/notify/notice-choices.ts'
import type { Overview } from '#core/overview/overview.ts'
import type { Office } from '#core/redress/office.ts'
import type { Vetting } from '#core/registry/registry.ts'
import type { InsideRoute } from '#edge/http/accounts/guard.ts'
import { blockRoutes } from '#edge/http/blocks/routes.ts'
import { callingRoutes } from '#edge/http/calling/calling-routes.ts'
import { disputeRoutes } from '#edge/http/calling/dispute-routes.ts'
import { type Calling, type Disputes, type Probes, refuse } from '#edge/http/calling/ports.ts'
import { probeRoutes } from '#edge/http/calling/probe-routes.ts'
import { consoleRoutes } from '#edge/http/console/console-routes.ts'
import { caseRoutes } from '#edge/http/office/case-routes.ts'
import type { RunningGate } from '#edge/http/gate/ports.ts'
import { gateRoutes } from '#edge/http/gate/routes.ts'
import { exportRoutes } from '#edge/http/office/export-routes.ts'
import { mailRoutes } from '#edge/http/office/mail-routes.ts'
import type { PolicyDesk } from '#edge/http/policy/policy-desk.ts'
import { policyRoutes } from '#edge/http/policy/policy-routes.ts'
import type { Upkeep } from '#edge/http/upkeep/ports.ts'
import { upkeepRoutes } from '#edge/http/upkeep/routes.ts'
import type { Tour } from '#edge/http/tour/ports.ts'
import { tourRoutes } from '#edge/http/tour/routes.ts'
import { vettingRoutes } from '#edge/http/registry/vetting.ts'

/**
 * The routes of the inside beside those of accounts, on ports that know nothing: what a walk over all of them goes along.
 * A room that adds routes to the inside adds them here.
 */
export function emptyInsideRoutes(): readonly InsideRoute[] {
  const office = knowsNothing()
  const now = (): number => 0
  const blocks = () => Promise.resolve({ blocks: [], after: undefined })
  return [
    ...vettingRoutes(knowsNothing()),
    ...caseRoutes({ office, now }),
    ...blockRoutes({
      look: () => Promise.resolve(undefined),
      overview: () => NOTHING_SEEN,
      ending: AbortSignal.abort(),
    }),
    ...exportRoutes({ office, blocks, operator: 'Northwire', now }),
    ...policyRoutes({ policy: policyUnknown() }),
    ...consoleRoutes({ page: '<!doctype html>', files: new Map() }),
    ...gateRoutes({ gate: GATE_UNKNOWN }),
    ...tourRoutes({ tour: TOUR_UNKNOWN }),
    ...mailRoutes(() => Promise.resolve('unknown')),
    ...callingRoutes({ calling: hasNothing() }),
    ...disputeRoutes({ disputes: hasNothing() }),
    ...upkeepRoutes({ upkeep: NOTHING_KEPT }),
    ...probeRoutes({ probes: hasNothing() }),
  ]
}

const NOTHING_SEEN = {
  at: 0,
  verdict: [],
  sliceMs: 60_000,
  knownSince: undefined,
  times: [],
  screened: [],
  blocked: [],
  causes: [],
  rules: [],
  delays: { since: undefined, slices: [], total: undefined },
  cases: { open: 0, overdue: 0, ages: [] },
  gates: { state: 'unknown', words: '', listening: [] },
  alarms: [],
  peers: [],
  ledger: { state: 'looking', checkedAt: undefined, entries: 0, words: '' },
} as const satisfies Overview

const TOUR_UNKNOWN: Tour = {
  read: () => ({ listening: [], reachable: [], peers: 0, contact: {}, examples: [] }),
  call: () => Promise.resolve(refuse('conflict', 'expected a gate that answers')),
}

const NOTHING_KEPT: Upkeep = {
  outgoing: {
    read: () => ({ alertsTo: [], webhooks: [] }),
    testMail: () => ({ kind: 'refused', problem: { kind: 'conflict', detail: 'expected mail in the configuration' } }),
    mailTest: () => undefined,
    testHook: () =>
      Promise.resolve({ kind: 'refused', problem: { kind: 'not-found', detail: 'expected a webhook' } } as const),
  },
  retention: () => ({ isCounting: false, kinds: [] }),
  health: () => ({
    at: '1970-01-01T00:00:00.000Z',
    verdict: [],
    listening: [],
    alarms: [],
    limits: [],
    limitsWatched: 0,
    ledger: { state: 'looking', words: '', entries: 0 },
    store: { path: '', bytes: 0, schema: 0 },
    versions: { recourse: '', node: '', sqlite: '' },
    clock: { zone: 'UTC', isSteady: true, jumpMs: 0 },
  }),
}

/** The calling side with nothing on it: pages are empty, and nothing is there that could be looked at or worked on. */
function hasNothing(): Calling & Disputes & Probes {
  const refused = { kind: 'refused', problem: { kind: 'not-found', detail: 'expected something that is there' } }
  const answers: Readonly<Record<string, unknown>> = {
    summary: { numbers: [] },
    groups: { groups: [], isEmpty: true },
    observations: { rows: [], after: undefined },
    list: { rows: [], after: undefined },
    directory: { blockers: [] },
    silence: { findings: [] },
    options: { scenarios: [] },
    isEmpty: true,
    unshare: false,
  }
  const undefinedOnes = new Set(['group', 'observation', 'file', 'probe', 'report'])
  return new Proxy({} as Calling & Disputes & Probes, {
    get: (_, name) => () => {
      if (undefinedOnes.has(String(name))) return undefined
      return Object.hasOwn(answers, String(name)) ? answers[String(name)] : refused
    },
  })
}

/** A gate without peers, with notices as in the United States and nothing of keys. */
const GATE_UNKNOWN: RunningGate = {
  peers: {
    list: () => ({ peers: [], total: 0, listening: [], answersStrangers: false }),
    peer: () => undefined,
    test: () => undefined,
    start: () => Promise.resolve(refuse('not-found', 'expected a peer')),
    cancel: () => undefined,
    rang: () => refuse('not-found', 'expected a test'),
  },
  notice: () => ({
    profile: 'us',
    choices: noticeChoices('us'),
    form: 'SIP',
    carry: 'both',
    contact: {},
    location: 'RLN',
    needsContact: false,
    treatments: [],
    files: { configuration: '/etc/recourse.yaml' },
  }),
  keys: () => ({
    at: '2026-11-22T12:00:00.000Z',
    receipts: { folder: '/var/receipt-keys', keepDays: 1, rotateDays: 1, keys: [], why: '' },
    certificates: [],
    signing: [],
  }),
}

/** A port that has nothing: lists are empty, what is looked for is not there, and nothing can be done with it. */
function knowsNothing(): Office & Vetting {
  return new Proxy({} as Office & Vetting, {
    get: (_, name) => () => Promise.resolve(answerOf(String(name))),
  })
}

/** No version, no list, no trial; every change is refused. */
function policyUnknown(): PolicyDesk {
  const empty = new Map<string, unknown>([
    ['versions', { inForce: 0, versions: [], after: undefined }],
    ['check', { kind: 'faulty', faults: [] }],
    ['lists', { policy: 0, lists: [] }],
    ['shadow', { policy: 0, sinceMs: 0, rules: [], allowLists: [] }],
    ['shadowNumbers', { numbers: [], after: undefined }],
    ['shadowCalls', []],
    ['drop', false],
  ])
  const lookUps = new Set(['version', 'differ', 'list', 'listText', 'uploaded', 'trial', 'cancelTrial', 'trialNumbers'])
  const refused = { kind: 'refused', problem: 'not-found', detail: 'expected a policy' }
  return new Proxy({} as PolicyDesk, {
    get: (_, name) => () =>
      Promise.resolve(empty.get(String(name)) ?? (lookUps.has(String(name)) ? undefined : refused)),
  })
}

function answerOf(name: string): unknown {
  if (name === 'cases') return { cases: [], after: undefined }
  if (LISTS.has(name)) return []
  return LOOK_UPS.has(name) ? undefined : { kind: 'unknown' }
}

const LISTS: ReadonlySet<string> = new Set(['list', 'lookUp', 'sources', 'similar', 'blockedList', 'figures'])
const LOOK_UPS: ReadonlySet<string> = new Set(['case', 'registration', 'evidence', 'evidenceFile'])
