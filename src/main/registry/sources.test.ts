import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { formatFeedPage, objectToPages, parseFeedPage } from '#core/registry/feed.ts'
import { openFeedSigner, readFeedKeys } from '#edge/store/feed-signature.ts'
import { openRegistryStore } from '#edge/store/registry-store.ts'
import { DatabaseSync } from 'node:sqlite'
import { readStandingFrom } from '#edge/store/standing-store.ts'
import { generateKeyPairSync } from 'node:crypto'
import { readPage, Sources, importFile, type FeedSource } from './sources.ts'
import { foundAuthority } from '../../../test/tls-certificates.ts'

test('a feed is pulled, goes on where it was left, and what it takes back is taken back here', async (t) => {
  const around = await openSource(t)
  around.serve(page({ next: 2, entries: [entry(1, '+12125550117'), entry(2, '+12125550200', '+12125550299')] }))
  assert.deepEqual(await around.pull(), { kind: 'taken', added: 2, removed: 0, entries: 2 })
  assert.deepEqual(around.standing(), [
    '+12125550117 friend/RRRRRRRRRRRRRRRRRRRRRR',
    '+12125550200..+12125550299 friend/RRRRRRRRRRRRRRRRRRRRRR',
  ])

  around.serve(page({ after: 2, next: 3, removed: [1] }))
  assert.deepEqual(await around.pull(), { kind: 'taken', added: 0, removed: 1, entries: 1 })
  assert.equal(around.asked.at(-1), '/feed?after=2')
  assert.deepEqual(around.standing(), ['+12125550200..+12125550299 friend/RRRRRRRRRRRRRRRRRRRRRR'])

  around.serve(page({ after: 3, next: 3 }))
  assert.equal((await around.pull()).kind, 'taken')
  assert.deepEqual(await around.pull(), { kind: 'unchanged' }, 'by its entity tag')
  assert.deepEqual(around.store.imported('+12125550250', around.now())[0]?.source, 'friend')
})

test('what is tampered with, signed by another, set back, too old or too large changes nothing', async (t) => {
  const around = await openSource(t)
  around.serve(page({ next: 5, issuedAt: NOW_S, entries: [entry(1, '+12125550117')] }))
  await around.pull()
  const before = around.standing()
  assert.equal(before.length, 1)

  const good = page({ after: 5, next: 6, removed: [1] })
  const stranger = await openFeedSigner(join(around.folder, 'stranger.pem'))
  const jws = await around.signer.sign(formatFeedPage(good))
  const [head, payload, signature] = jws.split('.') as [string, string, string]
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      'tampered',
      `${head}.${payload.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))}.${signature}`,
      /signature|JSON/,
    ],
    ['by a stranger', await stranger.sign(formatFeedPage(good)), /not pinned/],
    [
      'unsigned',
      `${Buffer.from('{"alg":"none","typ":"registry-feed+jws"}').toString('base64url')}.${payload}.${signature}`,
      /pinned|signature/,
    ],
    [
      'issued before',
      await around.sign(page({ after: 5, next: 6, issuedAt: NOW_S - 60, removed: [1] })),
      /issued before/,
    ],
    ['set back', await around.sign(page({ after: 0, next: 4, entries: [] })), /set back/],
    ['too old', await around.sign(page({ after: 5, next: 6, issuedAt: NOW_S, expiresAt: NOW_S + 1 }), 10), /too old/],
    [
      'in the future',
      await around.sign(page({ after: 5, next: 6, issuedAt: NOW_S + 3600, expiresAt: NOW_S + 7200 })),
      /future/,
    ],
    ['a gap', await around.sign(page({ after: 6, next: 7 })), /goes on from place 6/],
    ['another version', await around.signer.sign(formatFeedPage(good).replace('"v":1', '"v":2')), /version/],
    [
      'one wrong entry',
      await around.signer.sign(
        formatFeedPage(page({ after: 5, next: 6, entries: [entry(2, '+12125550118'), entry(3, '911')] })),
      ),
      /entries\/1/,
    ],
    ['huge', 'A'.repeat(3_000_000), /longer/],
  ]
  for (const [name, body, why] of cases) {
    around.serveText(body)
    if (name === 'too old') around.clock.later(10_000)
    const pulled = await around.pull()
    assert.ok(pulled.kind === 'refused', name)
    assert.match(pulled.why, why, name)
    assert.deepEqual(around.standing(), before, `${name}: the old state stands`)
    assert.match(around.store.source('friend')!.failure!, why, name)
  }
  assert.equal(around.alarms.length, 1, 'told once for each time it stops working')
  assert.equal(around.sources.figures.failed, cases.length)
  around.serve(page({ after: 5, next: 6, issuedAt: NOW_S + 20, removed: [1] }))
  assert.equal((await around.pull()).kind, 'taken', 'the good page is taken')
  assert.deepEqual(around.standing(), [])
  assert.equal(around.store.source('friend')!.failure, undefined)
})

