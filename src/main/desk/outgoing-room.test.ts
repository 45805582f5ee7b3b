import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Who } from '#core/account/permission.ts'
import type { Outcome } from '#edge/http/calling/ports.ts'
import type { MailTest } from '#edge/http/upkeep/ports.ts'
import type { MailServer } from '#edge/mail/send.ts'
import { openAccountStore } from '#edge/store/account-store.ts'
import type { Config } from '#main/config/config.ts'
import { MailSink, headerOf } from '../../../test/mail-sink.ts'
import { foundAuthority } from '../../../test/tls-certificates.ts'
import { MAIL_TESTS_PER_HOUR, openOutgoing } from './outgoing-room.ts'
import { openPost } from './post.ts'

const ANN: Who = { account: 'a'.repeat(22), name: 'ann@northwire.example', role: 'admin', token: undefined }
const SECRET = 'a secret of sixteen and more'

test('a test mail leaves by the outbox, and says in the words of the server what became of it', async (t) => {
  const sink = await MailSink.start(t)
  const { outgoing, store, ended } = world(t, { server: smtp(sink.port) })
  const before = outgoing.read(ANN)
  assert.deepEqual([before.mail?.to, before.mail?.waiting, before.own], [`127.0.0.1:${sink.port}`, 0, ANN.name])

  const begun = done(outgoing.testMail({ to: 'bob@northwire.example' }, ANN))
  assert.equal(begun.state, 'waiting')
  const [mail] = await sink.takes(1)

  assert.deepEqual(mail!.to, ['bob@northwire.example'])
  assert.equal(headerOf(mail!, 'Subject'), 'Test mail of Northwire')
  const test = await ended(begun.id)
  assert.equal(test.state, 'accepted')
  assert.match(test.words, /^250 /)
  assert.deepEqual([test.advice, test.nextAt], ['', undefined])
  const { mail: after } = outgoing.read(ANN)
  assert.deepEqual([after?.waiting, after?.failure, after?.lastSent === undefined], [0, undefined, false])
  const [noted] = store.audit({ action: 'mail-tested' }, 1)
  assert.deepEqual([noted?.by.name, noted?.detail], [ANN.name, { domain: 'northwire.example' }])
  assert.equal(outgoing.mailTest(begun.id, { ...ANN, account: 'b'.repeat(22) }), undefined, 'it is hers alone')
})

test('each way in which mail cannot leave is told in words, with what to do', async (t) => {
  const refusing = await MailSink.start(t)
  refusing.answer = { recipient: 550 }
  const untrusted = await MailSink.start(t, foundAuthority('Nobody'))
  const mute = createTcpServer()
  mute.listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const { port: closed } = mute.address() as AddressInfo
  mute.close()
  await once(mute, 'close')
  const ways: readonly (readonly [server: MailServer, state: MailTest['state'], words: RegExp, advice: RegExp])[] = [
    [smtp(closed), 'delayed', /ECONNREFUSED/, /Nothing listens there/],
    [smtp(refusing.port), 'refused', /^550 /, /refused it for good/],
    [{ ...smtp(untrusted.port), tls: 'must' }, 'delayed', /certificate/, /certificate is not believed/],
    [{ ...smtp(refusing.port), tls: 'must' }, 'delayed', /command not recognized/, /offers no TLS/],
  ]
  for (const [server, state, words, advice] of ways) {
    const { outgoing, ended } = world(t, { server })
    const test = await ended(done(outgoing.testMail({ to: ANN.name }, ANN)).id)
    assert.equal(test.state, state, test.words)
    assert.match(test.words, words)
    assert.match(test.advice, advice)
    assert.equal(test.nextAt === undefined, state === 'refused', 'what is delayed is tried again')
    assert.match(outgoing.read(ANN).mail?.failure?.words ?? '', words)
  }
})

test('an account may send so many test mails an hour, another one its own', async (t) => {
  const sink = await MailSink.start(t)
  const { outgoing } = world(t, { server: smtp(sink.port) })
  for (let count = 0; count < MAIL_TESTS_PER_HOUR; count++) done(outgoing.testMail({ to: ANN.name }, ANN))
  const more = outgoing.testMail({ to: ANN.name }, ANN)
  assert.equal(more.kind === 'refused' && more.problem.kind, 'too-many')
  done(outgoing.testMail({ to: ANN.name }, { ...ANN, account: 'b'.repeat(22) }))
  await sink.takes(MAIL_TESTS_PER_HOUR + 1)
  const none = world(t, { server: undefined }).outgoing.testMail({ to: ANN.name }, ANN)
  assert.equal(none.kind === 'refused' && none.problem.kind, 'conflict')
})

