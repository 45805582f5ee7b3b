import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import fc from 'fast-check'
import PostalMime from 'postal-mime'
import { MailSink, headerOf } from '../../../test/mail-sink.ts'
import { foundAuthority } from '../../../test/tls-certificates.ts'
import { takeDropped } from './drop.ts'
import { type Letter, UnwritableLetter, sealLetter } from './letter.ts'
import { MESSAGE_OCTETS_MAX, readReply } from './reply.ts'
import { type MailServer, sendLetter } from './send.ts'

const SENDER = { name: 'Northwire', address: 'redress@northwire.example', replyTo: undefined }
const LETTER: Letter = {
  messageId: '<AAAAAAAAAAAAAAAAAAAAAA@northwire.example>',
  at: Date.UTC(2026, 10, 22, 12, 0, 0),
  to: 'ann@clinic.example',
  subject: 'Your blocked calls: case 7Jq',
  text: 'Hello,\n\nplease confirm.\n',
  references: [],
}

describe('a letter', () => {
  test('is plain text from the operator to one recipient, and says that a machine wrote it', async () => {
    const { octets, from, to } = await sealLetter(LETTER, SENDER)

    const email = await PostalMime.parse(octets)
    assert.deepEqual([from, to], ['redress@northwire.example', 'ann@clinic.example'])
    assert.deepEqual(email.from, { name: 'Northwire', address: 'redress@northwire.example' })
    assert.deepEqual(
      email.to?.map(({ address }) => address),
      ['ann@clinic.example'],
    )
    assert.equal(email.subject, LETTER.subject)
    assert.equal(email.messageId, LETTER.messageId)
    assert.equal(Date.parse(email.date!), LETTER.at)
    assert.equal(email.text?.trim(), LETTER.text.trim())
    assert.equal(email.html, undefined)
    assert.equal(email.headers.find(({ key }) => key === 'auto-submitted')?.value, 'auto-generated')
    assert.equal(email.inReplyTo, undefined)
  })

  test('refers to the first message of its thread and to the one before it', async () => {
    const references = ['<first@northwire.example>', '<before@northwire.example>']

    const email = await PostalMime.parse((await sealLetter({ ...LETTER, references }, SENDER)).octets)

    assert.equal(email.inReplyTo, references[1])
    assert.equal(email.references, references.join(' '))
  })

  test('names where replies go when that is another address', async () => {
    const email = await PostalMime.parse(
      (await sealLetter(LETTER, { ...SENDER, replyTo: 'in@northwire.example' })).octets,
    )

    assert.deepEqual(
      email.replyTo?.map(({ address }) => address),
      ['in@northwire.example'],
    )
  })

  test('is the same octets in every try, but for what separates its parts', async () => {
    const [one, two] = [await sealLetter(LETTER, SENDER), await sealLetter(LETTER, SENDER)]

    assert.deepEqual(Buffer.from(one.octets).toString(), Buffer.from(two.octets).toString())
  })

  const NOT_WRITTEN: readonly [string, Partial<Letter>][] = [
    ['a line break in the recipient', { to: 'ann@clinic.example\r\nBcc: eve@evil.example' }],
    ['two recipients', { to: 'ann@clinic.example, eve@evil.example' }],
    ['a name before the recipient', { to: 'Ann <ann@clinic.example>' }],
    ['a group', { to: 'all:ann@clinic.example;' }],
    ['a quoted recipient', { to: '"ann eve"@clinic.example' }],
    ['a recipient without a domain', { to: 'ann' }],
    ['a line feed in the subject', { subject: 'x\nBcc: eve@evil.example' }],
    ['a carriage return in the subject', { subject: 'x\rBcc: eve@evil.example' }],
    ['NUL in the subject', { subject: 'x\u0000y' }],
    ['a line separator in the subject', { subject: 'x\u2028Bcc: eve@evil.example' }],
    ['a turn of direction in the subject', { subject: 'x\u202Ey' }],
    ['a subject without end', { subject: 'x'.repeat(201) }],
    ['a line break in the Message-ID', { messageId: '<a@b>\r\nBcc: eve@evil.example' }],
    ['a reference that is none', { references: ['eve@evil.example'] }],
  ]
  for (const [what, change] of NOT_WRITTEN)
    test(`with ${what} is not written`, async () => {
      await assert.rejects(sealLetter({ ...LETTER, ...change }, SENDER), UnwritableLetter)
    })

  test('whatever its text and subject say, has the header fields that it is to have, and no other', async () => {
    const expected = [
      'auto-submitted',
      'content-transfer-encoding',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
    ]
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.constantFrom(
        '\r\n.\r\nMAIL FROM:<a@b>',
        '\n\nBcc: eve@evil.example\n',
        '.',
        '..\r\n.',
        '\u001b[2J',
        '=?utf-8?q?x?=',
      ),
    )
    await fc.assert(
      fc.asyncProperty(hostile, fc.string({ maxLength: 80 }), async (text, subject) => {
        const { octets } = await sealLetter(
          { ...LETTER, text: `Hello ${text}`, subject: `Case ${subject.replaceAll(/\p{C}/gu, '')}` },
          SENDER,
        )
        const email = await PostalMime.parse(octets)
        assert.deepEqual(email.headers.map(({ key }) => key).sort(), expected)
        // oxlint-disable-next-line no-control-regex -- these are what must not be there
        assert.doesNotMatch(Buffer.from(octets).toString('latin1'), /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/)
      }),
      { numRuns: 200 },
    )
  })

  test('shows a control character of its text as a code', async () => {
    const email = await PostalMime.parse((await sealLetter({ ...LETTER, text: 'a\u001b[31mb\u202Ec' }, SENDER)).octets)

    assert.equal(email.text?.trim(), 'a[U+001B][31mb[U+202E]c')
  })
})

