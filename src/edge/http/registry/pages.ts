import type { NumbersReport, RegistrationView } from '#core/registry/registry.ts'
import type { LineFault } from '#core/registry/number-lines.ts'
import { STATUS_WORDS } from '#core/registry/registration-view.ts'
import { lineReport } from '#edge/http/desk/claim-form.ts'
import {
  type FormState,
  checkField,
  faultSummary,
  fileField,
  hiddenFields,
  textArea,
  textField,
} from '#edge/http/desk/fields.ts'
import { type Markup, markup } from '#edge/http/desk/markup.ts'
import { formatDay, formatMoment } from '#core/redress/moment.ts'
import type { DeskOperator, Page } from '#edge/http/desk/page.ts'
import { formatTelephone } from '#edge/http/desk/telephone.ts'

/** What is done on the page of a registration, and so the last part of the address that its form goes to. */
export type RegistryAction =
  | 'numbers'
  | 'remove'
  | 'prove'
  | 'evidence'
  | 'answer'
  | 'change'
  | 'renew'
  | 'offer'
  | 'take'
  | 'withdraw'

/** The form of a new registration. */
export function registerPage(form: FormState, faultyLines: readonly LineFault[]): Page {
  return {
    title:
      form.faults.length > 0 || form.notice !== undefined
        ? 'Not sent yet: Register your numbers'
        : 'Register your numbers',
    main: markup`${faultSummary(form)}
<h1>Register your numbers</h1>
<p class="lead">You call people for a business? Tell us once who you are and which numbers are yours. It is free of charge.</p>
<div class="panel"><p>To be registered is a fact that our rules may weigh. It is no pass: calls that break a rule can still be blocked, and can be contested as before.</p></div>
<form method="post" action="/register" enctype="multipart/form-data" novalidate>
${hiddenFields(form)}
<h2>Who you are</h2>
${businessFields(form, true)}
<h2>Your numbers</h2>
${numbersFields(form, faultyLines)}
${faultyLines.length > 0 ? checkField(form, { name: 'leave', label: 'Leave out the lines that cannot be used, and send the others' }) : ''}
<p><button type="submit">Send</button> <span class="beside">We send one message to confirm your address. A person looks at your registration after that.</span></p>
</form>
<p class="soft">You are registered already? <a href="/g">Get the link to your private page</a>.</p>`,
  }
}

/** What somebody sees right after sending. */
export function openedPage({ id, business, counts }: RegistrationView, token: string): Page {
  return {
    title: 'One more step: confirm your e-mail address',
    main: markup`<p class="badge wait">Saved</p>
<h1>One more step: confirm your e-mail address</h1>
<p class="lead">What you sent is saved, with ${counts.lines === 0 ? 'no numbers yet' : `${lines(counts.lines)} of numbers`}. We have written to <strong>${business.email}</strong>: open the link in that message and press the button there.</p>
<h2>What happens now</h2>
<ol class="steps">
<li><strong>You confirm your e-mail address.</strong> The message comes within minutes. Look among unwanted mail if it does not.</li>
<li><strong>You show that the numbers are yours.</strong> By a call from each, or by a letter for many; your page says how.</li>
<li><strong>A person looks at your registration.</strong> If something is not clear, we ask; the question comes by e-mail and stands on your page.</li>
<li><strong>We decide.</strong> You hear it by e-mail. If we refuse, we say why, and what you can do.</li>
</ol>
<div class="panel"><h2>Keep this link</h2>
<p>It leads to your registration, and to nobody else’s: <a href="/g/${token}">the page of your registration</a>. There you add numbers, show that they are yours, change details or withdraw.</p>
<p>Id of the registration: <span class="code">${id}</span></p></div>
<p><a class="button" href="/g/${token}">Go to my registration</a></p>`,
  }
}

