import { numberPattern, spellingsOf } from '#core/call/spelling.ts'
import type { DisputeEvent, DisputeEventContent } from './dispute-event.ts'

// What is left of an event when persons have to leave it: that it happened, when, by whom of ours, and what it came to, so that
// the dispute stands as it stood and its times can be measured.

/** An event without numbers, texts, contacts and ids. */
export function eraseEvent(event: DisputeEvent): DisputeEvent {
  const { dispute, seq, at, by } = event
  return { dispute, seq, at, by, ...erased(event) }
}

/**
 * An event without one number, wherever it stands; ids and pages of its calls go with it, for whoever has
 * them finds the number by them. Undefined where the event does not hold it.
 */
export function takeNumberOut(event: DisputeEvent, number: string): DisputeEvent | undefined {
  const pattern = numberPattern(number)
  if (JSON.stringify(event.data).search(pattern) < 0) return undefined
  const { dispute, seq, at, by } = event
  return { dispute, seq, at, by, ...withoutNumber(event, new Set(spellingsOf(number)), pattern) }
}

function erased(event: DisputeEventContent): DisputeEventContent {
  switch (event.kind) {
    case 'opened':
      return { kind: 'opened', data: { ...event.data, ...NOBODY } }
    case 'filed':
      return { kind: 'filed', data: { ...event.data, to: '', reference: undefined } }
    case 'told':
      // That something was asked counts for how it stands, what was asked does not.
      return {
        kind: 'told',
        data: { ...event.data, next: '', question: event.data.question === undefined ? undefined : '' },
      }
    case 'answered':
      return { kind: 'answered', data: { ...event.data, words: '' } }
    case 'retested':
      return { kind: 'retested', data: { ...event.data, from: '', to: '', words: '' } }
    case 'acknowledged':
    case 'replied':
    case 'noted':
      return { kind: event.kind, data: { words: '' } }
    case 'closed':
    case 'reopened':
      return { kind: event.kind, data: { reason: '' } }
    case 'seen':
      break
  }
  return { kind: 'seen', data: event.data }
}

function withoutNumber(event: DisputeEvent, spellings: ReadonlySet<string>, pattern: RegExp): DisputeEventContent {
  const bare = JSON.parse(
    JSON.stringify(event.data, (_, value: unknown) =>
      typeof value === 'string' && !spellings.has(value) ? value.replace(pattern, GONE) : value,
    ),
  ) as typeof event.data
  const content = { kind: event.kind, data: bare } as DisputeEventContent
  if (content.kind === 'opened') {
    const { numbers, calls } = content.data
    const data = {
      ...content.data,
      numbers: numbers.filter((one) => !spellings.has(one)),
      calls: calls.filter(({ from, to }) => !spellings.has(from) && !spellings.has(to)),
      receipts: [],
      urls: [],
    }
    return { kind: 'opened', data }
  }
  if (content.kind === 'retested') {
    const { from, to } = content.data
    const left = (one: string): string => (spellings.has(one) ? '' : one)
    return { kind: 'retested', data: { ...content.data, from: left(from), to: left(to) } }
  }
  return content
}

const NOBODY = { numbers: [], receipts: [], urls: [], calls: [], purpose: '', changed: '' }
/** What stands in a text where a number stood. */
export const GONE = '(number erased)'
