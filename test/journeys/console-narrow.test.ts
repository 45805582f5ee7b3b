// The console on a telephone: its pages are in a drawer, which is opened, used and closed by touch and by keys.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { findFaults } from '../peers/axe.ts'
import { focused, tabTo } from '../peers/by-keys.ts'
import { picturesFolder, startConsole } from '../peers/console-browser.ts'
import { missing, until } from '../peers/peer.ts'

const skip = missing('chromium')

test('on a telephone the drawer leads to the pages, by touch and by keys', { skip, timeout: 120_000 }, async (t) => {
  const world = await startConsole(t)
  const { page, go } = await world.open('admin', { viewport: { width: 360, height: 780 }, hasTouch: true })
  page.setDefaultTimeout(15_000)
  const opener = page.getByRole('button', { name: 'Pages' })
  const drawer = page.getByRole('dialog', { name: 'Pages' })
  const pages = drawer.getByRole('navigation', { name: 'Pages' }).getByRole('link')
  const gone = async (): Promise<void> => {
    await until('no drawer', async () => (await drawer.count()) === 0)
    assert.equal(await opener.getAttribute('aria-expanded'), 'false')
  }

  await t.test('by touch it opens, says where one is, leads elsewhere and closes by itself', async () => {
    await go('/cases')
    assert.equal(await page.getByRole('link', { name: 'Policy' }).count(), 0, 'closed, it shows nothing')
    await opener.tap()
    assert.deepEqual(await shownIn(pages), [
      'Overview',
      'Blocked calls',
      'Cases',
      'Registry',
      'Policy',
      'My calls',
      'Probes',
      'Settings',
    ])
    assert.equal(await drawer.getByRole('link', { name: 'Cases' }).getAttribute('aria-current'), 'page')
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      await page.waitForFunction(() => getComputedStyle(document.querySelector('[role=dialog]')!).opacity === '1')
      await page.screenshot({ path: join(picturesFolder(), `drawer-${scheme}-360.png`) })
      const { broken, held } = await findFaults(page, 'all')
      assert.deepEqual(broken, [], scheme)
      assert.ok(held >= 10, `axe looked at ${held} things`)
    }
    await drawer.getByRole('link', { name: 'Policy' }).tap()
    await page.waitForURL(/\/policy$/)
    await gone()
    await page.getByRole('heading', { level: 1, name: 'Policy' }).waitFor()
  })

  await t.test('by touch it closes by its cross, and beside it', async () => {
    await opener.tap()
    await drawer.getByRole('button', { name: 'Close' }).tap()
    await gone()
    await opener.tap()
    await drawer.waitFor()
    await page.touchscreen.tap(340, 400)
    await gone()
    assert.match(page.url(), /\/policy$/)
  })

  await t.test(
    'by keys it opens, keeps the attention, leads elsewhere, and Escape gives the attention back',
    async () => {
      await go('/cases')
      await page.keyboard.press('Tab')
      await focused(page, 'Skip to the content')
      await page.keyboard.press('Tab')
      assert.equal(await opener.evaluate((button) => button === document.activeElement), true)
      await page.keyboard.press('Enter')
      await drawer.waitFor()
      const stops = new Set<string>()
      for (let stop = 0; stop < 16; stop++) {
        await page.keyboard.press('Tab')
        stops.add(
          await page.evaluate(() =>
            document.activeElement?.closest('[role=dialog]') === null ? 'outside' : document.activeElement!.textContent,
          ),
        )
      }
      assert.ok(!stops.has('outside'), 'Tab goes round in it')
      assert.ok(stops.has('Overview') && stops.has('Settings'), [...stops].join())
      await page.keyboard.press('Escape')
      await gone()
      await until('the attention back', () => opener.evaluate((button) => button === document.activeElement))
      await page.keyboard.press('Enter')
      await drawer.waitFor()
      await tabTo(page, 'Registry')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/registry$/)
      await gone()
    },
  )

  await t.test('who one is stands at its end, and what keys do can be asked there', async () => {
    await opener.tap()
    await drawer.getByRole('button', { name: /^admin@northwire\.example/ }).tap()
    await page.getByRole('menuitem', { name: 'What keys do' }).tap()
    await page.getByRole('dialog', { name: 'What keys do' }).getByText('Go to Overview').waitFor()
    await gone()
  })
})

async function shownIn(links: { first(): { waitFor(): Promise<void> }; allInnerTexts(): Promise<string[]> }) {
  await links.first().waitFor()
  return await links.allInnerTexts()
}
