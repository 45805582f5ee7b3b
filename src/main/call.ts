import { readFileSync } from 'node:fs'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { Command } from 'commander'
import { parseUri } from '#codec/sip/uri.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { decodeText } from '#codec/sip/text.ts'
import { observe } from '#core/observe/observation.ts'
import { type Dialled, type DialPlan, type TlsTrust, dial } from '#edge/prober/dial.ts'
import { reasonOf } from '#main/config/lists.ts'
import { EXIT, Stop } from './exit.ts'
import { nameInput, paint, visible } from './words.ts'

/** Adds `recourse call`. */
export function callCommand(program: Command): void {
  program
    .command('call')
    .argument('<target>', 'where the INVITE goes: sip:HOST[:PORT], with ;transport=tcp or tls, or sips:')
    .requiredOption('--from <number>', 'the calling number, or withheld')
    .requiredOption('--to <number>', 'the called number')
    .option('--name <text>', 'the display name of the caller')
    .option(
      '--attest <level>',
      'say that the call was verified with this attestation, A, B or C, as a switch does that verified it; believed of a peer with verstat: trust',
    )
    .option('--transport <name>', 'udp, tcp or tls; what the target says, else udp')
    .option('--ca <file>', 'over TLS: the authorities to trust, PEM; the system’s if not said')
    .option('--certificate <file>', 'over TLS: the certificate to show, PEM')
    .option('--key <file>', 'over TLS: its private key, PEM')
    .option('--local <address>', 'the local address to send from')
    .option('--timeout <seconds>', 'how long to wait for a final answer', '5')
    .option('--json', 'the answer as one JSON object on standard output')
    .description('place one call over UDP, TCP or TLS, hang up at once, and explain the answer')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx recourse call sip:127.0.0.1:5060 --from +12125550117 --to +14155550163\n  $ npx recourse call sip:sbc.example:5061 --transport tls --ca ca.pem --from +12125550117 --to +14155550163',
    )
    .action(async (target: string, options: CallOptions) => {
      const { name, host, port, transport } = await readTarget(target, options.transport)
      const dialled = await dialOrStop({
        host,
        port,
        transport,
        tls: transport === 'tls' ? readTrust(name, options) : refuseTrust(options),
        from: readUser('--from', options.from) + readVerstat(options),
        to: readUser('--to', options.to),
        displayName: readName(options.name),
        localAddress: options.local,
        timeoutMs: readTimeout(options.timeout),
      })
      if (dialled.kind === 'silent') throw new Stop(EXIT.outside, silence(target, dialled.why))
      process.stdout.write(options.json === true ? asJson(dialled) : describe(dialled))
    })
}

type CallOptions = {
  from: string
  to: string
  name?: string
  attest?: string
  transport?: string
  ca?: string
  certificate?: string
  key?: string
  local?: string
  timeout: string
  json?: boolean
}
type Transport = NonNullable<DialPlan['transport']>
type Answered = Extract<Dialled, { kind: 'answered' }>

/** Reads where calls are placed to; throws `Stop` where it is no such place. */
export type Target = { name: string; host: string; port: number; transport: Transport }

/** Reads where a call is to go; `wished` is a transport said elsewhere. Throws `Stop`. */
export async function readTarget(target: string, wished?: string): Promise<Target> {
  const wrong = new Stop(
    EXIT.unusable,
    `${nameInput(target)} is no target: expected sip:HOST or sip:HOST:PORT, such as sip:127.0.0.1:5060`,
  )
  try {
    const uri = parseUri(target)
    if (uri.kind !== 'sip' || uri.port === 0) throw wrong
    const said = uri.parameters.get('transport')?.toLowerCase()
    const transport = readTransport(target, wished, uri.scheme === 'sips' ? 'tls' : said)
    const name = uri.host.replace(/^\[(.*)\]$/, '$1')
    const host = isIP(name) > 0 ? name : (await lookup(name)).address
    return { name, host, port: uri.port ?? (transport === 'tls' ? SIPS_PORT : SIP_PORT), transport }
  } catch (error) {
    if (error instanceof Malformed) throw wrong
    if (error instanceof Error && 'hostname' in error)
      throw new Stop(
        EXIT.outside,
        `the name in ${nameInput(target)} cannot be resolved; check its spelling, or give the address`,
        { cause: error },
      )
    throw error
  }
}

function readTransport(target: string, wished: string | undefined, said: string | undefined): Transport {
  const [found, where] = wished === undefined ? [said ?? 'udp', nameInput(target)] : [wished, '--transport']
  const transport = TRANSPORTS.find((name) => name === found)
  if (transport === undefined)
    throw new Stop(EXIT.unusable, `${where} asks for the transport ${visible(found)}: expected udp, tcp or tls`)
  if (said !== undefined && said !== transport)
    throw new Stop(
      EXIT.unusable,
      `${nameInput(target)} asks for ${visible(said)}, and --transport for ${transport}: say one`,
    )
  return transport
}

/** What `--ca`, `--certificate` and `--key` name. */
export type TrustWords = { ca?: string; certificate?: string; key?: string }

/** Reads whom to trust over TLS, and what to show. Throws `Stop`. */
export function readTrust(name: string, { ca, certificate, key }: TrustWords): TlsTrust {
  if ((certificate === undefined) !== (key === undefined))
    throw new Stop(EXIT.unusable, '--certificate and --key belong together: give both')
  const read = (option: string, file: string | undefined): string | undefined => {
    try {
      return file === undefined ? undefined : readFileSync(file, 'utf8')
    } catch (error) {
      throw new Stop(EXIT.unusable, `${option} ${visible(file ?? '')} cannot be read (${reasonOf(error)})`, {
        cause: error,
      })
    }
  }
  const trust = {
    authorities: read('--ca', ca),
    certificate: read('--certificate', certificate),
    key: read('--key', key),
  }
  try {
    createSecureContext({ ca: trust.authorities, cert: trust.certificate, key: trust.key })
  } catch (error) {
    const why = error instanceof Error ? visible(error.message) : ''
    throw new Stop(EXIT.unusable, `what --ca, --certificate and --key name is no PEM that fits together: ${why}`, {
      cause: error,
    })
  }
  return { name, ...trust }
}