/** The button that confirms an address. Opening the link does not: programs that look for viruses open links. */
export function confirmRegistrationPage(token: string): Page {
  return {
    title: 'Confirm your registration',
    main: markup`<h1>Confirm your registration</h1>
<p class="lead">Press the button, and a person looks at your registration. From then on we write to you about it, and about nothing else.</p>
<form method="post" action="/g/confirm/${token}"><p><button type="submit">Yes, this is my address</button></p></form>
<p class="soft">You did not ask for this? Close the page: nothing happens, and no further message comes.</p>`,
  }
}

/** What the same link shows later. The private link is not in it: programs that open links would read it. */
export function confirmedRegistrationPage(token: string): Page {
  return {
    title: 'Your e-mail address is confirmed',
    main: markup`<p class="badge good">Confirmed</p>
<h1>Your e-mail address is confirmed</h1>
<p class="lead">There is nothing left to do here: a person looks at your registration, and we write to you about it.</p>
<form method="post" action="/g/confirm/${token}"><p><button type="submit">See how your registration stands</button></p></form>`,
  }
}

/** For who has lost the link; `isSent` looks the same whether there was anything to send. */
export function relinkPage(form: FormState, isSent: boolean): Page {
  return {
    title: 'The link to your registration',
    main: markup`${faultSummary(form)}
<h1>The link to your registration</h1>
${
  isSent
    ? markup`<div class="panel good"><p>If there is a registration under that address, a message with its link is on its way.</p></div>`
    : markup`<p class="lead">Tell us the address that you registered with, and we send the link there.</p>`
}
<form method="post" action="/g" novalidate>
${hiddenFields(form)}
${textField(form, { name: 'email', label: 'E-mail address', type: 'email', complete: 'email' })}
<p><button type="submit">Send the link</button></p>
</form>
<p class="soft">Not registered yet? <a href="/register">Register your numbers</a>.</p>`,
  }
}

