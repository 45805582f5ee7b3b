// One thing: what a PASSporT is found to be worth, with every way it can be bad beside the near-miss that is good.
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import type { StirReason } from '#codec/stir/reasons.ts'
import type { Claims } from '#codec/stir/sign.ts'
import { encodeBase64url } from '#codec/stir/base64url.ts'
import { rebuildSigned } from '#codec/stir/sign.ts'
import { parseNumber } from '#core/call/number.ts'
import { WITHHELD } from '#core/call/party.ts'
import type { Verification } from '#core/call/verification.ts'
import {
  type Minted,
  type Minting,
  identityOf,
  mint,
  oneList,
  providerList,
  rangeList,
  signText,
  signToken,
  withSignature,
} from '../../../test/stir-authority.ts'
import { CERTIFICATES_KEPT_MAX, type FetchCertificate, FRESH_MS, KEPT_MS, UNUSABLE_KEPT_MS } from './certificates.ts'
import { parseCertificates } from './pem.ts'
import { verifyEs256 } from './signature.ts'
import { IDENTITIES_MAX, type SignedFacts, Verifier } from './verifier.ts'

const NOW_S = 1_793_016_000
const INFO = 'https://cert.example/shaken.pem'
const ROOT = await mint({ subject: 'CN=STI Root', authority: { pathLength: 1 } })
const BETWEEN = await mint({ subject: 'CN=STI Issuing', issuer: ROOT, authority: { pathLength: 0 } })
const LEAF = await mint({ subject: 'CN=SHAKEN 709J', issuer: BETWEEN, tnAuthList: providerList('709J') })
const STRANGER = await mint({ subject: 'CN=STI Root', authority: {} })
const FACTS: SignedFacts = {
  atMs: NOW_S * 1000 + 400,
  calling: parseNumber('+12125550117'),
  called: parseNumber('+14155550163'),
  emergency: false,
  forwarded: false,
}
const HEADER: Claims = { alg: 'ES256', ppt: 'shaken', typ: 'passport', x5u: INFO }
const PAYLOAD: Claims = {
  attest: 'A',
  dest: { tn: ['14155550163'] },
  iat: NOW_S,
  orig: { tn: '12125550117' },
  origid: '123e4567-e89b-12d3-a456-426655440000',
}
const GOOD = identityOf(signToken(LEAF.key, HEADER, PAYLOAD), INFO)
const VERIFIED: Verification = {
  kind: 'verified',
  attestation: 'A',
  signer: '709J',
  originId: '123e4567-e89b-12d3-a456-426655440000',
}

