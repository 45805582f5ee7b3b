import type { Case } from '#core/redress/case.ts'
import type { CaseStatus } from '#core/redress/case-view.ts'
import type { Decision } from '#core/redress/decision.ts'
import { stillLiftedInWords } from '#core/redress/event-words.ts'
import { decisionWords } from '#core/redress/letters.ts'
import type { CaseEvidence, Office, OfficeProof, StillLifted, Worked, Worker } from '#core/redress/office.ts'
import type { Proof } from '#core/redress/proof.ts'
import type { Standing } from '#core/redress/standing.ts'
import {
  acknowledgeCase,
  answerQuestion,
  askClaimant,
  assignCase,
  correctCase,
  decideCase,
  effectOf,
  messageClaimant,
  noteCase,
  noteProof,
  type Refusal,
  reopenCase,
  type Step,
  type StepTerms,
  stillLifted,
  withdrawCase,
} from '#core/redress/steps.ts'
import type { Policy } from '#core/rules/policy.ts'
import { fileOf } from '#core/redress/view-case.ts'
import { nearest } from '#core/words/nearest.ts'
import { Cases } from './cases.ts'
import { blockedCalls, challengeCase, type DeskParts, openForClaimant } from './desk.ts'
import { callsBehind, describeBlock } from './today.ts'

/** The desk as its own people ask it. */
export function createOffice(parts: DeskParts): Office {
  const cases = new Cases(parts)
  const { store, now, calls } = parts
  const take = (id: string, seen: number | undefined, compute: (step: StepTerms) => Step): Promise<Worked> =>
    Promise.resolve(cases.take(id, compute, seen))
  const current = (step: StepTerms): readonly Standing[] =>
    step.found.request === undefined ? [] : store.standingFor(step.found.request.number)

  const othersLift = (found: Case, decision: Decision): StillLifted[] =>
    stillLifted(found, decision, (number) => store.liftsOn(number, now()))

  /** The latest request of a subscriber for his list that somebody may read it for. */
  const requestFor = (number: string): string | undefined => {
    const asked = store.cases({ number, kind: 'request', order: 'newest' }, undefined, RELATED_MAX, now()).cases
    return asked.find(({ id, status }) => {
      const request = cases.read(id)?.found.request
      return request?.wants === 'blocked-list' && request.number === number && !UNREAD.has(status)
    })?.id
  }

  return {
    cases: async (filter, after, limit) => store.cases(filter, after, limit, now()),
    async case(id) {
      const read = cases.read(id)
      return read && fileOf(read.found, read.events, store.challenges(id, now()))
    },
    open: async (opening, by) => openForClaimant(parts, cases, opening, by),
    assign: (id, to, by, seen) => take(id, seen, (step) => assignCase(step, to, by)),
    note: (id, text, by, seen) => take(id, seen, (step) => noteCase(step, text, by)),
    message: (id, text, by, seen) => take(id, seen, (step) => messageClaimant(step, text, by)),
    ask: (id, question, by, seen) => take(id, seen, (step) => askClaimant(step, question, by)),
    answer: (id, text, by, seen) => take(id, seen, (step) => answerQuestion(step, text, 'worker', by)),
    acknowledge: (id, by, seen) => take(id, seen, (step) => acknowledgeCase(step, by)),
    prove: (id, proof, by, seen) => take(id, seen, (step) => noteProof(step, proofOf(proof, by, step.at), by)),
    challenge: async (id, number, by) => challengeCase(parts, cases, id, number, by),

    async preview(id, decision: Decision) {
      const step = cases.terms(id)
      if (step === undefined) return { kind: 'unknown' }
      const wrong = refuseRules(decision, parts.policy())
      if (wrong !== undefined) return wrong
      const effect = effectOf(step, decision, current(step))
      if ('kind' in effect) return effect
      const { mail, standing, unproven } = effect
      return {
        kind: 'preview',
        // Who has the link acts as the claimant: it is for nobody inside.
        mail: mail && { to: mail.to, subject: mail.subject, text: mail.text.replaceAll(step.status, '…') },
        words: decisionWords(decision, step.letters),
        standing,
        unproven,
        stillLifted: othersLift(step.found, decision),
      }
    },

    async decide(id, decision, override, by, seen) {
      const done = await take(
        id,
        seen,
        (step) => refuseRules(decision, parts.policy()) ?? decideCase(step, decision, override, by, current(step)),
      )
      const found = done.kind === 'done' ? cases.read(id)?.found : undefined
      if (done.kind !== 'done' || found === undefined) return done
      const notes = othersLift(found, decision).map(stillLiftedInWords)
      return notes.length === 0 ? done : { ...done, notes }
    },
    correct: (id, event, reason, by, seen) => take(id, seen, (step) => correctCase(step, event, reason, by)),
    reopen: (id, reason, by, seen) => take(id, seen, (step) => reopenCase(step, reason, by)),
    withdraw: (id, reason, by, seen) => take(id, seen, (step) => withdrawCase(step, reason, by)),
    similar: async (id) => store.related(id, 'open', RELATED_MAX, now()),

    async evidence(id): Promise<CaseEvidence | undefined> {
      const found = cases.read(id)?.found
      if (found === undefined) return undefined
      const numbers = found.numbers.slice(0, NUMBERS_MAX)
      const lifted = new Map(numbers.map((number) => [number, store.liftsOn(number, now())]))
      const known = found.claim.receipts.slice(0, BLOCKS_MAX).map((receipt) => [receipt, calls.block(receipt)] as const)
      const told = found.claim.calls
        .slice(0, NUMBERS_MAX)
        .flatMap(({ calling, called, at }) =>
          calls
            .blocksBetween(calling, called, at - TOLD_MS, at + TOLD_MS)
            .map((block) => [block.personal?.receipt ?? '', block] as const),
        )
      const blocks = [...known, ...told].map(([receipt, block]) => {
        const isLifted = (lifted.get(block?.personal?.calling ?? '') ?? []).length > 0
        const signed = block && calls.checkpointOver(block.open.chain, block.open.seq)
        return describeBlock(receipt, block, parts.policy(), isLifted, signed)
      })
      const around = Math.max(found.openedAt, ...blocks.map(({ at }) => at))
      const behind = numbers.flatMap((number) =>
        callsBehind(calls, number, blockTime(blocks, number) ?? around, CALLS_MAX),
      )
      return {
        blocks,
        calls: behind.toSorted((a, b) => b.at - a.at).slice(0, CALLS_MAX),
        standing: [...lifted.values()].flat(),
        registered: numbers.flatMap((number) =>
          parts.holders(number).map(({ registration, name }) => ({ number, registration, name })),
        ),
        earlier: store.related(id, 'all', RELATED_MAX, now()),
      }
    },

    async evidenceFile(id, file) {
      const known = cases.read(id)?.found.evidence.find((one) => one.id === file)
      const octets = known && parts.files.read(known.id)
      return known === undefined || octets === undefined ? undefined : { file: known, octets }
    },

    async blockedList(number, before, { by, identity }) {
      const owed = blockedCalls(calls, number, before)
      const request = requestFor(number)
      store.record({
        at: now(),
        events: [],
        mails: [],
        standing: [],
        ended: [],
        audit: [
          {
            by,
            action: 'blocked-list-read',
            subject: request === undefined ? 'blocked list' : `case ${request}`,
            detail: { identity, request: request ?? NO_REQUEST, calls: owed.length },
          },
        ],
      })
      return owed
    },

    figures: async (from, to) => parts.monthly.figures(from, to),
  }
}

