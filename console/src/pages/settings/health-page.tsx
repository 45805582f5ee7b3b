// One thing: how the program is, in sentences first, then every fact that they are made of; live.
import { Code, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { formatOctets } from '#core/overview/health.ts'
import { type AnswerOf, get } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Facts } from '../../parts/facts.tsx'
import { formatLength } from '../../parts/moment-words.ts'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Part, PlainList } from '../../parts/part.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import classes from './health-page.module.css'
import { SettingsFrame } from './settings-frame.tsx'

/** Is it well, and if not, what is to be done. */
export function HealthPage() {
  const { data, error, refetch } = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => readHealth(signal),
    refetchInterval: LIVE_MS,
  })
  return (
    <SettingsFrame
      title="Health"
      acts={
        data !== undefined && (
          <ExportMenu ways={[{ label: 'JSON', name: 'health.json', make: async () => jsonOf(data.health) }]} />
        )
      }
    >
      {data === undefined ? (
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      ) : (
        <>
          {error !== null && <ProblemBox problem={error} />}
          <HealthParts health={data.health} aheadMs={data.aheadMs} />
        </>
      )}
    </SettingsFrame>
  )
}

function HealthParts({ health, aheadMs }: { readonly health: Health; readonly aheadMs: number }) {
  const { verdict, listening, ledger, store, versions, clock, alarms, limits } = health
  return (
    <>
      <ul className={classes['verdict']} aria-label="How it stands">
        {verdict.map(({ tone, words }) => (
          <li key={words} data-tone={tone}>
            <StatusWord tone={tone}>{TONE_WORDS[tone]}</StatusWord> <Outside text={words} max={600} />
          </li>
        ))}
      </ul>
      <Text size="sm" c="dimmed" mt="xs">
        Live, as of <Moment at={health.at} />
      </Text>
      <div className={classes['states']}>
        <Part title="Gates">
          <Facts
            of={[
              ['Listening on', listening.length === 0 ? 'Nothing that is known' : <Lines of={listening} />],
              ['Threads', health.threads?.toLocaleString('en')],
              ['Policy in force', health.policy === undefined ? undefined : `Version ${health.policy}`],
              ['Started', health.startedAt === undefined ? undefined : <Moment at={health.startedAt} as="both" />],
              ['Heard of', health.heardAt === undefined ? 'Not yet' : <Moment at={health.heardAt} as="away" />],
            ]}
          />
        </Part>
        <Part title="Ledger">
          <Facts
            of={[
              ['State', <StatusWord tone={LEDGER[ledger.state][1]}>{LEDGER[ledger.state][0]}</StatusWord>],
              ['Found', <Outside text={ledger.words} max={300} />],
              ['Verified', ledger.checkedAt === undefined ? 'Not yet' : <Moment at={ledger.checkedAt} as="both" />],
            ]}
          />
        </Part>
        <Part title="Store and disk">
          <Facts
            of={[
              ['Database', formatOctets(store.bytes)],
              ['Evidence', store.evidenceBytes === undefined ? undefined : formatOctets(store.evidenceBytes)],
              [
                'Left on its disk',
                store.freeBytes === undefined || store.diskBytes === undefined
                  ? 'The system does not say'
                  : `${formatOctets(store.freeBytes)} of ${formatOctets(store.diskBytes)}`,
              ],
              ['File', <Outside text={store.path} max={200} isName />],
            ]}
          />
        </Part>
        <Part title="Clock">
          <Facts
            of={[
              ['Time there', <Moment at={health.at} />],
              ['Against this device', clockWords(aheadMs)],
              [
                'Since the start',
                clock.isSteady ? 'It was not set' : `It was set by ${formatLength(Math.abs(clock.jumpMs))}`,
              ],
              ['Zone', clock.zone],
            ]}
          />
        </Part>
        <Part title="Versions">
          <Facts
            of={[
              ['Recourse', versions.recourse],
              ['Node.js', versions.node],
              ['SQLite', versions.sqlite],
              ['Schema of the store', String(store.schema)],
            ]}
          />
        </Part>
      </div>
      <Part title="Alarms since the start">
        {alarms.length === 0 ? (
          <Text c="dimmed">None was raised.</Text>
        ) : (
          <PlainList>
            {alarms.map(({ kind, words, count, isFresh }) => (
              <li key={kind}>
                <Text component="span" fw={600}>
                  {count.toLocaleString('en')} ×
                </Text>{' '}
                {words}{' '}
                <StatusWord tone={isFresh ? 'bad' : 'quiet'}>{isFresh ? 'Within the minute' : 'Over'}</StatusWord>{' '}
                <Code>{kind}</Code>
              </li>
            ))}
          </PlainList>
        )}
      </Part>
      <Part title="Limits that were hit">
        {limits.length === 0 ? (
          <Text c="dimmed">None of the {health.limitsWatched} that are counted, since the start.</Text>
        ) : (
          <>
            <PlainList>
              {limits.map(({ name, words, count }) => (
                <li key={name} className={classes['limit']}>
                  <span className={classes['count']}>{count.toLocaleString('en')}</span>
                  <span>
                    {words} <Code>{name}</Code>
                  </span>
                </li>
              ))}
            </PlainList>
            <Text size="sm" c="dimmed" mt="xs">
              {limits.length} of {health.limitsWatched} that are counted. What each is, and what sets it: section Limits
              of the guide <Code>docs/run.md</Code>.
            </Text>
          </>
        )}
      </Part>
    </>
  )
}

function Lines({ of }: { readonly of: readonly string[] }) {
  return of.map((line) => (
    <div key={line}>
      <Outside text={line} max={120} />
    </div>
  ))
}

/** The answer, with how far the other clock is ahead of ours: the answer was made about in the middle of the asking. */
async function readHealth(signal: AbortSignal) {
  const asked = Date.now()
  const health = await get('/v1/health', { signal })
  return { health, aheadMs: Date.parse(health.at) - (asked + Date.now()) / 2 }
}

function clockWords(aheadMs: number): string {
  if (Math.abs(aheadMs) < APART_MS) return 'The same, within 2 seconds'
  return `${formatLength(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead' : 'behind'}: one of the two is wrong`
}

type Health = AnswerOf<'get', '/v1/health'>

const TONE_WORDS = { bad: 'Wrong', wait: 'Look', good: 'Well' } as const
const LEDGER = {
  verified: ['Verified', 'good'],
  broken: ['Broken', 'bad'],
  looking: ['Being verified', 'wait'],
  stopped: ['Check stopped', 'wait'],
} as const
const LIVE_MS = 2_000
const APART_MS = 2_000
