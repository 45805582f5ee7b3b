// The whole loop between two Recourse on this machine: a call is blocked, seen, contested, proved, lifted, and tried again.
// `npm run demo` tells it live, in about half a minute; the same is run, and looked into, by test/journeys/loop.test.ts.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { styleText } from 'node:util'
import { HEP_TYPES } from '../src/codec/hep/hep.ts'
import { type HepSender, openHep } from '../src/edge/hep/send-hep.ts'
import { type Dialled, dial } from '../src/edge/prober/dial.ts'
import { type Owner, Peer, temporaryDirectory, until } from '../test/peers/peer.ts'
import { freePort } from '../test/peers/port.ts'
import { COMMAND, Recourse, recourse } from '../test/peers/recourse.ts'
import { foundAuthority } from '../test/tls-certificates.ts'

/** What is there when the loop is over, for whoever looks into it. */
export type Demonstrated = {
  readonly blocker: Recourse
  /** The folder of the calling side. */
  readonly caller: string
  readonly dispute: string
  readonly case: string
}

/**
 * Goes round the loop once; `tell` hears it in plain words, with what a person types for it where that is a command. Everything
 * that was started ends with its owner.
 */
export async function demonstrate(
  owner: Owner,
  tell: (who: Who, words: string, typed?: readonly string[]) => void,
): Promise<Demonstrated> {
  const authority = foundAuthority('Demo authority')
  const desk = authority.mint({ name: HOST, dns: [HOST] })
  tell('carrier', `Northwire, a carrier, starts its gate and its redress desk, and blocks calls from ${NUMBER}.`, [
    'up',
  ])
  const blocker = await Recourse.start(owner, {
    deny: [NUMBER],
    desk: `https://${HOST}`,
    verification: '+18005550142',
    gate: () => ({ peers: [{ name: 'edge', from: '127.0.0.0/8', continue: 404, verstat: 'trust' }] }),
    deskMore: { tls: { certificate: 'desk.pem', key: 'file:desk-key.pem' } },
    files: { 'desk.pem': desk.certificate, 'desk-key.pem': desk.key },
    more: () => ({ mail: { server: 'folder:./outgoing', from: 'redress@northwire.example' } }),
  })

  const caller = temporaryDirectory(owner)
  writeFileSync(join(caller, 'ca.pem'), authority.certificate)
  writeFileSync(
    join(caller, 'recourse.yaml'),
    'operator: { name: "Clinic", contact: { email: "ann@clinic.example.com" } }\n',
  )
  const hepPort = await freePort()
  const monitor = new Peer(process.execPath, [COMMAND, 'monitor', '--hep', `udp:127.0.0.1:${hepPort}`], { cwd: caller })
  owner.after(() => monitor.stop())
  await monitor.says(/taking copies/)
  tell('clinic', 'A clinic starts recourse monitor, which hears copies of the calls of its telephone system.', [
    'monitor',
    '--hep',
    `udp:127.0.0.1:${hepPort}`,
  ])
  const copies = openHep({
    transport: 'udp',
    address: '127.0.0.1',
    port: hepPort,
    captureId: 1,
    password: undefined,
    node: undefined,
  })
  owner.after(() => copies.close())
  const clinic = (...args: readonly string[]): string => recourse(args, caller)
  const reach = ['--connect-to', `${HOST}=127.0.0.1:${blocker.deskPort}`, '--ca', 'ca.pem']
  const disputeNow = (...args: readonly string[]): { id: string; status: string } =>
    JSON.parse(clinic('disputes', ...args, '--json').trim())

  const blocked = await placeCall(blocker.port, NUMBER, CALLED)
  copyCall(copies, blocked, blocker.port)
  tell('clinic', `It reminds a patient of an appointment, and the call is refused: ${firstLine(blocked)}.`)
  const group = await until('a group of refused calls', () => {
    const [line] = clinic('groups', 'list', '--json').split('\n').filter(Boolean)
    return line === undefined ? undefined : (JSON.parse(line) as { id: number; blocker: string; standing: string })
  })
  tell('clinic', `The monitor has it in group ${group.id}: ${group.standing} to be a block, by ${group.blocker}.`, [
    'groups',
    'list',
  ])

  const purpose = ['--purpose', 'We remind patients of their appointments.']
  const opening = ['open', '--group', String(group.id), ...purpose]
  const { id } = disputeNow(...opening)
  tell('clinic', 'The clinic opens a dispute.', ['disputes', ...opening])
  const filing = ['file', id, '--by', 'api', ...reach]
  const filed = disputeNow(...filing)
  tell('clinic', `It files it by the API of the desk that the notice names: ${filed.status}.`, ['disputes', ...filing])
  const link = await until('the message of the desk', () => linkIn(join(blocker.directory, 'outgoing')))
  await press(blocker.deskPort, authority.certificate, link)
  tell('clinic', 'The desk wrote one message; its link is followed and its button pressed, for nobody looks before.')
  const polling = ['poll', id, ...reach]
  tell('clinic', `Asked how it stands, the desk says: ${disputeNow(...polling).status}.`, ['disputes', ...polling])

  const proving = ['disputes', 'prove', id, ...reach]
  const { dial: toDial } = JSON.parse(clinic(...proving, '--json')) as { dial: string }
  tell('clinic', `${toDial} is to be called: a number of the desk, and behind it four digits for this proof.`, proving)
  await placeCall(blocker.port, `${NUMBER};verstat=TN-Validation-Passed-A`, toDial)
  tell(
    'clinic',
    `To prove that ${NUMBER} is its own, it calls that from it, signed; nobody answers, who called is enough.`,
  )
  const ofCase = await until('a case with its proof', () => {
    const [line] = blocker.command('case', 'list', '--open', '--json').split('\n').filter(Boolean)
    const found = line === undefined ? undefined : (JSON.parse(line) as { case: string }).case
    return found !== undefined && blocker.command('case', 'show', found).includes('attested A') ? found : undefined
  })
  tell('carrier', 'Beth at Northwire reads the case: who asks, what was blocked and why, and the proof.', [
    'case',
    'show',
    ofCase,
  ])
  const deciding = ['case', 'decide', ofCase, 'lift', '--reason', 'These calls are wanted.', '--by', 'beth']
  blocker.command(...deciding)
  tell('carrier', 'She lifts the block. Every gate knows it at once.', deciding)
  tell('clinic', `Asked again, the desk says: ${disputeNow(...polling).status}.`, ['disputes', ...polling])

  await until('a call that goes on', async () => {
    const answer = await placeCall(blocker.port, NUMBER, CALLED)
    return (answer.kind === 'answered' && answer.response.status === 404) || wait(200, undefined)
  })
  const trying = ['retest', id, '--via', `sip:127.0.0.1:${blocker.port}`, '--passes', '404']
  const tried = disputeNow(...trying)
  const means = 'The 404 is how this gate tells its switch to let a call go on'
  tell('clinic', `It calls again, and the call goes through: the dispute is ${tried.status}. ${means}.`, [
    'disputes',
    ...trying,
  ])
  await until('a verified case', () =>
    blocker.command('case', 'list', '--status', 'verified', '--json').includes(ofCase) ? true : wait(100, undefined),
  )
  tell('carrier', 'Northwire saw that call too: its case is verified. Its ledger of blocks verifies as well.')
  blocker.verifyLedger()
  await monitor.stop('SIGINT')
  return { blocker, caller, dispute: id, case: ofCase }
}

