import { z } from '@hono/zod-openapi'
import { jsonAnswer, jsonBody, problemsOf } from '#edge/http/accounts/ask.ts'
import { KEYED, PAGE_QUERY, READING, WRITING, insideOf } from '#edge/http/accounts/inside-description.ts'
import {
  keysSchema,
  noticeSchema,
  peerFileSchema,
  peerTestSchema,
  peerTestStartSchema,
  peersSchema,
  rangSchema,
  testStartedSchema,
} from './schemas.ts'

const writing = [...WRITING, 'not-found'] as const
const inside = insideOf('settings of the gate')
const byName = z.object({ name: z.string() })
const byId = z.object({ id: z.string() })

/** Every place of the settings that tell of the running gate; `routes.ts` serves them. */
export const GATE_DESCRIPTIONS = {
  peers: {
    ...inside,
    method: 'get',
    path: '/v1/gate/peers',
    summary: 'The switches that may ask, and how many of their calls were screened and blocked',
    request: {
      query: z.object(PAGE_QUERY),
    },
    responses: { 200: jsonAnswer('Found.', peersSchema), ...problemsOf(...READING, 'bad-field') },
  },
  peer: {
    ...inside,
    method: 'get',
    path: '/v1/gate/peers/{name}',
    summary: 'One peer: what was agreed with it, and its tests',
    request: { params: byName },
    responses: { 200: jsonAnswer('Found.', peerFileSchema), ...problemsOf(...READING, 'not-found') },
  },
  startTest: {
    ...inside,
    method: 'post',
    path: '/v1/gate/peers/{name}/tests',
    summary: 'Test by two calls whether a peer does what the gate says',
    description:
      'What `recourse peer test` does, in a thread of its own and one at a time. While it lasts, calls of this peer to the first number go on and those to the second are refused; nothing is counted, blocked or written into the ledger.',
    request: { params: byName, ...KEYED, ...jsonBody(peerTestStartSchema) },
    responses: { 201: jsonAnswer('It runs.', testStartedSchema), ...problemsOf(...writing, 'busy', 'not-saved') },
  },
  test: {
    ...inside,
    method: 'get',
    path: '/v1/gate/peer-tests/{id}',
    summary: 'A test step by step, and what it found',
    request: { params: byId },
    responses: { 200: jsonAnswer('Found.', peerTestSchema), ...problemsOf(...READING, 'not-found') },
  },
  rang: {
    ...inside,
    method: 'post',
    path: '/v1/gate/peer-tests/{id}/rang',
    summary: 'Say whether a call of a test rang at its destination',
    request: { params: byId, ...KEYED, ...jsonBody(rangSchema) },
    responses: { 200: jsonAnswer('Told.', peerTestSchema), ...problemsOf(...writing, 'conflict') },
  },
  cancelTest: {
    ...inside,
    method: 'post',
    path: '/v1/gate/peer-tests/{id}/cancel',
    summary: 'End a test before its time',
    request: { params: byId, ...KEYED, ...jsonBody(z.strictObject({})) },
    responses: { 200: jsonAnswer('It is over.', peerTestSchema), ...problemsOf(...writing) },
  },
  notice: {
    ...inside,
    method: 'get',
    path: '/v1/gate/notice',
    summary: 'How blocked callers are told, as the configuration in force has it',
    request: {},
    responses: { 200: jsonAnswer('Found.', noticeSchema), ...problemsOf(...READING) },
  },
  keys: {
    ...inside,
    method: 'get',
    path: '/v1/gate/keys',
    summary: 'Receipt keys, certificates and signing keys: names, times and places, never a private part',
    request: {},
    responses: { 200: jsonAnswer('Found.', keysSchema), ...problemsOf(...READING) },
  },
} as const
