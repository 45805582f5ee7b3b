import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import fc from 'fast-check'
import { CompactSign, type CryptoKey, SignJWT, exportJWK, exportPKCS8, exportSPKI, generateKeyPair } from 'jose'
import { readCard, writeCard } from './jcard.ts'
import { parseKey } from './key.ts'
import { signCard } from './sign.ts'
import { CARD_CHARACTERS_MAX, type CardFault, readCertificateUri, verifyCard } from './verify.ts'

const NOW_S = 1_793_016_000
const CERTIFICATE = 'https://certs.northwire.example/redress.pem'
const CARD = {
  name: 'Northwire Call Redress Desk',
  contact: { url: 'https://redress.northwire.example/claim', tel: '+18005550142', email: 'unblock@northwire.example' },
}
const HEADER = { alg: 'ES256', typ: 'vcard+json', x5u: CERTIFICATE }
const PAYLOAD = { iat: NOW_S, jcard: writeCard(CARD) }

suite('a card', () => {
  let publicKey: CryptoKey
  let privateKey: CryptoKey
  before(async () => {
    ;({ publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true }))
  })

  const sign = (header: object, payload: unknown): Promise<string> =>
    new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
      .setProtectedHeader(header as { alg: string })
      .sign(privateKey)

  test('that is signed verifies, and says what it was made of', async () => {
    const body = await signCard(CARD, { key: privateKey, certificateUri: CERTIFICATE, issuedAtS: NOW_S })
    const check = await verifyCard(body, publicKey, NOW_S)
    assert.deepEqual([check.valid, check.faults, check.issuedAtS, check.certificateUri], [true, [], NOW_S, CERTIFICATE])
    assert.deepEqual(check.card?.contacts, {
      fn: CARD.name,
      url: CARD.contact.url,
      email: CARD.contact.email,
      tel: `tel:${CARD.contact.tel}`,
    })
    assert.equal(readCertificateUri(body), CERTIFICATE)
  })

  test('may be a minute old and five seconds ahead, and no more', async () => {
    const body = await sign(HEADER, PAYLOAD)
    const faults = async (nowS: number) => (await verifyCard(body, publicKey, nowS)).faults
    assert.deepEqual(await faults(NOW_S + 60), [])
    assert.deepEqual(await faults(NOW_S + 61), ['issued-at'])
    assert.deepEqual(await faults(NOW_S - 5), [])
    assert.deepEqual(await faults(NOW_S - 6), ['issued-at'])
  })

  const FAULTY: [title: string, header: object, payload: unknown, faults: CardFault[]][] = [
    ['another typ', { ...HEADER, typ: 'JWT' }, PAYLOAD, ['type']],
    ['no x5u', { alg: 'ES256', typ: 'vcard+json' }, PAYLOAD, ['certificate-uri']],
    ['an x5u without TLS', { ...HEADER, x5u: 'http://certs.northwire.example/a.pem' }, PAYLOAD, ['certificate-uri']],
    ['no time', HEADER, { jcard: PAYLOAD.jcard }, ['issued-at']],
    ['a time in words', HEADER, { ...PAYLOAD, iat: '2026' }, ['issued-at']],
    ['no jcard', HEADER, { iat: NOW_S }, ['jcard']],
    ['a jcard that is an object', HEADER, { iat: NOW_S, jcard: {} }, ['jcard']],
    ['a jcard without contacts', HEADER, { iat: NOW_S, jcard: jcardOf(['fn', {}, 'text', 'Desk']) }, ['contact']],
    [
      'an empty contact',
      HEADER,
      { iat: NOW_S, jcard: jcardOf(['fn', {}, 'text', 'D'], ['url', {}, 'uri', ' ']) },
      ['contact'],
    ],
    ['no name', HEADER, { iat: NOW_S, jcard: jcardOf(['url', {}, 'uri', 'https://a.example']) }, ['form']],
    ['a payload that is a list', HEADER, [], ['envelope']],
    ['several faults at once', { ...HEADER, typ: 'x' }, { iat: 0 }, ['type', 'issued-at', 'jcard']],
  ]

  for (const [title, header, payload, faults] of FAULTY) {
    test(`with ${title} has the fault ${faults.join(', ')}`, async () => {
      const check = await verifyCard(await sign(header, payload), publicKey, NOW_S)
      assert.deepEqual(check.faults, faults)
      assert.equal(
        check.valid,
        faults.every((fault) => fault === 'form'),
      )
    })
  }

  test('signed by somebody else, altered, unsigned or signed with a shared secret is not believed', async () => {
    const body = await sign(HEADER, PAYLOAD)
    const stranger = await generateKeyPair('ES256')
    const [header, , signature] = body.split('.')
    const altered = [header, encode({ ...PAYLOAD, iat: NOW_S - 1 }), signature].join('.')
    const none = [encode({ ...HEADER, alg: 'none' }), encode(PAYLOAD), ''].join('.')
    const secret = await new SignJWT(PAYLOAD).setProtectedHeader({ ...HEADER, alg: 'HS256' }).sign(new Uint8Array(32))
    const faults = async (text: string, key = publicKey) => (await verifyCard(text, key, NOW_S)).faults
    assert.deepEqual(await faults(body, stranger.publicKey), ['signature'])
    assert.deepEqual(await faults(altered), ['signature'])
    assert.deepEqual(await faults(none), ['algorithm'])
    assert.deepEqual(await faults(secret), ['algorithm'])
    assert.deepEqual(await faults(await sign(HEADER, PAYLOAD)), [], 'the check can pass')
  })

  test('in a broken envelope has no other fault', async () => {
    const body = await sign(HEADER, PAYLOAD)
    const broken = [
      '',
      'a.b',
      'a.b.c.d',
      `${body}\n`,
      `${body}=`,
      body.replace('.', '.\r\n'),
      `e30.${body.split('.')[1]}x!.x`,
      'e30.W10.x',
    ]
    for (const text of broken) assert.deepEqual((await verifyCard(text, publicKey, NOW_S)).faults, ['envelope'], text)
    const long = `${'A'.repeat(CARD_CHARACTERS_MAX)}.e30.x`
    assert.deepEqual((await verifyCard(long, publicKey, NOW_S)).faults, ['envelope'])
  })

  test('may be any text at all without an exception', async () => {
    const part = fc.oneof(
      fc.string(),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.array(part, { maxLength: 4 }).map((parts) => parts.join('.')),
        ),
        async (text) => {
          assert.equal((await verifyCard(text, publicKey, NOW_S)).valid, false)
          readCertificateUri(text)
        },
      ),
      { numRuns: 200 },
    )
  })

  test('keys are read from JWK and PEM, and from nothing else', async () => {
    const body = await sign(HEADER, PAYLOAD)
    const texts = [JSON.stringify(await exportJWK(publicKey)), await exportSPKI(publicKey)]
    for (const text of texts) assert.equal((await verifyCard(body, await parseKey(text), NOW_S)).valid, true)
    const own = await parseKey(await exportPKCS8(privateKey))
    const again = await signCard(CARD, { key: own, certificateUri: CERTIFICATE, issuedAtS: NOW_S })
    assert.equal((await verifyCard(again, publicKey, NOW_S)).valid, true)
    const broken = [
      '',
      'no key',
      '[]',
      '{}',
      '{"kty":"oct","k":"AAAA"}',
      '-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----',
    ]
    for (const text of broken) await assert.rejects(parseKey(text), Error, text)
  })

  test('is not signed for a certificate without TLS or at a broken time', async () => {
    const terms = { key: privateKey, certificateUri: CERTIFICATE, issuedAtS: NOW_S }
    await assert.rejects(signCard(CARD, { ...terms, certificateUri: 'http://a.example' }), /https/)
    await assert.rejects(signCard(CARD, { ...terms, issuedAtS: 1.5 }), /whole seconds/)
  })
})

test('a jCard keeps what it can of odd properties, and takes the first contact of each kind', () => {
  const card = readCard([
    'vcard',
    [
      ['VERSION', {}, 'text', '4.0'],
      7,
      ['url'],
      ['url', {}, 'uri', ''],
      ['url', {}, 'uri', 'https://a.example'],
      ['url', {}, 'uri', 'https://b.example'],
      ['adr', {}, 'text', ['', '', ['1 Way', 'Back door'], 'Town', '', '', 'US']],
      ['tel', {}, 'uri', ['tel:+1']],
    ],
  ])
  assert.deepEqual(card?.contacts, {
    url: 'https://a.example',
    adr: ['', '', ['1 Way', 'Back door'], 'Town', '', '', 'US'],
  })
  assert.equal(card.versionFirst, true)
  for (const json of [undefined, null, 'vcard', [], ['vcard'], ['card', []], { 0: 'vcard', 1: [] }])
    assert.equal(readCard(json), undefined)
})

function jcardOf(...properties: unknown[]): unknown {
  return ['vcard', [['version', {}, 'text', '4.0'], ...properties]]
}

function encode(json: unknown): string {
  return Buffer.from(JSON.stringify(json)).toString('base64url')
}
