/**
 * `+1 212 555 0117`: of North America by its plan, with what is dialled behind the number (a code) for itself; of elsewhere in
 * threes from behind. Undefined for what is no number.
 */
export function groupDigits(number: string): readonly string[] | undefined {
  if (!/^\+[1-9][0-9]{6,14}$/.test(number)) return undefined
  const nanp = /^(\+1)([2-9][0-9]{2})([0-9]{3})([0-9]{4})([0-9]*)$/.exec(number)
  if (nanp !== null) return nanp.slice(1).filter((group) => group !== '')
  return number.replaceAll(/(?<=\d{2})(?=(?:\d{3})+$)/g, ' ').split(' ')
}
