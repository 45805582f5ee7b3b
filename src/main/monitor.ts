import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Attempt } from '#core/observe/attempt.ts'
import type { Standing } from '#core/observe/refusal.ts'
import { type RecordMapping, WrongMapping, readRecordMapping } from '#edge/monitor/record-mapping.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import type { CarrierConfig, MonitorConfig } from '#main/config/monitor.ts'
import { parseListening, parseRange } from '#main/config/addresses.ts'
import { startAlerts } from './alert-service.ts'
import { EXIT, Stop } from './exit.ts'
import { stopForCapture, tellProblems } from './explain.ts'
import { loadOrStop, openOrStop } from './load-or-stop.ts'
import { nameCarriers } from '#main/monitor/carriers.ts'
import { ERASE_EVERY_MS, eraseOld } from '#main/monitor/erase-old.ts'
import { filesIn, readFile } from '#main/monitor/files.ts'
import { type LiveConfig, type LogRoom, NoTap, openLive } from '#main/monitor/live.ts'
import { keepHeapLow } from '#main/monitor/memory.ts'
import { oursOf } from '#main/monitor/ours.ts'
import { readRecords, recordKind } from './monitor-records.ts'
import { MonitorRoom, type RoomTerms, addFigures } from '#main/monitor/room.ts'
import { endWithNpx } from './npx.ts'
import { startProgress } from './progress.ts'
import { saySparingly } from './say-sparingly.ts'
import { say } from './say.ts'
import { many, nameInput, paint, showTime, visible } from './words.ts'

type Words = {
  store?: string
  config?: string
  hep?: string[]
  follow?: string[]
  carrier?: string[]
  json?: boolean
  quiet?: boolean
  mapping?: string
}

/** Adds `recourse monitor`. */
export function monitorCommand(program: Command): void {
  program
    .command('monitor')
    .argument('[source...]', 'captures, traces, call records, or folders of them; - for standard input')
    .option('--mapping <file>', 'which column of a call record says what (YAML), for .csv and .ndjson')
    .option('--hep <address...>', 'take copies of calls there until it is ended: udp:127.0.0.1:9060')
    .option('--follow <file...>', 'follow logs with SIP messages in them until it is ended, through rotation too')
    .option('--carrier <name=addresses...>', 'call whoever answers from there by a name: northwire=192.0.2.0/24,…')
    .option('--store <url>', 'the store, like sqlite:./recourse.db')
    .option('--config <file>', 'the configuration, with its section monitor')
    .option('--quiet', 'no line for each refused call')
    .option('--json', 'one JSON object a refused call on standard output')
    .description('find the calls of your own that networks refused: in captures and records, or as they are placed')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx recourse monitor trunk.pcap\n  $ tcpdump -w - udp port 5060 | npx recourse monitor -\n  $ npx recourse monitor calls.csv --mapping mapping.yaml\n  $ npx recourse monitor --hep udp:127.0.0.1:9060\n  $ npx recourse monitor --follow /var/log/asterisk/full\n\nThen:\n  $ npx recourse groups list',
    )
    .action(async (sources: string[], words: Words) => {
      const { config } = loadOrStop(words.config, true)
      const url = words.store ?? `sqlite:${config.store.path}`
      const mapping = words.mapping === undefined ? undefined : readMapping(words.mapping)
      const wishes = wishesOf(words, config.monitor, sources)
      const store = await openOrStop(() => openMonitorStore(url))
      const tally = new Tally()
      const complain = saySparingly((line) => say(visible(line)))
      const isWatching = wishes.listen.length + wishes.logs.length > 0 || wishes.webhooks !== undefined
      const isLive = isWatching || sources.includes('-')
      keepHeapLow(isLive)
      const show = words.json === true ? showJson : words.quiet === true || !isLive ? undefined : showLine
      const terms: RoomTerms = {
        store,
        nameCarrier: nameCarriers(wishes.carriers),
        isOurs: oursOf(config.monitor?.ours),
        seed: randomInt(2 ** 31),
        // What passes by cannot be had again: it waits until the store takes it.
        ...(isLive && { onTrouble: (cause) => complain(`cannot write to the store just now: ${reasonOf(cause)}`) }),
        onTaken: ({ repeated }, attempts) => {
          tally.repeated += repeated
          for (const attempt of attempts) {
            tally.count(attempt)
            show?.(attempt)
          }
        },
      }
      const room = new MonitorRoom(terms)
      const logRoom = new MonitorRoom(terms)
      const placeOf = (source: string): string | undefined => store.place(source)
      try {
        const unusable = await readFiles(sources, mapping, room, placeOf)
        if (isWatching) {
          const alerts = startAlerts(url, config.monitor, config.mail, (cause) => complain(reasonOf(cause)))
          const keepMs = config.monitor?.keepMs
          const eraseSome = (): void => {
            try {
              eraseOld(store, url, keepMs!, Date.now())
            } catch (cause) {
              complain(`cannot erase what is old just now: ${reasonOf(cause)}`)
            }
          }
          const erasing = keepMs === undefined ? undefined : setInterval(eraseSome, ERASE_EVERY_MS)
          try {
            await listen(wishes, room, { room: logRoom, placeOf }, complain)
          } finally {
            clearInterval(erasing)
            await alerts.close()
          }
        }
        for (const one of [room, logRoom]) {
          one.finish()
          one.flush()
        }
        const { messages, incoming } = addFigures(room.figures, logRoom.figures)
        if (messages + tally.calls > 0) say(tally.words(url))
        if (incoming > 0) say(`${many(incoming, 'call')} of others left out (monitor.ours)`)
        process.exitCode = unusable > 0 ? EXIT.unusable : EXIT.ok
      } finally {
        store.close()
      }
    })
}

