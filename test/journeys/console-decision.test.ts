// The decision form in a browser against a running Recourse: what is wrong stands at its field, numbers are read as people write
// them, and what another worker decided meanwhile is told by name with nothing typed lost.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { type ConsoleWorld, picturesFolder, startConsole } from '../peers/console-browser.ts'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { missing } from '../peers/peer.ts'

const skip = missing('chromium')

test(
  'what is wrong in a decision stands at its field in words of the form, and numbers are taken as people write them',
  { skip, timeout: 200_000 },
  async (t) => {
    const world = await startWorld(t)
    const id = await world.file('+12125550142', 'Acme Clinic')
    const { page, go, look } = await world.open('case-worker')
    const refused = refusalsOf(page)
    await go(`/cases/${id}`)
    await page.getByText('Lift', { exact: true }).click()
    await page.getByLabel('For', { exact: true }).selectOption('range')
    await page.getByLabel('First number').fill('(212) 555-0100')

    await page.getByRole('button', { name: 'Lift', exact: true }).click()
    assert.equal(await focused(page), 'Last number', 'the first field that is wrong has the focus')
    assert.equal(await describedBy(page, 'Last number'), 'Write the last number that is lifted.')
    assert.match(await describedBy(page, 'Reason'), /^Write the reason\./)
    await look('decision-missing')

    await page.getByLabel('Last number').fill('(212) 555-0099')
    await page.getByLabel('Reason').fill('They are wanted.')
    assert.match(await describedBy(page, 'Last number'), /^Write a whole number that is not before the first/)
    await page.getByLabel('Last day').fill('2020-01-01')
    assert.match(await describedBy(page, 'Last day'), /^Choose a day from today to \d{1,2} \w{3,4} \d{4}\.$/)
    await page.getByLabel('Last day').fill('')
    await page.getByLabel('Last number').fill('(212) 555-0199')
    assert.equal(await describedBy(page, 'Last number'), '')
    const panel = page.getByRole('region', { name: 'Decide' })
    await panel.getByText('From +12125550100 to +12125550199').waitFor()
    await panel.getByText('No rule of analytics blocks +12125550100 to +12125550199, without an end.').waitFor()

    await page.getByLabel('Until').selectOption('90')
    await panel.getByText('No rule of analytics blocks +12125550100 to +12125550199, until').waitFor()

    await page.getByLabel('Reason').focus()
    await page.keyboard.press('Control+Enter')
    assert.equal(await focused(page), 'Why it goes without proof')
    await page.keyboard.type('the clinic is known to us')
    await page.keyboard.press('Control+Enter')
    await page.getByText('It is decided.').waitFor()
    await page.getByRole('region', { name: 'Decided' }).getByText('case-worker@northwire.example decided it').waitFor()
    assert.deepEqual(refused, [], 'nothing was asked that the API would not take')
    const history = page.getByRole('region', { name: 'Events and messages' })
    await history.getByText('In force at the gates from').waitFor()
    const told = await history.innerText()
    assert.match(told, /Lifted for \+12125550100 to \+12125550199, until \d{1,2} \w{3,4}( \d{4})?, \d\d:\d\d\./)
    assert.equal(told.match(/They are wanted\./g)?.length, 1, 'the reason stands there once')
    assert.doesNotMatch(told, /\dT\d|Z\b/)
    await look('case-told')
  },
)

