import { z } from '@hono/zod-openapi'

const REASONS = ['shed', 'late', 'unrecorded', 'untold', 'fault'] as const

/** A verdict as JSON. */
export const screenAnswerSchema = z
  .strictObject({
    verdict: z.enum(['continue', 'block', 'treat']).openapi({
      description:
        '`continue`: route the call on. `block`: refuse it as said here. `treat`: send it to the Contact among the headers.',
    }),
    status: z.int().openapi({
      description: 'The SIP status of the answer; with `continue`, this peer’s continue code.',
      example: 603,
    }),
    phrase: z.string().openapi({ example: 'Network Blocked' }),
    headers: z.array(z.string()).openapi({
      description: 'Header lines to be set in the answer, as they stand.',
      example: ['Reason: SIP;cause=603;text="v=analytics1;url=https://redress.northwire.example";location=RLN'],
    }),
    receipt: z.string().optional().openapi({ description: 'The receipt of the block, for your call records.' }),
    recorded: z.boolean().openapi({
      description: 'Whether the ledger holds a block of this call. False with `block` only in a peer test.',
    }),
    reason: z.enum(REASONS).optional().openapi({
      description: 'Why the call continues though it may be one to block: the gate could not judge, record or tell it.',
    }),
  })
  .openapi('Verdict')

/** A verdict; header fields as name and value, in order. */
export type ScreenAnswer = {
  readonly verdict: 'continue' | 'block' | 'treat'
  readonly status: number
  readonly phrase: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly receipt: string | undefined
  readonly reason: (typeof REASONS)[number] | undefined
}

/** The gate does not screen such a request, and says so by this status. */
export type NotScreened = { readonly verdict: 'none'; readonly status: number; readonly phrase: string }

/**
 * Asks the gate about one INVITE of a peer. Never rejects: what cannot be decided or recorded continues. `from` is where
 * the question came from.
 */
export type Screen = (
  invite: Uint8Array,
  peer: string,
  from: { readonly address: string; readonly port: number },
) => Promise<ScreenAnswer | NotScreened>

/** Writes a verdict in what the asking side can read: JSON, unless it wants `text/plain` or a form. */
export function formatScreenAnswer(answer: ScreenAnswer, accept: string): { type: string; body: string } {
  const { verdict, status, phrase, receipt, reason } = answer
  const headers = answer.headers.map(([name, value]) => `${name}: ${value}`)
  const recorded = receipt !== undefined
  if (accept.includes('text/plain')) {
    return {
      type: 'text/plain; charset=utf-8',
      body: pairsOf(answer)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    }
  }
  if (accept.includes(FORM)) return { type: FORM, body: String(new URLSearchParams(pairsOf(answer))) }
  const json = { verdict, status, phrase, headers, receipt, recorded, reason }
  return { type: 'application/json', body: `${JSON.stringify(json)}\n` }
}

/** One name each, so that a switch can look it up: the header field Call-Info is `call-info`. */
function pairsOf({ verdict, status, phrase, headers, receipt, reason }: ScreenAnswer): [name: string, value: string][] {
  const pairs: [string, string | undefined][] = [
    ['verdict', verdict],
    ['status', String(status)],
    ['phrase', phrase],
    ['recorded', String(receipt !== undefined)],
    ['receipt', receipt],
    ['why', reason],
    ...headers.map(([name, value]): [string, string] => [name.toLowerCase(), value]),
  ]
  return pairs.filter((pair): pair is [string, string] => pair[1] !== undefined)
}

export const FORM = 'application/x-www-form-urlencoded'
