// One thing: a case, from what there is to go by at the left to what is decided and said at the right.
import { Alert, Anchor, Button, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { Link, useParams } from '@tanstack/react-router'
import { get } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { Columns, Part } from '../../parts/part.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { useMay, useSession } from '../../shell/session.ts'
import { CaseActs, useCorrect } from './case-acts.tsx'
import { Blocks, CaseLines, Claim, Files, Numbers } from './case-evidence.tsx'
import { Event, History } from './case-history.tsx'
import { type CaseAnswer, type Steps, caseQuery, useSteps, whoOf } from './case-steps.ts'
import { DUE_WORDS, STATUS_TONES, STATUS_WORDS, countOf } from './case-words.ts'
import classes from './cases.module.css'
import { DecisionPanel } from './decision-panel.tsx'

/** One case, decided without leaving it. */
export function CasePage() {
  const { id = '' } = useParams({ strict: false })
  const { data, error, refetch } = useQuery({ ...caseQuery(id), refetchInterval: LOOK_AGAIN_MS })
  if (data === undefined)
    return (
      <Page title="Case" up={UP}>
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      </Page>
    )
  return <Case key={id} found={data} />
}

function Case({ found }: { readonly found: CaseAnswer }) {
  const { case: id, claim, due, isOverdue, status } = found
  const session = useSession()
  const mayDecide = useMay('cases.decide')
  const steps = useSteps(found, session.name)
  const correct = useCorrect(found, steps)
  const evidence = useQuery({
    // A case that went on is looked at with what there is to go by now.
    queryKey: ['case-evidence', id, found.seq],
    queryFn: ({ signal }) => get('/v1/cases/{id}/evidence', { params: { id }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: LOOK_AGAIN_MS,
  })
  const similar = useQuery({
    queryKey: ['cases', 'similar', id],
    queryFn: ({ signal }) => get('/v1/cases/{id}/similar', { params: { id }, signal }),
    refetchInterval: LOOK_AGAIN_MS,
  })
  return (
    <Page
      title={
        <>
          <Outside text={claim.claimant.organisation ?? claim.claimant.name} max={160} />{' '}
          <StatusWord tone={STATUS_TONES[status]}>{STATUS_WORDS[status]}</StatusWord>
        </>
      }
      name={`Case of ${claim.claimant.organisation ?? claim.claimant.name}`}
      up={UP}
      words={
        <>
          {due !== undefined && (
            <Text span inherit c={isOverdue ? 'var(--console-bad)' : 'var(--mantine-color-text)'} fw={600}>
              {isOverdue ? `${DUE_WORDS[due.what]} was due ` : `${DUE_WORDS[due.what]} due `}
              <Moment at={due.at} as="both" />.{' '}
            </Text>
          )}
          {found.assigned === undefined ? (
            'Nobody has it. '
          ) : (
            <>
              It is with <Outside text={found.assigned} max={64} />.{' '}
            </>
          )}
          The claimant is told: {found.next}
        </>
      }
      acts={<CaseActs found={found} steps={steps} />}
    >
      <Meanwhile steps={steps} />
      <Columns>
        <div>
          <Claim found={found} />
          <Numbers found={found} evidence={evidence.data} />
          <Files found={found} />
          {evidence.data === undefined ? (
            <PageState
              isLoading={evidence.isPending}
              failed={asProblem(evidence.error)}
              again={() => void evidence.refetch()}
            />
          ) : (
            <Blocks evidence={evidence.data} />
          )}
          {evidence.data !== undefined && evidence.data.earlier.length > 0 && (
            <Part title="Other cases of these numbers">
              <CaseLines cases={evidence.data.earlier} />
            </Part>
          )}
        </div>
        <div>
          {mayDecide && status !== 'unconfirmed' && (
            <DecisionPanel found={found} evidence={evidence.data} steps={steps} />
          )}
          {similar.data !== undefined && similar.data.cases.length > 0 && (
            <Part
              title={countOf(similar.data.cases.length, 'similar case')}
              act={
                mayDecide ? (
                  <Anchor
                    component={Link}
                    to="/cases/decide"
                    search={
                      { cases: [id, ...similar.data.cases.map((one) => one.case)].slice(0, 100).join('.') } as never
                    }
                  >
                    Decide them together
                  </Anchor>
                ) : undefined
              }
            >
              <CaseLines cases={similar.data.cases.slice(0, SIMILAR_SHOWN)} />
              {similar.data.cases.length > SIMILAR_SHOWN && (
                <Text size="sm" c="dimmed">
                  and {similar.data.cases.length - SIMILAR_SHOWN} more
                </Text>
              )}
            </Part>
          )}
          <History events={found.events} correct={correct} />
        </div>
      </Columns>
    </Page>
  )
}

/** What was done, and what somebody else did while this page was looked at. */
function Meanwhile({ steps }: { readonly steps: Steps }) {
  const { done, look, meanwhile, leads } = steps
  const news = useRef<HTMLDivElement>(null)
  const isNews = meanwhile.length > 0
  useEffect(() => {
    if (isNews && leads > 0) news.current?.focus()
  }, [isNews, leads])
  const decided = meanwhile.findLast(({ kind }) => kind === 'decided')
  return (
    <>
      <div role="status">
        {done !== undefined && (
          <Alert color="accent" mb="md" className={classes['done'] ?? ''}>
            {done.words}
            {done.notes.map((note) => (
              <div key={note}>
                <Outside text={note} max={600} />
              </div>
            ))}
          </Alert>
        )}
      </div>
      {isNews && (
        <Alert
          ref={news}
          tabIndex={-1}
          mb="md"
          role="alert"
          title={decided === undefined ? 'Something happened meanwhile' : `${whoOf(decided)} decided it meanwhile`}
          className={classes['meanwhile'] ?? ''}
        >
          <ol className={classes['history']}>
            {meanwhile.map((event) => (
              <Event key={event.seq} event={event} />
            ))}
          </ol>
          <Text size="sm" mb="xs">
            Nothing that you typed is lost. What you do now is done on how the case stands now.
          </Text>
          <Button size="compact-sm" variant="default" onClick={look}>
            I have seen it
          </Button>
        </Alert>
      )}
    </>
  )
}

const UP = { to: '/cases', label: 'Cases' }
/** A page that is looked at notices what others do. */
const LOOK_AGAIN_MS = 15_000
const SIMILAR_SHOWN = 8
