import { Box, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type AnswerOf, download, get } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Figure, Figures } from '../../parts/figure.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { CallsNav } from './calls-nav.tsx'
import classes from './calls-nav.module.css'
import { STATE_TONES, STATE_WORDS, many, shareWords } from './calls-words.ts'

/** Which of my numbers are blocked, by whom, since when, what share: the answer in the first line. */
export function CallsPage() {
  const { data, error, refetch } = useQuery({
    queryKey: ['calling', 'summary'],
    queryFn: ({ signal }) => get('/v1/calling/summary', { signal }),
    refetchInterval: 30_000,
  })
  const rows = useRows(
    ['calling', 'blocked-numbers', data?.at],
    async (_, signal) => ({
      numbers: (data ?? (await get('/v1/calling/summary', { signal }))).numbers,
      after: undefined,
    }),
    (page: { readonly numbers: readonly Row[]; readonly after?: string | undefined }) => page.numbers,
  )
  if (data === undefined)
    return (
      <Page title="My calls">
        <CallsNav />
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      </Page>
    )
  const { words, numbers, numberCount, disputes, states, sources, isEmpty } = data
  const count = (state: string) => states.find((one) => one.state === state)?.groups ?? 0
  const [first] = numbers
  return (
    <Page
      title="My calls"
      acts={
        <ExportMenu
          ways={[
            {
              label: 'CSV',
              name: 'blocked-numbers.csv',
              make: () => download('/v1/calling/summary', { type: 'text/csv' }),
            },
            { label: 'JSON', name: 'blocked-numbers.json', make: async () => jsonOf(data) },
          ]}
        />
      }
    >
      <p className={classes['verdict']} data-tone={data.needsSomebody ? 'bad' : undefined} role="status">
        {words}
        {first !== undefined && (
          <>
            {' '}
            Most often <PhoneNumber of={first.number} />, since <Moment at={first.since} />: {shareWords(first.recent)}{' '}
            in the last day.
          </>
        )}
      </p>
      <CallsNav />
      {isEmpty ? (
        <PageState
          empty={{
            title: 'How they come to be seen',
            words: (
              <>
                Point <code>recourse monitor</code> at a capture, have your switch send copies of its calls (
                <code>monitor.hep</code>), or hand in records of calls.
              </>
            ),
          }}
        />
      ) : (
        <>
          <Box mb="lg">
            <Figures>
              <Figure value={numberCount} words="Numbers blocked" note={many(data.blockers, 'network')} />
              <Figure
                value={count('regressed')}
                words="Blocks came back"
                {...(count('regressed') > 0 && { tone: 'bad' as const })}
                to="/calls/groups?state=regressed"
              />
              <Figure
                value={count('escalating')}
                words="Blocks rising"
                {...(count('escalating') > 0 && { tone: 'wait' as const })}
                to="/calls/groups?state=escalating"
              />
              <Figure value={count('new')} words="New blocks" to="/calls/groups?state=new" />
              <Figure
                value={disputes.open}
                words="Disputes open"
                note={disputes.overdue > 0 ? `${disputes.overdue} overdue` : `${disputes.ours} wait for you`}
                {...(disputes.overdue > 0 ? { tone: 'bad' as const } : {})}
                to={disputes.overdue > 0 ? '/calls/disputes?overdue=true' : '/calls/disputes'}
              />
            </Figures>
          </Box>
          <DataTable
            label="Blocked numbers"
            columns={COLUMNS}
            of={rows}
            keyOf={({ number }) => number}
            to={({ number, by }) =>
              by.length === 1 ? `/calls/groups/${by[0]!.group}` : `/calls/groups?number=${encodeURIComponent(number)}`
            }
            empty={{
              title: 'None of your numbers is known to be blocked',
              words: 'What is resolved or ignored stands under Groups.',
            }}
          />
          {numberCount > numbers.length && (
            <Text c="dimmed" mt="xs" size="sm">
              {`The ${numbers.length} numbers with the most refused calls, of ${numberCount.toLocaleString('en')}. Groups has all of them.`}
            </Text>
          )}
          <Text c="dimmed" mt="lg" size="sm">
            {sources.length === 0 ? 'No source of calls is being read.' : 'Read from '}
            {sources.slice(0, 4).map(({ source, at }, index) => (
              <span key={source}>
                {index > 0 && ', '}
                <Outside text={source} max={80} /> (<Moment at={at} as="away" />)
              </span>
            ))}
            {sources.length > 4 && ` and ${sources.length - 4} more`}
          </Text>
        </>
      )}
    </Page>
  )
}

type Row = AnswerOf<'get', '/v1/calling/summary'>['numbers'][number]

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'number',
    head: 'Number',
    width: '10rem',
    narrow: 'lead',
    cell: ({ number }) => <PhoneNumber of={number} />,
  },
  {
    id: 'by',
    head: 'Blocked by',
    width: 'minmax(11rem, 2fr)',
    narrow: 'line',
    cell: ({ by }) => (
      <>
        <Outside text={by[0]?.blocker === '' ? 'Not known' : (by[0]?.blocker ?? 'Not known')} max={80} />
        {by.length > 1 && (
          <Text span inherit c="dimmed">
            {` and ${by.length - 1} more`}
          </Text>
        )}
      </>
    ),
  },
  {
    id: 'since',
    head: 'Since',
    width: '9rem',
    isWide: true,
    narrow: 'line',
    cell: ({ since }) => <Moment at={since} />,
  },
  {
    id: 'share',
    head: 'Refused, last day',
    width: '8rem',
    align: 'end',
    narrow: 'line',
    cell: ({ recent }) => shareWords(recent),
  },
  {
    id: 'calls',
    head: 'In all',
    width: '5rem',
    isWide: true,
    align: 'end',
    narrow: 'hide',
    cell: ({ calls }) => calls.toLocaleString('en'),
  },
  {
    id: 'state',
    head: 'State',
    width: '7rem',
    narrow: 'beside',
    cell: ({ by }) => {
      const state = by[0]?.state
      return state === undefined ? undefined : <StatusWord tone={STATE_TONES[state]}>{STATE_WORDS[state]}</StatusWord>
    },
  },
]
