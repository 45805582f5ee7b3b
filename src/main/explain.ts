import type { Command } from 'commander'
import { Presets, SingleBar } from 'cli-progress'
import { statusAt } from '#codec/capture/start-line.ts'
import { FIELD } from '#codec/sip/field.ts'
import { Message } from '#codec/sip/message.ts'
import { type Observation, isRefusal, observe } from '#core/observe/observation.ts'
import { type CaptureSummary, readCapture } from '#edge/monitor/read-capture.ts'
import { EXIT, Stop } from './exit.ts'
import { paint, showTime, visible } from './words.ts'

/** Adds `recourse explain`. */
export function explainCommand(program: Command): void {
  program
    .command('explain')
    .argument('<file...>', 'pcap, pcapng (gzip too) or SIP messages as text; - for standard input')
    .description('say in plain words who refused each call in a capture, why, and where to contest it')
    .option('--json', 'one JSON object a refused call on standard output')
    .addHelpText(
      'after',
      '\nExample:\n  $ recourse explain trunk.pcap\n  $ tcpdump -w - udp port 5060 | recourse explain -',
    )
    .action(async (files: string[], options: { json?: boolean }) => {
      const calls = new Calls()
      let faulty = 0
      for (const file of files) {
        const summary = await explainFile(file, calls, (row) => {
          if (row.faults.some(({ severity }) => severity !== 'warn')) faulty++
          process.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : describe(row))
        })
        process.stderr.write(summarise(file, summary, calls))
      }
      process.exitCode = faulty > 0 ? EXIT.found : EXIT.ok
    })
}

/** One refused call with where it was seen. Times are milliseconds since 1970 UTC with fractions, and the same as text. */
export type ExplainedCall = {
  readonly source: string
  readonly frame: number
  readonly offset: number
  /** RFC 3339; undefined where the file tells no time. */
  readonly at: string | undefined
  readonly transport: string | undefined
  readonly sender: string | undefined
  readonly receiver: string | undefined
  /** The same call was answered before, otherwise: a notice that was changed on its way, or a second try. */
  readonly changed: boolean
} & Observation

/** Remembers the answers of calls, so that a retransmission or the next hop of the same answer makes no second row. */
class Calls {
  readonly byKind = new Map<string, number>()
  repeated = 0
  readonly #answers = new Map<string, string>()

  /** `new` for a call not seen, `same` for its answer again, `changed` for another answer to it. */
  meet(call: string, answer: string): 'new' | 'same' | 'changed' {
    const before = this.#answers.get(call)
    if (before === answer) {
      this.repeated++
      return 'same'
    }
    if (before === undefined && this.#answers.size >= CALLS_MAX) {
      for (const oldest of this.#answers.keys()) {
        this.#answers.delete(oldest)
        break
      }
    }
    this.#answers.set(call, answer)
    return before === undefined ? 'new' : 'changed'
  }

  count(kind: string): void {
    this.byKind.set(kind, (this.byKind.get(kind) ?? 0) + 1)
  }
}

async function explainFile(file: string, calls: Calls, show: (row: ExplainedCall) => void): Promise<CaptureSummary> {
  const message = new Message()
  const progress = startProgress()
  try {
    return await readCapture(file, {
      wants: (bytes, start, end) => statusAt(bytes, start, end) >= 400,
      onProgress: progress.show,
      onMessage: (bytes, start, end, origin) => {
        message.read(bytes, start, end)
        if (!isRefusal(message)) return
        const met = calls.meet(callOf(message), answerOf(message))
        if (met === 'same') return
        const observation = observe(message)
        calls.count(observation.class === 'other' ? String(observation.status) : observation.class)
        progress.pause()
        const { packet, offset, seconds, transport } = origin
        show({
          source: file,
          frame: packet,
          offset,
          at: seconds === 0 ? undefined : timeOf(seconds, origin.nanoseconds),
          transport,
          sender: transport === undefined ? undefined : `${origin.source}:${origin.sourcePort}`,
          receiver: transport === undefined ? undefined : `${origin.destination}:${origin.destinationPort}`,
          changed: met === 'changed',
          ...observation,
        })
      },
    })
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError || !(error instanceof Error)) throw error
    throw new Stop(EXIT.unusable, error.message, { cause: error })
  } finally {
    progress.stop()
  }
}

