import { z } from '@hono/zod-openapi'
import type { RouteConfig } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { byOf } from '#core/account/accounts.ts'
import { Refused } from '#edge/http/problem.ts'
import {
  type AccountRouteParts,
  accountNameSchema,
  answerJson,
  answerOnce,
  answerNothing,
  done,
  jsonAnswer,
  jsonBody,
  line,
  permissionSchema,
  problemsOf,
  readJsonOf,
  roleSchema,
} from './ask.ts'
import { parseJsonBody } from '#edge/http/body.ts'
import { type InsideEnv, type InsideRoute, insideRoute } from './guard.ts'
import { KEYED, READING, WRITING, insideOf, optional } from './inside-description.ts'
import { SECRET_KEPT_MS } from './once.ts'

/** Accounts for who may manage them, tokens for everybody's own use, and the audit trail. */
export function accountRoutes({ accounts }: AccountRouteParts): readonly InsideRoute[] {
  const by = (context: Context<InsideEnv>) => byOf(context.get('who'))
  const id = (context: Context<InsideEnv>) => context.req.param('id') ?? ''
  return [
    insideRoute('accounts', ACCOUNT_DESCRIPTIONS.list, () => answerJson({ accounts: accounts.list() })),
    insideRoute('accounts', ACCOUNT_DESCRIPTIONS.invite, (context) =>
      answerOnce(
        context,
        async (octets) => {
          const { name, role } = parseJsonBody(inviteSchema, octets)
          const { link, until } = done(accounts.invite(name, role, by(context)))
          return { status: 200, value: { link, until } }
        },
        SHOWN_ONCE,
      ),
    ),
    insideRoute('accounts', ACCOUNT_DESCRIPTIONS.invitations, () =>
      answerJson({ invitations: accounts.invitations() }),
    ),
    insideRoute('accounts', ACCOUNT_DESCRIPTIONS.withdraw, (context) => {
      done(accounts.withdrawInvitation(id(context), by(context)))
      return answerNothing()
    }),
    insideRoute('accounts', ACCOUNT_DESCRIPTIONS.change, async (context) => {
      const change = await readJsonOf(context, changeSchema)
      done(accounts.change(id(context), change, by(context)))
      return answerNothing()
    }),
    insideRoute('accounts', ACCOUNT_DESCRIPTIONS.reset, (context) =>
      answerOnce(
        context,
        async () => {
          const { link, until } = done(accounts.reset(id(context), by(context)))
          return { status: 200, value: { link, until } }
        },
        SHOWN_ONCE,
      ),
    ),
    insideRoute('accounts', ACCOUNT_DESCRIPTIONS.endSessions, (context) => {
      done(accounts.signOutEverywhere(id(context), by(context)))
      return answerNothing()
    }),
    insideRoute('accounts', ACCOUNT_DESCRIPTIONS.listTokensOf, (context) =>
      answerJson({ tokens: accounts.tokens(id(context)) }),
    ),
    insideRoute('accounts', ACCOUNT_DESCRIPTIONS.endTokenOf, (context) => {
      done(accounts.endToken(id(context), context.req.param('token') ?? '', by(context)))
      return answerNothing()
    }),

    insideRoute('self', ACCOUNT_DESCRIPTIONS.listTokens, (context) =>
      answerJson({ tokens: accounts.tokens(context.get('who').account) }),
    ),
    insideRoute('self', ACCOUNT_DESCRIPTIONS.makeToken, (context) =>
      answerOnce(
        context,
        async (octets) => {
          const token = parseJsonBody(newTokenSchema, octets)
          const { id, token: secret, until } = done(accounts.makeToken(context.get('who').account, token, by(context)))
          return { status: 200, value: { id, token: secret, until } }
        },
        SHOWN_ONCE,
      ),
    ),
    insideRoute('self', ACCOUNT_DESCRIPTIONS.endToken, (context) => {
      done(accounts.endToken(context.get('who').account, id(context), by(context)))
      return answerNothing()
    }),

    insideRoute('audit.read', ACCOUNT_DESCRIPTIONS.audit, (context) => {
      const asked = auditQuerySchema.safeParse(Object.fromEntries(new URL(context.req.url).searchParams))
      if (!asked.success) throw new Refused('bad-field', asked.error.issues[0]?.message ?? 'expected a known parameter')
      const { since, until, limit = AUDIT_SHOWN, ...filter } = asked.data
      const found = accounts.audit({ ...filter, sinceMs: since, beforeMs: until }, limit + 1)
      const entries = found.slice(0, limit)
      return answerJson({ entries, after: found.length > limit ? String(entries.at(-1)?.number) : undefined })
    }),
  ]
}

