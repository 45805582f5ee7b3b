// The whole loop with real peers on both ways: SIPp is blocked, somebody contests the block where the notice says, confirms by
// the link in a message that a mail server took, proves the number by calling, a case worker lifts the block, the next call
// goes on, and the case says so.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { type Browser, type Page, chromium } from 'playwright-core'
import { Message } from '../../src/codec/sip/message.ts'
import { readNotice } from '../../src/codec/notice/read.ts'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { MailSink, type TakenMail, headerOf } from '../mail-sink.ts'
import { missing, until } from '../peers/peer.ts'
import { Recourse } from '../peers/recourse.ts'
import { CALLED, callsFrom, placeCalls } from '../peers/sipp.ts'
import { type Authority, foundAuthority } from '../tls-certificates.ts'

const skip = missing('sipp', 'chromium')
const HOST = 'redress.northwire.example'
const BLOCKED = '+12125550117'
const VERIFICATION = '+18005550142'
const PASSWORD = 'a long one that nobody guesses'

test(
  'a block is contested by the form in a browser, proved by a call, lifted, and the next call goes on',
  { skip, timeout: 180_000 },
  async (t) => {
    const world = await openWorld(t)
    const { gate, sink } = world
    const url = await blockedBySipp(t, gate)
    const page = await openBrowser(t, gate)

    await page.goto(url)
    assert.match(await page.locator('main').innerText(), /\(212\) 555-0117|\+1 212 555 0117/)
    await page.fill('#purpose', 'We remind patients of their appointments.')
    await page.fill('#changed', 'Numbers out of use were taken off the list.')
    await page.fill('#name', 'Ann Example')
    await page.fill('#email', 'ann@clinic.example.com')
    await page.click('main form button[type=submit]')
    await page.waitForURL(/filed/)
    const [confirm] = await sink.takes(1)
    assert.deepEqual(confirm!.to, ['ann@clinic.example.com'])
    await page.goto(linkIn(confirm!.octets, /\/confirm\/[\w-]{22}/))
    await page.click('main button[type=submit]')
    const [, received] = await sink.takes(2)
    assert.equal(headerOf(received!, 'In-Reply-To'), headerOf(confirm!, 'Message-ID'))
    const status = linkIn(received!.octets, /\/c\/[\w-]{22}/)
    await page.goto(status)
    await page.getByRole('button', { name: /what to dial/i }).click()
    const dial = await page.locator('a.dial').getAttribute('href')
    await world.prove(String(dial).replace('tel:', ''))
    await until('the proof on the page', async () => {
      await page.reload()
      return (await page.locator('main').innerText()).includes('Nothing shows yet') ? undefined : true
    })

    const [open] = world.cases('--open')
    world.command('case', 'decide', open!.case, 'lift', '--reason', 'The calls are wanted.', '--by', 'beth')

    await world.goesOn()
    await until('a case that says it is verified', () => world.cases('--status', 'verified')[0])
    await page.reload()
    assert.match(await page.locator('main').innerText(), /wanted/)
    const [, , decided] = await sink.takes(3)
    assert.match(textOf(decided!.octets), /decided to lift the block/)
    gate.verifyLedger()
  },
)

