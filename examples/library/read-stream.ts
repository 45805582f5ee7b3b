import { Framer } from 'recourse-sip/codec/sip/framing'
import { parseMessage } from 'recourse-sip/codec/sip/message'

const option = (number: number, body: string): string =>
  `OPTIONS sip:b.example SIP/2.0\r\nCSeq: ${number} OPTIONS\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const stream = new TextEncoder().encode(`${option(1, '')}\r\n\r\n${option(2, 'hello')}`)

const framer = new Framer()
let start = 0
for (let end = 50; end < stream.length + 50; end += 50) {
  for (;;) {
    const found = framer.next(stream, start, Math.min(end, stream.length))
    if (found.kind === 'need-more') break
    if (found.kind === 'keep-alive') console.log('keep-alive')
    else console.log(parseMessage(stream, found.start, found.end).named('CSeq')[0])
    start = found.end
  }
}
