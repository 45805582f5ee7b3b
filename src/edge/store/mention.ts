import type { SQLOutputValue } from 'node:sqlite'
import { octetText } from './rows.ts'

/**
 * Finds a telephone number in the texts of a row, as people and equipment write it: with and without `+`, with dots, dashes,
 * brackets and blanks between its digits (RFC 3966 §3), and a number of +1 without its 1. Undefined for what is too short
 * to be told from a tag or a port; what is part of a longer number is found as well.
 */
export function createMention(number: string): RegExp | undefined {
  const digits = /^\+1\d{10}$/.test(number) ? number.slice(2) : number.replace(/^\+/, '')
  if (!/^\d+$/.test(digits) || digits.length < MENTION_DIGITS_MIN) return undefined
  return new RegExp(Array.from(digits).join('[-.() ]?[-.() ]?'))
}

/** Whether a row of `MENTION_COLUMNS` holds the number. */
export function hasMention(row: Record<string, SQLOutputValue>, mention: RegExp): boolean {
  return Object.entries(row).some(([name, value]) => name !== 'id' && mention.test(octetText(value)))
}

/** The personal columns a number may stand in. */
export const MENTION_COLUMNS = 'id, calling, called, displayName, callId, request, answer, grounds'

const MENTION_DIGITS_MIN = 7
