// The console in a real browser, for its journeys: a Recourse of its own, people of every role who are signed in, and a page that
// is looked at in both schemes and at four widths. What a browser complains of fails the test.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { Role } from '#core/account/permission.ts'
import { SESSION_COOKIE, formatSessionCookie } from '#edge/http/accounts/session-cookie.ts'
import { openAccountStore } from '#edge/store/account-store.ts'
import { hashOf } from '#main/desk/accounts.ts'
import { findFaults } from './axe.ts'
import { SCHEMES, openBrowser } from './browser.ts'
import type { Owner } from './peer.ts'
import { Recourse, type Wishes } from './recourse.ts'

/** A Recourse with a console, and a browser beside it. */
export type ConsoleWorld = {
  readonly gate: Recourse
  /** `http://127.0.0.1:…` of the office. */
  readonly office: string
  readonly browser: Browser
  /** A window in which somebody of this role is signed in; undefined for nobody. Complaints fail the test when it ends. */
  open(role: Role | undefined, options?: Parameters<Browser['newContext']>[0]): Promise<ConsolePage>
  /** Asks the API as somebody of this role, `match` in If-Match: the status and the JSON of the answer. */
  ask(
    role: Role,
    method: string,
    path: string,
    body?: unknown,
    match?: string,
  ): Promise<{ readonly status: number; readonly value: unknown }>
}

export type ConsolePage = {
  readonly page: Page
  readonly context: BrowserContext
  /** What the browser complained of so far: errors, violations of the policy, requests to other hosts. */
  readonly complaints: string[]
  /** Goes to a page and waits until it has something to show. */
  readonly go: (path: string) => Promise<void>
  /** Waits until nothing on the page is loading. */
  readonly settle: () => Promise<void>
  /** Has axe look in light and dark at 360, 768, 1280 and 1920, and takes a picture of each; `what` names them. */
  readonly look: (what: string) => Promise<void>
  /** The same, of the dialog that is open: narrow and light, wide and dark. */
  readonly lookAtDialog: (what: string) => Promise<void>
}

/** Starts `recourse up` with an office and a desk, and a browser. */
export async function startConsole(owner: Owner, wishes: Wishes = {}): Promise<ConsoleWorld> {
  let office = ''
  const gate = await Recourse.start(owner, {
    desk: 'https://redress.northwire.example',
    deskMore: { tls: 'none' },
    ...wishes,
    more: (port) => {
      office = `http://127.0.0.1:${port}`
      return { office: { listen: `127.0.0.1:${port}`, public: office, tls: 'none' }, ...wishes.more?.(port) }
    },
  })
  const browser = await openBrowser(owner)
  const sessions = new Map<Role, string>()
  const sessionOf = (role: Role): string => {
    const session = sessions.get(role) ?? signIn(gate, role)
    sessions.set(role, session)
    return session
  }
  return {
    gate,
    office,
    browser,
    open: (role, options) =>
      openConsolePage(owner, browser, office, role === undefined ? undefined : sessionOf(role), options),
    async ask(role, method, path, body, match) {
      const response = await fetch(`${office}${path}`, {
        method,
        headers: {
          cookie: `${SESSION_COOKIE}=${sessionOf(role)}`,
          origin: office,
          'sec-fetch-site': 'same-origin',
          connection: 'close',
          ...(method !== 'GET' && { 'idempotency-key': randomBytes(12).toString('hex') }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(match !== undefined && { 'if-match': match }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, value: text === '' ? undefined : (JSON.parse(text) as unknown) }
    },
  }
}

/** Makes an account of a role and a session of it, as a provider of identities would: no password is hashed for it. */
export function signIn(
  { directory }: { readonly directory: string },
  role: Role,
  name = `${role}@northwire.example`,
): string {
  const store = openAccountStore(`sqlite:${join(directory, 'recourse.db')}`)
  try {
    const now = Date.now()
    const [id, session] = [randomBytes(16).toString('base64url'), randomBytes(16).toString('base64url')]
    store.insertAccount({ id, name, role, password: undefined, madeAt: now })
    const until = now + 43_200_000
    store.insertSession({ hash: hashOf(session), account: id, way: 'oidc', madeAt: now, seenAt: now, until })
    return session
  } finally {
    store.close()
  }
}

/** A window on the office of somebody who has this session. */
export async function openConsolePage(
  owner: Owner,
  browser: Browser,
  office: string,
  session: string | undefined,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<ConsolePage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  owner.after(() => context.close())
  if (session !== undefined) await giveCookie(context, office, session)
  const page = await context.newPage()
  const complaints: string[] = []
  await watch(page, office, complaints)
  owner.after(() => assert.deepEqual(complaints, [], 'the browser complained'))
  const one: ConsolePage = {
    page,
    context,
    complaints,
    go: async (path) => {
      await page.goto(`${office}${path}`)
      await one.settle()
    },
    settle: () => settle(page),
    look: (what) => look(page, what),
    lookAtDialog: (what) => lookAtDialog(page, what),
  }
  return one
}

/** Has the browser take the cookie of a session as it would from the page to sign in. */
async function giveCookie(context: BrowserContext, office: string, session: string): Promise<void> {
  const place = `${office}/given-by-the-test`
  await context.route(place, (route) =>
    route.fulfill({
      contentType: 'text/html',
      headers: { 'set-cookie': formatSessionCookie(session) },
      body: '<!doctype html><title>Signed in</title>',
    }),
  )
  const page = await context.newPage()
  await page.goto(place)
  await page.close()
  await context.unroute(place)
}

/** Collects errors of scripts and of the policy, and every request that would leave this origin. */
async function watch(page: Page, office: string, complaints: string[]): Promise<void> {
  await page.exposeFunction('noteViolation', (text: string) => void complaints.push(`policy: ${text}`))
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => {
      const note = (globalThis as { noteViolation?: (text: string) => void }).noteViolation
      note?.(
        `${event.effectiveDirective} refused ${event.blockedURI} ${event.sourceFile}:${event.lineNumber} ${event.sample}`,
      )
    })
  })
  page.on('console', (message) => {
    // That an answer was a refusal is for the page to show, and for its test to look at.
    const isRefusal = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isRefusal) complaints.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.stack ?? error.message}`))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${office}/`) && !/^(?:data|blob|about):/.test(url)) complaints.push(`asked ${url}`)
  })
}

