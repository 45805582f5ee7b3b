import type { MonthlyFigures } from '#core/redress/desk.ts'
import { words } from './claim-form.ts'
import { type FormState, choiceField, faultSummary, hiddenFields, textField } from './fields.ts'
import { type Markup, markup } from './markup.ts'
import { formatWait } from './moment.ts'
import { type DeskOperator, type Page, contactLine } from './page.ts'
import { formatTelephone } from './telephone.ts'
import { WISHES } from './words.ts'

export function frontPage(operator: DeskOperator, hasExplain: boolean): Page {
  return {
    title: 'Was your call blocked?',
    main: markup`<h1>Was your call blocked?</h1>
<p class="lead">We stop some calls to our customers before they ring. Sometimes we stop the wrong ones. Tell us, and a person looks at it.</p>
<p><a class="button" href="/contest">Contest a blocked call</a></p>
<h2>How it goes</h2>
<ol class="steps">
<li><strong>You tell us which call.</strong> Best by the link that came with the block: it shows us the call at once. Without it, by the numbers and the time.</li>
<li><strong>You hear from us within ${promiseOf(operator)}.</strong> It costs nothing, now or later.</li>
<li><strong>If we were wrong, we lift the block.</strong> Your calls go through within seconds of the decision, everywhere in our network.</li>
</ol>
<h2>Something else</h2>
<ul class="ways">
<li><strong><a href="/subscriber">You are our customer</a></strong>See which calls to you were blocked, let a caller through, or switch the analysis off.</li>
<li><strong><a href="/contact">You would rather speak to somebody</a></strong>Telephone, mail, and what we promise.</li>
${operator.registry === undefined ? '' : markup`<li><strong><a href="/register">You call people for a business</a></strong>Tell us once which numbers are yours, before anything is blocked.</li>`}
${operator.isTransparent ? markup`<li><strong><a href="/transparency">You want to know how often we are wrong</a></strong>Our figures, month by month.</li>` : ''}
${hasExplain ? markup`<li><strong><a href="/explain">You have the SIP answer, or a capture</a></strong>Read in plain words what it says. It stays in your browser.</li>` : ''}
<li><strong><a href="/.well-known/recourse">You are a machine, or build one</a></strong>Cases can be filed and followed without these pages.</li>
</ul>`,
  }
}

/** The single point of contact. 47 CFR 64.1200(k)(8). */
export function contactPage(operator: DeskOperator): Page {
  const { url, tel, email } = operator.contact
  return {
    title: 'Contact',
    main: markup`<h1>One place for blocked calls</h1>
<p class="lead">Whoever you are: if a call was blocked in our network and you think that was wrong, this is the place to say so.</p>
<ul class="ways">
<li><strong>On this site</strong><a href="/contest">Contest a blocked call</a>, at any hour. It is the quickest way.</li>
${tel === undefined ? '' : markup`<li><strong>By telephone</strong><a class="number" href="tel:${tel}">${formatTelephone(tel)}</a></li>`}
${email === undefined ? '' : markup`<li><strong>By e-mail</strong><a href="mailto:${email}">${email}</a>. Name the number that called, the number that was called, and the time.</li>`}
${url === undefined ? '' : markup`<li><strong>Elsewhere</strong><a href="${url}">${url}</a></li>`}
</ul>
<h2>What it costs</h2>
<div class="panel good"><p><strong>Nothing.</strong> Contesting a block, proving that a number is yours, and having a block lifted are free of charge, for callers and for our customers.</p></div>
<h2>What we promise</h2>
<dl class="facts">
<dt>First answer</dt><dd>How your case stands, within ${promiseOf(operator)} of your sending it. Nights, weekends and holidays count.</dd>
<dt>If we were wrong</dt><dd>The block is lifted at once, in the whole network, and we tell you.</dd>
<dt>If we think we were right</dt><dd>You hear on what grounds, and what you can do next.</dd>
<dt>Emergency calls</dt><dd>Are never judged and never blocked.</dd>
</dl>`,
  }
}

