// The registry's pages in a browser over a registry and its store: a business registers by form, confirms by mail, shows control of
// its numbers, is asked, approved, renewed, and withdraws. Axe looks at every page and state; the same goes by keyboard alone.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import test from 'node:test'
import type { Page } from 'playwright-core'
import { ITEMS } from '../../src/core/registry/vetting.ts'
import { createDeskPages } from '../../src/edge/http/desk/pages.ts'
import { Tickets } from '../../src/edge/http/desk/ticket.ts'
import { noHttpFigures } from '../../src/edge/http/figures.ts'
import { registryRoutes } from '../../src/edge/http/registry/routes.ts'
import { type Fetch, serveHttp } from '../../src/edge/http/serve.ts'
import { openRegistryStore } from '../../src/edge/store/registry-store.ts'
import { makeRegistry } from '../../src/main/registry/make-registry.ts'
import { DESK_NOW_MS, deskInMemory } from '../desk-in-memory.ts'
import { FOR_AXE, lookEveryWay, openBrowser, openPage, pressThrough } from '../peers/browser.ts'
import { type Owner, missing, temporaryDirectory } from '../peers/peer.ts'

const skip = missing('chromium')

test(
  'a business registers, confirms, proves, answers, is approved and renews, and axe finds no fault on the way',
  { skip, timeout: 300_000 },
  async (t) => {
    const { url, room, store, clock, lastMail } = await openRegistry(t)
    const { page } = await openPage(t, await openBrowser(t), FOR_AXE)
    let looked = 0
    const look = async (what: string): Promise<void> => {
      looked++
      await lookEveryWay(page, `${String(looked).padStart(2, '0')} ${what}`)
    }
    await page.goto(url)
    await page.getByRole('link', { name: 'Register numbers' }).click()
    await look('form')
    await press(page, 'Send')
    assert.equal(await page.locator('#problems a').count(), 7)
    await look('form with faults')

    await fill(page, {
      ...FIELDS,
      numbers: '+12125550117,,Front desk\nnonsense\n+12125550200,+12125550299,Call centre',
    })
    await press(page, 'Send')
    assert.match(await page.locator('#problems').innerText(), /One line cannot be used/)
    assert.deepEqual(
      await page
        .locator('tbody td')
        .allInnerTexts()
        .then((cells) => cells.slice(0, 2)),
      ['2', 'nonsense'],
    )
    for (const [field, text] of Object.entries(FIELDS)) assert.equal(await page.inputValue(`#${field}`), text, field)
    assert.equal(lastMail(), undefined, 'nothing has been sent')
    await look('form with a line that cannot be used')

    await fill(page, { numbers: '+12125550117,,Front desk\n+12125550200,+12125550299,Call centre' })
    await page.locator('main button[type=submit]').dblclick()
    await page.waitForURL(/\/opened$/)
    await page.reload()
    const [opened, ...more] = store.list({}, undefined, 10).registrations
    assert.deepEqual([opened?.lines, more.length], [2, 0], 'two clicks and a reload open one')
    const { id } = opened!
    await look('sent')
    await page.getByRole('link', { name: 'Go to my registration' }).click()
    await look('not confirmed')

    await page.goto(linkIn(lastMail(), '/g/confirm/'))
    await look('confirm')
    await press(page, 'Yes, this is my address')
    assert.equal(await badgeOf(page), 'Being looked at')
    await look('being looked at')

    await fill(page, { number: '+12125550199' })
    await press(page, 'Give me a number to call')
    assert.match(await page.locator('#problems').innerText(), /no line of this registration/i)
    await look('a number that is not listed')
    await fill(page, { number: '+1 212 555 0117' })
    await press(page, 'Give me a number to call')
    await look('a number to call')
    const call = { calling: '+12125550117', called: DIAL, at: clock.now + 1, detail: 'Signed at level A' } as const
    clock.now += 2
    assert.equal(room.noteCall({ ...call, strength: 'full' }), true)
    const letter = { name: 'letter.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 x') }
    await page.setInputFiles('#evidence', letter)
    await press(page, 'Hand it in')
    assert.match(await page.locator('main').innerText(), /letter\.pdf/)

    await page.getByText('Add numbers', { exact: true }).click()
    await fill(page, { numbers: '+12125550118\nno number\n+12125550250..+12125550260,,' })
    await press(page, 'Add')
    assert.match(await page.locator('main').innerText(), /1 line taken, 1 already there, 1 left out/)
    assert.equal(await page.inputValue('#numbers'), 'no number', 'what was left out is there to be set right')
    await look('lines left out')

    await room.vetting.ask(id, 'Who agreed to these calls?\nPlease send us the words they agreed to.', ANN)
    await page.reload()
    assert.equal(await badgeOf(page), 'Waiting for your answer')
    await look('asked')
    await fill(page, { text: 'Patients, when they ask for an appointment.' })
    await press(page, 'Send')
    assert.equal(await badgeOf(page), 'Being looked at')

    for (const item of ITEMS) await room.vetting.vet(id, item, 'passed', 'seen', ANN)
    assert.equal((await room.vetting.approve(id, 'all seen', ANN)).kind, 'done')
    assert.equal((await room.vetting.prove(id, 'letter', '', 'signed by its director', ANN)).kind, 'done')
    await page.reload()
    assert.equal(await badgeOf(page), 'Approved')
    for (const summary of await page.locator('summary').all()) await summary.click()
    await look('approved, with all its forms')

    clock.now += 340 * DAY_MS
    assert.ok(room.attend() > 0)
    assert.match(lastMail()?.subject ?? '', /renew|ends/i)
    await page.goto(linkIn(lastMail(), '/g/'))
    await press(page, 'All is still so: renew')
    assert.match(await page.locator('main').innerText(), /Renewed/)
    await look('renewed')
    clock.now += 400 * DAY_MS
    room.attend()
    await page.reload()
    assert.equal(await badgeOf(page), 'Ended')
    await look('ended')
    await press(page, 'Renew it')
    assert.equal(await badgeOf(page), 'Being looked at')

    await room.vetting.refuse(id, ['The web site is gone.', 'Nobody answers.'], 'Put up the site and ask again.', ANN)
    await page.reload()
    assert.equal(await badgeOf(page), 'Refused')
    await look('refused')
    await press(page, 'Ask again')
    for (const item of ITEMS) await room.vetting.vet(id, item, 'passed', 'seen again', ANN)
    assert.equal((await room.vetting.approve(id, 'all seen again', ANN)).kind, 'done')
    assert.equal((await room.vetting.suspend(id, 'complaints', ANN)).kind, 'done')
    await page.reload()
    assert.equal(await badgeOf(page), 'Suspended')
    await look('suspended')
    await page.getByText('Withdraw this registration').click()
    await press(page, 'Withdraw')
    assert.equal(await badgeOf(page), 'Withdrawn')
    await look('withdrawn')

    await page.goto(`${url}/g`)
    await look('a lost link')
    await fill(page, { email: 'ann@clinic.example' })
    await press(page, 'Send the link')
    await look('a lost link, asked for')
    await page.goto(`${url}/g/${'x'.repeat(22)}`)
    await look('no such link')
    t.diagnostic(`${looked} states, four looks each`)
    assert.equal(looked, 20)
  },
)

