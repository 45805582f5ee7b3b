import type { ReactNode } from 'react'
import { Page, type PageProps } from '../../parts/page.tsx'
import { Places } from '../../parts/places.tsx'

/** The pages about the policy have one frame: where one is among them stands under the title. */
export function PolicyFrame({ children, ...page }: PageProps & { readonly children: ReactNode }) {
  return (
    <Page {...page}>
      <Places label="Policy" of={PLACES} />
      {children}
    </Page>
  )
}

const PLACES = [
  ['/policy', 'Text and versions'],
  ['/policy/shadow', 'Shadow results'],
  ['/policy/lists', 'Lists'],
] as const
