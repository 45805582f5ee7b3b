import type { DeskNews, DisputedCall, DisputeEvent, DisputeSubject } from '#core/dispute/dispute-event.ts'
import { EXAMPLES_MAX, NUMBERS_MAX } from '#core/dispute/steps.ts'
import { foldBlocker } from '#core/observe/group.ts'
import type { Group, MonitorReader } from '#edge/store/monitor-reader.ts'
import { showTime } from './words.ts'

/** What somebody said of a dispute beside the group. */
export type SaidOfDispute = {
  /** Our numbers, as calls carry them. */
  readonly numbers: readonly string[]
  readonly blocker: string | undefined
  readonly receipts: readonly string[]
  readonly urls: readonly string[]
  readonly purpose: string
  readonly changed: string
}

/** What is contested with whoever blocks the calls of a group: its numbers, what its notices said, and calls as examples. */
export function subjectOfGroup(monitor: MonitorReader, group: Group, said: SaidOfDispute): DisputeSubject {
  const { rows } = monitor.observations({ group: group.id }, undefined, EXAMPLES_SHOWN)
  const files = rows.flatMap(({ id }) => monitor.observation(id) ?? [])
  const seen = monitor
    .groupNumbers(group.id, NUMBERS_MAX)
    .flatMap(({ number }) => (/^\+?\d{1,15}$/.test(number) ? [number] : []))
  const calls: DisputedCall[] = files.map(({ at, from, to, status, refusal }) => ({
    at,
    from,
    to,
    status,
    phrase: refusal.phrase,
  }))
  const some = (list: readonly (string | undefined)[]): string[] =>
    [...new Set(list.filter((one) => one !== undefined))].slice(0, EXAMPLES_MAX)
  return {
    group: group.id,
    blocker: foldBlocker(said.blocker ?? (group.key.blocker || (rows[0]?.carrier ?? ''))),
    numbers: [...new Set(said.numbers.length > 0 ? said.numbers : seen)],
    receipts: some([...said.receipts, ...files.map(({ refusal }) => refusal.id)]),
    urls: some([...said.urls, ...files.map(({ refusal }) => refusal.contest.url)]),
    calls,
    purpose: said.purpose,
    changed: said.changed,
  }
}

/** What is contested where nothing was seen of it here. */
export function subjectOfNumbers({ numbers, blocker, urls, ...said }: SaidOfDispute): DisputeSubject {
  const [url] = urls
  const host = url !== undefined && URL.canParse(url) ? new URL(url).hostname : ''
  return {
    ...said,
    group: undefined,
    blocker: foldBlocker(blocker ?? host),
    numbers: [...new Set(numbers)],
    urls,
    calls: [],
  }
}

/** All events of a dispute in words, in their order. An answer that only repeats what the desk said of it is told without its words. */
export function eventsInWords(events: readonly DisputeEvent[]): string[] {
  return events.map((event, at) => {
    const before = events[at - 1]
    const isSaid = event.kind === 'answered' && before?.kind === 'told' && before.data.next === event.data.words
    return isSaid ? `that is their answer: ${event.data.outcome}` : eventInWords(event)
  })
}

/** What a desk says of a case: its word for how it stands, and what it says comes next, as it put it. */
export function newsInWords({ status, next }: DeskNews): string {
  return next === '' ? status : `${status}; what comes next, in their words: “${next}”`
}

/** One event of a dispute in words. */
function eventInWords(event: DisputeEvent): string {
  switch (event.kind) {
    case 'opened':
      return 'opened'
    case 'filed':
      return `filed by ${event.data.way} with ${event.data.to}`
    case 'acknowledged':
      return `they have it: ${event.data.words}`
    case 'told':
      return event.data.question === undefined
        ? `they say ${newsInWords(event.data)}`
        : `they say ${event.data.status}, and ask: ${event.data.question}`
    case 'answered':
      return `they answered ${event.data.outcome}${event.data.words === '' ? '' : `: ${event.data.words}`}`
    case 'replied':
      return `answered their question: ${event.data.words}`
    case 'retested':
      return `called ${event.data.to} from ${event.data.from}, ${RESULTS[event.data.result]}: ${event.data.words}`
    case 'seen':
      return `a call of ${showTime(event.data.callAt)} ${RESULTS[event.data.result]}`
    case 'noted':
      return event.data.words
    case 'closed':
      return `closed: ${event.data.reason}`
    case 'reopened':
      break
  }
  return `open again: ${event.data.reason}`
}

const RESULTS = {
  'goes-through': 'which goes through',
  blocked: 'which is blocked',
  unclear: 'which tells neither',
} as const
const EXAMPLES_SHOWN = 20
