import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, mock, suite, test } from 'node:test'
import { Command } from 'commander'
import { decodeOctets, encodeOctets } from '#codec/sip/text.ts'
import { noticeVectors } from '../../test/torture.ts'
import { type LintWords, type ReadMessages, lintCommand, lintFiles, readTextMessages } from './lint.ts'

const VECTORS = noticeVectors()
const REQUEST = 'INVITE sip:a@b.example SIP/2.0\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n'

suite('recourse lint', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'recourse-lint-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const file = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }

  test('prints the keys a vector expects, source and offset, for every vector in a file of its own', async () => {
    let compared = 0
    for (const { id, bytes, expect, resources } of VECTORS) {
      if (resources !== undefined) continue
      const path = file('one.sip', bytes)
      const { out, code } = await run([path], { json: true })
      const { source, offset, ...report } = JSON.parse(out)
      if (expect.freeswitchDetect === null) report.freeswitchDetect = null
      assert.deepEqual({ source, offset, report }, { source: path, offset: 0, report: expect }, id)
      assert.equal(code, expect.verdict === 'deviant' || expect.class === 'malformed' ? 1 : 0, id)
      compared++
    }
    assert.ok(compared > 180, `${compared} vectors`)
  })

  test('checks a card with its key and the time it was fetched', async () => {
    let compared = 0
    for (const { id, bytes, expect, resources, x5uJwk, now } of VECTORS) {
      if (resources === undefined) continue
      const [body] = resources.values()
      const words = {
        json: true,
        card: file('card', body!),
        key: file('key', JSON.stringify(x5uJwk)),
        now: String(now),
      }
      const { source: _, offset: __, ...report } = JSON.parse((await run([file('608.sip', bytes)], words)).out)
      assert.deepEqual(report, expect, id)
      compared++
    }
    assert.ok(compared >= 12, `${compared} vectors`)
  })

  test('takes a time in words too, and a card file that ends in a line feed', async () => {
    const { bytes, resources, x5uJwk } = named('J01')
    const card = file('card', `${[...resources!.values()][0]}\n`)
    const words = { json: true, card, key: file('key', JSON.stringify(x5uJwk)) }
    const at = async (now: string) => JSON.parse((await run([file('608.sip', bytes)], { ...words, now })).out).rules
    assert.deepEqual(await at('2026-10-26T12:00:30Z'), ['R608-10'])
    assert.deepEqual(await at('2026-10-26T12:01:01Z'), ['R608-10', 'R608-23'])
  })

  test('finds several messages in one file, passes over requests and counts them', async () => {
    const messages = ['G01', 'P01', 'D01'].map((id) => decodeOctets(named(id).bytes))
    const text = [messages[0], REQUEST, messages[1], '\r\n', messages[2]].join('')
    const { out, err, code } = await run([file('many.txt', encodeOctets(text))], { json: true })
    const reports = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      reports.map(({ class: kind, verdict, offset }) => [kind, verdict, offset]),
      [
        ['603+', 'conformant', 0],
        ['603', 'conformant', messages[0]!.length + REQUEST.length],
        ['603+', 'deviant', text.length - messages[2]!.length],
      ],
    )
    assert.equal(err, '2 conformant, 1 deviant, 0 malformed, 1 request passed over\n')
    assert.equal(code, 1)
  })

  test('says for people the verdict first, then each rule with its text and cite, then the fields', async () => {
    const { out } = await run([file('bad.sip', named('D01').bytes)])
    const lines = out.split('\n')
    assert.match(lines[0]!, /^603\+ {2}deviant .*bad\.sip at 0 {2}603 Network Blocked$/)
    assert.match(lines[1]!, /^ {2}R603P-10 {2}error .*nobody can be asked\. \(ATIS-1000099\)$/)
    assert.match(lines[2]!, /^ {2}R603P-11 {2}error/)
    assert.match(out, /\n {2}url {9}http:\/\/redress\.northwire\.example\/c\n/)
    assert.match(out, /FreeSWITCH {2}would take it for a 603\+/)
  })

  test('shows no control character of a message on a terminal', async () => {
    const evil = decodeOctets(named('P01').bytes).replace('603 Decline', '603 \u001b[31mDecline\u0007')
    const { out } = await run([file('evil.sip', encodeOctets(evil))])
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f]/)
    assert.match(out, /\\u001b\[31mDecline\\u0007/)
  })

  const UNUSABLE: [title: string, content: string | undefined, message: RegExp][] = [
    ['a missing file', undefined, /^recourse lint: cannot read .*: there is no such file; check the name$/],
    ['an empty file', '', /^recourse lint: .* is empty; nothing to lint$/],
    ['a file without SIP', 'hello\nworld\n', /^recourse lint: .* holds no SIP message; is it the right file\?$/],
  ]
  for (const [title, content, message] of UNUSABLE) {
    test(`answers ${title} with one line and exit code 2, and still reads the others`, async () => {
      const bad = content === undefined ? join(folder, 'nowhere') : file('bad.txt', content)
      const { out, err, code } = await run([bad, file('good.sip', named('G01').bytes)], { json: true })
      assert.equal(code, 2)
      assert.equal(out.trim().split('\n').length, 1)
      assert.match(err.split('\n')[0]!, message)
      assert.match(err, /1 conformant, 0 deviant, 0 malformed\n$/)
    })
  }

  test('a directory is no file', async () => {
    const { err, code } = await run([folder])
    assert.deepEqual([code, /it is a directory; name the files in it/.test(err)], [2, true])
  })

  test('words that do not fit are refused in one sentence', async () => {
    const good = file('good.sip', named('G01').bytes)
    const WORDS: [words: LintWords, message: RegExp][] = [
      [{ key: good }, /--key and --now are for a card/],
      [{ card: good }, /--card needs --key/],
      [{ card: good, key: good }, /is no key: neither PEM nor JSON; expected a JWK or PEM/],
      [{ card: good, key: good, now: 'noon' }, /--now noon is no time: expected RFC 3339/],
      [
        { card: join(folder, 'nowhere'), key: file('key', JSON.stringify(named('J01').x5uJwk)) },
        /cannot read .*nowhere/,
      ],
    ]
    for (const [words, message] of WORDS)
      await assert.rejects(run([good], words), { name: 'Stop', message, exitCode: 2 })
  })

  test('the command reads what main lets it read, and sets the exit code', async () => {
    const program = new Command()
    const seen: string[] = []
    lintCommand(program, async function* (path) {
      seen.push(path)
      yield { bytes: new TextEncoder().encode(REQUEST), source: path, offset: 0 }
    })
    const before = process.exitCode
    const silent = mock.method(process.stderr, 'write', () => true)
    try {
      await program.parseAsync(['lint', 'a.pcap', '-'], { from: 'user' })
      assert.equal(process.exitCode, 0)
    } finally {
      silent.mock.restore()
      process.exitCode = before
    }
    assert.deepEqual(seen, ['a.pcap', '-'])
  })
})

async function run(files: string[], words: LintWords = {}, readMessages: ReadMessages = readTextMessages) {
  const printed = { out: '', err: '' }
  const code = await lintFiles(files, words, {
    readMessages,
    nowMs: 0,
    out: (text) => void (printed.out += text),
    err: (text) => void (printed.err += text),
    bold: (text) => text,
  })
  return { ...printed, code }
}

function named(id: string) {
  const vector = VECTORS.find((vector) => vector.id === id)
  assert.ok(vector, id)
  return vector
}
