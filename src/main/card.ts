import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { getCACertificates } from 'node:tls'
import type { Command } from 'commander'
import type { CardContacts } from '#codec/jcard/jcard.ts'
import { type CardCheck, readCertificateUri, verifyCard } from '#codec/jcard/verify.ts'
import { CARD_RULES } from '#codec/notice/lint.ts'
import { RULES } from '#codec/notice/rules.ts'
import { STIR_REASONS, type StirReason } from '#codec/stir/reasons.ts'
import { FETCH_REFUSALS, type FetchOptions, type FetchRefusal, fetchGuarded } from '#edge/fetch/guarded-fetch.ts'
import { verifyChain } from '#edge/stir/chain.ts'
import { parseCertificates } from '#edge/stir/pem.ts'
import { EXIT, type ExitCode, Stop } from './exit.ts'
import { nameInput, paint, showTime, visible } from './words.ts'

/** Adds `recourse card verify`. */
export function cardCommands(program: Command): void {
  program
    .command('card')
    .description('check the signed card of a 608')
    .command('verify')
    .argument('<url or file>', 'where the Call-Info of the 608 points, or the card in a file')
    .description('check a card as a caller would: who signed it, when, whom it names, and whether to believe it')
    .option('--roots <file>', 'the authorities to trust, PEM; those of this system if not said')
    .option('--certificate <file>', 'the certificate of the signer, PEM, instead of fetching it')
    .option('--host <name...>', 'further hosts that may be fetched from, beside that of the URL')
    .option('--now <time>', 'when the card was fetched: RFC 3339, or seconds since 1970')
    .option('--json', 'one JSON object on standard output')
    .addHelpText('after', EXAMPLES)
    .action(async (where: string, words: CardWords) => {
      process.exitCode = await verifyCardAt(where, words, {
        nowMs: Date.now(),
        fetch: {},
        out: (text) => process.stdout.write(text),
        bold: (text) => paint(process.stdout, 'bold', text),
      })
    })
}

export type CardWords = { roots?: string; certificate?: string; host?: string[]; now?: string; json?: boolean }

/** What the command touches. */
export type CardSurroundings = {
  readonly nowMs: number
  /** How fetches differ from those of every day: for tests, where names lead. */
  readonly fetch: Omit<FetchOptions, 'hosts'>
  readonly out: (text: string) => unknown
  readonly bold: (text: string) => string
}

/** What is said of a card, as `--json` prints it. */
export type CardVerdict = {
  readonly card: string
  readonly believed: boolean
  /** Rules of the linter that the card breaks. */
  readonly rules: readonly string[]
  /** Why its certificate is not believed, by the codes of `docs/stir.md`. */
  readonly certificateFault: StirReason | undefined
  readonly certificate: string | undefined
  /** Subject of the certificate, and of the root that it leads to. */
  readonly signer: string | undefined
  readonly root: string | undefined
  readonly issuedAt: string | undefined
  /** Only of a card that is believed. */
  readonly contacts: CardContacts | undefined
  /** Of one that is not: what somebody wants you to believe. */
  readonly claimed: CardContacts | undefined
}

/** Checks the card and tells; answers how it ended. Throws `Stop` where nothing can be said of it. */
export async function verifyCardAt(where: string, words: CardWords, world: CardSurroundings): Promise<ExitCode> {
  const { verdict, nowMs } = await judgeCard(where, words, world)
  await world.out(words.json === true ? `${JSON.stringify(verdict)}\n` : describe(verdict, nowMs, world.bold))
  return verdict.believed ? EXIT.ok : EXIT.found
}

