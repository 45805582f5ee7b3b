// One thing: steps on a registration, and the dialogs of those that ask for more than one text.
import { NativeSelect, Radio, Stack, Text, Textarea } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { Problem, get, send } from '../../client.ts'
import { useAsk } from '../../parts/ask.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { ITEM_WORDS, OUTCOME_WORDS, type RegistrationAnswer, spanWords } from './registry-words.ts'

type Item = RegistrationAnswer['checklist'][number]['item']
type Dispute = RegistrationAnswer['disputes'][number]
type EventAnswer = RegistrationAnswer['events'][number]

export type Vet = {
  /** What was done last. */
  readonly done: string | undefined
  /** What others did since this person looked; nothing is done over it before it was seen. */
  readonly meanwhile: readonly EventAnswer[]
  /** She has seen it: what she does from now on is done on how it stands. */
  readonly look: () => void
  /** Takes a step on what was seen; how the registration stands then is shown. Throws Problem. */
  readonly take: (words: string, run: (match: string) => Promise<RegistrationAnswer>) => Promise<void>
  /** The same, of a step that answers something else. */
  readonly onSeen: <Answer>(run: (match: string) => Promise<Answer>) => Promise<Answer>
  readonly correct: (seq: number) => void
  readonly checking: Item | undefined
  /** Opens the dialog for an item of the checklist; undefined for the next that keeps it from being approved, `end` closes. */
  readonly check: (item: Item | 'end' | undefined) => void
  readonly settling: Dispute | undefined
  readonly settle: (dispute: Dispute | undefined) => void
}

/**
 * Steps on the registration as it was seen: what somebody else adds, its holder too, keeps them back until it was looked at.
 */
export function useVet(found: RegistrationAnswer, me: string): Vet {
  const queries = useQueryClient()
  const ask = useAsk()
  const [done, setDone] = useState<string>()
  const [checking, setChecking] = useState<Item>()
  const [settling, setSettling] = useState<Dispute>()
  const [seen, setSeen] = useState(found.seq)
  const meanwhile = found.events.filter((event) => event.seq > seen && !isOwn(event, me))
  useEffect(() => {
    if (found.seq > seen && meanwhile.length === 0) setSeen(found.seq)
  }, [found.seq, seen, meanwhile.length])
  const onSeen: Vet['onSeen'] = async (run) => {
    try {
      return await run(tagOf(seen))
    } catch (cause) {
      if (!(cause instanceof Problem) || cause.kind !== 'changed') throw cause
      const now = await queries.fetchQuery({ ...registrationQuery(found.id), staleTime: 0 })
      if (now.events.some((event) => event.seq > seen && !isOwn(event, me))) throw cause
      return run(tagOf(now.seq))
    }
  }
  const take: Vet['take'] = async (words, run) => {
    setDone(undefined)
    const now = await onSeen(run)
    queries.setQueryData(['registry', 'one', found.id], now)
    setSeen(now.seq)
    setDone(words)
    await queries.invalidateQueries({ queryKey: ['registry', 'list'] })
  }
  return {
    done,
    meanwhile,
    look: () => setSeen(found.seq),
    take,
    onSeen,
    checking,
    check: (item) => setChecking(item === 'end' ? undefined : (item ?? nextItem(found, undefined) ?? 'identity')),
    settling,
    settle: setSettling,
    correct: (seq) =>
      void ask({
        title: `Event ${seq} was wrong`,
        happens: ['The event stays in the list. What it brought is taken back.'],
        act: 'It was wrong',
        isGrave: true,
        words: { label: 'Why' },
        run: (reason) =>
          take('It is corrected.', (match) =>
            send('post', '/v1/registry/registrations/{id}/corrections', {
              params: { id: found.id },
              body: { seq, reason },
              match,
            }),
          ),
      }),
  }
}

