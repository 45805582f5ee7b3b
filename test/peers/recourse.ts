import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type Ending, type Owner, Peer, type PeerOptions, run, temporaryDirectory, until } from './peer.ts'
import { freePort } from './port.ts'

/** What a journey asks of the configuration; everything else is the same in all journeys. */
export type Wishes = {
  /** Calls from one number in ten minutes until the next is blocked. */
  limit?: number
  /** Numbers that never originate calls. */
  doNotOriginate?: readonly string[]
  /** Numbers whose calls are blocked, by analytics. */
  deny?: readonly string[]
  /** How long a block may take to be recorded; so long by default that no busy machine turns a block into a continue. */
  record?: string
  /** Lines of the called parties' own list: `called,calling`. */
  called?: readonly string[]
  /** Where a notice's URL points; without it the operator's contact page. */
  desk?: string
  /** The number, or with a star the range, that is called to prove a number; only with a desk. */
  verification?: string
  /** Keys of `desk` beside the usual ones. */
  deskMore?: Readonly<Record<string, unknown>>
  /** Sections of the configuration beside the usual ones; asked with a port for the office, which is free. */
  more?: (officePort: number) => Readonly<Record<string, unknown>>
  /** Another gate whose store and receipt keys this one shares, writing a chain of its own. */
  beside?: Recourse
  /** The name of that chain. */
  chain?: string
  /** A policy of the journey's own instead of the usual one. */
  policy?: Readonly<Record<string, unknown>>
  /** How signed calls are verified. */
  stir?: Readonly<Record<string, unknown>>
  /** Files beside the configuration, by name. */
  files?: Readonly<Record<string, string>>
  /** How datagrams are taken; the configuration's own default if not said. */
  udp?: 'dgram' | 'batch'
  /** Keys of `gate` beside or instead of the usual ones; asked with the port, which is free over TCP too. */
  gate?: (port: number) => Readonly<Record<string, unknown>>
  /** Threads that take them. */
  threads?: number
  /** Where copies of calls go. */
  hep?: string
  /** The token by which the peer may ask over HTTP; without it there is no API. */
  token?: string
  /** Variables of the process. */
  environment?: Readonly<Record<string, string>>
  /** The hidden test controls of the process, `name=value` with commas. */
  controls?: string
}

/** A row of the ledger as `recourse ledger export --json` prints it. */
export type LedgerRow = {
  entry: string
  /** The block was recorded, but the call was continued after all. */
  released: boolean
  transaction: string
  receipt: string
  rule: string
  calling: string
  called: string
  callId: string
  /** The octets of the answer, as text. */
  answer: string
}

/** A configured gate in a directory of its own, which can be started, killed and started again. */
export class Recourse {
  readonly directory: string
  readonly port: number
  readonly metricsPort: number
  readonly apiPort: number
  readonly deskPort: number
  readonly officePort: number
  readonly #options: PeerOptions
  #peer: Peer | undefined

  private constructor(
    directory: string,
    { port, metricsPort, apiPort, deskPort, officePort }: Ports,
    options: PeerOptions,
  ) {
    this.directory = directory
    this.port = port
    this.metricsPort = metricsPort
    this.apiPort = apiPort
    this.deskPort = deskPort
    this.officePort = officePort
    this.#options = options
  }

  /** Writes the configuration and starts the gate. */
  static async start(owner: Owner, wishes: Wishes = {}): Promise<Recourse> {
    // What was said first is done first: the process has ended when its directory goes.
    let stop = (): Promise<unknown> | undefined => undefined
    owner.after(() => stop())
    const directory = temporaryDirectory(owner)
    const port = await freePort()
    const metricsPort = await freePort()
    const deskPort = await freePort()
    const ports = { port, metricsPort, deskPort, apiPort: await freePort(), officePort: await freePort() }
    writeConfiguration(directory, ports, wishes)
    const env = {
      ...wishes.environment,
      ...(wishes.controls === undefined ? {} : { RECOURSE_TEST_CONTROLS: wishes.controls }),
    }
    const recourse = new Recourse(directory, ports, { cwd: directory, env })
    stop = () => recourse.stop()
    await recourse.restart()
    return recourse
  }

  get pid(): number {
    return this.peer.pid
  }