suite('a call', () => {
  test('whose token is good is verified, with who signed and what was attested', async () => {
    assert.deepEqual(await verify([GOOD]), VERIFIED)
  })

  test('without Identity, or to an emergency service, is not looked at', async () => {
    assert.deepEqual(await verify([]), { kind: 'none' })
    const fetched: string[] = []
    const verifier = makeVerifier({ fetch: serve([LEAF, BETWEEN], fetched) })
    assert.deepEqual(await verifier.verify([GOOD], { ...FACTS, emergency: true }), { kind: 'none' })
    assert.deepEqual(fetched, [])
  })

  const CLAIMS: [title: string, header: Claims, payload: Claims, reason: StirReason | 'verified'][] = [
    ['signed 60 s ago', {}, { iat: NOW_S - 59 }, 'verified'],
    ['signed 61 s ago', {}, { iat: NOW_S - 61 }, 'stale'],
    ['signed 60 s ahead', {}, { iat: NOW_S + 60 }, 'verified'],
    ['signed 61 s ahead', {}, { iat: NOW_S + 61 }, 'ahead'],
    ['for another calling number', {}, { orig: { tn: '12125550118' } }, 'other-originator'],
    ['for the calling number without its country code', {}, { orig: { tn: '2125550117' } }, 'other-originator'],
    ['for another called number', {}, { dest: { tn: ['14155550164'] } }, 'other-destination'],
    ['for several called numbers, this one among them', {}, { dest: { tn: ['1', '14155550163'] } }, 'verified'],
    ['by a name, where the call has a number', {}, { orig: { uri: 'sip:a@b.example' } }, 'number-form'],
    ['with alg none', { alg: 'none' }, {}, 'algorithm'],
    ['with alg HS256', { alg: 'HS256' }, {}, 'algorithm'],
    ['with crit', { crit: ['x'] }, {}, 'critical'],
    ['with another x5u than the field', { x5u: 'https://other.example/a.pem' }, {}, 'certificate-uri'],
    ['with attestation D', {}, { attest: 'D' }, 'attestation'],
  ]
  for (const [title, header, payload, expected] of CLAIMS) {
    test(`with a token ${title}: ${expected}`, async () => {
      const token = signToken(LEAF.key, { ...HEADER, ...header }, { ...PAYLOAD, ...payload })
      assert.equal(reasonOf(await verify([identityOf(token, INFO)])), expected)
    })
  }

  const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
  const EDGES: [name: string, value: bigint][] = [
    ['0', 0n],
    ['1', 1n],
    ['n - 1', ORDER - 1n],
    ['n', ORDER],
    ['n + 1', ORDER + 1n],
    ['p', PRIME],
    ['p + 1', PRIME + 1n],
    ['2^256 - 1', 2n ** 256n - 1n],
  ]
  for (const [left, r] of EDGES) {
    for (const [right, s] of EDGES) {
      test(`with a signature of r = ${left} and s = ${right} has failed`, async () => {
        const token = withSignature(GOOD.split(';')[0]!, () => Buffer.concat([octets(r), octets(s)]))
        assert.equal(reasonOf(await verify([identityOf(token, INFO)])), 'signature')
      })
    }
  }

  const SIGNATURES: [title: string, change: (signature: Uint8Array) => Uint8Array, reason: string][] = [
    ['as it is', (signature) => signature, 'verified'],
    // s and n - s verify alike: ECDSA has it so, and a token is no key of anything here.
    ['with n - s for s', (signature) => changeS(signature, (s) => ORDER - s), 'verified'],
    ['with s + n for s', (signature) => changeS(signature, (s) => (s + ORDER) % 2n ** 256n), 'signature'],
    ['cut by an octet', (signature) => signature.subarray(0, 63), 'signature'],
    ['with an octet more', (signature) => Buffer.concat([signature, Uint8Array.of(0)]), 'signature'],
    ['with a zero before', (signature) => Buffer.concat([Uint8Array.of(0), signature]), 'signature'],
    ['empty', () => new Uint8Array(0), 'signature'],
    ['twice', (signature) => Buffer.concat([signature, signature]), 'signature'],
    [
      'with r and s exchanged',
      (signature) => Buffer.concat([signature.subarray(32), signature.subarray(0, 32)]),
      'signature',
    ],
    [
      'with one bit changed',
      (signature) => signature.map((octet, index) => (index === 9 ? octet ^ 1 : octet)),
      'signature',
    ],
  ]
  for (const [title, change, expected] of SIGNATURES) {
    test(`with its signature ${title}: ${expected}`, async () => {
      const token = withSignature(GOOD.split(';')[0]!, change)
      assert.equal(reasonOf(await verify([identityOf(token, INFO)])), expected)
    })
  }

  test('with a signature in DER, by a shared secret, by another key or over other claims has failed', async () => {
    const bad = [
      signToken(LEAF.key, HEADER, PAYLOAD, 'der'),
      signToken(LEAF.key, HEADER, PAYLOAD, 'secret'),
      signToken(BETWEEN.key, HEADER, PAYLOAD),
      [
        ...signToken(LEAF.key, HEADER, { ...PAYLOAD, attest: 'B' })
          .split('.')
          .slice(0, 2),
        GOOD.split(';')[0]!.split('.')[2],
      ].join('.'),
    ]
    for (const token of bad) assert.equal(reasonOf(await verify([identityOf(token, INFO)])), 'signature')
  })

  test('with an Identity that cannot be read has failed', async () => {
    assert.equal(reasonOf(await verify(['nothing of the kind'])), 'identity')
    assert.equal(reasonOf(await verify([`${'A'.repeat(7000)};info=<${INFO}>`])), 'too-long')
    assert.equal(reasonOf(await verify([GOOD.replace('.', '..')])), 'token')
  })

  test('whose numbers cannot be compared is not verified, and has not failed', async () => {
    const with_ = (facts: Partial<SignedFacts>) => verify([GOOD], {}, { ...FACTS, ...facts })
    assert.equal(reasonOf(await with_({ calling: parseNumber('2125550117') })), 'number-form')
    assert.equal(reasonOf(await with_({ calling: parseNumber('2125550118') })), 'other-originator')
    assert.equal(reasonOf(await with_({ calling: WITHHELD })), 'number-form')
    const unsigned = identityOf(signToken(BETWEEN.key, HEADER, PAYLOAD), INFO)
    assert.equal(reasonOf(await verify([unsigned], {}, { ...FACTS, calling: WITHHELD })), 'signature')
    assert.equal(reasonOf(await with_({ calling: parseNumber('alice') })), 'number-form')
    assert.equal(reasonOf(await with_({ called: parseNumber('4155550163') })), 'number-form')
    assert.equal(reasonOf(await with_({ called: parseNumber('4155550164') })), 'other-destination')
    assert.equal(reasonOf(await with_({ calling: parseNumber('12125550117') })), 'verified')
  })
})

