import { ActionIcon, Drawer, Menu, Modal, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { asProblem } from '../parts/as-problem.ts'
import { Outside } from '../parts/outside.tsx'
import { PageState } from '../parts/page-state.tsx'
import { VIEWER_ZONE } from '../parts/moment-words.ts'
import { PAGES } from '../routes.tsx'
import { KeyboardHelp } from './keyboard-help.tsx'
import type { PageRoute } from './page-route.ts'
import { type Session, isAllowed, useSessionQuery } from './session.ts'
import classes from './shell.module.css'
import { SessionEnded } from './session-ended.tsx'
import { Stale } from './stale.tsx'
import { listenForKeys, useShortcuts } from './shortcuts.ts'
import { signOut } from './sign-out.ts'

/** The frame of every page: where one may go, who one is, and the page itself once it is known who looks. */
export function Shell() {
  const { data: session, dataUpdatedAt, error, isPending, refetch } = useSessionQuery()
  useEffect(() => listenForKeys(window), [])
  if (session !== undefined) return <Frame session={session} readAt={dataUpdatedAt} />
  return (
    <main className={classes['main']} id="main">
      {isPending ? (
        <PageState isLoading />
      ) : (
        <PageState isWhole failed={asProblem(error)} again={() => void refetch()} />
      )}
    </main>
  )
}

function Frame({ session, readAt }: { readonly session: Session; readonly readAt: number }) {
  const [isOpen, setOpen] = useState(false)
  const [isHelp, setHelp] = useState(false)
  const place = useRouterState({ select: ({ location }) => location.pathname })
  const navigate = useNavigate()
  const pages = PAGES.filter(({ label, permission }) => label !== undefined && isAllowed(session, permission))
  const goTo = (to: string) => void navigate({ to })

  useShortcuts('Everywhere', [
    { keys: '?', words: 'Show what keys do', run: () => setHelp(true) },
    ...pages.flatMap(({ key, label, path }) =>
      key === undefined ? [] : [{ keys: `g ${key}`, words: `Go to ${label}`, run: () => goTo(path) }],
    ),
  ])
  useEffect(() => setOpen(false), [place])

  const side = <Side session={session} pages={pages} place={place} showKeys={() => (setOpen(false), setHelp(true))} />
  return (
    <div className={classes['frame']}>
      <a className={classes['skip']} href="#main">
        Skip to the content
      </a>
      <section className={classes['head']} aria-label="Recourse">
        <ActionIcon size="lg" aria-label="Pages" aria-expanded={isOpen} onClick={() => setOpen(true)}>
          <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
            <path d="M2 4.5h14M2 9h14M2 13.5h14" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
          </svg>
        </ActionIcon>
        <Brand />
      </section>
      <aside className={classes['fixed']} aria-label="Recourse">
        {side}
      </aside>
      <Drawer
        opened={isOpen}
        onClose={() => setOpen(false)}
        size="16rem"
        title="Pages"
        closeButtonProps={{ 'aria-label': 'Close' }}
        styles={{
          body: { padding: 0 },
          header: { background: 'inherit' },
          content: { background: 'var(--console-side)' },
        }}
      >
        {side}
      </Drawer>
      <main className={classes['main']} id="main" tabIndex={-1}>
        {session.isSample && (
          <p className={classes['note']} role="note">
            Sample data: nothing here is real. <code>recourse sample --remove</code> takes it out.
          </p>
        )}
        <SessionEnded readAt={readAt} />
        <Stale />
        <Outlet />
        <div id="popups" />
      </main>
      <Modal opened={isHelp} onClose={() => setHelp(false)} title="What keys do" size="lg">
        <KeyboardHelp />
      </Modal>
    </div>
  )
}

type SideProps = {
  readonly session: Session
  readonly pages: readonly PageRoute[]
  readonly place: string
  readonly showKeys: () => void
}

function Side({ session, pages, place, showKeys }: SideProps) {
  return (
    <div className={classes['side']}>
      <Brand />
      <nav aria-label="Pages">
        {[...Map.groupBy(pages, ({ group }) => group)].map(([group, of]) => (
          <div key={group ?? ''}>
            {group !== undefined && <p className={classes['group']}>{group}</p>}
            <ul className={classes['pages']}>
              {of.map(({ path, label }) => (
                <li key={path}>
                  <Link
                    className={classes['page']}
                    to={path}
                    activeProps={{}}
                    aria-current={place === path || place.startsWith(`${path}/`) ? 'page' : undefined}
                  >
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <div className={classes['rest']} />
      <Person session={session} showKeys={showKeys} />
    </div>
  )
}

function Person({ session, showKeys }: Pick<SideProps, 'session' | 'showKeys'>) {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Menu position="top-start" width="14rem" withinPortal>
      <Menu.Target>
        <UnstyledButton className={classes['person']}>
          <span className={classes['name']}>
            <Outside text={session.name} />
          </span>
          <span className={classes['role']}>{ROLE_WORDS[session.role]}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Colours</Menu.Label>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(value) => setColorScheme(SCHEMES.find(([known]) => known === value)?.[0] ?? 'auto')}
        >
          {SCHEMES.map(([value, words]) => (
            <Menu.RadioItem key={value} value={value}>
              {words}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item onClick={showKeys} rightSection={<kbd>?</kbd>}>
          What keys do
        </Menu.Item>
        <Menu.Item component="a" href="/account">
          Your account
        </Menu.Item>
        <Menu.Item component={Link} to="/settings/tokens">
          Your tokens
        </Menu.Item>
        <Menu.Item onClick={() => void signOut()}>Sign out</Menu.Item>
        <Menu.Divider />
        <Menu.Label>Times are those of {VIEWER_ZONE}</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  )
}

function Brand() {
  return (
    <Link className={classes['brand']} to="/">
      <img src="/console/icon.svg" alt="" width="22" height="22" />
      Recourse
    </Link>
  )
}

const SCHEMES = [
  ['auto', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const
const ROLE_WORDS: { readonly [role in Session['role']]: string } = {
  admin: 'Admin',
  'case-worker': 'Case worker',
  vetting: 'Vetting',
  auditor: 'Auditor, reads only',
}
