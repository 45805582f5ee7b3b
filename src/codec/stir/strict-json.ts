/** A JSON object as it was sent: own properties only, each name once in each object. */
export type JsonObject = { readonly [name: string]: unknown }

/**
 * Reads a JSON object in which no object has a name twice: JSON lets readers choose which of two they take (RFC 8259 §4),
 * and a signature must not be about another claim than the one that is judged. Undefined for anything else.
 */
export function parseStrictJson(text: string): JsonObject | undefined {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined
  return hasDoubledName(text) ? undefined : (json as JsonObject)
}

/** The own property of that name. */
export function claimOf(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, name) ? (json as JsonObject)[name] : undefined
}

/** Walks text that is known to be JSON: strings, brackets and colons are all that counts. */
function hasDoubledName(text: string): boolean {
  const open: Set<string>[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') {
      if (open.length >= DEPTH_MAX) return true
      open.push(new Set())
    } else if (character === '}' || character === ']') open.pop()
    if (character !== '"') continue
    const start = at++
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    let after = at + 1
    while (BLANK.has(text[after] ?? '')) after++
    if (text[after] === ':') {
      const name = JSON.parse(text.slice(start, at + 1)) as string
      const names = open.at(-1)!
      if (names.has(name)) return true
      names.add(name)
    }
    at = after - 1
  }
  return false
}

const BLANK: ReadonlySet<string> = new Set([' ', '\t', '\r', '\n'])
/** Claims in use are three levels deep. */
const DEPTH_MAX = 16
