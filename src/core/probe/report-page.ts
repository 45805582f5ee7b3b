import type { Comparison } from './compare.ts'
import { GRADES, POINTS } from './grade.ts'
import type { PartRow } from './part-rows.ts'
import type { ProbeReport } from './report.ts'

/** The report as one HTML page that needs nothing else: no scripts, nothing fetched, fit to print and to be sent. `show` makes text from outside safe to look at. */
export function reportAsPage(report: ProbeReport, show: (text: string) => string): string {
  const put = (text: string): string => escape(show(text))
  const { grade, comparisons } = report
  const title = grade === undefined ? 'No grade' : `Grade ${grade}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title}: does ${put(report.path)} relay blocking notices?</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="grade g-${grade ?? 'none'}"><span>${grade ?? '–'}</span></p>
<div>
<h1>${title}${grade === undefined ? '' : `, ${report.points} of 100 points`}</h1>
<p>${put(summarize(report))}</p>
</div>
</header>
<main>
<dl>
<dt>Path</dt><dd>${put(report.path)}</dd>
<dt>Calls from</dt><dd>${put(report.from)}</dd>
<dt>When</dt><dd>${new Date(report.startedMs).toISOString().slice(0, 19).replace('T', ' ')} UTC</dd>
<dt>Far end</dt><dd>${report.farEnd === undefined ? 'not looked at: compared with what the scenarios say, and second tries cannot be seen' : put(report.farEnd)}</dd>
<dt>Product</dt><dd>${report.guess === undefined ? 'the answers do not say' : `perhaps ${put(report.guess.product)}: a guess by “${put(report.guess.by)}” in an answer`}</dd>
</dl>
${report.doubts.map((doubt) => `<p class="doubt">${put(doubt)}.</p>`).join('')}${deductionsOf(report, put)}
<section aria-labelledby="rules"><h2 id="rules">Rules</h2>
<ul class="rules">
${report.verdicts
  .map(
    ({ cite, text, verdict, looked, brokenBy }) =>
      `<li><strong class="v-${verdict.replace(' ', '-')}">${verdict}</strong> ${put(cite)}: ${put(text)} <span class="quiet">(${
        verdict === 'broken' ? `${brokenBy.length} of ${looked}: ${put(few(brokenBy))}` : `${looked} scenarios`
      })</span></li>`,
  )
  .join('\n')}
</ul></section>
<section aria-labelledby="scenarios"><h2 id="scenarios">Scenarios</h2>
${comparisons.map((comparison) => scenarioOf(comparison, put)).join('\n')}
</section>
<section aria-labelledby="points"><h2 id="points">How the grade comes about</h2>
<p>100 points, less what each kind of damage costs, once each: whole where a good form suffered it, half where only odd forms did, a quarter where only broken ones did. ${GRADES.map((each) => `${each.grade} from ${each.from}`).join(', ')}.</p>
<ul class="points">
${Object.values(POINTS)
  .map(({ points, title: what }) => `<li><b>${points}</b> ${put(what)}</li>`)
  .join('\n')}
</ul></section>
</main>
<footer><p>Made by recourse probe. The scenarios are calls to a mock network: nobody was blocked.</p></footer>
</body>
</html>
`
}

/** The result in one sentence. */
export function summarize({ grade, why, comparisons, deductions }: ProbeReport): string {
  if (grade === undefined) return `This path was not measured: ${why}.`
  const measured = comparisons.filter(({ state }) => state !== 'apart')
  const intact = measured.filter(({ state }) => state === 'intact').length
  const apart = comparisons.length - measured.length
  const rest = apart === 0 ? '' : `; ${apart} ${apart === 1 ? 'was' : 'were'} not measured`
  const most = deductions[0] === undefined ? '' : `; what costs most: ${deductions[0].title}`
  return `${intact} of ${measured.length} notices arrived as they were sent${rest}${most}.`
}

type Put = (text: string) => string

function deductionsOf({ deductions, advice, grade }: ProbeReport, put: Put): string {
  if (grade === undefined) return ''
  const items = deductions.map(({ kind, points, title, fix, scenarios, sent, arrived, note }) => {
    const known = advice.filter((each) => each.kind === kind)
    return `<article><h3>−${points}: ${put(title)}</h3>
${pairOf(sent, arrived, note, put)}
<p><b>Fix:</b> ${put(fix)}.</p>
${
  known.length === 0
    ? ''
    : `<details><summary>What products do so, and what to switch</summary><ul>${known
        .map(
          (each) =>
            `<li><b>${put(each.product)}</b>${each.isGuessed ? ' (perhaps yours)' : ''} ${put(each.does)}. <b>${put(each.remedy)}</b>. <span class="quiet">${each.standing}; ${put(each.source)}, ${put(each.date)}</span></li>`,
        )
        .join('')}</ul></details>`
}
<p class="quiet">Seen in ${put(few(scenarios))}</p></article>`
  })
  const none = '<p>Nothing was taken off.</p>'
  return `<section aria-labelledby="costs"><h2 id="costs">What was taken off</h2>${items.length === 0 ? none : items.join('\n')}</section>`
}