suite('a call that was sent on', () => {
  const div = (from: string, to: string, more: Claims = {}, key = LEAF.key) =>
    identityOf(
      signToken(
        key,
        { ...HEADER, ppt: 'div' },
        { dest: { tn: [to] }, div: { tn: from }, iat: NOW_S, orig: { tn: '12125550117' }, ...more },
      ),
      INFO,
      'div',
    )
  const shaken = (dest: string) => identityOf(signToken(LEAF.key, HEADER, { ...PAYLOAD, dest: { tn: [dest] } }), INFO)

  test('is verified where each step was signed', async () => {
    assert.deepEqual(await verify([shaken('100'), div('100', '14155550163')]), VERIFIED)
    assert.deepEqual(await verify([div('200', '14155550163'), shaken('100'), div('100', '200')]), VERIFIED)
  })

  test('has failed where a step is missing, stale, of another caller or badly signed', async () => {
    assert.equal(reasonOf(await verify([shaken('100'), div('200', '14155550163')])), 'other-destination')
    assert.equal(reasonOf(await verify([shaken('100'), div('100', '14155550163', { iat: NOW_S - 90 })])), 'stale')
    const stranger = div('100', '14155550163', { orig: { tn: '12125550118' } })
    assert.equal(reasonOf(await verify([shaken('100'), stranger])), 'other-destination')
    assert.equal(reasonOf(await verify([shaken('100'), div('100', '14155550163', {}, ROOT.key)])), 'signature')
    const twice = [shaken('100'), div('100', '200'), div('200', '14155550163', {}, ROOT.key)]
    assert.equal(reasonOf(await verify(twice)), 'signature', 'the last of several steps')
    assert.deepEqual(await verify([...twice.slice(0, 2), div('200', '14155550163')]), VERIFIED)
  })

  test('is verified by the certificate of who sent it on, which is for his number and not for the caller’s', async () => {
    const at = 'https://cert.example/div.pem'
    const find = async (list: Uint8Array) => {
      const signer = await mint({ subject: 'CN=Div', issuer: BETWEEN, tnAuthList: list })
      const claims = { dest: { tn: ['14155550163'] }, div: { tn: '100' }, iat: NOW_S, orig: { tn: '12125550117' } }
      const step = identityOf(signToken(signer.key, { ...HEADER, ppt: 'div', x5u: at }, claims), at, 'div')
      const fetch: FetchCertificate = (url) => serve([url === at ? signer : LEAF, BETWEEN])(url)
      return reasonOf(await verify([shaken('100'), step], { fetch }))
    }
    assert.equal(await find(oneList('100')), 'verified')
    assert.equal(await find(oneList('12125550117')), 'not-authorised')
  })

  test('and says so without a signature is not verified, and has not failed', async () => {
    const facts = { ...FACTS, forwarded: true }
    assert.equal(reasonOf(await verify([shaken('100')], {}, facts)), 'forwarded')
    const unsigned = identityOf(signToken(BETWEEN.key, HEADER, { ...PAYLOAD, dest: { tn: ['100'] } }), INFO)
    assert.equal(
      reasonOf(await verify([unsigned], {}, facts)),
      'signature',
      'a token that nobody signed excuses nothing',
    )
    assert.equal(reasonOf(await verify([shaken('100')])), 'other-destination')
    assert.equal(reasonOf(await verify([shaken('14155550163')], {}, facts)), 'verified')
  })
})

suite('a call whose Request-URI was translated', () => {
  const dialled = parseNumber('+18005550100')
  const token = identityOf(signToken(LEAF.key, HEADER, { ...PAYLOAD, dest: { tn: ['18005550100'] } }), INFO)

  test('is verified by the number in To, which is what was signed', async () => {
    assert.deepEqual(await verify([token], {}, { ...FACTS, dialled }), VERIFIED)
    assert.deepEqual(await verify([GOOD], {}, { ...FACTS, dialled }), VERIFIED, 'or by the Request-URI')
    const forged = withSignature(token.split(';')[0]!, (signature) => signature.map((octet) => octet ^ 1))
    assert.equal(reasonOf(await verify([identityOf(forged, INFO)], {}, { ...FACTS, dialled })), 'signature')
  })

  test('has failed where neither is the number that was signed, and nobody says it was forwarded', async () => {
    const other = { ...FACTS, dialled: parseNumber('+18005550101') }
    assert.deepEqual(await verify([token], {}, FACTS), { kind: 'failed', why: 'other-destination' })
    assert.deepEqual(await verify([token], {}, other), { kind: 'failed', why: 'other-destination' })
    assert.equal(reasonOf(await verify([token], {}, { ...other, forwarded: true })), 'forwarded')
    assert.equal(reasonOf(await verify([token], {}, { ...FACTS, dialled: parseNumber('help') })), 'other-destination')
    assert.equal(reasonOf(await verify([token], {}, { ...FACTS, dialled: parseNumber('8005550100') })), 'number-form')
  })

  test('is judged by the steps that were signed, whatever To still says', async () => {
    const step = (key: Minted) => {
      const claims = { dest: { tn: ['14155550163'] }, div: { tn: '18005550100' }, iat: NOW_S, orig: PAYLOAD['orig'] }
      return identityOf(signToken(key.key, { ...HEADER, ppt: 'div' }, claims), INFO, 'div')
    }
    assert.deepEqual(await verify([token, step(LEAF)], {}, { ...FACTS, dialled }), VERIFIED)
    assert.equal(reasonOf(await verify([token, step(ROOT)], {}, { ...FACTS, dialled })), 'signature')
  })

  test('has its short form rebuilt with the number in To', async () => {
    const call = { orig: '12125550117', dest: '18005550100', issuedAtS: NOW_S }
    const short = `..${encodeBase64url(signText(LEAF.key, rebuildSigned(INFO, call)))};info=<${INFO}>`
    const facts = { ...FACTS, date: dateAt(NOW_S) }
    assert.equal(reasonOf(await verify([short], {}, { ...facts, dialled })), 'no-attestation')
    assert.equal(reasonOf(await verify([short], {}, facts)), 'compact-form')
  })
})