test('a feed that was begun anew is taken whole, and replaces what was there', async (t) => {
  const around = await openSource(t)
  around.serve(page({ next: 5, entries: [entry(1, '+12125550117')] }))
  await around.pull()
  around.serveAt(
    new Map([
      [
        '/feed?after=0',
        await around.sign({ ...page({ next: 1, entries: [entry(1, '+12125550300')] }), feed: 'N'.repeat(22) }),
      ],
    ]),
  )
  assert.equal((await around.pull()).kind, 'taken')
  assert.deepEqual(around.standing(), ['+12125550300 friend/RRRRRRRRRRRRRRRRRRRRRR'])
})

test('rules hear of a source only as far as it is trusted, and of one that is named no more not at all', async (t) => {
  const around = await openSource(t, 'note')
  around.serve(page({ next: 1, entries: [entry(1, '+12125550117')] }))
  await around.pull()
  assert.deepEqual(around.standing(), [])
  assert.equal(around.store.imported('+12125550117', around.now()).length, 1, 'people inside see it')
  around.store.setTrust(new Map([['friend', 'full']]), around.now())
  assert.equal(around.standing().length, 1)
  around.store.setTrust(new Map(), around.now())
  assert.deepEqual(around.standing(), [])
  assert.equal(around.store.sources().length, 0)
})

test('a file of signed pages is taken whole or not at all', async (t) => {
  const around = await openSource(t)
  const keys = await readFeedKeys(around.signer.keys)
  const pages = [
    await around.sign({ ...page({ next: 1, entries: [entry(1, '+12125550117')] }), more: true }),
    await around.sign(page({ after: 1, next: 2, entries: [entry(2, '+12125550118')] })),
  ]
  const from = { name: 'file:friend', keys, trust: 'full' } as const
  const half = await importFile(pages[0]!, from, around.store, around.now())
  assert.ok(half.kind === 'refused' && /more/.test(half.why))
  assert.deepEqual(around.standing(), [])
  assert.deepEqual(await importFile(`${pages.join('\n')}\n`, from, around.store, around.now()), {
    kind: 'taken',
    added: 2,
    removed: 0,
    entries: 2,
  })
  assert.equal(around.standing().length, 2)
})

test('the key of the feed is made once, for its owner only, and another kind of key is refused', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-feed-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'feed.pem')
  const [one, two] = [await openFeedSigner(path), await openFeedSigner(path)]
  assert.equal(one.key, two.key)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.doesNotMatch(one.keys, /"d"/, 'the private part stays here')
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' })
  await assert.rejects(readFeedKeys(JSON.stringify({ keys: [jwk] })), /public key/)
  await assert.rejects(readFeedKeys('{"keys":[]}'), /JWK set/)
})

test('the golden pages are read as they say', async () => {
  const { keys, now, pages, refused } = JSON.parse(readFileSync(VECTORS, 'utf8')) as {
    keys: object
    now: number
    pages: { jws: string; payload: object }[]
    refused: { jws: string; why: string }[]
  }
  const pinned = await readFeedKeys(JSON.stringify(keys))
  assert.ok(pages.length >= 2 && refused.length >= 5)
  const read = []
  for (const { jws, payload } of pages) {
    const page = await readPage(jws, pinned)
    assert.ok(typeof page !== 'string')
    assert.deepEqual(JSON.parse(formatFeedPage(page)), payload)
    assert.equal(typeof parseFeedPage(payload), 'object')
    read.push(page)
  }
  assert.equal(objectToPages(read, undefined, now * 1000), undefined)
  for (const { jws, why } of refused) {
    const found = await readPage(jws, pinned)
    assert.match(typeof found === 'string' ? found : 'taken', new RegExp(why), why)
  }
})