/** The private page of a registration. `form` is what was typed into the form of `action`, where that could not be taken. */
export function registrationPage(
  view: RegistrationView,
  token: string,
  operator: DeskOperator,
  form: FormState,
  about: { readonly action?: RegistryAction | undefined; readonly report?: NumbersReport | undefined },
): Page {
  const words = sentenceOf(STATUS_WORDS[view.status])
  const tone = TONES[view.status]
  const fresh: FormState = { typed: new Map(), faults: [], once: form.once }
  const stateOf = (own: RegistryAction): FormState => (own === about.action ? form : fresh)
  const at = (action: RegistryAction): string => `/g/${token}/${action}`
  const may = (what: RegistrationView['may'][number]): boolean => view.may.includes(what)
  const renewForm = (button: string): Markup =>
    markup`<form method="post" action="${at('renew')}">${hiddenFields(fresh)}<p><button type="submit">${button}</button></p></form>`
  const { business, counts } = view
  const isFaulty = form.faults.length > 0 || form.notice !== undefined
  return {
    title: `${isFaulty ? 'Not sent yet: ' : ''}Your registration`,
    main: markup`${faultSummary(form)}
<p class="badge ${tone}">${words}</p>
<h1>${business.legalName}</h1>
<section class="panel ${tone}" aria-labelledby="next"><h2 id="next">What happens next</h2>
<p class="kept">${view.next}</p>
${view.status === 'expired' ? renewForm('Renew it') : ''}${view.status === 'withdrawn' ? markup`<p><a href="/register">Register your numbers</a></p>` : ''}</section>
${view.refusal === undefined ? '' : refusalPart(view.refusal, may('renew') ? renewForm('Ask again') : '')}
${view.question === undefined && view.status !== 'suspended' ? '' : answerForm(view.question, at('answer'), stateOf('answer'))}
${about.report === undefined ? '' : markup`<section aria-labelledby="report"><h2 id="report">Your list</h2>${reportPart(about.report)}</section>`}
${view.offered.map(
  ({ from, numbers }) => markup`<section class="panel"><h2>Numbers offered to you</h2>
<p>Registration <span class="code">${from}</span> hands you ${numbers.length === 1 ? numbers[0]! : `${numbers.length} lines of numbers`}. What it has shown does not count for you: you show control anew.</p>
<form method="post" action="${at('take')}">${hiddenFields(fresh)}<input type="hidden" name="from" value="${from}"><p><button type="submit">Take them</button></p></form></section>`,
)}
<section class="card" aria-labelledby="numbers-head"><h2 id="numbers-head">Your numbers</h2>
<p>${counts.numbers} in ${counts.lines === 1 ? '1 line' : `${counts.lines} lines`}; ${counts.registered} registered now. <a href="/g/${token}/numbers.csv">All of them as CSV</a></p>
${view.numbers.length === 0 ? '' : numbersTable(view, operator)}
</section>
${may('prove') ? provePart(view, operator, at, stateOf) : ''}
${
  may('add')
    ? markup`<details${about.action === 'numbers' ? markup` open` : ''}><summary>Add numbers</summary>
<form method="post" action="${at('numbers')}" enctype="multipart/form-data" novalidate>${hiddenFields(fresh)}
${numbersFields(stateOf('numbers'), [])}
<p><button type="submit">Add</button></p></form></details>
<details${about.action === 'remove' ? markup` open` : ''}><summary>Take numbers off</summary>
<form method="post" action="${at('remove')}" novalidate>${hiddenFields(fresh)}
${textArea(stateOf('remove'), { name: 'lines', label: 'Lines to take off', hint: 'As they stand in the table, one a line.', isLines: true })}
<p><button type="submit">Take off</button></p></form></details>
<details class="last"${about.action === 'offer' ? markup` open` : ''}><summary>Hand numbers to another registration</summary>
<form method="post" action="${at('offer')}" novalidate>${hiddenFields(fresh)}
${textArea(stateOf('offer'), { name: 'offered', label: 'Lines to hand over', hint: 'As they stand in the table, one a line.', isLines: true })}
${textField(stateOf('offer'), { name: 'to', label: 'Id of the other registration', hint: 'Its holder finds it on its page. The numbers stay yours until he takes them.' })}
<p><button type="submit">Offer</button></p></form></details>`
    : ''
}
<section class="card" aria-labelledby="about"><h2 id="about">Your registration</h2>
<dl class="facts">
<dt>Id</dt><dd class="code">${view.id}</dd>
<dt>Asked for</dt><dd>${timeOf(view.openedAt, operator)}</dd>
${view.until === undefined || view.status !== 'approved' ? '' : markup`<dt>Lasts until</dt><dd>${timeOf(view.until, operator)}</dd>`}
<dt>Contact</dt><dd>${business.contact}, ${business.email}${business.tel === undefined ? '' : `, ${formatTelephone(business.tel)}`}</dd>
<dt>Web site</dt><dd>${business.site}</dd>
<dt>Purpose</dt><dd class="kept">${business.purpose}</dd>
<dt>Calls a day</dt><dd>${business.callsPerDay}</dd>
<dt>Your provider</dt><dd>${business.provider}</dd>
</dl>
${view.status === 'approved' ? renewForm('All is still so: renew') : ''}
</section>
${
  may('change')
    ? markup`<details class="last"${about.action === 'change' ? markup` open` : ''}><summary>Change details</summary>
<p>Another contact, telephone number or volume counts at once. After another name, web site, purpose or provider a person looks again, and until then nothing is registered.</p>
<form method="post" action="${at('change')}" novalidate>${hiddenFields(fresh)}
${businessFields(about.action === 'change' ? form : { ...fresh, typed: typedOf(business) }, false)}
<p><button type="submit">Change</button></p></form></details>`
    : ''
}
<h2>What has happened so far</h2>
<ol class="trail">${view.events.slice(-EVENTS_SHOWN).map((event) => markup`<li>${timeOf(event.at, operator)}<span class="kept">${event.words}</span></li>`)}</ol>
${
  may('withdraw')
    ? markup`<details class="last"><summary>Withdraw this registration</summary>
<form method="post" action="${at('withdraw')}" novalidate>${hiddenFields(fresh)}
${textArea(stateOf('withdraw'), { name: 'reason', label: 'Why', isOptional: true, rows: 3 })}
<p>None of its numbers is registered any more from then on, and it cannot be taken back.</p>
<p><button type="submit" class="plain">Withdraw</button></p></form></details>`
    : ''
}
${view.status === 'withdrawn' ? '' : markup`<p class="soft">This page is yours alone: whoever has its link can change the registration. Keep the link.</p>`}`,
  }
}

