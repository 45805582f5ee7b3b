import { Text } from '@mantine/core'
import { formatAway, formatHere, formatUtc } from './moment-words.ts'
import { useNow } from './now.ts'

/**
 * A moment on the viewer's clock; its title has it in UTC. `as` says how: the time itself, how far off it is, or both.
 * Takes what the API gives: RFC 3339, or milliseconds since 1970.
 */
export function Moment({ at, as = 'time' }: MomentProps) {
  const now = useNow()
  const atMs = typeof at === 'number' ? at : Date.parse(at)
  if (!Number.isFinite(atMs)) return <span>{String(at)}</span>
  const iso = new Date(atMs).toISOString()
  const here = formatHere(atMs, now)
  const away = formatAway(atMs, now)
  return (
    <time dateTime={iso} title={as === 'away' ? `${here} here, ${formatUtc(atMs)}` : formatUtc(atMs)}>
      {as === 'away' ? away : here}
      {as === 'both' && (
        <Text span inherit c="dimmed">
          {`, ${away}`}
        </Text>
      )}
    </time>
  )
}

export type MomentProps = { readonly at: string | number; readonly as?: 'time' | 'away' | 'both' }
