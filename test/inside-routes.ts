import type { Office } from '#core/redress/office.ts'
import type { Vetting } from '#core/registry/registry.ts'
import type { InsideRoute } from '#edge/http/accounts/guard.ts'
import { caseRoutes } from '#edge/http/office/case-routes.ts'
import { exportRoutes } from '#edge/http/office/export-routes.ts'
import { mailRoutes } from '#edge/http/office/mail-routes.ts'
import { vettingRoutes } from '#edge/http/registry/vetting.ts'

/**
 * The routes of the inside beside those of accounts, on ports that know nothing: what a walk over all of them goes along.
 * A room that adds routes to the inside adds them here.
 */
export function emptyInsideRoutes(): readonly InsideRoute[] {
  const office = knowsNothing()
  const now = (): number => 0
  const blocks = () => Promise.resolve({ blocks: [], after: undefined })
  return [
    ...vettingRoutes(knowsNothing()),
    ...caseRoutes({ office, now }),
    ...exportRoutes({ office, blocks, operator: 'Northwire', now }),
    ...mailRoutes(() => Promise.resolve('unknown')),
  ]
}

/** A port that has nothing: lists are empty, what is looked for is not there, and nothing can be done with it. */
function knowsNothing(): Office & Vetting {
  return new Proxy({} as Office & Vetting, {
    get: (_, name) => () => Promise.resolve(answerOf(String(name))),
  })
}

function answerOf(name: string): unknown {
  if (name === 'cases') return { cases: [], after: undefined }
  if (LISTS.has(name)) return []
  return LOOK_UPS.has(name) ? undefined : { kind: 'unknown' }
}

const LISTS: ReadonlySet<string> = new Set(['list', 'lookUp', 'sources', 'similar', 'blockedList', 'figures'])
const LOOK_UPS: ReadonlySet<string> = new Set(['case', 'registration', 'evidence', 'evidenceFile'])