/** Fetches or reads the card and judges it, by what time. Throws `Stop` where nothing can be said of it. */
export async function judgeCard(
  where: string,
  words: CardWords,
  world: Pick<CardSurroundings, 'nowMs' | 'fetch'>,
): Promise<{ readonly verdict: CardVerdict; readonly nowMs: number }> {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(where)
  const own = isUrl && URL.canParse(where) ? [new URL(where).hostname] : []
  const options = { ...world.fetch, hosts: [...own, ...(words.host ?? [])] }
  const roots = await readRoots(words.roots)
  const nowMs = words.now === undefined ? world.nowMs : readTime(words.now)
  // A file saved by an editor ends in a line feed that was not fetched.
  const body = isUrl ? await fetchText(where, 'the card', options) : (await readText(where)).replace(/\r?\n$/, '')
  return { verdict: await judge(body, where, nowMs, roots, words, options), nowMs }
}

async function judge(
  body: string,
  where: string,
  nowMs: number,
  roots: readonly X509Certificate[],
  words: CardWords,
  options: FetchOptions,
): Promise<CardVerdict> {
  const uri = readCertificateUri(body)
  const text = await readCertificate(uri, words.certificate, options)
  const certificates = text === undefined ? [] : certificatesIn(text)
  const chain = verifyChain(certificates, { roots, nowMs, keys: 'any' })
  const [first] = certificates
  const key = first?.publicKey.export({ format: 'jwk' }) as Parameters<typeof verifyCard>[1]
  const check = await verifyCard(body, key, nowMs / 1000)
  const certificateFault = typeof chain === 'string' ? chain : undefined
  const believed = check.valid && certificateFault === undefined
  return {
    card: where,
    believed,
    rules: check.faults.map((fault) => CARD_RULES[fault]),
    certificateFault: text === undefined ? undefined : certificateFault,
    certificate: words.certificate ?? uri,
    signer: nameOf(first),
    root: typeof chain === 'string' ? undefined : nameOf(chain.root),
    issuedAt: timeOf(check),
    contacts: believed ? check.card?.contacts : undefined,
    claimed: believed ? undefined : check.card?.contacts,
  }
}

/** The text of the certificate; undefined where the card names none that could be fetched. */
async function readCertificate(
  uri: string | undefined,
  file: string | undefined,
  options: FetchOptions,
): Promise<string | undefined> {
  if (file !== undefined) return readText(file)
  if (uri === undefined || !/^https:/i.test(uri)) return undefined
  return fetchText(uri, 'the certificate', options)
}

async function fetchText(url: string, what: string, options: FetchOptions): Promise<string> {
  const fetched = await fetchGuarded(url, options)
  if (fetched.kind === 'fetched') return DECODER.decode(fetched.body)
  const { why } = fetched
  if (isOfNetwork(why)) {
    const code = why === 'address' ? EXIT.unusable : EXIT.outside
    throw new Stop(code, `${what} could not be fetched from ${nameInput(url)}: ${FETCH_REFUSALS[why]}`)
  }
  if (why === 'not-listed') {
    const { hostname } = new URL(url)
    throw new Stop(
      EXIT.unusable,
      `the card names its certificate on another host, ${hostname}, which a stranger chose; if you want it fetched from there, add --host ${hostname}, or save it and name it by --certificate`,
    )
  }
  throw new Stop(EXIT.unusable, `${what} is not fetched from ${nameInput(url)}: ${URL_REFUSALS[why]}`)
}

function isOfNetwork(why: FetchRefusal): why is keyof typeof FETCH_REFUSALS {
  return Object.hasOwn(FETCH_REFUSALS, why)
}

function certificatesIn(text: string): X509Certificate[] {
  try {
    return parseCertificates(text)
  } catch {
    return []
  }
}

async function readRoots(file: string | undefined): Promise<X509Certificate[]> {
  if (file === undefined) {
    const system = getCACertificates('system')
    return (system.length > 0 ? system : getCACertificates('default')).map((pem) => new X509Certificate(pem))
  }
  const text = await readText(file)
  try {
    const roots = parseCertificates(text, ROOTS_MAX)
    if (roots.length > 0) return roots
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Stop(EXIT.unusable, `${nameInput(file)} holds what is no certificate: ${why}; expected PEM`, {
      cause: error,
    })
  }
  throw new Stop(EXIT.unusable, `${nameInput(file)} holds no certificate; expected PEM`)
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > FILE_BYTES_MAX)
      throw new Stop(
        EXIT.unusable,
        `${nameInput(path)} is longer than ${FILE_BYTES_MAX / 2 ** 20} MiB; is it the right file?`,
      )
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Stop) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new Stop(EXIT.unusable, `cannot read ${nameInput(path)}: ${nameInput(why, path)}`, { cause: error })
  }
}

