import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type LineFault, formatNumberCsv } from '#core/registry/number-lines.ts'
import { formatSpan } from '#core/registry/number-span.ts'
import { countNumbers, factsOf } from '#core/registry/registration.ts'
import { exportLines } from '#core/registry/registration-view.ts'
import type {
  FaultyLines,
  NumbersReport,
  RegistrationSummary,
  Trust,
  VettingFile,
  VettingFilter,
  VettingDone,
} from '#core/registry/registry.ts'
import { ITEMS, VETTING_ITEMS, parseVettingItem, parseVettingOutcome } from '#core/registry/vetting.ts'
import { openFeedSigner, readFeedKeys } from '#edge/store/feed-signature.ts'
import { type RegistryStore, openRegistryStore } from '#edge/store/registry-store.ts'
import { actorOf } from './actor.ts'
import type { Config } from '#main/config/config.ts'
import { nearest } from '#core/words/nearest.ts'
import { reasonOf } from '#main/config/lists.ts'
import { EXIT, Stop } from './exit.ts'
import { type Output, STANDARD } from './ledger.ts'
import { loadOrStop, openOrStop } from './load-or-stop.ts'
import { readNumber } from './case-words.ts'
import { many, showTime, visible } from './words.ts'
import { exportFeed, makeFeedDesk } from '#main/registry/feed-desk.ts'
import { type RegistryRoom, makeRegistry } from '#main/registry/make-registry.ts'
import { FILE_PREFIX, Sources, importFile } from '#main/registry/sources.ts'
import { readSources, registryTermsOf, UnusableKeys } from '#main/registry/terms.ts'

type Words = { readonly config?: string; readonly store?: string; readonly json?: boolean; readonly by?: string }

/** What a verb works with. */
type At = { readonly store: RegistryStore; readonly room: RegistryRoom; readonly config: Config; readonly path: string }

