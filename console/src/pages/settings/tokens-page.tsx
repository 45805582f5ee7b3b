import { Button, Checkbox, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { parsePermission } from '#core/account/permission.ts'
import { type AnswerOf, get, send } from '../../client.ts'
import { ExportMenu, csvOf, jsonOf } from '../../parts/export-menu.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { useSession } from '../../shell/session.ts'
import { SettingsFrame } from './settings-frame.tsx'
import { ShownOnce } from './shown-once.tsx'
import { TokenList } from './token-list.tsx'

/** Your own tokens: for programs that ask the API in your name. */
export function TokensPage() {
  const { permissions } = useSession()
  const client = useQueryClient()
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<{ readonly token: string; readonly until: number }>()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<string[]>([])
  const [days, setDays] = useState('90')
  return (
    <SettingsFrame
      title="Your tokens"
      words="For programs that ask the API in your name: each does what its scopes say, and never more than your role."
      acts={
        <>
          <ExportMenu
            ways={[
              {
                label: 'CSV',
                name: 'tokens.csv',
                make: async () => csvOf((await get('/v1/tokens', {})).tokens, CELLS),
              },
              { label: 'JSON', name: 'tokens.json', make: async () => jsonOf(await get('/v1/tokens', {})) },
            ]}
          />
          <Button onClick={() => setMaking(true)}>Make a token</Button>
        </>
      }
    >
      {made !== undefined && <ShownOnce text={made.token} what="token" until={made.until} />}
      <TokenList
        of={['tokens', 'own']}
        read={(signal) => get('/v1/tokens', { signal })}
        end={(id) => send('delete', '/v1/tokens/{id}', { params: { id } })}
        none={{
          title: 'You have made no token',
          words: 'Make one for each program: it says what the program may do, and ends when you end it.',
        }}
      />
      <FormDialog
        title="Make a token"
        act="Make it"
        isOpen={isMaking}
        close={() => setMaking(false)}
        isReady={name.trim() !== '' && scopes.length > 0}
        run={async () => {
          const wanted = scopes.flatMap((scope) => parsePermission(scope) ?? [])
          const until = Date.now() + Number(days) * DAY_MS
          setMade(await send('post', '/v1/tokens', { body: { name: name.trim(), scopes: wanted, until } }))
          setName('')
          setScopes([])
          await client.invalidateQueries({ queryKey: ['tokens', 'own'] })
        }}
      >
        <TextInput
          label="Name"
          description="What it is for."
          required
          maxLength={64}
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
          data-autofocus
        />
        <Checkbox.Group label="Scopes" value={scopes} onChange={setScopes}>
          <Stack gap="xs" mt={4}>
            {permissions.map((permission) => (
              <Checkbox key={permission} value={permission} label={permission} />
            ))}
          </Stack>
        </Checkbox.Group>
        <NativeSelect
          label="Good for"
          data={DAYS.map((value) => ({ value, label: `${value} days` }))}
          value={days}
          onChange={({ currentTarget }) => setDays(currentTarget.value)}
        />
      </FormDialog>
    </SettingsFrame>
  )
}

const DAYS = ['7', '30', '90', '365'] as const
const DAY_MS = 86_400_000
const CELLS: readonly (readonly [head: string, cell: (token: Token) => string | undefined])[] = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['scopes', ({ scopes }) => scopes.join(' ')],
  ['until', ({ until }) => new Date(until).toISOString()],
  ['used', ({ usedAt }) => (usedAt === undefined ? undefined : new Date(usedAt).toISOString())],
  ['ended', ({ endedAt }) => (endedAt === undefined ? undefined : new Date(endedAt).toISOString())],
]
type Token = AnswerOf<'get', '/v1/tokens'>['tokens'][number]
