import type { LedgerFigures } from '#core/ledger/ledger.ts'
import { type FigureName, GATE_FIGURES } from '#edge/gate/figures.ts'
import { type StreamFigureName, STREAM_FIGURES } from '#edge/gate/streams.ts'
import { type DelayCounts, DELAY_BOUNDS_MS } from '#core/transaction/answer-delays.ts'
import type { Figure, Spread } from '#edge/health/serve.ts'
import { type HttpFigureName, type HttpFigures, HTTP_FIGURES } from '#edge/http/figures.ts'
import type { Alarm, Alarms } from './alarms.ts'
import { SCORE_FIGURES, type ScoreFigureName } from '#edge/score/figures.ts'
import { DESK_FIGURES, type DeskFigureName, type DeskFigures } from '#main/desk/desk-figures.ts'
import type { Inquiries } from './inquiries.ts'
import type { StirFigures } from './stir.ts'
import type { GateState } from './gate-state.ts'
import type { OpenStreams } from './serve-streams.ts'

/** What the metrics page shows of the gates. */
export function gateFigures(state: () => GateState, alarms: Alarms): Figure[] {
  const counted = Object.entries(GATE_FIGURES).map(([name, help]): Figure => {
    return { name: `gate_${snake(name)}_total`, help, type: 'counter', read: () => state().figures[name as FigureName] }
  })
  const alarmed = ALARM_KINDS.map((kind): Figure => {
    return {
      name: `alarm_${kind}_total`,
      help: `alarms of kind ${kind}`,
      type: 'counter',
      read: () => alarms.counts.get(kind) ?? 0,
    }
  })
  return [
    ...counted,
    ...alarmed,
    {
      name: 'gate_answer_seconds',
      help: 'how long INVITEs waited for their answers, from when the gate took them up',
      type: 'histogram',
      read: () => spreadOf(state().delays),
    },
    { name: 'gate_waiting', help: 'blocks that wait for the ledger', type: 'gauge', read: () => state().waiting },
    {
      name: 'gate_evicted_total',
      help: 'transactions and calls forgotten before their time',
      type: 'counter',
      read: () => state().evicted,
    },
    {
      name: 'tally_evicted_total',
      help: 'numbers that counting rules forgot while they still counted, or had no room for: a rule’s capacity is too small',
      type: 'counter',
      read: () => state().forgotten,
    },
    {
      name: 'tally_takeovers_total',
      help: 'locks of the counters taken over from a thread that seemed dead: a count may be off by one for each',
      type: 'counter',
      read: () => state().takeovers,
    },
    { name: 'hep_sent_total', help: 'copies sent to the Homer', type: 'counter', read: () => state().hep.sent },
    {
      name: 'hep_dropped_total',
      help: 'copies that the Homer could not be given at once, or that fit no packet',
      type: 'counter',
      read: () => state().hep.dropped,
    },
    {
      name: 'gate_unsent_total',
      help: 'datagrams the system would not send',
      type: 'counter',
      read: () => state().unsent,
    },
  ]
}

/** In seconds, at three bounds a decade. */
function spreadOf({ counts, sumMs }: DelayCounts): Spread {
  let count = 0
  const within = counts.flatMap((more, step): [number, number][] => {
    count += more
    const boundMs = DELAY_BOUNDS_MS[step]
    return boundMs !== undefined && SHOWN_STEPS.has(step % 10) ? [[Number((boundMs / 1000).toPrecision(3)), count]] : []
  })
  return { within, count, sum: sumMs / 1000 }
}

/** What the metrics page shows of connections over TCP and TLS; `expiresMs` is when the certificate ends. */
export function streamFigures({ streams, expiresMs }: Pick<OpenStreams, 'streams' | 'expiresMs'>): Figure[] {
  const counted = Object.entries(STREAM_FIGURES).map(([name, help]): Figure => {
    const read = (): number => streams.figures[name as StreamFigureName]
    return { name: `stream_${snake(name)}_total`, help, type: 'counter', read }
  })
  return [
    ...counted,
    { name: 'stream_open', help: 'connections that are open', type: 'gauge', read: () => streams.open },
    { name: 'stream_handshakes', help: 'TLS handshakes under way', type: 'gauge', read: () => streams.handshakes },
    {
      name: 'stream_certificate_expires_seconds',
      help: 'when the certificate of TLS ends, in seconds since 1970; 0 without TLS',
      type: 'gauge',
      read: () => Math.floor((expiresMs() ?? 0) / 1000),
    },
  ]
}

