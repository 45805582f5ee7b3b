// The policy's page in a browser against a running Recourse, whose journal has calls that it was really asked about: a text is
// written, found faulty, tried on those calls, applied, and judged by; what shadow rules would have done is looked at; lists change.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { type Call, Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { type ConsoleWorld, picturesFolder, startConsole } from '../peers/console-browser.ts'
import { missing, until } from '../peers/peer.ts'

const skip = missing('chromium')

test(
  'a policy is written, refused with its place, tried on real calls, applied and taken back, by clicks',
  { skip, timeout: 400_000 },
  async (t) => {
    const world = await startWorld(t)
    const { page, go, settle, look, lookAtDialog } = await world.open('admin')
    await go('/policy')
    const editor = page.getByRole('textbox', { name: /Text of version 1/ })
    await editor.waitFor()
    await look('policy')
    const before = await editor.inputValue()

    await t.test('what is wrong is told with line and column, and choosing it puts the caret there', async () => {
      await editor.fill(before.replace('limit: 3', 'limit: three'))
      const alert = page.getByRole('alert')
      await alert.getByText(/three/).waitFor()
      const line = before.split('\n').findIndex((one) => one.includes('limit: 3')) + 1
      assert.match(await alert.innerText(), new RegExp(`Line ${line}, column \\d+: found .*three.*, expected`))
      await alert.getByRole('button').click()
      const caret = await page.evaluate(() => (document.activeElement as HTMLTextAreaElement).selectionStart)
      assert.equal(caret, before.indexOf('limit: 3') + 'limit: '.length)
      assert.equal(await page.getByRole('button', { name: 'Apply…' }).isDisabled(), true)
      await look('policy-faulty')
    })

    await t.test('tried on the journal, it says who would be newly blocked, and lists them', async () => {
      await page.getByRole('textbox', { name: 'Your text' }).fill(acting(before))
      await page.getByText(/rule watch changed: mode shadow → unsaid/).waitFor()
      await page.getByRole('button', { name: 'Try it' }).click()
      await page.getByText('5 calls of 2 numbers would be newly blocked.').waitFor()
      await settle()
      const cells = page.getByRole('grid', { name: 'Numbers newly blocked' }).getByRole('row')
      assert.match(await cells.nth(1).innerText(), /\+1\s*212\s*555\s*0001[^]*\+3[^]*4 calls in 10 min/)
      const csv = await exported(page)
      assert.equal(csv.trimEnd().split('\r\n').length, 3)
      assert.match(csv, /"'\+12125550001"/)
      await page.screenshot({ path: join(picturesFolder(), 'policy-trial.png') })
      // What lies half below the head of the page is for axe too small to be hit.
      await page.evaluate(() => scrollTo(0, 0))
      await look('policy-tried')
    })

    await t.test('applied, the gate judges by it; the reason stands with the version', async () => {
      assert.equal(await world.call('+12125550001'), 404, 'nothing was in force by trying')
      await page.getByRole('button', { name: 'Apply…' }).click()
      const dialog = page.getByRole('dialog')
      assert.doesNotMatch(await dialog.innerText(), /not tried/)
      await look('policy-apply')
      await dialog.getByLabel('Why').fill('the watch was right for a week')
      await dialog.getByRole('button', { name: 'Apply', exact: true }).click()
      await page.getByText(/Version 2 is in force/).waitFor()
      await until('the gates to judge by it', async () => (await world.call('+12125550001')) === 603)
      assert.match(await page.getByRole('region', { name: 'Versions' }).innerText(), /the watch was right for a week/)
      const { value } = await world.ask('auditor', 'GET', '/v1/policy/versions')
      const { versions } = value as { versions: { version: number; state: string; steps: { by: string }[] }[] }
      assert.deepEqual([versions[0]?.version, versions[0]?.state], [2, 'applied'])
      assert.equal(versions[0]?.steps[0]?.by, 'admin@northwire.example')
    })

    await t.test('the one before is looked at, compared and comes into force again', async () => {
      await page.getByRole('link', { name: /^1 Replaced/ }).click()
      await page.getByRole('region', { name: 'Version 1 against the one in force' }).waitFor()
      await look('policy-old-version')
      await page.getByRole('button', { name: 'Go back to version 1…' }).click()
      await page.getByLabel('Why').fill('a hospital was blocked')
      await lookAtDialog('policy-back')
      await page.getByRole('button', { name: 'Go back', exact: true }).click()
      await page.getByText(/Version 1 is in force/).waitFor()
      await page.getByRole('link', { name: /^2 Taken back/ }).waitFor()
      await until('the gates to judge by it', async () => (await world.call('+12125550001')) === 404)
    })

    await t.test('what somebody else put into force meanwhile is not overwritten', async () => {
      await page.getByRole('textbox', { name: /Text of version 1/ }).fill(`${before}\n# mine\n`)
      await page.getByRole('button', { name: 'Apply…' }).click()
      assert.match(await page.getByRole('dialog').innerText(), /It was not tried on past calls/)
      const other = await world.apply(acting(before), 1)
      assert.equal(other, 201)
      await page.getByLabel('Why').fill('mine')
      await page.getByRole('button', { name: 'Apply without trying' }).click()
      await page.getByText('Somebody else was faster').waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await page.getByRole('button', { name: 'Drop changes' }).click()
      await lookAtDialog('policy-drop')
      await page.getByRole('button', { name: 'Drop them' }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    })
  },
)

test('by keys alone a text is changed, tried and applied', { skip, timeout: 200_000 }, async (t) => {
  const world = await startWorld(t)
  const { page, go } = await world.open('admin')
  await go('/cases')
  await page.keyboard.press('g')
  await page.keyboard.press('p')
  await page.getByRole('textbox', { name: /Text of version 1/ }).waitFor()
  await page.locator('main').focus()
  await page.keyboard.press('e')
  await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA')
  await page.keyboard.press('Control+End')
  await page.keyboard.type('  - id: deny-one\n', { delay: 1 })
  await page.keyboard.type('deny: ["+12125550003"]')
  await page.getByText(/rule deny-one added/).waitFor()
  await page.keyboard.press('Control+Enter')
  await page.getByText('1 call of 1 number would be newly blocked.').waitFor()
  await tabTo(page, 'Apply…')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA')
  await page.keyboard.type('he asked for it')
  await tabTo(page, 'Apply')
  await page.keyboard.press('Enter')
  await page.getByText(/Version 2 is in force/).waitFor()
  await until('the gates to judge by it', async () => (await world.call('+12125550003')) === 603)
})

test(
  'what a watching rule would have blocked is judged, counted, and a wanted number goes on by a list',
  { skip, timeout: 300_000 },
  async (t) => {
    const world = await startWorld(t)
    const { page, go, settle, look, lookAtDialog } = await world.open('admin')
    await go('/policy/shadow')
    await page.getByText('It would have blocked 5 calls of 2 numbers.', { exact: false }).waitFor()
    await look('policy-shadow')
    await page.getByRole('button', { name: 'Legitimate: +12125550001' }).click()
    await page.getByText(/Of one number that somebody looked at, 1 is legitimate: too few to say/).waitFor()
    await page.getByRole('button', { name: 'Right to block: +12125550002' }).click()
    await page.getByText(/Of 2 numbers that somebody looked at, 1 is legitimate/).waitFor()
    await page.getByRole('button', { name: 'Calls of +12125550001' }).click()
    await page.getByText(/The last 3 calls of/).waitFor()
    await settle()
    await look('policy-shadow-judged')
    await page.getByRole('button', { name: 'Allow +12125550001' }).click()
    await page.getByLabel('Why').fill('the clinic, phoned back')
    await lookAtDialog('shadow-allow')
    await page.getByRole('button', { name: 'Allow it' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('link', { name: 'Lists' }).click()
    await page.getByRole('link', { name: /allow\.csv/ }).click()
    await page.getByRole('gridcell', { name: /\+12125550001,"?the clinic, phoned back/ }).waitFor()
    const { value } = await world.ask('auditor', 'GET', '/v1/policy/shadow')
    const [rule] = (value as { rules: { rule: string; legitimate: number; unwanted: number; precision?: number }[] })
      .rules
    assert.deepEqual([rule?.rule, rule?.legitimate, rule?.unwanted, rule?.precision], ['watch', 1, 1, undefined])

    await t.test(
      'a list with an emergency number is refused by its line; a good one is compared, confirmed, taken back',
      async () => {
        await page.getByRole('link', { name: /dno\.csv/ }).click()
        await page.getByRole('region', { name: 'List dno.csv' }).waitFor()
        await look('policy-lists')
        await upload(page, 'number,why\n+18005550100,ours\n911,never\n')
        const alert = page.getByRole('alert')
        await alert.waitFor()
        assert.match(await alert.innerText(), /Line 3, column 1: found .*911/)
        await look('policy-list-faulty')
        await page.getByRole('button', { name: 'Close' }).click()
        await upload(page, 'number,why\n+18005550100,ours\n+18005550101,ours too\n')
        await page.getByText(/1 added: \+18005550101/).waitFor()
        await look('policy-list-upload')
        await page.getByRole('button', { name: 'Confirm…' }).click()
        await page.getByLabel('Why').fill('one more line of ours')
        await lookAtDialog('list-into-force')
        await page.getByRole('button', { name: 'Put it into force' }).click()
        await page.getByText(/Version \d+ is in force\./).waitFor()
        await page.getByRole('gridcell', { name: /ours too/ }).waitFor()
        await until('the gates to judge by it', async () => (await world.call('+18005550101')) !== 404)
        await page.getByRole('button', { name: 'Take back…' }).click()
        await page.getByLabel('Why').fill('not ours after all')
        await lookAtDialog('list-take-back')
        await page.getByRole('button', { name: 'Take it back' }).click()
        await page.getByRole('gridcell', { name: /planted/ }).waitFor()
      },
    )

    await t.test('what stands in a list does nothing, and hides nothing', async () => {
      const shown = await page.getByRole('grid', { name: 'Rows of the list' }).innerText()
      assert.match(shown, /<img src=x onerror=planted\(\)>/)
      assert.match(shown, /right-to-left override/)
      assert.equal(await page.locator('main img, main script').count(), 0)
    })
  },
)

test('each role sees what it may, and the API denies what the page hides', { skip, timeout: 200_000 }, async (t) => {
  const world = await startWorld(t)
  for (const role of ['auditor', 'case-worker'] as const) {
    const { page, go, look } = await world.open(role)
    await go('/policy')
    await page.getByText('Your role reads the policy').waitFor()
    assert.equal(await page.getByRole('button', { name: /Apply|Try it/ }).count(), 0)
    assert.equal(await page.getByRole('textbox').getAttribute('readonly'), '')
    await go('/policy/shadow')
    await page.getByRole('gridcell', { name: 'Not looked at' }).first().waitFor()
    assert.equal(await page.getByRole('button', { name: /Legitimate/ }).count(), 0)
    if (role === 'auditor') await look('policy-shadow-auditor')
    for (const path of ['checks', 'trials', 'versions', 'versions/1/application', 'shadow/watch/judgements'])
      assert.equal((await world.ask(role, 'POST', `/v1/policy/${path}`, {})).status, 403, path)
  }
  const hostile = '<img src=x onerror=planted()> \u202e and so on'
  const text = `${acting(POLICY_TEXT)}# <script>planted()</script> \u202e\n`
  // It takes a list away that let calls go on: that waits for somebody else.
  assert.equal(await world.apply(text, 1, hostile), 201)
  const reader = await world.open('auditor')
  await reader.page.exposeFunction('planted', () => assert.fail('a script of somebody ran'))
  await reader.go('/policy?version=2')
  await reader.page.getByText('Version 2: waits for a second person').waitFor()
  await reader.page.getByText('Line ').filter({ hasText: 'right-to-left override' }).waitFor()
  const shown = await reader.page.locator('main').innerText()
  assert.match(shown, /<img src=x onerror=planted\(\)>[^]*right-to-left override/)
  assert.equal(await reader.page.locator('main img, main script').count(), 0)
  await reader.look('policy-hostile')
  const admin = await world.open('admin')
  await admin.go('/policy?version=2')
  await admin.page.getByRole('button', { name: 'Approve…' }).click()
  await admin.page.getByLabel('Why').fill('I say so too')
  await admin.lookAtDialog('policy-approve')
  await admin.page.getByRole('button', { name: 'Approve', exact: true }).click()
  await admin.page.getByText(/somebody else has to approve it/).waitFor()
  const { page, go, look } = await world.open('vetting')
  await go('/policy')
  await page.getByText('Your role does not show you this').waitFor()
  await look('policy-no-permission')
  assert.equal((await world.ask('vetting', 'GET', '/v1/policy/versions')).status, 403)
})

/** A Recourse whose journal has 10 calls: 6 of one number, 5 less one of another, of which a watching rule would stop 5. */
async function startWorld(t: TestContext): Promise<ConsoleWorld & PolicyWorld> {
  const world = await startConsole(t, { policy: POLICY, files: { 'allow.csv': ALLOW, 'dno.csv': DNO } })
  const caller = await Caller.open(world.gate.port)
  t.after(() => caller.close())
  let calls = 0
  const call = async (calling: string): Promise<number> => {
    const answer = await caller.ask(formatInvite(callNumber(++calls, calling, caller.port)))
    assert.ok(answer !== undefined, 'the gate answers')
    return statusOf(answer)
  }
  for (const [calling, many] of CALLS) for (let at = 0; at < many; at++) assert.equal(await call(calling), 404)
  const hits = async (): Promise<number> => {
    const { value } = await world.ask('auditor', 'GET', `/v1/policy/shadow?days=${1 + (days++ % 28)}`)
    return (value as { rules: { calls: number }[] }).rules[0]?.calls ?? 0
  }
  let days = 0
  await until('the calls in the journal', async () => (await hits()) === 5)
  return {
    ...world,
    call,
    async apply(yaml, seen, note = 'another window') {
      const { page, go } = await world.open('admin')
      await go('/policy')
      return page.evaluate(
        async ([body, tag]) => {
          const headers = { 'content-type': 'application/json', 'if-match': tag!, 'idempotency-key': 'other-window' }
          return (await fetch('/v1/policy/versions', { method: 'POST', headers, body: body! })).status
        },
        [JSON.stringify({ yaml, note }), `"${seen}"`],
      )
    },
  }
}

type PolicyWorld = {
  /** Places one call; answers the status that the gate gave. */
  readonly call: (calling: string) => Promise<number>
  /** Puts a text into force in another window. */
  readonly apply: (yaml: string, seen: number, note?: string) => Promise<number>
}

async function upload(page: Page, text: string): Promise<void> {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Upload another text…' }).click(),
  ])
  await chooser.setFiles({ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
}

async function exported(page: Page): Promise<string> {
  await page.getByRole('region', { name: 'Tried on past calls' }).getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'CSV' }).click(),
  ])
  const chunks: Buffer[] = []
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** Goes on by Tab until a button of this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let stops = 0; stops < 60; stops++) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate(() => document.activeElement?.textContent ?? '')
    if (at === name) return
  }
  assert.fail(`no way by Tab to ${name}`)
}

