import { z } from '@hono/zod-openapi'
import type { RouteConfig } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { type LinkView, type Refusal, type SecondFactorOffer, type Shown, byOf } from '#core/account/accounts.ts'
import type { Role } from '#core/account/permission.ts'
import { answerTagged } from '#edge/http/etag.ts'
import { PROBLEMS } from '#edge/http/problem.ts'
import { type Markup, markup } from '#edge/http/desk/markup.ts'
import { formatWait } from '#edge/http/desk/moment.ts'
import { ICON, ICON_PATH } from '#edge/http/desk/style.ts'
import {
  type AccountRouteParts,
  FORM_BODY,
  askingNetwork,
  codeSchema,
  isRefusal,
  line,
  passwordSchema,
  readFormOf,
} from './ask.ts'
import { type InsideEnv, type InsideRoute, type OpenRoute, insideRoute, openRoute } from './guard.ts'
import { OFFICE_STYLE, OFFICE_STYLE_PATH, answerPage, faultBox, field } from './page.ts'
import { qrCode } from './qr-code.ts'
import {
  BINDING_COOKIE,
  SESSION_COOKIE,
  formatBindingCookie,
  formatNoSession,
  formatSessionCookie,
  readCookie,
} from './session-cookie.ts'

// One thing, the pages of accounts: each form beside what takes it. All of it works without scripts.