/** What the metrics page shows of the doors over HTTP. */
export function httpFigures(figures: HttpFigures): Figure[] {
  return Object.entries(HTTP_FIGURES).map(([name, help]): Figure => {
    return { name: `http_${snake(name)}_total`, help, type: 'counter', read: () => figures[name as HttpFigureName] }
  })
}

/** What the metrics page shows of the desk, its mail and the registry; nothing where there is no desk. */
export function deskFigures(read: () => DeskFigures): Figure[] {
  return Object.entries(DESK_FIGURES).map(([name, help]): Figure => {
    const type = name.endsWith('_total') ? 'counter' : 'gauge'
    return { name, help, type, read: () => read()[name as DeskFigureName] ?? 0 }
  })
}

/** What the metrics page shows of finding things out about calls: signatures and outside scores. */
export function inquiryFigures(read: () => Pick<Inquiries, 'verifications' | 'scores'>): Figure[] {
  const verified = VERIFY_FIGURES.map(([name, help, of]): Figure => {
    const readOne = (): number => {
      const { verifications } = read()
      return verifications === undefined ? 0 : of(verifications)
    }
    return { name: `verify_${name}_total`, help, type: 'counter', read: readOne }
  })
  const scored = Object.entries(SCORE_FIGURES).map(([name, help]): Figure => {
    return {
      name: `score_${snake(name)}_total`,
      help,
      type: 'counter',
      read: () => read().scores[name as ScoreFigureName],
    }
  })
  return [...verified, ...scored]
}

const VERIFY_FIGURES: readonly (readonly [name: string, help: string, of: (figures: StirFigures) => number])[] = [
  ['verified', 'signed calls whose signature holds', ({ verified }) => verified],
  ['failed', 'signed calls whose signature does not hold', ({ failed }) => failed],
  ['unverified', 'signed calls of which nothing could be found out', ({ unverified }) => unverified],
  ['late', 'of the unverified: those whose time was up', ({ late }) => late],
  ['certificates', 'certificates of signers that were fetched', ({ certificates }) => certificates.fetched],
  ['evicted', 'certificates forgotten to make room for others', ({ certificates }) => certificates.evicted],
  ['fetches_failed', 'fetches of certificates that failed', ({ fetches }) => fetches.failed],
  ['fetches_busy', 'certificates not fetched because too many fetches were under way', ({ fetches }) => fetches.busy],
]

/** What the metrics page shows of the ledger and the journal: what all threads handed in, and how the writer does. */
export function ledgerFigures(state: () => GateState, writer: () => LedgerFigures): Figure[] {
  return LEDGER_FIGURES.map(([key, help, type]) => {
    return {
      name: `ledger_${snake(key)}${type === 'counter' ? '_total' : ''}`,
      help,
      type,
      read: () => ({ ...writer(), ...state().ledger })[key],
    }
  })
}

type Counted = { [key in keyof LedgerFigures]: LedgerFigures[key] extends number ? key : never }[keyof LedgerFigures]

const LEDGER_FIGURES: readonly (readonly [Counted, string, 'counter' | 'gauge'])[] = [
  ['queued', 'entries handed in and not yet answered', 'gauge'],
  ['committed', 'entries on stable storage', 'counter'],
  ['failed', 'entries the store could not take', 'counter'],
  ['repeated', 'blocks whose transaction stood recorded already', 'counter'],
  ['released', 'blocks taken back because they came too late', 'counter'],
  ['commits', 'group commits', 'counter'],
  ['journalled', 'calls noted in the journal', 'counter'],
  ['journalDrops', 'calls that did not fit into the journal’s queue', 'counter'],
  ['checkpoints', 'checkpoints signed', 'counter'],
  ['reopened', 'times the store was opened again after a failure', 'counter'],
  ['lost', 'entries that were acknowledged and are not there: the storage broke its promise', 'counter'],
]
/** 1, 2.5 and 5 of each decade. */
const SHOWN_STEPS: ReadonlySet<number> = new Set([0, 4, 7])
const ALARM_KINDS: readonly Alarm[] = [
  'unrecorded',
  'late',
  'shed',
  'overload',
  'fault',
  'policy',
  'certificate',
  'webhooks',
  'standing',
  'desk',
  'overdue',
  'monitor',
  'mail',
]

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