function scenarioOf({ scenario, state, why, findings, parts, arrivals, afterMs }: Comparison, put: Put): string {
  const word = state === 'apart' ? 'not measured' : state
  const said = [
    afterMs === undefined ? '' : `after ${afterMs} ms`,
    arrivals === undefined ? '' : `${arrivals} at the far end`,
    put(why),
  ].filter((text) => text !== '')
  const list = findings
    // What is no part of the answer has its own two ends: second tries, an answer that never came.
    .map(({ kind, part, sent, arrived, note }) => {
      const isInTable = parts.length > 0 && part !== 'no-new-attempt'
      return `<p><b>${put(POINTS[kind].title)}</b>${isInTable ? put(note === '' ? '' : `: ${note}`) : ''}</p>${isInTable ? '' : pairOf(sent, arrived, note, put)}`
    })
    .join('')
  return `<details class="s-${state}"><summary><strong class="v-${state}">${word}</strong> ${put(scenario.id)}: ${put(scenario.title)} <span class="quiet">(${scenario.group})</span></summary>
<p class="quiet">${said.join('; ')}</p><p>${put(scenario.why)} <span class="quiet">${put(scenario.cite)}</span></p>${list}${tableOf(parts, put)}</details>`
}

function tableOf(parts: readonly PartRow[], put: Put): string {
  if (parts.length === 0) return ''
  const rows = parts.map(
    ({ name, sent, arrived, verdict }) =>
      `<tr><th scope="row">${name}</th><td>${cellOf(sent, put)}</td><td>${cellOf(arrived, put)}</td><td class="v-${verdict}">${VERDICTS[verdict]}</td></tr>`,
  )
  return `<table><thead><tr><th scope="col">Part</th><th scope="col">Sent</th><th scope="col">Arrived</th><th scope="col">Verdict</th></tr></thead><tbody>${rows.join('')}</tbody></table>`
}

function pairOf(sent: string, arrived: string, note: string, put: Put): string {
  return `<dl class="pair"><dt>sent</dt><dd>${cellOf(sent, put)}</dd><dt>arrived</dt><dd>${cellOf(arrived, put)}${note === '' ? '' : `<br>${put(note)}`}</dd></dl>`
}

/** The whole list stands below, scenario by scenario. */
function few(ids: readonly string[]): string {
  const rest = ids.length - NAMED_MAX
  return rest <= 1 ? ids.join(', ') : `${ids.slice(0, NAMED_MAX).join(', ')} and ${rest} more`
}

function cellOf(text: string, put: Put): string {
  return text === '' ? '<i>nothing</i>' : `<code>${put(cut(text))}</code>`
}

function cut(text: string): string {
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}… (${text.length} characters)`
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

const VERDICTS = { intact: 'intact', changed: 'changed', free: 'differs, as it may' } as const
/** Scenarios that are named in one place. */
const NAMED_MAX = 8
/** Characters of a value that the page shows; the JSON has them all. */
const SHOWN_MAX = 600

const STYLE = `
:root{--ink:#1a1c20;--quiet:#565b66;--paper:#fff;--line:#d5d8de;--good:#0b6b2e;--bad:#a3161f;--some:#7a4b00}
@media (prefers-color-scheme:dark){:root{--ink:#eceef2;--quiet:#abb1bd;--paper:#15171b;--line:#3a3f49;--good:#6fd08f;--bad:#ff9a94;--some:#f0bd62}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem;font:1rem/1.55 system-ui,sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
header{display:flex;gap:1.25rem;align-items:center}
h1{font-size:1.5rem;line-height:1.25;margin:0}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0 0 .5rem}
p{margin:.35rem 0}
.grade{flex:none;width:5rem;height:5rem;margin:0;border:.3rem solid;border-radius:1rem;display:grid;place-items:center;font-size:2.75rem;line-height:1;font-weight:700}
.g-A,.g-B,.v-intact,.v-kept{color:var(--good)}.g-C,.g-D,.g-none,.v-apart,.v-not-tested{color:var(--some)}.g-F,.v-changed,.v-broken{color:var(--bad)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:1rem 0}dt{color:var(--quiet)}dd{margin:0;min-width:0}
dl.pair{margin:.35rem 0}
code{font:.875rem/1.5 ui-monospace,monospace}
.quiet,.v-free{color:var(--quiet)}
table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.875rem}th,td{text-align:left;vertical-align:top;padding:.3rem .5rem .3rem 0;border-top:1px solid var(--line)}thead th{border-top:0;color:var(--quiet);font-weight:400}tbody th{font-weight:600;white-space:nowrap}td:last-child{white-space:nowrap}
@media (max-width:40rem){thead{display:none}tr{display:block;padding:.35rem 0;border-top:1px solid var(--line)}th,td{display:block;border:0;padding:.1rem 0}td:nth-child(2)::before{content:'sent ';color:var(--quiet)}td:nth-child(3)::before{content:'arrived ';color:var(--quiet)}}
article,details{border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:.5rem 0}
article details{border:0;padding:0}
summary{cursor:pointer;padding:.2rem 0}
ul{padding-left:1.25rem}.rules,.points{list-style:none;padding:0}.rules li,.points li{padding:.35rem 0;border-bottom:1px solid var(--line)}
.points b{display:inline-block;width:2.5rem}

.doubt{border-left:.25rem solid var(--some);padding-left:.75rem}
footer{margin-top:2rem;color:var(--quiet)}
@media print{body{max-width:none;font-size:10pt}article,details{break-inside:avoid}details::details-content{content-visibility:visible;block-size:auto}}
`
