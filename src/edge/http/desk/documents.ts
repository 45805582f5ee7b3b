import { z } from '@hono/zod-openapi'
import { CASE_STATUSES, type CaseView } from '#core/redress/case-view.ts'
import type { Claim } from '#core/redress/claim.ts'
import type { Decision } from '#core/redress/decision.ts'
import { BLOCK_CATEGORIES, type BlockSummary } from '#core/redress/desk.ts'
import type { ProofChallenge } from '#core/redress/proof.ts'
import { EMAIL_MAX, NAME_MAX, WORDS_MAX, isEmail } from './claim-form.ts'
import { LINES_MAX } from './lines.ts'
import type { DeskOperator } from './page.ts'

// What machines read and write. The schemas that check are those that the description is made of.

const expected = (what: string) => ({ error: `expected ${what}` })
const e164 = (what: string) =>
  z.string(expected(what)).regex(/^\+[1-9][0-9]{2,14}$/, expected(`${what} like +12125550117`))
const moment = (what: string) => z.iso.datetime({ offset: true, ...expected(`${what} like 2026-11-22T12:00:00Z`) })
const line = (what: string, most = NAME_MAX) =>
  z
    .string(expected(what))
    .trim()
    .min(1, expected(what))
    .max(most, expected(`${what} of up to ${most} characters`))
    .refine((text) => !/\p{Cc}/u.test(text), expected(`${what} on one line`))
const told = z
  .string(expected('a text'))
  .trim()
  .max(WORDS_MAX, expected(`up to ${WORDS_MAX} characters`))
const list = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item, expected('a list'))
    .max(LINES_MAX, expected(`at most ${LINES_MAX}`))
    .default([])

/** What a machine files. */
export const claimSchema = z
  .strictObject({
    receipts: list(
      z.string(expected('a receipt')).regex(/^[A-Za-z0-9_-]{64}$/, expected('a receipt of 64 characters')),
    ).openapi({ description: 'Receipts of blocks, as notices and redress URLs carry them.' }),
    numbers: list(e164('a calling number')).openapi({
      description: 'Calling numbers, E.164.',
      example: ['+12125550117'],
    }),
    calls: list(
      z.strictObject({ calling: e164('the calling number'), called: e164('the called number'), at: moment('a time') }),
    ).openapi({ description: 'Blocked calls that no receipt is known of.' }),
    claimant: z.strictObject({
      name: line('a name'),
      email: z
        .string(expected('an e-mail address'))
        .max(EMAIL_MAX, expected('an e-mail address'))
        .refine(isEmail, expected('an e-mail address like name@example.com'))
        .openapi({ description: 'One message asks to confirm it; nothing else is sent before.' }),
      organisation: line('an organisation').optional(),
      tel: e164('a telephone number').optional(),
      acts: z
        .enum(['for-itself', 'for-a-customer'], expected('for-itself or for-a-customer'))
        .default('for-itself')
        .openapi({ description: '`for-a-customer`: a provider speaks for the caller.' }),
    }),
    purpose: told.min(1, expected('what the calls are for')).openapi({ description: 'What the calls are for.' }),
    changed: told.default('').openapi({ description: 'What has been changed since, or found out.' }),
    webhook: z
      .strictObject({
        url: z
          .url({ protocol: /^https$/, hostname: z.regexes.domain, ...expected('an https URL with a host name') })
          .max(2_000, expected('up to 2000 characters')),
        secret: z
          .string(expected('a secret'))
          .regex(/^[!-~]{16,128}$/, expected('a secret of 16 to 128 visible characters'))
          .openapi({ description: 'Signs what is sent: see Recourse-Signature.' }),
      })
      .optional()
      .openapi({ description: 'Where changes of the case are told.' }),
  })
  .refine(({ receipts, numbers, calls }) => receipts.length + numbers.length + calls.length > 0, {
    error: 'expected at least one receipt, number or call',
    path: ['receipts'],
  })
  .refine(({ receipts, numbers, calls }) => receipts.length + numbers.length + calls.length <= LINES_MAX, {
    error: `expected at most ${LINES_MAX} receipts, numbers and calls together`,
    path: ['receipts'],
  })
  .openapi('Claim')

export const answerSchema = z.strictObject({ text: told.min(1, expected('an answer')) }).openapi('Answer')
export const reasonSchema = z.strictObject({ reason: told }).openapi('Reason')
export const againSchema = z.strictObject({}).openapi('Again')
export const newsSchema = z.strictObject({ reason: told.min(1, expected('what is new')) }).openapi('News')
export const numberSchema = z.strictObject({ number: e164('the number to prove') }).openapi('Number')

