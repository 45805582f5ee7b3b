import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Command } from 'commander'
import { parseUri } from '#codec/sip/uri.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { decodeText } from '#codec/sip/text.ts'
import { observe } from '#core/observe/observation.ts'
import { type Dialled, dial } from '#edge/prober/dial.ts'
import { EXIT, Stop } from './exit.ts'
import { nameInput, paint, visible } from './words.ts'

/** Adds `recourse call`. */
export function callCommand(program: Command): void {
  program
    .command('call')
    .argument('<target>', 'where the INVITE goes: sip:HOST[:PORT]')
    .requiredOption('--from <number>', 'the calling number, or withheld')
    .requiredOption('--to <number>', 'the called number')
    .option('--name <text>', 'the display name of the caller')
    .option('--local <address>', 'the local address to send from')
    .option('--timeout <seconds>', 'how long to wait for a final answer', '5')
    .option('--json', 'the answer as one JSON object on standard output')
    .description('place one call over UDP, hang up at once, and explain the answer')
    .addHelpText('after', '\nExample:\n  $ recourse call sip:127.0.0.1:5060 --from +12125550117 --to +14155550163')
    .action(async (target: string, options: CallOptions) => {
      const { host, port } = await readTarget(target)
      const dialled = await dialOrStop({
        host,
        port,
        from: readUser('--from', options.from),
        to: readUser('--to', options.to),
        displayName: readName(options.name),
        localAddress: options.local,
        timeoutMs: readTimeout(options.timeout),
      })
      if (dialled.kind === 'silent') throw new Stop(EXIT.outside, silence(target, dialled.why))
      process.stdout.write(options.json === true ? asJson(dialled) : describe(dialled))
    })
}

type CallOptions = { from: string; to: string; name?: string; local?: string; timeout: string; json?: boolean }
type Answered = Extract<Dialled, { kind: 'answered' }>

async function readTarget(target: string): Promise<{ host: string; port: number }> {
  const wrong = new Stop(
    EXIT.unusable,
    `${nameInput(target)} is no target: expected sip:HOST or sip:HOST:PORT, such as sip:127.0.0.1:5060`,
  )
  try {
    const uri = parseUri(target)
    if (uri.kind !== 'sip' || uri.port === 0) throw wrong
    if (uri.scheme === 'sips' || /^(tcp|tls|sctp|ws|wss)$/i.test(uri.parameters.get('transport') ?? ''))
      throw new Stop(
        EXIT.unusable,
        `${nameInput(target)} asks for another transport: this version places calls over UDP`,
      )
    const host = uri.host.replace(/^\[(.*)\]$/, '$1')
    return { host: isIP(host) > 0 ? host : (await lookup(host)).address, port: uri.port ?? 5060 }
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

async function dialOrStop(plan: Parameters<typeof dial>[0]): Promise<Dialled> {
  try {
    return await dial(plan)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const from = plan.localAddress === undefined ? '' : ` from ${plan.localAddress}`
    throw new Stop(EXIT.outside, `cannot send${from} to ${plan.host}:${plan.port}: ${error.message}`, { cause: error })
  }
}

function readUser(option: string, text: string): string {
  if (text === 'withheld') return 'anonymous'
  if (/^\+?[0-9A-Za-z._-]{1,64}$/.test(text)) return text
  throw new Stop(
    EXIT.unusable,
    `${option} ${visible(text)} is no number: expected digits, with + and country code in front, such as +12125550117`,
  )
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
