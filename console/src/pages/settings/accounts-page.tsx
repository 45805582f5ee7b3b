import { Button, NativeSelect, Text, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { parseRole } from '#core/account/permission.ts'
import { get, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { useAsk } from '../../parts/ask.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { ExportMenu, csvOf, jsonOf } from '../../parts/export-menu.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Part, PlainList } from '../../parts/part.tsx'
import { useRows } from '../../parts/rows.ts'
import { StatusWord } from '../../parts/status-word.tsx'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { type Account, ROLE_OPTIONS, ROLE_WORDS, standingOf } from './account-words.ts'
import classes from './settings.module.css'
import { SettingsFrame } from './settings-frame.tsx'
import { ShownOnce } from './shown-once.tsx'

/** Who may sign in, as what; inviting somebody. */
export function AccountsPage() {
  const [isInviting, setInviting] = useState(false)
  const [link, setLink] = useState<{ readonly link: string; readonly until: number }>()
  const rows = useRows(
    ['accounts'],
    async (_, signal) => ({ ...(await get('/v1/accounts', { signal })), after: undefined }),
    (page) => page.accounts,
  )
  useShortcuts('On this page', [{ keys: 'i', words: 'Invite somebody', run: () => setInviting(true) }])
  return (
    <SettingsFrame
      title="Accounts"
      words="Who may sign in here, and as what. Somebody who was invited stands below until she has followed her link."
      acts={
        <>
          <ExportMenu
            ways={[
              {
                label: 'CSV',
                name: 'accounts.csv',
                make: async () => csvOf((await get('/v1/accounts', {})).accounts, CELLS),
              },
              { label: 'JSON', name: 'accounts.json', make: async () => jsonOf(await get('/v1/accounts', {})) },
            ]}
          />
          <Button onClick={() => setInviting(true)}>Invite</Button>
        </>
      }
    >
      {link !== undefined && <ShownOnce text={link.link} what="link" until={link.until} />}
      <DataTable
        label="Accounts"
        columns={COLUMNS}
        of={rows}
        keyOf={({ id }) => id}
        to={({ id }) => `/settings/accounts/${id}`}
        empty={{ title: 'Nobody has an account yet' }}
      />
      <Invitations />
      <Invite isOpen={isInviting} close={() => setInviting(false)} invited={setLink} />
    </SettingsFrame>
  )
}

/** Who was invited and has not followed her link yet; nothing where nobody was. */
function Invitations() {
  const ask = useAsk()
  const client = useQueryClient()
  const { data, error, refetch } = useQuery({
    queryKey: ['accounts', 'invitations'],
    queryFn: ({ signal }) => get('/v1/accounts/invitations', { signal }),
  })
  if (error !== null)
    return (
      <Part title="Invited">
        <PageState failed={asProblem(error)} again={() => void refetch()} />
      </Part>
    )
  if (data === undefined || data.invitations.length === 0) return undefined
  const withdraw = (id: string, name: string) =>
    void ask({
      title: 'Withdraw this invitation?',
      happens: [
        <>
          The link that <Outside text={name} max={80} /> was given is good no more. You can invite again.
        </>,
      ],
      act: 'Withdraw it',
      isGrave: true,
      run: () => send('delete', '/v1/accounts/invitations/{id}', { params: { id } }),
    }).then(() => client.invalidateQueries({ queryKey: ['accounts'] }))
  return (
    <Part title="Invited">
      <PlainList>
        {data.invitations.map(({ id, name, role, by, until }) => (
          <li key={id} className={classes['invited']}>
            <div>
              <Text component="span" fw={600}>
                <Outside text={name} max={80} isName />
              </Text>{' '}
              as {ROLE_WORDS[role]}
              <Text size="sm" c="dimmed">
                {by !== undefined && (
                  <>
                    By <Outside text={by} max={120} isName />;{' '}
                  </>
                )}
                the link is good until <Moment at={until} as="both" />
              </Text>
            </div>
            <Button
              variant="default"
              size="compact-sm"
              aria-label={`Withdraw the invitation of ${name}`}
              onClick={() => withdraw(id, name)}
            >
              Withdraw
            </Button>
          </li>
        ))}
      </PlainList>
    </Part>
  )
}

function Invite({ isOpen, close, invited }: InviteProps) {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [role, setRole] = useState('case-worker')
  return (
    <FormDialog
      title="Invite somebody"
      act="Make the link"
      isOpen={isOpen}
      close={close}
      isReady={name.trim() !== ''}
      run={async () => {
        invited(
          await send('post', '/v1/accounts/invitations', {
            body: { name: name.trim(), role: parseRole(role) ?? 'case-worker' },
          }),
        )
        setName('')
        await client.invalidateQueries({ queryKey: ['accounts'] })
      }}
    >
      <TextInput
        label="Name"
        description="What she signs in by; most take the mail address."
        required
        value={name}
        onChange={({ currentTarget }) => setName(currentTarget.value)}
        data-autofocus
      />
      <NativeSelect
        label="Role"
        data={ROLE_OPTIONS}
        value={role}
        onChange={({ currentTarget }) => setRole(currentTarget.value)}
      />
    </FormDialog>
  )
}

type InviteProps = {
  readonly isOpen: boolean
  readonly close: () => void
  readonly invited: (link: { readonly link: string; readonly until: number }) => void
}

const CELLS: readonly (readonly [head: string, cell: (account: Account) => string | undefined])[] = [
  ['id', ({ id }) => id],
  ['name', ({ name }) => name],
  ['role', ({ role }) => role],
  ['open', ({ isActive }) => String(isActive)],
  ['second factor', ({ hasSecondFactor }) => String(hasSecondFactor)],
  ['signed in', ({ signedInAt }) => (signedInAt === undefined ? undefined : new Date(signedInAt).toISOString())],
]
const COLUMNS: readonly Column<Account>[] = [
  {
    id: 'name',
    head: 'Name',
    width: 'minmax(12rem, 2fr)',
    narrow: 'lead',
    cell: ({ name }) => <Outside text={name} max={80} isName />,
  },
  { id: 'role', head: 'Role', narrow: 'line', cell: ({ role }) => ROLE_WORDS[role] },
  {
    id: 'state',
    head: 'State',
    narrow: 'beside',
    cell: (account) => {
      const [words, tone] = standingOf(account)
      return <StatusWord tone={tone}>{words}</StatusWord>
    },
  },
  {
    id: 'second',
    head: 'Second factor',
    narrow: 'line',
    cell: ({ hasSecondFactor }) => (hasSecondFactor ? 'Yes' : 'No'),
  },
  {
    id: 'seen',
    head: 'Last signed in',
    narrow: 'line',
    cell: ({ signedInAt }) => (signedInAt === undefined ? 'Never' : <Moment at={signedInAt} />),
  },
]
