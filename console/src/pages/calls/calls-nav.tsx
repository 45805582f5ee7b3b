import { Link, useNavigate } from '@tanstack/react-router'
import { useShortcuts } from '../../shell/shortcuts.ts'
import classes from './calls-nav.module.css'

/** The pages about one's own calls, beside each other. */
export function CallsNav() {
  const navigate = useNavigate()
  useShortcuts(
    'My calls',
    PAGES.map(({ to, words }, at) => ({
      keys: String(at + 1),
      words: `Go to: ${words}`,
      run: () => void navigate({ to }),
    })),
  )
  return (
    <nav aria-label="My calls" className={classes['nav']}>
      {PAGES.map(({ to, words }) => (
        <Link key={to} to={to} activeOptions={{ exact: to === '/calls', includeSearch: false }}>
          {words}
        </Link>
      ))}
    </nav>
  )
}

const PAGES = [
  { to: '/calls', words: 'Blocked numbers' },
  { to: '/calls/groups', words: 'Groups' },
  { to: '/calls/observations', words: 'Refused calls' },
  { to: '/calls/silence', words: 'Suspected silence' },
  { to: '/calls/disputes', words: 'Disputes' },
  { to: '/calls/directory', words: 'Blockers' },
]
