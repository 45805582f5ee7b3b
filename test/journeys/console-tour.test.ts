// The first steps with a new gate, in a browser: a real call is placed at the gate itself, seen blocked, found in the ledger, and
// leads to the page that its caller sees.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { parse, stringify } from 'yaml'
import { TOTP_STEP_MS, codeAt } from '#edge/account/totp.ts'
import { SAMPLE } from '#main/config/sample.ts'
import { PASSWORD, readBase32 } from '../office.ts'
import { focusOf, openBrowser, pressThrough } from '../peers/browser.ts'
import { openConsolePage, startConsole } from '../peers/console-browser.ts'
import { Peer, missing, run, temporaryDirectory } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'
import { COMMAND } from '../peers/recourse.ts'

const skip = missing('chromium')
const TRY = '+12125550199'

test('a new gate is led from its first call to the page of its caller', { skip, timeout: 400_000 }, async (t) => {
  const world = await startConsole(t, { deny: [TRY], desk: 'https://redress.northwire.example' })
  const { page, context, go, settle, look } = await world.open('admin')
  const step = (name: string) => page.getByRole('listitem', { name })

  await go('/overview')
  await page.getByText('This gate is new: no switch of yours has asked it yet').waitFor()
  await page.getByRole('link', { name: 'First steps' }).click()
  await page.getByRole('heading', { level: 1, name: 'First steps' }).waitFor()
  await step('5. See what its caller sees').getByText('Waits for step 4').waitFor()
  await settle()
  await look('tour-begun')

  await t.test('an address is checked as it is typed, and the lines have it', async () => {
    const peer = step('1. Let your switch ask')
    await peer.getByLabel('Address of your switch').fill('sbc.example')
    await peer.getByText('Expected the address that your switch sends from').waitFor()
    await peer.getByLabel('Address of your switch').fill('198.51.100.7')
    await peer.getByText('from: "198.51.100.7", continue: 404').waitFor()
    await peer.getByText('Expected the address').waitFor({ state: 'detached' })
    await peer.getByText('listen: ["udp:0.0.0.0:5060"]').waitFor()
    await peer.getByLabel('Address of your switch').fill('2001:db8::7')
    await peer.getByText('from: "2001:db8::7", continue: 404').waitFor()
    await peer.getByText('listen: ["udp:[::]:5060"]').waitFor()
    await settle()
    await look('tour-ipv6')
  })

  await t.test('by keys: the call is placed, and is a block like any other', async () => {
    const call = page.getByRole('button', { name: 'Place the call' })
    await page.locator('main').focus()
    for (let stops = 0; (await focusOf(page)).text !== 'Place the call'; stops++) {
      assert.ok(stops < 40, 'Tab comes to the button')
      await page.keyboard.press('Tab')
    }
    await page.keyboard.press('Enter')
    await call.waitFor({ state: 'detached' })
    const blocked = step('4. See it blocked')
    await blocked.getByText('603 Network Blocked').first().waitFor()
    await blocked
      .getByText(/Reason: SIP;cause=603;text="v=analytics1;url=https:\/\/redress\.northwire\.example\/r\//)
      .waitFor()
    await settle()
    await look('tour-blocked')
    const rows = world.gate.ledger()
    assert.deepEqual(
      rows.map(({ entry, calling, rule }) => [entry, calling, rule]),
      [['block', TRY, 'deny']],
    )
    await blocked.getByRole('link', { name: 'Why it was blocked, and its proof in the ledger' }).click()
    await page.waitForURL((url) => url.pathname === `/blocks/${rows[0]!.receipt}`)
    await page
      .getByText(/^deny$|rule deny|The rule/)
      .first()
      .waitFor()
    await page.goBack()
  })

  await t.test('its caller’s page opens, and knows the block', async () => {
    const opened = context.waitForEvent('page')
    await step('5. See what its caller sees').getByRole('link', { name: 'Open the page of this block' }).click()
    const desk = await opened
    await desk.waitForLoadState()
    assert.match(desk.url(), new RegExp(`^http://127\\.0\\.0\\.1:${world.gate.deskPort}/r/`))
    await desk
      .getByText(/\+1 ?212 ?555 ?0199/)
      .first()
      .waitFor()
    await desk.close()
  })

  await t.test('a call that goes on says what to do, and the trail has each call', async () => {
    const { status, value } = await world.ask('admin', 'POST', '/v1/tour/calls', { from: '+12125550101' })
    assert.deepEqual([status, (value as { outcome: string }).outcome], [201, 'continued'])
    await page.getByText(/no rule of the policy in force has this caller/).waitFor()
    await step('4. See it blocked').getByText('deny: ["+12125550199"]').waitFor()
    const audit = await world.ask('admin', 'GET', '/v1/audit?action=test-call-placed')
    assert.equal((audit.value as { entries: unknown[] }).entries.length, 2)
    const bad = await world.ask('admin', 'POST', '/v1/tour/calls', { from: '+12124567890' })
    assert.equal(bad.status, 400)
  })

  await t.test('ten calls a minute, and no more', async () => {
    const statuses = []
    for (let calls = 0; calls < 9; calls++)
      statuses.push((await world.ask('admin', 'POST', '/v1/tour/calls', {})).status)
    assert.deepEqual(statuses, [...Array.from({ length: 8 }, () => 201), 429])
  })

  await t.test('left out of the overview they stay among the settings, for an admin', async () => {
    await page.getByRole('button', { name: 'Leave them out of the overview' }).click()
    await page.getByText('The overview no longer shows them').waitFor()
    await go('/overview')
    await page.getByRole('list', { name: 'How it stands' }).waitFor()
    assert.equal(await page.getByText('This gate is new').count(), 0)
    const reader = await world.open('auditor')
    await reader.go('/welcome-tour')
    await reader.page.getByText('Your role does not show you this').waitFor()
    for (const [method, path] of [
      ['GET', '/v1/tour'],
      ['POST', '/v1/tour/calls'],
    ] as const)
      assert.equal((await world.ask('auditor', method, path, method === 'POST' ? {} : undefined)).status, 403)
  })
})

test('a peer that is added while the page is open is seen by itself', { skip, timeout: 200_000 }, async (t) => {
  const own = { url: 'https://redress.carrier.net', tel: '+18005550142' }
  const world = await startConsole(t, {
    desk: 'https://redress.carrier.net',
    more: () => ({ operator: { name: 'Carrier', contact: own, location: 'RLN' } }),
  })
  const { page, go } = await world.open('admin')
  await go('/welcome-tour')
  const peer = page.getByRole('listitem', { name: '1. Let your switch ask' })
  await peer.getByText('This machine only').waitFor()
  await page.getByRole('listitem', { name: /^2\./ }).getByText('Blocked callers are told these.').waitFor()
  const file = join(world.gate.directory, 'recourse.yaml')
  const configuration = parse(readFileSync(file, 'utf8')) as { gate: { peers: object[] } }
  configuration.gate.peers.push({ name: 'far', from: '198.51.100.7', continue: 503 })
  writeFileSync(file, stringify(configuration))
  process.kill(world.gate.pid, 'SIGHUP')
  await peer.getByText('Not heard yet').waitFor()
  await peer.getByText('A switch on other machines may ask, and none has asked yet').waitFor()
  const stale = page.getByText(/^What stands here is as of .*: it could not be read again\.$/)
  assert.equal(await stale.count(), 0)
  await world.gate.stop()
  await stale.waitFor()
  await peer.getByText('Not heard yet').waitFor()
})

test(
  'by keys alone: from the link of a first start to the page of a caller whose call came from a terminal',
  { skip, timeout: 300_000 },
  async (t) => {
    const directory = temporaryDirectory(t)
    const office = `http://127.0.0.1:${await writeSample(directory)}`
    const begin = (): Peer => {
      const peer = new Peer(process.execPath, [COMMAND, 'up'], { cwd: directory })
      t.after(() => peer.stop())
      return peer
    }
    const first = begin()
    const [, link] = await first.says(/make the first account at (\S+)/, 60_000)
    const { page, context } = await openConsolePage(t, await openBrowser(t), office, undefined)
    const step = (name: string) => page.getByRole('listitem', { name })

    await page.goto(link!)
    const made = { name: 'ann@northwire.example', password: PASSWORD, again: PASSWORD }
    await pressThrough(page, new Map(Object.entries(made)), 'Make the account')
    await pressThrough(page, new Map([['totp-password', PASSWORD]]), 'Set it up')
    const secret = readBase32((await page.locator('#key').innerText()).replaceAll(/\s/g, ''))
    const code = codeAt(secret, Math.floor(Date.now() / TOTP_STEP_MS))
    await pressThrough(page, new Map([['code', code]]), 'Confirm the code')
    await page.goto(office)
    await page.getByText('This gate is new').waitFor()
    await pressOn(page, 'First steps')
    await step('4. See it blocked').getByText('Waits for step 3').waitFor()

    const words = await step('3. Place a test call').locator('pre').innerText()
    const [, target, from, to] = /^npx recourse call (\S+) --from (\S+) --to (\S+)$/.exec(words)!
    run(process.execPath, [COMMAND, 'call', target!, '--from', '+12125550101', '--to', to!], { cwd: directory })
    await page.reload()
    await step('4. See it blocked').getByText('Waits for step 3').waitFor()
    run(process.execPath, [COMMAND, 'call', target!, '--from', from!, '--to', to!], { cwd: directory })
    await step('4. See it blocked').getByText('603 Network Blocked').first().waitFor()

    await first.stop()
    await begin().says(/screening calls/, 60_000)
    await page.reload()
    await step('4. See it blocked').getByText('603 Network Blocked').first().waitFor()
    const opened = context.waitForEvent('page')
    await pressOn(page, 'Open the page of this block')
    await (
      await opened
    )
      .getByText(/\+1 ?212 ?555 ?0199/)
      .first()
      .waitFor()
  },
)

/** The sample of a first start, on ports that are free; answers that of the office. */
async function writeSample(directory: string): Promise<number> {
  const sip = await freePort()
  const office = await freePort()
  const ports = [
    [5060, sip],
    [8080, await freePort()],
    [8082, office],
    [9090, await freePort()],
  ] as const
  for (const [name, text] of SAMPLE) {
    const own = ports.reduce((all, [from, to]) => all.replaceAll(`127.0.0.1:${from}`, `127.0.0.1:${to}`), text)
    writeFileSync(join(directory, name), own)
  }
  return office
}

async function pressOn(page: Page, text: string): Promise<void> {
  for (let stops = 0; (await focusOf(page)).text !== text; stops++) {
    assert.ok(stops < 60, `Tab comes to ${text}`)
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Enter')
}
