// One thing: what can be done to a case beside deciding it: each a button or a line of a menu, a key, and a dialog.
import { Button, Menu, NativeSelect, Text, TextInput, Textarea } from '@mantine/core'
import { useEffect, useState } from 'react'
import { type AnswerOf, download, get, send } from '../../client.ts'
import { useAsk, wasAsked } from '../../parts/ask.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { Moment } from '../../parts/moment.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { useTyped } from '../../parts/typed.ts'
import { useMay, useSession } from '../../shell/session.ts'
import { type Shortcut, useShortcuts } from '../../shell/shortcuts.ts'
import type { CaseAnswer, EventAnswer, Steps } from './case-steps.ts'
import classes from './cases.module.css'

/** The buttons at the head of a case. */
export function CaseActs({ found, steps }: ActsProps) {
  const { case: id, status } = found
  const mayWork = useMay('cases.work')
  const mayExport = useMay('exports')
  const { name: me } = useSession()
  const [dialog, setDialog] = useState<'assign' | 'proof' | 'challenge'>()
  const ask = useAsk()
  const params = { id }
  const hasMail = found.claim.claimant.email !== undefined
  const isOver = status === 'withdrawn' || status === 'expired'
  const reach = hasMail
    ? 'It stands on the page of the case and goes to the claimant by mail.'
    : 'It stands on the page of the case. The claimant gave no mail address.'
  const say = ({ place, title, happens, act, label, done }: Saying): void =>
    void ask({
      title,
      happens: [happens],
      act,
      words: { label },
      run: (text) => steps.take(done, (match) => send('post', place, { params, body: { text }, match })),
    })
  const explain = (place: Explaining, title: string, happens: string, act: string, done: string): void =>
    void ask({
      title,
      happens: [happens],
      act,
      isGrave: place === '/v1/cases/{id}/withdrawal',
      words: { label: 'Why' },
      run: (reason) => steps.take(done, (match) => send('post', place, { params, body: { reason }, match })),
    })
  const assign = (to: string | undefined, words: string): Promise<void> =>
    steps.take(words, (match) =>
      send('post', '/v1/cases/{id}/assignment', { params, body: { ...(to !== undefined && { to }) }, match }),
    )
  const acts: readonly Act[] = [
    {
      key: 'n',
      words: 'Note',
      title: 'Write a note',
      run: () =>
        say({
          place: '/v1/cases/{id}/notes',
          title: 'Write a note',
          happens: 'Those inside read it, the claimant does not.',
          act: 'Note',
          label: 'Note',
          done: 'The note is written.',
        }),
    },
    {
      key: 'q',
      words: 'Ask the claimant',
      run: () =>
        say({
          place: '/v1/cases/{id}/questions',
          title: 'Ask the claimant',
          happens: `${reach} The case waits for the answer.`,
          act: 'Ask',
          label: 'Question',
          done: 'It is asked.',
        }),
    },
    {
      key: 'm',
      words: 'Write to the claimant',
      run: () =>
        say({
          place: '/v1/cases/{id}/messages',
          title: 'Write to the claimant',
          happens: reach,
          act: 'Send',
          label: 'Message',
          done: 'It is on its way.',
        }),
    },
  ]
  const more: readonly (Act & { readonly isHidden?: boolean })[] = [
    {
      key: 'a',
      words: found.assigned === me ? 'Give it to somebody' : 'Take it, or give it to somebody',
      run: () => setDialog('assign'),
    },
    {
      key: 't',
      words: 'The claimant was told by telephone',
      run: () =>
        void ask({
          title: 'The claimant was told by telephone',
          happens: ['Notes that the claimant knows how the case stands: the first word was given.'],
          act: 'Note it',
          run: () =>
            steps.take('It is noted.', (match) =>
              send('post', '/v1/cases/{id}/acknowledgement', { params, body: {}, match }),
            ),
        }),
    },
    {
      key: 'w',
      words: 'Write down what the claimant said',
      isHidden: status !== 'waiting-for-claimant',
      run: () =>
        say({
          place: '/v1/cases/{id}/answers',
          title: 'Write down what the claimant said',
          happens: 'It counts as the answer to the question.',
          act: 'Note the answer',
          label: 'What was said',
          done: 'The answer is written down.',
        }),
    },
    { key: 'p', words: 'Note a proof of control', isHidden: found.numbers.length === 0, run: () => setDialog('proof') },
    {
      key: 'c',
      words: 'Get a number to dial',
      isHidden: found.numbers.length === 0,
      run: () => setDialog('challenge'),
    },
    {
      key: 'r',
      words: 'Open it again',
      isHidden: status === 'open' || status === 'waiting-for-claimant' || status === 'unconfirmed',
      run: () =>
        explain(
          '/v1/cases/{id}/reopening',
          'Open it again',
          'The case is to be decided anew, and its clock starts again.',
          'Open it again',
          'It is open again.',
        ),
    },
    {
      key: 'W',
      words: 'Withdraw it for the claimant',
      isHidden: isOver,
      run: () =>
        explain(
          '/v1/cases/{id}/withdrawal',
          'Withdraw it for the claimant',
          'The case ends, and what it lifted is blocked again where a rule says so.',
          'Withdraw',
          'It is withdrawn.',
        ),
    },
  ]
  const shown = more.filter(({ isHidden }) => isHidden !== true)
  const begun = mayWork ? [...acts, ...shown].find(({ title, words }) => wasAsked(title ?? words)) : undefined
  // Only when the page is come to: a dialog that is closed later stays closed.
  useEffect(() => begun?.run(), [])
  useShortcuts(
    'On this page',
    mayWork ? [...acts, ...shown].map(({ key, words, run }): Shortcut => ({ keys: key, words, run })) : [],
  )
  const ways = [
    ...(mayExport
      ? [
          {
            label: 'Case file, to print',
            name: `case-${id}.html`,
            make: () => download('/v1/cases/{id}/file', { params, query: { reader: 'inside' }, type: 'text/html' }),
          },
          {
            label: 'Case file for the claimant',
            name: `case-${id}-claimant.html`,
            make: () => download('/v1/cases/{id}/file', { params, query: { reader: 'claimant' }, type: 'text/html' }),
          },
        ]
      : []),
    { label: 'JSON', name: `case-${id}.json`, make: async () => jsonOf(await get('/v1/cases/{id}', { params })) },
  ]
  return (
    <>
      {mayWork && (
        <>
          {acts.map(({ words, run }) => (
            <Button key={words} variant="default" onClick={run}>
              {SHORT.get(words) ?? words}
            </Button>
          ))}
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="default">More</Button>
            </Menu.Target>
            <Menu.Dropdown>
              {shown.map(({ words, run }) => (
                <Menu.Item key={words} onClick={run}>
                  {words}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </>
      )}
      <ExportMenu ways={ways} />
      {dialog === 'assign' && <AssignDialog found={found} me={me} assign={assign} close={() => setDialog(undefined)} />}
      {dialog === 'proof' && <ProofDialog found={found} steps={steps} close={() => setDialog(undefined)} />}
      {dialog === 'challenge' && <ChallengeDialog found={found} steps={steps} close={() => setDialog(undefined)} />}
    </>
  )
}

/** Says that an event was wrong, for who may. */
export function useCorrect(found: CaseAnswer, steps: Steps): ((event: EventAnswer) => void) | undefined {
  const ask = useAsk()
  const mayDecide = useMay('cases.decide')
  if (!mayDecide) return undefined
  return (event) =>
    void ask({
      title: `Event ${event.seq} was wrong`,
      happens: [
        'The event stays in the history, marked as wrong.',
        ...(event.kind === 'decided'
          ? ['What it lifted ends now, the case is open again, and the claimant is told so.']
          : []),
      ],
      act: 'It was wrong',
      isGrave: event.kind === 'decided',
      words: { label: 'Why' },
      run: (reason) =>
        steps.take('It is corrected.', (match) =>
          send('post', '/v1/cases/{id}/corrections', {
            params: { id: found.case },
            body: { event: event.seq, reason },
            match,
          }),
        ),
    })
}

function AssignDialog({ found, me, assign, close }: AssignProps) {
  const [to, setTo] = useState(found.assigned === undefined || found.assigned === me ? me : found.assigned)
  return (
    <FormDialog
      title="Who has it"
      act={to.trim() === '' ? 'Nobody has it' : to.trim() === me ? 'Take it' : 'Give it'}
      isOpen
      close={close}
      run={() =>
        assign(
          to.trim() === '' ? undefined : to.trim(),
          to.trim() === '' ? 'Nobody has it.' : `It is with ${to.trim()}.`,
        )
      }
    >
      <TextInput
        label="Account"
        description="The name that somebody signs in by; empty for nobody."
        value={to}
        onChange={({ currentTarget }) => setTo(currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  )
}

function ProofDialog({ found, steps, close }: DialogProps) {
  const [number, setNumber] = useState(found.unproven[0] ?? '')
  const [way, setWay] = useState<'letter' | 'provider' | 'registry'>('letter')
  const [detail, setDetail, forget] = useTyped(`case ${found.case} proof`, '')
  return (
    <FormDialog
      title="Note a proof of control"
      act="Note it"
      isOpen
      close={() => {
        forget()
        close()
      }}
      isReady={detail.trim() !== ''}
      run={() =>
        steps.take('The proof is noted.', (match) =>
          send('post', '/v1/cases/{id}/proofs', {
            params: { id: found.case },
            body: { ...(number !== '' && { number }), way, detail: detail.trim() },
            match,
          }),
        )
      }
    >
      <NativeSelect
        label="For"
        value={number}
        onChange={({ currentTarget }) => setNumber(currentTarget.value)}
        data={[{ value: '', label: 'All numbers of the case' }, ...found.numbers.slice(0, 200)]}
        data-autofocus
      />
      <NativeSelect
        label="Shown by"
        value={way}
        onChange={({ currentTarget }) => setWay(currentTarget.value as typeof way)}
        data={[
          { value: 'letter', label: 'A letter of authorisation' },
          { value: 'provider', label: 'The provider of the number' },
          { value: 'registry', label: 'The registry' },
        ]}
      />
      <Textarea
        label="What you saw"
        description="Who signed, on which page; who confirmed it."
        required
        autosize
        minRows={2}
        value={detail}
        onChange={({ currentTarget }) => setDetail(currentTarget.value)}
      />
    </FormDialog>
  )
}

function ChallengeDialog({ found, steps, close }: DialogProps) {
  const [number, setNumber] = useState(found.unproven[0] ?? found.numbers[0] ?? '')
  const [given, setGiven] = useState<AnswerOf<'post', '/v1/cases/{id}/challenges'>>()
  return (
    <FormDialog
      title="Get a number to dial"
      act={given === undefined ? 'Get it' : 'Done'}
      isOpen
      close={close}
      run={async () => {
        if (given !== undefined) return undefined
        const challenge = await send('post', '/v1/cases/{id}/challenges', {
          params: { id: found.case },
          body: { number },
        })
        setGiven(challenge)
        await steps.take('A number to dial is given.', () => Promise.resolve({ seq: found.seq }))
        return 'stay'
      }}
    >
      {given === undefined ? (
        <>
          <Text>Whoever calls it from the number shows that the number is his.</Text>
          <NativeSelect
            label="Number to be proved"
            value={number}
            onChange={({ currentTarget }) => setNumber(currentTarget.value)}
            data={found.numbers.slice(0, 200)}
            data-autofocus
          />
        </>
      ) : (
        <Text role="status">
          From <PhoneNumber of={given.number} /> dial{' '}
          <strong className={classes['dial']}>
            <PhoneNumber of={given.dial} />
          </strong>{' '}
          <CopyButton text={given.dial} what="the number to dial" /> until <Moment at={given.until} />.
        </Text>
      )}
    </FormDialog>
  )
}

type ActsProps = { readonly found: CaseAnswer; readonly steps: Steps }
type DialogProps = ActsProps & { readonly close: () => void }
type AssignProps = {
  readonly found: CaseAnswer
  readonly me: string
  readonly assign: (to: string | undefined, words: string) => Promise<void>
  readonly close: () => void
}
type Act = { readonly key: string; readonly words: string; readonly title?: string; readonly run: () => void }
type Saying = {
  readonly place:
    | '/v1/cases/{id}/notes'
    | '/v1/cases/{id}/messages'
    | '/v1/cases/{id}/questions'
    | '/v1/cases/{id}/answers'
  readonly title: string
  readonly happens: string
  readonly act: string
  readonly label: string
  readonly done: string
}
type Explaining = '/v1/cases/{id}/reopening' | '/v1/cases/{id}/withdrawal'

const SHORT: ReadonlyMap<string, string> = new Map([
  ['Ask the claimant', 'Ask'],
  ['Write to the claimant', 'Write'],
])
