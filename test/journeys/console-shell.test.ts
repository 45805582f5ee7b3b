// The frame of the console and its first list, in a browser against a running Recourse: what keys and pointers do, what every role
// sees, what strangers wrote, and what is shown where nothing can be.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROLES, type Role } from '#core/account/permission.ts'
import { focusOf } from '../peers/browser.ts'
import { type ConsoleWorld, startConsole } from '../peers/console-browser.ts'
import { missing } from '../peers/peer.ts'

const skip = missing('chromium')

test(
  'the queue is read, filtered and left by clicks and by keys alone, in both schemes at every width',
  { skip, timeout: 300_000 },
  async (t) => {
    const world = await startConsole(t)
    await fileCases(world, 24)
    const { page, go, settle, look, context } = await world.open('case-worker')
    await go('/cases')
    const rows = page.getByRole('grid', { name: 'Cases' }).getByRole('row')
    await page.getByRole('gridcell', { name: 'Acme Clinic', exact: true }).first().waitFor()
    await look('cases')

    await t.test('by clicks: a filter is typed, stands in the address, and is cleared again', async () => {
      await page.getByLabel('Claimant').fill('harbor')
      await page.waitForURL(/text=harbor/)
      await page.getByRole('gridcell', { name: 'Acme Clinic', exact: true }).first().waitFor({ state: 'detached' })
      await page.getByRole('gridcell', { name: 'Harbor Dental', exact: true }).nth(5).waitFor()
      assert.equal(await page.getByRole('gridcell', { name: 'Harbor Dental', exact: true }).count(), 6)
      await page.reload()
      await settle()
      assert.equal(await page.getByLabel('Claimant').inputValue(), 'harbor')
      await page.getByLabel('Claimant').fill('nobody is called so')
      await page.getByText('No case is like that').waitFor()
      await look('cases-nothing-found')
      await page.getByRole('button', { name: 'Clear' }).click()
      await page.getByRole('gridcell', { name: 'Acme Clinic', exact: true }).first().waitFor()
      assert.equal(new URL(page.url()).search, '')
      await page.getByRole('button', { name: 'Opened' }).click()
      await page.waitForURL(/order=newest/)
    })

    await t.test(
      'an export holds every row of the filter, and no cell that a spreadsheet takes for a formula',
      async () => {
        await page.getByRole('button', { name: 'Export' }).click()
        const [download] = await Promise.all([
          page.waitForEvent('download'),
          page.getByRole('menuitem', { name: 'CSV' }).click(),
        ])
        const chunks: Buffer[] = []
        for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
        const lines = Buffer.concat(chunks).toString('utf8').trimEnd().split('\r\n')
        assert.equal(download.suggestedFilename(), 'cases.csv')
        assert.equal(lines.length, 25)
        assert.ok(lines.slice(1).every((line) => line.includes(`"'+1212555`)))
      },
    )

    await t.test('by keys: to the list, along its rows, to the filters, and to what keys do', async () => {
      await go('/cases')
      await page.locator('body').press('j')
      await page.waitForFunction(() => document.activeElement?.getAttribute('data-index') === '0')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('j')
      await page.waitForFunction(() => document.activeElement?.getAttribute('data-index') === '2')
      await page.keyboard.press('End')
      await page.waitForFunction(() => document.activeElement?.getAttribute('data-index') === '23')
      await page.keyboard.press('Home')
      await page.waitForFunction(() => document.activeElement?.getAttribute('data-index') === '0')
      await page.keyboard.press('/')
      assert.equal((await focusOf(page)).tag, 'INPUT')
      await page.keyboard.type('g?j')
      assert.equal(await page.getByLabel('Claimant').inputValue(), 'g?j', 'in a field keys only type')
      await page.getByLabel('Claimant').fill('')
      await page.locator('main').focus()
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'What keys do' }).waitFor()
      await look('keys')
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await go('/cases?status=upheld')
      await page.keyboard.press('g')
      await page.keyboard.press('c')
      await page.waitForFunction(() => location.search === '')
      await rows.nth(1).waitFor()
    })

    await t.test('the colours are those of the system until somebody chooses, and stay chosen', async () => {
      const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme')
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.locator('html[data-mantine-color-scheme=dark]').waitFor()
      await page.getByRole('button', { name: /^case-worker@/ }).click()
      await look('menu')
      await page.getByRole('menuitemradio', { name: 'Light', exact: true }).click()
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.reload()
      await settle()
      assert.equal(await scheme(), 'light')
    })

    await t.test('when Recourse is gone a list says so, and tries again when asked', async () => {
      await context.setOffline(true)
      await page.getByLabel('Status').selectOption('expired')
      await page.getByRole('alert').waitFor()
      assert.match(await page.getByRole('alert').innerText(), /cannot be reached/)
      await context.setOffline(false)
      await page.getByRole('button', { name: 'Try again' }).click()
      await page.getByText('No case is like that').waitFor()
      await page.emulateMedia({ colorScheme: null })
      await context.setOffline(true)
      await page.getByLabel('Status').selectOption('granted')
      await page.getByRole('alert').waitFor()
      await look('cases-offline')
      await context.setOffline(false)
    })
  },
)

