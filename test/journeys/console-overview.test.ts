// The overview in a browser: what needs somebody, in words; figures of real calls, and how they change while one looks.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BUSY, startBlocked } from '../peers/blocked-calls.ts'
import { missing } from '../peers/peer.ts'

const skip = missing('chromium')

test('the overview says how it stands, and goes on saying it', { skip, timeout: 400_000 }, async (t) => {
  const world = await startBlocked(t)
  const { page, go, settle, look } = await world.open('auditor')
  await go('/overview')
  const verdict = page.getByRole('list', { name: 'How it stands' })
  await verdict.getByText('Nothing needs you: 3 calls of 6 blocked within 24 hours, no case is open.').waitFor()
  const states = page.getByRole('region', { name: 'Up and down' })
  await states.getByText('Every gate is up').waitFor()
  // The ledger is looked at in turns: what was written since the last is not among them yet.
  const ledger = states.getByRole('listitem').filter({ hasText: 'Ledger' })
  await ledger.getByText(/^Ledger: (?:1 entry is|[023] entries are) as recorded, until /).waitFor()
  await ledger.getByText('Verified', { exact: true }).waitFor()
  await page.getByText(/^Live, as of/).waitFor()
  const answers = page.getByRole('region', { name: 'Time to answer' })
  await answers
    .getByText(/^Of 6 calls half were answered within [\d.]+\sms, 99 of 100 within [\d.]+\sms, measured since/)
    .waitFor()
  await settle()
  await look('overview')

  await t.test('a call that is blocked meanwhile is there without loading anew', async () => {
    assert.equal(await world.call(BUSY), 603)
    await verdict.getByText(/4 calls of 7 blocked/).waitFor()
    await answers.getByText(/^Of 7 calls/).waitFor()
    assert.match(
      (await answers.getByRole('img').getAttribute('aria-label')) ?? '',
      /Half within: [\d.]+ to [\d.]+, at the end [\d.]+ ms/,
    )
  })

  await t.test('by keys alone: the page, another span, the rule’s blocks', async () => {
    await go('/cases')
    await page.keyboard.press('g')
    await page.keyboard.press('o')
    await verdict.waitFor()
    await page.locator('main').focus()
    await page.keyboard.press('1')
    await page.waitForURL(/span=1h/)
    await page.keyboard.press('4')
    await page.waitForURL(/span=28d/)
    await settle()
    await look('overview-28d')
    await page.getByRole('list', { name: 'Rules that block' }).getByRole('link', { name: 'volume-number' }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/blocks\?rule=volume-number/)
    await page.getByRole('grid', { name: 'Blocked calls' }).getByRole('row').nth(3).waitFor()
  })

  await t.test('who may not read the ledger has no overview', async () => {
    const { page, go } = await world.open('vetting')
    await go('/overview')
    await page.getByText('Your role does not show you this').waitFor()
    assert.equal(await page.getByRole('link', { name: 'Overview' }).count(), 0)
  })
})
