import { parseCallInfo } from '#codec/sip/call-info.ts'
import { FIELD } from '#codec/sip/field.ts'
import type { Message } from '#codec/sip/message.ts'
import { splitList } from '#codec/sip/scanner.ts'

/** One Call-Info value as it was found, however broken. */
export type CallInfoValue = {
  /** What stands between the angle brackets, or where they should be. */
  readonly uri: string
  readonly purpose: string | undefined
  /** RFC 3261 §20.9 is broken. */
  readonly broken: boolean
  /** A parameter stands twice; the first one counts. */
  readonly repeated: boolean
}

/** Reads all Call-Info values of a message, over all its header lines, in order. It accepts anything. */
export function readCallInfoValues(message: Message): CallInfoValue[] {
  return message.all(FIELD.callInfo).flatMap((field) => splitList(field).map(readValue))
}

/** The card the response refers to: purpose `jwscard`, without case. RFC 8688 §3.1. */
export function isCard(value: CallInfoValue): boolean {
  return value.purpose?.toLowerCase() === 'jwscard'
}

function readValue(text: string): CallInfoValue {
  const value = strictly(text)
  if (value !== undefined) return value
  const close = text.indexOf('>')
  const bracketed = text.startsWith('<') && close > 0
  const uri = bracketed ? text.slice(1, close) : text.split(';', 1)[0]!.trim()
  const tail = bracketed ? text.slice(close + 1) : text.slice(uri.length)
  const purposes = [...tail.matchAll(PURPOSE)]
  const repeated = new Set(names(tail)).size < names(tail).length
  return { uri, purpose: purposes[0]?.[1], broken: !bracketed || !repeated, repeated }
}

function strictly(text: string): CallInfoValue | undefined {
  try {
    const [value] = parseCallInfo(text)
    return value && { uri: value.uri, purpose: value.purpose, broken: false, repeated: false }
  } catch {
    return undefined
  }
}

function names(tail: string): string[] {
  return [...tail.matchAll(NAME)].map((match) => match[1]!.toLowerCase())
}

const PURPOSE = /;\s*purpose\s*=\s*"?([^\s;,"]*)/gi
const NAME = /;\s*([^\s;=]+)/g