test(
  'what strangers wrote is shown as they wrote it, does nothing, and hides nothing',
  { skip, timeout: 120_000 },
  async (t) => {
    const world = await startConsole(t)
    for (const organisation of HOSTILE) await fileCase(world, '+12125551000', organisation)
    const { page, go, look } = await world.open('auditor')
    await page.exposeFunction('planted', () => assert.fail('a script of a stranger ran'))
    // What the desk refuses at its door is put into the answers: pages must stand it wherever it comes from.
    await page.route('**/v1/cases?*', async (route) => {
      const response = await route.fetch()
      const answer = (await response.json()) as { cases: Record<string, unknown>[] }
      for (const [at, one] of answer.cases.entries()) {
        if (at % 2 === 1) continue
        const text = UNSEEN[(at / 2) % UNSEEN.length]!
        Object.assign(one, { claimant: text, assigned: text, numbers: [text, text], numberCount: 2 })
      }
      await route.fulfill({ response, json: answer })
    })
    await go('/cases')
    await page
      .getByRole('gridcell', { name: /planted/ })
      .first()
      .waitFor()
    const shown = await page.getByRole('grid').innerText()
    assert.match(shown, /<script>planted\(\)<\/script>/)
    for (const name of ['right-to-left override', 'space of no width', 'isolate', 'null', 'line end', 'more marks']) {
      assert.ok(shown.includes(name), name)
    }
    assert.equal(await page.locator('main img, main script, main iframe, main [onerror]').count(), 0)
    await look('cases-hostile')
  },
)

test(
  'each role begins where it may see something, and what it may not see it is told and not given',
  { skip, timeout: 180_000 },
  async (t) => {
    const world = await startConsole(t)
    const seesCases: ReadonlySet<Role> = new Set(['admin', 'case-worker', 'auditor'])
    for (const role of ROLES) {
      const { page, go, look } = await world.open(role)
      await go('/cases')
      const { status } = await world.ask(role, 'GET', '/v1/cases')
      assert.equal(status, seesCases.has(role) ? 200 : 403, role)
      const isTold = (await page.getByText('Your role does not show you this').count()) === 1
      assert.equal(isTold, !seesCases.has(role), role)
      assert.equal(
        await page.getByRole('link', { name: 'Cases', exact: true }).count(),
        seesCases.has(role) ? 1 : 0,
        role,
      )
      if (isTold) await look(`no-permission-${role}`)
      // Whoever may sign in may have a program of theirs do so.
      await page.locator('nav [aria-haspopup="menu"], aside [aria-haspopup="menu"]').click()
      await page.getByRole('menuitem', { name: 'Your tokens' }).click()
      await page.getByRole('heading', { name: 'Your tokens', level: 1 }).waitFor()
    }

    const { page } = await world.open(undefined)
    await page.goto(`${world.office}/cases?status=open&number=%2B12125551000`)
    const { pathname, searchParams } = new URL(page.url())
    assert.equal(pathname, '/sign-in')
    assert.equal(searchParams.get('to'), '/cases?status=open&number=%2B12125551000')

    // A session that ends while a page is open: the next question says so, and leads to the page to sign in, and back afterwards.
    const ended = await world.open('case-worker')
    await ended.go('/cases?text=acme')
    await ended.context.clearCookies()
    await ended.page.getByLabel('Number', { exact: true }).fill('+12125551000')
    await ended.page.getByText('Your session ended. What you typed is kept in this window.').waitFor()
    await ended.page.getByRole('button', { name: 'Sign in again' }).last().click()
    await ended.page.waitForURL(/\/sign-in\?to=%2Fcases%3F/)
    assert.match(new URL(ended.page.url()).searchParams.get('to')!, /^\/cases\?text=acme/)

    const lost = await world.open('admin')
    await lost.go('/cases/one/two/three')
    await lost.page.getByText('There is no such page').waitFor()
    await lost.look('no-such-page')
  },
)