async function settle(page: Page): Promise<void> {
  await page.locator('main').waitFor()
  await page.waitForFunction(
    () => document.querySelector('[aria-label="Loading"], [data-loading], [aria-busy="true"]') === null,
  )
  // What is laid out by its own size, such as rows of a list, has its place a frame or two after the window.
  await page.evaluate(async () => {
    await document.fonts.ready
    for (let frames = 0; frames < 3; frames++) await new Promise(requestAnimationFrame)
  })
}

/** Looks everywhere; leaves the window as it was. */
async function look(page: Page, what: string): Promise<void> {
  const before = page.viewportSize()
  for (const scheme of SCHEMES) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    for (const width of CONSOLE_WIDTHS) {
      await page.setViewportSize({ width, height: HEIGHTS.get(width) ?? 900 })
      await settle(page)
      // What a page says is the same in every look: all rules where it is laid out otherwise, those about looks everywhere.
      await lookOnce(page, `${what} ${scheme} ${width}`, scheme === 'light' && WHOLE_WIDTHS.has(width))
    }
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  if (before !== null) await page.setViewportSize(before)
}

async function lookAtDialog(page: Page, what: string): Promise<void> {
  await page.getByRole('dialog').waitFor()
  // Half faded in, its colours are not those that people see.
  await page.waitForFunction(() => {
    const dialog = document.querySelector('[role=dialog]')
    return dialog !== null && getComputedStyle(dialog).opacity === '1'
  })
  const before = page.viewportSize()
  for (const [scheme, width] of DIALOG_LOOKS) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height: HEIGHTS.get(width) ?? 900 })
    await settle(page)
    await lookOnce(page, `dialog ${what} ${scheme} ${width}`, true)
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  if (before !== null) await page.setViewportSize(before)
  assert.equal(await page.getByRole('dialog').count(), 1, `${what} is open still`)
}

async function lookOnce(page: Page, what: string, isWhole: boolean): Promise<void> {
  await page.screenshot({ path: join(picturesFolder(), `${what.replaceAll(/[^\w.]+/g, '-')}.png`) })
  const { broken, held } = await findFaults(page, isWhole ? 'all' : 'looks')
  assert.deepEqual(broken, [], what)
  assert.ok(held >= (isWhole ? 10 : 1), `${what}: axe looked at ${held} things`)
  const { content, shown } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    shown: document.documentElement.clientWidth,
  }))
  assert.ok(content <= shown, `${what} is ${content} wide at ${shown}`)
}

/** Where pictures go: the folder that is named, or a temporary one. */
export function picturesFolder(): string {
  folder ??= NAMED_FOLDER ?? mkdtempSync(join(tmpdir(), 'recourse-pictures-'))
  mkdirSync(folder, { recursive: true })
  return folder
}

let folder: string | undefined
const NAMED_FOLDER = process.env['RECOURSE_SCREENSHOTS']
// Recourse itself takes every variable that begins like this for a key of its configuration.
delete process.env['RECOURSE_SCREENSHOTS']
export const CONSOLE_WIDTHS = [360, 768, 1280, 1920] as const
const DIALOG_LOOKS = [
  ['light', 360],
  ['dark', 1280],
] as const
const WHOLE_WIDTHS: ReadonlySet<number> = new Set([360, 1280])
const HEIGHTS: ReadonlyMap<number, number> = new Map([
  [360, 780],
  [768, 1024],
  [1280, 800],
  [1920, 1080],
])