test('a test event is signed like every other, and its receiver is heard', async (t) => {
  const receiver = await receive(t)
  const { outgoing, store } = world(t, { server: undefined, url: receiver.url })
  receiver.answer = [202, 'thank you']
  const taken = done(await outgoing.testHook({ name: 'crm', use: 'blocks-and-cases' }, ANN))

  assert.deepEqual([taken.state, taken.status, taken.words, taken.advice], ['accepted', 202, 'thank you', ''])
  const [{ headers, body }] = receiver.got as [Got]
  assert.deepEqual(JSON.parse(body), {
    recourse: 1,
    id: taken.event,
    type: 'test',
    at: (JSON.parse(body) as { at: string }).at,
  })
  assert.equal(headers['recourse-event'], taken.event)
  const [, seconds = '', signature] = /^t=(\d+),v1=(.*)$/.exec(String(headers['recourse-signature'])) ?? []
  assert.equal(signature, createHmac('sha256', SECRET).update(`${seconds}.${body}`).digest('hex'))
  const [noted] = store.audit({ action: 'webhook-tested' }, 1)
  assert.deepEqual([noted?.subject, noted?.detail], ['webhook crm', { state: 'accepted', status: 202 }])

  receiver.answer = [500, 'x'.repeat(1_000)]
  const failed = done(await outgoing.testHook({ name: 'crm', use: 'blocks-and-cases' }, ANN))
  assert.deepEqual([failed.state, failed.status, failed.words.length], ['failed', 500, 300])
  assert.match(failed.advice, /receiver failed/)
  const unknown = await outgoing.testHook({ name: 'crm', use: 'alerts' }, ANN)
  assert.equal(unknown.kind === 'refused' && unknown.problem.kind, 'not-found')
})

test('a receiver that is not there, or that never answers, is told in words', { timeout: 40_000 }, async (t) => {
  const gone = await receive(t)
  await gone.close()
  const silent = await receive(t)
  silent.answer = undefined
  for (const [url, words, advice] of [
    [gone.url, /ECONNREFUSED/, /Nothing listens there/],
    [silent.url, /no answer within 10 s/, /did not answer in time/],
  ] as const) {
    const { outgoing } = world(t, { server: undefined, url })
    const { state, status, ...found } = done(await outgoing.testHook({ name: 'crm', use: 'blocks-and-cases' }, ANN))
    assert.deepEqual([state, status], ['failed', undefined])
    assert.match(found.words, words)
    assert.match(found.advice, advice)
  }
})

test('nothing that is shown has a secret in it', (t) => {
  const url = 'https://hooks.crm.example/in/T0123456789ABCDEFGH/x?key=hidden-one'
  const login = { user: 'recourse', password: 'hidden-two' }
  const { outgoing } = world(t, { server: { ...smtp(25), login }, url })
  const text = JSON.stringify(outgoing.read(ANN))
  assert.doesNotMatch(text, /hidden|T0123456789|a secret of/)
  assert.match(text, /https:\/\/hooks\.crm\.example\/in\/…\/x\?…/)
  assert.match(text, /"login":"recourse"/)
})

type Got = { readonly headers: IncomingMessage['headers']; readonly body: string }

function world(t: TestContext, { server, url }: { server: MailServer | undefined; url?: string }) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-outgoing-'))
  const path = join(folder, 'recourse.db')
  const sender = { name: 'Northwire', address: 'redress@northwire.example', replyTo: undefined }
  const config = {
    operator: { name: 'Northwire' },
    store: { kind: 'sqlite', path },
    outlets: { webhooks: url === undefined ? [] : [{ name: 'crm', url, secret: SECRET }], hep: undefined },
    mail: server && { server, sender, folder: undefined },
  } as unknown as Config
  const now = () => Date.now()
  const store = openAccountStore(`sqlite:${path}`)
  const outgoing = openOutgoing(config, now)
  const post = server && openPost({ store: `sqlite:${path}`, server, sender, onTrouble: () => undefined, now })
  t.after(async () => {
    await post?.close()
    outgoing.close()
    store.close()
    rmSync(folder, { recursive: true })
  })
  /** Waits until a test was tried. */
  const ended = async (id: string): Promise<MailTest> => {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
      const test = outgoing.mailTest(id, ANN)!
      if (test.state !== 'waiting') return test
      await new Promise((next) => setTimeout(next, 20))
    }
    throw new Error('nobody tried it')
  }
  return { outgoing, store, ended }
}

function smtp(port: number): MailServer & { kind: 'smtp' } {
  return { kind: 'smtp', host: '127.0.0.1', port, tls: 'may', login: undefined }
}

function done<Value>(outcome: Outcome<Value>): Value {
  assert.ok(outcome.kind === 'done', JSON.stringify(outcome))
  return outcome.value
}

/** A receiver that answers as it is told, or not at all. */
async function receive(t: TestContext) {
  const got: Got[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      got.push({ headers: request.headers, body: Buffer.concat(parts).toString() })
      if (receiver.answer !== undefined) response.writeHead(receiver.answer[0]).end(receiver.answer[1])
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    if (server.listening) await new Promise((closed) => server.close(closed))
  }
  t.after(close)
  const receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`,
    answer: [204, ''] as readonly [number, string] | undefined,
    got,
    close,
  }
  return receiver
}
