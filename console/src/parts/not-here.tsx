import { Anchor, Stack, Text, Title } from '@mantine/core'
import { Link } from '@tanstack/react-router'

/** What is shown where there is no page. */
export function NotHere() {
  return (
    <Stack gap="xs" maw="36rem">
      <Title order={1} size="h2">
        There is no such page
      </Title>
      <Text>The link may be old, or mistyped. What it showed may be gone.</Text>
      <Text>
        <Anchor component={Link} to="/">
          To the start
        </Anchor>
      </Text>
    </Stack>
  )
}