/** Adds `recourse registry list | show | open | add | remove | withdraw | vet | prove | approve | refuse | export | import | feed`. */
export function registryCommands(program: Command, to: Output = STANDARD): void {
  const registry = program
    .command('registry')
    .description('businesses and their numbers: vet them, publish the feed, import those of others')
  const verb = (words: string, description: string, example: string) =>
    registry
      .command(words)
      .description(description)
      .option('--config <file>', 'the configuration that names the store')
      .option('--store <url>', 'another store, like sqlite:./recourse.db')
      .option('--json', 'the outcome as JSON on standard output')
      .addHelpText('after', `\nExample:\n  $ npx recourse registry ${example}`)
  const changing = (command: Command) => command.option('--by <name>', 'who does it; the account’s name if not said')

  verb('list', 'list registrations, those first that came first', 'list --status waiting')
    .option('--status <status>', 'unconfirmed, waiting, asked, approved, refused, suspended, expired or withdrawn')
    .option('--disputed', 'those only with a number that somebody else has proved too')
    .option('--number <number>', 'those only with this number, like +12125550117')
    .option('--after <place>', 'go on where a list ended')
    .option('--limit <count>', 'how many at most', '50')
    .action((words: Words & { status?: string; disputed?: boolean; number?: string; after?: string; limit: string }) =>
      withRegistry(words, async ({ room }) => {
        const { status, number, disputed, after } = words
        const limit = Number(words.limit)
        if (!Number.isInteger(limit) || limit < 1 || limit > 1_000)
          throw new Stop(EXIT.unusable, `--limit ${visible(words.limit)}: write a number from 1 to 1000`)
        if (status !== undefined && !STATUSES.includes(status))
          throw new Stop(EXIT.unusable, `--status ${visible(status)}: write one of ${STATUSES.join(', ')}`)
        const asked = number === undefined ? undefined : readNumber('--number', number)
        const filter = { status, number: asked, disputed } as VettingFilter
        const page = await room.vetting.list(filter, after, limit)
        for (const one of page.registrations)
          to.out(`${words.json === true ? JSON.stringify(one) : summaryInWords(one)}\n`)
        if (page.registrations.length === 0) to.err('no registrations\n')
        if (page.next !== undefined) to.err(`there may be more: --after ${page.next}\n`)
      }),
    )
  verb(
    'show',
    'tell one registration: who, which numbers, what was looked at, what happened',
    'show AAAAAAAAAAAAAAAAAAAAAA',
  )
    .argument('<id>', 'its id, as a list has it')
    .action((id: string, words: Words) =>
      withRegistry(words, async ({ room }) => {
        const file = await found(room, id)
        to.out(
          words.json === true
            ? `${JSON.stringify({ ...file.registration, ...plain(file), events: file.events })}\n`
            : inWords(file),
        )
      }),
    )
  changing(
    verb('open', 'open a registration for somebody who phoned or wrote', 'open clinic.json --numbers clinic.csv'),
  )
    .argument(
      '<file>',
      'JSON with legalName, contact, email, tel, site, purpose, callsPerDay and provider; - for standard input',
    )
    .option('--numbers <file>', 'its numbers, CSV or one a line')
    .option('--skip-faulty', 'leave out lines that cannot be used; without it nothing is opened while there are some')
    .action((file: string, words: Words & { numbers?: string; skipFaulty?: boolean }) =>
      withRegistry(words, async ({ room }) => {
        const fields = readFields(readText(file), file)
        const numbers = words.numbers === undefined ? '' : readText(words.numbers)
        if (words.numbers !== undefined && numbers.trim() === '')
          throw new Stop(EXIT.unusable, `${visible(words.numbers)}: this file is empty: write a number or range a line`)
        const opened = await room.vetting.open(fields, numbers, 'command', actorOf(words.by), faultyLinesOf(words))
        if (opened.kind === 'faults')
          throw new Stop(
            EXIT.unusable,
            [
              ...opened.faults.map(({ field, problem }) => `${visible(file)}: ${field}: ${problem}`),
              ...(opened.report.faults.length === 0 ? [] : [faultsInWords(words.numbers ?? '', opened.report)]),
            ].join('\n'),
          )
        if (opened.kind !== 'opened') throw stopFor(opened)
        for (const fault of opened.report.faults) to.err(`${faultInWords(words.numbers ?? '', fault)}: left out\n`)
        if (words.json === true) to.out(`${JSON.stringify(opened)}\n`)
        else
          to.out(
            `registration ${opened.id}: ${many(opened.report.added, 'line')} of numbers; its private page is /g/${opened.token}\n`,
          )
        if (opened.report.faults.length > 0) process.exitCode = EXIT.found
      }),
    )
  changing(
    verb(
      'add',
      'add lines of numbers to a registration; lines that are there already stay as they are',
      'add AAAAAAAAAAAAAAAAAAAAAA more.csv',
    ),
  )
    .argument('<id>', 'its id')
    .argument('<file>', 'the numbers, CSV or one a line; - for standard input')
    .option('--skip-faulty', 'leave out lines that cannot be used; without it nothing is added while there are some')
    .action((id: string, file: string, words: Words & { skipFaulty?: boolean }) =>
      withRegistry(words, async ({ room }) => {
        const added = await room.vetting.addNumbers(id, readText(file), actorOf(words.by), faultyLinesOf(words))
        if (added.kind === 'faults') throw new Stop(EXIT.unusable, faultsInWords(file, added.report))
        if (added.kind !== 'taken') throw stopFor(added)
        const { report } = added
        for (const fault of report.faults) to.err(`${faultInWords(file, fault)}: left out\n`)
        const there = report.there === 0 ? '' : `, ${many(report.there, 'line')} there already`
        to.out(
          words.json === true
            ? `${JSON.stringify({ registration: id, ...report })}\n`
            : `registration ${id}: ${many(report.added, 'line')} added${there}\n`,
        )
        if (report.faults.length > 0) process.exitCode = EXIT.found
      }),
    )
  changing(
    verb(
      'remove',
      'take lines of numbers off a registration, each as it is listed',
      'remove AAAAAAAAAAAAAAAAAAAAAA +12125550117',
    ),
  )
    .argument('<id>', 'its id')
    .argument('<numbers...>', 'lines as recourse registry show has them, like +12125550200..+12125550299')
    .action((id: string, numbers: readonly string[], words: Words) =>
      withRegistry(words, async ({ room }) =>
        tellDone(
          to,
          words,
          id,
          await room.vetting.removeNumbers(id, numbers.join('\n'), actorOf(words.by)),
          `${many(numbers.length, 'line')} taken off`,
        ),
      ),
    )
  changing(
    verb(
      'withdraw',
      'withdraw a registration for its holder: its numbers are known no more',
      'withdraw AAAAAAAAAAAAAAAAAAAAAA --reason "asked for by telephone"',
    ),
  )
    .argument('<id>', 'its id')
    .requiredOption('--reason <text>', 'why')
    .action((id: string, words: Words & { reason: string }) =>
      withRegistry(words, async ({ room }) =>
        tellDone(to, words, id, await room.vetting.withdraw(id, words.reason, actorOf(words.by)), 'withdrawn'),
      ),
    )
  changing(
    verb(
      'vet',
      `note a line of the checklist: ${ITEMS.join(', ')}`,
      'vet AAAAAAAAAAAAAAAAAAAAAA identity passed "number 4711 in the register"',
    ),
  )
    .argument('<id>', 'its id')
    .argument('<item>', 'a line of the checklist')
    .argument('<outcome>', 'passed, failed or not-applicable')
    .argument('<reason>', 'what was looked at, and what was seen there')
    .action((id: string, item: string, outcome: string, reason: string, words: Words) =>
      withRegistry(words, async ({ room }) => {
        const [which, how] = [parseVettingItem(item), parseVettingOutcome(outcome)]
        if (which === undefined)
          throw new Stop(
            EXIT.unusable,
            `${visible(item)} is no line of the checklist: write one of ${ITEMS.join(', ')}`,
          )
        if (how === undefined)
          throw new Stop(EXIT.unusable, `${visible(outcome)}: write passed, failed or not-applicable`)
        tellDone(to, words, id, await room.vetting.vet(id, which, how, reason, actorOf(words.by)), `${which} ${how}`)
      }),
    )
  changing(
    verb(
      'prove',
      'note that a letter or the numbers’ provider shows control of them',
      'prove AAAAAAAAAAAAAAAAAAAAAA letter "signed by its director"',
    ),
  )
    .argument('<id>', 'its id')
    .argument('<way>', 'letter or provider')
    .argument('<detail>', 'what was seen: who signed, who confirmed')
    .option('--number <number>', 'of this line only; of all if not said')
    .action((id: string, way: string, detail: string, words: Words & { number?: string }) =>
      withRegistry(words, async ({ room }) => {
        if (way !== 'letter' && way !== 'provider')
          throw new Stop(EXIT.unusable, `${visible(way)}: write letter or provider`)
        tellDone(
          to,
          words,
          id,
          await room.vetting.prove(id, way, words.number ?? '', detail, actorOf(words.by)),
          `control shown by ${way}`,
        )
      }),
    )
  changing(
    verb(
      'approve',
      'approve a registration whose checklist is done',
      'approve AAAAAAAAAAAAAAAAAAAAAA --reason "all seen"',
    ),
  )
    .argument('<id>', 'its id')
    .requiredOption('--reason <text>', 'why')
    .action((id: string, words: Words & { reason: string }) =>
      withRegistry(words, async ({ room }) =>
        tellDone(to, words, id, await room.vetting.approve(id, words.reason, actorOf(words.by)), 'approved'),
      ),
    )
  changing(
    verb(
      'refuse',
      'refuse a registration, with reasons and what may be done now',
      'refuse AAAAAAAAAAAAAAAAAAAAAA --reason "no such business" --next "send the entry of the register"',
    ),
  )
    .argument('<id>', 'its id')
    .requiredOption('--reason <text...>', 'why; again for each')
    .requiredOption('--next <text>', 'what the business may do now')
    .action((id: string, words: Words & { reason: string[]; next: string }) =>
      withRegistry(words, async ({ room }) =>
        tellDone(to, words, id, await room.vetting.refuse(id, words.reason, words.next, actorOf(words.by)), 'refused'),
      ),
    )
  verb(
    'export',
    'write the feed as signed pages, one a line; or the numbers of one registration as CSV',
    'export > feed.jws',
  )
    .option('--numbers <id>', 'the numbers of this registration, as CSV')
    .action((words: Words & { numbers?: string }) =>
      withRegistry(words, async (at) => {
        if (words.numbers !== undefined) {
          to.out(formatNumberCsv(exportLines((await found(at.room, words.numbers)).registration)))
          return
        }
        to.out(await exportFeed(await feedOf(at)))
      }),
    )
  changing(
    verb(
      'import',
      'take a file of signed pages of another registry: all of it or nothing',
      'import feed.jws --name friend --keys friend-keys.json --trust note',
    ),
  )
    .argument('<file>', 'signed pages, one a line; - for standard input')
    .requiredOption('--name <name>', 'what this source is called')
    .requiredOption('--keys <file>', 'its public keys, a JWK set that came by another way than the feed')
    .option('--trust <trust>', 'none, note, or full: how far rules go by it', 'note')
    .action((file: string, words: Words & { name: string; keys: string; trust: string }) =>
      withRegistry(words, async ({ store }) => {
        if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(words.name))
          throw new Stop(
            EXIT.unusable,
            `--name ${visible(words.name)}: write up to 64 of letters, digits, dot, hyphen and underscore`,
          )
        const trust = TRUSTS.find((one) => one === words.trust)
        if (trust === undefined)
          throw new Stop(EXIT.unusable, `--trust ${visible(words.trust)}: write none, note or full`)
        const keys = await readFeedKeys(readText(words.keys)).catch((error: Error) => {
          throw new Stop(EXIT.unusable, `${visible(words.keys)}: ${error.message}`, { cause: error })
        })
        const name = `${FILE_PREFIX}${words.name}`
        const imported = await importFile(
          readText(file),
          { name, keys, trust, by: actorOf(words.by) },
          store,
          Date.now(),
        )
        if (imported.kind === 'refused')
          throw new Stop(
            EXIT.unusable,
            `${visible(file)}: ${imported.why}; nothing was taken, what was there before stands`,
          )
        if (words.json === true) to.out(`${JSON.stringify(imported)}\n`)
        else
          to.out(
            `${words.name}: ${imported.added} added, ${imported.removed} removed, ${many(imported.entries, 'entry', 'entries')} now, trusted ${trust}\n`,
          )
      }),
    )
  verb('feed', 'tell how the own feed and the sources stand; --pull asks the sources first', 'feed --pull')
    .option('--pull', 'ask each source of the configuration now')
    .option('--keys', 'print the public keys of the own feed as a JWK set, for others to pin')
    .action((words: Words & { pull?: boolean; keys?: boolean }) =>
      withRegistry(words, async (at) => {
        if (words.keys === true) return to.out((await signerOf(at)).keys)
        if (words.pull === true) {
          const sources = await readSources(at.config).catch((error: unknown) => {
            throw error instanceof UnusableKeys ? new Stop(EXIT.unusable, error.message, { cause: error }) : error
          })
          const puller = new Sources({ store: at.store, sources, now: Date.now, alarm: () => undefined })
          for (const source of sources) await puller.pull(source)
        }
        const sources = at.store.sources()
        if (words.json === true) return to.out(`${JSON.stringify({ head: at.store.feedHead(), sources })}\n`)
        to.out(
          `own feed: at place ${at.store.feedHead()}, ${at.config.registry.feed ? 'published at /v1/registry/feed' : 'not published'}\n`,
        )
        for (const { name, trust, entries, takenAt, failure } of sources) {
          const when = takenAt === 0 ? 'never taken' : `taken ${showTime(takenAt)}`
          to.out(
            `${visible(name)}: ${many(entries, 'entry', 'entries')}, trusted ${trust}, ${when}${failure === undefined ? '' : `; failing: ${visible(failure)}`}\n`,
          )
        }
        if (sources.some(({ failure }) => failure !== undefined)) process.exitCode = EXIT.found
      }),
    )
}