export type Who = 'carrier' | 'clinic'

/** Places one call, waiting five seconds at most. */
export function placeCall(port: number, from: string, to: string): Promise<Dialled> {
  return dial({ host: '127.0.0.1', port, from, to, displayName: undefined, localAddress: undefined, timeoutMs: 5_000 })
}

/** What the clinic's telephone system sends to its monitor: the INVITE and its answer. */
function copyCall(copies: HepSender, call: Dialled, gatePort: number): void {
  if (call.kind !== 'answered') throw new Error(`no answer: ${call.why}`)
  const { sent, response } = call
  const [source, destination] = ['127.0.0.1', '127.0.0.1']
  const both = { source, destination, protocol: 17, type: HEP_TYPES.sip, correlationId: undefined }
  const ports = { sourcePort: SYSTEM_PORT, destinationPort: gatePort }
  const back = { sourcePort: gatePort, destinationPort: SYSTEM_PORT }
  const now = Date.now()
  copies.send({ ...both, ...ports, atMs: now - call.afterMs, payload: sent })
  copies.send({ ...both, ...back, atMs: now, payload: response.bytes.slice(response.start, response.end) })
}

function firstLine(call: Dialled): string {
  if (call.kind !== 'answered') return call.why
  const { bytes, start, end } = call.response
  return Buffer.from(bytes.slice(start, end)).toString('latin1').split('\r\n')[0]!.replace('SIP/2.0 ', '')
}

