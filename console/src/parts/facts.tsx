import type { ReactNode } from 'react'
import classes from './facts.module.css'

/** What is known of one thing, name by name: a list of definitions. What is undefined is left out. */
export function Facts({ of }: { readonly of: readonly (readonly [name: string, value: ReactNode | undefined])[] }) {
  return (
    <dl className={classes['facts']}>
      {of.map(([name, value]) =>
        value === undefined ? undefined : (
          <div key={name} className={classes['fact']}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  )
}