suite('several values of Identity', () => {
  const STALE = identityOf(signToken(LEAF.key, HEADER, { ...PAYLOAD, iat: 0 }), INFO)

  test('verify if one does, in one line or several', async () => {
    assert.deepEqual(await verify([STALE, GOOD]), VERIFIED)
    assert.deepEqual(await verify([`${STALE}, ${GOOD}`]), VERIFIED)
    assert.deepEqual(await verify(['broken', GOOD]), VERIFIED)
    assert.equal(reasonOf(await verify([STALE, STALE])), 'stale')
  })

  test('of which one is wrong fail, whatever cannot be found out of another', async () => {
    const elsewhere = 'https://not-listed.example/a.pem'
    const other = identityOf(signToken(LEAF.key, { ...HEADER, x5u: elsewhere }, PAYLOAD), elsewhere)
    const never = 'https://slow.example/a.pem'
    const slow = identityOf(signToken(LEAF.key, { ...HEADER, x5u: never }, PAYLOAD), never)
    const fetch: FetchCertificate = (url) => {
      if (url === never) return new Promise(() => undefined)
      return url === INFO ? serve([LEAF, BETWEEN])(url) : Promise.resolve({ kind: 'refused', why: 'not-listed' })
    }
    const find = async (...identities: string[]) => {
      const verifier = makeVerifier({ fetch, budgetMs: 200 })
      return [reasonOf(await verifier.verify(identities, FACTS)), verifier.figures.late]
    }
    assert.deepEqual(await find(other), ['not-fetched', 0])
    assert.deepEqual(await find(STALE, other), ['stale', 0])
    assert.deepEqual(await find(other, STALE), ['stale', 0])
    assert.deepEqual(await find('broken', other), ['identity', 0])
    assert.deepEqual(await find(slow), ['late', 1])
    assert.deepEqual(await find(slow, STALE), ['stale', 0])
    assert.deepEqual(await find(slow, GOOD), ['verified', 0])
  })

  test('are looked at up to a limit', async () => {
    const many = Array.from({ length: IDENTITIES_MAX }, () => STALE)
    assert.deepEqual(await verify([...many.slice(1), GOOD]), VERIFIED)
    assert.equal(reasonOf(await verify([...many, GOOD])), 'stale')
  })

  test('without one about the caller attest nothing', async () => {
    const rph = signToken(LEAF.key, { ...HEADER, ppt: 'rph' }, { ...PAYLOAD, rph: { auth: ['ets.0'] } })
    assert.equal(reasonOf(await verify([identityOf(rph, INFO, 'rph')])), 'no-attestation')
    const rcd = signToken(LEAF.key, { ...HEADER, ppt: 'rcd' }, PAYLOAD)
    assert.equal(reasonOf(await verify([identityOf(rcd, INFO, 'rcd')])), 'no-attestation')
    const { ppt: _, ...plain } = HEADER
    const base = `${signToken(LEAF.key, plain, PAYLOAD)};info=<${INFO}>`
    assert.equal(reasonOf(await verify([base])), 'no-attestation')
    assert.equal(reasonOf(await verify([base.replace(';', 'A;')])), 'signature')
    assert.equal(reasonOf(await verify([base, GOOD])), 'verified')
  })

  test('in the short form are rebuilt from the call and its Date', async () => {
    const call = { orig: '12125550117', dest: '14155550163', issuedAtS: NOW_S }
    const short = (signed: string) => `..${encodeBase64url(signText(LEAF.key, signed))};info=<${INFO}>`
    const facts = { ...FACTS, date: dateAt(NOW_S) }
    assert.equal(reasonOf(await verify([short(rebuildSigned(INFO, call))], {}, facts)), 'no-attestation')
    const other = short(rebuildSigned(INFO, { ...call, dest: '14155550164' }))
    assert.equal(reasonOf(await verify([other])), 'compact-form')
    assert.equal(reasonOf(await verify([other], {}, { ...facts, date: 'today' })), 'compact-form')
    assert.equal(reasonOf(await verify([`${other};ppt=shaken`], {}, facts)), 'compact-form')
    assert.equal(reasonOf(await verify([other], {}, { ...facts, date: dateAt(NOW_S - 61) })), 'stale')
  })

  test('in the short form that do not fit the call say nothing, for the call may have changed on its way', async () => {
    const call = { orig: '12125550117', dest: '14155550163', issuedAtS: NOW_S }
    const facts = { ...FACTS, date: dateAt(NOW_S) }
    const find = async (signed: string, about: SignedFacts, signer = LEAF) => {
      const short = `..${encodeBase64url(signText(signer.key, signed))};info=<${INFO}>`
      return verify([short], { fetch: serve([signer, BETWEEN]) }, about)
    }
    const nothing: Verification = { kind: 'unverified', why: 'compact-form' }
    assert.deepEqual(await find(rebuildSigned(INFO, { ...call, dest: '14155550164' }), facts), nothing)
    assert.deepEqual(await find(rebuildSigned(INFO, { ...call, dest: '100' }), { ...facts, forwarded: true }), nothing)
    assert.deepEqual(await find(rebuildSigned(INFO, { ...call, issuedAtS: NOW_S - 1 }), facts), nothing)
    const other = await mint({ subject: 'CN=Other', issuer: BETWEEN, tnAuthList: oneList('12125550118') })
    assert.deepEqual(await find(rebuildSigned(INFO, { ...call, orig: '12125550118' }), facts, other), nothing)
    assert.equal(reasonOf(await find(rebuildSigned(INFO, call), facts)), 'no-attestation')
  })
})

