import { POWERS_OF_TEN, type Party } from '#core/call/party.ts'

/** How many leading digits make a block of numbers, by the first three digits of the number; 0 where nothing is said. */
export type BlockDigits = Uint8Array

/** Makes the table of a mapping from country codes to digits, the country code among them; a longer code goes before a shorter one. */
export function makeBlockDigits(digitsOf: ReadonlyMap<string, number>): BlockDigits {
  const table = new Uint8Array(1000)
  const codes = [...digitsOf].sort(([one], [other]) => one.length - other.length)
  for (const [code, digits] of codes) {
    const size = POWERS_OF_TEN[3 - code.length]!
    table.fill(digits, Number(code) * size, (Number(code) + 1) * size)
  }
  return table
}

/**
 * How many leading digits make the block of this number, by the rule's own width, else by what the policy says for its
 * country, else all but the last three: a thousands block.
 */
export function blockDigits(
  rule: { readonly prefix?: number | undefined; readonly blocks?: BlockDigits | undefined },
  party: Party,
): number {
  if (rule.prefix !== undefined) return rule.prefix
  if (rule.blocks !== undefined && party.kind === 'e164' && party.count >= 3) {
    const digits = rule.blocks[Math.floor(party.digits / POWERS_OF_TEN[party.count - 3]!)]!
    if (digits > 0) return digits
  }
  return party.count - THOUSANDS_DIGITS
}

/** A thousands block: the numbers that differ in their last three digits. */
const THOUSANDS_DIGITS = 3
