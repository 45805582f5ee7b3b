import { Link } from '@tanstack/react-router'
import classes from './places.module.css'

/** The pages that belong together, beside each other under their title; the one that is shown, or that what is shown belongs to, is marked. */
export function Places({ label, of }: PlacesProps) {
  return (
    <nav className={classes['places']} aria-label={label}>
      {of.map(([to, words]) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: of.some(([other]) => other.startsWith(`${to}/`)), includeSearch: false }}
        >
          {words}
        </Link>
      ))}
    </nav>
  )
}

export type PlacesProps = {
  /** What they are of, for who does not see them. */
  readonly label: string
  readonly of: readonly (readonly [to: string, words: string])[]
}