suite('a certificate', () => {
  const minted = async (minting: Partial<Minting>, between: readonly Minted[] = [BETWEEN]): Promise<string> => {
    const leaf = await mint({ subject: 'CN=Leaf', issuer: between[0]!, tnAuthList: providerList('1'), ...minting })
    const token = signToken(leaf.key, HEADER, PAYLOAD)
    return reasonOf(await verify([identityOf(token, INFO)], { fetch: serve([leaf, ...between]) }))
  }
  const LEAVES: [title: string, minting: Partial<Minting>, reason: StirReason | 'verified'][] = [
    ['of a provider', {}, 'verified'],
    ['for a range with the number', { tnAuthList: rangeList('12125550100', 100) }, 'verified'],
    ['for a range without it', { tnAuthList: rangeList('12125550200', 100) }, 'not-authorised'],
    ['for the number', { tnAuthList: oneList('12125550117') }, 'verified'],
    ['for another number', { tnAuthList: oneList('12125550118') }, 'not-authorised'],
    ['whose list is broken', { tnAuthList: Uint8Array.of(0x30, 0) }, 'certificate'],
    ['that has expired', { until: '2026-10-26T11:59:59Z' }, 'expired'],
    ['that expires in a second', { until: '2026-10-26T12:00:01Z' }, 'verified'],
    ['that is not valid yet', { from: '2026-10-26T12:00:01Z' }, 'early'],
    ['that is an authority’s', { authority: {} }, 'key'],
    ['whose key may not sign', { usage: 'encipher' }, 'key'],
    ['whose key is for anything', { usage: 'unsaid' }, 'verified'],
    ['with a key of P-384', { curve: 'P-384' }, 'key'],
    ['with an unknown critical extension', { critical: '1.2.3.4' }, 'chain'],
    ['that limits the claims', { constrained: true }, 'constrained'],
    ['signed by SHA-384', { hash: 'SHA-384' }, 'chain'],
  ]
  for (const [title, minting, expected] of LEAVES) {
    test(`${title}: ${expected}`, async () => assert.equal(await minted(minting), expected))
  }

  test('without a list of numbers: tn-auth-list', async () => {
    const leaf = await mint({ subject: 'CN=Leaf', issuer: BETWEEN })
    const identity = identityOf(signToken(leaf.key, HEADER, PAYLOAD), INFO)
    assert.equal(reasonOf(await verify([identity], { fetch: serve([leaf, BETWEEN]) })), 'tn-auth-list')
  })

  test('needs a chain without a gap to a root that is trusted', async () => {
    const with_ = async (chain: readonly Minted[], roots: readonly Minted[] = [ROOT]) =>
      reasonOf(await verify([GOOD], { fetch: serve(chain), roots }))
    assert.equal(await with_([LEAF, BETWEEN]), 'verified')
    assert.equal(await with_([LEAF, BETWEEN, ROOT]), 'verified')
    assert.equal(await with_([LEAF, STRANGER, ROOT, BETWEEN]), 'verified', 'order and strays do not matter')
    assert.equal(await with_([LEAF], [BETWEEN]), 'verified', 'an issuing authority may be what is trusted')
    assert.equal(await with_([LEAF]), 'chain', 'the issuing authority is missing')
    assert.equal(await with_([LEAF, BETWEEN], [STRANGER]), 'chain', 'a root of the same name with another key')
    assert.equal(await with_([LEAF, BETWEEN, STRANGER], [ROOT]), 'verified')
    assert.equal(await with_([BETWEEN, LEAF]), 'key', 'the first one must be the signer’s')
    assert.equal(await with_([LEAF, ROOT], [ROOT]), 'chain')
    assert.equal((await verify([GOOD], { fetch: serve([LEAF]) })).kind, 'unverified', 'a root may be missing here')
  })

  test('is not believed under an authority that may not have issued it', async () => {
    const under = async (minting: Partial<Minting>) =>
      minted({}, [await mint({ subject: 'CN=Odd', issuer: ROOT, authority: {}, ...minting })])
    assert.equal(await under({}), 'verified')
    assert.equal(await under({ usage: 'sign' }), 'chain')
    assert.equal(await under({ usage: 'encipher' }), 'chain')
    assert.equal(await under({ critical: '2.5.29.30' }), 'chain')
    assert.equal(await under({ curve: 'P-384' }), 'chain')
    assert.equal(await under({ until: '2026-10-26T11:00:00Z' }), 'expired')
    assert.equal(await under({ from: '2026-10-26T13:00:00Z' }), 'early')
    const noAuthority = await mint({ subject: 'CN=Odd', issuer: ROOT })
    assert.equal(await minted({}, [noAuthority]), 'chain')
  })

  test('may have as many authorities above it as each of these allows', async () => {
    const second = await mint({ subject: 'CN=Second', issuer: BETWEEN, authority: {} })
    assert.equal(await minted({}, [second, BETWEEN]), 'chain')
    const wide = await mint({ subject: 'CN=Wide', authority: { pathLength: 2 } })
    const one = await mint({ subject: 'CN=One', issuer: wide, authority: { pathLength: 1 } })
    const two = await mint({ subject: 'CN=Two', issuer: one, authority: {} })
    const leaf = await mint({ subject: 'CN=Leaf', issuer: two, tnAuthList: providerList('1') })
    const identity = identityOf(signToken(leaf.key, HEADER, PAYLOAD), INFO)
    const found = await verify([identity], { fetch: serve([leaf, two, one]), roots: [wide] })
    assert.equal(reasonOf(found), 'verified')
  })

  test('under authorities that all could have issued each other is judged in few steps', async () => {
    const tangle = await Promise.all(Array.from({ length: 7 }, () => mint({ subject: 'CN=Tangle', authority: {} })))
    const leaf = await mint({ subject: 'CN=Leaf', issuer: tangle[0]!, tnAuthList: providerList('1') })
    const identity = identityOf(signToken(leaf.key, HEADER, PAYLOAD), INFO)
    assert.equal(reasonOf(await verify([identity], { fetch: serve([leaf, ...tangle]) })), 'chain')
  })

  test('that is none, cut, or one of too many: certificate', async () => {
    const of = async (text: string) => reasonOf(await verify([GOOD], { fetch: serveText(text) }))
    assert.equal(await of(''), 'certificate')
    assert.equal(await of('<html>'), 'certificate')
    assert.equal(await of(LEAF.pem.slice(0, 300)), 'certificate')
    assert.equal(await of(LEAF.pem.replace(/[A-Z]{4}/, 'AAAA')), 'certificate')
    assert.equal(await of(LEAF.pem.repeat(9)), 'certificate')
    assert.equal(
      (await verify([GOOD], { fetch: serveText('<html>') })).kind,
      'unverified',
      'it says nothing of the call',
    )
    assert.equal(await of(`A word before.\n${LEAF.pem}${BETWEEN.pem}and after`), 'verified')
  })

  test('of a root that has expired: roots, whether others are left or not', async () => {
    const old = await mint({ subject: 'CN=Old', authority: {}, until: '2025-01-01T00:00:00Z' })
    const leaf = await mint({ subject: 'CN=Leaf', issuer: old, tnAuthList: providerList('1') })
    const identity = identityOf(signToken(leaf.key, HEADER, PAYLOAD), INFO)
    const with_ = async (roots: readonly Minted[]) =>
      reasonOf(await verify([identity], { fetch: serve([leaf]), roots }))
    assert.equal(await with_([old, ROOT]), 'roots')
    const whole = { fetch: serve([LEAF, BETWEEN]), roots: [old, ROOT] }
    assert.equal(reasonOf(await verify([GOOD], whole)), 'verified')
    assert.equal(await with_([old]), 'roots')
  })
})

