import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import test from 'node:test'
import { missing } from '../peers/peer.ts'
import { recourse } from '../peers/recourse.ts'
import { captureTraffic } from '../peers/traffic.ts'
import { type Dissected, capture, dissect } from '../peers/tshark.ts'

const skip = missing('sipp', 'tshark', 'dumpcap')

test('tshark finds no fault in any answer of the gate', { skip }, async (t) => {
  const { answers } = await captureTraffic(t)

  const statuses = new Set(answers.map((answer) => answer.status))
  for (const status of [200, 404, 603]) assert.ok(statuses.has(status), `no ${status} among ${[...statuses].join()}`)
  for (const answer of answers)
    assert.deepEqual(answer.complaints, [], `frame ${answer.frame}: ${answer.payload.toString('latin1')}`)
  t.diagnostic(`${answers.length} answers with ${[...statuses].join(', ')}`)
})

test('what explain says of a capture is what tshark reads in it, row for row', { skip }, async (t) => {
  const { file, gatePort } = await captureTraffic(t)

  const rows = recourse(['explain', '--json', file])
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as ExplainRow)

  const refusals = refusalsOf(dissect(file, [gatePort]))
  assert.deepEqual(
    rows.map((row) => [
      row.frame,
      epochOf(row.at),
      row.status,
      row.phrase,
      row.from,
      row.to,
      row.callId,
      row.contest.url,
      row.contest.tel,
      row.contest.email,
      row.id,
      row.location,
    ]),
    refusals.map((answer) => [
      answer.frame,
      answer.epoch,
      answer.status,
      answer.phrase,
      numberIn(answer.from),
      numberIn(answer.to),
      answer.callId,
      /url=([^;"]*)/.exec(answer.reason)?.[1],
      /tel=([^;"]*)/.exec(answer.reason)?.[1],
      /email=([^;"]*)/.exec(answer.reason)?.[1],
      /[;"]id=([^;"]*)/.exec(answer.reason)?.[1],
      /location=(\w+)/.exec(answer.reason)?.[1],
    ]),
  )
  for (const status of [404, 603]) assert.ok(refusals.some((answer) => answer.status === status))
  assert.ok(refusals.length >= 12, `only ${refusals.length} refused calls`)
  t.diagnostic(`${rows.length} rows`)
})

/** A line of `recourse explain --json`, as far as it is compared. */
type ExplainRow = {
  frame: number
  at: string
  status: number
  phrase: string
  from: string
  to: string
  callId: string
  id?: string
  location?: string
  contest: { url?: string; tel?: string; email?: string }
}

/** The answers that refuse a call, each once: a retransmission of the same answer is no second refusal. */
function refusalsOf(messages: readonly Dissected[]): Dissected[] {
  const seen = new Set<string>()
  return messages.filter((message) => {
    if (message.status < 400 || [401, 407, 487].includes(message.status)) return false
    if (!message.cseq.endsWith(' INVITE')) return false
    const { callId, from, cseq, status, phrase, reason } = message
    const answer = [callId, from, cseq, status, phrase, reason].join('\n')
    const first = !seen.has(answer)
    seen.add(answer)
    return first
  })
}

/** `2026-11-22T12:00:00.123456789Z` as seconds since 1970 with nine digits behind the point. */
function epochOf(at: string): string {
  const [second = '', fraction = ''] = at.slice(0, -1).split('.')
  return `${Date.parse(`${second}Z`) / 1000}.${fraction.padEnd(9, '0')}`
}

/** The number in a From or To as `explain` writes it: RFC 3323's anonymous caller has withheld his. */
function numberIn(field: string): string {
  if (field.includes('sip:anonymous@')) return 'withheld'
  return /<?sips?:(\+\d+)@/.exec(field)?.[1] ?? field
}

/** Answers that are broken in ways that a careless server breaks them. */
const SOUND =
  'SIP/2.0 603 Network Blocked\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK-1\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\n' +
  'To: <sip:b@127.0.0.1>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n'
const BROKEN = new Map([
  ['a header line without a colon', SOUND.replace('Call-ID: ', 'Call-ID ')],
  ['a header that does not end', SOUND.slice(0, -2)],
  ['a Content-Length that is no number', SOUND.replace('Content-Length: 0', 'Content-Length: none')],
])

test('the same check marks every broken answer', { skip }, async (t) => {
  const server = createSocket('udp4')
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address()
  const taken = await capture(t, [port])

  for (const answer of [SOUND, ...BROKEN.values()])
    await new Promise((resolve) => server.send(answer, port, '127.0.0.1', resolve))
  await taken.stop()

  const [sound, ...marked] = dissect(taken.file, [port])
  assert.deepEqual(sound?.complaints, [])
  assert.equal(marked.length, BROKEN.size)
  for (const [number, what] of [...BROKEN.keys()].entries())
    assert.notEqual(marked[number]!.complaints.length, 0, `${what} passes`)
})
