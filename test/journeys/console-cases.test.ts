// Cases in a browser against a running Recourse: calls that were really blocked are contested at the desk, and the cases are worked
// on and decided on their pages, by clicks and by keys alone; the claimant then reads what the preview had shown.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Page } from 'playwright-core'
import { MailSink, type TakenMail } from '../mail-sink.ts'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { type ConsoleWorld, startConsole } from '../peers/console-browser.ts'
import { missing, until } from '../peers/peer.ts'

const skip = missing('chromium')

test(
  'a case is worked on and lifted in part with an end, after its preview was seen; the claimant reads just that',
  { skip, timeout: 400_000 },
  async (t) => {
    const world = await startWorld(t)
    const { id, status } = await world.file(NUMBERS, 'Acme Clinic')
    const { page, go, settle, look, lookAtDialog } = await world.open('case-worker')
    await go('/cases')
    await page.getByRole('gridcell', { name: 'Acme Clinic', exact: true }).click()
    await page.getByRole('heading', { name: /Acme Clinic/, level: 1 }).waitFor()
    await settle()

    await t.test(
      'the evidence is there: blocks with their grounds, the calls behind them, whose the numbers are',
      async () => {
        await page.getByRole('region', { name: '1 block' }).waitFor()
        assert.match(await page.getByRole('region', { name: '1 block' }).innerText(), /4 calls in 10 min/)
        assert.match(await page.getByRole('region', { name: /screened calls of these numbers/ }).innerText(), /Blocked/)
        assert.match(await page.getByRole('region', { name: '2 contested numbers' }).innerText(), /Control not shown/)
      },
    )

    await t.test('a note, a question, a message and a proof are a click and a text each', async () => {
      await say(page, 'Note', 'Note', 'She sounds like she knows the clinic.', () => lookAtDialog('case-note'))
      await page.getByText('The note is written.').waitFor()
      await say(page, 'Ask', 'Question', 'Who agreed to these calls?')
      await page.getByText('It is asked.').waitFor()
      await page.getByText('Waits for claimant').waitFor()
      await world.answer(id, 'Our patients did.')
      await page.reload()
      await settle()
      await say(page, 'Write', 'Message', 'Thank you, we look at it now.')
      await page.getByText('It is on its way.').waitFor()
      await more(page, 'Note a proof of control')
      await page.getByLabel('For', { exact: true }).selectOption(NUMBERS[0]!)
      await page.getByLabel('What you saw').fill('Letter of the director, page 1.')
      await look('case-proof')
      await page.getByRole('button', { name: 'Note it' }).click()
      await page.getByText('The proof is noted.').waitFor()
      await more(page, 'Get a number to dial')
      await lookAtDialog('case-number-to-dial')
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await more(page, 'Take it, or give it to somebody')
      await lookAtDialog('case-assign')
      await page.getByRole('button', { name: 'Take it' }).click()
      await page.getByText('It is with case-worker@northwire.example.').first().waitFor()
    })

    await t.test('the preview says what changes and what will be read, and nothing is decided by it', async () => {
      await page.getByText('Lift in part', { exact: true }).click()
      await page.getByRole('checkbox', { name: NUMBERS[0]!.slice(-4) }).check()
      await page.getByLabel('Until').selectOption('90')
      await page.getByLabel('Reason').fill('The reminders of this number are wanted.')
      await page.getByLabel('What the claimant can do').fill('Show that the other number is yours.')
      const panel = page.getByRole('region', { name: 'Decide' })
      await panel.getByText('What the claimant reads', { exact: true }).waitFor()
      const shown = await panel.innerText()
      assert.match(shown, /No rule of analytics blocks \+12125550117, until/)
      assert.match(shown, /The reminders of this number are wanted\./)
      assert.equal(await page.getByLabel('Why it goes without proof').count(), 0, 'the number is proved')
      assert.equal((await world.read(id)).status, 'open')
      await look('case-preview')
    })

    await t.test(
      'decided, the claimant’s page and mail say what the preview said, and the gate lets the number through',
      async () => {
        const preview = await page.getByRole('region', { name: 'Decide' }).innerText()
        await page.getByRole('button', { name: 'Lift in part', exact: true }).click()
        await page.getByText('It is decided.').waitFor()
        await page.getByText('Partly lifted').first().waitFor()
        const claimants = await world.claimantReads(status)
        assert.match(claimants, /The reminders of this number are wanted\./)
        assert.match(claimants, /Show that the other number is yours\./)
        const mail = await until('the letter', () =>
          world.sink.taken.map(textOf).find((text) => text.includes('lift the block in part')),
        )
        const [line] = /We decided to lift the block in part\./.exec(mail)!
        assert.ok(preview.includes(line))
        await until('a call that goes on', async () => (await world.call(NUMBERS[0]!)) === 404 || undefined)
      },
    )

    await t.test('a decision that was wrong is taken back', async () => {
      const decided = page.getByRole('listitem').filter({ hasText: 'decided,' }).first()
      await decided.getByRole('button', { name: /was wrong/ }).click()
      await page.getByLabel('Why').fill('the wrong number')
      await lookAtDialog('case-was-wrong')
      await page.getByRole('button', { name: 'It was wrong', exact: true }).click()
      await page.getByText('It is corrected.').waitFor()
      assert.equal((await world.read(id)).status, 'open')
    })
  },
)