async function withRegistry(words: Words, use: (at: At) => Promise<void> | void): Promise<void> {
  const { config } = loadOrStop(words.config)
  const url = words.store ?? `sqlite:${config.store.path}`
  const store = await openOrStop(() => openRegistryStore(url))
  try {
    const room = makeRegistry({
      store,
      terms: registryTermsOf(config),
      plan: config.gate.dialPlan,
      now: Date.now,
      assignDial: () => undefined,
      keepEvidence: async () => ({
        kind: 'refused',
        field: 'file',
        problem: 'files are handed in by the private page',
      }),
      removeEvidence: () => undefined,
      readEvidence: async () => undefined,
      alarm: (cause) => {
        throw new Stop(EXIT.outside, cause instanceof Error ? cause.message : String(cause), { cause })
      },
    })
    await use({ store, room, config, path: url.replace(/^sqlite:(?:\/\/(?=\/))?/, '') })
  } finally {
    store.close()
  }
}

async function signerOf({ config, path }: At) {
  return openOrStop(() => openFeedSigner(config.registry.keyPath ?? feedKeyBeside(path)))
}

async function feedOf(at: At) {
  const signer = await signerOf(at)
  return makeFeedDesk({ store: at.store, signer, issuer: registryTermsOf(at.config).public, now: Date.now })
}

