import { Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { parseNumber } from '#core/call/number.ts'
import { formatParty } from '#core/call/party.ts'
import { type AnswerOf, get } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, type OnCut, csvOf, jsonOf, readAll } from '../../parts/export-menu.tsx'
import { FilterBar, FilterChoice, FilterText, useFilters } from '../../parts/filters.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { useMay, useSession } from '../../shell/session.ts'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { OpenDialog } from './open-dialog.tsx'
import { STATUS_TONES, STATUS_WORDS, TRUST_WORDS } from './registry-words.ts'
import classes from './registry.module.css'

/** The queue of businesses that want their numbers registered: who came first comes first. */
export function RegistryPage() {
  const filters = useFilters()
  const mayVet = useMay('registry.vet')
  const [isOpening, setOpening] = useState(false)
  const { dialPlan } = useSession()
  const typed = filters.get('number')
  const number = typed === undefined ? undefined : formatParty(parseNumber(typed, dialPlan))
  const shown =
    filters.get('status') ?? (typed === undefined && filters.get('disputed') === undefined ? 'waiting' : 'all')
  const query = {
    status: shown === 'all' ? undefined : shown,
    disputed: filters.get('disputed'),
    number: typed,
  }
  const read = async (after: string | undefined, signal?: AbortSignal) => {
    const { registrations, next } = await get('/v1/registry/registrations', { query: { ...query, after }, signal })
    return { registrations, after: next }
  }
  const rows = useRows(['registry', 'list', query], read, (page) => page.registrations)
  const everything = (onCut: OnCut) => readAll(read, (page) => page.registrations, onCut)
  useShortcuts('On this page', mayVet ? [{ keys: 'o', words: 'Register somebody', run: () => setOpening(true) }] : [])
  const isFiltered = FILTERS.some((name) => filters.get(name) !== undefined)
  return (
    <Page
      title="Registry"
      words="Businesses that show who they are and that their numbers are their own. Who came first comes first."
      acts={
        <>
          <Button component={Link} to="/registry/sources" variant="default">
            Other registries
          </Button>
          {mayVet && (
            <Button variant="default" onClick={() => setOpening(true)}>
              Register somebody
            </Button>
          )}
          <ExportMenu
            ways={[
              { label: 'CSV', name: 'registrations.csv', make: async (onCut) => csvOf(await everything(onCut), CELLS) },
              {
                label: 'JSON',
                name: 'registrations.json',
                make: async (onCut) => jsonOf({ registrations: await everything(onCut) }),
              },
            ]}
          />
        </>
      }
    >
      <FilterBar names={FILTERS}>
        <FilterText name="number" label="Number" placeholder="+12125550117" width="11rem" />
        <FilterChoice name="status" label="Status" options={STATUSES} width="11rem" />
        <FilterChoice name="disputed" label="Conflicts" options={CONFLICTS} width="11rem" />
      </FilterBar>
      {number !== undefined && /^\+[1-9]\d{6,14}$/.test(number) && <Standing number={number} />}
      <DataTable
        label="Registrations"
        columns={COLUMNS}
        of={rows}
        keyOf={(row) => row.id}
        to={(row) => `/registry/${row.id}`}
        empty={
          isFiltered
            ? { title: 'No registration is like that', words: 'Clear a filter, or look among all of them.' }
            : {
                title: 'Nobody waits',
                words: 'Businesses register on the page of the desk; those that confirmed their address wait here.',
              }
        }
      />
      {isOpening && <OpenDialog close={() => setOpening(false)} />}
    </Page>
  )
}

