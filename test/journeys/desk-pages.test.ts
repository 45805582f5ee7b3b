// The public desk in a browser: every page in every state is looked at by axe, in light and dark, narrow and wide; and a case is
// filed by keyboard alone in a browser that runs no scripts.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import type { CaseView } from '../../src/core/redress/case-view.ts'
import type { Claim, ClaimedCall } from '../../src/core/redress/claim.ts'
import { createDeskPages } from '../../src/edge/http/desk/pages.ts'
import { noHttpFigures } from '../../src/edge/http/figures.ts'
import { type Fetch, serveHttp } from '../../src/edge/http/serve.ts'
import { CASE, DESK_NOW_MS, RECEIPT, TOKEN, deskInMemory } from '../desk-in-memory.ts'
import { readBlocks } from '../guide.ts'
import { findFaults } from '../peers/axe.ts'
import { FOR_AXE, SCHEMES, WIDTHS, focusOf, lookAt, openBrowser, openPage } from '../peers/browser.ts'
import { type Owner, missing, temporaryDirectory } from '../peers/peer.ts'

const skip = missing('chromium')

/** Cases in their states, by what leads to them. */
const CASES: ReadonlyMap<string, Partial<CaseView>> = new Map([
  [TOKEN, {}],
  [
    tokenOf('asked'),
    {
      status: 'waiting-for-claimant',
      question: 'Who agreed to these calls?',
      numbers: ['+12125550117', '+12125550118', '+12125550119'],
      due: { at: DESK_NOW_MS, what: 'answer', isOverdue: true },
      may: ['answer', 'withdraw', 'add-evidence', 'prove'],
      proofs: [{ number: '+12125550117', way: 'call', at: DESK_NOW_MS, detail: 'Signed at level A', strength: 'full' }],
      challenges: [{ number: '+12125550118', dial: '+18005550199', from: DESK_NOW_MS, until: DESK_NOW_MS }],
      evidence: [{ id: 'x', name: 'letter.pdf', type: 'application/pdf', octets: 9, hash: '' }],
    },
  ],
  [
    tokenOf('lifted'),
    {
      status: 'verified',
      due: undefined,
      decision: {
        outcome: 'lift',
        reason: 'Your calls are wanted.',
        lifts: [
          { scope: { kind: 'number', number: '+12125550117' }, until: DESK_NOW_MS, attestation: 'A', rule: undefined },
        ],
      },
      may: [],
    },
  ],
  [
    tokenOf('upheld'),
    {
      status: 'upheld',
      due: undefined,
      decision: { outcome: 'uphold', reason: 'They are not.', evidence: ['one', 'two'], next: 'Write to us.' },
      may: ['reopen'],
    },
  ],
  [tokenOf('again'), { status: 'regressed', may: [] }],
  [tokenOf('granted'), { status: 'granted', due: undefined, may: [] }],
])

const PATHS: readonly string[] = [
  '/',
  '/contest',
  '/contact',
  '/subscriber',
  '/transparency',
  `/r/${RECEIPT}`,
  `/r/${'x'.repeat(64)}`,
  `/confirm/${TOKEN}`,
  `/c/${TOKEN}/filed`,
  `/c/${tokenOf('granted')}/blocked`,
  '/nothing',
  ...Array.from(CASES.keys(), (token) => `/c/${token}`),
]

