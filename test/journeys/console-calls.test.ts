// The calling side and probes in a browser, on a running Recourse: what a capture showed is looked at, a group is worked on, and a
// path is probed to a mock blocker on this machine.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startMockBlocker } from '#edge/prober/mock-blocker.ts'
import { type ConsoleWorld, startConsole } from '../peers/console-browser.ts'
import { missing } from '../peers/peer.ts'
import { recourse } from '../peers/recourse.ts'

const skip = missing('chromium')
const CAPTURES = new URL('../../examples/captures/', import.meta.url).pathname

test('which numbers are blocked, by whom and why, by clicks and by keys', { skip, timeout: 300_000 }, async (t) => {
  const world = await startCalls(t)
  const { page, go, settle, look } = await world.open('case-worker')

  await t.test('the first line answers; a number leads to who blocks it', async () => {
    await go('/calls')
    assert.match(await page.getByRole('status').first().innerText(), /blocked/i)
    await look('calls')
    await page.getByRole('gridcell').first().click()
    await page.waitForURL(/\/calls\/groups/)
    await settle()
    await look('calls-group')
  })

  await t.test('by keys: groups, refused calls, one of them explained part by part', async () => {
    await go('/calls')
    await page.keyboard.press('2')
    await page.waitForURL(/\/calls\/groups$/)
    await settle()
    await look('calls-groups')
    await page.keyboard.press('3')
    await page.waitForURL(/\/calls\/observations$/)
    await settle()
    await look('calls-observations')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/calls\/observations\/./)
    await settle()
    await page.getByText('SIP/2.0 ').first().waitFor()
    await look('calls-observation')
  })

  await t.test('suspected silence says how much it has seen; blockers and disputes have their lists', async () => {
    for (const [place, words] of [
      ['silence', /too few|thin|no |nothing/i],
      ['directory', /redress\.northwire\.example|northwire/i],
      ['disputes', /dispute/i],
    ] as const) {
      await go(`/calls/${place}`)
      assert.match(await page.locator('main').innerText(), words)
      await look(`calls-${place}`)
    }
  })

  await t.test('who may not see the calling side is told so, and given nothing', async () => {
    const other = await world.open('vetting')
    await other.go('/calls')
    assert.match(await other.page.locator('main').innerText(), /calling\.read/)
    const { status } = await world.ask('vetting', 'GET', '/v1/calling/summary')
    assert.equal(status, 403)
  })
})

test(
  'a path is probed from its page, watched and graded; who only reads starts none',
  { skip, timeout: 300_000 },
  async (t) => {
    const world = await startCalls(t)
    const blocker = await startMockBlocker()
    t.after(() => blocker.close())
    const { page, go, settle, look } = await world.open('admin')
    await go('/probes')
    await look('probes-none')
    await page.keyboard.press('n')
    await page.getByLabel('Where the path begins').fill(`sip:${blocker.address}`)
    await look('probe-start')
    await page.getByRole('button', { name: /^Place \d+ calls$/ }).click()
    await page.waitForURL(/\/probes\/./)
    await page.getByText('Grade A', { exact: false }).first().waitFor({ timeout: 120_000 })
    await settle()
    await look('probe')
    await go('/probes')
    assert.match(await page.getByRole('grid').innerText(), /A/)
    await look('probes')
    const { status } = await world.ask('auditor', 'POST', '/v1/probes', {
      via: 'sip:127.0.0.1:5070',
      from: '+12125550117',
      scenarios: ['plain'],
    })
    assert.equal(status, 403)
  },
)

async function startCalls(t: TestContext): Promise<ConsoleWorld> {
  const world = await startConsole(t, {})
  recourse(
    ['monitor', '--quiet', '--store', 'sqlite:./recourse.db', `${CAPTURES}calls.pcap`, `${CAPTURES}rewritten.pcapng`],
    world.gate.directory,
  )
  return world
}
