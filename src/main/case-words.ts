import { formatParty, parseParty } from '#core/call/party.ts'
import { decisionInWords, eventInWords, stillLiftedInWords, wishInWords } from '#core/redress/event-words.ts'
import type { CaseEvidence, CaseFile, CaseSummary, DecisionPreview } from '#core/redress/office.ts'
import { EXIT, Stop } from './exit.ts'
import { parseTime } from './ledger-time.ts'
import { many, showTime, visible } from './words.ts'

const WIDTHS = [22, 20, 37, 12, 30] as const

/** The head of the table that `caseRow` makes rows of. */
export const CASE_HEAD = row(['case', 'status', 'due', 'has it', 'numbers'], 'claimant')

/** One case, a line for people. */
export function caseRow(summary: CaseSummary): string {
  const { id, status, due, isOverdue, assigned, numbers, numberCount, claimant, kind } = summary
  const more = numberCount > numbers.length ? ` +${numberCount - numbers.length}` : ''
  const when = due === undefined ? '' : `${due.what} ${showMinute(due.at)}${isOverdue ? ' OVERDUE' : ''}`
  const what = kind === 'request' ? ' (request)' : ''
  return row([id, status, when, assigned ?? '', `${numbers.join(' ')}${more}`], `${claimant}${what}`)
}

/** A case whole, for people. */
export function caseInWords(file: CaseFile): string {
  const { summary, claim, request, events, next, question, decision, proofs, unproven, challenges, evidence, numbers } =
    file
  const { claimant } = claim
  const contact = [claimant.email, claimant.tel].filter((one) => one !== undefined).join(', ')
  const due = summary.due
  const lines: [name: string, value: string | undefined][] = [
    ['case', summary.id],
    ['status', summary.status],
    ['opened', showTime(summary.openedAt)],
    ['due', due && `${due.what} by ${showTime(due.at)}${summary.isOverdue ? ', OVERDUE' : ''}`],
    ['next', next],
    ['has it', summary.assigned],
    ['claimant', `${claimant.name}${claimant.organisation === undefined ? '' : `, ${claimant.organisation}`}`],
    ['reached at', contact],
    ['speaks', claimant.acts === 'for-itself' ? 'for itself' : 'for a customer'],
    ['asks', request && wishInWords(request)],
    ['numbers', numbers.join(' ')],
    ['unproven', unproven.join(' ')],
    ['receipts', claim.receipts.join(' ')],
    ['purpose', claim.purpose],
    ['changed', claim.changed],
    ['question', question],
    ['decision', decision && decisionInWords(decision)],
    ...proofs.map(({ number, way, strength, detail }): [string, string] => [
      'proof',
      `${number === '' ? 'all numbers' : number} by ${way}${strength === 'full' ? '' : ' (hint only)'}: ${detail}`,
    ]),
    ...evidence.map(({ id, name, type, octets }): [string, string] => [
      'file',
      `${id}  ${name}, ${type}, ${octets} octets`,
    ]),
    ...challenges.map(({ number, dial, until }): [string, string] => [
      'to be called',
      `${dial} from ${number} until ${showTime(until)}`,
    ]),
  ]
  const told = lines.flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [`${name.padEnd(13)}${visible(value)}`],
  )
  const history = events.map((event) => {
    const who = event.actor.kind === 'worker' ? event.actor.name : event.actor.kind
    return `${String(event.seq).padStart(4)}  ${showTime(event.at)}  ${visible(who)}: ${visible(eventInWords(event))}`
  })
  return [...told, '', ...history].join('\n')
}

