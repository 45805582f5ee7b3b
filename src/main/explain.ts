import { hash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Origin } from '#codec/capture/origin.ts'
import { statusAt } from '#codec/capture/start-line.ts'
import { FIELD } from '#codec/sip/field.ts'
import { Message } from '#codec/sip/message.ts'
import { isRefusal, nameCall } from '#core/observe/observation.ts'
import { type Refusal, refusalOf } from '#core/observe/refusal.ts'
import { type CaptureSummary, readCapture } from '#edge/monitor/read-capture.ts'
import { EXIT, Stop } from './exit.ts'
import { startProgress } from './progress.ts'
import { nameInput, paint, visible } from './words.ts'

/** Adds `recourse explain`. */
export function explainCommand(program: Command): void {
  program
    .command('explain')
    .argument('[file...]', 'pcap, pcapng (gzip too) or SIP messages as text; - for standard input')
    .description('say in plain words who refused each call in a capture, why, and where to contest it')
    .option('--json', 'one JSON object a refused call on standard output')
    .option('--page <file>', 'write the page that does the same in a browser, to put on a host; - for standard output')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx recourse explain trunk.pcap\n  $ tcpdump -w - udp port 5060 | npx recourse explain -',
    )
    .action(async (files: string[], options: { json?: boolean; page?: string }) => {
      if (options.page !== undefined) return writePage(options.page, files)
      if (files.length === 0)
        throw new Stop(EXIT.unusable, "missing required argument 'file'; recourse --help shows the words")
      const seen = new SeenAnswers()
      let faulty = 0
      let unusable = 0
      for (const file of files) {
        const tally = new Map<string, number>()
        const repeatedBefore = seen.repeated
        try {
          const summary = await explainFile(file, seen, (row) => {
            const kind = row.class === 'other' ? String(row.status) : row.class
            tally.set(kind, (tally.get(kind) ?? 0) + 1)
            if (row.faults.some(({ severity }) => severity !== 'warn')) faulty++
            process.stdout.write(options.json === true ? `${JSON.stringify(row)}\n` : describe(row))
          })
          process.stderr.write(summarise(file, summary, tally, seen.repeated - repeatedBefore))
        } catch (error) {
          // One bad file does not keep the others from being read.
          if (!(error instanceof Stop)) throw error
          unusable++
          process.stderr.write(`recourse explain: ${error.message}\n`)
        }
      }
      if (seen.forgotten > 0)
        process.stderr.write(
          `${seen.forgotten} calls were forgotten to keep memory bounded; some may stand here twice\n`,
        )
      process.exitCode = unusable > 0 ? EXIT.unusable : faulty > 0 ? EXIT.found : EXIT.ok
      return undefined
    })
}

/** Writes the page of the build; a file that is there is not lost. */
async function writePage(path: string, files: readonly string[]): Promise<void> {
  if (files.length > 0) throw new Stop(EXIT.unusable, `--page takes no captures, found ${nameInput(files[0]!)}`)
  // What serves pages is loaded only by who wants one.
  const { readBuiltExplain } = await import('#main/desk/built-console.ts')
  const page = readBuiltExplain()
  if (page === undefined) throw new Stop(EXIT.unusable, 'the page is not built here: npm run console makes it')
  const octets = await page.file.octets('identity')
  if (path === '-') process.stdout.write(octets)
  else {
    try {
      writeFileSync(path, octets, { flag: 'wx' })
    } catch (cause) {
      const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST'
      const why = isThere ? 'a file is there already; move it away first' : (cause as Error).message
      throw new Stop(EXIT.unusable, `cannot write ${nameInput(path, path)}: ${why}`, { cause })
    }
    process.stderr.write(`${nameInput(path, path)}: one file, ${octets.length} octets; it asks no host for anything\n`)
  }
}

/** One refusal with where it was seen, as `--json` prints it; what is not known is left out there. */
export type ExplainedCall = {
  readonly source: string
  /** The packet that completed the message, from 1 (for text: the message), and where its record stands in the file. */
  readonly frame: number
  readonly offset: number
  /** RFC 3339 in UTC; undefined where the file tells no time. */
  readonly at: string | undefined
  readonly transport: string | undefined
  /** Address and port of who sent this answer, and of who received it. */
  readonly sender: string | undefined
  readonly receiver: string | undefined
} & Omit<Refusal, 'answer'> & {
    /** The same call was answered otherwise before: a relay changed the answer, or several places were asked. */
    readonly changed: boolean
  }

/** Remembers the answers of calls, so that a retransmission or the next hop of the same answer makes no second row. */
export class SeenAnswers {
  repeated = 0
  /** Calls that made room for others. */
  forgotten = 0
  readonly #answers = new Map<string, string[]>()
  readonly #callsMax: number

  constructor(callsMax = CALLS_MAX) {
    this.#callsMax = callsMax
  }

  /** `new` for a call not seen, `same` for one of its answers again, `changed` for another answer to it. */
  meet(call: string, answer: string): 'new' | 'same' | 'changed' {
    // Digests, for what a capture holds may be long.
    const answerDigest = digest(answer)
    const callDigest = digest(call)
    const answers = this.#answers.get(callDigest)
    if (answers === undefined) {
      if (this.#answers.size >= this.#callsMax) this.#forgetOldest()
      this.#answers.set(callDigest, [answerDigest])
      return 'new'
    }
    if (answers.includes(answerDigest)) {
      this.repeated++
      return 'same'
    }
    if (answers.length < ANSWERS_MAX) answers.push(answerDigest)
    return 'changed'
  }

  #forgetOldest(): void {
    for (const oldest of this.#answers.keys()) {
      this.#answers.delete(oldest)
      this.forgotten++
      return
    }
  }
}

