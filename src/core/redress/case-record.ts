import type { BlockPage, FoundBlock } from './block-search.ts'
import type { CaseEvent } from './case-event.ts'
import { eventInWords, tellEvent } from './event-words.ts'
import type { CaseEvidence, CaseFile, CaseSummary } from './office.ts'

/** A line of the queue for a program: what the API answers and `recourse case list --json` prints. Times are RFC 3339. */
export function summaryRecord(summary: CaseSummary) {
  const { id, openedAt, due, numbers, numberCount, ...rest } = summary
  return {
    case: id,
    ...rest,
    opened: time(openedAt),
    due: due && { at: time(due.at), what: due.what },
    numbers,
    numberCount,
  }
}

/** A case whole, for those inside. */
export function caseRecord(file: CaseFile) {
  const { summary, claim, events, proofs, challenges, ...rest } = file
  const { numbers: _, numberCount: __, ...line } = summaryRecord(summary)
  return {
    ...line,
    ...rest,
    claim: {
      ...claim,
      calls: claim.calls.map((call) => ({ ...call, at: time(call.at) })),
      webhook: claim.webhook?.url,
    },
    proofs: proofs.map((proof) => ({ ...proof, at: time(proof.at) })),
    challenges: challenges.map(({ number, dial, from, until }) => ({
      number,
      dial,
      from: time(from),
      until: time(until),
    })),
    events: events.map((event) => ({
      seq: event.seq,
      at: time(event.at),
      actor: event.actor,
      kind: event.kind,
      words: eventInWords(event),
      told: tellEvent(event).map((part) => (typeof part === 'string' ? part : { at: time(part.at) })),
      ...saidOf(event),
    })),
  }
}

/** What was said in an event, word for word, and whether its claimant reads it; nothing where nothing was said. */
function saidOf(event: CaseEvent): { readonly said?: { readonly text: string; readonly isInside: boolean } } {
  switch (event.kind) {
    case 'asked':
      return { said: { text: event.data.question, isInside: false } }
    case 'answered':
      return { said: { text: event.data.text, isInside: false } }
    case 'decided':
      return { said: { text: event.data.decision.reason, isInside: false } }
    case 'updated':
      break
    default:
      return {}
  }
  const { data } = event
  return data.what === 'note' || data.what === 'message'
    ? { said: { text: data.text, isInside: data.what === 'note' } }
    : {}
}

/** What a worker goes by. */
export function evidenceRecord({ blocks, calls, standing, registered, earlier }: CaseEvidence) {
  return {
    blocks: blocks.map(({ at, ...block }) => ({ ...block, at: time(at) })),
    calls: calls.map(({ at, ...call }) => ({ ...call, at: time(at) })),
    standing: standing.map(({ from, until, ...fact }) => ({
      ...fact,
      from: time(from),
      until: until === undefined ? undefined : time(until),
    })),
    registered,
    earlier: earlier.map(summaryRecord),
  }
}

/** One page of blocks of the ledger. */
export function blockPageRecord({ blocks, after }: BlockPage) {
  return { blocks: blocks.map(blockRecord), after }
}

function blockRecord({ at, ...block }: FoundBlock) {
  return { ...block, at: time(at) }
}

function time(at: number): string {
  return new Date(at).toISOString()
}
