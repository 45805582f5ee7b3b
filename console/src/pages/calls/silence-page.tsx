import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type AnswerOf, get } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, csvOf, jsonOf } from '../../parts/export-menu.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { Party } from './call-columns.tsx'
import { CallsNav } from './calls-nav.tsx'
import { countedShare, many } from './calls-words.ts'

/** Blocks that nobody tells: shares of busy or cut-off calls that rose beyond chance, with their figures. */
export function SilencePage() {
  const { data, error, refetch } = useQuery({
    queryKey: ['calling', 'silence'],
    queryFn: ({ signal }) => get('/v1/calling/silence', { signal }),
    staleTime: 60_000,
  })
  const rows = useRows(
    ['calling', 'silence-rows', data?.at],
    async () => ({ findings: data?.findings ?? [], after: undefined }),
    (page: { readonly findings: readonly Row[]; readonly after?: string | undefined }) => page.findings,
  )
  return (
    <Page
      title="Suspected silence"
      words="A share of busy, unavailable or cut-off calls that rose beyond chance may be a block that nobody tells. It is a suspicion, never a fact."
      acts={
        data && (
          <ExportMenu
            ways={[
              { label: 'CSV', name: 'silence.csv', make: async () => csvOf(data.findings, CELLS) },
              { label: 'JSON', name: 'silence.json', make: async () => jsonOf(data) },
            ]}
          />
        )
      }
    >
      <CallsNav />
      {data === undefined ? (
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      ) : (
        <>
          <Text mb="md">
            {data.suspected === 0
              ? `Nothing is suspected among ${many(data.looked, 'pair')} of carrier and number`
              : `${many(data.suspected, 'pair')} of carrier and number ${data.suspected === 1 ? 'is' : 'are'} suspected, of ${data.looked.toLocaleString('en')}`}
            {data.thin > 0 && `; ${data.thin.toLocaleString('en')} have too few calls to say`}. Looked{' '}
            <Moment at={data.at} as="away" />.
          </Text>
          <DataTable
            label="Suspected silence"
            columns={COLUMNS}
            of={rows}
            keyOf={({ carrier, number }) => `${carrier} ${number}`}
            empty={{
              title: 'Nothing to compare yet',
              words: 'A pair is looked at with 30 calls in the last day and 100 over three days before.',
            }}
          />
        </>
      )}
    </Page>
  )
}

type Row = AnswerOf<'get', '/v1/calling/silence'>['findings'][number]

const SIGNS = {
  busy: 'Busy (486)',
  unavailable: 'Unavailable (480)',
  overload: 'Overload (503)',
  shortRing: 'Cut off while ringing',
} as const
const CELLS: readonly (readonly [string, (row: Row) => string | undefined])[] = [
  ['carrier', ({ carrier }) => carrier],
  ['number', ({ number }) => number],
  ['kind', ({ kind }) => kind],
  ['sign', ({ sign }) => sign],
  ['recent_hits', ({ recent }) => String(recent.hits)],
  ['recent_of', ({ recent }) => String(recent.of)],
  ['baseline_hits', ({ baseline }) => String(baseline.hits)],
  ['baseline_of', ({ baseline }) => String(baseline.of)],
  ['p', ({ p }) => String(p)],
  ['q', ({ q }) => String(q)],
  ['test', ({ test }) => test],
  ['spread', ({ spread }) => String(spread)],
]

const COLUMNS: readonly Column<Row>[] = [
  { id: 'number', head: 'Number', width: '10rem', narrow: 'lead', cell: ({ number }) => <Party of={number} /> },
  {
    id: 'carrier',
    head: 'Carrier',
    width: 'minmax(7rem, 1fr)',
    narrow: 'line',
    cell: ({ carrier }) => <Outside text={carrier === '' ? 'Not known' : carrier} max={80} />,
  },
  { id: 'sign', head: 'Sign', width: '8.5rem', narrow: 'line', cell: ({ sign }) => SIGNS[sign] },
  {
    id: 'recent',
    head: 'Last day',
    width: '9.5rem',
    align: 'end',
    narrow: 'line',
    cell: ({ recent }) => countedShare(recent),
  },
  {
    id: 'baseline',
    head: 'Before',
    width: '9.5rem',
    isWide: true,
    align: 'end',
    narrow: 'line',
    cell: ({ baseline }) => countedShare(baseline),
  },
  {
    id: 'q',
    head: 'Chance',
    width: '6rem',
    isWide: true,
    align: 'end',
    narrow: 'hide',
    cell: ({ q }) => (q < 0.001 ? '< 0.001' : q.toFixed(3)),
  },
  {
    id: 'kind',
    head: 'Finding',
    width: '7rem',
    narrow: 'beside',
    cell: ({ kind }) =>
      kind === 'suspected' ? <StatusWord tone="wait">Suspected</StatusWord> : <StatusWord>As ever</StatusWord>,
  },
]
