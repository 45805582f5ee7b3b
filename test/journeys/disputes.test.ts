// What docs/disputes.md tells: disputes from the command line, with blockers of each kind: one that has only an address, one that speaks the convention, a
// gate that blocks still. Real commands, a real SIP answer, a desk of a test's own over HTTP on this machine.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type TestContext, suite } from 'node:test'
import { numberToDial } from '../../src/core/probe/scenario.ts'
import { SCENARIOS } from '../../src/core/probe/scenarios.ts'
import { startMockBlocker } from '../../src/edge/prober/mock-blocker.ts'
import { sampleAttempt, sampleRefusal } from '../../src/edge/store/monitor-samples.ts'
import { openMonitorStore } from '../../src/edge/store/monitor-store.ts'
import { temporaryDirectory } from '../peers/peer.ts'
import { COMMAND } from '../peers/recourse.ts'

const NUMBER = '+12125550117'
const BLOCKER = 'redress.blocker-1.example'

suite('recourse disputes', () => {
  test('opens a dispute from a group with what its notices said, and not a second one unasked', async (t) => {
    const { run, open } = clinic(t)
    const { id } = await open()
    const shown = json((await run('show', id, '--json')).out)
    assert.deepEqual(
      [shown.status, shown.blocker, shown.numbers, shown.receipts, shown.calls.length, shown.due.what],
      ['draft', BLOCKER, [NUMBER], ['Kc9vN2x0RrmJ3p6t1wQ8Zg'], 2, 'file'],
    )
    const again = await run('open', '--group', '1')
    assert.deepEqual([again.code, again.err.includes(id)], [2, true], again.err)
    assert.equal((await run('open', '--group', '1', '--again')).code, 0)
    assert.match((await run('show', id.slice(0, 6))).out, /next {6}recourse disputes draft/)
  })

  test('mails to an address of a notice only when somebody typed it, by the mail of the configuration', async (t) => {
    const { run, open, folder } = clinic(t, { email: 'unblock@blocker-1.example', mail: true })
    const { id } = await open()
    const refused = await run('file', id, '--by', 'mail')
    assert.deepEqual(
      [refused.code, /not signed.*--to unblock@blocker-1\.example/.test(refused.err)],
      [2, true],
      refused.err,
    )
    assert.throws(() => readdirSync(join(folder, 'outgoing')), 'nothing left')
    const filed = await run('file', id, '--by', 'mail', '--to', 'unblock@blocker-1.example', '--json')
    assert.equal(filed.code, 0, filed.err)
    assert.deepEqual([json(filed.out).status, json(filed.out).filing.way], ['filed', 'mail'])
    const [name] = readdirSync(join(folder, 'outgoing'))
    const mail = readFileSync(join(folder, 'outgoing', name!), 'utf8')
    assert.match(mail, /^To: unblock@blocker-1\.example\r$/m)
    assert.match(mail, /Subject: Blocked calls from \+12125550117\r/)
    assert.match(mail, /-> \+13125550188 {2}603 /)
    assert.match(mail, new RegExp(`Message-ID: ${json(filed.out).filing.reference}`))
    assert.match((await run('heard', id, 'a person called back')).out, /is waiting/)
    const upheld = await run('outcome', id, 'upheld', '--text', 'they say no')
    assert.match(upheld.out, /is upheld/)
    assert.match((await run('list')).err, /no disputes that agree/)
    assert.match((await run('list', '--all')).out, /upheld/)
  })

  test('prints what to send where no mail is set up, or a form or a telephone is the way, and notes what somebody did', async (t) => {
    const { run, open } = clinic(t)
    const { id } = await open()
    const draft = await run('file', id, '--by', 'mail', '--to', 'unblock@blocker-1.example')
    assert.match(draft.out, /^To: unblock@blocker-1\.example\nSubject: Blocked calls/)
    assert.match(draft.err, /--done/)
    assert.match((await run('file', id, '--by', 'form')).out, /Phone numbers\n {4}\+12125550117\n/)
    assert.match((await run('file', id, '--by', 'telephone')).out, /What to say:/)
    assert.equal(json((await run('show', id, '--json')).out).status, 'draft', 'nothing was filed by printing it')
    const done = await run('file', id, '--by', 'form', '--done', '--reference', 'F-17', '--json')
    assert.deepEqual([json(done.out).status, json(done.out).filing.reference], ['filed', 'F-17'])
    assert.match((await run('draft', id)).out, /Calling numbers:/)
    assert.match(
      (await run('export')).out,
      /^"id","status","blocker".*\r\n.*,"filed","redress\.blocker-1\.example","1",/,
    )
  })

  test('a desk is followed at its own pace, answered, and never asked on its word to go elsewhere', async (t) => {
    const { run, open } = clinic(t)
    const { id } = await open()
    const desk = await openDesk(t)
    const file = (...more: string[]) => run('file', id, '--by', 'api', '--to', `${desk.url}/r/x`, ...more)
    assert.deepEqual([(await file()).code, desk.seen.length], [3, 0], 'this machine is asked only by word')
    const filed = await file('--allow-private', '--json')
    assert.equal(json(filed.out).status, 'filed', filed.err)
    const [, claim] = desk.seen
    assert.match(String(claim!.key), /^[\w-]{43}$/)
    assert.equal(JSON.parse(claim!.body).purpose, 'We remind patients.')
    assert.doesNotMatch((await run('show', id)).out + (await run('export', '--json')).out, /secret-token/)

    const asked = await run('poll', id, '--allow-private')
    assert.match(asked.out, /is question[\s\S]*they ask: Who dials\?/)
    assert.match((await run('answer', id, 'our own dialler', '--allow-private')).out, /is waiting/)
    assert.equal(desk.seen.at(-1)!.body, '{"text":"our own dialler"}')
    desk.state = 'later'
    assert.match((await run('poll', id, '--allow-private')).err, /come again in 600 s/)
    const before = desk.seen.length
    assert.match((await run('poll', id, '--allow-private')).err, /asked not to be asked before/)
    assert.match((await run('poll', '--allow-private')).err, /no desk is to be asked now/)
    assert.equal(desk.seen.length, before)
  })

  test('a claim whose answer was lost is sent again under its key', async (t) => {
    const { run, open } = clinic(t)
    const { id } = await open()
    const desk = await openDesk(t)
    desk.state = 'hangs up'
    const file = () => run('file', id, '--to', `${desk.url}/r/x`, '--allow-private')
    assert.equal((await file()).code, 3)
    desk.state = 'asks'
    assert.equal((await file()).code, 0)
    const keys = desk.seen.flatMap(({ key }) => key ?? [])
    assert.deepEqual([keys.length, new Set(keys).size], [2, 1])
  })

  test('a call placed again tells that the number is blocked still, works, or neither', async (t) => {
    const { run, open } = clinic(t)
    const { id } = await open()
    const blocker = await startMockBlocker()
    t.after(() => blocker.close())
    await run('file', id, '--by', 'telephone', '--to', '+18005550142', '--done')
    await run('outcome', id, 'lifted', '--text', 'they say it works')
    const scenario = SCENARIOS.find(
      ({ answer, isLegal }) => isLegal && answer.lines.some((line) => line.includes('analytics1')),
    )!
    const called = numberToDial(scenario)
    const retest = (...more: string[]) => run('retest', id, '--via', `sip:${blocker.address}`, '--to', called, ...more)
    const blocked = await retest()
    assert.deepEqual(
      [blocked.code, /still blocked/.test(blocked.out), /is regressed/.test(blocked.out)],
      [1, true, true],
    )
    const passed = await retest('--passes', '603')
    assert.deepEqual([passed.code, /it goes through/.test(passed.out), /is verified/.test(passed.out)], [0, true, true])
    await blocker.close()
    assert.match((await retest()).out, /tells neither/)
  })

  test('a lift is known in groups, and a call refused after it is found when the dispute is looked at', async (t) => {
    const { run, open, refuse } = clinic(t)
    const { id } = await open()
    await run('file', id, '--by', 'telephone', '--to', '+18005550142', '--done')
    await run('outcome', id, 'lifted', '--text', 'they say it works', '--heard-at', '0s')
    assert.match((await run('poll', id)).out, /as before: dispute \S+ is lifted/)
    refuse(Date.now() + 1_000)
    assert.match((await run('poll', id)).out, /was lifted: dispute \S+ is regressed; to file is on you/)
    assert.match((await run('poll', id)).out, /as before/)
    assert.equal(
      json((await run('show', id, '--json')).out).events.filter(({ kind }: { kind: string }) => kind === 'seen').length,
      1,
    )
  })

  const WRONG: [words: string[], what: RegExp][] = [
    [['show', 'nothing'], /no dispute nothing in this store/],
    [['open'], /name what is contested/],
    [['open', '--group', '99'], /no group 99/],
    [['open', '--number', 'abc'], /write a number as calls carry it/],
    [['list', '--status', 'lift'], /did you mean lifted\?/],
    [['list', '--blocker', 'redress.blocker-l.example'], /did you mean redress\.blocker-1\.example\?/],
    [['file', 'ID', '--by', 'male'], /did you mean mail\?/],
    [['file', 'ID', '--purpose', ''], /say what the calls are for/],
    [['file', 'ID', '--connect-to', 'x'], /--connect-to x: write a host/],
    [['file', 'ID', '--ca', 'none.pem'], /--ca none\.pem cannot be read/],
    [['file', 'ID', '--by', 'mail', '--to', 'x\r\nBcc: y@z.example'], /is no e-mail address/],
    [['outcome', 'ID', 'gone', '--text', 'x'], /write one of lifted, partly-lifted, upheld/],
    [['outcome', 'ID', 'lifted', '--text', 'x'], /not been filed yet/],
    [['retest', 'ID', '--via', 'nonsense'], /nonsense/],
    [['retest', 'ID', '--via', 'sip:127.0.0.1', '--passes', 'ok'], /write a status/],
    [['prove', 'ID'], /was not filed by API/],
    [['note', 'ID', ' '], /says nothing/],
    [['reopen', 'ID', 'x'], /not closed/],
  ]
  test('wrong words are told with what was expected, and change nothing', async (t) => {
    const { run, open } = clinic(t)
    const { id } = await open()
    for (const [words, what] of WRONG) {
      const { code, err } = await run(...words.map((word) => (word === 'ID' ? id : word)))
      assert.deepEqual([code, what.test(err)], [2, true], `${words.join(' ')}: ${err}`)
    }
    assert.equal(json((await run('show', id, '--json')).out).event, 1)
  })
})

