// The calling side and probes in a browser, on a running Recourse: what a capture showed is looked at, a group is worked on, and a
// path is probed to a mock blocker on this machine; each by clicks, and by every key that does something there.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startMockBlocker } from '#edge/prober/mock-blocker.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { focused, keysOnPage, openFirstRow, tabTo } from '../peers/by-keys.ts'
import { type ConsolePage, type ConsoleWorld, startConsole } from '../peers/console-browser.ts'
import { type ObservedCall, observe } from '../peers/observed-calls.ts'
import { missing, until } from '../peers/peer.ts'

const skip = missing('chromium')

test('which numbers are blocked, by whom and why, by clicks and by keys', { skip, timeout: 300_000 }, async (t) => {
  const world = await startCalls(t)
  const one = await world.open('case-worker')
  const { page, go, settle, look } = one

  await t.test('the first line answers; a number leads to who blocks it', async () => {
    await go('/calls')
    assert.match(
      await page.getByRole('status').first().innerText(),
      /^3 of your numbers are blocked by 2 networks in 3 groups\. Most often \+12125560130, since .+: 3 of 4 in the last day\.$/,
    )
    assert.deepEqual(await rowsOf(one, 'Blocked numbers', ['number', 'by', 'share', 'calls', 'state']), [
      [BLOCKED, BLOCKER, '3 of 4', '3', 'New'],
      ['+12125570141', '198.51.100.22', '1 of 1', '1', 'New'],
      ['+12125580142', '198.51.100.22', '1 of 1', '1', 'New'],
    ])
    await look('calls')
    await page.getByRole('gridcell', { name: BLOCKED }).click()
    await page.waitForURL(/\/calls\/groups\/3$/)
    await page.getByRole('heading', { level: 1, name: `${BLOCKER} blocks +12125560xxx` }).waitFor()
    await settle()
    await look('calls-group')
  })

  await t.test('by keys: groups, refused calls, one of them explained part by part', async () => {
    await go('/calls')
    await page.keyboard.press('2')
    await page.waitForURL(/\/calls\/groups$/)
    await settle()
    assert.deepEqual(await rowsOf(one, 'Groups', ['id', 'blocker', 'block', 'reason', 'recent', 'calls']), [
      ['#3', BLOCKER, '+12125560xxx (1)', '603+', '3 of 4', '3'],
      ['#2', '198.51.100.22', '+12125570xxx (1)', '603', '1 of 1', '1'],
      ['#1', '198.51.100.22', '+12125580xxx (1)', '607', '1 of 1', '1'],
    ])
    await look('calls-groups')
    await page.keyboard.press('3')
    await page.waitForURL(/\/calls\/observations$/)
    await settle()
    await look('calls-observations')
    await page.keyboard.press('/')
    await focused(page, 'Your number')
    await page.keyboard.type(BLOCKED)
    await page.waitForURL(/number=%2B12125560130/)
    await page.getByText('3 rows, and that is all.').waitFor()
    await page.locator('main').focus()
    await openFirstRow(page)
    await page.waitForURL(/\/calls\/observations\/\d+$/)
    await settle()
    await page.getByText('SIP/2.0 603 Network Blocked', { exact: true }).waitFor()
    await page.getByText('v=analytics1;url=https://redress.farnet.example/c').first().waitFor()
    await look('calls-observation')
  })

  await t.test('by keys: each place among one’s own calls, and what ? says of them', async () => {
    await go('/calls')
    assert.deepEqual(await keysOnPage(page, 'My calls'), [
      '1 Go to: Blocked numbers',
      '2 Go to: Groups',
      '3 Go to: Refused calls',
      '4 Go to: Suspected silence',
      '5 Go to: Disputes',
      '6 Go to: Blockers',
    ])
    for (const [key, path] of [
      ['4', '/calls/silence'],
      ['5', '/calls/disputes'],
      ['6', '/calls/directory'],
      ['1', '/calls'],
    ] as const) {
      await page.keyboard.press(key)
      await page.waitForURL((url) => url.pathname === path)
    }
  })

  await t.test('blockers have their contacts, and how long they took', async () => {
    await go('/calls/directory')
    const entry = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: BLOCKER }) })
    await entry.getByText('Telephone: +18005550143 unsigned, in 3 calls').waitFor()
    await entry.getByText('Form: https://redress.farnet.example/c unsigned, in 3 calls').waitFor()
    await entry.getByText('No dispute filed yet.').waitFor()
    await look('calls-directory')
  })

  await t.test('who may not see the calling side is told so, and given nothing', async () => {
    const other = await world.open('vetting')
    await other.go('/calls')
    await other.page
      .getByText('It needs the permission calling.read. An admin can give you a role that has it.')
      .waitFor()
    const { status } = await world.ask('vetting', 'GET', '/v1/calling/summary')
    assert.equal(status, 403)
  })
})

