import { z } from '@hono/zod-openapi'
import { CASE_STATUSES } from '#core/redress/case-view.ts'
import { LIFTS_MAX, WORDS_MAX } from '#core/redress/parse.ts'
import { line } from '#edge/http/accounts/ask.ts'

const words = z
  .string('expected a text')
  .refine(
    (text) => text.trim().length > 0 && text.length <= WORDS_MAX,
    `expected a text of 1 to ${WORDS_MAX} characters`,
  )
const timeSchema = z.string().openapi({ format: 'date-time', example: '2026-11-22T12:00:00.000Z' })
const numberSchema = z.string().openapi({ example: '+12125550117' })
/** What is checked by the parsers that the public desk and the command line use too; here it is only described. */
const described = (description: string, example: unknown) =>
  z.unknown().openapi({ type: 'object', description, example })

export const statusSchema = z.enum(CASE_STATUSES).openapi('CaseStatus')

const decisionExample = { outcome: 'lift', reason: 'the clinic’s own reminders', until: '2027-11-22T00:00:00Z' }
const DECISION_WORDS = `\`outcome\`: \`lift\` or \`partly\` with \`lifts\` (up to ${LIFTS_MAX}, each with a \`scope\`: \`{kind: number, number}\`, \`{kind: block, prefix}\` or \`{kind: range, first, last}\`, and if wanted \`until\`, \`attestation\`, \`rule\`); without \`lifts\` it is for all contested numbers, on the terms \`until\`, \`attestation\` and \`rule\` beside it. \`uphold\` names \`evidence\` (a list) and what the claimant can do \`next\`, \`partly\` the latter. \`grant\` is for what a subscriber asks. Each has a \`reason\`, which the claimant reads.`

export const textSchema = z.strictObject({ text: words }).openapi('CaseText')
export const reasonSchema = z.strictObject({ reason: words }).openapi('CaseReason')
export const assignmentSchema = z
  .strictObject({
    to: line(64, 'expected the name of an account').min(1, 'expected the name of an account').optional(),
  })
  .openapi('CaseAssignment', { description: 'Without `to` nobody has it any more.' })
export const decisionSchema = z
  .strictObject({
    decision: described(DECISION_WORDS, decisionExample),
    override: words
      .optional()
      .openapi({ description: 'Why a lift goes without proof of control of its numbers; the audit trail keeps it.' }),
  })
  .openapi('CaseDecision')
export const previewSchema = z
  .strictObject({ decision: described(DECISION_WORDS, decisionExample) })
  .openapi('CasePreviewed')
export const bulkSchema = z
  .strictObject({
    cases: z
      .array(
        z.strictObject({
          case: z.string().regex(/^[A-Za-z0-9_-]{22}$/, 'expected the id of a case'),
          seq: z.int('expected a whole number').min(1).optional(),
        }),
        'expected a list of cases',
      )
      .min(1, 'expected at least one case')
      .max(100, 'expected at most 100 cases')
      .openapi({
        description: 'Each with the event that it had come to when it was looked at, if that is to be compared.',
      }),
    decision: described(DECISION_WORDS, decisionExample),
    override: words.optional(),
  })
  .openapi('CaseDecisions')
export const correctionSchema = z
  .strictObject({ event: z.int('expected the place of an event').min(1), reason: words })
  .openapi('CaseCorrection')
export const proofSchema = z
  .strictObject({
    number: z.string().optional().openapi({ description: 'Without it the proof is for all numbers of the case.' }),
    way: z.enum(['letter', 'provider', 'registry'], 'expected letter, provider or registry'),
    detail: words.openapi({ description: 'What was seen: who signed, who confirmed.' }),
  })
  .openapi('CaseProof')
export const challengeSchema = z.strictObject({ number: z.string('expected a number') }).openapi('CaseChallenge')
export const openingSchema = z
  .strictObject({
    way: z.enum(['telephone', 'mail', 'letter'], 'expected telephone, mail or letter'),
    claim: described('A claim, as the public API takes it; the mail address may be left out.', {
      numbers: ['+12125550117'],
      claimant: { name: 'Ann Lee', tel: '+12125550100', organisation: 'Acme Clinic' },
      purpose: 'appointment reminders',
    }),
    request: z
      .strictObject({
        wants: z.enum(['blocked-list', 'opt-out', 'opt-in', 'unblock', 'block'], 'expected what a subscriber can ask'),
        number: z.string('expected the subscriber’s number'),
        caller: z.string().optional().openapi({ description: 'A number, or `withheld`.' }),
        vouched: z
          .boolean()
          .optional()
          .openapi({ description: 'Whether you know that the subscriber asks; otherwise somebody checks first.' }),
      })
      .optional()
      .openapi({ description: 'What a subscriber of the provider asks for himself.' }),
  })
  .openapi('CaseOpening')