test(
  'by keys alone a case is found, upheld with its evidence, and opened again',
  { skip, timeout: 200_000 },
  async (t) => {
    const world = await startWorld(t)
    const { id, status } = await world.file(NUMBERS.slice(0, 1), 'Harbor Dental')
    const { page, go, settle } = await world.open('case-worker')
    await go('/cases')
    await page.keyboard.press('j')
    await page.waitForFunction(() => document.activeElement?.getAttribute('data-index') === '0')
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: '1 block' }).waitFor()
    await settle()
    await page.keyboard.press('?')
    const keys = await page.getByRole('dialog').innerText()
    for (const words of ['Decide', 'Ask the claimant', 'Note', 'Get a number to dial'])
      assert.ok(keys.includes(words), words)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.keyboard.press('n')
    await page.getByRole('dialog').waitFor()
    await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA')
    await page.keyboard.type('called back, nobody there')
    await tabTo(page, 'Note')
    await page.keyboard.press('Enter')
    await page.getByText('The note is written.').waitFor()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.locator('main').focus()
    await page.keyboard.press('d')
    await page.waitForFunction(() => document.activeElement?.getAttribute('type') === 'radio')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.getByLabel('What it rests on').waitFor()
    assert.match(
      await page.getByLabel('What it rests on').inputValue(),
      /4 calls in 10 min/,
      'the grounds are there to begin with',
    )
    await tabToLabel(page, 'Reason')
    await page.keyboard.type('The calls are robocalls.')
    await tabToLabel(page, 'What the claimant can do')
    await page.keyboard.type('Stop them.')
    await page.getByText('What the claimant reads', { exact: true }).waitFor()
    await page.keyboard.press('Control+Enter')
    await page.getByText('It is decided.').waitFor()
    assert.equal((await world.read(id)).status, 'upheld')
    assert.match(await world.claimantReads(status), /The calls are robocalls\./)
    await page.locator('main').focus()
    await page.keyboard.press('r')
    await page.getByRole('dialog').waitFor()
    await page.waitForFunction(() => document.activeElement?.tagName === 'TEXTAREA')
    await page.keyboard.type('new evidence')
    await tabTo(page, 'Open it again')
    await page.keyboard.press('Enter')
    await page.getByText('It is open again.').waitFor()
    assert.equal((await world.read(id)).status, 'open')
  },
)

