import { readReasonValues } from '#codec/notice/reason-value.ts'
import { FIELD } from '#codec/sip/field.ts'
import type { Message } from '#codec/sip/message.ts'
import type { Finding } from './compare.ts'
import type { Part, Scenario } from './scenario.ts'

/** One part of an answer, as it was sent and as it arrived; both as they stood on the wire, empty for nothing. */
export type PartRow = {
  readonly name: 'status' | 'phrase' | 'Reason' | 'location' | 'Call-Info' | 'Retry-After' | 'before it' | 'tag in To'
  readonly sent: string
  readonly arrived: string
  /** `intact`: the same, or the same by the rules; `free`: it differs, and the path is not held to it here. */
  readonly verdict: 'intact' | 'changed' | 'free'
}

/** Lists the parts that either answer has, one by one, also those that nothing happened to. */
export function listParts(
  scenario: Scenario,
  sent: Message,
  arrived: Message,
  provisional: readonly number[],
  findings: readonly Finding[],
): PartRow[] {
  const rows: [name: PartRow['name'], part: Part, sent: string, arrived: string][] = [
    ['status', 'status', String(sent.status), String(arrived.status)],
    ['phrase', 'phrase', sent.phrase, arrived.phrase],
    ['Reason', 'reason', reasonOf(sent), reasonOf(arrived)],
    ['location', 'reason', locationOf(sent), locationOf(arrived)],
    ['Call-Info', 'call-info', fieldOf(sent, 'call-info'), fieldOf(arrived, 'call-info')],
    ['Retry-After', 'retry-after', fieldOf(sent, 'retry-after'), fieldOf(arrived, 'retry-after')],
    ['before it', 'provisional', scenario.before.map(({ status }) => status).join(', '), withoutTrying(provisional)],
    ['tag in To', 'to-tag', tagOf(sent), tagOf(arrived)],
  ]
  return rows.flatMap(([name, part, was, is]): PartRow[] => {
    if (was === '' && is === '') return []
    const isHeld = scenario.intact.includes(part)
    const isChanged = findings.some((finding) => concerns(name, part, finding))
    const verdict =
      isChanged && was !== is ? 'changed' : was === is || (isHeld && name !== 'tag in To') ? 'intact' : 'free'
    return [{ name, sent: was, arrived: is, verdict }]
  })
}

function concerns(name: PartRow['name'], part: Part, { kind, part: found }: Finding): boolean {
  if (name === 'phrase' && kind === 'status-changed') return true
  return found === part || (name === 'Reason' && found === 'no-reason-added')
}

function withoutTrying(provisional: readonly number[]): string {
  return [...new Set(provisional)].filter((status) => status !== TRYING).join(', ')
}

function fieldOf(message: Message, name: string): string {
  return message.named(name).join(', ')
}

function reasonOf(message: Message): string {
  return readReasonValues(message)
    .map(({ raw }) => raw)
    .join(', ')
}

function locationOf(message: Message): string {
  return readReasonValues(message)
    .flatMap(({ location }) => location ?? [])
    .join(', ')
}

function tagOf(message: Message): string {
  const to = message.first(FIELD.to) ?? ''
  return /;\s*tag\s*=\s*([^;\s]*)/i.exec(to.slice(to.lastIndexOf('>') + 1))?.[1] ?? ''
}

/** 100 is of each hop, not of the answer. */
const TRYING = 100