const deskSchema = z
  .strictObject({
    name: z.string(),
    promise: z.strictObject({ statusWithinHours: z.number(), charge: z.literal('none') }),
    contact: z.strictObject({ url: z.string().optional(), tel: z.string().optional(), email: z.string().optional() }),
  })
  .openapi('Desk')
const linkSchema = z.strictObject({ href: z.string(), method: z.literal('POST'), schema: z.string().optional() })

export const blockDocumentSchema = z
  .strictObject({
    recourse: z.literal(1),
    block: z
      .strictObject({
        receipt: z.string(),
        at: z.string(),
        calling: z.string(),
        called: z.string().openapi({ description: 'Masked: country code and area only.', example: '+1415xxxxxxx' }),
        category: z.enum(BLOCK_CATEGORIES),
        grounds: z.string().optional(),
      })
      .optional()
      .openapi({ description: 'Absent at /.well-known/recourse.' }),
    desk: deskSchema,
    links: z.strictObject({ page: z.string(), file: linkSchema }),
    registry: z
      .strictObject({
        page: z.string().openapi({ description: 'Where a business registers its numbers by a form.' }),
        register: linkSchema,
        feed: z.string().optional().openapi({ description: 'What is registered, signed, where it is published.' }),
        keys: z.string().optional().openapi({ description: 'The keys that the feed is signed with, a JWK set.' }),
      })
      .optional()
      .openapi({ description: 'At /.well-known/recourse, where businesses can register.' }),
  })
  .openapi('Recourse')

export const filedSchema = z
  .strictObject({
    recourse: z.literal(1),
    case: z.string().openapi({ description: 'The number of the case, to name it by. It opens nothing.' }),
    status: z.string().openapi({ description: 'The private address of the case: HTML, or JSON if asked for.' }),
    needsConfirmation: z
      .boolean()
      .openapi({ description: 'Whether nobody looks at it before the link in the one message was followed.' }),
  })
  .openapi('Filed')

export const challengeSchema = z
  .strictObject({ number: z.string(), dial: z.string(), from: z.string(), until: z.string() })
  .openapi('Challenge')

export const evidenceSchema = z
  .strictObject({ id: z.string(), name: z.string(), type: z.string(), octets: z.int(), hash: z.string() })
  .openapi('Evidence')

export const caseDocumentSchema = z
  .strictObject({
    recourse: z.literal(1),
    case: z.strictObject({
      id: z.string(),
      status: z.enum(CASE_STATUSES),
      openedAt: z.string(),
      due: z
        .strictObject({ at: z.string(), what: z.enum(['status', 'decision', 'answer']), isOverdue: z.boolean() })
        .optional(),
      next: z.string(),
      takenBack: z
        .strictObject({ at: z.string(), what: z.enum(['lift', 'grant', 'uphold']) })
        .optional()
        .openapi({
          description:
            'A decision that was taken back as a mistake, and since when it is not in force; after `lift` calls can be blocked again.',
        }),
      numbers: z.array(z.string()),
      receipts: z.array(z.string()),
      events: z.array(z.strictObject({ at: z.string(), words: z.string() })),
      question: z.string().optional(),
      decision: z
        .looseObject({ outcome: z.enum(['lift', 'partly', 'uphold', 'grant']), reason: z.string() })
        .optional()
        .openapi({
          description: 'With `lifts` (scope, until, attestation, rule), `evidence` and `next` where they apply.',
        }),
      proofs: z.array(
        z.strictObject({
          number: z.string(),
          way: z.enum(['call', 'letter', 'registry', 'provider']),
          at: z.string(),
          detail: z.string(),
          strength: z.enum(['full', 'hint']),
        }),
      ),
      challenges: z.array(challengeSchema),
      evidence: z.array(evidenceSchema),
      may: z.array(z.enum(['answer', 'withdraw', 'add-evidence', 'prove', 'reopen', 'resend'])),
    }),
    desk: deskSchema,
    links: z.strictObject({
      page: z.string(),
      answers: linkSchema.optional(),
      evidence: linkSchema.optional(),
      withdrawal: linkSchema.optional(),
      challenges: linkSchema.optional(),
      reopening: linkSchema.optional(),
      confirmation: linkSchema.optional(),
    }),
  })
  .openapi('Case')

