// One thing: every page of the console in each state that is not the usual one: while its answers are on their way, when they do not come or
// are refusals, for who may not see it, and with nothing to show. The server is real; its answers are held up and cut off in the browser.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { type Permission, ROLES, type Role } from '#core/account/permission.ts'
import { problemResponse } from '#edge/http/problem.ts'
import { findFaults } from '../peers/axe.ts'
import { picturesFolder, startConsole } from '../peers/console-browser.ts'
import { type FilledWorld, startFilled } from '../peers/filled-console.ts'
import { missing, until } from '../peers/peer.ts'

const skip = missing('chromium')

type PageCase = {
  /** Its path, or what a path of its kind is called in a console that has something everywhere. */
  readonly at: string
  readonly of?: keyof FilledWorld['places']
  readonly needs: Permission | undefined
  /** Words that only its own data put there. */
  readonly shows: string | RegExp
}

const PAGES: readonly PageCase[] = [
  { at: '/overview', needs: 'ledger.read', shows: '3 calls of 6 blocked within 24 hours' },
  { at: '/blocks', needs: 'ledger.read', shows: '3 rows, and that is all.' },
  { at: '/blocks/X', of: 'block', needs: 'ledger.read', shows: 'Proof in the ledger' },
  { at: '/cases', needs: 'cases.read', shows: 'Acme Clinic' },
  { at: '/cases/X', of: 'case', needs: 'cases.read', shows: 'appointment reminders' },
  { at: '/registry', needs: 'registry.read', shows: 'Main Street Clinic' },
  { at: '/registry/X', of: 'registration', needs: 'registry.read', shows: 'appointment reminders' },
  { at: '/registry/sources', needs: 'registry.read', shows: 'No other registry is named' },
  { at: '/policy', needs: 'policy.read', shows: 'Version 1 is in force since' },
  { at: '/policy/shadow', needs: 'policy.read', shows: 'No rule only watches' },
  { at: '/policy/lists', needs: 'policy.read', shows: 'called.csv' },
  { at: '/calls', needs: 'calling.read', shows: 'Numbers blocked' },
  { at: '/calls/groups', needs: 'calling.read', shows: 'rows, and that is all.' },
  { at: '/calls/groups/X', of: 'group', needs: 'calling.read', shows: 'Last calls' },
  { at: '/calls/observations', needs: 'calling.read', shows: 'rows, and that is all.' },
  { at: '/calls/observations/X', of: 'observation', needs: 'calling.read', shows: 'The answer, field by field' },
  { at: '/calls/silence', needs: 'calling.read', shows: 'pairs of carrier and number' },
  { at: '/calls/disputes', needs: 'calling.read', shows: 'One row, and that is all.' },
  { at: '/calls/disputes/X', of: 'dispute', needs: 'calling.read', shows: 'Reminders.' },
  { at: '/calls/directory', needs: 'calling.read', shows: 'TransNexus ClearIP' },
  { at: '/probes', needs: 'probe', shows: 'One row, and that is all.' },
  { at: '/probes/X', of: 'probe', needs: 'probe', shows: 'Calls from' },
  { at: '/settings', needs: 'audit.read', shows: 'admin@northwire.example' },
  { at: '/settings/accounts', needs: 'accounts', shows: 'admin@northwire.example' },
  { at: '/settings/accounts/X', of: 'account', needs: 'accounts', shows: 'Last signed in' },
  { at: '/settings/tokens', needs: undefined, shows: 'You have made no token' },
  { at: '/settings/peers', needs: 'settings', shows: '127.0.0.1/32' },
  { at: '/settings/peers/X', of: 'peer', needs: 'settings', shows: 'What was agreed' },
  { at: '/settings/outgoing', needs: 'settings', shows: 'No mail leaves' },
  { at: '/settings/retention', needs: 'audit.read', shows: 'Personal part of blocks' },
  { at: '/settings/health', needs: 'audit.read', shows: 'Policy in force' },
  { at: '/settings/notice', needs: 'settings', shows: 'Whom a caller may ask' },
  { at: '/settings/keys', needs: 'settings', shows: 'Seals new receipts' },
  { at: '/settings/audit', needs: 'audit.read', shows: 'A policy came into force' },
  { at: '/welcome-tour', needs: 'settings', shows: 'Let your switch ask' },
]
/** Whose states are looked at by axe and pictured: a list and a detail. */
const LOOKED_AT: ReadonlySet<string> = new Set(['/cases', '/calls/groups/X'])