test(
  'what somebody else did meanwhile is shown before anything is done over it, and nothing typed is lost',
  { skip, timeout: 200_000 },
  async (t) => {
    const world = await startWorld(t)
    const id = await fileByPhone(world, NUMBERS[0]!, 'Lakeside School')
    const { page, go, settle } = await world.open('case-worker')
    await go(`/cases/${id}`)
    await page.getByText('Lift', { exact: true }).click()
    await page.getByLabel('Reason').fill('They are wanted.')
    await page.getByLabel('Why it goes without proof').fill('the school is known to us')
    assert.match(await page.getByRole('region', { name: 'Decide' }).innerText(), /no mail goes/)
    const other = await world.ask('admin', 'POST', `/v1/cases/${id}/notes`, { text: 'Wait: I am calling them.' })
    assert.equal(other.status, 200)
    await page.getByRole('button', { name: 'Lift', exact: true }).click()
    await page.getByText('Something happened meanwhile').waitFor()
    const alert = page.getByRole('alert', { name: 'Something happened meanwhile' })
    assert.match(await alert.innerText(), /admin@northwire\.example[^]*Wait: I am calling them\./)
    assert.equal((await world.read(id)).status, 'open', 'nothing was done')
    assert.equal(await page.getByLabel('Reason').inputValue(), 'They are wanted.')
    await settle()
    await page.getByRole('button', { name: 'I have seen it' }).click()
    await page.getByRole('button', { name: 'Lift', exact: true }).click()
    await page.getByText('It is decided.').waitFor()
    assert.equal((await world.read(id)).status, 'lifted')
  },
)

test(
  'the cases of one campaign are decided together, each with what became of it',
  { skip, timeout: 300_000 },
  async (t) => {
    const world = await startWorld(t)
    const ids: string[] = []
    for (let at = 0; at < 3; at++) ids.push(await fileByPhone(world, `+1212555900${at}`, 'Robo Reminders'))
    const { page, go, settle, look } = await world.open('case-worker')
    await go('/cases')
    await t.test(
      'who is overdue stands there in words and red, what is due soon in amber, all else without colour',
      async () => {
        const late = await world.open('case-worker')
        await late.page.route('**/v1/cases?*', async (route) => {
          const response = await route.fetch()
          const answer = (await response.json()) as { cases: Record<string, unknown>[] }
          for (const [at, hours] of [-5, 2].entries())
            Object.assign(answer.cases[at]!, {
              isOverdue: hours < 0,
              due: { what: 'decision', at: new Date(Date.now() + hours * 3_600_000).toISOString() },
            })
          await route.fulfill({ response, json: answer })
        })
        await late.go('/cases')
        const colours = new Set<string>()
        for (const words of ['Decision was due 5 hours ago', 'Decision due in 2 hours', 'Decision due in 24 hours'])
          colours.add(
            await late.page
              .getByRole('gridcell', { name: words })
              .locator('span')
              .last()
              .evaluate((element) => getComputedStyle(element).color),
          )
        assert.equal(colours.size, 3)
      },
    )
    await page.getByRole('checkbox', { name: 'Choose all that are loaded' }).check()
    await look('cases-chosen')
    await page.getByRole('button', { name: 'Decide 3 cases together' }).click()
    await page.getByText('Uphold', { exact: true }).click()
    await page.getByLabel('Reason').fill('One campaign of calls that nobody agreed to.')
    await page.getByLabel('What it rests on').fill('Complaints of 14 subscribers')
    await page.getByLabel('What the claimant can do').fill('Show who agreed.')
    await page.getByRole('button', { name: 'Decide 3 cases' }).waitFor()
    await settle()
    await look('cases-together')
    // Somebody withdraws one of them just now.
    assert.equal((await world.ask('admin', 'POST', `/v1/cases/${ids[0]}/withdrawal`, { reason: 'gone' })).status, 200)
    await page.getByRole('button', { name: 'Decide 3 cases' }).click()
    await page.getByText('2 of 3 are decided; what kept the others stands beside them.').waitFor()
    assert.match(await page.getByRole('list', { name: 'Cases' }).innerText(), /Not decided: .*meanwhile/i)
    assert.deepEqual(await Promise.all(ids.map(async (id) => (await world.read(id)).status)), [
      'withdrawn',
      'upheld',
      'upheld',
    ])
  },
)