test(
  'what is loaded first is small, compressed, kept for good, and under a policy that names a fresh nonce',
  { skip, timeout: 90_000 },
  async (t) => {
    const world = await startConsole(t)
    const { page, go } = await world.open('admin')
    const sizes = new Map<string, number>()
    const files: Promise<void>[] = []
    page.on('response', (response) => {
      const path = new URL(response.url()).pathname
      if (path.startsWith('/v1/')) return
      files.push(
        response
          .request()
          .sizes()
          .then(({ responseBodySize }) => void sizes.set(path, responseBodySize)),
      )
    })
    // Whoever follows a link begins at any page.
    for (const path of ['/policy', '/cases', '/settings', '/settings/notice', '/blocks', '/']) {
      sizes.clear()
      files.length = 0
      const cache = await page.context().newCDPSession(page)
      await cache.send('Network.clearBrowserCache')
      await go(path)
      await Promise.all(files)
      const total = [...sizes.values()].reduce((sum, size) => sum + size, 0)
      assert.ok(sizes.size >= 4, [...sizes.keys()].join())
      t.diagnostic(`${path}: ${total} octets in ${sizes.size} files`)
      assert.ok(total < FIRST_LOAD_BYTES_MAX, `${total} octets are loaded first at ${path}`)
    }

    const script = [...sizes.keys()].find((path) => /\/index-.*\.js$/.test(path))!
    const ask = (path: string, headers: Record<string, string> = {}) => fetch(`${world.office}${path}`, { headers })
    const br = await ask(script, { 'accept-encoding': 'br, gzip' })
    assert.equal(br.headers.get('content-encoding'), 'br')
    assert.equal(br.headers.get('cache-control'), 'public, max-age=31536000, immutable')
    assert.equal(br.headers.get('vary'), 'accept-encoding')
    const plain = await ask(script, { 'accept-encoding': 'identity, br;q=0' })
    assert.equal(plain.headers.get('content-encoding'), null)
    assert.equal(await plain.text(), await br.text())
    const known = await ask(script, { 'if-none-match': br.headers.get('etag')! })
    assert.deepEqual([known.status, await known.text()], [304, ''])
    assert.equal((await ask('/console/none.js')).status, 404)
    assert.equal((await ask('/console/..%2f..%2findex.html')).status, 404)

    const policies = new Set<string>()
    for (let at = 0; at < 2; at++) {
      const response = await page.request.get(`${world.office}/cases/x`)
      const policy = response.headers()['content-security-policy']!
      const nonce = /'nonce-([^']+)'/.exec(policy)![1]!
      assert.ok((await response.text()).includes(`nonce="${nonce}"`))
      assert.match(policy, /default-src 'none'; script-src 'self';/)
      assert.match(policy, /require-trusted-types-for 'script'/)
      policies.add(policy)
    }
    assert.equal(policies.size, 2, 'each answer has a nonce of its own')
  },
)

async function fileCases(world: ConsoleWorld, count: number): Promise<void> {
  const organisation = (at: number): string => ORGANISATIONS[at % ORGANISATIONS.length]!
  await Promise.all(
    Array.from({ length: count }, (_, at) =>
      fileCase(world, `+1212555${String(1000 + at)}`, organisation(at), at % 7 === 0),
    ),
  )
}

async function fileCase(world: ConsoleWorld, number: string, organisation: string, isTwo = false): Promise<void> {
  const { status, value } = await world.ask('case-worker', 'POST', '/v1/cases', {
    way: 'telephone',
    claim: {
      numbers: isTwo ? [number, number.replace('+1212555', '+1212556')] : [number],
      claimant: { name: 'Ann Lee', tel: '+12125550100', organisation },
      purpose: 'appointment reminders',
    },
  })
  assert.equal(status, 201, JSON.stringify(value))
}

const ORGANISATIONS = ['Acme Clinic', 'Lakeside School District', 'First River Bank', 'Harbor Dental']
const HOSTILE = [
  '<img src=x onerror=planted()>',
  '"><script>planted()</script>',
  "javascript:planted() {{constructor.constructor('planted()')()}}",
  '=HYPERLINK("http://evil.example","planted")',
  '<svg/onload=planted()> &lt;b&gt;planted',
  `planted ${'w'.repeat(150)}`,
]
const UNSEEN = [
  'Acme \u202egnp.exe\u202c planted\u0000',
  'Ac\u200bme\u2068 planted\r\nSet-Cookie: a=b',
  `planted ${'Z\u0335\u0321\u0322\u0323\u0324\u0325'.repeat(3)} ${'w'.repeat(60)}`,
]
const FIRST_LOAD_BYTES_MAX = 250_000
