// One thing: single blocks and the overview for those inside, also as it changes.
import { z } from '@hono/zod-openapi'
import { Malformed } from '#codec/sip/malformed.ts'
import { parseMessage } from '#codec/sip/message.ts'
import { annotate } from '#codec/notice/annotate.ts'
import { RULES } from '#codec/notice/rules.ts'
import type { Overview, Span } from '#core/overview/overview.ts'
import type { BlockDetail, BlockLook, BlockName } from '#core/redress/block-detail.ts'
import { answerJson } from '#edge/http/accounts/ask.ts'
import { type InsideRoute, insideRoute } from '#edge/http/accounts/guard.ts'
import { parameterOf } from '#edge/http/office/ask.ts'
import { readQuery } from '#edge/http/office/query.ts'
import { Refused } from '#edge/http/problem.ts'
import { BLOCK_DESCRIPTIONS } from './descriptions.ts'

export type BlockRouteParts = {
  readonly look: BlockLook
  readonly overview: (span: Span) => Overview
  /** Aborts when no more is served: what is live ends. */
  readonly ending: AbortSignal
}

/** One block with all that explains it, and the overview. */
export function blockRoutes({ look, overview, ending }: BlockRouteParts): readonly InsideRoute[] {
  const open = new Map<string, number>()
  const live = shareLive(overview)
  return [
    insideRoute('ledger.read', BLOCK_DESCRIPTIONS.block, async (context) => {
      const name = nameOf(parameterOf(context, 'id'))
      const found = name && (await look(name))
      if (found === undefined)
        throw new Refused('not-found', 'expected the receipt of a block, or its chain and number')
      return answerJson(detailRecord(found))
    }),
    insideRoute('ledger.read', BLOCK_DESCRIPTIONS.overview, (context) => {
      const { span = '24h' } = readQuery(context, spanQuery)
      return answerJson(overviewRecord(overview(span)))
    }),
    insideRoute('ledger.read', BLOCK_DESCRIPTIONS.overviewLive, (context) => {
      const { span = '24h' } = readQuery(context, spanQuery)
      const { account } = context.get('who')
      const all = Array.from(open.values()).reduce((sum, one) => sum + one, 0)
      const own = open.get(account) ?? 0
      if (all >= LIVE_MAX || own >= LIVE_PER_ACCOUNT_MAX)
        throw new Refused('busy', 'too many overviews are open already', { headers: { 'retry-after': '30' } })
      open.set(account, own + 1)
      const settle = (): void => {
        const left = (open.get(account) ?? 1) - 1
        if (left === 0) open.delete(account)
        else open.set(account, left)
      }
      const isStill = context.get('still')
      const stream = liveStream(() => live(span), isStill, ending, settle)
      return new Response(stream, {
        headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
      })
    }),
  ]
}

function nameOf(id: string): BlockName | undefined {
  if (/^[A-Za-z0-9_-]{64}$/.test(id)) return { by: 'receipt', receipt: id }
  const [, chain, seq] = /^(.{1,200}):([1-9]\d{0,14})$/.exec(id) ?? []
  return chain === undefined || seq === undefined ? undefined : { by: 'entry', chain, seq: Number(seq) }
}

/** What an event tells: `record` is what it says apart from the time, `text` all of it as JSON. */
type Live = { readonly record: string; readonly text: string }

/** The overview as events have it, made once for all who read it within `SHARED_MS`: making it takes the desk's thread. */
function shareLive(overview: BlockRouteParts['overview']): (span: Span) => Live {
  const made = new Map<Span, Live & { readonly madeMs: number }>()
  return (span) => {
    const known = made.get(span)
    const nowMs = performance.now()
    if (known !== undefined && nowMs - known.madeMs < SHARED_MS) return known
    const { at, ...rest } = overviewRecord(overview(span))
    const record = JSON.stringify(rest)
    const fresh = { record, text: `{"at":${JSON.stringify(at)},${record.slice(1)}`, madeMs: nowMs }
    made.set(span, fresh)
    return fresh
  }
}

