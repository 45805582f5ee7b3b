// The settings of the office in a browser against a running Recourse with a real server of mail and a real receiver of events: test
// mails and test events with what comes of them, what is kept, how the program is, and invitations; by clicks and by keys.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { MailSink, headerOf } from '../mail-sink.ts'
import { startBlocked } from '../peers/blocked-calls.ts'
import { startConsole } from '../peers/console-browser.ts'
import { missing } from '../peers/peer.ts'

const skip = missing('chromium')

test(
  'mail and webhooks are tested from the settings, and say what came of it',
  { skip, timeout: 300_000 },
  async (t) => {
    const sink = await MailSink.start(t)
    const receiver = await receive(t)
    const world = await startConsole(t, {
      environment: { CRM_SECRET: SECRET },
      more: () => ({
        mail: { server: `smtp://127.0.0.1:${sink.port}`, from: 'redress@northwire.example' },
        webhooks: [{ name: 'crm', url: `${receiver.url}/blocks/T0123456789ABCDEFGHIJ`, secret: 'env:CRM_SECRET' }],
      }),
    })
    const { page, go, settle, look } = await world.open('admin')
    page.setDefaultTimeout(12_000)

    await t.test('a test mail arrives, by keys alone, to the address one signs in by', async () => {
      await go('/settings/outgoing')
      await page.getByText(`127.0.0.1:${sink.port}`).waitFor()
      await page.keyboard.press('t')
      await page.waitForFunction(
        () => document.activeElement?.closest('[role=dialog]')?.querySelector('input') === document.activeElement,
      )
      assert.equal(await page.getByRole('dialog').getByLabel('To').inputValue(), OWN)
      await settle()
      await look('settings-outgoing-dialog')
      await page.keyboard.press('Enter')
      const [mail] = await sink.takes(1)
      assert.deepEqual([mail!.to, headerOf(mail!, 'Subject')], [[OWN], 'Test mail of Northwire'])
      await page.getByText('The server said: 250', { exact: false }).waitFor()
    })

    await t.test(
      'what the server refuses is shown in its words, with what to do, and stays as the last failure',
      async () => {
        sink.answer = { recipient: 550 }
        await page.getByRole('button', { name: 'Send a test mail' }).click()
        await page.getByRole('dialog').getByLabel('To').fill('gone@northwire.example')
        await page.getByRole('button', { name: 'Send it' }).click()
        await page.getByText('The server refused it for good', { exact: false }).first().waitFor()
        await page.getByText('Not mended').waitFor()
        await settle()
        await look('settings-outgoing-refused')
        sink.answer = {}
      },
    )

    await t.test('a test event is signed, and the answer of the receiver is shown as it wrote it', async () => {
      receiver.answer = [200, HOSTILE]
      const button = page.getByRole('button', { name: 'Send a test event to crm' })
      await button.click()
      await page.getByText('Status 200', { exact: false }).waitFor()
      await page.getByText(HOSTILE, { exact: false }).waitFor()
      assert.equal(await page.locator('main img').count(), 0, 'nothing came of the markup in it')
      const [event] = receiver.got as [Event]
      assert.equal((JSON.parse(event.body) as { type: string }).type, 'test')
      const [, seconds = '', signature] = /^t=(\d+),v1=(.*)$/.exec(event.signature) ?? []
      assert.equal(signature, createHmac('sha256', SECRET).update(`${seconds}.${event.body}`).digest('hex'))
      receiver.answer = [500, 'no room left']
      await button.click()
      await page.getByText('Status 500', { exact: false }).waitFor()
      await page.getByText('The receiver failed', { exact: false }).waitFor()
      await settle()
      await look('settings-outgoing-webhook')
      assert.equal(await page.getByText('T0123456789ABCDEFGHIJ').count(), 0, 'a long step of a path may be a secret')
    })

    await t.test('the audit trail has each test, in words and, on demand, as it is kept', async () => {
      await page.getByRole('link', { name: 'Audit trail' }).click()
      const row = page.getByRole('row').filter({ hasText: 'Somebody inside sent a test event to a webhook' }).first()
      await row.waitFor()
      assert.match((await row.textContent()) ?? '', /state.*failed.*status.*500/)
      await settle()
      await look('settings-audit-words')
      await row.getByRole('button', { name: 'Raw' }).click()
      await row.getByText('"status": 500').waitFor()
    })

    await t.test('an invitation is listed, and withdrawn', async () => {
      await go('/settings/accounts')
      await page.getByRole('button', { name: 'Invite' }).click()
      await page.getByRole('dialog').getByLabel('Name').fill(INVITED)
      await page.getByRole('button', { name: 'Make the link' }).click()
      const link = await page.getByText('/welcome/', { exact: false }).first().textContent()
      const part = page.getByRole('region', { name: 'Invited' })
      await part.getByText(INVITED).waitFor()
      await part.getByText(OWN).waitFor()
      await settle()
      await look('settings-invited')
      assert.equal((await fetch(link!)).status, 200)
      await part.getByRole('button', { name: `Withdraw the invitation of ${INVITED}` }).click()
      await page.getByRole('button', { name: 'Withdraw it' }).click()
      await part.waitFor({ state: 'detached' })
      assert.equal((await fetch(link!)).status, 404, 'its link is good no more')
    })
  },
)

