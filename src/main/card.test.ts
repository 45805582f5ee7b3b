import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { createServer } from 'node:tls'
import { once } from 'node:events'
import { Command } from 'commander'
import type { Attempt } from '#core/observe/attempt.ts'
import type { Refusal } from '#core/observe/refusal.ts'
import { sampleAttempt, sampleRefusal } from '#edge/store/monitor-samples.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import { signCard } from '#codec/jcard/sign.ts'
import { type Minted, mint } from '../../test/stir-authority.ts'
import { type CardVerdict, type CardWords, verifyCardAt } from './card.ts'
import { directoryCommands } from './directory.ts'
import { Stop } from './exit.ts'

const NOW_MS = 1_793_016_030_000
const URL_OF_CARD = 'https://redress.example/j/9f2c'
const URL_OF_CERTIFICATE = 'https://redress.example/card.pem'
const CARD = {
  name: 'Northwire Call Redress Desk',
  contact: { url: 'https://redress.example/claim', tel: '+18005550142', email: 'unblock@redress.example' },
}

suite('recourse card verify', () => {
  let folder: string
  let root: Minted
  let between: Minted
  let signer: Minted
  let tls: Minted
  let server: Server
  let port: number
  const pages = new Map<string, string>()
  const asked: string[] = []
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'recourse-card-'))
    root = await mint({ subject: 'CN=Test Root', authority: {} })
    between = await mint({ subject: 'CN=Test Issuing', issuer: root, authority: {} })
    signer = await mint({ subject: 'CN=Northwire', issuer: between })
    const hosts = ['redress.example', 'certs.example']
    tls = await mint({ subject: 'CN=redress.example', issuer: root, hosts })
    const key = tls.key.export({ type: 'pkcs8', format: 'pem' })
    server = createServer({ key, cert: tls.pem }, (socket) => {
      socket.on('error', () => undefined)
      socket.once('data', (request) => {
        const [, path = '', host = ''] = /^GET (\S+) [\s\S]*?host: (\S+)/i.exec(request.toString()) ?? []
        asked.push(`https://${host}${path}`)
        const page = pages.get(`https://${host}${path}`)
        const head = page === undefined ? '404 Not Found' : '200 OK'
        socket.end(`HTTP/1.1 ${head}\r\nContent-Length: ${page?.length ?? 0}\r\n\r\n${page ?? ''}`)
      })
    })
    server.listen(0, '127.0.0.2')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
    writeFileSync(join(folder, 'roots.pem'), root.pem)
  })
  after(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  const sign = (certificateUri: string, ageS = 10, by = signer): Promise<string> =>
    signCard(CARD, {
      key: by.keys.privateKey,
      certificateUri,
      issuedAtS: NOW_MS / 1000 - ageS,
    })
  const serve = (card: string, chain: readonly Minted[] = [signer, between]): void => {
    pages.clear()
    asked.length = 0
    pages.set(URL_OF_CARD, card)
    pages.set(URL_OF_CERTIFICATE, chain.map(({ pem }) => pem).join(''))
  }
  const file = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }
  const fetchHere = () => ({
    resolve: () => Promise.resolve(['127.0.0.2']),
    allowAddresses: ['127.0.0.2'],
    trust: [root.pem],
    port,
  })
  const run = async (where: string, words: CardWords = {}) => {
    let out = ''
    const code = await verifyCardAt(
      where,
      { roots: join(folder, 'roots.pem'), ...words },
      {
        nowMs: NOW_MS,
        fetch: fetchHere(),
        out: (text) => (out += text),
        bold: (text) => text,
      },
    )
    return { out, code }
  }
  const verdictOf = async (where: string, words: CardWords = {}): Promise<CardVerdict & { code: number }> => {
    const { out, code } = await run(where, { ...words, json: true })
    return { ...(JSON.parse(out) as CardVerdict), code }
  }

  test('fetches card and certificate, and says who signed, when, and whom to ask', async () => {
    serve(await sign(URL_OF_CERTIFICATE))
    const { out, code } = await run(URL_OF_CARD)
    assert.equal(code, 0)
    assert.deepEqual(asked, [URL_OF_CARD, URL_OF_CERTIFICATE])
    assert.equal(
      out,
      `The card is good.
  signed by     CN=Northwire
  vouched for   CN=Test Root
  certificate   ${URL_OF_CERTIFICATE}
  signed at     2026-10-26 12:00:20.000 UTC, 10 s ago
  fn            Northwire Call Redress Desk
  url           https://redress.example/claim
  email         unblock@redress.example
  tel           tel:+18005550142
Whoever signed it may be asked. See that the signer is who you think blocked the call.
`,
    )
  })

  test('says of a card that is not good what is wrong, and shows its contacts as text that no terminal links', async () => {
    serve(await sign(URL_OF_CERTIFICATE, 61))
    const { out, code } = await run(URL_OF_CARD)
    assert.equal(code, 1)
    assert.match(out, /^The card is not to be believed\./)
    assert.match(out, /R608-23 {7}error: The time of the card/)
    assert.match(out, /claims url {4}https\[:\]\/\/redress\.example\/claim/)
    assert.match(out, /claims email {2}unblock\[at\]redress\.example/)
    assert.doesNotMatch(out, /https:\/\/|tel:|@/)
    assert.match(out, /Do not open, dial or write/)
  })

  const DOUBTS: [title: string, make: () => Promise<void>, rules: string[], fault: string | undefined][] = [
    ['is good', async () => serve(await sign(URL_OF_CERTIFICATE)), [], undefined],
    ['is stale', async () => serve(await sign(URL_OF_CERTIFICATE, 61)), ['R608-23'], undefined],
    ['was signed by another key', async () => serve(await sign(URL_OF_CERTIFICATE, 1, tls)), ['R608-26'], undefined],
    ['has a certificate without a way up', async () => serve(await sign(URL_OF_CERTIFICATE), [signer]), [], 'chain'],
    ['has an authority’s certificate', async () => serve(await sign(URL_OF_CERTIFICATE, 1, root), [root]), [], 'key'],
    [
      'has no certificate at its address',
      async () => {
        serve(await sign(URL_OF_CERTIFICATE))
        pages.set(URL_OF_CERTIFICATE, '<html>')
      },
      ['R608-26'],
      'certificate',
    ],
    [
      'is no card',
      () => {
        serve('<html>')
        return Promise.resolve()
      },
      ['R608-27'],
      undefined,
    ],
  ]
  for (const [title, make, rules, fault] of DOUBTS) {
    test(`a card that ${title}: ${[...rules, fault ?? ''].join(' ').trim() || 'believed'}`, async () => {
      await make()
      const verdict = await verdictOf(URL_OF_CARD)
      const believed = rules.length === 0 && fault === undefined
      assert.deepEqual([verdict.rules, verdict.certificateFault, verdict.believed], [rules, fault, believed])
      assert.equal(verdict.code, believed ? 0 : 1)
      assert.equal(verdict.contacts === undefined, !believed)
      assert.equal(verdict.claimed === undefined, believed || title === 'is no card')
    })
  }

  test('a certificate that has expired, and one of a root nobody trusts, is told by its code', async () => {
    const old = await mint({ subject: 'CN=Old', issuer: root, until: '2026-10-01T00:00:00Z' })
    serve(await sign(URL_OF_CERTIFICATE, 1, old), [old])
    assert.equal((await verdictOf(URL_OF_CARD)).certificateFault, 'expired')
    const own = await mint({ subject: 'CN=Own' })
    serve(await sign(URL_OF_CERTIFICATE, 1, own), [own])
    assert.equal((await verdictOf(URL_OF_CARD)).certificateFault, 'chain')
  })

  test('does not fetch a certificate from a host that only the card names, until somebody says so', async () => {
    const elsewhere = 'https://certs.example/a.pem'
    serve(await sign(elsewhere))
    pages.set(elsewhere, `${signer.pem}${between.pem}`)
    await assert.rejects(run(URL_OF_CARD), stops(2, /another host, certs\.example,.* --host certs\.example/))
    assert.deepEqual(asked, [URL_OF_CARD])
    assert.equal((await run(URL_OF_CARD, { host: ['certs.example'] })).code, 0)
    assert.deepEqual(asked.slice(1), [URL_OF_CARD, elsewhere])
  })

  test('checks a card in a file, with a certificate in a file, at a time that is given', async () => {
    asked.length = 0
    const card = file('card.jws', `${await sign('https://certs.example/a.pem')}\n`)
    const certificate = file('signer.pem', `${signer.pem}${between.pem}`)
    assert.equal((await run(card, { certificate })).code, 0)
    assert.deepEqual(asked, [])
    const late = await verdictOf(card, { certificate, now: '2026-10-26T12:05:00Z' })
    assert.deepEqual([late.rules, late.code], [['R608-23'], 1])
    await assert.rejects(run(card), stops(2, /--host certs\.example/))
  })

  test('ends with 2 for what it cannot use and 3 for what cannot be reached', async () => {
    serve('x')
    const card = file('card.jws', await sign(URL_OF_CERTIFICATE))
    await assert.rejects(run(join(folder, 'none')), stops(2, /cannot read/))
    await assert.rejects(run(card, { roots: card }), stops(2, /holds no certificate/))
    await assert.rejects(run(card, { certificate: card, now: 'noon' }), stops(2, /--now noon is no time/))
    await assert.rejects(run('http://redress.example/j/x'), stops(2, /only https/))
    await assert.rejects(run('https://127.0.0.1/j/x'), stops(2, /not a name/))
    await assert.rejects(run('https://redress.example:8443/j/x'), stops(2, /only port 443/))
    await assert.rejects(run('https://redress.example/none'), stops(3, /no 200/))
    pages.set('https://redress.example/long', 'x'.repeat(70_000))
    await assert.rejects(run('https://redress.example/long'), stops(3, /longer than is taken/))
  })

  // As docs/groups.md has it.
  test('a card that somebody has fetched for a refused call gives the directory signed contacts; no other does', async (t) => {
    const store = openMonitorStore(`sqlite:${join(folder, 'recourse.db')}`)
    t.after(() => {
      store.close()
      process.exitCode = 0
    })
    const contest = { url: undefined, tel: undefined, email: undefined, card: URL_OF_CARD }
    const rejected = sampleRefusal({ status: 608, class: '608', blocker: 'redress.example', contest })
    const of = (key: string, refusal: Refusal): Attempt => ({
      ...sampleAttempt(1, { at: Date.now() }),
      key,
      end: { kind: 'refused', refusal },
    })
    store.take([of('one', rejected), of('two', sampleRefusal())], [])
    const verify = async (...words: string[]): Promise<string> => {
      let out = ''
      const to = { out: (text: string) => void (out += text), err: () => undefined }
      const program = new Command('recourse').exitOverride()
      directoryCommands(program, undefined, to, { fetch: fetchHere(), nowMs: NOW_MS })
      const given = ['--roots', join(folder, 'roots.pem'), '--store', `sqlite:${join(folder, 'recourse.db')}`]
      await program.parseAsync(['directory', 'verify', ...words, ...given], { from: 'user' })
      return out
    }
    const signed = () => store.contacts('redress.example').filter(({ isSigned }) => isSigned)
    asked.length = 0
    for (const [words, why] of [
      [['2'], /names no card to fetch: only a 608 has one/],
      [['99'], /no observation 99/],
    ] as const)
      await assert.rejects(verify(...words), stops(2, why))
    assert.deepEqual(asked, [], 'nothing is fetched that nobody named')
    serve(await sign(URL_OF_CERTIFICATE, 61))
    assert.match(await verify('1'), /^The card is not to be believed\./)
    assert.deepEqual([signed(), process.exitCode], [[], 1])
    serve(await sign(URL_OF_CERTIFICATE))
    assert.match(await verify('1'), /^The card is good\.[^]*kept as signed: tel \+18005550142 of redress\.example$/m)
    assert.deepEqual(asked, [URL_OF_CARD, URL_OF_CERTIFICATE])
    assert.deepEqual(
      signed().map(({ kind, value }) => `${kind} ${value}`),
      ['email unblock@redress.example', 'tel +18005550142', 'url https://redress.example/claim'],
    )
    const told = JSON.parse(await verify('1', '--json')) as { believed: boolean; kept: unknown[]; blocker: string }
    assert.deepEqual([told.believed, told.kept.length, told.blocker], [true, 3, 'redress.example'])
    assert.equal(signed().length, 3)
  })

  test('on the command line shows its help, and refuses what is not public', () => {
    const command = (...words: string[]) =>
      spawnSync(process.execPath, ['bin/recourse.js', 'card', 'verify', ...words], { encoding: 'utf8' })
    assert.match(command('--help').stdout, /--certificate <file>/)
    const refused = command('https://localhost/j/x')
    assert.deepEqual([refused.status, refused.stdout], [2, ''])
    assert.match(refused.stderr, /^recourse: the card is not fetched from https:\/\/localhost\/j\/x: its host/)
  })
})

function stops(code: number, words: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Stop, String(error))
    assert.match(error.message, words)
    assert.equal(error.exitCode, code)
    return true
  }
}