type Run = { readonly code: number | null; readonly out: string; readonly err: string }

/** The calling side in a folder of its own, whose calls were refused twice. */
function clinic(t: TestContext, wishes: { email?: string; mail?: boolean } = {}) {
  const folder = temporaryDirectory(t)
  const mail = wishes.mail === true ? 'mail: { server: "folder:./outgoing", from: "ann@clinic.example.com" }\n' : ''
  writeFileSync(
    join(folder, 'recourse.yaml'),
    `operator: { name: "Clinic", contact: { email: "ann@clinic.example.com" } }\n${mail}`,
  )
  let placed = 0
  const refuse = (at: number): void => {
    const store = openMonitorStore(`sqlite:${join(folder, 'recourse.db')}`, { now: () => at })
    const contest = {
      url: `https://${BLOCKER}/r/Kc9vN2x0RrmJ3p6t1wQ8Zg`,
      tel: undefined,
      email: wishes.email,
      card: undefined,
    }
    const refusal = sampleRefusal({ from: NUMBER, contest })
    store.take(
      [
        sampleAttempt(1, {
          at,
          key: `call ${placed++}`,
          from: NUMBER,
          to: refusal.to,
          end: { kind: 'refused', refusal },
        }),
      ],
      [],
    )
    store.close()
  }
  refuse(Date.now() - 7_200_000)
  refuse(Date.now() - 3_600_000)
  // Not waited for in place: the desk that it asks may be one of this process.
  const run = (...args: readonly string[]): Promise<Run> =>
    new Promise((done) => {
      const options = { cwd: folder, timeout: 60_000 }
      const child = execFile(process.execPath, [COMMAND, 'disputes', ...args], options, (_, out, err) =>
        done({ code: child.exitCode, out, err }),
      )
    })
  const open = async (): Promise<{ id: string }> =>
    json((await run('open', '--group', '1', '--purpose', 'We remind patients.', '--json')).out)
  return { folder, run, open, refuse }
}

