import { Button, NativeSelect } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { parseRole } from '#core/account/permission.ts'
import { get, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { useAsk } from '../../parts/ask.tsx'
import { ExportMenu, jsonOf } from '../../parts/export-menu.tsx'
import { Facts } from '../../parts/facts.tsx'
import { FormDialog } from '../../parts/form-dialog.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Part } from '../../parts/part.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { type Account, ROLE_OPTIONS, ROLE_WORDS, standingOf } from './account-words.ts'
import { SettingsFrame } from './settings-frame.tsx'
import { ShownOnce } from './shown-once.tsx'
import { TokenList } from './token-list.tsx'

/** One account: its role, its access, its tokens. */
export function AccountPage() {
  const { id = '' } = useParams({ strict: false })
  const { data, isPending, error, refetch } = useQuery({
    queryKey: ['accounts', 'all'],
    queryFn: ({ signal }) => get('/v1/accounts', { signal }),
  })
  const account = data?.accounts.find((one) => one.id === id)
  const name = account?.name ?? 'Account'
  return (
    <SettingsFrame
      title={<Outside text={name} max={80} />}
      name={name}
      up={{ to: '/settings/accounts', label: 'Accounts' }}
      acts={
        account !== undefined && (
          <ExportMenu ways={[{ label: 'JSON', name: 'account.json', make: async () => jsonOf(account) }]} />
        )
      }
    >
      {account !== undefined ? (
        <AccountParts account={account} />
      ) : data === undefined ? (
        <PageState isLoading={isPending} failed={asProblem(error)} again={() => void refetch()} />
      ) : (
        <PageState
          empty={{
            title: 'There is no such account',
            words: 'The link may be cut off: a closed account stays in the list.',
          }}
        />
      )}
    </SettingsFrame>
  )
}

function AccountParts({ account }: { readonly account: Account }) {
  const { id, name, role, isActive, hasSecondFactor, madeAt, signedInAt } = account
  const ask = useAsk()
  const client = useQueryClient()
  const [isChanging, setChanging] = useState(false)
  const [chosen, setChosen] = useState<string>(role)
  const [link, setLink] = useState<{ readonly link: string; readonly until: number }>()
  const [words, tone] = standingOf(account)
  const params = { id }
  const renew = () => client.invalidateQueries({ queryKey: ['accounts'] })
  const setActive = (active: boolean) =>
    void ask({
      title: active ? 'Open this account again?' : 'Close this account?',
      happens: active
        ? ['It may sign in again, with the password it had.']
        : ['Its sessions end at once, and it cannot sign in.', 'You can open it again.'],
      act: active ? 'Open it' : 'Close it',
      isGrave: !active,
      run: () => send('patch', '/v1/accounts/{id}', { params, body: { isActive: active } }),
    }).then(renew)
  const reset = () =>
    void ask({
      title: 'Take away password and second factor?',
      happens: ['Its sessions end.', 'You get a link, to hand over yourself, to choose a new password.'],
      act: 'Reset',
      isGrave: true,
      run: async () => setLink(await send('post', '/v1/accounts/{id}/reset', { params })),
    }).then(renew)
  const signOut = () =>
    void ask({
      title: 'Sign this account out everywhere?',
      happens: ['Whoever works with it has to sign in again.'],
      act: 'Sign out',
      run: () => send('delete', '/v1/accounts/{id}/sessions', { params }),
    }).then(renew)
  return (
    <>
      {link !== undefined && <ShownOnce text={link.link} what="link" until={link.until} />}
      <Part title="Access">
        <Facts
          of={[
            ['State', <StatusWord tone={tone}>{words}</StatusWord>],
            ['Role', ROLE_WORDS[role]],
            ['Second factor', hasSecondFactor ? 'Set up' : 'Not set up'],
            ['Made', <Moment at={madeAt} />],
            ['Last signed in', signedInAt === undefined ? 'Never' : <Moment at={signedInAt} as="both" />],
          ]}
        />
        <Button.Group mt="sm" style={{ flexWrap: 'wrap' }}>
          <Button variant="default" onClick={() => setChanging(true)}>
            Change role
          </Button>
          <Button variant="default" onClick={reset}>
            Reset
          </Button>
          <Button variant="default" onClick={signOut}>
            Sign out everywhere
          </Button>
          <Button variant="default" onClick={() => setActive(!isActive)}>
            {isActive ? 'Close' : 'Open again'}
          </Button>
        </Button.Group>
      </Part>
      <Part title="Tokens">
        <TokenList
          of={['tokens', id]}
          read={(signal) => get('/v1/accounts/{id}/tokens', { params, signal })}
          end={(token) => send('delete', '/v1/accounts/{id}/tokens/{token}', { params: { id, token } })}
          none={{ title: `${name} has made no token` }}
        />
      </Part>
      <FormDialog
        title="Give another role"
        act="Change it"
        isOpen={isChanging}
        close={() => setChanging(false)}
        isReady={chosen !== role}
        run={async () => {
          await send('patch', '/v1/accounts/{id}', { params, body: { role: parseRole(chosen) ?? role } })
          await renew()
        }}
      >
        <NativeSelect
          label="Role"
          description="Its sessions end; it has to sign in again."
          data={ROLE_OPTIONS}
          value={chosen}
          onChange={({ currentTarget }) => setChosen(currentTarget.value)}
          data-autofocus
        />
      </FormDialog>
    </>
  )
}
