import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { Malformed } from '#codec/sip/malformed.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { type Diversion, findDiversions } from './diversion.ts'
import { type Identity, formatIdentity, parseIdentity } from './identity.ts'
import { type Claimant, DESTINATIONS_MAX, TOKEN_CHARACTERS_MAX, readPassport } from './passport.ts'
import { STIR_PHRASES, STIR_REASONS, type StirReason } from './reasons.ts'
import { type Claims, formatSigned, rebuildSigned } from './sign.ts'
import { parseStrictJson } from './strict-json.ts'

const INFO = 'https://cert.example/shaken.pem'
const HEADER: Claims = { alg: 'ES256', ppt: 'shaken', typ: 'passport', x5u: INFO }
const PAYLOAD: Claims = {
  attest: 'A',
  dest: { tn: ['14155550163'] },
  iat: 1_793_016_000,
  orig: { tn: '12125550117' },
  origid: '123e4567-e89b-12d3-a456-426655440000',
}
const SIGNATURE = encodeBase64url(Uint8Array.from({ length: 64 }, (_, index) => index + 1))

suite('the Identity field', () => {
  test('holds a token, the address of the certificate, the algorithm and the extension', () => {
    const [identity] = parseIdentity(`aa.bb.cc-_;info=<${INFO}>;alg=ES256;ppt="shaken";canon=x`)
    assert.deepEqual(identity, {
      token: 'aa.bb.cc-_',
      info: INFO,
      algorithm: 'ES256',
      ppt: 'shaken',
      parameters: new Map([['canon', 'x']]),
    })
  })

  test('may have its parameters in any order and case, with space round them, and several values in a line', () => {
    const values = parseIdentity(` a.b.c ; ALG = ES256 ; Info = <${INFO}> , ..d;info=<${INFO}>;ppt=div`)
    assert.deepEqual(
      values.map(({ token, algorithm, ppt }) => [token, algorithm, ppt]),
      [
        ['a.b.c', 'ES256', undefined],
        ['..d', undefined, 'div'],
      ],
    )
  })

  const BROKEN: [title: string, text: string, code: string][] = [
    ['nothing', '', 'token'],
    ['a token alone', 'a.b.c', 'uri'],
    ['no token', `;info=<${INFO}>`, 'token'],
    ['an address without brackets', `a.b.c;info=${INFO}`, 'uri'],
    ['an address that does not close', `a.b.c;info=<${INFO}`, 'angle-bracket'],
    ['an empty address', 'a.b.c;info=<>', 'uri'],
    ['an address with a space', 'a.b.c;info=<https://a b/>', 'uri'],
    ['an address without a scheme', 'a.b.c;info=<cert.example>', 'uri'],
    ['two addresses', `a.b.c;info=<${INFO}>;info=<${INFO}>`, 'parameter'],
    ['two addresses, one in quotes', `a.b.c;info=<${INFO}>;info="${INFO}"`, 'uri'],
    ['a parameter twice', `a.b.c;info=<${INFO}>;ppt=shaken;PPT=div`, 'parameter'],
    ['an open quote', `a.b.c;info=<${INFO}>;ppt="shaken`, 'quoted-string'],
    ['an octet no token has', `a.b.c!;info=<${INFO}>`, 'uri'],
    ['brackets behind another parameter', `a.b.c;alg=ES256<${INFO}>`, 'uri'],
    ['something behind', `a.b.c;info=<${INFO}> x`, 'trailing'],
    ['a comma at the end', `a.b.c;info=<${INFO}>,`, 'token'],
  ]
  for (const [title, text, code] of BROKEN) {
    test(`with ${title} is malformed (${code})`, () => {
      assert.throws(() => parseIdentity(text), { name: 'Malformed', code })
    })
  }

  test('written in canonical form reads back as itself', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/)
    const identity = fc.record<Identity>(
      {
        token: fc.stringMatching(/^[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{1,20}$/),
        info: fc.stringMatching(/^https?:\/\/[a-z0-9.-]{1,12}\/[!-;=?-~]{0,12}$/),
        algorithm: fc.option(name, { nil: undefined }),
        ppt: fc.option(name, { nil: undefined }),
        parameters: fc
          .dictionary(name, fc.option(fc.stringMatching(/^[ -~]{0,10}$/), { nil: undefined }), {
            noNullPrototype: true,
          })
          .map((entries) => {
            const { alg: _, ppt: __, info: ___, ...rest } = entries
            return new Map(Object.entries(rest))
          }),
      },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(identity, (value) => {
        assert.deepEqual(parseIdentity(formatIdentity(value)), [value])
      }),
      { numRuns: 300 },
    )
  })

  test('is not written with a token or an address that would leave its place', () => {
    const whole: Identity = { token: 'a.b.c', info: INFO, algorithm: 'ES256', ppt: 'shaken', parameters: new Map() }
    assert.equal(formatIdentity(whole), `a.b.c;info=<${INFO}>;alg=ES256;ppt=shaken`)
    assert.throws(() => formatIdentity({ ...whole, token: 'a.b.c;x=y' }), /token/)
    assert.throws(() => formatIdentity({ ...whole, info: 'https://a/>;x=y' }), /brackets/)
    assert.throws(() => formatIdentity({ ...whole, ppt: 'a\r\nVia: x' }), /control/)
  })
})