suite('fetching', () => {
  test('that is late leaves a call unverified; the certificate is there for the next one', async () => {
    let arrive = (): void => undefined
    const arrived = new Promise<void>((resolve) => (arrive = resolve))
    const fetched: string[] = []
    const slow: FetchCertificate = async (url) => {
      fetched.push(url)
      await arrived
      return serve([LEAF, BETWEEN])(url)
    }
    const verifier = makeVerifier({ fetch: slow, budgetMs: 5 })
    assert.equal(reasonOf(await verifier.verify([GOOD], FACTS)), 'late')
    assert.equal(reasonOf(await verifier.verify([GOOD], FACTS)), 'late')
    assert.deepEqual(fetched, [INFO], 'one fetch a URL at a time')
    arrive()
    const patient = await until(async () => {
      const found = await verifier.verify([GOOD], FACTS)
      return found.kind === 'verified' ? found : undefined
    })
    assert.deepEqual(patient, VERIFIED)
    assert.equal(fetched.length, 1)
    assert.ok(verifier.figures.late >= 2 && verifier.figures.verified === 1)
  })

  test('that fails leaves a call unverified, and says whether it was tried', async () => {
    const refused = async (why: string) => verify([GOOD], { fetch: () => Promise.resolve({ kind: 'refused', why }) })
    assert.equal(reasonOf(await refused('connection')), 'unreachable')
    assert.equal(reasonOf(await refused('busy')), 'unreachable')
    assert.equal(reasonOf(await refused('not-listed')), 'not-fetched')
    assert.equal(reasonOf(await refused('address')), 'not-fetched')
    assert.equal((await refused('late')).kind, 'unverified')
  })

  test('that throws is a fault of ours and no verdict on the call', async () => {
    const found = await verify([GOOD], { fetch: () => Promise.reject(new Error('broken')) })
    assert.deepEqual(found, { kind: 'unverified', why: 'fault' })
  })

  test('happens once for an hour of calls, then beside a call that does not wait for it, and again after a day', async () => {
    const fetched: string[] = []
    const verifier = makeVerifier({ fetch: serve([LEAF, BETWEEN], fetched) })
    const at = async (afterMs: number) => {
      const iat = NOW_S + Math.floor(afterMs / 1000)
      const identity = identityOf(signToken(LEAF.key, HEADER, { ...PAYLOAD, iat }), INFO)
      assert.equal(reasonOf(await verifier.verify([identity], { ...FACTS, atMs: FACTS.atMs + afterMs })), 'verified')
      return fetched.length
    }
    assert.deepEqual(
      [await at(0), await at(1000), await at(FRESH_MS - 1000), await at(FRESH_MS), await at(FRESH_MS + KEPT_MS)],
      [1, 1, 1, 2, 3],
    )
  })

  test('keeps a certificate no longer than it is valid', async () => {
    const leaf = await mint({
      subject: 'CN=L',
      issuer: BETWEEN,
      tnAuthList: providerList('1'),
      until: '2026-10-26T12:00:30Z',
    })
    const verifier = makeVerifier({ fetch: serve([leaf, BETWEEN]) })
    const identity = identityOf(signToken(leaf.key, HEADER, PAYLOAD), INFO)
    const at = async (afterMs: number) =>
      reasonOf(await verifier.verify([identity], { ...FACTS, atMs: FACTS.atMs + afterMs }))
    assert.deepEqual([await at(0), await at(29_000), await at(31_000)], ['verified', 'verified', 'expired'])
  })

  test('finds the certificate that was renewed at its address, once the one before has expired', async () => {
    const keys = { subject: 'CN=L', issuer: BETWEEN, tnAuthList: providerList('1') }
    const old = await mint({ ...keys, until: '2026-10-26T12:00:30Z' })
    const renewed = await mint(keys)
    let current = old
    const verifier = makeVerifier({ fetch: (url) => serve([current, BETWEEN])(url) })
    const find = async (afterMs: number) => {
      const identity = identityOf(signToken(current.key, HEADER, PAYLOAD), INFO)
      return reasonOf(await verifier.verify([identity], { ...FACTS, atMs: FACTS.atMs + afterMs }))
    }
    assert.equal(await find(0), 'verified')
    current = renewed
    assert.equal(await find(29_000), 'signature', 'the control: the old one is still kept')
    assert.equal(await find(31_000), 'verified')
  })

  test('that brings no certificate when it is done anew leaves the one before in use for its day', async () => {
    const fetched: string[] = []
    let body = LEAF.pem + BETWEEN.pem
    const verifier = makeVerifier({ fetch: (url) => (fetched.push(url), serveText(body)(url)) })
    const at = async (afterMs: number) => {
      const iat = NOW_S + Math.floor(afterMs / 1000)
      const identity = identityOf(signToken(LEAF.key, HEADER, { ...PAYLOAD, iat }), INFO)
      const found = await verifier.verify([identity], { ...FACTS, atMs: FACTS.atMs + afterMs })
      // Lets the fetch beside the call come to its end.
      await new Promise(setImmediate)
      return reasonOf(found)
    }
    assert.equal(await at(0), 'verified')
    for (const [page, hour] of [
      ['<html>down', 1],
      [STRANGER.pem, 2],
      ['', 3],
    ] as const) {
      body = page
      assert.equal(await at(hour * FRESH_MS), 'verified')
      assert.equal(await at(hour * FRESH_MS + 1000), 'verified')
    }
    assert.equal(fetched.length, 4, 'asked again, but not by every call')
    assert.equal(await at(KEPT_MS), 'certificate', 'its day is over')
    body = LEAF.pem + BETWEEN.pem
    assert.equal(await at(KEPT_MS + UNUSABLE_KEPT_MS), 'verified')
  })

  test('of more addresses than are kept drops the one kept longest, and counts it', async () => {
    const verifier = makeVerifier({ fetch: serveText('nothing') })
    for (let index = 0; index <= CERTIFICATES_KEPT_MAX; index++) {
      const info = `https://cert.example/${index}.pem`
      const identity = identityOf(signToken(LEAF.key, { ...HEADER, x5u: info }, PAYLOAD), info)
      assert.equal(reasonOf(await verifier.verify([identity], FACTS)), 'certificate')
    }
    const { kept, evicted, fetched } = verifier.certificates
    assert.deepEqual([kept, evicted, fetched], [CERTIFICATES_KEPT_MAX, 1, CERTIFICATES_KEPT_MAX + 1])
  })
})