/** Signing in, links of invitation, and the way to a provider and back. */
export function openPages({ accounts, isProxy }: AccountRouteParts): readonly OpenRoute[] {
  const signInPage = (to: string, name: string, refusal?: Refusal) =>
    answerPage(
      {
        title: 'Sign in',
        status: statusOf(refusal),
        main: markup`${faultBox(refusal && wordsOf(refusal))}
<form method="post" action="/sign-in">
<input type="hidden" name="to" value="${to}">
${field('name', 'Name', { autocomplete: 'username', value: name })}
${field('password', 'Password', { type: 'password', autocomplete: 'current-password' })}
${field('code', 'Code', { hint: 'Six digits of your app, or a recovery code.', autocomplete: 'one-time-code', isOptional: true })}
<button>Sign in</button>
</form>
${accounts.oidc === undefined ? '' : markup`<p class="or"><a class="button plain" href="/oidc/start">Sign in by ${accounts.oidc.label}</a></p>`}`,
      },
      retryOf(refusal),
    )

  const linkPage = (token: string, link: LinkView, name: string, refusal?: Refusal) =>
    answerPage(
      {
        title: LINK_TITLES[link.kind],
        status: statusOf(refusal),
        main: markup`${faultBox(refusal && wordsOf(refusal))}
<p class="lead">${link.name === undefined ? 'You make the first account here. It may do everything, and makes those of others.' : `Your name here is ${link.name}.`}</p>
<form method="post" action="/welcome/${token}">
${link.name === undefined ? field('name', 'Name', { hint: 'Your e-mail address, or any name.', autocomplete: 'username', value: name }) : markup`<input type="hidden" name="name" value="${link.name}" autocomplete="username">`}
${field('password', 'Password', { hint: 'At least 12 characters. Several words are easy to type.', type: 'password', autocomplete: 'new-password' })}
${field('again', 'The same once more', { type: 'password', autocomplete: 'new-password' })}
<button>${link.kind === 'reset' ? 'Save the password' : 'Make the account'}</button>
</form>
${accounts.oidc === undefined || link.name === undefined ? '' : markup`<p class="or">Or without a password:</p><p><a class="button plain" href="/oidc/start?link=${token}">Sign in by ${accounts.oidc.label}</a></p>`}`,
      },
      retryOf(refusal),
    )

  const noLink = () =>
    answerPage({
      title: 'This link is not good',
      status: 404,
      main: markup`<p>It is wrong, was used already, or is too old. Ask whoever gave it to you for another one. The link of a first start is printed anew whenever the service starts.</p>`,
    })

  return [
    openRoute(route('get', OFFICE_STYLE_PATH, 'The style sheet'), (context) =>
      answerTagged(context.req.raw, OFFICE_STYLE, {
        'content-type': 'text/css; charset=utf-8',
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      }),
    ),
    openRoute(route('get', ICON_PATH, 'The sign in the tab'), (context) =>
      answerTagged(context.req.raw, ICON, {
        'content-type': 'image/svg+xml',
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      }),
    ),
    openRoute(route('get', '/sign-in', 'The page to sign in'), (context) =>
      signInPage(localPath(context.req.query('to')), ''),
    ),
    openRoute(route('post', '/sign-in', 'Its form'), async (context) => {
      const { name, password, code, to } = await readFormOf(context, signInSchema)
      const before = readCookie(context.req.raw, SESSION_COOKIE)
      const network = askingNetwork(context, isProxy)
      const result = await accounts.signIn({ name, password, code, network, before })
      if (isRefusal(result)) return await signInPage(localPath(to), name, result)
      const next = result.owes === 'nothing' ? localPath(to) : '/account'
      return goTo(next, formatSessionCookie(result.session))
    }),

    openRoute(route('get', '/welcome/{token}', 'The page of a link'), (context) => {
      const token = context.req.param('token') ?? ''
      const link = accounts.openLink(token)
      return link === undefined ? noLink() : linkPage(token, link, '')
    }),
    openRoute(route('post', '/welcome/{token}', 'Its form'), async (context) => {
      const token = context.req.param('token') ?? ''
      const { name, password, again } = await readFormOf(context, linkSchema)
      const link = accounts.openLink(token)
      if (link === undefined) return await noLink()
      if (password !== again) return await linkPage(token, link, name, DIFFERENT)
      const network = askingNetwork(context, isProxy)
      const result = await accounts.acceptLink(token, name, password, network)
      if (!isRefusal(result)) return goTo('/account', formatSessionCookie(result.session))
      return result.problem === 'not-found' ? await noLink() : await linkPage(token, link, name, result)
    }),

    openRoute(route('get', '/oidc/start', 'To the provider of identities'), async (context) => {
      const result = await accounts.oidc?.begin(context.req.query('link'))
      if (result === undefined) return await signInPage('/', '', NO_PROVIDER)
      if (isRefusal(result)) return await signInPage('/', '', result)
      return goTo(result.url, formatBindingCookie(result.binding, BINDING_S))
    }),
    openRoute(route('get', '/oidc/callback', 'And back'), async (context) => {
      const binding = readCookie(context.req.raw, BINDING_COOKIE)
      const result = await accounts.oidc?.finish(new URL(context.req.url), binding)
      if (result === undefined) return await signInPage('/', '', NO_PROVIDER)
      if (isRefusal(result)) return await signInPage('/', '', result)
      return goTo('/', formatSessionCookie(result.session))
    }),
  ]
}