suite('a token', () => {
  test('of the extension shaken says who attests what, and keeps what was signed', () => {
    const reading = read({}, {})
    assert.ok(reading.kind === 'passport' && reading.passport.extension === 'shaken')
    const { signed, signature, ...passport } = reading.passport
    assert.deepEqual(passport, {
      extension: 'shaken',
      attestation: 'A',
      originId: PAYLOAD['origid'],
      certificateUri: INFO,
      issuedAtS: 1_793_016_000,
      orig: { kind: 'tn', value: '12125550117' },
      dest: [{ kind: 'tn', value: '14155550163' }],
    })
    assert.equal(signed, formatSigned(HEADER, PAYLOAD))
    assert.equal(signature.length, 64)
  })

  test('may name URIs, several destinations, and a number with its plus', () => {
    const dest = { tn: ['+14155550163', '4155550163'], uri: ['sip:bob@b.example'] }
    const reading = read({}, { dest, orig: { uri: 'sip:alice@a.example' } })
    assert.ok(reading.kind === 'passport')
    assert.deepEqual(reading.passport.orig, { kind: 'uri', value: 'sip:alice@a.example' })
    assert.deepEqual(
      reading.passport.dest.map(({ value }) => value),
      ['14155550163', '4155550163', 'sip:bob@b.example'],
    )
  })

  test('of the extensions div and rph, or of none, says what these say', () => {
    const div = read({ ppt: 'div' }, { div: { tn: '14155550100', hi: 'x' } }, 'div')
    assert.ok(div.kind === 'passport' && div.passport.extension === 'div')
    assert.deepEqual(div.passport.diverted, { kind: 'tn', value: '14155550100' })
    const rph = read({ ppt: 'rph' }, { rph: { auth: ['ets.0', 'wps.1', 'esnet.1'] } }, 'rph')
    assert.ok(rph.kind === 'passport' && rph.passport.extension === 'rph')
    assert.deepEqual(rph.passport.priorities, ['ets.0', 'wps.1', 'esnet.1'])
    const { ppt: _, ...plain } = HEADER
    const base = readPassport(identityOf(`${formatSigned(plain, PAYLOAD)}.${SIGNATURE}`, undefined))
    assert.equal(base.kind === 'passport' && base.passport.extension, 'base')
  })

  test('in the short form is known as such, and one of an unknown extension too', () => {
    assert.deepEqual(readPassport(identityOf(`..${SIGNATURE}`)), { kind: 'compact' })
    assert.deepEqual(read({ ppt: 'rcd' }, {}, 'rcd'), { kind: 'other', ppt: 'rcd' })
  })

  const FAULTY: [title: string, header: Claims, payload: Claims, reason: StirReason][] = [
    ['alg none', { alg: 'none' }, {}, 'algorithm'],
    ['alg HS256', { alg: 'HS256' }, {}, 'algorithm'],
    ['alg ES384', { alg: 'ES384' }, {}, 'algorithm'],
    ['alg in lower case', { alg: 'es256' }, {}, 'algorithm'],
    ['alg in a list', { alg: ['ES256'] }, {}, 'algorithm'],
    ['no alg', { alg: undefined }, {}, 'algorithm'],
    ['typ JWT', { typ: 'JWT' }, {}, 'type'],
    ['no typ', { typ: undefined }, {}, 'type'],
    ['crit', { crit: ['exp'] }, {}, 'critical'],
    ['another x5u than the field', { x5u: 'https://other.example/a.pem' }, {}, 'certificate-uri'],
    ['no x5u', { x5u: undefined }, {}, 'certificate-uri'],
    ['another extension than the field', { ppt: 'div' }, {}, 'extension'],
    ['no extension, where the field has one', { ppt: undefined }, {}, 'extension'],
    ['an extension that is no text', { ppt: 1 }, {}, 'extension'],
    ['no iat', {}, { iat: undefined }, 'issued-at'],
    ['iat in text', {}, { iat: '1793016000' }, 'issued-at'],
    ['iat with a fraction', {}, { iat: 1.5 }, 'issued-at'],
    ['iat before 1970', {}, { iat: -1 }, 'issued-at'],
    ['iat beyond exact numbers', {}, { iat: 2 ** 53 }, 'issued-at'],
    ['no orig', {}, { orig: undefined }, 'originator'],
    ['an orig in a list', {}, { orig: { tn: ['12125550117'] } }, 'originator'],
    ['an orig of two kinds', {}, { orig: { tn: '1', uri: 'sip:a@b' } }, 'originator'],
    ['an orig with letters', {}, { orig: { tn: '1212555011x' } }, 'originator'],
    ['an orig of 21 digits', {}, { orig: { tn: '1'.repeat(21) } }, 'originator'],
    ['an empty orig', {}, { orig: { tn: '' } }, 'originator'],
    ['no dest', {}, { dest: undefined }, 'destination'],
    ['a dest that is no list', {}, { dest: { tn: '14155550163' } }, 'destination'],
    ['an empty dest', {}, { dest: { tn: [] } }, 'destination'],
    ['a dest with a hole', {}, { dest: { tn: ['1', null] } }, 'destination'],
    ['too many dests', {}, { dest: { tn: Array.from({ length: DESTINATIONS_MAX + 1 }, () => '1') } }, 'too-long'],
    ['no attestation', {}, { attest: undefined }, 'attestation'],
    ['attestation D', {}, { attest: 'D' }, 'attestation'],
    ['attestation a', {}, { attest: 'a' }, 'attestation'],
    ['no origid', {}, { origid: undefined }, 'origin-id'],
    ['an origid with a line end', {}, { origid: 'a\r\nb' }, 'origin-id'],
    ['an origid without end', {}, { origid: 'a'.repeat(129) }, 'origin-id'],
  ]
  for (const [title, header, payload, reason] of FAULTY) {
    test(`with ${title} has the fault ${reason}`, () => {
      assert.deepEqual(read(header, payload), { kind: 'fault', reason })
    })
  }

  test('with the most it may have has no fault', () => {
    const dest = { tn: Array.from({ length: DESTINATIONS_MAX }, () => '14155550163') }
    assert.equal(read({}, { dest, origid: 'a'.repeat(128) }).kind, 'passport')
  })

  test('by another algorithm in the field, or of the wrong extension’s claims, has its fault', () => {
    const token = `${formatSigned(HEADER, PAYLOAD)}.${SIGNATURE}`
    const reason = (reading: ReturnType<typeof readPassport>) => (reading.kind === 'fault' ? reading.reason : undefined)
    assert.equal(reason(readPassport({ ...identityOf(token), algorithm: 'none' })), 'algorithm')
    assert.equal(reason(readPassport({ ...identityOf(token), algorithm: undefined })), undefined)
    assert.equal(reason(read({ ppt: 'div' }, {}, 'div')), 'diversion')
    assert.equal(reason(read({ ppt: 'rph' }, { rph: { auth: [] } }, 'rph')), 'priority')
    assert.equal(reason(read({ ppt: 'rph' }, { rph: { auth: ['ets'] } }, 'rph')), 'priority')
    const plain = { ...HEADER, x5u: 'http://cert.example/a.pem' }
    const insecure = { ...identityOf(`${formatSigned(plain, PAYLOAD)}.${SIGNATURE}`), info: plain.x5u }
    assert.equal(reason(readPassport(insecure)), 'certificate-uri')
  })

  test('in a broken envelope has the fault token, and beyond the limit too-long', () => {
    const [header, payload] = formatSigned(HEADER, PAYLOAD).split('.')
    const doubled = encode('{"alg":"ES256","alg":"none","ppt":"shaken","typ":"passport"}')
    const broken = [
      'a',
      'a.b',
      `${header}.${payload}`,
      `${header}.${payload}.${SIGNATURE}.x`,
      `${header}.${payload}.${SIGNATURE}=`,
      `${header}=.${payload}.${SIGNATURE}`,
      `${header}.${payload}.A`,
      `${header}..${SIGNATURE}`,
      `.${payload}.${SIGNATURE}`,
      `..`,
      `${encode('[]')}.${payload}.${SIGNATURE}`,
      `${encode('{"alg"')}.${payload}.${SIGNATURE}`,
      `${header}.${encode('"x"')}.${SIGNATURE}`,
      `${doubled}.${payload}.${SIGNATURE}`,
      `${header}.${encodeBase64url(Uint8Array.of(0x7b, 0xff, 0x7d))}.${SIGNATURE}`,
    ]
    for (const token of broken)
      assert.deepEqual(readPassport(identityOf(token)), { kind: 'fault', reason: 'token' }, token)
    const long = `${header}.${'A'.repeat(TOKEN_CHARACTERS_MAX)}.${SIGNATURE}`
    assert.deepEqual(readPassport(identityOf(long)), { kind: 'fault', reason: 'too-long' })
  })

  test('rebuilt from the call is what the full form has between its dots', () => {
    const { ppt: _, ...header } = HEADER
    const { attest: __, origid: ___, ...payload } = PAYLOAD
    const call = { orig: '12125550117', dest: '14155550163', issuedAtS: 1_793_016_000 }
    assert.equal(rebuildSigned(INFO, call), formatSigned(header, payload))
    const [first = '', second = ''] = rebuildSigned(INFO, call).split('.').map(decode)
    assert.equal(first, `{"alg":"ES256","typ":"passport","x5u":"${INFO}"}`)
    assert.equal(second, '{"dest":{"tn":["14155550163"]},"iat":1793016000,"orig":{"tn":"12125550117"}}')
  })
})

