/** The character classes of RFC 3261 §25.1 and the few octets with a part in the grammar, by value. */
export const TAB = 9
export const LF = 10
export const CR = 13
export const SP = 32
export const QUOTE = 34
export const PERCENT = 37
export const COMMA = 44
export const DOT = 46
export const SLASH = 47
export const COLON = 58
export const SEMICOLON = 59
export const LESS = 60
export const EQUAL = 61
export const GREATER = 62
export const QUESTION = 63
export const AT = 64
export const BRACKET_OPEN = 91
export const BACKSLASH = 92
export const BRACKET_CLOSE = 93
export const DELETE = 127

const ALPHANUM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** `token`, RFC 3261 §25.1. */
export const TOKEN = table(`${ALPHANUM}-.!%*_+\`'~`)

/** Letters, digits, dot and hyphen: a host name or an IPv4 address. */
export const HOST = table(`${ALPHANUM}-.`)

/** A host inside square brackets: IPv6, with the zone that RFC 6874 allows. */
export const HOST6 = table('0123456789abcdefABCDEF:.%')

/** What may stand unescaped, or start an escape, in the user part of a SIP URI (with password). */
export const USER = table(`${ALPHANUM}-_.!~*'()&=+$,;?/%:`)

/** What may stand in the parameters and headers of a SIP URI. */
export const URI_TAIL = table(`${ALPHANUM}-_.!~*'()[]/:&+$;=?%`)

/** What a URI scheme is made of, after its first letter. RFC 3986 §3.1. */
export const SCHEME = table(`${ALPHANUM}+-.`)

/** RFC 3986 characters: what any absolute URI is made of. */
export const URI = table(`${ALPHANUM}-._~:/?#[]@!$&'()*+,;=%`)

/** What may stand in a quoted string as it is: everything but quote, backslash and the controls, save for folds and tabs. */
export const QUOTED = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet < SP) return octet === TAB || octet === CR || octet === LF ? 1 : 0
  return octet === QUOTE || octet === BACKSLASH || octet === DELETE ? 0 : 1
})

export const DIGIT = table('0123456789')

export const HEX = table('0123456789abcdefABCDEF')

function table(characters: string): Uint8Array {
  const members = new Uint8Array(256)
  for (const character of characters) members[character.charCodeAt(0)] = 1
  return members
}