/** Where the key of the feed is, unless the configuration says. */
export function feedKeyBeside(store: string): string {
  return `${store}.feed-key.pem`
}

async function found(room: RegistryRoom, id: string): Promise<VettingFile> {
  const file = await room.vetting.registration(id)
  if (file !== undefined) return file
  throw new Stop(EXIT.unusable, `there is no registration ${visible(id)}: copy its id from recourse registry list`)
}

function tellDone(to: Output, words: Words, id: string, done: VettingDone, what: string): void {
  if (done.kind !== 'done') throw stopFor(done)
  const { note } = done
  to.out(
    words.json === true
      ? `${JSON.stringify({ registration: id, done: what, note })}\n`
      : `registration ${id}: ${note ?? what}\n`,
  )
}

function faultyLinesOf({ skipFaulty }: { readonly skipFaulty?: boolean }): FaultyLines {
  return skipFaulty === true ? 'leave-out' : 'refuse'
}

function faultInWords(file: string, { line, found, expected }: LineFault): string {
  const place = line === 0 ? visible(file) : `${visible(file)} line ${line}`
  return `${place}: found ${visible(found)}, expected ${expected}`
}

/** Each line that keeps all of them from being taken. */
function faultsInWords(file: string, { faults }: NumbersReport): string {
  const shown = faults.slice(0, FAULTS_SHOWN).map((fault) => faultInWords(file, fault))
  const more = faults.length - shown.length
  return [
    ...shown,
    ...(more > 0 ? [`and ${many(more, 'line')} more`] : []),
    'nothing was done: set these right, or leave them out by --skip-faulty',
  ].join('\n')
}

