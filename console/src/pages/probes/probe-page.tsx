// One thing: a probe, while it runs and after it: progress, the report, and links to it.
import { Anchor, Button, NumberInput, Progress, Text, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { type AnswerOf, get, send, urlOf } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { useAsk } from '../../parts/ask.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { useSession } from '../../shell/session.ts'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { Part, PlainList } from '../../parts/part.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import classes from './probe-page.module.css'
import { PROBE_TONES, PROBE_WORDS } from './probe-words.ts'

/** One probe: how far it is, or what it found and whom it may be shown to. */
export function ProbePage() {
  const { id = '' } = useParams({ strict: false })
  const { data, error, refetch } = useQuery({
    queryKey: ['probes', id],
    queryFn: ({ signal }) => get('/v1/probes/{id}', { params: { id }, signal }),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? 500 : false),
  })
  if (data === undefined)
    return (
      <Page title="Probe" up={UP}>
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      </Page>
    )
  return <Probe key={id} probe={data} />
}

function Probe({ probe }: { readonly probe: Found }) {
  const { id, state, grade, points, words, why, placed, total, current, report } = probe
  const mayChange = useSession().role !== 'auditor'
  const [isSharing, setSharing] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const queries = useQueryClient()
  const isRunning = state === 'running'
  const cancel = async (): Promise<void> => {
    setProblem(undefined)
    try {
      await send('post', '/v1/probes/{id}/cancel', { params: { id }, body: {} })
    } catch (cause) {
      setProblem(cause)
    }
    await queries.invalidateQueries({ queryKey: ['probes'] })
  }
  const mayShare = mayChange && report !== undefined && probe.canShare
  useShortcuts('On this page', [
    ...(isRunning && mayChange ? [{ keys: 'c', words: 'Cancel the probe', run: () => void cancel() }] : []),
    ...(mayShare ? [{ keys: 's', words: 'Share the report', run: () => setSharing(true) }] : []),
  ])
  return (
    <Page
      title={
        <>
          Probe of <Outside text={probe.via} max={120} />
        </>
      }
      name="Probe"
      up={UP}
      acts={
        <>
          {isRunning && mayChange && (
            <Button variant="default" onClick={() => void cancel()}>
              Cancel
            </Button>
          )}
          {mayShare && <Button onClick={() => setSharing(true)}>Share</Button>}
          {report !== undefined && (
            <Button variant="default" component="a" href={urlOf('/v1/probes/{id}/report', { params: { id } })} download>
              Save as a page
            </Button>
          )}
          {report !== undefined && (
            <ExportMenu ways={[{ label: 'JSON', name: `probe-${id}.json`, make: async () => jsonOf(probe) }]} />
          )}
        </>
      }
    >
      {problem !== undefined && <ProblemBox problem={problem} />}
      <div className={classes['head']}>
        {grade !== undefined && (
          <div className={classes['grade']} data-grade={grade} aria-hidden>
            {grade}
          </div>
        )}
        <div role="status">
          <Text size="lg" fw={600}>
            {grade === undefined ? (
              <StatusWord tone={PROBE_TONES[state]}>{PROBE_WORDS[state]}</StatusWord>
            ) : (
              `Grade ${grade}, ${points ?? 0} of 100 points`
            )}
            {grade !== undefined && state === 'cancelled' && ' (cancelled before its end)'}
          </Text>
          <Text>
            {isRunning ? (
              `${placed} of ${total} calls${current === undefined ? '' : `: ${current}`}`
            ) : (
              <Outside text={words === '' ? why : words} max={600} />
            )}
          </Text>
        </div>
      </div>
      {isRunning && <Progress value={(100 * placed) / Math.max(1, total)} aria-label="Calls placed" mb="md" />}
      <Facts
        of={[
          ['Calls from', <Outside text={probe.from} max={40} />],
          [
            'Started',
            <>
              <Moment at={probe.at} as="both" /> by <Outside text={probe.by} max={80} />
            </>,
          ],
          ['Ended', probe.endedAt && <Moment at={probe.endedAt} as="both" />],
          [
            'Far end',
            probe.farEnd === undefined ? (
              'Not looked at: second tries cannot be seen'
            ) : (
              <Outside text={probe.farEnd} max={200} />
            ),
          ],
          [
            'Product',
            report?.guess && (
              <>
                Perhaps {report.guess.product}: a guess by “<Outside text={report.guess.by} max={120} />” in an answer
              </>
            ),
          ],
          [
            'Elsewhere',
            probe.isElsewhere
              ? 'Its path is not in the configuration; who started it said that it may be called'
              : undefined,
          ],
        ]}
      />
      {report !== undefined && <Report report={report} />}
      {report !== undefined && <Links probe={probe} mayChange={mayChange} />}
      <ShareDialog probe={probe} isOpen={isSharing} close={() => setSharing(false)} />
    </Page>
  )
}

