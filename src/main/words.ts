import { styleText } from 'node:util'

/**
 * Makes text from outside safe to show on a terminal: control, direction and invisible characters become visible codes.
 */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`)
}

/** A time for people, with its zone. */
export function showTime(atMs: number): string {
  return new Date(atMs).toISOString().replace('T', ' ').replace('Z', ' UTC')
}

/** Colour for a stream that can show it; `styleText` heeds NO_COLOR and FORCE_COLOR. */
export function paint(stream: NodeJS.WriteStream, format: Parameters<typeof styleText>[0], text: string): string {
  return styleText(format, text, { stream, validateStream: true })
}

const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g
