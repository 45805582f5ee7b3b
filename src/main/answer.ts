import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { Command } from 'commander'
import type { ReceivedCall } from '#core/probe/received.ts'
import { type Scenario, findById, numberToDial } from '#core/probe/scenario.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { isLoopback, parseNetwork } from '#edge/prober/allowed-sources.ts'
import {
  type BlockerEvent,
  type MockBlocker,
  type MockBlockerOptions,
  startMockBlocker,
} from '#edge/prober/mock-blocker.ts'
import { reasonOf } from '#main/config/lists.ts'
import { EXIT, Stop } from './exit.ts'
import { endWithNpx } from './npx.ts'
import { many, paint, visible } from './words.ts'

/** Adds `recourse answer`. */
export function answerCommand(program: Command): void {
  program
    .command('answer')
    .description(
      'be a network that blocks every call: answer by the dialled number with any form of 603, 603+, 607, 608',
    )
    .option('--listen <address:port>', 'where SIP is answered, over UDP and TCP', '127.0.0.1:5070')
    .option('--http <address:port>', 'where runs are shown and cards are fetched', '127.0.0.1:8070')
    .option('--tls-port <port>', 'answer over TLS too, at this port; needs --certificate and --key')
    .option('--certificate <file>', 'the certificate for TLS, PEM')
    .option('--key <file>', 'its private key, PEM')
    .option('--allow-remote <network...>', 'networks that are answered beside this machine, such as 192.0.2.0/24')
    .option('--card-base <url>', 'the https URL that cards are fetched under, where it is not the one of --http')
    .option('--record <file>', 'add each call that came to an end to this file, one JSON object a line')
    .option('--list', 'show the scenarios and end')
    .option('--json', 'one JSON object a line: of --list the scenarios, else what happens')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx recourse answer --list\n  $ npx recourse answer --record blocker.ndjson\n  $ npx recourse call sip:127.0.0.1:5070 --from +12125550117 --to +12125550101',
    )
    .action(async (options: AnswerWords) => {
      if (options.list === true) {
        process.stdout.write(options.json === true ? scenariosAsJson() : scenariosAsTable(bold))
        return
      }
      await answerUntilStopped(options)
    })
}

type AnswerWords = {
  listen: string
  http: string
  tlsPort?: string
  certificate?: string
  key?: string
  allowRemote?: string[]
  cardBase?: string
  record?: string
  list?: boolean
  json?: boolean
}

async function answerUntilStopped(options: AnswerWords): Promise<void> {
  const listen = readEndpoint('--listen', options.listen)
  const http = readEndpoint('--http', options.http)
  const allowRemote = readNetworks(options.allowRemote ?? [])
  for (const [option, { address }] of [
    ['--listen', listen],
    ['--http', http],
  ] as const)
    if (!isLoopback(address) && allowRemote.length === 0)
      throw new Stop(
        EXIT.unusable,
        `${option} ${address} can be reached by others, who would be told lies about their calls: name who may ask by --allow-remote NETWORK, or listen on 127.0.0.1`,
      )
  const tls = readTls(options)
  const cardBase = readCardBase(options.cardBase)
  const record = options.record === undefined ? undefined : openRecord(options.record)
  const tell = options.json === true ? (event: BlockerEvent) => `${JSON.stringify(event)}\n` : eventTeller(bold)
  const onEvent = (event: BlockerEvent): void => {
    if (event.kind === 'ended') record?.write(event.call)
    process.stdout.write(tell(event))
  }
  try {
    await using blocker = await startOrStop({
      host: listen.address,
      port: listen.port,
      httpHost: http.address,
      httpPort: http.port,
      allowRemote,
      tls,
      cardBase,
      onEvent,
    })
    process.stderr.write(greeting(blocker, allowRemote, options.record))
    await stopped()
    await blocker.close()
    process.stderr.write(farewell(blocker))
  } finally {
    record?.close()
  }
}