/** The page of one's own account and its forms. */
export function selfPages({ accounts }: AccountRouteParts): readonly InsideRoute[] {
  const again = (context: Context<InsideEnv>, refusal: Refusal, open: AccountPart) =>
    accountPage(context.get('shown'), refusal, open)
  return [
    insideRoute('setup', route('get', '/account', 'The page of the own account'), (context) =>
      accountPage(context.get('shown')),
    ),
    insideRoute('setup', route('post', '/account/second-factor', 'Begin with a second factor'), async (context) => {
      const { password } = await readFormOf(context, passwordOnlySchema)
      const result = await accounts.offerSecondFactor(context.get('shown'), password)
      return isRefusal(result) ? await again(context, result, 'second-factor') : await secondFactorPage(result)
    }),
    insideRoute('setup', route('post', '/account/second-factor/code', 'Its code'), async (context) => {
      const { code, key } = await readFormOf(context, shownCodeSchema)
      const offer = accounts.offeredSecondFactor(context.get('shown'), key)
      const result = accounts.confirmSecondFactor(context.get('shown'), code)
      if (isRefusal(result)) return offer === undefined ? await codePage(result) : await secondFactorPage(offer, result)
      return await recoveryPage(result.recoveryCodes, formatSessionCookie(result.session))
    }),
    insideRoute('self', route('post', '/account/recovery-codes', 'New recovery codes'), async (context) => {
      const { password } = await readFormOf(context, passwordOnlySchema)
      const result = await accounts.makeRecoveryCodes(context.get('shown'), password)
      return isRefusal(result)
        ? await again(context, result, 'recovery-codes')
        : await recoveryPage(result.recoveryCodes)
    }),
    insideRoute('setup', route('post', '/account/password', 'Another password'), async (context) => {
      const { password, newPassword, again: repeated } = await readFormOf(context, newPasswordSchema)
      if (newPassword !== repeated) return await again(context, DIFFERENT, 'password')
      const result = await accounts.changePassword(context.get('shown'), password, newPassword)
      return isRefusal(result)
        ? await again(context, result, 'password')
        : goTo('/account', formatSessionCookie(result.session))
    }),
    insideRoute('setup', route('post', '/sign-out', 'Sign out'), async (context) => {
      await readFormOf(context, emptySchema)
      accounts.signOut(context.get('shown'))
      return goTo('/sign-in', formatNoSession())
    }),
    insideRoute('setup', route('post', '/sign-out-everywhere', 'Sign out everywhere'), async (context) => {
      await readFormOf(context, emptySchema)
      const who = context.get('who')
      accounts.signOutEverywhere(who.account, byOf(who))
      return goTo('/sign-in', formatNoSession())
    }),
  ]
}

/** Where everybody begins who has no console: her own account. */
export function homeRoute(): InsideRoute {
  return insideRoute('setup', route('get', '/', 'To the own account'), () => goTo('/account'))
}

/** What a page is refused with: the problem in words. */
export function problemPage(kind: keyof typeof PROBLEMS, detail: string): Promise<Response> {
  const [status, title] = PROBLEMS[kind]
  const words = PAGE_WORDS[kind] ?? detail.charAt(0).toUpperCase() + detail.slice(1)
  return answerPage({ title, status, main: markup`<p>${words}</p><p><a href="/account">Your account</a></p>` })
}

/** A path of ours to go on to; whatever else is asked for becomes where everybody begins. */
export function localPath(given: string | undefined): string {
  return given !== undefined && LOCAL_PATH.test(given) ? given : '/'
}

/** What is changed on the page of an account; where that was refused, its form stands open. */
type AccountPart = 'second-factor' | 'recovery-codes' | 'password'

function accountPage(shown: Shown, refusal?: Refusal, open?: AccountPart): Promise<Response> {
  const { who, owes, hasPassword } = shown
  return answerPage(
    {
      title: 'Your account',
      status: statusOf(refusal),
      main: markup`${faultBox(refusal && wordsOf(refusal))}
${owes === 'second-factor' ? markup`<p class="lead">One thing is left to do before you can work here.</p>` : ''}
<section class="card" aria-label="Who you are">
<dl class="facts"><dt>Name</dt><dd>${who.name}</dd><dt>Role</dt><dd>${ROLE_WORDS[who.role]}</dd></dl>
</section>
${hasPassword ? passwordParts(shown, open) : markup`<p>You sign in by your provider of identities: your password and second factor are looked after there.</p>`}
<section>
<h2>Sign out</h2>
<p>Everywhere means: in every browser that you are signed in with.</p>
<div class="acts"><form method="post" action="/sign-out"><button>Sign out</button></form>
<form method="post" action="/sign-out-everywhere"><button class="plain">Sign out everywhere</button></form></div>
</section>`,
    },
    retryOf(refusal),
  )
}

