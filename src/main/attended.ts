/** Whether a terminal started this: when it is closed it sends SIGHUP, and no gate must be left behind it. */
export function isAttended(): boolean {
  return process.stdin.isTTY
}
