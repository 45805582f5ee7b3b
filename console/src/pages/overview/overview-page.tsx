// One thing: how it stands: a verdict in words, the figures behind it over time, and what is up or down; live.
import { Anchor, SegmentedControl, Text, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { type AnswerOf, get, urlOf } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { ExportMenu, csvOf, jsonOf } from '../../parts/export-menu.tsx'
import { Figure, Figures } from '../../parts/figure.tsx'
import { useFilters } from '../../parts/filters.tsx'
import { LineChart } from '../../parts/line-chart.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { useMay } from '../../shell/session.ts'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { CAUSE_WORDS } from '../../parts/cause-words.ts'
import { FirstStepsLine } from '../../parts/first-steps-line.tsx'
import classes from './overview-page.module.css'

/** The first page: does anything need me, and how is it going. */
export function OverviewPage() {
  const filters = useFilters()
  const span = SPANS.find(([value]) => value === filters.get('span'))?.[0] ?? '24h'
  const setSpan = (value: string): void => filters.set({ span: value === '24h' ? undefined : value })
  const isLive = useLive(span)
  const { data, error, refetch } = useQuery({
    queryKey: ['overview', span],
    queryFn: ({ signal }) => get('/v1/overview', { query: { span }, signal }),
    // Where no events come, as in the fifth window of an account, it is asked for.
    refetchInterval: isLive ? false : ASKED_EVERY_MS,
  })
  useShortcuts(
    'On this page',
    SPANS.map(([value, words], at) => ({ keys: String(at + 1), words: `Show ${words}`, run: () => setSpan(value) })),
  )
  if (data === undefined) {
    return (
      <Page title="Overview">
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      </Page>
    )
  }
  const ways = [
    { label: 'CSV', name: `overview-${span}.csv`, make: async () => csvOf(slicesOf(data), CELLS) },
    { label: 'JSON', name: `overview-${span}.json`, make: async () => jsonOf(data) },
  ]
  return (
    <Page title="Overview" acts={<ExportMenu ways={ways} />}>
      <Verdict of={data} />
      <FirstStepsLine />
      <div className={classes['bar']}>
        <SegmentedControl
          aria-label="How far back"
          value={span}
          onChange={setSpan}
          data={SPANS.map(([value, label]) => ({ value, label }))}
        />
        <Text size="sm" c="dimmed">
          {isLive ? 'Live, as of ' : 'As of '}
          <Moment at={data.at} />
        </Text>
      </div>
      <Flow of={data} />
      <div className={classes['states']}>
        <CasesPart of={data} />
        <States of={data} />
      </div>
    </Page>
  )
}

type Overview = AnswerOf<'get', '/v1/overview'>
type Part = { readonly of: Overview }

const ASKED_EVERY_MS = 15_000
const SPANS = [
  ['1h', '1 hour'],
  ['24h', '24 hours'],
  ['7d', '7 days'],
  ['28d', '28 days'],
] as const

/** Keeps what is known of a span fresh by events while somebody looks. */
function useLive(span: (typeof SPANS)[number][0]): boolean {
  const queries = useQueryClient()
  const [isLive, setLive] = useState(false)
  useEffect(() => {
    let source: EventSource | undefined
    const close = (): void => {
      source?.close()
      source = undefined
      setLive(false)
    }
    // Nobody's session is kept alive by a window that nobody looks at.
    const follow = (): void => {
      if (document.hidden) return close()
      if (source !== undefined) return
      source = new EventSource(urlOf('/v1/overview/live', { query: { span } }))
      source.addEventListener('overview', ({ data }: MessageEvent<string>) => {
        setLive(true)
        queries.setQueryData(['overview', span], JSON.parse(data) as Overview)
      })
      source.addEventListener('error', () => setLive(false))
    }
    follow()
    document.addEventListener('visibilitychange', follow)
    return () => {
      document.removeEventListener('visibilitychange', follow)
      close()
    }
  }, [queries, span])
  return isLive
}

function Verdict({ of: { verdict } }: Part) {
  return (
    <ul className={classes['verdict']} aria-label="How it stands">
      {verdict.map(({ tone, words, since, to }) => {
        const sentence = (
          <>
            {words}
            {since !== undefined && (
              <>
                , since <Moment at={since} />
              </>
            )}
            .
          </>
        )
        return (
          <li key={words} data-tone={tone}>
            {to === undefined ? (
              sentence
            ) : (
              <Link
                to={to.split('?')[0] ?? to}
                search={Object.fromEntries(new URLSearchParams(to.split('?')[1] ?? ''))}
              >
                {sentence}
              </Link>
            )}
          </li>
        )
      })}
    </ul>
  )
}

function Flow({ of }: Part) {
  const { times, screened, blocked, causes, rules, knownSince } = of
  const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0)
  const seriesOf = (lines: Overview['rules'], words: (name: string) => string) =>
    lines.map(({ name, values }, at) => ({ label: words(name), values, tone: TONES[at] ?? ('quiet' as const) }))
  return (
    <>
      {knownSince !== undefined && (
        <Text size="sm" c="dimmed" mb="sm" role="status">
          Calls before <Moment at={knownSince} /> are still being counted.
        </Text>
      )}
      <Figures>
        <Figure value={sum(screened)} words="calls screened" />
        <Figure value={sum(blocked)} words="calls blocked" to="/blocks" />
      </Figures>
      <div className={classes['charts']}>
        <LineChart
          label="Calls"
          times={times}
          unit="calls"
          series={[
            { label: 'Screened', values: screened, isArea: true },
            { label: 'Blocked', values: blocked, tone: 'bad' },
          ]}
        />
        {causes.length > 1 && (
          <LineChart
            label="Blocked by cause"
            times={times}
            unit="calls"
            series={seriesOf(causes, (name) => CAUSE_WORDS[name] ?? name)}
          />
        )}
        {rules.length > 0 && (
          <LineChart
            label="Blocked by rule"
            times={times}
            unit="calls"
            series={seriesOf(rules, (name) => (name === '' ? 'Other rules' : name))}
          />
        )}
        <DelaysPart of={of} />
      </div>
      {rules.length > 0 && (
        <ul className={classes['rules']} aria-label="Rules that block">
          {rules.map(({ name, total }) => (
            <li key={name}>
              {name === '' ? (
                'Other rules'
              ) : (
                <Anchor component={Link} to="/blocks" search={{ rule: name } as never} inherit>
                  <Outside text={name} max={64} />
                </Anchor>
              )}{' '}
              {total.toLocaleString('en')}
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

/** How long callers waited to be answered: what they notice of a gate, and of its disk where calls are blocked. */
function DelaysPart({ of: { times, delays } }: Part) {
  const { since, slices, total } = delays
  const lines = useMemo(() => {
    const bySlice = new Map(slices.map((slice) => [slice.at, slice]))
    return [
      { label: '99 of 100 within', values: times.map((at) => bySlice.get(at)?.most), tone: 'quiet' as const },
      { label: 'Half within', values: times.map((at) => bySlice.get(at)?.half) },
    ]
  }, [times, slices])
  if (since === undefined) return undefined
  const isShort = Date.parse(since) > (times[0] ?? 0)
  return (
    <section aria-label="Time to answer">
      {total !== undefined && <LineChart label="Time to answer" times={times} unit="ms" series={lines} />}
      <Text size="sm" mt={4}>
        {total === undefined
          ? 'No call was answered'
          : `Of ${counted(total.calls)} half were answered within ${inMs(total.half)}, 99 of 100 within ${inMs(total.most)}`}
        {isShort && (
          <Text span inherit c="dimmed">
            {', measured since '}
            <Moment at={since} />
          </Text>
        )}
        .
      </Text>
    </section>
  )
}

function counted(calls: number): string {
  return `${calls.toLocaleString('en')} ${calls === 1 ? 'call' : 'calls'}`
}

/** 0.2 ms, 41 ms, 1.2 s. */
function inMs(delayMs: number): string {
  return delayMs < 1000 ? `${delayMs}\u00a0ms` : `${(delayMs / 1000).toLocaleString('en')}\u00a0s`
}

function CasesPart({ of: { cases } }: Part) {
  const may = useMay('cases.read')
  const to = (place: string) => (may ? { to: place } : {})
  return (
    <Section title="Open cases by age">
      <Figures>
        <Figure value={cases.open} words="open" {...to('/cases')} />
        <Figure
          value={cases.overdue}
          words="overdue"
          {...(cases.overdue > 0 && { tone: 'bad' as const })}
          {...to('/cases?overdue=true')}
        />
      </Figures>
      <dl className={classes['ages']}>
        {cases.ages.map(({ words, count }) => (
          <div key={words}>
            <dt>{words}</dt>
            <dd>{count.toLocaleString('en')}</dd>
            <dd aria-hidden className={classes['age']}>
              <span style={{ width: `${cases.open === 0 ? 0 : (count / cases.open) * 100}%` }} />
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  )
}

function States({ of: { gates, peers, ledger, alarms } }: Part) {
  return (
    <Section title="Up and down">
      <ul className={classes['list']}>
        <li>
          <StatusWord tone={GATE_TONES[gates.state]}>{GATE_WORDS[gates.state]}</StatusWord>
          <span>
            {gates.words}
            {gates.listening.length > 0 && <Text span inherit c="dimmed">{`, on ${gates.listening.join(', ')}`}</Text>}
          </span>
        </li>
        <li>
          <StatusWord tone={LEDGER_TONES[ledger.state]}>{LEDGER_WORDS[ledger.state]}</StatusWord>
          <span>
            Ledger: {ledger.words}
            {ledger.checkedAt !== undefined && (
              <>
                , until <Moment at={ledger.checkedAt} />
              </>
            )}
          </span>
        </li>
        {alarms.map((words) => (
          <li key={words}>
            <StatusWord tone="bad">Alarm</StatusWord>
            <span>{words}</span>
          </li>
        ))}
        {peers.map(({ name, last }) => (
          <li key={name}>
            <StatusWord tone={last === undefined ? 'quiet' : 'good'}>
              {last === undefined ? 'Silent' : 'Heard'}
            </StatusWord>
            <span>
              Peer <Outside text={name} max={64} />
              {last === undefined ? (
                ': no call within 28 days'
              ) : (
                <>
                  , last call <Moment at={last} as="away" />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title}>
      <Title order={2} size="h4" mb="xs">
        {title}
      </Title>
      {children}
    </section>
  )
}

type Slice = {
  readonly at: number
  readonly screened: number
  readonly blocked: number
  readonly rules: string
  readonly delay: Overview['delays']['slices'][number] | undefined
}

function slicesOf({ times, screened, blocked, rules, delays }: Overview): readonly Slice[] {
  return times.map((at, index) => {
    const by = rules.filter(({ values }) => values[index] !== 0).map(({ name, values }) => `${name}: ${values[index]}`)
    const delay = delays.slices.find((slice) => slice.at === at)
    return { at, screened: screened[index] ?? 0, blocked: blocked[index] ?? 0, rules: by.join('; '), delay }
  })
}

const CELLS: readonly (readonly [string, (slice: Slice) => string | undefined])[] = [
  ['from', ({ at }) => new Date(at).toISOString()],
  ['screened', ({ screened }) => String(screened)],
  ['blocked', ({ blocked }) => String(blocked)],
  ['rules', ({ rules }) => rules],
  ['half answered within ms', ({ delay }) => delay?.half.toString()],
  ['99 of 100 within ms', ({ delay }) => delay?.most.toString()],
]
const TONES = ['accent', 'wait', 'good', 'bad'] as const
const GATE_TONES = { up: 'good', troubled: 'bad', unknown: 'wait' } as const
const GATE_WORDS = { up: 'Up', troubled: 'In trouble', unknown: 'Unknown' } as const
const LEDGER_TONES = { verified: 'good', broken: 'bad', looking: 'quiet', stopped: 'wait' } as const
const LEDGER_WORDS = { verified: 'Verified', broken: 'Broken', looking: 'Looking', stopped: 'Check stopped' } as const
