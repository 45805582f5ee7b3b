/** A number as calls and people write it: `+12125550117`, `12125550117`, and in North America `2125550117`; a URI as it is. */
export function spellingsOf(number: string): string[] {
  const forms = [number, number.replace(/^\+/, ''), number.replace(/^\+1(?=\d{10}$)/, '')]
  return [...new Set(forms)]
}

/**
 * Finds a number in a text, whatever stands between its digits: `+1 (212) 555-0117`. Digits that are part of another number are
 * none. A caller without a number is found by the URI.
 */
export function numberPattern(number: string): RegExp {
  if (!/^\+?\d+$/.test(number))
    return new RegExp(`${number.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w.-]*\\w)`, 'gi')
  const digits = number.replaceAll(/\D/g, '')
  const isNational = /^\+1\d{10}$/.test(number)
  const spaced = (text: string): string => Array.from(text).join(BETWEEN)
  const body = isNational ? `(?:\\+?1${BETWEEN})?\\(?${spaced(digits.slice(1))}` : `\\+?${spaced(digits)}`
  return new RegExp(`(?<!\\d)${body}(?!\\d)`, 'g')
}

/** What people put between the digits of a number, as they do. */
const BETWEEN = '[ ().\\/-]{0,3}'
