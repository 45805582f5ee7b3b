// One thing: everything about one block, from its time line to its proof.
import { Anchor, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type AnswerOf, get } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Facts } from '../../parts/facts.tsx'
import { LineChart } from '../../parts/line-chart.tsx'
import { formatLength } from '../../parts/moment-words.ts'
import { Moment } from '../../parts/moment.tsx'
import { NoticeParts, Wire } from '../../parts/notice-parts.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { useMay } from '../../shell/session.ts'
import classes from './block-page.module.css'
import { CAUSE_WORDS } from '../../parts/cause-words.ts'
import { PROOF_WORDS } from './block-words.ts'

/** One blocked call: why, what was said to whom, how it is proved, and what would become of it today. */
export function BlockPage() {
  const { id = '' } = useParams({ strict: false })
  const { data, error, refetch } = useQuery({
    queryKey: ['blocks', id],
    queryFn: ({ signal }) => get('/v1/blocks/{id}', { params: { id }, signal }),
  })
  if (data === undefined) {
    const problem = asProblem(error)
    return (
      <Page title="Blocked call" up={UP}>
        {problem?.kind === 'not-found' ? (
          <PageState
            empty={{ title: 'There is no such block', words: 'Its receipt may be cut off, or of another ledger.' }}
          />
        ) : (
          <PageState isLoading={error === null} failed={problem} again={() => void refetch()} />
        )}
      </Page>
    )
  }
  return <Block block={data} />
}

type Block = AnswerOf<'get', '/v1/blocks/{id}'>

function Block({ block }: { readonly block: Block }) {
  const { calling, called, isErased, isReleased, rule, at } = block
  const title = isErased ? (
    'Blocked call, erased'
  ) : (
    <>
      {calling === '' ? 'No number' : <PhoneNumber of={calling} />} to <PhoneNumber of={called} />
    </>
  )
  return (
    <Page
      title={title}
      name="Blocked call"
      up={UP}
      words={
        <>
          {isReleased ? 'Recorded by the rule' : 'Blocked by the rule'}{' '}
          <Link to="/blocks" search={{ rule }} className={classes['link']}>
            {rule}
          </Link>
          {isReleased && ', but let through'}: <Moment at={at} as="both" />
          {isErased && '. Its personal part is erased; what stays cannot name anybody'}.
        </>
      }
      acts={
        <ExportMenu
          ways={[
            {
              label: 'JSON',
              name: `block-${block.proof.chain}-${block.proof.seq}.json`,
              make: async () => jsonOf(block),
            },
          ]}
        />
      }
    >
      <div className={classes['columns']}>
        <div className={classes['main']}>
          <Why block={block} />
          <Today block={block} />
          <Told block={block} />
        </div>
        <div className={classes['side']}>
          <Known block={block} />
          <Times block={block} />
          <Proof block={block} />
        </div>
      </div>
    </Page>
  )
}

type Part = { readonly block: Block }

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section aria-label={title} className={classes['section']}>
      <Title order={2} size="h4" mb={6}>
        {title}
      </Title>
      {children}
    </section>
  )
}

function Why({ block: { grounds, isErased } }: Part) {
  return (
    <Section title="Why">
      {grounds.length === 0 && <Text c="dimmed">{isErased ? 'The grounds are erased.' : 'No ground is kept.'}</Text>}
      {grounds.map(({ words, window }) => (
        <div key={words} className={classes['ground']}>
          <Text>
            <Outside text={capital(words)} />
          </Text>
          {window !== undefined && (
            <LineChart
              label={`${window.counts === 'calls' ? 'Calls' : 'Different numbers called'} within ${formatLength(window.perMs)}`}
              times={window.points.map(({ at }) => at)}
              series={[{ label: 'Counted', values: window.points.map(({ value }) => value), isArea: true }]}
              limit={{ value: window.limit, label: 'Limit' }}
              height={140}
            />
          )}
          {window?.countedFrom !== undefined && (
            <Text size="sm" c="dimmed">
              So many calls came that those before <Moment at={window.countedFrom} /> are not counted: where the window
              reaches further back, it had more than is drawn.
            </Text>
          )}
          {window?.countedUntil !== undefined && (
            <Text size="sm" c="dimmed">
              Calls after <Moment at={window.countedUntil} /> are not counted.
            </Text>
          )}
        </div>
      ))}
    </Section>
  )
}

function Today({ block: { today } }: Part) {
  return (
    <Section title="Under today’s policy">
      {today.kind === 'allow' && <Text>The call would go on.</Text>}
      {today.kind === 'block' && (
        <Text>
          {today.isLifted === true ? 'A lift of its number is in force. Without it the call' : 'It'} would be blocked by
          the rule {today.rule}: <Outside text={today.grounds ?? ''} />.
        </Text>
      )}
      {today.kind === 'unknown' && (
        <Text>
          That cannot be said: <Outside text={today.why ?? ''} />.
        </Text>
      )}
    </Section>
  )
}