function readTime(text: string): number {
  const ms = /^\d{1,12}$/.test(text) ? Number(text) * 1000 : Date.parse(text)
  if (Number.isFinite(ms)) return ms
  const expected = 'expected RFC 3339, such as 2026-10-26T12:00:30Z, or seconds since 1970'
  throw new Stop(EXIT.unusable, `--now ${visible(text)} is no time: ${expected}`)
}

/** What is said of a card, for people. */
export function describe(verdict: CardVerdict, nowMs: number, bold: (text: string) => string): string {
  const { believed, rules, certificateFault, signer, root, certificate, issuedAt, contacts, claimed } = verdict
  const lines = [bold(believed ? 'The card is good.' : 'The card is not to be believed.')]
  const line = (name: string, value: string | undefined): void => {
    if (value !== undefined) lines.push(`  ${name.padEnd(14)}${visible(value)}`)
  }
  line('signed by', signer ?? 'nobody that could be found')
  line('vouched for', root)
  line('certificate', believed ? certificate : plain(certificate))
  if (issuedAt !== undefined) line('signed at', `${showTime(Date.parse(issuedAt))}, ${ageOf(issuedAt, nowMs)}`)
  for (const [name, value] of Object.entries(contacts ?? {})) line(name, textOf(value))
  for (const [name, value] of Object.entries(claimed ?? {})) line(`claims ${name}`, plain(textOf(value)))
  for (const id of rules) {
    const { severity, text, cite } = RULES[id as keyof typeof RULES]
    line(id, `${severity}: ${text} (${cite})`)
  }
  if (certificateFault !== undefined) line(certificateFault, STIR_REASONS[certificateFault].words)
  lines.push(
    believed
      ? 'Whoever signed it may be asked. See that the signer is who you think blocked the call.'
      : 'Do not open, dial or write to what it names: anybody can have made it.',
  )
  return `${lines.join('\n')}\n`
}

function ageOf(issuedAt: string, nowMs: number): string {
  const seconds = Math.round((nowMs - Date.parse(issuedAt)) / 1000)
  return seconds < 0 ? `${-seconds} s ahead` : `${seconds} s ago`
}

function timeOf({ issuedAtS }: CardCheck): string | undefined {
  if (issuedAtS === undefined || Math.abs(issuedAtS) > LAST_SECOND) return undefined
  return new Date(issuedAtS * 1000).toISOString()
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.flat().join(', ') : String(value)
}

/** A contact that no terminal makes a link of. */
function plain(text: string | undefined): string | undefined {
  return text?.replace(/:/g, '[:]').replace(/@/g, '[at]')
}

function nameOf(certificate: X509Certificate | undefined): string | undefined {
  return certificate?.subject.replaceAll('\n', ', ')
}

const EXAMPLES = `
Example:
  $ npx recourse card verify https://redress.northwire.example/j/9f2c61d0a4b84e7d
  $ npx recourse card verify card.jws --certificate signer.pem --roots roots.pem --now 2026-10-26T12:00:30Z`
/** What a URL is refused for before anything is asked of the network. */
const URL_REFUSALS: Readonly<Record<Exclude<FetchRefusal, keyof typeof FETCH_REFUSALS | 'not-listed'>, string>> = {
  url: 'it is no URL that all readers would read alike',
  scheme: 'only https is fetched',
  user: 'it holds a user name',
  port: 'only port 443 is connected to',
  host: 'its host is not a name in the public DNS',
}
const DECODER = new TextDecoder()
const FILE_BYTES_MAX = 4 * 2 ** 20
const ROOTS_MAX = 1_000
/** The end of the year 9999. */
const LAST_SECOND = 253_402_300_799
