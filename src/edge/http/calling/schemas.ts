// One thing: what the calling side sends and takes over HTTP. The ports, the description and the console's client are made of it.
import { z } from '@hono/zod-openapi'
import { DISPUTE_STATUSES } from '#core/dispute/dispute.ts'
import { WAYS } from '#core/dispute/dispute-event.ts'
import { WORDS_MAX } from '#core/dispute/steps.ts'
import { GROUP_STATES } from '#core/observe/group.ts'
import { PROBE_STATES } from '#core/probe/kept-probe.ts'
import { line } from '#edge/http/accounts/ask.ts'

const time = z.string().openapi({ format: 'date-time', example: '2026-11-22T12:00:00.000Z' })
const words = z
  .string('expected a text')
  .refine(
    (text) => text.trim().length > 0 && text.length <= WORDS_MAX,
    `expected a text of 1 to ${WORDS_MAX} characters`,
  )
const optionalWords = z
  .string('expected a text')
  .max(WORDS_MAX, `expected a text of up to ${WORDS_MAX} characters`)
  .optional()
const shareSchema = z
  .strictObject({ hits: z.int(), of: z.int() })
  .openapi('Share', { description: 'So many of so many.' })
const stateSchema = z.enum(GROUP_STATES).openapi('GroupState')
const standingSchema = z.enum(['proven', 'unproven', 'person', 'fault']).openapi('Standing')
const after = z.string().optional().openapi({ description: 'Where the next page begins; missing behind the last.' })

// ── What is seen ──

export const markSchema = z
  .strictObject({
    kind: z.enum(['resolved', 'ignored', 'reopened']),
    at: time,
    effective: time,
    by: z.string(),
    note: z.string(),
  })
  .openapi('GroupMark')
export const groupSchema = z
  .strictObject({
    id: z.int(),
    state: stateSchema,
    blocker: z.string(),
    block: z.string().openapi({ description: 'A thousands block of own numbers by its leading digits.' }),
    reason: z.string(),
    standing: standingSchema,
    calls: z.int(),
    numbers: z.int(),
    first: time,
    last: time,
    recent: shareSchema.openapi({ description: 'Of the attempts of its number block within the last day.' }),
    earlier: shareSchema.openapi({ description: 'The same in the week before.' }),
    regressedAt: time.optional(),
    mark: markSchema.optional(),
    disputes: z.array(z.string()).openapi({ description: 'Disputes of it that are not settled.' }),
  })
  .openapi('BlockGroup')
export const groupsSchema = z
  .strictObject({ groups: z.array(groupSchema), total: z.int(), isEmpty: z.boolean() })
  .openapi('BlockGroups')
const ownNumberSchema = z.strictObject({ number: z.string(), first: time, last: time, calls: z.int() })
export const observationSchema = z
  .strictObject({
    id: z.int(),
    at: time,
    from: z.string(),
    to: z.string(),
    carrier: z.string(),
    blocker: z.string(),
    standing: standingSchema,
    reason: z.string(),
    status: z.int(),
    group: z.int().optional(),
    source: z.string(),
    evidence: z.enum(['wire', 'record']),
  })
  .openapi('Observation')
export const observationsSchema = z
  .strictObject({ observations: z.array(observationSchema), after, isEmpty: z.boolean() })
  .openapi('ObservationPage')
const versionSchema = z.strictObject({
  tap: z.string(),
  sender: z.string(),
  receiver: z.string(),
  status: z.int(),
  phrase: z.string(),
  reasons: z.array(z.string()),
})
const damageSchema = z
  .strictObject({
    kind: z.string(),
    sureness: z.enum(['certain', 'likely', 'possible']),
    text: z.string(),
    cite: z.string(),
    seen: z.strictObject({ before: versionSchema, after: versionSchema }).optional(),
    culprits: z.array(
      z.strictObject({
        product: z.string(),
        does: z.string(),
        remedy: z.string(),
        source: z.string(),
        date: z.string(),
      }),
    ),
  })
  .openapi('Damage')
const faultSchema = z.strictObject({ rule: z.string(), severity: z.string(), text: z.string(), cite: z.string() })
const partSchema = z
  .strictObject({
    part: z.string(),
    depth: z.int().openapi({ description: '0 for a line, 1 for a piece of it, 2 for a pair of the text of a 603+.' }),
    text: z.string(),
    means: z.string(),
    cite: z.string(),
    faults: z.array(z.string()),
  })
  .openapi('AnswerPart')
