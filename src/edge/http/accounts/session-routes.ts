import { z } from '@hono/zod-openapi'
import type { RouteConfig } from '@hono/zod-openapi'
import { byOf } from '#core/account/accounts.ts'
import {
  type AccountRouteParts,
  answerJson,
  answerNothing,
  askingNetwork,
  codeSchema,
  done,
  jsonAnswer,
  jsonBody,
  line,
  passwordSchema,
  permissionSchema,
  problemsOf,
  readJsonOf,
  roleSchema,
} from './ask.ts'
import { type InsideRoute, type OpenRoute, insideRoute, openRoute } from './guard.ts'
import { SESSION_COOKIE, formatNoSession, formatSessionCookie, readCookie } from './session-cookie.ts'

/** `POST /v1/session`: the one place of the API that a stranger may ask. */
export function signInRoute({ accounts, isProxy }: AccountRouteParts): OpenRoute {
  return openRoute(SESSION_DESCRIPTIONS.signIn, async (context) => {
    const { name, password, code = '' } = await readJsonOf(context, signInSchema)
    const before = readCookie(context.req.raw, SESSION_COOKIE)
    const network = askingNetwork(context, isProxy)
    const { session, who, owes } = done(await accounts.signIn({ name, password, code, network, before }))
    return answerJson({ ...who, owes }, { 'set-cookie': formatSessionCookie(session) })
  })
}

/** What somebody who is signed in does for herself. */
export function sessionRoutes({ accounts, isSample, dialPlan }: AccountRouteParts): readonly InsideRoute[] {
  return [
    insideRoute('setup', SESSION_DESCRIPTIONS.show, (context) => {
      const { who, may, owes, hasSecondFactor } = context.get('shown')
      return answerJson({ ...who, owes, hasSecondFactor, permissions: [...may], isSample, dialPlan })
    }),
    insideRoute('setup', SESSION_DESCRIPTIONS.signOut, (context) => {
      accounts.signOut(context.get('shown'))
      return answerNothing({ 'set-cookie': formatNoSession() })
    }),
    insideRoute('setup', SESSION_DESCRIPTIONS.signOutEverywhere, (context) => {
      const who = context.get('who')
      done(accounts.signOutEverywhere(who.account, byOf(who)))
      return answerNothing({ 'set-cookie': formatNoSession() })
    }),
    insideRoute('setup', SESSION_DESCRIPTIONS.changePassword, async (context) => {
      const { password, newPassword } = await readJsonOf(context, newPasswordSchema)
      const { session } = done(await accounts.changePassword(context.get('shown'), password, newPassword))
      return answerNothing({ 'set-cookie': formatSessionCookie(session) })
    }),
    insideRoute('setup', SESSION_DESCRIPTIONS.offerSecondFactor, async (context) => {
      const { password } = await readJsonOf(context, passwordOnlySchema)
      const { secret, uri } = done(await accounts.offerSecondFactor(context.get('shown'), password))
      return answerJson({ secret, uri })
    }),
    insideRoute('setup', SESSION_DESCRIPTIONS.confirmSecondFactor, async (context) => {
      const { code } = await readJsonOf(context, codeOnlySchema)
      const { session, recoveryCodes } = done(accounts.confirmSecondFactor(context.get('shown'), code))
      return answerJson({ recoveryCodes }, { 'set-cookie': formatSessionCookie(session) })
    }),
    insideRoute('self', SESSION_DESCRIPTIONS.makeRecoveryCodes, async (context) => {
      const { password } = await readJsonOf(context, passwordOnlySchema)
      const { recoveryCodes } = done(await accounts.makeRecoveryCodes(context.get('shown'), password))
      return answerJson({ recoveryCodes })
    }),
  ]
}

const signInSchema = z.strictObject({
  name: line(256, 'expected a name'),
  password: passwordSchema,
  code: codeSchema.optional().openapi({ description: 'Six digits of the second factor, or a recovery code.' }),
})
const passwordOnlySchema = z.strictObject({ password: passwordSchema })
const codeOnlySchema = z.strictObject({ code: codeSchema })
const newPasswordSchema = z.strictObject({ password: passwordSchema, newPassword: passwordSchema })

