import { setImmediate } from 'node:timers/promises'
import { writeRequest } from '#codec/sip/write-request.ts'
import type { Ledger } from '#core/ledger/ledger.ts'
import { allotTally } from '#core/rules/tally.ts'
import { Gate, type GateParts } from '#edge/gate/answer.ts'
import type { Config } from '#main/config/config.ts'
import { type GateTerms, contractOf, judgingParts } from './gate-terms.ts'
import { policyWith } from './make-gates.ts'
import { TRY_FROM } from './try-it.ts'

/**
 * Has a gate answer the calls of a day and a quarter by the clock of that day: busier by day than by night, and a campaign in the
 * last hour. It judges them by the policy of the configuration and records them as any gate does.
 *
 * Every number is one that the North American plan keeps for examples; the same comes out for the same `endMs`.
 */
export async function liveADay(
  ledger: Ledger,
  config: Config,
  receipts: GateTerms['receipts'],
  endMs: number,
): Promise<void> {
  const time = { nowMs: endMs - LIVED_MS }
  const recorded: Promise<unknown>[] = []
  const record: Ledger['record'] = (entry) => {
    const row = ledger.record(entry)
    recorded.push(row)
    return row
  }
  const gate = new Gate(await partsOf(ledger, record, config, receipts, time))
  let calls = 0
  for (let at = time.nowMs; at < endMs; at += MINUTE_MS) {
    const hour = (at / HOUR_MS) % 24
    const busy = 4 + 9 * Math.max(0, Math.sin(((hour - 6) / 14) * Math.PI))
    const campaign = endMs - at < CAMPAIGN_MS ? CAMPAIGN_A_MINUTE : 0
    for (let index = 0; index < busy + campaign; index++, calls++) {
      time.nowMs = at + index * CALL_APART_MS
      gate.receive(inviteOf(calls, index < campaign ? CAMPAIGN_FROM : callerOf(calls)), SOURCE, WAY)
    }
    await Promise.all(recorded.splice(0))
    await setImmediate()
  }
  const { calls: judged, blocked, continued } = gate.figures
  if (judged !== calls || blocked + continued !== calls)
    throw new Error(`${calls} made-up calls: ${judged} judged, ${blocked} blocked, ${continued} continued`)
}

async function partsOf(
  ledger: Ledger,
  record: Ledger['record'],
  config: Config,
  receipts: GateTerms['receipts'],
  time: { readonly nowMs: number },
): Promise<GateParts> {
  const policy = await policyWith(config, ledger, time.nowMs)
  const terms = {
    peers: config.gate.peers,
    policy,
    policyVersion: 1,
    tally: allotTally(policy, 1),
    notices: config.terms,
    contract: contractOf(config),
    wanted: 'none' as const,
    receipts,
  }
  return {
    ...judgingParts(terms, undefined),
    ledger: { record, release: (...row) => ledger.release(...row), note: (call) => ledger.note(call) },
    recent: [],
    hashKey: (await ledger.secret('transaction')).subarray(0, 16),
    dialPlan: config.gate.dialPlan,
    // Its clock runs ahead of what the storage does.
    limits: { ...config.gate.limits, recordWithinMs: Infinity },
    now: () => time.nowMs,
    clock: () => time.nowMs,
    pauses: () => time.nowMs,
    // A row that is refused ends it all, and other trouble shows in the figures.
    alarm: () => undefined,
  }
}

function inviteOf(call: number, from: string): Uint8Array {
  return writeRequest({
    method: 'INVITE',
    requestUri: `sip:${CALLED};tgrp=tg-carrier;trunk-context=+1@198.51.100.7`,
    sentBy: '192.0.2.7:5060',
    transport: 'UDP',
    branch: `-${call}`,
    from: `<sip:${from};verstat=TN-Validation-Passed-B@192.0.2.7>;tag=${call}`,
    to: `<sip:${CALLED}@198.51.100.7>`,
    callId: `${call}@calls.example.net`,
    cseq: 1,
    fields: [['Contact', '<sip:192.0.2.7:5060>']],
    body: NO_BODY,
  })
}

/** Nearly everybody calls now and then; a few are on the sample's lists. Spread as if by chance, and the same each time. */
function callerOf(call: number): string {
  const chance = Math.abs(Math.sin(call * 12.9898) * 43_758.5453) % 1
  if (chance < 0.03) return NEVER_CALLS
  if (chance < 0.06) return TRY_FROM
  return `+1${AREAS[call % AREAS.length]}55501${String(call % 100).padStart(2, '0')}`
}

/** Who calls too much in the last hour; none of those whom the sample's policy lets through. */
export const CAMPAIGN_FROM = '+12125550187'
/** Stands on the sample's list of numbers that place no calls, as `TRY_FROM` does on that of unwanted ones. */
export const NEVER_CALLS = '+18005550100'
const CALLED = '+14155550163'
const AREAS = ['212', '312', '415', '617', '702', '804']
const SOURCE = { address: '127.0.0.1', port: 5060 }
const NO_BODY = new Uint8Array(0)
const WAY = { send: () => undefined }
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** More than a day, so that the overview has something to compare with. */
const LIVED_MS = 30 * HOUR_MS
const CAMPAIGN_MS = 40 * MINUTE_MS
/** More than the sample's policy allows in ten minutes. */
const CAMPAIGN_A_MINUTE = 33
const CALL_APART_MS = 1_000
