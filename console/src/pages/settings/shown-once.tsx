import { Code, Group, Stack, Text } from '@mantine/core'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Moment } from '../../parts/moment.tsx'

/** Something that is shown this once: a link to hand over, a token. */
export function ShownOnce({
  text,
  what,
  until,
}: {
  readonly text: string
  readonly what: string
  readonly until: number
}) {
  return (
    <Stack gap={4} role="status" mb="md">
      <Text fw={600}>This {what} is shown this once: keep it now.</Text>
      <Group gap="xs">
        <Code style={{ overflowWrap: 'anywhere' }}>{text}</Code>
        <CopyButton text={text} what={`the ${what}`} />
      </Group>
      <Text size="sm" c="dimmed">
        Good until <Moment at={until} as="both" />.
      </Text>
    </Stack>
  )
}
