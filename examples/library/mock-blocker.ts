import { once } from 'node:events'
import { createSocket } from 'node:dgram'
import { readNotice } from 'recourse-sip/codec/notice/read'
import { parseMessage } from 'recourse-sip/codec/sip/message'
import { writeRequest } from 'recourse-sip/codec/sip/write-request'
import { startMockBlocker } from 'recourse-sip/mock-blocker'

await using blocker = await startMockBlocker()

// In a test of yours, your own program calls `blocker.address`. Here a bare INVITE does.
const caller = createSocket('udp4').bind(0, '127.0.0.1')
await once(caller, 'listening')
const invite = writeRequest({
  method: 'INVITE',
  requestUri: `sip:+12125550101@${blocker.address}`,
  sentBy: `127.0.0.1:${caller.address().port}`,
  transport: 'UDP',
  branch: '1',
  from: '<sip:+12125550117@a.example>;tag=1',
  to: '<sip:+12125550101@b.example>',
  callId: '1@a.example',
  cseq: 1,
  fields: [['X-Recourse-Probe', 'my-test']],
  body: new Uint8Array(),
})
caller.send(invite, blocker.port, blocker.host)
const [answer] = (await once(caller, 'message')) as [Uint8Array]
caller.close()

console.log(readNotice(parseMessage(answer))?.kind)
for (const { scenario, from, sent } of blocker.received('my-test')) console.log(scenario, from, sent[0]?.status)