export const observationFileSchema = z
  .strictObject({
    ...observationSchema.shape,
    phrase: z.string(),
    setupMs: z.number().optional(),
    ringMs: z.number().optional(),
    who: z.string(),
    why: z.string(),
    ruling: z.strictObject({ why: z.string(), cite: z.string() }),
    contest: z.strictObject({
      url: z.string().optional(),
      tel: z.string().optional(),
      email: z.string().optional(),
      card: z.string().optional(),
    }),
    noticeId: z.string().optional(),
    callId: z.string(),
    damage: z.array(damageSchema),
    faults: z.array(faultSchema),
    answer: z.string().optional().openapi({ description: 'As it came; missing where the source was a record.' }),
    parts: z.array(partSchema).openapi({ description: 'The answer explained field by field.' }),
    missing: z.array(faultSchema).openapi({ description: 'Rules that no part of it can be blamed for.' }),
  })
  .openapi('ObservationFile')
export const groupFileSchema = z
  .strictObject({
    ...groupSchema.shape,
    ownNumbers: z.array(ownNumberSchema),
    marks: z.array(markSchema).openapi({ description: 'What was said of it, the last first.' }),
    observations: z.array(observationSchema).openapi({ description: 'The last of its calls.' }),
    damage: z
      .array(z.strictObject({ damage: damageSchema, calls: z.int() }))
      .openapi({ description: 'What was done to the notices of these calls, and to how many.' }),
    looked: z.int(),
  })
  .openapi('BlockGroupFile')
const blockedNumberSchema = z
  .strictObject({
    number: z.string(),
    since: time,
    last: time,
    calls: z.int(),
    recent: shareSchema.openapi({
      description:
        'Its refused calls of the last 24 hours, of all whose end was seen; `of` 0 where they are not counted.',
    }),
    by: z.array(z.strictObject({ group: z.int(), blocker: z.string(), state: stateSchema, standing: standingSchema })),
  })
  .openapi('BlockedNumber')
export const summarySchema = z
  .strictObject({
    at: time,
    words: z.string().openapi({ description: 'The answer in a sentence or two.' }),
    isEmpty: z.boolean().openapi({ description: 'Nothing was ever seen.' }),
    needsSomebody: z.boolean(),
    numbers: z.array(blockedNumberSchema).openapi({ description: 'Those with the most refused calls, 50 at most.' }),
    numberCount: z.int(),
    blockers: z.int(),
    states: z.array(z.strictObject({ state: stateSchema, groups: z.int() })),
    disputes: z.strictObject({ open: z.int(), overdue: z.int(), ours: z.int() }),
    sources: z.array(z.strictObject({ source: z.string(), at: time })),
  })
  .openapi('CallingSummary')
export const silenceSchema = z
  .strictObject({
    at: time,
    looked: z.int(),
    thin: z.int().openapi({ description: 'Pairs with too few calls to say anything.' }),
    suspected: z.int(),
    findings: z
      .array(
        z.strictObject({
          carrier: z.string(),
          number: z.string(),
          kind: z.enum(['suspected', 'nothing', 'thin']),
          recent: shareSchema,
          baseline: shareSchema,
          sign: z.enum(['busy', 'unavailable', 'overload', 'shortRing']),
          p: z.number(),
          q: z.number(),
          test: z.enum(['fisher', 'two-proportion', 'none']),
          spread: z.number(),
          words: z.string(),
        }),
      )
      .openapi({ description: 'In the order of suspicion, 200 at most.' }),
  })
  .openapi('SuspectedSilence')
const measuredSchema = z
  .strictObject({
    filed: z.int(),
    count: z.int(),
    medianMs: z.number().optional(),
    slowestMs: z.number().optional(),
  })
  .openapi('MeasuredTimes')
const contactSchema = z.strictObject({
  kind: z.enum(['url', 'tel', 'email', 'card']),
  way: z.enum(['api', 'form', 'mail', 'phone']),
  value: z.string(),
  isSigned: z.boolean(),
  first: time,
  last: time,
  calls: z.int(),
  answer: measuredSchema,
  lift: measuredSchema,
})
export const directorySchema = z
  .strictObject({
    blockers: z.array(
      z.strictObject({
        blocker: z.string(),
        calls: z.int(),
        first: time.optional(),
        last: time.optional(),
        signed: z.array(contactSchema),
        unsigned: z.array(contactSchema),
        answer: measuredSchema,
        lift: measuredSchema,
        known: z
          .strictObject({
            name: z.string(),
            domains: z.array(z.string()),
            ways: z.array(z.string()),
            says: z.string(),
            source: z.string(),
            date: z.string(),
          })
          .optional(),
      }),
    ),
  })
  .openapi('BlockerDirectory')

