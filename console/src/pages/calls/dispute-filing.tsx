// One thing: how a dispute gets to the blocker, and the answer back: by the API of its desk, or by a person who notes it.
import { Button, Checkbox, NativeSelect, Stack, Text, TextInput, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type AnswerOf, send } from '../../client.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { Outside } from '../../parts/outside.tsx'
import { useTyped } from '../../parts/typed.ts'
import classes from './calls-nav.module.css'
import { OUTCOME_WORDS } from './calls-words.ts'
import type { DisputeDialogProps } from './dispute-calls.tsx'

/** Files by the API of a desk: first the page is asked whether it takes disputes, then a person says that it is to go there. */
export function FileDialog({
  dispute,
  tag,
  isOpen,
  close,
  byHand,
  renew,
}: DisputeDialogProps & { readonly byHand: () => void }) {
  const { id, urls, who } = dispute
  const params = { id }
  const [to, setTo] = useState(urls[0] ?? '')
  const [checked, setChecked] = useState<AnswerOf<'post', '/v1/calling/disputes/{id}/check'>>()
  const [name, setName] = useState(who.name)
  const [email, setEmail] = useState(who.email ?? '')
  const [purpose, setPurpose, forgetPurpose] = useTyped(`dispute ${id} purpose`, dispute.purpose)
  const [changed, setChangedWords, forgetChanged] = useTyped(`dispute ${id} changed`, dispute.changed)
  const [isForCustomer, setForCustomer] = useState(false)
  const claim = { name, email, purpose, changed, isForCustomer }
  const draft = useQuery({
    queryKey: ['calling', 'draft', id, claim],
    queryFn: () => send('post', '/v1/calling/disputes/{id}/draft', { params, body: claim }),
    enabled: isOpen,
    retry: false,
  })
  const isReady = checked?.speaks === true && purpose.trim() !== '' && email.trim() !== ''
  return (
    <FormDialog
      title="File the dispute"
      act={checked === undefined ? 'Ask the page' : checked.speaks ? `File with ${checked.host}` : 'Ask again'}
      isOpen={isOpen}
      close={close}
      isReady={checked?.speaks === true ? isReady : to.trim() !== ''}
      run={async () => {
        if (checked?.speaks !== true) {
          setChecked(await send('post', '/v1/calling/disputes/{id}/check', { params, body: { to } }))
          return 'stay'
        }
        await send('post', '/v1/calling/disputes/{id}/filing', {
          params,
          body: { to, host: checked.host, ...claim },
          match: tag,
        })
        forgetPurpose()
        forgetChanged()
        await renew()
        return undefined
      }}
    >
      <TextInput
        label="The page that a notice named"
        description="Anybody on the path may have written it: look at the host. Nothing of you is told to it by asking."
        list={`${id}-pages`}
        value={to}
        onChange={({ currentTarget }) => {
          setTo(currentTarget.value)
          setChecked(undefined)
        }}
        data-autofocus
      />
      <datalist id={`${id}-pages`}>
        {urls.map((url) => (
          <option key={url} value={url} />
        ))}
      </datalist>
      {checked !== undefined && (
        <Text role="status" c={checked.speaks ? 'inherit' : 'var(--console-wait)'}>
          {checked.speaks ? (
            <>
              <strong>
                <Outside text={checked.desk ?? ''} max={80} />
              </strong>{' '}
              takes disputes by API at <Outside text={checked.host} max={120} />.
            </>
          ) : (
            <>
              <Outside text={checked.host} max={120} /> does not take disputes by API:{' '}
              <Outside text={checked.why} max={400} />. Send the text below by mail or by its form, then say so.
            </>
          )}
        </Text>
      )}
      <TextInput label="Who asks" value={name} onChange={({ currentTarget }) => setName(currentTarget.value)} />
      <TextInput
        label="Where answers go"
        type="email"
        required
        value={email}
        onChange={({ currentTarget }) => setEmail(currentTarget.value)}
      />
      <Textarea
        label="What the calls are for"
        required
        autosize
        minRows={2}
        value={purpose}
        onChange={({ currentTarget }) => setPurpose(currentTarget.value)}
      />
      <Textarea
        label="What has been changed since"
        autosize
        minRows={1}
        value={changed}
        onChange={({ currentTarget }) => setChangedWords(currentTarget.value)}
      />
      <Checkbox
        label="We are a provider and speak for a customer"
        checked={isForCustomer}
        onChange={({ currentTarget }) => setForCustomer(currentTarget.checked)}
      />
      {draft.data !== undefined && (
        <details>
          <Text component="summary" size="sm">
            The same as a text, for mail, a form or the telephone
          </Text>
          <Stack gap="xs" mt="xs">
            <Text size="sm" fw={600}>
              <Outside text={draft.data.subject} max={200} />
            </Text>
            <pre className={classes['octets']} tabIndex={0} role="region" aria-label="The text">
              <Outside text={draft.data.text} lines max={16_000} />
            </pre>
            <div>
              <CopyButton text={draft.data.text} what="the text" />{' '}
              <Button variant="subtle" onClick={byHand}>
                I sent it myself
              </Button>
            </div>
          </Stack>
        </details>
      )}
    </FormDialog>
  )
}

