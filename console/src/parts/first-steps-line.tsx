import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { get } from '../client.ts'
import { useMay } from '../shell/session.ts'
import { isTourForgotten } from './first-steps.ts'

/** One line that leads to the first steps, as long as the gate still has the sample's contacts or no switch has asked. */
export function FirstStepsLine() {
  const isWanted = useMay('settings') && !isTourForgotten()
  const { data } = useQuery({
    queryKey: ['tour', 'line'],
    queryFn: ({ signal }) => get('/v1/tour', { signal }),
    enabled: isWanted,
    staleTime: STALE_MS,
  })
  if (!isWanted || data === undefined || (data.heard !== undefined && data.examples.length === 0)) return undefined
  return (
    <Text mb="md">
      This gate is new: {data.heard === undefined ? 'no switch of yours has asked it yet' : 'its contacts are examples'}
      .{' '}
      <Anchor component={Link} underline="always" to="/welcome-tour">
        First steps
      </Anchor>
    </Text>
  )
}

const STALE_MS = 60_000