test(
  'a business registers and confirms by keyboard alone, without scripts, on a narrow screen',
  { skip, timeout: 60_000 },
  async (t) => {
    const { url, store, lastMail } = await openRegistry(t)
    const { page } = await openPage(t, await openBrowser(t), { viewport: { width: 360, height: 800 } })
    await page.goto(`${url}/register`)
    const stops = await pressThrough(
      page,
      new Map(Object.entries({ ...FIELDS, numbers: '+12125550117\nnonsense' })),
      'Send',
    )
    assert.match(page.url(), /\/register$/)
    await page.locator('#leave').focus()
    await page.keyboard.press('Space')
    await pressThrough(page, new Map(), 'Send')
    assert.match(page.url(), /\/opened$/)
    assert.deepEqual(
      store.list({}, undefined, 10).registrations.map(({ lines }) => lines),
      [1],
    )
    await page.goto(linkIn(lastMail(), '/g/confirm/'))
    await pressThrough(page, new Map(), 'Yes, this is my address')
    await pressThrough(page, new Map([['number', '+12125550117']]), 'Give me a number to call')
    assert.match(await page.locator('.dial').innerText(), /555/)
    t.diagnostic(`${stops} stops of the form`)
  },
)

const FIELDS = {
  legalName: 'Main Street Clinic',
  contact: 'Ann Lee',
  email: 'ann@clinic.example',
  tel: '+12125550100',
  site: 'https://clinic.example',
  purpose: 'Reminders of appointments to patients who asked for them.',
  callsPerDay: '250',
  provider: 'Northwire',
}
const ANN = { name: 'ann', account: 'ann' }
const DAY_MS = 86_400_000
const DIAL = '+12125550190'

