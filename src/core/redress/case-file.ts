import { maskNumber } from '#core/call/mask.ts'
import type { CaseEvent } from './case-event.ts'
import { decisionInWords, eventInWords, wishInWords } from './event-words.ts'
import { isJoinerInPlace } from './joiner.ts'
import type { CaseEvidence, CaseFile, EvidenceBlock } from './office.ts'

/** What a case file is made of. */
export type CaseFileParts = {
  readonly file: CaseFile
  readonly evidence: CaseEvidence
  /** Who hands it out. */
  readonly operator: string
  /** Milliseconds since 1970. */
  readonly madeAt: number
  /**
   * `inside` has everything, for a supervisor or a court. `claimant` leaves out notes, names of case workers, called digits
   * behind the area, grounds with their figures, calls, and other cases.
   */
  readonly reader: CaseFileReader
}

export type CaseFileReader = 'inside' | 'claimant'

/** A case whole, for a program: the claim, its history, and the place of each block in the ledger. Times are RFC 3339. */
export function caseFileRecord({ file, evidence, operator, madeAt, reader }: CaseFileParts) {
  const isInside = reader === 'inside'
  const { summary, claim, request, decision } = file
  return {
    recourse: 1,
    made: time(madeAt),
    operator,
    reader,
    case: summary.id,
    kind: summary.kind,
    status: summary.status,
    opened: time(summary.openedAt),
    claim: {
      claimant: claim.claimant,
      receipts: claim.receipts,
      numbers: file.numbers,
      calls: claim.calls.map(({ calling, called, at }) => ({ calling, called, at: time(at) })),
      purpose: claim.purpose,
      changed: claim.changed,
    },
    request,
    decision,
    proofs: file.proofs.map(({ at, detail, ...proof }) => ({ ...proof, at: time(at), ...(isInside && { detail }) })),
    events: file.events.filter((event) => isInside || isShown(event)).map((event) => eventRecord(event, isInside)),
    blocks: evidence.blocks.map((block) => blockRecord(block, isInside)),
    ...(isInside && {
      calls: evidence.calls.map(({ at, ...call }) => ({ ...call, at: time(at) })),
      standing: evidence.standing,
      registered: evidence.registered,
      earlier: evidence.earlier.map(({ id, status, openedAt }) => ({ case: id, status, opened: time(openedAt) })),
    }),
    verify: HOW_TO_VERIFY,
  }
}

/**
 * The same as a page that prints: self-contained, without scripts, and with everything that came from outside escaped and
 * its invisible characters shown.
 */
