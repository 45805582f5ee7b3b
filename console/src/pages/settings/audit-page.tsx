import { Text } from '@mantine/core'
import { get, type AnswerOf } from '../../client.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, type OnCut, csvOf, jsonOf, readAll } from '../../parts/export-menu.tsx'
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
  const query = {
    since: momentOf(filters.get('since')),
    until: momentOf(filters.get('until')),
    by: filters.get('by'),
    action: filters.get('action'),
    subject: filters.get('subject'),
  }
  const rows = useRows(
    ['audit', query],
    (after, signal) => get('/v1/audit', { query: { ...query, after }, signal }),
    (page) => page.entries,
  )
  const everything = (onCut: OnCut) =>
    readAll(
      (after) => get('/v1/audit', { query: { ...query, after, limit: '1000' } }),
      (page) => page.entries,
      onCut,
    )
  return (
    <SettingsFrame
      title="Audit trail"
      words="Who changed what, newest first. Nothing in it is ever edited or deleted."
      acts={
        <ExportMenu
          ways={[
            { label: 'CSV', name: 'audit.csv', make: async (onCut) => csvOf(await everything(onCut), CELLS) },
            { label: 'JSON', name: 'audit.json', make: async (onCut) => jsonOf({ entries: await everything(onCut) }) },
          ]}
        />
      }
    >
      <FilterBar names={FILTERS}>
        <FilterText name="by" label="Who, whole" width="11rem" />
        <FilterText name="action" label="Action, whole" width="11rem" />
        <FilterText name="subject" label="Subject, whole" width="11rem" />
        <FilterMoment name="since" label="Since" />
        <FilterMoment name="until" label="Before" />
      </FilterBar>
      <DataTable
        label="Audit trail"
        columns={COLUMNS}
        of={rows}
        keyOf={({ number }) => String(number)}
        empty={
          FILTERS.some((name) => filters.get(name) !== undefined)
            ? { title: 'Nothing was changed that these filters show', words: 'Clear a filter to see more.' }
            : { title: 'Nothing was changed yet' }
        }
      />
    </SettingsFrame>
  )
}

/** Milliseconds since 1970, as the API takes them. */
function momentOf(filter: string | undefined): string | undefined {
  const at = Date.parse(filter ?? '')
  return Number.isNaN(at) ? undefined : String(at)
}

const FILTERS = ['by', 'action', 'subject', 'since', 'until']
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
