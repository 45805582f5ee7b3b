import { formatGround, formatTelling } from '#core/rules/ground.ts'
import type { Ground } from '#core/rules/verdict.ts'
import type { ListedEntry } from '#edge/store/ledger-reader.ts'
import { showTime, visible } from './words.ts'

/** An entry as one line of JSON, whose invisible characters are all escaped, so that a terminal can show it. */
export function formatEntry(entry: ListedEntry): string {
  return visible(JSON.stringify(entryRecord(entry)))
}

function entryRecord({ open, hash, personal, cursor, released }: ListedEntry): Record<string, unknown> {
  const { at, ...columns } = open
  const texts = Object.entries(personal ?? {})
  return {
    ...columns,
    at: new Date(at).toISOString(),
    hash,
    ...Object.fromEntries(texts),
    released,
    erased: open.entry === 'block' ? personal === undefined : open.erased,
    cursor,
  }
}

const WIDTHS = [27, 9, 17, 17, 7, 18, 20] as const

/** The head of the table that `entryRow` makes rows of. */
export const TABLE_HEAD = row(['when', 'entry', 'calling', 'called', 'notice', 'cause', 'rule'], 'receipt')

/** One line for people. */
export function entryRow({ open, personal, released }: ListedEntry): string {
  const entry = released ? 'released*' : open.entry
  const gone = open.entry === 'block' ? '(erased)' : ''
  const { notice, cause = '', rule = '', erased } = open
  const numbers = [personal?.calling ?? gone, personal?.called ?? gone]
  const end =
    erased === undefined
      ? (personal?.receipt ?? gone)
      : `rows ${erased.map(({ chain, first, last }) => `${chain} ${first}-${last}`).join(', ')}`
  return row([showTime(open.at), entry, ...numbers, notice?.kind ?? '', cause, rule], end)
}

function row(cells: readonly string[], last: string): string {
  return [...cells.map((cell, at) => visible(cell).padEnd(WIDTHS[at]!)), visible(last)].join(' ').trimEnd()
}

function beside(name: string, value = ''): string {
  return value === '' ? '' : `, ${name} ${visible(value)}`
}

/** One block in words, with its grounds, and request and answer line by line. */
export function entryInWords({ open, hash, personal, released }: ListedEntry): string {
  const lines = [
    `${showTime(open.at)}, chain "${open.chain}", entry ${open.seq}`,
    `told by         ${open.notice?.kind ?? ''} (status ${open.notice?.status ?? ''})`,
    `cause           ${visible(open.cause ?? '')}, program ${visible(open.program ?? '')}${open.optOut === true ? ', opted out' : ''}`,
    `rule            ${visible(open.rule ?? '')}, policy version ${open.policy ?? ''}`,
    `attestation     ${visible(open.attestation ?? '')}`,
    `asked by        ${visible(open.peer ?? '')}${beside('trunk', open.trunk)}${beside('tenant', open.tenant)}`,
    `transaction     ${open.transaction ?? ''}`,
    `hash            ${hash}`,
  ]
  if (released) lines.splice(1, 0, 'RELEASED: recorded, but not enforced; the call was continued')
  if (personal === undefined) return [...lines, '', 'The personal columns of this entry were erased.'].join('\n')
  const { receipt, calling, called, displayName, callId, request, answer, grounds } = personal
  return [
    ...lines,
    `receipt         ${visible(receipt)}`,
    `calling         ${visible(calling)}${displayName === '' ? '' : ` "${visible(displayName)}"`}`,
    `called          ${visible(called)}`,
    `Call-ID         ${visible(callId)}`,
    ...groundsInWords(grounds).map((ground, at) => (at === 0 ? 'because' : '').padEnd(16) + visible(ground)),
    '',
    'asked:',
    ...messageLines(request),
    '',
    'answered:',
    ...messageLines(answer),
  ].join('\n')
}

/** Grounds are kept as JSON; whatever else stands there is shown as it is. */
function groundsInWords(text: string): string[] {
  try {
    return (JSON.parse(text) as Ground[]).flatMap((ground) => {
      // Another version may have written what this one knows no words for.
      const words: string | undefined = formatGround(ground)
      return [words ?? JSON.stringify(ground), ...formatTelling(ground).map((call) => `  ${call}`)]
    })
  } catch {
    return [text]
  }
}

function messageLines(message: string): string[] {
  return message.split('\r\n').map((line) => `  ${visible(line)}`.trimEnd())
}