test(
  'by keys alone a group is contested and resolved: d, e, and in its dispute f, n and r',
  { skip, timeout: 300_000 },
  async (t) => {
    const world = await startCalls(t)
    const { page, go, lookAtDialog } = await world.open('case-worker')
    page.setDefaultTimeout(15_000)
    const dialog = page.getByRole('dialog')
    const gone = () => until('no dialog', async () => (await dialog.count()) === 0)
    let dispute = ''

    await t.test('d opens a dispute of the group', async () => {
      await go('/calls/groups')
      await openFirstRow(page)
      await page.waitForURL(/\/calls\/groups\/3$/)
      await page.getByRole('heading', { level: 1, name: `${BLOCKER} blocks +12125560xxx` }).waitFor()
      assert.deepEqual(await keysOnPage(page), ['d Open a dispute', 'e Say that it is resolved'])
      await page.keyboard.press('d')
      await dialog.getByRole('heading', { name: 'Open a dispute' }).waitFor()
      await focused(page, 'What the calls are for')
      await page.keyboard.type('We remind patients.')
      await tabTo(page, 'Open')
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/calls\/disputes\/[\w-]{22}$/)
      dispute = new URL(page.url()).pathname.split('/').at(-1)!
      // The page of the group stays, with its keys, until the other is there.
      await page.getByRole('region', { name: 'What happened' }).waitFor()
      await page.getByText('We remind patients.').waitFor()
    })

    await t.test('f files it: by hand, with the text that is made for that', async () => {
      await gone()
      assert.deepEqual(await keysOnPage(page), ['f File it', 'n Write a note'])
      await page.keyboard.press('f')
      await dialog.getByRole('heading', { name: 'File the dispute' }).waitFor()
      await focused(page, 'The page that a notice named')
      assert.equal(await dialog.getByLabel('The page that a notice named').inputValue(), `https://${BLOCKER}/c`)
      await tabTo(page, 'The same as a text, for mail, a form or the telephone')
      await page.keyboard.press('Enter')
      await dialog.getByText('We remind patients.').last().waitFor()
      await lookAtDialog('dispute-file-text')
      await tabTo(page, 'I sent it myself')
      await page.keyboard.press('Enter')
      await dialog.getByRole('heading', { name: 'I filed it by hand' }).waitFor()
      await tabTo(page, 'What they call it')
      await page.keyboard.type('F-17')
      await page.keyboard.press('Enter')
      await gone()
      await page.getByText('F-17').waitFor()
      assert.equal(await statusOf(world, dispute), 'filed')
    })

    await t.test('n writes a note', async () => {
      await page.keyboard.press('n')
      await focused(page, 'Note')
      await page.keyboard.type('They were asked by telephone.')
      await tabTo(page, 'Note')
      await page.keyboard.press('Enter')
      await gone()
      await page.getByRole('region', { name: 'What happened' }).getByText('They were asked by telephone.').waitFor()
    })

    await t.test('r calls again, and says what the call showed', async () => {
      assert.deepEqual(await keysOnPage(page), ['f File it', 'r Call again', 'n Write a note'])
      await page.keyboard.press('r')
      await focused(page, 'Where the call is placed')
      await page.keyboard.press('Control+A')
      await page.keyboard.type(`sip:127.0.0.1:${world.gate.port}`)
      await tabTo(page, 'Answers that mean that it goes on')
      await page.keyboard.type('404')
      await page.keyboard.press('Enter')
      await dialog.getByText('Goes through').waitFor()
      await tabTo(page, 'Close')
      await page.keyboard.press('Enter')
      await gone()
      const { value } = await world.ask('case-worker', 'GET', `/v1/calling/disputes/${dispute}`)
      const { events } = value as { events: readonly { kind: string }[] }
      assert.deepEqual(
        events.map(({ kind }) => kind),
        ['opened', 'filed', 'noted', 'retested'],
      )
    })

    await t.test('e says that the group is resolved, and is no key there any more', async () => {
      await go('/calls/groups/3')
      await page.keyboard.press('e')
      await dialog.getByRole('heading', { name: 'Say that group #3 is resolved?' }).waitFor()
      await focused(page, 'Why')
      await page.keyboard.type('They called back.')
      await tabTo(page, 'Resolve')
      await page.keyboard.press('Enter')
      await gone()
      await page.getByRole('button', { name: 'Open again' }).waitFor()
      const said = page.getByRole('region', { name: 'What was said of it' })
      await said.getByText('Resolved by case-worker@northwire.example').waitFor()
      await said.getByText('They called back.').waitFor()
      assert.deepEqual(await keysOnPage(page), ['d Open a dispute'])
    })
  },
)

