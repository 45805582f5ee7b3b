import type { CountryCode } from 'libphonenumber-js/min'
import type { Claim, ClaimedCall, Claimant } from '#core/redress/claim.ts'
import type { EvidenceUpload } from '#core/redress/desk.ts'
import {
  type FieldFault,
  type FormState,
  checkField,
  choiceField,
  fileField,
  selectField,
  textArea,
  textField,
} from './fields.ts'
import {
  AHEAD_MS,
  LINES_MAX,
  type LineFault,
  type PastedLines,
  dropHeading,
  readLines,
  readTime,
  receiptOf,
} from './lines.ts'
import { type Markup, markup } from './markup.ts'
import { TIME_ZONES } from './moment.ts'
import { parseTelephone } from './telephone.ts'

/** By what a form is read. */
export type FormTerms = { readonly country: CountryCode; readonly timeZone: string; readonly now: number }

/** A claim, or what is wrong in the form that was to be one. `typed` has the lines of the file in it, so that nothing is lost. */
export type ReadClaim = {
  /** Undefined where something is wrong. */
  readonly claim: Claim | undefined
  readonly faults: readonly FieldFault[]
  readonly lines: readonly LineFault[]
  readonly typed: ReadonlyMap<string, string>
}

/** The part of the form about blocks, where no page knows one already: one call, or many lines. */
export function blockFields(state: FormState, lines: readonly LineFault[], timeZone: string): Markup {
  const zones = new Map(TIME_ZONES)
  if (!zones.has(timeZone)) zones.set(timeZone, timeZone)
  const zone = state.typed.get('zone') ?? timeZone
  const withZone = { ...state, typed: new Map(state.typed).set('zone', zone) }
  const isMany = (state.typed.get('more') ?? '') !== '' || state.faults.some(({ field }) => field === 'more')
  return markup`<h2>The call that was blocked</h2>
${textField(state, { name: 'calling', label: 'Number that called', type: 'tel', hint: 'With its area code, for example (212) 555-0117 or +44 20 7946 0018.', complete: 'tel' })}
${textField(state, { name: 'called', label: 'Number that was called', type: 'tel', isOptional: true, hint: 'With it and the time we find the call. We show it to nobody.' })}
<div class="row">${textField(state, { name: 'day', label: 'Day', type: 'date', isOptional: true })}${textField(state, { name: 'time', label: 'About what time', type: 'time', isOptional: true })}</div>
${selectField(withZone, { name: 'zone', label: 'Time zone', options: zones })}
<details class="last"${isMany ? markup` open` : ''}><summary>Many calls or many numbers</summary>
${manyFields(state, lines, true)}
</details>`
}

/** A field for many lines, with what is wrong in which of them. */
export function manyFields(state: FormState, lines: readonly LineFault[], hasFile: boolean): Markup {
  return markup`${lineReport(lines)}
${textArea(state, { name: 'more', label: 'One a line', isLines: true, rows: 6, isOptional: true, hint: markup`A number, a receipt or its link, or calling number, called number and time with commas between them, up to ${LINES_MAX} lines:<br><span class="code">+12125550117</span><br><span class="code">+12125550117, +14155550163, 2026-11-22 13:05</span>` })}
${hasFile ? fileField(state, { name: 'file', label: 'Or choose a CSV file with such lines', isOptional: true, accept: '.csv,.txt,text/csv,text/plain' }) : ''}
${lines.length > 0 ? checkField(state, { name: 'leave', label: 'Leave out the lines that cannot be read, and send the others' }) : ''}`
}

/** Who contests, and why. */
export function claimantFields(state: FormState, headings: 'h2' | 'h3'): Markup {
  const heading = (text: string): Markup => (headings === 'h2' ? markup`<h2>${text}</h2>` : markup`<h3>${text}</h3>`)
  return markup`${heading('Your side of it')}
${textArea(state, { name: 'purpose', label: 'What are these calls for?', hint: 'In your own words: who calls whom, and why. If you did not place these calls, say so.', length: WORDS_MAX })}
${textArea(state, { name: 'changed', label: 'What have you changed since, or found out?', isOptional: true, rows: 3, length: WORDS_MAX })}
${heading('Who you are')}
${choiceField(state, {
  name: 'acts',
  label: 'The number that called is',
  options: new Map([
    ['for-itself', 'mine, or that of the business I speak for'],
    ['for-a-customer', 'that of a customer: I speak for a telephone provider'],
  ]),
})}
${textField(state, { name: 'name', label: 'Your name', complete: 'name' })}
${textField(state, { name: 'organisation', label: 'Business or organisation', isOptional: true, complete: 'organization' })}
${textField(state, { name: 'email', label: 'E-mail address', type: 'email', hint: 'We send one message to confirm it, and then the answer. Nothing else.', complete: 'email', length: EMAIL_MAX })}
${textField(state, { name: 'tel', label: 'Telephone number to reach you', type: 'tel', isOptional: true, complete: 'tel' })}`
}

