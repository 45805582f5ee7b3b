import { Button, Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { AnswerOf } from '../../client.ts'
import { get } from '../../client.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, type ExportWay, type OnCut, csvOf, jsonOf, readAll } from '../../parts/export-menu.tsx'
import { FilterBar, FilterChoice, FilterText, useFilters } from '../../parts/filters.tsx'
import { Moment } from '../../parts/moment.tsx'
import { useNow } from '../../parts/now.ts'
import { Outside } from '../../parts/outside.tsx'
import { Page } from '../../parts/page.tsx'
import { PhoneNumbers } from '../../parts/phone-number.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { useMay, useSession } from '../../shell/session.ts'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { DUE_WORDS, STATUS_TONES, STATUS_WORDS, countOf } from './case-words.ts'

/** The queue: what is due first comes first. */
export function CasesPage() {
  const filters = useFilters()
  const order = filters.get('order') ?? 'due'
  const { name: me } = useSession()
  const mayDecide = useMay('cases.decide')
  const navigate = useNavigate()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const query = {
    text: filters.get('text'),
    number: filters.get('number'),
    status: filters.get('status'),
    open:
      filters.get('open') === 'all' || filters.get('status') !== undefined
        ? undefined
        : (filters.get('open') ?? 'true'),
    overdue: filters.get('overdue'),
    assigned: filters.get('with') === 'me' ? me : undefined,
    unassigned: filters.get('with') === 'nobody' ? 'true' : undefined,
    order,
  }
  const rows = useRows(
    ['cases', query],
    (after, signal) => get('/v1/cases', { query: { ...query, after }, signal }),
    (page) => page.cases,
  )
  const everything = (onCut: OnCut) =>
    readAll(
      (after) => get('/v1/cases', { query: { ...query, after, limit: '100' } }),
      (page) => page.cases,
      onCut,
    )
  const ways: readonly ExportWay[] = [
    { label: 'CSV', name: 'cases.csv', make: async (onCut) => csvOf(await everything(onCut), CELLS) },
    { label: 'JSON', name: 'cases.json', make: async (onCut) => jsonOf({ cases: await everything(onCut) }) },
  ]
  const decide = (): void => void navigate({ to: '/cases/decide', search: { cases: [...chosen].join('.') } })
  useShortcuts(
    'On this page',
    chosen.size === 0 || chosen.size > CHOSEN_MAX
      ? []
      : [{ keys: 'd', words: 'Decide the chosen cases together', run: decide }],
  )
  const nameOf = (key: string): string =>
    `Choose the case of ${rows.rows.find((row) => row.case === key)?.claimant ?? 'somebody'}`
  const isFiltered = FILTERS.some((name) => filters.get(name) !== undefined)
  return (
    <Page
      title="Cases"
      words="What is due first comes first. A case without a time waits for nobody here."
      acts={
        <>
          {chosen.size > 0 && (
            <Button onClick={decide} disabled={chosen.size > CHOSEN_MAX}>
              {chosen.size > CHOSEN_MAX
                ? `At most ${CHOSEN_MAX} at once`
                : `Decide ${countOf(chosen.size, 'case')}${chosen.size === 1 ? '' : ' together'}`}
            </Button>
          )}
          <ExportMenu ways={ways} />
        </>
      }
    >
      <FilterBar names={FILTERS}>
        <FilterText name="text" label="Claimant" placeholder="Name, organisation, mail" width="12rem" />
        <FilterText name="number" label="Number" placeholder="+12125550117" width="10rem" />
        <FilterChoice name="open" label="Show" width="9rem" options={SHOWN} />
        <FilterChoice name="status" label="Status" width="10rem" options={STATUSES} />
        <FilterChoice name="overdue" label="Time" options={TIMES} width="7rem" />
        <FilterChoice name="with" label="With" options={HOLDERS} width="7rem" />
      </FilterBar>
      <DataTable
        label="Cases"
        columns={COLUMNS}
        of={rows}
        keyOf={(row) => row.case}
        to={(row) => `/cases/${row.case}`}
        order={{ value: order, change: (value) => filters.set({ order: value === 'due' ? undefined : value }) }}
        {...(mayDecide && { chosen: { keys: chosen, change: setChosen, nameOf } })}
        empty={
          isFiltered
            ? { title: 'No case is like that', words: 'Clear a filter, or look among those that are done.' }
            : { title: 'Nothing waits', words: 'No case is open. Callers open one from the link in a notice.' }
        }
      />
    </Page>
  )
}

type Row = AnswerOf<'get', '/v1/cases'>['cases'][number]

const FILTERS = ['text', 'number', 'open', 'status', 'overdue', 'with']
const SHOWN = [
  ['', 'To be done'],
  ['false', 'Done'],
  ['all', 'All'],
] as const
const STATUSES = [['', 'Any'], ...Object.entries(STATUS_WORDS)] as const
const TIMES = [
  ['', 'Any'],
  ['true', 'Overdue'],
] as const

const HOLDERS = [
  ['', 'Anybody'],
  ['me', 'Me'],
  ['nobody', 'Nobody'],
] as const
/** What is due so soon should be begun now. */
const SOON_MS = 4 * 3_600_000
/** So many cases can be decided alike at once. */
const CHOSEN_MAX = 100

/** What a spreadsheet gets: times in UTC, numbers as they are. */
const CELLS: readonly (readonly [string, (row: Row) => string | undefined])[] = [
  ['case', (row) => row.case],
  ['kind', (row) => row.kind],
  ['status', (row) => row.status],
  ['opened', (row) => row.opened],
  ['due', ({ due }) => due?.at],
  ['due_what', ({ due }) => due?.what],
  ['overdue', ({ isOverdue }) => String(isOverdue)],
  ['assigned', ({ assigned }) => assigned],
  ['claimant', ({ claimant }) => claimant],
  ['numbers', ({ numbers }) => numbers.join(' ')],
  ['number_count', ({ numberCount }) => String(numberCount)],
]

/** What is due, and when: in colour only where somebody should act. */
function Due({ of: { due, isOverdue } }: { readonly of: Row }) {
  const now = useNow()
  if (due === undefined)
    return (
      <Text span inherit c="dimmed">
        Nothing due
      </Text>
    )
  const isSoon = !isOverdue && Date.parse(due.at) - now < SOON_MS
  return (
    <Text
      span
      inherit
      c={isOverdue ? 'var(--console-bad)' : isSoon ? 'var(--console-wait)' : 'inherit'}
      fw={isOverdue || isSoon ? 600 : 400}
    >
      {isOverdue ? `${DUE_WORDS[due.what]} was due ` : `${DUE_WORDS[due.what]} due `}
      <Moment at={due.at} as="away" />
    </Text>
  )
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'due',
    head: 'Due',
    width: '11.5rem',
    narrow: 'line',
    order: 'due',
    cell: (row) => <Due of={row} />,
  },
  {
    id: 'claimant',
    head: 'Claimant',
    width: 'minmax(9rem, 2fr)',
    narrow: 'lead',
    cell: ({ claimant }) => <Outside text={claimant} max={120} />,
  },
  {
    id: 'numbers',
    head: 'Numbers',
    width: 'minmax(10rem, 1.4fr)',
    narrow: 'line',
    cell: ({ numbers, numberCount }) => <PhoneNumbers first={numbers[0]} count={numberCount} />,
  },
  {
    id: 'status',
    head: 'Status',
    width: '8rem',
    narrow: 'beside',
    cell: ({ status }) => <StatusWord tone={STATUS_TONES[status]}>{STATUS_WORDS[status]}</StatusWord>,
  },
  {
    id: 'assigned',
    head: 'With',
    width: 'minmax(5rem, 1fr)',
    narrow: 'hide',
    isWide: true,
    cell: ({ assigned }) =>
      assigned === undefined ? (
        <Text span inherit c="dimmed">
          Nobody
        </Text>
      ) : (
        <Outside text={assigned} max={64} />
      ),
  },
  {
    id: 'opened',
    head: 'Opened',
    width: '7rem',
    align: 'end',
    narrow: 'hide',
    isWide: true,
    order: 'newest',
    cell: ({ opened }) => <Moment at={opened} />,
  },
]
