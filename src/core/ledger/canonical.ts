import type { OpenColumns, PersonalColumns } from './entry.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** Writes JSON the one way that RFC 8785 allows; throws RangeError on what has no such form (NaN, lone surrogates). */
export function formatCanonical(value: Json): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError(`${value} has no JSON form`)
  if (typeof value === 'string' && !value.isWellFormed()) throw new RangeError('a lone surrogate has no canonical form')
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(formatCanonical).join(',')}]`
  const members = Object.keys(value).sort()
  return `{${members.map((name) => `${formatCanonical(name)}:${formatCanonical(value[name]!)}`).join(',')}}`
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

/**
 * The canonical JSON of the open columns; a column without a value is left out.
 *
 * Spelled out in the order that RFC 8785 §3.2.3 gives, because every recorded block goes through here: a test holds it
 * to `formatCanonical`.
 */
export function formatOpen(open: OpenColumns): string {
  const { notice, erased, optOut, policy } = open
  return (
    `{"at":${open.at}` +
    member(',"attestation":', open.attestation) +
    member(',"cause":', open.cause) +
    member(',"chain":', open.chain) +
    member(',"commitment":', open.commitment) +
    member(',"entry":', open.entry) +
    (erased === undefined ? '' : `,"erased":${formatCanonical(erased)}`) +
    (notice === undefined ? '' : `,"notice":{"kind":${JSON.stringify(notice.kind)},"status":${notice.status}}`) +
    (optOut === undefined ? '' : `,"optOut":${optOut}`) +
    member(',"peer":', open.peer) +
    (policy === undefined ? '' : `,"policy":${policy}`) +
    member(',"program":', open.program) +
    member(',"receiptHash":', open.receiptHash) +
    member(',"rule":', open.rule) +
    `,"seq":${open.seq}` +
    member(',"tenant":', open.tenant) +
    member(',"transaction":', open.transaction) +
    member(',"trunk":', open.trunk) +
    '}'
  )
}

/** The canonical JSON of the personal columns, spelled out for the same reason. */
export function formatPersonal(personal: PersonalColumns): string {
  return (
    `{"answer":${JSON.stringify(personal.answer)}` +
    member(',"callId":', personal.callId) +
    member(',"called":', personal.called) +
    member(',"calling":', personal.calling) +
    member(',"displayName":', personal.displayName) +
    member(',"grounds":', personal.grounds) +
    member(',"receipt":', personal.receipt) +
    member(',"request":', personal.request) +
    '}'
  )
}

function member(start: string, value: string | undefined): string {
  return value === undefined ? '' : start + JSON.stringify(value)
}
