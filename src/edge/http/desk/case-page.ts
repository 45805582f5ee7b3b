import type { EvidenceFile } from '#core/redress/case-event.ts'
import type { CaseView } from '#core/redress/case-view.ts'
import type { Decision, Lift } from '#core/redress/decision.ts'
import type { BlockedCall } from '#core/redress/desk.ts'
import { formatMoment } from '#core/redress/moment.ts'
import { WORDS_MAX } from './claim-form.ts'
import { type FormState, emptyForm, faultSummary, fileField, hiddenFields, selectField, textArea } from './fields.ts'
import { type Markup, markup } from './markup.ts'
import { formatWait } from './moment.ts'
import { type DeskOperator, type Page, contactLine } from './page.ts'
import { formatTelephone } from './telephone.ts'
import { LIFT_TAKEN_BACK, PROOF_WAYS, STATUSES } from './words.ts'

/** What is done on the page of a case, and so the last part of the address that its form goes to. */
export type CaseAction = 'answer' | 'evidence' | 'withdraw' | 'prove' | 'reopen' | 'resend'

/**
 * The private page of a case. `form` is what was typed into the form of `action`, where that could not be taken; `hasList`:
 * it leads to a subscriber's list of blocked calls.
 */
export function casePage(
  view: CaseView,
  token: string,
  operator: DeskOperator,
  form: FormState,
  more: { readonly action?: CaseAction; readonly hasList?: boolean } = {},
): Page {
  const { title, words, tone } = view.takenBack?.what === 'lift' ? LIFT_TAKEN_BACK : STATUSES[view.status]
  const { action, hasList = false } = more
  const at = (action: CaseAction): string => `/c/${token}/${action}`
  const fresh: FormState = { typed: new Map(), faults: [], once: form.once }
  const stateOf = (own: CaseAction): FormState => (own === action ? form : fresh)
  const may = (what: CaseView['may'][number]): boolean => view.may.includes(what)
  const isFaulty = form.faults.length > 0 || form.notice !== undefined
  return {
    title: isFaulty ? `Not sent yet: ${title}` : title,
    main: markup`${faultSummary(form)}
<p class="badge ${tone}">${words}</p>
<h1>${title}</h1>
<section class="panel ${tone}" aria-labelledby="next"><h2 id="next">What happens next</h2>
<p class="kept">${view.next}</p>
${dueLine(view, operator)}
</section>
${may('resend') ? resendForm(at('resend'), stateOf('resend')) : ''}
${may('answer') && view.question !== undefined ? answerForm(view.question, at('answer'), stateOf('answer')) : ''}
${view.decision === undefined ? '' : decisionPart(view.decision, operator)}
${hasList ? markup`<p><a class="button" href="/c/${token}/blocked">See the list of blocked calls</a></p>` : ''}
<section class="card" aria-labelledby="case"><h2 id="case">Your case</h2>
<dl class="facts">
<dt>Number of the case</dt><dd class="code">${view.id}</dd>
<dt>Opened</dt><dd>${timeOf(view.openedAt, operator)}</dd>
${view.numbers.length === 0 ? '' : markup`<dt>${view.numbers.length === 1 ? 'Number' : `Numbers (${view.numbers.length})`}</dt><dd>${numberList(view.numbers)}</dd>`}
${view.receipts.length === 0 ? '' : markup`<dt>Blocked calls</dt><dd>${view.receipts.length === 1 ? '1 call, by its receipt' : `${view.receipts.length} calls, by their receipts`}</dd>`}
</dl></section>
${view.proofs.length > 0 || view.challenges.length > 0 || may('prove') ? proofPart(view, operator, at('prove'), stateOf('prove'), may('prove')) : ''}
${view.evidence.length > 0 || may('add-evidence') ? evidencePart(view.evidence, at('evidence'), stateOf('evidence'), may('add-evidence')) : ''}
<h2>What has happened so far</h2>
<ol class="trail">${view.events.map((event) => markup`<li>${timeOf(event.at, operator)}<span class="kept">${event.words}</span></li>`)}</ol>
${may('reopen') ? reopenForm(at('reopen'), stateOf('reopen'), action === 'reopen') : ''}
${may('withdraw') ? withdrawForm(at('withdraw'), stateOf('withdraw'), action === 'withdraw') : ''}
<p class="soft unprinted">This page is yours alone: whoever has its link can read it. Keep the link, or print the page. Machines get the same as data: see <a href="/.well-known/recourse">what this desk speaks</a>.</p>`,
  }
}

