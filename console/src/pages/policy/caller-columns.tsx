import { Text } from '@mantine/core'
import type { Column } from '../../parts/data-table.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'

/** Whose calls a row is about: the number, empty for none, and whom the registry has it for. */
type Caller = { readonly number: string; readonly registered: readonly { readonly name: string }[] }

/** The columns that lists of callers begin with. */
export const CALLER_COLUMNS: readonly Column<Caller>[] = [
  {
    id: 'number',
    head: 'Number',
    width: 'minmax(8.5rem, 1fr)',
    narrow: 'lead',
    cell: ({ number }) => (number === '' ? 'No number' : <PhoneNumber of={number} />),
  },
  {
    id: 'registered',
    head: 'Registered to',
    width: 'minmax(6rem, 1.1fr)',
    narrow: 'line',
    cell: ({ registered }) =>
      registered.length === 0 ? (
        <Text span inherit c="dimmed">
          Nobody
        </Text>
      ) : (
        <Outside text={registered.map(({ name }) => name).join(', ')} max={120} />
      ),
  },
]
