import { type Markup, markup } from './markup.ts'
import { formatWait } from './moment.ts'
import { ICON_PATH, STYLE_PATH } from './style.ts'
import { formatTelephone } from './telephone.ts'

/** Who serves the pages, and what the pages say of him. */
export type DeskOperator = {
  readonly name: string
  readonly contact: {
    readonly url?: string | undefined
    readonly tel?: string | undefined
    readonly email?: string | undefined
  }
  readonly promise: {
    /** When a claimant hears how his case stands, at the latest. 47 CFR 64.1200(k)(8). */
    readonly statusWithinHours: number
  }
  /** The zone that times are shown in. */
  readonly timeZone: string
  /** Whether figures are published. */
  readonly isTransparent: boolean
  /** Undefined where no registry of businesses is served here. */
  readonly registry?: { readonly hasFeed: boolean } | undefined
}

/** One page: what stands in its head and its main part. */
export type Page = { readonly title: string; readonly main: Markup }

/** Writes a whole page. */
export async function renderPage(operator: DeskOperator, { title, main }: Page): Promise<string> {
  return String(
    await markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – ${operator.name}</title>
<link rel="stylesheet" href="${STYLE_PATH}">
<link rel="icon" href="${ICON_PATH}" type="image/svg+xml">
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="name" href="/">${operator.name}</a>
<nav aria-label="Main"><ul>
<li><a href="/contest">Blocked call</a></li>
<li><a href="/subscriber">Our customers</a></li>
${operator.registry === undefined ? '' : markup`<li><a href="/register">Register numbers</a></li>\n`}<li><a href="/contact">Contact</a></li>
</ul></nav>
</header>
<main id="main" tabindex="-1">
${main}
</main>
<footer>
<p>Contesting a block is free of charge. You hear how your case stands within ${formatWait(operator.promise.statusWithinHours * HOUR_MS)}.</p>
<p>${contactLine(operator)}</p>
</footer>
</body>
</html>
`,
  )
}

/** The ways to reach a person, in one line. */
export function contactLine({ contact: { tel, email } }: DeskOperator): Markup {
  if (tel === undefined && email === undefined) return markup`<a href="/contact">How to reach us</a>`
  const call = tel === undefined ? '' : markup`Call <a class="number" href="tel:${tel}">${formatTelephone(tel)}</a>`
  const write = email === undefined ? '' : markup`<a href="mailto:${email}">${email}</a>`
  if (tel === undefined) return markup`Write to ${write}`
  return email === undefined ? markup`${call}` : markup`${call} or write to ${write}`
}

const HOUR_MS = 3_600_000
