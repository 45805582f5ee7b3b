// What reading and linting a 603+ costs: `node bench/lint.ts [messages]`.
// The same work for the other notices, and writing one, beside it. One core, no input or output.
import { readFileSync } from 'node:fs'

import { lint } from '#codec/notice/lint.ts'
import { type NetworkBlocked, contactFor, redressContactTemplate, redressId } from '#codec/notice/notice.ts'
import { readNotice } from '#codec/notice/read.ts'
import { writeNotice } from '#codec/notice/write.ts'
import { Message } from '#codec/sip/message.ts'

const messages = Number(process.argv[2] ?? 400_000)
const BATCH = 1_000
const networkBlocked = networkBlockedOf(535)
const plain = vector('P01-plain-603-decline')
const message = new Message()
const notice = ownNotice()

const rows = [
  row('read + lint 603+', networkBlocked.length, () => lint(networkBlocked).rules.length),
  row('read message only', networkBlocked.length, () => {
    message.read(networkBlocked)
    return message.fieldCount
  }),
  row('readNotice 603+', networkBlocked.length, () => {
    message.read(networkBlocked)
    return readNotice(message)?.phrase.length ?? 0
  }),
  row('read + lint 603', plain.length, () => lint(plain).rules.length),
  row('writeNotice 603+', 0, () => writeNotice(notice).fields[0]![1].length),
]
console.table(rows)

function row(work: string, octets: number, step: () => number) {
  let seen = 0
  for (let count = 0; count < messages / 4; count++) seen += step()
  // Batches short enough to fall between the interruptions of a shared machine; the best and the middle one are shown.
  const batches = Array.from({ length: Math.ceil(messages / BATCH) }, () => {
    const before = process.hrtime.bigint()
    for (let count = 0; count < BATCH; count++) seen += step()
    return Number(process.hrtime.bigint() - before) / BATCH / 1e3
  }).toSorted((a, b) => a - b)
  const best = batches[0]!
  const middle = batches[Math.floor(batches.length / 2)]!
  if (seen < 0) throw new Error('nothing was done')
  return {
    work,
    octets,
    'µs, best': best.toFixed(2),
    'µs, middle': middle.toFixed(2),
    'a second': Math.round(1e6 / best),
  }
}

/** A conformant 603+ with all contacts, an id, two Vias and the usual fields, padded to a length in a private field. */
function networkBlockedOf(octets: number): Uint8Array {
  const id = 'MhRx0n4vQkCeS3mJ'.repeat(4)
  const head = [
    'SIP/2.0 603 Network Blocked',
    'Via: SIP/2.0/UDP sbc1.origin.example:5060;branch=z9hG4bK-1002',
    'From: "Acme" <sip:+12125550117@origin.example>;tag=oc1002',
    'To: <sip:+14155550163@term.example>;tag=tb1002',
    'Call-ID: 1002-7f3a@origin.example',
    'CSeq: 1 INVITE',
    `Reason: SIP;cause=603;text="v=analytics1;url=https://redress.northwire.example/r;tel=+18005550142;id=${id}";location=RLN`,
    'Content-Length: 0',
  ].join('\r\n')
  const pad = octets - head.length - '\r\nServer: \r\n\r\n'.length
  const bytes = new TextEncoder().encode(`${head}\r\nServer: ${'e'.repeat(pad)}\r\n\r\n`)
  if (bytes.length !== octets || lint(bytes).verdict !== 'conformant') throw new Error('the message is not as meant')
  return bytes
}

function vector(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../vectors/notice/valid/${name}.sip`, import.meta.url)))
}

function ownNotice(): NetworkBlocked {
  const template = redressContactTemplate({
    urlBeforeId: 'https://redress.northwire.example/r/',
    tel: '+18005550142',
    email: 'unblock@northwire.example',
  })
  const id = redressId('MhRx0n4vQkCeS3mJ'.repeat(4))
  if (template.kind === 'refused' || id.kind === 'refused') throw new Error('the contact is not as meant')
  const contact = contactFor(template.value, id.value)
  return { kind: 'network-blocked', form: 'SIP', contact, id: id.value, location: 'RLN' }
}
