import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Ending, type Owner, Peer, temporaryDirectory } from './peer.ts'
import { freePort, udpPortHeld } from './port.ts'

/** What a SIPp run is asked to do. Scenarios are the files of `examples/sipp`, named without their `.xml`. */
export type SippCalls = {
  scenario: string
  /** One row a call: the fields of the scenario's CSV, in order. */
  rows: readonly (readonly string[])[]
  to: number
  /** The address SIPp sends from. */
  from?: string
  port?: number
  callsPerSecond?: number
  /** T1 of its retransmissions instead of the scenario's 500 ms. */
  t1Ms?: number
  more?: readonly string[]
}

/** What a SIPp run did. */
export type SippRun = {
  ending: Ending
  port: number
  /** Every message in order, exactly as it went over the wire. */
  messages: SippMessage[]
  /** What the scenario's `<log>` actions wrote. */
  log: string[]
  /** SIPp's own words about what went wrong. */
  errors: string
}

export type SippMessage = { sent: boolean; bytes: Buffer }

/** Where the scenario files are. */
export const SCENARIOS = new URL('../../examples/sipp/', import.meta.url).pathname

/** Places one call a row and waits for the last; exit code 0 means that every call went as the scenario says. */
export async function placeCalls(owner: Owner, calls: SippCalls): Promise<SippRun> {
  const directory = temporaryDirectory(owner)
  const port = calls.port ?? (await freePort())
  writeFileSync(join(directory, 'calls.csv'), `SEQUENTIAL\n${calls.rows.map((row) => `${row.join(';')};\n`).join('')}`)
  const text = readFileSync(join(SCENARIOS, `${calls.scenario}.xml`), 'utf8')
  writeFileSync(join(directory, 'scenario.xml'), text.replace('retrans="500"', `retrans="${calls.t1Ms ?? 500}"`))
  const scenario = ['-sf', 'scenario.xml', '-inf', 'calls.csv', '-m', `${calls.rows.length}`]
  const from = ['-i', calls.from ?? '127.0.0.1', '-p', `${port}`, '-r', `${calls.callsPerSecond ?? 50}`]
  const args = [`127.0.0.1:${calls.to}`, ...scenario, ...from, ...LIMITS, ...TRACES, ...(calls.more ?? [])]
  const peer = new Peer('sipp', args, { cwd: directory })
  owner.after(() => peer.stop('SIGKILL'))
  const ending = await peer.ended
  return { ending, port, ...readTraces(directory) }
}

/** Rows of a scenario's CSV: calls from one number to `CALLED`. */
export function callsFrom(calling: string, count: number): string[][] {
  return Array.from({ length: count }, () => [calling, CALLED])
}

/** The number that every journey calls. */
export const CALLED = '+14155550100'

/** A SIPp that answers calls until it is stopped. */
export type SippCallee = { port: number; stop(): Promise<SippMessage[]> }

/** Starts a callee that follows a scenario. */
export async function answerCalls(owner: Owner, scenario: string): Promise<SippCallee> {
  const directory = temporaryDirectory(owner)
  const port = await freePort()
  const file = join(SCENARIOS, `${scenario}.xml`)
  const args = ['-sf', file, '-i', '127.0.0.1', '-p', String(port), '-nostdin', ...TRACES]
  const peer = new Peer('sipp', args, { cwd: directory })
  owner.after(() => peer.stop('SIGKILL'))
  await udpPortHeld(port)
  return {
    port,
    async stop() {
      await peer.stop('SIGUSR1')
      return readTraces(directory).messages
    },
  }
}

function readTraces(directory: string): Pick<SippRun, 'messages' | 'log' | 'errors'> {
  const files = new Set(readdirSync(directory))
  const read = (name: string) => (files.has(name) ? readFileSync(join(directory, name)) : Buffer.alloc(0))
  return {
    messages: splitMessages(read('messages.log')),
    log: read('actions.log').toString('latin1').split('\n').filter(Boolean),
    errors: read('errors.log').toString('latin1'),
  }
}

/** SIPp's message file: a line with the length of each message, an empty line, and the message itself. */
function splitMessages(file: Buffer): SippMessage[] {
  const messages: SippMessage[] = []
  const text = file.toString('latin1')
  const heading = /(?:UDP|TCP) message (sent|received) (?:\((\d+) bytes\):|\[(\d+)\] bytes :)\n\n/g
  for (let match = heading.exec(text); match !== null; match = heading.exec(text)) {
    const end = heading.lastIndex + Number(match[2] ?? match[3])
    messages.push({ sent: match[1] === 'sent', bytes: file.subarray(heading.lastIndex, end) })
    heading.lastIndex = end
  }
  return messages
}

const LIMITS = ['-timeout', '60s', '-timeout_error', '-nostdin']
const MESSAGE_TRACE = ['-trace_msg', '-message_file', 'messages.log']
const ACTION_TRACE = ['-trace_logs', '-log_file', 'actions.log']
const ERROR_TRACE = ['-trace_err', '-error_file', 'errors.log']
const TRACES = [...MESSAGE_TRACE, ...ACTION_TRACE, ...ERROR_TRACE]
