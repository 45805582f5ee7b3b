// One thing: all that is known of one block, brought together for the page about it.
import { parseParty, partyKey } from '#core/call/party.ts'
import type { CaseEvent } from '#core/redress/case-event.ts'
import type { CaseSummary } from '#core/redress/office.ts'
import type { Standing } from '#core/redress/standing.ts'
import { verifyLink } from '#core/ledger/link.ts'
import type { BlockDetail, BlockLook, BlockProof, BlockStep, CrossedWindow } from '#core/redress/block-detail.ts'
import { formatGround } from '#core/rules/ground.ts'
import type { Ground } from '#core/rules/verdict.ts'
import type { BlockReader, SeenCall } from '#edge/store/block-reader.ts'
import type { CallBlock } from '#edge/store/call-reader.ts'
import { readGrounds } from './blocks.ts'
import type { DeskParts } from './desk.ts'
import { judgeToday } from './today.ts'

type Parts = Pick<DeskParts, 'calls' | 'store' | 'policy' | 'holders' | 'now'>

/** Looks at blocks by readers that whoever opened them closes. */
export function createBlockLook(parts: Parts, reader: BlockReader): BlockLook {
  return async (name) => {
    const block = name.by === 'receipt' ? parts.calls.block(name.receipt) : reader.block(name.chain, name.seq)
    return block && look(block, parts, reader)
  }
}

function look(block: CallBlock, parts: Parts, reader: BlockReader): BlockDetail {
  const { open, personal, isReleased } = block
  const { store, now } = parts
  const calling = personal?.calling ?? ''
  const cases =
    personal === undefined ? [] : store.cases({ receipt: personal.receipt }, undefined, CASES_MAX, now()).cases
  const lifts = personal === undefined ? [] : store.liftsOn(calling, now())
  return {
    receipt: personal?.receipt ?? '',
    at: open.at,
    calling,
    called: personal?.called ?? '',
    displayName: personal?.displayName ?? '',
    callId: personal?.callId ?? '',
    rule: open.rule ?? '',
    cause: open.cause ?? '',
    program: open.program ?? '',
    policy: open.policy,
    attestation: open.attestation ?? '',
    peer: open.peer ?? '',
    trunk: open.trunk ?? '',
    notice: open.notice,
    isReleased,
    isErased: personal === undefined,
    timeline: timelineOf(block, cases, lifts, parts, reader),
    grounds:
      personal === undefined ? [] : readGrounds(personal.grounds).map((one) => groundOf(one, open.at, now(), reader)),
    request: personal?.request ?? '',
    answer: personal?.answer ?? '',
    proof: proofOf(block, parts, reader),
    today: judgeToday(block, parts.policy(), lifts.length > 0),
    cases: cases.map(({ id, status, openedAt }) => ({ case: id, status, openedAt })),
    registered:
      personal === undefined ? [] : parts.holders(calling).map(({ registration, name }) => ({ registration, name })),
  }
}

function timelineOf(
  { open, personal, isReleased }: CallBlock,
  cases: readonly CaseSummary[],
  lifts: readonly Standing[],
  { store }: Parts,
  reader: BlockReader,
): BlockStep[] {
  const notice = open.notice === undefined ? 'a notice' : `a ${open.notice.kind} notice`
  const steps: BlockStep[] = [
    {
      at: open.at,
      what: 'blocked',
      words: isReleased
        ? `judged, and recorded by the rule ${open.rule ?? ''}; the answer was not sent`
        : `judged, recorded by the rule ${open.rule ?? ''}, and answered with ${notice}`,
    },
  ]
  const releasedAt = isReleased && open.transaction !== undefined ? reader.releasedAt(open.transaction) : undefined
  if (releasedAt !== undefined)
    steps.push({
      at: releasedAt,
      what: 'released',
      words: 'taken back: the record came too late, and the call went on',
    })
  for (const { id } of cases) {
    for (const event of store.events(id)) {
      const step = stepOf(event, personal?.calling)
      if (step !== undefined) steps.push({ ...step, case: id })
    }
  }
  for (const { from, origin } of lifts)
    steps.push({
      at: from,
      what: 'lifted',
      words: 'a lift of its number is in force since then',
      case: caseIdOf(origin),
    })
  const allowed = personal && reader.allowedAfter(partyKey(parseParty(personal.calling)), open.at)
  // The same call said twice would look like two.
  if (allowed !== undefined && !steps.some(({ what, at }) => what === 'verified' && at === allowed))
    steps.push({ at: allowed, what: 'allowed', words: 'the first call of the number after it that went on' })
  return steps.toSorted((a, b) => a.at - b.at)
}