/** Links and tokens are shown once: their answers are kept for a connection that broke, and no longer. */
const SHOWN_ONCE = { keptMs: SECRET_KEPT_MS } as const

const inviteSchema = z.strictObject({ name: accountNameSchema, role: roleSchema })
const changeSchema = z
  .strictObject({ role: roleSchema.optional(), isActive: z.boolean('expected true or false').optional() })
  .refine(({ role, isActive }) => role !== undefined || isActive !== undefined, 'expected role or isActive')
const newTokenSchema = z.strictObject({
  name: line(64, 'expected a name of up to 64 characters').min(1, 'expected a name'),
  scopes: z.array(permissionSchema).min(1, 'expected at least one scope').max(16, 'expected each scope once'),
  until: z
    .int('expected milliseconds since 1970')
    .openapi({ description: 'Milliseconds since 1970, at most 366 days ahead.' }),
})

const number = (max: number, words: string) =>
  z
    .string()
    .regex(/^[0-9]{1,15}$/, words)
    .transform(Number)
    .refine((value) => value <= max, words)
const AUDIT_SHOWN = 50
const AUDIT_SHOWN_MAX = 1_000
const auditQuerySchema = z.strictObject({
  since: number(Number.MAX_SAFE_INTEGER, 'expected since as milliseconds since 1970').optional(),
  until: number(Number.MAX_SAFE_INTEGER, 'expected until as milliseconds since 1970').optional(),
  by: line(64, 'expected a name or an account').optional(),
  after: number(Number.MAX_SAFE_INTEGER, 'expected what the page before said').optional(),
  action: line(64, 'expected an action').optional(),
  subject: line(128, 'expected a subject').optional(),
  limit: number(AUDIT_SHOWN_MAX, `expected a limit up to ${AUDIT_SHOWN_MAX}`).optional(),
})

const accountSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    role: roleSchema,
    isActive: z.boolean(),
    hasPassword: z.boolean(),
    hasSecondFactor: z.boolean(),
    madeAt: z.int(),
    signedInAt: z.int().optional(),
  })
  .openapi('Account')
const invitationSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    role: roleSchema,
    by: z.string().optional().openapi({ description: 'Who invited her.' }),
    madeAt: z.int(),
    until: z.int(),
  })
  .openapi('Invitation')
const tokenSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    scopes: z.array(permissionSchema),
    madeAt: z.int(),
    until: z.int(),
    endedAt: z.int().optional(),
    usedAt: z.int().optional(),
  })
  .openapi('Token')
