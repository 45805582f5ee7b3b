import { Title } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './part.module.css'

/** A part of a page with its name, and what can be done to it at the side. */
export function Part({ title, act, children }: PartProps) {
  return (
    <section className={classes['part']} aria-label={title}>
      <div className={classes['head']}>
        <Title order={2} size="h4">
          {title}
        </Title>
        {act}
      </div>
      {children}
    </section>
  )
}

/** Two columns where there is room: what there is to go by, and what is done. */
export function Columns({ children }: { readonly children: ReactNode }) {
  return <div className={classes['columns']}>{children}</div>
}

/** Things below each other, with a line between. */
export function PlainList({ children }: { readonly children: ReactNode }) {
  return <ul className={classes['list']}>{children}</ul>
}

export type PartProps = { readonly title: string; readonly act?: ReactNode; readonly children: ReactNode }