export function formatCaseFile(parts: CaseFileParts): string {
  const { file, evidence, operator, madeAt, reader } = parts
  const isInside = reader === 'inside'
  const { summary, claim, request, decision } = file
  const { claimant } = claim
  const events = file.events.filter((event) => isInside || isShown(event))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Case ${escape(summary.id)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<p>${escape(operator)}</p>
<h1>Case ${escape(summary.id)}</h1>
<p>Made ${escape(time(madeAt))}${isInside ? ', for inside use: it holds personal data of third parties' : ', for the claimant'}.</p>
</header>
<main>
<h2>The case</h2>
${pairs([
  ['Status', summary.status],
  ['Opened', time(summary.openedAt)],
  ['Claimant', claimant.name],
  ['Organisation', claimant.organisation],
  ['Mail', claimant.email],
  ['Telephone', claimant.tel],
  ['Speaks', claimant.acts === 'for-itself' ? 'for itself' : 'for a customer'],
  ['Asks', request === undefined ? undefined : wishInWords(request)],
  ['Numbers', file.numbers.join(', ')],
  ['What the calls are for', claim.purpose],
  ['What has been changed', claim.changed],
  ['Decision', decision === undefined ? 'none yet' : decisionInWords(decision)],
])}
<h2>What happened</h2>
${table(
  ['Event', 'When', 'By', 'What'],
  events.map((event) => [String(event.seq), time(event.at), whoOf(event, isInside), toldTo(event, isInside)]),
)}
<h2>Blocks in the ledger</h2>
${table(
  ['When', 'From', 'To', 'Rule', 'Program', 'Signed', 'State', ...(isInside ? ['Because', 'Today'] : [])],
  evidence.blocks.map((block) => [
    time(block.at),
    block.calling,
    isInside ? block.called : maskNumber(block.called),
    block.rule,
    block.program,
    block.attestation,
    stateOf(block),
    ...(isInside ? [block.grounds, todayOf(block)] : []),
  ]),
)}
<h2>Proof</h2>
${table(
  ['Receipt', 'Chain', 'Entry', 'Hash', 'Checkpoint'],
  evidence.blocks.map(({ receipt, entry }) => [
    receipt,
    entry?.chain ?? 'not in the ledger',
    entry === undefined ? '' : String(entry.seq),
    entry?.hash ?? '',
    entry?.checkpoint ?? '',
  ]),
)}
<ol>${HOW_TO_VERIFY.map((step) => `<li>${escape(step)}</li>`).join('')}</ol>
${isInside ? insideTables(evidence) : ''}
</main>
</body>
</html>
`
}

function insideTables({ calls, registered, earlier }: CaseEvidence): string {
  return `<h2>Calls behind the figure</h2>
${table(
  ['When', 'From', 'To', 'Trunk', 'Signed', 'Verdict', 'Rule'],
  calls.map(({ at, calling, called, trunk, attestation, verdict, rule }) => [
    time(at),
    calling,
    called,
    trunk,
    attestation,
    verdict,
    rule,
  ]),
)}
<h2>Registrations</h2>
${table(
  ['Number', 'Registration', 'Name'],
  registered.map(({ number, registration, name }) => [number, registration, name]),
)}
<h2>Other cases of these numbers</h2>
${table(
  ['Case', 'Opened', 'Status'],
  earlier.map(({ id, openedAt, status }) => [id, time(openedAt), status]),
)}`
}

/** Notes and who has the case are nobody's business outside. */
function isShown(event: CaseEvent): boolean {
  return event.kind !== 'updated' || (event.data.what !== 'note' && event.data.what !== 'assigned')
}

function eventRecord(event: CaseEvent, isInside: boolean) {
  const { seq, at, actor, kind } = event
  const shown = isInside || actor.kind !== 'worker' ? actor : { kind: 'worker' }
  return {
    seq,
    at: time(at),
    actor: shown,
    kind,
    words: toldTo(event, isInside),
    ...(isInside && { data: event.data }),
  }
}

/** What a letter says, and who signed it, is between the desk and who handed it in. */
function toldTo(event: CaseEvent, isInside: boolean): string {
  if (isInside || event.kind !== 'updated' || event.data.what !== 'proof') return eventInWords(event)
  const { number, way } = event.data.proof
  return `control of ${number === '' ? 'all numbers' : number} shown by ${way}`
}

function whoOf({ actor }: CaseEvent, isInside: boolean): string {
  if (actor.kind === 'worker') return isInside ? actor.name : 'the desk'
  return actor.kind === 'claimant' ? 'the claimant' : 'the desk'
}

function blockRecord(block: EvidenceBlock, isInside: boolean) {
  const { receipt, at, calling, called, rule, cause, program, policy, attestation, isReleased, isErased, entry } = block
  return {
    receipt,
    at: time(at),
    calling,
    called: isInside ? called : maskNumber(called),
    rule,
    cause,
    program,
    policy,
    attestation,
    released: isReleased,
    erased: isErased,
    entry,
    ...(isInside && { grounds: block.grounds, today: block.today }),
  }
}

function stateOf({ isReleased, isErased }: EvidenceBlock): string {
  if (isReleased) return 'recorded, but the call was continued'
  return isErased ? 'personal data erased' : 'blocked'
}

function todayOf({ today }: EvidenceBlock): string {
  if (today.kind === 'allow') return 'would go on'
  if (today.kind === 'unknown') return `not known: ${today.why}`
  const words = `would be blocked by ${today.rule}: ${today.grounds}`
  return today.isLifted === true ? `${words}; but a lift of the number is in force` : words
}

function pairs(rows: readonly (readonly [name: string, value: string | undefined])[]): string {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== undefined && row[1] !== '')
  return `<dl>${shown.map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`).join('\n')}</dl>`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '<p>None.</p>'
  const cells = (row: readonly string[]): string => row.map((cell) => `<td>${escape(cell)}</td>`).join('')
  return `<table><thead><tr>${head.map((name) => `<th scope="col">${escape(name)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}
</tbody></table>`
}

/** Text for HTML; characters that nobody sees, or that turn the direction of reading, stand as their code. */
export function escape(text: string): string {
  return text
    .replaceAll(UNSEEN, (character, at: number, whole: string) =>
      isJoinerInPlace(whole, at) ? character : `\\u{${character.codePointAt(0)!.toString(16)}}`,
    )
    .replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function time(at: number): string {
  return new Date(at).toISOString()
}

/** Steps for whoever holds a case file and may look at the ledger. */
export const HOW_TO_VERIFY = [
  'On a machine that has the store: recourse ledger verify walks every entry and every signed checkpoint, and ends with 0 where all is as recorded.',
  'recourse ledger show RECEIPT prints the entry of a block; its chain, entry number and hash must be those above.',
  'The checkpoint beside an entry is the first that was signed over it. Save its line in a file: recourse ledger verify --checkpoints FILE then fails if the entry, or anything before it, is not what it was when that was signed. A block that was recorded a moment ago has none yet: make the case file again later.',
] as const

/** Line ends stay: the page keeps them. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
const STYLE = `:root{color-scheme:light}body{font:10pt/1.45 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}
h1{font-size:16pt;margin:.2em 0;overflow-wrap:anywhere}h2{font-size:12pt;margin:1.6em 0 .4em;break-after:avoid}
dl{display:grid;grid-template-columns:12rem 1fr;gap:.3rem 1rem}dt{font-weight:600}dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25rem .5rem .25rem 0;border-bottom:1px solid #999;white-space:pre-wrap;overflow-wrap:anywhere}
thead{display:table-header-group}tr{break-inside:avoid}@page{size:A4;margin:18mm}@media print{body{margin:0;max-width:none;padding:0}}`