export function subscriberPage(form: FormState, operator: DeskOperator): Page {
  return {
    title:
      form.faults.length > 0 || form.notice !== undefined ? 'Not sent yet: For our customers' : 'For our customers',
    main: markup`${faultSummary(form)}
<h1>For our customers</h1>
<p class="lead">Your telephone line is with us? Then you decide which calls reach you. All of this is free of charge.</p>
<form method="post" action="/subscriber" novalidate>
${hiddenFields(form)}
${words(form.typed, 'token') === '' ? '' : markup`<input type="hidden" name="token" value="${words(form.typed, 'token')}">`}
${choiceField(form, { name: 'wants', label: 'What would you like?', options: WISHES, isOpen: true })}
${textField(form, { name: 'number', label: 'Your own number', type: 'tel', hint: 'The number of your line with us.', complete: 'tel' })}
${textField(form, { name: 'caller', label: 'The caller’s number', type: 'tel', isOptional: true, hint: 'Only to let one caller through, or to refuse one. Write “withheld” for all who hide their number.' })}
${textField(form, { name: 'name', label: 'Your name', complete: 'name' })}
${textField(form, { name: 'email', label: 'E-mail address', type: 'email', hint: 'We send one message to confirm it, and then the answer.', complete: 'email' })}
<div class="panel"><p>${words(form.typed, 'token') === '' ? 'Before anything changes we check that the line is yours: somebody of ours gets in touch. The list of blocked calls comes within three business days.' : 'You came from your account with us, so we know that the line is yours. If you change what you chose there, somebody of ours checks first.'}</p></div>
<p><button type="submit">Send</button> <span class="beside">You can change your mind at any time, here. Questions? ${contactLine(operator)}.</span></p>
</form>`,
  }
}

/** The button that confirms an address. Opening the link does not: programs that look for viruses open links. */
export function confirmPage(token: string): Page {
  return {
    title: 'Confirm your e-mail address',
    main: markup`<h1>Confirm your e-mail address</h1>
<p class="lead">Press the button, and your case is on its way. From then on we write to you about it, and about nothing else.</p>
<form method="post" action="/confirm/${token}"><p><button type="submit">Yes, this is my address</button></p></form>
<p class="soft">You did not ask for this? Close the page: nothing happens, and no further message comes.</p>`,
  }
}

/** What the same link shows later. The private link of the case is not in it: programs that open links would read it. */
export function confirmedPage(token: string): Page {
  return {
    title: 'Your e-mail address is confirmed',
    main: markup`<p class="badge good">Confirmed</p>
<h1>Your e-mail address is confirmed</h1>
<p class="lead">There is nothing left to do here: your case is on its way, and we write to you about it.</p>
<form method="post" action="/confirm/${token}"><p><button type="submit">See how your case stands</button></p></form>`,
  }
}

export function transparencyPage(months: readonly MonthlyFigures[]): Page {
  return {
    title: 'How often we are wrong',
    main: markup`<h1>How often we are wrong</h1>
<p class="lead">Contested blocks, by the month in which they came. Times are medians: half of the cases were quicker.</p>
${
  months.length === 0
    ? markup`<p>There are no figures yet: the first month is not over.</p>`
    : markup`<div class="scroll" role="region" aria-label="Figures by month" tabindex="0"><table>
<caption>By month, UTC</caption>
<thead><tr><th scope="col">Month</th><th scope="col" class="figure">Cases</th><th scope="col" class="figure">First answer</th><th scope="col" class="figure">Decision</th><th scope="col" class="figure">Lifted</th><th scope="col" class="figure">Kept</th><th scope="col" class="figure">Blocked again</th></tr></thead>
<tbody>${months.map((month) => monthRow(month))}</tbody></table></div>
<p class="soft">A share is shown from ${SHARE_LEAST} decisions on: of fewer it says nothing.</p>`
}`,
  }
}

/** The page of everything that went wrong. */
export function errorPage(title: string, lead: string, more: Markup | '' = ''): Page {
  return { title, main: markup`<h1>${title}</h1>\n<p class="lead">${lead}</p>\n${more}` }
}

function monthRow(month: MonthlyFigures): Markup {
  const decided = month.lifted + month.upheld
  const lifted =
    decided < SHARE_LEAST ? String(month.lifted) : `${month.lifted} (${Math.round((100 * month.lifted) / decided)} %)`
  return markup`<tr><th scope="row">${month.month}</th><td class="figure">${month.received}</td><td class="figure">${medianOf(month.firstStatusMedianMs)}</td><td class="figure">${medianOf(month.decisionMedianMs)}</td><td class="figure">${lifted}</td><td class="figure">${month.upheld}</td><td class="figure">${month.regressed}</td></tr>`
}

function medianOf(ms: number | undefined): string {
  return ms === undefined ? 'too few' : formatWait(ms)
}

function promiseOf(operator: DeskOperator): string {
  return formatWait(operator.promise.statusWithinHours * HOUR_MS)
}

/** A share of fewer says nothing. */
const SHARE_LEAST = 20
const HOUR_MS = 3_600_000
