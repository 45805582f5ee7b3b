import assert from 'node:assert/strict'
import test from 'node:test'
import { freeswitchDetects } from '#codec/notice/freeswitch.ts'
import { readReasonValues } from '#codec/notice/reason-value.ts'
import { parseMessage } from '#codec/sip/message.ts'
import { missing } from '../peers/peer.ts'
import { captureTraffic } from '../peers/traffic.ts'

const skip = missing('sipp', 'tshark', 'dumpcap')

test('FreeSWITCH takes every 603+ of the gate for one, and nothing else it sends', { skip }, async (t) => {
  const { answers } = await captureTraffic(t)

  const analytics = answers.filter((answer) => answer.payload.includes('v=analytics1'))
  const detected = answers.filter((answer) => detects(answer.payload))
  assert.deepEqual(
    detected.map((answer) => answer.frame),
    analytics.map((answer) => answer.frame),
  )
  assert.ok(detected.length >= 10, `only ${detected.length} 603+ among ${answers.length} answers`)
  const others = answers.filter((answer) => !detected.includes(answer))
  for (const status of [200, 404, 603]) assert.ok(others.some((answer) => answer.status === status))
  t.diagnostic(`${detected.length} of ${answers.length} answers`)

  const notice = detected[0]!.payload.toString('latin1')
  for (const [what, spoilt] of [
    ['another phrase', notice.replace('Network Blocked', 'Decline')],
    ['another code', notice.replace('SIP/2.0 603', 'SIP/2.0 607')],
    ['a space before the version', notice.replace('"v=', '" v=')],
    ['a Reason before it', notice.replace('Reason: ', 'Reason: Q.850;cause=21, ')],
  ] as const)
    assert.equal(detects(Buffer.from(spoilt, 'latin1')), false, what)
})

function detects(answer: Buffer): boolean | undefined {
  const message = parseMessage(answer)
  return freeswitchDetects(message.status, message.phrase, readReasonValues(message))
}