type Vector = {
  readonly title: string
  readonly at: number
  readonly calling: string
  readonly called: string
  readonly identities: readonly string[]
  readonly certificates: Readonly<Record<string, string>>
  readonly expected: Verification
}

suite('a vector', () => {
  const file = new URL('../../../vectors/stir/verification.json', import.meta.url)
  const { roots, cases } = JSON.parse(readFileSync(file, 'utf8')) as { roots: string[]; cases: Vector[] }
  for (const { title, at, calling, called, identities, certificates, expected } of cases) {
    test(`${title}: ${expected.kind}`, async () => {
      const pages = new Map(Object.entries(certificates))
      const fetchCertificate: FetchCertificate = (url) => {
        const page = pages.get(url)
        const fetched = { kind: 'fetched', body: Buffer.from(page ?? '') } as const
        return Promise.resolve(page === undefined ? { kind: 'refused', why: 'status' } : fetched)
      }
      const authorities = roots.flatMap((pem) => parseCertificates(pem))
      const verifier = new Verifier({ roots: authorities, fetchCertificate, budgetMs: 5000, maxAgeMs: 60_000 })
      const facts = { ...FACTS, atMs: at * 1000, calling: parseNumber(calling), called: parseNumber(called) }
      assert.deepEqual(await verifier.verify(identities, facts), expected)
    })
  }
  test('is there for most of the ways a token can fail', () => {
    const shown = new Set(cases.map(({ expected }) => ('why' in expected ? expected.why : '')))
    assert.ok(cases.length >= 40 && shown.size >= 20, `${cases.length} vectors, ${shown.size} reasons`)
  })
})

test('the public ECDSA vectors for P-256 come out as they are marked', async () => {
  let valid = 0
  for (const [key, signature, expected] of PUBLIC_VECTORS) {
    const [x, y] = [key.slice(0, 64), key.slice(64)].map((hex) => Buffer.from(hex, 'hex').toString('base64url'))
    const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x!, y: y! }, format: 'jwk' })
    assert.equal(await verifyEs256(publicKey, '123400', Buffer.from(signature, 'hex')), expected, signature)
    if (expected) valid++
  }
  assert.ok(valid >= 9 && PUBLIC_VECTORS.length - valid >= 9)
})

type Options = { fetch?: FetchCertificate; roots?: readonly Minted[]; budgetMs?: number }

function makeVerifier({ fetch = serve([LEAF, BETWEEN]), roots = [ROOT], budgetMs = 5000 }: Options): Verifier {
  const certificates = roots.flatMap(({ pem }) => parseCertificates(pem))
  return new Verifier({ roots: certificates, fetchCertificate: fetch, budgetMs, maxAgeMs: 60_000 })
}

function verify(identities: readonly string[], options: Options = {}, facts = FACTS): Promise<Verification> {
  return makeVerifier(options).verify(identities, facts)
}

function serve(chain: readonly Minted[], fetched: string[] = []): FetchCertificate {
  const fetch = serveText(chain.map(({ pem }) => pem).join(''))
  return (url) => {
    fetched.push(url)
    return fetch(url)
  }
}

function dateAt(atS: number): string {
  return new Date(atS * 1000).toUTCString()
}

function serveText(text: string): FetchCertificate {
  return () => Promise.resolve({ kind: 'fetched', body: Buffer.from(text) })
}

function reasonOf(found: Verification): string {
  return found.kind === 'failed' || found.kind === 'unverified' ? found.why : found.kind
}