function stopFor(refused: Exclude<VettingDone, { readonly kind: 'done' }>): Stop {
  if (refused.kind === 'changed')
    return new Stop(EXIT.unusable, `the registration has come to event ${refused.seq} meanwhile: show it again`)
  if (refused.kind === 'refused') return new Stop(EXIT.unusable, `${refused.field}: ${refused.problem}`)
  if (refused.kind === 'unknown')
    return new Stop(EXIT.unusable, 'there is no such registration: copy its id from recourse registry list')
  return new Stop(EXIT.outside, 'nothing was saved: try again')
}

function readFields(text: string, file: string): Readonly<Record<string, string>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new Stop(EXIT.unusable, `${visible(file)}: this is no JSON (${(cause as Error).message})`, { cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Stop(EXIT.unusable, 'expected a JSON object with legalName, contact, email and the others')
  const unknown = Object.keys(value).filter((name) => !BUSINESS_FIELDS.includes(name))
  if (unknown.length > 0)
    throw new Stop(
      EXIT.unusable,
      unknown
        .map((name) => {
          const near = nearest(name, BUSINESS_FIELDS)
          const hint = near === undefined ? `expected one of ${BUSINESS_FIELDS.join(', ')}` : `did you mean ${near}?`
          return `${visible(name)}: not known here: ${hint}`
        })
        .join('\n'),
    )
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      typeof one === 'number' ? String(one) : typeof one === 'string' ? one : '',
    ]),
  )
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new Stop(EXIT.unusable, `${visible(file)}: this file cannot be read (${reasonOf(error)})`, { cause: error })
  }
}

