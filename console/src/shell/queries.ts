import { QueryClient } from '@tanstack/react-query'
import { Problem } from '../client.ts'

/** What pages know of the server: kept fresh for a while, asked again when a window is looked at again. */
export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: FRESH_MS,
        networkMode: 'always',
        // What was refused stays refused; what did not get through may the next time.
        retry: (failures, error) => failures < RETRIES && error instanceof Problem && error.status >= 502,
      },
      mutations: { networkMode: 'always' },
    },
  })
}

const FRESH_MS = 10_000
const RETRIES = 2