/** What an event of a case means for a block of this number; undefined where it means nothing. */
function stepOf(event: CaseEvent, calling: string | undefined): BlockStep | undefined {
  const { at } = event
  switch (event.kind) {
    case 'opened':
      return { at, what: 'claimed', words: 'contested' }
    case 'decided':
      return { at, what: 'decided', words: DECIDED_WORDS[event.data.decision.outcome] }
    case 'corrected':
      return { at, what: 'corrected', words: 'what was noted of the case is corrected' }
    case 'verified':
      return event.data.number === calling
        ? { at: event.data.callAt, what: 'verified', words: 'a call of the number went on: the lift works' }
        : undefined
    case 'regressed':
      return event.data.number === calling
        ? { at: event.data.callAt, what: 'regressed', words: 'the number was blocked again, within the lift' }
        : undefined
    default:
      return undefined
  }
}

/** Lifts come from cases; what they name another way is no case that a page could lead to. */
function caseIdOf(origin: string): string | undefined {
  return /^[A-Za-z0-9_-]{22}$/.test(origin) ? origin : undefined
}

function groundOf(ground: Ground, at: number, now: number, reader: BlockReader): BlockDetail['grounds'][number] {
  const words: string | undefined = formatGround(ground)
  return { words: words ?? JSON.stringify(ground), data: ground, window: windowOf(ground, at, now, reader) }
}

/** What was counted before and after a block: the journal knows calls and numbers, and no ends of calls. */
function windowOf(ground: Ground, at: number, now: number, reader: BlockReader): CrossedWindow | undefined {
  if (ground.kind !== 'volume' && ground.kind !== 'distinct') return undefined
  const { subject, perMs, limit } = ground
  if (!/^\+\d+x*$/.test(subject)) return undefined
  const low = Number(subject.slice(1).replaceAll('x', '0'))
  const high = Number(subject.slice(1).replaceAll('x', '9'))
  const end = Math.max(at, Math.min(now, at + perMs / 2))
  const from = at - 2 * perMs
  const seen = reader.callsAbout(low, high, { from, at, to: end }, CHART_CALLS_MAX)
  const { calls } = seen
  if (calls.length === 0) return undefined
  const step = perMs / POINTS_A_WINDOW
  const counts = ground.kind === 'volume' ? 'calls' : 'numbers'
  const points = Array.from({ length: POINTS_A_WINDOW * 1.5 + 1 }, (_, index) => Math.round(end - step * index))
    .toReversed()
    // Where calls were not looked at, there is nothing to draw; where a window reaches back there, it is told.
    .filter((until) => until >= seen.from && until <= seen.to)
    .map((until) => ({ at: until, value: counted(calls, until - perMs, until, counts) }))
  const first = points[0]?.at ?? at
  const countedFrom = seen.from > from && seen.from > first - perMs ? seen.from : undefined
  return { perMs, limit, counts, points, countedFrom, countedUntil: seen.to < end ? seen.to : undefined }
}

function counted(calls: readonly SeenCall[], from: number, until: number, what: CrossedWindow['counts']): number {
  const within = calls.filter(({ at }) => at > from && at <= until)
  return what === 'calls' ? within.length : new Set(within.map(({ called }) => called)).size
}

function proofOf({ open, hash }: CallBlock, { calls }: Parts, reader: BlockReader): BlockProof {
  const { chain, seq } = open
  const line = calls.checkpointOver(chain, seq)
  const checkpoint = reader.parse(line)
  const head = checkpoint?.heads.find((one) => one.chain === chain)
  const place = { chain, seq, hash, checkpoint: line, checkpointAt: checkpoint?.at }
  if (head !== undefined && head.seq - seq >= PROOF_ENTRIES_MAX)
    return {
      ...place,
      state: 'long',
      looked: 0,
      words: 'the checkpoint over it is far away: recourse ledger verify looks at all',
    }
  const rows = reader.entries(chain, Math.max(1, seq - 1), head?.seq ?? seq, PROOF_ENTRIES_MAX + 1)
  const before = seq === 1 ? undefined : rows[0]
  const { fault, looked } = verifyLink(
    seq === 1 ? rows : rows.slice(1),
    before?.open.seq === seq - 1 ? before.hash : undefined,
    checkpoint,
    reader.verifier(),
  )
  if (fault !== undefined) return { ...place, state: 'broken', looked, words: fault }
  return checkpoint === undefined
    ? { ...place, state: 'open', looked, words: 'it is as it was recorded; the next checkpoint will sign it' }
    : {
        ...place,
        state: 'holds',
        looked,
        words: 'it is as it was recorded, and what was signed after it leads back to it',
      }
}

const DECIDED_WORDS = {
  lift: 'decided: the block is lifted',
  partly: 'decided: the block is lifted in part',
  uphold: 'decided: the block stays',
  grant: 'decided: the subscriber gets what he asked for',
} as const
const CASES_MAX = 20
/** Calls that a chart is made of, before a block and as many after it. */
const CHART_CALLS_MAX = 20_000
const POINTS_A_WINDOW = 40
/** Entries between a block and what signs it. */
const PROOF_ENTRIES_MAX = 5_000