test(
  'every page says that it loads, what failed and what is not for her, and goes on by a key',
  { skip, timeout: 900_000 },
  async (t) => {
    const world = await startFilled(t)
    const { page, go, settle, look } = await world.open('admin')
    page.setDefaultTimeout(15_000)
    const answers = await heldAnswers(page)
    /** What each page asks the API for. */
    const asked = new Map<string, readonly string[]>()
    assert.ok(PAGES.length >= 35, 'every page is here')

    for (const { at, of, shows } of PAGES) {
      await t.test(`${at} loads, fails, fails again, and is there`, async () => {
        const path = of === undefined ? at : world.places[of]
        const own = page.locator('main').getByText(shows).first()
        const alert = page.getByRole('alert').first()

        answers.be('late')
        await page.goto(`${world.office}${path}`)
        const loading = page.getByRole('status', { name: 'Loading' }).first()
        await loading.waitFor()
        assert.equal(await loading.innerText(), 'Loading…', 'who cannot see is told')
        await answers.asked()
        assert.equal(await page.getByRole('alert').count(), 0, 'nothing is said to have failed')
        assert.equal(await page.getByRole('heading', { level: 1 }).count(), 1, 'the page has its name already')
        assert.equal(await own.count(), 0)
        if (LOOKED_AT.has(at)) await lookAsItIs(page, `state-loading${at}`)
        answers.be('as they are')
        await own.waitFor()
        asked.set(at, answers.paths())

        answers.be('cut off')
        await page.goto(`${world.office}${path}`)
        await alert.getByText('Recourse cannot be reached').waitFor()
        assert.match(await alert.innerText(), /Recourse did not answer\. Is it running, and is the network up\?/)
        assert.equal(await own.count(), 0)
        if (LOOKED_AT.has(at)) await look(`state-unreachable${at}`)

        answers.be('busy')
        await tabTo(page, 'Try again')
        await page.keyboard.press('Enter')
        await answers.tried(3)
        await alert.getByText('Too much is being asked at the moment').waitFor()
        assert.match(await alert.innerText(), /The store is busy\. .*Try again in a moment\./)
        await page.waitForFunction(() => document.activeElement?.textContent === 'Try again')
        if (LOOKED_AT.has(at)) await look(`state-busy${at}`)

        answers.be('as they are')
        await page.keyboard.press('Enter')
        await own.waitFor()
        await settle()
      })
    }

    await t.test('a role that was taken away meanwhile is told in words, not by a number', async (t) => {
      answers.be('refused')
      for (const { at, of } of PAGES) {
        await t.test(at, async () => {
          await page.goto(`${world.office}${of === undefined ? at : world.places[of]}`)
          await page.getByText('Your role does not show you this').first().waitFor()
          assert.equal(await page.getByRole('alert').count(), 0)
          assert.doesNotMatch(await page.locator('main').innerText(), /\b403\b|urn:|not-allowed/)
          if (LOOKED_AT.has(at)) await look(`state-refused${at}`)
        })
      }
      answers.be('as they are')
    })

    for (const role of ROLES) {
      const lacking = PAGES.filter(({ needs }) => needs !== undefined && !MAY[role].includes(needs))
      await t.test(`${role} is told what she may not see, is not led there, and asks for nothing of it`, async () => {
        const other = role === 'admin' ? { page, go, look } : await world.open(role)
        const paths: string[] = []
        other.page.on('request', (request) => {
          const { pathname } = new URL(request.url())
          if (pathname.startsWith('/v1/') && pathname !== '/v1/session') paths.push(pathname)
        })
        for (const { at, of, needs } of lacking) {
          await other.go(of === undefined ? at : world.places[of])
          await other.page.getByRole('heading', { level: 1, name: 'Your role does not show you this' }).waitFor()
          const words = await other.page.locator('main').innerText()
          assert.ok(words.includes(`It needs the permission ${needs}. An admin can give you a role that has it.`), at)
          assert.doesNotMatch(words, /\b403\b/)
          const statuses = await Promise.all(
            (asked.get(at) ?? []).map(async (path) => (await world.ask(role, 'GET', path)).status),
          )
          assert.ok(statuses.includes(403), `${at}: the API denies it too, and answered ${statuses.join()}`)
        }
        assert.deepEqual(paths, [])
        const sections = other.page.getByRole('navigation', { name: 'Pages' }).getByRole('link')
        await other.go('/settings/tokens')
        assert.deepEqual(await sections.allInnerTexts(), LED_TO[role].sections)
        const places = other.page.getByRole('navigation', { name: 'Settings' }).getByRole('link')
        assert.deepEqual(await places.allInnerTexts(), LED_TO[role].settings)
      })
    }
  },
)