/** What the sink says to a message that it takes. */
const TAKEN = { kind: 'taken', words: '250 OK: message queued' }

describe('a mail server', () => {
  test('gets the letter for its one recipient', async (t) => {
    const sink = await MailSink.start(t)

    assert.deepEqual(await send(sink), TAKEN)

    assert.deepEqual(
      sink.taken.map(({ from, to }) => [from, to]),
      [[SENDER.address, [LETTER.to]]],
    )
    assert.equal(headerOf(sink.taken[0]!, 'Message-ID'), LETTER.messageId)
  })

  const ANSWERS: readonly [string, MailSink['answer'], 'refused' | 'delayed'][] = [
    ['that knows no such recipient refuses it for good', { recipient: 550 }, 'refused'],
    ['that has no room for the recipient now may take it later', { recipient: 452 }, 'delayed'],
    ['that finds the message bad refuses it for good', { message: 554 }, 'refused'],
    ['that is busy may take it later', { message: 451 }, 'delayed'],
  ]
  for (const [what, answer, kind] of ANSWERS)
    test(what, async (t) => {
      const sink = await MailSink.start(t)
      sink.answer = answer

      const sent = await send(sink)

      assert.equal(sent.kind, kind)
      assert.match('why' in sent ? sent.why : '', new RegExp(String(answer.recipient ?? answer.message)))
      assert.equal(sink.taken.length, 0)
    })

  test('that is not there may take it later', async () => {
    const sent = await sendLetter(await sealLetter(LETTER, SENDER), 'x', smtp(9, 'may'))

    assert.equal(sent.kind, 'delayed')
  })

  test('that has no TLS gets nothing where TLS is a must', async (t) => {
    const sink = await MailSink.start(t)

    const sent = await sendLetter(await sealLetter(LETTER, SENDER), 'x', smtp(sink.port, 'must'))

    assert.equal(sent.kind, 'delayed')
    assert.equal(sink.taken.length, 0)
  })

  test('gets it by TLS where its certificate is good', async (t) => {
    const authority = foundAuthority('Mail Root')
    const sink = await MailSink.start(t, authority.mint({ name: 'mail', addresses: ['127.0.0.1'] }))

    const sent = await sendLetter(await sealLetter(LETTER, SENDER), 'x', {
      ...smtp(sink.port, 'must'),
      trust: authority.certificate,
    })

    assert.deepEqual(sent, TAKEN)
    assert.equal(sink.taken[0]?.secure, true)
  })

  test('with a certificate of nobody we know gets nothing', async (t) => {
    const sink = await MailSink.start(t, foundAuthority('Another').mint({ name: 'mail', addresses: ['127.0.0.1'] }))

    const sent = await sendLetter(await sealLetter(LETTER, SENDER), 'x', {
      ...smtp(sink.port, 'must'),
      trust: foundAuthority('Mail Root').certificate,
    })

    assert.equal(sent.kind, 'delayed')
    assert.equal(sink.taken.length, 0)
  })

  test('is logged in to where it wants that, and a wrong password is worth another try', async (t) => {
    const login = { user: 'redress', password: 'correct' }
    const sink = await MailSink.start(t, undefined, login)
    const letter = await sealLetter(LETTER, SENDER)

    const wrong = await sendLetter(letter, 'x', { ...smtp(sink.port, 'may'), login: { ...login, password: 'wrong' } })
    const right = await sendLetter(letter, 'x', { ...smtp(sink.port, 'may'), login })

    assert.equal(wrong.kind, 'delayed')
    assert.deepEqual(right, TAKEN)
    assert.equal(sink.taken.length, 1)
  })

  test('may be a folder, where a letter is whole or not there, and one file however often it is written', async (t) => {
    const path = folderFor(t)
    const letter = await sealLetter(LETTER, SENDER)

    for (let count = 0; count < 2; count++)
      assert.deepEqual(await sendLetter(letter, 'AAAAAAAAAAAAAAAAAAAAAA', { kind: 'folder', path }), {
        kind: 'taken',
        words: `written to ${path}`,
      })

    assert.deepEqual(readdirSync(path), ['AAAAAAAAAAAAAAAAAAAAAA.eml'])
    assert.deepEqual(readFileSync(join(path, 'AAAAAAAAAAAAAAAAAAAAAA.eml')), Buffer.from(letter.octets))
    assert.equal(
      (await sendLetter(letter, 'x', { kind: 'folder', path: join(path, 'AAAAAAAAAAAAAAAAAAAAAA.eml') })).kind,
      'delayed',
    )
  })
})

