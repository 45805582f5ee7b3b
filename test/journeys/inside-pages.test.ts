// The pages of accounts in a browser, as `recourse up` serves them over TLS under their own name: the first run, a second factor,
// recovery codes, signing in and out, and a provider of identities. Axe looks at every page and state.
import assert from 'node:assert/strict'
import test, { type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { TOTP_STEP_MS, codeAt } from '#edge/account/totp.ts'
import { readBase32 } from '../office.ts'
import { startOidcProvider } from '../oidc-provider.ts'
import { FOR_AXE, focusOf, lookEveryWay, openBrowser, openPage, pressThrough } from '../peers/browser.ts'
import { missing } from '../peers/peer.ts'
import { Recourse } from '../peers/recourse.ts'
import { foundAuthority } from '../tls-certificates.ts'

const skip = missing('chromium')
const HOST = 'office.northwire.example'
const OFFICE = `https://${HOST}`
const PASSWORD = 'a long one that nobody guesses'
const CLIENT = { id: 'recourse', secret: 'a secret of the provider' }

test(
  'the first account is made, gets its second factor and signs in, and axe finds no fault on the way',
  { skip, timeout: 180_000 },
  async (t) => {
    const { gate, page } = await openOffice(t, FOR_AXE)
    let looked = 0
    const look = async (what: string): Promise<void> => {
      looked++
      await lookEveryWay(page, what)
    }
    await page.goto(`${OFFICE}/welcome/${'x'.repeat(22)}`)
    await look('a wrong link')
    await page.goto(await firstRun(gate))
    await look('first run')
    await fill(page, { name: 'ann@northwire.example', password: PASSWORD, again: 'something else' })
    await press(page, 'Make the account')
    assert.match(await page.locator('[role=alert]').innerText(), /differ/)
    await look('first run with a fault')
    await fill(page, { name: 'ann@northwire.example', password: PASSWORD, again: PASSWORD })
    await press(page, 'Make the account')
    assert.equal(page.url(), `${OFFICE}/account`)
    await look('account without a second factor')

    await fill(page, { 'totp-password': 'not the password' })
    await press(page, 'Set it up')
    await look('account with a wrong password')
    await fill(page, { 'totp-password': PASSWORD })
    await press(page, 'Set it up')
    await look('second factor')
    const secret = await secretOn(page)
    await fill(page, { code: codeOf(secret, 9) })
    await press(page, 'Confirm the code')
    assert.equal((await focusOf(page)).id, 'code')
    assert.equal(await page.getByLabel('Code', { exact: true }).getAttribute('aria-invalid'), 'true')
    const told = await page.locator('#code').evaluate((field) => {
      return document.getElementById(field.getAttribute('aria-describedby') ?? '')?.textContent
    })
    assert.match(told ?? '', /Enter the six digits that the app shows now/)
    await page.getByRole('img', { name: 'The key as a QR code' }).waitFor()
    await look('second factor with a wrong code')
    const fresh = await secretOn(page)
    assert.deepEqual(fresh, secret, 'a wrong code does not lose the key')
    await fill(page, { code: codeOf(fresh, 0) })
    await press(page, 'Confirm the code')
    await look('recovery codes')
    const codes = await page.locator('.codes li').allInnerTexts()
    assert.ok(codes.length >= 8, codes.join())
    await page.getByRole('link', { name: 'I have kept them' }).click()
    await look('account')

    await press(page, 'Sign out')
    assert.equal(page.url(), `${OFFICE}/sign-in`)
    await look('sign in')
    await fill(page, { name: 'ann@northwire.example', password: PASSWORD, code: '000000' })
    await press(page, 'Sign in')
    await look('sign in refused')
    await fill(page, { password: PASSWORD, code: codeOf(fresh, 1) })
    await press(page, 'Sign in')
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    await page.goto(`${OFFICE}/account`)

    await page.getByText('Make new recovery codes').click()
    await fill(page, { 'recovery-password': 'not the password' })
    await press(page, 'Make new codes')
    await fill(page, { 'recovery-password': PASSWORD })
    await press(page, 'Make new codes')
    const [code] = await page.locator('.codes li').allInnerTexts()
    assert.ok(!codes.includes(code!))
    await page.goto(`${OFFICE}/account`)
    await press(page, 'Sign out everywhere')
    for (const [given, isGood] of [
      [codes[0]!, false],
      [code!, true],
      [code!, false],
    ] as const) {
      await page.context().clearCookies()
      await page.goto(`${OFFICE}/sign-in`)
      await fill(page, { name: 'ann@northwire.example', password: PASSWORD, code: given })
      await press(page, 'Sign in')
      assert.equal(
        !page.url().endsWith('/sign-in'),
        isGood,
        'the codes before are good no more, and a code is good once',
      )
    }
    await page.goto(`${OFFICE}/nothing`)
    assert.match(page.url(), /sign-in/)
    assert.equal(looked, 11)
  },
)

test(
  'by keyboard alone and without scripts somebody takes up an invitation, sets up a second factor, signs out and in',
  { skip, timeout: 90_000 },
  async (t) => {
    const { gate, page } = await openOffice(t, {})
    await page.goto(invite(gate, 'beth'))
    await page.keyboard.press('Tab')
    assert.match((await focusOf(page)).text, /Skip to the content/)
    await page.keyboard.press('Enter')
    let stops = await pressThrough(page, typed({ password: PASSWORD, again: PASSWORD }), 'Make the account')
    assert.equal(page.url(), `${OFFICE}/account`)
    stops += await pressThrough(page, typed({ 'totp-password': PASSWORD }), 'Set it up')
    const secret = await secretOn(page)
    stops += await pressThrough(page, typed({ code: codeOf(secret, 0) }), 'Confirm the code')
    assert.equal(await page.locator('h1').innerText(), 'Your recovery codes')
    await page.goto(`${OFFICE}/account`)
    stops += await pressThrough(page, new Map(), 'Sign out')
    await page.goto(`${OFFICE}/account`)
    assert.equal(page.url(), `${OFFICE}/sign-in?to=%2Faccount`)
    stops += await pressThrough(page, typed({ name: 'beth', password: PASSWORD, code: codeOf(secret, 1) }), 'Sign in')
    assert.equal(page.url(), `${OFFICE}/account`)
    assert.match(await page.locator('main').innerText(), /beth/)
    t.diagnostic(`${stops} stops`)
  },
)

test('no page tells whether a name exists, or a link was ever good', { skip, timeout: 90_000 }, async (t) => {
  const { gate, page } = await openOffice(t, {})
  const link = invite(gate, 'beth')
  await page.goto(link)
  await fill(page, { password: PASSWORD, again: PASSWORD })
  await press(page, 'Make the account')
  invite(gate, 'carl')
  const seen = new Set<string>()
  for (const name of ['beth', 'carl', 'nobody', '<b>nobody</b>']) {
    await page.context().clearCookies()
    await page.goto(`${OFFICE}/sign-in`)
    await fill(page, { name, password: 'not the password' })
    const [answer] = await Promise.all([page.waitForResponse(`${OFFICE}/sign-in`), press(page, 'Sign in')])
    assert.equal(await page.inputValue('#name'), name, 'what was typed is still there')
    await page.fill('#name', '')
    seen.add(`${answer.status()} ${await page.locator('main').innerText()}`)
  }
  assert.equal(seen.size, 1, [...seen].join('\n'))
  assert.match([...seen][0]!, /^401 /)
  const links = new Set<string>()
  for (const path of [new URL(link).pathname, `/welcome/${'x'.repeat(22)}`, '/welcome/x']) {
    const answer = await page.goto(`${OFFICE}${path}`)
    links.add(`${answer!.status()} ${await answer!.text()}`)
  }
  assert.equal(links.size, 1, [...links].join('\n'))
  // Near miss: a good link is another page.
  assert.equal((await page.goto(invite(gate, 'dora')))!.status(), 200)
})

test(
  'the button of a provider of identities signs in, and who has no role there is told so',
  { skip, timeout: 90_000 },
  async (t) => {
    const provider = await startOidcProvider(CLIENT)
    t.after(() => provider.close())
    const { page } = await openOffice(t, FOR_AXE, {
      oidc: {
        label: 'Northwire Staff',
        issuer: provider.issuer,
        client: CLIENT.id,
        secret: 'file:client-secret',
        claim: 'groups',
        roles: { staff: 'case-worker' },
      },
    })
    await page.goto(`${OFFICE}/sign-in`)
    await lookEveryWay(page, 'sign in with a provider')
    provider.claims = { sub: 'u1', preferred_username: 'ann@northwire.example', groups: ['staff'] }
    await page.getByRole('link', { name: 'Sign in by Northwire Staff' }).click()
    await page.getByRole('navigation', { name: 'Pages' }).waitFor()
    await page.goto(`${OFFICE}/account`)
    assert.match(await page.locator('main').innerText(), /ann@northwire\.example/)
    await lookEveryWay(page, 'account of a provider')
    await press(page, 'Sign out')
    provider.claims = { sub: 'u2', preferred_username: 'mallory', groups: [] }
    await page.getByRole('link', { name: 'Sign in by Northwire Staff' }).click()
    await page.waitForURL(/callback/)
    assert.match(await page.locator('[role=alert]').innerText(), /That did not work/)
    assert.equal((await page.context().cookies()).filter(({ name }) => name === '__Host-recourse').length, 0)
    assert.equal(provider.given(), 2)
  },
)

async function openOffice(t: TestContext, options: object, accounts: object = {}) {
  const authority = foundAuthority('Office Root')
  const { certificate, key } = authority.mint({ name: HOST, dns: [HOST] })
  const gate = await Recourse.start(t, {
    desk: 'https://redress.northwire.example',
    files: { 'office.pem': certificate, 'office-key.pem': key, 'client-secret': CLIENT.secret },
    more: (port) => ({
      office: {
        listen: `127.0.0.1:${port}`,
        public: OFFICE,
        tls: { certificate: 'office.pem', key: 'file:office-key.pem' },
      },
      accounts,
    }),
  })
  const browser = await openBrowser(t, new Map([[HOST, gate.officePort]]))
  const { page } = await openPage(t, browser, { ignoreHTTPSErrors: true, ...options })
  return { gate, page }
}

/** The link that the terminal shows at the first start. */
async function firstRun(gate: Recourse): Promise<string> {
  const [, link] = await gate.peer.says(/make the first account at (\S+)/)
  return link!
}

function invite(gate: Recourse, name: string): string {
  const said = gate.command('account', 'add', name, '--role', 'case-worker', '--by', 'ann')
  return /https:\S+\/welcome\/\S+/.exec(said)![0]
}

async function secretOn(page: Page): Promise<Uint8Array> {
  const key = await page.locator('#key').innerText()
  const uri = await page.getByRole('link', { name: /app/ }).getAttribute('href')
  const plain = key.replaceAll(/\s/g, '')
  assert.equal(new URL(uri!).searchParams.get('secret'), plain)
  return readBase32(plain)
}

/** What an app shows so many steps from now; the code of the next step is good already. */
function codeOf(secret: Uint8Array, later: number): string {
  return codeAt(secret, Math.floor(Date.now() / TOTP_STEP_MS) + later)
}

async function fill(page: Page, values: Readonly<Record<string, string>>): Promise<void> {
  for (const [id, value] of Object.entries(values)) await page.fill(`#${id}`, value)
}

async function press(page: Page, name: string): Promise<void> {
  await Promise.all([page.waitForNavigation(), page.getByRole('button', { name, exact: true }).click()])
}

function typed(values: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(values))
}
