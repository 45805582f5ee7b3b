import { Text } from '@mantine/core'
import { get, type AnswerOf } from '../../client.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, csvOf, jsonOf } from '../../parts/export-menu.tsx'
import { FilterBar, FilterMoment, FilterText, useFilters } from '../../parts/filters.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { useRows } from '../../parts/rows.ts'
import { AuditDetail } from './audit-detail.tsx'
import { SettingsFrame } from './settings-frame.tsx'

type Entry = AnswerOf<'get', '/v1/audit'>['entries'][number]

/** Who changed what, newest first. */
export function AuditPage() {
  const filters = useFilters()
  const from = Date.parse(filters.get('since') ?? '')
  const query = {
    since: Number.isNaN(from) ? undefined : String(from),
    action: filters.get('action'),
    subject: filters.get('subject'),
    limit: String(ENTRIES_MAX),
  }
  const rows = useRows(
    ['audit', query],
    async (_, signal) => ({ ...(await get('/v1/audit', { query, signal })), after: undefined }),
    (page) => page.entries,
  )
  const read = async () => (await get('/v1/audit', { query })).entries
  return (
    <SettingsFrame
      title="Audit trail"
      words={`Who changed what, newest first: the last ${ENTRIES_MAX} that the filters leave.`}
      acts={
        <ExportMenu
          ways={[
            { label: 'CSV', name: 'audit.csv', make: async () => csvOf(await read(), CELLS) },
            { label: 'JSON', name: 'audit.json', make: async () => jsonOf(await read()) },
          ]}
        />
      }
    >
      <FilterBar names={['since', 'action', 'subject']}>
        <FilterText name="action" label="Action, whole" />
        <FilterText name="subject" label="Subject, whole" />
        <FilterMoment name="since" label="Since" />
      </FilterBar>
      <DataTable
        label="Audit trail"
        columns={COLUMNS}
        of={rows}
        keyOf={({ number }) => String(number)}
        empty={{ title: 'Nothing was changed that these filters show' }}
      />
    </SettingsFrame>
  )
}

const COLUMNS: readonly Column<Entry>[] = [
  { id: 'at', head: 'When', width: '7.5rem', narrow: 'beside', cell: ({ at }) => <Moment at={at} /> },
  {
    id: 'action',
    head: 'What',
    width: 'minmax(11rem, 1.5fr)',
    narrow: 'lead',
    cell: ({ action, words, subject }) => (
      <>
        <Text inherit fw={600}>
          {words.charAt(0).toUpperCase() + words.slice(1)}
        </Text>
        <Text inherit fw={400} size="xs" c="dimmed">
          <Outside text={subject} max={128} isName /> · {action}
        </Text>
      </>
    ),
  },
  {
    id: 'by',
    head: 'Who',
    width: 'minmax(8rem, 1fr)',
    narrow: 'line',
    cell: ({ by }) => <Outside text={by.name} max={80} isName />,
  },
  {
    id: 'detail',
    head: 'Detail',
    width: 'minmax(8rem, 1.6fr)',
    narrow: 'line',
    cell: ({ detail }) => <AuditDetail detail={detail} />,
  },
]
const CELLS: readonly (readonly [head: string, cell: (entry: Entry) => string | undefined])[] = [
  ['number', ({ number }) => String(number)],
  ['at', ({ at }) => new Date(at).toISOString()],
  ['by', ({ by }) => by.name],
  ['account', ({ by }) => by.account],
  ['action', ({ action }) => action],
  ['words', ({ words }) => words],
  ['subject', ({ subject }) => subject],
  ['detail', ({ detail }) => JSON.stringify(detail)],
]
const ENTRIES_MAX = 1_000
