import { userInfo } from 'node:os'
import type { Actor } from '#edge/store/audit.ts'
import { EXIT, Stop } from './exit.ts'
import { visible } from './words.ts'

/** Who gives this command: the name said by `--by`, else that of the account. Throws `Stop` for a name that is none. */
export function actorOf(by: string | undefined): Actor {
  const account = accountName()
  if (by === undefined) return { name: account, account }
  if (by.trim() === by && by.length > 0 && by.length <= NAME_MAX && visible(by) === by) return { name: by, account }
  throw new Stop(
    EXIT.unusable,
    `--by ${visible(by)}: write a name of up to ${NAME_MAX} characters, like --by "Ann Lee"`,
  )
}

/** What a gate does by itself is done by this one. */
export function gateActor(): Actor {
  return { name: 'gate', account: accountName() }
}

function accountName(): string {
  try {
    return userInfo().username
  } catch {
    // An account without an entry in the system's table, as containers have them.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

const NAME_MAX = 64
