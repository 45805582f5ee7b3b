import { type Case, holdsEntries } from './case.ts'
import { liftWords, nextWords } from './case-words.ts'
import type { NewMail } from './change.ts'
import type { Decision } from './decision.ts'
import { formatMoment } from './moment.ts'

/** Who writes, and where the case can be seen. */
export type LetterTerms = {
  readonly operator: string
  /** Of the desk, without a slash at its end. */
  readonly public: string
  /** An IANA name: the zone of the times in letters, as on the pages. */
  readonly timeZone: string
}

/** The one message before any other. Nothing that the claimant typed stands in it: it may reach somebody else. */
export function confirmLetter(id: string, to: string, token: string, until: number, terms: LetterTerms): NewMail {
  return letter(id, to, 'confirm', terms, [
    `Somebody contested a blocked call at ${terms.operator} and gave this mail address.`,
    `If that was you, follow this link until ${formatMoment(until, terms.timeZone)}:`,
    `  ${terms.public}/confirm/${token}`,
    'Nobody looks at the case before you do. It costs nothing.',
    'If it was not you, do nothing: you get no other message about it.',
  ])
}

/** The first status: what was received, and truthfully that nobody has looked at it yet. */
export function receivedLetter(found: Case, status: string, terms: LetterTerms): NewMail | undefined {
  const what = found.request === undefined ? 'claim about blocked calls' : 'request'
  return toClaimant(found, terms, [
    `We have your ${what}. No person has looked at it yet.`,
    ...(found.numbers.length === 0 ? [] : [`It is about ${listed(found.numbers)}.`]),
    `What happens next: ${nextWords(found, terms.timeZone)}`,
    linkTo(status, terms),
    'Keep that link to yourself: who has it can see and withdraw the case.',
  ])
}

export function questionLetter(found: Case, question: string, status: string, terms: LetterTerms): NewMail | undefined {
  return toClaimant(found, terms, [
    'We have a question:',
    question,
    'Answer on the page of your case, or reply to this message.',
    linkTo(status, terms),
  ])
}

export function messageLetter(found: Case, text: string, status: string, terms: LetterTerms): NewMail | undefined {
  return toClaimant(found, terms, [text, linkTo(status, terms)])
}

/** What the claimant reads of a decision. */
export function decisionLetter(
  found: Case,
  decision: Decision,
  status: string,
  terms: LetterTerms,
): NewMail | undefined {
  return toClaimant(found, terms, [...decisionWords(decision, terms), linkTo(status, terms)])
}

/** A decision was taken back; `found` is the case as it stands then. */
export function takenBackLetter(found: Case, status: string, terms: LetterTerms): NewMail | undefined {
  if (found.takenBack === undefined) return undefined
  return toClaimant(found, terms, [nextWords(found, terms.timeZone), linkTo(status, terms)])
}

export function expiredLetter(found: Case, status: string, terms: LetterTerms): NewMail | undefined {
  return toClaimant(found, terms, [
    ...(holdsEntries(found)
      ? ['We asked you a question and had no answer in time. What we decided before stays in force.']
      : [
          'We asked you a question and had no answer in time, so the case is closed.',
          'You can open it again on its page.',
        ]),
    linkTo(status, terms),
  ])
}

export function regressedLetter(found: Case, status: string, terms: LetterTerms): NewMail | undefined {
  return toClaimant(found, terms, [
    'A call was blocked again although we had lifted the block. We were alerted, and a person looks into it now.',
    linkTo(status, terms),
  ])
}

/** To whom numbers are registered: somebody else contests blocks of them, in so many cases each. */
export function ownerLetter(to: string, id: string, cases: ReadonlyMap<string, number>, terms: LetterTerms): NewMail {
  return letter(`owner:${id}`, to, 'owner', terms, [
    `Somebody contested blocked calls of numbers at ${terms.operator} that are registered to you:`,
    ownerLines(cases),
    'If that was you or somebody who speaks for you, do nothing.',
    'If not, reply to this message: no block is lifted without proof of who has the number.',
  ])
}