/** The text with the watching rule acting. */
function acting(text: string): string {
  const after = text.replace(/\n\s+mode: shadow/, '')
  assert.notEqual(after, text)
  return after
}

const CALLS = [
  ['+12125550001', 6],
  ['+12125550002', 5],
  ['+12125550003', 1],
] as const
const POLICY = {
  rules: [
    { id: 'dno', 'do-not-originate': 'file:dno.csv' },
    { id: 'allow', allow: 'file:allow.csv' },
    { id: 'watch', volume: { of: 'number', limit: 3, per: '10m' }, program: 'opt-out', mode: 'shadow' },
  ],
}
/** The same policy as a text. */
const POLICY_TEXT = `rules:
  - { id: dno, do-not-originate: "file:dno.csv" }
  - id: watch
    volume: { of: number, limit: 3, per: 10m }
    mode: shadow
`
const ALLOW = 'number,why\n+12125550999,our own line\n'
const DNO = 'number,why\n+18005550100,"<img src=x onerror=planted()> \u202eevil\u202c"\n'

function callNumber(number: number, calling: string, port: number): Call {
  const name = `${process.pid}-${port}-${number}`
  return {
    calling,
    called: '+14155550100',
    callId: `${name}@127.0.0.1`,
    branch: `z9hG4bK${name}`,
    fromTag: `t${number}`,
    port,
  }
}