  get peer(): Peer {
    if (this.#peer === undefined) throw new Error('the gate has not been started')
    return this.#peer
  }

  /** Starts the process again in the same directory and waits until it is healthy. */
  async restart(): Promise<void> {
    this.launch()
    await this.healthy()
  }

  /** Starts the process without waiting for anything. */
  launch(): void {
    this.#peer = new Peer(process.execPath, [COMMAND, 'up', '--config', this.#config], this.#options)
  }

  async healthy(): Promise<void> {
    const isHealthy = async () => {
      if (!this.peer.running) throw new Error(`recourse up ended:\n${this.peer.output}`)
      const health = await fetch(`http://127.0.0.1:${this.metricsPort}/health`, ALONE).catch(() => undefined)
      await health?.arrayBuffer()
      return health?.status === 200 || undefined
    }
    await until('a healthy gate', isHealthy, HEALTHY_WITHIN_MS)
  }

  async stop(): Promise<Ending | undefined> {
    return this.#peer?.stop()
  }

  /** kill -9: no chance to finish anything. */
  async kill(): Promise<void> {
    await this.peer.stop('SIGKILL')
  }

  /** Every sample of `/metrics`, by name and labels as they stand there. */
  async metrics(): Promise<Map<string, number>> {
    const page = await (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`, ALONE)).text()
    const samples = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
  }

  /** The whole ledger, oldest entry first. */
  ledger(): LedgerRow[] {
    return this.command('ledger', 'export', '--json', '--config', this.#config)
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as LedgerRow)
  }

  /** Has every entry and checkpoint verified; fails where one is not as it was recorded. */
  verifyLedger(): void {
    this.command('ledger', 'verify', '--config', this.#config)
  }

  /** Runs another verb of the command and returns its standard output. */
  command(...args: readonly string[]): string {
    return recourse(args, this.directory)
  }

  get #config(): string {
    return join(this.directory, 'recourse.yaml')
  }
}

/** Runs a verb of the command to its end and returns its standard output. */
export function recourse(args: readonly string[], directory?: string): string {
  return run(process.execPath, [COMMAND, ...args], directory === undefined ? {} : { cwd: directory })
}

/** The value of one of the gate's own figures; a figure that is not on the page is a fault of the journey. */
export function figure(metrics: ReadonlyMap<string, number>, name: string): number {
  for (const spelling of [`recourse_gate_${name}_total`, `recourse_gate_${name}`]) {
    const value = metrics.get(spelling)
    if (value !== undefined) return value
  }
  throw new Error(`no figure ${name} among ${[...metrics.keys()].join(', ')}`)
}

type Ports = { port: number; metricsPort: number; deskPort: number; apiPort: number; officePort: number }

function writeConfiguration(directory: string, ports: Ports, wishes: Wishes): void {
  const { port, metricsPort, deskPort, apiPort, officePort } = ports
  const {
    limit = 3,
    doNotOriginate = [],
    deny = [],
    called = [],
    record = '5s',
    desk,
    udp,
    threads,
    hep,
    token,
  } = wishes
  const shared = wishes.beside?.directory ?? '.'
  writeNumbers(join(directory, 'dno.csv'), doNotOriginate)
  writeNumbers(join(directory, 'deny.csv'), deny)
  writeFileSync(join(directory, 'called.csv'), `called,calling\n${called.map((line) => `${line}\n`).join('')}`)
  if (token !== undefined) writeFileSync(join(directory, 'token'), token)
  for (const [name, text] of Object.entries(wishes.files ?? {})) writeFileSync(join(directory, name), text)
  const configuration = {
    operator: { name: 'Northwire', contact: CONTACT, location: 'RLN' },
    store: `sqlite:${shared}/recourse.db`,
    receipts: { keys: `file:${shared}/receipt-keys`, keep: '60d' },
    ...(wishes.beside === undefined ? {} : { ledger: { chain: wishes.chain ?? 'second' } }),
    gate: {
      listen: [`udp:127.0.0.1:${port}`],
      peers: [
        { name: 'edge', from: '127.0.0.1/32', continue: 404, ...(token === undefined ? {} : { token: 'file:token' }) },
      ],
      limits: { record },
      ...(udp === undefined ? {} : { udp }),
      ...(hep === undefined ? {} : { hep: { to: hep } }),
      ...(threads === undefined ? {} : { threads }),
      ...wishes.gate?.(port),
    },
    ...(wishes.stir === undefined ? {} : { stir: wishes.stir }),
    policy: wishes.policy ?? {
      notices: 'us',
      rules: [
        { id: 'called-list', 'called-list': 'file:called.csv' },
        { id: 'dno', 'do-not-originate': 'file:dno.csv' },
        { id: 'deny', deny: 'file:deny.csv' },
        { id: 'volume-number', volume: { of: 'number', limit, per: '10m' }, program: 'opt-out' },
      ],
    },
    metrics: { listen: `127.0.0.1:${metricsPort}` },
    ...(token === undefined ? {} : { api: { listen: `127.0.0.1:${apiPort}`, tls: 'none' } }),
    ...(desk === undefined
      ? {}
      : {
          desk: {
            listen: `127.0.0.1:${deskPort}`,
            public: desk,
            ...cardOf(wishes),
            ...verificationOf(wishes),
            ...wishes.deskMore,
          },
        }),
    ...wishes.more?.(officePort),
  }
  writeFileSync(join(directory, 'recourse.yaml'), stringify(configuration))
}

/** The desk signs cards where the journey has put a certificate and its key beside the configuration. */
function cardOf({ files = {} }: Wishes): object {
  return 'card.pem' in files ? { card: { key: 'file:card-key.pem', certificate: 'card.pem' } } : {}
}

function verificationOf({ verification }: Wishes): object {
  if (verification === undefined) return {}
  return { verification: verification.endsWith('*') ? { range: verification } : { number: verification } }
}

function writeNumbers(file: string, numbers: readonly string[]): void {
  writeFileSync(file, `number\n${numbers.map((number) => `${number}\n`).join('')}`)
}

/** A gate comes up within this on a machine that does much else. */
const HEALTHY_WITHIN_MS = 60_000

/** A connection that is kept may be closed by the other side just when it is used again. */
const ALONE = { headers: { connection: 'close' } }

/** The operator's contact in every journey. */
export const CONTACT = {
  url: 'https://redress.northwire.example',
  tel: '+18005550142',
  email: 'unblock@northwire.example',
}

export const COMMAND = new URL('../../bin/recourse.js', import.meta.url).pathname
