import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import test from 'node:test'
import { missing } from '../peers/peer.ts'
import { captureTraffic } from '../peers/traffic.ts'
import { capture, dissect } from '../peers/tshark.ts'

const skip = missing('sipp', 'tshark', 'dumpcap')

test('tshark finds no fault in any answer of the gate', { skip }, async (t) => {
  const { answers } = await captureTraffic(t)

  const statuses = new Set(answers.map((answer) => answer.status))
  for (const status of [200, 404, 603]) assert.ok(statuses.has(status), `no ${status} among ${[...statuses].join()}`)
  for (const answer of answers)
    assert.deepEqual(answer.complaints, [], `frame ${answer.frame}: ${answer.payload.toString('latin1')}`)
  t.diagnostic(`${answers.length} answers with ${[...statuses].join(', ')}`)
})

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
