import { Problem } from '../client.ts'

/** Whatever was thrown as a problem that can be shown; undefined where nothing was. */
export function asProblem(error: unknown): Problem | undefined {
  if (error === undefined || error === null) return undefined
  if (error instanceof Problem) return error
  const detail = error instanceof Error ? error.message : 'Something here is wrong, and it is not your doing.'
  return new Problem({ kind: 'fault', status: 0, title: 'This page failed', detail }, error)
}
