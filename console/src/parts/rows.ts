import {
  type InfiniteData,
  type UseInfiniteQueryResult,
  keepPreviousData,
  useInfiniteQuery,
} from '@tanstack/react-query'
import { useMemo } from 'react'

/** The rows of a list that the API gives page by page, and what the table needs to go on. */
export type Rows<Row> = {
  readonly rows: readonly Row[]
  readonly query: Pick<
    UseInfiniteQueryResult<InfiniteData<unknown>>,
    'isPending' | 'isError' | 'error' | 'hasNextPage' | 'isFetchingNextPage' | 'isPlaceholderData'
  > & { readonly fetchNextPage: () => unknown; readonly refetch: () => unknown }
  /** How many pages in a row had nothing on them: a search far back. */
  readonly emptyPages: number
}

/**
 * Reads a list page by page: `key` names it with everything that it depends on, `readPage` asks for the page that begins at
 * `after`, `rowsOf` takes the rows out of one. What was shown stays until the next is there. Of a list longer than
 * `PAGES_READ_AGAIN_MAX` pages nothing is read again by itself: that would be a request a page.
 */
export function useRows<Page extends { readonly after?: string | undefined }, Row>(
  key: readonly unknown[],
  readPage: (after: string | undefined, signal: AbortSignal) => Promise<Page>,
  rowsOf: (page: Page) => readonly Row[],
): Rows<Row> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => readPage(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.after,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: isShort,
    refetchOnMount: isShort,
  })
  const pages = query.data?.pages ?? NO_PAGES
  const lastFull = pages.findLastIndex((page) => rowsOf(page).length > 0)
  const rows = useMemo(() => pages.flatMap((page) => rowsOf(page)), [pages])
  return { rows, query, emptyPages: pages.length - 1 - lastFull }
}

function isShort({
  state: { data },
}: {
  readonly state: { readonly data?: InfiniteData<unknown> | undefined }
}): boolean {
  return (data?.pages.length ?? 0) <= PAGES_READ_AGAIN_MAX
}

const NO_PAGES: readonly never[] = []
/** A list that somebody scrolled further down than this stays as it was read until its filters change. */
const PAGES_READ_AGAIN_MAX = 5
