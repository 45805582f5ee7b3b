import {
  Button,
  Group,
  NativeSelect,
  Progress,
  SegmentedControl,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { type AnswerOf, download, get, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu } from '../../parts/export-menu.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { useRows } from '../../parts/rows.ts'
import { useMay } from '../../shell/session.ts'
import { CALLER_COLUMNS } from './caller-columns.tsx'
import { count, paged } from './policy-words.ts'
import classes from './policy.module.css'

type Trial = AnswerOf<'get', '/v1/policy/trials/{id}'>
type Result = NonNullable<Trial['result']>
type Row = AnswerOf<'get', '/v1/policy/trials/{id}/numbers'>['numbers'][number]

/** A trial from its beginning to its lists. */
export function TrialPanel({ id, isOther, isBegun }: TrialPanelProps) {
  const place = useRef<HTMLElement>(null)
  const queries = useQueryClient()
  const mayChange = useMay('policy.change')
  const query = useQuery({
    queryKey: ['policy', 'trial', id],
    queryFn: ({ signal }) => get('/v1/policy/trials/{id}', { params: { id }, signal }),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? POLL_MS : false),
  })
  const trial = query.data
  const isThere = trial !== undefined
  // Whoever has begun it sees it; who follows a link begins at the top of the page.
  useEffect(() => {
    if (isBegun && isThere) place.current?.scrollIntoView({ block: 'start' })
  }, [isBegun, isThere])
  if (query.isError)
    return (
      <Stack gap="xs">
        <Title order={2} size="h4">
          Tried on past calls
        </Title>
        {asProblem(query.error)?.kind === 'not-found' ? (
          <Text c="dimmed">The result of this trial is no longer kept: try the policy again.</Text>
        ) : (
          <ProblemBox problem={query.error} />
        )}
      </Stack>
    )
  if (trial === undefined) return undefined
  const cancel = async (): Promise<void> => {
    await send('delete', '/v1/policy/trials/{id}', { params: { id } }).catch(() => undefined)
    await queries.invalidateQueries({ queryKey: ['policy', 'trial', id] })
  }
  return (
    <section aria-label="Tried on past calls" ref={place} className={classes['tried']}>
      <Title order={2} size="h4">
        Tried on past calls
      </Title>
      <div role="status">
        {trial.state === 'running' && (
          <Stack gap={6} maw="36rem">
            <Text>
              {trial.total === 0
                ? `Reading the journal of the last ${days(trial.days)}`
                : `${count(trial.read)} of ${count(trial.total)} rows of the journal`}
            </Text>
            <Progress
              value={trial.total === 0 ? 0 : (100 * trial.read) / trial.total}
              aria-label="How far the trial is"
              animated
            />
            {mayChange && (
              <Group>
                <Button variant="default" size="compact-sm" onClick={() => void cancel()}>
                  Stop it
                </Button>
              </Group>
            )}
          </Stack>
        )}
        {trial.state === 'cancelled' && <Text c="dimmed">Stopped before its end: there is no result.</Text>}
        {trial.state === 'failed' && (
          <Text c="var(--console-bad)">
            The trial failed: <Outside text={trial.why} max={400} />
          </Text>
        )}
        {trial.result !== undefined && <Verdict trial={trial} result={trial.result} isOther={isOther} />}
      </div>
      {trial.result !== undefined && trial.result.calls > 0 && <Outcome trial={trial} result={trial.result} />}
    </section>
  )
}

export type TrialPanelProps = {
  readonly id: string
  /** The text has changed since. */
  readonly isOther: boolean
  /** It was begun in this window. */
  readonly isBegun: boolean
}

function Verdict({
  trial,
  result,
  isOther,
}: {
  readonly trial: Trial
  readonly result: Result
  readonly isOther: boolean
}) {
  const { calls, newlyBlocked, noLongerBlocked, numbers, firstAt, lastAt, blockedNow, blockedThen, unnamed } = result
  if (calls === 0)
    return (
      <Text>
        The journal has no calls of the last {days(trial.days)}: what the policy would do cannot be told from it.
      </Text>
    )
  const newly =
    newlyBlocked === 0
      ? 'Nobody would be newly blocked.'
      : `${plural(newlyBlocked, 'call')} of ${plural(numbers.newly, 'number')} would be newly blocked.`
  const again =
    noLongerBlocked === 0
      ? 'No call that is blocked would go on.'
      : `${plural(noLongerBlocked, 'call')} of ${plural(numbers.noLonger, 'number')} would go on again.`
  return (
    <Stack gap={4} mb="sm">
      <Text size="lg" fw={600}>{`${newly} ${again}`}</Text>
      <Text size="sm" c="dimmed">
        {plural(calls, 'call')}
        {firstAt !== undefined && lastAt !== undefined && (
          <>
            {' from '}
            <Moment at={firstAt} /> to <Moment at={lastAt} />
          </>
        )}
        {`: ${count(blockedNow)} blocked ${AGAINST[trial.against]}, ${count(blockedThen)} by this text. Counters begin empty: in its first minutes a caller has called less often than he had.`}
        {unnamed > 0 && ` ${plural(unnamed, 'stopped call')} of numbers beyond the first million are counted only.`}
      </Text>
      {isOther && (
        <Text size="sm" c="var(--console-wait)">
          The text has changed since: this is not what would be applied.
        </Text>
      )}
    </Stack>
  )
}

