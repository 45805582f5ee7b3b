import { Button, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { AnswerOf } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { useAsk } from '../../parts/ask.tsx'
import { Moment } from '../../parts/moment.tsx'
import { useNow } from '../../parts/now.ts'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import classes from './settings.module.css'

/** Tokens, oldest first, each with what it may do and a way to end it. */
export function TokenList({ of, read, end, none }: TokenListProps) {
  const ask = useAsk()
  const client = useQueryClient()
  const now = useNow()
  const { data, isPending, error, refetch } = useQuery({ queryKey: of, queryFn: ({ signal }) => read(signal) })
  if (data === undefined) {
    return <PageState isLoading={isPending} failed={asProblem(error)} again={() => void refetch()} />
  }
  if (data.tokens.length === 0)
    return <PageState empty={{ title: <Outside text={none.title} max={120} />, words: none.words }} />
  return (
    <ul className={classes['tokens']}>
      {data.tokens.map(({ id, name, scopes, until, endedAt, usedAt }) => {
        const isOver = endedAt !== undefined || until <= now
        return (
          <li key={id}>
            <div>
              <Text fw={600} component="span">
                <Outside text={name} max={64} />
              </Text>{' '}
              {isOver && <StatusWord>{endedAt === undefined ? 'Ran out' : 'Ended'}</StatusWord>}
              <Text size="sm" c="dimmed">
                {scopes.join(', ')}; until <Moment at={until} />;{' '}
                {usedAt === undefined ? (
                  'never used'
                ) : (
                  <>
                    used <Moment at={usedAt} as="away" />
                  </>
                )}
              </Text>
            </div>
            {!isOver && (
              <Button
                variant="default"
                size="compact-sm"
                aria-label={`End the token ${name}`}
                onClick={() =>
                  void ask({
                    title: 'End this token?',
                    happens: ['Programs that show it are refused at once. It cannot be taken back.'],
                    act: 'End it',
                    isGrave: true,
                    run: () => end(id),
                  }).then(() => client.invalidateQueries({ queryKey: of }))
                }
              >
                End
              </Button>
            )}
          </li>
        )
      })}
    </ul>
  )
}

type TokenListProps = {
  /** The name of the query. */
  readonly of: readonly string[]
  readonly read: (signal: AbortSignal) => Promise<AnswerOf<'get', '/v1/tokens'>>
  readonly end: (id: string) => Promise<unknown>
  /** Said where there is none. */
  readonly none: { readonly title: string; readonly words?: string }
}
