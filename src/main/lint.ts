import { readFile, stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { matchStart, skipLineEnds } from '#codec/capture/start-line.ts'
import { readText } from '#codec/capture/text.ts'
import { parseKey } from '#codec/jcard/key.ts'
import { type CardCheck, verifyCard } from '#codec/jcard/verify.ts'
import { readCallInfoValues } from '#codec/notice/call-info-value.ts'
import { type LintReport, formatReport, lint } from '#codec/notice/lint.ts'
import { RULES } from '#codec/notice/rules.ts'
import { Message } from '#codec/sip/message.ts'
import { EXIT, type ExitCode, Stop } from './exit.ts'
import { paint, visible } from './words.ts'

/** One SIP message of an input: where it came from, and at which offset there it (or the packet with it) stands. */
export type InputMessage = { readonly bytes: Uint8Array; readonly source: string; readonly offset: number }

/** Reads the SIP messages of a file, or of standard input for `-`; throws `Stop` where it can read none. */
export type ReadMessages = (path: string) => AsyncIterable<InputMessage>

/** Adds `recourse lint`; `readMessages` says which kinds of input it takes. */
export function lintCommand(program: Command, readMessages: ReadMessages = readTextMessages): void {
  program
    .command('lint')
    .argument('<file...>', 'SIP messages; - for standard input')
    .description('check the 603, 603+, 607 and 608 answers in a file against the rules')
    .option('--json', 'one JSON object a message on standard output')
    .option('--card <file>', 'the card fetched from the URI in a 608')
    .option('--key <file>', 'the public key of its certificate: a JWK, or PEM')
    .option('--now <time>', 'when the card was fetched: RFC 3339, or seconds since 1970')
    .addHelpText('after', EXAMPLES)
    .action(async (files: string[], options: LintWords) => {
      process.exitCode = await lintFiles(files, options, {
        readMessages,
        nowMs: Date.now(),
        out: (text) => writeTo(process.stdout, text),
        err: (text) => writeTo(process.stderr, text),
        bold: (text) => paint(process.stdout, 'bold', text),
      })
    })
}

export type LintWords = { json?: boolean; card?: string; key?: string; now?: string }

/** What the command touches. */
export type LintSurroundings = {
  readonly readMessages: ReadMessages
  readonly nowMs: number
  readonly out: (text: string) => void | Promise<void>
  readonly err: (text: string) => void | Promise<void>
  readonly bold: (text: string) => string
}

/** Lints every response in the files and tells how it ended; one bad file does not keep the others from being read. */
export async function lintFiles(
  files: readonly string[],
  words: LintWords,
  world: LintSurroundings,
): Promise<ExitCode> {
  const card = await readCardCheck(words, world.nowMs)
  const counts = { conformant: 0, deviant: 0, malformed: 0, other: 0, requests: 0, unusable: 0 }
  for (const file of files) {
    try {
      let messages = 0
      for await (const input of world.readMessages(file)) {
        messages++
        if (isRequest(input.bytes)) {
          counts.requests++
          continue
        }
        const report = lintInput(input.bytes, card)
        counts[countOf(report)]++
        await world.out(words.json === true ? asJson(report, input) : describe(report, input, world.bold))
      }
      if (messages === 0) throw new Stop(EXIT.unusable, `${nameOf(file)} holds no SIP message; is it the right file?`)
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      counts.unusable++
      await world.err(`recourse lint: ${error.message}\n`)
    }
  }
  await world.err(summarise(counts))
  if (counts.unusable > 0) return EXIT.unusable
  return counts.deviant + counts.malformed > 0 ? EXIT.found : EXIT.ok
}

/**
 * Reads the SIP messages of a text file as they are, bare line feeds included. A file that begins with a message and
 * holds no second start line is one message to its last octet, however broken.
 */
export async function* readTextMessages(path: string): AsyncGenerator<InputMessage> {
  const bytes = await readInput(path)
  if (bytes.length === 0) throw new Stop(EXIT.unusable, `${nameOf(path)} is empty; nothing to lint`)
  const messages = readText(bytes, { raw: true })
  const first = skipLineEnds(bytes, 0, bytes.length)
  if (messages.length <= 1 && beginsLikeSip(bytes, first)) {
    yield { bytes: bytes.subarray(first), source: path, offset: first }
    return
  }
  for (const { bytes, start, end, offset } of messages)
    yield { bytes: bytes.subarray(start, end), source: path, offset }
}

type Counts = { conformant: number; deviant: number; malformed: number; other: number; requests: number }

async function readInput(path: string): Promise<Uint8Array> {
  try {
    if (path === '-') return await readStandardInput()
    const { size } = await stat(path)
    if (size > TEXT_BYTES_MAX) throw new Stop(EXIT.unusable, tooLong(path))
    return await readFile(path)
  } catch (error) {
    throw unreadable(path, error)
  }
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of process.stdin as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > TEXT_BYTES_MAX) throw new Stop(EXIT.unusable, tooLong('-'))
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function tooLong(path: string): string {
  return `${nameOf(path)} is longer than ${TEXT_BYTES_MAX / 2 ** 20} MiB of text; split it`
}

function unreadable(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const why = FILE_ERRORS.get(String(error.code)) ?? error.message
  return new Stop(EXIT.unusable, `cannot read ${nameOf(path)}: ${why}`, { cause: error })
}

/** The one fetched card of this run, checked once. */
async function readCardCheck({ card, key, now }: LintWords, nowMs: number): Promise<CardCheck | undefined> {
  if (card === undefined) {
    if (key === undefined && now === undefined) return undefined
    throw new Stop(EXIT.unusable, '--key and --now are for a card: name its file by --card')
  }
  if (key === undefined)
    throw new Stop(EXIT.unusable, '--card needs --key: the public key that stands in the certificate the card names')
  const nowS = now === undefined ? nowMs / 1000 : readTime(now)
  const text = DECODER.decode(await readInput(key))
  try {
    // A file saved by an editor or by `echo` ends in a line feed that was not fetched.
    const body = DECODER.decode(await readInput(card)).replace(/\r?\n$/, '')
    return await verifyCard(body, await parseKey(text, algorithmOf(body)), nowS)
  } catch (error) {
    if (error instanceof Stop) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new Stop(EXIT.unusable, `${nameOf(key)} is no key: ${why}; expected a JWK or PEM`, { cause: error })
  }
}

/** PEM does not say which algorithm its key is for, so the card is asked; what it answers is checked later. */
function algorithmOf(body: string): string {
  try {
    const header = JSON.parse(Buffer.from(body.split('.', 1)[0]!, 'base64url').toString()) as { alg?: unknown }
    return typeof header.alg === 'string' && /^(ES|RS|PS)(256|384|512)$/.test(header.alg) ? header.alg : 'ES256'
  } catch {
    return 'ES256'
  }
}

function readTime(text: string): number {
  const seconds = /^\d{1,12}(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000
  if (Number.isFinite(seconds)) return seconds
  throw new Stop(
    EXIT.unusable,
    `--now ${visible(text)} is no time: expected RFC 3339, such as 2026-10-26T12:00:30Z, or seconds since 1970`,
  )
}

function lintInput(bytes: Uint8Array, card: CardCheck | undefined): LintReport {
  if (card === undefined) return lint(bytes)
  const message = new Message()
  message.read(bytes)
  return lint(message, { cards: new Map(readCallInfoValues(message).map(({ uri }) => [uri, card])) })
}

/** What does not begin as a status line does is a request, or a broken one: nothing for this linter. */
function isRequest(bytes: Uint8Array): boolean {
  return !beginsLikeStatus(bytes, skipLineEnds(bytes, 0, bytes.length))
}

function beginsLikeSip(bytes: Uint8Array, at: number): boolean {
  return beginsLikeStatus(bytes, at) || matchStart(bytes, at, bytes.length, true) === 'yes'
}

function beginsLikeStatus(bytes: Uint8Array, at: number): boolean {
  return DECODER.decode(bytes.subarray(at, at + 4)).toUpperCase() === 'SIP/'
}

function countOf({ class: kind, verdict }: LintReport): 'conformant' | 'deviant' | 'malformed' | 'other' {
  if (kind === 'malformed') return 'malformed'
  return verdict === 'n/a' ? 'other' : verdict
}

/** `source` and `offset` behind the keys of the report, on one line. */
function asJson(report: LintReport, { source, offset }: InputMessage): string {
  return `${formatReport(report).slice(0, -1)},"source":${JSON.stringify(source)},"offset":${offset}}\n`
}

function describe(report: LintReport, { source, offset }: InputMessage, bold: (text: string) => string): string {
  const { status, phrase, callInfo, jws, ...rest } = report.fields
  const line = status === undefined ? '' : `${status} ${phrase}`
  const lines = [`${bold(`${report.class}  ${report.verdict}`)}  ${visible(`${source} at ${offset}  ${line}`)}`]
  for (const id of report.rules) {
    const { severity, text, cite } = RULES[id]
    lines.push(`  ${id.padEnd(8)}  ${severity.padEnd(9)}  ${text} (${cite})`)
  }
  const fields = Object.entries(rest).filter(([, value]) => value !== undefined)
  for (const [name, value] of fields) lines.push(field(name, Array.isArray(value) ? value.join(', ') : String(value)))
  for (const { uri, purpose } of callInfo ?? []) lines.push(field('callInfo', `${uri}  ${purpose ?? 'no purpose'}`))
  if (jws !== undefined) lines.push(field('card', jws.valid ? 'valid' : 'not valid'))
  for (const [name, value] of Object.entries(jws?.contacts ?? {}))
    lines.push(field(`card ${name}`, Array.isArray(value) ? value.flat().join(', ') : String(value)))
  if (report.class === '603' || report.class === '603+')
    lines.push(field('FreeSWITCH', FREESWITCH.get(report.freeswitchDetect)!))
  return `${lines.join('\n')}\n\n`
}

function field(name: string, value: string): string {
  return `  ${name.padEnd(12)}${visible(value)}`
}

function summarise({ conformant, deviant, malformed, other, requests }: Counts): string {
  const parts = [
    `${conformant} conformant`,
    `${deviant} deviant`,
    `${malformed} malformed`,
    ...(other > 0 ? [`${other} of other statuses`] : []),
    ...(requests > 0 ? [`${requests} ${requests === 1 ? 'request' : 'requests'} passed over`] : []),
  ]
  return `${parts.join(', ')}\n`
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : visible(path)
}

/** Waits where the reader of a pipe is slower than the linter. */
async function writeTo(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (!stream.write(text)) await new Promise((resolve) => stream.once('drain', resolve))
}

const EXAMPLES = `
Example:
  $ npx recourse lint answer.sip
  $ npx recourse lint --json answers.txt | jq -c 'select(.verdict == "deviant")'
  $ npx recourse lint 608.sip --card card.jws --key certificate.pem --now 2026-10-26T12:00:30Z`
const FREESWITCH = new Map<boolean | undefined, string>([
  [true, 'would take it for a 603+'],
  [false, 'would not take it for a 603+'],
  [undefined, 'cannot be foretold: the quote of the text never closes'],
])
const FILE_ERRORS = new Map([
  ['ENOENT', 'there is no such file; check the name'],
  ['EISDIR', 'it is a directory; name the files in it'],
  ['EACCES', 'permission denied; check who may read it'],
])
/** A text is read whole; longer ones are captures by nature. */
const TEXT_BYTES_MAX = 256 * 2 ** 20
const DECODER = new TextDecoder()
