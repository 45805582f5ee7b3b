// What the console costs in a browser on a full store: a million blocks and a hundred thousand cases behind a real `recourse up`.
// Run by hand: node bench/console-browser.ts [blocks] [cases] [folder]. A folder that is named is kept, and filled once.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Page } from 'playwright-core'
import { SESSION_COOKIE } from '#edge/http/accounts/session-cookie.ts'
import { openTestCases } from '../test/cases.ts'
import { openBrowser } from '../test/peers/browser.ts'
import { openConsolePage, signIn } from '../test/peers/console-browser.ts'
import { Recourse } from '../test/peers/recourse.ts'
import { fillBlocks, fillCases } from './full-store.ts'

const blocks = Number(process.argv[2] ?? 1_000_000)
const cases = Number(process.argv[3] ?? 100_000)
const kept = process.argv[4]
const folder = kept ?? mkdtempSync(join(tmpdir(), 'recourse-console-browser-bench-'))
const path = join(folder, 'recourse.db')
const HEADS = ['thread ms', 'script ms', 'layout ms', 'longest', 'wall ms', 'rows', 'nodes', 'kB']
const VISITS = 3
const ROWS_SCROLLED = 5_000
const WAIT_MS = 60_000

/** What one visit of a page cost; times in milliseconds. */
type Visit = {
  readonly task: number
  readonly script: number
  readonly layout: number
  readonly longest: number
  readonly wall: number
  readonly rows: number
  readonly nodes: number
  readonly bytes: number
}

const endings: (() => unknown)[] = []
const owner = { after: (end: () => unknown) => void endings.unshift(end) }
try {
  await fill()
  let office = ''
  await Recourse.start(owner, {
    desk: 'https://redress.northwire.example',
    deskMore: { tls: 'none' },
    more: (port) => {
      office = `http://127.0.0.1:${port}`
      return { store: `sqlite:${path}`, office: { listen: `127.0.0.1:${port}`, public: office, tls: 'none' } }
    },
  })
  const session = signIn({ directory: folder }, 'admin', `bench ${Date.now()}`)
  const first = async (list: string, name: string, field: string): Promise<string> => {
    const answer = await fetch(`${office}${list}`, { headers: { cookie: `${SESSION_COOKIE}=${session}` } })
    const [row] = ((await answer.json()) as Record<string, Record<string, unknown>[]>)[name] ?? []
    if (row === undefined) throw new Error(`${list} has no row`)
    return String(row[field])
  }
  const block = await first('/v1/blocks', 'blocks', 'receipt')
  const one = await first('/v1/cases', 'cases', 'case')
  const paths = ['/overview', '/blocks', `/blocks/${block}`, '/cases', `/cases/${one}`, '/registry', '/policy']
  paths.push('/calls', '/probes', '/settings')
  const browser = await openBrowser(owner)

  say('page', HEADS)
  for (const to of paths) {
    const visits: Visit[] = []
    for (let visit = 0; visit < VISITS; visit++) visits.push(await visitOnce(to))
    const middle = (of: (visit: Visit) => number): number => visits.map(of).toSorted((a, b) => a - b)[VISITS >> 1]!
    const { task, script, layout, longest, wall, rows, nodes, bytes } = {
      task: middle((visit) => visit.task),
      script: middle((visit) => visit.script),
      layout: middle((visit) => visit.layout),
      longest: middle((visit) => visit.longest),
      wall: middle((visit) => visit.wall),
      rows: middle((visit) => visit.rows),
      nodes: middle((visit) => visit.nodes),
      bytes: middle((visit) => visit.bytes) / 1_000,
    }
    const figures = [task, script, layout, longest, wall, rows, nodes, bytes].map((value) => value.toFixed(0))
    say(to.length > 20 ? `${to.slice(0, to.indexOf('/', 1))}/…` : to, figures, task > 1_000 ? '  SLOW' : '')
  }
  for (const list of ['/blocks', '/cases']) await scroll(list)

  async function visitOnce(to: string): Promise<Visit> {
    const { page, context } = await openConsolePage(owner, browser, office, session)
    const cdp = await context.newCDPSession(page)
    let bytes = 0
    cdp.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
    await cdp.send('Network.enable')
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
    await page.addInitScript(() => {
      const long: number[] = []
      Object.assign(globalThis, { longTasks: long })
      new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: 'longtask',
        buffered: true,
      })
    })
    const begun = performance.now()
    await page.goto(`${office}${to}`, { waitUntil: 'commit' })
    await shown(page)
    const wall = performance.now() - begun
    // Interactive: what was shown is painted, and the thread has nothing else to do.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestIdleCallback(done))))
    const metrics = await metricsOf(cdp)
    const looked = await page.evaluate(() => ({
      rows: document.querySelectorAll('[data-index]').length,
      nodes: document.querySelectorAll('*').length,
      longest: Math.max(0, ...(globalThis as unknown as { longTasks: number[] }).longTasks),
    }))
    await context.close()
    return { ...metrics, ...looked, wall, bytes }
  }

  /** Turns the wheel until so many rows have gone by, and says what each thousand cost. */
  async function scroll(list: string): Promise<void> {
    const { page, context } = await openConsolePage(owner, browser, office, session)
    const cdp = await context.newCDPSession(page)
    await cdp.send('Performance.enable', { timeDomain: 'threadTicks' })
    await page.goto(`${office}${list}`)
    await page.locator('[data-index]').first().waitFor({ timeout: WAIT_MS })
    await page.mouse.move(640, 500)
    const costs: number[] = []
    let before = (await metricsOf(cdp)).task
    let rowsMax = 0
    const begun = performance.now()
    for (let next = 1_000; next <= ROWS_SCROLLED && performance.now() - begun < 2 * WAIT_MS;) {
      await page.mouse.wheel(0, 1_500)
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)))
      const { last, rows } = await page.evaluate(() => {
        const all = [...document.querySelectorAll('[data-index]')]
        return { last: Number(all.at(-1)?.getAttribute('data-index') ?? -1), rows: all.length }
      })
      rowsMax = Math.max(rowsMax, rows)
      if (last < next) continue
      next += 1_000
      const { task } = await metricsOf(cdp)
      costs.push(task - before)
      before = task
    }
    const taken = ((performance.now() - begun) / 1_000).toFixed(1)
    const each = costs.map((cost) => cost.toFixed(0)).join(', ')
    console.log(`${list}: each 1,000 rows of the wheel ${each} ms, at most ${rowsMax} rows drawn, ${taken} s in all`)
    await context.close()
  }
} finally {
  for (const end of endings) await end()
  if (kept === undefined) rmSync(folder, { recursive: true, force: true })
}

