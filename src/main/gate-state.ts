import type { MemoryTally } from '#core/rules/tally.ts'
import { type DelayCounts, sumDelays } from '#core/transaction/answer-delays.ts'
import type { Gate } from '#edge/gate/answer.ts'
import { type FigureName, type GateFigures, noFigures } from '#edge/gate/figures.ts'
import type { Transport } from '#edge/gate/udp.ts'
import type { HepFigures } from '#edge/hep/send-hep.ts'
import type { ClientFigures } from '#edge/store/ledger-client.ts'

/** How one gate stands: what it has counted, and what its ledger and its sockets have. Plain data. */
export type GateState = {
  readonly figures: GateFigures
  /** How long INVITEs waited for their answers. */
  readonly delays: DelayCounts
  /** Blocks that wait for the ledger. */
  readonly waiting: number
  /** Transactions and calls forgotten before their time. */
  readonly evicted: number
  /** Numbers that rules forgot while they still counted. */
  readonly forgotten: number
  /** Locks of the counters taken over from a thread that seemed dead. */
  readonly takeovers: number
  /** Datagrams the system would not send. */
  readonly unsent: number
  readonly ledger: ClientFigures
  readonly hep: Readonly<HepFigures>
}

export function stateOf(
  gate: Gate,
  tally: MemoryTally,
  transports: readonly Transport[],
  ledger: ClientFigures,
  hep: HepFigures = { sent: 0, dropped: 0 },
): GateState {
  return {
    figures: { ...gate.figures },
    delays: { counts: [...gate.delays.counts], sumMs: gate.delays.sumMs },
    waiting: gate.waiting,
    evicted: gate.evicted,
    forgotten: tally.evictions,
    takeovers: tally.takeovers,
    unsent: transports.reduce((sum, { failures }) => sum + failures.sends, 0),
    ledger,
    hep: { ...hep },
  }
}

/** Several gates seen as one. */
export function sumStates(states: readonly GateState[]): GateState {
  const figures = noFigures()
  for (const state of states) {
    for (const name of Object.keys(figures) as FigureName[]) figures[name] += state.figures[name]
  }
  const sum = (read: (state: GateState) => number): number => states.reduce((total, state) => total + read(state), 0)
  return {
    figures,
    delays: sumDelays(states.map(({ delays }) => delays)),
    waiting: sum(({ waiting }) => waiting),
    evicted: sum(({ evicted }) => evicted),
    forgotten: sum(({ forgotten }) => forgotten),
    takeovers: sum(({ takeovers }) => takeovers),
    unsent: sum(({ unsent }) => unsent),
    ledger: {
      queued: sum(({ ledger }) => ledger.queued),
      committed: sum(({ ledger }) => ledger.committed),
      failed: sum(({ ledger }) => ledger.failed),
      repeated: sum(({ ledger }) => ledger.repeated),
      released: sum(({ ledger }) => ledger.released),
      commits: sum(({ ledger }) => ledger.commits),
      journalled: sum(({ ledger }) => ledger.journalled),
      journalDrops: sum(({ ledger }) => ledger.journalDrops),
    },
    hep: { sent: sum(({ hep }) => hep.sent), dropped: sum(({ hep }) => hep.dropped) },
  }
}
