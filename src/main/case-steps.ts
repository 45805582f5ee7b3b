import { type Command, Option } from 'commander'
import { writeOutDecision } from '#core/redress/decision-request.ts'
import type { Decision } from '#core/redress/decision.ts'
import type { Office, OfficeProof, Worked, Worker } from '#core/redress/office.ts'
import { type Parsed, WORDS_MAX, parseClaim, parseDecision } from '#core/redress/parse.ts'
import { type CaseVerb, type CaseWords, done, readCaseId, unknownCase, workerOf } from './case.ts'
import { previewInWords, readNumber, optionOf } from './case-words.ts'
import { EXIT, type ExitCode, Stop } from './exit.ts'
import { parseTime } from './ledger-time.ts'
import { showTime, visible } from './words.ts'

/** Adds `recourse case open | assign | note | message | ask | answer | told | prove | challenge | decide | correct | reopen | withdraw`. */
// One thing: each step on a case, in the order that a case goes through them.
export function addCaseSteps(made: CaseVerb): void {
  const { to, withOffice } = made
  const verb: CaseVerb['verb'] = (words, description, example) =>
    made.verb(words, description, example).option('--by <name>', 'who does it; the account’s name if not said')
  /** A step on one case, with the event that its worker had seen. */
  const step = (words: string, description: string, example: string) =>
    verb(words, description, example).option(
      '--seen <event>',
      'do it only if the case has not gone on since this event',
    )
  const run = (
    text: string,
    words: StepWords,
    say: string,
    work: (office: Office, id: string, by: Worker, seen: number | undefined) => Promise<Worked>,
  ): Promise<void> =>
    withOffice(words, async (office) => {
      const id = readCaseId(text)
      const { seq, notes = [] } = done(await work(office, id, workerOf(words), readSeen(words.seen)), id)
      // With a note and nothing else it was so already.
      tell(
        words,
        { case: id, seq, notes },
        notes.length > 0 ? `nothing new: ${notes.join('; ')}` : `${say}: event ${seq}`,
      )
    })
  const tell = (words: CaseWords, record: unknown, text: string): void =>
    to.out(words.json === true ? `${visible(JSON.stringify(record))}\n` : `${visible(text)}\n`)
  const ofCase = (command: Command): Command => command.argument('<case>', 'its id')
  const decideOne = async (
    office: Office,
    id: string,
    outcome: Decision['outcome'],
    words: DecideWords,
  ): Promise<void> => {
    const file = await office.case(id)
    if (file === undefined) throw unknownCase(id)
    const written = writeOutDecision(decisionOf(outcome, words), file.numbers)
    const decision = orStop(parseDecision(written, Date.now()))
    if (words.dryRun === true) {
      const preview = done(await office.preview(id, decision), id)
      if (preview.kind !== 'preview') throw new Error('a preview came without its words')
      const { kind: _, ...shown } = preview
      if (words.json === true) return to.out(`${visible(JSON.stringify({ case: id, ...shown }))}\n`)
      return to.out(`${previewInWords(preview)}\n`)
    }
    const seen = readSeen(words.seen) ?? file.summary.seq
    const { seq, notes = [] } = done(await office.decide(id, decision, words.override, workerOf(words), seen), id)
    for (const note of notes) to.err(`warning: ${visible(note)}\n`)
    const ends = 'lifts' in decision ? decision.lifts.flatMap(({ until }) => until ?? []) : []
    const end = ends.length === 0 ? '' : `; lifted until ${showTime(Math.max(...ends))}`
    return tell(words, { case: id, seq, notes }, `${id} decided: event ${seq}${end}`)
  }

  verb(
    'open',
    'open a case for somebody who phoned or wrote',
    'open --way telephone --name "Ann Lee" --tel +12125550100 --number +12125550117 --purpose "appointment reminders"',
  )
    .addOption(new Option('--way <way>', 'how it came').choices(['telephone', 'mail', 'letter']).default('telephone'))
    .requiredOption('--name <name>', 'who speaks')
    .option('--organisation <name>', 'for whom')
    .option('--email <address>', 'where answers go; without one the claimant has to be told')
    .option('--tel <number>', 'where she is called back')
    .option('--for-customer', 'a provider speaks for its customer')
    .option('--number <number>', 'a contested number, again for each', collect)
    .option('--receipt <receipt>', 'the receipt of a contested block, again for each', collect)
    .option('--purpose <text>', 'what the calls are for', '')
    .option('--changed <text>', 'what has been changed since', '')
    .option('--wants <what>', 'a subscriber’s own request: blocked-list, opt-out, opt-in, unblock, block')
    .option('--caller <number>', 'whom to let through or refuse (withheld for all that hide their number)')
    .option('--vouched', 'you know that it is the subscriber who asks')
    .action((words: OpenWords) =>
      withOffice(words, async (office) => {
        const claim = orStop(parseClaim(claimOf(words), false, Date.now()))
        const opened = done(await office.open({ way: words.way, claim, request: wishOf(words) }, workerOf(words)), '')
        if (opened.kind !== 'opened') throw new Error('a case was opened without its id')
        const { case: id, token, needsConfirmation } = opened
        tell(words, { case: id, token, needsConfirmation }, `case ${id}; its status page ends in /c/${token}`)
      }),
    )

  ofCase(step('assign', 'give a case to somebody; without a name, to nobody', `assign ${ID} ann@northwire.example`))
    .argument('[name]', 'who is to have it')
    .action((text: string, name: string | undefined, words: StepWords) =>
      run(text, words, name === undefined ? 'nobody has it' : `given to ${name}`, (office, id, by, seen) =>
        office.assign(id, name, by, seen),
      ),
    )
  ofCase(step('note', 'write a note that only those inside read', `note ${ID} "asked the carrier"`))
    .argument('<text>', 'the note')
    .action((id: string, text: string, words: StepWords) =>
      run(id, words, 'noted', (office, one, by, seen) => office.note(one, readWords(text), by, seen)),
    )
  ofCase(step('message', 'write to the claimant', `message ${ID} "we look into it until Friday"`))
    .argument('<text>', 'what she reads')
    .action((id: string, text: string, words: StepWords) =>
      run(id, words, 'told', (office, one, by, seen) => office.message(one, readWords(text), by, seen)),
    )
  ofCase(step('ask', 'ask the claimant; the case waits for the answer', `ask ${ID} "Who dials for you?"`))
    .argument('<question>', 'what she reads')
    .action((id: string, text: string, words: StepWords) =>
      run(id, words, 'asked', (office, one, by, seen) => office.ask(one, readWords(text), by, seen)),
    )
  ofCase(step('answer', 'write down what the claimant said', `answer ${ID} "our own dialler"`))
    .argument('<text>', 'what she said')
    .action((id: string, text: string, words: StepWords) =>
      run(id, words, 'answered', (office, one, by, seen) => office.answer(one, readWords(text), by, seen)),
    )
  ofCase(step('told', 'note that the claimant was told by telephone how the case stands', `told ${ID}`)).action(
    (id: string, words: StepWords) =>
      run(id, words, 'noted', (office, one, by, seen) => office.acknowledge(one, by, seen)),
  )
  ofCase(
    step(
      'prove',
      'note a proof of control that you checked',
      `prove ${ID} --way letter --detail "signed by the owner, page 2"`,
    ),
  )
    .addOption(
      new Option('--way <way>', 'what it is').choices(['letter', 'provider', 'registry']).makeOptionMandatory(),
    )
    .requiredOption('--detail <text>', 'what you saw: who signed, who confirmed')
    .option('--number <number>', 'the number it is for; all numbers of the case if not said')
    .action((id: string, words: StepWords & { way: OfficeProof['way']; detail: string; number?: string }) => {
      const number = words.number === undefined ? '' : readNumber('--number', words.number)
      return run(id, words, 'proof noted', (office, one, by, seen) =>
        office.prove(one, { number, way: words.way, detail: words.detail }, by, seen),
      )
    })
  ofCase(verb('challenge', 'get a number to be called from the one to be proved', `challenge ${ID} +12125550117`))
    .argument('<number>', 'the number to be proved')
    .action((text: string, number: string, words: CaseWords) =>
      withOffice(words, async (office) => {
        const id = readCaseId(text)
        const given = await office.challenge(id, readNumber('the number', number), workerOf(words))
        if ('kind' in given) {
          done(given, id)
          throw new Error('a challenge was given without its number')
        }
        const { dial, until } = given
        const record = { case: id, number: given.number, dial, until: new Date(until).toISOString() }
        tell(words, record, `call ${dial} from ${given.number} until ${showTime(until)}`)
      }),
    )
  step(
    'decide',
    'decide one case, or many alike: lift, partly, uphold, or grant what a subscriber asks',
    `decide ${ID} lift --reason "the clinic’s own reminders" --expires 2027-11-22`,
  )
    .usage('[options] <case...> <outcome>')
    .argument('<words...>', 'the ids of cases, and behind them lift, partly, uphold or grant')
    .requiredOption('--reason <text>', 'why; the claimant reads it')
    .option('--number <number>', 'lift this number, again for each; all contested numbers if no scope is said', collect)
    .option('--block <digits>', 'lift all numbers that begin so, like +1212555, again for each', collect)
    .option('--range <range>', 'lift these, like +12125550100-+12125550199, again for each', collect)
    .option(
      '--expires <time>',
      'when the lift ends: 2027-11-22 (its begin in UTC), or 2027-11-22T18:00:00-05:00; without an end if not said',
    )
    .option('--attestation <level>', 'spare only calls that are signed so at least: A, B or C')
    .option('--rule <id>', 'spare from this rule only')
    .option('--evidence <text>', 'what upholds it, again for each', collect)
    .option('--next <text>', 'what the claimant can do next')
    .option('--override <text>', 'why a lift goes without proof of control')
    .option('--dry-run', 'show what it would do and what the claimant would read')
    .action((given: readonly string[], words: DecideWords) =>
      withOffice(words, async (office) => {
        const { ids, outcome } = readDecided(given)
        const [only] = ids
        if (ids.length === 1) return decideOne(office, only!, outcome, words)
        if (words.seen !== undefined)
          throw new Stop(EXIT.unusable, '--seen goes with one case only: decide this one by itself')
        let exitCode: ExitCode | undefined
        let undecided = 0
        for (const id of ids) {
          try {
            await decideOne(office, id, outcome, words)
          } catch (error) {
            if (!(error instanceof Stop)) throw error
            if (exitCode === undefined || error.exitCode > exitCode) exitCode = error.exitCode
            undecided++
            to.err(`${id}: ${error.message}\n`)
          }
        }
        if (exitCode !== undefined) throw new Stop(exitCode, `${undecided} of ${ids.length} cases were not decided`)
      }),
    )
  ofCase(
    step('correct', 'say that an event was wrong; a lift that it made ends', `correct ${ID} 7 --reason "wrong number"`),
  )
    .argument('<event>', 'its place, as recourse case show prints it')
    .requiredOption('--reason <text>', 'why')
    .action((id: string, event: string, words: StepWords & { reason: string }) => {
      const place = readSeen(event)!
      return run(id, words, 'corrected', (office, one, by, seen) => office.correct(one, place, words.reason, by, seen))
    })
  for (const [name, description, said] of [
    ['reopen', 'open a closed case again', 'open again'],
    ['withdraw', 'withdraw a case for the claimant', 'withdrawn'],
  ] as const) {
    ofCase(step(name, description, `${name} ${ID} --reason "the claimant asked for it"`))
      .requiredOption('--reason <text>', 'why')
      .action((id: string, words: StepWords & { reason: string }) =>
        run(id, words, said, (office, one, by, seen) => office[name](one, words.reason, by, seen)),
      )
  }
}