const dueSchema = z.strictObject({ at: timeSchema, what: z.enum(['status', 'decision', 'answer']) })
const summary = {
  case: z.string().openapi({ example: 'Kc9vN2x0RrmJ3p6t1wQ8Zg' }),
  kind: z.enum(['claim', 'request']),
  status: statusSchema,
  opened: timeSchema,
  due: dueSchema.optional(),
  isOverdue: z.boolean(),
  assigned: z.string().optional(),
  claimant: z.string(),
  seq: z.int().openapi({ description: 'How many events the case has.' }),
}
export const summarySchema = z
  .strictObject({
    ...summary,
    numbers: z.array(numberSchema).openapi({ description: 'The first of them.' }),
    numberCount: z.int(),
  })
  .openapi('CaseSummary')
export const pageSchema = z
  .strictObject({
    cases: z.array(summarySchema),
    after: z.string().optional().openapi({ description: 'Where the next page begins; missing behind the last.' }),
  })
  .openapi('CasePage')
const scopeAnswer = z.union([
  z.strictObject({ kind: z.literal('number'), number: z.string() }),
  z.strictObject({ kind: z.literal('block'), prefix: z.string() }),
  z.strictObject({ kind: z.literal('range'), first: z.string(), last: z.string() }),
])
const levelAnswer = z.enum(['A', 'B', 'C'])
const liftAnswer = z.strictObject({
  scope: scopeAnswer,
  until: z.int().optional().openapi({ description: 'Milliseconds since 1970.' }),
  attestation: levelAnswer.optional(),
  rule: z.string().optional(),
})
const decisionAnswer = z.strictObject({
  outcome: z.enum(['lift', 'partly', 'uphold', 'grant']),
  reason: z.string(),
  lifts: z.array(liftAnswer).optional(),
  next: z.string().optional(),
  evidence: z.array(z.string()).optional(),
})
const claimAnswer = z.strictObject({
  receipts: z.array(z.string()),
  numbers: z.array(z.string()),
  calls: z.array(z.strictObject({ calling: z.string(), called: z.string(), at: timeSchema })),
  claimant: z.strictObject({
    name: z.string(),
    email: z.string().optional(),
    organisation: z.string().optional(),
    tel: z.string().optional(),
    acts: z.enum(['for-itself', 'for-a-customer']),
  }),
  purpose: z.string(),
  changed: z.string(),
  webhook: z.string().optional(),
})
const wishAnswer = z.strictObject({
  wants: z.enum(['blocked-list', 'opt-out', 'opt-in', 'unblock', 'block']),
  number: z.string(),
  caller: z.string().optional(),
  isVouched: z.boolean(),
})
const standingAnswer = z.strictObject({
  kind: z.enum(['lift', 'registered', 'refuses', 'accepts', 'opted-out']),
  from: timeSchema,
  until: timeSchema.optional(),
  origin: z.string(),
  scope: scopeAnswer.optional(),
  attestation: levelAnswer.optional(),
  rule: z.string().optional(),
  registration: z.string().optional(),
  called: z.string().optional(),
  calling: z.string().optional(),
})
const evidenceBlock = z.strictObject({
  receipt: z.string(),
  at: timeSchema,
  calling: z.string(),
  called: z.string(),
  rule: z.string(),
  cause: z.string(),
  program: z.string(),
  policy: z.int().optional(),
  attestation: z.string(),
  grounds: z.string().openapi({ description: 'What was crossed, with its figures.' }),
  isReleased: z.boolean(),
  isErased: z.boolean(),
  entry: z
    .strictObject({ chain: z.string(), seq: z.int(), hash: z.string(), checkpoint: z.string().optional() })
    .optional(),
  today: z
    .strictObject({
      kind: z.enum(['allow', 'block', 'unknown']),
      rule: z.string().optional(),
      grounds: z.string().optional(),
      isLifted: z.literal(true).optional().openapi({ description: 'A lift of its number is in force.' }),
      why: z.string().optional(),
    })
    .openapi({ description: 'What the policy in force would say of the same call.' }),
})
const evidenceCall = z.strictObject({
  at: timeSchema,
  calling: z.string(),
  called: z.string(),
  peer: z.string(),
  trunk: z.string(),
  attestation: z.string(),
  verdict: z.enum(['allow', 'block', 'treat', 'shadow', 'exempt']),
  rule: z.string(),
})
const proofAnswer = z.strictObject({
  number: z.string(),
  way: z.enum(['call', 'letter', 'registry', 'provider']),
  at: timeSchema,
  detail: z.string(),
  strength: z.enum(['full', 'hint']),
})
export const challengeAnswer = z
  .strictObject({ number: numberSchema, dial: numberSchema, from: timeSchema, until: timeSchema })
  .openapi('CaseChallengeGiven')
