import { Command, CommanderError } from 'commander'
import { callCommand } from './call.ts'
import { explainCommand } from './explain.ts'
import { EXIT, Stop } from './exit.ts'
import { ledgerCommands } from './ledger.ts'
import { lintCommand } from './lint.ts'
import { upCommand } from './up.ts'
import { configCommand, storeUrl } from './config-command.ts'

/** The command line: one verb, one module. `docs/run.md` shows each at work. */
const program = new Command('recourse')
  .description(
    'SIP call-blocking notification and redress: screen calls, tell callers honestly, and read what networks answer',
  )
  .showHelpAfterError('(recourse --help lists the commands)')
  .exitOverride()

upCommand(program)
callCommand(program)
explainCommand(program)
lintCommand(program)
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
    process.stderr.write(`recourse: ${error.message}\n`)
    return error.exitCode
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.unusable
  process.stderr.write(
    `recourse: this is a fault of the program, please report it\n${error instanceof Error ? error.stack : String(error)}\n`,
  )
  return EXIT.ours
}

// A reader that has seen enough (`| head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
  throw error
})
