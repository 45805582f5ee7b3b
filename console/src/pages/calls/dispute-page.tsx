// One thing: a dispute, from what is contested to what became of it, with every step that a person can take.
import { Anchor, Button, Menu, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { type AnswerOf, read, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { useAsk } from '../../parts/ask.tsx'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { useMay } from '../../shell/session.ts'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { Part, PlainList } from '../../parts/part.tsx'
import classes from './calls-nav.module.css'
import { ProveDialog, RetestDialog } from './dispute-calls.tsx'
import { FileDialog, HandDialog, OutcomeDialog } from './dispute-filing.tsx'
import { DISPUTE_TONES, DISPUTE_WORDS, OUTCOME_WORDS, dueWords } from './calls-words.ts'

/** One dispute: what is contested, what happened, what is due, and what can be done now. */
export function DisputePage() {
  const { id = '' } = useParams({ strict: false })
  const { data, error, refetch } = useQuery({
    queryKey: ['calling', 'dispute', id],
    queryFn: ({ signal }) => read('/v1/calling/disputes/{id}', { params: { id }, signal }),
  })
  if (data === undefined)
    return (
      <Page title="Dispute" up={UP}>
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      </Page>
    )
  return <Dispute key={id} dispute={data.value} tag={data.tag} />
}

function Dispute({ dispute, tag }: DisputeProps) {
  const { id, status, due, isOverdue, filing, news, calls, contacts, known } = dispute
  const mayWork = useMay('calling.dispute')
  const [dialog, setDialog] = useState<'file' | 'hand' | 'outcome' | 'retest' | 'prove'>()
  const ask = useAsk()
  const queries = useQueryClient()
  const renew = () => queries.invalidateQueries({ queryKey: ['calling'] })
  const params = { id }
  const say = (place: Saying, title: string, happens: string, act: string, label: string): void =>
    void ask({
      title,
      happens: [happens],
      act,
      words: { label },
      run: async (text) => {
        await send('post', place, { params, body: { text }, match: tag })
        await renew()
      },
    })
  const [problem, setProblem] = useState<unknown>()
  const [isPolling, setPolling] = useState(false)
  const poll = async (): Promise<void> => {
    setPolling(true)
    setProblem(undefined)
    try {
      await send('post', '/v1/calling/disputes/{id}/poll', { params, body: {} })
    } catch (cause) {
      setProblem(cause)
    }
    await renew()
    setPolling(false)
  }
  const isClosed = status === 'closed'
  const mayFile = mayWork && !isClosed
  const mayCall = mayFile && filing !== undefined && dispute.allNumbers.length > 0
  useShortcuts(
    'On this page',
    mayWork
      ? [
          { keys: 'f', words: 'File it', run: () => mayFile && setDialog('file') },
          ...(mayCall ? [{ keys: 'r', words: 'Call again', run: () => setDialog('retest') }] : []),
          {
            keys: 'n',
            words: 'Write a note',
            run: () => say('/v1/calling/disputes/{id}/notes', 'Write a note', 'Those inside read it.', 'Note', 'Note'),
          },
        ]
      : [],
  )
  return (
    <Page
      title={
        <>
          Dispute with <Outside text={dispute.blocker === '' ? 'somebody not known' : dispute.blocker} max={120} />
        </>
      }
      name="Dispute"
      up={UP}
      acts={
        <>
          {mayFile && (
            <Button variant={filing === undefined ? 'filled' : 'default'} onClick={() => setDialog('file')}>
              {filing === undefined ? 'File it' : 'File again'}
            </Button>
          )}
          {mayWork && filing !== undefined && !isClosed && (
            <Button
              variant={filing.isFollowed && due !== undefined && due.what !== 'retest' ? 'filled' : 'default'}
              loading={isPolling}
              onClick={() => void poll()}
            >
              {filing.isFollowed ? 'Ask how it stands' : 'Look for calls since'}
            </Button>
          )}
          {mayCall && due?.what === 'retest' && <Button onClick={() => setDialog('retest')}>Call again</Button>}
          {mayWork && (
            <Menu position="bottom-end">
              <Menu.Target>
                <Button variant="default">More</Button>
              </Menu.Target>
              <Menu.Dropdown>
                {!isClosed && <Menu.Item onClick={() => setDialog('hand')}>I filed it by hand</Menu.Item>}
                {mayCall && filing.isFollowed && (
                  <Menu.Item onClick={() => setDialog('prove')}>Prove a number</Menu.Item>
                )}
                {mayCall && due?.what !== 'retest' && (
                  <Menu.Item onClick={() => setDialog('retest')}>Call again</Menu.Item>
                )}
                {filing !== undefined && !isClosed && (
                  <>
                    <Menu.Item
                      onClick={() =>
                        say(
                          '/v1/calling/disputes/{id}/heard',
                          'They have it',
                          'Notes that the blocker said that it has the dispute.',
                          'Note',
                          'What they said',
                        )
                      }
                    >
                      They said that they have it
                    </Menu.Item>
                    <Menu.Item onClick={() => setDialog('outcome')}>They answered</Menu.Item>
                  </>
                )}
                <Menu.Item
                  onClick={() =>
                    say('/v1/calling/disputes/{id}/notes', 'Write a note', 'Those inside read it.', 'Note', 'Note')
                  }
                >
                  Write a note
                </Menu.Item>
                {isClosed ? (
                  <Menu.Item
                    onClick={() =>
                      say(
                        '/v1/calling/disputes/{id}/reopening',
                        'Open it again',
                        'It goes on where it was.',
                        'Open again',
                        'Why',
                      )
                    }
                  >
                    Open it again
                  </Menu.Item>
                ) : (
                  <Menu.Item
                    onClick={() =>
                      say(
                        '/v1/calling/disputes/{id}/closing',
                        'Close the dispute',
                        'Nothing more is due of it.',
                        'Close',
                        'Why',
                      )
                    }
                  >
                    Close it
                  </Menu.Item>
                )}
              </Menu.Dropdown>
            </Menu>
          )}
          <ExportMenu ways={[{ label: 'JSON', name: `dispute-${id}.json`, make: async () => jsonOf(dispute) }]} />
        </>
      }
    >
      {problem !== undefined && <ProblemBox problem={problem} />}
      {news?.question !== undefined && status === 'question' && (
        <Part title="They ask">
          <Text mb="xs">
            <Outside text={news.question} lines />
          </Text>
          {mayWork && (
            <Button
              onClick={() =>
                say(
                  '/v1/calling/disputes/{id}/answers',
                  'Answer them',
                  'It is sent to their desk.',
                  'Send',
                  'Your answer',
                )
              }
            >
              Answer
            </Button>
          )}
        </Part>
      )}
      <div className={classes['columns']}>
        <Facts
          of={[
            ['Status', <StatusWord tone={DISPUTE_TONES[status]}>{DISPUTE_WORDS[status]}</StatusWord>],
            [
              'Due',
              due === undefined ? (
                'Nothing'
              ) : (
                <Text span inherit c={isOverdue ? 'var(--console-bad)' : 'inherit'} fw={isOverdue ? 600 : 400}>
                  {dueWords(due)} <Moment at={due.at} as="both" />
                  {isOverdue && ', overdue'}
                </Text>
              ),
            ],
            [
              'Numbers',
              <>
                {dispute.allNumbers.slice(0, 10).map((number, at) => (
                  <span key={number}>
                    {at > 0 && ', '}
                    <PhoneNumber of={number} />
                  </span>
                ))}
                {dispute.numberCount > 10 && ` and ${dispute.numberCount - 10} more`}
              </>,
            ],
            [
              'Group',
              dispute.group === undefined ? undefined : (
                <Anchor component={Link} to={`/calls/groups/${dispute.group}`}>
                  #{dispute.group}
                </Anchor>
              ),
            ],
            ['Purpose', dispute.purpose === '' ? 'Not said yet' : <Outside text={dispute.purpose} lines />],
            ['Changed', dispute.changed === '' ? undefined : <Outside text={dispute.changed} lines />],
          ]}
        />
        <Facts
          of={[
            [
              'Filed',
              filing === undefined ? (
                'Not yet'
              ) : (
                <>
                  {WAY_WORDS[filing.way]} with <Outside text={filing.to} max={200} />
                  {dispute.filedAt !== undefined && (
                    <>
                      , <Moment at={dispute.filedAt} as="both" />
                    </>
                  )}
                </>
              ),
            ],
            ['They call it', filing?.reference && <Outside text={filing.reference} max={200} />],
            [
              'They say',
              news && (
                <>
                  <Outside text={news.status} max={60} />: <Outside text={news.next} max={600} />
                </>
              ),
            ],
            ['Outcome', dispute.outcome && OUTCOME_WORDS[dispute.outcome]],
            ['Lifted', dispute.liftedAt && <Moment at={dispute.liftedAt} as="both" />],
            ['Seen to work', dispute.verifiedAt && <Moment at={dispute.verifiedAt} as="both" />],
            ['Blocked again', dispute.regressedAt && <Moment at={dispute.regressedAt} as="both" />],
          ]}
        />
      </div>
      {filing?.needsConfirmation === true && status === 'unconfirmed' && (
        <Text mt="sm">Their desk sent a message with a link. Follow it, then ask how it stands.</Text>
      )}
      <Part title="What happened">
        <PlainList>
          {dispute.events.toReversed().map(({ seq, at, by, words }) => (
            <li key={seq}>
              <Outside text={words.charAt(0).toUpperCase() + words.slice(1)} max={2_000} />{' '}
              <Text span inherit c="dimmed">
                <Outside text={by} max={80} />, <Moment at={at} as="both" />
              </Text>
            </li>
          ))}
        </PlainList>
      </Part>
      {calls.length > 0 && (
        <Part title="Blocked calls that stand for all">
          <PlainList>
            <FirstOf rows={calls}>
              {(call) => (
                <li key={`${call.at} ${call.from} ${call.to}`}>
                  <PhoneNumber of={call.from} /> to <PhoneNumber of={call.to} />,{' '}
                  <Outside text={`${call.status} ${call.phrase}`} max={120} />, <Moment at={call.at} />
                </li>
              )}
            </FirstOf>
          </PlainList>
        </Part>
      )}
      {(contacts.length > 0 || known !== undefined) && (
        <Part title="How they are reached">
          <PlainList>
            <FirstOf rows={contacts}>
              {(contact) => (
                <li key={`${contact.kind} ${contact.value}`}>
                  <Outside text={contact.value} max={300} />{' '}
                  <Text span inherit c="dimmed">
                    {contact.isSigned ? 'signed' : 'unsigned: anybody on the path may have written it'}
                  </Text>
                </li>
              )}
            </FirstOf>
            {known !== undefined && (
              <li>
                {known.name}: {known.says}{' '}
                <Text span inherit c="dimmed">
                  Read in {known.date} at {known.source}
                </Text>
              </li>
            )}
          </PlainList>
        </Part>
      )}
      <FileDialog
        dispute={dispute}
        tag={tag}
        isOpen={dialog === 'file'}
        close={() => setDialog(undefined)}
        byHand={() => setDialog('hand')}
        renew={renew}
      />
      <HandDialog
        dispute={dispute}
        tag={tag}
        isOpen={dialog === 'hand'}
        close={() => setDialog(undefined)}
        renew={renew}
      />
      <OutcomeDialog
        dispute={dispute}
        tag={tag}
        isOpen={dialog === 'outcome'}
        close={() => setDialog(undefined)}
        renew={renew}
      />
      <RetestDialog
        dispute={dispute}
        tag={tag}
        isOpen={dialog === 'retest'}
        close={() => setDialog(undefined)}
        renew={renew}
      />
      <ProveDialog
        dispute={dispute}
        tag={tag}
        isOpen={dialog === 'prove'}
        close={() => setDialog(undefined)}
        renew={renew}
      />
    </Page>
  )
}

type Found = AnswerOf<'get', '/v1/calling/disputes/{id}'>
type DisputeProps = { readonly dispute: Found; readonly tag: string | undefined }
type Saying =
  | '/v1/calling/disputes/{id}/notes'
  | '/v1/calling/disputes/{id}/heard'
  | '/v1/calling/disputes/{id}/answers'
  | '/v1/calling/disputes/{id}/closing'
  | '/v1/calling/disputes/{id}/reopening'

/** The first rows of a list; a button says how many there are and shows the others. */
function FirstOf<Row>({
  rows,
  children,
}: {
  readonly rows: readonly Row[]
  readonly children: (row: Row) => ReactNode
}) {
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? rows : rows.slice(0, SHOWN_MAX)
  return (
    <>
      {shown.map((row) => children(row))}
      {shown.length < rows.length && (
        <li>
          {shown.length} of {rows.length}.{' '}
          <Button variant="subtle" size="compact-sm" onClick={() => setWhole(true)}>
            Show all
          </Button>
        </li>
      )}
    </>
  )
}

const WAY_WORDS = { api: 'By API', mail: 'By mail', form: 'By form', telephone: 'By telephone' } as const
/** Of a long list so many are shown first. */
const SHOWN_MAX = 20
const UP = { to: '/calls/disputes', label: 'Disputes' }