async function explainFile(
  file: string,
  seen: SeenAnswers,
  show: (row: ExplainedCall) => void,
): Promise<CaptureSummary> {
  const message = new Message()
  const progress = startProgress()
  try {
    return await readCapture(file, {
      wants: (bytes, start, end) => statusAt(bytes, start, end) >= 400,
      onProgress: progress.show,
      onMessage: (bytes, start, end, origin) => {
        message.read(bytes, start, end)
        if (!isRefusal(message)) return
        const met = seen.meet(nameCall(message), answerOf(message))
        if (met === 'same') return
        progress.pause()
        const { answer: _, ...refusal } = refusalOf(message, { carrier: origin.source ?? '' })
        show({ source: file, ...placeOf(origin), ...refusal, changed: met === 'changed' })
      },
    })
  } catch (error) {
    throw stopForCapture(file, error)
  } finally {
    progress.stop()
  }
}

/** Turns what `readCapture` has against a file into the end of the command; faults of ours stay what they are. */
export function stopForCapture(file: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  // The reader names the input where the input is at fault; the system gives its faults a code.
  const isInput = ['standard input', file].some((name) => error.message.startsWith(name)) || 'code' in error
  if (!isInput) return error
  const message = error.message.replace(/^standard input/, (name) => (file === '-' ? name : file))
  return new Stop(EXIT.unusable, nameInput(message, file), { cause: error })
}

function placeOf(origin: Origin) {
  const { packet, offset, seconds, nanoseconds, transport } = origin
  const endpoint = (address: string | undefined, port: number | undefined): string | undefined =>
    address === undefined ? undefined : `${address.includes(':') ? `[${address}]` : address}:${port}`
  return {
    frame: packet,
    offset,
    at: seconds === 0 ? undefined : timeOf(seconds, nanoseconds),
    transport,
    sender: endpoint(origin.source, origin.sourcePort),
    receiver: endpoint(origin.destination, origin.destinationPort),
  }
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
    `  ${dim('contest')}${ways.length === 0 ? 'no contact is given' : `${visible(ways.join('  ·  '))}  ·  unsigned`}`,
  ]
  if (row.id !== undefined) lines.push(`  ${dim('id')}${visible(row.id)}`)
  if (row.location !== undefined) lines.push(`  ${dim('location')}${visible(row.location)}`)
  if (row.changed)
    lines.push(
      `  ${dim('note')}the same call was answered otherwise before: a relay changed the answer, or several places were asked`,
    )
  for (const { sureness, text, culprits } of row.damage) {
    lines.push(`  ${dim('damage')}${sureness}  ${visible(text)}`)
    for (const { product, does, remedy } of culprits.slice(0, CULPRITS_SHOWN))
      lines.push(`  ${dim('known')}${product} ${does}: ${remedy}`)
  }
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

function summarise(
  file: string,
  summary: CaptureSummary,
  tally: ReadonlyMap<string, number>,
  repeated: number,
): string {
  const { format, counts } = summary
  const name = nameInput(file)
  const kinds = Array.from(tally, ([kind, count]) => `${count} × ${kind}`).join(', ')
  const rows = Array.from(tally.values()).reduce((sum, count) => sum + count, 0)
  const looked = format === 'text' ? `${counts.messages.toLocaleString('en')} messages` : packetsOf(counts.packets)
  const line =
    `${name}: ${looked}, ${rows} refused ${rows === 1 ? 'call' : 'calls'}` +
    (kinds === '' ? '' : ` (${kinds})`) +
    (repeated > 0 ? `; ${repeated} ${repeated === 1 ? 'answer' : 'answers'} seen before and not shown again` : '')
  return `${line}\n${tellProblems(file, summary)}`
}

/** What was wrong inside a file, a line for each kind; empty where nothing was. */
export function tellProblems(file: string, { problems }: CaptureSummary): string {
  return problems
    .map(({ text, offset, count }) => `${nameInput(file)}: ${text} (first at offset ${offset}, ${count} in all)\n`)
    .join('')
}

function packetsOf(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'packet' : 'packets'}`
}

/** Microseconds, or nanoseconds where the file has them. The year is one of four digits: the reader sees to that. */
function timeOf(seconds: number, nanoseconds: number): string {
  const fraction = String(nanoseconds).padStart(9, '0').replace(/000$/, '')
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`
}

function digest(text: string): string {
  return hash('sha256', text, 'base64').slice(0, DIGEST_CHARACTERS)
}

/** Calls whose answers are remembered; the oldest makes room, counted. */
const CALLS_MAX = 100_000
/** Different answers remembered of one call; more are shown each time they come. */
const ANSWERS_MAX = 16
/** The likeliest of those who are known for a kind of damage; `--json` has them all. */
const CULPRITS_SHOWN = 3
/** 132 bits: no two calls of a capture meet by chance. */
const DIGEST_CHARACTERS = 22
