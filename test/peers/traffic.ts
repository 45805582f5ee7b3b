import { Caller, type Call, formatAck, formatInvite, formatOptions } from './caller.ts'
import type { Owner } from './peer.ts'
import { Recourse } from './recourse.ts'
import { CALLED, callsFrom, placeCalls } from './sipp.ts'
import { type Dissected, capture, dissect } from './tshark.ts'

/** A run of the gate as seen from the wire. */
export type Traffic = {
  file: string
  gatePort: number
  /** Every message the gate sent, in order. */
  answers: Dissected[]
}

/** Lets a gate give every kind of answer it has, to SIPp and to our own caller, and captures all of it. */
export async function captureTraffic(owner: Owner): Promise<Traffic> {
  const gate = await Recourse.start(owner, { limit: LIMIT, doNotOriginate: [LISTED], desk: 'https://desk.example' })
  const taken = await capture(owner, [gate.port])
  const to = gate.port

  await placeCalls(owner, { scenario: 'uac-expect-continue-404', rows: callsFrom(BUSY, LIMIT), to })
  await placeCalls(owner, { scenario: 'uac-expect-network-blocked', rows: callsFrom(BUSY, 6), to })
  await placeCalls(owner, { scenario: 'uac-retransmit', rows: callsFrom(BUSY, 1), to, more: ['-nr'] })
  await placeCalls(owner, { scenario: 'uac-expect-decline', rows: callsFrom(LISTED, 2), to })
  await placeCalls(owner, { scenario: 'uac-options', rows: [['-', '-']], to })
  await askOddly(owner, to)

  await taken.stop()
  const answers = dissect(taken.file, [to]).filter((message) => message.sourcePort === to)
  return { file: taken.file, gatePort: to, answers }
}

/** Requests that SIPp does not send: each gets an answer of its own kind. */
async function askOddly(owner: Owner, gatePort: number): Promise<void> {
  const caller = await Caller.open(gatePort)
  owner.after(() => caller.close())
  const call: Call = {
    calling: QUIET,
    called: CALLED,
    callId: 'odd@127.0.0.1',
    branch: 'z9hG4bK-odd',
    fromTag: 'odd',
    port: caller.port,
  }
  const invite = formatInvite(call).toString('latin1')
  const again = (number: number) => invite.replaceAll('odd', `odd-${number}`)
  const ODD = [
    again(1).replace('INVITE', 'PUBLISH').replace('1 INVITE', '1 PUBLISH'),
    again(2).replace('Max-Forwards: 70', 'Max-Forwards: 0'),
    again(3).replace('CSeq: 1 INVITE', 'CSeq: 1 OPTIONS'),
    again(4).replace('Contact: ', 'Require: nothing-we-know\r\nContact: '),
    again(5).replace('SIP/2.0\r\n', 'SIP/7.0\r\n'),
    again(6).replace(
      `<sip:${QUIET}@127.0.0.1;user=phone>`,
      '"A \\"quoted\\" name, with; signs" <sip:anonymous@anonymous.invalid>',
    ),
    again(7).replace('sip:', 'http:'),
    again(8).replace('INVITE', 'CANCEL').replace('1 INVITE', '1 CANCEL'),
    again(9).replace('Via: ', 'Via: SIP/2.0/UDP first.example;branch=z9hG4bK-far;received=192.0.2.7\r\nVia: '),
  ]
  for (const message of ODD) {
    const answer = await caller.ask(Buffer.from(message, 'latin1'), ODD_MS)
    if (answer !== undefined && message.startsWith('INVITE')) caller.send(formatAck(call, answer))
  }
  await caller.ask(formatOptions(caller.port, 'z9hG4bK-last'))
}

const LIMIT = 3
const BUSY = '+12125550117'
const QUIET = '+12125550142'
const LISTED = '+18005550199'
/** Some of them are answered with silence. */
const ODD_MS = 300
