import { STATUS } from '#codec/sip/status.ts'
import { isNetworkBlocked } from './read.ts'
import type { ReasonValue } from './reason-value.ts'

/**
 * Tells whether FreeSWITCH would take a response for a 603+: status 603, the phrase without case, and the text of the
 * first Reason value beginning with `"v=analytics1;` before anything is unescaped. It looks at nothing else.
 *
 * Undefined where that text never closes its quote, since what a parser makes of it then is anyone's guess.
 */
export function freeswitchDetects(
  status: number,
  phrase: string,
  reasons: readonly ReasonValue[],
): boolean | undefined {
  if (status !== STATUS.networkBlocked.status || !isNetworkBlocked(phrase)) return false
  const first = reasons[0]
  return first === undefined ? false : first.plainStart
}