const NOW_S = Date.parse('2026-11-22T12:00:00Z') / 1000
const VECTORS = new URL('../../../vectors/registry/version-1.json', import.meta.url)

type Given = Parameters<typeof formatFeedPage>[0]

function page(given: Partial<Given>): Given {
  const issuedAt = given.issuedAt ?? NOW_S + 10
  return {
    issuer: 'https://friend.example',
    feed: 'F'.repeat(22),
    expiresAt: issuedAt + 86_400,
    after: 0,
    next: 0,
    more: false,
    businesses: new Map([['R'.repeat(22), { name: 'Clinic Ltd', site: 'https://clinic.example' }]]),
    entries: [],
    removed: [],
    ...given,
    issuedAt,
  }
}

function entry(id: number, first: string, last = first) {
  const span = { first, last }
  return {
    id,
    registration: 'R'.repeat(22),
    span,
    proof: 'call' as const,
    since: NOW_S - 1000,
    until: NOW_S + 1_000_000,
  }
}

async function openSource(t: TestContext, trust: FeedSource['trust'] = 'full') {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-sources-'))
  const path = join(folder, 'recourse.db')
  const store = openRegistryStore(`sqlite:${path}`)
  const db = new DatabaseSync(path)
  const signer = await openFeedSigner(join(folder, 'feed.pem'))
  const authority = foundAuthority('test')
  const tls = authority.mint({ name: 'friend.example', dns: ['friend.example'] })
  const asked: string[] = []
  let answers: ReadonlyMap<string, string> | string = ''
  const server = createServer({ cert: tls.certificate, key: tls.key }, (request, response) => {
    asked.push(request.url!)
    const body = typeof answers === 'string' ? answers : answers.get(request.url!)
    if (body === undefined) return response.writeHead(404).end()
    const tag = `"${body.length}-${body.slice(-20)}"`
    if (request.headers['if-none-match'] === tag) return response.writeHead(304, { etag: tag }).end()
    return response.writeHead(200, { etag: tag }).end(body)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  let nowMs = NOW_S * 1000 + 30_000
  const now = () => nowMs
  const alarms: string[] = []
  const sources = new Sources({
    store,
    sources: [],
    now,
    fetch: {
      resolve: async () => ['127.0.0.1'],
      allowAddresses: ['127.0.0.1'],
      port: (server.address() as AddressInfo).port,
      trust: [authority.certificate],
    },
    alarm: (source, why) => alarms.push(`${source}: ${why}`),
  })
  t.after(() => {
    server.close()
    server.closeAllConnections()
    db.close()
    store.close()
    rmSync(folder, { recursive: true })
  })
  const sign = (given: Given, _later = 0) => signer.sign(formatFeedPage(given))
  const source = {
    name: 'friend',
    url: 'https://friend.example/feed',
    keys: await readFeedKeys(signer.keys),
    trust,
    everyMs: 1,
  }
  let serving: Promise<unknown> = Promise.resolve()
  return {
    folder,
    store,
    signer,
    sources,
    sign,
    asked,
    alarms,
    now,
    clock: { later: (ms: number) => void (nowMs += ms) },
    serve: (given: Given) => void (serving = sign(given).then((jws) => (answers = jws))),
    serveText: (text: string) => void (answers = text),
    serveAt: (given: ReadonlyMap<string, string>) => void (answers = given),
    async pull() {
      await serving
      return sources.pull(source)
    },
    standing: () =>
      [...readStandingFrom(db, nowMs)]
        .flatMap(({ standing }) => {
          if (standing?.kind !== 'registered') return []
          const { scope, registration } = standing
          const numbers =
            scope.kind === 'range' ? `${scope.first}..${scope.last}` : scope.kind === 'number' ? scope.number : ''
          return [`${numbers} ${registration}`]
        })
        .toSorted(),
  }
}
