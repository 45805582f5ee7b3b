import { Anchor, Button, Text, Textarea } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { type AnswerOf, get, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { useAsk } from '../../parts/ask.tsx'
import { DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Facts } from '../../parts/facts.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { useTyped } from '../../parts/typed.ts'
import { useMay } from '../../shell/session.ts'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { CALL_COLUMNS, type RefusedCall } from './call-columns.tsx'
import { Part, PlainList } from '../../parts/part.tsx'
import classes from './calls-nav.module.css'
import { STANDING_WORDS, STATE_TONES, STATE_WORDS, blockWords, many, shareWords } from './calls-words.ts'
import { DamageList } from './damage-list.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'

/** One group of blocks: since when, how often, which numbers, what was done to the notices, and what was said of it. */
export function GroupPage() {
  const { id = '' } = useParams({ strict: false })
  const { data, error, refetch } = useQuery({
    queryKey: ['calling', 'group', id],
    queryFn: ({ signal }) => get('/v1/calling/groups/{id}', { params: { id }, signal }),
  })
  if (data === undefined)
    return (
      <Page title={`Group #${id}`} up={UP}>
        <PageState isLoading={error === null} failed={asProblem(error)} again={() => void refetch()} />
      </Page>
    )
  return <Group key={data.id} group={data} />
}

function Group({ group }: { readonly group: Found }) {
  const { id, state, ownNumbers, damage, marks, disputes, looked } = group
  const mayWork = useMay('calling.dispute')
  const rows = useRows(
    ['calling', 'group-calls', id, group.last],
    async () => ({ observations: group.observations, after: undefined }),
    (page: { readonly observations: readonly RefusedCall[]; readonly after?: string | undefined }) => page.observations,
  )
  return (
    <Page
      title={
        <>
          <Outside text={group.blocker === '' ? 'Blocker not known' : group.blocker} max={120} /> blocks{' '}
          <Outside text={blockWords(group.block)} max={60} />
        </>
      }
      name={`Group #${id}`}
      up={UP}
      acts={
        <>
          {mayWork && <Acts group={group} />}
          <ExportMenu ways={[{ label: 'JSON', name: `group-${id}.json`, make: async () => jsonOf(group) }]} />
        </>
      }
    >
      <div className={classes['columns']}>
        <Facts
          of={[
            ['State', <StatusWord tone={STATE_TONES[state]}>{STATE_WORDS[state]}</StatusWord>],
            [
              'Came back',
              group.regressedAt === undefined ? undefined : (
                <>
                  <Moment at={group.regressedAt} as="both" />, after it was resolved from{' '}
                  {group.mark !== undefined && <Moment at={group.mark.effective} />}
                </>
              ),
            ],
            ['Answer', <Outside text={`${group.reason}: ${STANDING_WORDS[group.standing].toLowerCase()}`} max={120} />],
            ['Since', <Moment at={group.first} as="both" />],
            ['Last', <Moment at={group.last} as="both" />],
          ]}
        />
        <Facts
          of={[
            ['Calls', `${group.calls.toLocaleString('en')} refused, from ${many(group.numbers, 'number')}`],
            ['Last day', <Outside text={attemptWords(group.recent, group.block)} max={120} />],
            ['Week before', shareWords(group.earlier)],
            [
              'Disputes',
              disputes.length === 0
                ? 'None open'
                : disputes.map((dispute, at) => (
                    <span key={dispute}>
                      {at > 0 && ', '}
                      <Anchor component={Link} to={`/calls/disputes/${dispute}`}>
                        {dispute.slice(0, 8)}
                      </Anchor>
                    </span>
                  )),
            ],
          ]}
        />
      </div>
      <Part title="Your numbers">
        <Text>
          {ownNumbers.map(({ number, calls }, at) => (
            <span key={number}>
              {at > 0 && ', '}
              {number === '' ? 'without a number' : <PhoneNumber of={number} />}{' '}
              <Text span inherit c="dimmed">
                ({calls.toLocaleString('en')})
              </Text>
            </span>
          ))}
          {group.numbers > ownNumbers.length && ` and ${group.numbers - ownNumbers.length} more`}
        </Text>
      </Part>
      {damage.length > 0 && (
        <Part title={`Done to the notices, in the last ${many(looked, 'call')}`}>
          <DamageList of={damage} />
        </Part>
      )}
      <Part title="Last calls">
        <DataTable
          label="Last calls"
          columns={CALL_COLUMNS}
          of={rows}
          keyOf={(row) => String(row.id)}
          to={(row) => `/calls/observations/${row.id}`}
          empty={{ title: 'Its calls are erased', words: 'What was counted of them stays.' }}
        />
        <Text mt="xs" size="sm">
          <Anchor component={Link} to="/calls/observations" search={{ group: String(id) } as never} inherit>
            All calls of this group
          </Anchor>
        </Text>
      </Part>
      <Part title="What was said of it">
        {marks.length === 0 ? (
          <Text c="dimmed">Nothing yet.</Text>
        ) : (
          <PlainList>
            {marks.map(({ kind, at, effective, by, note }) => (
              <li key={`${at} ${kind}`}>
                {MARK_WORDS[kind]} by <Outside text={by} max={80} />, <Moment at={at} as="both" />
                {effective !== at && (
                  <>
                    , from <Moment at={effective} />
                  </>
                )}
                {note !== '' && (
                  <>
                    : <Outside text={note} max={500} />
                  </>
                )}
              </li>
            ))}
          </PlainList>
        )}
      </Part>
    </Page>
  )
}

function Acts({ group }: { readonly group: Found }) {
  const { id, state, disputes } = group
  const ask = useAsk()
  const queries = useQueryClient()
  const [isOpening, setOpening] = useState(false)
  const mark = (kind: 'resolved' | 'ignored' | 'reopened') => async (note: string) => {
    await send('post', '/v1/calling/groups/{id}/marks', { params: { id: String(id) }, body: { kind, note } })
    await queries.invalidateQueries({ queryKey: ['calling'] })
  }
  const isOver = state === 'resolved' || state === 'ignored'
  const resolve = (): void =>
    void ask({
      title: `Say that group #${id} is resolved?`,
      happens: ['It leaves the list.', 'A call that is refused after now makes it one that came back.'],
      act: 'Resolve',
      words: { label: 'Why', hint: 'For whoever looks back.', isOptional: true },
      run: mark('resolved'),
    })
  useShortcuts('On this page', [
    { keys: 'd', words: 'Open a dispute', run: () => setOpening(true) },
    ...(isOver ? [] : [{ keys: 'e', words: 'Say that it is resolved', run: resolve }]),
  ])
  return (
    <>
      <Button onClick={() => setOpening(true)}>Open a dispute</Button>
      {isOver ? (
        <Button
          variant="default"
          onClick={() =>
            void ask({
              title: `Open group #${id} again?`,
              happens: ['What was said of it last is taken back.'],
              act: 'Open again',
              words: { label: 'Why', isOptional: true },
              run: mark('reopened'),
            })
          }
        >
          Open again
        </Button>
      ) : (
        <>
          <Button variant="default" onClick={resolve}>
            Resolve
          </Button>
          <Button
            variant="default"
            onClick={() =>
              void ask({
                title: `Ignore group #${id}?`,
                happens: ['Nothing is heard of it until its share at least doubles.'],
                act: 'Ignore',
                words: { label: 'Why', isOptional: true },
                run: mark('ignored'),
              })
            }
          >
            Ignore
          </Button>
        </>
      )}
      <OpenDispute group={id} open={disputes} isOpen={isOpening} close={() => setOpening(false)} />
    </>
  )
}

/** Opens a dispute of a group: nothing is sent to anybody by that. */
function OpenDispute({ group, open, isOpen, close }: OpenDisputeProps) {
  const [purpose, setPurpose, forgetPurpose] = useTyped(`group ${group} purpose`, '')
  const [changed, setChanged, forgetChanged] = useTyped(`group ${group} changed`, '')
  const navigate = useNavigate()
  const queries = useQueryClient()
  return (
    <FormDialog
      title="Open a dispute"
      act={open.length > 0 ? 'Open another' : 'Open'}
      isOpen={isOpen}
      close={close}
      run={async () => {
        const { dispute } = await send('post', '/v1/calling/disputes', {
          body: { group, purpose, changed, again: open.length > 0 },
        })
        forgetPurpose()
        forgetChanged()
        await queries.invalidateQueries({ queryKey: ['calling'] })
        await navigate({ to: `/calls/disputes/${dispute}` })
      }}
    >
      <Text>
        {open.length > 0 ? 'A dispute of this group is open already. ' : ''}
        Numbers, notices and calls of the group are taken in. Nothing is sent until you file it.
      </Text>
      <Textarea
        label="What the calls are for"
        placeholder="Appointment reminders to patients who asked for them"
        autosize
        minRows={2}
        value={purpose}
        onChange={({ currentTarget }) => setPurpose(currentTarget.value)}
        data-autofocus
      />
      <Textarea
        label="What has been changed since"
        description="Empty where nothing was."
        autosize
        minRows={2}
        value={changed}
        onChange={({ currentTarget }) => setChanged(currentTarget.value)}
      />
    </FormDialog>
  )
}

type OpenDisputeProps = {
  readonly group: number
  readonly open: readonly string[]
  readonly isOpen: boolean
  readonly close: () => void
}
type Found = AnswerOf<'get', '/v1/calling/groups/{id}'>

/** `5 of 12 attempts from +12125550xxx`, or a share of them. */
function attemptWords(share: Found['recent'], block: string): string {
  const words = shareWords(share)
  if (share.of === 0) return words
  return share.of < 20
    ? `${words} ${share.of === 1 ? 'attempt' : 'attempts'} from ${blockWords(block)}`
    : `${words} of the attempts from ${blockWords(block)}`
}

const MARK_WORDS = { resolved: 'Resolved', ignored: 'Ignored', reopened: 'Opened again' } as const
const UP = { to: '/calls/groups', label: 'Groups' }
