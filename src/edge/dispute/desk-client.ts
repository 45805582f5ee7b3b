import { hash } from 'node:crypto'
import {
  type CaseAnswer,
  type ChallengeAnswer,
  type FiledAnswer,
  type NoticeAnswer,
  readCaseAnswer,
  readChallengeAnswer,
  readFiledAnswer,
  readNoticeAnswer,
  readProblem,
} from '#core/dispute/desk-answer.ts'
import type { Disputant } from '#core/dispute/dispute-text.ts'
import type { DisputeSubject } from '#core/dispute/dispute-event.ts'

// The other side of docs/desk-api.md. Each function asks once, because somebody said so; nothing here goes on by itself.

/** How questions leave this machine; the guards stand behind it. */
export type Ask = (question: {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}) => Promise<
  | { readonly kind: 'answered'; readonly status: number; readonly headers: Headers; readonly body: Uint8Array }
  | { readonly kind: 'unasked'; readonly why: string }
>

/** Why a desk gave nothing. `later`: it asks to come again, not before so many milliseconds. */
export type NoAnswer =
  | { readonly kind: 'unasked'; readonly why: string }
  | { readonly kind: 'later'; readonly afterMs: number; readonly why: string }
  | { readonly kind: 'refused'; readonly status: number; readonly why: string }
  /** It answers, and not by the convention. */
  | { readonly kind: 'other'; readonly why: string }

/** Asks the URL of a notice whether a claim can be filed there by machine. */
export function askNotice(ask: Ask, url: string): Promise<{ kind: 'speaks'; notice: NoticeAnswer } | NoAnswer> {
  return askOnce(ask, { method: 'GET', url, headers: JSON_ONLY }, (body) => {
    const notice = readNoticeAnswer(body, new URL(url))
    return notice && { kind: 'speaks', notice }
  })
}

/** A claim as it is filed: the same subject and words make the same octets. */
export function formatClaim(subject: DisputeSubject, who: Disputant): string {
  const { numbers, receipts, calls, purpose, changed } = subject
  const known = receipts.filter((receipt) => RECEIPT.test(receipt))
  const { name, organisation, email, tel, isForCustomer } = who
  return JSON.stringify({
    receipts: known,
    numbers,
    // A call of which the receipt is known needs no telling; the others are shown by example.
    calls: known.length > 0 ? [] : calls.flatMap(({ at, from, to }) => callOf(at, from, to)),
    claimant: { name, email, organisation, tel, acts: isForCustomer ? 'for-a-customer' : 'for-itself' },
    purpose,
    changed,
  })
}

/** The key under which a claim is filed: the same body has the same one, also after a kill, and nobody else can guess it. */
export function keyOf(seed: Uint8Array, claim: string): string {
  return hash('sha256', Buffer.concat([seed, Buffer.from(claim)]), 'base64url')
}

/** Files a claim; sent again under the same key it is filed once. A puzzle is solved where it is no harder than `BITS_MAX`. */
export async function fileClaim(
  ask: Ask,
  file: string,
  claim: string,
  key: string,
): Promise<{ kind: 'filed'; filed: FiledAnswer } | NoAnswer> {
  const asked = new URL(file)
  const read = (body: Uint8Array): { kind: 'filed'; filed: FiledAnswer } | undefined => {
    const filed = readFiledAnswer(body, asked)
    return filed && { kind: 'filed', filed }
  }
  const question = {
    method: 'POST',
    url: file,
    headers: { ...JSON_BODY, 'idempotency-key': key },
    body: claim,
  } as const
  let puzzle: string | undefined
  const first = await askOnce(ask, question, read, (headers) => (puzzle = headers.get('recourse-puzzle') ?? undefined))
  const work = puzzle === undefined || first.kind === 'filed' ? undefined : solve(puzzle)
  if (work === undefined) return first
  return askOnce(ask, { ...question, headers: { ...question.headers, 'recourse-work': work } }, read)
}

/** Asks how a case stands. */
export function askCase(ask: Ask, status: string): Promise<{ kind: 'case'; found: CaseAnswer } | NoAnswer> {
  return askOnce(ask, { method: 'GET', url: status, headers: JSON_ONLY }, readCaseAt(status))
}