describe('what comes in', () => {
  test('is a reply, without what it quotes', async () => {
    const reply = await readReply(
      mail(
        ['In-Reply-To: <b@x.example>', 'References: <a@x.example> <b@x.example>'],
        'We fixed the dialler.\r\n\r\nOn Mon, 23 Nov 2026 at 09:00, Northwire <redress@northwire.example> wrote:\r\n> please confirm\r\n',
      ),
    )

    assert.deepEqual(reply, {
      kind: 'reply',
      messageId: '<r1@clinic.example>',
      from: 'ann@clinic.example',
      references: ['<b@x.example>', '<b@x.example>', '<a@x.example>'],
      text: 'We fixed the dialler.',
      attachments: 0,
    })
  })

  const QUOTED: readonly [string, string][] = [
    ['an Outlook', 'Yes.\r\n\r\n-----Original Message-----\r\nFrom: x\r\nold'],
    ['a signature', 'Yes.\r\n-- \r\nAnn'],
    ['a rule', 'Yes.\r\n________________________________\r\nFrom: Northwire <a@b.example>\r\nold'],
    [
      'an introduction in two lines',
      'Yes.\r\n\r\nOn Mon, 23 Nov 2026 at 09:00, Northwire\r\n<a@b.example> wrote:\r\n> old',
    ],
    ['quotes in between', '> question?\r\nYes.\r\n> other'],
  ]
  for (const [what, body] of QUOTED)
    test(`is taken without the words of ${what}`, async () => {
      const reply = await readReply(mail([], body))

      assert.equal(reply.kind === 'reply' ? reply.text : reply.kind, 'Yes.')
    })

  test('keeps words that only look like a quote', async () => {
    const reply = await readReply(mail([], 'On 3 calls a > b was seen.\r\nFrom: here on we call less.'))

    assert.equal(reply.kind === 'reply' ? reply.text : '', 'On 3 calls a > b was seen.\nFrom: here on we call less.')
  })

  const MACHINES: readonly [string, string[]][] = [
    ['Auto-Submitted', ['Auto-Submitted: auto-replied']],
    ['Precedence', ['Precedence: bulk']],
    ['a list', ['List-Id: <x.example>']],
  ]
  for (const [what, fields] of MACHINES)
    test(`from a machine, by ${what}, is ignored`, async () => {
      assert.deepEqual(await readReply(mail(fields, 'I am away')), {
        kind: 'ignored',
        messageId: '<r1@clinic.example>',
        why: 'automatic',
      })
    })

  test('that says it is of a person is a reply', async () => {
    assert.equal((await readReply(mail(['Auto-Submitted: no'], 'hello'))).kind, 'reply')
  })

  test('from a server that could not deliver is a bounce, and names what came back', async () => {
    const report = [
      '--x',
      'Content-Type: text/plain',
      '',
      'could not be delivered',
      '--x',
      'Content-Type: message/rfc822',
      '',
      'Message-ID: <AAAAAAAAAAAAAAAAAAAAAA@northwire.example>',
      'Subject: y',
      '',
      'text',
      '--x--',
      '',
    ].join('\r\n')

    const bounce = await readReply(
      mail(['Content-Type: multipart/report; report-type=delivery-status; boundary=x'], report),
    )

    assert.equal(bounce.kind, 'bounce')
    assert.ok(bounce.kind === 'bounce' && bounce.references.includes('<AAAAAAAAAAAAAAAAAAAAAA@northwire.example>'))
  })

  test('that cannot be told apart, has no sender or is too long is unreadable', async () => {
    for (const octets of [
      Buffer.from('From: ann@clinic.example\r\n\r\nno id'),
      Buffer.from('Message-ID: <x@y.example>\r\n\r\nno sender'),
      Buffer.alloc(MESSAGE_OCTETS_MAX + 1, 0x61),
    ])
      assert.equal((await readReply(octets)).kind, 'unreadable')
  })

  test('whatever its octets are, is read to one of the answers', async () => {
    const seeds = fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }),
      fc
        .string({ unit: 'binary' })
        .map((text) => Buffer.from(`From: a@b.example\r\nMessage-ID: <x@y.example>\r\n${text}`)),
    )
    await fc.assert(
      fc.asyncProperty(seeds, async (octets) => {
        const reply = await readReply(octets)
        assert.ok(['reply', 'bounce', 'ignored', 'unreadable'].includes(reply.kind))
      }),
      { numRuns: 300 },
    )
  })
})

