// Takes the pictures that README and guides show of the console: `npm run screenshots` puts them into docs/pictures. They are of a
// running Recourse with a day of made-up traffic; every number in them is reserved for examples.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { openLedger } from '../src/edge/store/sqlite-ledger.ts'
import { readKeys } from '../src/main/chores.ts'
import { loadOrStop } from '../src/main/load-or-stop.ts'
import { CAMPAIGN_FROM, NEVER_CALLS, liveADay } from '../src/main/live-a-day.ts'
import { TRY_FROM } from '../src/main/try-it.ts'
import { Caller, formatInvite } from '../test/peers/caller.ts'
import { type ConsolePage, type ConsoleWorld, startConsole } from '../test/peers/console-browser.ts'
import { type Owner, until } from '../test/peers/peer.ts'
import { refreshConsole } from './console.ts'

/** Takes all pictures into a folder; answers their names. */
export async function takePictures(owner: Owner, folder: string): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true })
  await refreshConsole()
  const world = await startConsole(owner, { policy: POLICY })
  await world.gate.stop()
  const ledger = await openLedger(`sqlite:${join(world.gate.directory, 'recourse.db')}`)
  const { config } = loadOrStop(join(world.gate.directory, 'recourse.yaml'), true)
  await liveADay(ledger, config, readKeys(config), Date.now() - MINUTE_MS)
  await ledger.close()
  await world.gate.restart()
  await callNow(owner, world)
  const cases = await openCases(world)
  const taken: string[] = []
  const take = async (page: Page, name: string): Promise<void> => {
    await page.screenshot({ path: join(folder, `${name}.png`) })
    taken.push(name)
  }

  const one = await world.open('admin', { viewport: { width: 1280, height: 800 }, timezoneId: 'UTC', locale: 'en-US' })
  await one.page.emulateMedia({ reducedMotion: 'reduce', colorScheme: 'light' })
  for (const [name, path, words] of PAGES) {
    await one.go(path)
    await one.page.getByText(words).first().waitFor()
    await one.settle()
    await take(one.page, name)
  }
  await one.go(`/cases/${cases[0]}`)
  await take(one.page, 'case')
  await take(await openBlock(one), 'block')
  const explain = await one.context.newPage()
  await explain.goto(`${world.office}/explain`)
  await explain.getByRole('button', { name: 'The same, damaged on its way' }).click()
  await explain.getByRole('heading', { name: 'Part by part' }).waitFor()
  await explain.screenshot({ path: join(folder, 'explain.png') })
  return [...taken, 'explain']
}

/** The newest block, as its page shows it. */
async function openBlock({ page, go, settle }: ConsolePage): Promise<Page> {
  await go('/blocks')
  await page.getByRole('gridcell').first().click()
  await page.getByRole('heading', { level: 1 }).filter({ hasText: ' to ' }).waitFor()
  await settle()
  return page
}

/** Some calls of today, so that the time to answer is known. */
async function callNow(owner: Owner, world: ConsoleWorld): Promise<void> {
  const caller = await Caller.open(world.gate.port)
  owner.after(() => caller.close())
  for (let call = 0; call < 6; call++) {
    const id = `${process.pid}-now-${call}`
    await caller.ask(
      formatInvite({
        calling: numberOf(call),
        called: CALLED,
        callId: `${id}@calls.example.net`,
        branch: `z9hG4bK${id}`,
        fromTag: `t${call}`,
        port: caller.port,
      }),
    )
  }
  await until('the day to be counted', async () => {
    const { value } = await world.ask('auditor', 'GET', '/v1/overview?span=24h')
    return (value as { knownSince?: string }).knownSince === undefined || undefined
  })
}

async function openCases(world: ConsoleWorld): Promise<readonly string[]> {
  const blocked = world.gate.ledger().findLast(({ calling }) => calling === CAMPAIGN_FROM)!
  const ids: string[] = []
  for (const [index, [name, organisation, purpose]] of CLAIMANTS.entries()) {
    const { status, value } = await world.ask('case-worker', 'POST', '/v1/cases', {
      way: 'telephone',
      claim: {
        ...(index === 0 ? { receipts: [blocked.receipt] } : { numbers: [numberOf(index)] }),
        claimant: { name, organisation, acts: 'for-itself' },
        purpose,
      },
    })
    if (status !== 201) throw new Error(`a case was not opened: ${JSON.stringify(value)}`)
    ids.push((value as { case: string }).case)
  }
  return ids
}

/** Numbers of the North American plan that are given to nobody: NPA-555-01XX. */
function numberOf(index: number): string {
  return `+1${AREAS[index % AREAS.length]}55501${String(index % 100).padStart(2, '0')}`
}

const PAGES = [
  ['overview', '/overview', 'Blocked by rule'],
  ['cases', '/cases', 'Riverside Clinic'],
  ['policy', '/policy', 'volume-number'],
] as const
const CLAIMANTS = [
  ['Ann Rivera', 'Riverside Clinic', 'We remind patients of their appointments.'],
  ['Joe Lindgren', 'Lakeside School District', 'We tell parents when a school closes for snow.'],
  ['Mia Okafor', 'First River Bank', 'We warn customers of payments that look wrong.'],
  ['Tom Haas', 'Harbor Dental', 'We call back who left a message.'],
] as const
const AREAS = ['212', '312', '415', '617', '702', '804'] as const
const CALLED = '+14155550163'
const POLICY = {
  rules: [
    { id: 'dno', 'do-not-originate': [NEVER_CALLS] },
    { id: 'deny', deny: [TRY_FROM] },
    { id: 'volume-number', volume: { of: 'number', limit: 300, per: '10m' }, program: 'opt-out' },
    { id: 'volume-block', volume: { of: 'block', limit: 2_000, per: '10m' }, program: 'opt-out', mode: 'shadow' },
  ],
}
const MINUTE_MS = 60_000

if (import.meta.main) {
  const ends: (() => unknown)[] = []
  try {
    const folder = fileURLToPath(new URL('../docs/pictures', import.meta.url))
    const names = await takePictures({ after: (end) => void ends.push(end) }, folder)
    console.log(`${names.join(', ')}: ${names.length} pictures in docs/pictures`)
  } finally {
    for (const end of ends.reverse()) await end()
  }
}
