import type { BlockCategory } from '#core/redress/desk.ts'
import type { CaseStatus } from '#core/redress/case-view.ts'
import type { ProofWay } from '#core/redress/proof.ts'

/** What is told of a kind of block: what it is, what usually brings it about, and what to do before anything else. */
export type CategoryWords = {
  readonly title: string
  readonly what: string
  readonly causes: readonly string[]
  readonly fixes: readonly string[]
  /** What contesting it here can bring. */
  readonly outlook: string
}

export const CATEGORIES: { readonly [category in BlockCategory]: CategoryWords } = {
  analytics: {
    title: 'Calls from your number looked like unwanted calls',
    what: 'Our network watches how calls behave, not what is said in them. This call fitted a pattern that unwanted calls show, so it was stopped before it rang.',
    causes: [
      'Many calls in a short time, or to one number after the other.',
      'Most calls not answered, or over within a few seconds.',
      'Calls to numbers that are no longer in use, from an old list.',
      'Somebody else showing your number as theirs.',
    ],
    fixes: [
      'Take numbers that are out of use off your lists, and spread your calls over the day.',
      'If you did not place these calls, tell us so below: your number may be misused.',
    ],
    outlook:
      'If your calls are wanted, we lift the block, and your number works again within seconds of that decision.',
  },
  unwanted: {
    title: 'Calls from your number were found to be unwanted',
    what: 'Our network has found calls from this number to be unwanted. It went by the number, not by what this call did.',
    causes: [
      'Complaints of people who were called from this number.',
      'Calls that others placed from this number before it was yours.',
      'Somebody else showing your number as theirs.',
    ],
    fixes: [
      'If the number is new to you, tell us since when you have it.',
      'If your calls led to complaints, tell us what you have changed.',
      'If you did not place such calls, tell us so below: your number may be misused.',
    ],
    outlook:
      'If your calls are wanted, we lift the block, and your number works again within seconds of that decision.',
  },
  unsigned: {
    title: 'This call came without a signature that we can rely on',
    what: 'Calls are signed by the provider that they start from. This call was not signed, or in a way that does not vouch for its number.',
    causes: [
      'Your provider does not sign your calls, or does not know that the number is yours.',
      'The signature was lost on the way, as on lines without SIP.',
      'Somebody else showing your number as theirs.',
    ],
    fixes: [
      'Ask your telephone provider to sign your calls at level A (full attestation).',
      'If you did not place this call, tell us so below: your number may be misused.',
    ],
    outlook: 'Once your calls come signed, they go through. Contest it if they are signed already, or cannot be.',
  },
  'called-party': {
    title: 'The person you called takes no calls from this number',
    what: 'The person or business you called has put this number on a list of their own. It is their choice, not ours.',
    causes: ['They blocked the number themselves, or they take no calls from people who hide their number.'],
    fixes: [
      'If you know them, reach them in another way and ask them to let your number through.',
      'If you hide your number, call again and show it.',
    ],
    outlook: 'We cannot change what they chose. Contest it here if you believe that the list is wrong.',
  },
  'do-not-originate': {
    title: 'This number is listed as one that never places calls',
    what: 'The holder of this number, or its provider, has said that no calls ever come from it. Such lists stop people who pretend to be a bank or an office.',
    causes: [
      'The number only takes calls, and your telephone system shows it on calls that go out.',
      'The number was listed by somebody who had it before you.',
      'Somebody pretends to call from this number.',
    ],
    fixes: [
      'Show another number of yours on calls that go out.',
      'Or have the provider of the number take it off the list.',
    ],
    outlook: 'We cannot lift this block by ourselves: the listing has to change first. We tell you who can do that.',
  },
  invalid: {
    title: 'The calling number is not a number that can exist',
    what: 'The number that came with this call has digits, a length or an area code that no telephone number has.',
    causes: [
      'A telephone system that sends an extension, or a number without its country or area code.',
      'A number with a typing error in the settings of your calling software.',
    ],
    fixes: [
      'Set your outgoing number in full, with its country code, such as +1 212 555 0117.',
      'Ask your provider which number your calls leave with.',
    ],
    outlook: 'Calls go through as soon as they carry a number that exists. Contest it if this number does exist.',
  },
  unallocated: {
    title: 'The calling number is not given to anybody',
    what: 'By the lists that we have, no provider has been given this number, so nobody should be calling from it.',
    causes: ['A number that was assigned only lately.', 'A typing error in the number that your system shows.'],
    fixes: [
      'Check the number that your calls show.',
      'If it is new, ask your provider when it was assigned, and tell us.',
    ],
    outlook: 'If the number is yours, we correct our list, and calls go through at once.',
  },
  spoofed: {
    title: 'This call did not look as if it came from its number',
    what: 'Calls are signed by the provider that they start from. The signature of this call was wrong, or it was missing where calls from this number normally have one.',
    causes: [
      'The call took another way than usual, through a provider that does not know your number.',
      'A forwarded call that shows the number of the first caller.',
      'Somebody else showing your number as theirs.',
    ],
    fixes: [
      'Ask your provider to sign your calls at level A, and to check the certificate it signs with.',
      'If you did not place this call, tell us so below: your number may be misused.',
    ],
    outlook: 'Once we see that the number is yours and your calls are signed, they go through.',
  },
  ordered: {
    title: 'An order requires us to block calls from this number',
    what: 'A government order requires our network to stop calls from this number. It was not our choice.',
    causes: [
      'An authority has named this number, or the provider that its calls come by.',
      'The number changed hands after the order was given.',
      'Somebody else showing your number as theirs.',
    ],
    fixes: [
      'If the number is new to you, tell us since when you have it.',
      'If you did not place these calls, tell us so below: your number may be misused.',
    ],
    outlook: 'We cannot lift an order. A person looks whether it means your number, and tells you whom to turn to.',
  },
  unknown: {
    title: 'Our network blocked this call',
    what: 'We see that the call was blocked, but no longer on what grounds.',
    causes: ['That cannot be said of this call: its grounds are no longer kept, or not to be read just now.'],
    fixes: ['Tell us below what your calls are for, and whether you still have trouble.'],
    outlook: 'A person looks what blocks your number today. If your calls are wanted, we lift the block.',
  },
}