function summaryInWords({ id, status, legalName, openedAt, lines, disputes }: RegistrationSummary): string {
  const open = disputes === 0 ? '' : `, ${many(disputes, 'dispute')}`
  return `${id}  ${status.padEnd(11)}  ${showTime(openedAt).slice(0, 10)}  ${many(lines, 'line')}${open}  ${visible(legalName)}`
}

function plain({ registration }: VettingFile): object {
  return {
    numbers: exportLines(registration).map(({ span, label, proof }) => ({ numbers: formatSpan(span), label, proof })),
    vetting: [...registration.vetting.values()],
    registered: factsOf(registration).map(({ span, way, until }) => ({ numbers: formatSpan(span), way, until })),
  }
}

function inWords({ registration, events }: VettingFile): string {
  const { business, vetting, disputes } = registration
  const rows = [
    `registration ${registration.id}: ${registration.status}${registration.until === undefined ? '' : ` until ${showTime(registration.until)}`}`,
    `${business.legalName}, ${business.contact}, ${business.email}${business.tel === undefined ? '' : `, ${business.tel}`}, ${business.site}`,
    `${business.callsPerDay} calls a day by ${business.provider}: ${business.purpose.replaceAll('\n', ' ')}`,
    `${countNumbers(registration)} numbers in ${many(registration.numbers.size, 'line')}, ${factsOf(registration).length} registered`,
    ...exportLines(registration)
      .slice(0, LINES_SHOWN)
      .map(({ span, label, proof }) => `  ${formatSpan(span)}  ${proof}  ${label}`),
    ...disputes.map(({ span, by, level }) => `disputed: ${formatSpan(span)} with ${by}, by ${level}`),
    ...ITEMS.map((item) => {
      const step = vetting.get(item)
      return `${item}: ${step === undefined ? `open (${VETTING_ITEMS[item]})` : `${step.outcome}, ${step.by}: ${step.reason}`}`
    }),
    ...events
      .slice(-LINES_SHOWN)
      .map(
        ({ seq, at, kind, actor }) =>
          `${seq}  ${showTime(at)}  ${kind}  ${actor.kind === 'worker' ? actor.name : actor.kind}`,
      ),
  ]
  return `${rows.map(visible).join('\n')}\n`
}

const BUSINESS_FIELDS: readonly string[] = [
  'legalName',
  'contact',
  'email',
  'tel',
  'site',
  'purpose',
  'callsPerDay',
  'provider',
]
const TRUSTS: readonly Trust[] = ['none', 'note', 'full']
const STATUSES: readonly string[] = [
  'unconfirmed',
  'waiting',
  'asked',
  'approved',
  'refused',
  'suspended',
  'expired',
  'withdrawn',
]
const LINES_SHOWN = 50
/** Lines of a list that a refusal names. */
const FAULTS_SHOWN = 100