test('every page with nothing on it says so, and what to do next', { skip, timeout: 300_000 }, async (t) => {
  const world = await startConsole(t, {
    policy: { rules: [{ id: 'volume-number', volume: { of: 'number', limit: 3, per: '10m' }, program: 'opt-out' }] },
    gate: () => ({ peers: [] }),
  })
  const { page, go, look } = await world.open('admin')
  for (const [path, title, next] of EMPTY) {
    await go(path)
    await page.locator('main').getByText(title).first().waitFor()
    await page.locator('main').getByText(next).first().waitFor()
    assert.equal(await page.getByRole('alert').count(), 0, path)
  }
  for (const path of ['/calls', '/settings/tokens', '/cases/X']) {
    await go(path)
    await look(`state-empty${path}`)
  }
})

/** What stands on a page of a Recourse that was just started, and the words about what to do now. */
const EMPTY: readonly (readonly [path: string, title: string, next: string | RegExp])[] = [
  ['/overview', 'Nothing needs you: no call was screened within 24 hours, no case is open.', 'First steps'],
  ['/blocks', 'Nothing was blocked', 'Calls that the policy blocks appear here at once.'],
  ['/blocks/X', 'There is no such block', 'Its receipt may be cut off, or of another ledger.'],
  ['/cases', 'Nothing waits', 'No case is open. Callers open one from the link in a notice.'],
  ['/cases/decide', 'No case is chosen', 'Choose some in the list of cases, by their boxes or by x.'],
  ['/registry', 'Nobody waits', 'Businesses register on the page of the desk'],
  ['/registry/sources', 'No other registry is named', 'Name one under registry.sources in the configuration'],
  ['/policy/shadow', 'No rule only watches', 'Write mode: shadow behind a rule of the policy'],
  ['/policy/lists', 'The policy names no list', 'A rule that goes by one names it'],
  ['/calls', 'No call of yours has been seen yet.', 'have your switch send copies of its calls'],
  ['/calls/groups', 'No block stands open', 'Refused calls that recourse monitor sees are grouped here.'],
  ['/calls/observations', 'No call of yours was refused', 'What recourse monitor sees refused stands here'],
  ['/calls/silence', 'Nothing to compare yet', 'A pair is looked at with 30 calls in the last day'],
  ['/calls/disputes', 'No dispute is open', 'Open one from a group of blocks.'],
  ['/calls/directory', 'Free Caller Registry', 'Not seen in your calls. No dispute filed yet.'],
  ['/probes', 'No probe was run yet', 'at the far end of the path, then start one here.'],
  ['/settings/accounts/X', 'There is no such account', 'a closed account stays in the list'],
  ['/settings/tokens', 'You have made no token', 'Make one for each program'],
  ['/settings/peers', 'No switch may ask', 'Name those that may in gate.peers of the configuration'],
  ['/settings/peers/X', 'The running gate has no such peer', 'Peers are read from the configuration.'],
  ['/settings/outgoing', 'No mail leaves', 'Name receivers under webhooks'],
  ['/settings/audit?action=none', 'Nothing was changed that these filters show', 'Clear'],
  ...[
    '/cases/X',
    '/registry/X',
    '/calls/groups/X',
    '/calls/groups/9',
    '/calls/observations/X',
    '/calls/disputes/X',
  ].map((path) => [path, 'There is nothing here', 'The link may be cut off or old'] as const),
  ['/probes/X', 'There is nothing here', 'The link may be cut off or old'],
  ['/policy?version=99', 'There is nothing here', 'The link may be cut off or old'],
]

type Manner = 'as they are' | 'late' | 'cut off' | 'busy' | 'refused'

