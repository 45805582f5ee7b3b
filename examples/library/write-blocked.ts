import { redressContact, redressId } from 'recourse-sip/codec/notice/notice'
import { writeNotice } from 'recourse-sip/codec/notice/write'
import { parseMessage } from 'recourse-sip/codec/sip/message'
import { formatReply } from 'recourse-sip/codec/sip/reply'
import { RequestView } from 'recourse-sip/codec/sip/request'

const invite = parseMessage(
  new TextEncoder().encode(
    [
      'INVITE sip:+14155550163@b.example SIP/2.0',
      'Via: SIP/2.0/UDP a.example;branch=z9hG4bK-1;rport',
      'From: <sip:+12125550199@a.example>;tag=1',
      'To: <sip:+14155550163@b.example>',
      'Call-ID: 1@a.example',
      'CSeq: 1 INVITE',
      '\r\n',
    ].join('\r\n'),
  ),
)
const request = new RequestView()
const fault = request.read(invite)
if (fault !== undefined) throw fault

const contact = redressContact({ url: 'https://redress.northwire.example/c', tel: '+18005550142' })
const id = redressId('nw-7Q_42')
if (contact.kind === 'refused' || id.kind === 'refused') throw new Error('the contact or the id is not usable')
const notice = writeNotice({
  kind: 'network-blocked',
  form: 'SIP',
  contact: contact.value,
  id: id.value,
  location: 'RLN',
})

const datagram = new Uint8Array(2048)
const source = { address: '192.0.2.21', port: 5060 }
const length = formatReply(invite, request, notice, source, 'our-tag', datagram)
console.log(new TextDecoder().decode(datagram.subarray(0, length)))