async function fill(): Promise<void> {
  mkdirSync(folder, { recursive: true })
  if (existsSync(path)) return
  await fillBlocks(`sqlite:${path}`, blocks, Date.now())
  const desk = openTestCases(`sqlite:${path}`, new Uint8Array(32).fill(5))
  try {
    await fillCases(desk, path, cases)
  } finally {
    desk.close()
  }
}

/** The page has what it is for, and says nowhere that it is loading. */
async function shown(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor({ timeout: WAIT_MS })
  await page.waitForFunction(
    () => document.querySelector('[aria-label="Loading"], [data-loading], [aria-busy="true"]') === null,
    undefined,
    { timeout: WAIT_MS },
  )
}

type Asks = { send(method: 'Performance.getMetrics'): Promise<{ metrics: { name: string; value: number }[] }> }

/** Milliseconds that the page's main thread computed so far; what other programs took of the machine is not in it. */
async function metricsOf(cdp: Asks): Promise<Pick<Visit, 'task' | 'script' | 'layout'>> {
  const { metrics } = await cdp.send('Performance.getMetrics')
  const of = (name: string): number => (metrics.find((metric) => metric.name === name)?.value ?? 0) * 1_000
  return {
    task: of('TaskDuration'),
    script: of('ScriptDuration'),
    layout: of('LayoutDuration') + of('RecalcStyleDuration'),
  }
}

function say(what: string, figures: readonly string[], more = ''): void {
  console.log(`${what.padEnd(14)}${figures.map((figure) => figure.padStart(10)).join('')}${more}`)
}
