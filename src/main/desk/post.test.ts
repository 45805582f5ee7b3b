import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { NewMail } from '#core/redress/change.ts'
import { ownerLetter } from '#core/redress/letters.ts'
import {
  confirmAddress,
  eraseMail,
  findThread,
  giveUpWaiting,
  insertMail,
  type MailRow,
  mailFigures,
  markDelayed,
  markSent,
  noteReceived,
  takeMail,
} from '#edge/store/mail-store.ts'
import { openForWriting, parseStoreUrl } from '#edge/store/schema.ts'
import { MailSink, headerOf } from '../../../test/mail-sink.ts'
import { type Post, BUDGET, GIVE_UP_MS, MAILS_PER_DAY, NOTICES_PER_DAY, openPost, retryAfterMs } from './post.ts'

const CONFIRM: NewMail = {
  to: 'ann@clinic.example',
  subject: 'Please confirm',
  text: 'Hello',
  thread: 'case 1',
  purpose: 'confirm',
}
const NOTICE: NewMail = { ...CONFIRM, subject: 'Your case', purpose: 'notice' }

test('a message leaves once, and the next of its thread refers to it', async (t) => {
  const { db, sink, post } = await office(t)
  insertMail(db, CONFIRM, Date.now())
  await sink.takes(1)
  confirmAddress(db, 'Ann@Clinic.example', Date.now())
  insertMail(db, NOTICE, Date.now())

  const [first, second] = await sink.takes(2)

  const id = headerOf(first!, 'Message-ID')
  assert.match(id!, /^<[A-Za-z0-9_-]{22}@northwire\.example>$/)
  assert.equal(headerOf(second!, 'In-Reply-To'), id)
  assert.notEqual(headerOf(second!, 'Message-ID'), id)
  await settled(post, 2)
  assert.equal(sink.taken.length, 2)
  assert.deepEqual(findThread(db, ['<unknown@x>', id!]), { thread: 'case 1', to: 'ann@clinic.example' })
  assert.equal(findThread(db, [id!.replace('@', '@evil.')]), undefined)
})

test('nothing but the message that asks for it goes to an address that nobody confirmed', async (t) => {
  const { db, sink, post } = await office(t)
  insertMail(db, NOTICE, Date.now())
  insertMail(db, { ...CONFIRM, to: 'bea@bank.example', thread: 'case 2' }, Date.now())
  await sink.takes(1)
  await settled(post, 1)

  assert.deepEqual(
    sink.taken.map(({ to }) => to),
    [['bea@bank.example']],
  )
  assert.equal(mailFigures(db, Date.now()).waiting, 1)
})

test('an address gets three messages a day unasked and twenty notices: more notices wait, requests to confirm are dropped, alerts go out', async (t) => {
  const { db, sink, post } = await office(t)
  const at = Date.now()
  confirmAddress(db, 'ann@clinic.example', at)
  for (let count = 0; count < MAILS_PER_DAY; count++)
    insertMail(db, { ...CONFIRM, to: `ann${'+x'.repeat(count)}@clinic.example`, thread: `case ${count}` }, at)
  await settled(post, MAILS_PER_DAY)
  insertMail(db, { ...CONFIRM, to: 'ANN@clinic.example', thread: 'case 8' }, Date.now())
  for (let count = 0; count < NOTICES_PER_DAY; count++)
    insertMail(db, { ...NOTICE, thread: `told ${count}` }, Date.now())
  await settled(post, MAILS_PER_DAY + NOTICES_PER_DAY)
  insertMail(db, { ...NOTICE, thread: 'case 9' }, Date.now())
  insertMail(db, { ...NOTICE, purpose: 'alert', thread: 'overdue' }, Date.now())
  await settled(post, MAILS_PER_DAY + NOTICES_PER_DAY + 1)

  assert.equal(sink.taken.length, MAILS_PER_DAY + NOTICES_PER_DAY + 1)
  const rows = db.prepare("SELECT thread, state, due FROM mail WHERE state <> 'sent' ORDER BY id").all()
  assert.deepEqual(
    rows.map(({ thread, state }) => [thread, state]),
    [
      ['case 8', 'given-up'],
      ['case 9', 'waiting'],
    ],
  )
  assert.ok(Number(rows[1]!['due']) > at + 86_000_000, 'it waits until the first of the twenty is a day old')
})