test(
  'a block is contested by a machine, proved by a call, lifted over the inside API, and the next call goes on',
  { skip, timeout: 180_000 },
  async (t) => {
    const world = await openWorld(t)
    const { gate, sink } = world
    const url = await blockedBySipp(t, gate)

    const block = await world.ask('GET', url)
    assert.equal(block.body.block.calling, BLOCKED)
    assert.equal(block.body.block.called, '+1415xxxxxxx')
    const claim = {
      receipts: [block.body.block.receipt],
      claimant: { name: 'Ann Example', email: 'ann@clinic.example.com', acts: 'for-itself' },
      purpose: 'We remind patients.',
      changed: '',
    }
    const { href, method } = block.body.links.file
    const filed = await world.ask(method, href, claim, { 'idempotency-key': 'one-key-that-nobody-guesses' })
    const again = await world.ask(method, href, claim, { 'idempotency-key': 'one-key-that-nobody-guesses' })
    assert.deepEqual([filed.status, again.status, again.body.case], [201, 201, filed.body.case])
    const [confirm] = await sink.takes(1)
    const confirmed = linkIn(confirm!.octets, /\/confirm\/[\w-]{22}/)
    await confirmInBrowser(t, gate, confirmed)
    await until(
      'a confirmed case',
      async () => (await world.ask('GET', filed.body.status)).body.case?.status === 'open' || undefined,
    )
    const challenge = await world.ask('POST', `${filed.body.status.replace('/c/', '/v1/claims/')}/challenges`, {
      number: BLOCKED,
    })
    assert.equal(challenge.status, 201, JSON.stringify(challenge.body))
    await world.prove(challenge.body.dial)
    await until('a proof', async () => (await world.ask('GET', filed.body.status)).body.case?.proofs[0])

    const token = await world.officeToken()
    const queue = await world.office('GET', '/v1/cases?open=true', token)
    assert.equal(queue.body.cases[0].case, filed.body.case)
    const whole = await world.office('GET', `/v1/cases/${filed.body.case}`, token)
    const decided = await world.office(
      'POST',
      `/v1/cases/${filed.body.case}/decision`,
      token,
      { decision: { outcome: 'lift', reason: 'The calls are wanted.' } },
      { 'if-match': String(whole.headers['etag']), 'idempotency-key': 'another-key-that-nobody-guesses' },
    )
    assert.ok(decided.status < 300, JSON.stringify(decided.body))

    await world.goesOn()
    await until(
      'a verified case',
      async () => (await world.ask('GET', filed.body.status)).body.case?.status === 'verified' || undefined,
    )
    assert.equal((await world.office('GET', '/v1/cases', undefined)).status, 401)
    gate.verifyLedger()
  },
)

test(
  'a question is answered by a reply that a mail server posts, and by one it drops into a folder',
  { skip, timeout: 120_000 },
  async (t) => {
    const world = await openWorld(t)
    const { gate, sink } = world
    const { body } = await world.ask('POST', `https://${HOST}/v1/claims`, {
      numbers: [BLOCKED],
      claimant: { name: 'Ann Example', email: 'ann@clinic.example.com', acts: 'for-itself' },
      purpose: 'We remind patients.',
      changed: '',
    })
    const [confirm] = await sink.takes(1)
    await confirmInBrowser(t, gate, linkIn(confirm!.octets, /\/confirm\/[\w-]{22}/))
    await sink.takes(2)
    const [, scope] = /--scope (\S+) /.exec(blockOf('docs/mail.md', 'recourse account token'))!
    const token = await world.officeToken(scope)
    const statusOfCase = async (): Promise<string | undefined> =>
      (await world.ask('GET', body.status)).body.case?.status

    world.command('case', 'ask', body.case, 'Who agreed to these calls?', '--by', 'beth')
    const [, , asked] = await sink.takes(3)
    const reply = replyTo(asked!, 'Our patients did, in writing.')
    const posted = await world.office('POST', '/v1/mail', token, reply, { 'content-type': 'message/rfc822' })
    assert.deepEqual([posted.status, posted.body], [200, { outcome: 'answered' }])
    assert.equal(await statusOfCase(), 'open')
    const again = await world.office('POST', '/v1/mail', token, reply, { 'content-type': 'message/rfc822' })
    assert.deepEqual(again.body, { outcome: 'repeated' })
    assert.equal(
      (await world.office('GET', `/v1/cases/${body.case}`, token)).status,
      403,
      'the token may do nothing else',
    )
    assert.equal(
      (await world.office('POST', '/v1/mail', undefined, reply, { 'content-type': 'message/rfc822' })).status,
      401,
    )

    world.command('case', 'ask', body.case, 'Since when?', '--by', 'beth')
    await until('the second question', async () => (await statusOfCase()) === 'waiting-for-claimant' || undefined)
    mkdirSync(join(gate.directory, 'Maildir', 'new'), { recursive: true })
    writeFileSync(join(gate.directory, 'Maildir', 'new', '1.mx'), replyTo(asked!, 'Since May.').replace('<r1@', '<r2@'))
    await until('an answer from the folder', async () => (await statusOfCase()) === 'open' || undefined)
    const shown = world.command('case', 'show', body.case)
    assert.match(shown, /Our patients did, in writing\./)
    assert.match(shown, /Since May\./)
  },
)