/** Goes along the checklist: what is noted makes room for the next. */
export function CheckDialog({ found, vet }: DialogProps) {
  const [item, setItem] = useState<Item>(vet.checking ?? 'identity')
  const [outcome, setOutcome] = useState<keyof typeof OUTCOME_WORDS>('passed')
  const [reason, setReason] = useState('')
  const next = nextItem(found, item)
  const asks = found.checklist.find((one) => one.item === item)?.asks ?? ''
  return (
    <FormDialog
      title="What you saw"
      act={next === undefined ? 'Note it' : 'Note it, and the next'}
      isOpen
      close={() => vet.check('end')}
      isReady={reason.trim() !== ''}
      run={async () => {
        await vet.take(`${ITEM_WORDS[item]}: noted.`, (match) =>
          send('post', '/v1/registry/registrations/{id}/checklist', {
            params: { id: found.id },
            body: { item, outcome, reason: reason.trim() },
            match,
          }),
        )
        if (next === undefined) return undefined
        setItem(next)
        setOutcome('passed')
        setReason('')
        return 'stay'
      }}
    >
      <NativeSelect
        label="Item"
        value={item}
        onChange={({ currentTarget }) => setItem(currentTarget.value as Item)}
        data={found.checklist.map((one) => ({ value: one.item, label: ITEM_WORDS[one.item] }))}
      />
      <Text>Whether {asks}.</Text>
      <NativeSelect
        label="Outcome"
        value={outcome}
        onChange={({ currentTarget }) => setOutcome(currentTarget.value as typeof outcome)}
        data={Object.entries(OUTCOME_WORDS).map(([value, label]) => ({ value, label }))}
      />
      <Textarea
        label="Where you looked, and what was there"
        required
        autosize
        minRows={2}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  )
}

/** Says whose a number is that two claim. */
export function SettleDialog({ found, vet }: DialogProps) {
  const dispute = vet.settling
  const [keeps, setKeeps] = useState('yes')
  const [reason, setReason] = useState('')
  if (dispute === undefined) return undefined
  const number = spanWords(dispute.span)
  return (
    <FormDialog
      title={`Whose is ${number}?`}
      act="Settle it"
      isOpen
      close={() => vet.settle(undefined)}
      isReady={reason.trim() !== ''}
      isGrave={keeps === 'no'}
      run={() =>
        vet.take('It is settled, and both are told.', (match) =>
          send('post', '/v1/registry/registrations/{id}/disputes', {
            params: { id: found.id },
            body: { number, other: dispute.by, keeps: keeps === 'yes', reason: reason.trim() },
            match,
          }),
        )
      }
    >
      <Radio.Group label="It belongs to" value={keeps} onChange={setKeeps}>
        <Stack gap={6} mt={4}>
          <Radio value="yes" label="This registration" />
          <Radio value="no" label="The other: it is taken off this one" />
        </Stack>
      </Radio.Group>
      <Textarea
        label="Why"
        description="Both holders read it."
        required
        autosize
        minRows={2}
        value={reason}
        onChange={({ currentTarget }) => setReason(currentTarget.value)}
        data-autofocus
      />
    </FormDialog>
  )
}

/** The query of one registration. */
export function registrationQuery(id: string) {
  return {
    queryKey: ['registry', 'one', id],
    queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
      get('/v1/registry/registrations/{id}', { params: { id }, signal }),
  } as const
}

function isOwn({ actor }: EventAnswer, me: string): boolean {
  return actor.kind === 'worker' && actor.name === me
}

function tagOf(seq: number): string {
  return `"${seq}"`
}

type DialogProps = { readonly found: RegistrationAnswer; readonly vet: Vet }

/** The next item that nobody looked at, or that failed, other than the one at hand. */
function nextItem(found: RegistrationAnswer, at: Item | undefined): Item | undefined {
  return found.checklist.find(({ item, outcome }) => item !== at && (outcome === undefined || outcome === 'failed'))
    ?.item
}