/** What was posted, as the desk takes it. */
export function readPostedClaim(posted: z.output<typeof claimSchema>): Claim {
  const { claimant, calls, webhook, ...rest } = posted
  return {
    ...rest,
    receipts: [...new Set(posted.receipts)],
    numbers: [...new Set(posted.numbers)],
    calls: calls.map(({ at, ...numbers }) => ({ ...numbers, at: Date.parse(at) })),
    claimant: { ...claimant, organisation: claimant.organisation, tel: claimant.tel },
    webhook,
  }
}

/** What a redress URL answers to machines; without a block, what tells that a host speaks this. */
export function blockDocument(block: BlockSummary | undefined, operator: DeskOperator, publicUrl: string): object {
  return {
    recourse: 1,
    ...(block !== undefined && {
      block: {
        receipt: block.receipt,
        at: timeOf(block.at),
        calling: block.calling,
        called: block.called,
        category: block.category,
        ...(block.grounds !== '' && { grounds: block.grounds }),
      },
    }),
    desk: deskDocument(operator),
    links: {
      page: block === undefined ? `${publicUrl}/contest` : `${publicUrl}/r/${block.receipt}`,
      file: link(`${publicUrl}/v1/claims`, publicUrl, 'Claim'),
    },
    ...(block === undefined &&
      operator.registry !== undefined && { registry: registryDocument(operator.registry, publicUrl) }),
  }
}

function registryDocument({ hasFeed }: NonNullable<DeskOperator['registry']>, publicUrl: string): object {
  return {
    page: `${publicUrl}/register`,
    register: {
      href: `${publicUrl}/v1/registrations`,
      method: 'POST',
      schema: `${publicUrl}/v1/registry/openapi.json#/components/schemas/Application`,
    },
    ...(hasFeed && {
      feed: `${publicUrl}/v1/registry/feed`,
      keys: `${publicUrl}/.well-known/recourse-registry-keys.json`,
    }),
  }
}

/** A case as data: what its page says, and where to go on. */
export function caseDocument(view: CaseView, token: string, operator: DeskOperator, publicUrl: string): object {
  const at = (what: string): string => `${publicUrl}/v1/claims/${token}/${what}`
  const may = (what: CaseView['may'][number]): boolean => view.may.includes(what)
  const { due, question, decision, takenBack } = view
  return {
    recourse: 1,
    case: {
      id: view.id,
      status: view.status,
      openedAt: timeOf(view.openedAt),
      ...(due !== undefined && { due: { ...due, at: timeOf(due.at) } }),
      next: view.next,
      ...(takenBack !== undefined && { takenBack: { ...takenBack, at: timeOf(takenBack.at) } }),
      numbers: view.numbers,
      receipts: view.receipts,
      events: view.events.map(({ at, words }) => ({ at: timeOf(at), words })),
      ...(question !== undefined && { question }),
      ...(decision !== undefined && { decision: decisionDocument(decision) }),
      proofs: view.proofs.map((proof) => ({ ...proof, at: timeOf(proof.at) })),
      challenges: view.challenges.map(challengeDocument),
      evidence: view.evidence,
      may: view.may,
    },
    desk: deskDocument(operator),
    links: {
      page: `${publicUrl}/c/${token}`,
      ...(may('answer') && { answers: link(at('answers'), publicUrl, 'Answer') }),
      ...(may('add-evidence') && { evidence: { href: at('evidence'), method: 'POST' } }),
      ...(may('withdraw') && { withdrawal: link(at('withdrawal'), publicUrl, 'Reason') }),
      ...(may('prove') && { challenges: link(at('challenges'), publicUrl, 'Number') }),
      ...(may('resend') && { confirmation: link(at('confirmation'), publicUrl, 'Again') }),
      ...(may('reopen') && { reopening: link(at('reopening'), publicUrl, 'News') }),
    },
  }
}

export function challengeDocument({ number, dial, from, until }: ProofChallenge): object {
  return { number, dial, from: timeOf(from), until: timeOf(until) }
}

function decisionDocument(decision: Decision): object {
  if (!('lifts' in decision)) return decision
  const lifts = decision.lifts.map(({ until, ...lift }) => ({
    ...lift,
    ...(until !== undefined && { until: timeOf(until) }),
  }))
  return { ...decision, lifts }
}

function deskDocument({ name, promise, contact }: DeskOperator): object {
  return { name, promise: { statusWithinHours: promise.statusWithinHours, charge: 'none' }, contact }
}

function link(href: string, publicUrl: string, schema: string): object {
  return { href, method: 'POST', schema: `${publicUrl}/openapi.json#/components/schemas/${schema}` }
}

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString()
}
