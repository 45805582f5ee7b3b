import { styleText } from 'node:util'

/**
 * Makes text from outside safe to show on a terminal: control, direction and invisible characters become visible codes.
 */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0)!.toString(16)
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
  })
}

/** A text without the telephone numbers in it, for the log. */
export function concealNumbers(text: string): string {
  return text.replace(/\+?[0-9][0-9(). -]{5,}[0-9]\*?/g, '…')
}

/** An input's name for people, in a text that holds it or alone: safe to show, and not longer than a few lines. */
export function nameInput(text: string, path = text): string {
  if (text === '-') return 'standard input'
  const short = path.length > NAME_MAX ? `${path.slice(0, NAME_MAX / 2)}…${path.slice(-NAME_MAX / 2)}` : path
  return visible(text.replaceAll(path, () => short))
}

/** A time for people, with its zone. */
export function showTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('T', ' ').replace('Z', ' UTC')
}

/** Colour for a stream that can show it; `styleText` heeds NO_COLOR and FORCE_COLOR. */
export function paint(stream: NodeJS.WriteStream, format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream, validateStream: true })
}

/** Control, format (direction, zero width, tags), line and paragraph ends, halves of surrogate pairs. */
/** A count with its noun: `1 chain`, `2 chains`. */
export function many(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`
}

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
/** Characters of a path that are shown. */
const NAME_MAX = 200