describe('a mailbox in a folder', () => {
  test('is emptied from new to cur, and what could not be taken stays', async (t) => {
    const folder = folderFor(t)
    mkdirSync(join(folder, 'new'))
    for (const [name, text] of [
      ['1.a', 'one'],
      ['2.a', 'two'],
      ['3.a', 'three'],
    ] as const)
      writeFileSync(join(folder, 'new', name), text)
    const got: string[] = []

    await assert.rejects(
      takeDropped(
        folder,
        (octets) => {
          const text = Buffer.from(octets).toString()
          if (text === 'two') return Promise.reject(new Error('the store is full'))
          got.push(text)
          return Promise.resolve()
        },
        () => undefined,
      ),
    )

    assert.deepEqual(got, ['one'])
    assert.deepEqual(readdirSync(join(folder, 'cur')), ['1.a:2,S'])
    assert.deepEqual(readdirSync(join(folder, 'new')), ['2.a', '3.a'])
  })

  test('puts what is too long aside, unread', async (t) => {
    const folder = folderFor(t)
    mkdirSync(join(folder, 'new'))
    writeFileSync(join(folder, 'new', 'big'), Buffer.alloc(MESSAGE_OCTETS_MAX + 1))
    const tooLong: string[] = []

    const taken = await takeDropped(
      folder,
      () => Promise.reject(new Error('read')),
      (name) => tooLong.push(name),
    )

    assert.deepEqual([taken, tooLong, readdirSync(join(folder, 'cur'))], [1, ['big'], ['big:2,S']])
  })
})

async function send(sink: MailSink) {
  return sendLetter(await sealLetter(LETTER, SENDER), 'x', smtp(sink.port, 'may'))
}

function smtp(port: number, tls: 'must' | 'may'): MailServer & { kind: 'smtp' } {
  return { kind: 'smtp', host: '127.0.0.1', port, tls, login: undefined }
}

function mail(fields: readonly string[], body: string): Buffer {
  return Buffer.from(
    [
      'From: Ann <ann@clinic.example>',
      'To: redress@northwire.example',
      'Message-ID: <r1@clinic.example>',
      ...fields,
      '',
      body,
    ].join('\r\n'),
  )
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-mail-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}
