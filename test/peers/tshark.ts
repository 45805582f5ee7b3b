import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { type Owner, Peer, run, temporaryDirectory, until } from './peer.ts'
import { freePort } from './port.ts'

/** A capture of loopback traffic on some UDP ports, as it grows. */
export type Capture = { file: string; stop(): Promise<void> }

/**
 * Starts capturing UDP on these loopback ports.
 *
 * Marks are sent before the caller goes on and before the capture ends, and awaited in the file: what lies between them is complete.
 */
export async function capture(owner: Owner, ports: readonly number[]): Promise<Capture> {
  const file = join(temporaryDirectory(owner), 'capture.pcapng')
  const markPort = await freePort()
  const marks = createSocket('udp4')
  await new Promise<void>((resolve) => marks.bind(markPort, '127.0.0.1', resolve))
  const filter = [...ports, markPort].map((port) => `udp port ${port}`).join(' or ')
  const dumpcap = new Peer('dumpcap', ['-i', 'lo', '-f', filter, '-B', '32', '-q', '-w', file])
  owner.after(async () => {
    await dumpcap.stop('SIGINT')
    marks.close()
  })
  await dumpcap.says(/File: /)
  await marked()
  return {
    file,
    async stop() {
      await marked()
      await dumpcap.stop('SIGINT')
      const dropped = /dropped on interface '.*': \d+\/(\d+)/.exec(dumpcap.output)?.[1]
      if (dropped !== '0') throw new Error(`the capture is not known to be complete: ${dumpcap.output}`)
    },
  }

  async function marked(): Promise<void> {
    const mark = randomBytes(24).toString('hex')
    await until('the mark in the capture', () => {
      marks.send(mark, markPort, '127.0.0.1')
      return readFileSync(file).includes(mark)
    })
  }
}

/** One SIP message as tshark dissects it. Fields that a message lacks are empty. */
export type Dissected = {
  frame: number
  /** When it was captured, seconds since 1970 with nine digits behind the point, as tshark writes it. */
  epoch: string
  sourcePort: number
  destinationPort: number
  method: string
  status: number
  phrase: string
  from: string
  to: string
  callId: string
  cseq: string
  reason: string
  payload: Buffer
  /** What tshark complains of, each complaint with its severity; notes and chats are no complaints. */
  complaints: string[]
}

/** Dissects every SIP message of a capture on these ports. */
export function dissect(file: string, ports: readonly number[]): Dissected[] {
  const fields = COLUMNS.flatMap((column) => ['-e', column])
  const args = ['-r', file, ...asSip(ports), '-Y', 'sip', '-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=|']
  const rows = run('tshark', [...args, ...fields])
  const complaints = expertComplaints(file, ports)
  return rows
    .split('\n')
    .filter(Boolean)
    .map((row) => {
      const cells = row.split('\t')
      const cell = (name: (typeof COLUMNS)[number]) => cells[COLUMNS.indexOf(name)] ?? ''
      const frame = Number(cell('frame.number'))
      const statusLine = cell('sip.Status-Line')
      return {
        frame,
        epoch: cell('frame.time_epoch'),
        sourcePort: Number(cell('udp.srcport')),
        destinationPort: Number(cell('udp.dstport')),
        method: cell('sip.Method'),
        status: Number(cell('sip.Status-Code') || 0),
        phrase: statusLine.split(' ').slice(2).join(' '),
        from: cell('sip.From'),
        to: cell('sip.To'),
        callId: cell('sip.Call-ID'),
        cseq: cell('sip.CSeq'),
        reason: unescaped(cell('sip.Reason')),
        payload: Buffer.from(cell('udp.payload').replaceAll(':', ''), 'hex'),
        complaints: complaints.get(frame) ?? [],
      }
    })
}

/**
 * Every frame tshark finds malformed, or marks with an expert error or warning.
 * SIP has no "malformed" tree of its own in many cases, so the expert marks count as well.
 */
function expertComplaints(file: string, ports: readonly number[]): Map<number, string[]> {
  const filter = '_ws.malformed or _ws.expert.severity >= "Warning"'
  const wanted = ['-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=|', '-e', 'frame.number', '-e', '_ws.expert']
  const rows = run('tshark', ['-r', file, ...asSip(ports), '-Y', filter, ...wanted, '-e', '_ws.malformed'])
  const complaints = new Map<number, string[]>()
  for (const row of rows.split('\n').filter(Boolean)) {
    const [frame, expert = '', malformed = ''] = row.split('\t')
    complaints.set(Number(frame), [...expert.split('|'), malformed].filter(Boolean))
  }
  return complaints
}

/** Dissects these ports as SIP, and nothing by guess. */
function asSip(ports: readonly number[]): string[] {
  return [...ports.flatMap((port) => ['-d', `udp.port==${port},sip`]), '-o', 'sip.tls.port:0']
}

/** tshark writes a quote in a field as `\"`. */
function unescaped(cell: string): string {
  return cell.replaceAll('\\"', '"')
}

const COLUMNS = [
  'frame.number',
  'frame.time_epoch',
  'udp.srcport',
  'udp.dstport',
  'sip.Method',
  'sip.Status-Code',
  'sip.Status-Line',
  'sip.From',
  'sip.To',
  'sip.Call-ID',
  'sip.CSeq',
  'sip.Reason',
  'udp.payload',
] as const
