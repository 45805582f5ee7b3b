// A list of thousands in the console: however far somebody goes, only the rows in sight are drawn, and the keys stay on their row.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { sampleBlock } from '#edge/store/contract-samples.ts'
import { openLedger } from '#edge/store/sqlite-ledger.ts'
import { openBrowser } from '../peers/browser.ts'
import { openConsolePage, signIn } from '../peers/console-browser.ts'
import { missing, until } from '../peers/peer.ts'
import { Recourse } from '../peers/recourse.ts'

const skip = missing('chromium')
const BLOCKS = 1_000
/** What is in sight at 800 pixels, twelve rows more on either side, and room for a row that is being left. */
const DRAWN_MAX = 60

test(
  'a long list draws only what is in sight, to its last row, by wheel and by keys',
  { skip, timeout: 600_000 },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'recourse-long-list-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const store = `sqlite:${join(folder, 'recourse.db')}`
    const ledger = await openLedger(store, { durability: 'off' })
    const recorded: Promise<unknown>[] = []
    for (let index = 0; index < BLOCKS; index++) recorded.push(ledger.record(sampleBlock(index)))
    await Promise.all(recorded)
    await ledger.close()
    let office = ''
    await Recourse.start(t, {
      desk: 'https://redress.northwire.example',
      deskMore: { tls: 'none' },
      more: (port) => {
        office = `http://127.0.0.1:${port}`
        return { store, office: { listen: `127.0.0.1:${port}`, public: office, tls: 'none' } }
      },
    })
    const browser = await openBrowser(t)
    const session = signIn({ directory: folder }, 'admin')

    await t.test('by the wheel', async (t) => {
      const { page, go } = await openConsolePage(t, browser, office, session)
      await go('/blocks')
      await page.locator('[data-index="0"]').waitFor()
      await page.mouse.move(640, 500)
      let drawnMax = 0
      let looks = 0
      await until(
        'the last row',
        async () => {
          await page.mouse.wheel(0, 3_000)
          const { last, drawn } = await rowsOf(page)
          drawnMax = Math.max(drawnMax, drawn)
          looks++
          return last === BLOCKS - 1 || undefined
        },
        200_000,
      )
      await page.getByText('1,000 rows, and that is all.').waitFor()
      assert.ok(looks > 5 && drawnMax > 10 && drawnMax <= DRAWN_MAX, `${drawnMax} rows drawn in ${looks} looks`)
    })

    await t.test('by keys, and the attention stays on its row', async (t) => {
      const { page, go } = await openConsolePage(t, browser, office, session)
      await go('/blocks')
      await page.locator('[data-index="0"]').focus()
      for (let at = 1; at <= 20; at++) {
        await page.keyboard.press('ArrowDown')
        await until('the next row', async () => (await rowsOf(page)).focused === at || undefined)
      }
      let drawnMax = 0
      await until(
        'the last row',
        async () => {
          await page.keyboard.press('End')
          const { focused, drawn } = await rowsOf(page)
          drawnMax = Math.max(drawnMax, drawn)
          return focused === BLOCKS - 1 || undefined
        },
        200_000,
      )
      assert.ok(drawnMax > 10 && drawnMax <= DRAWN_MAX, `${drawnMax} rows drawn`)
      await page.keyboard.press('k')
      await until('the row before the last', async () => (await rowsOf(page)).focused === BLOCKS - 2 || undefined)
      await page.keyboard.press('Home')
      await until('the first row', async () => (await rowsOf(page)).focused === 0 || undefined)
      await page.keyboard.press('Enter')
      await page.waitForURL('**/blocks/*')
    })

    await t.test('a row keeps the attention where the wheel leaves it, and the keys go on from it', async (t) => {
      const { page, go } = await openConsolePage(t, browser, office, session)
      await go('/blocks')
      await page.locator('[data-index="3"]').focus()
      await page.mouse.move(640, 500)
      await until('a place far from the row', async () => {
        await page.mouse.wheel(0, 3_000)
        return (await rowsOf(page)).last > 150 || undefined
      })
      let place = -1
      await until('the wheel to stand still', async () => {
        const before = place
        place = await page.evaluate(() => window.scrollY)
        return place === before || undefined
      })
      const { drawn, focused } = await rowsOf(page)
      assert.equal(focused, 3)
      assert.ok(drawn <= DRAWN_MAX, `${drawn} rows drawn`)
      await page.keyboard.press('ArrowDown')
      await until('the next row', async () => (await rowsOf(page)).focused === 4 || undefined)
      await until('its place in sight', () =>
        page.evaluate(() => {
          const { top, bottom } = document.activeElement!.getBoundingClientRect()
          return (top >= 0 && bottom <= window.innerHeight) || undefined
        }),
      )
    })

    await t.test('an export has all of it, or says that it has not', async (t) => {
      const { page, go } = await openConsolePage(t, browser, office, session)
      await go('/blocks')
      const whole = await exportCsv(page)
      assert.deepEqual([whole.name, whole.rows], ['blocks.csv', BLOCKS])
      assert.equal(await page.getByText('there are more').count(), 0)

      // A store of ten times as many is slow to fill: the end of this one leads to its second page again.
      let second: string | undefined
      await page.route('**/v1/blocks?*', async (route) => {
        const response = await route.fetch()
        const body = (await response.json()) as { after?: string }
        second ??= body.after
        await route.fulfill({ response, json: { ...body, after: body.after ?? second } })
      })
      const cut = await exportCsv(page)
      assert.deepEqual([cut.name, cut.rows], ['blocks.first-10000.csv', 10_000])
      await page.getByText('The file has the first 10,000 rows, and there are more').waitFor()
    })
  },
)

async function exportCsv(page: Page): Promise<{ readonly name: string; readonly rows: number }> {
  await page.getByRole('button', { name: 'Export' }).click()
  const saved = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'CSV' }).click()
  const download = await saved
  const lines = readFileSync(await download.path(), 'utf8')
    .trimEnd()
    .split('\r\n')
  return { name: download.suggestedFilename(), rows: lines.length - 1 }
}

/** How many rows are drawn, which is the last of them, and which has the attention (-1 if none). */
function rowsOf(page: Page): Promise<{ readonly drawn: number; readonly last: number; readonly focused: number }> {
  return page.evaluate(() => {
    const rows = [...document.querySelectorAll('tr[data-index]')]
    return {
      drawn: rows.length,
      last: Number(rows.at(-1)?.getAttribute('data-index') ?? -1),
      focused: Number(document.activeElement?.getAttribute('data-index') ?? -1),
    }
  })
}