test(
  'suspected silence and disputes show their figures, of what a capture showed',
  { skip, timeout: 200_000 },
  async (t) => {
    const world = await startCalls(t)
    const one = await world.open('case-worker')
    const { page, go, look } = one

    await t.test(
      'a pair whose share of busy calls rose is suspected, with how many of how many; one as ever is not',
      async () => {
        await go('/calls/silence')
        await page
          .getByText('1 pair of carrier and number is suspected, of 6; 4 have too few calls to say. Looked now.')
          .waitFor()
        assert.deepEqual(
          await rowsOf(one, 'Suspected silence', ['number', 'carrier', 'sign', 'recent', 'baseline', 'q', 'kind']),
          [
            [
              '+12125550117',
              '198.51.100.20',
              'Busy (486)',
              '24 of 40, 60.0 %',
              '12 of 120, 10.0 %',
              '< 0.001',
              'Suspected',
            ],
            ['+12125550118', '198.51.100.21', 'Busy (486)', '4 of 40, 10.0 %', '12 of 120, 10.0 %', '0.604', 'As ever'],
          ],
        )
        await look('calls-silence')
      },
    )

    await t.test('disputes stand with what is due of whom; what was answered and what is ours to do', async () => {
      const ids: string[] = []
      for (const group of [2, 3]) {
        const { status, value } = await world.ask('case-worker', 'POST', '/v1/calling/disputes', {
          group,
          purpose: 'Reminders.',
          changed: '',
          again: false,
        })
        assert.equal(status, 201, JSON.stringify(value))
        ids.push((value as { dispute: string }).dispute)
      }
      const filed = { way: 'form', to: `https://${BLOCKER}/c`, reference: 'F-17' }
      const { status } = await world.ask('case-worker', 'POST', `/v1/calling/disputes/${ids[1]}/filed`, filed, '*')
      assert.equal(status, 200)
      await go('/calls/disputes')
      assert.deepEqual(await rowsOf(one, 'Disputes', ['due', 'blocker', 'numbers', 'status', 'opened']), [
        ['You file it in 24 hours', '198.51.100.22', '+12125570141', 'Not filed', 'now'],
        ['Their status in 24 hours', BLOCKER, BLOCKED, 'Filed', 'now'],
      ])
      await look('calls-disputes')
      await page.getByRole('gridcell', { name: BLOCKER }).click()
      await page.waitForURL(new RegExp(`/calls/disputes/${ids[1]}$`))
      await page.getByText(`${BLOCKED} to +13125552001, 603 Network Blocked`).first().waitFor()
      await go('/calls')
      assert.match(
        await page.getByRole('status').first().innerText(),
        /^3 of your numbers are blocked by 2 networks in 3 groups\. 1 dispute waits for you\. Most often/,
      )
    })
  },
)