function passwordParts({ hasSecondFactor }: Shown, open: AccountPart | undefined): Markup {
  const isOpen = (part: AccountPart) => (part === open ? markup` open` : '')
  const password = (id: string) =>
    markup`<div class="field"><label for="${id}">Your password</label><input id="${id}" name="password" type="password" autocomplete="current-password" required></div>`
  const setUp = (button: Markup) =>
    markup`<form method="post" action="/account/second-factor">${password('totp-password')}${button}</form>`
  const first = markup`<section class="panel wait">
<h2>Set up a second factor</h2>
<p>An app on your phone shows six digits that you sign in with, beside your password.</p>
${setUp(markup`<button>Set it up</button>`)}
</section>`
  const others = markup`<details${isOpen('second-factor')}><summary>Set up your second factor on another phone</summary>
<p>It counts as soon as you have typed a code of it; the one before is good no more.</p>
${setUp(markup`<button class="plain">Set it up again</button>`)}
</details>
<details${isOpen('recovery-codes')}><summary>Make new recovery codes</summary>
<p>Each signs you in once when your phone is out of reach. New ones replace the old ones.</p>
<form method="post" action="/account/recovery-codes">${password('recovery-password')}<button class="plain">Make new codes</button></form>
</details>`
  return markup`${hasSecondFactor ? markup`<p class="badge good">Your second factor is set up</p>` : first}
${hasSecondFactor ? others : ''}
<details class="last"${isOpen('password')}><summary>Change your password</summary>
<form method="post" action="/account/password">
${password('change-password')}
${field('newPassword', 'New password', { hint: 'At least 12 characters. Several words are easy to type.', type: 'password', autocomplete: 'new-password' })}
${field('again', 'The same once more', { type: 'password', autocomplete: 'new-password' })}
<button class="plain">Change it</button>
</form>
</details>`
}

/** The key as a picture, as a link and as text, and the form for its code; after a wrong one the same key again. */
function secondFactorPage({ secret, uri }: SecondFactorOffer, refusal?: Refusal): Promise<Response> {
  const picture = qrCode(uri, 'The key as a QR code')
  const page = {
    title: 'Your second factor',
    status: statusOf(refusal),
    main: markup`${refusal?.field === undefined ? faultBox(refusal && wordsOf(refusal)) : ''}
<ol class="steps">
<li>${picture === undefined ? '' : markup`Scan this with your authenticator app: ${picture}`}
${picture === undefined ? 'In your authenticator app, add an account by hand with this key:' : 'Or add an account by hand with this key:'} <p class="key" id="key">${secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}</p>
<span class="hint">You read this on the phone itself? <a href="${uri}">Open the app with the key</a></span></li>
<li>Type the six digits that the app shows.</li>
</ol>
${codeForm(secret, refusal?.field === undefined ? undefined : `${wordsOf(refusal)} They change every half minute; the key above is still good.`)}`,
  }
  return answerPage(page, retryOf(refusal))
}

function codePage(refusal: Refusal): Promise<Response> {
  const main = markup`${faultBox(wordsOf(refusal))}
<p class="lead">Type the six digits that the app shows now. They change every half minute.</p>
${codeForm()}<p class="soft">The app has another key? <a href="/account">Begin again</a></p>`
  return answerPage({ title: 'Your second factor', status: statusOf(refusal), main }, retryOf(refusal))
}

/** `secret` goes along, so that the page can show it again: nobody gets to see it by the session alone. */
function codeForm(secret = '', fault?: string): Markup {
  return markup`<form method="post" action="/account/second-factor/code">
<input type="hidden" name="key" value="${secret}">
${field('code', 'Code', { autocomplete: 'one-time-code', fault })}
<button>Confirm the code</button>
</form>`
}

function recoveryPage(codes: readonly string[], cookie?: string): Promise<Response> {
  const main = markup`<p class="lead">Keep these away from your phone, on paper for example. Each signs you in once when the phone is out of reach.</p>
<section class="card" aria-label="Recovery codes"><ul class="codes">${codes.map((code) => markup`<li>${code}</li>`)}</ul></section>
<div class="panel wait"><p>They are not shown again. The ones before them are good no more.</p></div>
<p><a class="button" href="/account">I have kept them</a></p>`
  return answerPage({ title: 'Your recovery codes', main }, cookie === undefined ? {} : { 'set-cookie': cookie })
}

