// The pages of blocked calls in a browser, over blocks that real calls made: found, looked at whole, proved, by clicks and by keys.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { dial } from '#edge/prober/dial.ts'
import { BUSY, CALLED, REFUSED, TRUNK, startBlocked } from '../peers/blocked-calls.ts'
import { startConsole } from '../peers/console-browser.ts'
import { missing, until } from '../peers/peer.ts'
import { foundAuthority } from '../tls-certificates.ts'

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

  await t.test('blocks are found by a block of numbers, and by the trunk they came over', async () => {
    await page.getByLabel('Number').fill(`${BUSY.slice(0, -1)}*`)
    await page.waitForURL(/number=/)
    await page.getByLabel('Trunk').fill(TRUNK)
    await page.waitForURL(/trunk=tg-west/)
    await page.waitForFunction(() => document.querySelectorAll('[role=grid] [role=row]').length === 2)
    assert.match(await rows.nth(1).innerText(), /2118/)
    await page.getByLabel('Trunk').fill('tg-east')
    await page.getByText('No blocked call is like that').waitFor()
    await page.getByLabel('Trunk').fill('')
    await rows.nth(3).waitFor()
    await page.getByLabel('Number').fill(`${BUSY}*`)
    await page.waitForFunction(() => document.querySelectorAll('[role=grid] [role=row]').length === 3)
    await page.getByLabel('Number').fill('+1212444')
    await page.getByText('For all numbers that begin so, add a star: +1212444*').waitFor()
    await page.getByLabel('Number').fill('+1212 x*')
    await page.getByRole('alert').getByText('expected the first digits of numbers and a star').waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
    await rows.nth(3).waitFor()
  })

  await t.test('a receipt is found in the address of the page that a caller was sent', async () => {
    const { value } = await world.ask('auditor', 'GET', '/v1/blocks?limit=1')
    const [{ receipt }] = (value as { blocks: [{ receipt: string }] }).blocks
    await page.getByLabel('Receipt').fill(`https://redress.northwire.example/r/${receipt}?x=1`)
    await page.waitForURL(/receipt=/)
    await page.waitForFunction(() => document.querySelectorAll('[role=grid] [role=row]').length === 2)
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
    assert.match(parts, /RFC 8197/)
    assert.match(await page.getByRole('region', { name: 'What is known' }).innerText(), /607, status 607/)
    await settle()
    await look('block-607')
  })

  await t.test('a peer and a rule narrow the list by the address, and what is exported is what is shown', async () => {
    await go('/blocks?peer=edge&rule=volume-number')
    await rows.nth(2).waitFor()
    assert.equal(await rows.count(), 3)
    assert.equal(await page.getByLabel('Peer').inputValue(), 'edge')
    for (const [kind, lines] of [
      ['CSV', 3],
      ['JSON', 2],
    ] as const) {
      await page.getByRole('button', { name: 'Export' }).click()
      const saved = page.waitForEvent('download')
      await page.getByRole('menuitem', { name: kind }).click()
      const text = readFileSync(await (await saved).path(), 'utf8')
      const found = kind === 'CSV' ? text.trim().split('\n').length : (JSON.parse(text) as { blocks: [] }).blocks.length
      assert.equal(found, lines, text)
      assert.doesNotMatch(text, new RegExp(REFUSED.slice(1)))
    }
    await page.getByLabel('Peer').fill('nobody')
    await page.getByText('No blocked call is like that').waitFor()
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

test(
  'a block that was told by 608 shows its card, and what became of it: contested, decided, lifted, seen to work',
  { skip, timeout: 300_000 },
  async (t) => {
    const minted = foundAuthority('Authority of the test').mint({ name: 'redress.northwire.example' })
    const world = await startConsole(t, {
      files: { 'card.pem': minted.certificate, 'card-key.pem': minted.key },
      policy: { notices: 'rfc', rules: [{ id: 'robots', deny: [BUSY] }] },
    })
    const call = () =>
      dial({
        host: '127.0.0.1',
        port: world.gate.port,
        from: BUSY,
        to: CALLED,
        displayName: undefined,
        localAddress: undefined,
        timeoutMs: 10_000,
        fields: [['Feature-Caps', '*;+sip.608']],
      })
    const refused = await call()
    assert.equal(refused.kind === 'answered' && refused.response.status, 608)
    const { page, go, settle, look } = await world.open('case-worker')
    await go('/blocks')
    await page.getByRole('grid', { name: 'Blocked calls' }).getByRole('row').nth(1).click()
    await page.waitForURL(/\/blocks\/./)
    await settle()
    const receipt = new URL(page.url()).pathname.split('/').at(-1)!

    await t.test('the card is named, with what it says and where it is', async () => {
      const parts = await page.getByRole('region', { name: 'The notice, part by part' }).innerText()
      assert.match(parts, /608 Rejected/)
      assert.match(parts, /Call-Info: <https:\/\/redress\.northwire\.example\/j\/[\w-]{64}>/)
      assert.match(parts, /RFC 8688/)
      assert.match(await page.getByRole('region', { name: 'What happened' }).innerText(), /answered with a 608 notice/)
      await look('block-608')
    })

    await t.test('each step of its case is a line that leads there, in the order of time', async () => {
      const opened = await world.ask('case-worker', 'POST', '/v1/cases', {
        way: 'telephone',
        claim: {
          receipts: [receipt],
          numbers: [BUSY],
          claimant: { name: 'Ann Lee', tel: '+12125550100', organisation: 'Harbor Clinic' },
          purpose: 'reminders',
        },
      })
      assert.equal(opened.status, 201, JSON.stringify(opened.value))
      const { case: id } = opened.value as { case: string }
      await go(`/cases/${id}`)
      await page.getByText('Lift', { exact: true }).click()
      await page.getByLabel('Reason').fill('They are wanted.')
      await page.getByLabel('Why it goes without proof').fill('the clinic is known to us')
      await page.getByRole('button', { name: 'Lift', exact: true }).click()
      await page.getByText('It is decided.').waitFor()
      await until('a call that goes on', async () => {
        const answer = await call()
        return (answer.kind === 'answered' && answer.response.status === 404) || undefined
      })
      const happened = page.getByRole('region', { name: 'What happened' })
      await until('the whole of it', async () => {
        await go(`/blocks/${receipt}`)
        return (await happened.getByText(/the lift works/).count()) === 1 || undefined
      })
      const lines = await happened.getByRole('listitem').allInnerTexts()
      const words = [
        /answered with a 608/,
        /Contested/,
        /Decided: the block is lifted/,
        /lift of its number is in force/,
        /lift works/,
      ]
      assert.equal(lines.length, words.length, lines.join('\n'))
      for (const [at, word] of words.entries()) assert.match(lines[at]!, word)
      assert.match(
        await page.getByRole('region', { name: 'Under today’s policy' }).innerText(),
        /A lift of its number is in force\. Without it the call would be blocked/,
      )
      await look('block-lifted')
      await happened.getByRole('link', { name: 'Contested' }).click()
      await page.waitForURL(new RegExp(`/cases/${id}$`))
    })
  },
)