/** Reads a posted form; `receipt` is the block that its page knew. */
export function readClaim(
  typed: ReadonlyMap<string, string>,
  file: EvidenceUpload | undefined,
  receipt: string | undefined,
  terms: FormTerms,
): ReadClaim {
  const faults: FieldFault[] = []
  const zone = TIME_ZONES.has(typed.get('zone') ?? '') ? typed.get('zone')! : terms.timeZone
  const call = receipt === undefined ? readCall(typed, { ...terms, timeZone: zone }, faults) : {}
  const given = withFile(typed.get('more') ?? '', file, faults)
  const lines = readLines(given, { ...terms, timeZone: zone })
  if (lines.faults.length > 0 && typed.get('leave') !== 'yes') faults.push(faultOfLines(lines))
  const receipts = [
    ...new Set([...(receipt === undefined ? [] : [receipt]), ...(call.receipts ?? []), ...lines.receipts]),
  ]
  const numbers = [...new Set([...(call.numbers ?? []), ...lines.numbers])]
  const calls = [...(call.calls ?? []), ...lines.calls]
  if (receipts.length + numbers.length + calls.length === 0 && faults.length === 0) {
    faults.push({ field: 'calling', problem: 'Enter the number that called.' })
  }
  const purpose = words(typed, 'purpose')
  if (purpose === '') faults.push({ field: 'purpose', problem: 'Tell us what these calls are for.' })
  const changed = words(typed, 'changed')
  for (const field of ['purpose', 'changed']) {
    if (words(typed, field).length > WORDS_MAX) {
      faults.push({ field, problem: `Use up to ${WORDS_MAX} characters; there are ${words(typed, field).length}.` })
    }
  }
  const claimant = readClaimant(typed, terms.country, faults)
  const rest = { faults, lines: lines.faults, typed: new Map(typed).set('more', given) }
  if (faults.length > 0 || claimant === undefined) return { claim: undefined, ...rest }
  return { claim: { receipts, numbers, calls, claimant, purpose, changed, webhook: undefined }, ...rest }
}

/** An e-mail address that fits a message's head without quoting. RFC 5321 §4.5.3.1, RFC 5322 §3.2.3. */
export function isEmail(text: string): boolean {
  return text.length <= EMAIL_MAX && EMAIL.test(text)
}

/** Reads a name on one line; faults are put to the others. */
export function readName(typed: ReadonlyMap<string, string>, field: string, faults: FieldFault[]): string {
  const name = words(typed, field)
  if (name === '') faults.push({ field, problem: 'Enter your name.' })
  return oneLine(name, field, faults)
}

export function readEmail(typed: ReadonlyMap<string, string>, faults: FieldFault[]): string {
  const email = words(typed, 'email')
  if (email === '') faults.push({ field: 'email', problem: 'Enter your e-mail address, so that we can answer.' })
  else if (!isEmail(email)) faults.push({ field: 'email', problem: 'Enter an e-mail address like name@example.com.' })
  return email
}

/** A field without the spaces around it. */
export function words(typed: ReadonlyMap<string, string>, field: string): string {
  return (typed.get(field) ?? '').trim()
}

type Partly = {
  readonly receipts?: readonly string[]
  readonly numbers?: readonly string[]
  readonly calls?: readonly ClaimedCall[]
}

