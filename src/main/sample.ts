import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import type { Message } from '#codec/sip/message.ts'
import { observe } from '#core/observe/observation.ts'
import { dial } from '#edge/prober/dial.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import { markAsSample } from '#edge/store/sample-mark.ts'
import { openLedger } from '#edge/store/sqlite-ledger.ts'
import type { Config } from '#main/config/config.ts'
import { SAMPLE, createSample } from '#main/config/sample.ts'
import { attemptsUntil } from '#main/sample/observe-calls.ts'
import { NEVER_CALLS, liveADay } from './live-a-day.ts'
import { caseCommands } from './case.ts'
import { readKeys } from './chores.ts'
import { EXIT, Stop } from './exit.ts'
import { loadOrStop, openOrStop } from './load-or-stop.ts'
import { endWithNpx } from './npx.ts'
import { openCases } from './open-cases.ts'
import { registryCommands } from './registry.ts'
import { say } from './say.ts'
import { type Service, startService } from './service.ts'
import { TRY_FROM, TRY_TO, type TryIt, findTryIt } from './try-it.ts'
import { endOfRun, endWith } from './up.ts'
import { whoHolds } from './who-holds.ts'
import { visible } from './words.ts'

/** Adds `recourse sample`: a Recourse of its own with made-up data, in a folder of its own that can be taken out. */
export function sampleCommand(program: Command): void {
  program
    .command('sample')
    .argument('[folder]', 'where it lives; nothing of yours is in it', 'recourse-sample')
    .option('--remove', 'take it out: the folder and all that is in it')
    .description('look at a Recourse with made-up calls, cases and registrations, beside your own')
    .addHelpText('after', '\nExample:\n  $ npx recourse sample\n  $ npx recourse sample --remove')
    .action(async (folder: string, { remove = false }: { remove?: boolean }) => {
      if (remove) return removeSample(folder)
      const isNew = prepare(folder)
      process.chdir(folder)
      endWithNpx()
      const ended = endOfRun()
      const { config } = loadOrStop(FILE, true)
      const url = `sqlite:${config.store.path}`
      if (isNew) {
        say('making a day of calls')
        await openOrStop(() => fill(url, config))
      }
      const service = await startService(config, FILE)
      try {
        if (isNew) await live(service)
      } catch (cause) {
        // Signals wait for a run that does not come any more.
        await service.stop()
        throw cause
      }
      writeFileSync(NOTE, WHOLE)
      say(
        [
          `sample data, none of it real, in ${resolve('.')}`,
          ...service.doors,
          `take it out again: npx recourse sample ${folder === 'recourse-sample' ? '' : `${visible(folder)} `}--remove`,
        ].join('\n'),
      )
      await ended
      await endWith(service)
    })
}

/** Whether the folder was made now; one that was not made to its end is made anew. Throws `Stop` where it holds anything else. */
function prepare(folder: string): boolean {
  const note = noteIn(folder)
  if (note === 'whole') return false
  if (note === undefined && existsSync(folder))
    throw new Stop(EXIT.unusable, `${visible(folder)} is there, and no sample: name a folder that is not there yet`)
  if (note !== undefined) refuseWhileMade(folder, note.by)
  try {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, NOTE), `${BEGUN}${process.pid}\n`)
    writeFileSync(join(folder, FILE), ownPorts(SAMPLE.get(FILE)!))
    createSample(folder)
  } catch (cause) {
    throw new Stop(EXIT.unusable, `${visible(folder)} cannot be written: ${(cause as Error).message}`, { cause })
  }
  return true
}

/** Takes out nothing that the command did not make. */
async function removeSample(folder: string): Promise<void> {
  const note = noteIn(folder)
  if (note === undefined)
    throw new Stop(EXIT.unusable, `there is no sample in ${visible(folder)}, and nothing was removed`)
  if (note !== 'whole') refuseWhileMade(folder, note.by)
  const holder = await whoHolds(resolve(folder, 'recourse.db'))
  if (holder !== undefined)
    throw new Stop(EXIT.unusable, `process ${holder.pid} is at work in ${visible(folder)}: end it first, by Ctrl-C`)
  rmSync(folder, { recursive: true })
  say(`the sample in ${visible(folder)} is gone`)
}

/** What the folder says of itself: a whole sample, or one that a process began to make; undefined for anything else. */
function noteIn(folder: string): 'whole' | { readonly by: number } | undefined {
  try {
    const text = readFileSync(join(folder, NOTE), 'utf8')
    if (text === WHOLE) return 'whole'
    return text.startsWith(BEGUN) ? { by: Number(text.slice(BEGUN.length)) } : undefined
  } catch {
    return undefined
  }
}

function refuseWhileMade(folder: string, by: number): void {
  try {
    process.kill(by, 0)
  } catch {
    return
  }
  throw new Stop(EXIT.unusable, `process ${by} is making ${visible(folder)}: wait for it, or end it first, by Ctrl-C`)
}

/** A day of calls on both sides, in a store that says of itself that it is made up. */
async function fill(url: string, config: Config): Promise<void> {
  markAsSample(url)
  const end = Date.now() - MINUTE_MS
  const ledger = await openLedger(url)
  try {
    await liveADay(ledger, config, readKeys(config), end)
  } finally {
    await ledger.close()
  }
  const monitor = openMonitorStore(url)
  try {
    monitor.take(attemptsUntil(end), [])
  } finally {
    monitor.close()
  }
}