async function startOrStop(options: MockBlockerOptions): Promise<MockBlocker> {
  try {
    return await startMockBlocker(options)
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error
    const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
    const hint = HINTS.get(code ?? '') ?? 'check the address'
    throw new Stop(
      EXIT.outside,
      `cannot listen on ${address ?? ''}:${port ?? ''} (${code ?? error.message}); ${hint}`,
      {
        cause: error,
      },
    )
  }
}

function readEndpoint(option: string, text: string): { address: string; port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? []
  const address = bracketed ?? plain ?? ''
  const port = Number(digits)
  if (isIP(address) > 0 && port <= 65_535) return { address, port }
  throw new Stop(
    EXIT.unusable,
    `${option} ${visible(text)} is no address and port: expected such as 127.0.0.1:5070 or [::1]:5070`,
  )
}

function readNetworks(texts: readonly string[]): readonly string[] {
  for (const text of texts)
    if (parseNetwork(text) === undefined)
      throw new Stop(
        EXIT.unusable,
        `--allow-remote ${visible(text)} is no network: expected an address with or without a prefix, such as 192.0.2.0/24`,
      )
  return texts
}

function readTls({ tlsPort, certificate, key }: AnswerWords): MockBlockerOptions['tls'] {
  if (tlsPort === undefined && certificate === undefined && key === undefined) return undefined
  if (tlsPort === undefined || certificate === undefined || key === undefined)
    throw new Stop(EXIT.unusable, '--tls-port, --certificate and --key belong together: give all three')
  const port = Number(tlsPort)
  if (!/^\d{1,5}$/.test(tlsPort) || port > 65_535)
    throw new Stop(EXIT.unusable, `--tls-port ${visible(tlsPort)} is no port: expected a number up to 65535`)
  const read = (option: string, file: string): string => {
    try {
      return readFileSync(file, 'utf8')
    } catch (error) {
      throw new Stop(EXIT.unusable, `${option} ${visible(file)} cannot be read (${reasonOf(error)})`, { cause: error })
    }
  }
  const tls = { port, certificate: read('--certificate', certificate), key: read('--key', key) }
  try {
    createSecureContext({ cert: tls.certificate, key: tls.key })
  } catch (error) {
    const why = error instanceof Error ? visible(error.message) : ''
    throw new Stop(EXIT.unusable, `what --certificate and --key name is no PEM that fits together: ${why}`, {
      cause: error,
    })
  }
  return tls
}

