import { Button, Checkbox, Text, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { type AnswerOf, get, send } from '../../client.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, type OnCut, csvOf, jsonOf, readAll } from '../../parts/export-menu.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { Page } from '../../parts/page.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { useMay, useSession } from '../../shell/session.ts'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { PROBE_TONES, PROBE_WORDS } from './probe-words.ts'

/** Probes of paths, the last first, and where one is started. */
export function ProbesPage() {
  const [isStarting, setStarting] = useState(false)
  const mayStart = useMay('probe') && useSession().role !== 'auditor'
  const rows = useRows(
    ['probes'],
    (after, signal) => get('/v1/probes', { query: { after }, signal }),
    (page) => page.probes,
  )
  useShortcuts('On this page', mayStart ? [{ keys: 'n', words: 'Start a probe', run: () => setStarting(true) }] : [])
  const everything = (onCut: OnCut) =>
    readAll(
      (after) => get('/v1/probes', { query: { after, limit: '100' } }),
      (page) => page.probes,
      onCut,
    )
  return (
    <Page
      title="Probes"
      words="A probe calls a mock blocker through a path, compares what arrives with what was sent, and grades the path. Nobody is called and nobody is blocked."
      acts={
        <>
          {mayStart && <Button onClick={() => setStarting(true)}>Start a probe</Button>}
          <ExportMenu
            ways={[
              { label: 'CSV', name: 'probes.csv', make: async (onCut) => csvOf(await everything(onCut), CELLS) },
              {
                label: 'JSON',
                name: 'probes.json',
                make: async (onCut) => jsonOf({ probes: await everything(onCut) }),
              },
            ]}
          />
        </>
      }
    >
      <DataTable
        label="Probes"
        columns={COLUMNS}
        of={rows}
        keyOf={({ id }) => id}
        to={({ id }) => `/probes/${id}`}
        empty={{
          title: 'No probe was run yet',
          words: (
            <>
              Run <code>recourse answer</code> at the far end of the path, then start one here.
            </>
          ),
        }}
      />
      {mayStart && <StartDialog isOpen={isStarting} close={() => setStarting(false)} />}
    </Page>
  )
}

function StartDialog({ isOpen, close }: { readonly isOpen: boolean; readonly close: () => void }) {
  const { data } = useQuery({
    queryKey: ['probe-options'],
    queryFn: ({ signal }) => get('/v1/probe-options', { signal }),
    enabled: isOpen,
  })
  const [via, setVia] = useState('sip:127.0.0.1:5070')
  const [from, setFrom] = useState('+12125550117')
  const [farEnd, setFarEnd] = useState('')
  const [groups, setGroups] = useState<readonly Kind[]>(['good', 'odd', 'broken'])
  const [isElsewhere, setElsewhere] = useState(false)
  const navigate = useNavigate()
  const queries = useQueryClient()
  const scenarios = (data?.scenarios ?? []).filter(({ group }) => groups.includes(group))
  return (
    <FormDialog
      title="Start a probe"
      act={`Place ${scenarios.length} calls`}
      isOpen={isOpen}
      close={close}
      isReady={scenarios.length > 0 && via.trim() !== ''}
      run={async () => {
        const { probe } = await send('post', '/v1/probes', {
          body: {
            via,
            from,
            scenarios: scenarios.map(({ id }) => id),
            ...(farEnd.trim() !== '' && { farEnd }),
            ...(isElsewhere && { isElsewhere }),
          },
        })
        await queries.invalidateQueries({ queryKey: ['probes'] })
        await navigate({ to: `/probes/${probe}` })
      }}
    >
      <TextInput
        label="Where the path begins"
        description={
          data === undefined || data.to.length === 0
            ? 'On this machine.'
            : `On this machine, or at ${data.to.join(', ')}.`
        }
        placeholder="sip:127.0.0.1:5070;transport=tcp"
        required
        value={via}
        onChange={({ currentTarget }) => setVia(currentTarget.value)}
        data-autofocus
      />
      <TextInput
        label="The number that calls"
        required
        value={from}
        onChange={({ currentTarget }) => setFrom(currentTarget.value)}
      />
      <TextInput
        label="The far end"
        description="The door of recourse answer, where the other end can be looked at: it shows whether calls are tried again."
        placeholder="http://127.0.0.1:8070"
        value={farEnd}
        onChange={({ currentTarget }) => setFarEnd(currentTarget.value)}
      />
      <Checkbox.Group
        label="Which answers"
        value={[...groups]}
        onChange={(chosen) => setGroups(KINDS.map(([kind]) => kind).filter((kind) => chosen.includes(kind)))}
      >
        {KINDS.map(([kind, words]) => (
          <Checkbox
            key={kind}
            mt="xs"
            value={kind}
            label={`${words} (${data?.scenarios.filter(({ group }) => group === kind).length ?? 0})`}
          />
        ))}
      </Checkbox.Group>
      {data?.mayElsewhere === true && (
        <Checkbox
          label="I may place these calls elsewhere"
          description="For a path that is neither on this machine nor in the configuration. Calls there may ring, cost money or be taken for an attack. The audit trail keeps who said so."
          checked={isElsewhere}
          onChange={({ currentTarget }) => setElsewhere(currentTarget.checked)}
        />
      )}
      <Text c="dimmed" size="sm">
        One call after the other, ten a second at most.
      </Text>
    </FormDialog>
  )
}

type Row = AnswerOf<'get', '/v1/probes'>['probes'][number]
type Kind = 'good' | 'odd' | 'broken'

const KINDS = [
  ['good', 'Forms that the standards ask for'],
  ['odd', 'Legal and rarely seen'],
  ['broken', 'Deviant notices, to be relayed all the same'],
] as const

const CELLS: readonly (readonly [string, (row: Row) => string | undefined])[] = [
  ['probe', ({ id }) => id],
  ['at', ({ at }) => at],
  ['by', ({ by }) => by],
  ['via', ({ via }) => via],
  ['state', ({ state }) => state],
  ['grade', ({ grade }) => grade],
  ['points', ({ points }) => points?.toString()],
  ['placed', ({ placed }) => String(placed)],
  ['total', ({ total }) => String(total)],
]

const COLUMNS: readonly Column<Row>[] = [
  { id: 'at', head: 'When', width: '10rem', narrow: 'line', cell: ({ at }) => <Moment at={at} /> },
  {
    id: 'via',
    head: 'Path',
    width: 'minmax(12rem, 2fr)',
    narrow: 'lead',
    cell: ({ via }) => <Outside text={via} max={120} />,
  },
  {
    id: 'words',
    head: 'Result',
    width: 'minmax(12rem, 3fr)',
    narrow: 'line',
    cell: ({ words, why, placed, total, state }) =>
      state === 'running' ? `${placed} of ${total} calls` : <Outside text={words === '' ? why : words} max={160} />,
  },
  {
    id: 'by',
    head: 'By',
    width: 'minmax(7rem, 1fr)',
    narrow: 'hide',
    isWide: true,
    cell: ({ by }) => <Outside text={by} max={64} />,
  },
  {
    id: 'state',
    head: 'Grade',
    width: '8rem',
    narrow: 'beside',
    cell: ({ state, grade }) =>
      grade === undefined ? (
        <StatusWord tone={PROBE_TONES[state]}>{PROBE_WORDS[state]}</StatusWord>
      ) : (
        <strong>{grade}</strong>
      ),
  },
]
