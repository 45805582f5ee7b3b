import { createHash } from 'node:crypto'

/** The style of all pages. No page has any of its own: the content security policy allows none. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #faf8f4; --card: #ffffff; --ink: #1f2528; --soft: #545c60; --line: #d9d4ca; --edge: #767c80;
  --accent: #0a5a5f; --on-accent: #ffffff; --accent-deep: #07464a; --wash: #e6f0ee;
  --bad: #98201b; --bad-wash: #fbebe8; --good: #1c5e35; --good-wash: #e5f2e8; --wait: #6d4a05; --wait-wash: #faf0d9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15191b; --card: #1d2325; --ink: #ebe8e2; --soft: #b3b8b7; --line: #363e40; --edge: #858d8e;
    --accent: #84d3cf; --on-accent: #0d2425; --accent-deep: #a9e3df; --wash: #1d3233;
    --bad: #ffb0a6; --bad-wash: #3b1f1d; --good: #a3dbb1; --good-wash: #1a3022; --wait: #f2cf86; --wait-wash: #352b14;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { font-size: 100%; -webkit-text-size-adjust: 100%; scroll-behavior: auto; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  overflow-wrap: break-word;
}
h1, h2, h3, .name { font-family: "Iowan Old Style", Charter, "Bitstream Charter", "Source Serif 4", "Noto Serif", Georgia, serif; font-weight: 600; line-height: 1.22; text-wrap: balance; }
h1 { font-size: clamp(1.75rem, 1.35rem + 1.9vw, 2.375rem); letter-spacing: -0.012em; margin: 0 0 0.75rem; }
h2 { font-size: 1.4375rem; margin: 3rem 0 0.75rem; }
h3 { font-size: 1.125rem; margin: 1.75rem 0 0.375rem; }
p, ul, ol, dl { margin: 0 0 1rem; }
p, li, dd, .hint, .beside { text-wrap: pretty; }
ul, ol { padding-left: 1.25rem; }
li { margin-bottom: 0.4rem; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 0.18em; }
a:hover { color: var(--accent-deep); text-decoration-thickness: 2px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 3px; }
h1:focus, main:focus, .summary:focus { outline: none; }
.skip { position: absolute; left: -100vw; top: 0; padding: 0.75rem 1rem; background: var(--card); z-index: 1; }
.skip:focus { left: 0; }
header, main, footer { max-width: 42rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; align-items: baseline; justify-content: space-between; padding-top: 1.25rem; padding-bottom: 1rem; border-bottom: 1px solid var(--line); }
.name { font-size: 1.1875rem; color: var(--ink); text-decoration: none; padding: 0.375rem 0; }
nav ul { display: flex; flex-wrap: wrap; gap: 0 1.25rem; list-style: none; margin: 0; padding: 0; font-size: 0.9375rem; }
nav li { margin: 0; }
nav a { display: inline-block; padding: 0.5rem 0; }
main { padding-top: 2.5rem; padding-bottom: 4rem; }
footer { border-top: 1px solid var(--line); padding-top: 1.5rem; padding-bottom: 3.5rem; color: var(--soft); font-size: 0.9375rem; }
footer p { margin-bottom: 0.5rem; }
.lead { font-size: 1.1875rem; line-height: 1.55; color: var(--soft); margin-bottom: 1.75rem; }
.soft, .hint { color: var(--soft); }
.kept { white-space: pre-line; }
.card, .panel { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem 1.375rem; margin: 0 0 1.5rem; }
.panel { background: var(--wash); border-color: transparent; }
.panel > :first-child, .card > :first-child { margin-top: 0; }
.panel > :last-child, .card > :last-child, .panel form > :last-child { margin-bottom: 0; }
.panel h2, .card h2 { font-size: 1.1875rem; margin: 0 0 0.625rem; }
.act { border-top: 1px solid var(--line); margin-top: 3.5rem; padding-top: 2.5rem; }
.act > h2 { font-size: 1.75rem; margin: 0 0 0.75rem; } .act h3 { font-size: 1.3125rem; margin: 2.5rem 0 0.75rem; }
.good { background: var(--good-wash); } .good h2, .good strong { color: var(--good); }
.wait { background: var(--wait-wash); } .wait h2, .wait strong { color: var(--wait); }
.bad { background: var(--bad-wash); } .bad h2, .bad strong { color: var(--bad); }
.facts { display: grid; gap: 0.125rem 1.5rem; margin: 0; }
.facts + form { margin: 1.5rem 0 0; } .facts dt { color: var(--soft); font-size: 0.9375rem; }
.facts dd { margin: 0 0 0.75rem; font-variant-numeric: tabular-nums; }
.facts dd:last-child { margin-bottom: 0; } .facts .code { line-height: 1.7; }
@media (min-width: 34rem) {
  .facts { grid-template-columns: minmax(8rem, max-content) 1fr; gap: 0.625rem 1.5rem; }
  .facts dd, .facts dd:last-child { margin: 0; }
  .facts dt { padding-top: 0.0625rem; }
}
.number { font-weight: 600; white-space: nowrap; font-variant-numeric: tabular-nums; }
.dial { font-size: 1.5rem; }
code, .code { font: 0.9375em ui-monospace, "Cascadia Mono", "Liberation Mono", Menlo, monospace; overflow-wrap: anywhere; }
.badge { display: inline-block; font-size: 0.9375rem; font-weight: 600; padding: 0.125rem 0.75rem; border-radius: 1rem; margin: 0 0 0.75rem; background: var(--wash); color: var(--accent); }
.badge.good { background: var(--good-wash); color: var(--good); }
.badge.wait { background: var(--wait-wash); color: var(--wait); }
.badge.bad { background: var(--bad-wash); color: var(--bad); }
.steps { list-style: none; padding: 0; counter-reset: step; }
.steps li { position: relative; padding: 0 0 1.125rem 2.75rem; margin: 0; counter-increment: step; }
.steps li::before { content: counter(step); position: absolute; left: 0; top: 0; width: 1.75rem; height: 1.75rem; line-height: 1.75rem; text-align: center; border-radius: 50%; background: var(--wash); color: var(--accent); font-weight: 600; font-size: 0.9375rem; }
.trail { list-style: none; padding: 0 0 0 1.375rem; border-left: 2px solid var(--line); margin-left: 0.4375rem; }
.trail li { position: relative; margin: 0 0 1.25rem; }
.trail li::before { content: ""; position: absolute; left: -1.75rem; top: 0.5rem; width: 0.625rem; height: 0.625rem; border-radius: 50%; background: var(--accent); box-shadow: 0 0 0 4px var(--paper); }
.trail time { display: block; color: var(--soft); font-size: 0.9375rem; }
form { margin: 0 0 2rem; }
fieldset { border: 0; margin: 0 0 1.75rem; padding: 0; min-width: 0; }
legend { font-weight: 600; padding: 0; margin-bottom: 0.375rem; }
.field { margin: 0 0 1.625rem; }
label { display: block; font-weight: 600; margin-bottom: 0.25rem; }
.optional { font-weight: 400; color: var(--soft); }
.hint { display: block; font-size: 0.9375rem; line-height: 1.5; margin: 0 0 0.5rem; }
input[type=text], input[type=email], input[type=tel], input[type=date], input[type=time], select, textarea {
  display: block; width: 100%; min-height: 3rem; padding: 0.625rem 0.75rem; font: inherit; color: var(--ink);
  background: var(--card); border: 1px solid var(--edge); border-radius: 8px;
}
textarea { min-height: 8.5rem; line-height: 1.5; resize: vertical; }
textarea.lines { font: 0.9375rem/1.6 ui-monospace, "Cascadia Mono", "Liberation Mono", Menlo, monospace; }
input:focus-visible, select:focus-visible, textarea:focus-visible { outline-offset: 1px; border-color: var(--accent); border-radius: 8px; }
input[type=file] { display: block; width: 100%; font: inherit; padding: 0.625rem 0; }
input[type=file]::file-selector-button { font: inherit; min-height: 2.75rem; padding: 0.375rem 1rem; margin-right: 0.75rem; border: 1px solid var(--edge); border-radius: 8px; background: var(--card); color: var(--ink); cursor: pointer; }
.choice { display: flex; gap: 0.75rem; align-items: flex-start; padding: 0.5rem 0; }
.choice input { flex: none; width: 1.375rem; height: 1.375rem; margin: 0.125rem 0 0; accent-color: var(--accent); }
.choice label { font-weight: 400; margin: 0; }
.row { display: grid; gap: 0 1.25rem; }
@media (min-width: 34rem) { .row { grid-template-columns: 1fr 1fr; } .row .field { align-self: end; } }
.faulty { border-left: 4px solid var(--bad); padding-left: 1rem; }
.faulty input, .faulty textarea, .faulty select { border-color: var(--bad); }
.fault { display: block; color: var(--bad); font-weight: 600; margin: 0 0 0.5rem; }
.summary { border: 2px solid var(--bad); border-radius: 12px; background: var(--card); padding: 1.25rem 1.375rem; margin: 0 0 2rem; }
.summary h2 { margin: 0 0 0.5rem; font-size: 1.25rem; }
.summary ul { margin: 0; } .summary p { margin-bottom: 0.5rem; } .summary > :last-child { margin-bottom: 0; }
.summary a { color: var(--bad); font-weight: 600; }
button, .button {
  display: inline-block; min-height: 3rem; padding: 0.6875rem 1.5rem; font: inherit; font-weight: 600; line-height: 1.5; text-align: center; text-decoration: none;
  color: var(--on-accent); background: var(--accent); border: 1px solid transparent; border-radius: 8px; cursor: pointer;
}
button:hover, .button:hover { background: var(--accent-deep); color: var(--on-accent); }
button.plain { color: var(--ink); background: transparent; border-color: var(--edge); }
button.plain:hover { background: var(--wash); color: var(--ink); }
.beside { display: block; color: var(--soft); font-size: 0.9375rem; margin-top: 0.75rem; }
details { border-top: 1px solid var(--line); padding: 0.25rem 0; }
details + details, details.last { border-bottom: 1px solid var(--line); }
details.last { margin-bottom: 1.75rem; }
summary { font-weight: 600; padding: 0.75rem 0; cursor: pointer; color: var(--accent); }
details[open] > summary { margin-bottom: 0.5rem; }
.scroll { overflow-x: auto; margin: 0 0 1.5rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 0.9375rem; }
caption { text-align: left; color: var(--soft); padding-bottom: 0.5rem; }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 1rem 0.5rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } th[scope=row] { white-space: nowrap; } th.span[scope=row] { white-space: normal; min-width: 7.5rem; } td.code { overflow-wrap: break-word; min-width: 9rem; } td.said { overflow-wrap: anywhere; min-width: 7rem; } td.figure, th.figure { text-align: right; }
@media (max-width: 33.9rem) { td.code { overflow-wrap: anywhere; min-width: 5.5rem; } }
.ways { list-style: none; padding: 0; } .ways li { padding: 0.75rem 0; border-top: 1px solid var(--line); margin: 0; }
.ways li:last-child { border-bottom: 1px solid var(--line); }
.ways strong { display: block; }
@media (forced-colors: active) { button, .button, .card, .panel { border: 1px solid; } }
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #333; --line: #999; --wash: #fff; --good-wash: #fff; --wait-wash: #fff; --bad-wash: #fff; --accent: #000; }
  nav, form, .skip, .unprinted { display: none; }
  body { font-size: 11pt; } main { padding-top: 1rem; } .panel, .card { border: 1px solid #999; break-inside: avoid; }
  header, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
}
`.trimStart()

/** A small sign for the tab: a way back. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0a5a5f"/><path d="M9 12h9.5a5 5 0 0 1 0 10H13M9 12l4.5-4.5M9 12l4.5 4.5" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>
`

/** Where they lie: their names change with what is in them, so that they may be kept for good. */
export const STYLE_PATH = `/desk-${tag(STYLE)}.css`
export const ICON_PATH = `/icon-${tag(ICON)}.svg`

function tag(text: string): string {
  return createHash('sha256').update(text).digest('base64url').replaceAll(/[-_]/g, '').slice(0, 12)
}
