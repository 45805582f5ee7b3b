import assert from 'node:assert/strict'
import test from 'node:test'
import { X509Certificate, generateKeyPairSync } from 'node:crypto'
import { verifyCard } from '#codec/jcard/verify.ts'
import { parseKey } from '#codec/jcard/key.ts'
import { createReceiptRing } from '#core/receipt/receipt.ts'
import { CARDS_PER_CLIENT, CARDS_PER_SECOND, type DeskParts, createDesk } from './card.ts'
import { noHttpFigures } from './figures.ts'
import { RateLimit } from './rate-limit.ts'

const NOW_MS = Date.UTC(2026, 10, 22, 12)
const KEPT_MS = 90 * 86_400_000
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const PUBLIC_PEM = publicKey.export({ type: 'spki', format: 'pem' })
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
const CARD = {
  name: 'Northwire',
  contact: { url: 'https://redress.northwire.example', tel: '+18005550142', email: undefined },
  key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  certificate: CERTIFICATE,
  certificateUri: 'https://redress.northwire.example/card.pem',
}
const FACTS = {
  atMs: NOW_MS - 30_000,
  calling: { kind: 'e164', digits: 12_125_550_117, count: 11 },
  called: { kind: 'e164', digits: 14_155_550_163, count: 11 },
  rule: 1,
  transaction: { high: 1, low: 2 },
} as const

async function openDesk(changes: Partial<DeskParts> = {}) {
  const ring = createReceiptRing(new Map([[0, new Uint8Array(32).fill(7)]]), 0)
  const figures = noHttpFigures()
  const app = await createDesk({
    card: CARD,
    openReceipt: (receipt) => ring.open(receipt)?.atMs,
    receiptsKeptMs: KEPT_MS,
    secret: new Uint8Array(32).fill(9),
    isProxy: () => false,
    figures,
    now: () => NOW_MS,
    alarm: (cause) => assert.fail(String(cause)),
    ...changes,
  })
  const key = await parseKey(PUBLIC_PEM)
  return { app, ring, figures, verify: (body: string, nowMs = NOW_MS) => verifyCard(body, key, nowMs / 1000) }
}

/** The time in a card's claims, milliseconds since 1970. */
function issuedAtOf(body: string): number {
  const claims = JSON.parse(Buffer.from(body.split('.')[1]!, 'base64url').toString()) as { iat: number }
  return claims.iat * 1000
}

test('the card of a block is the one that a caller accepts within a minute of the 608, and no longer', async () => {
  const { app, ring, figures, verify } = await openDesk()
  const receipt = ring.seal(FACTS)
  const response = await app.request(`/j/${receipt}`)
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'application/jose')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  const body = await response.text()
  const check = await verify(body)
  assert.deepEqual([check.valid, check.faults], [true, []])
  assert.equal(check.issuedAtS, FACTS.atMs / 1000)
  assert.equal(check.certificateUri, CARD.certificateUri)
  assert.deepEqual(check.card?.contacts, { fn: 'Northwire', url: CARD.contact.url, tel: 'tel:+18005550142' })
  assert.deepEqual((await verify(body, FACTS.atMs + 60_000)).faults, [])
  assert.deepEqual((await verify(body, FACTS.atMs + 61_000)).faults, ['issued-at'])
  assert.deepEqual([figures.cards, figures.dummyCards], [1, 0])
})

test('what is no receipt gets a card of the same look that nobody takes for fresh, and always the same', async () => {
  const { app, ring, figures, verify } = await openDesk()
  const receipt = ring.seal(FACTS)
  const real = await app.request(`/j/${receipt}`)
  const realBody = await real.text()
  const other = createReceiptRing(new Map([[0, new Uint8Array(32).fill(8)]]), 0)
  const references = [
    other.seal(FACTS),
    `${receipt.slice(0, -1)}${receipt.endsWith('A') ? 'B' : 'A'}`,
    receipt.toLowerCase(),
    receipt.slice(1),
    'x',
    '__proto__',
    'a%00b',
    'A'.repeat(64),
    'A'.repeat(2000),
  ]
  const times = new Set<number>()
  for (const reference of references) {
    const response = await app.request(`/j/${reference}`)
    const body = await response.text()
    assert.deepEqual([response.status, [...response.headers]], [real.status, [...real.headers]], reference)
    assert.equal(body.length, realBody.length, reference)
    const check = await verify(body)
    assert.deepEqual(check.faults, ['issued-at'], reference)
    const issuedAtMs = check.issuedAtS! * 1000
    assert.ok(issuedAtMs <= NOW_MS - 3_600_000 && issuedAtMs > NOW_MS - KEPT_MS, reference)
    times.add(issuedAtMs)
    const again = await verify(await (await app.request(`/j/${reference}`)).text())
    assert.equal(again.issuedAtS, check.issuedAtS)
  }
  assert.equal(times.size, references.length)
  assert.deepEqual([figures.cards, figures.dummyCards], [1, references.length * 2])
})

