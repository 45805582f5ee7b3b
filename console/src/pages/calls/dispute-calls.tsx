// One thing: calls that a dispute needs: one that proves a number, and one that shows whether the lift works.
import { NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { type AnswerOf, send } from '../../client.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { StatusWord } from '../../parts/status-word.tsx'

/** Places the blocked call again, and says what it showed. */
export function RetestDialog({ dispute, tag, isOpen, close, renew }: DisputeDialogProps) {
  const { id, allNumbers, calls, paths } = dispute
  const [via, setVia] = useState('sip:127.0.0.1:5060')
  const [from, setFrom] = useState(allNumbers[0] ?? '')
  const [to, setTo] = useState(calls[0]?.to ?? '')
  const [passes, setPasses] = useState('')
  const [shown, setShown] = useState<AnswerOf<'post', '/v1/calling/disputes/{id}/retest'>>()
  const statuses = passes.split(/[\s,]+/).filter((status) => status !== '')
  return (
    <FormDialog
      title="Call again"
      act={shown === undefined ? 'Place the call' : 'Place it again'}
      leaveWords={shown === undefined ? 'Not now' : 'Close'}
      isOpen={isOpen}
      close={() => {
        setShown(undefined)
        close()
      }}
      isReady={via.trim() !== '' && from !== '' && to.trim() !== ''}
      run={async () => {
        setShown(undefined)
        const body = { via, from, to, ...(statuses.length > 0 && { passes: statuses.map(Number) }) }
        // What somebody did meanwhile does not keep this call from being noted: only the first is held to what was seen.
        const match = shown === undefined ? tag : undefined
        setShown(await send('post', '/v1/calling/disputes/{id}/retest', { params: { id }, body, match }))
        await renew()
        return 'stay'
      }}
    >
      <Text>One call is placed for real, and hung up as soon as it is answered. What it shows is noted.</Text>
      <TextInput
        label="Where the call is placed"
        description={paths.length === 0 ? 'On this machine.' : `On this machine, or at ${paths.join(', ')}.`}
        placeholder="sip:192.0.2.7:5060"
        required
        value={via}
        onChange={({ currentTarget }) => setVia(currentTarget.value)}
        data-autofocus
      />
      <NativeSelect
        label="From"
        value={from}
        onChange={({ currentTarget }) => setFrom(currentTarget.value)}
        data={[...allNumbers]}
      />
      <TextInput
        label="To"
        description="The last number that was called and blocked, unless you write another."
        required
        value={to}
        onChange={({ currentTarget }) => setTo(currentTarget.value)}
      />
      <TextInput
        label="Answers that mean that it goes on"
        description="Statuses, where the way you dial says so by one of its own: a gate says 404 to its switch."
        placeholder="404"
        value={passes}
        onChange={({ currentTarget }) => setPasses(currentTarget.value)}
      />
      {shown !== undefined && (
        <Text role="status">
          <StatusWord tone={RESULT_TONES[shown.result]}>{RESULT_WORDS[shown.result]}</StatusWord>{' '}
          <PhoneNumber of={shown.from} /> to <PhoneNumber of={shown.to} />: <Outside text={shown.words} max={200} />
        </Text>
      )}
    </FormDialog>
  )
}

/** Asks the desk which number proves, by a call to it, whose a number is. */
export function ProveDialog({ dispute, isOpen, close }: DisputeDialogProps) {
  const { id, allNumbers } = dispute
  const [number, setNumber] = useState(allNumbers[0] ?? '')
  const [asked, setAsked] = useState<AnswerOf<'post', '/v1/calling/disputes/{id}/proof'>>()
  return (
    <FormDialog
      title="Prove a number"
      act={asked === undefined ? 'Ask their desk' : 'Done'}
      isOpen={isOpen}
      close={() => {
        setAsked(undefined)
        close()
      }}
      isReady={number !== ''}
      isDone={asked !== undefined}
      run={async () => {
        if (asked !== undefined) return undefined
        setAsked(await send('post', '/v1/calling/disputes/{id}/proof', { params: { id }, body: { number } }))
        return 'stay'
      }}
    >
      {asked === undefined ? (
        <>
          <Text>
            Their desk names a number. A call to it from yours, signed by your carrier, proves that yours is yours:
            nobody answers, the network sees who called.
          </Text>
          <NativeSelect
            label="Which number"
            value={number}
            onChange={({ currentTarget }) => setNumber(currentTarget.value)}
            data={[...allNumbers]}
            data-autofocus
          />
        </>
      ) : (
        <Stack gap="xs" role="status">
          <Text>
            From <PhoneNumber of={asked.number} /> call
          </Text>
          <Text size="xl" fw={600}>
            <PhoneNumber of={asked.dial} />
          </Text>
          <div>
            <CopyButton text={asked.dial} what="the number" />
          </div>
          {asked.until !== undefined && (
            <Text c="dimmed" size="sm">
              Until <Moment at={asked.until} as="both" />. Then ask how it stands.
            </Text>
          )}
        </Stack>
      )}
    </FormDialog>
  )
}

export type DisputeDialogProps = {
  readonly dispute: AnswerOf<'get', '/v1/calling/disputes/{id}'>
  readonly tag: string | undefined
  readonly isOpen: boolean
  readonly close: () => void
  readonly renew: () => Promise<unknown>
}

const RESULT_WORDS = { 'goes-through': 'Goes through', blocked: 'Still blocked', unclear: 'Tells neither' } as const
const RESULT_TONES = { 'goes-through': 'good', blocked: 'bad', unclear: 'wait' } as const
