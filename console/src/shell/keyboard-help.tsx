import { Kbd, Stack, Table, Text, Title } from '@mantine/core'
import { useShortcutsByGroup } from './shortcuts.ts'

/** Everything that keys do on the page that is shown. */
export function KeyboardHelp() {
  const groups = [...useShortcutsByGroup()]
  return (
    <Stack gap="lg">
      {groups.map(([group, shortcuts]) => (
        <section key={group} aria-label={group}>
          <Title order={3} size="h5" mb={4}>
            {group}
          </Title>
          <Table layout="fixed" withRowBorders={false} verticalSpacing={4} horizontalSpacing={0}>
            <Table.Tbody>
              {shortcuts.map(({ keys, words }) => (
                <Table.Tr key={keys}>
                  <Table.Th w="7rem" scope="row">
                    {keys.split(' ').map((key) => (
                      <Kbd key={key} mr={4}>
                        {KEY_NAMES.get(key) ?? key}
                      </Kbd>
                    ))}
                  </Table.Th>
                  <Table.Td>{words}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </section>
      ))}
      <Text c="dimmed" size="sm">
        Two keys are pressed one after the other. In a field, keys only type.
      </Text>
    </Stack>
  )
}

const KEY_NAMES: ReadonlyMap<string, string> = new Map([
  ['ArrowUp', '↑'],
  ['ArrowDown', '↓'],
])