function goTo(path: string, cookie?: string): Response {
  return new Response(undefined, {
    status: 303,
    headers: {
      location: path,
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      ...(cookie !== undefined && { 'set-cookie': cookie }),
    },
  })
}

function statusOf(refusal: Refusal | undefined): number {
  return refusal === undefined ? 200 : PROBLEMS[refusal.problem][0]
}

function retryOf(refusal: Refusal | undefined): Record<string, string> {
  const waitMs = refusal?.retryAfterMs
  return waitMs === undefined ? {} : { 'retry-after': String(Math.ceil(waitMs / 1000)) }
}

/** A refusal as somebody reads it on a page; what may be tried again ends with when. */
function wordsOf({ problem, detail, retryAfterMs }: Refusal): string {
  const asked = problem === 'bad-field' ? detail.replace(/^expected /, 'enter ') : detail
  const words = `${asked}${retryAfterMs === undefined ? '' : ` in ${formatWait(retryAfterMs)}`}.`
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function route(method: 'get' | 'post', path: string, summary: string): RouteConfig {
  const body = { body: { required: true, content: { [FORM_BODY]: { schema: z.record(z.string(), z.string()) } } } }
  return {
    method,
    path,
    summary,
    ...(method === 'post' && { request: body }),
    responses: { 200: { description: 'A page.', content: { 'text/html': { schema: z.string() } } } },
  }
}

const nameSchema = line(256, 'expected a name in one line')
const emptySchema = z.strictObject({})
const signInSchema = z.strictObject({
  name: nameSchema,
  password: passwordSchema,
  code: codeSchema.prefault(''),
  to: z.string().max(512).prefault(''),
})
const linkSchema = z.strictObject({ name: nameSchema.prefault(''), password: passwordSchema, again: passwordSchema })
const passwordOnlySchema = z.strictObject({ password: passwordSchema })
/** A browser of old pages posts no key. */
const shownCodeSchema = z.strictObject({ code: codeSchema, key: z.string().max(64).prefault('') })
const newPasswordSchema = z.strictObject({
  password: passwordSchema,
  newPassword: passwordSchema,
  again: passwordSchema,
})

const DIFFERENT: Refusal = {
  kind: 'refused',
  problem: 'bad-field',
  detail: 'The two new passwords differ: type the same twice',
}
const NO_PROVIDER: Refusal = {
  kind: 'refused',
  problem: 'not-found',
  detail: 'no provider of identities is set up here: sign in by your name and password',
}
/** What to do now, where the words for machines do not say it to a person. */
const PAGE_WORDS: { readonly [kind in keyof typeof PROBLEMS]?: string } = {
  'signed-out': 'Your session is over, and nothing was changed. Sign in again, and then do it once more.',
  'not-allowed': 'Your role does not give you this. An admin can give you another role.',
  owes: 'Set up your second factor first, on the page of your account.',
  'cross-site': 'This form came from another site, and nothing was changed. Use the pages here.',
  'not-found': 'There is no such page, or what it showed is gone.',
  'wrong-method': 'Nothing was changed. Go back to the page you came from and use its buttons.',
}
const ROLE_WORDS: { readonly [role in Role]: string } = {
  admin: 'Admin',
  'case-worker': 'Case worker',
  vetting: 'Vetting of registrations',
  auditor: 'Auditor, who reads only',
}
const LINK_TITLES: { readonly [kind in LinkView['kind']]: string } = {
  'first-run': 'The first account',
  invitation: 'You are invited',
  reset: 'Choose a new password',
}
/** One slash and then none, so that no host can stand behind it; nothing that a browser reads otherwise than we do. */
const LOCAL_PATH = /^\/(?![/\\])[A-Za-z0-9/_.?=&%-]*$/
/** For coming back from a provider. */
const BINDING_S = 600
