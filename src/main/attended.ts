import { isatty } from 'node:tty'

/** Whether a terminal started this: when it is closed it sends SIGHUP, and no gate must be left behind it. */
export function isAttended(): boolean {
  return isatty(STANDARD_INPUT)
}

/** Asked of the system, so that threads know it too: their `process.stdin` is none. */
const STANDARD_INPUT = 0