/** What is to be listened on, by the words of the call or, where there are none, by the configuration. */
function wishesOf(
  { hep = [], carrier = [], follow = [] }: Words,
  configured: MonitorConfig | undefined,
  sources: readonly string[],
): LiveConfig & Pick<MonitorConfig, 'carriers'> {
  const carriers = [...carrier.map(readCarrier), ...(configured?.carriers ?? [])]
  const logs = [...new Set(follow)]
  if (hep.length + logs.length > 0) {
    const listen = hep.map((text) => {
      const listening = parseListening(text)
      if (listening === undefined || listening.transport === 'tls')
        throw new Stop(
          EXIT.unusable,
          `--hep ${visible(text)} is no address to listen on: expected udp: or tcp: and an address with a port, such as udp:127.0.0.1:9060`,
        )
      return listening
    })
    const from = configured?.from ?? THIS_MACHINE
    return { listen, from, password: configured?.password, tls: undefined, carriers, webhooks: undefined, logs }
  }
  if (sources.length > 0)
    return { listen: [], from: [], password: undefined, tls: undefined, carriers, webhooks: undefined, logs }
  if (
    configured === undefined ||
    (configured.listen.length + configured.logs.length === 0 && configured.webhooks === undefined)
  )
    throw new Stop(
      EXIT.unusable,
      'nothing to watch: name a capture (recourse monitor trunk.pcap), an address for copies of calls (--hep udp:127.0.0.1:9060), a log (--follow full.log), or such in the section monitor of the configuration',
    )
  return { ...configured, carriers }
}

function readCarrier(text: string): CarrierConfig {
  const [name = '', addresses = ''] = text.split('=')
  const from = addresses.split(',')
  if (name === '' || from.some((range) => (parseRange(range)?.prefix ?? 0) === 0))
    throw new Stop(
      EXIT.unusable,
      `--carrier ${visible(text)} is not understood: expected a name and addresses, such as northwire=192.0.2.0/24,198.51.100.7`,
    )
  return { name, from }
}