/** What a claimant sees right after sending; `once` is the key of the form that asks for the message again. */
export function filedPage(view: CaseView, token: string, operator: DeskOperator, once: string): Page {
  const isUnconfirmed = view.status === 'unconfirmed'
  const within = formatWait(operator.promise.statusWithinHours * HOUR_MS)
  return {
    title: isUnconfirmed ? 'One more step: confirm your e-mail address' : 'We have your case',
    main: markup`<p class="badge ${isUnconfirmed ? 'wait' : 'good'}">${isUnconfirmed ? 'Saved' : 'Sent'}</p>
<h1>${isUnconfirmed ? 'One more step: confirm your e-mail address' : 'We have your case'}</h1>
<p class="lead">${isUnconfirmed ? 'What you sent is saved. We have written to the address you gave: open the link in that message and press the button there.' : 'Thank you. What you sent is saved, and a person looks at it.'}</p>
<h2>What happens now</h2>
<ol class="steps">
${isUnconfirmed ? markup`<li><strong>You confirm your e-mail address.</strong> The message comes within minutes. Look among unwanted mail if it does not.</li>` : ''}
<li><strong>We look at the block.</strong> You hear how your case stands within ${within}${view.due === undefined || isUnconfirmed ? '' : markup`, by ${timeOf(view.due.at, operator)}`}.</li>
<li><strong>We ask, if something is not clear.</strong> The question comes by e-mail and stands on your page.</li>
<li><strong>We decide.</strong> If the block is lifted, your calls go through within seconds. If not, we tell you on what grounds, and what you can do.</li>
</ol>
${view.may.includes('resend') ? resendForm(`/c/${token}/resend`, emptyForm(once)) : ''}
<div class="panel"><h2>Keep this link</h2>
<p>It leads to your case, and to nobody else’s: <a href="/c/${token}">the page of your case</a>. There you can add papers, prove that the number is yours, or withdraw.</p>
<p>Number of the case: <span class="code">${view.id}</span></p></div>
<p><a class="button" href="/c/${token}">Go to my case</a></p>`,
  }
}

/** The list of calls to a subscriber's number that were blocked. 47 CFR 64.1200(k)(10). */
export function blockedPage(calls: readonly BlockedCall[], token: string, operator: DeskOperator): Page {
  return {
    title: 'Calls to your number that were blocked',
    main: markup`<h1>Calls to your number that were blocked</h1>
<p class="lead">All calls of the 28 days before you asked that an analysis of ours stopped before they rang.</p>
${
  calls.length === 0
    ? markup`<p>There were none.</p>`
    : markup`<div class="scroll" role="region" aria-label="Blocked calls" tabindex="0"><table>
<caption>${calls.length === 1 ? '1 call' : `${calls.length} calls`}</caption>
<thead><tr><th scope="col">When</th><th scope="col">From</th><th scope="col">Program</th></tr></thead>
<tbody>${calls.map(({ at, calling, program }) => markup`<tr><td>${timeOf(at, operator)}</td><td class="number">${formatTelephone(calling)}</td><td>${program}</td></tr>`)}</tbody></table></div>`
}
<p><a href="/c/${token}/blocked.csv">The same as a CSV file</a> for a spreadsheet · <a href="/c/${token}">Back to your request</a></p>`,
  }
}