const linkSchema = z.strictObject({ link: z.url(), until: z.int() }).openapi('AccountLink')
const auditSchema = z
  .strictObject({
    number: z.int(),
    at: z.int(),
    by: z.strictObject({ name: z.string(), account: z.string() }),
    action: z.string(),
    words: z.string().openapi({ description: 'The action in a sentence.' }),
    subject: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  .openapi('AuditEntry')

const self = { security: [{ session: [] }] }
const unsafe = [...READING, 'cross-site'] as const
const bodyRefusals = ['bad-json', 'bad-field', 'too-large', 'wrong-type'] as const
const ofAccount = { params: z.object({ id: z.string() }) }

/** Accounts, tokens and the audit trail as the API has them. */
export const ACCOUNT_DESCRIPTIONS = {
  list: {
    ...insideOf('accounts'),
    method: 'get',
    path: '/v1/accounts',
    summary: 'All accounts',
    responses: {
      200: jsonAnswer('By name.', z.strictObject({ accounts: z.array(accountSchema) })),
      ...problemsOf(...READING),
    },
  },
  invite: {
    ...insideOf('accounts'),
    method: 'post',
    path: '/v1/accounts/invitations',
    summary: 'Invite somebody',
    description: 'Hand over the link yourself: it is shown this once, good once, and for three days.',
    request: { ...KEYED, ...jsonBody(inviteSchema) },
    responses: { 200: jsonAnswer('The link.', linkSchema), ...problemsOf(...WRITING, 'conflict') },
  },
  invitations: {
    ...insideOf('accounts'),
    method: 'get',
    path: '/v1/accounts/invitations',
    summary: 'Invitations that were not taken up yet',
    responses: {
      200: jsonAnswer('Oldest first.', z.strictObject({ invitations: z.array(invitationSchema) })),
      ...problemsOf(...READING),
    },
  },
  withdraw: {
    ...insideOf('accounts'),
    method: 'delete',
    path: '/v1/accounts/invitations/{id}',
    summary: 'Withdraw an invitation',
    description: 'Its link is good no more.',
    request: ofAccount,
    responses: { 204: { description: 'Withdrawn.' }, ...problemsOf(...unsafe, 'not-found') },
  },
  change: {
    ...insideOf('accounts'),
    method: 'patch',
    path: '/v1/accounts/{id}',
    summary: 'Give another role, close or open an account',
    description: 'Its sessions end. The last admin stays one.',
    request: { ...ofAccount, ...jsonBody(changeSchema) },
    responses: {
      204: { description: 'Changed.' },
      ...problemsOf(...unsafe, ...bodyRefusals, 'not-found', 'conflict'),
    },
  },
  reset: {
    ...insideOf('accounts'),
    method: 'post',
    path: '/v1/accounts/{id}/reset',
    summary: 'Take away password and second factor',
    description: 'For somebody who lost them; the link lets her choose a new password, for a day.',
    request: { ...ofAccount, ...KEYED },
    responses: {
      200: jsonAnswer('The link.', linkSchema),
      ...problemsOf(...unsafe, 'bad-field', 'key-reused', 'not-found', 'conflict'),
    },
  },
  endSessions: {
    ...insideOf('accounts'),
    method: 'delete',
    path: '/v1/accounts/{id}/sessions',
    summary: 'Sign an account out everywhere',
    request: ofAccount,
    responses: { 204: { description: 'No session of it is left.' }, ...problemsOf(...unsafe, 'not-found') },
  },
  listTokensOf: {
    ...insideOf('accounts'),
    method: 'get',
    path: '/v1/accounts/{id}/tokens',
    summary: 'The tokens of an account',
    request: ofAccount,
    responses: {
      200: jsonAnswer('Oldest first.', z.strictObject({ tokens: z.array(tokenSchema) })),
      ...problemsOf(...READING),
    },
  },
  endTokenOf: {
    ...insideOf('accounts'),
    method: 'delete',
    path: '/v1/accounts/{id}/tokens/{token}',
    summary: 'End a token of an account',
    request: { params: z.object({ id: z.string(), token: z.string() }) },
    responses: { 204: { description: 'Ended.' }, ...problemsOf(...unsafe, 'not-found') },
  },
  listTokens: {
    ...self,
    tags: ['tokens'],
    method: 'get',
    path: '/v1/tokens',
    summary: 'Your own tokens',
    responses: {
      200: jsonAnswer('Oldest first.', z.strictObject({ tokens: z.array(tokenSchema) })),
      ...problemsOf(...READING),
    },
  },
  makeToken: {
    ...self,
    tags: ['tokens'],
    method: 'post',
    path: '/v1/tokens',
    summary: 'Make a token for a program',
    description: 'It may do what its scopes say, and never more than your role gives at the time.',
    request: { ...KEYED, ...jsonBody(newTokenSchema) },
    responses: {
      200: jsonAnswer(
        'The token, shown this once.',
        z.strictObject({ id: z.string(), token: z.string(), until: z.int() }),
      ),
      ...problemsOf(...WRITING, 'conflict'),
    },
  },
  endToken: {
    ...self,
    tags: ['tokens'],
    method: 'delete',
    path: '/v1/tokens/{id}',
    summary: 'End one of your tokens',
    request: { params: z.object({ id: z.string() }) },
    responses: { 204: { description: 'Ended.' }, ...problemsOf(...unsafe, 'not-found') },
  },
  audit: {
    ...insideOf('audit'),
    method: 'get',
    path: '/v1/audit',
    summary: 'Who changed what, newest first',
    request: {
      query: z.object({
        since: optional('At this time or later, in milliseconds since 1970.'),
        until: optional('Before this time.'),
        by: optional('Who: a name or an account.', 'ann@northwire.example'),
        action: optional('One kind of change.', 'account-invited'),
        subject: optional('What was changed.', 'account ann'),
        after: optional('Where the page before ended.'),
        limit: optional(`How many at most, up to ${AUDIT_SHOWN_MAX}; ${AUDIT_SHOWN} if not said.`),
      }),
    },
    responses: {
      200: jsonAnswer('Entries.', z.strictObject({ entries: z.array(auditSchema), after: z.string().optional() })),
      ...problemsOf(...READING, 'bad-field'),
    },
  },
} as const satisfies Record<string, RouteConfig>
