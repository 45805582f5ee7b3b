import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Framer, frame } from './framing.ts'
import { LINE_BYTES_MAX, MESSAGE_BYTES_MAX } from './limits.ts'
import { Malformed } from './malformed.ts'
import { parseMessage } from './message.ts'
import { encodeText } from './text.ts'

const START = 'OPTIONS sip:a@b.example SIP/2.0\r\n'
const message = (fields: string, body = ''): string => `${START}${fields}\r\n${body}`

const WHOLE: [title: string, text: string][] = [
  ['without a body', message('Content-Length: 0\r\n')],
  ['with a body', message('Content-Length: 4\r\n', 'abcd')],
  ['with the compact name', message('l:4\r\n', 'abcd')],
  ['with space before the colon', message('Content-Length \t: 4 \r\n', 'abcd')],
  ['with leading zeros', message('CONTENT-LENGTH: 0004\r\n', 'abcd')],
  ['with the length on a folded line', message('Content-Length:\r\n 4\r\n', 'abcd')],
  ['with the same length twice', message('Content-Length: 4\r\nl: 4\r\n', 'abcd')],
  [
    'with a folded line that looks like a length',
    message('Subject: x\r\n Content-Length: 9\r\nContent-Length: 4\r\n', 'abcd'),
  ],
  ['with a body that looks like a message', message('Content-Length: 41\r\n', message('l: 0\r\n'))],
]

for (const [title, text] of WHOLE) {
  test(`a message ${title} ends where its length says, and not before`, () => {
    const bytes = encodeText(`${text}OPTIONS`)
    const end = bytes.length - 7

    assert.deepEqual(frame(bytes, 0, bytes.length), { kind: 'message', start: 0, end })
    for (let cut = 0; cut < end; cut++) assert.deepEqual(frame(bytes, 0, cut), { kind: 'need-more' }, `cut at ${cut}`)
  })
}

const LOST: [title: string, text: string, code: string][] = [
  ['no length', message('To: x\r\n'), 'content-length'],
  ['two lengths', message('Content-Length: 4\r\nl: 5\r\n'), 'content-length'],
  ['an empty length', message('Content-Length:\r\n'), 'content-length'],
  ['a negative length', message('Content-Length: -1\r\n'), 'content-length'],
  ['a length of letters', message('Content-Length: four\r\n'), 'content-length'],
  ['a length with something behind', message('Content-Length: 4 4\r\n'), 'content-length'],
  ['a length line without colon', message('Content-Length 4\r\n'), 'content-length'],
  ['a length beyond any message', message(`Content-Length: ${'9'.repeat(40)}\r\n`), 'content-length'],
  ['a length over the limit', message(`Content-Length: ${MESSAGE_BYTES_MAX}\r\n`), 'too-long'],
  ['a line over the limit', message(`a: ${'x'.repeat(LINE_BYTES_MAX)}\r\n`), 'too-long'],
  ['a line over the limit that does not end', 'x'.repeat(LINE_BYTES_MAX + 2), 'too-long'],
  ['header fields over the limit', START + 'a: b\r\n'.repeat(MESSAGE_BYTES_MAX / 6), 'too-long'],
]

for (const [title, text, code] of LOST) {
  test(`a stream with ${title} has lost its framing`, () => {
    const bytes = encodeText(text)
    assert.throws(() => frame(bytes, 0, bytes.length), { name: 'Malformed', code })
  })
}

test(`a message of ${MESSAGE_BYTES_MAX} octets is framed, with lines of ${LINE_BYTES_MAX}`, () => {
  const head = message(`a: ${'x'.repeat(LINE_BYTES_MAX - 3)}\r\nContent-Length: 57000\r\n`)
  const fill = MESSAGE_BYTES_MAX - head.length
  const bytes = encodeText(head.replace('57000', String(fill)) + 'x'.repeat(fill))

  assert.equal(bytes.length, MESSAGE_BYTES_MAX)
  assert.deepEqual(frame(bytes, 0, bytes.length), { kind: 'message', start: 0, end: MESSAGE_BYTES_MAX })
  assert.throws(() => frame(encodeText(head.replace('57000', String(fill + 1))), 0, head.length), { code: 'too-long' })
})

