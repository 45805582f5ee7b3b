import { type AnswerOf, download, get } from '../../client.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { FilterBar, FilterChoice, FilterText, useFilters } from '../../parts/filters.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { Page } from '../../parts/page.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { CallsNav } from './calls-nav.tsx'
import { STANDING_WORDS, STATE_TONES, STATE_WORDS, blockWords, shareWords } from './calls-words.ts'

/** Refused calls by who blocked which of our blocks of numbers, and why; what wants somebody first. */
export function GroupsPage() {
  const filters = useFilters()
  const query = {
    state: filters.get('state'),
    blocker: filters.get('blocker'),
    number: filters.get('number'),
    standing: filters.get('standing'),
    all: filters.get('all'),
    limit: '1000',
  }
  const rows = useRows(
    ['calling', 'groups', query],
    async (_, signal) => ({ ...(await get('/v1/calling/groups', { query, signal })), after: undefined }),
    (page: Answer & { readonly after?: string | undefined }) => page.groups,
  )
  const isFiltered = FILTERS.some((name) => filters.get(name) !== undefined)
  return (
    <Page
      title="Groups of blocks"
      words="Each is one network that refuses calls of one block of your numbers for one reason. What came back or rises comes first."
      acts={
        <ExportMenu
          ways={[
            {
              label: 'CSV',
              name: 'groups.csv',
              make: () => download('/v1/calling/groups', { query, type: 'text/csv' }),
            },
            {
              label: 'JSON',
              name: 'groups.json',
              make: async () => jsonOf(await get('/v1/calling/groups', { query })),
            },
          ]}
        />
      }
    >
      <CallsNav />
      <FilterBar names={FILTERS}>
        <FilterText name="number" label="Your number" placeholder="+12125550117" width="11rem" />
        <FilterText name="blocker" label="Blocker" placeholder="redress.example" />
        <FilterChoice name="state" label="State" options={STATES} />
        <FilterChoice name="standing" label="Who" options={STANDINGS} />
        <FilterChoice name="all" label="Show" options={SHOWN} />
      </FilterBar>
      <DataTable
        label="Groups"
        columns={COLUMNS}
        of={rows}
        keyOf={({ id }) => String(id)}
        to={({ id }) => `/calls/groups/${id}`}
        empty={
          isFiltered
            ? { title: 'No group is like that', words: 'Clear a filter, or look among those that are settled.' }
            : {
                title: 'No block stands open',
                words:
                  'Refused calls that recourse monitor sees are grouped here. What is resolved or ignored is shown under All.',
              }
        }
      />
    </Page>
  )
}

type Answer = AnswerOf<'get', '/v1/calling/groups'>
type Row = Answer['groups'][number]

const FILTERS = ['number', 'blocker', 'state', 'standing', 'all']
const STATES = [['', 'Any'], ...Object.entries(STATE_WORDS)] as const
const STANDINGS = [
  ['', 'Any'],
  ['proven', STANDING_WORDS.proven],
  ['unproven', STANDING_WORDS.unproven],
  ['person', STANDING_WORDS.person],
] as const
const SHOWN = [
  ['', 'Open ones'],
  ['true', 'All'],
] as const

const COLUMNS: readonly Column<Row>[] = [
  { id: 'id', head: 'Group', width: '4rem', isWide: true, narrow: 'hide', cell: ({ id }) => `#${id}` },
  {
    id: 'blocker',
    head: 'Blocked by',
    width: 'minmax(9rem, 2fr)',
    narrow: 'lead',
    cell: ({ blocker }) => <Outside text={blocker === '' ? 'Not known' : blocker} max={80} />,
  },
  {
    id: 'block',
    head: 'Your numbers',
    width: '10.5rem',
    narrow: 'line',
    cell: ({ block, numbers }) => <Outside text={`${blockWords(block)} (${numbers})`} max={60} />,
  },
  {
    id: 'reason',
    head: 'Answer',
    width: '7rem',
    isWide: true,
    narrow: 'line',
    cell: ({ reason }) => <Outside text={reason} max={60} />,
  },
  {
    id: 'recent',
    head: 'Last day',
    width: '6.5rem',
    align: 'end',
    narrow: 'line',
    cell: ({ recent }) => shareWords(recent),
  },
  {
    id: 'calls',
    head: 'Calls',
    width: '4.5rem',
    isWide: true,
    align: 'end',
    narrow: 'hide',
    cell: ({ calls }) => calls.toLocaleString('en'),
  },
  {
    id: 'last',
    head: 'Last',
    width: '6.5rem',
    isWide: true,
    align: 'end',
    narrow: 'hide',
    cell: ({ last }) => <Moment at={last} as="away" />,
  },
  {
    id: 'state',
    head: 'State',
    width: '7rem',
    narrow: 'beside',
    cell: ({ state }) => <StatusWord tone={STATE_TONES[state]}>{STATE_WORDS[state]}</StatusWord>,
  },
]
