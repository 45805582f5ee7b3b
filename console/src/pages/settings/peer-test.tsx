import { Button, Group, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { get, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { Facts } from '../../parts/facts.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Part } from '../../parts/part.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { type Test, isRight, testWords } from './peer-words.ts'
import classes from './peer-test.module.css'

/** One test of a peer: how far it is, what it found and what to do, and what happened step by step. */
export function PeerTest({ id }: { readonly id: string }) {
  const queries = useQueryClient()
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['peer-tests', id],
    queryFn: ({ signal }) => get('/v1/gate/peer-tests/{id}', { params: { id }, signal }),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? 400 : false),
  })
  const isOver = data !== undefined && data.state !== 'running'
  useEffect(() => {
    if (isOver) void queries.invalidateQueries({ queryKey: ['peers'] })
  }, [isOver, queries])
  if (data !== undefined) return <Shown test={data} />
  const problem = asProblem(error)
  if (problem?.kind === 'not-found') return <Text c="dimmed">That test is not kept any more.</Text>
  return <PageState isLoading={isPending} failed={problem} again={() => void refetch()} />
}

function Shown({ test }: { readonly test: Test }) {
  const queries = useQueryClient()
  const [problem, setProblem] = useState<unknown>()
  const { id, state, words, why, steps, asks } = test
  const [standing, tone] = testWords(test)
  const [verdict, ...advice] = words
  const isRunning = state === 'running'
  const act = async (work: () => Promise<unknown>): Promise<void> => {
    setProblem(undefined)
    try {
      await work()
    } catch (cause) {
      setProblem(cause)
    }
    await queries.invalidateQueries({ queryKey: ['peer-tests', id] })
  }
  const cancel = () => act(() => send('post', '/v1/gate/peer-tests/{id}/cancel', { params: { id }, body: {} }))
  useShortcuts('On this page', isRunning ? [{ keys: 'c', words: 'Cancel the test', run: () => void cancel() }] : [])
  return (
    <Part
      title="Test"
      act={
        isRunning && (
          <Button variant="default" size="compact-sm" onClick={() => void cancel()}>
            Cancel
          </Button>
        )
      }
    >
      <div role="status" className={classes['verdict']} data-tone={tone}>
        <StatusWord tone={tone}>{standing}</StatusWord>{' '}
        <Text span inherit fw={600}>
          {verdict === undefined ? (
            <Outside text={isRunning ? (steps.at(-1)?.words ?? 'It begins') : why} max={400} />
          ) : (
            <Outside text={verdict} max={400} />
          )}
        </Text>
      </div>
      {advice.length > 0 && (
        <ul className={classes['advice']}>
          {advice.map((line) => (
            <li key={line}>
              <Outside text={line} max={400} />
            </li>
          ))}
        </ul>
      )}
      {problem !== undefined && <ProblemBox problem={problem} />}
      {asks !== undefined && <Rang key={asks} test={test} call={asks} tell={act} />}
      <Steps steps={steps} />
      <Facts
        of={[
          [
            'Started',
            <>
              <Moment at={test.at} as="both" /> by <Outside text={test.by} max={80} />
            </>,
          ],
          ['Placed', test.through === undefined ? 'By hand' : <Outside text={`Through ${test.through}`} max={200} />],
          ['Arrive', test.listen === undefined ? undefined : <Outside text={`At ${test.listen}, answered here`} />],
          ['Second call', `Refused by ${test.status}`],
        ]}
      />
    </Part>
  )
}

/** Asks whoever looks whether a call rang. */
function Rang({ test, call, tell }: RangProps) {
  const say = (rang: boolean) => () =>
    void tell(() => send('post', '/v1/gate/peer-tests/{id}/rang', { params: { id: test.id }, body: { call, rang } }))
  useShortcuts('On this page', [
    { keys: 'y', words: 'It rang', run: say(true) },
    { keys: 'n', words: 'It did not ring', run: say(false) },
  ])
  return (
    <div className={classes['ask']} role="group" aria-label="Did it ring?">
      <Text fw={600}>
        Did the call to <Outside text={call === 'allow' ? test.allow : test.block} max={40} /> ring at its destination?
      </Text>
      <Group gap="xs" mt={6}>
        <Button onClick={say(true)}>It rang</Button>
        <Button variant="default" onClick={say(false)}>
          It did not
        </Button>
      </Group>
    </div>
  )
}

function Steps({ steps }: { readonly steps: Test['steps'] }) {
  if (steps.length === 0) return undefined
  return (
    <ol className={classes['steps']} aria-label="Steps">
      {steps.map((step, index) => {
        const right = isRight(step)
        return (
          <li key={index} data-kind={step.kind}>
            <Outside text={step.words} max={300} />
            {right !== undefined && (
              <>
                {' '}
                <StatusWord tone={right ? 'good' : 'bad'}>{right ? 'as it should' : 'not as it should'}</StatusWord>
              </>
            )}
          </li>
        )
      })}
    </ol>
  )
}

type RangProps = {
  readonly test: Test
  readonly call: 'allow' | 'block'
  readonly tell: (work: () => Promise<unknown>) => Promise<void>
}
