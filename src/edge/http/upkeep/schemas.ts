// One thing: what the settings about mail and webhooks, retention and health send and take over HTTP.
import { z } from '@hono/zod-openapi'
import { isMailbox } from '#codec/notice/contact.ts'
import { line } from '#edge/http/accounts/ask.ts'

const time = z.string().openapi({ format: 'date-time', example: '2026-11-22T12:00:00.000Z' })

// ── Mail and webhooks ──

const failureSchema = z
  .strictObject({
    at: time.optional().openapi({ description: 'When it was tried last, where that is kept.' }),
    words: z.string().openapi({ description: 'What the other side said, or why it could not be reached.' }),
    advice: z.string().openapi({ description: 'What to do.' }),
  })
  .openapi('OutgoingFailure')
const mailSchema = z
  .strictObject({
    kind: z.enum(['smtp', 'folder']),
    to: z.string().openapi({ description: 'The server, or the folder, that messages are handed to.' }),
    tls: z.enum(['always', 'must', 'may']).optional(),
    login: z.string().optional().openapi({ description: 'The name it signs in by; never the password.' }),
    trusts: z
      .boolean()
      .openapi({ description: 'Whether authorities of `mail.trust` are trusted in place of the usual.' }),
    from: z.string(),
    name: z.string(),
    replyTo: z.string().optional(),
    replies: z.string().optional().openapi({ description: 'The folder that replies are read from.' }),
    waiting: z.int(),
    oldest: time.optional().openapi({ description: 'Since when the oldest message waits.' }),
    lastSent: time.optional(),
    failure: failureSchema.optional().openapi({ description: 'The last try that failed, of those looked at.' }),
  })
  .openapi('OutgoingMail')
export const HOOK_USES = ['blocks-and-cases', 'alerts'] as const
const hookSchema = z
  .strictObject({
    name: z.string(),
    use: z.enum(HOOK_USES).openapi({ description: 'Named under `webhooks`, or under `monitor.notify`.' }),
    url: z.string().openapi({ description: 'Without a name, a password or a query that stands in it.' }),
    waiting: z.int().openapi({ description: 'Events that it is still to be told of.' }),
    oldest: time.optional(),
    tries: z.int().openapi({ description: 'How often one of them was tried in vain, at most.' }),
  })
  .openapi('OutgoingWebhook')
export const outgoingSchema = z
  .strictObject({
    mail: mailSchema.optional().openapi({ description: 'Missing where `mail` is not configured.' }),
    alertsTo: z.array(z.string()).openapi({
      description: 'Who gets mails about cases (`desk.alerts`) and about your own calls (`monitor.alerts`).',
    }),
    webhooks: z.array(hookSchema),
    own: z.string().optional().openapi({ description: 'Your own address, where you sign in by one.' }),
  })
  .openapi('Outgoing')

export const mailTestStartSchema = z
  .strictObject({
    to: line(254, 'expected a mail address').refine(
      isMailbox,
      'expected a mail address, such as ann@northwire.example',
    ),
  })
  .openapi('MailTestStart')
export const mailTestSchema = z
  .strictObject({
    id: z.string(),
    to: z.string(),
    at: time,
    state: z.enum(['waiting', 'accepted', 'delayed', 'refused']).openapi({
      description:
        '`waiting`: not tried yet; `accepted`: the server took it; `delayed`: it could not leave and is tried again; `refused`: it never will.',
    }),
    words: z.string().openapi({ description: 'What the server said.' }),
    advice: z.string(),
    doneAt: time.optional(),
    nextAt: time.optional().openapi({ description: 'When it is tried again.' }),
  })
  .openapi('MailTest')

export const hookTestStartSchema = z
  .strictObject({
    name: line(64, 'expected the name of a webhook').min(1, 'expected the name of a webhook'),
    use: z.enum(HOOK_USES, `expected one of ${HOOK_USES.join(', ')}`),
  })
  .openapi('WebhookTestStart')
export const hookTestSchema = z
  .strictObject({
    state: z.enum(['accepted', 'failed']),
    event: z.string().openapi({ description: 'The id that the receiver was told.' }),
    status: z.int().optional().openapi({ description: 'The status of its answer.' }),
    words: z.string().openapi({ description: 'What it answered, cut, or why there was no answer.' }),
    advice: z.string(),
    tookMs: z.int(),
  })
  .openapi('WebhookTest')

// ── Retention ──

const keptSchema = z
  .strictObject({
    kind: z.string().openapi({ example: 'ledger-personal' }),
    key: z
      .string()
      .optional()
      .openapi({ description: 'The key of the configuration that says for how long; missing where none does.' }),
    keepMs: z.int().optional().openapi({ description: 'Missing for what is kept for good.' }),
    held: z.int().optional().openapi({ description: 'Missing until it was counted.' }),
    oldest: time.optional(),
    due: z.int().optional().openapi({ description: 'Of these, past their time: the next sweep takes them.' }),
    next: time.optional().openapi({ description: 'When the next of them is past its time.' }),
    sweepMs: z.int().optional().openapi({ description: 'How often a sweep looks.' }),
  })
  .openapi('Kept')
export const retentionSchema = z
  .strictObject({
    countedAt: time.optional().openapi({ description: 'When rows were counted last, in a thread of its own.' }),
    isCounting: z.boolean(),
    fault: z.string().optional().openapi({ description: 'Why they could not be counted.' }),
    kinds: z.array(keptSchema),
  })
  .openapi('Retention')

// ── Health ──

const limitSchema = z
  .strictObject({
    name: z
      .string()
      .openapi({ description: 'The figure of the metrics page that counts it.', example: 'gate_shed_total' }),
    words: z.string(),
    count: z.int().openapi({ description: 'Since the program was started.' }),
  })
  .openapi('LimitHit')
export const healthSchema = z
  .strictObject({
    at: time,
    verdict: z
      .array(z.strictObject({ tone: z.enum(['bad', 'wait', 'good']), words: z.string() }))
      .openapi({ description: 'How it stands, the worst first.' }),
    listening: z.array(z.string()),
    heardAt: time.optional().openapi({ description: 'When the gates last said how they are.' }),
    startedAt: time.optional(),
    threads: z.int().optional().openapi({ description: 'Threads that screen calls.' }),
    policy: z.int().optional().openapi({ description: 'The version of the policy in force.' }),
    alarms: z.array(z.strictObject({ kind: z.string(), words: z.string(), count: z.int(), isFresh: z.boolean() })),
    limits: z
      .array(limitSchema)
      .openapi({ description: 'Limits that were hit since the start, the most often hit first.' }),
    limitsWatched: z.int().openapi({ description: 'How many limits are counted.' }),
    ledger: z.strictObject({
      state: z.enum(['looking', 'verified', 'broken', 'stopped']),
      words: z.string(),
      entries: z.int(),
      checkedAt: time.optional(),
    }),
    store: z.strictObject({
      path: z.string(),
      bytes: z.int().openapi({ description: 'Of the database with its write-ahead log.' }),
      evidenceBytes: z.int().optional(),
      freeBytes: z.int().optional().openapi({ description: 'Free on the disk that it lies on.' }),
      diskBytes: z.int().optional(),
      schema: z.int(),
    }),
    versions: z.strictObject({ recourse: z.string(), node: z.string(), sqlite: z.string() }),
    clock: z.strictObject({
      zone: z.string(),
      isSteady: z.boolean().openapi({ description: 'Whether it has not jumped since the start.' }),
      jumpMs: z.int(),
    }),
  })
  .openapi('Health')
