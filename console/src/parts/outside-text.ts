/** A stretch of a text from outside: shown as it is, or a character that would not be seen, by its name. */
export type Stretch = { readonly text: string; readonly hidden?: string }

/**
 * Takes a text apart into what is seen and what would not be: control characters, those that turn the direction of writing or
 * have no width, odd spaces, and marks heaped on one letter. Nothing is lost: the texts together are the text.
 */
export function readStretches(text: string): Stretch[] {
  if (PLAIN.test(text)) return text === '' ? [] : [{ text }]
  const stretches: Stretch[] = []
  let from = 0
  for (const found of text.matchAll(HIDDEN)) {
    if (found.index > from) stretches.push({ text: text.slice(from, found.index) })
    stretches.push({ text: found[0], hidden: nameOf(found[0]) })
    from = found.index + found[0].length
  }
  if (from < text.length) stretches.push({ text: text.slice(from) })
  return stretches
}

/** The same in one plain text, for names that have no markup: `Acme [right-to-left override]gnp.exe`. */
export function spellOut(text: string): string {
  return readStretches(text)
    .map(({ text, hidden }) => (hidden === undefined ? text : `[${hidden}]`))
    .join('')
}

/** What a hidden character is called: `right-to-left override`, `U+200B`. */
function nameOf(found: string): string {
  const point = found.codePointAt(0)!
  if (/^\p{M}/u.test(found)) return `${Array.from(found).length} more marks`
  return NAMES.get(point) ?? `U+${point.toString(16).toUpperCase().padStart(4, '0')}`
}

/**
 * Control, format, private and unassigned characters, lone surrogates, line and paragraph separators, spaces that are none of
 * the keyboard, letters that are blank, and marks from the fifth on one letter.
 */
const HIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]|(?! )\p{Zs}|(?<=\p{M}{4})\p{M}+/gu
/** Most texts by far: nothing to look for in them. */
const PLAIN = /^[ -~]*$/
const NAMES: ReadonlyMap<number, string> = new Map([
  [0x00, 'null'],
  [0x09, 'tab'],
  [0x0a, 'line end'],
  [0x0d, 'carriage return'],
  [0x1b, 'escape'],
  [0x7f, 'delete'],
  [0xa0, 'space that holds together'],
  [0xad, 'soft hyphen'],
  [0x061c, 'Arabic letter mark'],
  [0x200b, 'space of no width'],
  [0x200c, 'non-joiner'],
  [0x200d, 'joiner'],
  [0x200e, 'left-to-right mark'],
  [0x200f, 'right-to-left mark'],
  [0x2028, 'line separator'],
  [0x2029, 'paragraph separator'],
  [0x202a, 'left-to-right embedding'],
  [0x202b, 'right-to-left embedding'],
  [0x202c, 'end of direction'],
  [0x202d, 'left-to-right override'],
  [0x202e, 'right-to-left override'],
  [0x2066, 'left-to-right isolate'],
  [0x2067, 'right-to-left isolate'],
  [0x2068, 'isolate'],
  [0x2069, 'end of isolate'],
  [0xfeff, 'byte order mark'],
])