test('an owner of numbers hears once a day of all that waits, beside his own three messages; neither stands in the way of the other', async (t) => {
  let ahead = 0
  const start = Date.now()
  const { db } = await office(t, undefined, false)
  const owner = 'owner@bank.example'
  confirmAddress(db, owner, start)
  const pump = (): { subject: string; text: string; purpose: string }[] => {
    const left: MailRow[] = []
    for (;;) {
      const now = start + ahead
      const mail = takeMail(db, { now, leaseMs: 60_000, domain: 'd.example', ...BUDGET })
      if (mail === undefined) return left
      markSent(db, mail.id, now)
      left.push(mail)
    }
  }
  const contested = (id: string, ...numbers: string[]): void =>
    insertMail(
      db,
      ownerLetter(owner, id, new Map(numbers.map((number) => [number, 1])), {
        operator: 'Northwire',
        public: '',
        timeZone: 'UTC',
      }),
      start + ahead,
    )
  contested('A', '+12125550117')
  const first = pump()
  assert.deepEqual(
    first.map(({ text }) => text.match(/^- .*$/gm)),
    [['- +12125550117: 1 case']],
  )
  // A stranger goes on for a day: nothing of it leaves, and it is one message.
  for (let count = 0; count < 50; count++) {
    ahead += 60_000
    contested(`B${count}`, '+12125550117', ...(count < 2 ? ['+12125550118'] : []))
    assert.deepEqual(pump(), [])
  }
  assert.equal(mailFigures(db, start + ahead).waiting, 1)
  // His own case is answered at once, and a request to confirm leaves too.
  for (const purpose of ['notice', 'notice', 'confirm'] as const)
    insertMail(db, { ...NOTICE, to: owner, purpose }, start + ahead)
  assert.deepEqual(
    pump().map(({ purpose }) => purpose),
    ['notice', 'notice', 'confirm'],
  )
  ahead = 86_400_000
  assert.deepEqual(
    pump().map(({ text }) => text.match(/^- .*$/gm)),
    [['- +12125550117: 50 cases', '- +12125550118: 2 cases']],
  )
  ahead += 14 * 86_400_000
  assert.equal(giveUpWaiting(db, start + ahead, start + ahead), 0, 'nothing of it was given up')
})

test('a letter to an owner that was tried once is left as it is: what comes later waits for the next', async (t) => {
  const { db } = await office(t, undefined, false)
  const at = Date.now()
  const letter = ownerLetter('owner@bank.example', 'A', new Map([['+12125550117', 1]]), {
    operator: 'N',
    public: '',
    timeZone: 'UTC',
  })
  confirmAddress(db, letter.to, at)
  insertMail(db, letter, at)
  const terms = { leaseMs: 60_000, domain: 'd.example', ...BUDGET }
  const taken = takeMail(db, { ...terms, now: at })
  markDelayed(db, taken!.id, at + 60_000, 'busy')
  insertMail(db, letter, at + 1)
  assert.equal(takeMail(db, { ...terms, now: at + 2 }), undefined)
  const again = takeMail(db, { ...terms, now: at + 60_000 })
  assert.deepEqual([again?.id, again?.text], [taken!.id, taken!.text])
})

test('what the server cannot take now is tried again with the same Message-ID, later each time, for three days', async (t) => {
  let ahead = 0
  const { db, sink, post, troubles } = await office(t, () => Date.now() + ahead)
  sink.answer = { message: 451 }
  insertMail(db, CONFIRM, Date.now())
  await until(() => troubles.length === 1)
  ahead = 120_000
  await until(() => troubles.length === 2)
  sink.answer = {}
  ahead = 600_000
  await settled(post, 1)

  assert.equal(post.figures().retried, 2)
  assert.deepEqual([0, 1, 2, 10].map(retryAfterMs), [60_000, 120_000, 240_000, 3_600_000])
  sink.answer = { message: 451 }
  insertMail(db, { ...CONFIRM, thread: 'case 2' }, Date.now() + ahead - GIVE_UP_MS - 1)
  await until(() => post.figures().givenUp === 1)
  assert.equal(mailFigures(db, Date.now()).waiting, 0)
})

test('what the server will never take is given up at once', async (t) => {
  const { db, sink, post, troubles } = await office(t)
  sink.answer = { recipient: 550 }
  insertMail(db, CONFIRM, Date.now())

  await until(() => post.figures().givenUp === 1)

  assert.match(troubles[0]!, /550/)
})