test(
  'axe finds no fault on any page or state, in light and dark, narrow and wide',
  { skip, timeout: 480_000 },
  async (t) => {
    const { url, desk } = await openDesk(t)
    const browser = await openBrowser(t)
    let looked = 0
    for (const colorScheme of SCHEMES) {
      for (const width of WIDTHS) {
        const { context, page } = await openPage(t, browser, {
          ...FOR_AXE,
          colorScheme,
          viewport: { width, height: 800 },
        })
        // What a page says is the same in every look: all rules twice, those about looks four times.
        const isWhole = (colorScheme === 'light') === (width === 360)
        const look = async (what: string): Promise<void> => {
          looked++
          await lookAt(page, `${what} ${colorScheme} ${width}`, isWhole)
        }
        for (const path of PATHS) {
          await page.goto(`${url}${path}`)
          await look(path)
        }
        for (const path of ['/contest', `/r/${RECEIPT}`, '/subscriber']) {
          await page.goto(`${url}${path}`)
          await page.click('main button[type=submit]')
          await look(`${path} with faults`)
        }
        await page.goto(`${url}/contest`)
        await page.click('summary')
        await page.fill('#more', '+12125550117\nnonsense\n+12125550118,+14155550163')
        await page.click('main button[type=submit]')
        await look('lines that cannot be read')
        for (const refuse of [
          { kind: 'work', puzzle: 'p', bits: 1 },
          { kind: 'full', retryAfterMs: 1_800_000 },
        ] as const) {
          desk.refuse = refuse
          await page.goto(`${url}/r/${RECEIPT}`)
          await fillClaimant(page)
          await page.click('main button[type=submit]')
          assert.match(await page.locator('#problems').innerText(), /Everything you typed is still here/)
          await look(refuse.kind)
          desk.refuse = undefined
        }
        await context.close()
      }
    }
    assert.equal(looked, 4 * (PATHS.length + 6))
    t.diagnostic(`${looked} pages`)
  },
)

test('axe would see a page without a language, labels or contrast', { skip, timeout: 60_000 }, async (t) => {
  const browser = await openBrowser(t)
  const { page } = await openPage(t, browser, FOR_AXE)
  await page.goto(
    'data:text/html,<title>x</title><main><h1>x</h1><input><p style="color:%23aaa;background:%23fff">faint</p></main>',
  )
  const { broken } = await findFaults(page, 'all')
  for (const id of ['html-has-lang', 'label', 'color-contrast'])
    assert.ok(
      broken.some((line) => line.startsWith(`${id}:`)),
      `${id}: ${broken.join(', ')}`,
    )
  const { broken: looks } = await findFaults(page, 'looks')
  assert.deepEqual(
    looks.map((line) => line.split(':')[0]),
    ['color-contrast'],
  )
})

test(
  'a case is filed by keyboard alone, from the link of the notice to the page that says what happens',
  { skip, timeout: 60_000 },
  async (t) => {
    const { url, desk } = await openDesk(t)
    const browser = await openBrowser(t)
    const { page } = await openPage(t, browser, { viewport: { width: 360, height: 800 } })
    await page.goto(`${url}/r/${RECEIPT}`)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    const typed = new Map([
      ['purpose', 'We remind patients.'],
      ['name', 'Ann Example'],
      ['email', 'ann@clinic.example.com'],
    ])
    let stops = 0
    for (; stops < 40; stops++) {
      await page.keyboard.press('Tab')
      const { id, tag } = await focusOf(page)
      const text = typed.get(id)
      if (text !== undefined) await page.keyboard.type(text)
      if (id === 'acts') await page.keyboard.press('ArrowDown')
      if (tag === 'BUTTON') break
    }
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/filed$/)
    assert.match(await page.locator('h1').innerText(), /confirm your e-mail address/i)
    const claim = desk.filed[0]!.what as Claim
    assert.deepEqual(
      [claim.receipts, claim.purpose, claim.claimant.acts],
      [[RECEIPT], 'We remind patients.', 'for-a-customer'],
    )
    await page.reload()
    assert.equal(desk.filed.length, 1)
    t.diagnostic(`${stops} stops`)
  },
)