function Report({ report }: { readonly report: NonNullable<Found['report']> }) {
  const { deductions, advice, verdicts, scenarios } = report
  return (
    <>
      <Part title="What was taken off">
        {deductions.length === 0 ? (
          <Text c="dimmed">Nothing.</Text>
        ) : (
          <PlainList>
            {deductions.map((one) => (
              <li key={one.kind}>
                <strong>{`−${one.points}: ${one.title}`}</strong>
                <Pair {...one} />
                <Text size="sm">Mend: {one.fix}.</Text>
                {advice
                  .filter(({ kind }) => kind === one.kind)
                  .map((known) => (
                    <Text key={known.product} size="sm" mt={4}>
                      {`${known.product}${known.isGuessed ? ' (perhaps yours)' : ''} ${known.does}. ${known.remedy}.`}{' '}
                      <Text span inherit c="dimmed">
                        {known.standing === 'tested' ? 'Tested' : 'From documentation'}; {known.source}, {known.date}
                      </Text>
                    </Text>
                  ))}
                <Text size="sm" c="dimmed" mt={4}>
                  Seen in {one.scenarios.join(', ')}
                </Text>
              </li>
            ))}
          </PlainList>
        )}
      </Part>
      <Part title="Rules">
        <PlainList>
          {verdicts.map(({ id, cite, text, verdict, looked, brokenBy }) => (
            <li key={id}>
              <StatusWord tone={verdict === 'kept' ? 'good' : verdict === 'broken' ? 'bad' : 'quiet'}>
                {VERDICT_WORDS[verdict]}
              </StatusWord>{' '}
              {text}{' '}
              <Text span inherit c="dimmed">
                {cite};{' '}
                {verdict === 'broken'
                  ? `${brokenBy.length} of ${looked}: ${brokenBy.join(', ')}`
                  : `${looked} ${looked === 1 ? 'scenario' : 'scenarios'}`}
              </Text>
            </li>
          ))}
        </PlainList>
      </Part>
      <Part title="Scenarios">
        {scenarios.map((one) => (
          <details key={one.id} className={classes['scenario']}>
            <summary>
              <StatusWord tone={SCENARIO_TONES[one.state]}>{SCENARIO_WORDS[one.state]}</StatusWord>
              <span>
                {one.title}{' '}
                <Text span inherit c="dimmed">
                  {one.id}, {one.group}
                </Text>
              </span>
            </summary>
            <Text size="sm" c="dimmed">
              {one.arrived !== '' && (
                <>
                  Arrived: <Outside text={one.arrived} max={200} />.{' '}
                </>
              )}
              {one.afterMs !== undefined && `After ${Math.round(one.afterMs)} ms. `}
              {one.arrivals !== undefined && `${one.arrivals} at the far end. `}
              {one.why !== '' && <Outside text={one.why} max={300} />} {one.cite}
            </Text>
            {one.findings.map((finding) => (
              <div key={`${finding.kind} ${finding.part} ${finding.sent}`}>
                <Text size="sm" mt={4}>
                  {finding.title}
                </Text>
                <Pair {...finding} />
              </div>
            ))}
          </details>
        ))}
      </Part>
    </>
  )
}

function Pair({ sent, arrived, note }: { readonly sent: string; readonly arrived: string; readonly note: string }) {
  const shown = (text: string) => (text === '' ? <em>nothing</em> : <Outside text={text} max={600} />)
  return (
    <dl className={classes['pair']}>
      <dt>sent</dt>
      <dd>{shown(sent)}</dd>
      <dt>arrived</dt>
      <dd>
        {shown(arrived)}
        {note !== '' && (
          <>
            {' '}
            (<Outside text={note} max={300} />)
          </>
        )}
      </dd>
    </dl>
  )
}