// ── Disputes ──

export const disputeSchema = z
  .strictObject({
    id: z.string(),
    seq: z.int(),
    status: z.enum(DISPUTE_STATUSES).openapi('DisputeStatus'),
    blocker: z.string(),
    group: z.int().optional(),
    numbers: z.array(z.string()).openapi({ description: 'The first of them.' }),
    numberCount: z.int(),
    openedAt: time,
    filedAt: time.optional(),
    way: z.enum(WAYS).optional(),
    due: z
      .strictObject({
        what: z.enum(['status', 'answer', 'file', 'confirm', 'reply', 'retest']),
        of: z.enum(['blocker', 'us']),
        at: time,
      })
      .optional(),
    isOverdue: z.boolean(),
  })
  .openapi('Dispute')
export const disputesSchema = z.strictObject({ disputes: z.array(disputeSchema), after }).openapi('DisputePage')
export const disputeFileSchema = z
  .strictObject({
    ...disputeSchema.shape,
    allNumbers: z.array(z.string()),
    filing: z
      .strictObject({
        way: z.enum(WAYS),
        to: z.string(),
        reference: z.string().optional(),
        isFollowed: z.boolean(),
        needsConfirmation: z.boolean(),
        statusWithinMs: z.int().optional(),
      })
      .optional(),
    news: z
      .strictObject({ status: z.string(), next: z.string(), question: z.string().optional(), due: time.optional() })
      .optional(),
    outcome: z.enum(['lifted', 'partly-lifted', 'upheld']).optional(),
    answeredAt: time.optional(),
    liftedAt: time.optional(),
    verifiedAt: time.optional(),
    regressedAt: time.optional(),
    receipts: z.array(z.string()),
    urls: z.array(z.string()),
    calls: z.array(z.strictObject({ at: time, from: z.string(), to: z.string(), status: z.int(), phrase: z.string() })),
    purpose: z.string(),
    changed: z.string(),
    events: z.array(z.strictObject({ seq: z.int(), at: time, by: z.string(), kind: z.string(), words: z.string() })),
    contacts: z.array(contactSchema).openapi({ description: 'Of this blocker, signed ones first.' }),
    known: z.strictObject({ name: z.string(), says: z.string(), source: z.string(), date: z.string() }).optional(),
    who: z
      .strictObject({ name: z.string(), email: z.string().optional() })
      .openapi({ description: 'Who asks unless something else is said: of the configuration.' }),
    paths: z
      .array(z.string())
      .openapi({ description: 'Addresses besides this machine where a call may be placed to test a lift.' }),
  })
  .openapi('DisputeFile')
export const disputeOpeningSchema = z
  .strictObject({
    group: z.int('expected the number of a group').min(1).optional(),
    numbers: z
      .array(line(40, 'expected a number'), 'expected a list of numbers')
      .max(1_000, 'expected at most 1000 numbers')
      .optional()
      .openapi({ description: 'Without a group at least one; with one, these of its numbers only.' }),
    blocker: line(512, 'expected who blocks, in one line').optional(),
    url: line(2_048, 'expected the page that the notice named').optional(),
    receipt: line(512, 'expected the id that the notice gave').optional(),
    purpose: optionalWords,
    changed: optionalWords,
    again: z.boolean('expected true or false').optional().openapi({
      description: 'Also where a dispute of this group is open.',
    }),
  })
  .openapi('DisputeOpening')
export const openedSchema = z.strictObject({ dispute: z.string() }).openapi('DisputeOpened')
const claimFields = {
  name: line(200, 'expected a name in one line').optional(),
  email: line(254, 'expected a mail address').optional(),
  organisation: line(200, 'expected a name in one line').optional(),
  tel: line(40, 'expected a telephone number').optional(),
  isForCustomer: z.boolean('expected true or false').optional(),
  purpose: optionalWords,
  changed: optionalWords,
}
export const draftingSchema = z.strictObject(claimFields).openapi('DisputeDrafting')
export const draftSchema = z
  .strictObject({
    subject: z.string(),
    text: z.string(),
    form: z.array(z.strictObject({ label: z.string(), value: z.string() })),
  })
  .openapi('DisputeDraft')
