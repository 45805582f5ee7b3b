// The settings in a browser against a running Recourse: people are invited, given roles, closed and reset; tokens come and go, by
// clicks and by keys alone; the audit trail says all of it; and each role sees no more than the API gives it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type ConsoleWorld, startConsole } from '../peers/console-browser.ts'
import { missing } from '../peers/peer.ts'

const skip = missing('chromium')

test('accounts, tokens and the audit trail are worked with in the settings', { skip, timeout: 200_000 }, async (t) => {
  const world = await startConsole(t)
  const { page, go, settle, look, lookAtDialog } = await world.open('admin')
  page.setDefaultTimeout(12_000)

  await t.test('somebody is invited by keys alone', async () => {
    await go('/')
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await page.getByRole('heading', { name: 'Accounts', level: 1 }).waitFor()
    await page.keyboard.press('i')
    await page.waitForFunction(
      () => document.activeElement?.closest('[role=dialog]')?.querySelector('input') === document.activeElement,
    )
    await page.keyboard.type(INVITED)
    await lookAtDialog('account-invite')
    await page.keyboard.press('Enter')
    await page.getByText('This link is shown this once: keep it now.').waitFor()
    await page.getByRole('gridcell', { name: 'admin@northwire.example' }).waitFor()
    await settle()
    await look('settings-accounts')
  })

  await t.test('an account gets another role and is closed', async () => {
    await world.ask('auditor', 'GET', '/v1/session')
    await go('/settings/accounts')
    await page.getByRole('gridcell', { name: OTHER }).click()
    await page.getByRole('button', { name: 'Change role' }).click()
    await page.getByRole('dialog').getByLabel('Role').selectOption('vetting')
    await lookAtDialog('account-role')
    await page.getByRole('button', { name: 'Change it' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal((await find(world, OTHER))?.role, 'vetting')
    await page.getByRole('button', { name: 'Close', exact: true }).click()
    await lookAtDialog('account-close')
    await page.getByRole('button', { name: 'Close it' }).click()
    await page.getByRole('button', { name: 'Open again' }).waitFor()
    assert.equal((await find(world, OTHER))?.isActive, false)
    await settle()
    await look('settings-account')
  })

  await t.test('a token is made and ended, and markup in its name is inert and visible', async () => {
    await page.getByRole('link', { name: 'Your tokens' }).click()
    await page.getByRole('button', { name: 'Make a token' }).click()
    await page.getByLabel('Name').fill(HOSTILE)
    await page.getByLabel('cases.read').check()
    await lookAtDialog('token-make')
    await page.getByRole('button', { name: 'Make it' }).click()
    await page.getByText('This token is shown this once: keep it now.').waitFor()
    await page.getByText(HOSTILE, { exact: true }).waitFor()
    assert.equal(await page.locator('main img').count(), 0, 'nothing came of the markup in it')
    await settle()
    await look('settings-tokens')
    await page.getByRole('button', { name: `End the token ${HOSTILE}` }).click()
    await lookAtDialog('token-end')
    await page.getByRole('button', { name: 'End it' }).click()
    await page.getByText('Ended', { exact: true }).waitFor()
  })

  await t.test('what the settings show is taken home', async () => {
    let taken = 0
    for (const [path, way, name, shows] of TAKEN) {
      await go(path)
      await page.getByRole('button', { name: 'Export' }).click()
      const saved = page.waitForEvent('download')
      await page.getByRole('menuitem', { name: way }).click()
      const download = await saved
      assert.equal(download.suggestedFilename(), name)
      const text = readFileSync(await download.path(), 'utf8')
      assert.ok(text.includes(shows), `${path}: ${text}`)
      if (way === 'JSON') assert.equal(typeof JSON.parse(text), 'object')
      else assert.ok(text.split('\r\n').length > 2, text)
      assert.doesNotMatch(text, /"(?:secret|password|hash|token)"/i)
      taken++
    }
    assert.equal(taken, 7)
    await go('/settings/tokens')
  })

  await t.test('the trail has it, and its filters are its address', async () => {
    await page.getByRole('link', { name: 'Audit trail' }).click()
    await page.getByRole('grid', { name: 'Audit trail' }).getByText(INVITED).first().waitFor()
    await settle()
    await look('settings-audit')
    await go('/settings/audit?action=no-such-action')
    await page.getByText('Nothing was changed that these filters show').waitFor()
  })
})

test('each role sees of the settings what the API gives it', { skip, timeout: 120_000 }, async (t) => {
  const world = await startConsole(t)
  for (const [role, accounts, audit] of [
    ['admin', 200, 200],
    ['auditor', 403, 200],
    ['case-worker', 403, 403],
    ['vetting', 403, 403],
  ] as const) {
    assert.equal((await world.ask(role, 'GET', '/v1/accounts')).status, accounts, role)
    assert.equal((await world.ask(role, 'GET', '/v1/audit')).status, audit, role)
    const { page, go } = await world.open(role)
    for (const [path, status] of [
      ['/settings/accounts', accounts],
      ['/settings/audit', audit],
    ] as const) {
      await go(path)
      const isRefused = (await page.getByText('Your role does not show you this').count()) > 0
      assert.equal(isRefused, status === 403, `${role} ${path}`)
    }
  }
})

async function find(world: ConsoleWorld, name: string) {
  const { value } = await world.ask('admin', 'GET', '/v1/accounts')
  const { accounts } = value as { accounts: { name: string; role: string; isActive: boolean }[] }
  return accounts.find((one) => one.name === name)
}

const OTHER = 'auditor@northwire.example'
const INVITED = 'ann@northwire.example'
const HOSTILE = '<img src=x onerror=alert(1)>'
/** Pages with what they have to take home: the file's name, and what stands in it. */
const TAKEN = [
  ['/settings/accounts', 'CSV', 'accounts.csv', '"admin@northwire.example","admin","true"'],
  ['/settings/accounts', 'JSON', 'accounts.json', OTHER],
  ['/settings/tokens', 'CSV', 'tokens.csv', 'cases.read'],
  ['/settings/tokens', 'JSON', 'tokens.json', 'cases.read'],
  ['/settings/outgoing', 'JSON', 'outgoing.json', 'webhooks'],
  ['/settings/notice', 'JSON', 'notice.json', 'profile'],
  ['/settings/peers/edge', 'JSON', 'peer.json', '"edge"'],
] as const
