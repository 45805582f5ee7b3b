import type { Dispute } from './dispute.ts'
import { outcomeOf } from './dispute.ts'
import type {
  DeskNews,
  DisputeEvent,
  DisputeEventContent,
  DisputeSubject,
  Filing,
  Outcome,
  CallResult,
} from './dispute-event.ts'

/** Who does something, and when; milliseconds since 1970. */
export type StepTerms = { readonly by: string; readonly at: number }

/** What a step came to: events to be recorded together, or why nothing is to be done. */
export type Step =
  | { readonly kind: 'events'; readonly events: readonly DisputeEvent[] }
  | { readonly kind: 'refused'; readonly problem: string }

/** Opens a dispute; `id` is fresh. */
export function openDispute(id: string, subject: DisputeSubject, terms: StepTerms): Step {
  const { numbers, calls, receipts, urls, purpose, changed } = subject
  if (numbers.length === 0) return refuse('no number to contest: name one of yours, or a group whose calls have one')
  if (numbers.length > NUMBERS_MAX) return refuse(`${numbers.length} numbers: one dispute has ${NUMBERS_MAX} at most`)
  for (const [what, list] of [
    ['calls', calls],
    ['ids', receipts],
    ['contacts', urls],
  ] as const)
    if (list.length > EXAMPLES_MAX) return refuse(`${list.length} ${what}: one dispute shows ${EXAMPLES_MAX} at most`)
  const wrong = tooLong('what the calls are for', purpose) ?? tooLong('what was changed', changed)
  if (wrong !== undefined) return refuse(wrong)
  return { kind: 'events', events: [{ dispute: id, seq: 1, ...terms, kind: 'opened', data: subject }] }
}

/** Notes that it was handed to the blocker: again, too, for the clocks then run anew. */
export function fileDispute(dispute: Dispute, filing: Filing, terms: StepTerms): Step {
  if (dispute.status === 'closed') return refuse('it is closed: open it again first')
  if (dispute.subject.numbers.length === 0) return refuse(ERASED)
  return add(dispute, terms, [{ kind: 'filed', data: filing }])
}

/** Notes that the blocker said that it heard. */
export function acknowledge(dispute: Dispute, words: string, terms: StepTerms): Step {
  return notFiled(dispute) ?? said(dispute, words, terms, [{ kind: 'acknowledged', data: { words } }])
}

/**
 * Notes what a desk says of it, and what follows: an answer, that calls were seen there to go through or to be blocked again,
 * that nothing more will come. Nothing that is known already is noted again; then there are no events.
 */
export function noteNews(dispute: Dispute, news: DeskNews, terms: StepTerms): Step {
  const before = notFiled(dispute)
  if (before !== undefined) return before
  const contents: DisputeEventContent[] = []
  if (!isSame(dispute.news, news)) contents.push({ kind: 'told', data: news })
  const outcome = outcomeOf(news.status)
  // Lifted anew where it was blocked again: what was refused before says nothing of this lift.
  const isAgain = dispute.status === 'regressed' && dispute.news?.status !== news.status && LIFTS.has(news.status)
  if (outcome !== undefined && (outcome !== dispute.outcome || isAgain)) {
    const data = { outcome, words: news.next, liftedAt: undefined, heardAt: undefined }
    contents.push({ kind: 'answered', data })
  }
  const isNew = dispute.news?.status !== news.status
  const callAt = terms.at
  if (isNew && news.status === 'verified') contents.push({ kind: 'seen', data: { result: 'goes-through', callAt } })
  if (isNew && news.status === 'regressed') contents.push({ kind: 'seen', data: { result: 'blocked', callAt } })
  if (dispute.status !== 'closed' && OVER.has(news.status))
    contents.push({ kind: 'closed', data: { reason: `the desk says: ${news.status}` } })
  return add(dispute, terms, contents)
}

