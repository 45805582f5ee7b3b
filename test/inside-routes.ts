import type { Vetting } from '#core/registry/registry.ts'
import type { InsideRoute } from '#edge/http/accounts/guard.ts'
import { vettingRoutes } from '#edge/http/registry/vetting.ts'

/**
 * The routes of the inside beside those of accounts, on ports that know nothing: what a walk over all of them goes along.
 * A room that adds routes to the inside adds them here.
 */
export function emptyInsideRoutes(): readonly InsideRoute[] {
  return [...vettingRoutes(knowsNothing<Vetting>())]
}

/** A port that has nothing: lists are empty, what is looked for is not there, and nothing can be done with it. */
function knowsNothing<Port extends object>(): Port {
  return new Proxy({} as Port, {
    get: (_, name) => () => Promise.resolve(answerOf(String(name))),
  })
}

function answerOf(name: string): unknown {
  if (LISTS.has(name)) return []
  return LOOK_UPS.has(name) ? undefined : { kind: 'unknown' }
}

const LISTS: ReadonlySet<string> = new Set(['cases', 'list', 'lookUp', 'sources', 'similar', 'blockedList', 'figures'])
const LOOK_UPS: ReadonlySet<string> = new Set(['case', 'registration', 'evidence', 'evidenceFile'])