/** Takes the answers of the API on their way to a page: what they are held up by is said by `be`. */
async function heldAnswers(page: Page) {
  // A page waits before it asks again by itself: that time is let pass at once.
  await page.clock.install()
  let busy = 0
  let manner: Manner = 'as they are'
  let waiting = Promise.withResolvers<void>()
  let first = Promise.withResolvers<void>()
  let paths: string[] = []
  const answer = async (route: Route): Promise<void> => {
    paths.push(new URL(route.request().url()).pathname)
    first.resolve()
    if (manner === 'late') await waiting.promise
    if (manner === 'cut off') return await route.abort('connectionfailed')
    if (manner !== 'busy' && manner !== 'refused') return await route.continue()
    const said =
      manner === 'busy'
        ? problemResponse({ kind: 'busy', detail: 'the store is busy' })
        : problemResponse({ kind: 'not-allowed', detail: 'the account may not do that' })
    if (manner === 'busy') busy++
    const contentType = said.headers.get('content-type')!
    await route.fulfill({ status: said.status, contentType, body: await said.text() })
  }
  await page.route(
    ({ pathname }) => pathname.startsWith('/v1/') && pathname !== '/v1/session',
    // A page that is left takes its questions with it.
    (route) => answer(route).catch(() => undefined),
  )
  return {
    be(next: Manner): void {
      manner = next
      waiting.resolve()
      busy = 0
      if (next !== 'late') return
      waiting = Promise.withResolvers()
      first = Promise.withResolvers()
      paths = []
    },
    /** Until the page has asked for something since answers are late. */
    asked: () => first.promise,
    /** Until the page was told so often that it is to come again. */
    async tried(times: number): Promise<void> {
      await until('another try', async () => {
        if (busy >= times) return true
        await page.clock.fastForward(1_000)
        return undefined
      })
    },
    /** What was asked for since. */
    paths: () => [...new Set(paths)],
  }
}

/** Axe and a picture of a page that is not to settle. */
async function lookAsItIs(page: Page, what: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    await page.screenshot({ path: join(picturesFolder(), `${what.replaceAll(/[^\w.]+/g, '-')}-${scheme}.png`) })
    const { broken, held } = await findFaults(page, 'all')
    assert.deepEqual(broken, [], what)
    assert.ok(held >= 10, `${what}: axe looked at ${held} things`)
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
}

/** Goes along the page by Tab to what is called so. */
async function tabTo(page: Page, name: string): Promise<void> {
  await page.locator('main').focus()
  for (let stops = 0; stops < 60; stops++) {
    await page.keyboard.press('Tab')
    if ((await page.evaluate(() => document.activeElement?.textContent)) === name) return
  }
  assert.fail(`no way by Tab to ${name}`)
}

/** What each role may see, as the guide has it. */
const MAY: { readonly [role in Role]: readonly Permission[] } = {
  admin: [
    'ledger.read',
    'cases.read',
    'registry.read',
    'policy.read',
    'calling.read',
    'probe',
    'audit.read',
    'accounts',
    'settings',
  ],
  'case-worker': ['ledger.read', 'cases.read', 'registry.read', 'policy.read', 'calling.read'],
  vetting: ['registry.read'],
  auditor: ['ledger.read', 'cases.read', 'registry.read', 'policy.read', 'calling.read', 'probe', 'audit.read'],
}
const WORK = ['Overview', 'Blocked calls', 'Cases', 'Registry', 'Policy', 'My calls']
/** Where the navigation leads each role, and the one within the settings. */
const LED_TO: {
  readonly [role in Role]: { readonly sections: readonly string[]; readonly settings: readonly string[] }
} = {
  admin: {
    sections: [...WORK, 'Probes', 'Settings'],
    settings: [
      'Accounts',
      'Your tokens',
      'Peers',
      'Notice',
      'Keys',
      'Mail and webhooks',
      'Retention',
      'Health',
      'First steps',
      'Audit trail',
    ],
  },
  'case-worker': { sections: WORK, settings: ['Your tokens'] },
  vetting: { sections: ['Registry'], settings: ['Your tokens'] },
  auditor: {
    sections: [...WORK, 'Probes', 'Settings'],
    settings: ['Your tokens', 'Retention', 'Health', 'Audit trail'],
  },
}