function refuseTrust({ ca, certificate, key }: CallOptions): undefined {
  if (ca !== undefined || certificate !== undefined || key !== undefined)
    throw new Stop(EXIT.unusable, '--ca, --certificate and --key are for TLS: add --transport tls')
  return undefined
}

async function dialOrStop(plan: Parameters<typeof dial>[0]): Promise<Dialled> {
  try {
    return await dial(plan)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const from = plan.localAddress === undefined ? '' : ` from ${plan.localAddress}`
    throw new Stop(EXIT.outside, `cannot send${from} to ${plan.host}:${plan.port}: ${wordsOf(error)}`, { cause: error })
  }
}

/** What went wrong with a connection, and what to do where that is known. */
function wordsOf(error: Error & { code?: unknown }): string {
  const code = String(error.code)
  const hint = code.startsWith('ERR_SSL') ? SSL_HINT : TLS_HINTS[code]
  return hint === undefined ? error.message : `${visible(error.message)}; ${hint}`
}

function readUser(option: string, text: string): string {
  if (text === 'withheld') return 'anonymous'
  if (/^\+?[0-9A-Za-z._-]{1,64}$/.test(text)) return text
  throw new Stop(
    EXIT.unusable,
    `${option} ${visible(text)} is no number: expected digits, with + and country code in front, such as +12125550117`,
  )
}

/** What a switch that verified the signature says beside the number. 3GPP TS 24.229 §7.2A.20. */
function readVerstat({ attest, from }: CallOptions): string {
  if (attest === undefined) return ''
  if (!/^[ABC]$/.test(attest))
    throw new Stop(EXIT.unusable, `--attest ${visible(attest)} is no level of attestation: write A, B or C`)
  if (from === 'withheld')
    throw new Stop(EXIT.unusable, '--attest goes with a number: nobody vouches for one that is withheld')
  return `;verstat=TN-Validation-Passed-${attest}`
}

function readName(name: string | undefined): string | undefined {
  if (name === undefined || visible(name) === name) return name
  throw new Stop(EXIT.unusable, `--name ${visible(name)} holds control characters: expected plain text`)
}

function readTimeout(text: string): number {
  const seconds = Number(text)
  if (seconds > 0 && seconds <= 300) return seconds * 1000
  throw new Stop(EXIT.unusable, `--timeout ${visible(text)} is no time: expected seconds above 0, 300 at most`)
}

function silence(target: string, why: string): string {
  const hint = why.startsWith('nothing listens')
    ? 'is the gate running, and is this its port?'
    : 'is it running? A gate is also silent to addresses that no peer of its configuration has.'
  return `${nameInput(target)} did not answer: ${why}; ${hint}`
}

function describe({ sent, response, afterMs }: Answered): string {
  const seen = observe(response)
  const head = decodeText(response.bytes, response.start, response.end)
    .split('\r\n')
    .filter((line) => line !== '')
  const bold = (text: string): string => paint(process.stdout, 'bold', text)
  const lines = [
    `sent      ${visible(decodeText(sent, 0, sent.length).split('\r\n')[0] ?? '')}`,
    `answered  ${bold(visible(head[0] ?? ''))}  after ${afterMs.toFixed(1)} ms`,
    ...head.slice(1).map((line) => `          ${visible(line)}`),
    '',
    ...explain(seen, response.status),
  ]
  return `${lines.join('\n')}\n`
}

function explain(seen: ReturnType<typeof observe>, status: number): string[] {
  if (status < 300) return ['The call was accepted (and hung up at once).']
  if (status === 403)
    return [
      '403 tells neither that the call was blocked nor by whom. A gate says it only where its policy is set to block by it.',
    ]
  if (seen.class === 'other' && status !== 433) {
    return [
      `Not blocked: ${status} is no notice of blocking. A gate answers calls it has nothing against like this, and the switch that asked carries on.`,
    ]
  }
  const { contest } = seen
  const ways = [contest.url, contest.tel, contest.email, contest.card].filter((way) => way !== undefined)
  return [
    `Blocked by: ${visible(seen.who)}`,
    `Why:        ${visible(seen.why)}`,
    `Contest at: ${ways.length === 0 ? 'no contact is given' : visible(ways.join('  ·  '))}`,
    ...(seen.id === undefined ? [] : [`Receipt:    ${visible(seen.id)}`]),
    ...seen.faults.map(({ rule, text }) => `Wrong:      ${rule} ${text}`),
  ]
}

function asJson({ response, provisional, afterMs }: Answered): string {
  return `${JSON.stringify({ ...observe(response), provisional, afterMs: Math.round(afterMs * 10) / 10 })}\n`
}

const TRANSPORTS = ['udp', 'tcp', 'tls'] as const
const SIP_PORT = 5060
/** RFC 3261 §19.1.2. */
const SIPS_PORT = 5061
const UNTRUSTED = '--ca FILE names the authority that its certificate comes from'
const SSL_HINT = 'is this its TLS port, and does it want a certificate (--certificate, --key)?'
const TLS_HINTS: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: 'call it by a name that its certificate has',
  CERT_HAS_EXPIRED: 'whoever runs it has to put a new one in its place',
  ECONNRESET: 'does it list this address, or the certificate that was shown, as a peer?',
}
