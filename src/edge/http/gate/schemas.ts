// One thing: what the settings of the running gate send and take over HTTP: peers with their tests, notices, keys.
import { z } from '@hono/zod-openapi'
import { BLOCK_LOCATIONS } from '#codec/notice/notice.ts'
import { NOTICE_WORDS, PROFILES } from '#core/notify/notice-choices.ts'
import { CARRIES } from '#core/notify/notice-terms.ts'
import { CAUSES } from '#core/rules/verdict.ts'
import { line } from '#edge/http/accounts/ask.ts'

const time = z.string().openapi({ format: 'date-time', example: '2026-11-22T12:00:00.000Z' })
const callSchema = z.enum(['allow', 'block']).openapi('TestCall', {
  description: '`allow` has to go on, `block` must not.',
})

// ── Peers ──

export const stepSchema = z
  .strictObject({
    at: time,
    kind: z.enum(['call', 'dial', 'placed', 'asked', 'went-on', 'stray']),
    call: callSchema.optional(),
    isSo: z.boolean().optional().openapi({ description: 'Whether the gate was asked; whether the call went on.' }),
    words: z.string(),
  })
  .openapi('PeerTestStep')
export const peerTestSchema = z
  .strictObject({
    id: z.string(),
    peer: z.string(),
    at: time,
    by: z.string(),
    endedAt: time.optional(),
    state: z.enum(['running', 'done', 'failed', 'cancelled']),
    allow: z.string(),
    block: z.string(),
    status: z.int(),
    through: z.string().optional(),
    listen: z.string().optional(),
    waitS: z.int(),
    steps: z.array(stepSchema),
    asks: callSchema.optional().openapi({ description: 'The call of which somebody has to say whether it rang.' }),
    finding: z
      .enum(['right', 'inverted', 'blocks-go-on', 'nothing-goes-on', 'not-asked', 'asked-about-one'])
      .optional(),
    words: z.array(z.string()).openapi({ description: 'What was found, and what to do, one sentence each.' }),
    why: z.string().openapi({ description: 'Why it failed.' }),
  })
  .openapi('PeerTest')
const peer = {
  name: z.string(),
  from: z.array(z.string()).openapi({ description: 'Addresses and ranges that it asks from.' }),
  certificates: z.array(z.string()).openapi({ description: 'Names in its certificate.' }),
  hasToken: z.boolean().openapi({ description: 'Whether it may ask over HTTP, by a token.' }),
  continueStatus: z.int(),
  continueContact: z.string().optional(),
  calls: z.int().openapi({ description: 'Calls screened since `since`.' }),
  blocked: z.int().openapi({ description: 'Of those, calls blocked.' }),
  last: time.optional().openapi({ description: 'When its last call was screened.' }),
  tested: z
    .strictObject({
      id: z.string(),
      at: time,
      state: peerTestSchema.shape.state,
      finding: peerTestSchema.shape.finding,
    })
    .optional()
    .openapi({ description: 'Its last test since the desk started.' }),
}
export const peerSchema = z.strictObject(peer).openapi('Peer')
export const peersSchema = z
  .strictObject({
    peers: z.array(peerSchema),
    after: z.string().optional().openapi({ description: 'Where the next page begins; missing behind the last.' }),
    total: z.int(),
    since: time.optional().openapi({ description: 'Since when calls are counted here.' }),
    listening: z.array(z.string()),
    answersStrangers: z.boolean(),
  })
  .openapi('Peers')
export const peerFileSchema = z
  .strictObject({
    ...peer,
    since: time.optional(),
    tenant: z.string(),
    tenantAt: z.array(z.string()),
    trunkAt: z.array(z.string()),
    tellsVerdict: z.string().optional(),
    tellsLabel: z.string().optional(),
    announces: z.boolean(),
    verstat: z.enum(['trust', 'ignore']),
    connectionsMax: z.int().openapi({ description: 'Connections that it may have from one address.' }),
    answersOverload: z.boolean().openapi({ description: 'Whether calls beyond what can be judged get 503.' }),
    listening: z.array(z.string()),
    tests: z.array(peerTestSchema).openapi({ description: 'Since the desk started, the last first.' }),
    busy: z
      .strictObject({ id: z.string(), peer: z.string() })
      .optional()
      .openapi({ description: 'The test under way.' }),
    through: z.string().openapi({ description: 'Where test calls would be placed, as a proposal; may be empty.' }),
    mayElsewhere: z.boolean(),
  })
  .openapi('PeerFile')

