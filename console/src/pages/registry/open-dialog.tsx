import { NativeSelect, TextInput, Textarea } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { send } from '../../client.ts'
import { faultOf } from '../../parts/field-fault.ts'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { NumberLinesField } from './number-lines-field.tsx'

/** Registers a business that phoned or wrote. */
export function OpenDialog({ close }: { readonly close: () => void }) {
  const [fields, setFields] = useState(EMPTY)
  const queries = useQueryClient()
  const navigate = useNavigate()
  const set = (name: keyof typeof EMPTY) => (event: { currentTarget: { value: string } }) =>
    setFields({ ...fields, [name]: event.currentTarget.value })
  const [isLeavingOut, setLeavingOut] = useState(false)
  const [fault, setFault] = useState<unknown>()
  const { way, callsPerDay, numbers, tel, ...others } = fields
  return (
    <FormDialog
      title="Register somebody"
      act="Register"
      isOpen
      close={close}
      isReady={numbers.trim() !== '' && Object.values(others).every((value) => value.trim() !== '')}
      isAtField={(problem) => Object.keys(EMPTY).some((name) => faultOf(problem, name) !== undefined)}
      run={async () => {
        setFault(undefined)
        const opening = send('post', '/v1/registry/registrations', {
          body: {
            ...others,
            way: way as 'telephone' | 'mail' | 'letter',
            ...(tel.trim() !== '' && { tel: tel.trim() }),
            callsPerDay: Number.parseInt(callsPerDay.replaceAll(/\D/g, '') || '0', 10),
            numbers: numbers.trimEnd().split('\n'),
            faultyLines: isLeavingOut ? 'leave-out' : 'refuse',
          },
        })
        const { id } = await opening.catch((cause: unknown) => {
          setFault(cause)
          throw cause
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
      <TextInput
        label="Name in the public register"
        required
        value={fields.legalName}
        error={faultOf(fault, 'legalName')}
        onChange={set('legalName')}
      />
      <TextInput
        label="Whom we can ask"
        required
        value={fields.contact}
        error={faultOf(fault, 'contact')}
        onChange={set('contact')}
      />
      <TextInput
        label="Mail"
        type="email"
        required
        value={fields.email}
        error={faultOf(fault, 'email')}
        onChange={set('email')}
      />
      <TextInput
        label="Telephone"
        placeholder="+12125550100"
        value={tel}
        error={faultOf(fault, 'tel')}
        onChange={set('tel')}
      />
      <TextInput
        label="Web site"
        placeholder="https://clinic.example"
        required
        value={fields.site}
        error={faultOf(fault, 'site')}
        onChange={set('site')}
      />
      <Textarea
        label="What the calls are for"
        required
        autosize
        minRows={2}
        value={fields.purpose}
        error={faultOf(fault, 'purpose')}
        onChange={set('purpose')}
      />
      <TextInput
        label="Calls a day"
        inputMode="numeric"
        required
        value={callsPerDay}
        error={faultOf(fault, 'callsPerDay')}
        onChange={set('callsPerDay')}
      />
      <TextInput
        label="Provider who carries them"
        required
        value={fields.provider}
        error={faultOf(fault, 'provider')}
        onChange={set('provider')}
      />
      <NumberLinesField
        value={numbers}
        change={(value) => setFields({ ...fields, numbers: value })}
        fault={fault}
        isLeavingOut={isLeavingOut}
        leaveOut={setLeavingOut}
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
