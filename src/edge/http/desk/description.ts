import { OpenAPIHono, type RouteConfig, createRoute, z } from '@hono/zod-openapi'
import { PROBLEMS, type ProblemKind, problemSchema } from '#edge/http/problem.ts'
import {
  againSchema,
  answerSchema,
  blockDocumentSchema,
  caseDocumentSchema,
  challengeSchema,
  claimSchema,
  evidenceSchema,
  filedSchema,
  newsSchema,
  numberSchema,
  reasonSchema,
} from './documents.ts'

/** The description of the public desk for machines, OpenAPI 3.1, from the schemas that it checks with. */
export function deskDescription(): ReturnType<OpenAPIHono['getOpenAPI31Document']> {
  const app = new OpenAPIHono()
  for (const route of ROUTES) app.openAPIRegistry.registerPath(createRoute(route))
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Recourse desk',
      version: '1',
      description: 'How a caller’s system reads why a call was blocked, contests it, and follows the case.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:8080' }],
  })
}

export const JSON_BODY = 'application/json'
/** An answer in JSON. */
export const json = (description: string, schema: z.ZodType) => ({ description, content: { [JSON_BODY]: { schema } } })
/** A body in JSON. */
export const body = (schema: z.ZodType) => ({ body: { required: true, content: { [JSON_BODY]: { schema } } } })
const params = z.object({
  token: z.string().openapi({ description: 'The last part of the case’s private address, 22 characters.' }),
})
/** What may come with what creates something. */
export const headers = z.object({
  'idempotency-key': z
    .string()
    .optional()
    .openapi({ description: '16 to 128 visible characters that nobody can guess; sent again, nothing is done twice.' }),
  'recourse-work': z
    .string()
    .optional()
    .openapi({ description: 'An answer to Recourse-Puzzle, where one was asked for.' }),
})
/** Why something may not be created. */
export const creating = [
  'bad-json',
  'bad-field',
  'cross-site',
  'too-large',
  'wrong-type',
  'key-reused',
  'work-needed',
  'too-many',
  'busy',
  'not-saved',
  'fault',
] as const
const onCase = problemsOf(['not-found', ...creating])

const ROUTES: readonly RouteConfig[] = [
  {
    method: 'get',
    path: '/.well-known/recourse',
    summary: 'Tell that this host has a desk',
    responses: { 200: json('The desk, and where to file.', blockDocumentSchema) },
  },
  {
    method: 'get',
    path: '/r/{receipt}',
    summary: 'Read a block',
    description:
      'The URL of a notice. HTML unless Accept asks for JSON. Forged, unknown and expired receipts look alike.',
    request: { params: z.object({ receipt: z.string() }) },
    responses: {
      200: json('The block, and where to file.', blockDocumentSchema),
      ...problemsOf(['not-found', 'too-many', 'fault']),
    },
  },
  {
    method: 'post',
    path: '/v1/claims',
    summary: 'Contest blocks',
    description: 'One case for one block, many, or numbers without a receipt.',
    request: { headers, ...body(claimSchema) },
    responses: {
      201: json('The case is saved. Location has its private address.', filedSchema),
      ...problemsOf(creating),
    },
  },
  {
    method: 'get',
    path: '/c/{token}',
    summary: 'Read a case',
    description: 'HTML unless Accept asks for JSON.',
    request: { params },
    responses: {
      200: json('How the case stands.', caseDocumentSchema),
      ...problemsOf(['not-found', 'too-many', 'fault']),
    },
  },
  {
    method: 'post',
    path: '/v1/claims/{token}/answers',
    summary: 'Answer the question of a case',
    request: { params, headers, ...body(answerSchema) },
    responses: { 200: json('The case as it stands now.', caseDocumentSchema), ...onCase },
  },
  {
    method: 'post',
    path: '/v1/claims/{token}/evidence',
    summary: 'Hand in a file',
    request: {
      params,
      headers,
      body: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: z.strictObject({ file: z.string().openapi({ type: 'string', format: 'binary' }) }),
          },
        },
      },
    },
    responses: {
      201: json('The file is kept.', evidenceSchema),
      ...problemsOf(['not-found', 'bad-form', ...creating]),
    },
  },
  {
    method: 'post',
    path: '/v1/claims/{token}/challenges',
    summary: 'Ask for a number to dial, to prove control of one',
    request: { params, headers, ...body(numberSchema) },
    responses: { 201: json('Call `dial` from `number` before `until`.', challengeSchema), ...onCase },
  },
  {
    method: 'post',
    path: '/v1/claims/{token}/withdrawal',
    summary: 'Withdraw a case',
    request: { params, headers, ...body(reasonSchema) },
    responses: { 200: json('The case as it stands now.', caseDocumentSchema), ...onCase },
  },
  {
    method: 'post',
    path: '/v1/claims/{token}/confirmation',
    summary: 'Ask for the first message again',
    request: { params, headers, ...body(againSchema) },
    responses: { 200: json('The case as it stands now.', caseDocumentSchema), ...onCase },
  },
  {
    method: 'post',
    path: '/v1/claims/{token}/reopening',
    summary: 'Ask to look at a closed case again',
    request: { params, headers, ...body(newsSchema) },
    responses: { 200: json('The case as it stands now.', caseDocumentSchema), ...onCase },
  },
]

/** The refusals of a route, by status. */
export function problemsOf(kinds: readonly ProblemKind[]) {
  const statuses = new Map<number, string[]>()
  for (const kind of kinds) {
    const [status, title] = PROBLEMS[kind]
    statuses.set(status, [...(statuses.get(status) ?? []), `\`${kind}\`: ${title}.`])
  }
  return Object.fromEntries(
    Array.from(statuses, ([status, titles]) => [
      status,
      { description: titles.join(' '), content: { 'application/problem+json': { schema: problemSchema } } },
    ]),
  )
}
