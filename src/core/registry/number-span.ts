import { isBlockable } from '#core/call/emergency.ts'
import { type DialPlan, parseNumber } from '#core/call/number.ts'
import { formatParty } from '#core/call/party.ts'
import type { LiftScope } from '#core/redress/decision.ts'

/** One number, then both ends are the same, or a range with both ends in it. E.164, of one length, at most `SPAN_NUMBERS_MAX`. */
export type NumberSpan = { readonly first: string; readonly last: string }

/** Why a text is no number or range, in words that complete "expected …". */
export type SpanFault = { readonly kind: 'fault'; readonly expected: string }

/**
 * Reads one number or a range as people write them:
 *
 *     +1 (212) 555-0117        +12125550100..+12125550199        +12125550100 - 0199
 *
 * The end of a range may be its last digits only. Numbers without `+` are read by the dial plan, where there is one.
 */
export function parseSpan(text: string, plan?: DialPlan): NumberSpan | SpanFault {
  if (text.length > SPAN_CHARACTERS_MAX) return fault(EXPECTED)
  const [head = '', tail, ...more] = text.split(RANGE)
  if (more.length > 0) return fault(EXPECTED)
  const first = readOne(head, plan)
  if (typeof first !== 'string') return first
  if (tail === undefined || tail.trim() === '') return { first, last: first }
  const digits = tail.replaceAll(/[\s().-]/g, '')
  const isShort = /^\d+$/.test(digits) && digits.length < first.length - 1
  const last = isShort ? first.slice(0, -digits.length) + digits : readOne(tail, plan)
  return typeof last === 'string' ? spanOf(first, last) : last
}

/** A span of two numbers in E.164, whoever wrote them; a fault where they are none. */
export function spanOf(first: string, last: string): NumberSpan | SpanFault {
  if (!E164.test(first) || !E164.test(last)) return fault(EXPECTED)
  if (first.length !== last.length) return fault('two ends of one length')
  if (valueOf(last) < valueOf(first)) return fault('the lower end first')
  if (countOf({ first, last }) > SPAN_NUMBERS_MAX) return fault(`a range of at most ${SPAN_NUMBERS_MAX} numbers`)
  return { first, last }
}

/** Writes a span for people and for keys: `+12125550117`, `+12125550100..+12125550199`. */
export function formatSpan({ first, last }: NumberSpan): string {
  return first === last ? first : `${first}..${last}`
}

/** How many numbers there are in it. */
export function countOf({ first, last }: NumberSpan): number {
  return valueOf(last) - valueOf(first) + 1
}

/** What of a span is in another as well; undefined for nothing. */
export function overlapOf(one: NumberSpan, other: NumberSpan): NumberSpan | undefined {
  if (one.first.length !== other.first.length) return undefined
  const first = valueOf(one.first) >= valueOf(other.first) ? one.first : other.first
  const last = valueOf(one.last) <= valueOf(other.last) ? one.last : other.last
  return valueOf(first) <= valueOf(last) ? { first, last } : undefined
}

/** What is left of a span when others are taken out of it, in order. */
export function subtract(span: NumberSpan, holes: readonly NumberSpan[]): NumberSpan[] {
  let left = [span]
  for (const hole of holes) {
    left = left.flatMap((part) => {
      const cut = overlapOf(part, hole)
      if (cut === undefined) return [part]
      const before = valueOf(cut.first) > valueOf(part.first) ? [{ first: part.first, last: step(cut.first, -1) }] : []
      const behind = valueOf(cut.last) < valueOf(part.last) ? [{ first: step(cut.last, 1), last: part.last }] : []
      return [...before, ...behind]
    })
  }
  return left
}

/** The same numbers in spans that do not overlap, in order. */
export function mergeSpans(spans: readonly NumberSpan[]): NumberSpan[] {
  const merged: NumberSpan[] = []
  for (const span of spans.toSorted((a, b) => a.first.length - b.first.length || valueOf(a.first) - valueOf(b.first))) {
    const before = merged.at(-1)
    if (before === undefined || overlapOf(before, span) === undefined) merged.push(span)
    else if (valueOf(span.last) > valueOf(before.last))
      merged[merged.length - 1] = { first: before.first, last: span.last }
  }
  return merged
}

/** How the fact is told to gates. */
export function scopeOf(span: NumberSpan): LiftScope {
  return span.first === span.last ? { kind: 'number', number: span.first } : { kind: 'range', ...span }
}

/** Whether a number, E.164, is in it. */
export function contains(span: NumberSpan, number: string): boolean {
  return overlapOf(span, { first: number, last: number }) !== undefined
}

/**
 * Finds what overlaps. Spans of the index do not overlap one another; looking one up takes a walk down a sorted list.
 */
export function indexSpans<Value>(
  entries: readonly (readonly [span: NumberSpan, value: Value])[],
): (span: NumberSpan) => { readonly span: NumberSpan; readonly value: Value }[] {
  const sorted = entries
    .map(([span, value]) => ({ span, value, digits: span.first.length, from: valueOf(span.first) }))
    .sort((a, b) => a.digits - b.digits || a.from - b.from)
  return (span) => {
    const digits = span.first.length
    const from = valueOf(span.first)
    let low = 0
    let high = sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      const at = sorted[middle]!
      const isBefore = at.digits < digits || (at.digits === digits && valueOf(at.span.last) < from)
      if (isBefore) low = middle + 1
      else high = middle
    }
    const found = []
    for (; low < sorted.length; low++) {
      const { span: candidate, value } = sorted[low]!
      if (overlapOf(candidate, span) === undefined) break
      found.push({ span: candidate, value })
    }
    return found
  }
}

function readOne(text: string, plan: DialPlan | undefined): string | SpanFault {
  const bare = text.replaceAll(/[\s\u00a0]/g, '').replace(/^'/, '')
  if (!WRITTEN.test(bare)) return fault(EXPECTED)
  const party = parseNumber(bare, plan)
  if (party.kind === 'digits') return fault('a number with + and its country code, such as +12125550117')
  if (party.kind !== 'e164' || party.count < DIGITS_MIN) return fault(EXPECTED)
  return isBlockable(party) ? formatParty(party) : fault('no emergency or service number')
}

function fault(expected: string): SpanFault {
  return { kind: 'fault', expected }
}

function valueOf(number: string): number {
  return Number(number.slice(1))
}

function step(number: string, by: 1 | -1): string {
  return `+${valueOf(number) + by}`
}

/** As many as a lift may have, for gates are told of both alike. */
export const SPAN_NUMBERS_MAX = 10_000
/** Shorter ones belong to nobody. */
const DIGITS_MIN = 7
const SPAN_CHARACTERS_MAX = 80
const EXPECTED = 'a number such as +12125550117, or a range such as +12125550100..+12125550199'
const E164 = /^\+[1-9]\d{6,14}$/
const WRITTEN = /^\+?[0-9().-]+$/
/** What stands between the ends of a range; a hyphen between blanks or before a plus, for numbers have hyphens themselves. */
const RANGE = /\s*(?:\.\.+|[\u2013\u2014]|\bto\b)\s*|\s+-\s+|\s*-(?=\+)/