/** What a worker goes by, for people. */
export function evidenceInWords({ blocks, calls, standing, registered, earlier }: CaseEvidence): string {
  const parts: string[] = []
  for (const block of blocks) {
    const { at, calling, called, rule, program, policy, attestation, grounds, today, receipt } = block
    const state = block.isErased ? ', ERASED' : block.isReleased ? ', released: the call was continued' : ''
    parts.push(
      `block at ${showTime(at)} from ${calling} to ${called}${state}`,
      `  rule ${rule}, program ${program}, policy ${policy ?? 'not known'}, attestation ${attestation}`,
      `  ${grounds}`,
      today.kind === 'allow'
        ? '  today the same call would go on'
        : today.kind === 'block'
          ? `  today it would be blocked by ${today.rule}: ${today.grounds}`
          : `  what today’s policy says is not known: ${today.why}`,
      `  receipt ${receipt}`,
    )
  }
  if (blocks.length === 0) parts.push('no block of this case is in the ledger')
  parts.push(`${many(calls.length, 'call')} of its numbers in the journal, newest first`)
  for (const { at, calling, called, attestation, verdict, rule } of calls)
    parts.push(`  ${showTime(at)}  ${calling} to ${called}  ${verdict}${rule === '' ? '' : ` ${rule}`}  ${attestation}`)
  for (const fact of standing) parts.push(`at the gates: ${fact.kind}, entry ${fact.id}, since ${showTime(fact.from)}`)
  for (const { number, name, registration } of registered)
    parts.push(`${number} is registered to ${name} (${registration})`)
  if (earlier.length > 0) parts.push('other cases of these numbers:', ...earlier.map((one) => `  ${caseRow(one)}`))
  return parts.map(visible).join('\n')
}

/** What a decision would do and say. */
export function previewInWords({ mail, standing, unproven, stillLifted }: DecisionPreview): string {
  const gates =
    standing.length === 0 ? 'the gates hear nothing' : `the gates hear of ${many(standing.length, 'entry', 'entries')}`
  return [
    gates,
    ...(unproven.length === 0 ? [] : [`not proven: ${unproven.join(' ')}; a lift needs --override and why`]),
    ...stillLifted.map((one) => `warning: ${stillLiftedInWords(one)}`),
    ...(mail === undefined
      ? ['the claimant has no mail address: tell the decision']
      : [`to ${mail.to}: ${mail.subject}`, '', ...mail.text.split('\n')]),
  ]
    .map(visible)
    .join('\n')
}

/** A number as somebody typed it, E.164. */
export function readNumber(option: string, text: string): string {
  const number = formatParty(parseParty(text.replaceAll(/[ ().-]/g, '')))
  if (/^\+\d{3,15}$/.test(number)) return number
  throw new Stop(EXIT.unusable, `${option} ${visible(text)}: write a number with its country code, like +12125550117`)
}

/** A time as somebody typed it: also how long ago. */
export function readTime(option: string, text: string): number {
  const at = parseTime(text, Date.now())
  if (at !== undefined) return at
  throw new Stop(
    EXIT.unusable,
    `${option} ${visible(text)}: this is no time; write 2026-11-22, 2026-11-22T12:00:00Z, or 24h for a day ago`,
  )
}

function showMinute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function row(cells: readonly string[], last: string): string {
  return [...cells.map((cell, at) => visible(cell).padEnd(WIDTHS[at]!)), visible(last)].join(' ').trimEnd()
}

/** What somebody typed where a decision names a place of its own. */
export function optionOf(field: string): string {
  for (const [place, option] of OPTIONS) if (place.test(field)) return option
  return field
}

/** Places of a decision, and the words of the command that they come from. */
const OPTIONS: readonly (readonly [place: RegExp, option: string])[] = [
  [/^lifts\[\d+\]\.until$/, '--expires'],
  [/^lifts\[\d+\]\.scope\.number$/, '--number'],
  [/^lifts\[\d+\]\.scope\.prefix$/, '--block'],
  [/^lifts\[\d+\]\.scope\.(first|last)$/, '--range'],
  [/^lifts\[\d+\]\.(scope\.)?rule$/, '--rule'],
  [/^evidence(\[\d+\])?$/, '--evidence'],
  [/^next$/, '--next'],
  [/^reason$/, '--reason'],
  [/^override$/, '--override'],
]
