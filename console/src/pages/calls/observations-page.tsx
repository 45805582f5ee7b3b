import { download, get } from '../../client.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, type OnCut, jsonOf, readAll } from '../../parts/export-menu.tsx'
import { FilterBar, FilterChoice, FilterMoment, FilterText, useFilters } from '../../parts/filters.tsx'
import { Page } from '../../parts/page.tsx'
import { useRows } from '../../parts/rows.ts'
import { CALL_COLUMNS } from './call-columns.tsx'
import { CallsNav } from './calls-nav.tsx'
import { STANDING_WORDS } from './calls-words.ts'

/** Every refused call, the newest first. */
export function ObservationsPage() {
  const filters = useFilters()
  const query = Object.fromEntries(FILTERS.map((name) => [name, filters.get(name)]))
  const rows = useRows(
    ['calling', 'observations', query],
    (after, signal) => get('/v1/calling/observations', { query: { ...query, after }, signal }),
    (page) => page.observations,
  )
  const everything = (onCut: OnCut) =>
    readAll(
      (after) => get('/v1/calling/observations', { query: { ...query, after, limit: '100' } }),
      (page) => page.observations,
      onCut,
    )
  return (
    <Page
      title="Refused calls"
      words="Calls of yours that a network or a person refused, as the monitor saw them."
      acts={
        <ExportMenu
          ways={[
            {
              label: 'CSV',
              name: 'refused-calls.csv',
              make: () => download('/v1/calling/observations', { query, type: 'text/csv' }),
            },
            {
              label: 'JSON',
              name: 'refused-calls.json',
              make: async (onCut) => jsonOf({ observations: await everything(onCut) }),
            },
          ]}
        />
      }
    >
      <CallsNav />
      <FilterBar names={FILTERS}>
        <FilterText name="number" label="Your number" placeholder="+12125550117" width="10rem" />
        <FilterText name="called" label="Called" placeholder="+13125550188" width="10rem" />
        <FilterText name="blocker" label="Blocker" placeholder="redress.example" width="12rem" />
        <FilterText name="carrier" label="Carrier" width="9rem" />
        <FilterChoice name="standing" label="Who" options={STANDINGS} width="10rem" />
        <FilterMoment name="since" label="Since" />
        <FilterMoment name="until" label="Until" />
      </FilterBar>
      <DataTable
        label="Refused calls"
        columns={CALL_COLUMNS}
        of={rows}
        keyOf={({ id }) => String(id)}
        to={({ id }) => `/calls/observations/${id}`}
        empty={
          FILTERS.some((name) => filters.get(name) !== undefined)
            ? { title: 'No refused call is like that', words: 'Clear a filter, or ask for a longer time.' }
            : {
                title: 'No call of yours was refused',
                words:
                  'What recourse monitor sees refused stands here: point it at a capture, or have your switch send copies of its calls.',
              }
        }
      />
    </Page>
  )
}

const FILTERS = ['number', 'called', 'blocker', 'carrier', 'standing', 'since', 'until', 'group']
const STANDINGS = [['', 'Any'], ...Object.entries(STANDING_WORDS)] as const
