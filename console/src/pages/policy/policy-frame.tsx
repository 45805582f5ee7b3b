import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Page, type PageProps } from '../../parts/page.tsx'
import classes from './policy.module.css'

/** The pages about the policy have one frame: where one is among them stands under the title. */
export function PolicyFrame({ at, children, ...page }: PolicyFrameProps) {
  return (
    <Page {...page}>
      <nav className={classes['places']} aria-label="Policy">
        {PLACES.map(([to, label]) => (
          <Anchor
            key={to}
            component={Link}
            to={to}
            data-here={to === at || undefined}
            activeOptions={{ exact: true }}
            underline="never"
          >
            {label}
          </Anchor>
        ))}
      </nav>
      {children}
    </Page>
  )
}

export type PolicyFrameProps = PageProps & { readonly at: (typeof PLACES)[number][0]; readonly children: ReactNode }

const PLACES = [
  ['/policy', 'Text and versions'],
  ['/policy/shadow', 'Shadow results'],
  ['/policy/lists', 'Lists'],
] as const