test('line ends between messages are keep-alives; half of one is not yet anything', () => {
  const bytes = encodeText('\r\n\r\n\rO')

  assert.deepEqual(frame(bytes, 0, 4), { kind: 'keep-alive', end: 4 })
  assert.deepEqual(frame(bytes, 0, 3), { kind: 'keep-alive', end: 2 })
  assert.deepEqual(frame(bytes, 0, 1), { kind: 'need-more' })
  assert.deepEqual(frame(bytes, 0, 0), { kind: 'need-more' })
})

test('a framer tells whether it waits for the rest of a head or of a body', () => {
  const bytes = encodeText(message('Content-Length: 4\r\n', 'abcd'))
  const framer = new Framer()
  const wanted = Array.from(bytes, (_, at) => {
    framer.next(bytes, 0, at + 1)
    return framer.wants
  })

  assert.equal(wanted.indexOf('body'), bytes.length - 5, 'from the blank line on')
  assert.deepEqual(wanted.slice(-5), ['body', 'body', 'body', 'body', 'head'])
})

test('what lies outside the given range changes nothing', () => {
  const text = message('Content-Length: 0\r\n')
  const bytes = encodeText(`\r\n\n${text.slice(0, -1)}\n\r\n`)

  assert.deepEqual(frame(bytes, 3, 3 + text.length - 1), { kind: 'need-more' })
  assert.deepEqual(frame(bytes, 3, 3 + text.length), { kind: 'message', start: 3, end: 3 + text.length })
})

/** Reads a stream in pieces, the way a connection does: one buffer that grows behind and is emptied in front. */
function readStream(bytes: Uint8Array, cuts: readonly number[]): string[] {
  const framer = new Framer()
  const seen: string[] = []
  let held = new Uint8Array(0)
  let from = 0
  for (const cut of [...[...cuts].sort((a, b) => a - b), bytes.length]) {
    held = Uint8Array.from([...held, ...bytes.subarray(from, cut)])
    from = Math.max(from, cut)
    let start = 0
    try {
      for (;;) {
        const found = framer.next(held, start, held.length)
        if (found.kind === 'need-more') break
        if (found.kind === 'message') seen.push(new TextDecoder().decode(held.subarray(found.start, found.end)))
        start = found.end
      }
    } catch (fault) {
      if (!(fault instanceof Malformed)) throw fault
      return [...seen, fault.code]
    }
    held = held.slice(start)
  }
  return seen
}

const part = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...WHOLE.map(([, text]) => text), '\r\n', '\r\n\r\n') },
  { weight: 1, arbitrary: fc.constantFrom(...LOST.slice(0, 8).map(([, text]) => text), '\r', 'garbage\n') },
)

test('a stream gives the same messages and the same fault however it is cut', () => {
  let messages = 0
  let faults = 0
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), fc.array(fc.nat(600), { maxLength: 12 }), (parts, cuts) => {
      const bytes = encodeText(parts.join(''))
      const whole = readStream(bytes, [])
      const inPieces = readStream(
        bytes,
        cuts.filter((cut) => cut <= bytes.length),
      )
      assert.deepEqual(inPieces, whole)
      for (const text of whole) {
        if (text.startsWith(START)) messages++
        else faults++
      }
    }),
    { numRuns: 300 },
  )
  assert.ok(messages > 100 && faults > 20, `${messages} messages, ${faults} faults`)
})

test('octet by octet gives what one piece gives', () => {
  const bytes = encodeText(`\r\n${WHOLE.map(([, text]) => text).join('\r\n\r\n')}`)
  const everywhere = Array.from({ length: bytes.length }, (_, index) => index)

  const seen = readStream(bytes, everywhere)

  assert.deepEqual(
    seen,
    WHOLE.map(([, text]) => text),
  )
  for (const text of seen) parseMessage(encodeText(text))
})
