import type { BlockSummary } from '#core/redress/desk.ts'
import { formatMoment } from '#core/redress/moment.ts'
import { claimantFields, blockFields, manyFields } from './claim-form.ts'
import { type FormState, faultSummary, hiddenFields } from './fields.ts'
import type { LineFault } from './lines.ts'
import { type Markup, markup } from './markup.ts'
import { formatWait } from './moment.ts'
import { type DeskOperator, type Page, contactLine } from './page.ts'
import { formatTelephone } from './telephone.ts'
import { CATEGORIES } from './words.ts'

/** A claim as a form has it. */
export type ClaimForm = FormState & { readonly lines: readonly LineFault[] }

/** What was blocked and what to fix first, and only then the form. */
export function blockPage(block: BlockSummary, form: ClaimForm, operator: DeskOperator): Page {
  const { title, what, causes, fixes, outlook } = CATEGORIES[block.category]
  const isFaulty = form.faults.length > 0 || form.notice !== undefined
  return {
    title: isFaulty ? `Not sent yet: ${title}` : title,
    main: markup`${faultSummary(form)}
<h1>${title}</h1>
<p class="lead">${what}</p>
<section class="card" aria-labelledby="block">
<h2 id="block">The call that was blocked</h2>
<dl class="facts">
<dt>From</dt><dd class="number">${formatTelephone(block.calling)}</dd>
<dt>To</dt><dd>${formatTelephone(block.called)} <span class="soft">(the rest is private)</span></dd>
<dt>When</dt><dd><time datetime="${new Date(block.at).toISOString()}">${formatMoment(block.at, operator.timeZone)}</time>${operator.timeZone === 'UTC' ? '' : markup` <span class="soft">(${formatMoment(block.at, 'UTC')})</span>`}</dd>
${block.grounds === '' ? '' : markup`<dt>Seen</dt><dd>${block.grounds}</dd>`}
</dl>
</section>
<h2>What usually causes it</h2>
<ul>${causes.map((cause) => markup`<li>${cause}</li>`)}</ul>
<h2>What to do first</h2>
<ul>${fixes.map((fix) => markup`<li>${fix}</li>`)}</ul>
<div class="panel"><p>${outlook}</p></div>
<section class="act" aria-labelledby="contest"><h2 id="contest">Contest this block</h2>
<p>It takes about a minute and costs nothing. A person reads what you write. You hear how your case stands within ${formatWait(operator.promise.statusWithinHours * HOUR_MS)}.</p>
<form method="post" action="/r/${block.receipt}" novalidate>
${hiddenFields(form)}
${claimantFields(form, 'h3')}
<details class="last"${form.lines.length > 0 || (form.typed.get('more') ?? '') !== '' ? markup` open` : ''}><summary>Contest more calls or numbers with this one</summary>
${manyFields(form, form.lines, false)}
</details>
${sendButton(operator)}
</form></section>`,
  }
}

/** The form for blocks that no page knows. `isLost`: somebody followed a link to a block that is not there. */
export function contestPage(form: ClaimForm, operator: DeskOperator, isLost = false): Page {
  const isFaulty = form.faults.length > 0 || form.notice !== undefined
  const title = isLost ? 'We cannot find a block under this link' : 'Contest a blocked call'
  const lead = isLost
    ? 'The link may be incomplete, or older than we keep it. You can still contest the block: tell us the numbers and the time, and we look for it.'
    : 'Tell us which number was blocked, and what its calls are for. It takes about a minute and costs nothing.'
  return {
    title: isFaulty ? `Not sent yet: ${title}` : title,
    main: markup`${faultSummary(form)}
<h1>${title}</h1>
<p class="lead">${lead}</p>
<form method="post" action="/contest" enctype="multipart/form-data" novalidate>
${hiddenFields(form)}
${blockFields(form, form.lines, operator.timeZone)}
${claimantFields(form, 'h2')}
${sendButton(operator)}
</form>`,
  }
}

function sendButton(operator: DeskOperator): Markup {
  return markup`<p><button type="submit">Send</button> <span class="beside">You see at once what happens next. You would rather speak to somebody? ${contactLine(operator)}.</span></p>`
}

const HOUR_MS = 3_600_000
