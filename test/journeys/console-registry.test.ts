// The registry in a browser against a running Recourse: businesses register at the desk, are vetted and approved on their page by
// clicks and by keys alone, and a gate then spares their numbers; conflicts are settled, and other registries show how they stand.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { VETTING_DESCRIPTIONS } from '#edge/http/registry/vetting-descriptions.ts'
import { focused, tabTo } from '../peers/by-keys.ts'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { type ConsoleWorld, startConsole } from '../peers/console-browser.ts'
import { missing, until } from '../peers/peer.ts'

const skip = missing('chromium')
const CHECKLIST = 7

test(
  'a business is looked at, asked, approved and suspended, and gates hear of it each time',
  { skip, timeout: 400_000 },
  async (t) => {
    const world = await startWorld(t)
    const { id } = await world.register('Main Street Clinic', [NUMBER, '+12125550200,+12125550204,Call centre'])
    const { page, go, settle, look, lookAtDialog } = await world.open('vetting')
    await go('/registry')
    await page.getByRole('gridcell', { name: 'Main Street Clinic' }).waitFor()
    await look('registry')
    await t.test(
      'who phoned is registered: what cannot be used is told at its field, and nothing is left out unsaid',
      async () => {
        await page.getByRole('button', { name: 'Register somebody' }).click()
        await lookAtDialog('registry-open')
        const dialog = page.getByRole('dialog')
        const fields = {
          'Name in the public register': 'Hill Pharmacy',
          'Whom we can ask': 'Bo Hill',
          Mail: 'bo@hill.example',
          Telephone: '555-01',
          'Web site': 'https://hill.example',
          'What the calls are for': 'Medicine is ready',
          'Calls a day': '40',
          'Provider who carries them': 'Northwire',
          Numbers: '+12125550180,Pharmacy\nsoon\n+12125550182',
        }
        for (const [label, text] of Object.entries(fields)) await dialog.getByLabel(label).fill(text)
        const act = dialog.getByRole('button', { name: 'Register' })
        await act.click()
        await focused(page, 'Telephone')
        await dialog.getByLabel('Telephone').fill('+12125550170')
        await act.click()
        await focused(page, 'Numbers')
        await dialog.getByText('Line 2, soon: expected').waitFor()
        await lookAtDialog('registry-open-faulty')
        await dialog.getByLabel('Leave out the lines that cannot be used').check()
        await act.click()
        await page.getByRole('heading', { name: /Hill Pharmacy/, level: 1 }).waitFor()
        const opened = new URL(page.url()).pathname.split('/').at(-1)
        const { value } = await world.ask('auditor', 'GET', `/v1/registry/registrations/${opened}`)
        const { numbers } = value as { numbers: { label: string }[] }
        assert.deepEqual(
          numbers.map(({ label }) => label),
          ['Pharmacy', ''],
        )
        await go('/registry')
      },
    )
    await page.getByRole('gridcell', { name: 'Main Street Clinic' }).click()
    await page.getByRole('heading', { name: /Main Street Clinic/, level: 1 }).waitFor()
    await settle()
    assert.equal(await world.call(NUMBER), 603, 'nobody has vetted it')

    await t.test('the checklist is gone along in one dialog, and says what keeps it from being approved', async () => {
      await page.getByText(`${CHECKLIST} of ${CHECKLIST} keep it from being approved.`).waitFor()
      await page.getByRole('button', { name: 'Look at the next' }).click()
      const dialog = page.getByRole('dialog')
      await dialog.waitFor()
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
      await page.keyboard.press('a')
      assert.equal(await dialog.count(), 1, 'keys of the page do nothing behind a dialog')
      for (let at = 1; at <= CHECKLIST; at++) {
        await dialog.getByLabel('Where you looked, and what was there').fill(`looked at ${at}`)
        if (at === 1) await look('registry-check')
        await dialog.locator('button[type=submit]').click()
        if (at < CHECKLIST)
          await page.waitForFunction(
            () => document.querySelector<HTMLTextAreaElement>('[role=dialog] textarea')?.value === '',
          )
      }
      await dialog.waitFor({ state: 'detached' })
      await page.getByText('All was looked at, and nothing failed.').waitFor()
    })

    await t.test('its holder is asked, a proof is noted, and it is approved', async () => {
      await press(page, 'Ask', 'Question', 'Who agreed to these calls?', () => lookAtDialog('registration-ask'))
      await page.getByText('Waits for holder').waitFor()
      await page.getByRole('button', { name: 'More', exact: true }).click()
      await page.getByRole('menuitem', { name: 'Note a proof of control' }).click()
      await page.getByLabel('What you saw').fill('Letter of the director.')
      await lookAtDialog('registration-proof')
      await page.getByRole('button', { name: 'Note it' }).click()
      await page.getByText('The proof is noted.').waitFor()
      assert.match(await page.locator('tr').filter({ hasText: NUMBER }).innerText(), /Shown/)
      await press(page, 'Approve', 'Why', 'All was seen.', async () => {
        assert.equal(await page.getByText(/been shown to be its own: gates are told nothing/).count(), 0)
      })
      await page.getByText('It is approved.').waitFor()
      await page.getByText('Approved', { exact: true }).waitFor()
      await until('the gate to spare it', async () => (await world.call(NUMBER)) === 404 || undefined)
      assert.equal(await world.call('+12125550300'), 603, 'its neighbour is not')
      await settle()
      await look('registration')
      const { value } = await world.ask('auditor', 'GET', `/v1/registry/registrations/${id}`)
      const schema = VETTING_DESCRIPTIONS.read.responses[200].content['application/json'].schema
      assert.deepEqual(schema.safeParse(value).error?.issues ?? [], [], 'the answer is what its description says')
    })

    await t.test('suspended, what gates were told is taken back', async () => {
      for (const [button, what] of [
        ['Refuse', 'registration-refuse'],
        ['Add numbers', 'registration-add'],
        ['Take numbers off', 'registration-remove'],
      ] as const) {
        await page.getByRole('button', { name: 'More', exact: true }).click()
        await page.getByRole('menuitem', { name: button }).click()
        await lookAtDialog(what)
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
      }
      await press(page, 'Suspend', 'Why', 'Complaints of many subscribers.', () => lookAtDialog('registration-suspend'))
      await page.getByText('It is suspended; gates are told.').waitFor()
      await until('the gate to judge it like others', async () => (await world.call(NUMBER)) === 603 || undefined)
    })
  },
)

