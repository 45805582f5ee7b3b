/** What each kind of kept things is called, and what goes when its time is up. */
export const KEPT_WORDS: ReadonlyMap<string, { readonly label: string; readonly words: string }> = new Map([
  ['ledger-personal', { label: 'Personal part of blocks', words: 'Numbers, names and messages of blocked calls' }],
  ['ledger-entries', { label: 'Ledger entries', words: 'Chained and signed, with nothing personal in them' }],
  ['journal', { label: 'Journal', words: 'Screened calls: who called whom, when, and the verdict' }],
  ['cases', { label: 'Cases', words: 'What is personal in closed ones; events and decisions stay' }],
  ['evidence', { label: 'Evidence files', words: 'Handed in with cases and registrations' }],
  ['registrations', { label: 'Registrations', words: 'What is personal in those that ended' }],
  ['standing', { label: 'Lifts and exemptions', words: 'Whom those that ended were about' }],
  ['mail-done', { label: 'Mails that left', words: 'And those that were given up: address and text' }],
  ['mail-waiting', { label: 'Mails that wait', words: 'Then they are given up' }],
  ['observations', { label: 'Observations', words: 'Your own calls that others refused, with their answers' }],
  ['disputes', { label: 'Disputes', words: 'What is personal in settled ones' }],
  ['alerts', { label: 'Alerts', words: 'What was told about your own calls' }],
  ['probes', { label: 'Probes', words: 'Reports about paths; test numbers only' }],
  ['policy-lists', { label: 'Texts of lists', words: 'Of versions of the policy; the last 20 keep theirs' }],
  ['audit', { label: 'Audit trail', words: 'Who changed what; never edited' }],
])