/** The one call of the form: a call where its time and both numbers are there, a number otherwise. */
function readCall(typed: ReadonlyMap<string, string>, terms: FormTerms, faults: FieldFault[]): Partly {
  const [calling, called, day, time] = ['calling', 'called', 'day', 'time'].map((field) => words(typed, field))
  if (calling === '') {
    if (called !== '' || day !== '') faults.push({ field: 'calling', problem: 'Enter the number that called.' })
    return {}
  }
  const receipt = receiptOf(calling!)
  if (receipt !== undefined) return { receipts: [receipt] }
  const number = parseTelephone(calling!, terms.country)
  if (number === undefined) {
    faults.push({ field: 'calling', problem: 'Enter the number that called, with its area code.' })
    return {}
  }
  if (called === '' && day === '' && time === '') return { numbers: [number] }
  const to = parseTelephone(called!, terms.country)
  if (to === undefined) {
    faults.push({
      field: 'called',
      problem:
        called === ''
          ? 'Enter the number that was called, or leave day and time empty too.'
          : 'Enter the number that was called, with its area code.',
    })
  }
  const at = readTime(`${day} ${time === '' ? '12:00' : time}`, terms.timeZone)
  if (at === undefined) {
    faults.push(
      day === ''
        ? { field: 'day', problem: 'Enter the day of the call.' }
        : {
            field: /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(day!) ? 'time' : 'day',
            problem: 'Enter day and time like 2026-11-22 and 13:05.',
          },
    )
  } else if (at > terms.now + AHEAD_MS + (time === '' ? DAY_MS : 0)) {
    faults.push({ field: 'day', problem: 'The time of the call lies in the future.' })
  }
  return to === undefined || at === undefined ? {} : { calls: [{ calling: number, called: to, at }] }
}

function readClaimant(
  typed: ReadonlyMap<string, string>,
  country: CountryCode,
  faults: FieldFault[],
): Claimant | undefined {
  const before = faults.length
  const name = readName(typed, 'name', faults)
  const organisation = oneLine(words(typed, 'organisation'), 'organisation', faults)
  const email = readEmail(typed, faults)
  const written = words(typed, 'tel')
  const tel = written === '' ? undefined : parseTelephone(written, country)
  if (written !== '' && tel === undefined) {
    faults.push({ field: 'tel', problem: 'Enter a telephone number with its area code, or leave it empty.' })
  }
  const acts = typed.get('acts') === 'for-a-customer' ? 'for-a-customer' : 'for-itself'
  if (faults.length > before) return undefined
  return { name, email, organisation: organisation === '' ? undefined : organisation, tel, acts }
}

function oneLine(text: string, field: string, faults: FieldFault[]): string {
  if (/\p{Cc}/u.test(text)) faults.push({ field, problem: 'Use letters and signs on one line only.' })
  else if (text.length > NAME_MAX) faults.push({ field, problem: `Use up to ${NAME_MAX} characters.` })
  return text
}

function withFile(pasted: string, file: EvidenceUpload | undefined, faults: FieldFault[]): string {
  if (file === undefined) return pasted
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(file.octets)
    if (!text.includes('\0')) return pasted.trim() === '' ? text : `${pasted.trimEnd()}\n${dropHeading(text)}`
  } catch {
    // Said below, as for a file with other octets that no text has.
  }
  faults.push({ field: 'file', problem: 'This file is no text. Save it as CSV (UTF-8) and choose it again.' })
  return pasted
}

function faultOfLines({ faults, count }: PastedLines): FieldFault {
  const which = count === 1 ? 'The line' : `${faults.length} of ${count} lines`
  return { field: 'more', problem: `${which} cannot be read. The list above the field says why.` }
}

/** What is wrong in which line, as a table. */
export function lineReport(lines: readonly LineFault[]): Markup | '' {
  if (lines.length === 0) return ''
  const rest = lines.length - LINES_SHOWN
  return markup`<div class="scroll" role="region" aria-label="Lines that cannot be read" tabindex="0"><table>
<caption>Lines that cannot be read</caption>
<thead><tr><th scope="col" class="figure">Line</th><th scope="col">It says</th><th scope="col">What is wrong</th></tr></thead>
<tbody>${lines.slice(0, LINES_SHOWN).map(({ line, found, problem }) => markup`<tr><td class="figure">${line === 0 ? '' : line}</td><td class="code">${found}</td><td class="said">${problem}</td></tr>`)}</tbody>
</table>${rest > 0 ? markup`<p class="soft">and ${rest} more</p>` : ''}</div>`
}

/** Characters of what somebody tells in his own words. */
export const WORDS_MAX = 4_000
export const NAME_MAX = 200
export const EMAIL_MAX = 254
const EMAIL =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/
const LINES_SHOWN = 50
const DAY_MS = 86_400_000