function businessFields(form: FormState, isNew: boolean): Markup {
  return markup`${textField(form, { name: 'legalName', label: 'Legal name of the business', hint: 'As the public register has it.', complete: 'organization' })}
${textField(form, { name: 'contact', label: 'A person we can ask', complete: 'name' })}
${isNew ? textField(form, { name: 'email', label: 'E-mail address', type: 'email', complete: 'email', length: 254 }) : ''}
${textField(form, { name: 'tel', label: 'Telephone', type: 'tel', isOptional: true, hint: 'With + and the country code.', complete: 'tel' })}
${textField(form, { name: 'site', label: 'Web site', complete: 'url', length: 500 })}
${textArea(form, { name: 'purpose', label: 'What the calls are for', hint: 'For example: reminders of appointments to patients who asked for them.', length: 2000 })}
${textField(form, { name: 'callsPerDay', label: 'Calls a day', hint: 'About how many, on a usual day.' })}
${textField(form, { name: 'provider', label: 'Your provider', hint: 'Who carries your calls into the telephone network.' })}`
}

function numbersFields(form: FormState, faultyLines: readonly LineFault[]): Markup {
  return markup`${lineReport(faultyLines.map(problemOf))}
${textArea(form, { name: 'numbers', label: 'Numbers', hint: 'One number or range a line, such as +12125550117 or +12125550100..+12125550199.', isLines: true, isOptional: true, rows: 8 })}
${fileField(form, { name: 'file', label: 'Or a CSV file', hint: 'Up to 10,000 lines with the columns number, last, label; last is the end of a range.', isOptional: true, accept: '.csv,.txt,text/csv,text/plain' })}`
}

/** What became of a list, line by line. */
function reportPart({ added, there, faults }: NumbersReport): Markup {
  if (added === 0 && there === 0 && faults.length === 0) return markup``
  const isGood = faults.length === 0
  return markup`<div class="panel ${isGood ? 'good' : 'bad'}"><p>${lines(added)} taken${there === 0 ? '' : `, ${there} already there`}${isGood ? '' : `, ${faults.length} left out`}.${isGood ? '' : ' Those left out stand below, under “Add numbers”: set them right and send them again.'}</p></div>
${lineReport(faults.map(problemOf))}`
}

function problemOf({ line, found, expected }: LineFault) {
  return { line, found, problem: `Expected ${expected}.` }
}

function numbersTable({ numbers }: RegistrationView, operator: DeskOperator): Markup {
  const shown = numbers.slice(0, NUMBERS_SHOWN)
  return markup`<div class="scroll" role="region" aria-label="Table of your numbers" tabindex="0"><table>
<thead><tr><th scope="col">Number</th><th scope="col">Label</th><th scope="col">Control</th></tr></thead>
<tbody>${shown.map(
    ({ numbers, label, proof, until, offeredTo }) =>
      markup`<tr><th scope="row" class="span">${spanOf(numbers)}</th><td>${label}</td><td>${PROOF_WORDS[proof]}${until === undefined ? '' : markup` until ${formatDay(until, operator.timeZone)}`}${offeredTo === undefined ? '' : `, offered to ${offeredTo}`}</td></tr>`,
  )}</tbody></table></div>
${numbers.length > shown.length ? markup`<p class="soft">These are the first ${shown.length}; the CSV file has all ${numbers.length} lines.</p>` : ''}`
}

