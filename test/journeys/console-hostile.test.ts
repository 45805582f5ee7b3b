// What strangers wrote, in the fields of one's own calls, of probes, of the overview and of the settings: seen as it was written, with what
// would not be seen named, and nothing come of it. First over the real way, by a capture; then field by field in the answers of the API.
import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import type { Page } from 'playwright-core'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { type ConsolePage, startConsole } from '../peers/console-browser.ts'
import { type FilledWorld, startFilled } from '../peers/filled-console.ts'
import { observe } from '../peers/observed-calls.ts'
import { missing } from '../peers/peer.ts'

const skip = missing('chromium')

test(
  'a refused call whose every field is hostile is seen as it came, and does nothing',
  { skip, timeout: 200_000 },
  async (t) => {
    const world = await startConsole(t)
    const now = Date.now()
    observe(world.gate.directory, [
      {
        at: now - 60_000,
        from: '+12125550117',
        to: '+13125552001',
        answer: `603 Network Blocked ${MARKUP}`,
        name: `${MARKUP} ${HIDDEN}`,
        callId: `${MARKUP.replaceAll(' ', '')}@clinic.example`,
        fields: [
          `Reason: SIP;cause=603;text="v=analytics1;url=javascript:planted();tel=+18005550143;email=${MARKUP};id=${HIDDEN}x";location=TN`,
          `Call-Info: <javascript:planted()>;purpose=jwscard`,
          `Server: ${MARKUP} ${HIDDEN}`,
        ],
      },
    ])
    const one = await world.open('case-worker')
    await forbidPlanted(one.page)
    const { page, go, look } = one
    const { value } = await world.ask('case-worker', 'GET', '/v1/calling/observations')
    const [refused] = (value as { observations: readonly { id: number }[] }).observations
    assert.ok(refused !== undefined, 'the call was seen')
    await go(`/calls/observations/${refused.id}`)
    const shown = (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ')
    for (const text of [
      `603 Network Blocked ${MARKUP}`,
      `url=javascript:planted()`,
      `Call-Info <javascript:planted()>;purpose=jwscard`,
      `Server ${MARKUP} right-to-left override`,
    ])
      assert.ok(shown.includes(text), `${text} in ${shown}`)
    await isInert(page)
    assert.equal(await page.locator('main a[href^="javascript:"]').count(), 0, 'no link of a stranger')
    await look('hostile-observation')
    for (const path of ['/calls', '/calls/groups', '/calls/observations', '/calls/directory', '/calls/groups/1']) {
      await go(path)
      await isInert(page)
      assert.equal(await page.locator('main a[href^="javascript:"]').count(), 0, path)
    }
  },
)

test(
  'a probe whose far end answers with hostile text shows it, and does nothing',
  { skip, timeout: 120_000 },
  async (t) => {
    const world = await startConsole(t)
    const port = await answerHostile(t)
    const one = await world.open('admin')
    await forbidPlanted(one.page)
    const { page, go, look } = one
    const { status, value } = await world.ask('admin', 'POST', '/v1/probes', {
      via: `sip:127.0.0.1:${port}`,
      from: '+12125550117',
      scenarios: [SCENARIOS[0]!.id],
    })
    assert.equal(status, 201, JSON.stringify(value))
    await go(`/probes/${(value as { probe: string }).probe}`)
    await page.getByRole('region', { name: 'Scenarios' }).waitFor()
    for (const details of await page.locator('main details').all())
      await details.evaluate((one) => one.setAttribute('open', ''))
    const shown = (await page.locator('main').innerText()).replaceAll(/\s+/g, ' ')
    for (const text of [`${MARKUP} right-to-left override0`, `javascript:planted() right-to-left override1`])
      assert.ok(shown.includes(text), `${text} in ${shown}`)
    await isInert(page)
    await look('hostile-probe-real')
    await go('/probes')
    await page.getByRole('grid', { name: 'Probes' }).getByRole('row').nth(1).waitFor()
    await isInert(page)
  },
)

/** A far end that refuses each call with markup and marks of direction in phrase, Reason and Server; answers its port. */
async function answerHostile(t: TestContext): Promise<number> {
  const socket = createSocket('udp4')
  t.after(() => void socket.close())
  socket.on('message', (octets, { port, address }) => {
    const request = octets.toString('utf8')
    if (!request.startsWith('INVITE ')) return
    const kept = request.split('\r\n').filter((line) => /^(?:Via|From|Call-ID|CSeq):/i.test(line))
    const to = request.split('\r\n').find((line) => /^To:/i.test(line))
    const reason = `SIP;cause=603;text="v=analytics1;url=javascript:planted() ${HIDDEN}1;tel=${MARKUP};id=x";location=RLN`
    const answer = [
      `SIP/2.0 603 ${MARKUP} ${HIDDEN}0`,
      ...kept,
      `${to};tag=far`,
      `Reason: ${reason}`,
      `Server: AudioCodes ${MARKUP} ${HIDDEN}2`,
      'Content-Length: 0\r\n\r\n',
    ]
    socket.send(answer.join('\r\n'), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket.address().port
}

/** A page, the answer that its fields come in, and those of them that outsiders write; `*` is the first of a list. */
type Case = readonly [
  page: string,
  of: keyof FilledWorld['places'] | undefined,
  answer: RegExp,
  fields: readonly string[],
]

const CALL = ['from', 'to', 'reason', 'blocker', 'carrier']
const CASES: readonly Case[] = [
  ['/overview', undefined, /^\/v1\/overview$/, ['rules.*.name', 'peers.*.name']],
  ['/calls', undefined, /^\/v1\/calling\/summary$/, ['numbers.*.number', 'numbers.*.by.*.blocker', 'sources.*.source']],
  ['/calls/groups', undefined, /^\/v1\/calling\/groups$/, ['groups.*.blocker', 'groups.*.block', 'groups.*.reason']],
  [
    '/calls/groups/X',
    'group',
    /^\/v1\/calling\/groups\/\d+$/,
    [
      'blocker',
      'block',
      'reason',
      'ownNumbers.*.number',
      'marks.*.by',
      'marks.*.note',
      ...CALL.map((name) => `observations.*.${name}`),
    ],
  ],
  ['/calls/observations', undefined, /^\/v1\/calling\/observations$/, CALL.map((name) => `observations.*.${name}`)],
  [
    '/calls/observations/X',
    'observation',
    /^\/v1\/calling\/observations\/\d+$/,
    [
      'from',
      'to',
      'phrase',
      'who',
      'why',
      'blocker',
      'carrier',
      'noticeId',
      'callId',
      'source',
      'answer',
      'contest.url',
      'contest.tel',
      'contest.email',
      'contest.card',
      'parts.*.part',
      'parts.*.text',
    ],
  ],
  ['/calls/silence', undefined, /^\/v1\/calling\/silence$/, ['findings.*.number', 'findings.*.carrier']],
  ['/calls/disputes', undefined, /^\/v1\/calling\/disputes$/, ['disputes.*.blocker', 'disputes.*.numbers.*']],
  [
    '/calls/disputes/X',
    'dispute',
    /^\/v1\/calling\/disputes\/[\w-]{22}$/,
    [
      'blocker',
      'allNumbers.*',
      'purpose',
      'changed',
      'events.*.words',
      'events.*.by',
      'calls.*.from',
      'calls.*.to',
      'calls.*.phrase',
      'contacts.*.value',
    ],
  ],
  ['/calls/directory', undefined, /^\/v1\/calling\/directory$/, ['blockers.*.blocker', 'blockers.*.unsigned.*.value']],
  ['/probes', undefined, /^\/v1\/probes$/, ['probes.*.via', 'probes.*.words', 'probes.*.by']],
  [
    '/probes/X',
    'probe',
    /^\/v1\/probes\/[\w-]{22}$/,
    [
      'via',
      'from',
      'by',
      'words',
      'farEnd',
      'report.guess.by',
      'report.scenarios.*.arrived',
      'report.scenarios.*.why',
      'report.deductions.*.sent',
      'report.deductions.*.arrived',
      'report.deductions.*.note',
      'links.*.by',
    ],
  ],
  ['/settings/accounts', undefined, /^\/v1\/accounts$/, ['accounts.*.name']],
  ['/settings/accounts', undefined, /^\/v1\/accounts\/invitations$/, ['invitations.*.name', 'invitations.*.by']],
  ['/settings/tokens', undefined, /^\/v1\/tokens$/, ['tokens.*.name']],
  ['/settings/outgoing', undefined, /^\/v1\/outgoing$/, ['webhooks.*.name', 'webhooks.*.url']],
  ['/settings/peers', undefined, /^\/v1\/gate\/peers$/, ['peers.*.name', 'peers.*.from.*']],
  [
    '/settings/peers/X',
    'peer',
    /^\/v1\/gate\/peers\/edge$/,
    ['from.*', 'tellsVerdict', 'tellsLabel', 'continueContact'],
  ],
  ['/settings/audit', undefined, /^\/v1\/audit$/, ['entries.*.by.name', 'entries.*.subject']],
]

test(
  'field by field what strangers wrote is shown whole, inert, and with nothing hidden',
  { skip, timeout: 300_000 },
  async (t) => {
    const world = await startFilled(t)
    const one = await world.open('admin')
    const { page, go, look } = one
    await forbidPlanted(page)
    let seen = 0
    for (const [path, of, answer, fields] of CASES)
      await t.test(`${path}: ${fields.join(', ')}`, async () => {
        const plant = await plantIn(one, answer, fields)
        await go(of === undefined ? path : world.places[of])
        for (const details of await page.locator('main details').all())
          await details.evaluate((one) => one.setAttribute('open', ''))
        const shown = await page.locator('main').innerText()
        const lost = fields.filter((_, at) => !shown.includes(`${MARKUP} right-to-left override${at}!`))
        assert.deepEqual(lost, [], shown)
        await isInert(page)
        if (LOOKED_AT.has(path)) await look(`hostile${path}`)
        seen += fields.length
        await plant.remove()
      })
    assert.ok(seen >= 70, `${seen} fields`)
  },
)

/** Writes hostile text into fields of an answer on its way to the page; a list that is empty gets one row, of `ROWS`. */
async function plantIn({ page }: ConsolePage, answer: RegExp, fields: readonly string[]) {
  const isIt = ({ pathname }: URL): boolean => answer.test(pathname)
  const isLive = ({ pathname }: URL): boolean => pathname === '/v1/overview/live'
  await page.route(isLive, (route) => route.abort())
  await page.route(isIt, async (route) => {
    const response = await route.fetch()
    const json = (await response.json()) as Record<string, unknown>
    for (const [at, field] of fields.entries()) plantAt(json, field.split('.'), `${MARKUP} ${HIDDEN}${at}!`)
    await route.fulfill({ response, json })
  })
  return { remove: () => Promise.all([page.unroute(isIt), page.unroute(isLive)]) }
}

function plantAt(place: Record<string, unknown>, [name = '', ...rest]: readonly string[], text: string): void {
  if (name === '*') return plantAt(place, ['0', ...rest], text)
  if (rest.length === 0) {
    place[name] = text
    return
  }
  if (rest[0] === '*') {
    const list = (place[name] ?? []) as unknown[]
    if (list.length === 0) list.push(structuredClone(ROWS.get(name)))
    place[name] = list
  } else place[name] ??= {}
  plantAt(place[name] as Record<string, unknown>, rest, text)
}

async function forbidPlanted(page: Page): Promise<void> {
  await page.exposeFunction('planted', () => assert.fail('a script of a stranger ran'))
}

async function isInert(page: Page): Promise<void> {
  assert.equal(await page.locator('main').locator('img, script, iframe, object, embed, [onerror]').count(), 0)
  const { text, title } = await page.evaluate(() => ({ text: document.body.innerText, title: document.title }))
  assert.ok(!text.includes('\u202e') && !title.includes('\u202e'), 'nothing turns the direction of writing')
}

const MARKUP = '<img src=x onerror=planted()>'
const HIDDEN = '\u202e'
const LOOKED_AT: ReadonlySet<string> = new Set([
  '/overview',
  '/calls',
  '/calls/disputes/X',
  '/probes/X',
  '/settings/tokens',
])
const TIME = '2026-11-23T10:00:00.000Z'
const SHARE = { hits: 24, of: 40 }
const ROWS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  [
    'findings',
    {
      kind: 'suspected',
      sign: 'busy',
      recent: SHARE,
      baseline: SHARE,
      p: 0,
      q: 0,
      test: 'fisher',
      spread: 1,
      words: '',
    },
  ],
  ['marks', { kind: 'resolved', at: TIME, effective: TIME }],
  ['deductions', { kind: 'phrase', points: 5, title: 'Changed', fix: 'mend it', scenarios: ['sip'] }],
  ['links', { id: 'x', at: TIME, until: TIME, isOpen: false }],
  ['invitations', { id: 'x', role: 'auditor', until: Date.parse(TIME) }],
  ['tokens', { id: 'x', scopes: ['cases.read'], until: Date.parse(TIME), madeAt: Date.parse(TIME) }],
  ['webhooks', { use: 'cases', waiting: 0, tries: 0 }],
])
