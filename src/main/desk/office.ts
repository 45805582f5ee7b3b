import type { Decision } from '#core/redress/decision.ts'
import type { CaseEvidence, Office, OfficeProof, Worked, Worker } from '#core/redress/office.ts'
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
  reopenCase,
  type Step,
  type StepTerms,
  withdrawCase,
} from '#core/redress/steps.ts'
import { fileOf } from '#core/redress/view-case.ts'
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
      const effect = effectOf(step, decision, current(step))
      if ('kind' in effect) return effect
      const { mail, standing, unproven } = effect
      return {
        kind: 'preview',
        mail: mail && { to: mail.to, subject: mail.subject, text: mail.text },
        standing,
        unproven,
      }
    },

    decide: (id, decision, override, by, seen) =>
      take(id, seen, (step) => decideCase(step, decision, override, by, current(step))),
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
      const listed = blockedCalls(calls, number, before)
      store.record({
        at: now(),
        events: [],
        mails: [],
        standing: [],
        ended: [],
        audit: [
          { by, action: 'blocked-list-read', subject: 'blocked list', detail: { identity, calls: listed.length } },
        ],
      })
      return listed
    },

    figures: async (from, to) => parts.monthly.figures(from, to),
  }
}

function proofOf({ number, way, detail }: OfficeProof, by: Worker, at: number): Proof {
  return { number, way, at, detail: `${detail} (checked by ${by.name})`, strength: 'full' }
}

function blockTime(blocks: CaseEvidence['blocks'], number: string): number | undefined {
  return blocks.find(({ calling }) => calling === number)?.at
}

/** Numbers, blocks and calls that one case shows evidence of. */
const NUMBERS_MAX = 20
const BLOCKS_MAX = 50
const CALLS_MAX = 200
const RELATED_MAX = 50
/** How far from the time that somebody tells a block may lie. */
const TOLD_MS = 15 * 60_000