function provePart(
  view: RegistrationView,
  operator: DeskOperator,
  at: (action: RegistryAction) => string,
  stateOf: (action: RegistryAction) => FormState,
): Markup {
  return markup`<section class="card" aria-labelledby="prove"><h2 id="prove">Show that the numbers are yours</h2>
<p>By a call for single numbers; by a letter of authorisation, or a confirmation of your provider, for many.</p>
${view.challenges.map(
  ({ number, dial, until }) =>
    markup`<div class="panel wait"><h3>Call this number from ${formatTelephone(number)}</h3>
<p><a class="number dial" href="tel:${dial}">${formatTelephone(dial)}</a></p>
<p>Before ${formatMoment(until, operator.timeZone)}. Nobody answers, and that is right: we see the call. Then load this page again.</p></div>`,
)}
<form method="post" action="${at('prove')}" novalidate>${hiddenFields(stateOf('prove'))}
${textField(stateOf('prove'), { name: 'number', label: 'Number to call from', type: 'tel', complete: 'tel' })}
<p><button type="submit">Give me a number to call</button></p></form>
${view.evidence.length === 0 ? '' : markup`<ul>${view.evidence.map(({ name, octets }) => markup`<li>${name} (${Math.ceil(octets / 1024)} KiB)</li>`)}</ul>`}
<form method="post" action="${at('evidence')}" enctype="multipart/form-data" novalidate>${hiddenFields(stateOf('evidence'))}
${fileField(stateOf('evidence'), { name: 'evidence', label: 'A letter', hint: 'PDF, picture or text. A person reads it; that takes a while.', accept: '.pdf,.png,.jpg,.jpeg,.txt' })}
<p><button type="submit">Hand it in</button></p></form></section>`
}

function refusalPart(
  { reasons, next }: { readonly reasons: readonly string[]; readonly next: string },
  again: Markup | '',
): Markup {
  return markup`<section class="panel bad" aria-labelledby="why"><h2 id="why">Why</h2>
<ul>${reasons.map((reason) => markup`<li class="kept">${reason}</li>`)}</ul>
${next === '' ? '' : markup`<p class="kept">${next}</p>`}${again}</section>`
}

function answerForm(question: string | undefined, action: string, form: FormState): Markup {
  return markup`<section class="panel" aria-labelledby="question"><h2 id="question">${question === undefined ? 'Write to us' : 'We have a question'}</h2>
${question === undefined ? '' : markup`<p class="kept">${question}</p>`}
<form method="post" action="${action}" novalidate>${hiddenFields(form)}
${textArea(form, { name: 'text', label: 'Your answer', length: 2000 })}
<p><button type="submit">Send</button></p></form></section>`
}

function typedOf(business: RegistrationView['business']): ReadonlyMap<string, string> {
  return new Map(Object.entries(business).map(([name, value]) => [name, value === undefined ? '' : String(value)]))
}

function timeOf(atMs: number, operator: DeskOperator): Markup {
  return markup`<time datetime="${new Date(atMs).toISOString()}">${formatMoment(atMs, operator.timeZone)}</time>`
}

/** A range may be broken where its end begins. */
function spanOf(numbers: string): Markup {
  const [first = '', last] = numbers.split('..')
  return last === undefined ? markup`${first}` : markup`${first}..<wbr>${last}`
}

function sentenceOf(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`
}

function lines(count: number): string {
  return count === 1 ? '1 line' : `${count} lines`
}

const TONES: { readonly [status in RegistrationView['status']]: '' | 'good' | 'bad' | 'wait' } = {
  unconfirmed: 'wait',
  waiting: 'wait',
  asked: 'wait',
  approved: 'good',
  refused: 'bad',
  suspended: 'bad',
  expired: 'bad',
  withdrawn: '',
}
const PROOF_WORDS = {
  none: 'not shown yet',
  partly: 'shown for some numbers of the range',
  proven: 'shown',
  lapsed: 'to be shown again',
  disputed: 'claimed by somebody else too',
} as const
/** Rows on one page; the CSV file and the data have all. */
const NUMBERS_SHOWN = 200
const EVENTS_SHOWN = 100