/** Reads what was named, each by itself: one bad file does not keep the others from being read. Answers how many were bad. */
async function readFiles(
  sources: readonly string[],
  mapping: RecordMapping | undefined,
  room: MonitorRoom,
  placeOf: (source: string) => string | undefined,
): Promise<number> {
  let unusable = 0
  const files = sources.flatMap((source) => {
    try {
      return filesIn(source).map((file) => ({ file, isNamed: file === source }))
    } catch (error) {
      unusable++
      say(`recourse monitor: ${(stopForCapture(source, named(error, source)) as Error).message}`)
      return []
    }
  })
  for (const { file, isNamed } of files) {
    const kind = recordKind(file)
    if (kind !== undefined) {
      try {
        if (kind === 'columns' && mapping === undefined)
          throw new Stop(
            EXIT.unusable,
            `${nameInput(file)}: which column says what? Name a mapping: recourse monitor ${nameInput(file)} --mapping mapping.yaml (docs/sources.md)`,
          )
        say(await readRecords(file, kind, { mapping, room, placeOf, tell: say }))
        room.flush()
      } catch (error) {
        const stop =
          error instanceof WrongMapping ? new Stop(EXIT.unusable, error.message) : stopForCapture(file, error)
        if (!(stop instanceof Stop)) throw error
        if (isNamed) unusable++
        say(isNamed ? `recourse monitor: ${stop.message}` : `passed over: ${stop.message}`)
      }
      continue
    }
    const progress = startProgress()
    try {
      const read = await readFile(file, room, placeOf, { onProgress: progress.show })
      progress.stop()
      if (read.kind === 'known') say(`${nameInput(file)}: read before, and unchanged since`)
      else {
        process.stderr.write(tellProblems(file, read.summary))
        if (read.absurd > 0)
          say(`${nameInput(file)}: ${many(read.absurd, 'message')} with a time that cannot be, kept as of now`)
      }
      room.flush()
    } catch (error) {
      const stop = stopForCapture(file, error)
      if (!(stop instanceof Stop)) throw error
      // A folder may hold other things too.
      if (isNamed) unusable++
      say(isNamed ? `recourse monitor: ${stop.message}` : `passed over: ${stop.message}`)
    } finally {
      progress.stop()
    }
  }
  return unusable
}

/** Reads a mapping of records. Throws `Stop` with what is wrong in it. */
function readMapping(path: string): RecordMapping {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const why = isMissing ? 'does not exist' : `cannot be read: ${reasonOf(cause)}`
    throw new Stop(EXIT.unusable, `--mapping ${nameInput(path)} ${why}`, { cause })
  }
  try {
    return readRecordMapping(nameInput(path), text)
  } catch (error) {
    if (!(error instanceof WrongMapping)) throw error
    throw new Stop(EXIT.unusable, error.message, { cause: error })
  }
}

/** A fault of the system as the reader of captures tells it. */
function named(error: unknown, source: string): unknown {
  const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
  return isMissing ? new Error(`${source} does not exist`, { cause: error }) : error
}

/** Takes copies and posts until a signal ends it. */
async function listen(
  wishes: LiveConfig,
  room: MonitorRoom,
  logRoom: LogRoom,
  complain: (line: string) => void,
): Promise<void> {
  try {
    endWithNpx()
    const live = await openLive(wishes, room, logRoom, (cause) => complain(reasonOf(cause)))
    for (const local of live.local) say(`taking copies of calls (HEP) on ${local}, from ${wishes.from.join(', ')}`)
    for (const log of wishes.logs) say(`following ${nameInput(log)}`)
    if (live.door !== undefined) say(`taking posts about calls on ${live.door}`)
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve())
    })
    await live.close()
    const { received, strangers, denied, malformed, overrun, postsTaken, postsUnsigned, postsFaulty } = live.figures()
    const dropped = [
      [strangers, 'from addresses not listed'],
      [denied, 'without the right key'],
      [malformed, 'that are no HEP'],
      [overrun, 'that found the receive buffer full (raise net.core.rmem_max)'],
    ] as const
    if (live.door !== undefined)
      say(`${many(postsTaken, 'post')} taken; refused: ${postsUnsigned} not signed well, ${postsFaulty} unreadable`)
    if (wishes.listen.length === 0) return
    const words = dropped.flatMap(([count, why]) => (count === 0 ? [] : [`${count} ${why}`]))
    const hint = received + strangers + denied + malformed === 0 ? ': does your switch send them there?' : ''
    say(`${many(received, 'copy', 'copies')} taken${hint}${words.length === 0 ? '' : `; dropped: ${words.join(', ')}`}`)
  } catch (error) {
    if (!(error instanceof NoTap)) throw error
    const code = error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : 'no reason'
    throw new Stop(EXIT.outside, `${error.message}: ${code}. Is another monitor running there?`, { cause: error })
  }
}

