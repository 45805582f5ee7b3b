// A thread with a gate of its own that shares its UDP port with others. The main thread gives it terms and a port to the
// ledger's writer; figures and alarms go back.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import type { CallFacts } from '#core/call/facts.ts'
import type { Party } from '#core/call/party.ts'
import type { RecentBlock } from '#core/ledger/ledger.ts'
import type { Living } from '#core/rules/living.ts'
import type { AlarmKind } from '#edge/gate/answer.ts'
import type { Findings, Inquiry } from '#edge/gate/inquiry.ts'
import type { Tried } from '#edge/gate/trial.ts'
import { batchPauses, listenUdpBatch } from '#edge/gate/udp-batch.ts'
import { type Receive, type Transport, listenUdp } from '#edge/gate/udp.ts'
import { type HepTarget, openHep } from '#edge/hep/send-hep.ts'
import { BorrowedLedger } from '#edge/store/ledger-client.ts'
import type { Config } from '#main/config/config.ts'
import { UDP, tapped } from './hep-tap.ts'
import { type GateState, stateOf } from './gate-state.ts'
import { type GateTerms, type JudgingTerms, judgingParts, makeGate } from './gate-terms.ts'

/** What the thread is started with. */
export type ThreadTerms = {
  readonly terms: GateTerms
  readonly recent: readonly RecentBlock[]
  readonly udp: Config['gate']['udp']
  readonly endpoints: Config['gate']['listen']
  readonly receiveBufferBytes: number
  readonly chain: string
  /** Where copies of calls go. */
  readonly hep: HepTarget | undefined
}

/** What it is told. */
export type Order =
  | { readonly kind: 'ledger'; readonly port: MessagePort }
  | { readonly kind: 'adopt'; readonly terms: JudgingTerms }
  | { readonly kind: 'living'; readonly living: Living }
  | { readonly kind: 'found'; readonly id: number; readonly findings: Findings }
  | { readonly kind: 'close' }
  | { readonly kind: 'drain'; readonly withinMs: number }

/** What it tells. */
export type Report =
  | { readonly kind: 'listening'; readonly local: readonly string[] }
  | { readonly kind: 'deaf'; readonly endpoint: number; readonly code: string; readonly message: string }
  | { readonly kind: 'state'; readonly state: GateState }
  | { readonly kind: 'alarm'; readonly alarm: AlarmKind; readonly cause: unknown }
  | {
      readonly kind: 'ask'
      readonly id: number
      readonly facts: CallFacts
      readonly identities: readonly string[]
      readonly date: string | undefined
      readonly dialled: Party | undefined
    }
  | { readonly kind: 'tried'; readonly tried: Tried }
  | { readonly kind: 'drained' }

/** Figures need not be newer than what a person or a scraper could tell apart. */
const STATE_EVERY_MS = 250

const started = workerData as ThreadTerms
const main = parentPort!
const ledger = new BorrowedLedger(started.chain)
const hep = started.hep && openHep(started.hep)
const asked = new Map<number, (findings: Findings) => void>()
let asks = 0
let { wanted } = started.terms

const inquiry: Inquiry = {
  ask(facts, identities, date, dialled) {
    // Spares a call without anything to find out the way to the other thread.
    if (wanted === 'signed' && identities.length === 0) return undefined
    return new Promise((resolve) => {
      const id = ++asks
      asked.set(id, resolve)
      tell({ kind: 'ask', id, facts, identities, date, dialled })
    })
  },
}
const made = makeGate(started.terms, {
  ledger,
  inquiry,
  recent: started.recent,
  alarm: (alarm, cause) => tell({ kind: 'alarm', alarm, cause: cause instanceof Error ? cause : undefined }),
  tried: (tried) => tell({ kind: 'tried', tried }),
  pauses: started.udp === 'batch' ? batchPauses : undefined,
  heldBytes: () => transports.reduce((bytes, { receiveBufferBytes }) => bytes + receiveBufferBytes, 0),
})
const { gate } = made
let { tally } = made
const transports: Transport[] = []

main.on('message', (order: Order) => void obey(order))
await listen()
setInterval(() => tellState(), STATE_EVERY_MS)

async function listen(): Promise<void> {
  for (const [index, endpoint] of started.endpoints.entries()) {
    try {
      transports.push(await listenOn(endpoint))
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      return tell({ kind: 'deaf', endpoint: index, code, message: String(error) })
    }
  }
  tell({ kind: 'listening', local: transports.map(({ local }) => local) })
}

function listenOn({ address, port }: Config['gate']['listen'][number]): Promise<Transport> {
  const options = { receiveBufferBytes: started.receiveBufferBytes, reusePort: true }
  const hear: Receive = (bytes, source, way) => gate.receive(bytes, source, way)
  const receive = tapped(hear, hep, { address, port, protocol: UDP })
  const listen = started.udp === 'batch' ? listenUdpBatch : listenUdp
  return listen(address, port, options, receive)
}

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'ledger':
      return ledger.borrow(order.port)
    case 'adopt':
      return adopt(order.terms)
    case 'living':
      return gate.adopt({ living: order.living })
    case 'found':
      asked.get(order.id)?.(order.findings)
      return void asked.delete(order.id)
    case 'close':
      return gate.close()
    case 'drain':
      await gate.drain(order.withinMs)
      ledger.flush()
      tellState()
      await Promise.all([...transports.map((transport) => transport.close()), hep?.close()])
      tell({ kind: 'drained' })
  }
}

function adopt(terms: JudgingTerms): void {
  wanted = terms.wanted
  const parts = judgingParts(terms, inquiry)
  gate.adopt(parts)
  tally = parts.tally
}

function tellState(): void {
  tell({ kind: 'state', state: stateOf(gate, tally, transports, ledger.figures(), hep?.figures) })
}

function tell(report: Report): void {
  main.postMessage(report, [])
}
