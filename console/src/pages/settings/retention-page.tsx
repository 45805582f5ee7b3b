import { Code, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type AnswerOf, get } from '../../client.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, csvOf, jsonOf } from '../../parts/export-menu.tsx'
import { formatLength } from '../../parts/moment-words.ts'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import type { Rows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { KEPT_WORDS } from './retention-words.ts'
import { SettingsFrame } from './settings-frame.tsx'

/** What is kept, for how long, and what goes next. */
export function RetentionPage() {
  const { data, ...query } = useQuery({
    queryKey: ['retention'],
    queryFn: ({ signal }) => get('/v1/retention', { signal }),
    refetchInterval: ({ state }) => (state.data?.isCounting === true ? 500 : 30_000),
  })
  const rows: Rows<Kept> = {
    rows: data?.kinds ?? [],
    query: { ...query, ...ONE_PAGE },
    emptyPages: 0,
  }
  const read = async () => (await get('/v1/retention')).kinds
  return (
    <SettingsFrame
      title="Retention"
      words="What is kept and for how long. Periods are set in the configuration; what is past its time goes with the next sweep, by itself."
      acts={
        <ExportMenu
          ways={[
            { label: 'CSV', name: 'retention.csv', make: async () => csvOf(await read(), CELLS) },
            { label: 'JSON', name: 'retention.json', make: async () => jsonOf(await read()) },
          ]}
        />
      }
    >
      <DataTable
        label="Retention"
        columns={COLUMNS}
        of={rows}
        keyOf={({ kind }) => kind}
        empty={{ title: 'Nothing is kept' }}
      />
      {data !== undefined && (
        <Text size="sm" c="dimmed" mt="sm" role="status">
          {data.fault === undefined ? (
            data.countedAt === undefined ? (
              'Rows are being counted.'
            ) : (
              <>
                Counted <Moment at={data.countedAt} as="both" />. What somebody asks to have erased goes at once: guide{' '}
                <Code>docs/ledger.md</Code>, section Erase from it.
              </>
            )
          ) : (
            <>
              Rows could not be counted: <Outside text={data.fault} max={300} />
            </>
          )}
        </Text>
      )}
    </SettingsFrame>
  )
}

type Kept = AnswerOf<'get', '/v1/retention'>['kinds'][number]

function labelOf(kind: string): string {
  return KEPT_WORDS.get(kind)?.label ?? kind
}

function NextCell({ kept }: { readonly kept: Kept }) {
  const { keepMs, due, next, sweepMs, kind } = kept
  if (kind === 'evidence') return 'With its case or registration'
  if (keepMs === undefined) return kept.key === undefined ? 'Never' : 'Nothing is watched'
  const often = sweepMs === undefined ? '' : `; looked at ${SWEEPS.get(sweepMs) ?? `every ${formatLength(sweepMs)}`}`
  if (due !== undefined && due > 0)
    return (
      <>
        <StatusWord tone="wait">{due.toLocaleString('en')} with the next sweep</StatusWord>
        {often}
      </>
    )
  return next === undefined ? (
    `Nothing yet${often}`
  ) : (
    <>
      <Moment at={next} />
      {often}
    </>
  )
}

const COLUMNS: readonly Column<Kept>[] = [
  {
    id: 'kind',
    head: 'What',
    width: 'minmax(13rem, 1.8fr)',
    narrow: 'lead',
    cell: ({ kind }) => (
      <>
        <Text inherit fw={600}>
          {labelOf(kind)}
        </Text>
        <Text inherit fw={400} c="dimmed" size="xs">
          {KEPT_WORDS.get(kind)?.words}
        </Text>
      </>
    ),
  },
  {
    id: 'period',
    head: 'Kept for',
    width: 'minmax(8rem, 0.9fr)',
    narrow: 'line',
    cell: ({ keepMs, key }) => (
      <>
        {keepMs === undefined ? (key === undefined ? 'For good' : 'As long as says') : formatLength(keepMs)}{' '}
        {key !== undefined && <Code>{key}</Code>}
      </>
    ),
  },
  {
    id: 'held',
    head: 'Held',
    width: '6.5rem',
    align: 'end',
    narrow: 'line',
    cell: ({ held }) => (held === undefined ? '…' : held.toLocaleString('en')),
  },
  {
    id: 'oldest',
    head: 'Oldest',
    width: 'minmax(6rem, 0.8fr)',
    narrow: 'line',
    cell: ({ oldest }) => (oldest === undefined ? '–' : <Moment at={oldest} />),
  },
  {
    id: 'next',
    head: 'Goes next',
    width: 'minmax(8rem, 1.2fr)',
    narrow: 'line',
    cell: (kept) => <NextCell kept={kept} />,
  },
]
const CELLS: readonly (readonly [head: string, cell: (kept: Kept) => string | undefined])[] = [
  ['kind', ({ kind }) => kind],
  ['key', ({ key }) => key],
  ['keep_days', ({ keepMs }) => (keepMs === undefined ? undefined : String(keepMs / 86_400_000))],
  ['held', ({ held }) => (held === undefined ? undefined : String(held))],
  ['oldest', ({ oldest }) => oldest],
  ['due', ({ due }) => (due === undefined ? undefined : String(due))],
  ['next', ({ next }) => next],
]
/** Everything is on one page. */
const ONE_PAGE = {
  hasNextPage: false,
  isFetchingNextPage: false,
  isPlaceholderData: false,
  fetchNextPage: () => undefined,
} as const
const SWEEPS: ReadonlyMap<number, string> = new Map([
  [86_400_000, 'once a day'],
  [3_600_000, 'every hour'],
  [600_000, 'every 10 minutes'],
])