/** Notes that a person sent it without us. */
export function HandDialog({ dispute, tag, isOpen, close, renew }: DisputeDialogProps) {
  const [way, setWay] = useState<Way>('form')
  const [to, setTo] = useState(dispute.urls[0] ?? '')
  const [reference, setReference] = useState('')
  return (
    <FormDialog
      title="I filed it by hand"
      act="Note that it is filed"
      isOpen={isOpen}
      close={close}
      isReady={to.trim() !== ''}
      run={async () => {
        await send('post', '/v1/calling/disputes/{id}/filed', {
          params: { id: dispute.id },
          body: { way, to, ...(reference !== '' && { reference }) },
          match: tag,
        })
        await renew()
      }}
    >
      <Text>Nothing is sent. From now on their clocks run here.</Text>
      <NativeSelect
        label="How"
        value={way}
        onChange={({ currentTarget }) => setWay(currentTarget.value as Way)}
        data={[
          { value: 'form', label: 'By their form' },
          { value: 'mail', label: 'By mail' },
          { value: 'telephone', label: 'By telephone' },
        ]}
        data-autofocus
      />
      <TextInput
        label="With whom"
        description="The page, address or number."
        required
        value={to}
        onChange={({ currentTarget }) => setTo(currentTarget.value)}
      />
      <TextInput
        label="What they call it"
        value={reference}
        onChange={({ currentTarget }) => setReference(currentTarget.value)}
      />
    </FormDialog>
  )
}

/** Notes the blocker's answer. */
export function OutcomeDialog({ dispute, tag, isOpen, close, renew }: DisputeDialogProps) {
  const [outcome, setOutcome] = useState<keyof typeof OUTCOME_WORDS>('lifted')
  const [text, setText, forget] = useTyped(`dispute ${dispute.id} outcome`, '')
  return (
    <FormDialog
      title="They answered"
      act="Note their answer"
      isOpen={isOpen}
      close={close}
      isReady={text.trim() !== ''}
      run={async () => {
        await send('post', '/v1/calling/disputes/{id}/outcome', {
          params: { id: dispute.id },
          body: { outcome, text },
          match: tag,
        })
        forget()
        await renew()
      }}
    >
      <NativeSelect
        label="Outcome"
        value={outcome}
        onChange={({ currentTarget }) => setOutcome(currentTarget.value as keyof typeof OUTCOME_WORDS)}
        data={Object.entries(OUTCOME_WORDS).map(([value, label]) => ({ value, label }))}
        data-autofocus
      />
      <Textarea
        label="What they said"
        required
        autosize
        minRows={2}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
      />
      <Text c="dimmed" size="sm">
        Where it is lifted, the group of blocks is resolved from now on: a call that is refused later makes it one that
        came back.
      </Text>
    </FormDialog>
  )
}

type Way = 'form' | 'mail' | 'telephone'
