// The pages of blocked calls in a browser, over blocks that real calls made: found, looked at whole, proved, by clicks and by keys.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BUSY, CALLED, REFUSED, startBlocked } from '../peers/blocked-calls.ts'
import { missing } from '../peers/peer.ts'

const skip = missing('chromium')

test('a blocked call is found and explained, by clicks, keys and role', { skip, timeout: 400_000 }, async (t) => {
  const world = await startBlocked(t)
  const { page, go, settle, look } = await world.open('auditor')
  await go('/blocks')
  const rows = page.getByRole('grid', { name: 'Blocked calls' }).getByRole('row')
  await rows.nth(3).waitFor()
  assert.equal(await rows.count(), 4)
  await look('blocks')

  await t.test('filters are the address, and narrow the list', async () => {
    await page.getByLabel('Cause').selectOption('called-party')
    await page.waitForURL(/cause=called-party/)
    await page.waitForFunction(() => document.querySelectorAll('[role=grid] [role=row]').length === 2)
    assert.match(await rows.nth(1).innerText(), /called/)
    await page.getByLabel('Number').fill('+12125550999')
    await page.getByText('No blocked call is like that').waitFor()
    await settle()
    await look('blocks-empty')
    await page.getByRole('button', { name: 'Clear' }).click()
    await rows.nth(3).waitFor()
  })

  await t.test('one block: why, with the window it crossed; what was told, part by part; its proof', async () => {
    await page.getByLabel('Number').fill(BUSY)
    await page.waitForURL(/number=/)
    await rows.nth(1).click()
    await page.getByRole('heading', { level: 1 }).getByText('444').first().waitFor()
    await settle()
    const why = await page.getByRole('region', { name: 'Why' }).innerText()
    assert.match(why, /5 calls in 10 min from \+1 212 444 2117, limit 3/)
    assert.match(why, /Limit: 3/)
    const chart = await page.getByRole('region', { name: 'Why' }).getByRole('img').getAttribute('aria-label')
    assert.match(chart ?? '', /Counted: 0 to 5, at the end 5/)
    const parts = await page.getByRole('region', { name: 'The notice, part by part' }).innerText()
    assert.match(parts, /SIP\/2\.0 603 Network Blocked/)
    assert.match(parts, /v=analytics1/)
    assert.match(await page.getByRole('region', { name: 'Under today’s policy' }).innerText(), /counts the calls/)
    const proof = await page.getByRole('region', { name: 'Proof in the ledger' }).innerText()
    assert.match(proof, /(Verified|Not yet signed)[^]*Entry[^]*of chain/)
    await look('block')
  })

  await t.test('what the caller wrote is text, seen and inert', async () => {
    const known = await page.getByRole('region', { name: 'What is known' }).innerText()
    assert.match(known, /<img src=x onerror=planted\(\)>/)
    await page.getByText(/^Request, /).click()
    const wire = page.getByRole('region', { name: 'Request as sent' })
    assert.match(await wire.innerText(), /INVITE sip:.*<img src=x onerror=planted\(\)>/s)
    assert.equal(await page.locator('main img').count(), 0)
    assert.equal(await page.evaluate(() => document.body.innerText.includes('\u202e')), false)
  })

  await t.test('by keys alone', async () => {
    await go('/cases')
    await page.keyboard.press('g')
    await page.keyboard.press('b')
    await rows.nth(3).waitFor()
    await page.locator('main').focus()
    await page.keyboard.press('j')
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-index') === '0')
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Proof in the ledger' }).waitFor()
    assert.match(await page.getByRole('heading', { level: 1 }).innerText(), /2118/)
    const parts = await page.getByRole('region', { name: 'The notice, part by part' }).innerText()
    assert.match(parts, /607 Unwanted/)
  })

  await t.test('what is no block says so', async () => {
    await go(`/blocks/${'A'.repeat(64)}`)
    await page.getByText('There is no such block').waitFor()
    await look('block-not-found')
  })

  await t.test('who may not read the ledger sees nothing, and the API says the same', async () => {
    const { page, go, look } = await world.open('vetting')
    await go('/blocks')
    await page.getByText('Your role does not show you this').waitFor()
    await look('blocks-no-permission')
    for (const path of ['/v1/blocks', '/v1/blocks/gate-1:1', '/v1/overview', '/v1/overview/live'])
      assert.equal((await world.ask('vetting', 'GET', path)).status, 403, path)
    for (const role of ['admin', 'case-worker', 'auditor'] as const) {
      const { status, value } = await world.ask(role, 'GET', `/v1/blocks?number=${encodeURIComponent(REFUSED)}`)
      assert.equal(status, 200)
      assert.deepEqual(
        (value as { blocks: { called: string }[] }).blocks.map(({ called }) => called),
        [CALLED],
      )
    }
  })

  await t.test('erased, its page still proves it and names nobody', async () => {
    const { value } = await world.ask('auditor', 'GET', `/v1/blocks?number=${encodeURIComponent(REFUSED)}`)
    const [block] = (value as { blocks: { receipt: string; entry: { chain: string; seq: number } }[] }).blocks
    assert.ok(block !== undefined)
    world.gate.command('ledger', 'erase', '--receipt', block.receipt, '--yes')
    await go(`/blocks/${encodeURIComponent(`${block.entry.chain}:${block.entry.seq}`)}`)
    await page.getByRole('heading', { name: 'Blocked call, erased' }).waitFor()
    await settle()
    assert.doesNotMatch(await page.locator('main').innerText(), /2118|does not verify/i)
    await look('block-erased')
  })
})