test(
  'who vets is told what somebody else did meanwhile, and nothing is done over it',
  { skip, timeout: 200_000 },
  async (t) => {
    const world = await startWorld(t)
    const { id } = await world.register('Harbor Dental', [NUMBER])
    const { page, go, look } = await world.open('vetting')
    await go(`/registry/${id}`)
    await page.getByText('Not looked at').first().waitFor()
    const { status } = await world.ask('admin', 'POST', `/v1/registry/registrations/${id}/notes`, {
      text: 'She phoned.',
    })
    assert.equal(status, 200)
    await page.locator('main').getByRole('button', { name: 'Refuse', exact: true }).click()
    await page.getByRole('dialog').getByLabel('Reasons').fill('No such business.')
    await page.getByRole('dialog').getByLabel('What the holder can do').fill('Send the entry of the register.')
    await page.getByRole('dialog').locator('button[type=submit]').click()
    await page.getByRole('dialog').getByText('meanwhile').waitFor()
    const { value } = await world.ask('auditor', 'GET', `/v1/registry/registrations/${id}`)
    assert.equal((value as { status: string }).status, 'waiting', 'nothing was done over it')
    assert.equal(await page.getByRole('dialog').getByLabel('Reasons').inputValue(), 'No such business.')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    const told = page.getByRole('alert').filter({ hasText: 'Something happened meanwhile' })
    await told.getByText('She phoned.').waitFor()
    await look('registration-meanwhile')
    await told.getByRole('button', { name: 'I have seen it' }).click()
    await told.waitFor({ state: 'detached' })
    await press(page, 'Refuse', 'Reasons', 'No such business.', async () => {
      await page.getByRole('dialog').getByLabel('What the holder can do').fill('Send the entry of the register.')
    })
    await page.getByText('It is refused, and its holder is told why.').waitFor()
  },
)

