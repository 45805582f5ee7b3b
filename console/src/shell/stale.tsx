import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import { Moment } from '../parts/moment.tsx'
import classes from './shell.module.css'

/** Says so where something on the page is older than it should be, because it could not be read again. */
export function Stale() {
  const queries = useQueryClient()
  const since = useSyncExternalStore(
    (tell) => queries.getQueryCache().subscribe(tell),
    () => staleSince(queries),
  )
  if (since === undefined) return undefined
  return (
    <p className={classes['note']} data-tone="wait" role="status">
      What stands here is as of <Moment at={since} />: it could not be read again.
    </p>
  )
}

/** When the oldest of what is shown was read, of that which was read in vain since; undefined where all of it is fresh. */
function staleSince(queries: QueryClient): number | undefined {
  const times = queries
    .getQueryCache()
    .getAll()
    .filter((query) => query.isActive() && query.state.data !== undefined)
    .filter(({ state }) => state.error !== null || state.fetchStatus === 'paused')
    .map(({ state }) => state.dataUpdatedAt)
  return times.length === 0 ? undefined : Math.min(...times)
}