test('a text that a header field must not have is not recorded', async (t) => {
  const { db } = await office(t)
  for (const change of [{ to: 'a@b.example\r\nBcc: c@d.example' }, { subject: 'x\ny' }, { thread: 'x\u0000' }])
    assert.throws(() => insertMail(db, { ...CONFIRM, ...change }, Date.now()), /control character/)
  assert.equal(mailFigures(db, Date.now()).waiting, 0)
})

test('a message that comes in twice is taken once, and what has left is erased after its time', async (t) => {
  const { db, sink, post } = await office(t)
  const at = Date.now()
  const came = { messageId: '<r1@clinic.example>', thread: 'case 1', outcome: 'answered', at }
  assert.deepEqual([noteReceived(db, came), noteReceived(db, came)], [true, false])
  insertMail(db, CONFIRM, at)
  await sink.takes(1)
  await settled(post, 1)

  assert.equal(eraseMail(db, at - 1), 0)
  assert.equal(eraseMail(db, Date.now() + 1), 1)
  assert.equal(noteReceived(db, came), true, 'it is forgotten with the rest')
})

test('killed fifty times in the middle of sending, all messages arrive, and a second copy has the same Message-ID', async (t) => {
  const { db, store, sink } = await office(t, () => Date.now(), false)
  const messages = 60
  for (let number = 0; number < messages; number++)
    insertMail(db, { ...CONFIRM, to: `ann${number}@clinic.example`, thread: `case ${number}` }, Date.now())
  let release: () => void = () => undefined
  for (let kill = 0; kill < KILLS; kill++) {
    // It is killed while the server holds the answer back: nobody can say whether the message arrived.
    sink.hold = new Promise((resolve) => (release = resolve))
    const before = sink.received
    const child = spawn(process.execPath, [CHILD, store, String(sink.port), String(kill * 400_000)], {
      stdio: 'ignore',
    })
    await until(() => sink.received > before || child.exitCode !== null || allSent(db))
    child.kill('SIGKILL')
    await once(child, 'exit')
    release()
    if (allSent(db)) break
  }
  sink.hold = Promise.resolve()
  const post = openPost(termsOf(store, sink, [], () => Date.now() + KILLS * 400_000))
  t.after(() => post.close())
  await until(() => allSent(db))

  const idsByAddress = new Map<string, Set<string>>()
  for (const mail of sink.taken) {
    const [to = ''] = mail.to
    idsByAddress.set(to, (idsByAddress.get(to) ?? new Set()).add(headerOf(mail, 'Message-ID')!))
  }
  assert.equal(idsByAddress.size, messages)
  for (const [to, ids] of idsByAddress) assert.equal(ids.size, 1, `${to} got two Message-IDs`)
  assert.ok(sink.taken.length > messages, 'the kills made no double, so they showed nothing')
})

const KILLS = 50
const CHILD = fileURLToPath(new URL('./post-child.ts', import.meta.url))

type Office = { db: DatabaseSync; store: string; sink: MailSink; post: Post; troubles: string[] }

async function office(t: TestContext, now: () => number = Date.now, isOpen = true): Promise<Office> {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-post-'))
  const store = `sqlite:${join(folder, 'post.db')}`
  const db = openForWriting(parseStoreUrl(store), 'full')
  t.after(() => {
    db.close()
    rmSync(folder, { recursive: true })
  })
  const sink = await MailSink.start(t)
  const troubles: string[] = []
  const post = openPost(termsOf(store, sink, troubles, now))
  if (isOpen) t.after(() => post.close())
  else await post.close()
  return { db, store, sink, post, troubles }
}

function termsOf(store: string, sink: MailSink, troubles: string[], now: () => number) {
  return {
    store,
    server: { kind: 'smtp', host: '127.0.0.1', port: sink.port, tls: 'may', login: undefined } as const,
    sender: { name: 'Northwire', address: 'redress@northwire.example', replyTo: undefined },
    onTrouble: (why: string) => void troubles.push(why),
    now,
  }
}

function allSent(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM mail WHERE state = 'waiting'").get() === undefined
}

function settled(post: Post, sent: number): Promise<void> {
  return until(() => post.figures().sent === sent)
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 4_000; turn++) {
    if (isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.fail('it did not come to that')
}