/** The link in the one message that the desk wrote. */
export function linkIn(folder: string): URL | undefined {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.eml'))
  } catch {
    // The folder comes with the first message.
    return undefined
  }
  for (const name of names) {
    const text = readFileSync(join(folder, name), 'utf8').replaceAll(/=\r?\n/g, '')
    const [link] = /https:\/\/[\w.-]+\/confirm\/[\w-]{22}/.exec(text) ?? []
    if (link !== undefined) return new URL(link)
  }
  return undefined
}

/** Presses the button behind the link, as a browser does. */
export function press(port: number, ca: string, link: URL): Promise<void> {
  return new Promise((done, failed) => {
    const headers = { host: HOST, 'content-type': 'application/x-www-form-urlencoded', 'content-length': '0' }
    const where = { host: '127.0.0.1', port, servername: HOST, ca, method: 'POST', path: link.pathname, headers }
    const asking = request(where, (answer) => {
      answer.resume()
      if ((answer.statusCode ?? 500) < 400) answer.on('end', done)
      else failed(new Error(`the button answered ${answer.statusCode}`))
    })
    asking.on('error', failed)
    asking.end()
  })
}

async function main(): Promise<void> {
  const started = performance.now()
  const endings: (() => unknown)[] = []
  const deadline = setTimeout(() => {
    process.stderr.write('the demo did not come to its end in two minutes\n')
    process.exit(1)
  }, END_MS)
  const say = (who: Who, words: string, typed?: readonly string[]): void => {
    const seconds = ((performance.now() - started) / 1_000).toFixed(1).padStart(5)
    const name = styleText(who === 'carrier' ? 'magenta' : 'cyan', who.padEnd(7), { stream: process.stdout })
    process.stdout.write(`${seconds} s  ${name}  ${words}\n`)
    if (typed === undefined) return
    const line = `$ npx recourse ${typed.map((word) => (/^[\w.:/=+-]+$/.test(word) ? word : `"${word}"`)).join(' ')}`
    process.stdout.write(`${' '.repeat(INDENT)}${styleText('dim', line, { stream: process.stdout })}\n`)
  }
  try {
    const { dispute, caller } = await demonstrate({ after: (end) => endings.push(end) }, say)
    process.stdout.write(
      `\n$ npx recourse disputes show ${dispute}\n${recourse(['disputes', 'show', dispute], caller)}\n${AFTER}\n`,
    )
  } finally {
    for (const end of endings.toReversed()) await end()
    clearTimeout(deadline)
  }
}

/** Whose desk it is, by the name that its certificate has. */
export const HOST = 'redress.northwire.example'
const NUMBER = '+12125550117'
const CALLED = '+14155550163'
/** The clinic's telephone system, as copies of its calls name it. */
const SYSTEM_PORT = 5060
/** Where words begin, behind seconds and who. */
const INDENT = 19
const AFTER =
  'That was all on this machine, and is gone now. The commands are explained in docs/disputes.md (the clinic) and docs/cases.md (the carrier).'
/** Half a minute is what it takes; a machine that has other things to do takes longer. */
const END_MS = 120_000

if (import.meta.main) await main()
