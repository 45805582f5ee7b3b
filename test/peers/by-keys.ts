import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import { until } from './peer.ts'

/** Goes along a page by Tab, from its content or from where one is in a dialog, to what is called so. */
export async function tabTo(page: Page, name: string): Promise<void> {
  if ((await page.getByRole('dialog').count()) === 0) await page.locator('main').focus()
  for (let stops = 0; stops < STOPS_MAX; stops++) {
    await page.keyboard.press('Tab')
    if ((await page.evaluate(nameOfFocus)) === name) return
  }
  assert.fail(`no way by Tab to ${name}`)
}

/** Waits until what is called so has the keyboard's attention. */
export async function focused(page: Page, name: string): Promise<void> {
  await until(`the attention to be at ${name}`, async () => (await page.evaluate(nameOfFocus)) === name)
}

/** Goes to the first row of the page's list, and opens it. */
export async function openFirstRow(page: Page): Promise<void> {
  await page.keyboard.press('j')
  await page.waitForFunction(() => document.activeElement?.getAttribute('data-index') === '0')
  await page.keyboard.press('Enter')
}

/** What `?` says that keys do on this page, a line each: `d Open a dispute`. */
export async function keysOnPage(page: Page, group = 'On this page'): Promise<readonly string[]> {
  await page.keyboard.press('?')
  const dialog = page.getByRole('dialog', { name: 'What keys do' })
  const part = dialog.getByRole('region', { name: group, exact: true })
  await part.waitFor()
  const lines = await part.getByRole('row').allInnerTexts()
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  return lines.map((line) => line.replaceAll(/\s+/g, ' ').trim())
}

/** The label of the field that has the attention, else its own words. */
function nameOfFocus(): string {
  const { activeElement: element } = document
  const label =
    element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? element.labels?.[0] : null
  return (label ?? element)?.textContent?.replace(/\s*\*$/, '').trim() ?? ''
}

const STOPS_MAX = 60