/** A reply as a mail program writes it. */
function replyTo(mail: TakenMail, text: string): string {
  const id = headerOf(mail, 'Message-ID')
  const head = ['From: Ann <ann@clinic.example.com>', 'Message-ID: <r1@clinic.example.com>', `In-Reply-To: ${id}`]
  return [...head, '', text, '', 'On Mon, Northwire <redress@northwire.example> wrote:', '> a question'].join('\r\n')
}

/** The block of a guide that has these words. */
function blockOf(path: string, words: string): string {
  const page = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  const block = [...page.matchAll(/```sh\n([\s\S]*?)```/g)]
    .map(([, text]) => text!)
    .find((text) => text.includes(words))
  assert.ok(block, `${path} has no block with ${words}`)
  return block
}

/** Has SIPp place a call that is blocked, and follows the URL in its notice. */
async function blockedBySipp(t: TestContext, gate: Recourse): Promise<string> {
  const run = await placeCalls(t, {
    scenario: 'uac-expect-network-blocked',
    rows: callsFrom(BLOCKED, 1),
    to: gate.port,
  })
  assert.equal(run.ending.code, 0, run.errors)
  const answer = run.messages.find(({ sent, bytes }) => !sent && bytes.toString('latin1').startsWith('SIP/2.0 603'))!
  const message = new Message()
  message.read(answer.bytes)
  const notice = readNotice(message)
  const url = /url=(https:[^;"]+)/.exec(answer.bytes.toString('latin1'))?.[1]
  assert.equal(notice?.kind, 'network-blocked')
  assert.match(url!, new RegExp(`^https://${HOST}/r/[\\w-]{64}$`))
  return url!
}

async function openWorld(t: TestContext) {
  const authority: Authority = foundAuthority('Desk Root')
  const desk = authority.mint({ name: HOST, dns: [HOST] })
  const sink = await MailSink.start(t)
  const gate = await Recourse.start(t, {
    deny: [BLOCKED],
    desk: `https://${HOST}`,
    verification: VERIFICATION,
    gate: () => ({ peers: [{ name: 'edge', from: '127.0.0.0/8', continue: 404, verstat: 'trust' }] }),
    deskMore: { tls: { certificate: 'desk.pem', key: 'file:desk-key.pem' } },
    files: { 'desk.pem': desk.certificate, 'desk-key.pem': desk.key },
    more: (officePort) => ({
      mail: {
        server: `smtp://127.0.0.1:${sink.port}`,
        from: 'redress@northwire.example',
        inbound: { folder: 'Maildir' },
      },
      office: { listen: `127.0.0.1:${officePort}`, public: `http://127.0.0.1:${officePort}` },
    }),
  })
  const caller = await Caller.open(gate.port)
  t.after(() => caller.close())
  let placed = 0
  const call = async (calling: string, called: string): Promise<number> => {
    const name = `redress-${placed++}-${process.pid}`
    const invite = formatInvite({
      calling,
      called,
      callId: name,
      branch: `z9hG4bK${name}`,
      fromTag: name,
      port: caller.port,
    })
    const answer = await caller.ask(invite)
    return answer === undefined ? 0 : statusOf(answer)
  }
  const command = (...args: readonly string[]): string => gate.command(...args)
  return {
    gate,
    sink,
    command,
    cases: (...args: readonly string[]): { case: string; status: string }[] =>
      command('case', 'list', '--json', ...args)
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line)),
    /** Calls the verification number from the blocked one, signed at level A by whom the peer trusts. */
    prove: async (dial: string): Promise<void> => {
      assert.ok(dial.startsWith(VERIFICATION), dial)
      assert.equal(await call(`${BLOCKED};verstat=TN-Validation-Passed-A`, dial), 404, 'such a call is never blocked')
    },
    goesOn: (): Promise<unknown> =>
      until('a call that goes on', async () => (await call(BLOCKED, CALLED)) === 404 || undefined),
    ask: (method: string, url: string, body?: unknown, headers: Record<string, string> = {}) =>
      askDesk(gate.deskPort, authority.certificate, method, url, body, headers),
    /** Beth follows the link that makes her account, and gets a token for her program. */
    officeToken: async (scopes = 'cases.read,cases.work,cases.decide'): Promise<string> => {
      const link = /https?:\/\/\S+\/welcome\/\S+/.exec(
        command('account', 'add', 'beth', '--role', 'case-worker', '--by', 'ann'),
      )!
      const page = await openBrowser(t, gate)
      await page.goto(link[0])
      for (const name of ['password', 'again']) await page.fill(`input[name=${name}]`, PASSWORD)
      await page
        .locator('form', { has: page.locator('input[name=again]') })
        .locator('button')
        .click()
      await page.waitForLoadState()
      return /rcs_[\w-]+/.exec(command('account', 'token', 'beth', '--name', 'script', '--scope', scopes, '--json'))![0]
    },
    office: async (
      method: string,
      path: string,
      token: string | undefined,
      body?: unknown,
      headers: Record<string, string> = {},
    ) => {
      const response = await fetch(`http://127.0.0.1:${gate.officePort}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      return {
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: JSON.parse((await response.text()) || '{}'),
      }
    },
  }
}

// oxlint-disable-next-line typescript/no-explicit-any -- what a machine of somebody else's reads, without our types
type Answer = { status: number; body: any }

/** Asks the desk as a machine does, by its public name, which leads to this machine. */
function askDesk(
  port: number,
  ca: string,
  method: string,
  url: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const { pathname, hostname } = new URL(url)
  const text = body === undefined ? undefined : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port,
        servername: hostname,
        ca,
        method,
        path: pathname,
        headers: {
          host: hostname,
          accept: 'application/json',
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
          ...headers,
        },
      },
      (response) => {
        let all = ''
        response.on('data', (part: Buffer) => (all += part.toString()))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(all || '{}') }))
      },
    )
    asking.on('error', reject)
    asking.end(text)
  })
}

/** A browser for which the desk's public name is on this machine; it runs no scripts. */
async function openBrowser(t: TestContext, gate: Recourse): Promise<Page> {
  const browser: Browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=MAP ${HOST}:443 127.0.0.1:${gate.deskPort}`,
    ],
  })
  t.after(() => browser.close())
  const context = await browser.newContext({ ignoreHTTPSErrors: true, javaScriptEnabled: false })
  return context.newPage()
}

async function confirmInBrowser(t: TestContext, gate: Recourse, url: string): Promise<void> {
  const page = await openBrowser(t, gate)
  await page.goto(url)
  await page.click('main button[type=submit]')
  await page.waitForLoadState()
}

/** The first link of that form in a message's text. */
function linkIn(octets: Buffer, form: RegExp): string {
  const found = new RegExp(`https://${HOST}${form.source}`).exec(textOf(octets))
  assert.ok(found, textOf(octets))
  return found[0]
}

/** Of a message in plain text, quoted-printable or not. */
function textOf(octets: Buffer): string {
  return octets
    .toString('utf8')
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
}
