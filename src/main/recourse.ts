import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { EXIT, Stop } from './exit.ts'
import { visible } from './words.ts'

watchOutputs()

/** The command line: one verb, one module. `docs/run.md` shows each at work. */
const program = new Command('recourse')
  .description(
    'SIP call-blocking notification and redress: screen calls, tell callers honestly, and read what networks answer',
  )
  .version(version(), '-V, --version', 'say which version this is')
  .configureOutput({ outputError: (text, write) => write(`recourse: ${tellMisuse(text)}\n`) })
  .exitOverride()

await addVerbs()

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
}

/** Loads the verb that was typed and no other: loading all of them takes longer than most of them run. */
async function addVerbs(): Promise<void> {
  const verbs: Readonly<Record<string, () => Promise<void>>> = {
    up: async () => (await import('./up.ts')).upCommand(program),
    sample: async () => (await import('./sample.ts')).sampleCommand(program),
    call: async () => (await import('./call.ts')).callCommand(program),
    answer: async () => (await import('./answer.ts')).answerCommand(program),
    probe: async () => (await import('./probe.ts')).probeCommand(program),
    explain: async () => (await import('./explain.ts')).explainCommand(program),
    lint: async () => {
      const { readMessages } = await import('./capture-messages.ts')
      ;(await import('./lint.ts')).lintCommand(program, readMessages)
    },
    card: async () => (await import('./card.ts')).cardCommands(program),
    ledger: async () => {
      const { checkpointsFile, storeUrl } = await import('./config-command.ts')
      ;(await import('./ledger.ts')).ledgerCommands(program, storeUrl, checkpointsFile)
    },
    journal: async () => {
      const { storeUrl } = await import('./config-command.ts')
      ;(await import('./journal.ts')).journalCommand(program, storeUrl)
    },
    monitor: async () => (await import('./monitor.ts')).monitorCommand(program),
    replay: async () => (await import('./replay.ts')).replayCommand(program),
    policy: async () => (await import('./policy.ts')).policyCommands(program),
    list: async () => (await import('./list.ts')).listCommands(program),
    audit: async () => (await import('./audit.ts')).auditCommands(program),
    case: async () => {
      const { openCases } = await import('./open-cases.ts')
      ;(await import('./case.ts')).caseCommands(program, openCases)
    },
    account: async () => (await import('./account.ts')).accountCommands(program),
    peer: async () => (await import('./peer.ts')).peerCommands(program),
    registry: async () => (await import('./registry.ts')).registryCommands(program),
    observations: async () => (await import('./observations.ts')).observationCommands(program),
    groups: async () => (await import('./groups.ts')).groupCommands(program),
    directory: async () => (await import('./directory.ts')).directoryCommands(program),
    disputes: async () => (await import('./disputes.ts')).disputeCommands(program),
    config: async () => (await import('./config-command.ts')).configCommand(program),
  }
  const typed = process.argv[2] ?? ''
  const named = Object.hasOwn(verbs, typed) ? [typed] : Object.keys(verbs)
  for (const name of named) await verbs[name]!()
}

/** One clear line for what the user can mend; the whole story for what only we can. */
function report(error: unknown): number {
  if (error instanceof Stop) {
    const [first, ...more] = error.message.split('\n').map(visible)
    process.stderr.write(`recourse: ${[first, ...more].join('\n')}\n`)
    return error.exitCode
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.unusable
  process.stderr.write(
    `recourse: this is a fault of the program, please report it\n${error instanceof Error ? error.stack : String(error)}\n`,
  )
  return EXIT.ours
}

/** What commander says in two lines or more, in one, with the way to the right words. */
function tellMisuse(text: string): string {
  const [first = '', hint = ''] = text
    .replace(/^error: /, '')
    .trim()
    .split('\n')
  return `${visible(first)}${hint === '' ? '' : ` ${visible(hint)}`}; recourse --help shows the words`
}

/** A reader that has seen enough (`| head`) is no fault; a disk that takes no more output is one of the world outside. */
function watchOutputs(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok)
    process.stderr.write(`recourse: standard output takes no more: ${error.message}\n`)
    process.exit(EXIT.outside)
  })
  // Nobody is left to be told.
  process.stderr.on('error', () => undefined)
  process.on('uncaughtException', (error) => process.exit(report(error)))
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
