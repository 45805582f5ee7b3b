import { html, raw } from 'hono/html'
import { isJoinerInPlace } from '#core/redress/joiner.ts'

/** A piece of HTML that is safe to send. */
export type Markup = ReturnType<typeof html>

/**
 * HTML from a template. Every text that is put in is shown as `visibleText` has it and escaped; markup stays markup, lists
 * are joined, undefined is nothing.
 */
export function markup(strings: TemplateStringsArray, ...values: readonly unknown[]): Markup {
  return html(strings, ...values.map(shown))
}

/** Text as somebody typed it, for a form that gives it back: escaped, and otherwise left alone. */
export function typedText(text: string): Markup {
  // The first line end in a textarea is dropped by browsers.
  return raw(escapeText(text.replaceAll('\0', '')).replace(/^\r?\n/, '\n\n'))
}

/**
 * Text of a stranger as everybody sees the same: what is invisible, moves the rest of the line about or speaks to a terminal
 * stands there as its code, `[U+202E]`. Line feeds stay, and so do joiners within words that are written with them.
 */
export function visibleText(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(HIDDEN, (character, at: number, whole: string) => {
    if (isJoinerInPlace(whole, at)) return character
    const code = character.codePointAt(0)!.toString(16).toUpperCase()
    return `[U+${code.padStart(4, '0')}]`
  })
}

function shown(value: unknown): unknown {
  if (typeof value === 'string') return visibleText(value)
  return Array.isArray(value) ? value.map(shown) : value
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES.get(character)!)
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
])
/** Control characters but the line feed, format characters (bidi and zero-width ones are), line separators, lone surrogates, tags. */
const HIDDEN = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0]/gu