/** What only a running gate and its desk make: calls that are blocked now, cases in several states, a registration. */
async function live({ local, config }: Service): Promise<void> {
  const target = findTryIt(local, config.gate.peers)
  if (target === undefined) throw new Error('the sample has a peer on this machine')
  const receipts: string[] = []
  for (const from of BLOCKED_FROM) {
    const { id } = observe(await placeBlocked(target, from))
    if (id !== undefined) receipts.push(id)
  }
  const ids: string[] = []
  for (const [index, words] of CLAIMS.entries()) {
    const contested = index === 0 ? receipts.slice(0, 2).flatMap((one) => ['--receipt', one]) : []
    const opened = await command(['case', 'open', '--json', '--by', WORKER, ...words, ...contested])
    ids.push((JSON.parse(opened) as { case: string }).case)
  }
  const [, asked, lifted, upheld] = ids
  await command(['case', 'ask', asked!, 'Who dials for you, and since when?', '--by', WORKER])
  const year = new Date(Date.now() + YEAR_MS).toISOString().slice(0, 10)
  const lift = [
    '--reason',
    'The school showed that these calls are its own.',
    '--expires',
    year,
    '--override',
    'known by telephone',
  ]
  await command(['case', 'decide', lifted!, 'lift', ...lift, '--by', WORKER])
  const uphold = [
    '--reason',
    'The number rang 4,000 subscribers within a day.',
    '--evidence',
    'the journal of that day',
  ]
  await command([
    'case',
    'decide',
    upheld!,
    'uphold',
    ...uphold,
    '--next',
    'Register your numbers, then ask again.',
    '--by',
    WORKER,
  ])
  writeFileSync('business.json', JSON.stringify(BUSINESS))
  writeFileSync('business.csv', '+13125550110\n+13125550111\n')
  await command(['registry', 'open', 'business.json', '--numbers', 'business.csv', '--by', WORKER])
}

/** The answer to a call that the sample's policy blocks. A busy machine lets calls go on while its ledger is slow, so it is tried again. */
async function placeBlocked({ host, port, transport, peer }: TryIt, from: string): Promise<Message> {
  const plan = { host, port, transport, displayName: undefined, localAddress: undefined }
  for (let tries = 0; tries < TRIES; tries++) {
    const dialled = await dial({ ...plan, from, to: TRY_TO, timeoutMs: ANSWER_MS })
    if (dialled.kind === 'answered' && dialled.response.status !== peer.continueStatus) return dialled.response
  }
  throw new Stop(EXIT.unusable, `${TRIES} calls from ${from} were not blocked: is the machine very busy? Try again`)
}

/** Does what somebody could type, and answers what it printed. */
async function command(words: readonly string[]): Promise<string> {
  const printed: string[] = []
  const to = { out: (text: string) => void printed.push(text), err: () => undefined }
  const program = new Command().exitOverride()
  caseCommands(program, openCases, to)
  registryCommands(program, to)
  await program.parseAsync(words, { from: 'user' })
  return printed.join('')
}

/** The sample of a configuration, on ports beside those of a first run. */
function ownPorts(text: string): string {
  return PORTS.reduce((changed, [port, own]) => changed.replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${own}`), text)
}

const FILE = 'recourse.yaml'
const NOTE = 'SAMPLE.txt'
const BEGUN = 'Made-up data of recourse sample, not whole yet, made by process '
const WHOLE = 'Made-up data: none of this is real. recourse sample --remove takes it out.\n'
/** Beside those that a first run has. */
const PORTS = [
  [5060, 5070],
  [8080, 8090],
  [8082, 8092],
  [9090, 9099],
] as const
const WORKER = 'sample'
const CLAIMS: readonly (readonly string[])[] = [
  [
    '--name',
    'Ann Rivera',
    '--organisation',
    'Riverside Clinic',
    '--tel',
    '+12125550118',
    '--purpose',
    'We remind patients of their appointments.',
  ],
  [
    '--name',
    'Mia Okafor',
    '--organisation',
    'First River Bank',
    '--tel',
    '+16175550119',
    '--number',
    '+16175550119',
    '--purpose',
    'We warn customers of payments that look wrong.',
  ],
  [
    '--name',
    'Joe Lindgren',
    '--organisation',
    'Lakeside School District',
    '--tel',
    '+13125550120',
    '--number',
    '+13125550120',
    '--purpose',
    'We tell parents when a school closes for snow.',
  ],
  [
    '--name',
    'Tom Haas',
    '--organisation',
    'Harbor Dental',
    '--tel',
    '+14155550121',
    '--number',
    '+14155550121',
    '--purpose',
    'We call back who left a message.',
  ],
]
const BUSINESS = {
  legalName: 'Lakeside School District',
  contact: 'Joe Lindgren',
  email: 'joe@lakeside.example',
  tel: '+13125550110',
  site: 'https://lakeside.example',
  purpose: 'We tell parents when a school closes for snow.',
  callsPerDay: '400',
  provider: 'Midline',
}
const MINUTE_MS = 60_000
const YEAR_MS = 365 * 86_400_000
const ANSWER_MS = 8_000
const TRIES = 5
/** Callers whom the sample's policy blocks: the first with a receipt, the last without. */
const BLOCKED_FROM = [TRY_FROM, TRY_FROM, NEVER_CALLS]