/** Events of an overview, until nobody reads on, the session ends, or no more is served. */
function liveStream(
  read: () => Live,
  isStill: () => Promise<boolean>,
  ending: AbortSignal,
  settle: () => void,
): ReadableStream<Uint8Array> {
  const begunMs = performance.now()
  let timer: NodeJS.Timeout | undefined
  let end: () => void = settle
  return new ReadableStream({
    start(controller) {
      let told = ''
      let saidMs = begunMs
      let isOver = false
      end = () => {
        if (isOver) return
        isOver = true
        clearTimeout(timer)
        ending.removeEventListener('abort', close)
        settle()
      }
      const close = (): void => {
        end()
        controller.close()
      }
      const say = (text: string): void => {
        saidMs = performance.now()
        controller.enqueue(Buffer.from(text))
      }
      const tell = (): void => {
        // Who reads too slowly gets the next one instead.
        if ((controller.desiredSize ?? 0) < 0) return
        const { record, text } = read()
        if (record !== told) say(`event: overview\ndata: ${text}\n\n`)
        else if (performance.now() - saidMs > HEARTBEAT_MS) say(':\n\n')
        told = record
      }
      const step = async (): Promise<void> => {
        try {
          const isWanted = performance.now() - begunMs < LIVE_MS && (await isStill())
          if (isOver) return
          if (!isWanted) return close()
          tell()
        } catch (cause) {
          end()
          return controller.error(cause)
        }
        timer = setTimeout(() => void step(), LIVE_EVERY_MS)
        timer.unref()
      }
      say(`retry: ${RETRY_MS}\n\n`)
      tell()
      if (ending.aborted) return close()
      ending.addEventListener('abort', close)
      timer = setTimeout(() => void step(), LIVE_EVERY_MS)
      timer.unref()
    },
    cancel: () => end(),
  })
}

function detailRecord({ at, timeline, cases, proof, ...block }: BlockDetail) {
  return {
    ...block,
    at: time(at),
    timeline: timeline.map((step) => ({ ...step, at: time(step.at) })),
    cases: cases.map(({ openedAt, ...one }) => ({ ...one, opened: time(openedAt) })),
    proof: { ...proof, checkpointAt: proof.checkpointAt === undefined ? undefined : time(proof.checkpointAt) },
    ...explained(block.answer),
  }
}

/** The answer part by part; nothing of one that is erased or cannot be read. */
function explained(answer: string) {
  if (answer === '') return { notes: [], faults: [] }
  try {
    const { parts, report } = annotate(parseMessage(Buffer.from(answer, 'latin1')))
    return { notes: parts, faults: report.rules.map((rule) => ({ rule, ...RULES[rule] })) }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { notes: [], faults: [] }
  }
}

function overviewRecord({ at, verdict, knownSince, delays, peers, ledger, ...rest }: Overview) {
  return {
    ...rest,
    at: time(at),
    verdict: verdict.map(({ since, ...one }) => ({ ...one, since: since === undefined ? undefined : time(since) })),
    knownSince: knownSince === undefined ? undefined : time(knownSince),
    delays: { ...delays, since: delays.since === undefined ? undefined : time(delays.since) },
    peers: peers.map(({ last, ...peer }) => ({ ...peer, last: last === undefined ? undefined : time(last) })),
    ledger: { ...ledger, checkedAt: ledger.checkedAt === undefined ? undefined : time(ledger.checkedAt) },
  }
}

function time(at: number): string {
  return new Date(at).toISOString()
}

const spanQuery = z.strictObject({
  span: z.enum(['1h', '24h', '7d', '28d'], 'expected a span: 1h, 24h, 7d or 28d').optional(),
})
/** Overviews that are open at a time: of all, and of one account. */
const LIVE_MAX = 32
const LIVE_PER_ACCOUNT_MAX = 4
/** How often it is looked whether something changed, and whether the session lasts. */
const LIVE_EVERY_MS = 2_000
/** How long one overview serves all who read it. */
const SHARED_MS = 1_000
const HEARTBEAT_MS = 10_000
const LIVE_MS = 600_000
const RETRY_MS = 3_000
