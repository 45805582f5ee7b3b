import { createHash } from 'node:crypto'
import { type Markup, markup } from '#edge/http/desk/markup.ts'
import { ICON_PATH, STYLE } from '#edge/http/desk/style.ts'

/** One page of the inside: what stands in its head and its main part. */
export type OfficePage = { readonly title: string; readonly main: Markup; readonly status?: number }

/** A page as an answer: no scripts, nothing from elsewhere, in nobody's frame, kept by nobody. */
export async function answerPage(
  { title, main, status = 200 }: OfficePage,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const page = await markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – Recourse</title>
<link rel="stylesheet" href="${OFFICE_STYLE_PATH}">
<link rel="icon" href="${ICON_PATH}" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><a class="name" href="/account">Recourse</a></header>
<main id="main" tabindex="-1">
<h1>${title}</h1>
${main}
</main>
<footer><p>For the people who work at this desk. Callers contest a block on its public pages.</p></footer>
</body>
</html>
`
  return new Response(String(page), { status, headers: { ...PAGE_HEADERS, ...headers } })
}

/** What went wrong, above a form. */
export function faultBox(text: string | undefined): Markup | '' {
  if (text === undefined) return ''
  return markup`<div class="summary" role="alert"><h2>That did not work</h2><p>${text}</p></div>`
}

/** A line to type into, with its label above it and a hint where one is given. */
export function field(
  name: string,
  label: string,
  { hint, fault, type = 'text', autocomplete = 'off', value = '', isOptional = false }: FieldWords = {},
): Markup {
  const hintId = `${name}-hint`
  const faultId = `${name}-fault`
  const ids = [...(hint === undefined ? [] : [hintId]), ...(fault === undefined ? [] : [faultId])]
  const described = ids.length === 0 ? '' : markup` aria-describedby="${ids.join(' ')}"`
  const invalid = fault === undefined ? '' : markup` aria-invalid="true" autofocus`
  const required = isOptional ? '' : markup` required`
  const note = isOptional ? markup` <span class="optional">(if you have set one up)</span>` : ''
  return markup`<div class="field${fault === undefined ? '' : ' faulty'}"><label for="${name}">${label}${note}</label>
${hint === undefined ? '' : markup`<span class="hint" id="${hintId}">${hint}</span>`}
${fault === undefined ? '' : markup`<span class="fault" id="${faultId}">${fault}</span>`}
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" value="${value}"${described}${invalid}${required} autocapitalize="none" spellcheck="false">
</div>`
}

export type FieldWords = {
  readonly hint?: string | undefined
  /** What is wrong with what was typed. */
  readonly fault?: string | undefined
  readonly type?: 'text' | 'password'
  readonly autocomplete?: string
  readonly value?: string
  readonly isOptional?: boolean
}

/** The sheet of the public pages, and what only the inside shows: passwords, keys to type and codes to keep. */
export const OFFICE_STYLE = `${STYLE.replaceAll('input[type=text],', 'input[type=text], input[type=password],')}
.acts { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 0 0 1rem; }
.acts form, .card form, .panel form { margin: 0; }
.card .field:last-of-type, .panel .field:last-of-type { margin-bottom: 1.25rem; }
.key { font: 600 1.25rem/1.7 ui-monospace, "Cascadia Mono", "Liberation Mono", Menlo, monospace; margin: 0.25rem 0 0; }
.qr { display: block; width: 15rem; max-width: 100%; height: auto; margin: 0.75rem 0 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: #fff; }
.codes { display: grid; gap: 0.25rem 2rem; list-style: none; padding: 0; font: 1.0625rem/1.9 ui-monospace, "Cascadia Mono", "Liberation Mono", Menlo, monospace; }
.codes li { margin: 0; }
@media (min-width: 34rem) { .codes { grid-template-columns: 1fr 1fr; } }
.card:first-of-type, .summary { margin-top: 1.5rem; }
h1 + .steps, h1 + form { margin-top: 1.75rem; }
details:has(+ details) { border-bottom: 0; }
.or { border-top: 1px solid var(--line); padding-top: 1.5rem; }
.button.plain { color: var(--ink); background: transparent; border-color: var(--edge); }
.button.plain:hover { background: var(--wash); color: var(--ink); }
@media print { .codes { grid-template-columns: 1fr 1fr; } }
`
export const OFFICE_STYLE_PATH = `/office-${createHash('sha256').update(OFFICE_STYLE).digest('hex').slice(0, 12)}.css`

/**
 * Pages are for the browser that asked only. `same-origin` and not `no-referrer`: with that a browser would send forms with
 * `Origin: null`, which is refused.
 */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex',
} as const
