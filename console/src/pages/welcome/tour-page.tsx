// One thing: the first steps with a new gate, each with what the running program says of it, from a peer to the page that
// a blocked caller sees.
import { Anchor, Button, Group, Text, TextInput, Title } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useId, useState } from 'react'
import { type AnswerOf, get, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { Page } from '../../parts/page.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { StatusWord, type Tone } from '../../parts/status-word.tsx'
import { forgetTour, isTourForgotten } from '../../parts/first-steps.ts'
import { faultOfAddress, peerLines } from './peer-lines.ts'
import classes from './tour.module.css'

type Tour = AnswerOf<'get', '/v1/tour'>
type Called = NonNullable<Tour['called']>

/** From a gate that was just started to a blocked call and what its caller may do. */
export function TourPage() {
  const query = useQuery({
    queryKey: TOUR_KEY,
    queryFn: ({ signal }) => get('/v1/tour', { signal }),
    // What is done in a terminal meanwhile is seen here by itself.
    refetchInterval: LOOK_EVERY_MS,
  })
  return (
    <Page
      title="First steps"
      words="From a gate that was just started to a blocked call, and to the page where its caller contests it. Each step says what the running gate says of it."
    >
      {query.data === undefined ? (
        <PageState isLoading={query.isPending} failed={asProblem(query.error)} again={() => void query.refetch()} />
      ) : (
        <Steps of={query.data} />
      )}
    </Page>
  )
}

function Steps({ of }: { readonly of: Tour }) {
  const [isForgotten, setForgotten] = useState(isTourForgotten)
  return (
    <>
      <ol className={classes['steps']}>
        <PeerStep of={of} />
        <ContactStep of={of} />
        <CallStep of={of} />
        <BlockedStep of={of.called} />
        <ContestStep of={of} />
      </ol>
      <Text mt="xl" maw="48rem">
        To see pages with a day of calls, cases and registrations first, start a second Recourse with made-up data
        beside this one. It has a folder and ports of its own, every page of it says so, and nothing of it comes here.
      </Text>
      <div className={classes['sample']}>
        <Lines text="npx recourse sample" what="the command" />
      </div>
      <Group mt="lg" gap="sm">
        <Button
          variant="default"
          disabled={isForgotten}
          onClick={() => {
            forgetTour()
            setForgotten(true)
          }}
        >
          {isForgotten ? 'The overview no longer shows them' : 'Leave them out of the overview'}
        </Button>
        <Text size="sm" c="dimmed">
          They stay here: Settings, First steps.
        </Text>
      </Group>
    </>
  )
}

function PeerStep({ of: { peers, heard, reachable, listening, reload } }: { readonly of: Tour }) {
  const [address, setAddress] = useState('')
  const typed = address.trim()
  const fault = typed === '' ? undefined : faultOfAddress(typed)
  const lines = peerLines(typed === '' || fault !== undefined ? '192.0.2.7' : typed, reachable)
  const [words, tone]: readonly [string, Tone] =
    heard !== undefined ? ['Done', 'good'] : peers > 0 ? ['Not heard yet', 'wait'] : ['This machine only', 'quiet']
  return (
    <Step number={1} title="Let your switch ask" state={words} tone={tone}>
      <Text>
        {heard !== undefined ? (
          <>
            <Outside text={heard.peer} max={64} /> asked last <Moment at={heard.at} as="away" />.{' '}
            <Anchor component={Link} underline="always" to="/settings/peers">
              Test by two calls that both mean the same
            </Anchor>
            .
          </>
        ) : peers > 0 ? (
          <>
            {peers === 1 ? 'A switch' : `${peers} switches`} on other machines may ask, and none has asked yet. Point it
            at {listening.join(', ')}, or{' '}
            <Anchor component={Link} underline="always" to="/settings/peers">
              test it
            </Anchor>
            .
          </>
        ) : (
          'Only programs on this machine may ask now, which is enough for the steps below. For a switch elsewhere put these lines into the configuration, with its address; other machines may ask only with contacts of your own (step 2).'
        )}
      </Text>
      {peers === 0 && (
        <>
          <TextInput
            label="Address of your switch"
            placeholder="192.0.2.7"
            maw="24rem"
            mt="sm"
            value={address}
            onChange={({ currentTarget }) => setAddress(currentTarget.value)}
            error={fault}
          />
          <Lines text={lines} what="the lines for the configuration" />
          <Text size="sm" c="dimmed">
            {reload === undefined
              ? 'Then start Recourse again.'
              : `Then start Recourse again; where listen stays as it is, ${reload} is enough.`}{' '}
            This page sees it by itself.
          </Text>
        </>
      )}
    </Step>
  )
}

function ContactStep({ of: { contact, examples } }: { readonly of: Tour }) {
  const isOwn = examples.length === 0
  return (
    <Step
      number={2}
      title="Say whom blocked callers may ask"
      state={isOwn ? 'Done' : 'Examples'}
      tone={isOwn ? 'good' : 'wait'}
    >
      <Facts
        of={[
          ['Page', contact.url === undefined ? undefined : <Outside key="url" text={contact.url} max={200} />],
          ['Telephone', contact.tel === undefined ? undefined : <PhoneNumber key="tel" of={contact.tel} />],
          ['Mail', contact.email === undefined ? undefined : <Outside key="email" text={contact.email} max={200} />],
        ]}
      />
      <Text mt="xs">
        {isOwn
          ? 'Blocked callers are told these. '
          : `These are examples: put your own into the configuration, at ${examples.join(', ')}. `}
        <Anchor component={Link} underline="always" to="/settings/notice">
          See the notice as it is sent, and write the lines
        </Anchor>
        .
      </Text>
    </Step>
  )
}

function CallStep({ of: { command, called } }: { readonly of: Tour }) {
  const queries = useQueryClient()
  const [isCalling, setCalling] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const call = async (): Promise<void> => {
    setCalling(true)
    setProblem(undefined)
    try {
      await send('post', '/v1/tour/calls', { body: {} })
      await queries.invalidateQueries({ queryKey: TOUR_KEY })
    } catch (cause) {
      setProblem(cause)
    } finally {
      setCalling(false)
    }
  }
  return (
    <Step
      number={3}
      title="Place a test call"
      state={called === undefined ? 'Not yet' : 'Done'}
      tone={called === undefined ? 'quiet' : 'good'}
    >
      <Text>
        A real INVITE goes to the gate, from a number that nobody has and the sample’s policy blocks. It is judged and
        recorded like any other.
      </Text>
      <Group mt="sm" gap="sm">
        <Button onClick={() => void call()} loading={isCalling} disabled={command === undefined}>
          {called === undefined ? 'Place the call' : 'Place another'}
        </Button>
        {called !== undefined && (
          <Text size="sm" c="dimmed">
            Placed <Moment at={called.at} as="away" />.
          </Text>
        )}
      </Group>
      {problem !== undefined && <ProblemBox problem={problem} />}
      {command === undefined ? (
        <Text mt="sm">
          No peer asks from this machine over UDP or TCP, so the gate would not answer a call from here: test your
          switch in{' '}
          <Anchor component={Link} underline="always" to="/settings/peers">
            Peers
          </Anchor>{' '}
          instead.
        </Text>
      ) : (
        <>
          <Text size="sm" mt="sm">
            The same from a terminal on that machine:
          </Text>
          <Lines text={command} what="the command" />
        </>
      )}
    </Step>
  )
}

function BlockedStep({ of }: { readonly of: Called | undefined }) {
  const [words, tone] = of === undefined ? (['Waits for step 3', 'quiet'] as const) : OUTCOMES[of.outcome]
  return (
    <Step number={4} title="See it blocked" state={words} tone={tone}>
      {of === undefined ? (
        <Text c="dimmed">The answer and its entry in the ledger stand here then.</Text>
      ) : (
        <>
          <Text>
            The gate answered <Outside text={of.words} max={200} />. {ADVICE[of.outcome]}
          </Text>
          {of.outcome === 'continued' && <Lines text={DENY_LINES} what="the rule" />}
          {of.answer !== undefined && (
            <div className={classes['lines']}>
              <pre>
                <Outside text={of.answer.trimEnd()} lines max={8_192} />
              </pre>
              <CopyButton text={of.answer} what="the answer" />
            </div>
          )}
          {of.outcome === 'blocked' &&
            (of.receipt === undefined ? (
              <Link to="/blocks" search={{ number: of.from }}>
                Blocked calls of this number
              </Link>
            ) : (
              <Anchor component={Link} underline="always" to={`/blocks/${encodeURIComponent(of.receipt)}`}>
                Why it was blocked, and its proof in the ledger
              </Anchor>
            ))}
        </>
      )}
    </Step>
  )
}

function ContestStep({ of: { called, desk, examples } }: { readonly of: Tour }) {
  const receipt = called?.outcome === 'blocked' ? called.receipt : undefined
  const isReady = receipt !== undefined && desk !== undefined
  const isHere = examples.includes('desk.public')
  return (
    <Step
      number={5}
      title="See what its caller sees"
      state={isReady ? 'Ready' : desk === undefined ? 'No desk' : 'Waits for step 4'}
      tone={isReady ? 'good' : 'quiet'}
    >
      {desk === undefined ? (
        <Text>The configuration has no desk, so callers are sent to the contacts above only.</Text>
      ) : receipt === undefined ? (
        <Text c="dimmed">
          The notice of a 603+ leads to a page that knows the block, and from there to a case in Cases.
        </Text>
      ) : (
        <>
          <Text>
            The notice leads here. Contest the block as its caller would, and decide it in{' '}
            <Anchor component={Link} underline="always" to="/cases">
              Cases
            </Anchor>
            .
          </Text>
          <Anchor
            underline="always"
            href={`${isHere ? desk.here : desk.public}/r/${receipt}`}
            target="_blank"
            rel="noopener noreferrer"
          >
            Open the page of this block
          </Anchor>
          {isHere && (
            <Text size="sm" c="dimmed" mt={4}>
              By the desk’s own address, which a browser on that machine reaches:{' '}
              <Outside text={desk.public} max={200} /> is an example yet.
            </Text>
          )}
        </>
      )}
    </Step>
  )
}

function Step({ number, title, state, tone, children }: StepProps) {
  const id = useId()
  return (
    <li aria-labelledby={id}>
      <div className={classes['head']}>
        <Title order={2} size="h4" id={id}>
          {number}. {title}
        </Title>
        <StatusWord tone={tone}>{state}</StatusWord>
      </div>
      {children}
    </li>
  )
}

type StepProps = {
  readonly number: number
  readonly title: string
  readonly state: string
  readonly tone: Tone
  readonly children: ReactNode
}

function Lines({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <div className={classes['lines']}>
      <pre>{text}</pre>
      <CopyButton text={text} what={what} />
    </div>
  )
}

const OUTCOMES = {
  blocked: ['Blocked', 'good'],
  continued: ['It went on', 'wait'],
  refused: ['Refused', 'wait'],
  unanswered: ['No answer', 'bad'],
} as const satisfies { readonly [outcome in Called['outcome']]: readonly [string, Tone] }
const ADVICE = {
  blocked: 'That is what the caller’s network receives:',
  continued:
    'That means that the call goes on: no rule of the policy in force has this caller. To see a block put this among its rules, apply it under Policy, and place another:',
  refused: 'That is no notice of a block, and not the answer by which calls go on: look into Health.',
  unanswered: 'Look into Health, and whether the gate still listens where it says.',
} as const satisfies { readonly [outcome in Called['outcome']]: string }
const DENY_LINES = '- { id: try, deny: ["+12125550199"] }'
const TOUR_KEY = ['tour']
const LOOK_EVERY_MS = 3_000
