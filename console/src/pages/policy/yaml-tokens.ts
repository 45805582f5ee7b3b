import { readStretches } from '../../parts/outside-text.ts'

/** A stretch of one line of YAML, by what it is. */
export type Token = { readonly kind: TokenKind; readonly text: string }
export type TokenKind = 'key' | 'text' | 'number' | 'word' | 'mark' | 'comment' | 'file' | 'plain'

/** Takes the lines of a YAML text apart for colours. It colours and nothing else: what is wrong, the server says. */
export function readTokens(line: string): readonly Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  for (let at = 0; at < line.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(line)
    if (found === null) {
      tokens.push({ kind: 'plain', text: line.slice(at) })
      break
    }
    const kind = KINDS.find((kind) => found.groups?.[kind] !== undefined) ?? 'plain'
    tokens.push({ kind: kind === 'text' && found[0].slice(1).startsWith('file:') ? 'file' : kind, text: found[0] })
  }
  return tokens
}

const KINDS = ['comment', 'key', 'text', 'file', 'number', 'word', 'mark', 'plain'] as const
/** A key ends with a colon and a blank, or the line; a comment begins behind a blank. */
const TOKEN = new RegExp(
  [
    '(?<comment>(?:^|(?<=\\s))#.*)',
    '(?<key>[A-Za-z_][\\w.-]*(?=:(?:\\s|$)))',
    "(?<text>\"(?:[^\"\\\\]|\\\\.)*\"?|'(?:[^']|'')*'?)",
    '(?<file>file:[^\\s,\\]}]+)',
    '(?<number>[+-]?\\d[\\d_.]*(?:ms|[smhd%])?(?=[\\s,\\]}]|$))',
    '(?<word>(?:true|false|null|enforce|shadow|number|block)(?=[\\s,\\]}]|$))',
    '(?<mark>[\\[\\]{},:]|-(?=\\s))',
    '(?<plain>\\s+|[^\\s\\[\\]{},:#"\']+|.)',
  ].join('|'),
  'y',
)

/** Where a text has characters that are not seen, such as one that turns the direction of what follows: line (from 1) and names. */
export function hiddenIn(text: string): readonly { readonly line: number; readonly names: readonly string[] }[] {
  if (/^[\n -~]*$/.test(text)) return []
  return text.split('\n').flatMap((line, at) => {
    const names = readStretches(line).flatMap(({ hidden }) => (hidden === undefined ? [] : [hidden]))
    return names.length === 0 ? [] : [{ line: at + 1, names: [...new Set(names)] }]
  })
}