function readCardBase(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (/^https?:\/\/[!#-+\--;=?-Z\\_a-z~[\]]+$/.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '')
  throw new Stop(
    EXIT.unusable,
    `--card-base ${visible(text)} is no URL for a Call-Info: expected such as https://cards.example/card`,
  )
}

/** Opens the record before the first call, so that a file that cannot be written is told of at once. */
function openRecord(file: string): { write(call: ReceivedCall): void; close(): void } {
  const fail = (error: unknown): Stop =>
    new Stop(EXIT.outside, `--record ${visible(file)} cannot be written (${reasonOf(error)})`, { cause: error })
  let descriptor: number
  try {
    descriptor = openSync(file, 'a', 0o600)
  } catch (error) {
    throw fail(error)
  }
  return {
    write(call) {
      try {
        writeSync(descriptor, `${JSON.stringify(call)}\n`)
      } catch (error) {
        throw fail(error)
      }
    },
    close: () => closeSync(descriptor),
  }
}

function greeting(blocker: MockBlocker, allowRemote: readonly string[], record: string | undefined): string {
  const { address, tlsPort, url, scenarios } = blocker
  const example = scenarios[0]!
  const lines = [
    `blocking every call at sip:${address} over UDP and TCP${tlsPort === undefined ? '' : `, TLS at port ${tlsPort}`}`,
    `answering this machine${allowRemote.length === 0 ? ' only' : ` and ${allowRemote.join(', ')}`}`,
    `runs and cards at ${url}${record === undefined ? '' : `; calls are added to ${visible(record)}`}`,
    `${scenarios.length} scenarios (--list): such as ${numberToDial(example)}, ${example.title}`,
    `try it: npx recourse call sip:${address} --from +12125550117 --to ${numberToDial(example)}`,
    'Ctrl-C ends it',
  ]
  return `${lines.join('\n')}\n`
}

function farewell({ figures }: MockBlocker): string {
  const { calls, repeats, refused } = figures
  const more = [
    ...(repeats > 0 ? [`${many(repeats, 'INVITE')} came again`] : []),
    ...(refused > 0 ? [`${many(refused, 'message')} of others left unanswered`] : []),
  ]
  return `${[many(calls, 'call'), ...more].join(', ')}\n`
}

/** Tells events in words; a source that is not allowed is told of once. */
export function eventTeller(emphasise: (text: string) => string): (event: BlockerEvent) => string {
  const strangers = new Set<string>()
  return (event) => {
    if (event.kind === 'refused') {
      if (strangers.has(event.address) || strangers.size >= STRANGERS_TOLD_MAX) return ''
      strangers.add(event.address)
      return `${event.address} is not answered: --allow-remote ${event.address} would change that\n`
    }
    if (event.kind === 'ended') return ''
    const { call } = event
    const line = (words: string): string =>
      `${call.callId === '' ? '' : `${visible(call.callId.slice(0, 12))}  `}${words}\n`
    if (event.kind === 'call') return line(emphasise(tellCall(call)))
    if (event.kind === 'sent')
      return line(`  ${event.status} ${visible(event.phrase)}${event.time > 1 ? `, sent ${event.time} times now` : ''}`)
    return line(`  ${WORDS[event.kind]}`)
  }
}

function tellCall(call: ReceivedCall): string {
  const { from, dialled, transport, source, token, chosenBy } = call
  const who = `${visible(from)} calls ${visible(dialled)} (${transport} ${source}${token === undefined ? '' : `, run ${visible(token)}`})`
  const scenario = call.scenario === undefined ? undefined : findById(SCENARIOS, call.scenario)
  if (scenario !== undefined) return `${who}: ${scenario.id}, ${scenario.title}`
  return chosenBy === 'field'
    ? `${who}: X-Recourse-Scenario names no scenario; --list shows them`
    : `${who}: no scenario has that number; --list shows them`
}

function scenariosAsTable(emphasise: (text: string) => string): string {
  const width = Math.max(...SCENARIOS.map(({ id }) => id.length))
  const rows = SCENARIOS.map(
    (scenario) =>
      `${numberToDial(scenario)}  ${scenario.id.padEnd(width)}  ${scenario.group.padEnd(6)}  ${judged(scenario).padEnd(16)}  ${scenario.title}`,
  )
  const head = `${'dial'.padEnd(12)}  ${'id'.padEnd(width)}  ${'group'.padEnd(6)}  ${'linter'.padEnd(16)}  what is answered`
  return `${emphasise(head)}\n${rows.join('\n')}\n`
}

function judged({ lint }: Scenario): string {
  return lint.class === 'other' ? 'other' : `${lint.class} ${lint.verdict}`
}

function scenariosAsJson(): string {
  return SCENARIOS.map((scenario) => `${JSON.stringify({ dial: numberToDial(scenario), ...scenario })}\n`).join('')
}

function stopped(): Promise<void> {
  return new Promise((end) => {
    endWithNpx()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end())
  })
}

function bold(text: string): string {
  return paint(process.stdout, 'bold', text)
}

const WORDS = {
  repeated: 'the INVITE came again',
  acknowledged: 'acknowledged',
  cancelled: 'cancelled by the caller',
  unacknowledged: 'never acknowledged (64 times T1): given up',
} as const
const HINTS = new Map([
  ['EADDRINUSE', 'another program has it: choose another port'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
  ['EACCES', 'ports below 1024 need rights'],
])
const STRANGERS_TOLD_MAX = 100
