import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { type AnswerOf, get } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { Party } from './call-columns.tsx'
import { Part, PlainList } from '../../parts/part.tsx'
import classes from './calls-nav.module.css'
import { STANDING_WORDS } from './calls-words.ts'
import { DamageList } from './damage-list.tsx'

/** One refused call: who, why, where to contest, what was done to the notice, and its answer explained field by field. */
export function ObservationPage() {
  const { id = '' } = useParams({ strict: false })
  const { data, error, refetch } = useQuery({
    queryKey: ['calling', 'observation', id],
    queryFn: ({ signal }) => get('/v1/calling/observations/{id}', { params: { id }, signal }),
  })
  const title = `Refused call #${id}`
  if (data === undefined)
    return (
      <Page title={title} up={UP}>
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      </Page>
    )
  const { contest, damage, faults, parts, missing, answer, ruling } = data
  return (
    <Page
      title={title}
      up={UP}
      words={`${STANDING_WORDS[data.standing]}: ${ruling.why}. ${ruling.cite}.`}
      acts={<ExportMenu ways={[{ label: 'JSON', name: `refused-call-${id}.json`, make: async () => jsonOf(data) }]} />}
    >
      <div className={classes['columns']}>
        <Facts
          of={[
            [
              'Call',
              <>
                <Party of={data.from} /> to <Party of={data.to} />
              </>,
            ],
            ['When', <Moment at={data.at} as="both" />],
            ['Answer', <Outside text={`${data.status} ${data.phrase}`} max={200} />],
            ['Who', <Outside text={data.who} max={400} />],
            ['Why', <Outside text={data.why} max={400} />],
            ['Blocker', <Outside text={data.blocker === '' ? 'Not known' : data.blocker} max={200} />],
            ['Carrier', <Outside text={data.carrier === '' ? 'Not known' : data.carrier} max={200} />],
          ]}
        />
        <Facts
          of={[
            ['Contest at', contest.url && <Outside text={contest.url} max={400} />],
            ['Telephone', contest.tel && <Outside text={contest.tel} max={100} />],
            ['Mail', contest.email && <Outside text={contest.email} max={200} />],
            ['Card', contest.card && <Outside text={contest.card} max={400} />],
            ['Id', data.noticeId && <Outside text={data.noticeId} max={200} />],
            ['Answered after', data.setupMs === undefined ? undefined : `${data.setupMs} ms`],
            ['Rang for', data.ringMs === undefined ? undefined : `${data.ringMs} ms`],
            ['Call-ID', data.callId === '' ? undefined : <Outside text={data.callId} max={200} />],
            [
              'Seen in',
              <>
                <Outside text={data.source} max={200} />
                {data.evidence === 'record' && ' (a record, which may leave out phrase and Reason)'}
              </>,
            ],
            [
              'Group',
              data.group === undefined ? undefined : (
                <Anchor component={Link} to={`/calls/groups/${data.group}`}>
                  #{data.group}
                </Anchor>
              ),
            ],
          ]}
        />
      </div>
      <Text c="dimmed" size="sm" mt="xs">
        What stands under Contest is as the notice had it. Unless a card was verified, anybody on the path may have
        written it.
      </Text>
      {damage.length > 0 && (
        <Part title="Done to the notice on its way">
          <DamageList of={damage.map((one) => ({ damage: one }))} />
        </Part>
      )}
      {(faults.length > 0 || missing.length > 0) && (
        <Part title="Not as the standards have it">
          <PlainList>
            {distinct([...faults, ...missing]).map(({ rule, text, cite }) => (
              <li key={rule}>
                <strong>{rule}</strong> {text}{' '}
                <Text span inherit c="dimmed">
                  {cite}
                </Text>
              </li>
            ))}
          </PlainList>
        </Part>
      )}
      <Part title="The answer, field by field">
        {answer === undefined ? (
          <Text c="dimmed">The octets are not here: the source was a record, or they were erased.</Text>
        ) : (
          <>
            {parts.map((part, at) => (
              // oxlint-disable-next-line react/no-array-index-key -- the parts of one answer do not move
              <div key={at} className={classes['answer']} data-depth={part.depth} data-fault={part.faults.length > 0}>
                <div>
                  <Text size="sm" fw={600}>
                    <Outside text={part.part} max={80} />
                  </Text>
                  <code>
                    <Outside text={part.text} max={1_000} />
                  </code>
                </div>
                <Text size="sm">
                  {part.means}{' '}
                  <Text span inherit c="dimmed">
                    {part.cite}
                  </Text>
                  {part.faults.map((fault) => (
                    <Text key={fault} size="sm" c="var(--console-wait)">
                      {fault}
                    </Text>
                  ))}
                </Text>
              </div>
            ))}
            <details>
              <Text component="summary" size="sm" mt="md" mb="xs">
                As it came
              </Text>
              <pre className={classes['octets']} tabIndex={0} role="region" aria-label="The answer as it came">
                <Outside text={answer.replaceAll('\r\n', '\n')} lines max={8_192} />
              </pre>
              <CopyButton text={answer} what="the answer" />
            </details>
          </>
        )}
      </Part>
    </Page>
  )
}

type Fault = AnswerOf<'get', '/v1/calling/observations/{id}'>['faults'][number]

function distinct(faults: readonly Fault[]): Fault[] {
  return [...new Map(faults.map((fault) => [fault.rule, fault])).values()]
}

const UP = { to: '/calls/observations', label: 'Refused calls' }