/** Answers what a desk asked; where that can be posted it says itself with the case. */
export function postAnswer(
  ask: Ask,
  status: string,
  href: string,
  text: string,
): Promise<{ kind: 'case'; found: CaseAnswer } | NoAnswer> {
  const body = JSON.stringify({ text })
  return askOnce(ask, { method: 'POST', url: href, headers: JSON_BODY, body }, readCaseAt(status))
}

/** Asks for a number to be called from one of ours, to prove that it is ours. */
export function askChallenge(
  ask: Ask,
  href: string,
  number: string,
): Promise<{ kind: 'challenge'; challenge: ChallengeAnswer } | NoAnswer> {
  const body = JSON.stringify({ number })
  return askOnce(ask, { method: 'POST', url: href, headers: JSON_BODY, body }, (octets) => {
    const challenge = readChallengeAnswer(octets)
    return challenge && { kind: 'challenge', challenge }
  })
}

/**
 * When a desk that was asked at `at` is asked again: after five minutes where something had changed, twice as long each time
 * that nothing has, six hours at most, and never before it wants to be.
 */
export function nextAsk(at: number, unchanged: number, afterMs = 0): number {
  return at + Math.max(Math.min(ASK_FIRST_MS * 2 ** Math.min(unchanged, 20), ASK_MOST_MS), afterMs)
}

function readCaseAt(status: string): (body: Uint8Array) => { kind: 'case'; found: CaseAnswer } | undefined {
  return (body) => {
    const found = readCaseAnswer(body, new URL(status))
    return found && { kind: 'case', found }
  }
}

async function askOnce<Answer>(
  ask: Ask,
  question: Parameters<Ask>[0],
  read: (body: Uint8Array) => Answer | undefined,
  onHeaders?: (headers: Headers) => void,
): Promise<Answer | NoAnswer> {
  const answered = await ask(question)
  if (answered.kind === 'unasked') return answered
  const { status, headers, body } = answered
  onHeaders?.(headers)
  if (status >= 200 && status < 300)
    return read(body) ?? { kind: 'other', why: 'its answer is not in the form of the convention' }
  const problem = readProblem(body)
  const why = problem === undefined ? `it answered ${status}` : `${problem.detail || problem.type} (${status})`
  const afterMs = readRetryAfter(headers.get('retry-after'))
  if (afterMs !== undefined && (status === 429 || status === 503)) return { kind: 'later', afterMs, why }
  if (status === 429 || status >= 500) return { kind: 'later', afterMs: LATER_MS, why }
  return { kind: 'refused', status, why }
}

/** RFC 9110 §10.2.3, in seconds: a date would be by a clock of theirs. A month at most. */
function readRetryAfter(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Math.min(Number(text) * 1_000, RETRY_MOST_MS) : undefined
}

function callOf(at: number, from: string, to: string): { calling: string; called: string; at: string }[] {
  if (!E164.test(from) || !E164.test(to)) return []
  return [{ calling: from, called: to, at: new Date(at).toISOString() }]
}

/** `<bits> <puzzle>` to `<puzzle>:<nonce>`; undefined for one that is too hard. */
function solve(text: string): string | undefined {
  const [, digits = '', puzzle = ''] = /^(\d{1,2}) ([\x21-\x7e]{1,200})$/.exec(text) ?? []
  const bits = Number(digits)
  if (puzzle === '' || bits > BITS_MAX) return undefined
  for (let nonce = 0; nonce < 64 * 2 ** bits; nonce++) {
    const work = `${puzzle}:${nonce}`
    if (leadingZeros(hash('sha256', work, 'buffer')) >= bits) return work
  }
  return undefined
}

function leadingZeros(octets: Uint8Array): number {
  const first = octets.findIndex((octet) => octet !== 0)
  return first < 0 ? 8 * octets.length : 8 * first + Math.clz32(octets[first]!) - 24
}

/** Zero bits of the hardest puzzle that is solved: about a second. */
export const BITS_MAX = 20
const JSON_ONLY = { accept: 'application/json' }
const JSON_BODY = { accept: 'application/json', 'content-type': 'application/json' }
/** What a Recourse calls a receipt; other ids are told in words only. */
const RECEIPT = /^[A-Za-z0-9_-]{64}$/
const E164 = /^\+[1-9]\d{2,14}$/
const ASK_FIRST_MS = 300_000
const ASK_MOST_MS = 6 * 3_600_000
const LATER_MS = 300_000
const RETRY_MOST_MS = 30 * 86_400_000
