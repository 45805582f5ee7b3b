import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CSeq, formatCSeq, parseCSeq } from './cseq.ts'
import type { MalformedCode } from './malformed.ts'

const VALUES: [text: string, number: number, method: string][] = [
  ['1 INVITE', 1, 'INVITE'],
  ['0009\r\n INVITE', 9, 'INVITE'],
  ['2147483647 ACK', 2147483647, 'ACK'],
  [" 0 !interesting-Method0123456789_*+`.%indeed'~ ", 0, "!interesting-Method0123456789_*+`.%indeed'~"],
]

for (const [text, number, method] of VALUES) {
  test(`CSeq ${JSON.stringify(text)} is ${number} and ${method}`, () => {
    assert.deepEqual(parseCSeq(text.trim()), { number, method })
  })
}

const BROKEN: [text: string, code: MalformedCode][] = [
  ['', 'number'],
  ['INVITE', 'number'],
  ['-1 INVITE', 'number'],
  ['1', 'token'],
  ['1INVITE', 'token'],
  ['1 ', 'token'],
  ['1 IN/VITE', 'trailing'],
  ['1 INVITE x', 'trailing'],
  ['2147483648 INVITE', 'number'],
  ['36893488147419103232 INVITE', 'number'],
  [`${'9'.repeat(400)} INVITE`, 'number'],
  ['1.5 INVITE', 'token'],
]

for (const [text, code] of BROKEN) {
  test(`CSeq ${JSON.stringify(text.slice(0, 30))} is malformed (${code})`, () => {
    assert.throws(() => parseCSeq(text), { name: 'Malformed', code })
  })
}

test('a CSeq reads back as itself, and one that no peer could read is not written', () => {
  const method = fc.stringMatching(/^[A-Za-z0-9\-.!%*_+`'~]{1,20}$/)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), method, (number, method) => {
      assert.deepEqual(parseCSeq(formatCSeq({ number, method })), { number, method })
    }),
  )
  const bad: CSeq[] = [
    { number: -1, method: 'A' },
    { number: 2 ** 31, method: 'A' },
    { number: 1.5, method: 'A' },
    { number: 1, method: 'A B' },
    { number: 1, method: 'A\r\nX: y' },
  ]
  for (const value of bad) assert.throws(() => formatCSeq(value), { name: 'Error' })
})
