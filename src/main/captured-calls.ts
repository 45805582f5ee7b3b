import type { Origin } from '#codec/capture/origin.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { Message } from '#codec/sip/message.ts'
import { RequestView } from '#codec/sip/request.ts'
import type { CallFacts } from '#core/call/facts.ts'
import { readCallFacts } from '#core/call/read-facts.ts'
import { Identifier } from '#core/transaction/identify.ts'
import { Memory, TRANSACTION_MS } from '#core/transaction/memory.ts'
import { Peers } from '#edge/gate/peers.ts'
import { tenantOf } from '#edge/gate/records.ts'
import { refuseInvite } from '#edge/gate/refusals.ts'
import { type CaptureSummary, readCapture } from '#edge/monitor/read-capture.ts'
import type { Config, PeerConfig } from '#main/config/config.ts'

/** What became of the INVITEs of a capture. */
export type CapturedCounts = { invites: number; strangers: number; refused: number; repeats: number }

/**
 * Reads a capture as the gate would have heard it: the INVITEs of the configuration's peers, each call once, retransmissions
 * and new branches of it left out.
 */
export async function readCapturedCalls(
  path: string,
  config: Config,
  onCall: (facts: CallFacts) => void,
  onProgress: (read: number, total: number | undefined) => void,
): Promise<{ counts: CapturedCounts; summary: CaptureSummary }> {
  const { peers, dialPlan } = config.gate
  const known = new Peers(peers)
  const places = new Map(peers.map((peer) => [peer.name, peer]))
  const message = new Message()
  const view = new RequestView()
  const identifier = new Identifier(new Uint8Array(16))
  const seen = new Memory<true>(config.gate.limits.transactions, TRANSACTION_MS)
  const counts: CapturedCounts = { invites: 0, strangers: 0, refused: 0, repeats: 0 }
  const summary = await readCapture(path, {
    wants: isInvite,
    onProgress,
    onMessage(bytes, start, end, origin) {
      counts.invites++
      const peer = known.find(origin.source ?? '')
      const facts = peer === undefined ? 'stranger' : readFacts(bytes.slice(start, end), origin, places.get(peer.name)!)
      if (facts === 'stranger') counts.strangers++
      else if (facts === 'refused') counts.refused++
      else if (isRepeated(facts, origin)) counts.repeats++
      else onCall(facts)
    },
  })
  return { counts, summary }

  /** `refused` is what the gate would have refused as it stands. */
  function readFacts(octets: Uint8Array, origin: Origin, peer: PeerConfig): CallFacts | 'refused' {
    try {
      message.read(octets)
      if (view.read(message) !== undefined || refuseInvite(message, view) !== undefined) return 'refused'
      const atMs = origin.seconds * 1000 + Math.floor(origin.nanoseconds / 1e6)
      return readCallFacts(message, view, peer.name, atMs, dialPlan, peer.trunkAt, tenantOf(message, view, peer))
    } catch (fault) {
      if (fault instanceof Malformed) return 'refused'
      throw fault
    }
  }

  function isRepeated({ atMs }: CallFacts, origin: Origin): boolean {
    identifier.identify(message, view, origin.source ?? '')
    const { callHigh, callLow } = identifier
    if (seen.find(callHigh, callLow, atMs) !== undefined) return true
    seen.keep(callHigh, callLow, atMs, true)
    return false
  }
}

function isInvite(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < INVITE.length) return false
  for (let at = 0; at < INVITE.length; at++) if (bytes[start + at] !== INVITE[at]) return false
  return true
}

const INVITE = new TextEncoder().encode('INVITE ')