type StatusWords = {
  readonly words: string
  readonly tone: '' | 'good' | 'wait' | 'bad'
  readonly title: string
}

/** How a case stands, in a word or two, with its tone. */
export const STATUSES: { readonly [status in CaseStatus]: StatusWords } = {
  unconfirmed: { words: 'Waiting for you', tone: 'wait', title: 'Please confirm your e-mail address' },
  open: { words: 'Open', tone: '', title: 'We are looking into it' },
  'waiting-for-claimant': { words: 'Waiting for you', tone: 'wait', title: 'We have a question for you' },
  lifted: { words: 'Lifted', tone: 'good', title: 'The block is lifted' },
  verified: { words: 'Lifted and seen to work', tone: 'good', title: 'Calls are going through again' },
  regressed: { words: 'Blocked again', tone: 'bad', title: 'A call was blocked again after the lift' },
  'partly-lifted': { words: 'Partly lifted', tone: 'good', title: 'Part of the block is lifted' },
  upheld: { words: 'The block stays', tone: '', title: 'The block stays, for now' },
  granted: { words: 'Done', tone: 'good', title: 'Your request is granted' },
  withdrawn: { words: 'Withdrawn', tone: '', title: 'You withdrew this case' },
  expired: { words: 'Closed', tone: '', title: 'This case is closed' },
}

/** The same for a case that is open because its lift was a mistake. */
export const LIFT_TAKEN_BACK: StatusWords = {
  words: 'Blocked again',
  tone: 'bad',
  title: 'We took the lift back: calls can be blocked again',
}

export const PROOF_WAYS: { readonly [way in ProofWay]: string } = {
  call: 'By a call from the number',
  letter: 'By a letter of authorisation',
  registry: 'By an entry in the registry',
  provider: 'By the number’s provider',
}

/** What a subscriber can ask for. */
export const WISHES: ReadonlyMap<string, string> = new Map([
  ['blocked-list', 'Send me the list of calls to my number that were blocked in the last 28 days'],
  ['opt-out', 'Stop blocking calls to my number by analysis'],
  ['opt-in', 'Start blocking calls to my number by analysis again'],
  ['unblock', 'Always let one caller through to me'],
  ['block', 'Never let one caller through to me'],
])