test(
  'what strangers wrote and how they named their files is inert and to be seen; an auditor only reads',
  { skip, timeout: 200_000 },
  async (t) => {
    const world = await startWorld(t)
    const { id, status } = await world.file(NUMBERS.slice(0, 1), '<img src=x onerror=planted()>')
    const form = new FormData()
    form.set(
      'file',
      new Blob(['%PDF-1.7 <script>planted()</script>'], { type: 'application/pdf' }),
      '\u202efdp.<b>planted</b>.pdf',
    )
    const sent = await world.hand(status, form)
    assert.ok(sent < 400, String(sent))
    const { page, go, settle, look } = await world.open('auditor')
    await page.exposeFunction('planted', () => assert.fail('a script of a stranger ran'))
    await page.route(`**/v1/cases/${id}`, async (route) => {
      const response = await route.fetch()
      const answer = (await response.json()) as { claim: Record<string, unknown>; evidence: { name: string }[] }
      Object.assign(answer.evidence[0]!, { name: '\u202efdp.<b>planted</b>.html' })
      Object.assign(answer.claim, {
        purpose: 'Acme \u202egnp.exe\u202c <script>planted()</script>\u0000',
        changed: 'javascript:planted()',
      })
      await route.fulfill({ response, json: answer })
    })
    await go(`/cases/${id}`)
    await page.getByRole('region', { name: '1 file' }).waitFor()
    await settle()
    const shown = await page.locator('main').innerText()
    for (const text of [
      '<img src=x onerror=planted()>',
      '<script>planted()</script>',
      'right-to-left override',
      'fdp.<b>planted</b>.html',
      'null',
    ])
      assert.ok(shown.includes(text), text)
    assert.equal(await page.locator('main img, main script, main iframe, main object, main embed').count(), 0)
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Save' }).click()])
    assert.doesNotMatch(saved.suggestedFilename(), /[<>\u202e]/)
    assert.equal(
      await page
        .locator('main')
        .getByRole('button', { name: /^(Note|Ask|Write|More)$|was wrong/ })
        .count(),
      0,
    )
    assert.equal(await page.getByRole('region', { name: 'Decide' }).count(), 0)
    await look('case-hostile')
    for (const [place, body] of [
      ['notes', { text: 'x' }],
      ['decision', { decision: { outcome: 'lift', reason: 'x' } }],
    ] as const)
      assert.equal((await world.ask('auditor', 'POST', `/v1/cases/${id}/${place}`, body)).status, 403, place)
    await go('/cases/decide?cases=' + id)
    await page.getByText('Your role does not show you this').waitFor()
    const vetting = await world.open('vetting')
    await vetting.go(`/cases/${id}`)
    await vetting.page.getByText('Your role does not show you this').waitFor()
  },
)

/** A case of somebody who phoned: open at once, without mail. */
async function fileByPhone(world: World, number: string, organisation: string): Promise<string> {
  const { status, value } = await world.ask('case-worker', 'POST', '/v1/cases', {
    way: 'telephone',
    claim: {
      numbers: [number],
      claimant: { name: 'Ann Lee', tel: '+12125550100', organisation },
      purpose: 'reminders',
    },
  })
  assert.equal(status, 201, JSON.stringify(value))
  return (value as { case: string }).case
}

/** Goes on by Tab until a button of this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  await tabUntil(page, name, () => page.evaluate(() => document.activeElement?.textContent ?? ''))
}

/** Goes on by Tab until the field of this label has the focus. */
async function tabToLabel(page: Page, label: string): Promise<void> {
  await tabUntil(page, label, () =>
    page.evaluate(
      () => (document.activeElement as HTMLTextAreaElement).labels?.[0]?.textContent?.replace(/ \*$/, '') ?? '',
    ),
  )
}

async function tabUntil(page: Page, name: string, read: () => Promise<string>): Promise<void> {
  for (let stops = 0; stops < 60; stops++) {
    await page.keyboard.press('Tab')
    if ((await read()) === name) return
  }
  assert.fail(`no way by Tab to ${name}`)
}

