// So many addresses as the first argument says send one datagram each, to a gate in a process of its own. Prints what became of
// them as JSON. With `--keep` it also does what the gate must not: it keeps every address.
import { writeSync } from 'node:fs'
import { CALLER, PEER, gateWith, invite } from './gate.ts'

/** What became of them. */
export type SpoofedSources = {
  readonly sources: number
  /** Addresses kept by `--keep`. */
  readonly kept: number
  readonly strangers: number
  readonly answersToStrangers: number
  /** Calls of the peer placed meanwhile, and how many were answered by continue. */
  readonly calls: number
  readonly continued: number
  /** How much more the process holds when the garbage is gone, in MiB. */
  readonly keptMiB: number
  /** How much larger it became, garbage included. */
  readonly grewMiB: number
}

const SOURCES = Number(process.argv[2])
/** The peer places a call after so many datagrams of strangers. */
const CALL_EVERY = 1_000
/** So many come before the size of the process is first looked at: the engine warms up. */
const WARM_UP = 20_000

const { gate, way, sent, say } = gateWith()
const datagram = invite({ from: CALLER })
const kept = new Set<string>()
const keeps = process.argv.includes('--keep')
let calls = 0
let continued = 0
let before = sizes()
for (let source = 0; source < SOURCES; source++) {
  if (source === WARM_UP) before = sizes()
  const address = `${(source >>> 16) + 20}.${(source >>> 8) & 255}.${source & 255}.7`
  if (keeps) kept.add(address)
  gate.receive(datagram, { address, port: 5060 }, way)
  if (source % CALL_EVERY > 0) continue
  calls++
  const [answer] = say(invite({ from: CALLER, callId: `${source}`, branch: `${source}` }))
  if (answer?.address === PEER.address && Buffer.from(answer.bytes).toString('latin1', 0, 12) === 'SIP/2.0 404 ')
    continued++
}
const after = sizes()
const report: SpoofedSources = {
  sources: SOURCES,
  kept: kept.size,
  strangers: gate.figures.strangers,
  answersToStrangers: sent.length - calls,
  calls,
  continued,
  keptMiB: Math.round((after.held - before.held) / 1_048_576),
  grewMiB: Math.round((after.resident - before.resident) / 1_048_576),
}
writeSync(1, `${JSON.stringify(report)}\n`)

function sizes(): { held: number; resident: number } {
  const resident = process.memoryUsage.rss()
  gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return { held: heapUsed + external, resident }
}