/** Asks again until there is an answer. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let round = 0; round < 200; round++) {
    const found = await ask()
    if (found !== undefined) return found
  }
  throw new Error('nothing came')
}

function octets(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
}

function changeS(signature: Uint8Array, change: (s: bigint) => bigint): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
  return Buffer.concat([signature.subarray(0, 32), octets(change(s))])
}

/**
 * Key (x and y), signature (r and s) over the octets `123400`, and whether it verifies: values published by the Wycheproof
 * project in ecdsa_secp256r1_sha256_p1363_test.json (cases 1 to 10, and 155 to 163: modular inverses at the edge).
 */
const FIRST_KEY =
  '2927b10512bae3eddcfe467828128bad2903269919f7086069c8c4df6c732838c7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e'
const R = '2ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859b8cc6af9bd5c2e18'
const S = 'b329f479a2bbd0a5c384ee1493b1f5186a87139cac5df4087c134b49156847db'
const EDGE_R = '555555550000000055555555555555553ef7a8e48d07df81a693439654210c70'
const PUBLIC_VECTORS: readonly (readonly [key: string, signature: string, valid: boolean])[] = [
  [FIRST_KEY, `${R}4cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd76`, true],
  [FIRST_KEY, `012ba3a8bd6b94d5ed80a6d9d1190a436ebccc0833490686deac8635bcb9bf536900${S}`, false],
  [FIRST_KEY, `01002ba3a7be6b94d6ec80a6d9d1190a432be6dfbb2cb98d6d4d72972df620817f180000${S}`, false],
  [FIRST_KEY, `d45c5740946b2a147f59262ee6f5bc90bd01ed280528b62b3aed5fc93f06f739${S}`, false],
  [FIRST_KEY, `01${R}00${S}`, false],
  [FIRST_KEY, `010000000000000000${R}000000000000000000${S}`, false],
  [FIRST_KEY, `01b329f478a2bbd0a6c384ee1493b1f518276e0e4a5375928d6fcd160c11cb6d2c00${S}`, false],
  [FIRST_KEY, `0100b329f379a2bbd1a5c384ee1493b1f4d55181c143c3fc78fc35de0e45788d98db0000${S}`, false],
  [FIRST_KEY, `01${S}00${S}`, false],
  [FIRST_KEY, `010000000000000000${S}000000000000000000${S}`, false],
  ...(
    [
      [
        'c4c91981e720e20d7e478ff19d09b95a98f58c0f469b72801a8ce844a347316594afcd4188182e7779889b3258d0368ece1e66797fe7c648c6f0b9e26bd71871',
        '4e260962e33362ef0046126d2d5a4edc6947ab20e19b8ec19cf79e5908b6e628',
      ],
      [
        'd58d47bf49bc8f416641f6f760fcbca80aa52a814e56a5fa40bab44fd6f6317216deaa84d45d8e0e29cc9ecf5653f8ee6444750813becae8deb42b04ba07a634',
        '077ed0d8f20f697d8fc591ac64dd5219c7932122b4f9b9ec6441e44a0092cf21',
      ],
      [
        '91e305822e5e44f3fdb616e2ef42cd98f241b86e9f68815bc4dba6a945e4eefb3c5937e2ac1d9466f6d65e49b35fc8d75ffc22e1fe2f32af42f5fa3c26f9b4b0',
        '3e0292a67e181c6c0105ee35e956e78e9bdd033c6e71ae57884039a245e4175f',
      ],
      [
        '24a0bc4d16dbbd40d2fd81a7c3f8d8ec741607d5bb406a0611cc60d0e683bd46b575cad039c15f7f3dffcfc007b4b0f743c871ecc76a504a32672fd84526d861',
        '13d22b06d6b8f5d97e0c64962b4a3bae30f668ca6217ef5b35d799f159e23ebe',
      ],
      [
        'd24dd06745cafb39186d22a92aa0e58169a79ab69488628a9da5ed3ef747269b7e9209d98faeb95355948adae61d5291c6015d3ee9513486d886fb05cbd25c6a',
        '4523ce342e4994bb8968bf6613f60c06c86111f15a3a389309e72cd447d5dd99',
      ],
      [
        '8200f148e7eab1581bcd1e23946f8a9b8191d9641f9560341721f9d3fec3d63ece795669e0481e035de8623d716a6984d0a4809d6c65519443ee55260f7f3dcb',
        '37d765be3c9c78189ad30edb5097a4db670de11686d01420e37039d4677f4809',
      ],
      [
        'a8a69c5ed33b150ce8d37ac197070ed894c05d47258a80c9041d92486622024de85997c9666b60a393568efede8f4ca0167c1e10f626e62fc1b8c8e9c6ba6ed7',
        '44237823b54e0c74c2bf5f759d9ac5f8cb897d537ffa92effd4f0bb6c9acd860',
      ],
      [
        'ed0587e75b3b9a1dd0794f41d1729fcd432b2436cbf51c230d8bc7273273181735a57f09c7873d3964aa8102c9e25fa53070cd924cb7e3a459174740b8b71c34',
        '266d30a485385906054ca86d46f5f2b17e7f4646a3092092ad92877126538111',
      ],
      [
        '077091d99004a99ee08224e59a46a70495e6fba4eff681c3ce42127e588681ef4f1c16c77dfa440dde18245c9de76243d8f2fd9dea3f2782d6c04974d02f25dc',
        '538c7b3798e84d0ce90340165806348971ed44db8f0c674f5f215968390f92ee',
      ],
    ] as const
  ).map(([key, s]) => [key, `${EDGE_R}${s}`, true] as const),
]