function dueLine({ due }: CaseView, operator: DeskOperator): Markup | '' {
  if (due === undefined) return ''
  if (due.isOverdue && due.what === 'answer')
    return markup`<p>Your answer was due by ${timeOf(due.at, operator)}. Send it now: as long as you can, it counts.</p>`
  if (due.isOverdue) {
    return markup`<p><strong>We are late: this was due by ${timeOf(due.at, operator)}.</strong> We are sorry. ${contactLine(operator)} and name the number of your case.</p>`
  }
  const what = { status: 'You hear from us by', decision: 'We decide by', answer: 'Please answer by' }[due.what]
  return markup`<p>${what} ${timeOf(due.at, operator)}.</p>`
}

function decisionPart(decision: Decision, operator: DeskOperator): Markup {
  return markup`<section class="card" aria-labelledby="decision"><h2 id="decision">Our decision, and why</h2>
<p class="kept">${decision.reason}</p>
${'lifts' in decision && decision.lifts.length > 0 ? markup`<ul>${decision.lifts.map((lift) => markup`<li>${liftWords(lift, operator)}</li>`)}</ul>` : ''}
${decision.outcome === 'uphold' ? markup`<h3>What this rests on</h3><ul>${decision.evidence.map((one) => markup`<li class="kept">${one}</li>`)}</ul>` : ''}
${'next' in decision ? markup`<h3>What you can do now</h3><p class="kept">${decision.next}</p>` : ''}
</section>`
}

function liftWords({ scope, until, attestation }: Lift, operator: DeskOperator): Markup {
  const what =
    scope.kind === 'number'
      ? markup`<span class="number">${formatTelephone(scope.number)}</span>`
      : scope.kind === 'block'
        ? markup`all numbers that begin with <span class="number">${scope.prefix}</span>`
        : markup`<span class="number">${formatTelephone(scope.first)}</span> to <span class="number">${formatTelephone(scope.last)}</span>`
  const end = until === undefined ? '' : markup`, until ${timeOf(until, operator)}`
  const signed = attestation === undefined ? '' : markup`, for calls that are signed at level ${attestation} or better`
  return markup`${what}${end}${signed}`
}

function resendForm(action: string, state: FormState): Markup {
  return markup`<form method="post" action="${action}" novalidate>${hiddenFields(state)}
<p>Nothing came? Look among unwanted mail first. <button type="submit" id="resend" class="plain">Send the message again</button></p></form>`
}

function answerForm(question: string, action: string, state: FormState): Markup {
  return markup`<section class="card" aria-labelledby="question"><h2 id="question">Our question</h2>
<p class="kept">${question}</p>
<form method="post" action="${action}" novalidate>${hiddenFields(state)}
${textArea(state, { name: 'answer', label: 'Your answer', length: WORDS_MAX })}
<button type="submit">Send answer</button></form></section>`
}

