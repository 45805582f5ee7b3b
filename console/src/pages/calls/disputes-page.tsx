import { Text } from '@mantine/core'
import { type AnswerOf, download, get } from '../../client.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, type OnCut, jsonOf, readAll } from '../../parts/export-menu.tsx'
import { FilterBar, FilterChoice, FilterText, useFilters } from '../../parts/filters.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { Page } from '../../parts/page.tsx'
import { PhoneNumbers } from '../../parts/phone-number.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { CallsNav } from './calls-nav.tsx'
import { DISPUTE_TONES, DISPUTE_WORDS, dueWords } from './calls-words.ts'

/** Disputes with those who block, what is due first. */
export function DisputesPage() {
  const filters = useFilters()
  const query = Object.fromEntries(FILTERS.map((name) => [name, filters.get(name)]))
  const rows = useRows(
    ['calling', 'disputes', query],
    (after, signal) => get('/v1/calling/disputes', { query: { ...query, after }, signal }),
    (page) => page.disputes,
  )
  const everything = (onCut: OnCut) =>
    readAll(
      (after) => get('/v1/calling/disputes', { query: { ...query, after, limit: '100' } }),
      (page) => page.disputes,
      onCut,
    )
  return (
    <Page
      title="Disputes"
      words="What is due first comes first, on your side or theirs. A new one is opened from a group of blocks."
      acts={
        <ExportMenu
          ways={[
            {
              label: 'CSV',
              name: 'disputes.csv',
              make: () => download('/v1/calling/disputes', { query, type: 'text/csv' }),
            },
            {
              label: 'JSON',
              name: 'disputes.json',
              make: async (onCut) => jsonOf({ disputes: await everything(onCut) }),
            },
          ]}
        />
      }
    >
      <CallsNav />
      <FilterBar names={FILTERS}>
        <FilterText name="number" label="Your number" placeholder="+12125550117" width="11rem" />
        <FilterText name="blocker" label="Blocker" placeholder="redress.example" />
        <FilterChoice name="status" label="Status" options={STATUSES} />
        <FilterChoice name="overdue" label="Time" options={TIMES} width="9rem" />
        <FilterChoice name="open" label="Show" options={SHOWN} width="9rem" />
      </FilterBar>
      <DataTable
        label="Disputes"
        columns={COLUMNS}
        of={rows}
        keyOf={({ id }) => id}
        to={({ id }) => `/calls/disputes/${id}`}
        empty={
          FILTERS.some((name) => filters.get(name) !== undefined)
            ? { title: 'No dispute is like that', words: 'Clear a filter, or look among those that are settled.' }
            : { title: 'No dispute is open', words: 'Open one from a group of blocks.' }
        }
      />
    </Page>
  )
}

type Row = AnswerOf<'get', '/v1/calling/disputes'>['disputes'][number]

const FILTERS = ['number', 'blocker', 'status', 'overdue', 'open']
const STATUSES = [['', 'Any'], ...Object.entries(DISPUTE_WORDS)] as const
const TIMES = [
  ['', 'Any'],
  ['true', 'Overdue'],
] as const
const SHOWN = [
  ['', 'Open ones'],
  ['false', 'All'],
] as const

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'due',
    head: 'Due',
    width: '12rem',
    narrow: 'line',
    cell: ({ due, isOverdue }) =>
      due === undefined ? (
        <Text span inherit c="dimmed">
          Nothing due
        </Text>
      ) : (
        <Text span inherit c={isOverdue ? 'var(--console-bad)' : 'inherit'} fw={isOverdue ? 600 : 400}>
          {dueWords(due)} <Moment at={due.at} as="away" />
        </Text>
      ),
  },
  {
    id: 'blocker',
    head: 'With',
    width: 'minmax(11rem, 2fr)',
    narrow: 'lead',
    cell: ({ blocker }) => <Outside text={blocker === '' ? 'Not known' : blocker} max={80} />,
  },
  {
    id: 'numbers',
    head: 'Your numbers',
    width: 'minmax(10rem, 1.2fr)',
    isWide: true,
    narrow: 'line',
    cell: ({ numbers, numberCount }) => <PhoneNumbers first={numbers[0]} count={numberCount} />,
  },
  {
    id: 'status',
    head: 'Status',
    width: '9rem',
    narrow: 'beside',
    cell: ({ status }) => <StatusWord tone={DISPUTE_TONES[status]}>{DISPUTE_WORDS[status]}</StatusWord>,
  },
  {
    id: 'opened',
    head: 'Opened',
    width: '8rem',
    isWide: true,
    align: 'end',
    narrow: 'hide',
    cell: ({ openedAt }) => <Moment at={openedAt} as="away" />,
  },
]
