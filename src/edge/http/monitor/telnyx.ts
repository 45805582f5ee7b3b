import { verify } from 'node:crypto'
import { attemptOfRecord, isCallTime } from '#core/observe/call-record.ts'
import type { PostReading } from './routes.ts'

/**
 * Tells whether Telnyx signed a post: Ed25519 over `timestamp|body`, `telnyx-signature-ed25519` in base64, `telnyx-timestamp` in
 * seconds and within the tolerance of now.
 */
export function isSignedByTelnyx(headers: Headers, body: Uint8Array, key: string, nowMs: number): boolean {
  const signature = headers.get('telnyx-signature-ed25519') ?? ''
  const timestamp = headers.get('telnyx-timestamp') ?? ''
  if (!/^\d{1,12}$/.test(timestamp) || !/^[A-Za-z0-9+/]{86}==$/.test(signature)) return false
  // Checked first, so that an old and a wrong one cost the same.
  const isRight = verify(
    undefined,
    Buffer.concat([Buffer.from(`${timestamp}|`), body]),
    key,
    Buffer.from(signature, 'base64'),
  )
  return isRight && Math.abs(nowMs / 1000 - Number(timestamp)) <= TOLERANCE_SECONDS
}

/** Reads an event of Telnyx: `call.hangup` is the end of a call, everything else is not. It holds neither phrase nor Reason. */
export function readTelnyx(body: Uint8Array, nowMs: number): PostReading {
  let event: unknown
  try {
    event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return fault('found no JSON, expected an event of Telnyx')
  }
  const data = objectIn(event, 'data')
  const type = textIn(data, 'event_type')
  if (type === undefined) return fault('found no data.event_type, expected an event of Telnyx')
  const payload = objectIn(data, 'payload')
  if (type !== 'call.hangup' || textIn(payload, 'direction') === 'incoming') return { kind: 'other' }
  const id = textIn(payload, 'call_leg_id') ?? textIn(payload, 'call_control_id')
  if (id === undefined) return fault('found no data.payload.call_leg_id, expected the id of the call')
  const endMs = momentOf(textIn(data, 'occurred_at') ?? textIn(payload, 'end_time'))
  const startMs = momentOf(textIn(payload, 'start_time'))
  const atMs = startMs ?? endMs
  if (atMs === undefined || !isCallTime(atMs, nowMs))
    return fault('found no data.payload.start_time and no data.occurred_at with a time of a call')
  const code = textIn(payload, 'sip_hangup_cause')
  const cause = textIn(payload, 'hangup_cause')
  const status = code !== undefined && /^[1-6]\d\d$/.test(code) ? Number(code) : undefined
  const attempt = attemptOfRecord({
    id,
    kind: 'telnyx',
    source: 'telnyx',
    atMs,
    from: textIn(payload, 'from') ?? '',
    to: textIn(payload, 'to') ?? '',
    carrier: 'Telnyx',
    status,
    isAnswered: status === undefined && (cause === 'normal_clearing' || cause === 'time_limit'),
    isCancelled: cause === 'originator_cancel',
    // When it was answered is not told, so how long it lasted is not known either.
    setupMs:
      status !== undefined && status >= 400 && endMs !== undefined && startMs !== undefined
        ? endMs - startMs
        : undefined,
  })
  return { kind: 'attempt', attempt }
}

function fault(problem: string): PostReading {
  return { kind: 'fault', problem }
}

function momentOf(text: string | undefined): number | undefined {
  const ms = text === undefined || !DATE.test(text) ? Number.NaN : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}

function objectIn(value: unknown, name: string): Record<string, unknown> | undefined {
  const inner = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : undefined
}

function textIn(value: Record<string, unknown> | undefined, name: string): string | undefined {
  const inner = value?.[name]
  if (typeof inner === 'number') return String(inner)
  return typeof inner === 'string' && inner !== '' ? inner : undefined
}

/** What the client libraries of Telnyx allow. */
export const TOLERANCE_SECONDS = 300
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/