test('at any time dummies are of all ages that cards of blocks have, and each changes once in a window of its own', async () => {
  let nowMs = NOW_MS
  const { app } = await openDesk({ now: () => nowMs })
  const references = Array.from({ length: CARDS_PER_CLIENT - 1 }, (_, index) => `made-up-${index}`)
  const dates = new Map<string, number[]>(references.map((reference) => [reference, []]))
  const steps = 24
  for (let step = 0; step <= steps; step++) {
    nowMs = NOW_MS + Math.floor((step / steps) * (KEPT_MS - 3_600_000))
    const quarters = new Set<number>()
    for (const reference of references) {
      const issuedAtMs = issuedAtOf(await (await app.request(`/j/${reference}`)).text())
      const ageMs = nowMs - issuedAtMs
      assert.ok(ageMs >= 3_600_000 && ageMs < KEPT_MS, `${reference} is ${ageMs} ms old at step ${step}`)
      quarters.add(Math.floor((ageMs / KEPT_MS) * 4))
      dates.get(reference)!.push(issuedAtMs)
    }
    assert.deepEqual(
      [...quarters].toSorted((a, b) => a - b),
      [0, 1, 2, 3],
      `ages at step ${step}`,
    )
  }
  const changedAt = new Set<number>()
  for (const [reference, times] of dates) {
    assert.equal(new Set(times).size, 2, `${reference} changes once`)
    changedAt.add(times.lastIndexOf(times[0]!))
  }
  assert.ok(changedAt.size > steps / 2, 'not all change at the same time')
})

test('a receipt whose key is gone gets a dummy too', async () => {
  const { app, verify } = await openDesk({ openReceipt: () => undefined })
  assert.deepEqual((await verify(await (await app.request('/j/x')).text())).faults, ['issued-at'])
})

test('a desk without a card has none, and nothing else is here', async () => {
  const { app } = await openDesk({ card: undefined })
  for (const [path, status] of [
    ['/j/x', 404],
    ['/card.pem', 404],
    ['/r/x', 404],
    ['/', 404],
    ['/j/', 404],
    ['/j/a/b', 404],
  ] as const) {
    const response = await app.request(path)
    assert.equal(response.status, status, path)
    assert.equal(response.headers.get('content-type'), 'application/problem+json')
  }
})

test('only GET is answered', async () => {
  const { app, figures } = await openDesk()
  for (const path of ['/j/x', '/card.pem']) {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await app.request(path, { method })
      assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET'], `${method} ${path}`)
    }
  }
  assert.equal(figures.refused, 8)
})

test('the certificate of the cards is there for who checks one', async () => {
  const { app } = await openDesk()
  const response = await app.request('/card.pem')
  assert.equal(response.headers.get('content-type'), 'application/pem-certificate-chain')
  assert.equal(await response.text(), CERTIFICATE)
  assert.throws(() => new X509Certificate(CERTIFICATE), 'the text of this test is no certificate')
})

test('who has the certificate already is told so, and who has another gets it', async () => {
  const { app } = await openDesk()
  const tag = (await app.request('/card.pem')).headers.get('etag')!
  assert.match(tag, /^"[\w-]{43}"$/)
  const ask = async (known: string): Promise<[number, string, string | null]> => {
    const response = await app.request('/card.pem', { headers: { 'if-none-match': known } })
    return [response.status, await response.text(), response.headers.get('etag')]
  }
  for (const known of [tag, `"x", W/${tag}`, '*']) assert.deepEqual(await ask(known), [304, '', tag], known)
  for (const known of ['"x"', tag.slice(1, -1), '']) assert.deepEqual(await ask(known), [200, CERTIFICATE, tag], known)
  const other = await openDesk({ card: { ...CARD, certificate: `${CERTIFICATE}\n` } })
  assert.equal((await other.app.request('/card.pem', { headers: { 'if-none-match': tag } })).status, 200)
})

test('too many cards for one address or for all are refused for the rest of the second, and counted', async () => {
  let nowMs = NOW_MS
  const { app, figures } = await openDesk({ now: () => nowMs, isProxy: (address) => address === '192.0.2.1' })
  const ask = async (client: string): Promise<number> => {
    const connection = { incoming: { socket: { remoteAddress: '::ffff:192.0.2.1' } } }
    const headers = { 'x-forwarded-for': `203.0.113.9, ${client}` }
    return (await app.request('/j/x', { headers }, connection)).status
  }
  for (let index = 0; index < CARDS_PER_CLIENT; index++) assert.equal(await ask('198.51.100.1'), 200)
  assert.equal(await ask('198.51.100.1'), 429)
  assert.equal(await ask('198.51.100.2'), 200)
  nowMs += 1000
  assert.equal(await ask('198.51.100.1'), 200)
  assert.equal(figures.cardsLimited, 1)
})

test('addresses of one /64 share the rate of one client', async () => {
  const { app } = await openDesk({ isProxy: (address) => address === '0.0.0.0' })
  const ask = async (client: string): Promise<number> =>
    (await app.request('/j/x', { headers: { 'x-forwarded-for': client } })).status
  for (let index = 0; index < CARDS_PER_CLIENT; index++) assert.equal(await ask(`2001:db8::${index}`), 200)
  assert.deepEqual([await ask('2001:db8::ffff'), await ask('2001:db8:0:1::ffff')], [429, 200])
})

test('what stands in X-Forwarded-For is believed of a proxy only', async () => {
  const { app } = await openDesk()
  const statuses = []
  for (let index = 0; index <= CARDS_PER_CLIENT; index++) {
    const headers = { 'x-forwarded-for': `198.51.100.${index}` }
    statuses.push((await app.request('/j/x', { headers })).status)
  }
  assert.equal(statuses.at(-1), 429)
})

test('the limit is one for all, and a table of clients that does not grow', () => {
  const limit = new RateLimit(5, 2, 3)
  const takes = (client: string, nowMs = 0): boolean => limit.takes(client, nowMs)
  assert.deepEqual([takes('a'), takes('a'), takes('a')], [true, true, false])
  assert.deepEqual([takes('b'), takes('c'), takes('d')], [true, true, false])
  assert.deepEqual([takes('b'), takes('c')], [true, false])
  assert.deepEqual([takes('d', 999), takes('d', 1000)], [false, true])
  assert.ok(CARDS_PER_CLIENT < CARDS_PER_SECOND)
})