export const caseSchema = z
  .strictObject({
    ...summary,
    claim: claimAnswer,
    request: wishAnswer.optional(),
    numbers: z.array(numberSchema),
    next: z.string().openapi({ description: 'What happens next, in words.' }),
    question: z.string().optional(),
    decision: decisionAnswer.optional(),
    proofs: z.array(proofAnswer),
    unproven: z.array(numberSchema),
    challenges: z.array(challengeAnswer),
    evidence: z
      .array(z.strictObject({ id: z.string(), name: z.string(), type: z.string(), octets: z.int(), hash: z.string() }))
      .openapi({ description: 'Files that the claimant handed in.' }),
    events: z.array(
      z.strictObject({
        seq: z.int(),
        at: timeSchema,
        actor: z.strictObject({ kind: z.enum(['claimant', 'worker', 'desk']), name: z.string().optional() }),
        kind: z.string(),
        words: z.string(),
        told: z.array(z.union([z.string(), z.strictObject({ at: timeSchema })])).openapi({
          description: 'The same in parts, without what was said word for word; a time is a part of its own.',
        }),
        said: z
          .strictObject({ text: z.string(), isInside: z.boolean() })
          .optional()
          .openapi({ description: 'Word for word; `isInside` where the claimant does not read it.' }),
      }),
    ),
  })
  .openapi('Case')
const notesSchema = z.array(z.string()).optional().openapi({
  description: 'What you have to know all the same: it was so already, or another case lets a number through.',
})
export const doneSchema = z
  .strictObject({
    seq: z.int().openapi({ description: 'The place of the event in the case.' }),
    notes: notesSchema,
  })
  .openapi('CaseDone')
export const openedSchema = z
  .strictObject({
    case: z.string(),
    token: z.string().openapi({ description: 'Of the status link, `/c/<token>`, for the claimant; told this once.' }),
    needsConfirmation: z.boolean(),
  })
  .openapi('CaseOpened')
export const previewAnswer = z
  .strictObject({
    mail: z.strictObject({ to: z.string(), subject: z.string(), text: z.string() }).optional(),
    words: z.array(z.string()).openapi({ description: 'What the claimant is told either way, in paragraphs.' }),
    standing: z.array(standingAnswer).openapi({ description: 'What the gates would hear.' }),
    unproven: z.array(numberSchema).openapi({ description: 'Numbers that would need `override`.' }),
    stillLifted: z
      .array(z.strictObject({ number: numberSchema, case: z.string(), until: timeSchema.optional() }))
      .openapi({
        description: 'Numbers that the decision does not let through, and that a lift of another case does.',
      }),
  })
  .openapi('CasePreview')
export const bulkAnswer = z
  .strictObject({
    results: z.array(
      z.strictObject({
        case: z.string(),
        seq: z.int().optional().openapi({ description: 'There where it was decided.' }),
        notes: notesSchema,
        problem: z.strictObject({ type: z.string(), detail: z.string() }).optional(),
      }),
    ),
  })
  .openapi('CaseDecided')
export const evidenceSchema = z
  .strictObject({
    blocks: z.array(evidenceBlock),
    calls: z.array(evidenceCall),
    standing: z.array(standingAnswer.extend({ id: z.int() })),
    registered: z.array(z.strictObject({ number: z.string(), registration: z.string(), name: z.string() })),
    earlier: z.array(summarySchema),
  })
  .openapi('CaseEvidence')
export const similarSchema = z.strictObject({ cases: z.array(summarySchema) }).openapi('SimilarCases')
export const blockedListSchema = z
  .strictObject({
    number: z.string(),
    from: timeSchema,
    before: timeSchema,
    calls: z.array(z.strictObject({ at: timeSchema, calling: z.string(), program: z.string() })),
  })
  .openapi('BlockedCalls')
export const figuresSchema = z
  .strictObject({
    months: z.array(
      z.strictObject({
        month: z.string().openapi({ example: '2026-11' }),
        received: z.int(),
        firstStatusMedianMs: z.number().optional(),
        decisionMedianMs: z.number().optional(),
        lifted: z.int(),
        upheld: z.int(),
        regressed: z.int(),
      }),
    ),
  })
  .openapi('MonthlyFigures')
export const blocksSchema = z
  .strictObject({
    blocks: z.array(
      z.strictObject({
        receipt: z.string(),
        at: timeSchema,
        calling: z.string(),
        called: z.string(),
        rule: z.string(),
        cause: z.string(),
        program: z.string(),
        policy: z.int().optional(),
        attestation: z.string(),
        notice: z.string(),
        peer: z.string(),
        trunk: z.string(),
        grounds: z.array(z.string()),
        isReleased: z.boolean(),
        isErased: z.boolean(),
        entry: z.strictObject({ chain: z.string(), seq: z.int(), hash: z.string() }),
      }),
    ),
    after: z.string().optional(),
  })
  .openapi('BlockPage')