/** The blocker's answer as somebody heard it; the times are what it said of them, not after now. */
export function noteAnswer(
  dispute: Dispute,
  answer: {
    readonly outcome: Outcome
    readonly words: string
    readonly liftedAt: number | undefined
    readonly heardAt: number | undefined
  },
  terms: StepTerms,
): Step {
  if (answer.heardAt !== undefined && (answer.heardAt > terms.at || answer.heardAt < (dispute.filedAt ?? 0)))
    return refuse('an answer comes after the dispute was filed, and not in the future')
  if (answer.outcome === 'upheld' && answer.liftedAt !== undefined)
    return refuse('a block that stays was not lifted: say no time of a lift')
  return notFiled(dispute) ?? said(dispute, answer.words, terms, [{ kind: 'answered', data: answer }])
}

/** Notes that we answered its question. */
export function noteReply(dispute: Dispute, words: string, terms: StepTerms): Step {
  return notFiled(dispute) ?? said(dispute, words, terms, [{ kind: 'replied', data: { words } }])
}

/** Notes what a call placed for this showed. */
export function noteRetest(
  dispute: Dispute,
  data: Extract<DisputeEventContent, { readonly kind: 'retested' }>['data'],
  terms: StepTerms,
): Step {
  return add(dispute, terms, [{ kind: 'retested', data: { ...data, words: data.words.slice(0, WORDS_MAX) } }])
}

/** Notes what a call that somebody made anyway showed; of those before the lift nothing follows. */
export function noteSeen(dispute: Dispute, result: CallResult, callAt: number, terms: StepTerms): Step {
  return add(dispute, terms, [{ kind: 'seen', data: { result, callAt } }])
}

export function noteWords(dispute: Dispute, words: string, terms: StepTerms): Step {
  return said(dispute, words, terms, [{ kind: 'noted', data: { words } }])
}

export function closeDispute(dispute: Dispute, reason: string, terms: StepTerms): Step {
  if (dispute.status === 'closed') return refuse('it is closed already')
  return said(dispute, reason, terms, [{ kind: 'closed', data: { reason } }])
}

export function reopenDispute(dispute: Dispute, reason: string, terms: StepTerms): Step {
  if (dispute.status !== 'closed') return refuse('it is not closed')
  if (dispute.subject.numbers.length === 0) return refuse(ERASED)
  return said(dispute, reason, terms, [{ kind: 'reopened', data: { reason } }])
}

function notFiled(dispute: Dispute): Step | undefined {
  return dispute.filing === undefined ? refuse('it has not been filed yet') : undefined
}

function said(dispute: Dispute, words: string, terms: StepTerms, contents: readonly DisputeEventContent[]): Step {
  if (words.trim() === '') return refuse('it says nothing: write what was said')
  const wrong = tooLong('the text', words)
  return wrong === undefined ? add(dispute, terms, contents) : refuse(wrong)
}

function tooLong(what: string, words: string): string | undefined {
  return words.length <= WORDS_MAX ? undefined : `${what} has ${words.length} characters: ${WORDS_MAX} at most`
}

function add(dispute: Dispute, terms: StepTerms, contents: readonly DisputeEventContent[]): Step {
  if (dispute.seq + contents.length > EVENTS_MAX)
    return refuse(`it has come to ${EVENTS_MAX} events: close it and open another`)
  const events = contents.map((content, index) => ({
    dispute: dispute.id,
    seq: dispute.seq + 1 + index,
    ...terms,
    ...content,
  }))
  return { kind: 'events', events }
}

function isSame(before: DeskNews | undefined, news: DeskNews): boolean {
  const { status, next, question, due } = news
  return before?.status === status && before.next === next && before.question === question && before.due === due
}

function refuse(problem: string): Step {
  return { kind: 'refused', problem }
}

/** Own numbers of one dispute: what a desk that speaks the convention takes in one claim. */
export const NUMBERS_MAX = 1_000
/** Blocked calls, ids and contacts of one dispute: they stand for all. */
export const EXAMPLES_MAX = 100
/** Characters of a text that somebody writes or a blocker sends. */
export const WORDS_MAX = 4_000
/** Events of one dispute. */
export const EVENTS_MAX = 1_000
/** A desk that says one of these does nothing more. */
const OVER: ReadonlySet<string> = new Set(['withdrawn', 'expired'])
/** A desk that says one of these has just decided that the numbers work. */
const LIFTS: ReadonlySet<string> = new Set(['lifted', 'partly-lifted', 'granted'])
const ERASED = 'its numbers were erased: open another'
