import { caseRecord, evidenceRecord, summaryRecord } from '#core/redress/case-record.ts'
import { CASE_STATUSES } from '#core/redress/case-view.ts'
import type { CaseFilter } from '#core/redress/office.ts'
import { type CaseVerb, type CaseWords, readCaseId, unknownCase } from './case.ts'
import { CASE_HEAD, caseInWords, caseRow, evidenceInWords, readNumber, readTime } from './case-words.ts'
import { EXIT, Stop } from './exit.ts'
import { visible } from './words.ts'

/** Adds `recourse case list | show | evidence`. */
export function addCaseLists({ to, verb, withOffice }: CaseVerb): void {
  verb('list', 'list cases: what is due first comes first', 'list --open --assigned ""')
    .option('--status <status>', `of this status: ${CASE_STATUSES.join(', ')}`)
    .option('--open', 'only those on which somebody has still to do something')
    .option('--overdue', 'only those whose time is over')
    .option('--requests', 'only what subscribers ask for themselves')
    .option('--claims', 'only what callers contest')
    .option('--assigned <name>', 'that this person has; "" for those that nobody has')
    .option('--number <number>', 'of this number')
    .option('--receipt <receipt>', 'of the block with this receipt')
    .option('--text <text>', 'with this in the name, organisation, mail, telephone or purpose of its claimant')
    .option('--since <time>', 'opened at this time or later: 2026-11-22, or 24h (ago)')
    .option('--until <time>', 'opened before this time')
    .option('--newest', 'the newest first')
    .option('--limit <count>', 'how many at most', '50')
    .option('--after <place>', 'go on where a list ended')
    .action((words: ListWords) =>
      withOffice(words, async (office) => {
        const { cases, after } = await office.cases(readFilter(words), words.after, readLimit(words.limit))
        if (words.json === true) for (const one of cases) to.out(`${visible(JSON.stringify(summaryRecord(one)))}\n`)
        else if (cases.length > 0) to.out([CASE_HEAD, ...cases.map(caseRow)].map((line) => `${line}\n`).join(''))
        if (cases.length === 0) to.err(after === undefined ? 'no cases\n' : 'no cases so far\n')
        if (after !== undefined) to.err(`there are more: --after ${after}\n`)
      }),
    )

  verb('show', 'tell one case whole: claim, proofs, history, what is next', `show ${ID}`)
    .argument('<case>', 'its id')
    .action((text: string, words: CaseWords) =>
      withOffice(words, async (office) => {
        const id = readCaseId(text)
        const file = await office.case(id)
        if (file === undefined) throw unknownCase(id)
        to.out(`${words.json === true ? visible(JSON.stringify(caseRecord(file))) : caseInWords(file)}\n`)
      }),
    )

  verb(
    'evidence',
    'tell what to go by: blocks, rule and figure, what today’s policy would say, calls, earlier cases',
    `evidence ${ID}`,
  )
    .argument('<case>', 'its id')
    .action((text: string, words: CaseWords) =>
      withOffice(words, async (office) => {
        const id = readCaseId(text)
        const evidence = await office.evidence(id)
        if (evidence === undefined) throw unknownCase(id)
        to.out(
          `${words.json === true ? visible(JSON.stringify(evidenceRecord(evidence))) : evidenceInWords(evidence)}\n`,
        )
      }),
    )
}

type ListWords = CaseWords & {
  readonly status?: string
  readonly open?: boolean
  readonly overdue?: boolean
  readonly requests?: boolean
  readonly claims?: boolean
  readonly assigned?: string
  readonly number?: string
  readonly receipt?: string
  readonly text?: string
  readonly since?: string
  readonly until?: string
  readonly newest?: boolean
  readonly limit: string
  readonly after?: string
}

function readFilter(words: ListWords): CaseFilter {
  const { status, open, overdue, requests, claims, assigned, number, receipt, since, until, newest } = words
  const known = status === undefined ? undefined : CASE_STATUSES.find((one) => one === status)
  if (status !== undefined && known === undefined)
    throw new Stop(EXIT.unusable, `--status ${visible(status)}: write one of ${CASE_STATUSES.join(', ')}`)
  if (receipt !== undefined && !/^[A-Za-z0-9_-]{64}$/.test(receipt))
    throw new Stop(
      EXIT.unusable,
      `--receipt ${visible(receipt)}: a receipt has 64 characters; copy it whole, without the URL`,
    )
  if (words.text !== undefined && (words.text.trim() === '' || words.text.length > TEXT_MAX))
    throw new Stop(EXIT.unusable, `--text: write 1 to ${TEXT_MAX} characters`)
  if (requests === true && claims === true)
    throw new Stop(EXIT.unusable, 'say --requests or --claims; without either it lists both')
  return {
    status: known,
    isOpen: open,
    isOverdue: overdue,
    kind: requests === true ? 'request' : claims === true ? 'claim' : undefined,
    assigned,
    number: number === undefined ? undefined : readNumber('--number', number),
    receipt,
    text: words.text,
    openedFrom: since === undefined ? undefined : readTime('--since', since),
    openedBefore: until === undefined ? undefined : readTime('--until', until),
    order: newest === true ? 'newest' : 'due',
  }
}

function readLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIST_MAX) return limit
  throw new Stop(EXIT.unusable, `--limit ${visible(text)}: write a number from 1 to ${LIST_MAX}`)
}

/** An id as examples show one. */
const ID = 'Kc9vN2x0RrmJ3p6t1wQ8Zg'
const LIST_MAX = 1_000
const TEXT_MAX = 100
