import type { ProbeRecord, ReceivedCall } from '#core/probe/received.ts'
import type { Scenario } from '#core/probe/scenario.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { allowSources, isLoopback } from './allowed-sources.ts'
import { AnswerTransactions, T1_MS } from './answer-transactions.ts'
import type { BlockerEvent, BlockerFigures } from './blocker-event.ts'
import { type Door, localOf, openStream, openUdp } from './blocker-doors.ts'
import { makeCards, servePages } from './blocker-page.ts'
import { CallRecords } from './call-records.ts'

/** Where a mock blocker listens, and for whom; all of it may be left out. */
export type MockBlockerOptions = {
  /** The address for SIP: `127.0.0.1` where not said. One that others reach needs `allowRemote`. */
  readonly host?: string | undefined
  /** The port for UDP and TCP alike; 0, or not said, for any that is free. */
  readonly port?: number | undefined
  /** SIP over TLS too, with this certificate and key (PEM); port 0 for any that is free. */
  readonly tls?: { readonly port: number; readonly certificate: string; readonly key: string } | undefined
  /** The address of the HTTP door: `127.0.0.1` where not said. */
  readonly httpHost?: string | undefined
  readonly httpPort?: number | undefined
  /** Networks that are answered beside this machine, such as `192.0.2.0/24`. */
  readonly allowRemote?: readonly string[] | undefined
  /** What the URI of a card begins with, where the HTTP door stands behind a public name: `https://cards.example/card`. */
  readonly cardBase?: string | undefined
  /** T1 of RFC 3261 §17, for tests that cannot wait: 500 where not said. */
  readonly t1Ms?: number | undefined
  /** Hears what happens, as it happens. */
  readonly onEvent?: ((event: BlockerEvent) => void) | undefined
}

/** A mock blocker that listens. */
export type MockBlocker = {
  /** Where SIP is answered, over UDP and TCP, as it stands in a SIP URI: `127.0.0.1:5060`. */
  readonly address: string
  readonly host: string
  readonly port: number
  /** The port for TLS, where there is one. */
  readonly tlsPort: number | undefined
  /** The HTTP door: `http://127.0.0.1:40000`. */
  readonly url: string
  /** The public key of its cards, as a JWK. */
  readonly cardKey: Readonly<Record<string, unknown>>
  readonly scenarios: readonly Scenario[]
  /** What was counted since it began. */
  readonly figures: Readonly<BlockerFigures>
  /** The calls that came, in order: all that are kept, or those of one run, by its token or the number it calls from. */
  received(name?: string): ReceivedCall[]
  /** The same as the HTTP door shows it. */
  record(name: string): ProbeRecord
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What happens at a mock blocker, what it keeps of a call, and what it counts. */
export type { BlockerEvent, BlockerFigures } from './blocker-event.ts'
export type { ProbeRecord, ReceivedCall, SentAnswer } from '#core/probe/received.ts'
export type { Scenario } from '#core/probe/scenario.ts'

/**
 * Starts a network that blocks every call: it answers each INVITE with the scenario of the dialled number's last four
 * digits, or that `X-Recourse-Scenario` names. For tests: it says of calls what is not true.
 *
 * Rejects where a port is taken, and for an address that others reach without networks that are allowed.
 */
export async function startMockBlocker(options: MockBlockerOptions = {}): Promise<MockBlocker> {
  const { host = '127.0.0.1', httpHost = '127.0.0.1', allowRemote = [], cardBase } = options
  const isAllowed = allowSources(allowRemote)
  refuseOthers(host, allowRemote)
  refuseOthers(httpHost, allowRemote)
  const records = new CallRecords()
  let cardsAt = cardBase ?? ''
  const cards = makeCards(() => `${cardsAt.replace(/^http:/, 'https:')}/key.jwk`)
  const transactions = new AnswerTransactions({
    scenarios: SCENARIOS,
    records,
    cardUri: ({ answer }) => `${cardsAt}/${answer.card ?? 'fresh'}`,
    isAllowed,
    t1Ms: options.t1Ms ?? T1_MS,
    tell: options.onEvent ?? (() => undefined),
  })
  const record = (name: string): ProbeRecord => records.record(name)
  await using opening = new AsyncDisposableStack()
  const keep = <T extends { close(): Promise<void> }>(opened: T): T => {
    opening.defer(() => opened.close())
    return opened
  }
  const pages = keep(
    await servePages(httpHost, options.httpPort ?? 0, { isAllowed, scenarios: SCENARIOS, record, cards }),
  )
  cardsAt = cardBase ?? `${pages.url}/card`
  const receive = transactions.receive.bind(transactions)
  const udpAndTcp = await openBoth(host, options.port ?? 0, isAllowed, receive)
  for (const door of udpAndTcp) keep(door)
  const { port } = udpAndTcp[0]
  const tls =
    options.tls === undefined
      ? undefined
      : keep(
          await openStream(
            host,
            options.tls.port,
            { cert: options.tls.certificate, key: options.tls.key, minVersion: 'TLSv1.2' },
            isAllowed,
            receive,
          ),
        )
  const running = opening.move()
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => {
    transactions.close()
    closed ??= running.disposeAsync()
    return closed
  }
  return {
    address: localOf(host, port),
    host,
    port,
    tlsPort: tls?.port,
    url: pages.url,
    cardKey: { ...cards.publicKey },
    scenarios: SCENARIOS,
    figures: transactions.figures,
    received: (name) => records.list(name),
    record,
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** UDP and TCP on one port. Where any port will do, one that is free for UDP may be taken for TCP: then another. */
async function openBoth(
  host: string,
  port: number,
  isAllowed: (address: string) => boolean,
  receive: Parameters<typeof openUdp>[2],
): Promise<[Door, Door]> {
  for (let attempt = 1; ; attempt++) {
    const udp = await openUdp(host, port, receive)
    try {
      return [udp, await openStream(host, udp.port, undefined, isAllowed, receive)]
    } catch (error) {
      await udp.close()
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (port !== 0 || !isTaken || attempt === ATTEMPTS_MAX) throw error
    }
  }
}

function refuseOthers(host: string, allowRemote: readonly string[]): void {
  if (isLoopback(host) || allowRemote.length > 0) return
  throw new Error(
    `${host} can be reached by others, who would be told lies about their calls: name who may ask (allowRemote, --allow-remote), or listen on 127.0.0.1`,
  )
}

const ATTEMPTS_MAX = 16
