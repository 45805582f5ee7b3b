import { createReadStream } from 'node:fs'
import { z } from 'zod'
import type { ReceivedCall } from '#core/probe/received.ts'

/** The calls that a mock blocker received, or why they cannot be had. */
export type FarEnd =
  | { readonly kind: 'calls'; readonly calls: readonly ReceivedCall[]; readonly forgotten: number }
  | { readonly kind: 'unreadable'; readonly why: string }

/** What names a run: its token, and where the path drops that, the number it calls from. */
export type RunNames = { readonly token: string; readonly from: string }

/**
 * Reads what the far end received in a run: over HTTP where `where` is a URL of its HTTP door, else from the file that it
 * adds calls to. A call with the token of another run is that run's, whatever number it came from.
 */
export async function readFarEnd(where: string, run: RunNames): Promise<FarEnd> {
  try {
    return /^https?:\/\//i.test(where) ? await askDoor(where, run) : await readRecord(where, run)
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError)
      return { kind: 'unreadable', why: 'what it holds is no record of a mock blocker' }
    if (!(error instanceof Error)) throw error
    const cause = error.cause instanceof Error ? error.cause : error
    return { kind: 'unreadable', why: 'code' in cause ? String(cause.code) : cause.message }
  }
}

async function askDoor(where: string, run: RunNames): Promise<FarEnd> {
  const calls = new Map<string, ReceivedCall>()
  let forgotten = 0
  for (const name of [run.token, ...spellings(run.from)]) {
    const url = `${where.replace(/\/+$/, '')}/v1/probe/${encodeURIComponent(name)}`
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS) })
    // No call of that name has come yet; any other door says 404 in other words.
    if (response.status === 404 && NO_CALL.test(await readAll(response))) continue
    if (!response.ok) {
      if (!response.bodyUsed) await response.body?.cancel()
      return { kind: 'unreadable', why: `it answered ${response.status}` }
    }
    const record = RECORD.parse(JSON.parse(await readAll(response)))
    forgotten = Math.max(forgotten, record.forgotten)
    for (const call of record.calls) if (isOfRun(call, run)) calls.set(nameTransaction(call), call)
  }
  return { kind: 'calls', calls: inOrder(calls), forgotten }
}

async function readRecord(file: string, run: RunNames): Promise<FarEnd> {
  const calls = new Map<string, ReceivedCall>()
  let held = ''
  const take = (line: string): void => {
    if (line.trim() === '') return
    const call = CALL.parse(JSON.parse(line))
    if (!isOfRun(call, run)) return
    calls.set(nameTransaction(call), call)
    if (calls.size > CALLS_MAX) throw new Error(`it holds over ${CALLS_MAX} calls of this run`)
  }
  for await (const piece of createReadStream(file, { encoding: 'utf8' }) as AsyncIterable<string>) {
    const lines = (held + piece).split('\n')
    held = lines.pop() ?? ''
    if (held.length > RECORD_CHARACTERS_MAX) throw new Error('one of its lines is longer than any call')
    for (const line of lines) take(line)
  }
  // A line without its end is still being written.
  return { kind: 'calls', calls: inOrder(calls), forgotten: 0 }
}

function isOfRun(call: ReceivedCall, { token, from }: RunNames): boolean {
  return call.token === undefined ? spellings(from).includes(call.from) : call.token === token
}

/** The ways in which a path is known to write a number anew: without `+`, with it, without the 1 of North America. */
function spellings(number: string): string[] {
  const digits = number.replace(/^\+/, '')
  const national = /^1[2-9]\d{9}$/.test(digits) ? [digits.slice(1)] : []
  return [`+${digits}`, digits, ...national]
}

async function readAll(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of response.body ?? []) {
    text += decoder.decode(piece, { stream: true })
    if (text.length > RECORD_CHARACTERS_MAX) throw new Error(`it sends more than ${RECORD_CHARACTERS_MAX} characters`)
  }
  return text
}

/** The same INVITE, also when it is asked for by two names. */
export function nameTransaction({ callId, branch, atMs }: ReceivedCall): string {
  return `${callId} ${branch} ${atMs}`
}

function inOrder(calls: ReadonlyMap<string, ReceivedCall>): ReceivedCall[] {
  return [...calls.values()].toSorted((one, other) => one.atMs - other.atMs)
}

const CALL = z
  .object({
    token: z.string().optional(),
    from: z.string(),
    dialled: z.string(),
    scenario: z.string().optional(),
    chosenBy: z.enum(['field', 'number']).optional(),
    atMs: z.number(),
    transport: z.enum(['udp', 'tcp', 'tls']),
    source: z.string(),
    branch: z.string(),
    callId: z.string(),
    repeats: z.number(),
    fields: z.array(z.tuple([z.string(), z.string()])),
    sent: z.array(z.object({ atMs: z.number(), status: z.number(), octets: z.string(), times: z.number() })),
    acknowledgedMs: z.number().optional(),
    cancelledMs: z.number().optional(),
  })
  .transform(({ token, scenario, chosenBy, acknowledgedMs, cancelledMs, ...call }): ReceivedCall => ({
    ...call,
    token,
    scenario,
    chosenBy,
    acknowledgedMs,
    cancelledMs,
  }))
const RECORD = z.object({ name: z.string(), calls: z.array(CALL), forgotten: z.number() })

const NO_CALL = /no call of that run has come/
const ANSWER_MS = 10_000
/** Two thousand calls of 8 KB each, escaped as JSON. */
const RECORD_CHARACTERS_MAX = 64 * 1024 * 1024
const CALLS_MAX = 2_000
