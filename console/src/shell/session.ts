import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import type { Permission } from '#core/account/permission.ts'
import { type AnswerOf, get } from '../client.ts'
import { typeAs } from '../parts/typed.ts'

/** Who is signed in, and what she may do. */
export type Session = AnswerOf<'get', '/v1/session'>

/** The session as a query, for the shell, which waits for it. */
export function useSessionQuery(): UseQueryResult<Session> {
  return useQuery({
    queryKey: ['session'],
    queryFn: async ({ signal }) => {
      const session = await get('/v1/session', { signal })
      typeAs(session.account)
      return session
    },
    staleTime: 60_000,
  })
}

/** Who looks at the page. Inside a page there always is somebody. */
export function useSession(): Session {
  const { data } = useSessionQuery()
  if (data === undefined) throw new Error('a page was shown before the session was known')
  return data
}

/** Whether a permission is had; undefined asks for none. */
export function isAllowed(session: Session, permission: Permission | undefined): boolean {
  return permission === undefined || session.permissions.includes(permission)
}

/** Whether she who looks may do something that changes things: `useMay('cases.decide')`. */
export function useMay(permission: Permission): boolean {
  return isAllowed(useSession(), permission)
}
