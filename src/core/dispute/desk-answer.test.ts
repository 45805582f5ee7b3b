import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { readCaseAnswer, readChallengeAnswer, readFiledAnswer, readNoticeAnswer, readProblem } from './desk-answer.ts'

const ASKED = new URL('https://redress.northwire.example/r/x')
const octets = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const NOTICE = {
  recourse: 1,
  block: { receipt: 'abc' },
  desk: { name: 'Northwire', promise: { statusWithinHours: 24, charge: 'none' } },
  links: { file: { href: 'https://redress.northwire.example/v1/claims', method: 'POST' } },
}
const FILED = { recourse: 1, case: 'id', status: 'https://redress.northwire.example/c/t', needsConfirmation: true }
const CASE = {
  recourse: 1,
  case: { status: 'open', next: 'we look', due: { at: '2026-11-23T12:00:00.000Z' }, question: 'Who?' },
  links: {
    answers: { href: 'https://redress.northwire.example/v1/claims/t/answers' },
    challenges: { href: 'https://elsewhere.example/v1/claims/t/challenges' },
  },
}

suite('what a desk says', () => {
  test('is read where it speaks the convention', () => {
    assert.deepEqual(readNoticeAnswer(octets(NOTICE), ASKED), {
      desk: 'Northwire',
      receipt: 'abc',
      file: 'https://redress.northwire.example/v1/claims',
      statusWithinMs: 86_400_000,
    })
    assert.deepEqual(readFiledAnswer(octets(FILED), ASKED), {
      reference: 'id',
      status: 'https://redress.northwire.example/c/t',
      needsConfirmation: true,
    })
    const found = readCaseAnswer(octets(CASE), ASKED)!
    assert.deepEqual(found.news, { status: 'open', next: 'we look', question: 'Who?', due: Date.UTC(2026, 10, 23, 12) })
    assert.deepEqual([...found.links.keys()], ['answers'], 'a link to another host is none')
    assert.deepEqual(readChallengeAnswer(octets({ dial: '+18005550142', until: 'never' })), {
      dial: '+18005550142',
      until: undefined,
    })
    assert.deepEqual(readProblem(octets({ type: 'urn:x', title: 't', pointer: '/a' })), {
      type: 'urn:x',
      detail: 't (/a)',
    })
  })

  const NONE: [title: string, read: () => unknown][] = [
    ['another version', () => readNoticeAnswer(octets({ ...NOTICE, recourse: 2 }), ASKED)],
    ['a version as text', () => readNoticeAnswer(octets({ ...NOTICE, recourse: '1' }), ASKED)],
    ['no link to file by', () => readNoticeAnswer(octets({ ...NOTICE, links: {} }), ASKED)],
    [
      'another method',
      () => readNoticeAnswer(octets({ ...NOTICE, links: { file: { ...NOTICE.links.file, method: 'GET' } } }), ASKED),
    ],
    [
      'filing at another host',
      () =>
        readNoticeAnswer(
          octets({ ...NOTICE, links: { file: { href: 'https://evil.example/', method: 'POST' } } }),
          ASKED,
        ),
    ],
    [
      'filing at another port',
      () =>
        readNoticeAnswer(
          octets({ ...NOTICE, links: { file: { href: 'https://redress.northwire.example:8443/', method: 'POST' } } }),
          ASKED,
        ),
    ],
    [
      'filing without TLS',
      () =>
        readNoticeAnswer(
          octets({ ...NOTICE, links: { file: { href: 'http://redress.northwire.example/', method: 'POST' } } }),
          ASKED,
        ),
    ],
    [
      'filing as a user',
      () =>
        readNoticeAnswer(
          octets({ ...NOTICE, links: { file: { href: 'https://a@redress.northwire.example/', method: 'POST' } } }),
          ASKED,
        ),
    ],
    ['a list', () => readNoticeAnswer(octets([NOTICE]), ASKED)],
    ['a status elsewhere', () => readFiledAnswer(octets({ ...FILED, status: 'https://evil.example/c/t' }), ASKED)],
    ['a case without a number', () => readFiledAnswer(octets({ ...FILED, case: '' }), ASKED)],
    ['a status of many words', () => readCaseAnswer(octets({ ...CASE, case: { status: 'All is well' } }), ASKED)],
    ['a number to dial that is none', () => readChallengeAnswer(octets({ dial: 'tel:900' }))],
    ['a problem without a type', () => readProblem(octets({ detail: 'x' }))],
    ['no UTF-8', () => readProblem(Uint8Array.of(0x22, 0xff, 0x22))],
  ]
  for (const [title, read] of NONE) test(`is nothing with ${title}`, () => assert.equal(read(), undefined))

  test('is cut where it is without end', () => {
    const found = readCaseAnswer(octets({ ...CASE, case: { ...CASE.case, question: 'x'.repeat(9_000) } }), ASKED)!
    assert.equal(found.news.question?.length, 4_000)
  })

  test('never ends in a fault, whatever it is', () => {
    const value = fc.oneof(
      fc.anything(),
      fc.record({
        recourse: fc.constant(1),
        case: fc.anything(),
        links: fc.anything(),
        status: fc.anything(),
        desk: fc.anything(),
      }),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          value.map((one) => octets(one ?? null)),
        ),
        (body) => {
          for (const read of [readNoticeAnswer, readFiledAnswer, readCaseAnswer]) read(body, ASKED)
          readChallengeAnswer(body)
          readProblem(body)
        },
      ),
    )
  })
})