type StepWords = CaseWords & { readonly seen?: string }
type OpenWords = CaseWords & {
  readonly way: 'telephone' | 'mail' | 'letter'
  readonly name: string
  readonly organisation?: string
  readonly email?: string
  readonly tel?: string
  readonly forCustomer?: boolean
  readonly number?: readonly string[]
  readonly receipt?: readonly string[]
  readonly purpose: string
  readonly changed: string
  readonly wants?: string
  readonly caller?: string
  readonly vouched?: boolean
}
type DecideWords = StepWords & {
  readonly reason: string
  readonly number?: readonly string[]
  readonly block?: readonly string[]
  readonly range?: readonly string[]
  readonly expires?: string
  readonly attestation?: string
  readonly rule?: string
  readonly evidence?: readonly string[]
  readonly next?: string
  readonly override?: string
  readonly dryRun?: boolean
}

function claimOf(words: OpenWords): unknown {
  const { number = [], receipt = [], name, organisation, email, tel, forCustomer, purpose, changed } = words
  const acts = forCustomer === true ? 'for-a-customer' : 'for-itself'
  return {
    numbers: number,
    receipts: receipt,
    calls: [],
    claimant: { name, organisation, email, tel, acts },
    purpose,
    changed,
  }
}

function wishOf({ wants, number = [], caller, vouched }: OpenWords) {
  if (wants === undefined) return undefined
  const known = WISHES.find((one) => one === wants)
  if (known === undefined) throw new Stop(EXIT.unusable, `--wants ${visible(wants)}: write one of ${WISHES.join(', ')}`)
  const [own] = number
  if (own === undefined || number.length > 1)
    throw new Stop(EXIT.unusable, 'with --wants, say the subscriber’s own number by one --number')
  const whom = caller === undefined || caller === 'withheld' ? caller : readNumber('--caller', caller)
  return { wants: known, number: readNumber('--number', own), caller: whom, isVouched: vouched ?? false }
}