/** One letter of two to the same owner: the first, with the cases of both. */
export function joinOwnerLetters(first: string, second: string): string {
  const cases = new Map<string, number>()
  for (const text of [first, second])
    for (const [, number = '', count = ''] of text.matchAll(OWNER_LINE))
      cases.set(number, (cases.get(number) ?? 0) + Number(count))
  const paragraphs = first.split('\n\n')
  return [paragraphs[0], ownerLines(cases), ...paragraphs.slice(2)].join('\n\n')
}

function ownerLines(cases: ReadonlyMap<string, number>): string {
  const all = Array.from(cases).toSorted(([a], [b]) => Number(a === OTHERS) - Number(b === OTHERS))
  const named = all.slice(0, OWNER_NUMBERS_MAX)
  const others = all.slice(OWNER_NUMBERS_MAX).reduce((sum, [, count]) => sum + count, 0)
  const lines = others === 0 ? named : [...named, [OTHERS, others] as const]
  return lines.map(([number, count]) => `- ${number}: ${count} ${count === 1 ? 'case' : 'cases'}`).join('\n')
}

/** To the operator's own people. */
export function alertLetter(
  to: string,
  found: Case,
  what: 'soon' | 'overdue' | 'regressed',
  terms: LetterTerms,
): NewMail {
  const due =
    found.due === undefined ? '' : `: its ${found.due.what} is due ${formatMoment(found.due.at, terms.timeZone)}`
  return letter(`alert:${found.id}`, to, 'alert', terms, [
    `${ALERTS[what]}${due}.`,
    `Case ${found.id}, ${found.status}.`,
  ])
}

/** What the claimant is told of a decision, in paragraphs: by mail, and on the page of the case. */
export function decisionWords(decision: Decision, terms: LetterTerms): string[] {
  switch (decision.outcome) {
    case 'lift':
      return [
        'We decided to lift the block.',
        ...lifted(decision, terms),
        decision.reason,
        'Your calls go through now.',
      ]
    case 'partly':
      return [
        'We decided to lift the block in part.',
        ...lifted(decision, terms),
        decision.reason,
        `What you can do: ${decision.next}`,
      ]
    case 'uphold':
      return [
        'We decided that the block stays.',
        decision.reason,
        ['What it rests on:', ...decision.evidence.map((item) => `- ${item}`)].join('\n'),
        `What you can do: ${decision.next}`,
      ]
    case 'grant':
      break
  }
  return ['What you asked for is done.', decision.reason]
}

function lifted({ lifts }: Extract<Decision, { lifts: unknown }>, { timeZone }: LetterTerms): string[] {
  return [['From now on:', ...lifts.map((lift) => `- ${liftWords(lift, timeZone)}`)].join('\n')]
}

function toClaimant(found: Case, terms: LetterTerms, paragraphs: readonly string[]): NewMail | undefined {
  const { email } = found.claim.claimant
  // Before the address is confirmed nothing leaves but the first message.
  return email === undefined || !found.isConfirmed ? undefined : letter(found.id, email, 'notice', terms, paragraphs)
}

function letter(
  thread: string,
  to: string,
  purpose: NewMail['purpose'],
  { operator }: LetterTerms,
  paragraphs: readonly string[],
): NewMail {
  const id = thread.slice(thread.indexOf(':') + 1)
  const subject = purpose === 'alert' ? `Alert: case ${id}` : `Your blocked calls: case ${id}`
  return { to, subject, text: `${[...paragraphs, operator].join('\n\n')}\n`, thread, purpose }
}

function linkTo(status: string, terms: LetterTerms): string {
  return `The page of your case: ${terms.public}/c/${status}`
}

function listed(numbers: readonly string[]): string {
  const more = numbers.length - NAMED_MAX
  return more > 0 ? `${numbers.slice(0, NAMED_MAX).join(', ')} and ${more} more` : numbers.join(', ')
}

const NAMED_MAX = 10
/** Numbers that a letter to their owner names. */
const OWNER_NUMBERS_MAX = 100
const OTHERS = 'more of your numbers'
const OWNER_LINE = /^- (\+[0-9]+|more of your numbers): ([0-9]+) cases?$/gm
const ALERTS = {
  soon: 'A case is due soon',
  overdue: 'A case is overdue',
  regressed: 'A number was blocked again within a lift',
} as const
