import { Checkbox, NativeSelect, NumberInput, SimpleGrid, Text, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { type AnswerOf, type BodyOf, send } from '../../client.ts'
import { faultOf } from '../../parts/field-fault.ts'
import { useFilters } from '../../parts/filters.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { Outside } from '../../parts/outside.tsx'

/** Begins a test of a peer: which two calls, who places them, and where they arrive. */
export function TestDialog({ peer, isOpen, close }: TestDialogProps) {
  const queries = useQueryClient()
  const filters = useFilters()
  const [allow, setAllow] = useState('')
  const [block, setBlock] = useState('')
  const [places, setPlaces] = useState<'recourse' | 'hand'>('recourse')
  const [through, setThrough] = useState(peer.through)
  const [from, setFrom] = useState('+12125550117')
  const [arrives, setArrives] = useState<'here' | 'elsewhere'>('here')
  const [listen, setListen] = useState('')
  const [status, setStatus] = useState<Status>(603)
  const [waitS, setWaitS] = useState<number | string>(30)
  const [isElsewhere, setElsewhere] = useState(false)
  const [fault, setFault] = useState<unknown>()
  const isPlaced = places === 'recourse'
  const isHere = arrives === 'here'
  const isReady =
    allow.trim() !== '' &&
    block.trim() !== '' &&
    (!isPlaced || through.trim() !== '') &&
    (!isHere || listen.trim() !== '') &&
    Number(waitS) >= 1 &&
    Number(waitS) <= 400
  return (
    <FormDialog
      title="Test a peer by two calls"
      act="Start the test"
      isOpen={isOpen}
      close={() => {
        setFault(undefined)
        close()
      }}
      isReady={isReady}
      isAtField={(problem) => FIELDS.some((name) => faultOf(problem, name) !== undefined)}
      run={async () => {
        setFault(undefined)
        const { test } = await send('post', '/v1/gate/peers/{name}/tests', {
          params: { name: peer.name },
          body: {
            allow: allow.trim(),
            block: block.trim(),
            status,
            waitS: Number(waitS),
            ...(isPlaced && { through: through.trim(), from: from.trim() }),
            ...(isHere && { listen: listen.trim() }),
            ...(isPlaced && isElsewhere && { isElsewhere }),
          },
        }).catch((cause: unknown) => {
          setFault(cause)
          throw cause
        })
        filters.set({ test })
        await queries.invalidateQueries({ queryKey: ['peers'] })
      }}
    >
      <Text size="sm">
        One call has to go on, the other must not. While the test lasts, calls of <Outside text={peer.name} max={64} />{' '}
        to these two numbers are answered so; all others are judged as always. Nothing is counted or blocked.
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label="Number that has to go on"
          placeholder="+14155550101"
          required
          maxLength={32}
          value={allow}
          error={faultOf(fault, 'allow')}
          onChange={({ currentTarget }) => setAllow(currentTarget.value)}
          data-autofocus
        />
        <TextInput
          label="Number that must not"
          placeholder="+14155550102"
          required
          maxLength={32}
          value={block}
          error={faultOf(fault, 'block')}
          onChange={({ currentTarget }) => setBlock(currentTarget.value)}
        />
      </SimpleGrid>
      <NativeSelect
        label="Who places the calls"
        data={[
          { value: 'recourse', label: 'Recourse, through the peer' },
          { value: 'hand', label: 'Somebody, from a telephone behind the peer' },
        ]}
        value={places}
        onChange={({ currentTarget }) => {
          const next = currentTarget.value === 'hand' ? 'hand' : 'recourse'
          setPlaces(next)
          setWaitS(next === 'hand' ? 120 : 30)
        }}
      />
      {isPlaced && (
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput
            label="Where the peer takes calls"
            placeholder="sip:192.0.2.7:5060"
            required
            maxLength={256}
            value={through}
            error={faultOf(fault, 'through')}
            onChange={({ currentTarget }) => setThrough(currentTarget.value)}
          />
          <TextInput
            label="Calling number"
            required
            maxLength={32}
            value={from}
            error={faultOf(fault, 'from')}
            onChange={({ currentTarget }) => setFrom(currentTarget.value)}
          />
        </SimpleGrid>
      )}
      <NativeSelect
        label="Where they arrive"
        data={[
          { value: 'here', label: 'At Recourse, which answers them' },
          {
            value: 'elsewhere',
            label: isPlaced ? 'Elsewhere: whether they are answered counts' : 'At a telephone: I say whether it rang',
          },
        ]}
        value={arrives}
        onChange={({ currentTarget }) => setArrives(currentTarget.value === 'here' ? 'here' : 'elsewhere')}
      />
      {isHere && (
        <TextInput
          label="Address of this machine to answer at"
          description="Where the peer routes both numbers."
          placeholder="udp:192.0.2.9:5090"
          required
          maxLength={64}
          value={listen}
          error={faultOf(fault, 'listen')}
          onChange={({ currentTarget }) => setListen(currentTarget.value)}
        />
      )}
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <NativeSelect
          label="The second call is refused by"
          data={STATUSES.map(([value, label]) => ({ value: String(value), label }))}
          value={String(status)}
          onChange={({ currentTarget }) => {
            const [chosen] = STATUSES.find(([value]) => String(value) === currentTarget.value) ?? [603 as const]
            setStatus(chosen)
          }}
        />
        <NumberInput
          label="Seconds to wait for each call"
          min={1}
          max={400}
          allowDecimal={false}
          value={waitS}
          onChange={setWaitS}
        />
      </SimpleGrid>
      {isPlaced && peer.mayElsewhere && (
        <Checkbox
          label="I may place these calls elsewhere"
          description="For an address that is neither the peer’s nor on this machine. Calls there may ring, cost money or be taken for an attack. The audit trail keeps who said so."
          checked={isElsewhere}
          onChange={({ currentTarget }) => setElsewhere(currentTarget.checked)}
        />
      )}
    </FormDialog>
  )
}

type TestDialogProps = {
  readonly peer: AnswerOf<'get', '/v1/gate/peers/{name}'>
  readonly isOpen: boolean
  readonly close: () => void
}
type Status = NonNullable<BodyOf<'post', '/v1/gate/peers/{name}/tests'>['status']>

/** Those that can be refused, as the server names them. */
const FIELDS = ['allow', 'block', 'through', 'from', 'listen'] as const
const STATUSES: readonly (readonly [Status, string])[] = [
  [603, '603, as analytics are told'],
  [607, '607, as the called party’s list is'],
  [608, '608'],
  [403, '403'],
]