test(
  'a block without a receipt is contested, and the form’s fields are those of the browser',
  { skip, timeout: 60_000 },
  async (t) => {
    const { url, desk } = await openDesk(t)
    const browser = await openBrowser(t)
    const { page } = await openPage(t, browser, {})
    await page.goto(`${url}/contest`)
    await page.fill('#calling', '212 555 0117')
    await page.fill('#called', '415 555 0163')
    await page.fill('#day', '2026-11-20')
    await page.fill('#time', '09:30')
    await page.selectOption('#zone', 'America/New_York')
    await page.click('summary')
    const numbers = { name: 'numbers.csv', mimeType: 'text/csv', buffer: Buffer.from('number\r\n+12125550118\r\n') }
    await page.setInputFiles('#file', numbers)
    await fillClaimant(page)
    await page.click('main button[type=submit]')
    await page.waitForURL(/\/filed$/)
    const claim = desk.filed[0]!.what as Claim
    const call: ClaimedCall = { calling: '+12125550117', called: '+14155550163', at: Date.UTC(2026, 10, 20, 14, 30) }
    assert.deepEqual([claim.calls, claim.numbers], [[call], ['+12125550118']])
    await page.getByRole('link', { name: 'Go to my case' }).click()
    assert.match(page.url(), /\/c\/[\w-]{22}$/)
  },
)

test('the commands of docs/desk-api.md do what it says', { skip: missing('curl'), timeout: 60_000 }, async (t) => {
  const { url, desk } = await openDesk(t)
  const page = readFileSync(new URL('../../docs/desk-api.md', import.meta.url), 'utf8')
  const blocks = readBlocks(page).filter(({ mark }) => mark === 'run by: test/journeys/desk-pages.test.ts')
  const cwd = temporaryDirectory(t)
  for (const { text, line } of blocks) {
    const env = { ...process.env, DESK: url, RECEIPT, TOKEN }
    const { stdout, stderr } = await promisify(execFile)('sh', ['-eu', '-c', text], { cwd, env })
    for (const answer of stdout.trim().split('\n'))
      assert.ok(typeof JSON.parse(answer) === 'object', `${line}: ${stderr}`)
  }
  assert.equal(blocks.length, 5)
  const { numbers, calls, webhook } = desk.filed[0]!.what as Claim
  assert.deepEqual([numbers.length, calls.length, webhook?.url], [1, 1, 'https://hooks.clinic.example.com/cases'])
  assert.deepEqual(
    desk.told.map(({ what }) => what),
    ['challenge', 'evidence', 'withdraw'],
  )
})

async function openDesk(owner: Owner) {
  const desk = deskInMemory()
  for (const [token, changes] of CASES) desk.views.set(token, { ...CASE, ...changes })
  desk.lists.set(tokenOf('granted'), [{ at: DESK_NOW_MS, calling: '+12125550117', program: 'analytics' }])
  desk.months.push({
    month: '2026-10',
    received: 120,
    firstStatusMedianMs: 7_200_000,
    decisionMedianMs: undefined,
    lifted: 71,
    upheld: 30,
    regressed: 2,
  })
  const figures = noHttpFigures()
  let answer: Fetch = () => new Response('not yet', { status: 503 })
  const server = await serveHttp(
    (request, connection) => answer(request, connection),
    { address: '127.0.0.1', port: 0, tls: undefined },
    figures,
  )
  owner.after(() => server.close(0))
  // Every request in a second of its own: pages come faster here than anybody reads.
  let nowMs = DESK_NOW_MS
  const pages = createDeskPages({
    desk,
    explain: undefined,
    card: () => new Response(undefined, { status: 404 }),
    operator: {
      name: 'Northwire',
      contact: { tel: '+18005550142', email: 'unblock@northwire.example' },
      promise: { statusWithinHours: 24 },
      timeZone: 'America/New_York',
      isTransparent: true,
    },
    publicUrl: server.url,
    country: 'US',
    evidenceBytesMax: 1_000_000,
    secret: new Uint8Array(32).fill(7),
    isProxy: () => false,
    figures,
    now: () => (nowMs += 1_000),
    alarm: (cause) => assert.fail(String(cause)),
  })
  answer = (request, connection) => pages.fetch(request, connection)
  return { url: server.url, desk }
}

async function fillClaimant(page: Page): Promise<void> {
  await page.fill('#purpose', 'We remind patients.')
  await page.fill('#name', 'Ann Example')
  await page.fill('#email', 'ann@clinic.example.com')
}

function tokenOf(name: string): string {
  return name.padEnd(22, '_')
}
