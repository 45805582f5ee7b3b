import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/**
 * Has each thread of a process, and what it starts later, go before the machine's other work, which would be measured otherwise;
 * false where that is not allowed: only root may.
 */
export function putFirst(pid: number): boolean {
  try {
    // Where the system shares its time among sessions first, it is the session that counts.
    const session = `/proc/${pid}/autogroup`
    if (existsSync(session)) writeFileSync(session, String(FIRST))
    for (const task of readdirSync(`/proc/${pid}/task`)) setPriority(Number(task), FIRST)
    return true
  } catch {
    return false
  }
}

const FIRST = -15