async function openRegistry(owner: Owner) {
  const path = join(temporaryDirectory(owner), 'recourse.db')
  const store = openRegistryStore(`sqlite:${path}`)
  const db = new DatabaseSync(path)
  owner.after(() => {
    db.close()
    store.close()
  })
  const figures = noHttpFigures()
  let answer: Fetch = () => new Response('not yet', { status: 503 })
  const server = await serveHttp(
    (request, connection) => answer(request, connection),
    { address: '127.0.0.1', port: 0, tls: undefined },
    figures,
  )
  owner.after(() => server.close(0))
  const clock = { now: DESK_NOW_MS }
  let kept = 0
  const room = makeRegistry({
    store,
    terms: {
      public: server.url,
      operator: 'Northwire',
      termMs: 365 * DAY_MS,
      proofMs: 365 * DAY_MS,
      confirmWithinMs: 2 * DAY_MS,
    },
    plan: { country: 1, national: 10, international: '011' },
    now: () => clock.now,
    assignDial: () => DIAL,
    keepEvidence: async ({ name, type, octets }) => {
      return { id: `file${++kept}`, name, type, octets: octets.length, hash: '' }
    },
    removeEvidence: () => assert.fail('no file is refused'),
    readEvidence: async () => undefined,
    alarm: (cause) => assert.fail(String(cause)),
  })
  // Every request in a second of its own: pages come faster here than anybody reads.
  let pageMs = DESK_NOW_MS
  const parts = {
    desk: deskInMemory(),
    card: () => new Response(undefined, { status: 404 }),
    explain: undefined,
    operator: {
      name: 'Northwire',
      contact: { tel: '+18005550142', email: 'unblock@northwire.example' },
      promise: { statusWithinHours: 24 },
      timeZone: 'America/New_York',
      isTransparent: true,
      registry: { hasFeed: false },
    },
    publicUrl: server.url,
    country: 'US',
    evidenceBytesMax: 1_000_000,
    secret: new Uint8Array(32).fill(7),
    isProxy: () => false,
    figures,
    now: () => (pageMs += 1_000),
    alarm: (cause: unknown) => assert.fail(String(cause)),
  } as const
  const pages = createDeskPages(parts)
  const tickets = new Tickets(parts.secret)
  pages.route('/', registryRoutes({ ...parts, registry: room.registry, feed: undefined, tickets }))
  answer = (request, connection) => pages.fetch(request, connection)
  const lastMail = (): Mail | undefined => {
    const row = db.prepare('SELECT subject, text FROM mail ORDER BY id DESC LIMIT 1').get()
    return row && { subject: String(row['subject']), text: String(row['text']) }
  }
  return { url: server.url, room, store, clock, lastMail }
}

type Mail = { readonly subject: string; readonly text: string }

function linkIn(mail: Mail | undefined, path: string): string {
  const [link] = new RegExp(`http://\\S+${path}[\\w-]{22}`).exec(mail?.text ?? '') ?? []
  return link ?? assert.fail(`no ${path} in ${mail?.text}`)
}

async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [id, text] of Object.entries(fields)) await page.fill(`#${id}`, text)
}

async function press(page: Page, name: string): Promise<void> {
  await Promise.all([page.waitForNavigation(), page.getByRole('button', { name, exact: true }).click()])
}

function badgeOf(page: Page): Promise<string> {
  return page.locator('.badge').innerText()
}