/** Cases, each once, and behind them what is decided about all of them. */
function readDecided(given: readonly string[]): { ids: string[]; outcome: Decision['outcome'] } {
  const last = given.at(-1)!
  const outcome = OUTCOMES.find((one) => one === last)
  if (outcome === undefined)
    throw new Stop(
      EXIT.unusable,
      `${visible(last)} is no outcome: write it behind the cases. Allowed choices are ${OUTCOMES.join(', ')}`,
    )
  const ids = [...new Set(given.slice(0, -1).map(readCaseId))]
  if (ids.length > 0) return { ids, outcome }
  throw new Stop(EXIT.unusable, `${outcome} which case? Write its id before: recourse case list shows them`)
}

function decisionOf(outcome: Decision['outcome'], words: DecideWords): unknown {
  const { reason, number = [], block = [], range = [], attestation, rule, evidence, next, expires } = words
  const until = expires === undefined ? undefined : readEnd(expires)
  const isLift = outcome === 'lift' || outcome === 'partly'
  const scopes = [
    ...number.map((one) => ({ kind: 'number', number: one })),
    ...block.map((prefix) => ({ kind: 'block', prefix })),
    ...range.map(readRange),
  ]
  for (const [option, value] of [
    ['--number, --block or --range', scopes[0]],
    ['--expires', until],
    ['--attestation', attestation],
    ['--rule', rule],
  ] as const)
    if (!isLift && value !== undefined)
      throw new Stop(EXIT.unusable, `${option} go with lift and partly only: leave it out of ${outcome}`)
  const terms = { until, attestation, rule }
  const lifts = scopes.length > 0 ? { lifts: scopes.map((scope) => ({ scope, ...terms })) } : isLift ? terms : {}
  return { outcome, reason, ...lifts, ...(next !== undefined && { next }), ...(evidence !== undefined && { evidence }) }
}