test('what is kept and how the program is stand in the settings', { skip, timeout: 300_000 }, async (t) => {
  const world = await startBlocked(t)
  await floodDesk(world.gate.deskPort)
  const { page, go, settle, look } = await world.open('auditor')
  page.setDefaultTimeout(12_000)

  await t.test('each kind has its period, its rows and when they go', async () => {
    await go('/settings/retention')
    const row = page.getByRole('row').filter({ hasText: 'Personal part of blocks' })
    await row.getByText('45 days').waitFor()
    await row.getByRole('gridcell', { name: '3', exact: true }).waitFor()
    await page.getByText('Counted', { exact: false }).waitFor()
    const journal = page.getByRole('row').filter({ hasText: 'Screened calls' })
    await journal.getByText('28 days').waitFor()
    await settle()
    await look('settings-retention')
  })

  await t.test('the verdict is said first, then every fact; limits that were hit are counted', async () => {
    await page.getByRole('link', { name: 'Health' }).click()
    await page.getByText('alls are screened and recorded', { exact: false }).first().waitFor()
    await page.getByText('http_pages_limited_total').waitFor()
    await page.getByText('The same, within 2 seconds').waitFor()
    await page.getByText('Verified', { exact: true }).first().waitFor()
    await page.getByText(`udp:127.0.0.1:${world.gate.port}`).waitFor()
    await settle()
    await look('settings-health')
  })

  await t.test('each role sees of it what the API gives it', async () => {
    for (const [role, outgoing, health] of [
      ['admin', 200, 200],
      ['auditor', 403, 200],
      ['case-worker', 403, 403],
      ['vetting', 403, 403],
    ] as const) {
      assert.equal((await world.ask(role, 'GET', '/v1/outgoing')).status, outgoing, role)
      assert.equal((await world.ask(role, 'GET', '/v1/health')).status, health, role)
      assert.equal((await world.ask(role, 'GET', '/v1/retention')).status, health, role)
      assert.equal((await world.ask(role, 'GET', '/v1/accounts/invitations')).status, outgoing, role)
    }
    const none = await world.ask('admin', 'POST', '/v1/outgoing/mail-tests', { to: OWN })
    assert.equal(none.status, 409, 'no mail is configured')
    await go('/settings/outgoing')
    await page.getByText('Your role does not show you this').waitFor()
    assert.equal(await page.getByRole('link', { name: 'Mail and webhooks' }).count(), 0)
  })
})

type Event = { readonly body: string; readonly signature: string }

/** A receiver of events that answers as it is told. */
async function receive(t: TestContext) {
  const got: Event[] = []
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      got.push({
        body: Buffer.concat(parts).toString(),
        signature: String(request.headers['recourse-signature']),
      })
      response.writeHead(receiver.answer[0]).end(receiver.answer[1])
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: [204, ''] as readonly [number, string],
    got,
  }
  return receiver
}

/** Asks for more pages within a second than one address gets. */
async function floodDesk(port: number): Promise<void> {
  const asked = await Promise.all(
    Array.from({ length: 200 }, async () => (await fetch(`http://127.0.0.1:${port}/`)).status),
  )
  assert.ok(asked.includes(429), 'some were told to come later')
}

const OWN = 'admin@northwire.example'
const INVITED = 'ann@northwire.example'
const SECRET = 'a secret of sixteen and more'
const HOSTILE = '<img src=x onerror=alert(1)>'