const numberWords = 'expected a telephone number as the switch routes it, such as +14155550101'
const numberSchema = line(32, numberWords).refine((text) => /^\+?[0-9*# ().-]+$/.test(text), numberWords)
const placeWords = (example: string) => `expected a place such as ${example}`
export const peerTestStartSchema = z
  .strictObject({
    allow: numberSchema.openapi({ example: '+14155550101' }),
    block: numberSchema.openapi({ example: '+14155550102' }),
    status: z
      .union([z.literal(603), z.literal(607), z.literal(608), z.literal(403)], 'expected 603, 607, 608 or 403')
      .optional()
      .openapi({ description: 'How the second call is refused; 603 if not said.' }),
    through: line(256, placeWords('sip:192.0.2.7'))
      .optional()
      .openapi({ description: 'Where both calls are placed; without it somebody dials.' }),
    listen: line(64, placeWords('udp:192.0.2.9:5090'))
      .optional()
      .openapi({ description: 'Where calls that go on arrive; without it somebody says whether they rang.' }),
    from: numberSchema.optional().openapi({ description: 'The number of placed calls; +12125550117 if not said.' }),
    waitS: z
      .int('expected whole seconds')
      .min(1, 'expected 1 to 400 seconds')
      .max(400, 'expected 1 to 400 seconds')
      .optional()
      .openapi({ description: 'How long to wait for each call; 120 if not said.' }),
    isElsewhere: z
      .boolean('expected true or false')
      .optional()
      .openapi({ description: 'You may place these calls at an address that is not the peer’s.' }),
  })
  .openapi('PeerTestStart')
export const testStartedSchema = z.strictObject({ test: z.string() }).openapi('PeerTestStarted')
export const rangSchema = z
  .strictObject({ call: callSchema, rang: z.boolean('expected true or false') })
  .openapi('PeerTestRang')

// ── Notices ──

const choiceSchema = z.enum(NOTICE_WORDS)
export const noticeSchema = z
  .strictObject({
    profile: z.enum(PROFILES),
    choices: z.strictObject(Object.fromEntries(CAUSES.map((cause) => [cause, choiceSchema])) as CauseShape),
    form: z.enum(['SIP', 'Q.850']),
    carry: z.enum(CARRIES),
    announce: z.string().optional().openapi({ description: 'The treatment of callers whom a 608 would not reach.' }),
    contact: z.strictObject({ url: z.string().optional(), tel: z.string().optional(), email: z.string().optional() }),
    location: z.enum(BLOCK_LOCATIONS),
    desk: z.string().optional().openapi({ description: 'The public desk, where callers contest a block.' }),
    needsContact: z.boolean().openapi({ description: 'Whether a rule in force blocks by analytics.' }),
    treatments: z.array(z.string()),
    files: z.strictObject({
      configuration: z.string(),
      policy: z.string().optional().openapi({ description: 'Where the policy stands, if in a file of its own.' }),
    }),
    reload: z
      .string()
      .optional()
      .openapi({ description: 'The command that has the gate read its files again; missing where only a start does.' }),
  })
  .openapi('NoticeSettings')
type CauseShape = { [cause in (typeof CAUSES)[number]]: typeof choiceSchema }

// ── Keys ──

export const receiptKeySchema = z
  .strictObject({
    slot: z.int(),
    file: z.string(),
    madeAt: time,
    isSealing: z
      .boolean()
      .openapi({ description: 'Whether new receipts are made with it; others only open old ones.' }),
    until: time.optional().openapi({ description: 'When it is replaced, or no longer opens anything and is deleted.' }),
  })
  .openapi('ReceiptKey')
export const certificateSchema = z
  .strictObject({
    key: z.string().openapi({ description: 'The key of the configuration.', example: 'gate.tls' }),
    use: z.string(),
    subject: z.string(),
    issuer: z.string(),
    names: z.array(z.string()),
    serial: z.string(),
    from: time,
    until: time,
    daysLeft: z.int().openapi({ description: 'Whole days; negative once it is over.' }),
    standing: z.enum(['good', '30 days', '7 days', '1 day', 'expired', 'early']),
    file: z.string().optional(),
    keyFile: z
      .string()
      .optional()
      .openapi({ description: 'Where its private key is kept. The key itself is never sent.' }),
    disk: z
      .enum(['same', 'other', 'unreadable', 'none'])
      .openapi({ description: 'Whether the file has what is in force. `other`: a new one waits to be taken.' }),
    renew: z.string(),
  })
  .openapi('Certificate')
export const signingKeySchema = z
  .strictObject({
    use: z.string(),
    file: z.string(),
    name: z.string().optional().openapi({ description: 'SHA-256 of its public half, the first 16 digits.' }),
    why: z.string().openapi({ description: 'Why it cannot be shown; empty where it can.' }),
    renew: z.string(),
  })
  .openapi('SigningKey')
export const keysSchema = z
  .strictObject({
    at: time,
    receipts: z.strictObject({
      folder: z.string(),
      keepDays: z.int(),
      rotateDays: z.int(),
      keys: z.array(receiptKeySchema),
      why: z.string().openapi({ description: 'Why they cannot be shown; empty where they can.' }),
    }),
    certificates: z.array(certificateSchema).openapi({ description: 'What ends first stands first.' }),
    signing: z.array(signingKeySchema),
    reload: z.string().optional(),
  })
  .openapi('Keys')
