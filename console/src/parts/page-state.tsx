import { Button, Group, Skeleton, Stack, Text, Title, VisuallyHidden } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Permission } from '#core/account/permission.ts'
import type { Problem } from '../client.ts'
import { ProblemBox } from './problem-box.tsx'

/**
 * What stands in the place of a page or a list that has nothing to show yet: it loads, it failed (with a way to try again),
 * it is empty (`empty` says why, and what to do), or who looks may not see it (`needs`).
 */
export function PageState({ isLoading = false, failed, again, empty, needs, isWhole = false }: PageStateProps) {
  const [hasTried, setTried] = useState(false)
  if (isLoading) return <Loading />
  if (needs !== undefined || failed?.kind === 'not-allowed') {
    return (
      <Stack gap="xs" maw="36rem" role="status">
        <Title order={needs === undefined ? 2 : 1} size="h3">
          Your role does not show you this
        </Title>
        <Text>
          {needs === undefined
            ? 'An admin can give you another role.'
            : `It needs the permission ${needs}. An admin can give you a role that has it.`}
        </Text>
      </Stack>
    )
  }
  const nothing = empty ?? (failed?.kind === 'not-found' ? NOTHING_HERE : undefined)
  if (nothing !== undefined) {
    return (
      <Stack gap={4} py="xl" maw="36rem" role="status">
        <Text fw={600}>{nothing.title}</Text>
        {nothing.words !== undefined && <Text c="dimmed">{nothing.words}</Text>}
        {nothing.act !== undefined && <Group mt="xs">{nothing.act}</Group>}
      </Stack>
    )
  }
  return (
    <Stack gap="sm" maw="42rem" align="flex-start">
      {isWhole && (
        <Title order={1} size="h2">
          Recourse
        </Title>
      )}
      <ProblemBox problem={failed} />
      {again !== undefined && (
        <Button
          variant="default"
          // The button goes while it is tried: who pressed it finds it again where it fails again.
          autoFocus={hasTried}
          onClick={() => {
            setTried(true)
            again()
          }}
        >
          Try again
        </Button>
      )}
    </Stack>
  )
}

export type Empty = { readonly title: ReactNode; readonly words?: ReactNode; readonly act?: ReactNode }
export type PageStateProps = {
  readonly isLoading?: boolean
  readonly failed?: Problem | undefined
  readonly again?: (() => void) | undefined
  readonly empty?: Empty | undefined
  readonly needs?: Permission | undefined
  /** Nothing else is on the page, not even its name. */
  readonly isWhole?: boolean
}

function Loading() {
  return (
    <Stack gap="sm" role="status" aria-label="Loading" maw="60rem">
      <VisuallyHidden>Loading…</VisuallyHidden>
      <Skeleton h={28} w="40%" />
      {[92, 100, 84, 96, 88].map((width) => (
        <Skeleton key={width} h={18} w={`${width}%`} />
      ))}
    </Stack>
  )
}

/** An id that the API knows nothing of. */
const NOTHING_HERE: Empty = {
  title: 'There is nothing here',
  words: 'The link may be cut off or old, or what it showed was erased or is kept no more.',
}
