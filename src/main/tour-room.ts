import { type Message, parseMessage } from '#codec/sip/message.ts'
import type { Who } from '#core/account/permission.ts'
import { observe } from '#core/observe/observation.ts'
import { refuse } from '#edge/http/calling/ports.ts'
import type { Tour, TourCall } from '#edge/http/tour/ports.ts'
import { type Dialled, dial } from '#edge/prober/dial.ts'
import type { Config } from '#main/config/config.ts'
import { isExample } from '#main/config/checks.ts'
import { formatEndpoint, isLoopback, parseRange, reachableFamilies } from '#main/config/addresses.ts'
import { TRY_FROM, TRY_TO, findTryIt } from './try-it.ts'

/** What the first run is shown and tried with. */
export type TourParts = {
  /** The configuration as it is now. */
  readonly config: () => Pick<Config, 'gate' | 'operator' | 'desk'>
  /** When a peer's last call was screened, milliseconds since 1970. */
  readonly seen: (peer: string) => { readonly last: number; readonly calls: number } | undefined
  readonly listening: () => readonly string[]
  /** The newest block of a caller that was answered as such, whoever placed the call; its answer as it was on the wire. */
  readonly blocked: (from: string) => TourBlock | undefined
  /** Writes into the audit trail; false where the store takes nothing. */
  readonly note: (entry: TourNote) => boolean
  /** The command that has this process read its files again; undefined where only a start does. */
  readonly reload: string | undefined
  readonly now: () => number
}

export type TourBlock = { readonly at: number; readonly to: string; readonly answer: string }

export type TourNote = {
  readonly by: { readonly name: string; readonly account: string }
  readonly action: 'test-call-placed'
  readonly subject: 'gate'
  readonly detail: Readonly<Record<string, unknown>>
}

/** What a new gate has and lacks, as its configuration and its calls say, and a test call placed at it from this machine. */
export function createTour({ config, seen, listening, blocked, note, reload, now }: TourParts): Tour {
  let called: TourCall | undefined
  let placed: number[] = []
  /** What came last: a call of this room, or one that somebody placed by the command in a terminal, also before a start. */
  const newest = (): TourCall | undefined => {
    const block = blocked(TRY_FROM)
    if (block === undefined || (called !== undefined && Date.parse(called.at) >= block.at)) return called
    return blockOf(block)
  }

  return {
    read() {
      const { gate, operator, desk } = config()
      const { url, tel, email } = operator.contact
      const others = gate.peers.filter(
        ({ from, certificates = [] }) =>
          certificates.length > 0 || from.some((range) => !isLoopback(parseRange(range)!)),
      )
      const heard = others
        .map(({ name }) => ({ peer: name, seen: seen(name) }))
        .filter(({ seen }) => seen !== undefined && seen.calls > 0)
        .map(({ peer, seen }) => ({ peer, at: seen!.last }))
        .toSorted((one, other) => other.at - one.at)[0]
      return {
        listening: [...listening()],
        reachable: reachableFamilies(gate.listen),
        peers: others.length,
        heard: heard && { peer: heard.peer, at: iso(heard.at) },
        contact: { url, tel, email },
        examples: [
          ...(isExample(url) ? ['operator.contact.url'] : []),
          ...(isExample(email) ? ['operator.contact.email'] : []),
          ...(isExample(desk?.public) ? ['desk.public'] : []),
        ],
        command: findTryIt(listening(), gate.peers)?.words,
        called: newest(),
        desk: desk && {
          public: desk.public,
          here: `${desk.tls.kind === 'files' ? 'https' : 'http'}://${formatEndpoint(desk.listen)}`,
        },
        reload,
      }
    },

    async call(from = TRY_FROM, who) {
      const target = findTryIt(listening(), config().gate.peers)
      if (target === undefined)
        return refuse(
          'conflict',
          'no peer asks from this machine, so the gate would not answer: add a peer with from: "127.0.0.1" over UDP or TCP to try it from here',
        )
      const at = now()
      placed = placed.filter((time) => time > at - MINUTE_MS && time <= at)
      if (placed.length >= CALLS_A_MINUTE)
        return refuse('too-many', `found ${CALLS_A_MINUTE} test calls within the minute, expected no more`)
      placed.push(at)
      if (!note({ by: byOf(who), action: 'test-call-placed', subject: 'gate', detail: { peer: target.peer.name } }))
        return refuse('not-saved', 'the store takes nothing just now, and a test call has to stand in the audit trail')
      const { host, port, transport } = target
      const plan = { host, port, transport, displayName: undefined, localAddress: undefined }
      const call = { at: iso(at), from, to: TRY_TO }
      try {
        const dialled = await dial({ ...plan, from, to: TRY_TO, timeoutMs: ANSWER_MS })
        called = callOf(dialled, call, target.peer.continueStatus)
      } catch (cause) {
        called = { ...call, outcome: 'unanswered', words: (cause as Error).message }
      }
      return { kind: 'done', value: called }
    },
  }
}

function callOf(dialled: Dialled, call: Pick<TourCall, 'at' | 'from' | 'to'>, continueStatus: number): TourCall {
  if (dialled.kind === 'silent') return { ...call, outcome: 'unanswered', words: dialled.why }
  const { response } = dialled
  const isNotice = observe(response).class !== 'other' || response.status === ANONYMITY_DISALLOWED
  const isContinued = response.status === continueStatus
  return { ...call, outcome: isContinued ? 'continued' : isNotice ? 'blocked' : 'refused', ...answerOf(response) }
}

function blockOf({ at, to, answer }: TourBlock): TourCall {
  const response = parseMessage(Buffer.from(answer, 'latin1'))
  return { at: iso(at), from: TRY_FROM, to, outcome: 'blocked', ...answerOf(response) }
}

function answerOf(response: Message): Pick<TourCall, 'words' | 'answer' | 'receipt' | 'contest'> {
  const seen = observe(response)
  return {
    words: `${response.status} ${seen.phrase}`.trim(),
    answer: Buffer.from(response.bytes.subarray(response.start, response.end)).toString('latin1'),
    receipt: seen.id,
    contest: seen.contest.url,
  }
}

function byOf({ name, account }: Who): TourNote['by'] {
  return { name, account }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

const ANONYMITY_DISALLOWED = 433
const MINUTE_MS = 60_000
/** Test calls of the first run within a minute. */
export const CALLS_A_MINUTE = 10
/** Longer than any rule may hold a call. */
const ANSWER_MS = 8_000
