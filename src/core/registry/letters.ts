import type { NewMail } from '#core/redress/change.ts'
import { type NumberSpan, formatSpan } from './number-span.ts'
import type { RegistryTerms } from './registry-change.ts'

/** To whom, and about which registration. */
export type Addressed = { readonly id: string; readonly email: string }

/**
 * The one message that goes to an address before anybody showed to read it. Nothing that a stranger typed stands in it: or
 * our mail would carry his.
 */
export function confirmLetter(to: Addressed, token: string, numbers: number, terms: RegistryTerms): NewMail {
  return letter(to, 'confirm', 'please confirm', terms, [
    `Somebody asked us to register a business and its telephone numbers (${numbers} so far) and gave this address.`,
    `If that was you, open this page and press its button:\n\n${terms.public}/g/confirm/${token}`,
    `The link works for ${Math.round(terms.confirmWithinMs / HOUR_MS)} hours. If it was not you, do nothing: nothing is registered, and you get no more mail from us about it.`,
  ])
}

export function confirmedLetter(to: Addressed, token: string, terms: RegistryTerms): NewMail {
  return letter(to, 'notice', 'received', terms, [
    'Thank you. Your registration was received, and a person looks at it.',
    `This is its private page. Keep the link: whoever has it can change the registration.\n\n${terms.public}/g/${token}`,
    'What you can do now: show on that page that the numbers are yours, by calling us from them or by a letter. Numbers that nobody has shown to control are not registered, whatever else is approved.',
  ])
}

/** Another link to the private page, for who has lost the first. */
export function linkLetter(to: Addressed, token: string, terms: RegistryTerms): NewMail {
  return letter(to, 'notice', 'your link', terms, [
    `This is the private page of your registration, as somebody with this address asked:\n\n${terms.public}/g/${token}`,
    'If it was not you, do nothing: the link went to this address only.',
  ])
}

export function questionLetter(to: Addressed, question: string, terms: RegistryTerms): NewMail {
  return letter(to, 'notice', 'a question', terms, [
    'Before your registration can go on, we have a question:',
    question,
    'Please answer it on the private page of your registration. If you have lost its link, we send you another one:',
    `${terms.public}/g`,
  ])
}

export function approvedLetter(to: Addressed, until: number, unproven: number, terms: RegistryTerms): NewMail {
  const open =
    unproven === 0
      ? 'Control of all of its numbers has been shown.'
      : `For ${unproven} of its lines nobody has shown yet that the numbers are yours: those are not registered until you do so on the private page.`
  return letter(to, 'notice', 'approved', terms, [
    `Your registration was approved. It lasts until ${day(until)}; we write to you before.`,
    open,
    'To be registered is a fact that rules may weigh. It is no pass: calls that break a rule can still be blocked, and can be contested as before.',
  ])
}

export function refusedLetter(
  to: Addressed,
  what: 'refused' | 'suspended',
  reasons: readonly string[],
  next: string,
  terms: RegistryTerms,
): NewMail {
  return letter(to, 'notice', what, terms, [
    `Your registration was ${what}, for ${reasons.length === 1 ? 'this reason' : 'these reasons'}:`,
    reasons.map((reason) => `- ${reason}`).join('\n'),
    `What you can do now: ${next}`,
  ])
}

/** To the one whose numbers somebody else has claimed. */
export function disputeLetter(
  to: Addressed,
  spans: readonly NumberSpan[],
  level: 'claim' | 'proof',
  terms: RegistryTerms,
): NewMail {
  const meaning =
    level === 'claim'
      ? 'Nothing has changed for you: somebody who only says so takes no number away from you. If a number is yours no longer, please take it off your list.'
      : 'Both of you have shown to control them. Until a person has settled whose they are, they are registered for neither. Please write on your private page what we should know, for example since when the numbers are yours and who your provider is.'
  return letter(to, 'notice', 'numbers claimed by somebody else', terms, [
    `Somebody else wants to register numbers that stand in your registration:\n\n${listed(spans)}`,
    meaning,
    `If you have lost the link of your private page, we send you another one:\n\n${terms.public}/g`,
  ])
}

export function settledLetter(
  to: Addressed,
  span: NumberSpan,
  outcome: 'kept' | 'lost',
  reason: string,
  terms: RegistryTerms,
): NewMail {
  const words = outcome === 'kept' ? 'It stays in your registration.' : 'It was taken out of your registration.'
  return letter(to, 'notice', 'a claim was settled', terms, [
    `We looked at who holds ${formatSpan(span)}. ${words}`,
    `The reason: ${reason}`,
    ...(outcome === 'lost' ? ['If that is wrong, answer on your private page with what shows it.'] : []),
  ])
}

export function offeredLetter(to: Addressed, spans: readonly NumberSpan[], terms: RegistryTerms): NewMail {
  return letter(to, 'notice', 'numbers offered to you', terms, [
    `Another registration hands you these numbers:\n\n${listed(spans)}`,
    'You can take them on the private page of your registration. Then show there that you control them: what the one before you has shown does not count for you.',
  ])
}

export function reminderLetter(
  to: Addressed,
  of: 'registration' | 'proofs',
  until: number,
  token: string,
  terms: RegistryTerms,
): NewMail {
  const words =
    of === 'registration'
      ? `Your registration ends on ${day(until)}. If all is still so, say it with one button on its private page`
      : `On ${day(until)} it is long ago that you showed to control some of your numbers. Please do so again on the private page`
  return letter(to, 'notice', of === 'registration' ? 'ends soon' : 'show your numbers again', terms, [
    `${words}:\n\n${terms.public}/g/${token}`,
    'What is not renewed is not registered any more from then on. It can be taken up again later.',
  ])
}

export function withdrawnLetter(to: Addressed, terms: RegistryTerms): NewMail {
  return letter(to, 'notice', 'withdrawn', terms, [
    'Your registration was withdrawn, as somebody with its private link asked. None of its numbers is registered any more.',
    `If that was not you, please tell us; you can register again at any time:\n\n${terms.public}/register`,
  ])
}

/** The subject has words of ours and the id alone, so that no header field ever holds what somebody typed. */
function letter(
  { id, email }: Addressed,
  purpose: NewMail['purpose'],
  subject: string,
  terms: RegistryTerms,
  parts: readonly string[],
): NewMail {
  return {
    to: email,
    subject: `Registration ${id}: ${subject}`,
    text: `${[...parts, `-- \n${terms.operator}\n${terms.public}`].join('\n\n')}\n`,
    thread: id,
    purpose,
  }
}

function listed(spans: readonly NumberSpan[]): string {
  const shown = spans.slice(0, SPANS_SHOWN).map(formatSpan)
  return [...shown, ...(spans.length > SPANS_SHOWN ? [`and ${spans.length - SPANS_SHOWN} more`] : [])].join('\n')
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10)
}

const HOUR_MS = 3_600_000
const SPANS_SHOWN = 20