/** The call an answer belongs to: Call-ID, From with its tag, CSeq. */
function callOf(message: Message): string {
  return [FIELD.callId, FIELD.from, FIELD.cseq].map((id) => message.first(id) ?? '').join('\n')
}

/** The parts of an answer that a relay has to leave alone. */
function answerOf(message: Message): string {
  return [message.status, message.phrase, ...message.all(FIELD.reason), ...message.all(FIELD.callInfo)].join('\n')
}

function describe(row: ExplainedCall): string {
  const { contest } = row
  const bold = (text: string): string => paint(process.stdout, 'bold', text)
  const dim = (text: string): string => paint(process.stdout, 'dim', text.padEnd(9))
  const ways = [contest.url, contest.tel, contest.email, contest.card && `card at ${contest.card}`].filter(
    (way) => way !== undefined,
  )
  const lines = [
    `${row.at ?? `message ${row.frame}`}  ${bold(`${visible(row.from)} → ${visible(row.to)}`)}  ${bold(kindOf(row))}`,
    `  ${dim('who')}${visible(row.who)}`,
    `  ${dim('why')}${visible(row.why)}`,
    `  ${dim('contest')}${ways.length === 0 ? 'no contact is given' : visible(ways.join('  ·  '))}`,
  ]
  if (row.id !== undefined) lines.push(`  ${dim('id')}${visible(row.id)}`)
  if (row.location !== undefined) lines.push(`  ${dim('location')}${visible(row.location)}`)
  if (row.changed)
    lines.push(
      `  ${dim('note')}the same call was answered otherwise before: a relay changed the answer, or it was tried again`,
    )
  for (const { rule, severity, text } of row.faults) {
    lines.push(
      `  ${dim('wrong')}${paint(process.stdout, severity === 'warn' ? 'yellow' : 'red', `${rule} ${severity}`)}  ${text}`,
    )
  }
  return `${lines.join('\n')}\n\n`
}

function kindOf({ class: kind, status, phrase }: ExplainedCall): string {
  if (kind === 'malformed') return 'malformed response'
  return kind === '603+' ? `603+ ${visible(phrase)}` : `${status} ${visible(phrase)}`
}

function summarise(file: string, { counts, problems }: CaptureSummary, calls: Calls): string {
  const kinds = [...calls.byKind].map(([kind, count]) => `${count} × ${kind}`).join(', ')
  const rows = [...calls.byKind.values()].reduce((sum, count) => sum + count, 0)
  const lines = [
    `${file}: ${counts.packets.toLocaleString('en')} packets, ${rows} refused ${rows === 1 ? 'call' : 'calls'}` +
      (kinds === '' ? '' : ` (${kinds})`) +
      (calls.repeated > 0 ? `; ${calls.repeated} answers seen more than once` : ''),
    ...problems.map(({ text, offset, count }) => `${file}: ${text} (first at offset ${offset}, ${count} in all)`),
  ]
  return `${lines.join('\n')}\n`
}

/** A bar on standard error for files worth one; it steps aside while rows are written to the same terminal. */
function startProgress(): {
  show: (read: number, total: number | undefined) => void
  pause: () => void
  stop: () => void
} {
  let bar: SingleBar | undefined
  return {
    show(read, total) {
      if (total === undefined || total < PROGRESS_BYTES_MIN || !process.stderr.isTTY) return
      if (bar === undefined) {
        bar = new SingleBar(
          { format: '{bar} {percentage} %  {eta_formatted} left', clearOnComplete: true },
          Presets.rect,
        )
        bar.start(total, read)
      } else bar.update(read)
    },
    pause() {
      if (bar !== undefined && process.stdout.isTTY) process.stderr.write('\r\u001b[K')
    },
    stop() {
      bar?.stop()
    },
  }
}

function timeOf(seconds: number, nanoseconds: number): string {
  const fraction = String(nanoseconds).padStart(9, '0').replace(/000$/, '')
  return `${showTime(seconds * 1000)
    .slice(0, 19)
    .replace(' ', 'T')}.${fraction}Z`
}

/** Calls whose answers are remembered; the oldest makes room. */
const CALLS_MAX = 100_000
const PROGRESS_BYTES_MIN = 32 * 1024 * 1024