test(
  'a case that another worker decides meanwhile says who did, what and when; what was typed stays, and its evidence is fresh',
  { skip, timeout: 300_000 },
  async (t) => {
    const world = await startWorld(t)
    const id = await world.file('+12125550142', 'Acme Clinic')
    const { page, go, look } = await world.open('case-worker')
    const refused = refusalsOf(page)
    await go(`/cases/${id}`)
    await page.getByText('Uphold', { exact: true }).click()
    await page.getByLabel('Reason').fill('These are robocalls.')
    await page.getByLabel('What it rests on').fill('Complaints of 14 subscribers')
    await page.getByLabel('What the claimant can do').fill('Stop them.')
    const button = page.getByRole('button', { name: 'Uphold the block' })
    await page.getByText('What the claimant reads on the page of the case').waitFor()
    assert.equal(await page.getByRole('region', { name: 'In force at the gates now' }).count(), 0)

    const decided = await world.ask(
      'admin',
      'POST',
      `/v1/cases/${id}/decision`,
      { decision: { outcome: 'lift', reason: 'A clinic that patients know.' }, override: 'known to us' },
      '*',
    )
    assert.equal(decided.status, 200, JSON.stringify(decided.value))
    await button.click()
    const alert = page.getByRole('alert', { name: 'admin@northwire.example decided it meanwhile' })
    assert.match(await alert.innerText(), /decided, [^]*now[^]*A clinic that patients know\./)
    await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'alert')
    assert.equal(await page.getByLabel('Reason').inputValue(), 'These are robocalls.')
    await page.getByText('This case is decided already. What you typed is kept').waitFor()
    await page.getByRole('region', { name: 'In force at the gates now' }).getByText('+12125550142').waitFor()
    await look('decided-meanwhile')
    await page.getByRole('button', { name: 'I have seen it' }).click()
    assert.equal(await button.isDisabled(), true)
    assert.deepEqual(
      refused.filter((one) => !one.startsWith('412')),
      [],
    )
    assert.equal(await page.locator('main').getByText('A field of the body').count(), 0)

    const reopened = await world.ask('admin', 'POST', `/v1/cases/${id}/reopening`, { reason: 'Complaints came in.' })
    assert.equal(reopened.status, 200)
    await page.getByText('Complaints came in.').first().waitFor({ timeout: 60_000 })
    await page.getByRole('button', { name: 'I have seen it' }).click()
    await button.click()
    await page.getByText('It is decided.').waitFor()
    assert.equal(await world.statusOf(id), 'upheld')
  },
)

