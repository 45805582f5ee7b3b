// The Kamailio of docs/probe.md, as it is and with one line spoiled.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import test from 'node:test'
import { TESTED } from '#core/probe/advice.ts'
import type { FindingKind } from '#core/probe/compare.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { type MockBlocker, startMockBlocker } from '#edge/prober/mock-blocker.ts'
import { FOR_AXE, lookEveryWay, openBrowser, openPage } from '../peers/browser.ts'
import { startB2bua } from '../peers/baresip.ts'
import { startKamailio } from '../peers/kamailio.ts'
import { Peer, missing, temporaryDirectory } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'
import { COMMAND } from '../peers/recourse.ts'

const skip = missing('kamailio')
const EXAMPLE = new URL('../../examples/kamailio/kamailio-relay.cfg', import.meta.url).pathname
const FEW = ['sip', 'q850', 'both-forms', 'two-fields', 'decline', 'unwanted', 'rejected-card', 'anonymous', 'busy']
const ANSWERS = /^onreply_route\[ANSWERS\] \{$/m
const ENDS_AT_6XX = /^\tif \(t_check_status\("6\[0-9\]\[0-9\]"\)\) exit;$/m

test(
  'Kamailio as a transparent proxy gets an A in every scenario, and one end alone sees the same',
  { skip },
  async (t) => {
    const path = await startPath(t)
    const both = await probe(path, ['--far-end', path.blocker.url])
    assert.deepEqual(
      both.report.scenarios.filter(({ state }) => state !== 'intact'),
      [],
    )
    assert.equal(both.report.scenarios.length, SCENARIOS.length)
    assert.deepEqual([both.code, both.report.grade, both.report.points], [0, 'A', 100])
    assert.deepEqual(new Set(both.report.verdicts.map(({ verdict }) => verdict)), new Set(['kept']))
    const alone = await probe(path, ['--scenarios', ...FEW])
    assert.deepEqual([alone.code, alone.report.grade, alone.report.points], [0, 'A', 100])
    const unseen = alone.report.verdicts.filter(({ verdict }) => verdict === 'not tested').map(({ id }) => id)
    assert.deepEqual(unseen, ['end-of-search'])
  },
)

/** One spoiled line each; `spared` are scenarios that it must not touch. */
const SPOILED: readonly {
  readonly title: string
  readonly at: RegExp
  readonly by: string
  readonly kind: FindingKind
  readonly seen: readonly string[]
  readonly remedy: RegExp
  readonly rule: string
  readonly grade: string
}[] = [
  {
    title: 'rewrites the phrase of a 603',
    at: ANSWERS,
    by: '$&\n\tif (status == "603") change_reply_status(603, "Decline");',
    kind: 'phrase-changed',
    seen: ['sip', 'q850', 'both-forms', 'two-fields'],
    remedy: /change_reply_status/,
    rule: '603+',
    grade: 'D',
  },
  {
    title: 'strips Reason',
    at: ANSWERS,
    by: '$&\n\tremove_hf("Reason");',
    kind: 'reason-stripped',
    seen: ['sip', 'q850', 'both-forms', 'two-fields'],
    remedy: /remove_hf\("Reason"\)/,
    rule: 'transmit',
    grade: 'F',
  },
  {
    title: 'adds a second Reason',
    at: ANSWERS,
    by: '$&\n\tif (status == "603") append_hf("Reason: SIP;cause=603;text=\\"Declined\\"\\r\\n");',
    kind: 'reason-doubled',
    seen: ['sip', 'both-forms', 'two-fields'],
    remedy: /is_present_hf/,
    rule: 'one-per-protocol',
    grade: 'C',
  },
  {
    title: 'fails over after a 6xx',
    at: ENDS_AT_6XX,
    by: '\tif (t_check_status("6[0-9][0-9]")) { t_on_failure("0"); $du = SECOND; t_relay(); exit; }',
    kind: 'tried-again',
    seen: ['sip', 'q850', 'both-forms', 'decline', 'unwanted', 'rejected-card', 'two-fields'],
    remedy: /if \(t_check_status\("6\[0-9\]\[0-9\]"\)\) exit/,
    rule: 'end-of-search',
    grade: 'D',
  },
  {
    title: 'turns 608 into 600',
    at: ENDS_AT_6XX,
    by: '\tif (t_check_status("608")) { t_reply("600", "Busy Everywhere"); exit; }\n$&',
    kind: 'status-changed',
    seen: ['rejected-card'],
    remedy: /SBCPreserve|table of response codes|t_check_status/,
    rule: '608',
    grade: 'F',
  },
]

/** What the back-to-back user agent of baresip does to every refusal. */
const OF_BARESIP: readonly FindingKind[] = [
  'reason-stripped',
  'phrase-changed',
  'call-info-lost',
  'retry-after-changed',
]

test('advice is called tested for the kinds of damage that a product is made to do here, and for no other', () => {
  assert.deepEqual([...TESTED.keys()], ['Kamailio', 'baresip'])
  assert.deepEqual([...TESTED.get('Kamailio')!].toSorted(), SPOILED.map(({ kind }) => kind).toSorted())
  assert.deepEqual([...TESTED.get('baresip')!].toSorted(), [...OF_BARESIP].toSorted())
})

for (const { title, at, by, kind, seen, remedy, rule, grade } of SPOILED)
  test(`Kamailio that ${title} is told so, by rule, with what to switch, and of nothing else`, { skip }, async (t) => {
    const path = await startPath(t, { at, by })
    const { code, report } = await probe(path, ['--far-end', path.blocker.url, '--scenarios', ...FEW])
    const deduction = report.deductions.find((each) => each.kind === kind)
    assert.ok(deduction !== undefined, JSON.stringify(report.deductions))
    assert.deepEqual(deduction.scenarios, seen)
    assert.equal(report.verdicts.find(({ id }) => id === rule)?.verdict, 'broken')
    assert.equal(report.verdicts.find(({ id }) => id === 'to-tag')?.verdict, 'kept')
    const kamailio = report.advice.filter((each) => each.kind === kind && each.product === 'Kamailio')
    assert.equal(kamailio.length, 1)
    assert.match(kamailio[0]!.remedy, remedy)
    assert.equal(kamailio[0]!.standing, 'tested')
    for (const id of ['anonymous', 'busy'])
      assert.equal(report.scenarios.find((each) => each.id === id)?.state, 'intact', id)
    assert.equal(code, 1)
    assert.equal(report.grade, grade, JSON.stringify(report.deductions.map((each) => [each.kind, each.points])))
  })

test(
  'a back-to-back user agent on a C stack keeps the status and loses the rest, and is told so; it pairs by number alone',
  { skip: missing('baresip') },
  async (t) => {
    const blocker = await startMockBlocker()
    t.after(() => blocker.close())
    const port = await startB2bua(t, blocker.address)
    const scenarios = ['sip', 'q850', 'decline-later', 'unwanted', 'rejected-card', 'anonymous', 'busy']
    const { code, report } = await probe({ blocker, port }, ['--far-end', blocker.url, '--scenarios', ...scenarios])
    assert.deepEqual(
      blocker.received().map(({ token, chosenBy }) => [token, chosenBy]),
      scenarios.map(() => [undefined, 'number']),
      'no field of ours got through',
    )
    assert.ok(report.scenarios.every(({ arrivals }) => arrivals === 1))
    const seen = Object.fromEntries(report.deductions.map(({ kind, scenarios: ids }) => [kind, ids]))
    assert.deepEqual(seen, {
      'reason-stripped': ['sip', 'q850'],
      'phrase-changed': scenarios.filter((id) => id !== 'busy'),
      'call-info-lost': ['rejected-card'],
      'retry-after-changed': ['decline-later'],
    })
    const verdicts = new Map(report.verdicts.map(({ id, verdict }) => [id, verdict]))
    for (const id of ['transmit', '603+', '608', 'reason-in-answers', 'relay'])
      assert.equal(verdicts.get(id), 'broken', id)
    for (const id of ['607', 'end-of-search', 'to-tag']) assert.equal(verdicts.get(id), 'kept', id)
    assert.equal(report.guess?.product, 'baresip')
    for (const kind of OF_BARESIP) {
      const [first] = report.advice.filter((each) => each.kind === kind)
      assert.deepEqual([first?.product, first?.standing, first?.isGuessed], ['baresip', 'tested', true], kind)
    }
    assert.deepEqual([code, report.grade], [1, 'F'])
  },
)

test(
  'Kamailio that forks in parallel reaches the far end twice, and is not said to have tried again',
  { skip },
  async (t) => {
    const path = await startPath(t, {
      at: /^(loadmodule "textopsx.so")$([^]*)^(\t\$du = DESTINATION;)$/m,
      by: '$1\nloadmodule "corex.so"$2$3\n\tappend_branch();\n$3',
    })
    const few = ['sip', 'unwanted', 'rejected', 'busy']
    const { report } = await probe(path, ['--far-end', path.blocker.url, '--scenarios', ...few])
    assert.deepEqual(
      report.scenarios.map(({ arrivals }) => arrivals),
      few.map(() => 2),
      'both branches of the fork came',
    )
    assert.deepEqual(report.deductions, [])
    assert.equal(report.verdicts.find(({ id }) => id === 'end-of-search')?.verdict, 'kept')
  },
)

test(
  'what docs/probe.md shows of a spoiled Kamailio is what the terminal says of it, line by line',
  { skip },
  async (t) => {
    const page = readFileSync(new URL('../../docs/probe.md', import.meta.url), 'utf8')
    const shown = /```text\n(sip {7}CHANGED[^]*?)```/.exec(page)?.[1]?.trim().split('\n') ?? []
    const path = await startPath(t, SPOILED[1])
    const words = ['--via', `sip:127.0.0.1:${path.port}`, '--far-end', path.blocker.url, '--pause', '50', '--pass', 'F']
    const run = new Peer(process.execPath, [
      COMMAND,
      'probe',
      ...words,
      '--scenarios',
      'sip',
      'q850',
      'decline',
      'unwanted',
      'busy',
    ])
    assert.deepEqual(await run.ended, { code: 0, signal: undefined }, run.output)
    const said = run.output.split('\n')
    let at = -1
    for (const line of shown.filter((each) => each !== '…')) {
      at = said.findIndex((each, place) => place > at && each.replaceAll(/ +/g, ' ') === line.replaceAll(/ +/g, ' '))
      assert.ok(at >= 0, `${line}\n\nis not said, or not in this order:\n${run.output}`)
    }
    assert.ok(shown.length >= 8)
  },
)

test('Kamailio that answers a 6xx anew names itself, and is guessed', { skip }, async (t) => {
  const path = await startPath(t, SPOILED[4])
  const { report } = await probe(path, ['--far-end', path.blocker.url, '--scenarios', 'rejected-card', 'busy'])
  assert.equal(report.guess?.product, 'Kamailio')
  assert.ok(report.advice.some(({ isGuessed, kind }) => isGuessed && kind === 'status-changed'))
})

test(
  'Kamailio that ends its search at a 6xx is not blamed, after a slow answer neither: the near-miss of route advance',
  { skip },
  async (t) => {
    const path = await startPath(t)
    const { report } = await probe(path, ['--far-end', path.blocker.url, '--scenarios', 'unwanted', 'busy', 'slow'])
    assert.deepEqual(report.deductions, [])
    assert.deepEqual(
      report.scenarios.map(({ arrivals }) => arrivals),
      [1, 1, 1],
    )
  },
)

test(
  'a path on which no scenario is known to have been reached gets no grade, and is told why',
  { skip },
  async (t) => {
    const path = await startPath(t, { at: /^\trecord_route\(\);$/m, by: '\tremove_hf("X-Recourse-Scenario");' })
    const more = ['--scenarios', 'sip', 'unwanted', 'rejected-card', '--to', '+14155559999']
    const alone = await probe(path, more)
    assert.deepEqual([alone.code, alone.report.grade], [3, undefined])
    assert.match(alone.report.why, /every call was answered 404/)
    const both = await probe(path, [...more, '--far-end', path.blocker.url])
    assert.deepEqual([both.code, both.report.grade], [3, undefined])
    assert.deepEqual(new Set(both.report.scenarios.map(({ state }) => state)), new Set(['apart']))
  },
)

test(
  'the page runs no scripts, prints, and axe has nothing to say in light and dark, narrow and wide',
  { skip: missing('kamailio', 'chromium') },
  async (t) => {
    const path = await startPath(t, SPOILED[1])
    const file = join(temporaryDirectory(t), 'report.html')
    await probe(path, ['--far-end', path.blocker.url, '--html', file, '--scenarios', 'good'])
    const text = readFileSync(file, 'utf8')
    assert.doesNotMatch(text, /<script|\ssrc=|<link|@import|url\(/i)
    const browser = await openBrowser(t)
    const { page } = await openPage(t, browser, FOR_AXE)
    await page.goto(pathToFileURL(file).href)
    assert.match(await page.locator('h1').innerText(), /Grade F/)
    await lookEveryWay(page, 'probe report')
  },
)

type Path = { readonly blocker: MockBlocker; readonly port: number }
type Report = {
  readonly grade?: string
  readonly points: number
  readonly why: string
  readonly guess?: { readonly product: string }
  readonly deductions: readonly {
    readonly kind: string
    readonly points: number
    readonly scenarios: readonly string[]
  }[]
  readonly verdicts: readonly { readonly id: string; readonly verdict: string }[]
  readonly advice: readonly {
    readonly kind: string
    readonly product: string
    readonly remedy: string
    readonly standing: string
    readonly isGuessed: boolean
  }[]
  readonly scenarios: readonly { readonly id: string; readonly state: string; readonly arrivals?: number }[]
}

/** A mock blocker and the Kamailio of the example before it, with one place of its configuration spoiled. */
async function startPath(t: test.TestContext, spoiled?: { at: RegExp; by: string }): Promise<Path> {
  const blocker = await startMockBlocker()
  t.after(() => blocker.close())
  const whole = readFileSync(EXAMPLE, 'utf8')
  const file = join(temporaryDirectory(t), 'kamailio.cfg')
  writeFileSync(file, spoiled === undefined ? whole : whole.replace(spoiled.at, spoiled.by))
  if (spoiled !== undefined) assert.notEqual(readFileSync(file, 'utf8'), whole, 'there is something to spoil')
  const port = await freePort()
  await startKamailio(t, file, port, {
    LISTEN_UDP: `udp:127.0.0.1:${port}`,
    LISTEN_TCP: `tcp:127.0.0.1:${port}`,
    DESTINATION: `"sip:${blocker.address}"`,
    SECOND: `"sip:${blocker.address}"`,
  })
  return { blocker, port }
}

async function probe({ port }: Path, more: readonly string[]): Promise<{ code: number | undefined; report: Report }> {
  const args = [COMMAND, 'probe', '--via', `sip:127.0.0.1:${port}`, '--json', '--pause', '50', ...more]
  const run = new Peer(process.execPath, args)
  const { code } = await run.ended
  const line = run.output.split('\n').find((each) => each.startsWith('{'))
  assert.ok(line !== undefined, run.output)
  return { code, report: JSON.parse(line) as Report }
}
