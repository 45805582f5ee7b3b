// One thing: what rules in shadow mode would have blocked, whose calls those are, and what people find of them.
import { Anchor, Button, Group, NativeSelect, Stack, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { type AnswerOf, download, get, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { useAsk } from '../../parts/ask.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu } from '../../parts/export-menu.tsx'
import { FilterBar, FilterChoice, useFilters } from '../../parts/filters.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { useMay } from '../../shell/session.ts'
import { CALLER_COLUMNS } from './caller-columns.tsx'
import { PolicyFrame } from './policy-frame.tsx'
import { count, paged } from './policy-words.ts'
import classes from './policy.module.css'

type Shadow = AnswerOf<'get', '/v1/policy/shadow'>
type Rule = Shadow['rules'][number]
type Row = AnswerOf<'get', '/v1/policy/shadow/{rule}/numbers'>['numbers'][number]

/** What rules would have done, rule by rule, and the numbers behind one of them. */
export function ShadowPage() {
  const filters = useFilters()
  const days = filters.get('days') ?? '7'
  const query = useQuery({
    queryKey: ['policy', 'shadow', days],
    queryFn: ({ signal }) => get('/v1/policy/shadow', { query: { days }, signal }),
  })
  const rules = query.data?.rules ?? []
  const chosen = rules.find(({ rule }) => rule === filters.get('rule')) ?? rules.find(({ numbers }) => numbers > 0)
  return (
    <PolicyFrame
      title="Shadow results"
      name="Shadow results"
      words="What rules would have blocked if they acted. Say whose calls are wanted before you let a rule act: nothing here blocks anybody."
    >
      <FilterBar names={['days']}>
        <FilterChoice name="days" label="Look at the last" options={DAYS} />
      </FilterBar>
      {query.isPending ? (
        <PageState isLoading />
      ) : query.isError ? (
        <PageState failed={asProblem(query.error)} again={() => void query.refetch()} />
      ) : rules.length === 0 ? (
        <PageState
          empty={{
            title: 'No rule only watches',
            words: 'Write mode: shadow behind a rule of the policy, and what it would have blocked is noted here.',
            act: (
              <Anchor component={Link} to="/policy">
                To the text of the policy
              </Anchor>
            ),
          }}
        />
      ) : (
        <Stack gap="lg">
          <ul className={classes['list']} aria-label="Rules">
            {rules.map((one) => (
              <RuleLine key={one.rule} rule={one} isChosen={one.rule === chosen?.rule} days={days} />
            ))}
          </ul>
          {chosen !== undefined && chosen.numbers > 0 && (
            <Numbers key={chosen.rule} rule={chosen} shadow={query.data} days={days} />
          )}
        </Stack>
      )}
    </PolicyFrame>
  )
}

function RuleLine({
  rule,
  isChosen,
  days,
}: {
  readonly rule: Rule
  readonly isChosen: boolean
  readonly days: string
}) {
  const { rule: id, mode, words, calls, numbers } = rule
  return (
    <li>
      <Link
        to="/policy/shadow"
        search={days === '7' ? { rule: id } : { rule: id, days }}
        className={classes['version']}
        activeOptions={{ exact: true, includeSearch: true }}
        data-chosen={isChosen || undefined}
      >
        <Group gap={8}>
          <span className={classes['id']}>
            <Outside text={id} max={64} />
          </span>
          <StatusWord>{MODES[mode]}</StatusWord>
        </Group>
        {words !== '' && (
          <Text size="sm" c="dimmed">
            <Outside text={words} max={300} />
          </Text>
        )}
        <Text size="sm">
          {calls === 0
            ? 'It would have blocked nothing.'
            : `It would have blocked ${count(calls)} ${calls === 1 ? 'call' : 'calls'} of ${count(numbers)} ${numbers === 1 ? 'number' : 'numbers'}. ${precisionOf(rule)}`}
        </Text>
      </Link>
    </li>
  )
}

/** How right a rule was, said only of what people looked at, and only where they looked at enough. */
export function precisionOf({
  legitimate,
  unwanted,
  precision,
}: Pick<Rule, 'legitimate' | 'unwanted' | 'precision'>): string {
  const judged = legitimate + unwanted
  if (judged === 0) return 'Nobody has looked yet whose calls those are.'
  const looked = `Of ${judged === 1 ? 'one number' : `${count(judged)} numbers`} that somebody looked at, ${count(legitimate)} ${legitimate === 1 ? 'is' : 'are'} legitimate`
  if (precision === undefined) return `${looked}: too few to say how right it is.`
  return `${looked}: it is right in ${Math.round(precision * 100)} % of those.`
}

function Numbers({ rule: { rule }, shadow, days }: NumbersProps) {
  const filters = useFilters()
  const mayChange = useMay('policy.change')
  const ask = useAsk()
  const queries = useQueryClient()
  const [list, setList] = useState(shadow.allowLists[0] ?? '')
  const [problem, setProblem] = useState<unknown>()
  const only = filters.get('only') ?? 'all'
  const query = { days, only }
  const rows = useRows(
    ['policy', 'shadow', rule, 'numbers', query],
    async (after, signal) =>
      paged(await get('/v1/policy/shadow/{rule}/numbers', { params: { rule }, query: { ...query, after }, signal })),
    (page) => page.numbers,
  )
  const number = filters.get('number')
  const judge = async (row: Row, label: 'legitimate' | 'unwanted' | undefined): Promise<void> => {
    setProblem(undefined)
    try {
      await send('post', '/v1/policy/shadow/{rule}/judgements', {
        params: { rule },
        body: { number: row.number, label },
      })
      await queries.invalidateQueries({ queryKey: ['policy', 'shadow'] })
    } catch (cause) {
      setProblem(cause)
    }
  }
  const allow = (row: Row): Promise<boolean> =>
    ask({
      title: `Let this number go on?`,
      happens: [
        <>
          <PhoneNumber of={row.number} /> comes onto the list <Outside text={list} max={80} />, whose numbers no rule
          behind it blocks.
        </>,
        'Every gate judges by it within a second. It can be taken back under Lists.',
      ],
      act: 'Allow it',
      words: {
        label: 'Why',
        hint: 'For whoever looks back; it stands in the list too.',
        value: row.judged?.note ?? '',
      },
      run: async (note) => {
        await send('post', '/v1/policy/lists/{name}/entries', {
          params: { name: list },
          body: { number: row.number, note: note.replaceAll(/\s+/g, ' ') },
          match: `"${shadow.policy}"`,
        })
        await queries.invalidateQueries({ queryKey: ['policy'] })
      },
    })
  const ways = [
    {
      label: 'CSV',
      name: 'policy-shadow.csv',
      make: () => download('/v1/policy/shadow/{rule}/numbers', { params: { rule }, query, type: 'text/csv' }),
    },
  ]
  return (
    <section aria-label={`Numbers that ${rule} would have blocked`}>
      <Group justify="space-between" align="flex-end" mb="xs">
        <Title order={2} size="h4">
          Numbers that <Outside text={rule} max={64} /> would have blocked
        </Title>
        <Group align="flex-end" gap="sm">
          <FilterChoice name="only" label="Show" options={ONLY} width="10rem" />
          {mayChange && shadow.allowLists.length > 1 && (
            <NativeSelect
              label="Allow on"
              value={list}
              onChange={({ currentTarget }) => setList(currentTarget.value)}
              data={shadow.allowLists.map((one) => ({ value: one, label: one }))}
            />
          )}
          <ExportMenu ways={ways} />
        </Group>
      </Group>
      <Text size="sm" c="dimmed" mb="xs">
        Since <Moment at={shadow.since} />. What you say counts in how right the rule is, and changes no call.
        {shadow.allowLists.length === 0 &&
          ' To let a number go on, the policy needs a rule that allows a list: allow: "file:allow.csv".'}
      </Text>
      {problem !== undefined && <ProblemBox problem={problem} />}
      {number !== undefined && <Calls rule={rule} number={number} days={days} />}
      <DataTable
        label="Numbers"
        columns={[
          ...COLUMNS,
          {
            id: 'found',
            head: 'Whose calls are they?',
            width: 'minmax(14rem, 1.8fr)',
            narrow: 'line',
            cell: (row) => (
              <Found
                row={row}
                judge={mayChange ? (label) => void judge(row, label) : undefined}
                allow={mayChange && list !== '' && row.number.startsWith('+') ? () => void allow(row) : undefined}
                showCalls={() => filters.set({ number: row.number === number ? undefined : row.number })}
                isShown={row.number === number}
              />
            ),
          },
        ]}
        of={rows}
        keyOf={(row) => row.number}
        empty={{ title: 'No such numbers', words: 'Show all of them.' }}
      />
    </section>
  )
}

type NumbersProps = { readonly rule: Rule; readonly shadow: Shadow; readonly days: string }

function Found({ row, judge, allow, showCalls, isShown }: FoundProps) {
  const { judged, number } = row
  const of = number === '' ? 'no number' : number
  return (
    <Group gap={6}>
      {judged === undefined ? (
        judge === undefined ? (
          <Text span inherit c="dimmed">
            Not looked at
          </Text>
        ) : (
          <>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Legitimate: ${of}`}
              onClick={() => judge('legitimate')}
            >
              Legitimate
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Right to block: ${of}`}
              onClick={() => judge('unwanted')}
            >
              Right to block
            </Button>
          </>
        )
      ) : (
        <>
          <span title={`${judged.by}${judged.note === '' ? '' : `: ${judged.note}`}`}>
            <StatusWord tone={judged.label === 'legitimate' ? 'good' : 'quiet'}>
              {judged.label === 'legitimate' ? 'Legitimate' : 'Right to block'}
            </StatusWord>
          </span>
          {judged.label === 'legitimate' && allow !== undefined && (
            <Button size="compact-sm" variant="default" aria-label={`Allow ${of}`} onClick={allow}>
              Allow…
            </Button>
          )}
          {judge !== undefined && (
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              aria-label={`Undo: ${of}`}
              onClick={() => judge(undefined)}
            >
              Undo
            </Button>
          )}
        </>
      )}
      <Button
        size="compact-sm"
        variant="subtle"
        aria-expanded={isShown}
        aria-label={`Calls of ${of}`}
        onClick={showCalls}
      >
        Calls
      </Button>
    </Group>
  )
}

type FoundProps = {
  readonly row: Row
  readonly judge: ((label: 'legitimate' | 'unwanted' | undefined) => void) | undefined
  readonly allow: (() => void) | undefined
  readonly showCalls: () => void
  readonly isShown: boolean
}

function Calls({ rule, number, days }: { readonly rule: string; readonly number: string; readonly days: string }) {
  const query = useQuery({
    queryKey: ['policy', 'shadow', rule, 'calls', number, days],
    queryFn: ({ signal }) =>
      get('/v1/policy/shadow/{rule}/calls', { params: { rule }, query: { number, days }, signal }),
  })
  if (query.isError) return <ProblemBox problem={query.error} />
  const calls = query.data?.calls ?? []
  return (
    <Stack gap={4} mb="md" role="region" aria-label="Calls" tabIndex={0} className={classes['scrolls']}>
      <Text fw={600} size="sm">
        The last {calls.length} calls of <PhoneNumber of={number} /> that it would have blocked
      </Text>
      <ul className={classes['list']}>
        {calls.map(({ at, called, peer, trunk, attestation }, place) => (
          // oxlint-disable-next-line react/no-array-index-key -- two calls may be alike in everything
          <Text component="li" size="sm" key={place}>
            <Moment at={at} /> to <PhoneNumber of={called} />, by <Outside text={peer} max={60} />
            {trunk !== '' && (
              <>
                {' '}
                on <Outside text={trunk} max={60} />
              </>
            )}
            , attestation {attestation}
          </Text>
        ))}
      </ul>
    </Stack>
  )
}

const COLUMNS: readonly Column<Row>[] = [
  ...CALLER_COLUMNS,
  { id: 'calls', head: 'Calls', width: '4.5rem', align: 'end', narrow: 'beside', cell: ({ calls }) => count(calls) },
  {
    id: 'last',
    head: 'Last',
    width: '8.5rem',
    narrow: 'hide',
    isWide: true,
    cell: ({ lastAt }) => <Moment at={lastAt} />,
  },
]

const MODES = {
  shadow: 'Only watches',
  enforce: 'Acts; spared calls are noted',
  gone: 'Not in the policy any more',
} as const
const ONLY = [
  ['', 'All'],
  ['open', 'Not looked at'],
  ['judged', 'Looked at'],
] as const
const DAYS = [
  ['', '7 days'],
  ['1', '24 hours'],
  ['14', '14 days'],
  ['28', '28 days'],
] as const