function Outcome({ trial, result }: { readonly trial: Trial; readonly result: Result }) {
  const [change, setChange] = useState<'newly' | 'no-longer'>(
    result.newlyBlocked === 0 && result.noLongerBlocked > 0 ? 'no-longer' : 'newly',
  )
  const [rule, setRule] = useState('')
  const [typed, setTyped] = useState('')
  const [search] = useDebouncedValue(typed, 300)
  const { id } = trial
  const query = { change, rule: rule === '' ? undefined : rule, search }
  const rows = useRows(
    ['policy', 'trial', id, 'numbers', query],
    async (after, signal) =>
      paged(await get('/v1/policy/trials/{id}/numbers', { params: { id }, query: { ...query, after }, signal })),
    (page) => page.numbers,
  )
  const ways = [
    {
      label: 'CSV',
      name: `policy-trial-${change}.csv`,
      make: () => download('/v1/policy/trials/{id}/numbers', { params: { id }, query, type: 'text/csv' }),
    },
  ]
  return (
    <Stack gap="sm">
      {result.rules.length > 0 && (
        <div className={classes['scrolls']} role="region" aria-label="By rule" tabIndex={0}>
          <Table verticalSpacing={4} fz="sm" maw="44rem" miw="28rem">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Rule</Table.Th>
                <Table.Th ta="end">Now</Table.Th>
                <Table.Th ta="end">Then</Table.Th>
                <Table.Th ta="end">Newly blocked</Table.Th>
                <Table.Th ta="end">Go on again</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {result.rules.map(({ rule, before, after, newlyBlocked, noLongerBlocked }) => (
                <Table.Tr key={rule}>
                  <Table.Td className={classes['id']}>
                    <Outside text={rule === '' ? 'not said' : rule} max={64} />
                  </Table.Td>
                  <Table.Td ta="end">{count(before)}</Table.Td>
                  <Table.Td ta="end">{count(after)}</Table.Td>
                  <Table.Td ta="end">{count(newlyBlocked)}</Table.Td>
                  <Table.Td ta="end">{count(noLongerBlocked)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      <Group align="flex-end" gap="sm">
        <SegmentedControl
          aria-label="Which numbers"
          value={change}
          onChange={(value) => setChange(value === 'newly' ? 'newly' : 'no-longer')}
          data={[
            { value: 'newly', label: `Newly blocked (${count(result.numbers.newly)})` },
            { value: 'no-longer', label: `Go on again (${count(result.numbers.noLonger)})` },
          ]}
        />
        <NativeSelect
          label="Rule"
          value={rule}
          onChange={({ currentTarget }) => setRule(currentTarget.value)}
          data={[{ value: '', label: 'Any' }, ...result.rules.map(({ rule }) => ({ value: rule, label: rule }))]}
        />
        <TextInput
          label="Number"
          placeholder="Digits of it"
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <ExportMenu ways={ways} />
      </Group>
      <DataTable
        label={change === 'newly' ? 'Numbers newly blocked' : 'Numbers no longer blocked'}
        columns={COLUMNS}
        of={rows}
        keyOf={({ number }) => number}
        empty={{
          title: change === 'newly' ? 'Nobody is newly blocked' : 'Nobody goes on who is blocked now',
          words: 'Or none of them is like what you look for.',
        }}
      />
    </Stack>
  )
}

const COLUMNS: readonly Column<Row>[] = [
  ...CALLER_COLUMNS,
  {
    id: 'calls',
    head: 'Calls',
    width: '4.5rem',
    align: 'end',
    narrow: 'beside',
    cell: ({ newlyBlocked, noLongerBlocked }) =>
      [newlyBlocked > 0 ? `+${count(newlyBlocked)}` : '', noLongerBlocked > 0 ? `−${count(noLongerBlocked)}` : '']
        .filter((one) => one !== '')
        .join(' '),
  },
  {
    id: 'rules',
    head: 'Rules',
    width: 'minmax(6rem, 1fr)',
    narrow: 'line',
    isWide: true,
    cell: ({ rules }) => <Outside text={rules.join(', ')} max={120} />,
  },
  {
    id: 'why',
    head: 'Why (first such call)',
    width: 'minmax(9rem, 2.2fr)',
    narrow: 'line',
    cell: ({ why }) => <Outside text={why} max={240} />,
  },
]

function plural(many: number, what: string): string {
  return `${count(many)} ${what}${many === 1 ? '' : 's'}`
}

function days(many: number): string {
  return many === 1 ? '24 hours' : `${many} days`
}

const AGAINST = {
  'in-force': 'by the policy in force',
  recorded: 'as it was recorded then',
  none: 'without a policy',
} as const
const POLL_MS = 400