function Links({ probe, mayChange }: { readonly probe: Found; readonly mayChange: boolean }) {
  const ask = useAsk()
  const queries = useQueryClient()
  if (probe.links.length === 0)
    return probe.canShare ? undefined : (
      <Text c="dimmed" size="sm" mt="lg">
        There is no public desk that a link could lead to: save the report as a page and hand that on.
      </Text>
    )
  return (
    <Part title="Links">
      <PlainList>
        {probe.links.map(({ id, at, by, until, endedAt, isOpen }) => (
          <li key={id}>
            {isOpen ? 'Open until ' : endedAt === undefined ? 'Over since ' : 'Ended '}
            <Moment at={endedAt ?? until} as="both" />{' '}
            <Text span inherit c="dimmed">
              made by <Outside text={by} max={80} />, <Moment at={at} />
            </Text>{' '}
            {isOpen && mayChange && (
              <Button
                variant="subtle"
                size="compact-sm"
                onClick={() =>
                  void ask({
                    title: 'End this link?',
                    happens: ['Whoever has it sees nothing any more.'],
                    act: 'End it',
                    run: async () => {
                      await send('delete', '/v1/probes/{id}/links/{link}', { params: { id: probe.id, link: id } })
                      await queries.invalidateQueries({ queryKey: ['probes'] })
                    },
                  })
                }
              >
                End it
              </Button>
            )}
          </li>
        ))}
      </PlainList>
    </Part>
  )
}

/** Makes a link; it is shown once. */
function ShareDialog({ probe, isOpen, close }: ShareProps) {
  const [days, setDays] = useState<number | string>(30)
  const [made, setMade] = useState<AnswerOf<'post', '/v1/probes/{id}/links'>>()
  const queries = useQueryClient()
  return (
    <FormDialog
      title="Share the report"
      act={made === undefined ? 'Make a link' : 'Done'}
      isDone={made !== undefined}
      isOpen={isOpen}
      close={() => {
        setMade(undefined)
        close()
      }}
      isReady={Number(days) >= 1 && Number(days) <= 90}
      run={async () => {
        if (made !== undefined) return undefined
        setMade(await send('post', '/v1/probes/{id}/links', { params: { id: probe.id }, body: { days: Number(days) } }))
        await queries.invalidateQueries({ queryKey: ['probes'] })
        return 'stay'
      }}
    >
      {made === undefined ? (
        <>
          <Text>
            Whoever has the link reads the report, without signing in: the path <Outside text={probe.via} max={120} />,
            the number <Outside text={probe.from} max={40} />, and every answer. You can end it before its time.
          </Text>
          <NumberInput
            label="For how many days"
            min={1}
            max={90}
            allowDecimal={false}
            value={days}
            onChange={setDays}
            data-autofocus
          />
        </>
      ) : (
        <>
          <TextInput
            label="The link"
            description="Shown once: copy it now."
            readOnly
            value={made.url}
            // It comes in the place of what had the attention.
            autoFocus
            onFocus={({ currentTarget }) => currentTarget.select()}
          />
          <div>
            <CopyButton text={made.url} what="the link" />{' '}
            <Anchor href={made.url} target="_blank" rel="noreferrer noopener">
              Look at it
            </Anchor>
          </div>
          <Text c="dimmed" size="sm">
            Open until <Moment at={made.until} as="both" />.
          </Text>
        </>
      )}
    </FormDialog>
  )
}

type Found = AnswerOf<'get', '/v1/probes/{id}'>
type ShareProps = { readonly probe: Found; readonly isOpen: boolean; readonly close: () => void }

const VERDICT_WORDS = { kept: 'Kept', broken: 'Broken', 'not tested': 'Not tested' } as const
const SCENARIO_WORDS = { intact: 'Intact', changed: 'Changed', apart: 'Not measured' } as const
const SCENARIO_TONES = { intact: 'good', changed: 'bad', apart: 'wait' } as const
const UP = { to: '/probes', label: 'Probes' }
