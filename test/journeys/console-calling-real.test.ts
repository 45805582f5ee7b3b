// Both sides of a block in browsers, with a real Kamailio between them: a clinic's calls go through its Kamailio to a carrier's gate
// and are refused; the clinic's console shows it from Kamailio's own copies, the dispute is filed by API from its page, the carrier's
// console lifts the block, and the clinic calls again from the page. Then a path through Kamailio is probed and its report shared.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startMockBlocker } from '#edge/prober/mock-blocker.ts'
import { HOST, linkIn, placeCall, press } from '../../scripts/demo.ts'
import { type ConsoleWorld, picturesFolder, startConsole } from '../peers/console-browser.ts'
import { startKamailio } from '../peers/kamailio.ts'
import { missing, until } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'
import { foundAuthority } from '../tls-certificates.ts'

const skip = missing('chromium', 'kamailio')

test(
  'a block is seen, contested, lifted and found to be lifted, by two people in two browsers',
  { skip, timeout: 600_000 },
  async (t) => {
    const { carrier, clinic, kamailio, authority } = await startWorld(t)
    const refused = await placeCall(kamailio, NUMBER, CALLED)
    assert.equal(refused.kind === 'answered' && refused.response.status, 603)
    const ours = await clinic.open('case-worker')
    const theirs = await carrier.open('case-worker')
    const { page, go, settle, look, lookAtDialog } = ours
    let dispute = ''

    await t.test('the clinic sees the block, by copies of its Kamailio, without being told of it', async () => {
      await until('a group', async () => {
        const { value } = await clinic.ask('case-worker', 'GET', '/v1/calling/groups')
        return (value as { groups: unknown[] }).groups.length > 0 || undefined
      })
      await go('/calls')
      assert.match(await page.getByRole('status').first().innerText(), /1 of your numbers is blocked by 1 network/)
      await page.getByRole('gridcell').first().click()
      await page.waitForURL(/\/calls\/groups\/\d+/)
      await page.getByRole('heading', { level: 1 }).getByText(HOST).waitFor()
      assert.match(await page.locator('main').innerText(), /603\+: network, proven/)
      for (const act of ['Resolve', 'Ignore']) {
        await page.getByRole('button', { name: act, exact: true }).click()
        await lookAtDialog(`group-${act}`)
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      }
    })

    await t.test('she opens a dispute and files it by the API of the desk that the notice names', async () => {
      await page.getByRole('button', { name: 'Open a dispute' }).click()
      await page.getByLabel('What the calls are for').fill('We remind patients of their appointments.')
      await lookAtDialog('open-dispute')
      await page.getByRole('button', { name: 'Open', exact: true }).click()
      await page.waitForURL(/\/calls\/disputes\/[\w-]+/)
      dispute = new URL(page.url()).pathname.split('/').at(-1)!
      await settle()
      await page.getByRole('button', { name: 'File it' }).click()
      await page.getByRole('button', { name: 'Ask the page' }).click()
      await page.getByRole('button', { name: `File with ${HOST}` }).waitFor()
      await lookAtDialog('file')
      await page.getByRole('button', { name: `File with ${HOST}` }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await page.getByText('Their desk sent a message with a link.').waitFor()
      const link = await until('the message of the desk', () => linkIn(join(carrier.gate.directory, 'outgoing')))
      await press(carrier.gate.deskPort, authority, link)
      await page.getByRole('button', { name: 'Ask how it stands' }).click()
      await page.getByText('They look into it').waitFor()
      await settle()
      await look('real-dispute-filed')
      for (const act of ['I filed it by hand', 'They answered', 'Write a note', 'Close it']) {
        await page.getByRole('button', { name: 'More' }).click()
        await page.getByRole('menuitem', { name: act }).click()
        await lookAtDialog(`dispute-${act}`)
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      }
    })

    await t.test('she proves her number by a call to what their desk names', async () => {
      await page.getByRole('button', { name: 'More' }).click()
      await page.getByRole('menuitem', { name: 'Prove a number' }).click()
      await page.getByRole('button', { name: 'Ask their desk' }).click()
      const shown = page.getByRole('dialog').getByRole('status').first()
      await shown.waitFor()
      await lookAtDialog('prove')
      const dial = `+${(await shown.innerText()).split('call')[1]!.split('Copy')[0]!.replaceAll(/\D/g, '')}`
      assert.match(dial, /^\+18005550142\d{4}$/)
      await page.getByRole('button', { name: 'Done' }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await placeCall(kamailio, `${NUMBER};verstat=TN-Validation-Passed-A`, dial)
    })

    await t.test('the carrier reads the case with its proof, and lifts the block', async () => {
      await theirs.go('/cases')
      await theirs.page.getByRole('gridcell').nth(1).click()
      await theirs.page.waitForURL(/\/cases\/[\w-]+/)
      await until('the proof', async () => {
        await theirs.page.reload()
        await theirs.settle()
        return /attested A/i.test(await theirs.page.locator('main').innerText()) || undefined
      })
      await theirs.page.getByText('Lift', { exact: true }).click()
      await theirs.page.getByLabel('Reason').fill('These calls are wanted.')
      await theirs.page.getByText('What the claimant reads', { exact: true }).waitFor()
      await theirs.page.getByRole('button', { name: 'Lift', exact: true }).click()
      await theirs.page.getByText('It is decided.').waitFor()
    })

    await t.test('the clinic is told that it is lifted, calls again from the page, and it is verified', async () => {
      await page.getByRole('button', { name: 'Ask how it stands' }).click()
      await page.getByText('Lifted, not seen').waitFor()
      await until('a gate that has heard of it', async () => {
        const answer = await placeCall(kamailio, NUMBER, CALLED)
        return (answer.kind === 'answered' && answer.response.status === 404) || undefined
      })
      await settle()
      await page.getByRole('button', { name: 'Call again' }).click()
      await page.getByLabel('Where the call is placed').fill(`sip:127.0.0.1:${kamailio}`)
      await page.getByLabel('Answers that mean that it goes on').fill('404')
      await page.getByRole('button', { name: 'Place the call' }).click()
      await page.getByRole('dialog').getByText('Goes through').waitFor()
      await lookAtDialog('retest')
      await page.locator('form').getByRole('button', { name: 'Close' }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await settle()
      assert.match(await page.locator('main').innerText(), /Status\s+Lifted, verified/)
      await look('real-dispute-verified')
      const { value } = await clinic.ask('case-worker', 'GET', `/v1/calling/disputes/${dispute}`)
      assert.deepEqual((value as { events: { kind: string }[] }).events.map(({ kind }) => kind).at(-1), 'retested')
      await until('a verified case', async () => {
        const { value } = await carrier.ask('case-worker', 'GET', '/v1/cases?status=verified')
        return (value as { cases: unknown[] }).cases.length === 1 || undefined
      })
      await theirs.page.reload()
      await theirs.settle()
      await theirs.page.getByText('Verified').first().waitFor()
    })
  },
)

test(
  'a path through Kamailio is probed from its page, watched, graded, and its report shared until the link is ended',
  { skip, timeout: 400_000 },
  async (t) => {
    const clinic = await startConsole(t, {})
    const blocker = await startMockBlocker()
    t.after(() => blocker.close())
    const port = await startPath(t, `sip:${blocker.address}`)
    const { page, go, settle, look, lookAtDialog } = await clinic.open('admin')
    await go('/probes')
    await page.getByRole('button', { name: 'Start a probe' }).click()
    await page.getByLabel('Where the path begins').fill(`sip:127.0.0.1:${port}`)
    await page.getByLabel('The far end').fill(blocker.url)
    await page.getByRole('button', { name: /^Place \d+ calls$/ }).click()
    await page.waitForURL(/\/probes\/[\w-]+/)

    await t.test('it is watched while it runs, and gets an A', async () => {
      const placed = page.getByRole('progressbar', { name: 'Calls placed' })
      await placed.waitFor()
      await page.getByText(/^[1-9]\d* of \d+ calls/).waitFor()
      await page.screenshot({ path: join(picturesFolder(), 'real-probe-running.png') })
      await page.getByText('Grade A, 100 of 100 points').waitFor({ timeout: 180_000 })
      assert.equal(await placed.count(), 0)
      await settle()
      await look('real-probe')
    })

    let link = ''
    await t.test('a link shows the report to whoever has it, signed in or not', async () => {
      await page.getByRole('button', { name: 'Share' }).click()
      await lookAtDialog('share')
      await page.getByRole('button', { name: 'Make a link' }).click()
      const field = page.getByRole('textbox', { name: 'The link' })
      await field.waitFor()
      await lookAtDialog('shared')
      link = new URL(await field.inputValue()).pathname
      await page.getByRole('button', { name: 'Done' }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      const nobody = await clinic.browser.newContext()
      t.after(() => nobody.close())
      const open = await nobody.newPage()
      await open.goto(`http://127.0.0.1:${clinic.gate.deskPort}${link}`)
      await open.getByRole('heading', { name: /Grade A/ }).waitFor()
      await open.screenshot({ path: join(picturesFolder(), 'real-shared-page.png') })
      assert.match(await open.locator('body').innerText(), new RegExp(`127\\.0\\.0\\.1:${port}`))
    })

    await t.test('ended, it shows nothing any more, to nobody', async () => {
      await page.getByRole('button', { name: 'End it' }).click()
      await page.getByRole('dialog').waitFor()
      await lookAtDialog('end-link')
      await page.getByRole('dialog').getByRole('button', { name: 'End it' }).click()
      await page
        .getByRole('listitem')
        .filter({ hasText: /^Ended/ })
        .waitFor()
      const answer = await fetch(`http://127.0.0.1:${clinic.gate.deskPort}${link}`, {
        headers: { connection: 'close' },
      })
      assert.equal(answer.status, 404)
      assert.doesNotMatch(await answer.text(), /Grade/)
    })
  },
)

/** A carrier that blocks a clinic's number, and the clinic, whose Kamailio hands its calls to the carrier and copies them. */
async function startWorld(
  t: TestContext,
): Promise<{ carrier: ConsoleWorld; clinic: ConsoleWorld; kamailio: number; authority: string }> {
  const authority = foundAuthority('Carriers of the test')
  const desk = authority.mint({ name: HOST, dns: [HOST] })
  const carrier = await startConsole(t, {
    deny: [NUMBER],
    desk: `https://${HOST}`,
    verification: PROOF,
    gate: () => ({ peers: [{ name: 'clinic', from: '127.0.0.0/8', continue: 404, verstat: 'trust' }] }),
    deskMore: { tls: { certificate: 'desk.pem', key: 'file:desk-key.pem' } },
    files: { 'desk.pem': desk.certificate, 'desk-key.pem': desk.key },
    more: () => ({ mail: { server: 'folder:./outgoing', from: `redress@${HOST}` } }),
  })
  const copies = await freePort()
  const clinic = await startConsole(t, {
    files: { 'ca.pem': authority.certificate },
    more: () => ({
      operator: { name: 'Harbor Clinic', contact: { email: 'ann@clinic.example.com' } },
      monitor: { hep: [`udp:127.0.0.1:${copies}`] },
      calling: {
        disputes: { reach: [{ host: HOST, at: `127.0.0.1:${carrier.gate.deskPort}` }], authorities: 'ca.pem' },
      },
    }),
  })
  const kamailio = await startPath(t, `sip:127.0.0.1:${carrier.gate.port}`, copies)
  return { carrier, clinic, kamailio, authority: authority.certificate }
}

/** The Kamailio of the example, which hands calls on; answers its port. */
async function startPath(t: TestContext, destination: string, copies?: number): Promise<number> {
  const port = await freePort()
  await startKamailio(t, RELAY, port, {
    LISTEN_UDP: `udp:127.0.0.1:${port}`,
    LISTEN_TCP: `tcp:127.0.0.1:${port}`,
    DESTINATION: `"${destination}"`,
    SECOND: `"${destination}"`,
    ...(copies !== undefined && { MONITOR: `"sip:127.0.0.1:${copies}"` }),
  })
  return port
}

const RELAY = new URL('../../examples/kamailio/kamailio-relay.cfg', import.meta.url).pathname
const NUMBER = '+12125550117'
const CALLED = '+14155550163'
const PROOF = '+18005550142'