test('every reason has a kind, an answer of RFC 8224 and words of its own', () => {
  const reasons = Object.entries(STIR_REASONS)
  assert.equal(new Set(reasons.map(([, { words }]) => words)).size, reasons.length)
  for (const [name, { status, words }] of reasons)
    assert.ok(STIR_PHRASES[status] !== undefined && words.length > 10, name)
  assert.deepEqual(
    reasons.filter(([, { kind }]) => kind === 'unverified').map(([name]) => name),
    [
      'certificate',
      'chain',
      'late',
      'unreachable',
      'not-fetched',
      'constrained',
      'roots',
      'compact-form',
      'number-form',
      'forwarded',
      'no-attestation',
      'fault',
    ],
  )
})

test('JSON with a name twice in one object is refused, in two objects it is not', () => {
  const twice = [
    '{"a":1,"a":1}',
    '{"a":{"b":1,"b":2}}',
    '{"a":1,"\\u0061":2}',
    '{"x":[{"a":1,"a":2}]}',
    '{ "a" : 1 , "a" : 2 }',
  ]
  for (const text of twice) assert.equal(parseStrictJson(text), undefined, text)
  const once = [
    '{}',
    '{"a":{"a":"a"},"b":["a","a"]}',
    '{"a":"\\"a\\":1,","b":":"}',
    '{"a":[{"b":1},{"b":1}]}',
    '{"a\\\\":1,"a":2}',
  ]
  for (const text of once) assert.deepEqual(parseStrictJson(text), JSON.parse(text), text)
  for (const text of ['', '[]', 'null', '1', '"a"', '{"a":}', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`])
    assert.equal(parseStrictJson(text), undefined, text)
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (value) => {
      const text = JSON.stringify(value)
      assert.deepEqual(parseStrictJson(text), JSON.parse(text))
    }),
    { numRuns: 300 },
  )
})

test('base64url has one spelling for each run of octets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const text = encodeBase64url(bytes)
      assert.equal(text, Buffer.from(bytes).toString('base64url'))
      assert.deepEqual(decodeBase64url(text), bytes)
    }),
  )
  for (const text of ['A', 'AB', 'AAB', 'AA=', 'A+', 'A/', 'A A', 'Aé', 'AA\n'])
    assert.equal(decodeBase64url(text), undefined, text)
})

test('a call that was sent on is followed from token to token, however they are ordered', () => {
  const shaken = passportTo('100')
  const first = diversion('100', '200')
  const second = diversion('200', '300')
  const loop = diversion('300', '200')
  const stranger = { ...diversion('300', '400'), orig: tn('999') }
  const find = (called: string) =>
    findDiversions(shaken, [second, loop, stranger, first], ({ value }) => value === called)
  assert.deepEqual(find('100'), [])
  assert.deepEqual(find('200'), [first])
  assert.deepEqual(find('300'), [first, second])
  assert.equal(find('400'), undefined, 'a diversion of another caller leads nowhere')
  assert.equal(find('500'), undefined)
})

test('no text makes these readers throw anything but Malformed', () => {
  const part = fc.oneof(
    fc.string(),
    fc.json().map(encode),
    fc.constant(''),
    fc.constant(encode(JSON.stringify(HEADER))),
  )
  const token = fc.array(part, { maxLength: 4 }).map((parts) => parts.join('.'))
  const text = fc.oneof(
    fc.string(),
    token.map((value) => `${value};info=<${INFO}>;ppt=shaken`),
  )
  let read = 0
  fc.assert(
    fc.property(text, (value) => {
      try {
        for (const identity of parseIdentity(value)) {
          readPassport(identity)
          read++
        }
      } catch (fault) {
        assert.ok(fault instanceof Malformed, String(fault))
      }
    }),
    { numRuns: 2000 },
  )
  assert.ok(read > 300, `${read} tokens were read`)
})

function read(header: Claims, payload: Claims, ppt = 'shaken'): ReturnType<typeof readPassport> {
  const signed = formatSigned(prune({ ...HEADER, ...header }), prune({ ...PAYLOAD, ...payload }))
  return readPassport(identityOf(`${signed}.${SIGNATURE}`, ppt))
}

function prune(claims: Claims): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
}

function identityOf(token: string, ppt?: string): Identity {
  return { token, info: INFO, algorithm: 'ES256', ppt, parameters: new Map() }
}

function passportTo(dest: string) {
  const [signed, signature] = ['', new Uint8Array(64)]
  const common = { certificateUri: INFO, signed, signature, issuedAtS: 1, orig: tn('1'), dest: [tn(dest)] }
  return { ...common, extension: 'shaken' as const, attestation: 'A' as const, originId: 'x' }
}

function diversion(from: string, dest: string): Diversion {
  const { attestation: _, originId: __, ...common } = passportTo(dest)
  return { ...common, extension: 'div', diverted: tn(from) }
}

function tn(value: string): Claimant {
  return { kind: 'tn', value }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

function decode(text: string): string {
  return Buffer.from(text, 'base64url').toString()
}
