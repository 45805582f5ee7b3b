import { createHmac, timingSafeEqual } from 'node:crypto'
import { attemptOfRecord, isCallTime } from '#core/observe/call-record.ts'
import type { PostReading } from './routes.ts'

/**
 * Tells whether Twilio signed a post: `X-Twilio-Signature` is HMAC-SHA1, by the auth token, over the whole URL and then each
 * parameter's name and value in the order of names. It has no time in it: the same post again is signed as well.
 */
export function isSignedByTwilio(headers: Headers, url: string, body: Uint8Array, token: string): boolean {
  const header = headers.get('x-twilio-signature') ?? ''
  const given = Buffer.from(header, 'base64')
  const parameters = parametersOf(body)
  if (given.length !== SHA1_OCTETS || given.toString('base64') !== header || parameters === undefined) return false
  // Twilio may sign the URL with its port or without.
  return urlsOf(url).some((one) => timingSafeEqual(signatureOf(one, parameters, token), given))
}

/** What Twilio's signature over a URL and parameters is. */
export function signatureOf(url: string, parameters: ReadonlyMap<string, readonly string[]>, token: string): Buffer {
  const hmac = createHmac('sha1', token).update(url)
  for (const name of [...parameters.keys()].toSorted(byCodeUnits)) {
    for (const value of [...new Set(parameters.get(name))].toSorted(byCodeUnits)) hmac.update(name + value)
  }
  return hmac.digest()
}

/** Reads a status callback: the end of a call that went out. A phrase and a Reason are not told. */
export function readTwilio(body: Uint8Array, nowMs: number): PostReading {
  const parameters = parametersOf(body)
  const of = (name: string): string | undefined => parameters?.get(name)?.[0] || undefined
  const id = of('CallSid')
  const state = of('CallStatus')
  if (id === undefined || state === undefined)
    return { kind: 'fault', problem: 'found no CallSid or no CallStatus, expected a status callback of Twilio' }
  if (!FINAL.has(state) || THEIRS.has(of('Direction') ?? '')) return { kind: 'other' }
  const toldMs = Date.parse(of('Timestamp') ?? '')
  const durationMs = /^\d{1,8}$/.test(of('CallDuration') ?? '') ? Number(of('CallDuration')) * 1000 : undefined
  const isAnswered = state === 'completed'
  // The callback is posted at the end; without a time of its own that is now.
  const endMs = Number.isNaN(toldMs) ? nowMs : toldMs
  if (!isCallTime(endMs, nowMs)) return { kind: 'fault', problem: 'found a Timestamp that is no time of a call' }
  const error = errorOf(
    of('SipHeader_X-Twilio-Error') ?? of('DialSipHeader_X-Twilio-Error') ?? of('X-Twilio-Error') ?? of('ErrorCode'),
  )
  const code = of('SipResponseCode')
  const told = code !== undefined && /^[1-6]\d\d$/.test(code) ? Number(code) : undefined
  const meaning = error === undefined ? undefined : ERRORS.get(error)
  const attempt = attemptOfRecord({
    id,
    kind: 'twilio',
    source: 'twilio',
    atMs: isAnswered && durationMs !== undefined ? endMs - durationMs : endMs,
    from: of('From') ?? '',
    to: of('To') ?? '',
    carrier: 'Twilio',
    status: isAnswered ? 200 : (told ?? meaning?.status ?? STATES.get(state)),
    phrase: error === undefined ? undefined : `Twilio ${error}${meaning === undefined ? '' : `: ${meaning.words}`}`,
    isAnswered,
    isCancelled: state === 'canceled',
    isFault: meaning?.isFault,
    durationMs: isAnswered ? durationMs : undefined,
  })
  return { kind: 'attempt', attempt }
}

/** The parameters of a form; undefined where it is none, or is beyond what Twilio posts. */
function parametersOf(body: Uint8Array): Map<string, string[]> | undefined {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return undefined
  }
  const parameters = new Map<string, string[]>()
  let count = 0
  for (const [name, value] of new URLSearchParams(text)) {
    if (++count > PARAMETERS_MAX) return undefined
    const before = parameters.get(name)
    if (before === undefined) parameters.set(name, [value])
    else before.push(value)
  }
  return parameters
}

function urlsOf(url: string): string[] {
  const { protocol, hostname, port, pathname, search } = new URL(url)
  const rest = `${pathname}${search}`
  const standard = protocol === 'https:' ? '443' : '80'
  return [url, `${protocol}//${hostname}${rest}`, `${protocol}//${hostname}:${port || standard}${rest}`]
}

/** `X-Twilio-Error: 32203 …`: a whole number comes first. */
function errorOf(text: string | undefined): number | undefined {
  const digits = /^\s*(\d{5,6})(?!\d)/.exec(text ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const SHA1_OCTETS = 20
const PARAMETERS_MAX = 256
/** States that end a call. */
const FINAL: ReadonlySet<string> = new Set(['busy', 'failed', 'no-answer', 'canceled', 'completed'])
/** Calls that came in. */
const THEIRS: ReadonlySet<string> = new Set(['inbound', 'trunking-originating'])
/** What a state alone says. `failed` may be anything. */
const STATES: ReadonlyMap<string, number> = new Map([
  ['busy', 486],
  ['no-answer', 480],
])
/** Errors that say who refused: https://www.twilio.com/docs/api/errors */
const ERRORS: ReadonlyMap<number, { readonly status: number; readonly words: string; readonly isFault?: boolean }> =
  new Map([
    [10001, { status: 603, words: 'the account is not active', isFault: true }],
    [21216, { status: 603, words: 'Twilio blocks calls to this number' }],
    [32203, { status: 603, words: 'blocked by a carrier' }],
    [32224, { status: 603, words: 'Twilio blocks calls from this number' }],
    [31603, { status: 603, words: 'declined' }],
  ])
