import { useNavigate } from '@tanstack/react-router'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { Places } from '../../parts/places.tsx'

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
  return <Places label="My calls" of={PAGES.map(({ to, words }) => [to, words] as const)} />
}

const PAGES = [
  { to: '/calls', words: 'Blocked numbers' },
  { to: '/calls/groups', words: 'Groups' },
  { to: '/calls/observations', words: 'Refused calls' },
  { to: '/calls/silence', words: 'Suspected silence' },
  { to: '/calls/disputes', words: 'Disputes' },
  { to: '/calls/directory', words: 'Blockers' },
]