/** A Recourse with a desk, mail and a policy that blocks the fourth call of a number in ten minutes. */
async function startWorld(t: TestContext): Promise<World> {
  const sink = await MailSink.start(t)
  const world = await startConsole(t, {
    limit: 3,
    verification: '+18005550142',
    more: () => ({ mail: { server: `smtp://127.0.0.1:${sink.port}`, from: 'redress@northwire.example' } }),
  })
  const caller = await Caller.open(world.gate.port)
  t.after(() => caller.close())
  let calls = 0
  const ask = async (calling: string): Promise<Buffer> => {
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
    assert.ok(answer !== undefined, 'the gate answers')
    return answer
  }
  const desk = `http://127.0.0.1:${world.gate.deskPort}`
  const confirmed = new Set<string>()
  return {
    ...world,
    sink,
    call: async (calling) => statusOf(await ask(calling)),
    async file(numbers, organisation) {
      let receipt: string | undefined
      for (let at = 0; at < 4; at++) {
        const answer = await ask(numbers[0]!)
        receipt = /\/r\/([\w-]{64})/.exec(answer.toString('latin1'))?.[1]
      }
      assert.ok(receipt !== undefined, 'the fourth call is blocked, and its notice has a receipt')
      const response = await fetch(`${desk}/v1/claims`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({
          receipts: [receipt],
          numbers,
          claimant: { name: 'Ann Lee', email: 'ann@clinic.example.com', organisation, acts: 'for-itself' },
          purpose: 'We remind patients of their appointments.',
          changed: 'Numbers out of use were taken off the list.',
        }),
      })
      const filed = (await response.json()) as { case: string; status: string }
      assert.equal(response.status, 201, JSON.stringify(filed))
      const link = await until('the message to confirm', () =>
        sink.taken
          .map(textOf)
          .flatMap((text) => /\/confirm\/[\w-]{22}/.exec(text) ?? [])
          .find((one) => !confirmed.has(one)),
      )
      confirmed.add(link)
      const context = await world.browser.newContext({ javaScriptEnabled: false })
      const page = await context.newPage()
      await page.goto(`${desk}${link}`)
      await page.click('main button[type=submit]')
      await page.waitForURL(/\/c\//)
      await context.close()
      return { id: filed.case, status: new URL(filed.status).pathname }
    },
    async read(id) {
      const { value } = await world.ask('auditor', 'GET', `/v1/cases/${id}`)
      return value as { status: string; seq: number }
    },
    async answer(id, text) {
      const { status } = await world.ask('case-worker', 'POST', `/v1/cases/${id}/answers`, { text })
      assert.equal(status, 200)
    },
    hand: async (status, form) =>
      (await fetch(`${desk}${status.replace('/c/', '/v1/claims/')}/evidence`, { method: 'POST', body: form })).status,
    claimantReads: async (status) => (await fetch(`${desk}${status}`, { headers: { accept: 'text/html' } })).text(),
  }
}

type World = ConsoleWorld & {
  readonly sink: MailSink
  /** Places one call; answers the status that the gate gave. */
  readonly call: (calling: string) => Promise<number>
  /** Has calls of the first number blocked, and contests that with all of them at the desk, by its machine's door and a confirmed mail. */
  readonly file: (
    numbers: readonly string[],
    organisation: string,
  ) => Promise<{ readonly id: string; readonly status: string }>
  readonly read: (id: string) => Promise<{ readonly status: string; readonly seq: number }>
  readonly answer: (id: string, text: string) => Promise<void>
  /** Hands a file in by the private link; answers the status. */
  readonly hand: (status: string, form: FormData) => Promise<number>
  /** The page of the case as its claimant has it. */
  readonly claimantReads: (status: string) => Promise<string>
}

async function say(page: Page, button: string, label: string, text: string, see?: () => Promise<void>): Promise<void> {
  await page.locator('main').getByRole('button', { name: button, exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(label).fill(text)
  await see?.()
  await dialog.locator('button[type=submit]').click()
  await dialog.waitFor({ state: 'detached' })
}

async function more(page: Page, item: string): Promise<void> {
  await page.getByRole('button', { name: 'More', exact: true }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

function textOf({ octets }: TakenMail): string {
  return octets
    .toString('utf8')
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}

const NUMBERS = ['+12125550117', '+12125550118']