function readRange(text: string): { kind: 'range'; first: string; last: string } {
  const [first, last, more] = text.split('-')
  if (first !== undefined && last !== undefined && more === undefined) return { kind: 'range', first, last }
  throw new Stop(EXIT.unusable, `--range ${visible(text)}: write first and last, like +12125550100-+12125550199`)
}

function readEnd(text: string): string {
  const at = parseTime(text, Date.now())
  if (at !== undefined) return new Date(at).toISOString()
  throw new Stop(EXIT.unusable, `--expires ${visible(text)}: this is no time; write 2027-11-22 or 2027-11-22T12:00:00Z`)
}

function readSeen(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Stop(EXIT.unusable, `${visible(text)} is no event: write its place, as recourse case show prints it`)
}

function orStop<T>(found: Parsed<T>): T {
  if (found.kind === 'parsed') return found.value
  throw new Stop(EXIT.unusable, found.faults.map(({ field, problem }) => `${optionOf(field)}: ${problem}`).join('\n'))
}

/** What somebody is to read, or wrote: the office takes no more and no less. */
function readWords(text: string): string {
  if (text.trim().length > 0 && text.length <= WORDS_MAX) return text
  throw new Stop(
    EXIT.unusable,
    `the text has ${text.trim().length === 0 ? 'no words' : `${text.length} characters`}, expected 1 to ${WORDS_MAX} characters`,
  )
}

function collect(one: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), one]
}

const ID = 'Kc9vN2x0RrmJ3p6t1wQ8Zg'
const OUTCOMES = ['lift', 'partly', 'uphold', 'grant'] as const
const WISHES = ['blocked-list', 'opt-out', 'opt-in', 'unblock', 'block'] as const