test(
  'a path is probed from its page, watched and graded; who only reads starts none',
  { skip, timeout: 300_000 },
  async (t) => {
    const world = await startConsole(t, {})
    const blocker = await startMockBlocker()
    t.after(() => blocker.close())
    const one = await world.open('admin')
    const { page, go, settle, look, lookAtDialog } = one
    const dialog = page.getByRole('dialog')
    const start = async (): Promise<void> => {
      await page.keyboard.press('n')
      await focused(page, 'Where the path begins')
      await page.keyboard.press('Control+A')
      await page.keyboard.type(`sip:${blocker.address}`)
      await dialog.getByRole('button', { name: `Place ${SCENARIOS.length} calls` }).waitFor()
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/probes\/[\w-]{22}$/)
      await page.getByRole('progressbar', { name: 'Calls placed' }).waitFor()
    }

    await t.test('n starts one, and c cancels it', async () => {
      await go('/probes')
      await look('probes-none')
      assert.deepEqual(await keysOnPage(page), ['n Start a probe'])
      await page.keyboard.press('n')
      await lookAtDialog('probe-start')
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      await start()
      await page.keyboard.press('c')
      await page.getByText('cancelled', { exact: false }).first().waitFor()
      await settle()
      await look('probe-cancelled')
    })

    await t.test('run to its end it has its grade, here and in the list', async () => {
      await go('/probes')
      await start()
      await page.getByText('Grade A, 100 of 100 points', { exact: true }).waitFor({ timeout: 120_000 })
      await page.getByText(`${SCENARIOS.length} of ${SCENARIOS.length} notices arrived as they were sent.`).waitFor()
      await settle()
      assert.deepEqual(await keysOnPage(page), ['s Share the report'])
      await look('probe')
    })

    await t.test('s makes a link to the report, that is shown once', async () => {
      await page.keyboard.press('s')
      await focused(page, 'For how many days')
      await page.keyboard.press('Enter')
      await focused(page, 'The link')
      assert.match(
        await dialog.getByRole('textbox', { name: 'The link' }).inputValue(),
        /^https:\/\/redress\.northwire\.example\/.+/,
      )
      await tabTo(page, 'Done')
      await page.keyboard.press('Enter')
      await dialog.waitFor({ state: 'detached' })
      await page.getByRole('region', { name: 'Links' }).getByText('made by admin@northwire.example').waitFor()
      await go('/probes')
      const [last] = await rowsOf(one, 'Probes', ['via', 'words', 'by', 'state'])
      assert.deepEqual(last, [
        `sip:${blocker.address}`,
        `${SCENARIOS.length} of ${SCENARIOS.length} notices arrived as they were sent.`,
        'admin@northwire.example',
        'A',
      ])
      await look('probes')
    })

    await t.test('who only reads starts none', async () => {
      const wanted = { via: `sip:${blocker.address}`, from: '+12125550117', scenarios: [SCENARIOS[0]!.id] }
      assert.equal((await world.ask('auditor', 'POST', '/v1/probes', wanted)).status, 403)
      const reader = await world.open('auditor')
      await reader.go('/probes')
      assert.equal(await reader.page.getByRole('button', { name: 'Start a probe' }).count(), 0)
      await reader.page.keyboard.press('n')
      assert.equal(await reader.page.getByRole('dialog').count(), 0)
    })
  },
)

