/** On what authority a call was blocked, as the page says it. */
export const CAUSE_WORDS: Readonly<Record<string, string>> = {
  analytics: 'Analytics',
  'do-not-originate': 'Do not originate',
  invalid: 'Invalid number',
  unallocated: 'Unallocated number',
  'called-party': 'Called party',
  ordered: 'Ordered',
}
