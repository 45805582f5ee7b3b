import { Text } from '@mantine/core'
import { type AnswerOf, get } from '../../client.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, type ExportWay, type OnCut, csvOf, jsonOf, readAll } from '../../parts/export-menu.tsx'
import { FilterBar, FilterChoice, FilterMoment, FilterText, useFilters } from '../../parts/filters.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { Page } from '../../parts/page.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { CAUSE_WORDS } from '../../parts/cause-words.ts'
import { placeOf } from './block-words.ts'

/** Every blocked call, newest first. */
export function BlocksPage() {
  const filters = useFilters()
  const query = {
    number: filters.get('number'),
    receipt: receiptIn(filters.get('receipt')),
    rule: filters.get('rule'),
    cause: filters.get('cause'),
    peer: filters.get('peer'),
    trunk: filters.get('trunk'),
    from: filters.get('from'),
    before: filters.get('before'),
  }
  const rows = useRows(
    ['blocks', query],
    (after, signal) => get('/v1/blocks', { query: { ...query, after }, signal }),
    (page) => page.blocks,
  )
  const everything = (onCut: OnCut) =>
    readAll(
      (after) => get('/v1/blocks', { query: { ...query, after, limit: '100' } }),
      (page) => page.blocks,
      onCut,
    )
  const ways: readonly ExportWay[] = [
    { label: 'CSV', name: 'blocks.csv', make: async (onCut) => csvOf(await everything(onCut), CELLS) },
    { label: 'JSON', name: 'blocks.json', make: async (onCut) => jsonOf({ blocks: await everything(onCut) }) },
  ]
  const isFiltered = FILTERS.some((name) => filters.get(name) !== undefined)
  return (
    <Page
      title="Blocked calls"
      words="Newest first. Each has an entry in the ledger that was there before the caller was told."
      acts={<ExportMenu ways={ways} />}
    >
      <FilterBar names={FILTERS}>
        <FilterText name="number" label="Number or block" placeholder="+1212555*" width="10.5rem" />
        <FilterText name="rule" label="Rule" placeholder="volume-block" width="9.5rem" />
        <FilterChoice name="cause" label="Cause" width="11rem" options={CAUSES} />
        <FilterText name="peer" label="Peer" width="7.5rem" />
        <FilterText name="trunk" label="Trunk" width="7.5rem" />
        <FilterText name="receipt" label="Receipt" placeholder="64 characters" width="10rem" />
        <FilterMoment name="from" label="From" />
        <FilterMoment name="before" label="Before" />
      </FilterBar>
      <DataTable
        label="Blocked calls"
        columns={COLUMNS}
        of={rows}
        keyOf={({ entry }) => `${entry.chain}:${entry.seq}`}
        to={placeOf}
        empty={
          isFiltered
            ? { title: 'No blocked call is like that', words: adviceFor(query) }
            : { title: 'Nothing was blocked', words: 'Calls that the policy blocks appear here at once.' }
        }
      />
    </Page>
  )
}

type Row = AnswerOf<'get', '/v1/blocks'>['blocks'][number]

/** Whoever was blocked sends the address of a page as often as the receipt at its end. */
function receiptIn(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (/(?<![\w-])[\w-]{64}(?![\w-])/.exec(text)?.[0] ?? text)
}

function adviceFor({ number = '', from, before }: Record<'number' | 'from' | 'before', string | undefined>): string {
  if (/^\+?\d{3,9}$/.test(number)) return `For all numbers that begin so, add a star: ${number}*`
  if (from !== undefined && before !== undefined && from >= before)
    return 'From is after Before: there is no time between.'
  return 'Clear a filter, or look at a longer time.'
}

const FILTERS = ['number', 'rule', 'cause', 'peer', 'trunk', 'receipt', 'from', 'before']
const CAUSES = [['', 'Any'], ...Object.entries(CAUSE_WORDS)] as const

/** What a spreadsheet gets: times in UTC, numbers as they are. */
const CELLS: readonly (readonly [string, (row: Row) => string | undefined])[] = [
  ['at', (row) => row.at],
  ['calling', (row) => row.calling],
  ['called', (row) => row.called],
  ['rule', (row) => row.rule],
  ['cause', (row) => row.cause],
  ['program', (row) => row.program],
  ['policy', ({ policy }) => policy?.toString()],
  ['attestation', (row) => row.attestation],
  ['notice', (row) => row.notice],
  ['peer', (row) => row.peer],
  ['trunk', (row) => row.trunk],
  ['grounds', ({ grounds }) => grounds.join('; ')],
  ['released', ({ isReleased }) => String(isReleased)],
  ['receipt', (row) => row.receipt],
  ['chain', ({ entry }) => entry.chain],
  ['entry', ({ entry }) => String(entry.seq)],
  ['hash', ({ entry }) => entry.hash],
]

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'at',
    head: 'Time',
    width: '6rem',
    narrow: 'beside',
    cell: ({ at }) => <Moment at={at} />,
  },
  {
    id: 'calling',
    head: 'From',
    width: '8.5rem',
    narrow: 'lead',
    cell: ({ calling, isErased }) => <Party of={calling} isErased={isErased} />,
  },
  {
    id: 'called',
    head: 'To',
    width: '8.5rem',
    narrow: 'line',
    cell: ({ called, isErased }) => <Party of={called} isErased={isErased} />,
  },
  {
    id: 'rule',
    head: 'Rule',
    width: 'minmax(6rem, 1fr)',
    narrow: 'line',
    cell: ({ rule }) => <Outside text={rule} max={64} />,
  },
  {
    id: 'grounds',
    head: 'Why',
    width: 'minmax(9rem, 2.5fr)',
    narrow: 'line',
    isWide: true,
    cell: ({ grounds, isReleased }) => (
      <>
        {isReleased && <StatusWord>Released</StatusWord>} <Outside text={grounds.join('; ')} max={160} />
      </>
    ),
  },
  {
    id: 'peer',
    head: 'Peer',
    width: 'minmax(3.5rem, 0.7fr)',
    narrow: 'hide',
    isWide: true,
    cell: ({ peer }) => <Outside text={peer} max={64} />,
  },
  {
    id: 'notice',
    head: 'Told',
    width: '3.5rem',
    narrow: 'hide',
    align: 'end',
    cell: ({ notice }) => notice,
  },
]

function Party({ of, isErased }: { readonly of: string; readonly isErased: boolean }) {
  if (!isErased) return of === '' ? <Quiet words="No number" /> : <PhoneNumber of={of} />
  return <Quiet words="Erased" />
}

function Quiet({ words }: { readonly words: string }) {
  return (
    <Text span inherit c="dimmed">
      {words}
    </Text>
  )
}
