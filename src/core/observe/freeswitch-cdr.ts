// One thing: a record of FreeSWITCH, in the two forms that it posts and writes, as an attempt.
import type { Attempt } from './attempt.ts'
import { type CallRecord, attemptOfRecord, isCallTime } from './call-record.ts'

/** What a record came to: an attempt; a leg that is none of our calls; or what keeps it from being read. */
export type CdrReading =
  | { readonly kind: 'attempt'; readonly attempt: Attempt }
  | { readonly kind: 'other-leg' }
  | { readonly kind: 'fault'; readonly problem: string }

/**
 * Reads a record of mod_json_cdr or mod_xml_cdr, told apart by its first character. The attempt is the outbound leg, by its
 * variables: an inbound one is somebody else's call. Never throws.
 */
export function readFreeswitchCdr(text: string, source: string, nowMs: number): CdrReading {
  const variables = new Map<string, string>()
  const front = text.trimStart()
  const problem = front.startsWith('<') ? takeXml(front, variables) : takeJson(front, variables)
  if (problem !== undefined) return { kind: 'fault', problem }
  const of = (name: string): string | undefined => variables.get(name)
  if (of('direction') !== 'outbound') {
    if (of('direction') === 'inbound') return { kind: 'other-leg' }
    return { kind: 'fault', problem: 'found no variable direction, expected inbound or outbound' }
  }
  const id = of('uuid')
  if (id === undefined) return { kind: 'fault', problem: 'found no variable uuid, expected the id of the leg' }
  const startMs = momentOf(variables, 'start')
  if (startMs === undefined || !isCallTime(startMs, nowMs))
    return { kind: 'fault', problem: 'found no variable start_uepoch or start_epoch with a time of a call' }
  return { kind: 'attempt', attempt: attemptOfRecord(recordOf(variables, id, source, startMs)) }
}

function recordOf(variables: ReadonlyMap<string, string>, id: string, source: string, startMs: number): CallRecord {
  const of = (...names: string[]): string | undefined => {
    for (const name of names) {
      const value = variables.get(name)
      if (value !== undefined && value !== '') return value
    }
    return undefined
  }
  const answerMs = momentOf(variables, 'answer')
  const endMs = momentOf(variables, 'end')
  const rangMs = momentOf(variables, 'progress') ?? momentOf(variables, 'progress_media')
  const status = statusOf(of('sip_invite_failure_status', 'sip_term_status'))
  const cause = of('hangup_cause')
  const since = (from: number | undefined, to: number | undefined): number | undefined =>
    from === undefined || to === undefined ? undefined : to - from
  const reasons = new Set([of('sip_603plus_reason'), of('sip_reason')].filter((value) => value !== undefined))
  return {
    id,
    kind: 'freeswitch',
    source,
    atMs: startMs,
    from: of('sip_from_user', 'origination_caller_id_number', 'effective_caller_id_number', 'caller_id_number') ?? '',
    to: of('sip_to_user', 'sip_req_user', 'destination_number', 'dialed_user') ?? '',
    carrier: of('sip_gateway_name', 'sip_gateway', 'sip_req_host', 'sip_to_host', 'sip_network_ip') ?? '',
    status: answerMs === undefined ? status : 200,
    phrase: of('sip_invite_failure_phrase'),
    reasons: [...reasons],
    callId: of('sip_call_id'),
    isAnswered: answerMs !== undefined,
    isCancelled: status === undefined && (cause === 'ORIGINATOR_CANCEL' || cause === 'LOSE_RACE'),
    ringMs: since(rangMs, answerMs ?? endMs),
    setupMs: since(startMs, answerMs ?? endMs),
    durationMs: since(answerMs, endMs),
  }
}

/** `start_uepoch` in microseconds, else `start_epoch` in seconds; 0 is none. */
function momentOf(variables: ReadonlyMap<string, string>, name: string): number | undefined {
  const fine = digitsOf(variables.get(`${name}_uepoch`) ?? variables.get(`${name}_uepoch_time`))
  if (fine !== undefined && fine > 0) return fine / 1000
  const coarse = digitsOf(variables.get(`${name}_epoch`))
  return coarse !== undefined && coarse > 0 ? coarse * 1000 : undefined
}

function statusOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-6]\d\d$/.test(text) ? Number(text) : undefined
}

function digitsOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,17}$/.test(text) ? Number(text) : undefined
}

function takeJson(text: string, into: Map<string, string>): string | undefined {
  let record: unknown
  try {
    record = JSON.parse(text)
  } catch {
    return 'found broken JSON, expected a record of mod_json_cdr'
  }
  const outer = asObject(record)
  const variables = asObject(outer?.['variables'])
  if (variables === undefined) return 'found no object variables, expected a record of mod_json_cdr'
  const flow = outer?.['callflow']
  const profile = asObject(asObject(Array.isArray(flow) ? (flow as unknown[])[0] : flow)?.['caller_profile'])
  // Variables are what was set for this leg, so they win over the profile.
  for (const values of [profile, variables]) {
    for (const [name, value] of Object.entries(values ?? {})) {
      if (into.size >= VARIABLES_MAX) break
      if (typeof value === 'string' || typeof value === 'number') into.set(name, decode(String(value)))
    }
  }
  return undefined
}

function takeXml(text: string, into: Map<string, string>): string | undefined {
  const variables = between(text, '<variables>', '</variables>')
  if (variables === undefined) return 'found no <variables>, expected a record of mod_xml_cdr'
  for (const part of [between(text, '<caller_profile>', '</caller_profile>') ?? '', variables]) {
    for (const [, name = '', value = '', end] of part.matchAll(ELEMENT)) {
      if (name === end && into.size < VARIABLES_MAX) into.set(name, decode(unescapeXml(value)))
    }
  }
  return undefined
}

function between(text: string, front: string, back: string): string | undefined {
  const start = text.indexOf(front)
  const end = start < 0 ? -1 : text.indexOf(back, start)
  return end < 0 ? undefined : text.slice(start + front.length, end)
}

/** The five of XML and no more: nothing else is declared, and nothing is fetched. */
function unescapeXml(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => ENTITIES.get(name) ?? '')
}

/** Both modules escape values like URLs unless they are told not to. */
function decode(value: string): string {
  const short = value.slice(0, VALUE_CHARACTERS_MAX)
  if (!short.includes('%')) return short
  try {
    return decodeURIComponent(short)
  } catch {
    return short
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

/** Variables of a record that are read, and characters of each. */
const VARIABLES_MAX = 2_048
const VALUE_CHARACTERS_MAX = 8_192
const ELEMENT = /<([A-Za-z_][\w.-]{0,127})>([^<]*)<\/([\w.-]{1,128})>/g
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])