/** Who has a number, here and at other registries. */
function Standing({ number }: { readonly number: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['registry', 'number', number],
    queryFn: ({ signal }) => get('/v1/registry/numbers/{number}', { params: { number }, signal }),
  })
  if (data === undefined)
    return <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
  if (data.imported.length === 0) return undefined
  return (
    <section className={classes['found']} aria-label="At other registries">
      <PhoneNumber of={number} /> at other registries:
      <ul className={classes['list']}>
        {data.imported.map((one) => (
          <li key={`${one.source} ${one.business} ${one.numbers}`}>
            <Outside text={one.business} max={120} />{' '}
            <Text span inherit c="dimmed">
              says <Outside text={one.source} max={64} />, until <Moment at={one.until} />. {TRUST_WORDS[one.trust]}.
            </Text>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** The feeds of other registries, and how they stand. */
export function SourcesPage() {
  const { data, error, refetch } = useQuery({
    queryKey: ['registry', 'sources'],
    queryFn: ({ signal }) => get('/v1/registry/sources', { signal }),
    refetchInterval: 30_000,
  })
  return (
    <Page
      title="Other registries"
      up={{ to: '/registry', label: 'Registry' }}
      words="Feeds that are taken from other registries, how far each is believed, and what is wrong with it."
      acts={
        data !== undefined && (
          <ExportMenu
            ways={[{ label: 'JSON', name: 'registry-sources.json', make: () => Promise.resolve(jsonOf(data)) }]}
          />
        )
      }
    >
      {data === undefined ? (
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      ) : data.sources.length === 0 ? (
        <PageState
          empty={{
            title: 'No other registry is named',
            words: 'Name one under registry.sources in the configuration; its feed is then taken here.',
          }}
        />
      ) : (
        <ul className={classes['list']} aria-label="Other registries">
          {data.sources.map((one) => (
            <li key={one.name}>
              <strong>
                <Outside text={one.name} max={64} />
              </strong>{' '}
              <StatusWord tone={one.failure === undefined ? 'good' : 'bad'}>
                {one.failure === undefined ? (one.takenAt === 0 ? 'Not taken yet' : 'Taken') : 'Fails'}
              </StatusWord>
              <Text size="sm">
                {one.entries.toLocaleString('en')} entries. {TRUST_WORDS[one.trust]}.{' '}
                {one.takenAt > 0 && (
                  <>
                    Last taken <Moment at={one.takenAt} as="both" />.
                  </>
                )}
              </Text>
              {one.issuer !== undefined && (
                <Text size="sm" c="dimmed">
                  Signed by <Outside text={one.issuer} max={200} />
                </Text>
              )}
              {one.failure !== undefined && (
                <Text size="sm" className={classes['bad'] ?? ''}>
                  <Outside text={one.failure} max={600} />
                </Text>
              )}
            </li>
          ))}
        </ul>
      )}
    </Page>
  )
}

type Row = AnswerOf<'get', '/v1/registry/registrations'>['registrations'][number]

const FILTERS = ['number', 'status', 'disputed']
const STATUSES = [
  ['', 'To be looked at'],
  ['all', 'All'],
  ...Object.entries(STATUS_WORDS).filter(([status]) => status !== 'waiting'),
] as const
const CONFLICTS = [
  ['', 'With and without'],
  ['true', 'With conflicts'],
] as const
const CELLS: readonly (readonly [string, (row: Row) => string | undefined])[] = [
  ['registration', (row) => row.id],
  ['business', (row) => row.legalName],
  ['status', (row) => row.status],
  ['opened', (row) => new Date(row.openedAt).toISOString()],
  ['changed', (row) => new Date(row.changedAt).toISOString()],
  ['until', ({ until }) => (until === undefined ? undefined : new Date(until).toISOString())],
  ['lines', (row) => String(row.lines)],
  ['conflicts', (row) => String(row.disputes)],
]
const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'business',
    head: 'Business',
    width: 'minmax(10rem, 2fr)',
    narrow: 'lead',
    cell: ({ legalName }) => <Outside text={legalName} max={120} />,
  },
  {
    id: 'status',
    head: 'Status',
    width: '9rem',
    narrow: 'beside',
    cell: ({ status }) => <StatusWord tone={STATUS_TONES[status]}>{STATUS_WORDS[status]}</StatusWord>,
  },
  {
    id: 'lines',
    head: 'Numbers',
    width: '7rem',
    narrow: 'line',
    cell: ({ lines }) => `${lines.toLocaleString('en')} ${lines === 1 ? 'line' : 'lines'}`,
  },
  {
    id: 'conflicts',
    head: 'Conflicts',
    width: '6rem',
    narrow: 'line',
    cell: ({ disputes }) =>
      disputes === 0 ? (
        <Text span inherit c="dimmed">
          None
        </Text>
      ) : (
        <StatusWord tone="bad">{disputes.toLocaleString('en')}</StatusWord>
      ),
  },
  {
    id: 'opened',
    head: 'Asked for',
    width: '9rem',
    align: 'end',
    narrow: 'line',
    cell: ({ openedAt }) => <Moment at={openedAt} as="away" />,
  },
  {
    id: 'changed',
    head: 'Last event',
    width: '9rem',
    align: 'end',
    narrow: 'hide',
    isWide: true,
    cell: ({ changedAt }) => <Moment at={changedAt} />,
  },
]
