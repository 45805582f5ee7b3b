import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { insertMail, takeMail } from '#edge/store/mail-store.ts'
import { openForWriting, parseStoreUrl } from '#edge/store/schema.ts'
import { type Inbox, type Incoming, openInbox } from './inbox.ts'

test('a reply to one of our messages is taken for its thread, once', async (t) => {
  const { inbox, replies, ours } = mailbox(t)

  assert.equal(await inbox.take(reply({ to: ours, text: 'We fixed it.' })), 'answered')
  assert.equal(await inbox.take(reply({ to: ours, text: 'We fixed it.' })), 'repeated')

  assert.deepEqual(replies, [{ thread: 'case1', stranger: undefined, text: 'We fixed it.', attachments: 0 }])
})

test('a reply that its case takes no more is counted as that, and is not brought again', async (t) => {
  const { inbox, ours } = mailbox(t)
  assert.equal(await inbox.take(reply({ to: ours, text: 'This is one too many.' })), 'refused')
  assert.equal(await inbox.take(reply({ to: ours, text: 'This is one too many.' })), 'repeated')
  assert.deepEqual([...inbox.figures.keys()], ['refused', 'repeated'])
})

test('a reply from another address says from whom it came', async (t) => {
  const { inbox, replies, ours } = mailbox(t)

  await inbox.take(reply({ to: ours, from: 'eve@evil.example', text: 'Lift it.' }))
  await inbox.take(reply({ to: ours, from: 'ANN@clinic.example', text: 'Mine.', id: '<r2@clinic.example>' }))

  assert.deepEqual(
    replies.map(({ stranger }) => stranger),
    ['eve@evil.example', undefined],
  )
})

test('what answers no message of ours, comes from a machine or cannot be read is counted and forgotten', async (t) => {
  const { inbox, replies, bounces, ours } = mailbox(t)
  const guessed = `<${'A'.repeat(22)}@northwire.example>`

  assert.equal(await inbox.take(reply({ to: guessed, text: 'Hello' })), 'unknown')
  assert.equal(
    await inbox.take(reply({ to: ours, text: 'I am away', fields: ['Auto-Submitted: auto-replied'] })),
    'automatic',
  )
  assert.equal(await inbox.take(reply({ to: ours, text: '> only a quote' })), 'empty')
  assert.equal(await inbox.take(Buffer.from('no mail at all')), 'unreadable')

  assert.deepEqual([replies, bounces], [[], []])
  assert.deepEqual([...inbox.figures.keys()].sort(), ['automatic', 'empty', 'unknown', 'unreadable'])
})

test('a message that could not be delivered is told of', async (t) => {
  const { inbox, bounces, ours } = mailbox(t)
  const fields = ['Content-Type: multipart/report; boundary=x']
  const text = `--x\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: ${ours}\r\n\r\nold\r\n--x--`

  assert.equal(await inbox.take(reply({ to: undefined, from: 'mailer-daemon@mx.example', text, fields })), 'bounced')

  assert.deepEqual(bounces, ['case1'])
})

test('a reply that could not be recorded is taken when it is brought again', async (t) => {
  const { inbox, replies, ours, fail } = mailbox(t)
  fail.times = 1

  await assert.rejects(inbox.take(reply({ to: ours, text: 'We fixed it.' })), /the store is full/)
  assert.equal(await inbox.take(reply({ to: ours, text: 'We fixed it.' })), 'answered')

  assert.equal(replies.length, 1)
})

test('replies that a mail server drops into the folder are taken, and stay there as read', async (t) => {
  const { replies, ours, folder, fail, troubles } = mailbox(t, true)
  fail.times = 1
  writeFileSync(join(folder, 'tmp.1'), reply({ to: ours, text: 'From a folder.' }))
  writeFileSync(join(folder, 'new', '1.mx'), reply({ to: ours, text: 'From a folder.' }))

  await until(() => readdirSync(join(folder, 'cur')).length === 1)

  assert.deepEqual(
    replies.map(({ text }) => text),
    ['From a folder.'],
  )
  assert.deepEqual(troubles, ['the store is full'], 'the first try failed, and the file stayed for the next')
  assert.deepEqual(readdirSync(join(folder, 'new')), [])
})

type Letter = { to: string | undefined; from?: string; text: string; id?: string; fields?: readonly string[] }

function reply({ to, from = 'ann@clinic.example', text, id = '<r1@clinic.example>', fields = [] }: Letter): Buffer {
  const head = [
    `From: Ann <${from}>`,
    `Message-ID: ${id}`,
    ...(to === undefined ? [] : [`In-Reply-To: ${to}`]),
    ...fields,
  ]
  return Buffer.from([...head, '', text].join('\r\n'))
}

type Mailbox = {
  inbox: Inbox
  replies: Incoming[]
  bounces: string[]
  troubles: string[]
  /** The Message-ID of a message that we sent. */
  ours: string
  folder: string
  fail: { times: number }
}

function mailbox(t: TestContext, hasFolder = false): Mailbox {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-inbox-'))
  const store = `sqlite:${join(folder, 'inbox.db')}`
  for (const name of ['new', 'cur']) mkdirSync(join(folder, name))
  const db = openForWriting(parseStoreUrl(store), 'full')
  const now = Date.now()
  const mail = { to: 'ann@clinic.example', subject: 'x', text: 'y', thread: 'case1', purpose: 'confirm' } as const
  insertMail(db, mail, now)
  const { messageId } = takeMail(db, { now, leaseMs: 1_000, domain: 'northwire.example', perDay: 3, noticesPerDay: 3 })!
  db.close()
  const [replies, bounces, troubles, fail]: [Incoming[], string[], string[], { times: number }] = [
    [],
    [],
    [],
    { times: 0 },
  ]
  const inbox = openInbox({
    store,
    folder: hasFolder ? folder : undefined,
    onReply: (incoming) => {
      if (fail.times-- > 0) return Promise.reject(new Error('the store is full'))
      replies.push(incoming)
      return Promise.resolve(incoming.text.includes('one too many') ? 'refused' : 'taken')
    },
    onBounce: (thread) => Promise.resolve(void bounces.push(thread)),
    onTrouble: (why) => troubles.push(why),
    now: Date.now,
  })
  t.after(async () => {
    await inbox.close()
    rmSync(folder, { recursive: true })
  })
  return { inbox, replies, bounces, troubles, ours: messageId, folder, fail }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (isSo()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.fail('it did not come to that')
}
