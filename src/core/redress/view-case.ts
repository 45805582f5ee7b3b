import { type Case, holdsEntries, isOpenStatus, unprovenOf } from './case.ts'
import type { CaseEvent } from './case-event.ts'
import type { CaseView } from './case-view.ts'
import { eventWords, nextWords } from './case-words.ts'
import type { CaseFile, CaseSummary } from './office.ts'
import type { Proof, ProofChallenge } from './proof.ts'

/** The case as its claimant reads it, with times of that zone; `challenges` are those that can still be met. */
export function viewCase(
  found: Case,
  events: readonly CaseEvent[],
  challenges: readonly ProofChallenge[],
  timeZone: string,
): CaseView {
  return {
    id: found.id,
    status: found.status,
    openedAt: found.openedAt,
    due: found.due && { ...found.due, isOverdue: found.isOverdue },
    next: nextWords(found, timeZone),
    takenBack: isOpenStatus(found.status) ? found.takenBack : undefined,
    numbers: found.numbers,
    receipts: found.claim.receipts,
    events: events.flatMap((event) => {
      const words = found.corrected.has(event.seq) ? undefined : wordsOf(event, events)
      return words === undefined ? [] : [{ at: event.at, words }]
    }),
    question: found.question,
    decision: found.decision,
    proofs: found.proofs.map((proof) => ({ ...proof, detail: PROOF_DETAILS[proof.way][proof.strength] })),
    challenges,
    evidence: found.evidence,
    may: mayOf(found),
  }
}

/** What the claimant reads of an event among all of them; undefined for what only those inside read. */
export function wordsOf(event: CaseEvent, events: readonly CaseEvent[]): string | undefined {
  const wrong = event.kind === 'corrected' ? events.find(({ seq }) => seq === event.data.seq) : undefined
  return eventWords(event, wrong)
}

/** What the claimant can still do. */
export function mayOf(found: Case): CaseView['may'] {
  const isOpen = isOpenStatus(found.status)
  const may: CaseView['may'][number][] = []
  if (found.status === 'waiting-for-claimant') may.push('answer')
  if ((isOpen && !holdsEntries(found)) || found.status === 'unconfirmed') may.push('withdraw')
  if (isOpen) may.push('add-evidence')
  if (isOpen && found.request === undefined && unprovenOf(found, found.numbers).length > 0) may.push('prove')
  if (CLOSED.has(found.status) && found.isConfirmed) may.push('reopen')
  if (found.status === 'unconfirmed' && found.claim.claimant.email !== undefined) may.push('resend')
  return may
}

/** The case as a line of a list. */
export function summaryOf(found: Case): CaseSummary {
  const { id, status, openedAt, due, isOverdue, assigned, numbers, claim, seq } = found
  return {
    id,
    kind: found.request === undefined ? 'claim' : 'request',
    status,
    openedAt,
    due,
    isOverdue,
    assigned,
    numbers: numbers.slice(0, LISTED_NUMBERS),
    numberCount: numbers.length,
    claimant: claim.claimant.organisation ?? claim.claimant.name,
    seq,
  }
}

/** What a search by text looks in, as `readSearch` writes what is looked for. */
export function searchOf({ claim: { claimant, purpose } }: Case): string {
  const { name, organisation, email, tel } = claimant
  return readSearch([name, organisation, email, tel, purpose].filter((one) => one !== undefined).join('\n'))
}

/** Text as it is compared: capitals, widths and how a letter is put together make no difference. */
export function readSearch(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\S\n]+/g, ' ')
    .trim()
}

/** The case whole, for those inside. */
export function fileOf(found: Case, events: readonly CaseEvent[], challenges: readonly ProofChallenge[]): CaseFile {
  return {
    summary: summaryOf(found),
    claim: { ...found.claim, webhook: found.claim.webhook && { ...found.claim.webhook, secret: '' } },
    request: found.request,
    events: events.map(withoutSecret),
    numbers: found.numbers,
    next: nextWords(found, 'UTC'),
    question: found.question,
    decision: found.decision,
    proofs: found.proofs,
    unproven: found.request === undefined ? unprovenOf(found, found.numbers) : [],
    challenges,
    evidence: found.evidence,
  }
}

/** What signs a claimant's webhook is nobody's business inside either. */
function withoutSecret(event: CaseEvent): CaseEvent {
  if (event.kind !== 'opened' || event.data.claim.webhook === undefined) return event
  const webhook = { ...event.data.claim.webhook, secret: '' }
  return { ...event, data: { ...event.data, claim: { ...event.data.claim, webhook } } }
}

/** What was seen is for those inside: it names people and the addresses of others. */
const PROOF_DETAILS: { readonly [way in Proof['way']]: { readonly [strength in Proof['strength']]: string } } = {
  call: {
    full: 'We saw a call from it that its provider vouches for.',
    hint: 'We saw a call that nobody vouches for.',
  },
  letter: { full: 'We checked a letter.', hint: 'We have a letter that does not suffice.' },
  registry: { full: 'It is registered to you.', hint: 'It is registered, but not to this mail address.' },
  provider: { full: 'A provider told us.', hint: 'A provider told us something that does not suffice.' },
}
/** How many numbers a line of a list names. */
const LISTED_NUMBERS = 3
const CLOSED: ReadonlySet<Case['status']> = new Set([
  'lifted',
  'verified',
  'partly-lifted',
  'upheld',
  'expired',
  'withdrawn',
])