function proofPart(
  view: CaseView,
  operator: DeskOperator,
  action: string,
  state: FormState,
  mayProve: boolean,
): Markup {
  const proven = new Set(view.proofs.filter(({ strength }) => strength === 'full').map(({ number }) => number))
  const open = view.numbers.filter((number) => !proven.has(number) && !proven.has(''))
  return markup`<h2 id="proof">Whose number it is</h2>
${view.proofs.length === 0 ? markup`<p>Nothing shows yet that the number is yours. We listen to you all the same; but before a block is lifted we have to know that it is not somebody else who asks.</p>` : ''}
${view.proofs.length > 0 ? markup`<ul>${view.proofs.map(({ number, way, detail, strength, at }) => markup`<li>${number === '' ? 'All numbers of the case' : markup`<span class="number">${formatTelephone(number)}</span>`}: ${PROOF_WAYS[way]}${strength === 'hint' ? ' (a hint; not enough by itself)' : ''}, ${timeOf(at, operator)}. <span class="soft">${detail}</span></li>`)}</ul>` : ''}
${view.challenges.map(
  ({ number, dial, until }) => markup`<div class="panel wait"><h2>Call this number from ${formatTelephone(number)}</h2>
<p><a class="number dial" href="tel:${dial}">${formatTelephone(dial)}</a></p>
<p>Call it by ${timeOf(until, operator)}. Nobody answers and nothing is charged: hang up when it stops ringing. The number is for you alone. Reload this page afterwards.</p></div>`,
)}
${
  mayProve && open.length > 0
    ? markup`<form method="post" action="${action}" novalidate>${hiddenFields(state)}
<p>The quickest way is a call: we show you a number, and you dial it from yours.</p>
${open.length === 1 ? markup`<input type="hidden" name="number" value="${open[0]}">` : selectField(state, { name: 'number', label: 'Number to prove', options: new Map(open.slice(0, NUMBERS_OFFERED).map((number) => [number, formatTelephone(number)])) })}
<button type="submit" class="plain">${open.length === 1 ? `Show me what to dial from ${formatTelephone(open[0]!)}` : 'Show me what to dial'}</button>
<span class="beside">You cannot call from it? Add a letter of authorisation below, or ask your provider to write to us.</span></form>`
    : ''
}`
}

function evidencePart(files: readonly EvidenceFile[], action: string, state: FormState, mayAdd: boolean): Markup {
  return markup`<h2 id="papers">Papers</h2>
${files.length === 0 ? '' : markup`<ul>${files.map(({ name, octets }) => markup`<li>${name} <span class="soft">(${sizeOf(octets)})</span></li>`)}</ul>`}
${
  mayAdd
    ? markup`<form method="post" action="${action}" enctype="multipart/form-data" novalidate>${hiddenFields(state)}
${fileField(state, { name: 'file', label: 'Add a file', hint: 'A letter of authorisation, a bill that shows the number, a consent. PDF, picture or text.', accept: '.pdf,.png,.jpg,.jpeg,.txt,.csv,.eml' })}
<button type="submit" class="plain">Add this file</button></form>`
    : ''
}`
}

function withdrawForm(action: string, state: FormState, isOpen: boolean): Markup {
  return markup`<details class="last unprinted"${isOpen ? markup` open` : ''}><summary>Withdraw this case</summary>
<form method="post" action="${action}" novalidate>${hiddenFields(state)}
${textArea(state, { name: 'withdrawal', label: 'Why', isOptional: true, rows: 2, length: WORDS_MAX })}
<button type="submit" class="plain">Withdraw the case</button>
<span class="beside">We then look no further. The block stays as it is.</span></form></details>`
}

function reopenForm(action: string, state: FormState, isOpen: boolean): Markup {
  return markup`<details class="last unprinted"${isOpen ? markup` open` : ''}><summary>Something has changed: look at it again</summary>
<form method="post" action="${action}" novalidate>${hiddenFields(state)}
${textArea(state, { name: 'reason', label: 'What is new', length: WORDS_MAX })}
<button type="submit" class="plain">Open the case again</button></form></details>`
}

function numberList(numbers: readonly string[]): Markup {
  const rest = numbers.length - NUMBERS_SHOWN
  const shown = numbers.slice(0, NUMBERS_SHOWN)
  return markup`${shown.map((number, index) => markup`${index === 0 ? '' : markup`<br>`}<span class="number">${formatTelephone(number)}</span>`)}${rest > 0 ? markup`<br><span class="soft">and ${rest} more</span>` : ''}`
}

function timeOf(at: number, operator: DeskOperator): Markup {
  return markup`<time datetime="${new Date(at).toISOString()}">${formatMoment(at, operator.timeZone)}</time>`
}

function sizeOf(octets: number): string {
  return octets < 1_000_000 ? `${Math.max(1, Math.round(octets / 1000))} kB` : `${(octets / 1_000_000).toFixed(1)} MB`
}

const NUMBERS_SHOWN = 20
const NUMBERS_OFFERED = 200
const HOUR_MS = 3_600_000
