import { NativeSelect, TextInput, Textarea } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { send } from '../../client.ts'
import { FormDialog } from '../../parts/form-dialog.tsx'

/** Registers a business that phoned or wrote. */
export function OpenDialog({ close }: { readonly close: () => void }) {
  const [fields, setFields] = useState(EMPTY)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const set = (name: keyof typeof EMPTY) => (event: { currentTarget: { value: string } }) =>
    setFields({ ...fields, [name]: event.currentTarget.value })
  const { way, callsPerDay, numbers, tel, ...others } = fields
  return (
    <FormDialog
      title="Register somebody"
      act="Register"
      isOpen
      close={close}
      isReady={numbers.trim() !== '' && Object.values(others).every((value) => value.trim() !== '')}
      run={async () => {
        const { id } = await send('post', '/v1/registry/registrations', {
          body: {
            ...others,
            way: way as 'telephone' | 'mail' | 'letter',
            ...(tel.trim() !== '' && { tel: tel.trim() }),
            callsPerDay: Number.parseInt(callsPerDay.replaceAll(/\D/g, '') || '0', 10),
            numbers: numbers.split('\n').filter((line) => line.trim() !== ''),
          },
        })
        await queries.invalidateQueries({ queryKey: ['registry'] })
        await navigate({ to: `/registry/${id}` })
      }}
    >
      <NativeSelect
        label="They came by"
        value={way}
        onChange={set('way')}
        data={[
          { value: 'telephone', label: 'Telephone' },
          { value: 'mail', label: 'Mail' },
          { value: 'letter', label: 'Letter' },
        ]}
        data-autofocus
      />
      <TextInput label="Name in the public register" required value={fields.legalName} onChange={set('legalName')} />
      <TextInput label="Whom we can ask" required value={fields.contact} onChange={set('contact')} />
      <TextInput label="Mail" type="email" required value={fields.email} onChange={set('email')} />
      <TextInput label="Telephone" placeholder="+12125550100" value={tel} onChange={set('tel')} />
      <TextInput
        label="Web site"
        placeholder="https://clinic.example"
        required
        value={fields.site}
        onChange={set('site')}
      />
      <Textarea
        label="What the calls are for"
        required
        autosize
        minRows={2}
        value={fields.purpose}
        onChange={set('purpose')}
      />
      <TextInput label="Calls a day" inputMode="numeric" required value={callsPerDay} onChange={set('callsPerDay')} />
      <TextInput label="Provider who carries them" required value={fields.provider} onChange={set('provider')} />
      <Textarea
        label="Numbers"
        description="A number or a range in each line, then a comma and what it is for: +12125550200,+12125550299,Call centre"
        required
        autosize
        minRows={3}
        maxRows={12}
        value={numbers}
        onChange={set('numbers')}
      />
    </FormDialog>
  )
}

const EMPTY = {
  way: 'telephone',
  legalName: '',
  contact: '',
  email: '',
  tel: '',
  site: '',
  purpose: '',
  callsPerDay: '',
  provider: '',
  numbers: '',
}
