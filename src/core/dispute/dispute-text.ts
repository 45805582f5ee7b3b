import type { DisputedCall, DisputeSubject } from './dispute-event.ts'

/** Who contests. */
export type Disputant = {
  readonly name: string
  readonly organisation: string | undefined
  readonly email: string | undefined
  readonly tel: string | undefined
  /** A provider speaks for its customer. */
  readonly isForCustomer: boolean
}

export type PreparedText = { readonly subject: string; readonly text: string }

/** A field of a form, and what to put into it. */
export type FormField = { readonly label: string; readonly value: string }

/**
 * Writes what a desk has to know, for a message or to read out: the numbers, calls with times in UTC, called numbers, status,
 * phrase and id, what the calls are for, who asks. It is ASCII alone, each value on one line, and not longer than `TEXT_MAX`:
 * what came from outside cannot become a header field or a line of its own.
 */
export function writeDispute(subject: DisputeSubject, who: Disputant): PreparedText {
  const { numbers, calls, receipts, urls } = subject
  const [first = ''] = numbers
  const others = numbers.length > 1 ? ` and ${numbers.length - 1} more` : ''
  const paragraphs = [
    'Calls of ours are blocked in your network. Please look into it and tell us the outcome.',
    section('Calling numbers', numbers.map(line), NUMBERS_SHOWN),
    section('Blocked calls (times in UTC)', calls.map(callLine), CALLS_SHOWN),
    section('Ids that your notices gave', receipts.map(line), CALLS_SHOWN),
    section('Pages that your notices named', urls.map(line), URLS_SHOWN),
    section('What these calls are for', [...textLines(subject.purpose)], TEXT_LINES),
    section('What has been changed since', [...textLines(subject.changed)], TEXT_LINES),
    section('Who asks', whoLines(who), TEXT_LINES),
    'In the United States, 47 CFR 64.1200(k)(8) asks a provider that blocks calls to resolve such a dispute promptly, without charge, and to tell its status within 24 hours.',
  ].filter((paragraph) => paragraph !== '')
  return {
    subject: cut(`Blocked calls from ${line(first)}${others}`, SUBJECT_MAX),
    text: `${cut(paragraphs.join('\n\n'), TEXT_MAX)}\n`,
  }
}

/** What goes into the fields of a form; where the blocker is known, what it is known to want comes first. */
export function writeForm(
  subject: DisputeSubject,
  who: Disputant,
  known: { readonly name: string; readonly says: string } | undefined,
): FormField[] {
  const [call] = subject.calls
  const fields: [label: string, value: string][] = [
    ['Your name', line(who.name)],
    ['Company', line(who.organisation ?? '')],
    ['E-mail', line(who.email ?? '')],
    ['Telephone for callbacks', line(who.tel ?? '')],
    ['Phone numbers', subject.numbers.slice(0, NUMBERS_SHOWN).map(line).join(', ')],
    ['Called number of one call', line(call?.to ?? '')],
    ['Date and time of that call (UTC)', call === undefined ? '' : moment(call.at)],
    ['Response that the call got', call === undefined ? '' : `${call.status} ${line(call.phrase)}`],
    ['Id or SIP Message ID in the response', line(subject.receipts[0] ?? '')],
    ['What the calls are for', [...textLines(subject.purpose)].join(' ')],
    ['What has been changed since', [...textLines(subject.changed)].join(' ')],
  ]
  const hint = known === undefined ? [] : [{ label: `What ${line(known.name)} says`, value: line(known.says) }]
  return [...hint, ...fields.flatMap(([label, value]) => (value === '' ? [] : [{ label, value }]))]
}

function section(title: string, lines: readonly string[], most: number): string {
  if (lines.length === 0) return ''
  const left = lines.length - most
  const more = left > 0 ? [`  and ${left} more`] : []
  return [`${title}:`, ...lines.slice(0, most).map((one) => `  ${one}`), ...more].join('\n')
}

function callLine({ at, from, to, status, phrase }: DisputedCall): string {
  return `${moment(at)}  ${line(from)} -> ${line(to)}  ${status} ${line(phrase)}`
}

function whoLines({ name, organisation, email, tel, isForCustomer }: Disputant): string[] {
  return [
    [name, organisation]
      .filter((one) => one !== undefined)
      .map(line)
      .join(', '),
    ...(isForCustomer ? ['We are the provider and speak for our customer.'] : []),
    ...[email, tel].flatMap((one) => (one === undefined ? [] : [line(one)])),
  ].filter((one) => one !== '')
}

function moment(at: number): string {
  return Number.isFinite(at) && Math.abs(at) <= TIME_MAX ? new Date(at).toISOString().replace('T', ' ') : 'no time'
}

function* textLines(text: string): Generator<string> {
  for (const one of text.split(/\r\n|[\r\n]/)) if (line(one) !== '') yield line(one)
}

/** One line of ASCII: letters without their marks where there is such a letter, `?` for what has no place here. */
function line(text: string): string {
  return cut(
    text
      .slice(0, LINE_MAX)
      .normalize('NFKD')
      .replaceAll(/\p{M}/gu, '')
      .replaceAll(/[\u2018\u2019]/g, "'")
      .replaceAll(/[\u201c\u201d]/g, '"')
      .replaceAll(/[\u2010-\u2015]/g, '-')
      .replaceAll(/[\p{Z}\p{Cc}]+/gu, ' ')
      .replaceAll(/[^ -~]+/g, '?')
      .trim(),
    LINE_MAX,
  )
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 4)} ...`
}

/** Characters of a prepared text, of its subject, and of one line. */
export const TEXT_MAX = 16_000
export const SUBJECT_MAX = 120
const LINE_MAX = 500
const TEXT_LINES = 60
const NUMBERS_SHOWN = 100
const CALLS_SHOWN = 20
const URLS_SHOWN = 5
/** ECMA-262 §21.4.1.1. */
const TIME_MAX = 8.64e15