export const checkingSchema = z
  .strictObject({ to: line(2_048, 'expected the page that the notice named') })
  .openapi('DeskChecking')
export const checkedSchema = z
  .strictObject({
    speaks: z.boolean(),
    desk: z.string().optional().openapi({ description: 'What it calls itself.' }),
    host: z.string().openapi({ description: 'Where a dispute would go.' }),
    why: z.string().openapi({ description: 'Why it cannot be filed there; empty where it can.' }),
  })
  .openapi('DeskChecked')
export const filingSchema = z
  .strictObject({
    to: line(2_048, 'expected the page that the notice named'),
    host: line(300, 'expected the host that the dispute goes to').openapi({
      description: 'As the check before told it: where the page names another by now, nothing is sent.',
    }),
    ...claimFields,
  })
  .openapi('DisputeFiling')
export const filedSchema = z
  .strictObject({
    way: z.enum(WAYS, `expected one of ${WAYS.join(', ')}`),
    to: line(2_048, 'expected a page, an address or a number').min(1, 'expected a page, an address or a number'),
    reference: line(512, 'expected what the blocker calls it').optional(),
  })
  .openapi('DisputeFiled', { description: 'Somebody sent the form or message, or telephoned, without us.' })
export const textSchema = z.strictObject({ text: words }).openapi('DisputeText')
export const outcomeSchema = z
  .strictObject({
    outcome: z.enum(['lifted', 'partly-lifted', 'upheld'], 'expected lifted, partly-lifted or upheld'),
    text: words,
    heardAt: z.iso.datetime({ offset: true, error: 'expected a time such as 2026-11-22T12:00:00Z' }).optional(),
    liftedAt: z.iso.datetime({ offset: true, error: 'expected a time such as 2026-11-22T12:00:00Z' }).optional(),
  })
  .openapi('DisputeOutcome')
export const retestSchema = z
  .strictObject({
    via: line(300, 'expected where the call is placed, such as sip:192.0.2.7:5060').openapi({
      description: 'On this machine, or at an address of `calling.probes.to`.',
    }),
    from: line(40, 'expected a number of the dispute')
      .optional()
      .openapi({ description: 'The first one if not said.' }),
    to: z
      .string('expected a number')
      .regex(/^\+?[0-9]{1,32}$/, 'expected digits, with or without + in front')
      .optional()
      .openapi({ description: 'That of the last blocked call if not said.' }),
    passes: z
      .array(z.int('expected a status').min(300, 'expected 300 to 699').max(699, 'expected 300 to 699'))
      .max(10, 'expected at most 10')
      .optional()
      .openapi({ description: 'Final answers that mean there that the call goes on.' }),
  })
  .openapi('DisputeRetest')
export const retestedSchema = z
  .strictObject({
    seq: z.int(),
    from: z.string(),
    to: z.string(),
    result: z.enum(['goes-through', 'blocked', 'unclear']),
    words: z.string().openapi({ description: 'The final answer, or why there was none.' }),
  })
  .openapi('DisputeRetested')
export const provingSchema = z
  .strictObject({
    number: line(40, 'expected a number of the dispute')
      .optional()
      .openapi({ description: 'The first one if not said.' }),
  })
  .openapi('NumberProving')
export const provedBySchema = z
  .strictObject({ number: z.string(), dial: z.string(), until: time.optional() })
  .openapi('NumberToDial', { description: 'What is to be called from the number, which proves that it is yours.' })
export const markingSchema = z
  .strictObject({
    kind: z.enum(['resolved', 'ignored', 'reopened'], 'expected resolved, ignored or reopened'),
    note: line(500, 'expected a note of up to 500 characters in one line').optional(),
    effective: z.iso.datetime({ offset: true, error: 'expected a time such as 2026-11-22T12:00:00Z' }).optional(),
  })
  .openapi('GroupMarking')
export const doneSchema = z.strictObject({ seq: z.int() }).openapi('DisputeStep')

// ── Probes ──

