// One thing: mail and webhooks: what is configured, what waits and what failed, and a test of each.
import { Button, Code, Text, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type AnswerOf, get, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Facts } from '../../parts/facts.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { formatLength } from '../../parts/moment-words.ts'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Part, PlainList } from '../../parts/part.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { useSession } from '../../shell/session.ts'
import { useShortcuts } from '../../shell/shortcuts.ts'
import classes from './outgoing-page.module.css'
import { SettingsFrame } from './settings-frame.tsx'

/** What leaves this machine for people and programs. */
export function OutgoingPage() {
  const { data, error, refetch } = useQuery({
    queryKey: ['outgoing'],
    queryFn: ({ signal }) => get('/v1/outgoing', { signal }),
    refetchInterval: LOOK_EVERY_MS,
  })
  return (
    <SettingsFrame
      title="Mail and webhooks"
      words="What leaves for people and for your own programs. Where it goes is set in the configuration; no secret is shown here."
      acts={
        data !== undefined && (
          <ExportMenu ways={[{ label: 'JSON', name: 'outgoing.json', make: async () => jsonOf(data) }]} />
        )
      }
    >
      {data === undefined ? (
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      ) : (
        <>
          <MailPart outgoing={data} />
          <HooksPart hooks={data.webhooks} />
        </>
      )}
    </SettingsFrame>
  )
}

function MailPart({ outgoing: { mail, alertsTo, own } }: { readonly outgoing: Outgoing }) {
  const mayChange = useSession().role !== 'auditor'
  const [isTesting, setTesting] = useState(false)
  const [test, setTest] = useState<string>()
  const mayTest = mayChange && mail !== undefined
  useShortcuts('On this page', mayTest ? [{ keys: 't', words: 'Send a test mail', run: () => setTesting(true) }] : [])
  if (mail === undefined)
    return (
      <Part title="Mail">
        <PageState
          empty={{
            title: 'No mail leaves',
            words: (
              <>
                Without <Code>mail</Code> in the configuration claimants hear nothing by mail. The guide is{' '}
                <Code>docs/mail.md</Code>.
              </>
            ),
          }}
        />
      </Part>
    )
  const { waiting, oldest, lastSent, failure } = mail
  const isMended = failure?.at !== undefined && lastSent !== undefined && lastSent > failure.at
  return (
    <Part title="Mail" act={mayTest && <Button onClick={() => setTesting(true)}>Send a test mail</Button>}>
      {test !== undefined && <MailTestLine id={test} />}
      <Facts
        of={[
          [mail.kind === 'smtp' ? 'Server' : 'Folder', <Outside text={mail.to} max={200} />],
          ['TLS', mail.tls && TLS_WORDS[mail.tls]],
          ['Signs in as', mail.login === undefined ? undefined : <Outside text={mail.login} max={120} />],
          ['Trusts', mail.trusts ? 'The authorities of mail.trust' : undefined],
          ['Sender', <Outside text={`${mail.name} <${mail.from}>`} max={200} />],
          ['Replies to', mail.replyTo === undefined ? undefined : <Outside text={mail.replyTo} max={120} />],
          ['Replies come from', mail.replies === undefined ? undefined : <Outside text={mail.replies} max={200} />],
          ['Alerts go to', alertsTo.length === 0 ? 'Nobody' : <Outside text={alertsTo.join(', ')} max={400} />],
          [
            'Waiting',
            waiting === 0 || oldest === undefined ? (
              'Nothing'
            ) : (
              <>
                {waiting.toLocaleString('en')}, the oldest since <Moment at={oldest} as="both" />
              </>
            ),
          ],
          ['Last sent', lastSent === undefined ? 'Nothing that is kept' : <Moment at={lastSent} as="both" />],
          [
            'Last failure',
            failure === undefined ? (
              'None that is kept'
            ) : (
              <Failure words={failure.words} advice={failure.advice} isMended={isMended} at={failure.at} />
            ),
          ],
        ]}
      />
      <MailTestDialog isOpen={isTesting} close={() => setTesting(false)} own={own} begun={(id) => setTest(id)} />
    </Part>
  )
}

function Failure({ words, advice, isMended, at }: FailureProps) {
  return (
    <>
      <StatusWord tone={isMended ? 'quiet' : 'bad'}>{isMended ? 'Mail has left since' : 'Not mended'}</StatusWord>{' '}
      {at !== undefined && (
        <>
          <Moment at={at} as="both" />:{' '}
        </>
      )}
      <Outside text={words} max={300} />
      <Text size="sm" c="dimmed">
        {advice}
      </Text>
    </>
  )
}

type FailureProps = {
  readonly words: string
  readonly advice: string
  readonly isMended: boolean
  readonly at: string | undefined
}

/** Asks what became of a test mail until it was tried. */
function MailTestLine({ id }: { readonly id: string }) {
  const { data, error } = useQuery({
    queryKey: ['outgoing', 'mail-test', id],
    queryFn: ({ signal }) => get('/v1/outgoing/mail-tests/{id}', { params: { id }, signal }),
    refetchInterval: ({ state }) => (state.data === undefined || state.data.state === 'waiting' ? 500 : 5_000),
  })
  if (error !== null) return <ProblemBox problem={error} />
  if (data === undefined) return undefined
  const [words, tone] = MAIL_STATES[data.state]
  return (
    <div className={classes['result']} role="status">
      <div>
        <StatusWord tone={tone}>{words}</StatusWord> Test mail to <Outside text={data.to} max={120} />
        {data.doneAt !== undefined && (
          <>
            , <Moment at={data.doneAt} as="away" />
          </>
        )}
      </div>
      {data.words !== '' && (
        <div>
          {data.state === 'accepted' ? 'The server said' : 'What was said'}: <Outside text={data.words} max={300} />
        </div>
      )}
      {data.advice !== '' && <div>{data.advice}</div>}
      {data.state === 'accepted' && (
        <Text size="sm" c="dimmed">
          Look into the mailbox: a server that took it may still lose it, or take it for spam.
        </Text>
      )}
      {data.nextAt !== undefined && (
        <Text size="sm" c="dimmed">
          It is tried again <Moment at={data.nextAt} as="away" />.
        </Text>
      )}
    </div>
  )
}