test(
  'a note over what somebody else did says who did what, and the same button then writes it',
  { skip, timeout: 200_000 },
  async (t) => {
    const world = await startWorld(t)
    const id = await world.file('+12125550142', 'Acme Clinic')
    const { page, go } = await world.open('case-worker')
    await go(`/cases/${id}`)
    await page.locator('main').getByRole('button', { name: 'Note', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Note').fill('Called back, nobody there.')
    await world.ask('admin', 'POST', `/v1/cases/${id}/notes`, { text: 'I am calling them.' })
    await dialog.locator('button[type=submit]').click()
    assert.match(
      await dialog.getByRole('alert').innerText(),
      /^Somebody else was faster\s+admin@northwire\.example added to it, \d\d:\d\d: “I am calling them\.”\. Nothing of yours/,
    )
    assert.equal(await dialog.getByLabel('Note').inputValue(), 'Called back, nobody there.')
    await dialog.locator('button[type=submit]').click()
    await page.getByText('The note is written.').waitFor()
  },
)

test(
  'a case that is looked at shows further calls and blocks of its number as they come',
  { skip, timeout: 200_000 },
  async (t) => {
    const world = await startWorld(t)
    const id = await world.file('+12125550142', 'Acme Clinic')
    const { page, go } = await world.open('case-worker')
    await go(`/cases/${id}`)
    assert.equal(await page.getByRole('region', { name: /screened call/ }).count(), 0)
    const caller = await Caller.open(world.gate.port)
    t.after(() => caller.close())
    for (let at = 0; at < 4; at++) {
      const name = `${process.pid}-${caller.port}-${at}`
      const answer = await caller.ask(
        formatInvite({
          calling: '+12125550142',
          called: '+14155550163',
          callId: `${name}@127.0.0.1`,
          branch: `z9hG4bK${name}`,
          fromTag: `t${at}`,
          port: caller.port,
        }),
      )
      assert.ok(answer !== undefined && statusOf(answer) > 0)
    }
    const calls = page.getByRole('region', { name: '4 screened calls of these numbers' })
    await calls.waitFor({ timeout: 60_000 })
    assert.match(await calls.innerText(), /Blocked/)
  },
)

test(
  'a session that ends while somebody types says so, and leads back to the same page with all that was typed',
  { skip, timeout: 200_000 },
  async (t) => {
    const world = await startWorld(t)
    const id = await world.file('+12125550142', 'Acme Clinic')
    const { page, context, go, lookAtDialog } = await world.open('case-worker')
    await go(`/cases/${id}`)
    await page.getByText('Uphold', { exact: true }).click()
    await page.getByLabel('Reason').fill('These are robocalls.')
    await page.locator('main').getByRole('button', { name: 'Ask', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: 'Ask the claimant' })
    await dialog.getByLabel('Question').fill('Who agreed to these calls?')
    const cookies = await context.cookies()
    await context.clearCookies()
    await dialog.locator('button[type=submit]').click()
    const ended = page.getByRole('dialog', { name: 'Your session ended' })
    await ended.getByText('you come back to this page').waitFor()
    await page.screenshot({ path: join(picturesFolder(), 'session-ended.png') })
    await ended.getByRole('button', { name: 'Sign in again' }).click()
    await page.waitForURL(/\/sign-in\?to=/)
    assert.equal(new URL(page.url()).searchParams.get('to'), `/cases/${id}`)

    await context.addCookies(cookies)
    await go(`/cases/${id}`)
    await dialog.waitFor()
    assert.equal(await dialog.getByLabel('Question').inputValue(), 'Who agreed to these calls?')
    await lookAtDialog('question-again')
    assert.equal((await typedIn(page)).length, 2)
    await dialog.locator('button[type=submit]').click()
    await page.getByText('It is asked.').waitFor()
    assert.equal(await page.getByLabel('Reason').inputValue(), 'These are robocalls.')
    assert.deepEqual(await typedIn(page), [`case ${id} decision`], 'what was sent is kept no more')
    assert.equal(await page.evaluate(() => JSON.stringify(localStorage).includes('robocalls')), false)

    // Another account in the same window finds nothing of it, nor does who signed out.
    await context.clearCookies()
    const admin = await world.open('admin')
    await context.addCookies(await admin.context.cookies())
    await go(`/cases/${id}`)
    await page.getByRole('region', { name: 'Decide' }).waitFor()
    assert.deepEqual(await typedIn(page), [])
    await page.getByText('Uphold', { exact: true }).click()
    await page.getByLabel('Reason').fill('Not yet.')
    assert.equal((await typedIn(page)).length, 1)
    await page.locator('aside [aria-haspopup="menu"]').click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(/\/sign-in$/)
    assert.deepEqual(await typedIn(page), [])
  },
)

/** The places of what this window keeps of what was typed. */
async function typedIn(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    Object.keys(sessionStorage)
      .filter((key) => key.startsWith('typed '))
      .map((key) => key.replace(/^typed \S+ /, '')),
  )
}

type World = ConsoleWorld & {
  /** Opens a case for somebody who phoned; answers its id. */
  readonly file: (number: string, organisation: string) => Promise<string>
  readonly statusOf: (id: string) => Promise<string>
}

/** A Recourse of North America: its dial plan reads ten digits as a number of it. */
async function startWorld(t: TestContext): Promise<World> {
  const world = await startConsole(t, {
    limit: 3,
    gate: () => ({ dialPlan: { country: 1, national: 10, international: '011' } }),
  })
  return {
    ...world,
    async file(number, organisation) {
      const claim = {
        numbers: [number],
        claimant: { name: 'Ann Lee', tel: '+12125550100', organisation },
        purpose: 'x',
      }
      const { status, value } = await world.ask('admin', 'POST', '/v1/cases', { way: 'telephone', claim })
      assert.equal(status, 201, JSON.stringify(value))
      return (value as { case: string }).case
    },
    async statusOf(id) {
      const { value } = await world.ask('auditor', 'GET', `/v1/cases/${id}`)
      return (value as { status: string }).status
    },
  }
}

/** Collects what the API refuses from now on. */
function refusalsOf(page: Page): string[] {
  const refused: string[] = []
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (pathname.startsWith('/v1/') && response.status() >= 400) refused.push(`${response.status()} ${pathname}`)
  })
  return refused
}

/** The label of the field that has the focus. */
async function focused(page: Page): Promise<string> {
  return page.evaluate(
    () => (document.activeElement as HTMLInputElement).labels?.[0]?.textContent?.replace(/ \*$/, '') ?? '',
  )
}

/** What a field is described by, as it is read out. */
async function describedBy(page: Page, label: string): Promise<string> {
  return page.getByLabel(label).evaluate((element) =>
    (element.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' ')
      .trim(),
  )
}
