import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { callCommand } from './call.ts'
import { readMessages } from './capture-messages.ts'
import { configCommand, storeUrl } from './config-command.ts'
import { EXIT, Stop } from './exit.ts'
import { explainCommand } from './explain.ts'
import { ledgerCommands } from './ledger.ts'
import { lintCommand } from './lint.ts'
import { upCommand } from './up.ts'
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

upCommand(program)
callCommand(program)
explainCommand(program)
lintCommand(program, readMessages)
ledgerCommands(program, storeUrl)
configCommand(program)

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = report(error)
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
