import { createHmac } from 'node:crypto'

/** Somebody who is told of each block. */
export type Webhook = {
  readonly name: string
  /** https, or http on this machine. */
  readonly url: string
  readonly secret: string
}

/** What came of one try: taken, or why not. */
export type Delivery = { readonly kind: 'taken' } | { readonly kind: 'failed'; readonly why: string }

/**
 * Posts an event, signed so that its receiver can tell it from a forged one: `Recourse-Signature: t=<seconds>,v1=<HMAC-SHA256
 * of "t.body" in hexadecimal>`. Any status from 200 to 299 within `TRY_MS` means that it was taken; a redirect is none.
 */
export async function deliver(webhook: Webhook, event: string, body: string, nowMs: number): Promise<Delivery> {
  try {
    const response = await post(webhook, event, body, nowMs)
    await response.body?.cancel()
    if (response.ok) return { kind: 'taken' }
    return { kind: 'failed', why: `status ${response.status}` }
  } catch (error) {
    return { kind: 'failed', why: reasonOf(error) }
  }
}

/** What a receiver answered: the status and the beginning of its text; or why there was no answer. */
export type Answered =
  | { readonly kind: 'answered'; readonly status: number; readonly text: string }
  | { readonly kind: 'silent'; readonly why: string }

/** Posts an event once, as `deliver` does, and reads what the receiver says to it: for a person who tries it. */
export async function tryWebhook(webhook: Webhook, event: string, body: string, nowMs: number): Promise<Answered> {
  try {
    const response = await post(webhook, event, body, nowMs)
    return { kind: 'answered', status: response.status, text: await readSome(response) }
  } catch (error) {
    return { kind: 'silent', why: reasonOf(error) }
  }
}

function post(webhook: Webhook, event: string, body: string, nowMs: number): Promise<Response> {
  return fetch(webhook.url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(TRY_MS),
    headers: {
      'content-type': 'application/json',
      'recourse-event': event,
      'recourse-signature': signBody(body, webhook.secret, nowMs),
      'user-agent': 'recourse',
    },
    body,
  })
}

/** The first piece of a body that comes, cut; a receiver may send as much as it likes. */
async function readSome({ body }: Response): Promise<string> {
  if (body === null) return ''
  const reader = body.getReader()
  const { value } = await reader.read()
  await reader.cancel()
  return new TextDecoder().decode(value).slice(0, ANSWER_CHARACTERS_MAX)
}

/** The value of Recourse-Signature. */
export function signBody(body: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${signature}`
}

/** When a parcel that has failed so often is tried again: after 1 s, 2 s, 4 s, up to 10 minutes. */
export function retryAfterMs(attempts: number): number {
  return Math.min(RETRY_FIRST_MS * 2 ** attempts, RETRY_MOST_MS)
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${TRY_MS / 1000} s`
  const cause = error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : error.message
  return cause
}

/** How long a receiver may take to answer. */
export const TRY_MS = 10_000
/** So much of an answer is shown to who tries a receiver. */
const ANSWER_CHARACTERS_MAX = 300
const RETRY_FIRST_MS = 1_000
const RETRY_MOST_MS = 600_000

/** How long an event is tried. */
export const GIVE_UP_MS = 24 * 3_600_000
