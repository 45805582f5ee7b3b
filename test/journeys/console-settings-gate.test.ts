// The settings that tell of the running gate, in a browser: peers are tested by two real calls through a real switch, the right and
// the wrong way round; notices are tried out to the octet; keys and certificates are shown, and nothing private ever is.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { type ConsoleWorld, startConsole } from '../peers/console-browser.ts'
import { startKamailio } from '../peers/kamailio.ts'
import { missing, temporaryDirectory, until } from '../peers/peer.ts'
import { freePort, freePorts } from '../peers/port.ts'
import { foundAuthority } from '../tls-certificates.ts'

const skip = missing('chromium', 'kamailio')

test('a peer is tested from its page, by clicks and by keys alone', { skip, timeout: 400_000 }, async (t) => {
  const world = await startConsole(t, {
    deny: [DENIED],
    gate: () => ({
      peers: [
        { name: 'edge', from: '127.0.0.1/32', continue: 404, tenant: HOSTILE },
        { name: 'spare', from: '127.0.9.0/24', continue: { status: 302, contact: 'sip:{user}@127.0.9.1' } },
      ],
    }),
  })
  const { page, go, settle, look } = await world.open('admin')
  page.setDefaultTimeout(15_000)
  const switchAs = (owner: TestContext, stops: string) => startSwitch(owner, world, stops)

  await t.test('peers are there with what was counted of their calls', async () => {
    await call(t, world, DENIED, 603)
    await call(t, world, '+12125550142', 404)
    await until('both calls to be counted', async () => {
      const { value } = await world.ask('admin', 'GET', '/v1/gate/peers/edge')
      return (value as { calls: number }).calls === 2
    })
    await go('/settings/peers')
    await page.getByRole('gridcell', { name: 'spare' }).waitFor()
    await page.getByRole('gridcell', { name: 'Not tested' }).nth(1).waitFor()
    await settle()
    await look('settings-peers')
    await page.getByRole('gridcell', { name: 'edge' }).click()
    await page.getByRole('heading', { name: 'edge', level: 1 }).waitFor()
    await page.getByText('1 (50.0 %)').waitFor()
    await page.getByText(HOSTILE, { exact: true }).waitFor()
    assert.equal(await page.locator('main img').count(), 0, 'nothing came of the markup in a tenant’s name')
  })

  await t.test('a switch that is the right way round is found right, by clicks', async (t) => {
    const { port, destination } = await switchAs(t, STOPS)
    await page.getByRole('button', { name: 'Test this peer' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Number that has to go on').fill(ALLOW)
    await dialog.getByLabel('Number that must not').fill(BLOCK)
    await dialog.getByLabel('Where the peer takes calls').fill(`sip:127.0.0.1:${port}`)
    await dialog.getByLabel('Address of this machine to answer at').fill(`udp:127.0.0.1:${destination}`)
    await settle()
    await look('settings-peer-test-dialog')
    await dialog.getByRole('button', { name: 'Start the test' }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText('edge does as the gate says: it went on after 404, and stopped at 603.').waitFor()
    await page.getByRole('list', { name: 'Steps' }).getByText('as it should', { exact: true }).nth(3).waitFor()
    assert.equal(world.gate.ledger().length, 1, 'a test blocks nobody')
  })

  await t.test('one that is the wrong way round is found so by keys alone, with what to do', async (t) => {
    const { port, destination } = await switchAs(t, 't_check_status("404")')
    await go('/settings/peers')
    await page.keyboard.press('j')
    await page.keyboard.press('Home')
    await page.waitForFunction(() => document.activeElement?.matches('[data-index="0"]') === true)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'edge', level: 1 }).waitFor()
    await page.getByText('What was agreed').waitFor()
    await page.keyboard.press('t')
    await page.waitForFunction(
      () => document.activeElement?.closest('[role=dialog]')?.querySelector('input') === document.activeElement,
    )
    await page.keyboard.type(ALLOW)
    await page.keyboard.press('Tab')
    await page.keyboard.type(BLOCK)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Control+A')
    await page.keyboard.type(`sip:127.0.0.1:${port}`)
    for (const _ of [1, 2, 3]) await page.keyboard.press('Tab')
    await page.keyboard.type(`udp:127.0.0.1:${destination}`)
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByText(/edge does the opposite of what the gate says/).waitFor()
    await page.getByText(/Change the table of that switch/).waitFor()
    await page.getByText('not as it should').nth(1).waitFor()
    await page.getByText('Earlier tests').waitFor()
    await settle()
    await look('settings-peer-inverted')
  })

  await t.test(
    'without placing or answering calls somebody says what rang; another test waits; a test can be ended',
    async () => {
      await page.keyboard.press('t')
      const dialog = page.getByRole('dialog')
      await dialog.getByLabel('Number that has to go on').fill(ALLOW)
      await dialog.getByLabel('Number that must not').fill(BLOCK)
      await dialog.getByLabel('Who places the calls').selectOption('hand')
      await dialog.getByLabel('Where they arrive').selectOption('elsewhere')
      await dialog.getByRole('button', { name: 'Start the test' }).click()
      await page
        .getByText(/Dial it now from a telephone behind edge/)
        .first()
        .waitFor()
      const second = await world.ask('admin', 'POST', '/v1/gate/peers/spare/tests', { allow: ALLOW, block: BLOCK })
      assert.equal(second.status, 503)
      assert.match((second.value as { detail: string }).detail, /edge is being tested: one test is run at a time/)
      await call(t, world, DENIED, 404, ALLOW)
      await page.getByRole('group', { name: 'Did it ring?' }).getByText(ALLOW).waitFor()
      await page.keyboard.press('y')
      await page.getByText(`Call 2 of 2, which must not go on: to ${BLOCK}`).waitFor()
      await page.getByRole('button', { name: 'Cancel', exact: true }).click()
      await page.getByText('Cancelled', { exact: true }).waitFor()
      // The gate judges those numbers again as it judges all others.
      await call(t, world, DENIED, 603, ALLOW)
    },
  )

  await t.test('what cannot be tested is refused in words, and the trail has who tested what', async () => {
    const start = (peer: string, body: object) => world.ask('admin', 'POST', `/v1/gate/peers/${peer}/tests`, body)
    for (const [peer, body, status, words] of [
      ['nobody', {}, 404, /no peer nobody/],
      ['edge', { block: ALLOW }, 400, /another number/],
      ['edge', { allow: '911' }, 400, /no emergency number/],
      ['edge', { through: 'sip:192.0.2.7' }, 400, /isElsewhere/],
      ['edge', { through: 'mailto:a' }, 400, /where the peer takes calls/],
      ['edge', { listen: 'here' }, 400, /an address of this machine/],
      ['edge', { allow: HOSTILE }, 400, /a telephone number/],
      ['edge', { from: 'nobody', through: 'sip:127.0.0.1:5060' }, 400, /a telephone number as the switch routes it/],
    ] as const) {
      const { status: found, value } = await start(peer, { allow: ALLOW, block: BLOCK, ...body })
      assert.equal(found, status, JSON.stringify(value))
      assert.match((value as { detail: string }).detail, words)
    }
    await go('/settings/peers/edge')
    await page.getByRole('button', { name: 'Test this peer' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Number that has to go on').fill('911')
    await dialog.getByLabel('Number that must not').fill(BLOCK)
    await dialog.getByLabel('Where the peer takes calls').fill('sip:127.0.0.1:5060')
    await dialog.getByLabel('Address of this machine to answer at').fill('udp:127.0.0.1:5090')
    await dialog.getByRole('button', { name: 'Start the test' }).click()
    await dialog.getByText('Expected a telephone number, and no emergency number.').waitFor()
    await page.waitForFunction(() => document.activeElement?.getAttribute('aria-invalid') === 'true')
    assert.equal(await dialog.getByRole('alert').count(), 0, 'it is said at its field, and once')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    const taken = await start('edge', { allow: ALLOW, block: BLOCK, listen: `udp:127.0.0.1:${world.gate.port}` })
    assert.equal(taken.status, 201)
    const { test } = taken.value as { test: string }
    await go(`/settings/peers/edge?test=${test}`)
    await page.getByText('Could not be run').waitFor()
    await page.getByText(/cannot listen on udp:127.0.0.1/).waitFor()
    const { value } = await world.ask('admin', 'GET', '/v1/audit?action=peer-test-ended')
    const outcomes = (value as { entries: { detail: { outcome: string } }[] }).entries.map(
      ({ detail }) => detail.outcome,
    )
    assert.deepEqual(outcomes.toSorted(), ['cancelled', 'failed', 'inverted', 'right'])
  })
})

test(
  'a notice is tried out to the octet, and the lines that bring it into force do',
  { skip, timeout: 300_000 },
  async (t) => {
    const world = await startConsole(t, { deny: [DENIED] })
    const { page, go, settle, look } = await world.open('admin')
    page.setDefaultTimeout(15_000)
    const answer = page.getByRole('region', { name: 'The answer, octet for octet' })

    await t.test('what is in force is shown as the gate writes it', async () => {
      await call(t, world, DENIED, 603)
      await go('/settings/notice')
      await answer.waitFor()
      const sent = reasonOf(world.gate.ledger()[0]!.answer)
      const shown = reasonOf(await answer.innerText())
      assert.equal(shown.replaceAll(RECEIPT, 'R'), sent.replaceAll(RECEIPT, 'R'))
      assert.ok(shown.includes('/r/'), shown)
      await page.getByText('In force', { exact: true }).waitFor()
    })

    await t.test('a change shows its octets at once, and whether a gate would refuse it', async () => {
      await page.getByLabel('Telephone (tel)').fill(HOSTILE)
      await page.getByText('A gate would refuse this').waitFor()
      await page
        .getByText(/is not "\+" and 2 to 15 digits/)
        .nth(1)
        .waitFor()
      assert.equal(await page.locator('main img').count(), 0, 'nothing came of the markup')
      await page.getByLabel('Telephone (tel)').fill('+18005550199')
      await page.getByText('Tried out, not in force').waitFor()
      await answer.getByText('tel=+18005550199').waitFor()
      await page.getByLabel('A call blocked by').selectOption('called-party')
      await answer.getByText('SIP/2.0 607 Unwanted').waitFor()
      await page.getByLabel('The caller withholds the number').check()
      await answer.getByText('SIP/2.0 433 Anonymity Disallowed').waitFor()
      await page.getByLabel('Do not originate').selectOption('403')
      await page.getByLabel('A call blocked by').selectOption('do-not-originate')
      await answer.getByText('SIP/2.0 403 Forbidden').waitFor()
      await settle()
      await look('settings-notice-changed')
    })

    await t.test('its lines, put where the page says, are what the next call is told by', async () => {
      const lines = await page.getByRole('region', { name: 'Lines for the configuration' }).innerText()
      const policyLines = await page.getByRole('region', { name: 'Lines for the policy' }).innerText()
      const file = join(world.gate.directory, 'recourse.yaml')
      const configuration = parse(readFileSync(file, 'utf8')) as { operator: object; policy: object }
      const { operator } = parse(lines) as { operator: object }
      configuration.operator = { ...configuration.operator, ...operator }
      configuration.policy = { ...configuration.policy, ...(parse(policyLines) as object) }
      writeFileSync(file, stringify(configuration))
      assert.equal((await page.getByText(/^kill -HUP \d+$/).innerText()).trim(), `kill -HUP ${world.gate.pid}`)
      process.kill(world.gate.pid, 'SIGHUP')
      await until('the other contact to be in force', async () => {
        const { value } = await world.ask('admin', 'GET', '/v1/gate/notice')
        return (value as { contact: { tel: string } }).contact.tel === '+18005550199'
      })
      await call(t, world, DENIED, 603, '+14155550199')
      assert.match(world.gate.ledger().at(-1)!.answer, /tel=\+18005550199/)
      await go('/settings/notice')
      await page.getByText('In force', { exact: true }).waitFor()
      assert.equal(await page.getByLabel('Do not originate').inputValue(), '403')
    })

    await t.test('by keys alone a contact is changed and all is undone', async () => {
      await page.getByLabel('Page (url)').focus()
      await page.keyboard.press('Tab')
      await page.keyboard.press('Control+A')
      await page.keyboard.type('+18005550142')
      await answer.getByText('tel=+18005550142').waitFor()
      const undo = page.getByRole('button', { name: 'Undo all changes' })
      for (let tabs = 0; tabs < 40 && !(await undo.evaluate((one) => one === document.activeElement)); tabs++)
        await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await answer.getByText('tel=+18005550199').waitFor()
      await page.getByText('In force', { exact: true }).waitFor()
    })
  },
)

test(
  'keys and certificates are shown with what ends when, and nothing private',
  { skip, timeout: 200_000 },
  async (t) => {
    const authority = foundAuthority('Northwire Authority')
    const inDays = (days: number): number => Date.now() + days * 86_400_000
    const gate = authority.mint({ name: HOSTILE, dns: ['gate.northwire.example'], until: inDays(5) })
    const card = authority.mint({ name: 'card', until: inDays(20) })
    const tlsPort = await freePort()
    const files = {
      'gate.pem': gate.certificate,
      'gate.key': gate.key,
      'card.pem': card.certificate,
      'card-key.pem': card.key,
      'roots.pem': authority.certificate,
    }
    const world = await startConsole(t, {
      files,
      gate: (port) => ({
        listen: [`udp:127.0.0.1:${port}`, `tls:127.0.0.1:${tlsPort}`],
        tls: { certificate: 'gate.pem', key: 'file:gate.key' },
      }),
      stir: { roots: 'roots.pem', hosts: ['*'] },
    })
    const { page, go, settle, look } = await world.open('admin')
    page.setDefaultTimeout(15_000)

    await go('/settings')
    for (let tabs = 0; tabs < 40 && !(await isFocused('Keys')); tabs++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.getByText('2 certificates end within 30 days.').waitFor()
    const certificates = page.getByRole('region', { name: 'Certificates' })
    await certificates.getByText('4 days left: renew it now').waitFor()
    await certificates.getByText('19 days left: renew it', { exact: true }).waitFor()
    await certificates.getByText('Trusted as authority of signed calls').waitFor()
    await certificates.getByText(/onerror=alert/).waitFor()
    assert.equal(await page.locator('main img').count(), 0, 'nothing came of the markup in a subject')
    await page.getByText('Seals new receipts').waitFor()
    await page.getByText('Signs the checkpoints of the ledger').waitFor()
    await settle()
    await look('settings-keys')

    const secrets = [
      gate.key,
      card.key,
      readFileSync(join(world.gate.directory, 'recourse.db.checkpoint-key.pem'), 'utf8'),
    ]
      .flatMap((pem) => pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----')))
      .concat(
        (JSON.parse(readFileSync(join(world.gate.directory, 'receipt-keys/slot-0.json'), 'utf8')) as { key: string })
          .key,
      )
    assert.ok(secrets.length >= 7)
    for (const path of ['/v1/gate/keys', '/v1/gate/notice', '/v1/gate/peers', '/v1/gate/peers/edge']) {
      const { status, value } = await world.ask('admin', 'GET', path)
      assert.equal(status, 200)
      const told = JSON.stringify(value)
      for (const secret of [...secrets, 'PRIVATE KEY']) assert.ok(!told.includes(secret), path)
    }

    await t.test('a new certificate in its file is shown, as new connections see it', async () => {
      const next = authority.mint({ name: 'next', until: inDays(300) })
      writeFileSync(join(world.gate.directory, 'gate.key'), next.key)
      writeFileSync(join(world.gate.directory, 'gate.pem'), next.certificate)
      await page.reload()
      await certificates.getByText('299 days left').waitFor()
      await page.getByText('1 certificate ends within 30 days.').waitFor()
    })

    function isFocused(name: string): Promise<boolean> {
      return page.evaluate((text) => document.activeElement?.textContent === text, name)
    }
  },
)

test('each role sees of the settings of the gate what the API gives it', { skip, timeout: 200_000 }, async (t) => {
  const world = await startConsole(t)
  for (const role of ['admin', 'auditor', 'case-worker', 'vetting'] as const) {
    const expected = role === 'admin' ? 200 : 403
    const { page, go } = await world.open(role)
    for (const [path, place] of PLACES) {
      assert.equal((await world.ask(role, 'GET', path)).status, expected, `${role} ${path}`)
      await go(place)
      const isRefused = (await page.getByText('Your role does not show you this').count()) > 0
      assert.equal(isRefused, role !== 'admin', `${role} ${place}`)
    }
  }
})

function reasonOf(answer: string): string {
  return /^Reason: .*$/m.exec(answer)![0].trim()
}

/** A Kamailio that asks the gate about calls, and routes those that go on to a port of the test. */
async function startSwitch(owner: TestContext, world: ConsoleWorld, stops: string) {
  const [port, destination] = await freePorts(2)
  const text = readFileSync(EXAMPLE, 'utf8')
  assert.ok(text.includes(STOPS))
  const file = join(temporaryDirectory(owner), 'kamailio.cfg')
  writeFileSync(file, text.replace(STOPS, stops))
  await startKamailio(owner, file, port!, {
    LISTEN: `udp:127.0.0.1:${port}`,
    GATE: `"sip:127.0.0.1:${world.gate.port}"`,
    DESTINATION: `"sip:127.0.0.1:${destination}"`,
  })
  return { port: port!, destination: destination! }
}

/** Asks the gate about one call, as the switch does. */
async function call(owner: TestContext, world: ConsoleWorld, calling: string, status: number, called = '+14155550163') {
  const caller = await Caller.open(world.gate.port)
  owner.after(() => caller.close())
  const name = `${calling}-${called}-${status}`.replaceAll('+', '')
  const about = { callId: name, branch: `z9hG4bK-${name}`, fromTag: 'a', port: caller.port }
  const answer = await caller.ask(formatInvite({ calling, called, ...about }))
  assert.ok(answer !== undefined, 'the gate answers')
  assert.equal(statusOf(answer), status)
}

const EXAMPLE = new URL('../../examples/kamailio/kamailio.cfg', import.meta.url).pathname
/** What the example takes for a block. */
const STOPS = 't_check_status("6[0-9][0-9]|433|403")'
const ALLOW = '+14155550101'
const BLOCK = '+14155550102'
const DENIED = '+12125550117'
const HOSTILE = '<img src=x onerror=alert(1)>'
const RECEIPT = /[A-Za-z0-9_-]{64}/g
const PLACES = [
  ['/v1/gate/peers', '/settings/peers'],
  ['/v1/gate/notice', '/settings/notice'],
  ['/v1/gate/keys', '/settings/keys'],
] as const