const spanSchema = z.int('expected whole seconds').min(1, 'expected 1 to 60 s').max(60, 'expected 1 to 60 s')
const dialled = z.string('expected a number').regex(/^\+?[0-9]{1,32}$/, 'expected digits, with or without + in front')
export const probeStartSchema = z
  .strictObject({
    via: line(300, 'expected where the path begins, such as sip:127.0.0.1:5060'),
    from: dialled,
    prefix: dialled.optional(),
    to: dialled.optional(),
    farEnd: line(300, 'expected the URL of the mock blocker’s door').optional(),
    scenarios: z
      .array(z.string(), 'expected a list of scenarios')
      .min(1, 'expected at least one scenario')
      .max(200, 'expected at most 200 scenarios'),
    timeoutS: spanSchema.optional(),
    isElsewhere: z
      .boolean('expected true or false')
      .optional()
      .openapi({ description: 'You may place these calls on a path that the configuration does not name.' }),
  })
  .openapi('ProbeStart')
const probe = {
  id: z.string(),
  at: time,
  by: z.string(),
  via: z.string(),
  from: z.string(),
  farEnd: z.string().optional(),
  scenarios: z.int(),
  isElsewhere: z.boolean(),
  state: z.enum(PROBE_STATES),
  placed: z.int(),
  total: z.int(),
  current: z.string().optional().openapi({ description: 'The scenario whose call is being placed.' }),
  endedAt: time.optional(),
  why: z.string(),
  grade: z.enum(['A', 'B', 'C', 'D', 'F']).optional(),
  points: z.int().optional(),
  words: z.string(),
}
export const probeSchema = z.strictObject(probe).openapi('Probe')
export const probesSchema = z.strictObject({ probes: z.array(probeSchema), after }).openapi('ProbePage')
const findingSchema = z.strictObject({
  kind: z.string(),
  title: z.string(),
  part: z.string(),
  sent: z.string(),
  arrived: z.string(),
  note: z.string(),
})
export const reportSchema = z
  .strictObject({
    deductions: z.array(
      z.strictObject({
        kind: z.string(),
        points: z.int(),
        title: z.string(),
        fix: z.string(),
        scenarios: z.array(z.string()),
        sent: z.string(),
        arrived: z.string(),
        note: z.string(),
      }),
    ),
    advice: z.array(
      z.strictObject({
        kind: z.string(),
        product: z.string(),
        does: z.string(),
        remedy: z.string(),
        source: z.string(),
        date: z.string(),
        standing: z.enum(['tested', 'untested']),
        isGuessed: z.boolean(),
      }),
    ),
    guess: z.strictObject({ product: z.string(), by: z.string() }).optional(),
    verdicts: z.array(
      z.strictObject({
        id: z.string(),
        cite: z.string(),
        text: z.string(),
        verdict: z.enum(['kept', 'broken', 'not tested']),
        looked: z.int(),
        brokenBy: z.array(z.string()),
      }),
    ),
    scenarios: z.array(
      z.strictObject({
        id: z.string(),
        title: z.string(),
        group: z.string(),
        cite: z.string(),
        state: z.enum(['intact', 'changed', 'apart']),
        why: z.string(),
        arrived: z.string(),
        arrivals: z.int().optional(),
        afterMs: z.number().optional(),
        findings: z.array(findingSchema),
      }),
    ),
  })
  .openapi('ProbeReport')
const linkSchema = z.strictObject({
  id: z.string(),
  at: time,
  by: z.string(),
  until: time,
  endedAt: time.optional(),
  isOpen: z.boolean(),
})
export const probeFileSchema = z
  .strictObject({
    ...probe,
    report: reportSchema.optional(),
    links: z.array(linkSchema),
    canShare: z.boolean().openapi({ description: 'There is a public door that a link can lead to.' }),
  })
  .openapi('ProbeFile')
export const optionsSchema = z
  .strictObject({
    scenarios: z.array(z.strictObject({ id: z.string(), title: z.string(), group: z.enum(['good', 'odd', 'broken']) })),
    to: z.array(z.string()).openapi({ description: 'Where probes may go besides this machine.' }),
    mayElsewhere: z.boolean().openapi({ description: 'Whether you may send one elsewhere, by saying so.' }),
    running: z.int(),
  })
  .openapi('ProbeOptions')
export const startedSchema = z.strictObject({ probe: z.string() }).openapi('ProbeStarted')
export const sharingSchema = z
  .strictObject({ days: z.int('expected whole days').min(1, 'expected 1 to 90 days').max(90, 'expected 1 to 90 days') })
  .openapi('ProbeSharing')
export const sharedSchema = z
  .strictObject({ id: z.string(), url: z.string().openapi({ description: 'Shown once.' }), until: time })
  .openapi('ProbeShared')