const whoSchema = z
  .strictObject({
    account: z.string(),
    name: z.string(),
    role: roleSchema,
    token: z.string().optional(),
    owes: z.enum(['nothing', 'second-factor']),
  })
  .openapi('Who')
const shownSchema = whoSchema.extend({
  hasSecondFactor: z.boolean(),
  permissions: z.array(permissionSchema),
  isSample: z.boolean().openapi({ description: 'The data here are made up: recourse sample.' }),
  dialPlan: z
    .strictObject({ country: z.int(), national: z.int(), international: z.string() })
    .optional()
    .openapi({ description: 'How numbers without a plus are read: `gate.dialPlan`.' }),
})
const codesSchema = z.strictObject({ recoveryCodes: z.array(z.string()) })

const self = { tags: ['session'], security: [{ session: [] }] }
const refusals = ['signed-out', 'not-allowed', 'cross-site'] as const
const bodyRefusals = ['bad-json', 'bad-field', 'too-large', 'wrong-type', 'too-many', 'busy'] as const

/** Every place of the API that is about the session itself. */
export const SESSION_DESCRIPTIONS = {
  signIn: {
    method: 'post',
    path: '/v1/session',
    tags: ['session'],
    summary: 'Sign in',
    description:
      'One and the same refusal for a wrong name, password or code. The cookie of the answer is the session.',
    security: [],
    request: jsonBody(signInSchema),
    responses: {
      200: jsonAnswer('Signed in.', whoSchema),
      ...problemsOf('wrong-sign-in', 'cross-site', ...bodyRefusals),
    },
  },
  show: {
    ...self,
    method: 'get',
    path: '/v1/session',
    summary: 'Who is signed in, and what she may do',
    responses: { 200: jsonAnswer('Who asks.', shownSchema), ...problemsOf(...refusals) },
  },
  signOut: {
    ...self,
    method: 'delete',
    path: '/v1/session',
    summary: 'Sign out',
    responses: { 204: { description: 'Signed out.' }, ...problemsOf(...refusals) },
  },
  signOutEverywhere: {
    ...self,
    method: 'delete',
    path: '/v1/session/all',
    summary: 'Sign out everywhere',
    responses: { 204: { description: 'No session of the account is left.' }, ...problemsOf(...refusals) },
  },
  changePassword: {
    ...self,
    method: 'put',
    path: '/v1/session/password',
    summary: 'Choose another password',
    description: 'All sessions end; the answer holds the cookie of a new one.',
    request: jsonBody(newPasswordSchema),
    responses: { 204: { description: 'Changed.' }, ...problemsOf(...refusals, ...bodyRefusals) },
  },
  offerSecondFactor: {
    ...self,
    method: 'post',
    path: '/v1/session/second-factor',
    summary: 'Begin with a second factor (TOTP, RFC 6238)',
    request: jsonBody(passwordOnlySchema),
    responses: {
      200: jsonAnswer('What to put into an app.', z.strictObject({ secret: z.string(), uri: z.string() })),
      ...problemsOf(...refusals, ...bodyRefusals),
    },
  },
  confirmSecondFactor: {
    ...self,
    method: 'put',
    path: '/v1/session/second-factor',
    summary: 'Show a code of it, from when on it counts',
    request: jsonBody(codeOnlySchema),
    responses: {
      200: jsonAnswer('Recovery codes, shown this once.', codesSchema),
      ...problemsOf(...refusals, 'conflict', ...bodyRefusals),
    },
  },
  makeRecoveryCodes: {
    ...self,
    method: 'post',
    path: '/v1/session/recovery-codes',
    summary: 'Make new recovery codes',
    request: jsonBody(passwordOnlySchema),
    responses: {
      200: jsonAnswer('Recovery codes, shown this once.', codesSchema),
      ...problemsOf(...refusals, 'owes', 'conflict', ...bodyRefusals),
    },
  },
} as const satisfies Record<string, RouteConfig>
