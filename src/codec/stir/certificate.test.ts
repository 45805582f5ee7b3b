import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { Malformed } from '#codec/sip/malformed.ts'
import { der, mint, oneList, providerList, rangeList } from '../../../test/stir-authority.ts'
import { readCertificateTerms } from './certificate.ts'
import { DER, DerReader } from './der.ts'
import { covers, providerOf, readTnAuthList } from './tn-auth-list.ts'

const root = await mint({ subject: 'CN=Root', authority: { pathLength: 1 } })
const leaf = await mint({ subject: 'CN=SHAKEN', issuer: root, tnAuthList: providerList('709J') })

test('a TNAuthorizationList says which numbers a certificate is for', () => {
  assert.deepEqual(readTnAuthList(providerList('709J')), [{ kind: 'provider', code: '709J' }])
  assert.deepEqual(readTnAuthList(rangeList('12125550100', 200)), [{ kind: 'range', start: '12125550100', count: 200 }])
  assert.deepEqual(readTnAuthList(oneList('12125550117')), [{ kind: 'one', number: '12125550117' }])
  const all = der(
    0x30,
    der(0xa2, der(0x16, '12125550117')),
    der(0xa0, der(0x16, '1234')),
    der(0xa1, der(0x30, der(0x16, '12125550100'), der(0x02, Uint8Array.of(2)))),
  )
  const list = readTnAuthList(all)
  assert.deepEqual(
    list.map(({ kind }) => kind),
    ['one', 'provider', 'range'],
  )
  assert.equal(providerOf(list), '1234')
  assert.equal(providerOf(readTnAuthList(oneList('1'))), undefined)
})

test('a list covers its numbers and no neighbour; a provider’s code covers all', () => {
  const range = readTnAuthList(rangeList('12125550100', 100))
  const numbers = ['12125550100', '12125550199', '12125550200', '12125550099', '2125550100', '1212555010*']
  assert.deepEqual(
    numbers.map((number) => covers(range, number)),
    [true, true, false, false, false, false],
  )
  assert.deepEqual(
    [covers(readTnAuthList(oneList('911')), '911'), covers(readTnAuthList(oneList('911')), '0911')],
    [true, false],
  )
  assert.equal(covers(readTnAuthList(providerList('709J')), '12125550117'), true)
})

const BROKEN_LISTS: [title: string, bytes: Uint8Array][] = [
  ['nothing', new Uint8Array(0)],
  ['an empty list', der(0x30)],
  ['something behind the list', Buffer.concat([providerList('709J'), Uint8Array.of(0)])],
  ['a set', der(0x31, der(0xa0, der(0x16, '709J')))],
  ['a fourth kind of entry', der(0x30, der(0xa3, der(0x16, '709J')))],
  ['an implicit tag', der(0x30, der(0x80, '709J'))],
  ['another kind of string', der(0x30, der(0xa0, der(0x0c, '709J')))],
  ['an empty code', der(0x30, der(0xa0, der(0x16)))],
  ['a code with a line end', der(0x30, der(0xa0, der(0x16, '70\n')))],
  ['a code beyond ASCII', der(0x30, der(0xa0, der(0x16, 'é')))],
  ['two codes in one entry', der(0x30, der(0xa0, der(0x16, '1'), der(0x16, '2')))],
  ['a number with a plus', der(0x30, der(0xa2, der(0x16, '+1212')))],
  ['a number of 16 digits', oneList('1'.repeat(16))],
  ['a range of one', rangeList('12125550100', 1)],
  ['a range below nothing', der(0x30, der(0xa1, der(0x30, der(0x16, '1'), der(0x02, Uint8Array.of(0x80)))))],
  ['a count with a needless octet', der(0x30, der(0xa1, der(0x30, der(0x16, '1'), der(0x02, Uint8Array.of(0, 5)))))],
  ['a count of seven octets', der(0x30, der(0xa1, der(0x30, der(0x16, '1'), der(0x02, new Uint8Array(7).fill(1)))))],
  ['a length beyond the end', Uint8Array.of(0x30, 0x05, 0xa0, 0x01)],
  ['a length without end', Uint8Array.of(0x30, 0x80, 0, 0)],
  ['a length longer than needed', Uint8Array.of(0x30, 0x81, 0x02, 0xa0, 0x00)],
  ['a length of four octets', Uint8Array.of(0x30, 0x84, 0, 0, 0, 0)],
  ['a tag of several octets', Uint8Array.of(0x3f, 0x81, 0x01, 0x00)],
]
for (const [title, bytes] of BROKEN_LISTS) {
  test(`a list that is ${title} is malformed`, () => {
    assert.throws(() => readTnAuthList(bytes), { name: 'Malformed', code: 'certificate' })
  })
}

test('the terms of a certificate are what its extensions say', async () => {
  const terms = (pem: string) => readCertificateTerms(new X509Certificate(pem).raw)
  assert.deepEqual(terms(leaf.pem), {
    isAuthority: false,
    pathLength: undefined,
    signs: true,
    certifies: false,
    tnAuthList: [{ kind: 'provider', code: '709J' }],
    isConstrained: false,
    unknown: [],
  })
  assert.deepEqual(terms(root.pem), {
    isAuthority: true,
    pathLength: 1,
    signs: false,
    certifies: true,
    tnAuthList: undefined,
    isConstrained: false,
    unknown: [],
  })
  const odd = terms((await mint({ subject: 'CN=Odd', usage: 'unsaid', critical: '1.2.840.5', constrained: true })).pem)
  assert.deepEqual([odd.signs, odd.certifies, odd.isConstrained, odd.unknown], [true, true, true, ['1.2.840.5']])
})

test('object identifiers come out as people write them', () => {
  const oid = (...octets: number[]) => new DerReader(der(DER.oid, Uint8Array.from(octets))).takeOid()
  assert.equal(oid(0x2b, 6, 1, 5, 5, 7, 1, 26), '1.3.6.1.5.5.7.1.26')
  assert.equal(oid(0x55, 29, 15), '2.5.29.15')
  assert.equal(oid(0x2a, 0x86, 0x48, 0x86, 0xf7, 13), '1.2.840.113549')
  assert.equal(oid(0x88, 0x37), '2.999')
  for (const octets of [[], [0x80, 1], [0x2b, 0x80, 1], [0x2b, 0x86], [0x2b, 0xff, 0xff, 0xff, 0xff, 0x7f]])
    assert.throws(() => oid(...octets), Malformed)
})

test('a certificate cut, changed or made up is read or malformed, and nothing else', () => {
  const raw = new Uint8Array(new X509Certificate(leaf.pem).raw)
  let malformed = 0
  const changed = fc.tuple(fc.nat(raw.length - 1), fc.nat(255), fc.nat(raw.length)).map(([at, octet, cut]) => {
    const copy = Uint8Array.from(raw)
    copy[at] = octet
    return cut % 3 === 0 ? copy.subarray(0, cut) : copy
  })
  fc.assert(
    fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      try {
        readCertificateTerms(bytes)
      } catch (fault) {
        assert.ok(fault instanceof Malformed, String(fault))
        malformed++
      }
    }),
    { numRuns: 2000 },
  )
  assert.ok(malformed > 200 && malformed < 2000, `${malformed} of 2000 were malformed`)
  assert.throws(() => readCertificateTerms(new Uint8Array(40_000)), Malformed)
})

test('deep nesting costs no more than its length', () => {
  let nested: Uint8Array = new Uint8Array(0)
  for (let depth = 0; depth < 4000; depth++) nested = der(0x30, nested).subarray(0, 30_000)
  assert.equal(readCertificateTerms(nested).isAuthority, false)
})