async function startCalls(t: TestContext): Promise<ConsoleWorld> {
  const world = await startConsole(t, {})
  observe(world.gate.directory, someCalls(Date.now()))
  return world
}

/**
 * Calls of some days: from one number the share of busy ones rose within the last day, from another it did not, of a third there are few;
 * a fourth is blocked with a notice three times of four, a fifth declined, a sixth unwanted.
 */
function someCalls(now: number): readonly ObservedCall[] {
  const many = (count: number, busy: number, daysAgo: number, from: string, through: string) =>
    Array.from({ length: count }, (_, index): ObservedCall => ({
      at: now - (daysAgo * 24 + 1) * HOUR_MS - index * 60_000,
      from,
      to: `+1312555${1000 + index}`,
      through,
      ...(index < busy && { answer: '486 Busy Here' }),
    }))
  const before = (from: string, through: string) => [2, 3, 4, 5].flatMap((days) => many(30, 3, days, from, through))
  const notice = (id: string) =>
    `Reason: SIP;cause=603;text="v=analytics1;url=https://${BLOCKER}/c;tel=+18005550143;id=${id}";location=TN`
  const other = { to: '+13125552009', through: '198.51.100.22' }
  return [
    ...many(40, 24, 0, '+12125550117', '198.51.100.20'),
    ...before('+12125550117', '198.51.100.20'),
    ...many(40, 4, 0, '+12125550118', '198.51.100.21'),
    ...before('+12125550118', '198.51.100.21'),
    ...many(5, 0, 0, '+12125550119', '198.51.100.21'),
    ...[1, 2, 3].map((hours): ObservedCall => ({
      at: now - hours * HOUR_MS,
      from: BLOCKED,
      to: '+13125552001',
      answer: '603 Network Blocked',
      fields: [notice(`F${hours}`)],
    })),
    { at: now - 4 * HOUR_MS, from: BLOCKED, to: '+13125552009' },
    { at: now - 5 * HOUR_MS, from: '+12125570141', ...other, answer: '603 Decline' },
    { at: now - 6 * HOUR_MS, from: '+12125580142', ...other, answer: '607 Unwanted' },
  ]
}

/** The rows of a table as they are read, of these columns by their place among `COLUMNS`. */
async function rowsOf({ page }: ConsolePage, label: keyof typeof COLUMNS, wanted: readonly string[]) {
  const columns: readonly string[] = COLUMNS[label]
  const rows = page.getByRole('grid', { name: label, exact: true }).locator('tbody').getByRole('row')
  await rows.first().waitFor()
  const texts = await rows.evaluateAll((found) =>
    found.map((row) =>
      Array.from(row.querySelectorAll('[role=gridcell]'), (cell) => {
        // A narrow screen has the column's name before it.
        const copy = cell.cloneNode(true) as Element
        for (const name of copy.querySelectorAll('[class*=label]')) name.remove()
        return copy.textContent.replaceAll(/\s+/g, ' ').trim()
      }),
    ),
  )
  return texts.map((cells) => {
    assert.equal(cells.length, columns.length, `columns of ${label}`)
    return wanted.map((name) => cells[columns.indexOf(name)])
  })
}

async function statusOf(world: ConsoleWorld, dispute: string): Promise<string> {
  const { value } = await world.ask('case-worker', 'GET', `/v1/calling/disputes/${dispute}`)
  return (value as { status: string }).status
}

const COLUMNS = {
  'Blocked numbers': ['number', 'by', 'since', 'share', 'calls', 'state'],
  Groups: ['id', 'blocker', 'block', 'reason', 'recent', 'calls', 'last', 'state'],
  'Suspected silence': ['number', 'carrier', 'sign', 'recent', 'baseline', 'q', 'kind'],
  Disputes: ['due', 'blocker', 'numbers', 'status', 'opened'],
  Probes: ['at', 'via', 'words', 'by', 'state'],
} as const
const HOUR_MS = 3_600_000
const BLOCKER = 'redress.farnet.example'
const BLOCKED = '+12125560130'
