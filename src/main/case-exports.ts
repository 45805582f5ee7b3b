import { IDENTITY_WAYS, type IdentityWay } from '#core/redress/office.ts'
import { writeFileSync } from 'node:fs'
import { BLOCKED_LIST_MS, blockedListRecord, formatBlockedListCsv } from '#core/redress/blocked-list.ts'
import { caseFileRecord, formatCaseFile } from '#core/redress/case-file.ts'
import { formatMonthlyCsv, monthOf, parseMonth } from '#core/redress/monthly.ts'
import { type CaseVerb, type CaseWords, readCaseId, unknownCase, workerOf } from './case.ts'
import { readNumber, readTime } from './case-words.ts'
import { EXIT, Stop } from './exit.ts'
import { many, visible } from './words.ts'

/** Adds `recourse case file | export | figures | attachment`: what leaves the desk. */
export function addCaseExports({ to, verb, withOffice }: CaseVerb): void {
  verb('file', 'write a case file that prints, or as JSON with --json', 'file Kc9vN2x0RrmJ3p6t1wQ8Zg > case.html')
    .argument('<case>', 'its id')
    .option('--inside', 'with everything; without it, what a claimant may read')
    .action((text: string, words: CaseWords & { inside?: boolean }) =>
      withOffice(words, async (office, operator) => {
        const id = readCaseId(text)
        const file = await office.case(id)
        const evidence = await office.evidence(id)
        if (file === undefined || evidence === undefined) throw unknownCase(id)
        const reader = words.inside === true ? 'inside' : 'claimant'
        const parts = { file, evidence, operator, madeAt: Date.now(), reader } as const
        to.out(words.json === true ? `${JSON.stringify(caseFileRecord(parts))}\n` : formatCaseFile(parts))
      }),
    )

  verb(
    'export',
    'write the list of blocked calls that a subscriber is owed, as CSV or as JSON',
    'export +14155550163 --identity portal > blocked-calls.csv',
  )
    .argument('<number>', 'the subscriber’s own number')
    .requiredOption(
      '--identity <way>',
      `how you know that the subscriber asks: ${IDENTITY_WAYS.join(', ')}; the audit trail keeps it`,
    )
    .option('--asked <time>', 'when the list was asked for; now if not said')
    .option('--by <name>', 'who hands it out; the account’s name if not said')
    .action((text: string, words: CaseWords & { identity: string; asked?: string }) =>
      withOffice(words, async (office) => {
        const number = readNumber('the number', text)
        const identity = readIdentity(words.identity)
        const before = words.asked === undefined ? Date.now() : readTime('--asked', words.asked)
        const calls = await office.blockedList(number, before, { by: workerOf(words), identity })
        const list = { number, from: before - BLOCKED_LIST_MS, before, calls }
        to.out(words.json === true ? `${JSON.stringify(blockedListRecord(list))}\n` : formatBlockedListCsv(list))
        to.err(`${many(calls.length, 'call')} in the 28 days before ${new Date(before).toISOString()}\n`)
      }),
    )

  verb('figures', 'tell by month what came and what became of it', 'figures --from 2026-01')
    .option('--from <month>', 'the first month: 2026-01; January of this year if not said')
    .option('--to <month>', 'the last month; this one if not said')
    .option('--csv', 'for a spreadsheet')
    .action((words: CaseWords & { from?: string; to?: string; csv?: boolean }) =>
      withOffice(words, async (office) => {
        const last = readMonth('--to', words.to) ?? monthOf(Date.now())
        const months = await office.figures(readMonth('--from', words.from) ?? `${last.slice(0, 4)}-01`, last)
        if (words.csv === true) to.out(formatMonthlyCsv(months))
        else if (words.json === true) for (const month of months) to.out(`${JSON.stringify(month)}\n`)
        else
          for (const { month, received, firstStatusMedianMs, decisionMedianMs, lifted, upheld, regressed } of months)
            to.out(
              `${month}  ${many(received, 'case')}, status after ${hours(firstStatusMedianMs)}, decision after ${hours(decisionMedianMs)}, lifted ${lifted}, upheld ${upheld}, blocked again ${regressed}\n`,
            )
      }),
    )

  verb('attachment', 'save a file that a claimant handed in', 'attachment Kc9vN2x0RrmJ3p6t1wQ8Zg FILE letter.pdf')
    .argument('<case>', 'its id')
    .argument('<file>', 'the id of the file, as recourse case show --json has it')
    .argument('<path>', 'where to; nothing that is there already is written over')
    .action((text: string, file: string, path: string, words: CaseWords) =>
      withOffice(words, async (office) => {
        const found = await office.evidenceFile(readCaseId(text), file)
        if (found === undefined) throw new Stop(EXIT.unusable, `case ${text} has no file ${visible(file)}`)
        try {
          writeFileSync(path, found.octets, { flag: 'wx', mode: 0o600 })
        } catch (cause) {
          throw new Stop(EXIT.outside, `${path} cannot be written: ${(cause as Error).message}`, { cause })
        }
        const { name, type, octets, hash } = found.file
        to.out(
          words.json === true
            ? `${visible(JSON.stringify({ path, name, type, octets, hash }))}\n`
            : `${visible(`${path}: ${name}, ${octets} octets, SHA-256 ${hash}; a stranger made it: open it with care`)}\n`,
        )
      }),
    )
}

function readIdentity(text: string): IdentityWay {
  const way = IDENTITY_WAYS.find((name) => name === text)
  if (way !== undefined) return way
  throw new Stop(
    EXIT.unusable,
    `--identity ${visible(text)}: say how you know the subscriber, by one of ${IDENTITY_WAYS.join(', ')}`,
  )
}

function readMonth(option: string, text: string | undefined): string | undefined {
  const month = text === undefined ? undefined : parseMonth(text)
  if (text === undefined || month !== undefined) return month
  throw new Stop(EXIT.unusable, `${option} ${visible(text)}: write a month like 2026-11`)
}

function hours(ms: number | undefined): string {
  return ms === undefined ? 'none yet' : `${(ms / 3_600_000).toFixed(1)} h (median)`
}