type Seen = { readonly url: string; readonly body: string; readonly key: string | string[] | undefined }

/** A desk that speaks the convention, and does as the test wants. */
async function openDesk(t: TestContext) {
  const desk = { seen: [] as Seen[], state: 'asks' as 'asks' | 'answered' | 'later' | 'hangs up', url: '' }
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const path = request.url ?? ''
      desk.seen.push({ url: path, body, key: request.headers['idempotency-key'] })
      if (desk.state === 'hangs up' && path === '/v1/claims') return response.destroy()
      if (desk.state === 'later') return response.writeHead(503, { 'retry-after': '600' }).end('{}')
      if (path.endsWith('/answers')) desk.state = 'answered'
      const question =
        desk.state === 'asks' ? { status: 'waiting-for-claimant', question: 'Who dials?' } : { status: 'open' }
      const links = {
        file: { href: `${desk.url}/v1/claims`, method: 'POST' },
        answers: { href: `${desk.url}/v1/claims/secret-token/answers`, method: 'POST' },
        challenges: { href: 'https://elsewhere.example/', method: 'POST' },
      }
      const status = `${desk.url}/c/secret-token`
      return response.end(
        JSON.stringify(
          path === '/v1/claims'
            ? { recourse: 1, case: 'C-1', status, needsConfirmation: false }
            : { recourse: 1, desk: { name: 'Desk' }, case: { next: 'we look', ...question }, links },
        ),
      )
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  desk.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return desk
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}

// oxlint-disable-next-line typescript/no-explicit-any -- what a script of somebody else's reads, without our types
function json(text: string): any {
  return JSON.parse(text)
}
