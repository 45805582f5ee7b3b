import type { LedgerRow } from '#core/ledger/entry.ts'

/** What a webhook is told of one entry of the ledger: its id, which stays the same however often it is told, and JSON. */
export function writeEvent({ open, personal }: LedgerRow): { readonly id: string; readonly body: string } {
  const id = `${open.chain}-${open.seq}`
  const { at, entry, transaction, receiptHash, notice, cause, program, rule, policy, attestation } = open
  const { optOut, peer, tenant, trunk } = open
  const event = {
    recourse: 1,
    id,
    type: entry,
    at: new Date(at).toISOString(),
    transaction,
    receiptHash,
    ...(entry === 'block' && { notice, cause, program, rule, policy, attestation, optOut, peer, tenant, trunk }),
    ...(personal !== undefined && {
      receipt: personal.receipt,
      calling: personal.calling,
      called: personal.called,
      callId: personal.callId,
      grounds: readGrounds(personal.grounds),
    }),
  }
  return { id, body: JSON.stringify(event) }
}

/** As they were recorded; text that is no JSON is handed on as it stands. */
function readGrounds(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
