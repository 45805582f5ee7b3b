// A real browser for journeys through pages: Chromium without scripts, what it complains of, and axe, which looks at a page in
// light and dark, narrow and wide.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core'
import { findFaults } from './axe.ts'
import type { Owner } from './peer.ts'

/** Starts a browser; `hosts` says which port of this machine a public name leads to. */
export async function openBrowser(owner: Owner, hosts: ReadonlyMap<string, number> = new Map()): Promise<Browser> {
  const rules = Array.from(hosts, ([name, port]) => `MAP ${name}:443 127.0.0.1:${port}`)
  const args = rules.length === 0 ? FLAGS : [...FLAGS, `--host-resolver-rules=${rules.join(',')}`]
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args })
  owner.after(() => browser.close())
  return browser
}

/**
 * A window of its own that runs no scripts unless axe is to. A page that tries to, that fetches from elsewhere or makes the
 * browser complain fails the test; that a page itself is answered with a refusal is no complaint.
 */
export async function openPage(
  owner: Owner,
  browser: Browser,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
  const context = await browser.newContext({ javaScriptEnabled: false, ...options })
  const page = await context.newPage()
  const complaints = complaintsOf(page)
  owner.after(() => assert.deepEqual(complaints, [], 'the browser complained'))
  return { context, page }
}

/** What a browser complains of while it shows pages, as far as pages are to blame. */
export function complaintsOf(page: Page): readonly string[] {
  const complaints: string[] = []
  page.on('console', (message) => {
    const isRefusal = /^Failed to load resource: the server responded with a status of [45]/.test(message.text())
    // A browser may still ask for the sign of its tab when the test is over and the gate is gone.
    const isOver = message.text().endsWith('net::ERR_CONNECTION_REFUSED')
    if (message.type() !== 'error' || isOver || (isRefusal && message.location().url === page.url())) return
    complaints.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`))
  return complaints
}

/**
 * Has axe look at the page as it is shown now; all rules, or those about looks only. Fails with what it found. The folder in
 * `PICTURES` gets a picture, for people who change pages.
 */
export async function lookAt(page: Page, what: string, isWhole = true): Promise<void> {
  const { broken, held } = await findFaults(page, isWhole ? 'all' : 'looks')
  assert.deepEqual(broken, [], what)
  assert.ok(held >= (isWhole ? 10 : 1), `${what}: axe looked at ${held} things`)
  const { content, shown } = await widthOf(page)
  assert.ok(content <= shown, `${what} is ${content} wide at ${shown}`)
  const folder = process.env['PICTURES']
  if (folder === undefined) return
  await page.screenshot({ path: join(folder, `${what.replaceAll(/[^\w.]+/g, '-')}.png`), fullPage: true })
}

/** Looks in light and dark, narrow and wide, without loading the page anew: what a form was answered with can be looked at too. */
export async function lookEveryWay(page: Page, what: string): Promise<void> {
  for (const colorScheme of SCHEMES) {
    for (const width of WIDTHS) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      // What a page says is the same in every look: all rules twice, those about looks four times.
      await lookAt(page, `${what} ${colorScheme} ${width}`, (colorScheme === 'light') === (width === 360))
    }
  }
}

/** What has the keyboard's attention. */
export function focusOf(page: Page): Promise<{ readonly id: string; readonly tag: string; readonly text: string }> {
  return page.evaluate(() => {
    const { activeElement: element } = document
    return { id: element?.id ?? '', tag: element?.tagName ?? '', text: element?.textContent.trim() ?? '' }
  })
}

/**
 * Goes through a page by the Tab key alone, types what `typed` has for a field's id, and presses Enter on the button that says
 * `button`. Answers how often Tab was pressed; fails where the button cannot be reached.
 */
export async function pressThrough(page: Page, typed: ReadonlyMap<string, string>, button: string): Promise<number> {
  const left = new Map(typed)
  for (let stops = 1; stops <= STOPS_MAX; stops++) {
    await page.keyboard.press('Tab')
    const { id, tag, text } = await focusOf(page)
    const value = left.get(id)
    if (value !== undefined) await page.keyboard.insertText(value)
    left.delete(id)
    if (tag !== 'BUTTON' || text !== button) continue
    assert.deepEqual([...left.keys()], [], `fields that Tab did not come to before ${button}`)
    await Promise.all([page.waitForNavigation(), page.keyboard.press('Enter')])
    return stops
  }
  return assert.fail(`Tab does not come to ${button}`)
}

function widthOf(page: Page): Promise<{ readonly content: number; readonly shown: number }> {
  return page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    shown: document.documentElement.clientWidth,
  }))
}

/** Axe is a script itself, put in from the side of the tools; the pages have none, and their policy lets none run. */
export const FOR_AXE = { javaScriptEnabled: true } as const
export const SCHEMES = ['light', 'dark'] as const
export const WIDTHS = [360, 1280] as const
const STOPS_MAX = 60
const FLAGS = [
  '--no-sandbox',
  '--headless',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
