import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type AnswerOf, get } from '../../client.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, type OnCut, csvOf, jsonOf, readAll } from '../../parts/export-menu.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { SettingsFrame } from './settings-frame.tsx'
import { testWords } from './peer-words.ts'

/** The switches that may ask, and how many of their calls were screened and blocked. */
export function PeersPage() {
  const rows = useRows(
    ['peers', 'list'],
    (after, signal) => get('/v1/gate/peers', { query: { after, limit: '100' }, signal }),
    (page) => page.peers,
  )
  const { data: first } = useQuery({
    queryKey: ['peers', 'about'],
    queryFn: ({ signal }) => get('/v1/gate/peers', { query: { limit: '1' }, signal }),
  })
  const everything = (onCut: OnCut) =>
    readAll(
      (after) => get('/v1/gate/peers', { query: { after, limit: '100' } }),
      (page) => page.peers,
      onCut,
    )
  return (
    <SettingsFrame
      title="Peers"
      words="The switches that may ask about calls. Each does with an answer what its own tables say: test it by two calls before the first customer’s, and after every change of it."
      acts={
        <ExportMenu
          ways={[
            { label: 'CSV', name: 'peers.csv', make: async (onCut) => csvOf(await everything(onCut), CELLS) },
            { label: 'JSON', name: 'peers.json', make: async (onCut) => jsonOf({ peers: await everything(onCut) }) },
          ]}
        />
      }
    >
      <DataTable
        label="Peers"
        columns={COLUMNS}
        of={rows}
        keyOf={({ name }) => name}
        to={({ name }) => `/settings/peers/${encodeURIComponent(name)}`}
        empty={{
          title: 'No switch may ask',
          words: 'Name those that may in gate.peers of the configuration: everybody else gets no answer.',
        }}
      />
      {first !== undefined && (
        <Text c="dimmed" size="sm" mt="md">
          {first.since !== undefined && (
            <>
              Calls are counted since <Moment at={first.since} />, as far back as the journal goes and 28 days at
              most.{' '}
            </>
          )}
          The gate listens on {first.listening.length === 0 ? 'nothing that it told yet' : first.listening.join(', ')}.
          Addresses that no peer has get {first.answersStrangers ? '403' : 'no answer'}. Peers are read from the
          configuration (gate.peers);{' '}
          <Anchor component={Link} to="/welcome-tour" underline="always" inherit>
            First steps
          </Anchor>{' '}
          has the lines for another.
        </Text>
      )}
    </SettingsFrame>
  )
}

type Row = AnswerOf<'get', '/v1/gate/peers'>['peers'][number]

function whence({ from, certificates, hasToken }: Row): string {
  return [...from, ...certificates.map((name) => `certificate ${name}`), ...(hasToken ? ['token over HTTP'] : [])].join(
    ', ',
  )
}

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'name',
    head: 'Peer',
    width: 'minmax(6rem, 1fr)',
    narrow: 'lead',
    cell: ({ name }) => <Outside text={name} max={64} />,
  },
  {
    id: 'from',
    head: 'Known by',
    width: 'minmax(9rem, 2fr)',
    narrow: 'line',
    cell: (row) => <Outside text={whence(row)} max={120} />,
  },
  {
    id: 'continue',
    head: 'Continue',
    width: '6rem',
    narrow: 'hide',
    isWide: true,
    cell: ({ continueStatus }) => continueStatus,
  },
  {
    id: 'last',
    head: 'Last call',
    width: '8rem',
    narrow: 'line',
    cell: ({ last }) => (last === undefined ? 'Not yet' : <Moment at={last} as="away" />),
  },
  {
    id: 'calls',
    head: 'Screened',
    width: '6rem',
    align: 'end',
    narrow: 'line',
    isWide: true,
    cell: ({ calls }) => calls.toLocaleString('en'),
  },
  {
    id: 'blocked',
    head: 'Blocked',
    width: '5.5rem',
    align: 'end',
    narrow: 'line',
    cell: ({ blocked }) => blocked.toLocaleString('en'),
  },
  {
    id: 'tested',
    head: 'Last test',
    width: '9rem',
    narrow: 'beside',
    cell: ({ tested }) => {
      if (tested === undefined) return <StatusWord>Not tested</StatusWord>
      const [words, tone] = testWords(tested)
      return <StatusWord tone={tone}>{words}</StatusWord>
    },
  },
]
const CELLS: readonly (readonly [string, (row: Row) => string | undefined])[] = [
  ['peer', ({ name }) => name],
  ['known by', whence],
  ['continue', ({ continueStatus }) => String(continueStatus)],
  ['last', ({ last }) => last],
  ['screened', ({ calls }) => String(calls)],
  ['blocked', ({ blocked }) => String(blocked)],
  ['tested', ({ tested }) => tested?.finding ?? tested?.state],
]
