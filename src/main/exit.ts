/** What a command's end tells a script; the numbers are a public format. */
export const EXIT = {
  /** Done, and nothing found wrong. */
  ok: 0,
  /** Done, and something found: a deviant notice, a ledger that does not verify. */
  found: 1,
  /** The input or the words of the call are unusable. */
  unusable: 2,
  /** Something outside could not be reached or is in use. */
  outside: 3,
  /** Our fault. */
  ours: 70,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Ends a command with one clear line on standard error (what, where, what now) and an exit code. */
export class Stop extends Error {
  readonly exitCode: ExitCode

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Stop'
    this.exitCode = exitCode
  }
}
