import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { TRIAL_STATUSES } from '#edge/gate/trial.ts'
import { type Endpoint, parseEndpoint } from '#main/config/addresses.ts'
import { readTarget } from './call.ts'
import { EXIT, Stop } from './exit.ts'
import { loadOrStop } from './load-or-stop.ts'
import { type PeerStep, type Through, WAIT_S_MAX, runPeerTest } from './peer-test.ts'
import { type TrialSeen, explainTrial, findTrial } from './trial-words.ts'
import { many, paint, visible } from './words.ts'

/** Adds `recourse peer test`. */
export function peerCommands(program: Command): void {
  const peer = program.command('peer').description('look at the switches that ask the gate')
  peer
    .command('test')
    .argument('<name>', 'the peer, as gate.peers names it')
    .requiredOption('--allow <number>', 'the called number of a call that has to go on')
    .requiredOption('--block <number>', 'the called number of a call that must not')
    .option('--listen <address>', 'be the destination of both calls: udp:ADDRESS:PORT, where the peer routes them')
    .option('--through <target>', 'place both calls oneself, through the peer: sip:HOST[:PORT]')
    .option('--from <number>', 'the calling number with --through', '+12125550117')
    .option('--status <status>', 'how the second call is refused: 603, 607, 608 or 403', '603')
    .option('--wait <seconds>', 'how long to wait for each call', '120')
    .option('--config <file>', 'the configuration of the running gate')
    .option('--json', 'the outcome as one JSON object on standard output')
    .description('test by two calls whether a switch does what the gate says: one has to go on, one must not')
    .addHelpText(
      'after',
      '\nExample:\n  $ npx recourse peer test sbc --allow +14155550101 --block +14155550102 --listen udp:192.0.2.9:5090',
    )
    .action(async (name: string, words: TestWords) => {
      const seen = await testPeer(name, words)
      const finding = findTrial(seen)
      const [verdict, ...more] = explainTrial(seen)
      const said =
        words.json === true
          ? [JSON.stringify({ finding, ...seen })]
          : [
              `${paint(process.stdout, 'bold', finding === 'right' ? 'RIGHT' : 'WRONG')}  ${verdict}`,
              ...more.map((line) => `       ${line}`),
            ]
      process.stdout.write(`${said.join('\n')}\n`)
      process.exitCode = finding === 'right' ? EXIT.ok : EXIT.found
    })
}

type TestWords = {
  allow: string
  block: string
  listen?: string
  through?: string
  from: string
  status: string
  wait: string
  config?: string
  json?: boolean
}

async function testPeer(name: string, words: TestWords): Promise<TrialSeen> {
  const { config } = loadOrStop(words.config)
  const waitMs = readWait(words.wait)
  const status = TRIAL_STATUSES.find((status) => String(status) === words.status)
  if (status === undefined)
    throw new Stop(EXIT.unusable, `--status ${visible(words.status)}: expected one of ${TRIAL_STATUSES.join(', ')}`)
  const { allow, block, from } = words
  const listen = readListen(words.listen)
  const through = words.through === undefined ? undefined : await readThrough(words.through)
  return await runPeerTest(
    { peer: name, allow, block, status, waitMs, listen, through, from },
    {
      store: config.store.path,
      dialPlan: config.gate.dialPlan,
      tell: (step) => tell(step, name, words.through),
      rang: () => confirm('  did it ring at its destination? [y/n] '),
    },
  )
}

function tell(step: PeerStep, peer: string, through = ''): void {
  switch (step.kind) {
    case 'call': {
      const [count, wish] = step.which === 'allow' ? [1, 'has to go on'] : [2, 'must not go on']
      return say(`call ${count} of 2, which ${wish}: to ${visible(step.number)}`)
    }
    case 'dial':
      return say(`  place it now, through ${visible(peer)}; waiting ${many(step.withinMs / 1000, 'second')} for it`)
    case 'placed':
      return say(`  placed through ${visible(through)}: ${step.status ?? `no final answer (${step.why})`}`)
    case 'asked':
      return say(step.isSo ? '  the gate was asked, and answered' : '  the gate was not asked')
    case 'went-on':
      return say(step.isSo ? '  the call went on' : '  the call did not go on')
    case 'stray':
      return say(`  a call to ${visible(step.user)} arrived too, which is neither of the two`)
  }
}

function readListen(text: string | undefined): Endpoint | undefined {
  if (text === undefined) return undefined
  const endpoint = text.startsWith('udp:') ? parseEndpoint(text.slice('udp:'.length)) : undefined
  if (endpoint !== undefined) return endpoint
  throw new Stop(
    EXIT.unusable,
    `--listen ${visible(text)}: expected udp: and an address with a port, such as udp:192.0.2.9:5090`,
  )
}

async function readThrough(target: string): Promise<Through> {
  const { host, port, transport } = await readTarget(target, undefined)
  if (transport !== 'tls') return { host, port, transport }
  throw new Stop(EXIT.unusable, `--through ${visible(target)}: calls are placed over UDP or TCP here; dial by hand`)
}

async function confirm(question: string): Promise<boolean> {
  const asker = createInterface({ input: process.stdin, output: process.stderr })
  try {
    for (;;) {
      const answer = (await asker.question(question)).trim().toLowerCase()
      if (/^y(es)?$/.test(answer)) return true
      if (/^no?$/.test(answer)) return false
    }
  } finally {
    asker.close()
  }
}

function readWait(text: string): number {
  const seconds = Number(text)
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= WAIT_S_MAX) return seconds * 1000
  throw new Stop(EXIT.unusable, `--wait ${visible(text)} is no time: expected seconds from 1 to ${WAIT_S_MAX}`)
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}