test('by keys alone a business is found, checked and approved', { skip, timeout: 200_000 }, async (t) => {
  const world = await startWorld(t)
  const { id } = await world.register('Harbor Dental', [NUMBER])
  const { page, go, settle } = await world.open('vetting')
  await go('/')
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  await page.getByRole('gridcell', { name: 'Harbor Dental' }).waitFor()
  await page.keyboard.press('j')
  await page.waitForFunction(() => document.activeElement?.getAttribute('data-index') === '0')
  await page.keyboard.press('Enter')
  await page.getByText('Not looked at').first().waitFor()
  await settle()
  await page.keyboard.press('c')
  await page.getByRole('dialog').waitFor()
  for (let at = 1; at <= CHECKLIST; at++) {
    await focused(page, 'Where you looked, and what was there')
    await page.keyboard.type(`looked at ${at}`)
    if (at % 2 === 1) await page.keyboard.press('Control+Enter')
    else {
      await tabTo(page, at < CHECKLIST ? 'Note it, and the next' : 'Note it')
      await page.keyboard.press('Enter')
    }
    if (at < CHECKLIST)
      await page.waitForFunction(
        () => document.querySelector<HTMLTextAreaElement>('[role=dialog] textarea')?.value === '',
      )
  }
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.locator('main').focus()
  await page.keyboard.press('a')
  await page.getByRole('dialog').waitFor()
  await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA')
  await page.getByText('Its line of numbers has not been shown to be its own').waitFor()
  await page.keyboard.type('all was seen')
  await tabTo(page, 'Approve')
  await page.keyboard.press('Enter')
  await page.getByText('It is approved.').waitFor()
  const { value } = await world.ask('auditor', 'GET', `/v1/registry/registrations/${id}`)
  assert.equal((value as { status: string }).status, 'approved')
})

test(
  'a conflict is seen from both sides and settled; what strangers wrote is inert; who only reads changes nothing',
  { skip, timeout: 300_000 },
  async (t) => {
    const world = await startWorld(t)
    const first = await world.register('First Clinic', [NUMBER])
    const second = await world.register('<img src=x onerror=planted()> Clinic', [NUMBER])
    for (const { id } of [first, second]) await approveBySteps(world, id)
    const { page, go, settle, look } = await world.open('admin')
    await page.exposeFunction('planted', () => assert.fail('a script of a stranger ran'))
    await go('/registry?disputed=true')
    await page.getByRole('gridcell', { name: /First Clinic/ }).waitFor()
    await go(`/registry/${second.id}`)
    await page.getByRole('region', { name: '1 conflict' }).waitFor()
    await settle()
    assert.match(await page.locator('main').innerText(), /<img src=x onerror=planted\(\)>/)
    assert.equal(await page.locator('main img, main script, main iframe').count(), 0)
    await page.getByRole('button', { name: `Settle whose ${NUMBER} is` }).click()
    await page.getByRole('radio', { name: /The other/ }).check()
    await page.getByLabel('Why').fill('The provider of the number says so.')
    await look('registry-conflict')
    await page.getByRole('button', { name: 'Settle it' }).click()
    await page.getByText('It is settled, and both are told.').waitFor()
    assert.equal(await page.getByRole('region', { name: '1 conflict' }).count(), 0)

    await go('/registry/sources')
    await page.getByText('No other registry is named').waitFor()
    // What feeds of others hold is put into the answer: the page must stand it wherever it comes from.
    await page.route('**/v1/registry/sources', (route) => route.fulfill({ json: { sources: SOURCES } }))
    await page.reload()
    await page.getByText('Fails', { exact: true }).waitFor()
    const feeds = await page.locator('main').innerText()
    for (const text of ['1,204 entries', '<script>planted()</script>', 'right-to-left override'])
      assert.ok(feeds.includes(text), text)
    await look('registry-sources')

    const auditor = await world.open('auditor')
    await auditor.go(`/registry/${first.id}`)
    await auditor.settle()
    assert.equal(
      await auditor.page
        .locator('main')
        .getByRole('button', { name: /Approve|Ask|Suspend|Refuse|Note|was wrong|Look at/ })
        .count(),
      0,
    )
    for (const role of ['auditor', 'case-worker'] as const)
      assert.equal(
        (await world.ask(role, 'POST', `/v1/registry/registrations/${first.id}/suspend`, { reason: 'x' }, '*')).status,
        403,
        role,
      )
  },
)