function proofOf({ number, way, detail }: OfficeProof, by: Worker, at: number): Proof {
  return { number, way, at, detail: `${detail} (checked by ${by.name})`, strength: 'full' }
}

/** A lift of a rule that there is not, or that no lift reaches, would be told to a claimant and spare nobody. */
function refuseRules(decision: Decision, { rules }: Policy): Refusal | undefined {
  for (const [index, { rule: id }] of ('lifts' in decision ? decision.lifts : []).entries()) {
    if (id === undefined) continue
    const rule = rules.find((one) => one.id === id)
    if (rule !== undefined && 'cause' in rule && rule.cause === 'analytics') continue
    const lifted = rules.flatMap((one) => ('cause' in one && one.cause === 'analytics' ? [one.id] : []))
    const near = nearest(id, lifted)
    const found =
      rule === undefined
        ? `the policy in force has no rule ${id}`
        : `a lift does not reach the rule ${id}: it is not of analytics`
    const meant = near === undefined || near === id ? '' : `; did you mean ${near}?`
    const known = lifted.length === 0 ? 'it has no rule of analytics' : `expected one of ${listed(lifted)}`
    return { kind: 'refused', field: `lifts[${index}].rule`, problem: `${found}: ${known}${meant}` }
  }
  return undefined
}

function listed(ids: readonly string[]): string {
  const more = ids.length - RULES_NAMED
  return more > 0 ? `${ids.slice(0, RULES_NAMED).join(', ')} and ${more} more` : ids.join(', ')
}

function blockTime(blocks: CaseEvidence['blocks'], number: string): number | undefined {
  return blocks.find(({ calling }) => calling === number)?.at
}

/** Nobody reads a list for these. */
const UNREAD: ReadonlySet<CaseStatus> = new Set(['unconfirmed', 'withdrawn', 'upheld'])
const NO_REQUEST = 'none: no case of the subscriber asks for it'
/** Numbers, blocks and calls that one case shows evidence of. */
const NUMBERS_MAX = 20
const BLOCKS_MAX = 50
const CALLS_MAX = 200
const RELATED_MAX = 50
/** Rules that a refusal names. */
const RULES_NAMED = 20
/** How far from the time that somebody tells a block may lie. */
const TOLD_MS = 15 * 60_000
