import type { Dispute } from '#core/dispute/dispute.ts'
import { type Refusal, type Retest, refuse } from '#edge/http/calling/ports.ts'
import { allowSources, isLoopback } from '#edge/prober/allowed-sources.ts'
import { type CallResult, placeCall } from './place-call.ts'
import { type Target, readTarget } from './call.ts'
import { Stop } from './exit.ts'

/** A call that was placed again from a number of a dispute, and what it showed. */
export type Retested = { readonly from: string; readonly to: string } & CallResult

/**
 * Calls that people inside place to see whether a lift works: from a number of the dispute, to this machine or to where the
 * configuration lets probes go, and nowhere else, whoever asks. A few at a time.
 */
export function createRetest(
  allowed: () => readonly string[],
): (dispute: Dispute, asked: Retest) => Promise<Retested | Refusal> {
  let running = 0
  return async ({ subject }, { via, from = subject.numbers[0], to = subject.calls[0]?.to, passes = [] }) => {
    if (from === undefined || !subject.numbers.includes(from))
      return refuse('bad-field', 'expected a number of this dispute', '/from')
    if (to === undefined)
      return refuse('bad-field', 'expected the number to call: no blocked call is known to place again', '/to')
    const target = await resolved(via)
    if (target === undefined)
      return refuse(
        'bad-field',
        'expected where the call is placed, such as sip:192.0.2.7:5060, by a name that can be resolved',
        '/via',
      )
    const ranges = allowed()
    if (!isLoopback(target.host) && !(ranges.length > 0 && allowSources(ranges)(target.host)))
      return refuse(
        'not-allowed',
        `expected a way on this machine, or at an address of calling.probes.to: ${target.host} is elsewhere, where recourse disputes retest places the call`,
      )
    if (running >= RETESTS_MAX)
      return refuse('busy', `expected fewer than ${RETESTS_MAX} calls at once: wait until one is over`)
    running++
    try {
      return { from, to, ...(await placeCall(target, from, to, passes)) }
    } catch (error) {
      return refuse('conflict', `no call can be placed there: ${(error as Error).message}; nothing was noted`)
    } finally {
      running--
    }
  }
}

async function resolved(via: string): Promise<Target | undefined> {
  try {
    return await readTarget(via)
  } catch (error) {
    if (error instanceof Stop) return undefined
    throw error
  }
}

/** Calls of this kind that are placed at once. */
export const RETESTS_MAX = 4
