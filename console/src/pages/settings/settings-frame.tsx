import type { ReactNode } from 'react'
import { Page, type PageProps } from '../../parts/page.tsx'
import { Places } from '../../parts/places.tsx'
import { isAllowed, useSession } from '../../shell/session.ts'

/** The pages of the settings have one frame: the places among them that who looks may see. */
export function SettingsFrame({ children, ...page }: PageProps & { readonly children: ReactNode }) {
  const session = useSession()
  return (
    <Page {...page}>
      <Places
        label="Settings"
        of={PLACES.filter(({ permission }) => isAllowed(session, permission)).map(
          ({ to, label }) => [to, label] as const,
        )}
      />
      {children}
    </Page>
  )
}

const PLACES = [
  { to: '/settings/accounts', label: 'Accounts', permission: 'accounts' },
  { to: '/settings/tokens', label: 'Your tokens', permission: undefined },
  { to: '/settings/peers', label: 'Peers', permission: 'settings' },
  { to: '/settings/notice', label: 'Notice', permission: 'settings' },
  { to: '/settings/keys', label: 'Keys', permission: 'settings' },
  { to: '/settings/outgoing', label: 'Mail and webhooks', permission: 'settings' },
  { to: '/settings/retention', label: 'Retention', permission: 'audit.read' },
  { to: '/settings/health', label: 'Health', permission: 'audit.read' },
  { to: '/welcome-tour', label: 'First steps', permission: 'settings' },
  { to: '/settings/audit', label: 'Audit trail', permission: 'audit.read' },
] as const