function Told({ block: { request, answer, notes, faults, isErased, notice } }: Part) {
  if (isErased)
    return (
      <Section title="Request and answer">
        <Text c="dimmed">
          Both are erased. The answer was a {notice?.kind ?? ''} notice with the status {notice?.status ?? ''}.
        </Text>
      </Section>
    )
  return (
    <>
      <Section title="The notice, part by part">
        {faults.map(({ rule, severity, text, cite }) => (
          <Text key={rule} size="sm" mb={4}>
            <StatusWord tone={severity === 'info' ? 'quiet' : 'wait'}>{severity}</StatusWord> {text} ({cite})
          </Text>
        ))}
        <NoticeParts of={notes} isBeside />
      </Section>
      <Section title="As sent">
        <Octets name="Answer" text={answer} />
        <Octets name="Request" text={request} />
      </Section>
    </>
  )
}

function Octets({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <details className={classes['octets']}>
      <summary>
        {name}, {text.length.toLocaleString('en')} octets
      </summary>
      <Wire text={text} label={`${name} as sent`} />
      <CopyButton text={text} what={name.toLowerCase()} />
    </details>
  )
}

function Known({ block }: Part) {
  const mayCases = useMay('cases.read')
  const { cause, program, policy, attestation, peer, trunk, notice, displayName, callId, receipt, cases, registered } =
    block
  return (
    <Section title="What is known">
      <Facts
        of={[
          ['Cause', CAUSE_WORDS[cause] ?? cause],
          ['Program', program],
          ['Policy', policy === undefined ? undefined : `version ${policy}`],
          ['Notice', notice === undefined ? undefined : `${notice.kind}, status ${notice.status}`],
          ['Attestation', attestation === '' ? undefined : attestation],
          ['Peer', <Outside key="peer" text={peer} />],
          ['Trunk', trunk === '' ? undefined : <Outside key="trunk" text={trunk} max={100} />],
          ['Name shown', displayName === '' ? undefined : <Outside key="name" text={displayName} max={200} />],
          ['Call-ID', callId === '' ? undefined : <Outside key="call" text={callId} max={200} />],
          [
            'Receipt',
            receipt === '' ? undefined : (
              <span key="receipt">
                <code className={classes['code']}>{receipt}</code> <CopyButton text={receipt} what="receipt" />
              </span>
            ),
          ],
          [
            'Cases',
            cases.length === 0
              ? // Of an erased block nothing tells which case contested it.
                block.isErased
                ? undefined
                : 'None'
              : cases.map(({ case: id, status, opened }) => (
                  <span key={id} className={classes['line']}>
                    {mayCases ? (
                      <Anchor component={Link} to={`/cases/${id}`} inherit underline="always">
                        {status}
                      </Anchor>
                    ) : (
                      status
                    )}
                    , opened <Moment at={opened} />
                  </span>
                )),
          ],
          [
            'Registered',
            registered.length === 0
              ? undefined
              : registered.map(({ registration, name }) => (
                  <Anchor key={registration} component={Link} to={`/registry/${registration}`} inherit>
                    <Outside text={name} max={120} />
                  </Anchor>
                )),
          ],
        ]}
      />
    </Section>
  )
}

function Times({ block: { timeline } }: Part) {
  return (
    <Section title="What happened">
      <ol className={classes['times']}>
        {timeline.map(({ at, what, words, case: id }) => (
          <li key={`${at} ${what} ${id ?? ''}`}>
            <Moment at={at} />
            <span>
              {id === undefined ? (
                capital(words)
              ) : (
                <Anchor component={Link} to={`/cases/${id}`} inherit>
                  {capital(words)}
                </Anchor>
              )}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  )
}

function Proof({ block: { proof } }: Part) {
  const [words, tone] = PROOF_WORDS[proof.state]
  return (
    <Section title="Proof in the ledger">
      <Text mb={6}>
        <StatusWord tone={tone}>{words}</StatusWord> {capital(proof.words)}.
      </Text>
      <Facts
        of={[
          ['Entry', `${proof.seq.toLocaleString('en')} of chain ${proof.chain}`],
          [
            'Hash',
            <span key="hash">
              <code className={classes['code']}>{proof.hash}</code> <CopyButton text={proof.hash} what="hash" />
            </span>,
          ],
          ['Signed', proof.checkpointAt === undefined ? 'Not yet' : <Moment key="signed" at={proof.checkpointAt} />],
          ['Looked at', `${proof.looked.toLocaleString('en')} ${proof.looked === 1 ? 'entry' : 'entries'}, just now`],
        ]}
      />
    </Section>
  )
}

function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const UP = { to: '/blocks', label: 'Blocked calls' }