/** What came of all calls. */
class Tally {
  /** Calls that some source had told of before. */
  repeated = 0
  #answered = 0
  #cancelled = 0
  readonly #refused = new Map<Standing, number>()

  count({ end }: Attempt): void {
    if (end.kind === 'answered') this.#answered++
    else if (end.kind === 'cancelled') this.#cancelled++
    else if (end.kind === 'refused')
      this.#refused.set(end.refusal.standing, (this.#refused.get(end.refusal.standing) ?? 0) + 1)
  }

  /** Calls that were told of. */
  get calls(): number {
    const refused = Array.from(this.#refused.values()).reduce((sum, count) => sum + count, 0)
    return this.#answered + this.#cancelled + refused
  }

  words(url: string): string {
    const refused = Array.from(this.#refused.values()).reduce((sum, count) => sum + count, 0)
    const standings = STANDINGS.flatMap(([standing, words]) => {
      const count = this.#refused.get(standing) ?? 0
      return count === 0 ? [] : [`  ${String(count).padStart(6)}  ${words}`]
    })
    const calls = this.#answered + this.#cancelled + refused
    const known = this.repeated === 0 ? '' : ` (${this.repeated} known before)`
    const head = `${many(calls, 'call')}${known}: ${this.#answered} answered, ${this.#cancelled} given up, ${refused} refused`
    const next = refused === 0 ? `kept in ${url}` : `kept in ${url}; next: npx recourse groups list`
    return [head, ...standings, next].join('\n')
  }
}

function showJson({ end, ...attempt }: Attempt): void {
  if (end.kind !== 'refused') return
  const { answer: _, ...refusal } = end.refusal
  process.stdout.write(`${JSON.stringify({ ...attempt, ...refusal })}\n`)
}

function showLine({ at, end, carrier }: Attempt): void {
  if (end.kind !== 'refused') return
  const { from, to, status, phrase, standing, who, blocker, damage } = end.refusal
  const colour = standing === 'proven' ? 'red' : standing === 'unproven' ? 'yellow' : 'dim'
  const words = `${showTime(at)}  ${visible(from)} → ${visible(to)}  ${status} ${visible(phrase)}`
  // Of a notice that was damaged on its way, what arrived tells less than what is known of it.
  const isWhole = damage.length === 0
  const name = isWhole || blocker === '' ? carrier : blocker
  const named = name === '' ? '' : `by ${visible(name)}`
  const by = isWhole ? (standing === 'proven' ? visible(who) : named) : `${named}, its notice damaged on the way`
  process.stdout.write(`${words}  ${paint(process.stdout, colour, standing)}  ${by}\n`)
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

const THIS_MACHINE = ['127.0.0.0/8', '::1']
const STANDINGS: readonly (readonly [Standing, string])[] = [
  ['proven', 'by a network that says so (603+, 608)'],
  ['unproven', 'that may be a network or a person: the answer cannot tell'],
  ['person', 'by the person called (607)'],
  ['fault', 'for want of a way: busy, not found, overload'],
]