/** A Recourse with a registry at its desk, whose policy spares registered numbers. */
async function startWorld(t: TestContext): Promise<World> {
  const world = await startConsole(t, {
    policy: { rules: [{ id: 'weak', attestation: { below: 'C' }, registered: 'skip' }] },
  })
  const caller = await Caller.open(world.gate.port)
  t.after(() => caller.close())
  const db = new DatabaseSync(join(world.gate.directory, 'recourse.db'), { readOnly: true })
  t.after(() => db.close())
  const desk = `http://127.0.0.1:${world.gate.deskPort}`
  let calls = 0
  return {
    ...world,
    async call(calling) {
      const name = `${process.pid}-${caller.port}-${++calls}`
      const answer = await caller.ask(
        formatInvite({
          calling,
          called: '+14155550163',
          callId: `${name}@127.0.0.1`,
          branch: `z9hG4bK${name}`,
          fromTag: `t${calls}`,
          port: caller.port,
        }),
      )
      return answer === undefined ? 0 : statusOf(answer)
    },
    async register(legalName, numbers) {
      const response = await fetch(`${desk}/v1/registrations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...BUSINESS, legalName, numbers }),
      })
      assert.equal(response.status, 201, await response.text())
      const mails = db.prepare('SELECT text FROM mail ORDER BY id').all()
      const link = /\/g\/confirm\/[\w-]{22}/.exec(String(mails.at(-1)!['text']))![0]
      assert.ok((await fetch(`${desk}${link}`, { method: 'POST' })).status < 400)
      const { value } = await world.ask('auditor', 'GET', '/v1/registry/registrations?status=waiting')
      const { registrations } = value as { registrations: { id: string; legalName: string }[] }
      return { id: registrations.find((one) => one.legalName === legalName)!.id }
    },
  }
}

type World = ConsoleWorld & {
  /** Places one call; answers the status that the gate gave. */
  readonly call: (calling: string) => Promise<number>
  /** Has a business register by the desk's door for machines, and confirm its address. */
  readonly register: (legalName: string, numbers: readonly string[]) => Promise<{ readonly id: string }>
}

async function approveBySteps(world: World, id: string): Promise<void> {
  const step = async (place: string, body: unknown): Promise<void> => {
    const { status, value } = await world.ask('vetting', 'POST', `/v1/registry/registrations/${id}/${place}`, body, '*')
    assert.equal(status, 200, JSON.stringify(value))
  }
  for (const item of ['identity', 'contact', 'site', 'purpose', 'volume', 'provider', 'numbers'])
    await step('checklist', { item, outcome: 'passed', reason: 'seen' })
  await step('proofs', { way: 'letter', detail: 'a letter' })
  await step('approve', { reason: 'all seen' })
}

async function press(
  page: Page,
  button: string,
  label: string,
  text: string,
  see?: () => Promise<void>,
): Promise<void> {
  await page.locator('main').getByRole('button', { name: button, exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(label).fill(text)
  await see?.()
  await dialog.locator('button[type=submit]').click()
  await dialog.waitFor({ state: 'detached' })
}

const SOURCES = [
  {
    name: 'friend',
    trust: 'full',
    issuer: 'https://redress.friend.example',
    entries: 1204,
    takenAt: 1_795_000_000_000,
  },
  { name: 'other', trust: 'note', entries: 0, takenAt: 0, failure: '<script>planted()</script> \u202egnp' },
]
const NUMBER = '+12125550117'
const BUSINESS = {
  contact: 'Ann Lee',
  email: 'ann@clinic.example',
  tel: '+12125550100',
  site: 'https://clinic.example',
  purpose: 'Reminders of appointments to patients who asked for them.',
  callsPerDay: 250,
  provider: 'Northwire',
}
