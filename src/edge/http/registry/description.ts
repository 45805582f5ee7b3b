import { OpenAPIHono, type RouteConfig, createRoute, z } from '@hono/zod-openapi'
import { JSON_BODY, body, creating, headers, json, problemsOf } from '#edge/http/desk/description.ts'
import { challengeSchema, evidenceSchema } from '#edge/http/desk/documents.ts'
import {
  STEP_SCHEMAS,
  applicationSchema,
  confirmedSchema,
  doneSchema,
  openedSchema,
  registrationDocumentSchema,
  reportSchema,
} from './documents.ts'

/** The description of the public registry for machines, OpenAPI 3.1, from the schemas that it checks with. */
export function registryDescription(): ReturnType<OpenAPIHono['getOpenAPI31Document']> {
  const app = new OpenAPIHono()
  for (const route of ROUTES) app.openAPIRegistry.registerPath(createRoute(route))
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Recourse registry',
      version: '1',
      description:
        'How a business registers its numbers, shows that they are its own, and how other registries read them.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: 'http://127.0.0.1:8080' }],
  })
}

const params = z.object({
  token: z.string().openapi({ description: 'The last part of the registration’s private address, 22 characters.' }),
})
const reading = ['not-found', 'too-many', 'fault'] as const
const stepping = [
  'not-found',
  'bad-json',
  'bad-field',
  'cross-site',
  'too-large',
  'wrong-type',
  'too-many',
  'busy',
  'not-saved',
  'fault',
] as const

function step(
  action: keyof typeof STEP_SCHEMAS,
  summary: string,
  answer: ReturnType<typeof json> = json('It is done.', doneSchema),
): RouteConfig {
  return {
    method: 'post',
    path: `/g/{token}/${action}`,
    summary,
    request: { params, ...body(STEP_SCHEMAS[action]) },
    responses: { 200: answer, ...problemsOf(stepping) },
  }
}

const ROUTES: readonly RouteConfig[] = [
  {
    method: 'post',
    path: '/v1/registrations',
    summary: 'Register a business and its numbers',
    description: 'Lines that cannot be used are left out and named in the report.',
    request: { headers: headers.pick({ 'idempotency-key': true }), ...body(applicationSchema) },
    responses: {
      201: json(
        'It is saved, and a message is sent to confirm the address. Location has its private address.',
        openedSchema,
      ),
      ...problemsOf(creating.filter((kind) => kind !== 'work-needed')),
    },
  },
  {
    method: 'post',
    path: '/g/confirm/{token}',
    summary: 'Confirm the address, by the link of the first message',
    request: { params: z.object({ token: z.string() }) },
    responses: {
      200: json('Confirmed; the private address is another one now, too.', confirmedSchema),
      ...problemsOf([...reading, 'cross-site']),
    },
  },
  {
    method: 'get',
    path: '/g/{token}',
    summary: 'Read a registration',
    description: 'HTML unless Accept asks for JSON.',
    request: { params },
    responses: { 200: json('How it stands.', registrationDocumentSchema), ...problemsOf(reading) },
  },
  {
    method: 'get',
    path: '/g/{token}/numbers.csv',
    summary: 'Read all its numbers',
    request: { params },
    responses: {
      200: { description: 'CSV that can be sent again.', content: { 'text/csv': { schema: z.string() } } },
      ...problemsOf(reading),
    },
  },
  step('numbers', 'Add numbers', json('What was taken, line by line.', reportSchema)),
  step('remove', 'Take numbers off'),
  step(
    'prove',
    'Ask for a number to dial, to show control of one',
    json('Call `dial` from `number` before `until`.', challengeSchema),
  ),
  {
    method: 'post',
    path: '/g/{token}/evidence',
    summary: 'Hand in a letter',
    description: 'With `Accept: application/json`; otherwise the answer leads to the page.',
    request: {
      params,
      body: {
        required: true,
        content: {
          'multipart/form-data': {
            schema: z.strictObject({ evidence: z.string().openapi({ type: 'string', format: 'binary' }) }),
          },
        },
      },
    },
    responses: { 201: json('The file is kept.', evidenceSchema), ...problemsOf([...stepping, 'bad-form']) },
  },
  step('answer', 'Answer a question, or write to the people who look at it'),
  step('change', 'Change details'),
  step('renew', 'Renew it, or ask again'),
  step('offer', 'Offer lines to another registration'),
  step('take', 'Take what another registration offers'),
  step('withdraw', 'Withdraw it'),
  {
    method: 'get',
    path: '/v1/registry/feed',
    summary: 'Read what is registered, signed',
    description: 'Where it is published. Pages and their rules: docs/registry-feed.md.',
    request: {
      query: z.object({
        after: z.string().optional().openapi({ description: 'The `next` of the page before; 0 for the beginning.' }),
      }),
    },
    responses: {
      200: { description: 'A page, compact JWS.', content: { 'application/jose': { schema: z.string() } } },
      304: { description: 'Nothing has changed since `If-None-Match`.' },
      ...problemsOf(['bad-field', ...reading]),
    },
  },
  {
    method: 'get',
    path: '/.well-known/recourse-registry-keys.json',
    summary: 'Read the keys that the feed is signed with',
    responses: {
      200: {
        description: 'A JWK set.',
        content: { [JSON_BODY]: { schema: z.looseObject({ keys: z.array(z.looseObject({})) }) } },
      },
      ...problemsOf(reading),
    },
  },
]
