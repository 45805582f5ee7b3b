import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Page, type PageProps } from '../../parts/page.tsx'
import { isAllowed, useSession } from '../../shell/session.ts'
import classes from './settings.module.css'

/** The pages of the settings have one frame: the places among them that who looks may see. */
export function SettingsFrame({ at, children, ...page }: SettingsFrameProps) {
  const session = useSession()
  return (
    <Page {...page}>
      <nav className={classes['places']} aria-label="Settings">
        {PLACES.filter(({ permission }) => isAllowed(session, permission)).map(({ to, label }) => (
          <Anchor key={to} component={Link} to={to} data-here={to === at || undefined} underline="never">
            {label}
          </Anchor>
        ))}
      </nav>
      {children}
    </Page>
  )
}

export type SettingsFrameProps = PageProps & {
  readonly at: (typeof PLACES)[number]['to']
  readonly children: ReactNode
}

const PLACES = [
  { to: '/settings/accounts', label: 'Accounts', permission: 'accounts' },
  { to: '/settings/tokens', label: 'Your tokens', permission: undefined },
  { to: '/settings/audit', label: 'Audit trail', permission: 'audit.read' },
] as const