function MailTestDialog({ isOpen, close, own, begun }: MailTestDialogProps) {
  const client = useQueryClient()
  const [to, setTo] = useState(own ?? '')
  return (
    <FormDialog
      title="Send a test mail"
      act="Send it"
      isOpen={isOpen}
      close={close}
      isReady={to.trim() !== ''}
      run={async () => {
        const { id } = await send('post', '/v1/outgoing/mail-tests', { body: { to: to.trim() } })
        begun(id)
        await client.invalidateQueries({ queryKey: ['outgoing'] })
      }}
    >
      <TextInput
        label="To"
        description="It leaves the way every mail does: the same queue, server and sender. The audit trail notes that you sent it."
        required
        type="email"
        maxLength={254}
        value={to}
        onChange={({ currentTarget }) => setTo(currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  )
}

type MailTestDialogProps = {
  readonly isOpen: boolean
  readonly close: () => void
  readonly own: string | undefined
  readonly begun: (id: string) => void
}

function HooksPart({ hooks }: { readonly hooks: readonly Hook[] }) {
  return (
    <Part title="Webhooks">
      {hooks.length === 0 ? (
        <PageState
          empty={{
            title: 'No program is told',
            words: (
              <>
                Name receivers under <Code>webhooks</Code> (blocks and cases) or <Code>monitor.notify</Code> (alerts
                about your own calls). The guide is <Code>docs/outlets.md</Code>.
              </>
            ),
          }}
        />
      ) : (
        <PlainList>
          {hooks.map((hook) => (
            <HookLine key={`${hook.use} ${hook.name}`} hook={hook} />
          ))}
        </PlainList>
      )}
    </Part>
  )
}

function HookLine({ hook: { name, use, url, waiting, oldest, tries } }: { readonly hook: Hook }) {
  const mayChange = useSession().role !== 'auditor'
  const [isBusy, setBusy] = useState(false)
  const [found, setFound] = useState<HookTest>()
  const [problem, setProblem] = useState<unknown>()
  const test = async (): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    setFound(undefined)
    try {
      setFound(await send('post', '/v1/outgoing/webhook-tests', { body: { name, use } }))
    } catch (cause) {
      setProblem(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <li>
      <div className={classes['hook']}>
        <div>
          <Text component="span" fw={600}>
            <Outside text={name} max={64} />
          </Text>{' '}
          <Text component="span" c="dimmed" size="sm">
            {USE_WORDS[use]}
          </Text>
          <div>
            <Outside text={url} max={300} />
          </div>
          <Text size="sm" c={tries > 0 ? 'inherit' : 'dimmed'}>
            {waiting === 0 || oldest === undefined ? (
              'Nothing waits'
            ) : (
              <>
                {tries > 0 && <StatusWord tone="bad">Tried {tries} times</StatusWord>} {waiting.toLocaleString('en')}{' '}
                wait, the oldest since <Moment at={oldest} as="both" />
              </>
            )}
          </Text>
        </div>
        {mayChange && (
          <Button
            variant="default"
            size="compact-sm"
            loading={isBusy}
            onClick={() => void test()}
            aria-label={`Send a test event to ${name}`}
          >
            Send a test
          </Button>
        )}
      </div>
      {problem !== undefined && <ProblemBox problem={problem} />}
      {found !== undefined && (
        <div className={classes['result']} role="status">
          <div>
            <StatusWord tone={found.state === 'accepted' ? 'good' : 'bad'}>
              {found.state === 'accepted' ? 'Accepted' : 'Failed'}
            </StatusWord>{' '}
            {found.status === undefined ? 'No answer' : `Status ${found.status}`} after {formatLength(found.tookMs)}
          </div>
          {found.words !== '' && (
            <div>
              {found.status === undefined ? 'Why: ' : 'It answered: '}
              <Outside text={found.words} max={300} />
            </div>
          )}
          {found.advice !== '' && <div>{found.advice}</div>}
          <Text size="sm" c="dimmed">
            Event <Code>{found.event}</Code> of type <Code>test</Code>, signed like every other.
          </Text>
        </div>
      )}
    </li>
  )
}

type Outgoing = AnswerOf<'get', '/v1/outgoing'>
type Hook = Outgoing['webhooks'][number]
type HookTest = AnswerOf<'post', '/v1/outgoing/webhook-tests'>

const TLS_WORDS = {
  always: 'From the first octet',
  must: 'STARTTLS, or nothing leaves',
  may: 'STARTTLS where it is offered',
} as const
const USE_WORDS = { 'blocks-and-cases': 'blocks and cases', alerts: 'alerts about your own calls' } as const
const MAIL_STATES = {
  waiting: ['On its way', 'wait'],
  accepted: ['Accepted', 'good'],
  delayed: ['Could not leave', 'bad'],
  refused: ['Refused', 'bad'],
} as const
const LOOK_EVERY_MS = 5_000
